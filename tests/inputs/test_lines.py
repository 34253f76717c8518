"""Every line comes out once, with its offset, however the file is cut into ranges, blocks and limits."""

from __future__ import annotations

import gzip
import os
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from logproc.errors import UnreadableError
from logproc.inputs.blocks import BlockReader, buffer_size
from logproc.inputs.encodings import classify
from logproc.model import PADDING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

GUARD = 0xAA
LIMITS = (1, 3, 10, 64, 1000, 5000)
PIECES = (b"a", b"bc ", b"\n", b"\r\n", b"\n\n", b"\xff\xe9", b"\0" * 20, b"x" * 70, b"\0", b"\x1b[1m", b"y" * 5000)


class Line(NamedTuple):
    offset: int
    text: bytes | int  # the text with its newline, or the length of a line that was skipped
    terminated: bool = True


contents = st.lists(st.sampled_from(PIECES), max_size=40).map(b"".join)


@st.composite
def edges(draw: st.DrawFn) -> tuple[bytes, int, int]:
    """Content, block size and line limit where lines end just before, at and behind the limit and the block."""
    limit = draw(st.sampled_from((1, 2, 3, 5, 17)))
    block = draw(st.sampled_from((16, 17, 19, 32)))
    lengths = (0, 1, limit - 1, limit, limit, limit + 1, block - 1, block, block + limit, 3 * block)
    texts = [b"x" * length for length in draw(st.lists(st.sampled_from(lengths), max_size=30))]
    return b"\n".join(texts), block, limit


def split(content: bytes) -> list[bytes]:
    lines = [line + b"\n" for line in content.split(b"\n")]
    return lines[:-1] + ([lines[-1][:-1]] if lines[-1] != b"\n" else [])


def lines_of(content: bytes, limit: int, start: int = 0) -> list[Line]:
    """The reference: split, count, compare."""
    lines = []
    for text in split(content[start:]):
        body = text.removesuffix(b"\n")
        lines.append(Line(start, len(body) if len(body) > limit else body + b"\n", text.endswith(b"\n")))
        start += len(text)
    return lines


def read_lines(reader: BlockReader, block: int, limit: int, at: int = 0) -> Iterator[Line]:
    """What a reader gives, into a buffer that is wiped between calls and guarded at both ends."""
    size = buffer_size(block, limit)
    buffer = np.full(at + size + 8, GUARD, np.uint8)
    while True:
        buffer[at:-8] = GUARD
        got = reader.read(buffer[:-8], at)
        assert (buffer[:at] == GUARD).all()
        assert (buffer[-8:] == GUARD).all()
        if got is None:
            return
        assert at <= got.start <= got.end <= at + size - PADDING
        if got.too_long:
            assert got.start == got.end
            yield Line(got.offset, got.length, got.terminated)
            continue
        texts = split(buffer[got.start : got.end].tobytes())
        offset = got.offset
        assert texts
        for number, text in enumerate(texts):
            assert text.endswith(b"\n")
            yield Line(offset, text, got.terminated or number < len(texts) - 1)
            offset += len(text)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("lines")


@given(
    content=contents,
    block=st.sampled_from((1, 2, 7, 64, 4096, 100_000)),
    limit=st.sampled_from(LIMITS),
    at=st.sampled_from((0, 5)),
)
def test_every_line_comes_out_once(folder: Path, content: bytes, block: int, limit: int, at: int) -> None:
    path = folder / "whole"
    path.write_bytes(content)
    with BlockReader(str(path), block_bytes=block, max_line_bytes=limit) as reader:
        got = list(read_lines(reader, block, limit, at))
    encoding = classify(content)
    if encoding.reason is not None:
        assert (got, reader.binary, reader.bytes_read) == ([], encoding.reason, 0)
    else:
        assert got == lines_of(content, limit)
        assert reader.bytes_read == len(content) == reader.size
    assert (reader.codec, reader.damage) == ("plain", None)


@settings(max_examples=400)
@given(edges())
def test_lines_about_as_long_as_the_limit(folder: Path, case: tuple[bytes, int, int]) -> None:
    content, block, limit = case
    path = folder / "edges"
    path.write_bytes(content)
    with BlockReader(str(path), block_bytes=block, max_line_bytes=limit) as reader:
        assert list(read_lines(reader, block, limit)) == lines_of(content, limit)


