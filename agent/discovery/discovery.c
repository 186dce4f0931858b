// SPDX-License-Identifier: GPL-2.0
#include "discovery.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

#include <event2/event.h>

#include "clock.h"
#include "nets.h"
#include "notify.h"
#include "port.h"
#include "stream.h"
#include "../slp/slp_gate.h"
#include "../slp/slp_sa.h"

#define REOPEN_MS 20000		/* between attempts to get the port */
#define DATAGRAMS_MAX 32	/* that are read before others have their turn */

/**
 * struct discovery - both agents of this node
 * @config: ours
 * @log: where facts go
 * @sink: who is told
 * @self: what we say
 * @ua: what we hear
 * @gate: how much we answer
 * @nets: where we are, and members of the group
 * @base: event loop
 * @fd: UDP socket, -1 while it cannot be had
 * @readable: @fd is
 * @timer: the user agent has something to do, or the port is to be tried again
 * @streams: TCP; NULL while the port cannot be had
 * @warned: that it cannot
 * @full: that there are more nodes than are remembered
 */
struct discovery {
	struct config config;
	struct log *log;
	struct discovery_sink sink;
	struct slp_self self;
	struct slp_ua ua;
	struct slp_gate gate;
	struct nets nets;
	struct event_base *base;
	int fd;
	struct event *readable;
	struct event *timer;
	struct streams *streams;
	bool warned;
	bool full;
};

static void wake_at(struct discovery *d, uint64_t due_ms)
{
	uint64_t now_ms = clock_ms();
	struct timeval tv = clock_interval(due_ms > now_ms ? due_ms - now_ms : 0);

	event_add(d->timer, &tv);
}

static void describe(struct discovery *d, const char *what, const struct slp_peer *p)
{
	const struct slp_node *n = &p->node;
	bool key_set = !strcmp(n->key_set, d->self.node.key_set);
	bool mode = n->mode == d->self.node.mode;

	log_info(d->log, "discovery: %s %s (%u) at %s: %s%s%s%s", what, n->name, n->id, n->address,
		 n->pool[0] ? "in pool " : "in no pool", n->pool,
		 key_set ? "" : ", not offered: its key set is another one: give it this pool's",
		 mode ? "" : ", not offered: its mode is another one: set the same");
}

static void heard(struct discovery *d, enum slp_heard what, const struct slp_peer *p)
{
	switch (what) {
	case SLP_HEARD_NOTHING:
	case SLP_HEARD_CUT:
		return;
	case SLP_HEARD_NEW:
		describe(d, "found", p);
		break;
	case SLP_HEARD_CHANGED:
		describe(d, "now", p);
		break;
	case SLP_HEARD_CLASH:
		log_warning(d->log,
			    "discovery: %s at %s uses node id %u of another node: ignored: "
			    "give each node its own",
			    p->node.name, p->node.address, p->node.id);
		return;
	case SLP_HEARD_FULL:
		if (!d->full)
			log_warning(d->log,
				    "discovery: more than %d nodes in domain %s: further ones are "
				    "ignored: make domains smaller",
				    SLP_PEERS_MAX, d->config.domain);
		d->full = true;
		return;
	}
	d->sink.changed(d->sink.arg);
}

static void forget(struct discovery *d, uint64_t now_ms)
{
	struct slp_peer gone;

	while (slp_ua_expire(&d->ua, now_ms, &gone)) {
		log_info(d->log, "discovery: forgot %s (%u) at %s: not heard for %llu s",
			 gone.node.name, gone.node.id, gone.node.address,
			 (unsigned long long)(now_ms - gone.heard_ms) / 1000);
		d->full = false;
		d->sink.changed(d->sink.arg);
	}
}

static void send_search(struct discovery *d, struct bytes data)
{
	for (unsigned int i = 0; i < d->nets.n; i++)
		if (nets_is_first(&d->nets, i))
			port_send(d->fd, &d->nets.net[i], SLP_GROUP, d->config.slp_port, data);
}

