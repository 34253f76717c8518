"""Logs of what stands at the edge of a network: firewalls, panels of hosters, and relays that put a head of their own.

https://docs.paloaltonetworks.com/pan-os/11-1/pan-os-admin/monitoring/use-syslog-for-monitoring/syslog-field-descriptions,
https://www.cisco.com/c/en/us/td/docs/security/firepower/Syslogs/b_fptd_syslog_guide.html,
https://pve.proxmox.com/wiki/Firewall, https://webmin.com/docs/modules/webmin-actions-log/,
https://help.zscaler.com/zia/nss-feed-output-format-web-logs, https://knowledge.broadcom.com (ESXi log files)
"""

from __future__ import annotations

from logproc.formats.format import Sample
from logproc.formats.heads import ISO, MESSAGE, PRIORITY, app, bracketed, level, literal, maybe, number, stamp, word
from logproc.formats.program import Meaning, Slot
from logproc.formats.syslog import RFC5424
from logproc.formats.within import Part, Within
from logproc.model import Kind

_CLOSED = Slot(None, Meaning.TEXT, b",")
_PANOS = (
    _CLOSED,
    stamp("%Y/%m/%d %H:%M:%S", b","),
    Slot("serial", Meaning.TEXT, b","),
    Slot("type", Meaning.TEXT, b","),
    Slot("subtype", Meaning.TEXT, b","),
    MESSAGE,
)
_PANOS_ROW = rb"\d,\d{4}/\d\d/\d\d [\d:]{8},[^,\n]*,[A-Z-]+,"
_EVENT = {"serial": "0123", "type": "TRAFFIC", "subtype": "end", "time": "2024-01-02T03:04:05Z"}

