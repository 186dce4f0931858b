// SPDX-License-Identifier: MIT
/*
 * The software device: softproto.h over a Unix SEQPACKET socket.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <unistd.h>

#include "softclient.h"
#include "softproto.h"
#include "transport.h"

#define MESSAGE_PARTS	(2 + SOFT_INPUTS)	/* header, argument, buffers */
#define WAIT_SECONDS	3600			/* any: the wait goes on */
#define CLOSE_SECONDS	1			/* a device that hangs keeps nobody longer */

_Static_assert(HSMREPL_PENDING_MAX <= SOFT_CALLS_MAX, "they may go in one datagram");

/**
 * struct message - one message, where its parts lie in memory
 * @header: first part
 * @part: all parts, in order
 * @n_parts: used in @part
 * @len: bytes of all parts
 */
struct message {
	struct soft_header header;
	struct iovec part[MESSAGE_PARTS];
	int n_parts;
	size_t len;
};

static void message_add(struct message *msg, void *base, size_t len)
{
	if (!len)
		return;
	msg->part[msg->n_parts].iov_base = base;
	msg->part[msg->n_parts].iov_len = len;
	msg->n_parts++;
	msg->len += len;
}

static void message_begin(struct message *msg, void *arg, size_t arg_len)
{
	memset(msg, 0, sizeof(*msg));
	message_add(msg, &msg->header, sizeof(msg->header));
	message_add(msg, arg, arg_len);
	msg->header.arg_len = arg_len;
}

/* The parts of @msg from byte @offset on, at most one datagram of them. Returns how many parts. */
static int message_window(const struct message *msg, size_t offset, struct iovec *window)
{
	size_t room = SOFT_DATAGRAM_MAX;
	int i, n = 0;

	for (i = 0; i < msg->n_parts && room; i++) {
		size_t len = msg->part[i].iov_len;

		if (offset >= len) {
			offset -= len;
			continue;
		}
		len -= offset;
		window[n].iov_base = (char *)msg->part[i].iov_base + offset;
		window[n].iov_len = len < room ? len : room;
		room -= window[n].iov_len;
		n++;
		offset = 0;
	}
	return n;
}

static ssize_t send_datagram(int sock, const struct msghdr *hdr)
{
	ssize_t n;

	do {
		n = sendmsg(sock, hdr, MSG_NOSIGNAL);
	} while (n < 0 && errno == EINTR);
	return n < 0 ? soft_error() : n;
}

static int message_send(int sock, struct message *msg)
{
	struct iovec window[MESSAGE_PARTS];
	struct msghdr hdr = { .msg_iov = window };
	size_t sent = 0;
	ssize_t n;

	msg->header.len = msg->len;
	while (sent < msg->len) {
		hdr.msg_iovlen = message_window(msg, sent, window);
		n = send_datagram(sock, &hdr);
		if (n < 0)
			return n;
		sent += n;
	}
	return 0;
}

static int take_descriptor(struct msghdr *hdr)
{
	struct cmsghdr *control = CMSG_FIRSTHDR(hdr);
	int fd = -1;

	if (control && control->cmsg_level == SOL_SOCKET && control->cmsg_type == SCM_RIGHTS &&
	    control->cmsg_len == CMSG_LEN(sizeof(fd)))
		memcpy(&fd, CMSG_DATA(control), sizeof(fd));
	return fd;
}

static ssize_t receive_datagram(int sock, const struct message *msg, size_t offset, int *passed)
{
	union {
		struct cmsghdr align;
		char bytes[CMSG_SPACE(sizeof(int))];
	} control;
	struct iovec window[MESSAGE_PARTS];
	struct msghdr hdr = { .msg_iov = window };
	ssize_t n;

	hdr.msg_iovlen = message_window(msg, offset, window);
	if (passed) {
		hdr.msg_control = &control;
		hdr.msg_controllen = sizeof(control);
	}
	n = recvmsg(sock, &hdr, MSG_CMSG_CLOEXEC);
	if (n < 0)
		return soft_error();
	if (n == 0)
		return -ENODEV;
	if (hdr.msg_flags & MSG_TRUNC)
		return -EPROTO;
	if (passed)
		*passed = take_descriptor(&hdr);
	return n;
}

