"""`parse --to csv` and `--to parquet` hold what `parse` writes as JSON lines, wherever it is put."""

import csv
import gzip
import io
import json
from datetime import datetime
from pathlib import Path
from urllib.parse import unquote

import pytest

pa = pytest.importorskip("pyarrow", reason="needs pyarrow: pip install 'logproc[sql]'")
pytest.importorskip("pyarrow.parquet")
duckdb = pytest.importorskip("duckdb", reason="needs duckdb: pip install 'logproc[sql]'")

from logproc.adhoc import folders, partitions, scan  # noqa: E402
from logproc.adhoc.fields import known_fields, require_known  # noqa: E402
from logproc.adhoc.rows import parse as write_rows  # noqa: E402
from logproc.cli import execute  # noqa: E402
from logproc.config import Config  # noqa: E402
from logproc.errors import OutputError, UsageError  # noqa: E402
from logproc.planner import Planner  # noqa: E402

DATA = Path(__file__).parents[2] / "data"


def json_rows(*paths, **options):
    out = io.BytesIO()
    write_rows(Config(paths=tuple(map(str, paths))), out, **options)
    return [json.loads(line) for line in out.getvalue().splitlines()]


def exported(tmp_path, *arguments, to="parquet"):
    out = tmp_path / f"out.{to}"
    assert execute(["parse", *map(str, arguments), "--to", to, "-o", str(out)]) == 0
    return out


def moment(text):
    return None if text is None else datetime.fromisoformat(text).replace(tzinfo=None)


def same(value):
    return value if value is None or isinstance(value, str | int | float) else json.dumps(value)


@pytest.mark.parametrize("folder", ["web1", "hosts", "balancer", "windows", "containers", "services"])
def test_a_parquet_file_holds_the_rows_of_parse(tmp_path, folder):
    table = pa.parquet.read_table(exported(tmp_path, DATA / folder, "--origin", "-q"))
    rows = json_rows(DATA / folder, origin=True)
    assert {name for row in rows for name in row} == set(table.column_names)
    kinds = {field.name: field.type for field in table.schema}
    expected = [
        {
            name: str(value) if kinds[name] == pa.string() and isinstance(value, int | float) else same(value)
            for name, value in {**dict.fromkeys(table.column_names), **row, "time": row["time"]}.items()
        }
        for row in rows
    ]
    for row in expected:
        row["time"] = moment(row["time"])
    assert table.to_pylist() == expected


def line(n):
    return f'10.0.0.{n % 7} - - [{n % 3 + 1:02}/Oct/2016:14:49:33 +0000] "GET /{n}?a=,\\" HTTP/1.1" {200 + n % 3} {n}\n'


def test_lines_are_counted_from_the_top_of_files_that_are_cut(tmp_path, monkeypatch):
    monkeypatch.setattr(scan, "RANGE_BYTES", 40_000)
    monkeypatch.setattr("logproc.planner.PACK_BYTES", 20_000)
    logs = tmp_path / "logs"
    logs.mkdir()
    (logs / "a.log").write_text("\n" + "".join(map(line, range(3000))))
    (logs / "b.log.gz").write_bytes(gzip.compress("".join(map(line, range(500))).encode()))
    (logs / "c.log").write_text("".join(map(line, range(2000))))
    found = pa.parquet.read_table(exported(tmp_path, logs, "--origin", "--select", "bytes", "--where", "status = 201"))
    rows = json_rows(logs, origin=True, select=("bytes",), where="status = 201")
    assert found.to_pylist() == rows
    assert rows[0] == {"bytes": 1, "_file": str(logs / "a.log"), "_offset": len("\n" + line(0)), "_line": 3}


