"""Logs of telephone exchanges, voice chat and games.

https://docs.asterisk.org/Operation/Logging/, https://developer.signalwire.com/freeswitch/,
https://developer.valvesoftware.com/wiki/HL_Log_Standard
"""

from __future__ import annotations

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

VOICE = (
    app(
        "asterisk",
        "Asterisk: [time] LEVEL[process][call]: file: message",
        (
            stamp(f"%b %d %H:%M:%S%.%|{ISO}", b"] "),
            word("level", b"["),
            number("pid", b"]"),
            maybe(bracketed("call", b"]")),
            maybe(literal(b":")),
            maybe(word("logger", b": ")),
            PADDED_MESSAGE,
        ),
        prefix=b"[",
        rank=-2,
        head=3,
        begins=rb"\[[\w :.-]+\] [A-Z]+\[\d+\](?:\[C-[0-9a-f]+\])?:? ",
        samples=(
            Sample(
                "[Jan  2 03:04:05] NOTICE[1734][C-0000000a]: chan_sip.c:24415 handle_request: Wrong password",
                {
                    "time": "2000-01-02T03:04:05Z",
                    "level": "INFO",
                    "pid": 1734,
                    "call": "C-0000000a",
                    "logger": None,
                    "message": "chan_sip.c:24415 handle_request: Wrong password",
                },
            ),
            Sample(
                "[2024-01-02 03:04:05.678] WARNING[77]: loader.c: Error loading module",
                {
                    "time": "2024-01-02T03:04:05.678000Z",
                    "level": "WARN",
                    "logger": "loader.c",
                    "message": "Error loading module",
                },
            ),
            Sample("[Jan  2 03:04:05] SECURITY[77] res_security_log.c: x", {"level": "SECURITY"}),
        ),
        refused=("[Jan  2 03:04:05] NOTICE: x", "Jan  2 03:04:05 NOTICE[1734]: x"),
    ),
    app(
        "freeswitch",
        "FreeSWITCH: session time idle% [LEVEL] file:line message; session and idle% may be missing",
        (
            maybe(word("session", b" 20")),
            stamp("%y-%m-%d %H:%M:%S%.%|%Y-%m-%d %H:%M:%S%.", b" "),
            maybe(word("idle", b"% ")),
            level(b"] ", b"["),
            word("logger"),
            MESSAGE,
        ),
        rank=-2,
        head=4,
        begins=rb"(?:[0-9a-f-]{36} )?\d{4}-\d\d-\d\d [\d:.]+ (?:[\d.]+% )?\[[A-Z]+\] [\w./-]+\.c(?:pp)?:\d+ ",
        samples=(
            Sample(
                "a1b2c3d4-aaaa-bbbb-cccc-1234567890ab 2024-01-02 03:04:05.678901 97.10% [WARNING] sofia.c:15 SIP auth",
                {
                    "time": "2024-01-02T03:04:05.678901Z",
                    "session": "a1b2c3d4-aaaa-bbbb-cccc-1234567890ab",
                    "level": "WARN",
                    "logger": "sofia.c:15",
                    "message": "SIP auth",
                },
            ),
            Sample("2024-01-02 03:04:05.678901 9.1% [NOTICE] a.c:1 up", {"session": None, "level": "INFO"}),
            Sample("2024-01-02 03:04:05.678901 [ERR] a.c:1 no", {"idle": None, "level": "ERROR", "logger": "a.c:1"}),
        ),
        refused=("2024-01-02 03:04:05.678901 a.c:1 up", "2024-01-02 03:04:05.678901 9.1% [XY] a.c:1 up"),
    ),
    app(
        "murmur",
        "Mumble's server: <letter>time message",
        (level(b">", padded=False), stamp(ISO, b" "), MESSAGE),
        prefix=b"<",
        rank=-2,
        head=2,
        begins=rb"<[A-Z]>\d{4}-\d\d-\d\d ",
        samples=(
            Sample(
                "<W>2024-01-02 03:04:05.678 1 => <1:joe(-1)> Rejected connection",
                {
                    "time": "2024-01-02T03:04:05.678000Z",
                    "level": "WARN",
                    "message": "1 => <1:joe(-1)> Rejected connection",
                },
            ),
        ),
        refused=("<W> 2024-01-02 03:04:05.678 x", "<99>2024-01-02 03:04:05.678 x"),
    ),
    app(
        "source_engine",
        "games of Valve's engines: L date - clock: message",
        (stamp("%m/%d/%Y - %H:%M:%S%.", b": "), MESSAGE),
        prefix=b"L ",
        rank=0,
        samples=(
            Sample(
                'L 01/02/2024 - 03:04:05: "joe<2><STEAM_0:1:1><CT>" say "hi"',
                {"time": "2024-01-02T03:04:05Z", "message": '"joe<2><STEAM_0:1:1><CT>" say "hi"'},
            ),
        ),
        refused=("01/02/2024 - 03:04:05: x", "L 13/02/2024 - 03:04:05: x"),
    ),
)
"""Rows of the family."""
