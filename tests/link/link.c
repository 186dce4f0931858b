// SPDX-License-Identifier: GPL-2.0
/*
 * Links: TCP connections joined end to end.
 */
#include <ctype.h>
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
#include "transit.h"

#define BACKLOG	64

struct pipe;

/**
 * struct way - one direction of a connection
 * @pipe: that connection
 * @to: where it leads; NULL once that end has closed
 * @transit: what is not there yet
 */
struct way {
	struct pipe *pipe;
	struct bufferevent *to;
	struct transit *transit;
};

/**
 * struct pipe - one connection through a link
 * @entry: in the link's list
 * @link: its link
 * @way: both directions
 */
struct pipe {
	TAILQ_ENTRY(pipe) entry;
	struct link *link;
	struct way way[2];
};

static void pipe_free(struct pipe *pipe)
{
	int i;

	TAILQ_REMOVE(&pipe->link->pipes, pipe, entry);
	for (i = 0; i < 2; i++) {
		if (pipe->way[i].to)
			bufferevent_free(pipe->way[i].to);
		transit_free(pipe->way[i].transit);
	}
	free(pipe);
}

static struct way *back(const struct way *way)
{
	struct pipe *pipe = way->pipe;

	return &pipe->way[way == &pipe->way[0] ? 1 : 0];
}

static size_t waiting(const struct way *way)
{
	return evbuffer_get_length(bufferevent_get_output(way->to));
}

/*
 * More is taken from the sender, or not for now; once that has closed and all it sent is there, the
 * other end is closed as well. Returns false if the connection is gone.
 */
static bool settle(struct way *way)
{
	struct bufferevent *from = back(way)->to;
	size_t in_transit = transit_size(way->transit);

	if (way->pipe->link->cut || !way->to)
		return true;
	if (!from && !in_transit && !waiting(way)) {
		pipe_free(way->pipe);
		return false;
	}
	if (from && (in_transit > LINK_TRANSIT_MAX || waiting(way) > LINK_WAITING_MAX))
		bufferevent_disable(from, EV_READ);
	else if (from)
		bufferevent_enable(from, EV_READ);
	return true;
}

/* Nothing overtakes what is under way already. Returns false if the connection is gone. */
static bool pass(struct way *way, struct evbuffer *bytes)
{
	unsigned int delay_us = way->pipe->link->delay_us;

	if (!delay_us && !transit_size(way->transit)) {
		bufferevent_write_buffer(way->to, bytes);
	} else if (!transit_put(way->transit, bytes, delay_us)) {
		pipe_free(way->pipe);
		return false;
	}
	return settle(way);
}

static void on_there(void *arg, struct evbuffer *bytes, size_t len)
{
	struct way *way = arg;

	if (way->to)
		evbuffer_remove_buffer(bytes, bufferevent_get_output(way->to), len);
	else
		evbuffer_drain(bytes, len);
	settle(way);
}

static void on_read(struct bufferevent *from, void *arg)
{
	struct way *way = back(arg);
	struct evbuffer *bytes = bufferevent_get_input(from);

	if (way->to)
		pass(way, bytes);
	else
		evbuffer_drain(bytes, evbuffer_get_length(bytes));
}

static void on_written(struct bufferevent *to, void *arg)
{
	(void)to;
	settle(arg);
}

/* One end has closed: the other one still gets what is under way to it, the end last. */
static void on_event(struct bufferevent *end, short what, void *arg)
{
	struct way *closed = arg;
	struct way *rest = back(closed);

	if (!(what & (BEV_EVENT_EOF | BEV_EVENT_ERROR)))
		return;
	if (!rest->to) {
		pipe_free(closed->pipe);
		return;
	}
	closed->to = NULL;
	pass(rest, bufferevent_get_input(end));
	bufferevent_free(end);
}

static bool adopt(struct way *way, struct pipe *pipe, int sock)
{
	const int on = 1;

	way->pipe = pipe;
	setsockopt(sock, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	way->transit = transit_new(pipe->link->base, on_there, way);
	way->to = bufferevent_socket_new(pipe->link->base, sock, BEV_OPT_CLOSE_ON_FREE);
	if (!way->to) {
		evutil_closesocket(sock);
		return false;
	}
	bufferevent_setcb(way->to, on_read, on_written, on_event, way);
	return way->transit;
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
	bool adopted;

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
	adopted = adopt(&pipe->way[0], pipe, near);
	if (!adopt(&pipe->way[1], pipe, far) || !adopted ||
	    bufferevent_socket_connect(pipe->way[1].to, (struct sockaddr *)&link->target,
				       sizeof(link->target))) {
		pipe_free(pipe);
		return;
	}
	bufferevent_enable(pipe->way[0].to, EV_READ | EV_WRITE);
	bufferevent_enable(pipe->way[1].to, EV_READ | EV_WRITE);
}

static void pipe_cut(struct pipe *pipe)
{
	int i;

	for (i = 0; i < 2; i++) {
		if (pipe->way[i].to)
			bufferevent_disable(pipe->way[i].to, EV_READ | EV_WRITE);
	}
}

static void pipe_heal(struct pipe *pipe)
{
	int i;

	for (i = 0; i < 2; i++) {
		if (pipe->way[i].to)
			bufferevent_enable(pipe->way[i].to, EV_WRITE);
	}
	if (settle(&pipe->way[0]))
		settle(&pipe->way[1]);
}

void link_cut(struct link *link, bool cut)
{
	struct pipe *pipe, *next;

	link->cut = cut;
	if (cut)
		evconnlistener_disable(link->listener);
	else
		evconnlistener_enable(link->listener);
	for (pipe = TAILQ_FIRST(&link->pipes); pipe; pipe = next) {
		next = TAILQ_NEXT(pipe, entry);
		if (cut)
			pipe_cut(pipe);
		else
			pipe_heal(pipe);
	}
}

int link_parse_delay(const char *ms, unsigned int *us)
{
	char *end;
	double value;

	if (!isdigit((unsigned char)*ms))
		return -EINVAL;
	value = strtod(ms, &end);
	if (*end || !(value <= LINK_DELAY_MS_MAX))
		return -EINVAL;
	*us = (unsigned int)(value * 1000 + 0.5);
	return 0;
}

void link_delay(struct link *link, unsigned int us)
{
	link->delay_us = us;
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
