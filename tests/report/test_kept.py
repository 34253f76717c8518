from __future__ import annotations

import re
import sys
import zlib
from dataclasses import replace
from datetime import UTC, datetime
from json import loads
from pathlib import Path

from report.samples import entry, night

from logproc import calendars, cli, coordinator, counting, keeping
from logproc.config import Config, Output, Source
from logproc.model import Lines, Reject
from logproc.report import calendar, html, json, nights
from logproc.report.html import page
from logproc.report_model import Opened
from logproc.state.ledger import Ledger


def keep(folder, kind, name):
    path = folder / kind
    path.mkdir(exist_ok=True)
    (path / f"{name}.json").write_bytes(json.render(night()))
    (path / f"{name}.html").write_bytes(html.render(night(), links=calendar.links(str(path), name)))
    calendar.lead_on(str(path), name)


def nightly(folder, *reports, **more):
    """Return a configuration that counts the logs of a folder and keeps its nights beside them."""
    (folder / "logs").mkdir(exist_ok=True)
    return Config(
        paths=(str(folder / "logs"),),
        state_dir=str(folder / "state"),
        reports=reports,
        output=Output(dir=str(folder / "out")),
        workers=1,
        **more,
    )


def run_and_keep(config, hour=9, *, marked=True):
    """Run in the night of 3 March 2026; returns what is kept of it. One that is not marked was killed before."""
    now = datetime(2026, 3, 3, hour, tzinfo=UTC)
    calendars.write(coordinator.run(config), config, config.output.dir, now=now)
    if marked:
        coordinator.reported(config)
    return loads((Path(config.output.dir) / "nights/2026-03-03.json").read_text())


def test_kept_pages_lead_to_each_other_and_the_index_to_all(tmp_path):
    for name in ("2026-03-01", "2026-03-02", "2026-03-05"):
        keep(tmp_path, "nights", name)
    keep(tmp_path, "weeks", "2026-W09")
    keep(tmp_path, "months", "2026-03")
    calendar.write_index(str(tmp_path))
    middle = (tmp_path / "nights/2026-03-02.html").read_text()
    assert '<a rel="prev" href="2026-03-01.html">' in middle
    assert '<a rel="next" href="2026-03-05.html">' in middle
    assert '<a rel="up" href="../index.html">' in middle
    assert 'rel="next"' not in (tmp_path / "nights/2026-03-05.html").read_text()
    index = (tmp_path / "index.html").read_text()
    for address in ("nights/2026-03-05.html", "weeks/2026-W09.html", "months/2026-03.html"):
        assert f'href="{address}"' in index
    assert "2026-03-05: 1,100 lines" in index


def test_days_before_the_first_night_have_pages_in_one_row_with_the_nights(tmp_path):
    logs = tmp_path / "logs"
    logs.mkdir()
    line = '10.0.0.1 - - [{:02}/Mar/2026:10:00:00 +0000] "GET / HTTP/1.1" 200 5 "-" "curl/8"\n'
    (logs / "access.log").write_text("".join(map(line.format, range(1, 4))))
    config = Config(
        paths=(str(logs),), state_dir=str(tmp_path / "state"), use=("web",), output=Output(dir=str(tmp_path / "out"))
    )
    for number in (3, 4):
        with (logs / "access.log").open("a") as file:
            file.write(line.format(number))
        calendars.write(
            coordinator.run(config), config, str(config.output.dir), now=datetime(2026, 3, number, 23, tzinfo=UTC)
        )
        coordinator.reported(config)
    out = tmp_path / "out"
    assert sorted(path.stem for path in (out / "days").glob("*.html")) == ["2026-03-01", "2026-03-02"]
    assert [day["name"] for day in loads((out / "index.json").read_text())["days"]] == ["2026-03-02", "2026-03-01"]
    assert '<a rel="next" href="../nights/2026-03-03.html">' in (out / "days/2026-03-02.html").read_text()
    first = (out / "nights/2026-03-03.html").read_text()
    assert '<a rel="prev" href="../days/2026-03-02.html">' in first
    assert '<a rel="next" href="2026-03-04.html">' in first
    index = (out / "index.html").read_text()
    assert all(f'href="{page}.html"' in index for page in ("days/2026-03-01", "days/2026-03-02", "nights/2026-03-03"))


