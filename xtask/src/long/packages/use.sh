#!/bin/sh
# use.sh URL: signs in as ada, makes a token, exchanges it, revokes it, and sees that it is refused.
set -eu
url=$1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
call() { curl -sS --max-time 20 --cookie "$work/cookies" --cookie-jar "$work/cookies" "$@"; }
json() { call --fail-with-body --header 'Content-Type: application/json' "$@"; }
json --data '{"UserName":"ada","Password":"correct horse battery staple"}' "$url/api/session" > /dev/null
expires=$(date -u -d '+1 day' +%Y-%m-%dT%H:%M:%SZ)
json --data "{\"Name\":\"of the package\",\"ExpiresAt\":\"$expires\"}" "$url/api/personalaccesstoken" > "$work/made"
secret=$(jq -er .Data.Secret "$work/made")
id=$(jq -er .Data.Token.Id "$work/made")
exchange() { call --header "personalAccessToken: $secret" "$url/api/personalaccesstoken/getAuthenticationToken"; }
token=$(exchange | jq -er .Data)
call --fail-with-body --header "Authorization: Bearer $token" "$url/api/identity" | jq -e '.Data.UserName == "ada"' > /dev/null
call --fail-with-body --request POST "$url/api/personalaccesstoken/$id/revoke" > /dev/null
exchange | jq -e '.ResponseCode == 1203' > /dev/null
