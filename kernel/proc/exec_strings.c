/*
 * Collecting argv and envp for exec: copied out of the old program before it goes, into one block in the
 * order that they will have on the new stack.
 */
#include <kernel/exec.h>

#include <kernel/errno.h>
#include <kernel/page.h>
#include <kernel/proc.h>
#include <kernel/slab.h>
#include <kernel/string.h>
#include <kernel/uaccess.h>

enum { STRINGS_ROOM_FIRST = 4096, STRINGS_ROOM_MAX = 4 << 20, POINTERS_AT_ONCE = 16 };

void exec_strings_init(struct exec_strings *s)
{
	u64 limit = EXEC_STRINGS_MAX;

	memset(s, 0, sizeof(*s));
	if (current->proc)
		limit = MIN(limit, current_proc()->limits[RLIMIT_STACK].rlim_cur / 4);
	s->limit = MAX(limit, (u64)EXEC_STRINGS_MIN);
}

void exec_strings_free(struct exec_strings *s)
{
	kfree(s->text);
	s->text = NULL;
}

/* Makes room for n more bytes. */
static int exec_strings_grow(struct exec_strings *s, size_t n)
{
	size_t room = s->room ? s->room : STRINGS_ROOM_FIRST;
	char *text;

	while (room < s->used + n)
		room *= 2;
	if (room == s->room)
		return 0;
	if (room > STRINGS_ROOM_MAX)
		return -E2BIG;
	text = krealloc(s->text, room, 0);
	if (!text)
		return -ENOMEM;
	s->text = text;
	s->room = room;
	return 0;
}

/* -E2BIG when text and pointers have outgrown the limit. */
static int exec_strings_check(const struct exec_strings *s, u32 count)
{
	return s->used + (u64)count * sizeof(vaddr_t) > s->limit ? -E2BIG : 0;
}

int exec_strings_add(struct exec_strings *s, const char *text)
{
	size_t n = strlen(text) + 1;
	int err = exec_strings_grow(s, n);

	if (err)
		return err;
	memcpy(s->text + s->used, text, n);
	s->used += n;
	return 0;
}

int exec_strings_add_kernel(struct exec_strings *s, const char *const *list, u32 *count)
{
	int err = 0;

	for (*count = 0; list && list[*count] && !err; ++*count)
		err = exec_strings_add(s, list[*count]);
	return err;
}

static int exec_strings_add_user_one(struct exec_strings *s, const char __user *text)
{
	ssize_t length;
	size_t room;
	int err = 0;

	for (room = 1; !err; room = s->room - s->used + 1) {
		err = exec_strings_grow(s, room);
		if (err)
			break;
		room = MIN(s->room - s->used, (size_t)EXEC_STRING_MAX);
		length = strncpy_from_user(s->text + s->used, text, room);
		if (length >= 0) {
			s->used += (size_t)length + 1;
			return 0;
		}
		if (length != -ENAMETOOLONG)
			err = (int)length;
		else if (room == EXEC_STRING_MAX)
			err = -E2BIG;
	}
	return err;
}

/* Fetches up to POINTERS_AT_ONCE pointers, less if the array ends at unmapped memory.  How many. */
static size_t exec_fetch_pointers(const char __user **to, const char __user *const __user *from)
{
	size_t bytes = POINTERS_AT_ONCE * sizeof(*to);

	return (bytes - copy_from_user_partial(to, from, bytes)) / sizeof(*to);
}

int exec_strings_add_user(struct exec_strings *s, const char __user *const __user *list, u32 *count)
{
	const char __user *pointers[POINTERS_AT_ONCE];
	size_t i, got;
	int err;

	*count = 0;
	while (list) {
		got = exec_fetch_pointers(pointers, list + *count);
		if (!got)
			return -EFAULT;
		for (i = 0; i < got; i++) {
			if (!pointers[i])
				return 0;
			err = exec_strings_add_user_one(s, pointers[i]);
			if (!err)
				err = exec_strings_check(s, ++*count);
			if (err)
				return err;
		}
	}
	return 0;
}

int exec_strings_replace_first(struct exec_strings *s, size_t drop, const char *text, size_t n)
{
	int err = exec_strings_grow(s, n);

	if (err)
		return err;
	memmove(s->text + n, s->text + drop, s->used - drop);
	memcpy(s->text, text, n);
	s->used += n - drop;
	s->env_at += n - drop;
	return exec_strings_check(s, s->argc + s->envc);
}
