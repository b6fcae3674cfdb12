# shellcheck shell=bash
# shellcheck disable=SC2016 # backquotes and dollars for others
# xtask's own manners: help, and one clear line with exit status 2 for what is wrong.

cli_tests() {
	local command

	check "help" "$X" --help
	for command in boot-stages run shell mutate stages matrix symbolise qemu; do
		check "help of $command" "$X" "$command" --help
	done
	refuses "an unknown command" 2 "unknown command 'boto'" "$X" boto
	refuses "an unknown option" 2 "unknown option '--sm'" "$X" boot-stages --sm 4
	refuses "an option without its value" 2 "--smp needs a value" "$X" boot-stages --smp
	refuses "a flag with a value" 2 "--el2 takes no value" "$X" boot-stages --el2=1
	refuses "no CPU" 2 "--smp: '0'" "$X" boot-stages --smp 0
	refuses "nine CPUs" 2 "--smp: '9'" "$X" run --smp 9 -- true
	refuses "another interrupt controller" 2 "--gic: '4'" "$X" boot-stages --gic 4
	refuses "a size that is none" 2 "--mem: 'lots'" "$X" boot-stages --mem lots
	refuses "too little memory" 2 "--mem: '1M'" "$X" run --mem 1M -- true
	refuses "too much memory" 2 "--mem: '100T'" "$X" run --mem 100T -- true
	refuses "an unknown profile" 2 "--profile: 'slow'" "$X" boot-stages --profile slow
	refuses "several CPUs under the deterministic clock" 2 "--icount" "$X" run --icount --smp 2 -- true
	refuses "an unknown CPU model" 125 "cortex-a99" "$X" run --cpu cortex-a99 -- true
	refuses "an unknown CPU model on the trail" 125 "cortex-a99" "$X" boot-stages --smp 1 \
		--cpu cortex-a99
	refuses "stage 0" 2 "'0' names no stage" "$X" boot-stages --only 0
	refuses "stage 259" 2 "'259' names no stage" "$X" boot-stages --only 259
	refuses "a stage that is none" 2 "'sig.nonsense' names no stage" "$X" boot-stages \
		--only sig.nonsense
	refuses "an empty range of stages" 2 "empty range" "$X" boot-stages --only 9..3
	refuses "half a range of stages" 2 "names no stage" "$X" boot-stages --only 9..
	refuses "words where none belong" 2 "takes no words" "$X" boot-stages now
	refuses "no repetitions" 2 "--repeat: '0'" "$X" boot-stages --repeat 0
	refuses "no program" 2 "name a program" "$X" run --
	refuses "a variable without a name" 2 "--env: '=x'" "$X" run --env =x -- true
	refuses "a root that is no folder" 2 "--root: '/dev/null'" "$X" run --root /dev/null -- true
	refuses "an archive that is not there" 2 "'$T/none'" "$X" run --initrd "$T/none" -- true
	refuses "a report that cannot be written" 1 "/proc/none" "$X" pack /proc/none/x \
		userspace/initramfs.list
	check "the machine of --print" grep -q -- 'virt,gic-version=2,virtualization=on' \
		<("$X" qemu --print --gic 2 --el2)
	check "the same machine each time" cmp <("$X" qemu --print --icount) <("$X" qemu --print --icount)
	check "258 stages" test "$("$X" stages | grep -cE '^ *[0-9]+ [a-z0-9_]+\.')" = 258
	check "stage 72 is sig.altstack" grep -qE '^ *72 sig\.altstack ' <("$X" stages)
	check "the stages as a table" grep -q '^| 258 | `end.shutdown`' <("$X" stages --markdown)
	check "the system calls as a table" grep -q '`openat` | done' <("$X" matrix --markdown)
	check "the archive is the same bytes when built again" same_archive
}

same_archive() {
	"$X" pack "$T/again.cpio" build/initramfs.list && cmp "$T/again.cpio" build/initramfs.cpio
}
