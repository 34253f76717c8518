"""Checksums that combine, and looks at files."""

from __future__ import annotations

import gzip
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

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
