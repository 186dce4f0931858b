/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A backup being made: all that is settled at one moment, as a sealed file (archive.h), a piece at
 * a time as fast as somebody takes them. Commits go on beside it. The file holds the items of
 * a full snapshot as they travel in a Live-Sync (item.h), one after the other.
 */
#ifndef HSM_BACKUP_BACKUP_H
#define HSM_BACKUP_BACKUP_H

#include "archive.h"
#include "host.h"

#define BACKUP_PIECE_MAX	ARCHIVE_FRAME_MAX

struct backup;

/**
 * struct backup_view - how far it has come
 * @head: what the file tells of itself; zero before the first piece
 * @end: so far
 * @percent: of all, an estimate
 */
struct backup_view {
	struct archive_head head;
	struct archive_end end;
	unsigned int percent;
};

/* Of all that is committed now, or more. NULL with @error set. Free it before the store closes. */
struct backup *backup_begin(const struct sync_host *host, char error[SYNC_ERROR_MAX]);
void backup_free(struct backup *b);

/**
 * backup_piece() - the next bytes of the file
 * @b: backup under way
 * @out: BACKUP_PIECE_MAX bytes
 * @n: bytes there; 0: ask again a little later
 * @error: what is wrong and what to do
 *
 * One bounded step. Returns 1; 0: with these bytes the file is whole; -1 with @error set.
 */
int backup_piece(struct backup *b, uint8_t *out, size_t *n, char error[SYNC_ERROR_MAX]);

void backup_look(const struct backup *b, struct backup_view *view);

#endif /* HSM_BACKUP_BACKUP_H */
