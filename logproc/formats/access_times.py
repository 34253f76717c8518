"""Access logs like common and combined whose time is written in another layout, or whose fields are fewer or more.

https://docs.cpanel.net/knowledge-base/cpanel-product/the-cpanel-log-files/
"""

from __future__ import annotations

import re
from dataclasses import replace

from logproc.expressions import Expression
from logproc.formats.apache import NICKNAMES, compile_apache
from logproc.formats.format import SEPARATOR, Format, Sample
from logproc.formats.heads import ISO
from logproc.formats.program import Meaning, Program, Slot

_FRACTION = "%d/%b/%Y:%H:%M:%S%.%z"
_COMBINED = '%h %l %u [%{x}i] "%r" %>s %b "%{Referer}i" "%{User-Agent}i"'


def with_time(directives: str, layout: str, *, extra: bool = False) -> Program:
    """Compile a string of Apache whose one header, x, is in truth the time, by a layout."""
    program = compile_apache(directives, extra=extra)
    slots = [
        Slot("time", Meaning.STAMP, slot.terminator, layout=layout) if slot.name == "x" else slot
        for slot in program.slots
    ]
    return replace(program, slots=tuple(slots))


def _solid(program: Program) -> Program:
    """Let the first field have no blanks."""
    first, *others = program.slots
    return replace(program, slots=(replace(first, solid=True), *others))


def _with_more_behind_bytes(program: Program) -> Program:
    """Let further fields, none of them quoted, stand behind the size."""
    *front, size, referrer, agent = program.slots
    more = Slot(None, Meaning.TEXT, b'"', solid=True)
    return replace(program, slots=(*front, replace(size, terminator=b" "), more, referrer, agent))


