"""Tables of groups that merge: what a worker returns for a report, and what the coordinator folds together.

A table is bounded. Past `max_groups` a report that asks for the greatest of a count or sum keeps its heavy hitters, by
the rule of mergeable SpaceSaving summaries (Metwally et al. 2005; Agarwal et al. 2012): `floor` is the most that a
group which is not in the table can have. A group that comes in late carries the floor of that moment as its `slack`:
its true number lies between what the table says and that plus slack. Any other report fails, alone and by name.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from logproc.errors import MergeError
from logproc.kernels.intern import KEY_PADDING, Dictionary
from logproc.rollup.exemplars import Kept, Places
from logproc.rollup.groups import decode_keys, keys_of
from logproc.rollup.registry import new_state
from logproc.rollup.spec import AggregateRef, RollupSpec, Value
from logproc.rollup.states import ArrayState, CountState, State, SumState

if TYPE_CHECKING:
    from collections.abc import Container, Sequence

    from numpy.typing import NDArray

MAGIC = b"LPR3"
"""First bytes of a dumped table: format 3. Its head names the aggregates that are blank, whose arrays are left out."""

WIDE_MAGIC = b"LPR2"
"""Those of format 2, which ledgers have: its whole numbers are all 8 bytes wide, its slack is always written, and
offsets stand in the place of lengths."""

WIDTHS = tuple(np.dtype(width) for width in (np.uint8, np.uint16, np.uint32))
"""Types that whole numbers travel in, where they are small: 200,000 groups with three aggregates are 8 MB, not 17."""

MAX_KEY_BYTES = 256 << 20
"""Bytes of keys that a table holds; past them it is cut like one with too many groups."""


@dataclass(slots=True)
class TableData:
    """A table in motion: key bytes with n + 1 offsets, states over n groups, the floor and the slack of each group.

    `places` are exemplars of the groups.
    """

    keys: NDArray[np.uint8]
    offsets: NDArray[np.int64]
    states: Sequence[State]
    places: Places
    floor: float = 0.0
    slack: NDArray[np.float64] | None = None
    problem: str | None = None

    @property
    def groups(self) -> int:
        """Number of groups."""
        return len(self.offsets) - 1


def ranking(spec: RollupSpec) -> int | None:
    """Return the aggregate by which a report's heavy hitters can be kept, or None if it needs every group."""
    if spec.limit is None or not spec.order_by or spec.having is not None:
        return None
    first = spec.order_by[0]
    if not first.descending or first.nulls_first or not isinstance(first.expression, AggregateRef):
        return None
    index = first.expression.index
    return index if spec.aggregates[index].function in {"count", "sum"} else None


