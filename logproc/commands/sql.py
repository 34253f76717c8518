"""`logproc sql`: a question of one's own."""

from __future__ import annotations

import sys
from contextlib import ExitStack
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from logproc.commands import prompt
from logproc.commands.options import CREW, INPUT, NETWORK, SPAN, VERBOSITY, begin_if_cold, load_config, options
from logproc.console import hush, is_json, put, say, tell
from logproc.errors import MissingExtraError, UsageError
from logproc.inputs.own import refuse_named

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import BinaryIO

    from logproc.adhoc.sql import Answer
    from logproc.config import Config
    from logproc.report_model import ReportTable

FORMS = ("table", "json", "csv", "parquet")

SHOWN_ROWS = 1000
"""Rows of an answer that a table shows."""


@click.command()
@click.argument("query", metavar="[SQL|FILE.sql]", required=False)
@options(INPUT)
@click.option("-f", "--file", metavar="FILE", help="Read the query from a file; all arguments are PATHs then.")
@click.option("--to", type=click.Choice(FORMS), default="table", show_default=True)
@click.option("-o", "--output", metavar="FILE", help="Write here; default: standard output.")
@click.option("--explain", is_flag=True, help="Say which engine the query runs in and why, and read nothing.")
@click.option("--rejects", metavar="FILE", help="Write rejected lines as JSON lines.")
@options(CREW, SPAN, NETWORK, VERBOSITY)
def sql(
    *,
    query: str | None,
    file: str | None,
    to: str,
    output: str | None,
    explain: bool,
    **typed: Any,  # noqa: ANN401
) -> int:
    """Answer one SELECT over logs.

    FROM names a family (web, syslog, app, json), a source of config.toml, or logs for all. What merges runs as a
    rollup, as reports do; the rest in DuckDB, over the rows and columns that it needs. Without a query, on a terminal,
    it asks for one.
    """
    if file is None and prompt.is_at_terminal() and (query is None or _is_path(query)):
        paths = (*(() if query is None else (query,)), *typed["paths"])
        return _ask(load_config({**typed, "paths": paths}), paths)
    name, text, paths = _question(query, file, typed["paths"])
    config = load_config({**typed, "paths": paths})
    from logproc.adhoc import sql as engine

    if explain:
        put(engine.explain(config, text, name))
        return 0
    if output is not None and output != "-":
        from logproc.report import files

        files.require_writable("-o", output)
    if to == "parquet" and output in {None, "-"} and sys.stdout.isatty():
        raise UsageError("--to parquet writes bytes, and standard output is a terminal; name a file with -o")
    written = None if output == "-" else output
    refuse_named(config.paths, {"-o": written, "--rejects": config.output.rejects}, printed=written is None)
    begin_if_cold(quiet=config.quiet)
    return _answer(replace(config, written=written), name, text, to, output, tuple(paths))


def _is_path(query: str) -> bool:
    """Tell whether what stands where the query should is something to read: no query is one word."""
    return not any(map(str.isspace, query)) and not query.endswith(".sql") and (query == "-" or Path(query).exists())


def _ask(config: Config, named: tuple[str, ...]) -> int:
    """Answer questions at a prompt."""
    if "-" in named:
        raise UsageError("standard input is the prompt's: name a file or a folder")
    from logproc.adhoc import sql as engine
    from logproc.adhoc.fields import sampled_fields
    from logproc.adhoc.question import relations_of
    from logproc.rollup.functions import CALLABLE

    known = relations_of(config)
    relations = {name: tuple(relation.columns) for name, relation in known.by_name.items()}
    declared = {name: relation for name, relation in known.by_name.items() if not relation.dynamic}

    @cache
    def own(name: str) -> tuple[str, ...]:
        usual = [c for c in declared[name].columns if c in declared[name].usual] if name in declared else []
        return tuple(dict.fromkeys([*usual, *sampled_fields(config, known.keys[name])]))

    functions = sorted(CALLABLE)
    put(f"SQL over {', '.join(config.paths)}; FROM names {', '.join(relations)}. A query ends with ; - see .help\n")
    begin_if_cold(quiet=config.quiet)
    return prompt.ask(
        prompt.Prompt(
            prompt.Words(relations, functions, own),
            lambda text, mode: print_answer(config, text, mode, named),
            lambda text: engine.explain(config, text),
        )
    )


