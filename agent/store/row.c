// SPDX-License-Identifier: GPL-2.0
/* Reads rows of the history. */
#include <errno.h>
#include <string.h>

#include "reader.h"
#include "row.h"

void row_tl(struct sqlite3_stmt *q, struct history_row *row)
{
	struct bytes chain = reader_bytes(q, 3);

	*row = (struct history_row){
		.seq = reader_u64(q, 0),
		.tid = reader_u64(q, 1),
		.sp = reader_u64(q, 2),
		.has_chain = chain.n == HSMREPL_CHAIN_LEN,
	};
	if (row->has_chain)
		memcpy(row->chain, chain.p, HSMREPL_CHAIN_LEN);
}

int row_epoch(struct sqlite3_stmt *q, struct history_epoch *epoch)
{
	struct bytes chain = reader_bytes(q, 3), nl = reader_bytes(q, 4);

	if (chain.n != HSMREPL_CHAIN_LEN || nl.n != sizeof(epoch->nl))
		return -EBADMSG;
	epoch->position = (struct position){
		.epoch = reader_u64(q, 0),
		.seq = reader_u64(q, 1),
		.sp = reader_u64(q, 2),
	};
	memcpy(epoch->position.chain, chain.p, chain.n);
	memcpy(&epoch->nl, nl.p, nl.n);
	return 0;
}
