#!/bin/bash
# Builds deploy/Dockerfile and runs the image as compose.yaml does, without a
# Docker daemon and without an image registry: buildah and podman, with a stand-in
# for the Go and Node images made of Debian's packages and this machine's Go and Node. docs/docker.md
# says what comes out. As root, on Debian:
#
#   scripts/prove-image.sh [FOLDER]     (default: /var/tmp/studymail-prove-image)
#
# Everything goes into the folder, the stand-in is kept there for the next time.
# No container or image of this machine is touched.
set -euo pipefail
cd "$(dirname "$0")/.."
work=${1:-/var/tmp/studymail-prove-image}
golang=$(sed -n 's/^FROM \(.*golang.*\) AS .*/\1/p' deploy/Dockerfile)
node=$(sed -n 's/^FROM \(.*node.*\) AS .*/\1/p' deploy/Dockerfile)
image=studymail:proof

say() { printf 'prove-image: %s\n' "$*"; }
fail() {
	say "FAILED: $*" >&2
	exit 1
}
since() { awk -v a="$1" -v b="$(date +%s.%N)" 'BEGIN { printf "%.1f s", b - a }'; }
# until_true WHAT SECONDS COMMAND…: waits for a command to succeed.
until_true() {
	local what=$1 end=$((SECONDS + $2)) began
	shift 2
	began=$(date +%s.%N)
	until "$@" >/dev/null 2>&1; do
		[ $SECONDS -lt $end ] || fail "$what: not within the time"
		sleep 0.1
	done
	say "$what: after $(since "$began")"
}

# --- Tools and storage ---

# podman starts health checks by systemd, where there is one; here they are run by hand.
exec 2> >(grep -v 'systemd connection' >&2)
[ "$(id -u)" = 0 ] || fail "this makes file systems and containers: run it as root"
missing=()
for p in buildah podman runc debootstrap; do
	command -v $p >/dev/null || missing+=("$p")
