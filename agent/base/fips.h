/* SPDX-License-Identifier: GPL-2.0 */
/* Mode FIPS: all cryptography of this process comes from OpenSSL's FIPS provider. */
#ifndef HSM_BASE_FIPS_H
#define HSM_BASE_FIPS_H

#include <stdbool.h>

#define FIPS_ERROR_MAX 512

/**
 * fips_enter() - load the provider, run its self-test, and let nothing else be fetched
 * @version: name and version of the provider, FIPS_ERROR_MAX bytes
 * @error: what is wrong and what to do
 *
 * Before anything else of OpenSSL is used; for the rest of the process's life. What an
 * algorithm is fetched from is checked, not believed. Returns 0, or -1 with @error set.
 */
int fips_enter(char version[FIPS_ERROR_MAX], char error[FIPS_ERROR_MAX]);

#endif /* HSM_BASE_FIPS_H */
