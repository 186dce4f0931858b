/* SPDX-License-Identifier: (GPL-2.0 WITH Linux-syscall-note) OR MIT */
/*
 * /dev/hsmrepl: the key store of an HSM appliance, replicated under two-phase commit.
 *
 * This header is the whole ABI: ioctl commands, the records that read() yields, the
 * transaction log (TL) format, and the generic netlink family. The software device
 * (hsmrepl-softdev) serves the same requests over a Unix socket.
 *
 * Changelog
 *   2026-11-23  version 1: first version
 *   2026-11-26  a node that catches up to join: content of a pool (epoch not 0) whose node list is
 *               without this node; SUBMIT of callers is ENONET, PREPARE works
 *   2026-11-26  verbs LIVE_SYNC, LEAVE, CROSS_CHECK, SPLIT_BRAIN, VERIFY
 *   2026-11-26  administrative verbs TEST and DISCOVER
 *   2026-11-26  administrative verbs BACKUP, RESTORE, REPORT
 *   2026-11-26  EEXIST, ENOENT and ESTALE never rest on what is undecided: SUBMIT waits instead
 *   2026-11-26  node lists name the protocol that a pool was finalised at (FEATURE_PROTOCOL), TL
 *               kind and verb FINALISE
 *   2026-11-27  PREPARE yields where COMMIT would lead
 *
 * Conventions
 *   - Every ioctl takes a pointer to a struct whose first field is its size. A caller built
 *     against an older, shorter struct is served as long as it holds the fields of version 1;
 *     a longer struct is served if all bytes past the known ones are zero.
 *   - Reserved and padding fields must be zero. Pointers travel as __u64.
 *   - Layout is the same for 32 and 64 bit callers.
 *   - Fields of structs passed to ioctl and of records from read() are in host byte order;
 *     TLs and operations (struct hsmrepl_tl, hsmrepl_op, hsmrepl_nl) are little-endian everywhere,
 *     because device, network and disk share that one format.
 *
 * Errors, common to all commands
 *   ENOTTY      unknown command
 *   EINVAL      struct shorter than version 1 of it, or a field out of its range
 *   E2BIG       struct longer than known, with a byte past the known ones not zero
 *   EOPNOTSUPP  unknown flag, or a reserved field not zero
 *   EFAULT      a pointer that cannot be read or written
 *   EACCES      the file was not opened for writing (mutations) or reading (reads)
 *   EPERM       command for the attached agent only, or CAP_SYS_ADMIN missing
 *   ENOMEM      no memory; nothing was changed
 *
 * Errors of mutations (SUBMIT, and as the cause in an outcome)
 *   EEXIST      create: the label or the id exists
 *   ENOENT      update or delete: no such label
 *   ESTALE      update or delete: the object's version is not if_version
 *               These three are told at once if they rest on what is committed. If they rest on
 *               one that is undecided, and may yet be aborted, the transaction is queued and judged
 *               when that one is decided.
 *   EMSGSIZE    payload, label or transaction over its limit (see HSMREPL_IOC_INFO)
 *   ENOSPC      a limit on objects or bytes is reached
 *   EAGAIN      the queue is full: try again later
 *   ENOTCONN    no agent is attached (or it still loads its store), or it went away for longer than
 *               the grace time; not applied
 *   ENONET      this node belongs to no pool yet: form one or join one (or let it finish joining)
 *   EROFS       this node takes no writes (removed, diverged or halted): see state and last_error
 *   ECANCELED   aborted: the transaction was never applied and never will be
 *   EINPROGRESS outcome pending: ask for the TID later
 *   EINTR       interrupted while waiting; the TID is filled in, its outcome is pending
 */
#ifndef _UAPI_LINUX_HSMREPL_H
#define _UAPI_LINUX_HSMREPL_H

#include <linux/types.h>
#include <linux/ioctl.h>

#define HSMREPL_ABI_VERSION	1
#define HSMREPL_DEVICE		"/dev/hsmrepl"

/* Limits fixed by the format; smaller ones may be set as module parameters, see INFO. */
#define HSMREPL_LABEL_MAX	255		/* bytes of UTF-8, no NUL */
#define HSMREPL_TYPE_MAX	16		/* bytes of ASCII, NUL padded */
#define HSMREPL_ID_LEN		16
#define HSMREPL_PAYLOAD_MAX	(64 * 1024)
#define HSMREPL_TL_MAX		(1024 * 1024)	/* bytes of one TL, header included */
#define HSMREPL_OPS_MAX		256		/* operations of one TL */
#define HSMREPL_BATCH_TLS_MAX	256		/* TLs of one batch */
#define HSMREPL_BATCH_MAX	(2 * 1024 * 1024) /* bytes of one batch */
#define HSMREPL_NODES_MAX	16
#define HSMREPL_NAME_MAX	32		/* node name, NUL terminated */
#define HSMREPL_ADDRESS_MAX	64		/* "host:port", NUL terminated */
#define HSMREPL_POOL_LEN	16
#define HSMREPL_CHAIN_LEN	32		/* SHA-256 */
#define HSMREPL_KEY_LEN		16		/* SipHash key of the digest */
#define HSMREPL_ADMIN_MAX	(64 * 1024)	/* bytes of an administrative request or answer */
#define HSMREPL_ERROR_MAX	128		/* last_error, NUL terminated */

