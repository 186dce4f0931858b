// SPDX-License-Identifier: GPL-2.0
#include "stream.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/listener.h>

#include "handed.h"

#define BACKLOG 16
#define UNREAD_MAX (4 * SLP_STREAM_MAX)	/* answers that a peer has not taken yet; more ends it */

/**
 * struct stream - one connection
 * @entry: in streams.list, oldest first
 * @owner: of all
 * @bev: the connection
 * @from: the other end
 * @here: our end
 * @asks: we connected, and wait for one answer
 */
struct stream {
	TAILQ_ENTRY(stream) entry;
	struct streams *owner;
	struct bufferevent *bev;
	uint32_t from;
	uint32_t here;
	bool asks;
};

struct streams {
	struct event_base *base;
	struct evconnlistener *listener;
	const struct streams_ops *ops;
	void *arg;
	uint16_t port;
	unsigned int n;
	TAILQ_HEAD(stream_list, stream) list;
};

static void end(struct stream *t)
{
	struct streams *s = t->owner;

	TAILQ_REMOVE(&s->list, t, entry);
	s->n--;
	bufferevent_free(t->bev);
	free(t);
}

/* One message: whether the connection lives on. */
static bool take(struct stream *t, struct bytes data)
{
	struct streams *s = t->owner;
	uint8_t answer[SLP_STREAM_MAX];
	size_t n;

	if (t->asks) {
		s->ops->reply(s->arg, t->from, data);
		return false;
	}
	n = s->ops->request(s->arg, t->from, t->here, data, answer);
	/* What gets no answer is no request, or one too many. */
	return n && !bufferevent_write(t->bev, answer, n) &&
	       evbuffer_get_length(bufferevent_get_output(t->bev)) <= UNREAD_MAX;
}

static void on_read(struct bufferevent *bev, void *arg)
{
	struct evbuffer *in = bufferevent_get_input(bev);
	uint8_t head[SLP_LENGTH_BYTES];
	struct stream *t = arg;
	size_t len;

	while (evbuffer_copyout(in, head, sizeof(head)) == sizeof(head)) {
		len = slp_length(head);
		if (len < sizeof(head) || len > SLP_STREAM_MAX) {
			end(t);
			return;
		}
		if (evbuffer_get_length(in) < len)
			return;
		if (!take(t, (struct bytes){ evbuffer_pullup(in, (ev_ssize_t)len), len })) {
			end(t);
			return;
		}
		evbuffer_drain(in, len);
	}
}

static void on_event(struct bufferevent *bev, short what, void *arg)
{
	(void)bev;
	if (what & (BEV_EVENT_EOF | BEV_EVENT_ERROR | BEV_EVENT_TIMEOUT))
		end(arg);
}

/* In the list, or NULL: @fd is closed then. */
static struct stream *start(struct streams *s, evutil_socket_t fd, uint32_t from, bool asks)
{
	const unsigned int ms = asks ? SLP_CONFIG_RETRY_MAX : SLP_CONFIG_CLOSE_CONN;
	const struct timeval patience = { .tv_sec = ms / 1000 };
	struct stream *t = calloc(1, sizeof(*t));

	if (t)
		t->bev = bufferevent_socket_new(s->base, fd, BEV_OPT_CLOSE_ON_FREE);
	if (!t || !t->bev) {
		if (fd >= 0)
			evutil_closesocket(fd);
		free(t);
		return NULL;
	}
	if (s->n == STREAMS_MAX)
		end(TAILQ_FIRST(&s->list));
	t->owner = s;
	t->from = from;
	t->asks = asks;
	TAILQ_INSERT_TAIL(&s->list, t, entry);
	s->n++;
	bufferevent_setcb(t->bev, on_read, NULL, on_event, t);
	bufferevent_setwatermark(t->bev, EV_READ, 0, SLP_STREAM_MAX);
	bufferevent_set_timeouts(t->bev, &patience, &patience);
	bufferevent_enable(t->bev, EV_READ | EV_WRITE);
	return t;
}

static uint32_t own_end(evutil_socket_t fd)
{
	struct sockaddr_in addr = { 0 };
	socklen_t len = sizeof(addr);

	getsockname(fd, (struct sockaddr *)&addr, &len);
	return ntohl(addr.sin_addr.s_addr);
}

static void on_accept(struct evconnlistener *listener, evutil_socket_t fd, struct sockaddr *addr,
		      int len, void *arg)
{
	struct streams *s = arg;
	struct sockaddr_in from;
	struct stream *t;

	(void)listener;
	(void)len;
	memcpy(&from, addr, sizeof(from));
	if (!s->ops->welcome(s->arg, ntohl(from.sin_addr.s_addr))) {
		evutil_closesocket(fd);
		return;
	}
	t = start(s, fd, ntohl(from.sin_addr.s_addr), false);
	if (t)
		t->here = own_end(fd);
}

/* The service manager's listening socket if it has one, else one of our own; NULL and errno. */
static struct evconnlistener *open_listener(struct streams *s)
{
	const unsigned int flags = LEV_OPT_CLOSE_ON_FREE | LEV_OPT_CLOSE_ON_EXEC |
				   LEV_OPT_REUSEABLE;
	const struct sockaddr_in any = {
		.sin_family = AF_INET, .sin_port = htons(s->port),
		.sin_addr.s_addr = htonl(INADDR_ANY),
	};
	int handed = handed_socket(SOCK_STREAM, s->port);
	struct evconnlistener *listener;

	errno = 0;
	if (handed < 0)
		return evconnlistener_new_bind(s->base, on_accept, s, flags, BACKLOG,
					       (const struct sockaddr *)&any, sizeof(any));
	listener = evconnlistener_new(s->base, on_accept, s, flags, 0, handed);
	if (!listener)
		evutil_closesocket(handed);
	return listener;
}

struct streams *streams_new(struct event_base *base, uint16_t port, const struct streams_ops *ops,
			    void *arg, int *error)
{
	struct streams *s = calloc(1, sizeof(*s));

	*error = ENOMEM;
	if (!s)
		return NULL;
	s->base = base;
	s->port = port;
	s->ops = ops;
	s->arg = arg;
	TAILQ_INIT(&s->list);
	s->listener = open_listener(s);
	if (s->listener)
		return s;
	if (errno)
		*error = errno;
	free(s);
	return NULL;
}

void streams_free(struct streams *s)
{
	struct stream *t;

	if (!s)
		return;
	while ((t = TAILQ_FIRST(&s->list)))
		end(t);
	evconnlistener_free(s->listener);
	free(s);
}

void streams_ask(struct streams *s, const struct slp_send *request)
{
	const struct sockaddr_in to = {
		.sin_family = AF_INET, .sin_port = htons(s->port),
		.sin_addr.s_addr = htonl(request->to),
	};
	struct stream *t = start(s, -1, request->to, true);

	if (!t)
		return;
	bufferevent_write(t->bev, request->data, request->n);
	/* If it fails at once, the connection has been ended by on_event(). */
	bufferevent_socket_connect(t->bev, (const struct sockaddr *)&to, sizeof(to));
}
