/*
 * Core files: an ELF with one note of registers and the memory of a process that a signal ends.  Called by
 * signal delivery on the way to proc_exit().
 *
 * The file is ./core, as Linux names it by default.  Pages that were never touched are holes.  Of mapped
 * files only what the process has changed and the first page (the ELF header, by which debuggers find the
 * program) are written.  Linux stops the other threads first and writes their registers, too.
 */
#include <kernel/coredump.h>

#include <arch/arch.h>
#include <kernel/area.h>
#include <kernel/errno.h>
#include <kernel/file.h>
#include <kernel/mm.h>
#include <kernel/proc.h>
#include <kernel/signal.h>
#include <kernel/slab.h>
#include <kernel/string.h>
#include <kernel/task.h>
#include <kernel/time.h>
#include <kernel/vfs.h>
#include <uapi/elf.h>
#include <uapi/elfcore.h>
#include <uapi/fcntl.h>
#include <uapi/stat.h>

enum { CORE_NOTES_MAX = 2048, CORE_AREAS_MAX = 4096 };

/* One core file that is being written. */
struct core {
	struct file *file;
	loff_t position;
	u64 limit;                    /* RLIMIT_CORE */
	struct elf64_phdr *segments;  /* [0] is the notes */
	u32 segment_count;
	u8 notes[CORE_NOTES_MAX];
	u32 notes_size;
	u8 page[PAGE_SIZE];
};

static int core_write(struct core *c, const void *data, size_t n)
{
	if ((u64)c->position + n > c->limit || signal_fatal_pending(current))
		return -EFBIG;
	return file_write_kernel(c->file, data, n, &c->position) == (ssize_t)n ? 0 : -EIO;
}

/* ---- Notes ---------------------------------------------------------------------------------------- */

/* Puts a note behind those that are there: header, name and contents, each a multiple of 4 bytes. */
static void core_note(struct core *c, enum elf_note_type type, const void *contents, u32 size)
{
	struct elf64_nhdr n = { sizeof("CORE"), size, type };
	static const char name[8] = "CORE";

	memcpy(&c->notes[c->notes_size], &n, sizeof(n));
	memcpy(&c->notes[c->notes_size + sizeof(n)], name, sizeof(name));
	memcpy(&c->notes[c->notes_size + sizeof(n) + sizeof(name)], contents, size);
	c->notes_size += sizeof(n) + sizeof(name) + ALIGN_UP(size, 4u);
}

static struct timeval core_time(u64 ns)
{
	return (struct timeval){ ns / NSEC_PER_SEC, ns % NSEC_PER_SEC / NSEC_PER_USEC };
}

static void core_note_status(struct core *c, const siginfo_t *info, const struct trap_frame *tf)
{
	struct elf_prstatus s = { .fpvalid = 1 };
	struct proc *p = current_proc();
	u64 utime, stime;

	task_times(current, &utime, &stime);
	s.si_signo = info->si_signo;
	s.si_code = info->si_code;
	s.cursig = (s16)info->si_signo;
	s.sigpend = current->sig.pending.set;
	s.sighold = current->sig.blocked;
	s.pid = current->tid;
	s.ppid = READ_ONCE(p->ppid);
	s.pgrp = p->group->pgid;
	s.sid = p->group->session->sid;
	s.utime = core_time(utime);
	s.stime = core_time(stime);
	arch_core_registers(tf, s.regs);
	core_note(c, NT_PRSTATUS, &s, sizeof(s));
}

static void core_note_info(struct core *c)
{
	struct elf_prpsinfo i = { .sname = 'R' };
	struct proc *p = current_proc();
	struct mm *mm = current->mm;
	ssize_t n;

	i.uid = current_cred()->uid;
	i.gid = current_cred()->gid;
	i.pid = p->pid;
	i.ppid = READ_ONCE(p->ppid);
	i.pgrp = p->group->pgid;
	i.sid = p->group->session->sid;
	strlcpy(i.fname, current->name, sizeof(i.fname));
	n = mm_copy_from(mm, i.psargs, mm->arg_start,
			 MIN(mm->arg_end - mm->arg_start, sizeof(i.psargs) - 1));
	for (ssize_t k = 0; k < n - 1; k++) {
		if (!i.psargs[k])
			i.psargs[k] = ' ';
	}
	core_note(c, NT_PRPSINFO, &i, sizeof(i));
}

static void core_collect_notes(struct core *c, const siginfo_t *info, const struct trap_frame *tf)
{
	core_note_status(c, info, tf);
	core_note_info(c);
	core_note(c, NT_SIGINFO, info, sizeof(*info));
	arch_thread_save_live();
	core_note(c, NT_FPREGSET, &current->arch.fp_state, sizeof(struct arch_fp));
}

/* ---- Memory --------------------------------------------------------------------------------------- */

static u32 core_flags(const struct area *a)
{
	return (a->prot & PROT_READ ? ELF_PF_R : 0) | (a->prot & PROT_WRITE ? ELF_PF_W : 0) |
	       (a->prot & PROT_EXEC ? ELF_PF_X : 0);
}

