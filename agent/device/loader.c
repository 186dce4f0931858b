// SPDX-License-Identifier: GPL-2.0
#include "loader.h"

#include <assert.h>
#include <endian.h>
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/crypto.h>

#include "../core/batch.h"
#include "../lib/hsmrepl.h"

#define CHUNK		HSMREPL_TL_MAX	/* bytes of objects given to the device at once */
#define ALIGN		8u
#define ENTRY_MAX	(sizeof(struct hsmrepl_load_entry) + HSMREPL_LABEL_MAX + \
			 HSMREPL_PAYLOAD_MAX + ALIGN)

_Static_assert(CHUNK <= HSMREPL_BATCH_MAX, "a chunk is no more than LOAD takes");
_Static_assert(ENTRY_MAX <= CHUNK, "any object fits into a chunk");

/**
 * struct loader - a load under way
 * @dev: device
 * @chunk: one is filled, the other one belongs to @thread while it runs
 * @filled: the one that is filled
 * @used: bytes of it
 * @thread: hands the other one over
 * @running: there is @thread
 * @arg: what it hands over
 * @ret: what that came to
 */
struct loader {
	struct hsmrepl *dev;
	uint8_t *chunk[2];
	unsigned int filled;
	size_t used;
	pthread_t thread;
	bool running;
	struct hsmrepl_load arg;
	int ret;
};

struct loader *loader_new(struct hsmrepl *dev)
{
	struct loader *l = calloc(1, sizeof(*l));

	if (!l)
		return NULL;
	l->dev = dev;
	l->chunk[0] = malloc(CHUNK);
	l->chunk[1] = malloc(CHUNK);
	if (l->chunk[0] && l->chunk[1])
		return l;
	loader_free(l);
	return NULL;
}

/* What the chunk under way came to; 0 if there is none. */
static int wait_sent(struct loader *l)
{
	if (l->running)
		pthread_join(l->thread, NULL);
	l->running = false;
	return l->ret;
}

void loader_free(struct loader *l)
{
	if (!l)
		return;
	wait_sent(l);
	for (unsigned int i = 0; i < 2; i++) {
		if (l->chunk[i])
			OPENSSL_cleanse(l->chunk[i], CHUNK);
		free(l->chunk[i]);
	}
	free(l);
}

static void *send_on(void *arg)
{
	struct loader *l = arg;

	l->ret = hsmrepl_ioctl(l->dev, HSMREPL_IOC_LOAD, &l->arg);
	return NULL;
}

/* The filled chunk becomes @arg; the one before is there. */
static int fill_arg(struct loader *l, const struct hsmrepl_load *arg)
{
	int ret = wait_sent(l);

	if (ret)
		return ret;
	l->arg = *arg;
	l->arg.size = sizeof(l->arg);
	l->arg.entries = l->used ? (uint64_t)(uintptr_t)l->chunk[l->filled] : 0;
	l->arg.entries_len = (uint32_t)l->used;
	l->filled ^= 1;
	l->used = 0;
	return 0;
}

static int send_now(struct loader *l, const struct hsmrepl_load *arg)
{
	int ret = fill_arg(l, arg);

	if (ret)
		return ret;
	send_on(l);
	return l->ret;
}

/* Signals are for the caller's thread. Without a thread it takes longer. */
static int send_chunk(struct loader *l)
{
	const struct hsmrepl_load more = { .flags = 0 };
	sigset_t all, before;
	int ret = fill_arg(l, &more);

	if (ret)
		return ret;
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	l->running = pthread_create(&l->thread, NULL, send_on, l) == 0;
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (l->running)
		return 0;
	send_on(l);
	return l->ret;
}

int loader_begin(struct loader *l)
{
	const struct hsmrepl_load begin = { .flags = HSMREPL_LOAD_BEGIN };

	return send_now(l, &begin);
}

int loader_add(struct loader *l, const struct store_object *o)
{
	size_t plain = sizeof(struct hsmrepl_load_entry) + o->label_len + o->payload_len;
	size_t len = (plain + ALIGN - 1) & ~(size_t)(ALIGN - 1);
	struct hsmrepl_load_entry *entry;
	uint8_t *p;

	assert(o->label_len <= HSMREPL_LABEL_MAX && o->payload_len <= HSMREPL_PAYLOAD_MAX);
	if (len > CHUNK - l->used) {
		int ret = send_chunk(l);

		if (ret)
			return ret;
	}
	p = l->chunk[l->filled] + l->used;
	entry = (struct hsmrepl_load_entry *)p;
	memset(entry, 0, sizeof(*entry));
	entry->len = htole32((uint32_t)len);
	entry->label_len = htole16((uint16_t)o->label_len);
	entry->payload_len = htole32((uint32_t)o->payload_len);
	entry->version = htole64(o->version);
	entry->seq = htole64(o->seq);
	entry->attrs = htole64(o->attrs);
	memcpy(entry->id, o->id, sizeof(entry->id));
	memcpy(entry->type, o->type, sizeof(entry->type));
	p += sizeof(*entry);
	memcpy(p, o->label, o->label_len);
	if (o->payload_len)
		memcpy(p + o->label_len, o->payload, o->payload_len);
	memset(p + o->label_len + o->payload_len, 0, len - plain);
	l->used += len;
	return 0;
}

int loader_end(struct loader *l, const struct position *position, const struct node_list *nl)
{
	struct hsmrepl_load end = {
		.flags = HSMREPL_LOAD_END,
		.seq = position->seq,
		.sync_point = position->sp,
		.digest = position->digest,
	};
	struct hsmrepl_nl list;

	memcpy(end.chain, position->chain, sizeof(end.chain));
	if (nl->n) {
		nl_encode(nl, &list);
		end.nl = (uint64_t)(uintptr_t)&list;
	}
	return send_now(l, &end);
}