def test_hosts_and_sources_have_pages_that_lead_to_each_other_and_are_renewed_when_they_change(tmp_path):
    hostile = "'\"><img src=x onerror=alert(1)>\x1b[31m\u202e"
    lines = {"web1": 3, "web2": 2, "über": 1, hostile: 1}
    source = Source("shop", ("*/access.log",), host="(?P<host>[^/]+)/access.log")
    config = Config(
        paths=(str(tmp_path / "logs"),),
        state_dir=str(tmp_path / "state"),
        use=("web",),
        sources=(source,),
        output=Output(dir=str(tmp_path / "out"), pages=("host", "source")),
        workers=1,
    )
    for name in lines:
        (tmp_path / "logs" / name).mkdir(parents=True)
    for day, names in ((3, lines), (4, ["web1"])):
        for name in names:
            with (tmp_path / "logs" / name / "access.log").open("a") as file:
                file.writelines(
                    f'10.0.0.{n} - - [02/Mar/2026:08:00:00 +0000] "GET /of-{name} HTTP/1.1" 200 5 "-" "curl/8"\n'
                    for n in range(lines[name])
                )
        calendars.write(coordinator.run(config), config, config.output.dir, now=datetime(2026, 3, day, 4, tzinfo=UTC))
        coordinator.reported(config)
        pages = {path.stem: path.read_text() for path in (tmp_path / "out" / "hosts").glob("*.html")}
        if day == 3:
            first = pages
    odd = next(name for name in pages if name.endswith(f"{zlib.crc32(hostile.encode()):08x}"))
    assert re.fullmatch(r"[\w.-]+", odd, re.ASCII)
    assert sorted(pages) == sorted([odd, "_ber_" + f"{zlib.crc32('über'.encode()):08x}", "web1", "web2"])
    for path in (tmp_path / "out").rglob("*.html"):
        text = path.read_text()
        assert "<img" not in text
        assert not {"\x1b", "\u202e"} & set(text)
    assert "onerror=alert(1)&gt;\\x1b[31m\\u202e" in pages["web1"]
    assert first["web2"] == pages["web2"]
    assert first["web1"] != pages["web1"]
    assert "/of-web1" in pages["web1"]
    assert "/of-web2" not in pages["web1"]
    assert '<a href="../hosts/web1.html" aria-current="page">web1</a> <a href="../hosts/web2.html">' in pages["web1"]
    night = (tmp_path / "out/nights/2026-03-04.html").read_text()
    for address in ("../hosts/web1.html", "../hosts/web2.html", "../sources/shop.html"):
        assert f'href="{address}"' in night
        assert (tmp_path / "out" / address[3:]).exists()
    assert 'href="hosts/web2.html">web2</a>' in (tmp_path / "out/index.html").read_text()
    index = loads((tmp_path / "out/index.json").read_text())
    assert {entry["name"] for entry in index["hosts"]} == set(lines)
    (busiest,) = (entry["json"] for entry in index["hosts"] if entry["name"] == "web1")
    assert loads((tmp_path / "out" / busiest).read_text())["accounting"]["lines"]["read"] == 6


