/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The system's journal (systemd-journald): one entry per line of the log, with what is known beside
 * it as fields of their own. Nothing secret ever passes here.
 */
#ifndef HSM_BASE_JOURNAL_H
#define HSM_BASE_JOURNAL_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/uio.h>

/**
 * struct journal_entry - one entry; what is empty or zero is left out
 * @priority: as of syslog(3)
 * @message: NUL terminated
 * @node: name of this node
 * @state: of this node, in a word
 * @epoch: in force
 * @seq: TLs applied when the state was last told
 * @peer: name of the node that it is about
 */
struct journal_entry {
	int priority;
	const char *message;
	const char *node;
	const char *state;
	uint64_t epoch;
	uint64_t seq;
	const char *peer;
};

/* Is @fd what the service manager connected to the journal ($JOURNAL_STREAM)? */
bool journal_is(int fd);

/* What carries it: sd_journal_sendv(3) */
typedef int (*journal_fn)(const struct iovec *iov, int n);

/* Send it by @send. Returns 0 or what @send returned. */
int journal_send(journal_fn send, const struct journal_entry *e);

#endif /* HSM_BASE_JOURNAL_H */
