#!/usr/bin/env bash
# Install Debian packages, or name them to who is not root: install-packages.sh PACKAGE...
set -euo pipefail

[ $# -gt 0 ] || exit 0
if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
    echo "Debian packages are missing. As root: apt-get install -y --no-install-recommends $*" >&2
    exit 1
fi
echo "Installing Debian packages: $*"
export DEBIAN_FRONTEND=noninteractive
apt-get update -q
apt-get install -qy --no-install-recommends "$@"
