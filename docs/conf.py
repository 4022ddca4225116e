"""Sphinx: `pip install '.[docs]' && sphinx-build -W docs docs/_build/html`."""

from __future__ import annotations

import sys
from pathlib import Path

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE.parent / "src"), str(HERE / "reference")]

import make  # noqa: E402 - docs/reference/make.py

from egress import __version__  # noqa: E402

make.write(HERE / "_build" / "generated")  # pages include these; nothing generated is kept in git

project = "egress"
author = "The egress authors"
version = release = __version__
extensions = ["myst_parser"]
myst_enable_extensions = ["colon_fence", "deflist"]
myst_heading_anchors = 3
exclude_patterns = ["_build"]
html_theme = "furo"
html_title = f"egress {version}"
html_static_path = ["_static"]
html_show_sphinx = False
