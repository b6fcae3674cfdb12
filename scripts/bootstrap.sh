#!/bin/sh
# Puts in place what Cairn needs and the machine lacks, and nothing else.
#
#   scripts/bootstrap.sh            what building and testing need
#   scripts/bootstrap.sh --lint     also what `make lint` needs
#   scripts/bootstrap.sh --oracle   also Debian's own arm64 kernel, to compare with (build/oracle)
#
# 1. Host packages, through apt and (where we are not root) sudo.
# 2. Debian's arm64 packages, through a private apt root with the host's own sources and keys; the
#    host's list of architectures is left alone.  They are kept by hash in
#    ${XDG_CACHE_HOME:-$HOME/.cache}/cairn, so that another clone needs no network, and unpacked
#    without maintainer scripts: musl to build/sysroot, busybox to build/target.
#
# With everything in place it does nothing and needs no network.
set -eu
cd "$(dirname "$0")/.."

# package:what proves that it is there (a command, or a path)
HOST='gcc:cc make:make libc6-dev:/usr/include/stdio.h
	qemu-system-arm:qemu-system-aarch64 gcc-aarch64-linux-gnu:aarch64-linux-gnu-gcc
	gdb-multiarch:gdb-multiarch libcmocka-dev:/usr/include/cmocka.h cpio:cpio patch:patch
	e2fsprogs:mke2fs device-tree-compiler:dtc libfdt-dev:/usr/include/libfdt.h
	libjansson-dev:/usr/include/jansson.h
	linux-libc-dev-arm64-cross:/usr/aarch64-linux-gnu/include/linux/stat.h'
LINT='clang-format:clang-format clang-tidy:clang-tidy cppcheck:cppcheck shellcheck:shellcheck'
ORACLE=
CACHE=${XDG_CACHE_HOME:-${HOME:-/tmp}/.cache}/cairn

say() { printf 'bootstrap: %s\n' "$*"; }
die() { printf 'bootstrap: %s\n' "$*" >&2; exit 1; }

for arg; do
	case $arg in
	--lint) HOST="$HOST $LINT" ;;
	--oracle) ORACLE=linux-image-cloud-arm64 ;;
	-h|--help) sed -n '2,/^set -eu/{/^#/s/^# \{0,1\}//p}' "$0"; exit 0 ;;
	*) die "unknown option '$arg' (try --help)" ;;
	esac
done

# ---- host packages ---------------------------------------------------------------------------

