"""Logs of clusters: Pacemaker, Couchbase, MongoDB before 4.4.

https://clusterlabs.org/projects/pacemaker/doc/, https://docs.couchbase.com/server/current/manage/manage-logging/,
https://www.mongodb.com/docs/v4.2/reference/log-messages/
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
    maybe,
    number,
    stamp,
    word,
)
from logproc.formats.program import Meaning, Missing, Slot

CLUSTERS = (
    app(
        "pacemaker",
        "Pacemaker from 2 on: time host program [process] (function@file:line) level: message",
        (
            stamp("%b %d %H:%M:%S%.", b" "),
            word("host"),
            word("program"),
            number("pid", b"] ", b"["),
            maybe(Slot("logger", Meaning.WORD, b")", opening=b"(", padded=True)),
            Slot(None, Meaning.LITERAL, b"", opening=b"\t", missing=Missing.SKIPPED, padded=True),
            level(b": "),
            MESSAGE,
        ),
        rank=2,
        head=4,
        needs=(b" [", b"] "),
        begins=rb"[A-Z][a-z][a-z] \d\d [\d:.]+ \S+ pacemaker[\w-]+ +\[\d+\] ",
        samples=(
            Sample(
                "Jan 02 03:04:05 node1 pacemaker-controld  [77] (crm_timer_popped@x.c:9) \tinfo: timer popped",
                {
                    "time": "2000-01-02T03:04:05Z",
                    "host": "node1",
                    "program": "pacemaker-controld",
                    "pid": 77,
                    "logger": "crm_timer_popped@x.c:9",
                    "level": "INFO",
                    "message": "timer popped",
                },
            ),
        ),
        refused=("Jan 02 03:04:05 node1 pacemaker-controld[77]: info: x", "Jan 32 03:04:05 a pacemakerd [7] info: x"),
    ),
    app(
        "pacemaker_1",
        "Pacemaker before 2, corosync.log: time [process] host program: level: message",
        (
            stamp("%b %d %H:%M:%S%.", b" ["),
            number("pid", b"] "),
            word("host"),
            word("program", b":"),
            level(b": "),
            MESSAGE,
        ),
        rank=2,
        head=3,
        needs=(b" [", b"] ", b": "),
        begins=rb"[A-Z][a-z][a-z] \d\d [\d:.]+ \[\d+\] \S+ +[\w-]+: +\w+: ",
        samples=(
            Sample(
                "Jan 02 03:04:05 [1234] node1       crmd:     info: crm_timer_popped: x",
                {"pid": 1234, "host": "node1", "program": "crmd", "level": "INFO", "message": "crm_timer_popped: x"},
            ),
        ),
        refused=("Jan 02 03:04:05 [1234] node1 x", "Jan 02 03:04:05 node1 crmd: info: x"),
    ),
    app(
        "couchbase",
        "Couchbase Server's Erlang logs: [logger:level,time,node:<process>:source]message",
        (
            Slot("logger", Meaning.WORD, b":"),
            level(b",", padded=False),
            stamp(ISO, b","),
            Slot("node", Meaning.TEXT, b":<"),
            Slot("process", Meaning.WORD, b">:"),
            bracketed("source", b"]", b""),
            PADDED_MESSAGE,
        ),
        prefix=b"[",
        rank=0,
        head=3,
        needs=(b":<", b">:"),
        begins=rb"\[\w+:[a-z]+,\d{4}-\d\d-\d\dT",
        samples=(
            Sample(
                "[ns_server:info,2024-01-02T03:04:05.678Z,ns_1@cb.local:<0.123.0>:menelaus_web:foo:12]up",
                {
                    "logger": "ns_server",
                    "level": "INFO",
                    "time": "2024-01-02T03:04:05.678000Z",
                    "node": "ns_1@cb.local",
                    "process": "0.123.0",
                    "source": "menelaus_web:foo:12",
                    "message": "up",
                },
            ),
        ),
        refused=("[ns_server:info] up", "[ns_server:soon,2024-01-02T03:04:05.678Z,a:<0.1.0>:b]up"),
    ),
    app(
        "mongodb_2",
        "MongoDB before 3.0: time [context] message",
        (stamp(f"{ISO}%|%a %b %d %H:%M:%S%.", b" "), bracketed("thread"), PADDED_MESSAGE),
        rank=-7,
        head=2,
        needs=(b" [", b"] "),
        begins=(
            rb"(?:\d{4}-\d\d-\d\dT[\d:]{8}\.\d{3}[+-]\d{4}|[A-Z][a-z][a-z] [A-Z][a-z][a-z] [ \d]?\d [\d:]{8}\.\d{3}) "
            rb"\[\w+\] "
        ),
        sure=rb" \[(?:conn\d+|initandlisten|mongosMain)\] ",
        samples=(
            Sample(
                "Tue Jan  2 03:04:05.678 [conn7] end connection 192.0.2.1:53276 (0 connections now open)",
                {"time": "2000-01-02T03:04:05.678000Z", "thread": "conn7"},
            ),
            Sample(
                "2014-01-02T03:04:05.678+0100 [conn7] end connection 192.0.2.1:53276 (0 connections now open)",
                {
                    "time": "2014-01-02T02:04:05.678000Z",
                    "thread": "conn7",
                    "message": "end connection 192.0.2.1:53276 (0 connections now open)",
                },
            ),
        ),
        refused=("2014-01-02T03:04:05.678+0100 end connection", "[conn7] end connection"),
    ),
)
"""Rows of the family."""
