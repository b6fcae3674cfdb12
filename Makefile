# Cairn.  `make boot-stages` builds all and walks the trail; `make test` also runs every test.
# PROFILE=debug (default) or fast; everything built lands in build/.

PROFILE  ?= debug
CROSS    ?= aarch64-linux-gnu-
CC       := $(CROSS)gcc
LD       := $(CROSS)ld
NM       := $(CROSS)nm
OBJCOPY  := $(CROSS)objcopy
HOSTCC   ?= cc
B        := build/$(PROFILE)

ifeq ($(filter $(PROFILE),debug fast),)
$(error PROFILE=$(PROFILE) is unknown: use debug or fast)
endif

.DELETE_ON_ERROR:
.SECONDARY:
MAKEFLAGS += --no-builtin-rules
# `make V=1` shows the commands.
Q        := $(if $(V),,@)
say       = $(if $(V),@:,@printf '  %-7s %s\n' '$(1)' '$@')

.PHONY: all
all: kernel tools user

# ---- the two commands ------------------------------------------------------------------------
# Each first installs what is missing, then starts over: what make asks the compiler at its start
# needs the compiler.

.PHONY: boot-stages test built-boot-stages
boot-stages test: bootstrap
	@$(MAKE) --no-print-directory built-$@

.PHONY: bootstrap
bootstrap:
	@scripts/bootstrap.sh

built-boot-stages: all
	@build/xtask boot-stages --profile $(PROFILE) --json build/reports/boot-stages.json \
		--junit build/reports/boot-stages.xml

.PHONY: built-test
built-test: all
	@$(MAKE) --no-print-directory PROFILE=fast kernel
	@$(MAKE) --no-print-directory PROFILE=debug kernel
	@xtask/tests/all.sh

# ---- kernel ----------------------------------------------------------------------------------

OPT-debug := -Og -DCONFIG_DEBUG=1
OPT-fast  := -O2 -DCONFIG_DEBUG=0

KINC     := -Ikernel/include -Iarch/aarch64/include -I$(B)/gen
WARN     := -Wall -Wextra -Werror -Wno-unused-parameter -Wno-sign-compare -Wmissing-prototypes -Wstrict-prototypes \
            -Wvla -Wundef -Wimplicit-fallthrough -Wwrite-strings
KCFLAGS  := -std=gnu11 -ffreestanding -nostdinc -isystem $(shell $(CC) -print-file-name=include 2>/dev/null) \
            $(OPT-$(PROFILE)) -ggdb3 -march=armv8-a -mgeneral-regs-only -mno-outline-atomics \
            -mcmodel=small -fno-pic -fno-pie -fno-common -fno-strict-aliasing -fwrapv \
            -fno-omit-frame-pointer -fno-delete-null-pointer-checks -fno-stack-protector \
            -fno-asynchronous-unwind-tables -ffunction-sections -fstack-usage -Wstack-usage=1024 \
            $(WARN) $(KINC)
# C that runs before the MMU: no unaligned accesses (Arm ARM B2.5.2: Device memory).
EARLY    := $(wildcard arch/aarch64/early*.c)

