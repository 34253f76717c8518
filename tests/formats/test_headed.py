from __future__ import annotations

import csv
import io
import json
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from formats.cases import needs_shared, read_cases
from formats.named import counted, matched, parsed
from hypothesis import given, settings
from hypothesis import strategies as st

from logproc import planner
from logproc.adhoc.rows import RowDesk, RowReader, RowShape
from logproc.config import Flags, load
from logproc.formats import resolve
from logproc.formats.header import columns_of, looks_like_header, snake
from logproc.formats.naming import Naming
from logproc.inputs import headers
from logproc.model import Lines, LogFile, Piece
from logproc.planner import Planner
from logproc.running import job_of

# ---- CSV is what Python's csv reads -----------------------------------------------------------------------------

CELLS = st.text(alphabet='ab,"\t é%+-0', max_size=6).filter(lambda cell: cell != "-")
TABLES = st.integers(2, 5).flatmap(lambda width: st.lists(st.lists(CELLS, min_size=width, max_size=width), min_size=1))


@settings(max_examples=60)
@given(TABLES, st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]), st.sampled_from(["\n", "\r\n"]))
def test_csv_is_read_as_python_writes_it(table: list[list[str]], quoting: Any, ending: str):
    names = [f"column{n}" for n in range(len(table[0]))]
    out = io.StringIO()
    writer = csv.writer(out, quoting=quoting, lineterminator=ending)
    writer.writerows([names, *table])
    found = counted(resolve("csv"), out.getvalue().encode(), tuple(names))
    rows = [row for row in table if any(row) or quoting == csv.QUOTE_ALL or len(row) > 1]
    assert [[row[name] for name in names] for row in found] == [[cell or None for cell in row] for row in rows]


@settings(max_examples=60)
@given(TABLES)
def test_tsv_with_plain_fields_is_split_at_tabs(table: list[list[str]]):
    rows = [[cell.replace("\t", "").replace('"', "").replace("-", "x") for cell in row] for row in table]
    names = [f"column{n}" for n in range(len(table[0]))]
    text = "".join("\t".join(row) + "\n" for row in [names, *rows])
    found = counted(resolve("tsv"), text.encode(), tuple(names))
    kept = [row for row in rows if "\t".join(row).strip(" \t")]
    assert [[row[name] for name in names] for row in found] == [[cell or None for cell in row] for row in kept]


def test_what_csv_does_not_read_is_refused_with_its_reason():
    text = b'a,b\n1,2\n"x\ny",3\n1,2,3\n"x"y,1\na,b\n\n5,6\nz",1\n"never closed,7\n8,9\n'
    rows, report = parsed("csv", text)
    assert [row["a"] for row in rows] == [1, "x\ny", 5, 8]
    assert report.rejected_by_reason == {
        "quote that nothing closes": 1,
        "quote in a field without quotes": 1,
        "not as many fields as the header": 1,
        "text behind a quoted field": 1,
    }
    assert (report.lines.read, report.lines.filtered, report.lines.counted) == (12, 3, 5)


@settings(max_examples=60)
@given(
    table=st.lists(st.lists(st.text(alphabet='a",\n\r ;', max_size=6), min_size=3, max_size=3), min_size=1, max_size=9),
    block=st.sampled_from((16, 64, 4096)),
)
def test_line_breaks_in_quotes_are_part_of_a_field(table: list[list[str]], block: int):
    out = io.StringIO(newline="")
    csv.writer(out, quoting=csv.QUOTE_ALL, lineterminator="\n").writerows([["k", "m", "n"], *table])
    text = out.getvalue().encode()
    found = io.BytesIO()
    with TemporaryDirectory() as folder:
        path = Path(folder) / "quoted.csv"
        path.write_bytes(text)
        job = replace(job_of(load(Flags(paths=(str(path),)), find=False), (), (), None), block_bytes=block)
        piece = Piece(0, str(path), 0, -1, 0, format="csv")
        shape = RowShape((), None, origin=True)
        lines = RowReader(RowDesk(job, shape), piece, None, shape, found).process().lines
    rows = [json.loads(line) for line in found.getvalue().splitlines()]
    assert [[row[name] or "" for name in "kmn"] for row in rows] == table
    assert (lines.read, lines.filtered, lines.rejected) == (text.count(b"\n"), 1, 0)
    first = 2
    for row, cells in zip(rows, table, strict=True):
        assert row["_line"] == first
        first += 1 + sum(cell.count("\n") for cell in cells)


def test_a_quote_that_is_never_closed_costs_its_line_alone():
    text = b"a,b\n" + b'1,"open\n' + b"2,3\n" * 40_000
    rows, report = parsed("csv", text)
    assert len(rows) == 40_000
    assert report.lines == Lines(40_002, 40_000, 1, 1)


