"""What travels comes back as it was; what does not come from us is refused, whatever it is, in bounded memory."""

from __future__ import annotations

import contextlib
import json
import math
import struct
import tracemalloc
from dataclasses import dataclass, fields
from enum import StrEnum

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from logproc import questions
from logproc.backends.protocol import TYPES
from logproc.backends.wire import HEADER_BYTES, INLINE_BYTES, MODEL, Codec
from logproc.config import Config
from logproc.errors import WireError
from logproc.model import Failure, FileResult, Folded, Kind, Lines, Partial, Parts, Piece, Reject, Task
from logproc.network import JOB_TYPES
from logproc.worker import Job

CODEC = Codec((*TYPES, *JOB_TYPES))

TEXT = st.text(st.characters(exclude_categories=()), max_size=40) | st.text(max_size=3 * INLINE_BYTES)  # surrogates too
INTEGER = st.integers() | st.integers(-(2**70), 2**70)
SCALARS = st.none() | st.booleans() | INTEGER | st.floats() | TEXT | st.binary(max_size=60) | st.sampled_from(Kind)

PIECES = st.builds(
    Piece,
    file=INTEGER,
    path=TEXT,
    start=INTEGER,
    end=INTEGER,
    mtime_ns=INTEGER,
    host=st.none() | TEXT,
    codec=st.none() | TEXT,
    confidence=st.floats(),
)
TASKS = st.builds(Task, number=INTEGER, pieces=st.lists(PIECES, max_size=3).map(tuple), bytes=INTEGER)
LINES = st.builds(Lines, read=INTEGER, counted=INTEGER)
REJECTS = st.builds(Reject, line=INTEGER, offset=INTEGER, reason=TEXT, raw=st.binary(max_size=50))
RESULTS = st.builds(
    FileResult,
    file=INTEGER,
    codec=TEXT,
    format=st.none() | TEXT,
    confidence=st.floats(),
    bytes_read=INTEGER,
    lines=LINES,
    rejected_by_reason=st.dictionaries(TEXT, INTEGER, max_size=3),
    samples=st.lists(REJECTS, max_size=3).map(tuple),
    first_time=st.none() | INTEGER,
    problem=st.none() | TEXT,
    skipped=st.booleans(),
)
TABLES = st.lists(st.binary(max_size=100), max_size=3).map(tuple)
PARTIALS = st.builds(Partial, task=INTEGER, files=st.lists(RESULTS, max_size=2).map(tuple), tables=TABLES)
FAILURES = st.builds(Failure, task=INTEGER, cause=TEXT)
PARTS = st.builds(Parts, task=INTEGER, outcomes=st.lists(st.tuples(TASKS, PARTIALS | FAILURES), max_size=2).map(tuple))
FOLDED = st.builds(
    Folded, task=INTEGER, outcomes=st.lists(PARTIALS | FAILURES | PARTS, max_size=2).map(tuple), tables=TABLES
)
NOUNS = TASKS | PARTIALS | FAILURES | PARTS | FOLDED
VALUES = st.recursive(
    SCALARS | NOUNS,
    lambda inner: (
        st.lists(inner, max_size=4) | st.lists(inner, max_size=4).map(tuple) | st.dictionaries(TEXT, inner, max_size=4)
    ),
    max_leaves=12,
)


def frame(header, body=b""):
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return struct.pack("!I", len(text)) + text + body


def same(one, other):
    """Equality that tells 1 from 1.0 and True, a tuple from a list, and takes nan for itself."""
    if type(one) is not type(other):
        return False
    if isinstance(one, float):
        return struct.pack("!d", one) == struct.pack("!d", other) or (math.isnan(one) and math.isnan(other))
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(same(one[key], other[key]) for key in one)
    if isinstance(one, list | tuple):
        return len(one) == len(other) and all(map(same, one, other))
    if type(one) in MODEL:
        return all(same(getattr(one, field.name), getattr(other, field.name)) for field in fields(one))
    return one == other


