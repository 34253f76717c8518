from __future__ import annotations

import json
import os
import re
import shlex
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from waiting import PATIENCE

from logproc import __version__
from logproc.cli import execute, main
from logproc.commands import looking
from logproc.config_keys import BACKENDS
from logproc.errors import TryLaterError

ROOT = Path(__file__).parents[1]
LINES = [
    '192.0.2.1 - - [25/Oct/2016:14:49:33 +0000] "GET /a?b=c HTTP/1.1" 200 612 "-" "Mozilla/5.0 (X11)"\n',
    '192.0.2.2 - - [25/Oct/2016:14:49:34 +0000] "GET /missing HTTP/1.1" 404 10 "-" "Mozilla/5.0 (X11)"\n',
    '192.0.2.1 - - [25/Oct/2016:15:49:35 +0000] "POST /form HTTP/1.1" 500 0 "-" "curl/8.0"\n',
]


@pytest.fixture
def logs(tmp_path, monkeypatch):
    """Two small access logs below an empty working folder."""
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "logs"
    folder.mkdir()
    (folder / "access.log").write_text("".join(LINES))
    (folder / "access.log.1").write_text("".join(LINES[:2]))
    return folder


def run(*arguments, **options):
    """Start `python -m logproc` as people do."""
    return subprocess.run(
        [sys.executable, "-m", "logproc", *map(str, arguments)],
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
        env={**os.environ, "PYTHONPATH": str(ROOT)} | options.pop("env", {}),
        **options,
    )


def lines_of(report):
    return report["accounting"]["lines"]


# ---- what needs no logs


def test_no_command_shows_the_help(capsys):
    assert execute([]) == 0
    assert "Commands:" in capsys.readouterr().out


def test_the_version_is_the_package_version(capsys):
    assert execute(["--version"]) == 0
    assert capsys.readouterr().out == f"logproc, version {__version__}\n"


def test_the_help_loads_nothing_heavy():
    code = "import sys; from logproc.cli import execute; execute(['run', '--help']); print(*sys.modules)"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    heavy = {
        "numpy",
        "numba",
        "sqlglot",
        "rich",
        "tqdm",
        "duckdb",
        "isal",
        "tomllib",
        "zoneinfo",
        "logproc.coordinator",
    }
    assert heavy.isdisjoint(result.stdout.split())


@pytest.mark.parametrize("command", ["run", "plan", "detect", "parse", "formats", "presets"])
def test_every_command_explains_itself(command, capsys):
    assert execute([command, "--help"]) == 0
    assert len(capsys.readouterr().out) > 100


