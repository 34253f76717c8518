"""From `--select` and `--where` to what is read: columns as expressions over fields, and a condition over rows."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING

from logproc import questions
from logproc.adhoc.arrow import ORIGIN, Selection
from logproc.adhoc.fields import CONTRACT, Known, is_usual, known_fields, require_known
from logproc.adhoc.question import computed, relations_of
from logproc.adhoc.sieve import condition_of, declared
from logproc.errors import UsageError
from logproc.model import RAW, Kind
from logproc.planner import Planner
from logproc.rollup.spec import ANY, EVERYTHING, Column

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from logproc.config import Config
    from logproc.rollup.spec import Expression


def chosen(
    config: Config,
    select: Sequence[str] = (),
    where: str | None = None,
    *,
    origin: bool = False,
    relation: str = EVERYTHING,
    say: Callable[[str], None] | None = None,
) -> Selection:
    """Return the selection of rows and columns that is meant; `say` is told what may be missing."""
    usual = selection_of(config, None, select, where, origin=origin, relation=relation)
    asked = usual.names()
    if select and is_usual(asked) and RAW not in select:
        return usual
    planner = Planner(config)
    known = known_fields(planner, planner.discover(), relation)
    notes = require_known(sorted(asked), known)
    if not select and known.open:
        notes.append("columns are the fields of the lines that were looked at; --select names others")
    if say is not None:
        for note in notes:
            say(note)
    return selection_of(config, known, select, where, origin=origin, relation=relation)


def relation(config: Config, name: str) -> str:
    """Return the `Selection.relation` of a family, a source or `logs`; UsageError if there is none of that name."""
    known = relations_of(config)
    if name not in known.by_name:
        near = difflib.get_close_matches(name, known.by_name, n=1)
        hint = f"did you mean {near[0]!r}?" if near else f"there are {', '.join(sorted(known.by_name))}"
        raise UsageError(f"there is no family or source {name!r}; {hint}")
    return known.keys[name]


def selection_of(
    config: Config, known: Known | None, select: Sequence[str], where: str | None, *, origin: bool, relation: str
) -> Selection:
    """Return what is to be read: the columns `select` names, or all that are known, and the rows that `where` keeps."""
    found = {} if known is None else known.fields
    fields = declared({**found, **questions.own_fields(config)[ANY]})
    raw = RAW in select and not (known and RAW in known.fields)
    others = {*ORIGIN, RAW} if raw else set(ORIGIN)
    names = [name for name in dict.fromkeys(select or (known.fields if known else ())) if name not in others]
    columns = tuple(_column(name, fields, found) for name in names)
    condition = None if where is None else condition_of(config, where, found, relation)
    if others.isdisjoint(select):
        return Selection(relation, columns, condition, tuple(names), origin)
    shown = tuple(dict.fromkeys([*select, *(ORIGIN if origin else ())]))
    return Selection(relation, columns, condition, tuple(names), origin=True, raw=raw, shown=shown)


def _column(name: str, fields: Mapping[str, Kind], known: Mapping[str, Kind]) -> Expression:
    column = Column(name, CONTRACT.get(name) or fields.get(name) or Kind.DYNAMIC)
    return column if name in known else computed(column)
