"""Logs of Atlassian's servers and clones of their layouts: Jira, Confluence and Bitbucket.

https://confluence.atlassian.com/adminjiraserver/logging-and-profiling-938847671.html,
https://confluence.atlassian.com/bitbucketserverkb/how-to-read-the-bitbucket-data-center-log-formats-779171668.html
"""

from __future__ import annotations

import re

from logproc.expressions import Expression
from logproc.formats.format import SEPARATOR, Format, Sample
from logproc.formats.heads import ISO, PADDED_MESSAGE, app, level, stamp
from logproc.formats.program import Meaning, Program, Slot

_LEVELS = rb"(?:TRACE|DEBUG|INFO|WARN|ERROR|FATAL)"


def _access(name: str, doc: str, before: tuple[Slot, ...], line: str, found: dict[str, object]) -> Format:
    """Return the row of a servers' requests: what stands between the time and the thread differs."""
    program = Program(
        b"[",
        (
            Slot("time", Meaning.CLF_TIME, b"] "),
            *before,
            Slot("thread", Meaning.TEXT, b" ", solid=True),
            Slot("client", Meaning.TEXT, b" ", solid=True),
            Slot("method", Meaning.TEXT, b" ", solid=True),
            Slot("target", Meaning.TARGET, b" ", solid=True),
            Slot("protocol", Meaning.TEXT, b" ", solid=True),
            Slot("status", Meaning.INTEGER, b" "),
            Slot("duration", Meaning.DECIMAL, b"ms ", scale=1e-3),
            Slot("bytes", Meaning.INTEGER, b" "),
            Slot("referrer", Meaning.TEXT, b" ", solid=True),
            Slot("user_agent", Meaning.TEXT, b"\n"),
        ),
    )
    words = len(before) + 2
    return Format(
        name=name,
        family="web",
        engine=SEPARATOR,
        program=program,
        doc=doc,
        rank=5,
        needs=(b"] ", b"ms "),
        begins=Expression(
            rb"^\[[^\]\n]+\] (?:\S+ ){%d}[A-Z]+ \S+ HTTP/[\d.]+ \d{3} \d+ms (?:\d+|-) " % words, re.MULTILINE
        ),
        samples=(Sample(line, {"time": "2024-01-02T03:04:05Z", **found}),),
        refused=("[02/Jan/2024:03:04:05 +0000] bob http-1 192.0.2.1 GET / HTTP/1.1 200", "text"),
    )


_USER = Slot("user", Meaning.TEXT, b" ", solid=True)
_FOUND = {
    "user": "bob",
    "thread": "http-nio-8080-exec-1",
    "client": "192.0.2.1",
    "method": "GET",
    "target": "/a?b=c",
    "path": "/a",
    "query": "b=c",
    "protocol": "HTTP/1.1",
    "status": 200,
    "duration": 0.5,
    "bytes": 123,
    "referrer": "http://a.example/",
    "user_agent": "Mozilla/5.0 (X11)",
}
_REQUEST = "bob http-nio-8080-exec-1 192.0.2.1 GET /a?b=c HTTP/1.1 200 500ms 123 http://a.example/ Mozilla/5.0 (X11)"

