/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Secrecy and authenticity at rest: key derivation, AES-256-GCM boxes, keyed hashes.
 *
 * A box is a struct seal_head, the ciphertext, and a 16-byte tag. Each sealer draws a random salt
 * and derives a key of its own from it, so a nonce (incarnation, counter) is never used twice
 * under one key, not even by a store that was put back from an old copy.
 */
#ifndef HSM_STORE_SEAL_H
#define HSM_STORE_SEAL_H

#include <stddef.h>
#include <stdint.h>

#include <linux/types.h>

#define SEAL_KEY_LEN	32
#define SEAL_SALT_LEN	16
#define SEAL_TAG_LEN	16
#define SEAL_DIGEST_LEN	16	/* bytes of a SipHash key */
#define SEAL_HASH_LEN	16	/* bytes of a keyed hash: HMAC-SHA-256, cut off */

/**
 * struct seal_head - begins a box, little-endian
 * @salt: the sealer's
 * @incarnation: of the store when it was sealed; first 4 bytes of the nonce
 * @len: bytes of plaintext
 * @counter: last 8 bytes of the nonce
 */
struct seal_head {
	__u8 salt[SEAL_SALT_LEN];
	__le32 incarnation;
	__le32 len;
	__le64 counter;
};

#define SEAL_OVERHEAD	(sizeof(struct seal_head) + SEAL_TAG_LEN)

/**
 * struct seal_keys - what is derived from the key-set secret for one node's store
 * @tl: root of the keys that seal TLs
 * @object: root of the keys that seal what the object table says of an object
 * @log: authenticates log records
 * @label: hashes labels
 * @check: tells another secret when it sees one
 * @digest: SipHash key of the content digest; like the two below the same on all nodes
 * @common: hashes labels for comparing nodes
 * @quarantine: root of the keys that seal quarantine files
 */
struct seal_keys {
	uint8_t tl[SEAL_KEY_LEN];
	uint8_t object[SEAL_KEY_LEN];
	uint8_t log[SEAL_KEY_LEN];
	uint8_t label[SEAL_KEY_LEN];
	uint8_t check[SEAL_HASH_LEN];
	uint8_t digest[SEAL_DIGEST_LEN];
	uint8_t common[SEAL_KEY_LEN];
	uint8_t quarantine[SEAL_KEY_LEN];
};

/**
 * seal_derive() - HKDF-SHA-256 (RFC 5869)
 * @key: SEAL_KEY_LEN bytes of key material
 * @salt: may be empty
 * @salt_len: bytes of @salt
 * @purpose: the "info" of RFC 5869
 * @purpose_len: bytes of @purpose
 * @out: filled in
 * @out_len: bytes wanted
 *
 * Returns 0 or -EIO.
 */
int seal_derive(const uint8_t key[SEAL_KEY_LEN], const void *salt, size_t salt_len,
		const void *purpose, size_t purpose_len, uint8_t *out, size_t out_len);

/* Returns 0 or -EIO. Wipe @keys with OPENSSL_cleanse() after use. */
int seal_keys_derive(struct seal_keys *keys, const uint8_t secret[SEAL_KEY_LEN], uint16_t node_id);

struct sealer;

/*
 * A sealer with a fresh salt; for one thread. NULL if OpenSSL has no memory or no random numbers.
 */
struct sealer *sealer_new(const uint8_t root[SEAL_KEY_LEN], uint32_t incarnation);
void sealer_free(struct sealer *s);

/* Counter that the next box will bear. */
uint64_t sealer_next(const struct sealer *s);

/**
 * sealer_seal() - make a box
 * @s: sealer
 * @aad: authenticated with it, not contained
 * @aad_len: bytes of @aad
 * @plain: what is sealed
 * @len: bytes of @plain
 * @out: len + SEAL_OVERHEAD bytes
 *
 * That the cipher works is an assertion: an unsealed record must never be written.
 */
void sealer_seal(struct sealer *s, const void *aad, size_t aad_len, const void *plain, size_t len,
		 void *out);

struct opener;

/* Opens boxes of every sealer with the same root; for one thread. NULL without memory. */
struct opener *opener_new(const uint8_t root[SEAL_KEY_LEN]);
void opener_free(struct opener *o);

/**
 * opener_open() - check and decrypt a box
 * @o: opener
 * @aad: associated data, as when it was sealed
 * @aad_len: bytes of @aad
 * @box: what was sealed
 * @box_len: bytes at @box, all of them the box
 * @plain: box_len - SEAL_OVERHEAD bytes; wiped again if the box is false
 *
 * Returns 0, -EBADMSG for a box that is not what was sealed, or -EIO.
 */
int opener_open(struct opener *o, const void *aad, size_t aad_len, const void *box, size_t box_len,
		void *plain);

struct hasher;

/* Keyed hash; for one thread. NULL without memory. */
struct hasher *hasher_new(const uint8_t key[SEAL_KEY_LEN]);
void hasher_free(struct hasher *h);

/* Hash of @a followed by @b (which may be empty). That the MAC works is an assertion. */
void hasher_hash(struct hasher *h, const void *a, size_t a_len, const void *b, size_t b_len,
		 uint8_t out[SEAL_HASH_LEN]);

#endif /* HSM_STORE_SEAL_H */