@given(VALUES)
def test_what_is_sent_arrives_as_it_was(value):
    assert same(CODEC.loads(CODEC.dumps(value)), value)


@given(VALUES)
def test_pieces_of_a_frame_make_the_frame(value):
    assert b"".join(CODEC.encode(value)) == CODEC.dumps(value)


@settings(max_examples=300)
@given(st.binary(max_size=400))
def test_random_bytes_are_refused_or_understood_and_nothing_else(data):
    with contextlib.suppress(WireError):
        CODEC.loads(data)


@settings(max_examples=300)
@given(st.data())
def test_changed_frames_are_refused_or_understood_and_nothing_else(data):
    sent = bytearray(CODEC.dumps(data.draw(VALUES)))
    for _ in range(data.draw(st.integers(1, 4))):
        place = data.draw(st.integers(0, len(sent) - 1))
        match data.draw(st.integers(0, 3)):
            case 0:
                sent[place] = data.draw(st.integers(0, 255))
            case 1:
                del sent[place:]
                sent += b"x"
            case 2:
                sent[place:place] = data.draw(st.binary(max_size=5))
            case _:
                sent[place:place] = sent[data.draw(st.integers(0, place)) : place]
    with contextlib.suppress(WireError):
        CODEC.loads(sent)


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-3, 3)
    | st.floats()
    | st.sampled_from(
        ["t", "l", "b", "s", "f", "@Task", "@Failure", "=Kind", "text", "nan", "@Any", "@type", "=Task", "@Kind", ""]
    ),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(["task", "cause", "number", "pieces", "bytes", "__class__"]), inner, max_size=4
        )
    ),
    max_leaves=10,
)


@settings(max_examples=300)
@given(st.lists(st.integers(-1, 5), max_size=3) | JSON, JSON, st.binary(max_size=10))
def test_any_json_is_refused_or_understood_and_nothing_else(lengths, tree, body):
    with contextlib.suppress(WireError):
        CODEC.loads(frame([lengths, tree], body))


@pytest.mark.parametrize(
    "bad",
    [
        b"",
        b"\0\0",
        struct.pack("!I", HEADER_BYTES + 1),
        struct.pack("!I", 9) + b"[[],1]",
        frame(b"[[],1"),
        frame(b"[[],NaN]"),
        frame(b"[[],Infinity]"),
        frame(b"\xff"),
        frame(b"[" * 100_000),
        frame(b"[[]," + b"[" * 100_000),
        frame(b"[[]," + b'{"a":' * 100_000),
        frame(b"[[]," + b"9" * 100_000 + b"]"),
        frame([[], 1, 2]),
        frame(5),
        frame({"a": 1}),
        frame([[1], 1]),
        frame([[], 1], b"more"),
        frame([[-1, 1], 1]),
        frame([[True], 1], b"x"),
        frame([[10**30], 1]),
        frame([[], []]),
        frame([[], [1]]),
        frame([[], ["b", 0]]),
        frame([[1], ["b", True]], b"x"),
        frame([[1], ["b", -1]], b"x"),
        frame([[1], ["t", ["b", 0], ["b", 0]]], b"x"),  # twice
        frame([[1], ["t", ["b", 0], ["s", 0]]], b"x"),
        frame([[1, 1], ["t", ["b", 1], ["b", 0]]], b"xx"),  # not in their order
        frame([[1, 1], ["b", 1]], b"xx"),  # and one left over
        frame([[1, 1], ["b", 0]], b"xx"),
        frame([[0], None]),
        frame(b'[[1,1],{"a":["b",0],"a":["b",1]}]', b"xx"),
        frame([[1], ["s", 0]], b"\xff"),
        frame([[], ["f", "1.5"]]),
        frame([[], ["=Kind", "nothing"]]),
        frame([[], ["=Task", "text"]]),
        frame([[], ["@Kind", {}]]),
        frame([[], ["@Partial", {}]]),
        frame([[], ["@Failure", {"task": 1}]]),
        frame([[], ["@Failure", {"task": 1, "cause": "", "more": 1}]]),
        frame([[], ["@Failure", {"task": True, "cause": ""}]]),
        frame([[], ["@Failure", {"task": 1.0, "cause": ""}]]),
        frame([[], ["@Failure", {"task": 1, "cause": None}]]),
        frame([[], ["@Failure", ["t", 1, ""]]]),
        frame([[], ["@Task", {"number": 1, "pieces": ["l"], "bytes": 1}]]),
        frame([[], ["@Partial", {"task": 1, "files": ["t"], "tables": ["t", "text"]}]]),
        frame([[], ["@subprocess.Popen", {"args": "true"}]]),
        frame([[], ["@Popen", {"args": "true"}]]),
        frame([[], ["@object", {}]]),
    ],
)
def test_malformed_frames_are_refused(bad):
    with pytest.raises(WireError):
        CODEC.loads(bad)


