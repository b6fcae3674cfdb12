# shellcheck shell=bash
# shellcheck disable=SC2016 # dollars for the shell on the machine
# xtask run: real programs, their streams and their exit status.

G() { "$X" run "${MACHINE[@]}" "$@"; }

run_tests() {
	MACHINE=(--timeout 120)
	expect "run: a program's output" 0 "hello" "$X" run -- echo hello
	expect "run: without the dashes" 0 "hello" "$X" run echo hello
	expect "run: its exit status" 42 "" "$X" run -- sh -c 'exit 42'
	expect "run: ended by a signal" 137 "" "$X" run -- sh -c 'kill -9 $$'
	expect "run: ended by a fault of its own" 143 "" "$X" run -- sh -c 'kill $$'
	expect "run: not found" 127 "" "$X" run -- no-such-program
	expect "run: not executable" 126 "" "$X" run -- /etc/passwd
	head -c 3000 build/user/tests/hello >"$T/cut" && chmod +x "$T/cut"
	expect "run: a program that is cut short" 126 "" "$X" run -- "$T/cut"
	expect "run: timeout" 124 "" "$X" run --timeout 3 -- sleep 1000
	expect "run: arguments arrive whole" 0 $'<a b>\n<>\n<*>\n<--root>' \
		"$X" run -- sh -c 'for i; do echo "<$i>"; done' sh 'a b' '' '*' --root
	expect "run: a variable" 0 "one two" "$X" run --env 'V=one two' -- sh -c 'echo "$V"'
	expect "run: standard input" 0 "3" "$X" run -- wc -l < <(printf 'a\nb\nc\n')
	expect "run: no standard input" 0 "0" "$X" run -- wc -c </dev/null
	check "run: standard error is kept apart" run_stderr
	check "run: all 256 bytes, both ways" run_bytes
	check "run: 20 MB, both ways" run_big
	check "run: a program of our own by its relative path" run_own
	check "run: a script by its relative path" run_script
	check "run: a folder laid over the root" run_root
	check "run: a reader that goes away" run_pipe
	check "run: interrupted, leaves no QEMU behind" run_interrupted
	check "busybox: byte-identical to Debian's" run_identical
	check "bad pointers into every system call: as Linux" run_bad_pointers
	check "12,000 random calls about files: as Linux" run_random_files
	expect "busybox: loops, functions, here-documents" 0 $'1\n2\n3\nsum 6\nhere 6' "$X" run -- sh -c '
		add() { s=$((s + $1)); }
		s=0
		for i in 1 2 3; do echo $i; add $i; done
		echo sum $s
		cat <<-END
		here $s
		END'
	expect "busybox: traps" 3 $'caught\nbye' "$X" run -- sh -c '
		trap "echo caught" USR1; trap "echo bye" EXIT; kill -USR1 $$; exit 3'
	expect "busybox: a pipeline of five" 0 "5" "$X" run -- sh -c \
		'seq 1 100000 | grep 7 | sed s/7/x/ | sort -r | uniq | wc -l | sed "s/.*/5/"'
	expect "busybox: find, sort, awk, tar, md5sum" 0 \
		$'/tmp/t/a\n/tmp/t/b/c\n6\na\nb/\nb/c\nd41d8cd98f00b204e9800998ecf8427e' "$X" run -- sh -c '
		mkdir -p /tmp/t/b; echo "1 2" > /tmp/t/a; echo "3 4" > /tmp/t/b/c
		find /tmp/t -type f | sort
		cat /tmp/t/a /tmp/t/b/c | awk "{ s += \$2 } END { print s }"
		tar -C /tmp/t -cf /tmp/t.tar a b; tar -tf /tmp/t.tar
		: | md5sum | cut -d" " -f1'
	check "busybox: md5sum over megabytes" run_md5
	check "busybox: a shell on the console" run_shell
}

run_stderr() {
	G -- sh -c 'echo out; echo err >&2' >"$T/o" 2>"$T/e"
	[ "$(cat "$T/o")" = out ] && [ "$(cat "$T/e")" = err ]
}

run_bytes() {
	awk 'BEGIN { for (i = 0; i < 256; i++) printf "%c", i }' | LC_ALL=C cat >"$T/in"
	head -c 100000 /dev/urandom >>"$T/in"
	G -- cat <"$T/in" >"$T/o" && cmp "$T/in" "$T/o"
}

run_big() {
	head -c 20000000 /dev/urandom >"$T/in"
	G -- cat <"$T/in" >"$T/o" && cmp "$T/in" "$T/o"
}

run_own() {
	mkdir -p "$T/some dir" && cp build/user/tests/hello "$T/some dir/a.out"
	[ "$(cd "$T/some dir" && "$OLDPWD/$X" run -- ./a.out x 'y z')" = "./a.out x y z in /host" ]
}

run_script() {
	printf 'echo "script $1"\n' >"$T/s.sh" && chmod +x "$T/s.sh"
	[ "$(cd "$T" && "$OLDPWD/$X" run -- ./s.sh one)" = "script one" ]
}

run_root() {
	mkdir -p "$T/root/opt/x" && echo laid >"$T/root/opt/x/file" && ln -s file "$T/root/opt/x/link"
	[ "$(G --root "$T/root" -- cat /opt/x/link)" = laid ]
}

run_pipe() {
	[ "$(G -- yes | head -n 1000 | wc -l)" = 1000 ]
}

run_interrupted() {
	local pid qemu
	"$X" run -- sleep 1000 </dev/null &
	pid=$!
	sleep 2
	qemu=$(grep -l "^PPid:[[:space:]]*$pid$" /proc/[0-9]*/status 2>/dev/null | cut -d/ -f3)
	[ -n "$qemu" ] || return 1
	kill -TERM $pid
	wait $pid && return 1
	[ $? = 143 ] && ! kill -0 "$qemu" 2>/dev/null
}

run_identical() {
	[ "$(G -- sha256sum /bin/busybox | cut -d' ' -f1)" = \
		"$(sha256sum <build/target/bin/busybox | cut -d' ' -f1)" ]
}

run_md5() {
	head -c 8000000 /dev/zero >"$T/in"
	[ "$(G -- sh -c 'dd if=/dev/zero bs=1000 count=8000 2>/dev/null | md5sum | cut -d" " -f1')" = \
		"$(md5sum <"$T/in" | cut -d' ' -f1)" ]
}

run_shell() {
	{ sleep 3; echo 'echo $((6 * 7))'; sleep 1; echo 'exit 5'; sleep 2; } |
		"$X" shell --timeout 60 >"$T/o"
	[ $? = 5 ] && grep -q '^42' "$T/o"
}

# A call that is new needs its line: make oracle, then the same with --profile oracle.  What that Linux did not
# have yet (ENOSYS, 38) cannot be compared.
run_bad_pointers() {
	"$X" run --timeout 120 -- build/user/tests/badptr >"$T/badptr" 2>"$T/log" || return 1
	awk 'NR == FNR { known[$0]; if ($3 == -38) absent[$1]; next }
		!($0 in known) && !($1 in absent)' userspace/tests/badptr.linux "$T/badptr" >>"$T/log"
	[ "$(wc -l <"$T/badptr")" -gt 100 ] && ! [ -s "$T/log" ]
}

# The first line that differs says near which call; `fsdiff SEED all` prints each.
run_random_files() {
	for seed in 1 2 3 4; do
		"$X" run --timeout 60 -- build/user/tests/fsdiff $seed || return 1
	done >"$T/fsdiff" 2>"$T/log"
	diff userspace/tests/fsdiff.linux "$T/fsdiff" >>"$T/log"
}
