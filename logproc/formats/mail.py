"""Logs of mail servers that write files of their own, and of what looks at the mail.

https://www.exim.org/exim-html-current/doc/html/spec_html/ch-log_files.html, https://assp.sourceforge.net,
https://cr.yp.to/daemontools/multilog.html
"""

from __future__ import annotations

from logproc.formats.format import Sample
from logproc.formats.heads import ISO, MESSAGE, NEVER, app, maybe, number, stamp, word
from logproc.formats.within import Part, Within
from logproc.model import Kind

_CLIENT = (
    Part("client", b"H=[", b"]", anywhere=True),
    Part(None, b"H=", b" ", anywhere=True),
    Part(None, b" (", b")", in_front=True),
    Part("client", b") [", b"]", in_front=True, spare=True),
    Part("client", b" [", b"]", in_front=True, spare=True),
    Part("client", b") [", b"]", spare=True),
    Part("client", b"[", b"]", spare=True),
)
"""The host behind H=, or behind "for" and "from": a name, what it called itself in HELO, which may be an address of any
sort in brackets, and its address."""

_DELIVERY = Within(
    "message",
    (
        Part("flag", b"", b" ", in_front=True),
        Part("address", b" ", b" ", in_front=True, open_end=True),
        *_CLIENT,
        Part("protocol", b"P=", b" ", anywhere=True, open_end=True),
        Part("bytes", b"S=", b" ", anywhere=True, open_end=True),
    ),
    kinds={"bytes": Kind.INTEGER},
)
_EXIM_TIME = rb"\d{4}-\d\d-\d\d [\d:]{8}(?:\.\d+)?(?: [+-]\d{4})?(?: \[\d+\])? "

