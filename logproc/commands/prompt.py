"""The prompt of `logproc sql`: questions one after the other, with history and completion by readline.

readline is in the standard library and does what a prompt for SQL needs, so that it is there wherever logproc is. A
statement ends with a semicolon or an empty line. Ctrl-C gives up a line or a running query, Ctrl-D leaves.
"""

from __future__ import annotations

import os
import re
import sys
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from logproc import stopping
from logproc.commands import failure
from logproc.console import complain, put
from logproc.errors import LogprocError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from types import ModuleType

HISTORY_LINES = 2000
_ALONE = re.compile(r"""(?:[^'"$\\-]|-(?!-)|'[^']*'|"[^"]*")*""")
"""A line that means the same beside others: no comment and no text goes on behind it, as far as quotes can tell."""

FIRST, MORE = "logproc> ", "    ...> "
FORMS = ("table", "json", "csv")
KEYWORDS = (
    *("SELECT", "FROM", "WHERE", "GROUP BY ALL", "GROUP BY", "ORDER BY", "HAVING", "LIMIT", "DESC", "AND", "OR", "NOT"),
    *("IN", "BETWEEN", "LIKE", "ILIKE", "IS NULL", "IS NOT NULL", "AS", "CASE WHEN", "THEN", "ELSE", "END", "FILTER"),
    *("JOIN", "USING", "ON", "WITH", "DISTINCT", "OVER", "PARTITION BY", "UNION ALL"),
)
LOGS = "logs"
"""What FROM calls all rows."""

COMMANDS = {
    ".help": "this list",
    ".tables": "what FROM may name",
    ".columns NAME": "the fields of a family, a source or logs",
    ".explain SQL": "which engine a query runs in, and why",
    ".mode table|json|csv": "how answers are written",
    ".quit": "leave; so does Ctrl-D",
}


@dataclass(slots=True)
class Words:
    """What the prompt knows: the fields of what FROM may name, and functions.

    `own` returns the fields that the logs have, of a relation whose rows may have any, and nothing for others.
    """

    relations: Mapping[str, Sequence[str]]
    functions: Sequence[str]
    own: Callable[[str], Sequence[str]] = lambda _name: ()

    def fields(self, name: str) -> Sequence[str]:
        """Return the fields of what FROM may name."""
        return self.own(name) or self.relations[name]

    def complete(self, line: str, word: str) -> list[str]:
        """Return what a word that ends at the end of `line` may become."""
        before = line[: len(line) - len(word)].rstrip().lower()
        if line.lstrip().startswith("."):
            return self._of_command(before, word)
        if before.endswith(("from", "join")):
            return _beginning(sorted(self.relations), word)
        found = _beginning(self._columns(line), word)
        found += [f"{name}(" for name in _beginning(self.functions, word)]
        upper = not word or word.isupper()
        return (
            found + [k if upper else k.lower() for k in _beginning(KEYWORDS, word)] + _beginning(self.relations, word)
        )

    def _of_command(self, before: str, word: str) -> list[str]:
        if before.endswith((".columns", ".mode")):
            return _beginning(FORMS if before.endswith(".mode") else sorted(self.relations), word)
        return _beginning([command.split()[0] for command in COMMANDS], word)

    def _columns(self, line: str) -> list[str]:
        """Return the fields of what the line names, or all of them."""
        named = [name for name in self.relations if re.search(rf"\b{re.escape(name)}\b", line)]
        fields = {column for name in named for column in self.fields(name)}
        if not named:  # FROM is written last: all that there is
            fields = {*self.own(LOGS), *(column for columns in self.relations.values() for column in columns)}
        return sorted(fields)


def _beginning(names: Sequence[str] | Mapping[str, object], word: str) -> list[str]:
    return [name for name in names if name.lower().startswith(word.lower())]


class History:
    """The history of readline, in which a statement of several lines is one entry: it comes back as a whole."""

    def __init__(self, readline: ModuleType) -> None:
        self._readline = readline
        self._begin = 0

    def begin(self) -> None:
        """Note where the entries of a statement begin."""
        self._begin = self._readline.get_current_history_length()

    def end(self, lines: Sequence[str]) -> None:
        """Make one entry of those of a statement.

        It stays as it was typed where a comment would reach to its end, or a text is of several lines.
        """
        known = self._readline
        count = known.get_current_history_length() - self._begin
        if count < 2 or not all(map(_ALONE.fullmatch, lines)):
            return
        for _ in range(count):
            known.remove_history_item(self._begin)
        known.add_history(" ".join(line.strip() for line in lines).strip())


