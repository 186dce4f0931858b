/* SPDX-License-Identifier: GPL-2.0 */
/* How what the device holds stands to what the store holds, when an agent starts. */
#ifndef HSM_SHELL_STANDING_H
#define HSM_SHELL_STANDING_H

#include "device.h"
#include "store.h"

/**
 * enum standing - how the device's content stands to the store's
 * @STANDING_EMPTY: it holds nothing: the kernel was started anew
 * @STANDING_BEHIND: it stands at an earlier seq
 * @STANDING_SAME: it stands where the store does
 * @STANDING_AFTER_SLOT: it stands where the undecided batch of the store leads: that one was
 * committed
 * @STANDING_ELSEWHERE: it holds something that the store does not know of
 */
enum standing {
	STANDING_EMPTY,
	STANDING_BEHIND,
	STANDING_SAME,
	STANDING_AFTER_SLOT,
	STANDING_ELSEWHERE,
};

/* How @content stands to @image, by position, chain and digest. */
enum standing standing_of(const struct device_content *content, const struct store_image *image);

#endif /* HSM_SHELL_STANDING_H */
