"""Columns that a report has only where the logs have them: `-- where logged: a, b` above its SELECT.

Whether a server writes down how long it took is a matter of its configuration. A preset asks for that in each report;
where no row has it, the report is as if it had not been asked. The first ones named matter most: a screen that is too
narrow for all drops the last ones first.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

_LOGGED = re.compile(r"\A(?:\s*--[^\n]*\n)*?\s*--\s*where logged:[ \t]*(\S[^\n]*)", re.IGNORECASE)


def optional(sql: str) -> tuple[str, ...]:
    """Return the names of the columns that a report's SQL calls optional."""
    found = _LOGGED.match(sql)
    return tuple(name.strip() for name in found[1].split(",")) if found else ()


def misnamed(sql: str, names: Sequence[str]) -> str | None:
    """Say what is wrong with the columns that are called optional, of those that there are."""
    wrong = [name for name in optional(sql) if name not in names]
    if not wrong:
        return None
    return f"where logged: there is no column {wrong[0]!r}; there are {', '.join(names)}"
