// SPDX-License-Identifier: GPL-2.0
/*
 * Connections: messages in, replies out.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>
#include <event2/event.h>

#include "conn.h"

#define SERVED_MAX	(4 * SOFT_DATAGRAM_MAX)	/* bytes of one connection in a round of the loop */
#define SEND_BUFFER	(4 * SOFT_DATAGRAM_MAX)	/* bytes of a reply and more: sending never waits */

void conn_break(struct conn *conn)
{
	shutdown(conn->calls, SHUT_RDWR);
}

static bool may_attach(const struct conn *conn)
{
	struct ucred peer;
	socklen_t len = sizeof(peer);

	if (getsockopt(conn->calls, SOL_SOCKET, SO_PEERCRED, &peer, &len) < 0)
		return false;
	return peer.uid == 0 || peer.uid == geteuid();
}

static ssize_t send_datagram(struct conn *conn, const void *data, size_t len, int passed)
{
	union {
		struct cmsghdr align;
		char bytes[CMSG_SPACE(sizeof(int))];
	} control = { 0 };
	struct iovec part = { .iov_base = (void *)data, .iov_len = len };
	struct msghdr hdr = { .msg_iov = &part, .msg_iovlen = 1 };

	if (passed >= 0) {
		hdr.msg_control = &control;
		hdr.msg_controllen = sizeof(control);
		control.align.cmsg_level = SOL_SOCKET;
		control.align.cmsg_type = SCM_RIGHTS;
		control.align.cmsg_len = CMSG_LEN(sizeof(passed));
		memcpy(CMSG_DATA(&control.align), &passed, sizeof(passed));
	}
	return sendmsg(conn->calls, &hdr, MSG_NOSIGNAL);
}

static void send_kept(struct conn *conn)
{
	struct soft_device *dev = conn->dev;

	if (!dev->kept_len)
		return;
	if (send_datagram(conn, dev->kept, dev->kept_len, -1) < 0)
		conn_break(conn);
	explicit_bzero(dev->kept, dev->kept_len);
	dev->kept_len = 0;
}

/* Keeps a reply until the others of this round are there, if it may go with them. */
static bool keep(struct conn *conn, const void *reply, size_t len, int passed)
{
	struct soft_device *dev = conn->dev;
	bool fits = passed < 0 && len <= sizeof(dev->kept);

	if (!fits || dev->kept_len + len > sizeof(dev->kept))
		send_kept(conn);
	if (!fits)
		return false;
	memcpy(dev->kept + dev->kept_len, reply, len);
	dev->kept_len += len;
	return true;
}

/* There is always room for one reply: a caller that does not take his is not served any more. */
void conn_reply(struct conn *conn, const void *reply, size_t len, int passed)
{
	const u8 *data = reply;
	size_t part;

	if (conn->dev->served == conn && keep(conn, reply, len, passed))
		return;
	while (len) {
		part = len < SOFT_DATAGRAM_MAX ? len : SOFT_DATAGRAM_MAX;
		if (send_datagram(conn, data, part, passed) < 0) {
			conn_break(conn);
			return;
		}
		passed = -1;
		data += part;
		len -= part;
	}
}

static void reply_socket(struct conn *conn, const struct soft_header *header, int status, int sock)
{
	const struct soft_header reply = {
		.len = sizeof(reply),
		.type = SOFT_REPLY,
		.cmd = header->cmd,
		.call = header->call,
		.status = status,
		.features = header->features & SOFT_FEATURE_PACKED,
	};

	conn_reply(conn, &reply, sizeof(reply), sock);
	if (sock >= 0)
		close(sock);
}

static void on_writable(evutil_socket_t sock, short events, void *arg)
{
	(void)sock;
	(void)events;
	records_push(arg);
}

