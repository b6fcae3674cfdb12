/* xtask symbolise: adds function, file and line to the kernel's addresses in a text. */
#include "command.h"
#include "image.h"
#include "options.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { ADDRESS_DIGITS = 16 };

/* "file:line" by the cross binutils; "" where they do not know or are not there. */
static char *source_line(const struct image *img, uint64_t addr)
{
	char *command = xasprintf("aarch64-linux-gnu-addr2line -e '%s' %#llx 2>/dev/null", img->elf_path,
				  (unsigned long long)addr);
	FILE *p = popen(command, "r");
	char line[1024] = "";

	if (p && !fgets(line, sizeof(line), p))
		line[0] = '\0';
	if (p)
		pclose(p);
	free(command);
	line[strcspn(line, "\n")] = '\0';
	return xstrdup(line[0] == '?' ? "" : line);
}

static void print_address(const struct image *img, uint64_t addr)
{
	uint64_t offset;
	const char *name = image_function(img, addr, &offset);
	char *line;

	if (!name)
		return;
	line = source_line(img, addr);
	printf(" <%s+%#llx%s%s>", name, (unsigned long long)offset, *line ? " " : "", line);
	free(line);
}

/* Prints the line, with what is known behind each address. */
static void symbolise_line(const struct image *img, const char *line)
{
	while (*line) {
		const char *digits = starts_with(line, "0x") ? line + 2 : line;
		size_t n = 0;

		while (isxdigit((unsigned char)digits[n]))
			n++;
		if (n == ADDRESS_DIGITS && !strncmp(digits, "ffff", 4)) {
			printf("%.*s", (int)(digits + n - line), line);
			print_address(img, strtoull(digits, NULL, 16));
			line = digits + n;
		} else if (n) {
			printf("%.*s", (int)(digits + n - line), line);
			line = digits + n;
		} else {
			putchar(*line++);
		}
	}
}

int cmd_symbolise(int argc, char **argv)
{
	static const char usage[] =
		"symbolise [--profile debug|fast] [ADDRESS...]\n\n"
		"Copies standard input to standard output with function, file and line behind each\n"
		"address of the kernel; or says so of the addresses given.";
	const char *profile = "debug";
	struct image img;
	char *line = NULL;
	size_t cap = 0;
	int i;
	const struct opt own[] = {
		{ "profile", "debug|fast", OPT_CHOICE, &profile, 0, 0, " debug fast ",
		  "which build of the kernel (default debug)" },
		{ 0 },
	};

	i = opts_parse(argc, argv, usage, own, NULL, false);
	image_open(&img, profile);
	for (int k = i; k < argc; k++) {
		symbolise_line(&img, argv[k]);
		putchar('\n');
	}
	while (i == argc && getline(&line, &cap, stdin) > 0)
		symbolise_line(&img, line);
	free(line);
	image_close(&img);
	return EXIT_OK;
}