def print_answer(config: Config, text: str, mode: str, named: tuple[str, ...]) -> None:
    """Answer one question on standard output."""
    _answer(config, "sql", text, mode, None, named)


def _question(query: str | None, file: str | None, paths: tuple[str, ...]) -> tuple[str, str, tuple[str, ...]]:
    """Return the name and the text of the query, and what to read."""
    if file is not None:
        named, paths = file, (*(() if query is None else (query,)), *paths)
    elif query is None:
        raise UsageError('ask something: logproc sql "SELECT count(*) FROM web" PATH, or name a file with -f')
    elif query.endswith(".sql") and "\n" not in query and " " not in query.strip():
        named = query
    else:
        return "sql", query, paths
    try:
        return Path(named).stem, Path(named).read_text(encoding="utf-8"), paths
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{named}: {getattr(error, 'strerror', None) or error}") from error


def _answer(config: Config, name: str, text: str, to: str, output: str | None, named: tuple[str, ...]) -> int:
    from logproc.adhoc.sql import Answer
    from logproc.report import files, summary
    from logproc.report.progress import bar_if_watched
    from logproc.report.text import inexactness

    progress = bar_if_watched(quiet=config.quiet or is_json())
    with ExitStack() as stack:
        if progress is not None:
            stack.callback(progress.close)
        answer = stack.enter_context(
            Answer(config, text, name=name, progress=progress, say=hush if config.quiet else tell)
        )
        if output is None or output == "-":
            sys.stdout.flush()
            watched = sys.stdout.isatty() and output is None
            done = progress.close if progress is not None and sys.stdout.isatty() else _nothing
            _write(answer, name, text, to, sys.stdout.buffer, terminal=watched, done=done)
            sys.stdout.buffer.flush()
        else:
            out = stack.enter_context(files.replacing(output))
            _write(answer, name, text, to, out, terminal=False)
        report = answer.report
    if answer.table is not None and not answer.table.exact and to != "json":  # which has the error within
        (hush if config.quiet else tell)(f"not exact: {inexactness(answer.table.error)}")
    say(summary.problems(report, config.max_reject_ratio, named))
    return summary.exit_code(report, config.max_reject_ratio, named)


def _nothing() -> None:
    """Do nothing."""


def _write(
    answer: Answer,
    name: str,
    text: str,
    to: str,
    out: BinaryIO,
    *,
    terminal: bool,
    done: Callable[[], None] = _nothing,
) -> None:
    """Write an answer; `done` is called before the first of it is, so that no progress bar stands among the rows."""
    if to != "table" or answer.table is not None:
        done()
    if answer.table is not None:
        _write_report(answer.table, to, out, terminal=terminal)
        return
    from logproc.adhoc import write
    from logproc.rollup.statement import title

    if to == "table":
        table = write.table_of(name, text, "", answer.schema, answer.batches(), SHOWN_ROWS)
        done()
        _write_report(table, to, out, terminal=terminal)
    elif to == "json":
        pieces = write.json_lines(name, text, title(text, name), answer.schema, answer.batches())
        out.writelines(piece.encode("utf-8", "backslashreplace") for piece in pieces)
        out.write(b"\n")
    elif to == "csv":
        write.write_csv(out, answer.schema, answer.batches())
    else:
        write.write_parquet(out, answer.schema, answer.batches())


def _write_report(table: ReportTable, to: str, out: BinaryIO, *, terminal: bool) -> None:
    """Write a finished report, of which only Parquet needs pyarrow."""
    from logproc.report import csv, json
    from logproc.report.terminal import render_table

    if to == "table":
        out.write(render_table(table, SHOWN_ROWS, terminal=terminal).encode("utf-8", "backslashreplace"))
    elif to == "json":
        out.writelines(piece.encode("utf-8", "backslashreplace") for piece in json.table_text(table, table.rows))
        out.write(b"\n")
    elif to == "csv":
        out.write(csv.render(table))
    else:
        try:
            from logproc.adhoc import write
        except ImportError as error:
            raise MissingExtraError("--to parquet", "sql") from error
        made = table.to_arrow()
        write.write_parquet(out, made.schema, made.to_batches())
