/* Stage 35: the kernel log keeps lines, in order, with what is known of them. */
#include <kernel/cpu.h>
#include <kernel/errno.h>
#include <kernel/log.h>
#include <kernel/stage.h>
#include <kernel/string.h>
#include <kernel/task.h>
#include <kernel/time.h>

/* The next line that begins with this, or -ENOENT. */
static int log_find(u64 *position, const char *begin, char *text, size_t n, struct log_record *header)
{
	int length;

	do {
		length = log_read(position, text, n, header);
	} while (length >= 0 && strncmp(text, begin, strlen(begin)));
	return length;
}

void stage_debug_dmesg(void)
{
	static char text[LOG_LINE_MAX];
	struct log_record header, later;
	u64 position = 0, quiet_position;
	nsec_t before = time_mono();
	u64 ever = kernel_log.lines_ever;

	/* What was said before there was a console, or a task, or an allocator. */
	EXPECT_GT(log_find(&position, "machine:", text, sizeof(text), &header), 0);
	EXPECT_EQ(header.level, LOG_INFO);
	EXPECT_LT(header.time_ns, before);
	EXPECT_EQ(kernel_log.oldest, 0ul);

	/* Not shown on the console, kept all the same. */
	log_debug("debug.dmesg one %d\n", 1);
	log_print(LOG_DEBUG, "debug.dmesg two");
	EXPECT_GE(kernel_log.lines_ever, ever + 2);
	EXPECT_GT(log_find(&position, "debug.dmesg", text, sizeof(text), &header), 0);
	EXPECT(!strcmp(text, "debug.dmesg one 1"));
	EXPECT_EQ(header.level, LOG_DEBUG);
	EXPECT_GE(header.time_ns, before);
	EXPECT_LE(header.time_ns, time_mono());
	EXPECT_LT(header.cpu, cpu_count);
	quiet_position = position;
	EXPECT_GT(log_find(&position, "debug.dmesg", text, sizeof(text), &later), 0);
	EXPECT(!strcmp(text, "debug.dmesg two"));
	EXPECT_GE(later.time_ns, header.time_ns);

	/* A reader with little room gets the beginning, and the next line next. */
	EXPECT_EQ(log_find(&quiet_position, "debug", text, 6, NULL), 5);
	EXPECT_EQ(quiet_position, position);
	EXPECT_EQ(log_find(&position, "debug.dmesg", text, sizeof(text), NULL), -ENOENT);
}
