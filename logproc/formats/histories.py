"""What is kept of what somebody typed or said: histories of shells, chats, recordings of calls.

https://zsh.sourceforge.io/Doc/Release/Options.html#History, bash(1), https://hexchat.readthedocs.io,
https://docs.asterisk.org/Configuration/Reporting/Call-Detail-Records-CDR/
"""

from __future__ import annotations

from dataclasses import replace

from logproc.expressions import Expression
from logproc.formats.format import Sample
from logproc.formats.heads import LINE_END, MESSAGE, PADDED_MESSAGE, app, number, stamp
from logproc.formats.program import Meaning, Slot

_QUOTED = b'","'

HISTORIES = (
    app(
        "zsh_history",
        "extended history of zsh: when a command began, the seconds that it took, and the command",
        (stamp("%s", b":"), number("elapsed", b";"), MESSAGE),
        prefix=b": ",
        rank=3,
        head=2,
        continues="message",
        begins=rb": 1\d{9}:\d+;",
        samples=(
            Sample(
                ": 1704164645:3;cd /srv",
                {"time": "2024-01-02T03:04:05Z", "elapsed": 3, "message": "cd /srv"},
            ),
        ),
        refused=(": today:0;x", ": 1704164645 x"),
    ),
    app(
        "bash_history",
        "history of bash with times: a line with the seconds since 1970, then the command",
        (replace(stamp("%s", b""), opening=b"#"), *LINE_END, MESSAGE),
        rank=3,
        continues="message",
        begins=rb"#1\d{9}\r?$",
        samples=(Sample("#1704164645\ncd /srv", {"time": "2024-01-02T03:04:05Z", "message": "cd /srv"}),),
        refused=("# 1704164645", "cd /srv"),
    ),
    app(
        "hexchat",
        "HexChat and XChat: month, day and clock, then who says what; between lines that say when a log began",
        (stamp("%b %d %H:%M:%S", b" "), PADDED_MESSAGE),
        rank=3,
        single=True,
        headers=(b"**** BEG", b"**** END"),
        begins=rb"[A-Z][a-z]{2} \d\d [\d:]{8} (?:<[^\s>]+>|\*|-->|<--)\s",
        unlike=Expression(rb"(?![A-Z][a-z]{2} \d\d [\d:]{8} (?:<[^\s>]+>|\*|-->|<--|---)\s|\*\*\*\* )"),
        samples=(
            Sample(
                "Jan 02 03:04:05 <joe>\thello",
                {"time": "2000-01-02T03:04:05Z", "message": "<joe>\thello"},
            ),
        ),
        refused=("Jan 02 03:04:05x", "<joe> hello"),
    ),
    app(
        "asterisk_cdr",
        "Asterisk's call detail records as CSV without a header: account, from, to ... begin, answer, end, seconds",
        (
            Slot("account", Meaning.TEXT, _QUOTED),
            Slot("caller", Meaning.TEXT, _QUOTED),
            Slot("callee", Meaning.TEXT, _QUOTED),
            Slot("context", Meaning.TEXT, _QUOTED),
            Slot("caller_id", Meaning.TEXT, _QUOTED),
            Slot("channel", Meaning.TEXT, _QUOTED),
            Slot("channel_to", Meaning.TEXT, _QUOTED),
            Slot("application", Meaning.TEXT, _QUOTED),
            Slot("data", Meaning.TEXT, _QUOTED),
            stamp("%Y-%m-%d %H:%M:%S", _QUOTED),
            Slot("answered", Meaning.TEXT, _QUOTED),
            Slot("ended", Meaning.TEXT, b'",'),
            Slot("elapsed", Meaning.INTEGER, b","),
            Slot("billed", Meaning.INTEGER, b',"'),
            Slot("disposition", Meaning.TEXT, b'"'),
            MESSAGE,
        ),
        prefix=b'"',
        rank=4,
        single=True,
        begins=rb'(?:"[^\n]*?",){9}"\d{4}-\d\d-\d\d [\d:]{8}","[^"]*","[^"]*",\d+,\d+,"',
        samples=(
            Sample(
                '"","100","200","default","""Joe"" <100>","SIP/100-1","SIP/200-2","Dial","SIP/200,20",'
                '"2024-01-02 03:04:05","2024-01-02 03:04:07","2024-01-02 03:05:05",60,58,"ANSWERED","DOCUMENTATION"',
                {
                    "time": "2024-01-02T03:04:05Z",
                    "caller": "100",
                    "callee": "200",
                    "caller_id": '""Joe"" <100>',
                    "answered": "2024-01-02 03:04:07",
                    "elapsed": 60,
                    "billed": 58,
                    "disposition": "ANSWERED",
                },
            ),
        ),
        refused=('"","100","200","default"', '"a","b"'),
    ),
)
"""Rows of the family."""
