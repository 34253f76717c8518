"""Lines matched by a compiled pattern, for comparing with Python's `re`, and patterns of all kinds from hypothesis."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from hypothesis import strategies as st

from logproc.formats import resolve
from logproc.formats.parser import new_parser
from logproc.formats.regex_code import generate
from logproc.formats.regex_tree import parse
from logproc.kernels import pattern_lines, tokenize
from logproc.kernels.patterns import FAILED, GAVE_UP, SLOTS_AT
from logproc.model import NO_TIME, PADDING

if TYPE_CHECKING:
    from collections.abc import Callable

    from hypothesis.strategies import DrawFn, SearchStrategy

Found = tuple[int, list[tuple[int, int]]]
"""Where a match ends, and the span of each group."""


def searcher(pattern: str, groups: int) -> Callable[[bytes], Found | str | None]:
    """Return a function that finds a pattern in a line: end and groups, None, or "too slow"."""
    code = generate(parse(pattern.encode(), pattern), {group: group - 1 for group in range(1, groups + 1)})
    work, stack = np.zeros(SLOTS_AT + code.slots + 1, np.int64), np.zeros(1 << 16, np.int64)
    arrays = pattern_lines.PatternArrays(
        code.code,
        code.tables,
        np.zeros((0, pattern_lines.OUTPUT_CELLS), np.int64),
        np.zeros(1, np.int64),
        np.full(5, -1),
        code.slots,
        code.anchored,
        code.first,
    )
    described, out = arrays.described(work, stack), np.zeros(2 + code.slots, np.int64)

    def search(line: bytes, _kept: object = (arrays, work, stack)) -> Found | str | None:
        buffer = np.frombuffer(line + b"\n" + bytes(PADDING), np.uint8)
        end = pattern_lines.match_line(buffer.ctypes.data, 0, len(line), described.ctypes.data, out)
        if end in {FAILED, GAVE_UP}:
            return None if end == FAILED else "too slow"
        return end, [(int(out[2 + 2 * k]), int(out[3 + 2 * k])) for k in range(groups)]

    return search


def read_lines(
    name: str, text: bytes, *, mtime_ns: int = 0, zone: str = "UTC"
) -> tuple[list[dict[str, Any]], list[str]]:
    """Return the rows that a format reads in a text, as bytes or None by field with `time` in microseconds, and why
    other lines were rejected.
    """
    fmt = resolve(name)
    parser = new_parser(fmt, fmt.fields)
    if mtime_ns:
        parser.reach(mtime_ns, zone)
    text = text if text.endswith(b"\n") else text + b"\n"
    buffer = np.frombuffer(text + bytes(PADDING), np.uint8)
    counters = np.zeros(tokenize.COUNTERS, np.int64)
    parser.parse(buffer, 0, len(text), 0, counters)
    lines = parser.lines
    rows = []
    for row in range(int(counters[tokenize.ROWS])):
        found: dict[str, Any] = {}
        for column, field in enumerate(parser.columns):
            start, end = int(lines.starts[column, row]), int(lines.ends[column, row])
            found[field] = None if start < 0 else text[start:end]
        if "time" in fmt.fields:
            found["time"] = None if lines.times[row] == NO_TIME else int(lines.times[row])
        rows.append(found)
    return rows, [parser.reasons[code] for code in lines.reject_reason[: counters[tokenize.REJECTS]].tolist()]


# ---- patterns of all kinds ---------------------------------------------------------------------------------------

_LETTERS = st.sampled_from(["a", "b", "c", " ", "ab", "x", r"\."])
_SETS = st.sampled_from(["[ab]", "[^a]", '[^"]', ".", r"\d", r"\w", r"\s", r"\S", "[a-c]", "[^ab]", r"\W", "[ -b]"])
_PLACES = st.sampled_from(["^", "$", r"\b", "(?<=a)", "(?<!a)", "(?<=ab)", "(?<![ab])"])
_REPEATS = st.sampled_from(["*", "+", "?", "{2}", "{1,2}", "{0,3}", "*?", "+?", "??", "{1,3}?", "*+", "++", "?+"])


@st.composite
def patterns(draw: DrawFn) -> str:
    """Draw a pattern; groups stand outside of repeats, where Python and Perl agree on what they hold."""
    return draw(_ways(2, grouped=True))


def _ways(depth: int, *, grouped: bool) -> SearchStrategy[str]:
    return st.lists(_row(depth, grouped=grouped), min_size=1, max_size=3).map("|".join)


def _row(depth: int, *, grouped: bool) -> SearchStrategy[str]:
    return st.lists(_part(depth, grouped=grouped), max_size=4).map("".join)


def _part(depth: int, *, grouped: bool) -> SearchStrategy[str]:
    single = st.one_of(_LETTERS, _SETS)
    parts = [single, st.builds("(?:{}){}".format, single, _REPEATS), _PLACES]
    if depth:
        inner = _row(depth - 1, grouped=False)
        parts += [
            st.builds("(?:{}){}".format, _ways(depth - 1, grouped=False), _REPEATS),
            st.builds("(?:{})".format, _ways(depth - 1, grouped=grouped)),
            st.builds("(?={})".format, inner),
            st.builds("(?!{})".format, inner),
            st.builds("(?>{})".format, inner),
        ]
        if grouped:
            parts.append(st.builds("({})".format, _ways(depth - 1, grouped=True)))
            parts.append(st.builds(r"({})\Z|({})".format, inner, inner))
    return st.one_of(parts)