/*
 * Transaction log (TL), little-endian, 8-byte aligned.
 */

/**
 * enum hsmrepl_tl_kind - what a TL changes
 * @HSMREPL_TL_DATA: objects; one or more create, update, delete operations
 * @HSMREPL_TL_FORM: first node list of a pool; one HSMREPL_OP_NODES operation
 * @HSMREPL_TL_NODE_ADD: a node joins (protocol.md section 4)
 * @HSMREPL_TL_NODE_REMOVE: a node leaves in order
 * @HSMREPL_TL_NODE_DOWN: ends an epoch by node-down (protocol.md section 3)
 * @HSMREPL_TL_FINALISE: the same members, from now on under a higher protocol version
 */
enum hsmrepl_tl_kind {
	HSMREPL_TL_DATA = 1,
	HSMREPL_TL_FORM = 2,
	HSMREPL_TL_NODE_ADD = 3,
	HSMREPL_TL_NODE_REMOVE = 4,
	HSMREPL_TL_NODE_DOWN = 5,
	HSMREPL_TL_FINALISE = 6,
};

/**
 * struct hsmrepl_tl - header of one replicated transaction
 * @len: bytes of the whole TL, header included; a multiple of 8
 * @format: 1
 * @kind: enum hsmrepl_tl_kind
 * @tid: transaction id, random, not zero
 * @sync_point: Sync-Point before this TL
 * @seq: number of this TL in the history; the first is 1
 * @epoch: epoch in which it was cut
 * @coordinator: node id of the node that cut it
 * @n_ops: operations that follow
 * @n_voters: node ids used in @voters
 * @reserved: zero
 * @voters: the CNLS: ids of all nodes that vote, ascending; unused ones zero
 *
 * Followed by @n_ops times struct hsmrepl_op. All apply or none.
 */
struct hsmrepl_tl {
	__le32 len;
	__le16 format;
	__le16 kind;
	__le64 tid;
	__le64 sync_point;
	__le64 seq;
	__le64 epoch;
	__le16 coordinator;
	__le16 n_ops;
	__le16 n_voters;
	__le16 reserved;
	__le16 voters[HSMREPL_NODES_MAX];
};

enum hsmrepl_op_code {
	HSMREPL_OP_CREATE = 1,
	HSMREPL_OP_UPDATE = 2,
	HSMREPL_OP_DELETE = 3,
	HSMREPL_OP_NODES = 16,	/* payload is struct hsmrepl_nl; never from SUBMIT of a caller */
};

/**
 * struct hsmrepl_op - one operation on one object
 * @len: bytes of the operation: this header, label, payload, zero padding to a multiple of 8
 * @code: enum hsmrepl_op_code
 * @label_len: bytes of the label, 1 to HSMREPL_LABEL_MAX (0 for HSMREPL_OP_NODES)
 * @payload_len: bytes of the payload, 0 to HSMREPL_PAYLOAD_MAX; 0 for delete
 * @reserved: zero
 * @if_version: update, delete: version that the object must have; 0 means any. create: 0
 * @attrs: opaque attribute bits of the object; update: replaces them. delete: 0
 * @id: 128-bit object id. create: zero asks the device to draw one. update, delete: zero
 * @type: object type, printable ASCII, NUL padded. create: empty means "opaque".
 *        update: empty keeps the old one. delete: empty
 *
 * The label follows at once, then the payload. An object's version is 1 after create and
 * rises by one with each update.
 */
struct hsmrepl_op {
	__le32 len;
	__le16 code;
	__le16 label_len;
	__le32 payload_len;
	__le32 reserved;
	__le64 if_version;
	__le64 attrs;
	__u8 id[HSMREPL_ID_LEN];
	char type[HSMREPL_TYPE_MAX];
};

/**
 * struct hsmrepl_node - one member in a node list
 * @id: node id, 1 to 65535
 * @reserved: zero
 * @name: NUL padded
 * @address: "host:port" at which its agent listens, NUL padded
 */
struct hsmrepl_node {
	__le16 id;
	__u8 reserved[6];
	char name[HSMREPL_NAME_MAX];
	char address[HSMREPL_ADDRESS_MAX];
};

