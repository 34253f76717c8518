"""What strangers write into logs stays text: planted in every text field of the formats, looked for in every output."""

from __future__ import annotations

import csv
import email
import email.policy
import json
import re
from dataclasses import replace
from html.parser import HTMLParser

import pytest
from markdown_it import MarkdownIt
from prometheus_client.parser import text_string_to_metric_families
from report import samples
from report.samples import HOSTILE, column, hostile, night, wide

from logproc import comparing
from logproc.formats import FORMATS
from logproc.formats.format import FIXED
from logproc.model import FIELDS
from logproc.report import csv as csv_report
from logproc.report import diff as rendering
from logproc.report import html, markdown, prometheus, terminal
from logproc.report import json as json_report
from logproc.report.coverage import coverage
from logproc.report.html import mail
from logproc.report_model import COVERAGE, CheckResult, Report

SHORT = HOSTILE[:-1]
TABLE = {"cellpadding", "cellspacing", "rules", "frame", "bordercolor", "align", "valign", "nowrap"}
MAIL = {"style", "charset", "lang"} | TABLE
"""Attributes of the page in a mail: none loads anything."""
csv.field_size_limit(2_000_000)


@pytest.fixture(scope="module")
def report():
    return hostile()


class Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags, self.attributes = set(), set()

    def handle_starttag(self, tag, attributes):
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attributes}


def shape(text: str) -> tuple[set[str], set[str]]:
    reader = Tags()
    reader.feed(text)
    return reader.tags, reader.attributes


def parts(report) -> dict[str, str]:
    message = email.message_from_bytes(mail.render(report, 0.05, to="ops@example.com"), policy=email.policy.default)
    assert message["To"] == "ops@example.com"
    assert len(message["Subject"]) < 100
    return {part.get_content_type(): part.get_content() for part in message.iter_parts()}


def is_plain(text: str) -> bool:
    return text.replace("\n", "").isprintable()


def test_the_terminal_is_sent_nothing_that_it_acts_on(report):
    assert is_plain(terminal.render(report, 0.05))


def test_spreadsheets_get_no_formula(report, tmp_path):
    for number, table in enumerate(report.reports):
        if table.problem is None:
            (tmp_path / f"{number}.csv").write_bytes(csv_report.render(table))
    for path in tmp_path.iterdir():
        with path.open(encoding="utf-8", newline="") as file:
            for row in csv.reader(file):
                assert not [cell for cell in row if cell.startswith(csv_report.FORMULA)]
                assert all(is_plain(cell) for cell in row)


def test_markdown_holds_no_html_and_no_link(report):
    tokens = MarkdownIt("gfm-like", {"linkify": False}).parse(markdown.render(report, 0.05).decode())
    kinds = {child.type for token in tokens for child in token.children or [token]}
    assert not kinds & {"html_block", "html_inline", "link_open", "image"}


def test_metrics_can_be_read(report):
    ending = prometheus.Ending("0.1.0", 0, 1.0, 1.0, report, 0.05, ())
    assert list(text_string_to_metric_families(prometheus.render(ending, {}).decode()))


def test_json_holds_the_texts_as_they_are(report):
    found = json.loads(json_report.render(report))
    values = [row[0] for row in found["reports"][0]["rows"]]
    assert [value for value in values if "lone" not in value] == [text for text in HOSTILE if "lone" not in text]


def test_a_mail_is_a_text_and_a_page_that_loads_nothing(report):
    found, ours = parts(report), parts(night())
    assert is_plain(found["text/plain"])
    assert shape(found["text/html"])[0] <= shape(ours["text/html"])[0] | {"p"}
    assert shape(found["text/html"])[1] <= shape(ours["text/html"])[1]
    assert not {
        name for name in shape(ours["text/html"])[1] if name in {"src", "href", "background"} or "on" in name[:2]
    }
    assert "/page/0" in ours["text/html"]
    assert "b.log: permission denied" in ours["text/html"]
    assert "1,100 read" in ours["text/plain"]
    assert "2 files read, 1 failed" in ours["text/html"]
    assert "and 30 more rows" in ours["text/html"]
    assert f"{len(hostile().reports) - mail.SIZES[0][0] - 1} more reports and" in found["text/html"]


def full() -> Report:
    """Return a report with as many tables and columns as the web preset has, of long values."""
    columns = [column("path", "text", "key"), *(column(f"value_{n}") for n in range(7))]
    rows = [(f"/a/path/as/they/are/<{n}>/{'é' * 80}", *(10**9 * n + k for k in range(7))) for n in range(100)]
    return replace(
        night(), reports=(*night().reports, *(samples.table(f"report_{n}", columns, rows) for n in range(40)))
    )


