/*
 * One walk of the trail on one machine.
 *
 * The verdicts are read from stage_table in guest memory, while it runs for the display and for the
 * limits, and once more after it ended, whichever way.  What a program prints on the console is never
 * taken for a verdict.
 */
#include "walk.h"

#include <stdlib.h>
#include <string.h>

enum {
	WALK_READ_MS      = 100,  /* how often the table is read while it runs */
	WALK_STAGE_S      = 60,   /* a stage that takes longer hangs; the guest's own limit is half of it */
	WALK_TOTAL_S      = 300,
	WALK_ICOUNT_SCALE = 3,    /* guest seconds are longer than the host's under --icount */
};

bool walk_covers(const struct walk *w, int number)
{
	const struct stage *s = &w->img->stages[number - 1];

	return s->exists && s->by != STAGE_BY_HOST && number >= w->first && number <= w->last;
}

enum stage_status walk_verdict(const struct walk *w, int number)
{
	enum stage_status s = w->table[number - 1].status;

	if (number == w->stopped_at)
		return STAGE_FAILED;
	return s == STAGE_PASSED || s == STAGE_FAILED || s == STAGE_SKIPPED ? s : STAGE_PENDING;
}

uint64_t walk_us(const struct walk *w, int number)
{
	const struct image_stage_state *s = &w->table[number - 1];

	return s->end_ns > s->start_ns ? (s->end_ns - s->start_ns) / 1000 : 0;
}

int walk_count(const struct walk *w, enum stage_status status)
{
	int n = 0;

	for (int i = 1; i <= w->img->stage_count; i++)
		n += walk_covers(w, i) && walk_verdict(w, i) == status;
	return n;
}

int walk_ms(const struct walk *w)
{
	return ((w->ended_ns ? w->ended_ns : now_ns()) - w->m.started_ns) / NS_PER_MS;
}

static void walk_end_as(struct walk *w, enum walk_end end, char *problem)
{
	w->end = end;
	w->problem = problem;
	w->ended_ns = now_ns();
}

static void read_table(struct walk *w)
{
	uint64_t addr, size;
	int at = w->at;

	if (!image_symbol(w->img, "stage_table", &addr, &size) ||
	    size != w->img->stage_count * sizeof(*w->table))
		die(EXIT_USAGE, "'%s': stage_table has another layout than xtask's: run make",
		    w->img->elf_path);
	if (!machine_memory(&w->m, image_physical(w->img, addr), size, w->table))
		return;
	w->read_ns = now_ns();
	for (int i = 1; i <= w->img->stage_count; i++)
		if (walk_covers(w, i) && w->table[i - 1].status >= STAGE_RUNNING)
			w->at = i;
	if (w->at != at)
		w->at_since = now_ns();
}

/* The stage that ran when the end came, else the first that was to come. */
static int stage_to_charge(const struct walk *w)
{
	for (int i = w->first; i <= w->last; i++)
		if (walk_covers(w, i) && w->table[i - 1].status == STAGE_RUNNING)
			return i;
	for (int i = w->first; i <= w->last; i++)
		if (walk_covers(w, i) && walk_verdict(w, i) == STAGE_PENDING)
			return i;
	return 0;
}

static bool has_failed(const struct walk *w)
{
	return walk_count(w, STAGE_FAILED) > 0;
}

static void walk_ended(struct walk *w)
{
	read_table(w);
	if (w->m.end == END_QEMU) {
		char *why = machine_errors(&w->m);

		walk_end_as(w, WALK_REFUSED, xasprintf("QEMU: %s", why));
		free(why);
		return;
	}
	if (w->m.end == END_RESET && !has_failed(w)) {
		w->stopped_at = stage_to_charge(w);
		walk_end_as(w, WALK_DIED, xasprintf("the kernel died%s", w->stopped_at ? "" :
								" after the last stage"));
		return;
	}
	if (w->m.end == END_POWEROFF && !has_failed(w) && walk_count(w, STAGE_PENDING)) {
		w->stopped_at = stage_to_charge(w);
		walk_end_as(w, WALK_DIED, xstrdup("the machine was powered off before this stage"));
		return;
	}
	walk_end_as(w, WALK_DONE, NULL);
}

