// SPDX-License-Identifier: GPL-2.0
/* Snapshots taken into imports: all, or what is missing, cut off anywhere, and what is refused. */
#include <errno.h>

#include <sqlite3.h>

#include "../suite.h"
#include "disk_walk.h"
#include "history.h"
#include "import_private.h"
#include "quarantine.h"
#include "snapshot.h"

#define BATCHES	150

/* The window reaches back over all that these tests do. */
static const struct store_options roomy = {
	.segment_bytes = 65536,
	.unsettled_max = 1 << 20,
	.settle_ms = 0,
};

static struct world *w;
static char dir[BED_PATH];	/* of the newcomer */
static char error[STORE_ERROR_MAX];

static void setup(void)
{
	w = world_new(1, &roomy);
	snprintf(dir, sizeof(dir), "%.200s-newcomer", w->b->dir);
}

static void teardown(void)
{
	bed_remove(dir);
	world_free(w);
}

static struct store *open_newcomer(struct store_image *image)
{
	struct store *s = store_open_sized(dir, bed_secret, WORLD_NEWCOMER, w->b->log, &roomy,
					   image, error);

	ck_assert_msg(s != NULL, "%s", error);
	return s;
}

static struct import_state state_of(void)
{
	struct import_state state;

	ck_assert_msg(!import_state(dir, bed_secret, WORLD_NEWCOMER, &state, error), "%s", error);
	return state;
}

/* TLs that hold live objects, counted. */
static uint64_t count_live(const struct store *s)
{
	sqlite3_stmt *q;
	uint64_t n = 0;

	ck_assert_int_eq(sqlite3_prepare_v2(s->table->db, "SELECT count(DISTINCT n >> 8)"
					    " FROM object", -1, &q, NULL), SQLITE_OK);
	if (sqlite3_step(q) == SQLITE_ROW)
		n = (uint64_t)sqlite3_column_int64(q, 0);
	sqlite3_finalize(q);
	return n;
}

/* What the newcomer has is what the donor has. */
static void ck_same(void)
{
	struct world_walk walk = { .w = w };
	struct store_image image;
	struct store *s = open_newcomer(&image);

	ck_assert(!state_of().exists);
	ck_assert_mem_eq(&image.position, &w->b->position, sizeof(image.position));
	ck_assert_uint_eq(image.nl.n, 1);
	ck_assert_uint_eq(image.nl.epoch, w->b->position.epoch);
	ck_assert_uint_eq(image.last.coordinator, 0);
	ck_assert_uint_eq(image.slot_id.coordinator, 0);
	ck_assert_int_eq(store_each(s, world_see, &walk), 0);
	ck_assert_uint_eq(walk.n, world_count(w));
	ck_assert_uint_eq(image.objects, walk.n);
	ck_assert_int_eq(history_find(s, image.position.seq, image.position.sp,
				      image.position.chain), HISTORY_HAS);
	ck_assert_uint_eq(history_window(s), image.position.seq);
	ck_assert_uint_eq(s->table->state.live, count_live(s));
	store_close(s);
}

static struct import_start start_of(const struct snapshot *snap, enum import_kind kind)
{
	struct import_start start = {
		.kind = kind, .pool = { 9 }, .donor = BED_NODE, .address = "127.0.0.1:4327",
		.place = *snapshot_place(snap), .nl = *snapshot_nl(snap),
		.total = snapshot_total(snap),
	};

	return start;
}

static struct snapshot *snap_of(uint64_t k, uint64_t at)
{
	struct snapshot *snap;

	bed_settle(w->b);
	snap = snapshot_open(w->b->store, k, at, error);
	ck_assert_msg(snap != NULL, "%s", error);
	return snap;
}

static struct import *begin(const struct import_start *start)
{
	struct import *im = import_begin_sized(dir, bed_secret, WORLD_NEWCOMER, w->b->log, &roomy,
					       start, error);

	ck_assert_msg(im != NULL, "%s", error);
	return im;
}

/* Take @max items at most. Returns whether that was all. */
static bool take(struct import *im, struct snapshot *snap, unsigned int max)
{
	struct snapshot_item item;
	int ret = 1;

	while (max-- && (ret = snapshot_next(snap, &item)) > 0)
		ck_assert_msg(import_item(im, &item) == 0, "%s", import_trouble(im));
	ck_assert_int_ge(ret, 0);
	return !ret;
}

static void finish(struct import *im)
{
	int ret;

	while ((ret = import_finish(im)) > 0)
		;
	ck_assert_msg(!ret, "%s", import_trouble(im));
	ck_assert_msg(import_end(im) == 0, "%s", import_trouble(im));
	import_close(im);
}