/**
 * struct hsmrepl_nl - a node list, payload of HSMREPL_OP_NODES
 * @pool: pool id, not zero
 * @epoch: epoch that begins when the TL is applied
 * @n_nodes: entries used
 * @protocol: protocol version that the pool was finalised at, 0 for never: only FINALISE changes
 *	it, and raises it. What it means is the agents' business
 * @reserved: zero
 * @nodes: ascending by id, unused ones zero
 */
struct hsmrepl_nl {
	__u8 pool[HSMREPL_POOL_LEN];
	__le64 epoch;
	__le16 n_nodes;
	__le16 protocol;
	__u8 reserved[4];
	struct hsmrepl_node nodes[HSMREPL_NODES_MAX];
};

/*
 * ioctl commands. All are _IO(): the size is in the struct.
 */
#define HSMREPL_IOC_TYPE	0xB9

#define HSMREPL_IOC_INFO	_IO(HSMREPL_IOC_TYPE, 0x00)
#define HSMREPL_IOC_STATE	_IO(HSMREPL_IOC_TYPE, 0x01)
#define HSMREPL_IOC_SUBMIT	_IO(HSMREPL_IOC_TYPE, 0x02)
#define HSMREPL_IOC_OUTCOME	_IO(HSMREPL_IOC_TYPE, 0x03)
#define HSMREPL_IOC_GET		_IO(HSMREPL_IOC_TYPE, 0x04)
#define HSMREPL_IOC_LIST	_IO(HSMREPL_IOC_TYPE, 0x05)
#define HSMREPL_IOC_ADMIN	_IO(HSMREPL_IOC_TYPE, 0x06)
#define HSMREPL_IOC_ATTACH	_IO(HSMREPL_IOC_TYPE, 0x10)
#define HSMREPL_IOC_LOAD	_IO(HSMREPL_IOC_TYPE, 0x11)
#define HSMREPL_IOC_GRANT	_IO(HSMREPL_IOC_TYPE, 0x12)
#define HSMREPL_IOC_PREPARE	_IO(HSMREPL_IOC_TYPE, 0x13)
#define HSMREPL_IOC_RESOLVE	_IO(HSMREPL_IOC_TYPE, 0x14)
#define HSMREPL_IOC_REPORT	_IO(HSMREPL_IOC_TYPE, 0x15)
#define HSMREPL_IOC_ANSWER	_IO(HSMREPL_IOC_TYPE, 0x16)

/* Feature bits of INFO */
#define HSMREPL_FEATURE_ASYNC	(1 << 0)	/* HSMREPL_SUBMIT_ASYNC */
#define HSMREPL_FEATURE_SOFT	(1 << 1)	/* software device */
#define HSMREPL_FEATURE_PROTOCOL (1 << 2)	/* protocol in struct hsmrepl_nl, FINALISE */

/**
 * struct hsmrepl_info - HSMREPL_IOC_INFO: versions, features, limits in force
 * @size: sizeof(struct hsmrepl_info)
 * @flags: in, zero
 * @abi_version: HSMREPL_ABI_VERSION
 * @minor: which instance this is, from 0
 * @features: HSMREPL_FEATURE_*
 * @payload_max: bytes of one payload
 * @objects_max: objects in the store
 * @bytes_max: bytes of kernel memory for objects
 * @queue_max: transactions that may wait in the queue
 * @grace_ms: how long callers wait on for an agent that went away
 * @reserved: zero
 */
struct hsmrepl_info {
	__u32 size;
	__u32 flags;
	__u32 abi_version;
	__u32 minor;
	__u64 features;
	__u32 payload_max;
	__u32 queue_max;
	__u64 objects_max;
	__u64 bytes_max;
	__u32 grace_ms;
	__u32 reserved;
};

/* Node states; protocol.md sections 2 to 4 say when which holds. */
enum hsmrepl_node_state {
	HSMREPL_OFFLINE = 0,	/* no agent attached */
	HSMREPL_STARTING = 1,	/* agent loads the store, finds its peers */
	HSMREPL_JOINING = 2,	/* in no pool yet, or catching up */
	HSMREPL_MEMBER = 3,	/* all members connected: writes commit */
	HSMREPL_BLOCKED = 4,	/* a member cannot be reached: writes wait, reads go on */
	HSMREPL_REMOVED = 5,	/* taken out of the node list by node-down */
	HSMREPL_DIVERGED = 6,	/* history differs from the pool's */
	HSMREPL_HALTED = 7,	/* the agent stopped itself; last_error says why */
};

enum hsmrepl_mode {
	HSMREPL_MODE_NORMAL = 0,
	HSMREPL_MODE_FIPS = 1,
};

