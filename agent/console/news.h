/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Console: what of the device's events, and of two looks that differ, goes into the diary.
 */
#ifndef HSM_CONSOLE_NEWS_H
#define HSM_CONSOLE_NEWS_H

#include "diary.h"
#include "known.h"

/** news_notice() - an event; @known gives names to nodes */
void news_notice(struct diary *diary, time_t at, const struct known *known,
		 const struct hsmrepl_notice *notice);

/**
 * news_reach() - device or agent went away or came back, or a Live-Sync ended: no event says so
 * @diary: where it is written
 * @at: when
 * @was: the look before, or one that is all zero
 * @known: the look now
 */
void news_reach(struct diary *diary, time_t at, const struct known *was,
		const struct known *known);

/** news_changes() - what events would have said, if there are none: from two looks */
void news_changes(struct diary *diary, time_t at, const struct known *was,
		  const struct known *known);

#endif /* HSM_CONSOLE_NEWS_H */
