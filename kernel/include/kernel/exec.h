/*
 * Replacing the program of a process.  kernel/proc/exec.c
 *
 * Everything that can fail happens to a new address space; the caller's is given up only when the new
 * one is complete.
 */
#pragma once

#include <kernel/compiler.h>
#include <kernel/elf.h>
#include <kernel/types.h>

struct cred;
struct file;
struct mm;

enum {
	EXEC_HEAD_SIZE    = 512,       /* of the file: its header, and the program headers of most */
	EXEC_SCRIPT_LINE  = 256,       /* of a #! line that counts */
	EXEC_SCRIPTS_MAX  = 5,         /* interpreters of interpreters */
	EXEC_STRING_MAX   = 128 << 10, /* one argument with its NUL */
	EXEC_STRINGS_MIN  = 128 << 10, /* all arguments: at least this, a quarter of the stack limit */
	EXEC_STRINGS_MAX  = 6 << 20,   /* and at most this */
};

/* argv's strings, then envp's, then the path, one behind the other with their NULs. */
struct exec_strings {
	char *text;      /* kmalloc() */
	size_t used, room;
	size_t limit;    /* for text and pointers together */
	size_t env_at;   /* where envp's begin */
	size_t path_at;  /* where the path is */
	u32 argc, envc;
};

/* An ELF file that is being loaded. */
struct exec_image {
	struct file *file;
	struct elf_image elf;
	struct elf64_ehdr header;
	struct elf64_phdr *segments; /* kmalloc() */
	vaddr_t bias;                /* added to all of elf's addresses */
};

/* One exec, from the path to the first instruction. */
struct exec {
	struct exec_strings strings;
	struct exec_image program;
	struct exec_image interp;  /* PT_INTERP; file NULL: none */
	struct mm *mm;             /* new */
	struct cred *cred;         /* new, NULL: unchanged */
	vaddr_t sp;
	const char *path;          /* as the caller gave it; AT_EXECFN and the name of a script */
	char head[EXEC_HEAD_SIZE]; /* of the file at hand */
	size_t head_size;
	char script[EXEC_SCRIPT_LINE + 1]; /* the #! line that led here, cut into words */
};

/* ---- exec.c ------------------------------------------------------------------------------------ */

/* Makes current go on in the program at an absolute path; argv and envp in kernel memory.  As execve. */
int exec_kernel(const char *path, const char *const *argv, const char *const *envp);
/*
 * Everything up to the point of no return: the new address space is complete in (*out)->mm and nobody
 * runs in it.  For the stage that looks at it.  0 or as exec_kernel().
 */
int exec_prepare_kernel(const char *path, const char *const *argv, const char *const *envp,
			struct exec **out) __must_check;
/* Gives back whatever an exec still holds. */
void exec_free(struct exec *x);
/* The file to execute.  0, -ENOENT, -EACCES, -ELOOP ...  May sleep. */
int exec_open(int dirfd, const char *path, int flags, struct file **out) __must_check;

/* ---- exec_strings.c ---------------------------------------------------------------------------- */

/* An empty collection with the limit of current's stack.  exec_strings_free() in any case. */
void exec_strings_init(struct exec_strings *s);
void exec_strings_free(struct exec_strings *s);
/* Adds one string.  0, -E2BIG or -ENOMEM. */
int exec_strings_add(struct exec_strings *s, const char *text) __must_check;
/* Adds a NULL-terminated list of user pointers (NULL: empty).  0, -EFAULT, -E2BIG, -ENOMEM.  *count is set. */
int exec_strings_add_user(struct exec_strings *s, const char __user *const __user *list, u32 *count)
	__must_check;
int exec_strings_add_kernel(struct exec_strings *s, const char *const *list, u32 *count) __must_check;
/* Puts `text` in the place of the first `drop` bytes of argv.  0, -E2BIG or -ENOMEM. */
int exec_strings_replace_first(struct exec_strings *s, size_t drop, const char *text, size_t n)
	__must_check;

/* ---- script.c ---------------------------------------------------------------------------------- */

/*
 * If x->head is a #! line: puts its words before the arguments and opens the interpreter as x->program.
 * `name` is the script's own; it becomes the interpreter's.  1, 0 (no script), -ENOEXEC, -E2BIG ...
 */
int exec_script(struct exec *x, const char **name) __must_check;

/* ---- elf.c ------------------------------------------------------------------------------------- */

/* Reads and checks the headers of image->file, whose first bytes are given.  0, -ENOEXEC, -EIO ... */
int elf_read(struct exec_image *image, const char *head, size_t head_size) __must_check;
/* Maps all segments into mm and sets image->bias; a position-free one goes to `base`, 0: anywhere. */
int elf_map(struct mm *mm, struct exec_image *image, vaddr_t base) __must_check;
void elf_release(struct exec_image *image);

/* ---- exec_stack.c ------------------------------------------------------------------------------ */

/* Maps the stack of x->mm and lays out what the program finds on it; sets x->sp.  0, -E2BIG, -ENOMEM. */
int exec_stack_build(struct exec *x) __must_check;
