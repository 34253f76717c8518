"""Time single questions over one raw access log: logproc beside DuckDB and chdb, each query a .sql file.

    python benchmarks/questions.py [web25 rows5] [--rounds 3] [--scale 1.0] [--threads 2] [--only 05,18]

`web25` are 25 questions that merge, which logproc answers as rollups; `rows5` are five that do not, which it answers in
DuckDB over its own record batches, beside DuckDB's `read_csv` alone. The text is the same for logproc and DuckDB, which
sees a view `web` over `read_csv`; sqlglot turns it into ClickHouse's for chdb, which sees a view over the lines of the
file. Each engine runs in one process of its own, which answers every question once before it is timed, and engines
alternate question by question. Answers are compared; who answers otherwise is named.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import platform
import statistics
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from contestants import CONTESTANTS, PRODUCT, MissingError, chdb_rows, duckdb_connect, duckdb_csv
from measure import cpu_model, warm

if TYPE_CHECKING:
    from collections.abc import Callable

HERE = Path(__file__).resolve().parent
QUERIES = HERE / "queries"
SETS = {"web25": ("logproc", "duckdb", "chdb"), "rows5": ("logproc", "duckdb")}
SKETCHES = ("approx_",)
TOLERANCE = 0.05

DUCKDB_VIEW = """
CREATE VIEW web AS SELECT
  client, strptime("time", '[%d/%b/%Y:%H:%M:%S') AS time, split_part(request, ' ', 1) AS method,
  split_part(split_part(request, ' ', 2), '?', 1) AS path, split_part(request, ' ', 3) AS protocol, status, bytes,
  CASE WHEN referrer = '-' THEN NULL ELSE referrer END AS referrer, agent AS user_agent
