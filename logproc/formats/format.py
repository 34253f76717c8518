"""A format: a named way of reading lines, with the lines that prove it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from logproc.formats.naming import Naming
from logproc.formats.program import Meaning, Program
from logproc.model import Kind

if TYPE_CHECKING:
    from logproc.expressions import Expression
    from logproc.formats.header import Header
    from logproc.formats.regex import Pattern
    from logproc.formats.within import Within

SEPARATOR, JSONL, LOGFMT, LTSV = "separator", "jsonl", "logfmt", "ltsv"
HEADED, PATTERN, DOCKER, CRI = "headed", "pattern", "docker", "cri"
PRETTY, EXPORT, AUDIT = "pretty", "export", "audit"
STAMPED_JSON, STAMPED_PAIRS = "stamped_json", "stamped_pairs"
"""Engines: what `Format.engine` may be."""

REWRITTEN = frozenset({AUDIT, STAMPED_JSON, STAMPED_PAIRS})
"""Engines that rewrite lines where they stand, those that they refuse, too."""

COLOURED = "coloured:"
"""What stands in front of the name of a format whose lines have the colours of a terminal."""

FIXED = frozenset({SEPARATOR, PATTERN, DOCKER, CRI})
"""Engines whose lines have the fields that the format names, and no others."""

KINDS: dict[Meaning, Kind] = {
    Meaning.TEXT: Kind.TEXT,
    Meaning.INTEGER: Kind.INTEGER,
    Meaning.DECIMAL: Kind.DECIMAL,
    Meaning.DECIMAL_LIST: Kind.DECIMAL,
    Meaning.CLF_TIME: Kind.TIME,
    Meaning.ISO_TIME: Kind.TIME,
    Meaning.EPOCH_SECONDS: Kind.TIME,
    Meaning.EPOCH_MILLIS: Kind.TIME,
    Meaning.EPOCH_MICROS: Kind.TIME,
    Meaning.COUNT: Kind.INTEGER,
    Meaning.DURATION: Kind.DECIMAL,
    Meaning.LOOSE_INTEGER: Kind.INTEGER,
    Meaning.ENDPOINT: Kind.TEXT,
    Meaning.LOCAL_TIME: Kind.TIME,
    Meaning.SYSLOG: Kind.TIME,
    Meaning.ELEMENTS: Kind.TEXT,
    Meaning.STAMP: Kind.TIME,
    Meaning.LEVEL: Kind.TEXT,
    Meaning.LOGGER: Kind.TEXT,
    Meaning.BRACKETED: Kind.TEXT,
    Meaning.WORD: Kind.TEXT,
    Meaning.NUMBER: Kind.INTEGER,
    Meaning.LETTER: Kind.TEXT,
    Meaning.CODE: Kind.TEXT,
    Meaning.TRAILED: Kind.TEXT,
    Meaning.MEASURED: Kind.TEXT,
}
"""Kind of the column that a slot of this meaning fills, under the slot's name."""

_SECOND_KINDS = {Meaning.ENDPOINT: Kind.INTEGER, Meaning.MEASURED: Kind.DECIMAL}

_TARGET = {"target": Kind.TEXT, "path": Kind.TEXT, "query": Kind.TEXT}
_REQUEST = {"method": Kind.TEXT, **_TARGET, "protocol": Kind.TEXT}
_HEAD = {"vhost": Kind.TEXT, "port": Kind.INTEGER}
_PRIORITY = {"facility": Kind.TEXT, "severity": Kind.TEXT}

DERIVED: dict[Meaning, dict[str, Kind]] = {
    Meaning.REQUEST: _REQUEST,
    Meaning.TARGET: _TARGET,
    Meaning.PRIORITY: _PRIORITY,
    Meaning.TAG: {"program": Kind.TEXT, "pid": Kind.INTEGER},
    Meaning.SYSLOG: {**_PRIORITY, "host": Kind.TEXT, "program": Kind.TEXT, "pid": Kind.INTEGER},
}
"""Columns under fixed names that a slot of this meaning fills, whatever its own name is."""


@dataclass(frozen=True, slots=True)
class Sample:
    """A line that the format must read, and fields that it must find in it (text, numbers, RFC 3339 times, None)."""

    line: str
    expected: dict[str, Any]


@dataclass(frozen=True, slots=True, eq=False)
class Format:
    """How to read a line, and its proof. Formats compare and hash by identity: `resolve` gives the same one again.

    `engine` is "separator" (then `program` says how), "pattern" (then `pattern` does), or one whose lines name their
    fields themselves (then `naming` says which contract fields those are, None being the usual ones, and `header`, if
    any, how columns are named). Of formats that match equally well, detection takes the one of the highest `rank`.
    `needs` are bytes that a file of this format contains and `begins` finds the beginning of a line of it, both asked
    before anything is matched; `unlike` finds lines that
    would match with a wrong meaning, `unlike_reason` says which, where that helps. A `last_resort` is taken where no
    other format reads enough of a file. Where `sure` is nowhere found, other programs may have written a file, too, and
    detection is not certain of it. `within` says which further fields stand in the text of one.
    Colours of a terminal are taken out of the lines of a `coloured` one before they are read.
    """

    name: str
    family: str
    engine: str
    program: Program | None
    doc: str
    rank: int = 0
    samples: tuple[Sample, ...] = ()
    refused: tuple[str, ...] = ()
    needs: tuple[bytes, ...] = ()
    unlike: Expression[bytes] | None = None
    unlike_reason: str = ""
    naming: Naming | None = None
    pattern: Pattern | None = None
    header: Header | None = None
    last_resort: bool = False
    begins: Expression[bytes] | None = None
    sure: Expression[bytes] | None = None
    within: Within | None = None
    coloured: bool = False

    @property
    def fields(self) -> dict[str, Kind]:
        """Names and kinds of the columns that a line yields, in the order of the line."""
        if self.pattern is not None:
            return self.pattern.fields
        own = (self.naming or Naming()).fields() if self.program is None else program_fields(self.program)
        return own if self.within is None else own | self.within.fields


def program_fields(program: Program) -> dict[str, Kind]:
    """Return the columns that a program yields, with their kinds."""
    fields: dict[str, Kind] = dict(_HEAD) if program.clf_head else {}
    for slot in program.slots:
        fields |= DERIVED.get(slot.meaning, {})
        if slot.name is not None and slot.meaning in KINDS:
            fields[slot.name] = KINDS[slot.meaning]
        if slot.port_name is not None:
            fields[slot.port_name] = _SECOND_KINDS.get(slot.meaning, Kind.TEXT)
    if program.head:
        fields.setdefault(program.continues, Kind.TEXT)
    return fields
