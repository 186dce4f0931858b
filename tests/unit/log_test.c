// SPDX-License-Identifier: GPL-2.0
/* Log lines: levels, repeats, what does not belong in a line. */
#include <check.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sys/stat.h>

#include "../suite.h"
#include "log.h"
#include "tail.h"

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

/* What a journal was given: entries one after the other, each field with a newline. */
static char given[TEXT_MAX];
static int refusal;

static int take(const struct iovec *iov, int n)
{
	size_t at = strlen(given);

	if (refusal)
		return refusal;
	for (int i = 0; i < n; i++)
		at += (size_t)snprintf(given + at, sizeof(given) - at, "%.*s\n",
				       (int)iov[i].iov_len, (const char *)iov[i].iov_base);
	snprintf(given + at, sizeof(given) - at, "\n");
	return 0;
}

static void to_journal(void)
{
	log_free(l);
	given[0] = '\0';
	refusal = 0;
	l = log_new_by(fd, LOG_LEVEL_INFO, take);
}

START_TEST(the_journal_gets_fields)
{
	to_journal();
	log_error(l, "before anything is known");
	ck_assert_str_eq(given, "MESSAGE=before anything is known\nPRIORITY=3\n"
			 "SYSLOG_IDENTIFIER=hsmrepld\n\n");
	given[0] = '\0';
	log_node(l, "n1");
	log_place(l, "member", 4, 77);
	log_about(l, LOG_LEVEL_WARNING, "n2", "lost %s", "it");
	ck_assert_str_eq(given, "MESSAGE=lost it\nPRIORITY=4\nSYSLOG_IDENTIFIER=hsmrepld\n"
			 "HSMREPL_NODE=n1\nHSMREPL_STATE=member\nHSMREPL_EPOCH=4\n"
			 "HSMREPL_SEQ=77\nHSMREPL_PEER=n2\n\n");
	log_debug(l, "not shown");
	ck_assert_ptr_null(strstr(given, "not shown"));
	ck_assert_str_eq(text(), "");	/* nothing is said twice */
}
END_TEST

START_TEST(the_journal_gets_repeats_counted)
{
	to_journal();
	for (int i = 0; i < 100; i++)
		log_about(l, LOG_LEVEL_WARNING, "n2", "tick");
	ck_assert_str_eq(given, "MESSAGE=tick\nPRIORITY=4\nSYSLOG_IDENTIFIER=hsmrepld\n"
			 "HSMREPL_PEER=n2\n\n");
	given[0] = '\0';
	text();
	ck_assert_str_eq(given, "MESSAGE=tick (repeated 99 times)\nPRIORITY=4\n"
			 "SYSLOG_IDENTIFIER=hsmrepld\nHSMREPL_PEER=n2\n\n");
}
END_TEST

START_TEST(a_dead_journal_leaves_plain_lines)
{
	to_journal();
	refusal = -1;
	log_info(l, "still said");
	ck_assert_str_eq(text(), "info still said\n");
}
END_TEST

START_TEST(only_its_own_stream_is_the_journal)
{
	char stream[64];
	struct stat st;

	ck_assert_int_eq(fstat(fd, &st), 0);
	unsetenv("JOURNAL_STREAM");
	ck_assert(!journal_is(fd));
	snprintf(stream, sizeof(stream), "%llu:%llu", (unsigned long long)st.st_dev,
		 (unsigned long long)st.st_ino + 1);
	setenv("JOURNAL_STREAM", stream, 1);
	ck_assert(!journal_is(fd));
	snprintf(stream, sizeof(stream), "%llu:%llu", (unsigned long long)st.st_dev,
		 (unsigned long long)st.st_ino);
	setenv("JOURNAL_STREAM", stream, 1);
	ck_assert(journal_is(fd));
	setenv("JOURNAL_STREAM", "nonsense", 1);
	ck_assert(!journal_is(fd));
}
END_TEST

START_TEST(the_last_lines_are_kept)
{
	char *tail;

	log_info(l, "the first one");
	tail = log_tail(l);
	ck_assert_str_eq(tail + strlen(tail) - 19, "info the first one\n");
	ck_assert_int_eq(tail[0], '2');	/* a year */
	free(tail);
	for (int i = 0; i < 5000; i++)
		log_info(l, "line %d", i);
	tail = log_tail(l);
	ck_assert_uint_gt(strlen(tail), TAIL_BYTES / 2);
	ck_assert_uint_lt(strlen(tail), TAIL_BYTES);
	ck_assert_ptr_null(strstr(tail, "the first one"));
	ck_assert_ptr_nonnull(strstr(tail, "info line 4999\n"));
	ck_assert_int_eq(tail[0], '2');	/* it begins with a whole line */
	free(tail);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("log");
	TCase *t = tcase_create("log");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, levels);
	tcase_add_test(t, repeats_are_counted);
	tcase_add_test(t, same_text_of_another_level_is_no_repeat);
	tcase_add_test(t, control_characters_stay_out);
	tcase_add_test(t, long_lines_are_cut);
	tcase_add_test(t, lines_of_threads_stay_whole);
	tcase_add_test(t, the_journal_gets_fields);
	tcase_add_test(t, the_journal_gets_repeats_counted);
	tcase_add_test(t, a_dead_journal_leaves_plain_lines);
	tcase_add_test(t, only_its_own_stream_is_the_journal);
	tcase_add_test(t, the_last_lines_are_kept);
	suite_add_tcase(s, t);
	return suite_run(s);
}