static int open_records(struct conn *conn, int *theirs)
{
	const int room = SEND_BUFFER;
	int pair[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
		return -errno;
	setsockopt(pair[0], SOL_SOCKET, SO_SNDBUF, &room, sizeof(room));
	conn->writable = event_new(conn->dev->base, pair[0], EV_WRITE, on_writable, conn);
	if (!conn->writable) {
		close(pair[0]);
		close(pair[1]);
		return -ENOMEM;
	}
	conn->records = pair[0];
	*theirs = pair[1];
	return 0;
}

static void hello(struct conn *conn, const struct soft_header *header)
{
	int theirs = -1;
	int ret;

	if (header->cmd != SOFT_VERSION || conn->records >= 0) {
		reply_socket(conn, header, -EPROTO, -1);
		return;
	}
	conn->packed = header->features & SOFT_FEATURE_PACKED;
	if (header->status & SOFT_OPEN_READ)
		conn->access |= HSM_ABI_READ;
	if (header->status & SOFT_OPEN_WRITE)
		conn->access |= HSM_ABI_WRITE;
	ret = open_records(conn, &theirs);
	reply_socket(conn, header, ret, theirs);
}

static void subscribe(struct conn *conn, const struct soft_header *header)
{
	int theirs = conn->access & HSM_ABI_READ ? notice_subscribe(conn->dev) : -EACCES;

	reply_socket(conn, header, theirs < 0 ? theirs : 0, theirs);
}

/* One whole message. Whoever breaks the protocol is not served any more. */
static bool dispatch(struct conn *conn, const u8 *message, size_t len)
{
	struct soft_header header;

	memcpy(&header, message, sizeof(header));
	if (header.type != SOFT_HELLO && conn->records < 0)
		return false;
	switch (header.type) {
	case SOFT_HELLO:
		hello(conn, &header);
		return true;
	case SOFT_SUBSCRIBE:
		subscribe(conn, &header);
		return true;
	case SOFT_CANCEL:
		if (conn->call.abi && conn->call.number == header.call)
			call_give_up(conn, -EINTR);
		return true;
	case SOFT_CALL:
		if (conn->call.abi || header.arg_len > SOFT_ARG_MAX ||
		    header.arg_len > len - sizeof(header))
			return false;
		call_begin(conn, &header, message + sizeof(header), len - sizeof(header));
		return true;
	default:
		return false;
	}
}

static void end_message(struct conn *conn)
{
	explicit_bzero(conn->message, conn->message_got);
	free(conn->message);
	conn->message = NULL;
}

/* First datagram of a message that has more of them. */
static bool begin_message(struct conn *conn, const u8 *datagram, size_t len, u32 whole)
{
	conn->message = whole <= SOFT_MESSAGE_MAX ? malloc(whole) : NULL;
	if (!conn->message)
		return false;
	memcpy(conn->message, datagram, len);
	conn->message_len = whole;
	conn->message_got = len;
	return true;
}

/* Whole messages, or the beginning of a single one that goes on. */
static bool take_datagram(struct conn *conn, const u8 *datagram, size_t len)
{
	struct soft_header header;
	size_t at = 0;

	for (unsigned int i = 0; at < len; i++) {
		if (len - at < sizeof(header) || i == SOFT_CALLS_MAX)
			return false;
		memcpy(&header, datagram + at, sizeof(header));
		if (header.len > len - at)
			return !at && begin_message(conn, datagram, len, header.len);
		if (header.len < sizeof(header) || (header.len < len && !conn->packed))
			return false;
		if (!dispatch(conn, datagram + at, header.len))
			return false;
		at += header.len;
	}
	return true;
}

static ssize_t receive_more(struct conn *conn)
{
	ssize_t n = recv(conn->calls, conn->message + conn->message_got,
			 conn->message_len - conn->message_got, 0);

	if (n <= 0)
		return n;
	conn->message_got += n;
	if (conn->message_got == conn->message_len) {
		if (!dispatch(conn, conn->message, conn->message_len))
			conn_break(conn);
		end_message(conn);
	}
	return n;
}

static ssize_t receive_first(struct conn *conn)
{
	u8 *datagram = conn->dev->datagram;
	ssize_t n = recv(conn->calls, datagram, SOFT_DATAGRAM_MAX, 0);

	if (n <= 0)
		return n;
	if (!take_datagram(conn, datagram, n))
		conn_break(conn);
	explicit_bzero(datagram, n);
	return n;
}

static ssize_t receive(struct conn *conn)
{
	return conn->message ? receive_more(conn) : receive_first(conn);
}

/*
 * Is there likely more at once? Who submits without waiting may have sent more than one: they are
 * claimed together. And of a long message the rest follows.
 */
static bool has_more(const struct conn *conn)
{
	return conn->n_async || conn->message;
}

static void on_readable(evutil_socket_t sock, short events, void *arg)
{
	struct conn *conn = arg;
	ssize_t n, served = 0;
	bool over;

	(void)sock;
	(void)events;
	conn->dev->served = conn->packed ? conn : NULL;
	do {
		n = receive(conn);
		served += n;
	} while (n > 0 && has_more(conn) && served < SERVED_MAX);
	over = n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR);
	send_kept(conn);
	conn->dev->served = NULL;
	if (over)
		conn_close(conn);
}

static void on_timeout(evutil_socket_t sock, short events, void *arg)
{
	(void)sock;
	(void)events;
	call_give_up(arg, -ETIMEDOUT);
}

void conn_accept(struct soft_device *dev, int sock)
{
	const int room = SEND_BUFFER;
	struct conn *conn = calloc(1, sizeof(*conn));

	if (!conn) {
		close(sock);
		return;
	}
	conn->dev = dev;
	conn->calls = sock;
	conn->records = -1;
	INIT_LIST_HEAD(&conn->waiting);
	INIT_LIST_HEAD(&conn->ready);
	INIT_LIST_HEAD(&conn->submitted);
	INIT_LIST_HEAD(&conn->completed);
	list_add_tail(&conn->node, &dev->conns);
	dev->n_conns++;
	conn->privileged = may_attach(conn);
	setsockopt(sock, SOL_SOCKET, SO_SNDBUF, &room, sizeof(room));
	conn->readable = event_new(dev->base, sock, EV_READ | EV_PERSIST, on_readable, conn);
	conn->timeout = evtimer_new(dev->base, on_timeout, conn);
	if (!conn->readable || !conn->timeout || event_add(conn->readable, NULL))
		conn_close(conn);
}

static void free_event(struct event *event)
{
	if (event)
		event_free(event);
}

void conn_close(struct conn *conn)
{
	struct soft_device *dev = conn->dev;

	list_del_init(&conn->waiting);
	txn_disown(conn);
	admin_give_up(conn);
	if (dev->agent == conn)
		device_detach(dev);
	list_del_init(&conn->ready);
	list_del_init(&conn->node);
	if (dev->n_conns-- == SOFT_CONNECTIONS_MAX)
		event_add(dev->listener, NULL);
	free_event(conn->readable);
	free_event(conn->writable);
	free_event(conn->timeout);
	close(conn->calls);
	if (conn->records >= 0)
		close(conn->records);
	if (conn->message)
		end_message(conn);
	if (conn->out)
		explicit_bzero(conn->out, conn->out_room);
	free(conn->out);
	explicit_bzero(&conn->call, sizeof(conn->call));
	free(conn);
}
