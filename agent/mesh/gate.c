// SPDX-License-Identifier: GPL-2.0
/* Connections from outside: few that are not authenticated, so no flood harms those that are. */
#include "conn.h"

#include <stdio.h>
#include <string.h>

#include <event2/event.h>
#include <event2/listener.h>

#include "address.h"
#include "mesh_private.h"

#define PENDING_MAX	32	/* connections that are not authenticated; more drop the oldest */
#define BACKLOG		1024	/* connections that the kernel holds until they are accepted */
#define BREATH_MS	100	/* pause of accept when descriptors run out */

/* Do listed peers live at that address, and if only one, which? */
static void guess_peer(struct conn *c, const struct sockaddr *addr)
{
	const struct mesh *m = c->mesh;

	for (unsigned int i = 0; i < m->n_peers; i++) {
		if (!address_same_host(m->peer[i]->member.address, addr))
			continue;
		c->guess = c->listed ? 0 : m->peer[i]->member.id;
		c->listed = true;
	}
}

/* Room for one more from outside: the oldest from a strange address goes, or else the oldest. */
static void make_room(struct mesh *m)
{
	struct conn *c, *victim = NULL;
	unsigned int pending = 0;

	TAILQ_FOREACH(c, &m->conns, entry) {
		if (c->dialled || c->up)
			continue;
		pending++;
		if (!victim || (victim->listed && !c->listed))
			victim = c;
	}
	if (pending < PENDING_MAX)
		return;
	conn_lose(victim, "too many connections that do not authenticate");
	conn_free(victim);
}

static void on_accept(struct evconnlistener *listener, evutil_socket_t fd, struct sockaddr *addr,
		      int len, void *arg)
{
	struct mesh *m = arg;
	struct conn *c;

	(void)listener;
	(void)len;
	make_room(m);
	c = conn_new(m);
	if (!c) {
		evutil_closesocket(fd);
		return;
	}
	guess_peer(c, addr);
	address_write(addr, c->who);
	snprintf(c->key, sizeof(c->key), "%.*s", (int)(strrchr(c->who, ':') - c->who), c->who);
	c->link = link_accept(m->base, m->ctx, fd, addr, &conn_ops, c);
	if (!c->link)
		conn_free(c);
}

/* Most likely no descriptors are left: without a pause the loop would spin. */
static void on_accept_error(struct evconnlistener *listener, void *arg)
{
	struct timeval tv = { .tv_usec = BREATH_MS * 1000 };
	struct mesh *m = arg;

	log_warning(m->log, "cannot accept connections: %s",
		    evutil_socket_error_to_string(EVUTIL_SOCKET_ERROR()));
	evconnlistener_disable(listener);
	event_add(m->breath, &tv);
}

static void on_breath(evutil_socket_t fd, short what, void *arg)
{
	struct mesh *m = arg;

	(void)fd;
	(void)what;
	evconnlistener_enable(m->listener);
}

int gate_open(struct mesh *m, char error[CONFIG_ERROR_MAX])
{
	const char *where = m->config.listen;
	struct sockaddr_storage addr;
	socklen_t len;

	if (!address_parse(where, &addr, &len)) {
		snprintf(error, CONFIG_ERROR_MAX, "listen = %s: allowed is a numeric address of "
						  "this machine with port",
			 where);
		return -1;
	}
	m->breath = evtimer_new(m->base, on_breath, m);
	m->listener = evconnlistener_new_bind(m->base, on_accept, m,
					      LEV_OPT_CLOSE_ON_FREE | LEV_OPT_CLOSE_ON_EXEC |
					      LEV_OPT_REUSEABLE, BACKLOG,
					      (struct sockaddr *)&addr, (int)len);
	if (!m->breath || !m->listener) {
		snprintf(error, CONFIG_ERROR_MAX, "listen = %s: %s: it must be an address of this "
						  "machine and a free port",
			 where, evutil_socket_error_to_string(EVUTIL_SOCKET_ERROR()));
		return -1;
	}
	evconnlistener_set_error_cb(m->listener, on_accept_error);
	return 0;
}

void gate_close(struct mesh *m)
{
	if (m->listener)
		evconnlistener_free(m->listener);
	if (m->breath)
		event_free(m->breath);
}
