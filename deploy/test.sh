#!/usr/bin/env bash
# Builds and runs all tests.
set -euo pipefail

usage() {
  cat <<'TEXT'
Usage: deploy/test.sh [--coverage] [--fuzz seconds] [filter]

Installs the packages that are missing, builds with address and undefined
sanitizers, and runs every test, then every fuzz target for a minute. With a
filter, a regular expression, it runs the tests whose name matches and no fuzz
target: `deploy/test.sh unit`, `deploy/test.sh e2e.tasks`.

  --coverage  build with instrumentation instead, print line coverage per
              folder, and fail below 90 % (95 % for storage/ and protocols/)
  --fuzz N    run every fuzz target for N seconds; 0 for none
  --help      this text
TEXT
}

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$root"
preset=dev
fuzz=
filter=
while [[ $# -gt 0 ]]; do
  case "$1" in
    --coverage) preset=coverage ;;
    --fuzz) fuzz=${2:?--fuzz needs a number of seconds}; shift ;;
    --help | -h) usage; exit 0 ;;
    -*) echo "test.sh: unknown option '$1'" >&2; usage >&2; exit 2 ;;
    *) filter=$1 ;;
  esac
  shift
done

if [[ -z $fuzz ]]; then
  fuzz=60
  [[ $preset == dev && -z $filter ]] || fuzz=0
fi
[[ $fuzz =~ ^[0-9]+$ ]] || { usage >&2; exit 2; }
sets=(build test)
[[ $preset == coverage ]] && sets+=(coverage)
deploy/packages.sh "${sets[@]}"

sources=$(find protocols actors storage net supervision tests \
  -name '*.hpp' -o -name '*.cpp' | sort)
echo "== format"
# Versions of clang-format disagree in details: one of them decides.
if clang-format --version | grep -q ' version 14\.'; then
  # shellcheck disable=SC2086 # one file per word
  clang-format --dry-run -Werror $sources
else
  echo "left out: clang-format 14 decides"
fi

echo "== build ($preset)"
[[ -f build/$preset/build.ninja ]] || cmake --preset "$preset"
cmake --build --preset "$preset"

echo "== test"
log=build/$preset/ctest.log
options=(--test-dir "build/$preset" --output-on-failure -j "$(nproc)")
[[ -n $filter ]] && options+=(-R "$filter")
status=0
ctest "${options[@]}" 2>&1 | tee "$log" || status=$?

if [[ $fuzz -gt 0 ]]; then
  echo "== fuzz ($fuzz s each)"
  deploy/fuzz.sh "$fuzz" || status=1
fi

if [[ $preset == coverage ]]; then
  echo "== line coverage"
  deploy/coverage.sh "build/$preset" || [[ -n $filter ]] || status=1
fi

total=$(sed -n 's/.* tests failed out of \([0-9]*\)$/\1/p' "$log" | tail -n 1)
failed=$(sed -n 's/.*, \([0-9]*\) tests failed out of.*/\1/p' "$log" | tail -n 1)
if [[ -z $total || $total -eq 0 ]]; then
  echo "test.sh: no test ran" >&2
  exit 1
fi
echo "$((total - failed)) passed, $failed failed"
exit "$status"