def test_what_is_only_announced_takes_no_memory():
    claims = [frame([[1 << 40], ["b", 0]]), frame([[1 << 30] * 1000, None]), struct.pack("!I", (1 << 32) - 1)]
    tracemalloc.start()
    try:
        for claim in claims:
            with pytest.raises(WireError):
                CODEC.loads(claim)
        assert tracemalloc.get_traced_memory()[1] < 1 << 20
    finally:
        tracemalloc.stop()


def test_what_is_sent_once_is_not_made_a_thousand_times():
    bomb = frame([[1 << 20], ["l", *[["b", 0]] * 10_000]], bytes(1 << 20))
    tracemalloc.start()
    try:
        with pytest.raises(WireError, match="whose turn it is not"):
            CODEC.loads(bomb)
        assert tracemalloc.get_traced_memory()[1] < 8 << 20
    finally:
        tracemalloc.stop()


def test_a_class_that_is_not_on_the_list_is_neither_sent_nor_made():
    @dataclass(frozen=True)
    class Task:  # of the name of one that is
        number: int = 1

    for strange in (Task(), object(), {1, 2}, {1: 2}, Kind, 1j, bytearray(b"x"), range(3)):
        with pytest.raises(WireError):
            CODEC.dumps(strange)


def test_a_job_is_sent_whole():
    specs = questions.reports(Config(use=("web", "syslog")))
    job = Job("x", specs, ("combined",), since=-(2**63), spool="/tmp/\udcff")
    assert CODEC.loads(CODEC.dumps(job)) == job


def test_a_codec_takes_data_classes_and_text_enumerations_of_different_names():
    class Task(StrEnum):
        A = "a"

    with pytest.raises(TypeError, match="two classes of one name"):
        Codec((Task,))
    with pytest.raises(TypeError, match="neither"):
        Codec((dict,))


def test_a_task_of_one_file_stays_under_a_kilobyte():
    piece = Piece(10**6, "/mnt/logs/" + "x" * 500, 2**40, 2**41, 2**62, "source", "host", "Europe/Berlin", "plain", "f")
    assert len(CODEC.encode(Task(10**6, (piece,), 2**40))[0]) < 1024


def test_a_pack_of_files_with_the_longest_paths_fits_into_a_header():
    pieces = tuple(Piece(n, "/" + "\udcff" * 4095, 0, -1, 2**62, "s" * 100, "h" * 100) for n in range(256))
    task = Task(1, pieces, 1)
    assert CODEC.loads(CODEC.dumps(task)) == task
    short = tuple(Piece(n, "é" * (INLINE_BYTES // 2), 0, -1, 2**62, "s" * 100, "h" * 100) for n in range(256))
    assert CODEC.loads(CODEC.dumps(Task(1, short, 1))) == Task(1, short, 1)


def test_a_header_that_is_too_long_is_not_sent():
    with pytest.raises(WireError, match="header"):
        CODEC.dumps(["x" * 100] * 20_000)
    with pytest.raises(WireError):
        CODEC.dumps(10**5000)
