"""Codecs: recognised by content, equal to the real tools, and never an exception for damaged data."""

from __future__ import annotations

import bz2
import gzip
import lzma
import os
import shutil
import subprocess
import sys
import tracemalloc
import zlib
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from logproc.inputs.blocks import BlockReader, buffer_size, sample
from logproc.inputs.codecs import CHUNK, CODECS, LONGEST_MAGIC, RawInput, open_stream, sniff
from logproc.inputs.lines import SMALLEST_BLOCK

if TYPE_CHECKING:
    from collections.abc import Callable

NASTY = Path(__file__).parents[2] / "../shared/corpora/nasty"
TEXT = b"".join(b"line %d of the log, with the number %d in it\n" % (n, n * 7919 % 1000) for n in range(30_000))


def zstd_compress(data: bytes) -> bytes:
    if sys.version_info >= (3, 14):
        from compression import zstd
    else:
        from backports import zstd
    return zstd.compress(data)


COMPRESS: dict[str, Callable[[bytes], bytes]] = {
    "gzip": lambda data: gzip.compress(data, 1),
    "bzip2": bz2.compress,
    "xz": lambda data: lzma.compress(data, preset=0),
    "zstd": zstd_compress,
}
TOOLS = {"gzip": "gzip", "bzip2": "bzip2", "xz": "xz", "zstd": "zstd"}

every_codec = pytest.mark.parametrize("codec", COMPRESS)


def decode(path: Path, codec: str, step: int = CHUNK) -> tuple[bytes, str | None, int]:
    """All bytes of a stream, its damage and the stored bytes it consumed."""
    fd = os.open(path, os.O_RDONLY)
    try:
        stream = open_stream(RawInput(fd), codec)
        view = memoryview(bytearray(step))
        out = bytearray()
        while count := stream.readinto(view):
            assert count <= step
            out += view[:count]
        assert stream.readinto(view) == 0
        return bytes(out), stream.damage, stream.stored_bytes
    finally:
        os.close(fd)


@pytest.fixture
def packed(tmp_path: Path) -> Callable[[bytes], Path]:
    def write(data: bytes) -> Path:
        path = tmp_path / "packed"
        path.write_bytes(data)
        return path

    return write


def test_every_compression_is_tested_here() -> None:
    assert ["plain", *COMPRESS] == [codec.name for codec in CODECS]
    assert LONGEST_MAGIC <= SMALLEST_BLOCK


@every_codec
@pytest.mark.parametrize("text", [b"", b"x", TEXT], ids=["nothing", "a byte", "text"])
@pytest.mark.parametrize("step", [1000, CHUNK, 1 << 20])
def test_a_round_trip(packed: Callable[[bytes], Path], codec: str, text: bytes, step: int) -> None:
    data = COMPRESS[codec](text)
    assert sniff(data[:LONGEST_MAGIC]) == codec
    assert decode(packed(data), codec, step) == (text, None, len(data))


@every_codec
def test_what_the_real_tool_writes(tmp_path: Path, codec: str) -> None:
    tool = shutil.which(TOOLS[codec])
    if tool is None:
        pytest.skip(f"{TOOLS[codec]} is not installed")
    data = subprocess.run([tool, "-c"], input=TEXT, capture_output=True, check=True).stdout
    path = tmp_path / "packed"
    path.write_bytes(data)
    assert sniff(data[:LONGEST_MAGIC]) == codec
    assert decode(path, codec) == (TEXT, None, len(data))


@every_codec
def test_members_that_follow_one_another_and_zero_padding(packed: Callable[[bytes], Path], codec: str) -> None:
    compress = COMPRESS[codec]
    data = (
        compress(TEXT)
        + compress(b"")
        + b"\0" * 512
        + b"".join(compress(b"%d\n" % n) for n in range(200))
        + b"\0" * 300_000
    )
    want = TEXT + b"".join(b"%d\n" % n for n in range(200))
    assert decode(packed(data), codec) == (want, None, len(data))


@every_codec
def test_trailing_garbage_is_reported(packed: Callable[[bytes], Path], codec: str) -> None:
    data = COMPRESS[codec](TEXT)
    text, damage, _ = decode(packed(data + b"\0\0garbage"), codec)
    assert text == TEXT
    assert damage is not None
    assert f"trailing garbage behind the {codec} data, at byte {len(data) + 2} of the file" in damage


