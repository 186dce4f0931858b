// SPDX-License-Identifier: GPL-2.0
/*
 * Verb report: what somebody who helps from outside needs to see, in one file. Nothing of an
 * object is asked for, not even a label; of secrets only the names of their files are told.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <sys/stat.h>
#include <sys/utsname.h>

#include "outfile.h"
#include "print.h"
#include "redact.h"
#include "tar.h"
#include "verbs.h"

#define CONFIG		"/etc/hsmrepl/hsmrepld.conf"
#define MODULE		"/sys/module/hsmrepl"
#define JOURNAL		"journalctl --unit=hsmrepld --lines=1000 --no-pager"
#define ASK_MS		15000	/* cross-check asks every member */
#define FILE_BYTES	4096	/* of one in sysfs or procfs */
#define NAME_ROOM	100

/**
 * struct report - one bundle
 * @ctl: the run
 * @tar: where it goes
 * @root: folder in it
 * @manifest: what is there, and what is not and why
 * @failed: -errno of the bundle itself
 */
struct report {
	struct ctl *ctl;
	struct tar *tar;
	char root[NAME_ROOM / 2];
	FILE *manifest;
	int failed;
};

static void add(struct report *r, const char *name, const char *bytes, size_t len)
{
	char path[NAME_ROOM];

	snprintf(path, sizeof(path), "%.48s/%.48s", r->root, name);
	if (!r->failed)
		r->failed = tar_add(r->tar, path, bytes, len);
	fprintf(r->manifest, "%-32s %zu bytes\n", name, len);
}

static void lack(struct report *r, const char *name, const char *why)
{
	fprintf(r->manifest, "%-32s not there: %s\n", name, why);
}

/* What @fill writes becomes a file. */
static void add_made(struct report *r, const char *name, void (*fill)(FILE *to, const void *arg),
		     const void *arg)
{
	char *text = NULL;
	size_t len = 0;
	FILE *to = open_memstream(&text, &len);

	if (!to) {
		lack(r, name, strerror(errno));
		return;
	}
	fill(to, arg);
	fclose(to);
	if (len)
		add(r, name, text, len);
	else
		lack(r, name, "it is empty");
	free(text);
}

static void fill_redacted(FILE *to, const void *text)
{
	redact_text(text, to);
}

static void add_json(struct report *r, const char *name, struct json_object *json)
{
	const char *text = json_object_to_json_string_ext(json, JSON_C_TO_STRING_PRETTY);

	add(r, name, text, strlen(text));
}

/* Answer of the agent; NULL after a note in the manifest. */
static struct json_object *ask(struct report *r, const char *name, unsigned int verb)
{
	struct json_object *answer = NULL;
	char *reply = NULL;
	int ret = hsmrepl_node_ask(r->ctl->dev, verb, NULL, ASK_MS, &reply);

	if (!ret)
		answer = json_tokener_parse(reply);
	if (!answer)
		lack(r, name, ret ? hsmrepl_error_text(ret) : "the answer is not JSON");
	free(reply);
	return answer;
}

/* What the node and its agent say. */

static void add_status(struct report *r)
{
	struct json_object *status;
	int ret = node_status(r->ctl, &status);

	if (ret) {
		lack(r, "status.json", hsmrepl_error_text(ret));
		return;
	}
	add_json(r, "status.json", status);
	json_object_put(status);
}

static void add_answers(struct report *r)
{
	static const struct {
		const char *name;
		unsigned int verb;
	} asked[] = {
		{ "nodes.json", HSMREPL_VERB_NODES }, { "pending.json", HSMREPL_VERB_PENDING },
		{ "discover.json", HSMREPL_VERB_DISCOVER },
		{ "cross-check.json", HSMREPL_VERB_CROSS_CHECK },
	};
	size_t i;

	for (i = 0; i < sizeof(asked) / sizeof(asked[0]); i++) {
		struct json_object *answer = ask(r, asked[i].name, asked[i].verb);

		if (answer)
			add_json(r, asked[i].name, answer);
		json_object_put(answer);
	}
}

static void add_metrics(struct report *r)
{
	struct json_object *answer = ask(r, "metrics.txt", HSMREPL_VERB_METRICS);
	const char *text = json_text(answer, "text", "");

	if (answer)
		add(r, "metrics.txt", text, strlen(text));
	json_object_put(answer);
}