def test_the_flags_of_run_are_those_of_the_contract():
    options = {name for parameter in main.commands["run"].params for name in parameter.opts}
    assert options >= {
        *("-c", "--format", "--backend", "-j", "--state", "--since", "--until", "--report", "--json", "--html"),
        *("--csv", "--metrics-file", "--rejects", "--dry-run", "-q", "-v"),
    }


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["run"], "nothing to read"),
        (["plan"], "nothing to read"),
        (["detect"], "nothing to read"),
        (["parse"], "nothing to read"),
        (["run", "x", "--csv", "no/folder"], "--csv no/folder: the folder"),
        (["run", "x", "--markdown", "-"], "--markdown needs a file"),
        (["run", "x", "--metrics-file", "no/m.prom"], "--metrics-file no/m.prom: the folder"),
        (["run", "x", "--metrics-file", "-"], "--metrics-file needs a file"),
        (["run", "x", "--state", "s", "--since", "today"], "ask `logproc report --since T --until T`"),
        (["run", "-", "--state", "s"], "standard input has no place in a ledger"),
        (["run", ".", "--backend", "queue"], "write one with `logproc keygen FILE`"),
        (["run", ".", "--listen", "x", "--authkey-file", "k"], "not an address: 'x'; write HOST:PORT"),
        (["run", ".", "--listen", "0.0.0.0:1", "--authkey-file", "k"], "or say --insecure"),
        (["run", ".", "--backend", "queue", "--authkey-file", "k"], "k: cannot be read: no such file or directory"),
        (["run", "-", "--backend", "queue"], "standard input cannot be read by the workers of the queue backend"),
        (["run", "-", "--backend", "dask"], "standard input cannot be read by the workers of the dask backend"),
        (["run", ".", "--backend", "dask", "--listen", "x"], "--listen goes with --backend queue, not with dask"),
        (["run", ".", "--listen", "x", "--scheduler", "x"], "--scheduler goes with --backend dask, not with queue"),
        (["run", ".", "--scheduler", "tls://h:1", "--tls-ca", "f"], "go together: name all three, or none"),
        (["run", ".", "--wait-workers", "-1"], "-1.0 is not in the range"),
        (["worker"], "Missing argument 'HOST:PORT'"),
        (["worker", "here"], "not an address: 'here'"),
        (["worker", "127.0.0.1:1"], "write one with `logproc keygen FILE`"),
        (["worker", "192.0.2.1:1", "--authkey-file", "k"], "name a certificate with --cert FILE"),
        (["keygen"], "Missing argument 'FILE'"),
        (["run", "x", "--backend", "spark"], "is not one of"),
        (["run", "x", "-j", "-1"], "-1 is not in the range"),
        (["run", "x", "--memory", "20"], "'--memory': must be 0 (no limit) or at least 64 MiB, not 20"),
        (["sql", "SELECT 1", "--memory", "63"], "'--memory': must be 0 (no limit) or at least 64 MiB, not 63"),
        (["worker", "127.0.0.1:1", "--memory", "20"], "'--memory': must be 0 (no limit) or at least 64 MiB, not 20"),
        (["run", "x", "--since", "soon"], "'soon' is not a time"),
        (["run", "x", "--since", "now", "--until=-24h"], "is not before"),
        (["run", "x", "-c", "none.toml"], "none.toml: cannot be read"),
        (["run", "x", "--json", "no/folder/r.json"], "no/folder does not exist; create it first"),
        (["run", "x", "--rejects", "-"], "--rejects needs a file"),
        (["run", "x", "--sinse", "now"], "--since"),
        (["rum"], "No such command 'rum'"),
        (["parse", "x", "--to", "xml"], "is not one of"),
    ],
)
def test_a_usage_error_exits_2_and_says_what_to_do(arguments, words, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert execute(arguments) == 2
    captured = capsys.readouterr()
    assert words in captured.err
    assert captured.out == ""
    assert "Traceback" not in captured.err


def test_a_wrong_config_in_the_working_folder_stops_the_run(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "config.toml").write_text("[limits]\nmax_group = 1\n")
    assert execute(["run", "x"]) == 2
    assert "config.toml:2: unknown key 'max_group' in [limits]; did you mean 'limits.max_groups'?" in (
        capsys.readouterr().err
    )


def test_all_backends_of_the_contract_are_known():
    assert BACKENDS == ("auto", "serial", "threads", "processes", "queue", "dask")


@pytest.mark.parametrize(
    ("error", "code", "words"),
    [
        (TryLaterError("the mount is missing"), 75, "logproc: the mount is missing\n"),
        (RuntimeError("first\nsecond"), 1, "logproc: unexpected RuntimeError: first (a defect of logproc; -v shows"),
    ],
)
def test_errors_become_one_line_and_an_exit_code(error, code, words, monkeypatch, capsys):
    def fail(_typed):
        raise error

    monkeypatch.setattr(looking, "load_config", fail)
    assert execute(["plan", "x"]) == code
    assert capsys.readouterr().err.startswith(words)


def test_verbose_shows_the_traceback_of_a_defect(monkeypatch, capsys):
    def fail(_typed):
        raise RuntimeError

    monkeypatch.setattr(looking, "load_config", fail)
    assert execute(["plan", "x", "-v"]) == 1
    assert "Traceback" in capsys.readouterr().err


def test_formats_and_presets_are_listed(capsys):
    assert execute(["formats"]) == 0
    formats = capsys.readouterr().out
    assert all(name in formats for name in ("combined", "jsonl", "nginx:", "apache:", "auto"))
    assert execute(["presets"]) == 0
    assert "web/" in capsys.readouterr().out


def test_presets_can_be_copied(tmp_path, capsys):
    assert execute(["presets", "--eject", str(tmp_path)]) == 0
    copied = list(tmp_path.rglob("*.sql"))
    assert copied
    assert "SELECT" in copied[0].read_text().upper()
    assert capsys.readouterr().out == ""


def test_sql_that_merges_needs_no_extra(logs):
    blocked = "sys.modules |= dict.fromkeys(('pyarrow', 'duckdb', 'jinja2', 'distributed'))"
    query = ["sql", "SELECT count(*) AS n FROM web", str(logs), "--to", "csv"]
    code = f"import sys; {blocked}; from logproc.cli import execute; sys.exit(execute({query}))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=300)
    assert (done.returncode, done.stdout) == (0, "n\n5\n"), done.stderr


# ---- the README

README = (ROOT / "README.md").read_text(encoding="utf-8")


def fenced(language):
    return re.findall(rf"^```{language}\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize(
    "line", [line for block in fenced("sh") for line in block.splitlines() if line.startswith("logproc ")]
)
def test_every_command_line_of_the_readme_is_understood(line):
    name, *arguments = shlex.split(line, comments=True)[1:]
    main.commands[name].make_context(name, arguments)


def test_the_first_command_of_the_readme_runs_the_main_job_on_the_sample_logs():
    assert fenced("sh")[0].strip().endswith("-m logproc run data")
    assert fenced("sh")[1].strip().endswith("-m pytest")


def test_the_python_of_the_readme_runs(monkeypatch, capsys):
    monkeypatch.chdir(ROOT)
    exec(compile(fenced("python")[0], "README.md", "exec"), {})
    assert capsys.readouterr().out.split()[0].isdigit()


def test_the_sql_of_the_readme_is_accepted():
    from logproc.rollup.sql import plan

    assert plan(fenced("sql")[0], "readme").keys


# ---- runs


def test_without_output_options_the_report_goes_to_stdout(logs, capsys):
    assert execute(["run", str(logs)]) == 0
    captured = capsys.readouterr()
    assert captured.out.startswith("files  2 read")
    assert "lines  5 read = 5 counted + 0 filtered + 0 rejected" in captured.out
    assert captured.err.startswith("5 lines read: 5 counted")


def test_json_goes_to_stdout_alone(logs, capsys):
    assert execute(["run", str(logs), "--json", "-"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert report["schema"] == 1
    assert lines_of(report) == {"read": 5, "counted": 5, "filtered": 0, "rejected": 0}


def test_json_goes_to_a_file_and_nothing_to_stdout(logs, tmp_path, capsys):
    assert execute(["run", str(logs), "--json", "r.json"]) == 0
    assert capsys.readouterr().out == ""
    assert lines_of(json.loads((tmp_path / "r.json").read_text()))["read"] == 5


def test_quiet_is_silent_on_success(logs, capsys):
    assert execute(["run", str(logs), "-q"]) == 0
    captured = capsys.readouterr()
    assert (captured.out, captured.err) == ("", "")


def test_verbose_tells_about_each_file(logs, capsys):
    assert execute(["run", str(logs), "-v"]) == 0
    assert "access.log.1: read, combined (100 %), plain, 2 lines" in capsys.readouterr().err


def test_the_span_filters_lines_and_counts_them(logs, capsys):
    assert execute(["run", str(logs), "--since", "2016-10-25T15:00:00Z", "--json", "-", "-q"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert lines_of(report) == {"read": 5, "counted": 1, "filtered": 4, "rejected": 0}
    assert report["run"]["since"] == "2016-10-25T15:00:00Z"


def test_a_report_can_come_from_a_file_and_replaces_the_configured_set(logs, tmp_path, capsys):
    (tmp_path / "by_status.sql").write_text("SELECT status, count(*) AS n FROM web GROUP BY status ORDER BY status")
    assert execute(["run", str(logs), "--report", "by_status.sql", "--json", "-", "-q"]) == 0
    reports = json.loads(capsys.readouterr().out)["reports"]
    assert [report["name"] for report in reports] == ["by_status"]
    assert reports[0]["rows"] == [[200, 2], [404, 2], [500, 1]]


def test_a_query_that_is_refused_names_the_report(logs, tmp_path, capsys):
    (tmp_path / "mine.sql").write_text("SELECT * FROM web JOIN web ON 1")
    assert execute(["run", str(logs), "--report", "mine.sql"]) == 2
    assert "mine" in capsys.readouterr().err


def test_a_failed_check_exits_4(logs, tmp_path, capsys):
    sql = "SELECT count(*) FILTER (WHERE status >= 500) FROM web"
    (tmp_path / "config.toml").write_text(f'[[check]]\nname = "errors"\nsql = "{sql}"\nfail_if = "> 0"\n')
    assert execute(["run", str(logs), "-q"]) == 4
    assert capsys.readouterr().err == "check 'errors' failed: 1 > 0\n"


@pytest.mark.parametrize(("more", "code"), [("", 4), ('if_null = "fail"', 4), ('if_null = "pass"', 0)])
def test_a_check_without_a_number_does_not_pass_in_silence(more, code, logs, tmp_path, capsys):
    sql = "SELECT avg(duration) FROM web"  # a combined log has no durations
    (tmp_path / "config.toml").write_text(f'[[check]]\nname = "slow"\nsql = "{sql}"\nfail_if = "> 1"\n{more}\n')
    assert execute(["run", str(logs), "-q", "--json", "r.json"]) == code
    assert capsys.readouterr().err == ("check 'slow' failed: no number to judge by\n" if code else "")
    (check,) = json.loads((tmp_path / "r.json").read_text())["checks"]
    assert check == {"name": "slow", "value": None, "fail_if": "> 1", "failed": code == 4}


def test_a_check_that_cannot_be_computed_fails_whatever_null_may_do():
    """Unlike a report that fails, nobody sees that it is missing."""
    from logproc.config import Check
    from logproc.questions import judge
    from logproc.report_model import ReportTable

    table = ReportTable("c", "", "", (), (), exact=False, problem="too many groups")
    verdict = judge(Check("c", "", "> 1", if_null="pass"), table)
    assert (verdict.failed, verdict.problem) == (True, "too many groups")


def test_a_file_that_cannot_be_read_exits_3_and_is_named_even_if_quiet(logs, capsys):
    (logs / "broken.gz").write_bytes(b"\x1f\x8b\x08\x00" + b"\xff" * 50)
    assert execute(["run", str(logs), "-q"]) == 3
    assert "broken.gz" in capsys.readouterr().err


def test_too_many_rejects_exit_3_and_can_be_written(logs, tmp_path, capsys):
    (logs / "access.log").write_text(LINES[0] * 5 + "nonsense\n" + LINES[0])
    assert execute(["run", str(logs), "-q", "--rejects", "bad.jsonl"]) == 3
    assert "1 of 7 lines rejected (14.3 %, more than 5 %)" in capsys.readouterr().err
    reject = json.loads((tmp_path / "bad.jsonl").read_text())
    assert (reject["line"], reject["offset"], reject["raw"]) == (6, 5 * len(LINES[0]), "nonsense")


def test_the_ratio_of_rejects_can_be_set(logs, tmp_path):
    (logs / "access.log").write_text(LINES[0] * 5 + "nonsense\n" + LINES[0])
    (tmp_path / "config.toml").write_text("max_reject_ratio = 0.5\n")
    assert execute(["run", str(logs), "-q"]) == 0


def test_a_dry_run_prints_what_plan_prints(logs, capsys):
    assert execute(["run", str(logs), "--dry-run"]) == 0
    dry = capsys.readouterr().out
    assert execute(["plan", str(logs)]) == 0
    assert capsys.readouterr().out == dry
    assert "2 files" in dry


def test_detect_tells_the_format(logs, capsys):
    assert execute(["detect", str(logs), "--json"]) == 0
    first = json.loads(capsys.readouterr().out)["files"][0]
    assert (first["format"], first["codec"]) == ("combined", "plain")
    assert str(first["fields"]["status"]) == "200"


def test_parse_writes_rows_with_their_origin(logs, tmp_path, capfdbinary):
    assert execute(["parse", str(logs / "access.log"), "--origin", "--select", "status,path", "-o", "rows.jsonl"]) == 0
    rows = [json.loads(line) for line in (tmp_path / "rows.jsonl").read_text().splitlines()]
    assert [row["status"] for row in rows] == [200, 404, 500]
    assert rows[1]["_offset"] == len(LINES[0])
    assert rows[1]["_line"] == 2
    assert capfdbinary.readouterr().out == b""


def test_the_config_of_this_repository_works():
    result = run("run", "--json", "-", "-q", cwd=ROOT)
    assert result.returncode in {0, 3, 4}, result.stderr
    assert lines_of(json.loads(result.stdout))["read"] > 10_000


@pytest.mark.parametrize(
    "sql", ["SELECT status, count(*) FROM web GROUP BY ALL", "SELECT max(path) FROM web", "SELECT"]
)
def test_a_check_that_cannot_be_is_called_one(logs, capsys, sql):
    (logs.parent / "config.toml").write_text(f'[[check]]\nname = "c"\nsql = "{sql}"\nfail_if = "> 1"\n')
    assert execute(["run", str(logs)]) == 2
    assert capsys.readouterr().err.startswith("logproc: check 'c': ")


# ---- the process


def test_standard_input_is_read(logs):
    result = run("run", "-", "--json", "-", "-q", input="".join(LINES), cwd=logs)
    assert result.returncode == 0, result.stderr
    assert lines_of(json.loads(result.stdout))["counted"] == 3


def test_a_reader_that_goes_away_ends_the_process_quietly(logs):
    (logs / "access.log").write_text("".join(LINES) * 20_000)
    process = subprocess.Popen(
        [sys.executable, "-m", "logproc", "parse", str(logs)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    process.stdout.readline()
    process.stdout.close()
    complaints = process.stderr.read()
    process.stderr.close()
    assert process.wait(timeout=PATIENCE) == 128 + signal.SIGPIPE
    assert complaints == b""


@pytest.mark.parametrize(
    ("closing", "code", "complaint"),
    [
        ("<&-", 3, "-: standard input is closed\n"),
        (">&-", 1, "logproc: standard output: bad file descriptor\n"),
        ("2>&-", 3, ""),
    ],
)
def test_a_standard_stream_that_is_closed_is_a_fault_of_that_stream_alone(logs, closing, code, complaint):
    """Its number may not go to a file or a pipe of the process itself, which would be read or written instead."""
    script = f'exec "$0" -m logproc run - logs/gone logs --report web/methods {closing}'
    done = subprocess.run(
        ["/bin/sh", "-c", script, sys.executable],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
        cwd=logs.parent,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    assert done.returncode == code, done.stderr
    assert complaint in done.stderr
    assert "Traceback" not in done.stderr
    assert ("GET" in done.stdout) == (">&-" not in closing.split())


@pytest.mark.parametrize(
    ("signum", "word"), [(signal.SIGINT, b"logproc: interrupted\n"), (signal.SIGTERM, b"logproc: terminated\n")]
)
@pytest.mark.parametrize("stuck", [False, True])
def test_a_signal_ends_the_process_with_one_line(signum, word, stuck):
    """`stuck` is a run that does not let the exception through: it must end all the same."""
    wait = "threading.Event().wait(60)"
    body = f"try:\n  {wait}\n finally:\n  {wait}" if stuck else wait
    code = (
        "import sys, threading\nfrom logproc import __main__, cli\n"
        f"def wait(arguments):\n print('ready', flush=True)\n {body}\n return 0\n"
        "cli.execute = wait\n__main__.main()\n"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=ROOT, start_new_session=True
    )
    assert process.stdout.readline() == b"ready\n"
    process.send_signal(signum)
    _, complaints = process.communicate(timeout=PATIENCE)
    assert process.returncode == 128 + signum
    assert complaints == word
