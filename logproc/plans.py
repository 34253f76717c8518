"""Reports that were planned before, from the disk: importing and using a SQL parser takes longer than a small report.

A file holds the plans of all that a run was asked, as frames of `wire`: plain data, of which only the classes of
`rollup.spec` are made. Its name is a hash of all that a plan follows from: the questions, what the configuration says
that they are planned with, the sources of the planner and of the formats, whose fields it knows, and the releases of
Python and sqlglot. Where files may lie and whose are trusted is said in `cachefiles`. Questions about places are
planned each time, since that looks at MaxMind files.
"""

from __future__ import annotations

import hashlib
import os
import re
import sys
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from logproc import cachefiles
from logproc.errors import WireError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from logproc.backends.wire import Codec
    from logproc.rollup.spec import RollupSpec

FOLDER = "plans"
SUFFIX = ".plans"

KEPT = 64
"""Files that are kept, of some 100 kB each: one a configuration, and one for each lot of reports by hand."""

READY = 4
"""Files whose plans this process holds: the reports and the checks of two configurations."""

_HERE = Path(__file__).parent
_ready: dict[str, list[RollupSpec]] = {}


def planned(
    asked: Sequence[tuple[str, str]], known: Callable[[], Mapping[str, Any]], facts: Mapping[str, Any]
) -> list[RollupSpec]:
    """Plan (name, SQL) pairs; QueryError as `sql.plan`.

    `known` returns what is known of relations, fields, synonyms and rules, as far as it is needed. That must follow
    from `facts` and the sources of the formats alone.
    """
    usual = [pair for pair in asked if not is_placed(pair[1])]
    if not usual:
        return _plan(asked, known()) if asked else []
    file = mark(usual, facts) + SUFFIX
    found = _ready.get(file) or _read(file, usual)
    if found is None:
        everything = _plan(asked, known())
        found = [plan for plan, pair in zip(everything, asked, strict=True) if pair in usual]
        _keep(file, found)
        _make_ready(file, found)
        return everything
    _make_ready(file, found)
    ready = iter(found)
    return [next(ready) if pair in usual else _plan([pair], known())[0] for pair in asked]


def _make_ready(file: str, found: list[RollupSpec]) -> None:
    """Hold the plans of a file: a calendar asks the same for each of its pages."""
    _ready.pop(file, None)
    _ready[file] = found
    if len(_ready) > READY:
        del _ready[next(iter(_ready))]


def is_placed(sql: str) -> bool:
    """Tell whether a question may be about places, whose plan follows from the files that say where they are."""
    return _placed().search(sql) is not None


@cache
def _placed() -> re.Pattern[str]:
    from logproc.rollup.functions_geo import GEO  # noqa: PLC0415

    return re.compile(rf"\b(?:{'|'.join(GEO)})\b", re.IGNORECASE)


def _plan(asked: Sequence[tuple[str, str]], known: Mapping[str, Any]) -> list[RollupSpec]:
    from logproc.rollup.sql import plan  # noqa: PLC0415 - what this module is there to avoid

    return [plan(sql, name, **known) for name, sql in asked]


def mark(asked: Sequence[tuple[str, str]], facts: Mapping[str, Any]) -> str:
    """Return what stands for questions and all that their plans follow from, but for files about places."""
    text = repr((_makers(), asked, [(name, _sorted(value)) for name, value in sorted(facts.items())]))
    return hashlib.blake2b(text.encode("utf-8", "backslashreplace"), digest_size=16).hexdigest()


def _sorted(value: Any) -> Any:  # noqa: ANN401 - mappings, sets of names, rules
    if isinstance(value, dict):
        return sorted((key, _sorted(item)) for key, item in value.items())
    return sorted(value) if isinstance(value, frozenset) else value


@cache
def _makers() -> str:
    """Hash what makes plans."""
    content = hashlib.blake2b(f"{sys.version} {cachefiles.release('sqlglot')}".encode(), digest_size=16)
    for folder in ("rollup", "formats", "."):
        with os.scandir(_HERE / folder) as entries:
            sources = sorted((entry.name, entry.path) for entry in entries if entry.name.endswith(".py"))
        for name, path in sources:
            if folder != "." or name in _ALSO:
                with open(path, "rb", buffering=0) as source:  # noqa: PTH123 - a hundred of them
                    content.update(f"{folder}/{name}\0".encode() + source.read())
    return content.hexdigest()


_ALSO = frozenset({"model.py", "questions.py", "timestamps.py"})


@cache
def codec() -> Codec:
    """Return what writes and reads plans."""
    from logproc.backends.wire import Codec  # noqa: PLC0415 - here and below: what a mark has no need of
    from logproc.rollup import spec  # noqa: PLC0415

    return Codec(spec.TYPES)


def _read(file: str, asked: Sequence[tuple[str, str]]) -> list[RollupSpec] | None:
    """Return the plans in a file; None if it is not there, or holds anything but what it should."""
    content = cachefiles.find(FOLDER, file)
    if content is None:
        return None
    from logproc.rollup import spec  # noqa: PLC0415

    try:
        plans = [codec().loads(frame) for frame in codec().loads(content)]
    except (WireError, TypeError):
        return None
    as_asked = all(isinstance(plan, spec.RollupSpec) for plan in plans) and [(p.name, p.sql) for p in plans] == asked
    return plans if as_asked else None


def _keep(file: str, plans: Sequence[RollupSpec]) -> None:
    place = cachefiles.folder(FOLDER)
    if place is None:
        return
    with suppress(WireError):  # a query of a megabyte
        if cachefiles.keep(place, file, codec().dumps([codec().dumps(plan) for plan in plans])):
            _sweep(place)


def _sweep(place: Path) -> None:
    """Remove the oldest files: those of earlier releases, and of what was asked once."""
    with suppress(OSError):  # another process may sweep, too
        files = sorted(place.glob(f"*{SUFFIX}"), key=lambda path: path.stat().st_mtime, reverse=True)
        for old in files[KEPT:]:
            old.unlink()
