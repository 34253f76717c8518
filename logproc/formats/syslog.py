"""Syslog, as the daemons of forty years write it to files, and as RFC 5424 wants it.

https://www.rfc-editor.org/rfc/rfc3164 and https://www.rfc-editor.org/rfc/rfc5424. What is in front of a message in the
older format, and may be missing, is told in `kernels.heads`.
"""

from __future__ import annotations

import re
from dataclasses import replace

from logproc.expressions import Expression
from logproc.formats.format import SEPARATOR, Format, Sample
from logproc.formats.heads import PRIORITY
from logproc.formats.program import Meaning, Missing, Program, Slot

# "2024-01-02T03:04:05Z INFO main: started" has a level where syslog has the host.
_LEVEL_FOR_HOST = Expression(
    rb"\d{4}-\d\d-\d\dT\S+ +\[?(?:TRACE|DEBUG|INFO|NOTICE|WARN|WARNING|ERR|ERROR|FATAL|CRIT|CRITICAL|ALERT|EMERG|"
    rb"PANIC)\b|\d{4}-\d\d-\d\dT\S+ +\[[\w.-]+\] (?:TRACE|DEBUG|INFO|WARN|ERROR|FATAL): "
    rb"|\d{4}-\d\d-\d\dT\S+ +(?:\|| *\[?[\w.-]+ +(?:TRACE|DEBUG|INFO|WARN|ERROR|FATAL) )"
    rb"|\d{4}-\d\d-\d\dT\S+ [FEWID]\d? +[A-Z]+ +\["
    rb"|<\d{1,3}> *[a-z_]+=(?:\"[^\"]*\"|[^\s=\"]+) +[a-z_]+="
    rb"|[A-Z][a-z]{2} [ \d]\d \d{4} [\d:.]+ [A-Z]{1,3}[SD]T (?!%)"
    rb"|[A-Z][a-z]{2} [ \d]\d \d{4} [\d:]{8} (?:UTC|GMT): +"
    rb"(?:TRACE|DEBUG|DETAIL|INFO|WARN|WARNING|ERROR|CRITICAL|FATAL) ",
    re.IGNORECASE,
)

JOURNAL_HEADERS = (b"-- Boot ", b"-- Logs ", b"-- Journ", b"-- Reboo", b"-- No en", b"-- curso")
"""What journalctl writes between entries: -- Boot ID --, -- Journal begins at ... --, -- cursor: ..."""

_RFC3164 = Program(
    b"", (Slot("time", Meaning.SYSLOG, b""), Slot("message", Meaning.TEXT, b"\n")), headers=JOURNAL_HEADERS
)

RFC5424 = Program(
    b"",
    (
        PRIORITY,
        Slot("version", Meaning.INTEGER, b" ", solid=True),
        Slot("time", Meaning.ISO_TIME, b" ", solid=True),
        Slot("host", Meaning.TEXT, b" ", solid=True),
        Slot("program", Meaning.TEXT, b" ", solid=True, may_end=True),
        Slot("pid", Meaning.LOOSE_INTEGER, b" ", solid=True, may_end=True),
        Slot("msgid", Meaning.TEXT, b" ", solid=True, may_end=True),
        Slot("sd", Meaning.ELEMENTS, b""),
        Slot("message", Meaning.TEXT, b"\n"),
    ),
)

_COUNTED = Program(
    b"", (Slot(None, Meaning.NUMBER, b" "), replace(RFC5424.slots[0], missing=Missing.REFUSED), *RFC5424.slots[1:])
)

_LOGPLEX = Program(b"", (*_COUNTED.slots[:-2], _COUNTED.slots[-1]))

_BARE = Program(b"", (Slot("time", Meaning.ISO_TIME, b" ", solid=True), *RFC5424.slots[3:]))

