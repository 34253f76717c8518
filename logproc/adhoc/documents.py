"""Lines that name their fields themselves, read as a whole: JSON objects and pairs, under the contract's names.

The kernel has found them sound; what they mean must be what `formats.parser_named` makes of the same line.
"""

from __future__ import annotations

import json
import math
import re
from typing import TYPE_CHECKING, Any

from logproc.formats.format import AUDIT, EXPORT, JSONL, LTSV, PRETTY, STAMPED_JSON, STAMPED_PAIRS
from logproc.formats.naming import DATE, DURATIONS, REQUEST, REQUEST_FIELDS, STAMP, TIME_TEXT, Naming
from logproc.kernels.jsonlines import ESCAPED, PLAIN, unescape
from logproc.model import FIELDS, LEVELS, PRIORITIES, Kind

if TYPE_CHECKING:
    from collections.abc import Mapping

    from logproc.formats import Format

Row = dict[str, Any]

LONGEST_INTEGER = 400
"""Digits of a whole number; more are as good as infinite, and reading them takes time by their square."""

_KINDS = {name: kind for family in FIELDS.values() for name, kind in family.items()}
_NAMING = Naming()
_REQUEST_LINE = re.compile(r"([A-Za-z_-]{1,32}) (.+) ([A-Z]+/[0-9].*)", re.DOTALL)
_PAIR = re.compile(
    rb"""([^\x00-\x20="]+)(?:=(?:"((?:[^"\\]|\\.)*)"[,;]?|'([^\n]*?)'(?=[\x00-\x20]|\Z)|([^\x00-\x20"]*)))?""",
    re.DOTALL,
)
_DURATION = re.compile(r"([+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+))(s|ms|us|\u00b5s|\u03bcs|ns)")
_PRIORITY = re.compile(rb"\A<(?:0|[1-9][0-9]?|1[0-8][0-9]|19[01])>")
_LONG_DURATION = re.compile(r"(?:([0-9]{1,9})h)?([0-9]{1,9})m([0-9]{1,9})(\.[0-9]*)?s")
_EXPONENTS = {"s": "", "ms": "e-3", "us": "e-6", "\u00b5s": "e-6", "\u03bcs": "e-6", "ns": "e-9"}
_BLANKS = bytes(range(33))
_NUMBER = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
_WHOLE = re.compile(r"-?(?:0|[1-9][0-9]{0,17})")


def named_row(fmt: Format, line: bytes, *, unread: bool = False) -> Row:
    """Return the fields of a line, or of a record of several, under their contract names, without its time.

    The text of a time that is `unread` is kept.
    """
    if fmt.engine in {JSONL, PRETTY, STAMPED_JSON}:
        document = flatten(loads(line.lstrip(b"\0")))
    elif fmt.engine == EXPORT:
        document = entry(line)
    else:
        document = labels(line) if fmt.engine == LTSV else pairs(line)
    row = contract_names(document, fmt.naming or _NAMING, unread=unread)
    if fmt.engine in {STAMPED_JSON, STAMPED_PAIRS}:
        row.pop(STAMP, None)
    return row


def sliced_value(name: str, raw: bytes, style: int, scale: float, kinds: Mapping[str, Kind]) -> Any:  # noqa: ANN401
    """Return the value of a field that a kernel has cut out: text, a number or nothing."""
    text = _no_dash(unescape(raw, style))
    if style == ESCAPED or text is None:
        return text
    return _typed(name, text, scale, kinds) if name in _KINDS or name in kinds else _bare(raw)


def pairs(line: bytes) -> Row:
    """Return the keys of a logfmt line: text, whole numbers where they were written bare, True for a lone key."""
    row: Row = {}
    for match in _PAIR.finditer(_PRIORITY.sub(b"", line.removeprefix(b"\xef\xbb\xbf"), count=1)):
        key, quoted, apostrophes, bare = match.groups()
        name = unescape(key, PLAIN)
        if quoted is not None:
            row[name] = _no_dash(unescape(quoted, ESCAPED))
        elif apostrophes is not None:
            row[name] = _no_dash(unescape(apostrophes, PLAIN))
        else:
            row[name] = True if bare is None else _bare(bare)
    return row


