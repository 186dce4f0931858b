/* SPDX-License-Identifier: GPL-2.0 */
/*
 * How a node starts: what the store and the device hold is brought together, then the pump boots
 * (protocol.md section 2, "Recovery").
 */
#ifndef HSM_SHELL_BOOT_H
#define HSM_SHELL_BOOT_H

#include "agent.h"

/**
 * boot_start() - open the store, attach to the device, bring both together, boot the pump
 * @a: with configuration, secret, log, mesh and pump; store and device are set
 * @error: what is wrong and what to do
 *
 * Nothing that the store does not know of is overwritten in the device. Returns 0, or -1 with
 * @error set.
 */
int boot_start(struct agent *a, char error[AGENT_ERROR_MAX]);

/**
 * boot_zeroize() - wipe store and device, boot the pump as a blank node
 * @a: agent
 * @error: what is wrong; the agent cannot go on then
 * Returns 0, or -1 with @error set.
 */
int boot_zeroize(struct agent *a, char error[AGENT_ERROR_MAX]);

/**
 * boot_park() - take the node out of everything, before others change its state directory
 * @a: agent
 * @error: why not
 *
 * Peers are disconnected, the pump knows nothing, the store is closed; the device keeps what it
 * holds. Returns 0, or -1 with @error set.
 */
int boot_park(struct agent *a, char error[AGENT_ERROR_MAX]);

/**
 * boot_resume() - open the store, load the device, boot the pump: the opposite
 * @a: agent
 * @error: what is wrong; the agent cannot go on then
 * Returns 0, or -1 with @error set.
 */
int boot_resume(struct agent *a, char error[AGENT_ERROR_MAX]);

#endif /* HSM_SHELL_BOOT_H */