static void bring(enum import_kind kind, uint64_t k, uint64_t at)
{
	struct snapshot *snap = snap_of(k, at);
	struct import_start start = start_of(snap, kind);
	struct import *im = begin(&start);

	ck_assert(take(im, snap, ~0U));
	snapshot_close(snap);
	finish(im);
}

START_TEST(everything_into_a_blank_store)
{
	ck_assert(!state_of().exists);
	w->rng += (uint64_t)_i << 40;
	world_grow(w, BATCHES);
	world_epoch(w, HSMREPL_TL_NODE_DOWN);
	world_grow(w, 3);
	bring(IMPORT_FULL, 0, 0);
	ck_same();
	ck_same();	/* after a second start as well */
	ck_assert(!state_of().exists);
}
END_TEST

/* What is told while commits go on is of one moment. */
START_TEST(a_snapshot_stands_still)
{
	struct snapshot *snap;
	struct position place;
	struct import_start start;
	struct import *im;
	struct store_image image;
	struct store *s;

	world_grow(w, BATCHES);
	snap = snap_of(0, 0);
	place = w->b->position;
	start = start_of(snap, IMPORT_FULL);
	ck_assert_mem_eq(&start.place, &place, sizeof(place));
	im = begin(&start);
	take(im, snap, 80);
	world_grow(w, BATCHES);
	ck_assert(take(im, snap, ~0U));
	snapshot_close(snap);
	finish(im);
	s = open_newcomer(&image);
	ck_assert_mem_eq(&image.position, &place, sizeof(place));
	store_close(s);
	/* Then what came since. */
	bring(IMPORT_DELTA, place.seq, place.seq);
	ck_same();
}
END_TEST

START_TEST(deltas_add_up)
{
	w->rng += (uint64_t)_i << 40;
	world_grow(w, BATCHES);
	bring(IMPORT_FULL, 0, 0);
	for (unsigned int i = 0; i < 6; i++) {
		uint64_t at = w->b->position.seq;

		world_grow(w, world_draw(w, 20));
		if (i == 3)
			world_epoch(w, HSMREPL_TL_NODE_DOWN);
		bring(IMPORT_DELTA, at, at);
		ck_same();
	}
}
END_TEST

static int follow_epoch(void *arg, const struct history_epoch *e)
{
	uint64_t *last = arg;

	ck_assert_uint_eq(e->position.epoch, ++*last);
	return 0;
}

START_TEST(epochs_come_along)
{
	struct store_image image;
	struct store *s;
	uint64_t last = 0, at;

	world_epoch(w, HSMREPL_TL_NODE_DOWN);
	world_grow(w, 10);
	at = w->b->position.seq;
	bring(IMPORT_FULL, 0, 0);
	world_epoch(w, HSMREPL_TL_NODE_DOWN);
	bring(IMPORT_DELTA, at, at);
	s = open_newcomer(&image);
	ck_assert_int_eq(history_epochs(s, follow_epoch, &last), 3);
	store_close(s);
}
END_TEST

/* Cut off after any number of items, again and again, while the pool goes on. */
static void resume_until_done(enum import_kind kind, uint64_t at)
{
	struct import_start start;
	struct snapshot *snap = snap_of(at, at);
	struct import *im;
	unsigned int most = 3000;	/* the history's rows come anew until a TL is there */
	bool done;

	start = start_of(snap, kind);
	im = begin(&start);
	while (!(done = take(im, snap, 1 + world_draw(w, most)))) {
		struct import_state state;

		snapshot_close(snap);
		import_close(im);
		world_grow(w, world_draw(w, 4));
		state = state_of();
		ck_assert(state.exists);
		ck_assert(state.full == (kind == IMPORT_FULL));
		ck_assert_uint_ge(state.at.seq, at);
		most = state.at.seq > at ? 24 : 3000;
		snap = snap_of(state.k, state.at.seq);
		start = start_of(snap, IMPORT_RESUME);
		im = begin(&start);
	}
	snapshot_close(snap);
	/* Complete, but not finished: that, too, is gone on with. */
	ck_assert_int_eq(import_finish(im), 1);
	ck_assert_int_eq(import_finish(im), 1);
	import_close(im);
	ck_assert(state_of().complete);
	start = state_of().start;
	start.kind = IMPORT_RESUME;
	finish(begin(&start));
	/* What came after the last snapshot. */
	at = start.place.seq;
	bring(IMPORT_DELTA, at, at);
	ck_same();
}

START_TEST(a_full_import_is_resumed)
{
	w->rng += (uint64_t)_i << 40;
	world_grow(w, BATCHES);
	resume_until_done(IMPORT_FULL, 0);
}
END_TEST

START_TEST(a_delta_is_resumed)
{
	uint64_t at;

	w->rng += (uint64_t)_i << 40;
	world_grow(w, 30);
	bring(IMPORT_FULL, 0, 0);
	at = w->b->position.seq;
	world_grow(w, BATCHES);
	resume_until_done(IMPORT_DELTA, at);
}
END_TEST

