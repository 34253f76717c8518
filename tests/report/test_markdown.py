from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from logproc.model import Lines
from logproc.report.markdown import render
from logproc.report.text import visible
from logproc.report_model import CheckResult, ColumnInfo, FileEntry, Report, ReportTable, RunInfo

RUN = RunInfo("r1", "0.1.0", "", "", "serial", 1, None, None)
FINE = FileEntry("a", "", "combined", 1.0, "plain", 10, 20, Lines(1000, 1000), "read", None, None, None)
COLUMNS = (ColumnInfo("path", "text", "key"), ColumnInfo("requests", "integer", "value"))
TABLE = ReportTable("paths", "Top paths", "", COLUMNS, (("/a", 3000), (None, 1)), exact=True)
READER = MarkdownIt("gfm-like", {"linkify": False})
TEXTS = st.text(st.characters()) | st.text("`|\\ a<*[!&~", max_size=12)


def parsed(report):
    """Return headings and the rows of tables, as a reader of GitHub's dialect sees them."""
    headings, rows, inside = [], [], ""
    for token in READER.parse(render(report, 0.05).decode()):
        if token.type == "tr_open":
            rows.append([])
        if token.type in {"heading_open", "td_open", "th_open", "paragraph_open"}:
            inside = token.type
        if token.type == "inline":
            kinds = {child.type for child in token.children}
            assert kinds <= {"text", "code_inline", "softbreak", "text_special", "strong_open", "strong_close"}, kinds
            text = "".join(child.content for child in token.children)
            if inside == "heading_open":
                headings.append(text)
            elif inside != "paragraph_open":
                rows[-1].append(text)
    return headings, rows


def test_a_report_is_headings_and_tables():
    headings, rows = parsed(Report(RUN, (FINE,), (TABLE,)))
    assert headings == ["Log report", "Top paths"]
    assert rows == [["path", "requests"], ["/a", "3,000"], ["-", "1"]]


@given(st.lists(st.tuples(TEXTS, st.integers()), min_size=1, max_size=5), TEXTS)
def test_whatever_a_log_holds_is_text(rows, title):
    table = replace(TABLE, title=title, rows=tuple(rows))
    headings, found = parsed(Report(RUN, (replace(FINE, path=title, status="failed", reason=title),), (table,)))
    assert len(headings) == 2
    assert headings[1] == (visible(title).strip() or "paths" * (not title))
    assert len(found) == 1 + len(rows)
    # A code span of nothing but blanks is none, and the blanks around a cell are not the cell's.
    assert [row[0].strip() for row in found[1:]] == [visible(text).strip() for text, _ in rows]


def test_trouble_stands_on_top():
    check = CheckResult("errors", 2.0, "> 1", failed=True)
    lost = replace(FINE, path="b.log", status="failed", reason="permission denied")
    text = render(Report(RUN, (FINE, lost), (replace(TABLE, problem="too many groups"),), (check,)), 0.05).decode()
    assert text.index("permission denied") < text.index("check 'errors' failed") < text.index("## Top paths")
    assert "**too many groups**" in text


def test_long_tables_say_what_is_left_out():
    text = render(Report(RUN, (FINE,), (replace(TABLE, rows=(("/a", 1),) * 60),)), 0.05).decode()
    assert text.count("`/a`") == 50
    assert "10 more rows" in text


def test_durations_have_their_units():
    columns = (*COLUMNS[:1], ColumnInfo("p95", "decimal", "value"))
    sql = "SELECT path, approx_quantile(duration, 0.95) AS p95 FROM web"
    report = Report(RUN, (FINE,), (replace(TABLE, sql=sql, columns=columns, rows=(("/", 0.25),)),))
    assert parsed(report)[1][-1] == ["/", "250 ms"]


def test_reports_without_rows_share_a_line_beside_others():
    empty = replace(TABLE, name="nothing", title="Nothing", rows=())
    text = render(Report(RUN, (FINE,), (TABLE, empty, replace(empty, title="No more"))), 0.05).decode()
    assert "no rows" not in text
    assert text.endswith("Nothing to show in Nothing, No more.\n")
    assert "no rows" in render(Report(RUN, (FINE,), (empty,)), 0.05).decode()
