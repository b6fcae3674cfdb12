/* The report as JSON. */
#include "report.h"

#include <stdlib.h>
#include <string.h>

static json_t *machine_json(const struct walk *w)
{
	char *command = machine_command_text(&w->setup);
	json_t *j = json_pack("{s:s,s:i,s:s,s:s,s:b,s:I,s:b,s:s,s:i,s:i,s:i,s:i,s:s}",
			      "name", w->name, "smp", (int)w->opts.smp, "cpu", w->opts.cpu,
			      "gic", w->opts.gic, "el2", w->opts.el2,
			      "memory", (json_int_t)w->opts.mem, "icount", w->opts.icount,
			      "profile", w->opts.profile, "passed", walk_count(w, STAGE_PASSED),
			      "failed", walk_count(w, STAGE_FAILED), "skipped",
			      walk_count(w, STAGE_SKIPPED), "host_ms", walk_ms(w), "qemu", command);

	if (w->problem)
		json_object_set_new(j, "problem", json_string(w->problem));
	free(command);
	return j;
}

static json_t *stage_json(const struct report *r, int number)
{
	const struct stage *s = &r->img->stages[number - 1];
	const struct verdict *v = &r->verdicts[number - 1];
	json_t *j = json_pack("{s:i,s:s,s:s,s:I}", "number", number, "id", s->id, "status",
			      s->exists ? status_word(v->status) : "planned", "us", (json_int_t)v->us);

	if (v->on)
		json_object_set_new(j, "machine", json_string(v->on->name));
	if (v->why && *v->why)
		json_object_set_new(j, "why", json_string(v->why));
	return j;
}

void report_json(const struct report *r, const char *path)
{
	json_t *machines = json_array(), *stages = json_array(), *all;
	struct buf names = { 0 };
	char *text;

	for (int i = 0; i < r->walk_count; i++) {
		json_array_append_new(machines, machine_json(&r->walks[i]));
		buf_printf(&names, "%s%s", i ? " and " : "", r->walks[i].name);
	}
	for (int i = 1; i <= r->img->stage_count; i++)
		if (!r->img->stages[i - 1].exists || (i >= r->first && i <= r->last))
			json_array_append_new(stages, stage_json(r, i));
	all = json_pack("{s:i,s:i,s:i,s:i,s:i,s:s,s:o,s:o}", "passed", r->passed, "failed", r->failed,
			"skipped", r->skipped, "unreached", r->unreached, "planned", r->planned,
			"machine", names.data, "machines", machines, "stages", stages);
	text = all ? json_dumps(all, JSON_INDENT(1)) : NULL;
	if (!text)
		die(EXIT_RED, "cannot form the report");
	write_file(path, text, strlen(text));
	free(text);
	json_decref(all);
	buf_free(&names);
}
