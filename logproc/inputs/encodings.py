"""Text or not: what the first bytes of a file, once decompressed, say about its encoding.

Any 8-bit text is "utf-8" here: bytes that are no UTF-8 are kept as they are by the stages behind. A file is binary
where a known signature says so, or where control bytes are as frequent as in compressed or packed data. Runs of NUL
bytes alone prove nothing: a crash leaves them in good logs.
"""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from logproc.inputs.codecs import sniff

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy as np
    from numpy.typing import NDArray

HEAD_BYTES = 1 << 16
"""Decompressed bytes that decide the encoding of a file."""


@dataclass(frozen=True, slots=True)
class Encoding:
    """An encoding by name: utf-8, utf-8-bom, json-array, utf-16le, utf-16be, or binary, then `reason` says why.

    A report of our own counts as binary, too: no line of it is one of a log.
    """

    name: str
    reason: str | None = None

    @property
    def mark(self) -> int:
        """Length of the byte order mark in bytes."""
        return {"utf-8-bom": 3, "utf-16le": 2, "utf-16be": 2}.get(self.name, 0)


UTF8 = Encoding("utf-8")
ARRAY = Encoding("json-array")
"""UTF-8 text that is one array of records (see `elements`)."""

MARKS: tuple[tuple[bytes, Encoding], ...] = (
    (b"\xef\xbb\xbf", Encoding("utf-8-bom")),
    (b"\xff\xfe\x00\x00", Encoding("binary", "UTF-32 text; convert it to UTF-8")),
    (b"\xff\xfe", Encoding("utf-16le")),
    (b"\xfe\xff", Encoding("utf-16be")),
)
"""Byte order marks; the first that fits decides."""

SIGNATURES: tuple[tuple[int, bytes, str], ...] = (
    (0, b"\x7fELF", "ELF program"),
    (0, b"MZ\x90\x00", "Windows program"),
    (0, b"PK\x03\x04", "zip archive"),
    (0, b"PK\x05\x06", "empty zip archive"),
    (0, b"7z\xbc\xaf\x27\x1c", "7z archive"),
    (0, b"Rar!\x1a\x07", "rar archive"),
    (257, b"ustar", "tar archive"),
    (0, b"SQLite format 3\x00", "SQLite database"),
    (0, b"LPKSHHRH", "systemd journal; export it with journalctl -o json"),
    (0, b"ElfFile\x00", "Windows event log; export it as text"),
    (0, b"PAR1", "Parquet file"),
    (0, b"ARROW1\x00\x00", "Arrow file"),
    (0, b"Obj\x01", "Avro file"),
    (0, b"\x89PNG\r\n\x1a\n", "PNG image"),
    (0, b"\xff\xd8\xff", "JPEG image"),
    (0, b"GIF89a", "GIF image"),
    (0, b"%PDF-", "PDF document"),
    (0, b"\xd4\xc3\xb2\xa1", "packet capture"),
    (0, b"\xa1\xb2\xc3\xd4", "packet capture"),
    (0, b"\n\r\r\n", "packet capture"),
    (0, b"\xca\xfe\xba\xbe", "Java class or Mach-O program"),
    (0, b"\x04\x22\x4d\x18", "lz4 data; decompress it first"),
    (0, b"\x1f\x9d", "compress (.Z) data; decompress it first"),
    (0, b"LZIP\x01", "lzip data; decompress it first"),
    (0, b"\x89LZO\x00\r\n\x1a\n", "lzop data; decompress it first"),
    (0, b"\xff\x06\x00\x00sNaPpY", "snappy data; decompress it first"),
)
"""Offset, bytes and name of files that are no text; asked only where the head holds control bytes."""

OWN = re.compile(
    rb'\{\n "schema": 1,\n "(?:run|files|old|nights)": |# Log report\n\n- files  '
    rb"|# HELP logproc_build_info |Subject: logproc: "
    rb'|<!DOCTYPE html>\n(?:<[^>]*>\n?){2,4}<meta name="generator" content="logproc">'
)
"""How reports begin that an earlier command left among the logs: read as logs they would be counted, and so would the
next one's of them. Exported rows are lines like others."""

REJECTED = re.compile(rb'\{"path": "(?:[^"\\]|\\.)*", "line": \d+, "offset": \d+, "reason": "')
"""How a file of rejected lines begins: whatever it is read as, most would be rejected again, night after night."""

NO_LOG = "no log"
"""How the reason of a file begins that is text, and none of a log."""

