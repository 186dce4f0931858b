/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The agent's side of the device (uapi/linux/hsmrepl.h, "Agent side"), over libhsmrepl.
 *
 * Every call returns 0 or a negative errno. Only -ENODEV (the software device went away) and what
 * is listed at a call can come back; anything else would be a broken contract, and is an assertion.
 */
#ifndef HSM_DEVICE_DEVICE_H
#define HSM_DEVICE_DEVICE_H

#include "log.h"
#include "store.h"
#include "../core/step.h"

#define DEVICE_ERROR_MAX 512
/* Of one batch: a peer's disk and line are not held for long. */
#define DEVICE_GRANT_BYTES (1u << 20)

#define DEVICE_CALLS_MAX 4	/* begun and not ended */

struct device;

/**
 * struct device_request - an administrative request, borrowed for the call
 * @id: to answer it by
 * @verb: enum hsmrepl_verb
 * @json: request text, @json_len bytes, not NUL terminated
 * @json_len: bytes of @json
 */
struct device_request {
	uint64_t id;
	unsigned int verb;
	const char *json;
	size_t json_len;
};

/**
 * struct device_sink - where device_read() reports what it found
 * @queued: transactions wait and no grant stands
 * @claimed: one whole batch; @tls stays until the next device_read()
 * @admin: an administrative request
 * @arg: handed to all of them
 */
struct device_sink {
	void (*queued)(void *arg);
	void (*claimed)(void *arg, uint64_t number, struct bytes tls, unsigned int n_tls);
	void (*admin)(void *arg, const struct device_request *r);
	void *arg;
};

/**
 * struct device_limits - what it refuses to go beyond
 * @payload: bytes of one payload
 * @objects: how many it holds
 * @bytes: of its memory
 */
struct device_limits {
	uint64_t payload;
	uint64_t objects;
	uint64_t bytes;
};

/**
 * struct device_content - what the device held when the agent attached
 * @loaded: there is content from before; else the rest is zero
 * @position: where it stands
 * @slot: batch in its slot, coordinator 0 for a free one
 * @slot_claimed: it is this node's own, and its submitters may still be there
 */
struct device_content {
	bool loaded;
	struct position position;
	struct batch_id slot;
	bool slot_claimed;
};

/**
 * struct device_view - what only the device knows
 * @queued: transactions in its queue
 * @first_tid: first TID undecided or queued, 0 for none
 * @objects: committed ones
 * @bytes: of memory that they take
 * @check_code: of the Sync-Point
 */
struct device_view {
	unsigned int queued;
	uint64_t first_tid;
	uint64_t objects;
	uint64_t bytes;
	unsigned int check_code;
};

/**
 * device_open() - open a device, which must be there
 * @path: character device or socket of the software device
 * @error: what is wrong and what to do
 * Returns NULL with @error set.
 */
struct device *device_open(const char *path, char error[DEVICE_ERROR_MAX]);
void device_close(struct device *d);

/* Descriptor, readable when device_read() has something. */
int device_fd(const struct device *d);

/* The limits in force. Returns 0, or -ENODEV if the device is gone. */
int device_limits(struct device *d, struct device_limits *limits);

/* The highest protocol version whose node lists it takes. Returns as device_limits(). */
int device_protocol(struct device *d, uint16_t *protocol);

/**
 * device_attach() - become the agent
 * @d: device
 * @id: of this node
 * @name: of this node
 * @mode: of this node
 * @digest_key: see store_digest_key()
 * @content: filled in
 * @error: set for any negative return, with what to do
 */
int device_attach(struct device *d, uint16_t id, const char *name, enum hsmrepl_mode mode,
		  const uint8_t digest_key[HSMREPL_KEY_LEN], struct device_content *content,
		  char error[DEVICE_ERROR_MAX]);

/**
 * device_load_begin() - drop what the device holds: content, slot, queue
 * device_load_object() - add one object
 * device_load_end() - content is complete and stands for @position; @nl->n == 0: no pool
 * device_load_done() - after that, or at the first error, before anything else
 * @d: device
 *
 * -EBADMSG: the digest is not @position's, or an object is malformed; -EEXIST: an object came
 * twice;
 * -ENOSPC, -ENOMEM: the device has no room for it. The device is empty then.
 */
int device_load_begin(struct device *d);
int device_load_object(struct device *d, const struct store_object *o);
int device_load_end(struct device *d, const struct position *position, const struct node_list *nl);
void device_load_done(struct device *d);

/*
 * Calls that are begun: the device has them with device_give() or device_end(), together, and
 * carries out all calls in their order; nobody waits for it. Each is to be ended by device_end(),
 * at most DEVICE_CALLS_MAX are begun until then. What they point to stays until they are given.
 */

/* Let it claim one batch of at most @max_tls TLs under @number; @epoch is this node's. */
void device_begin_grant(struct device *d, uint64_t number, uint64_t epoch, unsigned int max_tls);

/* Have it take the slot for @n_tls TLs; @foretell: and tell where their commit leads. */
void device_begin_prepare(struct device *d, struct batch_id batch, struct bytes tls,
			  unsigned int n_tls, bool foretell);

/* Decide the slot, where @batch is; @error: of an abort, for the submitters. */
void device_begin_resolve(struct device *d, struct batch_id batch,
			  enum hsmrepl_resolution resolution, int error);

/* The device gets what was begun. */
void device_give(struct device *d);

/**
 * device_end() - wait for what came of the call begun first
 * @d: device
 * @refusal: of a prepare: 0, or why the device does not take it: EBUSY, ESTALE, EBADMSG, EEXIST,
 *	ENOENT, ENOSPC, ENOMEM, EMSGSIZE
 * @after: of a resolve: where the device stands after it. Of a prepare: where a commit would lead,
 *	seq 0 if it does not tell
 */
int device_end(struct device *d, int *refusal, struct position *after);

/* Take the grant back; -EBUSY: a batch was claimed under it and is to be read. */
int device_revoke(struct device *d);

/*
 * Queue the transaction that brings @nl: a FORM, NODE_ADD, NODE_REMOVE or FINALISE. @refusal: 0, or
 * ENOMEM or EAGAIN if there is no room for it now.
 */
int device_nodes(struct device *d, enum hsmrepl_tl_kind kind, const struct node_list *nl,
		 int *refusal);

/*
 * What sysfs and listeners are to know; @error replaces last_error, NULL clears it. @percent: of a
 * Live-Sync, for HSMREPL_EVENT_SYNC.
 */
int device_report(struct device *d, enum hsmrepl_node_state state, unsigned int nodes_up,
		  enum hsmrepl_event event, uint16_t node, unsigned int percent,
		  const char *error);

/* Answer an administrative request; it is no error if its caller is gone. */
int device_answer(struct device *d, uint64_t request, int status, const char *json);

/* What only the device knows: see there. */
int device_look(struct device *d, struct device_view *view);

/* Read what is there, once, and report it. -EAGAIN is not an error. */
int device_read(struct device *d, const struct device_sink *sink);

#endif /* HSM_DEVICE_DEVICE_H */
