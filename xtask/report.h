/* What a run of the trail comes to, over its machines, and how it is written down. */
#pragma once

#include "walk.h"

/* One stage over all machines. */
struct verdict {
	enum stage_status  status; /* PASSED: on one at least and failed on none */
	uint64_t           us;
	const struct walk *on;     /* the machine that the time or the failure is from; NULL: the host */
	const char        *why;    /* FAILED, SKIPPED */
};

struct report {
	const struct image *img;
	const struct walk  *walks;
	int                 walk_count;
	int                 first;
	int                 last;
	struct verdict     *verdicts; /* [stage_count] */
	int                 passed;
	int                 failed;
	int                 skipped;
	int                 unreached;
	int                 planned;
	int                 existing; /* of those asked for */
};

/* Merges the verdicts of the walks for a stage. */
struct verdict verdict_merge(const struct walk *walks, int n, int number);
/* Counts the verdicts, which the caller has filled in. */
void report_count(struct report *r);
/* "105 passed, 0 failed, 0 skipped, 153 planned" */
char *report_totals(const struct report *r);
const char *status_word(enum stage_status status);

/* build/reports/boot-stages.json and JUnit's XML. */
void report_json(const struct report *r, const char *path);
void report_junit(const struct report *r, const char *path);
/* All that is known about a failure, for people. */
void report_failure(const struct report *r, int number);
