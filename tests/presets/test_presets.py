"""Presets: every shipped report is found, named once, titled, and plans."""

from __future__ import annotations

import json
from importlib import resources

import pytest

import logproc
from logproc.cli import execute
from logproc.errors import UsageError
from logproc.formats import own_fields
from logproc.presets import PLACES, PRESETS, load, names
from logproc.rollup.spec import Rules
from logproc.rollup.sql import plan

REPORTS = [(preset, name, sql) for preset in PRESETS for name, sql in load(preset)]


@pytest.mark.parametrize(("preset", "name", "sql"), REPORTS, ids=[name for _, name, _ in REPORTS])
def test_every_report_plans(preset, name, sql):
    spec = plan(sql, name, rules=Rules(geo=("",)), fields=own_fields())
    assert sql.startswith(f"-- title: {spec.title}\n")
    assert spec.relation == ("json" if name.startswith("json_") else preset)  # programs write these, too
    assert spec.aggregates
    # What has unbounded keys must be cut by an additive aggregate, so that heavy hitters can stand in for all.
    if spec.limit is not None:
        leading = spec.order_by[0]
        assert leading.descending
        assert spec.aggregates[leading.expression.index].function in {"count", "sum"}


def test_report_names_are_unique_over_all_presets():
    found = [name for _, name, _ in REPORTS]
    assert len(found) == len(set(found))


def test_the_table_lists_the_files():
    for preset, reports in PRESETS.items():
        files = {item.name for item in resources.files("logproc.presets").joinpath(preset).iterdir()}
        assert files == {f"{report}.sql" for report in reports}


def test_reports_of_places_wait_for_a_file():
    assert {name for name, _ in load("web")} - {name for name, _ in load("web", places=False)} == PLACES
    assert [name for name, _ in load("web/cities", places=False)] == ["cities"]


def test_every_ejected_file_runs(tmp_path, capsys):
    assert execute(["presets", "--eject", str(tmp_path / "sql")]) == 0
    files = [file for file in sorted((tmp_path / "sql").glob("*/*.sql")) if file.stem not in PLACES]
    asked = [word for file in files for word in ("--report", str(file))]
    logs = tmp_path / "access.log"
    logs.write_text(
        '192.0.2.1 - - [01/Feb/2026:10:00:00 +0000] "GET /a/1 HTTP/1.1" 200 5 "https://www.google.com/?q=x" "GPTBot"\n'
        * 9
    )
    out = tmp_path / "report.json"
    assert execute(["run", "-q", "--backend", "serial", str(logs), *asked, "--json", str(out)]) == 0
    reports = json.loads(out.read_text())["reports"]
    assert [report["name"] for report in reports] == [file.stem for file in files]
    assert not any("problem" in report for report in reports)
    assert f"{len(REPORTS)} presets copied" in capsys.readouterr().err


@pytest.mark.parametrize(
    "line",
    [
        '{"ts":"2026-02-01T1%d:00:00Z","level":"error","logger":"db","msg":"query %d failed"}\n',
        'ts=2026-02-01T1%d:00:00Z level=error logger=db msg="query %d failed"\n',
    ],
)
def test_structured_lines_have_reports(tmp_path, line):
    (tmp_path / "a.log").write_text("".join(line % (number % 2, number) for number in range(6)))
    reports = {report.name: report.rows for report in logproc.run(tmp_path, backend="serial").reports if report.rows}
    hour, later = "2026-02-01T10:00:00Z", "2026-02-01T11:00:00Z"
    assert reports == {
        "json_levels": (("ERROR", 6, later),),
        "json_levels_by_hour": ((hour, "ERROR", 3), (later, "ERROR", 3)),
        "json_loggers": (("db", 6, 6),),
        "json_templates": (("ERROR", "query <*> failed", 6, hour, later),),
    }


def test_media_types_are_counted_as_they_are_logged(tmp_path):
    head = '{"level":"info","ts":16468614%02d.5,"logger":"http.log.access","msg":"m","request":{"uri":"/"},'
    types = ("text/html; charset=utf-8", "Text/HTML", "text/css", "image/png")
    lines = [
        head % number + f'"status":200,"size":1,"resp_headers":{{"Content-Type":["{each}"]}}}}\n'
        for number, each in enumerate(types)
    ]
    (tmp_path / "a.log").write_text("".join([*lines, head % 9 + '"status":304}\n']))
    report = logproc.run(tmp_path, backend="serial")
    found = {name: [row[:2] for row in report[name].rows] for name in ("content_types", "content_kinds")}
    assert found == {
        "content_types": [("text/html", 2), ("image/png", 1), ("text/css", 1)],
        "content_kinds": [("text", 3), ("image", 1)],
    }


def test_one_report_is_loaded_by_its_path():
    assert load("web/paths") == [("paths", dict(load("web"))["paths"])]
    assert load("paths") == load("web/paths")  # as it is called where it is shown
    assert names()[:3] == ("web", "syslog", "app")
    assert "app/app_levels" in names()


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("wep", "did you mean web"),
        ("web/path", "web/paths"),
        ("web/../app", "there"),
        ("", "there are web, syslog, app"),
    ],
)
def test_unknown_presets_are_refused_with_the_nearest(name, hint):
    with pytest.raises(UsageError, match="there is no preset") as caught:
        load(name)
    assert hint in str(caught.value)


def test_a_file_of_places_that_is_not_there_is_named_with_its_key(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "config.toml").write_text('root = "."\n[geo]\nfiles = ["gone.mmdb"]\n')
    assert execute(["run", "-q"]) == 2
    said = capsys.readouterr().err
    assert "SELECT: gone.mmdb: there is no such file, and [geo] files of config.toml names it" in said
    assert execute(["run", "-q", "--report", "methods"]) == 0