ATLASSIAN = (
    app(
        "jira",
        "Jira: time thread LEVEL, then the user, the request and its session, if any, [logger] and the message",
        (stamp(ISO, b" "), Slot("thread", Meaning.WORD, b" "), level(), PADDED_MESSAGE),
        rank=-3,
        head=3,
        begins=rb"\d{4}-\d\d-\d\d [\d:]{8},\d{3}(?:[+-]\d{4})? [\w.:/#@$-]*[a-z#:][\w.:/#@$-]* " + _LEVELS + rb" +\S",
        samples=(
            Sample(
                "2024-01-02 03:04:05,678+0000 http-nio-8080-exec-1 WARN bob 540x12x1 1a 192.0.2.1 /a [c.a.j.Web] slow",
                {
                    "time": "2024-01-02T03:04:05.678000Z",
                    "thread": "http-nio-8080-exec-1",
                    "level": "WARN",
                    "message": "bob 540x12x1 1a 192.0.2.1 /a [c.a.j.Web] slow",
                },
            ),
        ),
        refused=("2024-01-02 03:04:05,678 INFO x", "2024-01-02 03:04:05,678 a b INFO x"),
    ),
    _access(
        "jira_access",
        "requests of Confluence and Jira: [time] user thread client method target status, milliseconds and the rest",
        (_USER,),
        f"[02/Jan/2024:03:04:05 +0000] {_REQUEST}",
        _FOUND,
    ),
    _access(
        "jira_access_forwarded",
        "the same from Confluence 7.11 and Jira 9.4 on, with the address of who asked a proxy in front",
        (Slot("forwarded_for", Meaning.TEXT, b" ", solid=True), _USER),
        f"[02/Jan/2024:03:04:05 +0000] 198.51.100.7 {_REQUEST}",
        {**_FOUND, "forwarded_for": "198.51.100.7"},
    ),
    Format(
        name="bitbucket_access",
        family="web",
        engine=SEPARATOR,
        program=Program(
            b"",
            (
                Slot("client", Meaning.TEXT, b" | "),
                Slot("scheme", Meaning.TEXT, b" | "),
                Slot("request_id", Meaning.TEXT, b" | "),
                Slot("user", Meaning.TEXT, b" | "),
                Slot("time", Meaning.STAMP, b' | "', layout=ISO),
                Slot(None, Meaning.REQUEST, b'" | '),
                Slot("referrer", Meaning.TEXT, b'" "', opening=b'"'),
                Slot("user_agent", Meaning.TEXT, b'" | '),
                Slot("status", Meaning.INTEGER, b" | "),
                Slot("bytes_in", Meaning.INTEGER, b" | "),
                Slot("bytes", Meaning.INTEGER, b" | "),
                Slot("labels", Meaning.TEXT, b" | "),
                Slot("duration", Meaning.DECIMAL, b" | ", scale=1e-3),
                Slot("session", Meaning.TEXT, b" |\n"),
            ),
        ),
        doc="requests of Bitbucket: client | protocol | id | user | time | request | referrer, agent | and so on",
        rank=5,
        needs=(b" | ", b' | "'),
        begins=Expression(rb"^[\d.,:a-f]+ \| [a-z]+ \| [io@*]+\S+ \| ", re.MULTILINE),
        samples=(
            Sample(
                "198.51.100.7,192.0.2.1 | https | o@1AB1x2x3x0 | bob | 2024-01-02 03:04:05,678 | "
                '"GET /scm/a/b.git/info/refs?x HTTP/1.1" | "" "git/2.43.0" | 200 | 13 | 52 | refs | 101 | x |',
                {
                    "time": "2024-01-02T03:04:05.678000Z",
                    "client": "198.51.100.7,192.0.2.1",
                    "scheme": "https",
                    "request_id": "o@1AB1x2x3x0",
                    "user": "bob",
                    "method": "GET",
                    "path": "/scm/a/b.git/info/refs",
                    "query": "x",
                    "user_agent": "git/2.43.0",
                    "status": 200,
                    "bytes_in": 13,
                    "bytes": 52,
                    "labels": "refs",
                    "duration": 0.101,
                    "session": "x",
                },
            ),
        ),
        refused=("192.0.2.1 | https | o@1 | bob | today | x", "192.0.2.1 | https"),
    ),
    app(
        "bitbucket_audit",
        "audit log of Bitbucket: client | event | user | milliseconds | what | details | request | session",
        (
            Slot("client", Meaning.TEXT, b" | "),
            Slot("event", Meaning.TEXT, b" | "),
            Slot("user", Meaning.TEXT, b" | "),
            stamp("%s", b" | "),
            Slot("object", Meaning.TEXT, b" | "),
            PADDED_MESSAGE,
        ),
        rank=4,
        single=True,
        begins=rb"[\d.,:a-f]+ \| [A-Z]\w+ \| [^|\n]+ \| \d{13} \| ",
        samples=(
            Sample(
                '192.0.2.1 | RepositoryCreatedEvent | bob | 1704164645678 | PROJECT/a | {"id":2} | @8K9x3x0 | 6yw',
                {
                    "time": "2024-01-02T03:04:05.678000Z",
                    "client": "192.0.2.1",
                    "event": "RepositoryCreatedEvent",
                    "user": "bob",
                    "object": "PROJECT/a",
                    "message": '{"id":2} | @8K9x3x0 | 6yw',
                },
            ),
        ),
        refused=("192.0.2.1 | Event | bob | today | x | y", "192.0.2.1 | Event"),
    ),
)
"""Rows of the family."""
