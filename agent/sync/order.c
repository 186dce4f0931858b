// SPDX-License-Identifier: GPL-2.0
#include "order.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "home.h"
#include "note.h"

#define ORDER_MAX	256

int order_write(const char *dir, const struct order *o)
{
	char text[ORDER_MAX];

	snprintf(text, sizeof(text), "donor %u %s %s\noverwrite %d\n", o->donor.id, o->donor.name,
		 o->donor.address, o->overwrite);
	return note_write(dir, ORDER_FILE, text);
}

int order_read(const char *dir, struct order *o)
{
	char text[ORDER_MAX];
	int overwrite, ret;
	unsigned int id;

	_Static_assert(HSMREPL_NAME_MAX == 32 && HSMREPL_ADDRESS_MAX == 64, "widths below");
	ret = note_read(dir, ORDER_FILE, text, sizeof(text));
	if (ret <= 0)
		return ret;
	memset(o, 0, sizeof(*o));
	if (sscanf(text, "donor %u %31s %63s\noverwrite %d\n", &id, o->donor.name,
		   o->donor.address, &overwrite) != 4 || id > UINT16_MAX)
		return -EBADMSG;
	o->donor.id = (uint16_t)id;
	o->overwrite = overwrite;
	return 1;
}

int order_drop(const char *dir)
{
	return note_drop(dir, ORDER_FILE);
}
