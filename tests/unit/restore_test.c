// SPDX-License-Identifier: GPL-2.0
/* A store's content through a backup into another node's store, and what is refused on the way. */
#include <endian.h>

#include "../suite.h"
#include "backup.h"
#include "disk_walk.h"
#include "history.h"
#include "import.h"
#include "restore.h"

#define BATCHES	120
#define FILE_MAX	(1u << 20)

static const struct member self = { .id = WORLD_NEWCOMER, .name = "n2",
				    .address = "127.0.0.1:4328" };

/* An agent of which only what backups and restores look at is there. */
static struct world *w;
static struct config config;
static struct node_list list;	/* of the node that is asked */
static struct position position;
static uint16_t speaks = PROTOCOL_MAX;
static bool parked;
static unsigned int resumed;
static char dir[BED_PATH];	/* of the node that restores */
static char error[SYNC_ERROR_MAX];
static uint8_t file[FILE_MAX];
static size_t n_file;

static void look(void *arg, struct node_view *view)
{
	(void)arg;
	*view = (struct node_view){ .nl = &list, .position = position,
				     .protocol = speaks };
}

static struct store *open_of(void *arg)
{
	(void)arg;
	return parked ? NULL : w->b->store;
}

static int park(void *arg, char why[SYNC_ERROR_MAX])
{
	(void)arg;
	(void)why;
	ck_assert(!parked);
	parked = true;
	return 0;
}

static int resume(void *arg, char why[SYNC_ERROR_MAX])
{
	(void)arg;
	(void)why;
	ck_assert(parked);
	parked = false;
	resumed++;
	return 0;
}

static void fatal(void *arg)
{
	(void)arg;
	ck_abort_msg("the agent cannot go on");
}

static struct sync_host host = {
	.config = &config, .secret = bed_secret, .look = look, .store = open_of, .park = park,
	.resume = resume, .fatal = fatal,
};

static void be_blank(void)
{
	list = (struct node_list){ .n = 0 };
	position = (struct position){ 0 };
}

static void be_donor(void)
{
	list = (struct node_list){ .n = 1 };
	position = w->b->position;
}

static void make_backup(void)
{
	struct backup *b;
	size_t n;
	int ret;

	be_donor();
	b = backup_begin(&host, error);
	ck_assert_msg(b != NULL, "%s", error);
	n_file = 0;
	do {
		ck_assert_uint_lt(n_file + BACKUP_PIECE_MAX, FILE_MAX);
		ret = backup_piece(b, file + n_file, &n, error);
		ck_assert_msg(ret >= 0, "%s", error);
		n_file += n;
	} while (ret);
	backup_free(b);
	be_blank();
}

static void setup(void)
{
	w = world_new(1, &(struct store_options){ .segment_bytes = 65536,
						  .unsettled_max = 1 << 20 });
	world_grow(w, BATCHES);
	snprintf(dir, sizeof(dir), "%.200s-restored", w->b->dir);
	config.node_id = WORLD_NEWCOMER;
	config.mode = HSMREPL_MODE_NORMAL;
	snprintf(config.node_name, sizeof(config.node_name), "n2");
	snprintf(config.state_dir, sizeof(config.state_dir), "%s", dir);
	host.log = w->b->log;
	make_backup();
}

static void teardown(void)
{
	bed_remove(dir);
	world_free(w);
}

/* Give the file to @r in portions. Returns what it said in the end. */
static int give(struct restore *r, size_t portion)
{
	int ret = 0;

	for (size_t at = 0; at < n_file && !ret; at += portion)
		ret = restore_data(r, (struct bytes){ file + at, portion < n_file - at ? portion :
						      n_file - at }, error);
	if (ret)
		return ret;
	while ((ret = restore_step(r, error)) > 0)
		;
	return ret;
}

static struct restore *begin(bool rehearsal)
{
	struct restore *r = restore_begin(&host, rehearsal, &self, error);

	ck_assert_msg(r != NULL, "%s", error);
	return r;
}

static bool rehearses(void)
{
	struct restore *r = begin(true);
	int ret = give(r, 1000);

	restore_free(r);
	ck_assert(!parked && !resumed && access(dir, F_OK));	/* nothing was touched */
	return ret == 0;
}

