### What is around the pages: the header bar, the navigation, pages that only say something.

skip-to-content = Skip to the content
user-options = User options
settings = Settings
sign-out = Sign out
administration = Administration
section-tokens = Personal Access Token
section-password = Password
section-sessions = Sessions
section-users = Users
section-all-tokens = All tokens
section-policy = Policy
section-audit = Audit trail

## Rows that the server found to differ from the event log

# $count (Number)
rows-differ = { $count ->
    [one] { $count } row differs from the event log.
   *[other] { $count } rows differ from the event log.
}
# $count (Number)
rows-differ-cause = { $count ->
    [one] Something other than this service wrote or changed it, so it grants no rights.
   *[other] Something other than this service wrote or changed them, so they grant no rights.
}
# $command (Slot) - for the command line
rows-differ-verify = To find out what happened, ask your operator to run { $command }.
rows-differ-show = Show them in the audit trail

## Pages that only say something

refused = Refused
form-from-elsewhere = The form came from another site. Open this service at its own address, and try again there.
page-not-found = Page not found
page-not-found-text = There is no page at this address.
not-possible = Not possible here
not-possible-text = This page can't be used in this way.
token-not-found = Token not found
something-went-wrong = Something went wrong
administrators-only = Administrators only
administrators-only-text = Only administrators can open this page.
not-available = Not available now
not-done = Not done
show-your-tokens = Show your tokens
go-to-start = Go to the start page

## The start page

start = Start
# $name (String) - of the person
hello = Hello, { $name }
start-about-tokens = A script uses a personal access token instead of your password. You choose how long the token is valid, and you can revoke it at any time without changing your password.
start-tokens = Personal access tokens
# $count (Number)
start-active-tokens = { $count ->
    [one] You have { NUMBER($count) } active token.
   *[other] You have { NUMBER($count) } active tokens.
}
start-no-active-tokens = You have no active tokens yet.
start-password = Your password
start-password-text = Change the password that you sign in with.
start-sessions = Your sessions
start-sessions-text = See where you are signed in, and sign out there.
start-docs-text = Read about the API for scripts, and try it.
