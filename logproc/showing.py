"""`logproc show`: the raw lines behind a number, found again by file and offset.

    PATH:OFFSET, or report + row -> exemplars -> window of the file around each -> the record that is there

A plain file is read at the offset alone; one that is compressed or no UTF-8, from its beginning up to there, once for
all its places.
"""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from logproc import comparing
from logproc.errors import InputError, UnreadableError, UsageError
from logproc.formats import resolve
from logproc.formats.mixture import mixture_of
from logproc.formats.parser import new_parser
from logproc.inputs.blocks import BlockReader, buffer_size
from logproc.inputs.encodings import refusal
from logproc.inputs.opening import STDIN
from logproc.kernels.delimited import QUOTED
from logproc.model import PADDING, LogFile
from logproc.planner import Planner
from logproc.report.text import path_text, plural

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from logproc.config import Config
    from logproc.formats.mixture import Mixture
    from logproc.formats.parser import RecordParser
    from logproc.inputs.blocks import Block
    from logproc.report_model import ReportTable

BLANK = b"\r\n"


@dataclass(frozen=True, slots=True)
class Place:
    """A byte of a file, by its decompressed offset."""

    path: str
    offset: int

    def __str__(self) -> str:
        return f"{self.path}:{self.offset}"


def place_of(text: str) -> Place:
    """Read PATH:OFFSET."""
    path, colon, offset = text.rpartition(":")
    if not colon or not path or not offset.isdecimal():
        raise UsageError(f"{text!r} is no PATH:OFFSET, such as access.log.2.gz:1048576 (`parse --origin` has offsets)")
    if path == STDIN:
        raise UsageError("standard input can be read only once: name a file")
    return Place(path, int(offset))


# ---- from a report's row to places -----------------------------------------------------------------------------


def places_of_row(path: str, name: str, key: str | None) -> list[Place]:
    """Return the places that a JSON report has for one of its rows; UsageError if there is no such row."""
    tables = {table.name: table for table in comparing.load(path)}
    table = tables.get(name)
    if table is None:
        raise UsageError(f"{path}: there is no report {name!r}{_nearest(name, tables)}")
    return places_in(table, key)


def places_in(table: ReportTable, key: str | None) -> list[Place]:
    """Return the places of one row of a finished report; UsageError if there is no such row, or it has none."""
    if table.problem is not None:
        raise UsageError(f"report {table.name!r} could not be computed: {table.problem}")
    row = _row(table, key)
    if len(table.exemplars) <= row:
        many = f"the first {plural(len(table.exemplars), 'row')} have" if table.exemplars else "it was made without"
        raise UsageError(
            f"report {table.name!r} has no places for this row; {many} them. Without --json, and with the logs' PATHs, "
            "it is counted anew"
        )
    found = [Place(_path(path), offset) for path, offset in table.exemplars[row]]
    if not found:
        raise UsageError(f"report {table.name!r} knows no place for this row: its lines came from standard input")
    return found


def _row(table: ReportTable, key: str | None) -> int:
    """Return the number of the row whose key is meant: its key columns' values, joined by commas."""
    places = [k for k, column in enumerate(table.columns) if column.role == "key"]
    keys = [",".join(_cell(row[k]) for k in places) for row in table.rows]
    if not keys:
        raise UsageError(f"report {table.name!r} has no rows")
    if key is None and len(keys) == 1:
        return 0
    names = ",".join(table.columns[k].name for k in places)
    if key is None:
        first = ", ".join(repr(k) for k in keys[:3])
        raise UsageError(f"report {table.name!r} has {len(keys)} rows; name one by {names}: --row {first}, …")
    if key in keys:
        return keys.index(key)
    begun = [number for number, known in enumerate(keys) if known.startswith(f"{key},")]
    if len(begun) == 1:
        return begun[0]
    more = f"; {len(begun)} rows begin so, such as {keys[begun[0]]!r}" if begun else _nearest(key, keys)
    raise UsageError(f"report {table.name!r} has no row {key!r} ({names}){more}")


def _cell(value: Any) -> str:  # noqa: ANN401 - a value of JSON
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    return str(value)


def _nearest(name: str, known: Iterable[str]) -> str:
    near = difflib.get_close_matches(name, list(known), n=1, cutoff=0.5)
    return f"; did you mean {near[0]!r}?" if near else ""


def _path(text: str) -> str:
    r"""Return a path as the system knows it, of which a report has \xNN for bytes that are no UTF-8."""
    if "\\x" not in text or Path(text).exists():
        return text
    folder = Path(text).parent
    same = [str(path) for path in folder.iterdir() if path_text(str(path)) == text] if folder.is_dir() else []
    return same[0] if same else text


# ---- from places to lines --------------------------------------------------------------------------------------


def records(config: Config, places: Sequence[Place]) -> Iterator[tuple[Place, bytes | InputError]]:
    """Yield for each place the whole record that holds it, its lines as they are, or why there is none."""
    planner = Planner(config)
    found: dict[str, dict[int, bytes | InputError]] = {}
    for place in places:
        if place.path not in found:
            offsets = [other.offset for other in places if other.path == place.path]
            found[place.path] = _of_file(planner, config, place.path, offsets)
        yield place, found[place.path][place.offset]


