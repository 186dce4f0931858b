# SPDX-License-Identifier: GPL-2.0
# The simulator with one rule of the shipped code left out: see tests/mutants/run.

.PHONY: mutants
mutants: build/hsmrepl-sim
	tests/mutants/run

# Copies the sources, patches, compiles what the patch touches, and links that in place of what ships.
build/mutants/%/sim: SHELL = /bin/bash
build/mutants/%/sim: tests/mutants/%.patch build/hsmrepl-sim
	@rm -rf $(@D)
	@mkdir -p $(@D)
	@cp -r agent kmod $(@D)
	$(Q)patch -s -p1 -d $(@D) <$<
	$(Q)objects='$(call obj,$(sim_main) $(sim_parts))'; \
	for c in $$(sed -n 's|^+++ b/||p' $<); do \
		o=$(@D)/$${c%.c}.o; \
		$(COMPILE) $(SHIM) -Iagent/core $(OPT) $(HARDEN) -c -o $$o $(@D)/$$c || exit; \
		objects=$${objects/build\/obj\/$${c%.c}.o/$$o}; \
	done; \
	$(CC) -pie $(LDHARDEN) -o $@ $$objects -lcrypto