/*
 * The newcomer goes on by itself, with content of its own. To be called on what was brought in.
 */
static struct world *go_on(void)
{
	struct world *own = malloc(sizeof(*own));

	*own = *w;
	own->b = bed_new();
	bed_remove(own->b->dir);
	snprintf(own->b->dir, sizeof(own->b->dir), "%s", dir);
	own->b->store = open_newcomer(&own->b->image);
	own->b->position = own->b->image.position;
	own->b->number = 1000;
	own->rng += 77;
	return own;
}

static void close_own(struct world *own)
{
	bed_close(own->b);
	log_free(own->b->log);
	free(own->b);
	free(own);
}

START_TEST(the_new_store_takes_commits)
{
	world_grow(w, BATCHES);
	bring(IMPORT_FULL, 0, 0);
	for (unsigned int round = 0; round < 3; round++) {
		struct world *own = go_on();
		struct world_walk walk = { .w = own };

		ck_assert_mem_eq(&own->b->position, &w->b->position, sizeof(own->b->position));
		ck_assert_int_eq(store_each(own->b->store, world_see, &walk), 0);
		ck_assert_uint_eq(walk.n, world_count(w));
		world_grow(own, 20);
		w->b->position = own->b->position;
		memcpy(w->object, own->object, sizeof(w->object));
		close_own(own);
	}
}
END_TEST

/* The old life's content and slot go; what this node refused, and told aborted, stays. */
START_TEST(what_outlives_an_overwrite)
{
	struct store_image image;
	struct world *own;
	uint32_t incarnation;
	struct store *s;
	uint64_t seq, sp;

	world_grow(w, 20);
	bring(IMPORT_FULL, 0, 0);
	own = go_on();
	incarnation = own->b->image.incarnation;
	world_grow(own, 5);
	bed_begin(own->b);
	world_write(own, bed_tl(own->b, HSMREPL_TL_DATA, 4711), 1);
	ck_assert_int_eq(bed_yes(own->b), 0);
	ck_assert_int_eq(bed_refuse(own->b), 0);
	bed_abort(own->b);
	ck_assert_int_eq(bed_yes(own->b), 0);	/* the slot */
	close_own(own);
	world_grow(w, 20);
	bring(IMPORT_FULL, 0, 0);
	ck_same();
	s = open_newcomer(&image);
	ck_assert_uint_gt(image.incarnation, incarnation + 2);
	ck_assert_uint_eq(image.n_refused, 1);
	ck_assert_uint_eq(image.refused[0].number, 1006);
	ck_assert_int_eq(store_outcome(s, 4711, &seq, &sp), HSMREPL_OUTCOME_ABORTED);
	store_close(s);
}
END_TEST

/* A yes of this node's to its own addition is no import's to drop. */
START_TEST(an_addition_is_not_dropped)
{
	struct node_list list = {
		.pool = { 9 }, .epoch = 2, .n = 2,
		.node = { { .id = BED_NODE, .name = "n1", .address = "127.0.0.1:4327" },
			  { .id = WORLD_NEWCOMER, .name = "n2", .address = "127.0.0.2:4327" } },
	};
	struct import_start start;
	struct snapshot *snap;
	struct hsmrepl_nl nl;
	struct world *own;

	world_grow(w, 5);
	bring(IMPORT_FULL, 0, 0);
	own = go_on();
	nl_encode(&list, &nl);
	bed_begin(own->b);
	bed_op(own->b, bed_tl(own->b, HSMREPL_TL_NODE_ADD, 99), HSMREPL_OP_NODES, "", &nl,
	       sizeof(nl), 0, "");
	ck_assert_int_eq(bed_yes(own->b), 0);
	close_own(own);
	snap = snap_of(0, 0);
	start = start_of(snap, IMPORT_FULL);
	snapshot_close(snap);
	ck_assert_ptr_null(import_begin_sized(dir, bed_secret, WORLD_NEWCOMER, w->b->log, &roomy,
					      &start, error));
	ck_assert_msg(strstr(error, "voted to be added"), "%s", error);
}
END_TEST

/**
 * struct put_aside - what a quarantine file has beside what it must have
 */
struct put_aside {
	const struct world *own;
	bool expected[WORLD_LABELS];
	unsigned int n;
};

static int see_aside(void *arg, const struct store_object *o)
{
	struct put_aside *p = arg;
	const struct world_object *had;
	unsigned int i;
	char label[16] = "";

	memcpy(label, o->label, o->label_len);
	ck_assert_int_eq(sscanf(label, "object-%u", &i), 1);
	had = &p->own->object[i];
	ck_assert(p->expected[i]);
	ck_assert_uint_eq(content_digest(w->key, o), had->digest);
	ck_assert_mem_eq(o->payload, had->payload, o->payload_len);
	p->n++;
	return 0;
}

