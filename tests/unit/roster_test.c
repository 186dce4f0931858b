// SPDX-License-Identifier: GPL-2.0
/* Whom a node deals with: node list, manual list, what was found. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "../suite.h"
#include "roster.h"

static const struct config config = {
	.node_id = 3, .node_name = "n3", .address = "here:1", .n_peers = 2,
	.peer = { { 1, "n1", "manual-1:1" }, { 5, "n5", "manual-5:1" } },
};

static const struct found found = {
	.n = 5,
	.node = { { 9, "n9", "found-9:1" }, { 1, "n1", "found-1:1" }, { 7, "n5", "found-7:1" },
		  { 3, "n3", "found-3:1" }, { 2, "n2", "found-2:1" } },
	.taken = { true, true, true },
	.address = "out:1",
};

static const struct node_list none;

static void ck_entry(const struct roster *r, unsigned int at, uint16_t id, const char *address)
{
	ck_assert_uint_eq(r->node[at].id, id);
	ck_assert_str_eq(r->node[at].address, address);
}

/* What is listed by hand stays as it is; found nodes are added if id and name are free. */
START_TEST(without_pool)
{
	struct roster r;

	roster_make(&r, &config, &found, &none);
	ck_assert_uint_eq(r.n, 5);
	ck_entry(&r, 0, 1, "manual-1:1");
	ck_entry(&r, 1, 2, "found-2:1");
	ck_entry(&r, 2, 3, "here:1");
	ck_entry(&r, 3, 5, "manual-5:1");
	ck_entry(&r, 4, 9, "found-9:1");
	ck_assert_ptr_eq(roster_named(&r, "n9"), &r.node[4]);
	ck_assert_ptr_null(roster_find(&r, 7));
}
END_TEST

/* A node list rules: only the manual list changes where a member is. */
START_TEST(with_pool)
{
	const struct node_list nl = {
		.n = 3, .epoch = 1,
		.node = { { 1, "n1", "old-1:1" }, { 2, "n2", "old-2:1" }, { 3, "n3", "old-3:1" } },
	};
	struct roster r;

	roster_make(&r, &config, &found, &nl);
	ck_assert_uint_eq(r.n, 3);
	ck_entry(&r, 0, 1, "manual-1:1");
	ck_entry(&r, 1, 2, "old-2:1");
	ck_entry(&r, 2, 3, "old-3:1");
}
END_TEST

/* No more than a pool takes; of the manual list nothing is left out. */
START_TEST(crowd)
{
	struct config c = { .node_id = 100, .node_name = "me", .address = "here:1", .n_peers = 10 };
	struct found f = { .n = HSMREPL_NODES_MAX };
	struct roster r;

	for (unsigned int i = 0; i < c.n_peers; i++) {
		c.peer[i] = (struct member){ .id = (uint16_t)(200 + i), .address = "x:1" };
		c.peer[i].name[0] = (char)('a' + i);
	}
	for (unsigned int i = 0; i < f.n; i++) {
		f.node[i] = (struct member){ .id = (uint16_t)(1 + i), .address = "y:1" };
		f.node[i].name[0] = (char)('A' + i);
	}
	roster_make(&r, &c, &f, &none);
	ck_assert_uint_eq(r.n, HSMREPL_NODES_MAX);
	for (unsigned int i = 0; i < c.n_peers; i++)
		ck_assert_ptr_nonnull(roster_find(&r, (uint16_t)(200 + i)));
}
END_TEST

START_TEST(own_address)
{
	struct config c = config;
	struct roster r;

	c.address[0] = '\0';
	roster_make(&r, &c, &found, &none);
	ck_assert_str_eq(roster_find(&r, 3)->address, "out:1");
}
END_TEST

/* Who is in a pool is not to form one with, unless it is listed by hand: then form says why not. */
START_TEST(taken)
{
	ck_assert(roster_is_taken(&config, &found, 9));
	ck_assert(!roster_is_taken(&config, &found, 1));
	ck_assert(!roster_is_taken(&config, &found, 2));
	ck_assert(!roster_is_taken(&config, &found, 42));
}
END_TEST

int main(void)
{
	Suite *s = suite_create("roster");
	TCase *t = tcase_create("roster");

	tcase_add_test(t, without_pool);
	tcase_add_test(t, with_pool);
	tcase_add_test(t, crowd);
	tcase_add_test(t, own_address);
	tcase_add_test(t, taken);
	suite_add_tcase(s, t);
	return suite_run(s);
}
