### A person's own password and sessions.

password-current = Current password
password-new = New password
password-new-repeat = Repeat the new password
password-revoke-tokens = Also revoke all my personal access tokens
password-revoke-tokens-hint = Choose this if somebody else may know your password. Scripts that use your tokens will stop working.
password-change-ends-sessions = You stay signed in here. All your other sessions end.
password-change = Change password
password-changed = Your password is changed, and all your other sessions are ended.

## What is wrong with a field

password-wrong = The current password is wrong.
passwords-differ = The two passwords are not the same. Type the same password twice.
password-missing = Enter a password.
password-too-long = The password is too long: use at most 128 characters.
password-too-short = The password is too short: use at least 12 characters.
password-too-common = The password is easy to guess: choose another.
password-unchanged = The password is the one that you have: choose another.
password-bad-character = The password has characters that are not allowed.
user-name-missing = Enter a user name.
user-name-too-long = The user name is too long: use at most 100 characters.
user-name-bad-character = The user name has characters that are not allowed.
# $user (String)
user-name-in-use = There is a user named { $user }: choose another name.
email-too-long = The e-mail address is too long: use at most 254 characters.
email-bad = Enter an address such as ada@example.com, or leave the field empty.
display-name-missing = Enter a display name.
display-name-too-long = The display name is too long: use at most 100 characters.
display-name-bad-character = The display name has characters that are not allowed.

## Sessions

sessions-lead = You are signed in at these places. End any session that you don’t recognise, then change your password.
sessions-yours = Your sessions
sessions-browser = Browser
# $provider (String) - the label of an identity provider
sessions-with = with { $provider }
sessions-signed-in = Signed in
sessions-last-seen = Last seen
sessions-end-at-latest = Ends at the latest
sessions-this-one = This session
sessions-end = End
# $browser (String)
sessions-end-it = End the session of { $browser }
# $browser (String)
# $address (String)
sessions-end-it-from = End the session of { $browser } from { $address }
sessions-end-others = Sign out everywhere else
sessions-end-others-question = Sign out everywhere else?
sessions-end-others-consequence = Every session but this one ends at once. Your tokens stay as they are.
sessions-ended = The session is ended.
sessions-ended-before = That session had already ended.
sessions-others-ended = All your other sessions are ended.
sessions-unknown-browser = Unknown browser
# $browser (String)
# $system (String)
sessions-browser-on = { $browser } on { $system }
