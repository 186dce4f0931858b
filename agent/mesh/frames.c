// SPDX-License-Identifier: GPL-2.0
/* The frames of a link, in and out. */
#include "link_private.h"

#include <assert.h>
#include <endian.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>

#include <event2/buffer.h>
#include <openssl/err.h>

#include "auth.h"
#include "mesh.h"

#define EXPAND_MIN		(16 * 1024)	/* room for longer frames is made in one piece */
#define TURN_MAX		(256 * 1024)	/* bytes read before others have their turn */
#define BULK_PIECE		(64 * 1024)	/* frames of a bulk link are collected in such */

/* Room for a frame in one piece, so that it is one TLS record if it fits into one. */
static bool make_room(struct link *l, size_t total, struct evbuffer_iovec *room)
{
	struct evbuffer *out = bufferevent_get_output(l->bev);
	size_t want = total;

	if (!evbuffer_get_length(out))
		l->spare = 0;
	if (l->bulk && l->spare < total && total < BULK_PIECE)
		want = BULK_PIECE;
	if (evbuffer_reserve_space(out, (ev_ssize_t)want, room, 1) == 1) {
		l->spare = room->iov_len - total;
		room->iov_len = total;
		return true;
	}
	link_end(l, TLS_LOST, "no memory for a frame of %zu bytes", total);
	return false;
}

void link_put(struct link *l, struct bytes head, struct bytes tail)
{
	struct evbuffer *out = bufferevent_get_output(l->bev);
	size_t waiting = evbuffer_get_length(out), total = head.n + tail.n;
	struct evbuffer_iovec room;

	if (!make_room(l, total, &room))
		return;
	memcpy(room.iov_base, head.p, head.n);
	if (tail.n)
		memcpy((uint8_t *)room.iov_base + head.n, tail.p, tail.n);
	if (!waiting && !l->bulk) {
		ERR_clear_error();
		if (SSL_write(l->ssl, room.iov_base, (int)total) == (int)total)
			return;
		/*
		 * Full: libevent goes on with this very write when the socket takes more.
		 * Broken: libevent finds the same error and reports it.
		 */
		ERR_clear_error();
	}
	evbuffer_commit_space(out, &room, 1);
}

static size_t frame_max(const struct link *l)
{
	return l->settled ? MESH_FRAME_MAX : AUTH_FRAME_MAX;
}

static void bad_length(struct link *l, struct evbuffer *in, uint32_t len)
{
	link_end(l, TLS_REFUSED, "it sent a frame of %u bytes, allowed are %d to %zu: run the same "
			    "version on all nodes",
	    len, LINK_FRAME_MIN, frame_max(l));
	evbuffer_drain(in, evbuffer_get_length(in));
	bufferevent_disable(l->bev, EV_READ);
}

/* Hands over all whole frames; returns false if there is nothing more to do about the input. */
static bool deliver(struct link *l, struct evbuffer *in)
{
	uint32_t len;
	void *frame;

	while ((l->phase == PHASE_OPEN || l->phase == PHASE_ENDING) && !l->paused &&
	       evbuffer_copyout(in, &len, sizeof(len)) == sizeof(len)) {
		len = le32toh(len);
		if (len < LINK_FRAME_MIN || len > frame_max(l)) {
			bad_length(l, in, len);
			return false;
		}
		if (evbuffer_get_length(in) < len) {
			if (len >= EXPAND_MIN)
				evbuffer_expand(in, len - evbuffer_get_length(in));
			break;
		}
		frame = evbuffer_pullup(in, len);
		if (!frame) {
			link_end(l, TLS_LOST, "no memory for a frame of %u bytes", len);
			return false;
		}
		l->ops->frame(l->arg, frame, len);
		if (!l->bev)
			return false;
		evbuffer_drain(in, len);
	}
	return true;
}

void frames_read(struct bufferevent *bev, void *arg)
{
	struct link *l = arg;

	l->turn = 0;
	if (!deliver(l, bufferevent_get_input(bev)) || l->paused)
		return;
	if (l->phase == PHASE_OPEN)
		bufferevent_enable(bev, EV_READ);
	else if (l->phase == PHASE_ENDING)
		link_timer(l, 0);
}

void frames_input(struct evbuffer *in, const struct evbuffer_cb_info *info, void *arg)
{
	struct link *l = arg;

	(void)in;
	l->turn += info->n_added;
	if (info->n_added && l->turn >= TURN_MAX)
		bufferevent_disable(l->bev, EV_READ);
}

void link_send(struct link *l, struct bytes head, struct bytes tail)
{
	size_t total = head.n + tail.n;
	uint32_t len;

	if (l->phase != PHASE_OPEN)
		return;
	assert(head.n >= sizeof(len) && total >= LINK_FRAME_MIN && total <= MESH_FRAME_MAX);
	memcpy(&len, head.p, sizeof(len));
	assert(le32toh(len) == total);
	if (evbuffer_get_length(bufferevent_get_output(l->bev)) + total > MESH_BACKLOG_MAX) {
		link_end(l, TLS_LOST, "it does not take what is sent: more than %d bytes wait",
		    MESH_BACKLOG_MAX);
		return;
	}
	link_put(l, head, tail);
}

void link_bulk(struct link *l, size_t low_water, unsigned int silence_ms)
{
	int ms = (int)silence_ms;

	if (l->phase != PHASE_OPEN)
		return;
	l->bulk = true;
	bufferevent_setwatermark(l->bev, EV_WRITE, low_water, 0);
	setsockopt(l->fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &ms, sizeof(ms));
}

size_t link_waiting(const struct link *l)
{
	return l->bev ? evbuffer_get_length(bufferevent_get_output(l->bev)) : 0;
}

void link_pause(struct link *l)
{
	l->paused = true;
	if (l->phase == PHASE_OPEN)
		bufferevent_disable(l->bev, EV_READ);
}

bool frames_held(const struct link *l)
{
	return l->paused && l->bev && evbuffer_get_length(bufferevent_get_input(l->bev));
}

void link_resume(struct link *l)
{
	l->paused = false;
	if (l->phase == PHASE_OPEN || (l->phase == PHASE_ENDING && l->bev))
		bufferevent_trigger(l->bev, EV_READ,
				    BEV_TRIG_IGNORE_WATERMARKS | BEV_TRIG_DEFER_CALLBACKS);
}
