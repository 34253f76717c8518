"""Logs of programs of Node.js: morgan's access logs, npm, NestJS, log4js, pino-pretty; and AWS Lambda's.

https://github.com/expressjs/morgan#predefined-formats, https://docs.npmjs.com/cli/configuring-npm,
https://log4js-node.github.io/log4js-node/layouts.html,
https://docs.aws.amazon.com/lambda/latest/dg/nodejs-logging.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from logproc.formats.format import Sample
from logproc.formats.heads import (
    ISO,
    MESSAGE,
    PADDED_MESSAGE,
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

if TYPE_CHECKING:
    from logproc.formats.format import Format

_METHODS = rb"(?:GET|HEAD|POST|PUT|DELETE|OPTIONS|PATCH|CONNECT|TRACE|PROPFIND|REPORT|SEARCH|PURGE|LINK|UNLINK)"


def _morgan(name: str, doc: str, slots: tuple[Slot, ...], begins: bytes, *samples: Sample, refused: str) -> Format:
    return app(
        name,
        f"morgan's {doc}; time is null",
        slots,
        rank=-1,
        family="web",
        single=True,
        begins=begins,
        needs=(b" ms",),
        samples=samples,
        refused=(refused, "GET / HTTP/1.1"),
    )


_METHOD, _TARGET = Slot("method", Meaning.TEXT, b" ", solid=True), Slot("target", Meaning.TARGET, b" ", solid=True)
_STATUS, _BYTES = Slot("status", Meaning.INTEGER, b" ", solid=True), Slot("bytes", Meaning.INTEGER, b" - ")
_MILLIS = Slot("duration", Meaning.DURATION, b" ms\n", scale=1e-3)
_FOUND = {"method": "GET", "target": "/users?a=1", "path": "/users", "status": 200, "duration": 0.003456, "bytes": 1234}
_ID = rb"[\da-f]{8}-(?:[\da-f]{4}-){3}[\da-f]{12}"
_REQUEST_ID = "8f507cfc-1111-4697-b07a-ac58fc914c95"

NODE = (
    _morgan(
        "morgan_dev",
        "dev format: method, target, status, milliseconds, bytes",
        (
            _METHOD,
            _TARGET,
            _STATUS,
            Slot("duration", Meaning.DURATION, b" ms - ", scale=1e-3),
            Slot("bytes", Meaning.INTEGER, b"\n"),
        ),
        rb"%b \S+ (?:\d{3}|-) [\d.-]+ ms - " % _METHODS,
        Sample("GET /users?a=1 200 3.456 ms - 1234", _FOUND),
        Sample("POST /login 302 12.1 ms - -", {"method": "POST", "status": 302, "duration": 0.0121, "bytes": None}),
        refused="GET /users 200 3.456 - 1234",
    ),
    _morgan(
        "morgan_dev_colored",
        "dev format on a terminal",
        (
            Slot("method", Meaning.TEXT, b" ", solid=True, opening=b"\x1b[0m"),
            Slot("target", Meaning.TARGET, b" \x1b[", solid=True),
            Slot(None, Meaning.TEXT, b"m"),
            Slot("status", Meaning.INTEGER, b"\x1b[0m ", solid=True),
            Slot("duration", Meaning.DURATION, b" ms - ", scale=1e-3),
            Slot("bytes", Meaning.INTEGER, b"\x1b[0m\n"),
        ),
        rb"\x1b\[0m%b \S+ \x1b" % _METHODS,
        Sample("\x1b[0mGET /users?a=1 \x1b[32m200\x1b[0m 3.456 ms - 1234\x1b[0m", _FOUND),
        refused="GET /users 200 3.456 ms - 1234",
    ),
    _morgan(
        "morgan_tiny",
        "tiny format: method, target, status, bytes, milliseconds",
        (_METHOD, _TARGET, _STATUS, _BYTES, _MILLIS),
        rb"%b \S+ (?:\d{3}|-) (?:\d+|-) - [\d.-]+ ms" % _METHODS,
        Sample("GET /users?a=1 200 1234 - 3.456 ms", _FOUND),
        refused="GET /users 200 1234 3.456 ms",
    ),
    _morgan(
        "morgan_short",
        "short format: client, user, request, status, bytes, milliseconds",
        (
            Slot("client", Meaning.TEXT, b" ", solid=True),
            Slot("user", Meaning.TEXT, b" ", solid=True),
            _METHOD,
            _TARGET,
            Slot("protocol", Meaning.TEXT, b" ", solid=True),
            _STATUS,
            _BYTES,
            _MILLIS,
        ),
        rb"\S+ \S+ %b \S+ HTTP/\S+ (?:\d{3}|-) " % _METHODS,
        Sample("::1 - GET /users?a=1 HTTP/1.1 200 1234 - 3.456 ms", {**_FOUND, "client": "::1", "user": None}),
        refused="::1 - GET /users HTTP/1.1 200 1234 3.456 ms",
    ),
    app(
        "npm",
        "npm's debug log: line number, level, message; time is null",
        (
            number(None),
            maybe(level()),
            MESSAGE,
        ),
        rank=-3,
        begins=rb"\d+ (?:info|verbose|silly|http|timing|warn|error|notice) ",
        head=1,
        samples=(
            Sample(
                "0 info it worked if it ends with ok",
                {"level": "INFO", "message": "it worked if it ends with ok"},
            ),
            Sample("1 verbose cli [ '/usr/bin/node' ]", {"level": "TRACE", "message": "cli [ '/usr/bin/node' ]"}),
        ),
        refused=("info it worked", "a info x"),
    ),
    app(
        "nestjs",
        "NestJS: [Nest] process  - time     LEVEL [logger] message",
        (
            number("pid", b"  - "),
            stamp("%m/%d/%Y, %I:%M:%S %p%|%d/%m/%Y, %H:%M:%S", b" "),
            level(),
            maybe(bracketed("logger")),
            PADDED_MESSAGE,
        ),
        prefix=b"[Nest] ",
        rank=-1,
        needs=(b"[Nest] ",),
        head=2,
        samples=(
            Sample(
                "[Nest] 1234  - 01/02/2024, 3:04:05 AM     LOG [NestFactory] Starting Nest application...",
                {
                    "time": "2024-01-02T03:04:05Z",
                    "pid": 1234,
                    "level": "INFO",
                    "logger": "NestFactory",
                    "message": "Starting Nest application...",
                },
            ),
        ),
        refused=("[Nest] 1234 Starting", "[App] 1234  - 01/02/2024, 3:04:05 AM LOG [a] x"),
    ),
    app(
        "log4js",
        "log4js: [time] [LEVEL] logger - message",
        (stamp(ISO, b"] ["), level(b"] ", padded=False), word("logger", b" - "), MESSAGE),
        prefix=b"[",
        rank=-3,
        begins=rb"\[\d{4}-\d\d-\d\dT[\d:]{8}\.\d{3}\] \[[A-Z]+\] \S+ - ",
        samples=(
            Sample(
                "[2024-01-02T03:04:05.678] [INFO] default - started",
                {
                    "time": "2024-01-02T03:04:05.678000Z",
                    "level": "INFO",
                    "logger": "default",
                    "message": "started",
                },
            ),
        ),
        refused=("[2024-01-02T03:04:05.678] [INFO] started", "2024-01-02T03:04:05.678 [INFO] default - started"),
    ),
    app(
        "pino_pretty",
        "pino-pretty: [time] LEVEL (name/process on host): message",
        (
            stamp(f"{ISO}%|%H:%M:%S%.", b"] "),
            level(b" (", padded=False),
            maybe(word("program", b"/")),
            maybe(literal(b"/")),
            number("pid", b" on "),
            word("host", b"): "),
            MESSAGE,
        ),
        prefix=b"[",
        rank=-3,
        needs=(b"] ", b" (", b"): "),
        begins=rb"\[[^\]]+\] [A-Z]+ \((?:[^/()]+/)?\d+",
        head=2,
        samples=(
            Sample(
                "[2024-01-02 03:04:05.678 +0000] ERROR (1234 on host1): boom",
                {
                    "time": "2024-01-02T03:04:05.678000Z",
                    "level": "ERROR",
                    "pid": 1234,
                    "host": "host1",
                    "message": "boom",
                },
            ),
        ),
        refused=("[2024-01-02 03:04:05.678 +0000] ERROR: boom", "[2024-01-02 03:04:05.678 +0000] x (1 on a): b"),
    ),
    app(
        "lambda_node",
        "AWS Lambda for Node.js: time, request, level and message, with tabs between them",
        (
            stamp(ISO, b"\t"),
            Slot("request_id", Meaning.TEXT, b"\t", solid=True),
            level(b"\t", padded=False),
            MESSAGE,
        ),
        rank=0,
        needs=(b"\t",),
        begins=rb"\S+\t%b\t" % _ID,
        head=3,
        headers=(b"START Re", b"END Requ", b"INIT_STA"),
        samples=(
            Sample(
                f"2024-01-02T03:04:05.678Z\t{_REQUEST_ID}\tERROR\tboom",
                {
                    "time": "2024-01-02T03:04:05.678000Z",
                    "request_id": _REQUEST_ID,
                    "level": "ERROR",
                    "message": "boom",
                },
            ),
        ),
        refused=("2024-01-02T03:04:05.678Z\tERROR\tboom", "2024-01-02T03:04:05.678Z 8f INFO boom"),
    ),
    app(
        "lambda_python",
        "AWS Lambda for Python: [LEVEL], time, request and message, with tabs between them",
        (
            level(b"]\t", b"[", padded=False),
            stamp(ISO, b"\t"),
            Slot("request_id", Meaning.TEXT, b"\t"),
            MESSAGE,
        ),
        rank=0,
        needs=(b"]\t",),
        begins=rb"\[[A-Z]+\]\t\S+\t(?:%b)?\t" % _ID,
        head=2,
        headers=(b"START Re", b"END Requ", b"INIT_STA"),
        samples=(
            Sample(
                f"[INFO]\t2024-01-02T03:04:05.678Z\t{_REQUEST_ID}\thello",
                {
                    "time": "2024-01-02T03:04:05.678000Z",
                    "level": "INFO",
                    "request_id": _REQUEST_ID,
                    "message": "hello",
                },
            ),
        ),
        refused=("[INFO] 2024-01-02T03:04:05.678Z hello", "[INFO]\thello"),
    ),
)
"""Rows of the family."""
