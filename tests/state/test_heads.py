"""Files that begin alike: which they are, and that many files of one family cost no more than each alone."""

from __future__ import annotations

import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st
from state.rotation import Logs, counted, run

from logproc.state.heads import Heads

BYTES = st.binary(max_size=4).map(lambda text: bytes(byte % 3 for byte in text))


@given(heads=st.lists(BYTES, max_size=12), head=BYTES)
def test_of_two_that_are_alike_one_begins_with_the_other(heads, head):
    alike = [
        n for n, other in enumerate(heads) if other and head and (other.startswith(head) or head.startswith(other))
    ]
    assert Heads(enumerate(heads)).alike(head) == alike


def calls_of_a_first_night(folder, count):
    """Return how many functions of `state` are called when a family of so many files is new."""
    logs = Logs(folder / "logs")
    for number in range(count):
        logs.append(f"a.log.{number + 1}", 2, 300)
    calls = 0

    def called(frame, event, _):
        nonlocal calls
        calls += event == "call" and "/logproc/state/" in frame.f_code.co_filename

    before = sys.getprofile()
    sys.setprofile(called)
    try:
        report = run(logs.root, folder / "state")
    finally:
        sys.setprofile(before)
    assert counted(report) == logs.ever
    return calls


def test_many_of_a_family_cost_no_more_than_each_alone(tmp_path):
    few, many = (calls_of_a_first_night(tmp_path / str(count), count) for count in (20, 200))
    assert many < 11 * few


@pytest.mark.parametrize("name", ["a.log.3", "elsewhere/a.log.3"])
def test_a_copy_among_many_of_a_family_counts_once(tmp_path, name):
    logs = Logs(tmp_path / "logs")
    for number in range(30):
        logs.append(f"a.log.{number + 10}", 2, 300)
    assert counted(run(logs.root, tmp_path / "state")) == logs.ever
    logs.copy("a.log.17", "a.log.2")
    logs.append("a.log.1", 3, 300)
    logs.copy("a.log.1", "a.log.4")
    assert counted(run(logs.root, tmp_path / "state")) == logs.ever
    logs.move("a.log.2", name)
    assert counted(run(logs.root, tmp_path / "state")) == logs.ever