done
if [ ${#missing[@]} -gt 0 ]; then
	say "installing ${missing[*]} with apt-get"
	apt-get -qq update
	DEBIAN_FRONTEND=noninteractive apt-get -qq -y install --no-install-recommends "${missing[@]}" >/dev/null
fi
mkdir -p "$work"/{lower,upper,workdir,merged}
driver=vfs # copies whole layers; where overlay file systems cannot be mounted (or with STORAGE=vfs)
if [ "${STORAGE:-}" != vfs ] && mount -t overlay overlay -o "lowerdir=$work/lower,upperdir=$work/upper,workdir=$work/workdir" "$work/merged" 2>/dev/null; then
	umount "$work/merged"
	driver=overlay
fi
rm -rf "$work"/{lower,upper,workdir,merged}
store=(--root "$work/storage-$driver" --runroot "$work/run" --storage-driver "$driver")
pod() { podman "${store[@]}" --tmpdir "$work/run/libpod" --runtime runc --cgroup-manager cgroupfs --events-backend file "$@"; }
say "$(buildah --version | cut -d' ' -f1-3), $(podman --version), $(runc --version | head -n 1), storage: $driver"

containers=(prove-init prove-migrate prove-app prove-worker)
pg=
cleanup() {
	pod rm --force --time 2 --ignore "${containers[@]}" >/dev/null 2>&1 || true
	pod volume rm --force prove-data prove-state >/dev/null 2>&1 || true
	pod image umount "$image" >/dev/null 2>&1 || true
	[ -z "$pg" ] || runuser -u postgres -- "$pg/pg_ctl" --pgdata "$work/pg/data" --mode immediate --silent stop || true
	rm -rf "$work/pg"
}
cleanup
trap cleanup EXIT

# --- The stand-ins for the Go and Node images ---

if ! pod image exists "$golang" || ! pod image exists "$node"; then
	began=$(date +%s.%N)
	root=$work/root
	rm -rf "$root"
	debootstrap --variant=minbase --include=ca-certificates bookworm "$root" http://deb.debian.org/debian >"$work/debootstrap.log" 2>&1 ||
		fail "debootstrap: see $work/debootstrap.log"
	cp -a "$(go env GOROOT)" "$root/usr/local/go"
	tar -C "$root" -c . | pod import --quiet --change 'ENV PATH=/usr/local/go/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin' \
		--change 'ENV GOPATH=/go' --change 'ENV GOTOOLCHAIN=local' --change 'ENV GOPROXY=file:///modules' - "$golang" >/dev/null
	rm -rf "$root/usr/local/go"
	# npm stands beside its node, wherever that was installed.
	npm=$(readlink -f "$(command -v npm)")
	mkdir -p "$root/usr/local/lib"
	cp -L "$(command -v node)" "$root/usr/local/bin/node"
	cp -a "${npm%/bin/*}" "$root/usr/local/lib/npm"
	ln -s ../lib/npm/bin/npm-cli.js "$root/usr/local/bin/npm"
	tar -C "$root" -c . | pod import --quiet --change 'ENV PATH=/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin' - "$node" >/dev/null
	rm -rf "$root"
	say "$golang and $node: made of Debian bookworm, $(go env GOVERSION) and Node $(node --version) in $(since "$began")"
fi

# --- Build ---

# Modules come from this machine's cache, checked against go.sum as ever: it may
# reach the module proxy by ways that the stand-in does not have. So do npm's packages.
go mod download
npm --prefix internal/web/assets ci --ignore-scripts --no-audit --no-fund --cache "$work/npm" >"$work/npm.log" 2>&1 || fail "npm: see $work/npm.log"
began=$(date +%s.%N)
version=$(git describe --tags --always)
buildah "${store[@]}" bud --isolation chroot --pull-never --format docker --volume "$(go env GOMODCACHE)/cache/download:/modules:ro" \
	--volume "$work/npm:/npm" --build-arg NPM_FLAGS="--offline --cache /npm" --build-arg VERSION="$version" -f deploy/Dockerfile -t "$image" . >"$work/build.log" 2>&1 ||
	fail "the build: see $work/build.log"
say "built $image in $(since "$began"), $(($(pod image inspect --format '{{.Size}}' "$image") / 1000000)) MB"

root=$(pod image mount "$image")
files=$(cd "$root" && find . -type f | sort | tr '\n' ' ')
[ "$files" = "./etc/ssl/certs/ca-certificates.crt ./usr/local/bin/studymail " ] || fail "the image holds other files: $files"
if ldd "$root/usr/local/bin/studymail" >/dev/null 2>&1; then fail "the binary is not static"; fi
say "the image holds two files, the static binary ($(($(stat -c %s "$root/usr/local/bin/studymail") / 1000000)) MB) and ca-certificates.crt: no shell"
user=$(pod image inspect --format '{{.User}}' "$image")
[ "$user" = 65532:65532 ] || fail "the image's user is $user"

# --- Run: what compose.yaml says, on the host's network ---

port=$(shuf -i 20000-29999 -n 1)
# The two limits are lower than podman's own, which need CAP_SYS_RESOURCE.
confined=(--read-only --read-only-tmpfs=false --tmpfs /tmp:mode=1777,size=64m --cap-drop ALL --security-opt no-new-privileges
	--hostname studymail --ulimit nofile=4096:4096 --ulimit nproc=4096:4096
	--volume prove-data:/var/lib/studymail --volume prove-state:/var/lib/studymail-state
	--env HTTP_ADDR="127.0.0.1:$port" --env LOG_FILE_PATH=- --env WORKER_LOG_FILE_PATH=-)
run() { # run NAME NETWORK OPTION… -- COMMAND…
	local name=$1 network=$2 options=()
	shift 2
	while [ "$1" != -- ]; do options+=("$1") && shift; done
	shift
	pod run --name "$name" --network "$network" "${confined[@]}" "${options[@]}" "$image" "$@"
}
in_app() { pod exec --interactive prove-app studymail "$@"; }
# confined_process NAME: the process as the kernel sees it.
confined_process() {
	local pid
	pid=$(pod inspect --format '{{.State.Pid}}' "$1")
	grep -q '^Uid:.65532.65532' "/proc/$pid/status" || fail "$1 does not run as 65532"
	grep -q '^CapEff:.0000000000000000' "/proc/$pid/status" || fail "$1 has capabilities"
	grep -q '^NoNewPrivs:.1' "/proc/$pid/status" || fail "$1 may gain privileges"
	awk '$5 == "/" { print $6 }' "/proc/$pid/mountinfo" | grep -qw ro || fail "$1: the root file system can be written"
	say "$1: user 65532, no capabilities, no new privileges, read-only root, $(awk '/^VmRSS/ { print int($2 / 1000) }' "/proc/$pid/status") MB resident"
}
# stopped NAME: SIGTERM ends it in order.
stopped() {
	local began code
	began=$(date +%s.%N)
	pod stop --time 20 "$1" >/dev/null
	code=$(pod inspect --format '{{.State.ExitCode}}' "$1")
	[ "$code" = 0 ] || fail "$1 ends with code $code"
	pod logs "$1" 2>&1 | grep -q '"msg":"stopped"' || fail "$1 did not end in order"
	say "$1: SIGTERM ends it in order, with code 0, in $(since "$began")"
}
# one_letter STUDY: sends one letter through the running app.
one_letter() {
	in_app provider add --name "Smith's Surgery" --ods ABCD001 --contact "Dr Smith" >/dev/null
	in_app study add --name "$1" >/dev/null
	printf 'username,first_name,last_name,email,ods_code\nuser.one,User,One,user.one@example.org,ABCD001\n' |
		in_app import - --study "$1" --yes >/dev/null
	printf 'Dear {{ patient_full_name }}, please call {{ care_provider_contact }}.\n' |
		in_app template add --name invitation --subject 'About {{ study_name }}' --file - >/dev/null
	in_app campaign create --study "$1" --template invitation --start --yes >/dev/null
	until_true "a letter planned and sent" 30 letter_in_volume
}
letter_in_volume() { grep -rqs '^To: User One <user.one@example.org>' "$(mails)"; }
mails() { echo "$(pod volume inspect --format '{{.Mountpoint}}' prove-data)/mail/new"; }

say "--- one container, SQLite ---"
if run prove-init none --rm -- health >/dev/null 2>&1; then fail "the health check is green without a server"; fi
run prove-app host --detach -- serve --init >/dev/null
until_true "health check green" 30 pod healthcheck run prove-app
confined_process prove-app
one_letter "Study A"
say "in the volume: $(stat -c '%n, owner %u, mode %a' "$(mails)"/* | sed 's|.*/mail/|mail/|')"
stopped prove-app
pod rm --ignore "${containers[@]}" >/dev/null
pod volume rm prove-data prove-state >/dev/null

say "--- as compose.yaml: app and worker, PostgreSQL behind a socket ---"
pg=$(find /usr/lib/postgresql -maxdepth 2 -name bin 2>/dev/null | sort -V | tail -n 1)
if [ -z "$pg" ]; then
	say "NOT PROVED: there is no PostgreSQL on this machine (scripts/test-deps.sh installs one)"
	exit 1
fi
mkdir -p "$work/pg/data" "$work/pg/socket"
chown -R postgres "$work/pg"
chmod 0755 "$work" "$work/pg" "$work/pg/socket"
runuser -u postgres -- "$pg/initdb" --pgdata "$work/pg/data" --username studymail --auth trust --no-sync >/dev/null
runuser -u postgres -- "$pg/pg_ctl" --pgdata "$work/pg/data" --wait --silent --log "$work/pg/log" \
	--options "-c listen_addresses= -c unix_socket_directories=$work/pg/socket" start
runuser -u postgres -- "$pg/createdb" --host "$work/pg/socket" --username studymail studymail
database=(--volume "$work/pg/socket:/run/postgresql" --env 'DATABASE_URL=postgres:///studymail?host=/run/postgresql&user=studymail')
run prove-init none --rm "${database[@]}" -- init >/dev/null
run prove-migrate none --rm "${database[@]}" -- migrate >/dev/null
say "init and migrate: done without a network"
run prove-app host --detach "${database[@]}" -- serve >/dev/null
run prove-worker none --detach "${database[@]}" -- worker >/dev/null
until_true "health check green" 30 pod healthcheck run prove-app
workers() { in_app doctor | grep -q "^ok  *workers  *$1 "; }
until_true "doctor counts two workers" 30 workers 2
confined_process prove-worker
one_letter "Study A"
pod kill --signal KILL prove-worker >/dev/null
taken_back() { pod logs prove-app 2>&1 | grep -q 'took back what a dead worker held'; }
until_true "kill -9 of the worker seen by app, by its lock in the shared volume" 20 taken_back
stopped prove-app

say "--- compose.yaml ---"
# Docker Compose's own reader, by itself.
reader=github.com/compose-spec/compose-go/v2/cmd@v2.16.2
go run "$reader" compose.yaml >"$work/compose.out" 2>&1 || fail "Docker Compose does not accept compose.yaml: see $work/compose.out"
say "accepted by Docker Compose's own reader, with the services$(sed -n '/^services:/,/^[^ s]/s/^    \([a-z]*\):$/ \1/p' "$work/compose.out" | tr -d '\n')"
say "proved"
