"""Panels of one host or source, packed into the page of all: they take the places of the others when one is chosen.

A slice is the inside of every panel as HTML from the same templates, compressed, since each would be as large as the
page itself. It is unpacked by the page's script when it is asked for, and is nothing but text until then.
"""

from __future__ import annotations

import base64
import gzip
import json
from typing import TYPE_CHECKING

from logproc.report.html.panels import Room, shortened

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from logproc.report_model import Report, Slice

ROOM = Room(50, 6_000, ranked=False)
"""Room of a panel of a slice."""

MARK = b"<!--slices-->"
"""Where slices stand in a page. No text of a report can look like it: there is no "<" in one."""

LONGEST_NAME = 60
"""Characters of a name, as in the selectors."""


def filled(page: bytes, report: Report, most: int, render: Callable[[Slice], str]) -> bytes:
    """Return a page with as many slices as it has room for, the first ones of the report."""
    left = most - len(page)
    names: list[tuple[str, str]] = []
    blocks: list[bytes] = []
    for one, block in _blocks(report, render):
        left -= len(block) + 200  # its names
        if left < 0:
            break
        names.append((shortened(one.source, LONGEST_NAME), shortened(one.host, LONGEST_NAME)))
        blocks.append(block)
    if not blocks:
        return page.replace(MARK, b"", 1)
    # Inside a script element nothing but its end tag and comments is markup: without "<" there is none.
    listed = json.dumps(names, separators=(",", ":"), ensure_ascii=False).replace("<", "\\u003c")
    index = f'<script type="application/json" class="slices">{listed}</script>\n'.encode()
    return page.replace(MARK, index + b"\n".join(blocks), 1)


def _blocks(report: Report, render: Callable[[Slice], str]) -> Iterator[tuple[Slice, bytes]]:
    for one in report.slices:
        raw = gzip.compress(render(one).encode("utf-8", "backslashreplace"), 9, mtime=0)
        yield one, b'<script type="text/plain" class="slice">' + base64.b64encode(raw) + b"</script>"
