#!/bin/sh
# Install the distribution packages that the tests need, or print the command to run. Does nothing if all are installed.
set -eu
missing=""
for package in $(sed 's/#.*//' "$(dirname "$0")/apt-test.txt"); do
  dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing="$missing $package"
done
[ -n "${CHROMIUM:-}" ] && missing=$(echo "$missing" | sed 's/ chromium\b//')
[ -z "$missing" ] && exit 0
line="apt-get install -y --no-install-recommends$missing"
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
  apt-get -o DPkg::Lock::Timeout=300 update -qq
  # shellcheck disable=SC2086
  DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=300 install -qq -y --no-install-recommends $missing >/dev/null
else
  echo "hearthkey: the tests need distribution packages. Run: sudo $line" >&2
  exit 1
fi
