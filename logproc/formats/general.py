"""What many logs look like: a date and a clock in front, perhaps a level; tried when nothing says more about a line."""

from __future__ import annotations

import re
from dataclasses import replace

from logproc.expressions import Expression
from logproc.formats.format import Format, Sample
from logproc.formats.heads import (
    ISO,
    MESSAGE,
    NEVER,
    PADDED_MESSAGE,
    app,
    bracketed,
    level,
    literal,
    maybe,
    number,
    signs,
    stamp,
)
from logproc.formats.program import Meaning, Slot
from logproc.kernels.zone_names import HOURS

_DATES = (
    *("%Y-%m-%d %I:%M:%S%. %p%z", "%Y-%m-%d %H:%M:%S:%f", "%+", "%Y/%m/%d %I:%M:%S%. %p%z", "%Y/%m/%d %H:%M:%S%.%z"),
    "%d/%b/%Y:%H:%M:%S%.%z",
    *("%d/%b/%Y %H:%M:%S%.%z", "%a %b %d %H:%M:%S%. %Y%z", "%a %b %d %H:%M:%S%.%z %Y", "%a, %d %b %Y %H:%M:%S%z"),
    *("%a %b %d %H:%M:%S %Z %Y", "%d-%b-%Y %H:%M:%S%.%z", "%b %d, %Y %I:%M:%S %p%z", "%b %d, %Y %H:%M:%S%.%z"),
    *("%b %d %Y %I:%M:%S %p%z", "%b %d %Y %H:%M:%S%.%z", "%d %b %Y %H:%M:%S%.%z", "%m/%d/%Y %I:%M:%S%. %p%z"),
    *("%m/%d/%Y, %I:%M:%S%. %p%z", "%d.%m.%Y %H:%M:%S%.%z", "%d.%m.%Y %H:%M:%S%."),
    *("%Y.%m.%d %H:%M:%S%.%z", "%Y.%m.%d %H:%M:%S%.", "%Y%m%d %H:%M:%S%.%z", "%Y%m%d %H:%M:%S%."),
    *("%Y%m%d-%H:%M:%S%.", "%Y%m%dT%H%M%S%.%z", "%Y%m%d %H%M%S%.", "%Y-%m-%d %H:%M:%S%.%z", "%Y-%m-%d_%H:%M:%S%."),
    *("%Y-%m-%d-%H:%M:%S%.", "%Y-%m-%d-%H.%M.%S%.", "%Y-%m-%d %H:%M%z", "%Y-%m-%d %H:%M", "%Y/%m/%d-%H:%M:%S%."),
    "%Y:%m:%d-%H:%M:%S",
    *("%Y-%b-%d %H:%M:%S%.%z", "%Y/%b/%d %H:%M:%S%.%z", "%Y %b %d %H:%M:%S%.%z", "%d-%b-%y %H:%M:%S%.%z"),
    *("%d-%b-%y %I.%M.%S%. %p%z", "%b-%d-%Y %H:%M:%S%.", "%b-%d-%y %H:%M:%S%.", "%a, %b %d, %Y %I:%M:%S %p%z"),
    *("%b %d, %Y, %I:%M:%S %p%z", "%Y.%m.%d-%H.%M.%S%.", "%Y%m%dT%H:%M:%S%.%z", "%Y%m%d%H%M%S%."),
    *(
        "%Y-%m-%d, %H:%M:%S%.",
        "%Y-%m-%d][%H:%M:%S%.",
        "%Y-%m-%d] [%H:%M:%S%.",
        "%Y-%m-%d | %H:%M:%S%.",
        "%H:%M:%S%. %Y-%m-%d",
    ),
)
"""Layouts of a date and a clock that leave no doubt which number is the month."""

ANY = "%|".join(_DATES)
"""All of them, each tried where those before fail."""

