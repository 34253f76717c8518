"""How Sphinx builds these pages: Markdown in, HTML out, without anything from another host.

    sphinx-build -W -q docs build/docs

The pages read well on a forge, too: links are relative paths. Those that leave this folder, as to the source code, are
no links in HTML; `_leave_out` checks that what they name is there.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sphinx.application import Sphinx

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent))

from logproc import __version__  # noqa: E402 - found by the line above

project = "logproc"
release = version = __version__
copyright = "the authors of logproc"  # noqa: A001 - Sphinx's name
extensions = ["myst_parser"]
source_suffix = {".md": "markdown"}
exclude_patterns = ["README.md"]
html_theme = "furo"
html_title = f"logproc {__version__}"
html_show_sphinx = False
html_copy_source = False
html_show_sourcelink = False
myst_heading_anchors = 4
myst_links_external_new_tab = False
myst_enable_extensions = ["colon_fence", "deflist"]
nitpicky = True
pygments_style = "default"
# "console" is what tests run; its output is not Python's and may be anything.
suppress_warnings = ["misc.highlighting_failure"]

OUTSIDE = re.compile(r"\[(?P<text>[^\]]+)\]\((?P<path>(?:\.\./)+[^)#\s]+)(?P<anchor>#[^)\s]*)?\)")


def _leave_out(app: Sphinx, name: str, source: list[str]) -> None:
    """Make text of the links of one page that leave the folder of the documentation."""
    page = Path(app.env.doc2path(name))

    def replaced(found: re.Match[str]) -> str:
        target = (page.parent / found["path"]).resolve()
        if target.is_relative_to(HERE):
            return found[0]
        if not target.exists():
            from sphinx.util import logging

            logging.getLogger(__name__).warning("%s: %s names nothing", page.name, found["path"])
        return found["text"]

    source[0] = OUTSIDE.sub(replaced, source[0])


def setup(app: Sphinx) -> None:
    """Let Sphinx call us for each page."""
    app.connect("source-read", _leave_out)
