"""Logs of any program whose date and clock stand behind a word, or have another sign than a blank behind them."""

from __future__ import annotations

from dataclasses import replace

from logproc.expressions import Expression
from logproc.formats.format import Format, Sample
from logproc.formats.general import ANY
from logproc.formats.heads import (
    LINE_END,
    MESSAGE,
    NEVER,
    PADDED_MESSAGE,
    app,
    level,
    literal,
    maybe,
    signs,
    stamp,
    word,
)
from logproc.formats.program import Meaning, Slot

_SURE_DATES = "%+%|%Y/%m/%d %H:%M:%S%.%|%d/%b/%Y:%H:%M:%S%.%z"
"""Dates that nobody writes by chance: what stands in front of them may be anything."""

_FOUR = rb"(?:\d{4}[-/]\d\d[-/]\d\d|\d\d/[A-Z][a-z]{2}/\d{4})[ T:]\d\d:\d\d:\d\d"


def _sign(text: bytes) -> Slot:
    """Return a slot for a sign that stands there, with blanks in front of it or without."""
    return Slot(None, Meaning.LITERAL, b"", opening=text, padded=True)


def _behind(first: Slot) -> tuple[Slot, ...]:
    """Return the slots of something, a time that may stand in brackets, and a message."""
    return (
        first,
        maybe(literal(b"[")),
        stamp(_SURE_DATES, b""),
        maybe(literal(b"]")),
        maybe(literal(b":")),
        maybe(literal(b",")),
        literal(b" "),
        PADDED_MESSAGE,
    )


_SIGNS = (("tab", b"\t"), ("bar", b"|"), ("semicolon", b";"), ("comma", b","))
_COLUMNS = "%Y-%m-%d|%H:%M:%S%.%|%Y-%m-%d;%H:%M:%S%.%|%Y-%m-%d,%H:%M:%S%.%|%Y-%m-%d%t%H:%M:%S%.%|%Y/%m/%d%t%H:%M:%S%."
_QUOTES = signs(b'"', b"'")


def _closed(number: int, name: str, sign: bytes) -> Format:
    """Return the row of logs that have a sign behind the time; a header that names columns says more about them."""
    text = sign.decode()
    return app(
        f"dated_{name}",
        f"any log whose lines begin with a full date and clock, then a {name}",
        (*_QUOTES, stamp(f"{ANY}%|{_COLUMNS}%|%m/%d/%Y%t%I:%M:%S %p", b""), *_QUOTES, _sign(sign), PADDED_MESSAGE),
        rank=-34 - number,
        single=True,
        begins=rb"[\"']?(?:\d|[A-Z][a-z]{2} )[^\n]{8,28}?(?:\d|[AP]M)[^\w\n]{0,2} ?[" + sign + rb"]",
        samples=(
            Sample(f"2024-01-02 03:04:05{text}up", {"time": "2024-01-02T03:04:05Z", "message": "up"}),
            Sample(f"2024-01-02T03:04:05.5Z{text} a{text}b", {"message": f"a{text}b"}),
            Sample(f'"2024-01-02 03:04:05"{text}"up"', {"time": "2024-01-02T03:04:05Z", "message": '"up"'}),
        ),
        refused=("2024-01-02 03:04:05 up", f"today{text}up", "2024-01-02 03:04:05:up"),
    )


