// SPDX-License-Identifier: GPL-2.0
/* The history as far as it is settled. */
#include <errno.h>
#include <stdio.h>

#include "history.h"

int history_find(struct store *s, uint64_t seq, uint64_t sp, const uint8_t chain[HSMREPL_CHAIN_LEN])
{
	(void)s, (void)seq, (void)sp, (void)chain;
	return -ENOSYS;
}

uint64_t history_settled(struct store *s)
{
	(void)s;
	return 0;
}

uint64_t history_window(struct store *s)
{
	(void)s;
	return 0;
}

int history_tail(struct store *s, uint64_t after, size_t max_bytes,
		 int (*fn)(void *arg, const struct history_tl *t), void *arg)
{
	(void)s, (void)after, (void)max_bytes, (void)fn, (void)arg;
	return -ENOSYS;
}

int history_rows(struct store *s, uint64_t after, unsigned int max,
		 int (*fn)(void *arg, const struct history_row *r), void *arg)
{
	(void)s, (void)after, (void)max, (void)fn, (void)arg;
	return -ENOSYS;
}

int history_epochs(struct store *s, int (*fn)(void *arg, const struct history_epoch *e), void *arg)
{
	(void)s, (void)fn, (void)arg;
	return -ENOSYS;
}

void history_pin(struct store *s, uint64_t seq)
{
	(void)s, (void)seq;
}

void history_unpin(struct store *s)
{
	(void)s;
}
