#!/usr/bin/env bash
# Run a command with a PostgreSQL server of its own, whose address is in TEST_POSTGRESQL.
# The server never runs as root, keeps nothing, and ends with the command.
set -euo pipefail

binaries=$(dirname "$(ls -d /usr/lib/postgresql/*/bin/initdb "$(command -v initdb || true)" 2>/dev/null | tail -n 1)")
folder=$(mktemp -d)
as=()
if [ "$(id -u)" = 0 ]; then
    chown postgres "$folder"
    as=(runuser -u postgres --)
fi
port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')

stop() {
    "${as[@]}" "$binaries/pg_ctl" -D "$folder/data" -m immediate -s stop || true
    rm -rf "$folder"
}
trap stop EXIT
cd "$folder"
"${as[@]}" "$binaries/initdb" -D "$folder/data" -U postgres -A trust -E UTF8 --locale=C.UTF-8 --no-sync >/dev/null
"${as[@]}" "$binaries/pg_ctl" -D "$folder/data" -s -w -l "$folder/log" \
    -o "-p $port -k $folder -c listen_addresses=127.0.0.1 -c fsync=off -c max_connections=300" start
cd "$OLDPWD"
TEST_POSTGRESQL="postgresql://postgres@127.0.0.1:$port/postgres" "$@"
