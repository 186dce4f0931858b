// SPDX-License-Identifier: GPL-2.0
#include "readings.h"

#include <sys/statvfs.h>

static void read_disk(const char *path, struct readings *r)
{
	struct statvfs v;

	r->disk_bytes = 0;
	r->disk_free = 0;
	if (statvfs(path, &v) != 0)
		return;
	r->disk_bytes = (uint64_t)v.f_blocks * v.f_frsize;
	r->disk_free = (uint64_t)v.f_bavail * v.f_frsize;
}

int readings_take(const struct agent *a, struct readings *r)
{
	int ret = device_look(a->device, &r->device);

	if (ret)
		return ret;
	scene_look(a, &r->scene);
	r->count = pump_count(a->pump);
	r->phases = pump_phases(a->pump);
	mesh_count(a->mesh, &r->mesh);
	r->version = mesh_pool_protocol(a->mesh);
	r->now = time(NULL);
	r->own_expiry = mesh_expiry(a->mesh, a->config.node_id);
	for (unsigned int i = 0; i < r->scene.roster.n; i++)
		r->expiry[i] = mesh_expiry(a->mesh, r->scene.roster.node[i].id);
	read_disk(a->config.state_dir, r);
	r->split = lookout_split(sync_lookout(a->sync)) != NULL;
	newcomer_look(sync_newcomer(a->sync), &r->newcomer);
	donor_look(sync_donor(a->sync), &r->donor);
	return 0;
}
