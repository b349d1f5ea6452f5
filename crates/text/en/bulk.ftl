## Everybody's tokens: more of the filter

bulk-more-filters = More filters
bulk-unused-for-days = Unused for days
bulk-unused-for-days-hint = Tokens that nobody used, created or regenerated for so many days.
bulk-created-before = Created before
bulk-expires-before = Expires before
bulk-dates-hint = Days begin at midnight, UTC.
bulk-scope = Scope

## Choosing several tokens

# $token (String)
# $owner (String)
bulk-choose = Choose { $token } of { $owner }
bulk-revoke-chosen = Revoke chosen tokens
bulk-nothing-chosen = Choose at least one active token.
# $count (Number)
bulk-revoke-question = { $count ->
    [one] Revoke this token?
   *[other] Revoke these { NUMBER($count) } tokens?
}
bulk-revoke-consequence = Every script that uses one of them will be refused. You can’t undo this.
# $count (Number)
bulk-revoked = { $count ->
    [one] One token is revoked. Scripts that use it are refused from now on.
   *[other] { NUMBER($count) } tokens are revoked. Scripts that use them are refused from now on.
}

## Revoking all that a filter finds

bulk-revoke-found = Revoke all active tokens found
# $count (Number)
bulk-found-question = { $count ->
    [one] Revoke the active token found?
   *[other] Revoke all { NUMBER($count) } active tokens found?
}
bulk-found-none = No active token was found.
bulk-found-by = The filter:
bulk-found-all = They are:
# $count (Number)
bulk-found-first = The first { NUMBER($count) } of them:
# $token (String)
# $owner (String)
bulk-token-of = { $token } of { $owner }

## How far a revocation of many came

bulk-job = Revoking tokens
# $done (Number)
# $count (Number)
bulk-job-done = { NUMBER($done) } of { NUMBER($count) } tokens are revoked and refused everywhere.
bulk-job-goes-on = The revocation goes on, also if you leave this page. The page is loaded again every few seconds.
bulk-job-finished = The revocation is over.
bulk-job-stopped = The revocation ended early: the person or program that began it may no longer revoke tokens, or the other tokens had already ended.
bulk-job-gone = There is no such revocation.
bulk-back = Back to all tokens