def test_statements_with_line_breaks_in_csvlog_are_read():
    line = (
        '2021-01-04 00:04:50.554 UTC,"joe","shop",27,"192.0.2.1:5000",5ff2.1b,1,"SELECT",2021-01-04 00:04:50 UTC,3/0,0,'
        'LOG,00000,"statement: select 1\nfrom ""a""\n",,,,,,,,,"psql","client backend",,0\n'
    )
    rows, report = parsed("auto", line.encode() * 3)
    assert [row["message"] for row in rows] == ['select 1\nfrom "a"\n'] * 3
    assert report.files[0].format == "postgres_csv"
    assert report.lines == Lines(9, 9, 0, 0)


def test_times_of_csvlog_are_those_of_its_zone():
    line = (
        '2021-07-04 00:04:50.554 EDT,"joe","shop",27,"192.0.2.1:5000",5ff2.1b,1,"SELECT",2021-07-04 00:04:50 EDT,3/0,0,'
        'LOG,00000,"statement: select 1",,,,,,,,,"psql","client backend",,0\n'
    )
    rows, _ = parsed("auto", line.encode() + line.replace("554 EDT", "554 IST").encode())
    assert [row["time"] for row in rows] == ["2021-07-04T04:04:50.554000Z", "2021-07-04T00:04:50.554000Z"]


def test_a_header_of_any_words_is_taken_where_the_format_is_given():
    rows, _ = parsed("csv", b"2024,1\n3,4\n")
    assert rows == [{"time": None, "2024": 3, "1": 4}]


@pytest.mark.parametrize(
    ("line", "good"),
    [("a,b", True), ("ts,Level,Client IP", True), ("a", False), ("a,a", False), ("1,b", False), ("x,", False),
     ("Jan 1 00:00:00 host x: a,b", False), ("@timestamp,_id", True)],
)  # fmt: skip
def test_a_first_line_that_looks_like_a_header(line: str, good: bool):  # noqa: FBT001
    assert looks_like_header(line.split(",")) is good


def test_columns_have_contract_names_and_others_their_own_in_lower_snake_case():
    names = ("Timestamp", "Client IP", "x.y", "X-y", "statusCode", "Status")
    assert columns_of(names, Naming()) == ("time", "client", "x_y", "x_y_2", "status_code", "status")
    assert snake("cs(User-Agent)") == "cs_user_agent"


# ---- headers that change ----------------------------------------------------------------------------------------

HEADERS = [
    "#Fields: date time c-ip sc-status cs(User-Agent) cs-uri-stem cs-uri-query",
    "#Fields: time sc-status c-ip",
    "#Fields: date time cs-uri-query cs-uri-stem time-taken",
    "#Fields: date time cs-uri-stem c-ip cs-uri-query",
]
ROWS = [
    "2024-01-02 03:04:05 192.0.2.1 200 a+b /x q=1",
    "03:04:06 404 192.0.2.2",
    "2024-01-02 03:04:07 - /y 15",
    "2024-01-02 03:04:08 /z 192.0.2.3 a=b",
]
OTHERS = ["", "#Software: x", "#Date: 2024-01-03 00:00:00", "#Date: 2024-01-04 00:00:00", "garbage", "# Fields"]
FILES = st.lists(st.one_of(st.sampled_from([*HEADERS, *ROWS, *OTHERS]), st.integers(0, 3).map(
    lambda n: f"{HEADERS[n]}\n{ROWS[n]}")), max_size=14).map("\n".join)  # fmt: skip


def rows_of(piece: Piece) -> tuple[list[dict[str, Any]], Any]:
    """Return the rows of a piece without the columns that are null, and its books."""
    config = load(Flags(paths=(piece.path,)), find=False)
    out = io.BytesIO()
    shape = RowShape((), None, origin=False)
    result = RowReader(RowDesk(job_of(config, (), (), None), shape), piece, None, shape, out).process()
    rows = [json.loads(line) for line in out.getvalue().splitlines()]
    return [{name: value for name, value in row.items() if value is not None} for row in rows], result


@settings(max_examples=80, deadline=None)
@given(FILES, st.data(), st.sampled_from(["", "\n"]), st.sampled_from([90, 200, 4 << 20]))
def test_any_cut_of_a_file_gives_the_same_rows(text: str, data: st.DataObject, end: str, chunk: int):
    raw = (text + end).encode()
    border = data.draw(st.integers(0, len(raw)))
    with TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        patch.setattr(headers, "CHUNK", chunk)
        path = Path(folder) / "u_ex.log"
        path.write_bytes(raw)
        heads = headers.directive_lines(str(path), b"#Fields:", 0)
        assert heads is not None
        whole = Piece(0, str(path), 0, -1, 0, codec="plain", format="w3c", heads=heads)
        rows, result = rows_of(whole)
        first, second = rows_of(replace(whole, end=border)), rows_of(replace(whole, start=border))
    assert first[0] + second[0] == rows
    assert first[1].lines + second[1].lines == result.lines
    assert result.lines.balanced()


