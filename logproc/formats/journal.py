"""What journalctl and dmesg print beside what syslog looks like, and Cisco's devices.

https://www.freedesktop.org/software/systemd/man/latest/journalctl.html#-o (short-full, short-unix, short-monotonic)
"""

from __future__ import annotations

from logproc.expressions import Expression
from logproc.formats.format import SEPARATOR, Format, Sample
from logproc.formats.heads import ISO, MESSAGE, PADDED_MESSAGE, PRIORITY, literal, maybe, number, stamp, word
from logproc.formats.program import Meaning, Missing, Program, Slot
from logproc.formats.syslog import JOURNAL_HEADERS

_TAG = Slot(None, Meaning.TAG, b"")
_TO = (word("host"), _TAG, MESSAGE)
_UPTIME = Slot("uptime", Meaning.DURATION, b"] ", padded=True)
_BSD_TIME = "%b %d %H:%M:%S"
_PRIORITY_NAMES = (
    rb"(?:kern|user|mail|daemon|auth|syslog|lpr|news|uucp|cron|authpriv|ftp|security|console|local[0-7])"
    rb"\.(?:emerg|alert|crit|err|warn|warning|notice|info|debug)"
)
_CISCO_DATES = ("%b %d %Y", "%b %d", "%Y %b %d")
_CISCO = "%|".join(f"{date} %H:%M:%S%.{zone}" for zone in (" %Z", "") for date in _CISCO_DATES)
_CISCO_PLAIN = "%|".join(f"{date} %H:%M:%S%." for date in _CISCO_DATES)
_DATE = rb"(?:\d{4} )?[A-Z][a-z][a-z] +\d+ "

_CISCO_NUMBERS = (
    PRIORITY,
    maybe(literal(b":")),
    maybe(number("sequence", b": ")),
    maybe(number(None, b": ")),
)
_CISCO_HEAD = (*_CISCO_NUMBERS, maybe(word("host", b": ")), maybe(number(None, b": ")))
"""Priority, sequence number and host, and the numbers that IOS and a relay count with beside."""

_CISCO_UPTIME = (word("uptime", b": "), Slot("program", Meaning.TEXT, b": ", opening=b"%"), MESSAGE)
_UP = rb"(?:(?:\d+[ywdh]){1,3}|\d+:\d\d:\d\d): %[A-Z]"
_CISCO_BEGINS = rb"(?:<\d+>)?:? ?(?:\d+: ){0,2}(?:\S+: )?(?:\d+: )?"


def _named_priority(end: bytes) -> tuple[Slot, Slot]:
    return Slot("facility", Meaning.TEXT, b"."), Slot("severity", Meaning.TEXT, end)


def _row(
    name: str, doc: str, slots: tuple[Slot, ...], begins: bytes, samples: tuple[Sample, ...], *, rank: int = 2
) -> Format:
    """Return a row of the family, each line of which is a record; others than begin so are unlike it."""
    return Format(
        name,
        "syslog",
        SEPARATOR,
        Program(b"", slots, headers=JOURNAL_HEADERS),
        doc,
        rank,
        samples,
        ("Oct 11 22:14:15 host su[230]: x", "text"),
        unlike=Expression(b"(?!" + begins + b")"),
    )


