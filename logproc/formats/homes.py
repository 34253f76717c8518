"""Logs of what people run at home and in small offices, and of mail and voice servers that they install whole.

https://wiki.zimbra.com/wiki/Log_Files, https://github.com/janeczku/calibre-web, https://docs.pi-hole.net/ftldns/,
https://github.com/qbittorrent/qBittorrent, https://wiki.servarr.com, https://github.com/winstonjs/logform
"""

from __future__ import annotations

from logproc.formats.format import Sample
from logproc.formats.heads import (
    ISO,
    LINE_END,
    MESSAGE,
    NEVER,
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
from logproc.formats.within import Part, Within

HOMES = (
    app(
        "zimbra",
        "Zimbra's mailbox.log: time LEVEL [thread] [context] logger - message",
        (stamp(ISO, b" "), level(), THREAD, bracketed("context"), word("logger"), literal(b"- "), MESSAGE),
        rank=-1,
        begins=rb"\d{4}-\d\d-\d\d [\d:]{8},\d{3} [A-Z]+ +\[[^\]\n]*\] \[[^\]\n]*\] \w+ - ",
        head=3,
        within=Within(
            "context",
            (
                Part("user", b"name=", b";", anywhere=True),
                Part("client", b"oip=", b";", anywhere=True),
                Part("client", b"ip=", b";", anywhere=True, spare=True),
            ),
        ),
        samples=(
            Sample(
                "2024-01-02 03:04:05,678 INFO  [qtp1-9:https://10.0.0.4:7071/service] "
                "[name=joe@example.com;oip=192.0.2.7;ua=Web - (Linux);] SoapEngine - handler exception",
                {
                    "time": "2024-01-02T03:04:05.678000Z",
                    "level": "INFO",
                    "thread": "qtp1-9:https://10.0.0.4:7071/service",
                    "user": "joe@example.com",
                    "client": "192.0.2.7",
                    "logger": "SoapEngine",
                    "message": "handler exception",
                },
            ),
            Sample("2024-01-02 03:04:05,678 WARN  [main] [] misc - no space left", {"context": None, "logger": "misc"}),
        ),
        refused=("2024-01-02 03:04:05,678 INFO  [main] misc - x", "2024-01-02 03:04:05,678 [main] [] misc - x"),
    ),
    app(
        "calibre_web",
        "Calibre-Web: [time] LEVEL {logger:line} message",
        (stamp(ISO, b"] "), level(), Slot("logger", Meaning.TEXT, b"} ", opening=b"{"), MESSAGE),
        prefix=b"[",
        rank=-1,
        begins=rb"\[\d{4}-\d\d-\d\d [\d:]{8},\d{3}\] +[A-Z]+ \{",
        head=3,
        within=Within(
            "message",
            (
                Part("user", b'user "', b'"', anywhere=True),
                Part("client", b"IP-address: ", b" ", anywhere=True, open_end=True),
            ),
        ),
        samples=(
            Sample(
                '[2024-01-02 03:04:05,678]  WARN {cps.web:1475} Login failed for user "joe" IP-address: 192.0.2.1',
                {
                    "user": "joe",
                    "client": "192.0.2.1",
                    "time": "2024-01-02T03:04:05.678000Z",
                    "level": "WARN",
                    "logger": "cps.web:1475",
                    "message": 'Login failed for user "joe" IP-address: 192.0.2.1',
                },
            ),
        ),
        refused=("[2024-01-02 03:04:05,678]  WARN Login failed", "2024-01-02 03:04:05,678 WARN {cps.web:1475} x"),
    ),
    app(
        "logger_then_thread",
        "log4j and logback with the thread behind the logger: %d %p %c [%t] %m",
        (stamp(ISO, b" "), level(), word("logger"), THREAD, maybe(literal(b"- ")), MESSAGE),
        rank=-3,
        begins=rb"\d{4}-\d\d-\d\d[ T][\d:]{8}[.,]\d{3}\S* +(?:TRACE|DEBUG|INFO|WARN|ERROR|FATAL) +"
        rb"[A-Za-z_$][\w$]*(?:\.[\w$]+)+ +\[[^\]\n]+\] ",
        head=4,
        samples=(
            Sample(
                "2024-01-02 03:04:05,678 ERROR o.e.App [qtp87-11] no such table",
                {
                    "time": "2024-01-02T03:04:05.678000Z",
                    "level": "ERROR",
                    "logger": "o.e.App",
                    "thread": "qtp87-11",
                    "message": "no such table",
                },
            ),
        ),
        refused=("2024-01-02 03:04:05,678 ERROR [qtp87-11] o.e.App x", "2024-01-02 03:04:05,678 ERROR o.e.App x"),
    ),
    app(
        "qbittorrent",
        "qBittorrent: (N, I, W or C) time - message",
        (level(b") ", padded=False), stamp(ISO, b" - "), MESSAGE),
        prefix=b"(",
        rank=-1,
        begins=rb"\([A-Z]\) \d{4}-\d\d-\d\dT[\d:]{8} - ",
        head=2,
        within=Within(
            "message",
            (
                Part("client", b"IP: ", b", ", anywhere=True, open_end=True),
                Part("user", b"username: ", b" ", anywhere=True, open_end=True),
            ),
        ),
        samples=(
            Sample(
                "(W) 2024-01-02T03:04:05 - WebAPI login failure",
                {"level": "WARN", "time": "2024-01-02T03:04:05Z", "message": "WebAPI login failure"},
            ),
            Sample(
                "(N) 2024-01-02T03:04:05 - WebAPI login failure. Reason: x, IP: 2001:db8::1, username: joe",
                {"client": "2001:db8::1", "user": "joe"},
            ),
            Sample("(I) 2024-01-02T03:04:05 - listening on port 6881", {"level": "INFO"}),
            Sample("(N) 2024-01-02T03:04:05 - version 4.6 is up", {"level": "INFO", "message": "version 4.6 is up"}),
            Sample("(C) 2024-01-02T03:04:05 - disk full", {"level": "FATAL", "message": "disk full"}),
        ),
        refused=("(W) WebAPI login failure", "W 2024-01-02T03:04:05 - x"),
    ),
    app(
        "level_in_brackets",
        "console of Radarr, Sonarr and others on NLog: [Level] Logger: message; time is null",
        (level(b"] ", padded=False), word("logger", b": "), MESSAGE),
        prefix=b"[",
        rank=-8,
        begins=rb"\[(?:Trace|Debug|Info|Warn|Error|Fatal)\] \w[\w.]*: ",
        head=2,
        sure=NEVER,
        samples=(
            Sample(
                "[Warn] Auth: failure for joe from 192.0.2.7",
                {"level": "WARN", "logger": "Auth", "message": "failure for joe from 192.0.2.7"},
            ),
        ),
        refused=("[Warn] failure for joe", "[Auth] Warn: x"),
    ),
    app(
        "jellyfin_console",
        "console of Jellyfin: [clock] [LVL] [thread] logger: message; without a date the time is null",
        (
            stamp("%H:%M:%S%.", b"] "),
            level(b"] ", b"[", padded=False),
            maybe(bracketed("thread")),
            maybe(word("logger", b": ")),
            MESSAGE,
        ),
        prefix=b"[",
        rank=-2,
        begins=rb"\[\d\d:\d\d:\d\d\] \[[A-Z]{3}\] ",
        head=2,
        samples=(
            Sample(
                "[03:04:05] [WRN] [7] Emby.Server: slow response",
                {"level": "WARN", "thread": "7", "logger": "Emby.Server", "message": "slow response"},
            ),
            Sample(
                "[03:04:05] [INF] user joe has been denied", {"thread": None, "message": "user joe has been denied"}
            ),
        ),
        refused=("[03:04:05 WRN] slow", "[03:04:05] slow"),
    ),
    app(
        "pihole_ftl",
        "FTL of Pi-hole: time zone [process] LEVEL: message; up to version 5 [time process] message",
        (
            maybe(literal(b"[")),
            stamp("%Y-%m-%d %H:%M:%S%. %Z%|%Y-%m-%d %H:%M:%S%.", b" "),
            maybe(literal(b"[")),
            word("process", b"] "),
            maybe(level(b": ", padded=False)),
            MESSAGE,
        ),
        rank=-1,
        begins=rb"\[?\d{4}-\d\d-\d\d [\d:]{8}\.\d{3} (?:[A-Z][A-Z\d+-]* \[)?\d+(?:M|/[TF]\d+)\] ",
        head=4,
        samples=(
            Sample(
                "2024-01-02 03:04:05.678 CET [51/T52] WARNING: load is high",
                {
                    "time": "2024-01-02T02:04:05.678000Z",
                    "process": "51/T52",
                    "level": "WARN",
                    "message": "load is high",
                },
            ),
            Sample(
                "[2024-01-02 03:04:05.678 1234M] resizing the cache",
                {"time": "2024-01-02T03:04:05.678000Z", "process": "1234M", "message": "resizing the cache"},
            ),
        ),
        refused=("2024-01-02 03:04:05.678 CET WARNING: load is high", "[2024-01-02 03:04:05.678] x"),
    ),
    app(
        "winston_simple",
        "winston's simple format: level: message, then what else is known as JSON; time is null",
        (level(b": ", padded=False), MESSAGE),
        rank=-9,
        begins=rb"(?:error|warn|info|http|verbose|debug|silly): ",
        head=1,
        sure=NEVER,
        samples=(
            Sample('info: listening {"port":8080}', {"level": "INFO", "message": 'listening {"port":8080}'}),
            Sample("warn: disk is nearly full", {"level": "WARN", "message": "disk is nearly full"}),
        ),
        refused=("listening: info", "info listening"),
    ),
    app(
        "android_long",
        "Android's logcat -v long: [ time pid: thread L/tag ], and the message on the lines behind it",
        (
            Slot("time", Meaning.STAMP, b" ", layout="%m-%d %H:%M:%S%.%|%i", padded=True),
            number("pid", b":"),
            word("thread"),
            Slot("level", Meaning.LETTER, b"/"),
            Slot("logger", Meaning.TEXT, b" ]"),
            *LINE_END,
            MESSAGE,
        ),
        prefix=b"[",
        rank=-1,
        begins=rb"\[ (?:\d{4}-)?\d\d-\d\d [\d:.]+ +\d+: *\w+ [VDIWEF]/",
        head=4,
        continues="message",
        samples=(
            Sample(
                "[ 03-17 16:13:38.811  1702: 2395 D/WindowManager ]\nfreezing the display",
                {
                    "time": "2000-03-17T16:13:38.811000Z",
                    "pid": 1702,
                    "thread": "2395",
                    "level": "DEBUG",
                    "logger": "WindowManager",
                    "message": "freezing the display",
                },
            ),
        ),
        refused=("03-17 16:13:38.811  1702  2395 D WindowManager: x", "[ 03-17 16:13:38.811 ] x"),
    ),
)
"""Rows of the family."""
