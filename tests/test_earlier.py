from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from logproc import calendars, coordinator, counting, earlier, keeping
from logproc.cli import execute
from logproc.config import Config, Output, Source
from logproc.earlier import Days, periods
from logproc.state.ledger import Ledger
from logproc.timestamps import day_number

if TYPE_CHECKING:
    from pathlib import Path

LINE = '10.0.0.{client} - - [{time:%d/%b/%Y:%H:%M:%S} +0000] "GET /{path} HTTP/1.1" 200 {size} "-" "curl/8"\n'


def day(month: int, number: int) -> int:
    return day_number(2026, month, number)


def test_a_report_of_everything_is_judged_by_its_last_whole_day():
    days = range(day(2, 1), day(3, 5))
    part, others = periods(None, None, days, day(2, 1), today=day(3, 4))
    assert part == Days(day(3, 3), day(3, 4))
    assert others == (Days(day(3, 2), day(3, 3), "day before"), Days(day(2, 24), day(2, 25), "week before"))


def test_a_day_of_which_logs_began_in_the_middle_is_no_measure():
    days = [day(3, 1), day(3, 2), day(3, 3)]
    assert periods(None, None, days, day(3, 2), today=day(3, 3)) == (None, ())
    part, others = periods(None, None, days, day(3, 2), today=day(3, 4))
    assert (str(part), [str(other) for other in others]) == ("2026-03-03", ["2026-03-02"])


def test_a_week_that_goes_on_is_held_against_as_many_days_of_the_week_before():
    monday, days = day(3, 2), range(day(2, 1), day(3, 6))
    part, others = periods(monday, monday + 7, days, day(2, 1), today=day(3, 5))
    assert str(part) == "2026-03-02 to 2026-03-04"
    assert [(str(other), other.name) for other in others] == [("2026-02-23 to 2026-02-25", "week before")]
    whole, others = periods(monday - 7, monday, days, day(2, 1), today=day(3, 5))
    assert whole == Days(monday - 7, monday)
    assert others == (Days(monday - 14, monday - 7, "week before"),)


def test_months_are_held_against_months_however_long():
    days = range(day(1, 1), day(4, 1))
    part, others = periods(day(3, 1), day(4, 1), days, day(1, 1), today=day(4, 1))
    assert (str(part), str(others[0]), others[0].name) == (
        "2026-03-01 to 2026-03-31",
        "2026-02-01 to 2026-02-28",
        "month before",
    )
    part, others = periods(day(3, 1), day(4, 1), days, day(1, 1), today=day(3, 11))
    assert (str(part), str(others[0])) == ("2026-03-01 to 2026-03-10", "2026-02-01 to 2026-02-10")
    part, others = periods(day(1, 1), day(2, 1), range(day_number(2025, 12, 1), day(2, 1)), 0, today=day(2, 1))
    assert str(others[0]) == "2025-12-01 to 2025-12-31"


def test_days_of_which_the_earlier_one_was_not_counted_are_left_out_on_both_sides():
    monday = day(3, 9)
    part, others = periods(monday, monday + 7, range(day(3, 4), day(3, 16)), day(3, 5), today=day(3, 20))
    assert (str(part), str(others[0])) == ("2026-03-12 to 2026-03-15", "2026-03-05 to 2026-03-08")


@pytest.mark.parametrize(("since", "until"), [(None, day(2, 1)), (day(3, 4), None), (day(3, 5), day(3, 9))])
def test_what_has_no_whole_day_or_nothing_before_it_is_not_compared(since, until):
    assert periods(since, until, range(day(3, 1), day(3, 5)), day(3, 1), today=day(3, 4)) == (None, ())


def night_of(tmp_path: Path, *, source: Source | None = None) -> Config:
    (tmp_path / "logs").mkdir(exist_ok=True)
    return Config(
        paths=(str(tmp_path / "logs"),),
        state_dir=str(tmp_path / "state"),
        use=("web",),
        sources=(source,) if source else (),
        output=Output(dir=str(tmp_path / "out")),
        workers=1,
    )