YEARLESS = "%b %d %H:%M:%S%."
"""A date as syslog writes it."""
_ENCLOSED = f"{ANY}%|%m/%d/%y@%H:%M:%S%."
_FIRST = f"{ANY}%|%d %b %H:%M:%S%.%|%a %b %d %H:%M:%S%."

# Redis's levels are signs, but "2024-01-02 03:04:05 - started" has none, nor has "... 2024 -> Database is OK"; words
# that some loggers have for levels begin sentences, too: "2024-01-02 03:04:05 System started".
_SENTENCE = b"|".join(
    b"[%c%c]%b" % (word[0] - 32, word[0], word[1:])
    for word in (
        *(b"a", b"all", b"any", b"off", b"log", b"system", b"query", b"success", b"fail", b"failure", b"statement"),
        *(b"detail", b"hint", b"context", b"location", b"audit", b"unknown", b"note", b"alert", b"panic", b"config"),
    )
)
NO_LEVEL = Expression(
    rb"\W{0,2}\w[^\n]{2,28}?:\d\d(?!\d)(?:[.,:]\d+)*+(?: ?[+-]\d\d:?\d\d|Z)?+(?: \d{4})?+\]?+:? *+(?:- +)?+"
    rb"(?:[*.#]|\[-|[+-]?\d|-(?! *\[?\w)|(?<=- )-|(?:%b) +[a-z])" % _SENTENCE
)

_LEVEL_IN_BARS = Expression(
    rb"[^|\n]{10,34}?\d *\| *(?:TRACE|DEBUG|INFO|NOTICE|WARN|WARNING|ERROR|CRITICAL|FATAL) *\|", re.IGNORECASE
)


OPENINGS, CLOSINGS = (b"(", b"<", b"{", b'"', b"'"), (b")", b">", b"}", b'"', b"'")
"""What a time may stand in beside square brackets."""


def sign(text: bytes) -> Slot:
    """Return a slot for a sign that may stand there, with blanks in front of it or without."""
    return maybe(Slot(None, Meaning.LITERAL, b"", opening=text, padded=True))


def timed_slots(layout: str) -> tuple[Slot, ...]:
    """Return the slots of a time by a layout, a level and a message; time and level may stand in brackets."""
    return (
        maybe(literal(b"[")),
        stamp(layout, b""),
        maybe(literal(b"]")),
        sign(b"- "),
        maybe(literal(b":")),
        *(sign(text) for text in (b"[", b"<", b"(", b"{")),
        level(b""),
        *(sign(text) for text in (b"]", b">", b")", b"}")),
        maybe(literal(b":")),
        PADDED_MESSAGE,
    )