@dataclass(slots=True)
class Prompt:
    """Reads statements and has them answered: `answer(sql, mode)`, `explain(sql)`, lines from `read(prompt)`."""

    words: Words
    answer: Callable[[str, str], None]
    explain: Callable[[str], str]
    read: Callable[[str], str] = input
    mode: str = "table"
    lines: list[str] = field(default_factory=list)
    history: History | None = None

    def loop(self) -> int:
        """Ask until the end; returns the exit code."""
        while True:
            with suppress(KeyboardInterrupt):  # one that comes while the one before is answered
                try:
                    if self.history is not None and not self.lines:
                        self.history.begin()
                    if not self.take(self.read(MORE if self.lines else FIRST)):
                        return 0
                except EOFError:
                    put("\n")
                    return 0
                except KeyboardInterrupt:
                    self.lines.clear()
                    put("^C\n")

    def take(self, line: str) -> bool:
        """Take a line; False if it is the last one."""
        if not self.lines and line.lstrip().startswith("."):
            return self._command(line.strip())
        self.lines += [line] if line.strip() or self.lines else []
        statement = "\n".join(self.lines).strip()
        if statement and (statement.endswith(";") or not line.strip()):
            if self.history is not None:
                self.history.end(self.lines)
            self.lines.clear()
            self._guarded(lambda: self.answer(statement.rstrip("; \n"), self.mode))
        return True

    def _command(self, line: str) -> bool:
        name, _, rest = line.partition(" ")
        rest = rest.strip().rstrip(";")
        if name in {".quit", ".exit", ".q"}:
            return False
        if name == ".tables":
            put("".join(f"{known}\n" for known in self.words.relations))
        elif name == ".columns" and rest in self.words.relations:
            put("".join(f"{column}\n" for column in self.words.fields(rest)))
        elif name == ".mode" and rest in FORMS:
            self.mode = rest
        elif name == ".explain" and rest:
            self._guarded(lambda: put(self.explain(rest)))
        else:
            put("".join(f"{command:<22} {meaning}\n" for command, meaning in COMMANDS.items()))
        return True

    def _guarded(self, work: Callable[[], None]) -> None:
        """Do something; whatever goes wrong, the prompt stays."""
        try:
            work()
        except KeyboardInterrupt:
            complain("given up")
        except (LogprocError, OSError) as error:
            complain(*failure.lines(error))


def ask(prompt: Prompt) -> int:
    """Run a prompt at the terminal: with history, with completion, and Ctrl-C for the query alone."""
    with stopping.interactive():
        remember = _with_readline(prompt)
        try:
            return prompt.loop()
        finally:
            remember()


def history_path() -> Path:
    """Return where history is kept."""
    base = os.environ.get("XDG_STATE_HOME") or str(Path.home() / ".local" / "state")
    return Path(base) / "logproc" / "sql_history"


def _with_readline(prompt: Prompt) -> Callable[[], None]:
    """Set readline up; returns what writes the history."""
    try:
        import readline
    except ImportError:  # Python was built without it: lines come without history
        return lambda: None
    path = history_path()
    with suppress(OSError):
        readline.read_history_file(path)
    readline.set_history_length(HISTORY_LINES)
    prompt.history = History(readline)
    readline.set_completer_delims(" \t\n,()<>=!+-*/|;'\"")
    found: list[str] = []

    def complete(word: str, state: int) -> str | None:
        if state == 0:
            line = readline.get_line_buffer()[: readline.get_endidx()]
            found[:] = dict.fromkeys(prompt.words.complete(line, word))
        return found[state] if state < len(found) else None

    readline.set_completer(complete)
    libedit = "libedit" in (readline.__doc__ or "")
    readline.parse_and_bind("bind ^I rl_complete" if libedit else "tab: complete")
    return lambda: _write_history(path, readline.write_history_file)


def _write_history(path: Path, write: Callable[[Path], None]) -> None:
    """Keep the history where only its owner reads it: a query may hold what others should not see."""
    with suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch(mode=0o600)
        write(path)


def is_at_terminal() -> bool:
    """Tell whether somebody sits there who can be asked."""
    return sys.stdin.isatty() and sys.stdout.isatty()
