"""`show`: the record that `parse --origin` placed there, whatever the codec, the encoding and the offset within it."""

import bz2
import gzip
import json
import lzma
from pathlib import Path

import pytest

import logproc
from logproc import showing
from logproc.cli import execute
from logproc.config import Config, Limits
from logproc.errors import InputError, UsageError
from logproc.showing import Place

DATA = Path(__file__).parents[1] / "data"
TRACES = (
    "2024-01-02 03:04:05,000 [main] INFO com.example.App - begun\n"
    "2024-01-02 03:04:06,000 [w-1] ERROR com.example.Job - job 17 failed\n"
    "java.lang.IllegalStateException: no disk\n\tat com.example.Job.run(Job.java:42)\n\t... 3 more\n"
    "2024-01-02 03:04:07,000 [w-1] WARN com.example.Job - again"
)


def shown(path, *offsets, **options):
    config = Config(paths=(".",), **options)
    return [found for _, found in showing.records(config, [Place(str(path), offset) for offset in offsets])]


@pytest.mark.parametrize("compress", [bytes, gzip.compress, bz2.compress, lzma.compress])
def test_a_record_is_shown_whole_from_any_of_its_bytes(tmp_path, compress):
    path = tmp_path / "app.log"
    path.write_bytes(compress(TRACES.encode()))
    starts = [row["_offset"] for row in logproc.parse(path, origin=True)]
    assert len(starts) == 3
    expected = [TRACES[a:b].encode().rstrip() + b"\n" for a, b in zip(starts, [*starts[1:], None], strict=True)]
    assert shown(path, *starts) == expected
    assert shown(path, starts[1] + 100, starts[2] - 1, starts[0] + 3) == [expected[1], expected[1], expected[0]]


QUOTED = (
    "time,level,message\n"
    '2026-01-01T00:00:00Z,ERROR,"first\nsecond ""x""\n\nthird, last"\r\n'
    '2026-01-01T00:00:01Z,INFO,ok\n2026-01-01T00:00:02Z,INFO,"a ""b"""\n'
)


@pytest.mark.parametrize("compress", [bytes, gzip.compress])
def test_a_record_of_csv_is_shown_with_the_line_breaks_in_its_quotes(tmp_path, compress):
    path = tmp_path / "audit.csv"
    path.write_bytes(compress(QUOTED.encode()))
    starts = [row["_offset"] for row in logproc.parse(path, origin=True)]
    expected = [QUOTED[a:b].encode() for a, b in zip(starts, [*starts[1:], None], strict=True)]
    assert [record.count(b"\n") for record in expected] == [4, 1, 1]
    assert shown(path, *starts) == expected
    assert shown(path, starts[1] - 3, 3) == [expected[0], QUOTED[:19].encode()]
    path.write_bytes(compress(QUOTED.encode() + b'2026-01-01T00:00:02Z,INFO,"open\nx\n'))
    assert shown(path, len(QUOTED)) == [b'2026-01-01T00:00:02Z,INFO,"open\n']


