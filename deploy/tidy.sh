#!/usr/bin/env bash
# Runs clang-tidy on the sources that differ from a base.
# Usage: deploy/tidy.sh [base]   The base is HEAD~1 unless it is named.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$root"
[[ ${1:-} == --help ]] && { sed -n '2,3p' "$0"; exit 0; }
deploy/packages.sh build tidy
[[ -f build/tidy/compile_commands.json ]] || cmake --preset tidy
base=${1:-HEAD~1}
git rev-parse -q --verify "$base" >/dev/null || {
  echo "tidy.sh: no commit $base here, nothing to compare with"
  exit 0
}
mapfile -t sources < <(git diff --name-only --diff-filter=d "$base" -- \
  'protocols/*.cpp' 'actors/*.cpp' 'storage/*.cpp' 'net/*.cpp' 'supervision/*.cpp')
[[ ${#sources[@]} -eq 0 ]] && { echo "nothing to check"; exit 0; }
printf '%s\n' "${sources[@]}" \
  | xargs -P "$(nproc)" -n 1 clang-tidy --quiet -p build/tidy
