"""Logs of what an office runs: mail stores, file transfer, shares, printers, directories, packages and addresses.

https://doc.dovecot.org, https://security.appspot.com/vsftpd.html, xferlog(5),
https://www.samba.org/samba/docs/current/man-html/smb.conf.5.html
"""

from __future__ import annotations

from logproc.formats.format import Sample
from logproc.formats.heads import (
    ISO,
    LINE_END,
    MESSAGE,
    PADDED_MESSAGE,
    app,
    bracketed,
    level,
    literal,
    maybe,
    number,
    stamp,
    word,
)
from logproc.formats.program import Meaning, Slot
from logproc.formats.within import Part, Within
from logproc.model import Kind

_LONG_DATE = "%a %b %d %H:%M:%S %Y"


_TRANSFER = Within(
    "message",
    (
        Part("client", b'Client "', b'"'),
        Part("path", b'", "', b'"', in_front=True),
        Part("bytes", b'", ', b" bytes", in_front=True),
    ),
    kinds={"bytes": Kind.INTEGER},
)


_DHCP_BANNER = (
    *(b"\t\tMicros", b"Event ID", b"ID,Date,", b"QResult:", b"50+\tCode", b"00\tThe l", b"01\tThe l", b"02\tThe l"),
    *(b"10\tA new", b"11\tA lea", b"12\tA lea", b"13\tAn IP", b"14\tA lea", b"15\tA lea", b"16\tA lea", b"17\tA lea"),
    *(b"18\tA lea", b"20\tA BOO", b"21\tA dyn", b"22\tA BOO", b"23\tA BOO", b"24\tIP ad", b"25\tIP ad", b"30\tDNS u"),
    *(b"31\tDNS u", b"32\tDNS u", b"33\tPacke", b"36\tPacke", b"34\tDNS u", b"35\tDNS u"),
)


