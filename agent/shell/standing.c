// SPDX-License-Identifier: GPL-2.0
#include "standing.h"

#include <assert.h>
#include <endian.h>
#include <string.h>

#include <openssl/evp.h>

#include "../core/batch.h"

static bool same_history(const struct position *a, const struct position *b)
{
	return a->epoch == b->epoch && a->seq == b->seq && a->sp == b->sp &&
	       memcmp(a->chain, b->chain, sizeof(a->chain)) == 0;
}

/* chain_n = SHA-256(chain_n-1, TL_n), protocol.md section 1 */
static bool advance_chain(uint8_t chain[HSMREPL_CHAIN_LEN], struct bytes tls)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	const uint8_t *p = tls.p;
	size_t left = tls.n;
	bool ok = ctx != NULL;

	while (ok && left) {
		uint32_t len;

		memcpy(&len, p, sizeof(len));
		len = le32toh(len);
		assert(len >= sizeof(struct hsmrepl_tl) && len <= left);
		ok = EVP_DigestInit_ex(ctx, EVP_sha256(), NULL) &&
		     EVP_DigestUpdate(ctx, chain, HSMREPL_CHAIN_LEN) &&
		     EVP_DigestUpdate(ctx, p, len) && EVP_DigestFinal_ex(ctx, chain, NULL);
		p += len;
		left -= len;
	}
	EVP_MD_CTX_free(ctx);
	return ok;
}

static bool is_after_slot(const struct position *p, const struct store_image *image)
{
	struct position end = image->position;
	struct batch b;

	if (!image->slot_id.coordinator || !batch_read(image->slot, image->slot_n_tls, &b))
		return false;
	end.epoch = b.after.epoch;
	end.seq = b.after.seq;
	end.sp = b.after.sp;
	return advance_chain(end.chain, image->slot) && same_history(p, &end);
}

enum standing standing_of(const struct device_content *content, const struct store_image *image)
{
	const struct position *p = &content->position;

	if (!content->loaded)
		return STANDING_EMPTY;
	if (same_history(p, &image->position) && p->digest == image->position.digest)
		return STANDING_SAME;
	if (is_after_slot(p, image))
		return STANDING_AFTER_SLOT;
	if (p->seq < image->position.seq)
		return STANDING_BEHIND;
	return STANDING_ELSEWHERE;
}