static void cancel_call(struct hsmrepl *dev)
{
	struct message msg;

	message_begin(&msg, NULL, 0);
	msg.header.type = SOFT_CANCEL;
	msg.header.call = dev->call;
	message_send(dev->fd, &msg);
}

/* The reply to call @call, into @msg. A signal cancels the last call; its reply still comes. */
static int receive_reply(struct hsmrepl *dev, uint32_t call, struct message *msg, int *passed)
{
	size_t got = 0;
	ssize_t n;

	msg->header.len = sizeof(msg->header);
	while (got < msg->header.len) {
		n = receive_datagram(dev->fd, msg, got, got ? NULL : passed);
		if (n == -EINTR && !got)
			cancel_call(dev);
		if (n == -EINTR || n == -EAGAIN)
			continue;
		if (n < 0)
			return n;
		got += n;
		if (got < sizeof(msg->header) || msg->header.len > msg->len)
			return -EPROTO;
	}
	if (msg->header.type != SOFT_REPLY || msg->header.call != call)
		return -EPROTO;
	return msg->header.status;
}

/* HELLO and SUBSCRIBE: @msg is a call without argument that yields a socket; becomes its reply. */
static int ask_socket(struct hsmrepl *dev, struct message *msg, int *passed)
{
	int ret;

	msg->header.cmd = SOFT_VERSION;
	msg->header.call = ++dev->call;
	ret = message_send(dev->fd, msg);
	if (ret)
		return ret;
	*passed = -1;
	ret = receive_reply(dev, dev->call, msg, passed);
	if (!ret && *passed < 0)
		return -EPROTO;
	return ret;
}

static int add_inputs(struct message *msg, const struct soft_layout *layout, const void *arg)
{
	int i;

	for (i = 0; i < layout->n_inputs; i++) {
		size_t len = soft_length(arg, &layout->input[i]);
		void *base = soft_pointer(arg, layout->input[i].pointer);

		/* What is over every limit is refused by the device for its length, unread. */
		if (msg->len + len > SOFT_MESSAGE_MAX)
			continue;
		if (len && !base)
			return -EFAULT;
		message_add(msg, base, len);
	}
	return 0;
}

/* Bytes of an argument struct to send, by the size that it claims: at least that size itself. */
static size_t argument_bytes(uint32_t size)
{
	return size < sizeof(size) || size > SOFT_ARG_MAX ? sizeof(size) : size;
}

/* The buffers of this argument; NULL if it is too short to speak of any. */
static const struct soft_layout *layout_of(unsigned int cmd, uint32_t size)
{
	const struct soft_layout *layout = soft_layout(cmd);

	return layout && size >= layout->arg_len ? layout : NULL;
}

static uint32_t size_of(const void *arg)
{
	uint32_t size = 0;

	if (arg)
		memcpy(&size, arg, sizeof(size));
	return size;
}

/* Into @msg the call of @cmd; nothing at all with an error. */
static int make_call(struct hsmrepl *dev, unsigned int cmd, void *arg, struct message *msg)
{
	const struct soft_layout *layout = layout_of(cmd, size_of(arg));
	int ret = 0;

	message_begin(msg, arg, arg ? argument_bytes(size_of(arg)) : 0);
	msg->header.type = SOFT_CALL;
	msg->header.cmd = cmd;
	msg->header.call = ++dev->call;
	if (layout)
		ret = add_inputs(msg, layout, arg);
	if (ret)
		message_begin(msg, NULL, 0);
	return ret;
}

static int take_reply(struct hsmrepl *dev, unsigned int cmd, uint32_t call, void *arg)
{
	const struct soft_layout *layout = layout_of(cmd, size_of(arg));
	struct message msg;

	message_begin(&msg, arg, arg ? argument_bytes(size_of(arg)) : 0);
	if (layout && layout->n_outputs)
		message_add(&msg, soft_pointer(arg, layout->output.pointer),
			    soft_length(arg, &layout->output));
	return receive_reply(dev, call, &msg, NULL);
}