/* How much of an area's memory goes into the file. */
static u64 core_area_size(const struct area *a)
{
	if (!(a->prot & PROT_READ))
		return 0;
	if (!a->file || (a->prot & PROT_WRITE))
		return a->end - a->start;
	return a->offset == 0 ? PAGE_SIZE : 0;
}

/* One segment for the notes and one for each area; file offsets one behind the other, by pages. */
static int core_collect_areas(struct core *c, struct mm *mm)
{
	u64 offset;
	u32 n = 1;

	mutex_lock(&mm->lock);
	if (mm->area_count > CORE_AREAS_MAX)
		goto out_unlock;
	c->segment_count = mm->area_count + 1;
	c->segments = kzalloc(c->segment_count * sizeof(*c->segments), 0);
	if (!c->segments)
		goto out_unlock;
	offset = sizeof(struct elf64_ehdr) + c->segment_count * sizeof(*c->segments);
	c->segments[0] = (struct elf64_phdr){ .p_type = ELF_PT_NOTE, .p_offset = offset,
					      .p_filesz = c->notes_size, .p_align = 4 };
	offset = ALIGN_UP(offset + c->notes_size, PAGE_SIZE);
	for (struct area *a = area_find_from(&mm->areas, 0); a; a = area_next(a)) {
		u64 size = core_area_size(a);

		c->segments[n++] = (struct elf64_phdr){
			.p_type = ELF_PT_LOAD, .p_flags = core_flags(a), .p_offset = offset,
			.p_vaddr = a->start, .p_filesz = size, .p_memsz = a->end - a->start,
			.p_align = PAGE_SIZE };
		offset += size;
	}
out_unlock:
	mutex_unlock(&mm->lock);
	return c->segments ? 0 : -ENOMEM;
}

/* Whether the page is worth writing: one that is not there, of no file, is zero and stays a hole. */
static bool core_page_is_there(struct mm *mm, vaddr_t va)
{
	struct pt_leaf leaf;
	struct area *a;
	bool there;

	mutex_lock(&mm->lock);
	a = area_find(&mm->areas, va);
	there = a && (a->mapping || pt_lookup(&mm->mmu, va, &leaf) == 0);
	mutex_unlock(&mm->lock);
	return there;
}

static int core_write_segment(struct core *c, struct mm *mm, const struct elf64_phdr *s)
{
	for (u64 done = 0; done < s->p_filesz; done += PAGE_SIZE) {
		vaddr_t va = s->p_vaddr + done;
		int err;

		c->position = (loff_t)(s->p_offset + done);
		if (!core_page_is_there(mm, va) ||
		    mm_copy_from(mm, c->page, va, PAGE_SIZE) != (ssize_t)PAGE_SIZE)
			continue;
		err = core_write(c, c->page, PAGE_SIZE);
		if (err)
			return err;
	}
	return 0;
}

/* ---- The file -------------------------------------------------------------------------------------- */

static int core_write_headers(struct core *c)
{
	struct elf64_ehdr eh = {
		.e_ident = { 0x7f, 'E', 'L', 'F', ELF_CLASS_64, ELF_DATA_LSB, ELF_VERSION_1 },
		.e_type = ELF_ET_CORE, .e_machine = ELF_EM_AARCH64, .e_version = ELF_VERSION_1,
		.e_phoff = sizeof(eh), .e_ehsize = sizeof(eh),
		.e_phentsize = sizeof(struct elf64_phdr), .e_phnum = (u16)c->segment_count,
	};
	int err;

	err = core_write(c, &eh, sizeof(eh));
	if (!err)
		err = core_write(c, c->segments, c->segment_count * sizeof(*c->segments));
	return err ? err : core_write(c, c->notes, c->notes_size);
}

static int core_write_all(struct core *c, struct mm *mm)
{
	int err = core_write_headers(c);

	for (u32 i = 1; !err && i < c->segment_count; i++)
		err = core_write_segment(c, mm, &c->segments[i]);
	return err;
}

static int core_open(struct file **out)
{
	int err = file_open_at(AT_FDCWD, "core", O_CREAT | O_TRUNC | O_WRONLY | O_NOFOLLOW, 0600, out);

	if (err)
		return err;
	if (S_ISREG((*out)->inode->mode))
		return 0;
	file_put(*out);
	return -EINVAL;
}

bool core_dump(const siginfo_t *info, const struct trap_frame *tf)
{
	struct proc *p = current_proc();
	struct core *c;
	int err;

	if (!p->limits[RLIMIT_CORE].rlim_cur || !p->dumpable)
		return false;
	c = kzalloc(sizeof(*c), 0);
	if (!c)
		return false;
	c->limit = p->limits[RLIMIT_CORE].rlim_cur;
	core_collect_notes(c, info, tf);
	err = core_collect_areas(c, current->mm);
	if (err)
		goto out_free;
	err = core_open(&c->file);
	if (err)
		goto out_segments;
	err = core_write_all(c, current->mm);
	file_put(c->file);
out_segments:
	kfree(c->segments);
out_free:
	kfree(c);
	/* One that the limit cut short is a core file all the same (core(5)). */
	return !err || err == -EFBIG;
}
