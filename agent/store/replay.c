// SPDX-License-Identifier: GPL-2.0
/*
 * Reads the log at start. Where the records end is where the log ends, unless a record somewhere
 * says that more had been on the disk before it was written: then something is damaged.
 */
#include <endian.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "store_private.h"

#define REMEDY "put the directory back from a copy, or have this node made anew from its pool"

/**
 * struct replay - reading the log
 * @s: the store
 * @hasher: for the headers
 * @opener: for sealed TLs
 * @buf: one segment
 * @scratch: one TL in the clear
 * @expected: lsn of the next record, 0 before the first
 * @confirmed: highest lsn below which a record says that all is on the disk
 * @error: STORE_ERROR_MAX bytes
 */
struct replay {
	struct store *s;
	struct hasher *hasher;
	struct opener *opener;
	uint8_t *buf;
	uint8_t *scratch;
	uint64_t expected;
	uint64_t confirmed;
	char *error;
};

static int fail(struct replay *r, const struct segment *seg, const char *what, const char *remedy)
{
	snprintf(r->error, STORE_ERROR_MAX, "%.300s/" SEGMENT_NAME ": %s: %s", r->s->dir,
		 seg->number, what, remedy);
	return -1;
}

static int read_segment(struct replay *r, const struct segment *seg)
{
	uint8_t *buf = realloc(r->buf, seg->bytes ? seg->bytes : 1);
	int ret;

	if (!buf)
		return fail(r, seg, "no memory", "free some");
	r->buf = buf;
	ret = segment_read(seg, buf);
	return ret ? fail(r, seg, strerror(-ret), REMEDY) : 0;
}

/* What the segment's records claim, in whatever order they lie; and which use of it this is. */
static int survey(struct replay *r, struct segment *seg)
{
	const __le32 magic = htole32(RECORD_MAGIC);
	struct record rec;

	if (read_segment(r, seg))
		return -1;
	if (record_read(r->hasher, r->buf, seg->bytes, &rec) &&
	    rec.generation >= r->s->table->state.tail)
		seg->generation = rec.generation;
	for (size_t at = 0; at + sizeof(magic) <= seg->bytes; at += RECORD_ALIGN) {
		if (memcmp(r->buf + at, &magic, sizeof(magic)) ||
		    !record_read(r->hasher, r->buf + at, seg->bytes - at, &rec) ||
		    rec.generation < r->s->table->state.tail)
			continue;
		if (rec.durable > r->confirmed)
			r->confirmed = rec.durable;
	}
	/* What is read here and settled must not be lost with the page cache. */
	if (seg->generation && fdatasync(seg->fd) < 0)
		return fail(r, seg, strerror(errno), REMEDY);
	return 0;
}

static bool fits(const struct replay *r, const struct record *rec)
{
	struct record_start start;

	if (rec->type == RECORD_START && r->expected) {
		memcpy(&start, rec->body.p, sizeof(start));
		return le64toh(start.follows) == r->expected && rec->lsn >= r->expected;
	}
	return !r->expected || rec->lsn == r->expected;
}

/* The undecided YES, copied out of the segment. */
static int take_yes(struct replay *r, const struct segment *seg, const struct record *rec)
{
	struct store *s = r->s;
	struct entry *e;

	if (s->slot && !same_batch(s->slot->rec.batch, rec->batch))
		return fail(r, seg, "two undecided batches", REMEDY);
	entry_put(&s->pool, s->slot);
	s->slot = NULL;
	if (rec->lsn <= s->table->state.decided)
		return 0;
	e = entry_get(&s->pool, RECORD_YES, rec->batch, rec->body.n);
	memcpy(entry_body(e), rec->body.p, rec->body.n);
	e->rec = *rec;
	e->rec.body.p = entry_body(e);
	s->slot = e;
	entry_put(&s->pool, s->dropped);
	s->dropped = NULL;
	return 0;
}

