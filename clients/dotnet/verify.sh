#!/usr/bin/env bash
# Builds and tests the packages for .NET: `verify.sh [SERVER_BINARY ADMIN_BINARY]`.
#
# With the two programs, it also drives the example against the live service, and prints how soon a
# revocation, a rotation and the loss of the service take effect. It fails if they take too long. On a
# busy machine, VERIFY_PATIENCE=10 multiplies the time that they may take.
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
example=$here/../../examples/aspnet-core
export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1

say() { printf '\n== %s\n' "$*"; }
fail() { printf 'verify.sh: %s\n' "$*" >&2; exit 1; }

# The path of a program from any folder.
program() {
    if [ ! -x "$1" ] || [ -d "$1" ]; then fail "$1 is not a program"; fi
    printf '%s/%s' "$(cd "$(dirname "$1")" && pwd)" "$(basename "$1")"
}

[ $# -eq 0 ] || [ $# -eq 2 ] || fail 'give no arguments, or SERVER_BINARY ADMIN_BINARY'
command -v dotnet > /dev/null || fail 'dotnet is not on this machine: install the .NET 10 SDK'
dotnet --list-runtimes | grep '^Microsoft\.AspNetCore\.App 10\.' > /dev/null \
    || fail 'ASP.NET Core 10 is not on this machine: install the .NET 10 SDK'
if [ $# -eq 2 ]; then
    command -v curl > /dev/null || fail 'curl is not on this machine'
    server=$(program "$1")
    admin=$(program "$2")
fi

say "dotnet $(dotnet --version)"
cd "$here"
dotnet restore Ats.PersonalAccessTokens.slnx
say 'build for netstandard2.0 and net10.0'
dotnet build Ats.PersonalAccessTokens.slnx --configuration Release --no-restore
say 'tests'
dotnet test Ats.PersonalAccessTokens.slnx --configuration Release --no-build
say 'the example'
dotnet build "$example/AspNetCore.csproj" --configuration Release
if [ $# -eq 0 ]; then
    say 'passed; the live service was left out'
    exit 0
fi

work=$(mktemp -d)
server_pid='' example_pid=''
stop() {
    for pid in $example_pid $server_pid; do kill "$pid" 2> /dev/null || true; done
    wait 2> /dev/null || true
    rm -rf "$work"
}
trap stop EXIT

now() { date +%s%3N; }
# The text of a member of a JSON answer.
member() { sed -n "s/.*\"$1\":\"\([^\"]*\)\".*/\1/p"; }

# Starts the service, at the port that it had before if there was one.
start_server() {
    # It is there before the service opens it, because it is read at once.
    : > "$work/server.out"
    "$server" --data-dir "$work/data" --listen "127.0.0.1:${port:-0}" > "$work/server.out" 2> "$work/server.log" &
    server_pid=$!
    issuer=''
    for _ in $(seq 600); do
        issuer=$(sed -n 's/^listening on \(http[^ ]*\).*/\1/p' "$work/server.out")
        [ -z "$issuer" ] || break
        kill -0 "$server_pid" 2> /dev/null || fail "the service ended: $(cat "$work/server.log")"
        sleep 0.1
    done
    [ -n "$issuer" ] || fail 'the service did not start'
    port=${issuer##*:}
}

api() { # METHOD PATH [BODY]
    curl --silent --show-error --fail-with-body --cookie "$work/cookies" --cookie-jar "$work/cookies" \
        --request "$1" --header 'Content-Type: application/json' --data "${3-}" "$issuer$2"
}

# Makes a personal access token, and exchanges it: sets `id` and `token`.
new_token() {
    local created secret until
    until=$(date --utc --date '1 day' +%Y-%m-%dT%H:%M:%SZ)
    created=$(api POST /api/personalaccesstoken "{\"Name\":\"verify $(now)\",\"ExpiresAt\":\"$until\"}")
    id=$(printf %s "$created" | member Id)
    secret=$(printf %s "$created" | member Secret)
    token=$(printf 'header = "personalAccessToken: %s"\n' "$secret" \
        | curl --silent --show-error --fail --config - "$issuer/api/personalaccesstoken/getAuthenticationToken" | member Data)
    [ -n "$token" ] || fail 'the exchange gave no token'
}

# The status of a call of the example with the token.
call() {
    printf 'header = "Authorization: Bearer %s"\n' "$token" \
        | curl --silent --output "$work/body" --dump-header "$work/headers" --write-out '%{http_code}' --config - "$service/orders" \
        || true
}

# Calls until the status is as expected: prints how long that took, which must not be more than LIMIT.
until_status() { # STATUS LIMIT_MILLISECONDS WHAT
    local begun status took limit
    limit=$(($2 * ${VERIFY_PATIENCE:-1}))
    begun=$(now)
    while true; do
        status=$(call)
        took=$(($(now) - begun))
        [ "$status" != "$1" ] || break
        [ "$took" -le "$limit" ] || fail "$3: still $status after $took ms"
        sleep 0.02
    done
    [ "$took" -le "$limit" ] || fail "$3: $1 only after $took ms"
    printf '%-60s %6d ms\n' "$3" "$took"
}

say 'the live service'
umask 077
export no_proxy='*'
start_server
password="verify $(now) verify"
printf '%s\n' "$password" | "$admin" --data-dir "$work/data" user add verify --password-stdin > /dev/null
api POST /api/session "{\"UserName\":\"verify\",\"Password\":\"$password\"}" > /dev/null

: > "$work/example.log"
dotnet "$example/bin/Release/net10.0/AspNetCore.dll" --urls http://127.0.0.1:0 --Ats:Issuer "$issuer" --Ats:Audience "$issuer" \
    > "$work/example.log" 2>&1 &
example_pid=$!
service=''
for _ in $(seq 300); do
    service=$(sed -n 's/.*Now listening on: \(http[^ ]*\).*/\1/p' "$work/example.log")
    [ -z "$service" ] || ! curl --silent --fail --output /dev/null "$service/health" || break
    kill -0 "$example_pid" 2> /dev/null || fail "the example ended: $(cat "$work/example.log")"
    sleep 0.1
done
[ -n "$service" ] || fail "the example did not start: $(cat "$work/example.log")"

new_token
until_status 200 5000 'a token is accepted'
grep -q 'Orders for verify' "$work/body" || fail "another answer: $(cat "$work/body")"
good=$token
token=a.b.c
until_status 401 5000 'another text is refused'
token=$good

api POST "/api/personalaccesstoken/$id/revoke" > /dev/null
until_status 401 2000 'revoked: refused'
grep -qi 'was revoked' "$work/headers" || fail 'the answer does not say that it was revoked'

new_token
until_status 200 5000 'a new token is accepted'
"$admin" --data-dir "$work/data" key rotate --compromised > /dev/null
until_status 401 65000 'signing key rotated as compromised: refused'
new_token
until_status 200 5000 'a token of the new key is accepted'

kill -KILL "$server_pid"
wait "$server_pid" 2> /dev/null || true
until_status 503 35000 'service killed: 503'
grep -qi '^retry-after: 1' "$work/headers" || fail 'the answer has no Retry-After'
start_server
until_status 200 5000 'service back: the token is accepted again'

say 'passed: write the date and these versions into README.md'