def test_hosts_stand_in_one_order_on_every_page_of_every_night(tmp_path):
    config = Config(
        paths=(str(tmp_path / "logs"),),
        state_dir=str(tmp_path / "state"),
        reports=("web/methods",),
        sources=(Source("shop", ("*.log",), host=r"(?P<host>\w+)\.log"),),
        output=Output(dir=str(tmp_path / "out"), pages=("host",)),
        workers=1,
    )
    hosts, digits = ["web1", "web2", "web02", "web10", "zoo"], "9" * 150
    (tmp_path / "logs").mkdir()
    orders = set()
    for day, busiest in ((3, "web10"), (4, "web2"), (5, f"web{digits}")):
        for host in {*hosts, busiest}:
            with (tmp_path / f"logs/{host}.log").open("a") as file:
                line = f'10.0.0.1 - - [0{day}/Mar/2026:08:00:00 +0000] "GET / HTTP/1.1" 200 5\n'
                file.write(line * (day * 10 if host == busiest else 1))
        calendars.write(coordinator.run(config), config, config.output.dir, now=datetime(2026, 3, day, 9, tzinfo=UTC))
        coordinator.reported(config)
        for path in [tmp_path / f"out/nights/2026-03-0{day}.html", *(tmp_path / "out/hosts").glob("*.html")]:
            found = re.findall(r'hosts/[^"]+"[^>]*>([^<]+)</a>', path.read_text())
            orders.add(tuple(name for name in found if name in hosts))
    assert orders == {("web1", "web02", "web2", "web10", "zoo")}


def test_a_run_without_news_leaves_what_the_night_read(tmp_path):
    config, logs = nightly(tmp_path, "web/methods"), tmp_path / "logs"
    line = '10.0.0.1 - - [03/Mar/2026:08:00:00 +0000] "GET / HTTP/1.1" 200 5\n'
    (logs / "a.log").write_text(line * 3 + "no line of a log\n")

    first = run_and_keep(config)
    assert first["accounting"]["lines"] == {"read": 4, "counted": 3, "filtered": 0, "rejected": 1}
    assert run_and_keep(config, 10) == first
    asked = replace(config, reports=("web/methods", "web/days"))
    changed = run_and_keep(asked, 11)
    assert [report["name"] for report in changed["reports"]] == ["methods", "days"]
    assert changed["accounting"] == first["accounting"]
    assert "no line of a log" in (tmp_path / "out/nights/2026-03-03.html").read_text()


def test_a_night_without_any_log_is_kept(tmp_path):
    kept = run_and_keep(nightly(tmp_path, "web/methods", accept_gone=True))
    assert kept["files"] == []
    assert "2026-03-03" in (tmp_path / "out/index.html").read_text()


def test_the_page_of_a_night_is_of_all_its_runs(tmp_path):
    config, logs = nightly(tmp_path, "web/methods"), tmp_path / "logs"
    line = '10.0.0.1 - - [03/Mar/2026:08:00:00 +0000] "GET / HTTP/1.1" 200 5\n'

    (logs / "a.log").write_text(line * 3 + "no line of a log\n")
    (logs / "b.log").write_text(line.replace("10.0.0.1", "10.0.0.2") * 2)
    assert run_and_keep(config)["run"]["trouble"] == "1 problem"  # a quarter of a.log
    assert "2026-03-03: 6 lines, 1 problem" in (tmp_path / "out/index.html").read_text()
    (logs / "b.log").unlink()  # rotated away for good
    with (logs / "a.log").open("a") as file:
        file.write(line + "another\n")
    found = run_and_keep(config, marked=False)  # killed before it could say that it was reported
    lines = {"read": 8, "counted": 6, "filtered": 0, "rejected": 2}
    assert found["accounting"]["lines"] == lines
    assert found["accounting"]["rejected_by_reason"] == {"no match": 2}
    assert [(file["path"][-5:], file["lines"]["read"], file["status"]) for file in found["files"]] == [
        ("a.log", 6, "read"), ("b.log", 2, "read"),
    ]  # fmt: skip
    page = (tmp_path / "out/nights/2026-03-03.html").read_text()
    assert all(text in page for text in ("no line of a log", "another"))
    assert run_and_keep(config)["accounting"]["lines"] == lines
    with (logs / "a.log").open("a") as file:
        file.write(line)
    assert run_and_keep(config)["accounting"]["lines"]["read"] == 9
    again = run_and_keep(replace(config, rebuild=("methods",)))
    assert again["accounting"]["lines"]["read"] == 9
    (tmp_path / "out/nights/2026-03-03.json").write_text('{"files": 1}')
    assert run_and_keep(config)["accounting"]["lines"]["read"] == 0


