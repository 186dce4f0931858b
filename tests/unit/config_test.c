// SPDX-License-Identifier: GPL-2.0
/* hsmrepld.conf: what is taken, and what each refusal says. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../suite.h"
#include "config.h"

#define GOOD \
	"node-id = 1\n" \
	"node-name = n1\n" \
	"ca = /p/ca.pem\n" \
	"certificate = /p/n1.pem\n" \
	"private-key = /p/n1.key\n" \
	"key-set = /p/key-set\n"
/* With all that SIGHUP takes up changed. */
#define ANEW \
	"node-id = 1\n" \
	"node-name = n1\n" \
	"ca = /p/ca-2.pem\n" \
	"certificate = /p/n1-2.pem\n" \
	"private-key = /p/n1-2.key\n" \
	"key-set = /p/key-set\n"
#define PLACE "listen = 10.77.0.1\n"

static char path[] = "/tmp/hsmrepl-config-XXXXXX";
static struct config c;
static char error[CONFIG_ERROR_MAX];

static int read_bytes(const char *text, size_t len)
{
	char name[sizeof(path)];
	int fd, ret;

	memcpy(name, path, sizeof(path));
	fd = mkstemp(name);
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(write(fd, text, len), (ssize_t)len);
	close(fd);
	error[0] = '\0';
	ret = config_read(name, &c, error);
	unlink(name);
	return ret;
}

static int read_text(const char *text)
{
	return read_bytes(text, strlen(text));
}

START_TEST(defaults)
{
	ck_assert_int_eq(read_text(GOOD PLACE), 0);
	ck_assert_uint_eq(c.node_id, 1);
	ck_assert_str_eq(c.node_name, "n1");
	ck_assert_str_eq(c.device, "/dev/hsmrepl");
	ck_assert_str_eq(c.state_dir, "/var/lib/hsmrepl");
	ck_assert_str_eq(c.listen, "10.77.0.1:4327");
	ck_assert_str_eq(c.address, "10.77.0.1:4327");
	ck_assert_str_eq(c.private_key, "/p/n1.key");
	ck_assert_int_eq(c.mode, HSMREPL_MODE_NORMAL);
	ck_assert_int_eq(c.log_level, LOG_LEVEL_INFO);
	ck_assert_uint_eq(c.n_peers, 0);
	ck_assert_str_eq(c.counter, "");
	ck_assert_str_eq(c.domain, "");
	ck_assert_str_eq(c.slp_interface, "");
	ck_assert_uint_eq(c.slp_port, 427);
}
END_TEST

START_TEST(counter)
{
	ck_assert_int_eq(read_text(GOOD PLACE "counter = /mnt/counter\n"), 0);
	ck_assert_str_eq(c.counter, "/mnt/counter");
	ck_assert_int_eq(read_text(GOOD PLACE "counter = tpm\n"), -1);
	ck_assert_msg(strstr(error, "absolute path"), "%s", error);
}
END_TEST

/* With a domain peers are told whatever address they ask at. */
START_TEST(domain)
{
	ck_assert_int_eq(read_text(GOOD "domain = Lab, 2nd floor \xc3\xbc\n"), 0);
	ck_assert_str_eq(c.domain, "Lab, 2nd floor \xc3\xbc");
	ck_assert_str_eq(c.listen, "0.0.0.0:4327");
	ck_assert_str_eq(c.address, "");
	ck_assert_int_eq(read_text(GOOD PLACE "domain = x\nslp-port = 1427\n"
				   "slp-interface = eth0\n"), 0);
	ck_assert_str_eq(c.address, "10.77.0.1:4327");
	ck_assert_str_eq(c.slp_interface, "eth0");
	ck_assert_uint_eq(c.slp_port, 1427);
}
END_TEST

