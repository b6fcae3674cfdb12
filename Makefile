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

.PHONY: all
all: kernel

# ---- kernel ----------------------------------------------------------------------------------

OPT-debug := -Og -DCONFIG_DEBUG=1
OPT-fast  := -O2 -DCONFIG_DEBUG=0

KINC     := -Ikernel/include -Iarch/aarch64/include -I$(B)/gen
WARN     := -Wall -Wextra -Werror -Wno-unused-parameter -Wmissing-prototypes -Wstrict-prototypes \
            -Wvla -Wundef -Wimplicit-fallthrough -Wwrite-strings
KCFLAGS  := -std=gnu11 -ffreestanding -nostdinc -isystem $(shell $(CC) -print-file-name=include) \
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
	$(CC) $(KCFLAGS) $(if $(filter $<,$(EARLY)),-mstrict-align) -MMD -MP -c $< -o $@

$(B)/%.o: %.S $(OFFSETS)
	@mkdir -p $(@D)
	$(CC) $(KCFLAGS) -D__ASSEMBLY__ -MMD -MP -c $< -o $@

# Offsets of C structures for assembly: compiled to text, never typed by hand.
$(OFFSETS): arch/aarch64/asm_offsets.c
	@mkdir -p $(@D)
	$(CC) $(KCFLAGS) -MMD -MP -MT $@ -MF $(B)/gen/asm_offsets.d -S $< -o $(B)/gen/asm_offsets.s
	sed -n 's/^.*@define \([A-Za-z0-9_]*\) #*\(-*[0-9]*\).*/#define \1 \2/p' \
		$(B)/gen/asm_offsets.s > $@

# The image carries its own symbol table: link once without it, once with it, and once more because
# the table moves what follows it.
KSYMS    := scripts/ksyms.sh
LINK      = $(LD) -nostdlib -static --fatal-warnings --build-id=sha1 -z max-page-size=4096 \
            -T arch/aarch64/kernel.ld -o $@

$(B)/gen/ksyms0.S: $(KSYMS)
	@mkdir -p $(@D)
	sh $(KSYMS) < /dev/null > $@
$(B)/cairn.0: $(KOBJ) $(B)/gen/ksyms0.o arch/aarch64/kernel.ld
	$(LINK) $(KOBJ) $(B)/gen/ksyms0.o
$(B)/gen/ksyms1.S: $(B)/cairn.0 $(KSYMS)
	$(NM) -n $< | sh $(KSYMS) > $@
$(B)/cairn.1: $(KOBJ) $(B)/gen/ksyms1.o arch/aarch64/kernel.ld
	$(LINK) $(KOBJ) $(B)/gen/ksyms1.o
$(B)/gen/ksyms2.S: $(B)/cairn.1 $(KSYMS)
	$(NM) -n $< | sh $(KSYMS) > $@
$(B)/cairn.elf: $(KOBJ) $(B)/gen/ksyms2.o arch/aarch64/kernel.ld
	$(LINK) $(KOBJ) $(B)/gen/ksyms2.o
$(B)/gen/%.o: $(B)/gen/%.S
	$(CC) $(KCFLAGS) -D__ASSEMBLY__ -c $< -o $@

$(B)/Image: $(B)/cairn.elf
	$(OBJCOPY) -O binary $< $@

-include $(KOBJ:.o=.d) $(B)/gen/asm_offsets.d

.PHONY: clean
clean:
	rm -rf build
