"""Files in which records of several lines have more than one format: each format gets the lines of its own records."""

from __future__ import annotations

from typing import TYPE_CHECKING

from logproc.kernels import layout

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import numpy as np
    from numpy.typing import NDArray

    from logproc.formats.mixture import Mixture
    from logproc.formats.parser import Parser
    from logproc.inputs.blocks import Block
    from logproc.pieces import PieceReader


def read_mixed(reader: PieceReader, mixture: Mixture, parsers: Sequence[Parser], block: Block, *, more: bool) -> None:
    """Tokenise a block by stretches of one format; with `more`, its last record is kept as it may go on."""
    buffer = reader.desk.buffer
    offsets, owners = mixture.owners(buffer, block.start, block.end)
    for begin, end, owner in _stretches(offsets, owners, block, reader.owner):
        if owner != reader.owner:
            reader.owner, reader.state = owner, layout.FRESH
        if end < block.end:
            behind = buffer[end]
            reader.read_lines(parsers[owner], block, begin, end, more=False)
            buffer[end] = behind  # where lines end, a kernel may write a newline
        elif more and not parsers[owner].multiline and reader.is_open(block):
            last = begin + buffer[begin : end - 1].tobytes().rfind(b"\n") + 1
            reader.read_lines(parsers[owner], block, begin, last, more=False)
            reader.hold(block, last)
        else:
            reader.read_lines(parsers[owner], block, begin, end, more=more)


def _stretches(
    offsets: NDArray[np.int64], owners: NDArray[np.int64], block: Block, owner: int
) -> Iterator[tuple[int, int, int]]:
    """Yield the begin, end and format of lines that follow on each other; the first go on with what was before."""
    begin = block.start
    for offset, other in zip(offsets.tolist(), owners.tolist(), strict=True):
        if other == owner:
            continue
        if offset > begin:
            yield begin, offset, owner
        begin, owner = offset, other
    if begin < block.end:
        yield begin, block.end, owner