SYSLOG = (
    Format(
        name="rfc5424_bare",
        family="syslog",
        engine=SEPARATOR,
        program=_BARE,
        doc="syslog of RFC 5424 without priority and version, as some relays keep it",
        rank=1,
        unlike=Expression(rb"(?!\d{4}-\d\d-\d\dT\S+ [^\s:]+ [^\s:]+ (?:\d+|-) \S+ (?:-|\[))"),
        samples=(
            Sample(
                '2022-08-27T14:22:01.613Z space01.example NSX 3106 - [abc@6876 level="INFO"] kept',
                {
                    "time": "2022-08-27T14:22:01.613000Z",
                    "host": "space01.example",
                    "program": "NSX",
                    "pid": 3106,
                    "sd": '[abc@6876 level="INFO"]',
                    "message": "kept",
                },
            ),
        ),
        refused=("2022-08-27T14:22:01Z host su[2]: x y z", "<1>1 - - - - - -", "Oct 11 22:14:15 host app - - - x"),
    ),
    Format(
        name="syslog",
        family="syslog",
        engine=SEPARATOR,
        program=_RFC3164,
        doc="RFC 3164 in its dialects: priority, host and process number may be missing; ISO times, fractions, years",
        rank=1,
        unlike=_LEVEL_FOR_HOST,
        unlike_reason="a level stands where syslog has the host, or pairs of key=value behind the priority",
        sure=Expression(rb"^(?:<\d{1,3}>|[A-Z][a-z][a-z] +\d{1,2} )|\S\[\d+\]: ", re.MULTILINE),
        samples=(
            Sample(
                "<34>Oct 11 22:14:15 mymachine su[230]: 'su root' failed for lonvick on /dev/pts/8",
                {
                    "facility": "auth",
                    "severity": "crit",
                    "time": "2000-10-11T22:14:15Z",
                    "host": "mymachine",
                    "program": "su",
                    "pid": 230,
                    "message": "'su root' failed for lonvick on /dev/pts/8",
                },
            ),
            Sample(
                "<14> Feb  9 21:19:40 192.0.2.2 00077 ports: port 1 is now off-line",
                {"facility": "user", "time": "2000-02-09T21:19:40Z", "host": "192.0.2.2"},
            ),
            Sample(
                "Feb  9 21:19:40 precise32 sudo: pam_unix(sudo:session): session opened",
                {
                    "facility": None,
                    "time": "2000-02-09T21:19:40Z",
                    "host": "precise32",
                    "program": "sudo",
                    "pid": None,
                    "message": "pam_unix(sudo:session): session opened",
                },
            ),
            Sample(
                "2018-08-14T14:30:02.203151+02:00 linux-sqrz systemd[4179]: Stopped target Basic System.",
                {"time": "2018-08-14T12:30:02.203151Z", "host": "linux-sqrz", "program": "systemd", "pid": 4179},
            ),
            Sample(
                "<133>Jun 13 16:33:35 haproxy[73411]: Proxy sticky-servers started.",
                {"host": None, "program": "haproxy", "pid": 73411, "message": "Proxy sticky-servers started."},
            ),
            Sample(
                "Dec 13 11:37:57 a-mac Google Chrome[85294]: objc[85294]: __weak variable",
                {"host": "a-mac", "program": "Google Chrome", "pid": 85294, "message": "objc[85294]: __weak variable"},
            ),
            Sample(
                "Dec 13 11:38:45 a-mac com.apple.xpc.launchd[1] (com.apple.quicklook[21498]): Endpoint activated",
                {"program": "com.apple.xpc.launchd[1] (com.apple.quicklook[21498])", "pid": None},
            ),
            Sample(
                "<166>Jun 21 2019 14:41:26: %ASA-6-302016: Teardown UDP connection",
                {"time": "2019-06-21T14:41:26Z", "host": None, "program": "%ASA-6-302016"},
            ),
            Sample(
                "Apr 4 03:39:57 --- last message repeated 1 time ---",
                {"host": None, "program": None, "message": "--- last message repeated 1 time ---"},
            ),
            Sample(
                "<38>User logged into the appliance.",
                {"facility": "auth", "severity": "info", "time": None, "message": "User logged into the appliance."},
            ),
        ),
        refused=(
            "<192>Oct 11 22:14:15 host su: x",
            "<034>Oct 11 22:14:15 host su: x",
            "<>Oct 11 22:14:15 host su: x",
            "Oct 32 22:14:15 host su: x",
            "Oct 11 24:14:15 host su: x",
            "October 11 22:14:15 host su: x",
            "<34>1 2003-10-11T22:14:15.003Z host su - ID47 - x",
            "2018-08-14T14:30:02.203151+02:00 INFO everything is fine",
            "su[230]: session opened",
            "2018-03-03T19:37:06.157+0500: 14597.826: [GC (CMS Initial Mark) 142444K(253440K), 0.0021716 secs]",
            '192.0.2.1 - - [12/May/2014:07:54:01 +0000] "GET / HTTP/1.1" 200 3',
        ),
    ),
    Format(
        name="rfc5424_counted",
        family="syslog",
        engine=SEPARATOR,
        program=_COUNTED,
        doc="syslog of RFC 5424 as TCP carries it: the number of bytes stands in front (RFC 6587)",
        rank=3,
        begins=Expression(rb"^\d+ <\d+>\d", re.MULTILINE),
        samples=(
            Sample(
                "70 <34>1 2003-10-11T22:14:15.003Z mymachine.example.com su 5 - - hello you",
                {"facility": "auth", "host": "mymachine.example.com", "pid": 5, "message": "hello you"},
            ),
        ),
        refused=("<34>1 2003-10-11T22:14:15.003Z host su - - - x", "70 1 2003-10-11T22:14:15.003Z host su - - - x"),
    ),
    Format(
        name="logplex",
        family="syslog",
        engine=SEPARATOR,
        program=_LOGPLEX,
        doc="Heroku's log drains: counted RFC 5424 without the structured data",
        rank=0,
        begins=Expression(rb"^\d+ <\d+>\d", re.MULTILINE),
        unlike=Expression(rb"\d+ <\d+>\d (?:\S+ ){5}(?:-|\[\S+ [^\]]*\])(?: |$)"),
        samples=(
            Sample(
                "83 <158>1 2024-01-02T03:04:05.678901+00:00 host heroku router - at=info method=GET",
                {
                    "facility": "local3",
                    "severity": "info",
                    "time": "2024-01-02T03:04:05.678901Z",
                    "host": "host",
                    "program": "heroku",
                    "message": "at=info method=GET",
                },
            ),
        ),
        refused=("<158>1 2024-01-02T03:04:05Z host heroku router - x", "83 <158>1 today host heroku router - x"),
    ),
    Format(
        name="rfc5424",
        family="syslog",
        engine=SEPARATOR,
        program=RFC5424,
        doc="syslog of RFC 5424, with structured data",
        rank=2,
        begins=Expression(rb"^(?:<\d+>\d+|1) [-\d]", re.MULTILINE),
        samples=(
            Sample(
                "<165>1 2003-10-11T22:14:15.003Z mymachine.example.com evntslog 99 ID47 "
                '[exampleSDID@32473 iut="3" eventSource="App] \\"1\\""][b] An application event log entry...',
                {
                    "facility": "local4",
                    "severity": "notice",
                    "version": 1,
                    "time": "2003-10-11T22:14:15.003000Z",
                    "host": "mymachine.example.com",
                    "program": "evntslog",
                    "pid": 99,
                    "msgid": "ID47",
                    "sd": '[exampleSDID@32473 iut="3" eventSource="App] \\"1\\""][b]',
                    "message": "An application event log entry...",
                },
            ),
            Sample(
                "<0>1 - - - - - -",
                {"severity": "emerg", "facility": "kern", "time": None, "host": None, "sd": None, "message": None},
            ),
            Sample(
                "<165>1 2023-06-03T17:42:32.123456789+02:00 host app worker",
                {"time": "2023-06-03T15:42:32.123456Z", "program": "app", "pid": None, "msgid": None, "sd": None},
            ),
            Sample(
                "1 2023-06-03T17:42:32Z host app 12 ID47 - without a priority",
                {"facility": None, "severity": None, "pid": 12, "message": "without a priority"},
            ),
        ),
        refused=(
            "<192>1 2003-10-11T22:14:15.003Z host app - - - x",
            "<34>Oct 11 22:14:15 host su: x",
            '<29>5 2019-01-15T01:00:43Z hn S - - [meta escape="\\"] 127.0.0.1 - - 1452819643 "GET"',
            "<1>1 - - -   - -",
            "<1>4a - - - - - -",
            "<101>125 2003-09-29T22:99:16Z h p - - - x",
        ),
    ),
)
"""Rows of the family."""
