"""Events of security devices as they are sent to collectors: CEF, LEEF and FortiGate's pairs, behind syslog's head.

https://www.microfocus.com/documentation/arcsight/arcsight-smartconnectors-8.4/cef-implementation-standard/,
https://www.ibm.com/docs/en/dsm?topic=overview-leef-event-components,
https://docs.fortinet.com/document/fortigate/7.4.0/fortios-log-message-reference/
"""

from __future__ import annotations

from dataclasses import replace

from logproc.formats.format import Format, Sample
from logproc.formats.heads import ISO, MESSAGE, PRIORITY, app, literal, maybe, word
from logproc.formats.program import Meaning, Slot
from logproc.formats.within import Part, Within
from logproc.model import Kind

EXTENSION = Within(
    "message",
    tuple(
        Part(name, key, b" ", anywhere=True, open_end=True)
        for name, key in (
            *(("client", b"src="), ("remote_port", b"spt="), ("destination", b"dst="), ("user", b"suser=")),
            *(("action", b"act="), ("method", b"requestMethod="), ("target", b"request="), ("bytes_in", b"in=")),
            *(("bytes", b"out="), ("outcome", b"outcome=")),
        )
    ),
    kinds={"remote_port": Kind.INTEGER, "bytes_in": Kind.INTEGER, "bytes": Kind.INTEGER},
    times=(b"rt=", b"end=", b"start="),
)
"""Pairs of an event of CEF that hold no blanks; all of them are its message."""

_HEAD = Slot("time", Meaning.SYSLOG, b"")
_DEVICE = (
    Slot("version", Meaning.TEXT, b"|", solid=True),
    Slot("device_vendor", Meaning.TEXT, b"|", quoted=True),
    Slot("device_product", Meaning.TEXT, b"|", quoted=True),
    Slot("device_version", Meaning.TEXT, b"|", quoted=True),
    Slot("event_class", Meaning.TEXT, b"|", quoted=True),
)
_CEF = (*_DEVICE, Slot("name", Meaning.TEXT, b"|", quoted=True), Slot("event_severity", Meaning.TEXT, b"|"))


def _pairs(end: bytes) -> Within:
    """Return the fields of LEEF's pairs, which a tab ends, or what the event says."""
    return Within(
        "message",
        tuple(
            Part(name, key, end, anywhere=True, open_end=True)
            for name, key in (
                *(("client", b"src="), ("destination", b"dst="), ("user", b"usrName="), ("protocol", b"proto=")),
                ("event_severity", b"sev="),
            )
        ),
        times=(b"devTime=",),
    )


def _either(name: str, key: bytes) -> tuple[Part, Part]:
    """Return the parts of a pair whose value may stand in quotes."""
    return (
        Part(name, key + b'="', b'"', anywhere=True),
        Part(name, key + b"=", b" ", anywhere=True, open_end=True, spare=True),
    )


_FORTIGATE = Within(
    "message",
    tuple(
        part
        for name, key in (
            *(("client", b"srcip"), ("remote_port", b"srcport"), ("destination", b"dstip"), ("user", b"user")),
            *(("level", b"level"), ("action", b"action"), ("type", b"type"), ("subtype", b"subtype")),
            *(("device", b"devname"), ("sent", b"sentbyte"), ("received", b"rcvdbyte")),
        )
        for part in _either(name, key)
    )
    + tuple(replace(part, spare=True) for part in _either("client", b"client_ip")),
    kinds={"remote_port": Kind.INTEGER, "sent": Kind.INTEGER, "received": Kind.INTEGER},
)

_EVENT = {
    "device_vendor": "Example",
    "device_product": "Gate",
    "event_class": "100",
    "client": "192.0.2.1",
    "destination": "192.0.2.9",
}


def _leef(
    name: str, doc: str, slots: tuple[Slot, ...], end: bytes, line: str, refused: tuple[str, ...], **more: str
) -> Format:
    """Return a row of LEEF."""
    sent = {"time": "2024-01-02T03:04:05.500000Z"} if "devTime=" in line else {}
    return app(
        name,
        doc,
        (*slots, MESSAGE),
        rank=2 if more else 1,
        single=True,
        prefix=b"" if slots[0] is _HEAD else b"LEEF:",
        family="syslog" if slots[0] is _HEAD else "app",
        needs=(b"LEEF:",),
        begins=more.get("begins", "LEEF:").encode(),
        within=_pairs(end),
        samples=(Sample(line, {**_EVENT, "user": "joe", "event_severity": "5", **sent}),),
        refused=refused,
    )