START_TEST(everything_set)
{
	ck_assert_int_eq(read_text("# a comment\n\n  \t\n" GOOD
		"device=/dev/hsmrepl1\nstate-dir = /srv/x y\nlisten = 0.0.0.0:99\r\n"
		"address = [fd00::1]:5\nmode = fips\nlog-level = debug\n"
		"peer = 3\tn3  node-3.example.com:1\n  peer = 2 n2 [::1]"), 0);
	ck_assert_str_eq(c.device, "/dev/hsmrepl1");
	ck_assert_str_eq(c.state_dir, "/srv/x y");
	ck_assert_str_eq(c.listen, "0.0.0.0:99");
	ck_assert_str_eq(c.address, "[fd00::1]:5");
	ck_assert_int_eq(c.mode, HSMREPL_MODE_FIPS);
	ck_assert_int_eq(c.log_level, LOG_LEVEL_DEBUG);
	ck_assert_uint_eq(c.n_peers, 2);
	ck_assert_uint_eq(c.peer[0].id, 2);
	ck_assert_str_eq(c.peer[0].address, "[::1]:4327");
	ck_assert_uint_eq(c.peer[1].id, 3);
	ck_assert_str_eq(c.peer[1].name, "n3");
	ck_assert_str_eq(c.peer[1].address, "node-3.example.com:1");
}
END_TEST

START_TEST(credentials)
{
	static const char text[] = "node-id = 1\nnode-name = n1\nca = /p/ca.pem\n"
		"certificate = credential:n1.pem\nprivate-key = credential:hsmrepl.private-key\n"
		"key-set = credential:%s\n" PLACE;
	char buf[sizeof(text) + 32], dir[CONFIG_PATH_MAX] = "/";
	static const char *const bad[] = { "", ".", "..", "../key-set", "a/b", "a b", ".x" };

	ck_assert_int_eq(setenv("CREDENTIALS_DIRECTORY", "/run/credentials/u", 1), 0);
	snprintf(buf, sizeof(buf), text, "key-set");
	ck_assert_int_eq(read_text(buf), 0);
	ck_assert_str_eq(c.certificate, "/run/credentials/u/n1.pem");
	ck_assert_str_eq(c.private_key, "/run/credentials/u/hsmrepl.private-key");
	ck_assert_str_eq(c.key_set, "/run/credentials/u/key-set");
	ck_assert_str_eq(c.ca, "/p/ca.pem");
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		snprintf(buf, sizeof(buf), text, bad[i]);
		ck_assert_int_eq(read_text(buf), -1);
		ck_assert_msg(strstr(error, ":6: bad credential"), "%s", error);
	}

	snprintf(buf, sizeof(buf), text, "key-set");
	memset(dir + 1, 'x', sizeof(dir) - 2);
	ck_assert_int_eq(setenv("CREDENTIALS_DIRECTORY", dir, 1), 0);
	ck_assert_int_eq(read_text(buf), -1);
	ck_assert_msg(strstr(error, "is longer than 255 bytes"), "%s", error);
	ck_assert_int_eq(unsetenv("CREDENTIALS_DIRECTORY"), 0);
	ck_assert_int_eq(read_text(buf), -1);
	ck_assert_msg(strstr(error, ":4: credential:n1.pem: there are no credentials"), "%s",
		      error);
}
END_TEST

