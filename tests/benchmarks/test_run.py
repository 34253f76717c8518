"""Ratios are taken pair by pair, and a target that was missed says so."""

from __future__ import annotations

import pytest
from contestants import CONTESTANTS
from measure import Sample
from run import Outcome, Times, measured, result_path, verdict
from works import WORKS, Limit, Ratio, Work


def outcome(**inside):
    times = {label: Times(inside=dict(enumerate(seconds))) for label, seconds in inside.items()}
    return Outcome(Work("w", "", (), (), "x"), times, {})


def test_ratio_is_the_median_over_rounds():
    found = outcome(logproc=[1.0, 1.0, 2.0], peer=[4.0, 3.0, 20.0])
    assert measured(found, Ratio("", "logproc", ("peer",), 2)) == 4.0


def test_ratio_against_several_peers_takes_the_slowest():
    found = outcome(logproc=[3.0], inflate=[1.0], parse=[2.0])
    assert measured(found, Ratio("", "logproc", ("inflate", "parse"), 1.3, faster=False)) == 1.5


@pytest.mark.parametrize(
    ("ratio", "met"),
    [
        (Ratio("", "logproc", ("peer",), 2), "yes"),
        (Ratio("", "logproc", ("peer",), 5), "NO"),
        (Ratio("", "logproc", ("peer",), 0.3, faster=False), "yes"),
        (Ratio("", "logproc", ("peer",), 0.2, faster=False), "NO"),
        (Ratio("", "logproc", ("absent",), 2), "-"),
    ],
)
def test_verdict(ratio, met):
    assert verdict(outcome(logproc=[1.0], peer=[4.0]), ratio)[-1] == met


def test_limit_is_held_against_the_whole_process():
    found = outcome()
    found.times["help"] = Times(whole={0: Sample(0.2, 0.1, 50_000_000, "", "", 0)})
    assert verdict(found, Limit("", "help", "wall", 0.15))[2:] == ("0.2 s", "NO")
    assert verdict(found, Limit("", "help", "peak", 400))[2:] == ("50 MB", "yes")


@pytest.mark.parametrize("work", WORKS.values(), ids=lambda work: work.name)
def test_tables_fit_together(work):
    labels = {entry.label for entry in work.entries}
    assert len(labels) == len(work.entries)
    assert work.reference in labels
    for entry in work.entries:
        assert entry.work in CONTESTANTS[entry.contestant].works()
    for asked in work.asked:
        named = {asked.label} if isinstance(asked, Limit) else {asked.ours, *asked.peers}
        assert named <= labels


def test_results_of_some_works_do_not_replace_those_of_all():
    assert result_path(list(WORKS)) != result_path(["a"])
