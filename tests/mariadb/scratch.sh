#!/usr/bin/env bash
# Run a command with a MariaDB server of its own, whose address is in TEST_MARIADB.
# The server never runs as root, keeps nothing, and ends with the command. The command of which the
# name is in TEST_MARIADB_CONTROL can `stop` and `start` it meanwhile; to stop it is to let it crash.
set -euo pipefail

# In memory, if there is enough: tables are made and numbered anew all the time.
free=$(df --output=avail /dev/shm 2>/dev/null | tail -n 1)
if [ "${free:-0}" -gt 2000000 ]; then
    export TMPDIR=/dev/shm
fi
folder=$(mktemp -d)
unset TMPDIR
options=(--no-defaults --datadir="$folder/data")
if [ "$(id -u)" = 0 ]; then
    chown mysql "$folder"
    options+=(--user=mysql)
fi
port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
PATH=$PATH:/usr/sbin:/usr/local/sbin
control="$folder/control"

stop() {
    "$control" stop 2>/dev/null || true
    rm -rf "$folder"
}
trap stop EXIT
mariadb-install-db "${options[@]}" --auth-root-authentication-method=normal --skip-test-db >"$folder/log" 2>&1
# What was committed has reached the system, if not the disk: a crash of the server alone loses nothing.
options+=(--socket="$folder/socket" --bind-address=127.0.0.1 --port="$port" --max-connections=300
    --skip-log-bin --innodb-flush-log-at-trx-commit=2 --innodb-flush-method=nosync --innodb-doublewrite=OFF
    --sync-frm=OFF --pid-file="$folder/data/pid")
cat >"$control" <<END
#!/bin/sh
case "\$1" in
stop) kill -KILL "\$(cat $folder/data/pid)" && rm -f $folder/data/pid ;;
start)
    setsid mariadbd ${options[*]} >>$folder/log 2>&1 &
    until mariadb-admin --no-defaults --socket=$folder/socket --user=root ping >/dev/null 2>&1; do
        kill -0 \$! 2>/dev/null || { cat $folder/log >&2; exit 1; }
        sleep 0.1
    done ;;
esac
END
chmod +x "$control"
"$control" start
TEST_MARIADB="mariadb://root@127.0.0.1:$port/" TEST_MARIADB_CONTROL="$control" "$@"
