#!/bin/sh
# debian.sh: installs, starts, uses, upgrades and removes the package, as root of a Debian with systemd. The folder has
# first.deb, newer.deb, documented.sh, credentials.conf, use.sh and the units of docs/operation.md in the folder units.
set -eu
cd /root/package
fail() { echo "debian.sh: $*" >&2; systemctl status --no-pager --lines=30 ats-pat.service >&2 || true; exit 1; }
is() { [ "$2" = "$3" ] || fail "$1 is \"$2\" and not \"$3\""; }
said() { "$@" || true; }
property() { systemctl show --value --property "$1" ats-pat.service; }
use() { sh use.sh http://127.0.0.1:8080 || fail "the service does not work $1"; }
say() { echo "-- $*"; }

say "what the documentation says is done"
echo 'APT::Get::Assume-Yes "true";' > /etc/apt/apt.conf.d/yes
# The person's editor, and the password that the person types twice at a terminal.
cat > /usr/local/bin/editor <<'EDITOR'
#!/bin/sh
exec sed -i 's|^# operations-listen = .*|operations-listen = "127.0.0.1:9090"|' "$1"
EDITOR
chmod +x /usr/local/bin/editor
touch /root/before
sh -e documented.sh || fail "a documented command failed"

say "the first installation"
is "the unit" "$(said systemctl is-active ats-pat.service)" active
is "the type of the result" "$(property Result)" success
is "the number of restarts" "$(property NRestarts)" 0
is "the settings' owner and mode" "$(stat -c '%U:%G %a' /etc/ats-pat/ats-pat.toml)" "root:ats-pat 640"
is "the state's owner and mode" "$(stat -c '%U:%G %a' /var/lib/ats-pat)" "ats-pat:ats-pat 700"
is "the shell" "$(getent passwd ats-pat | cut -d: -f7)" /usr/sbin/nologin
for file in man/man1/ats-pat-server.1.gz man/man1/ats-pat-admin-db-backup.1.gz doc/ats-pat/operation.md \
    bash-completion/completions/ats-pat-server zsh/vendor-completions/_ats-pat-admin; do
    [ -f "/usr/share/$file" ] || fail "/usr/share/$file is missing"
done
use "after its installation"
journal=$(journalctl --unit ats-pat.service --output cat)
case $journal in *"listening address="*) ;; *) fail "the server's log is not in the journal: $journal" ;; esac
case $journal in *"set-up link"* | *"/setup#"*) fail "the set-up link is in the journal" ;; esac

say "the sandbox of the unit"
pid=$(property MainPID)
told() { sed -n "s/^$1:[[:space:]]*//p" "/proc/$pid/status"; }
is NoNewPrivs "$(told NoNewPrivs)" 1
is Seccomp "$(told Seccomp)" 2
is CapBnd "$(told CapBnd)" 0000000000000000
is CapEff "$(told CapEff)" 0000000000000000
as_server() { nsenter --target "$pid" --mount setpriv --reuid ats-pat --regid ats-pat --clear-groups "$@"; }
for folder in / /usr /usr/bin /etc /etc/ats-pat /var /var/lib /var/log /var/tmp/.. /root /home /run /boot /dev /sys /opt; do
    ! as_server touch "$folder/written" 2> /dev/null || fail "the server may write to $folder"
done
for folder in /var/lib/ats-pat /tmp /var/tmp; do
    as_server touch "$folder/written" || fail "the server may not write to $folder"
    as_server rm "$folder/written"
done
as_server touch /tmp/private
[ ! -e /tmp/private ] || fail "others see the server's /tmp"
is "what the server sees of devices" "$(as_server ls /dev | grep -c -E '^(kmsg|mem|sd|vd|tty$)')" 1
elsewhere=$(find / -xdev -user ats-pat -newer /root/before ! -path '/var/lib/ats-pat*' ! -path '/var/lib/private*')
is "what it wrote elsewhere" "$elsewhere" ""

say "reload, restart, secrets by systemd, socket"
systemctl reload ats-pat.service || fail "the server does not reload"
systemctl restart ats-pat.service
use "after a restart"
mkdir -p /etc/systemd/system/ats-pat.service.d
cp credentials.conf /etc/systemd/system/ats-pat.service.d/override.conf
echo sqlite:/var/lib/ats-pat/ats-pat.db > /etc/ats-pat/database-url
mv /var/lib/ats-pat/master.key /etc/ats-pat/master.key
chown root:root /etc/ats-pat/master.key /etc/ats-pat/database-url
chmod 0400 /etc/ats-pat/master.key /etc/ats-pat/database-url
systemctl daemon-reload
systemctl restart ats-pat.service || fail "the server does not start with secrets of systemd"
use "with secrets of systemd"
[ ! -e /var/lib/ats-pat/master.key ] || fail "the server made another master key"
systemctl stop ats-pat.service
install -o ats-pat -g ats-pat -m 0600 /etc/ats-pat/master.key /var/lib/ats-pat/master.key
rm -r /etc/systemd/system/ats-pat.service.d /etc/ats-pat/master.key /etc/ats-pat/database-url
systemctl daemon-reload
systemctl start ats-pat.socket
is "the unit" "$(said systemctl is-active ats-pat.service)" inactive
use "by its socket"
is "the unit" "$(said systemctl is-active ats-pat.service)" active
systemctl stop ats-pat.socket ats-pat.service
systemctl start ats-pat.service

