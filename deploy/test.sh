#!/usr/bin/env bash
# Builds and runs all tests.
set -euo pipefail

usage() {
  cat <<'TEXT'
Usage: deploy/test.sh [--coverage] [--fuzz seconds] [filter]

Installs the packages that are missing, builds with address and undefined
sanitizers, and runs every test, or those whose name matches the regular
expression: `deploy/test.sh unit`, `deploy/test.sh e2e.tasks`.

  --coverage  build with instrumentation instead and print line coverage per
              folder
  --fuzz N    also run every fuzz target for N seconds
  --help      this text
TEXT
}

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$root"
preset=dev
fuzz=0
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

sets=(build test)
[[ $preset == coverage ]] && sets+=(coverage)
[[ $fuzz -gt 0 ]] && sets+=(fuzz)
deploy/packages.sh "${sets[@]}"

sources=$(find protocols actors storage net supervision tests \
  -name '*.hpp' -o -name '*.cpp' | sort)
echo "== format"
# shellcheck disable=SC2086 # one file per word
clang-format --dry-run -Werror $sources

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
  [[ -f build/fuzz/build.ninja ]] || cmake --preset fuzz
  for source in tests/fuzz/*_fuzz.cpp; do
    name=$(basename "$source" .cpp)
    cmake --build --preset fuzz --target "$name"
    mkdir -p "build/fuzz/corpus/$name"
    "build/fuzz/tests/$name" -max_total_time="$fuzz" -print_final_stats=1 \
      "build/fuzz/corpus/$name" "tests/fuzz/corpus/${name%_fuzz}" || status=1
  done
fi

if [[ $preset == coverage ]]; then
  echo "== line coverage"
  for folder in protocols actors storage net supervision; do
    printf '%-12s ' "$folder"
    gcovr -r . --object-directory "build/$preset" -f "$folder/" -s 2>/dev/null \
      | sed -n 's/^lines: //p'
  done
  printf '%-12s ' overall
  gcovr -r . --object-directory "build/$preset" -e tests/ -s 2>/dev/null \
    | sed -n 's/^lines: //p'
fi

total=$(sed -n 's/.* tests failed out of \([0-9]*\)$/\1/p' "$log" | tail -n 1)
failed=$(sed -n 's/.*, \([0-9]*\) tests failed out of.*/\1/p' "$log" | tail -n 1)
if [[ -z $total || $total -eq 0 ]]; then
  echo "test.sh: no test ran" >&2
  exit 1
fi
echo "$((total - failed)) passed, $failed failed"
exit "$status"
