/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What a node keeps on disk: an append-only transaction log for what is in flight, and
 * SQLite for what is settled. Every TL is sealed once (AES-256-GCM under a key derived
 * from the key-set secret) when it is appended; the same sealed bytes go into SQLite. No label,
 * type or payload is readable at rest.
 *
 * Threads: the caller's thread appends; it or one thread of the store writes and flushes the
 * log, one settles into SQLite. Completions are fetched by the caller's thread.
 */
#ifndef HSM_STORE_STORE_H
#define HSM_STORE_STORE_H

#include "log.h"
#include "../core/step.h"

#define STORE_KEY_LEN 32
#define STORE_ERROR_MAX 512

struct store;

/**
 * struct store_image - what was found at start
 * @nl: node list in force, n == 0 without a pool
 * @position: everything known to be committed is in SQLite up to here (digest, chain included)
 * @slot_id: undecided batch with our durable yes, coordinator 0 for none
 * @slot: its TLs in the clear; owned by the store until store_release_slot()
 * @slot_n_tls: TLs in @slot
 * @last: batch committed last, coordinator 0 for none
 * @incarnation: of this start: higher than all before and already durable
 * @refused: per coordinator the highest batch number refused or aborted
 * @n_refused: entries
 * @promised: node-down: highest ballot promised that still binds, 0 for none
 * @accepted: node-down: ballot of @value, if it leads beyond @position's epoch; else 0
 * @has_value: @value holds one
 * @value: node-down: value accepted last; without @accepted it is of the epoch before: how that
 *	one ended, if it was chosen
 * @objects: objects at @position
 * @rolled_back: this store is an old copy (the counter outside it says so): it has forgotten votes
 */
struct store_image {
	struct node_list nl;
	struct position position;
	struct batch_id slot_id;
	struct bytes slot;
	unsigned int slot_n_tls;
	struct batch_id last;
	uint32_t incarnation;
	struct batch_id refused[HSMREPL_NODES_MAX];
	unsigned int n_refused;
	uint64_t promised;
	uint64_t accepted;
	bool has_value;
	uint8_t value[DOWN_VALUE_LEN];
	uint64_t objects;
	bool rolled_back;
};

/**
 * store_open() - open or create the store in @dir, recover, start its threads
 * @dir: directory, created with mode 0700 if it is not there; locked against a second agent
 * @secret: key-set secret, STORE_KEY_LEN bytes; keys are derived from it by HKDF
 * @node_id: id of this node; a store of another node is refused
 * @counter: file on other storage that tells a store put back from an old copy, NULL or empty for
 *	none; it must be there unless the store is new or never had one; lives as long as the store
 * @log: where lines go
 * @image: filled in
 * @error: what is wrong and what to do
 *
 * A torn last record is cut off silently (it was never confirmed); damage before the last
 * durable record, a wrong secret, or a newer format is an error and changes nothing.
 * Returns NULL with @error set.
 */
struct store *store_open(const char *dir, const uint8_t secret[STORE_KEY_LEN], uint16_t node_id,
			 const char *counter, struct log *log, struct store_image *image,
			 char error[STORE_ERROR_MAX]);

/* The slot's TLs of the image are no longer needed. */
void store_release_slot(struct store *s, struct store_image *image);

/* Writes and settles what was appended, stops the threads, wipes keys. */
void store_close(struct store *s);

/**
 * struct store_object - one object as it stands; borrowed for the call
 * @label: not NUL terminated
 * @label_len: bytes of @label
 * @payload: content
 * @payload_len: bytes of @payload
 * @version: counts from 1 at its create
 * @seq: TL that wrote its content
 * @attrs: attributes
 * @id: of the object, kept through its updates
 * @type: NUL padded
 */
struct store_object {
	const char *label;
	size_t label_len;
	const void *payload;
	size_t payload_len;
	uint64_t version;
	uint64_t seq;
	uint64_t attrs;
	uint8_t id[HSMREPL_ID_LEN];
	char type[HSMREPL_TYPE_MAX];
};

/**
 * store_each() - walk all objects at the image's position, before the first append
 * @s: store
 * @fn: called for each; a non-zero return stops the walk and is returned
 * @arg: of the callback
 * Returns 0, what @fn returned, or -EIO / -EBADMSG with a line in the log.
 */
int store_each(struct store *s, int (*fn)(void *arg, const struct store_object *o), void *arg);

/**
 * store_append() - append one record
 * @s: store
 * @record: what it says; see enum record_type
 * @batch: batch it is about
 * @tls: RECORD_YES: the TLs; RECORD_ACCEPT: the value; copied (sealed) before the return
 * @n_tls: RECORD_YES
 * @after: RECORD_COMMIT: position after the batch
 *
 * YES, REFUSED, PROMISE and ACCEPT are written and flushed with store_flush(), together with
 * everything appended before them, by one write and one fdatasync, and reported by
 * store_next_done(); COMMIT and ABORTED go along with the next such write, or after a short idle
 * time. COMMIT hands the batch to SQLite; REFUSED drops it.
 */
void store_append(struct store *s, enum record_type record, struct batch_id batch,
		  struct bytes tls, unsigned int n_tls, const struct position *after);

/*
 * A YES that nobody waits for: it is written like a COMMIT, and store_next_done() does not tell of
 * it, unless the log fails with it.
 */
void store_append_lazily(struct store *s, struct batch_id batch, struct bytes tls,
			 unsigned int n_tls);

/*
 * Have what was appended written and flushed. Call it when nothing else is to be done: it is done
 * here and now, to spare waking the store's thread and being woken by it, unless that one is at
 * work, or the disk is slow. store_next_done() may have something then, of which store_fd() does
 * not tell.
 */
void store_flush(struct store *s);

/* Readable (eventfd) when the store's thread has something for store_next_done(). */
int store_fd(const struct store *s);

/* It is not any more, until there is more; before store_next_done() is called. */
void store_heed(struct store *s);

/**
 * store_next_done() - fetch one completion
 * @s: store
 * @record: what was appended
 * @batch: batch that it is about
 * @error: errno, 0 for success
 *
 * Returns true and fills @record, @batch, @error (0, or the errno of the failed write;
 * after an error every later record fails as well).
 */
bool store_next_done(struct store *s, enum record_type *record, struct batch_id *batch, int *error);

/* When the completion fetched last was on the disk, by CLOCK_MONOTONIC. */
uint64_t store_done_ns(const struct store *s);

/**
 * store_outcome() - fate of one transaction by TID
 * @s: store
 * @tid: transaction id
 * @seq: filled in for a committed one
 * @sp: filled in for a committed one
 *
 * Returns HSMREPL_OUTCOME_COMMITTED (fills @seq, @sp), _ABORTED, _PENDING, or 0 if not known.
 */
int store_outcome(struct store *s, uint64_t tid, uint64_t *seq, uint64_t *sp);

/**
 * store_zeroize() - wipe everything but the incarnation
 * @s: store
 *
 * Objects, history, node list, slot and refusals are gone: the files are overwritten and removed.
 * After it only store_close() may be called; store_open() then makes an empty store, whose
 * incarnation is the next one. A wipe that is cut off is finished by store_open(). Returns 0 or
 * -errno.
 */
int store_zeroize(struct store *s);

/**
 * store_digest_key() - key of the content digest, derived from the key-set secret
 * @secret: of the key set
 * @key: filled in
 */
void store_digest_key(const uint8_t secret[STORE_KEY_LEN], uint8_t key[HSMREPL_KEY_LEN]);

#endif /* HSM_STORE_STORE_H */
