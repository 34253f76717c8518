"""Nobody is timed on a wrong answer: the comparison notices what is wrong and lets sketches err as they may."""

from __future__ import annotations

import pytest
from answers import differences, from_awk, hour_of

REFERENCE = {
    "lines": 5000,
    "bytes": 10**12,
    "status": {"200": 4000, "404": 1000},
    "hours": {"2026-03-02T15": 5000},
    "targets": {"/": 300, "/a": 200},
    "clients": {"10.0.0.1": 100},
    "distinct": 1000,
    "p95": {"200": 1.0, "404": 2.0},
}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("lines", 4999),
        ("bytes", 10**12 + 1),
        ("status", {"200": 4001, "404": 999}),
        ("status", {"200": 4000}),
        ("hours", {"2026-03-02T16": 5000}),
        ("targets", {"/": 300, "/b": 200}),
        ("targets", {"/": 330, "/a": 200}),
        ("clients", {"10.0.0.2": 100}),
        ("distinct", 1200),
        ("p95", {"200": 1.2, "404": 2.0}),
        ("p95", {"200": 1.0}),
    ],
)
def test_wrong_answer_is_noticed(name, value):
    assert differences(REFERENCE | {name: value}, REFERENCE)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("targets", {"/": None, "/a": None}),
        ("targets", {"/": 301, "/a": 200}),
        ("distinct", 1030),
        ("p95", {"200": 1.02, "404": 1.97}),
    ],
)
def test_sketch_may_err_a_little(name, value):
    assert differences(REFERENCE | {name: value}, REFERENCE) == []


def test_answer_to_something_else_is_noticed():
    assert differences({"inflated": 3}, REFERENCE)


@pytest.mark.parametrize("text", ["02/Mar/2026:15", "2026-03-02T15:00:00Z", "2026-03-02T15:00:00.000000Z"])
def test_hours_are_spelled_alike(text):
    assert hour_of(text) == "2026-03-02T15"


def test_awk_output_keeps_blanks_in_keys():
    assert from_awk("lines 3\nstatus 2 200\nhours 3 02/Mar/2026:15\ntargets 1 /a b\n") == {
        "lines": 3,
        "status": {"200": 2},
        "hours": {"2026-03-02T15": 3},
        "targets": {"/a b": 1},
    }
