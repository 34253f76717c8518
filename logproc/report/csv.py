"""The reports as CSV: a file each, as RFC 4180 describes it, and safe to open with a spreadsheet.

A text that a spreadsheet would take for a formula gets an apostrophe in front, and control characters are escaped as on
a terminal; numbers stay numbers. NULL is an empty field, an empty text a quoted one.
"""

from __future__ import annotations

import os
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from logproc.errors import OutputError
from logproc.report.files import write_atomically
from logproc.report.text import valid_text, visible

if TYPE_CHECKING:
    from collections.abc import Iterable

    from logproc.report_model import Report, ReportTable

FORMULA = tuple("=+-@\t\r\n＝＋－＠")  # noqa: RUF001 - full width: Excel takes them for the others in some languages
"""What a formula may begin with: https://owasp.org/www-community/attacks/CSV_Injection"""


def write(report: Report, folder: str) -> None:
    """Write `NAME.csv` for each report into a folder, which is made if need be; OutputError if that fails.

    Each file is replaced as a whole. A report that could not be computed has no file: an old one would mislead.
    """
    try:
        os.makedirs(folder, exist_ok=True)  # noqa: PTH103
    except OSError as error:
        raise OutputError(folder, error.strerror or str(error)) from error
    for table in report.reports:
        path = os.path.join(folder, f"{table.name}.csv")  # noqa: PTH118
        if table.problem is None:
            write_atomically(path, render(table))
        else:
            with suppress(FileNotFoundError):
                os.unlink(path)  # noqa: PTH108


def render(table: ReportTable) -> bytes:
    """Return a report as UTF-8: a header, a record a row, CRLF behind each."""
    header = record(column.name for column in table.columns)
    return "".join([header, *map(record, table.rows)]).encode()


def record(values: Iterable[Any]) -> str:
    """Return values as a record: quoted where they must be, with its line end."""
    return ",".join(map(_field, values)) + "\r\n"


def _field(value: Any) -> str:  # noqa: ANN401 - a cell is None, text, number or truth
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return repr(value) if isinstance(value, int | float) else _quoted(harmless(str(value)))


def harmless(text: str) -> str:
    """Return a text that no spreadsheet takes for a formula."""
    safe = visible(valid_text(text))
    return f"'{safe}" if text.startswith(FORMULA) else safe


def _quoted(text: str) -> str:
    if text and not any(char in text for char in ',"'):
        return text
    return '"' + text.replace('"', '""') + '"'
