"""What many logs look like that have a level: behind a thread or a process, with a time in quotes, or in seconds."""

from __future__ import annotations

from dataclasses import replace

from logproc.expressions import Expression
from logproc.formats.format import Format, Sample
from logproc.formats.general import ANY, CLOSINGS, NO_LEVEL, OPENINGS, sign, timed_slots
from logproc.formats.heads import NEVER, PADDED_MESSAGE, app, bracketed, level, literal, maybe, number, signs, stamp

_LEVELS = rb"(?:TRACE|DEBUG|INFO|NOTICE|WARN|WARNING|ERROR|FATAL|CRITICAL|SEVERE)"
_TIME = "2024-01-02T03:04:05Z"

_ROWS = (
    app(
        "timed_thread",
        "any log whose lines begin with a full date and clock, then a thread in brackets or a process, and a level",
        (
            maybe(literal(b"[")),
            stamp(ANY, b""),
            maybe(literal(b"]")),
            maybe(bracketed("thread")),
            maybe(number("pid")),
            sign(b"- "),  # which is a level of Redis's else
            level(b""),
            maybe(literal(b":")),
            PADDED_MESSAGE,
        ),
        rank=-9,
        head=7,
        begins=rb"\[?\d[^\n]{8,28}?\d\]? +(?:\[[^\[\]\n]{1,64}\]|\d+) +" + _LEVELS + rb"\b",
        samples=(
            Sample(
                "2024-01-02 03:04:05 [worker 1] INFO  up",
                {"time": _TIME, "thread": "worker 1", "level": "INFO", "message": "up"},
            ),
            Sample("2024-01-02 03:04:05 1234 WARN: low", {"pid": 1234, "level": "WARN", "message": "low"}),
        ),
        refused=("2024-01-02 03:04:05 [worker 1] up", "[worker 1] INFO up", "2024-01-02 03:04:05 - app - INFO - up"),
    ),
    app(
        "timed_enclosed",
        "any log whose lines begin with a date and clock in quotes, or in round, angle or curly brackets, then a level",
        (
            *signs(*OPENINGS),
            stamp(ANY, b""),
            *signs(*CLOSINGS),
            *timed_slots(ANY)[3:],
        ),
        rank=-11,
        head=20,
        begins=rb"[(<{\"'][\w/.:,+@ -]+[)>}\"']:? +[\[<({]?" + _LEVELS + rb"\b",
        samples=(
            Sample("(2024-01-02 03:04:05) INFO up", {"time": _TIME, "level": "INFO", "message": "up"}),
            Sample('"2024-01-02 03:04:05": [WARN] low', {"time": _TIME, "level": "WARN", "message": "low"}),
        ),
        refused=("(2024-01-02 03:04:05) up", "(today) INFO up"),
    ),
    app(
        "timed_epoch",
        "any log whose lines begin with seconds since 1970, or milli-, micro- or nanoseconds, then a level",
        timed_slots("%s"),
        rank=-11,
        head=9,
        begins=rb"\[?[12]\d{9}(?:\d{3}|\d{6}|\d{9})?(?:\.\d+)?\]?:? +[\[<({]?" + _LEVELS + rb"\b",
        unlike=NO_LEVEL,
        samples=(
            Sample("1704164645 INFO up", {"time": _TIME, "level": "INFO", "message": "up"}),
            Sample("[1704164645.5] [WARN] low", {"time": "2024-01-02T03:04:05.500000Z", "level": "WARN"}),
        ),
        refused=("1704164645 up", "1704164645x INFO up"),
    ),
)

LEVELED: tuple[Format, ...] = tuple(replace(row, sure=Expression(NEVER)) for row in _ROWS)
"""Rows of the family."""