say "the timers"
for name in retain backup; do
    is "the timer of $name" "$(said systemctl is-enabled "ats-pat-$name.timer")" disabled
    systemd-analyze verify "ats-pat-$name.service" "ats-pat-$name.timer" || fail "the units of $name have a fault"
    systemctl start "ats-pat-$name.service" || fail "ats-pat-$name.service fails"
done
is "the archive's owner and mode" "$(stat -c '%U:%G %a' /var/lib/ats-pat-archive)" "ats-pat:ats-pat 700"
is "the number of backups" "$(ls /var/lib/ats-pat-backup | wc -l)" 1
mkdir -p /etc/systemd/system/ats-pat-backup.service.d
printf '[Service]\nEnvironment=KEEP_BACKUPS=1\n' > /etc/systemd/system/ats-pat-backup.service.d/override.conf
touch /var/lib/ats-pat-backup/of-the-operator.backup
systemctl daemon-reload
# A backup is named after its second.
while [ -e "/var/lib/ats-pat-backup/$(date -u +%Y%m%dT%H%M%SZ).backup" ]; do sleep 0.1; done
systemctl start ats-pat-backup.service || fail "a second backup on a day fails"
is "the number of backups" "$(ls /var/lib/ats-pat-backup/2*.backup | wc -l)" 1
[ -e /var/lib/ats-pat-backup/of-the-operator.backup ] || fail "another's file was removed"
rm -r /etc/systemd/system/ats-pat-backup.service.d
mkdir /var/lib/ats-pat-archive/events-before-99990101T000000Z.jsonl
! systemctl start ats-pat-retain.service 2> /dev/null || fail "nobody is told that retain fails"
is "the unit" "$(said systemctl is-failed ats-pat-retain.service)" failed
rmdir /var/lib/ats-pat-archive/events-before-99990101T000000Z.jsonl
systemctl daemon-reload
systemctl reset-failed ats-pat-retain.service
systemctl enable --quiet --now ats-pat-retain.timer ats-pat-backup.timer

say "the upgrade"
before=$(property MainPID)
apt-get install --quiet=2 ./newer.deb
[ "$before" != "$(property MainPID)" ] || fail "the server of before still runs"
is "the unit" "$(said systemctl is-active ats-pat.service)" active
grep -q '^operations-listen = "127.0.0.1:9090"' /etc/ats-pat/ats-pat.toml || fail "the settings were lost"
use "after an upgrade"

say "the removal"
apt-get remove --quiet=2 ats-pat
is "the unit" "$(said systemctl is-active ats-pat.service)" inactive
[ ! -e /usr/bin/ats-pat-server ] || fail "the server is still there"
[ -f /var/lib/ats-pat/master.key ] && [ -f /etc/ats-pat/ats-pat.toml ] || fail "the data or the settings are gone"
apt-get install --quiet=2 ./newer.deb
is "the unit" "$(said systemctl is-active ats-pat.service)" inactive
is "the unit" "$(said systemctl is-enabled ats-pat.service)" disabled
systemctl start ats-pat.service
use "after it was installed again"
apt-get purge --quiet=2 ats-pat > purged 2>&1
grep -q "/var/lib/ats-pat stays" purged || fail "nobody is told that the data stays"
[ -f /var/lib/ats-pat/master.key ] || fail "the data is gone"
[ ! -e /etc/ats-pat ] || fail "the settings are still there"
is "units" "$(systemctl list-unit-files --no-legend 'ats-pat*')" ""
is "failed units" "$(systemctl --failed --no-legend)" ""

say "the units of docs/operation.md"
ln -s /bin/true /usr/local/bin/ats-pat-server
ln -s /bin/true /usr/local/bin/ats-pat-admin
useradd --system --no-create-home --shell /usr/sbin/nologin ats-pat 2> /dev/null || true
cp units/* /etc/systemd/system/
for unit in units/*; do
    systemd-analyze verify "/etc/systemd/system/${unit#units/}"
done
say "all is well"
