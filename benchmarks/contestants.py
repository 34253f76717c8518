"""Who runs: one row a contestant, with what it needs, how it is started and how it answers each work.

Engines that Python can import answer in a child process of their own, started as

    python benchmarks/contestants.py NAME WORK PATH --threads N [--repeat R]

which prints the answer and the seconds of each repetition, imports and start-up excluded. The others are started as
their users start them. Every contestant runs with the best settings that we found for it; a comment says what lost.
"""

from __future__ import annotations

import argparse
import atexit
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from functools import partial
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from answers import Answer, from_awk, hour_of, top

HERE = Path(__file__).resolve().parent

if TYPE_CHECKING:
    from collections.abc import Callable

Solve: TypeAlias = "Callable[[Path, int], Answer]"
QUERIES = HERE / "queries"


class MissingError(Exception):
    """A contestant or one of its features is not on this machine; says what to install."""


# ---- logproc ----------------------------------------------------------------------------------------------------

PRODUCT = {"PYTHONPATH": str(HERE.parent)}
REPORTS = {
    "a": [str(QUERIES / "a" / f"{name}.sql") for name in ("status", "hours", "targets", "clients", "totals")],
    "json": [str(QUERIES / "json" / "by_status.sql")],
    "small": [str(QUERIES / "small" / "status.sql")],
    "preset": ["web"],
}


def logproc_version() -> str:
    import logproc

    return logproc.__version__


def logproc_answer(work: str, tables: dict[str, list[list[Any]]], lines: int) -> Answer:
    if work == "a":
        ((_, distinct, total),) = tables["totals"]
        return {
            "lines": lines,
            "status": {str(status): count for status, count in tables["status"]},
            "hours": {hour_of(hour): count for hour, count in tables["hours"]},
            "targets": dict(tables["targets"]),
            "clients": dict(tables["clients"]),
            "distinct": distinct,
            "bytes": total,
        }
    if work == "json":
        return by_status(tables["by_status"])
    if work == "small":
        return {"lines": lines, "status": {str(status): count for status, count in tables["status"]}}
    return {"lines": lines}


def logproc_solve(work: str, backend: str, path: Path, threads: int) -> Answer:
    import logproc

    report = logproc.run(path, workers=threads, reports=REPORTS[work], backend=backend)
    return logproc_answer(work, {table.name: list(table.rows) for table in report.reports}, report.lines.counted)


def logproc_command(work: str, backend: str, path: Path, threads: int) -> list[str]:
    reports = [option for report in REPORTS[work] for option in ("--report", report)]
    command = [sys.executable, "-m", "logproc", "run", str(path), "-j", str(threads), "--backend", backend]
    # The nightly job that lies in the current folder has checks of its own, which other inputs may fail.
    return [*command, "-c", os.devnull, "--json", "-", "-q", *reports]


def logproc_read(work: str, output: str) -> Answer:
    report = json.loads(output)
    tables = {table["name"]: table["rows"] for table in report["reports"]}
    return logproc_answer(work, tables, report["accounting"]["lines"]["counted"])


def help_command(path: Path, threads: int) -> list[str]:  # noqa: ARG001  # nothing is read
    return [sys.executable, "-m", "logproc", "--help"]


def nightly_command(path: Path, threads: int) -> list[str]:
    """Run with a ledger beside the input: the first run fills it, the next ones find nothing new."""
    state = str(path.with_name("nightly-state"))
    command = [sys.executable, "-m", "logproc", "run", str(path), "-j", str(threads), "-q", "--state", state]
    return [*command, "-c", os.devnull, "--report", REPORTS["small"][0]]


def no_answer(output: str) -> Answer:  # noqa: ARG001  # nothing to compare
    return {}


