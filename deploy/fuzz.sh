#!/usr/bin/env bash
# Builds and runs the fuzz targets, as many at once as there are cores.
set -euo pipefail

usage() {
  cat <<'TEXT'
Usage: deploy/fuzz.sh [seconds] [target ...]

Runs every libFuzzer target, or those named, for the given time each (60 s).
New inputs are kept in build/fuzz/corpus; a crash leaves its input there and
fails the run. Targets: the files of tests/fuzz, without `_fuzz.cpp`.
TEXT
}

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$root"
[[ ${1:-} == --help || ${1:-} == -h ]] && { usage; exit 0; }
seconds=${1:-60}
[[ $# -gt 0 ]] && shift
[[ $seconds =~ ^[0-9]+$ ]] || { usage >&2; exit 2; }
targets=("$@")
if [[ ${#targets[@]} -eq 0 ]]; then
  mapfile -t targets < <(printf '%s\n' tests/fuzz/*_fuzz.cpp \
    | sed 's|.*/\(.*\)_fuzz\.cpp|\1|')
fi

deploy/packages.sh build fuzz
[[ -f build/fuzz/build.ninja ]] || cmake --preset fuzz
cmake --build --preset fuzz --target "${targets[@]/%/_fuzz}"

# One target, its log in the build folder; prints the figures at the end.
run() {
  local target=$1 folder=build/fuzz/corpus/$1 log=build/fuzz/$1.log
  mkdir -p "$folder"
  if "build/fuzz/tests/${target}_fuzz" -max_total_time="$seconds" \
    -print_final_stats=1 -artifact_prefix="$folder/found-" \
    "$folder" "tests/fuzz/corpus/$target" >"$log" 2>&1; then
    echo "$target: no finding, $(sed -n \
      's/stat::number_of_executed_units: *//p' "$log") runs in $seconds s"
  else
    tail -n 40 "$log"
    echo "$target: FAILED, see $log"
    return 1
  fi
}
export -f run
export seconds
printf '%s\n' "${targets[@]}" | xargs -P "$(nproc)" -I{} bash -c 'run {}'
