from __future__ import annotations

import re
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from report.samples import night
from rich.cells import cell_len

from logproc.model import Lines
from logproc.report.terminal import _listed, cell, render, render_table
from logproc.report.text import rfc3339, size, visible
from logproc.report_model import CheckResult, ColumnInfo, FileEntry, Report, ReportError, ReportTable, RunInfo

RUN = RunInfo("r1", "0.1.0", "", "", "serial", 1, None, None)
TEXT = ColumnInfo("path", "text", "key")
COUNT = ColumnInfo("requests", "integer", "value")
FILE = FileEntry("a", "", "combined", 1.0, "plain", 10, 20, Lines(1234567, 1234567), "read", None, None, None)


def table(rows, columns=(TEXT, COUNT), **more):
    return ReportTable("top", "Top paths", "", columns, tuple(rows), more.pop("exact", True), **more)


def shown(*tables, files=(FILE,), checks=(), **options):
    return render(Report(RUN, tuple(files), tables, checks), 0.05, **options)


def render_columns(found, width):
    """Return a report's headline and table as they stand on a screen of a width."""
    other = table([("/", 1)])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("logproc.report.terminal.PLAIN_WIDTH", width)
        return shown(found, other).split("\n\n")[1]


def test_the_accounting_comes_first_and_balances():
    text = shown(table([("/", 1)]))
    assert text.splitlines()[0] == "files  1 read; 20 B of log text"
    assert text.splitlines()[1] == "lines  1,234,567 read = 1,234,567 counted + 0 filtered + 0 rejected"
    assert text.index("lines") < text.index("Top paths")


def test_problems_come_before_reports():
    bad = FileEntry("b.gz", "", None, 0.0, "gzip", 1, 0, Lines(), "failed", "cut short", None, None)
    text = shown(table([("/", 1)]), files=(FILE, bad))
    assert text.index("! b.gz: cut short") < text.index("Top paths")


def test_counts_have_separators_and_stand_right():
    lines = shown(table([("/", 1234567), ("/longer", 9)])).splitlines()
    first, second = (next(line for line in lines if line.strip().startswith(f"{path} ")) for path in ("/", "/longer"))
    assert first.index("1,234,567") + 9 == second.index(" 9 ") + 2
    assert first.endswith("  " + 20 * "█")
    assert second.endswith("  ▏")


def test_durations_have_their_units_in_a_report_and_are_numbers_in_an_answer():
    columns = (TEXT, COUNT, *(ColumnInfo(name, "decimal", "value") for name in ("p95", "total", "latency_ms", "mean")))
    sql = "SELECT path, approx_quantile(duration, 0.95) AS p95, sum(duration) AS total, avg(size) AS mean FROM web"
    found = ReportTable("slow", "Slow", sql, columns, (("/", 9, 0.01234, 7300.5, 12.5, 0.25),), exact=True)
    (row,) = [line for line in shown(found, table([("/", 1)])).splitlines() if line.startswith(" /  ") and "9" in line]
    assert [each.strip() for each in re.split(r" {2,}", row.strip())] == [
        "/",
        "9",
        "12.3 ms",
        "2.028 h",
        "12.5",
        "0.25",
    ]
    assert "0.01234" in render_table(found, 10)
    single = replace(found, columns=columns[2:3], rows=((0.2,),))
    assert "200 ms" in shown(single, table([("/", 1)]))


def test_numbers_that_are_names_have_no_separators():
    assert cell(2024, ColumnInfo("year", "integer", "key")) == "2024"
    assert cell(2024, COUNT) == "2,024"
    assert cell(None, TEXT) == "-"
    assert cell(True, ColumnInfo("bot", "boolean", "key")) == "true"
    assert cell(0.12345678, ColumnInfo("p99", "decimal", "value")) == "0.1235"


