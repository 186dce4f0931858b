/* SPDX-License-Identifier: GPL-2.0 */
/* The key-set secret: what all nodes of a pool share beside their certificates. */
#ifndef HSM_BASE_SECRET_H
#define HSM_BASE_SECRET_H

#include <stdint.h>

#define SECRET_LEN 32		/* bytes */
#define SECRET_ERROR_MAX 512

/**
 * secret_read() - read the key-set file: one line of 64 hex digits
 * @path: regular file that only its owner can read, or a credential of this service
 * @secret: filled in on success; the caller wipes it with OPENSSL_cleanse()
 * @error: what is wrong and what to do
 *
 * Returns 0, or -1 with @error set and @secret wiped.
 */
int secret_read(const char *path, uint8_t secret[SECRET_LEN], char error[SECRET_ERROR_MAX]);

#endif /* HSM_BASE_SECRET_H */
