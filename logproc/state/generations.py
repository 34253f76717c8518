"""What files are taken for: generations, what a scan has seen of each path, and what is decided on each file.

A generation is the content of one log file as far as it was counted, wherever it lies; `matching` tells which file of a
scan is which. Nothing here opens a file: an `Eye` is asked for what must be looked at.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from hashlib import blake2b
from typing import TYPE_CHECKING, NamedTuple, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from collections.abc import Set as AbstractSet
    from contextlib import AbstractContextManager

SIGNATURE_BYTES = 32
"""First bytes by which generations are looked up."""

TAIL_BYTES = 4096
"""Bytes of a tail."""

HEAD_BYTES = 4096
"""Bytes of the longest head."""

SHORT = 256
"""Bytes of a prefix that prove nothing outside a family: many logs begin with the same lines."""


BEGUN = 0
"""Stands for the generation that a copy is one of, where that has no whole line yet and is therefore none so far."""


class Kind(StrEnum):
    """What is done with a file."""

    NEW = "new"
    CONTINUED = "continued"
    RECOUNTED = "recounted"
    UNCHANGED = "unchanged"
    DUPLICATE = "duplicate"
    DEFERRED = "deferred"
    FAILED = "failed"


READ = frozenset({Kind.NEW, Kind.CONTINUED, Kind.RECOUNTED})


@dataclass(frozen=True, slots=True)
class Generation:
    """The content of one log file as far as it was counted, wherever it lies.

    [0, offset) was counted, ends behind a newline and has CRC-32 `crc`; [offset, open_end) with `open_crc` was counted
    apart because it may go on. `closed` is False where the last line of a compressed file has no newline. `stored` are
    size, mtime_ns and ctime_ns of the file when it was last seen.
    """

    id: int
    path: str
    device: int
    inode: int
    stored: tuple[int, int, int]
    head: bytes
    head_bytes: int
    signature: bytes
    offset: int
    tail: bytes
    tail_bytes: int
    crc: int
    open_end: int
    end_crc: int
    closed: bool = True


@dataclass(frozen=True, slots=True)
class Seen:
    """What the last scan made of a path; `again` tells to look anew even where nothing changed."""

    path: str
    device: int
    inode: int
    stored: tuple[int, int, int]
    generation: int | None
    kind: Kind
    reason: str | None
    again: bool = False


class Look(Protocol):
    """What a first look at a file tells; see `inputs.identity.Probe`."""

    @property
    def codec(self) -> str: ...  # noqa: D102
    @property
    def size(self) -> int: ...  # noqa: D102
    @property
    def head(self) -> bytes: ...  # noqa: D102
    @property
    def stream(self) -> bool: ...  # noqa: D102
    @property
    def end(self) -> int: ...  # noqa: D102
    @property
    def trailer(self) -> tuple[int, int] | None: ...  # noqa: D102


class Through(Protocol):
    """What reading a file through tells; see `inputs.identity.Content`."""

    @property
    def length(self) -> int: ...  # noqa: D102
    @property
    def crc(self) -> int: ...  # noqa: D102
    @property
    def crcs(self) -> Mapping[int, int]: ...  # noqa: D102
    @property
    def damage(self) -> str | None: ...  # noqa: D102


class Forward(Protocol):
    """A file that is read forward; see `inputs.forward.Forward`."""

    def next_line(self, wanted: AbstractSet[bytes], size: int, end: int) -> tuple[int, bytes] | None: ...  # noqa: D102
    def pass_line(self) -> None: ...  # noqa: D102
    def crcs(self, offsets: Iterable[int], crc: int = 0) -> Mapping[int, int]: ...  # noqa: D102
    def back_to(self, line: int) -> None: ...  # noqa: D102


class Eye(Protocol):
    """Looks at files; each method raises InputError where that cannot be done."""

    def probe(self, path: str) -> Look:
        """Look at the beginning of a file, and at the end of a plain one."""

    def tail(self, path: str, offset: int, length: int) -> bytes:
        """Return the hash of the bytes before an offset of a plain file."""

    def through(self, path: str, offsets: Iterable[int]) -> Through:
        """Read a file, decompressed, and return its CRC before each of the offsets."""

    def lines(self, path: str, end: int) -> int:
        """Count the lines of a file that end at an offset, decompressed, or before."""

    def forward(self, path: str, start: int) -> AbstractContextManager[Forward]:
        """Open a file at an offset, decompressed, where a line begins."""


class Beginning(NamedTuple):
    """What was counted of a file as the beginning of another generation: its CRC, lines, and the hash of its end."""

    generation: int
    crc: int
    lines: int
    tail: bytes
    tail_bytes: int


class Begun(NamedTuple):
    """How much of a generation is counted as the beginning of another one, with its CRC and lines."""

    generation: int
    length: int
    crc: int
    lines: int


GUESSED = "by its content alone: it was written before the last run, which did not find it"
"""What is said of a file that may be another one than it is taken for."""


class Decision(NamedTuple):
    """What is done with a file of the scan, and why: bytes [origin, limit) are read; limit -1 is the end.

    `double_of` is the file, by number, that a duplicate is one of, and `copied` its family, length and CRC: a copy is
    known again when it is renamed or compressed. `again` tells to look anew in the next scan even where nothing
    changes. `beginning` is what is known of the bytes before `origin` in a new file. `held` are other generations that
    stand behind what was counted of this one, and where. `guessed` tells that nothing but its content says which
    generation it is. `resembles` is one of few bytes that is gone, and that a new file may be. A tuple, for a night
    without news makes one of every file.
    """

    file: int
    kind: Kind
    generation: int | None = None
    origin: int = 0
    limit: int = -1
    reason: str | None = None
    look: Look | None = None
    again: bool = False
    double_of: int | None = None
    copied: tuple[str, int, int] | None = None
    beginning: Beginning | None = None
    held: tuple[tuple[int, int], ...] = ()
    guessed: bool = False
    resembles: int | None = None

    @property
    def why(self) -> str | None:
        """The reason, with what makes it doubtful."""
        return f"{self.reason}, {GUESSED}" if self.guessed else self.reason


def digest(data: bytes) -> bytes:
    """Return the hash that heads and tails are compared by."""
    return blake2b(data, digest_size=16).digest()


def signature(head: bytes) -> bytes:
    """Return the hash of the first few bytes."""
    return digest(head[:SIGNATURE_BYTES])
