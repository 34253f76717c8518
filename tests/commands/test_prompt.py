"""The prompt of `logproc sql`: statements, commands and completion; once for real, at a pseudo-terminal."""

import os
import pty
import re
import select
import signal
import stat
import subprocess
import sys
import time
from pathlib import Path

import pytest

from logproc.cli import execute
from logproc.commands import prompt as prompt_module
from logproc.commands import sql as sql_module
from logproc.commands.prompt import COMMANDS, History, Prompt, Words
from logproc.errors import QueryError

ROOT = Path(__file__).parents[2]
WORDS = Words({"web": ("status", "path"), "syslog": ("program", "pid")}, ("starts_with", "domain"))


def session(lines, answer=None):
    """Return what was asked, and what the prompts were."""
    asked, prompts = [], []
    left = iter(lines)

    def read(text):
        prompts.append(text)
        line = next(left, EOFError)
        if isinstance(line, type):
            raise line
        return line

    prompt = Prompt(
        WORDS, answer or (lambda sql, mode: asked.append((sql, mode))), lambda sql: f"engine of {sql}\n", read
    )
    assert prompt.loop() == 0
    return asked, prompts


def test_a_statement_ends_with_a_semicolon_or_an_empty_line():
    asked, prompts = session(["", "SELECT 1;", "SELECT", "2 ;", "SELECT 3", "", "SELECT 'never ended'"])
    assert asked == [("SELECT 1", "table"), ("SELECT\n2", "table"), ("SELECT 3", "table")]
    assert [prompt.strip() for prompt in prompts[2:5]] == ["logproc>", "...>", "logproc>"]


class FakeReadline:
    """What readline does with its history: a line like the one before is not entered again."""

    def __init__(self, *lines):
        self.entries = list(lines)

    def get_current_history_length(self):
        return len(self.entries)

    def remove_history_item(self, place):
        del self.entries[place]

    def add_history(self, line):
        self.entries.append(line)


def test_a_statement_of_several_lines_comes_back_as_one():
    history = FakeReadline("before")
    typed = ["SELECT 1;", "SELECT", "  2", ";", "SELECT -- all", "3;", "4", KeyboardInterrupt, "5 +", "5 +", "6;"]
    left = iter(typed)

    def read(_text):
        line = next(left, EOFError)
        if isinstance(line, type):
            raise line
        if history.entries[-1] != line:
            history.add_history(line)
        return line

    asked = []
    prompt = Prompt(WORDS, lambda sql, _mode: asked.append(sql), str, read, history=History(history))
    assert prompt.loop() == 0
    assert asked == ["SELECT 1", "SELECT\n  2", "SELECT -- all\n3", "5 +\n5 +\n6"]
    assert history.entries == [*("before", "SELECT 1;", "SELECT 2 ;", "SELECT -- all", "3;", "4", "5 + 5 + 6;")]


@pytest.mark.parametrize(
    ("typed", "entries"),
    [
        (["SELECT 'a", "  b';"], ["SELECT 'a", "  b';"]),
        (["SELECT 'it''s", "it';"], ["SELECT 'it''s", "it';"]),
        (["SELECT \"it's\", 'a", "b';"], ["SELECT \"it's\", 'a", "b';"]),
        (['SELECT 1 AS "a', 'b";'], ['SELECT 1 AS "a', 'b";']),
        (["SELECT $$a", "b$$;"], ["SELECT $$a", "b$$;"]),
        (["SELECT e'it\\'s", "b';"], ["SELECT e'it\\'s", "b';"]),
        (["SELECT 'it''s',", '  "it\'s";'], ["SELECT 'it''s', \"it's\";"]),
    ],
)
def test_a_text_of_several_lines_stays_as_it_was_typed(typed, entries):
    history = FakeReadline()
    kept = History(history)
    kept.begin()
    for line in typed:
        history.add_history(line)
    kept.end(typed)
    assert history.entries == entries


def test_an_interrupt_gives_up_what_was_typed_so_far():
    asked, _ = session(["SELECT", KeyboardInterrupt, "SELECT 2;"])
    assert asked == [("SELECT 2", "table")]


def test_a_second_interrupt_while_the_first_is_answered_ends_nothing(monkeypatch):
    said = iter([KeyboardInterrupt])

    def interrupted(_text):
        for error in said:
            raise error

    monkeypatch.setattr(prompt_module, "put", interrupted)
    asked, _ = session(["SELECT", KeyboardInterrupt, "SELECT 2;"])
    assert asked == [("SELECT 2", "table")]


@pytest.mark.parametrize(
    "error", [QueryError("no column", None, "SELECT x", 7), KeyboardInterrupt(), OSError(2, "gone")]
)
def test_whatever_goes_wrong_the_prompt_stays(error, capfd):
    def answer(_sql, _mode):
        raise error

    _, prompts = session(["SELECT x;", "SELECT y;"], answer)
    assert len(prompts) == 3
    assert capfd.readouterr().err.count("logproc:") == 2


def test_commands(capfd):
    asked, prompts = session(
        [".mode csv", "SELECT 1;", ".columns web", ".tables", ".explain SELECT 2;", ".quit", "no;"]
    )
    assert asked == [("SELECT 1", "csv")]
    assert len(prompts) == 6
    assert capfd.readouterr().out == "status\npath\nweb\nsyslog\nengine of SELECT 2\n"
    session([".what", ".columns nothing"])
    assert capfd.readouterr().out.count(".tables") == 2
    assert all(len(name.split()) <= 2 for name in COMMANDS)