ACCESS_TIMES = (
    Format(
        name="combined_inserted",
        family="web",
        engine=SEPARATOR,
        program=_with_more_behind_bytes(compile_apache(NICKNAMES["combined"], extra=True, clf_head=True)),
        doc="combined, but for fields between the size and the referrer, as times or addresses; more may follow",
        rank=12,
        begins=Expression(
            rb'^[^"\n]*"(?:[^"\\\n]|\\.)*" \d{3} (?:\d+|-) (?!\d+ ")[^"\n]+ "(?:-|[a-z]+://[^"\n]*)?" "[^"\n]*"',
            re.MULTILINE,
        ),
        needs=(b'] "', b'" "', b' "'),
        samples=(
            Sample(
                '192.0.2.1 - joe [02/Jan/2024:03:04:05 +0100] "GET /a?b=1 HTTP/1.1" 200 5 0.012 . 7 "-" "curl" "-"',
                {
                    "time": "2024-01-02T02:04:05Z",
                    "client": "192.0.2.1",
                    "user": "joe",
                    "path": "/a",
                    "status": 200,
                    "bytes": 5,
                    "referrer": None,
                    "user_agent": "curl",
                },
            ),
            Sample(
                'a.test 192.0.2.1 - - [02/Jan/2024:03:04:05 +0000] "-" 400 - 192.0.2.9 + 0 "http://a/" "x y" B="c, d"',
                {"vhost": "a.test", "bytes": None, "referrer": "http://a/", "user_agent": "x y"},
            ),
        ),
        refused=(
            '192.0.2.1 - joe [02/Jan/2024:03:04:05 +0100] "GET /a HTTP/1.1" 200 5 "-" "curl"',
            '192.0.2.1 - joe [02/Jan/2024:03:04:05 +0100] "GET /a HTTP/1.1" 200 5 "-" "curl" "-"',
            '192.0.2.1 - joe [02/Jan/2024:03:04:05 +0100] "GET /a HTTP/1.1" 200 5 0.012',
        ),
    ),
    Format(
        name="combined_iso",
        family="web",
        engine=SEPARATOR,
        program=with_time('%h %l %u [%{x}i] "%r" %>s %b "%{Referer}i" "%{User-Agent}i"', ISO, extra=True),
        doc="combined, but for the time, which is that of ISO 8601, as morgan and others write it",
        rank=19,
        needs=(b"] ", b'" "'),
        samples=(
            Sample(
                '192.0.2.1 - joe [2024-01-02T03:04:05.678Z] "GET /a HTTP/1.1" 200 5 "-" "curl"',
                {
                    "time": "2024-01-02T03:04:05.678000Z",
                    "client": "192.0.2.1",
                    "user": "joe",
                    "target": "/a",
                    "status": 200,
                    "bytes": 5,
                    "user_agent": "curl",
                },
            ),
        ),
        refused=('192.0.2.1 - joe [02/Jan/2024:03:04:05 +0000] "GET /a HTTP/1.1" 200 5 "-" "curl"',),
    ),
    Format(
        name="common_iso",
        family="web",
        engine=SEPARATOR,
        program=with_time('%h %l %u [%{x}i] "%r" %>s %b', ISO, extra=True),
        doc="common, but for the time, which is that of ISO 8601",
        rank=9,
        needs=(b"] ", b'" '),
        samples=(
            Sample(
                '192.0.2.1 bob joe [2024-01-02T03:04:05Z] "GET /a HTTP/1.0" 200 5',
                {"time": "2024-01-02T03:04:05Z", "ident": "bob", "user": "joe", "status": 200},
            ),
            Sample('- - - [2024-01-02T03:04:05Z] "-" - -', {"time": "2024-01-02T03:04:05Z", "status": None}),
        ),
        refused=('192.0.2.1 - joe [02/Jan/2024:03:04:05 +0000] "GET /a HTTP/1.1" 200 5',),
    ),
    Format(
        name="combined_short",
        family="web",
        engine=SEPARATOR,
        program=_solid(compile_apache('%h %t "%r" %>s %b "%{Referer}i" "%{User-Agent}i"', extra=True)),
        doc="combined without ident and user",
        rank=6,
        needs=(b"] ", b'" "'),
        samples=(
            Sample(
                '192.0.2.1 [02/Jan/2024:03:04:05 +0000] "GET /a HTTP/1.1" 200 5 "-" "curl"',
                {"time": "2024-01-02T03:04:05Z", "client": "192.0.2.1", "status": 200, "user_agent": "curl"},
            ),
        ),
        refused=('192.0.2.1 - joe [02/Jan/2024:03:04:05 +0000] "GET /a HTTP/1.1" 200 5 "-" "curl"',),
    ),
    Format(
        name="proxmox",
        family="web",
        engine=SEPARATOR,
        program=with_time('%h - %u [%{x}i] "%r" %>s %b', "%d/%m/%Y:%H:%M:%S%z"),
        doc="access log of Proxmox VE: common, but for the month, which is a number",
        rank=5,
        needs=(b"] ", b'" '),
        samples=(
            Sample(
                '::ffff:192.0.2.1 - root@pam [02/01/2024:03:04:05 +0000] "GET /api2/json HTTP/1.1" 200 123',
                {
                    "time": "2024-01-02T03:04:05Z",
                    "client": "::ffff:192.0.2.1",
                    "user": "root@pam",
                    "target": "/api2/json",
                    "status": 200,
                    "bytes": 123,
                },
            ),
        ),
        refused=('192.0.2.1 - joe [02/Jan/2024:03:04:05 +0000] "GET / HTTP/1.1" 200 123',),
    ),
    Format(
        name="combined_fraction",
        family="web",
        engine=SEPARATOR,
        program=with_time(_COMBINED, _FRACTION, extra=True),
        doc="combined, but for the time, which has a fraction of the second",
        rank=6,
        begins=Expression(rb"^[^\[\n]+\[\d\d/[A-Z][a-z][a-z]/\d{4}:[\d:]{8}[.,]\d+ [+-]\d{4}\] \"", re.MULTILINE),
        needs=(b"] ", b'" "'),
        samples=(
            Sample(
                '192.0.2.1 - joe [02/Jan/2024:03:04:05.678 +0100] "GET /a?b=1 HTTP/1.1" 200 5 "-" "curl"',
                {
                    "time": "2024-01-02T02:04:05.678000Z",
                    "client": "192.0.2.1",
                    "user": "joe",
                    "path": "/a",
                    "status": 200,
                    "bytes": 5,
                    "user_agent": "curl",
                },
            ),
        ),
        refused=('192.0.2.1 - - [02/Jan/2024:03:04:05.678 +0000] "GET /a HTTP/1.1" 200 5', "192.0.2.1 - - x"),
    ),
    Format(
        name="common_fraction",
        family="web",
        engine=SEPARATOR,
        program=with_time('%h %l %u [%{x}i] "%r" %>s %b', _FRACTION, extra=True),
        doc="common, but for the time, which has a fraction of the second",
        rank=5,
        begins=Expression(rb"^[^\[\n]+\[\d\d/[A-Z][a-z][a-z]/\d{4}:[\d:]{8}[.,]\d+ [+-]\d{4}\] \"", re.MULTILINE),
        needs=(b"] ", b'" '),
        samples=(
            Sample(
                '192.0.2.1 - - [02/Jan/2024:03:04:05.678 +0000] "GET /a HTTP/1.1" 200 5',
                {"time": "2024-01-02T03:04:05.678000Z", "client": "192.0.2.1", "status": 200, "bytes": 5},
            ),
        ),
        refused=('192.0.2.1 [02/Jan/2024:03:04:05.678 +0000] "GET /a HTTP/1.1" 200', "192.0.2.1 - - x"),
    ),
    Format(
        name="cpanel",
        family="web",
        engine=SEPARATOR,
        program=with_time(_COMBINED, "%m/%d/%Y:%H:%M:%S%z", extra=True),
        doc="access log of cPanel: combined, but for the month, which is a number and comes first",
        rank=6,
        begins=Expression(
            rb"^\S+ \S+ \S+ \[[01]\d/\d\d/\d{4}:[\d:]{8} [+-]\d{4}\] \"[^\n]*?\" \S+ \S+ \"", re.MULTILINE
        ),
        needs=(b"] ", b'" "'),
        samples=(
            Sample(
                '192.0.2.1 - root [01/02/2024:03:04:05 -0000] "GET /login HTTP/1.1" 200 0 "-" "curl" "s" "-" 2087',
                {
                    "time": "2024-01-02T03:04:05Z",
                    "client": "192.0.2.1",
                    "user": "root",
                    "target": "/login",
                    "status": 200,
                    "bytes": 0,
                    "user_agent": "curl",
                },
            ),
        ),
        refused=(
            '192.0.2.1 - root [13/02/2024:03:04:05 -0000] "GET /login HTTP/1.1" 200 0 "-" "curl"',
            '192.0.2.1 - root [01/02/2024:03:04:05 +0000] "GET /login HTTP/1.1" 200 0',
        ),
    ),
)
"""Rows of the family."""
