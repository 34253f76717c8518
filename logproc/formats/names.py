"""Logs of name servers and of the services around them: BIND, Unbound, CoreDNS, Mosquitto.

https://bind9.readthedocs.io/en/latest/reference.html#logging-block-grammar, https://coredns.io/plugins/log/,
https://nlnetlabs.nl/documentation/unbound/unbound.conf/
"""

from __future__ import annotations

from logproc.formats.format import Sample
from logproc.formats.heads import ISO, MESSAGE, PADDED_MESSAGE, app, level, maybe, number, stamp, word
from logproc.formats.program import Meaning, Slot
from logproc.formats.within import Part, Within
from logproc.model import Kind

_BIND_TIME = f"%d-%b-%Y %H:%M:%S%.%|{ISO}"
_BIND_CLIENT = Within(
    "message",
    (
        Part("client", b"client ", b"#", in_front=True, last_word=True),
        Part("remote_port", b"#", b" ", in_front=True, open_end=True),
        Part(None, b"client ", b"#", anywhere=True),
        Part("remote_port", b"#", b": ", in_front=True, spare=True),
    ),
    kinds={"remote_port": Kind.INTEGER},
)
_BIND_NAMES = (
    rb"queries|query-errors|client|security|general|default|database|config|resolver|xfer-in|xfer-out|notify|update|"
    rb"update-security|network|dispatch|dnssec|lame-servers|delegation-only|edns-disabled|rpz|rate-limit|zoneload|"
    rb"nsid|sslkeylog|cname|spill|trust-anchor-telemetry|serve-stale|unmatched|dnstap"
)

