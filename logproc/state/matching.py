"""Which file is this: the files of a scan matched with what a ledger knows, one to one, by verified content.

Paths, inodes and times are hints: they say where to look first. What a file is follows from its content, in
decompressed coordinates: the hash of its first bytes, the hash of the bytes before the offset up to which it was
counted, and the CRC-32 of all before that. Nothing here opens a file: an `Eye` is asked for what must be looked at.

1. nothing of path, inode, size and times changed, and the last change is older than the last scan: nothing is read
2. the same inode, head and tail as before: counting goes on at the offset
3. the same content under another path or inode (renamed, restored, the copy of copytruncate): likewise; in the same
   family first, then where most was counted; less than `SHORT` bytes prove nothing outside the family
4. a gzip file whose trailer has our CRC and length was counted in whole; a longer one is verified at the offset
5. a known path or inode with other content: what was there ended, a new generation begins at 0
6. a rotated file that equals one of its family that was matched already, or begins a live one: a duplicate, also where
   it is moved to, and once what it is a copy of is gone
7. a compressed file that ends early: if it is young it is still being written, and waits
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from logproc.errors import InputError
from logproc.state.families import family_of, is_live
from logproc.state.generations import READ, SIGNATURE_BYTES, Decision, Kind, digest, signature

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from logproc.model import LogFile
    from logproc.state.generations import Eye, Generation, Look, Seen, Through

SHORT = 256
"""Bytes of a prefix that prove nothing outside a family: many logs begin with the same lines."""

RACE_NS = 2 * 10**9
"""A file that changed less than this before a scan may change again without a new mtime."""

UNTERMINATED = "its last line has no newline yet, and waits"
NO_LINE = "no whole line yet"
EMPTY = "empty"


@dataclass(slots=True)
class _File:
    """A file of the scan on its way to a decision."""

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


class Matcher:
    """Matches the files of one scan."""

    def __init__(
        self,
        generations: Mapping[int, Generation],
        seen: Mapping[str, Seen],
        eye: Eye,
        *,
        copies: Mapping[tuple[str, int, int], int] | None = None,
        last_scan_ns: int,
        now_ns: int,
        settle: float,
    ) -> None:
        self._eye = eye
        self._copies = copies or {}
        self._known = generations
        self._seen = seen
        self._last_scan = last_scan_ns
        self._now = now_ns
        self._settle = int(settle * 10**9)
        self._claims: dict[int, int] = {}  # generation -> file
        self._decided: dict[int, Decision] = {}
        self._files: Sequence[LogFile] = ()
        self._families: dict[str, list[int]] = {}
        self._looked: dict[int, _File] = {}
        self._displaced: list[Seen] = []
        self._by_signature: dict[bytes, list[Generation]] = {}
        self._short: dict[int, dict[bytes, list[Generation]]] = {}
        self._indexed = False

    def match(self, files: Sequence[LogFile]) -> list[Decision]:
        """Return a decision for each file, in order."""
        self._files = files
        self._displaced = self._displaced_copies()
        left, doubles = [], []
        for number, log in enumerate(files):
            if log.problem is not None:
                self._decide(Decision(number, Kind.FAILED, reason=log.problem, again=True))
            elif (known := self._untouched(log)) is None:
                left.append((number, log))
            elif known.kind == Kind.DUPLICATE:
                doubles.append((number, log, known))
            else:
                self._keep(number, known)
        self._match_changed(left)
        # A duplicate stays one as long as what it duplicates is there.
        for number, _, known in doubles:
            if known.generation in self._claims:
                self._decide(Decision(number, known.kind, known.generation, reason=known.reason))
        self._match_changed([(n, log) for n, log, known in doubles if known.generation not in self._claims])
        return [self._decided[number] for number in range(len(files))]

    # ---- rule 1 ------------------------------------------------------------------------------------------------

    def _untouched(self, log: LogFile) -> Seen | None:
        """Return what the last scan knew of a file that has not changed since."""
        seen = self._seen.get(log.path)
        same = (
            seen is not None
            and not seen.again
            and seen.stored == (log.size, log.mtime_ns, log.ctime_ns)
            and (seen.device, seen.inode) == (log.device, log.inode)
            and log.mtime_ns < self._last_scan - RACE_NS
            and (seen.generation is None or seen.generation in self._known)
        )
        return seen if same else None

    def _keep(self, number: int, seen: Seen) -> None:
        kind = seen.kind if seen.kind in {Kind.FAILED, Kind.DEFERRED} else Kind.UNCHANGED
        self._decide(Decision(number, kind, seen.generation, reason=seen.reason))
        if seen.generation is not None:
            self._claims[seen.generation] = number

    def _decide(self, decision: Decision) -> None:
        self._decided[decision.file] = decision

    # ---- rules 2 to 4 ------------------------------------------------------------------------------------------

    def _match_changed(self, files: Sequence[tuple[int, LogFile]]) -> None:
        looked = []
        for number, log in files:
            try:
                look = self._eye.probe(log.path)
            except InputError as error:
                self._decide(Decision(number, Kind.FAILED, reason=error.reason, again=True))
                continue
            looked.append(_File(number, log, family_of(log.path), look))
            self._looked[number] = looked[-1]
        pairs = (
            sorted((*self._order(file, known), file, known) for file in looked for known in self._candidates(file))
            if self._known
            else []
        )
        for *_, file, known in pairs:
            if file.number in self._decided or known.id in self._claims:
                continue
            try:
                if self._is(file, known):
                    self._claims[known.id] = file.number
                    self._go_on(file, known)
            except InputError as error:
                self._decide(Decision(file.number, Kind.FAILED, reason=error.reason, again=True))
        for file in looked:
            if file.number not in self._decided:
                try:
                    self._begin(file)
                except InputError as error:
                    self._decide(Decision(file.number, Kind.FAILED, reason=error.reason, again=True))

    def _candidates(self, file: _File) -> list[Generation]:
        """Return the generations whose first bytes a file begins with, as far as they may be its content."""
        self._index()
        head = file.look.head
        found = []
        if len(head) >= SIGNATURE_BYTES:
            found = self._by_signature.get(signature(head), [])
        for length, table in self._short.items():
            if length <= len(head):
                found = [*found, *table.get(digest(head[:length]), ())]
        plain = not file.look.stream
        digests: dict[int, bytes] = {}
        kept = []
        for known in found:
            size = known.head_bytes
            if known.id in self._claims or size > len(head) or (plain and file.look.size < known.offset):
                continue
            if size not in digests:
                digests[size] = digest(head[:size])
            if digests[size] == known.head and self._rank(file, known) < _FAR + (known.open_end >= SHORT):
                kept.append(known)
        return kept

    def _index(self) -> None:
        if self._indexed:
            return
        self._indexed = True
        for known in self._known.values():
            if known.open_end == 0 or known.id in self._claims:
                continue
            if known.head_bytes >= SIGNATURE_BYTES:
                self._by_signature.setdefault(known.signature, []).append(known)
            else:
                self._short.setdefault(known.head_bytes, {}).setdefault(known.head, []).append(known)

    @staticmethod
    def _rank(file: _File, known: Generation) -> int:
        """Return how near a file is to where a generation was last seen: the less, the nearer."""
        log = file.log
        if _same_inode(known, log):
            return 0 if log.path == known.path else 1
        if log.path == known.path:
            return 2
        return 3 if family_of(known.path) == file.family else _FAR

    def _order(self, file: _File, known: Generation) -> tuple[int, bool, int, int, str, int]:
        """Return when a pair is looked at: the nearest first, known copies after others, then where most is counted."""
        seen = self._seen.get(file.log.path)
        is_copy = seen is not None and seen.kind == Kind.DUPLICATE
        size = 0 if file.look.stream else file.look.size
        return self._rank(file, known), is_copy, -known.offset, -size, file.log.path, known.id

    def _is(self, file: _File, known: Generation) -> bool:
        """Tell whether a file's content begins with what was counted of a generation."""
        look = file.look
        if look.stream:
            if look.trailer == (known.end_crc, known.open_end % 2**32):
                return True
            return self._crc_at(file, known.offset) == known.crc
        if known.offset <= known.head_bytes:
            return True
        if self._eye.tail(file.log.path, known.offset, known.tail_bytes) != known.tail:
            return False
        same_inode = self._rank(file, known) < 2
        same_times = (file.log.size, file.log.mtime_ns) == known.stored[:2]
        # Another file: both ends are the same, and what lies between them is looked at, too.
        return same_inode or same_times or self._crc_at(file, known.offset) == known.crc

    def _crc_at(self, file: _File, offset: int) -> int | None:
        """Return the CRC of a file's first bytes; those before all offsets that may be asked are read in one go."""
        if offset not in file.contents:
            wanted = {offset, *(known.offset for known in self._candidates(file))}
            file.content = self._eye.through(file.log.path, wanted)
            file.contents = {**dict.fromkeys(wanted, -1), **file.content.crcs}
        found = file.contents[offset]
        return None if found < 0 else found

    def _through(self, file: _File) -> Through:
        if file.content is None:
            file.content = self._eye.through(file.log.path, ())
        return file.content

    def _go_on(self, file: _File, known: Generation) -> None:
        """Decide on a file that is known."""
        look, number = file.look, file.number
        reason = _where(file, known)
        if look.stream:
            self._go_on_stream(file, known, reason)
            return
        limit = look.end if file.live else look.size
        if limit <= known.offset or limit == known.open_end:
            waits = look.size > max(limit, known.open_end)
            self._decide(
                Decision(number, Kind.UNCHANGED, known.id, reason=UNTERMINATED if waits else reason, look=look)
            )
            return
        self._decide(Decision(number, Kind.CONTINUED, known.id, known.offset, limit, reason, look))

    def _go_on_stream(self, file: _File, known: Generation, reason: str | None) -> None:
        look, number = file.look, file.number
        if look.trailer == (known.end_crc, known.open_end % 2**32):
            self._decide(Decision(number, Kind.UNCHANGED, known.id, reason=reason, look=look))
            return
        content = self._through(file)
        if content.length in {known.offset, known.open_end}:
            self._decide(Decision(number, Kind.UNCHANGED, known.id, reason=reason or content.damage, look=look))
        elif content.damage is not None and self._is_young(file):
            self._defer(file, known.id)
        elif known.closed and look.codec != "plain":
            self._decide(Decision(number, Kind.CONTINUED, known.id, known.offset, -1, reason, look))
        else:
            why = "its last line went on" if look.codec != "plain" else "more was added, and it is read as a whole"
            self._decide(Decision(number, Kind.RECOUNTED, known.id, 0, -1, why, look))

    # ---- rules 5 to 7 ------------------------------------------------------------------------------------------

    def _begin(self, file: _File) -> None:
        """Decide on a file that is not known."""
        look, number = file.look, file.number
        if look.stream and look.codec != "plain" and self._is_young(file) and self._through(file).damage is not None:
            self._defer(file, None)
            return
        limit = -1 if look.stream else look.end if file.live else look.size
        if limit == 0:
            empty = look.size == 0
            kind = Kind.UNCHANGED if empty else Kind.DEFERRED
            self._decide(Decision(number, kind, reason=EMPTY if empty else NO_LINE, look=look))
            return
        if self._is_double(file):
            return
        self._decide(Decision(number, Kind.NEW, None, 0, limit, self._why_new(file), look))

    def _is_double(self, file: _File) -> bool:
        """Tell whether a file is a copy of another, and decide on it then."""
        double = None if file.live else self._double(file)
        if double is not None:
            of, reason = self._decided[double.number].generation, f"a copy of {double.log.path.rpartition('/')[2]}"
        else:
            of, reason = self._copied_before(file), "a copy of what was counted before"
            if of is None:
                return False
        content = self._through(file)
        self._decide(
            Decision(
                file.number,
                Kind.DUPLICATE,
                of,
                reason=reason,
                look=file.look,
                double_of=None if double is None else double.number,
                copied=(file.family, content.length, content.crc),
            )
        )
        return True

    def _copied_before(self, file: _File) -> int | None:
        """Return the generation that a file is known as a copy of: as one of its family, or as one that has moved."""
        if not self._copies or (file.live and not self._displaced):
            return None
        content = self._through(file)
        key = content.length, content.crc
        for seen in sorted(self._displaced, key=lambda seen: not _same_inode(seen, file.log)):
            family = family_of(seen.path)
            of = self._copies.get((family, *key))
            near = family == file.family or _same_inode(seen, file.log)
            if of in self._known and (near or content.length >= SHORT):
                self._displaced.remove(seen)
                return of
        of = None if file.live else self._copies.get((file.family, *key))
        return of if of in self._known else None

    def _displaced_copies(self) -> list[Seen]:
        """Return the copies that are not where the last scan found them."""
        if not self._copies:
            return []
        places = {(log.path, log.device, log.inode) for log in self._files}
        copies = (seen for seen in self._seen.values() if seen.kind == Kind.DUPLICATE)
        return [seen for seen in copies if (seen.path, seen.device, seen.inode) not in places]

    def _double(self, file: _File) -> _File | None:
        """Return the file that this one is a copy of: one of the same family, or one that it was known as a copy of."""
        seen = self._seen.get(file.log.path)
        was = self._claims.get(seen.generation or -1) if seen is not None and seen.kind == Kind.DUPLICATE else None
        others = dict.fromkeys(self._family(file.family))
        if was is not None:
            others[was] = None  # what it was a copy of has moved
        for number in others:
            decided = self._decided.get(number)
            if number == file.number or decided is None or decided.kind not in READ | {Kind.UNCHANGED, Kind.DEFERRED}:
                continue
            other = self._file(number)
            if decided.kind == Kind.DEFERRED and not other.live:
                continue
            if not _alike(file, other):
                continue
            if not (other.look.stream or file.look.stream) and other.look.size < file.look.size:
                continue
            mine = self._through(file)
            if mine.length == 0:
                return None
            known = self._known.get(self._decided[other.number].generation or -1)
            if known is not None and (mine.length, mine.crc) == (known.open_end, known.end_crc):
                return other
            its = self._eye.through(other.log.path, (mine.length,))
            if its.crcs.get(mine.length) == mine.crc and (its.length == mine.length or other.live):
                return other
        return None

    def _family(self, family: str) -> list[int]:
        """Return the files of a family, those that have not changed included."""
        if not self._families:
            for number, log in enumerate(self._files):
                if log.problem is None:
                    self._families.setdefault(family_of(log.path), []).append(number)
        return self._families.get(family, [])

    def _file(self, number: int) -> _File:
        """Return a file with a first look at it."""
        if number not in self._looked:
            log = self._files[number]
            self._looked[number] = _File(number, log, family_of(log.path), self._eye.probe(log.path))
        return self._looked[number]

    def _defer(self, file: _File, generation: int | None) -> None:
        reason = "it ends early, and is young: perhaps it is still being written"
        self._decide(Decision(file.number, Kind.DEFERRED, generation, reason=reason, look=file.look, again=True))

    def _is_young(self, file: _File) -> bool:
        return abs(self._now - file.log.mtime_ns) < self._settle

    def _why_new(self, file: _File) -> str:
        seen = self._seen.get(file.log.path)
        if seen is None or seen.generation is None:
            return "new"
        if _same_inode(seen, file.log):
            return "rewritten: its content is another one than before"
        return "new: another file of the same name"


_FAR = 4


def _same_inode(known: Generation | Seen, log: LogFile) -> bool:
    return (log.device, log.inode) == (known.device, known.inode) and log.inode != 0


def _where(file: _File, known: Generation) -> str | None:
    """Say how a file comes to be where it is."""
    path = file.log.path
    if path == known.path:
        return None
    folder, _, name = known.path.rpartition("/")
    return f"was {name}" if folder == path.rpartition("/")[0] else f"was {known.path}"


def _alike(one: _File, other: _File) -> bool:
    """Tell whether two files begin with the same bytes."""
    size = min(len(one.look.head), len(other.look.head))
    return size > 0 and one.look.head[:size] == other.look.head[:size]
