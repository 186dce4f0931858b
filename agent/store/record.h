/* SPDX-License-Identifier: GPL-2.0 */
/*
 * One record of the log: a header under a keyed checksum, and a body. Little-endian, 8-byte
 * aligned. Documentation/store.md draws it.
 *
 * The body of a YES is a chain of sealed TLs, that of an ACCEPT one sealed value; their tags guard
 * the bytes, and the header pins their nonces, so that what an earlier use of the segment left
 * there is never taken for it. Every other body is plain and under the header's checksum.
 */
#ifndef HSM_STORE_RECORD_H
#define HSM_STORE_RECORD_H

#include "seal.h"
#include "../core/step.h"

#define RECORD_MAGIC	0x474c5348u	/* "HSLG" */
#define RECORD_FORMAT	1
#define RECORD_ALIGN	8
#define RECORD_START	16		/* beside enum record_type: begins a run of the store */

/**
 * struct record_header - begins a record
 * @magic: RECORD_MAGIC
 * @format: RECORD_FORMAT
 * @type: enum record_type or RECORD_START
 * @len: bytes of the record, header included, a multiple of RECORD_ALIGN
 * @n_tls: YES: sealed TLs in the body; ACCEPT: 1
 * @coordinator: of the batch
 * @lsn: log sequence number; one more than that of the record before, but see struct record_start
 * @durable: every record below this one was on the disk before this one was written
 * @generation: of the segment, drawn anew with each use of it
 * @number: of the batch
 * @counter: YES, ACCEPT: nonce counter of the first sealed TL; the others follow one by one
 * @incarnation: YES, ACCEPT: that of the nonces
 * @reserved: zero
 * @mac: keyed hash of all the above, and of the body if it is plain
 */
struct record_header {
	__le32 magic;
	__le16 format;
	__le16 type;
	__le32 len;
	__le16 n_tls;
	__le16 coordinator;
	__le64 lsn;
	__le64 durable;
	__le64 generation;
	__le64 number;
	__le64 counter;
	__le32 incarnation;
	__le32 reserved;
	__u8 mac[SEAL_HASH_LEN];
};

/**
 * struct record_tl - before each sealed TL in a YES; authenticated with it
 * @tid: of the TL; before the value of an ACCEPT its ballot, and zero in the others
 * @seq: of the TL
 * @sp: Sync-Point after it
 */
struct record_tl {
	__le64 tid;
	__le64 seq;
	__le64 sp;
};

/*
 * struct record_position - body of a COMMIT: position after the batch
 */
struct record_position {
	__le64 epoch;
	__le64 seq;
	__le64 sp;
	__le64 digest;
	__u8 chain[HSMREPL_CHAIN_LEN];
};

/**
 * struct record_start - body of a START
 * @follows: lsn at which the run before ended; what may lie there was never confirmed
 * @incarnation: of the run that begins
 * @node_id: of this node
 * @reserved: zero
 */
struct record_start {
	__le64 follows;
	__le32 incarnation;
	__le16 node_id;
	__u8 reserved[2];
};

/* Bytes that a TL of @tl_len bytes takes in the body of a YES. */
#define RECORD_TL_LEN(tl_len)	(sizeof(struct record_tl) + SEAL_OVERHEAD + (tl_len))
/* Body of an ACCEPT. */
#define RECORD_VALUE_LEN RECORD_TL_LEN(DOWN_VALUE_LEN)
/* The longest record there is. */
#define RECORD_MAX	(sizeof(struct record_header) + HSMREPL_BATCH_MAX + \
			 HSMREPL_BATCH_TLS_MAX * RECORD_TL_LEN(0))

/*
 * struct record - a header in host order, and its body
 * @body: borrowed
 */
struct record {
	unsigned int type;
	unsigned int n_tls;
	struct batch_id batch;
	uint64_t lsn;
	uint64_t durable;
	uint64_t generation;
	uint64_t counter;
	uint32_t incarnation;
	struct bytes body;
};

/**
 * record_finish() - write the header in front of a body, checksum and all
 * @h: HMAC of headers
 * @r: @r->body.p lies directly behind the header to write
 */
void record_finish(struct hasher *h, const struct record *r);

/**
 * record_read() - check and read the record at @p
 * @h: HMAC of headers
 * @p: bytes of the segment
 * @n: bytes at @p
 * @r: filled in
 *
 * Returns false unless a whole record with a true checksum lies there. The sealed TLs of a YES are
 * for record_tl_open() to check.
 */
bool record_read(struct hasher *h, const void *p, size_t n, struct record *r);

/* Is the body sealed? */
static inline bool record_is_sealed(unsigned int type)
{
	return type == RECORD_YES || type == RECORD_ACCEPT;
}

/* Does it say what becomes of a batch? The others of node-down speak of a ballot instead. */
static inline bool record_is_decision(unsigned int type)
{
	return type == RECORD_COMMIT || type == RECORD_REFUSED || type == RECORD_ABORTED;
}

/* Bytes of a record, header included. */
size_t record_len(const struct record *r);

/**
 * struct record_cursor - where one is in the body of a YES; all zero, but @r, to begin
 * @r: the record
 * @index: of the next TL
 * @offset: of it in the body
 */
struct record_cursor {
	const struct record *r;
	unsigned int index;
	size_t offset;
};

/**
 * struct record_part - one sealed TL
 * @tid: in the clear
 * @seq: in the clear
 * @sp: Sync-Point after it
 * @sealed: struct record_tl and box: what SQLite keeps
 * @tl_len: bytes of the TL when opened
 */
struct record_part {
	uint64_t tid;
	uint64_t seq;
	uint64_t sp;
	struct bytes sealed;
	size_t tl_len;
};

/* Next TL: 1, 0 at the end, -EBADMSG if the body is not what the header says. */
int record_next(struct record_cursor *c, struct record_part *part);

/* Seal one TL behind the others; returns the bytes used at @out. */
size_t record_tl_seal(struct sealer *s, const struct record_part *part, const void *tl, void *out);

/* Open what record_tl_seal() made. @tl: sealed.n - RECORD_TL_LEN(0) bytes. 0, -EBADMSG or -EIO. */
int record_tl_open(struct opener *o, struct bytes sealed, void *tl);

/* Check what is sealed in a YES or ACCEPT. @scratch: HSMREPL_TL_MAX bytes. 0, -EBADMSG or -EIO. */
int record_check_body(struct opener *o, const struct record *r, void *scratch);

void record_position_write(const struct position *p, struct record_position *out);
void record_position_read(const struct record_position *in, struct position *p);

#endif /* HSM_STORE_RECORD_H */
