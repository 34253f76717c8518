"""`logproc diff` over reports in files."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from logproc.cli import execute

if TYPE_CHECKING:
    from pathlib import Path

LINE = '10.0.0.{client} - - [02/Mar/2026:0{hour}:00:00 +0000] "GET /{path} HTTP/1.1" {status} 100 "-" "curl/8"\n'


def night(folder: Path, name: str, status: int) -> str:
    """Count a small night's log and return the report's path; a tenth of the requests has the given status."""
    log = folder / f"{name}.log"
    log.write_text(
        "".join(
            LINE.format(client=n % 20, hour=n % 10, path=f"p{n % 12}", status=status if n % 10 == 0 else 200)
            for n in range(3000)
        )
    )
    path = str(folder / f"{name}.json")
    (folder / "none.toml").touch()
    assert execute(["run", str(log), "--report", "web", "-q", "--json", path, "-c", str(folder / "none.toml")]) == 0
    return path


@pytest.fixture(scope="module")
def nights(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, str]:
    folder = tmp_path_factory.mktemp("nights")
    return night(folder, "old", 200), night(folder, "new", 503)


def test_the_same_night_has_no_changes(nights, capsys):
    old, _ = nights
    assert execute(["diff", old, "--against", old, "--fail-over"]) == 0
    assert capsys.readouterr().out == "no significant change\n"
    assert execute(["diff", old, "--against", old, "-q"]) == 0
    assert capsys.readouterr().out == ""


def test_changes_are_lines_the_most_significant_first(nights, capsys):
    old, new = nights
    assert execute(["diff", new, "--against", old]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert any(line.startswith("status_codes") and "status 503: requests new, 300 (10.0 %)" in line for line in lines)
    assert any("server errors 0 -> 300 (0.0 % -> 10.0 %" in line for line in lines)


def test_fail_over_is_about_the_ratio(nights, capsys):
    old, new = nights
    assert execute(["diff", new, "--against", old, "--fail-over"]) == 4
    assert execute(["diff", new, "--against", old, "--fail-over", "2"]) == 4
    assert execute(["diff", new, "--against", old, "--fail-over", "1e9"]) == 0
    capsys.readouterr()


def test_json_has_every_change_with_what_it_rests_on(nights, capsys):
    old, new = nights
    assert execute(["diff", new, "--against", old, "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert (document["schema"], document["old"], document["new"]) == (1, old, new)
    change = next(c for c in document["changes"] if c["report"] == "status_codes" and c["key"] == {"status": 503})
    assert (change["kind"], change["old"], change["new"], change["new_of"]) == ("share", None, 300, 3000)
    scores = [abs(c["score"]) for c in document["changes"]]
    assert scores == sorted(scores, reverse=True)


def test_top_says_how_many_are_left_out(nights, capsys):
    old, new = nights
    assert execute(["diff", new, "--against", old, "--top", "1"]) == 0
    first, rest = capsys.readouterr().out.splitlines()
    assert "503" in first or "error" in first
    assert rest.startswith("... and ")


def timed_night(folder: Path, name: str, times: str) -> str:
    """Count a log with such a time behind each line, or without, by two reports, and return the JSON report's path."""
    lines = "".join(LINE.format(client=n % 20, hour=n % 10, path=f"p{n % 12}", status=200) for n in range(600))
    (folder / f"{name}.log").write_text(lines.replace("\n", f"{times}\n"))
    path = str(folder / f"{name}.json")
    known = 'nginx:$remote_addr - - [$time_local] "$request" $status $bytes_sent "$http_referer" "$http_user_agent"'
    fmt = f"{known} $request_time" if times else known
    asked = ("--report", "web/paths", "--report", "web/summary")
    assert execute(["run", str(folder / f"{name}.log"), "--format", fmt, *asked, "-q", "--json", path]) == 0
    return path


def test_nights_with_and_without_times_are_compared_by_what_both_have(tmp_path, capsys):
    without, quick, slow = (timed_night(tmp_path, f"n{n}", times) for n, times in enumerate(("", " 0.1", " 0.9")))
    for old, new in ((without, quick), (quick, without)):
        assert execute(["diff", new, "--against", old]) == 0
        assert capsys.readouterr() == ("no significant change\n", "")
    assert execute(["diff", slow, "--against", quick, "--json"]) == 0
    found = {(c["report"], c["column"]) for c in json.loads(capsys.readouterr().out)["changes"]}
    assert ("summary", "mean_duration") in found
    assert {report for report, _ in found} == {"summary"}


def hosts_night(folder: Path, name: str, hosts: dict[str, int]) -> str:
    """Count the logs of web servers with so many lines each and return the report's path."""
    for host, lines in hosts.items():
        (folder / name / host).mkdir(parents=True)
        (folder / name / host / "access.log").write_text(
            "".join(LINE.format(client=n % 20, hour=n % 10, path=f"p{n % 12}", status=200) for n in range(lines))
        )
    config = folder / "hosts.toml"
    config.write_text('[[source]]\nname = "shop"\ninclude = ["**/*.log"]\nhost = "^(?P<host>[^/]+)/"\n')
    path = str(folder / f"{name}.json")
    assert execute(["run", str(folder / name), "-q", "--json", path, "-c", str(config)]) == 0
    return path


