"""The page put together: templates, style, script and policy."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass, replace
from functools import cache, partial
from importlib import resources
from typing import TYPE_CHECKING, Any

from logproc.errors import UsageError
from logproc.report import within
from logproc.report.ends import ends_of, files_of
from logproc.report.html import following, overview, panels, world
from logproc.report.html.choosing import choosing
from logproc.report.html.mapping import mapped
from logproc.report.since import is_figures
from logproc.report.text import plural
from logproc.report_model import NOTHING_BEFORE

if TYPE_CHECKING:
    from collections.abc import Iterable

    from jinja2 import Environment

    from logproc.report_model import Comparison, Report, ReportTable, Slice

MOST_BYTES = 1_500_000
"""Size that a page should not pass: it is sent by mail, and opened on phones."""

ROOMS = (
    panels.ROOM,
    panels.Room(100, 12_000),
    panels.Room(25, 3_000, ranked=False),
    panels.Room(10, 1_500, live=False, ranked=False),
    panels.Room(6, 900, live=False, ranked=False),
    panels.Room(4, 600, live=False, ranked=False),
    panels.Room(2, 300, live=False, ranked=False),
    panels.Room(1, 150, live=False, ranked=False),
)
"""What the panels may take, from much to little; the first with which the page is small enough counts. The last ones
leave the charts above tables to the page's script: in hundreds of panels they take half a megabyte."""

SCRIPT = ("base", "tables", "rankings", "charts", "following", "choosing", "view", "start")
"""Parts of the page's script; each knows of those before it, and `start` sets all going."""

INSTALL = "the HTML report needs jinja2; pip install 'logproc[html]'"


@dataclass(frozen=True, slots=True)
class Link:
    """A place to go from a page: a relative address; `current` marks the page itself."""

    label: str
    href: str
    current: bool = False


@dataclass(frozen=True, slots=True)
class Links:
    """Where a page stands among others. `choices` are rows of pages to choose from, such as hosts and sources."""

    title: str = ""
    previous: Link | None = None
    next: Link | None = None
    up: Link | None = None
    choices: tuple[tuple[str, tuple[Link, ...]], ...] = ()


def render(
    report: Report,
    max_reject_ratio: float = 0.05,
    named: tuple[str, ...] = (),
    *,
    links: Links | None = None,
    compared: Comparison = NOTHING_BEFORE,
) -> bytes:
    """Return the report as one HTML file in UTF-8; UsageError if jinja2 is not installed.

    `named` holds the paths that were typed, `compared` is what tiles are held against.
    Where the page would be larger than `MOST_BYTES`, tables are cut and charts are left to their pictures, and the page
    says so; with very many reports it may still be larger.
    """
    shared = {
        "report": report,
        "title": (links.title if links else "") or "Log report",
        "span": overview.span(report),
        "books": overview.books(report, max_reject_ratio, named),
        "empty": tuple(
            panels.shortened(table.title or table.name) for table in report.reports if _is_empty(report, table)
        ),
        "compared": compared.title,
        "choosing": choosing(report),
        "coverage": mapped(report),
        "links": links or Links(),
    }
    numbered = [each for each in enumerate(report.reports, 1) if not _is_empty(report, each[1])]
    others = [(number, table) for number, table in numbered if not is_figures(table)]
    figures = _figures(numbered, report, compared)
    ends = ends_of(report.reports, report.files)
    content = b""
    for room in ROOMS:
        sections = tuple(
            panels.paired(
                panels.panel(table, number, room, ends[table.name], report.reports) for number, table in others
            )
        )
        content = page(
            "report.html",
            figures=figures,
            panels=sections,
            shortened="" if room is ROOMS[0] else _cut(room),
            outlines_of=world.countries() if any(panel.world for panel in sections) else {},
            **shared,
        )
        if len(content) <= MOST_BYTES:
            break
    return following.filled(content, report, MOST_BYTES, partial(_slice, report))


def _slice(report: Report, one: Slice) -> str:
    """Return the inside of each panel for one host or source. Panels keep the numbers and widths that they have."""
    tables = {table.name: table for table in one.reports}
    numbered = [
        (number, tables[table.name], is_figures(table))
        for number, table in enumerate(report.reports, 1)
        if table.name in tables and not _is_empty(report, table)
    ]
    alone = replace(report, reports=one.reports, slices=())
    compared = within.compared(one.reports)
    ends = ends_of(one.reports, files_of(report.files, one.source, one.host))
    return _text(
        "slice.html",
        compared=compared.title,
        figures=_figures(((number, table) for number, table, is_tiles in numbered if is_tiles), alone, compared),
        panels=tuple(
            panels.panel(table, number, following.ROOM, ends[table.name], one.reports)
            for number, table, is_tiles in numbered
            if not is_tiles
        ),
    )


def _cut(room: panels.Room) -> str:
    rows = plural(room.rows, "row")
    return (
        f"So that the page stays small, its tables have at most {rows}; the JSON and CSV reports have all. "
        "Fewer reports, by [reports] use or --report, leave more room for each."
    )


def _figures(
    numbered: Iterable[tuple[int, ReportTable]], report: Report, compared: Comparison
) -> tuple[overview.Tiles, ...]:
    return tuple(
        overview.tiles(table, number, panels.exactness(table), report, compared)
        for number, table in numbered
        if is_figures(table)
    )


def _is_empty(report: Report, table: ReportTable) -> bool:
    """Tell whether a report has nothing to show, beside others: such reports share one line."""
    return not table.rows and table.problem is None and len(report.reports) > 1


def page(template: str, **values: Any) -> bytes:  # noqa: ANN401 - whatever a template shows
    """Return a page from its template."""
    return _text(template, **values).encode("utf-8", "backslashreplace")


def _text(template: str, **values: Any) -> str:  # noqa: ANN401
    return environment().get_template(template).render(**values)


@cache
def environment() -> Environment:
    """Return jinja2 with our templates and what all pages share; UsageError if it is not installed."""
    try:
        from jinja2 import Environment, PackageLoader, StrictUndefined  # noqa: PLC0415 - an extra
        from markupsafe import Markup  # noqa: PLC0415
    except ImportError as error:
        raise UsageError(INSTALL) from error
    found = Environment(
        loader=PackageLoader("logproc.report.html"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    style = _shades() + _read("vendor/uplot/uPlot.min.css") + _read("templates/style.css")
    script = _read("vendor/uplot/uPlot.iife.min.js") + _script()
    found.globals.update(
        style=Markup(style),  # noqa: S704 - our own file
        script=Markup(script),  # noqa: S704
        policy=(
            f"default-src 'none'; style-src {_digest(style)}; script-src {_digest(script)}; "
            "base-uri 'none'; form-action 'none'"
        ),
        markup=Markup,
    )
    return found


def _read(name: str) -> str:
    return resources.files("logproc.report.html").joinpath(name).read_text(encoding="utf-8")


def _script() -> str:
    """Return the page's script: its parts, in one function of their own."""
    parts = "\n".join(_read(f"templates/script/{part}.js") for part in SCRIPT)
    return f'(function () {{\n  "use strict";\n{parts}}})();\n'


def _digest(text: str) -> str:
    """Return a text as a policy names it: the hash-source of https://www.w3.org/TR/CSP3/."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def _shades() -> str:
    """Return a rule for each length of a bar: the policy allows no style at an element."""
    return "".join(f".b{percent}{{--b:{percent}%}}" for percent in range(1, 101))
