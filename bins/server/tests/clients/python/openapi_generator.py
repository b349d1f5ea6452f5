"""The tour by the client of openapi-generator."""

import sys
from datetime import datetime, timedelta, timezone

import ats_pat_client as ats
from ats_pat_client.exceptions import ApiException

host, password = sys.argv[1:]
configuration = ats.Configuration(host=host)
api = ats.ApiClient(configuration)
session, tokens, exchange = ats.SessionApi(api), ats.PersonalAccessTokenApi(api), ats.ExchangeApi(api)


def refused(error: ApiException) -> None:
    envelope = error.data
    assert isinstance(envelope, ats.ErrorEnvelope)
    print(f"refused: {envelope.response_code} {','.join(envelope.error_parameters or [])}".rstrip())


signed_in = session.sign_in_with_http_info(ats.SignInRequest(UserName="ada", Password=password))
print("signed in as", signed_in.data.data.user_name)
cookie = signed_in.headers["set-cookie"].split(";")[0]
configuration.api_key["sessionCookie"] = cookie.split("=", 1)[1]

tomorrow = datetime.now(timezone.utc) + timedelta(days=1)
new = ats.CreatePersonalAccessTokenRequest(Name="tour", ExpiresAt=tomorrow)
issued = tokens.create_personal_access_token(new).data
print(f"created {issued.token.name}: {issued.token.status.value}, last used {issued.token.last_used_at or 'never'}")
try:
    tokens.create_personal_access_token(new)
except ApiException as error:
    refused(error)

page = tokens.list_personal_access_tokens(
    search="TOUR", status=ats.PersonalAccessTokenStatus.ACTIVE, sort=ats.TokenSort.CreatedAtDescending
).data
print(f"listed {','.join(item.name for item in page.items)} of {page.total}")

configuration.api_key["personalAccessToken"] = issued.secret
configuration.access_token = exchange.get_authentication_token().data
identity = exchange.get_identity().data
print(f"speaks for {identity.user_name} with {','.join(identity.scopes)}")

revoked = tokens.revoke_personal_access_token(issued.token.id).data
print("revoked:", revoked.status.value)
try:
    exchange.get_authentication_token()
except ApiException as error:
    refused(error)
