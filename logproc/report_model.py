"""The nouns of a finished report, frozen and slotted: what the run was, its files, tables of rows, and checks.

Nothing here says how a report looks: `report` renders it.
"""

from __future__ import annotations

import difflib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from logproc.model import Lines

if TYPE_CHECKING:
    from logproc.model import Reject


@dataclass(frozen=True, slots=True)
class ColumnInfo:
    """Name, JSON type (`text`, `integer`, `decimal`, `boolean`, `time`) and role (`key` or `value`) of a column."""

    name: str
    type: str
    role: str


@dataclass(frozen=True, slots=True)
class ReportError:
    """How far an approximate report may be off: `relative` (a fraction) or `count` (rows at most)."""

    kind: str
    bound: float


@dataclass(frozen=True, slots=True)
class Coverage:
    """What a report from a ledger covers: days since 1970-01-01, and how many files and bytes it has not seen.

    Those came before the report did, and were counted for others only.
    """

    first_day: int | None
    last_day: int | None
    files_missing: int
    bytes_missing: int


@dataclass(frozen=True, slots=True, repr=False)
class ReportTable:
    """A finished report. Values are None, str, int, float or bool; times are RFC 3339 UTC text.

    `exemplars` are, for the first rows, a few places of lines that a row counts: path and decompressed offset.
    `whole` is the count of all rows that were grouped, also in groups that LIMIT left out; None where it is not known.
    """

    name: str
    title: str
    sql: str
    columns: tuple[ColumnInfo, ...]
    rows: tuple[tuple[Any, ...], ...]
    exact: bool
    error: ReportError | None = None
    truncated: bool = False
    problem: str | None = None
    coverage: Coverage | None = None
    exemplars: tuple[tuple[tuple[str, int], ...], ...] = ()
    whole: int | None = None

    def to_arrow(self) -> Any:  # noqa: ANN401 - pyarrow.Table
        """Return the rows as a `pyarrow.Table`; MissingExtraError without pyarrow."""
        from logproc import frames  # noqa: PLC0415 - here and below: most programs have no need of it

        return frames.to_arrow([c.name for c in self.columns], [c.type for c in self.columns], self.rows)

    def to_pandas(self) -> Any:  # noqa: ANN401 - pandas.DataFrame
        """Return the rows as a `pandas.DataFrame`; MissingExtraError without pandas."""
        from logproc import frames  # noqa: PLC0415

        return frames.arrow_to_pandas(self.to_arrow)

    def to_polars(self) -> Any:  # noqa: ANN401 - polars.DataFrame
        """Return the rows as a `polars.DataFrame`; MissingExtraError without Polars."""
        from logproc import frames  # noqa: PLC0415

        return frames.arrow_to_polars(self.to_arrow)

    def __repr__(self) -> str:
        return f"<ReportTable {self.name!r}: {len(self.rows):,} rows of {', '.join(c.name for c in self.columns)}>"

    def _repr_html_(self) -> str:
        from logproc import frames  # noqa: PLC0415

        return frames.to_html(self.title, [column.name for column in self.columns], self.rows)


@dataclass(frozen=True, slots=True)
class Opened:
    """What stood open at the end of a file that was read from `start`: a later run reads it again, from `at` on.

    `generation` is what the ledger has the file as, wherever it is rotated to.
    """

    generation: int
    start: int
    at: int
    bytes_read: int
    lines: Lines


@dataclass(frozen=True, slots=True)
class FileEntry:
    """One file in the report. `status` is read, unchanged, duplicate, deferred or failed; `reason` explains it."""

    path: str
    source: str
    format: str | None
    confidence: float
    codec: str | None
    bytes_stored: int
    bytes_read: int
    lines: Lines
    status: str
    reason: str | None
    first_time: int | None
    last_time: int | None
    rejected_by_reason: dict[str, int] = field(default_factory=dict)
    samples: tuple[Reject, ...] = ()
    host: str | None = None
    mtime_ns: int = 0
    opened: Opened | None = None


@dataclass(frozen=True, slots=True)
class CheckResult:
    """Outcome of one `[[check]]`; `problem` says why there is no value, if it could not be computed."""

    name: str
    value: float | None
    fail_if: str
    failed: bool
    problem: str | None = None


