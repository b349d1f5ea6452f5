### The form for a token.

token-new = New token
token-name = Token name
token-name-hint = Name the script that will use it, such as “nightly build”.
token-description = Description
token-expiration = Expiration
token-last-day = Last day
# $zone (String) - the name of a time zone
# $day (String)
token-last-day-hint = The token works until the end of that day in { $zone }. The latest day is { $day }.
token-another-day = Another day …
token-one-year = 1 year
token-restrict = Limit what it may do, and from where
token-scopes = Scopes
token-all-rights = Everything that I may do
token-chosen-scopes = Only these scopes
token-networks = Allowed networks
token-networks-hint = Write addresses or networks such as 10.0.0.0/8, one on each line. If you write none, the token works from anywhere.
# $networks (String) - separated by commas
token-networks-required = The policy lets you use tokens only from { $networks }.
# $days (Number)
token-unused-days = { $days ->
    [one] A token that is not used for a day is revoked.
   *[other] A token that is not used for { NUMBER($days) } days is revoked.
}
token-renews = Let it regenerate itself
token-renews-hint = Until the end of this day a script can replace the token by a new one, without you. The old token works until the new one is used. If you choose no day, only you can regenerate the token.

## Notes above the form

token-entries-kept = Your entries are here again. Save them when you are ready.
token-filled-by-link = This form was filled in by a link. Check each field before you save.
token-filled-from-token = This form was filled in from another token. Check each field before you save.

## What is wrong with a field

# $token (String)
token-name-in-use = You already have an active token named “{ $token }”, in capital or small letters: choose another name.
token-name-missing = Enter a name.
token-name-too-long = Use at most 100 characters.
token-description-too-long = Use at most 500 characters.
token-bad-character = Leave out control characters and line breaks.
# $days (String) - as the link has them
# $longest (Number)
token-link-days = The link asks for { $days } days: choose 1 to { $longest }.
# $day (String)
token-day-until = Choose a day from today until { $day }.
token-day-missing = Choose the last day.
# $scope (String) - one, or several
token-no-such-scope = There is no scope { $scope }: choose from these.
token-renews-not-introspect = A token with the scope introspect can’t regenerate itself: choose no day, or other scopes.
token-scopes-missing = Choose at least one.
token-too-many-networks = Enter at most 50 networks.
# $networks (String)
token-not-a-network = { $networks } is not a network. Write addresses or networks, such as 192.0.2.7 or 10.0.0.0/8, one on each line.
# $networks (String)
token-not-networks = { $networks } are not networks. Write addresses or networks, such as 192.0.2.7 or 10.0.0.0/8, one on each line.
token-form-too-old = This form was open for too long. Check it, and save again.
token-form-not-saved = The server could not save this. Check each field, and save again.
