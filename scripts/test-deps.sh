#!/bin/bash
# Installs what the tests need from Debian's packages, where it is missing and
# we are root. Does nothing, quickly, when all is there. Servers that exclude
# each other, or would start by themselves, are not installed but unpacked into a
# folder of the tests' own.
set -euo pipefail

# What plays Amazon SES, by npm: packages run no scripts of their own.
emulator="$(dirname "$0")/../internal/e2e/emulator"
if [ ! -e "$emulator/node_modules/.package-lock.json" ] || [ "$emulator/package-lock.json" -nt "$emulator/node_modules/.package-lock.json" ]; then
	echo "test-deps: aws-ses-v2-local is missing (the tests send through it)"
	command -v npm >/dev/null || { echo "test-deps: npm is missing (Debian: apt-get install npm)" >&2; exit 1; }
	(cd "$emulator" && npm ci --ignore-scripts --no-audit --no-fund) || { echo "test-deps: npm could not install the packages of $emulator/package-lock.json" >&2; exit 1; }
	touch "$emulator/node_modules/.package-lock.json"
fi

missing=()
need() { # need PACKAGE WHAT-FOR, when the test before it failed
	echo "test-deps: $1 is missing ($2)"
	missing+=("$1")
}

compgen -G '/usr/lib/postgresql/*/bin/initdb' >/dev/null || command -v initdb >/dev/null ||
	need postgresql "the tests start PostgreSQL servers of their own"
[ -x /usr/sbin/smtp-sink ] && [ -x /usr/sbin/postfix ] ||
	need postfix "the tests send to smtp-sink and to a Postfix of their own"
[ -x /usr/sbin/dovecot ] || need dovecot-imapd "the tests read a mailbox of a Dovecot of their own"
command -v spamassassin >/dev/null || [ -x /usr/bin/spamassassin ] || need spamassassin "the letters that come with studymail must not look like spam"
command -v mkfs.ext4 >/dev/null || [ -x /usr/sbin/mkfs.ext4 ] ||
	need e2fsprogs "a test looks at a disk as a loss of power leaves it"
command -v cc >/dev/null || need gcc "the race detector needs a C compiler"
command -v git >/dev/null || need git "the build asks it for the version"

command -v chromium >/dev/null || need chromium "the tests look at the pages in a real browser"
compgen -G '/usr/share/fonts/*/*/*.[ot]tf' >/dev/null || need fonts-dejavu-core "the browser needs letters to draw"

compgen -G '/usr/lib/*/libnss_wrapper.so' >/dev/null ||
	need libnss-wrapper "Exim is told by it which user it is"

cache=/var/cache/studymail-tests
unpack=()
lacks() { # lacks PROGRAM PACKAGE WHAT-FOR
	[ -x "$cache/$1" ] || [ -x "${XDG_CACHE_HOME:-${HOME:-/nonexistent}/.cache}/studymail-tests/$1" ] && return
	echo "test-deps: $2 is missing ($3)"
	unpack+=("$2")
}
lacks usr/sbin/exim4 exim4-daemon-light "the tests send to an Exim of their own"
lacks usr/bin/chasquid chasquid "the tests send to a chasquid of their own"
lacks usr/sbin/pgbouncer pgbouncer "the tests reach PostgreSQL through a pgbouncer of their own"

[ ${#missing[@]} -eq 0 ] && [ ${#unpack[@]} -eq 0 ] && exit 0

if ! command -v apt-get >/dev/null; then
	echo "test-deps: this is not a Debian-like system: install ${missing[*]} by hand, unpack ${unpack[*]} into $cache (as $cache/usr/sbin/exim4), and run again" >&2
	exit 1
fi
if [ "$(id -u)" != 0 ]; then
	echo "test-deps: not root, so nothing can be installed. Run: sudo scripts/test-deps.sh" >&2
	exit 1
fi

echo "test-deps: installing ${missing[*]} ${unpack[*]} with apt-get"
export DEBIAN_FRONTEND=noninteractive
# Postfix without a configuration of its own does not start as a service.
case " ${missing[*]} " in
*" postfix "*) echo 'postfix postfix/main_mailer_type select No configuration' | debconf-set-selections ;;
esac
# Dovecot would start by itself, and cannot be unpacked elsewhere: it knows one place for
# its parts. Masked, it does not start.
case " ${missing[*]} " in
*" dovecot-imapd "*) [ ! -d /etc/systemd/system ] || for unit in dovecot.service dovecot.socket; do
	[ -e /etc/systemd/system/$unit ] || ln -s /dev/null /etc/systemd/system/$unit
done ;;
esac
log=$(mktemp)
downloads=$(mktemp -d)
chmod 755 "$downloads"
trap 'rm -rf "$log" "$downloads"' EXIT
apt() { apt-get -o DPkg::Lock::Timeout=300 -y "$@" >>"$log" 2>&1 </dev/null; }
fail() {
	tail -n 20 "$log" >&2
	echo "test-deps: $1 (the last lines of apt-get are above)" >&2
	exit 1
}
apt update || fail "apt-get update did not work"
if [ ${#unpack[@]} -gt 0 ]; then
	(cd "$downloads" && apt -o APT::Sandbox::User=root download "${unpack[@]}") || fail "apt-get could not download ${unpack[*]}"
	for deb in "$downloads"/*.deb; do
		# What it is linked with conflicts with nothing.
		for lib in $(dpkg-deb -f "$deb" Depends | tr ',' '\n' | sed 's/|.*//; s/(.*//' | grep -E '^ *lib'); do
			dpkg-query -W -f '${Status}' "$lib" 2>/dev/null | grep -q 'ok installed' || missing+=("$lib")
		done
	done
fi
[ ${#missing[@]} -eq 0 ] || apt install --no-install-recommends "${missing[@]}" || fail "apt-get could not install ${missing[*]}"
for deb in "$downloads"/*.deb; do
	[ -e "$deb" ] || continue
	mkdir -p "$cache"
	dpkg -x "$deb" "$cache"
done
# Servers run from there as nobody, and nothing there may give rights away.
[ ${#unpack[@]} -eq 0 ] || chmod -R u-s,g-s,go+rX,go-w "$cache"
echo "test-deps: installed ${missing[*]} ${unpack[*]}"
