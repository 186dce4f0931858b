/* SPDX-License-Identifier: GPL-2.0 */
/*
 * One link of a pool on this machine: where node A reaches node B. It forwards TCP, until it is
 * cut; then both ends hear nothing, as behind a broken cable, until it is healed. It may be a
 * long one: with a delay each byte, and the end of a connection, is there so much later. The
 * beginning of a connection takes no longer.
 */
#ifndef _LINK_H
#define _LINK_H

#include <stdbool.h>
#include <netinet/in.h>
#include <sys/queue.h>

#define LINK_NAME_MAX		32
#define LINK_DELAY_MS_MAX	10000

/* Of one direction of a connection; beyond them its sender waits. */
#define LINK_WAITING_MAX	(1024 * 1024)		/* bytes there and not taken */
#define LINK_TRANSIT_MAX	(16 * 1024 * 1024)	/* under way: 640 MB/s at 25 ms */

struct event_base;
struct evconnlistener;

TAILQ_HEAD(pipes, pipe);

/**
 * struct link - one link
 * @entry: in the list of all
 * @name: as given
 * @base: event loop
 * @listener: where the one end connects
 * @target: where the other end listens
 * @source: address from which the other end is reached
 * @cut: nothing passes
 * @delay_us: how long each byte is under way
 * @pipes: connections
 */
struct link {
	TAILQ_ENTRY(link) entry;
	char name[LINK_NAME_MAX];
	struct event_base *base;
	struct evconnlistener *listener;
	struct sockaddr_in target;
	struct sockaddr_in source;
	bool cut;
	unsigned int delay_us;
	struct pipes pipes;
};

/** link_open() - listen at @at and forward from @source to @target; NULL with errno set */
struct link *link_open(struct event_base *base, const char *name, const struct sockaddr_in *at,
		       const struct sockaddr_in *target, const struct sockaddr_in *source);

/** link_close() - end it and its connections */
void link_close(struct link *link);

/** link_cut() - let nothing pass, or everything again */
void link_cut(struct link *link, bool cut);

/** link_delay() - how long what comes from now on is under way, in either direction; keeps order */
void link_delay(struct link *link, unsigned int us);

/** link_parse_delay() - from milliseconds, 0 to LINK_DELAY_MS_MAX, with a fraction: 0 or -EINVAL */
int link_parse_delay(const char *ms, unsigned int *us);

#endif /* _LINK_H */
