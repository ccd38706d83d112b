#!/usr/bin/env bash
# Prints the line coverage that a test run left in a build folder, per folder of
# sources, and fails when one is below its floor.
# Usage: deploy/coverage.sh <build folder>
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$root"
build=${1:?usage: deploy/coverage.sh <build folder>}
declare -A floors=([protocols]=95 [actors]=0 [storage]=95 [net]=0
  [supervision]=0 [overall]=90)

gcovr -r . --object-directory "$build" -e tests/ -j "$(nproc)" \
  --json "$build/coverage.json" >/dev/null

# Percent of the lines below a folder that ran: its name, or all.
percent() {
  local only=()
  [[ $1 == overall ]] || only=(-f "$1/")
  gcovr -r . -a "$build/coverage.json" "${only[@]}" -s 2>/dev/null \
    | sed -n 's/^lines: \([0-9.]*\)%.*/\1/p'
}

status=0
for folder in protocols actors storage net supervision overall; do
  reached=$(percent "$folder")
  printf '%-12s %5s %%' "$folder" "$reached"
  if awk -v a="$reached" -v b="${floors[$folder]}" 'BEGIN { exit !(a < b) }'; then
    printf '   below %s %%' "${floors[$folder]}"
    status=1
  fi
  echo
done
exit "$status"