@every_codec
@pytest.mark.parametrize("cut", [1, 4, 200, 5000])
def test_a_truncated_file_gives_what_is_there(packed: Callable[[bytes], Path], codec: str, cut: int) -> None:
    data = COMPRESS[codec](TEXT)[:-cut]
    text, damage, stored = decode(packed(data), codec)
    assert TEXT.startswith(text)
    assert damage == f"{codec} data ends early after {len(text)} decompressed bytes"
    assert stored == len(data)
    if codec == "gzip":
        want = zlib.decompressobj(31).decompress(data)
        assert len(text) >= len(want) - 1


def test_a_bad_checksum_loses_nothing(packed: Callable[[bytes], Path]) -> None:
    data = bytearray(gzip.compress(TEXT, 1))
    data[-6] ^= 1
    text, damage, _ = decode(packed(bytes(data)), "gzip")
    assert text == TEXT
    assert damage is not None
    assert damage.endswith(f"after {len(TEXT)} decompressed bytes")
    assert "corrupt" in damage


@every_codec
def test_a_corrupt_second_member_loses_nothing_of_the_first(packed: Callable[[bytes], Path], codec: str) -> None:
    second = bytearray(COMPRESS[codec](TEXT))
    second[len(second) // 2 : len(second) // 2 + 40] = b"\xff" * 40
    text, damage, _ = decode(packed(COMPRESS[codec](TEXT) + bytes(second)), codec)
    assert text.startswith(TEXT)
    assert damage is not None


@every_codec
@given(data=st.data())
def test_no_damage_raises(tmp_path_factory: pytest.TempPathFactory, codec: str, data: st.DataObject) -> None:
    good = COMPRESS[codec](TEXT[:20_000])
    bad = bytearray(good)
    for _ in range(data.draw(st.integers(1, 4))):
        bad[data.draw(st.integers(0, len(bad) - 1))] = data.draw(st.integers(0, 255))
    path = tmp_path_factory.getbasetemp() / "fuzzed"
    path.write_bytes(bytes(bad))
    text, damage, _ = decode(path, codec, 4096)
    assert damage is not None or text == TEXT[:20_000] or codec == "zstd"  # zstd's checksum is an option


@every_codec
def test_a_bomb_costs_no_memory(packed: Callable[[bytes], Path], codec: str) -> None:
    path = packed(COMPRESS[codec](bytes(64 << 20)))
    fd = os.open(path, os.O_RDONLY)
    view = memoryview(bytearray(CHUNK))
    tracemalloc.start()
    try:
        stream = open_stream(RawInput(fd), codec)
        total = 0
        while count := stream.readinto(view):
            total += count
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
        os.close(fd)
    assert total == 64 << 20
    assert peak < 8 << 20


def test_a_window_that_would_need_too_much_memory_is_damage(packed: Callable[[bytes], Path]) -> None:
    filters = [{"id": lzma.FILTER_LZMA2, "preset": 0, "dict_size": 1 << 20}]
    data = bytearray(lzma.compress(TEXT, filters=filters))
    data[12 + 4] = 40  # the dictionary size in the block header: 4 GiB
    data[12 + 8 : 12 + 12] = zlib.crc32(data[12 : 12 + 8]).to_bytes(4, "little")
    text, damage, _ = decode(packed(bytes(data)), "xz")
    assert text == b""
    assert damage is not None


@pytest.mark.parametrize(
    ("head", "codec"),
    [
        (b"", "plain"),
        (b"\x1f", "plain"),
        (b"BZh9 is how this line begins\n", "plain"),
        (b"\x1f\x8b\x08", "gzip"),
        (b"\x50\x2a\x4d\x18\x04\x00\x00\x00", "zstd"),
        (b"PK\x03\x04", "plain"),
    ],
)
def test_sniffing(head: bytes, codec: str) -> None:
    assert sniff(head) == codec


def test_a_skippable_zstd_frame_holds_no_text(packed: Callable[[bytes], Path]) -> None:
    skip = b"\x51\x2a\x4d\x18\x05\x00\x00\x00hello"
    data = skip + zstd_compress(b"one\n") + skip + zstd_compress(b"two\n") + skip
    assert decode(packed(data), "zstd") == (b"one\ntwo\n", None, len(data))


NASTY_GZ = {
    "two_members_real.log.gz": (None, None),
    "two_members.log.gz": (50, None),
    "member_boundary_midline.log.gz": (50, None),
    "truncated.log.gz": (42, "ends early"),
    "trailer_missing.log.gz": (50, "ends early"),
    "bad_crc.log.gz": (50, "corrupt"),
    "empty.log.gz": (0, None),
    "zero_bytes.log.gz": (0, None),
    "with_name_extra.log.gz": (50, None),
    "two_streams.log.bz2": (50, None),
}


@pytest.mark.skipif(not NASTY.is_dir(), reason="the shared corpora are not here")
@pytest.mark.parametrize("name", NASTY_GZ)
def test_files_from_the_wild(name: str) -> None:
    whole_lines, fault = NASTY_GZ[name]
    buffer = np.zeros(buffer_size(1 << 16, 1 << 16), np.uint8)
    lines = 0
    with BlockReader(str(NASTY / "gz" / name), block_bytes=1 << 16, max_line_bytes=1 << 16) as reader:
        while (block := reader.read(buffer)) is not None:
            lines += buffer[block.start : block.end].tobytes().count(b"\n") - (not block.terminated)
    assert reader.binary is None
    if whole_lines is None:
        assert lines == gzip.decompress((NASTY / "gz" / name).read_bytes()).count(b"\n")
    elif fault == "ends early" and "truncated" in name:
        assert lines >= whole_lines
    else:
        assert lines == whole_lines
    assert (fault is None) == (reader.damage is None)
    assert fault is None or fault in str(reader.damage)


@pytest.mark.skipif(not NASTY.is_dir(), reason="the shared corpora are not here")
@pytest.mark.parametrize(
    ("name", "reason"), [("double.log.gz.gz", "gzip inside gzip"), ("access.log.tar.gz", "tar archive")]
)
def test_what_hides_in_gzip_is_named(name: str, reason: str) -> None:
    path = str(NASTY / "gz" / name)
    with BlockReader(path) as reader:
        assert reader.read(np.zeros(buffer_size(1 << 20, 1 << 20), np.uint8)) is None
    assert (reader.binary, reader.bytes_read, reader.encoding) == (reason, 0, "binary")
    assert sample(path).binary == reason


SCRIPT = """
import sys, numpy as np
from logproc.inputs.blocks import BlockReader, buffer_size
buffer = np.zeros(buffer_size(1 << 16, 1 << 16), np.uint8)
with BlockReader("-", block_bytes=1 << 16, max_line_bytes=1 << 16) as reader:
    while (block := reader.read(buffer)) is not None:
        sys.stdout.buffer.write(buffer[block.start : block.end].tobytes())
print(reader.codec, reader.bytes_read, reader.damage, file=sys.stderr)
"""


@pytest.mark.parametrize("codec", ["plain", *COMPRESS])
@pytest.mark.parametrize("pipe", [True, False], ids=["pipe", "file"])
def test_standard_input(tmp_path: Path, codec: str, *, pipe: bool) -> None:
    data = COMPRESS.get(codec, bytes)(TEXT)
    (tmp_path / "in").write_bytes(data)
    with (tmp_path / "in").open("rb") as file:
        given = {"input": data} if pipe else {"stdin": file}
        done = subprocess.run([sys.executable, "-c", SCRIPT], capture_output=True, check=True, **given)
    assert done.stdout == TEXT
    assert done.stderr.decode().split() == [codec, str(len(TEXT)), "None"]


def test_damage_on_a_pipe_ends_the_stream() -> None:
    data = bytearray(gzip.compress(TEXT, 1))
    data[-6] ^= 1
    done = subprocess.run([sys.executable, "-c", SCRIPT], capture_output=True, check=True, input=bytes(data))
    assert len(TEXT) - CHUNK <= len(done.stdout) <= len(TEXT) + 1
    assert b"corrupt" in done.stderr
