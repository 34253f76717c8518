"""Texts of which a query only asks whether they are the same: DuckDB gets a number for each, which it compares faster.

    SELECT time - lag(time) OVER (PARTITION BY client ORDER BY time) FROM web

sorts by the text of a client in each row, and by eight bytes where clients are numbered. Threads number their texts in
one table, so that a number means the same text in all batches. The tables of all columns share what is theirs of the
query's memory: where that is not enough the query begins again, with the texts themselves.
"""

from __future__ import annotations

import threading
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from logproc.kernels.intern import Dictionary, FullError
from logproc.model import Kind
from logproc.rollup.statement import clause_of, grammar

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from numpy.typing import NDArray

Node = Any
"""A node of sqlglot's tree."""

Reads = Any
"""A selection of rows or of groups."""

SHARE = 4
"""Which part of a query's memory its numbers may take: one in so many."""


class ManyTextsError(Exception):
    """A query has more texts than are numbered."""


class Room:
    """The memory that the numbers of all columns of a query share."""

    def __init__(self, memory: int) -> None:
        self.bytes = memory // SHARE
        self._taken: dict[Numbers, int] = {}

    def takes(self, numbers: Numbers, size: int) -> bool:
        """Note what the numbers of a column take, and tell whether there is room for them."""
        self._taken[numbers] = size
        return sum(list(self._taken.values())) <= self.bytes


class Numbers:
    """The numbers of the texts of one column, for all threads."""

    def __init__(self, room: Room) -> None:
        self._dictionary = Dictionary(raw=True)
        self._room = room
        self._lock = threading.Lock()
        self._bounded = True
        self._exceeded = False

    def of(self, texts: Dictionary, begin: int, end: int) -> NDArray[np.int32]:
        """Return the numbers of the keys [begin, end) of a thread's dictionary; ManyTextsError past the limit."""
        starts = texts.key_start[begin:end]
        numbers = np.empty(end - begin, np.int32)
        styles = np.zeros(end - begin, np.uint8)
        ends = starts + (texts.key_size[begin:end] >> 1)
        with self._lock:
            try:
                self._dictionary.encode(texts.arena, starts, ends, styles, end - begin, numbers)
            except FullError as error:
                self._exceeded = True
                raise ManyTextsError(str(error)) from error
            if self._bounded and not self._room.takes(self, self._held()):
                self._exceeded = True
                raise ManyTextsError
        return numbers

    def _held(self) -> int:
        """Return the bytes that the numbers take."""
        d = self._dictionary
        return sum(array.nbytes for array in (d.slots, d.hashes, d.entries, d.alias, d.arena))

    def unbound(self) -> bool:
        """Let numbers go on without bounds, and return whether they could: not where a thread was over them before."""
        with self._lock:
            self._bounded = False
            return not self._exceeded


def with_numbers(sql: str, reads: Mapping[str, Reads], room: Room) -> dict[str, Reads]:
    """Return what a query reads, by name, with numbers in the place of texts; empty if all of them must be texts."""
    import sqlglot  # noqa: PLC0415 - 0.1 s that only SQL pays
    from sqlglot.errors import SqlglotError  # noqa: PLC0415

    if len(reads) != 1:
        return {}
    ((name, read),) = reads.items()
    columns = zip(read.labels, read.columns, strict=False)
    texts = [label for label, column in columns if column.kind is Kind.TEXT and label == label.lower()]
    if not texts:
        return {}
    try:
        tree = sqlglot.parse_one(sql, dialect=grammar())
    except (SqlglotError, RecursionError):
        return {}
    labels = numbered(tree, texts)
    return {name: replace(read, numbers={label: Numbers(room) for label in labels})} if labels else {}


def numbered(tree: Node, columns: Iterable[str]) -> list[str]:
    """Return those of a relation's columns, in lower case, for which numbers can stand in this query."""
    nodes = list(tree.walk())
    kinds = {type(node).__name__ for node in nodes}
    if kinds & {"Describe", "Summarize", "Pivot", "Lateral", "Columns"}:
        return []
    sources = {node.alias_or_name.lower() for node in nodes if type(node).__name__ in _SOURCES}
    if any(_takes_all(node, tree, sources) for node in nodes):
        return []
    return [column for column in columns if _only_compared(nodes, column)]


_SOURCES = frozenset({"Table", "Subquery", "CTE"})


def _takes_all(node: Node, tree: Node, sources: set[str]) -> bool:
    """Tell whether a node means columns that it does not name."""
    kind = type(node).__name__
    if kind == "Column":  # the name of a table means its row
        return len(node.parts) == 1 and node.name.lower() in sources
    if kind == "Star":
        return type(node.parent).__name__ != "Anonymous"
    if kind == "Join":
        return bool(node.args.get("method") or node.args.get("using"))
    if kind == "TableAlias":
        return bool(node.args.get("columns"))
    if kind == "Ordered":  # by a place, or ALL
        is_last = node.parent is not None and node.parent.parent is tree
        return not is_last and (type(node.this).__name__ in {"Literal", "Var"} or node.this.name.lower() == "all")
    return False


def _only_compared(nodes: list[Node], column: str) -> bool:
    names, uses = {column}, set()
    while True:
        found = {alias for node in nodes for alias in _passed_on(node, names)} - names
        if not found:
            break
        names |= found
    for node in nodes:
        if type(node).__name__ == "Identifier" and node.name.lower() in names:
            use = _use(node)
            if use is None:
                return False
            uses.add(use)
    return "same" in uses


def _passed_on(node: Node, names: set[str]) -> Iterable[str]:
    """Yield what a SELECT calls one of the names."""
    if type(node).__name__ == "Alias" and type(node.this).__name__ == "Column" and node.this.name.lower() in names:
        yield node.alias.lower()


def _use(identifier: Node) -> str | None:
    """Return what a name is used for: as `same` or not, to be `passed` on, or, None, for anything else."""
    node = identifier.parent
    if type(node).__name__ == "Alias":
        return "passed" if type(node.this).__name__ == "Column" else None
    if type(node).__name__ != "Column" or identifier.arg_key != "this":
        return None
    around, kind = node.parent, type(node.parent).__name__
    if (kind == "Window" and node.arg_key == "partition_by") or (kind == "Group" and node.arg_key == "expressions"):
        return "same"
    if kind == "Distinct" and _is_count(around.parent):
        return "same"
    if _is_count(around) or (kind == "Is" and type(around.expression).__name__ == "Null"):
        return "passed"
    shown, select = (around, around.parent) if kind == "Alias" else (node, around)
    if type(select).__name__ != "Select" or shown.arg_key != "expressions" or not _is_read(select):
        return None
    return "passed" if clause_of(select, "distinct") is None else "same"


def _is_count(node: Node) -> bool:
    return type(node).__name__ == "Anonymous" and node.name.lower() == "count"


def _is_read(select: Node) -> bool:
    """Tell whether a SELECT stands in a FROM, so that its columns are seen only by their names."""
    around = select.parent
    return type(around).__name__ == "CTE" or (
        type(around).__name__ == "Subquery" and type(around.parent).__name__ == "From"
    )
