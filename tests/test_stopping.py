"""Signals to real processes: the first ends a run in order, the second at once, and nothing is left behind."""

from __future__ import annotations

import gzip
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from waiting import PATIENCE, until

from logproc.state.lock import hold

ROOT = Path(__file__).parents[1]
LINE = '192.0.2.1 - - [25/Oct/2016:14:49:33 +0000] "GET /a HTTP/1.1" 200 612 "-" "curl"\n'

linux = pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")


def of_the_run(marker):
    """Return the processes whose environment has a marker: a run and all that it started."""
    found = []
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                environment = (folder / "environ").read_bytes()
                state = (folder / "stat").read_text().rpartition(")")[2].split()[0]
            except OSError:
                continue
            if marker.encode() in environment and state not in "ZX":
                found.append(int(folder.name))
    return found


@pytest.fixture(scope="module")
def endless(tmp_path_factory):
    """Archives of some megabytes that take half a minute to read: one member of many lines, again and again."""
    folder = tmp_path_factory.mktemp("endless")
    member = gzip.compress((LINE * 20_000 + "nonsense\n").encode(), 9)
    for number in range(3):
        (folder / f"access.log.{number}.gz").write_bytes(member * 600)
    return folder


@pytest.fixture
def tmp_path(tmp_path_factory):
    """A folder whose path is short: the name of a socket below it must have no more than 107 bytes."""
    return tmp_path_factory.mktemp("run")


PATIENT = """
from logproc import stopping
stopping.GRACE = stopping.UNWIND = 60.0
from logproc.__main__ import main
if __name__ == "__main__":
    main()
"""
"""The command on a machine so busy that what ends in order may take its time; what does not is ended all the same."""


class Run:
    """A `logproc run` over endless logs, with every output, in a folder of its own."""

    def __init__(self, backend, logs, folder):
        self.folder, self.temporary = folder, folder / "tmp"
        self.temporary.mkdir()
        for name in ("r.json", "r.md", "bad.jsonl"):
            (folder / name).write_text("old")
        self.marker = f"LOGPROC_TEST={folder}"
        name, _, value = self.marker.partition("=")
        outputs = ("--json", "r.json", "--markdown", "r.md", "--rejects", "bad.jsonl", "--csv", "csv")
        watched = ("--metrics-file", "m.prom", "--lock", "the.lock")
        self.process = subprocess.Popen(
            [sys.executable, "-c", PATIENT, "run", logs, "--backend", backend, "-j", "2", "-q", *outputs, *watched],
            stderr=subprocess.PIPE,
            cwd=folder,
            env={**os.environ, "PYTHONPATH": str(ROOT), "TMPDIR": str(self.temporary), name: value},
            start_new_session=True,
        )
        until(lambda: list(self.temporary.glob("logproc-scratch-*/files/*")) or self.process.poll() is not None)
        assert self.process.poll() is None, self.process.stderr.read()

    def end(self):
        """Return what was said and the exit code; nothing may be left of the run."""
        said = self.process.communicate(timeout=PATIENCE)[1]
        until(lambda: not of_the_run(self.marker))
        assert list(self.temporary.iterdir()) == []
        left = {path.name for path in self.folder.iterdir()} - {"m.prom"}
        assert left == {"tmp", "the.lock", "r.json", "r.md", "bad.jsonl"}
        assert {(self.folder / name).read_text() for name in ("r.json", "r.md", "bad.jsonl")} == {"old"}
        with hold(str(self.folder / "the.lock")):
            pass
        return said.decode(), self.process.returncode


@linux
@pytest.mark.parametrize("backend", ["serial", "threads", "processes"])
@pytest.mark.parametrize(("signum", "word"), [(signal.SIGTERM, "terminated"), (signal.SIGINT, "interrupted")])
def test_the_first_signal_ends_a_run_in_order(backend, signum, word, endless, tmp_path):
    run = Run(backend, endless, tmp_path)
    run.process.send_signal(signum)
    assert run.end() == (f"logproc: {word}\n", 128 + signum)
    assert f"logproc_run_exit_code {128 + signum}\n" in (tmp_path / "m.prom").read_text()


