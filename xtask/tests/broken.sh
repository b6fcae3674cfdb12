# shellcheck shell=bash
# What a broken input gets: one line that names it, a status that is not 0, no hang.

broken_tests() {
	local base=build/initramfs.cpio

	head -c 1000000 $base >"$T/truncated.cpio"
	: >"$T/empty.cpio"
	head -c 100000 /dev/urandom >"$T/noise.cpio"
	printf 'file /bin/busybox 755 build/target/bin/busybox\n' >"$T/list"
	"$X" pack "$T/noinit.cpio" "$T/list"
	head -c 3000 build/user/init/init.bin >"$T/init"
	printf 'file /init 755 %s\n' "$T/init" >"$T/list"
	"$X" pack "$T/badinit.cpio" "$T/list"
	printf 'not a program' >"$T/init"
	"$X" pack "$T/textinit.cpio" "$T/list"

	refuses "run: a truncated archive" 2 "truncated.cpio" "$X" run --initrd "$T/truncated.cpio" -- true
	refuses "run: an empty archive" 2 "empty.cpio" "$X" run --initrd "$T/empty.cpio" -- true
	refuses "run: noise for an archive" 2 "noise.cpio" "$X" run --initrd "$T/noise.cpio" -- true
	dies "kernel: a truncated archive" initramfs "$T/truncated.cpio"
	dies "kernel: noise for an archive" initramfs "$T/noise.cpio"
	dies "kernel: no init" init "$T/noinit.cpio"
	dies "kernel: an init that is cut short" init "$T/badinit.cpio"
	dies "kernel: an init that is no program" init "$T/textinit.cpio"
}

# dies NAME WORD ARCHIVE: a plain boot with the archive ends by itself, soon, with the word on the
# console, and without a backtrace.
dies() {
	local got=0
	"$X" qemu --print --initrd "$3" >"$T/command"
	timeout 60 sh "$T/command" >"$T/log" 2>&1 </dev/null || got=$?
	if [ $got = 0 ] && tail -n 8 "$T/log" | grep -q "$2" && ! grep -qi backtrace "$T/log"; then
		passed "$1"
	else
		failed "$1"
	fi
}