/**
 * struct hsmrepl_state - HSMREPL_IOC_STATE: what this node is; may wait for a seq
 * @size: sizeof(struct hsmrepl_state)
 * @flags: in, zero
 * @min_seq: in: wait until @seq is at least this; 0 does not wait
 * @timeout_ms: in: ETIMEDOUT after this; 0 waits without limit
 * @state: enum hsmrepl_node_state
 * @mode: enum hsmrepl_mode
 * @node_id: of this node, 0 before an agent ever attached
 * @epoch: epoch in force, 0 before a pool is formed
 * @seq: TLs applied
 * @sync_point: XOR of the TIDs of all TLs applied
 * @digest: keyed digest of the store's content
 * @chain: hash chain over all TLs applied
 * @objects: committed objects
 * @bytes: kernel memory that objects take
 * @queue: transactions that wait to be claimed
 * @check_code: 0 to 9999, derived from @sync_point, for comparing by phone
 * @pending_tid: first TID of the undecided batch or of the queue, 0 for none
 * @agent: 1 while an agent is attached
 * @nodes_total: members of the node list
 * @nodes_up: members connected, this node included
 * @reserved: zero
 * @pool: pool id, zero before a pool is formed
 * @name: node name, NUL terminated
 * @last_error: one line, empty for none
 */
struct hsmrepl_state {
	__u32 size;
	__u32 flags;
	__u64 min_seq;
	__u32 timeout_ms;
	__u32 state;
	__u32 mode;
	__u32 node_id;
	__u64 epoch;
	__u64 seq;
	__u64 sync_point;
	__u64 digest;
	__u8 chain[HSMREPL_CHAIN_LEN];
	__u64 objects;
	__u64 bytes;
	__u32 queue;
	__u32 check_code;
	__u64 pending_tid;
	__u32 agent;
	__u32 nodes_total;
	__u32 nodes_up;
	__u32 reserved;
	__u8 pool[HSMREPL_POOL_LEN];
	char name[HSMREPL_NAME_MAX];
	char last_error[HSMREPL_ERROR_MAX];
};

/* return the TID at once, complete through poll and read */
#define HSMREPL_SUBMIT_ASYNC	(1 << 0)

/**
 * struct hsmrepl_submit - HSMREPL_IOC_SUBMIT: queue one transaction, wait for its outcome
 * @size: sizeof(struct hsmrepl_submit)
 * @flags: HSMREPL_SUBMIT_*
 * @kind: enum hsmrepl_tl_kind; all but HSMREPL_TL_DATA are for the agent, with ASYNC
 * @n_ops: operations in @ops
 * @ops: pointer to @n_ops times struct hsmrepl_op with label and payload
 * @ops_len: bytes at @ops
 * @timeout_ms: EINPROGRESS after this; 0 waits without limit
 * @cookie: handed back in the completion record
 * @tid: out: the transaction's id; filled in whenever it was queued, also with EINPROGRESS,
 *	EINTR, ECANCELED
 * @seq: out: number in the history, when committed
 * @sync_point: out: Sync-Point after it, when committed
 * @version: out: version of the first operation's object after it (delete: 0), when committed
 * @id: out: id of the first operation's object, when committed
 *
 * 0 means committed (ASYNC: queued). Otherwise see the errors of mutations above.
 */
struct hsmrepl_submit {
	__u32 size;
	__u32 flags;
	__u32 kind;
	__u32 n_ops;
	__u64 ops;
	__u32 ops_len;
	__u32 timeout_ms;
	__u64 cookie;
	__u64 tid;
	__u64 seq;
	__u64 sync_point;
	__u64 version;
	__u8 id[HSMREPL_ID_LEN];
};

enum hsmrepl_outcome_state {
	HSMREPL_OUTCOME_PENDING = 1,
	HSMREPL_OUTCOME_COMMITTED = 2,
	HSMREPL_OUTCOME_ABORTED = 3,
};

/**
 * struct hsmrepl_outcome - HSMREPL_IOC_OUTCOME: fate of one transaction
 * @size: sizeof(struct hsmrepl_outcome)
 * @flags: in, zero
 * @tid: in
 * @wait: in: 1 waits until it is decided
 * @timeout_ms: in: ETIMEDOUT after this; 0 waits without limit
 * @outcome: out: enum hsmrepl_outcome_state
 * @error: out: errno that an aborted transaction was told, else 0
 * @seq: out: when committed
 * @sync_point: out: Sync-Point after it, when committed
 *
 * ENOENT: not known here; the agent's history (administrative verb "outcome") may know it.
 */
struct hsmrepl_outcome {
	__u32 size;
	__u32 flags;
	__u64 tid;
	__u32 wait;
	__u32 timeout_ms;
	__u32 outcome;
	__u32 error;
	__u64 seq;
	__u64 sync_point;
};

/* last committed version; do not wait for an undecided batch */
#define HSMREPL_GET_COMMITTED	(1 << 0)