@linux
@pytest.mark.parametrize("backend", ["serial", "threads", "processes"])
def test_a_whole_group_may_be_told(backend, endless, tmp_path):
    """As systemd does, and Ctrl-C on a terminal: children hear it too."""
    run = Run(backend, endless, tmp_path)
    os.killpg(run.process.pid, signal.SIGTERM)
    assert run.end() == ("logproc: terminated\n", 143)


@linux
@pytest.mark.parametrize("backend", ["serial", "processes"])
def test_a_second_signal_leaves_nothing_behind_either(backend, endless, tmp_path):
    run = Run(backend, endless, tmp_path)
    run.process.send_signal(signal.SIGTERM)
    run.process.send_signal(signal.SIGINT)
    said, code = run.end()
    assert said.count("\n") == 1
    assert code in {143, 130}


@linux
def test_no_child_holds_the_lock(endless, tmp_path):
    run = Run("processes", endless, tmp_path)
    others = [pid for pid in of_the_run(run.marker) if pid != run.process.pid]
    assert others
    files = {str(path.readlink()) for pid in others for path in Path(f"/proc/{pid}/fd").iterdir()}
    assert str(tmp_path / "the.lock") not in files
    run.process.kill()
    run.process.wait()
    with hold(str(tmp_path / "the.lock")):
        pass
    until(lambda: not of_the_run(run.marker))
    run.process.stderr.close()


# ---- what a run may ask for

PROGRAM = """
# `looked` waits until the thread that watches has looked three times whether it is to end the process.
import os, signal, sys, tempfile, threading
from logproc import stopping
stopping.GRACE = stopping.UNWIND = 60.0  # but where a test says otherwise: this machine may be busy
stopping.answer_signals(lambda signum: os.write(1, b"last words\\n"))
folder, looks, select = sys.argv[1], [], stopping.select.select
def look(*arguments):
    looks.append(None)
    return select(*arguments)
stopping.select.select = look
def looked():
    upto = len(looks) + 3
    while len(looks) < upto:
        threading.Event().wait(0.001)
def step(word):
    print(word, flush=True)
try:
    {body}
except stopping.StoppedError as error:
    step(f"stopped {{error.signum}}")
    {after}
step("end")
"""


def program(tmp_path, body, after="pass"):
    """Start a program around `body`, which says `ready` when it wants a signal."""
    code = PROGRAM.format(body=body, after=after)
    process = subprocess.Popen(
        [sys.executable, "-c", code, str(tmp_path)], stdout=subprocess.PIPE, cwd=ROOT, text=True, env=os.environ
    )
    assert process.stdout.readline() == "ready\n"
    return process


def test_what_is_deferred_is_done_first(tmp_path):
    body = """with stopping.deferred():
        with stopping.deferred():
            step("ready")
            while stopping._STATE.asked is None:
                pass
        step("committed")
    step("never")"""
    process = program(tmp_path, body)
    process.send_signal(signal.SIGTERM)
    assert process.communicate(timeout=PATIENCE)[0] == "committed\nstopped 15\nend\n"
    assert process.returncode == 0


@pytest.mark.parametrize("block", ["replacing(folder + '/out')", "stopping.deferred()"])
def test_what_works_on_while_the_process_is_ended_publishes_nothing(tmp_path, block):
    """Its temporary files are gone: what it makes of that must not take the place of anything."""
    (tmp_path / "out").write_text("old")
    body = f"""from logproc.report.files import replacing
    ended, published = threading.Event(), threading.Event()
    def last_words(signum):
        ended.set()
        published.wait(1)
    stopping._STATE.last_words = last_words
    try:
        step("ready")
        threading.Event().wait(60)
    except stopping.StoppedError:
        step("asked")
    ended.wait(60)
    with {block}:
        step("in it") if "deferred" in "{block}" else None
    step("published")
    published.set()"""
    process = program(tmp_path, body)
    process.send_signal(signal.SIGTERM)
    assert process.stdout.readline() == "asked\n"
    process.send_signal(signal.SIGTERM)
    assert process.communicate(timeout=PATIENCE) == ("", None)
    assert process.returncode == 143
    assert [path.name for path in tmp_path.iterdir()] == ["out"]
    assert (tmp_path / "out").read_text() == "old"