NAMES = (
    app(
        "bind",
        "BIND: time, category, severity and message, the first two of which print-category and print-severity write",
        (
            stamp(_BIND_TIME, b" "),
            maybe(Slot("logger", Meaning.WORD, b": ")),
            level(b": ", padded=False),
            MESSAGE,
        ),
        rank=2,
        begins=rb"\S+(?: [\d:.]+)? (?:%b): (?:debug \d+|\w+): " % _BIND_NAMES,
        within=_BIND_CLIENT,
        samples=(
            Sample(
                "02-Jan-2024 03:04:05.123 queries: info: client @0x7f8b4c0d6e70 192.0.2.10#53211 (a.example): query: "
                "a.example IN A +E(0)K (192.0.2.1)",
                {
                    "time": "2024-01-02T03:04:05.123000Z",
                    "logger": "queries",
                    "level": "INFO",
                    "client": "192.0.2.10",
                    "remote_port": 53211,
                    "message": "client @0x7f8b4c0d6e70 192.0.2.10#53211 (a.example): query: a.example IN A +E(0)K "
                    "(192.0.2.1)",
                },
            ),
            Sample(
                "2024-01-02T03:04:05.123Z general: error: zone x/IN: loading failed",
                {"logger": "general", "level": "ERROR", "client": None, "message": "zone x/IN: loading failed"},
            ),
        ),
        refused=("02-Jan-2024 03:04:05.123 client 192.0.2.10#1: query denied", "02-Jan-2024 queries: info: x"),
    ),
    app(
        "bind_plain",
        "BIND's queries where categories or severities are not written",
        (
            stamp(_BIND_TIME, b" "),
            maybe(level(b": ", padded=False)),
            maybe(Slot("logger", Meaning.WORD, b": ")),
            MESSAGE,
        ),
        rank=-4,
        begins=rb"(?:\d\d-[A-Z][a-z][a-z]-\d{4} |\d{4}-\d\d-\d\dT)[\d:.]+Z? (?:\w+: )?client ",
        within=_BIND_CLIENT,
        samples=(
            Sample(
                "02-Jan-2024 03:04:05.124 client 192.0.2.10#53211 (a.example): query (cache) 'a.example/A/IN' denied",
                {
                    "level": None,
                    "client": "192.0.2.10",
                    "remote_port": 53211,
                    "message": "client 192.0.2.10#53211 (a.example): query (cache) 'a.example/A/IN' denied",
                },
            ),
            Sample(
                "02-Jan-2024 03:04:05.124 error: client 192.0.2.10#53211: zone transfer 'a.example/AXFR/IN' denied",
                {"level": "ERROR", "client": "192.0.2.10", "remote_port": 53211},
            ),
            Sample(
                "02-Jan-2024 03:04:05.124 security: client @0x7f3f9c 2001:db8::7#62466 (a.example): query denied",
                {"logger": "security", "client": "2001:db8::7", "remote_port": 62466},
            ),
            Sample("02-Jan-2024 03:04:05.124 error: zone x/IN: no", {"level": "ERROR", "message": "zone x/IN: no"}),
        ),
        refused=("02-Jan 03:04:05.124 client 192.0.2.10#53211: x", "client 192.0.2.10#53211: x"),
    ),
    app(
        "unbound",
        "Unbound: time, program[process:thread], level and message",
        (
            stamp("%b %d %H:%M:%S", b" "),
            word("program", b"["),
            number("pid", b":"),
            word("thread", b"] "),
            level(b": ", padded=False),
            MESSAGE,
        ),
        rank=2,
        begins=rb"[A-Z][a-z][a-z] [ \d]\d [\d:]{8} unbound\[\d+:",
        needs=(b" unbound[",),
        head=5,
        samples=(
            Sample(
                "Jan 02 03:04:05 unbound[1234:0] info: start of service (unbound 1.13.1).",
                {
                    "time": "2000-01-02T03:04:05Z",
                    "program": "unbound",
                    "pid": 1234,
                    "thread": "0",
                    "level": "INFO",
                    "message": "start of service (unbound 1.13.1).",
                },
            ),
        ),
        refused=("Jan 02 03:04:05 unbound[1234]: info: x", "Jan 02 03:04:05 ns1 unbound: [1234:0] info: x"),
    ),
    app(
        "unbound_epoch",
        "Unbound as it writes unless log-time-ascii is set: [seconds] program[process:thread] level: message",
        (
            stamp("%s", b"] "),
            word("program", b"["),
            number("pid", b":"),
            word("thread", b"] "),
            level(b": ", padded=False),
            MESSAGE,
        ),
        prefix=b"[",
        rank=-1,
        head=4,
        samples=(
            Sample(
                "[1704164645] unbound[1234:0] info: 127.0.0.1 a.example. A IN",
                {
                    "time": "2024-01-02T03:04:05Z",
                    "program": "unbound",
                    "pid": 1234,
                    "level": "INFO",
                    "message": "127.0.0.1 a.example. A IN",
                },
            ),
        ),
        refused=("[1704164645] unbound[1234] info: x", "[1704164645] SERVICE ALERT: a;b"),
    ),
    app(
        "coredns",
        "CoreDNS with its log plugin: the question, the answer's code and size, the seconds that it took",
        (
            level(b"] ", padded=False),
            Slot("client", Meaning.TEXT, b":", solid=True),
            number("remote_port", b" - "),
            number("id", b' "'),
            word("query_type"),
            word("query_class"),
            word("name"),
            word("protocol"),
            number("bytes_in"),
            word("dnssec"),
            number("buffer_size", b'" '),
            word("rcode"),
            word("flags"),
            number("bytes"),
            Slot("duration", Meaning.DURATION, b"s\n"),
        ),
        prefix=b"[",
        rank=1,
        single=True,
        needs=(b'" ', b" - "),
        begins=rb"\[[A-Z]+\] \S+:\d+ - \d+ \"",
        samples=(
            Sample(
                '[INFO] 10.0.0.5:37512 - 51422 "AAAA IN a.svc.local. udp 54 false 512" NOERROR qr,aa,rd 147 0.000142s',
                {
                    "level": "INFO",
                    "client": "10.0.0.5",
                    "remote_port": 37512,
                    "query_type": "AAAA",
                    "name": "a.svc.local.",
                    "protocol": "udp",
                    "rcode": "NOERROR",
                    "bytes": 147,
                    "duration": 0.000142,
                },
            ),
        ),
        refused=(
            "[INFO] plugin/reload: Running configuration SHA512 = 88",
            '[INFO] 10.0.0.5:37512 - 51422 "AAAA IN a. udp 54 false 512" NOERROR qr,aa,rd 147 fast',
        ),
    ),
    app(
        "coredns_messages",
        "CoreDNS's messages: [LEVEL] plugin/name: message; time is null",
        (level(b"] ", padded=False), word("logger", b": "), MESSAGE),
        prefix=b"[",
        rank=-6,
        begins=rb"\[(?:INFO|WARNING|ERROR|FATAL|DEBUG)\] plugin/\w+: ",
        samples=(
            Sample(
                "[ERROR] plugin/errors: 2 a.example. A: unreachable backend",
                {"level": "ERROR", "logger": "plugin/errors", "message": "2 a.example. A: unreachable backend"},
            ),
        ),
        refused=("[ERROR] no plugin here", "plugin/errors: x"),
    ),
    app(
        "mosquitto",
        "Mosquitto: seconds since 1970, or a time of ISO 8601, a colon and the message",
        (stamp("%i%|%s", b": "), MESSAGE),
        rank=-7,
        begins=rb"(?:\d{10}|\d{4}-\d\d-\d\dT[\d:]{8}): ",
        samples=(
            Sample(
                "1704164645: mosquitto version 2.0.15 starting",
                {"time": "2024-01-02T03:04:05Z", "message": "mosquitto version 2.0.15 starting"},
            ),
            Sample("2024-01-02T03:04:05: New connection from 192.0.2.1:5", {"time": "2024-01-02T03:04:05Z"}),
        ),
        refused=("1704164645 mosquitto", "today: x", "03:04:05: x"),
        sure=rb"mosquitto|\d: (?:New (?:client|connection)|Client |Saving in-memory|Opening ipv|Config loaded)",
    ),
    app(
        "clamav",
        "ClamAV: time -> message",
        (stamp(f"%a %b %d %H:%M:%S %Y%|{ISO}", b" -> "), maybe(level(b": ", padded=False)), MESSAGE),
        rank=-4,
        needs=(b" -> ",),
        begins=rb"(?:[A-Z][a-z][a-z] [A-Z][a-z][a-z] [ \d]\d [\d:]{8} \d{4}|\d{4}-\d\d-\d\d\S+) -> ",
        samples=(
            Sample(
                "Tue Jan  2 03:04:05 2024 -> SelfCheck: Database status OK.",
                {"time": "2024-01-02T03:04:05Z", "level": None, "message": "SelfCheck: Database status OK."},
            ),
            Sample(
                "Tue Jan  2 03:04:05 2024 -> WARNING: Your ClamAV installation is OUTDATED!",
                {"level": "WARN", "message": "Your ClamAV installation is OUTDATED!"},
            ),
        ),
        refused=("Tue Jan  2 03:04:05 2024 SelfCheck", "-> SelfCheck: x"),
    ),
    app(
        "freeradius",
        "FreeRADIUS: time : Level: message",
        (stamp("%a %b %d %H:%M:%S %Y", b" : "), maybe(level(b": ")), PADDED_MESSAGE),
        rank=-4,
        needs=(b" : ",),
        samples=(
            Sample(
                "Tue Jan  2 03:04:05 2024 : Auth: (12) Login incorrect: [joe] (from client nas1 port 0)",
                {
                    "time": "2024-01-02T03:04:05Z",
                    "level": None,
                    "message": "Auth: (12) Login incorrect: [joe] (from client nas1 port 0)",
                },
            ),
        ),
        refused=("Tue Jan  2 03:04:05 2024 Auth: x", "Tue Jan 32 03:04:05 2024 : x"),
    ),
    app(
        "spamassassin",
        "SpamAssassin's spamd: time [process] level: message",
        (stamp("%a %b %d %H:%M:%S %Y", b" ["), number("pid", b"] "), level(b": ", padded=False), MESSAGE),
        rank=-3,
        needs=(b" [", b"] "),
        samples=(
            Sample(
                "Tue Jan  2 03:04:05 2024 [1234] info: spamd: connection from localhost [127.0.0.1]:4321 to port 783",
                {"time": "2024-01-02T03:04:05Z", "pid": 1234, "level": "INFO"},
            ),
        ),
        refused=("Tue Jan  2 03:04:05 2024 [pid 1234] info: x", "Tue Jan  2 03:04:05 2024 [1234] spamd: x"),
    ),
)
"""Rows of the family."""
