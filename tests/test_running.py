"""What runs with a ledger and without one share."""

from __future__ import annotations

import pytest

from logproc.model import Task
from logproc.running import shared_out
from logproc.worker import Job


@pytest.mark.parametrize(
    ("sizes", "workers", "ahead"),
    [([9], 2, True), ([9, 9], 2, False), ([9, 1, 1], 2, True), ([9] * 8, 4, False), ([9, 9], 4, True), ([], 2, False)],
)
def test_files_are_decoded_ahead_where_one_is_more_than_a_workers_share(
    sizes: list[int], workers: int, *, ahead: bool
) -> None:
    tasks = [Task(number, (), size) for number, size in enumerate(sizes)]
    assert shared_out(Job("j", (), decode_ahead=True), tasks, workers).decode_ahead is ahead
    assert not shared_out(Job("j", ()), tasks, workers).decode_ahead
