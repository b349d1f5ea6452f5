#!/bin/sh
# qemu.sh: the only thing that this machine is for. At the first boot it installs and uses the package, and loses its power. At
# the second one the service must have started by itself, with everything that was answered before. The folder has first.deb
# and use.sh. What happens is written to the second serial port.
set -u
cd /root/package
exec > /dev/ttyS1 2>&1 < /dev/null
url=http://127.0.0.1:8080
config=/etc/ats-pat/ats-pat.toml
end() { echo "ended $1"; sync; systemctl poweroff --force; exit 0; }
fail() { echo "qemu.sh: $*"; systemctl --failed --no-legend; journalctl --boot --no-pager --lines=60 --output cat; end 1; }
say() { echo "-- $*"; }
is() { [ "$2" = "$3" ] || fail "$1 is \"$2\" and not \"$3\""; }
as_service() { sudo -u ats-pat "$@"; }
property() { systemctl show --value --property "$1" ats-pat.service; }
json() { curl -sS --max-time 60 --fail-with-body --cookie jar --cookie-jar jar --header 'Content-Type: application/json' "$@"; }
exchange() {
    curl -sS --max-time 60 --header "personalAccessToken: $(cat "$1")" "$url/api/personalaccesstoken/getAuthenticationToken" |
        jq -r .ResponseCode
}
make() {
    expires=$(date -u -d '+1 day' +%Y-%m-%dT%H:%M:%SZ)
    json --data "{\"Name\":\"$1\",\"ExpiresAt\":\"$expires\"}" "$url/api/personalaccesstoken" > made || fail "no token was made"
    jq -er .Data.Secret made > "$1" && jq -er .Data.Token.Id made > "$1.id"
}
apt() { DEBIAN_FRONTEND=noninteractive apt-get --quiet=2 --yes "$@" > apt.log 2>&1 || { cat apt.log; fail "apt-get $1 fails"; }; }
# The unit that runs this doesn't count, because it has no end.
system() { timeout 300 systemctl is-system-running --wait || true; }

if [ ! -e booted ]; then
    touch booted
    say "the first boot, of $(uname -sr)"
    is "the system" "$(system)" running
    apt install ./first.deb
    sed -i 's|^# operations-listen = .*|operations-listen = "127.0.0.1:9090"|' "$config"
    systemctl enable --quiet --now ats-pat.service || fail "the service does not start"
    echo 'correct horse battery staple' |
        as_service ats-pat-admin --config "$config" user add ada --admin --password-stdin || fail "nobody could be added"
    sh use.sh "$url" || fail "the service does not work"
    json --data '{"UserName":"ada","Password":"correct horse battery staple"}' "$url/api/session" > /dev/null || fail "no sign-in"
    make revoked
    make alive
    is "the exchange of a token" "$(exchange revoked)" 1
    # Whatever the system has not written by itself.
    sync
    say "a revocation is answered, and the power is lost"
    json --request POST "$url/api/personalaccesstoken/$(cat revoked.id)/revoke" > /dev/null || fail "nothing was revoked"
    echo 1 > /proc/sys/kernel/sysrq
    echo b > /proc/sysrq-trigger
    sleep 60
    fail "the machine goes on without power"
fi

say "the second boot"
is "the system" "$(system)" running
is "the unit" "$(systemctl is-active ats-pat.service)" active
is "the number of restarts" "$(property NRestarts)" 0
pid=$(property MainPID)
told() { sed -n "s/^$1:[[:space:]]*//p" "/proc/$pid/status"; }
is NoNewPrivs "$(told NoNewPrivs)" 1
is Seccomp "$(told Seccomp)" 2
is CapEff "$(told CapEff)" 0000000000000000
is "the exchange of the revoked token" "$(exchange revoked)" 1203
is "the exchange of the other token" "$(exchange alive)" 1
sh use.sh "$url" || fail "the service does not work after the loss of power"
as_service ats-pat-admin --config "$config" audit verify || fail "the log is not whole after the loss of power"
as_service ats-pat-server --config "$config" doctor || fail "the doctor finds that something fails"
say "the removal"
apt purge ats-pat
[ -f /var/lib/ats-pat/master.key ] || fail "the data is gone"
is "failed units" "$(systemctl --failed --no-legend)" ""
say "all is well"
end 0
