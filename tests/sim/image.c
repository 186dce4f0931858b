// SPDX-License-Identifier: GPL-2.0
#include "image.h"

#include <assert.h>
#include <endian.h>
#include <string.h>

#include "batch.h"

void image_init(struct image *im)
{
	memset(im, 0, offsetof(struct image, slot));
	memset(&im->last, 0, sizeof(*im) - offsetof(struct image, last));
}

static const struct hsmrepl_tl *tl_next(const struct hsmrepl_tl *tl)
{
	return (const void *)((const uint8_t *)tl + le32toh(tl->len));
}

static const char *apply_op(struct image *im, const struct hsmrepl_op *op, uint64_t seq)
{
	const char *label = (const char *)(op + 1);
	unsigned int number = (unsigned int)(label[1] - '0');
	struct thing *t;

	if (le16toh(op->label_len) != SIM_LABEL_LEN || number >= SIM_LABELS_MAX)
		return "an operation on a label that nobody uses";
	t = &im->thing[number];
	if (t->exists == (le16toh(op->code) == HSMREPL_OP_CREATE))
		return "a create of an object that is there, or a change of one that is not";
	if (op->if_version && le64toh(op->if_version) != t->version)
		return "an operation on another version";
	if (le16toh(op->code) == HSMREPL_OP_DELETE) {
		t->exists = false;
		return NULL;
	}
	if (!t->exists) {
		memcpy(t->id, op->id, sizeof(t->id));
		t->version = 0;
	}
	if (op->type[0])
		memcpy(t->type, op->type, sizeof(t->type));
	t->exists = true;
	t->version++;
	t->seq = seq;
	t->attrs = le64toh(op->attrs);
	t->payload_len = le32toh(op->payload_len);
	assert(t->payload_len <= SIM_PAYLOAD_MAX);
	memcpy(t->payload, label + SIM_LABEL_LEN, t->payload_len);
	return NULL;
}

static const char *apply_tl(struct image *im, const struct hsmrepl_tl *tl)
{
	const struct hsmrepl_op *op = (const void *)(tl + 1);
	const char *wrong = NULL;

	if (le16toh(tl->kind) != HSMREPL_TL_DATA) {
		bool ok = nl_decode((struct bytes){ op + 1, le32toh(op->payload_len) }, &im->nl);

		return ok ? NULL : "a node list that is malformed";
	}
	for (unsigned int i = 0; i < le16toh(tl->n_ops) && !wrong; i++) {
		wrong = apply_op(im, op, le64toh(tl->seq));
		op = (const void *)((const uint8_t *)op + le32toh(op->len));
	}
	return wrong;
}

static bool holds(const struct image *im, struct batch_id id)
{
	return same_batch(im->slot_id, id);
}

static const char *fold_yes(struct image *im, const struct record *r)
{
	const struct hsmrepl_tl *tl = (const void *)r->tls;

	if (im->slot_id.coordinator)
		return "a yes while another batch is undecided";
	if (le64toh(tl->seq) != im->position.seq + 1 || le64toh(tl->sync_point) != im->position.sp)
		return "a yes for a batch that does not stand on the position";
	assert(r->len <= SIM_SLOT_MAX);
	im->slot_id = r->batch;
	im->slot_n_tls = r->n_tls;
	im->slot_len = r->len;
	memcpy(im->slot, r->tls, r->len);
	return NULL;
}

void image_move(struct image *im, const struct position *after)
{
	if (after->epoch != im->position.epoch &&
	    (!im->accepted || value_epoch(im->value) <= after->epoch)) {
		im->promised = 0;
		im->accepted = 0;
	}
	im->position = *after;
}

static const char *fold_commit(struct image *im, const struct record *r)
{
	const struct hsmrepl_tl *tl = (const void *)im->slot;
	const char *wrong = NULL;

	if (!holds(im, r->batch))
		return "a commit of a batch without a yes";
	for (unsigned int i = 0; i < im->slot_n_tls && !wrong; i++) {
		im->position.seq++;
		im->position.sp ^= le64toh(tl->tid);
		wrong = apply_tl(im, tl);
		tl = tl_next(tl);
	}
	if (!wrong && (im->position.seq != r->after.seq || im->position.sp != r->after.sp))
		wrong = "a commit whose position is not that after its TLs";
	image_move(im, &r->after);
	im->last = r->batch;
	im->slot_id = (struct batch_id){ 0 };
	return wrong;
}

static const char *fold_refused(struct image *im, uint16_t own, const struct record *r)
{
	if (r->batch.coordinator == own) {
		im->own_refused = r->batch;
		im->n_own_tids = holds(im, r->batch) ? image_slot_tids(im, im->own_tids) : 0;
	}
	if (holds(im, r->batch))
		im->slot_id = (struct batch_id){ 0 };
	if (same_batch(im->last, r->batch))
		return "a refusal of a batch that is committed";
	assert(r->batch.coordinator <= SIM_NODES_MAX);
	if (im->refused[r->batch.coordinator] < r->batch.number)
		im->refused[r->batch.coordinator] = r->batch.number;
	return NULL;
}

static const char *fold_promise(struct image *im, const struct record *r)
{
	if (im->promised >= r->batch.number)
		return "a promise that is not above the one before";
	im->promised = r->batch.number;
	return NULL;
}

static const char *fold_accept(struct image *im, const struct record *r)
{
	if (im->promised > r->batch.number)
		return "an acceptance below a promise";
	assert(r->len == sizeof(im->value));
	im->promised = r->batch.number;
	im->accepted = r->batch.number;
	im->has_value = true;
	memcpy(im->value, r->tls, sizeof(im->value));
	return NULL;
}

const char *image_fold(struct image *im, uint16_t own, const struct record *r)
{
	switch (r->type) {
	case RECORD_YES:
		return fold_yes(im, r);
	case RECORD_COMMIT:
		return fold_commit(im, r);
	case RECORD_REFUSED:
		return fold_refused(im, own, r);
	case RECORD_ABORTED:
		break;
	case RECORD_ACCEPT:
		return fold_accept(im, r);
	case RECORD_PROMISE:
		return fold_promise(im, r);
	}
	return NULL;
}

bool image_is_outside(const struct image *im, uint16_t own)
{
	return im->nl.n && !nl_has(&im->nl, own);
}

unsigned int image_slot_tids(const struct image *im, uint64_t tids[HSMREPL_BATCH_TLS_MAX])
{
	const struct hsmrepl_tl *tl = (const void *)im->slot;
	unsigned int n = im->slot_id.coordinator ? im->slot_n_tls : 0;

	for (unsigned int i = 0; i < n; i++, tl = tl_next(tl))
		tids[i] = le64toh(tl->tid);
	return n;
}
