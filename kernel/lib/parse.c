/* Strict numbers from text: the command line, /proc files, module options.  Pure. */
#include <kernel/errno.h>
#include <kernel/parse.h>

static int parse_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return 16;
}

int parse_digits(const char *s, unsigned int base, const char **end, u64 *value)
{
	const char *start = s;
	u64 n = 0;

	for (; (unsigned int)parse_digit(*s) < base; s++) {
		if (__builtin_mul_overflow(n, base, &n) ||
		    __builtin_add_overflow(n, (u64)parse_digit(*s), &n))
			return -ERANGE;
	}
	if (s == start)
		return -EINVAL;
	*end = s;
	*value = n;
	return 0;
}

/* A number with C's prefixes. */
static int parse_prefixed(const char *s, const char **end, u64 *value)
{
	if (s[0] != '0')
		return parse_digits(s, 10, end, value);
	if (s[1] == 'x' || s[1] == 'X')
		return parse_digits(s + 2, 16, end, value);
	return parse_digits(s, 8, end, value);
}

int parse_u64(const char *s, u64 *value)
{
	const char *end;
	u64 n;
	int err;

	err = parse_prefixed(s, &end, &n);
	if (err)
		return err;
	if (*end)
		return -EINVAL;
	*value = n;
	return 0;
}

int parse_size(const char *s, u64 *value)
{
	unsigned int shift = 0;
	const char *end;
	u64 n;
	int err;

	err = parse_prefixed(s, &end, &n);
	if (err)
		return err;
	switch (*end) {
	case 'k':
	case 'K': shift = 10; break;
	case 'm':
	case 'M': shift = 20; break;
	case 'g':
	case 'G': shift = 30; break;
	}
	if (shift)
		end++;
	if (*end)
		return -EINVAL;
	if (n << shift >> shift != n)
		return -ERANGE;
	*value = n << shift;
	return 0;
}
