/*
 * A histogram of times as a picture: bars of text, or SVG. The axis of time is logarithmic.
 */
#ifndef COHORT_TOOL_PLOT_H
#define COHORT_TOOL_PLOT_H

#include <stdio.h>

#include "histogram.h"

/* Rows of at most `columns` characters. */
void plot_text(FILE *out, const struct histogram *h, size_t columns);

/* A whole SVG document. Title and caption are any text. */
void plot_svg(FILE *out, const struct histogram *h, const char *title, const char *caption);

#endif
