### The pages of administrators.

## Users

users-user = User
users-role = Role
users-added = Added
users-administrator = Administrator
users-disabled = Disabled
# $parties (String) - one or several of those below
users-disabled-by = Disabled by { $parties }
users-party-administrator = an administrator
users-party-directory = the directory
users-party-provider = the identity provider
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
users-edit = Edit
# $user (String)
users-edit-title = Edit { $user }
users-email = E-mail address
# $user (String)
users-unmake-hint = If { $user } is no administrator any more, the operator keys that { $user } made are revoked.
users-admin-sessions = If you change this, the user is signed out everywhere.
users-revoke-tokens = Revoke all tokens
# $user (String)
users-revoke-tokens-question = Revoke all tokens of { $user }?
users-revoke-tokens-consequence = Every script that uses one of them will be refused at once. You can’t undo this.
# $user (String)
users-tokens-revoked = All tokens of { $user } are revoked. Scripts that use them are refused from now on.
users-erase = Erase
# $user (String)
users-erase-question = Erase { $user }?
users-erase-consequence = The user’s names, e-mail address and password, and the names of the tokens, are removed for good, from past events too. All tokens of the user are revoked, and so are the operator keys that the user made. You can’t undo this.
users-erase-stays = The events stay in the audit trail under the user’s id, and can be verified as before. Backups, and files that were exported before, still have the details.
users-erased = Erased
users-gone = There is no such user any more.
# $user (String)
user-saved = { $user } is saved.
user-erased = The user is erased. The events stay in the audit trail.
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
user-signs-in-elsewhere = { $user } signs in at an identity provider, and so has no password here.
# $user (String)
user-password-set = { $user } has a new password and is signed out everywhere.

## The policy

policy-lead = The policy says what personal access tokens may be like. A change applies to every server at once.
policy-for-everybody = For everybody
policy-groups = Groups
policy-groups-lead = For members of a group, the values here count. For a field that you leave empty, the value for everybody counts.
policy-group = Group
policy-group-hint = The name of the provider, a slash, and the group, such as corp/builders.
policy-new-group = New group
policy-add-group = Add a group
policy-remove-group = Remove this group
policy-check = Check
policy-as-for-everybody = As for everybody
# $link (Slot) - the link policy-outdated-link
policy-outdated = Another policy came into force after you opened this form. Your entries are still here. Compare them with { $link } before you go on: they would replace all of it.
policy-outdated-link = the policy in force
# $setting (Slot) - the setting and its value
policy-in-settings = The policy is in the settings file of the servers. To change it, change the file and restart every server. To change it on this page, set { $setting } and restart every server.

## Its fields

policy-max-lifetime = Longest lifetime, in days
policy-max-lifetime-hint = No token is valid for longer. 1 to 36,500.
policy-default-lifetime = Proposed lifetime, in days
policy-default-lifetime-hint = The form for a new token proposes this. It is at most the longest lifetime.
policy-max-tokens = Active tokens of one owner
policy-max-tokens-hint = An owner who has as many can’t create another. 1 to 100,000.
policy-max-overlap = Longest overlap, in hours
policy-max-overlap-hint = How long an old secret may work after its token is regenerated. 0 allows no overlap.
policy-unused = Revoke unused tokens, in days
policy-unused-hint = A token that is not used for so many days is revoked. 0 revokes none.
policy-recent = Recent sign-in, in minutes
policy-recent-hint = Creating and regenerating ask for the password if it was entered longer ago. 0 never asks.
policy-may-create = Who may create tokens
policy-may-create-hint = Existing tokens keep working.
policy-everyone = Everyone
policy-nobody = Nobody
policy-all-scope = Tokens with all rights
policy-all-scope-hint = They can do everything that their owner can. If they are not allowed, existing ones stop working.
policy-self-regenerate = Self-regenerating tokens
policy-self-regenerate-hint = A script replaces such a token by a new one. If they are not allowed, only the owner can regenerate existing ones.
policy-allowed = Allowed
policy-never = Never
policy-no-overlap = No overlap
policy-not-allowed = Not allowed
policy-scopes = Scopes
policy-scopes-hint = Write one on each line: its name, a space, and what it allows. For example: orders:read Read orders
policy-no-scopes = No scopes
policy-networks = Required networks
policy-networks-hint = Write one on each line, such as 10.0.0.0/8. Tokens then work only from there, existing ones too. If you write none, tokens work from anywhere.
policy-token-minutes = Authentication token, in minutes
policy-token-minutes-hint = How long the token that a script gets in exchange for a personal access token works (1 to 60). Services that check it offline may go on accepting it that long.
policy-from-anywhere = From anywhere

