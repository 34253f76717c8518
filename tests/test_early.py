"""Outcomes wait in memory and then in a file, and come back as they went in."""

from hypothesis import given
from hypothesis import strategies as st

from logproc.early import Early
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
