"""Logs of databases other than PostgreSQL: MySQL and MariaDB, Redis, MongoDB.

Statements that are wrapped belong to the message.

https://dev.mysql.com/doc/refman/8.0/en/error-log-format.html,
https://dev.mysql.com/doc/refman/8.0/en/slow-query-log.html,
https://www.mongodb.com/docs/v4.2/reference/log-messages/
"""

from __future__ import annotations

from logproc.expressions import Expression
from logproc.formats.format import Sample
from logproc.formats.heads import (
    ISO,
    MESSAGE,
    PADDED_MESSAGE,
    app,
    bracketed,
    level,
    literal,
    maybe,
    number,
    stamp,
    word,
)
from logproc.formats.program import Meaning, Missing, Slot
from logproc.formats.within import Part, Within


def _named(text: bytes) -> tuple[Slot, ...]:
    """Return slots that stand for a literal of up to sixteen bytes, in front of which blanks may stand."""
    first = Slot(None, Meaning.LITERAL, b"", opening=text[:8], padded=True)
    return (first, literal(text[8:])) if text[8:] else (first,)


_COMMENT = Slot(None, Meaning.TEXT, b"\n", opening=b"#", missing=Missing.SKIPPED)
"""One of the lines that MariaDB and Percona add, whose number depends on log_slow_verbosity."""

_SLOW = (
    *_named(b"# User@Host:"),
    Slot("user", Meaning.TEXT, b"[", padded=True),
    Slot("current_user", Meaning.TEXT, b"] @ "),
    Slot("client_host", Meaning.TEXT, b" ["),
    bracketed("client", b"]", b""),
    Slot(None, Meaning.LITERAL, b"", opening=b"Id:", padded=True, missing=Missing.SKIPPED),
    Slot("thread", Meaning.ENDPOINT, b"\n", padded=True),  # null where there is none, which a text is not
    Slot(None, Meaning.TEXT, b"\n", opening=b"# Thread", missing=Missing.SKIPPED),
    Slot(None, Meaning.TEXT, b"\n", opening=b"# Schema", missing=Missing.SKIPPED),
    *_named(b"# Query_time: "),
    Slot("duration", Meaning.DURATION, b" "),
    *_named(b"Lock_time: "),
    Slot("lock_time", Meaning.DURATION, b" "),
    *_named(b"Rows_sent: "),
    number("rows_sent", b""),
    *_named(b"Rows_examined: "),
    number("rows_examined", b""),
    Slot(None, Meaning.TEXT, b"\n"),
    *[_COMMENT] * 16,
    Slot("database", Meaning.TEXT, b";", opening=b"use ", missing=Missing.SKIPPED),
    maybe(literal(b"\r")),
    maybe(literal(b"\nSET tim")),
    maybe(literal(b"SET tim")),
    Slot("time", Meaning.STAMP, b"", opening=b"estamp=", missing=Missing.SKIPPED, layout="%s"),
    Slot(None, Meaning.TEXT, b"\n", opening=b";", missing=Missing.SKIPPED),
    MESSAGE,
)

