#!/usr/bin/env bash
# Installs what is missing of the Debian packages that Callboard needs.
# Usage: deploy/packages.sh build|test ...   Quick when all is there.
set -euo pipefail

build=(g++ cmake ninja-build ccache lld pkg-config git
  libcaf-dev libpqxx-dev rapidjson-dev libssl-dev libsqlite3-dev
  zlib1g-dev libcrypt-dev libcli11-dev libyaml-cpp-dev libmimalloc-dev
  ca-certificates)
run=(postgresql)
test=(postgresql clang-format curl openssl chromium libyaml-cpp-dev)
coverage=(gcovr)
fuzz=(clang libclang-rt-dev)
bench=(python3 wrk nginx-light libnginx-mod-nchan)
tidy=(clang clang-tidy)

# Which of the named packages are installed, one per line.
installed() {
  dpkg-query -W -f='${Package} ${db:Status-Status}\n' "$@" 2>/dev/null \
    | sed -n 's/ installed$//p' || true
}

# Whether a package can be installed: `show` knows names that others mention.
# No pipe into `grep -q`: it ends early, and apt-cache fails to write the rest.
available() {
  [[ $(apt-cache policy "$1" 2>/dev/null) == *'Candidate: '[!\(]* ]]
}

# Debian 12 has Boost 1.74 as default, which is too old; later ones are not. A
# fresh machine's list is empty: only an old one that is there tells then.
boost=libboost1.81-dev
if [[ -z $(installed "$boost") ]] && ! available "$boost"; then
  old=$(dpkg-query -W -f='${Version}' libboost-dev 2>/dev/null || true)
  if [[ -z $old ]] || dpkg --compare-versions "$old" ge 1.81; then
    boost=libboost-dev
  fi
fi

# Whoever has npm from elsewhere keeps it: Debian's would not fit beside it.
command -v npm >/dev/null || build+=(npm)

wanted=()
for set in "$@"; do
  case "$set" in
    build) wanted+=("${build[@]}" "$boost") ;;
    run) wanted+=("${run[@]}") ;;
    test) wanted+=("${test[@]}") ;;
    coverage) wanted+=("${coverage[@]}") ;;
    fuzz) wanted+=("${fuzz[@]}") ;;
    bench) wanted+=("${bench[@]}") ;;
    tidy) wanted+=("${tidy[@]}") ;;
    *) echo "packages.sh: no set of packages is named '$set'" >&2; exit 2 ;;
  esac
done

there=" $(installed "${wanted[@]}" | tr '\n' ' ') "
missing=()
for package in "${wanted[@]}"; do
  [[ $there == *" $package "* ]] || missing+=("$package")
done
[[ ${#missing[@]} -eq 0 ]] && exit 0

as_root=()
if [[ $EUID -ne 0 ]]; then
  command -v sudo >/dev/null || {
    echo "packages.sh: run as root or install sudo; missing: ${missing[*]}" >&2
    exit 1
  }
  as_root=(sudo)
fi
echo "Installing: ${missing[*]}"
"${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get update -q
# On a fresh machine the list was empty before: ask again which Boost there is.
for i in "${!missing[@]}"; do
  if [[ ${missing[$i]} == libboost-dev ]] && available libboost1.81-dev; then
    missing[i]=libboost1.81-dev
  fi
done
"${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
  apt-get install -q -y --no-install-recommends "${missing[@]}"