def test_a_host_that_fell_silent_is_named_whatever_the_reports_are(tmp_path, capsys):
    old = hosts_night(tmp_path, "old", {"web1": 500, "web2": 510, "web3": 490})
    new = hosts_night(tmp_path, "new", {"web1": 505, "web2": 495})
    assert execute(["diff", new, "--against", old]) == 0
    assert "host shop/web3: lines silent, 490 before (32.7 %)" in capsys.readouterr().out
    assert execute(["diff", old, "--against", new]) == 0
    assert "host shop/web3: lines new, 490 (32.7 %)" in capsys.readouterr().out


def test_a_night_without_any_request_is_the_greatest_change(tmp_path, capsys):
    old, new = night(tmp_path, "busy", 200), str(tmp_path / "none.json")
    (tmp_path / "none.log").touch()
    run = ["run", str(tmp_path / "none.log"), "--report", "web", "-q", "--json", new, "-c", str(tmp_path / "none.toml")]
    assert execute(run) == 0
    assert execute(["diff", new, "--against", old, "--fail-over", "2"]) == 4
    assert "requests 3,000 -> 0 (-100 %)" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (None, "no such file or directory"),
        ("not json", "no JSON report"),
        ("[]", "it has no schema"),
        ('{"schema": 9}', "its schema is 9, and 1 is known"),
        ('{"schema": 1}', "not a whole JSON report"),
        ('{"schema": 1, "reports": [{"name": "x"}]}', "not a whole JSON report"),
    ],
)
def test_what_is_no_report_is_refused_by_name(content, words, nights, tmp_path, capsys):
    path = tmp_path / "broken.json"
    if content is not None:
        path.write_text(content)
    assert execute(["diff", nights[0], "--against", str(path)]) == 2
    error = capsys.readouterr().err
    assert str(path) in error
    assert words in error


@pytest.fixture(scope="module")
def ledger(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Return the configuration of a ledger with two Mondays and the Tuesday between, which had errors."""
    folder = tmp_path_factory.mktemp("ledger")
    (folder / "logs").mkdir()
    for day, status in (("02", 200), ("03", 503), ("09", 200)):
        (folder / "logs" / f"{day}.log").write_text(
            "".join(
                LINE.replace("02/Mar", f"{day}/Mar").format(
                    client=n % 20, hour=n % 10, path=f"p{n % 12}", status=status if n % 10 == 0 else 200
                )
                for n in range(3000)
            )
        )
    config = folder / "config.toml"
    config.write_text(
        'root = "logs"\nstate_dir = "state"\n[reports]\nuse = ["web/summary", "web/status_codes", "web/paths"]\n'
    )
    assert execute(["run", "-q", "-c", str(config)]) == 0
    return str(config)


def test_nights_of_the_ledger_are_compared(ledger, capsys):
    assert execute(["diff", "--against", "same weekday", "-v", "-c", ledger]) == 0
    output = capsys.readouterr()
    assert output.out == "no significant change\n"
    assert "2026-03-09 against 2026-03-02" in output.err
    assert execute(["diff", "-v", "-c", ledger]) == 0
    assert "2026-03-09 against 2026-03-02" in capsys.readouterr().err
    assert execute(["diff", "--against", "2026-03-02", "--day", "2026-03-03", "--fail-over", "-c", ledger]) == 4
    assert "status 503: requests new, 300" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--against", "2026-03-05"], "no counts of 2026-03-05; it has days from 2026-03-02 to 2026-03-09"),
        (["--against", "same weekday", "--day", "2026-03-03"], "no Tuesday before 2026-03-03"),
        (["--against", "2026-13-99"], "is no date"),
        (["x.json", "--against", "same weekday"], "see --day"),
        (["x.json"], "what is x.json to be compared with? Name an older report"),
        (["x.json", "--against", "y.json", "--day", "2026-03-03"], "leave it out"),
    ],
)
def test_a_night_that_is_not_there_is_named(ledger, capsys, arguments, words):
    assert execute(["diff", *arguments, "-c", ledger]) == 2
    assert words in capsys.readouterr().err


def test_a_report_of_some_days_has_the_days_before_beside_it(ledger, tmp_path):
    page = tmp_path / "page.html"
    days = ["--since", "2026-03-03", "--until", "2026-03-04"]
    assert execute(["report", *days, "--html", str(page), "-c", ledger]) == 0
    text = page.read_text()
    assert "changes: 2026-03-03 against 2026-03-02" in text
    assert '<span class="change">none before</span>' in text  # server errors
    assert execute(["report", "--since", "2026-03-02", "--until", "2026-03-03", "--html", str(page), "-c", ledger]) == 0
    assert "changes:" not in page.read_text()
