// SPDX-License-Identifier: MIT
/*
 * The software device: records, as they come out of its socket.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include "softclient.h"
#include "softproto.h"
#include "transport.h"

int soft_error(void)
{
	return errno == EPIPE || errno == ECONNRESET ? -ENODEV : -errno;
}

/* Bytes of the records that are whole within @len bytes. */
static size_t whole_records(const char *buf, size_t len)
{
	struct hsmrepl_record record;
	size_t some = 0;

	while (len - some >= sizeof(record)) {
		memcpy(&record, buf + some, sizeof(record));
		if (record.len < sizeof(record) || record.len > len - some)
			break;
		some += record.len;
	}
	return some;
}

/*
 * Records for a reader with little room. The datagram stays where it is until all of it was taken,
 * so that the descriptor remains readable. Returns 0 if it has but the beginning of a record, for
 * which there is room.
 */
static ssize_t read_some(struct hsmrepl *dev, char *buf, size_t len, int flags)
{
	char before[SOFT_PACK_MAX];
	struct iovec part[] = {
		{ .iov_base = before, .iov_len = dev->taken },
		{ .iov_base = buf, .iov_len = len },
	};
	struct msghdr hdr = { .msg_iov = part, .msg_iovlen = 2 };
	struct hsmrepl_record record;
	size_t left, some;
	ssize_t n;

	n = recvmsg(dev->records, &hdr, flags | MSG_PEEK | MSG_TRUNC);
	if (n <= 0)
		return n ? soft_error() : -ENODEV;
	left = n - dev->taken;
	if (left < sizeof(record))
		return 0;
	if (len < sizeof(record) || (left > len && (size_t)n > sizeof(before)))
		return -EMSGSIZE;
	memcpy(&record, buf, sizeof(record));
	if (record.len > len)
		return -EMSGSIZE;
	if (record.len > left)
		return 0;
	some = whole_records(buf, left < len ? left : len);
	dev->taken += some;
	if (some == left) {
		recv(dev->records, NULL, 0, MSG_DONTWAIT);
		dev->taken = 0;
	}
	return some;
}

/* Rest of a record that is longer than a datagram, @got bytes of which are there. */
static ssize_t read_rest(struct hsmrepl *dev, char *buf, size_t len, size_t got)
{
	struct hsmrepl_record record;
	ssize_t n;

	memcpy(&record, buf, sizeof(record));
	if (record.len > len)
		return -EPROTO;
	while (got < record.len) {
		n = recv(dev->records, buf + got, record.len - got, 0);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return soft_error();
		if (n == 0)
			return -ENODEV;
		got += n;
	}
	return got;
}

ssize_t soft_read(struct hsmrepl *dev, void *buf, size_t len)
{
	int flags = dev->flags & O_NONBLOCK ? MSG_DONTWAIT : 0;
	ssize_t n;

	if (len < HSMREPL_READ_MIN || dev->taken) {
		n = read_some(dev, buf, len, flags);
		if (n)
			return n;
	}
	n = recv(dev->records, buf, len, flags);
	if (n < 0)
		return soft_error();
	if (n < (ssize_t)sizeof(struct hsmrepl_record))
		return -ENODEV;
	return read_rest(dev, buf, len, n);
}
