"""The page as bytes: complete without JavaScript, self-contained, small, and nothing in it that is not ours to run."""

from __future__ import annotations

import base64
import gzip
import json
import re
import sys
from dataclasses import replace
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st
from report.samples import HOSTILE, column, covered, entry, hostile, night, sliced, table

from logproc.errors import UsageError
from logproc.report import html
from logproc.report.html import page, panels
from logproc.report.html.sharing import wholes
from logproc.report.text import valid_text, visible
from logproc.report_model import Before, Comparison, Report

VOID = {"meta", "input", "img", "br", "hr", "link"}


class Reader(HTMLParser):
    """Collects what a browser would see: elements, texts and data blocks."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.tags, self.attributes, self.texts, self.data, self.open = [], [], [], [], []

    def handle_starttag(self, tag, attributes):
        self.tags.append(tag)
        self.attributes += [(tag, name, value) for name, value in attributes]
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attributes):
        self.tags.append(tag)
        self.attributes += [(tag, name, value) for name, value in attributes]

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, text):
        (self.data if self.open and self.open[-1] in {"script", "style"} else self.texts).append(text)


def read(report: Report, **more) -> Reader:
    reader = Reader()
    reader.feed(html.render(report, **more).decode())
    reader.close()
    assert not reader.open
    return reader


def test_everything_stands_in_the_page_without_javascript():
    found = read(night())
    text = " ".join(found.texts)
    for wanted in (
        "1,100",
        "permission denied",
        "more than 10 groups",
        "/page/39",
        "error budget",
        "13.8 MB",
        "Nothing to show in: Users.",
    ):
        assert wanted in text
    assert "GET / \\xff" in text
    assert found.tags.count("svg") >= 8
    assert text.count("SELECT count(*) AS requests FROM web") == 1


def test_nothing_in_the_page_asks_for_anything():
    for tag, name, value in read(night()).attributes:
        assert name not in {"src", "srcset", "style", "action", "poster", "background"}, (tag, name, value)
        assert not name.startswith("on")
        if name in {"href", "xlink:href"}:
            assert value.startswith("#")


def test_the_policy_lets_nothing_run_but_what_is_ours():
    text = html.render(night()).decode()
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', text).group(1).replace("&#39;", "'")
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    for kind, content in (
        ("style", re.search(r"<style>(.*?)</style>", text, re.DOTALL).group(1)),
        ("script", re.search(r"<script>(.*?)</script>", text, re.DOTALL).group(1)),
    ):
        assert f"{kind}-src {page._digest(content)}" in policy


def test_hostile_texts_are_texts():
    found = read(hostile())
    ours = read(night())
    assert set(found.tags) <= set(ours.tags)
    # the page's own, the counts by host, the names of slices and the slices
    drawn = [classes for tag, name, classes in found.attributes if (tag, name) == ("figure", "class")]
    assert found.tags.count("script") == len([c for c in drawn if "columns" not in c]) + 3 + len(hostile().slices)
    assert not [name for _, name, _ in found.attributes if name.startswith("on")]
    assert {name for _, name, _ in found.attributes} <= {name for _, name, _ in ours.attributes} | {"data-v"}
    shown = "".join(found.texts)
    for text in HOSTILE[:-1]:
        assert visible(valid_text(text)) in shown
    assert "(1,000,000 characters)" in shown
    assert all(char.isprintable() or char == "\n" for char in shown)


@given(st.text(max_size=40), st.text(max_size=40))
def test_any_text_comes_out_as_it_went_in(title, value):
    one = replace(table("t", [column("k", "text", "key"), column("n")], [(value, 1), ("b", 2)]), title=title)
    found = read(Report(night().run, (entry("a"),), (one,)))
    assert (visible(valid_text(value)) or "(empty)") in found.texts


def test_chart_data_is_json():
    text = html.render(hostile()).decode()
    blocks = re.findall(r'<script type="application/json">(.*?)</script>', text)
    assert blocks
    for block in blocks:
        assert "<" not in block
        assert json.loads(block)["lines"]


def test_a_page_has_a_bound():
    rows = [(f"{number}" * 2000, number) for number in range(3000)]
    many = [table(f"t{number}", [column("k", "text", "key"), column("n")], rows) for number in range(8)]
    content = html.render(Report(night().run, tuple(entry(f"f{n}") for n in range(5000)), tuple(many)))
    assert len(content) < 1_500_000
    assert b"more rows in the JSON report" in content
    assert b"4,600 more files in the JSON report" in content


def test_a_page_that_would_be_too_large_shows_less_of_each_report_and_says_so():
    rows = [(f"/{'path' * 50}/{number}", number) for number in range(400)]
    many = [table(f"t{number}", [column("k", "text", "key"), column("n")], rows) for number in range(60)]
    content = html.render(Report(night().run, (entry("a"),), tuple(many)))
    assert len(content) < page.MOST_BYTES
    assert b"its tables have at most" in content
    assert b"stays small" not in html.render(night())


def test_shares_are_of_all_rows_also_where_limit_left_some_out():
    sql = "SELECT k, count(*) AS n FROM web GROUP BY k ORDER BY n DESC LIMIT 2"
    columns = [column("k", "text", "key"), column("n")]
    cut = table("t", columns, [("a", 60), ("b", 20)], sql, truncated=True, whole=200)
    assert {"30.0 %", "10.0 %"} <= set(read(Report(night().run, (entry("a"),), (cut,))).texts)
    unknown = replace(cut, whole=None)
    assert not [text for text in read(Report(night().run, (entry("a"),), (unknown,))).texts if text == "30.0 %"]


def test_hosts_and_sources_have_a_table_and_their_numbers_add_up():
    text = html.render(night()).decode()
    data = json.loads(re.search(r'<script type="application/json" class="counts">(.*?)</script>', text)[1])
    assert data["pairs"] == [["web", "web2"], ["web", "web3"], ["web", "web1"]]
    for totals, counts in zip(data["totals"], data["counts"], strict=True):
        assert totals == [sum(filter(None, course)) for course in counts]
    assert "Hosts and sources" not in html.render(replace(night(), coverage=covered(("web2",)))).decode()


def test_many_hosts_are_a_choice_together():
    text = html.render(replace(night(), coverage=covered([f"h{n:03}" for n in range(100)]))).decode()
    data = json.loads(re.search(r'<script type="application/json" class="counts">(.*?)</script>', text)[1])
    assert len(data["pairs"]) == 40
    assert data["pairs"][-1] == ["(others)", "(others)"]
    whole = sum(row[3] for row in covered([f"h{n:03}" for n in range(100)]).rows)
    assert "more host" not in text
    many = html.render(replace(night(), coverage=covered([f"h{n:03}" for n in range(203)]))).decode()
    assert "3 more hosts in the JSON report." in many
    assert sum(totals[0] for totals in data["totals"]) == whole


def slices_of(text: str) -> dict[tuple[str, str], str]:
    """Return what a page has of single hosts and sources: the inside of its panels."""
    packed = re.findall(r'<script type="text/plain" class="slice">([A-Za-z0-9+/=]*)</script>', text)
    names = re.search(r'<script type="application/json" class="slices">(.*?)</script>', text)
    found = [gzip.decompress(base64.b64decode(block)).decode() for block in packed]
    return dict(zip(map(tuple, json.loads(names[1])) if names else (), found, strict=True))


def test_panels_of_single_hosts_are_packed_into_the_page():
    text = html.render(sliced()).decode()
    found = slices_of(text)
    assert list(found) == [("", "web2"), ("", "web3")]
    assert len(html.render(sliced())) == len(text.encode())
    panels = re.findall(r'data-for="(report-\d+)"', found["", "web2"])
    assert set(panels) == set(re.findall(r'<section id="(report-\d+)"', text))
    assert "/page/1<" in found["", "web2"]
    assert "/page/0<" not in found["", "web2"]
    assert found["", "web3"].count("No rows: nothing that was read has what this report counts.") > 5
    assert "permission denied" not in found["", "web2"]
    assert "the panels below, too." in text
    assert "They follow, too, in a page that run --state DIR --html writes" in html.render(night()).decode()
    assert slices_of(html.render(night()).decode()) == {}


def test_slices_are_left_out_where_the_page_has_no_room(monkeypatch):
    first = len(re.findall(r'class="slice">(.*?)<', html.render(sliced()).decode())[0])
    monkeypatch.setattr(page, "MOST_BYTES", len(html.render(night())) + first + 600)
    content = html.render(sliced())
    assert list(slices_of(content.decode())) == [("", "web2")]
    assert len(content) <= page.MOST_BYTES
    monkeypatch.setattr(page, "MOST_BYTES", len(html.render(night())) + 200)
    assert slices_of(html.render(sliced()).decode()) == {}


def test_hostile_texts_are_texts_in_slices():
    ours = read(night())
    found = slices_of(html.render(hostile()).decode())
    assert len(found) == 4
    for text in found.values():
        reader = Reader()
        reader.feed(text)
        reader.close()
        assert not reader.open
        assert set(reader.tags) <= set(ours.tags)
        assert not [name for _, name, _ in reader.attributes if name.startswith("on")]
        assert visible(valid_text(HOSTILE[0])) in reader.texts


def test_tiles_say_what_was_before():
    before = night().reports
    grown = replace(before[0], rows=((3000, 13_800_000, 0, None),))
    compared = Comparison("against the report before", before=(Before("report before", (grown,)),))
    text = " ".join(read(night(), compared=compared).texts)
    assert "+50.0 %" in text
    assert "+0.0 %" in text
    assert "none before" in text


def test_pages_lead_to_others():
    links = html.Links(
        "Night of 2 March",
        html.Link("1 March", "2026-03-01.html"),
        html.Link("3 March", "2026-03-03.html"),
        html.Link("March", "index.html"),
        (("Host", (html.Link("all", "#", current=True), html.Link("web<1>", "web1.html"))),),
    )
    found = read(night(), links=links)
    assert ("a", "rel", "prev") in found.attributes
    assert ("a", "href", "2026-03-03.html") in found.attributes
    assert "web<1>" in found.texts
    assert "Night of 2 March" in found.texts


def test_without_jinja_the_way_out_is_named(monkeypatch):
    page.environment.cache_clear()
    monkeypatch.setitem(sys.modules, "jinja2", None)
    try:
        with pytest.raises(UsageError, match=r"pip install 'logproc\[html\]'"):
            html.render(night())
    finally:
        page.environment.cache_clear()


def test_a_page_of_an_empty_folder_does_not_speak_of_a_ledger():
    text = " ".join(read(replace(night(), files=())).texts)
    assert "No log was read for this page." in text
    assert "ledger" not in text


def test_a_page_from_the_ledger_says_that_no_log_was_read():
    kept = replace(night(), files=(), run=replace(night().run, backend="none"))
    text = " ".join(read(kept).texts)
    assert "No log was read for this page: its counts come from the ledger" in text
    assert "lines read =" not in text
    assert "2026-03-02 00:00 to 2026-03-02 23:00 UTC, by the hour" in text


def test_narrow_reports_share_a_row_and_none_stands_alone_beside_nothing():
    def named(name, wide):
        rows = [("x" * (200 if wide else 3), number, number, number) for number in range(4)]
        return table(name, [column("k", "text", "key"), *map(column, ("requests", "bytes", "visitors"))], rows)

    kinds = {"a": False, "b": False, "c": True, "d": False, "e": True, "f": False}
    many = tuple(named(name, wide) for name, wide in kinds.items())
    text = html.render(Report(night().run, (entry("a"),), many)).decode()
    found = re.findall(r'<section id="report-\d+" class="panel( wide)?" data-name', text)
    assert found == ["", "", " wide", " wide", " wide", " wide"]


def test_columns_that_do_not_fit_into_half_a_page_take_the_whole():
    columns = [column("client", "text", "key"), *map(column, ("requests", "bytes")), column("last_time", "time")]
    sql = "SELECT client, count(*) AS requests FROM web GROUP BY client"
    rows = [(f"203.0.113.{n}", 1000 - n, 10**9, "2026-03-02T23:59:59Z") for n in range(4)]
    text = html.render(Report(night().run, (entry("a"),), (table("clients", columns, rows, sql),) * 2)).decode()
    assert text.count('class="panel wide"') == 2
    few = table("few", columns[:2], [row[:2] for row in rows])
    assert 'class="panel wide"' not in html.render(Report(night().run, (entry("a"),), (few, few))).decode()


def test_a_time_that_stands_alone_says_its_zone():
    assert "2026-03-02 23:59:59 UTC" in read(night()).texts


def test_columns_that_go_round_have_their_names_below():
    found = read(night()).texts
    begin = found.index("requests by hour of day")
    assert [text for text in found[begin:] if text.isdigit()][1:13] == [str(hour) for hour in range(0, 24, 2)]


def test_lines_of_a_chart_that_have_no_key_are_called_none():
    rows = [(f"2026-03-02T0{hour}:00:00Z", level, 5) for hour in range(8) for level in (None, "ERROR")]
    columns = [column("hour", "time", "key"), column("level", "text", "key"), column("messages", "integer")]
    texts = read(Report(night().run, (entry("a"),), (table("levels", columns, rows),))).texts
    assert {"(none)", "ERROR"} <= {text.strip() for text in texts}
    assert "None" not in "".join(texts)


def test_times_of_one_column_are_written_alike():
    rows = [(f"p{second}", f"2026-03-02T08:36:{second:02}Z") for second in (0, 7)]
    found = table("t", [column("k", "text", "key"), column("last_time", "time")], rows)
    shown = read(Report(night().run, (entry("a"),), (found,))).texts
    assert {"2026-03-02 08:36:00", "2026-03-02 08:36:07"} <= set(shown)


def test_tables_say_what_their_rows_come_to_where_they_add_up():
    sql = (
        "SELECT path, count(*) AS requests, sum(bytes) AS bytes, count_if(status >= 500) AS errors, "
        "approx_count_distinct(nullif(client, '-')) FILTER (WHERE status = 200) AS visitors, "
        "count(DISTINCT user) AS users, median(duration) AS median FROM web GROUP BY path"
    )
    names = ("requests", "bytes", "errors", "visitors", "users")
    columns = [column("path", "text", "key"), *map(column, names), column("median", "decimal")]
    rows = [("/a", 1000, 5_000_000, 3, 10, 2, 0.5), ("/b", 1, None, 0, 4, 1, 0.1)]
    text = html.render(Report(night().run, (entry("a"),), (table("t", columns, rows, sql),))).decode()
    foot = re.search(r"<tfoot>(.*?)</tfoot>", text, re.DOTALL)[1]
    found = [re.findall(r"<t[hd][^>]*>(.*?)</t", row) for row in re.findall(r"<tr>(.*?)</tr>", foot)]
    assert found == [
        ["sum of 2 rows", "1,001", "", "5.0 MB", "3", "", "", ""],
        ["average", "500", "", "5.0 MB", "1.5", "", "", ""],
    ]
    one = html.render(Report(night().run, (entry("a"),), (table("t", columns, rows[:1], sql),))).decode()
    assert "<tfoot>" not in one


def test_the_first_rows_of_a_table_stand_above_it_as_columns_in_its_own_words():
    text = html.render(night()).decode()
    charts = re.findall(r'<figure class="chart columns ranking">\n.*?</figure>', text, re.DOTALL)
    (chart,) = (each for each in charts if "/page/0" in each)
    assert chart.count("<rect") == 12
    assert 'aria-label="Paths: requests; from 901 to 1,000, highest at /page/0"' in chart
    assert "<title>/page/3: 973</title>" in chart
    assert "<title>DE Germany: 310</title>" in text
    assert len(charts) == 3


def test_reports_without_amounts_or_with_one_row_have_no_columns():
    name, count = column("user", "text", "key"), column("requests")
    tables = (
        table("one", [name, count], [("a", 3)]),
        table("nothing", [name, count], [("a", 0), ("b", None)]),
        table("texts", [name, column("last", "text")], [("a", "x"), ("b", "y")]),
        table("keys", [name], [("a",), ("b",)]),
    )
    text = html.render(Report(night().run, (entry("a.log"),), tables)).decode()
    assert '<figure class="chart columns' not in text


def test_shares_are_of_a_columns_sum_and_those_of_visitors_of_all_visitors():
    counts = "count(*) AS requests, sum(bytes) AS bytes, approx_count_distinct(client) AS visitors FROM web"
    columns = [*map(column, ("requests", "bytes", "visitors"))]
    rows = [("/a", 3, 10, 2), ("/b", 1, 30, 2)]
    paths = table("paths", [column("path", "text", "key"), *columns], rows, f"SELECT path, {counts} GROUP BY ALL")
    whole = table("summary", columns, [(4, 40, 3)], f"SELECT {counts}")
    assert wholes(paths, [paths, whole]) == {"requests": 4, "bytes": 40, "visitors": 3}
    assert wholes(paths, [paths]) == {"requests": 4, "bytes": 40}
    headings = panels.panel(paths, 1, others=[whole]).headings
    assert [heading.whole for heading in headings] == ["", "", "", "40", "3"]  # requests have a column of shares


@pytest.mark.parametrize(
    ("sql", "found"),
    [
        ("SELECT {} AS visitors FROM web WHERE status = 404", {}),
        ("SELECT {} FILTER (WHERE status = 404) AS visitors FROM web", {}),
        ("SELECT {} FILTER (WHERE status IN (404, 410)) AS visitors FROM web", {}),
        ("SELECT {} AS visitors FROM app", {}),
        ("SELECT {} AS visitors FROM (SELECT client FROM web WHERE status = 404)", {}),
        ("SELECT max(extract(hour FROM web)) AS latest, {} AS visitors FROM app", {}),
        ("SELECT max(extract(hour FROM time)) AS latest, {} AS visitors FROM web", {"visitors": 9}),
        ("SELECT count(*) FILTER (WHERE status = 404) AS missing, {} AS visitors FROM web", {"visitors": 9}),
        ("SELECT count_if(path = '/a) FROM app WHERE x') AS a, {} AS visitors FROM web", {"visitors": 9}),
        ("-- where logged: bytes\nSELECT {} AS visitors -- FROM app\nFROM web", {"visitors": 9}),
        ('SELECT {} AS visitors, count(*) AS "all where" FROM "web"', {"visitors": 9}),
    ],
)
def test_all_visitors_are_those_of_a_report_that_leaves_no_row_out(sql, found):
    counted = "approx_count_distinct(client)"
    visitors = column("visitors")
    one = table("one", [visitors], [(9,)], sql.format(counted))
    for key in ("status", "extract(hour FROM time)"):
        grouped = f"SELECT {key} AS key, {counted} AS visitors FROM web GROUP BY ALL"
        several = table("several", [column("key", "integer", "key"), visitors], [(1, 8), (2, 7)], grouped)
        assert wholes(several, [one, several]) == found


def test_what_is_read_from_no_relation_by_name_has_no_whole():
    visitors = column("visitors")
    rows = "approx_count_distinct(client) AS visitors FROM (SELECT client, path FROM web)"
    paths = table("paths", [column("path", "text", "key"), visitors], [("/a", 8), ("/b", 7)], f"SELECT path, {rows}")
    assert wholes(paths, [table("one", [visitors], [(9,)], f"SELECT {rows}")]) == {}


def test_a_course_that_never_changes_is_read_aloud_as_such():
    hours = [(f"2026-03-02T{hour:02}:00:00Z", 0, hour) for hour in range(4)]
    found = table("hours", [column("hour", "time", "key"), column("server_errors"), column("requests")], hours)
    errors, requests = (chart.summary for chart in panels.panel(found, 1).charts)
    assert errors == "Hours: server errors; always 0"
    assert requests.startswith("Hours: requests; from 0 to 3, highest at")


def test_long_values_get_no_more_rows_than_the_room_has():
    long = table("long", [column("path", "text", "key")], [("x" * 200,)] * 30)
    assert [len(panels._affordable(long, panels.Room(rows, 300))) for rows in (100, 6, 2)] == [10, 6, 2]