@pytest.mark.parametrize("made", [hostile, night, wide, full])
def test_a_mail_stays_below_what_services_cut_off(made):
    assert len(mail.render(made(), 0.05)) < 100_000


def test_what_is_left_out_of_a_mail_is_said():
    found = parts(full())
    assert re.search(r"… [\d,]+ more lines in the terminal report$", found["text/plain"].rstrip())
    assert "1,100 read" in found["text/plain"]
    assert re.search("and 9[05] more rows", found["text/html"])
    assert re.search(r"\d+ more reports and", found["text/html"])


def test_problems_without_end_do_not_fill_a_mail():
    checks = tuple(CheckResult(f"budget {n}", 1.0, "> 0", failed=True) for n in range(300))
    assert "and 29" in parts(replace(night(), checks=checks))["text/html"]


LINES = {
    "combined": '192.0.2.1 - {0} [02/Mar/2026:00:00:01 +0000] "GET {0} HTTP/1.1" 200 5 "{0}" "{0}"',
    "rfc5424": "<134>1 2026-03-02T00:00:01Z {1} {1} 1 {1} - {0}",
    "syslog": "<134>Mar  2 00:00:01 host program: {0}",
    "logfmt": 'ts=2026-03-02T00:00:01Z level=info msg="{0}" path="{0}" user="{0}" user_agent="{0}"',
    "ltsv": "time:2026-03-02T00:00:01Z\treq:GET {0} HTTP/1.1\tua:{0}\tstatus:200\tpath:{0}",
}
"""Lines with a place for a text with blanks, {0}, and for one without, {1}."""


def lines_of(name: str) -> bytes:
    """Return a line of a format for each hostile text, which is written as a server would write it."""
    lines = []
    for text in (text for text in SHORT if "lone" not in text):
        if name == "jsonl":
            keys = ("message", "path", "user", "user_agent", "referrer", "host", text)
            lines.append(json.dumps({"time": "2026-03-02T00:00:01Z", "status": 200, **dict.fromkeys(keys, text)}))
            continue
        one = text.replace('"', "%22").replace("\n", "%0A").replace("\r", "").replace("\t", " ").replace("\0", "")
        lines.append(LINES[name].format(one, one.replace(" ", "_")))
    return "\n".join(lines).encode() + b"\n"


@pytest.fixture(scope="module")
def planted(tmp_path_factory):
    """Return the report over logs of several formats in which every text field is hostile."""
    from logproc import api

    folder = tmp_path_factory.mktemp("planted")
    (folder / "config.toml").write_text('[reports]\nuse = ["web", "syslog", "app"]\n')
    logs = folder / "<img src=x onerror=alert(1)>"
    logs.mkdir()
    for name in [*LINES, "jsonl"]:
        (logs / f"{name}=1+1.log").write_bytes(lines_of(name))
    return api.run(logs, config=folder / "config.toml", backend="serial")


def test_planted_texts_arrive_and_are_shown_as_texts_everywhere(planted):
    assert planted.lines.counted >= 6 * 8
    page = html.render(planted).decode()
    assert page.count("&lt;script&gt;document.title=") > 10
    tags, attributes = shape(page)
    assert "img" not in tags
    assert not [name for name in attributes if name.startswith("on")]
    assert is_plain(terminal.render(planted, 0.05))
    for table in planted.reports:
        for row in csv.reader(csv_report.render(table).decode().splitlines()):
            assert not [cell for cell in row if cell.startswith(csv_report.FORMULA)]
    assert shape(parts(planted)["text/html"])[1] <= MAIL


MARKS = ("<svg/onload=alert(1)>", "=cmd|calc!A0", "\x1b]0;ran\x07\u202egnp")
"""Short texts without a blank or a quotation mark, so that most formats take them in most places."""


def sown(row) -> tuple[list[str], set[str]]:
    """Return a format's samples with each text that they are known for replaced, and the columns that it stands in."""
    lines, columns = [], set()
    for sample in row.samples:
        for field, value in sample.expected.items():
            if field == "time" or not isinstance(value, str) or not value or value not in sample.line:
                continue
            lines += [sample.line.replace(value, mark) for mark in MARKS]
            if field in FIELDS[row.family] or (row.engine in FIXED and not any(field in f for f in FIELDS.values())):
                columns.add(field)
        lines.append(sample.line + MARKS[0])
    return lines, columns