@pytest.mark.parametrize("folder", ["web2", "hosts", "windows", "containers", "api", "balancer"])
def test_what_parse_places_is_what_show_shows(folder):
    rows = list(logproc.parse(DATA / folder, origin=True))
    places = [Place(row["_file"], row["_offset"]) for row in rows[:: max(1, len(rows) // 40)]]
    for _, found in showing.records(Config(paths=(".",)), places):
        assert isinstance(found, bytes)
        assert found.count(b"\n") == 1 or (folder == "containers" and found.count(b"\n") == 2)  # a line in two parts
    again = Path(places[0].path)
    if again.suffix not in {".gz", ".zst", ".xz", ".bz2"}:
        assert shown(again, 0)[0].startswith(again.read_bytes().split(b"\n")[0] + b"\n")


def test_far_lines_are_found_with_small_blocks(tmp_path):
    lines = [f'10.0.0.1 - - [25/Oct/2016:14:49:33 +0000] "GET /{n} HTTP/1.1" 200 {n}\n' for n in range(5000)]
    for path, content in (("a.log", "".join(lines).encode()), ("b.gz", gzip.compress("".join(lines).encode()))):
        (tmp_path / path).write_bytes(content)
        offset = sum(map(len, lines[:4321]))
        limits = Limits(max_line_bytes=400, block_bytes=1 << 16)
        assert shown(tmp_path / path, offset, limits=limits) == [lines[4321].encode()]


@pytest.mark.parametrize("text", ["access.log", "access.log:", ":5", "access.log:-1", "access.log:0x5", "-:5"])
def test_what_is_no_place_is_refused(text):
    with pytest.raises(UsageError):
        showing.place_of(text)


def test_names_with_colons_are_names():
    assert showing.place_of("a:1:2") == Place("a:1", 2)


def test_places_that_are_not_there_are_said(tmp_path):
    (tmp_path / "a.log").write_text("x\n" * 3)
    (tmp_path / "b.log").write_bytes(b"\0\1\2" * 500)
    (tmp_path / "long.log").write_text("short\n" + "y" * 5000 + "\nshort\n")
    missing, beyond, binary = (shown(tmp_path / name, 6)[0] for name in ("c.log", "a.log", "b.log"))
    assert all(isinstance(found, InputError) for found in (missing, beyond, binary))
    assert "no such file" in missing.reason
    assert "ends at 6" in beyond.reason
    assert "binary" in binary.reason
    limits = Limits(max_line_bytes=1000)
    (long,) = shown(tmp_path / "long.log", 50, limits=limits)
    assert "5000 bytes" in long.reason
    assert shown(tmp_path / "long.log", 5007, limits=limits) == [b"short\n"]


@pytest.fixture(scope="module")
def report(tmp_path_factory):
    path = tmp_path_factory.mktemp("report") / "r.json"
    assert execute(["run", str(DATA / "web3"), str(DATA / "web2"), "-q", "--json", str(path)]) == 0
    return path


def test_every_row_of_a_report_leads_to_lines_that_it_counts(report):
    tables = {table["name"]: table for table in json.loads(report.read_text())["reports"]}
    for row in tables["status_codes"]["rows"]:
        places = showing.places_of_row(str(report), "status_codes", str(row[0]))
        assert len(places) == min(3, row[1])
        for _, found in showing.records(Config(paths=(".",)), places):
            assert f" {row[0]} ".encode() in found


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ("--report status_codes", "has 10 rows; name one by status: --row '200'"),
        ("--report status_codes --row 2001", "has no row '2001' (status); did you mean"),
        ("--report status_code --row 200", "did you mean 'status_codes'?"),
        ("", "name places as PATH:OFFSET"),
        ("--report x a.log:1", "name places as PATH:OFFSET"),
        ("--row 200", "name places as PATH:OFFSET"),
    ],
)
def test_rows_that_are_not_there_are_refused_by_name(report, arguments, message, capfd):
    assert execute(["show", *arguments.split(), "--json", str(report)]) == 2
    error = capfd.readouterr().err
    assert message.split(";")[-1] in error or message in error


def test_the_one_row_of_a_summary_needs_no_name(report, capfdbinary):
    assert execute(["show", "--report", "summary", "--json", str(report)]) == 0
    assert capfdbinary.readouterr().out.count(b"\n") == 3


def test_without_a_json_report_the_logs_are_counted(tmp_path, capfdbinary):
    (tmp_path / "q.sql").write_text("SELECT status, count(*) AS n FROM web GROUP BY ALL ORDER BY n DESC")
    assert execute(["show", "--report", f"{tmp_path}/q.sql", "--row", "304", str(DATA / "web3")]) == 0
    lines = capfdbinary.readouterr().out.splitlines()
    assert len(lines) == 2
    assert all(b" 304 " in line for line in lines)
    assert execute(["show", "--report", "status_codes", "--row", "304", str(DATA / "web3")]) == 0
    assert capfdbinary.readouterr().out.splitlines() == lines
    assert execute(["show", "--report", "status_codes", "--row", "305", str(DATA / "web3")]) == 2


def test_a_report_that_was_made_without_places_says_so(report, tmp_path, capfd):
    document = json.loads(report.read_text())
    for table in document["reports"]:
        table.pop("exemplars", None)
    (tmp_path / "old.json").write_text(json.dumps(document))
    assert execute(["show", "--report", "summary", "--json", str(tmp_path / "old.json")]) == 2
    assert "made without them" in capfd.readouterr().err


def test_a_pipe_gets_bytes_as_they_are(tmp_path, capfdbinary):
    line = b'10.0.0.1 - - [25/Oct/2016:14:49:33 +0000] "GET /\x1b[31m\xff HTTP/1.1" 200 5\r\n'
    (tmp_path / "a.log").write_bytes(line)
    assert execute(["show", f"{tmp_path}/a.log:3"]) == 0
    assert capfdbinary.readouterr().out == line
