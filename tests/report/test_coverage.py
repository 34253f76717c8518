from __future__ import annotations

import email
from dataclasses import replace
from statistics import StatisticsError, correlation

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from report.samples import column, entry, night, table

from logproc.model import Lines
from logproc.report import html, markdown, shifts, terminal, twins
from logproc.report.coverage import _holes, coverage
from logproc.report.html import mail
from logproc.report_model import COVERAGE, Report, RunInfo

HOURS = [f"2026-03-{day:02}T{hour:02}:00:00Z" for day in (1, 2, 3) for hour in range(24)]
DAY = [40, 20, 10, 10, 20, 60, 150, 300, 420, 480, 500, 470, 440, 460, 480, 450, 400, 380, 300, 250, 200, 150, 90, 60]


def shape(hour: int, scale: float = 1.0) -> int:
    return round(scale * DAY[hour % 24])


def counted(hosts):
    """Return the table of hosts, given as the lines of each hour, None for an hour without any."""
    rows = [
        ("web", host, hour, lines)
        for host, series in hosts.items()
        for hour, lines in zip(HOURS, series, strict=True)
        if lines
    ]
    columns = [*(column(name, "text", "key") for name in ("source", "host")), column("hour", "time", "key")]
    return table(COVERAGE, [*columns, column("lines")], rows)


def usual(scale=1.0, shift=0):
    return [shape(number - shift, scale) for number in range(len(HOURS))]


def kinds(hosts, files=()):
    return [(finding.kind, finding.host) for finding in coverage(counted(hosts), files).findings]


def test_hosts_that_write_as_their_others_eachdo_are_no_news():
    assert kinds({"a": usual(), "b": usual(0.1), "c": usual(3)}) == []


def test_a_silent_host_is_named_with_its_hours():
    silent = [lines if not 30 <= number < 35 else None for number, lines in enumerate(usual())]
    found = coverage(counted({"a": usual(), "b": silent, "c": usual()}), ())
    (finding,) = found.findings
    assert (finding.kind, finding.host) == ("silent", "b")
    assert (finding.since, finding.until) == ("2026-03-02T06:00:00Z", "2026-03-02T11:00:00Z")
    assert "about 370 an hour were expected" in finding.text
    assert found.rows[1].holes == set(range(30, 35))
    assert found.rows[0].holes == frozenset()


def test_a_silent_host_is_at_the_top_of_the_page_and_in_the_mails_subject():
    silent = [lines if not 30 <= number < 35 else None for number, lines in enumerate(usual())]
    found = replace(night(), coverage=counted({"a": usual(), "b": silent, "c": usual()}))
    page = html.render(found).decode()
    top = page[page.index("Needs a look") : page.index('<section id="coverage">')]
    assert '<a href="#coverage">silent</a> web/b: no lines, or far fewer than its twins' in top
    subject = email.message_from_bytes(mail.render(found, 0.05))["Subject"].replace("\n", "")
    assert ", 1 finding, " in subject
    assert "\n- **silent** web/b\\: no lines, or far fewer than its twins" in markdown.render(found, 0.05).decode()


def quiet(silent=(), lines=3, rest=()):
    """Return the hours of a host that writes a few lines in each."""
    return [None if number in silent or number % 24 in rest else lines + number % 2 for number in range(len(HOURS))]


def test_a_host_of_few_lines_is_silent_where_a_whole_night_has_none():
    found = coverage(counted({"a": quiet(), "b": quiet(range(30, 42)), "c": quiet()}), ())
    (finding,) = found.findings
    assert (finding.kind, finding.host) == ("silent", "b")
    assert (finding.since, finding.until) == ("2026-03-02T06:00:00Z", "2026-03-02T18:00:00Z")
    assert "about 3.5 an hour were expected" in finding.text
    assert kinds({"a": quiet(), "b": quiet(range(60, 72)), "c": quiet()}) == [("silent", "b")]  # to the end
    assert kinds({"a": quiet(), "b": quiet(range(30, 34)), "c": quiet()}) == []  # twelve lines are no evidence


def test_a_host_of_few_lines_that_joins_late_was_not_silent_before():
    twins = {"a": quiet(), "c": quiet()}
    assert kinds({**twins, "b": quiet(range(12))}) == []
    joined = [None if number < 10 or 40 <= number < 52 else 3 for number in range(len(HOURS))]
    (finding,) = coverage(counted({**twins, "b": joined}), ()).findings
    assert (finding.since, finding.until) == (HOURS[40], HOURS[52])
    assert kinds({**twins, "b": quiet(range(1, 12))}) == [("silent", "b")]