LOWEST_TEXT = 9  # a tab; what is no text has bytes below it, and what has none is taken for text at once
_BELOW_TEXT = bytes(range(LOWEST_TEXT))
DOUBTFUL_BYTES = frozenset({*(mark[0] for mark, _ in MARKS), ord("["), *b"{#S<", *b" \t\r\n"})
"""First bytes that ask for a closer look: of byte order marks, of arrays of records, and of reports of ours."""
# Text holds tabs, line ends, form feeds and escape sequences; also bells, and SOH between the fields of FIX logs.
_CONTROLS = bytes(byte for byte in range(32) if byte not in {1, 7, 8, 9, 10, 11, 12, 13, 27})
# Only keys that are known to hold the records of a file: any other object may be a line of JSON lines.
_ARRAY = re.compile(rb'\s*(?:\{\s*"(?:Records|records|logEvents)"\s*:\s*)?\[\s*\{\s*"')
_LOOK = 256

_JOURNAL = b"__CURSOR="
"""The journal's export format: the lengths of its values that have line breaks are bytes below 32."""

_NUL_RUN = re.compile(rb"\x00{16,}")
_FEW_CONTROLS = 3  # prove nothing, however short the file is
_MAX_CONTROLS = 0.05  # compressed data has 9 %; text has none, but for a line of garbage here and there


def plainly_text(head: NDArray[np.uint8]) -> bool:
    """Tell in about two microseconds that `head` (uint8, not empty) is UTF-8 text without a mark; False: unknown."""
    return int(head[0]) not in DOUBTFUL_BYTES and int(head.min()) >= LOWEST_TEXT


def classify(head: bytes, codec: str = "plain", *, as_rows: bool = False) -> Encoding:
    """Tell the encoding of a file from its first `HEAD_BYTES` decompressed bytes; `codec` is what wrapped them.

    Rejected lines that we wrote are text where they are to be read `as_rows`.
    """
    for mark, encoding in MARKS:
        if head.startswith(mark):
            return encoding
    inner = sniff(head)
    if inner != "plain":
        return Encoding("binary", f"{inner} data" if codec == "plain" else f"{inner} inside {codec}")
    if OWN.match(head):
        return Encoding("binary", f"{NO_LOG}: a report that logproc wrote")
    if not as_rows and REJECTED.match(head):
        return Encoding("binary", f"{NO_LOG}: rejected lines that logproc wrote; --format jsonl reads them")
    text = ARRAY if is_array(head) else UTF8
    if head.startswith(_JOURNAL) or len(head.translate(None, _BELOW_TEXT)) == len(head):
        return text
    reason = _signature(head) or _statistics(head[:HEAD_BYTES])
    return text if reason is None else Encoding("binary", reason)


def is_array(head: bytes) -> bool:
    """Tell whether a text begins like an array of JSON objects, or an object that holds one under a known key."""
    return head[:1] in b"{[ \t\r\n" and _ARRAY.match(head[:_LOOK]) is not None


def refusal(reason: str) -> str:
    """Say in a few words why a file is not read, from the reason of its encoding."""
    return reason if reason.startswith(NO_LOG) else f"binary: {reason}"


def _signature(head: bytes) -> str | None:
    return next((name for offset, magic, name in SIGNATURES if head.startswith(magic, offset)), None)


def _statistics(head: bytes) -> str | None:
    text = _NUL_RUN.sub(b"", head.strip(b"\0"))
    controls = len(text) - len(text.translate(None, _CONTROLS))
    if controls <= max(_FEW_CONTROLS, _MAX_CONTROLS * len(text)):
        return None
    if _is_utf16(head):
        return "UTF-16 without a byte order mark; convert it to UTF-8"
    return f"{controls} control bytes in the first {len(text)}"


def _is_utf16(head: bytes) -> bool:
    """Tell whether every other byte is NUL, as in UTF-16 of western text."""
    even, odd = head[0::2].count(0), head[1::2].count(0)
    fewer, more = sorted((even, odd))
    return more > len(head) // 2 * 0.4 and fewer <= more * 0.1


class Utf16:
    """UTF-16 bytes of `source` as UTF-8; a unit that is no character becomes U+FFFD.

    `source` fills a memoryview and returns how many bytes, 0 at the end. `head` is what was read of it already.
    """

    __slots__ = ("_decode", "_ended", "_out", "_source")

    def __init__(self, source: Callable[[memoryview], int], encoding: str, head: bytes) -> None:
        decoder = codecs.getincrementaldecoder("utf-16-le" if encoding == "utf-16le" else "utf-16-be")
        self._decode = decoder("replace").decode
        self._source = source
        self._out = memoryview(self._decode(head).encode())
        self._ended = False

    def readinto(self, view: memoryview) -> int:
        """Fill some of `view` with UTF-8 and return how many bytes; 0 at the end. May cut a character in two."""
        while not self._out and not self._ended:
            self._refill()
        count = min(len(view), len(self._out))
        view[:count] = self._out[:count]
        self._out = self._out[count:]
        return count

    def _refill(self) -> None:
        raw = memoryview(bytearray(HEAD_BYTES))
        count = self._source(raw)
        self._ended = count == 0
        self._out = memoryview(self._decode(raw[:count], final=self._ended).encode())
