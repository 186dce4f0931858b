/* SPDX-License-Identifier: GPL-2.0 */
/* The one undecided batch of a node. */
#ifndef HSM_SLOT_H
#define HSM_SLOT_H

#include <linux/list.h>
#include "store.h"

struct hsm;
struct hsm_txn;

/**
 * struct hsm_slot - the undecided batch
 * @state: enum hsmrepl_slot_state
 * @batch: its number, with @coordinator
 * @coordinator: node id
 * @n_tls: TLs
 * @foretold: prepared: the agent knows where its commit leads
 * @chain: the one there, if @foretold
 * @own: claimed transactions in order; empty for a prepared batch
 * @next: claimed: the transaction that the agent reads next, NULL when it has all
 * @tls: prepared: the TLs, one after the other, owned
 * @tls_len: their bytes
 * @stages: prepared: stages of all object operations in order, owned
 * @n_stages: used in @stages
 */
struct hsm_slot {
	enum hsmrepl_slot_state state;
	u64 batch;
	u32 coordinator;
	u32 n_tls;
	bool foretold;
	u8 chain[HSMREPL_CHAIN_LEN];
	struct list_head own;
	struct hsm_txn *next;
	struct hsmrepl_tl *tls;
	u32 tls_len;
	struct hsm_stage *stages;
	u32 n_stages;
};

/**
 * struct hsm_grant - leave to claim one batch
 * @batch: number that it will bear; 0: no grant stands
 * @max_tls: at most so many TLs
 * @max_bytes: at most so many bytes, but always one TL
 */
struct hsm_grant {
	u64 batch;
	u32 max_tls;
	u32 max_bytes;
};

/**
 * struct hsm_decided - what a resolve did, for events and metrics
 * @tls: TLs applied, 0 if none
 * @tid: of the last one applied
 * @new_epoch: a node list was applied
 */
struct hsm_decided {
	u32 tls;
	u64 tid;
	bool new_epoch;
};

/* What the agent's next read has to do, apart from administrative requests. */
enum hsm_work {
	HSM_WORK_NONE,
	HSM_WORK_TLS,		/* hsm_claim_next() yields a TL */
	HSM_WORK_CLAIM,		/* hsm_claim() may take a batch */
	HSM_WORK_NOTICE,	/* a QUEUED record is due; then set hsm_queue.noticed */
};

/* All under the lock. */

enum hsm_work hsm_work(const struct hsm *hsm);
int hsm_grant(struct hsm *hsm, const struct hsmrepl_grant *arg);
int hsm_claim(struct hsm *hsm);
const struct hsmrepl_tl *hsm_claim_peek(const struct hsm *hsm, bool *last);
void hsm_claim_consume(struct hsm *hsm);
int hsm_prepare(struct hsm *hsm, struct hsmrepl_prepare *arg, void *tls);
int hsm_resolve(struct hsm *hsm, struct hsmrepl_resolve *arg, struct hsm_decided *decided);
void hsm_slot_drop(struct hsm *hsm);
bool hsm_slot_has(const struct hsm *hsm, u64 tid);

#endif
