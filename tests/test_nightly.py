"""Runs with a ledger: what is counted, kept by day, host and report, merged, taken out and counted again."""

from __future__ import annotations

import datetime as dt
import gzip
import json
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest
from state.rotation import SQL, Logs, config, counted, run

from logproc import counting, keeping, nightly, portions
from logproc.config import NamedReport, Output, Source, State
from logproc.errors import UsageError
from logproc.looking import plan
from logproc.model import Lines
from logproc.state.ledger import Ledger

MORE = NamedReport("more", "SELECT path, count(*) AS n, max(bytes) AS most FROM web GROUP BY path")
TWO = (NamedReport("lines", SQL), MORE)
HOSTS = (Source("all", ("**/*",), host="^(?P<host>[^/]+)/"),)


@pytest.fixture
def logs(tmp_path) -> Logs:
    return Logs(tmp_path / "logs")


def night(day: int) -> int:
    return int(dt.datetime(2026, 11, day, 3, tzinfo=dt.UTC).timestamp()) * 10**9


def utc(date: str) -> int:
    return int(dt.datetime.fromisoformat(date).replace(tzinfo=dt.UTC).timestamp()) * 10**6


def first_two(report, name: str) -> Counter:
    return Counter({key: number for key, number, *_ in report.table(name).rows})


def rows_in(rejects):
    return [json.loads(line) for line in rejects.read_bytes().splitlines()]


def numbers_in(rejects):
    return sorted(row["line"] for row in rows_in(rejects))


def test_a_file_is_read_from_where_it_was_left(tmp_path, logs):
    logs.append("a.log", 3)
    run(logs.root, tmp_path / "s")
    logs.append("a.log", 2, torn=True)
    report = run(logs.root, tmp_path / "s")
    assert report.files[0].lines.read == 2
    assert counted(report) == logs.expected()
    assert run(logs.root, tmp_path / "s").files[0].reason == "its last line has no newline yet, and waits"


def test_rejected_lines_of_a_run_that_was_killed_before_its_report_come_with_the_next_report(tmp_path, logs):
    rejects, said = tmp_path / "rejects", []
    settings = config(logs.root, tmp_path / "s", output=Output(rejects=str(rejects)))

    def night(rubbish, asked=settings):
        logs.append("a.log", 30)
        with logs.path("a.log").open("a") as file:
            file.write("rubbish\n" * rubbish)
        said.clear()
        return nightly.run(asked, warn=said.append).lines.rejected, numbers_in(rejects)

    assert night(1) == (1, [31])
    assert night(2) == (3, [31, 62, 63])
    rejects.rename(tmp_path / "aside")
    logs.path("a.log").rename(logs.path("a.log.1"))
    assert night(1) == (4, [31, 31, 62, 63])
    assert {row["path"] for row in rows_in(rejects)} == {str(logs.path("a.log")), str(logs.path("a.log.1"))}
    assert said == []
    nightly.reported(settings)
    assert not (tmp_path / "s" / "rejects").exists()
    assert night(1) == (1, [62])


def test_rejected_lines_that_nobody_asked_for_or_that_are_lost_are_said_to_be_missing(tmp_path, logs):
    rejects, said = tmp_path / "rejects", []
    settings = config(logs.root, tmp_path / "s", output=Output(rejects=str(rejects)))
    for asked in (config(logs.root, tmp_path / "s"), settings):
        logs.append("a.log", 30)
        with logs.path("a.log").open("a") as file:
            file.write("rubbish\n" * 2)
        nightly.run(asked, warn=said.append)
    assert numbers_in(rejects) == [63, 64]
    assert [text.partition(" that an earlier")[0] for text in said] == [f"{rejects}: it is without 2 rejected lines"]
    for path in (tmp_path / "s" / "rejects").rglob("*.jsonl"):
        path.write_bytes(path.read_bytes()[:-3] + bytes(3))  # as a power cut may leave it
    nightly.run(settings, warn=said.append)
    assert numbers_in(rejects) == [63]
    assert said[1].startswith(f"{rejects}: it is without 3 rejected lines")