static int take_decision(struct replay *r, const struct segment *seg, const struct record *rec)
{
	struct store *s = r->s;
	struct entry *e;
	int ret;

	if (rec->lsn <= s->table->state.settled)
		return 0;
	e = entry_get(&s->pool, rec->type, rec->batch, 0);
	e->rec = *rec;
	if (rec->type == RECORD_COMMIT)
		record_position_read(rec->body.p, &e->after);
	if (s->slot && record_is_decision(rec->type) &&
	    same_batch(s->slot->rec.batch, rec->batch))
		e->decides = s->slot->rec.lsn;
	ret = store_decide(s, e);
	if (!ret)
		ret = settle_entry(s->table, e);
	entry_put(&s->pool, e);
	if (ret == -EBADMSG)
		return fail(r, seg, "a batch does not follow on what is settled", REMEDY);
	return ret ? fail(r, seg, table_trouble(s->table, ret), "free or repair the disk") : 0;
}

/*
 * All records of one segment. What follows the last good one was not finished, or survey() knows
 * better.
 */
static int walk(struct replay *r, struct segment *seg)
{
	struct record rec;
	size_t at = 0;
	int ret;

	if (read_segment(r, seg))
		return -1;
	while (record_read(r->hasher, r->buf + at, seg->bytes - at, &rec) &&
	       rec.generation == seg->generation && fits(r, &rec)) {
		ret = 0;
		if (record_is_sealed(rec.type))
			ret = record_check_body(r->opener, &rec, r->scratch);
		if (ret == -EIO)
			return fail(r, seg, "OpenSSL failed", "see its providers");
		if (ret)
			break;
		if (rec.type == RECORD_YES)
			ret = take_yes(r, seg, &rec);
		else if (rec.type != RECORD_START)
			ret = take_decision(r, seg, &rec);
		if (ret)
			return ret;
		r->expected = rec.lsn + 1;
		at += record_len(&rec);
	}
	return 0;
}

/* The live segment after @generation, NULL at the end. */
static struct segment *next_live(struct segments *s, uint64_t generation)
{
	struct segment *next = NULL;

	for (unsigned int i = 0; i < s->n; i++) {
		struct segment *seg = &s->segment[i];

		if (seg->generation > generation && (!next || seg->generation < next->generation))
			next = seg;
	}
	return next;
}

static int read_log(struct replay *r)
{
	struct segments *all = &r->s->segments;
	struct table_state *state = &r->s->table->state;
	struct segment *seg;
	uint64_t last = 0;
	bool anew;

	for (unsigned int i = 0; i < all->n; i++)
		if (survey(r, &all->segment[i]))
			return -1;
	seg = next_live(all, 0);
	anew = state->tail && !(uint32_t)state->tail;
	if (state->tail && !anew && (!seg || seg->generation != state->tail)) {
		snprintf(r->error, STORE_ERROR_MAX,
			 "%.300s: a segment that " TABLE_FILE " needs is missing or damaged: %s",
			 r->s->dir, REMEDY);
		return -1;
	}
	if (!state->tail)
		r->expected = 1;
	for (; seg; seg = next_live(all, seg->generation)) {
		uint64_t before = r->expected;

		if (walk(r, seg))
			return -1;
		if (r->expected != before)
			last = seg->generation;
	}
	if (!r->expected)
		r->expected = 1;
	if (r->expected < r->confirmed) {
		snprintf(r->error, STORE_ERROR_MAX,
			 "%.300s: the log is damaged at record %llu, %llu had been confirmed: %s",
			 r->s->dir, (unsigned long long)r->expected,
			 (unsigned long long)r->confirmed - 1, REMEDY);
		return -1;
	}
	/* All decisions are settled with this: what is needed still is the undecided YES. */
	if (!anew || last)
		state->tail = r->s->slot ? r->s->slot->rec.generation : last;
	return 0;
}

int replay_log(struct store *s, uint64_t *end, char error[STORE_ERROR_MAX])
{
	struct replay r = {
		.s = s,
		.hasher = hasher_new(s->keys.log),
		.opener = opener_new(s->keys.tl),
		.scratch = malloc(HSMREPL_TL_MAX),
		.error = error,
	};
	int ret = -1;

	if (r.hasher && r.opener && r.scratch)
		ret = read_log(&r);
	else
		snprintf(error, STORE_ERROR_MAX, "%.300s: no memory", s->dir);
	*end = r.expected;
	hasher_free(r.hasher);
	opener_free(r.opener);
	free(r.scratch);
	free(r.buf);
	return ret;
}
