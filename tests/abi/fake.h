/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Tests of the ABI: an agent without a network. The test says what it does, call by call.
 */
#ifndef _FAKE_H
#define _FAKE_H

#include "hsmrepl.h"

#define FAKE_DEADLINE_MS	5000	/* for anything that must come */
#define FAKE_NODE		1	/* id of this node */
#define FAKE_PEER		2	/* id of a peer, if the pool has one */

/**
 * struct fake - an attached agent
 * @dev: its handle
 * @attach: what ATTACH said
 * @epoch: epoch in force
 * @batch: number of the last batch
 * @records: what was read
 * @left: bytes of @records not looked at yet
 * @next: where they begin
 */
struct fake {
	struct hsmrepl *dev;
	struct hsmrepl_attach attach;
	uint64_t epoch;
	uint64_t batch;
	char *records;
	size_t left;
	size_t next;
};

/** fake_attach() - open and attach; 0 or a negative errno */
int fake_attach(struct fake *fake, const char *path);

/** fake_detach() - close: the agent is dead */
void fake_detach(struct fake *fake);

/** fake_reset() - drop all content; 0 or a negative errno */
int fake_reset(struct fake *fake);

/** fake_report() - tell the node's state; 0 or a negative errno */
int fake_report(struct fake *fake, unsigned int state);

/** fake_form() - form a pool of @n nodes (1 or 2) and report "member"; 0 or a negative errno */
int fake_form(struct fake *fake, unsigned int n);

/**
 * fake_submit_nodes() - queue a change of the node list: nodes FAKE_NODE and on, the next epoch
 * @fake: agent
 * @kind: enum hsmrepl_tl_kind
 * @n: nodes (1 or 2)
 * @protocol: that the list names
 *
 * Return: 0 or a negative errno.
 */
int fake_submit_nodes(struct fake *fake, unsigned int kind, unsigned int n, unsigned int protocol);

/** fake_grant() - grant the next batch, up to @max_tls TLs; 0 or a negative errno */
int fake_grant(struct fake *fake, unsigned int max_tls);

/** fake_record() - the next record, NULL if none comes in time */
const struct hsmrepl_record *fake_record(struct fake *fake);

/** fake_expect() - the next record of @type; others on the way are dropped. NULL: none in time */
const struct hsmrepl_record *fake_expect(struct fake *fake, unsigned int type);

/** fake_claim() - grant and read a batch to its end; its TLs, or a negative errno */
int fake_claim(struct fake *fake, unsigned int max_tls);

/** fake_resolve() - decide the batch claimed last; 0 or a negative errno */
int fake_resolve(struct fake *fake, unsigned int resolution, unsigned int error);

/** fake_commit() - claim a batch and commit it; its TLs, or a negative errno */
int fake_commit(struct fake *fake);

/** fake_answer() - answer an administrative request; 0 or a negative errno */
int fake_answer(struct fake *fake, uint64_t request, const char *json, unsigned int status);

/** fake_set() - submit through @dev, claim, commit one operation; 0 or a negative errno */
int fake_set(struct fake *fake, struct hsmrepl *dev, unsigned int code, const char *label,
	     const void *payload, size_t len);

/** submit_async() - one operation without waiting; 0 or a negative errno */
int submit_async(struct hsmrepl *dev, unsigned int code, const char *label, const void *payload,
		 size_t len, uint64_t *tid);

/** poll_readable() - wait until @fd is readable; 0 if it does not become so in time */
int poll_readable(int fd, int timeout_ms);

#endif /* _FAKE_H */
