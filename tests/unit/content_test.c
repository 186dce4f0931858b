// SPDX-License-Identifier: GPL-2.0
/* The agent's content digest is the device's, for every length of label and payload. */
#include <check.h>
#include <stdlib.h>

#include "../suite.h"
#include "core.h"
#include "../../agent/store/content.h"

#define KEYS	3

static u64 rng = 99;

static u8 draw(void)
{
	rng = rng * 6364136223846793005u + 1442695040888963407u;
	return (u8)(rng >> 40);
}

static void fill(void *p, size_t n)
{
	u8 *byte = p;

	while (n--)
		*byte++ = draw();
}

START_TEST(as_the_device_computes_it)
{
	static u8 payload[HSMREPL_LABEL_MAX * 8], label[HSMREPL_LABEL_MAX];
	u8 bytes[HSMREPL_KEY_LEN];
	siphash_key_t key;

	fill(bytes, sizeof(bytes));
	hsm_digest_key(&key, bytes);
	for (unsigned int i = 1; i <= HSMREPL_LABEL_MAX; i++) {
		struct store_object o = {
			.label = (char *)label, .label_len = i,
			.payload = payload, .payload_len = (i * 7) % sizeof(payload),
			.version = i * 3, .seq = i, .attrs = (u64)i << 40,
		};
		struct hsm_content c = {
			.label = o.label, .label_len = i,
			.payload = payload, .payload_len = (u32)o.payload_len,
			.version = o.version, .attrs = o.attrs, .id = o.id, .type = o.type,
		};

		fill(label, i);
		fill(payload, o.payload_len);
		fill(o.id, sizeof(o.id));
		fill(o.type, sizeof(o.type));
		ck_assert_uint_eq(content_digest(bytes, &o), hsm_digest(&c, &key));
	}
}
END_TEST

int main(void)
{
	Suite *s = suite_create("content");
	TCase *t = tcase_create("content");

	tcase_add_loop_test(t, as_the_device_computes_it, 0, KEYS);
	suite_add_tcase(s, t);
	return suite_run(s);
}
