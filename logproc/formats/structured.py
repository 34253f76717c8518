"""Logs whose lines name their fields themselves."""

from __future__ import annotations

import re

from logproc.expressions import Expression
from logproc.formats.format import AUDIT, JSONL, LOGFMT, LTSV, PRETTY, STAMPED_JSON, STAMPED_PAIRS, Format, Sample
from logproc.formats.jsonl import SYNONYMS
from logproc.formats.naming import STAMP, Naming, with_names
from logproc.model import Kind

_LTSV = Naming(
    with_names(
        client=("host",),
        forwarded_for=("forwardedfor",),
        user_agent=("ua",),
        referrer=("referer",),
        request=("req",),
        duration=("reqtime", "apptime", "runtime"),
        host=("hostname",),
    )
)
"""Labels that http://ltsv.org recommends for access logs: there, `host` is the one who asks."""

_NO_PAIR_IN_FRONT = Expression(
    rb"(?!(?:<\d{1,3}>)?\s*[^\s=\"]+=)|(?:_[A-Z_]+|PRIORITY|MESSAGE|SYSLOG_[A-Z]+|CODE_[A-Z]+)=[^=]*"
)
_NO_LABEL_IN_FRONT = Expression(rb"(?![^\s:]+:[^\t\n]*\t[^\s:]+:)")

# https://github.com/linux-audit/audit-documentation/wiki/SPEC-Audit-Field-Dictionary
_AUDIT = Naming(
    {
        "time": ("time",),
        "host": ("node",),
        "program": ("comm",),
        "pid": ("pid",),
        "client": ("addr",),
        "user": ("acct",),
        "serial": ("serial",),
    },
    kinds={"serial": Kind.INTEGER},
)

_STAMP_IN_FRONT = rb"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:?\d\d) "
_STAMPED = Naming({**SYNONYMS, "time": (*SYNONYMS["time"], STAMP)})

