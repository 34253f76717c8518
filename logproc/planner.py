"""Files in, tasks out: large plain files are cut into ranges, small files are put together, the rest is one task each.

Only files that are large enough to be cut are looked into here, since all their ranges must agree on a format. What a
small file is, its worker sees when it reads it: opening a file twice costs more than parsing a hundred lines. Formats
are imported where one is needed: a nightly run without news names none, and they are half of its start.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

from logproc.errors import FormatError, InputError, TryLaterError
from logproc.inputs import discover
from logproc.inputs.own import without_own
from logproc.model import LogFile, Piece, Task

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from logproc.config import Config, Source
    from logproc.formats import Format
    from logproc.formats.detect import Considered, Detection
    from logproc.formats.parser import Matcher
    from logproc.inputs.sample import Sample

RANGE_BYTES = 128 << 20
"""Bytes of the largest ranges: large, since each range's tables are dumped and merged. Preset `web` over 576 MB took
12 % less CPU with 128 and 16 MiB than with 32 and 8 (`benchmarks/run.py preset`)."""

LAST_BYTES = 24 << 20
"""Bytes of the smallest ranges, at the end of a file: small, so that no worker idles for long at the end."""

PACK_BYTES = 8 << 20
PACK_FILES = 256
"""Small files go together into one task up to so many bytes and files."""


@dataclass(frozen=True, slots=True)
class Rules:
    """What a source says of its files; `format` is None where each file's content decides."""

    format: str | None
    timezone: str


