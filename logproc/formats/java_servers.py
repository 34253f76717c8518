"""Logs of servers in Java whose layouts are their own: WildFly and Keycloak, Flink, Solr, Jenkins.

https://docs.wildfly.org/32/Admin_Guide.html#Logging, https://nightlies.apache.org/flink/flink-docs-stable/docs/deployment/
advanced/logging/, https://solr.apache.org/guide/solr/latest/deployment-guide/configuring-logging.html
"""

from __future__ import annotations

from logproc.formats.format import Sample
from logproc.formats.heads import (
    ISO,
    LINE_END,
    LOGGER,
    MESSAGE,
    PADDED_MESSAGE,
    THREAD,
    app,
    bracketed,
    level,
    maybe,
    number,
    stamp,
    word,
)
from logproc.formats.program import Meaning, Missing, Slot
from logproc.formats.within import Part, Within

JAVA_SERVERS = (
    app(
        "atlassian",
        "Jira, Confluence and others: time LEVEL [thread] [logger] method message",
        (stamp(ISO, b" "), level(padded=False), bracketed("thread"), bracketed("logger"), word("function"), MESSAGE),
        rank=-3,
        needs=(b" [", b"] "),
        begins=rb"\d{4}-\d\d-\d\d [\d:]{8},\d{3} [A-Z]+ \[[^\]]+\] \[[\w.]+\] \S+ ",
        samples=(
            Sample(
                "2024-01-02 03:04:05,678 WARN [http-nio-1] [atlassian.confluence.Filter] doFilter took 5 s",
                {
                    "time": "2024-01-02T03:04:05.678000Z",
                    "level": "WARN",
                    "thread": "http-nio-1",
                    "logger": "atlassian.confluence.Filter",
                    "function": "doFilter",
                    "message": "took 5 s",
                },
            ),
        ),
        refused=("2024-01-02 03:04:05,678 WARN [http-nio-1] doFilter took", "2024-01-02 03:04:05,678 [a] [b] c d"),
    ),
    app(
        "artifactory",
        "JFrog's request log: time|trace|client|user|method|target|status|bytes in|bytes|milliseconds|agent",
        (
            Slot("time", Meaning.ISO_TIME, b"|", solid=True),
            Slot("trace_id", Meaning.TEXT, b"|"),
            Slot("client", Meaning.TEXT, b"|"),
            Slot("user", Meaning.TEXT, b"|"),
            Slot("method", Meaning.TEXT, b"|"),
            Slot("target", Meaning.TARGET, b"|"),
            Slot("status", Meaning.INTEGER, b"|"),
            Slot("bytes_in", Meaning.COUNT, b"|"),
            Slot("bytes", Meaning.COUNT, b"|"),
            Slot("duration", Meaning.DURATION, b"|", scale=1e-3),
            Slot("user_agent", Meaning.TEXT, b"\n"),
        ),
        family="web",
        rank=4,
        single=True,
        needs=(b"|",),
        samples=(
            Sample(
                "2024-01-02T03:04:05.678Z|abc|192.0.2.1|joe|GET|/api/a?b=1|200|-1|123|5|curl/8",
                {
                    "time": "2024-01-02T03:04:05.678000Z",
                    "client": "192.0.2.1",
                    "user": "joe",
                    "method": "GET",
                    "target": "/api/a?b=1",
                    "status": 200,
                    "bytes": 123,
                    "duration": 0.005,
                    "user_agent": "curl/8",
                },
            ),
        ),
        refused=("2024-01-02T03:04:05.678Z|abc|192.0.2.1|joe|GET|/", "2024-01-02T03:04:05Z|a|b|c|GET|/|x|1|2|3|d"),
    ),
    app(
        "unifi",
        "UniFi's network application: [time] <thread> LEVEL logger - message",
        (
            stamp(ISO, b"] <"),
            Slot("thread", Meaning.TEXT, b"> "),
            level(padded=False),
            word("logger"),
            Slot(None, Meaning.LITERAL, b"", opening=b"- ", padded=True),
            MESSAGE,
        ),
        prefix=b"[",
        rank=-2,
        head=5,
        needs=(b"] <", b"> ", b"- "),
        samples=(
            Sample(
                "[2024-01-02T03:04:05,678] <webapi-1> WARN  system - slow",
                {
                    "time": "2024-01-02T03:04:05.678000Z",
                    "thread": "webapi-1",
                    "level": "WARN",
                    "logger": "system",
                    "message": "slow",
                },
            ),
        ),
        refused=("[2024-01-02T03:04:05,678] WARN system - slow", "[2024-01-02T03:04:05,678] <a> system - slow"),
    ),
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
    app(
        "websphere",
        "WebSphere and Liberty: [time] thread logger letter message",
        (
            stamp("%m/%d/%y %H:%M:%S:%f %Z%|%m/%d/%y, %H:%M:%S:%f %Z", b"] "),
            word("thread"),
            word("logger"),
            maybe(level()),
            PADDED_MESSAGE,
        ),
        prefix=b"[",
        rank=-1,
        head=3,
        begins=rb"\[\d\d?/\d\d?/\d\d,? \d\d?:\d\d:\d\d:\d{3} [A-Z]+\] [\da-f]{8} ",
        samples=(
            Sample(
                "[1/2/24 3:04:05:678 UTC] 00000001 WsServerImpl  E   WSVR0001E: Server server1 failed",
                {
                    "time": "2024-01-02T03:04:05.678000Z",
                    "thread": "00000001",
                    "logger": "WsServerImpl",
                    "level": "ERROR",
                    "message": "WSVR0001E: Server server1 failed",
                },
            ),
            Sample("[1/2/24 3:04:05:679 UTC] 00000002 SystemOut     O x", {"level": None, "message": "O x"}),
        ),
        refused=("[1/2/24 3:04:05 UTC] 00000001 a E b", "00000001 WsServerImpl  E x"),
    ),
    app(
        "weblogic",
        "WebLogic: ####<time> <level> <subsystem> <host> <server> <thread> ... <code> <message>",
        (
            stamp("%b %d, %Y %I:%M:%S%. %p %Z%|%b %d, %Y, %I:%M:%S%. %p %Z", b"> <"),
            level(b"> <", padded=False),
            Slot("logger", Meaning.TEXT, b"> <"),
            Slot("host", Meaning.TEXT, b"> <"),
            Slot("server", Meaning.TEXT, b"> <"),
            Slot("thread", Meaning.TEXT, b"> <"),
            Slot("user", Meaning.TEXT, b"> <"),
            Slot("transaction", Meaning.TEXT, b"> <"),
            Slot("request_id", Meaning.TEXT, b"> <"),
            Slot(None, Meaning.TEXT, b"> <"),
            Slot(None, Meaning.TEXT, b"> <", opening=b"[severit", missing=Missing.SKIPPED),
            Slot("code", Meaning.TEXT, b"> <"),
            MESSAGE,
        ),
        prefix=b"####<",
        rank=0,
        samples=(
            Sample(
                "####<Jan 2, 2024 3:04:05,678 PM UTC> <Error> <Security> <host1> <AdminServer> <[ACTIVE] Thread: '0'> "
                "<<WLS Kernel>> <> <abc> <1704207845678> <[severity-value: 8] [rid: 0] > <BEA-090905> <Disabled>",
                {
                    "time": "2024-01-02T15:04:05.678000Z",
                    "level": "ERROR",
                    "logger": "Security",
                    "host": "host1",
                    "server": "AdminServer",
                    "thread": "[ACTIVE] Thread: '0'",
                    "user": "<WLS Kernel>",
                    "code": "BEA-090905",
                    "message": "Disabled>",
                },
            ),
        ),
        refused=("####<Jan 2, 2024 3:04:05,678 PM UTC> <Error> <Security>", "<Jan 2, 2024 3:04:05,678 PM UTC> <Error>"),
    ),
    app(
        "glassfish",
        "GlassFish and Payara: [time] [product] [LEVEL] [code] [logger] [thread] ... [[, then the message's lines",
        (
            stamp(ISO, b"] ["),
            Slot("product", Meaning.TEXT, b"] ["),
            level(b"] ", padded=False),
            bracketed("code"),
            bracketed("logger"),
            bracketed("thread"),
            Slot(None, Meaning.TEXT, b"[["),
            *LINE_END,
            PADDED_MESSAGE,
        ),
        prefix=b"[",
        rank=0,
        head=3,
        continues="message",
        needs=(b"] [", b"[["),
        samples=(
            Sample(
                "[2024-01-02T03:04:05.678+0100] [glassfish 5.0] [INFO] [AS-WEB-1] [javax.enterprise.web] [tid: 1] "
                "[timeMillis: 1] [levelValue: 800] [[\n  Created HTTP listener]]",
                {
                    "time": "2024-01-02T02:04:05.678000Z",
                    "product": "glassfish 5.0",
                    "level": "INFO",
                    "code": "AS-WEB-1",
                    "logger": "javax.enterprise.web",
                    "thread": "tid: 1",
                    "message": "Created HTTP listener]]",
                },
            ),
        ),
        refused=("[2024-01-02T03:04:05.678+0100] [glassfish 5.0] [a] [b]", "  Created HTTP listener]]"),
    ),
    app(
        "activemq",
        "ActiveMQ: time | LEVEL | message | logger | thread",
        (
            stamp(ISO, b" | "),
            level(b" | ", padded=False),
            Slot("message", Meaning.TEXT, b" | "),
            Slot("logger", Meaning.WORD, b" | "),
            Slot("thread", Meaning.TEXT, b"\n"),
        ),
        rank=-3,
        needs=(b" | ",),
        head=2,
        begins=rb"\d{4}-\d\d-\d\d [\d:]{8},\d{3} \| [A-Z]+ +\| [^|\n]* \| (?:[\w$]+\.)+[\w$]+ \| [^|\n]+$",
        samples=(
            Sample(
                "2024-01-02 03:04:05,678 | WARN  | Store is low | org.apache.activemq.broker.BrokerService | main",
                {
                    "time": "2024-01-02T03:04:05.678000Z",
                    "level": "WARN",
                    "message": "Store is low",
                    "logger": "org.apache.activemq.broker.BrokerService",
                    "thread": "main",
                },
            ),
        ),
        refused=("2024-01-02 03:04:05,678 | WARN  | Store", "2024-01-02 03:04:05,678 | low | a | b | c"),
    ),
    app(
        "activemq_audit",
        "ActiveMQ's audit log: LEVEL | user called operation at time | thread",
        (
            level(b"| ", padded=False),
            Slot("message", Meaning.TEXT, b" at "),
            stamp("%d-%m-%Y %H:%M:%S%.", b" | "),
            Slot("thread", Meaning.TEXT, b"\n"),
        ),
        rank=-3,
        needs=(b" called ", b" at ", b" | "),
        head=3,
        begins=rb"[A-Z]+ +\| \S+ called [^|\n]* at \d\d-\d\d-\d{4} ",
        within=Within("message", (Part("user", b"", b" called ", in_front=True),)),
        samples=(
            Sample(
                "INFO  | joe called org.apache.activemq.QueueView.purge[] at 02-01-2024 03:04:05,678 | qtp1-4",
                {
                    "time": "2024-01-02T03:04:05.678000Z",
                    "level": "INFO",
                    "user": "joe",
                    "message": "joe called org.apache.activemq.QueueView.purge[]",
                    "thread": "qtp1-4",
                },
            ),
        ),
        refused=("INFO  | joe called purge[] | qtp1-4", "2024-01-02 03:04:05,678 | WARN  | a | b | c"),
    ),
    app(
        "log4j_context",
        "log4j and logback with a thread and a context: %d [%t] [%X] %-5p %c - %m",
        (stamp(ISO, b" "), THREAD, bracketed("context"), level(), LOGGER, MESSAGE),
        rank=-2,
        needs=(b" [", b"] [", b"] "),
        begins=rb"\d{4}-\d\d-\d\d[T ][\d:.,]+ \[[^\]]+\] \[[^\]]*\] +[A-Z]+ ",
        samples=(
            Sample(
                "2024-01-02 03:04:05,678 [exec-1] [req=abc] INFO  com.example.App - started",
                {
                    "time": "2024-01-02T03:04:05.678000Z",
                    "thread": "exec-1",
                    "context": "req=abc",
                    "level": "INFO",
                    "logger": "com.example.App",
                    "message": "started",
                },
            ),
        ),
        refused=("2024-01-02 03:04:05,678 [exec-1] INFO  a - b", "2024-01-02 03:04:05,678 [exec-1] [a] b - c"),
    ),
)
"""Rows of the family."""
