#!/bin/bash
# Installs what a Debian machine lacks for building, the demonstration and, when told `browser` or `bench`, the tests in
# Chromium or the benchmarks. Nothing is done where nothing is missing. No PostgreSQL cluster is made or started: ours are embedded.
set -euo pipefail

wanted=()
command -v cc >/dev/null || wanted+=(build-essential)
command -v pkg-config >/dev/null || wanted+=(pkg-config)
[ -e /usr/include/postgresql/libpq-fe.h ] || pkg-config --exists libpq 2>/dev/null || wanted+=(libpq-dev)
if [ "${1:-}" = browser ]; then
  command -v chromium >/dev/null || wanted+=(chromium)
  command -v chromedriver >/dev/null || wanted+=(chromium-driver)
fi
if [ "${1:-}" = bench ]; then
  command -v wrk >/dev/null || wanted+=(wrk)
fi
server=
for bin in "${PG_BIN:-}" /usr/lib/postgresql/{17,16,15}/bin; do
  if [ -x "$bin/postgres" ]; then server=$bin; break; fi
done
if [ -n "$server" ] && [ ${#wanted[@]} -eq 0 ]; then exit 0; fi

as_root=()
if [ "$(id -u)" -ne 0 ]; then
  if ! command -v sudo >/dev/null; then
    echo "Missing: ${wanted[*]} ${server:-postgresql}. Install them as root, or install sudo." >&2
    exit 1
  fi
  as_root=(sudo)
fi
if ! command -v apt-get >/dev/null; then
  echo "Missing: ${wanted[*]} ${server:-the PostgreSQL 15 to 17 server (name its folder in PG_BIN)}; this is no Debian." >&2
  exit 1
fi

install() {
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends "$@" >/dev/null
}

[ -n "$server" ] || needed=" postgresql"
echo "Installing ${wanted[*]}${needed:-} …" >&2
"${as_root[@]}" apt-get update -qq
if [ ${#wanted[@]} -gt 0 ]; then install "${wanted[@]}"; fi
if [ -z "$server" ]; then
  # The package would make a cluster and start it; this tells it not to, for as long as we install.
  install postgresql-common
  conf=/etc/postgresql-common/createcluster.conf
  "${as_root[@]}" cp -p "$conf" "$conf.before"
  echo "create_main_cluster = false" | "${as_root[@]}" tee -a "$conf" >/dev/null
  trap '"${as_root[@]}" mv "$conf.before" "$conf"' EXIT
  install postgresql
fi
