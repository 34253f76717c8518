"""Reports that were kept are those that would be made, and are gone as soon as a count changes."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from logproc import finished, keeping, nightly
from logproc.config import Check, Config, NamedReport, Output, State
from logproc.errors import LedgerError
from logproc.report_model import ColumnInfo, Coverage, ReportError, ReportTable, Slice
from logproc.state.ledger import Ledger

LINE = '10.0.0.{n} - - [{day:02d}/Nov/2026:10:00:00 +0000] "GET /{n} HTTP/1.1" 200 5 "-" "curl/8"\n'
PATHS = NamedReport("paths", "SELECT path, count(*) AS n FROM web GROUP BY path")
NEVER = "kept reports were not used"


@pytest.fixture
def config(tmp_path):
    root = tmp_path / "logs"
    root.mkdir()
    for day in (1, 2):
        write(root / f"{day}.log", day)
    return Config(
        paths=(str(root),),
        state_dir=str(tmp_path / "state"),
        workers=1,
        checks=(Check("few", "SELECT count(*) FROM web", "> 100"),),
    )


def write(path, day, lines=3):
    path.write_text("".join(LINE.format(n=n, day=day) for n in range(lines)))
    os.utime(path, (1.7e9, 1.7e9))


def night(config):
    report = nightly.run(config)
    nightly.reported(config)
    return report.reports, report.checks, report.coverage, report.slices


def anew(config):
    """Return what a run makes of the ledger where nothing was kept."""
    with Ledger.to_write(config.state_dir) as ledger, ledger.transaction():
        ledger._do("DELETE FROM finished")
    return night(config)


@pytest.fixture
def kept_alone(monkeypatch):
    def refuse(*_arguments):
        raise AssertionError(NEVER)

    def switch():
        monkeypatch.setattr(finished, "_made", refuse)

    return switch


@pytest.mark.parametrize("output", [Output(), Output(html="x.html")], ids=["plain", "page"])
def test_a_night_without_news_has_the_reports_of_the_night_before(config, output, kept_alone):
    config = replace(config, output=output)
    first = night(config)
    assert anew(config) == first
    kept_alone()
    assert night(config) == first


def test_a_page_has_slices_that_were_not_kept_for_a_night_without_one(config, tmp_path, kept_alone):
    night(config)
    kept_alone()
    with pytest.raises(AssertionError, match=NEVER):
        night(replace(config, output=Output(html=str(tmp_path / "x.html"))))


def forget(path, config):
    with Ledger.to_write(config.state_dir) as ledger:
        keeping.forget(config, ledger, path=str(path), host=None, day=None)
    return config


CHANGES = {
    "new lines": lambda root, config: write(root / "3.log", 3) or config,
    "another question": lambda _root, config: replace(
        config, named_reports=(PATHS, NamedReport("all", "SELECT count(*) FROM web"))
    ),
    "another limit": lambda _root, config: replace(config, limits=replace(config.limits, max_groups=2)),
    "fewer days": lambda _root, config: replace(config, state=State(retain=1)),
    "a file forgotten": lambda root, config: forget(root / "1.log", config),
}


@pytest.mark.parametrize("change", CHANGES)
def test_whatever_changes_a_count_or_the_question_makes_reports_anew(config, tmp_path, change, kept_alone):
    config = replace(config, use=(), named_reports=(PATHS,))
    night(config)
    now = CHANGES[change](tmp_path / "logs", config)
    after = night(now)
    assert anew(now) == after
    kept_alone()
    assert night(now) == after


def test_a_run_that_is_undone_keeps_what_was_kept(config):
    night(config)
    with Ledger.to_write(config.state_dir) as ledger:
        (before,) = ledger._all("SELECT mark, content FROM finished")
        with pytest.raises(ZeroDivisionError), ledger.transaction():
            ledger.drop_totals(1 // 0 if ledger.drop_totals(0) is None else 0)
        assert ledger._all("SELECT mark, content FROM finished") == [before]
        with ledger.transaction():
            ledger.drop_totals(0)
        assert ledger._all("SELECT mark FROM finished") == []


def test_a_night_without_news_imports_nothing_that_reads_plans_or_counts(config, tmp_path):
    command = ["run", *config.paths, "--state", config.state_dir, "--json", str(tmp_path / "r.json"), "-c", os.devnull]
    code = (
        "import sys; from logproc.cli import execute; "
        f"print(execute({command!r}), *sorted(sys.modules.keys() & {{'numpy', 'llvmlite', 'numba', 'sqlglot', "
        "'logproc.formats', 'logproc.worker', 'logproc.rollup.spec'}))"
    )
    said = [
        subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout for _ in "12"
    ]
    assert "numpy" in said[0]
    assert said[1] == "0\n"


VALUES = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text()
TABLES = st.builds(
    ReportTable,
    st.text(),
    st.text(),
    st.text(),
    st.lists(st.builds(ColumnInfo, st.text(), st.text(), st.text())).map(tuple),
    st.lists(st.lists(VALUES).map(tuple)).map(tuple),
    st.booleans(),
    st.none() | st.builds(ReportError, st.text(), st.floats(allow_nan=False)),
    st.booleans(),
    st.none() | st.text(),
    st.none() | st.builds(Coverage, st.none() | st.integers(), st.none() | st.integers(), st.integers(), st.integers()),
    whole=st.none() | st.integers(),
)


@given(st.lists(TABLES, max_size=3), st.lists(st.builds(Slice, st.text(), st.text(), st.tuples(TABLES)), max_size=2))
def test_reports_come_back_as_they_were(tables, slices):
    made = finished.Finished(tuple(tables), tuple(slices))
    assert finished.unpacked(finished.packed(made)) == made


def test_a_disk_without_room_for_them_costs_the_next_night_its_time_and_not_this_one_its_reports(config, monkeypatch):
    def refuse(_ledger, _mark, _content):
        raise LedgerError("ledger.sqlite", "no space left on the disk")

    monkeypatch.setattr(Ledger, "keep_finished", refuse)
    first = night(config)
    monkeypatch.undo()
    assert night(config) == first