/* A file that is refused, where, and a word of the reason. */
static const struct refusal {
	const char *text;
	const char *where;
	const char *why;
} refusals[] = {
	{ "", ": ", "'node-id' is missing" },
	{ GOOD, ": ", "'address' is missing" },
	{ GOOD PLACE "bogus = 1\n", ":8: ", "unknown key 'bogus'" },
	{ GOOD PLACE "Mode = fips\n", ":8: ", "unknown key 'Mode'" },
	{ GOOD PLACE "mode fips\n", ":8: ", "no '='" },
	{ GOOD PLACE "mode =\n", ":8: ", "has no value" },
	{ GOOD PLACE "tls-profile = old\n", ":8: ", "allowed are default and aes128-sha1" },
	{ GOOD PLACE "mode = fips\ntls-profile = aes128-sha1\n", "", "exclude each other: remove" },
	{ GOOD PLACE "mode = fast\n", ":8: ", "allowed are normal and fips" },
	{ GOOD PLACE "log-level = loud\n", ":8: ", "error, warning, info and debug" },
	{ GOOD PLACE "node-id = 2\n", ":8: ", "a second time" },
	{ GOOD PLACE "device = hsmrepl\n", ":8: ", "absolute path" },
	{ GOOD PLACE "mode = fi\x01ps\n", ":8: ", "control character" },
	{ GOOD "listen = a:0\n", ":7: ", "port 1 to 65535" },
	{ GOOD "listen = a:65536\n", ":7: ", "port 1 to 65535" },
	{ GOOD "listen = a:\n", ":7: ", "bad address" },
	{ GOOD "listen = a b\n", ":7: ", "bad address" },
	{ GOOD "listen = ::1\n", ":7: ", "bad address" },
	{ GOOD "listen = [::1\n", ":7: ", "bad address" },
	{ GOOD "listen = [::1]x\n", ":7: ", "bad address" },
	{ GOOD "listen = [zz]:1\n", ":7: ", "bad address" },
	{ GOOD "listen = aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa:1\n",
	  ":7: ", "at most 63 bytes" },
	{ GOOD "domain = \xff\n", ":7: ", "bad domain" },
	{ GOOD "domain = a name of a domain that has got sixty-four bytes, one too many!!\n",
	  ":7: ", "bad domain" },
	{ GOOD PLACE "slp-port = 0\n", ":8: ", "bad slp-port" },
	{ GOOD PLACE "slp-port = 65536\n", ":8: ", "bad slp-port" },
	{ GOOD PLACE "slp-interface = eth0 eth1\n", ":8: ", "bad slp-interface" },
	{ GOOD PLACE "slp-interface = a-name-too-long0\n", ":8: ", "bad slp-interface" },
	{ GOOD PLACE "address = 0.0.0.0:1\n", ": ", "no place to connect to" },
	{ GOOD PLACE "peer = 2 n2\n", ":8: ", "ID NAME ADDRESS" },
	{ GOOD PLACE "peer = 2 n2 a:1 more\n", ":8: ", "ID NAME ADDRESS" },
	{ GOOD PLACE "peer = 0 n2 a\n", ":8: ", "from 1 to 65535" },
	{ GOOD PLACE "peer = -2 n2 a\n", ":8: ", "from 1 to 65535" },
	{ GOOD PLACE "peer = 65536 n2 a\n", ":8: ", "from 1 to 65535" },
	{ GOOD PLACE "peer = 2 n/2 a\n", ":8: ", "bad node name" },
	{ GOOD PLACE "peer = 2 n2 a\npeer = 2 n3 b\n", ":9: ", "an id and a name of its own" },
	{ GOOD PLACE "peer = 2 n2 a\npeer = 3 n2 b\n", ":9: ", "an id and a name of its own" },
	{ GOOD PLACE "peer = 1 n2 a\n", ": ", "the id or the name of this node" },
	{ GOOD PLACE "peer = 2 n1 a\n", ": ", "the id or the name of this node" },
};

START_TEST(refused)
{
	const struct refusal *r = &refusals[_i];

	ck_assert_int_eq(read_text(r->text), -1);
	ck_assert_msg(strstr(error, r->where) && strstr(error, r->why), "'%s' says: %s", r->text,
		      error);
}
END_TEST

START_TEST(each_required_key_is_missed)
{
	static const char good[] = GOOD PLACE;

	for (const char *line = good; *line; line = strchr(line, '\n') + 1) {
		char text[sizeof(good) + 1] = "", word[32];

		sscanf(line, "%31s", word);
		memcpy(text, good, (size_t)(line - good));
		strcat(text, strchr(line, '\n') + 1);
		ck_assert_int_eq(read_text(text), -1);
		if (strcmp(word, "listen"))
			ck_assert_ptr_nonnull(strstr(error, word));
	}
}
END_TEST

