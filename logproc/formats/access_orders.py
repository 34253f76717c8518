"""Access logs of strings that many have written alike: fields of combined in another order, or fewer of them.

https://www.php.net/manual/en/install.fpm.configuration.php#access-format, https://docs.ruby-lang.org/en/2.7.0/WEBrick/
"""

from __future__ import annotations

import re
from dataclasses import replace

from logproc.expressions import Expression
from logproc.formats.access_times import with_time
from logproc.formats.apache import compile_apache
from logproc.formats.format import SEPARATOR, Format, Sample
from logproc.formats.heads import app, maybe, number, word
from logproc.formats.program import Meaning, Program, Slot

_TIMES = "%|".join(
    (*("%d/%b/%Y:%H:%M:%S%. %Z", "%d/%b/%Y:%H:%M:%S%.%z", "%d/%b/%Y %H:%M:%S%.", "%a %b %d %H:%M:%S%. %Y", "%s"),)
)
"""Layouts that stand in the place of CLF's time: without a zone, with its name, as ctime(3), in seconds since 1970."""

_OTHERWISE = rb'[^\[\n]+ \[(?!\d\d/[A-Z][a-z]{2}/\d{4}:\d\d:\d\d:\d\d [+-]\d{4}\])[\w/.,:+ -]{10,40}\] "'
"""How a line begins whose time is not written as Apache and nginx do."""

_TIME = {"time": "2024-01-02T03:04:05Z", "client": "192.0.2.1", "target": "/a", "status": 200, "bytes": 5}


def _solid(program: Program, name: str) -> Program:
    """Let a field have no blanks."""
    slots = tuple(replace(slot, solid=True) if slot.name == name else slot for slot in program.slots)
    return replace(program, slots=slots)


def _access(
    name: str, doc: str, program: Program, rank: int, begins: bytes, line: str, refused: tuple[str, ...], **more: object
) -> Format:
    return Format(
        name=name,
        family="web",
        engine=SEPARATOR,
        program=program,
        doc=doc,
        rank=rank,
        begins=Expression(b"^" + begins, re.MULTILINE),
        samples=(Sample(line, {**_TIME, **more}),),
        refused=refused,
    )


_COMBINED = '192.0.2.1 - joe [02/Jan/2024:03:04:05 +0000] "GET /a HTTP/1.1" 200 5 "-" "curl"'
_BEHIND = ' %>s %b "%{Referer}i" "%{User-Agent}i"'

ACCESS_ORDERS: tuple[Format, ...] = (
    _access(
        "combined_userless",
        "combined without a user: client - [time], then as combined",
        _solid(compile_apache('%h - %t "%r"' + _BEHIND, extra=True), "client"),
        12,
        rb'\S+ - \[[^\]\n]+\] "',
        '192.0.2.1 - [02/Jan/2024:03:04:05 +0000] "GET /a HTTP/1.1" 200 5 "-" "curl" "-"',
        (_COMBINED, '192.0.2.1 - [02/Jan/2024:03:04:05 +0000] "GET /a HTTP/1.1" 200 5'),
        user_agent="curl",
    ),
    _access(
        "combined_host_behind",
        "combined with the host behind the time",
        _solid(compile_apache('%h %l %u %t %v "%r"' + _BEHIND, extra=True, clf_head=True), "vhost"),
        13,
        rb'[^\[\n]+ \[[^\]\n]+\] [\w.:-]+ "',
        '192.0.2.1 - joe [02/Jan/2024:03:04:05 +0000] a.example "GET /a HTTP/1.1" 200 5 "-" "curl"',
        (_COMBINED, '192.0.2.1 - - [02/Jan/2024:03:04:05 +0000] a.example "GET /a HTTP/1.1" 200 5'),
        vhost="a.example",
        user="joe",
        user_agent="curl",
    ),
    _access(
        "combined_other_time",
        "combined whose time is written otherwise: without a zone, with its name, in seconds since 1970",
        with_time('%h %l %u [%{x}i] "%r"' + _BEHIND, _TIMES, extra=True),
        5,
        _OTHERWISE,
        '192.0.2.1 - joe [02/Jan/2024:03:04:05] "GET /a HTTP/1.1" 200 5 "-" "curl"',
        (
            '192.0.2.1 - joe [2024-01-02 03:04:05] "GET /a HTTP/1.1" 200 5 "-" "curl"',
            '192.0.2.1 - - [02/Jan/2024:03:04:05] "GET /a HTTP/1.1" 200 5',
        ),
        user="joe",
        user_agent="curl",
    ),
    _access(
        "common_other_time",
        "common whose time is written otherwise: without a zone, with its name as WEBrick does, in seconds since 1970",
        with_time('%h %l %u [%{x}i] "%r" %>s %b', _TIMES, extra=True),
        -4,  # Python's servers, whose lines end with the size, say so themselves
        _OTHERWISE,
        '192.0.2.1 - - [02/Jan/2024:04:04:05 CET] "GET /a HTTP/1.1" 200 5',
        ('192.0.2.1 - - [2024-01-02 03:04:05] "GET /a HTTP/1.1" 200 5',),
    ),
    _access(
        "combined_time_first",
        "combined with the time in front of the client",
        _solid(compile_apache('%t %h "%r"' + _BEHIND, extra=True), "client"),
        12,
        rb'\[\d\d/[A-Z][a-z]{2}/\d{4}:[^\]\n]+\] [\da-fA-F.:]+ "',
        '[02/Jan/2024:03:04:05 +0000] 192.0.2.1 "GET /a HTTP/1.1" 200 5 "-" "curl"',
        (_COMBINED, '[02/Jan/2024:03:04:05 +0000] 192.0.2.1 "GET /a HTTP/1.1" 200 5'),
        user_agent="curl",
    ),
    app(
        "php_fpm_access",
        'requests of PHP-FPM: client - user time "METHOD target" status',
        (
            word("client", b" - "),
            maybe(Slot("user", Meaning.WORD, b" ")),
            Slot("time", Meaning.STAMP, b' "', layout="%d/%b/%Y:%H:%M:%S%z", padded=True),
            word("method"),
            Slot("target", Meaning.TARGET, b'" '),
            number("status", b"\n"),
        ),
        family="web",
        rank=5,
        single=True,
        begins=rb'\S+ - \S* \d\d/[A-Z][a-z]{2}/\d{4}:[\d:]{8} [+-]\d{4} "[A-Z]+ [^"\n]*" \d{3}\r?$',
        samples=(
            Sample(
                '192.0.2.1 -  02/Jan/2024:03:04:05 +0000 "GET /index.php" 200',
                {
                    "time": "2024-01-02T03:04:05Z",
                    "client": "192.0.2.1",
                    "user": None,
                    "method": "GET",
                    "target": "/index.php",
                    "status": 200,
                },
            ),
            Sample('192.0.2.1 - joe 02/Jan/2024:03:04:05 +0000 "POST /a?b=c" 500', {"user": "joe", "query": "b=c"}),
        ),
        refused=('192.0.2.1 - joe [02/Jan/2024:03:04:05 +0000] "GET /a" 200', '192.0.2.1 - "GET /index.php" 200'),
    ),
)
"""Rows of the family."""
