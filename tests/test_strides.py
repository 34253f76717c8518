"""Rows by strides and rows by batches are the same rows: equal tables, equal books, equal places of lines."""

from __future__ import annotations

import uuid

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from test_worker import LINES, combined, piece, rows, run

from logproc import pieces, strides
from logproc.formats.parser import SeparatorParser
from logproc.formats.parser_json import JsonParser
from logproc.rollup import columns
from logproc.rollup.dumping import load
from logproc.rollup.sql import plan
from logproc.rollup.tables import Table
from logproc.worker import Job

SPECS = tuple(
    plan(sql, name)
    for name, sql in {
        "status": "SELECT status, count(*) AS n, sum(bytes) AS b FROM web GROUP BY status",
        "targets": "SELECT target, count(*) AS n, max(time) AS t FROM web GROUP BY target",
        "hours": "SELECT date_trunc('hour', time) AS h, approx_count_distinct(client) AS c FROM web GROUP BY 1",
        "sizes": "SELECT client, sum(bytes) AS b FROM web WHERE status = 200 GROUP BY client",
    }.items()
)

TIMED = 'nginx:$remote_addr - - [$time_local] "$request" $status $body_bytes_sent $request_time'

ODD = [
    combined(1, path="/caf\u00e9").encode(),
    combined(2, path="/a\xff", size="-").encode("latin-1"),
    combined(3, path="-").encode(),
    *(combined(n, path="/" + "z" * n).encode() for n in (7, 40, 300)),
]
TEXTS = st.lists(
    st.one_of(
        st.integers(0, 500).map(lambda n: combined(n, path=f"/{n % 97}", size=str(n)).encode()),
        st.sampled_from([*LINES, *ODD]),
    ),
    max_size=60,
).map(b"\n".join)


def outcome(specs, *read, **options):
    """Return what comes of pieces: their results, and the tables."""
    return run(Job(uuid.uuid4().hex, specs, **options), *read)


def places(spec, dump):
    """Return the places of lines that stand behind each group."""
    table = Table(spec, 1000)
    table.merge(load(spec, dump))
    return {table.keys.key(code): table.kept.of(code) for code in range(len(table))}


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(
    texts=st.lists(TEXTS, min_size=1, max_size=3),
    stride=st.integers(1, 3000),
    room=st.integers(1, 40),
    options=st.sampled_from(
        [
            {},
            {"days": "UTC"},
            {"days": "Europe/Berlin"},
            {"block_bytes": 700},
            {"block_bytes": 700, "max_line_bytes": 400},
        ]
    ),
    formats=st.sampled_from(["combined", None]),
)
def test_strides_and_batches_make_the_same_of_every_line(tmp_path, texts, stride, room, options, formats):
    paths = [tmp_path / f"{number}.log" for number in range(len(texts))]
    for path, text in zip(paths, texts, strict=True):
        path.write_bytes(text)
    read = [piece(path, number, format=formats) for number, path in enumerate(paths)]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(strides, "STRIDE_BYTES", stride)
        patch.setattr(columns, "room_for", lambda _fields: room)  # rows in store from which on they are counted
        by_strides = outcome(SPECS, *read, **options)
        patch.setattr(pieces, "stride_of", lambda *_: None)
        by_batches = outcome(SPECS, *read, **options)
    assert by_strides.files == by_batches.files
    for spec, one, other in zip(SPECS, by_strides.tables, by_batches.tables, strict=True):
        assert rows(spec, one) == rows(spec, other)
        assert places(spec, one) == places(spec, other)


def test_what_kernels_read_of_a_file_is_what_blocks_bring(tmp_path, monkeypatch):
    lines = [combined(n, path=f"/{n % 501}" + "a" * (n % 300)).encode() for n in range(3000)]
    odd = [*LINES, *ODD, b"", b"z" * 9000, *(b"\0" * n + b"none of it" for n in range(50))]
    lines[77::211] = odd[: len(lines[77::211])]
    (tmp_path / "a.log").write_bytes(b"\n".join(lines))
    read = piece(tmp_path / "a.log", format="combined")
    sizes = {"block_bytes": 1 << 14, "max_line_bytes": 1 << 13}
    calls = []
    read_on = strides.Stride.read_on
    monkeypatch.setattr(strides, "STRIDE_BYTES", 1 << 11)
    monkeypatch.setattr(columns, "room_for", lambda _fields: 200)
    monkeypatch.setattr(strides.Stride, "read_on", lambda *given: calls.append(1) or read_on(*given))
    by_kernels = outcome(SPECS, read, **sizes)
    assert 10 < len(calls) < 60
    monkeypatch.setattr(pieces, "stride_of", lambda *_: None)
    by_batches = outcome(SPECS, read, **sizes)
    assert by_kernels.files == by_batches.files
    for spec, one, other in zip(SPECS, by_kernels.tables, by_batches.tables, strict=True):
        assert rows(spec, one) == rows(spec, other)
        assert places(spec, one) == places(spec, other)


JSON_SPECS = tuple(
    plan(f"{sql} GROUP BY 1", name)
    for name, sql in {
        "status": "SELECT status, count(*) AS n, sum(duration) AS d, max(time) AS t FROM json",
        "paths": "SELECT path, count(*) AS n, approx_quantile(duration, 0.9) AS q, min(method) AS m FROM json",
        "users": 'SELECT "user", count(*) AS n, max(CAST(deep.er AS DECIMAL)) AS x FROM json',
    }.items()
)

DURATIONS = [
    *("0.25", "1e-3", '"1.5s"', '"20ms"', "0.12345678901234567", "123456789.0123456789e-3", "null", '"-"', "true"),
]
CLOCKS = ['"2026-03-02T10:00:{:02}Z"', "177244560{:01}", '"02/Mar/2026:10:00:{:02} +0100"', '"10:00:{:02}"', "null"]
USERS = ["ann", "a\\u006en", "\u00e4", "-", "x" * 70]