/* What is lost on the way is sent again. */
static void step(struct discovery *d)
{
	uint64_t now_ms = clock_ms();
	struct slp_send out;

	forget(d, now_ms);
	while (slp_ua_step(&d->ua, now_ms, &out)) {
		if (out.to)
			port_send(d->fd, NULL, out.to, d->config.slp_port,
				  (struct bytes){ out.data, out.n });
		else
			send_search(d, (struct bytes){ out.data, out.n });
	}
	wake_at(d, slp_ua_due(&d->ua));
}

static bool is_known(const struct discovery *d, uint32_t addr)
{
	for (unsigned int i = 0; i < d->ua.n_peers; i++)
		if (d->ua.peer[i].responder == addr)
			return true;
	return nets_own(&d->nets, addr);
}

/* The answer to a request, if it gets one. */
static size_t answer(struct discovery *d, uint32_t from, const struct slp_asked *how,
		     uint8_t buf[SLP_STREAM_MAX])
{
	struct slp_asked asked = *how;
	uint32_t own[NETS_MAX];
	enum slp_error why;
	size_t n;

	if (!slp_gate_pass(&d->gate, from, clock_ms()))
		return 0;
	for (unsigned int i = 0; i < d->nets.n; i++)
		own[i] = d->nets.net[i].addr;
	asked.own = own;
	asked.n_own = d->nets.n;
	n = slp_sa_answer(&d->self, &asked, buf, &why);
	/* A stranger looks for what we are: it most likely is a newcomer. */
	if (n && !why && asked.multicast && !is_known(d, from))
		slp_ua_hurry(&d->ua, clock_ms());
	return n;
}

static void take(struct discovery *d, const struct datagram *g)
{
	const struct net *net = nets_from(&d->nets, g->ifindex, g->from);
	const struct net *here = nets_own(&d->nets, g->to);
	struct slp_asked asked = { .data = { g->data, g->n }, .multicast = !here };
	struct slp_message m;
	struct slp_peer peer;
	struct slp_send again;
	uint8_t buf[SLP_STREAM_MAX];
	enum slp_heard what;
	size_t n;

	/* By an interface that we do not listen on, from beyond the link, or too long for SLP. */
	if (!net || !g->ifindex || g->n > SLP_MTU || !g->from_port)
		return;
	if (slp_decode(asked.data, &m) == SLP_JUNK)
		return;
	if (slp_reply_to(m.function)) {
		asked.here = here ? here->addr : net->addr;
		n = answer(d, g->from, &asked, buf);
		if (n)
			port_send(d->fd, here ? here : net, g->from, g->from_port,
				  (struct bytes){ buf, n });
		return;
	}
	what = slp_ua_hear(&d->ua, clock_ms(), g->from, asked.data, &peer);
	if (what == SLP_HEARD_CUT && slp_ua_again(&d->ua, g->from, asked.data, &again))
		streams_ask(d->streams, &again);
	heard(d, what, &peer);
}

static void on_readable(evutil_socket_t fd, short what, void *arg)
{
	struct discovery *d = arg;
	struct datagram g;

	(void)what;
	for (unsigned int i = 0; i < DATAGRAMS_MAX && port_receive(fd, &g) == 0; i++)
		take(d, &g);
	step(d);
}

static bool on_welcome(void *arg, uint32_t from)
{
	const struct discovery *d = arg;

	return nets_from(&d->nets, 0, from);
}

static size_t on_request(void *arg, uint32_t from, uint32_t here, struct bytes data, uint8_t *buf)
{
	const struct slp_asked asked = { .data = data, .stream = true, .here = here };

	return answer(arg, from, &asked, buf);
}

static void on_reply(void *arg, uint32_t from, struct bytes data)
{
	struct discovery *d = arg;
	struct slp_peer peer;

	heard(d, slp_ua_hear(&d->ua, clock_ms(), from, data, &peer), &peer);
	step(d);
}

