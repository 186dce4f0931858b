// SPDX-License-Identifier: GPL-2.0
/* Boxes, keyed hashes and the keys for both, on OpenSSL's EVP. */
#include <assert.h>
#include <endian.h>
#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <openssl/params.h>
#include <openssl/rand.h>

#include "seal.h"

#define NONCE_LEN	12
#define OPENER_KEYS	8	/* salts whose keys are at hand */

static_assert(sizeof(struct seal_head) == 32, "on disk");

/**
 * struct sealer - seals under one key
 * @cipher: context with the key set
 * @head: of the next box, @head.len aside
 * @counter: of the next box
 */
struct sealer {
	EVP_CIPHER_CTX *cipher;
	struct seal_head head;
	uint64_t counter;
};

/**
 * struct opener - opens under every key of one root
 * @root: key material
 * @key: contexts in use, by salt
 * @next: entry of @key that is given up next
 */
struct opener {
	uint8_t root[SEAL_KEY_LEN];
	struct {
		uint8_t salt[SEAL_SALT_LEN];
		EVP_CIPHER_CTX *cipher;
	} key[OPENER_KEYS];
	unsigned int next;
};

struct hasher {
	EVP_MAC_CTX *mac;
};

static OSSL_PARAM octets(const char *name, const void *p, size_t len)
{
	return OSSL_PARAM_construct_octet_string(name, (void *)p, len);
}

int seal_derive(const uint8_t key[SEAL_KEY_LEN], const void *salt, size_t salt_len,
		const void *purpose, size_t purpose_len, uint8_t *out, size_t out_len)
{
	EVP_KDF *kdf = EVP_KDF_fetch(NULL, "HKDF", NULL);
	EVP_KDF_CTX *ctx = kdf ? EVP_KDF_CTX_new(kdf) : NULL;
	OSSL_PARAM params[5];
	unsigned int n = 0;
	int ok = 0;

	params[n++] = OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, (char *)"SHA256", 0);
	params[n++] = octets(OSSL_KDF_PARAM_KEY, key, SEAL_KEY_LEN);
	params[n++] = octets(OSSL_KDF_PARAM_INFO, purpose, purpose_len);
	if (salt_len)
		params[n++] = octets(OSSL_KDF_PARAM_SALT, salt, salt_len);
	params[n] = OSSL_PARAM_construct_end();
	if (ctx)
		ok = EVP_KDF_derive(ctx, out, out_len, params) == 1;
	EVP_KDF_CTX_free(ctx);
	EVP_KDF_free(kdf);
	return ok ? 0 : -EIO;
}

static int derive_for_node(const uint8_t secret[SEAL_KEY_LEN], uint16_t node_id, const char *what,
			   uint8_t *out, size_t out_len)
{
	char purpose[64];
	int n = snprintf(purpose, sizeof(purpose), "hsmrepl store %s node %u", what, node_id);

	return seal_derive(secret, NULL, 0, purpose, (size_t)n, out, out_len);
}

/* The same on all nodes. */
static int derive_common(const uint8_t secret[SEAL_KEY_LEN], const char *purpose, uint8_t *out,
			 size_t len)
{
	return seal_derive(secret, NULL, 0, purpose, strlen(purpose), out, len);
}

int seal_keys_derive(struct seal_keys *keys, const uint8_t secret[SEAL_KEY_LEN], uint16_t node_id)
{
	if (derive_for_node(secret, node_id, "tl", keys->tl, SEAL_KEY_LEN) ||
	    derive_for_node(secret, node_id, "object", keys->object, SEAL_KEY_LEN) ||
	    derive_for_node(secret, node_id, "log", keys->log, SEAL_KEY_LEN) ||
	    derive_for_node(secret, node_id, "label", keys->label, SEAL_KEY_LEN) ||
	    derive_for_node(secret, node_id, "check", keys->check, SEAL_HASH_LEN) ||
	    derive_common(secret, "hsmrepl digest", keys->digest, SEAL_DIGEST_LEN) ||
	    derive_common(secret, "hsmrepl common label", keys->common, SEAL_KEY_LEN) ||
	    derive_common(secret, "hsmrepl quarantine", keys->quarantine, SEAL_KEY_LEN))
		return -EIO;
	return 0;
}

