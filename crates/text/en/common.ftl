### Words that several pages share.

add = Add
apply = Apply
cancel = Cancel
save = Save
yes = Yes
search = Search
optional = (optional)
actions = Actions
# Read aloud before the name of a row, for the button that opens its menu.
actions-for = Actions for
back-to-list = Back to the list
nothing-found = Nothing found

## Fields

user-name = User name
display-name = Display name
password = Password
repeat-password = Repeat the password
password-hint = 12 to 128 characters. A few unrelated words are easy to remember and hard to guess.
name-or-description = Name or description
user-or-display-name = User name or display name

## Lists

status = Status
owner = Owner
pages = Pages
page-previous = Previous
page-next = Next
# $first (Number) - the number of the first row that is shown
# $last (Number)
# $total (Number)
page-place = { NUMBER($first) }–{ NUMBER($last) } of { NUMBER($total) }
# $total (Number)
page-place-past-end = none of { NUMBER($total) }
# $search (String)
no-such-owner = No user name or display name contains “{ $search }”.
# The end of a list that is cut short: “a, b, 2 more”.
# $count (Number)
more-of-list = { $count } more
# $address (String) - an IP address or a network
from-address = from { $address }
# $user (String)
no-such-user = There is no user { $user }.
no-such-token = There is no such token.

## Scopes that every deployment has

# These two are also part of the interface, where they are English.
scope-all = All the owner's rights
scope-introspect = Ask whether tokens are valid, and whose they are