START_TEST(full_and_overfull)
{
	char text[4096] = GOOD PLACE, line[64];

	for (int i = 2; i <= HSMREPL_NODES_MAX; i++) {
		snprintf(line, sizeof(line), "peer = %d n%d h%d\n", i, i, i);
		strcat(text, line);
	}
	ck_assert_int_eq(read_text(text), 0);
	ck_assert_uint_eq(c.n_peers, HSMREPL_NODES_MAX - 1);
	strcat(text, "peer = 99 n99 h99\n");
	ck_assert_int_eq(read_text(text), -1);
	ck_assert_ptr_nonnull(strstr(error, "at most 16 nodes"));
}
END_TEST

START_TEST(not_text)
{
	static const char nul[] = GOOD PLACE "mode = \0fips\n";
	char line[3000];

	ck_assert_int_eq(read_bytes(nul, sizeof(nul) - 1), -1);
	memset(line, 'x', sizeof(line));
	ck_assert_int_eq(read_bytes(line, sizeof(line)), -1);
	ck_assert_ptr_nonnull(strstr(error, "too long"));
	ck_assert_int_eq(config_read("/nonexistent/hsmrepld.conf", &c, error), -1);
	ck_assert_ptr_nonnull(strstr(error, "No such file or directory: write it"));
	ck_assert_int_eq(config_read("/tmp", &c, error), -1);
}
END_TEST

/* Cut anywhere, a file is taken or refused with a reason. */
START_TEST(cut_at_every_byte)
{
	static const char text[] = GOOD PLACE "mode = fips\npeer = 2 n2 [::1]:5\n";

	for (size_t n = 0; n < sizeof(text); n++)
		if (read_bytes(text, n))
			ck_assert_uint_gt(strlen(error), 0);
}
END_TEST

START_TEST(differences)
{
	static const struct difference {
		const char *text, *list;
	} of[] = {
		{ GOOD PLACE "device = /dev/hsmrepl\nmode = normal\n", NULL },
		{ ANEW PLACE "log-level = debug\n", NULL },
		{ GOOD "listen = 10.77.0.2\naddress = 10.77.0.1\n", "listen" },
		{ GOOD "listen = 10.77.0.2\n", "listen, address" },
		{ GOOD PLACE "peer = 2 n2 10.77.0.2\ntls-profile = aes128-sha1\n",
		  "tls-profile, peer" },
	};
	struct config old;
	char list[CONFIG_ERROR_MAX];

	ck_assert_int_eq(read_text(GOOD PLACE), 0);
	old = c;
	for (size_t i = 0; i < sizeof(of) / sizeof(of[0]); i++) {
		ck_assert_int_eq(read_text(of[i].text), 0);
		ck_assert_int_eq(config_differs(&old, &c, list), of[i].list != NULL);
		if (of[i].list)
			ck_assert_str_eq(list, of[i].list);
	}
}
END_TEST

int main(void)
{
	Suite *s = suite_create("config");
	TCase *t = tcase_create("config");

	tcase_add_test(t, defaults);
	tcase_add_test(t, counter);
	tcase_add_test(t, domain);
	tcase_add_test(t, everything_set);
	tcase_add_test(t, credentials);
	tcase_add_loop_test(t, refused, 0, (int)(sizeof(refusals) / sizeof(refusals[0])));
	tcase_add_test(t, each_required_key_is_missed);
	tcase_add_test(t, full_and_overfull);
	tcase_add_test(t, not_text);
	tcase_add_test(t, cut_at_every_byte);
	tcase_add_test(t, differences);
	suite_add_tcase(s, t);
	return suite_run(s);
}