def test_a_record_that_goes_on_between_the_runs_of_a_night_counts_once(tmp_path):
    config, logs = nightly(tmp_path, "app/app_levels"), tmp_path / "logs"

    def run(*lines):
        with (logs / "a.log").open("a") as file:
            file.writelines(f"{line}\n" for line in lines)
        found = run_and_keep(config)
        size = sum(path.stat().st_size for path in logs.iterdir())
        assert found["accounting"]["bytes_read"] == size
        return found["accounting"]["lines"]["read"]

    assert run("2026-03-03 08:00:00 INFO begun") == 1
    assert run("2026-03-03 08:00:01 ERROR broken") == 2
    assert run("  at the first place") == 3
    assert run("  at the second place", "2026-03-03 08:00:02 INFO over") == 5
    assert run() == 5
    (logs / "a.log").rename(logs / "a.log.1")
    with (logs / "a.log.1").open("a") as file:
        file.write("  and some more\n")
    assert run("2026-03-03 08:00:03 INFO begun again") == 7


def test_rejected_lines_that_several_runs_of_a_night_saw_are_shown_and_counted_once():
    def kept(samples, opened, reasons):
        rejected = sum(reasons.values())
        found = entry(
            "a.log",
            lines=Lines(10, 10 - rejected, 0, rejected),
            samples=samples,
            rejected_by_reason=reasons,
            opened=opened,
        )
        return replace(night(), files=(found,), coverage=None)

    first = Reject(1, 0, "no match", b"\xff\x00 not UTF-8")
    before = kept(
        (first, Reject(10, 900, "bad time", b"cut")),
        Opened(3, 0, 900, 100, Lines(1, 0, 0, 1)),
        {"bad time": 1, "no match": 1},
    )
    document = loads(json.render(before, trouble=""))
    (found,) = nights.together(nights.Earlier(document, overlap=True), before).files
    assert len(found.samples) == 2
    now = kept((Reject(10, 900, "bad size", b"cut here"),), Opened(3, 900, 1800, 0, Lines()), {"bad size": 1})
    (found,) = nights.together(nights.Earlier(document, overlap=False), now).files
    assert found.lines == Lines(19, 17, 0, 2)
    assert found.rejected_by_reason == {"bad size": 1, "no match": 1}
    assert [(sample.line, sample.reason) for sample in found.samples] == [(1, "no match"), (10, "bad size")]
    assert found.bytes_read == 1900


def test_a_page_of_all_has_the_reports_of_each_host_and_source_as_they_are_alone(tmp_path):
    sources = [Source(name, (f"*/{name}.log",), host=rf"(?P<host>[^/]+)/{name}.log") for name in ("shop", "blog")]
    config = Config(
        paths=(str(tmp_path / "logs"),),
        state_dir=str(tmp_path / "state"),
        reports=("web/methods", "web/paths", "web/days"),
        sources=tuple(sources),
        output=Output(html=str(tmp_path / "page.html")),
        workers=1,
    )
    for day, files in ((3, ("web1/shop", "web1/blog", "web2/shop")), (4, ("web1/shop", "web2/shop", "web3/blog"))):
        for number, name in enumerate(files):
            path = tmp_path / "logs" / f"{name}.log"
            path.parent.mkdir(parents=True, exist_ok=True)
            lines = (
                f'10.0.0.1 - - [0{day}/Mar/2026:08:00:00 +0000] "GET /{name} HTTP/1.1" 200 5\n'
                for _ in range(number + 1)
            )
            begin = "\n" if path.exists() else ""  # the end of the last line came later
            with path.open("a") as file:
                file.writelines(
                    [begin, *lines, f'10.0.0.1 - - [0{day}/Mar/2026:09:00:00 +0000] "GET /open HTTP/1.1" 200 5']
                )
        found = coordinator.run(config)
        coordinator.reported(config)
    names = [(one.source, one.host) for one in found.slices]
    assert sorted(names) == [
        ("", "web1"), ("", "web2"), ("", "web3"), ("blog", ""), ("blog", "web1"), ("shop", ""), ("shop", "web1"),
    ]  # fmt: skip
    with Ledger.to_read(config.state_dir) as ledger:
        for one in found.slices:
            hosts, of = frozenset(filter(None, [one.host])), frozenset(filter(None, [one.source]))
            alone = keeping.report(config, ledger, counting.Choice(hosts=hosts, sources=of))
            assert one.reports == tuple(replace(each, coverage=None) for each in alone.reports)
            assert alone.slices == ()
        day = counting.Choice(since=20515, until=20516)  # 2026-03-03
        sliced = keeping.report(config, ledger, day, with_slices=True).slices
        (web2,) = (one for one in sliced if (one.source, one.host) == ("", "web2"))
        alone = keeping.report(config, ledger, replace(day, hosts=frozenset({"web2"})))
        assert web2.reports == tuple(replace(each, coverage=None) for each in alone.reports)
        assert sum(row[1] for row in web2.reports[0].rows) == 4
    assert coordinator.run(replace(config, output=Output())).slices == ()


