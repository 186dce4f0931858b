# SPDX-License-Identifier: GPL-2.0
# The seeded simulator: the protocol core and the module's core as they ship, without sanitizers for
# speed (build/hsmrepl-sim) and with them (build/hsmrepl-sim-san).

$(eval $(call includes,tests/sim,$$(SHIM) -Iagent/core -Itests/sim))

sim_src = $(wildcard tests/sim/*.c)
sim_main = tests/sim/main.c
sim_self = $(wildcard tests/sim/selftest*.c)
sim_parts = $(filter-out $(sim_main) $(sim_self),$(sim_src)) $(core_src) $(kmod_src)

build/hsmrepl-sim: $(call obj,$(sim_main) $(sim_parts))
	$(CC) -pie $(LDHARDEN) -o $@ $^ -lcrypto

build/hsmrepl-sim-san: $(call san,$(sim_main) $(sim_parts))
	$(CC) $(SANITIZE) -o $@ $^ -lcrypto

build/hsmrepl-sim-selftest: $(call san,$(sim_self) $(sim_parts))
	$(CC) $(SANITIZE) -o $@ $^ $(TEST_LIBS)

# A long run: progress on stderr, the log in build/sim.log.
.PHONY: sim
sim: SEEDS = 100000
sim: SHELL = /bin/bash
sim: build/hsmrepl-sim
	@set -o pipefail; commit=$$(git describe --always --dirty 2>/dev/null); \
	{ echo "commit $$commit, $$(date -u +%F), $$(nproc) cores, one used: $(SEEDS) seeds"; \
	  nice -n 10 build/hsmrepl-sim --seeds $(SEEDS) --commit "$$commit"; } | tee build/sim.log

tests: build/hsmrepl-sim build/hsmrepl-sim-selftest
