/*
 * plot.c: both pictures cut a span of time into parts of equal ratio, and ask the histogram how many
 * values lie in each. The picture of text has few rows, so its last one takes together the last
 * hundredth, which may spread over more powers of ten than all the rest.
 */
#include "plot.h"

#include <math.h>
#include <string.h>

#include "table.h"

#define PARTS_MAX 240

struct parts {
	size_t count;
	double edge[PARTS_MAX + 2];
	double height[PARTS_MAX + 1]; /* how many lie there */
	double most;
};

static void part_add(struct parts *p, const struct histogram *h, double to)
{
	double from = p->edge[p->count], height = histogram_between(h, from, to);

	p->height[p->count] = height;
	p->edge[++p->count] = to;
	p->most = fmax(p->most, height);
}

/* Not finer than the histogram is: else parts between two of its buckets would look empty. */
static void parts_make(struct parts *p, const struct histogram *h, size_t wanted, double last)
{
	double first = (double)(h->least > 0 ? h->least : 1);
	double span = log(fmax(last / first, 1.1)), finest = log(1 + 1.0 / HISTOGRAM_SUB);
	size_t possible = (size_t)(span / finest) + 1, n = wanted < possible ? wanted : possible;

	*p = (struct parts){ .edge[0] = (double)h->least };
	for (size_t i = 1; i <= n; i++)
		part_add(p, h, first * exp(span * (double)i / (double)n));
}

/* --- Text ------------------------------------------------------------------------------------- */

#define ROWS 20
#define ROW_FIXED 32 /* columns besides the bar */

static void bar_print(FILE *out, double share, size_t width)
{
	size_t full = (size_t)(share * (double)width + 0.5);

	fputs(share > 0 ? "  " : "", out);
	for (size_t i = 0; i < full; i++)
		putc('#', out);
	if (full == 0 && share > 0) /* few, but some */
		putc('.', out);
	putc('\n', out);
}

void plot_text(FILE *out, const struct histogram *h, size_t columns)
{
	struct parts p;
	double sum = 0, rare = (double)histogram_quantile(h, 0.99) + 1;

	if (h->count == 0)
		return;
	parts_make(&p, h, ROWS, rare);
	if (p.edge[p.count] <= (double)h->most)
		part_add(&p, h, (double)h->most + 1);
	for (size_t i = 0; i < p.count; i++) {
		char from[16];

		sum += p.height[i];
		format_duration((int64_t)p.edge[i], from);
		fprintf(out, "  %8s  %6.2f%% %7.3f%%", from, 100 * p.height[i] / (double)h->count,
			100 * sum / (double)h->count);
		bar_print(out, p.most > 0 ? p.height[i] / p.most : 0,
			  columns > ROW_FIXED ? columns - ROW_FIXED : 1);
	}
}

/* --- SVG -------------------------------------------------------------------------------------- */

#define WIDTH 900
#define HEIGHT 420
#define LEFT 60
#define RIGHT 30
#define TOP 80
#define BOTTOM 60
#define PLOT_WIDTH (WIDTH - LEFT - RIGHT)
#define PLOT_HEIGHT (HEIGHT - TOP - BOTTOM)

static void svg_text(FILE *out, const char *text)
{
	for (; *text; text++) {
		if (*text == '<')
			fputs("&lt;", out);
		else if (*text == '&')
			fputs("&amp;", out);
		else
			putc(*text >= ' ' && *text <= '~' ? *text : '?', out);
	}
}

static double svg_x(const struct parts *p, double ns)
{
	double first = fmax(p->edge[0], 1);

	return LEFT + PLOT_WIDTH * log(fmax(ns, first) / first) / log(p->edge[p->count] / first);
}

static void svg_bars(FILE *out, const struct parts *p)
{
	fputs("<g fill=\"#4878a8\">\n", out);
	for (size_t i = 0; i < p->count; i++) {
		double height = PLOT_HEIGHT * p->height[i] / p->most;
		double x = svg_x(p, p->edge[i]);

		if (p->height[i] <= 0)
			continue;
		height = fmax(height, 1);
		fprintf(out, "<rect x=\"%.2f\" y=\"%.2f\" width=\"%.2f\" height=\"%.2f\"/>\n", x,
			TOP + PLOT_HEIGHT - height, svg_x(p, p->edge[i + 1]) - x, height);
	}
	fputs("</g>\n", out);
}

