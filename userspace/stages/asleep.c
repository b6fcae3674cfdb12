/* Waiting for another process to sleep; called by stages about signals and terminals. */
#include "asleep.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { ASLEEP_POLL_NS = 1000000, ASLEEP_POLLS = 5000, ASLEEP_TEXT = 256 };

/* The third word of /proc/PID/stat, after the name in brackets; 0 when it cannot be read. */
static char process_state(const char *path)
{
	char text[ASLEEP_TEXT], *bracket;
	int fd = open(path, O_RDONLY);
	ssize_t n = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);

	if (fd >= 0)
		close(fd);
	if (n <= 0)
		return 0;
	text[n] = 0;
	bracket = strrchr(text, ')');
	return bracket && bracket[1] ? bracket[2] : 0;
}

void wait_until_asleep(pid_t pid)
{
	struct timespec moment = { 0, ASLEEP_POLL_NS };
	char path[32];

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	for (int i = 0; i < ASLEEP_POLLS && process_state(path) != 'S'; i++)
		nanosleep(&moment, NULL);
}