PERIMETER = (
    app(
        "paloalto",
        "PAN-OS: number, time, serial number, type, subtype, and the rest of the columns",
        _PANOS,
        rank=0,
        single=True,
        begins=_PANOS_ROW,
        samples=(
            Sample(
                "1,2024/01/02 03:04:05,0123,TRAFFIC,end,2561,2024/01/02 03:04:05,192.0.2.7,10.0.0.1",
                {**_EVENT, "message": "2561,2024/01/02 03:04:05,192.0.2.7,10.0.0.1"},
            ),
        ),
        refused=("1,2024/13/02 03:04:05,0123,TRAFFIC,end,2561", "a,b,c"),
    ),
    app(
        "paloalto_syslog",
        "PAN-OS behind the head of syslog: the host, then number, time, serial number, type, subtype, and the rest",
        (
            PRIORITY,
            Slot(None, Meaning.STAMP, b" ", layout="%b %d %H:%M:%S%.%|%+%|%b %d %Y %H:%M:%S"),
            word("host"),
            *_PANOS,
        ),
        rank=3,
        single=True,
        family="syslog",
        begins=rb"[^,\n]{15,120} " + _PANOS_ROW,
        samples=(
            Sample(
                "<14>Jan  2 03:04:06 gate 1,2024/01/02 03:04:05,0123,TRAFFIC,end,2561,2024/01/02 03:04:05,192.0.2.7",
                {**_EVENT, "host": "gate", "severity": "info", "message": "2561,2024/01/02 03:04:05,192.0.2.7"},
            ),
            Sample("2024-01-02T03:04:06+01:00 gate 1,2024/01/02 03:04:05,0123,TRAFFIC,end,2561,x", _EVENT),
        ),
        refused=("Jan  2 03:04:06 gate app[1]: a,b,c", "1,2024/01/02 03:04:05,0123,TRAFFIC,end,2561"),
    ),
    app(
        "cisco_bare",
        "messages of Cisco's devices without a time: %PART-severity-name: message; time is null",
        (word("program", b": "), MESSAGE),
        prefix=b"%",
        rank=-8,
        single=True,
        family="syslog",
        begins=rb"%[A-Z][A-Z\d_]+-[0-7]-\w+: ",
        samples=(
            Sample(
                "%FTD-1-101001: (Primary) cable is fine",
                {"program": "FTD-1-101001", "message": "(Primary) cable is fine"},
            ),
        ),
        refused=("%FTD-1-101001 cable", "FTD-1-101001: cable"),
    ),
    app(
        "rfc5424_relayed",
        "syslog of RFC 5424 behind the head of a relay's older one; the time is that of the sender",
        (
            PRIORITY,
            Slot(None, Meaning.STAMP, b" ", layout="%b %d %H:%M:%S%.%|%+"),
            word("relay"),
            *RFC5424.slots[1:],
        ),
        rank=3,
        single=True,
        family="syslog",
        begins=rb"(?:<\d{1,3}>)?(?:[A-Z][a-z][a-z] [ \d]\d [\d:.]{8,15}|\d{4}-\d\d-\d\dT\S+) \S+ 1 \d{4}-\d\d-\d\dT",
        samples=(
            Sample(
                "Jan  2 03:04:06 relay1 1 2024-01-02T03:04:05.678Z web1 app 77 - - started",
                {
                    "relay": "relay1",
                    "time": "2024-01-02T03:04:05.678000Z",
                    "host": "web1",
                    "program": "app",
                    "pid": 77,
                    "message": "started",
                },
            ),
        ),
        refused=("Jan  2 03:04:06 relay1 app[77]: started", "1 2024-01-02T03:04:05.678Z web1 app 77 - - started"),
    ),
    app(
        "webmin",
        "Webmin's log of actions: id [time] user session client module script action type object",
        (
            word("action_id"),
            Slot("time", Meaning.STAMP, b"] ", opening=b"[", layout="%d/%b/%Y %H:%M:%S"),
            word("user"),
            word("session"),
            word("client"),
            word("module"),
            word("script"),
            MESSAGE,
        ),
        rank=-1,
        single=True,
        begins=rb"\d{9,11}\.\d+\.\d+ \[\d\d?/[A-Z][a-z][a-z]/\d{4} ",
        samples=(
            Sample(
                '1704164645.1234.0 [02/Jan/2024 03:04:05] root - 192.0.2.7 global miniserv.pl "failed" "-" "wrongpass"',
                {
                    "action_id": "1704164645.1234.0",
                    "time": "2024-01-02T03:04:05Z",
                    "user": "root",
                    "client": "192.0.2.7",
                    "module": "global",
                    "script": "miniserv.pl",
                    "message": '"failed" "-" "wrongpass"',
                },
            ),
        ),
        refused=("1704164645.1234.0 root - 192.0.2.7 global x", "[02/Jan/2024 03:04:05] root - 192.0.2.7 x"),
    ),
    app(
        "proxmox_firewall",
        "firewall of Proxmox VE: guest severity chain time message",
        (
            number("guest"),
            number("priority"),
            word("chain"),
            stamp("%d/%b/%Y:%H:%M:%S%z", b" "),
            MESSAGE,
        ),
        rank=-1,
        single=True,
        begins=rb"\d+ \d \S+ \d\d/[A-Z][a-z][a-z]/\d{4}:",
        within=Within(
            "message",
            (
                Part("client", b"SRC=", b" ", anywhere=True, open_end=True),
                Part("destination", b"DST=", b" ", anywhere=True, open_end=True),
            ),
        ),
        samples=(
            Sample(
                "102 6 tap102i0-IN 02/Jan/2024:03:04:05 +0100 DROP: IN=fwbr102i0 SRC=192.0.2.7 DST=192.0.2.9 LEN=52",
                {
                    "guest": 102,
                    "priority": 6,
                    "chain": "tap102i0-IN",
                    "time": "2024-01-02T02:04:05Z",
                    "client": "192.0.2.7",
                    "destination": "192.0.2.9",
                },
            ),
        ),
        refused=("102 tap102i0-IN 02/Jan/2024:03:04:05 +0100 x", "a 6 tap102i0-IN 02/Jan/2024:03:04:05 +0100 x"),
    ),
    app(
        "syslog_year_behind",
        "syslog with the year behind the clock, as ArubaOS writes it",
        (
            PRIORITY,
            stamp("%b %d %H:%M:%S%. %Y", b" "),
            word("host"),
            Slot(None, Meaning.TAG, b""),
            MESSAGE,
        ),
        rank=3,
        single=True,
        family="syslog",
        begins=rb"(?:<\d{1,3}>)?[A-Z][a-z][a-z] [ \d]\d [\d:]{8}(?:\.\d+)? (?:19|20)\d\d [A-Za-z\d][\w.:-]* \S",
        samples=(
            Sample(
                "<141>Jan  2 03:04:05 2024 wlc1 authmgr[1234]: <522008> <NOTI> joe is in",
                {
                    "severity": "notice",
                    "time": "2024-01-02T03:04:05Z",
                    "host": "wlc1",
                    "program": "authmgr",
                    "pid": 1234,
                    "message": "<522008> <NOTI> joe is in",
                },
            ),
        ),
        refused=("Jan  2 03:04:05 wlc1 authmgr[1234]: x", "Jan  2 2024 03:04:05 wlc1 authmgr[1234]: x"),
    ),
    app(
        "esxi",
        "VMware's ESXi up to 7 and vCenter: time level program[thread] [origin] message",
        (
            stamp(ISO, b" "),
            level(padded=False),
            Slot("program", Meaning.TEXT, b"["),
            word("thread", b"] "),
            bracketed("origin"),
            MESSAGE,
        ),
        rank=2,
        begins=rb"\d{4}-\d\d-\d\dT[\d:.]+(?:Z|[+-]\d\d:\d\d) [a-z]+ [\w.-]+\[\w+\] \[Originator@",
        head=4,
        samples=(
            Sample(
                "2024-01-02T03:04:05.678Z warning hostd[2099] [Originator@6876 sub=Vimsvc] disk is slow",
                {
                    "time": "2024-01-02T03:04:05.678000Z",
                    "level": "WARN",
                    "program": "hostd",
                    "thread": "2099",
                    "origin": "Originator@6876 sub=Vimsvc",
                    "message": "disk is slow",
                },
            ),
        ),
        refused=("2024-01-02T03:04:05.678Z hostd[2099]: [Originator@6876] x", "2024-01-02T03:04:05Z info hostd: x"),
    ),
    app(
        "esxi_8",
        "VMware ESXi's own files from 8 on: time Level(priority) program[pid]: message",
        (
            stamp(ISO, b" "),
            Slot("kind", Meaning.TEXT, b"(", solid=True),
            maybe(literal(b"0")),
            Slot(None, Meaning.PRIORITY, b")"),
            maybe(literal(b"[+]")),
            literal(b" "),
            Slot(None, Meaning.TAG, b""),
            MESSAGE,
        ),
        rank=3,
        single=True,
        family="syslog",
        begins=rb"\d{4}-\d\d-\d\dT[\d:.]+Z [A-Z][a-z]\(\d{1,3}\)(?:\[\+\])? \S",
        samples=(
            Sample(
                "2024-01-02T03:04:05.678Z In(166) Hostd[2099]: joe logged in",
                {
                    "time": "2024-01-02T03:04:05.678000Z",
                    "kind": "In",
                    "facility": "local4",
                    "severity": "info",
                    "program": "Hostd",
                    "pid": 2099,
                    "message": "joe logged in",
                },
            ),
            Sample("2024-01-02T03:04:05.678Z Wa(180) vmkwarning: cpu3:2097)slow", {"program": "vmkwarning"}),
            Sample("2024-01-02T03:04:05.678Z In(05) vmx: up", {"facility": "kern", "severity": "notice"}),
        ),
        refused=("2024-01-02T03:04:05.678Z esx1 Hostd[2099]: x y", "In(166) Hostd[2099]: joe"),
    ),
    app(
        "vmkernel",
        "kernel of VMware ESXi: time cpu:world) message",
        (stamp(ISO, b" cpu"), number("cpu", b":"), number("world", b")"), MESSAGE),
        rank=3,
        single=True,
        begins=rb"\d{4}-\d\d-\d\dT[\d:.]+Z cpu\d+:\d+\)",
        samples=(
            Sample(
                "2024-01-02T03:04:05.678Z cpu3:2097152)ScsiDeviceIO: 1: command failed",
                {
                    "time": "2024-01-02T03:04:05.678000Z",
                    "cpu": 3,
                    "world": 2097152,
                    "message": "ScsiDeviceIO: 1: command failed",
                },
            ),
        ),
        refused=("2024-01-02T03:04:05.678Z esx1 vmkernel: cpu3:2097152)x", "cpu3:2097152)x"),
    ),
    app(
        "zscaler",
        "Zscaler's web logs: time, then key=value parted by tabs",
        (PRIORITY, stamp("%Y-%m-%d %H:%M:%S", b"\t"), MESSAGE),
        rank=0,
        single=True,
        family="syslog",
        begins=rb"(?:<\d{1,3}>)?\d{4}-\d\d-\d\d [\d:]{8}\t\w+=",
        within=Within(
            "message",
            tuple(
                Part(name, key, b"\t", anywhere=True, open_end=True)
                for name, key in (
                    *(("client", b"ClientIP="), ("user", b"user="), ("method", b"requestmethod=")),
                    *(("target", b"url="), ("status", b"status="), ("bytes", b"responsesize=")),
                    *(("bytes_in", b"requestsize="), ("action", b"action="), ("user_agent", b"useragent=")),
                )
            ),
            kinds={"status": Kind.INTEGER, "bytes": Kind.INTEGER, "bytes_in": Kind.INTEGER},
        ),
        samples=(
            Sample(
                "2024-01-02 03:04:05\treason=Allowed\trequestmethod=GET\tuseragent=Mozilla 5\tClientIP=192.0.2.7\t"
                "status=200\tuser=joe@example.com\turl=a.example/b\tresponsesize=65",
                {
                    "time": "2024-01-02T03:04:05Z",
                    "client": "192.0.2.7",
                    "method": "GET",
                    "user_agent": "Mozilla 5",
                    "status": 200,
                    "user": "joe@example.com",
                    "target": "a.example/b",
                    "bytes": 65,
                },
            ),
        ),
        refused=("2024-01-02 03:04:05 reason=Allowed", "reason=Allowed\taction=Allowed"),
    ),
)
"""Rows of the family."""