def test_long_reports_are_cut_and_say_so():
    long = table([(f"/{number}", 1) for number in range(50)])
    text = shown(long, table([("/", 1)]))
    assert "/9 " in text
    assert "/10 " not in text
    assert "… 40 more rows (--json shows all)" in text


def test_a_report_that_is_the_only_one_is_shown_with_its_numbers():
    text = shown(table([(f"/{number}", 1) for number in range(250)]))
    assert "/199 " in text
    assert "… 50 more rows (--json shows all)" in text
    hours = [(f"2026-03-02T{hour:02}:00:00Z", 10 + hour) for hour in range(24)]
    text = shown(table(hours, (ColumnInfo("hour", "time", "key"), COUNT)))
    assert "2026-03-02 00:00 to 2026-03-02 23:00 UTC, 24 rows\n" in text
    assert "▃" in text
    assert re.search(r"^ 2026-03-02T23:00:00Z +33 ", text, re.MULTILINE)


def test_columns_that_a_log_need_not_have_give_way_on_narrow_screens_the_last_named_first():
    names = ("mean_duration", "max_duration", "total_duration")
    columns = (TEXT, COUNT, *(ColumnInfo(name, "decimal", "value") for name in names))
    sql = "-- where logged: mean_duration, max_duration, total_duration\nSELECT 1"
    timed = ReportTable("t", "", sql, columns, (("/a", 5, 0.1, 0.2, 0.5), ("/b", 4, 0.1, 0.2, 0.4)), exact=True)

    def headings(width):
        console = render_columns(timed, width)
        return [name for name in names if name.replace("_", " ") in console.splitlines()[1]], console

    assert headings(100)[0] == list(names)
    found, text = headings(60)
    assert found == ["mean_duration", "max_duration"]
    assert "… total duration (--json shows all)" in text
    assert headings(20)[0] == []
    assert max(map(cell_len, headings(60)[1].splitlines())) <= 60


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (ReportError("relative", 0.01), "≈ within 1 %"),
        (ReportError("count", 1200), "≈ at most 1,200 more than shown"),
        (None, "≈ approximate"),
    ],
)
def test_an_approximate_report_says_how_far_it_may_be_off(error, expected):
    assert expected in shown(table([("/", 1)], exact=False, error=error))
    assert "≈" not in shown(table([("/", 1)]))


def test_a_report_that_failed_shows_why_and_no_rows():
    text = shown(table([], problem="more than 200,000 groups"))
    assert "more than 200,000 groups" in text
    assert "no rows" not in text


def test_reports_without_rows_share_one_line_unless_there_is_only_one():
    empty = ReportTable("none", "Nobody", "", (TEXT, COUNT), (), exact=True)
    text = shown(table([("/", 1)]), empty)
    assert text.endswith("Nothing to show in none\n")
    assert "Nobody" not in text
    assert "Nobody" in shown(empty)
    assert "no rows" in shown(empty)


def test_of_many_reports_without_rows_the_first_are_named():
    many = [replace(table([]), name=f"none_{number}") for number in range(52)]
    assert shown(table([("/", 1)]), *many).endswith("none_9, none_10, 41 more\n")


def test_checks_are_shown():
    text = shown(checks=(CheckResult("budget", 0.5, "> 0.01", failed=True),))
    assert "check failed  budget: 0.5 (fails if > 0.01)" in text


HOSTILE = [
    "\x1b[31mred",
    "\x1b]0;title\x07",
    "a\u202eb",
    "\u2066x",
    "a\rb",
    "a\nb",
    "a\tb",
    "\x9b31m",
    "[red]x[/red]",
]