_ROWS = (
    app(
        "dated_behind_program",
        "any log whose lines begin with a program, perhaps with its process, a colon, then a full date and clock",
        _behind(Slot(None, Meaning.TAG, b" ")),
        rank=-17,
        single=True,
        begins=rb"[\w./-]+(?:\[\d+\])?: \[?" + _FOUR,
        samples=(
            Sample(
                "app[12]: 2024-01-02 03:04:05 up",
                {"time": "2024-01-02T03:04:05Z", "program": "app", "pid": 12, "message": "up"},
            ),
            Sample(
                "app: [2024/01/02 03:04:05.5] up",
                {"time": "2024-01-02T03:04:05.500000Z", "program": "app", "pid": None, "message": "up"},
            ),
        ),
        refused=("app[12]: up", "app[12]: 2024-13-02 03:04:05 up"),
    ),
    app(
        "dated_behind_client",
        "any log whose lines begin with an address, then a full date and clock",
        _behind(word("client")),
        rank=-18,
        single=True,
        begins=rb"(?:(?:\d{1,3}\.){3}\d{1,3}|[\da-f]{0,4}(?::[\da-f]{0,4}){2,7}) \[?" + _FOUR,
        unlike=Expression(rb"^(?![\da-f:.]+ )\S"),
        samples=(
            Sample(
                "192.0.2.1 2024-01-02 03:04:05 up",
                {"time": "2024-01-02T03:04:05Z", "client": "192.0.2.1", "message": "up"},
            ),
            Sample("2001:db8::1 [02/Jan/2024:03:04:05 +0100] up", {"time": "2024-01-02T02:04:05Z"}),
        ),
        refused=("192.0.2.1 up", "2024-01-02 03:04:05 up"),
    ),
    app(
        "dated_behind_host",
        "any log whose lines begin with a host, then a full date and clock",
        _behind(word("host")),
        rank=-19,
        single=True,
        begins=rb"[A-Za-z][\w.-]*:? \[?" + _FOUR,
        samples=(
            Sample(
                "web1 2024-01-02 03:04:05 up", {"time": "2024-01-02T03:04:05Z", "host": "web1", "message": "up"}
            ),
            Sample("web1 [2024-01-02T03:04:05Z]: up", {"host": "web1", "message": "up"}),
        ),
        refused=("web1 up", "2024-01-02 03:04:05 up"),
    ),
    *(_closed(number, *sign) for number, sign in enumerate(_SIGNS)),
    app(
        "level_then_program",
        "any log whose lines begin with a full date and clock, a level, then program[process]: as syslog has them",
        (stamp(ANY, b" "), level(), Slot(None, Meaning.TAG, b""), MESSAGE),
        rank=-5,
        head=2,
        begins=_FOUR + rb"\S* +[A-Za-z]+ +[\w./-]+\[\d+\]: ",
        samples=(
            Sample(
                "2024-01-02T03:04:05.678901-07:00 ERR chrome[12]: down",
                {
                    "time": "2024-01-02T10:04:05.678901Z",
                    "level": "ERROR",
                    "program": "chrome",
                    "pid": 12,
                    "message": "down",
                },
            ),
            Sample("2024-01-02T03:04:05Z INFO kernel: up", {"program": "kernel", "pid": None, "message": "up"}),
        ),
        refused=("2024-01-02T03:04:05Z chrome[12]: down", "INFO chrome[12]: down"),
    ),
)  # fmt: skip

_ALONE = rb"^(?:\d|[A-Z][a-z]{2}[ ,])[\w .,:/+-]{9,38}\r?$"
"""A line that may be a date and a clock alone."""

_ROWS += (
    app(
        "dated_alone",
        "any log whose records begin with a line that is a full date and clock alone, and go on in the lines behind it",
        (stamp(ANY, b""), *LINE_END, MESSAGE),
        rank=-40,
        continues="message",
        begins=_ALONE[1:] + rb"[\s\S]*?" + _ALONE,  # a text with one such line is no log
        samples=(
            Sample(
                "Tue Jan  2 03:04:05 2024\n Connections: accepted: 127.0.0.1::51000\n SConnection: version 3.8",
                {
                    "time": "2024-01-02T03:04:05Z",
                    "message": " Connections: accepted: 127.0.0.1::51000\n SConnection: version 3.8",
                },
            ),
            Sample("2024-01-02 03:04:05\nup", {"time": "2024-01-02T03:04:05Z", "message": "up"}),
        ),
        refused=("2024-01-02 03:04:05 up", "up"),
    ),
)

BEHIND: tuple[Format, ...] = tuple(
    replace(row, last_resort=row.name != "level_then_program", sure=Expression(NEVER)) for row in _ROWS
)
"""Rows of the family."""
