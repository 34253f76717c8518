"""Which file is this: the files of a scan matched with what a ledger knows, one to one, by verified content.

Paths, inodes and times are hints: they say where to look first. What a file is follows from its content, in
decompressed coordinates: the hash of its first bytes, the hash of the bytes before the offset up to which it was
counted, and the CRC-32 of all before that. Nothing here opens a file: an `Eye` is asked for what must be looked at.

1. nothing of path, inode, size and times changed, and the last change is older than the last scan: nothing is read
2. the same inode, head and tail as before: counting goes on at the offset
3. the same content under another path or inode (renamed, restored, the copy of copytruncate): likewise; in the same
   family first, then where most was counted; less than `SHORT` bytes prove nothing outside the family, but where the
   file has kept its time, to parts of a second, or more tells (`moved`). A file is of the family of each of its hard
   links
4. a gzip file whose trailer has our CRC and length was counted in whole; a longer one is verified at the offset
5. a known path or inode with other content: what was there ended, a new generation begins at 0
6. a rotated file that equals one of its family that was matched already, or begins a live one: a duplicate, also where
   it is moved to, and once what it is a copy of is gone
7. what was counted of a family at the end of an earlier run, with lines of several times: an older backup; nothing of
   it counts again, and what a file has behind it is new
8. a compressed file that ends early: if it is young it is still being written, and waits
9. a file that goes on: what it holds of files that are gone was counted (`appended`)
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from logproc.errors import InputError
from logproc.state.appended import Appended
from logproc.state.beginnings import Beginnings
from logproc.state.doubles import Doubles
from logproc.state.families import family_of
from logproc.state.generations import SHORT, Decision, Kind, digest
from logproc.state.moved import Moved
from logproc.state.older import OlderCopies
from logproc.state.rows import seen_of
from logproc.state.scanned import Scanned, same_inode

if TYPE_CHECKING:
    from collections.abc import Sequence

    from logproc.model import LogFile
    from logproc.state.generations import Eye, Generation
    from logproc.state.rows import Remembered

RACE_NS = 2 * 10**9
"""A file that changed less than this before a scan may change again without a new mtime."""

REWRITTEN = "rewritten: its content is another one than before"
ANOTHER = "new: another file of the same name"
UNTERMINATED = "its last line has no newline yet, and waits"
NO_LINE = "no whole line yet"
EMPTY = "empty"
OLDER = "an older copy: all of it was counted"
OLDER_GOES_ON = "begins as an older copy of what was counted, and is counted from where that ends"
OLDER_AS_A_WHOLE = "begins as an older copy of what was counted, can only be read as a whole, and counts twice as far"
SHORTENED = "shortened: it begins as what was counted of it, and counts as a whole"
DIVERGED = "begins as what was counted of it, goes on otherwise, and counts as a whole"


class Matcher:
    """Matches the files of one scan."""

    def __init__(self, known: Remembered, eye: Eye, *, last_scan_ns: int, now_ns: int, settle: float) -> None:
        self._eye = eye
        self._older = OlderCopies(eye, known.earlier, known.records)
        self._known = known.records
        self._seen = known.seen
        self._last_scan = last_scan_ns
        self._now = now_ns
        self._settle = int(settle * 10**9)
        self._claims: dict[int, int] = {}  # generation -> file
        self._decided: dict[int, Decision] = {}
        self._names: dict[tuple[int, int], set[str]] = {}  # families of other names of a file, by device and inode
        self._looked: dict[int, Scanned] = {}
        self._doubles = Doubles(eye, known, self._claims, self._decided, self._looked)
        self._beginnings = Beginnings(known.beginnings, self._claims)
        self._appended = Appended(eye, known, self._beginnings, self._decided)
        self._moved = Moved(eye, known, self._beginnings, self._decided)

    def match(self, files: Sequence[LogFile]) -> list[Decision]:
        """Return a decision for each file, in order; those that rule 1 leaves as they are were not looked at."""
        self._doubles.begin(files)
        self._moved.begin(files)
        left, doubles = [], []
        rows, numbers = self._seen.rows, self._known.numbers
        settled = self._last_scan - RACE_NS
        for number, log in enumerate(files):
            row = rows.get(log.path)
            if log.same_as is not None:
                self._names.setdefault((log.device, log.inode), set()).add(family_of(log.path))
                self._decide(Decision(number, Kind.DUPLICATE, reason=log.problem))
            elif log.problem is not None:
                self._decide(Decision(number, Kind.FAILED, reason=log.problem, again=True))
            elif (  # rule 1
                row is None
                or row[1:6] != (log.device, log.inode, log.size, log.mtime_ns, log.ctime_ns)
                or row[9]
                or log.mtime_ns >= settled
                or not (row[6] is None or row[6] in numbers)
            ):
                left.append((number, log))
            elif row[7] == Kind.DUPLICATE:
                doubles.append((number, log, seen_of(row)))
            else:
                self._keep(number, row)
        self._match_changed(left)
        # A duplicate stays one as long as what it duplicates is there.
        for number, _, known in doubles:
            if known.generation in self._claims:
                self._decide(Decision(number, known.kind, known.generation, reason=known.reason))
        self._match_changed([(n, log) for n, log, known in doubles if known.generation not in self._claims])
        self._appended.look_behind(self._looked, self._claims)
        return [self._decided[number] for number in range(len(files))]

    def _keep(self, number: int, row: Sequence[Any]) -> None:
        """Leave a file as it is that has not changed since the last scan, which made this row of it."""
        generation, kind = row[6], _KEPT.get(row[7], Kind.UNCHANGED)
        self._decided[number] = Decision(number, kind, generation, reason=row[8])
        if generation is not None:
            self._claims[generation] = number

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
            looked.append(Scanned(number, log, family_of(log.path), look))
            self._looked[number] = looked[-1]
        pairs = (
            sorted((*self._order(file, known), file, known) for file in looked for known in self._candidates(file))
            if self._known
            else []
        )
        for *_, file, known in pairs:
            self._claim(file, known)
        if self._known:
            for file, known in self._moved.pairs(looked):
                self._claim(file, known)
        for file in self._doubles.in_order(file for file in looked if file.number not in self._decided):
            try:
                self._begin(file)
            except InputError as error:
                self._decide(Decision(file.number, Kind.FAILED, reason=error.reason, again=True))

    def _claim(self, file: Scanned, known: Generation) -> None:
        """Decide on a file if it is a generation, unless that is decided on or another file is that."""
        if file.number in self._decided or known.id in self._claims:
            return
        try:
            if self._is(file, known):
                self._claims[known.id] = file.number
                self._go_on(file, known)
                if self._is_guessed(file, known):
                    self._decide(self._decided[file.number]._replace(guessed=True))
        except InputError as error:
            self._decide(Decision(file.number, Kind.FAILED, reason=error.reason, again=True))

    def _candidates(self, file: Scanned) -> list[Generation]:
        """Return the generations whose first bytes a file begins with, as far as they may be its content."""
        plain = not file.look.stream
        kept = []
        for number in self._beginnings.of(file.look.head):
            known = self._generation(number)
            longer = plain and file.look.size < known.offset
            if not longer and self._rank(file, known) < _FAR + (known.open_end >= SHORT):
                kept.append(known)
        return kept

    def _generation(self, number: int) -> Generation:
        return self._known[number].generation

    def _rank(self, file: Scanned, known: Generation) -> int:
        """Return how near a file is to where a generation was last seen: the less, the nearer."""
        log = file.log
        if same_inode(known, log):
            return 0 if log.path == known.path else 1
        if log.path == known.path:
            return 2
        family = family_of(known.path)
        if family == file.family or family in self._names.get((log.device, log.inode), ()):
            return 3
        # mv to another disk and gzip keep the time of a file. That of another host's may be the same second.
        is_same_time = log.mtime_ns == known.stored[1] and log.mtime_ns % 10**9 != 0
        return _SAME_TIME if is_same_time else _FAR

    def _order(self, file: Scanned, known: Generation) -> tuple[int, bool, int, int, str, int]:
        """Return when a pair is looked at: the nearest first, known copies after others, then where most is counted."""
        size = 0 if file.look.stream else file.look.size
        return self._rank(file, known), self._doubles.is_known(file), -known.offset, -size, file.log.path, known.id

    def _is(self, file: Scanned, known: Generation) -> bool:
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

    def _crc_at(self, file: Scanned, offset: int) -> int | None:
        """Return the CRC of a file's first bytes, read with those before all offsets that may be asked."""
        known = offset in file.contents
        wanted = set() if known else {offset, *(other.offset for other in self._candidates(file))}
        return file.crc_before(self._eye, offset, wanted)

    def _go_on(self, file: Scanned, known: Generation) -> None:
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

    def _is_guessed(self, file: Scanned, known: Generation) -> bool:
        """Tell whether a file may be another one than it is taken for: no copy was made of that since the last run."""
        if self._rank(file, known) < _FAR or file.log.mtime_ns // 10**9 == known.stored[1] // 10**9:
            return False
        return file.log.mtime_ns < self._last_scan - RACE_NS

    def _go_on_stream(self, file: Scanned, known: Generation, reason: str | None) -> None:
        look, number = file.look, file.number
        if look.trailer == (known.end_crc, known.open_end % 2**32):
            self._decide(Decision(number, Kind.UNCHANGED, known.id, reason=reason, look=look))
            return
        content = file.through(self._eye)
        if content.length in {known.offset, known.open_end}:
            self._decide(Decision(number, Kind.UNCHANGED, known.id, reason=reason or content.damage, look=look))
        elif content.damage is not None and self._is_young(file):
            self._defer(file, known.id)
        elif known.closed and file.readable_from_within:
            self._decide(Decision(number, Kind.CONTINUED, known.id, known.offset, -1, reason, look))
        else:
            why = "more was added, and it is read as a whole" if known.closed else "its last line went on"
            self._decide(Decision(number, Kind.RECOUNTED, known.id, 0, -1, why, look))

    # ---- rules 5 to 7 ------------------------------------------------------------------------------------------

    def _begin(self, file: Scanned) -> None:
        """Decide on a file that is not known."""
        look, number = file.look, file.number
        if (
            look.stream
            and look.codec != "plain"
            and self._is_young(file)
            and file.through(self._eye).damage is not None
        ):
            self._defer(file, None)
            return
        limit = -1 if look.stream else look.end if file.live else look.size
        if limit == 0:
            empty = look.size == 0
            kind = Kind.UNCHANGED if empty else Kind.DEFERRED
            self._decide(Decision(number, kind, reason=EMPTY if empty else NO_LINE, look=look))
            return
        if self._is_double(file) or self._is_older(file, limit):
            return
        new = Decision(number, Kind.NEW, None, 0, limit, self._why_new(file), look)
        self._decide(new._replace(resembles=self._moved.resembled(file)) if self._known else new)

    def _is_double(self, file: Scanned) -> bool:
        """Tell whether a file is a copy of another, and decide on it then."""
        double = None if file.live else self._doubles.double(file)
        if double is not None:
            of, reason = self._decided[double.number].generation, f"a copy of {double.log.path.rpartition('/')[2]}"
        else:
            of, reason = self._doubles.copied_before(file), "a copy of what was counted before"
            if of is None:
                return False
        content = file.through(self._eye)
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

    def _is_older(self, file: Scanned, limit: int) -> bool:
        """Tell whether a file is what was counted at the end of an earlier run, or begins so, and decide on it then."""
        found = self._older.find(file, limit)
        if found is None:
            return False
        length, is_all, beginning = found
        if beginning is None:
            self._decide(Decision(file.number, Kind.NEW, None, 0, limit, OLDER_AS_A_WHOLE, file.look))
        elif is_all:
            of = beginning.generation
            kind = Kind.DUPLICATE if of in self._claims else Kind.UNCHANGED
            self._claims.setdefault(of, file.number)
            self._decide(Decision(file.number, kind, of, reason=OLDER, look=file.look))
        else:
            going = Decision(file.number, Kind.NEW, None, length, limit, OLDER_GOES_ON, file.look)
            self._decide(going._replace(beginning=beginning))
        return True

    def _defer(self, file: Scanned, generation: int | None) -> None:
        reason = "it ends early, and is young: perhaps it is still being written"
        self._decide(Decision(file.number, Kind.DEFERRED, generation, reason=reason, look=file.look, again=True))

    def _is_young(self, file: Scanned) -> bool:
        return abs(self._now - file.log.mtime_ns) < self._settle

    def _changed_behind_its_head(self, file: Scanned, before: int) -> str | None:
        """Say how a file that begins as what was counted at its path is another one."""
        if before not in self._known or file.look.stream:
            return None
        known, head = self._generation(before), file.look.head
        if known.head_bytes > len(head) or digest(head[: known.head_bytes]) != known.head:
            return None
        if file.look.size < known.offset:
            return SHORTENED
        return None if before in self._claims else DIVERGED

    def _why_new(self, file: Scanned) -> str:
        seen = self._seen.get(file.log.path)
        if seen is None or seen.generation is None:
            return "new"
        if (changed := self._changed_behind_its_head(file, seen.generation)) is not None:
            return changed
        if same_inode(seen, file.log):
            return REWRITTEN
        return ANOTHER


_SAME_TIME, _FAR = 4, 5

_KEPT = {kind.value: kind for kind in (Kind.FAILED, Kind.DEFERRED)}


def _where(file: Scanned, known: Generation) -> str | None:
    """Say how a file comes to be where it is."""
    path = file.log.path
    if path == known.path:
        return None
    folder, _, name = known.path.rpartition("/")
    return f"was {name}" if folder == path.rpartition("/")[0] else f"was {known.path}"
