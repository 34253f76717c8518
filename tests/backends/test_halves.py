"""What is cut in halves covers the same bytes, in order, and ends at the floor."""

from __future__ import annotations

import pytest
from backends.ranges import joined
from hypothesis import given
from hypothesis import strategies as st

from logproc.backends.halves import FLOOR, halves
from logproc.model import Piece, Task

MIB = 1 << 20


def plain(start, end, size=None, **options):
    return Task(7, (Piece(3, "/logs/a", start, end, 0, codec="plain", **options),), end - start if end >= 0 else size)


def leaves(task):
    cut = halves(task)
    return [task] if cut is None else [leaf for half in cut for leaf in leaves(half)]


def test_a_plain_range_is_cut_in_the_middle_of_its_bytes():
    first, second = halves(plain(5 * MIB, 9 * MIB, format="combined", host="h"))
    assert (first.number, second.number) == (7, 7)
    assert (first.bytes, second.bytes) == (2 * MIB, 2 * MIB)
    assert first.pieces == (Piece(3, "/logs/a", 5 * MIB, 7 * MIB, 0, codec="plain", format="combined", host="h"),)
    assert second.pieces == (
        Piece(3, "/logs/a", 7 * MIB, 9 * MIB, 0, codec="plain", format="combined", host="h"),
    )  # fmt: skip


def test_the_second_half_of_a_range_to_the_end_goes_to_the_end():
    first, second = halves(plain(4 * MIB, -1, 3 * MIB))
    assert [(p.start, p.end) for p in first.pieces + second.pieces] == [
        (4 * MIB, 5 * MIB + MIB // 2),
        (5 * MIB + MIB // 2, -1),
    ]
    assert first.bytes + second.bytes == 3 * MIB


@pytest.mark.parametrize(
    "task",
    [
        plain(0, FLOOR),
        plain(9, 9 + FLOOR),
        plain(9, -1, FLOOR),
        plain(0, 0),
        Task(0, (Piece(0, "/logs/a.gz", 0, -1, 0, codec="gzip"),), 9 * MIB),
        Task(0, (Piece(0, "/logs/a", 0, -1, 0),), 9 * MIB),
        Task(0, (), 0),
    ],
)
def test_what_cannot_be_cut(task):
    assert halves(task) is None


def test_several_files_are_cut_between_files():
    pieces = tuple(Piece(n, f"/logs/{n}", 0, -1, 0) for n in range(5))
    first, second = halves(Task(2, pieces, 1000))
    assert (first, second) == (Task(2, pieces[:2], 400), Task(2, pieces[2:], 600))


@given(start=st.integers(0, 10**12), size=st.integers(0, 64 * MIB), to_the_end=st.booleans())
def test_the_parts_of_a_range_are_small_and_cover_it_in_order(start, size, to_the_end):
    task = plain(start, -1 if to_the_end else start + size, size)
    parts = leaves(task)
    assert joined(parts) == task.pieces
    assert sum(part.bytes for part in parts) == task.bytes
    assert all(part.bytes <= FLOOR for part in parts)
    assert size <= FLOOR or min(part.bytes for part in parts) > FLOOR // 2 - 1


@given(st.lists(st.one_of(st.none(), st.tuples(st.integers(0, 100), st.integers(0, 4 * MIB))), min_size=1), st.data())
def test_the_parts_of_a_pack_cover_it_in_order(files, data):
    pieces = tuple(
        Piece(n, f"/logs/{n}", 0, -1, 0) if f is None else Piece(n, f"/logs/{n}", f[0], sum(f), 0, codec="plain")
        for n, f in enumerate(files)
    )
    known = sum(f[1] for f in files if f is not None)
    task = Task(0, pieces, known + data.draw(st.integers(0, 10**6)) * files.count(None))
    parts = leaves(task)
    assert joined(parts) == task.pieces
    assert sum(part.bytes for part in parts) == task.bytes
    assert all(part.bytes >= 0 for part in parts)
    assert all(len(part.pieces) == 1 for part in parts)
