"""Text functions with DuckDB's names and meanings: positions count characters from 1, negative ones from the end."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

from logproc.model import Kind
from logproc.rollup.signature import ANY, INTEGER, TEXT, Function

if TYPE_CHECKING:
    from collections.abc import Callable

    from logproc.rollup.spec import Value

_BLANKS = " \u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f\u3000"
"""The blanks DuckDB trims: Unicode's space separators, without tabs and newlines."""

_MAX_PAD = 1 << 20
"""Longest text that padding and repeating make: a number in a log line must not exhaust memory."""

_MAX_CACHED_PATTERN = 1024


# ---- case: one character to one character, as DuckDB does ------------------------------------------------------


def lower(text: str) -> str:
    """Lower-case character by character; a character whose lower case is longer keeps its first character."""
    return text.lower() if text.isascii() else "".join(c.lower()[0] for c in text)


def upper(text: str) -> str:
    """Upper-case character by character; the sharp s has a capital form, other expanding characters stay."""
    return text.upper() if text.isascii() else "".join(_upper_character(c) for c in text)


def _upper_character(character: str) -> str:
    raised = character.upper()
    if len(raised) == 1:
        return raised
    return "\u1e9e" if character == "\u00df" else character


# ---- parts -----------------------------------------------------------------------------------------------------


def substring(text: str, start: int, length: int | None = None) -> str:
    """Characters from `start` (1-based, negative from the end); a negative length takes those before it."""
    size = len(text)
    first = start - 1 if start > 0 else max(size + start, 0) if start < 0 else 0
    if start == 0 and length is not None and length > 0:
        length -= 1  # position 0 stands before the text and uses up one character, as in DuckDB
    elif start < 0 and -start > size and length is not None and length > 0:
        length += start + size
        if length <= 0:
            return ""
    if length is None:
        return text[first:]
    if length < 0:
        return text[max(first + length, 0) : max(first, 0)]
    return text[first : first + length]


def _left(text: str, count: int) -> str:
    return text[:count]


def _right(text: str, count: int) -> str:
    if count >= 0:
        return text[-count:] if count else ""
    return text[-count:]


def split_part(text: str, separator: str, index: int) -> str:
    """Part number `index` (1-based, negative from the end), empty where there is none."""
    parts = text.split(separator) if separator else list(text)
    position = index - 1 if index > 0 else len(parts) + index
    return parts[position] if 0 <= position < len(parts) and index else ""


