/*
 * Mode direct: calls are plain calls, in both directions.
 */
#ifndef COMPONENT_DIRECT_H
#define COMPONENT_DIRECT_H

struct cohort_port;

/* Makes each the other's other side. Both must live until direct_end(). */
void direct_connect(struct cohort_port *near, struct cohort_port *far);

/* Calls under way end with -ESHUTDOWN, functions that run are waited for. */
void direct_end(struct cohort_port *near, struct cohort_port *far);

#endif
