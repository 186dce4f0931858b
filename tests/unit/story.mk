# SPDX-License-Identifier: GPL-2.0
# The pool that stories are told about.

build/story_test build/brisk_test build/down_test build/join_test build/join_down_test \
build/finalise_test: \
	build/san/tests/unit/cluster.o