@pytest.fixture(scope="module")
def everywhere(tmp_path_factory):
    """Return the report over the samples of all formats, each of their texts hostile, with every such column in it."""
    from logproc import api

    folder = tmp_path_factory.mktemp("everywhere")
    config = ['[reports]\nuse = ["web", "syslog", "app"]\n']
    for name, row in FORMATS.items():
        lines, columns = sown(row)
        (folder / f"{name}.log").write_text("\n".join(lines) + "\n", encoding="utf-8")
        config.append(f'[[source]]\nname = "{name}"\ninclude = ["{name}.log"]\nformat = "{name}"\n')
        if columns:
            names = ", ".join(f'"{column}"' for column in sorted(columns))
            sql = f'SELECT {names}, count(*) AS n FROM "{name}" GROUP BY ALL'
            config.append(f"[[report]]\nname = 'all_{name}'\nsql = '{sql}'\n")
    agent = "x" * 1_000_000
    with (folder / "combined.log").open("a") as file:
        file.write(FORMATS["combined"].samples[0].line.replace("curl (X11)", agent) + "\n")
    (folder / "config.toml").write_text("".join(config))
    return api.run(folder, config=folder / "config.toml", backend="serial")


@pytest.mark.no_cover
def test_every_format_counts_hostile_lines_and_every_output_shows_them_as_texts(everywhere):
    counted = {entry.source for entry in everywhere.files if entry.lines.counted}
    assert set(FORMATS) - counted <= {"cri"}  # its lines belong to containers' files, which have another address
    assert everywhere.lines.counted > 2000
    usual = shape(html.render(night()).decode())[0]
    for first in range(2):  # of half as many reports, so that a page has room for some rows of each
        page = html.render(replace(everywhere, reports=everywhere.reports[first::2]))
        assert len(page) < 1_500_000
        tags, attributes = shape(page.decode())
        assert page.count(b"&lt;svg/onload=") > 300
        assert b"<svg/onload" not in page
        assert not [name for name in attributes if name.startswith("on")]
        assert not tags - usual
    for table in everywhere.reports:
        for row in csv.reader(csv_report.render(table).decode().splitlines()):
            assert not [cell for cell in row if cell.startswith(csv_report.FORMULA)]
            assert all(is_plain(cell) for cell in row)
    tokens = MarkdownIt("gfm-like", {"linkify": False}).parse(markdown.render(everywhere, 0.05).decode())
    kinds = {child.type for token in tokens for child in token.children or [token]}
    assert not kinds & {"html_block", "html_inline", "link_open", "image"}
    message = parts(everywhere)
    assert shape(message["text/html"])[1] <= MAIL
    assert is_plain(message["text/plain"])  # what a terminal shows
    assert "\\x1b]0;ran" in message["text/plain"]
    found = json.loads(json_report.render(everywhere))
    values = {cell for table in found["reports"] for row in table["rows"] for cell in row if isinstance(cell, str)}
    assert set(MARKS[:2]) <= values
    ending = prometheus.Ending("0.1.0", 0, 1.0, 1.0, everywhere, 0.05, ())
    assert list(text_string_to_metric_families(prometheus.render(ending, {}).decode()))


def test_what_coverage_and_diff_say_of_hostile_names_is_text():
    hours = [f"2026-03-{day:02}T{hour:02}:00:00Z" for day in (1, 2) for hour in range(24)]
    few = {text[:300] for text in SHORT[:8]}
    rows = [
        ("<b>" if text in few else text[:300], host, hour, 0 if number == 30 and host == text[:300] else lines)
        for text in SHORT
        for host, lines in ((text[:300], 10), *((f"{text[:300]}{n}", 100) for n in range(4)))
        for number, hour in enumerate(hours)
    ]
    found = replace(
        night(), coverage=samples.table(COVERAGE, [column(name) for name in ("source", "host", "hour", "lines")], rows)
    )
    kinds = {finding.kind for finding in coverage(found.coverage, ()).findings}
    assert "few" in kinds
    assert is_plain(terminal.render(found, 0.05))
    tokens = MarkdownIt("gfm-like", {"linkify": False}).parse(markdown.render(found, 0.05).decode())
    kinds = {child.type for token in tokens for child in token.children or [token]}
    assert not kinds & {"html_block", "html_inline", "link_open", "image"}
    tags, attributes = shape(html.render(found).decode())
    assert not tags - shape(html.render(night()).decode())[0]
    assert not [name for name in attributes if name.startswith("on")]
    message = parts(found)
    assert is_plain(message["text/plain"])
    assert shape(message["text/html"])[1] <= MAIL
    sql = f'SELECT path, count(*) AS "{HOSTILE[8]}" FROM web GROUP BY ALL'
    columns = [column("path", "text", "key"), column(HOSTILE[8])]
    usual = [(f"/{number}", 5000) for number in range(100)]
    old, new = (
        samples.table(HOSTILE[7], columns, [*usual, *((text, count) for text in HOSTILE)], sql) for count in (100, 900)
    )
    changed, notes = comparing.compare((old,), (new,))
    lines = list(rendering.lines(changed, 20))
    assert len(lines) > 5, notes
    assert all(line.isprintable() for line in lines)
