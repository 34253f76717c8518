"""What a ledger survives: SIGKILL anywhere, two runs at once, a damaged, foreign, read-only or full disk.

`python tests/state/killed.py /tmp/killed 2000 100` kills more often, over more files, than CI does.
"""

from __future__ import annotations

import gzip
import os
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest
from state.rotation import Logs, config, counted, run

from logproc import counting, keeping, nightly
from logproc.errors import LedgerError, TryLaterError, UnreadableError
from logproc.inputs import blocks
from logproc.state import failpoints
from logproc.state.database import NAME, open_to_read, open_to_write
from logproc.state.ledger import Ledger
from logproc.state.schema import VERSION


@pytest.fixture
def logs(tmp_path) -> Logs:
    found = Logs(tmp_path / "logs")
    found.append("a.log", 3)
    return found


@pytest.mark.skipif(not hasattr(os, "fork"), reason="the system cannot fork")
def test_a_run_that_is_killed_anywhere_is_finished_by_the_next_one(tmp_path):
    program = Path(__file__).with_name("killed.py")
    done = subprocess.run(
        [sys.executable, str(program), str(tmp_path), "60", "5"],
        capture_output=True,
        text=True,
        timeout=280,
        check=False,
    )
    assert done.stdout.split() == [*failpoints.NAMES, "random"], done.stderr[-2000:]


@pytest.mark.parametrize("kind", ["plain", "compressed", "utf-16"])
def test_what_could_not_be_read_once_is_read_in_the_next_run(tmp_path, logs, monkeypatch, kind):
    path = logs.path({"plain": "b.log", "compressed": "b.log.1.gz", "utf-16": "b.log"}[kind])
    now_ns = time.time_ns()

    def night():
        nonlocal now_ns
        now_ns += 10**12  # long after the files have changed
        return run(logs.root, tmp_path / "s", now_ns=now_ns)

    def grow():
        logs.append("more", 9)
        text = logs.path("more").read_text()
        data = {"plain": str.encode, "compressed": lambda text: gzip.compress(text.encode())}
        path.write_bytes(text.encode("utf-16") if kind == "utf-16" else data[kind](text))

    grow()
    logs.path("more").rename(tmp_path / "more")
    assert counted(night()) == logs.ever
    (tmp_path / "more").rename(logs.path("more"))
    grow()
    logs.path("more").unlink()
    opened = blocks.open_regular

    def broken(place):
        if place == str(path):
            raise UnreadableError(place, "Input/output error")
        return opened(place)

    with monkeypatch.context() as patch:
        patch.setattr(blocks, "open_regular", broken)
        assert counted(night()) != logs.ever
    assert counted(night()) == logs.ever


def test_a_damaged_ledger_is_refused_with_the_way_out(tmp_path, logs):
    run(logs.root, tmp_path / "s")
    path = tmp_path / "s" / NAME
    path.write_bytes(b"no database" * 1000)
    with pytest.raises(LedgerError, match=r"the ledger is damaged.*restore it from a backup, or move it away"):
        run(logs.root, tmp_path / "s")


def test_an_empty_ledger_is_a_damaged_one_and_no_new_one(tmp_path, logs):
    run(logs.root, tmp_path / "s")
    (tmp_path / "s" / NAME).write_bytes(b"")
    with pytest.raises(LedgerError, match="the file is empty"):
        run(logs.root, tmp_path / "s")


def test_a_damaged_page_is_found_by_a_run_without_news(tmp_path, logs):
    for number in range(40):
        logs.append(f"{number}.log", 1)
    run(logs.root, tmp_path / "s", now_ns=1 << 62)
    path = tmp_path / "s" / NAME
    database = sqlite3.connect(path)
    page = database.execute("SELECT rootpage FROM sqlite_master WHERE name = 'pieces_by_generation'").fetchone()[0]
    size = database.execute("PRAGMA page_size").fetchone()[0]
    database.close()
    with path.open("r+b") as file:
        file.seek((page - 1) * size)
        file.write(b"garbage")
    with pytest.raises(LedgerError, match=r"the ledger is damaged.*restore it from a backup, or move it away"):
        run(logs.root, tmp_path / "s", now_ns=1 << 62)


@pytest.mark.parametrize("table", ["totals", "sums"])
def test_damage_within_is_found_by_a_checksum(tmp_path, logs, table):
    run(logs.root, tmp_path / "s")
    database = sqlite3.connect(tmp_path / "s" / NAME)
    database.execute(f"UPDATE {table} SET tables = CAST(substr(tables, 1, 20) || x'00' || substr(tables, 22) AS BLOB)")
    database.commit()
    database.close()
    logs.append("a.log", 1)
    with pytest.raises(LedgerError, match="stored counts are damaged"):
        run(logs.root, tmp_path / "s")


def test_another_program_s_database_and_a_newer_schema_are_refused(tmp_path, logs):
    run(logs.root, tmp_path / "s")
    path = tmp_path / "s" / NAME
    database = sqlite3.connect(path)
    database.execute(f"PRAGMA user_version={VERSION + 1}")
    database.close()
    with pytest.raises(LedgerError, match="written by a newer logproc"):
        open_to_read(str(tmp_path / "s"))
    path.unlink()
    other = sqlite3.connect(path)
    other.execute("CREATE TABLE t (x)")
    other.commit()
    other.close()
    with pytest.raises(LedgerError, match="not a ledger of logproc"):
        open_to_write(str(tmp_path / "s"))


