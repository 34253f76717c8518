"""The simulated fleet does all tasks through the real broker and the real merge, whatever happens to its workers."""

from __future__ import annotations

from pathlib import Path

import pytest
import simulate

from logproc.worker import Job

DATA = Path(__file__).parents[2] / "data"


@pytest.mark.parametrize(("tasks", "workers"), [(0, 3), (700, 1), (3000, 40)])
def test_a_simulated_fleet_does_everything(tasks, workers):
    measured = simulate.run(Job("j", ()), tasks, workers, 5.0, [simulate.bare()])
    assert (measured.status.done, measured.status.failed, measured.status.leased) == (tasks, 0, 0)
    assert measured.status.lost_leases > 0 or tasks < 3000
    assert (measured.calls > 2.0) == (tasks > 0)
    assert measured.peak >= measured.planned


@pytest.mark.parametrize("question", simulate.QUESTIONS)
def test_the_sample_has_real_tables(question):
    job, partials, seconds = simulate.real(question, DATA / "web1" / "access.log.1")
    measured = simulate.run(job, 5, 2, 5.0, partials)
    assert (measured.status.done, measured.status.failed) == (5, 0)
    assert len(partials[0].tables) == len(job.specs)
    assert seconds > 0


def test_tables_are_markdown(capsys):
    simulate.table(("a", "b"), [("1", "2")])
    assert capsys.readouterr().out == "| a | b |\n| --- | --- |\n| 1 | 2 |\n"