def reference(text: str) -> list[dict[str, Any]]:
    """Read a W3C log without quotes, line by line."""
    names: list[str] = []
    day = None
    rows = []
    for line in text.split("\n"):
        if line.startswith("#Fields:"):
            names = line.split()[1:]
        elif line.startswith("#Date:"):
            day = line.split()[1]
        elif line and not line.startswith("#") and names and len(line.split()) == len(names):
            cells = dict(zip(names, line.split(), strict=True))
            date = cells.get("date", day)
            time = f"{date}T{cells['time']}Z" if date else None
            known = "sc-status" in cells and not cells["sc-status"].isdigit()
            rows.append((time, cells.get("c-ip"), None if known else cells.get("sc-status")))
    return rows


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(0, 3).flatmap(lambda n: st.sampled_from([f"{HEADERS[n]}\n{ROWS[n]}", *OTHERS[:4]]))))
def test_rows_are_read_under_the_header_before_them(parts: list[str]):
    text = "\n".join(parts) + "\n"
    found = counted(resolve("w3c"), text.encode(), ("client", "status"))
    assert [(row["time"], row["client"], row["status"]) for row in found] == reference(text)


def test_a_row_before_any_header_is_refused():
    rows, report = parsed("w3c", b"2024-01-02 03:04:05 x\n#Fields: date time cs-method\n2024-01-02 03:04:05 GET\n")
    assert [row["method"] for row in rows] == ["GET"]
    assert report.rejected_by_reason == {"no header before it": 1}


@pytest.mark.parametrize(
    "order", ["cs-uri-stem x cs-uri-query", "cs-uri-query cs-uri-stem x", "cs-uri-stem cs-uri-query x"]
)
def test_a_target_is_put_together_from_path_and_query(order: str):
    values = {"cs-uri-stem": "/a", "cs-uri-query": "b=c", "x": "xx"}
    text = f"#Fields: {order}\n{' '.join(values[name] for name in order.split())}\n"
    (row,), _ = parsed("w3c", text.encode())
    target = "/a" if order.startswith("cs-uri-query") else "/a?b=c"
    assert {name: row[name] for name in ("path", "query", "target", "x")} == {
        "path": "/a", "query": "b=c", "target": target, "x": "xx",
    }  # fmt: skip


def test_a_path_holds_its_query_where_no_column_does():
    text = b"#Fields: c-ip date time cs-uri-stem c-status\n192.0.2.1 2024-01-02 03:04:05 /radio?title=a 200\n"
    rows, _ = parsed("w3c", text + b"192.0.2.1 2024-01-02 03:04:05 /radio 200\n")
    assert [(row["target"], row["path"], row["query"]) for row in rows] == [
        ("/radio?title=a", "/radio", "title=a"),
        ("/radio", "/radio", None),
    ]


def test_times_of_w3c_are_utc_in_every_zone_and_those_of_csv_are_not(tmp_path: Path):
    w3c, table = "#Fields: date time a\n2024-01-02 03:04:05 x\n", "date,time,a\n2024-01-02,03:04:05,x\n"
    for name, text, hour in (("w3c", w3c, 3), ("csv", table, 2)):
        path = tmp_path / f"{name}.log"
        path.write_text(text)
        rows, _ = rows_of(Piece(0, str(path), 0, -1, 0, timezone="Europe/Berlin", format=name))
        assert rows[0]["time"] == f"2024-01-02T0{hour}:04:05Z"


def test_large_files_are_cut_with_their_headers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(planner, "PACK_BYTES", 1000)
    monkeypatch.setattr(planner, "RANGE_BYTES", 1500)
    monkeypatch.setattr(planner, "LAST_BYTES", 1500)
    for name, text in (
        ("w3c.log", "\n".join([HEADERS[0], *[ROWS[0]] * 40, HEADERS[0], HEADERS[1], *[ROWS[1]] * 80])),
        ("table.tsv", "\n".join(["ts\tclient\tstatus", *["2024-01-02T03:04:05Z\t192.0.2.1\t200"] * 100])),
        ("table.csv", "\n".join(["ts,client,status", *["2024-01-02T03:04:05Z,192.0.2.1,200"] * 100])),
    ):
        path = tmp_path / name
        path.write_text(text)
        made = Planner(load(Flags(paths=(str(path),)), find=False))
        tasks = made.tasks([LogFile(str(path), path.stat().st_size, 0)])
        assert len(tasks) == 1 if name == "table.csv" else len(tasks) > 2  # a line break may stand in quotes
        rows = [row for task in tasks for piece in task.pieces for row in rows_of(piece)[0]]
        assert len(rows) == sum(not line.startswith(("#", "ts")) for line in text.split("\n"))
        assert all(row["client"].startswith("192.0.2.") for row in rows)