def test_csv_is_read_back_as_it_was(tmp_path):
    (tmp_path / "a.log").write_text("".join(map(line, range(50))))
    out = exported(tmp_path, tmp_path / "a.log", "--select", "client,target,bytes,user,_line", to="csv")
    found = list(csv.DictReader(io.StringIO(out.read_bytes().decode())))
    rows = json_rows(tmp_path / "a.log", select=("client", "target", "bytes", "user"), origin=True)
    assert [row["target"] for row in found] == [row["target"] for row in rows]
    assert [(int(row["bytes"]), int(row["_line"]), row["user"]) for row in found] == [
        (row["bytes"], row["_line"], "") for row in rows
    ]


REWRITTEN = (
    b'2024-01-02T03:04:05.678901234Z {"level":"info","msg":"up %d"}\n',
    b'2024-01-02T03:04:05.678Z web1 level=info msg="up%d"\n',
    b'type=SYSCALL msg=audit(1704164645.678:%d): pid=12 comm="ls"\n',
)


@pytest.mark.parametrize("usual", REWRITTEN)
def test_lines_that_are_rewritten_while_they_are_read_are_shown_as_they_stand(tmp_path, usual):
    good = [usual % n for n in range(3000)]
    bad = (usual % 3000).rstrip(b'"}\n') + b" cut\n"
    (tmp_path / "a.log").write_bytes(b"".join((*good, bad, *good)))
    rejects = tmp_path / "rejects.jsonl"
    asked = ["--select", "raw", "--rejects", str(rejects)]
    table = pa.parquet.read_table(exported(tmp_path, tmp_path / "a.log", *asked))
    wanted = [line.decode().rstrip() for line in (*good, *good)]
    assert table.column("raw").to_pylist() == wanted
    assert [json.loads(line)["raw"] for line in rejects.read_text().splitlines()] == [bad.decode().rstrip()]
    assert [row["raw"] for row in json_rows(tmp_path / "a.log", select=("raw",))] == wanted


@pytest.mark.parametrize("where", [None, "status = 201"])
def test_raw_is_the_line_where_it_is_asked_for(tmp_path, where):
    lines = [line(n).rstrip("\n") for n in range(3000)]
    (tmp_path / "a.log").write_bytes("\r\n".join(lines).encode().replace(b"/2998?", b"/\xff?"))
    lines[2998] = lines[2998].replace("/2998?", "/\\xff?")
    wanted = [text for text in lines if where is None or '" 201 ' in text]
    rows = json_rows(tmp_path / "a.log", select=("raw", "_line", "status"), where=where)
    assert [row["raw"] for row in rows] == wanted
    assert list(rows[0]) == ["raw", "_line", "status"]
    asked = ["--select", "raw,_line,status", *(["--where", where] if where else [])]
    table = pa.parquet.read_table(exported(tmp_path, tmp_path / "a.log", *asked))
    assert table.to_pylist() == rows
    assert table.column_names == ["raw", "_line", "status"]


def test_a_field_of_that_name_goes_before_the_line(tmp_path):
    (tmp_path / "a.jsonl").write_text('{"raw":"mine","status":200}\n')
    assert json_rows(tmp_path / "a.jsonl", select=("raw",)) == [{"raw": "mine"}]
    out = exported(tmp_path, tmp_path / "a.jsonl", "--select", "raw", to="csv")
    assert out.read_text() == 'raw\n"mine"\n'


def test_fields_of_the_origin_can_be_named_alone(tmp_path):
    (tmp_path / "a.log").write_text("".join(map(line, range(3))))
    assert json_rows(tmp_path / "a.log", select=("_line", "bytes")) == [{"_line": n + 1, "bytes": n} for n in range(3)]
    out = exported(tmp_path, tmp_path / "a.log", "--select", "_line,bytes", to="csv")
    assert out.read_text().splitlines()[:2] == ["_line,bytes", "1,0"]


@pytest.fixture
def hosts(tmp_path):
    for host in ("web1", "we b/..%", "x" * 300):
        (tmp_path / "logs" / host.replace("/", "_")[:200]).mkdir(parents=True)
        rows = "".join(
            json.dumps({"host": host, "time": f"2024-01-0{n % 3 + 1}T00:00:00Z", "message": f"m{n}"}) + "\n"
            for n in range(30)
        )
        (tmp_path / "logs" / host.replace("/", "_")[:200] / "a.jsonl").write_text(rows + '{"message": "timeless"}\n')
    return tmp_path / "logs"


