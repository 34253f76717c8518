from __future__ import annotations

import subprocess
import sys
from datetime import UTC, date, datetime
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


def test_a_script_needs_no_guard_for_worker_processes(tmp_path):
    """Python would run it anew in each of them, where it would start others, which is refused."""
    for number in range(3):
        (tmp_path / f"{number}.log").write_text(LINE * (number + 1))
    script = tmp_path / "script.py"
    script.write_text(
        "import sys, logproc\nfrom logproc import planner\nplanner.PACK_FILES = 1\n"
        "report = logproc.run(sys.argv[1:], workers=2, backend='processes')\n"
        "print(report.run.backend, report.lines.counted, __file__, __spec__)\n"
    )
    command = [sys.executable, str(script), *map(str, sorted(tmp_path.glob("*.log")))]
    found = subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT)
    assert (found.stdout, found.stderr) == (f"processes 6 {script} None\n", "")


def test_paths_may_be_bytes_times_may_be_dates_and_one_report_a_text(log):
    report = logproc.run(
        str(log).encode(), since=date(2016, 10, 25), until=date(2016, 10, 26), reports="web/methods", workers=1
    )
    assert (report.run.since, report.run.until) == ("2016-10-25T00:00:00Z", "2016-10-26T00:00:00Z")
    assert report["methods"].rows == (("GET", 3, 1836, 1),)


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


@pytest.fixture
def frames():
    pytest.importorskip("pyarrow")
    return pytest.importorskip("pandas"), pytest.importorskip("polars")


@pytest.mark.usefixtures("frames")
def test_the_examples_in_the_docstrings_hold(monkeypatch):
    import doctest

    from logproc import api

    monkeypatch.chdir(ROOT)
    result = doctest.testmod(api)
    assert result.attempted > 12
    assert result.failed == 0


@pytest.mark.usefixtures("frames")
def test_a_report_is_tables_of_three_libraries():
    report = logproc.run(ROOT / "data" / "web3", workers=1)
    for tables in (report.to_arrow(), report.to_pandas(), report.to_polars()):
        assert list(tables) == [table.name for table in report.reports]
        for table in report.reports:
            assert tables[table.name].shape == (len(table.rows), len(table.columns))
    hours = report["hours"].to_pandas()
    assert str(hours["hour"].dtype).startswith("datetime64")
    assert "<table>" in report._repr_html_()
    assert repr(report).startswith("<Report: 1 file, 12 lines read, 12 counted, 0 rejected; summary, ")
    assert repr(report["methods"]).startswith("<ReportTable 'methods': 1 rows of method, requests, ")
    with pytest.raises(KeyError, match=r"there is no report 'method'; did you mean 'methods'\?"):
        report["method"]
    with pytest.raises(KeyError, match="there is no report 'xyz'; there are summary, "):
        report["xyz"]


@pytest.mark.usefixtures("frames")
@pytest.mark.parametrize("query", ["SELECT path, count(*) AS n FROM web GROUP BY ALL", "SELECT path, 1 AS n FROM web"])
def test_a_query_answers_in_rows_and_in_tables(log, query):
    answer = logproc.sql(query, log)
    assert answer.engine == ("rollup" if "GROUP" in query else "duckdb")
    assert answer.columns == ("path", "n")
    assert answer.rows[0] == ("/a", 3 if "GROUP" in query else 1)
    assert [tuple(row.values()) for row in answer.to_arrow().to_pylist()] == list(answer) == list(answer.rows)
    assert answer.to_pandas().shape == answer.to_polars().shape == (len(answer), 2)
    assert answer.report.lines.read == 3
    assert "path, n" in repr(answer)
    assert "<td>/a</td>" in answer._repr_html_()


def test_a_query_may_stand_in_a_file(log, tmp_path):
    (tmp_path / "q.sql").write_text("SELECT count(*) FROM web")
    assert logproc.sql(str(tmp_path / "q.sql"), log).rows == ((3,),)


def test_rows_stream_into_duckdb_polars_and_pandas(log, frames):
    _, polars = frames
    duckdb = pytest.importorskip("duckdb")

    def rows(**options):
        return logproc.scan(log, workers=2, **options)

    reader = rows(relation="web", select=["client", "status"], where="status = 200", origin=True)
    assert reader.schema.names == ["client", "status", "_file", "_offset", "_line"]
    assert duckdb.sql("FROM reader SELECT sum(_line), min(client)").fetchall() == [(6, "192.0.2.1")]
    assert polars.from_arrow(rows(select="path"))["path"].to_list() == ["/a"] * 3
    assert rows().read_pandas()["bytes"].sum() == 3 * 612
    assert {"time", "user_agent"} < set(rows().schema.names)
    assert rows(since="2017-01-01").read_all().num_rows == 0


def test_a_reader_that_is_dropped_ends_its_threads(tmp_path):
    import gc
    import threading

    pytest.importorskip("pyarrow")
    (tmp_path / "a.log").write_text(LINE * 300_000)
    before = threading.active_count()
    reader = logproc.scan(tmp_path, select=["client"], workers=2)
    assert reader.read_next_batch().num_rows
    del reader
    gc.collect()
    assert threading.active_count() == before


def test_what_a_scan_cannot_read_is_warned_of(log, tmp_path):
    pytest.importorskip("pyarrow")
    with pytest.warns(UserWarning, match="no such file"):
        logproc.scan([log, tmp_path / "none.log"], select=["status"]).read_all()
    with pytest.raises(UsageError, match="did you mean 'web'"):
        logproc.scan(log, relation="wbe")
    with pytest.raises(UsageError, match="did you mean 'status'"):
        logproc.scan(log, select=["statsu"])


@pytest.mark.parametrize("library", ["pyarrow", "pandas", "polars", "duckdb"])
def test_a_missing_extra_is_an_error_that_names_the_pip_command(log, monkeypatch, library):
    report = logproc.run(log, workers=1)
    monkeypatch.setitem(sys.modules, library, None)
    use = {
        "pyarrow": report["methods"].to_arrow,
        "pandas": report["methods"].to_pandas,
        "polars": report["methods"].to_polars,
        "duckdb": lambda: logproc.sql("SELECT median(status) FROM web", log),
    }[library]
    extra = {"pyarrow": "sql", "duckdb": "sql"}.get(library, library)
    with pytest.raises(logproc.MissingExtraError, match=rf"pip install 'logproc\[{extra}\]'"):
        use()


def test_a_notebook_shows_a_bar_without_being_asked(log, monkeypatch):
    shown = []

    class Watcher:
        def start(self, total_bytes, total_files):
            shown.append((total_bytes, total_files))

        def advance(self, *done):
            shown.append(done[1])

        def close(self):
            shown.append("closed")

    monkeypatch.setattr("logproc.report.progress.Bar", Watcher)
    logproc.run(log, workers=1)
    assert shown == []
    logproc.run(log, workers=1, progress=True)
    assert shown == [(len(LINE) * 3, 1), 3, "closed"]
    shown.clear()
    monkeypatch.setitem(sys.modules, "ipykernel", sys)
    logproc.sql("SELECT count(*) FROM web", log, workers=1)
    assert shown[-1] == "closed"
