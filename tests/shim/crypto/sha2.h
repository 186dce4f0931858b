/* SPDX-License-Identifier: GPL-2.0 */
#ifndef SHIM_CRYPTO_SHA2_H
#define SHIM_CRYPTO_SHA2_H

#include <linux/bug.h>
#include <linux/types.h>
#include <openssl/evp.h>

#define SHA256_DIGEST_SIZE	32

struct sha256_state {
	EVP_MD_CTX *context;
};

static inline void sha256_init(struct sha256_state *state)
{
	state->context = EVP_MD_CTX_new();
	WARN_ON(!state->context || !EVP_DigestInit_ex(state->context, EVP_sha256(), NULL));
}

static inline void sha256_update(struct sha256_state *state, const u8 *data, size_t len)
{
	WARN_ON(!EVP_DigestUpdate(state->context, data, len));
}

static inline void sha256_final(struct sha256_state *state, u8 *out)
{
	WARN_ON(!EVP_DigestFinal_ex(state->context, out, NULL));
	EVP_MD_CTX_free(state->context);
}

static inline void sha256(const u8 *data, size_t len, u8 *out)
{
	WARN_ON(!EVP_Digest(data, len, out, NULL, EVP_sha256(), NULL));
}

#endif
