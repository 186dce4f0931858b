/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Console: all that the screen is drawn from.
 */
#ifndef HSM_CONSOLE_DESK_H
#define HSM_CONSOLE_DESK_H

#include "dialog.h"
#include "diary.h"
#include "known.h"
#include "page.h"
#include "track.h"

#define DESK_SILENT_MS	3000	/* without a new look: the device does not answer */

/**
 * struct desk - it
 * @known: the last look
 * @track: figures
 * @diary: events
 * @dialog: what is being done
 * @scroll: first node that is shown, if there is no room for all
 * @now_ms: clock that only runs on
 * @now: time of day
 */
struct desk {
	struct known known;
	struct track track;
	struct diary diary;
	struct dialog dialog;
	unsigned int scroll;
	uint64_t now_ms;
	time_t now;
};

/**
 * desk_draw() - the whole screen
 * @page: empty; one smaller than 60 times 16 only says so
 * @desk: what is shown
 */
void desk_draw(struct page *page, const struct desk *desk);

#endif /* HSM_CONSOLE_DESK_H */