def test_what_was_expected_is_said_as_a_whole_where_it_is_less_than_a_line_an_hour():
    found = [each.text for each in _holes("web", "b", dict.fromkeys(HOURS, 0.4), HOURS)]
    assert found[0].endswith("UTC; about 29 in all were expected")


def test_hosts_that_rest_at_night_or_write_in_heaps_are_not_silent():
    twins = {"a": quiet(), "c": quiet()}
    assert kinds({**twins, "b": quiet(rest=range(12))}) == []
    heaps = [84 if number % 24 == 6 else None for number in range(len(HOURS))]
    assert kinds({**twins, "b": heaps}) == []


def test_far_fewer_lines_are_a_hole_as_well():
    few = [lines if number != 34 else lines // 20 for number, lines in enumerate(usual())]
    assert kinds({"a": usual(), "b": few, "c": usual()}) == [("silent", "b")]


def test_a_sixth_of_the_lines_for_some_hours_is_a_hole_where_the_host_is_steady():
    few = [lines if number not in {34, 35} else lines // 6 for number, lines in enumerate(usual())]
    (finding,) = coverage(counted({"a": usual(), "b": few, "c": usual()}), ()).findings
    assert (finding.kind, finding.host, finding.since) == ("silent", "b", "2026-03-02T10:00:00Z")
    unsteady = [lines * (1, 5, 2, 8)[number % 4] // 3 for number, lines in enumerate(few)]
    assert kinds({"a": usual(), "b": unsteady, "c": usual()}) == []


def test_a_burst_on_one_twin_is_nobodys_hole():
    burst = [lines * (8 if number == 34 else 1) for number, lines in enumerate(usual())]
    assert kinds({"a": burst, "b": usual(), "c": usual()}) == []
    assert kinds({"a": [lines // 2 + 4 * (lines - lines // 2) for lines in burst], "b": usual()}) == []


def test_a_host_with_a_sixth_of_its_others_eachlines_all_the_time_is_told_apart_from_hosts_of_all_sizes():
    alike = {name: usual(1 + number / 10) for number, name in enumerate("abcd")}
    (finding,) = coverage(counted({**alike, "e": usual(1 / 6)}), ()).findings
    assert (finding.kind, finding.host) == ("few", "e")
    assert "web/e: far fewer lines than its twins all the time, 1 for 6." in finding.text
    assert kinds({"a": usual(), "b": usual(2), "c": usual(4), "d": usual(9), "e": usual(1 / 6)}) == []
    assert kinds({"a": usual(), "b": usual(), "e": usual(1 / 6)}) == []  # of three, who is the odd one?


def balanced(chance, hosts, noise):
    """Return the lines of hosts behind a balancer: a day's shape, noise with a memory, bursts of single clients."""
    weights = np.exp(chance.normal(0, 0.3, hosts))
    found = []
    for weight in weights:
        level, series = chance.normal(0, noise), []
        for hour in range(len(HOURS)):
            level = 0.5 * level + 0.75**0.5 * chance.normal(0, noise)
            burst = chance.lognormal(1.5, 0.6) if chance.random() < 0.005 else 1.0
            series.append(int(chance.poisson(weight * DAY[hour % 24] * burst * np.exp(level))))
        found.append(series)
    return {f"web{number}": series for number, series in enumerate(found)}


def test_unchanged_traffic_raises_no_alarm():
    chance = np.random.default_rng(11)
    fleets = [balanced(chance, hosts, noise) for hosts in (3, 4, 8) for noise in (0.1, 0.3) for _ in range(6)]
    assert not {"silent", "few"} & {kind for fleet in fleets for kind, _ in kinds(fleet)}


def test_a_host_alone_and_lines_without_host_are_not_judged():
    silent = [lines if number < 30 else None for number, lines in enumerate(usual())]
    assert kinds({"a": silent}) == []
    assert kinds({"a": usual(), None: silent}) == []


@pytest.mark.parametrize("hours", [-2, 1, 5])
def test_a_clock_in_another_zone_is_told_by_the_shape_of_the_day(hours):
    found = coverage(counted({"a": usual(), "b": usual(0.5, hours), "c": usual(2)}), ()).findings
    (finding,) = [each for each in found if each.kind == "shifted"]
    assert finding.host == "b"
    assert f"{abs(hours)} hour" in finding.text
    assert ("later" if hours > 0 else "earlier") in finding.text


def test_lines_later_than_their_file_are_of_a_clock_that_is_ahead():
    file = entry("a.log")
    good = replace(file, host="a", mtime_ns=(file.last_time + 900_000) * 1000)
    ahead = replace(file, host="b", mtime_ns=(file.last_time - 190_000_000) * 1000)
    found = coverage(counted({}), (good, replace(ahead, lines=Lines(5, 5)))).findings
    assert [(each.kind, each.host) for each in found] == [("ahead", "b")]
    assert "3.17 min" in found[0].text


def test_a_clock_that_is_behind_is_told_from_its_twins():
    def files(host, gap):
        return [
            replace(
                entry(f"{host}{n}"),
                host=host,
                lines=Lines(10 * n + gap, 10 * n + gap),
                mtime_ns=(entry("x").last_time + gap * 1_000_000) * 1000,
            )
            for n in range(3)
        ]

    found = coverage(counted({}), tuple(files("a", 1) + files("b", 2) + files("c", 400))).findings
    assert [(each.kind, each.host) for each in found] == [("behind", "c")]


def test_files_that_agree_in_everything_may_be_counted_twice():
    files = (entry("a/access.log"), entry("b/access.log.1"), replace(entry("c"), bytes_read=999))
    (finding,) = coverage(counted({}), files).findings
    assert finding.kind == "duplicate"
    assert "a/access.log, b/access.log.1" in finding.text


def test_a_damaged_tail_is_found():
    cut = replace(entry("a.gz"), reason="the gzip stream ends too early")
    (finding,) = coverage(counted({}), (cut,)).findings
    assert (finding.kind, finding.text) == ("damaged", "a.gz: the gzip stream ends too early")


def test_what_a_problem_says_already_is_no_finding_beside_it():
    cut = replace(entry("a.gz"), reason="the gzip stream ends too early", rejected_by_reason={})
    found = Report(RunInfo("r", "1", "", "2026-03-03T00:00:00Z", "serial", 1, None, None), (cut,), (), (), counted({}))
    assert coverage(found.coverage, found.files).findings
    top = html.render(found).decode().partition("<details")[0]
    mailed = email.message_from_bytes(mail.render(found, 0.05))
    parts = [part.get_payload(decode=True).decode() for part in mailed.walk() if not part.is_multipart()]
    texts = [terminal.render(found, 0.05), markdown.render(found, 0.05).decode(), top, *parts]
    assert [text.count("the gzip stream ends too early") for text in texts] == [1] * 5
    assert mailed["Subject"].startswith("logproc: 1 problem, ")


def test_a_report_keeps_the_coverage_apart():
    run = RunInfo("r", "1", "", "", "serial", 1, None, None)
    other = table("other", [column("n")], [(1,)])
    report = Report(run, (), (other, counted({"a": usual()})))
    assert report.reports == (other,)
    assert report.coverage.name == COVERAGE


lines_or_none = st.none() | st.integers(0, 1000)


@given(st.lists(lines_or_none, min_size=30, max_size=60), st.data())
def test_shapes_are_compared_by_the_correlation_of_hours_that_both_have(mine, data):
    far = shifts.FARTHEST_SHIFT
    size = len(mine) + 2 * far
    theirs = data.draw(st.lists(lines_or_none, min_size=size, max_size=size))
    found = shifts._fits(np.array(mine, float), np.array(theirs, float))
    for shift in (-far, -1, 0, 1, far):
        pairs = [(x, theirs[place + far - shift]) for place, x in enumerate(mine)]
        pairs = [(x, y) for x, y in pairs if None not in (x, y)]
        try:
            wanted = correlation(*zip(*pairs, strict=True)) if len(pairs) >= shifts.LEAST_HOURS // 2 else 0.0
        except StatisticsError:
            wanted = 0.0
        assert found[shift] == pytest.approx(wanted, abs=1e-9)


def test_hours_that_one_twin_alone_has_are_nobodys_silence():
    hours = [f"2026-02-01T{hour:02}:00:00Z" for hour in range(12)]
    usual = dict.fromkeys(hours, 200)
    ahead = {**usual, "2026-02-01T12:00:00Z": 200}  # its clock is an hour ahead
    others_each = [ahead, usual, usual, usual]
    others = {hour: sum(twin.get(hour, 0) for twin in others_each) for hour in ahead}
    assert twins.missing(usual, others, others_each) == {}
    down = {hour: lines for hour, lines in usual.items() if hour != hours[5]}
    others[hours[5]] -= 400
    assert list(twins.missing(down, others, [ahead, usual, down, down])) == [hours[5]]  # half of them write