/* Where each CPU stands, for a machine that hangs: "CPU 0 in sched_idle+0x10". */
static char *cpus_at(struct walk *w)
{
	struct buf text = { 0 };
	json_t *answer = machine_qmp(&w->m, "human-monitor-command",
				     json_pack("{s:s}", "command-line", "info registers -a"));
	const char *p = json_string_value(answer);

	for (int cpu = 0; p && (p = strstr(p, "PC=")); cpu++) {
		uint64_t offset, pc = strtoull(p += 3, NULL, 16);
		const char *name = image_function(w->img, pc, &offset);

		buf_printf(&text, "%sCPU %d at %#llx", cpu ? ", " : "", cpu, (unsigned long long)pc);
		if (name)
			buf_printf(&text, " (%s+%#llx)", name, (unsigned long long)offset);
	}
	json_decref(answer);
	return text.data ? text.data : xstrdup("its CPUs cannot be read");
}

static void walk_hung(struct walk *w, const char *what, uint64_t limit)
{
	char *where;

	machine_pause(&w->m);
	read_table(w);
	where = cpus_at(w);
	w->stopped_at = stage_to_charge(w);
	walk_end_as(w, WALK_HUNG, xasprintf("%s took longer than %llu s of the host's time; %s", what,
					    (unsigned long long)limit, where));
	free(where);
}

void walk_start(struct walk *w, const struct image *img, const struct walk_plan *plan)
{
	uint64_t scale = w->opts.icount ? WALK_ICOUNT_SCALE : 1;
	bool all = plan->first == 1 && plan->last == img->stage_count;

	w->img = img;
	w->first = plan->first;
	w->last = plan->last;
	w->table = xmalloc(img->stage_count * sizeof(*w->table));
	memset(w->table, 0, img->stage_count * sizeof(*w->table));
	w->stage_limit = (plan->stage_limit ? plan->stage_limit : WALK_STAGE_S) * scale;
	if (!w->opts.timeout)
		w->opts.timeout = WALK_TOTAL_S * scale;
	w->words = all ? xstrdup("stages") : xasprintf("stages=%d..%d", plan->first, plan->last);
	if (plan->keep_going) {
		char *words = w->words;

		w->words = xasprintf("%s keep-going", words);
		free(words);
	}
	w->setup = (struct machine_setup){
		.opts = &w->opts, .kernel = img->path, .initrd = plan->initrd, .initrd_fd = -1,
		.words = w->words,
	};
	machine_start(&w->m, &w->setup);
	w->at_since = now_ns();
}

void walk_update(struct walk *w)
{
	int64_t now = now_ns();

	if (w->end != WALK_GOING)
		return;
	if (w->m.end) {
		walk_ended(w);
		return;
	}
	if (now - w->read_ns >= (int64_t)WALK_READ_MS * NS_PER_MS)
		read_table(w);
	if (now - w->at_since > (int64_t)w->stage_limit * NS_PER_S)
		walk_hung(w, "one stage", w->stage_limit);
	else if (now - w->m.started_ns > (int64_t)w->opts.timeout * NS_PER_S)
		walk_hung(w, "the walk", w->opts.timeout);
}

/* Stage dev.virtio asks the host to send a line back: "echo TEXT" on the control port. */
static void walk_answer(struct walk *w)
{
	struct buf *in = &w->m.in[CH_CONTROL];
	char *end;

	while (in->len && (end = memchr(in->data, '\n', in->len))) {
		size_t len = end + 1 - in->data;

		if (len > 5 && !memcmp(in->data, "echo ", 5) && w->m.fd[CH_CONTROL] >= 0)
			(void)write_all(w->m.fd[CH_CONTROL], in->data + 5, len - 5);
		buf_drop(in, len);
	}
}

void walks_wait(struct walk *w, int n, int ms)
{
	struct machine *m[4] = { 0 };
	int count = 0;

	for (int i = 0; i < n; i++)
		if (w[i].end == WALK_GOING)
			m[count++] = &w[i].m;
	machines_poll(m, count, 0, ms);
	for (int i = 0; i < n; i++)
		if (w[i].end == WALK_GOING)
			walk_answer(&w[i]);
}

void walk_free(struct walk *w)
{
	machine_stop(&w->m);
	free(w->table);
	free(w->words);
	free(w->problem);
}
