/* SPDX-License-Identifier: MIT */
/*
 * libhsmrepl: client library of the replicated key store of an HSM appliance.
 *
 * The device may be the kernel's (/dev/hsmrepl) or the software device (a Unix socket): the
 * path given to hsmrepl_open() decides, nothing else differs. Two levels: hsmrepl_ioctl() and
 * hsmrepl_read() carry the ABI of <linux/hsmrepl.h> as it stands; the calls below them take care of
 * layout, buffers and iteration.
 *
 * Unless said otherwise a function returns 0 or a negative errno, with the meaning of the errno table in
 * <linux/hsmrepl.h>; hsmrepl_error_text() puts it in words. -ENODEV: the software device went away.
 *
 * One handle serves one thread at a time; handles are independent of each other.
 */
#ifndef _HSMREPL_H
#define _HSMREPL_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <linux/hsmrepl.h>

#ifdef __cplusplus
extern "C" {
#endif

#define HSMREPL_ENV_DEVICE	"HSMREPL_DEVICE"	/* environment variable that names the device */

struct hsmrepl;

/**
 * hsmrepl_open() - open a device
 * @path: character device or socket of the software device; NULL: $HSMREPL_DEVICE, else HSMREPL_DEVICE
 * @flags: O_RDONLY or O_RDWR, and O_NONBLOCK, which concerns hsmrepl_read() alone
 *
 * Return: a handle, or NULL with errno set (ENOTSUP: neither a character device nor a socket,
 * EPROTO: not a software device or one of another version).
 */
struct hsmrepl *hsmrepl_open(const char *path, int flags);

/** hsmrepl_close() - give back everything; the agent's handle detaches by it. NULL is allowed */
void hsmrepl_close(struct hsmrepl *dev);

/**
 * hsmrepl_ioctl() - one command of the ABI
 * @dev: handle
 * @cmd: HSMREPL_IOC_*
 * @arg: its struct, size filled in
 *
 * A signal ends a command that waits: -EINTR, also with SA_RESTART.
 */
int hsmrepl_ioctl(struct hsmrepl *dev, unsigned int cmd, void *arg);

/**
 * hsmrepl_read() - take records, whole ones
 * @dev: handle
 * @buf: room for them
 * @len: HSMREPL_READ_MIN bytes for the agent; 4096 bytes are enough for completions
 *
 * Return: bytes, or -EAGAIN (O_NONBLOCK and nothing there), -EMSGSIZE (not even one record fits; it stays).
 */
ssize_t hsmrepl_read(struct hsmrepl *dev, void *buf, size_t len);

/** hsmrepl_fd() - descriptor for poll(): readable exactly when hsmrepl_read() has something */
int hsmrepl_fd(const struct hsmrepl *dev);

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

/*
 * The node
 */

/** hsmrepl_node_info() - versions, features and limits in force */
int hsmrepl_node_info(struct hsmrepl *dev, struct hsmrepl_info *info);

/**
 * hsmrepl_node_state() - what this node is
 * @dev: handle opened for reading
 * @min_seq: wait until seq is at least this; 0 does not wait
 * @timeout_ms: -ETIMEDOUT after this; 0 without limit
 * @state: filled in on 0
 */
int hsmrepl_node_state(struct hsmrepl *dev, uint64_t min_seq, unsigned int timeout_ms,
		       struct hsmrepl_state *state);

/**
 * hsmrepl_node_outcome() - fate of one transaction, as far as the device remembers
 * @dev: handle opened for reading
 * @tid: its id
 * @wait: not 0: wait until it is decided
 * @timeout_ms: -ETIMEDOUT after this; 0 without limit
 * @outcome: filled in on 0
 */
int hsmrepl_node_outcome(struct hsmrepl *dev, uint64_t tid, int wait, unsigned int timeout_ms,
			 struct hsmrepl_outcome *outcome);

/**
 * hsmrepl_node_ask() - ask the node's agent
 * @dev: handle; opened for writing for verbs from HSMREPL_VERB_WRITE on
 * @verb: enum hsmrepl_verb
 * @request: JSON text, NULL for none
 * @timeout_ms: -ETIMEDOUT after this; 0 without limit
 * @answer: set to the JSON text (free() it) on 0 and when the agent refused, else NULL
 *
 * Return: 0, the negative errno with which the agent refused (@answer then has "error" and "hint"), or
 * the negative errno of the device (@answer is NULL).
 */
int hsmrepl_node_ask(struct hsmrepl *dev, unsigned int verb, const char *request,
		     unsigned int timeout_ms, char **answer);

/*
 * Events: what changed; read the state again to know what holds.
 */

/**
 * struct hsmrepl_notice - one event; fields that the event does not carry are zero
 * @event: enum hsmrepl_event
 * @minor: instance it comes from
 * @state: enum hsmrepl_node_state
 * @node: node id
 * @percent: progress of Live-Sync
 * @count: TLs of the batch
 * @epoch: epoch in force
 * @seq: seq after it
 * @tid: last TID of the batch
 * @sync_point: Sync-Point after it
 */
struct hsmrepl_notice {
	uint32_t event;
	uint32_t minor;
	uint32_t state;
	uint32_t node;
	uint32_t percent;
	uint32_t count;
	uint64_t epoch;
	uint64_t seq;
	uint64_t tid;
	uint64_t sync_point;
};

struct hsmrepl_events;

/**
 * hsmrepl_events_open() - subscribe to the events of a device
 * @dev: handle opened for reading; may be closed before the subscription
 * @events: set on 0; hsmrepl_events_close() frees it
 *
 * Return: 0, -EOPNOTSUPP (the kernel has no such netlink family), or another negative errno.
 */
int hsmrepl_events_open(struct hsmrepl *dev, struct hsmrepl_events **events);

/** hsmrepl_events_fd() - descriptor for poll() */
int hsmrepl_events_fd(const struct hsmrepl_events *events);

/**
 * hsmrepl_events_next() - take one event, without waiting
 * @events: subscription
 * @notice: filled in on 0
 *
 * Return: 0, -EAGAIN (none there), -ENOBUFS (some were lost: read the state again), -ENODEV.
 */
int hsmrepl_events_next(struct hsmrepl_events *events, struct hsmrepl_notice *notice);

/** hsmrepl_events_close() - end the subscription. NULL is allowed */
void hsmrepl_events_close(struct hsmrepl_events *events);

/*
 * Words
 */

/** hsmrepl_error_name() - "EEXIST" for EEXIST; @error positive or negative */
const char *hsmrepl_error_name(int error);

/** hsmrepl_error_text() - what an errno means here, in words; @error positive or negative */
const char *hsmrepl_error_text(int error);

/** hsmrepl_state_name() - "member" for HSMREPL_MEMBER, "unknown" for what is none */
const char *hsmrepl_state_name(unsigned int state);

/** hsmrepl_event_name() - "commit" for HSMREPL_EVENT_COMMIT, "unknown" for what is none */
const char *hsmrepl_event_name(unsigned int event);

#ifdef __cplusplus
}
#endif

#endif /* _HSMREPL_H */
