"""Files read forward: lines that are known, checksums, and going back."""

from __future__ import annotations

import bz2
import gzip
import zlib

import pytest

from logproc.errors import UnreadableError
from logproc.inputs import forward
from logproc.inputs.forward import Forward
from logproc.inputs.identity import WINDOW, digest

CHUNKS = [64, 4096, 5000, 1 << 20]
PACKS = [bytes, gzip.compress, bz2.compress]


@pytest.fixture(params=PACKS)
def written(request, tmp_path):
    def write(text):
        (tmp_path / "log").write_bytes(request.param(text))
        return str(tmp_path / "log")

    return write


@pytest.mark.parametrize("chunk", CHUNKS)
def test_lines_are_found_by_their_first_bytes(written, monkeypatch, chunk):
    lines = [b"%06d %s\n" % (number % 50, b"x" * (number * 37 % 6000)) for number in range(90)] + [b"000007 end"]
    text = b"".join(lines)
    offsets = [sum(map(len, lines[:number])) for number in range(len(lines))]
    expected = [at for at, line in zip(offsets, lines, strict=True) if line[:6] in {b"000007", b"000031"}]
    wanted = {digest(b"000007"), digest(b"000031")}
    monkeypatch.setattr(forward, "CHUNK", chunk)
    for end in (len(text), offsets[-1], offsets[-1] + 1, offsets[40] + 1, offsets[7]):
        found = []
        with Forward(written(text), offsets[3]) as file:
            while (hit := file.next_line(wanted, 6, end)) is not None:
                found.append(hit)
                file.pass_line()
        assert found == [(at, text[at : at + WINDOW]) for at in expected if at < end]


@pytest.mark.parametrize("kept", [0, 100, 1 << 16])
@pytest.mark.parametrize("chunk", CHUNKS)
def test_checksums_are_told_and_one_goes_back(written, monkeypatch, chunk, kept):
    text = b"".join(b"%d %s\n" % (number, b"y" * (number % 700)) for number in range(60))
    begins = [at + 1 for at, byte in enumerate(text) if byte == 10][:-1]
    monkeypatch.setattr(forward, "CHUNK", chunk)
    monkeypatch.setattr(forward, "KEPT", kept)
    with Forward(written(text), begins[4]) as file:
        for k in (5, 20, 40):
            place, ends = begins[k], {begins[k] + 17, begins[k + 9], len(text) + 5}
            wanted = {digest(text[place : place + 3])}
            for _ in range(2):
                assert file.next_line(wanted, 3, len(text)) == (place, text[place : place + WINDOW])
                assert file.crcs(ends) == {end: zlib.crc32(text[place:end]) for end in sorted(ends)[:2]}
                file.back_to(place)
            file.back_to(begins[k + 1])
        assert file.crcs({begins[41] + 4}, 77) == {begins[41] + 4: zlib.crc32(text[begins[41] : begins[41] + 4], 77)}
        behind = text[begins[42] : begins[42] + 5]
        assert file.next_line({digest(behind), digest(text[begins[41] + 4 :][:5])}, 5, len(text)) is not None
        assert file.crcs({begins[43]}) == {begins[43]: zlib.crc32(text[begins[42] : begins[43]])}


def test_a_file_that_is_not_there_is_unreadable(tmp_path):
    with pytest.raises(UnreadableError):
        Forward(str(tmp_path / "none"), 0)
