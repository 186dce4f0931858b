# SPDX-License-Identifier: GPL-2.0
# The loads and questions of the cluster suite; virtual machines are killed under one.

$(eval $(call includes,tests/cluster,-Iuapi -Iagent/lib))

build/witness: build/obj/tests/cluster/witness.o build/libhsmrepl.a
	@echo '  LD    $@'
	$(Q)$(CC) -o $@ $^ $(LIB_LIBS) -lpthread

build/admin-ask: build/obj/tests/cluster/ask.o build/libhsmrepl.a
	@echo '  LD    $@'
	$(Q)$(CC) -o $@ $^ $(LIB_LIBS)

tests: build/load_bench build/witness build/admin-ask build/baddisk.so

build/baddisk.so: tests/cluster/baddisk.c
	@mkdir -p $(@D)
	@echo '  CC    $@'
	$(Q)$(CC) $(CSTD) $(WARN) -D_GNU_SOURCE $(OPT) -fPIC -shared -o $@ $< -ldl

# Long runs; they print the seed, and SEED=... draws the same again.
.PHONY: crash crossings
crash: agent tests
	ROUNDS=$(or $(ROUNDS),200) tests/cluster/run crash

crossings: agent tests
	ROUNDS=$(or $(ROUNDS),20) tests/cluster/run crossings
