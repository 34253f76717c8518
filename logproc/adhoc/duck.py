"""What no rollup can compute, in DuckDB: it reads the logs as a stream of record batches, in one pass.

A query that may read a relation twice gets tables instead, filled in one pass; DuckDB moves to disk what does not fit
into its memory. The query is bound to empty tables first, so that nothing is read for one that cannot run.
"""

from __future__ import annotations

import re
import threading
import time
from contextlib import ExitStack, suppress
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from logproc import questions, scratch
from logproc.adhoc.arrow import TYPES
from logproc.adhoc.channel import ClosedError
from logproc.adhoc.columns import empty_table, without_codes
from logproc.adhoc.fields import sampled_fields
from logproc.adhoc.inner import Asking, Inner, inner_of, same_tree
from logproc.adhoc.numbering import ManyTextsError, Room, with_numbers
from logproc.adhoc.question import Asked, asked_of, relations_of
from logproc.adhoc.refusals import one_select, query_error
from logproc.adhoc.registered import register_functions
from logproc.adhoc.scan import Scan
from logproc.adhoc.undeclared import Undeclared, quoted
from logproc.config import NamedReport
from logproc.errors import CapacityError, MissingExtraError, QueryError
from logproc.inputs.opening import STDIN
from logproc.model import Kind
from logproc.rollup.spec import Column

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from typing import Self

    from logproc.adhoc.arrow import Selection
    from logproc.adhoc.grouped import Groups
    from logproc.config import Config
    from logproc.report.progress import Progress
    from logproc.report_model import Report
    from logproc.rollup.spec import Expression, RollupSpec

MEMORY = 2 << 30
"""Bytes that DuckDB may use where the configuration names no limit."""

GATHERED = 64
"""Record batches that are inserted into a table at once."""

PATIENCE, AGAIN = 10.0, 0.05
"""Seconds that an interrupted query may take to end, and after which it is interrupted again."""

RESULT_ROWS = 1 << 16
"""Rows of a batch of the result."""


def import_duckdb() -> Any:  # noqa: ANN401 - duckdb has types of its own
    """Import DuckDB; MissingExtraError where it is not installed."""
    try:
        import duckdb  # noqa: PLC0415 - 0.1 s, and an extra
    except ImportError as error:
        raise MissingExtraError("a query that is no rollup", "sql") from error
    return duckdb