/**
 * struct hsmrepl_get - HSMREPL_IOC_GET: read one object by label
 * @size: sizeof(struct hsmrepl_get)
 * @flags: HSMREPL_GET_*
 * @label: pointer to the label
 * @label_len: bytes at @label
 * @timeout_ms: how long to wait for an undecided batch that touches the object, then
 *	ETIMEDOUT; 0: no limit
 * @buf: pointer to room for the payload; may be 0 with @buf_len 0
 * @buf_len: bytes at @buf
 * @payload_len: out
 * @version: out
 * @seq: out: TL that wrote it
 * @attrs: out
 * @id: out
 * @type: out
 *
 * While content is loaded, and while a node of a pool is STARTING or JOINING, the pool may be
 * ahead of it: waits likewise. ENOTCONN: nothing is loaded yet, and no agent is attached.
 * ENOENT: no such object. EMSGSIZE: @buf too small, all other fields are filled in.
 */
struct hsmrepl_get {
	__u32 size;
	__u32 flags;
	__u64 label;
	__u32 label_len;
	__u32 timeout_ms;
	__u64 buf;
	__u32 buf_len;
	__u32 payload_len;
	__u64 version;
	__u64 seq;
	__u64 attrs;
	__u8 id[HSMREPL_ID_LEN];
	char type[HSMREPL_TYPE_MAX];
};

/**
 * struct hsmrepl_list - HSMREPL_IOC_LIST: committed objects, in no order, part by part
 * @size: sizeof(struct hsmrepl_list)
 * @flags: in, zero
 * @cursor: in: 0 to begin, then what the last call left; out: where to go on
 * @prefix: pointer to a label prefix; 0 for all
 * @prefix_len: bytes at @prefix
 * @buf_len: bytes at @buf, at least 512
 * @buf: pointer to room for struct hsmrepl_list_entry
 * @used: out: bytes filled in
 * @done: out: 1 when the list is at its end
 *
 * An object that is there all the while appears exactly once.
 */
struct hsmrepl_list {
	__u32 size;
	__u32 flags;
	__u64 cursor;
	__u64 prefix;
	__u32 prefix_len;
	__u32 buf_len;
	__u64 buf;
	__u32 used;
	__u32 done;
};

/**
 * struct hsmrepl_list_entry - one object in a LIST answer
 * @len: bytes to the next entry, a multiple of 8
 * @label_len: bytes of label that follow this header
 * @reserved: zero
 * @payload_len: bytes of payload
 * @reserved2: zero
 * @version: object version
 * @seq: TL that wrote it
 * @attrs: attribute bits
 * @id: object id
 * @type: object type
 */
struct hsmrepl_list_entry {
	__u32 len;
	__u16 label_len;
	__u16 reserved;
	__u32 payload_len;
	__u32 reserved2;
	__u64 version;
	__u64 seq;
	__u64 attrs;
	__u8 id[HSMREPL_ID_LEN];
	char type[HSMREPL_TYPE_MAX];
};

/*
 * enum hsmrepl_verb: administrative requests that the agent answers
 *
 * Request and answer are JSON texts (at most HSMREPL_ADMIN_MAX bytes); their fields stand in
 * Documentation/verbs.md. Verbs that change something need write permission on the file.
 */
enum hsmrepl_verb {
	HSMREPL_VERB_STATUS = 1,
	HSMREPL_VERB_NODES = 2,
	HSMREPL_VERB_PENDING = 3,
	HSMREPL_VERB_OUTCOME = 4,
	HSMREPL_VERB_METRICS = 5,
	HSMREPL_VERB_DISCOVER = 6,
	HSMREPL_VERB_TEST = 7,
	HSMREPL_VERB_CROSS_CHECK = 8,
	HSMREPL_VERB_SPLIT_BRAIN = 9,
	HSMREPL_VERB_VERIFY = 10,
	HSMREPL_VERB_REPORT = 11,
	HSMREPL_VERB_WRITE = 0x100,	/* this one and all above change something */
	HSMREPL_VERB_FORM = 0x101,
	HSMREPL_VERB_ZEROIZE = 0x102,
	HSMREPL_VERB_NODE_DOWN = 0x103,
	HSMREPL_VERB_LIVE_SYNC = 0x104,
	HSMREPL_VERB_LEAVE = 0x105,
	HSMREPL_VERB_BACKUP = 0x106,
	HSMREPL_VERB_RESTORE = 0x107,
	HSMREPL_VERB_FINALISE = 0x108,
};

/**
 * struct hsmrepl_admin - HSMREPL_IOC_ADMIN: ask the agent, wait for its answer
 * @size: sizeof(struct hsmrepl_admin)
 * @flags: in, zero
 * @verb: enum hsmrepl_verb
 * @timeout_ms: ETIMEDOUT after this; 0 waits without limit
 * @request: pointer to the request's JSON text; may be 0
 * @request_len: bytes at @request
 * @answer_max: bytes at @answer
 * @answer: pointer to room for the answer's JSON text
 * @answer_len: out: bytes of the answer (EMSGSIZE if more than @answer_max; nothing is cut
 *	silently)
 * @status: out: 0, or the errno with which the agent refused; the answer then has "error" and
 *	"hint"
 *
 * ENOTCONN: no agent attached, or it went away before answering.
 */
