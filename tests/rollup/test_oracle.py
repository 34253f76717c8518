"""The oracle is DuckDB: a report over any split of some logs equals its answer over the parsed rows of the same."""

from __future__ import annotations

import bz2
import gzip
import io
import json
import lzma
import os
import random
import uuid
from collections import Counter
from contextlib import suppress
from datetime import UTC, datetime
from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from rollup.batches import batch_of, merged, tables_of
from rollup.queries import AGENTS, CLIENTS, JSON, LEVELS, PATHS, WEB, queries, quoted

from logproc import coordinator
from logproc.adhoc.rows import parse
from logproc.config import Config, NamedReport
from logproc.model import Piece, Task
from logproc.rollup.aggregate import Program
from logproc.rollup.dumping import dump
from logproc.rollup.outcome import report_table
from logproc.rollup.registry import RELATIVE_ERROR
from logproc.rollup.sql import plan
from logproc.worker import Job, process

duckdb = pytest.importorskip("duckdb", reason="needs duckdb: pip install 'logproc[sql]'")

PACKERS = {"plain": bytes, "gzip": gzip.compress, "bzip2": bz2.compress, "xz": lzma.compress}
COLUMNS = {
    "web": {**dict.fromkeys(WEB.texts, "VARCHAR"), "status": "BIGINT", "bytes": "BIGINT", "time": "VARCHAR"},
    "json": {
        **dict.fromkeys(JSON.texts, "VARCHAR"), "status": "BIGINT", "bytes": "VARCHAR", "time": "VARCHAR",
    },
}  # fmt: skip

MOMENTS = (
    st.datetimes(datetime(2025, 12, 30), datetime(2026, 2, 2))  # noqa: DTZ001 - a local clock
    | st.integers(0, 2).map(lambda hour: datetime(2026, 2, 1, hour))  # noqa: DTZ001
).map(lambda moment: moment.replace(microsecond=0))


def maybe(*values):
    return st.sampled_from(["-", *values])


@st.composite
def web_line(draw):
    stamp = draw(MOMENTS).strftime("%d/%b/%Y:%H:%M:%S") + draw(st.sampled_from([" +0000", " +0530"]))
    target = draw(st.sampled_from(PATHS)) + draw(st.sampled_from(["", "?a=1", "?"]))
    request = draw(st.sampled_from([f"GET {target} HTTP/1.1", f"POST {target} HTTP/2.0", "-", "\\x16\\x03", ""]))
    size = draw(maybe("0", "7", "1000") | st.integers(0, 10**12).map(str))
    status = draw(st.sampled_from([200, 200, 301, 404, 500]))
    head = f'{draw(st.sampled_from(CLIENTS))} - {draw(maybe("anna"))} [{stamp}] "{request}" {status} {size}'
    line = f'{head} "{draw(maybe("https://example.org/", ""))}" "{draw(maybe(*AGENTS))}"'
    return draw(st.sampled_from([line, line, line, line, line, "", "rubbish"]))


@st.composite
def json_line(draw):
    row = {
        "time": draw(st.none() | MOMENTS.map(lambda d: d.isoformat() + "Z")),
        draw(st.sampled_from(["level", "severity"])): draw(st.none() | st.sampled_from(LEVELS)),
        draw(st.sampled_from(["message", "msg"])): draw(
            st.none() | st.sampled_from(["started", 'a "b"', "-", "\t\u20ac"])
        ),
        "route": draw(st.none() | st.sampled_from(PATHS)),
        "status": draw(st.none() | st.sampled_from([200, 301, 404, 500])),
        "bytes": draw(st.none() | st.integers(-10, 10**12) | st.sampled_from(["12", "many", "-"])),
    }
    shown = {key: value for key, value in row.items() if value is not None or draw(st.booleans())}
    line = json.dumps(shown, ensure_ascii=draw(st.booleans()))
    return draw(st.sampled_from([line, line, line, line, line, "", "[1]", '{"half']))


@st.composite
def splits(draw, line):
    """Draw files, each with a codec and where it is cut."""
    files = []
    for _ in range(draw(st.integers(1, 3))):
        text = "\n".join(draw(st.lists(line, max_size=14))) + draw(st.sampled_from(["", "\n"]))
        codec = draw(st.sampled_from(["plain", "plain", "plain", *PACKERS]))
        cuts = draw(st.lists(st.integers(1, 1500), max_size=3, unique=True)) if codec == "plain" else []
        files.append((text.encode(), codec, sorted(cuts)))
    return files


@pytest.fixture(scope="module")
def duck():
    with duckdb.connect() as connection:
        yield prepared(connection)


def prepared(connection):
    connection.execute("SET TimeZone = 'UTC'")
    connection.execute("SET threads = 1")
    for option in ("ieee_floating_point_ops", "error_on_division_by_zero"):  # x / 0 is NULL; versions differ
        with suppress(duckdb.CatalogException):
            connection.execute(f"SET {option} = false")
    return connection


