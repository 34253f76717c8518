from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from waiting import PATIENCE

from logproc.cli import execute
from logproc.console import hush, put_paged, rendered, start
from logproc.messages import Message, Trouble

ROOT = Path(__file__).parents[1]
LINE = '192.0.2.1 - - [25/Oct/2016:14:49:33 +0000] "GET /a HTTP/1.1" 200 612 "-" "curl"\n'


@pytest.fixture
def logs(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "logs"
    folder.mkdir()
    (folder / "access.log").write_text(LINE * 3 + "nonsense\n")
    return folder


def objects(text):
    found = [json.loads(line) for line in text.splitlines()]
    assert all(list(entry) == ["time", "level", "message", "fields"] for entry in found)
    return found


def test_messages_can_be_json(logs, capsys):
    assert execute(["run", str(logs), "--json", "/dev/null", "--log-format", "json"]) == 3
    trouble, summary = objects(capsys.readouterr().err)
    assert trouble["level"] == "warning"
    assert trouble["fields"]["file"].endswith("access.log")
    assert summary["level"] == "info"
    assert summary["fields"]["lines"] == {"read": 4, "counted": 3, "filtered": 0, "rejected": 1}


def test_the_configuration_can_ask_for_json_and_what_is_typed_wins(logs, tmp_path, capsys):
    (tmp_path / "config.toml").write_text('[run]\nlog_format = "json"\n')
    assert execute(["run", str(logs), "-q"]) == 3
    assert len(objects(capsys.readouterr().err)) == 1
    assert execute(["run", str(logs), "-q", "--log-format=text"]) == 3
    assert not capsys.readouterr().err.startswith("{")


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["run", "--colour", "--log-format", "json"], 2, "No such option"),
        (["--log-format=json", "run"], 2, "No such option"),
        (["run", "x", "-c", "none.toml", "--log-format=json"], 2, "none.toml: cannot be read"),
        (["run", "none", "--log-format=json", "-q"], 3, "none: no such file"),
    ],
)
def test_every_complaint_is_json_then(arguments, code, words, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert execute(arguments) == code
    (found,) = objects(capsys.readouterr().err)
    assert words in found["message"]


def test_a_refused_query_keeps_its_mark(logs, tmp_path, capsys):
    (tmp_path / "mine.sql").write_text("SELECT * FROM web JOIN web ON 1")
    assert execute(["run", str(logs), "--report", "mine.sql", "--log-format", "json"]) == 2
    (found,) = objects(capsys.readouterr().err)
    assert "mine" in found["message"]
    assert found["fields"]["details"][-1].strip() == "^~~~"


def test_one_command_does_not_decide_for_the_next(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert execute(["run", "--log-format", "json"]) == 2
    assert capsys.readouterr().err.startswith("{")
    assert execute(["run"]) == 2
    assert capsys.readouterr().err.startswith("logproc: ")


def test_a_hostile_name_stays_text_in_both():
    text = 'a\x1b[2J\n"\udcff\u202e'
    start([])
    assert rendered(text) == 'a\\x1b[2J\\x0a"\\udcff\\u202e\n'
    start(["--log-format=json"])
    line = rendered(Message("x", fields={"file": text}))
    assert line[:-1].isprintable()
    assert json.loads(line)["fields"]["file"] == text
    start([])


def journal(matching, *arguments):
    """Start a command whose stderr is what JOURNAL_STREAM names, or another file."""
    reader, writer = os.pipe()
    status = os.fstat(writer)
    stream = f"{status.st_dev}:{status.st_ino + (not matching)}"
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "JOURNAL_STREAM": stream}
    command = [sys.executable, "-m", "logproc", *map(str, arguments)]
    process = subprocess.Popen(command, stderr=writer, stdout=subprocess.DEVNULL, env=environment)
    os.close(writer)
    with os.fdopen(reader, encoding="utf-8") as file:
        said = file.read()
    process.wait(timeout=PATIENCE)
    return said


def test_messages_have_their_priority_in_the_journal_and_nowhere_else(logs):
    said = journal(True, "run", logs).splitlines()
    assert [line[:3] for line in said] == ["<4>", "<6>"]
    assert journal(True, "run", logs, "-c", "none.toml").startswith("<3>logproc: none.toml")
    assert "<" not in journal(False, "run", logs)
    assert journal(True, "run", logs, "-q", "--log-format=json").startswith('<4>{"time"')


def test_a_quiet_run_says_what_went_wrong_and_not_where_it_stands(monkeypatch, capsys):
    monkeypatch.setattr("logproc.console.is_json", lambda: False)
    hush("worker a joined")
    hush(Trouble("worker a is lost\x1b"))
    assert capsys.readouterr().err == "worker a is lost\\x1b\n"


def test_what_went_wrong_is_a_warning_for_programs(monkeypatch):
    monkeypatch.setattr("logproc.console.is_json", lambda: True)
    assert [json.loads(rendered(line))["level"] for line in (Trouble("x"), "x")] == ["warning", "info"]


def test_what_is_longer_than_the_screen_goes_through_the_pager(monkeypatch, capfd):
    monkeypatch.setenv("PAGER", "sed s/^/paged:/")
    monkeypatch.setenv("LINES", "5")
    monkeypatch.setenv("COLUMNS", "80")
    put_paged("a\nb\n")
    assert capfd.readouterr().out == "a\nb\n"
    put_paged("line\n" * 5)
    assert capfd.readouterr().out == "paged:line\n" * 5


@pytest.mark.parametrize(("mine", "given"), [(None, "FRX"), ("", "-R "), ("-iM", "-R -iM")])
def test_less_keeps_colours_whatever_options_its_user_has(monkeypatch, capfd, mine, given):
    monkeypatch.setenv("PAGER", "sh -c 'cat > /dev/null; printenv LESS'")
    monkeypatch.setenv("LINES", "5")
    monkeypatch.delenv("LESS", raising=False)
    if mine is not None:
        monkeypatch.setenv("LESS", mine)
    put_paged("line\n" * 5)
    assert capfd.readouterr().out == f"{given}\n"


@pytest.mark.parametrize("pager", ["", "no-such-pager", "true"])
def test_a_pager_that_is_not_there_or_stops_reading_is_no_trouble(monkeypatch, capfd, pager):
    monkeypatch.setenv("PAGER", pager)
    monkeypatch.setenv("LINES", "5")
    put_paged("line\n" * 50_000)
    assert capfd.readouterr().out == ("" if pager == "true" else "line\n" * 50_000)