@given(
    data=st.data(),
    content=contents,
    mark=st.sampled_from((b"", b"\xef\xbb\xbf")),
    block=st.sampled_from((1, 7, 64, 100_000)),
    limit=st.sampled_from(LIMITS),
)
def test_ranges_share_the_lines_out(
    folder: Path, *, data: st.DataObject, content: bytes, mark: bytes, block: int, limit: int
) -> None:
    path = folder / "ranges"
    content = mark + content
    path.write_bytes(content)
    starts = [number + 1 for number, byte in enumerate(content) if byte == ord("\n")]
    places = st.integers(0, len(content) + 2) | st.sampled_from(starts or [0])
    borders = [0, *sorted(data.draw(st.lists(places, max_size=6))), -1]
    got = []
    total = 0
    for start, end in pairwise(borders):
        with BlockReader(str(path), start=start, end=end, block_bytes=block, max_line_bytes=limit) as reader:
            lines = list(read_lines(reader, block, limit))
            total += reader.bytes_read
        first_byte = [0 if line.offset == len(mark) else line.offset for line in lines]
        assert all(start <= offset and (end < 0 or offset < end) for offset in first_byte)
        got += lines
    encoding = classify(content)
    if encoding.reason is not None:
        assert (got, total) == ([], 0)
    else:
        assert got == lines_of(content, limit, start=len(mark))
        assert total == len(content)


@given(content=contents, block=st.sampled_from((20, 64, 100_000)), limit=st.sampled_from(LIMITS))
def test_a_compressed_file_gives_the_same_lines(folder: Path, content: bytes, block: int, limit: int) -> None:
    content = b"a line of text without anything odd in it\n" + content
    path = folder / "packed.txt"
    path.write_bytes(gzip.compress(content, 1))
    with BlockReader(str(path), block_bytes=block, max_line_bytes=limit) as reader:
        got = list(read_lines(reader, block, limit))
    assert reader.codec == "gzip"
    if reader.binary is None:
        assert got == lines_of(content, limit)
        assert reader.bytes_read == len(content)


characters = st.text(st.sampled_from("ab\n\r\u00e9\u4e2d\U0001f600\u20ac"), max_size=300)


@given(text=characters, big=st.booleans(), packed=st.booleans(), block=st.sampled_from((1, 5, 64, 100_000)))
def test_utf16_becomes_utf8(folder: Path, *, text: str, big: bool, packed: bool, block: int) -> None:
    path = folder / "wide"
    wide = b"\xfe\xff" + text.encode("utf-16-be") if big else b"\xff\xfe" + text.encode("utf-16-le")
    path.write_bytes(gzip.compress(wide, 1) if packed else wide)
    with BlockReader(str(path), block_bytes=block, max_line_bytes=1000) as reader:
        got = list(read_lines(reader, block, 1000))
    assert got == lines_of(text.encode(), 1000)
    assert reader.encoding == ("utf-16be" if big else "utf-16le")
    assert reader.bytes_read == len(wide)
    with BlockReader(str(path), start=1, block_bytes=block, max_line_bytes=1000) as rest:
        assert list(read_lines(rest, block, 1000)) == []
    assert rest.bytes_read == 0


def test_utf16_units_that_are_no_characters_are_replaced(tmp_path: Path) -> None:
    path = tmp_path / "odd"
    path.write_bytes(b"\xff\xfe" + b"a\0" + b"\x00\xd8" + b"b\0" + b"\x00\xdc" + b"\n\0" + b"c")
    with BlockReader(str(path), block_bytes=100, max_line_bytes=100) as reader:
        got = list(read_lines(reader, 100, 100))
    assert got == [Line(0, "a\ufffdb\ufffd\n".encode()), Line(9, "\ufffd\n".encode(), terminated=False)]


def test_a_gigantic_line_is_skipped_in_bounded_memory(tmp_path: Path) -> None:
    path = tmp_path / "long"
    with path.open("wb") as file:
        file.write(b"before\n")
        file.truncate(7 + (64 << 20))  # a sparse line of NULs
        file.seek(0, os.SEEK_END)
        file.write(b"\nafter")
    with BlockReader(str(path), block_bytes=1 << 16, max_line_bytes=1 << 16) as reader:
        got = list(read_lines(reader, 1 << 16, 1 << 16))
    assert got == [Line(0, b"before\n"), Line(7, 64 << 20), Line(8 + (64 << 20), b"after\n", terminated=False)]


