### Operator keys, by which programs administer.

section-operator-keys = Operator keys
operator-keys-lead = A program uses an operator key to administer this service: to add users, for example, or to read the audit trail. A key may do only what its rights say, and no key can make another one.
operator-keys-none = No operator keys yet
operator-keys-maker = Made by
# Made on the command line of the server.
operator-keys-by-operator = An operator

## The form for a new one

operator-key-new = New operator key
operator-key = Operator key
operator-key-name-hint = Name the program that will use it, such as “Terraform”.
operator-key-rights = Rights
right-users = See users, add and change them, disable and enable them, and revoke their tokens. Not administrators.
right-administrators = Do the same to administrators, make administrators, and erase users. Such a program can get every other right.
right-tokens = See and revoke everybody’s tokens.
right-service-tokens = Make and regenerate tokens of service accounts.
right-audit = Read the audit trail.
right-policy = See and change the policy.
right-keys = See the signing keys, and rotate them.
right-scim = Keep users and groups as a directory has them, over SCIM.
# $zone (String) - the name of a time zone
# $day (String)
operator-key-last-day-hint = The key works until the end of that day in { $zone }. The latest day is { $day }.
operator-key-networks-hint = Write addresses or networks such as 10.0.0.0/8, one on each line. If you write none, the key works from anywhere.
# $key (String) - its name
operator-key-already-created = { $key } exists: this form created it when you sent it the first time. The key was shown only then and can’t be shown again. If you did not copy it, revoke it and add another.

## The new key, which is shown once

# $docs (Slot) - the link operator-key-how-docs
operator-key-how = Your program sends it in the header Authorization, as Bearer. See { $docs }.
operator-key-how-docs = what programs can do
operator-key-leave = Have you kept the key?
# $key (String) - its name
operator-key-leave-text = It will not be shown again. If you lose it, you have to revoke “{ $key }” and add another.
operator-key-stay = Back to the key

## The end of one

# $key (String) - its name
operator-key-revoke = Revoke { $key }
# $key (String) - its name
operator-key-revoke-question = Revoke the operator key “{ $key }”?
operator-key-revoke-consequence = Every program that uses it will be refused at once. You can’t undo this.
# $key (String) - its name
operator-key-revoked = The operator key “{ $key }” is revoked. Programs that use it are refused from now on.
no-such-operator-key = There is no such operator key.