KSRC_C   := $(filter-out %_test.c,$(wildcard arch/aarch64/*.c kernel/*/*.c kernel/*/*/*.c))
KSRC_S   := $(wildcard arch/aarch64/*.S)
KSRC_C   := $(filter-out arch/aarch64/asm_offsets.c,$(KSRC_C))
KOBJ     := $(KSRC_C:%.c=$(B)/%.o) $(KSRC_S:%.S=$(B)/%.o)
OFFSETS  := $(B)/gen/asm_offsets.h

.PHONY: kernel
kernel: $(B)/Image

$(B)/%.o: %.c
	@mkdir -p $(@D)
	$(call say,CC)
	$(Q)$(CC) $(KCFLAGS) $(if $(filter $<,$(EARLY)),-mstrict-align) -MMD -MP -c $< -o $@

$(B)/%.o: %.S $(OFFSETS)
	@mkdir -p $(@D)
	$(call say,CC)
	$(Q)$(CC) $(KCFLAGS) -D__ASSEMBLY__ -MMD -MP -c $< -o $@

# Offsets of C structures for assembly: compiled to text, never typed by hand.
$(OFFSETS): arch/aarch64/asm_offsets.c
	@mkdir -p $(@D)
	$(call say,CC)
	$(Q)$(CC) $(KCFLAGS) -MMD -MP -MT $@ -MF $(B)/gen/asm_offsets.d -S $< -o $(B)/gen/asm_offsets.s
	$(Q)sed -n 's/^.*@define \([A-Za-z0-9_]*\) #*\(-*[0-9]*\).*/#define \1 \2/p' \
		$(B)/gen/asm_offsets.s > $@

# The vDSO: a shared object of its own, for EL0, embedded by vdso_image.S.
VDSO     := arch/aarch64/vdso
VDSO_SRC := $(VDSO)/gettime.c $(VDSO)/sigreturn.S
$(B)/gen/vdso.so: $(VDSO_SRC) $(VDSO)/vdso.lds arch/aarch64/include/arch/vdso_calls.h kernel/include/kernel/time.h
	@mkdir -p $(@D)
	$(call say,CC)
	$(Q)$(CC) $(filter-out -fno-pic -fno-pie -fno-asynchronous-unwind-tables -O% -fstack-usage,$(KCFLAGS)) -O2 -fPIC \
		-fasynchronous-unwind-tables -nostdlib -shared -Wl,-T,$(VDSO)/vdso.lds -Wl,--hash-style=both \
		-Wl,-soname=linux-vdso.so.1 -Wl,--build-id=sha1 -Wl,--eh-frame-hdr -Wl,-z,max-page-size=4096 \
		-Wl,--no-undefined $(VDSO_SRC) -o $@.debug
	$(Q)$(OBJCOPY) --strip-debug --strip-unneeded $@.debug $@
$(B)/gen/vdso_offsets.h: $(B)/gen/vdso.so
	$(NM) $<.debug | sed -n 's/^\([0-9a-f]*\) T __kernel_rt_sigreturn$$/enum { VDSO_SIGRETURN = 0x\1 };/p' > $@
$(B)/arch/aarch64/vdso.o: $(B)/gen/vdso_offsets.h
$(B)/arch/aarch64/vdso_image.o: $(B)/gen/vdso.so
$(B)/arch/aarch64/vdso_image.o: KCFLAGS += -Wa,-I$(B)/gen

# The image carries its own symbol table: link once without it, once with it, and once more because
# the table moves what follows it.
KSYMS    := scripts/ksyms.sh
LINK      = $(LD) -nostdlib -static --fatal-warnings --build-id=sha1 --gc-sections -z max-page-size=4096 \
            -T arch/aarch64/kernel.ld -o $@

$(B)/gen/ksyms0.S: $(KSYMS)
	@mkdir -p $(@D)
	$(Q)sh $(KSYMS) < /dev/null > $@
$(B)/cairn.0: $(KOBJ) $(B)/gen/ksyms0.o arch/aarch64/kernel.ld
	$(call say,LD)
	$(Q)$(LINK) $(KOBJ) $(B)/gen/ksyms0.o
$(B)/gen/ksyms1.S: $(B)/cairn.0 $(KSYMS)
	$(call say,KSYMS)
	$(Q)$(NM) -n $< | sh $(KSYMS) > $@
$(B)/cairn.1: $(KOBJ) $(B)/gen/ksyms1.o arch/aarch64/kernel.ld
	$(call say,LD)
	$(Q)$(LINK) $(KOBJ) $(B)/gen/ksyms1.o
$(B)/gen/ksyms2.S: $(B)/cairn.1 $(KSYMS)
	$(call say,KSYMS)
	$(Q)$(NM) -n $< | sh $(KSYMS) > $@
$(B)/cairn.elf: $(KOBJ) $(B)/gen/ksyms2.o arch/aarch64/kernel.ld
	$(call say,LD)
	$(Q)$(LINK) $(KOBJ) $(B)/gen/ksyms2.o
$(B)/gen/%.o: $(B)/gen/%.S
	$(call say,CC)
	$(Q)$(CC) $(KCFLAGS) -D__ASSEMBLY__ -c $< -o $@

$(B)/Image: $(B)/cairn.elf
	$(call say,OBJCOPY)
	$(Q)$(OBJCOPY) -O binary $< $@

-include $(KOBJ:.o=.d) $(B)/gen/asm_offsets.d

# ---- host tool -------------------------------------------------------------------------------

HOSTWARN := -Wall -Wextra -Werror -Wno-unused-parameter -Wmissing-prototypes -Wstrict-prototypes \
            -Wvla -Wundef -Wimplicit-fallthrough -Wwrite-strings
XCFLAGS  := -std=gnu11 -O2 -g -D_GNU_SOURCE -fsigned-char $(HOSTWARN) $(CFLAGS)
XSRC     := $(filter-out %_test.c,$(wildcard xtask/*.c))
XOBJ     := $(XSRC:%.c=build/host/%.o)

.PHONY: tools
tools: build/xtask
build/xtask: $(XOBJ)
	$(call say,HOSTCC)
	$(Q)$(HOSTCC) $(LDFLAGS) $(XOBJ) -ljansson -o $@
build/host/%.o: %.c
	@mkdir -p $(@D)
	$(call say,HOSTCC)
	$(Q)$(HOSTCC) $(XCFLAGS) -MMD -MP -c $< -o $@
-include $(XOBJ:.o=.d)

# ---- programs for the target -----------------------------------------------------------------
# Static musl programs: userspace/init/*.c is PID 1, userspace/stages/*.c is /stages/run,
# each userspace/bench/*.c is a program /bench/NAME.

MUSL_INC := build/sysroot/usr/include/aarch64-linux-musl
MUSL_LIB := build/sysroot/usr/lib/aarch64-linux-musl
UINC      = -nostdinc -isystem $(MUSL_INC) -isystem $(shell $(CC) -print-file-name=include 2>/dev/null) \
            -idirafter /usr/aarch64-linux-gnu/include -Iuserspace/include -Ikernel/boot
UCFLAGS  := -std=gnu11 -O2 -ggdb3 -D_GNU_SOURCE -march=armv8-a -mno-outline-atomics -fno-pie \
            -fno-stack-protector -fno-strict-aliasing -fno-omit-frame-pointer \
            $(filter-out -Wwrite-strings,$(WARN)) $(UINC)
LIBGCC    = $(shell $(CC) -print-libgcc-file-name 2>/dev/null)
ULINK     = $(CC) -static -no-pie -nostdlib -Wl,--build-id=none -Wl,-z,max-page-size=4096 -o $@ \
            $(MUSL_LIB)/crt1.o $(MUSL_LIB)/crti.o $(filter %.o,$^) \
            -Wl,--start-group $(MUSL_LIB)/libc.a $(LIBGCC) -Wl,--end-group $(MUSL_LIB)/crtn.o

USRC_init   := $(wildcard userspace/init/*.c)
USRC_stages := $(wildcard userspace/stages/*.c userspace/stages/*.S)
USRC_bench  := $(wildcard userspace/bench/*.c)
uobj         = $(patsubst %,build/user/obj/%.o,$(basename $(1)))
UOBJ        := $(call uobj,$(USRC_init) $(USRC_stages) $(USRC_bench) $(wildcard xtask/tests/*.c userspace/tests/*.c))
UBENCH      := $(USRC_bench:userspace/bench/%.c=build/user/bench/%)
USRC_tests  := $(wildcard xtask/tests/*.c)
UTESTS      := $(USRC_tests:xtask/tests/%.c=build/user/tests/%)
USRC_ptests := $(wildcard userspace/tests/*.c)
UPTESTS     := $(USRC_ptests:userspace/tests/%.c=build/user/tests/%)
UPROGS      := build/user/init/init $(if $(USRC_stages),build/user/stages/run) $(UBENCH)

.PHONY: user
user: build/initramfs.cpio $(UTESTS) $(UPTESTS)

build/.bootstrap: scripts/bootstrap.sh
	@scripts/bootstrap.sh
	@touch $@

build/user/obj/%.o: %.c build/.bootstrap
	@mkdir -p $(@D)
	$(call say,CC)
	$(Q)$(CC) $(UCFLAGS) -MMD -MP -c $< -o $@
build/user/obj/%.o: %.S build/.bootstrap
	@mkdir -p $(@D)
	$(call say,CC)
	$(Q)$(CC) $(UCFLAGS) -D__ASSEMBLY__ -MMD -MP -c $< -o $@
build/user/init/init: $(call uobj,$(USRC_init))
build/user/stages/run: $(call uobj,$(USRC_stages))
$(UBENCH): build/user/bench/%: build/user/obj/userspace/bench/%.o
$(UTESTS): build/user/tests/%: build/user/obj/xtask/tests/%.o
$(UPTESTS): build/user/tests/%: build/user/obj/userspace/tests/%.o
$(UPROGS) $(UTESTS) $(UPTESTS):
	@mkdir -p $(@D)
	$(call say,LD)
	$(Q)$(ULINK)
# The target gets them without what only the debugger reads.
build/user/%.bin: build/user/%
	$(call say,STRIP)
	$(Q)$(CROSS)strip --strip-debug -o $@ $<
-include $(UOBJ:.o=.d)

build/initramfs.list: userspace/initramfs.list Makefile $(UPROGS:%=%.bin)
	@cp userspace/initramfs.list $@
	@for p in $(patsubst build/user/%,%,$(filter-out %/init,$(UPROGS))); do \
		echo "file /$$p 755 build/user/$$p.bin" >> $@; done
build/initramfs.cpio: build/initramfs.list build/xtask build/.bootstrap $(UPROGS:%=%.bin)
	$(call say,PACK)
	$(Q)build/xtask pack $@ $<

# ---- the oracle ------------------------------------------------------------------------------
# Debian's own arm64 kernel with the same programs: `xtask run --profile oracle -- PROGRAM` shows what
# Linux does.

ORACLE := virtio_ring virtio virtio_mmio virtio_console

.PHONY: oracle
oracle: tools user
	@scripts/bootstrap.sh --oracle
	@cp build/oracle/boot/vmlinuz-* build/oracle/Image
	@{ sed 's,^file /init .*,file /init 755 userspace/oracle/init,' build/initramfs.list; \
		echo "file /init.cairn 755 build/user/init/init.bin"; \
		for m in $(ORACLE); do \
			echo "file /modules/$$m.ko 644 $$(find build/oracle/lib -name $$m.ko)"; \
		done; } > build/oracle/initramfs.list
	@build/xtask pack build/oracle/initramfs.cpio build/oracle/initramfs.list

# ---- tests on the host -----------------------------------------------------------------------
# X_test.c beside X.c is linked with the real source files that its first line names:
#   /* test: kernel/lib/list.c kernel/lib/rbtree.c [-lfdt] */

UNIT     := $(wildcard kernel/*/*_test.c kernel/*/*/*_test.c arch/*/*_test.c xtask/*_test.c)
UNITBIN  := $(UNIT:%.c=build/host/%)
unit_head = $(shell sed -n '1s,^/\* test: *\(.*\) \*/$$,\1,p' $(1))
unit_src  = $(filter %.c,$(call unit_head,$(1)))
unit_opt  = $(filter -%,$(call unit_head,$(1)))
UNITHDR  := $(wildcard kernel/include/*/*.h kernel/*/*.h arch/*/include/arch/*.h xtask/*.h kernel/*/*.def)
UNITFLAG := -std=gnu11 -O1 -g -fsanitize=address,undefined -fno-builtin -fno-strict-aliasing \
            -fwrapv -Wall -Wextra -Wno-unused-parameter -Wno-sign-compare -DCONFIG_DEBUG=1 \
            -Ikernel/include -Iarch/aarch64/include

.PHONY: test-unit
test-unit: $(UNITBIN)
	@failed=0; for t in $(UNITBIN); do \
		./$$t > $$t.log 2>&1 || { echo "FAILED: $$t"; cat $$t.log; failed=1; }; \
		done; exit $$failed
	@echo "$(words $(UNITBIN)) unit test programs passed"

.SECONDEXPANSION:
build/host/%_test: %_test.c $$(call unit_src,$$*_test.c) $(UNITHDR)
	@mkdir -p $(@D)
	$(call say,HOSTCC)
	$(Q)$(HOSTCC) $(UNITFLAG) $(if $(filter xtask/%,$<),-D_GNU_SOURCE) $(CFLAGS) $(filter %.c,$^) \
		$(call unit_opt,$<) -lcmocka -o $@

# ---- what is generated for people ------------------------------------------------------------

.PHONY: docs
docs: tools kernel
	@mkdir -p docs/planning
	build/xtask stages --markdown > docs/planning/STAGES.md
	build/xtask matrix --markdown > docs/planning/SYSCALLS.md

.PHONY: lint
lint:
	@scripts/bootstrap.sh --lint
	@scripts/lint.sh

.PHONY: clean
clean:
	rm -rf build
