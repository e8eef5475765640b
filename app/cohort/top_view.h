/*
 * What `cohort top` shows of one interval: on a screen, as text, as JSON.
 */
#ifndef COHORT_TOP_VIEW_H
#define COHORT_TOP_VIEW_H

#include "rates.h"
#include "sample.h"

#define VIEW_WIDE 100 /* columns, from which on ids are shown in full */

/* One frame on the open screen: as much as has room. */
void view_draw(const char *channel, const struct rates *r, const struct sample *now);

void view_print(const char *channel, const struct rates *r, const struct sample *now);

/* One object a row; its member "row" says what it is about: channel, peer or action. */
void view_print_json(const char *channel, const struct rates *r, const struct sample *now);

#endif
