"""`process` is a function of job, task and file content: every line is accounted for, however it is read."""

from __future__ import annotations

import bz2
import errno
import gzip
import json
import lzma
import os
import random
import tempfile
import uuid
from datetime import UTC, datetime
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from logproc import worker
from logproc.errors import InputError, MachineError
from logproc.inputs.blocks import BlockReader
from logproc.kernels import native, tokenize
from logproc.kernels.tokenize import COUNTERS
from logproc.model import SAMPLES, Lines, Piece, Task
from logproc.refused import TOO_LONG
from logproc.rollup.dumping import load
from logproc.rollup.outcome import report_table
from logproc.rollup.sql import plan
from logproc.rollup.tables import Table
from logproc.worker import Job, process

STATUS = plan("SELECT status, count(*) AS n, sum(bytes) AS b FROM web GROUP BY status", "status")
PATHS = plan("SELECT path, count(*) AS n, max(time) AS t FROM web GROUP BY path", "paths")
LEVELS = plan("SELECT level, count(*) AS n, sum(bytes) AS b FROM json GROUP BY level", "levels")
TIMES = plan("SELECT time, count(*) AS n FROM json GROUP BY time", "times")
SPECS = (STATUS, PATHS, LEVELS)


def job(specs=SPECS, **options):
    return Job(uuid.uuid4().hex, tuple(specs), **options)


def piece(path, number=0, start=0, end=-1, **options):
    return Piece(number, str(path), start, end, 0, **options)


def run(job, *pieces):
    return process(job, Task(0, pieces, 0))


def rows(spec, *dumps):
    table = Table(spec, 1000)
    for raw in dumps:
        table.merge(load(spec, raw))
    return sorted(report_table(table).rows, key=str)