@pytest.mark.parametrize(("held", "opened"), [(1 << 27, 64), (1, 2)])
def test_a_folder_is_partitioned_by_day_and_host(tmp_path, hosts, monkeypatch, held, opened):
    monkeypatch.setattr(partitions, "HELD_BYTES", held)
    monkeypatch.setattr(partitions, "OPEN_FILES", opened)
    out = tmp_path / "out"
    assert execute(["parse", str(hosts), "--to", "parquet", "-o", f"{out}/", "--select", "message,host", "-q"]) == 0
    read = f"read_parquet('{out}/**/*.parquet', hive_partitioning = true, hive_types_autocast = false)"
    rows = duckdb.sql(f"SELECT day, host, message FROM {read}").fetchall()
    assert len(rows) == 93
    assert sum(day is None and host is None for day, host, _ in rows) == 3
    cut = {host for _, host, _ in rows if host}
    assert {"web1", "we b/..%"} < cut
    assert [len(host) for host in cut if host.startswith("x")] == [180 + 17]
    assert {day for day, _, _ in rows if day} == {"2024-01-01", "2024-01-02", "2024-01-03"}
    assert {unquote(path.name) for path in out.glob("day=2024-01-01/*")} == {f"host={host}" for host in cut}
    assert not list(tmp_path.glob(".out*"))
    assert pa.parquet.read_schema(next(out.glob("*/*/*.parquet"))).names == ["message"]


def test_a_folder_appears_as_a_whole_or_not_at_all(tmp_path):
    with pytest.raises(ZeroDivisionError), folders.building(str(tmp_path / "out")):
        raise ZeroDivisionError
    assert not list(tmp_path.iterdir())
    with pytest.raises(OutputError), folders.building(str(tmp_path / "none" / "out")):
        pass


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ("-o out/", "add --to parquet"),
        ("--to parquet -o full/", "not empty"),
        ("--to parquet -o none/out/", "does not exist"),
        ("--to parquet -o a.log/", "is no folder"),
        ("--to parquet -o x.parquet --select statsu", "did you mean 'status'?"),
        ("--select statsu", "did you mean 'status'?"),
        ("--to csv --where statsu=1 --select status", "'statsu'"),
        ("--to csv --where 'status = 1 LIMIT 3' --select status", "one condition"),
    ],
)
def test_what_cannot_be_written_is_refused_before_any_work(tmp_path, monkeypatch, capfd, arguments, message):
    import shlex

    monkeypatch.chdir(tmp_path)
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "x").write_text("")
    (tmp_path / "a.log").write_text(line(1))
    assert execute(["parse", "a.log", *shlex.split(arguments)]) == 2
    assert message in capfd.readouterr().err
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.log", "full"]


def test_a_name_that_no_sampled_line_has_is_said(tmp_path, capfd):
    (tmp_path / "a.jsonl").write_text('{"one": 1}\n' * 10)
    assert execute(["parse", str(tmp_path), "--select", "one,onr"]) == 0
    captured = capfd.readouterr()
    assert json.loads(captured.out.splitlines()[0]) == {"one": 1, "onr": None}
    assert "has the field 'onr'; did you mean 'one'?" in captured.err


def test_fields_are_those_of_the_formats_and_of_sampled_lines():
    planner = Planner(Config(paths=(str(DATA),)))
    known = known_fields(planner, planner.discover())
    assert known.open
    assert list(known.fields)[:1] == ["time"]
    assert {"status", "sc_substatus", "facility", "template", "cluster.uuid"} - {"template"} <= set(known.fields)
    web = Planner(Config(paths=(str(DATA / "web3"),)))
    closed = known_fields(web, web.discover())
    assert not closed.open
    with pytest.raises(UsageError, match="did you mean 'client'"):
        require_known(["cleint"], closed)
