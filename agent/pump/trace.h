/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The story of a node, one line per event and action, for people who want to follow the protocol.
 */
#ifndef HSM_PUMP_TRACE_H
#define HSM_PUMP_TRACE_H

#include "../core/step.h"

struct trace;

/**
 * trace_open() - append to @path, made with mode 0600
 * @path: file
 *
 * Returns NULL with errno set.
 *
 * A line is "<ms> <event> …" or "<ms>   -> <action> …", with names, batches, peers, positions, and
 * never anything of an object.
 */
struct trace *trace_open(const char *path);
void trace_close(struct trace *t);

/* NULL as @t is allowed, and does nothing. */
void trace_event(struct trace *t, const struct event *ev);
void trace_action(struct trace *t, const struct action *a);

#endif /* HSM_PUMP_TRACE_H */
