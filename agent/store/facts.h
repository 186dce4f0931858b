/* SPDX-License-Identifier: GPL-2.0 */
/* The row of facts in SQLite: how far all is, and what outlives a start. */
#ifndef HSM_STORE_FACTS_H
#define HSM_STORE_FACTS_H

#include "record.h"

/**
 * struct table_state - the one row of facts; saved by table_commit()
 * @incarnation: of the present start
 * @settled: decisions up to this lsn are in the tables
 * @decided: highest lsn of a YES that a settled decision was about
 * @tail: lowest generation of a log segment that a restart needs, 0 before there is one; with a
 *	counter of 0 (see struct record_header) that of none yet: what is below is of another life
 * @position: after the last settled batch
 * @last: the last settled batch
 * @has_nl: @nl holds a list
 * @nl: node list in force, as it came in the TL
 * @promised: node-down: highest ballot promised that still binds, 0 for none
 * @accepted: node-down: ballot of @value, if it leads beyond the epoch of @position; else 0
 * @has_value: @value holds one; without @accepted it is of the epoch before
 * @value: node-down: the value accepted last, sealed as in its ACCEPT
 * @window: every TL after this one is whole (history.h)
 * @swept: up to here the bodies without live objects are gone
 * @dead: bytes of those that are there
 * @live: TLs that hold live objects
 * @counter: value of the counter outside the store, or one more than it
 */
struct table_state {
	uint32_t incarnation;
	uint64_t settled;
	uint64_t decided;
	uint64_t tail;
	struct position position;
	struct batch_id last;
	bool has_nl;
	struct hsmrepl_nl nl;
	uint64_t promised;
	uint64_t accepted;
	bool has_value;
	uint8_t value[RECORD_VALUE_LEN];
	uint64_t window;
	uint64_t swept;
	uint64_t dead;
	uint64_t live;
	uint64_t counter;
};

#endif /* HSM_STORE_FACTS_H */
