// SPDX-License-Identifier: GPL-2.0
/* What a newcomer receives, brought to disk. */
#include <errno.h>
#include <stdio.h>

#include "import.h"

struct import *import_begin(const char *dir, const uint8_t secret[STORE_KEY_LEN], uint16_t node_id,
			    struct log *log, const struct import_start *start,
			    char error[STORE_ERROR_MAX])
{
	(void)dir, (void)secret, (void)node_id, (void)log, (void)start;
	snprintf(error, STORE_ERROR_MAX, "not built yet");
	return NULL;
}

int import_state(const char *dir, const uint8_t secret[STORE_KEY_LEN], uint16_t node_id,
		 struct import_state *state, char error[STORE_ERROR_MAX])
{
	(void)dir, (void)secret, (void)node_id, (void)error;
	state->exists = false;
	return 0;
}

void import_progress(const struct import *im, struct import_state *state)
{
	(void)im, (void)state;
}

int import_item(struct import *im, const struct snapshot_item *item)
{
	(void)im, (void)item;
	return -ENOSYS;
}

int import_finish(struct import *im)
{
	(void)im;
	return -ENOSYS;
}

int import_quarantine(struct import *im, char path[STORE_ERROR_MAX], uint64_t *n)
{
	(void)im, (void)path, (void)n;
	return -ENOSYS;
}

int import_end(struct import *im)
{
	(void)im;
	return -ENOSYS;
}

const char *import_trouble(const struct import *im)
{
	(void)im;
	return "";
}

void import_forget(struct import *im)
{
	(void)im;
}

void import_close(struct import *im)
{
	(void)im;
}
