#!/usr/bin/env bash
# Measures the release program beside its baselines and prints tables.
set -euo pipefail

usage() {
  cat <<'TEXT'
Usage: deploy/bench.sh [part ...]

Installs what is missing, builds with optimisation, and measures; all parts
unless some are named:

  edge        liveness beside a bare Beast server and nginx; idle CPU
  tasks       read, list and create on PostgreSQL beside pgbench
  sqlite      the same on SQLite
  lists       projects, agents, creations with a key, the memory's search
  schedulers  event loops as CAF's scheduler beside `sharing`
  memory      resident memory over a million requests; time to start
  logins      what 50 logins a second do to everybody else
  slow        15,000 slow clients at once, and the healthy beside them
  realtime    WebSockets beside a bare loop of send() and nginx with nchan
  hops        what an actor hop costs on one loop
  crashes     100,000 killed actors: who is answered, how soon they are back
TEXT
}

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$root"
[[ ${1:-} == --help || ${1:-} == -h ]] && { usage; exit 0; }
deploy/packages.sh build test bench
[[ -f build/release/build.ninja ]] || cmake --preset release
cmake --build --preset release --target callboard benchmarks
exec /usr/bin/python3 tests/bench/bench.py "$@"
