"""Logs of programs in Ruby, PHP, Go and Rust, and of OpenStack, in the layouts of their loggers.

https://docs.ruby-lang.org/en/master/Logger.html,
https://github.com/google/glog
"""

from __future__ import annotations

from logproc.formats.format import Sample
from logproc.formats.heads import ISO, MESSAGE, app, level, literal, maybe, number, stamp, word
from logproc.formats.program import Meaning, Slot

APP = (
    app(
        "ruby",
        "Ruby's Logger, Rails in production: I, [time #process]  LEVEL -- program: message",
        (
            Slot(None, Meaning.LETTER, b", ["),
            stamp(ISO, b" #"),
            number("pid", b"]"),
            level(b" -- "),
            maybe(word("program", b": ")),
            maybe(literal(b": ")),
            MESSAGE,
        ),
        rank=0,
        head=2,
        needs=(b", [", b" #", b"] ", b" -- "),
        samples=(
            Sample(
                "I, [2024-01-02T03:04:05.678901 #1234]  INFO -- : Started GET",
                {
                    "time": "2024-01-02T03:04:05.678901Z",
                    "pid": 1234,
                    "level": "INFO",
                    "program": None,
                    "message": "Started GET",
                },
            ),
            Sample("E, [2024-01-02T03:04:05.678901 #1] ERROR -- web: down", {"level": "ERROR", "program": "web"}),
        ),
        refused=("I, [2024-01-02T03:04:05.678901]  INFO -- : x", "X, [2024-01-02T03:04:05.678901 #1] INFO -- : x"),
    ),
    app(
        "rails",
        "Rails' own lines: Started METHOD target for client at time, and what follows is the stack",
        (
            Slot("method", Meaning.WORD, b' "'),
            Slot("target", Meaning.TARGET, b'" for '),
            word("client", b" at "),
            stamp("%Y-%m-%d %H:%M:%S%z", b""),
            Slot(None, Meaning.TEXT, b"\n"),
        ),
        prefix=b"Started ",
        family="web",
        rank=0,
        needs=(b"Started ", b'" for ', b" at "),
        samples=(
            Sample(
                'Started GET "/posts?page=2" for 127.0.0.1 at 2024-01-02 03:04:05 +0100',
                {
                    "time": "2024-01-02T02:04:05Z",
                    "method": "GET",
                    "target": "/posts?page=2",
                    "path": "/posts",
                    "client": "127.0.0.1",
                },
            ),
        ),
        refused=("Started GET /posts for 127.0.0.1 at 2024-01-02 03:04:05", "Completed 200 OK in 12ms"),
    ),
    app(
        "monolog",
        "Monolog, Laravel: [time] channel.LEVEL: message",
        (stamp(ISO, b"] "), word("logger", b"."), level(b": ", padded=False), MESSAGE),
        prefix=b"[",
        rank=-1,
        needs=(b"[", b"] ", b".", b": "),
        samples=(
            Sample(
                '[2024-01-02 03:04:05] production.ERROR: Class not found {"exception":"x"}',
                {"logger": "production", "level": "ERROR", "message": 'Class not found {"exception":"x"}'},
            ),
        ),
        refused=("[2024-01-02 03:04:05] production: x", "[2024-01-02 03:04:05] production.OTHER: x"),
    ),
    app(
        "php",
        "PHP's error log",
        (
            stamp("%d-%b-%Y %H:%M:%S %Z", b"] "),
            maybe(Slot("level", Meaning.TEXT, b":  ", opening=b"PHP ")),
            MESSAGE,
        ),
        prefix=b"[",
        rank=-3,
        needs=(b"[", b"-", b"] "),
        samples=(
            Sample(
                "[02-Jan-2024 03:04:05 UTC] PHP Fatal error:  Uncaught Error: x in /a.php:3",
                {"time": "2024-01-02T03:04:05Z", "level": "FATAL", "message": "Uncaught Error: x in /a.php:3"},
            ),
            Sample("[02-Jan-2024 03:04:05 Europe/Berlin] plain", {"level": None, "message": "plain"}),
        ),
        refused=("[02-Jan-2024 03:04:05] x", "[2024-01-02 03:04:05 UTC] x"),
    ),
    app(
        "glog",
        "glog and klog: IMMDD HH:MM:SS.ffffff thread file:line] message",
        (
            Slot("level", Meaning.LETTER, b""),
            stamp("%m%d %H:%M:%S%.%|%Y%m%d %H:%M:%S%.", b" "),
            number("pid"),
            word("logger", b"] "),
            MESSAGE,
        ),
        rank=-1,
        begins=rb"[IWEFDTV]\d",
        head=2,
        needs=(b":", b".", b"] "),
        samples=(
            Sample(
                "E0102 03:04:05.678901   12345 reflector.go:153] Failed to list",
                {
                    "time": "2000-01-02T03:04:05.678901Z",
                    "level": "ERROR",
                    "pid": 12345,
                    "logger": "reflector.go:153",
                    "message": "Failed to list",
                },
            ),
            Sample("I20240102 03:04:05.678901 1 a.cc:1] x", {"time": "2024-01-02T03:04:05.678901Z", "level": "INFO"}),
        ),
        refused=("X0102 03:04:05.678901 1 a.go:1] x", "I1302 03:04:05.678901 1 a.go:1] x", "I0102 03:04:05 a.go:1] x"),
    ),
    app(
        "zap",
        "zap's console, Caddy: time, level, perhaps logger or caller, message, with tabs between them",
        (
            stamp(f"{ISO}%|%Y/%m/%d %H:%M:%S%.", b"\t"),
            level(b"\t", padded=False),
            maybe(word("logger", b"\t")),
            MESSAGE,
        ),
        rank=-2,
        head=2,
        needs=(b"\t",),
        samples=(
            Sample(
                '2024-01-02T03:04:05.678+0100\tINFO\tapp/main.go:12\tstarted\t{"port": 80}',
                {"level": "INFO", "logger": "app/main.go:12", "message": 'started\t{"port": 80}'},
            ),
            Sample(
                '2024/01/02 03:04:05.678\tWARN\tno host matched\t{"server": "srv0"}',
                {
                    "time": "2024-01-02T03:04:05.678000Z",
                    "level": "WARN",
                    "logger": None,
                    "message": 'no host matched\t{"server": "srv0"}',
                },
            ),
        ),
        refused=("2024-01-02T03:04:05.678+0100 INFO\tapp\tx", "2024-01-02T03:04:05.678+0100\tapp\tx"),
    ),
    app(
        "env_logger",
        "Rust's env_logger: [time LEVEL  module] message",
        (stamp(ISO, b" "), level(), word("logger", b"] "), MESSAGE),
        prefix=b"[",
        rank=-2,
        begins=rb"\[\d",
        head=2,
        needs=(b"[", b"] "),
        samples=(
            Sample(
                "[2024-01-02T03:04:05Z WARN  app::http] slow",
                {"level": "WARN", "logger": "app::http", "message": "slow"},
            ),
        ),
        refused=("[2024-01-02T03:04:05Z app::http] slow", "[2024-01-02T03:04:05Z] WARN app: slow"),
    ),
    app(
        "openstack",
        "OpenStack (oslo.log): time process LEVEL logger [request] message",
        (
            stamp(ISO, b" "),
            number("pid"),
            level(),
            word("logger"),
            maybe(Slot("request_id", Meaning.BRACKETED, b"] ", opening=b"[")),
            MESSAGE,
        ),
        rank=-4,
        begins=rb"\d{4}-\d\d-\d\d ",
        head=3,
        samples=(
            Sample(
                "2017-05-16 00:00:00.008 25746 INFO nova.wsgi.server [req-38101a0b 113d3a99 54fadb41 - - -] x",
                {
                    "time": "2017-05-16T00:00:00.008000Z",
                    "pid": 25746,
                    "level": "INFO",
                    "logger": "nova.wsgi.server",
                    "request_id": "req-38101a0b 113d3a99 54fadb41 - - -",
                    "message": "x",
                },
            ),
        ),
        refused=(
            "2017-05-16 00:00:00.008 INFO nova.wsgi.server x",
            "2017-05-16 00:00:00.008 1 nova.wsgi.server INFO x",
        ),
    ),
    app(
        "openstack_merged",
        "the same behind the name of the file that each line came from",
        (
            word("file"),
            stamp(ISO, b" "),
            number("pid"),
            level(),
            word("logger"),
            maybe(Slot("request_id", Meaning.BRACKETED, b"] ", opening=b"[")),
            MESSAGE,
        ),
        rank=-4,
        begins=rb"\S+ \d{4}-\d\d-\d\d ",
        head=3,
        samples=(
            Sample(
                "nova-api.log.1.2017-05-16_13:53:08 2017-05-16 00:00:00.008 25 INFO nova.wsgi.server [req-3 1 - -] x",
                {"file": "nova-api.log.1.2017-05-16_13:53:08", "pid": 25, "request_id": "req-3 1 - -"},
            ),
        ),
        refused=("2017-05-16 00:00:00.008 25746 INFO nova.wsgi.server x", "a 2017-05-16 00:00:00.008 INFO nova x"),
    ),
    app(
        "sidekiq",
        "Sidekiq: time pid=process tid=thread LEVEL: message, with the job between them",
        (
            stamp(ISO, b" pid="),
            number("pid", b" tid="),
            word("thread"),
            maybe(Slot("logger", Meaning.WORD, b" ", opening=b"class=")),
            maybe(Slot("request_id", Meaning.WORD, b" ", opening=b"jid=")),
            maybe(Slot("duration", Meaning.DURATION, b" ", opening=b"elapsed=")),
            level(b": ", padded=False),
            MESSAGE,
        ),
        rank=-1,
        head=2,
        needs=(b" pid=", b" tid=", b": "),
        samples=(
            Sample(
                "2024-01-02T03:04:05.678Z pid=1234 tid=abc class=HardJob jid=1f elapsed=1.25 INFO: done",
                {
                    "time": "2024-01-02T03:04:05.678000Z",
                    "pid": 1234,
                    "thread": "abc",
                    "logger": "HardJob",
                    "request_id": "1f",
                    "duration": 1.25,
                    "level": "INFO",
                    "message": "done",
                },
            ),
            Sample("2024-01-02T03:04:05.678Z pid=12 tid=abc INFO: Booted", {"logger": None, "duration": None}),
        ),
        refused=("2024-01-02T03:04:05.678Z pid=1234 INFO: x", "pid=1234 tid=abc INFO: x"),
    ),
)
"""Rows of the family."""
