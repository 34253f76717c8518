"""Reports that were planned before, from the disk: importing and using a SQL parser takes longer than a small report.

A file holds the plans of all that a run was asked, as frames of `wire`: plain data, of which only the classes of
`rollup.spec` are made. Its name is a hash of all that a plan follows from: the questions, the fields and rules that
they are planned with, the sources of the planner and the releases of Python and sqlglot. Where files may lie and whose
are trusted is said in `cachefiles`. Questions about places are planned each time, since that looks at MaxMind files.
"""

from __future__ import annotations

import hashlib
import re
import sys
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from logproc import cachefiles
from logproc.backends.wire import Codec
from logproc.errors import WireError
from logproc.rollup import spec
from logproc.rollup.functions_geo import GEO

if TYPE_CHECKING:
    from collections.abc import Sequence

    from logproc.rollup.spec import RollupSpec

FOLDER = "plans"
SUFFIX = ".plans"

KEPT = 64
"""Files that are kept, of some 100 kB each: one a configuration, and one for each lot of reports by hand."""

_PLACED = re.compile(rf"\b(?:{'|'.join(GEO)})\b", re.IGNORECASE)
_HERE = Path(__file__).parent


def planned(asked: Sequence[tuple[str, str]], **known: Any) -> list[RollupSpec]:  # noqa: ANN401 - as `sql.plan` takes
    """Plan (name, SQL) pairs with what is known of relations, fields, synonyms and rules; QueryError as `sql.plan`."""
    usual = [pair for pair in asked if not _PLACED.search(pair[1])]
    if not usual:
        return _plan(asked, known) if asked else []
    file = _file(usual, known)
    found = _read(file, usual)
    if found is None:
        everything = _plan(asked, known)
        _keep(file, [plan for plan, pair in zip(everything, asked, strict=True) if pair in usual])
        return everything
    ready = iter(found)
    return [next(ready) if pair in usual else _plan([pair], known)[0] for pair in asked]


def _plan(asked: Sequence[tuple[str, str]], known: dict[str, Any]) -> list[RollupSpec]:
    from logproc.rollup.sql import plan  # noqa: PLC0415 - what this module is there to avoid

    return [plan(sql, name, **known) for name, sql in asked]


def _file(asked: Sequence[tuple[str, str]], known: dict[str, Any]) -> str:
    text = repr((_makers(), asked, [(name, _sorted(value)) for name, value in sorted(known.items())]))
    return hashlib.blake2b(text.encode("utf-8", "backslashreplace"), digest_size=16).hexdigest() + SUFFIX


def _sorted(value: Any) -> Any:  # noqa: ANN401 - mappings, sets of names, rules
    if isinstance(value, dict):
        return sorted((key, _sorted(item)) for key, item in value.items())
    return sorted(value) if isinstance(value, frozenset) else value


@cache
def _makers() -> str:
    """Hash what makes plans."""
    content = hashlib.blake2b(f"{sys.version} {cachefiles.release('sqlglot')}".encode(), digest_size=16)
    for source in (*sorted((_HERE / "rollup").glob("*.py")), _HERE / "model.py", _HERE / "timestamps.py"):
        content.update(f"{source.name}\0".encode() + source.read_bytes())
    return content.hexdigest()


@cache
def _codec() -> Codec:
    return Codec(spec.TYPES)


def _read(file: str, asked: Sequence[tuple[str, str]]) -> list[RollupSpec] | None:
    """Return the plans in a file; None if it is not there, or holds anything but what it should."""
    content = cachefiles.find(FOLDER, file)
    if content is None:
        return None
    try:
        plans = [_codec().loads(frame) for frame in _codec().loads(content)]
    except (WireError, TypeError):
        return None
    as_asked = all(isinstance(plan, spec.RollupSpec) for plan in plans) and [(p.name, p.sql) for p in plans] == asked
    return plans if as_asked else None


def _keep(file: str, plans: Sequence[RollupSpec]) -> None:
    place = cachefiles.folder(FOLDER)
    if place is None:
        return
    with suppress(WireError):  # a query of a megabyte
        if cachefiles.keep(place, file, _codec().dumps([_codec().dumps(plan) for plan in plans])):
            _sweep(place)


def _sweep(place: Path) -> None:
    """Remove the oldest files: those of earlier releases, and of what was asked once."""
    with suppress(OSError):  # another process may sweep, too
        files = sorted(place.glob(f"*{SUFFIX}"), key=lambda path: path.stat().st_mtime, reverse=True)
        for old in files[KEPT:]:
            old.unlink()