struct hsmrepl_admin {
	__u32 size;
	__u32 flags;
	__u32 verb;
	__u32 timeout_ms;
	__u64 request;
	__u32 request_len;
	__u32 answer_max;
	__u64 answer;
	__u32 answer_len;
	__u32 status;
};

/*
 * Agent side. One agent at a time; the file that attached is the agent until it is closed.
 */

enum hsmrepl_slot_state {
	HSMREPL_SLOT_FREE = 0,
	HSMREPL_SLOT_CLAIMED = 1,	/* batch of this node, handed out by read() */
	HSMREPL_SLOT_PREPARED = 2,	/* batch taken by HSMREPL_IOC_PREPARE */
};

/**
 * struct hsmrepl_attach - HSMREPL_IOC_ATTACH: become the agent
 * @size: sizeof(struct hsmrepl_attach)
 * @flags: in, zero
 * @node_id: in: id of this node
 * @mode: in: enum hsmrepl_mode
 * @digest_key: in: key of the content digest; must be that of the content already loaded
 * @name: in: node name
 * @loaded: out: 1 if the module holds content from before; then the next fields tell which
 * @slot_state: out: enum hsmrepl_slot_state
 * @slot_coordinator: out: node id
 * @slot_tls: out: TLs in the slot
 * @slot_batch: out: batch number
 * @epoch: out
 * @seq: out
 * @sync_point: out
 * @chain: out
 *
 * Needs CAP_SYS_ADMIN and a file opened for reading and writing. EBUSY: another agent is
 * attached. EKEYREJECTED: content is loaded under another digest key or node id. A detach
 * (close) leaves queue, slot and content as they are.
 */
struct hsmrepl_attach {
	__u32 size;
	__u32 flags;
	__u32 node_id;
	__u32 mode;
	__u8 digest_key[HSMREPL_KEY_LEN];
	char name[HSMREPL_NAME_MAX];
	__u32 loaded;
	__u32 slot_state;
	__u32 slot_coordinator;
	__u32 slot_tls;
	__u64 slot_batch;
	__u64 epoch;
	__u64 seq;
	__u64 sync_point;
	__u8 chain[HSMREPL_CHAIN_LEN];
};

/* drop all content and the slot first; queued transactions are aborted (ECANCELED) */
#define HSMREPL_LOAD_BEGIN	(1 << 0)
#define HSMREPL_LOAD_END	(1 << 1)	/* take the fields below: content is complete */

/**
 * struct hsmrepl_load - HSMREPL_IOC_LOAD: restore content, part by part
 * @size: sizeof(struct hsmrepl_load)
 * @flags: HSMREPL_LOAD_*; BEGIN and END may come with entries, and both at once
 * @entries: pointer to struct hsmrepl_load_entry, one after the other
 * @entries_len: bytes at @entries, at most HSMREPL_BATCH_MAX
 * @reserved: zero
 * @seq: END: TLs that the content stands for
 * @sync_point: END
 * @digest: END: what the digest must come to; EBADMSG if it does not, the content is then dropped
 * @chain: END
 * @nl: END: pointer to struct hsmrepl_nl, or 0 for a node without a pool (epoch 0)
 *
 * BEGIN with END and no entries is the reset state: SP 0, empty.
 */
struct hsmrepl_load {
	__u32 size;
	__u32 flags;
	__u64 entries;
	__u32 entries_len;
	__u32 reserved;
	__u64 seq;
	__u64 sync_point;
	__u64 digest;
	__u8 chain[HSMREPL_CHAIN_LEN];
	__u64 nl;
};

/**
 * struct hsmrepl_load_entry - one object as it stands, little-endian
 * @len: bytes to the next entry: header, label, payload, zero padding to a multiple of 8
 * @label_len: bytes of label
 * @reserved: zero
 * @payload_len: bytes of payload
 * @reserved2: zero
 * @version: object version, not zero
 * @seq: TL that wrote it
 * @attrs: attribute bits
 * @id: object id
 * @type: object type
 */
struct hsmrepl_load_entry {
	__le32 len;
	__le16 label_len;
	__le16 reserved;
	__le32 payload_len;
	__le32 reserved2;
	__le64 version;
	__le64 seq;
	__le64 attrs;
	__u8 id[HSMREPL_ID_LEN];
	char type[HSMREPL_TYPE_MAX];
};

