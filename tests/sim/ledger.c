// SPDX-License-Identifier: GPL-2.0
#include "ledger.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "rng.h"

void ledger_init(struct ledger *l, bool split)
{
	l->violated = NULL;
	l->last_seq = 0;
	l->told_seq = 0;
	l->split = split;
	l->removed = 0;
	l->told_removed = 0;
	l->n_lists = 0;
	l->n_accepted = 0;
	l->n_attempts = 0;
	l->n_fates = 0;
	l->n_tallies = 0;
	memset(l->refused_up_to, 0, sizeof(l->refused_up_to));
	memset(l->fate, 0, sizeof(l->fate));
	memset(l->tally, 0, sizeof(l->tally));
	memset(l->place, 0, split ? sizeof(l->place) : sizeof(l->place[0]));
}

void ledger_violated(struct ledger *l, const char *invariant, const char *format, ...)
{
	va_list args;

	if (l->violated)
		return;
	l->violated = invariant;
	va_start(args, format);
	vsnprintf(l->why, sizeof(l->why), format, args);
	va_end(args);
}

struct fate *ledger_fate(struct ledger *l, uint64_t tid)
{
	uint64_t i = rng_mix(tid);

	while (l->fate[i % LEDGER_PLACES].tid && l->fate[i % LEDGER_PLACES].tid != tid)
		i++;
	i %= LEDGER_PLACES;
	if (!l->fate[i].tid) {
		l->fate[i].tid = tid;
		l->n_fates++;
		assert(l->n_fates < LEDGER_PLACES);
	}
	return &l->fate[i];
}

struct tally *ledger_tally(struct ledger *l, struct batch_id id)
{
	uint64_t i = rng_mix(id.number ^ (uint64_t)id.coordinator << 48);
	struct tally *t;

	for (;; i++) {
		t = &l->tally[i % LEDGER_PLACES];
		if (!t->id.coordinator)
			break;
		if (same_batch(t->id, id))
			return t;
	}
	t->id = id;
	l->n_tallies++;
	assert(l->n_tallies < LEDGER_PLACES);
	return t;
}

struct list *ledger_list(struct ledger *l, uint64_t epoch, uint32_t members)
{
	for (unsigned int i = 0; i < l->n_lists; i++)
		if (l->list[i].epoch == epoch && l->list[i].members == members)
			return &l->list[i];
	return NULL;
}

const struct list *ledger_list_of(const struct ledger *l, uint64_t epoch)
{
	for (unsigned int i = 0; i < l->n_lists; i++)
		if (l->list[i].epoch == epoch)
			return &l->list[i];
	return NULL;
}

void ledger_add_list(struct ledger *l, const struct list *list)
{
	assert(l->n_lists < LEDGER_LISTS);
	l->list[l->n_lists++] = *list;
}

const struct list *ledger_newest(const struct ledger *l)
{
	const struct list *newest = NULL;

	for (unsigned int i = 0; i < l->n_lists; i++)
		if (!newest || l->list[i].epoch > newest->epoch)
			newest = &l->list[i];
	return newest;
}
