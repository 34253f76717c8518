"""Files that Windows and what manages it write: updates, devices, Configuration Manager, events as XML.

https://learn.microsoft.com/intune/configmgr/core/plan-design/hierarchy/about-log-files,
https://learn.microsoft.com/windows-hardware/drivers/install/format-of-a-text-log-section-body,
https://learn.microsoft.com/windows/win32/wes/eventschema-schema
"""

from __future__ import annotations

from logproc.formats.format import Format, Sample
from logproc.formats.heads import ISO, LINE_END, MESSAGE, PADDED_MESSAGE, app, literal, maybe, number, stamp, word
from logproc.formats.program import Meaning, Slot

_EVENT = (
    "<Event xmlns='http://schemas.microsoft.com/win/2004/08/events/event'><System><Provider Name='Service Control "
    "Manager' Guid='{5}'/><EventID Qualifiers='16384'>7036</EventID><Version>0</Version><Level>4</Level><Task>0</Task>"
    "<TimeCreated SystemTime='2024-01-02T03:04:05.678901200Z'/><Channel>System</Channel><Computer>pc1</Computer>"
    "</System></Event>"
)


def _event(name: str, quote: bytes) -> Format:
    """Return the row of events whose attributes stand in these quotes."""
    return app(
        name,
        "Windows' events as XML, one a line; attributes in " + ("quotes" if quote == b'"' else "apostrophes"),
        (
            Slot(None, Meaning.TEXT, b"<Provider Name=" + quote),
            Slot("program", Meaning.TEXT, quote),
            Slot(None, Meaning.TEXT, b"<EventID"),
            Slot(None, Meaning.TEXT, b">"),
            Slot("event_id", Meaning.LOOSE_INTEGER, b"</EventID>"),
            Slot(None, Meaning.TEXT, b"<Level>"),
            Slot("event_level", Meaning.LOOSE_INTEGER, b"</Level>"),
            Slot(None, Meaning.TEXT, b"<TimeCreated SystemTime=" + quote),
            stamp(ISO, quote),
            Slot(None, Meaning.TEXT, b"<Channel>"),
            Slot("channel", Meaning.TEXT, b"</Channel>"),
            Slot(None, Meaning.TEXT, b"<Computer>"),
            Slot("host", Meaning.TEXT, b"</Computer>"),
            MESSAGE,
        ),
        prefix=b"<Event ",
        rank=5,
        single=True,
        needs=(b"<Provider Name=" + quote, b"<TimeCreated SystemTime=" + quote),
        samples=(
            Sample(
                _EVENT.replace("'", quote.decode()),
                {
                    "time": "2024-01-02T03:04:05.678901Z",
                    "program": "Service Control Manager",
                    "event_id": 7036,
                    "event_level": 4,
                    "channel": "System",
                    "host": "pc1",
                },
            ),
        ),
        refused=("<Event xmlns='x'><System></System></Event>", "<Events>"),
    )


WINDOWS = (
    app(
        "cmtrace",
        "Configuration Manager, Intune and others, as CMTrace reads it: message, clock, date, component, thread, file",
        (
            maybe(literal(b"<![LOG[")),
            Slot("message", Meaning.TEXT, b']LOG]!><time="'),
            stamp('%H:%M:%S%.%w" date="%m-%d-%Y', b'" compon'),
            Slot("logger", Meaning.TEXT, b'" context="', opening=b'ent="'),
            Slot("context", Meaning.TEXT, b'" type="'),
            Slot("type", Meaning.LOOSE_INTEGER, b'" thread="'),
            Slot("thread", Meaning.TEXT, b'" file="'),
            Slot("file", Meaning.TEXT, b'">\n'),
        ),
        rank=5,
        single=True,
        needs=(b']LOG]!><time="', b'" component="'),
        samples=(
            Sample(
                '<![LOG[Policy arrived]LOG]!><time="19:33:19.766-330" date="1-28-2024" component="PolicyAgent" '
                'context="" type="1" thread="8744" file="agent.cpp:17">',
                {
                    "time": "2024-01-28T14:03:19.766000Z",
                    "message": "Policy arrived",
                    "logger": "PolicyAgent",
                    "type": 1,
                    "thread": "8744",
                    "file": "agent.cpp:17",
                },
            ),
            Sample(
                '<![LOG[x]LOG]!><time="01:52:13.827+480" date="11-24-2024" component="A" context="" type="2" '
                'thread="24" file="">',
                {"time": "2024-11-24T09:52:13.827000Z"},
            ),
        ),
        refused=("<![LOG[Event object details:", '<![LOG[x]LOG]!><time="today" date="1-1-2024" component="A"'),
    ),
    app(
        "setupapi",
        "setupapi.dev.log of Windows: what is installed, when it began, and the steps as stack",
        (
            Slot("message", Meaning.TEXT, b"]"),
            *LINE_END,
            literal(b">>>  Sec"),
            literal(b"tion sta"),
            literal(b"rt "),
            stamp("%Y/%m/%d %H:%M:%S%.", b"\n"),
        ),
        prefix=b">>>  [",
        rank=5,
        needs=(b">>>  Section start ",),
        samples=(
            Sample(
                ">>>  [Device Install - USB\\ROOT_HUB30]\n>>>  Section start 2024/01/02 03:04:05.678\n"
                "     dvi: {Build Driver List} 03:04:05.700\n<<<  [Exit status: SUCCESS]",
                {
                    "time": "2024-01-02T03:04:05.678000Z",
                    "message": "Device Install - USB\\ROOT_HUB30",
                    "stack": "     dvi: {Build Driver List} 03:04:05.700\n<<<  [Exit status: SUCCESS]",
                },
            ),
        ),
        refused=(">>>  Section start 2024/01/02 03:04:05.678", ">>>  [Device Install]"),
    ),
    app(
        "windows_update",
        "WindowsUpdate.log up to Windows 8: date, clock, process, thread, component and message between tabs",
        (
            stamp("%Y-%m-%d%t%H:%M:%S:%f", b"\t"),
            number("pid", b"\t"),
            word("thread", b"\t"),
            Slot("logger", Meaning.TEXT, b"\t"),
            PADDED_MESSAGE,
        ),
        rank=4,
        begins=rb"\d{4}-\d\d-\d\d\t[\d:]{8}:\d{3}\t *\d+\t",
        head=2,
        samples=(
            Sample(
                "2024-01-02\t03:04:05:678\t 968\td7c\tAgent\t  * Title = Update for Windows",
                {
                    "time": "2024-01-02T03:04:05.678000Z",
                    "pid": 968,
                    "thread": "d7c",
                    "logger": "Agent",
                    "message": "* Title = Update for Windows",
                },
            ),
        ),
        refused=("2024-01-02 03:04:05:678\t968\td7c\tAgent\tx", "2024-01-02\t03:04:05:678\tAgent\tx"),
    ),
    _event("windows_events_xml", b"'"),
    _event("windows_events_xml_quoted", b'"'),
)
"""Rows of the family."""
