"""What goes to people and pipes: stdout carries what was asked for, stderr everything else.

A message is a line of text, or a JSON object under `--log-format json`. Where stderr is systemd's journal each line
begins with its priority: https://www.freedesktop.org/software/systemd/man/latest/sd-daemon.html
"""

from __future__ import annotations

import json
import os
import shlex
import shutil
import sys
from contextlib import suppress
from datetime import UTC, datetime
from io import TextIOWrapper
from typing import TYPE_CHECKING

from logproc.messages import Message, Trouble
from logproc.report.text import visible

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

PRIORITIES = {"error": 3, "warning": 4, "info": 6}
"""syslog's numbers of our levels."""

_FORMATS: dict[str, str] = {}
"""How messages are written: `typed` wins over `configured`. One per process, as stderr is."""


def start(arguments: Sequence[str]) -> None:
    """Begin a command; whatever else is wrong with its arguments, they may say how to complain."""
    _FORMATS.clear()
    for before, argument in zip(("", *arguments), arguments, strict=False):
        if argument == "--log-format=json" or (before, argument) == ("--log-format", "json"):
            _FORMATS["typed"] = "json"
        elif argument == "--log-format=text" or (before, argument) == ("--log-format", "text"):
            _FORMATS["typed"] = "text"


def configure(log_format: str) -> None:
    """Follow the configuration, where nothing else was typed."""
    _FORMATS["configured"] = log_format


def is_json() -> bool:
    """Tell whether messages are for a program."""
    return (_FORMATS.get("typed") or _FORMATS.get("configured")) == "json"


def put(text: str) -> None:
    """Write text to stdout."""
    if isinstance(sys.stdout, TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")  # a terminal in Latin-1 has no ≈
    sys.stdout.write(text)
    sys.stdout.flush()


def put_paged(text: str) -> None:
    """Write text to a terminal: through the reader's pager, as git does, where it is longer than the screen."""
    command = shlex.split(os.environ.get("PAGER", "less"))
    if not command or text.count("\n") < shutil.get_terminal_size().lines or shutil.which(command[0]) is None:
        put(text)
        return
    import subprocess  # noqa: PLC0415 - few commands need it

    sys.stdout.flush()
    # What git gives to less: leave at once if all fits, keep colours, leave the text on the screen. Who has options of
    # his own mostly has no R among them, and would see colours as ESC[1m.
    options = os.environ.get("LESS")
    environment = {**os.environ, "LESS": "FRX" if options is None else f"-R {options}"}
    with subprocess.Popen(command, stdin=subprocess.PIPE, env=environment) as pager:  # noqa: S603 - the user's choice
        assert pager.stdin is not None
        with suppress(BrokenPipeError):  # its reader has seen enough
            pager.stdin.write(text.encode("utf-8", "backslashreplace"))
        with suppress(BrokenPipeError):
            pager.stdin.close()


def put_bytes(content: bytes) -> None:
    """Write bytes to stdout as they are."""
    sys.stdout.flush()
    sys.stdout.buffer.write(content)
    sys.stdout.buffer.flush()


def say(lines: Iterable[str | Message]) -> None:
    """Write messages to stderr; a plain line is information."""
    for line in lines:
        sys.stderr.write(rendered(line))
    sys.stderr.flush()


def complain(message: str, *more: str) -> None:
    """Say why nothing was done; `more` are lines to look at, as SQL with a mark below it."""
    if is_json():
        say([Message(message, "error", {"details": more} if more else {})])
    else:
        say(Message(line, "error") for line in (f"logproc: {message}", *more))


def warn(message: str) -> None:
    """Say what somebody should look at, though the run goes on."""
    say([Message(message, "warning")])


def tell(line: str) -> None:
    """Say where a run stands, above the bar if there is one; called by any thread."""
    if sys.stderr.isatty() and not is_json():
        from tqdm import tqdm  # noqa: PLC0415 - --help does without

        tqdm.write(visible(line), file=sys.stderr)
    else:
        say([line])


def hush(line: str) -> None:
    """Say nothing but what went wrong: the caller is quiet."""
    if isinstance(line, Trouble):
        tell(line)


def rendered(line: str | Message) -> str:
    """Return a message as it is written: what strangers wrote into it, as into a file's name, moves no terminal."""
    message = line if isinstance(line, Message) else Message(line, "warning" if isinstance(line, Trouble) else "info")
    mark = f"<{PRIORITIES[message.level]}>" if _in_journal() else ""
    if not is_json():
        return f"{mark}{visible(message.text)}\n"
    entry = {
        "time": datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "level": message.level,
        "message": visible(message.text),
        "fields": message.fields,
    }
    return f"{mark}{json.dumps(entry, default=str)}\n"


def _in_journal() -> bool:
    """Tell whether stderr goes to the journal; the variable is inherited, also where stderr is redirected."""
    stream = os.environ.get("JOURNAL_STREAM")
    if not stream:
        return False
    try:
        status = os.fstat(2)
    except OSError:
        return False
    return stream == f"{status.st_dev}:{status.st_ino}"
