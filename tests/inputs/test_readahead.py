"""Decoding ahead: the same blocks and the same damage as without, in bounded memory, and nothing left behind."""

from __future__ import annotations

import bz2
import gzip
import lzma
import os
import random
import threading
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from logproc.errors import UnreadableError
from logproc.inputs.blocks import Block, BlockReader, buffer_size
from logproc.inputs.codecs import CHUNK, RawInput, open_stream
from logproc.inputs.readahead import BUFFERS, ReadAhead
from tests.inputs.test_codecs import zstd_compress

if TYPE_CHECKING:
    from pathlib import Path

LINES = random.Random(7).choices([b"%d a line\n" % n for n in range(900)] + [b"\n", b"long " * 300 + b"\n"], k=3000)
TEXT = b"".join(LINES)
LIMIT = 1000
PACKED = {
    "gzip": gzip.compress(TEXT, 1) + gzip.compress(b"behind\n") + b"\0" * 40,
    "bzip2": bz2.compress(TEXT, 1),
    "xz": lzma.compress(TEXT, preset=0),
    "zstd": zstd_compress(TEXT),
}


def read(path: Path, block_bytes: int, *, ahead: bool) -> tuple[list[tuple[Block, bytes]], int, str | None]:
    """All blocks with their bytes, the bytes read, and the damage."""
    buffer = np.zeros(buffer_size(block_bytes, LIMIT), np.uint8)
    found = []
    with BlockReader(str(path), block_bytes=block_bytes, max_line_bytes=LIMIT, decode_ahead=ahead) as reader:
        while (block := reader.read(buffer)) is not None:
            found.append((block, buffer[block.start : block.end].tobytes()))
    return found, reader.bytes_read, reader.damage


def decoders() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name == "logproc-decoder"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("ahead")


@given(
    codec=st.sampled_from(sorted(PACKED)),
    block=st.sampled_from((1 << 16, 100_001, 1 << 18)),
    cut=st.none() | st.floats(0, 1),
    flip=st.none() | st.floats(0, 1, exclude_max=True),
    behind=st.sampled_from((b"", b"garbage")),
)
def test_blocks_and_damage_are_those_without(
    folder: Path, *, codec: str, block: int, cut: float | None, flip: float | None, behind: bytes
) -> None:
    data = bytearray(PACKED[codec] + behind)
    if cut is not None:
        del data[int(cut * len(data)) :]
    if flip is not None and data:
        data[int(flip * len(data))] ^= 0x20
    path = folder / "packed"
    path.write_bytes(data)
    assert read(path, block, ahead=True) == read(path, block, ahead=False)
    assert decoders() == []


def test_a_reader_that_stops_halfway_ends_the_decoder(tmp_path: Path) -> None:
    path = tmp_path / "packed"
    path.write_bytes(gzip.compress(TEXT * 200, 1))
    buffer = np.zeros(buffer_size(1 << 16, LIMIT), np.uint8)
    with BlockReader(str(path), block_bytes=1 << 16, max_line_bytes=LIMIT, decode_ahead=True) as reader:
        assert reader.read(buffer) is not None
        assert decoders() == []  # a file of one block needs none
        assert reader.read(buffer) is not None
        assert len(decoders()) == 1
    assert decoders() == []


class Source:
    """A stream without an end that counts what was asked of it, and may fail."""

    damage = None

    def __init__(self, fails_at: int = -1) -> None:
        self.calls = 0
        self.fails_at = fails_at

    def readinto(self, view: memoryview) -> int:
        self.calls += 1
        if self.calls == self.fails_at:
            raise OSError(5, "Input/output error")
        view[:] = bytes((self.calls % 256,)) * len(view)
        return len(view)


def test_a_decoder_runs_ahead_by_so_many_buffers_and_no_more() -> None:
    source = Source()
    ahead = ReadAhead(source)  # type: ignore[arg-type]
    view = memoryview(bytearray(CHUNK))
    for number in range(3 * BUFFERS):
        assert ahead.readinto(view) == CHUNK
        assert view[0] == view[-1] == (number + 1) % 256
        assert source.calls <= number + 1 + BUFFERS
    ahead.close()
    assert source.calls <= 4 * BUFFERS


def test_an_error_comes_where_the_bytes_would_have_come() -> None:
    ahead = ReadAhead(Source(fails_at=4))  # type: ignore[arg-type]
    view = memoryview(bytearray(CHUNK))
    assert [ahead.readinto(view) for _ in range(3)] == [CHUNK] * 3
    with pytest.raises(OSError, match="Input/output error"):
        ahead.readinto(view)
    assert ahead.readinto(view) == 0
    ahead.close()


def test_an_error_of_the_disk_is_that_of_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "packed"
    path.write_bytes(gzip.compress(random.Random(5).randbytes(1 << 20).hex("\n", 50).encode(), 1))
    buffer = np.zeros(buffer_size(1 << 16, LIMIT), np.uint8)
    with BlockReader(str(path), block_bytes=1 << 16, max_line_bytes=LIMIT, decode_ahead=True) as reader:
        assert reader.read(buffer) is not None
        monkeypatch.setattr(RawInput, "read", _fail)
        with pytest.raises(UnreadableError, match="input/output error"):
            list(iter(partial(reader.read, buffer), None))
    assert decoders() == []


def _fail(_raw: RawInput, _length: int) -> bytes:
    raise OSError(5, "Input/output error")


def test_a_silent_pipe_does_not_hold_up_who_stops_reading() -> None:
    end, begin = os.pipe()
    ahead = ReadAhead(open_stream(RawInput(end), "gzip"))
    ahead.close(wait=False)
    os.close(begin)
    ahead.close()
    os.close(end)


def test_where_no_thread_can_be_started_memory_is_what_is_missing(monkeypatch):
    def start(_thread):
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, "start", start)
    with pytest.raises(MemoryError, match="no thread can be started to decode ahead"):
        ReadAhead(Source())  # type: ignore[arg-type]
