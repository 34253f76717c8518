"""Tables as they travel and as they are kept: the bytes of a dumped table, and what they become again."""

from __future__ import annotations

import json
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any

import numpy as np

from logproc.errors import MergeError
from logproc.rollup.exemplars import Places
from logproc.rollup.registry import new_state

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from logproc.rollup.spec import RollupSpec
    from logproc.rollup.states import State

MAGIC = b"LPR3"
"""First bytes of a dumped table: format 3. Its head names the aggregates that are blank, whose arrays are left out."""

WIDE_MAGIC = b"LPR2"
"""Those of format 2, which ledgers have: its whole numbers are all 8 bytes wide, its slack is always written, and
offsets stand in the place of lengths."""

WIDTHS = tuple(np.dtype(width) for width in (np.uint8, np.uint16, np.uint32))
"""Types that whole numbers travel in, where they are small: 200,000 groups with three aggregates are 8 MB, not 17."""


@dataclass(slots=True)
class TableData:
    """A table in motion: key bytes with n + 1 offsets, states over n groups, the floor and the slack of each group.

    `places` are exemplars of the groups. `lost` counts rows of which something did not fit 64 bits and was NULL.
    """

    keys: NDArray[np.uint8]
    offsets: NDArray[np.int64]
    states: Sequence[State]
    places: Places
    floor: float = 0.0
    slack: NDArray[np.float64] | None = None
    problem: str | None = None
    lost: int = 0

    @property
    def groups(self) -> int:
        """Number of groups."""
        return len(self.offsets) - 1

    @property
    def text_bytes(self) -> int:
        """Bytes of the keys, and of the texts that states hold of their groups."""
        return int(self.offsets[-1]) + text_bytes(self.states)


def text_bytes(states: Sequence[State]) -> int:
    """Return the bytes of the texts that states hold of their groups."""
    found = (state.text_sizes() for state in states if not state.blank)
    return sum(int(sizes.sum()) for sizes in found if sizes is not None)


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
            **({"lost": data.lost} if data.lost else {}),
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
        lost = int(header.get("lost", 0))
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
    begins = []
    for dtype, length in shapes:
        begins.append(end)
        if length < 0 or end + dtype.itemsize * length > len(raw):
            raise MergeError(f"report {spec.name!r}: the table is cut short")
        end += dtype.itemsize * length
    arrays: Iterator[NDArray[Any]] = (  # one after the other, so that none is there twice for longer than it takes
        np.frombuffer(raw, dtype, length, begin).astype(wide, copy=False)
        for (dtype, length), begin, wide in zip(shapes, begins, needed, strict=True)
    )
    keys, offsets, slack = islice(arrays, 3)
    if not is_wide:
        offsets = np.append(np.zeros(1, np.int64), np.cumsum(offsets))
    groups = len(offsets) - 1
    if end != len(raw) or groups < 0 or (len(slack) != groups and (is_wide or len(slack))):
        raise MergeError(f"report {spec.name!r}: the table's arrays do not fit together")
    for number, state in enumerate(states):
        if number in blank:
            state.resize(groups)
    for state in held:
        state.load(groups, list(islice(arrays, len(state.arrays()))))
    places = Places(*arrays)
    if not places.fit(groups):
        raise MergeError(f"report {spec.name!r}: the table's exemplars do not fit its groups")
    return TableData(keys, offsets, states, places, floor, slack if len(slack) else None, problem, lost)


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
