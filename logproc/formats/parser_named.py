"""What the parsers of lines that name their own fields have in common: columns by key, times, and derived fields."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from logproc.formats.arrays import CAPACITY, line_arrays, places_of, span
from logproc.formats.layouts import compile_layout
from logproc.formats.naming import DATE, DURATIONS, KEPT_TEXTS, REQUEST, TIME_TEXT, Naming
from logproc.formats.own_names import OwnNames
from logproc.formats.within import Finder
from logproc.kernels import derive, tokenize
from logproc.kernels.decode import NO_TIME, SCRATCH_SIZE, decode_times
from logproc.kernels.jsonlines import BLANKS, LINES, REJECTS, ROWS
from logproc.model import Kind

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from numpy.typing import NDArray

    from logproc.formats.format import Format
    from logproc.kernels.jit import Kernel

_LAYOUTS = (
    *("%Y/%m/%d %H:%M:%S%.%z", "%a, %d %b %Y %H:%M:%S%.%z", "%a %b %d %H:%M:%S%. %Y", "%a %b %d %H:%M:%S %Z %Y"),
    *("%d %b %Y %H:%M:%S%.%z", "%b %d, %Y %I:%M:%S%. %p", "%b %d, %Y %H:%M:%S%.", "%b %d %Y %H:%M:%S%.%z"),
    *("%d-%b-%Y %H:%M:%S%.%z", "%d/%b/%Y %H:%M:%S%.%z", "%Y%m%dT%H%M%S%.%z", "%Y%m%d %H:%M:%S%.%z"),
    *("%m/%d/%Y %I:%M:%S%. %p", "%Y-%m-%d %H:%M:%S%.%z %Z", "%d.%m.%Y %H:%M:%S%.", "%Y.%m.%d %H:%M:%S%."),
)
LAYOUTS = np.array(bytearray(compile_layout("%|".join(_LAYOUTS))), np.uint8)
"""Times of named fields beside those that `decode_times` knows: with a year, and without a doubt what the month is."""

OWN_COUNTERS = 5
"""Cells of the counters of the kernels: those of `jsonlines`, and one that a kernel may use for itself."""


class NamedParser:
    """Columns by key. Column 0 is the time; behind the wanted columns stand those from which they follow."""

    multiline = False
    headers_read = 0
    again = False
    dated = False  # whether most times are a date and a clock
    counts_alone = False  # whether nobody looks at what rows hold
    lists: frozenset[str] = frozenset()
    own_names: OwnNames | None = None

    def __init__(self, fmt: Format, wanted: Iterable[str], capacity: int = CAPACITY) -> None:
        self.format = fmt
        self.naming = fmt.naming or Naming()
        self.scales = dict(self.naming.scales)
        if fmt.within is not None:
            self.scales |= fmt.within.scales
        self._own = np.zeros(OWN_COUNTERS, np.int64)
        self._zoneless_rows = np.empty(capacity, np.int32)
        self._scratch = np.zeros(SCRATCH_SIZE, np.int64)
        self.arrange(("time", *sorted(frozenset(wanted) - {"time"})), capacity)

    def arrange(self, columns: tuple[str, ...], capacity: int) -> None:
        """Make room for these columns, and for those that they follow from."""
        self.columns = columns
        self.stored = (*columns, *self.further(columns))
        if self.own_names is not None:
            self.own_names = OwnNames(self.naming, self.stored)
            self.stored = (*self.stored, *self.own_names.further)
        self.lines = line_arrays(len(self.stored), capacity)
        self.places = places_of(columns, self.lines)
        self._place = {name: number for number, name in enumerate(self.stored)}
        self._zone = self._place.get(self.naming.zone, -1) if self.naming.zone else -1
        named = [number for number, name in enumerate(columns) if name in self.naming.synonyms]
        self._durations = [number for number, name in enumerate(self.stored) if name in DURATIONS]
        self._unwrapped = named if self.naming.unwrap else []
        self._finder = Finder(self.format.within, self.stored) if self.format.within is not None else None

    def keep_own_names(self) -> None:
        """Let keys that stand for a wanted field, and are wanted themselves, keep what that field does not take."""
        self.own_names = OwnNames(self.naming, self.stored) or None
        if self.own_names is not None:
            self.arrange(self.columns, len(self.lines.times))

    def key_paths(self) -> tuple[tuple[str, tuple[str, ...]], ...]:
        """Return the paths of each column that is stored."""
        if self.own_names is None:
            return self.naming.paths(self.stored)
        return tuple((name, self.own_names.paths[name]) for name in self.stored)

    def further(self, columns: tuple[str, ...]) -> tuple[str, ...]:
        """Return the columns that are stored because others follow from them."""
        helpers = self.naming.helpers(columns)
        within = self.format.within.helpers(columns) if self.format.within is not None else ()
        return tuple(name for name in dict.fromkeys((*helpers, *within)) if name not in columns)

    def open(self, heads: Sequence[bytes], *, first: bool = True, guess: bool = False) -> None:
        """Do nothing: every line names its fields."""

    def reach(self, mtime_ns: int, zone: str) -> None:
        """Do nothing: a time beside a name has a year."""

    def begin(self, row: int) -> NDArray[np.int64]:
        """Return the counters of a kernel, at row `row`."""
        self._own[:] = (row, 0, 0, 0, 0)
        return self._own

    def finish(self, base: int, row: int, counters: NDArray[np.int64], position: int, day: int = NO_TIME) -> None:
        """Do for rows from `row` on what follows from their slices, and set the worker's counters.

        `day` (days since 1970) is that of clocks without a date.
        """
        lines, own = self.lines, self._own
        upto = int(own[ROWS])
        counters[tokenize.POSITION] = position
        counters[tokenize.ROWS] = upto
        counters[tokenize.REJECTS] = own[REJECTS]
        counters[tokenize.BLANKS] = own[BLANKS]
        counters[tokenize.LINES] = own[LINES]
        if self.counts_alone:
            counters[tokenize.ZONELESS] = 0
            return
        if self.own_names is not None:
            self.own_names.join(lines, self._place, row, upto)
        counters[tokenize.ZONELESS] = self._shifted(base, row, upto, self._times(base, row, upto, day))
        self._keep_times(row, upto)
        counters[tokenize.FIRST_TIME], counters[tokenize.LAST_TIME] = span(lines.times[row:upto])
        self._derive(base, row, upto)

    def _times(self, base: int, row: int, upto: int, day: int) -> int:
        """Read the times of rows from `row` on; returns how many are zoneless."""
        lines = self.lines
        lines.zoneless[row:upto] = 0
        if not self.dated:
            return self._whole_times(base, row, upto) + self._joined_times(base, row, upto, day)
        lines.times[row:upto] = NO_TIME
        zoneless = self._joined_times(base, row, upto, day)
        if (lines.times[row:upto] != NO_TIME).all():
            return zoneless
        lines.zoneless[row:upto] = 0
        return self._whole_times(base, row, upto) + self._joined_times(base, row, upto, day)

    def _shifted(self, base: int, row: int, upto: int, zoneless: int) -> int:
        """Give zoneless times the zone that their line names; returns how many are left zoneless."""
        if self._zone < 0 or not zoneless:
            return zoneless
        lines = self.lines
        left: int = derive.shift_times(
            base, lines.starts, lines.ends, lines.styles, row, upto, self._zone, lines.times, lines.zoneless
        )
        return left

    def _whole_times(self, base: int, row: int, upto: int) -> int:
        lines = self.lines
        zoneless, _undecoded = decode_times(
            base, lines.starts[0, row:upto], lines.ends[0, row:upto], lines.styles[0, row:upto], upto - row,
            lines.times[row:upto], self._zoneless_rows, self._scratch, LAYOUTS,
        )  # fmt: skip
        if zoneless:
            lines.zoneless[row + self._zoneless_rows[:zoneless]] = 1
        return int(zoneless)

    def _joined_times(self, base: int, row: int, upto: int, day: int) -> int:
        lines, date = self.lines, self._place[DATE]
        if day == NO_TIME and lines.starts[date, row:upto].max(initial=-1) < 0:
            return 0
        zoneless: int = derive.join_dates(
            base, lines.starts, lines.ends, lines.styles, row, upto, 0, date, day, lines.times, lines.zoneless,
            self._scratch,
        )  # fmt: skip
        return zoneless

    def _keep_times(self, row: int, upto: int) -> None:
        """Give rows whose time cannot be read its text, or that of their date; a date is theirs only beside such."""
        lines, text, date = self.lines, self._place.get(TIME_TEXT, -1), self._place[DATE]
        if text < 0 and DATE not in self.columns:
            return
        unread = lines.times[row:upto] == NO_TIME
        is_clock = unread & (lines.starts[0, row:upto] >= 0) & (lines.starts[0, row:upto] < lines.ends[0, row:upto])
        for column in (0, date) if text >= 0 else ():
            starts, ends = lines.starts[column, row:upto], lines.ends[column, row:upto]
            kept = row + np.flatnonzero(unread & (lines.starts[text, row:upto] < 0) & (starts >= 0) & (starts < ends))
            for slices in (lines.starts, lines.ends, lines.styles):
                slices[text, kept] = slices[column, kept]
        if DATE in self.columns and self.format.header is None:
            lines.starts[date, row:upto][~is_clock] = -1

    def _derive(self, base: int, row: int, upto: int) -> None:
        lines = self.lines
        if self._finder is not None:
            self._finder.find(base, lines, row, upto)
        for kernel, columns in self.derivations():
            kernel(base, lines.starts, lines.ends, lines.styles, row, upto, *columns)
        if self.own_names is not None:
            self.own_names.part(lines)

    @property
    def looks_within(self) -> bool:
        """Tell whether fields are looked for elsewhere, too: within others, or in times that cannot be read."""
        return self._finder is not None or self.own_names is not None or not {TIME_TEXT, DATE}.isdisjoint(self.columns)

    def derivations(self) -> Iterator[tuple[Kernel, tuple[int, ...]]]:
        """Yield the kernels that derive columns from others, in their order, and the columns that each is given."""
        place = self._place
        for column in self._unwrapped:
            yield derive.unwrap_arrays, (column,)
        for column in self._durations:
            yield derive.read_durations, (column,)
        method, target, protocol = (place.get(name, -1) for name in ("method", "target", "protocol"))
        request = place.get(REQUEST, -1)
        if request >= 0 and max(method, target, protocol) >= 0:
            yield derive.split_requests, (request, method, target, protocol)
        path, query = place.get("path", -1), place.get("query", -1)
        if target >= 0 and max(path, query) >= 0:
            yield derive.split_targets, (target, path, query)
        for name, number in KEPT_TEXTS.items():
            if name in place:
                whole = self.format.fields.get(number) is Kind.INTEGER
                yield derive.keep_texts, (place[number], place[name], int(whole))