def test_an_unterminated_line_counts_once_its_file_is_rotated_and_is_right_if_it_goes_on(tmp_path, logs):
    logs.append("a.log", 1, torn=True)
    run(logs.root, tmp_path / "s")
    logs.move("a.log", "a.log.1")
    assert counted(run(logs.root, tmp_path / "s")) == logs.ever
    with logs.path("a.log.1").open("a") as file:
        file.write("\n" + logs.line()[1])
    logs.ever["/3"] += 1
    assert counted(run(logs.root, tmp_path / "s")) == logs.ever


def test_plan_says_why(tmp_path, logs):
    for name in ("a.log", "b.log", "c.log"):
        logs.append(name, 3)
    run(logs.root, tmp_path / "s")
    logs.append("a.log", 1)
    logs.move("b.log", "b.log.1")
    logs.copy("c.log", "c.log.1")
    found = {
        entry.path.rpartition("/")[2]: (entry.status, entry.reason) for entry in plan(config(logs.root, tmp_path / "s"))
    }
    assert found["a.log"][0] == "read"
    assert found["a.log"][1].startswith("continued at 2")
    assert found["b.log.1"] == ("unchanged", "was b.log")
    assert found["c.log.1"] == ("duplicate", "a copy of c.log")


def test_old_days_are_merged_and_then_dropped(tmp_path, logs):
    for day in range(1, 8):
        logs.append("h1/x.log", 3, day=day)
        logs.append("h2/x.log", 2, day=day)
        settings = config(logs.root, tmp_path / "s", state=State(compact_after=3), sources=HOSTS)
        report = nightly.run(settings, now_ns=night(day + 1))
        nightly.reported(settings)
        assert counted(report) == logs.expected()
        logs.move("h1/x.log", f"h1/x.log-202611{day:02d}")
    with Ledger.to_read(str(tmp_path / "s")) as ledger:
        merged = [part for part in ledger.parts() if all(p.generation is None for p in ledger.pieces(part.number))]
        assert [ledger.part_days(part.number) for part in merged] == [[20758], [20759], [20760], [20761]]
        whole = keeping.report(settings, ledger, counting.EVERYTHING)
        assert (counted(whole), whole.lines.read) == (logs.expected(), 35)
        one = keeping.report(settings, ledger, counting.Choice(hosts=frozenset({"h1"})))
        assert sum(counted(one).values()) == 21
        with pytest.raises(UsageError, match="merged by day"):
            keeping.forget(settings, ledger, path=None, host="h1", day=None)
    settings = config(logs.root, tmp_path / "s", state=State(compact_after=3, retain=5), sources=HOSTS)
    assert sum(counted(nightly.run(settings, now_ns=night(8))).values()) == 25


def test_a_host_is_forgotten_and_which_files_of_others_are_counted_anew_with_it(tmp_path, logs):
    settings = config(logs.root, tmp_path / "s", sources=HOSTS)
    logs.append("h1/x.log", 9)
    logs.append("h2/archive.log", 3)
    logs.append("h2/x.log", 3)
    nightly.run(settings)
    with logs.path("h2/archive.log").open("a") as file:
        file.write(logs.path("h1/x.log").read_text())
    logs.path("h1/x.log").unlink()
    assert counted(nightly.run(settings)) == logs.expected()
    with Ledger.to_write(str(tmp_path / "s")) as ledger:
        said = keeping.forget(settings, ledger, path=None, host="h1", day=None)
        assert sum(counted(keeping.report(settings, ledger, counting.EVERYTHING)).values()) == 3
    path = logs.path("h2/archive.log")
    assert said.endswith(f"; so are all lines of {path}, since some of them are of that host")
    assert counted(nightly.run(settings)) == logs.expected()


def test_a_file_that_is_read_as_a_whole_can_grow_when_its_days_are_old(tmp_path, logs):
    state = State(settle=0.0, compact_after=2)
    logs.append("whole.log", 3)
    logs.append("plain.log", 1)
    old = logs.path("whole.log").read_text()
    logs.path("whole.log").write_bytes(old.encode("utf-16"))
    for day in (2, 8):
        report = run(logs.root, tmp_path / "s", night(day), state=state)
    logs.append("more.log", 2)
    added = logs.path("more.log").read_text()
    logs.path("more.log").unlink()
    with logs.path("whole.log").open("ab") as file:
        file.write(added.encode("utf-16-le"))
    report = run(logs.root, tmp_path / "s", night(9), state=state)
    assert counted(report) == logs.ever


