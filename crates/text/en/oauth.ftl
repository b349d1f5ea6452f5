### Why an endpoint of OAuth refuses a request: `error_description`, which is printable ASCII without quote and backslash
### (RFC 6749, section 5.2). Only the English texts are used.

oauth-not-a-form = The body must be sent as application/x-www-form-urlencoded.
oauth-body-unreadable = The body can't be read.
oauth-body-not-encoded = The body is not a form in percent-encoded UTF-8.
oauth-too-many-parameters = There are too many parameters.
oauth-control-character = A parameter has a control character.
oauth-parameter-repeated = A parameter is repeated.
# $parameter (String) - its name
oauth-parameter-missing = The parameter { $parameter } is missing.
oauth-only-exchange = Only token exchange is offered.
oauth-subject-token-type = The subject_token_type must be that of personal access tokens.
oauth-requested-token-type = The requested_token_type must be that of access tokens or JWTs.
oauth-actor-token = Nobody can act for another here: leave out actor_token.
oauth-resource = This server takes no resource: use audience instead.
oauth-expires-in = expires_in must be a whole number of seconds from 1 on.
# $longest (Number) - in seconds
oauth-expires-in-too-long = expires_in must not be more than { $longest } seconds.
oauth-scope-not-held = A scope is unknown, or more than the personal access token carries.
oauth-audience-not-served = This deployment has no such audience.
oauth-not-revocable = Authentication tokens end by themselves: revoke the personal access token.
# $scope (String) - its name
oauth-scope-missing = The authentication token lacks the scope { $scope }.