/**
 * struct hsmrepl_grant - HSMREPL_IOC_GRANT: let read() claim one batch
 * @size: sizeof(struct hsmrepl_grant)
 * @flags: in, zero
 * @batch: number that the batch will bear; 0 takes the grant back
 * @epoch: must be the epoch in force, else ESTALE
 * @max_tls: at most this many TLs, 1 to HSMREPL_BATCH_TLS_MAX
 * @max_bytes: at most this many bytes, but always one TL; up to HSMREPL_BATCH_MAX
 *
 * While a grant stands and the slot is free, poll() reports work as soon as a transaction is
 * queued, and read() claims a batch on the present SP: it takes the slot, with all memory that
 * applying needs. A transaction that no longer validates at that moment is completed with its
 * error and left out. A node list (kind other than DATA) is a batch of its own. EBUSY: the slot
 * is taken; with @batch 0: a batch was claimed under the grant before, and read() hands it out.
 * EROFS: this node is not in the node list.
 */
struct hsmrepl_grant {
	__u32 size;
	__u32 flags;
	__u64 batch;
	__u64 epoch;
	__u32 max_tls;
	__u32 max_bytes;
};

/**
 * struct hsmrepl_prepare - HSMREPL_IOC_PREPARE: validate another coordinator's batch and take
 * the slot for it
 * @size: sizeof(struct hsmrepl_prepare)
 * @flags: in, zero
 * @batch: batch number
 * @coordinator: node id
 * @n_tls: TLs in @tls
 * @tls: pointer to the TLs, one after the other
 * @tls_len: bytes at @tls
 * @reserved: zero
 * @epoch: out: all five are the state after it, if it is committed; who does not need them
 *	spares time by a struct that ends before
 * @seq: out; left zero by a device that tells none of them
 * @sync_point: out
 * @digest: out
 * @chain: out
 *
 * EBUSY: slot taken. ESTALE: epoch, Sync-Point or seq are not this node's. EBADMSG: malformed.
 * EEXIST, ENOENT, ENOSPC, ENOMEM, EMSGSIZE: an operation cannot be applied here. Also used to
 * replay and to recover a slot.
 */
struct hsmrepl_prepare {
	__u32 size;
	__u32 flags;
	__u64 batch;
	__u32 coordinator;
	__u32 n_tls;
	__u64 tls;
	__u32 tls_len;
	__u32 reserved;
	__u64 epoch;
	__u64 seq;
	__u64 sync_point;
	__u64 digest;
	__u8 chain[HSMREPL_CHAIN_LEN];
};

enum hsmrepl_resolution {
	HSMREPL_COMMIT = 1,	/* apply; submitters return 0 */
	HSMREPL_ABORT = 2,	/* drop; submitters get @error */
	/* drop; own transactions go back to the head of the queue, TIDs kept */
	HSMREPL_REQUEUE = 3,
};

/**
 * struct hsmrepl_resolve - HSMREPL_IOC_RESOLVE: decide the slot
 * @size: sizeof(struct hsmrepl_resolve)
 * @flags: in, zero
 * @batch: batch number
 * @coordinator: node id
 * @resolution: enum hsmrepl_resolution
 * @error: ABORT: errno for the submitters, ECANCELED if 0
 * @reserved: zero
 * @epoch: out: all four are the state after it
 * @seq: out
 * @sync_point: out
 * @digest: out
 * @chain: out
 *
 * Never fails for want of memory. ENOENT: the slot does not hold that batch; nothing was changed.
 */
struct hsmrepl_resolve {
	__u32 size;
	__u32 flags;
	__u64 batch;
	__u32 coordinator;
	__u32 resolution;
	__u32 error;
	__u32 reserved;
	__u64 epoch;
	__u64 seq;
	__u64 sync_point;
	__u64 digest;
	__u8 chain[HSMREPL_CHAIN_LEN];
};

/**
 * struct hsmrepl_report - HSMREPL_IOC_REPORT: what the agent wants sysfs and listeners to know
 * @size: sizeof(struct hsmrepl_report)
 * @flags: in, zero
 * @event: enum hsmrepl_event to send, 0 for none
 * @node_id: node that the event is about
 * @state: enum hsmrepl_node_state of this node, not OFFLINE
 * @nodes_up: members connected, this node included
 * @error: replaces last_error, NUL terminated; empty clears it
 * @percent: of a Live-Sync, for HSMREPL_EVENT_SYNC; 0 to 100
 * @reserved: zero
 *
 * REMOVED, DIVERGED, HALTED: callers that wait get EROFS, or "pending" if other nodes may know
 * of their transaction.
 */
struct hsmrepl_report {
	__u32 size;
	__u32 flags;
	__u32 event;
	__u32 node_id;
	__u32 state;
	__u32 nodes_up;
	char error[HSMREPL_ERROR_MAX];
	__u32 percent;
	__u32 reserved;
};

