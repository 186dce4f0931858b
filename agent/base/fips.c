// SPDX-License-Identifier: GPL-2.0
#include "fips.h"

#include <stdio.h>
#include <string.h>

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <openssl/params.h>
#include <openssl/provider.h>

#define HOW "install the provider, run openssl fipsinstall, and include its file in openssl.cnf"

/* The root of what failed last; the error queue is then empty. */
static const char *reason(void)
{
	const char *text = ERR_reason_error_string(ERR_peek_error());

	ERR_clear_error();
	return text ? text : "unknown error";
}

static bool is_fips(const OSSL_PROVIDER *p)
{
	return p && !strcmp(OSSL_PROVIDER_get0_name(p), "fips");
}

static bool cipher_ok(const char *name)
{
	EVP_CIPHER *a = EVP_CIPHER_fetch(NULL, name, NULL);
	bool ok = a && is_fips(EVP_CIPHER_get0_provider(a));

	EVP_CIPHER_free(a);
	return ok;
}

static bool digest_ok(const char *name)
{
	EVP_MD *a = EVP_MD_fetch(NULL, name, NULL);
	bool ok = a && is_fips(EVP_MD_get0_provider(a));

	EVP_MD_free(a);
	return ok;
}

static bool mac_ok(const char *name)
{
	EVP_MAC *a = EVP_MAC_fetch(NULL, name, NULL);
	bool ok = a && is_fips(EVP_MAC_get0_provider(a));

	EVP_MAC_free(a);
	return ok;
}

static bool kdf_ok(const char *name)
{
	EVP_KDF *a = EVP_KDF_fetch(NULL, name, NULL);
	bool ok = a && is_fips(EVP_KDF_get0_provider(a));

	EVP_KDF_free(a);
	return ok;
}

static bool random_ok(const char *name)
{
	EVP_RAND *a = EVP_RAND_fetch(NULL, name, NULL);
	bool ok = a && is_fips(EVP_RAND_get0_provider(a));

	EVP_RAND_free(a);
	return ok;
}

/* Name of an algorithm of ours that comes from elsewhere, or of one that must not be had. */
static const char *wrong_source(void)
{
	static const struct {
		bool (*ok)(const char *name);
		const char *name;
	} used[] = {
		{ cipher_ok, "AES-256-GCM" }, { cipher_ok, "AES-128-GCM" }, { digest_ok, "SHA256" },
		{ mac_ok, "HMAC" }, { kdf_ok, "HKDF" }, { kdf_ok, "TLS13-KDF" },
		{ random_ok, "CTR-DRBG" },
	};
	EVP_MD *md5 = EVP_MD_fetch(NULL, "MD5", NULL);

	EVP_MD_free(md5);
	if (md5)
		return "MD5";
	for (size_t i = 0; i < sizeof(used) / sizeof(used[0]); i++)
		if (!used[i].ok(used[i].name))
			return used[i].name;
	ERR_clear_error();
	return NULL;
}

static void describe(const OSSL_PROVIDER *p, char version[FIPS_ERROR_MAX])
{
	const char *name = "FIPS provider", *number = "?";
	OSSL_PARAM params[] = {
		OSSL_PARAM_construct_utf8_ptr(OSSL_PROV_PARAM_NAME, (char **)&name, 0),
		OSSL_PARAM_construct_utf8_ptr(OSSL_PROV_PARAM_VERSION, (char **)&number, 0),
		OSSL_PARAM_construct_end(),
	};

	if (!OSSL_PROVIDER_get_params(p, params))
		number = "?";
	snprintf(version, FIPS_ERROR_MAX, "%s %s", name, number);
}

int fips_enter(char version[FIPS_ERROR_MAX], char error[FIPS_ERROR_MAX])
{
	OSSL_PROVIDER *fips, *base;
	const char *wrong;

	ERR_clear_error();
	fips = OSSL_PROVIDER_load(NULL, "fips");
	if (!fips) {
		snprintf(error, FIPS_ERROR_MAX, "mode = fips: OpenSSL's FIPS provider cannot be "
						"loaded: %s: " HOW, reason());
		return -1;
	}
	/* reads and writes of keys and certificates; no algorithms */
	base = OSSL_PROVIDER_load(NULL, "base");
	if (!base || !EVP_default_properties_enable_fips(NULL, 1)) {
		snprintf(error, FIPS_ERROR_MAX, "mode = fips: OpenSSL's base provider cannot be "
						"loaded: %s: see openssl.cnf", reason());
		return -1;
	}
	if (!OSSL_PROVIDER_self_test(fips)) {
		snprintf(error, FIPS_ERROR_MAX, "mode = fips: the self-test of the FIPS provider "
						"failed: %s: " HOW " anew", reason());
		return -1;
	}
	wrong = wrong_source();
	if (wrong) {
		snprintf(error, FIPS_ERROR_MAX, "mode = fips: %s does not come from the FIPS "
						"provider alone: load fips and base in "
						"openssl.cnf, nothing else, and update the "
						"provider", wrong);
		return -1;
	}
	describe(fips, version);
	return 0;
}
