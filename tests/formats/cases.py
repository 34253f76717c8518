"""Lines from other parsers' own tests, with the fields that those expect, and real logs; all under ../shared."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from formats.reference import Value, match
from formats.reference_within import parts_of

from logproc.formats.format import JSONL, SEPARATOR
from logproc.formats.parser import Matcher
from logproc.model import LEVELS, PRIORITIES

if TYPE_CHECKING:
    from logproc.formats import Format

SHARED = Path(__file__).parents[3] / "shared"
MATCHER = Matcher()
needs_shared = pytest.mark.skipif(not SHARED.is_dir(), reason="the corpora of ../shared are not here")


@lru_cache
def read_cases(name: str) -> list[dict[str, Any]]:
    path = SHARED / "cases" / name
    if not path.is_file():
        return []
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]


def shown(value: Value, *, is_time: bool = False) -> Any:
    """Return a field's value as reports show it."""
    if is_time and isinstance(value, int):
        instant = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=value)
        return instant.isoformat().replace("+00:00", "Z")
    return value.decode("utf-8", "backslashreplace") if isinstance(value, bytes) else value


def fields_of(row: Format, line: str) -> dict[str, Any]:
    """Read a line with the reference; the reason of a rejection becomes the field `rejected`."""
    assert row.program is not None
    found = match(row.program, line.encode())
    if isinstance(found, str):
        return {"rejected": found}
    if row.within is not None:
        found |= parts_of(row.within, found.get(row.within.source), found)
    fields = {name: shown(value, is_time=name == "time") for name, value in found.items()}
    fields |= {
        name: names.get(fields[name], fields[name])
        for name, names in PRIORITIES.items()
        if fields.get(name) is not None
    }
    if isinstance(fields.get("level"), str):
        fields["level"] = LEVELS.get(fields["level"].lower(), fields["level"].upper())
    if "target" in fields:
        parts = [fields[name] for name in ("method", "target", "protocol") if fields.get(name) is not None]
        fields["request"] = " ".join(parts) if parts else None
    return fields


def count_lines(row: Format, text: bytes) -> tuple[int, int]:
    """Count matched and rejected lines: what the kernels do for `detect`, slowly."""
    if row.engine not in {SEPARATOR, JSONL} or (row.program is not None and row.program.head):
        return MATCHER(row, text)
    lines = [line for line in text.split(b"\n") if line.strip(b"\0 \t\r")]
    matched = sum(_reads(row, line) for line in lines)
    return matched, len(lines) - matched


def _reads(row: Format, line: bytes) -> bool:
    if row.program is not None:
        return not isinstance(match(row.program, line), str)
    try:
        return isinstance(json.loads(line), dict)
    except (ValueError, RecursionError):
        return False