def labels(line: bytes) -> Row:
    """Return the labels of an LTSV line."""
    row: Row = {}
    for part in line.removeprefix(b"\xef\xbb\xbf").removesuffix(b"\r").split(b"\t"):
        key, colon, value = part.lstrip(_BLANKS).partition(b":")
        if key:
            row[unescape(key, PLAIN)] = _bare(value) if colon else True
    return row


_FIELD = re.compile(rb"([A-Z0-9_]{1,64})(=([^\n]*)(?:\n|\Z)|\n)")


def entry(text: bytes) -> Row:
    """Return the fields of an entry of the journal's export format, all of them text."""
    row: Row = {}
    at = 0
    while at < len(text):
        match = _FIELD.match(text, at)
        end = 0 if match is None else match.end()
        if match is not None and match[3] is None:
            first = end + 8
            end = first + int.from_bytes(text[end:first], "little")
            value = text[first:end]
            match = match if text[end : end + 1] == b"\n" else None
            end += 1
        elif match is not None:
            value = match[3].removesuffix(b"\r")
        if match is None:
            at = text.find(b"\n", at) + 1 or len(text)
            continue
        row[unescape(match[1], PLAIN)] = _no_dash(unescape(value, PLAIN)) or None
        at = end
    return row


_STAMP = re.compile(rb"^\d{4}-\d\d-\d\dT\S+ ", re.MULTILINE)
_STAMP_WORD = re.compile(rb"^[^\s=\"]+(?= [^\s=\"]+=)", re.MULTILINE)
_AUDIT_STAMP = re.compile(rb"\bmsg=audit\(([\d.]+):(\d+)\):")


def _labelled(match: re.Match[bytes]) -> bytes:
    """Give the word between a time and pairs its key, as `kernels.stamped` does."""
    word = match[0]
    if word.decode("utf-8", "replace").lower() in LEVELS:
        return b"level=" + word
    return (b"msg=" if word.isupper() else b"host=") + word


def documents_of(fmt: Format, text: bytes) -> list[bytes]:
    """Cut sampled lines into the texts that `named_row` reads: lines, or records of several."""
    if fmt.engine == AUDIT:
        return _AUDIT_STAMP.sub(rb"time=\1 serial=\2", text).split(b"\n")
    if fmt.engine == STAMPED_JSON:
        return _STAMP.sub(b"", text).split(b"\n")
    if fmt.engine == STAMPED_PAIRS:
        return _STAMP_WORD.sub(_labelled, _STAMP.sub(b"", text)).split(b"\n")
    if fmt.engine == EXPORT:
        return re.split(rb"\n(?:\r?\n)+(?=__CURSOR=)", text)
    return re.split(rb"\n(?=\{)", text) if fmt.engine == PRETTY else text.split(b"\n")


def _no_dash(text: str) -> str | None:
    return None if text == "-" else text


def _bare(value: bytes) -> Any:  # noqa: ANN401 - text, a number or nothing
    text = unescape(value, PLAIN)
    if text in {"", "-"}:
        return None
    return int(text) if _WHOLE.fullmatch(text) and text != "-0" else text


def flatten(document: dict[str, Any], prefix: str = "") -> Row:
    """Join nested keys with dots."""
    row: Row = {}
    for key, value in document.items():
        if isinstance(value, dict) and value:
            row.update(flatten(value, f"{prefix}{key}."))
        else:
            row[prefix + key] = None if value == "-" else value
    return row


def contract_names(row: Row, naming: Naming, *, unread: bool = False) -> Row:
    """Give fields that have synonyms their contract name and type; the time is known already, unless it is `unread`."""
    renamed: Row = {}
    date = row.pop(DATE, None)
    for name, paths in naming.paths(naming.synonyms):
        path = next((path for path in paths if row.get(path) is not None), None)
        if path is None:
            continue
        value = row.pop(path)
        if name == "time":
            if unread and value != "":
                _keep(row, TIME_TEXT, value)
                row |= {} if date is None else {DATE: date}
            continue
        typed = _typed(name, _unwrapped(value) if naming.unwrap else value, naming.scales.get(name, 1.0), naming.kinds)
        renamed[name] = typed
        if typed is None and value != "":  # no number: nothing is dropped
            _keep(row, f"{name}_text", value)
            if path != name:
                row[path] = value
    row.pop("time", None)
    if unread and date and DATE not in row:
        _keep(row, TIME_TEXT, date)
    _derive(renamed, row)
    return {**renamed, **{key: value for key, value in row.items() if key not in renamed}}


