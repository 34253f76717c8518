"""`logproc sql`: one query over logs, as a rollup where it merges, else in DuckDB.

query -> rollup plan -> run of one report ----------------------> table, JSON, CSV, Parquet
             | refused, or too many groups                            ^
             +-> DuckDB over record batches of the rows it needs -----+
"""

from __future__ import annotations

import re
from contextlib import ExitStack
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from logproc import coordinator, questions
from logproc.adhoc.fields import doubtful, sampled_fields
from logproc.adhoc.pushing import DESCRIBED_ROWS
from logproc.adhoc.question import Asked, asked_of, relations_of
from logproc.adhoc.refusals import is_wrong
from logproc.adhoc.traps import written_traps
from logproc.config import NamedReport
from logproc.errors import MissingExtraError, QueryError
from logproc.inputs.opening import STDIN
from logproc.model import Kind
from logproc.rollup.builder import NO_COLUMN, Query
from logproc.rollup.spec import Column, columns_of_spec
from logproc.rollup.statement import parse, title

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from typing import Self

    from logproc.adhoc.duck import Duck
    from logproc.config import Config
    from logproc.report.progress import Progress
    from logproc.report_model import Report, ReportTable
    from logproc.rollup.spec import RollupSpec

NAME = "sql"
"""Name of the report that a query is, where it has no file."""


@dataclass(frozen=True, slots=True)
class Choice:
    """Which engine a query runs in, and why."""

    spec: RollupSpec | None
    reason: str
    asking: Config
    """The configuration of a run that computes it, or is refused."""


def question(config: Config, sql: str, name: str = NAME, fields: Mapping[str, Kind] | None = None) -> Config:
    """Return the configuration of a run that computes this query alone."""
    report = NamedReport(name, sql, fields=tuple((fields or {}).items()))
    return replace(config, reports=(name,), named_reports=(report,), checks=())


def choose(config: Config, sql: str, name: str = NAME) -> Choice:
    """Say which engine a query runs in; no more is read than tells of a column that nothing declares."""
    try:
        return _planned(question(config, sql, name))
    except QueryError as error:
        refused = error
    found = fields_in_files(config, sql) if NO_COLUMN in refused.message else {}
    asking = question(config, sql, name, found)
    if not found:
        return Choice(None, refused.message, asking)
    try:
        return _planned(asking)
    except QueryError as error:
        return Choice(None, error.message, asking)


def _planned(asking: Config) -> Choice:
    (spec,) = questions.reports(asking)
    return Choice(spec, "its aggregates can be merged from parts of the input", asking)


def fields_in_files(config: Config, sql: str) -> dict[str, Kind]:
    """Return the fields that the logs have of the relations that a query mentions."""
    known = relations_of(config)
    words = {word.lower() for word in re.findall(r"\w[\w-]*", sql)}
    found: dict[str, Kind] = {}
    for relation in sorted({key for name, key in known.keys.items() if name.lower() in words}):
        found |= sampled_fields(config, relation)
    return found


