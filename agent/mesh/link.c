// SPDX-License-Identifier: GPL-2.0
#include "link_private.h"

#include <assert.h>
#include <endian.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <event2/buffer.h>
#include <event2/bufferevent_ssl.h>
#include <event2/event.h>
#include <openssl/err.h>

#include "address.h"
#include "auth.h"
#include "barrier.h"
#include "clock.h"
#include "mesh.h"

#define KEEPALIVE_IDLE_S	5
#define KEEPALIVE_EVERY_S	2
#define KEEPALIVE_PROBES	3

#define TO(phase) (1U << PHASE_##phase)

static const unsigned int moves[PHASES] = {
	[PHASE_CONNECTING] = TO(HANDSHAKE) | TO(ENDING) | TO(DEAD),
	[PHASE_HANDSHAKE] = TO(OPEN) | TO(ENDING) | TO(DEAD),
	[PHASE_OPEN] = TO(ENDING) | TO(FLUSHING) | TO(DRAINING) | TO(DEAD),
	[PHASE_ENDING] = TO(FLUSHING) | TO(DRAINING) | TO(DEAD),
	[PHASE_FLUSHING] = TO(DRAINING) | TO(DEAD),
	[PHASE_DRAINING] = TO(DEAD),
};

void link_timer(struct link *l, unsigned int ms)
{
	struct timeval tv = clock_interval(ms);

	event_add(l->timer, &tv);
}

static void move(struct link *l, enum phase to)
{
	assert(moves[l->phase] & 1U << to);
	l->phase = to;
}

static void die(struct link *l)
{
	if (l->phase == PHASE_DEAD)
		return;
	move(l, PHASE_DEAD);
	if (l->bev)
		bufferevent_disable(l->bev, EV_READ | EV_WRITE);
	if (l->raw)
		event_del(l->raw);
	link_timer(l, 0);
}

void link_end(struct link *l, enum tls_failure failure, const char *fmt, ...)
{
	va_list args;

	if (l->phase >= PHASE_ENDING)
		return;
	move(l, PHASE_ENDING);
	l->failure = failure;
	va_start(args, fmt);
	vsnprintf(l->why, sizeof(l->why), fmt, args);
	va_end(args);
	link_timer(l, 0);
}

static void discard(evutil_socket_t fd, short what, void *arg)
{
	char buf[4096];
	ssize_t n = read(fd, buf, sizeof(buf));

	(void)what;
	if (n > 0 || (n < 0 && (errno == EAGAIN || errno == EINTR)))
		return;
	die(arg);
}

/*
 * Closes our half and waits for the other side to close: to close at once with input unread would
 * reset the connection, and the other side would lose our last words.
 */
static void drain(struct link *l)
{
	move(l, PHASE_DRAINING);
	if (!l->broken)
		SSL_shutdown(l->ssl);
	ERR_clear_error();
	bufferevent_free(l->bev);
	l->bev = NULL;
	shutdown(l->fd, SHUT_WR);
	l->raw = event_new(l->base, l->fd, EV_READ | EV_PERSIST, discard, l);
	if (!l->raw || event_add(l->raw, NULL)) {
		die(l);
		return;
	}
	link_timer(l, LINK_LINGER_MS);
}

/* Goes on to the end as soon as all is written. */
static void flush(struct link *l)
{
	if (!evbuffer_get_length(bufferevent_get_output(l->bev))) {
		drain(l);
		return;
	}
	move(l, PHASE_FLUSHING);
	bufferevent_disable(l->bev, EV_READ);
	link_timer(l, LINK_LINGER_MS);
}

static void say_why(struct link *l, uint64_t epoch, const char *text)
{
	uint8_t frame[REFUSE_FRAME_MAX];

	size_t len = refuse_encode(epoch, text, frame);

	link_put(l, (struct bytes){ frame, len }, (struct bytes){ 0 });
	flush(l);
}

static void report(struct link *l)
{
	enum tls_failure failure = l->failure;

	l->ops->lost(l->arg, failure, l->why);
	if (l->phase != PHASE_ENDING)
		return;
	if (l->bev && failure == TLS_REFUSED && !l->broken)
		say_why(l, 0, l->why);
	else if (l->bev && failure == TLS_REFUSED)
		drain(l);
	else
		die(l);
}

