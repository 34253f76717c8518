"""Logs of what answers at a desk of its own: printers, database listeners, network policies, tunnels, name servers.

https://www.cups.org/doc/man-cupsd-logs.html, https://www.stunnel.org, https://nsd.docs.nlnetlabs.nl,
https://learn.microsoft.com/windows-server/networking/technologies/nps/, https://docs.oracle.com/en/database/
"""

from __future__ import annotations

from logproc.formats.format import Sample
from logproc.formats.heads import ISO, MESSAGE, NEVER, PADDED_MESSAGE, PRIORITY, app, level, maybe, number, stamp, word
from logproc.formats.program import Meaning, Missing, Slot
from logproc.formats.within import Part, Within

_NETSCALER = "%|".join(
    f"{date}:%H:%M:%S{zone}" for zone in (" %Z", "") for date in ("%m/%d/%Y", "%d/%m/%Y", "%Y/%m/%d")
)

DESKS = (
    app(
        "cups_page",
        "CUPS's page log: printer user job [time] page copies billing client title media sides",
        (
            Slot("printer", Meaning.TEXT, b" ", solid=True),
            Slot("user", Meaning.TEXT, b" ", solid=True),
            Slot("job", Meaning.TEXT, b" [", solid=True),
            stamp("%d/%b/%Y:%H:%M:%S%.%z", b"] "),
            word("page"),
            number("copies", b" "),
            Slot("billing", Meaning.TEXT, b" "),
            Slot("client", Meaning.TEXT, b" ", may_end=True),
            MESSAGE,
        ),
        rank=-1,
        single=True,
        begins=rb"\S+ \S+ \d+ \[[^\]]+\] (?:\d+|total) \d+ ",
        samples=(
            Sample(
                "hp4200 joe 1234 [02/Jan/2024:03:04:05 +0000] total 3 - 192.0.2.1 report.pdf A4 one-sided",
                {
                    "time": "2024-01-02T03:04:05Z",
                    "printer": "hp4200",
                    "user": "joe",
                    "job": "1234",
                    "copies": 3,
                    "client": "192.0.2.1",
                    "message": "report.pdf A4 one-sided",
                },
            ),
            Sample(
                "hp4200 joe 401 [22/Apr/2024:10:28:43 +0100] 1 3 #marketing 192.0.2.13",
                {"job": "401", "page": "1", "billing": "#marketing", "client": "192.0.2.13", "message": None},
            ),
        ),
        refused=("hp4200 joe 1234 [02/Jan/2024:03:04:05 +0000]", 'a b 1 [02/Jan/2024:03:04:05 +0000] "GET / x" 200 5'),
    ),
    app(
        "oracle_listener",
        "listener of Oracle's database: time * what was asked * from where * what was done * service * code",
        (stamp("%d-%b-%Y %H:%M:%S", b" * "), MESSAGE),
        rank=0,
        needs=(b" * ",),
        begins=rb"\d\d-[A-Z]{3}-\d{4} [\d:]{8} \* ",
        within=Within(
            "message",
            (
                Part("user", b"(USER=", b")"),
                Part(None, b"(ADDRESS=", b")"),
                Part("client", b"(HOST=", b")"),
                Part("service", b"* establish * ", b" * "),
            ),
        ),
        samples=(
            Sample(
                "02-JAN-2024 03:04:05 * (CONNECT_DATA=(SID=ORCL)(CID=(PROGRAM=)(HOST=h)(USER=joe))) * "
                "(ADDRESS=(PROTOCOL=tcp)(HOST=192.0.2.1)(PORT=49152)) * establish * ORCL * 0",
                {"time": "2024-01-02T03:04:05Z", "user": "joe", "client": "192.0.2.1", "service": "ORCL"},
            ),
        ),
        refused=("02-JAN-2024 03:04:05 x", "02-JAX-2024 03:04:05 * x"),
    ),
    app(
        "nps",
        "Windows' network policy server as CSV without a header: server, service, date, clock, kind of packet, user",
        (
            Slot("host", Meaning.TEXT, b'","'),
            Slot("program", Meaning.TEXT, b'",'),
            stamp("%m/%d/%Y,%H:%M:%S", b","),
            number("packet_type", b","),
            Slot("user", Meaning.TEXT, b'",', opening=b'"', missing=Missing.SKIPPED),
            MESSAGE,
        ),
        prefix=b'"',
        rank=3,
        single=True,
        begins=rb'"[^"]+","(?:IAS|NPS|RAS)",\d\d/\d\d/\d{4},',
        samples=(
            Sample(
                '"NPS1","IAS",01/02/2024,03:04:05,1,"a\\joe",,,,,,,,0,"192.0.2.1","AP"',
                {
                    "time": "2024-01-02T03:04:05Z",
                    "host": "NPS1",
                    "program": "IAS",
                    "packet_type": 1,
                    "user": "a\\joe",
                },
            ),
            Sample('"NPS1","IAS",01/02/2024,03:04:05,4,,"a",,,,,,,0', {"packet_type": 4, "user": None}),
        ),
        refused=('"NPS1","IAS",01/02/2024,03:04:05,x', '"NPS1","IAS",13/02/2024,03:04:05,1,"a",'),
    ),
    app(
        "meraki",
        "Cisco Meraki: priority, version, seconds, host, kind of event, and the event",
        (
            Slot(None, Meaning.PRIORITY, b">1 "),
            stamp("%s", b" "),
            word("host"),
            word("program"),
            MESSAGE,
        ),
        prefix=b"<",
        family="syslog",
        rank=3,
        single=True,
        begins=rb"<\d{1,3}>1 \d{10}\.\d+ \S+ \S+ ",
        within=Within("message", (Part("client", b"src=", b" ", anywhere=True, open_end=True, host=True),)),
        samples=(
            Sample(
                "<134>1 1704164645.678901234 MX84 flows src=192.0.2.1 dst=192.0.2.9 protocol=tcp pattern: allow all",
                {
                    "facility": "local0",
                    "severity": "info",
                    "time": "2024-01-02T03:04:05.678901Z",
                    "host": "MX84",
                    "program": "flows",
                    "client": "192.0.2.1",
                },
            ),
        ),
        refused=("<134>1 2024-01-02T03:04:05Z MX84 flows x", "<134>1704164645.6 MX84 flows x"),
    ),
    app(
        "ibm_mq",
        "error logs of IBM MQ: time - Process(process.thread) User(user) Program(program), then the message's lines",
        (
            stamp("%m/%d/%Y %I:%M:%S %p%|%m/%d/%y %I:%M:%S %p%|%m/%d/%Y %H:%M:%S%|%m/%d/%y %H:%M:%S", b" - "),
            number("pid", b".", b"Process("),
            word("thread", b") "),
            Slot("user", Meaning.TEXT, b") ", opening=b"User("),
            Slot("program", Meaning.TEXT, b")", opening=b"Program("),
            PADDED_MESSAGE,
        ),
        rank=3,
        head=2,
        continues="message",
        needs=(b" - Process(", b" User("),
        begins=rb"\d\d/\d\d/\d+ [\d:]+(?: [AP]M)? - Process\(\d+\.",
        within=Within("message", (Part("host", b"Host(", b")"), Part("code", b"AMQ", b":", anywhere=True))),
        samples=(
            Sample(
                "06/14/24 11:54:29 - Process(119.8) User(mqm) Program(amqzmur0) Host(mq1) QMgr(QM1) AMQ5037I: started.",
                {
                    "time": "2024-06-14T11:54:29Z",
                    "pid": 119,
                    "thread": "8",
                    "user": "mqm",
                    "program": "amqzmur0",
                    "host": "mq1",
                    "message": "Host(mq1) QMgr(QM1) AMQ5037I: started.",
                },
            ),
            Sample(
                "06/14/2024 11:54:29 PM - Process(7.1) User(mqm) Program(runmqsc)", {"time": "2024-06-14T23:54:29Z"}
            ),
        ),
        refused=("06/14/24 11:54:29 - something", "06/14/24 11:54:29 - Process(119.8) mqm"),
    ),
    app(
        "netscaler",
        "Citrix ADC: priority, date, clock, zone, host, and the event",
        (
            Slot(None, Meaning.PRIORITY, b">"),
            Slot(
                "time",
                Meaning.STAMP,
                b" ",
                layout=_NETSCALER,
                padded=True,
            ),
            word("host"),
            MESSAGE,
        ),
        prefix=b"<",
        family="syslog",
        rank=3,
        single=True,
        begins=rb"<\d{1,3}> *\d+/\d+/\d+:[\d:]{8}(?: [A-Z]+)? +\S+ ",
        samples=(
            Sample(
                "<134> 01/02/2024:03:04:05 GMT ns 0-PPE-0 : default SSLVPN LOGIN 123 0 : Context joe@192.0.2.1",
                {
                    "facility": "local0",
                    "time": "2024-01-02T03:04:05Z",
                    "host": "ns",
                    "message": "0-PPE-0 : default SSLVPN LOGIN 123 0 : Context joe@192.0.2.1",
                },
            ),
            Sample(
                "<134> 27/06/2024:22:38:17  ns 0-PPE-0 : default APPFW APPFW_STARTURL 12 0 :  192.0.2.1",
                {"time": "2024-06-27T22:38:17Z", "host": "ns"},
            ),
        ),
        refused=("<134> Jan  2 03:04:05 ns x", "01/02/2024:03:04:05 GMT ns x"),
    ),
    app(
        "syslog_year_first",
        "syslog whose time begins with the year, as Cisco's NX-OS, Huawei and Sophos write it, or has a blank between "
        "date and clock, as macOS does; "
        "a priority may stand in front",
        (
            PRIORITY,
            stamp("%Y %b %d %H:%M:%S%.%z%|%Y-%m-%d %H:%M:%S%.%z%|%Y:%m:%d-%H:%M:%S%|%Y/%m/%d %H:%M:%S%.", b" "),
            word("host"),
            Slot(None, Meaning.TAG, b""),
            MESSAGE,
        ),
        family="syslog",
        rank=1,
        single=True,
        begins=rb"(?:<\d{1,3}>)?\d{4}(?: [A-Z][a-z][a-z] [ \d]\d [\d:.]+ |"
        rb"-\d\d-\d\d [\d:.]{8,15}(?: ?[+-]\d\d:?\d\d|Z)? +[\w.-]+ [\w./()-]+\[\d+\]: "
        rb"|:\d\d:\d\d-[\d:]{8} [\w.-]+ [\w./-]+(?:\[\d+\])?: |[/-]\d\d[/-]\d\d [\d:.]{8,15} [\w.-]+ %%\d\d)",
        samples=(
            Sample(
                "<13>2024 Jan  2 03:04:05.678 UTC sw1 app[12]: up",
                {
                    "facility": "user",
                    "time": "2024-01-02T03:04:05.678000Z",
                    "host": "sw1",
                    "program": "app",
                    "pid": 12,
                    "message": "up",
                },
            ),
            Sample(
                "2024-01-02 03:04:05.678901 web1 sshd[77]: Failed password",
                {"time": "2024-01-02T03:04:05.678901Z", "host": "web1", "program": "sshd", "pid": 77},
            ),
            Sample(
                '<30>2024:01:02-03:04:05 gate ulogd[503]: id="2001" action="drop"',
                {"severity": "info", "time": "2024-01-02T03:04:05Z", "host": "gate", "program": "ulogd", "pid": 503},
            ),
            Sample(
                "2024/01/02 03:04:05 fw1 %%01URL/4/FILTER(l): the policy was matched",
                {"host": "fw1", "program": "%%01URL/4/FILTER(l)", "message": "the policy was matched"},
            ),
            Sample(
                "2024-01-02 03:04:05.678901-0800  mac1 tccd[1030]: access was granted",
                {"time": "2024-01-02T11:04:05.678901Z", "host": "mac1", "program": "tccd"},
            ),
            Sample("2024-01-02 03:04:05 web1 kernel: x", {"host": "web1", "program": "kernel", "message": "x"}),
            Sample("2024 Jan  2 03:04:05 sw1 %ETHPORT-5-IF_UP: Interface is up", {"host": "sw1", "facility": None}),
        ),
        refused=("Jan  2 03:04:05 sw1 app[12]: up", "2024 Jan 42 03:04:05 sw1 app: up"),
    ),
    app(
        "stunnel",
        "stunnel: time LOGlevel[connection]: message",
        (
            stamp("%Y.%m.%d %H:%M:%S", b" "),
            word("level", b"[", b"LOG"),
            word("connection", b"]: "),
            MESSAGE,
        ),
        rank=0,
        begins=rb"\d{4}\.\d\d\.\d\d [\d:]{8} LOG\d\[",
        samples=(
            Sample(
                "2024.01.02 03:04:05 LOG4[9999:1234]: SSL_accept: no shared cipher",
                {
                    "time": "2024-01-02T03:04:05Z",
                    "level": "WARN",
                    "connection": "9999:1234",
                    "message": "SSL_accept: no shared cipher",
                },
            ),
        ),
        refused=("2024.01.02 03:04:05 [0]: x", "2024.01.02 03:04:05 LOG4: x"),
    ),
    app(
        "routeros",
        "MikroTik's RouterOS: time topics message",
        (
            stamp("%b/%d/%Y %H:%M:%S%|%b/%d %H:%M:%S%|%Y-%m-%d %H:%M:%S%|%m-%d %H:%M:%S", b" "),
            word("topics"),
            MESSAGE,
        ),
        rank=-3,
        begins=rb"(?:[a-z]{3}/\d\d(?:/\d{4})?|(?:\d{4}-)?\d\d-\d\d) [\d:]{8} [a-z-]+(?:,[a-z!-]+)+ ",
        samples=(
            Sample(
                "jan/02 03:04:05 system,error,critical login failure for user admin from 192.0.2.1 via ssh",
                {
                    "time": "2000-01-02T03:04:05Z",
                    "topics": "system,error,critical",
                    "message": "login failure for user admin from 192.0.2.1 via ssh",
                },
            ),
            Sample("jan/02/2024 03:04:05 dhcp,info x assigned", {"time": "2024-01-02T03:04:05Z"}),
        ),
        refused=("jan/02 03:04:05", "jan/32 03:04:05 a,b x"),
    ),
    app(
        "nsd",
        "NSD: [time] program[process]: level: message",
        (stamp(f"{ISO}%|%s", b"] "), word("program", b"["), number("pid", b"]: "), level(b": "), MESSAGE),
        prefix=b"[",
        rank=-1,
        head=3,
        needs=(b"] ", b"]: "),
        begins=rb"\[[\d :.-]+\] [\w-]+\[\d+\]: [a-z]+: ",
        samples=(
            Sample(
                "[1704164645] nsd[7745]: info: ratelimit block a.example. type any",
                {
                    "time": "2024-01-02T03:04:05Z",
                    "program": "nsd",
                    "pid": 7745,
                    "level": "INFO",
                    "message": "ratelimit block a.example. type any",
                },
            ),
            Sample("[2024-01-02 03:04:05.678] nsd[7745]: error: x", {"level": "ERROR"}),
        ),
        refused=("[1704164645] nsd: info: x", "[1704164645] nsd[7745]: x"),
    ),
    app(
        "fern",
        "programs in Rust that log with fern: [time][module][LEVEL] message",
        (stamp(ISO, b"]["), word("logger", b"]["), level(b"] ", padded=False), MESSAGE),
        prefix=b"[",
        rank=-2,
        head=3,
        needs=(b"][", b"] "),
        samples=(
            Sample(
                "[2024-01-02 03:04:05.678][vaultwarden::api][ERROR] Username or password is incorrect",
                {
                    "time": "2024-01-02T03:04:05.678000Z",
                    "logger": "vaultwarden::api",
                    "level": "ERROR",
                    "message": "Username or password is incorrect",
                },
            ),
        ),
        refused=("[2024-01-02 03:04:05.678] [a][ERROR] x", "[2024-01-02 03:04:05.678][a][b] x"),
    ),
    app(
        "compose",
        "docker compose logs: container | line; of the line, a time in front and a level",
        (
            word("container", b" "),
            Slot(None, Meaning.LITERAL, b"", opening=b"| ", padded=True),
            maybe(stamp(ISO, b" ")),
            maybe(level(b" ", padded=False)),
            PADDED_MESSAGE,
        ),
        rank=-9,
        single=True,
        begins=rb"(?!\d{4}-\d\d-\d\d )[\w.-]+[_-]\d+ +\| ",
        sure=NEVER,
        samples=(
            Sample(
                "web_1  | 2024-01-02T03:04:05.678Z INFO up",
                {"time": "2024-01-02T03:04:05.678000Z", "container": "web_1", "level": "INFO", "message": "up"},
            ),
            Sample("db-1   | ready to accept connections", {"time": None, "container": "db-1", "level": None}),
        ),
        refused=("web_1 up", "| web_1 up"),
    ),
)
"""Rows of the family."""
