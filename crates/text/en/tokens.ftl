### The tables of tokens, and the form for a new one.

tokens-title = Personal access tokens
tokens-yours = Your tokens
tokens-none = No tokens yet
tokens-none-text = A script can sign in for you with a personal access token, without knowing your password. You choose how long the token is valid and what it may do. You can revoke it at any time.
tokens-create-first = Create the first token
tokens-no-creation = The policy does not let you make tokens. The tokens that you have keep working.
tokens-not-found = No tokens match your filters.
tokens-show-all = Show all tokens
# $token (String)
# $owner (String)
tokens-revoke-of = Revoke { $token } of { $owner }
# $token (String)
# $owner (String)
tokens-revoke-of-question = Revoke { $token } of { $owner }?

## Columns and filters

tokens-name = Name
tokens-created = Created
tokens-expires = Expires
tokens-last-used = Last used
tokens-never-used = Never used
tokens-order = Order
tokens-all-statuses = All statuses
tokens-newest-first = Newest first
tokens-oldest-first = Oldest first
tokens-by-name = By name
tokens-expiring-first = Expiring first
tokens-last-used-first = Last used first
status-active = Active
status-expired = Expired
status-revoked = Revoked
# $until (String) - such as “in 7 days”
status-expires = Expires { $until }
# $address (String) - an IP address or a network
only-from-address = only from { $address }
# $count (Number)
only-from-networks = { $count ->
    [one] only from { NUMBER($count) } network
   *[other] only from { NUMBER($count) } networks
}
tokens-old-until = The old token works until
tokens-old-used = Old token used
tokens-used-after-end = Used after its end
# $when (Slot) - a time
token-ended-used = A token that had been replaced or revoked was used: { $when }. Either a script still has it, or somebody else does. The events say from which address.
token-renews-until = May regenerate itself until

## What can be done to a token

token-regenerate = Regenerate
token-regenerate-open = Regenerate …
# $token (String)
token-regenerate-it = Regenerate { $token }
# $token (String)
token-regenerate-question = Regenerate “{ $token }”?
token-regenerate-at-once = The current token stops working at once.
token-regenerate-needed = Every script that uses the current token needs the new one.
token-new-one = The new token expires
# $day (String)
token-expires-as-before = on { $day }, as long as before
# $days (String) - such as “30 days”
# $day (String)
token-expires-after = after { $days }: { $day }
token-current = The current token
token-overlap-none = stops working at once
# $count (Number)
token-overlap-hours = { $count ->
    [one] works for { NUMBER($count) } hour more
   *[other] works for { NUMBER($count) } hours more
}
# $count (Number)
token-overlap-days = { $count ->
    [one] works for { NUMBER($count) } day more
   *[other] works for { NUMBER($count) } days more
}
token-end-overlap = End the old token now
token-revoke = Revoke
token-revoke-open = Revoke …
# $token (String)
token-revoke-it = Revoke { $token }
# $token (String)
token-revoke-question = Revoke “{ $token }”?
token-revoke-consequence = Every script that uses it will be refused at once. You can’t undo this.
token-create-like-it = Create one like it

## What was done to a token, or not

# $token (String)
token-revoked = “{ $token }” is revoked. Scripts that use it are refused from now on.
# $token (String)
token-saved = { $token } is saved.
# $token (String)
token-already-regenerated = { $token } was already regenerated, here or in another window. The new token was shown only once. If you did not copy it, regenerate it again.
# $token (String)
token-expired-not-regenerated = { $token } is expired: only an active token can be regenerated.
# $token (String)
token-revoked-not-regenerated = { $token } is revoked: only an active token can be regenerated.
# $token (String)
token-form-used = This form already created { $token }. Save again to create this token too.
# $token (String)
token-already-created = { $token } exists: this form created it when you sent it the first time. Its secret was shown only then and can’t be shown again. If you did not copy it, regenerate the token. If you don’t need it, revoke it.
# $token (String)
token-already-created-and-ended = { $token } exists: this form created it when you sent it the first time. It no longer works. To create another, open the form again.