def _keep(row: Row, name: str, value: Any) -> None:  # noqa: ANN401 - whatever JSON can hold
    """Give a row what stands for another field and is none, unless it has such a field itself."""
    if row.get(name) is None:
        row[name] = value


def _derive(renamed: Row, row: Row) -> None:
    """Add what follows from a request line and a target, as the kernels of `derive` do."""
    request = renamed.get(REQUEST, row.get(REQUEST))
    if isinstance(request, str):
        parts = _REQUEST_LINE.fullmatch(request)
        found = dict(zip(REQUEST_FIELDS, parts.groups(), strict=True)) if parts else {"target": request}
        for name, text in found.items():
            renamed.setdefault(name, text)
    target = renamed.get("target")
    if isinstance(target, str):
        path, mark, query = target.partition("?")
        renamed.setdefault("path", path)
        if mark:
            renamed.setdefault("query", query)


def _unwrapped(value: Any) -> Any:  # noqa: ANN401 - whatever JSON can hold
    """Return the text of an array that holds one and nothing else."""
    if isinstance(value, list) and len(value) <= 1 and all(isinstance(item, str) for item in value):
        return value[0] if value else None
    return value


def _seconds(text: str) -> float | None:
    """Return the seconds of a duration with units, as Go writes it; None if it is none."""
    if unit := _DURATION.fullmatch(text):
        return float(f"{unit[1]}{_EXPONENTS[unit[2]]}")
    if long := _LONG_DURATION.fullmatch(text):
        whole = int(long[1] or 0) * 3600 + int(long[2]) * 60 + int(long[3])
        return float(f"{whole}{long[4] or ''}") if int(long[3]) < 60 else None
    return None


def _typed(name: str, value: Any, scale: float, kinds: Mapping[str, Kind]) -> Any:  # noqa: ANN401 - whatever JSON can hold
    if name == "level" and isinstance(value, str | int) and not isinstance(value, bool):
        return LEVELS.get(str(value).lower(), str(value).upper())
    if name in PRIORITIES:
        return PRIORITIES[name].get(str(value), value)
    kind = _KINDS.get(name) or kinds.get(name)
    if scale != 1.0 and isinstance(value, int | float) and not isinstance(value, bool):
        return value / round(1 / scale)
    if kind == Kind.TEXT and isinstance(value, bool):
        return "true" if value else "false"
    if kind == Kind.TEXT and isinstance(value, int | float):
        return json.dumps(value)
    if name in DURATIONS and isinstance(value, str) and (seconds := _seconds(value)) is not None:
        return seconds
    if kind in {Kind.INTEGER, Kind.DECIMAL} and (isinstance(value, bool | list | dict)):
        return None
    if kind == Kind.INTEGER and isinstance(value, float):
        return int(value) if value.is_integer() else None
    if kind in {Kind.INTEGER, Kind.DECIMAL} and isinstance(value, str):
        number = float(value) if _NUMBER.fullmatch(value) else math.inf
        if not math.isfinite(number):
            return None
        if kind == Kind.INTEGER:
            return _integer(value) if _WHOLE.fullmatch(value) else int(number) if number.is_integer() else None
        return number / round(1 / scale) if scale < 1.0 else number * scale
    return value


def loads(text: bytes) -> dict[str, Any]:
    r"""Read a JSON object that the kernel has found sound; what is no UTF-8 in its texts reads \xNN."""
    document: dict[str, Any] = json.loads(
        text.decode("utf-8", "surrogateescape").lstrip("\ufeff"), parse_int=_integer, object_hook=_plain
    )
    return document


def _integer(digits: str) -> int | float:
    return int(digits) if len(digits) <= LONGEST_INTEGER else float(digits)


def _plain(document: dict[str, Any]) -> dict[str, Any]:
    return {_text(key): _value_of(value) for key, value in document.items()}


def _value_of(value: Any) -> Any:  # noqa: ANN401 - whatever JSON can hold
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    return [_value_of(item) for item in value] if isinstance(value, list) else value


def _text(text: str) -> str:
    r"""Return text without surrogates: the bytes they stand for as \xNN, lone ones of JSON escapes as \uNNNN."""
    if text.isascii():
        return text
    try:
        return text.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
    except UnicodeEncodeError:
        return text.encode("utf-8", "backslashreplace").decode()
