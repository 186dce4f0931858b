// SPDX-License-Identifier: GPL-2.0
/*
 * abi-raw DEVICE: what only a character device can be asked: bad pointers, structs that lie beside
 * the end of a page, foreign calls.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "hsmrepl.h"
#include "report.h"

static int raw(int fd, unsigned long cmd, void *arg)
{
	return ioctl(fd, cmd, arg) < 0 ? -errno : 0;
}

static void test_pointers(struct report *report, int fd)
{
	struct hsmrepl_submit submit = {
		.size = sizeof(submit),
		.kind = HSMREPL_TL_DATA,
		.n_ops = 1,
		.ops = 8,
		.ops_len = 128,
	};
	struct hsmrepl_get get = { .size = sizeof(get), .label = 8, .label_len = 4 };
	struct hsmrepl_list list = { .size = sizeof(list), .buf_len = 512, .prefix_len = 4 };
	unsigned int nr;

	for (nr = 0; nr < 0x17; nr++) {
		unsigned long cmd = _IO(HSMREPL_IOC_TYPE, nr);

		if (nr > 6 && nr < 0x10)
			continue;
		report_result(report, raw(fd, cmd, NULL), -EFAULT, "command 0x%02x, NULL", nr);
		report_result(report, raw(fd, cmd, (void *)8), -EFAULT,
			      "command 0x%02x, bad pointer", nr);
		report_result(report, raw(fd, cmd, (void *)-4096), -EFAULT,
			      "command 0x%02x, kernel pointer", nr);
	}
	report_result(report, raw(fd, HSMREPL_IOC_SUBMIT, &submit), -EFAULT, "SUBMIT, bad ops");
	report_result(report, raw(fd, HSMREPL_IOC_GET, &get), -EFAULT, "GET, bad label");
	report_result(report, raw(fd, HSMREPL_IOC_LIST, &list), -EFAULT, "LIST, bad prefix");
}

/* A struct that ends where its page does, and one that only claims to. */
static void test_page_end(struct report *report, int fd)
{
	const long page = sysconf(_SC_PAGESIZE);
	char *pages = mmap(NULL, 2 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
			   -1, 0);
	struct hsmrepl_info *info;

	if (pages == MAP_FAILED || mprotect(pages + page, page, PROT_NONE)) {
		report_case(report, false, "pages for the test");
		return;
	}
	info = (void *)(pages + page - sizeof(*info));
	info->size = sizeof(*info);
	report_result(report, raw(fd, HSMREPL_IOC_INFO, info), 0, "a struct at the end of a page");
	info = (void *)(pages + page - sizeof(info->size));
	info->size = sizeof(*info);
	report_result(report, raw(fd, HSMREPL_IOC_INFO, info), -EFAULT,
		      "a struct that goes on past its page");
	munmap(pages, 2 * page);
}

static void test_foreign(struct report *report, int fd)
{
	char byte = 0;
	int ret;

	report_result(report, raw(fd, _IO('T', 1), NULL), -ENOTTY, "a terminal's ioctl");
	ret = write(fd, &byte, 1) < 0 ? -errno : 0;
	report_result(report, ret, -EINVAL, "write()");
	ret = lseek(fd, 0, SEEK_SET) < 0 ? -errno : 0;
	report_result(report, ret, -ESPIPE, "lseek()");
	ret = read(fd, &byte, 0) < 0 ? -errno : 0;
	report_case(report, ret == 0 || ret == -EAGAIN || ret == -EMSGSIZE, "read() of nothing");
}

int main(int argc, char **argv)
{
	struct report report = { .name = "abi-raw" };
	int fd;

	if (argc != 2) {
		fprintf(stderr, "usage: abi-raw DEVICE\n");
		return 2;
	}
	fd = open(argv[1], O_RDWR | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0) {
		perror(argv[1]);
		return 1;
	}
	test_pointers(&report, fd);
	test_page_end(&report, fd);
	test_foreign(&report, fd);
	close(fd);
	return report_end(&report);
}
