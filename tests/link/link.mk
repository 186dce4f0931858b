# SPDX-License-Identifier: GPL-2.0
# The cables of a pool on this machine.

build/hsmrepl-link: $(call obj,$(wildcard tests/link/*.c))
	$(CC) -o $@ $^ -levent

tests: build/hsmrepl-link

build/cable_test: $(call san,tests/link/link.c tests/link/transit.c)
