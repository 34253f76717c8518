"""Samples: enough of a file to recognise its format, without reading it all."""

from __future__ import annotations

import os
import tempfile
from dataclasses import dataclass

from logproc.inputs.codecs import LONGEST_MAGIC, RawInput, open_stream, sniff
from logproc.inputs.elements import Elements
from logproc.inputs.encodings import ARRAY, HEAD_BYTES, UTF8, Encoding, Utf16, classify
from logproc.inputs.lines import fill
from logproc.inputs.opening import STDIN, open_regular, unreadable
from logproc.inputs.standard import look_ahead

PART_BYTES = 1 << 16
STREAM_BYTES = 1 << 18
LONGEST_LINE = 1 << 20
"""Bytes of a first line that is looked at whole, where no line is as short as a part of a sample."""

LONGEST_STREAM = 2 * LONGEST_LINE + 4
"""Bytes that hold such a line in UTF-16, too."""


@dataclass(frozen=True, slots=True)
class Sample:
    """What `sample` found: `lines` are whole lines as UTF-8, each with its newline; empty for a binary file."""

    lines: bytes
    codec: str
    encoding: str
    binary: str | None
    damage: str | None
    size: int


def sample(path: str, *, part_bytes: int = PART_BYTES, stream_bytes: int = STREAM_BYTES) -> Sample:
    """Return whole lines from the head, the middle and the tail of a file, `part_bytes` of each.

    Of a compressed or UTF-16 file only the first `stream_bytes` decompressed bytes are looked at, or its first line
    where that is longer, and damage behind them is not seen. Raises UnreadableError. Of standard input it is what
    comes first, and can still be read in this process.
    """
    try:
        if path == STDIN:
            with tempfile.TemporaryFile() as copy:
                copy.write(_beginning(stream_bytes))
                copy.flush()
                return _sampled(copy.fileno(), copy.tell(), part_bytes, stream_bytes)
        fd, size = open_regular(path)
        try:
            return _sampled(fd, size, part_bytes, stream_bytes)
        finally:
            os.close(fd)
    except OSError as error:
        raise unreadable(path, error) from error


def _beginning(length: int) -> bytes:
    """Return the first bytes of standard input, without a line of text that is cut."""
    data = look_ahead(length)
    return data if len(data) < length or sniff(data[:LONGEST_MAGIC]) != "plain" else _without_last(data) or data


def _sampled(fd: int, size: int, part_bytes: int, stream_bytes: int) -> Sample:
    head = os.pread(fd, min(size, 3 * part_bytes), 0)
    codec = sniff(head[:LONGEST_MAGIC])
    encoding = classify(head[:HEAD_BYTES]) if codec == "plain" else UTF8
    if encoding.reason is not None:
        return Sample(b"", codec, encoding.name, encoding.reason, None, size)
    if codec != "plain" or encoding is ARRAY or encoding.name.startswith("utf-16"):
        return _stream_sample(fd, codec, size, stream_bytes)
    return Sample(_parts(fd, head, size, part_bytes, encoding), codec, encoding.name, None, None, size)


def _parts(fd: int, head: bytes, size: int, part: int, encoding: Encoding) -> bytes:
    """Join the whole lines of three parts of a plain file, or take all of a small one."""
    if size <= 3 * part:
        return _terminated(head[encoding.mark :])
    middle = os.pread(fd, part, (size - part) // 2)
    tail = os.pread(fd, part, size - part)
    lines = (
        _without_last(head[encoding.mark : part])
        + _without_last(_without_first(middle))
        + _terminated(_without_first(tail))
    )
    return lines if lines.strip() else _first_line(fd, encoding.mark, size)


def _first_line(fd: int, begin: int, size: int) -> bytes:
    """Return the first line of a file whose lines are longer than the parts of a sample; nothing if it is too long."""
    text = os.pread(fd, LONGEST_LINE, begin)
    line = text[: text.find(b"\n") + 1]
    return line or (_terminated(text) if begin + len(text) >= size else b"")


def _stream_sample(fd: int, codec: str, size: int, limit: int) -> Sample:
    os.lseek(fd, 0, os.SEEK_SET)
    stream = open_stream(RawInput(fd), codec)
    view = memoryview(bytearray(limit))
    have = fill(stream.readinto, view, 0, limit)
    data = bytes(view[:have])
    encoding = classify(data[:HEAD_BYTES], codec)
    if encoding.reason is not None:
        return Sample(b"", codec, encoding.name, encoding.reason, stream.damage, size)
    text = data[encoding.mark :]
    if encoding.name.startswith("utf-16"):
        text = _utf8(text, encoding.name)
    if encoding is ARRAY:
        lines = bytearray(len(text))
        Elements(lambda _: 0, text).readinto(memoryview(lines))
        text = bytes(lines)
    whole = _terminated(text) if have < limit else _without_last(text)
    if not whole.strip() and have == limit < LONGEST_STREAM:
        return _stream_sample(fd, codec, size, LONGEST_STREAM)
    return Sample(whole, codec, encoding.name, None, stream.damage, size)


def _utf8(data: bytes, encoding: str) -> bytes:
    view = memoryview(bytearray(2 * len(data)))
    return bytes(view[: fill(Utf16(lambda _: 0, encoding, data).readinto, view, 0, len(view))])


def _terminated(data: bytes) -> bytes:
    return data if data.endswith(b"\n") or not data else data + b"\n"


def _without_first(data: bytes) -> bytes:
    return data[data.find(b"\n") + 1 or len(data) :]


def _without_last(data: bytes) -> bytes:
    return data[: data.rfind(b"\n") + 1]