static int soft_ioctl(struct hsmrepl *dev, unsigned int cmd, void *arg)
{
	struct message msg;
	int ret;

	/* What is none of our commands gets no further than its number. */
	if (_IOC_TYPE(cmd) != HSMREPL_IOC_TYPE)
		arg = NULL;
	ret = make_call(dev, cmd, arg, &msg);
	if (!ret)
		ret = message_send(dev->fd, &msg);
	return ret ? ret : take_reply(dev, cmd, dev->call, arg);
}

/**
 * struct replies - what came in one datagram
 * @bytes: replies, one behind the other
 * @len: bytes there
 * @taken: bytes of them that were taken
 */
struct replies {
	char bytes[SOFT_PACK_MAX];
	size_t len;
	size_t taken;
};

static int receive_replies(struct hsmrepl *dev, struct replies *replies)
{
	ssize_t n;

	do {
		n = recv(dev->fd, replies->bytes, sizeof(replies->bytes), MSG_TRUNC);
	} while (n < 0 && (errno == EINTR || errno == EAGAIN));
	if (n < 0)
		return soft_error();
	if (n == 0)
		return -ENODEV;
	if ((size_t)n > sizeof(replies->bytes))
		return -EPROTO;
	replies->len = n;
	replies->taken = 0;
	return 0;
}

/* Ends @call by the next of the replies. Returns 0 whatever it says, or an error of the device. */
static int next_reply(struct hsmrepl *dev, struct replies *replies, struct hsmrepl_pending *call)
{
	struct soft_header header;
	size_t left;
	int ret;

	if (replies->taken == replies->len) {
		ret = receive_replies(dev, replies);
		if (ret)
			return ret;
	}
	left = replies->len - replies->taken;
	if (left < sizeof(header))
		return -EPROTO;
	memcpy(&header, replies->bytes + replies->taken, sizeof(header));
	if (header.len > left || header.len != sizeof(header) + header.arg_len ||
	    header.arg_len > argument_bytes(size_of(call->arg)) || header.type != SOFT_REPLY ||
	    header.call != call->number)
		return -EPROTO;
	memcpy(call->arg, replies->bytes + replies->taken + sizeof(header), header.arg_len);
	replies->taken += header.len;
	call->error = header.status;
	return 0;
}

static void soft_end(struct hsmrepl *dev, struct hsmrepl_pending *calls, unsigned int n)
{
	struct replies replies;
	int ret = 0;

	replies.len = 0;
	replies.taken = 0;
	for (unsigned int i = 0; i < n; i++) {
		if (calls[i].error)
			continue;
		if (!ret)
			ret = next_reply(dev, &replies, &calls[i]);
		if (ret)
			calls[i].error = ret;
	}
}

/* How many of the @n messages go in the next datagram, the first one at least. */
static unsigned int count_packed(const struct hsmrepl *dev, const struct message *msg,
				 unsigned int n)
{
	size_t len = msg[0].len;
	unsigned int i = 1;

	while (dev->packed && i < n && len + msg[i].len <= SOFT_DATAGRAM_MAX)
		len += msg[i++].len;
	return i;
}

static int send_packed(int sock, struct message *msg, unsigned int n)
{
	struct iovec part[HSMREPL_PENDING_MAX * MESSAGE_PARTS];
	struct msghdr hdr = { .msg_iov = part };
	ssize_t sent = 0;

	for (unsigned int i = 0; i < n; i++) {
		msg[i].header.len = msg[i].len;
		memcpy(&part[hdr.msg_iovlen], msg[i].part, msg[i].n_parts * sizeof(part[0]));
		hdr.msg_iovlen += msg[i].n_parts;
	}
	if (hdr.msg_iovlen)
		sent = send_datagram(sock, &hdr);
	return sent < 0 ? sent : 0;
}

static void soft_begin(struct hsmrepl *dev, struct hsmrepl_pending *calls, unsigned int n)
{
	struct message msg[HSMREPL_PENDING_MAX];
	unsigned int some;
	int ret;

	for (unsigned int i = 0; i < n; i++) {
		calls[i].error = make_call(dev, calls[i].cmd, calls[i].arg, &msg[i]);
		calls[i].number = dev->call;
	}
	for (unsigned int i = 0; i < n; i += some) {
		some = count_packed(dev, &msg[i], n - i);
		ret = some == 1 ? message_send(dev->fd, &msg[i]) :
				  send_packed(dev->fd, &msg[i], some);
		for (unsigned int j = i; j < i + some; j++)
			if (!calls[j].error)
				calls[j].error = ret;
	}
}

