"""Outcomes wait in memory and then in a file, and come back as they went in."""

import os
import tempfile

from hypothesis import given
from hypothesis import strategies as st

from logproc.early import Early
from logproc.merging import in_plan_order
from logproc.model import Failure, Partial


@given(st.permutations(range(12)), st.integers(0, 200))
def test_all_come_back_by_number_whatever_the_limit(order, limit):
    with Early(limit) as early:
        for number in order:
            failed = number % 5 == 4
            early.put(Failure(number, "x") if failed else Partial(number, (), (bytes([number]) * 20,)))
        assert 12 not in early
        for number in range(12):
            assert number in early
            outcome = early.pop(number)
            assert outcome.task == number
            assert not isinstance(outcome, Partial) or outcome.tables == (bytes([number]) * 20,)
            assert number not in early


def test_the_file_has_what_waits_and_ends_with_it():
    with Early(100) as early:
        for tasks in ((3, 4, 5), (7, 8)):
            for number in tasks:
                early.put(Partial(number, (), (bytes(90),)))
            first, *filed = tasks  # the others are too many
            assert first in early._held
            assert list(early._places) == filed
            assert os.fstat(early._file.fileno()).st_size > 0
            for number in tasks:
                assert early.pop(number).tables == (bytes(90),)
            assert os.fstat(early._file.fileno()).st_size == 0


def test_an_outcome_larger_than_what_waits_in_memory_goes_to_the_file():
    with Early(100) as early:
        early.put(Partial(1, (), (bytes(101),)))
        assert list(early._places) == [1]


def test_an_outcome_whose_turn_it_is_is_never_written(monkeypatch, tmp_path):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "nowhere"))
    outcomes = [Partial(number, (), (bytes(1 << 25),)) for number in range(3)]
    assert [outcome.task for outcome in in_plan_order(outcomes)] == [0, 1, 2]
