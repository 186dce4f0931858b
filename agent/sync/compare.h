/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Recomputes the digest of this node's content, and names the objects in which another node's
 * content differs: bucket by bucket of label hashes, so that little is sent.
 */
#ifndef HSM_SYNC_COMPARE_H
#define HSM_SYNC_COMPARE_H

#include "host.h"

#define COMPARE_NAMES_MAX 256

enum compare_class {
	COMPARE_HERE,		/* only here */
	COMPARE_THERE,		/* only there */
	COMPARE_DIFFERS,	/* on both, but not the same */
	COMPARE_CLASSES
};

/**
 * struct compare_report - what was found
 * @why: why not, if it failed; else empty
 * @place: of this node
 * @digest: what its objects come to
 * @objects: here
 * @compared: with another node; else the rest does not count
 * @there: its position
 * @n: of each class
 * @moving: changed while the two were looked at
 * @names: entries of @name
 * @name: the first of them
 */
struct compare_report {
	char why[SYNC_ERROR_MAX];
	struct position place;
	uint64_t digest;
	uint64_t objects;
	bool compared;
	struct position there;
	uint64_t n[COMPARE_CLASSES];
	uint64_t moving;
	unsigned int names;
	struct {
		enum compare_class class;
		char label[HSMREPL_LABEL_MAX + 1];
	} name[COMPARE_NAMES_MAX];
};

typedef void (*compare_fn)(void *arg, uint64_t request, const struct compare_report *r);

struct compare;

/* The store will be closed: @done hears that it failed. */
void compare_stop(struct compare *c, const char *why);

/**
 * compare_begin() - look at this node, and at another one
 * @host: the agent
 * @whom: NULL for no other one
 * @one_history: what one node wrote after the place of the other is no difference
 * @done: called once, from the event loop
 * @arg: of the callback
 * @request: handed back in the answer
 * @error: filled in on failure: what is wrong and what to do
 * Returns NULL with @error set.
 */
struct compare *compare_begin(const struct sync_host *host, const struct member *whom,
			      bool one_history, compare_fn done, void *arg, uint64_t request,
			      char error[SYNC_ERROR_MAX]);

#endif /* HSM_SYNC_COMPARE_H */