@pytest.mark.parametrize("text", HOSTILE)
@pytest.mark.parametrize("terminal", [False, True])
def test_nothing_in_a_log_reaches_the_terminal_as_a_command(text, terminal, monkeypatch):
    monkeypatch.setenv("NO_COLOR", "1")
    bad = FileEntry(text, "", None, 0.0, None, 1, 0, Lines(), "failed", text, None, None, {text: 2})
    columns = (ColumnInfo(text, "text", "key"), COUNT)
    output = shown(
        table([(text, 1)], columns),
        files=(bad,),
        checks=(CheckResult(text, 1, text, failed=True),),
        terminal=terminal,
    )
    own = re.compile(r"\x1b\[[0-9;]*m")  # bold and dim are ours
    assert all(char.isprintable() for char in own.sub("", output).replace("\n", ""))
    if "[red]" in text:
        assert "[red]x[/red]" in output
    if "31m" in text:
        assert "\x1b[31" not in output


@given(st.text(max_size=60))
def test_visible_text_is_printable_and_leaves_ordinary_text_alone(text):
    assert visible(text).isprintable()
    if text.isprintable():
        assert visible(text) == text


def test_escapes_can_be_read():
    assert visible("a\x1b\u202e\U000e0001") == "a\\x1b\\u202e\\U000e0001"


def test_a_pipe_gets_no_colours_and_a_width_of_100():
    text = shown(table([("/" + "x" * 500, 1234567)]))
    assert "\x1b" not in text
    assert max(map(len, text.splitlines())) <= 100
    assert "1,234,567" in text


def test_numbers_and_times_are_never_cut_and_the_widest_text_gives_way():
    columns = (
        *(ColumnInfo("short", "text", "key"), ColumnInfo("long", "text", "key"), ColumnInfo("at", "time", "value")),
        *(ColumnInfo(f"n{number}", "integer", "value") for number in range(4)),
    )
    row = ("fifteen letters", "y" * 300, "2024-01-01T00:00:00.123456Z", *[123_456_789] * 4)
    text = shown(table([row, row], columns))
    line = next(line for line in text.splitlines() if "fifteen" in line)
    assert "2024-01-01T00:00:00.123456Z" in line
    assert line.count("123,456,789") == 4
    assert "fifteen letters" not in line
    assert "y" * 12 not in line
    assert "y…" in line


def test_wide_characters_take_two_columns():
    lines = shown(table([("日本語", 5), ("abcdef", 5)])).splitlines()
    ends = [cell_len(line[: line.index(" 5 ")]) for line in lines if " 5 " in line]
    assert len(ends) == 2
    assert ends[0] == ends[1]


def test_a_single_row_without_a_key_is_pairs():
    columns = tuple(ColumnInfo(name, "integer", "value") for name in ("requests", "bytes", "visitors"))
    text = shown(table([(1234, 5, 6)], columns))
    assert re.search(r"^ requests +1,234   bytes +5   visitors +6$", text, re.MULTILINE)
    assert re.search(r"^ requests +1,234$", render_table(table([(1234, 5, 6)], columns), 10), re.MULTILINE)


def test_a_report_that_its_limit_cut_says_so():
    assert "… more rows than the report's LIMIT" in shown(table([("/", 1)], truncated=True))


def test_colours_obey_no_color(monkeypatch):
    monkeypatch.setenv("TERM", "xterm-256color")
    bad = (CheckResult("c", 1, "> 0", failed=True),)
    monkeypatch.delenv("NO_COLOR", raising=False)
    assert "\x1b[31m" in shown(checks=bad, terminal=True)
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b[31m" not in shown(checks=bad, terminal=True)


@given(st.integers(-(2**63), 2**63 - 1))
def test_every_time_has_a_text(micros):
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{6})?Z", rfc3339(micros) or "")


def test_sizes_are_written_for_people():
    assert [size(count) for count in (0, 999, 1500, 123_456_789, 5e15)] == [
        "0 B",
        "999 B",
        "1.5 kB",
        "123 MB",
        "5,000 TB",
    ]


def screen(monkeypatch, width, report):
    monkeypatch.setenv("COLUMNS", str(width))
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setenv("TERM", "xterm")
    return re.sub(r"\x1b\[[0-9;]*m", "", render(report, 0.05, terminal=True)).splitlines()


