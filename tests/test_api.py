from __future__ import annotations

import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

import logproc
from logproc import errors
from logproc.errors import UsageError

ROOT = Path(__file__).parents[1]
LINE = '192.0.2.1 - - [25/Oct/2016:14:49:33 +0000] "GET /a?b=c HTTP/1.1" 200 612 "-" "Mozilla/5.0 (X11)"\n'


def test_every_public_name_is_there_and_every_error_is_public():
    for name in logproc.__all__:
        assert getattr(logproc, name) is not None
    defined = {name for name, value in vars(errors).items() if isinstance(value, type)}
    assert defined <= set(logproc.__all__)
    assert set(logproc.__all__) <= set(dir(logproc))


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="no attribute 'runn'"):
        logproc.runn  # noqa: B018


def test_importing_the_package_loads_nothing_heavy():
    code = "import sys, logproc; print(*sys.modules)"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert {"numpy", "numba", "click", "sqlglot", "logproc.errors"}.isdisjoint(result.stdout.split())


@pytest.fixture
def log(tmp_path):
    path = tmp_path / "access.log"
    path.write_text(LINE * 3)
    return path


def test_a_run_returns_the_report(log):
    report = logproc.run(log)
    assert isinstance(report, logproc.Report)
    assert (report.lines.read, report.lines.counted) == (3, 3)


def test_paths_may_be_one_or_many_and_times_may_be_datetimes(log):
    report = logproc.run([str(log), log], since=datetime(2016, 10, 25, tzinfo=UTC), until="2016-10-26", workers=1)
    assert report.lines.counted in {3, 6}
    assert report.run.since == "2016-10-25T00:00:00Z"
    assert logproc.run(log, until=datetime(2016, 1, 1, tzinfo=UTC)).lines.filtered == 3


def test_the_configuration_in_the_working_folder_is_not_read(log, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "config.toml").write_text("nonsense = 1\n")
    assert logproc.run(log).lines.read == 3
    with pytest.raises(logproc.ConfigError, match="unknown key 'nonsense'"):
        logproc.run(log, config="config.toml")


def test_wrong_arguments_are_usage_errors(log):
    with pytest.raises(UsageError, match="nothing to read"):
        logproc.run()
    with pytest.raises(UsageError, match="spark"):
        logproc.run(log, backend="spark")
    with pytest.raises(UsageError, match="logproc keygen FILE"):
        logproc.run(log, backend="queue")
    with pytest.raises(UsageError, match="workers"):
        logproc.run(log, workers=-1)


def test_rows_come_as_dictionaries(log):
    rows = list(logproc.parse(log, select=["status", "path"]))
    assert rows == [{"status": 200, "path": "/a"}] * 3


def test_detect_knows_the_format(log):
    assert [found.format for found in logproc.detect(log)] == ["combined"]
