"""The product, started as its users start it, against `wc`, `awk` and DuckDB over the same logs: exact.

DuckDB reads lines and takes them apart with one regular expression, which has nothing in common with our kernels.
The trees are the sample logs of this repository, the corpora beside it, and generated ones that mix rotation,
compression, line ends, blank lines and files without a final newline.
"""

from __future__ import annotations

import bz2
import gzip
import json
import lzma
import random
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import pytest

from logproc.cli import execute

ROOT = Path(__file__).resolve().parents[2]
DATA = ROOT / "data"
CORPORA = ROOT / ".." / "shared" / "corpora"

REPORTS = {
    "status": "SELECT status, count(*) AS requests FROM web GROUP BY status",
    "hours": "SELECT date_trunc('hour', time) AS hour, count(*) AS requests FROM web GROUP BY date_trunc('hour', time)",
    "targets": "SELECT target, count(*) AS requests FROM web WHERE target IS NOT NULL GROUP BY target "
    "ORDER BY requests DESC LIMIT 25",
    "clients": "SELECT client, count(*) AS requests, sum(bytes) AS bytes FROM web GROUP BY client "
    "ORDER BY requests DESC LIMIT 25",
    "totals": "SELECT count(*) AS requests, sum(bytes) AS bytes, min(bytes) AS low, max(bytes) AS high, "
    "count(bytes) AS sized, count(*) FILTER (WHERE status >= 400) AS failed FROM web",
}

# Common and combined; greedy, so that a quote inside a request or an agent is part of it.
LINE = r'^(\S+) (\S+) (.+?) \[([^\]]+)\] "(.*)" (\d{3}) (\d+|-)(?: "(.*)" "(.*)")?$'  # what Apache and nginx write
NAMES = ["client", "ident", "user_name", "at", "request", "status", "size", "referrer", "agent"]


# ---- the product -----------------------------------------------------------------------------------------------------


def run_logproc(folder, paths, reports=REPORTS, options=()):
    """Run the command line in a folder of its own and return the JSON report; rejects may make the exit code 3."""
    command = ["run", *map(str, paths), "--json", "report.json", "-q", *options]
    for name, sql in reports.items():
        (folder / f"{name}.sql").write_text(sql)
        command += ["--report", str(folder / f"{name}.sql")]
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.setenv("TZ", "Pacific/Chatham")
        time.tzset()
        assert execute(command) in {0, 3}
    time.tzset()
    report = json.loads((folder / "report.json").read_bytes())
    lines = report["accounting"]["lines"]
    assert lines["read"] == lines["counted"] + lines["filtered"] + lines["rejected"]
    for table in report["reports"]:
        assert table["exact"], table["name"]
    return report


def rows(report, name):
    (table,) = [table for table in report["reports"] if table["name"] == name]
    return table["rows"]


# ---- the oracles -----------------------------------------------------------------------------------------------------


def decompress(path):
    data = path.read_bytes()
    if path.suffix == ".gz":
        return gzip.decompress(data)
    if path.suffix == ".xz":
        return lzma.decompress(data)
    if path.suffix == ".bz2":
        return bz2.decompress(data)
    if path.suffix == ".zst":
        return zstandard().decompress(data)
    return data


def zstandard():
    if sys.version_info >= (3, 14):
        return pytest.importorskip("compression.zstd")
    return pytest.importorskip("backports.zstd")


def logs(root):
    return sorted(path for path in root.rglob("*") if path.is_file())


def line_count(data, folder):
    """Return what `wc -l` says, plus one for a last line without its newline."""
    plain = folder / "plain"
    plain.write_bytes(data)
    counted = subprocess.run(["wc", "-l", str(plain)], capture_output=True, text=True, check=True)
    return int(counted.stdout.split()[0]) + (data[-1:] not in {b"", b"\n"})


def lines_of(paths):
    """Return the lines of all files, without line ends and blank lines."""
    return [line for path in paths for raw in decompress(path).split(b"\n") if (line := raw.rstrip(b"\r")).strip()]


@dataclass
class Oracle:
    """DuckDB over the lines of some files."""

    connection: object

    def all(self, sql):
        return self.connection.execute(sql).fetchall()

    def top(self, key, extra=""):
        """Return the top 25 of a key in the order of the contract: ties by the remaining columns, nulls last."""
        return self.all(
            f"SELECT {key}, count(*){extra} FROM web WHERE {key} IS NOT NULL GROUP BY {key} "
            f"ORDER BY count(*) DESC, {key} LIMIT 25"
        )