/**
 * struct hsmrepl_answer - HSMREPL_IOC_ANSWER: the agent answers an administrative request
 * @size: sizeof(struct hsmrepl_answer)
 * @flags: in, zero
 * @request: id from the ADMIN record
 * @answer: pointer to the JSON text
 * @answer_len: bytes at @answer, at most HSMREPL_ADMIN_MAX
 * @status: 0 or an errno
 *
 * ENOENT: the caller is gone; not an error for the agent.
 */
struct hsmrepl_answer {
	__u32 size;
	__u32 flags;
	__u64 request;
	__u64 answer;
	__u32 answer_len;
	__u32 status;
};

/*
 * read(): whole records, as many as fit. EMSGSIZE if not even one fits (the first
 * one's length is then in no record: use a buffer of HSMREPL_READ_MIN bytes). Non-blocking: EAGAIN.
 */
#define HSMREPL_READ_MIN	(HSMREPL_TL_MAX + 64)

enum hsmrepl_record_type {
	/* agent: body is one TL of a claimed batch, id is the batch number */
	HSMREPL_REC_TL = 1,
	/*
	 * agent: transactions wait and no grant stands; id is how many. Sent once until
	 * the next claim
	 */
	HSMREPL_REC_QUEUED = 2,
	/* agent: body is struct hsmrepl_admin_request, then the JSON text; id is the request */
	HSMREPL_REC_ADMIN = 3,
	/* submitter: body is struct hsmrepl_completion, id is the TID */
	HSMREPL_REC_COMPLETION = 4,
};

#define HSMREPL_REC_LAST	(1 << 0)	/* REC_TL: last one of its batch */

/**
 * struct hsmrepl_record - header of what read() yields
 * @len: bytes to the next record, header included, a multiple of 8
 * @type: enum hsmrepl_record_type
 * @flags: HSMREPL_REC_LAST
 * @id: see the type
 */
struct hsmrepl_record {
	__u32 len;
	__u16 type;
	__u16 flags;
	__u64 id;
};

/**
 * struct hsmrepl_admin_request - body of an ADMIN record
 * @verb: enum hsmrepl_verb
 * @json_len: bytes of JSON text that follow
 */
struct hsmrepl_admin_request {
	__u32 verb;
	__u32 json_len;
};

/**
 * struct hsmrepl_completion - body of a COMPLETION record
 * @cookie: from SUBMIT
 * @seq: when committed
 * @sync_point: Sync-Point after it, when committed
 * @error: 0 committed, else the errno that SUBMIT would have returned
 * @reserved: zero
 */
struct hsmrepl_completion {
	__u64 cookie;
	__u64 seq;
	__u64 sync_point;
	__u32 error;
	__u32 reserved;
};

/*
 * Generic netlink: family "hsmrepl", version 1, multicast group "events". Events say what
 * changed; receivers read the state again.
 */
#define HSMREPL_GENL_NAME	"hsmrepl"
#define HSMREPL_GENL_VERSION	1
#define HSMREPL_GENL_GROUP	"events"

enum hsmrepl_event {
	HSMREPL_EVENT_STATE = 1,	/* node state changed: MINOR, STATE, EPOCH */
	/* a batch was applied: MINOR, SEQ, TID (last), SYNC_POINT, COUNT (TLs) */
	HSMREPL_EVENT_COMMIT = 2,
	HSMREPL_EVENT_NODE_UP = 3,	/* MINOR, NODE */
	HSMREPL_EVENT_NODE_DOWN = 4,	/* MINOR, NODE */
	HSMREPL_EVENT_SYNC = 5,		/* Live-Sync: MINOR, NODE, PERCENT */
	HSMREPL_EVENT_SPLIT_BRAIN = 6,	/* MINOR, NODE */
	HSMREPL_EVENT_ATTACH = 7,	/* MINOR */
	HSMREPL_EVENT_DETACH = 8,	/* MINOR */
};

enum hsmrepl_attr {
	HSMREPL_ATTR_PAD = 0,
	HSMREPL_ATTR_MINOR = 1,		/* u32 */
	HSMREPL_ATTR_STATE = 2,		/* u32 */
	HSMREPL_ATTR_EPOCH = 3,		/* u64 */
	HSMREPL_ATTR_SEQ = 4,		/* u64 */
	HSMREPL_ATTR_TID = 5,		/* u64 */
	HSMREPL_ATTR_SYNC_POINT = 6,	/* u64 */
	HSMREPL_ATTR_NODE = 7,		/* u32 */
	HSMREPL_ATTR_PERCENT = 8,	/* u32 */
	HSMREPL_ATTR_COUNT = 9,		/* u32 */
	__HSMREPL_ATTR_MAX,
};

#define HSMREPL_ATTR_MAX (__HSMREPL_ATTR_MAX - 1)

#endif /* _UAPI_LINUX_HSMREPL_H */
