### Service accounts: owners of tokens that are no persons.

## The accounts that a person is responsible for

section-service-accounts = Service accounts
accounts-yours = Your service accounts
accounts-lead = A service account owns tokens, but is no person: a build server, for example. You are responsible for these accounts and manage their tokens.
accounts-none = No service accounts
accounts-none-text = You are not responsible for a service account. To get one, ask an administrator.
account-back = Back to the service accounts
# $account (String)
account-tokens = Tokens of { $account }
# $account (String)
account-new-token = New token of { $account }
# $account (String)
account-tokens-none-text = A program can sign in as { $account } with a personal access token, and no person’s password. You choose how long the token is valid and what it may do. You can revoke it at any time.
account-all-rights = Everything that the service account may do
account-disabled = This service account is disabled: its tokens are refused, and it gets no new ones. To enable it, ask an administrator.
account-not-found = Service account not found
by-another = Another person

## What administrators do

users-service-account = Service account
users-new-service-account = New service account
# $user (String)
users-responsible = Responsible: { $user }
# $user (String)
users-responsible-disabled = Responsible: { $user }, who is disabled. Nobody gets new tokens for this account.
users-set-responsible = Change responsible person
# $account (String)
responsible-title = Responsible person of { $account }
responsible-person = User name of the responsible person
responsible-hint = This person makes, regenerates and revokes the tokens of the account.
# $user (String)
responsible-refused = { $user } can’t be responsible: choose a person who is not disabled.
# $account (String)
responsible-set = { $account } has a new responsible person.
# $user (String)
responsible-disabled = { $user } is disabled, but is responsible for service accounts. Nobody gets new tokens for them until you choose another person for each.
# $account (String)
account-added = The service account { $account } is added.
# $user (String)
user-is-service-account = { $user } is a service account: it has no password.
# $user (String)
user-is-no-service-account = { $user } is no service account, so nobody is responsible for it.