## What is wrong with a field

# $first (Number)
# $last (Number)
policy-not-a-number = Enter a whole number from { NUMBER($first) } to { NUMBER($last) }.
policy-default-too-long = Enter a whole number from 1 to the longest lifetime.
policy-choose = Choose one of these.
policy-scope-repeated = Write each scope only once.
policy-scope-reserved = Leave out the scopes all and introspect: they always exist.
policy-scope-bad-name = Begin each line with the name of a scope: up to 100 letters, digits and signs of ASCII, without quotation marks and backslashes.
policy-scopes-too-long = Use at most 500 characters for what a scope allows, and at most 4,000 for all names.
policy-scopes-both = Write scopes, or choose “No scopes”: not both.
policy-networks-both = Write networks, or choose “From anywhere”: not both.
policy-networks-too-many = Write at most 50 networks.
policy-not-a-network = Write addresses or networks, such as 192.0.2.7 or 10.0.0.0/8, one on each line.
policy-not-a-group = Write the name of the provider in small letters and digits, a slash, and the group, such as corp/builders.
policy-group-repeated = This group is there already.
# $most (Number)
policy-too-many-groups = A policy can differ for at most { NUMBER($most) } groups. Remove some.

## Before it is put into force

policy-put-into-force-title = Put this policy into force?
policy-nothing-yet = Nothing is changed yet.
# $count (Number)
policy-changes-nothing = { $count ->
    [0] There are no active tokens yet.
    [one] This policy changes nothing for the { NUMBER($count) } active token.
   *[other] This policy changes nothing for the { NUMBER($count) } active tokens.
}
# $affected (Number)
# $count (Number) - of all active tokens
policy-affects = { $affected ->
    [one] This policy affects { NUMBER($affected) } of { NUMBER($count) } active tokens:
   *[other] This policy affects { NUMBER($affected) } of { NUMBER($count) } active tokens:
}
# $count (Number)
policy-longer = { $count ->
    [one] { NUMBER($count) } token is valid for longer than the policy allows. It stays so unless you cut it.
   *[other] { NUMBER($count) } tokens are valid for longer than the policy allows. They stay so unless you cut them.
}
# $count (Number)
policy-with-all = { $count ->
    [one] { NUMBER($count) } token has all rights of its owner, which is not allowed. It stops working.
   *[other] { NUMBER($count) } tokens have all rights of their owners, which is not allowed. They stop working.
}
# $count (Number)
policy-elsewhere = { $count ->
    [one] { NUMBER($count) } token was last used outside the required networks, or is limited to other networks. It stops working there.
   *[other] { NUMBER($count) } tokens were last used outside the required networks, or are limited to other networks. They stop working there.
}
# $count (Number)
policy-not-used = { $count ->
    [one] { NUMBER($count) } token was not used for so long that it is revoked soon.
   *[other] { NUMBER($count) } tokens were not used for so long that they are revoked soon.
}
# $count (Number)
policy-over-limit = { $count ->
    [one] { NUMBER($count) } owner has more active tokens than the policy allows. The tokens stay valid, but the owner can’t create another.
   *[other] { NUMBER($count) } owners have more active tokens than the policy allows. The tokens stay valid, but these owners can’t create others.
}
# $count (Number)
policy-may-not-create = { $count ->
    [one] { NUMBER($count) } user can’t create tokens.
   *[other] { NUMBER($count) } users can’t create tokens.
}
policy-cut = Also cut tokens that live longer
policy-cut-hint = Each then expires as if it had been made under this policy. A token whose time is over by that ends at once. You can’t undo this.
policy-put-into-force = Put into force
policy-back = Back
policy-in-force = The policy is in force.
policy-in-force-and-cut = The policy is in force. Tokens that lived longer than it allows were cut.

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

event-bulk-started = Revoking many tokens began
event-bulk-revoked = Tokens revoked
event-bulk-finished = Revoking many tokens ended
event-user-created = User added
event-user-updated = User changed
event-user-erased = User erased
event-user-disabled = User disabled
event-user-enabled = User enabled
event-responsible-set = Responsible person changed
event-groups-set = Groups changed
event-directory-group-created = Directory group added
event-directory-group-updated = Directory group changed
event-directory-group-deleted = Directory group removed
event-password-set = Password set
event-identity-linked = Identity linked
event-identity-unlinked = Identity unlinked
event-session-started = Signed in
event-signed-out-by-provider = Signed out by the identity provider
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
event-token-removed = Expired token removed from the list
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
event-events-pruned = Old events removed from the log, and kept in archives
