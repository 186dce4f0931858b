# SPDX-License-Identifier: GPL-2.0
# Sphinx: make doc builds Documentation/ as HTML into build/doc.
project = "hsmrepl"
extensions = ["myst_parser"]
source_suffix = {".md": "markdown"}
root_doc = "index"
exclude_patterns = ["ABI", "man"]
html_theme = "alabaster"
html_show_sourcelink = False
html_show_copyright = False
suppress_warnings = []