/* A cipher context keyed for boxes with this salt; NULL on failure. */
static EVP_CIPHER_CTX *cipher_new(const uint8_t root[SEAL_KEY_LEN],
				  const uint8_t salt[SEAL_SALT_LEN], int encrypt)
{
	EVP_CIPHER *gcm = EVP_CIPHER_fetch(NULL, "AES-256-GCM", NULL);
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	uint8_t key[SEAL_KEY_LEN];

	if (!gcm || !ctx ||
	    seal_derive(root, salt, SEAL_SALT_LEN, "hsmrepl box", 11, key, sizeof(key)) ||
	    EVP_CipherInit_ex2(ctx, gcm, key, NULL, encrypt, NULL) != 1) {
		EVP_CIPHER_CTX_free(ctx);
		ctx = NULL;
	}
	OPENSSL_cleanse(key, sizeof(key));
	EVP_CIPHER_free(gcm);
	return ctx;
}

static void nonce_of(const struct seal_head *head, uint8_t nonce[NONCE_LEN])
{
	memcpy(nonce, &head->incarnation, 4);
	memcpy(nonce + 4, &head->counter, 8);
}

struct sealer *sealer_new(const uint8_t root[SEAL_KEY_LEN], uint32_t incarnation)
{
	struct sealer *s = calloc(1, sizeof(*s));

	if (!s)
		return NULL;
	s->head.incarnation = htole32(incarnation);
	s->counter = 1;
	if (RAND_bytes(s->head.salt, SEAL_SALT_LEN) == 1)
		s->cipher = cipher_new(root, s->head.salt, 1);
	if (!s->cipher) {
		free(s);
		return NULL;
	}
	return s;
}

void sealer_free(struct sealer *s)
{
	if (!s)
		return;
	EVP_CIPHER_CTX_free(s->cipher);
	free(s);
}

uint64_t sealer_next(const struct sealer *s)
{
	return s->counter;
}

void sealer_seal(struct sealer *s, const void *aad, size_t aad_len, const void *plain, size_t len,
		 void *out)
{
	uint8_t nonce[NONCE_LEN], *text = (uint8_t *)out + sizeof(s->head);
	int n = 0, rest = 0;
	bool ok;

	assert(len <= INT_MAX && aad_len <= INT_MAX);
	s->head.len = htole32((uint32_t)len);
	s->head.counter = htole64(s->counter++);
	assert(s->counter);
	memcpy(out, &s->head, sizeof(s->head));
	nonce_of(&s->head, nonce);
	ok = EVP_EncryptInit_ex2(s->cipher, NULL, NULL, nonce, NULL) == 1 &&
	     EVP_EncryptUpdate(s->cipher, NULL, &n, aad, (int)aad_len) == 1 &&
	     EVP_EncryptUpdate(s->cipher, text, &n, plain, (int)len) == 1 && (size_t)n == len &&
	     EVP_EncryptFinal_ex(s->cipher, text + n, &rest) == 1 && !rest &&
	     EVP_CIPHER_CTX_ctrl(s->cipher, EVP_CTRL_AEAD_GET_TAG, SEAL_TAG_LEN, text + n) == 1;
	assert(ok);
}

struct opener *opener_new(const uint8_t root[SEAL_KEY_LEN])
{
	struct opener *o = calloc(1, sizeof(*o));

	if (o)
		memcpy(o->root, root, SEAL_KEY_LEN);
	return o;
}

void opener_free(struct opener *o)
{
	if (!o)
		return;
	for (unsigned int i = 0; i < OPENER_KEYS; i++)
		EVP_CIPHER_CTX_free(o->key[i].cipher);
	OPENSSL_cleanse(o, sizeof(*o));
	free(o);
}

