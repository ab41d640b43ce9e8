#!/usr/bin/env bash
# Run a command with a PostgreSQL server of its own, whose address is in DATABASE_URL.
# The data stay in a folder, for the next time: with-postgresql.sh FOLDER COMMAND...
# It listens on loopback, asks for no password, never runs as root and ends with the command.
set -euo pipefail

mkdir -p "$1"
folder=$(realpath "$1")
shift
binaries=$(dirname "$(ls -d /usr/lib/postgresql/*/bin/initdb "$(command -v initdb || true)" 2>/dev/null | tail -n 1)")
socket=$(mktemp -d)
as=()
if [ "$(id -u)" = 0 ]; then
    chown postgres "$folder" "$socket"
    as=(runuser -u postgres --)
fi
port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')

stop() {
    (cd / && "${as[@]}" "$binaries/pg_ctl" -D "$folder/data" -m fast -s stop) || true
    rm -rf "$socket"
}
trap stop EXIT
trap '' INT
if [ ! -e "$folder/data/PG_VERSION" ]; then
    (cd / && "${as[@]}" "$binaries/initdb" -D "$folder/data" -U postgres -A trust -E UTF8 --locale=C.UTF-8 >/dev/null)
fi
(cd / && "${as[@]}" setsid "$binaries/pg_ctl" -D "$folder/data" -s -w -l "$folder/log" \
    -o "-p $port -k $socket -c listen_addresses=127.0.0.1" start)
DATABASE_URL="postgresql://postgres@127.0.0.1:$port/postgres" "$@"
