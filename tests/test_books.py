"""The books of a run: results of pieces add up per file, and lines that do not add up are a defect that is named."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from logproc.books import Books
from logproc.errors import AccountingError
from logproc.model import SAMPLES, Failure, FileResult, Lines, LogFile, Piece, Reject, Task


def files_of(*paths):
    return [LogFile(path, 100, 0) for path in paths]


def task_of(number, *ranges):
    return Task(number, tuple(Piece(file, f"/logs/{file}", start, -1, 0) for file, start in ranges), 0)


def result(file, read=0, counted=0, filtered=0, **options):
    fields = {"codec": "plain", "format": "combined", "confidence": 1.0, "bytes_read": 10 * read, **options}
    return FileResult(file, lines=Lines(read, counted, filtered, read - counted - filtered), **fields)


COUNTS = st.tuples(st.integers(0, 20), st.integers(0, 20), st.integers(0, 20))


@given(parts=st.lists(COUNTS, min_size=1, max_size=6), data=st.data())
def test_results_add_up_in_the_order_of_their_ranges_whatever_order_they_come_in(parts, data):
    results, expected = [], []
    before = 0
    for place, (counted, filtered, rejected) in enumerate(parts):
        read = counted + filtered + rejected
        samples = tuple(Reject(line, 1000 * place + line, "bad", b"") for line in range(min(rejected, SAMPLES)))
        expected += [(before + s.line + 1, s.offset) for s in samples]
        results.append(
            result(
                0, read, counted, filtered, samples=samples, rejected_by_reason={"bad": rejected} if rejected else {},
                first_time=100 - place if counted else None, last_time=100 + place if counted else None,
            )
        )  # fmt: skip
        before += read
    books = Books(files_of("/logs/0"))
    for place in data.draw(st.permutations(range(len(parts)))):
        books.add(task_of(place, (0, 1000 * place)), [results[place]])
    (entry,) = books.close()
    total = [sum(part[k] for part in parts) for k in range(3)]
    assert entry.lines == Lines(sum(total), *total)
    assert entry.bytes_read == 10 * sum(total)
    assert entry.rejected_by_reason == ({"bad": total[2]} if total[2] else {})
    assert [(s.line, s.offset) for s in entry.samples] == expected[:SAMPLES]
    counted = [place for place, part in enumerate(parts) if part[0]]
    assert entry.first_time == (100 - max(counted) if counted else None)
    assert entry.last_time == (100 + max(counted) if counted else None)
    assert entry.status == "read"


@given(counts=COUNTS, before=st.integers(0, 9), cut=st.integers(0, 20), start=st.sampled_from([0, 64]))
def test_a_file_of_one_piece_is_entered_as_one_of_two(counts, before, cut, start):
    """One piece without a rejected line is not added up."""
    counted, filtered, rejected = counts
    span = {"first_time": 5, "last_time": 9}
    bad = {"samples": (Reject(0, start, "bad", b"x"),), "rejected_by_reason": {"bad": rejected}} if rejected else {}
    whole = result(0, sum(counts), counted, filtered, **bad, **span)
    first = result(0, min(cut, counted), min(cut, counted), **span)
    rest = result(0, sum(counts) - first.lines.read, counted - first.lines.counted, filtered, **bad, **span)
    entries = []
    for parts in ([whole], [first, rest]):
        books = Books(files_of("/logs/0"))
        for number, part in enumerate(parts):
            books.add(task_of(number, (0, start + number)), [part])
        books.continue_after({0: 7}, lambda _generation, _start: before)
        entries.append(books.close()[0])
    lines = Lines(sum(counts), counted, filtered, rejected)
    assert entries[0].lines == entries[1].lines == lines
    assert entries[0].rejected_by_reason == ({"bad": rejected} if rejected else {})
    number = 1 if start == 0 else before + 1
    assert [sample.line for sample in entries[0].samples] == ([number] if rejected else [])
    assert [sample.line for sample in entries[1].samples] == ([number + first.lines.read] if rejected else [])
    assert (entries[0].first_time, entries[0].last_time, entries[0].status) == (5, 9, "read")


def test_lines_before_a_range_are_those_of_the_ranges_before_it():
    books = Books(files_of("/logs/0", "/logs/1"))
    books.add(task_of(0, (0, 0)), [result(0, 7, 7)])
    books.add(task_of(2, (0, 64)), [result(0, 2, 2)])
    books.add(task_of(1, (0, 32)), [result(0, 5, 5)])
    assert books.lines_before(task_of(1, (0, 32))) == {(0, 32): 7}
    assert books.lines_before(task_of(2, (0, 64), (1, 0))) == {(0, 64): 12, (1, 0): 0}


def test_lines_that_do_not_add_up_are_a_defect_that_names_the_file():
    books = Books(files_of("/logs/0", "/logs/1"))
    books.add(task_of(0, (0, 0), (1, 0)), [result(0, 3, 3), FileResult(1, "plain", None, 0.0, 9, Lines(5, 3, 1, 0))])
    with pytest.raises(AccountingError, match=r"/logs/1: 5 lines read, but 3 counted \+ 1 filtered \+ 0 rejected"):
        books.close()


def test_a_task_that_was_lost_fails_its_files_and_no_other():
    books = Books(files_of("/logs/0", "/logs/1", "/logs/2"))
    books.add(task_of(0, (0, 0)), [result(0, 4, 4)])
    books.lose(task_of(1, (0, 64), (1, 0)), Failure(1, "MemoryError: "))
    books.add(task_of(2, (2, 0)), [result(2, 1, 1)])
    cut, lost, read = books.close()
    assert (cut.status, cut.lines) == ("failed", Lines(4, 4, 0, 0))
    assert cut.reason == "bytes from 64 on were lost: MemoryError: "
    assert (lost.status, lost.lines, lost.codec) == ("failed", Lines(), None)
    assert (read.status, read.reason) == ("read", None)


def test_lost_ranges_of_one_cause_that_touch_are_one_and_only_the_first_are_named():
    books = Books(files_of("/logs/0"))
    for start, end in [(5, 9), (0, 5), (20, 30), (40, 41), (50, 51), (60, 61), (70, -1)]:
        task = Task(0, (Piece(0, "/logs/0", start, end, 0),), 0)
        books.lose(task, Failure(0, "its worker process died 3 times on a (exit -9)"))
    (entry,) = books.close()
    assert entry.reason == (
        "bytes from 0 to 9 and from 20 to 30 and from 40 to 41 and from 50 to 51 and 2 more ranges were lost: "
        "its worker process died 3 times on a (exit -9)"
    )


def test_a_file_that_nobody_read_failed():
    (entry,) = Books(files_of("/logs/0")).close()
    assert entry.status == "failed"


def test_a_file_that_discovery_could_not_use_says_why():
    (entry,) = Books([LogFile("/logs/0", 0, 0, problem="permission denied")]).close()
    assert (entry.status, entry.reason, entry.bytes_read) == ("failed", "permission denied", 0)


@pytest.mark.parametrize(
    ("options", "status"),
    [
        ({}, "read"),
        ({"problem": "damaged: ends early"}, "read"),  # what was decoded is in the report
        ({"problem": "binary: NUL", "skipped": True, "format": None}, "failed"),
        ({"problem": "no known format matches", "format": None}, "failed"),
        ({"format": None}, "read"),  # an empty file
    ],
)
def test_the_status_of_a_file(options, status):
    books = Books(files_of("/logs/0"))
    books.add(task_of(0, (0, 0)), [result(0, 0, 0, **options)])
    (entry,) = books.close()
    assert (entry.status, entry.reason) == (status, options.get("problem"))
    assert (entry.confidence == 0.0) == (entry.format is None)