def empty_cache(threads: int) -> dict[str, str]:  # noqa: ARG001  # the same for any number
    """Copy the package without what was compiled: machine code is kept beside the sources."""
    folder = tempfile.mkdtemp(prefix="logproc-uncached-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    shutil.copytree(HERE.parent / "logproc", Path(folder) / "logproc", ignore=shutil.ignore_patterns("__pycache__"))
    # The safe path keeps `python -m` from preferring the package in the current folder.
    return {"PYTHONPATH": os.pathsep.join((folder, str(HERE))), "PYTHONSAFEPATH": "1"}


# ---- DuckDB -----------------------------------------------------------------------------------------------------


def duckdb_version() -> str:
    import duckdb

    return duckdb.__version__


def duckdb_connect(threads: int) -> Any:  # the engine may be missing
    import duckdb

    return duckdb.connect(config={"threads": threads, "preserve_insertion_order": False})


DUCKDB_COLUMNS = (
    "{'client': 'VARCHAR', 'ident': 'VARCHAR', 'user': 'VARCHAR', 'time': 'VARCHAR', 'zone': 'VARCHAR', "
    "'request': 'VARCHAR', 'status': 'SMALLINT', 'bytes': 'BIGINT', 'referrer': 'VARCHAR', 'agent': 'VARCHAR'}"
)


def duckdb_csv(pattern: str) -> str:
    # Blank as delimiter and quotes; one column a line and string_split took twice as long.
    return (
        f"read_csv('{pattern}', delim=' ', quote='\"', escape='\"', header=false, auto_detect=false, parallel=true, "
        f"columns={DUCKDB_COLUMNS})"
    )


def duckdb_a(path: Path, threads: int) -> Answer:
    # One scan. Slower: GROUPING SETS (4x), a materialized CTE (2x), a temporary table (1.2x), five scans (4x).
    row = (
        duckdb_connect(threads)
        .execute(
            f"SELECT count(*), histogram(status), histogram(substr(time, 2, 14)), "
            f"approx_top_k(split_part(request, ' ', 2), 10), approx_top_k(client, 10), "
            f"approx_count_distinct(client), sum(bytes) FROM {duckdb_csv(str(path))}"
        )
        .fetchone()
    )
    return {
        "lines": row[0],
        "status": {str(status): count for status, count in row[1].items()},
        "hours": {hour_of(hour): count for hour, count in row[2].items()},
        "targets": dict.fromkeys(row[3]),
        "clients": dict.fromkeys(row[4]),
        "distinct": row[5],
        "bytes": int(row[6]),
    }


def duckdb_json(path: Path, threads: int) -> Answer:
    rows = (
        duckdb_connect(threads)
        .execute(
            f"SELECT status, count(*), approx_quantile(duration, 0.95), approx_count_distinct(remote_addr) "
            f"FROM read_json('{path}', format='newline_delimited', "
            f"columns={{'status': 'SMALLINT', 'duration': 'DOUBLE', 'remote_addr': 'VARCHAR'}}) GROUP BY status"
        )
        .fetchall()
    )
    return by_status(rows)


def duckdb_small(path: Path, threads: int) -> Answer:
    rows = (
        duckdb_connect(threads)
        .execute(f"SELECT status, count(*) FROM {duckdb_csv(f'{path}/**/*')} GROUP BY status")
        .fetchall()
    )
    return counted_status(rows)


# ---- Polars -----------------------------------------------------------------------------------------------------


def polars_version() -> str:
    import polars as pl

    return pl.__version__


def polars_scan(source: Path | list[Path]) -> Any:  # the engine may be missing
    import polars as pl

    text = ("client", "ident", "user", "time", "zone", "request")
    schema = dict.fromkeys(text, pl.String) | {"status": pl.Int16, "bytes": pl.Int64}
    schema |= {"referrer": pl.String, "agent": pl.String}
    return pl.scan_csv(source, separator=" ", quote_char='"', has_header=False, schema=schema)


def polars_a(path: Path, threads: int) -> Answer:  # noqa: ARG001  # POLARS_MAX_THREADS is set at start
    import polars as pl

    target = pl.col("request").str.split_exact(" ", 2).struct.field("field_1")
    frame = polars_scan(path).select("client", "status", "bytes", hour=pl.col("time").str.slice(1, 14), target=target)
    # One scan for all, shared by collect_all. Distinct clients fall out of the exact group-by.
    status, hours, targets, clients, total = pl.collect_all(
        [
            frame.group_by("status").len(),
            frame.group_by("hour").len(),
            frame.group_by("target").len().top_k(10, by="len"),
            frame.group_by("client").len(),
            frame.select(pl.len(), pl.col("bytes").sum()),
        ],
        engine="streaming",
    )
    return {
        "lines": total.row(0)[0],
        "status": {str(key): count for key, count in status.rows()},
        "hours": {hour_of(key): count for key, count in hours.rows()},
        "targets": dict(targets.rows()),
        "clients": dict(clients.top_k(10, by="len").rows()),
        "distinct": len(clients),
        "bytes": total.row(0)[1],
    }


def polars_json(path: Path, threads: int) -> Answer:  # noqa: ARG001  # POLARS_MAX_THREADS is set at start
    import polars as pl

    schema = {"remote_addr": pl.String, "status": pl.Int64, "duration": pl.Float64}
    frame = pl.scan_ndjson(path, schema=schema).group_by("status")
    found = frame.agg(pl.len(), pl.col("duration").quantile(0.95), pl.col("remote_addr").approx_n_unique().alias("d"))
    return by_status(found.collect(engine="streaming").rows())


def polars_small(path: Path, threads: int) -> Answer:  # noqa: ARG001  # POLARS_MAX_THREADS is set at start
    files = sorted(file for file in path.rglob("*") if file.is_file())
    frame = polars_scan(files).group_by("status").len().collect(engine="streaming")
    return counted_status(frame.rows())


# ---- chdb (ClickHouse in the process) ---------------------------------------------------------------------------


def chdb_version() -> str:
    import chdb

    return f"{metadata.version('chdb')} (ClickHouse {chdb.engine_version})"


def chdb_rows(query: str, threads: int) -> list[list[Any]]:
    import chdb

    settings = f"max_threads={threads}, output_format_json_quote_64bit_integers=0"
    return json.loads(str(chdb.query(f"{query} SETTINGS {settings}", "JSONCompact")))["data"]


def chdb_a(path: Path, threads: int) -> Answer:
    # LineAsString and splitByChar with a limit: what lies behind the size is never split. Regexp takes three times
    # as long. Statuses and hours are fewer than the capacity of approx_top_k, hence exact.
    ((lines, status, hours, targets, clients, distinct, total),) = chdb_rows(
        "WITH splitByChar(' ', line, 11) AS part SELECT count(), approx_top_k(32)(part[9]), "
        "approx_top_k(512)(substring(part[4], 2, 14)), approx_top_k(10, 1000)(part[7]), "
        "approx_top_k(10, 1000)(part[1]), uniq(part[1]), sum(toUInt64OrZero(part[10])) "
        f"FROM file('{path}', 'LineAsString', 'line String')",
        threads,
    )
    return {
        "lines": lines,
        "status": {entry["item"]: entry["count"] for entry in map(named, status)},
        "hours": {hour_of(entry["item"]): entry["count"] for entry in map(named, hours)},
        "targets": {entry["item"]: entry["count"] for entry in map(named, targets)},
        "clients": {entry["item"]: entry["count"] for entry in map(named, clients)},
        "distinct": distinct,
        "bytes": total,
    }


def named(entry: Any) -> dict[str, Any]:  # a tuple comes as an object or as an array
    return entry if isinstance(entry, dict) else {"item": entry[0], "count": entry[1]}


def chdb_json(path: Path, threads: int) -> Answer:
    columns = "status UInt16, duration Float64, remote_addr String"
    rows = chdb_rows(
        "SELECT status, count(), quantileDD(0.01, 0.95)(duration), uniq(remote_addr) "
        f"FROM file('{path}', 'JSONEachRow', '{columns}') GROUP BY status",
        threads,
    )
    return by_status(rows)


def chdb_small(path: Path, threads: int) -> Answer:
    rows = chdb_rows(
        "SELECT toUInt16OrZero(splitByChar(' ', line, 10)[9]) AS status, count() "
        f"FROM file('{path}/**', 'LineAsString', 'line String') GROUP BY status",
        threads,
    )
    return counted_status(rows)


# ---- isal: decompression alone, for the gzip work ---------------------------------------------------------------


def isal_version() -> str:
    import isal

    return isal.__version__


def isal_inflate(path: Path, threads: int) -> Answer:  # noqa: ARG001  # one thread
    from isal import igzip

    buffer = bytearray(1 << 20)
    total = 0
    with igzip.open(path, "rb") as stream:
        while count := stream.readinto(buffer):
            total += count
    return {"inflated": total}


# ---- shapes of answers ------------------------------------------------------------------------------------------


def by_status(rows: list[Any]) -> Answer:
    """Take rows of status, count, 95th percentile, distinct clients."""
    return {
        "lines": sum(row[1] for row in rows),
        "status": {str(row[0]): row[1] for row in rows},
        "p95": {str(row[0]): row[2] for row in rows},
        "distinct_by_status": {str(row[0]): row[3] for row in rows},
    }


def counted_status(rows: list[Any]) -> Answer:
    counts = {str(row[0]): row[1] for row in rows}
    return {"lines": sum(counts.values()), "status": counts}


# ---- commands ---------------------------------------------------------------------------------------------------


def tool_version(name: str, option: str, pattern: str) -> str:
    if shutil.which(name) is None:
        raise MissingError(f"apt install {name}")
    shown = subprocess.run([name, *option.split()], capture_output=True, text=True, check=False)
    found = re.search(pattern, shown.stdout + shown.stderr)
    return found[1] if found else "unknown"


def mawk_a(path: Path, threads: int) -> list[str]:  # noqa: ARG001  # one thread
    return ["mawk", "-f", str(QUERIES / "a.awk"), str(path)]


def mawk_small(path: Path, threads: int) -> list[str]:  # noqa: ARG001  # one thread
    return [
        "sh",
        "-c",
        'find "$1" -type f -print0 | xargs -0 cat | mawk -f "$2"',
        "sh",
        str(path),
        str(QUERIES / "status.awk"),
    ]


def wc_lines(path: Path, threads: int) -> list[str]:  # noqa: ARG001  # one thread
    return ["wc", "-l", str(path)]


def read_wc(output: str) -> Answer:
    return {"lines": int(output.split(maxsplit=1)[0])}


def goaccess_has_jobs() -> bool:
    """Tell whether this GoAccess reads with several threads: -j came with 1.8."""
    shown = subprocess.run(["goaccess", "--help"], capture_output=True, text=True, check=False)
    return "--jobs" in shown.stdout


def goaccess_preset(path: Path, threads: int) -> list[str]:
    jobs = ["-j", str(threads)] if goaccess_has_jobs() else []
    report = path.parent / "goaccess.json"
    command = ["goaccess", str(path), "--log-format=COMBINED", "--no-global-config", "--no-progress", *jobs]
    return ["sh", "-c", '"$@" >/dev/null && cat "$0"', str(report), *command, "-o", str(report)]


def read_goaccess(output: str) -> Answer:
    general = json.loads(output)["general"]
    return {"lines": general["valid_requests"]}


# ---- the table --------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Contestant:
    """`solve` answers inside Python; `commands` starts a tool, whose output `read` understands."""

    name: str
    version: Callable[[], str]
    solve: dict[str, Solve] = field(default_factory=dict)
    commands: dict[str, Callable[[Path, int], list[str]]] = field(default_factory=dict)
    read: dict[str, Callable[[str], Answer]] = field(default_factory=dict)
    environment: Callable[[int], dict[str, str]] = lambda _: {}

    def works(self) -> set[str]:
        return set(self.solve) | set(self.commands)

    def whole(self, work: str, path: Path, threads: int) -> list[str]:
        """Return the command a user would start: process start, imports and work."""
        if work in self.commands:
            return self.commands[work](path, threads)
        return self.inside(work, path, threads, repeat=1)

    def inside(self, work: str, path: Path, threads: int, repeat: int) -> list[str]:
        """Return the command that answers `repeat` times in one process and says how long each took."""
        child = [sys.executable, str(HERE / "contestants.py"), self.name, work, str(path)]
        return [*child, "--threads", str(threads), "--repeat", str(repeat)]

    def answer(self, work: str, output: str) -> Answer:
        return self.read[work](output) if work in self.read else json.loads(output)["answer"]

    def available(self) -> str:
        """Return the version; MissingError says why there is none."""
        try:
            return self.version()
        except ImportError as error:
            raise MissingError(f"pip install {error.name}") from error

    def version_in_child(self) -> str:
        """Return the version without importing the engine here: a child's peak memory begins at its parent's size."""
        command = [sys.executable, str(HERE / "contestants.py"), self.name, "version"]
        shown = subprocess.run(command, capture_output=True, text=True, check=False, env=self.settings(1))
        if shown.returncode:
            raise MissingError((shown.stderr.strip().splitlines() or ["no reason given"])[-1])
        return shown.stdout.strip()

    def settings(self, threads: int) -> dict[str, str]:
        """Return the environment of its processes."""
        return {**os.environ, **self.environment(threads)}


def _logproc(name: str, backend: str, environment: Callable[[int], dict[str, str]] = lambda _: PRODUCT) -> Contestant:
    commands = {work: partial(logproc_command, work, backend) for work in REPORTS}
    read = {work: partial(logproc_read, work) for work in REPORTS}
    return Contestant(
        name,
        logproc_version,
        solve={work: partial(logproc_solve, work, backend) for work in REPORTS},
        commands={**commands, "help": help_command, "nightly": nightly_command},
        read={**read, "help": no_answer, "nightly": no_answer},
        environment=environment,
    )


CONTESTANTS = {
    contestant.name: contestant
    for contestant in (
        _logproc("logproc", "threads"),
        _logproc("logproc-processes", "processes"),
        _logproc("logproc-uncached", "threads", empty_cache),
        Contestant("chdb", chdb_version, {"a": chdb_a, "json": chdb_json, "small": chdb_small}),
        Contestant("duckdb", duckdb_version, {"a": duckdb_a, "json": duckdb_json, "small": duckdb_small}),
        Contestant(
            "polars",
            polars_version,
            {"a": polars_a, "json": polars_json, "small": polars_small},
            environment=lambda threads: {"POLARS_MAX_THREADS": str(threads)},
        ),
        Contestant("isal", isal_version, {"inflate": isal_inflate}),
        Contestant(
            "mawk",
            partial(tool_version, "mawk", "-W version", r"mawk (\S+ \d+)"),
            commands={"a": mawk_a, "small": mawk_small},
            read={"a": from_awk, "small": from_awk},
            environment=lambda _: {"LC_ALL": "C"},
        ),
        Contestant(
            "goaccess",
            partial(tool_version, "goaccess", "--version", r"GoAccess - (\d[\d.]*\d)"),
            commands={"preset": goaccess_preset},
            read={"preset": read_goaccess},
        ),
        Contestant(
            "wc",
            partial(tool_version, "wc", "--version", r"(\d\S+)"),
            commands={"a": wc_lines},
            read={"a": read_wc},
            environment=lambda _: {"LC_ALL": "C"},
        ),
    )
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("name", choices=CONTESTANTS)
    parser.add_argument("work", help="or: version")
    parser.add_argument("path", type=Path, nargs="?")
    parser.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)))
    parser.add_argument("--repeat", type=int, default=1)
    options = parser.parse_args()
    contestant = CONTESTANTS[options.name]
    version = contestant.available()  # imports the engine, so that its import is in no repetition
    if options.work == "version":
        print(version)
        return
    seconds = []
    answer: Answer = {}
    for _ in range(options.repeat):
        began = time.perf_counter()
        answer = contestant.solve[options.work](options.path, options.threads)
        seconds.append(time.perf_counter() - began)
    answer |= {name: top(answer[name]) for name in ("targets", "clients") if name in answer}
    print(json.dumps({"answer": answer, "seconds": seconds}))


if __name__ == "__main__":
    main()
