# SPDX-License-Identifier: GPL-2.0
# A peer that speaks SLP to the agents: build/slp-ask.

$(eval $(call includes,tests/slp,-Iuapi -Iagent/core -Iagent/slp))

build/slp-ask: $(call obj,$(wildcard tests/slp/*.c)) build/agent.a
	@echo '  LD    $@'
	$(Q)$(CC) -o $@ $^ $(AGENT_LIBS)

tests: build/slp-ask
