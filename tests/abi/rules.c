// SPDX-License-Identifier: GPL-2.0
/*
 * abi-rules DEVICE: the rules that hold for the argument of every command of uapi/linux/hsmrepl.h:
 * too short, exact, long with a zero tail, long with junk in the tail, reserved fields, unknown
 * flags, access; and commands that do not exist. Works on the module and on the software device.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>

#include "hsmrepl.h"
#include "report.h"

#define ROOM		16384	/* bytes for an argument, with the longest tail that is tried */
#define TAIL		64	/* bytes of a tail */
#define FAR_TOO_LONG	8192	/* bytes: no tail is that long */

/**
 * struct command - one command, by the words of the header
 * @name: without HSMREPL_IOC_
 * @cmd: number
 * @size: bytes of its struct
 * @min: bytes of version 1 of it
 * @flags: flags that it knows
 * @reserved: offset of its reserved field
 * @reserved_len: bytes of it, 0 if there is none
 * @fill: makes an argument that obeys all rules; the flags stay 0 unless they must not
 * @want: what that argument yields at an attached agent without a pool
 */
struct command {
	const char *name;
	unsigned int cmd;
	size_t size;
	size_t min;
	unsigned int flags;
	size_t reserved;
	size_t reserved_len;
	void (*fill)(void *arg);
	int want;
};

static uint64_t address(const void *pointer)
{
	return (uintptr_t)pointer;
}

static void fill_none(void *arg)
{
	(void)arg;
}

static void fill_submit(void *arg)
{
	static const struct {
		struct hsmrepl_op op;
		char label[8];
	} create = {
		.op = { .len = sizeof(create), .code = HSMREPL_OP_CREATE, .label_len = 4 },
		.label = "rule",
	};
	struct hsmrepl_submit *submit = arg;

	submit->kind = HSMREPL_TL_DATA;
	submit->n_ops = 1;
	submit->ops = address(&create);
	submit->ops_len = sizeof(create);
}

static void fill_outcome(void *arg)
{
	((struct hsmrepl_outcome *)arg)->tid = 1;
}

static void fill_get(void *arg)
{
	struct hsmrepl_get *get = arg;

	get->label = address("rule");
	get->label_len = 4;
}

static void fill_list(void *arg)
{
	static uint64_t room[512 / sizeof(uint64_t)];
	struct hsmrepl_list *list = arg;

	list->buf = address(room);
	list->buf_len = sizeof(room);
}

static void fill_admin(void *arg)
{
	struct hsmrepl_admin *admin = arg;

	admin->verb = HSMREPL_VERB_STATUS;
	admin->timeout_ms = 1;
}

static void fill_attach(void *arg)
{
	struct hsmrepl_attach *attach = arg;

	attach->node_id = 1;
	strcpy(attach->name, "rules");
}

static void fill_load(void *arg)
{
	((struct hsmrepl_load *)arg)->flags = HSMREPL_LOAD_BEGIN | HSMREPL_LOAD_END;
}

static void fill_grant(void *arg)
{
	struct hsmrepl_grant *grant = arg;

	grant->batch = 1;
	grant->epoch = 7;
	grant->max_tls = 1;
	grant->max_bytes = 1;
}

static void fill_prepare(void *arg)
{
	static const uint64_t junk[1];
	struct hsmrepl_prepare *prepare = arg;

	prepare->batch = 1;
	prepare->coordinator = 2;
	prepare->n_tls = 1;
	prepare->tls = address(junk);
	prepare->tls_len = sizeof(junk);
}

static void fill_resolve(void *arg)
{
	struct hsmrepl_resolve *resolve = arg;

	resolve->batch = 1;
	resolve->coordinator = 2;
	resolve->resolution = HSMREPL_COMMIT;
}

static void fill_report(void *arg)
{
	((struct hsmrepl_report *)arg)->state = HSMREPL_STARTING;
}

static void fill_answer(void *arg)
{
	((struct hsmrepl_answer *)arg)->request = ~0ULL;
}

#define RESERVED(_struct)						\
	.reserved = offsetof(struct _struct, reserved),			\
	.reserved_len = sizeof(((struct _struct *)0)->reserved)

#define COMMAND(_name, _struct, ...)					\
	COMMAND_GROWN(_name, sizeof(struct _struct), _struct, __VA_ARGS__)

#define COMMAND_GROWN(_name, _min, _struct, _flags, _fill, _want, ...)	\
	{								\
		.name = #_name,						\
		.cmd = HSMREPL_IOC_##_name,				\
		.size = sizeof(struct _struct),				\
		.min = (_min),						\
		.flags = (_flags),					\
		.fill = (_fill),					\
		.want = (_want),					\
		__VA_ARGS__						\
	}

