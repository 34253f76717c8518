"""PostgreSQL with the values of log_line_prefix that services and packages set, or that tools ask for.

https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_LogAccess.Concepts.PostgreSQL.html,
https://pgbadger.darold.net/documentation.html
"""

from __future__ import annotations

import re
from dataclasses import replace

from logproc.expressions import Expression
from logproc.formats.format import Format, Sample
from logproc.formats.postgres import compile_postgres

_TIME = rb"\d{4}-\d\d-\d\d [\d:.]+ [A-Z]\w+"


def _postgres(name: str, prefix: str, doc: str, begins: bytes, *samples: Sample) -> Format:
    """Return a row for a log_line_prefix that many use."""
    return replace(
        compile_postgres(prefix),
        name=name,
        doc=f"PostgreSQL with log_line_prefix '{prefix}': {doc}",
        rank=-2,
        samples=samples,
        refused=("2024-01-02 03:04:05 UTC [1234] x", "\tFROM a"),
        needs=(b": ",),
        begins=Expression(b"^" + begins.replace(b"TIME", _TIME), re.MULTILINE),
    )


POSTGRES_PREFIXES = (
    _postgres(
        "postgres_rds",
        "%t:%r:%u@%d:[%p]:",
        "Amazon RDS and Aurora",
        rb"TIME:[^@]*@[^:]*:\[\d+\]:",
        Sample(
            "2024-01-02 03:04:05 UTC:192.0.2.1(4321):joe@app:[1234]:LOG:  duration: 125.5 ms  statement: select 1",
            {
                "time": "2024-01-02T03:04:05Z",
                "client": "192.0.2.1",
                "user": "joe",
                "database": "app",
                "pid": 1234,
                "level": "INFO",
                "duration": 0.1255,
            },
        ),
    ),
    _postgres(
        "postgres_pgbadger",
        "%t [%p]: [%l-1] user=%u,db=%d,app=%a,client=%h ",
        "what pgBadger asks for",
        rb"TIME \[\d+\]: \[\d+-1\] user=",
        Sample(
            "2024-01-02 03:04:05 UTC [1234]: [1-1] user=joe,db=app,app=psql,client=192.0.2.1 LOG:  duration: 3.5 ms",
            {
                "time": "2024-01-02T03:04:05Z",
                "client": "192.0.2.1",
                "user": "joe",
                "database": "app",
                "application": "psql",
                "pid": 1234,
                "level": "INFO",
                "duration": 0.0035,
            },
        ),
    ),
    _postgres(
        "postgres_host_first",
        "%h %m [%p] %q%u@%d ",
        "the host in front, as Supabase sets it",
        rb"(?:\[local\]|[\d.a-f:]+) TIME \[\d+\] ",
        Sample(
            '192.0.2.1 2024-01-02 03:04:05.678 UTC [5394] joe@shop FATAL:  no password for user "joe"',
            {
                "time": "2024-01-02T03:04:05.678000Z",
                "client": "192.0.2.1",
                "pid": 5394,
                "user": "joe",
                "database": "shop",
                "level": "FATAL",
            },
        ),
    ),
    _postgres(
        "postgres_hosts",
        "%m [%p] %h %u@%d ",
        "the host before user and database",
        rb"TIME \[\d+\] [\w.:-]+ \S+@\S+ [A-Z]+:  ",
        Sample(
            "2024-01-02 03:04:05.678 UTC [147] 192.0.2.1 joe@shop ERROR:  no such table",
            {"pid": 147, "client": "192.0.2.1", "user": "joe", "database": "shop", "level": "ERROR"},
        ),
    ),
    _postgres(
        "postgres_rds_full",
        "%m:%r:%u@%d:[%p]:%l:%e:%s:%v:%x:%c:%q%a:",
        "Amazon RDS and Aurora from 2023 on",
        rb"TIME:[^@]*@[^:]*:\[\d+\]:\d+:[0-9A-Z]{5}:",
        Sample(
            "2024-01-02 03:04:05.678 UTC:192.0.2.1(4321):joe@app:[1234]:395:00000:2024-01-02 03:04:00 UTC:3/4:0:"
            "68c.4f71:psql:LOG:  execute S_1: select 1",
            {
                "time": "2024-01-02T03:04:05.678000Z",
                "client": "192.0.2.1",
                "remote_port": 4321,
                "user": "joe",
                "database": "app",
                "pid": 1234,
                "line_number": 395,
                "code": "00000",
                "session": "68c.4f71",
                "application": "psql",
                "level": "INFO",
                "step": "execute S_1",
                "message": "select 1",
            },
        ),
        Sample(
            "2024-01-02 03:04:05.678 UTC::@:[1234]:1:00000:2024-01-02 03:04:00 UTC:20/1:0:693.72:LOG:  shut down",
            {"client": None, "user": None, "application": None, "message": "shut down"},
        ),
    ),
    _postgres(
        "postgres_azure",
        "%t-%c-",
        "Azure",
        rb"TIME-[0-9a-f]+\.[0-9a-f]+-[A-Z]+: ",
        Sample(
            "2024-01-02 03:04:05 UTC-6a8372f9.6b-LOG:  statement: select 1",
            {"time": "2024-01-02T03:04:05Z", "session": "6a8372f9.6b", "level": "INFO", "message": "select 1"},
        ),
    ),
    _postgres(
        "postgres_client_app",
        "%m [%p] %d %a %u %h %c ",
        "database, application, user, client and session",
        rb"TIME \[\d+\] (?:\S* ){4}[0-9a-f]+\.[0-9a-f]+ [A-Z]+: ",
        Sample(
            "2024-01-02 03:04:05.678 UTC [5237] shop psql joe [local] 5a0348cd.1475 LOG:  statement: select 1",
            {"pid": 5237, "database": "shop", "application": "psql", "user": "joe", "session": "5a0348cd.1475"},
        ),
    ),
    _postgres(
        "postgres_database_first",
        "%m [%p]: [%l-1] db=%d,user=%u,app=%a,client=%h ",
        "the database before the user, application and client",
        rb"TIME \[\d+\]: \[\d+-1\] db=[^,]*,user=[^,]*,app=",
        Sample(
            "2024-01-02 03:04:05.678 CEST [7]: [1-1] db=shop,user=joe,app=[unknown],client=[local] FATAL:  no",
            {"pid": 7, "database": "shop", "user": "joe", "level": "FATAL", "message": "no"},
        ),
    ),
    _postgres(
        "postgres_cloud",
        "%m [%p]: [%l-1] db=%d,user=%u ",
        "Google Cloud SQL",
        rb"TIME \[\d+\]: \[\d+-1\] db=[^,]*,user=\S* [A-Z]+: ",
        Sample(
            "2024-01-02 03:04:05.678 UTC [7]: [5-1] db=shop,user=joe ERROR:  no such table",
            {"pid": 7, "line_number": 5, "database": "shop", "user": "joe", "level": "ERROR"},
        ),
    ),
    _postgres(
        "postgres_user_first",
        "%t [%p]: [%l-1] user=%u,db=%d ",
        "what pgBadger asked for earlier",
        rb"TIME \[\d+\]: \[\d+-1\] user=[^,]*,db=\S* [A-Z]+: ",
        Sample(
            "2024-01-02 03:04:05 UTC [7]: [5-1] user=joe,db=shop ERROR:  no such table",
            {"pid": 7, "line_number": 5, "database": "shop", "user": "joe", "level": "ERROR"},
        ),
    ),
    _postgres(
        "postgres_backend",
        "%m [%p][%b]: [%l-1] db=%d,user=%u ",
        "with the kind of the process",
        rb"TIME \[\d+\]\[[^\]]*\]: \[\d+-1\] db=",
        Sample(
            "2024-01-02 03:04:05.678 UTC [7][client backend]: [10-1] db=shop,user=joe LOG:  statement: select 1",
            {"pid": 7, "backend_type": "client backend", "database": "shop", "user": "joe", "message": "select 1"},
        ),
    ),
    _postgres(
        "postgres_named",
        "%m [%p] %q[user=%u,db=%d,app=%a] ",
        "sessions with their names in brackets",
        rb"TIME \[\d+\] \[user=",
        Sample(
            "2024-01-02 03:04:05.678 UTC [7] [user=joe,db=shop,app=psql] ERROR:  no such table",
            {"pid": 7, "user": "joe", "database": "shop", "application": "psql", "level": "ERROR"},
        ),
    ),
    _postgres(
        "postgres_enclosed",
        "< %m >",
        "packages of PostgreSQL 9 for Red Hat",
        rb"< TIME >[A-Z]+: ",
        Sample(
            "< 2015-11-02 03:42:05.129 UTC >LOG:  database system was shut down",
            {"time": "2015-11-02T03:42:05.129000Z", "level": "INFO", "message": "database system was shut down"},
        ),
    ),
)
"""Rows of the family."""
