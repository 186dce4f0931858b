// SPDX-License-Identifier: GPL-2.0
/*
 * admin-ask DEVICE VERB JSON: an administrative request as it is written, sane or not. Prints how
 * the agent answers: the name of the errno, or "ok", and its JSON.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>

#include "hsmrepl.h"

#define PATIENCE_MS 5000

int main(int argc, char **argv)
{
	struct hsmrepl *dev;
	char *answer;
	int ret;

	if (argc != 4) {
		fprintf(stderr, "usage: admin-ask DEVICE VERB JSON\n");
		return 2;
	}
	dev = hsmrepl_open(argv[1], O_RDWR);
	if (!dev) {
		perror(argv[1]);
		return 1;
	}
	ret = hsmrepl_node_ask(dev, (unsigned int)strtoul(argv[2], NULL, 0), argv[3], PATIENCE_MS,
			       &answer);
	printf("%s %s\n", ret ? hsmrepl_error_name(ret) : "ok", answer ? answer : "");
	free(answer);
	hsmrepl_close(dev);
	return 0;
}
