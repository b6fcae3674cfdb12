#!/bin/sh
# Reads `nm -n` of the kernel and writes its symbol table as assembly: scripts/ksyms.sh < nm > ksyms.S
#
# Functions only, in the order of their addresses: where each starts (32 bits from _text, which is
# linked at a multiple of 4 GiB), where its name starts, and the names, NUL-terminated.
# kernel/debug/symbols.c searches them.
awk '
BEGIN { n = 0 }
$2 ~ /^[tTW]$/ && $3 !~ /^[$.]/ && $3 !~ /^__.*_(start|end|stop)$/ && $3 != "_text" && $1 != last {
	address[n] = substr($1, length($1) - 7)
	name[n++] = $3
	last = $1
}
function table(symbol) {
	print "\t.balign 4\n\t.globl " symbol "\n\t.type " symbol ", %object\n" symbol ":"
}
END {
	print "\t.section .ksyms, \"a\""
	table("ksyms_count")
	print "\t.long " n + 0
	table("ksyms_offsets")
	for (i = 0; i < n; i++)
		print "\t.long 0x" address[i]
	table("ksyms_names")
	for (i = 0; i < n; i++) {
		print "\t.long " length_so_far + 0
		length_so_far += length(name[i]) + 1
	}
	table("ksyms_text")
	for (i = 0; i < n; i++)
		print "\t.asciz \"" name[i] "\""
}'
