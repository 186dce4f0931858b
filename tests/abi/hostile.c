// SPDX-License-Identifier: GPL-2.0
/*
 * soft-hostile SOCKET [SEED]: callers of a software device that keep to no protocol. The device
 * must go on serving others. The messages follow from the seed.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "hsmrepl.h"
#include "report.h"
#include "softproto.h"
#include "softsock.h"

#define ROUNDS		2000
#define MESSAGES	40	/* of one connection */
#define BYTES_MAX	8192
#define TOGETHER_MAX	4	/* of one datagram */

static uint32_t next(uint64_t *seed)
{
	*seed = *seed * 6364136223846793005ULL + 1442695040888963407ULL;
	return *seed >> 33;
}

/* A message that is right in most things, and wrong in some. Returns its bytes. */
static size_t make_message(uint64_t *seed, uint8_t *bytes)
{
	static const uint32_t sizes[] = { 0, 4, 24, 48, 64, 88, 200, 4096 };
	struct soft_header header = {
		.type = next(seed) % 16 ? SOFT_CALL : next(seed) % 8,
		.arg_len = sizes[next(seed) % 8],
		.cmd = _IO(HSMREPL_IOC_TYPE, next(seed) % 0x18),
		.call = next(seed) % 4,
	};
	size_t len = sizeof(header) + header.arg_len + next(seed) % 512;
	uint32_t size = header.arg_len;
	size_t i;

	for (i = 0; i < len; i++)
		bytes[i] = next(seed) % 4 ? 0 : next(seed);
	if (next(seed) % 32 == 0)
		header.arg_len = next(seed);
	header.len = next(seed) % 16 ? len : next(seed) % (4 * len);
	memcpy(bytes, &header, sizeof(header));
	memcpy(bytes + sizeof(header), &size, sizeof(size));
	return next(seed) % 32 ? len : next(seed) % len;
}

static void torment(const char *path, uint64_t *seed)
{
	const struct soft_header hello = {
		.len = sizeof(hello),
		.type = SOFT_HELLO,
		.cmd = SOFT_VERSION,
		.status = SOFT_OPEN_READ | SOFT_OPEN_WRITE,
		.features = next(seed) % 4 ? SOFT_FEATURE_PACKED : 0,
	};
	uint8_t bytes[TOGETHER_MAX * BYTES_MAX], reply[BYTES_MAX];
	int i, sock = softsock_reach(path);

	if (sock < 0)
		return;
	if (next(seed) % 8)
		send(sock, &hello, sizeof(hello), MSG_NOSIGNAL);
	for (i = 0; i < MESSAGES; i++) {
		size_t len = make_message(seed, bytes);
		unsigned int more = next(seed) % 2 ? next(seed) % TOGETHER_MAX : 0;

		while (more--)
			len += make_message(seed, bytes + len);
		if (send(sock, bytes, len, MSG_NOSIGNAL | MSG_DONTWAIT) < 0)
			break;
		if (next(seed) % 2)
			recv(sock, reply, sizeof(reply), MSG_DONTWAIT);
	}
	close(sock);
}

int main(int argc, char **argv)
{
	uint64_t seed = argc == 3 ? strtoull(argv[2], NULL, 0) : 1;
	struct report report = { .name = "soft-hostile" };
	struct hsmrepl_state state;
	struct hsmrepl *dev;
	int i;

	if (argc != 2 && argc != 3) {
		fprintf(stderr, "usage: soft-hostile SOCKET [SEED]\n");
		return 2;
	}
	for (i = 0; i < ROUNDS; i++)
		torment(argv[1], &seed);
	dev = hsmrepl_open(argv[1], O_RDWR);
	report_case(&report, dev, "the device takes callers after %d hostile ones", ROUNDS);
	if (dev)
		report_result(&report, hsmrepl_node_state(dev, 0, 0, &state), 0, "and answers");
	hsmrepl_close(dev);
	return report_end(&report);
}
