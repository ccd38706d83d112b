#!/usr/bin/env bash
# Runs a command of this checkout in a fresh root of another Debian.
set -euo pipefail

usage() {
  cat <<'TEXT'
Usage: deploy/debian.sh [suite [command ...]]

Makes a minimal root of a Debian release (trixie, which is 13) with debootstrap,
clones the last commit of this checkout into it, and runs the command there
(deploy/test.sh). Needs root. The root is kept in /var/tmp/callboard-<suite>;
remove it to begin anew.
TEXT
}

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$root"
[[ ${1:-} == --help || ${1:-} == -h ]] && { usage; exit 0; }
[[ $EUID -eq 0 ]] || { echo "debian.sh: run as root" >&2; exit 1; }
suite=${1:-trixie}
[[ $# -gt 0 ]] && shift
command=("$@")
[[ ${#command[@]} -eq 0 ]] && command=(deploy/test.sh)
target=/var/tmp/callboard-$suite

command -v debootstrap >/dev/null || {
  apt-get update -q
  apt-get install -q -y --no-install-recommends debootstrap
}
if [[ ! -f $target/etc/made-by-callboard ]]; then
  rm -rf "$target"
  debootstrap --variant=minbase "$suite" "$target"
  touch "$target/etc/made-by-callboard"
fi
# The settings of package managers and resolver, and who is trusted, are those
# of this machine.
authorities=/etc/ssl/certs/ca-certificates.crt
cp -r /etc/apt/apt.conf.d/. "$target/etc/apt/apt.conf.d/"
cp /etc/resolv.conf /etc/hosts "$target/etc/"
[[ -f /etc/npmrc ]] && cp /etc/npmrc "$target/etc/"
mkdir -p "$target/etc/ssl/certs" "$target/usr/local/share/ca-certificates"
[[ -f $authorities ]] && cp "$authorities" "$target/etc/ssl/certs/"
cp -r /usr/local/share/ca-certificates/. \
  "$target/usr/local/share/ca-certificates/"
rm -rf "$target/root/callboard"
git clone -q "$root" "$target/root/callboard"

unmount() {
  for x in dev/shm dev/pts dev sys proc; do
    mountpoint -q "$target/$x" && umount -l "$target/$x"
  done
  return 0
}
trap unmount EXIT
unmount
mount -t proc proc "$target/proc"
mount -t sysfs sys "$target/sys"
mount --rbind /dev "$target/dev"
mount --make-rslave "$target/dev"
chroot "$target" env -i HOME=/root PATH=/usr/sbin:/usr/bin:/sbin:/bin \
  LANG=C.UTF-8 TERM="${TERM:-dumb}" NODE_EXTRA_CA_CERTS="$authorities" \
  bash -c 'cd /root/callboard && exec "$@"' - "${command[@]}"
