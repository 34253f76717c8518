"""Templates of messages: what varies is left out, what does not stays, whatever else a file holds."""

from __future__ import annotations

import csv
from collections import defaultdict
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from logproc.rollup.functions import FUNCTIONS
from logproc.rollup.functions_template import LONGEST, template
from logproc.rollup.spec import Call
from logproc.rollup.sql import plan

LOGHUB = Path(__file__).parents[3] / "shared" / "corpora" / "loghub"


@pytest.mark.parametrize(
    ("message", "folded"),
    [
        ("connection from 10.0.0.1:5070 closed after 12.5 s", "connection from <*> closed after <*> s"),
        ("job 6ba7b810-9dad-11d1-80b4-00c04fd430c8 done", "job <*> done"),
        ("block blk_-6952295868487656571 at 0x1F", "block <*> at <*>"),
        ('cannot open "a \\" b": No such file', "cannot open <*>: No such file"),
        ("can't stop, won't stop", "can't stop, won't stop"),
        ("said 'two words' twice", "said <*> twice"),
        ("read /var/log/a b and C:\\Windows\\x.log", "read <*> b and <*>"),
        ("see https://example.com/a?b=c for more", "see <*> for more"),
        ("uid=0 user=root rhost= tty=ssh", "uid=<*> user=<*> rhost= tty=<*>"),
        ("host a.b.example.org is up", "host <*> is up"),
        ("nothing varies here", "nothing varies here"),
        ("", ""),
    ],
)
def test_what_varies_is_folded(message: str, folded: str):
    assert template(message) == folded
    assert template(folded) == folded


@given(st.text(max_size=200))
def test_any_text_has_a_template(message: str):
    assert isinstance(template(message), str)


@pytest.mark.parametrize("piece", ["a", "1", "'", '"', "\\", "=", "/", ".", "a-", "1.", "://", "0x", " ", "é"])
def test_a_long_message_takes_no_time_by_its_square(piece: str):
    assert len(template(piece * 200_000)) <= 4 * LONGEST


def test_the_field_is_the_function_of_the_message():
    field = plan("SELECT template, count(*) AS n FROM app GROUP BY template", "x")
    function = plan("SELECT template(message) AS t, count(*) AS n FROM app GROUP BY template(message)", "x")
    assert field.keys == function.keys
    assert isinstance(field.keys[0], Call)


@pytest.mark.parametrize(("system", "least"), [("Apache", 1.0), ("BGL", 0.95), ("HDFS", 0.99), ("Hadoop", 0.95)])
def test_lines_fall_into_the_groups_that_people_made(system: str, least: float):
    path = LOGHUB / system / f"{system}_2k.log_structured.csv"
    if not path.is_file():
        pytest.skip("the corpora of ../shared are not here")
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    events, ours = defaultdict(set), defaultdict(set)
    for number, row in enumerate(rows):
        events[row["EventId"]].add(number)
        ours[FUNCTIONS["template"](row["Content"])].add(number)
    same = sum(len(group) for group in ours.values() if events[rows[min(group)]["EventId"]] == group)
    assert same / len(rows) >= least