class Table:
    """Groups of one report, by the bytes of their keys."""

    def __init__(self, spec: RollupSpec, max_groups: int) -> None:
        self.spec = spec
        self.max_groups = max_groups
        self.keys = Dictionary(64, raw=True)
        self.states: list[State] = [new_state(aggregate) for aggregate in spec.aggregates]
        self.floor = 0.0
        self.slack = np.zeros(0, np.float64)
        self.kept = Kept()
        self.problem: str | None = None

    def __len__(self) -> int:
        return len(self.keys)

    def merge(self, data: TableData) -> None:
        """Take in another table of the same report."""
        if self.problem is not None or data.problem is not None:
            self._fail(self.problem or data.problem or "")
            return
        before = len(self.keys)
        mapping = self._intern(data)
        size = len(self.keys)
        self.slack = self._slack_of(before, size, mapping, data)
        self.floor += data.floor
        is_full = size > self.max_groups or self.keys.bytes_used > MAX_KEY_BYTES
        waiting = self._waiting() if is_full else set()
        for number, (mine, its) in enumerate(zip(self.states, data.states, strict=True)):
            if number not in waiting:
                mine.resize(size)
                mine.merge(its, mapping)
        problem = next((state.problem for state in self.states if state.problem), None)
        if problem is not None:
            self._fail(problem)
            return
        self.kept.merge(data.places, mapping, size)
        if is_full:
            kept = self._prune(min(self.max_groups, size if size > self.max_groups else size // 2), waiting)
            if kept is not None:
                old, stays, places = _staying(kept, before, mapping)
                for number in waiting:
                    whole = new_state(self.states[number].aggregate)
                    whole.resize(len(kept))
                    whole.merge(self.states[number].select(old), np.arange(len(old)))
                    whole.merge(data.states[number].select(stays), places)
                    self.states[number] = whole

    def _waiting(self) -> set[int]:
        """Return the states of a full table that are merged once it is known which groups stay.

        That is all that are as large as their groups are many, but the one that tells.
        """
        states = enumerate(self.states)
        return {number for number, state in states if isinstance(state, ArrayState)} - {ranking(self.spec)}

    def _slack_of(self, before: int, size: int, mapping: NDArray[np.int64], data: TableData) -> NDArray[np.float64]:
        """Return each group's slack once those of `data` have come in, `before` being the number that were here."""
        slack = np.zeros(size, np.float64)
        slack[:before] = self.slack
        slack[before:] = self.floor
        if data.floor:
            arrived = np.zeros(size, bool)
            arrived[mapping] = True
            slack[:before][~arrived[:before]] += data.floor
        if data.slack is not None:
            slack[mapping] += data.slack
        return slack

    def data(self) -> TableData:
        """Return the table as it travels."""
        n = len(self.keys)
        keys, offsets = self.keys.packed(np.arange(n), KEY_PADDING)
        return TableData(keys, offsets, self.states, self.kept.data(n), self.floor, self.slack, self.problem)

    def candidates(self) -> NDArray[np.int64]:
        """Return the groups that can be among the rows shown: all, or those that rank high enough."""
        n = len(self.keys)
        index = ranking(self.spec)
        wanted = (self.spec.limit or 0) + self.spec.offset
        if index is None or n <= 4 * wanted + 64:
            return np.arange(n)
        nulls = np.asarray(self.states[index].arrays()[-1]) == 0
        if wanted == 0 or int((~nulls).sum()) < wanted:
            return np.arange(n)
        scores = np.where(nulls, -np.inf, self.scores(index))  # NULL comes last, behind negative sums too
        least = np.partition(scores, n - wanted)[n - wanted]
        # Scores are rounded: equal sums of different parts may differ in the last bits.
        return np.flatnonzero(scores >= least - abs(least) * 1e-12)

    def columns(self, ids: NDArray[np.int64]) -> tuple[list[list[Value]], list[list[Value]]]:
        """Return the key columns and the aggregate columns of groups."""
        kinds = [key.kind for key in self.spec.keys]
        keys = decode_keys(*keys_of(self.keys, ids), kinds)
        return keys, [state.results(ids) for state in self.states]

    def scores(self, index: int) -> NDArray[np.float64]:
        """Return the count or sum that groups are ranked by."""
        state = self.states[index]
        if not isinstance(state, (CountState, SumState)):
            raise TypeError(state)
        return state.scores()

    def _intern(self, data: TableData) -> NDArray[np.int64]:
        mapping = np.empty(data.groups, np.int32)
        styles = np.zeros(data.groups, np.uint8)
        self.keys.encode(data.keys, data.offsets[:-1], data.offsets[1:], styles, data.groups, mapping)
        return mapping.astype(np.int64)

    def _prune(self, left: int, waiting: Container[int]) -> NDArray[np.int64] | None:
        """Keep the `left` greatest groups, or give up on a report that needs every group.

        Returns those that stay, in the states that are waiting too; None if the report was given up.
        """
        index = ranking(self.spec)
        if index is None:
            self._fail(
                f"more than {left} groups: raise limits.max_groups, or add ORDER BY a count or sum DESC and a LIMIT, "
                f"so that the greatest groups can be kept"
            )
            return None
        scores = self.scores(index)
        if scores.min() < 0:
            self._fail(f"more than {left} groups, and the sum they are ordered by has negative values")
            return None
        # By the most that a group can have, not by what it has for sure: else one that comes late is let go again and
        # again, however often it comes. So `floor` stays below a fair share of everything, total / (max_groups + 1).
        # Ties are cut by hash, which is the same on every machine and in every order of merging.
        most = scores + self.slack
        stays = _greatest(most, self.keys.hashes[: len(self.keys)], left)
        kept = np.flatnonzero(stays)
        self.floor = max(self.floor, float(most[~stays].max()))
        self.slack = self.slack[kept]
        for number, state in enumerate(self.states):
            if number not in waiting:
                self.states[number] = state.select(kept)
        self.kept.select(kept)
        self._keep_keys(kept)
        return kept

    def _keep_keys(self, kept: NDArray[np.int64]) -> None:
        """Hold these keys alone, in that order; the old dictionary is gone before there is a new one."""
        gathered, offsets = self.keys.packed(kept, KEY_PADDING)
        self.keys = Dictionary(64, raw=True)
        self.keys = Dictionary(max(64, len(kept) + 1), raw=True)
        codes = np.empty(len(kept), np.int32)
        self.keys.encode(gathered, offsets[:-1], offsets[1:], np.zeros(len(kept), np.uint8), len(kept), codes)

    def _fail(self, problem: str) -> None:
        """Give up on this report, and on what it holds."""
        self.__init__(self.spec, self.max_groups)  # type: ignore[misc]
        self.problem = problem


def _staying(
    kept: NDArray[np.int64], before: int, mapping: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Return what of `before` groups, and of those that came to be mapping[i], stays, and where the latter stand.

    `kept` ascends, so that those that were there come first. What is let go never takes room in an aggregate.
    """
    old = kept[: np.searchsorted(kept, before)]
    places = np.minimum(np.searchsorted(kept, mapping), len(kept) - 1)
    stays = np.flatnonzero(kept[places] == mapping)
    return old, stays, places[stays]


def _greatest(scores: NDArray[np.float64], hashes: NDArray[np.uint64], count: int) -> NDArray[np.bool_]:
    """Tell which are the `count` greatest scores, 1 to all but one of them; of equal ones those of the least hashes."""
    least = np.partition(scores, len(scores) - count)[len(scores) - count]
    stays: NDArray[np.bool_] = scores > least
    ties = np.flatnonzero(scores == least)
    wanted = count - int(np.count_nonzero(stays))
    stays[ties if wanted == len(ties) else ties[np.argpartition(hashes[ties], wanted - 1)[:wanted]]] = True
    return stays


class Tables:
    """A table per report, which take in what workers return."""

    def __init__(self, specs: Sequence[RollupSpec], max_groups: int) -> None:
        self.tables = [Table(spec, max_groups) for spec in specs]

    def merge(self, dumped: Sequence[bytes]) -> None:
        """Merge dumped tables, one a report: all of them, or none and a MergeError."""
        if len(dumped) != len(self.tables):
            raise MergeError(f"{len(dumped)} tables for {len(self.tables)} reports; nothing was merged")
        loaded = [load(table.spec, raw) for table, raw in zip(self.tables, dumped, strict=True)]
        for table in reversed(self.tables):
            table.merge(loaded.pop())  # which nobody holds once it is merged

    def absorb(self, other: Tables) -> None:
        """Merge the tables of a group of tasks."""
        for table, its in zip(self.tables, other.tables, strict=True):
            table.merge(its.data())

    def dump(self) -> tuple[bytes, ...]:
        """Return the tables as they travel."""
        return tuple(dump(table.spec, table.data()) for table in self.tables)


def dump(spec: RollupSpec, data: TableData) -> bytes:
    """Write a table as bytes: magic, header length, JSON header, then the arrays it names."""
    slack = np.zeros(0) if data.slack is None or not data.slack.any() else data.slack
    arrays: list[NDArray[Any]] = [data.keys, np.diff(data.offsets), slack]
    blank = [number for number, state in enumerate(data.states) if state.blank]
    for state in data.states:
        if not state.blank:
            arrays.extend(state.arrays())
    places = data.places
    arrays.extend((places.files, places.counts, places.places))
    arrays = [_narrowed(array) for array in arrays]
    header = json.dumps(
        {
            "spec": spec.fingerprint,
            "floor": data.floor,
            "problem": data.problem,
            "arrays": [[array.dtype.str, len(array)] for array in arrays],
            **({"blank": blank} if blank else {}),
        }
    ).encode()
    header += b" " * (-len(header) % 8)
    return b"".join([MAGIC, len(header).to_bytes(4, "little"), header, *(np.ascontiguousarray(a).data for a in arrays)])


DTYPES: dict[str, np.dtype[Any]] = {
    np.dtype(name).str: np.dtype(name)
    for name in ("bool", *(f"{kind}{size}" for kind in "iu" for size in (1, 2, 4, 8)), "f4", "f8")
}
"""The types that arrays of tables may have: numpy takes much else for a type, and some of it for Python."""


def load(spec: RollupSpec, raw: bytes) -> TableData:
    """Read a dumped table of the same report; MergeError for another report, another version or damage."""
    is_wide = raw[:4] == WIDE_MAGIC
    if raw[:4] != MAGIC and not is_wide:
        raise MergeError(f"report {spec.name!r}: not a table of format {MAGIC.decode()}")
    end = 8 + int.from_bytes(raw[4:8], "little")
    try:
        header = json.loads(raw[8:end])
        made_for, floor, problem = header["spec"], float(header["floor"]), header["problem"]
        shapes = [(DTYPES[dtype], int(length)) for dtype, length in header["arrays"]]
        blank = {int(number) for number in header.get("blank", ())}
    except (ValueError, TypeError, KeyError) as error:
        raise MergeError(f"report {spec.name!r}: the table's head is damaged") from error
    if made_for != spec.fingerprint:
        raise MergeError(f"report {spec.name!r}: the table was made for other SQL; nothing was merged")
    states = [new_state(aggregate) for aggregate in spec.aggregates]
    held = [state for number, state in enumerate(states) if number not in blank]
    needed = _dtypes(held)
    found = [dtype for dtype, _ in shapes]
    if found != needed and (is_wide or len(found) != len(needed) or not all(map(_holds, found, needed))):
        raise MergeError(f"report {spec.name!r}: the table holds other arrays than its report needs")
    arrays: list[NDArray[Any]] = []
    for (dtype, length), wide in zip(shapes, needed, strict=True):
        size = dtype.itemsize * length
        if length < 0 or end + size > len(raw):
            raise MergeError(f"report {spec.name!r}: the table is cut short")
        arrays.append(np.frombuffer(raw, dtype, length, end).astype(wide, copy=False))
        end += size
    keys, offsets, slack, *rest = arrays
    if not is_wide:
        offsets = np.append(np.zeros(1, np.int64), np.cumsum(offsets))
    groups = len(offsets) - 1
    if end != len(raw) or groups < 0 or (len(slack) != groups and (is_wide or len(slack))):
        raise MergeError(f"report {spec.name!r}: the table's arrays do not fit together")
    for number, state in enumerate(states):
        if number in blank:
            state.resize(groups)
    for state in held:
        width = len(state.arrays())
        state.load(groups, rest[:width])
        rest = rest[width:]
    places = Places(*rest)
    if not places.fit(groups):
        raise MergeError(f"report {spec.name!r}: the table's exemplars do not fit its groups")
    return TableData(keys, offsets, states, places, floor, slack if len(slack) else None, problem)


def _narrowed(array: NDArray[Any]) -> NDArray[Any]:
    """Return whole numbers in as few bytes each as all of them fit into; other arrays as they are."""
    if array.dtype != np.int64 or not len(array):
        return array
    bits = int(np.bitwise_or.reduce(array))  # negative if one of them is, else as long as the greatest
    if bits < 0:
        return array
    return next((array.astype(width) for width in WIDTHS if bits < 1 << 8 * width.itemsize), array)


def _holds(found: np.dtype[Any], needed: np.dtype[Any]) -> bool:
    """Tell whether an array may have travelled in the type found."""
    return found == needed or (needed == np.int64 and found in WIDTHS)


def _dtypes(states: Sequence[State]) -> list[np.dtype[Any]]:
    """Return the types of the arrays of a dumped table."""
    head: list[np.dtype[Any]] = [np.dtype(np.uint8), np.dtype(np.int64), np.dtype(np.float64)]
    head.extend(array.dtype for state in states for array in state.arrays())
    return [*head, np.dtype(np.int64), np.dtype(np.uint8), np.dtype(np.int64)]
