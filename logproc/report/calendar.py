"""The index of a folder of kept reports: `index.json` for programs, `index.html` with links for people."""

from __future__ import annotations

import html
import json
import os
import re
import zlib
from datetime import date
from typing import TYPE_CHECKING

from logproc.errors import UsageError
from logproc.report.files import write_atomically
from logproc.report.text import visible

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from logproc.report.html import Link, Links
    from logproc.report.html.calendar import Entry

    Choices = Sequence[tuple[str, tuple[Link, ...]]]
    """Rows of pages to go to from a page, each with its name."""

NEXT = b"<!--next-->"
"""Stands in a page that is the last of its kind; no text of a log can hold it, since there < is escaped."""

KINDS = {"nights": "Nights", "days": "Days", "weeks": "Weeks", "months": "Months"}
"""Folders of reports by time, and what they are called."""

DAILY = ("days", "nights")
"""Folders of reports by day, in their order: days are only kept from before the first night."""

SLICES = {"hosts": "Hosts", "sources": "Sources"}
"""Folders of reports of single hosts and sources, and what they are called."""


_LINES = re.compile(rb'"lines": \{"read": (\d+)')
_TROUBLE = re.compile(rb'"trouble": "([^"]*)"')
_NAME = re.compile(r"[0-9]{4}-[0-9W-]{2,5}")

_PAGE = """<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8">
<meta name="generator" content="logproc"><meta name="viewport" content="width=device-width">
<title>Reports</title>
<style>body{{font:16px system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem}}
li{{display:inline-block;margin:.2rem .8rem .2rem 0}}ul{{padding:0}}</style></head>
<body><h1>Reports</h1>
<p>These are reports for programs, in JSON. With <code>pip install 'logproc[html]'</code> each has a page, and this is a
calendar of them.</p>
{sections}</body></html>
"""


def write_index(folder: str, slices: Sequence[tuple[str, list[str]]] = ()) -> None:
    """List the reports that a folder holds, newest first, in `index.json` and `index.html`.

    `slices` are the folders of single hosts and sources with the names of these.
    """
    found = {kind: list(_reports(os.path.join(folder, kind))) for kind in KINDS}  # noqa: PTH118
    entries = {
        kind: [{"name": name, **{e: f"{kind}/{name}.{e}" for e in endings}} for name, endings in rows]
        for kind, rows in found.items()
    }
    named = {kind: list(_slices(folder, kind, names)) for kind, names in slices}
    entries |= {kind: [{"name": name, **places} for name, places in rows] for kind, rows in named.items()}
    text = json.dumps({"schema": 1, **entries}, indent=1) + "\n"
    write_atomically(os.path.join(folder, "index.json"), text.encode())  # noqa: PTH118
    try:
        from logproc.report.html import Link, calendar  # noqa: PLC0415 - an extra

        links = tuple(
            (SLICES[kind], tuple(Link(visible(name), places["html"]) for name, places in rows if "html" in places))
            for kind, rows in named.items()
        )
        page = calendar.index([entry for kind, rows in found.items() for entry in _entries(folder, kind, rows)], links)
    except UsageError:
        page = _plain(found)
    write_atomically(os.path.join(folder, "index.html"), page)  # noqa: PTH118


def _slices(folder: str, kind: str, names: list[str]) -> Iterator[tuple[str, dict[str, str]]]:
    """Yield the hosts, or sources, that have a report, with the addresses of its files."""
    for name in names:
        places = {ending: f"{kind}/{file_name(name)}.{ending}" for ending in ("json", "html")}
        there = {e: place for e, place in places.items() if os.path.exists(os.path.join(folder, place))}  # noqa: PTH110, PTH118
        if there:
            yield name, there


def _entries(folder: str, kind: str, rows: list[tuple[str, list[str]]]) -> Iterator[Entry]:
    from logproc.report.html.calendar import Entry  # noqa: PLC0415

    for name, endings in rows:
        path = f"{kind}/{name}"
        with open(os.path.join(folder, f"{path}.json"), "rb") as file:  # noqa: PTH118, PTH123
            head = file.read(4096)
        lines, trouble = _LINES.search(head), _TROUBLE.search(head)
        count = int(lines.group(1)) if lines else 0
        said = trouble.group(1).decode() if trouble else ""
        yield Entry(kind.removesuffix("s"), _first_day(kind, name), f"{path}.{endings[-1]}", count, said)


