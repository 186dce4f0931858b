# SPDX-License-Identifier: GPL-2.0
.PHONY: bench-guests
bench-guests:
	scripts/deps build module lab bench
	$(MAKE) -s -j$$(nproc) agent build/load_bench
	tests/bench/guests

build/floor_bench build/mesh_bench: build/obj/tests/bench/pingpong.o

build/module-get: build/obj/tests/bench/get.o
	$(CC) -o $@ $^ -lpthread