def oracle(paths):
    duckdb = pytest.importorskip("duckdb", reason="needs duckdb: pip install 'logproc[sql]'")
    pyarrow = pytest.importorskip("pyarrow", reason="needs pyarrow: pip install 'logproc[sql]'")
    connection = duckdb.connect()
    connection.execute("SET TimeZone = 'UTC'")
    text = [line.decode(errors="backslashreplace") for line in lines_of(paths)]
    connection.register("lines", pyarrow.table({"line": text}))
    names = "[" + ", ".join(f"'{name}'" for name in NAMES) + "]"
    connection.execute(
        f"CREATE TABLE web AS WITH parts AS (SELECT regexp_extract(line, '{LINE}', {names}) AS p FROM lines "
        f"WHERE regexp_matches(line, '{LINE}')) SELECT p.client AS client, "
        "strptime(p.at, '%d/%b/%Y:%H:%M:%S %z') AS time, p.status::INTEGER AS status, "
        "TRY_CAST(p.size AS BIGINT) AS bytes, CASE WHEN regexp_matches(p.request, '^\\S+ \\S+ \\S+$') "
        "THEN split_part(p.request, ' ', 2) ELSE nullif(p.request, '-') END AS target FROM parts"
    )
    return Oracle(connection)


def agree(report, duck, *, counted=None):
    """Hold every report against DuckDB; `counted` is how many lines are good, where DuckDB is not asked."""
    (requests,) = duck.all("SELECT count(*) FROM web")[0]
    assert report["accounting"]["lines"]["counted"] == (counted or requests)
    assert dict(rows(report, "status")) == dict(duck.all("SELECT status, count(*) FROM web GROUP BY status"))
    hours = "SELECT strftime(date_trunc('hour', time), '%Y-%m-%dT%H'), count(*) FROM web GROUP BY 1"
    assert {hour[:13]: count for hour, count in rows(report, "hours")} == dict(duck.all(hours))
    assert [tuple(row) for row in rows(report, "targets")] == duck.top("target")
    assert [tuple(row) for row in rows(report, "clients")] == duck.top("client", ", sum(bytes)")
    totals = "SELECT count(*), sum(bytes), min(bytes), max(bytes), count(bytes), count(*) FILTER (WHERE status >= 400)"
    assert [tuple(row) for row in rows(report, "totals")] == duck.all(f"{totals} FROM web")


# ---- generated trees -------------------------------------------------------------------------------------------------

CLIENTS = [f"10.{n % 7}.{n % 31}.{n}" for n in range(1, 200)] + ["2001:db8::1", "::1", "fe80::5:a", "example.net"]
USER_NAMES = ["-", "-", "-", "frank", "anna.b"]
REQUESTS = [
    *("GET / HTTP/1.1", "GET /index.html?a=1&b=%20x HTTP/2.0", "POST /login HTTP/1.1", "HEAD /a/b/c.png HTTP/1.0"),
    *("OPTIONS * HTTP/1.1", "GET /caf\u00e9 HTTP/1.1", "-", "", r"\x16\x03\x01\x02", "PROPFIND /dav/ HTTP/1.1"),
    *(f"GET /item/{n} HTTP/1.1" for n in range(60)),
]
AGENTS = ["-", "curl/8.1.2", "Mozilla/5.0 (X11; Linux x86_64) Firefox/128.0", r"a \"quoted\" agent", "x" * 300]
ZONES = ["+0000", "+0000", "+0530", "-0800"]
ENDS = [b"\n", b"\n", b"\r\n"]
CODECS = ["", "", ".gz", ".xz", ".bz2", ".zst"]


def access_line(rng, *, combined, zone):
    second = rng.randrange(86400)
    clock = f"{rng.randrange(1, 29):02}/Feb/2026:{second // 3600:02}:{second // 60 % 60:02}:{second % 60:02} {zone}"
    size = rng.choice(["-", "0", str(rng.randrange(10)), str(rng.randrange(10**6)), str(rng.randrange(10**12))])
    head = f'{rng.choice(CLIENTS)} - {rng.choice(USER_NAMES)} [{clock}] "{rng.choice(REQUESTS)}" '
    tail = f' "{rng.choice(["-", "https://example.com/?q=1 2"])}" "{rng.choice(AGENTS)}"' if combined else ""
    return f"{head}{rng.choice([200, 200, 200, 301, 304, 404, 500, 503])} {size}{tail}".encode()


