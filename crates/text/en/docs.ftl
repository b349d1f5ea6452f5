### The page on which the interface for programs is read and tried. What it says of each operation is in the OpenAPI
### document.

docs-title = Interface for programs
docs-operations = Operations
docs-administration = Operations for administrators
docs-users = Operations on users
docs-standard-endpoints = Standard endpoints
# $json (Slot) - a link
# $yaml (Slot) - a link
docs-document = The same as an OpenAPI document: { $json }, { $yaml }.
docs-credentials = Your credentials
# $name (Slot) - of the person
docs-signed-in = You are signed in as { $name }; operations that need a session use yours.
# $sign-in (Slot) - the link docs-sign-in
docs-signed-out = To send operations that need a session, { $sign-in } first.
docs-sign-in = sign in
docs-entries-stay = Your entries stay in this page and are gone when you leave it.
docs-personal-access-token = Personal access token
docs-authentication-token = Authentication token
docs-authentication-token-hint = The exchange fills this in. Creating a token fills in the field above.

## Operations and data types

docs-common-answers = Answers of every operation
docs-every-operation = every operation
docs-needs-nothing = Needs no credential.
docs-needs-session = Needs the session of a signed-in user.
# $header (Slot) - its name
docs-needs-personal-access-token = Needs a personal access token in the header { $header }.
# $header (Slot) - its name and value
docs-needs-authentication-token = Needs an authentication token as { $header }.
# $operation (String)
docs-parameters-of = Parameters of { $operation }
docs-parameter = Parameter
docs-field = Field
docs-kind = Kind
docs-meaning = Meaning
docs-in-path = in the path
docs-in-query = in the query
docs-in-header = in the header
docs-in-path-required = in the path, required
docs-in-query-required = in the query, required
docs-in-header-required = in the header, required
docs-required = required
docs-body = Body
docs-answers = Answers
docs-example = Example
# Read aloud after docs-example.
# $operation (String)
docs-example-of = of an answer: { $operation }
docs-data-types = Data types
# $values (Slot) - a list of them
docs-one-of = One of { $values }.
# $kind (Slot) - of each element
docs-list-of = list of { $kind }
# $kind (Slot)
docs-or-null = { $kind } or null
docs-envelope = The envelope
docs-envelope-text = Every answer has this envelope, except those of OAuth.

## Trying an operation

docs-try = Try it
docs-any = Any
docs-send = Send
# Before the status of an answer, such as “200 OK”.
docs-answer-status = Status
# Before the reason that the browser gives.
docs-not-answered = Not sent, or not answered:

## OAuth

# $metadata (Slot) - a link
# $error (Slot) - the name of a member
# $description (Slot) - the name of a member
docs-oauth = These endpoints are for libraries and gateways that speak OAuth. { $metadata } lists them (RFC 8414). Requests are forms, and no client needs to register. A refusal is JSON with { $error } and { $description } (RFC 6749, section 5.2).
# $request (Slot)
# $grant-type (Slot) - the name of a parameter
# $exchange (Slot) - its value
# $subject-token (Slot) - the name of a parameter
# $subject-token-type (Slot) - the name of a parameter
# $personal-access-token (Slot) - its value
# $scope (Slot) - the name of a parameter
# $audience (Slot) - the name of a parameter
# $expires-in (Slot) - the name of a parameter
docs-oauth-exchange = { $request } exchanges a personal access token (RFC 8693): { $grant-type } is { $exchange }, { $subject-token } the token, { $subject-token-type } { $personal-access-token }; { $scope }, { $audience } and { $expires-in } ask for less than it carries.
# $request (Slot)
# $token (Slot) - the name of a parameter
# $introspect (Slot) - the name of a scope
docs-oauth-introspect = { $request } tells whether { $token } is valid (RFC 7662). The caller needs an authentication token with the scope { $introspect }.
# $request (Slot)
# $token (Slot) - the name of a parameter
docs-oauth-revoke = { $request } revokes the personal access token in { $token } (RFC 7009).
# $claim (Slot) - the name of a claim
# $path (Slot) - a link
docs-oauth-status = A service that verifies authentication tokens itself reads the revoked ones from the signed status list that the claim { $claim } names (draft-ietf-oauth-status-list); { $path } names the current one.

docs-like = Parameters, body and answers are the same as for your own tokens. Another person’s account gets 1310 (404), and a new secret for a disabled account gets 1205 (401).
docs-path = Path
docs-as = As
