#!/usr/bin/env bash
# Installs what is needed, builds, and serves Callboard.
set -euo pipefail

usage() {
  cat <<'TEXT'
Usage: deploy/run.sh [--build-only] [--postgres] [-- options]

Installs the packages that are missing, builds the release program, and serves
on port 8000 with an embedded SQLite database in ./data.

  --build-only  stop after the build
  --postgres    run a PostgreSQL of its own in data/postgres and serve with it
  --help        this text
  -- options    for `callboard serve`; `callboard serve --help` lists them
TEXT
}

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$root"
build_only=false
postgres=false
while [[ $# -gt 0 ]]; do
  case "$1" in
    --build-only) build_only=true ;;
    --postgres) postgres=true ;;
    --help | -h) usage; exit 0 ;;
    --) shift; break ;;
    *) echo "run.sh: unknown option '$1'" >&2; usage >&2; exit 2 ;;
  esac
  shift
done

sets=(build)
$postgres && sets+=(run)
deploy/packages.sh "${sets[@]}"
# The sources are globbed: ninja itself sees new ones.
[[ -f build/release/build.ninja ]] || cmake --preset release
cmake --build --preset release --target callboard
$build_only && exit 0

callboard=$root/build/release/callboard
if ! $postgres; then
  exec "$callboard" serve "$@"
fi

# -- a PostgreSQL of our own, on a Unix socket ----------------------------------
bin=$(find /usr/lib/postgresql -maxdepth 2 -name bin | sort -V | tail -n 1)
folder=$root/data/postgres
mkdir -p "$folder"
as_owner() { "$@"; }
if [[ $EUID -eq 0 ]]; then # PostgreSQL refuses to run as root
  chown postgres "$folder"
  as_owner() { runuser -u postgres -- "$@"; }
  # The account must be able to reach a folder below ours.
  if ! as_owner test -x "$folder"; then
    folder=/var/lib/callboard/postgres
    mkdir -p "$folder"
    chown postgres "$folder"
  fi
fi
[[ -f $folder/main/PG_VERSION ]] \
  || as_owner "$bin/initdb" -D "$folder/main" -U callboard -A trust -E UTF8 \
    --locale=C --lc-ctype=C.UTF-8 >/dev/null
control() {
  (cd / && as_owner "$bin/pg_ctl" -D "$folder/main" -w -s "$@")
}
control status >/dev/null 2>&1 || control start -l "$folder/server.log" \
  -o "-c listen_addresses='' -c unix_socket_directories='$folder'"
trap 'control stop -m fast || true' EXIT
(cd / && as_owner "$bin/createdb" -h "$folder" -U callboard callboard 2>/dev/null) || true

DATABASE_URL="postgresql:///callboard?host=$folder&user=callboard" \
  "$callboard" serve "$@" &
child=$!
trap 'kill -TERM "$child" 2>/dev/null || true' TERM INT
status=0
wait "$child" || status=$?
while kill -0 "$child" 2>/dev/null; do # `wait` returns early on a signal
  status=0
  wait "$child" || status=$?
done
exit "$status"
