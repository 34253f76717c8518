"""Lines without a date, as they are printed where something else writes the time: a level in front, or a clock.

https://www.slf4j.org/api/org/slf4j/simple/SimpleLogger.html, https://alembic.sqlalchemy.org/en/latest/tutorial.html
"""

from __future__ import annotations

from dataclasses import replace

from logproc.expressions import Expression
from logproc.formats.format import Format, Sample
from logproc.formats.general import NO_LEVEL, timed_slots
from logproc.formats.heads import MESSAGE, NEVER, PADDED_MESSAGE, app, bracketed, level, literal, maybe, stamp, word

_LEVELS = rb"(?:TRACE|DEBUG|INFO|NOTICE|WARN|WARNING|ERROR|FATAL|CRITICAL|SEVERE)"
_CLOCK = "%H:%M:%S%."

UNDATED: tuple[Format, ...] = (
    app(
        "slf4j_simple",
        "slf4j's SimpleLogger: [thread] LEVEL logger - message; time is null",
        (bracketed("thread", b"] ", b""), level(b" ", padded=False), word("logger", b" - "), MESSAGE),
        prefix=b"[",
        rank=-4,
        head=3,
        begins=rb"\[[^\]\n]+\] " + _LEVELS + rb" [\w.$]+ - ",
        samples=(
            Sample(
                "[main] WARN org.example.App - pool is full",
                {"thread": "main", "level": "WARN", "logger": "org.example.App", "message": "pool is full"},
            ),
        ),
        refused=("[main] org.example.App - x", "[main] INFO two words - x"),
    ),
    app(
        "level_then_logger",
        "Alembic and others: LEVEL [logger] message; time is null",
        (level(b" "), bracketed("logger"), MESSAGE),
        rank=-8,
        head=2,
        begins=_LEVELS + rb" +\[[\w.]+\] ",
        sure=NEVER,
        samples=(
            Sample(
                "INFO  [alembic.runtime.migration] Will assume transactional DDL.",
                {
                    "level": "INFO",
                    "logger": "alembic.runtime.migration",
                    "message": "Will assume transactional DDL.",
                },
            ),
        ),
        refused=("INFO Will assume", "[alembic] INFO x"),
    ),
    *(
        replace(row, last_resort=True)
        for row in (
            app(
                "level_alone",
                "any log whose lines begin with a level in capitals, perhaps in brackets; time is null",
                (maybe(literal(b"[")), level(b""), maybe(literal(b"]")), maybe(literal(b":")), literal(b" "),
                 PADDED_MESSAGE),
                rank=-39,
                head=5,
                begins=rb"(?:\[" + _LEVELS + rb" *\]:?|" + _LEVELS + rb":?) +\S",
                unlike=Expression(rb"[A-Z]+ [a-z]"),
                sure=NEVER,
                samples=(
                    Sample("[INFO] Building app 1.0", {"level": "INFO", "message": "Building app 1.0"}),
                    Sample("WARNING: disk is full", {"level": "WARN", "message": "disk is full"}),
                ),
                refused=("Building app", "[Building] app"),
            ),
            app(
                "clock_level",
                "any log whose lines begin with a clock, then a level; without a date the time is null",
                timed_slots(_CLOCK),
                rank=-34,
                head=7,
                begins=rb"\[?\d?\d:\d\d:\d\d(?:[.,]\d+)?\]?:? ",
                unlike=NO_LEVEL,
                sure=NEVER,
                samples=(
                    Sample("03:04:05,678 INFO up", {"time": None, "level": "INFO", "message": "up"}),
                    Sample("[03:04:05.678] [WARN] low", {"time": None, "level": "WARN", "message": "low"}),
                ),
                refused=("03:04:05 up", "INFO 03:04:05 up"),
            ),
            app(
                "clock",
                "any log whose lines begin with a clock, perhaps in brackets; without a date the time is null",
                (maybe(literal(b"[")), stamp(_CLOCK, b""), maybe(literal(b"]")), maybe(literal(b":")), literal(b" "),
                 PADDED_MESSAGE),
                rank=-38,
                single=True,
                begins=rb"\[?\d?\d:\d\d:\d\d(?:[.,]\d+)?\]?:? ",
                sure=NEVER,
                samples=(
                    Sample("03:04:05 up", {"time": None, "message": "up"}),
                    Sample("[03:04:05.678]: up", {"time": None, "message": "up"}),
                ),
                refused=("03:04 up", "3 04:05 up"),
            ),
        )
    ),
)  # fmt: skip
"""Rows of the family."""
