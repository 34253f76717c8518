"""Logs of servers and services in the layouts that these have unless told otherwise.

https://www.envoyproxy.io/docs/envoy/latest/operations/cli#cmdoption-log-format,
https://pkg.go.dev/github.com/hashicorp/go-hclog, https://www.rabbitmq.com/docs/logging
"""

from __future__ import annotations

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
from logproc.formats.program import Meaning, Slot

_CLOSED_LEVEL = level(b"]", b"[", padded=False)

DAEMONS = (
    app(
        "fail2ban",
        "Fail2ban: time logger [process]: LEVEL message",
        (stamp(ISO, b" "), word("logger"), number("pid", b"]: ", b"["), level(), PADDED_MESSAGE),
        rank=-1,
        needs=(b"]: ",),
        begins=rb"\d{4}-\d\d-\d\d",
        head=3,
        samples=(
            Sample(
                "2024-01-02 03:04:05,678 fail2ban.actions        [1234]: NOTICE  [sshd] Ban 203.0.113.7",
                {
                    "time": "2024-01-02T03:04:05.678000Z",
                    "logger": "fail2ban.actions",
                    "pid": 1234,
                    "level": "INFO",
                    "message": "[sshd] Ban 203.0.113.7",
                },
            ),
        ),
        refused=("2024-01-02 03:04:05,678 fail2ban.actions[1234]: x", "2024-01-02 03:04:05,678 a [b]: INFO x"),
    ),
    app(
        "envoy_app",
        "Envoy's own log: [time][thread][level][logger] [file:line] message",
        (
            stamp(ISO, b"]["),
            word("thread", b"]["),
            level(b"][", padded=False),
            bracketed("logger", b"] ", b""),
            maybe(bracketed("file")),
            MESSAGE,
        ),
        prefix=b"[",
        rank=0,
        head=3,
        needs=(b"][", b"] "),
        samples=(
            Sample(
                "[2024-01-02 03:04:05.678][14][debug][conn_handler] [source/server/tcp.cc:142] [C0] new connection",
                {
                    "time": "2024-01-02T03:04:05.678000Z",
                    "thread": "14",
                    "level": "DEBUG",
                    "logger": "conn_handler",
                    "file": "source/server/tcp.cc:142",
                    "message": "[C0] new connection",
                },
            ),
        ),
        refused=("[2024-01-02 03:04:05.678][14][conn_handler] x", "[2024-01-02 03:04:05.678][a b][info][b] x"),
    ),
    app(
        "hclog",
        "HashiCorp's Consul, Vault, Nomad and Terraform: time [LEVEL]  module: message",
        (stamp(ISO, b" "), _CLOSED_LEVEL, word("logger", b": "), MESSAGE),
        rank=-4,
        begins=rb"\d{4}-\d\d-\d\dT\S+ \[[A-Z]+\] ",
        head=2,
        needs=(b" [", b"] ", b": "),
        samples=(
            Sample(
                "2024-01-02T03:04:05.678Z [INFO]  agent.server: joined: node=a",
                {
                    "time": "2024-01-02T03:04:05.678000Z",
                    "level": "INFO",
                    "logger": "agent.server",
                    "message": "joined: node=a",
                },
            ),
        ),
        refused=("2024-01-02T03:04:05.678Z [INFO] joined a: b", "2024-01-02T03:04:05.678Z INFO agent: x"),
    ),
    app(
        "rabbitmq",
        "RabbitMQ from 3.9 on, ejabberd: time [level] <process> message, or <process>@module:function:line message",
        (
            stamp(ISO, b" "),
            level(b"] ", b"["),
            word("process", b">", b"<"),
            maybe(word("logger", b" ", b"@")),
            PADDED_MESSAGE,
        ),
        rank=-1,
        needs=(b" [", b"] <", b">"),
        begins=rb"\d{4}-\d\d-\d\d[T ][\d:.]+\S* \[[a-z]+\] +<\d+\.\d+\.\d+>[@ ]",
        samples=(
            Sample(
                "2024-01-02 03:04:05.678901+00:00 [warning] <0.231.0> disk free space low",
                {
                    "time": "2024-01-02T03:04:05.678901Z",
                    "level": "WARN",
                    "process": "0.231.0",
                    "message": "disk free space low",
                },
            ),
            Sample(
                "2024-01-02 03:04:05.678 [info] <0.585.0>@ejabberd_c2s:wait_for_auth:965 Failed authentication",
                {"process": "0.585.0", "logger": "ejabberd_c2s:wait_for_auth:965", "message": "Failed authentication"},
            ),
        ),
        refused=("2024-01-02 03:04:05.678901+00:00 [warning] disk", "2024-01-02 03:04:05 <0.1.0> x"),
    ),
    app(
        "clickhouse",
        "ClickHouse: time [ thread ] {query} <Level> logger: message",
        (
            stamp("%Y.%m.%d %H:%M:%S%.", b" "),
            bracketed("thread", b"] ", b"[ "),
            Slot("query_id", Meaning.TEXT, b"} ", opening=b"{"),
            level(b"> ", b"<"),
            word("logger", b": "),
            MESSAGE,
        ),
        rank=0,
        needs=(b" [ ", b" ] {", b"} <", b"> "),
        samples=(
            Sample(
                "2024.01.02 03:04:05.678901 [ 345 ] {3f3b-11} <Error> executeQuery: Code: 60",
                {
                    "time": "2024-01-02T03:04:05.678901Z",
                    "thread": "345",
                    "query_id": "3f3b-11",
                    "level": "ERROR",
                    "logger": "executeQuery",
                    "message": "Code: 60",
                },
            ),
            Sample("2024.01.02 03:04:05.6 [ 1 ] {} <Information> Application: up", {"level": "INFO", "message": "up"}),
        ),
        refused=("2024.01.02 03:04:05.678901 [ 345 ] <Error> a: b", "2024.01.02 03:04:05 [ 1 ] {} <Other> a: b"),
    ),
    app(
        "squid_cache",
        "Squid's cache.log: time, the process, a bar and the message",
        (
            stamp("%Y/%m/%d %H:%M:%S%.", b""),
            maybe(word("process", b"| ")),
            maybe(literal(b"| ")),
            maybe(level(b": ", padded=False)),
            MESSAGE,
        ),
        rank=-7,
        begins=rb"\d{4}/\d\d/\d\d \d\d:\d\d:\d\d(?: kid\d+)?\| ",
        head=1,
        needs=(b"| ",),
        samples=(
            Sample(
                "2024/01/02 03:04:05 kid1| Starting Squid Cache version 5.7",
                {
                    "time": "2024-01-02T03:04:05Z",
                    "process": "kid1",
                    "level": None,
                    "message": "Starting Squid Cache version 5.7",
                },
            ),
            Sample(
                "2024/01/02 03:04:05| WARNING: no_suid: setuid(0)",
                {"process": None, "level": "WARN", "message": "no_suid: setuid(0)"},
            ),
        ),
        refused=("2024-01-02 03:04:05| x", "text"),
    ),
    app(
        "icinga",
        "Icinga 2: [time] level/facility: message",
        (stamp(ISO, b"] "), level(b"/"), Slot("logger", Meaning.TEXT, b": "), MESSAGE),
        prefix=b"[",
        rank=-2,
        needs=(b"[", b"] ", b"/", b": "),
        samples=(
            Sample(
                "[2017-04-04 11:43:09 +0200] information/Notification: Sending 'Recovery'",
                {"time": "2017-04-04T09:43:09Z", "level": "INFO", "logger": "Notification"},
            ),
        ),
        refused=("[2017-04-04 11:43:09 +0200] Notification: x", "[2017-04-04 11:43:09 +0200] x/Notification: x"),
    ),
    app(
        "nats",
        "NATS server: [process] time [LVL] message",
        (number("pid", b"] "), stamp("%Y/%m/%d %H:%M:%S%.", b" ["), level(b"] "), MESSAGE),
        prefix=b"[",
        rank=-1,
        head=2,
        needs=(b"[", b"] ", b"/"),
        samples=(
            Sample(
                "[1] 2019/02/06 07:19:40.624334 [INF] Starting nats-server version 1.3.0",
                {"time": "2019-02-06T07:19:40.624334Z", "pid": 1, "level": "INFO"},
            ),
        ),
        refused=("[1] 2019/02/06 07:19:40.624334 INF x", "[a] 2019/02/06 07:19:40.624334 [INF] x"),
    ),
)
"""Rows of the family."""
