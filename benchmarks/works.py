"""The works that are timed, who takes part, and what is asked of logproc in each: tables, nothing that runs."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Entry:
    """One contestant in one work: `input` is a name of generate.INPUTS."""

    label: str
    contestant: str
    work: str
    input: str
    threads: int


@dataclass(frozen=True, slots=True)
class Ratio:
    """What is asked of logproc against peers in the same round.

    `faster`: the peer takes at least `asked` times as long. Otherwise: logproc takes at most `asked` times as long.
    With several peers the slowest of them counts. Engines inside Python are compared by the seconds of the work,
    after a first run in the same process; tools by the whole process, whose start-up is next to nothing.
    """

    what: str
    ours: str
    peers: tuple[str, ...]
    asked: float
    faster: bool = True


@dataclass(frozen=True, slots=True)
class Limit:
    """What is asked of logproc alone: `quantity` is `wall` (seconds) or `peak` (megabytes) of the whole process."""

    what: str
    label: str
    quantity: str
    asked: float


@dataclass(frozen=True, slots=True)
class Work:
    name: str
    title: str
    entries: tuple[Entry, ...]
    asked: tuple[Ratio | Limit, ...]
    reference: str
    inside: bool = True  # whether engines are timed inside their process, too


def _a(label: str, threads: int = 2, contestant: str | None = None, source: str = "combined") -> Entry:
    return Entry(label, contestant or label, "a", source, threads)


PEERS = ("chdb", "duckdb", "polars", "mawk")

WORKS = {
    work.name: work
    for work in (
        Work(
            "a",
            "count by status, by hour, top targets, top clients, distinct clients, sum of bytes; 2 threads",
            (_a("logproc"), *(_a(peer) for peer in PEERS)),
            (
                Ratio("A, 2 threads, against chdb", "logproc", ("chdb",), 2),
                Ratio("A, 2 threads, against DuckDB", "logproc", ("duckdb",), 5),
                Ratio("A, 2 threads, against Polars", "logproc", ("polars",), 4),
                Ratio("A, 2 threads, against mawk", "logproc", ("mawk",), 5),
            ),
            reference="mawk",
        ),
        Work(
            "a1",
            "the same on one thread, and `wc -l`",
            (_a("logproc", 1), *(_a(peer, 1) for peer in PEERS), _a("wc", 1)),
            (Ratio("A, one thread, against wc -l", "logproc", ("wc",), 6, faster=False),),
            reference="mawk",
        ),
        Work(
            "preset",
            "the whole web preset against GoAccess' whole report; 2 threads",
            (
                Entry("logproc", "logproc", "preset", "combined", 2),
                Entry("goaccess", "goaccess", "preset", "combined", 2),
            ),
            (Ratio("the whole web preset against GoAccess", "logproc", ("goaccess",), 25),),
            reference="goaccess",
        ),
        Work(
            "json",
            "JSON lines by status: count, 95th percentile of the duration, distinct clients; 2 threads",
            tuple(Entry(label, label, "json", "json", 2) for label in ("logproc", "duckdb", "polars", "chdb")),
            (Ratio("JSON work against DuckDB, 2 threads", "logproc", ("duckdb",), 2),),
            reference="polars",
        ),
        Work(
            "gzip",
            "A on the gzip of the combined file, beside inflating alone and parsing the plain file on one thread",
            (
                _a("logproc-gz", 2, "logproc", "gzip"),
                Entry("inflate", "isal", "inflate", "gzip", 1),
                _a("logproc-plain", 1, "logproc"),
            ),
            (
                Ratio(
                    "gzip input, one file, against the slower of inflating and parsing",
                    "logproc-gz",
                    ("inflate", "logproc-plain"),
                    1.3,
                    faster=False,
                ),
            ),
            reference="logproc-plain",
        ),
        Work(
            "scaling",
            "A on four combined files (2.3 GB), one worker and two",
            (
                _a("threads-2", 2, "logproc", "large"),
                _a("threads-1", 1, "logproc", "large"),
                _a("processes-2", 2, "logproc-processes", "large"),
                _a("processes-1", 1, "logproc-processes", "large"),
            ),
            (
                Ratio("2 workers against 1, threads", "threads-2", ("threads-1",), 1.8),
                Ratio("2 workers against 1, processes", "processes-2", ("processes-1",), 1.8),
            ),
            reference="threads-1",
        ),
        Work(
            "small",
            "10,000 files of 100 lines, count by status, detection included; 2 threads",
            tuple(
                Entry(label, label, "small", "small", 2) for label in ("logproc", "chdb", "duckdb", "polars", "mawk")
            ),
            (Ratio("10,000 files of 100 lines, against chdb", "logproc", ("chdb",), 1.3, faster=False),),
            reference="mawk",
        ),
        Work(
            "start",
            "start-up: `--help`, a 1 MB file with the kernels cached",
            (
                Entry("help", "logproc", "help", "sample", 1),
                Entry("1 MB file", "logproc", "a", "sample", 2),
            ),
            (
                Limit("logproc --help", "help", "wall", 0.15),
                Limit("a 1 MB file, kernels cached", "1 MB file", "wall", 0.8),
            ),
            reference="1 MB file",
            inside=False,
        ),
        Work(
            "first",
            "the very first run: a 1 MB file with an empty kernel cache",
            (Entry("first run", "logproc-uncached", "a", "sample", 2),),
            (Limit("the very first run", "first run", "wall", 20),),
            reference="first run",
            inside=False,
        ),
        Work(
            "memory",
            "peak memory with 2 threads at default limits",
            (
                _a("combined", 2, "logproc"),
                _a("gzip", 2, "logproc", "gzip"),
                Entry("preset", "logproc", "preset", "combined", 2),
                Entry("json", "logproc", "json", "json", 2),
                _a("10 M distinct clients", 2, "logproc", "distinct"),
            ),
            (
                Limit("peak memory, combined", "combined", "peak", 400),
                Limit("peak memory, gzip", "gzip", "peak", 400),
                Limit("peak memory, web preset", "preset", "peak", 400),
                Limit("peak memory, JSON lines", "json", "peak", 400),
                Limit("peak memory, 10 M distinct clients", "10 M distinct clients", "peak", 400),
            ),
            reference="combined",
            inside=False,
        ),
        Work(
            "nightly",
            "a nightly run over 10,000 files that finds nothing new",
            (Entry("nothing new", "logproc", "nightly", "small", 2),),
            (Limit("a nightly run with nothing new, 10,000 files", "nothing new", "wall", 1.0),),
            reference="nothing new",
            inside=False,
        ),
    )
}
