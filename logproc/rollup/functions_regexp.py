"""Regular expressions by RE2, which DuckDB uses too: the same meaning, and no pattern makes any text take long.

RE2 works on UTF-8, so texts become bytes here and back. A yes or no is asked of a set with one pattern in it, which
takes a quarter of the time that finding the place of a match takes.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from logproc.model import Kind
from logproc.rollup.signature import INTEGER, TEXT, Function

if TYPE_CHECKING:
    from collections.abc import Callable

    from logproc.rollup.spec import Value

OPTIONS = "cgilmnps"
"""Letters that DuckDB knows: c and i for case, l for literal text, m, n and p for `.` without line ends, s with them,
g for all matches."""

_REFERENCE = re.compile(rb"\\(\d|\\)")


def _encoded(text: str) -> bytes:
    return text.encode("utf-8", "backslashreplace")


def _decoded(raw: bytes) -> str:
    return raw.decode("utf-8", "backslashreplace")


def _settings(options: str) -> Any:  # noqa: ANN401 - google-re2 has no types
    import re2  # noqa: PLC0415 - 30 ms that only patterns pay

    settings = re2.Options()
    settings.log_errors = False
    for option in options:
        if option in "ci":
            settings.case_sensitive = option == "c"
        elif option in "mnps":
            settings.dot_nl = option == "s"
        settings.literal = settings.literal or option == "l"
    return settings


@lru_cache(maxsize=256)
def compiled(pattern: str, options: str = "") -> Any:  # noqa: ANN401 - google-re2 has no types
    """Compile a pattern over bytes; re2.error says what is wrong with it."""
    import re2  # noqa: PLC0415

    return re2.compile(_encoded(pattern), _settings(options))


@lru_cache(maxsize=256)
def _tester(pattern: str, options: str, *, whole: bool) -> Callable[[bytes], Any]:
    import re2  # noqa: PLC0415

    compiled(pattern, options)  # a set says nothing of what is wrong
    patterns = (re2.Set.FullMatchSet if whole else re2.Set.SearchSet)(_settings(options))
    patterns.Add(_encoded(pattern))
    patterns.Compile()
    matches: Callable[[bytes], Any] = patterns.Match
    return matches


def _matches(text: str, pattern: str, options: str = "") -> bool:
    return bool(_tester(pattern, options, whole=False)(_encoded(text)))


def _full_match(text: str, pattern: str, options: str = "") -> bool:
    return bool(_tester(pattern, options, whole=True)(_encoded(text)))


def _extract(text: str, pattern: str, group: int = 0, options: str = "") -> str:
    expression = compiled(pattern, options)
    if not 0 <= group <= expression.groups:
        return ""
    match = expression.search(_encoded(text))
    return _decoded(match.group(group) or b"") if match else ""


def _replace(text: str, pattern: str, replacement: str, options: str = "") -> str:
    expression = compiled(pattern, options)
    source, written = _encoded(text), _encoded(replacement)
    parts, at, last = [], 0, -1
    while at <= len(source):
        match = expression.search(source, at)
        if match is None:
            break
        parts.append(source[at : match.start()])
        if match.start() == match.end() == last:  # nothing, right behind a match: one character on, as RE2 does
            at = _behind(source, match.end())
            parts.append(source[match.end() : at])
            continue
        parts.append(_expanded(match, written, expression.groups))
        at = last = match.end()
        if "g" not in options:
            break
    return _decoded(b"".join([*parts, source[at:]]))


def _behind(source: bytes, at: int) -> int:
    """Return where the character that begins at a place ends; behind the last one, one place on."""
    at += 1
    while at < len(source) and source[at] & 0xC0 == 0x80:
        at += 1
    return at


def _expanded(match: Any, written: bytes, groups: int) -> bytes:  # noqa: ANN401 - google-re2 has no types
    def reference(part: re.Match[bytes]) -> bytes:
        if part[1] == b"\\":
            return b"\\"
        return (match.group(int(part[1])) or b"") if int(part[1]) <= groups else b""

    return _REFERENCE.sub(reference, written)


def _glob(text: str, pattern: str) -> bool:
    """Tell whether the whole text matches: `*` any characters, `?` one, `[a-z]` or `[!a-z]` one of some."""
    return bool(_tester(_of_glob(pattern), "s", whole=True)(_encoded(text)))


@lru_cache(maxsize=256)
def _of_glob(pattern: str) -> str:
    parts = re.findall(r"\\.|\[!?\]?[^\]]*\]|.", pattern, re.DOTALL)
    return "".join(_part_of_glob(part) for part in parts)


def _part_of_glob(part: str) -> str:
    if part in {"*", "?"}:
        return ".*" if part == "*" else "."
    if len(part) > 2 and part[0] == "[":
        inside = part[1:-1].replace("\\", "\\\\").replace("[", "\\[")
        return f"[^{inside[1:]}]" if inside[0] == "!" else f"[{inside}]"
    return re.escape(part[-1]) if len(part) == 2 else re.escape(part)


def _escape(text: str) -> str:
    import re2  # noqa: PLC0415

    return _decoded(re2.escape(_encoded(text)))


def _pattern_problem(pattern: Value) -> str | None:
    import re2  # noqa: PLC0415

    try:
        compiled(str(pattern))
    except re2.error as error:
        reason = error.args[0].decode("utf-8", "backslashreplace") if isinstance(error.args[0], bytes) else error
        return f"{pattern!r} is no regular expression: {reason} (see https://github.com/google/re2/wiki/Syntax)"
    return None


def _glob_problem(pattern: Value) -> str | None:
    return _pattern_problem(_of_glob(str(pattern)))


def _options_problem(options: Value) -> str | None:
    unknown = sorted(set(str(options)) - set(OPTIONS))
    return f"unknown option {unknown[0]!r}; there are {', '.join(OPTIONS)}" if unknown else None


def _group_problem(group: Value) -> str | None:
    return None if isinstance(group, int) and 0 <= group <= 9 else "a group is a number from 0 to 9"


_PATTERN = ((1, _pattern_problem),)
_PATTERN_OPTIONS = (*_PATTERN, (2, _options_problem))

PATTERNS: dict[str, Function] = {
    f.name: f
    for f in (
        Function(
            "regexp_matches", _matches, (TEXT, TEXT, TEXT), Kind.BOOLEAN, "the pattern occurs in the text", 2,
            constants=_PATTERN_OPTIONS,
        ),
        Function(
            "regexp_full_match", _full_match, (TEXT, TEXT, TEXT), Kind.BOOLEAN, "the pattern is the whole text", 2,
            constants=_PATTERN_OPTIONS,
        ),
        Function(
            "regexp_extract", _extract, (TEXT, TEXT, INTEGER, TEXT), Kind.TEXT,
            "the first match, or its group; empty where there is none", 2,
            constants=(*_PATTERN, (2, _group_problem), (3, _options_problem)),
        ),
        Function(
            "regexp_replace", _replace, (TEXT, TEXT, TEXT, TEXT), Kind.TEXT,
            "the first match (with option g all) replaced; \\1 is a group", 3,
            constants=(*_PATTERN, (3, _options_problem)),
        ),
        Function("glob", _glob, (TEXT, TEXT), Kind.BOOLEAN, "x GLOB pattern", constants=((1, _glob_problem),)),
        Function("regexp_escape", _escape, (TEXT,), Kind.TEXT, "the text as a pattern that matches only it"),
    )
}  # fmt: skip
