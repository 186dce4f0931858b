// SPDX-License-Identifier: GPL-2.0
#include "refusal.h"

#include <stdio.h>
#include <string.h>

bool refusal_due(struct refusals *r, const char *who, const char *why, uint64_t now_ms,
		 unsigned int *hidden)
{
	unsigned int spare = REFUSAL_KINDS;

	for (unsigned int i = 0; i < REFUSAL_KINDS; i++) {
		if (!*r->seen[i].who || now_ms - r->seen[i].since_ms >= REFUSAL_QUIET_MS) {
			spare = i;
			continue;
		}
		if (!strncmp(r->seen[i].who, who, REFUSAL_WHO_MAX - 1) &&
		    !strncmp(r->seen[i].why, why, REFUSAL_WHY_MAX - 1)) {
			r->hidden++;
			return false;
		}
	}
	if (spare == REFUSAL_KINDS) {
		r->hidden++;
		return false;
	}
	r->seen[spare].since_ms = now_ms;
	snprintf(r->seen[spare].who, REFUSAL_WHO_MAX, "%s", who);
	snprintf(r->seen[spare].why, REFUSAL_WHY_MAX, "%s", why);
	*hidden = r->hidden;
	r->hidden = 0;
	return true;
}

void refusal_forget(struct refusals *r, const char *who)
{
	for (unsigned int i = 0; i < REFUSAL_KINDS; i++)
		if (!strncmp(r->seen[i].who, who, REFUSAL_WHO_MAX - 1))
			r->seen[i].who[0] = '\0';
}
