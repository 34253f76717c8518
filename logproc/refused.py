"""Lines of a piece that nothing reads: how many for which reason, the first few, and all for who keeps them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from logproc.block_lines import line_at
from logproc.formats.parser import UNKNOWN
from logproc.model import SAMPLES, Reject

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from logproc.formats.parser import Parser
    from logproc.inputs.blocks import Block

SAMPLE_BYTES = 200
TOO_LONG = "line too long"
UNKNOWN_FORMAT = "unknown format"


class Refused:
    """Lines that were rejected; `keep` is given each of them, in whole."""

    def __init__(self, keep: Callable[[Reject], None] | None) -> None:
        self.by_reason: dict[str, int] = {}
        self.samples: list[Reject] = []
        self._keep = keep

    @property
    def count(self) -> int:
        """How many there are."""
        return sum(self.by_reason.values())

    def add(self, reject: Reject) -> None:
        """Enter a line."""
        self.by_reason[reject.reason] = self.by_reason.get(reject.reason, 0) + 1
        self._sample(reject)

    def add_line(self, text: NDArray[np.uint8], block: Block, at: int, line: int, reason: str) -> None:
        """Enter the line at a position of a block's text, and its number."""
        self.add(self._at(text, block, at, line, reason))

    def add_rejects(self, parser: Parser, text: NDArray[np.uint8], block: Block, before: int, count: int) -> None:
        """Enter what a parser refused of a block, behind so many lines of the piece."""
        lines = parser.lines
        codes = np.bincount(lines.reject_reason[:count])
        wanted = count if self._keep is not None else max(0, SAMPLES - len(self.samples))
        for k in range(min(wanted, count)):
            reason = _reason(parser, int(lines.reject_reason[k]))
            at, line = int(lines.reject_offset[k]), before + int(lines.reject_line[k])
            self._sample(self._at(text, block, at, line, reason))
        for code in np.flatnonzero(codes).tolist():
            reason = _reason(parser, code)
            self.by_reason[reason] = self.by_reason.get(reason, 0) + int(codes[code])

    def _at(self, text: NDArray[np.uint8], block: Block, at: int, line: int, reason: str) -> Reject:
        raw = line_at(text, at, block.end, None if self._keep is not None else SAMPLE_BYTES)
        return Reject(line, block.offset + at - block.start, reason, raw)

    def _sample(self, reject: Reject) -> None:
        if len(self.samples) < SAMPLES:
            self.samples.append(Reject(reject.line, reject.offset, reject.reason, reject.raw[:SAMPLE_BYTES]))
        if self._keep is not None:
            self._keep(reject)


def _reason(parser: Parser, code: int) -> str:
    return UNKNOWN_FORMAT if parser.format is UNKNOWN else parser.reasons[code]
