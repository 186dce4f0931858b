/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Which thread goes first where processor or disk are short. Nothing depends on it: what the system
 * does not allow is left as it is.
 */
#ifndef HSM_BASE_PRIORITY_H
#define HSM_BASE_PRIORITY_H

#include <stdbool.h>

/*
 * The calling thread hands on what others wait for, a little at a time: it runs as soon as it is
 * woken, before those that work for long (Linux 6.12: short time slices). Off: it is one of those.
 */
void priority_prompt(bool on);

/* Prompt, and the disk serves it first. */
void priority_urgent(void);

/* The calling thread works behind the backs of the others. */
void priority_background(void);

#endif /* HSM_BASE_PRIORITY_H */
