/* SPDX-License-Identifier: GPL-2.0 */
/* What callers asked, when, and what they were told. The checkers of I7 see nothing else. */
#ifndef SIM_HISTORY_H
#define SIM_HISTORY_H

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>

#define CALLS_MAX	6000	/* of one world; clients stop then */
#define CHANGES_MAX	3	/* operations of one transaction, each on another label */

enum call_kind {
	CALL_WRITE,	/* SUBMIT */
	CALL_GET,	/* GET */
};

/**
 * struct change - one operation of a transaction
 * @code: enum hsmrepl_op_code
 * @label: number of the label
 * @if_version: as in struct hsmrepl_op
 * @value: unique number that the payload begins with; 0 for delete
 */
struct change {
	uint16_t code;
	uint8_t label;
	uint64_t if_version;
	uint64_t value;
};

/* How a call ended. */
enum call_end {
	END_NONE,	/* still waiting */
	END_DONE,	/* write: committed; get: found */
	END_NOTHING,	/* get: no such object. write: never queued, or aborted; see @error */
	END_PENDING,	/* write: may or may not happen. get: gave up */
	END_LOST,	/* the caller died with its machine; write: as END_PENDING */
};

/**
 * struct call - one call of one client
 * @kind: SUBMIT or GET
 * @client: who
 * @node: at which node
 * @committed_only: get: HSMREPL_GET_COMMITTED; any: at a node that was removed meanwhile
 * @n_changes: write: operations
 * @change: write: operations; get: the label is that of the first one
 * @began_us: when
 * @ended_us: when; UINT64_MAX for calls that never returned
 * @end: how
 * @error: errno told, 0 for none
 * @tid: write: once queued
 * @seq: write: in the history, when committed. get: TL that wrote the object
 * @version: write: of the first operation's object. get: of the object
 * @value: get: what the payload began with
 */
struct call {
	enum call_kind kind;
	uint16_t client;
	uint16_t node;
	bool committed_only;
	unsigned int n_changes;
	struct change change[CHANGES_MAX];
	uint64_t began_us;
	uint64_t ended_us;
	enum call_end end;
	int error;
	uint64_t tid;
	uint64_t seq;
	uint64_t version;
	uint64_t value;
};

/*
 * A write that was refused for what its one label was: a statement of that label's state. At a
 * removed node it may be an old one.
 */
static inline bool call_refused(const struct call *c)
{
	return c->kind == CALL_WRITE && c->end == END_NOTHING && c->n_changes == 1 &&
	       !c->committed_only &&
	       (c->error == EEXIST || c->error == ENOENT || c->error == ESTALE);
}

struct history {
	unsigned int n;
	struct call call[CALLS_MAX];
};

#endif /* SIM_HISTORY_H */
