"""Logs of further databases and stores: SQL Server, Oracle, MariaDB's audit plugin, PgBouncer, Ceph, TiDB, CouchDB.

https://mariadb.com/kb/en/mariadb-audit-plugin-log-format/, https://www.cockroachlabs.com/docs/stable/log-formats,
https://docs.pingcap.com/tidb/stable
"""

from __future__ import annotations

from logproc.formats.format import Sample
from logproc.formats.heads import (
    ISO,
    LINE_END,
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
from logproc.formats.program import Meaning, Slot
from logproc.formats.within import Part, Within

STORES = (
    app(
        "pgbouncer",
        "PgBouncer: time [process] LEVEL message",
        (stamp("%i %Z%|%i", b" ["), number("pid", b"] "), level(), MESSAGE),
        rank=0,
        needs=(b" [", b"] "),
        begins=rb"\d{4}-\d\d-\d\d [\d:.]+(?: [A-Z]+)? \[\d+\] (?:LOG|WARNING|ERROR|FATAL|DEBUG|NOISE) ",
        samples=(
            Sample(
                "2024-01-02 03:04:05.678 UTC [1234] LOG C-0x55: app/joe@192.0.2.1:4321 login attempt: db=app",
                {
                    "time": "2024-01-02T03:04:05.678000Z",
                    "pid": 1234,
                    "level": "INFO",
                    "message": "C-0x55: app/joe@192.0.2.1:4321 login attempt: db=app",
                },
            ),
        ),
        refused=("2024-01-02 03:04:05.678 UTC LOG x", "2024-01-02 03:04:05.678 UTC [main] LOG x"),
    ),
    app(
        "mariadb_audit",
        "MariaDB's audit plugin: time,host,user,client,connection,query,operation,database,object,result",
        (
            stamp("%Y%m%d %H:%M:%S", b","),
            Slot("host", Meaning.WORD, b","),
            maybe(Slot("user", Meaning.WORD, b",")),
            maybe(literal(b",")),
            Slot("client", Meaning.WORD, b","),
            number("connection", b","),
            number("query_id", b","),
            Slot("operation", Meaning.WORD, b","),
            maybe(Slot("database", Meaning.WORD, b",")),
            maybe(literal(b",")),
            MESSAGE,
        ),
        rank=0,
        single=True,
        begins=rb"\d{8} \d\d:\d\d:\d\d,[^,]+,[^,]*,[^,]+,\d+,\d+,[A-Z_]+,",
        samples=(
            Sample(
                "20240102 03:04:05,db1,joe,192.0.2.1,5,123,QUERY,app,'select 1',0",
                {
                    "time": "2024-01-02T03:04:05Z",
                    "host": "db1",
                    "user": "joe",
                    "client": "192.0.2.1",
                    "connection": 5,
                    "query_id": 123,
                    "operation": "QUERY",
                    "database": "app",
                    "message": "'select 1',0",
                },
            ),
        ),
        refused=("20240102 03:04:05,db1,joe,192.0.2.1,QUERY", "20241302 03:04:05,db1,joe,192.0.2.1,5,1,QUERY,a,b,0"),
    ),
    app(
        "mssql",
        "SQL Server's ERRORLOG: time, source and message",
        (stamp("%i", b" "), word("thread"), PADDED_MESSAGE),
        rank=-6,
        begins=rb"\d{4}-\d\d-\d\d [\d:]{8}\.\d\d (?:spid\d+s?|Server|Logon|Backup) ",
        sure=rb"spid\d+",
        within=Within(
            "message",
            (Part("user", b"user '", b"'", anywhere=True), Part("client", b"[CLIENT: ", b"]", anywhere=True)),
        ),
        samples=(
            Sample(
                "2024-01-02 03:04:05.67 Logon       Login failed for user 'SA'. Reason: no match. [CLIENT: 192.0.2.1]",
                {"thread": "Logon", "user": "SA", "client": "192.0.2.1"},
            ),
            Sample(
                "2024-01-02 03:04:05.67 spid12s     Starting up database 'master'.",
                {
                    "time": "2024-01-02T03:04:05.670000Z",
                    "thread": "spid12s",
                    "message": "Starting up database 'master'.",
                },
            ),
        ),
        refused=("2024-01-02 03:04 spid12s Starting", "spid12s x"),
    ),
    app(
        "db2diag",
        "diagnostic log of IBM Db2: time with minutes east of UTC, record, LEVEL: level, and the lines behind",
        (
            stamp("%Y-%m-%d-%H.%M.%S%.%o", b" "),
            word("record"),
            Slot(None, Meaning.LITERAL, b"", opening=b"LEVEL: ", padded=True),
            Slot("level", Meaning.LEVEL, b""),
            PADDED_MESSAGE,
        ),
        rank=3,
        continues="message",
        head=4,
        begins=rb"\d{4}-\d\d-\d\d-\d\d\.\d\d\.\d\d\.\d{6}[+-]\d{1,4} \w+ +LEVEL: ",
        samples=(
            Sample(
                "2024-01-02-03.04.05.678901-300 E1234A567            LEVEL: Error (OS)\n"
                "PID     : 12345                TID : 140123       PROC : db2sysc 0",
                {
                    "time": "2024-01-02T08:04:05.678901Z",
                    "record": "E1234A567",
                    "level": "ERROR",
                    "message": "(OS)\nPID     : 12345                TID : 140123       PROC : db2sysc 0",
                },
            ),
        ),
        refused=("2024-01-02-03.04.05.678901-300 E1234A567 x", "PID     : 12345"),
    ),
    app(
        "oracle_alert",
        "Oracle's alert log: a line with the time, then the message's lines",
        (stamp(f"{ISO}%|%a %b %d %H:%M:%S %Y", b""), *LINE_END, MESSAGE),
        rank=-3,
        continues="message",
        begins=rb"(?:\d{4}-\d\d-\d\dT[\d:]{8}\.\d{6}\S{6}|[A-Z][a-z]{2} [A-Z][a-z]{2} \d\d [\d:]{8} \d{4})\r?$",
        samples=(
            Sample(
                "2024-01-02T03:04:05.678901+00:00\nThread 1 advanced to log sequence 123\n  Current log# 1 seq# 123",
                {
                    "time": "2024-01-02T03:04:05.678901Z",
                    "message": "Thread 1 advanced to log sequence 123\n  Current log# 1 seq# 123",
                },
            ),
        ),
        refused=("2024-01-02T03:04:05.678901+00:00 Thread 1", "Thread 1 advanced"),
    ),
    app(
        "ceph",
        "Ceph: time thread level message",
        (stamp(ISO, b" "), word("thread"), Slot("verbosity", Meaning.INTEGER, b" "), PADDED_MESSAGE),
        rank=2,
        begins=rb"\d{4}-\d\d-\d\d[T ]\S+ [\da-f]{12} +-?\d+ ",
        head=2,
        samples=(
            Sample(
                "2024-01-02T03:04:05.678+0000 7f1234567700 -1 osd.0 123 heartbeat_check",
                {
                    "time": "2024-01-02T03:04:05.678000Z",
                    "thread": "7f1234567700",
                    "verbosity": -1,
                    "message": "osd.0 123 heartbeat_check",
                },
            ),
        ),
        refused=("2024-01-02T03:04:05.678+0000 osd.0 x", "7f1234567700 -1 x"),
    ),
    app(
        "tidb",
        "TiDB, TiKV and PD: [time] [LEVEL] [file:line] [message] and fields",
        (stamp("%Y/%m/%d %H:%M:%S%.%z", b"] ["), level(b"] ", padded=False), bracketed("logger"), MESSAGE),
        prefix=b"[",
        rank=-2,
        needs=(b"] [",),
        samples=(
            Sample(
                '[2024/01/02 03:04:05.678 +00:00] [INFO] [server.go:12] ["server is running"] [addr=0.0.0.0:4000]',
                {
                    "time": "2024-01-02T03:04:05.678000Z",
                    "level": "INFO",
                    "logger": "server.go:12",
                    "message": '["server is running"] [addr=0.0.0.0:4000]',
                },
            ),
        ),
        refused=("[2024/01/02 03:04:05.678 +00:00] [INFO] x", "[2024-01-02 03:04:05.678] [INFO] [a] x"),
    ),
    app(
        "couchdb",
        "CouchDB and InfluxDB's tools: [level] time message",
        (level(b"] ", padded=False), stamp(ISO, b" "), MESSAGE),
        prefix=b"[",
        rank=-6,
        begins=rb"\[[A-Za-z]+\] \d{4}-\d\d-\d\dT",
        head=2,
        samples=(
            Sample(
                "[notice] 2024-01-02T03:04:05.678901Z couchdb@127.0.0.1 <0.9.0> -------- started",
                {
                    "time": "2024-01-02T03:04:05.678901Z",
                    "level": "INFO",
                    "message": "couchdb@127.0.0.1 <0.9.0> -------- started",
                },
            ),
        ),
        refused=("[notice] couchdb", "[soon] 2024-01-02T03:04:05Z x"),
    ),
    app(
        "cockroach",
        "CockroachDB: LYYMMDD clock goroutine file:line [tags] message",
        (
            Slot("level", Meaning.LETTER, b""),
            stamp("%y%m%d %H:%M:%S%.", b" "),
            number("goroutine"),
            word("logger"),
            PADDED_MESSAGE,
        ),
        rank=-2,
        begins=rb"[IWEF]\d{6} [\d:.]+ \d+ \S+:\d+ ",
        head=2,
        samples=(
            Sample(
                "W240102 03:04:05.678901 1234 2@util/log/x.go:12 ⋮ [-] 13  slow",
                {
                    "time": "2024-01-02T03:04:05.678901Z",
                    "level": "WARN",
                    "logger": "2@util/log/x.go:12",
                    "message": "⋮ [-] 13  slow",
                },
            ),
        ),
        refused=("W0102 03:04:05.678901 1 a.go:1] x", "X240102 03:04:05.678901 1 a.go:1 x"),
    ),
    app(
        "hana",
        "SAP HANA's traces: [thread]{connection}[transaction] time letter component file : message",
        (
            word("thread", b"]{"),
            word("connection", b"}["),
            word("transaction", b"] "),
            stamp(ISO, b" "),
            level(padded=False),
            word("logger"),
            PADDED_MESSAGE,
        ),
        prefix=b"[",
        rank=1,
        head=5,
        needs=(b"]{", b"}["),
        samples=(
            Sample(
                "[12345]{-1}[-1/-1] 2024-01-02 03:04:05.678901 e Basis  TraceStream.cpp(00719) : Cannot open",
                {
                    "time": "2024-01-02T03:04:05.678901Z",
                    "thread": "12345",
                    "level": "ERROR",
                    "logger": "Basis",
                    "message": "TraceStream.cpp(00719) : Cannot open",
                },
            ),
        ),
        refused=("[12345] 2024-01-02 03:04:05.678901 e Basis x", "[1]{-1}[-1/-1] x e Basis x"),
    ),
    app(
        "erlang",
        "Erlang's reports, as RabbitMQ up to 3.6 and ejabberd write them: =LEVEL REPORT==== time ===, then the message",
        (
            literal(b"="),
            level(b" REPORT=", padded=False),
            literal(b"=== "),
            stamp(f"%d-%b-%Y::%H:%M:%S%.%|{ISO}", b" ==="),
            Slot(None, Meaning.TEXT, b"\n"),
            MESSAGE,
        ),
        rank=0,
        head=4,
        continues="message",
        samples=(
            Sample(
                "=ERROR REPORT==== 2-Jan-2024::03:04:06 ===\nclosing connection",
                {"time": "2024-01-02T03:04:06Z", "level": "ERROR", "message": "closing connection"},
            ),
        ),
        refused=("=ERROR REPORT==== today ===", "ERROR REPORT 2-Jan-2024::03:04:06"),
    ),
)
"""Rows of the family."""
