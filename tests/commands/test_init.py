from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from logproc.cli import execute
from logproc.commands.init import FILES
from logproc.config import Flags, load

ROOT = Path(__file__).parents[2]
LINE = '192.0.2.1 - - [25/Oct/2016:14:49:33 +0000] "GET /a HTTP/1.1" 200 612 "-" "curl"\n'
AWKWARD = "l o\"g's 100% $HOME \\t {a} [b] é"


@pytest.fixture(params=["plain", AWKWARD])
def made(request, tmp_path, monkeypatch, capsys):
    """The files for logs in a folder of some name, and in one of that name themselves."""
    monkeypatch.chdir(tmp_path)
    logs, data = tmp_path / f"logs {request.param}", tmp_path / f"data {request.param}"
    logs.mkdir()
    (logs / "access.log").write_text(LINE * 3)
    folder = tmp_path / f"job {request.param}"
    assert execute(["init", str(logs), "--to", str(folder), "--data", str(data)]) == 0
    assert capsys.readouterr().out.splitlines() == [str(folder / name) for name in FILES]
    return logs, folder, data


def test_the_configuration_names_the_folders(made):
    logs, folder, data = made
    config = load(Flags(config=str(folder / "config.toml")))
    assert config.root == str(logs)
    assert config.output.json == str(data / "report.json")
    assert config.state_dir == str(data)
    assert config.output.dir == str(data / "reports")
    assert config.unattended.wait_lock == 600


def test_what_is_commented_out_is_right_as_well(made):
    _, folder, _ = made
    path = folder / "config.toml"
    text = re.sub(r'^# (\[\[|\w+ = |"""|-- |SELECT|FROM|GROUP)', r"\1", path.read_text(), flags=re.MULTILINE)
    path.write_text(text)
    config = load(Flags(config=str(path)))
    assert [report.name for report in config.named_reports] == ["slow_routes"]
    assert [check.name for check in config.checks] == ["error budget"]
    assert config.unattended.ping_url
    assert config.output.metrics_file
    assert execute(["run", "-q", "-c", str(path), "--metrics-file", str(folder / "m.prom"), "--dry-run"]) == 0


def test_the_line_for_cron_does_the_job(made):
    _, folder, data = made
    line = (folder / "crontab").read_text().splitlines()[-1]
    fields = line.split(maxsplit=5)
    assert fields[:5] == ["20", "3", "*", "*", "*"]
    assert not re.search(r"(?<!\\)%", fields[5])  # cron would end the command there
    command = fields[5].replace("\\%", "%")  # as cron does before it starts a shell
    done = subprocess.run(
        ["sh", "-c", command], env={**os.environ, "PYTHONPATH": str(ROOT)}, cwd="/", capture_output=True, check=False
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")
    written = {"ledger.sqlite", "lock", "rejects.jsonl", "report.json", "reports"}
    assert written <= {path.name for path in data.iterdir()}
    assert (data / "reports" / "index.html").exists()


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd-analyze is not installed")
def test_systemd_understands_the_units(made):
    _, folder, _ = made
    units = [str(folder / name) for name in ("logproc.service", "logproc.timer")]
    done = subprocess.run(["systemd-analyze", "verify", *units], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd-analyze is not installed")
def test_the_service_is_hardened(tmp_path):
    assert execute(["init", "--to", str(tmp_path), "--data", "/var/lib/logproc"]) == 0
    command = ["systemd-analyze", "security", "--offline=true", "--threshold=25", "--no-pager"]
    done = subprocess.run([*command, str(tmp_path / "logproc.service")], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-200:]  # an exposure of at most 2.5 of 10


@pytest.mark.skipif(shutil.which("logrotate") is None, reason="logrotate is not installed")
def test_logrotate_finds_the_logs(made):
    logs, folder, data = made
    command = ["logrotate", "--debug", "--state", str(data / "state"), str(folder / "logrotate.conf")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert f"considering log {logs / 'access.log'}" in done.stderr


def test_nothing_is_overwritten_and_nothing_half_written(tmp_path, capsys):
    (tmp_path / "logproc.timer").write_text("mine")
    assert execute(["init", "--to", str(tmp_path)]) == 1
    assert "logproc.timer: cannot be written: there is one already" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["logproc.timer"]
    assert (tmp_path / "logproc.timer").read_text() == "mine"


def test_the_files_can_be_looked_at_first(tmp_path, capsys):
    assert execute(["init", "/srv/logs", "--to", str(tmp_path), "--stdout"]) == 0
    shown = capsys.readouterr().out
    assert re.findall("^# ---- (.*)$", shown, re.MULTILINE) == list(FILES)
    assert 'root = "/srv/logs"' in shown
    assert sys.executable in shown
    assert "{{" not in shown
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("root", ["a\nb", "a\x1b", "\udcff"])
def test_a_path_that_no_file_can_name_is_refused(root, tmp_path, capsys):
    assert execute(["init", root, "--to", str(tmp_path)]) == 2
    assert "rename it or link to it" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_a_root_that_is_not_there_is_said(tmp_path, capsys):
    assert execute(["init", str(tmp_path / "none"), "--to", str(tmp_path)]) == 0
    assert "none is no folder of this machine now" in capsys.readouterr().err