def test_a_second_signal_ends_what_is_deferred_and_sweeps(tmp_path):
    body = """with stopping.deferred(), stopping.swept(tempfile.mkdtemp(dir=folder)) as path:
        open(path + "/file", "w").close()
        step("ready")
        while stopping._STATE.asked is None:
            pass
        step("asked")
        threading.Event().wait(60)"""
    process = program(tmp_path, body)
    process.send_signal(signal.SIGTERM)
    assert process.stdout.readline() == "asked\n"
    assert len(list(tmp_path.iterdir())) == 1
    process.send_signal(signal.SIGTERM)
    assert process.communicate(timeout=PATIENCE)[0] == "last words\n"
    assert process.returncode == 143
    assert list(tmp_path.iterdir()) == []


def test_tidying_up_may_take_its_time_where_it_is_deferred(tmp_path):
    """As metrics are written and a monitor is told after the signal; past the time for the way up it would end."""
    after = """with stopping.deferred():
        stopping.GRACE = stopping.UNWIND = 0.0
        looked()
        stopping.GRACE = stopping.UNWIND = 60.0
        step("tidy")"""
    process = program(tmp_path, "step('ready'); threading.Event().wait(60)", after)
    process.send_signal(signal.SIGINT)
    assert process.communicate(timeout=PATIENCE)[0] == "stopped 2\ntidy\nend\n"


def test_the_way_up_may_take_longer_than_to_hear_of_a_signal(tmp_path):
    """As on a busy machine, before metrics are written."""
    after = "looked(); stopping.GRACE = 0.0; looked(); step('up')"
    process = program(tmp_path, "step('ready'); threading.Event().wait(60)", after)
    process.send_signal(signal.SIGTERM)
    assert process.communicate(timeout=PATIENCE)[0] == "stopped 15\nup\nend\n"


def test_what_does_not_end_is_ended_and_swept(tmp_path):
    after = """with stopping.swept(folder + "/file") as path:
        open(path, "w").close()
        stopping.GRACE = stopping.UNWIND = 0.0
        threading.Event().wait(60)"""
    process = program(tmp_path, "step('ready'); threading.Event().wait(60)", after)
    process.send_signal(signal.SIGINT)
    assert process.communicate(timeout=PATIENCE)[0] == "stopped 2\nlast words\n"
    assert process.returncode == 130
    assert list(tmp_path.iterdir()) == []


def test_what_nohup_made_deaf_stays_deaf(tmp_path):
    body = """pass
    step("ready")
    sys.stdin.readline()"""
    code = PROGRAM.format(body=body, after="pass")
    process = subprocess.Popen(
        [sys.executable, "-c", f"import signal; signal.signal(2, signal.SIG_IGN)\n{code}", str(tmp_path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        cwd=ROOT,
        text=True,
    )
    assert process.stdout.readline() == "ready\n"
    process.send_signal(signal.SIGINT)
    assert process.communicate("\n", timeout=PATIENCE)[0] == "end\n"


WHILE_LOADING = """
import os, signal, sys


class Killer:
    def find_spec(self, name, path=None, target=None):
        if name == sys.argv[1]:
            os.kill(os.getpid(), int(sys.argv[2]))


sys.meta_path.insert(0, Killer())
from logproc.__main__ import main
main()
"""


@pytest.mark.parametrize(
    ("module", "signum", "word"),
    [("logproc.cli", signal.SIGTERM, "terminated"), ("ctypes", signal.SIGINT, "interrupted")],
)
def test_a_signal_while_the_command_line_is_loaded_ends_in_order_too(module, signum, word):
    command = [sys.executable, "-c", WHILE_LOADING, module, str(signum.value)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (128 + signum, f"logproc: {word}\n")
