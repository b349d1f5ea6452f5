# What the commands of a page find: the programs, a server, and functions in place of what a test can't do. Everything runs
# in namespaces of its own, so the ports are free, and all processes end with the shell.
set -eEuo pipefail
ip link set lo up
mount -t tmpfs none /var/backups
url=http://127.0.0.1:8080
password='the password that you chose'
place=$page scene=$PWD
trap 'echo "$place failed" >&2; [ ! -s "$scene/output" ] || cat "$scene/output" >&2; [ ! -s "$scene/server.log" ] || tail -n 5 "$scene/server.log" >&2' ERR
exec 3>&1

at() {
    place=$page:$1
    block=$2
}

fill() {
    case $block in
        *"$1"*) block=${block//"$1"/"$2"} ;;
        *)
            echo "$place has no $1 to fill in" >&2
            return 1
            ;;
    esac
}

# The output of the last block is in the file `output`.
run() {
    eval "$block" > "$scene/output"
    echo "$place" >&3
}

# A server, from its command.
serve() {
    # What the server before said is not taken for this one's.
    : > "$scene/server.log"
    (
        serving=exec
        eval "$block"
    ) >> "$scene/server.log" 2>&1 &
    server=$!
    until grep -q '^listening on' "$scene/server.log"; do
        kill -0 "$server"
        sleep 0.02
    done
}

# A server whose command is not on the page, with these settings.
start() {
    block="exec env ATS_PAT_DATA_DIR=$scene/ats-pat-data $* ats-pat-server"
    serve
}

stop() {
    kill "$server"
    wait "$server"
}

settings() {
    printf %s "$block" > "$scene/settings.toml"
    ats-pat-server --config "$scene/settings.toml" config check > /dev/null
    echo "$place" >&3
}

# In place of a build: the programs of the test.
serving=
cargo() {
    [ "$1 $2 $3" = 'run --release --bin' ]
    local program=$4
    shift 4
    [ "${1-}" != -- ] || shift
    $serving "$program" "$@"
}

# Types the password twice, at a terminal.
typed() {
    printf '%s\n%s\n' "$password" "$password" | SHELL=/bin/bash script --quiet --return --command "$*" /dev/null
}

# An answer that is a refusal fails.
curl() {
    command curl --fail-with-body --max-time 20 "$@"
}
export -f cargo
export serving
