// SPDX-License-Identifier: GPL-2.0
#include "inspect.h"

#include <stdlib.h>
#include <string.h>

#include "pack.h"
#include "post.h"

#define ENTRY_MAX (DIGEST_HASH_LEN + 16 + 2 + HSMREPL_LABEL_MAX)

/**
 * struct inspect - the one asker
 * @host: the agent
 * @service: to it, or NULL
 * @census: of this node
 * @ready: @census is complete
 */
struct inspect {
	const struct sync_host *host;
	struct service *service;
	struct census *census;
	bool ready;
};

struct inspect *inspect_new(const struct sync_host *host)
{
	struct inspect *in = calloc(1, sizeof(*in));

	if (in)
		in->host = host;
	return in;
}

static void forget(struct inspect *in)
{
	census_free(in->census);
	in->census = NULL;
	in->service = NULL;
	in->ready = false;
}

void inspect_free(struct inspect *in)
{
	if (!in)
		return;
	forget(in);
	free(in);
}

void inspect_stop(struct inspect *in)
{
	if (in->service)
		post_no(in->service, SYNC_LATER, "its content is about to change: ask again later");
	forget(in);
}

void inspect_closed(struct inspect *in, struct service *s)
{
	if (in->service == s)
		forget(in);
}

static void pack_entry(struct pack *p, struct inspect_entry *e)
{
	uint64_t len = strlen(e->label);

	pack_bytes(p, e->entry.hash, sizeof(e->entry.hash));
	pack_u64(p, &e->entry.digest);
	pack_u64(p, &e->entry.seq);
	pack_number(p, &len, 2);
	if (len > HSMREPL_LABEL_MAX) {
		p->bad = true;
		return;
	}
	pack_bytes(p, e->label, (size_t)len);
	e->label[len] = '\0';
}

static void pack_bucket(struct pack *p, struct census_bucket *b)
{
	pack_u64(p, &b->n);
	pack_u64(p, &b->sum);
}

bool inspect_read_entry(struct bytes *from, struct inspect_entry *e)
{
	struct pack p = pack_reader(*from);

	memset(e, 0, sizeof(*e));
	pack_entry(&p, e);
	*from = pack_rest(&p);
	return !p.bad;
}

bool inspect_read_bucket(struct bytes *from, struct census_bucket *b)
{
	struct pack p = pack_reader(*from);

	pack_bucket(&p, b);
	*from = pack_rest(&p);
	return !p.bad;
}

static void say_entries(struct inspect *in, const struct digest_entry *entry, size_t n)
{
	struct sync_message m = { .type = SYNC_ENTRIES, .flags = SYNC_LAST,
				  .place = *census_place(in->census), .count = n };
	uint8_t buf[INSPECT_ENTRIES * ENTRY_MAX];
	struct pack p = pack_writer(buf, sizeof(buf));

	for (size_t i = 0; i < n; i++) {
		struct inspect_entry e = { .entry = entry[i] };

		if (!census_label(in->census, &entry[i], e.label))
			e.label[0] = '\0';
		pack_entry(&p, &e);
	}
	m.data = (struct bytes){ buf, pack_used(&p) };
	post(in->service, &m);
}

static void say_buckets(struct inspect *in, const uint8_t *prefix, size_t len)
{
	struct sync_message m = { .type = SYNC_BUCKETS, .count = CENSUS_BUCKETS,
				  .place = *census_place(in->census) };
	struct census_bucket bucket[CENSUS_BUCKETS];
	uint8_t buf[sizeof(bucket)];
	struct pack p = pack_writer(buf, sizeof(buf));

	census_buckets(in->census, prefix, len, bucket);
	for (unsigned int i = 0; i < CENSUS_BUCKETS; i++)
		pack_bucket(&p, &bucket[i]);
	m.data = (struct bytes){ buf, pack_used(&p) };
	post(in->service, &m);
}

static void say(struct inspect *in, const uint8_t *prefix, size_t len)
{
	const struct digest_entry *entry;
	size_t n;

	entry = census_range(in->census, prefix, len, &n);
	if (n <= INSPECT_ENTRIES)
		say_entries(in, entry, n);
	else
		say_buckets(in, prefix, len);
}

static void on_census(void *arg, struct census *c, const char *why)
{
	struct inspect *in = arg;

	(void)c;
	if (!why) {
		in->ready = true;
		say(in, NULL, 0);
		return;
	}
	in->census = NULL;
	post_no(in->service, 0, why);
	in->service = NULL;
}

static void begin(struct inspect *in, struct service *s)
{
	char error[SYNC_ERROR_MAX];

	in->census = census_begin(in->host, on_census, in, error);
	if (in->census)
		in->service = s;
	else
		post_no(s, 0, error);
}

bool inspect_frame(struct inspect *in, struct service *s, const struct sync_message *m)
{
	if (m->type != SYNC_DIGESTS)
		return false;
	if (!in->host->store(in->host->arg))
		post_no(s, SYNC_LATER, "a Live-Sync onto it is under way: ask again later");
	else if (in->service && in->service != s)
		post_no(s, SYNC_LATER, "another node compares with it: ask again later");
	else if (!in->service && !m->data.n)
		begin(in, s);
	else if (in->ready && m->data.n < DIGEST_HASH_LEN)
		say(in, m->data.p, m->data.n);
	else
		post_no(s, 0, "a message out of turn" SYNC_SAME_VERSION);
	return true;
}
