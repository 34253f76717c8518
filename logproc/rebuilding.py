"""What `run --rebuild` reads again: what was counted before a report came, as far as it is still on disk.

A file may hold what was counted as another one: an older backup in the place of a file has its beginning, and where it
was gone on with, that is the beginning of a generation of its own.
"""

from __future__ import annotations

import time
import uuid
from collections import defaultdict
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from logproc import __version__, committing, reading, running, stopping, surveying
from logproc.backends import BACKENDS, choose
from logproc.clock import now_text
from logproc.coverage import missing, within, without
from logproc.errors import InputError
from logproc.inputs import identity
from logproc.model import Known
from logproc.rollup.slots import slotted
from logproc.state.families import is_live
from logproc.state.generations import Kind
from logproc.state.ledger import REBUILDING
from logproc.state.matching import OLDER
from logproc.state.rows import Run
from logproc.worker import process

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from logproc.asking import Questions
    from logproc.config import Config
    from logproc.coverage import Spans
    from logproc.model import LogFile, Piece
    from logproc.planner import Planner
    from logproc.state.ledger import Ledger
    from logproc.state.rows import Record
    from logproc.surveying import Survey


WHAT_IS_THERE = 1 << 62
"""Up to where a file has the bytes of a generation that is longer."""


def rebuild(ledger: Ledger, planner: Planner, asked: Questions, config: Config, keys: Sequence[str]) -> None:
    """Count for some reports what was counted before they came, as far as that is still on disk.

    Those that have missed the same are counted in one pass.
    """
    sets = ledger.spec_sets()
    alike: dict[tuple[bool, ...], list[str]] = defaultdict(list)
    for key in keys:
        alike[tuple(key in specs for specs in sets)].append(key)
    for together in alike.values():
        spans, _, _ = missing(ledger, together[0])
        if spans:
            _read_again(ledger, planner, asked, config, tuple(together), spans)


def _read_again(
    ledger: Ledger, planner: Planner, asked: Questions, config: Config, keys: tuple[str, ...], spans: dict[int, Spans]
) -> None:
    found = surveying.survey(config, planner, ledger, time.time_ns())
    pieces: list[tuple[LogFile, Piece, int]] = []
    numbers: list[tuple[int, int, bool]] = []
    for log, piece, size, generation in _pieces_again(planner, found, ledger, spans):
        number = len(numbers)
        pieces.append((log, replace(piece, file=number), size))
        numbers.append((number, generation, False))
    with ledger.transaction():
        uid = uuid.uuid4().hex
        run_number = ledger.begin(uid, __version__, now_text(), keys, REBUILDING)
        ledger.add_wants(run_number, numbers)
    again = Run(run_number, uid, REBUILDING, keys)
    tasks = planner.tasks_of(pieces)
    job = replace(asked.job(planner.formats), specs=tuple(slotted(asked.by_key[key]) for key in keys))
    backend = choose(config.backend if config.backend in BACKENDS else "auto", len(tasks), config.workers)
    begin = partial(running.here(backend, config), process, job, tasks, config.workers)
    reading.work(ledger, again, tasks, job.specs, begin, config, None)
    with stopping.deferred(), ledger.transaction():
        committing.commit_rebuilt(ledger, again, now_text(), config.limits.max_groups)


def _pieces_again(
    planner: Planner, found: Survey, ledger: Ledger, spans: Mapping[int, Spans]
) -> Iterator[tuple[LogFile, Piece, int, int]]:
    """Yield what is to be read again of generations, as far as they are on disk; last, the generation."""
    left = dict(spans)
    for _, file, number, upto in sorted(_holders(found, ledger)):
        if not left.get(number):
            continue
        log, g = found.files[file], found.records[number].generation
        try:
            look = identity.probe(log.path)
        except InputError:
            continue
        if upto == WHAT_IS_THERE and look.codec == "plain":
            is_same = look.size == log.size  # of what has been added since nothing is known
            here = within(left[number], _end(log, look)) if is_same else []
        else:
            here = within(left[number], upto)
        left[number] = without(left[number], here)
        for start, end in here:
            known = Known(start, end, g.head, g.head_bytes)
            if min(end, len(look.head)) < g.head_bytes:
                known = replace(known, head=b"", head_bytes=0)
            piece = replace(planner.piece(file, log), start=start, known=known, codec=look.codec)
            yield log, _as_before(planner, piece, found.records[number], look.codec), end - start, number


def _holders(found: Survey, ledger: Ledger) -> Iterator[tuple[int, int, int, int]]:
    """Yield which file holds which generation up to where, behind a rank: those that hold the most come first."""
    begun = ledger.all_begun()
    for decision in found.decisions:
        number = decision.generation
        if number is None or number not in found.records or decision.kind in _ELSEWHERE:
            continue
        if decision.reason == OLDER:
            yield 2, decision.file, number, WHAT_IS_THERE
            continue
        yield 0, decision.file, number, found.records[number].generation.open_end
        upto = WHAT_IS_THERE
        while (of := begun.get(number)) is not None:
            number, upto = of.generation, min(upto, of.length)
            if number in found.records:
                yield 1, decision.file, number, upto


_ELSEWHERE = frozenset({Kind.DUPLICATE, Kind.FAILED, Kind.DEFERRED})
"""Files of which nothing is read again: what they hold is in another one, or cannot be read."""


def _end(log: LogFile, look: identity.Probe) -> int:
    """Return where the last line of a plain file ends that is counted: that of a live one may be half written."""
    return look.end if is_live(log.path) else look.size


def _as_before(planner: Planner, piece: Piece, record: Record, codec: str) -> Piece:
    """Return a piece with the formats that its generation was read in."""
    piece = surveying.going_on(planner, piece, record, codec) if piece.start else replace(piece, format=record.format)
    return replace(piece, tried=record.tried)
