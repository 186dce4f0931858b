/* SPDX-License-Identifier: GPL-2.0 */
/* What the metrics are made of, read at one moment. Nothing is walked for it but lists of nodes. */
#ifndef HSM_SHELL_READINGS_H
#define HSM_SHELL_READINGS_H

#include "scene.h"

/**
 * struct readings - everything that is measured
 * @scene: the node and those around it
 * @device: what only the device knows
 * @count: of the pump
 * @phases: of its commits
 * @mesh: of its connections
 * @version: of the protocol, see mesh_pool_protocol()
 * @now: wall clock
 * @own_expiry: end of validity of this node's certificate
 * @expiry: of those of the roster's nodes, in its order; 0 for not known
 * @disk_bytes: size of the state directory's file system, 0 if it cannot be read
 * @disk_free: what of that an ordinary user could still write
 * @split: a split brain is known
 * @newcomer: Live-Sync onto this node
 * @donor: Live-Sync from this node
 */
struct readings {
	struct scene scene;
	struct device_view device;
	const struct pump_counters *count;
	const struct phases *phases;
	struct mesh_counters mesh;
	unsigned int version;
	time_t now;
	time_t own_expiry;
	time_t expiry[ROSTER_MAX];
	uint64_t disk_bytes;
	uint64_t disk_free;
	bool split;
	struct newcomer_view newcomer;
	struct donor_view donor;
};

/* Returns 0, or -ENODEV when the device is gone. */
int readings_take(const struct agent *a, struct readings *r);

#endif /* HSM_SHELL_READINGS_H */