def json_line(rng):
    row = {
        "time": f"2026-02-{rng.randrange(1, 29):02}T{rng.randrange(24):02}:{rng.randrange(60):02}:00Z",
        "level": rng.choice(["info", "warn", "error"]),
        "message": rng.choice(["started", 'said "hi"', "caf\u00e9", "tab\there"]),
        "status": rng.choice([200, 404, 500]),
        "bytes": rng.randrange(10**9),
    }
    return json.dumps(row, ensure_ascii=rng.random() < 0.5).encode()


def compress(data, suffix, rng):
    if suffix == ".gz":  # as logrotate's appended members are: a stream may be several
        cut = rng.randrange(len(data) + 1)
        return gzip.compress(data[:cut]) + gzip.compress(data[cut:])
    if suffix == ".xz":
        return lzma.compress(data)
    if suffix == ".bz2":
        return bz2.compress(data)
    if suffix == ".zst":
        return zstandard().compress(data)
    return data


def write_tree(root, seed, line):
    """Write hosts with rotated files, each with line ends, blank lines, last newline and codec of its own."""
    rng = random.Random(seed)
    for host in range(3):
        folder = root / f"host{host}"
        folder.mkdir(parents=True)
        for rotation in range(4):
            end = rng.choice(ENDS)
            made = line(rng)
            body = b"".join(made() + end * (2 if rng.random() < 0.05 else 1) for _ in range(rng.randrange(50, 1500)))
            if rng.random() < 0.4:
                body = body.rstrip(b"\r\n")
            suffix = (f".{rotation}" if rotation else "") + (rng.choice(CODECS) if rotation else "")
            (folder / f"access.log{suffix}").write_bytes(compress(body, Path(suffix).suffix, rng))


def access_lines(rng):
    combined, zone = rng.random() < 0.7, rng.choice(ZONES)
    return lambda: access_line(rng, combined=combined, zone=zone)


def json_lines(rng):
    return lambda: json_line(rng)


# ---- tests -----------------------------------------------------------------------------------------------------------


def test_lines_and_bytes_of_every_sample_file_equal_wc(tmp_path):
    report = run_logproc(tmp_path, [DATA])
    found = {Path(entry["path"]).resolve(): entry for entry in report["files"]}
    for path in logs(DATA):
        entry, data = found[path.resolve()], decompress(path)
        assert (entry["lines"]["read"], entry["bytes_read"]) == (line_count(data, tmp_path), len(data)), path
    accounting = report["accounting"]
    assert accounting["bytes_stored"] == sum(path.stat().st_size for path in found)
    assert accounting["bytes_read"] == sum(entry["bytes_read"] for entry in report["files"])
    assert accounting["lines"]["read"] == sum(entry["lines"]["read"] for entry in report["files"])


def test_sample_web_logs_equal_duckdb(tmp_path):
    folders = [DATA / f"web{number}" for number in range(1, 6)]
    duck = oracle([path for folder in folders for path in logs(folder)])
    agree(run_logproc(tmp_path, folders), duck)


def test_sample_web_logs_have_one_bad_line(tmp_path):
    report = run_logproc(tmp_path, [DATA / "web1"])
    assert report["accounting"]["lines"] == {"read": 10000, "counted": 9999, "filtered": 0, "rejected": 1}


def test_sample_json_logs_equal_duckdb(tmp_path):
    reports = {
        "levels": "SELECT level, count(*) AS n FROM json GROUP BY level",
        "components": "SELECT component, count(*) AS n FROM json GROUP BY component",
    }
    duckdb = pytest.importorskip("duckdb", reason="needs duckdb: pip install 'logproc[sql]'")
    report = run_logproc(tmp_path, [DATA / "search"], reports)
    connection = duckdb.connect()
    source = f"read_json('{DATA}/search/*.jsonl', format='newline_delimited')"
    levels = f"SELECT level, count(*) FROM {source} GROUP BY level"
    assert dict(rows(report, "levels")) == dict(connection.execute(levels).fetchall())
    components = f"SELECT component, count(*) FROM {source} GROUP BY component"
    assert dict(rows(report, "components")) == dict(connection.execute(components).fetchall())