def json_line(n: int) -> str:
    """Return a line that has in turn whatever a value may be."""
    parts = [
        f'"time":{CLOCKS[n % 5 if n % 7 == 0 else 0].format(n % 10)}',
        f'"request":"GET /{"y" * (n % 40)}?q={n} HTTP/1.1"' if n % 11 == 0 else f'"path":"/p{n % 31}","method":"GET"',
        f'"status":{200 + n % 3}',
        f'"duration":{DURATIONS[n % len(DURATIONS)]}',
        f'"user":"{USERS[n % len(USERS)]}"',
    ]
    parts += [f'"date":"2026-03-0{1 + n % 9}"'] * (n % 7 == 0)
    parts += [f'"deep":{{"er":{n}.5,"list":[1,{{"a":"]"}}]}}'] * (n % 3 == 0)
    return "{" + ", ".join(parts[::-1] if n % 13 == 0 else parts) + "}"


@pytest.mark.parametrize("block", [1 << 14, 1 << 20])
def test_json_by_strides_is_what_blocks_bring(tmp_path, monkeypatch, block):
    lines = [json_line(n) for n in range(4000)]
    odd = ["", "{", '{"status":}', "no json", '{"a":"' + "b" * 9000 + '"}', *[json_line(n)[:-n] for n in range(1, 40)]]
    lines[77::211] = odd[: len(lines[77::211])]
    (tmp_path / "a.log").write_text("\n".join(lines))
    read = piece(tmp_path / "a.log", format="jsonl")
    sizes = {"block_bytes": block, "max_line_bytes": 1 << 13}
    monkeypatch.setattr(strides, "STRIDE_BYTES", 1 << 11)
    monkeypatch.setattr(columns, "room_for", lambda _fields: 200)
    with monkeypatch.context() as patch:
        patch.setattr(JsonParser, "parse", lambda *_: pytest.fail("went by batches"))
        by_strides = outcome(JSON_SPECS, read, **sizes)
    monkeypatch.setattr(pieces, "stride_of", lambda *_: None)
    by_batches = outcome(JSON_SPECS, read, **sizes)
    assert by_strides.files == by_batches.files
    assert by_strides.files[0].lines.rejected > 10
    for spec, one, other in zip(JSON_SPECS, by_strides.tables, by_batches.tables, strict=True):
        assert rows(spec, one) == rows(spec, other)
        assert places(spec, one) == places(spec, other)


def test_a_stretch_ends_where_the_texts_learnt_are_more_bytes_than_they_may_be(tmp_path, monkeypatch):
    (tmp_path / "a.log").write_text("\n".join(combined(n, path=f"/{n}" + "z" * 300) for n in range(3000)) + "\n")
    given = piece(tmp_path / "a.log", format="combined")
    whole = outcome(SPECS[:2], given)
    monkeypatch.setattr(strides, "STRIDE_BYTES", 16 << 10)
    monkeypatch.setattr(columns, "MAX_KEY_BYTES", 100_000)
    learnt = []
    monkeypatch.setattr(columns.RowStore, "forget", _noting(columns.RowStore.forget, learnt))
    cut = outcome(SPECS[:2], given)
    assert max(learnt) < 250_000 < 300 * 3000
    for spec, one, other in zip(SPECS, whole.tables, cut.tables, strict=False):
        assert sorted(rows(spec, one), key=repr) == sorted(rows(spec, other), key=repr)


def _noting(forget, learnt):
    def noting(store):
        learnt.append(store.bytes_held())
        forget(store)

    return noting


def test_usual_lines_go_by_strides(tmp_path, monkeypatch):
    (tmp_path / "a.log").write_text("\n".join(combined(n) for n in range(5000)) + "\n")
    calls = []
    monkeypatch.setattr(SeparatorParser, "parse", lambda *_: calls.append(1))
    whole = outcome(SPECS, piece(tmp_path / "a.log", format="combined"))
    assert not calls
    assert whole.files[0].lines.counted == 5000


@pytest.mark.parametrize(
    ("options", "given"),
    [
        ({"since": 0}, {}),
        ({"until": 2**62}, {}),
        ({}, {"timezone": "Europe/Berlin"}),
        ({}, {"tried": ("combined", "jsonl")}),
    ],
    ids=["since", "until", "zone", "others"],
)
def test_what_needs_a_look_at_each_row_goes_by_batches(tmp_path, monkeypatch, options, given):
    (tmp_path / "a.log").write_text("\n".join(combined(n) for n in range(10)) + "\n")
    monkeypatch.setattr(strides.Stride, "read", lambda *_: pytest.fail("went by strides"))
    whole = outcome(SPECS, piece(tmp_path / "a.log", format="combined", **given), **options)
    assert whole.files[0].lines.counted == 10


def test_a_number_that_may_be_a_list_goes_by_batches(tmp_path, monkeypatch):
    spec = plan("SELECT sum(upstream_duration) AS d FROM web", "durations")
    line = combined(1).rsplit(' "-"', 1)[0]
    (tmp_path / "a.log").write_text(f"{line} 0.25\n{line} 0.25, 1.5 : 0.5\n" * 5)
    monkeypatch.setattr(strides.Stride, "read", lambda *_: pytest.fail("went by strides"))
    fmt = TIMED.replace("$request_time", "$upstream_response_time")
    whole = outcome((spec,), piece(tmp_path / "a.log", format=fmt))
    assert whole.files[0].lines.counted == 10
    assert rows(spec, *whole.tables) == [(12.5,)]
