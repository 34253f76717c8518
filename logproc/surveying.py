"""What an incremental run finds: the files of a scan, matched with the ledger, and the pieces of them to be read."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from logproc.errors import TryLaterError, UsageError
from logproc.inputs import identity
from logproc.inputs.forward import Forward
from logproc.inputs.opening import STDIN
from logproc.model import Known, Lines
from logproc.report_model import FileEntry
from logproc.state.generations import READ, Decision, Generation, Kind, Seen, signature
from logproc.state.matching import Matcher
from logproc.state.rows import Record, Remembered

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from logproc.config import Config
    from logproc.model import LogFile, Piece
    from logproc.planner import Planner
    from logproc.state.ledger import Ledger
    from logproc.state.rows import Paths, Records


NO_LINES = Lines()


class FileEye:
    """Looks at files on disk for the matcher."""

    def probe(self, path: str) -> identity.Probe:
        """Look at the beginning of a file, and at the end of a plain one."""
        return identity.probe(path)

    def tail(self, path: str, offset: int, length: int) -> bytes:
        """Return the hash of the bytes before an offset of a plain file."""
        return identity.tail_of(path, offset, length)

    def through(self, path: str, offsets: Iterable[int]) -> identity.Content:
        """Read a file, decompressed, and return its checksums."""
        return identity.read_through(path, offsets)

    def lines(self, path: str, end: int) -> int:
        """Count the lines of a file that end at an offset, decompressed, or before."""
        return identity.lines_before(path, end)

    def forward(self, path: str, start: int) -> Forward:
        """Open a file at an offset, decompressed, where a line begins."""
        return Forward(path, start)


@dataclass(slots=True)
class Survey:
    """The files of a scan, what is done with each, and what the ledger knew before. Paths in `absolute` are whole.

    `news` are the files, by number, of which more is to be done than to leave them as the last scan found them.
    """

    files: Sequence[LogFile]
    absolute: Sequence[LogFile]
    decisions: list[Decision]
    news: list[int]
    seen: Paths
    records: Records
    scan_ns: int

    def to_read(self) -> Iterator[tuple[LogFile, Decision]]:
        """Yield the files that are read."""
        for place in self.news:
            decision = self.decisions[place]
            if decision.kind in READ:
                yield self.files[place], decision

    def takes_up(self) -> Iterator[Decision]:
        """Yield the decisions on files that hold what was counted of others."""
        return (self.decisions[place] for place in self.news if self.decisions[place].held)

    def gone(self, roots: Sequence[str]) -> list[str]:
        """Return the paths below the roots that the last scan found and this one did not."""
        there = {log.path for log in self.absolute}
        return sorted(path for path in self.seen.rows.keys() - there if _is_below(path, roots))

    def idle_entry(self, place: int) -> FileEntry:
        """Return the report's entry of a file that is not read."""
        log, decision = self.files[place], self.decisions[place]
        codec, fmt, confidence, first, last = self.records.lines_of(decision.generation)
        return FileEntry(
            path=log.path,
            source=log.source,
            format=fmt,
            confidence=confidence,
            codec=codec,
            bytes_stored=log.size,
            bytes_read=0,
            lines=NO_LINES,
            status=decision.kind.value,
            reason=decision.why,
            first_time=first,
            last_time=last,
        )


def survey(config: Config, planner: Planner, ledger: Ledger, now_ns: int) -> Survey:
    """Scan the files and match them with the ledger; TryLaterError if their disk seems not to be there."""
    if STDIN in config.paths:
        raise UsageError("standard input has no place in a ledger: leave out --state, or name a folder")
    files = planner.discover()
    absolute = files
    if not all(path.startswith("/") for path in config.paths):
        absolute = [replace(log, path=os.path.abspath(log.path)) for log in files]  # noqa: PTH100
    seen = ledger.seen()
    records = ledger.records()
    known = Remembered(
        records,
        seen,
        ledger.beginnings,
        ledger.copies(),
        ledger.earlier,
        ledger.is_alone,
        lambda number: number in ledger.holed(),
    )
    last_scan_ns = int(ledger.meta("scan_ns") or 0)
    matcher = Matcher(known, FileEye(), last_scan_ns=last_scan_ns, now_ns=now_ns, settle=config.state.settle)
    decisions = matcher.match(absolute)
    news = [d.file for d in decisions if d.look is not None or d.again]
    return Survey(files, absolute, decisions, news, seen, records, now_ns)


def require_mount(found: Survey, config: Config) -> None:
    """Raise TryLaterError if so much is missing that the disk is, rather than the files."""
    if not found.files and not config.accept_gone:
        raise TryLaterError(
            f"{', '.join(config.paths)}: no file was found to read, as if the disk were not mounted; nothing was "
            f"changed. If there are no logs yet, run with --accept-gone"
        )
    there = {log.path for log in found.absolute if log.problem is None}
    if config.accept_gone or not found.seen.rows.keys() - there:
        return
    roots = [os.path.abspath(path) for path in config.paths]  # noqa: PTH100
    held = {d.generation for d in found.decisions if d.generation is not None}
    held.update(number for d in found.decisions for number, _ in d.held)
    known = [s for path, s in found.seen.items() if s.generation is not None and _is_below(path, roots)]
    missing = [s for s in known if s.path not in there and s.generation not in held]
    if not known:
        return
    if not there or 2 * len(missing) > len(known):
        of = "all" if len(missing) == len(known) else f"{len(missing)} of {len(known)}"
        raise TryLaterError(
            f"{', '.join(config.paths)}: {of} of the log files that were counted before are gone, as if the disk were "
            f"not mounted; nothing was changed. If they were removed on purpose, run once with --accept-gone"
        )


