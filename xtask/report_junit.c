/* The report as JUnit's XML, which CI systems show. */
#include "report.h"

static void xml_add(struct buf *out, const char *text)
{
	for (; *text; text++) {
		unsigned char c = *text;

		if (c == '<')
			buf_printf(out, "&lt;");
		else if (c == '>')
			buf_printf(out, "&gt;");
		else if (c == '&')
			buf_printf(out, "&amp;");
		else if (c == '"')
			buf_printf(out, "&quot;");
		else if (c >= ' ' || c == '\n')
			buf_add(out, text, 1);
	}
}

static void xml_case(struct buf *out, const struct report *r, int number)
{
	const struct stage *s = &r->img->stages[number - 1];
	const struct verdict *v = &r->verdicts[number - 1];

	buf_printf(out, "  <testcase classname=\"trail\" name=\"%03d ", number);
	xml_add(out, s->id);
	buf_printf(out, "\" time=\"%.6f\">", v->us / 1e6);
	if (v->status == STAGE_FAILED) {
		buf_printf(out, "<failure message=\"");
		xml_add(out, v->why ? v->why : "");
		buf_printf(out, "\">");
		xml_add(out, s->meaning);
		buf_printf(out, "\n");
		xml_add(out, s->look);
		buf_printf(out, "</failure>");
	} else if (v->status != STAGE_PASSED) {
		buf_printf(out, "<skipped message=\"");
		xml_add(out, v->status == STAGE_SKIPPED && v->why ? v->why : "not reached");
		buf_printf(out, "\"/>");
	}
	buf_printf(out, "</testcase>\n");
}

void report_junit(const struct report *r, const char *path)
{
	struct buf out = { 0 };

	buf_printf(&out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuite name=\"boot-stages\" "
			 "tests=\"%d\" failures=\"%d\" skipped=\"%d\">\n",
		   r->existing, r->failed, r->skipped + r->unreached);
	for (int i = r->first; i <= r->last; i++)
		if (r->img->stages[i - 1].exists)
			xml_case(&out, r, i);
	buf_printf(&out, "</testsuite>\n");
	write_file(path, out.data, out.len);
	buf_free(&out);
}