def combined(n, *, status=200, size="10", path=None, second=None):
    at = datetime(2026, 2, 1, n // 3600 % 24, n // 60 % 60, (n if second is None else second) % 60, tzinfo=UTC)
    stamp = at.strftime("%d/%b/%Y:%H:%M:%S +0000")
    return f'10.0.0.{n % 250} - - [{stamp}] "GET {path or f"/p/{n % 5}"} HTTP/1.1" {status} {size} "-" "agent {n % 3}"'


def json_row(**row):
    return json.dumps(row)


def true_lines(data):
    """Return what `wc -l` counts, plus one for a last line without its newline."""
    return data.count(b"\n") + (not data.endswith(b"\n") and data != b"")


def encoded(data, codec):
    return {"plain": bytes, "gzip": gzip.compress, "bzip2": bz2.compress, "xz": lzma.compress}[codec](data)


LINES = [
    *(combined(n, status=[200, 404, 500][n % 3], size=["10", "-", "999999999999"][n % 3]).encode() for n in range(6)),
    *(b"", b"   ", b"garbage", b'10.0.0.1 - - [oops] "GET / HTTP/1.1" 200 1 "-" "-"', b"\xfe\xfa", b"x" * 700),
    combined(7, path="/caf\u00e9").encode(),
    combined(8, path="/" + "y" * 500).encode(),
]


@st.composite
def contents(draw):
    """Draw the bytes of a combined log with everything that may stand in one."""
    ends = st.sampled_from([b"\n", b"\n", b"\r\n"])
    picked = draw(st.lists(st.tuples(st.sampled_from(LINES), ends), max_size=25))
    data = b"".join(line + end for line, end in picked)
    return data[:-1] if data and draw(st.booleans()) else data


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(
    data=contents(), codec=st.sampled_from(["plain", "plain", "gzip", "bzip2", "xz"]),
    block=st.integers(64, 3000), limit=st.integers(600, 2000),
)  # fmt: skip
def test_every_line_has_one_fate_however_small_the_blocks_are(tmp_path, data, codec, block, limit):
    path = tmp_path / "access.log"
    path.write_bytes(encoded(data, codec))
    given_ = piece(path, format="combined")
    small = run(job(block_bytes=block, max_line_bytes=limit), given_)
    large = run(job(max_line_bytes=limit), given_)
    (result,) = small.files
    assert result.lines.balanced()
    assert result.lines.read == true_lines(data)
    assert result.lines.rejected == sum(result.rejected_by_reason.values())
    assert result.rejected_by_reason.get(TOO_LONG, 0) == sum(len(line) > limit for line in data.split(b"\n"))
    assert result.bytes_read == len(data)
    assert small.files == large.files
    for spec, one, other in zip(SPECS, small.tables, large.tables, strict=True):
        assert rows(spec, one) == rows(spec, other)
    for sample in result.samples:
        line = data[sample.offset :].split(b"\n")[0]
        assert data[: sample.offset].count(b"\n") == sample.line
        assert line.startswith(sample.raw) if sample.reason != TOO_LONG else len(line) > limit


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(data=contents(), cuts=st.lists(st.integers(1, 4000), max_size=5), block=st.integers(64, 1 << 14))
def test_any_ranges_of_a_plain_file_add_up_to_the_file(tmp_path, data, cuts, block):
    path = tmp_path / "access.log"
    path.write_bytes(data)
    edges = [0, *sorted({cut for cut in cuts if cut < len(data)}), -1]
    ranges = [piece(path, start=begin, end=end, format="combined", codec="plain") for begin, end in pairwise(edges)]
    whole = run(job(), piece(path, format="combined"))
    work = job(block_bytes=block)
    parts = [process(work, Task(number, (part,), 0)) for number, part in enumerate(ranges)]
    lines, samples = Lines(), []
    for part in parts:
        samples += [(lines.read + s.line, s.offset, s.reason, s.raw) for s in part.files[0].samples]
        lines = lines + part.files[0].lines
    assert lines == whole.files[0].lines
    assert sum(part.files[0].bytes_read for part in parts) == len(data)
    assert samples[:SAMPLES] == [(s.line, s.offset, s.reason, s.raw) for s in whole.files[0].samples]
    for position, spec in enumerate(SPECS):
        assert rows(spec, *(part.tables[position] for part in parts)) == rows(spec, whole.tables[position])


# ---- many pieces in one task -------------------------------------------------------------------------------


def write_mixed(folder):
    """Write a folder of small files as they are met: name -> bytes of its lines, or None for no text."""
    rng = random.Random(11)
    files = {
        f"a{n:02}.log": "".join(combined(k) + "\n" for k in range(rng.randrange(1, 40))).encode() for n in range(20)
    }
    files |= {
        "crlf.log": b"\r\n".join(combined(k).encode() for k in range(9)) + b"\r\n",
        "cut.log": b"\n".join(combined(k).encode() for k in range(9)),
        "blank.log": b"\n\n" + combined(1).encode() + b"\n   \n",
        "empty.log": b"",
        "bad.log": (combined(1) + "\nrubbish\n" + combined(2) + "\n").encode(),
        "app.json": b"".join(json_row(level="info", bytes=k).encode() + b"\n" for k in range(9)),
        "latin.log": combined(3, path="/caf\xe9").encode("latin-1") + b"\n",
        "vhost.log": "".join(f"www.example.org:443 {combined(k)}\n" for k in range(9)).encode(),
        "common.log": "".join(combined(k).rsplit(' "-"', 1)[0] + "\n" for k in range(9)).encode(),
        "long.log": (combined(4, path="/" + "z" * 5000) + "\n" + combined(5) + "\n").encode(),
        "notes.txt": b"once upon a time\nthere was a log\n",
        "mark.log": b"\xef\xbb\xbf" + combined(6).encode() + b"\n",
        "wide.log": (combined(7) + "\n").encode("utf-16"),
        "binary.bin": bytes(range(256)) * 8,
    }
    for name, data in files.items():
        (folder / name).write_bytes(data)
    zipped = "".join(combined(k) + "\n" for k in range(30)).encode()
    (folder / "old.gz").write_bytes(gzip.compress(zipped))
    (folder / "torn.gz").write_bytes(gzip.compress(random.Random(1).randbytes(0) + zipped * 30)[:-40])
    return sorted(path for path in folder.iterdir() if path.is_file())


OPTIONS = [{}, {"max_line_bytes": 4096}, {"block_bytes": 4096}, {"block_bytes": 4096, "max_line_bytes": 6000}]


@pytest.mark.parametrize("options", OPTIONS, ids=str)
@pytest.mark.parametrize("seed", range(3))
def test_files_in_one_task_are_read_as_if_each_had_a_task_of_its_own(tmp_path, options, seed):
    paths = write_mixed(tmp_path)
    random.Random(seed).shuffle(paths)
    pieces = [piece(path, number, source="s" * (number % 5 == 0)) for number, path in enumerate(paths)]
    together = run(job(**options), *pieces)
    work = job(**options)
    alone = [run(work, part) for part in pieces]
    assert together.files == tuple(partial.files[0] for partial in alone)
    for position, spec in enumerate(SPECS):
        assert rows(spec, together.tables[position]) == rows(spec, *(partial.tables[position] for partial in alone))


def test_what_becomes_of_the_files_of_a_mixed_folder(tmp_path):
    paths = write_mixed(tmp_path)
    results = run(job(), *(piece(path, number) for number, path in enumerate(paths))).files
    found = {path.name: result for path, result in zip(paths, results, strict=True)}
    assert all(result.lines.balanced() for result in results)
    for name in ("a01.log", "crlf.log", "cut.log", "blank.log", "empty.log", "bad.log", "notes.txt", "long.log"):
        data = (tmp_path / name).read_bytes()
        assert (found[name].lines.read, found[name].bytes_read) == (true_lines(data), len(data))
    assert found["crlf.log"].lines == found["cut.log"].lines == Lines(9, 9, 0, 0)
    assert found["blank.log"].lines == Lines(4, 1, 3, 0)
    assert found["empty.log"].lines == Lines()
    assert found["bad.log"].lines == Lines(3, 2, 0, 1)
    assert [s.line for s in found["bad.log"].samples] == [1]
    assert (found["app.json"].format, found["vhost.log"].format) == ("jsonl", "vhost_combined")
    assert found["common.log"].lines == Lines(9, 9, 0, 0)
    assert (found["notes.txt"].format, found["notes.txt"].lines) == (None, Lines(2, 0, 0, 2))
    assert found["notes.txt"].problem == "no known format matches"
    assert (found["mark.log"].lines.counted, found["wide.log"].lines.counted) == (1, 1)
    assert found["binary.bin"].skipped
    assert (found["binary.bin"].problem or "").startswith("binary")
    assert (found["old.gz"].codec, found["old.gz"].lines.counted) == ("gzip", 30)
    assert found["torn.gz"].problem
    assert found["torn.gz"].lines.counted > 0
    assert not found["torn.gz"].skipped


def test_a_file_that_is_gone_is_a_result_like_any_other(tmp_path):
    (tmp_path / "here.log").write_text(combined(1) + "\n")
    here, gone = run(job(), piece(tmp_path / "here.log"), piece(tmp_path / "gone.log", 1)).files
    assert here.lines.counted == 1
    assert gone.skipped
    assert gone.lines == Lines()
    assert gone.problem


def test_only_rows_of_the_relation_count(tmp_path):
    (tmp_path / "a.log").write_text(combined(1) + "\n")
    spec = plan("SELECT count(*) FROM shop", "shop", relations={"shop": frozenset({"web"})})
    shop = run(job([spec]), piece(tmp_path / "a.log", source="shop")).tables
    other = run(job([spec]), piece(tmp_path / "a.log", source="other")).tables
    assert rows(spec, *shop) == [(1,)]
    assert rows(spec, *other) == [(0,)]


# ---- time --------------------------------------------------------------------------------------------------


def micros(text):
    return int(datetime.fromisoformat(text).timestamp() * 1_000_000)


@pytest.mark.parametrize("engine", ["web", "json"])
@pytest.mark.parametrize(
    ("since", "until", "kept"),
    [(None, None, range(60)), (20, None, range(20, 60)), (None, 20, range(20)), (10, 12, (10, 11)), (59, 90, (59,)),
     (70, None, ()), (5, 5, ())],
)  # fmt: skip
def test_since_is_inclusive_and_until_exclusive_and_the_rest_is_filtered(tmp_path, engine, since, until, kept):
    texts = [combined(n) if engine == "web" else json_row(time=f"2026-02-01T00:00:{n:02}Z", n=n) for n in range(60)]
    (tmp_path / "a.log").write_text(
        "\n".join(texts) + "\n\nrubbish {\n" + (json_row(level="none") if engine == "json" else "")
    )
    base = micros("2026-02-01T00:00:00Z")
    bounds = {"since": since, "until": until}
    options = {name: base + value * 10**6 for name, value in bounds.items() if value is not None}
    spec = plan(f"SELECT time, count(*) FROM {engine} WHERE time IS NOT NULL GROUP BY time", "t")
    for block in (200, 1 << 20):
        partial = run(
            job([spec], block_bytes=block, **options),
            piece(tmp_path / "a.log", format="combined" if engine == "web" else "jsonl"),
        )
        (result,) = partial.files
        untimed = engine == "json"
        counted = len(kept) + (untimed and not options)
        assert result.lines == Lines(62 + untimed, counted, 61 + untimed - counted, 1)
        assert [row[0] for row in rows(spec, *partial.tables)] == [f"2026-02-01T00:00:{n:02}Z" for n in kept]
        times = [base + n * 10**6 for n in kept]
        assert (result.first_time, result.last_time) == (min(times, default=None), max(times, default=None))


ZONELESS = st.datetimes(datetime(2025, 1, 1), datetime(2027, 12, 31)).map(lambda d: d.replace(microsecond=0))  # noqa: DTZ001 - a local clock


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    stamps=st.lists(ZONELESS, min_size=1, max_size=10),
    zone=st.sampled_from(["Europe/Berlin", "America/New_York", "Asia/Kathmandu", "Australia/Lord_Howe", "UTC"]),
)
def test_times_without_a_zone_take_that_of_the_source(tmp_path, stamps, zone):
    texts = [json_row(time=stamp.isoformat()) for stamp in stamps]
    texts += [json_row(time=stamp.isoformat() + "+02:00") for stamp in stamps]
    (tmp_path / "a.json").write_text("\n".join(texts) + "\n")
    partial = run(job([TIMES]), piece(tmp_path / "a.json", timezone=zone, format="jsonl"))
    known = [stamp.replace(tzinfo=ZoneInfo(zone)) for stamp in stamps]
    known += [datetime.fromisoformat(stamp.isoformat() + "+02:00") for stamp in stamps]
    expected: dict[str, int] = {}
    for stamp in known:
        text = stamp.astimezone(UTC).isoformat().replace("+00:00", "Z")
        expected[text] = expected.get(text, 0) + 1
    assert dict(rows(TIMES, *partial.tables)) == expected
    (result,) = partial.files
    instants = [int(stamp.timestamp()) * 10**6 for stamp in known]
    assert (result.first_time, result.last_time) == (min(instants), max(instants))


