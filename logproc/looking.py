"""Looking without counting: what `plan` and `detect` say about each file."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from logproc.errors import InputError
from logproc.formats import resolve
from logproc.formats.describe import how
from logproc.formats.parser import new_parser, span
from logproc.formats.parser_headed import HeadedParser
from logproc.inputs.opening import STDIN
from logproc.kernels import tokenize
from logproc.kernels.intern import ESCAPED
from logproc.model import NO_TIME, PADDING, LogFile
from logproc.planner import PACK_BYTES, Planner, range_borders
from logproc.rollup.columns import RENAMED, text_of
from logproc.rollup.functions_core import cast_decimal
from logproc.state.database import has_ledger
from logproc.state.generations import READ, Kind
from logproc.state.ledger import Ledger
from logproc.surveying import require_mount, survey

if TYPE_CHECKING:
    from collections.abc import Iterator

    from logproc.config import Config
    from logproc.formats.detect import Considered, Detection
    from logproc.inputs.sample import Sample


UNSEEN = "standard input, which can be read only once: see what `run` or `parse` make of it"


@dataclass(frozen=True, slots=True)
class PlanEntry:
    """What a run would do with a file."""

    path: str
    source: str
    codec: str | None
    format: str | None
    confidence: float
    bytes: int
    ranges: int
    status: str
    reason: str | None


@dataclass(frozen=True, slots=True)
class Detected:
    """What a file's first, middle and last lines say about it. Times are int microseconds UTC."""

    path: str
    format: str | None
    confidence: float
    codec: str | None
    first_time: int | None
    last_time: int | None
    fields: dict[str, Any]
    reason: str | None
    runner_up: str | None = None
    how: str | None = None
    considered: tuple[Considered, ...] | None = None


def plan(config: Config) -> list[PlanEntry]:
    """Say for each file what a run would do with it."""
    planner = Planner(config)
    if config.state_dir is not None and has_ledger(config.state_dir):
        return list(_planned_by_ledger(config, planner, config.state_dir))
    return [_planned(planner, file) for file in planner.discover()]


def _planned_by_ledger(config: Config, planner: Planner, folder: str) -> Iterator[PlanEntry]:
    """Say for each file what an incremental run would do with it."""
    with Ledger.to_read(folder) as ledger:
        found = survey(config, planner, ledger, time.time_ns())
    require_mount(found, config)
    for decision in found.decisions:
        log = found.files[decision.file]
        if decision.kind in READ:
            seen = _planned(planner, log)
            size = log.size if decision.limit < 0 else decision.limit - decision.origin
            reason = decision.why
            if decision.kind == Kind.CONTINUED:
                reason = f"continued at {decision.origin}" + (f", {reason}" if reason else "")
            yield replace(seen, bytes=size, reason=seen.reason if seen.status == "failed" else reason)
            continue
        codec, fmt, confidence, _, _ = found.records.lines_of(decision.generation)
        yield PlanEntry(log.path, log.source, codec, fmt, confidence, log.size, 0, decision.kind.value, decision.why)


def detect(config: Config, *, explained: bool = False) -> list[Detected]:
    """Say for each file what it is; `explained`, also which other formats read its lines, and how lines are read."""
    planner = Planner(config)
    return [_detected(planner, file, explained=explained) for file in planner.discover()]


def _planned(planner: Planner, file: LogFile) -> PlanEntry:
    def entry(codec: str | None, found: Detection | None, ranges: int, problem: str | None) -> PlanEntry:
        return PlanEntry(
            file.path,
            file.source,
            codec,
            None if found is None else found.format,
            0.0 if found is None else found.confidence,
            file.size,
            ranges,
            "read" if problem is None else "failed",
            problem if found is None or problem is not None else found.reason,
        )

    if file.problem is not None:
        refused = entry(None, None, 0, file.problem)
        return refused if file.same_as is None else replace(refused, status="duplicate")
    if file.path == STDIN:
        return PlanEntry(STDIN, file.source, None, None, 0.0, 0, 1, "read", UNSEEN)
    try:
        sample, found = planner.look(file)
    except InputError as error:
        return entry(None, None, 0, error.reason)
    cut = sample.codec == "plain" and file.size > PACK_BYTES
    ranges = len(range_borders(file.size)) - 1 if cut else 1
    if found.format is None and found.reason != "no lines":
        return entry(sample.codec, found, 0 if sample.binary else ranges, found.reason)
    planned = entry(sample.codec, found, ranges, None)
    return planned if sample.damage is None else replace(planned, reason=sample.damage)


def _detected(planner: Planner, file: LogFile, *, explained: bool) -> Detected:
    if file.problem is not None and file.same_as is None:
        return Detected(file.path, None, 0.0, None, None, None, {}, file.problem)
    if file.path == STDIN:
        return Detected(file.path, None, 0.0, None, None, None, {}, UNSEEN)
    try:
        sample, found = planner.look(file)
    except InputError as error:
        return Detected(file.path, None, 0.0, None, None, None, {}, error.reason)
    first, last, fields = (None, None, {}) if found.format is None else _facts(found.format, sample, file.mtime_ns)
    reason = file.problem or sample.damage or found.reason
    entry = Detected(
        file.path, found.format, found.confidence, sample.codec, first, last, fields, reason, found.runner_up
    )
    if not explained or sample.binary is not None:
        return entry
    considered = tuple(planner.explain(sample, found))
    runner_up = next((one.format for one in considered if one.format != found.format), None)
    read_by = None if found.format is None else how(resolve(found.format))
    return replace(entry, runner_up=found.runner_up or runner_up, how=read_by, considered=considered)


def _facts(name: str, sample: Sample, mtime_ns: int) -> tuple[int | None, int | None, dict[str, Any]]:
    """Return the first and last time in a sample, and the fields of its first good line."""
    fmt = resolve(name)
    parser = new_parser(fmt, fmt.fields)
    if isinstance(parser, HeadedParser):
        parser.store_all()
    parser.open(())
    parser.reach(mtime_ns, "UTC")
    size = len(sample.lines)
    buffer = np.zeros(size + PADDING, np.uint8)
    buffer[:size] = np.frombuffer(sample.lines, np.uint8)
    counters = np.zeros(tokenize.COUNTERS, np.int64)
    parser.parse(buffer, 0, size, 0, counters)
    rows = int(counters[tokenize.ROWS])
    if not rows:
        return None, None, {}
    first, last = span(parser.lines.times[:rows])
    starts, ends = parser.lines.starts[:, 0].tolist(), parser.lines.ends[:, 0].tolist()
    fields = {
        column: text_of(buffer[starts[n] : ends[n]].tobytes(), escaped=parser.lines.styles[n, 0] == ESCAPED)
        for n, column in enumerate(parser.columns)
        if starts[n] >= 0
    }
    for column, scale in parser.scales.items():  # durations, whatever their unit in the file, are seconds in rows
        if (text := fields.get(column)) is not None and (seconds := cast_decimal(text)) is not None:
            fields[column] = f"{seconds * scale:.12g}"
    fields |= {name: rename(text) for name, rename in RENAMED.items() if (text := fields.get(name)) is not None}
    return (None, None, fields) if last == NO_TIME else (first, last, fields)