def _first_day(kind: str, name: str) -> date:
    if kind == "weeks":
        return date.fromisocalendar(int(name[:4]), int(name[6:]), 1)
    return date.fromisoformat(name if kind in DAILY else f"{name}-01")


def _plain(found: dict[str, list[tuple[str, list[str]]]]) -> bytes:
    """Return the index where jinja2 is not installed."""
    sections = "".join(_section(kind, rows) for kind, rows in found.items() if rows)
    return _PAGE.format(sections=sections).encode()


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


# ---- from one page to the next -----------------------------------------------------------------------------------


def links(folder: str, name: str, choices: Choices = ()) -> Links:
    """Return where a page stands among those of its kind that are there already."""
    from logproc.report.html import Link, Links  # noqa: PLC0415 - an extra

    rows = list(_row(folder))
    before = [Link(other, href) for other, href in rows if other < name]
    after = [Link(other, href) for other, href in rows if other > name]
    return Links(
        title=f"Log report, {name}" if os.path.basename(folder) != "nights" else f"Log report up to {name}",  # noqa: PTH119
        previous=before[-1] if before else None,
        next=after[0] if after else None,
        up=Link("all reports", "../index.html"),
        choices=tuple(choices),
    )


def first_night(folder: str, tonight: str) -> str:
    """Return the first night that is kept, or else this one."""
    return min([tonight, *(stem for stem, _ in _reports(os.path.join(folder, "nights")))])  # noqa: PTH118


def _row(folder: str) -> Iterator[tuple[str, str]]:
    """Yield the pages that follow each other in time, days and nights in one row, with their addresses."""
    parent, kind = os.path.split(folder)
    for other in DAILY if kind in DAILY else (kind,):
        found = sorted(stem for stem, endings in _reports(os.path.join(parent, other)) if "html" in endings)  # noqa: PTH118
        yield from ((stem, f"{stem}.html" if other == kind else f"../{other}/{stem}.html") for stem in found)


def alone(name: str, choices: Choices) -> Links:
    """Return where the page of one host or source stands: among those of the others."""
    from logproc.report.html import Link, Links  # noqa: PLC0415 - an extra

    return Links(f"Log report, {visible(name)}", up=Link("all reports", "../index.html"), choices=tuple(choices))


def around(folder: str, spans: Sequence[tuple[str, str]]) -> Choices:
    """Return the reports, of the weeks and months named, that are there: those that a night lies in."""
    from logproc.report.html import Link  # noqa: PLC0415 - an extra

    there = [(kind, name) for kind, name in spans if os.path.exists(os.path.join(folder, kind, f"{name}.html"))]  # noqa: PTH110, PTH118
    found = tuple(Link(name, f"../{kind}/{name}.html") for kind, name in there)
    return [("Within", found)] if found else []


def choices(slices: Sequence[tuple[str, list[str]]], chosen: str | None = None) -> Choices:
    """Return rows that lead to the pages of hosts and sources; `chosen` is the one that the page is of."""
    from logproc.report.html import Link  # noqa: PLC0415 - an extra

    return [
        (
            SLICES[kind],
            tuple(Link(visible(name), f"../{kind}/{file_name(name)}.html", name == chosen) for name in names),
        )
        for kind, names in slices
        if names
    ]


def file_name(name: str) -> str:
    """Return the name of the files of a host or a source: one that every file system and web server takes.

    What is no letter, digit, dot or hyphen of ASCII becomes _, and a checksum of the name tells such names apart.
    """
    plain = re.sub(r"[^A-Za-z0-9.-]", "_", name)[:80].lstrip(".")
    return plain if plain == name else f"{plain}_{zlib.crc32(name.encode('utf-8', 'surrogateescape')):08x}"


def lead_on(folder: str, name: str) -> None:
    """Let the page before a new one lead to it: it has a mark where the link belongs, if it was the last one."""
    kind = os.path.basename(folder)  # noqa: PTH119
    before = [(stem, href) for stem, href in _row(folder) if stem < name]
    if not before:
        return
    path = os.path.normpath(os.path.join(folder, before[-1][1]))  # noqa: PTH118
    with open(path, "rb") as file:  # noqa: PTH123
        page = file.read()
    if NEXT in page:
        there = "" if os.path.dirname(path) == os.path.normpath(folder) else f"../{kind}/"  # noqa: PTH120
        link = f'<a rel="next" href="{there}{name}.html">{name} →</a>'
        write_atomically(path, page.replace(NEXT, link.encode(), 1))
