#!/bin/bash
# Installs what a Debian machine lacks for building, the demonstration and, when told `browser` or `bench`, the tests
# (Chromium, a virus scanner, a Java for the checker of HTML) or the benchmarks. Nothing is done where nothing is missing. No
# PostgreSQL cluster is made or started: ours are embedded.
set -euo pipefail

wanted=()
command -v cc >/dev/null || wanted+=(build-essential)
command -v pkg-config >/dev/null || wanted+=(pkg-config)
[ -e /usr/include/postgresql/libpq-fe.h ] || pkg-config --exists libpq 2>/dev/null || wanted+=(libpq-dev)
if [ "${1:-}" = browser ]; then
  command -v chromium >/dev/null || wanted+=(chromium)
  command -v chromedriver >/dev/null || wanted+=(chromium-driver)
  [ -x /usr/sbin/clamd ] || wanted+=(clamav-daemon)
  command -v java >/dev/null || wanted+=(default-jre-headless)
fi
if [ "${1:-}" = bench ]; then
  command -v wrk >/dev/null || wanted+=(wrk)
fi
server=
for bin in "${PG_BIN:-}" /usr/lib/postgresql/{17,16,15}/bin; do
  if [ -x "$bin/postgres" ]; then server=$bin; break; fi
done
missing="${wanted[*]}"
[ -n "$server" ] || missing+="${missing:+ }postgresql"
if [ -z "$missing" ]; then exit 0; fi

as_root=()
if [ "$(id -u)" -ne 0 ]; then as_root=(sudo); fi
if ! command -v apt-get >/dev/null || { [ "$(id -u)" -ne 0 ] && ! command -v sudo >/dev/null; }; then
  echo "Missing, and not to be installed from here: $missing (PG_BIN may name the folder of a PostgreSQL 15 to 17)" >&2
  exit 1
fi

log=$(mktemp)
restore() { :; }
trap 'restore; rm -f "$log"' EXIT

quietly() {
  if ! "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive "$@" >"$log" 2>&1; then
    cat "$log" >&2
    echo "This failed: $*" >&2
    exit 1
  fi
}

install() {
  quietly apt-get install -y --no-install-recommends "$@"
}

echo "Installing $missing" >&2
quietly apt-get update
if [ ${#wanted[@]} -gt 0 ]; then install "${wanted[@]}"; fi
if [ -z "$server" ]; then
  # The package would make a cluster and start it; this tells it not to, for as long as we install.
  install postgresql-common
  conf=/etc/postgresql-common/createcluster.conf
  quietly cp -p "$conf" "$conf.before"
  restore() { quietly mv -f "$conf.before" "$conf"; }
  echo "create_main_cluster = false" | quietly tee -a "$conf"
  install postgresql
fi
