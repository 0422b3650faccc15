#!/bin/bash
# Builds what the pages look like (internal/web/assets) into internal/web/dist,
# where it is out of date. With --if-possible it goes on where npm is missing or
# cannot reach its registry: the pages work without, and say what to run.
set -euo pipefail
cd "$(dirname "$0")/../internal/web/assets"

failed=1
[ "${1:-}" = --if-possible ] && failed=0
cannot() {
	echo "assets: $*; the pages work, and look bare" >&2
	exit "$failed"
}

built=../dist/manifest.json
[ -e "$built" ] && [ -z "$(find package.json package-lock.json build.mjs src -newer "$built")" ] && exit 0

command -v npm >/dev/null || cannot "npm is missing (Debian: apt-get install npm)"
if [ ! -e node_modules/.package-lock.json ] || [ package-lock.json -nt node_modules/.package-lock.json ]; then
	# No package may run a script of its own here.
	npm ci --ignore-scripts --no-audit --no-fund || cannot "npm could not install the packages of package-lock.json"
	touch node_modules/.package-lock.json
fi
node build.mjs || cannot "the build failed"
