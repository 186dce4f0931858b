// SPDX-License-Identifier: GPL-2.0
#include "founding.h"

#include <endian.h>
#include <string.h>
#include <sys/random.h>

#include <openssl/evp.h>

#include "batch.h"

/**
 * struct founding_tl - the TL as it would travel
 */
struct founding_tl {
	struct hsmrepl_tl tl;
	struct hsmrepl_op op;
	struct hsmrepl_nl nl;
};

_Static_assert(sizeof(struct founding_tl) == DOWN_TL_LEN && sizeof(struct founding_tl) % 8 == 0,
	       "a TL that changes the list, without padding");

static bool draw(void *p, size_t n)
{
	return getrandom(p, n, 0) == (ssize_t)n;
}

static void cut(const struct position *from, const struct node_list *nl, uint64_t tid,
		struct founding_tl *t)
{
	*t = (struct founding_tl){
		.tl = {
			.len = htole32(sizeof(*t)), .format = htole16(1),
			.kind = htole16(HSMREPL_TL_FORM), .tid = htole64(tid),
			.sync_point = htole64(from->sp), .seq = htole64(from->seq + 1),
			.epoch = htole64(from->epoch), .coordinator = htole16(nl->node[0].id),
			.n_ops = htole16(1), .n_voters = htole16(1),
			.voters = { htole16(nl->node[0].id) },
		},
		.op = {
			.len = htole32(sizeof(t->op) + sizeof(t->nl)),
			.code = htole16(HSMREPL_OP_NODES),
			.payload_len = htole32(sizeof(t->nl)),
		},
	};
	nl_encode(nl, &t->nl);
}

/* chain_n = SHA-256(chain_n-1, TL_n) */
static bool chain(uint8_t chain[HSMREPL_CHAIN_LEN], const struct founding_tl *t)
{
	EVP_MD_CTX *sha = EVP_MD_CTX_new();
	unsigned int n = 0;
	bool ok = sha && EVP_DigestInit_ex2(sha, EVP_sha256(), NULL) == 1 &&
		  EVP_DigestUpdate(sha, chain, HSMREPL_CHAIN_LEN) == 1 &&
		  EVP_DigestUpdate(sha, t, sizeof(*t)) == 1 &&
		  EVP_DigestFinal_ex(sha, chain, &n) == 1 && n == HSMREPL_CHAIN_LEN;

	EVP_MD_CTX_free(sha);
	return ok;
}

bool founding_make(const struct position *from, uint16_t protocol, const struct member *self,
		   struct founding *f)
{
	struct founding_tl t;
	uint64_t tid = 0;

	memset(f, 0, sizeof(*f));
	f->nl.epoch = from->epoch + 1;
	f->nl.protocol = protocol;
	f->nl.n = 1;
	f->nl.node[0] = *self;
	if (!draw(f->nl.pool, sizeof(f->nl.pool)))
		return false;
	while (!tid)
		if (!draw(&tid, sizeof(tid)))
			return false;
	cut(from, &f->nl, tid, &t);
	f->place = *from;
	f->place.epoch++;
	f->place.seq++;
	f->place.sp ^= tid;
	if (!chain(f->place.chain, &t))
		return false;
	f->row = (struct history_row){
		.seq = f->place.seq, .tid = tid, .sp = f->place.sp, .has_chain = true,
	};
	memcpy(f->row.chain, f->place.chain, sizeof(f->row.chain));
	f->epoch.position = f->place;
	f->epoch.position.digest = 0;
	f->epoch.nl = t.nl;
	return true;
}
