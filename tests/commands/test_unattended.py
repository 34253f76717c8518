from __future__ import annotations

import json
import os
from datetime import UTC, datetime

import pytest
from monitors import running
from prometheus_client.parser import text_string_to_metric_families

from logproc import coordinator
from logproc.cli import execute
from logproc.state import database
from logproc.state.lock import hold
from logproc.stopping import StoppedError

LINE = '192.0.2.1 - - [25/Oct/2016:14:49:33 +0000] "GET /a HTTP/1.1" 200 612 "-" "curl"\n'


@pytest.fixture
def logs(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "logs"
    folder.mkdir()
    (folder / "access.log").write_text(LINE * 5)
    return folder


@pytest.fixture
def monitor():
    with running() as server:
        yield server


def metrics(path):
    families = text_string_to_metric_families(path.read_text())
    return {
        f"{sample.name.removeprefix('logproc_')} {' '.join(sample.labels.values())}".strip(): sample.value
        for family in families
        for sample in family.samples
    }


def test_a_good_run_writes_its_metrics(logs, tmp_path):
    assert execute(["run", str(logs), "-q", "--metrics-file", "m.prom"]) == 0
    found = metrics(tmp_path / "m.prom")
    assert (found["run_exit_code"], found["files read"], found["lines counted"]) == (0, 1, 5)
    assert found["last_success_timestamp_seconds"] == found["last_run_timestamp_seconds"]


def test_the_metrics_file_can_stand_in_the_configuration(logs, tmp_path):
    (tmp_path / "config.toml").write_text(f'root = "{logs}"\n[output]\nmetrics_file = "m.prom"\n')
    assert execute(["run", "-q"]) == 0
    assert metrics(tmp_path / "m.prom")["lines counted"] == 5


def test_a_bad_run_writes_them_too_and_keeps_the_last_success(logs, tmp_path, capsys):
    assert execute(["run", str(logs), "-q", "--metrics-file", "m.prom"]) == 0
    success = metrics(tmp_path / "m.prom")["last_success_timestamp_seconds"]
    (tmp_path / "config.toml").write_text("colour = 1\n")
    assert execute(["run", str(logs), "-q", "--metrics-file", "m.prom"]) == 2
    found = metrics(tmp_path / "m.prom")
    assert found["run_exit_code"] == 2
    assert found["last_success_timestamp_seconds"] == success
    assert "lines counted" not in found
    assert capsys.readouterr().err.count("\n") == 1


@pytest.mark.parametrize(
    ("error", "code"), [(RuntimeError("x"), 1), (StoppedError(15), 143), (KeyboardInterrupt(), 130), (OSError("x"), 1)]
)
def test_they_are_written_whatever_ends_the_run(error, code, logs, tmp_path, monkeypatch):
    def fail(*_arguments, **_options):
        raise error

    monkeypatch.setattr(coordinator, "run", fail)
    try:
        assert execute(["run", str(logs), "-q", "--metrics-file", "m.prom"]) == code
    except KeyboardInterrupt:
        assert code > 128
    assert metrics(tmp_path / "m.prom")["run_exit_code"] == code


def test_metrics_that_cannot_be_written_hide_no_other_error(logs, tmp_path, monkeypatch, capsys):
    def fail(*_arguments, **_options):
        (tmp_path / "folder").rmdir()
        raise RuntimeError("first")

    (tmp_path / "folder").mkdir()
    monkeypatch.setattr(coordinator, "run", fail)
    assert execute(["run", str(logs), "-q", "--metrics-file", "folder/m.prom"]) == 1
    complaints = capsys.readouterr().err.splitlines()
    assert "folder/m.prom: cannot be written" in complaints[0]
    assert "unexpected RuntimeError: first" in complaints[1]


def test_metrics_and_report_in_one_file_are_refused(logs, capsys):
    assert execute(["run", str(logs), "--json", "x", "--metrics-file", "./x"]) == 2
    assert "name the same file" in capsys.readouterr().err


def test_one_run_goes_at_a_time(logs, tmp_path, capsys):
    (tmp_path / "config.toml").write_text('[run]\nlock = "the.lock"\n[output]\nmetrics_file = "m.prom"\n')
    with hold(str(tmp_path / "the.lock")):
        assert execute(["run", str(logs), "-q"]) == 75
        assert capsys.readouterr().err.startswith(
            f"logproc: {tmp_path / 'the.lock'}: locked by process {os.getpid()} on "
        )
        assert metrics(tmp_path / "m.prom")["run_exit_code"] == 75
        assert execute(["run", str(logs), "-q", "--lock", "another.lock"]) == 0
    assert execute(["run", str(logs), "-q"]) == 0
    assert execute(["run", str(logs), "-q", "--wait-lock", "soon"]) == 2
    assert 'must be a duration, such as "10m" or "90"' in capsys.readouterr().err


def test_a_dry_run_needs_no_lock_and_writes_no_metrics(logs, tmp_path):
    with hold(str(tmp_path / "the.lock")):
        assert execute(["run", str(logs), "--dry-run", "--lock", "the.lock", "--metrics-file", "m.prom"]) == 0
    assert not (tmp_path / "m.prom").exists()


def test_a_monitor_is_told_how_the_run_went(logs, monitor, capsys):
    assert execute(["run", str(logs), "-q", "--ping-url", monitor.url]) == 0
    (_, start, _), (_, end, body) = monitor.seen
    assert (start, end) == ("/secret/start", "/secret")
    assert body.startswith("5 lines read: 5 counted")
    assert capsys.readouterr() == ("", "")


def test_a_monitor_is_told_what_needs_a_person(logs, tmp_path, monitor):
    (logs / "access.log").write_text(LINE + "nonsense\n")
    (tmp_path / "config.toml").write_text(f'[run]\nping_url = "{monitor.url}"\n')
    assert execute(["run", str(logs), "-q"]) == 3
    _, path, body = monitor.seen[-1]
    assert path == "/secret/3"
    assert "access.log: 1 of 2 lines rejected" in body


@pytest.mark.parametrize(("config", "code"), [("colour = 1\n", 2), ('[run]\nlock = "the.lock"\n', 75)])
def test_a_monitor_is_told_that_nothing_was_done(config, code, logs, tmp_path, monitor):
    (tmp_path / "config.toml").write_text(config)
    with hold(str(tmp_path / "the.lock")):
        assert execute(["run", str(logs), "-q", "--ping-url", monitor.url]) == code
    _, path, body = monitor.seen[-1]
    assert path == f"/secret/{code}"
    assert ("unknown key 'colour'" if code == 2 else "locked by process") in body


def test_metrics_that_cannot_be_written_are_no_success_for_the_monitor(logs, tmp_path, monitor, monkeypatch):
    real = coordinator.run

    def run(*arguments, **options):
        (tmp_path / "folder").rmdir()
        return real(*arguments, **options)

    (tmp_path / "folder").mkdir()
    monkeypatch.setattr(coordinator, "run", run)
    arguments = ["run", str(logs), "-q", "--metrics-file", "folder/m.prom", "--ping-url", monitor.url]
    assert execute(arguments) == 1
    _, path, body = monitor.seen[-1]
    assert path == "/secret/1"
    assert "cannot be written" in body


@pytest.mark.parametrize(
    "url", ["ftp://host/secret", "hc-ping.com/secret", "https://", "https://h/\x1b", "http://h:x/"]
)
def test_what_is_no_address_is_refused_and_not_repeated(url, logs, capsys):
    assert execute(["run", str(logs), "--ping-url", url]) == 2
    assert capsys.readouterr().err == "logproc: ping_url must be an address that begins with https:// or http://\n"


def test_a_report_that_begins_later_says_so_once_and_is_rebuilt_with_the_others(logs, tmp_path, capsys):
    line = LINE.replace("25/Oct/2016", f"{datetime.now(UTC):%d/%b/%Y}")  # days long past are merged

    def said(names: str, *more: str) -> str:
        asked = (
            f'[[report]]\nname = "{name}"\nsql = "SELECT status, sum(bytes + {ord(name)}) AS n FROM web GROUP BY 1"\n'
            for name in names
        )
        top = f'root = "{logs}"\nstate_dir = "s"\n[reports]\nuse = []\n'
        (tmp_path / "config.toml").write_text(top + "".join(asked))
        assert execute(["run", "-q", "--json", "r.json", *more]) == 0
        return capsys.readouterr().err

    def sums() -> list[int]:
        reports = json.loads((tmp_path / "r.json").read_text())["reports"]
        return [report["rows"][0][1] for report in reports if report["rows"]]

    (logs / "access.log").write_text(line * 5)
    assert said("a") == ""
    (logs / "more.log").write_text(line)
    assert said("abcde") == (
        "b, c, d and 1 more: not asked like this before, hence without what was counted until now; "
        "`logproc run --rebuild all` counts that too, as far as it is still on disk\n"
    )
    assert sums() == [6 * (612 + 97), *(612 + ord(name) for name in "bcde")]
    assert execute(["report", "-c", "config.toml"]) == 0
    assert "B  b  without 400 B of 1 file counted before it was asked for\n" in capsys.readouterr().out
    (logs / "more.log").write_text(line * 2)
    assert said("abcde") == ""  # it was said
    (tmp_path / "config.toml").write_text((tmp_path / "config.toml").read_text().replace("+ 97", "+ 1097"))
    assert execute(["report"]) == 0
    assert capsys.readouterr().err.startswith("a: not asked like this before")
    assert "f: not asked" in said("abcdef", "--rebuild", "b")
    assert sums() == [7 * (612 + 97), 7 * (612 + 98), *(2 * (612 + ord(name)) for name in "cde")]
    (logs / "access.log").unlink()
    assert said("abcdef", "--rebuild", "all", "--accept-gone").splitlines() == [
        f"--rebuild {name}: still without 400 B of 1 file counted before it was asked for: that is no longer on disk "
        f"as it was, or its days are older than compact_after and merged"
        for name in "cdef"
    ]
    assert sums() == [7 * (612 + 97), 7 * (612 + 98), *(2 * (612 + ord(name)) for name in "cdef")]


def test_a_night_looks_at_its_ledger_once_before_it_counts(logs, tmp_path, monkeypatch):
    path = tmp_path / "config.toml"
    path.write_text(
        f'root = "{logs}"\nstate_dir = "{tmp_path}/s"\n[output]\ndir = "{tmp_path}/kept"\n[state]\nretain = 400\n'
    )
    assert execute(["run", "-q", "-c", str(path)]) == 0
    opened = []
    open_to_write = database.open_to_write
    monkeypatch.setattr(
        database, "open_to_write", lambda folder, **how: opened.append(folder) or open_to_write(folder, **how)
    )
    assert execute(["run", "-q", "-c", str(path)]) == 0
    assert opened == [f"{tmp_path}/s"] * 3  # before the run, for it, and when its reports are written


def test_reports_that_cannot_be_written_lose_no_counts_and_that_is_said(logs, tmp_path, capsys):
    (tmp_path / "kept").mkdir()
    (tmp_path / "kept" / "nights").write_text("in the way")
    path = tmp_path / "config.toml"
    path.write_text(f'root = "{logs}"\nstate_dir = "{tmp_path}/s"\n[output]\ndir = "{tmp_path}/kept"\n')
    assert execute(["run", "-q", "-c", str(path)]) == 1
    said = capsys.readouterr().err
    assert "what this run counted is kept in the ledger; the next run writes the reports" in said
    assert f"{tmp_path}/kept/nights: cannot be written: " in said
    (tmp_path / "kept" / "nights").unlink()
    assert execute(["run", "-q", "-c", str(path)]) == 0
    assert list((tmp_path / "kept" / "nights").glob("*.json"))


def test_a_file_that_was_cut_short_is_named_once_with_the_way_out(logs, tmp_path, capsys):
    today = LINE.replace("25/Oct/2016", f"{datetime.now(UTC):%d/%b/%Y}")  # days long past are merged
    lines = [today.replace("/a", f"/{number:03}") for number in range(100)]
    path = logs / "access.log"
    path.write_text("".join(lines))
    command = ["run", "-q", "--state", "s", "--report", "paths", "--json", "r.json", "logs"]
    assert execute(command) == 0
    with path.open("r+") as file:  # as by an editor that keeps the inode
        file.truncate(len("".join(lines[:80])))
    assert capsys.readouterr().err == ""
    assert execute(command) == 0
    said = capsys.readouterr().err
    assert "logs/access.log: shortened: it begins as what was counted of it, and counts as a whole: the lines " in said
    assert "`logproc state forget logs/access.log` takes all counts of it out" in said
    assert execute(command) == 0
    assert capsys.readouterr().err == ""
    assert execute(["state", "forget", "--state", "s", "logs/access.log"]) == 0
    assert execute(command) == 0
    report = json.loads((tmp_path / "r.json").read_text())["reports"][0]
    requests = [column["name"] for column in report["columns"]].index("requests")
    assert sum(row[requests] for row in report["rows"]) == 80
