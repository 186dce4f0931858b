// SPDX-License-Identifier: GPL-2.0
/*
 * The process dies in an import: at any write of SQLite's, half of which is done, and at any file
 * it removes. What is found then is the old store, an import to go on with, or the new store.
 */
#include <limits.h>

#include <sqlite3.h>
#include <sys/mman.h>
#include <sys/wait.h>

#include "../suite.h"
#include "disk_walk.h"
#include "import_private.h"
#include "snapshot.h"

#define DEATHS		24	/* of each kind of import, spread over all its writes */
#define ITEMS_MAX	2000
#define DIED		9
#define SMALL		4096	/* bytes of a transaction */

static const struct store_options roomy = {
	.segment_bytes = 65536,
	.unsettled_max = 1 << 20,
	.settle_ms = 0,
};

/**
 * struct kept - an item of a snapshot, copied
 */
struct kept {
	struct snapshot_item item;
	struct history_epoch epoch;
};

static struct world *w;
static char dir[BED_PATH], before[BED_PATH];
static char error[STORE_ERROR_MAX];
static struct kept kept[ITEMS_MAX];
static unsigned int n_kept;
static struct import_start start;
static long *left;	/* writes until death; shared with the child */

static void setup(void)
{
	w = world_new(3, &roomy);
	snprintf(dir, sizeof(dir), "%.200s-newcomer", w->b->dir);
	snprintf(before, sizeof(before), "%.200s-before", w->b->dir);
	left = mmap(NULL, sizeof(*left), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1,
		    0);
	ck_assert(left != MAP_FAILED);
}

static void teardown(void)
{
	bed_remove(dir);
	bed_remove(before);
	world_free(w);
}

static void *copy(const void *p, size_t n)
{
	void *to = malloc(n ? n : 1);

	memcpy(to, p, n);
	return to;
}

static void keep(const struct snapshot_item *item)
{
	struct kept *k = &kept[n_kept++];

	ck_assert_uint_lt(n_kept, ITEMS_MAX);
	k->item = *item;
	if (item->kind == SNAP_GONE)
		k->item.label.p = copy(item->label.p, item->label.n);
	if (item->kind == SNAP_EPOCH) {
		k->epoch = *item->epoch;
		k->item.epoch = &k->epoch;
	}
	if (item->kind == SNAP_TL) {
		k->item.tl.tl.p = copy(item->tl.tl.p, item->tl.tl.n);
		k->item.live = copy(item->live, item->n_live * sizeof(*item->live));
	}
}

static void forget_items(void)
{
	while (n_kept) {
		struct snapshot_item *item = &kept[--n_kept].item;

		if (item->kind == SNAP_GONE)
			free((void *)item->label.p);
		if (item->kind == SNAP_TL) {
			free((void *)item->tl.tl.p);
			free((void *)item->live);
		}
	}
}

/* Take the donor's snapshot into memory. Its store is closed then: no thread is there to fork. */
static void record(enum import_kind kind, uint64_t k, uint64_t at)
{
	struct snapshot_item item;
	struct snapshot *snap;

	forget_items();
	if (!w->b->store)
		ck_assert_msg(bed_open_sized(w->b, &roomy), "%s", w->b->error);
	bed_settle(w->b);
	snap = snapshot_open(w->b->store, k, at, error);
	ck_assert_msg(snap != NULL, "%s", error);
	start = (struct import_start){
		.kind = kind, .pool = { 9 }, .donor = BED_NODE, .place = *snapshot_place(snap),
		.nl = *snapshot_nl(snap), .total = snapshot_total(snap),
	};
	while (snapshot_next(snap, &item) > 0)
		if (item.kind != SNAP_NOTHING)
			keep(&item);
	snapshot_close(snap);
	bed_close(w->b);
}

/* All of an import. Returns whether all went well. */
static bool bring(void)
{
	struct import *im = import_begin_sized(dir, bed_secret, WORLD_NEWCOMER, w->b->log, &roomy,
					       &start, error);
	int ret = 0;

	if (!im)
		return false;
	im->bytes_max = SMALL;
	for (unsigned int i = 0; i < n_kept && !ret; i++)
		ret = import_item(im, &kept[i].item);
	if (ret)
		return false;
	while ((ret = import_finish(im)) > 0)
		;
	if (!ret)
		ret = import_end(im);
	if (ret)
		fprintf(stderr, "%s\n", import_trouble(im));
	import_close(im);
	return !ret;
}

