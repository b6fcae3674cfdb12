#!/bin/bash
# Every test there is.  `make test` calls it with everything built; the last line is the count.
#   all.sh [PART...]     only these parts: unit cli trail matrix run broken repeatable speed mutants
set -u
cd "$(dirname "$0")/../.." || exit 1
# shellcheck source=xtask/tests/lib.sh
. xtask/tests/lib.sh
. xtask/tests/cli.sh
. xtask/tests/run.sh
. xtask/tests/broken.sh
. xtask/tests/speed.sh

unit_tests() {
	local log n
	if ! make --no-print-directory -j2 test-unit >"$T/log" 2>&1; then
		failed "unit tests"
		return
	fi
	while IFS= read -r log; do
		n=$(sed -n 's/^\[  PASSED  \] \([0-9]*\) test.*/\1/p' "$log")
		PASSED=$((PASSED + ${n:-0}))
	done < <(find build/host -name '*_test.log')
	printf 'ok    unit tests, %d of them\n' "$PASSED"
}

# The trail on its two machines; each stage counts.
trail_tests() {
	local profile counts
	for profile in debug fast; do
		if "$X" boot-stages --profile $profile --json "build/reports/trail-$profile.json" \
			--junit "build/reports/trail-$profile.xml" >"$T/log" 2>&1; then
			counts=$(tail -n 1 "$T/log")
			PASSED=$((PASSED + ${counts%% *}))
			printf 'ok    trail, %s: %s\n' $profile "$counts"
		else
			failed "trail, $profile"
		fi
	done
	cp build/reports/trail-debug.json build/reports/boot-stages.json
	cp build/reports/trail-debug.xml build/reports/boot-stages.xml
}

# Each pair of values of any two of: CPUs, GIC, exception level, model, memory, profile.
MACHINES='
	--smp 4 --gic 2 --el2 --cpu cortex-a53                --mem 64M --profile fast
	--smp 1 --gic 3       --cpu cortex-a53                --mem 4G  --profile debug
	--smp 1 --gic 2       --cpu cortex-a72                --mem 64M --profile debug --icount
	--smp 4 --gic 3 --el2 --cpu cortex-a72                --mem 4G  --profile fast
	--smp 4 --gic 2       --cpu max,pauth-impdef=on       --mem 4G  --profile debug
	--smp 1 --gic 3 --el2 --cpu max,pauth-impdef=on       --mem 64M --profile fast
	--smp 1 --gic 2 --el2 --cpu neoverse-n1               --mem 4G  --profile debug --icount
	--smp 4 --gic 3       --cpu neoverse-n1               --mem 64M --profile fast'

matrix_tests() {
	local machine
	while read -r -a machine; do
		[ ${#machine[@]} = 0 ] || check "trail: ${machine[*]}" "$X" boot-stages "${machine[@]}"
	done <<<"$MACHINES"
}

# The deterministic mode twice: the console, byte for byte.
repeatable_tests() {
	local i
	for i in 1 2; do
		"$X" boot-stages --icount --console "$T/console.$i" >"$T/log" 2>&1
	done
	check "the deterministic trail twice, byte for byte" cmp "$T/console.1" "$T/console.2"
	check "one line on the console for each stage" console_lines "$T/console.1"
	check "20 boots in a row with 4 CPUs" "$X" boot-stages --smp 4 --repeat 20 --profile fast
}

# Every stage but the host's, once, from column 0.
console_lines() {
	local want
	want=$("$X" stages | awk '$5 == "exists" && $3 != "host"' | wc -l)
	[ "$(grep -acE '^\[ *[0-9]+/258\] [a-z0-9_]+\.[a-z0-9_]+ (ok [0-9]+ us|skip .*).?$' "$1")" = "$want" ]
}

mutant_tests() {
	local id
	for id in $("$X" stages | awk '$5 == "exists" { print $2 }'); do
		[ -r "kernel/boot/mutants/$id.patch" ] || echo "$id has no mutant"
	done >"$T/log"
	check "every stage has a mutant" sh -c "cat '$T/log'; ! grep -q . '$T/log'"
	check "a sample of mutants turns the trail red" "$X" mutate --sample 6 --jobs 2
}

parts=("$@")
[ $# -gt 0 ] || parts=(unit cli trail matrix run broken repeatable speed mutants)
for part in "${parts[@]}"; do
	SECONDS=0
	case $part in
	unit) unit_tests ;;
	cli) cli_tests ;;
	trail) trail_tests ;;
	matrix) matrix_tests ;;
	run) run_tests ;;
	broken) broken_tests ;;
	repeatable) repeatable_tests ;;
	speed) speed_tests ;;
	mutants) mutant_tests ;;
	*) echo "unknown part '$part'" >&2; exit 2 ;;
	esac
	printf -- '--    %s took %d s\n' "$part" $SECONDS
done
totals
