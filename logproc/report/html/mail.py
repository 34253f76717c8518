"""The report as a mail: a text that any reader shows, and a small page with its styles at the elements.

One file, complete with its head, that `sendmail -t` takes. What is in it stays below what mail services cut off.
"""

from __future__ import annotations

from datetime import datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from typing import TYPE_CHECKING

from logproc.report import terminal
from logproc.report.coverage import coverage
from logproc.report.html import overview, panels
from logproc.report.html.page import environment
from logproc.report.text import plural

if TYPE_CHECKING:
    from logproc.report_model import Report, ReportTable

SHOWN_ROWS = 10
MOST_TABLES = 12
MOST_CELL = 90
"""Characters of a value: with the above a mail stays below 100 kB, which is what some services show of one."""

MOST_FINDINGS = 10


def render(
    report: Report,
    max_reject_ratio: float,
    named: tuple[str, ...] = (),
    *,
    to: str = "",
    before: tuple[ReportTable, ...] = (),
) -> bytes:
    """Return the mail as bytes, with the line ends that sendmail reads; UsageError if jinja2 is not installed."""
    message = EmailMessage(policy=SMTP.clone(linesep="\n"))
    books = overview.books(report, max_reject_ratio, named)
    message["Subject"] = subject(report, len(books.problems))
    if to:
        message["To"] = to
    message["Date"] = format_datetime(datetime.fromisoformat(report.run.finished))
    message["Auto-Submitted"] = "auto-generated"  # RFC 3834: no out-of-office replies, please
    message.set_content(terminal.render(report, max_reject_ratio, named), cte="quoted-printable")
    message.add_alternative(_page(report, books, before), subtype="html", cte="quoted-printable")
    return message.as_bytes()


def subject(report: Report, problems: int) -> str:
    """Return the line that people see first: what needs a look, then how much was read."""
    failed = sum(check.failed for check in report.checks)
    parts = [f"{plural(failed, 'check')} failed"] if failed else []
    if problems > failed:
        parts.append(plural(problems - failed, "problem"))
    return f"logproc: {', '.join([*parts, plural(report.lines.read, 'line') + ' read'])}"


def _page(report: Report, books: overview.Books, before: tuple[ReportTable, ...]) -> str:
    old = {table.name: table for table in before}
    filled = [table for table in report.reports if table.rows or table.problem]
    tiles = [overview.tiles(table, 0, "", report, old.get(table.name)) for table in filled if overview.is_tiles(table)]
    tables = [panels.panel(table, 0) for table in filled if not overview.is_tiles(table)]
    shown = [table for table in tables if not table.charts]
    findings = coverage(report.coverage, report.files).findings if report.coverage is not None else ()
    return (
        environment()
        .get_template("mail.html")
        .render(
            books=books,
            span=overview.span(report),
            tiles=tiles,
            tables=shown[:MOST_TABLES],
            more=plural(len(shown) - MOST_TABLES, "more report") if len(shown) > MOST_TABLES else "",
            findings=[panels.shortened(finding.text, 300) for finding in findings[:MOST_FINDINGS]],
            rows=SHOWN_ROWS,
            cell=MOST_CELL,
        )
    )