static bool lost(const struct world_object *had, const struct world_object *has)
{
	return had->exists && (!has->exists || had->attrs != has->attrs ||
			       had->payload_len != has->payload_len ||
			       memcmp(had->payload, has->payload, had->payload_len));
}

static void ck_file(const char *path, struct put_aside *p, unsigned int n)
{
	static const uint8_t wrong[STORE_KEY_LEN] = "another";
	struct stat st;

	ck_assert_msg(!quarantine_each(path, bed_secret, see_aside, p, error), "%s", error);
	ck_assert_uint_eq(p->n, n);
	ck_assert_int_eq(quarantine_each(path, wrong, see_aside, p, error), -1);
	ck_assert_uint_eq(p->n, n);
	/* Cut off: noticed. */
	ck_assert_int_eq(stat(path, &st), 0);
	ck_assert_int_eq(truncate(path, st.st_size - 60), 0);
	ck_assert_int_eq(quarantine_each(path, bed_secret, see_aside, p, error), -1);
	ck_assert_msg(strstr(error, "is damaged"), "%s", error);
	ck_assert_uint_eq(p->n, 2 * n);
}

START_TEST(objects_are_put_aside)
{
	struct put_aside p = { .n = 0 };
	unsigned int expected = 0;
	char path[STORE_ERROR_MAX];
	struct import_start start;
	struct snapshot *snap;
	struct import *im;
	uint64_t n;
	int ret;

	w->rng += (uint64_t)_i << 40;
	world_grow(w, BATCHES);
	bring(IMPORT_FULL, 0, 0);
	p.own = go_on();
	world_grow((struct world *)p.own, 10);
	bed_close(p.own->b);
	world_grow(w, 10);
	for (unsigned int i = 0; i < WORLD_LABELS; i++) {
		p.expected[i] = lost(&p.own->object[i], &w->object[i]);
		expected += p.expected[i];
	}
	ck_assert_uint_gt(expected, 0);
	snap = snap_of(0, 0);
	start = start_of(snap, IMPORT_FULL);
	im = begin(&start);
	ck_assert_int_eq(import_quarantine(im, path, &n), -EINVAL);
	ck_assert(take(im, snap, ~0U));
	snapshot_close(snap);
	while ((ret = import_finish(im)) > 0)
		;
	ck_assert_int_eq(ret, 0);
	while ((ret = import_quarantine(im, path, &n)) > 0)
		;
	ck_assert_msg(!ret, "%s", import_trouble(im));
	ck_assert_uint_eq(n, expected);
	finish(im);
	ck_same();
	ck_file(path, &p, expected);
	close_own((struct world *)p.own);
}
END_TEST

/* Nothing of an import, nor what was put aside, outlives a zeroize. */
START_TEST(a_zeroize_takes_all_along)
{
	struct import_start start;
	struct store_image image;
	struct snapshot *snap;
	char path[BED_PATH];
	struct store *s;
	FILE *f;

	world_grow(w, 5);
	snap = snap_of(0, 0);
	start = start_of(snap, IMPORT_FULL);
	import_close(begin(&start));
	snapshot_close(snap);
	snprintf(path, sizeof(path), "%.200s/quarantine-20260101-000000", dir);
	f = fopen(path, "w");
	fputs("sealed", f);
	fclose(f);
	ck_assert(state_of().exists);
	s = open_newcomer(&image);
	ck_assert_int_eq(store_zeroize(s), 0);
	store_close(s);
	ck_assert_int_ne(access(path, F_OK), 0);
	ck_assert(!state_of().exists);
}
END_TEST

static void add_tests(TCase *t)
{
	tcase_add_loop_test(t, everything_into_a_blank_store, 0, 3);
	tcase_add_test(t, a_snapshot_stands_still);
	tcase_add_loop_test(t, deltas_add_up, 0, 3);
	tcase_add_test(t, epochs_come_along);
	tcase_add_loop_test(t, a_full_import_is_resumed, 0, 5);
	tcase_add_loop_test(t, a_delta_is_resumed, 0, 5);
	tcase_add_test(t, the_new_store_takes_commits);
	tcase_add_test(t, what_outlives_an_overwrite);
	tcase_add_test(t, an_addition_is_not_dropped);
	tcase_add_loop_test(t, objects_are_put_aside, 0, 3);
	tcase_add_test(t, a_zeroize_takes_all_along);
}

int main(void)
{
	Suite *s = suite_create("import");
	TCase *t = tcase_create("import");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_set_timeout(t, 240);
	add_tests(t);
	suite_add_tcase(s, t);
	return suite_run(s);
}