def test_an_older_ledger_says_so_and_replaces_no_kept_report_for_good(tmp_path, capsys):
    logs, state, out = tmp_path / "logs", tmp_path / "state", tmp_path / "out"
    logs.mkdir()
    line = '10.0.0.1 - - [{:02d}/Mar/2026:08:00:00 +0000] "GET / HTTP/1.1" 200 5 "-" "curl/8"\n'
    (tmp_path / "c.toml").write_text(
        f'root = "{logs}"\nstate_dir = "{state}"\n[reports]\nuse = ["web"]\n'
        f'[output]\ndir = "{out}"\npages = ["source"]\n[[source]]\nname = "shop"\ninclude = ["**/*"]\n'
    )
    command = ["run", "-q", "-c", str(tmp_path / "c.toml"), "--report", "web/methods"]

    def night(day):
        for old in logs.iterdir():
            old.unlink()  # rotated away
        (logs / f"{day}.log").write_text(line.format(day))
        (logs / "live.log").write_text(line.format(28))
        if day == 2:
            (logs / "january.log").write_text(line.replace("Mar", "Jan").format(day))
        assert cli.execute([*command, "--accept-gone"]) == 0
        return capsys.readouterr().err

    assert night(2) == ""
    backup = (state / "ledger.sqlite").read_bytes()
    assert night(3) == ""
    before = {path.relative_to(out): path.read_bytes() for path in out.glob("*/*.*")}
    (state / "ledger.sqlite").write_bytes(backup)
    said = night(4)
    assert said.startswith(f"the ledger in {state} ends with the run of 20")
    assert f"those that are replaced are kept in {out}/replaced" in said
    (aside,) = (out / "replaced").iterdir()
    kept = {path.relative_to(aside): path.read_bytes() for path in aside.rglob("*.*")}
    assert kept == {path: report for path, report in before.items() if (out / path).read_bytes() != report}
    assert {Path("months/2026-03.json"), Path("sources/shop.json")} <= kept.keys()
    assert {Path("months/2026-01.json")} <= before.keys() - kept.keys()
    assert night(5) == ""  # it is said once
    (state / "ledger.sqlite").unlink()
    assert "has counted nothing yet" in night(6)


def test_without_jinja_the_index_lists_the_reports_and_says_how_to_get_pages(tmp_path, monkeypatch):
    (tmp_path / "nights").mkdir()
    (tmp_path / "nights/2026-03-01.json").write_bytes(json.render(night()))
    page.environment.cache_clear()
    monkeypatch.setitem(sys.modules, "jinja2", None)
    try:
        calendar.write_index(str(tmp_path))
    finally:
        page.environment.cache_clear()
    index = (tmp_path / "index.html").read_text()
    assert 'href="nights/2026-03-01.json"' in index
    assert "pip install 'logproc[html]'" in index