def truth(duck, folder, fmt, relation):
    """Load the rows that `parse` writes into DuckDB."""
    out = io.BytesIO()
    parse(Config(paths=(str(folder),), format=fmt), out)
    rows = folder.with_suffix(".jsonl")
    rows.write_bytes(out.getvalue())
    columns = ", ".join(f"'{name}': '{kind}'" for name, kind in COLUMNS[relation].items())
    duck.execute(
        f"CREATE OR REPLACE TABLE {relation} AS SELECT * "
        "REPLACE (CAST(time AS TIMESTAMPTZ) AT TIME ZONE 'UTC' AS time) "
        f"FROM read_json('{rows}', columns = {{{columns}}}, format = 'newline_delimited')"
    )
    return out.getvalue().count(b"\n")


def answers(specs, folder, files, fmt, data):
    """Return our reports, by the real worker over a random split and a random order and bracketing of merges."""
    pieces = []
    for number, (_, _, cuts) in enumerate(files):
        edges = [0, *cuts, -1]
        path = str(folder / f"{number}.log")
        pieces += [Piece(number, path, a, b, 0, format=fmt) for a, b in pairwise(edges)]
    pieces = data.draw(st.permutations(pieces))
    size = data.draw(st.integers(1, 3))
    job = Job(uuid.uuid4().hex, specs, block_bytes=data.draw(st.sampled_from([64, 300, 1 << 16])))
    tasks = [Task(n, tuple(pieces[n : n + size]), 0) for n in range(0, len(pieces), size)]
    partials = [process(job, task) for task in tasks]
    counted = sum(result.lines.counted for partial in partials for result in partial.files)
    reports = []
    for position, spec in enumerate(specs):
        dumps = [partial.tables[position] for partial in partials]
        middle = data.draw(st.integers(0, len(dumps)))
        halves = [dump(spec, merged(spec, half).data()) for half in (dumps[:middle], dumps[middle:])]
        reports.append(report_table(merged(spec, halves)))
    return reports, counted


def plain(value):
    """Write DuckDB's values as reports do."""
    if isinstance(value, datetime):
        return value.replace(tzinfo=UTC).isoformat().replace("+00:00", "Z")
    return float(value) if isinstance(value, Decimal) else value


def by_count(pair):
    value, count = pair
    return -count, value.encode() if isinstance(value, str) else value


def top(values):
    """Return the two most frequent values, of several the least."""
    counts = sorted(Counter(values).items(), key=by_count)
    return [value for value, _ in counts[:2]]


def agrees(kind, ours, theirs):
    if kind in {"json", "top"}:
        found = json.loads(theirs or "[]") or []
        expected = found if kind == "json" else top(value for value in found if value is not None)
        return (json.loads(ours) if ours else type(expected)()) == expected
    if ours is None or theirs is None:
        return ours is theirs
    if kind == "distinct":
        return abs(ours - theirs) <= max(1, RELATIVE_ERROR["approx_count_distinct"] * theirs)
    if kind == "quantile":
        return abs(ours - theirs) <= RELATIVE_ERROR["approx_quantile"] * abs(theirs) * (1 + 1e-9)
    if kind == "moment":
        return ours == pytest.approx(theirs, rel=1e-7, abs=1e-6)
    if isinstance(ours, float) or isinstance(theirs, float):
        return ours == pytest.approx(theirs, rel=1e-9, abs=1e-12)
    return ours == theirs and isinstance(ours, bool) == isinstance(theirs, bool)


def check(duck, folder, fmt, relation, files, asked, data):
    logs = folder / uuid.uuid4().hex
    logs.mkdir()
    for number, (text, codec, _) in enumerate(files):
        (logs / f"{number}.log").write_bytes(PACKERS[codec](text))
    rows = truth(duck, logs, fmt, relation)
    specs = tuple(plan(query.ours, f"q{n}") for n, query in enumerate(asked))
    reports, counted = answers(specs, logs, files, fmt, data)
    assert counted == rows
    for query, table in zip(asked, reports, strict=True):
        compare(query, table, [tuple(map(plain, row)) for row in duck.execute(query.theirs).fetchall()])


def compare(query, table, expected):
    """Hold a finished report against the rows of DuckDB."""
    assert table.problem is None
    assert len(table.rows) == len(expected), query
    for ours, theirs in zip(table.rows, expected, strict=True):
        for kind, mine, its in zip(query.kinds, ours, theirs, strict=True):
            assert agrees(kind, mine, its), (query.ours, query.theirs, ours, theirs)


QUIET = [HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large]


@settings(max_examples=15, suppress_health_check=QUIET)
@given(files=splits(web_line()), asked=st.lists(queries(WEB), min_size=3, max_size=6), data=st.data())
def test_reports_over_access_logs_are_duckdbs_answers(duck, tmp_path_factory, files, asked, data):
    check(duck, tmp_path_factory.getbasetemp(), "combined", "web", files, asked, data)