/* What the restored store holds is what the backup held, and stands where @f says. */
static void ck_restored(const struct founding *f)
{
	struct world_walk walk = { .w = w };
	struct store_image image;
	struct store *s = store_open(dir, bed_secret, WORLD_NEWCOMER, NULL, w->b->log, &image,
				     error);

	ck_assert_msg(s != NULL, "%s", error);
	ck_assert_mem_eq(&image.position, &f->place, sizeof(f->place));
	ck_assert_uint_eq(image.nl.n, 1);
	ck_assert_uint_eq(image.nl.protocol, f->nl.protocol);
	ck_assert_mem_eq(image.nl.pool, f->nl.pool, sizeof(f->nl.pool));
	ck_assert_uint_eq(image.nl.node[0].id, WORLD_NEWCOMER);
	ck_assert_int_eq(store_each(s, world_see, &walk), 0);
	ck_assert_uint_eq(walk.n, world_count(w));
	ck_assert_int_eq(history_find(s, f->place.seq, f->place.sp, f->place.chain), HISTORY_HAS);
	ck_assert_int_eq(history_find(s, w->b->position.seq, w->b->position.sp,
				      w->b->position.chain), HISTORY_HAS);
	store_release_slot(s, &image);
	store_close(s);
}

START_TEST(a_backup_comes_back_whole)
{
	struct restore *r = begin(false);
	struct restore_view view;
	struct founding f;

	ck_assert_msg(give(r, 777) == 0, "%s", error);
	restore_look(r, &view);
	ck_assert(view.whole);
	ck_assert_uint_eq(view.end.objects, world_count(w));
	ck_assert_mem_eq(&view.head.place, &w->b->position, sizeof(view.head.place));
	f = *view.founding;
	restore_free(r);
	ck_assert(!parked);
	ck_assert_uint_eq(resumed, 1);
	ck_assert_uint_eq(f.place.seq, w->b->position.seq + 1);
	ck_assert_uint_eq(f.place.epoch, w->b->position.epoch + 1);
	ck_assert_uint_eq(f.place.digest, w->b->position.digest);
	ck_restored(&f);
}
END_TEST

/* The new pool asks for what the old one asked for; a node that speaks less does not begin it. */
START_TEST(a_finalised_pool_comes_back_finalised)
{
	const struct node_list raised = {
		.pool = { 9 }, .epoch = w->b->position.epoch + 1, .protocol = PROTOCOL_MAX, .n = 1,
		.node = { { .id = BED_NODE, .name = "n1", .address = "127.0.0.1:4327" } },
	};
	struct restore_view view;
	struct founding f;
	struct restore *r;

	world_list(w, HSMREPL_TL_FINALISE, &raised);
	bed_settle(w->b);
	make_backup();
	speaks = PROTOCOL_MIN;
	ck_assert(!rehearses());
	ck_assert_msg(strstr(error, "finalised at protocol 2, this node speaks only up to 1"), "%s",
		      error);
	speaks = PROTOCOL_MAX;
	r = begin(false);
	ck_assert_msg(give(r, 777) == 0, "%s", error);
	restore_look(r, &view);
	ck_assert_uint_eq(view.head.protocol, PROTOCOL_MAX);
	f = *view.founding;
	restore_free(r);
	ck_assert_uint_eq(f.nl.protocol, PROTOCOL_MAX);
	ck_restored(&f);
}
END_TEST

/* One backup restored twice makes two pools that share neither id nor Sync-Point nor chain. */
START_TEST(no_two_foundings_are_alike)
{
	struct founding a, b;

	ck_assert(founding_make(&w->b->position, 0, &self, &a));
	ck_assert(founding_make(&w->b->position, 0, &self, &b));
	ck_assert_mem_ne(a.nl.pool, b.nl.pool, sizeof(a.nl.pool));
	ck_assert_uint_ne(a.place.sp, b.place.sp);
	ck_assert_uint_ne(a.place.sp, w->b->position.sp);
	ck_assert_mem_ne(a.place.chain, b.place.chain, sizeof(a.place.chain));
	ck_assert_uint_eq(a.place.sp, w->b->position.sp ^ a.row.tid);
}
END_TEST

START_TEST(a_rehearsal_touches_nothing)
{
	ck_assert_msg(rehearses(), "%s", error);
	list.n = 1;	/* a member may rehearse, but not restore */
	ck_assert_msg(rehearses(), "%s", error);
	ck_assert_ptr_null(restore_begin(&host, false, &self, error));
	ck_assert_ptr_nonnull(strstr(error, "zeroize"));
}
END_TEST

START_TEST(a_content_of_another_digest_is_refused)
{
	/* The last batch says of itself what is not so. */
	bed_begin(w->b);
	bed_op(w->b, bed_tl(w->b, HSMREPL_TL_DATA, 77), HSMREPL_OP_CREATE, "more", "x", 1, 0,
	       "aes");
	ck_assert_int_eq(bed_yes(w->b), 0);
	bed_commit(w->b);
	bed_settle(w->b);
	make_backup();
	ck_assert(!rehearses());
	ck_assert_ptr_nonnull(strstr(error, "digest"));
}
END_TEST

