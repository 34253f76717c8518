"""Logs of servers in Java whose layouts are their own: WildFly and Keycloak, Flink, Solr, Jenkins.

https://docs.wildfly.org/32/Admin_Guide.html#Logging, https://nightlies.apache.org/flink/flink-docs-stable/docs/deployment/
advanced/logging/, https://solr.apache.org/guide/solr/latest/deployment-guide/configuring-logging.html
"""

from __future__ import annotations

from logproc.formats.format import Sample
from logproc.formats.heads import ISO, MESSAGE, app, bracketed, level, number, stamp, word
from logproc.formats.program import Meaning, Slot

JAVA_SERVERS = (
    app(
        "jboss",
        "WildFly, JBoss, Quarkus, Keycloak: time LEVEL  [logger] (thread) message",
        (
            stamp(f"{ISO}%|%H:%M:%S%.", b" "),
            level(),
            bracketed("logger"),
            Slot("thread", Meaning.TEXT, b") ", opening=b"(", padded=True),
            MESSAGE,
        ),
        rank=-2,
        head=2,
        needs=(b" [", b"] (", b") "),
        samples=(
            Sample(
                "2024-01-02 03:04:05,678 WARN  [org.keycloak.events] (executor-thread-1) type=LOGIN_ERROR",
                {
                    "time": "2024-01-02T03:04:05.678000Z",
                    "level": "WARN",
                    "logger": "org.keycloak.events",
                    "thread": "executor-thread-1",
                    "message": "type=LOGIN_ERROR",
                },
            ),
            Sample(
                "03:04:05,678 INFO  [org.jboss.as] (ServerService Thread Pool -- 5) up",
                {"time": None, "thread": "ServerService Thread Pool -- 5", "message": "up"},
            ),
        ),
        refused=("2024-01-02 03:04:05,678 WARN  [org.keycloak] x", "2024-01-02 03:04:05,678 [a] (b) x"),
    ),
    app(
        "flink",
        "Flink: %d %-5p %-60c %x - %m, the context in brackets",
        (stamp(ISO, b" "), level(), word("logger"), bracketed("context", b"] - "), MESSAGE),
        rank=-3,
        head=2,
        needs=(b" [", b"] - "),
        samples=(
            Sample(
                "2024-01-02 03:04:05,678 INFO  org.apache.flink.runtime.Entrypoint        [] - Starting.",
                {
                    "time": "2024-01-02T03:04:05.678000Z",
                    "level": "INFO",
                    "logger": "org.apache.flink.runtime.Entrypoint",
                    "context": None,
                    "message": "Starting.",
                },
            ),
        ),
        refused=("2024-01-02 03:04:05,678 INFO  a.B - x", "2024-01-02 03:04:05,678 a.B [] - x"),
    ),
    app(
        "solr",
        "Solr: time LEVEL  (thread) [context] logger message",
        (
            stamp(ISO, b" "),
            level(),
            Slot("thread", Meaning.TEXT, b") ", opening=b"(", padded=True),
            bracketed("context"),
            word("logger"),
            MESSAGE,
        ),
        rank=-2,
        head=2,
        needs=(b" (", b") [", b"] "),
        samples=(
            Sample(
                "2024-01-02 03:04:05.678 ERROR (qtp1-21) [   x:core] o.a.s.h.RequestHandlerBase failed",
                {
                    "level": "ERROR",
                    "thread": "qtp1-21",
                    "context": "   x:core",
                    "logger": "o.a.s.h.RequestHandlerBase",
                    "message": "failed",
                },
            ),
        ),
        refused=("2024-01-02 03:04:05.678 ERROR qtp1-21 [x] a.B failed", "2024-01-02 03:04:05.678 (a) [x] b c"),
    ),
    app(
        "jenkins",
        "Jenkins: time [id=thread] LEVEL logger: message, with tabs between them",
        (stamp(ISO, b" [id="), number("thread_id", b"]\t"), level(b"\t"), word("logger", b": "), MESSAGE),
        rank=-1,
        needs=(b" [id=", b"]\t", b": "),
        samples=(
            Sample(
                "2024-01-02 03:04:05.678+0000 [id=31]\tWARNING\thudson.model.Descriptor#newInstance: x",
                {
                    "time": "2024-01-02T03:04:05.678000Z",
                    "thread_id": 31,
                    "level": "WARN",
                    "logger": "hudson.model.Descriptor#newInstance",
                    "message": "x",
                },
            ),
        ),
        refused=("2024-01-02 03:04:05.678+0000 [id=31] WARNING a: x", "2024-01-02 03:04:05.678+0000 [31]\tINFO\ta: x"),
    ),
)
"""Rows of the family."""
