/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Console: a thread that looks at the device, so that the screen never waits for it.
 */
#ifndef HSM_CONSOLE_WATCH_H
#define HSM_CONSOLE_WATCH_H

#include "known.h"

struct watch;

/**
 * watch_start() - begin to look
 * @path: device, as hsmrepl_open() takes it
 * @watch: set on 0; it lasts until the process ends, for a device that does not answer cannot
 *         be taken leave of
 */
int watch_start(const char *path, struct watch **watch);

/** watch_fd() - descriptor for poll(): readable when there is something to take */
int watch_fd(const struct watch *watch);

/**
 * watch_take() - the last look, if it was not taken yet
 * @watch: from watch_start()
 * @known: filled in on true
 * @events: set to: the device tells events
 */
bool watch_take(struct watch *watch, struct known *known, bool *events);

/** watch_notice() - the next event; commits in a row come as one. False: there is none */
bool watch_notice(struct watch *watch, struct hsmrepl_notice *notice);

/** watch_lost() - some events were lost since it was last asked */
bool watch_lost(struct watch *watch);

/** watch_clock_ms() - milliseconds of the clock that looks are dated by */
uint64_t watch_clock_ms(void);

#endif /* HSM_CONSOLE_WATCH_H */