static ssize_t torn_write(int fd, const void *buf, size_t n, off_t at)
{
	if (--*left)
		return pwrite(fd, buf, n, at);
	if (pwrite(fd, buf, n / 2, at) < 0)
		abort();
	_exit(DIED);
}

static int last_unlink(const char *path)
{
	if (!--*left)
		_exit(DIED);
	return unlink(path);
}

static void watch_writes(void)
{
	sqlite3_vfs *vfs = sqlite3_vfs_find("unix");

	vfs->xSetSystemCall(vfs, "pwrite", (sqlite3_syscall_ptr)torn_write);
	vfs->xSetSystemCall(vfs, "pwrite64", (sqlite3_syscall_ptr)torn_write);
	vfs->xSetSystemCall(vfs, "unlink", (sqlite3_syscall_ptr)last_unlink);
}

/* In a child that dies at write @death. Returns whether it did. */
static bool die_at(long death)
{
	pid_t child;
	int status;

	*left = death;
	child = fork();
	if (!child) {
		watch_writes();
		_exit(bring() ? 0 : 1);
	}
	ck_assert_int_eq(waitpid(child, &status, 0), child);
	ck_assert_msg(WIFEXITED(status) && WEXITSTATUS(status) != 1, "status %x at %ld", status,
		      death);
	return WEXITSTATUS(status) == DIED;
}

static void put_back(void)
{
	bed_remove(dir);
	bed_copy(before, dir);
}

static struct import_state state_of(void)
{
	struct import_state state;

	ck_assert_msg(!import_state(dir, bed_secret, WORLD_NEWCOMER, &state, error), "%s", error);
	return state;
}

/* Position of the newcomer's store; its content is that of the world if it is at the same. */
static uint64_t look(void)
{
	struct world_walk walk = { .w = w };
	struct store_image image;
	struct store *s = store_open_sized(dir, bed_secret, WORLD_NEWCOMER, w->b->log, &roomy,
					   &image, error);
	uint64_t seq;

	ck_assert_msg(s != NULL, "%s", error);
	seq = image.position.seq;
	if (seq == w->b->position.seq) {
		ck_assert_int_eq(store_each(s, world_see, &walk), 0);
		ck_assert_uint_eq(walk.n, world_count(w));
		ck_assert(!state_of().exists);
	}
	store_close(s);
	return seq;
}

/* Whatever is there: go on with it, or begin again; it ends in the new store. */
static void go_on(enum import_kind kind, uint64_t old)
{
	struct import_state state = state_of();
	uint64_t seq = look();

	ck_assert_msg(seq == old || seq == w->b->position.seq, "%lu", (unsigned long)seq);
	if (seq == w->b->position.seq)
		return;
	if (!state.exists) {
		record(kind, old, old);
	} else if (state.complete) {
		forget_items();
		start = state.start;
		start.kind = IMPORT_RESUME;
	} else {
		record(IMPORT_RESUME, state.k, state.at.seq);
	}
	ck_assert_msg(bring(), "%s", error);
	ck_assert_uint_eq(look(), w->b->position.seq);
}

static void die_everywhere(enum import_kind kind)
{
	uint64_t old = look();
	long all;

	bed_remove(before);
	bed_copy(dir, before);
	record(kind, old, old);
	ck_assert(!die_at(LONG_MAX));
	all = LONG_MAX - *left;
	ck_assert_int_gt(all, DEATHS);
	for (unsigned int i = 0; i < DEATHS; i++) {
		put_back();
		record(kind, kind == IMPORT_FULL ? 0 : old, kind == IMPORT_FULL ? 0 : old);
		ck_assert(die_at(1 + all * i / DEATHS + (long)world_draw(w, 3)));
		go_on(kind, old);
	}
	forget_items();
}

START_TEST(a_full_import_dies)
{
	world_grow(w, 60);
	bed_remove(dir);
	die_everywhere(IMPORT_FULL);
}
END_TEST

START_TEST(a_delta_dies)
{
	world_grow(w, 30);
	record(IMPORT_FULL, 0, 0);
	ck_assert(bring());
	ck_assert(bed_open_sized(w->b, &roomy));
	world_grow(w, 40);
	die_everywhere(IMPORT_DELTA);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("import-crash");
	TCase *t = tcase_create("import-crash");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_set_timeout(t, 240);
	tcase_add_test(t, a_full_import_dies);
	tcase_add_test(t, a_delta_dies);
	suite_add_tcase(s, t);
	return suite_run(s);
}