def _is_below(path: str, roots: Sequence[str]) -> bool:
    return any(path == root or path.startswith(root.rstrip("/") + "/") for root in roots)


# ---- pieces ------------------------------------------------------------------------------------------------------


def pieces(planner: Planner, found: Survey, ledger: Ledger) -> Iterator[tuple[LogFile, Piece, int]]:
    """Yield what is to be read: the file, the piece, and how many stored bytes that is."""
    holed = ledger.holed()
    for log, decision in found.to_read():
        whole = planner.piece(decision.file, log)
        look = decision.look
        assert look is not None
        size = identity.WINDOW if decision.limit < 0 else min(identity.WINDOW, decision.limit)
        head = look.head[:size]
        known = Known(decision.origin, decision.limit, identity.digest(head), len(head))
        whole = replace(whole, known=known, start=decision.origin)
        if decision.origin > 0:
            of = decision.generation if decision.beginning is None else decision.beginning.generation
            whole = going_on(planner, whole, found.records[of or 0], look.codec)
            if whole.known is None:
                continue
        if decision.generation in holed and decision.kind == Kind.CONTINUED:
            yield from _between(ledger, decision, log, whole)
        else:
            yield log, whole, max(0, decision.limit - decision.origin) if decision.limit >= 0 else log.size


def going_on(planner: Planner, piece: Piece, record: Record, codec: str) -> Piece:
    """Return a piece that does not begin at the beginning, with the format that the file had so far."""
    piece = replace(piece, codec=codec)
    fmt = piece.format or record.format
    if fmt is None:
        return piece
    heads = planner.heads(piece.path, fmt, 0)
    return replace(piece, format=fmt, confidence=record.confidence, tried=record.tried, heads=heads or ())


def _between(ledger: Ledger, decision: Decision, log: LogFile, whole: Piece) -> Iterator[tuple[LogFile, Piece, int]]:
    """Yield the pieces of a file that lie between what was counted behind a hole."""
    assert whole.known is not None
    at = decision.origin
    for mark in ledger.ranges(decision.generation or 0):
        if mark["start"] > at:
            yield _piece_between(whole, log, at, mark["start"])
        at = mark["end"] if mark["end"] == decision.limit else mark["open_start"]
    if at < decision.limit:
        yield _piece_between(whole, log, at, decision.limit)
    elif decision.limit < 0:  # a stream, up to its end
        yield log, replace(whole, start=at, known=replace(whole.known, origin=at)), log.size


def _piece_between(whole: Piece, log: LogFile, start: int, end: int) -> tuple[LogFile, Piece, int]:
    assert whole.known is not None
    known = replace(whole.known, origin=start)
    if whole.known.limit < 0:  # a stream is read up to a limit, not in ranges
        return log, replace(whole, start=start, known=replace(known, limit=end)), end - start
    return log, replace(whole, start=start, end=-1 if end == known.limit else end, known=known), end - start


def is_readable_from_within(record: Record, codec: str) -> bool:
    """Tell whether a file can be read from an offset on: one that is compressed and has headers cannot."""
    if codec == "plain" or record.format is None:
        return True
    from logproc.formats import resolve  # noqa: PLC0415 - a run without news has no need of the formats

    return resolve(record.format).header is None


# ---- what is written down ----------------------------------------------------------------------------------------


def new_record(log: LogFile, absolute: LogFile, decision: Decision) -> Record:
    """Return a generation of which nothing is counted yet, but for what was counted of its beginning as another's."""
    assert decision.look is not None
    head = decision.look.head if decision.limit < 0 else decision.look.head[: decision.limit]
    known = (identity.digest(head), len(head), signature(head))
    generation = Generation(0, absolute.path, log.device, log.inode, _stored(log), *known, 0, b"", 0, 0, 0, 0)
    if decision.beginning is not None:
        _, crc, _, tail, size = decision.beginning
        at = decision.origin
        generation = replace(generation, offset=at, tail=tail, tail_bytes=size, crc=crc, open_end=at, end_crc=crc)
    return Record(generation, log.source, log.host, decision.look.codec, None, 0.0, (), whole=decision.look.stream)


def moved(record: Record, log: LogFile, absolute: LogFile, decision: Decision) -> Record:
    """Return a generation as it is found now: where it lies, and its first bytes as far as they are counted."""
    g, look = record.generation, decision.look
    lies = (absolute.path, log.device, log.inode, _stored(log))
    if lies != (g.path, g.device, g.inode, g.stored):
        g = replace(g, path=absolute.path, device=log.device, inode=log.inode, stored=_stored(log))
    if look is not None and g.head_bytes < min(identity.WINDOW, g.offset):
        head = look.head[: g.offset]
        g = replace(g, head=identity.digest(head), head_bytes=len(head), signature=signature(head))
    if g is record.generation and (record.source, record.host) == (log.source, log.host):
        return record  # most often: what was read has not moved since
    return replace(record, generation=g, source=log.source, host=log.host)


def seen_now(log: LogFile, absolute: LogFile, decision: Decision, generation: int | None) -> Seen:
    """Return what is written down of a path."""
    return Seen(
        absolute.path,
        log.device,
        log.inode,
        _stored(log),
        generation,
        decision.kind,
        decision.why if decision.kind in _REASONED else None,
        decision.again,
    )


_REASONED = frozenset({Kind.DUPLICATE, Kind.DEFERRED, Kind.FAILED, Kind.UNCHANGED})


def _stored(log: LogFile) -> tuple[int, int, int]:
    return log.size, log.mtime_ns, log.ctime_ns