class Duck:
    """One query over the configured logs; a context manager.

    `explain` and `reader` may be called once it is entered; QueryError if DuckDB refuses the query. It is asked about
    all rows as they are if `plain`, else about groups or numbers in their place where the answer is the same. `say` is
    told when all is read once more.
    """

    def __init__(
        self,
        config: Config,
        sql: str,
        *,
        progress: Progress | None = None,
        plain: bool = False,
        say: Callable[[str], None] | None = None,
    ) -> None:
        self._duckdb = import_duckdb()
        self._config = config
        self._sql = sql
        self._progress = progress
        self._plain = plain
        self._say = say or (lambda _line: None)
        self._memory = config.memory or MEMORY
        self.relations = relations_of(config)
        self.asked: Asked = asked_of(sql, self.relations, partial(sampled_fields, config))
        self._stack = ExitStack()
        self._scan: Scan | None = None
        self._connection: Any = None
        self._undeclared: Undeclared
        self._failure: BaseException | None = None
        self.inner: Inner | None = None
        self._reads: Mapping[str, Selection | Groups] = self.asked.selections
        self._given = False  # whether anybody has rows of the result

    def __enter__(self) -> Self:
        """Open a database in memory and see whether the query can run in it."""
        try:
            self._open()
        except BaseException:
            self._stack.close()
            raise
        return self

    def _open(self) -> None:
        folder = self._stack.enter_context(scratch.folder())
        limit = _binary(self._memory)
        settings = {"threads": self._config.workers, "temp_directory": folder, "memory_limit": limit}
        self._connection = self._stack.enter_context(self._duckdb.connect(config=settings))
        self._connection.execute(
            "SET TimeZone = 'UTC'; SET errors_as_json = true; SET autoinstall_known_extensions = false"
        )
        with suppress(self._duckdb.Error):  # a notebook without ipywidgets has no bar of DuckDB's, nor this setting
            self._connection.execute("SET enable_progress_bar = false")  # it would be on stdout, among the answer
        words = frozenset(word.lower() for word in re.findall(r"\w+", self._sql))
        register_functions(self._connection, self._config.geo.files, only=words)
        self._show_empty(self.asked.selections)
        for name in () if self.asked.selections else self.relations.by_name:  # for SHOW TABLES
            self._connection.register(name, empty_table(pa.schema([("time", TYPES[Kind.TIME])])))
        self._undeclared = Undeclared(self._connection, self.asked)
        self._bind()
        if not (self._undeclared.fields or self._plain):
            self.inner = self._grouped()
            self._reads = self._numbered(self._texts())

    def __exit__(self, *exc: object) -> None:
        """Close everything."""
        if self._scan is not None:
            self._scan.__exit__(*exc)
        self._stack.__exit__(*exc)  # type: ignore[arg-type]

    @property
    def has_undeclared(self) -> bool:
        """Tell whether the query names fields whose type their values decide."""
        return bool(self._undeclared.fields)

    def numbered(self) -> list[str]:
        """Return the columns, keys as they are computed, in whose place DuckDB gets numbers."""
        found = []
        for reads in self._reads.values():
            labels = dict(zip(reads.labels, reads.columns, strict=False))
            found += [_shown(label, labels[label]) for label in reads.numbers]
        return found

    def explain(self) -> str:
        """Return DuckDB's plan."""
        rows = self._guarded(lambda: self._connection.execute(f"EXPLAIN {self._text()}").fetchall())
        return "\n".join(str(row[-1]).rstrip() for row in rows)

    def reader(self) -> Any:  # noqa: ANN401 - pyarrow
        """Read the logs, and return the result as a RecordBatchReader."""
        try:
            return self._read()
        except ManyTextsError:
            return self._again()

    def _read(self) -> Any:  # noqa: ANN401 - pyarrow
        selections = self._reads
        self._scan = Scan(self._config, list(selections.values()), progress=self._progress).__enter__()
        if self.asked.streams:
            for name, selection in selections.items():
                self._connection.unregister(name)
                batches = self._watched(batch for _, batch in self._scan)
                self._connection.register(name, pa.RecordBatchReader.from_batches(selection.schema, batches))
        else:
            self._fill(selections)
            self._guarded(self._undeclared.settle)
        # In a thread of its own: a signal must find the main thread in Python, whatever DuckDB is at.
        return self._guarded(self._result)

    def _text(self) -> str:
        """Return the query that DuckDB runs."""
        return self.asked.sql if self.inner is None else self.inner.sql

    def _texts(self) -> Mapping[str, Selection | Groups]:
        """Return what it reads, by name, all texts being texts."""
        return self.asked.selections if self.inner is None else self.inner.groups

    def _numbered(self, reads: Mapping[str, Selection | Groups]) -> Mapping[str, Selection | Groups]:
        """Return what it reads with numbers in the place of texts, where its answer is the same with them.

        Not what can be read once only: where there are too many texts, all is read again.
        """
        room = Room(self._memory)
        found = {} if STDIN in self._config.paths else with_numbers(self._text(), reads, room)
        if not found:
            return reads
        with suppress(self._duckdb.Error):
            columns = self._columns(self._text())
            self._show_empty(found)
            if self._columns(self._text()) == columns:
                self._limit(self._memory - room.bytes)
                return found
        self._show_empty(reads)
        return reads

    def _limit(self, memory: int) -> None:
        """Let DuckDB have so much memory."""
        self._connection.execute(f"SET memory_limit = '{_binary(memory)}'")

    def _show_empty(self, reads: Mapping[str, Selection | Groups]) -> None:
        for name, selection in reads.items():
            self._connection.register(name, empty_table(selection.schema))

    def _again(self) -> Any:  # noqa: ANN401 - pyarrow
        """Begin again with texts, since there are too many to be numbered."""
        assert self._scan is not None
        if self._progress is not None:
            self._progress.close()
        size, names = _binary(Room(self._memory).bytes), " and ".join(self.numbered())
        self._say(f"more different texts of {names} than {size} hold as numbers; once more, with the texts")
        error = ManyTextsError()
        self._scan.__exit__(type(error), error, None)  # so that it leaves nothing, and writes no rejects
        self._failure = None
        for name in self._reads:
            self._connection.unregister(name)
            self._connection.execute(f"DROP TABLE IF EXISTS {quoted(name)}")
        self._limit(self._memory)
        self._reads = self._texts()
        return self._read()

    def _grouped(self) -> Inner | None:
        """Return the query that reads groups in the place of rows, if there is one whose columns are the same."""
        known = Asking(self.relations, self._planned, self._columns, self._parsed)
        try:
            inner = inner_of(self.asked.sql, known)
            self._show_empty(inner.groups if inner is not None else {})
            same = inner is not None and self._columns(inner.sql) == self._columns(self.asked.sql)
        except self._duckdb.Error:
            return None
        return inner if same else None

    def _planned(self, sql: str) -> RollupSpec:
        named = (NamedReport("sql", sql),)
        (spec,) = questions.reports(replace(self._config, reports=("sql",), named_reports=named, checks=()))
        return spec

    def _columns(self, sql: str) -> dict[str, str]:
        """Return the columns of a query and their types."""
        return {row[0]: row[1] for row in self._connection.execute(f"DESCRIBE {sql}").fetchall()}

    def _parsed(self, sql: str) -> str:
        """Return DuckDB's syntax tree of a query."""
        return same_tree(self._connection.execute("SELECT json_serialize_sql(?)", [sql]).fetchall()[0][0])

    def _result(self) -> Any:  # noqa: ANN401 - pyarrow
        relation = self._connection.sql(self._text())
        reader = getattr(relation, "to_arrow_reader", None) or relation.fetch_arrow_reader  # its name before 1.4
        return without_codes(reader(RESULT_ROWS))

    def report(self) -> Report:
        """Return the accounting of what was read: a query with a LIMIT may have enough before the end of the logs."""
        assert self._scan is not None
        return self._scan.report()

    def _fill(self, selections: Mapping[str, Selection | Groups]) -> None:
        """Fill a table for each relation, all in one pass."""
        assert self._scan is not None
        names = list(selections)
        for name in names:
            self._connection.unregister(name)
            self._connection.register("_empty", empty_table(selections[name].schema))
            self._connection.execute(f"CREATE TABLE {quoted(self._undeclared.table(name))} AS FROM _empty")
        held: list[list[Any]] = [[] for _ in names]
        rows, enough = 0, self.asked.enough
        for number, batch in self._scan:
            held[number].append(batch)
            rows += batch.num_rows
            if enough is not None and rows >= enough:
                break
            if len(held[number]) >= GATHERED:
                self._insert(names[number], held[number])
        for name, batches in zip(names, held, strict=True):
            self._insert(name, batches)

    def _insert(self, name: str, batches: list[Any]) -> None:
        if batches:
            self._connection.register("_rows", pa.Table.from_batches(batches))
            self._connection.execute(f"INSERT INTO {quoted(self._undeclared.table(name))} FROM _rows")
            self._connection.unregister("_rows")
            batches.clear()

    def _watched(self, batches: Iterator[Any]) -> Iterator[Any]:
        """Remember what went wrong, which DuckDB would pass on as text only."""
        try:
            yield from batches
        except ClosedError:  # nobody reads on, and perhaps all is read once more
            raise
        except BaseException as error:
            self._failure = error
            raise

    def _bind(self) -> None:
        try:
            statements = self._duckdb.extract_statements(self.asked.sql)
        except self._duckdb.Error:  # once more, for the place in the query
            self._guarded(lambda: self._connection.execute(self.asked.sql))
            raise
        if len(statements) != 1 or statements[0].type.name not in {"SELECT", "SELECT_STATEMENT"}:
            raise one_select(self._sql, len(statements))
        self._guarded(self._undeclared.bind, shift=len("EXPLAIN "))

    def _guarded(self, work: Callable[[], Any], shift: int = 0) -> Any:  # noqa: ANN401 - what the work returns
        try:
            return self._in_thread(work)
        except self._duckdb.Error as error:
            if self._failure is not None:
                raise self._failure from error
            raise self._said(error, shift) from error

    def _said(self, error: Exception, shift: int = 0) -> QueryError:
        """Turn an error of DuckDB into ours; places in what it ran say nothing if that is not what was asked."""
        return query_error(error, self.asked, self._sql, self.relations, shift if self.inner is None else None)

    def _in_thread(self, work: Callable[[], Any]) -> Any:  # noqa: ANN401 - what the work returns
        outcome: dict[str, Any] = {}
        done = threading.Event()  # joins that were interrupted have taken the thread for one that has ended

        def run() -> None:
            try:
                outcome["value"] = work()
            except BaseException as error:  # noqa: BLE001 - raised where it is waited for
                outcome["error"] = error
            done.set()

        thread = threading.Thread(target=run, name="duckdb", daemon=True)
        try:
            thread.start()
            done.wait()
        except BaseException:
            self._connection.interrupt()
            if self._scan is not None:
                self._scan.stop()
            self._end(done)
            raise
        if "error" in outcome:
            raise outcome["error"]
        return outcome["value"]

    def _end(self, done: threading.Event) -> None:
        """Interrupt DuckDB until it is done: a connection that is at something cannot be closed.

        One interrupt is not enough where the query has not begun, or begins its next part.
        """
        end = time.monotonic() + PATIENCE
        while not done.wait(AGAIN) and time.monotonic() < end:
            self._connection.interrupt()

    def batches(self, reader: Any) -> Iterator[Any]:  # noqa: ANN401 - pyarrow
        """Yield the batches of a result, whose making may fail halfway."""
        while True:
            try:
                batch = self._next(reader)
            except ManyTextsError as error:
                if self._given:
                    reason = f"{error}; ask for fewer rows, or leave it out"
                    raise CapacityError(" and ".join(self.numbered()), reason) from error
                reader = self._again()
                continue
            if batch is None:
                return
            if not self._given and not self._unbound():  # a thread has failed, which is heard with a later batch
                self._drop(reader)
                reader = self._again()
                continue
            self._given = True
            yield batch

    def _next(self, reader: Any) -> Any:  # noqa: ANN401 - pyarrow
        try:
            return self._in_thread(lambda: next(reader, None))
        except (self._duckdb.Error, pa.ArrowException) as error:
            if self._failure is not None:
                raise self._failure from error
            raise self._said(error) from error

    def _drop(self, reader: Any) -> None:  # noqa: ANN401 - pyarrow
        """Take what is left of a result, up to the failure that waits there: an open one keeps the connection busy."""
        with suppress(self._duckdb.Error, pa.ArrowException):
            while self._in_thread(lambda: next(reader, None)) is not None:
                pass

    def _unbound(self) -> bool:
        """Let numbers go on without bounds, if they can: nothing can begin again once somebody has rows."""
        every = [numbers.unbound() for reads in self._reads.values() for numbers in reads.numbers.values()]
        return all(every)


def _binary(size: int) -> str:
    """Write bytes as DuckDB reads them: `512 MiB`."""
    return f"{size >> 20} MiB" if size >= 1 << 20 else f"{size >> 10} KiB"


def _shown(label: str, column: Expression) -> str:
    return column.name if isinstance(column, Column) else label
