#!/bin/bash
# Prints the figures that keep the tree readable, then runs the checkers that are installed.
# A red line is a reason to look.  Exit status 1 when one is over its limit or a checker complains.
set -u
cd "$(dirname "$0")/.." || exit 1

bad=0

# figure NAME VALUE LIMIT: red when the value is above the limit.
figure() {
	local mark='  '
	if awk "BEGIN { exit !($2 > $3) }"; then
		mark='!!'
		bad=1
	fi
	printf '%s %-52s %8s  (at most %s)\n' "$mark" "$1" "$2" "$3"
}

sources() { git ls-files | grep -E '\.(c|h|S)$'; }
kernel_c() { git ls-files -- 'kernel/*.c' 'arch/*.c' | grep -v '_test\.c$'; }

# One line per function: its length, its deepest nesting, its place.  House style: the body's braces
# stand at the beginning of a line.
functions() {
	# shellcheck disable=SC2046 # the tree's own names have no spaces
	awk '
	FNR == 1 { inside = 0 }
	/^\{/ { inside = 1; start = FNR; next }
	/^\}/ { if (inside) print FNR - start - 1, deep, FILENAME ":" start; inside = 0; deep = 0 }
	inside { match($0, /^\t*/); if (RLENGTH > deep) deep = RLENGTH }' $(sources | grep '\.c$')
}

per_1000() { awk -v n="$1" -v lines="$2" 'BEGIN { printf "%.1f", lines ? n * 1000 / lines : 0 }'; }
count() { xargs grep -hE "$1" /dev/null 2>/dev/null | wc -l; }

lengths=$(sources | xargs wc -l | grep -v ' total$' | sort -n)
lines=$(kernel_c | xargs cat | wc -l)
figure 'lines of the median file' "$(awk '{ a[NR] = $1 } END { print a[int((NR + 1) / 2)] }' <<<"$lengths")" 250
figure 'lines of the longest file' "$(tail -n 1 <<<"$lengths" | awk '{ print $1 }')" 700
list=$(functions | sort -n)
figure 'lines of the median function' "$(awk '{ a[NR] = $1 } END { print a[int((NR + 1) / 2)] }' <<<"$list")" 15
figure '% of functions over 60 lines' "$(awk '{ n += $1 > 60 } END { printf "%.1f", n * 100 / NR }' <<<"$list")" 2
figure '#if per 1000 lines of the kernel' "$(per_1000 "$(kernel_c | count '^# *if')" "$lines")" 1
figure 'extern or prototypes in .c' "$(kernel_c | count '^extern ')" 0
figure 'raw hex outside enums per 1000 lines' \
	"$(per_1000 "$(kernel_c | count '^[^=]*[^=x_A-Za-z0-9]0x[0-9a-f]{3,}[^,]*;')" "$lines")" 4
figure 'architecture macros outside arch/' "$(git ls-files -- 'kernel/*.c' | count '__aarch64__|ESR_EL1|TTBR[01]_EL1|SPSR_EL1')" 0
figure 'entries at the root' "$(git ls-files | cut -d/ -f1 | sort -u | wc -l)" 16
twice=$(kernel_c | xargs grep -hoE '^[a-z].*[ *]([a-z_0-9]+)\(' | grep -vE '^typedef|;|__[a-z]+\(|^void asm_offsets' |
	sed -E 's/.*[ *]([a-z_0-9]+)\($/\1/' | sort | uniq -d)
figure 'function names used twice in the kernel' "$(grep -c . <<<"$twice")" 0
[ -z "$twice" ] || echo "   twice: ${twice//$'\n'/ }"
printf '   %-52s %8s\n' 'lines of arch.h' "$(wc -l <arch/aarch64/include/arch/arch.h)"
awk '$1 > 60 { print "   over 60 lines: " $3 " (" $1 ")" }' <<<"$list"

# run COMMAND...: a checker, when it is there.
run() {
	command -v "$1" >/dev/null || { echo "   $1 is not installed (scripts/bootstrap.sh --lint)"; return; }
	"$@" || { bad=1; echo "!! $1 complains"; }
}

mapfile -t scripts < <(git ls-files -- 'scripts/*.sh' 'xtask/tests/*.sh' .ci/run)
run shellcheck -x "${scripts[@]}"
run cppcheck --quiet --std=c11 --enable=warning,portability --inline-suppr --error-exitcode=1 \
	--suppress=missingIncludeSystem --suppress=unusedFunction xtask
exit $bad
