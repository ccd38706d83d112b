#!/usr/bin/env bash
# Runs the long tests at full length.
set -euo pipefail

usage() {
  cat <<'TEXT'
Usage: deploy/soak.sh [part ...]

Runs at full length what deploy/test.sh runs in a short form; all parts unless
some are named. Takes hours.

  tests    crashes under load, faults, slow clients: dozens to thousands each
  fuzz     every fuzz target for an hour
  crashes  100,000 killed actors over the whole tree
  memory   resident memory over a million requests
TEXT
}

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$root"
[[ ${1:-} == --help || ${1:-} == -h ]] && { usage; exit 0; }
parts=("$@")
[[ ${#parts[@]} -eq 0 ]] && parts=(tests fuzz crashes memory)

soak_tests() {
  deploy/packages.sh build test
  [[ -f build/dev/build.ninja ]] || cmake --preset dev
  cmake --build --preset dev
  # The suites that repeat; their time limit is their own here.
  local suites name
  mapfile -t suites < <(grep -lE '\brounds\(' tests/*/*_test.cpp tests/*/*_dbtest.cpp)
  CALLBOARD_SOAK=1 CALLBOARD_SOURCE=$root
  CALLBOARD_BINARY=$root/build/dev/callboard
  CALLBOARD_CLOCK_STEP=$root/build/dev/tests/libcallboard_clock_step.so
  ASAN_OPTIONS=detect_stack_use_after_return=1
  export CALLBOARD_SOAK CALLBOARD_SOURCE CALLBOARD_BINARY CALLBOARD_CLOCK_STEP \
    ASAN_OPTIONS
  for source in "${suites[@]}"; do
    name=$(sed 's|tests/\([a-z0-9]*\)/\(.*\)_\(db\)\?test\.cpp|\1_\2_test|' \
      <<<"$source")
    echo "== $name"
    "build/dev/tests/$name" -r 14400
  done
}

for part in "${parts[@]}"; do
  echo "== soak: $part"
  case "$part" in
    tests) soak_tests ;;
    fuzz) deploy/fuzz.sh 3600 ;;
    crashes | memory) deploy/bench.sh "$part" ;;
    *) echo "soak.sh: no part is named '$part'" >&2; usage >&2; exit 2 ;;
  esac
done
