"""The index of a folder of kept reports: `index.json` for programs, `index.html` with links for people."""

from __future__ import annotations

import html
import json
import os
import re
from typing import TYPE_CHECKING

from logproc.report.files import write_atomically

if TYPE_CHECKING:
    from collections.abc import Iterator

KINDS = {"nights": "Nights", "weeks": "Weeks", "months": "Months"}
"""Folders of reports, and what they are called."""

_NAME = re.compile(r"[0-9]{4}-[0-9W-]{2,5}")

_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>Reports</title>
<style>body{{font:16px system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem}}
li{{display:inline-block;margin:.2rem .8rem .2rem 0}}ul{{padding:0}}</style></head>
<body><h1>Reports</h1>
{sections}</body></html>
"""


def write_index(folder: str) -> None:
    """List the reports that a folder holds, newest first, in `index.json` and `index.html`."""
    found = {kind: list(_reports(os.path.join(folder, kind))) for kind in KINDS}  # noqa: PTH118
    entries = {
        kind: [{"name": name, **{e: f"{kind}/{name}.{e}" for e in endings}} for name, endings in rows]
        for kind, rows in found.items()
    }
    text = json.dumps({"schema": 1, **entries}, indent=1) + "\n"
    write_atomically(os.path.join(folder, "index.json"), text.encode())  # noqa: PTH118
    sections = "".join(_section(kind, rows) for kind, rows in found.items() if rows)
    write_atomically(os.path.join(folder, "index.html"), _PAGE.format(sections=sections).encode())  # noqa: PTH118


def _reports(folder: str) -> Iterator[tuple[str, list[str]]]:
    """Yield the names of reports and the endings of their files."""
    names = os.listdir(folder) if os.path.isdir(folder) else []  # noqa: PTH112, PTH208
    stems = {name.rpartition(".")[0] for name in names if name.endswith(".json")}
    for stem in sorted(filter(_NAME.fullmatch, stems), reverse=True):
        yield stem, [ending for ending in ("json", "html") if f"{stem}.{ending}" in names]


def _section(kind: str, rows: list[tuple[str, list[str]]]) -> str:
    items = []
    for name, endings in rows:
        shown = {ending: name if ending == endings[-1] else ending for ending in reversed(endings)}
        links = (f'<a href="{kind}/{name}.{ending}">{html.escape(text)}</a>' for ending, text in shown.items())
        items.append(f"<li>{' '.join(links)}</li>")
    return f"<h2>{KINDS[kind]}</h2>\n<ul>\n" + "\n".join(items) + "\n</ul>\n"
