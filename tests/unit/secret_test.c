// SPDX-License-Identifier: GPL-2.0
/* The key-set file: what is taken, and what is refused with which line. */
#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../suite.h"
#include "credential.h"
#include "secret.h"

#define DIGITS "00112233445566778899aabbccddeeff0123456789ABCDEF0123456789abcdef"

static char path[64];

static void setup(void)
{
	int fd;

	strcpy(path, "/tmp/hsmrepl-secret-XXXXXX");
	fd = mkstemp(path);
	ck_assert_int_ge(fd, 0);
	close(fd);
}

static void teardown(void)
{
	unlink(path);
}

static int with(const char *text, mode_t mode, uint8_t secret[SECRET_LEN],
		char error[SECRET_ERROR_MAX])
{
	FILE *f = fopen(path, "w");

	ck_assert_ptr_nonnull(f);
	fputs(text, f);
	fclose(f);
	ck_assert_int_eq(chmod(path, mode), 0);
	return secret_read(path, secret, error);
}

START_TEST(digits_are_read)
{
	const uint8_t begin[] = { 0x00, 0x11, 0x22 };
	char error[SECRET_ERROR_MAX];
	uint8_t secret[SECRET_LEN];

	ck_assert_int_eq(with(DIGITS "\n", 0600, secret, error), 0);
	ck_assert_mem_eq(secret, begin, sizeof(begin));
	ck_assert_uint_eq(secret[SECRET_LEN - 1], 0xef);
	ck_assert_int_eq(with(DIGITS, 0400, secret, error), 0);
}
END_TEST

START_TEST(other_content_is_refused_and_wiped)
{
	static const char *const bad[] = {
		"", "\n", "0011", DIGITS "0", DIGITS "\n\n", DIGITS " \n", DIGITS "\nx",
		"0x112233445566778899aabbccddeeff0123456789ABCDEF0123456789abcdef\n",
	};
	const uint8_t zero[SECRET_LEN] = { 0 };

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		char error[SECRET_ERROR_MAX] = "";
		uint8_t secret[SECRET_LEN] = { 1 };

		ck_assert_int_eq(with(bad[i], 0600, secret, error), -1);
		ck_assert_ptr_nonnull(strstr(error, "64 hex digits"));
		ck_assert_mem_eq(secret, zero, SECRET_LEN);
	}
}
END_TEST

START_TEST(a_file_that_others_can_read_is_refused)
{
	static const mode_t bad[] = { 0640, 0604, 0660, 0610, 0601 };
	char error[SECRET_ERROR_MAX];
	uint8_t secret[SECRET_LEN];

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		ck_assert_int_eq(with(DIGITS "\n", bad[i], secret, error), -1);
		ck_assert_ptr_nonnull(strstr(error, "chmod 600"));
	}
}
END_TEST

/* An access list that lets in one user shows as a bit of the group; that is for systemd alone. */
START_TEST(a_credential_may_have_an_access_list)
{
	char error[SECRET_ERROR_MAX];
	uint8_t secret[SECRET_LEN];

	ck_assert_int_eq(setenv("CREDENTIALS_DIRECTORY", "/tmp", 1), 0);
	ck_assert_int_eq(with(DIGITS "\n", 0440, secret, error), 0);
	ck_assert_int_eq(with(DIGITS "\n", 0444, secret, error), -1);
	ck_assert_int_eq(setenv("CREDENTIALS_DIRECTORY", "/tm", 1), 0);
	ck_assert_int_eq(with(DIGITS "\n", 0440, secret, error), -1);
	ck_assert_int_eq(setenv("CREDENTIALS_DIRECTORY", "/", 1), 0);
	ck_assert_int_eq(with(DIGITS "\n", 0440, secret, error), -1);
	ck_assert_int_eq(unsetenv("CREDENTIALS_DIRECTORY"), 0);
	ck_assert_int_eq(with(DIGITS "\n", 0440, secret, error), -1);
}
END_TEST

START_TEST(what_is_no_file_is_refused)
{
	char error[SECRET_ERROR_MAX];
	uint8_t secret[SECRET_LEN];

	ck_assert_int_eq(secret_read("/nowhere/key-set", secret, error), -1);
	ck_assert_ptr_nonnull(strstr(error, "/nowhere/key-set"));
	ck_assert_int_eq(secret_read("/tmp", secret, error), -1);
	ck_assert_ptr_nonnull(strstr(error, "not a regular file"));
}
END_TEST

START_TEST(what_cannot_be_opened_has_a_remedy)
{
	char error[SECRET_ERROR_MAX];
	uint8_t secret[SECRET_LEN];

	ck_assert_ptr_nonnull(strstr(credential_remedy("/etc/key-set", EACCES), "credential:"));
	ck_assert_str_eq(credential_remedy("/etc/key-set", ENOENT), "");
	ck_assert_int_eq(setenv("CREDENTIALS_DIRECTORY", "/nowhere", 1), 0);
	ck_assert_int_eq(secret_read("/nowhere/key-set", secret, error), -1);
	ck_assert_ptr_nonnull(strstr(error, "put it there"));
	ck_assert_int_eq(unsetenv("CREDENTIALS_DIRECTORY"), 0);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("secret");
	TCase *t = tcase_create("secret");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, digits_are_read);
	tcase_add_test(t, other_content_is_refused_and_wiped);
	tcase_add_test(t, a_file_that_others_can_read_is_refused);
	tcase_add_test(t, a_credential_may_have_an_access_list);
	tcase_add_test(t, what_cannot_be_opened_has_a_remedy);
	tcase_add_test(t, what_is_no_file_is_refused);
	suite_add_tcase(s, t);
	return suite_run(s);
}