/* The node is blank again, and a start finds nothing to go on with. */
static void ck_blank(void)
{
	struct import_state state;
	struct store_image image;
	struct store *s;

	ck_assert(!parked);
	ck_assert_int_eq(import_state(dir, bed_secret, WORLD_NEWCOMER, &state, error), 0);
	ck_assert(!state.exists);
	s = store_open(dir, bed_secret, WORLD_NEWCOMER, NULL, w->b->log, &image, error);
	ck_assert_msg(s != NULL, "%s", error);
	ck_assert_uint_eq(image.nl.n, 0);
	ck_assert_uint_eq(image.position.seq, 0);
	store_close(s);
}

START_TEST(what_is_damaged_leaves_the_node_blank)
{
	for (size_t at = ARCHIVE_HEAD_LEN; at < n_file; at += n_file / 7) {
		struct restore *r = begin(false);

		file[at] ^= 1;
		ck_assert_int_lt(give(r, 500), 0);
		ck_assert_ptr_nonnull(strstr(error, ": "));
		restore_free(r);
		file[at] ^= 1;
		ck_blank();
	}
}
END_TEST

START_TEST(what_is_cut_off_leaves_the_node_blank)
{
	size_t whole = n_file;

	for (n_file = 0; n_file < whole; n_file += whole / 7) {
		struct restore *r = begin(false);

		ck_assert_int_lt(give(r, 500), 0);
		ck_assert_ptr_nonnull(strstr(error, "cut off"));
		restore_free(r);
		if (n_file)
			ck_blank();
	}
}
END_TEST

START_TEST(every_cut_fails_in_a_rehearsal)
{
	size_t whole = n_file;

	for (n_file = 0; n_file < whole; n_file += 97)
		ck_assert(!rehearses());
	n_file = whole - 1;
	ck_assert(!rehearses());
}
END_TEST

START_TEST(another_mode_is_refused)
{
	config.mode = HSMREPL_MODE_FIPS;
	ck_assert(!rehearses());
	ck_assert_ptr_nonnull(strstr(error, "mode"));
	make_backup();
	ck_assert_msg(rehearses(), "%s", error);
	config.mode = HSMREPL_MODE_NORMAL;
	ck_assert(!rehearses());
	ck_assert_ptr_nonnull(strstr(error, "mode = fips"));
}
END_TEST

/* The agent ends in the middle: the next one clears it away; but not what a Live-Sync left. */
START_TEST(what_a_dead_agent_left_is_swept)
{
	struct import_state state;
	struct import_start start = {
		.kind = IMPORT_FULL, .pool = { 1 }, .donor = BED_NODE, .place = w->b->position,
	};
	struct import *im;

	nl_encode(&(struct node_list){ .pool = { 1 }, .epoch = 1, .n = 1, .node = { self } },
		  &start.nl);
	for (unsigned int donor = BED_NODE; donor <= WORLD_NEWCOMER; donor++) {
		start.donor = (uint16_t)donor;
		im = import_begin(dir, bed_secret, WORLD_NEWCOMER, w->b->log, &start, error);
		ck_assert_msg(im != NULL, "%s", error);
		import_close(im);
		restore_sweep(&host);
		ck_assert_int_eq(import_state(dir, bed_secret, WORLD_NEWCOMER, &state, error), 0);
		ck_assert_int_eq(state.exists, donor == BED_NODE);
	}
	ck_blank();
}
END_TEST

START_TEST(a_backup_needs_a_pool)
{
	be_blank();
	ck_assert_ptr_null(backup_begin(&host, error));
	ck_assert_ptr_nonnull(strstr(error, "no pool"));
}
END_TEST

int main(void)
{
	Suite *s = suite_create("restore");
	TCase *t = tcase_create("restore");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_set_timeout(t, 120);
	tcase_add_test(t, a_backup_comes_back_whole);
	tcase_add_test(t, no_two_foundings_are_alike);
	tcase_add_test(t, a_finalised_pool_comes_back_finalised);
	tcase_add_test(t, a_rehearsal_touches_nothing);
	tcase_add_test(t, a_content_of_another_digest_is_refused);
	tcase_add_test(t, what_is_damaged_leaves_the_node_blank);
	tcase_add_test(t, what_is_cut_off_leaves_the_node_blank);
	tcase_add_test(t, every_cut_fails_in_a_rehearsal);
	tcase_add_test(t, another_mode_is_refused);
	tcase_add_test(t, what_a_dead_agent_left_is_swept);
	tcase_add_test(t, a_backup_needs_a_pool);
	suite_add_tcase(s, t);
	return suite_run(s);
}
