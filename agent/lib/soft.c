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

#include "softproto.h"
#include "transport.h"

#define MESSAGE_PARTS	(2 + SOFT_INPUTS)	/* header, argument, buffers */
#define WAIT_SECONDS	3600			/* any: the wait goes on */
#define CLOSE_SECONDS	1			/* a device that hangs keeps nobody longer */

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

static int message_send(int sock, struct message *msg)
{
	struct iovec window[MESSAGE_PARTS];
	struct msghdr hdr = { .msg_iov = window };
	size_t sent = 0;
	ssize_t n;

	msg->header.len = msg->len;
	while (sent < msg->len) {
		hdr.msg_iovlen = message_window(msg, sent, window);
		n = sendmsg(sock, &hdr, MSG_NOSIGNAL);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return errno == EPIPE || errno == ECONNRESET ? -ENODEV : -errno;
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
		return errno == ECONNRESET ? -ENODEV : -errno;
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

/* HELLO and SUBSCRIBE: a call without argument that yields a socket. */
static int ask_socket(struct hsmrepl *dev, unsigned int type, int status, int *passed)
{
	struct message msg;
	int ret;

	message_begin(&msg, NULL, 0);
	msg.header.type = type;
	msg.header.cmd = SOFT_VERSION;
	msg.header.call = ++dev->call;
	msg.header.status = status;
	ret = message_send(dev->fd, &msg);
	if (ret)
		return ret;
	*passed = -1;
	ret = receive_reply(dev, dev->call, &msg, passed);
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

static int send_call(struct hsmrepl *dev, unsigned int cmd, void *arg)
{
	const struct soft_layout *layout = layout_of(cmd, size_of(arg));
	struct message msg;
	int ret;

	message_begin(&msg, arg, arg ? argument_bytes(size_of(arg)) : 0);
	if (layout) {
		ret = add_inputs(&msg, layout, arg);
		if (ret)
			return ret;
	}
	msg.header.type = SOFT_CALL;
	msg.header.cmd = cmd;
	msg.header.call = ++dev->call;
	return message_send(dev->fd, &msg);
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
	int ret;

	/* What is none of our commands gets no further than its number. */
	if (_IOC_TYPE(cmd) != HSMREPL_IOC_TYPE)
		arg = NULL;
	ret = send_call(dev, cmd, arg);
	return ret ? ret : take_reply(dev, cmd, dev->call, arg);
}

static void soft_calls(struct hsmrepl *dev, unsigned int cmd, struct pending_call *calls,
		       unsigned int n)
{
	for (unsigned int i = 0; i < n; i++) {
		calls[i].error = send_call(dev, cmd, calls[i].arg);
		calls[i].number = dev->call;
	}
	for (unsigned int i = 0; i < n; i++)
		if (!calls[i].error)
			calls[i].error = take_reply(dev, cmd, calls[i].number, calls[i].arg);
}

static ssize_t read_error(int error)
{
	return error == ECONNRESET ? -ENODEV : -error;
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
			return read_error(errno);
		if (n == 0)
			return -ENODEV;
		got += n;
	}
	return got;
}

static ssize_t soft_read(struct hsmrepl *dev, void *buf, size_t len)
{
	int flags = dev->flags & O_NONBLOCK ? MSG_DONTWAIT : 0;
	struct hsmrepl_record record;
	ssize_t n;

	if (len < HSMREPL_READ_MIN) {
		n = recv(dev->records, &record, sizeof(record), flags | MSG_PEEK | MSG_TRUNC);
		if (n > (ssize_t)len || (n >= (ssize_t)sizeof(record) && record.len > len))
			return -EMSGSIZE;
		if (n < 0)
			return read_error(errno);
	}
	n = recv(dev->records, buf, len, flags);
	if (n < 0)
		return read_error(errno);
	if (n < (ssize_t)sizeof(record))
		return -ENODEV;
	return read_rest(dev, buf, len, n);
}

static int soft_events_next(struct hsmrepl_events *events, struct hsmrepl_notice *notice)
{
	ssize_t n = recv(events->fd, notice, sizeof(*notice), MSG_DONTWAIT);

	if (n < 0)
		return errno == EWOULDBLOCK ? -EAGAIN : read_error(errno);
	return n == sizeof(*notice) ? 0 : -ENODEV;
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
	int ret;

	if (!new)
		return -ENOMEM;
	new->source = &soft_events_source;
	ret = ask_socket(dev, SOFT_SUBSCRIBE, 0, &new->fd);
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
	.calls = soft_calls,
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

int soft_open(struct hsmrepl *dev, const char *path)
{
	/* With a receive timeout a signal ends recvmsg() even where SA_RESTART is set. */
	const struct timeval wait = { .tv_sec = WAIT_SECONDS };
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
	dev->transport = &soft_transport;
	ret = ask_socket(dev, SOFT_HELLO, open_access(dev->flags), &dev->records);
	if (ret)
		goto fail;
	return 0;
fail:
	close(dev->fd);
	return ret;
}
