/* SPDX-License-Identifier: GPL-2.0 */
/* Rows of the history as they come from SQLite. */
#ifndef HSM_STORE_ROW_H
#define HSM_STORE_ROW_H

#include "history.h"

struct sqlite3_stmt;

/* Columns to select for row_tl() and row_epoch(). */
#define ROW_TL		"tl.seq, tl.tid, tl.sp, tl.chain"
#define ROW_EPOCH	"epoch, seq, sp, chain, nl"

void row_tl(struct sqlite3_stmt *q, struct history_row *row);

/* Returns 0, or -EBADMSG for a row that is none. */
int row_epoch(struct sqlite3_stmt *q, struct history_epoch *epoch);

#endif /* HSM_STORE_ROW_H */