def _pad(text: str, length: int, filling: str, *, before: bool) -> str | None:
    length = min(length, _MAX_PAD)
    missing = length - len(text)
    if missing <= 0:
        return text[: max(length, 0)]
    if not filling:
        return None
    padding = (filling * (missing // len(filling) + 1))[:missing]
    return padding + text if before else text + padding


def _lpad(text: str, length: int, filling: str) -> str | None:
    return _pad(text, length, filling, before=True)


def _rpad(text: str, length: int, filling: str) -> str | None:
    return _pad(text, length, filling, before=False)


def _repeat(text: str, times: int) -> str:
    return text * min(times, _MAX_PAD // len(text)) if text else ""


def _replace(text: str, old: str, new: str) -> str:
    return text.replace(old, new) if old else text


# ---- LIKE ------------------------------------------------------------------------------------------------------


@lru_cache(maxsize=512)
def _compile_like(pattern: str, escape: str) -> tuple[tuple[re.Pattern[str], ...], bool, bool]:
    """Cut a LIKE pattern at its `%` into pieces that are matched left to right, so that no text makes it backtrack."""
    pieces: list[str] = [""]
    characters = iter(pattern)
    for character in characters:
        if escape and character == escape:
            # An escape at the very end stands for itself: DuckDB refuses it only once a row gets that far.
            pieces[-1] += re.escape(next(characters, character))
        elif character == "%":
            pieces.append("")
        else:
            pieces[-1] += "." if character == "_" else re.escape(character)
    anchored_left, anchored_right = bool(pieces[0]) or len(pieces) == 1, bool(pieces[-1]) or len(pieces) == 1
    compiled = tuple(re.compile(piece, re.DOTALL) for piece in pieces if piece)
    return compiled, anchored_left, anchored_right


def like(text: str, pattern: str, escape: str = "") -> bool:
    """Tell whether the whole text matches: `%` any characters, `_` one; `escape` takes the meaning of the next."""
    # A pattern may come from a row: a long one is compiled each time, so that the cache stays small.
    compiled = _compile_like if len(pattern) <= _MAX_CACHED_PATTERN else _compile_like.__wrapped__
    pieces, anchored_left, anchored_right = compiled(pattern, escape)
    if anchored_left and anchored_right and len(pieces) <= 1:
        return pieces[0].fullmatch(text) is not None if pieces else _without_pieces(text, pattern)
    return _match_pieces(text, pieces, anchored_left=anchored_left, anchored_right=anchored_right)


def _without_pieces(text: str, pattern: str) -> bool:
    return not text if not pattern else True


def _match_pieces(text: str, pieces: tuple[re.Pattern[str], ...], *, anchored_left: bool, anchored_right: bool) -> bool:
    position, last = 0, len(pieces) - 1
    for number, piece in enumerate(pieces):
        if number == last and anchored_right:
            return _ends(text, piece, position, exact=number == 0 and anchored_left)
        found = piece.match(text, position) if number == 0 and anchored_left else piece.search(text, position)
        if found is None:
            return False
        position = found.end()
    return True


def _ends(text: str, piece: re.Pattern[str], position: int, *, exact: bool) -> bool:
    """Tell whether the piece stands at the end, behind `position`; a piece has one length, so its start is known."""
    length = _length(piece.pattern)
    start = len(text) - length
    return start >= position and (not exact or start == 0) and piece.fullmatch(text, start) is not None


def _length(piece: str) -> int:
    return len(re.sub(r"\\(.)", r"\1", piece, flags=re.DOTALL))


def ilike(text: str, pattern: str, escape: str = "") -> bool:
    """Tell whether the whole text matches, whatever the case."""
    return like(lower(text), lower(pattern), lower(escape))


def _escape_problem(escape: Value) -> str | None:
    return None if len(str(escape)) <= 1 else f"the escape {escape!r} must be one character"


# ---- the rest --------------------------------------------------------------------------------------------------


def _concat(*values: Value) -> str:
    return "".join(str(value) for value in values if value is not None)


def _trim_by(strip: Callable[..., str]) -> Callable[..., str]:
    def trim(text: str, characters: str = _BLANKS) -> str:
        return strip(text, characters) if characters else text

    return trim


_ESCAPE = ((2, _escape_problem),)


def _part_problem(number: Value) -> str | None:
    return None if number else "parts are counted from 1, and from the end from -1; there is no part 0"


TEXTS: dict[str, Function] = {
    f.name: f
    for f in (
        Function("like", like, (TEXT, TEXT, TEXT), Kind.BOOLEAN, "x LIKE pattern", 2, constants=_ESCAPE),
        Function(
            "ilike", ilike, (TEXT, TEXT, TEXT), Kind.BOOLEAN, "x ILIKE pattern", 2, constants=_ESCAPE
        ),
        Function("lower", lower, (TEXT,), Kind.TEXT, "lower case"),
        Function("upper", upper, (TEXT,), Kind.TEXT, "upper case"),
        Function("length", len, (TEXT,), Kind.INTEGER, "number of characters"),
        Function("trim", _trim_by(str.strip), (TEXT, TEXT), Kind.TEXT, "without blanks (or characters) around", 1),
        Function("ltrim", _trim_by(str.lstrip), (TEXT, TEXT), Kind.TEXT, "without blanks (or characters) before", 1),
        Function("rtrim", _trim_by(str.rstrip), (TEXT, TEXT), Kind.TEXT, "without blanks (or characters) behind", 1),
        Function("substring", substring, (TEXT, INTEGER, INTEGER), Kind.TEXT, "characters from start, of a length", 2),
        Function("left", _left, (TEXT, INTEGER), Kind.TEXT, "the first n characters"),
        Function("right", _right, (TEXT, INTEGER), Kind.TEXT, "the last n characters"),
        Function("replace", _replace, (TEXT, TEXT, TEXT), Kind.TEXT, "every occurrence replaced"),
        Function(
            "split_part", split_part, (TEXT, TEXT, INTEGER), Kind.TEXT, "part n between separators",
            literals=((2, _part_problem),),
        ),
        Function("concat", _concat, (ANY,), Kind.TEXT, "texts joined, NULL skipped", variadic=True, null_safe=True),
        Function("||", lambda a, b: a + b, (TEXT, TEXT), Kind.TEXT, "texts joined, NULL where one is NULL"),
        Function("starts_with", str.startswith, (TEXT, TEXT), Kind.BOOLEAN, "begins with the text"),
        Function("ends_with", str.endswith, (TEXT, TEXT), Kind.BOOLEAN, "ends with the text"),
        Function("contains", lambda a, b: b in a, (TEXT, TEXT), Kind.BOOLEAN, "the text occurs"),
        Function("strpos", lambda a, b: a.find(b) + 1, (TEXT, TEXT), Kind.INTEGER, "where the text occurs, 0 if not"),
        Function("reverse", lambda a: a[::-1], (TEXT,), Kind.TEXT, "characters backwards"),
        Function("lpad", _lpad, (TEXT, INTEGER, TEXT), Kind.TEXT, "filled up before, or cut, to n characters"),
        Function("rpad", _rpad, (TEXT, INTEGER, TEXT), Kind.TEXT, "filled up behind, or cut, to n characters"),
        Function("repeat", _repeat, (TEXT, INTEGER), Kind.TEXT, "the text n times"),
    )
}  # fmt: skip