static void end_unanswered(struct link *l)
{
	char barrier[TLS_WHY_MAX];
	bool shut = barrier_before(l->where, barrier, sizeof(barrier));

	link_end(l, TLS_LOST, "no answer within %d s%s%s", LINK_PATIENCE_MS / 1000,
		 shut ? ": " : "", barrier);
}

static void on_timer(evutil_socket_t fd, short what, void *arg)
{
	struct link *l = arg;

	(void)fd;
	(void)what;
	switch (l->phase) {
	case PHASE_CONNECTING:
		end_unanswered(l);
		return;
	case PHASE_HANDSHAKE:
	case PHASE_OPEN:
		link_end(l, TLS_LOST, "not authenticated within %d s", LINK_PATIENCE_MS / 1000);
		return;
	case PHASE_ENDING:
		if (!frames_held(l))
			report(l);
		return;
	case PHASE_FLUSHING:
		drain(l);
		return;
	case PHASE_DRAINING:
		die(l);
		return;
	case PHASE_DEAD:
		l->ops->gone(l->arg);
		link_free(l);
		return;
	case PHASES:
		break;
	}
	assert(!"a phase that there is");
}

static void on_write(struct bufferevent *bev, void *arg)
{
	struct link *l = arg;

	if (l->phase == PHASE_FLUSHING && !evbuffer_get_length(bufferevent_get_output(bev)))
		drain(l);
	else if (l->phase == PHASE_OPEN && l->bulk)
		l->ops->drained(l->arg);
}

static void on_event(struct bufferevent *bev, short what, void *arg)
{
	int sys_error = EVUTIL_SOCKET_ERROR();
	char why[TLS_WHY_MAX];
	enum tls_failure failure;
	struct link *l = arg;
	unsigned long e, error = 0;

	if (what & BEV_EVENT_CONNECTED) {
		if (l->phase != PHASE_HANDSHAKE)
			return;		/* ended meanwhile, and not yet reported */
		move(l, PHASE_OPEN);
		l->ops->secured(l->arg);
		return;
	}
	/* a few of the codes are SSL_ERROR_*, without library */
	while ((e = bufferevent_get_openssl_error(bev)))
		if (!error && ERR_GET_LIB(e) == ERR_LIB_SSL)
			error = e;
	if (!(what & BEV_EVENT_EOF))
		l->broken = true;
	if (l->phase == PHASE_FLUSHING) {
		die(l);
		return;
	}
	failure = tls_explain(l->ssl, error, what & BEV_EVENT_EOF ? 0 : sys_error, why);
	link_end(l, failure, "%s", why);
}

static int start_tls(struct link *l)
{
	l->ssl = SSL_new(l->ctx);
	if (!l->ssl)
		return -1;
	l->bev = bufferevent_openssl_socket_new(l->base, l->fd, l->ssl,
						l->dialled ? BUFFEREVENT_SSL_CONNECTING :
							     BUFFEREVENT_SSL_ACCEPTING, 0);
	if (!l->bev)
		return -1;
	bufferevent_setcb(l->bev, frames_read, on_write, on_event, l);
	if (!evbuffer_add_cb(bufferevent_get_input(l->bev), frames_input, l))
		return -1;
	move(l, PHASE_HANDSHAKE);
	return bufferevent_enable(l->bev, EV_READ | EV_WRITE);
}

static void on_connect(evutil_socket_t fd, short what, void *arg)
{
	struct link *l = arg;
	int error = 0;
	socklen_t len = sizeof(error);

	(void)what;
	event_free(l->raw);
	l->raw = NULL;
	if (l->phase != PHASE_CONNECTING)
		return;		/* ended meanwhile, and not yet reported */
	if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &len))
		error = errno;
	if (error)
		link_end(l, TLS_LOST, "%s", strerror(error));
	else if (start_tls(l))
		link_end(l, TLS_LOST, "no memory for TLS");
}

