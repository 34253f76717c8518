"""What has been added up of months and of all days is what its days say, whatever comes, is taken back or grows old."""

from __future__ import annotations

import datetime as dt
import random
from itertools import pairwise

import pytest
from state.rotation import config

from logproc import coordinator, counting, keeping, nightly, planner, totals, upkeep
from logproc.config import Config, NamedReport, State
from logproc.report_model import COVERAGE
from logproc.rollup import slots
from logproc.rollup.dumping import load
from logproc.rollup.outcome import report_table
from logproc.rollup.packing import unpack
from logproc.rollup.tables import Table
from logproc.state.ledger import Ledger

LINE = '10.0.0.1 - - [{day:%d/%b/%Y}:10:00:00 +0000] "GET /{number} HTTP/1.1" 200 {number} "-" "curl/8"\n'
FIRST = dt.date(2026, 1, 20)
REPORTS = (
    NamedReport("paths", "SELECT path, count(*) AS n, sum(bytes) FROM web GROUP BY path"),
    NamedReport("users", "SELECT approx_count_distinct(path), approx_quantile(bytes, 0.5) FROM web"),
)


def write(root, name, days):
    root.mkdir(exist_ok=True)
    with (root / name).open("a") as file:
        for number, day in enumerate(days):
            file.write(LINE.format(day=FIRST + dt.timedelta(day), number=number))


def time_ns(day):
    return int(dt.datetime.combine(FIRST + dt.timedelta(day), dt.time(3), dt.UTC).timestamp()) * 10**9


def night(root, folder, day=120, retain=0):
    settings = config(root, folder, named_reports=REPORTS, state=State(settle=0.0, retain=retain, compact_after=30))
    report = nightly.run(settings, now_ns=time_ns(day))
    nightly.reported(settings)
    return report


def shown(spec, stored):
    table = Table(spec, 1000)
    for raw in filter(None, stored):
        table.merge(load(spec, unpack(raw)[0]))
    return report_table(table)


def of_days(ledger, spec, key, days):
    return shown(spec, [ledger.total(day, key) for day in days])


def require_added_up(folder):
    with Ledger.to_read(str(folder)) as ledger:
        specs = counting.definitions(ledger)
        months = totals.by_month(ledger.days())
        expected = {(month, key) for month in months if month is not None for key in specs}
        assert ledger.added_up() == expected | {(None, key) for key in specs if specs[key].name != COVERAGE}
        for key, spec in specs.items():
            for month, days in months.items():
                if month is not None:
                    assert shown(spec, [ledger.month(month, key)]) == of_days(ledger, spec, key, days)
            if spec.name != COVERAGE:
                assert shown(spec, [ledger.sum(key)]) == of_days(ledger, spec, key, ledger.days())


def report(settings, since, until):
    with Ledger.to_read(settings.state_dir) as ledger:
        return keeping.report(settings, ledger, counting.Choice(keeping.day_number(since), keeping.day_number(until)))


@pytest.mark.parametrize("seed", range(2))
def test_months_and_sums_are_what_their_days_say(tmp_path, seed):
    chance = random.Random(seed)
    root, folder = tmp_path / "logs", tmp_path / "s"
    for step in range(4):
        write(root, f"{chance.randrange(3)}.log", chance.choices(range(100), k=20))
        retain = chance.choice([0, 0, 90 - 5 * step])
        night(root, folder, retain=retain)
        require_added_up(folder)
        if chance.random() < 0.4:
            with Ledger.to_write(str(folder)) as ledger:
                day = keeping.day_text(chance.choice(ledger.days()))
                keeping.forget(config(root, folder, named_reports=REPORTS), ledger, path=None, host=None, day=day)
            night(root, folder)
            require_added_up(folder)


def test_a_report_of_days_is_the_same_from_months_and_from_days(tmp_path, monkeypatch):
    root, folder = tmp_path / "logs", tmp_path / "s"
    write(root, "a.log", [*range(100), *range(0, 100, 3)])
    night(root, folder)
    settings = config(root, folder, named_reports=REPORTS)
    asked = [("2026-02-01", "2026-03-01"), ("2026-01-25", "2026-03-10"), ("2026-01-01", "2027-01-01")]
    from_months = [report(settings, *days).reports for days in asked]
    monkeypatch.setattr(Ledger, "month", lambda *_place: None)
    monkeypatch.setattr(Ledger, "sum", lambda *_place: None)
    assert [report(settings, *days).reports for days in asked] == from_months


def test_a_month_is_read_as_one_table(tmp_path, monkeypatch):
    root, folder = tmp_path / "logs", tmp_path / "s"
    write(root, "a.log", range(100))
    night(root, folder)
    read = []
    real = Ledger.total
    monkeypatch.setattr(Ledger, "total", lambda ledger, day, key: read.append(day) or real(ledger, day, key))
    found = report(config(root, folder, named_reports=REPORTS), "2026-02-01", "2026-03-01")
    assert not read
    assert sum(row[1] for row in found.table("paths").rows) == 28