static void svg_tick(FILE *out, const struct parts *p, double ns)
{
	char text[16];
	double x = svg_x(p, ns);

	if (ns < p->edge[0] || ns > p->edge[p->count])
		return;
	format_duration((int64_t)ns, text);
	fprintf(out,
		"<line x1=\"%.2f\" y1=\"%d\" x2=\"%.2f\" y2=\"%d\" stroke=\"#888\"/>\n"
		"<text x=\"%.2f\" y=\"%d\" text-anchor=\"middle\">%s</text>\n",
		x, TOP + PLOT_HEIGHT, x, TOP + PLOT_HEIGHT + 5, x, TOP + PLOT_HEIGHT + 20, text);
}

/* At 1, 2 and 5 times each power of ten; over many powers at the powers alone. */
static void svg_axis(FILE *out, const struct parts *p)
{
	bool many = p->edge[p->count] / fmax(p->edge[0], 1) > 1e4;

	fprintf(out, "<line x1=\"%d\" y1=\"%d\" x2=\"%d\" y2=\"%d\" stroke=\"#888\"/>\n", LEFT,
		TOP + PLOT_HEIGHT, LEFT + PLOT_WIDTH, TOP + PLOT_HEIGHT);
	for (double power = 1; power < 1e19; power *= 10) {
		svg_tick(out, p, power);
		if (!many) {
			svg_tick(out, p, 2 * power);
			svg_tick(out, p, 5 * power);
		}
	}
}

static void svg_marks(FILE *out, const struct parts *p, const struct histogram *h)
{
	static const struct {
		const char *name;
		double share;
	} marks[] = { { "p50", 0.5 }, { "p90", 0.9 }, { "p99", 0.99 }, { "p99.9", 0.999 } };

	fputs("<g stroke=\"#c04040\" stroke-dasharray=\"4 3\" fill=\"#c04040\">\n", out);
	for (size_t i = 0; i < sizeof(marks) / sizeof(*marks); i++) {
		int64_t value = histogram_quantile(h, marks[i].share);
		double x = svg_x(p, (double)value);
		char text[16];

		format_duration(value, text);
		/* One below the other: they may lie close together. */
		fprintf(out,
			"<line x1=\"%.2f\" y1=\"%d\" x2=\"%.2f\" y2=\"%d\"/>\n"
			"<text x=\"%.2f\" y=\"%d\" stroke=\"none\">%s %s</text>\n",
			x, TOP, x, TOP + PLOT_HEIGHT, x + 3, TOP + 12 + 14 * (int)i, marks[i].name,
			text);
	}
	fputs("</g>\n", out);
}

static void svg_scale(FILE *out, const struct parts *p, const struct histogram *h)
{
	for (int i = 0; i <= 4; i++) {
		double y = TOP + PLOT_HEIGHT * (1 - i / 4.0);

		fprintf(out,
			"<line x1=\"%d\" y1=\"%.2f\" x2=\"%d\" y2=\"%.2f\" stroke=\"#ddd\"/>\n"
			"<text x=\"%d\" y=\"%.2f\" text-anchor=\"end\">%.2g%%</text>\n",
			LEFT, y, LEFT + PLOT_WIDTH, y, LEFT - 6, y + 4,
			100 * p->most * i / 4 / (double)h->count);
	}
}

void plot_svg(FILE *out, const struct histogram *h, const char *title, const char *caption)
{
	struct parts p;

	parts_make(&p, h, PARTS_MAX, (double)h->most + 1);
	fprintf(out,
		"<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%d\" "
		"viewBox=\"0 0 %d %d\" font-family=\"sans-serif\" font-size=\"12\">\n"
		"<rect width=\"100%%\" height=\"100%%\" fill=\"white\"/>\n"
		"<text x=\"%d\" y=\"28\" font-size=\"18\">",
		WIDTH, HEIGHT, WIDTH, HEIGHT, LEFT);
	svg_text(out, title);
	fprintf(out, "</text>\n<text x=\"%d\" y=\"50\" fill=\"#555\">", LEFT);
	svg_text(out, caption);
	fputs("</text>\n", out);
	if (h->count > 0) {
		svg_scale(out, &p, h);
		svg_bars(out, &p);
		svg_axis(out, &p);
		svg_marks(out, &p, h);
	}
	fprintf(out,
		"<text x=\"%d\" y=\"%d\" text-anchor=\"middle\" fill=\"#555\">"
		"from the request to its answer</text>\n</svg>\n",
		LEFT + PLOT_WIDTH / 2, HEIGHT - 14);
}
