"""Files whose first bytes, size or reading are not what they usually are: every line still has its fate."""

import gzip
import json
import os
from pathlib import Path

import numpy as np
import pytest

import logproc
from logproc import packs, planner, worker
from logproc.block_lines import samples_of
from logproc.cli import execute

LINE = '1.2.3.4 - - [29/Jul/2023:10:26:06 -0700] "GET /{} HTTP/1.1" 200 157 "-" "curl/8"\n'
COUNT = "SELECT count(*) AS n FROM web"


@pytest.fixture
def count(tmp_path):
    """Run over a folder and return the report."""
    query = tmp_path / "count.sql"
    query.write_text(COUNT)

    def run(folder, **options):
        return logproc.run(folder, reports=[str(query)], workers=1, **options)

    return run


@pytest.mark.parametrize(
    ("head", "filtered"),
    [(b"\0" * 100_000, 0), (b"\n" * 70_000, 70_000), (b" \n\r\n" * 30_000 + b"\0" * 5_000, 60_000)],
    ids=["a hole", "blank lines", "both"],
)
def test_the_format_is_that_of_the_first_lines_that_are_not_blank(tmp_path, count, head, filtered):
    logs = tmp_path / "logs"
    logs.mkdir()
    (logs / "a.log").write_bytes(head + "".join(LINE.format(n) for n in range(1000)).encode())
    report = count(logs)
    assert report.files[0].format == "combined"
    assert (report.lines.counted, report.lines.filtered, report.lines.rejected) == (1000, filtered, 0)


def test_a_first_record_longer_than_what_detection_looks_at(tmp_path, count):
    logs = tmp_path / "a.jsonl"
    logs.write_text('{"message":"' + "x" * 70_000 + '"}\n' + '{"message":"m"}\n' * 10)
    report = count(logs)
    assert (report.files[0].format, report.lines.counted) == ("jsonl", 11)


@pytest.mark.parametrize("end", ["\n", ""])
@pytest.mark.parametrize("records", [1, 3])
@pytest.mark.parametrize("cut", [False, True])
def test_lines_that_are_all_longer_than_what_detection_looks_at(tmp_path, count, monkeypatch, records, end, cut):
    if cut:
        monkeypatch.setattr("logproc.planner.PACK_BYTES", 1000)
        monkeypatch.setattr("logproc.looking.PACK_BYTES", 1000)
    logs = tmp_path / "a.jsonl"
    logs.write_text("\n".join(['{"message":"' + "x" * 200_000 + '"}'] * records) + end)
    report = count(logs)
    assert (report.files[0].format, report.lines.read, report.lines.counted) == ("jsonl", records, records)
    assert [found.format for found in logproc.detect(logs)] == ["jsonl"]


def test_small_limits_do_not_break_packs(tmp_path, count):
    logs = tmp_path / "logs"
    logs.mkdir()
    for number in range(12):
        (logs / f"{number}.log").write_text("".join(LINE.format(n) for n in range(620)))
    settings = tmp_path / "c.toml"
    settings.write_text("[limits]\nblock_bytes = 65536\nmax_line_bytes = 65536\n")
    report = count(logs, config=settings)
    assert report.lines.counted == 12 * 620
    assert report.reports[0].rows == ((12 * 620,),)


@pytest.mark.parametrize("line", [LINE, LINE.replace("1.2.3.4 - -", "::1 - joe")])
def test_small_access_logs_are_read_many_at_once(tmp_path, count, monkeypatch, line):
    logs = tmp_path / "logs"
    logs.mkdir()
    for number in range(packs.LEAST + 4):
        (logs / f"{number}.log").write_text("".join(line.format(n) for n in range(100)))

    def process(reader):
        raise AssertionError(reader)

    monkeypatch.setattr(worker.PieceReader, "process", process)
    assert count(logs, backend="serial").lines.counted == 100 * (packs.LEAST + 4)


def test_a_line_that_another_format_reads_otherwise_is_no_access_log_of_a_pack(tmp_path, count):
    logs = tmp_path / "logs"
    logs.mkdir()
    lines = {
        "combined": LINE,
        "ovh": LINE.replace("1.2.3.4 -", "1.2.3.4 www.example.org"),
        "combined_forwarded": LINE.replace("1.2.3.4 -", "1.2.3.4 (10.0.0.9) -"),
        "vhost_combined": "www.example.org:443 " + LINE,
    }
    for name, line in lines.items():
        for number in range(packs.LEAST):
            (logs / f"{name}.{number}").write_text("".join(line.format(n) for n in range(50)))
    found = {Path(file.path).name: file.format for file in count(logs).files}
    assert found == {f"{name}.{number}": name for name in lines for number in range(packs.LEAST)}


def test_a_short_read_is_not_the_end_of_a_file(tmp_path, count, monkeypatch):
    logs = tmp_path / "logs"
    logs.mkdir()
    for number in range(packs.LEAST + 4):
        (logs / f"{number}.log").write_text("".join(LINE.format(n) for n in range(100)))
    whole = os.readv
    monkeypatch.setattr(os, "readv", lambda fd, views: whole(fd, (views[0][:3000],)))
    assert count(logs).lines.counted == 100 * (packs.LEAST + 4)


