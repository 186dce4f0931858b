// SPDX-License-Identifier: GPL-2.0
/*
 * Links: TCP connections joined end to end.
 */
#include <errno.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <event2/listener.h>

#include "link.h"

#define BACKLOG		64
#define BUFFERED_MAX	(1024 * 1024)	/* bytes in one direction; then its sender waits */

/**
 * struct pipe - one connection through a link
 * @entry: in the link's list
 * @link: its link
 * @end: both ends; NULL for one that has closed
 */
struct pipe {
	TAILQ_ENTRY(pipe) entry;
	struct link *link;
	struct bufferevent *end[2];
};

static void pipe_free(struct pipe *pipe)
{
	int i;

	TAILQ_REMOVE(&pipe->link->pipes, pipe, entry);
	for (i = 0; i < 2; i++) {
		if (pipe->end[i])
			bufferevent_free(pipe->end[i]);
	}
	free(pipe);
}

static int other(const struct pipe *pipe, const struct bufferevent *end)
{
	return pipe->end[0] == end ? 1 : 0;
}

static void on_read(struct bufferevent *from, void *arg)
{
	struct pipe *pipe = arg;
	struct bufferevent *to = pipe->end[other(pipe, from)];

	if (!to) {
		pipe_free(pipe);
		return;
	}
	bufferevent_write_buffer(to, bufferevent_get_input(from));
	if (evbuffer_get_length(bufferevent_get_output(to)) > BUFFERED_MAX)
		bufferevent_disable(from, EV_READ);
}

/* All that was under way to this end is there. */
static void on_written(struct bufferevent *to, void *arg)
{
	struct pipe *pipe = arg;
	struct bufferevent *from = pipe->end[other(pipe, to)];

	if (!from)
		pipe_free(pipe);
	else if (!pipe->link->cut)
		bufferevent_enable(from, EV_READ);
}

/* One end has closed: the other one still gets what is under way to it. */
static void on_event(struct bufferevent *end, short what, void *arg)
{
	struct pipe *pipe = arg;
	int closed = 1 - other(pipe, end);
	struct bufferevent *rest = pipe->end[1 - closed];

	if (!(what & (BEV_EVENT_EOF | BEV_EVENT_ERROR)))
		return;
	if (!rest || !evbuffer_get_length(bufferevent_get_output(rest))) {
		pipe_free(pipe);
		return;
	}
	bufferevent_free(end);
	pipe->end[closed] = NULL;
}

static struct bufferevent *adopt(struct pipe *pipe, int sock)
{
	const int on = 1;
	struct bufferevent *end;

	setsockopt(sock, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	end = bufferevent_socket_new(pipe->link->base, sock, BEV_OPT_CLOSE_ON_FREE);
	if (!end) {
		evutil_closesocket(sock);
		return NULL;
	}
	bufferevent_setcb(end, on_read, on_written, on_event, pipe);
	return end;
}

/* A socket bound to the address from which the far end is to see the near one. */
static int far_socket(const struct link *link)
{
	const int on = 1;
	int sock = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	if (sock < 0)
		return -1;
	setsockopt(sock, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof(on));
	if (bind(sock, (const struct sockaddr *)&link->source, sizeof(link->source)) < 0) {
		evutil_closesocket(sock);
		return -1;
	}
	return sock;
}

static void on_accept(struct evconnlistener *listener, evutil_socket_t near, struct sockaddr *addr,
		      int len, void *arg)
{
	struct link *link = arg;
	struct pipe *pipe = calloc(1, sizeof(*pipe));
	int far = pipe ? far_socket(link) : -1;

	(void)listener;
	(void)addr;
	(void)len;
	if (far < 0) {
		free(pipe);
		evutil_closesocket(near);
		return;
	}
	pipe->link = link;
	TAILQ_INSERT_TAIL(&link->pipes, pipe, entry);
	pipe->end[0] = adopt(pipe, near);
	pipe->end[1] = adopt(pipe, far);
	if (!pipe->end[0] || !pipe->end[1] ||
	    bufferevent_socket_connect(pipe->end[1], (struct sockaddr *)&link->target,
				       sizeof(link->target))) {
		pipe_free(pipe);
		return;
	}
	bufferevent_enable(pipe->end[0], EV_READ | EV_WRITE);
	bufferevent_enable(pipe->end[1], EV_READ | EV_WRITE);
}

void link_cut(struct link *link, bool cut)
{
	struct pipe *pipe;
	int i;

	link->cut = cut;
	if (cut)
		evconnlistener_disable(link->listener);
	else
		evconnlistener_enable(link->listener);
	TAILQ_FOREACH(pipe, &link->pipes, entry) {
		for (i = 0; i < 2; i++) {
			if (!pipe->end[i])
				continue;
			if (cut)
				bufferevent_disable(pipe->end[i], EV_READ | EV_WRITE);
			else
				bufferevent_enable(pipe->end[i], EV_READ | EV_WRITE);
		}
	}
}

struct link *link_open(struct event_base *base, const char *name, const struct sockaddr_in *at,
		       const struct sockaddr_in *target, const struct sockaddr_in *source)
{
	struct link *link = calloc(1, sizeof(*link));

	if (!link)
		return NULL;
	if (strlen(name) >= sizeof(link->name)) {
		free(link);
		errno = ENAMETOOLONG;
		return NULL;
	}
	strcpy(link->name, name);
	link->base = base;
	link->target = *target;
	link->source = *source;
	link->source.sin_port = 0;
	TAILQ_INIT(&link->pipes);
	link->listener = evconnlistener_new_bind(base, on_accept, link,
						 LEV_OPT_CLOSE_ON_FREE | LEV_OPT_CLOSE_ON_EXEC |
						 LEV_OPT_REUSEABLE, BACKLOG,
						 (const struct sockaddr *)at, sizeof(*at));
	if (!link->listener) {
		free(link);
		return NULL;
	}
	return link;
}

void link_close(struct link *link)
{
	struct pipe *pipe;

	evconnlistener_free(link->listener);
	while ((pipe = TAILQ_FIRST(&link->pipes)))
		pipe_free(pipe);
	free(link);
}
