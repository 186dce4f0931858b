// SPDX-License-Identifier: GPL-2.0
#include "devlimits.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "note.h"

#define TEXT_MAX 128

static bool read_noted(const char *dir, struct device_limits *noted)
{
	char text[TEXT_MAX];

	return note_read(dir, LIMITS_FILE, text, sizeof(text)) > 0 &&
	       sscanf(text, "payload %" SCNu64 "\nobjects %" SCNu64 "\nbytes %" SCNu64 "\n",
		      &noted->payload, &noted->objects, &noted->bytes) == 3;
}

bool limits_hold(const char *dir, const struct device_limits *now)
{
	struct device_limits noted;

	return read_noted(dir, &noted) && now->payload >= noted.payload &&
	       now->objects >= noted.objects && now->bytes >= noted.bytes;
}

int limits_note(const char *dir, const struct device_limits *now)
{
	struct device_limits noted;
	char text[TEXT_MAX];

	if (read_noted(dir, &noted) && !memcmp(&noted, now, sizeof(noted)))
		return 0;
	snprintf(text, sizeof(text), "payload %" PRIu64 "\nobjects %" PRIu64 "\nbytes %" PRIu64
		 "\n", now->payload, now->objects, now->bytes);
	return note_write(dir, LIMITS_FILE, text);
}