JOURNAL = (
    _row(
        "journal_full",
        "journalctl -o short-full: weekday, date, clock, zone",
        (stamp("%a %i %Z", b" "), *_TO),
        rb"[A-Z][a-z][a-z] \d{4}-\d\d-\d\d ",
        (
            Sample(
                "Fri 2026-11-27 14:00:00 UTC host1 sshd[812]: Accepted publickey",
                {
                    "time": "2026-11-27T14:00:00Z",
                    "host": "host1",
                    "program": "sshd",
                    "pid": 812,
                    "message": "Accepted publickey",
                },
            ),
        ),
    ),
    _row(
        "journal_unix",
        "journalctl -o short-unix: seconds since 1970",
        (stamp("%s", b" "), *_TO),
        rb"\d{9,10}\.\d{6} \S+ \S+: ",
        (
            Sample(
                "1795784400.123456 host1 kernel: up",
                {"time": "2026-11-27T13:00:00.123456Z", "host": "host1", "program": "kernel", "pid": None},
            ),
        ),
    ),
    _row(
        "journal_monotonic",
        "journalctl -o short-monotonic: seconds since the machine started; time is null",
        (literal(b"["), _UPTIME, *_TO),
        rb"\[ *\d+\.\d{6}\] [^\s:]+ (?:kernel|\S+\[\d+\]): ",
        (
            Sample(
                "[    3.456789] host1 kernel: Linux version",
                {
                    "time": "missing",
                    "uptime": 3.456789,
                    "host": "host1",
                    "program": "kernel",
                    "message": "Linux version",
                },
            ),
        ),
    ),
    _row(
        "logread",
        "OpenWrt's logread: time, facility.severity, program and message",
        (
            stamp("%a %b %d %H:%M:%S %Y", b" "),
            Slot("facility", Meaning.TEXT, b"."),
            Slot("severity", Meaning.TEXT, b" "),
            *_TO[1:],
        ),
        rb"[A-Z][a-z]{2} [A-Z][a-z]{2} [ \d]\d [\d:]{8} \d{4} [a-z]+\d?\.[a-z]+ ",
        (
            Sample(
                "Tue Jan  2 03:04:05 2024 daemon.info dnsmasq[1234]: query[A] a.example from 192.0.2.1",
                {
                    "time": "2024-01-02T03:04:05Z",
                    "facility": "daemon",
                    "severity": "info",
                    "program": "dnsmasq",
                    "pid": 1234,
                    "message": "query[A] a.example from 192.0.2.1",
                },
            ),
            Sample("Tue Jan  2 03:04:05 2024 kern.warn kernel: [12.3] x", {"severity": "warning", "program": "kernel"}),
        ),
    ),
    _row(
        "busybox",
        "BusyBox's syslogd: time, host, facility.severity, program and message",
        (stamp(_BSD_TIME, b" "), word("host"), *_named_priority(b" "), _TAG, MESSAGE),
        rb"[A-Z][a-z][a-z] [ \d]\d [\d:]{8} \S+ " + _PRIORITY_NAMES + b" ",
        (
            Sample(
                "Jan  2 03:04:05 gateway user.info kernel: DROP IN=eth0",
                {
                    "time": "2000-01-02T03:04:05Z",
                    "host": "gateway",
                    "facility": "user",
                    "severity": "info",
                    "program": "kernel",
                    "message": "DROP IN=eth0",
                },
            ),
            Sample("Jan  2 03:04:05 a cron.warn crond[7]: x", {"severity": "warning", "program": "crond", "pid": 7}),
        ),
    ),
    _row(
        "bsd_verbose",
        "syslogd -v of the BSDs: time, <facility.severity>, host, program and message",
        (stamp(_BSD_TIME, b" <"), *_named_priority(b"> "), word("host"), _TAG, MESSAGE),
        rb"[A-Z][a-z][a-z] [ \d]\d [\d:]{8} <" + _PRIORITY_NAMES + b"> ",
        (
            Sample(
                "Jan  2 03:04:05 <local0.info> fw1 sshd[230]: Accepted publickey",
                {
                    "time": "2000-01-02T03:04:05Z",
                    "host": "fw1",
                    "facility": "local0",
                    "severity": "info",
                    "program": "sshd",
                    "pid": 230,
                },
            ),
        ),
    ),
    _row(
        "dmesg",
        "the kernel's log as dmesg prints it; time is null",
        (literal(b"["), _UPTIME, PADDED_MESSAGE),
        rb"\[ *\d+\.\d{6}\] ",
        (
            Sample(
                "[    3.456789] usb 1-1: new device",
                {"time": "missing", "uptime": 3.456789, "message": "usb 1-1: new device"},
            ),
        ),
        rank=1,
    ),
    _row(
        "cisco",
        "Cisco IOS and ASA: sequence number, host and a sign of the clock may stand before the time",
        (
            *_CISCO_HEAD,
            Slot(None, Meaning.LITERAL, b"", opening=b"*", missing=Missing.SKIPPED, padded=True),
            maybe(literal(b".")),
            stamp(_CISCO, b": "),
            Slot("program", Meaning.TEXT, b": ", opening=b"%"),
            MESSAGE,
        ),
        _CISCO_BEGINS + rb"[*.]?" + _DATE + rb"[^%]*: %[A-Z]",
        (
            Sample(
                "<189>29: *Nov 27 2026 14:00:00.123 UTC: %SYS-5-CONFIG_I: Configured from console",
                {
                    "facility": "local7",
                    "severity": "notice",
                    "sequence": 29,
                    "time": "2026-11-27T14:00:00.123000Z",
                    "host": None,
                    "program": "SYS-5-CONFIG_I",
                    "message": "Configured from console",
                },
            ),
            Sample("<187>42: rtr1: Nov 27 14:00:00: %LINK-3-UPDOWN: x", {"host": "rtr1", "sequence": 42}),
            Sample(
                "<187>43: rtr1: 39: Nov 27 14:00:00.123 CEST: %LINK-3-UPDOWN: x",
                {"host": "rtr1", "sequence": 43, "message": "x"},
            ),
            Sample("<187>44: 40: Nov 27 14:00:00: %LINK-3-UPDOWN: x", {"host": None, "sequence": 44}),
            Sample("<165>45: 2001:db8::1: 41: Nov 27 14:00:00: %SYS-5-X: y", {"host": "2001:db8::1", "sequence": 45}),
            Sample("<46>: 2026 Aug 27 21:40:50 PDT: %SNMPD-6-INFO: x", {"time": "2026-08-28T04:40:50Z", "host": None}),
            Sample("<190>: sw1: Jul 14 2026 08:23:43.398 UTC: %FOO-6-BAR: x", {"host": "sw1"}),
            Sample("<166>:Nov 27 2026 14:00:00 UTC: %ASA-session-6-302013: Built", {"program": "ASA-session-6-302013"}),
        ),
        rank=3,
    ),
    _row(
        "cisco_uptime",
        "Cisco IOS without a clock: how long the device is up stands in the time's place; time is null",
        (*_CISCO_NUMBERS, *_CISCO_UPTIME),
        rb"(?:<\d+>)?:? ?(?:\d+: ){0,2}" + _UP,
        (
            Sample(
                "<165>46: 2y10w: %SYS-5-CONFIG_I: Configured",
                {"time": "missing", "sequence": 46, "uptime": "2y10w", "program": "SYS-5-CONFIG_I"},
            ),
            Sample("00:00:46: %LINK-3-UPDOWN: x", {"uptime": "00:00:46", "sequence": None, "message": "x"}),
        ),
        rank=3,
    ),
    _row(
        "cisco_uptime_named",
        "the same with the device's name",
        (*_CISCO_HEAD, *_CISCO_UPTIME),
        _CISCO_BEGINS + _UP,
        (
            Sample(
                "<165>46: rtr1: 000042: 2y10w: %SYS-5-CONFIG_I: Configured",
                {"host": "rtr1", "time": "missing", "uptime": "2y10w", "message": "Configured"},
            ),
        ),
        rank=2,
    ),
    _row(
        "cisco_named",
        "Cisco ASA with the device's name behind the time: logging device-id",
        (
            PRIORITY,
            maybe(literal(b":")),
            stamp(_CISCO_PLAIN, b" "),
            word("host", b": "),
            Slot("program", Meaning.TEXT, b": ", opening=b"%"),
            MESSAGE,
        ),
        rb"(?:<\d+>)?:?" + _DATE + rb"(?:\d{4} )?[\d:.]+ [^\s:]+: %[A-Z]",
        (
            Sample(
                "<165>Nov 27 2026 14:00:00 fw1: %ASA-5-434004: bypass",
                {
                    "severity": "notice",
                    "time": "2026-11-27T14:00:00Z",
                    "host": "fw1",
                    "program": "ASA-5-434004",
                    "message": "bypass",
                },
            ),
            Sample("Nov 27 14:00:00 fw1: %ASA-5-434004: bypass", {"host": "fw1", "program": "ASA-5-434004"}),
        ),
        rank=2,
    ),
    _row(
        "cisco_relayed",
        "the same behind the time and the host that a syslog server put in front; time is the device's",
        (
            PRIORITY,
            maybe(number(None, b": ")),
            Slot(None, Meaning.STAMP, b" ", layout=f"%b %d %H:%M:%S%|{ISO}"),
            word("host"),
            maybe(number("sequence", b": ")),
            maybe(literal(b": ")),
            maybe(word("device", b": ")),
            maybe(number(None, b": ")),
            maybe(literal(b"*")),
            maybe(literal(b".")),
            stamp(_CISCO, b": "),
            Slot("program", Meaning.TEXT, b": ", opening=b"%"),
            MESSAGE,
        ),
        rb"(?:<\d+>)?(?:\d+: )?(?:[A-Z][a-z][a-z] +\d+ [\d:]+|\d{4}-\d\d-\d\dT\S+) \S+ (?:[^:]*: ){0,2}[*.]?"
        + _DATE
        + rb"[^%]*: %[A-Z]",
        (
            Sample(
                "Nov 27 14:00:01 10.0.0.1 29: *Nov 27 2026 14:00:00.123 UTC: %SYS-5-CONFIG_I: Configured from console",
                {
                    "sequence": 29,
                    "time": "2026-11-27T14:00:00.123000Z",
                    "host": "10.0.0.1",
                    "program": "SYS-5-CONFIG_I",
                    "message": "Configured from console",
                },
            ),
            Sample("Nov 27 14:00:01 rtr1 30: core1: Nov 27 14:00:00: %LINK-3-UPDOWN: x", {"device": "core1"}),
        ),
        rank=4,
    ),
)
"""Rows of the family."""