def write_day(path: Path, date: datetime, lines: int) -> None:
    with path.open("a") as file:
        file.writelines(
            LINE.format(client=n % 7, time=date + timedelta(seconds=n * 86_399 // (lines - 1)), path=n % 5, size=100)
            for n in range(lines)
        )


def run_night(config: Config, date: datetime) -> None:
    calendars.write(coordinator.run(config), config, str(config.output.dir), now=date)
    coordinator.reported(config)


def test_the_page_of_a_night_says_what_the_day_was_and_against_which(tmp_path):
    config = night_of(tmp_path)
    begin = datetime(2026, 3, 1, tzinfo=UTC)
    for number, lines in enumerate((100, 100, 50, 200)):  # Sunday to Wednesday
        write_day(tmp_path / "logs/access.log", begin + timedelta(days=number), lines)
        run_night(config, begin + timedelta(days=number + 1, hours=4))
    pages = {path.stem: path.read_text() for path in (tmp_path / "out/nights").glob("*.html")}
    assert "changes:" not in pages["2026-03-02"]
    assert "changes: 2026-03-03 against 2026-03-02" in pages["2026-03-04"]
    assert "<span>50 <span>on 2026-03-03</span></span>" in pages["2026-03-04"]
    assert (
        '\N{MINUS SIGN}50.0 %</span> <span class="unseen">against</span> <span>day before</span>' in pages["2026-03-04"]
    )
    assert "300.0 %" in pages["2026-03-05"]
    assert ">450</span>" in pages["2026-03-05"]  # everything so far stays what the tile says
    week = (tmp_path / "out/weeks/2026-W10.html").read_text()
    assert "changes:" not in week  # the week before it had but a Sunday


def test_a_page_of_a_part_of_a_week_has_the_figures_of_whole_days(tmp_path, capsys):
    config = night_of(tmp_path)
    begin = datetime(2026, 2, 23, tzinfo=UTC)
    for number in range(10):
        write_day(tmp_path / "logs/access.log", begin + timedelta(days=number), 10 if number < 7 else 20)
    run_night(config, datetime(2026, 3, 4, 4, tzinfo=UTC))  # Wednesday has but its beginning
    week = (tmp_path / "out/weeks/2026-W10.html").read_text()
    assert "changes: 2026-03-02 to 2026-03-03 against 2026-02-23 to 2026-02-24" in week
    assert "<span>40 <span>in 2 whole days</span></span>" in week
    assert "+100.0 %" in week
    page = tmp_path / "day.html"
    command = ["report", "--state", str(config.state_dir), "--since", "2026-03-02", "--until", "2026-03-03"]
    assert execute([*command, "--html", str(page)]) == 0
    text = page.read_text()
    assert "changes: 2026-03-02 against 2026-03-01 and 2026-02-23" in text
    assert "week before" in text
    assert "whole day" not in text
    capsys.readouterr()
    assert execute(command) == 0
    said = capsys.readouterr().out
    assert "\n against day before: requests +100.0 %, bytes +100.0 %\n" in said
    assert "\n against week before: requests +100.0 %" in said
    assert said.count("against day before") == 1  # of the summary alone


def test_the_pages_and_mails_of_run_say_so_too(tmp_path, capsys):
    config = night_of(tmp_path)
    for number, lines in ((1, 40), (2, 60)):
        write_day(tmp_path / "logs/access.log", datetime(2026, 3, number, tzinfo=UTC), lines)
    page, mail = tmp_path / "page.html", tmp_path / "mail.eml"
    command = ["run", str(tmp_path / "logs"), "-q", "--state", str(config.state_dir), "--mail", str(mail)]
    assert execute([*command, "--html", str(page)]) == 0
    assert "changes: 2026-03-02 against 2026-03-01" in page.read_text()
    assert "+50.0 %" in page.read_text()
    assert "60 on 2026-03-02: +50.0 % (day before)" in mail.read_text()
    assert "on 2026-03-02 against day before: requests +50.0 %" in mail.read_text()
    assert capsys.readouterr().err == ""
    assert execute([*(part for part in command[:-2] if part != "-q")]) == 0
    assert " on 2026-03-02 against day before: requests +50.0 %, bytes +50.0 %\n" in capsys.readouterr().out


def test_a_day_of_which_the_logs_end_in_the_middle_is_no_measure(tmp_path):
    config = night_of(tmp_path, source=Source("web", ("*.log",), host=r"(?P<host>\w+)\.log"))
    for number in (1, 2, 3):
        write_day(tmp_path / "logs/web1.log", datetime(2026, 3, number, tzinfo=UTC), 30)
    for number in (1, 2):
        write_day(tmp_path / "logs/web2.log", datetime(2026, 3, number, tzinfo=UTC), 40)
    lines = (tmp_path / "logs/web1.log").read_text().splitlines(keepends=True)
    (tmp_path / "logs/web1.log").write_text("".join(lines[:-14]))  # until noon of the third
    coordinator.run(config)
    coordinator.reported(config)
    with Ledger.to_read(str(config.state_dir)) as ledger:
        found = [
            earlier.compared(config, ledger, choice).title
            for choice in (
                counting.EVERYTHING,
                counting.Choice(hosts=frozenset({"web2"})),
                counting.Choice(day(3, 3), day(3, 4)),
                counting.Choice(day(3, 2), day(3, 3)),
            )
        ]
    assert found == ["2026-03-02 against 2026-03-01", "2026-03-02 against 2026-03-01", "", found[0]]


def test_a_host_is_held_against_its_own_days(tmp_path):
    config = night_of(tmp_path, source=Source("web", ("*.log",), host=r"(?P<host>\w+)\.log"))
    for host, counts in (("web1", (30, 60)), ("web2", (50, 10))):
        for number, lines in enumerate(counts, 1):
            write_day(tmp_path / f"logs/{host}.log", datetime(2026, 3, number, tzinfo=UTC), lines)
    coordinator.run(config)
    coordinator.reported(config)
    with Ledger.to_read(str(config.state_dir)) as ledger:
        found = earlier.compared(config, ledger, counting.Choice(hosts=frozenset({"web2"})))
        everything = keeping.report(config, ledger, counting.EVERYTHING)
    requests = [column.name for column in found.tables[0].columns].index("requests")
    assert found.tables[0].rows[0][requests] == 10
    assert found.before[0].tables[0].rows[0][requests] == 50
    assert {table.name for table in found.tables} < {table.name for table in everything.reports}


def test_days_are_compared_where_no_file_has_a_time(tmp_path):
    config = night_of(tmp_path)
    for number in (1, 2, 3):
        write_day(tmp_path / "logs/a.log", datetime(2026, 3, number, tzinfo=UTC), 30)
    coordinator.run(config)
    coordinator.reported(config)
    with Ledger.to_write(str(config.state_dir)) as ledger:
        ledger.save_generations(
            [replace(record, first_time=None, last_time=None) for record in ledger.records().values()]
        )
        assert earlier.compared(config, ledger).title == "2026-03-03 against 2026-03-02"
