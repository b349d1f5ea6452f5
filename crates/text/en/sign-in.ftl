### Signing in, signing out, and the set-up of the first administrator.

sign-in = Sign in
sign-in-twins = Your browser sends several sign-ins of this site, and none of them is valid alone. If signing in brings you back here, delete the cookies of this site and its parent domains.
sign-in-entries-kept = Your session has ended. Sign in again. Your entries are kept.
sign-in-in-a-new-tab = This opens in a new tab. When you have signed in there, come back to this tab and go on.
sign-in-go-on = Go on with your entries
sign-in-not-yet = You are not signed in yet. Sign in in the new tab, then go on here. Your entries are kept.
sign-in-without-password = Enter your password.
sign-in-disabled = This user is disabled: ask an administrator to enable it.
# $provider (String) - its label
sign-in-with = Sign in with { $provider }
sign-in-elsewhere = You can't sign in with a password here. Sign in with your company's account.
signed-out = You are signed out.
session-over = Your session has ended. Sign in to continue.
session-over-nothing-done = Your session ended before this was done. Sign in, and do it again.

## Signing in at an identity provider

provider-not-signed-in = You are not signed in
provider-back = Go to the sign-in page
provider-not-begun = This sign-in took too long, was finished before, or began in another browser. Start again.
# $provider (String) - its label
provider-unavailable = { $provider } can't be reached. Try again later. If this goes on, tell your operator.
# $provider (String) - its label
provider-refused = { $provider } did not sign you in. Start again, or ask an administrator for access.
# $provider (String) - its label
provider-untrusted = The answer of { $provider } could not be verified. Start again. If this goes on, tell your operator.
# $provider (String) - its label
provider-not-recent = { $provider } did not ask you for your password, so nothing was confirmed. Try again.
# $provider (String) - its label
provider-groups-missing = { $provider } did not tell which groups you are in. Tell your operator.
# $provider (String) - its label
provider-not-allowed = Your account at { $provider } has no access to this service. Ask an administrator for access.
provider-other-identity = You signed in as somebody else, so nothing was confirmed. Try again with your own account.
provider-id-in-use = No user could be made for your account. Tell your operator.
# $provider (String) - its label
provider-signed-out = You are signed out here. Now you are signed out of { $provider }, too.
# $provider (String) - its label
provider-sign-out = Sign out of { $provider }

## The password once more, in forms that need a recent sign-in

step-up-password = Your password
# $minutes (Number)
step-up-why = { $minutes ->
    [one] You signed in more than a minute ago. Enter your password once more.
   *[other] You signed in more than { NUMBER($minutes) } minutes ago. Enter your password once more.
}
step-up-wrong = This is not your password.
# $provider (String) - its label
step-up-with = Confirm with { $provider } in a new tab
# $minutes (Number)
step-up-why-elsewhere = { $minutes ->
    [one] You did not sign in there within the last minute. Confirm that it is you, then come back to this tab and send this form.
   *[other] You did not sign in there within the last { NUMBER($minutes) } minutes. Confirm that it is you, then come back to this tab and send this form.
}
step-up-not-yet = It is not confirmed yet that this is you.
step-up-confirmed = It is confirmed that this is you. You can go on in the tab that you came from.

## No user is there yet

set-up = Set up
not-set-up = Not set up yet
not-set-up-nobody = Nobody can sign in, because this service has no users yet.
not-set-up-link = If you operate it, open the set-up link to make the first administrator. The server prints the link each time it starts, and it works for 24 hours. If you no longer have it, restart the server.
# $command (Slot) - for the command line
# $sign-in (Slot) - the link not-set-up-sign-in
not-set-up-command = Or run { $command } on the server, then { $sign-in }.
not-set-up-sign-in = sign in

## The set-up of the first administrator

set-up-title = Set up the first administrator
set-up-lead = Choose the user name and the password that you will sign in with.
set-up-code = Set-up code
set-up-code-hint = It is the part after the # in the link that the server printed when it started.
set-up-code-invalid = The set-up link is not valid: it was used, replaced by a later start, or is older than 24 hours; restart the server for a new one.
set-up-done = Done
# $name (Slot) - the user name
set-up-done-text = The administrator { $name } is set up, and the link no longer works.
set-up-done-next = Sign in with the user name and the password that you chose.
set-up-already = Set up already
set-up-already-text = This service has an administrator. To get access, ask an administrator to add you.
