#!/usr/bin/env bash
# Run a command with a MariaDB server of its own, whose address is in DATABASE_URL.
# The data stay in a folder, for the next time: with-mariadb.sh FOLDER COMMAND...
# It listens on loopback, asks for no password, never runs as root and ends with the command.
set -euo pipefail

mkdir -p "$1"
folder=$(realpath "$1")
shift
PATH=$PATH:/usr/sbin:/usr/local/sbin
socket=$(mktemp -d)
options=(--no-defaults --datadir="$folder/data")
if [ "$(id -u)" = 0 ]; then
    chown mysql "$folder" "$socket"
    options+=(--user=mysql)
fi
port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
server=

stop() {
    if [ -n "$server" ]; then
        kill -TERM "$server" 2>/dev/null || true
        wait "$server" 2>/dev/null || true
    fi
    rm -rf "$socket"
}
trap stop EXIT
trap '' INT
if [ ! -e "$folder/data/mysql" ]; then
    mariadb-install-db "${options[@]}" --auth-root-authentication-method=normal --skip-test-db >"$folder/log" 2>&1
fi
setsid mariadbd "${options[@]}" --socket="$socket/socket" --bind-address=127.0.0.1 --port="$port" >>"$folder/log" 2>&1 &
server=$!
client=(--no-defaults --socket="$socket/socket" --user=root)
until mariadb-admin "${client[@]}" ping >/dev/null 2>&1; do
    kill -0 "$server" 2>/dev/null || { tail -n 20 "$folder/log" >&2; exit 1; }
    sleep 0.1
done
mariadb "${client[@]}" -e 'CREATE DATABASE IF NOT EXISTS clientxcms'
DATABASE_URL="mariadb://root@127.0.0.1:$port/clientxcms" "$@"
