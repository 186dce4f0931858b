// SPDX-License-Identifier: GPL-2.0
#include "auth.h"

#include <assert.h>
#include <endian.h>
#include <string.h>

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <openssl/params.h>

#include "../core/wire.h"

/* Frame types of the connection; those of the protocol core begin at MSG_HELLO. */
enum {
	FRAME_AUTH = 1,
	FRAME_REFUSE = 2,
};

#define KEY_PURPOSE "hsmrepl: proof of the key set"

static const uint8_t magic[4] = { 'H', 'S', 'M', 'R' };

struct header {
	uint32_t len;
	uint16_t type;
	uint16_t zero;
} __attribute__((packed));

struct auth_wire {
	struct header header;
	uint8_t magic[4];
	uint16_t protocol_min;
	uint16_t protocol_max;
	uint16_t node;
	uint8_t mode;
	uint8_t purpose;
	uint8_t zero[4];
	uint8_t proof[AUTH_PROOF_LEN];
} __attribute__((packed));

/* The text follows. */
struct refuse_wire {
	struct header header;
	uint64_t epoch;
} __attribute__((packed));

static_assert(sizeof(struct auth_wire) == AUTH_LEN, "layout of wire.md");
static_assert(sizeof(struct refuse_wire) + REFUSE_TEXT_MAX == REFUSE_FRAME_MAX,
	      "layout of wire.md");
static_assert(AUTH_LEN <= AUTH_FRAME_MAX && REFUSE_FRAME_MAX <= AUTH_FRAME_MAX,
	      "both fit before authentication");
static_assert((int)FRAME_REFUSE < (int)MSG_HELLO, "types are apart from those of the core");

static struct header header(size_t len, unsigned int type)
{
	return (struct header){ .len = htole32((uint32_t)len), .type = htole16((uint16_t)type) };
}

/* The header of a frame of exactly @len bytes. */
static bool header_ok(const void *frame, size_t len, unsigned int type)
{
	struct header h;

	if (len < sizeof(h))
		return false;
	memcpy(&h, frame, sizeof(h));
	return le32toh(h.len) == len && le16toh(h.type) == type && !h.zero;
}

int auth_key(const uint8_t secret[AUTH_KEY_LEN], uint8_t key[AUTH_KEY_LEN])
{
	OSSL_PARAM params[] = {
		OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, (char *)"SHA256", 0),
		OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_KEY, (void *)secret,
						  AUTH_KEY_LEN),
		OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_INFO, (void *)KEY_PURPOSE,
						  strlen(KEY_PURPOSE)),
		OSSL_PARAM_construct_end(),
	};
	EVP_KDF *kdf = EVP_KDF_fetch(NULL, "HKDF", NULL);
	EVP_KDF_CTX *ctx = kdf ? EVP_KDF_CTX_new(kdf) : NULL;
	int ok = ctx && EVP_KDF_derive(ctx, key, AUTH_KEY_LEN, params) == 1;

	EVP_KDF_CTX_free(ctx);
	EVP_KDF_free(kdf);
	return ok ? 0 : -1;
}

int auth_proof(const uint8_t key[AUTH_KEY_LEN], const uint8_t exporter[AUTH_EXPORTER_LEN],
	       uint16_t sender, uint16_t receiver, enum auth_role role,
	       uint8_t proof[AUTH_PROOF_LEN])
{
	uint8_t text[AUTH_EXPORTER_LEN + 5];
	size_t n = 0;

	memcpy(text, exporter, AUTH_EXPORTER_LEN);
	text[AUTH_EXPORTER_LEN] = (uint8_t)sender;
	text[AUTH_EXPORTER_LEN + 1] = (uint8_t)(sender >> 8);
	text[AUTH_EXPORTER_LEN + 2] = (uint8_t)receiver;
	text[AUTH_EXPORTER_LEN + 3] = (uint8_t)(receiver >> 8);
	text[AUTH_EXPORTER_LEN + 4] = (uint8_t)role;
	if (!EVP_Q_mac(NULL, "HMAC", NULL, "SHA256", NULL, key, AUTH_KEY_LEN, text, sizeof(text),
		       proof, AUTH_PROOF_LEN, &n))
		return -1;
	return n == AUTH_PROOF_LEN ? 0 : -1;
}

void auth_encode(const struct auth *a, uint8_t frame[AUTH_LEN])
{
	struct auth_wire w = {
		.header = header(sizeof(w), FRAME_AUTH),
		.protocol_min = htole16(a->protocol_min),
		.protocol_max = htole16(a->protocol_max),
		.node = htole16(a->node),
		.mode = a->mode,
		.purpose = a->purpose,
	};

	memcpy(w.magic, magic, sizeof(magic));
	memcpy(w.proof, a->proof, AUTH_PROOF_LEN);
	memcpy(frame, &w, sizeof(w));
}

bool auth_decode(const void *frame, size_t len, struct auth *a)
{
	static const uint8_t zero[sizeof((struct auth_wire){ 0 }.zero)];
	struct auth_wire w;

	if (len < sizeof(w) || len > AUTH_FRAME_MAX || !header_ok(frame, len, FRAME_AUTH))
		return false;
	memcpy(&w, frame, sizeof(w));
	if (memcmp(w.magic, magic, sizeof(magic)) || memcmp(w.zero, zero, sizeof(zero)))
		return false;
	a->protocol_min = le16toh(w.protocol_min);
	a->protocol_max = le16toh(w.protocol_max);
	a->node = le16toh(w.node);
	a->mode = w.mode;
	a->purpose = w.purpose;
	memcpy(a->proof, w.proof, AUTH_PROOF_LEN);
	return a->node && a->protocol_min && a->protocol_min <= a->protocol_max;
}

static char printable(char c)
{
	return c >= ' ' && c <= '~' ? c : '?';
}

size_t refuse_encode(uint64_t epoch, const char *text, uint8_t frame[REFUSE_FRAME_MAX])
{
	size_t n = strnlen(text, REFUSE_TEXT_MAX);
	struct refuse_wire w = { .epoch = htole64(epoch) };

	if (!n)
		n = strlen(text = "no reason given");
	w.header = header(sizeof(w) + n, FRAME_REFUSE);
	memcpy(frame, &w, sizeof(w));
	for (size_t i = 0; i < n; i++)
		frame[sizeof(w) + i] = (uint8_t)printable(text[i]);
	return sizeof(w) + n;
}

bool refuse_decode(const void *frame, size_t len, uint64_t *epoch, char text[REFUSE_TEXT_MAX + 1])
{
	struct refuse_wire w;
	const char *p = (const char *)frame + sizeof(w);
	size_t n = len - sizeof(w);

	if (len <= sizeof(w) || len > REFUSE_FRAME_MAX || !header_ok(frame, len, FRAME_REFUSE))
		return false;
	memcpy(&w, frame, sizeof(w));
	*epoch = le64toh(w.epoch);
	for (size_t i = 0; i < n; i++)
		text[i] = printable(p[i]);
	text[n] = '\0';
	return true;
}
