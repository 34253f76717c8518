from __future__ import annotations

import json
import os

import pytest

from logproc.cli import execute

LINES = (
    '192.0.2.1 - - [25/Oct/2016:14:49:33 +0000] "GET /a HTTP/1.1" 200 612 "-" "curl"\n'
    '192.0.2.1 - - [25/Oct/2016:14:49:33 +0000] "GET =1+1 HTTP/1.1" 404 612 "-" "curl"\n'
)


@pytest.fixture
def logs(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "logs"
    folder.mkdir()
    (folder / "access.log").write_text(LINES)
    (tmp_path / "mine.sql").write_text("SELECT path, count(*) AS n FROM web GROUP BY path")
    return folder


def test_a_csv_file_for_each_report_and_no_report_on_the_terminal(logs, tmp_path, capsys):
    assert execute(["run", str(logs), "--csv", "csv", "--json", "r.json"]) == 0
    names = [report["name"] for report in json.loads((tmp_path / "r.json").read_text())["reports"]]
    assert sorted(path.stem for path in (tmp_path / "csv").iterdir()) == sorted(names)
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.count("\n") == 1


def test_markdown(logs, tmp_path, capsys):
    assert execute(["run", str(logs), "-q", "--markdown", "r.md", "--report", "mine.sql"]) == 0
    assert "| `=1+1` | 1 |" in (tmp_path / "r.md").read_text()
    assert capsys.readouterr() == ("", "")


def test_csv_and_markdown_can_stand_in_the_configuration(logs):
    (logs / "config.toml").write_text(
        'root = "."\n[discover]\ninclude = ["*.log"]\n[output]\ncsv = "c/"\nmarkdown = "r.md"\n'
        '[reports]\nuse = []\n[[report]]\nname = "p"\nsql = "SELECT path FROM web GROUP BY path"\n'
    )
    assert execute(["run", "-q", "-c", "logs/config.toml"]) == 0
    assert (logs / "c" / "p.csv").read_text() == "path\n/a\n'=1+1\n"
    assert (logs / "r.md").exists()


@pytest.mark.parametrize("name", ["taken", "taken/x"])
def test_a_folder_that_cannot_be_is_refused_before_the_work(name, logs, tmp_path, capsys):
    (tmp_path / "taken").write_text("")
    assert execute(["run", str(logs), "--csv", name]) == 2
    assert f"--csv {name}: " in capsys.readouterr().err


def test_a_lone_path_that_is_missing_is_an_error_and_no_report(tmp_path, capfd):
    missing = str(tmp_path / "nothing.log")
    assert execute(["run", missing, "-c", os.devnull]) == 3
    told = capfd.readouterr()
    assert told.out == ""
    assert f"{missing}: no such file or folder" in told.err
    (tmp_path / "a.log").write_text('1.2.3.4 - - [01/Jan/2026:00:00:00 +0000] "GET / HTTP/1.1" 200 5 "-" "-"\n')
    assert execute(["run", missing, str(tmp_path / "a.log"), "-c", os.devnull]) == 3
    assert "1 failed" in capfd.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (["run", "logs", "--json", ""], "--json"),
        (["run", "logs", "--state="], "--state"),
        (["run", "-c", "", "logs"], "--config"),
        (["run", ""], "[PATH]..."),
        (["run", "logs", "--report", "web", "--report", ""], "--report"),
        (["parse", "logs", "--select", ""], "--select"),
        (["state", "ls", "--state", ""], "--state"),
    ],
)
@pytest.mark.usefixtures("logs")
def test_a_variable_of_the_shell_that_is_not_set_is_seen(arguments, named, capsys):
    assert execute(arguments) == 2
    captured = capsys.readouterr()
    assert f"{named} is empty; is it written as a variable of the shell that is not set?" in captured.err
    assert captured.out == ""


def test_the_key_of_a_row_may_be_the_empty_text(logs, capsys):
    (logs / "access.log").write_text(LINES.replace("GET /a HTTP", "GET ?a HTTP"))
    assert execute(["show", "logs", "--report", "mine.sql", "--row", ""]) == 0
    assert capsys.readouterr().out == LINES.replace("GET /a HTTP", "GET ?a HTTP").splitlines(keepends=True)[0]
