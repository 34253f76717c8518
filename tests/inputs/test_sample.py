"""A sample holds whole lines of a file's head, middle and tail, whatever wraps them."""

from __future__ import annotations

import gzip
import os
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from logproc.errors import UnreadableError
from logproc.inputs.blocks import Sample, sample

if TYPE_CHECKING:
    from pathlib import Path

TEXT = b"".join(b"%06d %s\n" % (n, b"x" * (n % 50)) for n in range(5000))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("sample")


@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
def test_a_large_file_gives_three_parts(tmp_path: Path, mark: bytes) -> None:
    path = tmp_path / "large"
    path.write_bytes(mark + TEXT + b"last")
    got = sample(str(path), part_bytes=1000)
    lines = got.lines.splitlines(keepends=True)
    assert set(lines) <= {*TEXT.splitlines(keepends=True), b"last\n"}
    assert lines == sorted(lines)
    assert (lines[0], lines[-1]) == (b"000000 \n", b"last\n")
    assert any(2000 < int(line[:6]) < 3000 for line in lines[:-1])
    assert 2000 < len(got.lines) <= 3001
    assert (got.codec, got.encoding) == ("plain", "utf-8-bom" if mark else "utf-8")
    assert got.size == len(mark + TEXT + b"last")


@given(content=st.lists(st.sampled_from((b"a\n", b"\n", b"b" * 30, b"\r\n"))).map(b"".join), part=st.integers(4, 40))
def test_only_whole_lines_of_the_file_are_given(folder: Path, content: bytes, part: int) -> None:
    path = folder / "any"
    path.write_bytes(content)
    got = sample(str(path), part_bytes=part).lines.split(b"\n")
    assert got.pop() == b""
    assert set(got) <= set(content.split(b"\n"))


@pytest.mark.parametrize("text", [b"", b"a", b"a\nb", b"a\nb\n"])
def test_a_small_file_is_given_whole(tmp_path: Path, text: bytes) -> None:
    path = tmp_path / "small"
    path.write_bytes(text)
    want = text if text.endswith(b"\n") or not text else text + b"\n"
    assert sample(str(path)) == Sample(want, "plain", "utf-8", None, None, len(text))


def test_a_compressed_file_gives_its_head(tmp_path: Path) -> None:
    path = tmp_path / "packed"
    path.write_bytes(gzip.compress(TEXT))
    got = sample(str(path), stream_bytes=1000)
    assert TEXT.startswith(got.lines)
    assert 900 < len(got.lines) <= 1000
    assert (got.codec, got.damage) == ("gzip", None)
    assert sample(str(path)).lines == TEXT


def test_damage_in_the_head_is_seen(tmp_path: Path) -> None:
    path = tmp_path / "packed"
    path.write_bytes(gzip.compress(TEXT)[:-100])
    got = sample(str(path))
    assert "ends early" in str(got.damage)
    assert TEXT.startswith(got.lines[:-1])


@pytest.mark.parametrize("codec", ["plain", "gzip"])
def test_utf16_is_converted(tmp_path: Path, codec: str) -> None:
    path = tmp_path / "wide"
    data = "naïve €\nlines".encode("utf-16")
    path.write_bytes(gzip.compress(data) if codec == "gzip" else data)
    got = sample(str(path))
    assert (got.lines, got.codec, got.encoding) == ("naïve €\nlines\n".encode(), codec, "utf-16le")


def test_a_line_longer_than_a_part_is_left_out(tmp_path: Path) -> None:
    path = tmp_path / "long"
    path.write_bytes(b"short\n" + b"x" * 100_000 + b"\nlast")
    assert sample(str(path), part_bytes=1000).lines == b"short\nlast\n"


def test_a_line_longer_than_a_part_is_the_sample_where_there_is_no_other(tmp_path: Path) -> None:
    path = tmp_path / "long"
    path.write_bytes(b"\xef\xbb\xbf" + b"x" * 100_000)
    assert sample(str(path), part_bytes=1000).lines == b"x" * 100_000 + b"\n"
    path.write_bytes(b"x" * 100_000 + b"\n" + b"y" * 100_000)
    assert sample(str(path), part_bytes=1000).lines == b"x" * 100_000 + b"\n"
    path.write_bytes(b"x" * 2_000_000)
    assert sample(str(path), part_bytes=1000).lines == b""


@pytest.mark.parametrize("kind", ["gzip", "utf-16"])
def test_a_long_first_line_of_a_stream_is_looked_at_whole(tmp_path: Path, kind: str) -> None:
    def written(text: bytes) -> str:
        path = tmp_path / "long"
        path.write_bytes(gzip.compress(text) if kind == "gzip" else text.decode().encode("utf-16"))
        return str(path)

    first = b"x" * 300_000 + b"\n"
    assert sample(written(first + b"short\n")).lines == first + b"short\n"
    assert sample(written(b"x" * 3_000_000 + b"\n")).lines == b""


def test_what_cannot_be_read_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(UnreadableError, match="is a folder"):
        sample(str(tmp_path))
    (tmp_path / "bad").write_bytes(b"text\n")

    def fail(*_: object) -> None:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(os, "pread", fail)
    with pytest.raises(UnreadableError, match="input/output error"):
        sample(str(tmp_path / "bad"))
