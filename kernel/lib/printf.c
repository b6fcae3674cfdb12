/*
 * The formatter behind every line the kernel prints.  One pass over the format; each conversion is
 * parsed into a struct spec and rendered into a struct sink that counts what it cannot hold.
 * Simplified vs Linux: %p prints the address as it is; of the %p extensions only %pS exists.
 */
#include <kernel/printf.h>
#include <kernel/string.h>

enum {
	NUMBER_MAX = 24, /* 2^64 in octal has 22 digits */
	SYMBOL_MAX = 96,
};

enum printf_flag {
	PRINTF_LEFT  = 1 << 0, /* - */
	PRINTF_ZERO  = 1 << 1, /* 0 */
	PRINTF_PLUS  = 1 << 2, /* + */
	PRINTF_SPACE = 1 << 3, /* a space instead of + */
	PRINTF_ALT   = 1 << 4, /* # */
	PRINTF_UPPER = 1 << 5,
};

struct printf_spec {
	u32 flags;
	int width;
	int precision; /* -1: none given */
	int size;      /* bytes of an integer argument */
};

struct printf_sink {
	char *buf;
	size_t room;   /* without the terminator */
	size_t length; /* what has been asked for */
};

static printf_symbol_fn printf_symbol_hook;

void printf_set_symbol_hook(printf_symbol_fn hook)
{
	printf_symbol_hook = hook;
}

static void sink_put(struct printf_sink *s, char c)
{
	if (s->length < s->room)
		s->buf[s->length] = c;
	s->length++;
}

static void sink_pad(struct printf_sink *s, char c, int n)
{
	while (n-- > 0)
		sink_put(s, c);
}

static void sink_write(struct printf_sink *s, const char *text, int n)
{
	while (n-- > 0)
		sink_put(s, *text++);
}

static void format_string(struct printf_sink *s, const struct printf_spec *spec, const char *text)
{
	int n;

	if (!text)
		text = "(null)";
	n = (int)(spec->precision < 0 ? strlen(text) : strnlen(text, (size_t)spec->precision));
	if (!(spec->flags & PRINTF_LEFT))
		sink_pad(s, ' ', spec->width - n);
	sink_write(s, text, n);
	if (spec->flags & PRINTF_LEFT)
		sink_pad(s, ' ', spec->width - n);
}

/* Digits of n, last first, into the end of buf; returns where they begin. */
static char *format_digits(char *end, u64 n, unsigned int base, u32 flags)
{
	const char *digits = flags & PRINTF_UPPER ? "0123456789ABCDEF" : "0123456789abcdef";

	for (; n > 0; n /= base)
		*--end = digits[n % base];
	return end;
}

static void format_number(struct printf_sink *s, const struct printf_spec *spec, const char *prefix,
			  u64 n, unsigned int base)
{
	char buf[NUMBER_MAX];
	char *text = format_digits(buf + NUMBER_MAX, n, base, spec->flags);
	int digits = (int)(buf + NUMBER_MAX - text);
	int prefix_len = (int)strlen(prefix);
	int zeros = (spec->precision < 0 ? 1 : spec->precision) - digits;
	int pad;

	if (zeros < 0)
		zeros = 0;
	/* "#o" makes the precision large enough for a leading zero. */
	if (base == 8 && (spec->flags & PRINTF_ALT) && zeros == 0)
		zeros = 1;
	pad = spec->width - digits - zeros - prefix_len;
	if ((spec->flags & PRINTF_ZERO) && !(spec->flags & PRINTF_LEFT) && spec->precision < 0 &&
	    pad > 0) {
		zeros += pad;
		pad = 0;
	}
	if (!(spec->flags & PRINTF_LEFT))
		sink_pad(s, ' ', pad);
	sink_write(s, prefix, prefix_len);
	sink_pad(s, '0', zeros);
	sink_write(s, text, digits);
	if (spec->flags & PRINTF_LEFT)
		sink_pad(s, ' ', pad);
}

static void format_signed(struct printf_sink *s, const struct printf_spec *spec, s64 n)
{
	const char *sign = "";

	if (n < 0)
		sign = "-";
	else if (spec->flags & PRINTF_PLUS)
		sign = "+";
	else if (spec->flags & PRINTF_SPACE)
		sign = " ";
	format_number(s, spec, sign, n < 0 ? -(u64)n : (u64)n, 10);
}

static void format_hex(struct printf_sink *s, const struct printf_spec *spec, u64 n)
{
	const char *prefix = "";

	if ((spec->flags & PRINTF_ALT) && n != 0)
		prefix = spec->flags & PRINTF_UPPER ? "0X" : "0x";
	format_number(s, spec, prefix, n, 16);
}

/* %p, and %pS when *fmt says so; returns the format behind it. */
static const char *format_pointer(struct printf_sink *s, struct printf_spec *spec, const char *fmt,
				  u64 address)
{
	char text[SYMBOL_MAX];
	bool symbol = fmt[0] == 'S';

	if (symbol && printf_symbol_hook) {
		printf_symbol_hook(text, sizeof(text), address);
		format_string(s, spec, text);
		return fmt + 1;
	}
	format_number(s, spec, "0x", address, 16);
	return symbol ? fmt + 1 : fmt;
}