STRUCTURED = (
    Format(
        name="jsonl",
        family="json",
        engine=JSONL,
        program=None,
        doc="one JSON object a line; nested keys join with a dot, usual names of time, level, message are known",
        rank=40,
        needs=(b"{", b'"', b"}"),
        samples=(
            Sample(
                '{"ts":"2024-01-02T03:04:05Z","lvl":"warn","msg":"slow","http":{"status":200}}',
                {"time": "2024-01-02T03:04:05Z", "level": "WARN", "message": "slow", "http.status": 200},
            ),
            Sample('{"@timestamp":"2024-01-02T03:04:05Z","message":"a"}', {"message": "a"}),
            Sample(
                '{"name":"api","hostname":"web1","pid":7,"level":40,"time":"2024-01-02T03:04:05.678Z","msg":"slow"}',
                {"level": "WARN", "host": "web1", "logger": "api", "pid": 7, "time": "2024-01-02T03:04:05.678000Z"},
            ),
            Sample(
                '{"version":"1.1","host":"web1","short_message":"a","timestamp":1385053862.3072,"level":4,"_user":"x"}',
                {"level": "WARN", "message": "a", "time": "2013-11-21T17:11:02.307200Z", "_user": "x"},
            ),
            Sample('{"message":"a","level":300,"channel":"app"}', {"level": "WARN", "message": "a"}),
            Sample(
                '{"time_iso8601":"2024-01-02T03:04:05+01:00","remote_addr":"192.0.2.1","request":"GET /a?b=1 HTTP/1.1",'
                '"status":"200","body_bytes_sent":"5","request_time":"0.25"}',
                {
                    "method": "GET",
                    "path": "/a",
                    "query": "b=1",
                    "protocol": "HTTP/1.1",
                    "status": 200,
                    "duration": 0.25,
                },
            ),
        ),
        refused=('{"cut": "of', "[1, 2]", "level=info msg=x", '"text"'),
    ),
    Format(
        name="json_pretty",
        family="json",
        engine=PRETTY,
        program=None,
        doc="JSON objects over several lines each, as jq and json.dumps(indent=2) write them",
        rank=39,
        needs=(b"{", b'"', b"}"),
        begins=Expression(rb"^\{(?:[^\n]*[,{\[:])?[ \t\r]*$", re.MULTILINE),  # others that end so were cut
        samples=(
            Sample(
                '{\n  "ts": "2024-01-02T03:04:05Z",\n  "lvl": "warn",\n  "msg": "slow {",\n  "http": {\n'
                '    "status": 200\n  }\n}',
                {"time": "2024-01-02T03:04:05Z", "level": "WARN", "message": "slow {", "http.status": 200},
            ),
        ),
        refused=('{"cut": "of', "[1, 2]", "level=info msg=x", '"text"'),
    ),
    Format(
        name="logfmt",
        family="json",
        engine=LOGFMT,
        program=None,
        doc="pairs of key=value; a value with blanks stands in double quotes, escaped as in JSON, or in apostrophes",
        rank=-20,
        needs=(b"=",),
        unlike=_NO_PAIR_IN_FRONT,
        naming=Naming(zone="tz"),
        samples=(
            Sample(
                'ts=2024-01-02T03:04:05.6Z level=info msg="GET \\"/a\\"" status=200 dur=0.25 ok',
                {
                    "time": "2024-01-02T03:04:05.600000Z",
                    "level": "INFO",
                    "message": 'GET "/a"',
                    "status": 200,
                    "ok": True,
                },
            ),
            Sample(
                '<134>  id=firewall time="2024-01-02 03:04:05 UTC" msg="Connection Closed"',
                {"time": "2024-01-02T03:04:05Z", "id": "firewall", "message": "Connection Closed"},
            ),
            Sample(
                'id=firewall time="2024-01-02 03:04:05" tz=+0100 msg="reached"',
                {"time": "2024-01-02T02:04:05Z", "tz": "+0100", "message": "reached"},
            ),
            Sample("k=a k=b ƒ='a b' n=17 v=1.10", {"k": "b", "ƒ": "a b", "n": 17, "v": "1.10"}),
        ),
        refused=(
            "no pair at all",
            "a word before k=v",
            'k="open',
            '"k"=v',
            "=v",
            'k=a"b',
            "level = info",
            'k="a"b',
            '{"k":"v"}',
        ),
    ),
    Format(
        name="jsonl_timestamped",
        family="json",
        engine=STAMPED_JSON,
        program=None,
        doc="a JSON object behind a time, as docker logs -t puts it; the time is the record's own, where it has one",
        rank=-1,
        begins=Expression(rb"^" + _STAMP_IN_FRONT + rb"\{", re.MULTILINE),
        needs=(b'{"', b'":'),
        naming=_STAMPED,
        samples=(
            Sample(
                '2024-01-02T03:04:05.678901234Z {"level":"warn","msg":"slow","status":200}',
                {"time": "2024-01-02T03:04:05.678901Z", "level": "WARN", "message": "slow", "status": 200},
            ),
        ),
        refused=('{"level":"warn","msg":"slow"', "2024-01-02T03:04:05.678901234Z slow", "2024-01-02T03:04:05.6Z {}"),
    ),
    Format(
        name="logfmt_timestamped",
        family="json",
        engine=STAMPED_PAIRS,
        program=None,
        doc="pairs of key=value behind a time, and perhaps a host; the time is the record's own, where it has one",
        rank=-1,
        begins=Expression(rb"^" + _STAMP_IN_FRONT + rb'(?:[^\s=":\[]+ )?[^\s="]+=', re.MULTILINE),
        # Two words in front of the first pair, or three behind pairs: a sentence in which something is set.
        unlike=Expression(
            rb"^"
            + _STAMP_IN_FRONT
            + rb'(?:(?:[^\s="]+ ){2}|(?:[^\s="]+ )?(?:[^\s="]+=[^\s"]* +)+(?:[^\s="]+ +){2}[^\s="]+(?: |$))',
            re.MULTILINE,
        ),
        needs=(b"=",),
        naming=_STAMPED,
        samples=(
            Sample(
                '2024-01-02T03:04:05.678Z web1 level=info msg="a b" status=200',
                {
                    "time": "2024-01-02T03:04:05.678000Z",
                    "host": "web1",
                    "level": "INFO",
                    "message": "a b",
                    "status": 200,
                },
            ),
        ),
        refused=("2024-01-02T03:04:05.678Z web1 no pair", "=v", 'k=a"b'),
    ),
    Format(
        name="fortinet",
        family="json",
        engine=LOGFMT,
        program=None,
        doc="key=value of FortiGate, FortiMail and FortiWeb: date and time in front; their status is the outcome",
        rank=-19,
        needs=(b"date=", b" time="),
        begins=Expression(rb"^(?:<\d{1,3}>)?date=\d{4}-\d\d-\d\d time=\d\d:", re.MULTILINE),
        naming=Naming(with_names(outcome=("status",)), zone="tz"),
        samples=(
            Sample(
                'date=2024-01-02 time=03:04:05 devname="FGT" tz="+0100" level="warning" srcip=192.0.2.1 status=success',
                {"time": "2024-01-02T02:04:05Z", "level": "WARN", "client": "192.0.2.1", "outcome": "success"},
            ),
            Sample(
                'date=2024-01-02 time=03:04:05 devname="FGT" level="warning" srcip=192.0.2.1 msg=',
                {"time": "2024-01-02T03:04:05Z", "level": "WARN", "devname": "FGT", "client": "192.0.2.1"},
            ),
            Sample(
                '<189>date=2024-01-02 time=03:04:05 devname="FGT" level="notice" srcip=192.0.2.1',
                {"time": "2024-01-02T03:04:05Z", "level": "INFO", "client": "192.0.2.1"},
            ),
            Sample('date=2024-01-02 time=03:04:05 tz="-0730" level=notice', {"time": "2024-01-02T10:34:05Z"}),
        ),
        refused=("no pair at all", "=v", 'k=a"b'),
    ),
    Format(
        name="sophos",
        family="json",
        engine=LOGFMT,
        program=None,
        doc="key=value of Sophos's XG firewall, whose clock has its zone beside it; its status is the outcome",
        rank=-19,
        needs=(b"device=", b" date=", b" time=", b" timezone="),
        begins=Expression(rb'^(?:<\d{1,3}>)?device="?SFW"? date=', re.MULTILINE),
        naming=Naming(with_names(outcome=("status",), level=("priority",)), zone="timezone"),
        samples=(
            Sample(
                'device="SFW" date=2024-01-02 time=03:04:05 timezone="+08" device_name="XG" log_type="Firewall" '
                'status="Deny" priority=Information src_ip=192.0.2.1 dst_ip=192.0.2.9',
                {"time": "2024-01-01T19:04:05Z", "level": "INFO", "client": "192.0.2.1", "outcome": "Deny"},
            ),
        ),
        refused=("no pair at all", "=v", 'k=a"b'),
    ),
    Format(
        name="auditd",
        family="json",
        engine=AUDIT,
        program=None,
        doc="Linux's audit.log: type, time, serial number of the event, and the pairs of the kernel and of programs",
        rank=5,
        needs=(b"msg=audit(",),
        begins=Expression(rb"^(?:node=\S+ )?type=\S+ msg=audit\(", re.MULTILINE),
        naming=_AUDIT,
        samples=(
            Sample(
                "type=SYSCALL msg=audit(1364481363.243:24287): arch=c000003e syscall=2 success=no exit=-13 pid=3538 "
                'comm="cat" exe="/bin/cat" key="sshd_config"',
                {
                    "time": "2013-03-28T14:36:03.243000Z",
                    "serial": 24287,
                    "type": "SYSCALL",
                    "pid": 3538,
                    "program": "cat",
                    "exe": "/bin/cat",
                    "exit": -13,
                },
            ),
            Sample(
                "node=web1 type=USER_AUTH msg=audit(1364475353.159:24270): user pid=3280 uid=1000 msg='op=PAM:login "
                'acct="root" exe="/bin/su" hostname=? addr=192.0.2.7 terminal=pts/0 res=failed\'\x1dUID="joe"',
                {
                    "time": "2013-03-28T12:55:53.159000Z",
                    "host": "web1",
                    "user": "root",
                    "client": "192.0.2.7",
                    "hostname": None,
                    "op": "PAM:login",
                    "res": "failed",
                    "UID": "joe",
                },
            ),
        ),
        refused=("no pair at all", 'type=CWD msg=audit(1.2:3): cwd="open'),
    ),
    Format(
        name="ltsv",
        family="json",
        engine=LTSV,
        program=None,
        doc="label:value, parted by tabs; labels as http://ltsv.org recommends them for access logs",
        rank=-10,
        needs=(b":", b"\t"),
        unlike=_NO_LABEL_IN_FRONT,
        naming=_LTSV,
        samples=(
            Sample(
                "time:[10/Oct/2000:13:55:36 -0700]\thost:192.0.2.1\treq:GET /a?b=c:d HTTP/1.1\tstatus:200\tsize:5\t"
                "referer:-\tua:curl/8.0 (x)\treqtime:0.5\tx:",
                {
                    "time": "2000-10-10T20:55:36Z",
                    "client": "192.0.2.1",
                    "method": "GET",
                    "path": "/a",
                    "query": "b=c:d",
                    "status": 200,
                    "bytes": 5,
                    "user_agent": "curl/8.0 (x)",
                    "duration": 0.5,
                    "x": None,
                },
            ),
        ),
        refused=("no label", "only\ttabs", ":value\ta:b"),
    ),
)
"""Rows of the family."""
