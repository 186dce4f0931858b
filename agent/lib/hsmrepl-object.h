/* SPDX-License-Identifier: MIT */
/*
 * libhsmrepl: transactions, and objects as they are read. Included by hsmrepl.h.
 */
#ifndef _HSMREPL_OBJECT_H
#define _HSMREPL_OBJECT_H

#include <stddef.h>
#include <stdint.h>
#include <linux/hsmrepl.h>

#ifdef __cplusplus
extern "C" {
#endif

struct hsmrepl;

/*
 * Transactions
 */

/**
 * struct hsmrepl_change - one operation of a transaction
 * @code: HSMREPL_OP_CREATE, _UPDATE or _DELETE
 * @label_len: bytes at @label, 1 to HSMREPL_LABEL_MAX
 * @label: UTF-8, need not be NUL terminated
 * @type: NUL terminated, up to HSMREPL_TYPE_MAX bytes; NULL: see struct hsmrepl_op
 * @id: HSMREPL_ID_LEN bytes; NULL: drawn by the device
 * @if_version: version that the object must have; 0 any
 * @attrs: attribute bits
 * @payload: key material; may be NULL with @payload_len 0
 * @payload_len: bytes, up to HSMREPL_PAYLOAD_MAX
 */
struct hsmrepl_change {
	unsigned int code;
	size_t label_len;
	const char *label;
	const char *type;
	const uint8_t *id;
	uint64_t if_version;
	uint64_t attrs;
	const void *payload;
	size_t payload_len;
};

struct hsmrepl_txn;

/** hsmrepl_txn_new() - an empty transaction, or NULL for want of memory */
struct hsmrepl_txn *hsmrepl_txn_new(void);

/** hsmrepl_txn_free() - wipe and free it. NULL is allowed */
void hsmrepl_txn_free(struct hsmrepl_txn *txn);

/** hsmrepl_txn_clear() - wipe it and begin anew, keeping its memory */
void hsmrepl_txn_clear(struct hsmrepl_txn *txn);

/**
 * hsmrepl_txn_add() - add one operation; all of a transaction apply or none
 * @txn: transaction
 * @change: one operation; copied
 *
 * Return: 0, -EINVAL (a field of @change out of its range), -EMSGSIZE (label, payload, or the
 * transaction too long), -ENOMEM. After an error the transaction is as it was.
 */
int hsmrepl_txn_add(struct hsmrepl_txn *txn, const struct hsmrepl_change *change);

/** hsmrepl_txn_count() - operations in it */
unsigned int hsmrepl_txn_count(const struct hsmrepl_txn *txn);

/**
 * hsmrepl_txn_submit() - submit it and wait for the outcome
 * @dev: handle opened for writing
 * @txn: at least one operation; unchanged by the call
 * @timeout_ms: -EINPROGRESS after this; 0 waits without limit
 * @result: tid, seq, sync_point, version and id are filled in as struct hsmrepl_submit says
 */
int hsmrepl_txn_submit(struct hsmrepl *dev, const struct hsmrepl_txn *txn, unsigned int timeout_ms,
		       struct hsmrepl_submit *result);

/**
 * hsmrepl_txn_submit_async() - submit it and return at once
 * @dev: handle opened for reading and writing
 * @txn: as above
 * @cookie: comes back in the struct hsmrepl_completion that hsmrepl_read() yields
 * @tid: the transaction's id
 */
int hsmrepl_txn_submit_async(struct hsmrepl *dev, const struct hsmrepl_txn *txn, uint64_t cookie,
			     uint64_t *tid);

/**
 * struct hsmrepl_request - one of several transactions to submit
 * @txn: at least one operation; unchanged by the call
 * @cookie: comes back in the struct hsmrepl_completion
 * @tid: set to the transaction's id
 * @error: set to 0 (queued: a completion will come) or a negative errno (none will)
 */
struct hsmrepl_request {
	const struct hsmrepl_txn *txn;
	uint64_t cookie;
	uint64_t tid;
	int error;
};

/**
 * hsmrepl_txn_submit_many() - submit several, each by itself, and return at once
 * @dev: handle opened for reading and writing
 * @request: @n of them, queued in this order
 * @n: how many
 *
 * As so many calls of hsmrepl_txn_submit_async(); over a software device it is quicker.
 */
void hsmrepl_txn_submit_many(struct hsmrepl *dev, struct hsmrepl_request *request, unsigned int n);

/*
 * Objects
 */

/**
 * struct hsmrepl_object - one object as read
 * @version: 1 after create, one more with each update
 * @seq: TL that wrote it
 * @attrs: attribute bits
 * @id: object id
 * @type: NUL terminated
 * @payload_len: bytes at @payload
 * @payload: key material; hsmrepl_object_clear() wipes and frees it
 */
struct hsmrepl_object {
	uint64_t version;
	uint64_t seq;
	uint64_t attrs;
	uint8_t id[HSMREPL_ID_LEN];
	char type[HSMREPL_TYPE_MAX + 1];
	size_t payload_len;
	void *payload;
};

/**
 * hsmrepl_object_get() - read one object
 * @dev: handle opened for reading
 * @label: UTF-8, @label_len bytes
 * @label_len: its length
 * @flags: HSMREPL_GET_*
 * @timeout_ms: how long to wait for an undecided batch that touches it; 0 without limit
 * @object: filled in on 0
 */
int hsmrepl_object_get(struct hsmrepl *dev, const char *label, size_t label_len, unsigned int flags,
		       unsigned int timeout_ms, struct hsmrepl_object *object);

/** hsmrepl_object_clear() - wipe and free what hsmrepl_object_get() filled in */
void hsmrepl_object_clear(struct hsmrepl_object *object);

struct hsmrepl_lister;

/**
 * hsmrepl_list_begin() - go through the committed objects, in no order
 * @dev: handle opened for reading; must outlive the lister
 * @prefix: what labels must begin with; NULL for all
 * @lister: set on 0; hsmrepl_list_end() frees it
 */
int hsmrepl_list_begin(struct hsmrepl *dev, const char *prefix, struct hsmrepl_lister **lister);

/**
 * hsmrepl_list_next() - the next object
 * @lister: from hsmrepl_list_begin()
 * @entry: set to the entry, good until the next call
 * @label: set to its label, @entry->label_len bytes, not NUL terminated
 *
 * Return: 1 with an entry, 0 at the end, or a negative errno.
 */
int hsmrepl_list_next(struct hsmrepl_lister *lister, const struct hsmrepl_list_entry **entry,
		      const char **label);

/** hsmrepl_list_end() - free the lister. NULL is allowed */
void hsmrepl_list_end(struct hsmrepl_lister *lister);

#ifdef __cplusplus
}
#endif

#endif /* _HSMREPL_OBJECT_H */
