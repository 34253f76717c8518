"""Which fields the rows of some files have: what `--select` may name, and the columns of a table of all of them.

What a file has follows from its format, or, where its lines name their own fields, from a sample of them. Fields that
only later lines have are then no columns; that is said, and `--select` can name them.
"""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from logproc.adhoc.documents import documents_of, named_row
from logproc.errors import InputError, QueryError, UsageError
from logproc.formats import resolve
from logproc.formats.format import FIXED, HEADED
from logproc.formats.naming import DATE, TIME_TEXT
from logproc.formats.parser import new_parser
from logproc.formats.parser_headed import HeadedParser
from logproc.inputs.opening import STDIN
from logproc.kernels import tokenize
from logproc.model import FIELDS, PADDING, RAW, Kind
from logproc.planner import Planner
from logproc.rollup.spec import EVERYTHING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from logproc.config import Config
    from logproc.formats import Format
    from logproc.formats.detect import Detection
    from logproc.formats.parser import Parser
    from logproc.model import LogFile

SAMPLED_LINES = 500
"""Lines of a file, at most, that are asked for the names of their fields."""

LOOKED_AT = 200
"""Files, at most about so many, that are looked into for a name that a query may have misspelt."""

LISTED = 30
"""Names, at most, that a message shows."""

ORIGIN_FIELDS = ("_file", "_offset", "_line")

CONTRACT = {name: kind for fields in FIELDS.values() for name, kind in fields.items()}


@dataclass(frozen=True, slots=True)
class Known:
    """The fields that files have, in their order; `open` says that lines may have others."""

    fields: dict[str, Kind]
    open: bool


def known_fields(planner: Planner, files: Iterable[LogFile], relation: str = EVERYTHING) -> Known:
    """Look into files for the fields that rows of a relation have; one that cannot be read has none."""
    fields: dict[str, Kind] = {}
    is_open = False
    seen: set[str] = set()
    for file in files:
        if file.problem is not None:
            continue
        is_open = is_open or file.path == STDIN  # of which only the beginning can be looked at
        try:
            sample, detection = planner.look(file)
        except InputError:
            continue
        formats = _formats(detection)
        if relation not in {EVERYTHING, file.source}:
            formats = [fmt for fmt in formats if fmt.family == relation]
        for fmt in formats:
            named = fmt.engine not in FIXED
            is_open = is_open or named
            if named:
                _add(fields, _sampled(fmt, sample.lines))
            elif fmt.name not in seen:
                seen.add(fmt.name)
                _add(fields, fmt.fields)
        if formats and file.source:
            _add(fields, {"source": Kind.TEXT})
        if formats and file.host is not None:
            _add(fields, {"host": Kind.TEXT})
    first = {"time": Kind.TIME, **{name: kind for name, kind in FIELDS["all"].items() if name in fields}}
    fields = {name: CONTRACT.get(name, kind) for name, kind in {**first, **fields}.items()}
    return Known(fields, is_open)


def _formats(detection: Detection) -> list[Format]:
    names = detection.tried or ((detection.format,) if detection.format else ())
    return [resolve(name) for name in names if name and name != "unknown"]


def _add(fields: dict[str, Kind], more: Mapping[str, Kind]) -> None:
    """Add fields; one that two formats know as different things is text."""
    for name, kind in more.items():
        fields[name] = kind if fields.get(name, kind) == kind else Kind.TEXT


def _sampled(fmt: Format, lines: bytes) -> dict[str, Kind]:
    """Return the fields of sampled lines that name them themselves."""
    declared = fmt.fields
    if fmt.engine == HEADED:
        return {name: declared.get(name, Kind.DYNAMIC) for name in _header_columns(fmt, lines)}
    found: dict[str, Kind] = {}
    for line in documents_of(fmt, lines)[:SAMPLED_LINES]:
        try:
            row = named_row(fmt, line)
        except (ValueError, TypeError, AttributeError, RecursionError):
            continue
        found.update((name, declared.get(name, Kind.DYNAMIC)) for name in row)
    parser = new_parser(fmt, (TIME_TEXT, DATE))
    rows = _parsed(parser, lines)
    for name, starts in zip(parser.columns, parser.lines.starts, strict=False):
        if name in {TIME_TEXT, DATE} and (starts[:rows] >= 0).any():
            found.setdefault(name, Kind.DYNAMIC)
    return found


def _header_columns(fmt: Format, lines: bytes) -> tuple[str, ...]:
    parser = new_parser(fmt, fmt.fields)
    assert isinstance(parser, HeadedParser)
    parser.store_all()
    _parsed(parser, lines)
    return parser.columns


def _parsed(parser: Parser, lines: bytes) -> int:
    """Let a parser read sampled lines; returns the number of rows."""
    parser.open(())
    buffer = np.zeros(len(lines) + PADDING, np.uint8)
    buffer[: len(lines)] = np.frombuffer(lines, np.uint8)
    counters = np.zeros(tokenize.COUNTERS, np.int64)
    parser.parse(buffer, 0, len(lines), 0, counters)
    return int(counters[tokenize.ROWS])


def require_known(names: Iterable[str], known: Known) -> list[str]:
    """Refuse names that no file can have; returns what to say about those that only some other line may have.

    Where all formats are fixed, a name that none of them has is a mistake.
    """
    said = []
    for name in names:
        if name in known.fields or name in CONTRACT or name in {*ORIGIN_FIELDS, RAW}:
            continue
        near = difflib.get_close_matches(name.lower(), [*known.fields, *CONTRACT], n=1)
        hint = f"did you mean {near[0]!r}?" if near else f"there are {_listed(known.fields)}"
        if not known.open:
            raise UsageError(f"there is no field {name!r} in these files; {hint}")
        said.append(f"no line that was looked at has the field {name!r}; {hint}")
    return said


def sampled_fields(config: Config, relation: str) -> dict[str, Kind]:
    """Return the fields that rows of a relation have, as some of the files tell."""
    planner = Planner(config)
    return known_fields(planner, _some(planner.discover()), relation).fields


def _some(files: Sequence[LogFile]) -> Sequence[LogFile]:
    return files[:: len(files) // LOOKED_AT + 1]


def doubtful(config: Config, sql: str, asked: Mapping[str, Iterable[str]]) -> list[str]:
    """Return what to say about undeclared fields of a query, by relation, that no line looked at has.

    QueryError where no line can have one, since the formats of all files are fixed. Of many files some are looked at.
    """
    wanted = {relation: sorted(names) for relation, names in asked.items() if names}
    if not wanted:
        return []
    planner = Planner(config)
    files = planner.discover()
    some = _some(files)
    said = []
    for relation, names in wanted.items():
        known = known_fields(planner, some, relation)
        known = replace(known, open=known.open or len(some) < len(files) or not known.fields)
        for name in names:
            try:
                said += require_known([name], known)
            except UsageError as error:
                found = re.search(rf"(?<![\w.]){re.escape(name)}(?![\w.])", sql)
                raise QueryError(error.message, None, sql, *(found.span() if found else (None, None))) from error
    return said


def _listed(names: Iterable[str]) -> str:
    every = list(names)
    more = len(every) - LISTED
    return ", ".join(every[:LISTED]) + (f" and {more} more" if more > 0 else "")


def is_usual(names: Iterable[str]) -> bool:
    """Tell whether all names are fields of the contract, so that no file need be looked into."""
    return all(name in CONTRACT or name in ORIGIN_FIELDS for name in names)