def test_the_first_screen_says_what_matters(monkeypatch):
    lines = "\n".join(screen(monkeypatch, 80, night())[:24])
    for wanted in (
        "1,100 read = 1,090 counted",
        "check failed",
        "! b.log: permission denied",
        "! silent  web/web1: no lines, or far fewer than its twins, from 2026-03-02 09:00",
        "4,500",
        "▄▄▄▅▅▅",
    ):
        assert wanted in lines


@pytest.mark.parametrize("width", [80, 120, 200])
def test_no_line_is_wider_than_the_screen(monkeypatch, width):
    lines = screen(monkeypatch, width, night())
    assert max(map(cell_len, lines)) <= width
    words = " ".join(lines)
    assert "! silent  web/web1: no lines, or far fewer than its twins, from 2026-03-02 09:00 to" in words
    assert " an hour were expected" in words
    assert any("/page/0" in line and "hour_of_day" not in line for line in lines)


def test_wide_screens_have_two_reports_beside_each_other(monkeypatch):
    lines = screen(monkeypatch, 200, night())
    assert any("Paths" in line and "Weekdays" in line for line in lines)


def test_hosts_are_shown_by_hour_with_their_holes(monkeypatch):
    lines = screen(monkeypatch, 80, night())
    assert next(line for line in lines if line.startswith(" web/web1 ")).count("!") == 4
    assert "!" not in next(line for line in lines if line.startswith(" web/web2 "))


def test_the_hours_of_a_day_are_a_course_and_the_days_of_a_week_a_table(monkeypatch):
    hours, week = (
        ReportTable(name, "", "", (ColumnInfo(key, "integer", "key"), COUNT), tuple(enumerate(counts)), exact=True)
        for name, key, counts in (("hours", "hour_of_day", range(24)), ("week", "weekday", range(7)))
    )
    lines = screen(monkeypatch, 80, Report(RUN, (FILE,), (hours, week)))
    at = lines.index("hours")
    assert re.fullmatch(r" requests +[▁-█]{24} max 23", lines[at + 1])
    assert lines[at + 2] == " hour of day 0 to 23, 24 rows (--json shows all)"
    assert any(re.match(r" +6 +6 ", line) for line in lines)


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        ("/na\u0308\u0301ive/क्षि/ก็่", "/na\u0308\u0301ive/क्षि/ก็่"),
        ("/x" + "\u0301" * 6, "/x" + "\u0301" * 4 + "\\u0301" * 2),
        ("/admin\u3164", "/admin\\u3164"),
        ("a\u2800b\U000e0101c\u034f", "a\\u2800b\\U000e0101c\\u034f"),
        ("⚠\ufe0f 日本", "⚠\ufe0f 日本"),
        ("\u0301" * 2 + "\x1b" + "\u0301" * 5, "\u0301" * 2 + "\\x1b" + "\u0301" * 4 + "\\u0301"),
    ],
)
def test_what_shows_nothing_or_covers_other_rows_is_escaped(text, seen):
    assert visible(text) == seen


def test_columns_are_named_in_words_and_keys_as_they_are():
    columns = (ColumnInfo("day_of_week", "text", "key"), ColumnInfo("p99_9", "decimal", "value"), COUNT)
    named = ReportTable("t", "", "SELECT 1", columns, (("a_b", 0.5, 2), ("c_d", 0.25, 1)), exact=True)
    text = render_columns(named, 100)
    assert all(word in text for word in ("day of week", "p99.9", "a_b", "c_d"))


def test_changes_are_cut_between_figures():
    words = [f"figure {number} −{number}0.0 %" for number in range(1, 10)]  # noqa: RUF001
    lines = list(_listed(" against day before:", words, 80))
    assert all(len(line) <= 80 for line in lines)
    assert " ".join(line.strip() for line in lines) == "against day before: " + ", ".join(words)
    assert all(line.endswith("%,") for line in lines[:-1])