/* A peer that vanished must not hold buffers for ever; short frames must not wait for more. */
static void set_options(int fd)
{
	const struct {
		int level, name, value;
	} options[] = {
		{ IPPROTO_TCP, TCP_NODELAY, 1 },
		{ SOL_SOCKET, SO_KEEPALIVE, 1 },
		{ IPPROTO_TCP, TCP_KEEPIDLE, KEEPALIVE_IDLE_S },
		{ IPPROTO_TCP, TCP_KEEPINTVL, KEEPALIVE_EVERY_S },
		{ IPPROTO_TCP, TCP_KEEPCNT, KEEPALIVE_PROBES },
		{ IPPROTO_TCP, TCP_USER_TIMEOUT, LINK_SILENCE_MS },
	};

	for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++)
		setsockopt(fd, options[i].level, options[i].name, &options[i].value, sizeof(int));
}

static struct link *new_link(struct event_base *base, SSL_CTX *ctx, int fd,
			     const struct sockaddr *addr, const struct link_ops *ops, void *arg)
{
	struct link *l = calloc(1, sizeof(*l));

	if (!l) {
		close(fd);
		return NULL;
	}
	l->ops = ops;
	l->arg = arg;
	l->base = base;
	l->fd = fd;
	l->timer = evtimer_new(base, on_timer, l);
	if (!l->timer || !SSL_CTX_up_ref(ctx)) {
		link_free(l);
		return NULL;
	}
	l->ctx = ctx;
	set_options(fd);
	address_write(addr, l->where);
	link_timer(l, LINK_PATIENCE_MS);
	return l;
}

struct link *link_dial(struct event_base *base, SSL_CTX *ctx, const struct sockaddr *addr,
		       socklen_t addr_len, const struct link_ops *ops, void *arg)
{
	int fd = socket(addr->sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	struct link *l;

	if (fd < 0)
		return NULL;
	l = new_link(base, ctx, fd, addr, ops, arg);
	if (!l)
		return NULL;
	l->dialled = true;
	if (connect(fd, addr, addr_len) && errno != EINPROGRESS) {
		link_end(l, TLS_LOST, "%s", strerror(errno));
		return l;
	}
	l->raw = event_new(base, fd, EV_WRITE, on_connect, l);
	if (!l->raw || event_add(l->raw, NULL)) {
		link_free(l);
		return NULL;
	}
	return l;
}

struct link *link_accept(struct event_base *base, SSL_CTX *ctx, int fd, const struct sockaddr *addr,
			 const struct link_ops *ops, void *arg)
{
	struct link *l = new_link(base, ctx, fd, addr, ops, arg);

	if (l && start_tls(l)) {
		link_free(l);
		return NULL;
	}
	return l;
}

void link_free(struct link *l)
{
	if (!l)
		return;
	if (l->bev)
		bufferevent_free(l->bev);
	if (l->raw)
		event_free(l->raw);
	if (l->timer)
		event_free(l->timer);
	SSL_free(l->ssl);
	SSL_CTX_free(l->ctx);
	close(l->fd);
	free(l);
}

void link_settle(struct link *l)
{
	if (l->phase == PHASE_OPEN)
		event_del(l->timer);
	l->settled = true;
}

void link_finish(struct link *l)
{
	if (l->phase == PHASE_OPEN)
		flush(l);
	else if (l->phase <= PHASE_ENDING)
		die(l);
}

void link_refuse(struct link *l, uint64_t epoch, const char *text)
{
	switch (l->phase) {
	case PHASE_CONNECTING:
	case PHASE_HANDSHAKE:
		die(l);
		return;
	case PHASE_OPEN:
	case PHASE_ENDING:
		if (l->bev && !l->broken && SSL_is_init_finished(l->ssl))
			say_why(l, epoch, text);
		else
			die(l);
		return;
	case PHASE_FLUSHING:
	case PHASE_DRAINING:
	case PHASE_DEAD:
		return;
	case PHASES:
		break;
	}
	assert(!"a phase that there is");
}

void link_cut(struct link *l)
{
	die(l);
}

SSL *link_ssl(const struct link *l)
{
	return l->ssl;
}

const char *link_where(const struct link *l)
{
	return l->where;
}

bool link_connecting(const struct link *l)
{
	return l->phase == PHASE_CONNECTING;
}
