/*
 * #! scripts: the first line names the program that is to read the file, and at most one argument.
 * Called by exec with the file's first bytes.  execve(2), "Interpreter scripts"
 */
#include <kernel/exec.h>

#include <kernel/errno.h>
#include <kernel/file.h>
#include <kernel/string.h>
#include <uapi/fcntl.h>

static bool script_blank(char c)
{
	return c == ' ' || c == '\t';
}

/* Cuts the line at `line` into the interpreter and the rest without blanks around it, or NULL. */
static int script_split(char *line, char **interp, char **arg)
{
	char *s = line, *end = line + strlen(line);

	while (script_blank(*s))
		s++;
	while (end > s && script_blank(end[-1]))
		end--;
	*end = 0;
	if (!*s)
		return -ENOEXEC;
	*interp = s;
	while (*s && !script_blank(*s))
		s++;
	*arg = NULL;
	if (!*s)
		return 0;
	*s++ = 0;
	while (script_blank(*s))
		s++;
	*arg = s;
	return 0;
}

/* Copies the line without "#!" and its end.  -ENOEXEC if it is so long that the name may be cut. */
static int script_line(struct exec *x)
{
	size_t n = MIN(x->head_size, (size_t)EXEC_SCRIPT_LINE) - 2;
	char *end = memchr(x->head + 2, '\n', n);
	size_t length = end ? (size_t)(end - x->head - 2) : n;
	size_t i;

	memcpy(x->script, x->head + 2, length);
	x->script[length] = 0;
	if (end || x->head_size < EXEC_SCRIPT_LINE)
		return 0;
	for (i = 0; i < length && script_blank(x->script[i]); i++)
		;
	for (; i < length; i++) {
		if (script_blank(x->script[i]))
			return 0;
	}
	return -ENOEXEC;
}

/* argv becomes: interpreter, its argument, the script's name, and what was behind argv[0]. */
static int script_args(struct exec *x, const char *interp, const char *arg, const char *name)
{
	struct exec_strings *s = &x->strings;
	int err;

	err = exec_strings_replace_first(s, strlen(s->text) + 1, name, strlen(name) + 1);
	if (!err && arg)
		err = exec_strings_replace_first(s, 0, arg, strlen(arg) + 1);
	if (!err)
		err = exec_strings_replace_first(s, 0, interp, strlen(interp) + 1);
	s->argc += arg ? 2 : 1;
	return err;
}

int exec_script(struct exec *x, const char **name)
{
	char *interp, *arg;
	char previous[EXEC_SCRIPT_LINE + 1];
	int err;

	if (x->head_size < 2 || x->head[0] != '#' || x->head[1] != '!')
		return 0;
	/* The name may lie in the line that is about to be overwritten. */
	if (*name != x->path) {
		strlcpy(previous, *name, sizeof(previous));
		*name = previous;
	}
	err = script_line(x);
	if (!err)
		err = script_split(x->script, &interp, &arg);
	if (!err)
		err = script_args(x, interp, arg, *name);
	if (err)
		return err;
	file_put(x->program.file);
	x->program.file = NULL;
	*name = interp;
	err = exec_open(AT_FDCWD, interp, 0, &x->program.file);
	return err ? err : 1;
}
