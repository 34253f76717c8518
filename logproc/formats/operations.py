"""Logs of what operators run beside their services: configuration management, monitoring, packages, boot.

https://docs.saltproject.io/en/latest/ref/configuration/logging/, https://docs.ansible.com, https://www.zabbix.com,
https://assets.nagios.com/downloads/nagioscore/docs/nagioscore/4/en/
"""

from __future__ import annotations

from logproc.formats.format import Sample
from logproc.formats.heads import (
    ISO,
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

OPERATIONS = (
    app(
        "ansible",
        "Ansible: time p=process u=user n=program | message",
        (
            stamp(ISO, b" p="),
            number("pid", b" u="),
            word("user"),
            maybe(literal(b"| ")),
            maybe(Slot("program", Meaning.WORD, b" ", opening=b"n=")),
            maybe(literal(b"| ")),
            PADDED_MESSAGE,
        ),
        rank=-2,
        needs=(b" p=", b" u=", b"| "),
        head=3,
        samples=(
            Sample(
                "2024-01-02 03:04:05,678 p=1234 u=joe n=ansible | PLAY [all] ****",
                {
                    "time": "2024-01-02T03:04:05.678000Z",
                    "pid": 1234,
                    "user": "joe",
                    "program": "ansible",
                    "message": "PLAY [all] ****",
                },
            ),
            Sample("2024-01-02 03:04:05,678 p=1234 u=joe |  ok: [host1]", {"program": None, "message": "ok: [host1]"}),
        ),
        refused=("2024-01-02 03:04:05,678 u=joe | x", "PLAY [all] ****"),
    ),
    app(
        "salt",
        "Salt: time [logger:line][LEVEL][process] message",
        (
            stamp(ISO, b" ["),
            Slot("logger", Meaning.TEXT, b":"),
            number("line", b""),
            Slot(None, Meaning.LITERAL, b"", opening=b"][", padded=True),
            level(b"", padded=False),
            Slot(None, Meaning.LITERAL, b"", opening=b"][", padded=True),
            number("pid", b"] "),
            MESSAGE,
        ),
        rank=-2,
        needs=(b" [", b"][", b"] "),
        begins=rb"\d{4}-\d\d-\d\d [\d:]{8},\d{3} \[[^\]:]+:\d+ *\]\[",
        samples=(
            Sample(
                "2024-01-02 03:04:05,678 [salt.minion:1234][ERROR   ][5678] boom",
                {
                    "time": "2024-01-02T03:04:05.678000Z",
                    "logger": "salt.minion",
                    "line": 1234,
                    "level": "ERROR",
                    "pid": 5678,
                    "message": "boom",
                },
            ),
        ),
        refused=("2024-01-02 03:04:05,678 [salt.minion][ERROR][5678] boom", "2024-01-02 03:04:05,678 [a:1][X][5] b"),
    ),
    app(
        "puppet",
        "Puppet: time source (level): message",
        (stamp(ISO, b" "), Slot("logger", Meaning.TEXT, b" ("), level(b"): ", padded=False), MESSAGE),
        rank=-4,
        needs=(b" (", b"): "),
        begins=rb"\d{4}-\d\d-\d\d [\d:]{8} [+-]\d{4} \S.* \((?:debug|info|notice|warning|err|alert|emerg|crit)\): ",
        samples=(
            Sample(
                "2024-01-02 03:04:05 +0000 /Stage[main]/A/File[x] (err): change failed",
                {
                    "time": "2024-01-02T03:04:05Z",
                    "logger": "/Stage[main]/A/File[x]",
                    "level": "ERROR",
                    "message": "change failed",
                },
            ),
        ),
        refused=("2024-01-02 03:04:05 +0000 Puppet: x", "2024-01-02 03:04:05 +0000 Puppet (soon): x"),
    ),
    app(
        "telegraf",
        "Telegraf: time L! message",
        (stamp(ISO, b" "), level(b"! ", padded=False), maybe(bracketed("logger")), MESSAGE),
        rank=-3,
        needs=(b"! ",),
        begins=rb"\d{4}-\d\d-\d\dT\S+ [DIWE]! ",
        samples=(
            Sample(
                "2024-01-02T03:04:05Z E! [outputs.influxdb] When writing to [http://x]: failed",
                {
                    "time": "2024-01-02T03:04:05Z",
                    "level": "ERROR",
                    "logger": "outputs.influxdb",
                    "message": "When writing to [http://x]: failed",
                },
            ),
            Sample("2024-01-02T03:04:05Z I! Starting Telegraf", {"logger": None, "message": "Starting Telegraf"}),
        ),
        refused=("2024-01-02T03:04:05Z E x", "E! x"),
    ),
    app(
        "capnslog",
        "etcd up to 3.4, and others with capnslog: time L | package: message",
        (stamp(ISO, b" "), level(b" | ", padded=False), word("logger", b": "), MESSAGE),
        rank=-3,
        needs=(b" | ", b": "),
        begins=rb"\d{4}-\d\d-\d\d [\d:.]+ [A-Z] \| ",
        samples=(
            Sample(
                "2024-01-02 03:04:05.678901 W | rafthttp: health check for peer failed",
                {
                    "time": "2024-01-02T03:04:05.678901Z",
                    "level": "WARN",
                    "logger": "rafthttp",
                    "message": "health check for peer failed",
                },
            ),
        ),
        refused=("2024-01-02 03:04:05.678901 | rafthttp: x", "2024-01-02 03:04:05.678901 X | rafthttp: x"),
    ),
    app(
        "cloud_init",
        "cloud-init: time - file[LEVEL]: message",
        (stamp(ISO, b" - "), Slot("logger", Meaning.WORD, b"["), level(b"]: ", padded=False), MESSAGE),
        rank=-3,
        needs=(b" - ", b"]: "),
        samples=(
            Sample(
                "2024-01-02 03:04:05,678 - util.py[DEBUG]: Cloud-init v. 22.1 running 'init'",
                {
                    "time": "2024-01-02T03:04:05.678000Z",
                    "logger": "util.py",
                    "level": "DEBUG",
                    "message": "Cloud-init v. 22.1 running 'init'",
                },
            ),
        ),
        refused=("2024-01-02 03:04:05,678 - util.py: x", "2024-01-02 03:04:05,678 - DEBUG - x"),
    ),
    app(
        "zabbix",
        "Zabbix: process:date:clock message",
        (number("pid", b":"), stamp("%Y%m%d:%H%M%S%.", b" "), MESSAGE),
        rank=-2,
        head=2,
        begins=rb" *\d+:\d{8}:\d{6}\.\d{3} ",
        samples=(
            Sample(
                "  1234:20240102:030405.678 Starting Zabbix Server.",
                {"time": "2024-01-02T03:04:05.678000Z", "pid": 1234, "message": "Starting Zabbix Server."},
            ),
        ),
        refused=("1234:20240102 x", "1234:20241302:030405.678 x"),
    ),
    app(
        "nagios",
        "Nagios and Icinga 1: [seconds] message",
        (stamp("%s", b"] "), MESSAGE),
        prefix=b"[",
        rank=-7,
        begins=rb"\[\d{10}\] ",
        sure=rb"\[\d{10}\] (?:(?:CURRENT|INITIAL) )?(?:SERVICE|HOST|PASSIVE|EXTERNAL|LOG|Nagios|Warning|Auto-save)",
        samples=(
            Sample(
                "[1704164645] SERVICE ALERT: host1;HTTP;CRITICAL;HARD;3;CRITICAL - Socket timeout",
                {
                    "time": "2024-01-02T03:04:05Z",
                    "message": "SERVICE ALERT: host1;HTTP;CRITICAL;HARD;3;CRITICAL - Socket timeout",
                },
            ),
        ),
        refused=("[now] SERVICE ALERT: x", "1704164645 x"),
    ),
    app(
        "monit",
        "Monit: [zone time] level : message",
        (
            stamp(f"%Z %b %d %H:%M:%S%|{ISO}", b"] "),
            level(b"", padded=False),
            Slot(None, Meaning.LITERAL, b"", opening=b": ", padded=True),
            MESSAGE,
        ),
        prefix=b"[",
        rank=-4,
        needs=(b"] ", b": "),
        begins=rb"\[(?:[A-Z]{3,4} [A-Z][a-z][a-z] [ \d]\d [\d:]{8}|\d{4}-\d\d-\d\dT\S+)\] [a-z]+ +: ",
        samples=(
            Sample(
                "[2024-01-02T03:04:05+0000] error    : 'nginx' process is not running",
                {"time": "2024-01-02T03:04:05Z", "level": "ERROR", "message": "'nginx' process is not running"},
            ),
            Sample("[UTC Jan  2 03:04:05] info     : started", {"time": "2000-01-02T03:04:05Z", "level": "INFO"}),
            Sample("[PDT Apr  2 03:04:05] error    : no", {"time": "2000-04-02T10:04:05Z", "level": "ERROR"}),
        ),
        refused=("[2024-01-02T03:04:05+0000] 'nginx' : x", "[UTC Jan  2 03:04:05] x"),
    ),
    app(
        "go_levels",
        "Consul, Serf and others up to 2019: time with slashes, [LEVEL] and the message, perhaps indented",
        (
            Slot(None, Meaning.LITERAL, b"", opening=b"", padded=True),
            stamp("%Y/%m/%d %H:%M:%S%.", b" "),
            level(b"] ", b"[", padded=False),
            maybe(word("logger", b": ")),
            MESSAGE,
        ),
        rank=-6,
        begins=rb" *\d{4}/\d\d/\d\d [\d:.]+ \[[A-Z]+\] ",
        head=3,
        needs=(b" [", b"] "),
        samples=(
            Sample(
                "    2024/01/02 03:04:05 [ERR] agent: failed to sync",
                {"time": "2024-01-02T03:04:05Z", "level": "ERROR", "logger": "agent", "message": "failed to sync"},
            ),
        ),
        refused=("2024/01/02 03:04:05 agent: x", "2024-01-02 03:04:05 [ERR] agent: x"),
    ),
    app(
        "pacman",
        "pacman: [time] [program] message",
        (stamp(ISO, b"] "), bracketed("program"), MESSAGE),
        prefix=b"[",
        rank=-7,
        begins=rb"\[\d{4}-\d\d-\d\d[T ][\d:]{5,8}(?:[+-]\d{4})?\] \[(?:ALPM|PACMAN|ALPM-SCRIPTLET)\] ",
        samples=(
            Sample(
                "[2024-01-02T03:04:05+0000] [ALPM] upgraded linux (6.6.8-1 -> 6.6.9-1)",
                {
                    "time": "2024-01-02T03:04:05Z",
                    "program": "ALPM",
                    "message": "upgraded linux (6.6.8-1 -> 6.6.9-1)",
                },
            ),
        ),
        refused=("[2024-01-02T03:04:05+0000] upgraded linux", "2024-01-02T03:04:05+0000 [ALPM] x"),
    ),
    app(
        "rsyncd",
        "rsync's daemon: time with slashes, [process], message",
        (stamp("%Y/%m/%d %H:%M:%S", b" ["), number("pid", b"] "), MESSAGE),
        rank=-7,
        needs=(b" [", b"] "),
        begins=rb"\d{4}/\d\d/\d\d [\d:]{8} \[\d+\] ",
        samples=(
            Sample(
                "2024/01/02 03:04:05 [1235] connect from host (192.0.2.1)",
                {"time": "2024-01-02T03:04:05Z", "pid": 1235, "message": "connect from host (192.0.2.1)"},
            ),
        ),
        refused=("2024/01/02 03:04:05 [info] x", "2024-01-02 03:04:05 [1235] x"),
    ),
    app(
        "route53",
        "query log of Amazon Route 53",
        (
            Slot("time", Meaning.ISO_TIME, b" ", solid=True),
            Slot("zone", Meaning.TEXT, b" ", solid=True),
            Slot("name", Meaning.TEXT, b" ", solid=True),
            Slot("query_type", Meaning.TEXT, b" ", solid=True),
            Slot("rcode", Meaning.TEXT, b" ", solid=True),
            Slot("protocol", Meaning.TEXT, b" ", solid=True),
            Slot("edge", Meaning.TEXT, b" ", solid=True),
            Slot("client", Meaning.TEXT, b" ", solid=True),
            Slot("subnet", Meaning.TEXT, b"\n"),
        ),
        prefix=b"1.0 ",
        rank=1,
        single=True,
        begins=rb"1\.0 \d{4}-\d\d-\d\dT\S+ Z[A-Z0-9]+ ",
        samples=(
            Sample(
                "1.0 2024-01-02T03:04:05Z Z123412341234 a.example AAAA NOERROR TCP IAD12 192.168.222.222 192.0.2.0/24",
                {
                    "time": "2024-01-02T03:04:05Z",
                    "name": "a.example",
                    "query_type": "AAAA",
                    "rcode": "NOERROR",
                    "client": "192.168.222.222",
                    "subnet": "192.0.2.0/24",
                },
            ),
        ),
        refused=("1.0 2024-01-02T03:04:05Z Z1 a.example AAAA", "1.0 today Z1 a A NOERROR UDP I 1.1.1.1 -"),
    ),
)
"""Rows of the family."""
