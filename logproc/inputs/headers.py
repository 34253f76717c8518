"""Header lines of a file that is to be cut in ranges: each range must know what holds where it begins."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING

from logproc.inputs.codecs import LONGEST_MAGIC, RawInput, open_stream, sniff
from logproc.inputs.lines import fill
from logproc.inputs.opening import open_regular, unreadable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

CHUNK = 4 << 20
MAX_HEADS = 512
"""A file with more changes of its header is not cut."""

_BLANKS = b"\0 \t\r\n"
_DATE = re.compile(rb"#\w*-?Date:", re.IGNORECASE)


def first_line(path: str, mark: int) -> tuple[tuple[int, bytes], ...]:
    """Return offset and text of the first line that is not blank, within `CHUNK`; `mark` bytes are no text."""
    fd, _ = open_regular(path)
    try:
        head = _reader(fd)(CHUNK, mark)
    except OSError as error:
        raise unreadable(path, error) from error
    finally:
        os.close(fd)
    begin = len(head) - len(head.lstrip(_BLANKS))
    begin = head.rfind(b"\n", 0, begin) + 1
    newline = head.find(b"\n", begin)
    return ((mark + begin, head[begin:newline]),) if newline >= 0 else ()


def directive_lines(path: str, directive: bytes, mark: int) -> tuple[tuple[int, bytes], ...] | None:
    """Return offset and text of each line that begins with `directive` and differs from the one before it.

    Where the columns they name lack a date, the lines `#Date:` are among them. None if there are too many. The whole
    file is read, at the speed of a search for two bytes.
    """
    fd, _ = open_regular(path)
    found: list[tuple[int, bytes]] = []
    dated = True
    position = mark
    try:
        read = _reader(fd)
        inside = False  # a line that is longer than a chunk: no header
        while chunk := read(CHUNK, position):
            end = chunk.rfind(b"\n") + 1 if len(chunk) == CHUNK else len(chunk)
            begin = chunk.find(b"\n") + 1 if inside else 0
            inside = end == 0
            for offset, line in _comments(chunk[begin:end]):
                is_header = line.startswith(directive)
                dated = dated and (not is_header or b"date" in line)
                if is_header or _DATE.match(line):
                    found.append((position + begin + offset, line))
            position += end or len(chunk)
            if len(found) > 4 * MAX_HEADS:
                return None
    except OSError as error:
        raise unreadable(path, error) from error
    finally:
        os.close(fd)
    kept = _changes(found, directive, dated=dated)
    return kept if len(kept) <= MAX_HEADS else None


def _reader(fd: int) -> Callable[[int, int], bytes]:
    """Return what reads so many bytes at an offset, of the decompressed content: none before those it gave last."""
    codec = sniff(os.pread(fd, LONGEST_MAGIC, 0))
    if codec == "plain":
        return lambda length, at: os.pread(fd, length, at)
    os.lseek(fd, 0, os.SEEK_SET)
    stream = open_stream(RawInput(fd), codec)
    held, begin = b"", 0

    def read(length: int, at: int) -> bytes:
        nonlocal held, begin
        view = memoryview(bytearray(max(0, at + length - begin - len(held))))
        held = (held + view[: fill(stream.readinto, view, 0, len(view))].tobytes())[at - begin :]
        begin = at
        return held

    return read


def _changes(found: list[tuple[int, bytes]], directive: bytes, *, dated: bool) -> tuple[tuple[int, bytes], ...]:
    """Return the lines that change something: headers unlike the one before, and dates where columns have none."""
    last = b""
    kept = []
    for offset, line in found:
        if not line.startswith(directive):
            if not dated:
                kept.append((offset, line))
        elif line != last:
            last = line
            kept.append((offset, line))
    return tuple(kept)


def _comments(text: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield offset and text of the lines that begin with #."""
    begin = 0 if text.startswith(b"#") else text.find(b"\n#") + 1
    while text.startswith(b"#", begin):
        newline = text.find(b"\n", begin)
        end = len(text) if newline < 0 else newline
        yield begin, text[begin:end].rstrip(b"\r")
        begin = text.find(b"\n#", end) + 1 or len(text)
