// SPDX-License-Identifier: GPL-2.0
/* Certificates that run out: a line in the log once a day, ours and our peers'. */
#include <event2/event.h>

#include "conn.h"
#include "mesh_private.h"

#define SECONDS_PER_DAY 86400

/* Days left, negative when it is over. */
static double days_left(time_t expiry)
{
	return difftime(expiry, time(NULL)) / SECONDS_PER_DAY;
}

static bool is_near(time_t expiry)
{
	return days_left(expiry) * SECONDS_PER_DAY < MESH_EXPIRY_WARNING_S;
}

void expiry_own(struct mesh *m)
{
	double days = days_left(m->own.expiry);

	if (days < 0)
		log_error(m->log, "certificate = %s: it has expired, all peers will refuse it: "
				  "issue a new one",
			  m->config.certificate);
	else if (is_near(m->own.expiry))
		log_warning(m->log, "certificate = %s: it expires in %.0f days: issue a new one",
			    m->config.certificate, days);
}

static void warn_of_peer(struct mesh *m, struct peer *p)
{
	double days = days_left(p->expiry);

	p->warned = p->expiry;
	if (days < 0)
		log_warning(m->log, "the certificate with which %s connected has expired, its next "
				    "connection will be refused: issue a new one there, if it has "
				    "none yet",
			    p->member.name);
	else
		log_warning(m->log, "the certificate with which %s connected expires in %.0f days: "
				    "issue a new one there, if it has none yet",
			    p->member.name, days);
}

void expiry_peer(struct mesh *m, struct peer *p)
{
	if (is_near(p->expiry) && p->warned != p->expiry)
		warn_of_peer(m, p);
}

static void on_day(evutil_socket_t fd, short what, void *arg)
{
	struct mesh *m = arg;

	(void)fd;
	(void)what;
	expiry_own(m);
	for (unsigned int i = 0; i < m->n_peers; i++) {
		struct peer *p = m->peer[i];

		if (p->conn && p->conn->up && is_near(p->expiry))
			warn_of_peer(m, p);
	}
}

int expiry_watch(struct mesh *m, unsigned int every_s)
{
	struct timeval tv = { .tv_sec = every_s };

	if (!m->daily)
		m->daily = event_new(m->base, -1, EV_PERSIST, on_day, m);
	return m->daily && !event_add(m->daily, &tv) ? 0 : -1;
}
