/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Live-Sync in the place of agent/sync: a node outside the pool asks a member for its content,
 * starts on it as a learner, asks for what was settled since, is fed what is committed, and then
 * asks to be admitted. One donor serves one newcomer; a session ends with either agent, when a
 * connection breaks, or when nobody answers, and the newcomer goes on with any member from where it
 * stands.
 */
#ifndef SIM_LIVESYNC_H
#define SIM_LIVESYNC_H

#include "image.h"
#include "ledger.h"

struct host;
struct world;

enum note_kind {
	NOTE_JOIN,	/* newcomer: it needs a snapshot */
	NOTE_TAIL,	/* newcomer: a learner stands at @seq, what comes next? */
	NOTE_ADMIT,	/* newcomer: it is fed and shall become a member */
	NOTE_SNAPSHOT,	/* donor: @image is what it holds, settled */
	NOTE_TLS,	/* donor: TLs after @seq up to @last; perhaps none, and it is not fed */
	NOTE_FED,	/* donor: the rest comes as LEARN */
	NOTE_NO,	/* either: this session is over, or cannot be now */
};

/**
 * struct note - a message of a session
 * @session: that it belongs to
 * @image: NOTE_SNAPSHOT, else not there
 */
struct note {
	enum note_kind kind;
	uint16_t from;
	uint16_t to;
	unsigned int session;
	uint64_t seq;
	uint64_t last;
	struct image image[];
};

/**
 * struct newcomer - a node on its way into the pool
 * @ordered: it shall become a member; kept over crashes
 * @learnt: it was a learner since
 * @parked: its agent is down to start on @snapshot: the session goes on
 * @fed: the donor says so
 * @passed_by: it cannot learn what is next in the history: it needs a snapshot
 * @donor: member that it asks
 * @session: with that, 0 for none
 * @asked_us: when it asked, 0 if no answer is awaited
 * @due_us: when it asks again
 * @alone_us: since when it has no session
 * @seq: where it stood when it looked last, since @moved_us
 * @snapshot: content to start on, or NULL
 * @power: of the machine when that came
 */
struct newcomer {
	bool ordered;
	bool learnt;
	bool parked;
	bool fed;
	bool passed_by;
	uint16_t donor;
	unsigned int session;
	uint64_t asked_us;
	uint64_t due_us;
	uint64_t alone_us;
	uint64_t seq;
	uint64_t moved_us;
	struct note *snapshot;
	unsigned int power;
};

/**
 * struct donor - a member that serves
 * @guest: newcomer, 0 for none; may connect beside the members
 * @session: with it
 * @heard_us: when it was heard of last
 * @feeds: what is committed is sent to it
 * @sent: seq up to which it was
 * @request: EV_ADMIT under way, 0 for none
 * @nl: it alone
 */
struct donor {
	uint16_t guest;
	unsigned int session;
	uint64_t heard_us;
	bool feeds;
	uint64_t sent;
	uint64_t request;
	struct node_list nl;
};

/**
 * struct livesync - all sessions of a world
 * @sessions: so far
 * @way_us: by from and to: arrival of the newest note
 * @tl: history, by seq: the first that was applied
 */
struct livesync {
	unsigned int sessions;
	struct newcomer newcomer[SIM_NODES_MAX + 1];
	struct donor donor[SIM_NODES_MAX + 1];
	uint64_t way_us[SIM_NODES_MAX + 1][SIM_NODES_MAX + 1];
	struct hsmrepl_tl *tl[LEDGER_PLACES];
};

void livesync_init(struct world *w);
void livesync_free(struct world *w);
/* This node shall become a member; nothing happens if it is. */
void livesync_order(struct host *h);
/* DUE_LIVESYNC: newcomers and donors look at what they are at. DUE_NOTE: one arrives. */
void livesync_go(struct world *w);
void livesync_arrive(struct world *w, struct note *note);

/* A TL was applied, the first time anywhere. */
void livesync_applied(struct world *w, const struct hsmrepl_tl *tl);
/* The device of @h has committed: whom it feeds hears of it. */
void livesync_committed(struct host *h);
void livesync_answered(struct host *h, const struct action *a);
/* A connection between the two breaks: their session may as well. */
void livesync_break(struct world *w, uint16_t a, uint16_t b);
/* The agent of @h is gone. */
void livesync_lost(struct host *h);
/* The agent of @h starts: is it on other content? Then it is in the disk's image. */
bool livesync_starts(struct host *h);

#endif /* SIM_LIVESYNC_H */
