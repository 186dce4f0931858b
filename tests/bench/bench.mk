# SPDX-License-Identifier: GPL-2.0
build/floor_bench build/mesh_bench: build/obj/tests/bench/pingpong.o

build/module-get: build/obj/tests/bench/get.o
	$(CC) -o $@ $^ -lpthread
