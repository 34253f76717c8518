"""Checksums that combine, and looks at files."""

from __future__ import annotations

import gzip
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from logproc.inputs import identity
from logproc.inputs.identity import crc32_combine, crc32_remove, digest, probe, read_through


@given(st.binary(max_size=300), st.binary(max_size=300))
def test_crcs_of_ranges_combine_and_can_be_taken_apart(first, second):
    both = crc32_combine(zlib.crc32(first), zlib.crc32(second), len(second))
    assert both == zlib.crc32(first + second)
    assert crc32_remove(both, zlib.crc32(second), len(second)) == zlib.crc32(first)


def test_a_probe_tells_codec_head_and_the_last_whole_line(tmp_path):
    path = tmp_path / "a"
    path.write_bytes(b"one\ntwo")
    found = probe(str(path))
    assert (found.codec, found.head, found.end, found.stream) == ("plain", b"one\ntwo", 4, False)
    path.write_bytes(gzip.compress(b"one\n"))
    found = probe(str(path))
    assert (found.codec, found.head, found.stream, found.trailer) == ("gzip", b"one\n", True, (zlib.crc32(b"one\n"), 4))


@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_reading_through_gives_the_crc_before_each_offset(tmp_path, pack):
    path, text = tmp_path / "a", bytes(range(256)) * 20
    path.write_bytes(pack(b"x" + text))
    found = read_through(str(path), (0, 7, 2000))
    assert (found.length, found.damage) == (5121, None)
    assert found.crcs == {at: zlib.crc32((b"x" + text)[:at]) for at in (0, 7, 2000)}
    assert len(digest(text)) == 16


@pytest.mark.parametrize("chunk", [64, 4096, 5000, 1 << 20])
@pytest.mark.parametrize("packed", [False, True])
def test_lines_are_found_by_their_first_bytes(tmp_path, monkeypatch, chunk, packed):
    lines = [b"%06d %s\n" % (number % 50, b"x" * (number * 37 % 6000)) for number in range(90)] + [b"000007 end"]
    text, path = b"".join(lines), tmp_path / "log"
    path.write_bytes(gzip.compress(text) if packed else text)
    offsets = [sum(map(len, lines[:number])) for number in range(len(lines))]
    wanted, start, end = {identity.digest(b"000007"), identity.digest(b"000031")}, offsets[3], offsets[-2]
    monkeypatch.setattr(identity, "CHUNK", chunk)
    found = [pair for pair in identity.line_heads(str(path), start, len(text), wanted, 6) if pair[1]]
    expected = [at for at, line in zip(offsets, lines, strict=True) if line[:6] in {b"000007", b"000031"}]
    assert found == [(at, text[at : at + identity.WINDOW]) for at in expected]
    found = [pair for pair in identity.line_heads(str(path), start, end, wanted, 6) if pair[1]]
    assert [at for at, _ in found] == [at for at in expected if at < end]