def test_a_file_is_not_counted_twice_where_its_old_counts_cannot_be_taken_out(tmp_path, logs):
    state = State(settle=0.0, compact_after=2)
    logs.append("a.log.1", 3, torn=True)
    logs.append("b.log", 1)
    logs.compress("a.log.1")
    run(logs.root, tmp_path / "s", night(2), state=state)
    begun = logs.content("a.log.1.gz")
    logs.path("a.log.1.gz").unlink()
    run(logs.root, tmp_path / "s", night(8), state=state)
    logs.path("a.log.1.gz").write_bytes(gzip.compress(begun + b"\n" + logs.line()[1].encode()))
    report = run(logs.root, tmp_path / "s", night(9), state=state)
    assert set(counted(report).values()) == {1}
    (entry,) = (file for file in report.files if file.status == "failed")
    assert "days of it are older than compact_after and merged: what was added is not counted" in entry.reason


def test_lines_by_host_and_hour_are_those_of_the_last_days(tmp_path, logs, monkeypatch):
    monkeypatch.setattr(counting, "COVERED_DAYS", 2)
    for day in (1, 2, 3, 4):
        logs.append("a.log", 2, day=day)
        report = run(logs.root, tmp_path / "s")
    assert counted(report) == logs.ever
    assert {row[2][:10] for row in report.coverage.rows} == {"2026-11-03", "2026-11-04"}
    settings = config(logs.root, tmp_path / "s", since=night(1) // 1000 - 3 * 3600 * 10**6)
    with Ledger.to_read(str(tmp_path / "s")) as ledger:
        rows = keeping.report(settings, ledger, keeping.choice_of(settings, (), ())).coverage.rows
    assert len({row[2][:10] for row in rows}) == 4


def test_a_new_report_says_what_it_has_not_seen_and_is_rebuilt(tmp_path, logs):
    logs.append("x.log", 3, torn=True)
    run(logs.root, tmp_path / "s")
    logs.append("x.log", 2)
    logs.append("y.log", 2, 5000)
    run(logs.root, tmp_path / "s")
    logs.move("x.log", "x.log.1")
    logs.append("x.log", 4)
    report = run(logs.root, tmp_path / "s", named_reports=TWO)
    assert report.table("lines").coverage.files_missing == 0
    assert (report.table("more").coverage.files_missing, len(report.table("more").rows)) == (2, 4)
    logs.compress("x.log.1")
    for _ in range(2):
        report = run(logs.root, tmp_path / "s", named_reports=TWO, rebuild=("more",))
        assert report.table("more").coverage.bytes_missing == 0
        assert first_two(report, "more") == counted(report) == logs.expected()
    with pytest.raises(
        UsageError, match="--rebuild nothing: there is no such report or preset; there are lines, more; or say all"
    ):
        run(logs.root, tmp_path / "s", named_reports=TWO, rebuild=("nothing",))


def test_forgetting_takes_out_exactly_a_file_a_host_or_a_day(tmp_path, logs):
    logs.append("h1/x.log", 3, day=1)
    logs.append("h2/x.log", 2, day=2)
    settings = config(logs.root, tmp_path / "s", sources=HOSTS)
    run(logs.root, tmp_path / "s", sources=HOSTS)

    def after(**what) -> int:
        with Ledger.to_write(str(tmp_path / "s")) as ledger:
            keeping.forget(settings, ledger, **{"path": None, "host": None, "day": None, **what})
            return sum(counted(keeping.report(settings, ledger, counting.EVERYTHING)).values())

    assert after(host="h1") == 2
    assert counted(run(logs.root, tmp_path / "s", sources=HOSTS)) == logs.expected()
    assert after(path=str(logs.path("h2/x.log"))) == 3
    assert counted(run(logs.root, tmp_path / "s", sources=HOSTS)) == logs.expected()
    assert after(day="2026-11-02") == 3
    assert sum(counted(run(logs.root, tmp_path / "s", sources=HOSTS)).values()) == 3
    with pytest.raises(UsageError, match="nothing is counted for that day"):
        after(day="2026-10-01")


def test_reports_of_days_and_hosts(tmp_path, logs):
    for day in (1, 2, 3):
        logs.append("h1/x.log", day, day=day)
        logs.append("h2/x.log", 1, day=day)
    settings = config(logs.root, tmp_path / "s", sources=HOSTS)
    run(logs.root, tmp_path / "s", sources=HOSTS)
    with Ledger.to_read(str(tmp_path / "s")) as ledger:

        def lines(**choice) -> int:
            return sum(counted(keeping.report(settings, ledger, counting.Choice(**choice))).values())

        assert lines(since=20759) == 7
        assert lines(since=20758, until=20760) == 5
        assert lines(hosts=frozenset({"h1"}), since=20759, until=20760) == 2
        with pytest.raises(UsageError, match="--host h3: nothing is counted for it; there are h1, h2"):
            lines(hosts=frozenset({"h3"}))


def test_verify_finds_what_is_not_as_it_was_counted(tmp_path, logs):
    logs.append("a.log", 3)
    logs.append("b.log", 3)
    run(logs.root, tmp_path / "s")
    text = logs.path("a.log").read_bytes()
    logs.path("a.log").write_bytes(text.replace(b"curl", b"lruc"))
    with Ledger.to_read(str(tmp_path / "s")) as ledger:
        assert [row.verdict for row in keeping.verify(ledger)] == ["differs", "same"]


def test_rejected_lines_of_this_night_are_written(tmp_path, logs):
    logs.append("a.log", 20)
    run(logs.root, tmp_path / "s")
    with logs.path("a.log").open("a") as file:
        file.write("no log line\n")
    run(logs.root, tmp_path / "s", output=Output(rejects=str(tmp_path / "r.jsonl")))
    rejected = (tmp_path / "r.jsonl").read_text().splitlines()
    assert [json.loads(line)["raw"] for line in rejected] == ["no log line"]


def test_lines_are_numbered_from_the_beginning_of_a_file_that_is_read_on(tmp_path, logs):
    logs.append("a.log", 3)
    run(logs.root, tmp_path / "s")
    for name in ("first", "second"):
        with logs.path("a.log").open("a") as file:
            file.write(f"no log line: {name}\n")
        report = run(logs.root, tmp_path / "s", output=Output(rejects=str(tmp_path / name)))
        text = logs.path("a.log").read_text()
        (kept,) = (json.loads(line) for line in (tmp_path / name).read_text().splitlines())
        assert kept["line"] == len(text.splitlines())
        assert kept["offset"] == text.rindex("no log line")
        assert [sample.line for entry in report.files for sample in entry.samples] == [kept["line"]]


def test_days_are_those_of_one_zone(tmp_path, logs):
    logs.append("a.log", 1)
    run(logs.root, tmp_path / "s")
    with pytest.raises(UsageError, match="counts by days of UTC"):
        run(logs.root, tmp_path / "s", timezone="Asia/Kathmandu")


@pytest.mark.parametrize("use", [("web",), ()])
def test_a_report_of_days_knows_their_files_and_lines(tmp_path, use):
    logs = Logs(tmp_path / "logs")
    for day, name in ((1, "a.log"), (1, "live.log"), (2, "b.log"), (2, "live.log"), (3, "c.log"), (3, "live.log")):
        logs.append(name, day, day=day)
    with logs.path("b.log").open("a") as file:
        file.write("garbage\n")
    settings = config(logs.root, tmp_path / "state", use=use, reports=() if use else ("lines",))
    run(logs.root, tmp_path / "state", use=settings.use, reports=settings.reports)
    days = replace(settings, since=utc("2026-11-01"), until=utc("2026-11-03"))
    with Ledger.to_read(str(tmp_path / "state")) as ledger:
        found = keeping.report(days, ledger, keeping.choice_of(days, (), ()))
    lines = {Path(file.path).name: (file.lines, file.reason) for file in found.files}
    assert lines["a.log"] == (Lines(1, 1), None)
    assert lines["b.log"] == (Lines(3, 2, 0, 1), None)
    assert lines["live.log"] == ((Lines(3, 3), portions.IN_PART) if use else (Lines(), portions.UNKNOWN))
    assert len(lines) == 3
    assert all(file.lines.balanced() for file in found.files)


def test_a_report_of_days_takes_a_file_that_claims_the_last_day_there_is(tmp_path):
    log, line = tmp_path / "logs/far.log", '{{"time": "{}", "status": 200}}\n'
    log.parent.mkdir()
    log.write_text(line.format("2026-03-01T10:00:00Z") + line.format("9999-12-31T23:30:00Z"))
    settings = replace(config(log.parent, tmp_path / "s"), use=("app",), reports=(), timezone="Asia/Tokyo")
    nightly.run(settings)
    for since, until, count in (("2026-02-28T15:00", "2026-03-01T15:00", 1), ("2026-03-01T15:00", None, 1)):
        days = replace(settings, since=utc(since), until=None if until is None else utc(until))
        with Ledger.to_read(settings.state_dir) as ledger:
            (found,) = keeping.report(days, ledger, keeping.choice_of(days, (), ())).files
        assert (found.lines, found.reason) == (Lines(count, count), portions.IN_PART)


def test_days_that_are_merged_are_listed_by_host(tmp_path):
    source = Source("shop", ("**/*",), host="^(?P<host>[^/]+)/")
    logs = Logs(tmp_path / "logs")
    changes = {"use": ("web",), "sources": (source,), "state": State(compact_after=5)}
    for day in (1, 2, 20):
        for host in ("web1", "web2"):
            logs.append(f"{host}/{day}.log", day, day=day)
        run(logs.root, tmp_path / "state", night(day + 1), **changes)
    days = replace(config(logs.root, tmp_path / "state", **changes), since=utc("2026-11-02"))
    with Ledger.to_read(str(tmp_path / "state")) as ledger:
        found = keeping.report(days, ledger, keeping.choice_of(days, ("web1",), ()))
    assert [(file.path, file.lines.counted) for file in found.files] == [
        (str(logs.path("web1/20.log")), 20),
        ("files of shop of web1, merged by day", 2),
    ]


def test_the_lines_of_a_file_of_several_days_are_those_of_the_day_that_is_asked_for_after_merging(tmp_path):
    logs = Logs(tmp_path / "logs")
    for day, lines in ((1, 5), (2, 3), (3, 1)):
        logs.append("web1/access.log", lines, day=day)
    changes = {"use": ("web",), "sources": HOSTS, "state": State(compact_after=5)}
    run(logs.root, tmp_path / "state", night(4), **changes)
    run(logs.root, tmp_path / "state", night(25), **changes)
    found = {}
    for day in (1, 2, 3):
        days = replace(
            config(logs.root, tmp_path / "state", **changes),
            since=utc(f"2026-11-{day:02}"),
            until=utc(f"2026-11-{day + 1:02}"),
        )
        with Ledger.to_read(str(tmp_path / "state")) as ledger:
            found[day] = keeping.report(days, ledger, keeping.choice_of(days, (), ()))
    assert [report.lines.counted for report in found.values()] == [5, 3, 1]
    assert [sum(counted(report).values()) for report in found.values()] == [5, 3, 1]
    assert [file.path for file in found[2].files] == ["files of all of web1, merged by day"]


def test_a_host_keeps_the_lines_of_a_file_that_lies_with_another_now(tmp_path):
    logs = Logs(tmp_path / "logs")
    logs.append("web1/a.log", 5)
    logs.append("web2/a.log", 3)
    run(logs.root, tmp_path / "s", sources=HOSTS)
    logs.move("web1/a.log", "web2/from.log")
    logs.append("web2/from.log", 2)
    run(logs.root, tmp_path / "s", sources=HOSTS)
    settings = config(logs.root, tmp_path / "s", sources=HOSTS)
    assert [(Path(e.path).name, e.status, e.codec) for e in plan(settings)] == [
        ("a.log", "unchanged", "plain"),
        ("from.log", "unchanged", "plain"),
    ]
    for host, lines in (("web1", [5]), ("web2", [3, 2])):
        with Ledger.to_read(str(tmp_path / "s")) as ledger:
            found = keeping.report(settings, ledger, keeping.choice_of(settings, (host,), ()))
        assert [file.lines.counted for file in found.files] == lines
        assert sum(counted(found).values()) == sum(lines)
