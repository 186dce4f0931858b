// SPDX-License-Identifier: GPL-2.0
/* Content that the agent restores. */
#include <linux/errno.h>
#include <linux/string.h>
#include "hsm.h"

#define AHEAD	16	/* entries whose lookups wait for memory together */

/**
 * hsm_drop_content() - reset state: Sync-Point 0, empty
 * @hsm: replica
 *
 * Queued transactions are aborted with ECANCELED. Those that other nodes may know of are
 * forgotten: their outcome is pending until the pool's history tells.
 */
void hsm_drop_content(struct hsm *hsm)
{
	struct hsm_txn *txn, *next;

	lockdep_assert_held(&hsm->lock);
	hsm_slot_drop(hsm);
	hsm_outcomes_clear(&hsm->outcomes);
	list_for_each_entry_safe(txn, next, &hsm->queue.waiting, node) {
		if (txn->handed)
			hsm_txn_forget(hsm, txn);
		else
			hsm_txn_done(hsm, txn, -ECANCELED);
	}
	hsm_store_clear(&hsm->store);
	memset(&hsm->point, 0, sizeof(hsm->point));
	memset(&hsm->nl, 0, sizeof(hsm->nl));
	hsm->grant.batch = 0;
	WRITE_ONCE(hsm->loaded, false);
	hsm->loading = false;
	hsm_update_readable(hsm);
}

static int load_check(const struct hsm *hsm, const struct hsmrepl_load *arg,
		      const struct hsmrepl_load_entry *entry, const struct hsmrepl_nl *nl)
{
	size_t left = arg->entries_len;
	int err;

	if (!hsm->loading && !(arg->flags & HSMREPL_LOAD_BEGIN))
		return -EINVAL;
	if (left > HSMREPL_BATCH_MAX)
		return -EMSGSIZE;
	while (left) {
		err = hsm_load_entry_check(entry, left, hsm->limits.payload_max);
		if (err)
			return err;
		left -= le32_to_cpu(entry->len);
		entry = hsm_load_entry_next(entry);
	}
	return nl && (arg->flags & HSMREPL_LOAD_END) ? hsm_nl_check(nl) : 0;
}

/* Has at hand what adding some entries looks up. Returns the one behind them. */
static const struct hsmrepl_load_entry *
fetch_entries(struct hsm *hsm, const struct hsmrepl_load_entry *first, const void *end)
{
	const struct hsmrepl_load_entry *entry;
	int items, n;

	for (items = 0; items < 2; items++) {
		entry = first;
		for (n = 0; n < AHEAD && (const void *)entry < end; n++) {
			hsm_store_fetch(&hsm->store, (const char *)(entry + 1),
					le16_to_cpu(entry->label_len), entry->id, items);
			entry = hsm_load_entry_next(entry);
		}
	}
	return entry;
}

/* All entries or none. */
static int load_entries(struct hsm *hsm, const struct hsmrepl_load_entry *first, u32 len)
{
	const void *end = (const u8 *)first + len;
	const struct hsmrepl_load_entry *entry, *fetched = first, *failed;
	int err;

	for (entry = first; (const void *)entry < end; entry = hsm_load_entry_next(entry)) {
		if (entry == fetched)
			fetched = fetch_entries(hsm, entry, end);
		err = hsm_store_load(&hsm->store, entry);
		if (err)
			goto err_unload;
	}
	return 0;

err_unload:
	failed = entry;
	for (entry = first; entry < failed; entry = hsm_load_entry_next(entry))
		hsm_store_unload(&hsm->store, entry);
	return err;
}

static int load_end(struct hsm *hsm, const struct hsmrepl_load *arg, const struct hsmrepl_nl *nl)
{
	if (hsm->store.digest != arg->digest) {
		hsm_drop_content(hsm);
		return -EBADMSG;
	}
	hsm->point.seq = arg->seq;
	hsm->point.sync_point = arg->sync_point;
	memcpy(hsm->point.chain, arg->chain, sizeof(hsm->point.chain));
	if (nl) {
		hsm->nl = *nl;
		hsm->point.epoch = le64_to_cpu(nl->epoch);
	}
	WRITE_ONCE(hsm->loaded, true);
	hsm->loading = false;
	return 0;
}

/**
 * hsm_load() - HSMREPL_IOC_LOAD
 * @hsm: replica
 * @arg: as in the uapi header
 * @entries: arg->entries_len bytes, 8-byte aligned
 * @nl: NULL if arg->nl is 0
 *
 * Return: 0; -EBADMSG: the digest differs, all content is dropped; -EINVAL, -EMSGSIZE, -EOPNOTSUPP:
 * malformed, nothing was changed; -EEXIST, -ENOSPC, -ENOMEM: none of the entries was added.
 */
int hsm_load(struct hsm *hsm, const struct hsmrepl_load *arg, const void *entries,
	     const struct hsmrepl_nl *nl)
{
	int err;

	lockdep_assert_held(&hsm->lock);
	err = load_check(hsm, arg, entries, nl);
	if (err)
		return err;
	if (arg->flags & HSMREPL_LOAD_BEGIN) {
		hsm_drop_content(hsm);
		hsm->loading = true;
	}
	err = load_entries(hsm, entries, arg->entries_len);
	if (!err && (arg->flags & HSMREPL_LOAD_END))
		err = load_end(hsm, arg, nl);
	hsm_update_readable(hsm);
	return err;
}
