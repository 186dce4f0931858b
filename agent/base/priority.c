// SPDX-License-Identifier: GPL-2.0
#include "priority.h"

#include <unistd.h>

#include <linux/ioprio.h>
#include <linux/sched/types.h>
#include <sys/resource.h>
#include <sys/syscall.h>

#define URGENT_LEVEL		0	/* the first one */
#define BACKGROUND_LEVEL	7	/* the last one */
#define BACKGROUND_NICE		5	/* added to the agent's own */

#define PROMPT_SLICE_NS		100000	/* the least that the scheduler takes */

/*
 * All of one class, the usual one. mq-deadline holds back what is of a lower class while anything
 * of a higher one is under way, and may forget for milliseconds to go on with it; meanwhile the
 * others wait for it as well, since files share blocks of the file system.
 */
static void set_io(int level)
{
	syscall(SYS_ioprio_set, IOPRIO_WHO_PROCESS, 0, IOPRIO_PRIO_VALUE(IOPRIO_CLASS_BE, level));
}

/* Policy and nice value stay. Zero: the scheduler's own slice. */
void priority_prompt(bool on)
{
	struct sched_attr attr;

	if (syscall(SYS_sched_getattr, 0, &attr, sizeof(attr), 0))
		return;
	attr.sched_runtime = on ? PROMPT_SLICE_NS : 0;
	syscall(SYS_sched_setattr, 0, &attr, 0);
}

void priority_urgent(void)
{
	priority_prompt(true);
	set_io(URGENT_LEVEL);
}

void priority_background(void)
{
	id_t thread = (id_t)syscall(SYS_gettid);

	set_io(BACKGROUND_LEVEL);
	setpriority(PRIO_PROCESS, thread, getpriority(PRIO_PROCESS, thread) + BACKGROUND_NICE);
}