def test_a_configured_format_takes_part_in_detection_whatever_the_size(tmp_path, count, monkeypatch):
    from logproc import planner

    logs = tmp_path / "logs"
    logs.mkdir()
    (logs / "b.log").write_text("".join(f"{n} - 1.2.3.4 # {n}.5\n" for n in range(100)))
    settings = tmp_path / "c.toml"
    settings.write_text(
        '[[source]]\nname = "api"\ninclude = ["none/*"]\nformat = "nginx:$status - $remote_addr # $request_time"\n'
    )
    small = count(logs, config=settings)
    monkeypatch.setattr(planner, "PACK_BYTES", 100)
    large = count(logs, config=settings)
    assert small.lines == large.lines
    assert small.lines.counted == 100


def test_thousands_of_strange_lines_at_the_head_are_rejected_and_the_rest_is_read(tmp_path):
    strange = b"starting ...\n" * 2000
    lines = b"".join(b'::1 - - [10/Oct/2000:13:55:36 +0000] "GET /%d HTTP/1.0" 200 9\n' % n for n in range(20000))
    (tmp_path / "a.log").write_bytes(strange + lines)
    report = logproc.run(tmp_path, reports=["web"])
    (file,) = report.files
    assert (file.format, file.lines.counted, file.lines.rejected) == ("common", 20000, 2000)


def test_a_root_that_is_gone_means_try_later(tmp_path):
    settings = tmp_path / "c.toml"
    settings.write_text(f'root = "{tmp_path}/mnt"\n')
    with pytest.raises(logproc.TryLaterError, match="is the disk mounted"):
        logproc.run(config=settings)


def test_a_formats_own_fields_can_be_asked_for(tmp_path):
    log = tmp_path / "a.log"
    log.write_text("1.2.3.4 0.5\n1.2.3.5 1.5\n")
    query = tmp_path / "q.sql"
    query.write_text("SELECT sum(cast(upstream_connect_time AS double)) AS s FROM web")
    fmt = "nginx:$remote_addr $upstream_connect_time"
    assert logproc.run(log, format=fmt, reports=[query.as_posix()]).reports[0].rows == ((2.0,),)


def test_a_check_must_yield_a_number(tmp_path):
    settings = tmp_path / "c.toml"
    settings.write_text('[[check]]\nname = "late"\nsql = "SELECT max(time) FROM web"\nfail_if = "> 1"\n')
    with pytest.raises(logproc.QueryError, match="one number"):
        logproc.run(tmp_path, config=settings)


def test_decimal_sums_do_not_wrap(tmp_path):
    log = tmp_path / "a.jsonl"
    log.write_text('{"ns":1700000000000000000.5}\n' * 10 + '{"big":1e300}\n')
    query = tmp_path / "q.sql"
    query.write_text("SELECT sum(ns) AS s, avg(ns) AS a, sum(big) AS b FROM json")
    ((total, mean, big),) = logproc.run(log, reports=[str(query)]).reports[0].rows
    assert total == pytest.approx(1.7e19)
    assert mean == pytest.approx(1.7e18)
    assert big is None


def test_a_synonym_means_the_contracts_field_and_does_not_disturb_others(tmp_path):
    log = tmp_path / "a.jsonl"
    log.write_text('{"ts":"2024-01-01T00:00:00Z","severity":"warning","msg":"a"}\n')
    query = tmp_path / "q.sql"
    query.write_text("SELECT timestamp AS t, severity, level, msg, count(*) AS n FROM json GROUP BY ALL")
    report = logproc.run(log, reports=[str(query)])
    assert report.reports[0].rows == (("2024-01-01T00:00:00Z", "WARN", "WARN", "a", 1),)
    assert [row["message"] for row in logproc.parse(log, where="severity = 'warning' OR timestamp > '2023-01-01'")] == [
        "a"
    ]


@pytest.mark.parametrize("name", ["a.jsonl", "a.log"])
def test_the_configured_source_is_a_field_of_every_row(tmp_path, name):
    logs = tmp_path / "logs"
    logs.mkdir()
    (logs / name).write_text('{"source":"mine","n":1}\n' if name.endswith("jsonl") else LINE.format(1))
    settings = tmp_path / "c.toml"
    settings.write_text('[[source]]\nname = "shop"\ninclude = ["**/*"]\n')
    query = tmp_path / "q.sql"
    query.write_text("SELECT source, count(*) AS n FROM shop GROUP BY source")
    assert logproc.run(logs, reports=[str(query)], config=settings).reports[0].rows == (("shop", 1),)
    assert [row["source"] for row in logproc.parse(logs, config=settings)] == ["shop"]


def test_a_file_that_is_cut_while_it_is_read_is_reported(tmp_path, count, monkeypatch):
    log = tmp_path / "a.log"
    log.write_text("".join(LINE.format(n) for n in range(5000)))
    whole = planner.Planner.tasks

    def then_cut(self, files):
        tasks = whole(self, files)
        os.truncate(log, 100_000)
        return tasks

    monkeypatch.setattr(planner, "PACK_BYTES", 1000)
    monkeypatch.setattr(planner, "RANGE_BYTES", 150_000)
    monkeypatch.setattr(planner.Planner, "tasks", then_cut)
    report = count(log)
    assert "were cut off" in (report.files[0].reason or "")
    assert report.lines.balanced()