@settings(max_examples=15, suppress_health_check=QUIET)
@given(files=splits(json_line()), asked=st.lists(queries(JSON), min_size=3, max_size=6), data=st.data())
def test_reports_over_json_lines_are_duckdbs_answers(duck, tmp_path_factory, files, asked, data):
    check(duck, tmp_path_factory.getbasetemp(), "jsonl", "json", files, asked, data)


@settings(max_examples=4, suppress_health_check=QUIET)
@given(
    files=splits(web_line()),
    asked=st.lists(queries(WEB), min_size=3, max_size=6),
    backend=st.sampled_from(["threads", "threads", "processes"]),
)
def test_reports_of_every_backend_are_duckdbs_answers(duck, tmp_path_factory, files, asked, backend):
    logs = tmp_path_factory.getbasetemp() / uuid.uuid4().hex
    logs.mkdir()
    for number, (text, codec, _) in enumerate(files):
        (logs / f"{number}.log").write_bytes(PACKERS[codec](text))
    truth(duck, logs, "combined", "web")
    reports = tuple(NamedReport(f"q{n}", query.ours) for n, query in enumerate(asked))
    names = tuple(report.name for report in reports)
    found = coordinator.run(
        Config(paths=(str(logs),), format="combined", backend=backend, workers=2, named_reports=reports, reports=names)
    )
    for query, table in zip(asked, found.reports, strict=True):
        compare(query, table, [tuple(map(plain, row)) for row in duck.execute(query.theirs).fetchall()])


# ---- many queries ----------------------------------------------------------------------------------------------

QUERIES = int(os.environ.get("LOGPROC_ORACLE", "2000"))
"""Queries that are drawn, five over each log; `LOGPROC_ORACLE=50000` asks for more."""
SHARES = 8
"""Tests that share them, so that several processes can."""


def web_row(seed):
    """Return a row that follows from a number: to draw each of its fields took as long as all else."""
    chance = random.Random(seed)
    minute = chance.randint(0, 40 * 24 * 60)
    row = {name: chance.choice([None, *WEB.words, *WEB.words, *WEB.words]) for name in WEB.texts}
    row["status"] = chance.choice([None, 200, 200, 301, 404, 500])
    row["bytes"] = chance.choice([None, 0, 7, 1000, chance.randint(0, 10**12)])
    row["time"] = chance.choice([None, *[(1_767_000_000 + 61 * minute) * 10**6] * 3])
    return {name: value for name, value in row.items() if value not in {"", "-"}}


WEB_ROWS = st.integers(0, 2**32).map(web_row)


@pytest.mark.long
@pytest.mark.parametrize("_share", range(SHARES))
@settings(max_examples=-(-QUERIES // (5 * SHARES)), suppress_health_check=QUIET)
@given(
    rows=st.lists(WEB_ROWS, max_size=25),
    asked=st.lists(queries(WEB), min_size=5, max_size=5),
    cuts=st.lists(st.integers(0, 25), max_size=4),
    data=st.data(),
)
def test_two_thousand_queries_give_duckdbs_answers(rows_in_duck, _share, rows, asked, cuts, data):
    names = (*WEB.texts, "status", "bytes", "time")
    rows_in_duck.execute("DELETE FROM web")
    if rows:
        values = ", ".join(f"({', '.join(literal(name, row.get(name)) for name in names)})" for row in rows)
        rows_in_duck.execute(f"INSERT INTO web VALUES {values}")
    specs = [plan(query.ours, f"q{n}") for n, query in enumerate(asked)]
    edges = [0, *sorted(min(cut, len(rows)) for cut in cuts), len(rows)]
    program = Program(specs, 1000)
    parts = [rows[begin:end] for begin, end in pairwise(edges)]
    tasks = [tables_of(program, [batch_of(part)] if part else []) for part in data.draw(st.permutations(parts))]
    middle = data.draw(st.integers(0, len(tasks)))
    for position, (query, spec) in enumerate(zip(asked, specs, strict=True)):
        dumps = [task[position] for task in tasks]
        halves = [dump(spec, merged(spec, half).data()) for half in (dumps[:middle], dumps[middle:])]
        expected = [tuple(map(plain, row)) for row in rows_in_duck.execute(query.theirs).fetchall()]
        compare(query, report_table(merged(spec, halves)), expected)


def literal(name, value):
    if value is None:
        return "NULL"
    if name == "time":
        return f"make_timestamp({value})"
    return quoted(value) if isinstance(value, str) else str(value)


@pytest.fixture(scope="module")
def rows_in_duck():
    with duckdb.connect() as connection:
        columns = ", ".join(f"{name} VARCHAR" for name in WEB.texts)
        connection.execute(f"CREATE TABLE web ({columns}, status BIGINT, bytes BIGINT, time TIMESTAMP)")
        yield prepared(connection)
