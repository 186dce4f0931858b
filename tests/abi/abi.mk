# SPDX-License-Identifier: GPL-2.0
# Programs that test the ABI on a device of the module or a software device.

abi_programs = build/abi-rules build/abi-behaviour build/abi-raw build/lone-agent \
	build/soft-hostile build/soft-packed

$(eval $(call includes,tests/abi,-Iuapi -Iagent/lib))

build/abi-rules: $(call obj,tests/abi/rules.c tests/abi/report.c) build/libhsmrepl.a
	$(CC) -o $@ $^ $(LIB_LIBS)

build/abi-raw: $(call obj,tests/abi/raw.c tests/abi/report.c) build/libhsmrepl.a
	$(CC) -o $@ $^ $(LIB_LIBS)

build/abi-behaviour: $(call obj,$(filter-out %/rules.c %/raw.c %/lone.c %/hostile.c \
		%/packed.c %/softsock.c,$(wildcard tests/abi/*.c))) build/libhsmrepl.a
	$(CC) -o $@ $^ $(LIB_LIBS) -lpthread

build/lone-agent: $(call obj,tests/abi/lone.c tests/abi/fake.c) build/libhsmrepl.a
	$(CC) -o $@ $^ $(LIB_LIBS)

build/soft-hostile: $(call obj,tests/abi/hostile.c tests/abi/softsock.c tests/abi/report.c) \
		build/libhsmrepl.a
	$(CC) -o $@ $^ $(LIB_LIBS)

build/soft-packed: $(call obj,tests/abi/packed.c tests/abi/softsock.c tests/abi/fake.c \
		tests/abi/report.c) build/libhsmrepl.a
	$(CC) -o $@ $^ $(LIB_LIBS)

tests: $(abi_programs)
