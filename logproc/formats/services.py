"""Logs of services that keep their own layout: process managers, home automation, queries.

http://supervisord.org/logging.html,
https://hexdocs.pm/logger/Logger.Formatter.html, https://www.home-assistant.io/integrations/logger/
"""

from __future__ import annotations

from logproc.formats.format import Sample
from logproc.formats.heads import (
    ISO,
    MESSAGE,
    NEVER,
    PADDED_MESSAGE,
    THREAD,
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

_TIME = "2024-01-02T03:04:05.678000Z"

SERVICES = (
    app(
        "splunkd",
        "Splunk's own log: date with the month first, clock and zone, LEVEL component - message",
        (
            stamp("%m-%d-%Y %H:%M:%S%. %z", b" "),
            level(),
            word("logger"),
            maybe(bracketed("thread")),
            maybe(literal(b"- ")),
            PADDED_MESSAGE,
        ),
        rank=3,
        head=3,
        begins=rb"\d\d-\d\d-\d{4} [\d:]{8}\.\d{3} [+-]\d{4} (?:DEBUG|INFO|WARN|ERROR|FATAL|CRIT) +\w+ ",
        samples=(
            Sample(
                "01-02-2024 03:04:05.678 +0100 WARN  TailReader [1234 tailreader0] - file descriptors are few",
                {
                    "time": "2024-01-02T02:04:05.678000Z",
                    "level": "WARN",
                    "logger": "TailReader",
                    "thread": "1234 tailreader0",
                    "message": "file descriptors are few",
                },
            ),
        ),
        refused=("01-02-2024 03:04:05.678 WARN x", "01-02-2024 03:04:05.678 +0100 TailReader - x"),
    ),
    app(
        "strongswan",
        "strongSwan's charon into a file: time thread[subsystem] <connection> message",
        (stamp(f"%b %d %H:%M:%S%.%|{ISO}", b" "), number("tid", b"["), word("logger", b"] "), MESSAGE),
        rank=3,
        head=3,
        begins=rb"(?:[A-Z][a-z]{2} [ \d]\d [\d:]{8}|\d{4}-\d\d-\d\d[T ][\d:.]+) \d\d\[[A-Z]{3}\d?\] ",
        samples=(
            Sample(
                "Jan  2 03:04:05 12[IKE] <vpn|1> authentication of 'a.example' with RSA successful",
                {
                    "time": "2000-01-02T03:04:05Z",
                    "tid": 12,
                    "logger": "IKE",
                    "message": "<vpn|1> authentication of 'a.example' with RSA successful",
                },
            ),
        ),
        refused=("Jan  2 03:04:05 charon: 12[IKE] x", "12[IKE] x"),
    ),
    app(
        "megasync",
        "MEGA's clients: month/day-clock, thread, LEVEL, message",
        (stamp("%m/%d-%H:%M:%S%.", b" "), number("tid"), level(), PADDED_MESSAGE),
        rank=3,
        head=3,
        begins=rb"\d\d/\d\d-[\d:]{8}\.\d{6} \d+ [A-Z]+ ",
        samples=(
            Sample(
                "01/02-03:04:05.678901 7988 DBG  Activating transfer [client.cpp:4092]",
                {
                    "time": "2000-01-02T03:04:05.678901Z",
                    "tid": 7988,
                    "level": "DEBUG",
                    "message": "Activating transfer [client.cpp:4092]",
                },
            ),
        ),
        refused=("01/02-03:04:05.678901 DBG x", "[repeated x1]"),
    ),
    app(
        "supervisord",
        "Supervisor's own log: time LEVEL message",
        (stamp(ISO, b" "), level(padded=False), MESSAGE),
        rank=-1,
        begins=rb"\d{4}-\d\d-\d\d [\d:]{8},\d{3} (?:INFO|WARN|CRIT|ERRO|DEBG|TRAC|BLAT) (?:spawned|exited|success|"
        rb"stopped|waiting|supervisord|RPC|Set uid|Supervisor|Included|daemonizing|received|reaped|gave up|killing|"
        rb"Increased|Server 'unix|Server 'inet|Unlinking|could not|fd )",
        head=2,
        sure=rb"(?:spawned: '|entered RUNNING state|supervisord started)",
        samples=(
            Sample(
                "2024-01-02 03:04:05,678 INFO spawned: 'web' with pid 123",
                {"time": _TIME, "level": "INFO", "message": "spawned: 'web' with pid 123"},
            ),
            Sample("2024-01-02 03:04:05,678 CRIT Supervisor is running as root.", {"level": "FATAL"}),
        ),
        refused=("2024-01-02 03:04:05,678 spawned: 'web'", "2024-13-02 03:04:05,678 INFO spawned: 'web'"),
    ),
    app(
        "home_assistant",
        "Home Assistant: time LEVEL (thread) [logger] message",
        (
            stamp(ISO, b" "),
            level(padded=False),
            Slot("thread", Meaning.TEXT, b") ", opening=b"("),
            Slot("logger", Meaning.BRACKETED, b"] ", opening=b"["),
            MESSAGE,
        ),
        rank=-1,
        begins=rb"\d{4}-\d\d-\d\d [\d:.]+ [A-Z]+ \([^)]+\) \[[A-Za-z_][\w.]*\] ",
        head=2,
        samples=(
            Sample(
                "2024-01-02 03:04:05.678 WARNING (MainThread) [homeassistant.core] slow",
                {
                    "time": _TIME,
                    "level": "WARN",
                    "thread": "MainThread",
                    "logger": "homeassistant.core",
                    "message": "slow",
                },
            ),
        ),
        refused=("2024-01-02 03:04:05.678 (MainThread) [a] slow", "2024-01-02 03:04:05.678 WARNING [a] (b) slow"),
    ),
    app(
        "nifi",
        "Apache NiFi: time LEVEL [thread] logger message",
        (stamp(ISO, b" "), level(padded=False), THREAD, word("logger"), MESSAGE),
        rank=-4,
        begins=rb"\d{4}-\d\d-\d\d [\d:]{8},\d{3} [A-Z]+ \[[^\]]+\] (?:o\.a\.nifi|o\.a\.n|org\.apache\.nifi)\.",
        head=3,
        samples=(
            Sample(
                "2024-01-02 03:04:05,678 INFO [Timer-Driven Thread-1] o.a.n.p.standard.LogAttribute logged",
                {
                    "time": _TIME,
                    "level": "INFO",
                    "thread": "Timer-Driven Thread-1",
                    "logger": "o.a.n.p.standard.LogAttribute",
                    "message": "logged",
                },
            ),
        ),
        refused=("2024-01-02 03:04:05,678 INFO o.a.n.p.A x", "2024-01-02 03:04:05,678 [a] o.a.n.p.A x"),
    ),
    app(
        "trino",
        "Trino and Presto: time, level, thread, logger and message with tabs between them",
        (
            stamp(ISO, b"\t"),
            level(b"\t", padded=False),
            Slot("thread", Meaning.TEXT, b"\t"),
            word("logger", b"\t"),
            MESSAGE,
        ),
        rank=-1,
        begins=rb"\d{4}-\d\d-\d\dT[\d:.]+\S*\t[A-Z]+\t[^\t]+\t[\w$-]+(?:\.[\w$-]+)+\t",
        head=2,
        samples=(
            Sample(
                "2024-01-02T03:04:05.678Z\tINFO\tmain\tio.trino.server.Server\tSERVER STARTED",
                {
                    "time": _TIME,
                    "level": "INFO",
                    "thread": "main",
                    "logger": "io.trino.server.Server",
                    "message": "SERVER STARTED",
                },
            ),
        ),
        refused=("2024-01-02T03:04:05.678Z\tINFO\tmain\tx", "2024-01-02T03:04:05.678Z INFO\tmain\ta.b\tx"),
    ),
    app(
        "elixir",
        "Elixir's Logger: clock [level] message; without a date the time is null",
        (
            stamp(f"%H:%M:%S%.%|{ISO}", b" "),
            level(b"] ", b"[", padded=False),
            MESSAGE,
        ),
        rank=-3,
        begins=rb"\d\d:\d\d:\d\d\.\d{3} \[(?:debug|info|notice|warn|warning|error)\] ",
        head=2,
        sure=NEVER,
        samples=(
            Sample(
                "03:04:05.678 [info] Sent 200 in 12ms",
                {"time": None, "level": "INFO", "message": "Sent 200 in 12ms"},
            ),
        ),
        refused=("03:04:05.678 Sent 200 in 12ms", "03:04:05.678 [Sent] 200"),
    ),
    app(
        "libvirt",
        "libvirt's daemons: time: pid: level : function:line : message",
        (
            stamp(ISO, b": "),
            number("pid", b": "),
            level(b": ", padded=False),
            Slot("function", Meaning.TEXT, b" : ", solid=False),
            MESSAGE,
        ),
        rank=-1,
        begins=rb"\d{4}-\d\d-\d\d [\d:.]+\+\d{4}: \d+: \w+ : \S+ : ",
        head=3,
        samples=(
            Sample(
                "2024-01-02 03:04:05.678+0000: 1234: error : virNetSocketReadWire:1832 : End of file",
                {
                    "time": _TIME,
                    "pid": 1234,
                    "level": "ERROR",
                    "function": "virNetSocketReadWire:1832",
                    "message": "End of file",
                },
            ),
        ),
        refused=("2024-01-02 03:04:05.678+0000: error : a:1 : x", "2024-01-02 03:04:05.678+0000: 1234: a:1 : x"),
    ),
)
"""Rows of the family."""