static EVP_CIPHER_CTX *opener_cipher(struct opener *o, const uint8_t salt[SEAL_SALT_LEN])
{
	unsigned int i;

	for (i = 0; i < OPENER_KEYS; i++)
		if (o->key[i].cipher && !memcmp(o->key[i].salt, salt, SEAL_SALT_LEN))
			return o->key[i].cipher;
	i = o->next++ % OPENER_KEYS;
	EVP_CIPHER_CTX_free(o->key[i].cipher);
	memcpy(o->key[i].salt, salt, SEAL_SALT_LEN);
	o->key[i].cipher = cipher_new(o->root, salt, 0);
	return o->key[i].cipher;
}

int opener_open(struct opener *o, const void *aad, size_t aad_len, const void *box, size_t box_len,
		void *plain)
{
	const uint8_t *text = (const uint8_t *)box + sizeof(struct seal_head);
	uint8_t nonce[NONCE_LEN], tag[SEAL_TAG_LEN];
	int n = 0, rest = 0, len;
	EVP_CIPHER_CTX *cipher;
	struct seal_head head;

	if (box_len < SEAL_OVERHEAD || box_len > INT_MAX || aad_len > INT_MAX)
		return -EBADMSG;
	memcpy(&head, box, sizeof(head));
	if (le32toh(head.len) != box_len - SEAL_OVERHEAD)
		return -EBADMSG;
	cipher = opener_cipher(o, head.salt);
	if (!cipher)
		return -EIO;
	len = (int)le32toh(head.len);
	nonce_of(&head, nonce);
	memcpy(tag, text + len, SEAL_TAG_LEN);
	if (EVP_DecryptInit_ex2(cipher, NULL, NULL, nonce, NULL) != 1 ||
	    EVP_CIPHER_CTX_ctrl(cipher, EVP_CTRL_AEAD_SET_TAG, SEAL_TAG_LEN, tag) != 1 ||
	    EVP_DecryptUpdate(cipher, NULL, &n, aad, (int)aad_len) != 1 ||
	    EVP_DecryptUpdate(cipher, plain, &n, text, len) != 1)
		return -EIO;
	if (EVP_DecryptFinal_ex(cipher, (uint8_t *)plain + n, &rest) != 1) {
		OPENSSL_cleanse(plain, (size_t)len);
		return -EBADMSG;
	}
	return 0;
}

struct hasher *hasher_new(const uint8_t key[SEAL_KEY_LEN])
{
	struct hasher *h = calloc(1, sizeof(*h));
	EVP_MAC *hmac = EVP_MAC_fetch(NULL, "HMAC", NULL);
	OSSL_PARAM params[] = {
		OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, (char *)"SHA256", 0),
		OSSL_PARAM_construct_end(),
	};

	if (h && hmac)
		h->mac = EVP_MAC_CTX_new(hmac);
	EVP_MAC_free(hmac);
	if (!h || !h->mac || EVP_MAC_init(h->mac, key, SEAL_KEY_LEN, params) != 1) {
		hasher_free(h);
		return NULL;
	}
	return h;
}

void hasher_free(struct hasher *h)
{
	if (!h)
		return;
	EVP_MAC_CTX_free(h->mac);
	free(h);
}

void hasher_hash(struct hasher *h, const void *a, size_t a_len, const void *b, size_t b_len,
		 uint8_t out[SEAL_HASH_LEN])
{
	uint8_t whole[EVP_MAX_MD_SIZE];
	size_t n = 0;
	bool ok;

	ok = EVP_MAC_init(h->mac, NULL, 0, NULL) == 1 &&
	     EVP_MAC_update(h->mac, a, a_len) == 1 &&
	     (!b_len || EVP_MAC_update(h->mac, b, b_len) == 1) &&
	     EVP_MAC_final(h->mac, whole, &n, sizeof(whole)) == 1 && n >= SEAL_HASH_LEN;
	assert(ok);
	memcpy(out, whole, SEAL_HASH_LEN);
}
