#!/usr/bin/env bash
# Installs the npm packages that a folder's package-lock.json pins, without
# running their scripts. Usage: deploy/npm.sh folder   The build calls it.
set -euo pipefail

folder=${1:?npm.sh: which folder?}
cd "$(dirname "${BASH_SOURCE[0]}")/../$folder"
command -v npm >/dev/null || {
  echo "npm.sh: npm is missing; deploy/packages.sh build installs it" >&2
  exit 1
}
# The lock file names no address: any registry that npm is set to will do.
npm ci --ignore-scripts --omit=peer --no-audit --no-fund --loglevel=error