def test_where_a_day_grows_old_the_days_of_its_month_are_read_again_and_no_others(tmp_path, monkeypatch):
    root, folder = tmp_path / "logs", tmp_path / "s"
    write(root, "a.log", range(100))
    night(root, folder, 110, retain=110)
    read = set()
    real = Ledger.total
    monkeypatch.setattr(Ledger, "total", lambda ledger, day, key: read.add(day) or real(ledger, day, key))
    night(root, folder, 111, retain=110)
    with Ledger.to_read(str(folder)) as ledger:
        first, *_ = ledger.days()
        assert keeping.day_text(first) == "2026-01-21"
    last_days = {day for day in read if day > first + 60}  # of which lines by host and hour are reported
    assert max(read - last_days) < first + 11
    require_added_up(folder)


def test_merged_days_are_packed_with_likes_beside_likes(tmp_path):
    root, folder = tmp_path / "logs", tmp_path / "s"
    write(root, "a.log", [5, 3, 5, 1] * 5)
    write(root, "b.log", [3, 1, 1, 3] * 5)
    night(root, folder, day=6)
    before = report(config(root, folder, named_reports=REPORTS), "2026-01-01", "2026-03-01").reports
    night(root, folder, day=6 + upkeep.LEAP_DAYS)
    with Ledger.to_read(str(folder)) as ledger:
        specs = counting.definitions(ledger)
        parts = list(ledger.parts())
        assert all(piece.generation is None for part in parts for piece in ledger.pieces(part.number))
        for part in parts:
            for key, raw in zip(part.specs, unpack(part.tables), strict=True):
                data = load(slots.slotted(specs[key]), raw)
                offsets = data.offsets.tolist()
                keys = [data.keys[begin + slots.PREFIX : end].tobytes() for begin, end in pairwise(offsets)]
                assert keys == sorted(keys)
    assert report(config(root, folder, named_reports=REPORTS), "2026-01-01", "2026-03-01").reports == before


def test_days_that_are_merged_are_no_news_and_are_told_of_each_file_that_may_be_in_them(tmp_path):
    root, folder = tmp_path / "logs", tmp_path / "s"
    write(root, "a.log", [5, 3, 5])
    write(root, "b.log", [1, 5])
    settings = config(root, folder, named_reports=REPORTS)
    night(root, folder, day=6)

    def shown(name):
        with Ledger.to_read(str(folder)) as ledger:
            (found,) = keeping.details(settings, ledger, str(root / name))
            return [int(day[-2:]) for day in found["days"]], [int(day[-2:]) for day in found["merged_days"]]

    with Ledger.to_read(str(folder)) as ledger:
        assert ledger.days_of_run()
    a, b = shown("a.log"), shown("b.log")
    assert (len(a[0]), len(b[0]), a[1], b[1]) == (2, 2, [], [])
    assert len({*a[0], *b[0]}) == 3
    night(root, folder, day=6 + upkeep.LEAP_DAYS)
    with Ledger.to_read(str(folder)) as ledger:
        assert all(piece.generation is None for part in ledger.parts() for piece in ledger.pieces(part.number))
        assert not ledger.days_of_run()
    assert shown("a.log") == ([], a[0])
    assert shown("b.log") == ([], sorted({*a[0], *b[0]}))  # day 3 lies between, and who it is of cannot be told


def test_a_clock_that_leaps_drops_nothing_before_a_second_run_has_it_too(tmp_path):
    root, folder = tmp_path / "logs", tmp_path / "s"
    write(root, "a.log", range(10))
    settings = config(root, folder, named_reports=REPORTS, state=State(retain=20))
    night(root, folder, 10, retain=20)
    with Ledger.to_read(str(folder)) as ledger:
        assert upkeep.note(settings, ledger, time_ns(40)) is None
        said = upkeep.note(settings, ledger, time_ns(500))
    assert said is not None
    assert said.startswith("the clock is 490 days past the last run: what is older than retain = 20 days is kept")
    assert len(night(root, folder, 500, retain=20).table("paths").rows) == 10
    assert len(night(root, folder, 11, retain=20).table("paths").rows) == 10
    night(root, folder, 500, retain=20)
    assert not night(root, folder, 501, retain=20).table("paths").rows


@pytest.mark.parametrize("together", [0, 40, 1 << 16])
def test_totals_are_the_same_however_many_tasks_are_cut_by_days_together(tmp_path, monkeypatch, together):
    monkeypatch.setattr(planner, "PACK_FILES", 2)
    monkeypatch.setattr(totals, "WAITING_GROUPS", together)
    for number in range(9):
        write(tmp_path / "logs", f"{number}.log", [number % 4, number % 4, 3, 40, *range(number)])
    night(tmp_path / "logs", tmp_path / "one")
    for number in range(9):
        write(tmp_path / "logs", f"{number}.log", [number, 5])
    found = night(tmp_path / "logs", tmp_path / "one")
    require_added_up(tmp_path / "one")
    alone = coordinator.run(Config(paths=(str(tmp_path / "logs"),), use=(), named_reports=REPORTS))
    assert [table.rows for table in found.reports] == [table.rows for table in alone.reports]
