// SPDX-License-Identifier: GPL-2.0
/* Log lines: levels, repeats, what does not belong in a line. */
#include <check.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "log.h"

#define TEXT_MAX	65536
#define THREADS		4
#define LINES		200

static int fd;
static struct log *l;

static void setup(void)
{
	char path[] = "/tmp/hsmrepl-log-XXXXXX";

	fd = mkstemp(path);
	unlink(path);
	l = log_new(fd, LOG_LEVEL_INFO);
}

static void teardown(void)
{
	close(fd);
}

/* All that was written, once the log has ended. */
static const char *text(void)
{
	static char buf[TEXT_MAX];
	ssize_t n;

	log_free(l);
	n = pread(fd, buf, sizeof(buf) - 1, 0);
	ck_assert_int_ge(n, 0);
	buf[n] = '\0';
	return buf;
}

START_TEST(levels)
{
	log_error(l, "a");
	log_warning(l, "b %d", 2);
	log_info(l, "c");
	log_debug(l, "not shown");
	log_set_level(l, LOG_LEVEL_ERROR);
	log_info(l, "not shown");
	log_set_level(l, LOG_LEVEL_DEBUG);
	log_debug(l, "d");
	ck_assert_str_eq(text(), "error a\nwarning b 2\ninfo c\ndebug d\n");
}
END_TEST

START_TEST(repeats_are_counted)
{
	for (int i = 0; i < 100; i++) {
		log_info(l, "tick");
		log_info(l, "tock");
	}
	ck_assert_str_eq(text(), "info tick\ninfo tock\n"
			 "info tick (repeated 99 times)\ninfo tock (repeated 99 times)\n");
}
END_TEST

START_TEST(same_text_of_another_level_is_no_repeat)
{
	log_info(l, "x");
	log_error(l, "x");
	ck_assert_str_eq(text(), "info x\nerror x\n");
}
END_TEST

START_TEST(control_characters_stay_out)
{
	log_info(l, "a\nerror forged\x1b[2J\x7f");
	ck_assert_str_eq(text(), "info a?error forged?[2J?\n");
}
END_TEST

START_TEST(long_lines_are_cut)
{
	char big[4000];
	const char *out;

	memset(big, 'x', sizeof(big) - 1);
	big[sizeof(big) - 1] = '\0';
	log_info(l, "%s", big);
	log_info(l, "%s", big);
	out = text();
	ck_assert_ptr_nonnull(strstr(out, "xxx...\n"));
	ck_assert_ptr_nonnull(strstr(out, "(repeated 1 times)\n"));
	ck_assert_uint_eq(strlen(out), 2 * 1024);
}
END_TEST

static void *chatter(void *arg)
{
	for (int i = 0; i < LINES; i++)
		log_info(l, "thread %d line %d", *(int *)arg, i);
	return NULL;
}

START_TEST(lines_of_threads_stay_whole)
{
	pthread_t thread[THREADS];
	int number[THREADS], lines = 0;
	const char *out;

	for (int i = 0; i < THREADS; i++) {
		number[i] = i;
		pthread_create(&thread[i], NULL, chatter, &number[i]);
	}
	for (int i = 0; i < THREADS; i++)
		pthread_join(thread[i], NULL);
	out = text();
	for (const char *p = out; *p; p = strchr(p, '\n') + 1, lines++)
		ck_assert_int_eq(strncmp(p, "info thread ", 12), 0);
	ck_assert_int_eq(lines, THREADS * LINES);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("log");
	TCase *t = tcase_create("log");
	SRunner *r = srunner_create(s);
	int failed;

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, levels);
	tcase_add_test(t, repeats_are_counted);
	tcase_add_test(t, same_text_of_another_level_is_no_repeat);
	tcase_add_test(t, control_characters_stay_out);
	tcase_add_test(t, long_lines_are_cut);
	tcase_add_test(t, lines_of_threads_stay_whole);
	suite_add_tcase(s, t);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
