/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A run as a story: one line for each event, action, call and fault; nothing unless it is asked
 * for.
 */
#ifndef SIM_TRACE_H
#define SIM_TRACE_H

#include "step.h"

struct host;
struct world;

void trace_event(const struct host *h, const struct event *ev);
void trace_action(const struct host *h, const struct action *a);
/* @node: 0 for none */
void trace_line(const struct world *w, uint16_t node, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

#endif /* SIM_TRACE_H */
