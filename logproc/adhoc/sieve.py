"""Which rows a condition keeps, decided by column, as reports decide it: a text once for each distinct value."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from logproc import questions
from logproc.adhoc.fields import CONTRACT, ORIGIN_FIELDS
from logproc.errors import UsageError
from logproc.formats.jsonl import contract_name_of
from logproc.model import DYNAMIC_FAMILIES, Kind
from logproc.rollup.columns import RowStore
from logproc.rollup.evaluate import Evaluator, fields_of
from logproc.rollup.spec import ANY, EVERYTHING, columns_of
from logproc.rollup.sql import plan

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from logproc.config import Config
    from logproc.model import Batch
    from logproc.rollup.spec import Expression

MAX_KEYS = 1 << 17
"""Distinct texts that are held before new dictionaries are begun."""


def forget_many(store: RowStore, evaluator: Evaluator) -> bool:
    """Begin with new dictionaries where those of an empty store hold too much; returns whether they did."""
    if store.keys_held() + evaluator.keys_held() <= MAX_KEYS and not store.is_heavy():
        return False
    store.forget()
    evaluator.forget()
    return True


def condition_of(
    config: Config, where: str, known: Mapping[str, Kind], relation: str = EVERYTHING
) -> Expression | None:
    """Plan a condition over all rows, or over those of a relation; QueryError if it is none.

    `known` are fields that files have, of which those that no family has are taken for what they are there.
    """
    name = "logs" if relation == EVERYTHING else '"' + relation.replace('"', '""') + '"'
    sql = f"SELECT count(*) FROM {name} WHERE {where}"  # noqa: S608 - nothing is executed
    own = questions.own_fields(config)
    fields = {**own, ANY: declared({**known, **own[ANY]})}
    relations = questions.relations(config)
    spec = plan(sql, "--where", relations=relations, fields=fields, synonyms=contract_name_of())
    if spec.keys or spec.having or spec.limit is not None or spec.order_by:
        raise UsageError("--where takes one condition, such as: status >= 500 AND path LIKE '/api/%'")
    placed = sorted({column.name for column in columns_of(spec.where)} & {*ORIGIN_FIELDS}) if spec.where else []
    if placed:
        raise UsageError(f"--where sees what a line says, and {placed[0]} is where it stands; --origin shows it")
    return spec.where


def declared(known: Mapping[str, Kind]) -> dict[str, Kind]:
    """Return the fields that have a kind, though no family has them."""
    return {name: kind for name, kind in known.items() if kind is not Kind.DYNAMIC and name not in CONTRACT}


class Where:
    """A condition over rows of every family: what a family lacks is NULL in its rows."""

    def __init__(self, config: Config, where: str, known: Mapping[str, Kind]) -> None:
        self._everywhere = _required(condition_of(config, where, known))
        # Where lines name their fields, `severity` is their word for `level`.
        self._named = {family: _required(condition_of(config, where, known, family)) for family in DYNAMIC_FAMILIES}
        self._sieves: dict[str, Sieve] = {}

    def names(self) -> frozenset[str]:
        """Return the fields that decide."""
        return frozenset(column.name for column in columns_of(self._everywhere))

    def sieve(self, family: str) -> Sieve:
        """Return what keeps the rows of a family that are wanted."""
        if family not in self._sieves:
            self._sieves[family] = Sieve(self._named.get(family, self._everywhere))
        return self._sieves[family]


def _required(condition: Expression | None) -> Expression:
    assert condition is not None
    return condition


class Sieve:
    """A condition over the rows of one family."""

    def __init__(self, condition: Expression) -> None:
        self._condition = condition
        self.names = frozenset(column.name for column in columns_of(condition))
        self._store = RowStore(fields_of(condition))
        self._evaluator = Evaluator(self._store)

    def kept(self, batch: Batch) -> NDArray[np.int64]:
        """Return the numbers of the rows for which the condition is true."""
        self._store.append(batch)
        kept = np.flatnonzero(self._evaluator.truth(self._condition) == 1)
        self._store.clear()
        self._evaluator.next_rows()
        forget_many(self._store, self._evaluator)
        return kept
