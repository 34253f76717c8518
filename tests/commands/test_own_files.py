"""What a command writes, or was given as something else than a log, lies among the logs at times."""

from __future__ import annotations

import gzip
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from logproc.cli import execute
from logproc.state import database

ROOT = Path(__file__).parents[2]
LINE = '192.0.2.1 - - [25/Oct/2016:14:49:33 +0000] "GET /{} HTTP/1.1" 200 612 "-" "curl"\n'
EVERYTHING = (
    "--json r.json --html r.html --csv csv --markdown r.md --metrics-file m.prom --rejects j.jsonl --mail r.eml "
    "--mail-to ops@example.org --lock lock --previous r.json"
)
NO_LOG = "no log: a report that logproc wrote"
GIVEN = "-c mine.toml --report mine.sql"


@pytest.fixture
def logs(tmp_path, monkeypatch):
    """A working folder that is the tree of logs, too, with a line that no format takes."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "access.log").write_text("".join(LINE.format(n) for n in range(60)) + "refused\n")
    (tmp_path / "mine.sql").write_text("SELECT count(*) AS n FROM web")
    (tmp_path / "mine.toml").write_text('timezone = "UTC"\n')
    return tmp_path


def test_a_run_does_not_read_what_the_run_before_wrote(logs):
    command = ["run", ".", "-q", *EVERYTHING.split(), *GIVEN.split()]
    assert execute(command) == 0
    first = json.loads((logs / "r.json").read_text())
    assert [file["path"] for file in first["files"]] == ["./access.log"]
    assert execute(command) == 0
    second = json.loads((logs / "r.json").read_text())
    assert {**second, "run": None} == {**first, "run": None}
    assert {path.name for path in logs.iterdir()} > {"r.json", "r.html", "r.md", "m.prom", "j.jsonl", "r.eml", "csv"}


@pytest.mark.parametrize("ledger", [[], ["--state", "state"]])
def test_reports_that_other_commands_left_among_the_logs_are_no_logs(logs, ledger):
    written = "--json left.json --html left.html --markdown left.md --metrics-file left.prom --mail left.eml"
    assert execute(["run", ".", "-q", *written.split(), "--mail-to", "ops@example.org", *GIVEN.split()]) == 0
    assert execute(["diff", "left.json", "--against", "left.json", "--json", "-c", "mine.toml", "-q"]) == 0
    (logs / "plan.json").write_bytes(
        subprocess.run(
            [sys.executable, "-m", "logproc", "plan", "access.log", "--json", "-c", "mine.toml"],
            capture_output=True,
            check=True,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
        ).stdout
    )
    assert execute(["run", ".", "-q", "--json", "r.json", *ledger, *GIVEN.split()]) == 0
    report = json.loads((logs / "r.json").read_text())
    reasons = {file["path"]: file["reason"] for file in report["files"]}
    left = [f"./left.{ending}" for ending in ("eml", "html", "json", "md", "prom")]
    assert reasons == {"./access.log": None} | dict.fromkeys([*left, "./plan.json"], NO_LOG)
    assert report["accounting"]["lines"]["read"] == 61


@pytest.mark.parametrize("ending", ["jsonl", "jsonl.gz"])
def test_rejected_lines_that_an_earlier_command_left_are_no_log_unless_their_format_is_given(logs, ending, capsys):
    log = logs / "access.log"
    log.write_text(log.read_text() + "no line of a log\n" * 3)
    assert execute(["run", ".", "-q", "--rejects", "left.jsonl", *GIVEN.split()]) in {0, 3}
    left = (logs / "left.jsonl").read_bytes()
    assert left.count(b"\n") == 4
    (logs / "left.jsonl").unlink()
    (logs / f"left.{ending}").write_bytes(gzip.compress(left) if ending.endswith("gz") else left)
    assert execute(["run", ".", "-q", "--json", "r.json", *GIVEN.split()]) in {0, 3}
    report = json.loads((logs / "r.json").read_text())
    of = {file["path"]: file for file in report["files"]}[f"./left.{ending}"]
    assert (of["status"], of["lines"]["read"]) == ("failed", 0)
    assert of["reason"] == "no log: rejected lines that logproc wrote; --format jsonl reads them"
    capsys.readouterr()
    question = "SELECT reason, count(*) AS n FROM json GROUP BY ALL"
    assert execute(["sql", question, f"left.{ending}", "--format", "jsonl", "--to", "csv", "-c", "mine.toml"]) == 0
    assert capsys.readouterr().out.splitlines()[1:] == ["no match,4"]


@pytest.mark.usefixtures("logs")
def test_a_report_that_is_named_is_refused_aloud(capsys):
    assert execute(["run", "access.log", "-q", "--json", "left.json", *GIVEN.split()]) == 0
    assert execute(["run", "left.json", "-q", *GIVEN.split()]) == 3
    assert f"left.json: {NO_LOG}" in capsys.readouterr().err


def test_a_run_that_finds_nothing_says_so_even_where_it_is_to_be_quiet(logs, capsys):
    (logs / "empty").mkdir()
    assert execute(["run", "empty", "-q", *GIVEN.split()]) == 0
    assert "no file was found to read: is the disk mounted" in capsys.readouterr().err
    assert execute(["run", "empty", "-q", "--state", "state", *GIVEN.split()]) == 75
    assert "no file was found to read, as if the disk were not mounted" in capsys.readouterr().err
    assert execute(["run", "empty", "-q", "--state", "state", "--accept-gone", *GIVEN.split()]) == 0


def test_a_ledger_among_the_logs_is_none_of_them(logs):
    (logs / "mine.toml").write_text('state_dir = "state"\n[output]\ndir = "kept"\n')
    command = ["run", ".", "-q", "-c", "mine.toml", "--json", "r.json", "--report", "mine.sql"]
    assert execute(command) == 0
    assert execute(command) == 0
    assert database.has_ledger("state")
    report = json.loads((logs / "r.json").read_text())
    assert [(file["path"], file["status"]) for file in report["files"]] == [("./access.log", "unchanged")]


def test_files_beside_those_in_the_folder_for_csv_are_logs(logs):
    (logs / "csv").mkdir()
    (logs / "csv" / "access.log").write_text(LINE.format("x"))
    (logs / "csv" / "old.csv").write_text("a,b\n1,2\n")
    assert execute(f"run . -q --csv csv --json r.json {GIVEN}".split()) == 0
    found = [file["path"] for file in json.loads((logs / "r.json").read_text())["files"]]
    assert found == ["./access.log", "./csv/access.log"]


def test_a_folder_that_is_named_is_read_though_it_is_the_one_to_write_to(logs):
    (logs / "rows.csv").write_text("a,b\n1,2\n3,4\n")
    assert execute(f"run . -q --csv . --json r.json {GIVEN}".split()) == 0
    found = [file["path"] for file in json.loads((logs / "r.json").read_text())["files"]]
    assert found == ["./access.log", "./rows.csv"]


@pytest.mark.parametrize("form", ["jsonl", "csv"])
def test_rows_that_are_written_among_the_logs_are_not_read_again(logs, form):
    for _ in range(2):
        assert execute(["parse", ".", "-c", "mine.toml", "--to", form, "--select", "path", "-o", "rows"]) == 3
        assert (logs / "rows").read_text().count("/") == 60


def test_an_answer_that_is_written_among_the_logs_is_not_read_again(logs):
    for _ in range(2):
        question = "SELECT path, count(*) AS n FROM logs GROUP BY ALL"
        execute(["sql", question, ".", "-c", "mine.toml", "--to", "csv", "-o", "rows.csv"])
        assert len((logs / "rows.csv").read_text().splitlines()) == 61


def test_rows_that_the_shell_sends_into_the_tree_are_not_read_again(logs):
    with (logs / "rows.jsonl").open("wb") as out:
        subprocess.run(
            [sys.executable, "-m", "logproc", "parse", ".", "--select", "path", "-c", "mine.toml"],
            stdout=out,
            stderr=subprocess.DEVNULL,
            check=False,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
        )
    assert (logs / "rows.jsonl").read_text().count("\n") == 60


@pytest.mark.parametrize(
    "command",
    [
        "run {} --json {}",
        "run {} --html {}",
        "run other.log {} --rejects {}",
        "parse {} -o {}",
        "parse {} --rejects {}",
        "sql SELECT+count(*)+FROM+web {} -o {}",
    ],
)
def test_a_log_that_is_named_is_never_replaced(logs, command, capsys):
    before = (logs / "access.log").read_bytes()
    (logs / "link.log").symlink_to("access.log")
    words = [word.replace("+", " ") for word in command.format("access.log", "./link.log").split(" ")]
    assert execute(words) == 2
    assert "./link.log: is a log that is to be read, and would be replaced" in capsys.readouterr().err
    assert (logs / "access.log").read_bytes() == before


def test_a_folder_is_needed_for_csv(logs, capsys):
    assert execute(["run", "access.log", "--csv", "-"]) == 2
    assert "--csv needs a folder" in capsys.readouterr().err
    assert not (logs / "-").exists()
