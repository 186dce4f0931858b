# SPDX-License-Identifier: GPL-2.0
# The documents as HTML.

.PHONY: doc
doc:
	scripts/deps doc
	sphinx-build -q -W -b html -d build/doc-trees Documentation build/doc
	@echo 'build/doc/index.html'
