/*
 * Splits the kernel's command line and fills options.  Called once at boot with /chosen/bootargs; the
 * rules are in the header.  Linux's early_param and module parameters have no counterpart.
 */
#include <kernel/cmdline.h>
#include <kernel/errno.h>
#include <kernel/parse.h>
#include <kernel/string.h>

static inline bool cmdline_is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\n';
}

/*
 * Cuts the next word out of *cursor, quotes removed, and terminates it.  NULL at the end.  Writing
 * never overtakes reading, so it works in place.
 */
static char *cmdline_word(char **cursor)
{
	char *from = *cursor;
	char *word, *to;
	bool quoted = false;
	bool last;

	while (cmdline_is_space(*from))
		from++;
	if (!*from)
		return NULL;
	for (word = to = from; *from && (quoted || !cmdline_is_space(*from)); from++) {
		if (*from == '"')
			quoted = !quoted;
		else
			*to++ = *from;
	}
	last = *from == '\0';
	*to = '\0';
	*cursor = last ? from : from + 1;
	return word;
}

static int cmdline_set_flag(bool *flag, const char *value)
{
	if (!value || strcmp(value, "1") == 0 || strcmp(value, "on") == 0)
		*flag = true;
	else if (strcmp(value, "0") == 0 || strcmp(value, "off") == 0)
		*flag = false;
	else
		return -EINVAL;
	return 0;
}

/* value is NULL for a bare word. */
static int cmdline_set(const struct cmdline_option *option, const char *value)
{
	if (option->kind == CMDLINE_FLAG)
		return cmdline_set_flag(option->target, value);
	if (!value && option->kind != CMDLINE_STRING)
		return -EINVAL;
	switch (option->kind) {
	case CMDLINE_NUMBER:
		return parse_u64(value, option->target) ? -EINVAL : 0;
	case CMDLINE_SIZE:
		return parse_size(value, option->target) ? -EINVAL : 0;
	default:
		*(const char **)option->target = value ? value : "";
		return 0;
	}
}

/* The option that this word names (up to '=' or the end), or NULL. */
static const struct cmdline_option *cmdline_find(const struct cmdline_option *options, size_t count,
						 const char *word, size_t length)
{
	size_t i;

	for (i = 0; i < count; i++) {
		if (strlen(options[i].name) == length &&
		    memcmp(options[i].name, word, length) == 0)
			return &options[i];
	}
	return NULL;
}

static int cmdline_keep(char **list, int *count, char *word)
{
	if (*count == CMDLINE_WORDS_MAX)
		return -E2BIG;
	list[(*count)++] = word;
	return 0;
}

/* One word in front of "--". */
static int cmdline_take_word(struct cmdline *c, char *word, const struct cmdline_option *options,
			     size_t count)
{
	char *equals = strchr(word, '=');
	size_t length = equals ? (size_t)(equals - word) : strlen(word);
	const struct cmdline_option *option = cmdline_find(options, count, word, length);

	if (option)
		return cmdline_set(option, equals ? equals + 1 : NULL);
	if (memchr(word, '.', length))
		return 0;
	if (equals)
		return cmdline_keep(c->init_env, &c->init_env_count, word);
	return cmdline_keep(c->init_args, &c->init_arg_count, word);
}

int cmdline_parse(struct cmdline *c, const char *line, const struct cmdline_option *options,
		  size_t count)
{
	char *cursor = c->text;
	bool for_init = false;
	int result = 0;
	int err;
	char *word;

	memset(c, 0, sizeof(*c));
	if (strlcpy(c->text, line, sizeof(c->text)) >= sizeof(c->text)) {
		result = -E2BIG;
		c->problem = "the command line is too long";
	}
	while ((word = cmdline_word(&cursor)) != NULL) {
		if (!for_init && strcmp(word, "--") == 0) {
			for_init = true;
			continue;
		}
		if (for_init)
			err = cmdline_keep(c->init_args, &c->init_arg_count, word);
		else
			err = cmdline_take_word(c, word, options, count);
		if (err && !result) {
			result = err;
			c->problem = word;
		}
	}
	return result;
}