def test_a_file_is_read_up_to_the_size_it_had(tmp_path: Path) -> None:
    path = tmp_path / "grows"
    path.write_bytes(b"one\ntwo\n" * 10)
    with BlockReader(str(path), block_bytes=16, max_line_bytes=16) as reader:
        buffer = np.zeros(buffer_size(16, 16), np.uint8)
        assert reader.read(buffer) is not None
        with path.open("ab") as file:
            file.write(b"more\n" * 1000)
        while reader.read(buffer) is not None:
            pass
    assert reader.bytes_read == 80


def test_a_file_that_shrinks_gives_what_is_there(tmp_path: Path) -> None:
    path = tmp_path / "shrinks"
    path.write_bytes(b"one\ntwo\n" * 10)
    with BlockReader(str(path), block_bytes=16, max_line_bytes=16) as reader:
        buffer = np.zeros(buffer_size(16, 16), np.uint8)
        assert reader.read(buffer) is not None
        os.truncate(path, 18)
        got = reader.read(buffer)
        assert got is not None
        assert (buffer[got.start : got.end].tobytes(), got.terminated) == (b"on\n", False)
        assert reader.read(buffer) is None
    assert reader.bytes_read == 18


@pytest.mark.parametrize("make", ["missing", "folder", "fifo", "nul"])
def test_what_is_no_readable_file_is_reported(tmp_path: Path, make: str) -> None:
    path = str(tmp_path / "it")
    if make == "folder":
        os.mkdir(path)  # noqa: PTH102
    elif make == "fifo":
        os.mkfifo(path)
    elif make == "nul":
        path = "a\0b"
    reasons = {"missing": "no such file", "folder": "is a folder", "fifo": "not a regular file", "nul": "null byte"}
    with BlockReader(path) as reader, pytest.raises(UnreadableError, match=reasons[make]) as caught:
        reader.read(np.zeros(buffer_size(1 << 20, 1 << 20), np.uint8))
    assert caught.value.path == path


@pytest.mark.parametrize(
    ("call", "error"),
    [("open", PermissionError(13, "Permission denied")), ("readv", OSError(5, "Input/output error"))],
)
def test_errors_of_the_system_become_ours(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: str, error: OSError
) -> None:
    path = tmp_path / "it"
    path.write_bytes(b"text\n")

    def fail(*_: object) -> None:
        raise error

    monkeypatch.setattr(os, call, fail)
    with (
        BlockReader(str(path)) as reader,
        pytest.raises(UnreadableError, match=r"permission denied|input/output error"),
    ):
        reader.read(np.zeros(buffer_size(1 << 20, 1 << 20), np.uint8))


def test_a_name_of_undecodable_bytes_is_opened(tmp_path: Path) -> None:
    path = os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9\n.log")
    with open(path, "wb") as file:  # noqa: PTH123
        file.write(b"text\n")
    with BlockReader(path, block_bytes=64, max_line_bytes=64) as reader:
        assert list(read_lines(reader, 64, 64)) == [Line(0, b"text\n")]


def test_a_buffer_that_is_too_small_is_refused(tmp_path: Path) -> None:
    with BlockReader(str(tmp_path)) as reader, pytest.raises(ValueError, match="buffer_size"):
        reader.read(np.zeros(buffer_size(1 << 20, 1 << 20), np.uint8), 1)


def test_a_closed_reader_gives_nothing_and_leaves_no_descriptor_open(tmp_path: Path) -> None:
    path = tmp_path / "it"
    path.write_bytes(b"text\n")
    before = len(os.listdir("/proc/self/fd")) if os.path.isdir("/proc/self/fd") else 0  # noqa: PTH112, PTH208
    reader = BlockReader(str(path))
    buffer = np.zeros(buffer_size(1 << 20, 1 << 20), np.uint8)
    assert reader.read(buffer) is not None
    reader.close()
    reader.close()
    assert reader.read(buffer) is None
    assert before == (len(os.listdir("/proc/self/fd")) if before else 0)  # noqa: PTH208