/* Each with an argument that harms nothing; those from ATTACH on are the agent's. */
static const struct command commands[] = {
	COMMAND(INFO, hsmrepl_info, 0, fill_none, 0, RESERVED(hsmrepl_info)),
	COMMAND(STATE, hsmrepl_state, 0, fill_none, 0, RESERVED(hsmrepl_state)),
	COMMAND(SUBMIT, hsmrepl_submit, HSMREPL_SUBMIT_ASYNC, fill_submit, -ENONET),
	COMMAND(OUTCOME, hsmrepl_outcome, 0, fill_outcome, -ENOENT),
	COMMAND(GET, hsmrepl_get, HSMREPL_GET_COMMITTED, fill_get, -ENOENT),
	COMMAND(LIST, hsmrepl_list, 0, fill_list, 0),
	COMMAND(ADMIN, hsmrepl_admin, 0, fill_admin, -ETIMEDOUT),
	COMMAND(ATTACH, hsmrepl_attach, 0, fill_attach, -EBUSY),
	COMMAND(LOAD, hsmrepl_load, HSMREPL_LOAD_BEGIN | HSMREPL_LOAD_END, fill_load, 0,
		RESERVED(hsmrepl_load)),
	COMMAND(GRANT, hsmrepl_grant, 0, fill_grant, -ESTALE),
	COMMAND_GROWN(PREPARE, 40, hsmrepl_prepare, 0, fill_prepare, -EBADMSG,
		      RESERVED(hsmrepl_prepare)),
	COMMAND(RESOLVE, hsmrepl_resolve, 0, fill_resolve, -ENOENT, RESERVED(hsmrepl_resolve)),
	COMMAND(REPORT, hsmrepl_report, 0, fill_report, 0, RESERVED(hsmrepl_report)),
	COMMAND(ANSWER, hsmrepl_answer, 0, fill_answer, -ENOENT),
};

#define COMMANDS	(sizeof(commands) / sizeof(commands[0]))

/* An argument that obeys all rules, with @size in its first field, in zeroed room. */
static void *valid(const struct command *command, uint64_t *room, uint32_t size)
{
	memset(room, 0, ROOM);
	command->fill(room);
	memcpy(room, &size, sizeof(size));
	return room;
}

static void test_short(struct report *report, struct hsmrepl *dev, const struct command *command)
{
	const size_t sizes[] = { 0, 4, 8, command->min / 2, command->min - 1 };
	uint64_t room[ROOM / 8], before[ROOM / 8];
	bool refused = true, untouched = true;
	size_t i;

	for (i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		valid(command, room, sizes[i]);
		memcpy(before, room, sizeof(before));
		refused &= hsmrepl_ioctl(dev, command->cmd, room) == -EINVAL;
		untouched &= !memcmp(before, room, sizeof(before));
	}
	report_case(report, refused, "%s too short: EINVAL", command->name);
	report_case(report, untouched, "%s too short: the struct stays as it was", command->name);
}

static void test_long(struct report *report, struct hsmrepl *dev, const struct command *command)
{
	uint64_t room[ROOM / 8];
	bool refused = true;
	size_t i;
	void *arg;

	arg = valid(command, room, command->size);
	report_result(report, hsmrepl_ioctl(dev, command->cmd, arg), command->want, "%s exact",
		      command->name);
	arg = valid(command, room, command->min);
	report_result(report, hsmrepl_ioctl(dev, command->cmd, arg), command->want,
		      "%s of version 1", command->name);
	arg = valid(command, room, command->size + TAIL);
	report_result(report, hsmrepl_ioctl(dev, command->cmd, arg), command->want,
		      "%s long, zero tail", command->name);
	for (i = 0; i < TAIL; i++) {
		valid(command, room, command->size + TAIL);
		((char *)room)[command->size + i] = 1;
		refused &= hsmrepl_ioctl(dev, command->cmd, room) == -E2BIG;
	}
	report_case(report, refused, "%s long, junk in the tail: E2BIG", command->name);
	arg = valid(command, room, FAR_TOO_LONG);
	report_result(report, hsmrepl_ioctl(dev, command->cmd, arg), -E2BIG, "%s far too long",
		      command->name);
}

