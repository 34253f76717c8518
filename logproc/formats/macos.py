"""What macOS and its programs write: `log show`, launchd, the firewall, AirPort, and Chromium's own lines.

https://developer.apple.com/documentation/os/logging, log(1), syslog(1)
"""

from __future__ import annotations

from logproc.formats.format import Sample
from logproc.formats.heads import ISO, MESSAGE, PADDED_MESSAGE, app, level, literal, maybe, number, stamp, word
from logproc.formats.program import Meaning, Slot

_TYPES = b"(?:Default|Info|Debug|Error|Fault|Activity|State|Loss)"


def _type(first: bytes, kinds: tuple[bytes, ...], rests: tuple[bytes, ...]) -> tuple[Slot, ...]:
    """Return the slots of the type of an entry: kinds that are no level, or a level's letter and the rest of its name.

    A letter, since `Fault` and `Db` are levels here, and words of sentences in other logs.
    """
    return (
        maybe(Slot(None, Meaning.LITERAL, b"", opening=first, padded=True)),
        *(maybe(literal(kind)) for kind in kinds),
        maybe(Slot("level", Meaning.LETTER, b"")),
        *(maybe(literal(rest)) for rest in rests),
        literal(b" "),
    )


MACOS = (
    app(
        "macos_log",
        "log show of macOS: time, thread, type, activity, process, its time to live, program: message",
        (
            stamp(ISO, b" "),
            word("thread"),
            *_type(b"Default", (b"Activity", b"State", b"Loss"), (b"nfo", b"ebug", b"rror", b"ault")),
            word("activity"),
            number("pid"),
            number(None),
            Slot("program", Meaning.TEXT, b": ", padded=True),
            MESSAGE,
        ),
        rank=5,
        begins=rb"\d{4}-\d\d-\d\d [\d:]{8}\.\d{6}[+-]\d{4} +0x[\da-f]+ +" + _TYPES + rb" ",
        head=2,
        headers=(b"Timestam",),
        samples=(
            Sample(
                "2024-01-02 03:04:05.678901+0100 0x2b1      Error       0x0                  120    0    loginwindow: "
                "[com.apple.login:general] denied",
                {
                    "time": "2024-01-02T02:04:05.678901Z",
                    "thread": "0x2b1",
                    "level": "ERROR",
                    "activity": "0x0",
                    "pid": 120,
                    "program": "loginwindow",
                    "message": "[com.apple.login:general] denied",
                },
            ),
            Sample(
                "2024-01-02 03:04:05.678901+0100 0x2b1      Default     0x0                  0      0    kernel: x",
                {"level": None, "pid": 0, "program": "kernel", "message": "x"},
            ),
            Sample(
                "2024-01-02 03:04:05.678901+0100 0x2b1      Fault       0x0                  0      0    kernel: x",
                {"level": "FATAL", "activity": "0x0", "program": "kernel"},
            ),
            Sample(
                "2024-01-02 03:04:05.678901+0100 0x2b1      Activity    0x8a1                0      0    kernel: x",
                {"level": None, "activity": "0x8a1", "program": "kernel"},
            ),
        ),
        refused=("2024-01-02 03:04:05.678901+0100 0x2b1 x", "2024-01-02 03:04:05.678901+0100  host kernel[0]: x"),
    ),
    app(
        "macos_log_compact",
        "log show --style compact of macOS: time type program[process:thread] message",
        (
            stamp(ISO, b" "),
            *_type(b"Df", (b"A",), (b"b",)),
            Slot("program", Meaning.TEXT, b"[", padded=True),
            number("pid", b":"),
            word("thread", b"] "),
            MESSAGE,
        ),
        rank=5,
        begins=rb"\d{4}-\d\d-\d\d [\d:]{8}\.\d{3,6}\S* (?:Df|Db|[EFIA]) +[^\[\n]+\[\d+:[\da-f]+\] ",
        head=2,
        headers=(b"Timestam",),
        samples=(
            Sample(
                "2024-01-02 03:04:05.678 E  loginwindow[120:2b1] [com.apple.login:general] denied",
                {
                    "time": "2024-01-02T03:04:05.678000Z",
                    "level": "ERROR",
                    "program": "loginwindow",
                    "pid": 120,
                    "thread": "2b1",
                    "message": "[com.apple.login:general] denied",
                },
            ),
            Sample("2024-01-02 03:04:05.678 Df kernel[0:2b1] (x) up", {"level": None, "program": "kernel", "pid": 0}),
            Sample("2024-01-02 03:04:05.678 A  Dock[0:2b1] (x) up", {"level": None, "program": "Dock"}),
            Sample("2024-01-02 03:04:05.678 Db Dock[0:2b1] (x) up", {"level": "DEBUG", "program": "Dock"}),
            Sample("2024-01-02 03:04:05.678 F  kernel[0:2b1] (x) up", {"level": "FATAL", "program": "kernel"}),
        ),
        refused=("2024-01-02 03:04:05.678 Df kernel: x", "2024-01-02 03:04:05.678 E  loginwindow[120] x"),
    ),
    app(
        "launchd",
        "launchd of macOS: time (what it is about) <Level>: message",
        (stamp(ISO, b" ("), Slot("logger", Meaning.TEXT, b") <"), level(b">: ", padded=False), MESSAGE),
        rank=5,
        needs=(b" (", b") <", b">: "),
        head=3,
        samples=(
            Sample(
                "2024-01-02 03:04:05.678 (system/com.example.agent [123]) <Notice>: service state: running",
                {
                    "time": "2024-01-02T03:04:05.678000Z",
                    "logger": "system/com.example.agent [123]",
                    "level": "INFO",
                    "message": "service state: running",
                },
            ),
        ),
        refused=("2024-01-02 03:04:05.678 (system) Notice: x", "2024-01-02 03:04:05.678 <Notice>: x"),
    ),
    app(
        "apple_syslog",
        "syslog of macOS, whose messages have a level in front: time host program[pid] <Level>: message",
        (
            Slot("time", Meaning.SYSLOG, b""),
            maybe(Slot("level", Meaning.LEVEL, b">", opening=b"<")),
            maybe(literal(b":")),
            PADDED_MESSAGE,
        ),
        rank=2,
        single=True,
        family="syslog",
        begins=rb"[A-Z][a-z]{2} [ \d]\d [\d:]{8} (?:\S+ )?[^\[<>\n]+\[\d+\](?: \([^)\n]*\))? <"
        rb"(?:Emergency|Alert|Critical|Error|Warning|Notice|Info|Debug)>:? ",
        samples=(
            Sample(
                "Jan  2 03:04:05 mac.local socketfilterfw[112] <Info>: Music: Allow TCP LISTEN  (in:0 out:1)",
                {
                    "time": "2000-01-02T03:04:05Z",
                    "host": "mac.local",
                    "program": "socketfilterfw",
                    "pid": 112,
                    "level": "INFO",
                    "message": "Music: Allow TCP LISTEN  (in:0 out:1)",
                },
            ),
        ),
        refused=("2024-01-02 03:04:05 <Info>: x", "text"),
    ),
    app(
        "chromium",
        "Chromium and what is made of it: [process:thread:date/clock:LEVEL:file(line)] message",
        (
            maybe(number("pid", b":")),
            maybe(number("tid", b":")),
            stamp("%m%d/%H%M%S%.%|%Y%m%d/%H%M%S%.", b":"),
            level(b":", padded=False),
            Slot("logger", Meaning.TEXT, b"("),
            number("line", b")] "),
            MESSAGE,
        ),
        prefix=b"[",
        rank=4,
        begins=rb"\[(?:\d+:)?(?:\d+:)?\d{4,8}/\d{6}(?:\.\d+)?:[A-Z]+:[^()\n]+\(\d+\)\] ",
        head=4,
        samples=(
            Sample(
                "[1234:5678:0102/030405.678901:ERROR:gpu_process_host.cc(952)] GPU process exited: exit_code=15",
                {
                    "time": "2000-01-02T03:04:05.678901Z",
                    "pid": 1234,
                    "tid": 5678,
                    "level": "ERROR",
                    "logger": "gpu_process_host.cc",
                    "line": 952,
                    "message": "GPU process exited: exit_code=15",
                },
            ),
            Sample("[0102/030405.678:WARNING:dns.cc(3)] x", {"pid": None, "tid": None, "level": "WARN", "line": 3}),
        ),
        refused=("[0102/030405:dns.cc(3)] x", "[1234:5678:0102/030405.678:ERROR:no line] x"),
    ),
)
"""Rows of the family."""
