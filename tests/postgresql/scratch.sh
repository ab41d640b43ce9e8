#!/usr/bin/env bash
# Run a command with a PostgreSQL server of its own, whose address is in TEST_POSTGRESQL.
# The server never runs as root, keeps nothing, and ends with the command. The command of which the
# name is in TEST_POSTGRESQL_CONTROL can `stop` and `start` it meanwhile.
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
options="-p $port -k $folder -c listen_addresses=127.0.0.1 -c fsync=off -c max_connections=300"
control="$folder/control"
printf '#!/bin/sh\ncd / && exec %s %s -D %s -s -w -m immediate -l %s -o "%s" "$1"\n' \
    "${as[*]}" "$binaries/pg_ctl" "$folder/data" "$folder/log" "$options" >"$control"
chmod +x "$control"
"$control" start
cd "$OLDPWD"
TEST_POSTGRESQL="postgresql://postgres@127.0.0.1:$port/postgres" TEST_POSTGRESQL_CONTROL="$control" "$@"
