/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Which thread goes first where processor or disk are short. Nothing depends on it: what the system
 * does not allow is left as it is.
 */
#ifndef HSM_STORE_PRIORITY_H
#define HSM_STORE_PRIORITY_H

/* The calling thread is waited for by those who wait for a commit: the disk serves it first. */
void priority_urgent(void);

/* The calling thread works behind their backs. */
void priority_background(void);

#endif /* HSM_STORE_PRIORITY_H */