def test_a_file_of_a_thousand_headers_is_not_cut(tmp_path: Path):
    path = tmp_path / "w3c.log"
    path.write_text("\n".join(HEADERS[n % 4] for n in range(1000)))
    assert headers.directive_lines(str(path), b"#Fields:", 0) is None


# ---- what other parsers expect ----------------------------------------------------------------------------------

ECS = {
    "source.address": "client",
    "destination.port": "port",
    "http.request.method": "method",
    "http.response.status_code": "status",
    "http.response.body.bytes": "bytes",
    "http.request.body.bytes": "bytes_in",
    "url.path": "path",
    "user_agent.original": "user_agent",
    "http.request.referrer": "referrer",
    "url.domain": "vhost",
}
IIS = [
    case
    for case in read_cases("elastic_beats.jsonl")
    if case["format"] in {"iis_w3c", "iis_httperr"} and case.get("spec")
]


@needs_shared
@pytest.mark.parametrize("case", IIS or [None])
def test_iis_lines_give_what_others_expect(case: dict[str, Any]):
    (row,), _ = parsed("w3c", f"{case['spec']}\n{case['line']}\n".encode())
    expected = case["expected"]
    assert row["time"] == expected["@timestamp"].replace(".000Z", "Z")
    assert {ours: row[ours] for name, ours in ECS.items() if name in expected} == {
        ours: expected[name] for name, ours in ECS.items() if name in expected
    }
    if "event.duration" in expected:
        assert row["duration"] == expected["event.duration"] / 1e9


HEADLESS = [
    case
    for case in read_cases("elastic_beats.jsonl")
    if case["format"] in {"iis_w3c", "iis_httperr"} and not case.get("spec") and not case["line"].startswith("#")
]


@needs_shared
@pytest.mark.parametrize("case", HEADLESS or [None])
def test_lines_of_iis_without_a_header_are_known_by_their_columns(case: dict[str, Any]):
    (row,), report = parsed("auto", f"{case['line']}\n".encode())
    expected = case["expected"]
    assert report.files[0].format.startswith(("iis", "http_sys"))
    assert row["time"] == expected["@timestamp"].replace(".000Z", "Z")
    assert {ours: row[ours] for name, ours in ECS.items() if name in expected} == {
        ours: expected[name] for name, ours in ECS.items() if name in expected
    }


CLOUDFRONT = {
    "c_ip": "client",
    "cs_method": "method",
    "cs_uri_stem": "path",
    "cs_uri_query": "query",
    "sc_status": "status",
    "sc_bytes": "bytes",
    "x_edge_location": "x_edge_location",
    "time_taken": "duration",
    "cs_bytes": "bytes_in",
    "ssl_cipher": "tls_cipher",
    "x_host_header": "vhost",
    "x_edge_request_id": "request_id",
}
FRONT = [case for case in read_cases("crowdsec.jsonl") if case["format"] == "crowdsec:aws-cloudfront"]


@needs_shared
@pytest.mark.parametrize("case", FRONT or [None])
def test_cloudfront_lines_without_a_header_have_the_columns_of_the_manual(case: dict[str, Any]):
    (row,), _ = parsed("cloudfront", case["line"].encode() + b"\n")
    assert {name: str(row[ours]) for name, ours in CLOUDFRONT.items()} == {
        name: case["expected"][name] for name in CLOUDFRONT
    }
    assert row["time"] == case["expected"]["@time"]


FLOWS = [case for case in read_cases("vrl.jsonl") if case["format"] == "aws_vpc_flow"]


@needs_shared
@pytest.mark.parametrize("case", FLOWS or [None])
def test_flow_logs_give_what_others_expect(case: dict[str, Any]):
    spec = (case.get("spec") or (case.get("options") or {}).get("format") or "").replace("_", "-")
    rows, report = parsed("vpc_flow", (f"{spec}\n" if spec else "").encode() + case["line"].encode() + b"\n")
    assert report.lines.rejected == 0
    expected = {name: value for name, value in case["expected"].items() if name != "start"}
    assert {name: _plain(rows[0][name]) for name in expected} == {
        name: _plain(value) for name, value in expected.items()
    }


def _plain(value: Any) -> str | None:
    return None if value is None else str(value)


def test_a_file_is_w3c_by_its_header_even_if_samples_hold_rows_of_another():
    text = f"{HEADERS[0]}\n{ROWS[0]}\n" + f"{ROWS[1]}\n" * 30
    assert matched(resolve("w3c"), text.encode()) == (2, 2)
    assert matched(resolve("w3c"), f"{ROWS[0]}\n".encode()) == (0, 1)
