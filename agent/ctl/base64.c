// SPDX-License-Identifier: GPL-2.0
/*
 * Base64 as JSON lines carry payloads: OpenSSL's, with its laxness taken away.
 */
#include <string.h>
#include <openssl/evp.h>

#include "line.h"

static const char alphabet[] =
	"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

long base64_decode(const char *text, size_t len, uint8_t *out)
{
	size_t data = len;
	int n;

	if (len % 4)
		return -1;
	while (data && len - data < 2 && text[data - 1] == '=')
		data--;
	if (strspn(text, alphabet) < data)
		return -1;
	if (!len)
		return 0;
	n = EVP_DecodeBlock(out, (const unsigned char *)text, len);
	return n < 0 ? -1 : n - (long)(len - data);
}

void base64_encode(const uint8_t *bytes, size_t len, char *out)
{
	EVP_EncodeBlock((unsigned char *)out, bytes, len);
}
