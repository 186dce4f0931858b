/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Console: the dialog, in a box over the screen.
 */
#ifndef HSM_CONSOLE_BOX_H
#define HSM_CONSOLE_BOX_H

#include "dialog.h"
#include "page.h"

/** box_draw() - nothing if it is closed; @now_ms: clock, for how long a request takes */
void box_draw(struct page *page, const struct dialog *dialog, uint64_t now_ms);

#endif /* HSM_CONSOLE_BOX_H */