class Answer:
    """The answer to a query: a finished table, or a stream of record batches. A context manager.

    `table` is set where the query ran as a rollup; `schema` and `batches` where DuckDB did it. `report` has the books,
    complete once everything was taken.
    """

    def __init__(
        self,
        config: Config,
        sql: str,
        *,
        name: str = NAME,
        progress: Progress | None = None,
        say: Callable[[str], None] | None = None,
    ) -> None:
        self._config, self._sql, self._name = config, sql, name
        self._progress = progress
        self._say = say or (lambda _line: None)
        self._stack = ExitStack()
        self._duck: Duck | None = None
        self._reader: Any = None
        self._report: Report | None = None
        self.table: ReportTable | None = None

    def __enter__(self) -> Self:
        """Run the query, in DuckDB up to its first rows."""
        if STDIN in self._config.paths:  # what is looked at first can be read in this process alone
            self._config = replace(self._config, backend="threads")
        choice = choose(self._config, self._sql, self._name)
        self._doubt(choice)
        if choice.spec is not None:
            self._report = coordinator.run(choice.asking, progress=self._progress, say=self._say)
            (self.table,) = self._report.reports
            if self.table.problem is None or STDIN in self._config.paths:  # standard input can be read only once
                return self
            self._say(f"{self.table.problem}; once more, in DuckDB")
            self.table = None
        try:
            self._open(choice)
        except BaseException:
            self._stack.close()
            raise
        return self

    def __exit__(self, *exc: object) -> None:
        """Close the engine."""
        self._stack.__exit__(*exc)  # type: ignore[arg-type]

    @property
    def schema(self) -> Any:  # noqa: ANN401 - pyarrow
        """Schema of the batches."""
        return self._reader.schema

    @property
    def report(self) -> Report:
        """The accounting."""
        if self._duck is not None:
            return self._duck.report()
        assert self._report is not None
        return self._report

    def batches(self) -> Iterator[Any]:
        """Yield the record batches of DuckDB's result."""
        assert self._duck is not None
        yield from self._duck.batches(self._reader)

    def _doubt(self, choice: Choice) -> None:
        """Say which undeclared fields no line looked at has: to a query they are NULL, and may be misspelt."""
        if choice.spec is not None:
            columns: dict[str, set[Column]] = {choice.spec.relation: columns_of_spec(choice.spec)}
        else:
            asked = asked_of(self._sql, relations_of(self._config)) if not is_wrong(choice.reason) else None
            selections = asked.selections.values() if asked else ()
            columns = {s.relation: {c for c in s.columns if isinstance(c, Column)} for s in selections}
        undeclared = {
            relation: {column.name for column in found if column.kind is Kind.DYNAMIC}
            for relation, found in columns.items()
        }
        for note in doubtful(self._config, self._sql, undeclared):
            self._say(note)
        if choice.spec is not None:
            for note in written_traps(parse(Query(NAME, self._sql))):
                self._say(note)

    def _open(self, choice: Choice) -> None:
        try:
            from logproc.adhoc.duck import Duck  # noqa: PLC0415 - an extra that rollups do without

            self._duck = self._stack.enter_context(
                Duck(self._config, self._sql, progress=self._progress, say=self._say)
            )
            for note in _notes(self._duck.asked):
                self._say(note)
            self._reader = self._duck.reader()
        except (ImportError, MissingExtraError) as error:
            raise MissingExtraError(f"this query cannot run as a rollup ({choice.reason}); DuckDB", "sql") from error
        except QueryError:
            if choice.spec is None and is_wrong(choice.reason):
                self._plan(choice.asking)  # its message says more
            raise

    def _plan(self, asking: Config) -> None:
        try:
            questions.reports(asking)
        except QueryError as error:
            name = None if self._name == NAME else self._name
            raise QueryError(error.message, name, error.sql, error.position, error.end) from error


def _notes(asked: Asked) -> Iterator[str]:
    """Say where columns, and their types, come from some of the rows, and what is seldom what was meant."""
    yield from asked.traps
    if asked.sampled:
        names = " and ".join(sorted(asked.sampled))
        yield f"`*` of {names} is the fields of the lines that were looked at; name others"
    if asked.enough == DESCRIBED_ROWS and not asked.streams:
        yield f"types of undeclared fields are those of the first {DESCRIBED_ROWS:,} rows"


def explain(config: Config, sql: str, name: str = NAME) -> str:
    """Say how a query would run and why; nothing is read."""
    choice = choose(config, sql, name)
    if choice.spec is not None:
        return "\n".join(_rollup(choice)) + "\n"
    from logproc.adhoc.duck import Duck  # noqa: PLC0415 - an extra that rollups do without

    with Duck(config, sql) as duck:
        return "\n".join([f"engine: DuckDB, because {choice.reason}", *_reads(duck), duck.explain()]) + "\n"


def _rollup(choice: Choice) -> Iterator[str]:
    spec = choice.spec
    assert spec is not None
    yield f"engine: rollup, because {choice.reason}"
    yield f"reads: {spec.relation if spec.relation != '*' else 'logs'}"
    yield f"keys: {len(spec.keys)}, aggregates: {', '.join(a.function for a in spec.aggregates) or 'none'}"


def _reads(duck: Duck) -> Iterator[str]:
    asked = duck.asked
    for groups in duck.inner.groups.values() if duck.inner is not None else ():
        counted = f"{len(groups.spec.keys)} keys, {len(groups.spec.aggregates)} aggregates"
        yield f"reads: {groups.relation}, by groups that are counted while parsing ({counted})"
        yield from _numbers(duck)
    if duck.inner is not None:
        return
    for name, selection in asked.selections.items():
        kept = "" if selection.where is None else "; rows that WHERE leaves out are dropped while parsing"
        yield f"reads: {name} ({', '.join(selection.schema.names)}){kept}"
    yield from _numbers(duck)
    yield "rows: streamed once" if asked.streams else f"rows: kept in tables, since {_why_kept(duck)}"


def _numbers(duck: Duck) -> Iterator[str]:
    names = duck.numbered()
    if names:
        yield f"numbers in the place of: {', '.join(names)}, of which only matters what is the same"


def _why_kept(duck: Duck) -> str:
    return "types of undeclared fields follow from all values" if duck.has_undeclared else "they may be read twice"


__all__ = ["Answer", "Choice", "asked_of", "choose", "explain", "relations_of", "title"]