OFFICE = (
    app(
        "dovecot",
        "Dovecot where it writes its own files: time process: Level: message",
        (
            stamp(f"%b %d %H:%M:%S%|{ISO}", b" "),
            Slot("process", Meaning.TEXT, b": "),
            level(b": ", padded=False),
            MESSAGE,
        ),
        rank=2,
        begins=(
            rb"(?:[A-Z][a-z][a-z] \d\d|\d{4}-\d\d-\d\d) [\d:]{8} [\w-]+(?:\([^)]*\)|<[^>]*>)*: "
            rb"(?:Info|Warning|Error|Fatal|Panic|Debug): "
        ),
        within=Within("process", (Part("program", b"", b"(", in_front=True, open_end=True),)),
        samples=(
            Sample(
                "Jan 02 03:04:05 imap(joe)<1234><abc>: Info: Disconnected: Logged out in=44 out=1234",
                {
                    "time": "2000-01-02T03:04:05Z",
                    "process": "imap(joe)<1234><abc>",
                    "program": "imap",
                    "level": "INFO",
                    "message": "Disconnected: Logged out in=44 out=1234",
                },
            ),
        ),
        refused=("Jan 02 03:04:05 mx1 dovecot: imap(joe): Disconnected", "Jan 32 03:04:05 imap: Info: x"),
    ),
    app(
        "vsftpd",
        "vsftpd's own log: time [pid N] [user] message",
        (
            stamp(_LONG_DATE, b" [pid "),
            number("pid", b"] "),
            maybe(bracketed("user")),
            MESSAGE,
        ),
        rank=-2,
        needs=(b" [pid ", b"] "),
        head=2,
        within=_TRANSFER,
        samples=(
            Sample(
                'Tue Jan  2 03:04:07 2024 [pid 1235] [joe] OK DOWNLOAD: Client "192.0.2.1", "/x.zip", 1234 bytes, 1',
                {
                    "time": "2024-01-02T03:04:07Z",
                    "pid": 1235,
                    "user": "joe",
                    "client": "192.0.2.1",
                    "path": "/x.zip",
                    "bytes": 1234,
                },
            ),
            Sample(
                'Tue Jan  2 03:04:05 2024 [pid 1234] CONNECT: Client "192.0.2.1"',
                {"user": None, "client": "192.0.2.1", "path": None, "bytes": None},
            ),
        ),
        refused=("Tue Jan  2 03:04:05 2024 [1234] CONNECT", 'CONNECT: Client "192.0.2.1"'),
    ),
    app(
        "xferlog",
        "xferlog of wu-ftpd, vsftpd and ProFTPD: a transfer a line",
        (
            stamp(_LONG_DATE, b" "),
            Slot("duration", Meaning.DURATION, b" "),
            Slot("client", Meaning.TEXT, b" ", solid=True),
            Slot("bytes", Meaning.INTEGER, b" ", solid=True),
            Slot("path", Meaning.TEXT, b" ", solid=True),
            Slot("transfer_type", Meaning.TEXT, b" ", solid=True),
            Slot("action_flag", Meaning.TEXT, b" ", solid=True),
            Slot("direction", Meaning.TEXT, b" ", solid=True),
            Slot("access_mode", Meaning.TEXT, b" ", solid=True),
            Slot("user", Meaning.TEXT, b" ", solid=True),
            Slot("service", Meaning.TEXT, b" ", solid=True),
            Slot("auth_method", Meaning.TEXT, b" ", solid=True),
            Slot("auth_user", Meaning.TEXT, b" ", solid=True),
            Slot("completion", Meaning.TEXT, b"\n"),
        ),
        rank=0,
        single=True,
        begins=rb"[A-Z][a-z][a-z] [A-Z][a-z][a-z] [ \d]\d [\d:]{8} \d{4} \d+ \S+ \d+ \S+ [ab] ",
        samples=(
            Sample(
                "Tue Jan  2 03:04:05 2024 1 192.0.2.1 1234 /srv/ftp/x.zip b _ o r joe ftp 0 * c",
                {
                    "time": "2024-01-02T03:04:05Z",
                    "duration": 1.0,
                    "client": "192.0.2.1",
                    "bytes": 1234,
                    "path": "/srv/ftp/x.zip",
                    "direction": "o",
                    "user": "joe",
                    "completion": "c",
                },
            ),
        ),
        refused=("Tue Jan  2 03:04:05 2024 1 192.0.2.1 1234 /srv/ftp/x.zip", "Tue Jan  2 03:04:05 2024 [pid 1] x"),
    ),
    app(
        "proftpd",
        "ProFTPD: time host proftpd[process] server (client[address]): message",
        (stamp(ISO, b" "), word("host"), word("program", b"["), number("pid", b"] "), MESSAGE),
        rank=2,
        begins=rb"\d{4}-\d\d-\d\d [\d:]{8},\d{3} \S+ proftpd\[\d+\] ",
        within=Within("message", (Part(None, b" (", b"["), Part("client", b"[", b"])", in_front=True)), kinds={}),
        samples=(
            Sample(
                "2024-01-02 03:04:05,678 ftp1 proftpd[1234] 10.0.0.1 (192.0.2.1[192.0.2.1]): FTP session opened.",
                {
                    "time": "2024-01-02T03:04:05.678000Z",
                    "host": "ftp1",
                    "program": "proftpd",
                    "pid": 1234,
                    "client": "192.0.2.1",
                    "message": "10.0.0.1 (192.0.2.1[192.0.2.1]): FTP session opened.",
                },
            ),
        ),
        refused=("2024-01-02 03:04:05,678 ftp1 proftpd: x", "ftp1 proftpd[1234] x"),
    ),
    app(
        "samba",
        "Samba: [time, verbosity] source:line(function), then the message's lines",
        (
            stamp("%Y/%m/%d %H:%M:%S%.", b","),
            number("verbosity", b""),
            Slot(None, Meaning.TEXT, b"] "),
            Slot("logger", Meaning.TEXT, b"\n"),
            PADDED_MESSAGE,
        ),
        prefix=b"[",
        rank=-1,
        head=2,
        continues="message",
        begins=rb"\[\d{4}/\d\d/\d\d [\d:.]+, +\d+[,\]]",
        samples=(
            Sample(
                "[2024/01/02 03:04:06.678901,  1, pid=1234, effective(0, 0)] ../../source3/smbd/service.c:350(make)\n"
                "  connect to service x",
                {
                    "time": "2024-01-02T03:04:06.678901Z",
                    "verbosity": 1,
                    "logger": "../../source3/smbd/service.c:350(make)",
                    "message": "connect to service x",
                },
            ),
        ),
        refused=("[2024/01/02 03:04:06] x", "  connect to service x"),
    ),
    app(
        "cups_error",
        "CUPS's error log: letter [time] message",
        (level(b" [", padded=False), stamp("%d/%b/%Y:%H:%M:%S%.%z", b"] "), MESSAGE),
        rank=-2,
        head=2,
        begins=rb"[EWIDNCA] \[\d\d/[A-Z][a-z][a-z]/\d{4}:",
        samples=(
            Sample(
                "E [02/Jan/2024:03:04:05 +0000] [Job 12] Unable to send",
                {"time": "2024-01-02T03:04:05Z", "level": "ERROR", "message": "[Job 12] Unable to send"},
            ),
        ),
        refused=("[02/Jan/2024:03:04:05 +0000] x", "Z [02/Jan/2024:03:04:05 +0000] x"),
    ),
    app(
        "sssd",
        "SSSD: (time): [process] [function] (level): message",
        (
            stamp(f"{ISO}%|{_LONG_DATE}%|%Y-%m-%d %H:%M:%S%|%a %b %d %H:%M:%S:%f %Y", b")"),
            maybe(literal(b":")),
            bracketed("program", b"] ", b"["),
            bracketed("logger", b"] (", b"["),
            word("verbosity", b"): "),
            MESSAGE,
        ),
        prefix=b"(",
        rank=-2,
        needs=(b")", b"] (", b"): "),
        samples=(
            Sample(
                "(2024-01-02  3:04:05): [be[a.example]] [sdap_id_op_connect_done] (0x0020): Failed to connect",
                {
                    "time": "2024-01-02T03:04:05Z",
                    "program": "be[a.example]",
                    "logger": "sdap_id_op_connect_done",
                    "verbosity": "0x0020",
                    "message": "Failed to connect",
                },
            ),
        ),
        refused=("(2024-01-02  3:04:05): [nss] x", "2024-01-02  3:04:05: [nss] [a] (0x1): x"),
    ),
    app(
        "apt_history",
        "APT's history.log: the time that a run began, then what it did",
        (stamp("%Y-%m-%d  %H:%M:%S", b""), *LINE_END, MESSAGE),
        prefix=b"Start-Date: ",
        rank=0,
        continues="message",
        samples=(
            Sample(
                "Start-Date: 2024-01-02  03:04:05\nCommandline: apt-get upgrade\nUpgrade: libfoo:amd64 (1.2, 1.3)",
                {
                    "time": "2024-01-02T03:04:05Z",
                    "message": "Commandline: apt-get upgrade\nUpgrade: libfoo:amd64 (1.2, 1.3)",
                },
            ),
        ),
        refused=("Start-Date: today", "Commandline: apt-get upgrade"),
    ),
    app(
        "windows_dhcp",
        "Windows DHCP server's audit log: event, date, clock, description, address, name and the rest",
        (
            number("event", b","),
            stamp("%m/%d/%y,%H:%M:%S", b","),
            Slot("message", Meaning.TEXT, b","),
            Slot("client", Meaning.TEXT, b","),
            Slot("client_host", Meaning.TEXT, b","),
            Slot("mac", Meaning.TEXT, b","),
            Slot("user", Meaning.TEXT, b","),
            Slot("detail", Meaning.TEXT, b"\n"),
        ),
        rank=0,
        single=True,
        begins=rb"\d+,\d\d/\d\d/\d\d,\d\d:\d\d:\d\d,[^,]*,[^,]*,",
        headers=_DHCP_BANNER,
        samples=(
            Sample(
                "10,01/02/24,03:04:05,Assign,192.0.2.1,pc1.a.example,001122334455,,1,0,,,,0x4D53,MSFT 5.0,,,,0",
                {
                    "time": "2024-01-02T03:04:05Z",
                    "event": 10,
                    "message": "Assign",
                    "client": "192.0.2.1",
                    "client_host": "pc1.a.example",
                    "mac": "001122334455",
                },
            ),
        ),
        refused=("ID,Date,Time,Description,IP Address,Host Name,MAC Address,User Name", "10,01/02/24,Assign"),
    ),
)
"""Rows of the family."""
