"""Logs of virtual machines' hosts and managers, and of tools beside them: oVirt, vCenter, Katello, zellij, dpkg.

https://www.ovirt.org/develop/developer-guide/vdsm/log-files.html, https://knowledge.broadcom.com/external/article/306962,
https://opentelemetry-python-contrib.readthedocs.io/en/latest/instrumentation/logging/logging.html, dpkg(1)
"""

from __future__ import annotations

from logproc.expressions import Expression
from logproc.formats.format import Sample
from logproc.formats.heads import ISO, MESSAGE, app, bracketed, level, literal, maybe, number, stamp, word
from logproc.formats.program import Meaning, Slot

_NOT_DPKG = Expression(
    rb"(?!\d{4}-\d\d-\d\d [\d:]{8} "
    rb"(?:startup|status|configure|install|upgrade|trigproc|remove|purge|disappear|conffile|update-alternatives:) )"
)

VIRTUAL = (
    app(
        "vdsm",
        "oVirt's VDSM from 4.1 on: time LEVEL (thread) [logger] message (module:line)",
        (
            stamp(ISO, b" "),
            level(),
            Slot("thread", Meaning.TEXT, b") ", opening=b"(", padded=True),
            bracketed("logger"),
            MESSAGE,
        ),
        rank=-1,
        head=4,
        begins=rb"\d{4}-\d\d-\d\d [\d:]{8},\d{3}(?:[+-]\d{4})? [A-Z]+ +\([^\n]*?\) \[[A-Za-z_][\w.-]*\] ",
        samples=(
            Sample(
                "2024-01-02 03:04:05,678+0200 INFO  (jsonrpc/3) [vdsm.api] START getVolumeInfo() from=::1 (api:48)",
                {
                    "time": "2024-01-02T01:04:05.678000Z",
                    "level": "INFO",
                    "thread": "jsonrpc/3",
                    "logger": "vdsm.api",
                    "message": "START getVolumeInfo() from=::1 (api:48)",
                },
            ),
        ),
        refused=(
            "2024-01-02 03:04:05,678+0200 INFO  (jsonrpc/3) vdsm.api START",
            "2024-01-02 03:04:05,678+0200 (a) [b] c",
        ),
    ),
    app(
        "vdsm_3",
        "oVirt's VDSM up to 4.0: thread::LEVEL::time::module::line::logger::(function) message",
        (
            Slot("thread", Meaning.TEXT, b"::", solid=True),
            level(b"::", padded=False),
            stamp(ISO, b"::"),
            word("module", b"::"),
            number("line", b"::"),
            word("logger", b"::"),
            MESSAGE,
        ),
        rank=-1,
        head=3,
        begins=rb"[^\n:]+::[A-Z]+::\d{4}-\d\d-\d\d [\d:]{8},\d{3}::",
        samples=(
            Sample(
                "Thread-19::INFO::2024-01-02 03:04:05,678::dispatcher::94::Storage.Dispatcher::(run) Run and protect",
                {
                    "time": "2024-01-02T03:04:05.678000Z",
                    "thread": "Thread-19",
                    "level": "INFO",
                    "module": "dispatcher",
                    "line": 94,
                    "logger": "Storage.Dispatcher",
                    "message": "(run) Run and protect",
                },
            ),
        ),
        refused=("Thread-19::INFO::dispatcher::94::x", "Thread-19::2024-01-02 03:04:05,678::INFO::a::1::b::c"),
    ),
    app(
        "vmware_enclosed",
        "vCenter's services in Java: [time thread LEVEL logger] message",
        (stamp(ISO, b" "), word("thread"), level(), word("logger", b"] "), MESSAGE),
        prefix=b"[",
        rank=-1,
        head=4,
        begins=rb"\[\d{4}-\d\d-\d\d[ T][\d:]{8}[.,]\d{3}Z? [^\s\]]+ +[A-Z]+ +[\w.$]+\] ",
        samples=(
            Sample(
                "[2024-01-02T03:04:05.678Z tomcat-http--188     ERROR com.vmware.vim.AsyncServlet] Internal error",
                {
                    "time": "2024-01-02T03:04:05.678000Z",
                    "thread": "tomcat-http--188",
                    "level": "ERROR",
                    "logger": "com.vmware.vim.AsyncServlet",
                    "message": "Internal error",
                },
            ),
            Sample("[2024-01-02 03:04:05,500 pool-3-thread-1  INFO  com.vmware.License] up", {"level": "INFO"}),
        ),
        refused=("[2024-01-02T03:04:05.678Z ERROR com.vmware.vim.A] x", "2024-01-02T03:04:05.678Z main ERROR a.B] x"),
    ),
    app(
        "vmware_operation",
        "vCenter's services in Java: time [thread LEVEL logger opId=operation] message",
        (
            stamp(ISO, b" ["),
            word("thread"),
            level(),
            word("logger"),
            Slot("operation", Meaning.TEXT, b"] ", opening=b"opId=", padded=True),
            MESSAGE,
        ),
        rank=-1,
        head=4,
        begins=rb"\d{4}-\d\d-\d\dT[\d:]{8}\.\d{3}Z \[\S+ +[A-Z]+ +[\w.$]+ +opId=",
        samples=(
            Sample(
                "2024-01-02T03:04:05.678Z [grpc-5  INFO  com.vmware.hvc.Lookup  opId=4e543097-1a] Local node",
                {
                    "time": "2024-01-02T03:04:05.678000Z",
                    "thread": "grpc-5",
                    "level": "INFO",
                    "logger": "com.vmware.hvc.Lookup",
                    "operation": "4e543097-1a",
                    "message": "Local node",
                },
            ),
            Sample("2024-01-02T03:04:05.678Z [main INFO  com.vmware.Trust  opId=] a.xml", {"message": "a.xml"}),
        ),
        refused=("2024-01-02T03:04:05.678Z [grpc-5  INFO  com.vmware.hvc.Lookup] x", "[grpc-5 INFO a.B opId=] x"),
    ),
    app(
        "vmware_5",
        "ESXi and vCenter up to 5: time [thread level 'logger' opID=operation user=name] message",
        (
            maybe(literal(b"[")),
            stamp(ISO, b" "),
            maybe(literal(b"[")),
            word("thread"),
            level(padded=False),
            Slot("logger", Meaning.TEXT, b"'", opening=b"'"),
            Slot("context", Meaning.TEXT, b"]", padded=True),
            Slot("message", Meaning.TEXT, b"\n", padded=True),
        ),
        rank=2,
        head=6,
        begins=rb"(?:\[\d{4}-\d\d-\d\d [\d:.]+ |\d{4}-\d\d-\d\dT[\d:.]+(?:Z|[+-]\d\d:\d\d) \[)[0-9A-F]{5,16} [a-z]+ '",
        samples=(
            Sample(
                "2024-01-02T03:04:05.678Z [7F03ECE76700 verbose 'Default' opID=2140bc71] Invoke done",
                {
                    "time": "2024-01-02T03:04:05.678000Z",
                    "thread": "7F03ECE76700",
                    "level": "TRACE",
                    "logger": "Default",
                    "context": "opID=2140bc71",
                    "message": "Invoke done",
                },
            ),
            Sample(
                "[2024-01-02 03:04:05.203 F5A5AB90 info 'vm:/vmfs/volumes/1/a.vmx'] VMotionPrepare",
                {"level": "INFO", "logger": "vm:/vmfs/volumes/1/a.vmx", "message": "VMotionPrepare"},
            ),
        ),
        refused=("2024-01-02T03:04:05.678Z [7F03ECE76700 info Default] x", "[2024-01-02 03:04:05.203 F5A5AB90 info] x"),
    ),
    app(
        "vmware_python",
        "vCenter's services in Python: time [process]LEVEL:module:message",
        (
            stamp(ISO, b" ["),
            number("pid", b"]"),
            level(b":", padded=False),
            word("logger", b":"),
            MESSAGE,
        ),
        rank=-1,
        head=3,
        begins=rb"\d{4}-\d\d-\d\dT[\d:]{8}(?:\.\d{1,3})? \[\d+\][A-Z]+:",
        samples=(
            Sample(
                "2024-01-02T03:04:05.31 [2376]DEBUG:vmware.vherd.base:method = list",
                {
                    "time": "2024-01-02T03:04:05.310000Z",
                    "pid": 2376,
                    "level": "DEBUG",
                    "logger": "vmware.vherd.base",
                    "message": "method = list",
                },
            ),
        ),
        refused=("2024-01-02T03:04:05.31 [2376] DEBUG x", "2024-01-02T03:04:05.31 DEBUG:a:b"),
    ),
    app(
        "kafo",
        "installers of Foreman and Katello: [LEVEL time logger] message",
        (level(), stamp(ISO, b" "), word("logger", b"] "), Slot("message", Meaning.TEXT, b"\n", padded=True)),
        prefix=b"[",
        rank=-2,
        head=3,
        begins=rb"\[ ?[A-Z]+ +\d{4}-\d\d-\d\d[ T][\d:]{8}(?:[.,]\d+)? [^\s\]]+\] ",
        samples=(
            Sample(
                "[ INFO 2024-01-02 03:04:05 main] Loading installer configuration",
                {
                    "time": "2024-01-02T03:04:05Z",
                    "level": "INFO",
                    "logger": "main",
                    "message": "Loading installer configuration",
                },
            ),
            Sample("[DEBUG 2024-01-02T03:04:05 verbose]  Executing", {"level": "DEBUG", "message": "Executing"}),
        ),
        refused=("[ INFO 2024-01-02 03:04:05] x", "INFO 2024-01-02 03:04:05 main] x"),
    ),
    app(
        "opentelemetry_python",
        "OpenTelemetry's instrumentation of Python's logging: time LEVEL [logger] [file:line] [trace] - message",
        (
            stamp(ISO, b" "),
            level(),
            bracketed("logger"),
            bracketed("source"),
            Slot("trace_id", Meaning.TEXT, b" ", opening=b"[trace_id="),
            Slot("span_id", Meaning.TEXT, b" ", opening=b"span_id="),
            Slot("context", Meaning.TEXT, b"] - "),
            MESSAGE,
        ),
        rank=1,
        head=4,
        needs=(b"[trace_id=", b" span_id="),
        begins=rb"\d{4}-\d\d-\d\d [\d:]{8},\d{3} [A-Z]+ +\[[^\n]+\] \[[^\n]+:\d+\] \[trace_id=",
        samples=(
            Sample(
                "2024-01-02 03:04:05,678 INFO [main] [server.py:47] [trace_id=f63b span_id=e784 "
                "resource.service.name=shop trace_sampled=True] - Receive",
                {
                    "time": "2024-01-02T03:04:05.678000Z",
                    "level": "INFO",
                    "logger": "main",
                    "source": "server.py:47",
                    "trace_id": "f63b",
                    "span_id": "e784",
                    "context": "resource.service.name=shop trace_sampled=True",
                    "message": "Receive",
                },
            ),
        ),
        refused=(
            "2024-01-02 03:04:05,678 INFO [main] [server.py:47] - Receive",
            "2024-01-02 03:04:05,678 INFO [main] [server.py:47] [trace_id=f63b] - x",
        ),
    ),
    app(
        "dpkg",
        "dpkg.log: time action package versions",
        (stamp("%Y-%m-%d %H:%M:%S", b" "), word("action"), MESSAGE),
        rank=-1,
        single=True,
        begins=rb"\d{4}-\d\d-\d\d [\d:]{8} "
        rb"(?:startup (?:archives|packages) |(?:status [a-z-]+|configure|install|upgrade|trigproc|remove|purge) \S+ )",
        unlike=_NOT_DPKG,
        samples=(
            Sample(
                "2024-01-02 03:04:05 status installed rsyslog:amd64 8.2102.0-2",
                {
                    "time": "2024-01-02T03:04:05Z",
                    "action": "status",
                    "message": "installed rsyslog:amd64 8.2102.0-2",
                },
            ),
            Sample("2024-01-02 03:04:05 install vim:amd64 <none> 2:9.0", {"action": "install"}),
            Sample("2024-01-02 03:04:05 startup archives unpack", {"message": "archives unpack"}),
        ),
        refused=("2024-01-02 03:04:05", "2024-01-02 status installed rsyslog:amd64 8.2102.0-2"),
    ),
    app(
        "zellij",
        "zellij: LEVEL  |module | time [thread] [file:line]: message",
        (
            level(b"|"),
            Slot("logger", Meaning.TEXT, b" ", padded=True, solid=True),
            Slot(None, Meaning.LITERAL, b"", opening=b"| ", padded=True),
            stamp(ISO, b" ["),
            Slot("thread", Meaning.TEXT, b"] [", padded=True),
            Slot("source", Meaning.TEXT, b"]: "),
            MESSAGE,
        ),
        rank=-1,
        head=4,
        begins=rb"[A-Z]+ *\|\S+ *\| \d{4}-\d\d-\d\d [\d:.]+ \[",
        samples=(
            Sample(
                "INFO   |zellij_client            | 2024-01-02 03:04:05.601 [main      ] [src/lib.rs:179]: Starting",
                {
                    "time": "2024-01-02T03:04:05.601000Z",
                    "level": "INFO",
                    "logger": "zellij_client",
                    "source": "src/lib.rs:179",
                    "message": "Starting",
                },
            ),
        ),
        refused=("INFO   |zellij_client | Starting", "INFO   |zellij_client | 2024-01-02 03:04:05.601 Starting"),
    ),
)
"""Rows of the family."""