/* Versions, and apart from them the last lines of the log. */
static void add_agent(struct report *r)
{
	struct json_object *answer = ask(r, "agent.json", HSMREPL_VERB_REPORT);

	if (!answer)
		return;
	add_made(r, "log.txt", fill_redacted, json_text(answer, "log", ""));
	json_object_object_del(answer, "log");
	add_json(r, "agent.json", answer);
	json_object_put(answer);
}

static void fill_device(FILE *to, const void *arg)
{
	const struct hsmrepl_info *info = arg;

	fprintf(to, "abi_version %u\nminor %u\nfeatures %llu\npayload_max %u\nqueue_max %u\n"
		"objects_max %llu\nbytes_max %llu\ngrace_ms %u\n", info->abi_version, info->minor,
		(unsigned long long)info->features, info->payload_max, info->queue_max,
		(unsigned long long)info->objects_max, (unsigned long long)info->bytes_max,
		info->grace_ms);
}

static void add_device(struct report *r)
{
	struct hsmrepl_info info;
	int ret = hsmrepl_node_info(r->ctl->dev, &info);

	if (ret)
		lack(r, "device.txt", hsmrepl_error_text(ret));
	else
		add_made(r, "device.txt", fill_device, &info);
}

/* The machine. */

/* "NAME: content" of a file; nothing of what is no plain file, or cannot be read. */
static void put_file(FILE *to, int folder, const char *name)
{
	char bytes[FILE_BYTES];
	ssize_t len = -1;
	struct stat st;
	int fd = -1;

	if (!fstatat(folder, name, &st, AT_SYMLINK_NOFOLLOW) && S_ISREG(st.st_mode))
		fd = openat(folder, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (fd >= 0) {
		len = read(fd, bytes, sizeof(bytes) - 1);
		close(fd);
	}
	if (len < 0)
		return;
	bytes[len] = '\0';
	fprintf(to, "%s: %s%s", name, bytes, len && bytes[len - 1] == '\n' ? "" : "\n");
}

static void fill_folder(FILE *to, const void *path)
{
	int folder = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct dirent **entry = NULL;
	int i, n = folder < 0 ? 0 : scandirat(folder, ".", &entry, NULL, alphasort);

	for (i = 0; i < n; i++) {
		put_file(to, folder, entry[i]->d_name);
		free(entry[i]);
	}
	free(entry);
	if (folder >= 0)
		close(folder);
}

/* All that can be read directly in a folder. */
static void add_folder(struct report *r, const char *name, const char *folder)
{
	if (access(folder, R_OK | X_OK))
		lack(r, name, strerror(errno));
	else
		add_made(r, name, fill_folder, folder);
}

static void add_kernel(struct report *r)
{
	const char *device = r->ctl->device ? r->ctl->device : getenv(HSMREPL_ENV_DEVICE);
	const char *base;
	char folder[PATH_MAX];

	device = device ? device : HSMREPL_DEVICE;
	base = strrchr(device, '/') ? strrchr(device, '/') + 1 : device;
	snprintf(folder, sizeof(folder), "/sys/class/misc/%.64s/hsmrepl", base);
	add_folder(r, "sysfs.txt", folder);
	add_folder(r, "module.txt", MODULE);
	add_folder(r, "module-parameters.txt", MODULE "/parameters");
}

static void fill_system(FILE *to, const void *arg)
{
	struct utsname name;

	(void)arg;
	if (!uname(&name))
		fprintf(to, "%s %s %s %s\n", name.sysname, name.release, name.version,
			name.machine);
	fprintf(to, "hsmreplctl %s\n", HSMREPL_VERSION);
}

static void fill_stream(FILE *to, const void *arg)
{
	FILE *from = (FILE *)(uintptr_t)arg;
	char *line = NULL;
	size_t room = 0;

	while (getline(&line, &room, from) > 0)
		redact_text(line, to);
	free(line);
}

static void add_journal(struct report *r)
{
	FILE *from = popen("exec " JOURNAL " 2>/dev/null", "re");

	if (!from) {
		lack(r, "journal.txt", strerror(errno));
		return;
	}
	add_made(r, "journal.txt", fill_stream, from);
	pclose(from);
}

static void fill_config(FILE *to, const void *arg)
{
	redact_config((FILE *)(uintptr_t)arg, to);
}

static void add_config(struct report *r, const char *path)
{
	FILE *from = fopen(path, "re");

	if (!from) {
		lack(r, "hsmrepld.conf", strerror(errno));
		return;
	}
	add_made(r, "hsmrepld.conf", fill_config, from);
	fclose(from);
}

static int collect(struct ctl *ctl, const char *config, struct outfile *out, const char *root)
{
	struct report r = { .ctl = ctl, .tar = tar_open(fileno(out->file)) };
	char name[NAME_ROOM], *text = NULL;
	size_t len = 0;
	bool failed;

	snprintf(r.root, sizeof(r.root), "%s", root);
	r.manifest = r.tar ? open_memstream(&text, &len) : NULL;
	if (!r.manifest)
		return ctl_fail(ctl, NULL, -ENOMEM);
	add_status(&r);
	add_answers(&r);
	add_metrics(&r);
	add_agent(&r);
	add_device(&r);
	add_kernel(&r);
	add_made(&r, "system.txt", fill_system, NULL);
	add_journal(&r);
	add_config(&r, config);
	fclose(r.manifest);
	snprintf(name, sizeof(name), "%s/manifest.txt", root);
	failed = r.failed || tar_add(r.tar, name, text, len);
	free(text);
	if (tar_close(r.tar) || failed)
		return ctl_refuse(ctl, out->path, "it cannot be written",
				  "make room there, or give another place");
	return CTL_GO_ON;
}

/* hsmrepl-report-NODE-TIME, without what no file name should have. */
static void make_root(struct ctl *ctl, char root[NAME_ROOM / 2])
{
	struct hsmrepl_state state = { .name = "" };
	time_t now = time(NULL);
	char stamp[20];
	struct tm tm;
	char *at;

	hsmrepl_node_state(ctl->dev, 0, 0, &state);
	gmtime_r(&now, &tm);
	strftime(stamp, sizeof(stamp), "%Y%m%d-%H%M%S", &tm);
	snprintf(root, NAME_ROOM / 2, "hsmrepl-%.15s-%s", state.name[0] ? state.name : "node",
		 stamp);
	for (at = root; *at; at++) {
		if (*at == '/' || *at <= ' ')
			*at = '_';
	}
}

static void print_written(struct ctl *ctl, const struct outfile *out)
{
	/* Standard output may be the file. */
	FILE *to = out->file == stdout ? stderr : stdout;
	struct json_object *answer;

	if (!ctl->json) {
		fprintf(to, "%s: look through it before you give it away: manifest.txt names all\n",
			out->path);
		return;
	}
	answer = json_object_new_object();
	json_object_object_add(answer, "file", json_object_new_string(out->path));
	fprintf(to, "%s\n", json_object_to_json_string_ext(answer, JSON_C_TO_STRING_PLAIN |
								   JSON_C_TO_STRING_NOSLASHESCAPE));
	json_object_put(answer);
}

int verb_report(struct ctl *ctl, int argc, char **argv)
{
	const char *config = CONFIG;
	bool force = false;
	const struct ctl_option options[] = {
		{ .name = "config", .value = &config }, { .name = "force", .flag = &force }, { 0 }
	};
	char root[NAME_ROOM / 2], path[NAME_ROOM];
	struct outfile out = { 0 };
	struct ctl_operands operands;
	int status;

	status = ctl_options(ctl, argc, argv, options, 0, 1, &operands);
	if (status == CTL_GO_ON)
		status = ctl_open(ctl, O_RDONLY);
	if (status != CTL_GO_ON)
		return status;
	make_root(ctl, root);
	snprintf(path, sizeof(path), "%s.tar.gz", root);
	status = outfile_open(ctl, operands.n ? operands.at[0] : path, force, &out);
	if (status == CTL_GO_ON)
		status = collect(ctl, config, &out, root);
	if (status == CTL_GO_ON)
		status = outfile_end(ctl, &out);
	if (status == CTL_GO_ON)
		print_written(ctl, &out);
	outfile_drop(&out);
	return status == CTL_GO_ON ? CTL_DONE : status;
}