static const char *parse_flags(const char *fmt, struct printf_spec *spec)
{
	for (;; fmt++) {
		switch (*fmt) {
		case '-': spec->flags |= PRINTF_LEFT; break;
		case '0': spec->flags |= PRINTF_ZERO; break;
		case '+': spec->flags |= PRINTF_PLUS; break;
		case ' ': spec->flags |= PRINTF_SPACE; break;
		case '#': spec->flags |= PRINTF_ALT; break;
		default: return fmt;
		}
	}
}

static const char *parse_length(const char *fmt, struct printf_spec *spec)
{
	spec->size = sizeof(int);
	switch (*fmt) {
	case 'h':
		spec->size = fmt[1] == 'h' ? sizeof(char) : sizeof(short);
		return fmt + (fmt[1] == 'h' ? 2 : 1);
	case 'l':
		spec->size = sizeof(long);
		return fmt + (fmt[1] == 'l' ? 2 : 1);
	case 'z':
	case 'j':
	case 't':
		spec->size = sizeof(long);
		return fmt + 1;
	default:
		return fmt;
	}
}

/* A number, or * for the next argument. */
static const char *parse_count(const char *fmt, int *count, va_list *args)
{
	int n = 0;

	if (*fmt == '*') {
		*count = va_arg(*args, int);
		return fmt + 1;
	}
	while (*fmt >= '0' && *fmt <= '9')
		n = n * 10 + (*fmt++ - '0');
	*count = n;
	return fmt;
}

static const char *parse_spec(const char *fmt, struct printf_spec *spec, va_list *args)
{
	*spec = (struct printf_spec){ .precision = -1 };
	fmt = parse_flags(fmt, spec);
	fmt = parse_count(fmt, &spec->width, args);
	if (spec->width < 0) {
		spec->flags |= PRINTF_LEFT;
		spec->width = -spec->width;
	}
	if (*fmt == '.')
		fmt = parse_count(fmt + 1, &spec->precision, args);
	return parse_length(fmt, spec);
}

static s64 argument_signed(const struct printf_spec *spec, va_list *args)
{
	s64 n = spec->size == sizeof(long) ? va_arg(*args, long) : va_arg(*args, int);

	if (spec->size == sizeof(char))
		return (signed char)n;
	return spec->size == sizeof(short) ? (short)n : n;
}

static u64 argument_unsigned(const struct printf_spec *spec, va_list *args)
{
	u64 n = spec->size == sizeof(long) ? va_arg(*args, unsigned long) :
					     va_arg(*args, unsigned int);

	if (spec->size == sizeof(char))
		return (unsigned char)n;
	return spec->size == sizeof(short) ? (unsigned short)n : n;
}

/* One conversion: fmt points behind its '%'; returns the format behind it. */
static const char *format_conversion(struct printf_sink *s, const char *fmt, va_list *args)
{
	struct printf_spec spec;
	char text[2] = "";

	fmt = parse_spec(fmt, &spec, args);
	switch (*fmt) {
	case 'd':
	case 'i':
		format_signed(s, &spec, argument_signed(&spec, args));
		break;
	case 'u':
		format_number(s, &spec, "", argument_unsigned(&spec, args), 10);
		break;
	case 'o':
		format_number(s, &spec, "", argument_unsigned(&spec, args), 8);
		break;
	case 'X':
		spec.flags |= PRINTF_UPPER;
		format_hex(s, &spec, argument_unsigned(&spec, args));
		break;
	case 'x':
		format_hex(s, &spec, argument_unsigned(&spec, args));
		break;
	case 'c':
		/* Not format_string: the character may be NUL. */
		text[0] = (char)va_arg(*args, int);
		sink_pad(s, ' ', spec.flags & PRINTF_LEFT ? 0 : spec.width - 1);
		sink_put(s, text[0]);
		sink_pad(s, ' ', spec.flags & PRINTF_LEFT ? spec.width - 1 : 0);
		break;
	case 's':
		format_string(s, &spec, va_arg(*args, const char *));
		break;
	case 'p':
		return format_pointer(s, &spec, fmt + 1, (u64)va_arg(*args, void *));
	case '%':
		sink_put(s, '%');
		break;
	case '\0':
		return fmt;
	default:
		/* Unknown: shown as it stands, so that the mistake is seen. */
		sink_put(s, '%');
		sink_put(s, *fmt);
		break;
	}
	return fmt + 1;
}

int kvsnprintf(char *buf, size_t n, const char *fmt, va_list args)
{
	struct printf_sink sink = { .buf = buf, .room = n > 0 ? n - 1 : 0 };
	va_list copy;

	va_copy(copy, args);
	while (*fmt) {
		if (*fmt == '%')
			fmt = format_conversion(&sink, fmt + 1, &copy);
		else
			sink_put(&sink, *fmt++);
	}
	va_end(copy);
	if (n > 0)
		buf[MIN(sink.length, sink.room)] = '\0';
	return (int)sink.length;
}

int ksnprintf(char *buf, size_t n, const char *fmt, ...)
{
	va_list args;
	int length;

	va_start(args, fmt);
	length = kvsnprintf(buf, n, fmt, args);
	va_end(args);
	return length;
}

int kscnprintf(char *buf, size_t n, const char *fmt, ...)
{
	va_list args;
	int length;

	va_start(args, fmt);
	length = kvsnprintf(buf, n, fmt, args);
	va_end(args);
	if (n == 0)
		return 0;
	return MIN(length, (int)n - 1);
}
