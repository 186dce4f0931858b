/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What a disk tells at start: the log folded into objects and position. The objects are a naive
 * model of their own, so that the device's store is checked against it by the digest of each
 * load.
 */
#ifndef SIM_IMAGE_H
#define SIM_IMAGE_H

#include "options.h"
#include "step.h"

#define SIM_PAYLOAD_MAX	64u
#define SIM_SLOT_MAX	(128u * 1024)	/* bytes of the TLs of one batch */
#define SIM_LABEL_LEN	2		/* "k0" to "k7" */

/* An object as it stands. */
struct thing {
	bool exists;
	uint64_t version;
	uint64_t seq;
	uint64_t attrs;
	uint8_t id[HSMREPL_ID_LEN];
	char type[HSMREPL_TYPE_MAX];
	uint32_t payload_len;
	uint8_t payload[SIM_PAYLOAD_MAX];
};

/**
 * struct record - one record of the log
 * @type: what it says
 * @batch: about which batch
 * @after: COMMIT: position after it
 * @lazy: YES: nobody waits for it
 * @n_tls: YES: TLs in @tls
 * @len: bytes of @tls
 */
struct record {
	enum record_type type;
	struct batch_id batch;
	struct position after;
	bool lazy;
	unsigned int n_tls;
	uint32_t len;
	uint8_t tls[] __attribute__((aligned(8)));
};

/**
 * struct image - the log, folded
 * @nl: node list
 * @position: after the last COMMIT
 * @incarnation: of the last start
 * @slot_id: undecided batch, coordinator 0 for none
 * @slot_n_tls: TLs in @slot
 * @slot_len: bytes of @slot
 * @slot: the TLs
 * @last: batch committed last
 * @refused: by coordinator: highest batch number
 * @promised: node-down: highest ballot promised in this epoch
 * @accepted: node-down: ballot of the value accepted in this epoch
 * @has_value: a value was ever accepted
 * @value: the newest one
 * @own_refused: own batch that was refused last
 * @n_own_tids: its TIDs, until it is known that it was aborted
 * @own_tids: see there
 * @thing: by label
 */
struct image {
	struct node_list nl;
	struct position position;
	uint32_t incarnation;
	struct batch_id slot_id;
	unsigned int slot_n_tls;
	uint32_t slot_len;
	uint8_t slot[SIM_SLOT_MAX] __attribute__((aligned(8)));
	struct batch_id last;
	uint64_t refused[SIM_NODES_MAX + 1];
	uint64_t promised;
	uint64_t accepted;
	bool has_value;
	uint8_t value[DOWN_VALUE_LEN];
	struct batch_id own_refused;
	unsigned int n_own_tids;
	uint64_t own_tids[HSMREPL_BATCH_TLS_MAX];
	struct thing thing[SIM_LABELS_MAX];
};

void image_init(struct image *im);

/**
 * image_fold() - take one more record in
 * @own: node id
 *
 * Returns NULL, or why this record cannot stand here in a log.
 */
const char *image_fold(struct image *im, uint16_t own, const struct record *r);

/* A batch was committed; when another epoch begins, what was promised in the last is over. */
void image_move(struct image *im, const struct position *after);

/* It holds a pool's content without @own in the list: it learns, or it left. */
bool image_is_outside(const struct image *im, uint16_t own);

/* TIDs of the undecided batch; returns how many. */
unsigned int image_slot_tids(const struct image *im, uint64_t tids[HSMREPL_BATCH_TLS_MAX]);

#endif /* SIM_IMAGE_H */