static const struct streams_ops streams_ops = {
	.welcome = on_welcome,
	.request = on_request,
	.reply = on_reply,
};

static void join(struct discovery *d, const struct net *net)
{
	char dotted[SLP_DOTTED_MAX];
	int ret = port_join(d->fd, net);

	slp_dotted(net->addr, dotted);
	if (ret)
		log_warning(d->log, "discovery: cannot join 239.255.255.253 on %s (%s): %s: list "
				    "peers there by hand",
			    net->name, dotted, strerror(-ret));
	else
		log_info(d->log, "discovery: joined 239.255.255.253 on %s (%s)", net->name, dotted);
}

/* Members of the group on what there is now; @before is where we were. */
static void join_nets(struct discovery *d, const struct nets *before)
{
	for (unsigned int i = 0; i < before->n; i++) {
		const struct net *net = &before->net[i];

		if (!nets_is_first(before, i) || nets_have(&d->nets, net))
			continue;
		port_leave(d->fd, net);	/* fails if the interface is gone, and the group with it */
		log_info(d->log, "discovery: left 239.255.255.253 on %s", net->name);
	}
	for (unsigned int i = 0; i < d->nets.n; i++)
		if (nets_is_first(&d->nets, i) && !nets_have(before, &d->nets.net[i]))
			join(d, &d->nets.net[i]);
}

static void read_nets(struct discovery *d)
{
	int ret = nets_read(&d->nets, d->config.slp_interface);

	if (ret)
		log_warning(d->log, "discovery: addresses of this machine cannot be read: %s",
			    strerror(-ret));
}

/* Both sockets, or none of them. */
static int open_port(struct discovery *d)
{
	int error;

	d->fd = port_open(d->config.slp_port);
	if (d->fd < 0)
		return d->fd;
	d->streams = streams_new(d->base, d->config.slp_port, &streams_ops, d, &error);
	d->readable = event_new(d->base, d->fd, EV_READ | EV_PERSIST, on_readable, d);
	if (d->streams && d->readable && event_add(d->readable, NULL) == 0)
		return 0;
	error = d->streams ? ENOMEM : error;
	streams_free(d->streams);
	if (d->readable)
		event_free(d->readable);
	close(d->fd);
	d->streams = NULL;
	d->readable = NULL;
	d->fd = -1;
	return -error;
}

static const char *advice(int error)
{
	switch (error) {
	case EACCES:
	case EPERM:
		return notify_managed() ? "as root: systemctl enable hsmrepl-discovery.socket && "
					  "systemctl restart hsmrepld (if it is enabled: "
					  "systemctl status hsmrepl-discovery.socket)" :
					  "give the agent CAP_NET_BIND_SERVICE";
	case EADDRINUSE:
		return "end the other SLP agent of this machine";
	default:
		return "see to it";
	}
}

static void begin(struct discovery *d)
{
	const struct nets none = { .n = 0 };
	int ret = open_port(d);

	if (ret) {
		if (!d->warned)
			log_warning(d->log, "discovery: port %u cannot be had: %s: %s, or list "
					    "peers by hand",
				    d->config.slp_port, strerror(-ret), advice(-ret));
		d->warned = true;
		wake_at(d, clock_ms() + REOPEN_MS);
		return;
	}
	log_info(d->log, "discovery: looking for nodes of domain %s, port %u%s%s", d->config.domain,
		 d->config.slp_port, d->config.slp_interface[0] ? ", only on " : "",
		 d->config.slp_interface);
	join_nets(d, &none);
	if (!d->nets.n)
		log_warning(d->log, "discovery: no interface%s%s is up with an IPv4 address: "
				    "waiting for one",
			    d->config.slp_interface[0] ? " " : "", d->config.slp_interface);
	step(d);
}

