/*
 * survey: which channels there are.
 */
#ifndef COHORT_ENGINE_SURVEY_H
#define COHORT_ENGINE_SURVEY_H

#include <stddef.h>

#include "cohort/monitor.h"

/* cohort_channels() */
int survey_channels(struct cohort_channel_info *channels, size_t capacity);

#endif
