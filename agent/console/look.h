/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Console: one look at device and agent.
 */
#ifndef HSM_CONSOLE_LOOK_H
#define HSM_CONSOLE_LOOK_H

#include "known.h"

/**
 * look_at() - ask all there is
 * @dev: handle opened for reading
 * @known: filled in
 *
 * Asks the agent no more after it did not answer in time. May wait for some seconds.
 */
void look_at(struct hsmrepl *dev, struct known *known);

#endif /* HSM_CONSOLE_LOOK_H */
