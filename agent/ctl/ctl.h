/* SPDX-License-Identifier: GPL-2.0 */
/*
 * hsmreplctl: what its verbs share.
 */
#ifndef HSM_CTL_CTL_H
#define HSM_CTL_CTL_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "hsmrepl.h"

#define CTL_ASK_MS	30000	/* how long to wait for an answer of the agent */
#define CTL_STATUS_MS	2000	/* the same when there is an answer without it */

struct json_object;

enum ctl_exit {
	CTL_DONE = 0,
	CTL_FAILED = 1,		/* refused or failed */
	CTL_USAGE = 2,
	CTL_PENDING = 3,	/* the outcome is not known yet */
	CTL_TIMEOUT = 4,
};

#define CTL_GO_ON	(-1)	/* where else an enum ctl_exit is returned */

struct ctl;

/**
 * struct ctl_verb - one verb
 * @name: as typed
 * @function: does it; argv[0] is the verb. Returns enum ctl_exit
 * @synopsis: its options and operands
 * @help: one line
 */
struct ctl_verb {
	const char *name;
	int (*function)(struct ctl *ctl, int argc, char **argv);
	const char *synopsis;
	const char *help;
};

/**
 * struct ctl - one run of the tool
 * @device: path from the command line, or NULL
 * @json: print JSON
 * @verb: verb that runs
 * @dev: opened device, or NULL
 */
struct ctl {
	const char *device;
	bool json;
	const struct ctl_verb *verb;
	struct hsmrepl *dev;
};

/**
 * struct ctl_option - a long option of a verb: with a value, or a mere flag
 * @name: without dashes
 * @value: set to the value
 * @flag: set to true
 */
struct ctl_option {
	const char *name;
	const char **value;
	bool *flag;
};

/**
 * struct ctl_operands - what is left of the command line beside options
 * @at: operands
 * @n: how many
 */
struct ctl_operands {
	char **at;
	int n;
};

/* options.c */

/** ctl_verbs() - the table of verbs, ended by a NULL name */
const struct ctl_verb *ctl_verbs(void);

/**
 * ctl_options() - parse the rest of the command line of a verb
 * @ctl: the tool
 * @argc: words of the command line
 * @argv: the words
 * @options: options of the verb, ended by a NULL name; --device, --json and --help are known anyway
 * @min: operands at least
 * @max: operands at most
 * @operands: filled in
 *
 * Return: CTL_GO_ON, or an exit status after a message.
 */
int ctl_options(struct ctl *ctl, int argc, char **argv, const struct ctl_option *options, int min,
		int max, struct ctl_operands *operands);

/** ctl_number() - a decimal number from @min on; CTL_GO_ON or CTL_USAGE after a message */
int ctl_number(struct ctl *ctl, const char *what, const char *text, uint64_t min, uint64_t *value);

/** ctl_hex() - exactly @len bytes as hex digits; CTL_GO_ON or CTL_USAGE after a message */
int ctl_hex(struct ctl *ctl, const char *what, const char *text, uint8_t *bytes, size_t len);

/** ctl_tid() - a TID as printed: 16 hex digits; CTL_GO_ON or CTL_USAGE after a message */
int ctl_tid(struct ctl *ctl, const char *text, uint64_t *tid);

/** ctl_timeout() - seconds, with a fraction allowed, in milliseconds; NULL @text: 0 */
int ctl_timeout(struct ctl *ctl, const char *text, unsigned int *timeout_ms);

/** ctl_usage() - complain about the command line; returns CTL_USAGE */
int ctl_usage(struct ctl *ctl, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* fail.c */

/** ctl_exit_status() - exit status for a negative errno */
int ctl_exit_status(int error);

/** ctl_say() - one line on stderr; control characters, of a label say, as '?' */
void ctl_say(const char *format, ...) __attribute__((format(printf, 1, 2)));

/** ctl_vsay() - the same, behind the name of the verb if there is one */
void ctl_vsay(struct ctl *ctl, const char *format, va_list args)
	__attribute__((format(printf, 2, 0)));

/** ctl_fail() - say that @what (or NULL) failed with a negative errno; returns the exit status */
int ctl_fail(struct ctl *ctl, const char *what, int error);

/** ctl_refuse() - say that @what (or NULL) was refused, why, what to do; returns CTL_FAILED */
int ctl_refuse(struct ctl *ctl, const char *what, const char *why, const char *hint);

/** ctl_open() - open the device with @flags; CTL_GO_ON or an exit status after a message */
int ctl_open(struct ctl *ctl, int flags);

/**
 * ctl_ask() - ask the agent
 * @ctl: the tool
 * @verb: enum hsmrepl_verb
 * @request: taken over; NULL for none
 * @answer: set on CTL_GO_ON; json_object_put() frees it
 *
 * Return: CTL_GO_ON, or an exit status after a message, the agent's own if it refused.
 */
int ctl_ask(struct ctl *ctl, unsigned int verb, struct json_object *request,
	    struct json_object **answer);

/**
 * ctl_ask_plain() - a verb without options and operands: read the command line, open, ask
 * @ctl: the tool
 * @argc: words of the command line
 * @argv: the words
 * @flags: as for ctl_open()
 * @verb: enum hsmrepl_verb
 * @answer: as for ctl_ask()
 */
int ctl_ask_plain(struct ctl *ctl, int argc, char **argv, int flags, unsigned int verb,
		  struct json_object **answer);

/** ctl_ask_for() - ctl_ask() that waits for up to @timeout_ms */
int ctl_ask_for(struct ctl *ctl, unsigned int verb, struct json_object *request,
		unsigned int timeout_ms, struct json_object **answer);

#endif /* HSM_CTL_CTL_H */