_ROWS = (
    app(
        "timed",
        "any log whose lines begin with a full date and clock, then a level; both may stand in brackets",
        timed_slots(ANY),
        rank=-8,
        head=7,
        unlike=NO_LEVEL,
        unlike_reason="behind the time stands a sign, or a word that begins a sentence, and no level",
        samples=(
            Sample(
                "2024-01-02 03:04:05,678 INFO up and running",
                {"time": "2024-01-02T03:04:05.678000Z", "level": "INFO", "message": "up and running"},
            ),
            Sample("[2024-01-02T03:04:05Z] [warn] low", {"level": "WARN", "message": "low"}),
            Sample("2024-01-02 03:04:05 EST <INFO> up", {"time": "2024-01-02T08:04:05Z", "level": "INFO"}),
            Sample("[2024-01-02][03:04:05.678][WARN] low", {"time": "2024-01-02T03:04:05.678000Z", "level": "WARN"}),
            Sample("[20240102-03:04:05] [INFO ] up", {"level": "INFO", "message": "up"}),
            Sample("2012-07-02 10:22:40,672:DEBUG:foo bar", {"level": "DEBUG", "message": "foo bar"}),
            Sample("2024/01/02 03:04:05.5 ERROR: down", {"time": "2024-01-02T03:04:05.500000Z", "level": "ERROR"}),
        ),
        refused=("2024-01-02 03:04:05,678 up and running", "INFO up and running", "2024-01-02 INFO up"),
    ),
    app(
        "go",
        "Go's log package, and any log whose lines begin with a date with slashes and a clock",
        (stamp("%Y/%m/%d %H:%M:%S%.", b" "), MESSAGE),
        rank=-9,
        needs=(b"/", b":"),
        unlike=Expression(
            rb"\S+ \S+ (?:[AP]M )?(?:[+-](?:0\d|1[0-4]):?[0-5]\d|UTC|GMT|%b)(?!\w)"
            % "|".join(name for name in HOURS if name.endswith("T")).encode()
        ),
        unlike_reason="behind the time stands a zone, which Go's log package does not write",
        samples=(
            Sample(
                "2024/01/02 03:04:05 listening on :8080",
                {"time": "2024-01-02T03:04:05Z", "message": "listening on :8080"},
            ),
        ),
        refused=("2024-01-02 03:04:05 x", "2024/13/02 03:04:05 x"),
    ),
    app(
        "dated",
        "any log whose lines begin with a full date and clock",
        # Behind a time may stand a colon, as old garbage collectors of Java write it.
        (stamp(_FIRST, b""), maybe(literal(b":")), literal(b" "), PADDED_MESSAGE),
        rank=-12,
        head=3,
        unlike=_LEVEL_IN_BARS,
        unlike_reason="behind the time stands a level between bars",
        samples=(
            Sample(
                "19-Oct-2022 05:34:02.425 gone for lunch",
                {"time": "2022-10-19T05:34:02.425000Z", "message": "gone for lunch"},
            ),
            Sample("2018-06-11T01:53:11.382+0000: 14.1: [GC (x)]", {"time": "2018-06-11T01:53:11.382000Z"}),
            Sample("1/2/2024 3:04:05 PM  started", {"time": "2024-01-02T15:04:05Z", "message": "started"}),
            Sample("Jan 2, 2024 12:04:05 AM started", {"time": "2024-01-02T00:04:05Z"}),
            Sample("Mon Feb 21 17:44:19 2011 [pid 3] CONNECT", {"message": "[pid 3] CONNECT"}),
            Sample("Wed Sep 14 16:18:03 2022 +02:00 x", {"time": "2022-09-14T14:18:03Z", "message": "x"}),
            Sample("2024-01-02 03:04:05 PM  x", {"time": "2024-01-02T15:04:05Z", "message": "x"}),
            Sample("2024-01-02  3:04:05: x", {"time": "2024-01-02T03:04:05Z", "message": "x"}),
            Sample("Tue Jan  2 03:04:05 +0100 2024 x", {"time": "2024-01-02T02:04:05Z", "message": "x"}),
            Sample(
                "Tue Jan  2 03:04:05.678 <kernel> x", {"time": "2000-01-02T03:04:05.678000Z", "message": "<kernel> x"}
            ),
            Sample("02-JAN-2024 03:04:05 * x", {"time": "2024-01-02T03:04:05Z", "message": "* x"}),
            Sample("2024-01-02-03.04.05.678901 x", {"time": "2024-01-02T03:04:05.678901Z"}),
            Sample("20240102T030405Z x", {"time": "2024-01-02T03:04:05Z"}),
            Sample("2024-01-02 03:04 x", {"time": "2024-01-02T03:04:00Z"}),
            Sample("Jan-02-24 03:04:05 x", {"time": "2024-01-02T03:04:05Z"}),
            Sample("02 Jan 03:04:05.678 x", {"time": "2000-01-02T03:04:05.678000Z"}),
            Sample("2024/01/02 03:04:05 PM x", {"time": "2024-01-02T15:04:05Z", "message": "x"}),
            Sample("1/2/2024 3:04:05 PM -05:00 x", {"time": "2024-01-02T20:04:05Z", "message": "x"}),
            Sample("Jan 2, 2024 3:04:05 PM EST x", {"time": "2024-01-02T20:04:05Z", "message": "x"}),
            Sample("2024-01-02 03:04:05:678 x", {"time": "2024-01-02T03:04:05.678000Z", "message": "x"}),
            Sample("03:04:05 2024-01-02 x", {"time": "2024-01-02T03:04:05Z", "message": "x"}),
            Sample("31.12.2023 23:59:59,123 done", {"time": "2023-12-31T23:59:59.123000Z"}),
            Sample("1/2/2024 3:04:05 PM: x", {"time": "2024-01-02T15:04:05Z", "message": "x"}),
            Sample("20240102T03:04:05 x", {"time": "2024-01-02T03:04:05Z"}),
            Sample("20240102030405 x", {"time": "2024-01-02T03:04:05Z"}),
            Sample("20240102 03:04:05 EST x", {"time": "2024-01-02T08:04:05Z", "message": "x"}),
            Sample("20240102 03:04:05 -9999 x", {"time": "2024-01-02T03:04:05Z", "message": "-9999 x"}),
            Sample("02.01.2024 03:04:05 EST x", {"time": "2024-01-02T08:04:05Z", "message": "x"}),
            Sample("2024-01-02 03:04 EST x", {"time": "2024-01-02T08:04:00Z", "message": "x"}),
            Sample("2024/01/02 03:04:05 -05:00 767 x", {"time": "2024-01-02T08:04:05Z", "message": "767 x"}),
        ),
        refused=("2024-01-02 03:04:05x", "2024-13-02 03:04:05 x", "13/2/2024 3:04:05 PM x", "started at 2024"),
    ),
    app(
        "dated_bracketed",
        "any log whose lines begin with a date and clock in brackets",
        (stamp(f"{ANY}%|{YEARLESS}", b"]"), maybe(literal(b":")), PADDED_MESSAGE),
        prefix=b"[",
        rank=-13,
        head=1,
        needs=(b"[", b":", b"]"),
        samples=(
            Sample(
                "[Dec 21 12:56:59] SECURITY: res_security_log.c: x",
                {"time": "2000-12-21T12:56:59Z", "message": "SECURITY: res_security_log.c: x"},
            ),
            Sample("[02-Jan-2024 03:04:05 +0200]: no", {"time": "2024-01-02T01:04:05Z", "message": "no"}),
            Sample("[04/Jun/2016:12:41:45 +0100] 1.25 200", {"time": "2016-06-04T11:41:45Z", "message": "1.25 200"}),
        ),
        refused=("Dec 21 12:56:59 x", "[x] Dec 21 12:56:59"),
    ),
    app(
        "timed_yearless",
        "any log whose lines begin with month and day as digits, dashed, and a clock, then a level",
        timed_slots("%m-%d %H:%M:%S%."),
        rank=-9,
        head=7,
        begins=rb"\[?\d\d-\d\d [\d:]{8}(?:[.,]\d+)?\]?:? ",
        unlike=Expression(rb"\d\d-\d\d [\d:.]+ +\d+ +\d+ "),
        samples=(
            Sample(
                "01-02 03:04:05.678 INFO  up",
                {"time": "2000-01-02T03:04:05.678000Z", "level": "INFO", "message": "up"},
            ),
            Sample("01-02 03:04:05.678901 [WARN] [SOFIA] no", {"level": "WARN", "message": "[SOFIA] no"}),
        ),
        refused=("01-02 03:04:05.678 up", "13-02 03:04:05.678 INFO up", "2024-01-02 03:04:05 INFO up"),
    ),
    app(
        "timed_separated",
        "any log whose lines are a full date and clock, a level and a message with |, ; or a comma between them",
        (
            stamp(ANY, b""),
            sign(b"|"),
            maybe(literal(b";")),
            maybe(literal(b",")),
            Slot("level", Meaning.LEVEL, b"", padded=True),
            sign(b"|"),
            maybe(literal(b";")),
            maybe(literal(b",")),
            PADDED_MESSAGE,
        ),
        rank=-32,  # a file whose first line names its columns is read by these
        head=5,
        begins=rb"[^|;\n]{10,34}?(?: *\| *|[;,])[A-Za-z]+ *[|;,]",
        samples=(
            Sample(
                "2024-01-02 03:04:05|INFO|up | running",
                {"time": "2024-01-02T03:04:05Z", "level": "INFO", "message": "up | running"},
            ),
            Sample("2024-01-02 03:04:05.5;WARN;app;low", {"level": "WARN", "message": "app;low"}),
            Sample("2024/01/02 03:04:05,ERROR,down", {"level": "ERROR", "message": "down"}),
        ),
        refused=("2024-01-02 03:04:05 | up", "2024-01-02 03:04:05;x;INFO"),
    ),
    app(
        "level_first",
        "any log whose lines begin with a level, then a full date and clock; both may stand in brackets",
        (
            sign(b"["),
            level(b""),
            sign(b"]"),
            maybe(literal(b":")),
            sign(b"| "),
            sign(b"- "),
            sign(b"["),
            Slot("time", Meaning.STAMP, b"", layout=f"{ANY}%|{YEARLESS}", padded=True),
            maybe(literal(b"]")),
            maybe(literal(b":")),
            sign(b"| "),
            sign(b"- "),
            PADDED_MESSAGE,
        ),
        rank=-9,
        head=8,
        begins=rb" *\[?[A-Za-z]+ *\]?:?[ |[-]*(?:\d|[A-Z][a-z][a-z] [ \d]\d [\d:]{8})",
        samples=(
            Sample(
                "INFO 2024-01-02 03:04:05,678 up and running",
                {"time": "2024-01-02T03:04:05.678000Z", "level": "INFO", "message": "up and running"},
            ),
            Sample("[WARN ] [2024-01-02 03:04:05] low", {"level": "WARN", "message": "low"}),
            Sample("ERROR: 2024-01-02 03:04:05: down", {"level": "ERROR", "message": "down"}),
            Sample("DEBU | 2024-01-02 03:04:05 | x", {"level": "DEBUG", "message": "x"}),
            Sample("WARN: [Jan  2 03:04:05.678] low", {"time": "2000-01-02T03:04:05.678000Z", "message": "low"}),
            Sample("INFO[2024-01-02T03:04:05Z] API up", {"time": "2024-01-02T03:04:05Z", "message": "API up"}),
            Sample("   info 2024-01-02 03:04:05.678  app  1 up", {"level": "INFO", "message": "app  1 up"}),
        ),
        refused=("INFO up 2024-01-02 03:04:05", "up 2024-01-02 03:04:05", "INFO 2024-13-02 03:04:05 x"),
    ),
    app(
        "dated_process",
        "any log whose lines begin with a process in brackets, then a date and clock",
        (number("pid", b"] "), stamp(f"{ANY}%|{YEARLESS}", b" "), PADDED_MESSAGE),
        prefix=b"[",
        rank=-12,
        head=2,
        samples=(
            Sample("[1234] Jan 02 03:04:05 Child connection", {"pid": 1234, "time": "2000-01-02T03:04:05Z"}),
            Sample("[12] 2024-01-02 03:04:05 up", {"pid": 12, "time": "2024-01-02T03:04:05Z", "message": "up"}),
        ),
        refused=("[x] 2024-01-02 03:04:05 up", "[12] up"),
    ),
    app(
        "dated_enclosed",
        "any log whose lines begin with a date and clock in quotes, or in round, angle or curly brackets",
        (
            *signs(*OPENINGS),
            stamp(_ENCLOSED, b""),
            *signs(*CLOSINGS),
            maybe(literal(b":")),
            literal(b" "),
            PADDED_MESSAGE,
        ),
        rank=-13,
        head=13,
        begins=rb"[(<{\"'][\w/.:,+@ -]+[)>}\"']:? ",
        samples=(
            Sample("(2024-01-02 03:04:05) up", {"time": "2024-01-02T03:04:05Z", "message": "up"}),
            Sample("<2024-01-02 03:04:05>: up", {"time": "2024-01-02T03:04:05Z", "message": "up"}),
            Sample('"2024-01-02 03:04:05" up', {"time": "2024-01-02T03:04:05Z", "message": "up"}),
            Sample("<01/02/24@03:04:05> up", {"time": "2024-01-02T03:04:05Z", "message": "up"}),
        ),
        refused=("(today) up", "(2024-01-02 03:04:05)up"),
    ),
    app(
        "epoch",
        "any log whose lines begin with seconds since 1970, or milli-, micro- or nanoseconds",
        (stamp("%s", b" "), PADDED_MESSAGE),
        rank=-16,
        begins=rb"[12]\d{9}(?:\d{3}|\d{6}|\d{9})?(?:\.\d+)? ",
        samples=(
            Sample("1704164645 up", {"time": "2024-01-02T03:04:05Z", "message": "up"}),
            Sample("1704164645678 up", {"time": "2024-01-02T03:04:05.678000Z"}),
        ),
        refused=("up 1704164645", "1704164645x"),
    ),
    app(
        "epoch_bracketed",
        "any log whose lines begin with seconds since 1970 in brackets",
        (stamp("%s", b"]"), PADDED_MESSAGE),
        prefix=b"[",
        rank=-16,
        begins=rb"\[[12]\d{9}(?:\d{3}|\d{6}|\d{9})?(?:\.\d+)?\]",
        samples=(Sample("[1704164645.678] up", {"time": "2024-01-02T03:04:05.678000Z", "message": "up"}),),
        refused=("1704164645 up", "[x] up"),
    ),
    app(
        "jvm",
        "unified logging of Java from 9 on, as for the garbage collector: -Xlog with its usual decorations",
        (
            maybe(stamp(ISO, b"][")),
            maybe(Slot("uptime", Meaning.WORD, b"s][")),
            maybe(number("pid", b"][")),
            maybe(number("tid", b"][")),
            maybe(level(b"][", padded=False)),
            bracketed("logger", b"]", b""),
            PADDED_MESSAGE,
        ),
        prefix=b"[",
        rank=-3,
        head=6,
        needs=(b"[", b"][", b"] "),
        unlike=Expression(rb"(?!\[(?:\d{4}-\d\d-\d\dT[^\]]*|\d+[.,]\d+s)\]\[)|\[[^\]]*\]\[[A-Z]+ *\]\["),
        samples=(
            Sample(
                "[2018-06-13T07:44:22.647+0000][32376][gc,heap   ] Heap address: 0x00, size: 1024 MB",
                {
                    "time": "2018-06-13T07:44:22.647000Z",
                    "pid": 32376,
                    "level": None,
                    "logger": "gc,heap",
                    "message": "Heap address: 0x00, size: 1024 MB",
                },
            ),
            Sample(
                "[0.011s][info ][gc] Using G1",
                {"time": None, "uptime": "0.011", "level": "INFO", "logger": "gc", "message": "Using G1"},
            ),
        ),
        refused=("[2018-06-13T07:44:22.647+0000 Using", "gc: Using"),
    ),
)

LAST_RESORTS = frozenset(
    {
        "timed_separated",  # as CSV whose last quotation mark is missing would be, too
        *("dated", "dated_bracketed", "dated_process", "dated_enclosed", "epoch", "epoch_bracketed"),
    }
)

_ANYBODYS = frozenset({*("timed", "timed_yearless", "level_first", "go"), *LAST_RESORTS})

GENERAL: tuple[Format, ...] = tuple(
    replace(row, last_resort=row.name in LAST_RESORTS, sure=Expression(NEVER) if row.name in _ANYBODYS else None)
    for row in _ROWS
)
"""Rows of the family."""
