"""Access logs like common and combined whose time is written in another layout, or whose fields are fewer."""

from __future__ import annotations

from dataclasses import replace

from logproc.formats.apache import compile_apache
from logproc.formats.format import SEPARATOR, Format, Sample
from logproc.formats.heads import ISO
from logproc.formats.program import Meaning, Program, Slot


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


ACCESS_TIMES = (
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
)
"""Rows of the family."""
