"""Logs that appliances send: F5's BIG-IP, Junos, WatchGuard's Firebox, Barracuda's web application firewall.

https://my.f5.com/manage/s/article/K16197, https://www.watchguard.com/help/docs/fireware/12/en-US/log_catalog/,
https://campus.barracuda.com/product/webapplicationfirewall/doc/92767349/exporting-log-formats/
"""

from __future__ import annotations

import re
from dataclasses import replace

from logproc.expressions import Expression
from logproc.formats.format import Sample
from logproc.formats.heads import ISO, MESSAGE, PRIORITY, app, level, number, stamp, word
from logproc.formats.program import Meaning, Missing, Slot
from logproc.formats.within import Part, Within

_BSD = "%b %d %H:%M:%S"
_TAG = Slot(None, Meaning.TAG, b" ")
_SKIPPED = replace(PRIORITY, padded=True)


def _quoted(name: str | None) -> Slot:
    """Return the slot of a text that stands in quotes where it is missing, or has blanks."""
    return Slot(name, Meaning.TEXT, b'" ', opening=b'"', missing=Missing.BARE, padded=True)


APPLIANCES = (
    app(
        "bigip",
        "F5 BIG-IP: time host level program[pid]: message",
        (_SKIPPED, stamp(f"{_BSD}%|{ISO}", b" "), word("host"), level(b" "), _TAG, MESSAGE),
        rank=3,
        single=True,
        family="syslog",
        needs=(b": ",),
        begins=rb"(?:<\d{1,3}>)?(?:[A-Z][a-z][a-z] [ \d]\d [\d:]{8}|\d{4}-\d\d-\d\dT\S+) \S+ "
        rb"(?:emerg|alert|crit|err|warning|notice|info|debug) [\w./-]+(?:\[\d+\])?: ",
        samples=(
            Sample(
                "Jan  2 03:04:05 bigip1 notice mcpd[5600]: 01070417:5: AUDIT - user admin",
                {
                    "time": "2000-01-02T03:04:05Z",
                    "host": "bigip1",
                    "level": "INFO",
                    "program": "mcpd",
                    "pid": 5600,
                    "message": "01070417:5: AUDIT - user admin",
                },
            ),
            Sample(
                "<131>Jan  2 03:04:05 bigip1 err tmm1: 01220001:3: TCL error", {"level": "ERROR", "program": "tmm1"}
            ),
        ),
        refused=("Jan  2 03:04:05 bigip1 mcpd[5600]: x", "Jan  2 03:04:05 bigip1 soon mcpd[5600]: x"),
    ),
    app(
        "junos",
        "Junos: time, two blanks, host program[pid]: message; syslog's format has no host behind two blanks",
        (_SKIPPED, stamp(_BSD, b" "), word("host"), _TAG, MESSAGE),
        rank=3,
        single=True,
        family="syslog",
        needs=(b": ",),
        unlike=Expression(rb"^(?:<\d{1,3}>)?[A-Z][a-z][a-z] [ \d]\d [\d:]{8} \S", re.MULTILINE),
        begins=rb"(?:<\d{1,3}>)?[A-Z][a-z][a-z] [ \d]\d [\d:]{8}  [\w.-]+ [A-Za-z_/][\w./-]*(?:\[\d+\])?: ",
        samples=(
            Sample(
                "<30>Jan  2 03:04:05  srx1 rpd[123]: RPD_OSPF_NBRDOWN: OSPF neighbor 192.0.2.1",
                {
                    "time": "2000-01-02T03:04:05Z",
                    "severity": "info",
                    "host": "srx1",
                    "program": "rpd",
                    "pid": 123,
                    "message": "RPD_OSPF_NBRDOWN: OSPF neighbor 192.0.2.1",
                },
            ),
            Sample("Jan  2 03:04:05  srx1 RT_FLOW: created", {"host": "srx1", "program": "RT_FLOW", "pid": None}),
        ),
        refused=("2024-01-02T03:04:05Z  srx1 rpd[123]: x", "Jan  2 03:04:05"),
    ),
    app(
        "watchguard",
        "WatchGuard's Firebox: time host serial (time in UTC) process[pid]: event; the time is the second one",
        (
            _SKIPPED,
            Slot(None, Meaning.STAMP, b" ", layout=f"{_BSD}%|{ISO}"),
            word("host"),
            word("serial"),
            Slot("time", Meaning.STAMP, b") ", opening=b"(", layout=ISO),
            _TAG,
            MESSAGE,
        ),
        rank=3,
        single=True,
        family="syslog",
        needs=(b" (", b") ", b": "),
        begins=rb"(?:<\d{1,3}>)?\S[^(\n]{10,80} \(\d{4}-\d\d-\d\dT[\d:]{8}\) [\w.-]+(?:\[\d+\])?: ",
        within=Within(
            "message",
            (Part("msgid", b'msg_id="', b'"', anywhere=True), Part("action", b'" ', b" ", in_front=True)),
        ),
        samples=(
            Sample(
                '<142>Jan  2 04:04:06 gate FVE603 (2024-01-02T03:04:05) firewall[10]: msg_id="3000-0148" Allow In Out',
                {
                    "time": "2024-01-02T03:04:05Z",
                    "host": "gate",
                    "serial": "FVE603",
                    "program": "firewall",
                    "pid": 10,
                    "msgid": "3000-0148",
                    "action": "Allow",
                },
            ),
        ),
        refused=("Jan  2 04:04:06 gate FVE603 firewall: x", "Jan  2 04:04:06 gate FVE603 (soon) firewall: x"),
    ),
    app(
        "barracuda_waf",
        "access log of Barracuda's web application firewall: time unit TR server client request answer",
        (
            _SKIPPED,
            stamp(ISO, b" "),
            word("host", b" TR "),
            word("server"),
            number("port"),
            word("client"),
            number("remote_port"),
            _quoted(None),
            _quoted("user"),
            _quoted("method"),
            word("tls_protocol"),
            _quoted("vhost"),
            _quoted("protocol"),
            number("status"),
            number("bytes"),
            number("bytes_in"),
            number(None),
            Slot("duration", Meaning.DURATION, b" ", scale=1e-3),
            word("upstream_addr"),
            number("upstream_port"),
            Slot("upstream_duration", Meaning.DURATION, b" ", scale=1e-3),
            _quoted("session"),
            word("response_type"),
            word("profile"),
            word("protected"),
            word("valid"),
            _quoted("path"),
            _quoted("query"),
            _quoted("referrer"),
            _quoted("cookie"),
            Slot("user_agent", Meaning.TEXT, b'" ', opening=b'"', quoted=True),
            MESSAGE,
        ),
        rank=6,
        single=True,
        family="web",
        needs=(b" TR ", b'" '),
        begins=rb"(?:<\d{1,3}>)?\d{4}-\d\d-\d\d [\d:.]+ [+-]\d{4} +\S+ TR ",
        samples=(
            Sample(
                '<134>2024-01-02 03:04:05.678 +0100  waf1 TR 198.51.100.7 443 192.0.2.1 8210 "-" "-" GET TLSv1.2 '
                'a.example HTTP/1.1 404 791 293 0 3 10.0.0.1 80 2 "-" INTERNAL DEFAULT PROTECTED INVALID /x a=1 '
                'http://b.example/ "-" "Mozilla/5.0 (X11)" 192.0.2.1 8210 "-" "-" "-" "-" 186f',
                {
                    "time": "2024-01-02T02:04:05.678000Z",
                    "host": "waf1",
                    "client": "192.0.2.1",
                    "user": None,
                    "method": "GET",
                    "tls_protocol": "TLSv1.2",
                    "vhost": "a.example",
                    "protocol": "HTTP/1.1",
                    "status": 404,
                    "bytes": 791,
                    "bytes_in": 293,
                    "duration": 0.003,
                    "upstream_duration": 0.002,
                    "path": "/x",
                    "query": "a=1",
                    "referrer": "http://b.example/",
                    "user_agent": "Mozilla/5.0 (X11)",
                },
            ),
        ),
        refused=("2024-01-02 03:04:05.678 +0100 waf1 WF ALER SQL 192.0.2.1", "2024-01-02 03:04:05.678 +0100 waf1 TR x"),
    ),
)
"""Rows of the family."""
