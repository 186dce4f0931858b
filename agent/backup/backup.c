// SPDX-License-Identifier: GPL-2.0
#include "backup.h"

#include <endian.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <openssl/crypto.h>

#include "batch.h"
#include "history.h"
#include "item.h"
#include "log.h"

#define ITEMS_MAX 512	/* of the snapshot looked at in one step: most are short */

/**
 * struct backup - one backup
 * @host: the agent
 * @least: this seq must be in it
 * @snapshot: the moment, NULL before it is held
 * @writer: of the file
 * @head: of the file
 * @end: counted so far
 * @ended: the snapshot is
 * @used: plain bytes in @chunk
 * @item_len: bytes of the item in @item
 * @item_used: of these in a chunk already
 * @chunk: what the next frame will hold
 * @item: the item that did not fit whole
 */
struct backup {
	const struct sync_host *host;
	uint64_t least;
	struct snapshot *snapshot;
	struct archive_writer *writer;
	struct archive_head head;
	struct archive_end end;
	bool ended;
	size_t used;
	size_t item_len;
	size_t item_used;
	uint8_t chunk[ARCHIVE_CHUNK];
	uint8_t item[ITEM_MAX];
};

struct backup *backup_begin(const struct sync_host *host, char error[SYNC_ERROR_MAX])
{
	struct node_view view;
	struct backup *b;

	host->look(host->arg, &view);
	if (!view.nl->n) {
		snprintf(error, SYNC_ERROR_MAX,
			 "this node has no pool to keep: run backup on a member");
		return NULL;
	}
	b = calloc(1, sizeof(*b));
	if (!b) {
		snprintf(error, SYNC_ERROR_MAX, "no memory for a backup: free some");
		return NULL;
	}
	b->host = host;
	b->least = view.position.seq;
	return b;
}

void backup_free(struct backup *b)
{
	if (!b)
		return;
	if (b->snapshot)
		snapshot_close(b->snapshot);
	archive_writer_free(b->writer);
	OPENSSL_cleanse(b, sizeof(*b));
	free(b);
}

static void make_head(struct backup *b)
{
	struct snapshot_total total = snapshot_total(b->snapshot);
	const struct config *c = b->host->config;

	b->head = (struct archive_head){
		.node = c->node_id, .mode = c->mode, .time = (uint64_t)time(NULL),
		.place = *snapshot_place(b->snapshot), .tls = total.tls, .bytes = total.bytes,
	};
	b->head.protocol = le16toh(snapshot_nl(b->snapshot)->protocol);
	memcpy(b->head.name, c->node_name, sizeof(b->head.name));
	memcpy(b->head.pool, snapshot_nl(b->snapshot)->pool, sizeof(b->head.pool));
}

/* The moment is held, and the head written, once all is settled that was committed before. */
static int begin(struct backup *b, uint8_t *out, size_t *n, char error[SYNC_ERROR_MAX])
{
	struct store *store = b->host->store(b->host->arg);

	_Static_assert(SYNC_ERROR_MAX >= STORE_ERROR_MAX, "an error of the store fits");
	if (history_settled(store) < b->least)
		return 1;
	b->snapshot = snapshot_open(store, 0, 0, error);
	if (!b->snapshot)
		return -1;
	make_head(b);
	b->writer = archive_writer_new(b->host->secret, &b->head, out);
	if (!b->writer) {
		snprintf(error, SYNC_ERROR_MAX, "the backup cannot be sealed: see OpenSSL's "
			 "providers, or free memory");
		return -1;
	}
	*n = ARCHIVE_HEAD_LEN;
	return 1;
}

/* As much of the item as there is room for. */
static void move_item(struct backup *b)
{
	size_t n = b->item_len - b->item_used, room = sizeof(b->chunk) - b->used;

	if (n > room)
		n = room;
	memcpy(b->chunk + b->used, b->item + b->item_used, n);
	b->used += n;
	b->item_used += n;
}

/* Until the chunk is full, the snapshot ends, or it takes long. Returns what the snapshot did. */
static int fill(struct backup *b)
{
	struct snapshot_item item;
	int ret = 1;

	move_item(b);
	for (unsigned int i = 0; i < ITEMS_MAX && b->used < sizeof(b->chunk); i++) {
		ret = snapshot_next(b->snapshot, &item);
		if (ret != 1)
			break;
		if (item.kind == SNAP_TL) {
			b->end.tls++;
			b->end.objects += item.n_live;
			b->end.bytes += item.tl.tl.n;
		}
		b->item_len = item_encode(&item, b->item);
		b->item_used = 0;
		move_item(b);
	}
	return ret;
}

int backup_piece(struct backup *b, uint8_t *out, size_t *n, char error[SYNC_ERROR_MAX])
{
	int ret;

	*n = 0;
	if (!b->snapshot)
		return begin(b, out, n, error);
	if (b->ended && !b->used) {
		*n = archive_write_end(b->writer, &b->end, out);
		return 0;
	}
	ret = b->ended ? 0 : fill(b);
	if (ret < 0) {
		snprintf(error, SYNC_ERROR_MAX, "the store cannot be read: see this node's log, "
			 "and make the backup on another node");
		return -1;
	}
	b->ended = !ret;
	if (b->used == sizeof(b->chunk) || (b->ended && b->used)) {
		*n = archive_write(b->writer, b->chunk, b->used, out);
		b->used = 0;
	}
	return 1;
}

void backup_look(const struct backup *b, struct backup_view *view)
{
	uint64_t percent = b->head.bytes ? b->end.bytes * 100 / b->head.bytes : 0;

	*view = (struct backup_view){ .head = b->head, .end = b->end };
	view->percent = b->ended ? 100 : percent > 99 ? 99 : (unsigned int)percent;
}