@pytest.mark.parametrize(
    ("line", "word", "expected"),
    [
        ("SELECT sta", "sta", ["status", "starts_with("]),
        ("SELECT p", "p", ["path", "pid", "program", "partition by"]),
        ("SELECT p", "P", ["path", "pid", "program", "PARTITION BY"]),
        ("SELECT * FROM ", "", ["syslog", "web"]),
        ("FROM web SELECT p", "p", ["path", "partition by"]),
        (".co", ".co", [".columns"]),
        (".columns s", "s", ["syslog"]),
        (".mode c", "c", ["csv"]),
    ],
)
def test_completion_knows_fields_functions_relations_and_words(line, word, expected):
    assert WORDS.complete(line, word) == expected


class Terminal:
    """A process at a terminal of its own."""

    def __init__(self, *arguments, **environment):
        self.master, slave = pty.openpty()
        self.process = subprocess.Popen(
            [sys.executable, "-m", "logproc", *arguments],
            stdin=slave, stdout=slave, stderr=slave, cwd=ROOT, start_new_session=True, preexec_fn=self._own,  # noqa: PLW1509
            env={**os.environ, "TERM": "dumb", "COLUMNS": "120", **environment},
        )  # fmt: skip
        os.close(slave)
        self.text = ""

    @staticmethod
    def _own():
        import fcntl
        import termios

        fcntl.ioctl(0, termios.TIOCSCTTY, 0)

    def type(self, text):
        os.write(self.master, text.encode())

    def interrupt(self, pattern):
        """Send SIGINT until a text comes: readline forgets one that comes just before it waits for a key."""
        end, quiet = time.monotonic() + 120, True
        while re.search(pattern, self.text) is None:
            assert time.monotonic() < end, f"no {pattern!r} in {self.text!r}"
            if quiet:
                os.kill(self.process.pid, signal.SIGINT)
            quiet = not select.select([self.master], [], [], 5)[0]
            if not quiet:
                self.text += os.read(self.master, 1 << 16).decode(errors="replace")
        self.expect(pattern)

    def expect(self, pattern, seconds=120):
        """Wait for a text, and return what came up to its end."""
        end = time.monotonic() + seconds
        while (found := re.search(pattern, self.text)) is None:
            assert time.monotonic() < end, f"no {pattern!r} in {self.text!r}"
            if select.select([self.master], [], [], 1)[0]:
                try:
                    self.text += os.read(self.master, 1 << 16).decode(errors="replace")
                except OSError:
                    assert re.search(pattern, self.text), self.text
        before, self.text = self.text[: found.end()], self.text[found.end() :]
        return before


def test_completion_knows_the_fields_of_the_logs_themselves():
    relations = {"logs": ("time",), "json": ("time", "level"), "web": ("status",)}
    words = Words(relations, (), lambda name: {"json": ("time", "http.ms"), "logs": ("http.ms", "x")}.get(name, ()))
    assert words.complete("SELECT ht", "ht") == ["http.ms"]
    assert words.complete("SELECT count(*) FROM json WHERE l", "l") == ["limit", "like", "logs"]
    assert words.complete("SELECT count(*) FROM web WHERE h", "h") == ["having"]
    assert words.fields("json") == ("time", "http.ms")
    assert words.fields("web") == ("status",)


def test_a_bar_is_gone_before_the_rows_come(monkeypatch):
    said = []
    table = type("Answered", (), {"table": object()})
    monkeypatch.setattr(sql_module, "_write_report", lambda *_args, **_more: said.append("rows"))
    sql_module._write(table(), "sql", "", "csv", None, terminal=True, done=lambda: said.append("gone"))
    assert said == ["gone", "rows"]


def test_a_session_at_a_terminal(tmp_path, capfd):
    for query in ("SELECT status, count(*) FROM web GROUP BY ALL", "SELECT median(bytes) FROM web"):
        assert execute(["sql", query, str(ROOT / "data" / "web3")]) == 0  # kernels are compiled here
    capfd.readouterr()
    terminal = Terminal("sql", "data/web3", XDG_STATE_HOME=str(tmp_path))
    try:
        terminal.expect("logproc> ")
        terminal.type("SELECT statu\t, count(*) AS n FROM web GROUP BY ALL ORDER BY ALL;\n")
        assert "404" in terminal.expect("logproc> $")
        terminal.type("SELECT statsu FROM web;\n")
        assert "did you mean 'status'" in terminal.expect("logproc> $")
        terminal.type("SELECT 1 +\n")
        terminal.expect(r"\.\.\.> ")
        terminal.interrupt(r"\^C\s+logproc> ")
        terminal.type("SELECT median(bytes) AS half FROM web;\n")
        terminal.expect(r"571[\s\S]*logproc> $")
        terminal.type("\x04")
        assert terminal.process.wait(60) == 0
    finally:
        terminal.process.kill()
        terminal.process.wait()
        os.close(terminal.master)
    history = tmp_path / "logproc" / "sql_history"
    assert "SELECT statsu FROM web;" in history.read_text()
    assert stat.S_IMODE(history.stat().st_mode) == 0o600
