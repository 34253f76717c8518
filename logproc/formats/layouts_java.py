"""Further layouts of programs in Java, and of tools that are written in it.

https://wrapper.tanukisoftware.com/doc/english/prop-logfile-format.html, https://www.nextflow.io/docs/latest/
"""

from __future__ import annotations

from logproc.expressions import Expression
from logproc.formats.format import Sample
from logproc.formats.heads import (
    ISO,
    LOGGER,
    MESSAGE,
    NEVER,
    THREAD,
    app,
    bracketed,
    level,
    literal,
    maybe,
    stamp,
    word,
)
from logproc.formats.program import Meaning, Slot

LAYOUTS_JAVA = (
    app(
        "java_wrapper",
        "Tanuki's wrapper of Java services: LEVEL | jvm 1 | time | message",
        (
            word("level"),
            Slot(None, Meaning.LITERAL, b"", opening=b"| ", padded=True),
            Slot("program", Meaning.TEXT, b" ", padded=True),
            Slot(None, Meaning.TEXT, b"| "),
            stamp("%Y/%m/%d %H:%M:%S%.", b" | "),
            MESSAGE,
        ),
        rank=-1,
        begins=rb"[A-Z]+ +\| (?:jvm \d+|wrapper) +\| \d{4}/",
        head=5,
        samples=(
            Sample(
                "STATUS | wrapper  | 2024/01/02 03:04:05 | --> Wrapper Started as Daemon",
                {"level": "STATUS", "program": "wrapper"},
            ),
            Sample(
                "INFO   | jvm 1    | 2024/01/02 03:04:05 | up",
                {"time": "2024-01-02T03:04:05Z", "level": "INFO", "program": "jvm", "message": "up"},
            ),
        ),
        refused=("INFO   | jvm 1    | up", "INFO   | jvm 1    | 2024/13/02 03:04:05 | up"),
    ),
    app(
        "hadoop_source",
        "Hadoop as Ambari sets it up: time LEVEL logger (file:method(line)) - message",
        (
            stamp(ISO, b" "),
            level(padded=False),
            word("logger"),
            Slot("source_line", Meaning.TEXT, b")) - ", opening=b"("),
            MESSAGE,
        ),
        rank=-2,
        begins=rb"\d{4}-\d\d-\d\d [\d:]{8},\d{3} [A-Z]+ +\S+ \([\w.$<>-]+:\S*\(\d+\)\) - ",
        head=3,
        samples=(
            Sample(
                "2024-01-02 03:04:05,678 INFO  namenode.NameNode (LogAdapter.java:info(51)) - registered",
                {
                    "time": "2024-01-02T03:04:05.678000Z",
                    "level": "INFO",
                    "logger": "namenode.NameNode",
                    "source_line": "LogAdapter.java:info(51",
                    "message": "registered",
                },
            ),
        ),
        refused=("2024-01-02 03:04:05,678 INFO  namenode.NameNode - x", "2024-01-02 03:04:05,678 a (b:c(1)) - x"),
    ),
    app(
        "nextflow",
        "Nextflow: month-day clock [thread] LEVEL logger - message",
        (stamp("%b-%d %H:%M:%S%.", b" "), THREAD, level(), word("logger"), literal(b"- "), MESSAGE),
        rank=-1,
        begins=rb"[A-Z][a-z][a-z]-\d\d [\d:.]+ \[",
        head=3,
        samples=(
            Sample(
                "Jan-02 03:04:05.678 [main] DEBUG nextflow.cli.Launcher - $> nextflow run",
                {
                    "time": "2000-01-02T03:04:05.678000Z",
                    "thread": "main",
                    "level": "DEBUG",
                    "logger": "nextflow.cli.Launcher",
                    "message": "$> nextflow run",
                },
            ),
        ),
        refused=("Jan-02 03:04:05.678 DEBUG nextflow - x", "Jax-02 03:04:05.678 [main] DEBUG a - x"),
    ),
    app(
        "idea",
        "IntelliJ's idea.log: time [milliseconds] LEVEL - logger - message",
        (
            stamp(ISO, b" "),
            bracketed("elapsed"),
            level(padded=True),
            literal(b"- "),
            word("logger"),
            literal(b"- "),
            MESSAGE,
        ),
        rank=-1,
        begins=rb"\d{4}-\d\d-\d\d [\d:]{8},\d{3} \[ *\d+\] +[A-Z]+ - \S+ - ",
        head=3,
        samples=(
            Sample(
                "2024-01-02 03:04:05,678 [  1234]   INFO - #c.i.i.StartupUtil - IDE STARTED",
                {
                    "time": "2024-01-02T03:04:05.678000Z",
                    "level": "INFO",
                    "logger": "#c.i.i.StartupUtil",
                    "message": "IDE STARTED",
                },
            ),
        ),
        refused=("2024-01-02 03:04:05,678 [  1234]   INFO - x", "2024-01-02 03:04:05,678 INFO - #c.d - x"),
    ),
    app(
        "vmware_bars",
        "vCenter's services in Java: time | LEVEL | thread | logger | message",
        (
            stamp(ISO, b" | "),
            level(b"|"),
            Slot("thread", Meaning.TEXT, b" | ", padded=True),
            Slot("logger", Meaning.TEXT, b" | ", padded=True),
            MESSAGE,
        ),
        rank=-1,
        begins=rb"\d{4}-\d\d-\d\dT[\d:.]+\S* \| +[A-Z]+ +\| ",
        head=2,
        samples=(
            Sample(
                "2024-01-02T03:04:05.678Z |  INFO | vim-async-1 | VcEventManager.java | 806 | posted",
                {
                    "time": "2024-01-02T03:04:05.678000Z",
                    "level": "INFO",
                    "thread": "vim-async-1",
                    "logger": "VcEventManager.java",
                    "message": "806 | posted",
                },
            ),
        ),
        refused=("2024-01-02T03:04:05.678Z | vim-async-1 | a | b", "2024-01-02T03:04:05.678Z INFO | a | b | c"),
    ),
    app(
        "syncthing",
        "Syncthing up to 1.29: [id] date clock LEVEL: message",
        (bracketed("context", b"] ", b"["), stamp("%Y/%m/%d %H:%M:%S%.", b" "), level(b": "), MESSAGE),
        rank=-1,
        begins=rb"\[[\w-]+\] \d{4}/\d\d/\d\d [\d:.]+ [A-Z]+: ",
        head=3,
        samples=(
            Sample(
                "[ABCDE] 2024/01/02 03:04:05 INFO: My ID",
                {"context": "ABCDE", "time": "2024-01-02T03:04:05Z", "level": "INFO", "message": "My ID"},
            ),
        ),
        refused=("[ABCDE] 2024/01/02 03:04:05 My ID", "2024/01/02 03:04:05 INFO: My ID"),
    ),
    app(
        "syncthing_source",
        "Syncthing up to 1.29 where it traces: [id] date clock file:line: LEVEL: message",
        (
            bracketed("context", b"] ", b"["),
            stamp("%Y/%m/%d %H:%M:%S%.", b" "),
            word("source", b": "),
            level(b": "),
            MESSAGE,
        ),
        rank=-1,
        begins=rb"\[[\w-]+\] \d{4}/\d\d/\d\d [\d:.]+ [\w.-]+:\d+: [A-Z]+: ",
        head=4,
        samples=(
            Sample(
                "[ABCDE] 2024/01/02 03:04:05.078070 local.go:203: DEBUG: discover: Received",
                {
                    "context": "ABCDE",
                    "time": "2024-01-02T03:04:05.078070Z",
                    "source": "local.go:203",
                    "level": "DEBUG",
                    "message": "discover: Received",
                },
            ),
        ),
        refused=("[ABCDE] 2024/01/02 03:04:05 INFO: My ID", "2024/01/02 03:04:05.078070 local.go:203: DEBUG: x"),
    ),
    app(
        "log4j_source",
        "log4j with where a line was written: %d [%t] %-5p %c (%F:%L) - %m",
        (
            stamp(ISO, b" "),
            THREAD,
            level(),
            word("logger"),
            Slot("source_line", Meaning.TEXT, b") - ", opening=b"("),
            MESSAGE,
        ),
        rank=-2,
        begins=rb"\d{4}-\d\d-\d\d[ T][\d:]{8}[.,]\d{3} +\[[^\]]+\] +[A-Z]+ +[\w.$]+ \([\w$]+\.\w+:\d+\) - ",
        head=4,
        samples=(
            Sample(
                "2024-01-02 03:04:05,678 [main] INFO  org.example.App (App.java:12) - hello",
                {
                    "time": "2024-01-02T03:04:05.678000Z",
                    "thread": "main",
                    "level": "INFO",
                    "logger": "org.example.App",
                    "source_line": "App.java:12",
                    "message": "hello",
                },
            ),
        ),
        refused=("2024-01-02 03:04:05,678 [main] INFO  org.example.App - hello", "[main] INFO a.B (B.java:1) - x"),
    ),
    app(
        "log4j_undated",
        "log4j without a time: %-5p [%t] %c - %m",
        (level(padded=False), THREAD, LOGGER, MESSAGE),
        rank=-4,
        begins=rb"(?:TRACE|DEBUG|INFO|WARN|ERROR|FATAL) +\[[^\]]+\] +[\w.$]+ +[-:] ",
        head=3,
        sure=NEVER,
        samples=(
            Sample(
                "DEBUG [main] org.example.App - hello",
                {"level": "DEBUG", "thread": "main", "logger": "org.example.App", "message": "hello"},
            ),
        ),
        refused=("DEBUG org.example.App - hello", "[main] DEBUG org.example.App - hello"),
    ),
    *(
        app(
            name,
            doc,
            (maybe(literal(b"[")), stamp(ISO, b""), maybe(literal(b"]")), literal(b" "), *brackets, LOGGER, MESSAGE),
            rank=-6,
            head=8,
            begins=rb"\[?\d{4}-\d\d-\d\d[T ][^\[\]\n]{8,20}\]? " + begins + rb"[\w.$:]+(?: ?[:|]| -) ",
            samples=(
                Sample(
                    f"2024-01-02 03:04:05.678 {text} c.e.App - up",
                    {
                        "time": "2024-01-02T03:04:05.678000Z",
                        "thread": "main",
                        "level": "INFO",
                        "logger": "c.e.App",
                        "message": "up",
                    },
                ),
            ),
            refused=("2024-01-02 03:04:05.678 [main] up", "2024-01-02 03:04:05.678 INFO c.e.App - up"),
        )
        for name, doc, brackets, begins, text in (
            (
                "thread_then_level",
                "log4j: time [thread] [LEVEL] logger - message",
                (THREAD, level(b"] ", b"[")),
                rb"\[[^\]\n]+\] +\[[A-Z]+ *\] +",
                "[main] [INFO ]",
            ),
            (
                "level_then_thread",
                "log4j: time [LEVEL] [thread] logger - message; the time may stand in brackets, too",
                (level(b"] ", b"["), THREAD),
                rb"\[[A-Z]+ *\] +\[[^\]\n]+\] +",
                "[INFO ] [main]",
            ),
        )
    ),
    app(
        "log4j_simple",
        "log4j's SimpleLayout: LEVEL - message",
        (level(b"- "), MESSAGE),
        rank=-8,
        begins=rb"(?:TRACE|DEBUG|INFO|WARN|ERROR|FATAL) - ",
        head=1,
        sure=NEVER,
        unlike=Expression(rb"[A-Z]+ +- \[?\d{4}-\d\d-\d\d[ T]\d\d:"),
        unlike_reason="a time stands where the message begins",
        samples=(
            Sample(
                "INFO - the server listens at port 8080 and waits for its first request",
                {"level": "INFO", "message": "the server listens at port 8080 and waits for its first request"},
            ),
        ),
        refused=("INFO hello", "hello - INFO"),
    ),
)
"""Rows of the family."""
