// SPDX-License-Identifier: GPL-2.0
#include "secret.h"
#include "credential.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <openssl/crypto.h>

#define SECRET_DIGITS (2 * SECRET_LEN)

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

static int parse(const char *text, size_t len, uint8_t secret[SECRET_LEN])
{
	if (len == SECRET_DIGITS + 1 && text[SECRET_DIGITS] == '\n')
		len--;
	if (len != SECRET_DIGITS)
		return -1;
	for (size_t i = 0; i < SECRET_LEN; i++) {
		int high = hex_digit(text[2 * i]);
		int low = hex_digit(text[2 * i + 1]);

		if (high < 0 || low < 0)
			return -1;
		secret[i] = (uint8_t)(high << 4 | low);
	}
	return 0;
}

static int check_file(int fd, const char *path, char error[SECRET_ERROR_MAX])
{
	struct stat st;

	if (fstat(fd, &st) != 0) {
		snprintf(error, SECRET_ERROR_MAX, "key set %s: %s", path, strerror(errno));
		return -1;
	}
	if (!S_ISREG(st.st_mode)) {
		snprintf(error, SECRET_ERROR_MAX, "key set %s: not a regular file", path);
		return -1;
	}
	/* An access list for this user alone shows in the bits of the group. */
	if (st.st_mode & (S_IRWXO | (credential_is(path) ? 0 : S_IRWXG))) {
		snprintf(error, SECRET_ERROR_MAX,
			 "key set %s: its owner is not the only one to read it (%04o): chmod 600",
			 path, (unsigned int)(st.st_mode & 07777));
		return -1;
	}
	return 0;
}

int secret_read(const char *path, uint8_t secret[SECRET_LEN], char error[SECRET_ERROR_MAX])
{
	char text[SECRET_DIGITS + 2];	/* digits, newline, and one more: then it is too long */
	ssize_t len;
	int fd, ret = -1;

	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	if (fd < 0) {
		snprintf(error, SECRET_ERROR_MAX, "key set %s: %s%s", path, strerror(errno),
			 credential_remedy(path, errno));
		return -1;
	}
	if (check_file(fd, path, error) != 0)
		goto close;
	len = read(fd, text, sizeof(text));
	if (len < 0) {
		snprintf(error, SECRET_ERROR_MAX, "key set %s: %s", path, strerror(errno));
		goto close;
	}
	ret = parse(text, (size_t)len, secret);
	OPENSSL_cleanse(text, sizeof(text));
	if (ret != 0) {
		OPENSSL_cleanse(secret, SECRET_LEN);
		snprintf(error, SECRET_ERROR_MAX,
			 "key set %s: one line of %d hex digits is wanted: copy the file of "
			 "another node of the pool",
			 path, SECRET_DIGITS);
	}
close:
	close(fd);
	return ret;
}
