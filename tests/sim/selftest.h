/* SPDX-License-Identifier: GPL-2.0 */
/* What the files of the checkers' own tests share. */
#ifndef SIM_SELFTEST_H
#define SIM_SELFTEST_H

#include <check.h>

#include "checks.h"

/* Of the test at work. */
extern struct ledger *ledger;

/* The invariant that is violated by now; NULL: none. */
void expect(const char *invariant);
/* selftest_down.c: what is said of node-down. */
void selftest_down(TCase *t);

#endif /* SIM_SELFTEST_H */