FROM {csv}
"""

CHDB_VIEW = """(
WITH splitByChar(' ', line, 11) AS part, splitByChar('"', line) AS quoted SELECT
  part[1] AS client, parseDateTime(substring(part[4], 2), '%d/%b/%Y:%H:%i:%s', 'UTC') AS time,
  substring(part[6], 2) AS method, cutQueryString(part[7]) AS path, trimRight(part[8], '"') AS protocol,
  toUInt16OrZero(part[9]) AS status, toUInt64OrNull(part[10]) AS bytes,
  nullIf(quoted[4], '-') AS referrer, quoted[6] AS user_agent
FROM file('{path}', 'LineAsString', 'line String'))
"""


def logproc_engine(path: Path, threads: int) -> Callable[[str], list[Any]]:
    import logproc

    return lambda sql: [list(row) for row in logproc.sql(sql, path, workers=threads, format="combined").rows]


def duckdb_engine(path: Path, threads: int) -> Callable[[str], list[Any]]:
    connection = duckdb_connect(threads)
    connection.execute("SET TimeZone = 'UTC'")
    connection.execute(DUCKDB_VIEW.format(csv=duckdb_csv(str(path))))
    return lambda sql: [list(row) for row in connection.execute(sql).fetchall()]


def chdb_engine(path: Path, threads: int) -> Callable[[str], list[Any]]:
    view = CHDB_VIEW.format(path=path)

    def answer(sql: str) -> list[Any]:
        return chdb_rows(clickhouse(sql).replace("FROM web", f"FROM {view}"), threads)

    return answer


def clickhouse(sql: str) -> str:
    """Write a query of DuckDB's as ClickHouse's."""
    import sqlglot

    sketches = {"approx_count_distinct(": "uniq(", "approx_quantile(bytes, 0.5)": "quantileDD(0.01, 0.5)(bytes)"}
    sketches |= {"approx_quantile(bytes, 0.99)": "quantileDD(0.01, 0.99)(bytes)", "split_part(path, '/', 2)": "part2"}
    sketches |= {"date_trunc('hour', time)": "toStartOfHour(time)", "date_trunc('day', time)": "toStartOfDay(time)"}
    sketches |= {"hour(time)": "toHour(time)"}
    for theirs, ours in sketches.items():
        sql = sql.replace(theirs, ours)
    written = sqlglot.transpile(sql, read="duckdb", write="clickhouse")[0] if "quantileDD" not in sql else sql
    return written.replace("part2", "splitByChar('/', path)[2]")


ENGINES: dict[str, Callable[[Path, int], Callable[[str], list[Any]]]] = {
    "logproc": logproc_engine,
    "duckdb": duckdb_engine,
    "chdb": chdb_engine,
}


def serve(name: str, path: Path, threads: int) -> None:
    """Answer queries of standard input, one a line, with the seconds each took and its rows."""
    answer = ENGINES[name](path, threads)
    for line in sys.stdin:
        cpu, began = time.process_time(), time.perf_counter()
        try:
            rows, problem = answer(json.loads(line)), None
        except Exception as error:  # noqa: BLE001 - whatever an engine raises is its answer
            rows, problem = [], str(error).splitlines()[0]
        taken = {"seconds": time.perf_counter() - began, "cpu": time.process_time() - cpu}
        print(json.dumps({**taken, "rows": rows, "problem": problem}, default=str), flush=True)


class Engine:
    """A process that answers queries."""

    def __init__(self, name: str, path: Path, threads: int) -> None:
        command = [sys.executable, str(HERE / "questions.py"), "--serve", name, "--path", str(path)]
        command += ["--threads", str(threads)]
        environment = {**os.environ, **PRODUCT}
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment)

    def ask(self, sql: str) -> dict[str, Any]:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(json.dumps(sql).encode() + b"\n")
        self.process.stdin.flush()
        found: dict[str, Any] = json.loads(self.process.stdout.readline())
        return found

    def close(self) -> None:
        assert self.process.stdin is not None
        self.process.stdin.close()
        self.process.wait()


def canonical(value: Any) -> Any:  # a value of JSON
    if isinstance(value, str) and len(value) >= 10 and value[4:5] == "-" and value[7:8] == "-":
        text = value.removesuffix("Z").replace("T", " ").removesuffix("+00:00")
        return text if len(text) > 10 else f"{text} 00:00:00"
    return value


def same(sql: str, ours: list[Any], theirs: list[Any]) -> bool:
    """Tell whether two answers are the same; sketches may differ by a little."""
    if len(ours) != len(theirs):
        return False
    near = TOLERANCE if any(word in sql for word in SKETCHES) else 1e-9
    return all(
        len(mine) == len(other)
        and all(
            math.isclose(float(a), float(b), rel_tol=near) if isinstance(a, int | float) else a == b
            for a, b in ((canonical(a), canonical(b)) for a, b in zip(mine, other, strict=True))
        )
        for mine, other in zip(ours, theirs, strict=True)
    )


def run_set(name: str, path: Path, threads: int, rounds: int, only: set[str]) -> list[dict[str, Any]]:
    """Ask every engine every question; returns a row a question."""
    files = [file for file in sorted((QUERIES / name).glob("*.sql")) if not only or file.stem.split("_")[0] in only]
    engines = {}
    for contestant in SETS[name]:
        try:
            CONTESTANTS[contestant].version_in_child()
        except MissingError as missing:
            print(f"  {contestant} is left out: {missing}")
            continue
        engines[contestant] = Engine(contestant, path, threads)
    rows = []
    for file in files:
        sql = file.read_text().strip()
        answers = {contestant: engine.ask(sql) for contestant, engine in engines.items()}
        for contestant, answer in answers.items():
            if answer["problem"]:
                print(f"  {file.stem}: {contestant}: {answer['problem']}")
            elif not same(sql, answers["logproc"]["rows"], answer["rows"]):
                print(f"  {file.stem}: {contestant} answers {answer['rows'][:2]}, not {answers['logproc']['rows'][:2]}")
        taken: dict[str, list[float]] = {contestant: [] for contestant in engines}
        cpu: dict[str, list[float]] = {contestant: [] for contestant in engines}
        for _ in range(rounds):
            for contestant, engine in engines.items():
                found = engine.ask(sql)
                taken[contestant].append(found["seconds"])
                cpu[contestant].append(found["cpu"])
        rows.append({"name": file.stem, "taken": taken, "cpu": cpu})
        print(f"  {file.stem}: " + ", ".join(f"{c} {statistics.median(t):.3f}" for c, t in taken.items()), flush=True)
    for engine in engines.values():
        engine.close()
    return rows


def ratios(row: dict[str, Any], peer: str, of: str = "taken") -> float:
    """Return the median over rounds of how many times as long a peer takes, or as much CPU."""
    return statistics.median(theirs / ours for ours, theirs in zip(row[of]["logproc"], row[of][peer], strict=True))


def table(rows: list[dict[str, Any]]) -> str:
    """Return the times and ratios of a set as Markdown."""
    peers = [contestant for contestant in rows[0]["taken"] if contestant != "logproc"]
    head = ["question", "logproc, s", *(cell for peer in peers for cell in (f"{peer}, s", "times as long", "CPU"))]
    lines = [f"| {' | '.join(head)} |", f"|{'---|' * len(head)}"]
    for row in rows:
        cells = [row["name"], f"{statistics.median(row['taken']['logproc']):.3f}"]
        for peer in peers:
            cells += [
                f"{statistics.median(row['taken'][peer]):.3f}",
                f"{ratios(row, peer):.2f}",
                f"{ratios(row, peer, 'cpu'):.2f}",
            ]
        lines.append(f"| {' | '.join(cells)} |")
    means = [
        f"against {peer}: geometric mean {statistics.geometric_mean([ratios(row, peer) for row in rows]):.2f}, "
        f"least {min(ratios(row, peer) for row in rows):.2f} (CPU: "
        f"{statistics.geometric_mean([ratios(row, peer, 'cpu') for row in rows]):.2f}, "
        f"{min(ratios(row, peer, 'cpu') for row in rows):.2f})"
        for peer in peers
    ]
    return "\n".join(lines) + "\n\n" + "; ".join(means) + ".\n"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("sets", nargs="*", metavar="SET", help=f"of {', '.join(SETS)} (all)")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--scale", type=float, default=1.0, help="part of the full input")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--only", default="", help="numbers of questions, separated by commas")
    parser.add_argument("--output", type=Path, help="the result file (none)")
    parser.add_argument("--serve", choices=ENGINES, help=argparse.SUPPRESS)
    parser.add_argument("--path", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.serve:
        serve(options.serve, options.path, options.threads)
        return
    made = subprocess.run(
        [sys.executable, str(HERE / "generate.py"), "combined", "--scale", str(options.scale)],
        stdout=subprocess.PIPE, text=True, check=True,
    )  # fmt: skip
    path = Path(made.stdout.splitlines()[-1].split("\t")[0])
    warm(path)
    names = options.sets or list(SETS)
    only = {number for number in options.only.split(",") if number}
    parts = []
    for name in names:
        print(f"{name}: {path}", flush=True)
        parts.append(f"## {name}\n\n{table(run_set(name, path, options.threads, options.rounds, only))}")
    text = document(parts, path, options.rounds)
    print(text)
    if options.output:
        options.output.write_text(text)


def document(parts: list[str], path: Path, rounds: int) -> str:
    versions = []
    for name in ENGINES:
        try:
            versions.append(f"{name} {CONTESTANTS[name].version_in_child()}")
        except MissingError as missing:
            versions.append(f"{name}: {missing}")
    return (
        f"# Questions over one access log, {datetime.now(UTC):%Y-%m-%d}\n\n"
        f"`{' '.join(['python benchmarks/questions.py', *sys.argv[1:]])}`: {path.stat().st_size / 1e6:.0f} MB, "
        f"{rounds} rounds, medians of ratios within a round, of seconds and of CPU seconds. "
        f"{cpu_model()}, {len(os.sched_getaffinity(0))} CPUs, "
        f"{platform.system()} {platform.release()}, Python {platform.python_version()}; load average at the end "
        f"{os.getloadavg()[0]:.1f}. {'; '.join(versions)}.\n\n" + "\n".join(parts)
    )


if __name__ == "__main__":
    main()
