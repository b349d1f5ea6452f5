### Why the service refuses a request: `ErrorMessage` of the interface, and on pages where they have no words of their
### own. Programs may compare these sentences, so a change of the English ones is a change of the interface.

refusal-body-unreadable = The body is not the JSON object that this operation takes.
# $field (String)
refusal-field-unreadable = The body's field { $field } is unknown or of the wrong type.
refusal-header-unreadable = A header can't be read.
# $header (String)
refusal-named-header-unreadable = The header { $header } can't be read.
refusal-not-utf8 = The body is not UTF-8: send the JSON object in UTF-8.
refusal-byte-order-mark = The body begins with a byte order mark: send the JSON object in UTF-8 without it.
# $field (String)
# $expected (String)
refusal-field-misspelt = The body's field { $field } is unknown: write it as { $expected }.
# $failures (String) - fields and reasons, such as “Name (empty), Scopes (empty)”
refusal-validation-failed = These values are not allowed: { $failures }.
# $names (String) - as they were sent, such as “audience, Audiences”
# $expected (String)
refusal-query-misspelt = There is no query parameter { $names }: write it as { $expected }.
refusal-path-not-found = There is nothing at this path.
refusal-method-not-allowed = This path does not take this method; see the header Allow.
# $limit (Number) - in bytes
refusal-body-too-large = The body is larger than { $limit } bytes.
refusal-unsupported-media-type = The body must be sent as application/json.
refusal-foreign-charset = The body must be UTF-8: send it as application/json without a charset, or with charset=utf-8.
refusal-sign-in-required = Sign in first: only a session may do this.
refusal-invalid-credentials = The user name or the password is wrong.
refusal-forbidden = You are not allowed to do this.
refusal-cross-site-request = The request comes from another site and was refused.
# $minutes (Number)
refusal-recent-sign-in-required = { $minutes ->
    [one] You signed in more than a minute ago: confirm your session with your password, then try again.
   *[other] You signed in more than { NUMBER($minutes) } minutes ago: confirm your session with your password, then try again.
}
refusal-personal-access-token-missing = Send your personal access token in the header personalAccessToken.
refusal-personal-access-token-invalid = The personal access token is not valid.
# $time (String)
refusal-personal-access-token-expired = The personal access token expired at { $time }.
refusal-personal-access-token-revoked = The personal access token was revoked.
refusal-network-not-allowed = The personal access token may not be used from this network.
refusal-owner-disabled = The user is disabled.
# $days (Number)
refusal-owner-sign-in-overdue = { $days ->
    [one] The owner of this token has to sign in at the company's identity provider every day, and has not: sign in on the web pages, then try again.
   *[other] The owner of this token has to sign in at the company's identity provider every { NUMBER($days) } days, and has not: sign in on the web pages, then try again.
}
refusal-authentication-token-invalid = The authentication token is not valid: exchange the personal access token again.
refusal-authentication-token-missing = Send an authentication token in the header Authorization, as Bearer.
refusal-not-exchanged = This is a personal access token: exchange it first, and send the authentication token that you get.
refusal-token-not-found = You have no such personal access token.
# $name (String)
refusal-name-in-use = The name { $name } is in use: choose another.
# $latest (String)
refusal-expiration-not-allowed = The expiration must lie in the future and not after { $latest }.
# $status (String) - as the interface writes it
refusal-token-not-active = Only an active personal access token can do this; this one is { $status }.
# $limit (Number)
refusal-token-limit-reached = You have { $limit } active personal access tokens, as many as are allowed: revoke one first.
# $scope (String)
refusal-unknown-scope = There is no scope { $scope }.
refusal-creation-forbidden = The policy does not let you make tokens: ask an administrator if you need one.
refusal-all-scope-forbidden = The policy does not let your tokens carry all your rights: use a token with only the scopes that it needs.
refusal-overlap-too-long = The policy allows only a shorter overlap: choose fewer hours.
refusal-self-regenerate-forbidden = The policy does not let tokens regenerate themselves: make the token without this right.
refusal-self-regenerate-not-allowed = This personal access token may not regenerate itself. Its owner can regenerate it.
refusal-operator-key-invalid = The operator key is unknown, expired or revoked, or it may not be used from this address.
# $name (String)
refusal-user-name-in-use = There is a user { $name } already.
# $confirmed (Number)
# $current (Number)
refusal-count-mismatch = { $confirmed } tokens were confirmed, but { $current } match now, so nothing was revoked. Look at the matching tokens again, and confirm their number.
refusal-last-administrator = Nobody could administer the service any more: make somebody else an administrator first.
refusal-policy-in-settings = The policy is in the settings: change it there and reload the servers, or set `policy-source` to `database`.
# $current (String) - the version that is there
refusal-version-mismatch = It was changed meanwhile, and its version is now { $current }: read it again, and repeat your change.
refusal-nobody-responsible = Nobody who is enabled is responsible for this service account: ask an administrator to name somebody.
refusal-user-not-found = There is no such user, or no such service account that you are responsible for.
refusal-idempotency-key-reused = This Idempotency-Key was sent before with another body: send a new key with each new request.
# $seconds (Number)
refusal-too-many-requests = Too many attempts: try again in { $seconds } seconds.
# $request (String) - its id
refusal-internal-error = The service failed. The operator finds the reason in the log, by the request id { $request }.
refusal-unavailable = The service can't answer now: try again soon. A change may have happened; look before you repeat it.
