# shellcheck shell=bash
# What the tests of xtask share: checks that are counted, with what they said kept and shown on failure.
# Sourced with the root of the repository as the working directory.

PASSED=0
FAILED=0
SKIPPED=0
# shellcheck disable=SC2034 # used by those who source this
X=build/xtask
T=$(mktemp -d)
trap 'rm -rf "$T"' EXIT
trap 'exit 130' INT TERM

# passed NAME, failed NAME: one line each; a failure shows the last of $T/log.
passed() {
	PASSED=$((PASSED + 1))
	printf 'ok    %s\n' "$1"
}

failed() {
	FAILED=$((FAILED + 1))
	printf 'FAIL  %s\n' "$1"
	tail -n 40 "$T/log" 2>/dev/null | sed 's/^/    | /'
}

# check NAME COMMAND...: passes when the command does.
check() {
	local name=$1
	shift
	if "$@" >"$T/log" 2>&1; then passed "$name"; else failed "$name"; fi
}

# expect NAME STATUS OUTPUT COMMAND...: this exit status and this standard output; standard error is
# kept in $T/err.
expect() {
	local name=$1 status=$2 output=$3 got=0
	shift 3
	timeout 180 "$@" >"$T/out" 2>"$T/err" || got=$?
	if [ "$got" = "$status" ] && [ "$(cat "$T/out")" = "$output" ]; then
		passed "$name"
		return
	fi
	{
		echo "exit status $got, expected $status; standard output, expected and got:"
		printf '%s\n' "$output" | diff - "$T/out"
		echo "standard error:"
		cat "$T/err"
	} >"$T/log"
	failed "$name"
}

# refuses NAME STATUS WORDS COMMAND...: this exit status and one line on standard error with the words.
refuses() {
	local name=$1 status=$2 words=$3 got=0
	shift 3
	timeout 60 "$@" >"$T/out" 2>"$T/err" </dev/null || got=$?
	if [ "$got" = "$status" ] && [ "$(wc -l <"$T/err")" = 1 ] && grep -qF -- "$words" "$T/err"; then
		passed "$name"
		return
	fi
	{
		echo "exit status $got, expected $status; expected one line with: $words"
		cat "$T/err"
	} >"$T/log"
	failed "$name"
}

# Prints the totals, alone on a line; false when something failed.
totals() {
	printf '%d passed, %d failed, %d skipped\n' "$PASSED" "$FAILED" "$SKIPPED"
	[ "$FAILED" = 0 ]
}