static void test_reserved(struct report *report, struct hsmrepl *dev,
			  const struct command *command)
{
	uint64_t room[ROOM / 8];
	bool refused = true;
	size_t i;

	for (i = 0; i < command->reserved_len; i++) {
		valid(command, room, command->size);
		((char *)room)[command->reserved + i] = 1;
		refused &= hsmrepl_ioctl(dev, command->cmd, room) == -EOPNOTSUPP;
	}
	if (command->reserved_len)
		report_case(report, refused, "%s reserved field: EOPNOTSUPP", command->name);
}

static void test_flags(struct report *report, struct hsmrepl *dev, const struct command *command)
{
	uint64_t room[ROOM / 8];
	bool refused = true;
	unsigned int bit;

	for (bit = 0; bit < 32; bit++) {
		if (command->flags >> bit & 1)
			continue;
		valid(command, room, command->size);
		((uint32_t *)room)[1] |= 1u << bit;
		refused &= hsmrepl_ioctl(dev, command->cmd, room) == -EOPNOTSUPP;
	}
	report_case(report, refused, "%s unknown flags: EOPNOTSUPP", command->name);
}

static bool exists(unsigned int cmd)
{
	size_t i;

	for (i = 0; i < COMMANDS; i++) {
		if (commands[i].cmd == cmd)
			return true;
	}
	return false;
}

static void test_unknown(struct report *report, struct hsmrepl *dev)
{
	uint64_t room[ROOM / 8] = { 64 };
	bool refused = true;
	unsigned int i;

	for (i = 0; i < 256; i++) {
		unsigned int cmd = _IO(HSMREPL_IOC_TYPE, i);

		if (!exists(cmd))
			refused &= hsmrepl_ioctl(dev, cmd, room) == -ENOTTY;
	}
	report_case(report, refused, "commands that do not exist: ENOTTY");
	report_result(report, hsmrepl_ioctl(dev, _IO('x', 0), room), -ENOTTY, "another type");
	report_result(report, hsmrepl_ioctl(dev, _IOR(HSMREPL_IOC_TYPE, 0, uint64_t), room),
		      -ENOTTY, "INFO with a size in its number");
}

/* What a file that is not the agent's, opened in @mode, gets for each command. */
static void test_access(struct report *report, const char *path, int mode, const char *words)
{
	struct hsmrepl *dev = hsmrepl_open(path, mode);
	uint64_t room[ROOM / 8];
	size_t i;

	report_case(report, dev, "open for %s", words);
	if (!dev)
		return;
	for (i = 0; i < COMMANDS; i++) {
		const struct command *command = &commands[i];
		int want = command->want;

		if (command->cmd == HSMREPL_IOC_SUBMIT && mode == O_RDONLY)
			want = -EACCES;
		else if (command->cmd == HSMREPL_IOC_ATTACH && mode != O_RDWR)
			want = -EACCES;
		else if (command->cmd > HSMREPL_IOC_ATTACH)
			want = -EPERM;
		else if (command->cmd != HSMREPL_IOC_INFO && command->cmd != HSMREPL_IOC_SUBMIT &&
			 mode == O_WRONLY)
			want = -EACCES;
		report_result(report,
			      hsmrepl_ioctl(dev, command->cmd, valid(command, room, command->size)),
			      want, "%s for %s", command->name, words);
	}
	hsmrepl_close(dev);
}

static int attach(struct hsmrepl *dev)
{
	struct hsmrepl_attach attach = { .size = sizeof(attach) };
	struct hsmrepl_load reset = { .size = sizeof(reset) };
	int ret;

	fill_attach(&attach);
	fill_load(&reset);
	ret = hsmrepl_ioctl(dev, HSMREPL_IOC_ATTACH, &attach);
	return ret ? ret : hsmrepl_ioctl(dev, HSMREPL_IOC_LOAD, &reset);
}

int main(int argc, char **argv)
{
	struct report report = { .name = "abi-rules" };
	struct hsmrepl *dev;
	size_t i;

	if (argc != 2) {
		fprintf(stderr, "usage: abi-rules DEVICE\n");
		return 2;
	}
	dev = hsmrepl_open(argv[1], O_RDWR);
	if (!dev) {
		perror(argv[1]);
		return 1;
	}
	report_result(&report, attach(dev), 0, "attach, reset");
	for (i = 0; i < COMMANDS; i++) {
		test_short(&report, dev, &commands[i]);
		test_long(&report, dev, &commands[i]);
		test_reserved(&report, dev, &commands[i]);
		test_flags(&report, dev, &commands[i]);
	}
	test_unknown(&report, dev);
	test_access(&report, argv[1], O_RDONLY, "reading");
	test_access(&report, argv[1], O_WRONLY, "writing");
	test_access(&report, argv[1], O_RDWR, "both");
	hsmrepl_close(dev);
	return report_end(&report);
}
