"""Logs of stores and streams that are Java programs, in layouts of log4j: Kafka, Cassandra, Elasticsearch, Logstash.

https://logging.apache.org/log4j/2.x/manual/pattern-layout.html
"""

from __future__ import annotations

import re

from logproc.expressions import Expression
from logproc.formats.format import Sample
from logproc.formats.heads import (
    ISO,
    LOGGER,
    MESSAGE,
    PADDED_MESSAGE,
    THREAD,
    app,
    bracketed,
    level,
    literal,
    maybe,
    stamp,
)
from logproc.formats.program import Meaning, Slot

_TRAILED = Slot("message", Meaning.TRAILED, b"", port_name="logger", padded=True)


JAVA_STORES = (
    app(
        "kafka",
        "Kafka: [%d] %p %m (%c)",
        (stamp(ISO, b"] "), level(), maybe(bracketed("component", b"]")), maybe(literal(b":")), _TRAILED),
        prefix=b"[",
        rank=-4,
        head=2,
        needs=(b"[", b"] "),
        unlike=Expression(rb"\[.*[^)\r]\r?\Z", re.DOTALL),
        unlike_reason="its lines do not end with a logger in brackets",
        samples=(
            Sample(
                "[2018-10-17 12:04:41,718] INFO [Broker id=1] Removed 0 (expired) offsets (kafka.coordinator.Manager)",
                {
                    "time": "2018-10-17T12:04:41.718000Z",
                    "level": "INFO",
                    "component": "Broker id=1",
                    "message": "Removed 0 (expired) offsets",
                    "logger": "kafka.coordinator.Manager",
                },
            ),
            Sample("[2018-10-17 12:04:41,718] WARN cut", {"message": "cut", "logger": None}),
        ),
        refused=("[2018-10-17 12:04:41,718] cut", "2018-10-17 12:04:41,718 INFO cut (a.B)"),
    ),
    app(
        "kafka_bracketed",
        "[%d] [%p] [%t] [%c] - %m, as Kafka has it in some packages",
        (
            stamp(ISO, b"] "),
            level(b"] ", b"["),
            bracketed("thread"),
            bracketed("logger"),
            literal(b"- "),
            maybe(bracketed("component")),
            MESSAGE,
        ),
        prefix=b"[",
        rank=-2,
        head=2,
        needs=(b"[", b"] [", b"] - "),
        samples=(
            Sample(
                "[2020-04-23 00:28:21,796] [WARN ] [kafka-request-handler-7] [state.change.logger] - [Broker 1] x",
                {
                    "level": "WARN",
                    "thread": "kafka-request-handler-7",
                    "logger": "state.change.logger",
                    "component": "Broker 1",
                    "message": "x",
                },
            ),
        ),
        refused=("[2020-04-23 00:28:21,796] [WARN ] [a] [b] c", "[2020-04-23 00:28:21,796] WARN [a] [b] - c"),
    ),
    app(
        "cassandra",
        "Cassandra: %-5level [%thread] %date %F:%L - %msg",
        (level(padded=False), THREAD, stamp(ISO, b" "), LOGGER, MESSAGE),
        rank=-2,
        head=3,
        needs=(b" [", b"] ", b" - "),
        samples=(
            Sample(
                "INFO  [main] 2016-10-18 18:01:47,978 YamlConfigurationLoader.java:92 - Configuration location",
                {
                    "time": "2016-10-18T18:01:47.978000Z",
                    "level": "INFO",
                    "thread": "main",
                    "logger": "YamlConfigurationLoader.java:92",
                },
            ),
        ),
        refused=("INFO  [main] YamlConfigurationLoader.java:92 - x", "[main] 2016-10-18 18:01:47,978 a.b:92 - x"),
    ),
    app(
        "elasticsearch",
        "Elasticsearch's server, deprecation and slow logs: [time][level][logger] [node] message",
        (
            stamp(ISO, b"]["),
            level(b"][", padded=False),
            bracketed("logger", b"]", b""),
            maybe(Slot("node", Meaning.BRACKETED, b"]", opening=b" [")),
            maybe(Slot("index", Meaning.BRACKETED, b"] ", opening=b" [")),
            PADDED_MESSAGE,
        ),
        prefix=b"[",
        rank=-1,
        head=2,
        needs=(b"[", b"]["),
        samples=(
            Sample(
                "[2018-05-17T08:29:12,177][INFO ][o.e.c.m.MetaDataCreateIndexService] [vWNJsZ3] [test] creating index",
                {
                    "time": "2018-05-17T08:29:12.177000Z",
                    "level": "INFO",
                    "logger": "o.e.c.m.MetaDataCreateIndexService",
                    "node": "vWNJsZ3",
                    "index": "test",
                    "message": "creating index",
                },
            ),
            Sample(
                "[2018-05-17T08:19:35,939][INFO ][o.e.n.Node               ] [] initializing ...",
                {"logger": "o.e.n.Node", "node": None, "message": "initializing ..."},
            ),
        ),
        refused=(
            "[2018-05-17T08:19:35,939][INFO ] initializing ...",
            "[2018-05-17T08:19:35,939] INFO [o.e.n.Node] [a] initializing ...",
        ),
    ),
    app(
        "logstash",
        "Logstash's log: [time][level][logger][pipeline] message",
        (
            stamp(ISO, b"]["),
            level(b"][", padded=False),
            bracketed("logger", b"]", b""),
            maybe(Slot("pipeline", Meaning.BRACKETED, b"]", opening=b"[")),
            Slot("message", Meaning.TEXT, b"\n", opening=b" "),
        ),
        prefix=b"[",
        rank=0,
        head=2,
        needs=(b"[", b"][", b"logstash"),
        unlike=Expression(rb"\[[^\]]*\]\[[^\]]*\]\[(?:o\.e\.|org\.elasticsearch\.)"),
        samples=(
            Sample(
                "[2019-11-20T19:04:48,468][ERROR][logstash.outputs.elasticsearch][.monitoring-logstash] Encountered",
                {
                    "level": "ERROR",
                    "logger": "logstash.outputs.elasticsearch",
                    "pipeline": ".monitoring-logstash",
                    "message": "Encountered",
                },
            ),
            Sample(
                "[2017-10-23T14:20:12,046][INFO ][logstash.modules.scaffold] Initializing [x]",
                {"pipeline": None, "message": "Initializing [x]"},
            ),
        ),
        refused=("[2017-10-23T14:20:12,046][INFO ] Initializing", "[2017-10-23T14:20:12,046] [INFO ][a] x"),
    ),
)
"""Rows of the family."""
