"""The tour by the client of openapi-python-client."""

import sys
from datetime import datetime, timedelta, timezone

from ats_personal_access_tokens_client import AuthenticatedClient, Client
from ats_personal_access_tokens_client.api.exchange import get_authentication_token, get_identity
from ats_personal_access_tokens_client.api.personal_access_token import (
    create_personal_access_token,
    list_personal_access_tokens,
    revoke_personal_access_token,
)
from ats_personal_access_tokens_client.api.session import sign_in
from ats_personal_access_tokens_client.models import (
    CreatePersonalAccessTokenRequest,
    ErrorEnvelope,
    PersonalAccessTokenStatus,
    SignInRequest,
    TokenSort,
)

host, password = sys.argv[1:]


def refused(envelope: ErrorEnvelope) -> None:
    assert isinstance(envelope, ErrorEnvelope)
    print(f"refused: {envelope.response_code} {','.join(envelope.error_parameters or [])}".rstrip())


# It keeps the session's cookie.
client = Client(base_url=host)
signed_in = sign_in.sync(client=client, body=SignInRequest(user_name="ada", password=password))
print("signed in as", signed_in.data.user_name)

tomorrow = datetime.now(timezone.utc) + timedelta(days=1)
new = CreatePersonalAccessTokenRequest(name="tour", expires_at=tomorrow)
issued = create_personal_access_token.sync(client=client, body=new).data
print(f"created {issued.token.name}: {issued.token.status.value}, last used {issued.token.last_used_at or 'never'}")
refused(create_personal_access_token.sync(client=client, body=new))

page = list_personal_access_tokens.sync(
    client=client, search="TOUR", status=PersonalAccessTokenStatus.ACTIVE, sort=TokenSort.CREATED_AT_DESCENDING
).data
print(f"listed {','.join(item.name for item in page.items)} of {page.total}")

script = AuthenticatedClient(base_url=host, token=issued.secret, prefix="", auth_header_name="personalAccessToken")
bearer = AuthenticatedClient(base_url=host, token=get_authentication_token.sync(client=script).data)
identity = get_identity.sync(client=bearer).data
print(f"speaks for {identity.user_name} with {','.join(identity.scopes)}")

revoked = revoke_personal_access_token.sync(issued.token.id, client=client).data
print("revoked:", revoked.status.value)
refused(get_authentication_token.sync(client=script))
