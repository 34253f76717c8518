"""`run --backend queue`, `worker` and `keygen` as people use them: processes, files, exit codes, the right report."""

from __future__ import annotations

import json
import os
import pwd
import re
import shutil
import signal
import subprocess
import sys
from contextlib import ExitStack, closing, contextmanager, suppress
from pathlib import Path

import pytest
from backends.namespaces import joined
from backends.proxy import Proxy, nobody

ROOT = Path(__file__).parents[1]
DATA = ROOT / "data"
LOGPROC = [sys.executable, "-m", "logproc"]


@contextmanager
def started(arguments, prefix=(), cwd=ROOT, **environ):
    """Yield a command that runs; it is killed if it has not ended by itself."""
    process = subprocess.Popen(
        [*prefix, *LOGPROC, *arguments],
        cwd=cwd,
        env=os.environ | environ,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        yield process
    finally:
        with suppress(OSError):
            process.kill()
        process.communicate()


def finish(process, seconds=120):
    """Return a command's exit code and what it said."""
    _, said = process.communicate(timeout=seconds)
    return process.returncode, said


def port_of(process):
    """Wait until a run listens and return its port."""
    line = process.stderr.readline()
    while "listening on" not in line:
        assert line, "it ended without listening"
        line = process.stderr.readline()
    return int(re.search(r":(\d+) \(", line)[1])


def report_of(path):
    """Return a report without what differs between runs."""
    report = json.loads(path.read_text())
    assert report.pop("run")["backend"] in {"serial", "queue"}
    return report


def workers_of(path):
    """Return how many workers a report says there were."""
    return json.loads(path.read_text())["run"]["workers"]


@pytest.fixture(scope="module")
def logs(tmp_path_factory):
    """The sample logs, a larger file that is cut in ranges, and lines that are rejected."""
    folder = tmp_path_factory.mktemp("logs")
    shutil.copytree(DATA, folder, dirs_exist_ok=True)
    text = (DATA / "web1" / "access.log.1").read_bytes()
    (folder / "large.log").write_bytes((text + b"what is this\n") * (1 + (30 << 20) // len(text)))
    return folder


@pytest.fixture(scope="module")
def key(tmp_path_factory):
    path = tmp_path_factory.mktemp("keys") / "key"
    subprocess.run([*LOGPROC, "keygen", str(path)], cwd=ROOT, check=True, capture_output=True)
    return str(path)


@pytest.fixture(scope="module")
def expected(logs, tmp_path_factory):
    folder = tmp_path_factory.mktemp("serial")
    out = [str(logs), "--json", str(folder / "r.json"), "--rejects", str(folder / "rejects"), "-q"]
    code = subprocess.run([*LOGPROC, "run", *out, "--backend", "serial"], cwd=ROOT, check=False).returncode
    return code, report_of(folder / "r.json"), (folder / "rejects").read_bytes()


def arguments_of(logs, tmp_path, key, *more):
    out = ["--json", str(tmp_path / "r.json"), "--rejects", str(tmp_path / "rejects")]
    return ["run", str(logs), "--backend", "queue", "--listen", "127.0.0.1:0", "--authkey-file", key, *out, *more]


def test_two_workers_give_serials_report(logs, key, expected, tmp_path):
    with started(arguments_of(logs, tmp_path, key, "--cert", f"{key}.crt")) as head:
        where = [f"127.0.0.1:{port_of(head)}", "--authkey-file", key, "--cert", f"{key}.crt"]
        with (
            started(["worker", *where, "-j", "2", "--name", "alpha"]) as one,
            started(["worker", *where, "-j", "3"]) as two,
        ):
            code, said = finish(head)
            assert [finish(worker)[0] for worker in (one, two)] == [0, 0]
    assert (code, report_of(tmp_path / "r.json"), (tmp_path / "rejects").read_bytes()) == expected
    assert workers_of(tmp_path / "r.json") == 5
    assert "worker alpha joined: 2 at a time" in said
    assert re.search(r"worker \S+#\d+ joined", said)


def test_logs_that_are_named_from_the_present_folder_give_serials_report(key, tmp_path):
    shutil.copytree(DATA / "web1", tmp_path / "logs")
    (tmp_path / "logs" / "cut.gz").write_bytes((DATA / "web1" / "access.log.2.gz").read_bytes()[:-40])
    (tmp_path / "logs" / "large.log").write_bytes(
        (DATA / "web1" / "access.log.1").read_bytes() * 40 + b"what is this\n"
    )
    found = []
    for more in (["--backend", "serial"], ["--listen", "127.0.0.1:0", "--authkey-file", key]):
        arguments = ["run", "logs", "--json", "r.json", "--rejects", "rejects", *more]
        with started(arguments, cwd=tmp_path) as head, ExitStack() as stack:
            if "--listen" in more:
                where = [f"127.0.0.1:{port_of(head)}", "--authkey-file", key, "-j", "1"]
                stack.enter_context(started(["worker", *where]))
            code, _ = finish(head)
        found.append((code, report_of(tmp_path / "r.json"), (tmp_path / "rejects").read_bytes()))
    assert found[1] == found[0]
    assert any(report["exemplars"][0] for report in found[0][1]["reports"])


def test_a_worker_that_is_killed_in_the_middle_changes_nothing(logs, key, expected, tmp_path):
    with started(arguments_of(logs, tmp_path, key)) as head, ExitStack() as stack:
        port = port_of(head)
        secret = ["--authkey-file", key, "-j", "1"]
        proxy = stack.enter_context(closing(Proxy(port)))
        with started(["worker", f"127.0.0.1:{proxy.port}", *secret, "--name", "doomed"]) as doomed:
            assert "working for the run" in doomed.stderr.readline()
            proxy.target = None  # a new connection would be too late
            doomed.terminate()  # it says goodbye, so that nothing has to expire
            assert doomed.wait(60) == 128 + signal.SIGTERM
        with started(["worker", f"127.0.0.1:{port}", *secret, "--name", "other"]) as other:
            code, said = finish(head)
            assert finish(other)[0] == 0
    assert (code, report_of(tmp_path / "r.json"), (tmp_path / "rejects").read_bytes()) == expected
    assert "worker doomed left" in said


def test_a_worker_that_is_terminated_while_its_connections_hang_leaves_nothing_behind(
    logs, key, tmp_path, tmp_path_factory
):
    folder = tmp_path_factory.mktemp("w")  # short: its path must leave room for a socket
    with started(arguments_of(logs, tmp_path, key)) as head, closing(Proxy(port_of(head))) as proxy:
        where = [f"127.0.0.1:{proxy.port}", "--authkey-file", key, "-j", "1"]
        with started(["worker", *where], TMPDIR=str(folder)) as worker:
            assert "working for the run" in worker.stderr.readline()
            assert len(list(folder.glob("logproc-*"))) == 1
            proxy.target = None
            proxy.drop_all()
            proxy.wait_unanswered(2)  # those that fetch and say that it is there
            worker.terminate()
            assert worker.wait(60) == 128 + signal.SIGTERM
            assert worker.stderr.read().endswith("logproc: terminated\n")
    assert list(folder.glob("logproc-*")) == []


@pytest.mark.parametrize("seconds", ["nan", "inf"])
def test_what_is_no_number_of_seconds_is_refused(logs, key, tmp_path, seconds):
    for option, arguments in {
        "--wait": ["worker", "127.0.0.1:1", "--authkey-file", key],
        "--wait-workers": arguments_of(logs, tmp_path, key),
    }.items():
        with started([*arguments, option, seconds]) as process:
            code, said = finish(process)
        assert code == 2
        assert said.splitlines()[-1] in {
            f"logproc: --wait takes a number of seconds, such as 60, and not {seconds}",
            f"logproc: wait_workers must be from 0 to 1e+06, not {seconds}",
        }


def test_without_workers_a_run_exits_75(logs, key, tmp_path):
    with started(arguments_of(logs, tmp_path, key, "--wait-workers", "0.5")) as head:
        code, said = finish(head)
    assert code == 75
    assert "no worker for 0.5 s" in said
    assert not (tmp_path / "r.json").exists()


def test_a_worker_is_told_at_once_that_no_machine_has_that_name(key):
    with started(["worker", "nobody.invalid:5000", "--insecure", "--authkey-file", key]) as worker:
        code, said = finish(worker)
    assert (code, said) == (
        2,
        "logproc: no machine is known by the name 'nobody.invalid'; write the address of the coordinator\n",
    )


def test_the_command_of_a_worker_is_said_as_it_can_be_typed(logs, key, tmp_path):
    arguments = arguments_of(logs, tmp_path, key, "--cert", f"{key}.crt", "--wait-workers", "0")
    with started(arguments) as head:
        code, said = finish(head)
    assert code == 75
    assert re.search(
        rf"listening on .*: logproc worker 127\.0\.0\.1:\d+ --authkey-file {key} --cert {key}\.crt$", said, re.MULTILINE
    )


def test_a_worker_without_a_coordinator_exits_75(key):
    with nobody() as port, started(["worker", f"127.0.0.1:{port}", "--authkey-file", key, "--wait", "0.2"]) as worker:
        code, said = finish(worker)
    assert code == 75
    assert said.startswith(f"logproc: nothing was heard of a coordinator at 127.0.0.1:{port} for 0.2 s")


def test_a_coordinator_that_is_killed_ends_its_workers_with_75(logs, key, tmp_path):
    with started(arguments_of(logs, tmp_path, key)) as head:
        where = [f"127.0.0.1:{port_of(head)}", "--authkey-file", key, "-j", "1", "--wait", "0.5"]
        with started(["worker", *where]) as worker:
            assert "working for the run" in worker.stderr.readline()
            head.kill()
            code, said = finish(worker)
    assert code == 75
    assert "nothing was heard of a coordinator" in said
    assert not (tmp_path / "r.json").exists()


def test_a_worker_with_another_key_exits_78(logs, key, tmp_path):
    other = tmp_path / "other"
    other.write_text("0d9a" + Path(key).read_text())
    other.chmod(0o600)
    with started(arguments_of(logs, tmp_path, key)) as head:
        where = [f"127.0.0.1:{port_of(head)}", "--authkey-file", str(other)]
        with started(["worker", *where]) as worker:
            code, said = finish(worker)
    assert code == 78
    assert said == "logproc: the coordinator has another key: copy its key file to this machine\n"


def test_a_worker_of_another_version_exits_78(logs, key, tmp_path):
    code = "import logproc, sys; logproc.__version__ = '0.0.9'; from logproc.cli import execute; "
    with started(arguments_of(logs, tmp_path, key)) as head:
        where = [f"127.0.0.1:{port_of(head)}", "--authkey-file", key]
        found = subprocess.run(
            [sys.executable, "-c", f"{code}sys.exit(execute(sys.argv[1:]))", "worker", *where],
            cwd=ROOT,
            check=False,
            capture_output=True,
            text=True,
        )
    assert found.returncode == 78
    assert "it is logproc 0.0.9 (Python" in found.stderr
    assert "install the same logproc; Python may differ" in found.stderr


def test_no_secret_is_on_any_command_line_in_any_environment_or_in_what_is_said(logs, key, tmp_path):
    secret = Path(key).read_text().strip()
    arguments = [word for word in arguments_of(logs, tmp_path, key) if word not in {"--authkey-file", key}]
    with started(arguments, LOGPROC_AUTHKEY=secret) as head:
        where = [f"127.0.0.1:{port_of(head)}"]
        with started(["worker", *where, "-j", "1"], LOGPROC_AUTHKEY=secret) as worker:
            assert "working for the run" in worker.stderr.readline()
            for shown in (*Path("/proc").glob("[0-9]*/cmdline"), *Path("/proc").glob("[0-9]*/environ")):
                with suppress(OSError):
                    assert secret.encode() not in shown.read_bytes(), shown
            said = finish(head)[1] + finish(worker)[1]
    assert secret not in said
    assert secret not in (tmp_path / "r.json").read_text()


def test_keygen_says_what_it_wrote_and_overwrites_nothing(tmp_path):
    path = tmp_path / "k"
    first = subprocess.run([*LOGPROC, "keygen", str(path)], cwd=ROOT, check=True, capture_output=True, text=True)
    assert first.stdout.splitlines() == [f"{path}", f"{path}.crt", f"{path}.pem"]
    said = first.stderr.splitlines()
    assert [line.partition(": ")[0] for line in said] == first.stdout.splitlines()
    assert all(line.endswith(end) for line, end in zip(said, ("reads along", "each worker", "runs"), strict=True))
    user = pwd.getpwuid(os.geteuid()).pw_name
    assert [f"only {user} can read it" in line for line in said] == [True, False, True]
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.read_text().strip() not in first.stdout + first.stderr
    again = subprocess.run([*LOGPROC, "keygen", str(path)], cwd=ROOT, check=False, capture_output=True, text=True)
    assert again.returncode == 1
    assert "a key is never overwritten" in again.stderr


# ---- several hosts -----------------------------------------------------------------------------------------------


@pytest.fixture
def hosts():
    """Two hosts joined by a cable: the coordinator's, and one for a worker."""
    with joined("a", "b") as found:
        yield found


def listening(host, logs, tmp_path, key, *more):
    arguments = arguments_of(logs, tmp_path, key, "--cert", f"{key}.crt", *more)
    arguments[arguments.index("127.0.0.1:0")] = f"{host.address}:0"
    return arguments


def test_a_worker_on_another_host_gives_serials_report(hosts, logs, key, expected, tmp_path):
    pytest.importorskip("cryptography", reason="the extra `queue` is not installed")
    with started(listening(hosts[0], logs, tmp_path, key), hosts[0].prefix) as head:
        where = [f"{hosts[0].address}:{port_of(head)}", "--authkey-file", key, "--cert", f"{key}.crt"]
        with started(["worker", *where], hosts[1].prefix) as worker:
            code, _ = finish(head)
            assert finish(worker)[0] == 0
    assert (code, report_of(tmp_path / "r.json"), (tmp_path / "rejects").read_bytes()) == expected


def test_a_cable_that_is_pulled_ends_a_worker_with_75_and_loses_nothing(hosts, logs, key, expected, tmp_path):
    pytest.importorskip("cryptography", reason="the extra `queue` is not installed")
    with started(listening(hosts[0], logs, tmp_path, key), hosts[0].prefix) as head:
        where = [f"{hosts[0].address}:{port_of(head)}", "--authkey-file", key, "--cert", f"{key}.crt", "--wait", "2"]
        with started(["worker", *where, "--name", "cut off"], hosts[1].prefix) as worker:
            assert "working for the run" in worker.stderr.readline()
            hosts[1].pull()
            with started(["worker", *where, "--name", "near"], hosts[0].prefix) as near:
                code, _ = finish(head)
                assert finish(near)[0] == 0
            assert finish(worker)[0] == 75
    assert (code, report_of(tmp_path / "r.json"), (tmp_path / "rejects").read_bytes()) == expected


def test_a_worker_that_sees_another_disk_exits_78(logs, key, tmp_path):
    """The same path with other logs below it, as where the wrong share is mounted."""
    if shutil.which("unshare") is None or os.geteuid() != 0:
        pytest.skip("another mount needs unshare and root")
    for path in logs.rglob("*"):
        if path.is_file():
            copy = tmp_path / "other" / path.relative_to(logs)
            copy.parent.mkdir(parents=True, exist_ok=True)
            copy.write_bytes(b"something else\n" * 10_000)
    mount = ["unshare", "--mount", "sh", "-c", 'mount --bind "$0" "$1" || exit 99; shift; exec "$@"']
    with started(arguments_of(logs, tmp_path, key)) as head:
        where = [f"127.0.0.1:{port_of(head)}", "--authkey-file", key]
        with started(["worker", *where], [*mount, str(tmp_path / "other"), str(logs)]) as worker:
            code, said = finish(worker)
    if code == 99:
        pytest.skip("this machine lets nobody mount")
    assert code == 78
    assert "it does not see the disk that the coordinator sees" in said
