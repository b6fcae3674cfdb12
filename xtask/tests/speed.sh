# shellcheck shell=bash
# The figures that the project promises.  Under the deterministic clock 1 ns is 1 instruction.

speed_tests() {
	"$X" run --icount --profile fast --timeout 120 -- /bench/bench >"$T/bench" 2>"$T/log" </dev/null
	cat "$T/bench"
	at_most "power-on to this program" 10000000
	at_most "null system call" 120
	at_most "minor page fault" 900
	at_most "fork, exit, wait" 30000
	check "speed: at most 12 instructions of boot for each further page" boot_grows_slowly
	check "speed: both walks of the trail within 10 s" walks_in_time
	check "speed: 100 MB both ways at 20 MB/s, unharmed" stream_in_time
}

# at_most WHAT LIMIT: a line of the bench.
at_most() {
	local got
	got=$(awk -v what="$1" 'index($0, what) == 1 { print $(NF - 1) }' "$T/bench")
	echo "got '${got:-nothing}', at most $2" >"$T/log"
	if [ -n "$got" ] && [ "$got" -le "$2" ]; then
		passed "speed: $1: $got, at most $2"
	else
		failed "speed: $1"
	fi
}

# 3.5 GiB more are 917,504 pages more.
boot_grows_slowly() {
	local small large
	small=$(awk '/^power-on/ { print $(NF - 1) }' "$T/bench")
	large=$("$X" run --icount --profile fast --mem 4G --timeout 120 -- /bench/bench </dev/null |
		awk '/^power-on/ { print $(NF - 1) }')
	echo "$small at 512 MiB, $large at 4 GiB"
	[ "$(((large - small) / 917504))" -le 12 ]
}

walks_in_time() {
	local start
	start=$(date +%s%N)
	"$X" boot-stages --profile fast || return 1
	echo "$((($(date +%s%N) - start) / 1000000)) ms"
	[ $((($(date +%s%N) - start) / 1000000)) -le 10000 ]
}

# Five seconds for 100 MB, and two for the machine to come up.
stream_in_time() {
	local start
	head -c 100000000 /dev/urandom >"$T/in"
	start=$(date +%s%N)
	"$X" run --profile fast --timeout 100 -- cat <"$T/in" >"$T/o" || return 1
	echo "$((($(date +%s%N) - start) / 1000000)) ms"
	[ $((($(date +%s%N) - start) / 1000000)) -le 7000 ] && cmp "$T/in" "$T/o"
}
