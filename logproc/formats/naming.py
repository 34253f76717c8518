"""How one format's keys stand for fields: the contract's names for them, units, and what holds several fields.

The parsers of lines that name their own fields (JSON, key=value, columns under a header) share this, so that one
question means the same in all of them.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from logproc.formats.jsonl import SYNONYMS
from logproc.model import FIELDS, Kind

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

DATE, REQUEST = "date", "request"
"""Keys that are no fields of their own: the day of a time that is a clock alone, and a whole request line."""

STAMP = "~0"
"""Key of the time in front of a line that names its other fields: of the record, where it has none itself. Records have
other keys: a list or a text whose places were made keys has "0"."""

REQUEST_FIELDS = ("method", "target", "protocol")
TARGET_FIELDS = ("path", "query")
DURATIONS = ("duration", "upstream_duration")
_KINDS = {name: kind for family in FIELDS.values() for name, kind in family.items()}

KEPT_TEXTS = {
    f"{name}_text": name for name in SYNONYMS if _KINDS.get(name) in {Kind.INTEGER, Kind.DECIMAL} and name != "time"
}
"""Where the text is kept that stands for a number of the contract and is none (`"status": "OK"`), and for which one."""


TIME_TEXT = "time_text"
"""Where the text is kept that stands for a time and is none that can be read."""


@dataclass(frozen=True, slots=True, eq=False)
class Naming:
    """Key paths by contract field, the preferred ones first; what a format does not list is found by its own name.

    `scales` multiply a field's numbers (1e-9 where nanoseconds are written). With `unwrap` an array of one text is that
    text. `kinds` are those of fields beside the contract's. Where a time has no zone, the field `zone` says how far it
    is from UTC.
    """

    synonyms: Mapping[str, tuple[str, ...]] = field(default_factory=lambda: SYNONYMS)
    scales: Mapping[str, float] = field(default_factory=dict)
    unwrap: bool = False
    kinds: Mapping[str, Kind] = field(default_factory=dict)
    zone: str = ""

    def helpers(self, wanted: Iterable[str]) -> tuple[str, ...]:
        """Return the further columns from which wanted fields follow, where a line does not have these themselves."""
        asked = frozenset(wanted)
        derived = asked.intersection(TARGET_FIELDS)
        whole = derived or asked.intersection(REQUEST_FIELDS)
        target = ("target",) if derived and "target" not in asked else ()
        zone = (self.zone,) if self.zone and self.zone not in asked else ()
        numbers = (KEPT_TEXTS[name] for name in sorted(asked & KEPT_TEXTS.keys()) if KEPT_TEXTS[name] not in asked)
        return (DATE, *zone, *target, *((REQUEST,) if whole and REQUEST not in asked else ()), *numbers)

    def paths(self, columns: Iterable[str]) -> tuple[tuple[str, tuple[str, ...]], ...]:
        """Return for each column its key paths; a path that two columns have is that of the first."""
        taken = {DATE}
        found = []
        for column in columns:
            own = (DATE,) if column == DATE else self.synonyms.get(column, (column,))
            free = tuple(path for path in own if path not in taken or column == DATE)
            taken.update(free)
            found.append((column, free))
        return tuple(found)

    def fields(self) -> dict[str, Kind]:
        """Return the fields that are known by name, with their kinds; in the dynamic families there may be others."""
        return {name: _KINDS.get(name, Kind.TEXT) for name in self.synonyms} | dict(self.kinds)


def with_names(**names: tuple[str, ...]) -> dict[str, tuple[str, ...]]:
    """Return the usual synonyms with key paths put in front of those of some fields, and taken from all others."""
    given = {path for paths in names.values() for path in paths}
    usual = {name: tuple(path for path in paths if path not in given) for name, paths in SYNONYMS.items()}
    # A field stays known by its own name, unless that is another's key.
    own = {name: () if name in given else (name,) for name in names}
    front = {name: tuple(dict.fromkeys((*paths, *usual.get(name, ()), *own[name]))) for name, paths in names.items()}
    return {**usual, **front}