DATABASES = (
    app(
        "mysql_error",
        "error log of MySQL from 5.6 on and of MariaDB",
        (
            stamp(f"{ISO}%|%Y-%m-%d %H:%M:%S", b" "),
            word("thread", b" ["),
            level(b"] ", padded=False),
            MESSAGE,
        ),
        rank=-3,
        head=3,
        continues="message",
        needs=(b" [", b"] "),
        begins=rb"\d{4}-\d\d-\d\d[ T] ?\d?\d:[\d:.]+\S* +\w+ +\[\w+\] ",
        within=Within(
            "message",
            (
                Part("code", b"[", b"] [", in_front=True),
                Part("subsystem", b"] [", b"]", in_front=True),
                Part("user", b"user '", b"'@'", anywhere=True),
                Part("client", b"'@'", b"'", in_front=True),
            ),
        ),
        samples=(
            Sample(
                "2019-03-24T13:44:25.484123Z 0 [System] [MY-013169] [Server] /usr/sbin/mysqld (mysqld 8.0.15)",
                {
                    "time": "2019-03-24T13:44:25.484123Z",
                    "thread": "0",
                    "level": "INFO",
                    "code": "MY-013169",
                    "subsystem": "Server",
                    "message": "[MY-013169] [Server] /usr/sbin/mysqld (mysqld 8.0.15)",
                },
            ),
            Sample(
                "2019-10-16 17:24:15 0 [Note] InnoDB: Uses event mutexes",
                {"level": "INFO", "code": None, "subsystem": None, "message": "InnoDB: Uses event mutexes"},
            ),
            Sample(
                "2024-01-02 3:04:05 33 [Warning] Access denied for user 'joe'@'192.0.2.1' (using password: NO)",
                {"user": "joe", "client": "192.0.2.1", "code": None},
            ),
            Sample("2024-01-02  3:04:05 33 [Warning] Aborted", {"time": "2024-01-02T03:04:05Z", "thread": "33"}),
        ),
        refused=("2019-10-16 17:24:15 0 InnoDB: x", "2019-10-16 17:24:15 [Note] x", "Version: '8.0.15'"),
    ),
    app(
        "mysql_error_old",
        "error log of MySQL up to 5.5, and of mysqld_safe",
        (
            stamp("%y%m%d %H:%M:%S", b" "),
            maybe(level(b"] ", b"[")),
            Slot("message", Meaning.TEXT, b"\n", padded=True),
        ),
        rank=-6,
        continues="message",
        samples=(
            Sample(
                "161209 14:18:50 [Warning] Using unique option prefix",
                {"time": "2016-12-09T14:18:50Z", "level": "WARN", "message": "Using unique option prefix"},
            ),
            Sample(
                "161209  9:18:50  InnoDB: Waiting for the background threads to start",
                {
                    "time": "2016-12-09T09:18:50Z",
                    "level": None,
                    "message": "InnoDB: Waiting for the background threads to start",
                },
            ),
        ),
        refused=("InnoDB: Doublewrite buffer created", "161309 14:18:50 x", "16-12-09 14:18:50 x"),
    ),
    app(
        "mysql_slow",
        "slow query log of MySQL, MariaDB and Percona; the time is that of SET timestamp",
        _SLOW,
        rank=0,
        continues="message",
        headers=(b"# Time: ", b"Tcp port", b"Time   ", b"Time\t"),
        needs=(b"# User@Host: ", b"# Query_time: "),
        samples=(
            Sample(
                "# User@Host: root[root] @ localhost []  Id:     2\n"
                "# Query_time: 11.004467  Lock_time: 0.000000 Rows_sent: 1  Rows_examined: 7\n"
                "SET timestamp=1481543656;\nselect sleep(11);",
                {
                    "time": "2016-12-12T11:54:16Z",
                    "user": "root",
                    "client_host": "localhost",
                    "client": None,
                    "thread": "2",
                    "duration": 11.004467,
                    "lock_time": 0.0,
                    "rows_sent": 1,
                    "rows_examined": 7,
                    "message": "select sleep(11);",
                },
            ),
            Sample(
                "# User@Host: root[root] @  [192.168.0.10]\n# Thread_id: 37  Schema: employees  QC_hit: No\n"
                "# Query_time: 2.46  Lock_time: 0.1  Rows_sent: 10  Rows_examined: 31\n# Rows_affected: 0\n#\n"
                "use employees;\nSET timestamp=1553443380;\nSELECT 1",
                {"thread": None, "client": "192.168.0.10", "database": "employees", "time": "2019-03-24T16:03:00Z"},
            ),
        ),
        refused=(
            "# User@Host: root[root] @ localhost []",
            "/usr/sbin/mysqld, Version: 5.5.53 (Ubuntu). started with:",
        ),
    ),
    app(
        "mysql_general",
        "general query log of MySQL and MariaDB: time, thread, command, statement",
        (
            stamp(ISO, b"\t"),
            word("thread"),
            Slot("command", Meaning.TEXT, b"\t", solid=True),
            MESSAGE,
        ),
        rank=-1,
        begins=rb"\d{4}-\d\d-\d\dT\S+\t *\d+ ",
        head=3,
        continues="message",
        headers=(b"Tcp port", b"Time   ", b"Time\t"),
        needs=(b"\t",),
        samples=(
            Sample(
                "2024-01-02T03:04:05.678901Z\t    8 Query\tSELECT 1",
                {
                    "time": "2024-01-02T03:04:05.678901Z",
                    "thread": "8",
                    "command": "Query",
                    "message": "SELECT 1",
                },
            ),
        ),
        refused=("2024-01-02T03:04:05.678901Z\t8\tQuery\tx", "2024-01-02T03:04:05.678901Z 8 Query\tx"),
    ),
    app(
        "mysql_general_old",
        "general query log of MySQL up to 5.6 and of MariaDB: time, thread, command, statement; an equal time is not "
        "repeated",
        (
            maybe(stamp("%y%m%d %H:%M:%S", b"\t")),
            maybe(literal(b"\t\t")),
            word("thread"),
            Slot("command", Meaning.WORD, b"\t", padded=True),
            MESSAGE,
        ),
        rank=-1,
        begins=rb"\d{6} [ \d]\d:\d\d:\d\d\t *\d+ [A-Z]",
        head=4,
        continues="message",
        headers=(b"Tcp port", b"Time   ", b"Time\t"),
        samples=(
            Sample(
                "240102  3:04:05\t   12 Query\tSELECT 1",
                {"time": "2024-01-02T03:04:05Z", "thread": "12", "command": "Query", "message": "SELECT 1"},
            ),
            Sample("\t\t   12 Quit\t", {"time": None, "thread": "12", "command": "Quit"}),
        ),
        refused=("240102  3:04:05\tQuery\tSELECT 1", "240102  3:04:05 12 Query SELECT 1"),
    ),
    app(
        "redis",
        "Redis from 3.0 on: process:role time sign message",
        (
            number("pid", b":"),
            word("role"),
            stamp("%d %b %Y %H:%M:%S%.%|%d %b %H:%M:%S%.", b" "),
            level(padded=False),
            MESSAGE,
        ),
        rank=-1,
        begins=rb" *\d+:",
        head=3,
        needs=(b":",),
        samples=(
            Sample(
                "26571:M 27 Dec 2018 11:19:18.874 * Synchronization succeeded",
                {
                    "time": "2018-12-27T11:19:18.874000Z",
                    "pid": 26571,
                    "role": "M",
                    "level": "INFO",
                    "message": "Synchronization succeeded",
                },
            ),
            Sample("98738:C 30 May 12:23:52.442 # cut", {"time": "2000-05-30T12:23:52.442000Z", "level": "WARN"}),
        ),
        refused=("26571:M 27 Dec 2018 11:19:18.874 x", "5092:signal-handler (1496141844) Received SIGINT"),
    ),
    app(
        "redis_old",
        "Redis up to 2.8: [process] time sign message, with the process or without",
        (
            maybe(number("pid", b"] ", b"[")),
            stamp("%d %b %H:%M:%S%.", b" "),
            level(padded=False),
            MESSAGE,
        ),
        rank=-2,
        begins=rb"(?:\[\d+\] )?\d\d? [A-Z][a-z][a-z] ",
        head=3,
        needs=(b":",),
        samples=(
            Sample(
                "[2932] 31 May 04:32:08 * Server started, Redis version 2.4.6",
                {"time": "2000-05-31T04:32:08Z", "pid": 2932, "level": "INFO"},
            ),
            Sample("30 May 10:03:19 - Server started", {"pid": None, "level": "TRACE", "message": "Server started"}),
        ),
        refused=("31 Mal 04:32:08 * x", "[2932] 31 May 04:32:08 x"),
    ),
    app(
        "mongodb",
        "MongoDB before 4.4: time level component [context] message",
        (
            stamp(ISO, b" "),
            level(padded=False),
            word("logger"),
            bracketed("thread"),
            PADDED_MESSAGE,
        ),
        rank=-2,
        head=2,
        needs=(b" [", b"] "),
        unlike=Expression(rb"(?!\d{4}-\d\d-\d\dT\S+ [A-Z]\d? +\S)"),
        unlike_reason="its time has a blank, or its levels are words; MongoDB's levels are letters",
        samples=(
            Sample(
                "2018-02-05T13:44:56.657+0100 I CONTROL  [initandlisten] git version: 00958",
                {
                    "time": "2018-02-05T12:44:56.657000Z",
                    "level": "INFO",
                    "logger": "CONTROL",
                    "thread": "initandlisten",
                    "message": "git version: 00958",
                },
            ),
        ),
        refused=("2018-02-05T13:44:56.657+0100 [initandlisten] x", "2018-02-05T13:44:56.657+0100 I CONTROL x"),
    ),
)
"""Rows of the family."""
