"""Which rows a condition keeps, decided by column, as reports decide it: a text once for each distinct value."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from logproc.formats.jsonl import contract_name_of
from logproc.rollup.columns import RowStore
from logproc.rollup.evaluate import Evaluator, fields_of
from logproc.rollup.spec import columns_of
from logproc.rollup.sql import plan

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from logproc.model import Batch

MAX_KEYS = 1 << 17
MAX_KEY_BYTES = 32 << 20
"""Distinct texts, and bytes of them, that are held before new dictionaries are begun."""


class Sieve:
    """A condition over the rows of one family; QueryError if it is none."""

    def __init__(self, family: str, where: str) -> None:
        sql = f"SELECT count(*) FROM {family} WHERE {where}"  # noqa: S608 - nothing is executed
        condition = plan(sql, "--where", synonyms=contract_name_of()).where
        assert condition is not None
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
        if self._store.keys_held() + self._evaluator.keys_held() > MAX_KEYS or self._store.bytes_held() > MAX_KEY_BYTES:
            self._store.forget()
            self._evaluator.forget()
        return kept
