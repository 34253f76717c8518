"""Files in, tasks out: every byte of every file is in exactly one task, large files in ranges, small ones together."""

from __future__ import annotations

import gzip
import random
from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from logproc import planner
from logproc.config import Config, Discover, Source
from logproc.errors import FormatError, InputError
from logproc.model import LogFile
from logproc.planner import Planner, range_borders

LINE = '10.0.0.1 - - [01/Feb/2026:00:00:00 +0000] "GET /p HTTP/1.1" 200 10 "-" "agent"\n'


@pytest.fixture
def small(monkeypatch):
    monkeypatch.setattr(planner, "RANGE_BYTES", 1000)
    monkeypatch.setattr(planner, "PACK_BYTES", 3000)
    monkeypatch.setattr(planner, "PACK_FILES", 5)


SMALL = pytest.mark.usefixtures("small")


def write(folder, sizes):
    """Write logs of about so many bytes; returns them as discovery finds them, in an order of no meaning."""
    files = []
    for number, size in enumerate(sizes):
        path = folder / f"{number:03}.log"
        path.write_text((LINE * (size // len(LINE) + 1))[:size])
        files.append(LogFile(str(path), size, 0))
    return files


def covered(files, tasks):
    """Check that the tasks cover each file once, without gaps, and return the pieces of each file."""
    pieces = {number: [] for number in range(len(files))}
    for task in tasks:
        for piece in task.pieces:
            assert piece.path == files[piece.file].path
            pieces[piece.file].append(piece)
    for number, file in enumerate(files):
        parts = sorted(pieces[number], key=lambda piece: piece.start)
        if file.problem is not None:
            assert parts == []
            continue
        assert parts[0].start == 0
        assert parts[-1].end == -1
        assert all(one.end == other.start for one, other in pairwise(parts))
    return pieces


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(sizes=st.lists(st.integers(0, 800) | st.integers(2900, 3100) | st.integers(0, 12_000), max_size=25))
@SMALL
def test_every_byte_is_in_one_task_and_tasks_are_numbered_largest_first(tmp_path, sizes):
    files = write(tmp_path, sizes)
    tasks = Planner(Config()).tasks(files)
    pieces = covered(files, tasks)
    assert [task.number for task in tasks] == list(range(len(tasks)))
    assert [task.bytes for task in tasks] == sorted((task.bytes for task in tasks), reverse=True)
    assert sum(task.bytes for task in tasks) == sum(sizes)
    for task in tasks:
        assert len(task.pieces) <= 5
        if len(task.pieces) > 1:
            assert sum(files[p.file].size for p in task.pieces[:-1]) < 3000
            assert [p.file for p in task.pieces] == sorted(p.file for p in task.pieces)
    for number, parts in pieces.items():
        if sizes[number] > 3000:
            assert len(parts) >= sizes[number] // 2000
            assert {(p.codec, p.format) for p in parts} == {("plain", "combined")}
        else:
            assert [(p.codec, p.format) for p in parts] == [(None, None)]


@SMALL
def test_ranges_of_a_file_are_merged_in_the_order_of_the_file(tmp_path):
    files = write(tmp_path, [9500, 9500, 200, 4000])
    tasks = Planner(Config()).tasks(files)
    starts = {}
    for task in tasks:
        for piece in task.pieces:
            assert piece.start >= starts.get(piece.file, 0)
            starts[piece.file] = piece.start


@given(size=st.integers(1, 10**9) | st.integers(1, 10**12))
def test_ranges_never_grow_towards_the_end_of_a_file(size):
    borders = range_borders(size)
    assert (borders[0], borders[-1]) == (0, size)
    sizes = [end - start for start, end in pairwise(borders)]
    assert sizes == sorted(sizes, reverse=True)
    assert all(0 < length <= planner.RANGE_BYTES for length in sizes)
    assert len(sizes) == 1 or min(sizes) > planner.LAST_BYTES // 2


@SMALL
def test_the_plan_is_the_same_every_time(tmp_path):
    files = write(tmp_path, [random.Random(1).randrange(6000) for _ in range(40)])
    assert Planner(Config()).tasks(files) == Planner(Config()).tasks(files)


@SMALL
def test_what_cannot_be_cut_is_one_task(tmp_path):
    contents = {
        "packed.gz": gzip.compress(random.Random(1).randbytes(6000)),
        "wide.log": (LINE * 40).encode("utf-16"),
        "binary.log": bytes(range(256)) * 20,
    }
    files = []
    for name, data in contents.items():
        (tmp_path / name).write_bytes(data)
        assert len(data) > 3000
        files.append(LogFile(str(tmp_path / name), len(data), 0))
    files.append(LogFile(str(tmp_path / "gone.log"), 5000, 0))
    tasks = Planner(Config()).tasks(files)
    covered(files, tasks)
    assert len(tasks) == len(files)
    assert {(p.codec, p.format) for task in tasks for p in task.pieces} == {(None, None)}


@SMALL
def test_a_file_with_a_byte_order_mark_is_cut_all_the_same(tmp_path):
    data = b"\xef\xbb\xbf" + (LINE * 100).encode()
    (tmp_path / "mark.log").write_bytes(data)
    assert len(Planner(Config()).tasks([LogFile(str(tmp_path / "mark.log"), len(data), 0)])) > 3


@SMALL
def test_all_ranges_of_a_file_that_no_format_fits_say_so(tmp_path):
    (tmp_path / "notes.txt").write_text("once upon a time\n" * 400)
    tasks = Planner(Config()).tasks([LogFile(str(tmp_path / "notes.txt"), 6800, 0)])
    assert {piece.format for task in tasks for piece in task.pieces} == {"unknown"}


def test_files_with_a_problem_are_in_no_task(tmp_path):
    files = [*write(tmp_path, [100, 100]), LogFile("/logs/closed", 0, 0, problem="permission denied")]
    assert [piece.file for task in Planner(Config()).tasks(files) for piece in task.pieces] == [0, 1]
    assert Planner(Config()).tasks(files[2:]) == []


# ---- sources -----------------------------------------------------------------------------------------------


SHOP = Source("shop", ("shop/**",), format="common", host="^(?P<host>[^/]+)/", timezone="Asia/Tokyo")
LEFT = Source("rest", ("**/*",), timezone=None)


def test_a_piece_carries_what_its_source_says(tmp_path):
    for name in ("shop/a.log", "b.log"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(LINE)
    config = Config(paths=(str(tmp_path),), sources=(SHOP, LEFT), timezone="Europe/Berlin")
    plan = Planner(config)
    pieces = {piece.source: piece for task in plan.tasks(plan.discover()) for piece in task.pieces}
    assert (pieces["shop"].format, pieces["shop"].timezone, pieces["shop"].host) == ("common", "Asia/Tokyo", "shop")
    assert (pieces["rest"].format, pieces["rest"].timezone, pieces["rest"].host) == (None, "Europe/Berlin", None)
    assert plan.formats == ("common",)


def test_the_format_that_is_asked_for_wins_over_that_of_a_source():
    plan = Planner(Config(sources=(SHOP,), format="jsonl"))
    file = LogFile("/logs/a", 1, 0, source="shop")
    assert plan.piece(0, file).format == "jsonl"
    assert plan.piece(0, replace(file, source="")).format == "jsonl"
    assert plan.formats == ("jsonl",)


def test_a_format_that_is_none_stops_before_any_work_and_names_the_source():
    with pytest.raises(FormatError, match="combind"):
        Planner(Config(format="combind"))
    with pytest.raises(FormatError, match=r"'shop'.*combind"):
        Planner(Config(sources=(replace(SHOP, format="combind"),)))


def test_only_what_is_included_is_found(tmp_path):
    for name in ("a.log", "b.txt", "old/c.log"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(LINE)
    config = Config(paths=(str(tmp_path),), discover=Discover(include=("**/*.log",), exclude=("old/**",)))
    assert [file.path for file in Planner(config).discover()] == [str(tmp_path / "a.log")]


def test_a_look_at_a_file_tells_its_format_and_a_missing_one_is_an_error(tmp_path):
    (file,) = write(tmp_path, [20 * len(LINE)])
    found, detection = Planner(Config()).look(file)
    assert (found.codec, detection.format, detection.confidence) == ("plain", "combined", 1.0)
    assert Planner(Config(format="common")).look(file)[1].format == "common"
    with pytest.raises(InputError):
        Planner(Config()).look(LogFile(str(tmp_path / "gone"), 1, 0))
