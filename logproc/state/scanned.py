"""A file of a scan on its way to a decision, and what is read of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from logproc.state.families import is_live

if TYPE_CHECKING:
    from collections.abc import Set as AbstractSet

    from logproc.model import LogFile
    from logproc.state.generations import Eye, Generation, Look, Seen, Through

_UTF16 = (b"\xff\xfe", b"\xfe\xff")


@dataclass(slots=True)
class Scanned:
    """A file of the scan; `contents` are CRCs of its first bytes by how many these are, -1 where it is shorter."""

    number: int
    log: LogFile
    family: str
    look: Look
    contents: dict[int, int] = field(default_factory=dict)
    content: Through | None = None

    @property
    def live(self) -> bool:
        """Tell whether it is a plain file that is being written: under its live name."""
        return self.look.codec == "plain" and is_live(self.log.path)

    @property
    def readable_from_within(self) -> bool:
        """Tell whether lines stand in it, decompressed, as they are: not those of UTF-16, or of a JSON array."""
        head = self.look.head
        is_array = head[:1] == b"[" and head[1:].lstrip()[:1] in {b"", b"{"}
        compressed = self.look.codec != "plain" and b"\0" not in head and head[:2] not in _UTF16 and not is_array
        return compressed or not self.look.stream

    def crc_before(self, eye: Eye, offset: int, wanted: AbstractSet[int]) -> int | None:
        """Return the CRC before an offset, None where it is shorter; those before all wanted are read in one go."""
        if offset not in self.contents:
            self.read_before(eye, wanted)
        crc = self.contents[offset]
        return None if crc < 0 else crc

    def read_before(self, eye: Eye, offsets: AbstractSet[int]) -> None:
        """Read the CRCs before offsets in one go, unless all are known."""
        if not offsets <= self.contents.keys():
            self.content = eye.through(self.log.path, offsets)
            self.contents.update({**dict.fromkeys(offsets, -1), **self.content.crcs})

    def through(self, eye: Eye) -> Through:
        """Read it to its end, once."""
        if self.content is None:
            self.content = eye.through(self.log.path, ())
        return self.content


def same_inode(known: Generation | Seen, log: LogFile) -> bool:
    """Tell whether a file is, by its inode, the one that was known."""
    return (log.device, log.inode) == (known.device, known.inode) and log.inode != 0


def alike(one: Scanned, other: Scanned) -> bool:
    """Tell whether two files begin with the same bytes."""
    size = min(len(one.look.head), len(other.look.head))
    return size > 0 and one.look.head[:size] == other.look.head[:size]
