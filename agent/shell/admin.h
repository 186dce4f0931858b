/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Administrative requests (enum hsmrepl_verb): JSON in, JSON out. Documentation/verbs.md names
 * the fields. A refusal is an errno with {"error": what and why, "hint": what to do}.
 */
#ifndef HSM_SHELL_ADMIN_H
#define HSM_SHELL_ADMIN_H

#include "agent.h"

/**
 * admin_take() - carry out a request and answer it
 * @a: agent
 * @r: borrowed for the call; FORM, NODE_DOWN and their like are answered later, by
 *	admin_answer()
 * Must not be called while the pump runs.
 *
 * Returns 0, or a negative errno if the agent cannot go on (its line is in the log).
 */
int admin_take(struct agent *a, const struct device_request *r);

/* The core's answer: ACT_ANSWER. Returns 0, or -ENODEV. */
int admin_answer(struct agent *a, const struct action *act);

#endif /* HSM_SHELL_ADMIN_H */