MAIL = (
    app(
        "exim",
        "Exim's main log: time [process] message-id flag address, then fields",
        (
            stamp(ISO, b" "),
            maybe(number("pid", b"] ", b"[")),
            word("message_id"),
            MESSAGE,
        ),
        rank=1,
        single=True,
        begins=_EXIM_TIME + rb"\w{6}-\w{6,11}-\w{2,4} ",
        within=_DELIVERY,
        samples=(
            Sample(
                "2024-01-02 03:04:05 1rKabc-0001AB-CD <= joe@a.example H=b.example (c) [192.0.2.1]:25 P=esmtps S=1234",
                {
                    "time": "2024-01-02T03:04:05Z",
                    "message_id": "1rKabc-0001AB-CD",
                    "flag": "<=",
                    "address": "joe@a.example",
                    "client": "192.0.2.1",
                    "protocol": "esmtps",
                    "bytes": 1234,
                    "message": "<= joe@a.example H=b.example (c) [192.0.2.1]:25 P=esmtps S=1234",
                },
            ),
            Sample(
                "2024-01-02 03:04:05 1rKabc-0001AB-CD <= a@a.example H=b.example ([10.0.0.7]) [192.0.2.1]:25 P=esmtp",
                {"client": "192.0.2.1", "protocol": "esmtp"},
            ),
            Sample(
                "2024-01-02 03:04:05 1rKabc-0001AB-CD <= a@a.example H=[192.0.2.1]:25 I=[10.0.0.5]:25 P=smtp",
                {"client": "192.0.2.1"},
            ),
            Sample(
                "2024-01-02 03:04:05 +0100 [77] 1rKabc-0001AB-CD Completed",
                {"time": "2024-01-02T02:04:05Z", "pid": 77, "client": None, "message": "Completed"},
            ),
        ),
        refused=("2024-01-02 03:04:05", "1rKabc-0001AB-CD Completed"),
    ),
    app(
        "exim_events",
        "lines of Exim's main log and reject log that are of no message",
        (stamp(ISO, b" "), maybe(number("pid", b"] ", b"[")), MESSAGE),
        rank=0,
        single=True,
        begins=_EXIM_TIME + rb"(?:H=|SMTP |TLS |no host name found|no IP address found|"
        rb"\w+ authenticator failed|unexpected disconnection|Start queue run|End queue run|exim \d|"
        rb"refused connection|rejected )",
        within=Within("message", _CLIENT),
        samples=(
            Sample(
                "2024-01-02 03:04:05 login authenticator failed for a.example ([10.0.0.7]) [192.0.2.1]: 535 Incorrect",
                {"client": "192.0.2.1"},
            ),
            Sample(
                '2024-01-02 03:04:05 SMTP protocol error in "AUTH LOGIN" H=([127.0.0.1]) [192.0.2.1]:14 I=[10.0.0.5]:2',
                {"client": "192.0.2.1"},
            ),
            Sample(
                "2024-01-02 03:04:05 H=(ylmf-pc) [192.0.2.1]:2468 rejected EHLO or HELO ylmf-pc: Denied",
                {
                    "client": "192.0.2.1",
                    "message": "H=(ylmf-pc) [192.0.2.1]:2468 rejected EHLO or HELO ylmf-pc: Denied",
                },
            ),
            Sample("2024-01-02 03:04:05 [77] Start queue run: pid=77", {"pid": 77, "client": None}),
        ),
        refused=("H=(ylmf-pc) [192.0.2.1]:2468 rejected", "2024-01-02 H=x"),
    ),
    app(
        "sogo",
        "SOGo: time program [process]: message",
        (stamp("%b %d %H:%M:%S", b" "), word("program", b" ["), number("pid", b"]: "), MESSAGE),
        rank=2,
        needs=(b" [", b"]: "),
        begins=rb"[A-Z][a-z][a-z] [ \d]\d [\d:]{8} [\w.-]+ \[\d+\]: ",
        samples=(
            Sample(
                "Jan 02 03:04:05 sogod [1235]: SOGoRootPage Login from '192.0.2.1' for user 'u' might not have worked",
                {
                    "time": "2000-01-02T03:04:05Z",
                    "program": "sogod",
                    "pid": 1235,
                    "message": "SOGoRootPage Login from '192.0.2.1' for user 'u' might not have worked",
                },
            ),
        ),
        refused=("Jan 02 03:04:05 sogod[1235]: x", "Jan 02 03:04:05 host sogod[1235]: x"),
    ),
    app(
        "tai64n",
        "multilog of daemontools and runit's svlogd: @label message",
        (stamp("%@", b" "), MESSAGE),
        prefix=b"@",
        rank=-5,
        samples=(
            Sample(
                "@40000000659380af0a2b3c4d tcpserver: status: 1/20",
                {"time": "2024-01-02T03:19:01.170605Z", "message": "tcpserver: status: 1/20"},
            ),
        ),
        refused=("@4000000065937db90a2b3c x", "40000000659380af0a2b3c4d x", "@x y"),
    ),
    app(
        "slapd",
        "OpenLDAP's slapd where it writes itself: hexadecimal seconds, then perhaps a thread, and the message",
        (stamp("%#", b" "), maybe(word("thread", b" ", b"0x")), MESSAGE),
        rank=-10,
        begins=rb"[3-7][0-9a-f]{7}(?:\.[0-9a-f]{5,8})? ",
        sure=rb" conn=\d+ (?:fd|op)=\d+ ",
        samples=(
            Sample(
                "65937db9 conn=1000 fd=12 ACCEPT from IP=192.0.2.1:50000 (IP=0.0.0.0:389)",
                {
                    "time": "2024-01-02T03:06:33Z",
                    "thread": None,
                    "message": "conn=1000 fd=12 ACCEPT from IP=192.0.2.1:50000 (IP=0.0.0.0:389)",
                },
            ),
            Sample(
                '65937db9.1a2b3c4d 0x7f1b conn=1000 op=1 BIND dn="" method=128',
                {
                    "time": "2024-01-02T03:06:33.439041Z",
                    "thread": "7f1b",
                    "message": 'conn=1000 op=1 BIND dn="" method=128',
                },
            ),
        ),
        refused=("65937db conn=1000 op=1", "x conn=1000 op=1"),
    ),
    app(
        "krb5kdc",
        "MIT Kerberos: time host program[process](level): message",
        (
            stamp("%b %d %H:%M:%S", b" "),
            word("host"),
            word("program", b"["),
            number("pid", b"]("),
            word("level", b"): "),
            MESSAGE,
        ),
        rank=2,
        needs=(b"](", b"): "),
        begins=rb"[A-Z][a-z][a-z] [ \d]\d [\d:]{8} \S+ [\w.-]+\[\d+\]\([A-Za-z]+\): ",
        within=Within("message", (Part("client", b"}) ", b": "),)),
        samples=(
            Sample(
                "Jan 02 03:04:05 kdc.example krb5kdc[1234](info): AS_REQ (2 etypes {18 17}) 192.0.2.1: ISSUE: a",
                {
                    "time": "2000-01-02T03:04:05Z",
                    "host": "kdc.example",
                    "program": "krb5kdc",
                    "pid": 1234,
                    "level": "INFO",
                    "client": "192.0.2.1",
                    "message": "AS_REQ (2 etypes {18 17}) 192.0.2.1: ISSUE: a",
                },
            ),
        ),
        refused=("Jan 02 03:04:05 kdc.example krb5kdc[1234]: x", "Jan 02 03:04:05 kdc krb5kdc(info): x"),
    ),
    app(
        "assp",
        "Anti-Spam SMTP Proxy: time mail [worker] message",
        (stamp("%b-%d-%y %H:%M:%S", b" "), MESSAGE),
        rank=-6,
        begins=rb"[A-Z][a-z][a-z]-\d\d-\d\d [\d:]{8} ",
        sure=NEVER,
        samples=(
            Sample(
                "Jan-02-24 03:04:05 m1-70133-03424 [Worker_1] 192.0.2.1 <x@a.example> to: y@b.example Message: 30",
                {"time": "2024-01-02T03:04:05Z"},
            ),
        ),
        refused=("Jan 02 03:04:05 x", "Jan-42-24 03:04:05 x"),
    ),
)
"""Rows of the family."""
