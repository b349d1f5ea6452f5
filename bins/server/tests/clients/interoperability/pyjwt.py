"""Says whether PyJWT accepts the token on standard input: `pyjwt.py JWKS ISSUER TYPE`."""

import sys

import jwt

jwks, issuer, kind = sys.argv[1:]
token = sys.stdin.read().strip()
expected = {
    "at+jwt": {"audience": issuer, "options": {"require": ["iss", "aud", "exp", "iat", "sub"]}},
    "statuslist+jwt": {"options": {"require": ["iss", "iat", "sub"]}},
}[kind]
try:
    # PyJWT leaves the type to its callers.
    if jwt.get_unverified_header(token).get("typ") != kind:
        raise jwt.InvalidTokenError("another type")
    key = jwt.PyJWKClient(jwks).get_signing_key_from_jwt(token)
    claims = jwt.decode(token, key, algorithms=["EdDSA"], issuer=issuer, **expected)
    print("accepted", claims["sub"])
except jwt.PyJWTError:
    print("refused")
