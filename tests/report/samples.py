"""Reports for tests of what people see: one like a night of the web preset, one of hostile texts."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from logproc.model import Lines, Reject
from logproc.report_model import (
    COVERAGE,
    CheckResult,
    ColumnInfo,
    FileEntry,
    Report,
    ReportError,
    ReportTable,
    RunInfo,
    Slice,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

RUN = RunInfo("r1", "0.1.0", "2026-03-02T00:00:00Z", "2026-03-02T00:00:09Z", "serial", 1, None, None)
FIRST = 1_772_409_600_000_000
"""2026-03-02T00:00:00Z in microseconds."""

HOSTILE = (
    "<script>document.title='ran'</script>",
    "</script><script>document.title='ran'</script>",
    "\"'><img src=x onerror=\"document.title='ran'\">",
    "{{ 7 * 7 }}{% raw %}",
    "<!--<script>",
    "javascript:document.title='ran'",
    "=cmd|' /C calc'!A0",
    "\x1b]0;ran\x07\x1b[31mred\x9b1m",
    "\u202egnp.exe\u2066\u200b",
    "a\nb\r\tc\0d",
    "\udc80 lone",
    "`|](javascript:1)<b>",
    "x" * 1_000_000,
)
"""What a stranger may write into a log so that it does something where it is shown."""


def column(name: str, kind: str = "integer", role: str = "value") -> ColumnInfo:
    return ColumnInfo(name, kind, role)


def table(name: str, columns: list[ColumnInfo], rows: list[tuple], sql: str = "", **more) -> ReportTable:
    return ReportTable(name, name.replace("_", " ").capitalize(), sql, tuple(columns), tuple(rows), exact=True, **more)


def entry(path: str, **more) -> FileEntry:
    found = {
        "source": "",
        "format": "combined",
        "confidence": 1.0,
        "codec": "plain",
        "bytes_stored": 1000,
        "bytes_read": 1000,
        "lines": Lines(1000, 1000),
        "status": "read",
        "reason": None,
        "first_time": FIRST,
        "last_time": FIRST + 86_000_000_000,
    }
    return FileEntry(path=path, **{**found, **more})


def night() -> Report:
    """Return a report with everything that a page can show."""
    hours = [
        (f"2026-03-02T{hour:02}:00:00Z", 100 + 7 * hour, 50_000 * hour, hour % 3, 0.010, 0.1 + hour / 50, 0.5)
        for hour in range(24)
    ]
    level_rows = [
        (f"2026-03-02T{hour:02}:00:00Z", level, hour + 1) for hour in range(24) for level in ("INFO", "WARN", "ERROR")
    ]
    paths = [(f"/page/{number}", 1000 - 9 * number, 10_000 + number) for number in range(40)]
    lost = entry("b.log", status="failed", reason="permission denied", lines=Lines(), first_time=None, last_time=None)
    bad = entry(
        "c.log",
        lines=Lines(100, 90, 0, 10),
        rejected_by_reason={"no match": 10},
        samples=(Reject(4, 99, "no match", b"GET / \xff"),),
    )
    return Report(
        RUN,
        (entry("a.log"), lost, bad),
        (
            table(
                "summary",
                [column("requests"), column("bytes"), column("server_errors"), column("last_time", "time")],
                [(4500, 13_800_000, 23, "2026-03-02T23:59:59Z")],
                "SELECT count(*) AS requests FROM web",
            ),
            table(
                "hours",
                [
                    column("hour", "time", "key"),
                    *map(column, ("requests", "bytes", "server_errors")),
                    *(column(name, "decimal") for name in ("p50", "p95", "p99")),
                ],
                hours,
                "SELECT date_trunc('hour', time) AS hour, count(*) AS requests, "
                "approx_quantile(duration, 0.5) AS p50 FROM web",
            ),
            table(
                "levels", [column("hour", "time", "key"), column("level", "text", "key"), column("lines")], level_rows
            ),
            table(
                "paths",
                [column("path", "text", "key"), column("requests"), column("bytes")],
                paths,
                "SELECT path, count(*) AS requests, sum(bytes) AS bytes FROM web GROUP BY path",
            ),
            table(
                "weekdays",
                [column("weekday", role="key"), column("hour", role="key"), column("requests")],
                [(day, hour, day * hour) for day in range(7) for hour in range(24)],
            ),
            table("hours_of_day", [column("hour_of_day", role="key"), column("requests")], [(4, 7), (5, 9), (23, 1)]),
            table(
                "countries",
                [column("country", "text", "key"), *map(column, ("requests", "visitors"))],
                [("US", 900, 120), ("DE", 310, 44), ("SG", 12, 9), ("EU", 2, 1), (None, 1, 1)],
                "SELECT country(client) AS country, count(*) AS requests FROM web GROUP BY ALL",
            ),
            table("users", [column("user", "text", "key"), column("requests")], []),
            table("broken", [column("user", "text", "key")], [], problem="more than 10 groups"),
            ReportTable(
                "estimates",
                "",
                "SELECT 1",
                (column("client", "text", "key"), column("visitors")),
                (("a", 3), (None, 2)),
                exact=False,
                error=ReportError("relative", 0.02),
                truncated=True,
            ),
        ),
        (CheckResult("error budget", 0.02, "> 0.01", failed=True), CheckResult("lines", 5.0, "< 1", failed=False)),
        covered(("web1", "web2", "web3")),
    )


def sliced() -> Report:
    """Return a night with the reports of two of its hosts: of web2 with half of everything, of web3 with nothing."""
    whole = night()
    half = tuple(
        replace(each, rows=tuple(row for number, row in enumerate(each.rows) if number % 2)) if each.rows[1:] else each
        for each in whole.reports
    )
    nothing = tuple(replace(each, rows=()) for each in whole.reports)
    return replace(whole, slices=(Slice("", "web2", half), Slice("", "web3", nothing)))


def wide() -> Report:
    """Return a report whose tables ask for much room: times, long paths, many numbers, two keys."""
    last = "2026-03-02T23:59:59.123456Z"
    numbers = [(f"/articles/{'a-long-title-' * number}", *(10**9 + number,) * 5) for number in range(12)]
    return Report(
        RUN,
        (entry("a.log"),),
        (
            table(
                "clients",
                [column("client", "text", "key"), *map(column, ("requests", "bytes")), column("last_time", "time")],
                [(f"203.0.113.{number}", 1_000_000 - number, 10**9, last) for number in range(12)],
                "SELECT client, count(*) AS requests FROM web GROUP BY client",
            ),
            table(
                "paths",
                [column("path", "text", "key"), *map(column, ("requests", "bytes", "visitors", "errors", "clients"))],
                numbers,
            ),
            table(
                "protocols",
                [column(name, "text", "key") for name in ("protocol", "tls_protocol")]
                + [*map(column, ("requests", "bytes", "visitors"))],
                [("HTTP/1.1", "TLSv1.2", 12_345, 10**9, 2100), (None, None, 12, 10**6, 3)],
                "SELECT protocol, count(*) AS requests FROM web GROUP BY protocol",
            ),
            table("classes", [column("class", "text", "key"), column("requests")], [("2xx", 5), ("5xx", 6)]),
        ),
    )


def covered(hosts: Iterable[str]) -> ReportTable:
    """Return the coverage of a day, in which the first host was silent for four hours."""
    rows = [
        ("web", host, f"2026-03-02T{hour:02}:00:00Z", 100 + 7 * hour, 100 + 7 * hour, hour % 3, 1000 * hour)
        for number, host in enumerate(hosts)
        for hour in range(24)
        if number or not 9 <= hour < 13
    ]
    columns = [*(column(name, "text", "key") for name in ("source", "host")), column("hour", "time", "key")]
    values = map(column, ("lines", "requests", "errors", "bytes"))
    return table(COVERAGE, [*columns, *values], rows, "SELECT source, host FROM logs")


def hostile() -> Report:
    """Return a report with hostile texts wherever texts of logs, names or paths can stand."""
    rows = [(text, number + 1) for number, text in enumerate(HOSTILE)]
    hours = [(f"2026-03-02T{hour:02}:00:00Z", text, hour + 1) for hour in range(4) for text in HOSTILE]
    files = tuple(
        entry(
            text[:200],
            status="failed",
            reason=text[:2000],
            samples=(Reject(1, 0, text[:200], text[:2000].encode("utf-8", "replace")),),
        )
        for text in HOSTILE
    )
    tables = [table("values", [column("value", "text", "key"), column("requests")], rows)]
    tables += [
        ReportTable(
            text[:100],
            text[:300],
            text[:3000],
            (column(text[:100], "text", "key"), column(text[:50])),
            ((text, 1),),
            exact=True,
        )
        for text in HOSTILE
    ]
    tables += [table("over_time", [column("hour", "time", "key"), column("value", "text", "key"), column("n")], hours)]
    tables += [table("lost", [], [], problem=text[:2000]) for text in HOSTILE[:3]]
    checks = tuple(CheckResult(text[:200], None, text[:200], failed=True, problem=text[:200]) for text in HOSTILE)
    slices = tuple(Slice(text[:300], text[:300], tuple(tables)) for text in HOSTILE[:4])
    return Report(RUN, files, tuple(tables), checks, covered(text[:300] for text in HOSTILE), slices)
