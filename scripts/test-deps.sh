#!/bin/bash
# Installs what the tests need from Debian's packages, where it is missing and
# we are root. Does nothing, quickly, when all is there.
set -euo pipefail

missing=()
need() { # need PACKAGE WHAT-FOR, when the test before it failed
	echo "test-deps: $1 is missing ($2)"
	missing+=("$1")
}

compgen -G '/usr/lib/postgresql/*/bin/initdb' >/dev/null || command -v initdb >/dev/null ||
	need postgresql "the tests start PostgreSQL servers of their own"
[ -x /usr/sbin/smtp-sink ] && [ -x /usr/sbin/postfix ] ||
	need postfix "the tests send to smtp-sink and to a Postfix of their own"
command -v mkfs.ext4 >/dev/null || [ -x /usr/sbin/mkfs.ext4 ] ||
	need e2fsprogs "a test looks at a disk as a loss of power leaves it"
command -v cc >/dev/null || need gcc "the race detector needs a C compiler"
command -v git >/dev/null || need git "the build asks it for the version"

command -v chromium >/dev/null || need chromium "the tests look at the pages in a real browser"
compgen -G '/usr/share/fonts/*/*/*.[ot]tf' >/dev/null || need fonts-dejavu-core "the browser needs letters to draw"

[ ${#missing[@]} -eq 0 ] && exit 0

if ! command -v apt-get >/dev/null; then
	echo "test-deps: this is not a Debian-like system: install ${missing[*]} by hand and run again" >&2
	exit 1
fi
if [ "$(id -u)" != 0 ]; then
	echo "test-deps: not root, so nothing can be installed. Run: sudo apt-get install ${missing[*]}" >&2
	exit 1
fi

echo "test-deps: installing ${missing[*]} with apt-get"
export DEBIAN_FRONTEND=noninteractive
# Postfix without a configuration of its own does not start as a service.
case " ${missing[*]} " in
*" postfix "*) echo 'postfix postfix/main_mailer_type select No configuration' | debconf-set-selections ;;
esac
log=$(mktemp)
trap 'rm -f "$log"' EXIT
apt() { apt-get -o DPkg::Lock::Timeout=300 -y "$@" >>"$log" 2>&1 </dev/null; }
if ! apt update || ! apt install --no-install-recommends "${missing[@]}"; then
	tail -n 20 "$log" >&2
	echo "test-deps: apt-get could not install ${missing[*]} (its last lines are above)" >&2
	exit 1
fi
echo "test-deps: installed ${missing[*]}"