@dataclass(frozen=True, slots=True)
class RunInfo:
    """The part of a report that differs between two runs over the same input."""

    id: str
    version: str
    started: str
    finished: str
    backend: str
    workers: int
    since: str | None
    until: str | None


NO_BACKEND = "none"
"""What a report that is made from a ledger says of its backend."""

COVERAGE = "logproc_coverage"
"""Name of the report that is counted along with those that were asked for: lines by source, host and hour."""


@dataclass(frozen=True, slots=True)
class Slice:
    """The reports of one source, one host or both, in the order of those of everything; "" stands for all."""

    source: str
    host: str
    reports: tuple[ReportTable, ...]


@dataclass(frozen=True, slots=True)
class Before:
    """The reports of a time before; `name` says which: `day before`, `report before`."""

    name: str
    tables: tuple[ReportTable, ...]


@dataclass(frozen=True, slots=True)
class Comparison:
    """What the figures of a report are held against; `title` says so in full.

    Where it is only a part of the report, such as its last day, `part` names that, and `tables` are the reports of it.
    """

    title: str = ""
    part: str = ""
    tables: tuple[ReportTable, ...] = ()
    before: tuple[Before, ...] = ()


NOTHING_BEFORE = Comparison()


@dataclass(frozen=True, slots=True, repr=False)
class Report:
    """Everything a run found out. `reports` may be given `COVERAGE` among the others: it becomes `coverage`.

    `slices` are of single hosts and sources, the largest first, where a ledger keeps them apart and a page is wanted.
    """

    run: RunInfo
    files: tuple[FileEntry, ...]
    reports: tuple[ReportTable, ...]
    checks: tuple[CheckResult, ...] = ()
    coverage: ReportTable | None = None
    slices: tuple[Slice, ...] = ()

    def __post_init__(self) -> None:
        for table in self.reports:
            if table.name == COVERAGE:
                object.__setattr__(self, "coverage", table)
                object.__setattr__(self, "reports", tuple(other for other in self.reports if other is not table))

    @property
    def lines(self) -> Lines:
        """Line counts over all files."""
        total = Lines()
        for entry in self.files:
            total = total + entry.lines
        return total

    @property
    def rejected_by_reason(self) -> dict[str, int]:
        """Rejected lines by reason over all files, most frequent first."""
        total: dict[str, int] = {}
        for entry in self.files:
            for reason, count in entry.rejected_by_reason.items():
                total[reason] = total.get(reason, 0) + count
        return dict(sorted(total.items(), key=lambda item: (-item[1], item[0])))

    def table(self, name: str) -> ReportTable:
        """Return the report called `name`; KeyError, which says what there is, if there is none."""
        found = {table.name: table for table in self.reports}
        if name not in found:
            near = difflib.get_close_matches(str(name), found, n=1)
            hint = f"did you mean {near[0]!r}?" if near else f"there are {', '.join(found) or 'none at all'}"
            raise KeyError(f"there is no report {name!r}; {hint}")
        return found[name]

    def __getitem__(self, name: str) -> ReportTable:
        """Return the report called `name`; KeyError if there is none."""
        return self.table(name)

    def to_arrow(self) -> dict[str, Any]:
        """Return all reports by name, each as a `pyarrow.Table`."""
        return {table.name: table.to_arrow() for table in self.reports}

    def to_pandas(self) -> dict[str, Any]:
        """Return all reports by name, each as a `pandas.DataFrame`."""
        return {table.name: table.to_pandas() for table in self.reports}

    def to_polars(self) -> dict[str, Any]:
        """Return all reports by name, each as a `polars.DataFrame`."""
        return {table.name: table.to_polars() for table in self.reports}

    def __repr__(self) -> str:
        return f"<Report: {self._counts()}; {', '.join(table.name for table in self.reports) or 'no reports'}>"

    def _counts(self) -> str:
        lines = self.lines
        counts = f"{lines.read:,} lines read, {lines.counted:,} counted, {lines.rejected:,} rejected"
        return f"{len(self.files):,} {'file' if len(self.files) == 1 else 'files'}, {counts}"

    def _repr_html_(self) -> str:
        return f"<p>{self._counts()}</p>" + "".join(t._repr_html_() for t in self.reports)