def _of_file(planner: Planner, config: Config, path: str, offsets: Sequence[int]) -> dict[int, bytes | InputError]:
    try:
        sample, detection = planner.look(LogFile(path, 0, 0))
        if sample.binary is not None:
            raise UnreadableError(path, refusal(sample.binary))
        seekable = sample.codec == "plain" and sample.encoding in {"utf-8", "utf-8-bom"}
        windows = _windows(config, path, sorted(set(offsets)), seekable=seekable)
    except InputError as error:
        return dict.fromkeys(offsets, error)
    fmt = detection.format
    mixture = mixture_of(detection.tried)
    if mixture is not None:
        return {offset: _record(mixture, path, window) for offset, window in windows.items()}
    row = None if fmt is None else resolve(fmt)
    if row is not None and row.header is not None and row.header.quotes == QUOTED:
        return {offset: _quoted(path, window) for offset, window in windows.items()}
    parser = None if row is None else new_parser(row, ())
    if parser is None or not parser.multiline:
        return {offset: _line(path, window) for offset, window in windows.items()}
    parser.open(())
    record = cast("RecordParser", parser)
    return {offset: _record(record, path, window) for offset, window in windows.items()}


@dataclass(slots=True)
class _Window:
    """What stands around an offset: `text` begins at `begin`; `problem` says why nothing does."""

    offset: int
    begin: int = 0
    text: bytes = b""
    closed: bool = False
    problem: str | None = None

    def add(self, block: Block, buffer: bytes, reach: int) -> None:
        """Take a block in, as far as it is near enough."""
        if block.too_long:
            if block.offset <= self.offset < block.offset + block.length:
                self.problem = f"the line there has {block.length} bytes, more than max_line_bytes; nothing reads it"
            self.closed = self.closed or block.offset > self.offset
            self.text = self.text if self.closed else b""
            return
        end = block.offset + len(buffer)
        if self.closed or end <= self.offset - reach or block.offset >= self.offset + reach:
            return
        if not self.text:
            self.begin = block.offset
        self.text += buffer


def _windows(config: Config, path: str, offsets: Sequence[int], *, seekable: bool) -> dict[int, _Window]:
    """Read what stands around each offset, as whole lines."""
    reach = config.limits.max_line_bytes
    windows = [_Window(offset) for offset in offsets]
    parts = [(max(0, w.offset - reach), w.offset + reach, [w]) for w in windows] if seekable else [(0, -1, windows)]
    buffer = np.zeros(buffer_size(config.limits.block_bytes, reach), np.uint8)
    for start, end, some in parts:
        with BlockReader(
            path, start=start, end=end, block_bytes=config.limits.block_bytes, max_line_bytes=reach
        ) as reader:
            while (block := reader.read(buffer)) is not None and block.offset < some[-1].offset + reach:
                text = buffer[block.start : block.end].tobytes()
                for window in some:
                    window.add(block, text, reach)
            if reader.damage is not None:
                for window in some:
                    window.problem = window.problem or (None if window.text else reader.damage)
    return {window.offset: window for window in windows}


def _problem(path: str, window: _Window) -> InputError | None:
    if window.problem is not None:
        return UnreadableError(path, window.problem)
    if not window.begin <= window.offset < window.begin + len(window.text):
        end = f", which ends at {window.begin + len(window.text)}" if window.text else ""
        return UnreadableError(path, f"no line stands at offset {window.offset}{end}; was the file replaced?")
    return None


def _line(path: str, window: _Window) -> bytes | InputError:
    problem = _problem(path, window)
    if problem is not None:
        return problem
    at = window.offset - window.begin
    end = window.text.find(b"\n", at)
    return window.text[window.text.rfind(b"\n", 0, at) + 1 : len(window.text) if end < 0 else end + 1]


def _record(parser: RecordParser | Mixture, path: str, window: _Window) -> bytes | InputError:
    """Return all lines of the record at an offset, be it of its first line or of a later one."""
    line = _line(path, window)
    if isinstance(line, InputError):
        return line
    at, size = window.offset - window.begin, len(window.text)
    buffer = np.zeros(size + PADDING, np.uint8)
    buffer[:size] = np.frombuffer(window.text, np.uint8)
    start = 0 if window.begin == 0 else parser.begins(buffer, 0, size)
    while 0 <= start <= at:
        behind = window.text.find(b"\n", start) + 1
        following = parser.begins(buffer, behind, size) if 0 < behind < size else -1
        if following < 0 or following > at:
            return window.text[start : size if following < 0 else following].rstrip(BLANK) + b"\n"
        start = following
    return line


def _quoted(path: str, window: _Window) -> bytes | InputError:
    """Return the record at an offset where line breaks may stand between quotation marks, as in RFC 4180.

    Far from the beginning of a file nothing says whether a line stands between marks: there it begins a record.
    """
    line = _line(path, window)
    if isinstance(line, InputError):
        return line
    text, at = window.text, window.offset - window.begin
    start = 0 if window.begin == 0 else text.rfind(b"\n", 0, at) + 1
    while start <= at:
        end, marks = start, 0
        while end == start or (marks % 2 and end < len(text)):
            behind = text.find(b"\n", end) + 1 or len(text)
            marks += text.count(b'"', end, behind)
            end = behind
        if marks % 2:
            return line  # the mark is never closed
        if at < end:
            return text[start:end]
        start = end
    return line
