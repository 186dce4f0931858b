/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The device's limits, noted in the state directory while votes are given under them. A yes goes to
 * the disk while the device is still being asked; if the agent dies before the device has refused,
 * a start finds a yes that was never said. It was not, if the device refuses it again under limits
 * that are no lower than those.
 */
#ifndef HSM_DEVICE_DEVLIMITS_H
#define HSM_DEVICE_DEVLIMITS_H

#include <stdbool.h>

#include "device.h"

#define LIMITS_FILE "device-limits"

/* Are they no lower than those noted in @dir? false if none are. */
bool limits_hold(const char *dir, const struct device_limits *now);

/* Note them, durably, before the first vote. Returns 0 or -errno. */
int limits_note(const char *dir, const struct device_limits *now);

#endif /* HSM_DEVICE_DEVLIMITS_H */