class Planner:
    """Plans for one configuration."""

    def __init__(self, config: Config) -> None:
        self._config = config
        override = None if config.format == "auto" else config.format
        self._default = Rules(override, config.timezone)
        self._rules = {source.name: self._rules_of(source, override) for source in config.sources}
        names = dict.fromkeys([override, *(rules.format for rules in self._rules.values())])
        self.formats = tuple(name for name in names if name is not None)
        for name in self.formats:  # a wrong one stops the run before any work
            resolve(name)

    @cached_property
    def _candidates(self) -> tuple[Format, ...]:
        from logproc.formats import candidates  # noqa: PLC0415

        return candidates(self.formats)

    @cached_property
    def _match(self) -> Matcher:
        from logproc.formats.parser import Matcher  # noqa: PLC0415

        return Matcher()

    def discover(self) -> list[LogFile]:
        """List the files, without those that are the run's own.

        Raises TryLaterError if the configured root is gone, as it is while its disk is not mounted.
        """
        config = self._config
        if config.paths == (config.root,) and not Path(config.paths[0]).exists():
            raise TryLaterError(f"{config.root}: no such folder (root of {config.file}); is the disk mounted?")
        sources = [
            discover.Source(s.name, s.include, None if s.host is None else re.compile(s.host)) for s in config.sources
        ]
        found = discover.discover(
            config.paths,
            include=config.discover.include,
            exclude=config.discover.exclude,
            follow_symlinks=config.discover.follow_symlinks,
            sources=sources,
            root=config.root,
        )
        return without_own(list(found), config.paths, config.own_files(), config.own_folders())

    def tasks(self, files: Sequence[LogFile]) -> list[Task]:
        """Return tasks, the largest first: the order in which they begin and in which their results merge."""
        whole = (
            (file, self.piece(number, file), file.size) for number, file in enumerate(files) if file.problem is None
        )
        return self.tasks_of(whole)

    def tasks_of(self, pieces: Iterable[tuple[LogFile, Piece, int]]) -> list[Task]:
        """Return tasks for files, or what is to be read of them, with the bytes that this is."""
        bundles = sorted(self._bundles(pieces), key=lambda bundle: (-bundle[0], bundle[1][0].path, bundle[1][0].start))
        return [Task(number, pieces, size) for number, (size, pieces) in enumerate(bundles)]

    def piece(self, number: int, file: LogFile) -> Piece:
        """Return a whole file as a piece."""
        rules = self._rules.get(file.source, self._default)
        return Piece(
            number,
            file.path,
            0,
            -1,
            file.mtime_ns,
            file.source,
            file.host,
            rules.timezone,
            format=rules.format,
            size=file.size,
        )

    def look(self, file: LogFile) -> tuple[Sample, Detection]:
        """Sample a file and tell its format; InputError if it cannot be read."""
        from logproc.formats.detect import Detection, detect  # noqa: PLC0415
        from logproc.inputs.encodings import refusal  # noqa: PLC0415
        from logproc.inputs.sample import sample  # noqa: PLC0415

        found = sample(file.path)
        rules = self._rules.get(file.source, self._default)
        if rules.format is not None:
            return found, Detection(rules.format, 1.0, None, "given")
        if found.binary is not None:
            return found, Detection(None, 0.0, None, refusal(found.binary))
        return found, detect(
            [found.lines],
            self._candidates,
            matcher=self._match,
            refused=self._match.refused,
            readers=self._match.readers,
        )

    def explain(self, sample: Sample, found: Detection) -> list[Considered]:
        """Say of every format that reads lines of a sample why it was taken or not."""
        from logproc.formats.detect import explain  # noqa: PLC0415

        given = [resolve(found.format)] if found.reason == "given" and found.format else []
        return explain(sample.lines, given or self._candidates, found, matcher=self._match)

    def _rules_of(self, source: Source, override: str | None) -> Rules:
        fmt = override or (None if source.format == "auto" else source.format)
        if fmt is not None:
            try:
                resolve(fmt)
            except FormatError as error:
                raise FormatError(f"source {source.name!r}: {error}") from error
        return Rules(fmt, source.timezone or self._config.timezone)

    def _bundles(self, pieces: Iterable[tuple[LogFile, Piece, int]]) -> Iterator[tuple[int, tuple[Piece, ...]]]:
        pack: list[Piece] = []
        size = 0
        for file, piece, length in pieces:
            if length > PACK_BYTES:
                yield from self._ranges(file, piece, length)
                continue
            pack.append(piece)
            size += length
            if size >= PACK_BYTES or len(pack) >= PACK_FILES:
                yield size, tuple(pack)
                pack, size = [], 0
        if pack:
            yield size, tuple(pack)

    def heads(self, path: str, fmt: str, mark: int) -> tuple[tuple[int, bytes], ...] | None:
        """Return the header lines that ranges of a file must know; None if it cannot be cut because of them."""
        header = None if fmt == "unknown" else resolve(fmt).header
        if header is None:
            return ()
        from logproc.inputs import headers  # noqa: PLC0415

        return (
            headers.directive_lines(path, header.directive, mark)
            if header.directive
            else headers.first_line(path, mark)
        )

    def _ranges(self, file: LogFile, whole: Piece, length: int) -> Iterator[tuple[int, tuple[Piece, ...]]]:
        """Cut what is to be read of a file; a piece that has a format keeps it."""
        try:
            found, detection = self.look(file)
        except InputError:
            yield length, (whole,)  # the worker meets the same error and reports it
            return
        if found.codec != "plain" or found.encoding not in {"utf-8", "utf-8-bom"} or found.binary is not None:
            yield length, (whole,)
            return
        if whole.format is None:
            fmt, tried = detection.format or "unknown", detection.tried
            whole = replace(whole, format=fmt, confidence=detection.confidence, tried=tried)
        heads = self.heads(file.path, whole.format or "unknown", 3 if found.encoding == "utf-8-bom" else 0)
        if heads is None:
            yield length, (replace(whole, codec="plain", tried=()),)
            return
        header = None if whole.format in {None, "unknown"} else resolve(str(whole.format)).header
        # Whether a line stands in quotes only the lines before it can tell: such a file is one range.
        whole_only = header is not None and header.several_lines
        for start, end in pairwise([0, length] if whole_only else range_borders(length)):
            piece = replace(
                whole,
                start=whole.start + start,
                end=whole.end if end == length else whole.start + end,
                codec="plain",
                heads=heads,
            )
            yield end - start, (piece,)


def resolve(name: str) -> Format:
    """Return the format of a name; FormatError as `formats.resolve`."""
    from logproc import formats  # noqa: PLC0415

    return formats.resolve(name)


def range_borders(size: int) -> list[int]:
    """Return where the ranges of a plain file begin, and its end: each a third of what is left, within limits.

    No range is larger than the one before it: tasks merge by size, and line numbers need the order of the file.
    """
    borders = [0]
    while borders[-1] < size:
        left = size - borders[-1]
        step = max(min(LAST_BYTES, RANGE_BYTES), min(left // 3, RANGE_BYTES))
        if left < 2 * step:
            if len(borders) > 1 and left > step:
                borders.append(borders[-1] + (left + 1) // 2)
            step = size - borders[-1]
        borders.append(borders[-1] + step)
    return borders