@pytest.mark.parametrize("version", range(1, VERSION + 1))
def test_a_ledger_of_every_schema_can_be_read_and_gone_on_with(tmp_path, logs, version):
    packed = Path(__file__).with_name("ledgers") / f"{version}.sqlite.gz"
    (tmp_path / "s").mkdir()
    (tmp_path / "s" / NAME).write_bytes(gzip.decompress(packed.read_bytes()))
    report = run(logs.root, tmp_path / "s")
    old = {f"/{number}": 1 for number in range(1, 10)}
    assert counted(report) == old | {path: old.get(path, 0) + n for path, n in logs.expected().items()}


@pytest.mark.parametrize("version", range(1, VERSION + 1))
def test_a_ledger_of_every_schema_is_reported_from_before_a_run_has_brought_it_up_to_date(tmp_path, version):
    packed = Path(__file__).with_name("ledgers") / f"{version}.sqlite.gz"
    (tmp_path / "s").mkdir()
    ledger = tmp_path / "s" / NAME
    ledger.write_bytes(gzip.decompress(packed.read_bytes()))
    before = ledger.read_bytes()
    with Ledger.to_read(str(tmp_path / "s")) as found:
        settings = config(tmp_path, tmp_path / "s")
        report = keeping.report(settings, found, counting.EVERYTHING)
        assert counted(report) == {f"/{number}": 1 for number in range(1, 10)}
        assert keeping.report(settings, found, keeping.choice_of(settings, (), ("",))).reports
        for kept in keeping.listing(found):
            assert keeping.details(settings, found, kept.path)
        assert not [row for row in keeping.verify(found) if row.path == str(ledger)]
    assert ledger.read_bytes() == before
    assert list((tmp_path / "s").iterdir()) == [ledger]


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_read_only_state_folder_says_what_to_do(tmp_path, logs):
    run(logs.root, tmp_path / "s")
    (tmp_path / "s" / NAME).chmod(0o400)
    with pytest.raises(LedgerError, match="cannot be written; run as the user"):
        run(logs.root, tmp_path / "s")


def test_a_full_disk_changes_nothing(tmp_path, logs, monkeypatch):
    run(logs.root, tmp_path / "s")
    before = (tmp_path / "s" / NAME).read_bytes()
    logs.append("a.log", 2)
    real = nightly.Ledger.to_write

    def small(folder):
        ledger = real(folder)
        pages = ledger._all("PRAGMA page_count")[0][0]
        ledger._do(f"PRAGMA max_page_count={pages}")
        return ledger

    monkeypatch.setattr(nightly.Ledger, "to_write", small)
    for number in range(40):
        logs.append(f"{number}.log", 5, 3000)
    with pytest.raises(LedgerError, match="no space left on the disk; nothing was changed"):
        run(logs.root, tmp_path / "s")
    monkeypatch.undo()
    assert len((tmp_path / "s" / NAME).read_bytes()) == len(before)
    assert counted(run(logs.root, tmp_path / "s")) == logs.expected()


def test_a_disk_that_fills_after_the_commit_costs_no_report_and_is_not_said_to_have_changed_nothing(
    tmp_path, logs, monkeypatch
):
    real = nightly._finish

    def filled(ledger, *rest):
        real(ledger, *rest)
        ledger._do(f"PRAGMA max_page_count={ledger._all('PRAGMA page_count')[0][0]}")
        said = "no space left on the disk; what was counted by then is kept, make room"
        with pytest.raises(LedgerError, match=said), ledger.transaction():
            ledger.set_meta("much", "x" * 100_000)

    monkeypatch.setattr(nightly, "_finish", filled)
    for number in range(40):
        logs.append(f"{number}.log", 5, 3000)
    assert counted(run(logs.root, tmp_path / "s")) == logs.expected()
    monkeypatch.undo()
    assert counted(run(logs.root, tmp_path / "s")) == logs.expected()


def test_a_disk_that_is_not_mounted_is_no_reason_to_forget(tmp_path, logs):
    logs.append("b.log", 1)
    logs.append("c.log", 1)
    run(logs.root, tmp_path / "s")
    away = tmp_path / "away"
    logs.root.rename(away)
    logs.root.mkdir()
    with pytest.raises(TryLaterError, match="as if the disk were not mounted; nothing was changed"):
        run(logs.root, tmp_path / "s", accept_gone=False)
    logs.root.rmdir()
    away.rename(logs.root)
    assert counted(run(logs.root, tmp_path / "s", accept_gone=False)) == logs.expected()


def test_a_clock_that_was_set_back_forgets_nothing(tmp_path, logs):
    settings = config(logs.root, tmp_path / "s")
    run(logs.root, tmp_path / "s")
    logs.append("a.log", 1)
    report = nightly.run(settings, now_ns=10**18)
    nightly.reported(settings)
    assert counted(report) == logs.expected()
    assert counted(run(logs.root, tmp_path / "s")) == logs.expected()
