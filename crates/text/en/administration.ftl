### The pages of administrators.

## Users

users-user = User
users-role = Role
users-added = Added
users-administrator = Administrator
users-disabled = Disabled
users-enabled = Enabled
users-tokens = Tokens
users-set-password = Set password
users-enable = Enable
users-disable = Disable
users-none = Nobody found
users-not-found = No users match your search.
users-show-all = Show all users
users-new = New user
# $section (Slot) - the name of the administrators' part of the navigation
users-make-administrator = Administrator: can use every page under { $section }
# $user (String)
users-enable-question = Enable { $user }?
users-enable-consequence = The user can sign in again, and tokens that are still active work again.
# $user (String)
users-disable-question = Disable { $user }?
users-disable-consequence = The user is signed out everywhere at once. Every token of the user is refused until you enable the user again.
users-not-yourself = You can’t disable yourself: ask another administrator.
# $user (String)
user-added = The user { $user } is added.
# $user (String)
user-disabled = { $user } is disabled. The user is signed out everywhere, and every token of the user is refused.
# $user (String)
user-enabled = { $user } is enabled. The user can sign in again, and the tokens work again.

## A new password for a user

# $user (String)
user-password-title = New password for { $user }
# $user (String)
user-password-consequence = A new password signs { $user } out everywhere.
user-password-revoke-tokens = Also revoke all personal access tokens of this user
user-password-revoke-tokens-hint = Choose this if somebody else may know the password. Scripts that use the tokens then stop working.
user-password-own = This is your own account. Change your password on the page Password, which asks for the current one.
# $user (String)
user-password-set = { $user } has a new password and is signed out everywhere.

## The audit trail

audit-export = Export as CSV
audit-findings = Rows that differ from the event log
# $count (Number)
audit-more-findings = { $count } more are in the server's log.
audit-event = Event
audit-events = Events
audit-all-events = All events
audit-not-found = No events match your filters.
audit-show-all = Show all events
audit-number = Number
audit-time = Time
audit-by = By
audit-details = Details
audit-latest = Latest
audit-older = Older
# A detail of an event, such as “Name: ci”.
# $name (String)
# $value (String)
audit-detail = { $name }: { $value }
audit-detail-yes = yes
audit-detail-no = no

## Events

event-user-created = User added
event-user-disabled = User disabled
event-user-enabled = User enabled
event-responsible-set = Responsible person changed
event-groups-set = Groups changed
event-password-set = Password set
event-session-started = Signed in
event-session-ended = Session ended
event-sign-ins-refused = Sign-ins refused after too many failures
event-token-created = Token created
event-token-regenerated = Token regenerated
event-token-self-regenerated = Token asked for a new secret
event-ended-secret-used = Ended secret used
event-token-confirmed = New secret used, old one ended
event-overlap-ended = Old secret ended
event-token-updated = Token changed
event-token-revoked = Token revoked
event-status-place-given = Place in the status list assigned
event-signing-key-created = Signing key created
event-signing-key-promoted = Signing key put into use
event-signing-key-destroyed = Signing key destroyed
event-keys-resealed = Keys sealed again
event-setup-link-created = Set-up link created
event-policy-changed = Policy changed
event-operator-key-created = Operator key created
event-operator-key-revoked = Operator key revoked
event-restore-accepted = Restored database accepted
event-database-upgraded = Database taken over by a later release
