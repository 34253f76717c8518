"""More functions of text with DuckDB's names and meanings: characters, codes, distances, hashes, files."""

from __future__ import annotations

import hashlib
import unicodedata
from typing import TYPE_CHECKING
from urllib.parse import quote

from logproc.model import Kind
from logproc.rollup.signature import ANY, INTEGER, TEXT, Function

if TYPE_CHECKING:
    from logproc.rollup.spec import Value

_LONGEST = 1024
"""Characters that distances look at: they take time by the product of both lengths."""


def _raw(text: str) -> bytes:
    return text.encode("utf-8", "backslashreplace")


def _chr(code: int) -> str | None:
    return chr(code) if 0 < code < 0x110000 and not 0xD800 <= code < 0xE000 else None


def _ascii(text: str) -> int:
    return ord(text[0]) if text else 0


def _unicode(text: str) -> int:
    return ord(text[0]) if text else -1


def _join(separator: str | None, *values: Value) -> str | None:
    return None if separator is None else separator.join(str(value) for value in values if value is not None)


def _translate(text: str, old: str, new: str) -> str:
    table: dict[int, int | None] = {}
    for place, character in enumerate(old):
        table.setdefault(ord(character), ord(new[place]) if place < len(new) else None)
    return text.translate(table)


def _strip_accents(text: str) -> str:
    return "".join(c for c in unicodedata.normalize("NFD", text) if not unicodedata.combining(c))


def _normal(text: str) -> str:
    return unicodedata.normalize("NFC", text)


def _url_encode(text: str) -> str:
    return quote(_raw(text), safe="-._~")


def _hexadecimal(number: int) -> str:
    return f"{number % 2**64:X}"


def _binary(number: int) -> str:
    return f"{number % 2**64:b}"


def _bytes_hexadecimal(text: str) -> str:
    return _raw(text).hex().upper()


def _md5(text: str) -> str:
    return hashlib.md5(_raw(text), usedforsecurity=False).hexdigest()


def _sha1(text: str) -> str:
    return hashlib.sha1(_raw(text), usedforsecurity=False).hexdigest()


def _sha256(text: str) -> str:
    return hashlib.sha256(_raw(text)).hexdigest()


def _levenshtein(left: str, right: str) -> int:
    """Count the characters to insert, delete or replace."""
    one, two = left[:_LONGEST], right[:_LONGEST]
    row = list(range(len(two) + 1))
    for number, character in enumerate(one, 1):
        before, row[0] = row[0], number
        for place, other in enumerate(two, 1):
            before, row[place] = row[place], min(row[place] + 1, row[place - 1] + 1, before + (character != other))
    return row[-1]


def _hamming(left: str, right: str) -> int | None:
    return sum(a != b for a, b in zip(left, right, strict=True)) if len(left) == len(right) else None


def _format_bytes(number: int) -> str:
    """Write a size as DuckDB does: `120.5 KiB`, whose last digit counts whole tenths of the next smaller unit."""
    sign, rest = ("-", -number) if number < 0 else ("", number)
    if rest < 1024:
        return f"{sign}{rest} byte{'s' * (rest != 1)}"
    unit = min((rest.bit_length() - 1) // 10, 5)
    below = rest >> (10 * (unit - 1))
    whole, part = below >> 10, (below & 1023) * 10 >> 10
    return f"{sign}{whole}.{part} {('KiB', 'MiB', 'GiB', 'TiB', 'PiB')[unit - 1]}"


def _filename(path: str) -> str:
    return path.replace("\\", "/").rstrip("/").rpartition("/")[2]


WORDS: dict[str, Function] = {
    f.name: f
    for f in (
        Function("chr", _chr, (INTEGER,), Kind.TEXT, "the character of a code"),
        Function("ascii", _ascii, (TEXT,), Kind.INTEGER, "code of the first character, 0 if there is none"),
        Function("unicode", _unicode, (TEXT,), Kind.INTEGER, "code of the first character, -1 if there is none"),
        Function(
            "concat_ws", _join, (TEXT, ANY), Kind.TEXT, "joined with a separator, NULL skipped", variadic=True,
            null_safe=True,
        ),
        Function("translate", _translate, (TEXT, TEXT, TEXT), Kind.TEXT, "each character replaced by its counterpart"),
        Function("strip_accents", _strip_accents, (TEXT,), Kind.TEXT, "without accents"),
        Function("nfc_normalize", _normal, (TEXT,), Kind.TEXT, "in Unicode's composed form"),
        Function("strlen", lambda a: len(_raw(a)), (TEXT,), Kind.INTEGER, "number of bytes"),
        Function("bit_length", lambda a: 8 * len(_raw(a)), (TEXT,), Kind.INTEGER, "number of bits"),
        Function("url_encode", _url_encode, (TEXT,), Kind.TEXT, "what a URL may not hold as %XX"),
        Function("to_hex", _hexadecimal, (INTEGER,), Kind.TEXT, "the number in hexadecimal"),
        Function("bin", _binary, (INTEGER,), Kind.TEXT, "the number in binary"),
        Function("hex", _bytes_hexadecimal, (TEXT,), Kind.TEXT, "the text's bytes in hexadecimal"),
        Function("md5", _md5, (TEXT,), Kind.TEXT, "MD5 of the text, in hexadecimal"),
        Function("sha1", _sha1, (TEXT,), Kind.TEXT, "SHA-1 of the text, in hexadecimal"),
        Function("sha256", _sha256, (TEXT,), Kind.TEXT, "SHA-256 of the text, in hexadecimal"),
        Function("levenshtein", _levenshtein, (TEXT, TEXT), Kind.INTEGER, "edits from one text to the other"),
        Function("hamming", _hamming, (TEXT, TEXT), Kind.INTEGER, "places that differ; NULL for texts of two lengths"),
        Function("format_bytes", _format_bytes, (INTEGER,), Kind.TEXT, "a size such as 120.5 KiB"),
        Function("parse_filename", _filename, (TEXT,), Kind.TEXT, "last part of a path"),
    )
}  # fmt: skip
