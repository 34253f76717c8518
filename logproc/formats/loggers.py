"""Logs of libraries that write them, and of languages whose programs share one, in their usual layouts.

https://github.com/gabime/spdlog/wiki, https://github.com/NLog/NLog/wiki/Layouts, https://github.com/sirupsen/logrus
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

_CLOSED_LEVEL = level(b"]", b"[", padded=False)

LOGGERS = (
    app(
        "spdlog",
        "spdlog: [time] [logger] [level] message",
        (stamp(ISO, b"] "), bracketed("logger"), level(b"] ", b"[", padded=False), MESSAGE),
        prefix=b"[",
        rank=-2,
        begins=rb"\[\d{4}-\d\d-\d\d[^\]]*\] \[",
        head=2,
        needs=(b"] [", b"] "),
        sure=NEVER,
        samples=(
            Sample(
                "[2024-01-02 03:04:05.678] [net] [warning] slow",
                {"time": "2024-01-02T03:04:05.678000Z", "logger": "net", "level": "WARN", "message": "slow"},
            ),
        ),
        refused=("[2024-01-02 03:04:05.678] [warning] slow", "[2024-01-02 03:04:05.678] [net] [x] slow"),
    ),
    app(
        "log4net",
        "log4net: %date [%thread] %level %logger [%ndc] - %message",
        (stamp(ISO, b" "), THREAD, level(), word("logger"), bracketed("context", b"] - "), MESSAGE),
        rank=-2,
        needs=(b" [", b"] - "),
        samples=(
            Sample(
                "2024-01-02 03:04:05,678 [12] ERROR MyApp.Program [(null)] - boom",
                {
                    "time": "2024-01-02T03:04:05.678000Z",
                    "thread": "12",
                    "level": "ERROR",
                    "logger": "MyApp.Program",
                    "context": "(null)",
                    "message": "boom",
                },
            ),
        ),
        refused=("2024-01-02 03:04:05,678 [12] ERROR MyApp.Program - boom", "2024-01-02 03:04:05 ERROR A [x] - y"),
    ),
    app(
        "nlog",
        "NLog: ${longdate}|${level}|${logger}|${message}",
        (stamp(ISO, b"|"), level(b"|"), word("logger", b"|"), MESSAGE),
        rank=-2,
        needs=(b"|",),
        samples=(
            Sample(
                "2024-01-02 03:04:05.6789|ERROR|MyApp.Program|boom|System.Exception",
                {
                    "time": "2024-01-02T03:04:05.678900Z",
                    "level": "ERROR",
                    "logger": "MyApp.Program",
                    "message": "boom|System.Exception",
                },
            ),
        ),
        refused=("2024-01-02 03:04:05.6789|MyApp.Program|boom", "2024-01-02 03:04:05.6789|ERROR|My App|boom"),
    ),
    app(
        "php_fpm",
        "PHP-FPM: [time] LEVEL: message",
        (stamp("%d-%b-%Y %H:%M:%S%.", b"] "), level(b": ", padded=False), MESSAGE),
        prefix=b"[",
        rank=-2,
        begins=rb"\[\d\d-[A-Z][a-z][a-z]-\d{4} [\d:.]+\] [A-Z]+: ",
        needs=(b"[", b"] ", b": "),
        samples=(
            Sample(
                "[02-Jan-2024 03:04:05] WARNING: [pool www] server reached pm.max_children setting (5)",
                {
                    "time": "2024-01-02T03:04:05Z",
                    "level": "WARN",
                    "message": "[pool www] server reached pm.max_children setting (5)",
                },
            ),
        ),
        refused=("[02-Jan-2024 03:04:05] [pool www] x", "[02-Jan-2024 03:04:05 UTC] NOTICE: x"),
    ),
    app(
        "serilog",
        "Serilog's file: time, zone, [LVL] message",
        (stamp(ISO, b" "), _CLOSED_LEVEL, PADDED_MESSAGE),
        rank=-6,
        begins=rb"\d{4}-\d\d-\d\d [\d:]+\.\d+ [+-]\d\d:\d\d \[[A-Z]{3}\] ",
        needs=(b" [", b"] "),
        samples=(
            Sample(
                "2024-01-02 03:04:05.678 +01:00 [ERR] Unhandled exception",
                {"time": "2024-01-02T02:04:05.678000Z", "level": "ERROR", "message": "Unhandled exception"},
            ),
        ),
        refused=("2024-01-02 03:04:05.678 +01:00 ERR x", "2024-01-02 03:04:05.678 +01:00 [XYZ] x"),
    ),
    app(
        "zerolog",
        "zerolog on a console: time LVL message and its fields",
        (stamp(f"{ISO}%|%I:%M%p", b" "), level(), MESSAGE),
        rank=-6,
        begins=rb"[\dT:.+-]+(?:[AP]M|Z)? (?:TRC|DBG|INF|WRN|ERR|FTL|PNC) ",
        samples=(
            Sample(
                "2024-01-02T03:04:05Z WRN no reply host=a",
                {"time": "2024-01-02T03:04:05Z", "level": "WARN", "message": "no reply host=a"},
            ),
            Sample("3:04PM INF up", {"time": None, "level": "INFO", "message": "up"}),
        ),
        refused=("2024-01-02T03:04:05Z up", "3:04PM up"),
    ),
    app(
        "logrus",
        "logrus on a terminal: LEVL[seconds] message and its fields; time is null",
        (level(b"[", padded=False), number("elapsed", b"] "), MESSAGE),
        rank=-4,
        begins=rb"[A-Z]{4}\[\d{4,}\] ",
        head=2,
        needs=(b"[", b"] "),
        samples=(
            Sample(
                "ERRO[0004] failed                                        error=EOF",
                {
                    "time": "missing",
                    "level": "ERROR",
                    "elapsed": 4,
                    "message": "failed                                        error=EOF",
                },
            ),
            Sample("FATA[0105] The ice breaks!", {"level": "FATAL", "elapsed": 105}),
        ),
        refused=("ERRO[x] failed", "OTHR[0004] failed", "ERRO 0004 failed"),
    ),
    app(
        "dotnet",
        "console of Microsoft.Extensions.Logging: level: category[event], then the message; time is null",
        (level(b": ", padded=False), word("logger", b"["), number("event", b"]"), PADDED_MESSAGE),
        rank=-4,
        begins=rb"(?:trce|dbug|info|warn|fail|crit): ",
        continues="message",
        head=3,
        needs=(b": ", b"[", b"]"),
        samples=(
            Sample(
                "fail: App.Worker[7]",
                {
                    "level": "ERROR",
                    "logger": "App.Worker",
                    "event": 7,
                    "message": "",
                },
            ),
        ),
        refused=("fail: App.Worker boom", "other: App.Worker[7]"),
    ),
    app(
        "jetty_log",
        "Jetty's own log (StdErrLog): time:LEVEL:logger:thread: message, the thread from 9.3 on",
        (
            stamp("%i", b":"),
            level(b":", padded=False),
            Slot("logger", Meaning.TEXT, b":", solid=True),
            maybe(word("thread", b": ")),
            MESSAGE,
        ),
        rank=-1,
        begins=rb"\d{4}-\d\d-\d\d [\d:]{8}\.\d+:[A-Z]+:\w[^ :]*:",
        head=3,
        samples=(
            Sample(
                "2024-01-02 03:04:05.678:WARN:oejs.HttpChannel:qtp12-34: /a",
                {
                    "time": "2024-01-02T03:04:05.678000Z",
                    "level": "WARN",
                    "logger": "oejs.HttpChannel",
                    "thread": "qtp12-34",
                    "message": "/a",
                },
            ),
            Sample(
                "2011-10-21 10:30:02.123:INFO:oejs.Server:jetty-8.1.9.v2013",
                {"logger": "oejs.Server", "thread": None, "message": "jetty-8.1.9.v2013"},
            ),
        ),
        refused=("2024-01-02 03:04:05.678:oejs.Server:main: x", "2024-01-02 03:04:05.678 INFO:oejs.Server:main: x"),
    ),
    app(
        "serilog_console",
        "console of Serilog, and of Paper (Minecraft): [clock LVL] message; without a date the time is null",
        (
            stamp(f"{ISO}%|%H:%M:%S%.", b" "),
            level(b"]", padded=False),
            maybe(literal(b":")),
            literal(b" "),
            MESSAGE,
        ),
        prefix=b"[",
        rank=-2,
        begins=rb"\[(?:\d{4}-\d\d-\d\d )?[\d:]{8}(?:\.\d+)?(?: [+-]\d\d:\d\d)? [A-Z][A-Za-z]+\]:? ",
        head=2,
        samples=(
            Sample("[03:04:05 WRN] slow", {"time": None, "level": "WARN", "message": "slow"}),
            Sample("[03:04:05 INFO]: up", {"time": None, "level": "INFO", "message": "up"}),
            Sample("[2024-01-02 03:04:05 ERR] boom", {"time": "2024-01-02T03:04:05Z", "level": "ERROR"}),
        ),
        refused=("[03:04:05] slow", "[03:04:05 Slow] x"),
    ),
)
"""Rows of the family."""