@pytest.mark.parametrize(
    ("local", "utc"),
    [
        ("2026-03-29T01:59:59", "2026-03-29T00:59:59Z"),
        ("2026-03-29T02:30:00", "2026-03-29T01:30:00Z"),  # never was: the offset from before
        ("2026-03-29T03:00:00", "2026-03-29T01:00:00Z"),
        ("2026-10-25T02:30:00", "2026-10-25T00:30:00Z"),  # was twice: the first
        ("2026-10-25T03:00:00", "2026-10-25T02:00:00Z"),
    ],
)
def test_the_hours_that_never_were_and_were_twice(tmp_path, local, utc):
    (tmp_path / "a.json").write_text(json_row(time=local) + "\n")
    partial = run(job([TIMES]), piece(tmp_path / "a.json", timezone="Europe/Berlin"))
    assert rows(TIMES, *partial.tables) == [(utc, 1)]


def test_the_span_of_a_run_is_that_of_the_shifted_times(tmp_path):
    (tmp_path / "a.json").write_text(
        json_row(time="2026-02-01T00:30:00") + "\n" + json_row(time="2026-02-01T01:30:00") + "\n"
    )
    options = {"since": micros("2026-02-01T00:00:00Z"), "until": micros("2026-02-01T01:00:00Z")}
    partial = run(job([TIMES], **options), piece(tmp_path / "a.json", timezone="Europe/Berlin"))
    assert rows(TIMES, *partial.tables) == [("2026-02-01T00:30:00Z", 1)]