_UNQUOTED = tuple(replace(slot, quoted=False) for slot in _DEVICE)
_DELIMITER = Slot("delimiter", Meaning.TEXT, b"|")

EVENTS = (
    app(
        "cef",
        "Common Event Format: CEF:version|vendor|product|version|event|name|severity|pairs; the time is that of rt, "
        "else of end or start",
        (
            PRIORITY,
            Slot(None, Meaning.LITERAL, b"", opening=b"CEF:", padded=True),
            *_CEF,
            MESSAGE,
        ),
        rank=1,
        single=True,
        needs=(b"CEF:",),
        begins=rb"(?:<\d{1,3}> ?)?CEF:",
        within=EXTENSION,
        samples=(
            Sample(
                "CEF:0|Example|threat \\| manager|1.0|100|worm stopped|10|src=10.0.0.1 dst=192.0.2.2 spt=1232",
                {
                    "device_vendor": "Example",
                    "device_product": "threat \\| manager",
                    "name": "worm stopped",
                    "event_severity": "10",
                    "client": "10.0.0.1",
                    "remote_port": 1232,
                    "message": "src=10.0.0.1 dst=192.0.2.2 spt=1232",
                },
            ),
            Sample(
                "CEF:0|Example|Gate|1|100|seen|5|rt=1704164645678 src=192.0.2.1 dst=192.0.2.9",
                {**_EVENT, "time": "2024-01-02T03:04:05.678000Z"},
            ),
            Sample(
                "CEF:0|Example|Gate|1|100|seen|5|rt=Jan 02 2024 03:04:05 src=192.0.2.1 dst=192.0.2.9",
                {**_EVENT, "time": "2024-01-02T03:04:05Z"},
            ),
            Sample(
                "CEF:0|Example|Gate|1|100|seen|5|src=192.0.2.1 start=1 rt=Jan 02 2024 03:04:05 CET dst=192.0.2.9",
                {**_EVENT, "time": "2024-01-02T02:04:05Z"},
            ),
            Sample("<134> CEF:0|Example|Gate|1|100|seen|5|src=192.0.2.1 dst=192.0.2.9", {**_EVENT, "severity": "info"}),
            Sample("CEF:0|a|b|1|100|seen|5|act=x end=1704164645678", {"time": "2024-01-02T03:04:05.678000Z"}),
        ),
        refused=("CEF:0|Security|threatmanager|1.0", "LEEF:1.0|a|b|c|d|e"),
    ),
    app(
        "cef_syslog",
        "Common Event Format behind the head of syslog",
        (_HEAD, maybe(literal(b"CEF:")), *_CEF, MESSAGE),
        rank=2,
        single=True,
        family="syslog",
        needs=(b"CEF:",),
        begins=rb"[^|\n]{10,120}CEF: ?\d\|",
        within=EXTENSION,
        samples=(
            Sample(
                "<14>Jan  2 03:04:05 gate CEF:0|Example|Gate|1|100|seen|5|src=192.0.2.1 dst=192.0.2.9 act=drop",
                {**_EVENT, "time": "2000-01-02T03:04:05Z", "host": "gate", "severity": "info", "action": "drop"},
            ),
            Sample(
                "2024-01-02T03:04:05Z gate CEF: 0|Example|Gate|1|100|seen|5|src=192.0.2.1 dst=192.0.2.9",
                {**_EVENT, "time": "2024-01-02T03:04:05Z", "host": "gate"},
            ),
        ),
        refused=("Jan  2 03:04:05 gate CEF:0|Example|Gate|1", "CEF:0|Example|Gate|1|100|seen|5|src=192.0.2.1"),
    ),
    _leef(
        "leef",
        "Log Event Extended Format: LEEF:version|vendor|product|version|event|pairs; the time is that of devTime",
        _UNQUOTED,
        b"\t",
        "LEEF:1.0|Example|Gate|4|100|usrName=joe\tsrc=192.0.2.1\tdst=192.0.2.9\tsev=5\tdevTime=2024-01-02 03:04:05.5",
        ("LEEF:1.0|a|b|c", "CEF:0|a|b|c|d|e|5|src=1"),
    ),
    _leef(
        "leef_caret",
        "Log Event Extended Format 2.0, whose pairs a caret ends; the time is that of devTime",
        (*_UNQUOTED, _DELIMITER),
        b"^",
        "LEEF:2.0|Example|Gate|4.0|100|^|usrName=joe^src=192.0.2.1^dst=192.0.2.9^devTime=2024-01-02 03:04:05.5^sev=5",
        ("LEEF:2.0|a|b|c|d", "CEF:0|a|b|c|d|e|5|src=1"),
        begins=r"LEEF:2\.0\|(?:[^|\n]*\|){4}(?:\^|0?x5[eE])\|",
    ),
    _leef(
        "leef_syslog",
        "Log Event Extended Format behind the head of syslog",
        (_HEAD, maybe(literal(b"LEEF:")), *_UNQUOTED),
        b"\t",
        "Jan  2 03:04:05 gate LEEF:1.0|Example|Gate|4.0|100|usrName=joe\tsrc=192.0.2.1\tdst=192.0.2.9\tsev=5",
        ("Jan  2 03:04:05 gate LEEF:1.0|a|b|c", "LEEF:1.0|a|b|c|d|e"),
        begins=r"[^|\n]{10,120}LEEF: ?[12]\.0\|",
    ),
    app(
        "fortigate_syslog",
        "FortiGate's pairs behind the head of syslog; the time is that of the device",
        (
            replace(_HEAD, name=None),
            Slot("time", Meaning.STAMP, b" ", opening=b"date=", layout="%Y-%m-%d time=%H:%M:%S%."),
            MESSAGE,
        ),
        rank=2,
        single=True,
        family="syslog",
        needs=(b"date=", b" time="),
        begins=rb"[^=\n]{10,120}date=\d{4}-\d\d-\d\d time=\d\d:",
        within=_FORTIGATE,
        samples=(
            Sample(
                'Jan  2 03:04:06 gate date=2024-01-02 time=03:04:05 devname="F1" type="traffic" subtype="forward" '
                'level="notice" srcip=192.0.2.1 srcport=51234 dstip=192.0.2.9 action="accept" sentbyte=100',
                {
                    "time": "2024-01-02T03:04:05Z",
                    "host": "gate",
                    "device": "F1",
                    "type": "traffic",
                    "subtype": "forward",
                    "client": "192.0.2.1",
                    "remote_port": 51234,
                    "destination": "192.0.2.9",
                    "action": "accept",
                    "sent": 100,
                    "received": None,
                },
            ),
        ),
        refused=("Jan  2 03:04:06 gate devname=F1 date=2024-01-02", 'date=2024-01-02 time=03:04:05 devname="F1"'),
    ),
    app(
        "fortigate_timestamped",
        "FortiGate's and FortiMail's pairs behind a time of ISO 8601 and a host; the time is that of the device",
        (
            maybe(replace(PRIORITY, padded=True)),
            Slot(None, Meaning.STAMP, b" ", layout=ISO),
            word("host"),
            Slot("time", Meaning.STAMP, b" ", opening=b"date=", layout="%Y-%m-%d time=%H:%M:%S%."),
            MESSAGE,
        ),
        rank=2,
        single=True,
        family="syslog",
        needs=(b" date=", b" time="),
        begins=rb"(?:<\d{1,3}>)?\d{4}-\d\d-\d\dT\S+ \S+ date=\d{4}-\d\d-\d\d time=\d\d:",
        within=_FORTIGATE,
        samples=(
            Sample(
                '2024-01-02T03:04:06+00:00 gate date=2024-01-02 time=03:04:05 devname="F1" type="traffic" '
                'level="notice" srcip=192.0.2.1 dstip=192.0.2.9 action="accept"',
                {
                    "time": "2024-01-02T03:04:05Z",
                    "host": "gate",
                    "device": "F1",
                    "client": "192.0.2.1",
                    "action": "accept",
                },
            ),
            Sample(
                "2024-01-02T03:04:06.000Z post date=2024-01-02 time=03:04:05.678 device_id=FE1 type=statistics "
                'pri=information client_ip="192.0.2.1" from="a@b.example"',
                {"time": "2024-01-02T03:04:05.678000Z", "host": "post", "client": "192.0.2.1", "type": "statistics"},
            ),
        ),
        refused=("2024-01-02T03:04:06Z gate devname=F1", "Jan  2 03:04:06 gate date=2024-01-02 time=03:04:05 x=1"),
    ),
)
"""Rows of the family."""
