// SPDX-License-Identifier: GPL-2.0
/*
 * abi-behaviour DEVICE [SCENE]: callers and agent of one device, both played by this program. Works
 * on the module and on the software device. The grace time of the device must be short.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>

#include "report.h"
#include "scene.h"

#define GRACE_MAX_MS	5000	/* a longer one would make the program a long one */
#define QUEUED_MS	5000	/* for a thread's SUBMIT to be queued */

struct hsmrepl_state scene_state(struct scene *scene)
{
	struct hsmrepl_state state;

	if (hsmrepl_node_state(scene->dev, 0, 0, &state))
		memset(&state, 0, sizeof(state));
	return state;
}

int scene_completion(struct hsmrepl *dev, struct hsmrepl_completion *completion, uint64_t *tid)
{
	struct {
		struct hsmrepl_record record;
		struct hsmrepl_completion completion;
	} got;

	if (!poll_readable(hsmrepl_fd(dev), FAKE_DEADLINE_MS))
		return 0;
	if (hsmrepl_read(dev, &got, sizeof(got)) != sizeof(got))
		return 0;
	if (got.record.type != HSMREPL_REC_COMPLETION || got.record.len != sizeof(got))
		return 0;
	*completion = got.completion;
	*tid = got.record.id;
	return 1;
}

int scene_holds(struct scene *scene, const char *label, const void *payload, size_t len)
{
	struct hsmrepl_object object;
	int same;

	if (hsmrepl_object_get(scene->dev, label, strlen(label), 0, FAKE_DEADLINE_MS, &object))
		return 0;
	same = object.payload_len == len && !memcmp(object.payload, payload, len);
	hsmrepl_object_clear(&object);
	return same;
}

static void *wait_in_submit(void *arg)
{
	struct waiter *waiter = arg;

	waiter->ret = hsmrepl_txn_submit(waiter->dev, waiter->txn, waiter->timeout_ms,
					 &waiter->result);
	return NULL;
}

/* Until the device has one more transaction in its queue than @before. */
static int wait_queued(struct scene *scene, unsigned int before)
{
	const struct timespec pause = { .tv_nsec = 1000000 };
	int i;

	for (i = 0; i < QUEUED_MS; i++) {
		if (scene_state(scene).queue > before)
			return 0;
		nanosleep(&pause, NULL);
	}
	return -ETIMEDOUT;
}

int waiter_start(struct waiter *waiter, struct scene *scene, const char *label,
		 unsigned int timeout_ms)
{
	const struct hsmrepl_change change = {
		.code = HSMREPL_OP_CREATE,
		.label = label,
		.label_len = strlen(label),
		.payload = label,
		.payload_len = strlen(label),
	};
	unsigned int before = scene_state(scene).queue;

	memset(waiter, 0, sizeof(*waiter));
	waiter->timeout_ms = timeout_ms;
	waiter->dev = hsmrepl_open(scene->path, O_RDWR);
	waiter->txn = hsmrepl_txn_new();
	if (!waiter->dev || !waiter->txn || hsmrepl_txn_add(waiter->txn, &change))
		return -ENOMEM;
	if (pthread_create(&waiter->thread, NULL, wait_in_submit, waiter))
		return -EAGAIN;
	return wait_queued(scene, before);
}

int waiter_join(struct waiter *waiter)
{
	pthread_join(waiter->thread, NULL);
	hsmrepl_close(waiter->dev);
	hsmrepl_txn_free(waiter->txn);
	return waiter->ret;
}

static const char *set_up(struct scene *scene, const char *path)
{
	memset(scene, 0, sizeof(*scene));
	scene->path = path;
	scene->dev = hsmrepl_open(path, O_RDWR | O_NONBLOCK);
	MUST(scene->dev);
	MUST(!hsmrepl_node_info(scene->dev, &scene->info));
	MUST(!fake_attach(&scene->fake, path));
	MUST(!fake_reset(&scene->fake));
	MUST(!fake_form(&scene->fake, 1));
	return NULL;
}

static void tear_down(struct scene *scene)
{
	if (scene->fake.dev) {
		fake_reset(&scene->fake);
		fake_detach(&scene->fake);
	}
	hsmrepl_close(scene->dev);
}

static void play(struct report *report, const char *path, const struct scene_entry *entry,
		 const char *only)
{
	struct scene scene;
	const char *wrong;

	for (; entry->name; entry++) {
		if (only && strcmp(only, entry->name))
			continue;
		wrong = set_up(&scene, path);
		if (!wrong)
			wrong = entry->play(&scene);
		tear_down(&scene);
		report_case(report, !wrong, "%s%s%s", entry->name, wrong ? ": not so: " : "",
			    wrong ? wrong : "");
	}
}

static int grace_is_short(const char *path)
{
	struct hsmrepl *dev = hsmrepl_open(path, O_RDONLY);
	struct hsmrepl_info info = { 0 };

	if (!dev) {
		perror(path);
		return 0;
	}
	hsmrepl_node_info(dev, &info);
	hsmrepl_close(dev);
	if (info.grace_ms > GRACE_MAX_MS)
		fprintf(stderr, "abi-behaviour: give the device a grace time of up to %d ms\n",
			GRACE_MAX_MS);
	return info.grace_ms <= GRACE_MAX_MS;
}

int main(int argc, char **argv)
{
	struct report report = { .name = "abi-behaviour" };

	if (argc != 2 && argc != 3) {
		fprintf(stderr, "usage: abi-behaviour DEVICE [SCENE]\n");
		return 2;
	}
	if (!grace_is_short(argv[1]))
		return 1;
	play(&report, argv[1], scenes_agent, argv[2]);
	play(&report, argv[1], scenes_caller, argv[2]);
	play(&report, argv[1], scenes_content, argv[2]);
	return report_end(&report);
}
