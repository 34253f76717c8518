"""Logs of collectors, networks, frameworks and engines that write a time of their own.

https://documentation.solarwinds.com/en/success_center/kss/, https://docs.openvswitch.org/en/latest/ref/ovs-appctl.8/,
https://docs.twisted.org/en/stable/core/howto/logger.html, https://zoneminder.readthedocs.io/en/stable/
"""

from __future__ import annotations

from logproc.formats.format import Format, Sample
from logproc.formats.general import YEARLESS, timed_slots
from logproc.formats.heads import ISO, MESSAGE, app, bracketed, level, maybe, number, stamp, word
from logproc.formats.program import Meaning, Slot
from logproc.formats.within import Part, Within

COLLECTED: tuple[Format, ...] = (
    app(
        "kiwi",
        "Kiwi's syslog server: time, Facility.Level, host and message, with tabs between them",
        (
            stamp("%Y-%m-%d %H:%M:%S%.", b"\t"),
            word("facility", b"."),
            level(b"\t", padded=False),
            word("host", b"\t"),
            MESSAGE,
        ),
        family="syslog",
        rank=0,
        single=True,
        begins=rb"\d{4}-\d\d-\d\d [\d:.]+\t[A-Z][A-Za-z]+\d?\.[A-Z][a-z]+\t\S+\t",
        samples=(
            Sample(
                "2024-01-02 03:04:05\tLocal7.Warning\t192.0.2.1\t%LINK-3-UPDOWN: Interface Gi0/1 is down",
                {
                    "time": "2024-01-02T03:04:05Z",
                    "facility": "Local7",
                    "level": "WARN",
                    "host": "192.0.2.1",
                    "message": "%LINK-3-UPDOWN: Interface Gi0/1 is down",
                },
            ),
        ),
        refused=("2024-01-02 03:04:05\t192.0.2.1\tx", "2024-01-02 03:04:05\tLocal7.Soon\t192.0.2.1\tx"),
    ),
    app(
        "openvswitch",
        "Open vSwitch and OVN: time|number|module|LEVEL|message",
        (
            stamp(ISO, b"|"),
            number("sequence", b"|"),
            word("logger", b"|"),
            level(b"|", padded=False),
            MESSAGE,
        ),
        rank=-1,
        head=4,
        begins=rb"\d{4}-\d\d-\d\dT[\d:.]+Z\|\d{5,}\|",
        samples=(
            Sample(
                "2024-01-02T03:04:05.678Z|00012|bridge|WARN|could not open network device tap0",
                {
                    "time": "2024-01-02T03:04:05.678000Z",
                    "sequence": 12,
                    "logger": "bridge",
                    "level": "WARN",
                    "message": "could not open network device tap0",
                },
            ),
        ),
        refused=("2024-01-02T03:04:05.678Z|bridge|WARN|x", "2024-01-02T03:04:05.678Z|00012|bridge|x"),
    ),
    app(
        "twisted",
        "Twisted: time and zone [system] message",
        (stamp("%Y-%m-%d %H:%M:%S%.%z%|%Y-%m-%dT%H:%M:%S%.%z", b" "), bracketed("logger"), MESSAGE),
        rank=-5,
        head=2,
        begins=rb"\d{4}-\d\d-\d\d[ T][\d:]{8}[+-]\d{4} \[(?:-|[A-Za-z_][\w.]*#[a-z]+|[A-Z]\w+,[^\]\n]*)\] ",
        samples=(
            Sample(
                "2024-01-02 03:04:05+0100 [HTTPChannel,1,192.0.2.1] Unhandled Error",
                {
                    "time": "2024-01-02T02:04:05Z",
                    "logger": "HTTPChannel,1,192.0.2.1",
                    "message": "Unhandled Error",
                },
            ),
            Sample("2024-01-02 03:04:05+0000 [-] Log opened.", {"logger": None, "message": "Log opened."}),
        ),
        refused=("2024-01-02 03:04:05+0000 Log opened.", "[-] Log opened."),
    ),
    app(
        "unreal",
        "Unreal Engine: [time][frame]category: level: message",
        (
            stamp("%Y.%m.%d-%H.%M.%S:%f", b"]["),
            number("frame", b"]"),
            word("logger", b": "),
            maybe(level(b": ", padded=False)),
            MESSAGE,
        ),
        prefix=b"[",
        rank=-1,
        head=3,
        begins=rb"\[\d{4}\.\d\d\.\d\d-\d\d\.\d\d\.\d\d:\d{3}\]\[ *\d+\]",
        samples=(
            Sample(
                "[2024.01.02-03.04.05:678][ 12]LogNet: Warning: no route",
                {
                    "time": "2024-01-02T03:04:05.678000Z",
                    "frame": 12,
                    "logger": "LogNet",
                    "level": "WARN",
                    "message": "no route",
                },
            ),
            Sample("[2024.01.02-03.04.05:678][  0]LogInit: Build: 5.3", {"level": None, "message": "Build: 5.3"}),
        ),
        refused=("[2024.01.02-03.04.05:678]LogNet: x", "[2024.01.02-03.04.05][1]LogNet: x"),
    ),
    app(
        "zoneminder",
        "ZoneMinder: time program[process].LEVEL [client] [message] at file line",
        (
            stamp("%m/%d/%y %H:%M:%S%.%|%m/%d/%y, %I:%M:%S %p %Z%.", b" "),
            word("program", b"["),
            number("pid", b"]."),
            word("level"),
            MESSAGE,
        ),
        rank=-1,
        head=4,
        begins=rb"\d\d/\d\d/\d\d,? [^\[\n]+ \w+\[\d+\]\.[A-Z]",
        within=Within("message", (Part("client", b"[", b"] [", in_front=True, host=True),)),
        samples=(
            Sample(
                "01/02/24 03:04:05.678901 web_php[1234].ERR [192.0.2.1] [no such user] at /usr/share/auth.php line 9",
                {
                    "time": "2024-01-02T03:04:05.678901Z",
                    "program": "web_php",
                    "pid": 1234,
                    "level": "ERROR",
                    "client": "192.0.2.1",
                },
            ),
            Sample(
                "01/02/24, 3:04:05 PM UTC.678901 zmc_m1[9].INF [ready]",
                {"time": "2024-01-02T15:04:05.678901Z", "program": "zmc_m1", "level": "INFO", "message": "[ready]"},
            ),
        ),
        refused=("01/02/24 03:04:05.678901 zmc_m1 [ready]", "13/02/24 03:04:05 zmc_m1[9].INF [x]"),
    ),
    app(
        "calico",
        "Calico: time [LEVEL][process] file line: message",
        (
            stamp(ISO, b" "),
            level(b"]", b"["),
            number("pid", b"] ", b"["),
            word("logger"),
            number("line", b": "),
            MESSAGE,
        ),
        rank=-4,
        head=3,
        begins=rb"\d{4}-\d\d-\d\d \S+ \[[A-Z]+\]\[\d+\] \S+ \d+: ",
        samples=(
            Sample(
                "2024-01-02 03:04:05.678 [WARNING][31] felix/table.go 654: Detected out-of-sync inserts",
                {
                    "time": "2024-01-02T03:04:05.678000Z",
                    "level": "WARN",
                    "pid": 31,
                    "logger": "felix/table.go",
                    "line": 654,
                    "message": "Detected out-of-sync inserts",
                },
            ),
        ),
        refused=("2024-01-02 03:04:05.678 [WARNING] felix/table.go 654: x", "2024-01-02 03:04:05 [x][31] a 1: x"),
    ),
    app(
        "checkpoint",
        "Check Point's Log Exporter: time=seconds, then key=value with bars between them",
        (
            Slot("time", Meaning.STAMP, b"|", opening=b"time=", layout="%s"),
            MESSAGE,
        ),
        rank=1,
        single=True,
        begins=rb"time=\d{10,13}\|hostname=",
        within=Within(
            "message",
            (
                Part("host", b"hostname=", b"|", in_front=True),
                Part("product", b"product=", b"|", anywhere=True),
                Part("action", b"action=", b"|", anywhere=True),
                Part("client", b"src=", b"|", anywhere=True),
                Part("destination", b"dst=", b"|", anywhere=True),
            ),
        ),
        samples=(
            Sample(
                "time=1704164645|hostname=fw1|product=Firewall|action=Drop|origin=192.0.2.1|src=192.0.2.7|dst=192.0.2.9|",
                {
                    "time": "2024-01-02T03:04:05Z",
                    "host": "fw1",
                    "product": "Firewall",
                    "action": "Drop",
                    "client": "192.0.2.7",
                    "destination": "192.0.2.9",
                },
            ),
        ),
        refused=("time=soon|hostname=fw1|", "hostname=fw1|time=1704164645|"),
    ),
    app(
        "timed_month_name",
        "any log whose lines begin with month and day as syslog writes them, and a clock, then a level in capitals",
        timed_slots(YEARLESS),
        rank=2,
        head=7,
        begins=rb"\[?[A-Z][a-z]{2} [ \d]\d [\d:]{8}(?:[.,]\d+)?\]?:? \[?"
        rb"(?:TRACE|DEBUG|INFO|NOTICE|WARN|WARNING|ERROR|FATAL|CRIT|CRITICAL)(?=[ :\]])",
        samples=(
            Sample(
                "Jan 02 03:04:05.678 INFO Configured for mainnet",
                {"time": "2000-01-02T03:04:05.678000Z", "level": "INFO", "message": "Configured for mainnet"},
            ),
        ),
        refused=("Jan 02 03:04:05 web1 sshd[5]: x", "01-02 03:04:05 INFO x"),
    ),
)
"""Rows of the family."""
