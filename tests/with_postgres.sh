#!/bin/sh
# Runs a command beside a PostgreSQL of its own, and removes it afterwards:
#   tests/with_postgres.sh COMMAND [ARGUMENT…]
# The cluster lives in a temporary directory, listens on a Unix socket there and nowhere else, and
# keeps nothing safe on disk. Root runs it as postgres, or as nobody. The command finds
#   DUBAN_TEST_PG_DSN  the superuser's way in
#   DUBAN_TEST_PG_CTL  a program that stops and starts it: "$DUBAN_TEST_PG_CTL" stop -m immediate
set -eu

find_programs() {
    if command -v initdb >/dev/null; then
        dirname "$(command -v initdb)"
        return
    fi
    newest=
    for directory in /usr/lib/postgresql/*/bin; do
        [ -x "$directory/initdb" ] && newest=$directory
    done
    if [ -z "$newest" ]; then
        echo "with_postgres.sh: no initdb here: install PostgreSQL's server" >&2
        return 1
    fi
    echo "$newest"
}

programs=$(find_programs)
home=$(mktemp -d "${TMPDIR:-/tmp}/duban-pg.XXXXXX")
unprivileged=
if [ "$(id -u)" = 0 ]; then
    user=postgres
    id "$user" >/dev/null 2>&1 || user=nobody
    unprivileged="setpriv --reuid=$user --regid=$(id -g "$user") --clear-groups"
    chown "$user" "$home"
fi

control=$home/control
cat >"$control" <<EOF
#!/bin/sh
cd "$home" && exec $unprivileged "$programs/pg_ctl" -s -w -t 60 -D "$home/data" -l "$home/log" "\$@"
EOF
chmod 755 "$home" "$control"

finish() {
    status=$?
    trap - EXIT INT TERM HUP
    "$control" stop -m immediate >/dev/null 2>&1 || true
    rm -rf "$home"
    exit "$status"
}
trap finish EXIT
trap 'exit 130' INT TERM HUP

cd_home() {
    # shellcheck disable=SC2086 # words on purpose
    (cd "$home" && $unprivileged "$@")
}
cd_home "$programs/initdb" -D "$home/data" -U duban -A trust -E UTF8 --locale=C.UTF-8 --no-sync \
    >/dev/null
cat >>"$home/data/postgresql.conf" <<EOF
listen_addresses = ''
unix_socket_directories = '$home'
fsync = off
full_page_writes = off
shared_buffers = 32MB
EOF
"$control" start >/dev/null

export DUBAN_TEST_PG_DSN="host=$home user=duban dbname=postgres"
export DUBAN_TEST_PG_CTL="$control"
"$@"
