/* What a run of the trail comes to, over its machines, for people. */
#include "report.h"

#include "term.h"

#include <stdlib.h>
#include <string.h>

enum { CONSOLE_TAIL_LINES = 30 };

const char *status_word(enum stage_status status)
{
	static const char *const words[] = { "planned", "unreached", "unreached",
					     "ok",      "fail",      "skip" };

	return words[status];
}

static const char *walk_why(const struct walk *w, int number)
{
	const char *why = w->table[number - 1].why;

	if (number == w->stopped_at && w->problem)
		return w->problem;
	return memchr(why, '\0', IMAGE_WHY_MAX) ? why : "";
}

struct verdict verdict_merge(const struct walk *walks, int n, int number)
{
	struct verdict v = { .status = STAGE_SKIPPED };

	for (int i = 0; i < n; i++) {
		const struct walk *w = &walks[i];
		enum stage_status s = walk_verdict(w, number);

		/* The worst counts, but one machine's pass makes up for another's skip. */
		if (s == STAGE_FAILED || (s == STAGE_PENDING && v.status != STAGE_FAILED) ||
		    (s == STAGE_PASSED && v.status == STAGE_SKIPPED) || !v.on)
			v = (struct verdict){ s, walk_us(w, number), w, walk_why(w, number) };
	}
	return v;
}

void report_count(struct report *r)
{
	r->passed = r->failed = r->skipped = r->unreached = r->planned = r->existing = 0;
	for (int i = 1; i <= r->img->stage_count; i++) {
		if (!r->img->stages[i - 1].exists) {
			r->planned++;
			continue;
		}
		if (i < r->first || i > r->last)
			continue;
		r->existing++;
		switch (r->verdicts[i - 1].status) {
		case STAGE_PASSED:
			r->passed++;
			break;
		case STAGE_FAILED:
			r->failed++;
			break;
		case STAGE_SKIPPED:
			r->skipped++;
			break;
		default:
			r->unreached++;
		}
	}
}

char *report_totals(const struct report *r)
{
	struct buf text = { 0 };

	buf_printf(&text, "%d passed, %d failed, %d skipped", r->passed, r->failed, r->skipped);
	if (r->unreached)
		buf_printf(&text, ", %d not reached", r->unreached);
	buf_printf(&text, ", %d planned", r->planned);
	return text.data;
}

/* The last lines of the console. */
static void print_tail(const struct buf *console)
{
	const char *p = console->data + console->len;
	int lines = 0;

	if (!console->len)
		return;
	while (p > console->data && lines <= CONSOLE_TAIL_LINES)
		lines += *--p == '\n' && p[1];
	p += *p == '\n';
	while (*p) {
		int n = strcspn(p, "\r\n");

		printf("    | %.*s\n", n, p);
		p += n;
		p += strspn(p, "\r");
		p += *p == '\n';
	}
}

static void print_field(const char *name, const char *text)
{
	if (*text)
		printf("  %-9s %s\n", name, text);
}

void report_failure(const struct report *r, int number)
{
	const struct stage *s = &r->img->stages[number - 1];
	const struct verdict *v = &r->verdicts[number - 1];

	term_clear();
	printf("%sFAIL %d/%d %s%s on %s\n", term_colour(COLOUR_BAD), number, r->img->stage_count, s->id,
	       term_colour(COLOUR_NONE), v->on ? v->on->name : "a boot of its own");
	print_field("verifies", s->verified);
	print_field("failed", v->why ? v->why : "");
	print_field("means", s->meaning);
	print_field("look at", s->look);
	if (v->on) {
		print_field("console", "its last lines:");
		print_tail(&v->on->m.in[CH_CONSOLE]);
	}
}
