// SPDX-License-Identifier: GPL-2.0
/*
 * Mode FIPS: without a provider there is none. With OPENSSL_MODULES in the environment (tests/fips
 * sets it) there is one, and what this project uses comes from it.
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>
#include <openssl/provider.h>
#include <openssl/rand.h>
#include <openssl/ssl.h>

#include "../suite.h"
#include "auth.h"
#include "fips.h"

static char version[FIPS_ERROR_MAX], error[FIPS_ERROR_MAX];

START_TEST(without_a_provider_it_says_what_to_do)
{
	ck_assert_int_eq(fips_enter(version, error), -1);
	ck_assert_msg(strstr(error, "mode = fips: OpenSSL's FIPS provider cannot be loaded: ") ==
		      error, "%s", error);
	ck_assert(strstr(error, ": install the provider, run openssl fipsinstall"));
}
END_TEST

START_TEST(with_it_all_algorithms_are_its_own)
{
	uint8_t secret[AUTH_KEY_LEN] = { 1 }, key[AUTH_KEY_LEN], random[16];
	SSL_CTX *ctx;
	EVP_MD *md;

	ck_assert_msg(fips_enter(version, error) == 0, "%s", error);
	ck_assert_msg(strstr(version, "FIPS"), "%s", version);
	ck_assert_ptr_null(EVP_MD_fetch(NULL, "MD5", NULL));
	ck_assert_ptr_null(EVP_CIPHER_fetch(NULL, "CHACHA20-POLY1305", NULL));
	md = EVP_MD_fetch(NULL, "SHA256", NULL);
	ck_assert_str_eq(OSSL_PROVIDER_get0_name(EVP_MD_get0_provider(md)), "fips");
	EVP_MD_free(md);
	ck_assert_int_eq(auth_key(secret, key), 0);
	ck_assert_int_eq(RAND_bytes(random, sizeof(random)), 1);
	ck_assert_int_eq(RAND_priv_bytes(random, sizeof(random)), 1);
	ctx = SSL_CTX_new(TLS_method());
	ck_assert_ptr_nonnull(ctx);
	/* what is not approved is not there */
	ck_assert_int_eq(SSL_CTX_set1_groups_list(ctx, "P-256:P-384"), 1);
	SSL_CTX_free(ctx);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("fips");
	TCase *t = tcase_create("fips");

	if (getenv("OPENSSL_MODULES"))
		tcase_add_test(t, with_it_all_algorithms_are_its_own);
	else
		tcase_add_test(t, without_a_provider_it_says_what_to_do);
	suite_add_tcase(s, t);
	return suite_run(s);
}