static int soft_events_next(struct hsmrepl_events *events, struct hsmrepl_notice *notice)
{
	ssize_t n = recv(events->fd, notice, sizeof(*notice), MSG_DONTWAIT);

	if (n < 0)
		return soft_error();
	if (n != sizeof(*notice))
		return -ENODEV;
	return notice->event == SOFT_NOTICE_LOST ? -ENOBUFS : 0;
}

static void soft_events_close(struct hsmrepl_events *events)
{
	close(events->fd);
	free(events);
}

static const struct events_source soft_events_source = {
	.next = soft_events_next,
	.close = soft_events_close,
};

static int soft_subscribe(struct hsmrepl *dev, struct hsmrepl_events **events)
{
	struct hsmrepl_events *new = calloc(1, sizeof(*new));
	struct message msg;
	int ret;

	if (!new)
		return -ENOMEM;
	new->source = &soft_events_source;
	message_begin(&msg, NULL, 0);
	msg.header.type = SOFT_SUBSCRIBE;
	ret = ask_socket(dev, &msg, &new->fd);
	if (ret) {
		free(new);
		return ret;
	}
	*events = new;
	return 0;
}

/* Like close() of a device: on return nobody meets what this handle was, an agent say. */
static void soft_close(struct hsmrepl *dev)
{
	const struct timeval wait = { .tv_sec = CLOSE_SECONDS };
	char byte;

	setsockopt(dev->fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof(wait));
	shutdown(dev->fd, SHUT_WR);
	while (recv(dev->fd, &byte, 1, 0) > 0)
		;
	close(dev->fd);
	close(dev->records);
}

static const struct transport soft_transport = {
	.ioctl = soft_ioctl,
	.begin = soft_begin,
	.end = soft_end,
	.read = soft_read,
	.subscribe = soft_subscribe,
	.close = soft_close,
};

static int open_access(int flags)
{
	switch (flags & O_ACCMODE) {
	case O_RDONLY:
		return SOFT_OPEN_READ;
	case O_WRONLY:
		return SOFT_OPEN_WRITE;
	default:
		return SOFT_OPEN_READ | SOFT_OPEN_WRITE;
	}
}

static int say_hello(struct hsmrepl *dev)
{
	struct message msg;
	int ret;

	message_begin(&msg, NULL, 0);
	msg.header.type = SOFT_HELLO;
	msg.header.status = open_access(dev->flags);
	msg.header.features = SOFT_FEATURE_PACKED;
	ret = ask_socket(dev, &msg, &dev->records);
	dev->packed = msg.header.features & SOFT_FEATURE_PACKED;
	return ret;
}

int soft_open(struct hsmrepl *dev, const char *path)
{
	/* With a receive timeout a signal ends recvmsg() even where SA_RESTART is set. */
	const struct timeval wait = { .tv_sec = WAIT_SECONDS };
	const int room = SOFT_MESSAGE_MAX;
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	int ret;

	if (strlen(path) >= sizeof(addr.sun_path))
		return -ENAMETOOLONG;
	strcpy(addr.sun_path, path);
	dev->fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	if (dev->fd < 0)
		return -errno;
	if (connect(dev->fd, (struct sockaddr *)&addr, sizeof(addr)) < 0 ||
	    setsockopt(dev->fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof(wait)) < 0) {
		ret = errno == EPROTOTYPE ? -EPROTO : -errno;
		goto fail;
	}
	/* As far as the system allows it, a long message need not keep step with its reader. */
	setsockopt(dev->fd, SOL_SOCKET, SO_SNDBUF, &room, sizeof(room));
	dev->transport = &soft_transport;
	ret = say_hello(dev);
	if (ret)
		goto fail;
	return 0;
fail:
	close(dev->fd);
	return ret;
}
