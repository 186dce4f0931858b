/* SPDX-License-Identifier: GPL-2.0 */
/* The layout of a backup's file, shared by archive.c (writes) and archive_read.c. */
#ifndef HSM_BACKUP_ARCHIVE_PRIVATE_H
#define HSM_BACKUP_ARCHIVE_PRIVATE_H

#include "archive.h"

#define ARCHIVE_MAGIC	0x4b425348u	/* "HSBK" */

/*
 * struct archive_disk - the head, little-endian
 * @magic: ARCHIVE_MAGIC
 * @format: ARCHIVE_FORMAT
 * @node: see struct archive_head, as the others without a word here
 * @reserved: zero, as @reserved2
 * @id: random: no two files are alike
 * @check: the same for all files of a key set
 * @sum: SHA-256, cut off, of all before: tells damage from another key set
 * @tag: HMAC-SHA-256, cut off, of all before; binds the frames to this file
 */
struct archive_disk {
	__le32 magic;
	__le16 format;
	__le16 node;
	__le32 mode;
	__le16 protocol;
	__le16 reserved;
	__u8 pool[HSMREPL_POOL_LEN];
	__le64 time;
	__le64 epoch;
	__le64 seq;
	__le64 sp;
	__le64 digest;
	__u8 chain[HSMREPL_CHAIN_LEN];
	__le64 tls;
	__le64 bytes;
	char name[HSMREPL_NAME_MAX];
	__u8 reserved2[40];
	__u8 id[16];
	__u8 check[SEAL_HASH_LEN];
	__u8 sum[SEAL_HASH_LEN];
	__u8 tag[SEAL_HASH_LEN];
};

_Static_assert(sizeof(struct archive_disk) == ARCHIVE_HEAD_LEN, "on disk");

/**
 * struct archive_place - authenticated with each box
 * @tag: of the head
 * @index: of the frame
 * @last: 1 with the last one, which holds struct archive_disk_end
 * @reserved: zero
 */
struct archive_place {
	__u8 tag[SEAL_HASH_LEN];
	__le64 index;
	__le32 last;
	__le32 reserved;
};

struct archive_disk_end {
	__le64 objects;
	__le64 tls;
	__le64 bytes;
};

/**
 * struct archive_keys - derived from the key-set secret; wipe it after use
 * @box: root of the keys that seal frames
 * @head: of the HMAC of the head
 * @check: see struct archive_disk
 */
struct archive_keys {
	uint8_t box[SEAL_KEY_LEN];
	uint8_t head[SEAL_KEY_LEN];
	uint8_t check[SEAL_HASH_LEN];
};

/* Each returns 0 or -1 if OpenSSL does not work. */
int archive_keys_derive(const uint8_t secret[SEAL_KEY_LEN], struct archive_keys *keys);
int archive_sum(const struct archive_disk *d, uint8_t sum[SEAL_HASH_LEN]);
int archive_tag(const struct archive_keys *keys, const struct archive_disk *d,
		uint8_t tag[SEAL_HASH_LEN]);

struct archive_place archive_place(const struct archive_disk *d, uint64_t index, bool last);

#endif /* HSM_BACKUP_ARCHIVE_PRIVATE_H */