static void on_timer(evutil_socket_t fd, short what, void *arg)
{
	struct discovery *d = arg;

	(void)fd;
	(void)what;
	if (d->fd < 0)
		begin(d);
	else
		step(d);
}

static void introduce(struct discovery *d, const uint8_t print[SLP_PRINT_BYTES])
{
	const struct config *c = &d->config;
	struct slp_node *n = &d->self.node;

	slp_escape(c->domain, SLP_USE_SCOPE, d->self.scope);
	n->id = c->node_id;
	n->mode = c->mode;
	memcpy(n->name, c->node_name, sizeof(n->name));
	memcpy(n->address, c->address, sizeof(n->address));
	for (unsigned int i = 0; i < SLP_PRINT_BYTES; i++)
		snprintf(n->key_set + 2 * i, 3, "%02x", print[i]);
	d->self.port = (uint16_t)strtoul(strrchr(c->listen, ':') + 1, NULL, 10);
}

struct discovery *discovery_new(struct event_base *base, const struct config *c,
				const uint8_t print[SLP_PRINT_BYTES], struct log *log,
				const struct discovery_sink *sink)
{
	struct discovery *d = calloc(1, sizeof(*d));
	uint64_t random[2], now_ms = clock_ms();

	assert(c->domain[0]);
	if (!d)
		return NULL;
	d->config = *c;
	d->log = log;
	d->sink = *sink;
	d->base = base;
	d->fd = -1;
	d->timer = evtimer_new(base, on_timer, d);
	if (!d->timer || getrandom(random, sizeof(random), 0) != sizeof(random)) {
		discovery_free(d);
		return NULL;
	}
	introduce(d, print);
	slp_gate_init(&d->gate, now_ms);
	/* Not all at once after a power cut. */
	slp_ua_init(&d->ua, &d->self, random[0], now_ms + random[1] % SLP_CONFIG_START_WAIT);
	read_nets(d);
	begin(d);
	return d;
}

void discovery_free(struct discovery *d)
{
	if (!d)
		return;
	streams_free(d->streams);
	if (d->readable)
		event_free(d->readable);
	if (d->timer)
		event_free(d->timer);
	if (d->fd >= 0)
		close(d->fd);
	free(d);
}

void discovery_moved(struct discovery *d)
{
	struct nets before = d->nets;

	read_nets(d);
	if (before.n == d->nets.n &&
	    !memcmp(before.net, d->nets.net, before.n * sizeof(before.net[0])))
		return;
	d->sink.changed(d->sink.arg);
	if (d->fd < 0)
		return;
	join_nets(d, &before);
	slp_ua_restart(&d->ua, clock_ms());
	step(d);
}

void discovery_set_pool(struct discovery *d, const uint8_t pool[HSMREPL_POOL_LEN])
{
	char *text = d->self.node.pool;

	*text = '\0';
	for (unsigned int i = 0; pool && i < HSMREPL_POOL_LEN; i++)
		snprintf(text + 2 * i, 3, "%02x", pool[i]);
}

unsigned int discovery_peers(const struct discovery *d, const struct slp_peer **peer)
{
	*peer = d->ua.peer;
	return d->ua.n_peers;
}

bool discovery_fits(const struct discovery *d, const struct slp_peer *peer)
{
	return peer->node.mode == d->self.node.mode &&
	       !strcmp(peer->node.key_set, d->self.node.key_set);
}

const char *discovery_print(const struct discovery *d)
{
	return d->self.node.key_set;
}

void discovery_address(const struct discovery *d, char address[HSMREPL_ADDRESS_MAX])
{
	char dotted[SLP_DOTTED_MAX];

	address[0] = '\0';
	if (d->self.node.address[0])
		memcpy(address, d->self.node.address, HSMREPL_ADDRESS_MAX);
	else if (d->nets.n)
		snprintf(address, HSMREPL_ADDRESS_MAX, "%s:%u",
			 slp_dotted(d->nets.net[0].addr, dotted), d->self.port);
}