@pytest.mark.parametrize(
    "name",
    [
        "elastic_examples/Common_Data_Formats/apache_logs/apache_logs",
        "nielsbasjes/hackers-access.log",
        "databricks/apache.access.log",
        "erddaplogs/nginx_example_logs/tomcat-access.log.1",
        "erddaplogs/nginx_example_logs/tomcat-access.log.5",
    ],
)
def test_real_access_log_equals_duckdb(tmp_path, name):
    path = CORPORA / name
    if not path.exists():
        pytest.skip(f"{name} is not there: the corpora lie beside the checkout, in ../shared")
    report = run_logproc(tmp_path, [path])
    assert report["accounting"]["lines"]["read"] == line_count(path.read_bytes(), tmp_path)
    agree(report, oracle([path]))


@pytest.mark.parametrize("seed", range(4))
def test_mixed_access_tree_equals_duckdb_and_wc(tmp_path, seed):
    write_tree(tmp_path / "tree", seed, access_lines)
    report = run_logproc(tmp_path, [tmp_path / "tree"], options=["-j", "2", "--backend", "threads"])
    files = logs(tmp_path / "tree")
    assert report["accounting"]["lines"]["read"] == sum(line_count(decompress(path), tmp_path) for path in files)
    assert report["accounting"]["lines"]["rejected"] == 0
    agree(report, oracle(files))


@pytest.mark.parametrize("seed", range(2))
def test_mixed_json_tree_equals_plain_python(tmp_path, seed):
    reports = {
        "by_level": "SELECT level, count(*) AS n, sum(bytes) AS bytes FROM json GROUP BY level",
        "by_message": "SELECT message, count(*) AS n FROM json GROUP BY message",
    }
    write_tree(tmp_path / "tree", seed, json_lines)
    report = run_logproc(tmp_path, [tmp_path / "tree"], reports)
    levels, messages = {}, {}
    for line in lines_of(logs(tmp_path / "tree")):
        row = json.loads(line)
        count, total = levels.get(row["level"].upper(), (0, 0))
        levels[row["level"].upper()] = (count + 1, total + row["bytes"])
        messages[row["message"]] = messages.get(row["message"], 0) + 1
    assert {level: (count, total) for level, count, total in rows(report, "by_level")} == levels
    assert dict(rows(report, "by_message")) == messages


def test_status_and_target_counts_equal_awk(tmp_path):
    rng = random.Random(7)
    lines = [access_line(rng, combined=True, zone="+0000") for _ in range(20000)]
    whole = [line for line in lines if b'"GET /' in line]  # awk splits at blanks: three words in the request
    log = tmp_path / "access.log"
    log.write_bytes(b"\n".join(whole) + b"\n")
    report = run_logproc(tmp_path, [log])
    program = (
        "{ status[$9]++; hour[substr($4, 2, 14)]++; target[$7]++ }"
        ' END { for (k in status) print "status", k, status[k];'
        ' for (k in hour) print "hour", substr(k, 1, 2) "T" substr(k, 13, 2), hour[k];'
        ' for (k in target) print "target", k, target[k] }'
    )
    done = subprocess.run(["awk", program, str(log)], capture_output=True, check=True)
    counts = {"status": {}, "hour": {}, "target": {}}
    for table, key, count in (line.split(" ") for line in done.stdout.decode().splitlines()):
        counts[table][key] = int(count)
    assert {str(status): count for status, count in rows(report, "status")} == counts["status"]
    assert {hour[8:13]: count for hour, count in rows(report, "hours")} == counts["hour"]
    top = sorted(counts["target"].items(), key=lambda item: (-item[1], item[0]))[:25]
    assert [tuple(row) for row in rows(report, "targets")] == top


def test_workers_and_backends_change_nothing_but_the_run(tmp_path):
    write_tree(tmp_path / "tree", 99, access_lines)
    found = []
    for options in (
        ["--backend", "serial"],
        ["-j", "2", "--backend", "threads"],
        ["-j", "2", "--backend", "processes"],
    ):
        report = run_logproc(tmp_path, [tmp_path / "tree"], options=options)
        del report["run"]
        found.append(json.dumps(report))
    assert found[0] == found[1] == found[2]
