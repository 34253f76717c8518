"""The report as a mail: a text that any reader shows, and a small page whose looks are attributes of its elements.

One file, complete with its head, that `sendmail -t` takes. What is in it stays below what mail services cut off.
"""

from __future__ import annotations

import quopri
from datetime import datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from typing import TYPE_CHECKING

from logproc.report import terminal
from logproc.report.coverage import coverage
from logproc.report.html import overview, panels
from logproc.report.html.page import environment
from logproc.report.since import is_figures
from logproc.report.summary import trouble
from logproc.report.text import plural
from logproc.report_model import NOTHING_BEFORE

if TYPE_CHECKING:
    from logproc.report.coverage import Finding
    from logproc.report_model import Comparison, Report

SIZES = ((12, 10, 90), (12, 5, 60), (8, 5, 40), (4, 5, 30), (0, 0, 0))
"""Tables, rows of each and characters of a value, of which the first are taken that fit."""

MOST_TEXT, MOST_PAGE = 36_000, 60_000
"""Bytes of each part as it is sent: together they stay below 100 kB, which is what some services show of a mail."""

MOST_FINDINGS = 10


def render(
    report: Report,
    max_reject_ratio: float,
    named: tuple[str, ...] = (),
    *,
    to: str = "",
    compared: Comparison = NOTHING_BEFORE,
) -> bytes:
    """Return the mail as bytes, with the line ends that sendmail reads; UsageError if jinja2 is not installed."""
    message = EmailMessage(policy=SMTP.clone(linesep="\n"))
    books = overview.books(report, max_reject_ratio, named)
    said = [text for _, text in books.problems]
    findings = coverage(report.coverage, report.files).beside(said) if report.coverage is not None else ()
    message["Subject"] = subject(report, len(books.problems), len(findings))
    if to:
        message["To"] = to
    message["Date"] = format_datetime(datetime.fromisoformat(report.run.finished))
    message["Auto-Submitted"] = "auto-generated"  # RFC 3834: no out-of-office replies, please
    message.set_content(
        _beginning(terminal.render(report, max_reject_ratio, named, compared=compared)), cte="quoted-printable"
    )
    message.add_alternative(_page(report, books, findings, compared), subtype="html", cte="quoted-printable")
    return message.as_bytes()


def subject(report: Report, problems: int, findings: int) -> str:
    """Return the line that people see first: what needs a look, then how much was read."""
    parts = [trouble(report, problems, findings), f"{plural(report.lines.read, 'line')} read"]
    return f"logproc: {', '.join(filter(None, parts))}"


def _sent(text: str) -> int:
    """Count the bytes of a text as it is sent."""
    return len(quopri.encodestring(text.encode("utf-8", "replace")))


def _beginning(text: str) -> str:
    """Return the lines of a text that fit, what matters first, and say how many are left out."""
    lines, size = text.splitlines(keepends=True), 0
    for number, line in enumerate(lines):
        size += _sent(line)
        if size > MOST_TEXT:
            return "".join(lines[:number]) + f"… {plural(len(lines) - number, 'more line')} in the terminal report\n"
    return text


def _page(report: Report, books: overview.Books, findings: tuple[Finding, ...], compared: Comparison) -> str:
    filled = [table for table in report.reports if table.rows or table.problem]
    tiles = [overview.tiles(table, 0, "", report, compared) for table in filled if is_figures(table)]
    tables = [panels.panel(table, 0) for table in filled if not is_figures(table)]
    shown = [table for table in tables if not table.charts]
    page = ""
    for most, rows, cell in SIZES:
        page = (
            environment()
            .get_template("mail.html")
            .render(
                books=books,
                span=overview.span(report),
                tiles=tiles,
                tables=shown[:most],
                more=plural(len(shown) - most, "more report") if len(shown) > most else "",
                findings=[panels.shortened(finding.text, 300) for finding in findings[:MOST_FINDINGS]],
                problems=books.problems[:MOST_FINDINGS],
                rows=rows,
                cell=cell,
            )
        )
        if _sent(page) <= MOST_PAGE:
            break
    return page
