"""What many logs look like: a date and a clock in front, perhaps a level; tried when nothing says more about a line."""

from __future__ import annotations

import re
from dataclasses import replace

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
    stamp,
)
from logproc.formats.program import Meaning, Slot

_DATES = (
    *("%+", "%Y/%m/%d %H:%M:%S%.", "%d/%b/%Y:%H:%M:%S%.%z", "%d/%b/%Y %H:%M:%S%."),
    *("%a %b %d %H:%M:%S%. %Y", "%a, %d %b %Y %H:%M:%S%z", "%a %b %d %H:%M:%S %Z %Y", "%d-%b-%Y %H:%M:%S%.%z"),
    *("%b %d, %Y %I:%M:%S %p", "%b %d, %Y %H:%M:%S%.", "%b %d %Y %H:%M:%S%.%z", "%d %b %Y %H:%M:%S%.%z"),
    *("%m/%d/%Y %I:%M:%S%. %p", "%m/%d/%Y, %I:%M:%S%. %p", "%Y-%m-%d %I:%M:%S%. %p", "%d.%m.%Y %H:%M:%S%."),
    *("%d-%m-%Y %H:%M:%S%.", "%Y.%m.%d %H:%M:%S%.", "%Y%m%d %H:%M:%S%.", "%Y%m%d-%H:%M:%S%.", "%Y%m%dT%H%M%S%.%z"),
)
"""Layouts of a date and a clock that leave no doubt which number is the month."""

ANY = "%|".join(_DATES)
"""All of them, each tried where those before fail."""

_YEARLESS = "%b %d %H:%M:%S%."
_CLOSED = f"%+:%|{ANY}"
"""The same; behind a time of ISO 8601 may stand a colon, as old garbage collectors of Java write it."""

# Redis's levels are signs, but "2024-01-02 03:04:05 - started" has none, nor has "... 2024 -> Database is OK"; words
# that some loggers have for levels begin sentences, too: "2024-01-02 03:04:05 System started".
_SENTENCE = b"|".join(
    b"[%c%c]%b" % (word[0] - 32, word[0], word[1:])
    for word in (
        *(b"a", b"all", b"any", b"off", b"log", b"system", b"query", b"success", b"fail", b"failure", b"statement"),
        *(b"detail", b"hint", b"context", b"location", b"audit", b"unknown", b"note", b"alert", b"panic", b"config"),
    )
)
_NO_LEVEL = re.compile(
    rb"\W{0,2}\w[^\n]{2,28}?:\d\d(?:[.,:]\d+)*+(?: ?[+-]\d\d:?\d\d|Z)?+(?: \d{4})?+\]?+:? *+(?:- +)?+"
    rb"(?:[*.#]|-(?! *\[?\w)|(?:%b) +[a-z])" % _SENTENCE
)

_ROWS = (
    app(
        "timed",
        "any log whose lines begin with a full date and clock, then a level; both may stand in brackets",
        (
            maybe(literal(b"[")),
            stamp(ANY, b""),
            maybe(literal(b"]")),
            maybe(Slot(None, Meaning.LITERAL, b"", opening=b"- ", padded=True)),
            maybe(literal(b":")),
            maybe(Slot(None, Meaning.LITERAL, b"", opening=b"[", padded=True)),
            level(b""),
            maybe(literal(b"]")),
            maybe(literal(b":")),
            PADDED_MESSAGE,
        ),
        rank=-8,
        head=7,
        unlike=_NO_LEVEL,
        unlike_reason="behind the time stands a sign, or a word that begins a sentence, and no level",
        samples=(
            Sample(
                "2024-01-02 03:04:05,678 INFO up and running",
                {"time": "2024-01-02T03:04:05.678000Z", "level": "INFO", "message": "up and running"},
            ),
            Sample("[2024-01-02T03:04:05Z] [warn] low", {"level": "WARN", "message": "low"}),
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
        (stamp(_CLOSED, b" "), PADDED_MESSAGE),
        rank=-12,
        needs=(b":",),
        samples=(
            Sample(
                "19-Oct-2022 05:34:02.425 gone for lunch",
                {"time": "2022-10-19T05:34:02.425000Z", "message": "gone for lunch"},
            ),
            Sample("2018-06-11T01:53:11.382+0000: 14.1: [GC (x)]", {"time": "2018-06-11T01:53:11.382000Z"}),
            Sample("1/2/2024 3:04:05 PM  started", {"time": "2024-01-02T15:04:05Z", "message": "started"}),
            Sample("Jan 2, 2024 12:04:05 AM started", {"time": "2024-01-02T00:04:05Z"}),
            Sample("Mon Feb 21 17:44:19 2011 [pid 3] CONNECT", {"message": "[pid 3] CONNECT"}),
            Sample("31.12.2023 23:59:59,123 done", {"time": "2023-12-31T23:59:59.123000Z"}),
        ),
        refused=("2024-01-02 03:04:05x", "2024-13-02 03:04:05 x", "13/2/2024 3:04:05 PM x", "started at 2024"),
    ),
    app(
        "dated_bracketed",
        "any log whose lines begin with a date and clock in brackets",
        (stamp(f"{ANY}%|{_YEARLESS}", b"]"), PADDED_MESSAGE),
        prefix=b"[",
        rank=-13,
        needs=(b"[", b":", b"]"),
        samples=(
            Sample(
                "[Dec 21 12:56:59] SECURITY[77]: res_security_log.c: x",
                {"time": "2000-12-21T12:56:59Z", "message": "SECURITY[77]: res_security_log.c: x"},
            ),
            Sample("[04/Jun/2016:12:41:45 +0100] 1.25 200", {"time": "2016-06-04T11:41:45Z", "message": "1.25 200"}),
        ),
        refused=("Dec 21 12:56:59 x", "[x] Dec 21 12:56:59"),
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
        unlike=re.compile(rb"(?!\[(?:\d{4}-\d\d-\d\dT[^\]]*|\d+[.,]\d+s)\]\[)"),
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

LAST_RESORTS = frozenset({"dated", "dated_bracketed"})

_ANYBODYS = frozenset({"timed", "go", *LAST_RESORTS})

GENERAL: tuple[Format, ...] = tuple(
    replace(row, last_resort=row.name in LAST_RESORTS, sure=re.compile(NEVER) if row.name in _ANYBODYS else None)
    for row in _ROWS
)
"""Rows of the family."""