def test_a_second_hard_link_is_a_duplicate_with_a_ledger_and_without(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    Path("logs").mkdir()
    Path("logs/b").write_text('::1 - - [10/Oct/2000:13:55:36 +0000] "GET / HTTP/1.0" 200 2326\n')
    Path("logs/a").hardlink_to("logs/b")

    def statuses(*arguments):
        assert execute(["run", "logs", "--json", "-", "-q", "--report", "methods", *arguments]) == 0
        report = json.loads(capsys.readouterr().out)
        assert report["accounting"]["files"]["duplicate"] == 1
        assert sum(report["accounting"]["files"].values()) == 2
        assert report["reports"][0]["rows"][0][1] == 1
        return [(entry["path"], entry["status"], entry["reason"]) for entry in report["files"]]

    double = ("logs/b", "duplicate", "the same file as logs/a, by a hard link")
    assert statuses() == [("logs/a", "read", None), double]
    assert statuses("--state", "s") == [("logs/a", "read", None), double]
    assert statuses("--state", "s") == [("logs/a", "unchanged", None), double]
    for arguments in ([], ["--state", "s"]):
        assert execute(["plan", "logs", "--json", *arguments]) == 0
        assert [entry["status"] for entry in json.loads(capsys.readouterr().out)["files"]][1] == "duplicate"
    assert execute(["detect", "logs", "--json"]) == 0
    assert [entry["format"] for entry in json.loads(capsys.readouterr().out)["files"]] == ["common", "common"]


@pytest.mark.parametrize("others", [0, 9], ids=["alone", "among others"])
@pytest.mark.parametrize("write", [Path.write_bytes, lambda path, data: path.write_bytes(gzip.compress(data))])
def test_a_file_that_is_shorter_than_it_was_listed_is_said(tmp_path, monkeypatch, count, write, others):
    """Whole lines are missing, so that nothing else shows it."""
    logs = tmp_path / "logs"
    logs.mkdir()
    for n in range(others):
        (logs / f"{n}.log").write_text(LINE.format(n))
    write(log := logs / "a.log", "".join(LINE.format(n * n) for n in range(100)).encode())
    whole = planner.Planner.tasks

    def then_an_old_copy(self, files):
        tasks = whole(self, files)
        write(log, LINE.format(1).encode() * 10)
        return tasks

    monkeypatch.setattr(planner.Planner, "tasks", then_an_old_copy)
    report = count(logs)
    assert "were cut off" in (report.files[-1].reason or "")
    assert report.lines.counted == 10 + others
    assert report.lines.balanced()


@pytest.mark.parametrize("blank", [" ", "\t", "\n \t", "\n\0 "])
def test_a_line_that_begins_with_a_blank_is_sampled_as_it_stands(blank: str):
    line = "[Thu Feb 29 11:47:27.072780 2024] [ssl:info] [pid 12596] x\n"
    buffer = np.frombuffer((blank + line).encode(), np.uint8)
    assert samples_of(buffer, 0, len(buffer)) == [(blank.rpartition("\n")[2] + line).replace("\0 ", " ").encode()]


def test_severity_is_that_of_syslog_beside_lines_whose_synonym_for_level_it_is(tmp_path):
    (tmp_path / "messages").write_text("<34>Oct 11 22:14:15 web1 su: failed\n<14>Oct 11 22:14:16 web1 su: fine\n")
    (tmp_path / "a.jsonl").write_text('{"ts":"2024-01-01T00:00:00Z","severity":"warning","msg":"a"}\n')
    query = tmp_path / "q.sql"
    query.write_text("SELECT severity, level FROM logs GROUP BY ALL ORDER BY severity, level")
    report = logproc.run(tmp_path, reports=[str(query)])
    assert report.reports[0].rows == (("crit", None), ("info", None), (None, "WARN"))
    pytest.importorskip("duckdb")
    rows = logproc.sql("SELECT severity, level FROM logs ORDER BY ALL", tmp_path).rows
    assert rows == report.reports[0].rows


def test_severities_count_as_errors_in_coverage(tmp_path):
    (tmp_path / "messages").write_text("<34>Oct 11 22:14:15 web1 su: failed\n<14>Oct 11 22:14:16 web1 su: fine\n")
    (covered,) = logproc.run(tmp_path).coverage.rows
    assert covered[3:6] == (2, 0, 1)


@pytest.mark.parametrize("name", ["web", "syslog", "app", "json"])
def test_a_source_may_be_called_as_a_family_is(tmp_path, name):
    (tmp_path / "access.log").write_text(LINE.format(1))
    settings = tmp_path / "c.toml"
    settings.write_text(f'[[source]]\nname = "{name}"\ninclude = ["**/access*.log*"]\nformat = "auto"\n')
    report = logproc.run(tmp_path / "access.log", config=settings)
    assert report.lines.counted == 1
    assert not any(table.problem for table in report.reports)
