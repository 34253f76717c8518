"""The first and the last step of a course, where logs begin or end within it, is no collapse and says so."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from report.samples import column, entry, table

from logproc.report.ends import Ends, charts, ends_of, files_of, marked, noted
from logproc.report.figures import Axis
from logproc.report.html import drawing

DAY = 86400
COUNTED = "SELECT date_trunc('x', time) AS x, count(*) AS requests FROM web GROUP BY ALL"


def stamp(second):
    return f"{datetime.fromtimestamp(second, UTC):%Y-%m-%dT%H:%M:%SZ}"


def course(step, counts, name="course"):
    rows = [(stamp(n * step), count) for n, count in enumerate(counts) if count]
    return table(name, [column("x", "time", "key"), column("requests")], rows, COUNTED)


def read(first, last):
    return entry("a.log", first_time=int(first * 1e6), last_time=int(last * 1e6))


DAYS = Axis(("a", "b", "c"), (), (0, DAY, 2 * DAY))


@pytest.mark.parametrize(
    ("first", "last", "said"),
    [
        (DAY * 0.5, DAY * 2.5, "first day from 12:00, last day until 12:00"),
        (60.0, DAY * 2.5, "last day until 12:00"),
        (DAY * 0.5, DAY * 3 - 60, "first day from 12:00"),
        (0.0, DAY * 9, ""),
        (None, None, ""),
    ],
)
def test_a_step_that_is_not_whole_is_named(first, last, said):
    assert noted(marked(DAYS, Ends(first, last))) == said


def test_logs_of_another_kind_that_go_on_do_not_make_a_day_whole():
    hours = course(3600, [5] * 60, "hours")
    days = course(DAY, [120, 120, 60], "days")
    assert ends_of([days, hours], [read(0, 9 * DAY)]) == {"days": Ends(0, 60 * 3600), "hours": Ends(0, 9 * DAY)}
    others = course(3600, [4] * 60, "hours")
    assert ends_of([days, others], [read(0, 9 * DAY)])["days"] == Ends(0, 9 * DAY)
    assert ends_of([days], []) == {"days": Ends()}


def test_the_files_of_a_host_are_its_own_and_those_of_many_hosts():
    own, other = replace(read(0, 5), host="a"), replace(read(0, 9), host="b")
    many = replace(read(0, 7), host=None)
    assert files_of([own, other, many], "", "a") == (own, many)
    assert files_of([own, other, many], "elsewhere", "a") == ()
    assert files_of([own, other], "", "") == (own, other)


def test_a_chart_has_stripes_there_and_says_so_aloud():
    days = course(DAY, [120, 120, 60])
    (chart,) = charts(days, ends_of([days], [read(0, 2.5 * DAY)])["course"])
    drawn = drawing.draw(chart, "Requests")
    assert drawn.partial == "last day until 12:00"
    assert drawn.summary.endswith("; last day until 12:00")
    assert all(320 < float(x.split()[0]) < 640 for x in drawn.stripes.split("M")[1:])
    assert '"until":"12:00"' in drawn.data
    (whole,) = charts(days, Ends())
    assert drawing.draw(whole, "Requests").stripes == ""