present() {
	case $1 in
	/*) test -e "$1" ;;
	*) PATH=$PATH:/usr/sbin:/sbin command -v "$1" >/dev/null 2>&1 ;;
	esac
}

missing_packages() {
	for pair in $HOST; do
		present "${pair#*:}" || printf '%s ' "${pair%%:*}"
	done
}

install_host_packages() {
	sudo=
	command -v apt-get >/dev/null 2>&1 ||
		die "missing: $1 and there is no apt-get here; install them by hand"
	if [ "$(id -u)" != 0 ]; then
		command -v sudo >/dev/null 2>&1 ||
			die "missing: $1 and there is no sudo; as root: apt-get install $1"
		sudo=sudo
	fi
	say "installing: $1"
	$sudo apt-get -q update >/dev/null || say "apt-get update failed; trying without"
	# shellcheck disable=SC2086 # a list of names
	$sudo env DEBIAN_FRONTEND=noninteractive apt-get -q -y install --no-install-recommends \
		$1 >/dev/null || die "cannot install: $1 (see apt's message above)"
}

need=$(missing_packages)
[ -z "$need" ] || install_host_packages "${need% }"
need=$(missing_packages)
[ -z "$need" ] || die "still missing after installing: ${need% }"

# ---- arm64 packages --------------------------------------------------------------------------

# The cache: $CACHE/NAME says "VERSION SHA256", $CACHE/SHA256.deb is the package.
cached_deb() {
	[ -r "$CACHE/$1" ] && read -r _ hash <"$CACHE/$1" && [ -r "$CACHE/$hash.deb" ] &&
		printf '%s' "$CACHE/$hash.deb"
}

cached_version() { read -r version _ <"$CACHE/$1" && printf '%s' "$version"; }

# Debian's own entries among the host's sources, without those for other systems' packages.
copy_sources() {
	for f in /etc/apt/sources.list /etc/apt/sources.list.d/*; do
		[ -r "$f" ] && grep -v '^#' "$f" | grep -qi debian && cp "$f" "$1/"
	done
	[ -n "$(ls "$1")" ] || die "no Debian source in /etc/apt to fetch arm64 packages from"
}

private_apt() {
	apt=$work/apt
	if [ ! -d "$apt" ]; then
		mkdir -p "$apt/state/lists/partial" "$apt/cache/archives/partial" "$apt/sources"
		: >"$apt/state/status"
		copy_sources "$apt/sources"
		apt_quiet -o APT::Update::Error-Mode=any update || die "cannot fetch Debian's list of arm64 packages (no network?)"
	fi
}

apt_quiet() {
	apt-get -qq -o Dir::State="$apt/state" -o Dir::State::Lists="$apt/state/lists" \
		-o Dir::State::status="$apt/state/status" -o Dir::Cache="$apt/cache" \
		-o Dir::Etc::sourcelist=/dev/null -o Dir::Etc::sourceparts="$apt/sources" \
		-o Dir::Etc::preferencesparts=/dev/null -o Dir::Etc::preferences=/dev/null \
		-o APT::Architecture=arm64 -o APT::Architectures::=arm64 \
		-o APT::Sandbox::User=root "$@"
}

# Downloads $1 into the cache, through a rename so that two bootstraps never see half a file.
fetch() {
	command -v apt-get >/dev/null 2>&1 || die "no apt-get to fetch the arm64 package '$1' with"
	private_apt
	mkdir -p "$work/debs/$1" "$CACHE"
	name=$1
	if [ "$1" = "$ORACLE" ]; then # a metapackage: take what it depends on
		name=$(apt_cache_depends "$1")
	fi
	(cd "$work/debs/$1" && apt_quiet download "$name:arm64") ||
		die "cannot fetch the arm64 package '$name'"
	deb=$(echo "$work/debs/$1"/*.deb)
	hash=$(sha256sum <"$deb" | cut -d' ' -f1)
	mv "$deb" "$CACHE/$hash.deb.$$" && mv "$CACHE/$hash.deb.$$" "$CACHE/$hash.deb"
	printf '%s %s\n' "$(dpkg-deb -f "$CACHE/$hash.deb" Version)" "$hash" >"$CACHE/$1.$$"
	mv "$CACHE/$1.$$" "$CACHE/$1"
	say "fetched $1 $(cached_version "$1") for arm64"
}

apt_cache_depends() {
	apt-cache -o Dir::State="$apt/state" -o Dir::State::Lists="$apt/state/lists" \
		-o Dir::State::status="$apt/state/status" -o Dir::Cache="$apt/cache" \
		-o Dir::Etc::sourcelist=/dev/null -o Dir::Etc::sourceparts="$apt/sources" \
		-o APT::Architecture=arm64 -o APT::Architectures::=arm64 \
		depends "$1" | sed -n 's/^ *Depends: \(linux-image-[^ ]*\)$/\1/p'
}

# unpack FOLDER NAME...: leaves FOLDER with just these packages in it, and says which.
unpack() {
	into=$1
	shift
	for name; do
		cached_deb "$name" >/dev/null || fetch "$name"
	done
	want=$(cd "$CACHE" && for name; do echo "$name $(cat "$name")"; done)
	[ "$(cat "$into/.packages" 2>/dev/null)" != "$want" ] || return 0
	mkdir -p build
	rm -rf "$into.$$"
	mkdir "$into.$$"
	for name; do
		deb=$(cached_deb "$name")
		[ "$(sha256sum <"$deb" | cut -d' ' -f1)" = "$(basename "$deb" .deb)" ] ||
			die "$deb is damaged; remove it and run again"
		dpkg-deb -x "$deb" "$into.$$"
		say "unpacked $name $(cached_version "$name") in $into"
	done
	printf '%s\n' "$want" >"$into.$$/.packages"
	rm -rf "$into"
	mv "$into.$$" "$into"
}

work=
trap '[ -z "$work" ] || rm -rf "$work"' EXIT
trap 'exit 130' INT TERM
work=$(mktemp -d)

unpack build/sysroot musl musl-dev
unpack build/target busybox-static
[ -z "$ORACLE" ] || unpack build/oracle "$ORACLE"