# ---- one thread, many tasks --------------------------------------------------------------------------------


def test_a_task_gives_the_same_whatever_the_thread_did_before(tmp_path):
    paths = write_mixed(tmp_path)
    work = job()
    alone = [run(job(), piece(path)) for path in paths]
    for seed in range(3):
        order = list(range(len(paths)))
        random.Random(seed).shuffle(order)
        for number in order:
            partial = run(work, piece(paths[number]))
            assert partial.files == alone[number].files
            for position, spec in enumerate(SPECS):
                assert rows(spec, partial.tables[position]) == rows(spec, alone[number].tables[position])


@pytest.mark.parametrize(
    "where", ["logproc.rollup.aggregate.RelationProgram.append", "logproc.rollup.aggregate.Tally.finish"]
)
def test_a_task_that_fails_leaves_nothing_behind(tmp_path, monkeypatch, where):
    (tmp_path / "a.log").write_text((combined(1) + "\n") * 5)
    work = job()
    expected = run(job(), piece(tmp_path / "a.log"))
    with monkeypatch.context() as patched:
        patched.setattr(where, lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            run(work, piece(tmp_path / "a.log"))
    again = run(work, piece(tmp_path / "a.log"))
    assert again.files == expected.files
    assert rows(STATUS, again.tables[0]) == rows(STATUS, expected.tables[0])


def test_an_input_error_in_the_middle_keeps_what_was_read(tmp_path, monkeypatch):
    (tmp_path / "a.log").write_text((combined(1) + "\n") * 200)
    reader = BlockReader.read
    calls = []

    def breaks(self, buffer, at=0):
        calls.append(at)
        if len(calls) == 3:
            raise InputError("a.log", "the disk is gone")
        return reader(self, buffer, at)

    monkeypatch.setattr(BlockReader, "read", breaks)
    partial = run(job(block_bytes=4096), piece(tmp_path / "a.log"))
    (result,) = partial.files
    assert result.problem == "the disk is gone"
    assert not result.skipped
    assert result.lines.balanced()
    assert 0 < result.lines.counted < 200
    assert sum(n for _, n, _ in rows(STATUS, partial.tables[0])) == result.lines.counted


def test_the_kernels_counters_are_as_many_as_the_worker_makes():
    assert worker.Desk(job()).counters.shape == (COUNTERS,)


def test_a_defect_that_one_file_of_a_pack_brings_to_light_costs_that_file_alone(tmp_path, monkeypatch):
    from logproc import worker

    pieces = []
    for number in range(12):
        path = tmp_path / f"{number}.log"
        path.write_text(f'192.0.2.{number} - - [10/Oct/2025:13:55:36 +0000] "GET / HTTP/1.1" 200 1 "-" "-"\nbad\n')
        pieces.append(Piece(number, str(path), 0, -1, 0))
    read = worker.PieceReader.process

    def breaks(self):
        result = read(self)
        if self.piece.file == 5:
            raise ZeroDivisionError("no such luck")
        return result

    monkeypatch.setattr(worker.PieceReader, "process", breaks)
    folder = tmp_path / "spool"
    folder.mkdir()
    spec = plan("SELECT client, count(*) AS n FROM web GROUP BY client ORDER BY client", "clients")
    job = Job(id=str(tmp_path), specs=(spec,), spool=str(folder))
    done = process(job, Task(0, tuple(pieces), 0))
    assert [result.file for result in done.files] == list(range(12))
    lost = done.files[5]
    assert lost.problem == "ZeroDivisionError: no such luck (a defect of logproc)"
    assert lost.skipped
    assert lost.lines == Lines()
    assert all(result.lines.counted == result.lines.rejected == 1 for result in done.files if result is not lost)
    table = Table(spec, 100)
    table.merge(load(spec, done.tables[0]))
    assert len(table) == 11
    (kept,) = folder.iterdir()
    assert len(kept.read_text().splitlines()) == 11


def small_files(folder, count):
    for number in range(count):
        line = f'192.0.2.{number} - - [10/Oct/2025:13:55:36 +0000] "GET / HTTP/1.1" 200 1 "-" "-"\nbad\n'
        (folder / f"{number}.log").write_text(line)
    return tuple(Piece(number, str(folder / f"{number}.log"), 0, -1, 0) for number in range(count))


@pytest.mark.parametrize("count", [1, 12])
def test_a_kernel_that_cannot_be_compiled_ends_the_work_and_is_no_bad_file(count, tmp_path, monkeypatch):
    def fails(_self):
        raise TypeError("Failed in nopython mode pipeline\nwith many lines")

    spec = plan("SELECT client, count(*) AS n FROM web GROUP BY client ORDER BY client", "clients")
    monkeypatch.setattr(tokenize.tokenize, "_native", None)
    monkeypatch.setattr(tokenize.tokenize, "_address", 0)
    find, name = native.find, tokenize.tokenize.name
    monkeypatch.setattr(native, "find", lambda wanted: None if wanted == name else find(wanted))
    monkeypatch.setattr(tokenize.tokenize, "_compile", lambda: fails(tokenize.tokenize), raising=False)
    with pytest.raises(MachineError) as caught:
        process(Job(id=str(tmp_path), specs=(spec,)), Task(0, small_files(tmp_path, count), 0))
    assert str(caught.value) == (
        "there is no machine code for tokenize.tokenize on this machine: TypeError: Failed in nopython mode pipeline "
        "(a defect of logproc, or of what compiles for it)"
    )


@pytest.mark.parametrize("count", [1, 12])
def test_a_full_disk_for_rejected_lines_is_no_fault_of_the_file(count, tmp_path, monkeypatch):
    def full(*_args, **_options):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(tempfile, "NamedTemporaryFile", full)
    spec = plan("SELECT client, count(*) AS n FROM web GROUP BY client ORDER BY client", "clients")
    job = Job(id=str(tmp_path), specs=(spec,), spool=str(tmp_path / "spool"))
    with pytest.raises(
        MachineError, match=r"/spool: temporary files cannot be written: no space left on device; free some"
    ):
        process(job, Task(0, small_files(tmp_path, count), 0))
