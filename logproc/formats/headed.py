"""Logs whose columns a header names: Zeek, CSV and TSV, flow logs of AWS; those of `w3c` are among the rows."""

from __future__ import annotations

import re

from logproc.expressions import Expression
from logproc.formats.format import HEADED, Format, Sample
from logproc.formats.header import Header
from logproc.formats.naming import Naming
from logproc.formats.postgres import STEPS
from logproc.formats.w3c import W3C_FORMATS
from logproc.formats.within import Part, Within
from logproc.kernels.delimited import LENIENT, QUOTED
from logproc.model import Kind

# https://docs.aws.amazon.com/vpc/latest/userguide/flow-log-records.html, version 2
_VPC_COLUMNS = (
    "version account-id interface-id srcaddr dstaddr srcport dstport protocol packets bytes start end action log-status"
)

_VPC_MORE = (
    "vpc-id subnet-id instance-id tcp-flags type pkt-srcaddr pkt-dstaddr region az-id sublocation-type sublocation-id "
    "pkt-src-aws-service pkt-dst-aws-service flow-direction traffic-path"
)
"""Fields of versions 3 to 5, in the order in which the console offers them."""

# https://docs.aws.amazon.com/vpc/latest/tgw/tgw-flow-logs.html
_TGW_COLUMNS = (
    "version resource-type account-id tgw-id tgw-attachment-id tgw-src-vpc-account-id tgw-dst-vpc-account-id "
    "tgw-src-vpc-id tgw-dst-vpc-id tgw-src-subnet-id tgw-dst-subnet-id tgw-src-eni tgw-dst-eni tgw-src-az-id "
    "tgw-dst-az-id tgw-pair-attachment-id srcaddr dstaddr srcport dstport protocol packets bytes start end log-status "
    "type packets-lost-no-route packets-lost-blackhole packets-lost-mtu-exceeded packets-lost-ttl-expired tcp-flags "
    "region flow-direction pkt-src-aws-service pkt-dst-aws-service"
)
_FLOW = Naming({"time": ("start",), "bytes": ("bytes",), "protocol": ("protocol",)})

_ZEEK_NAMES: dict[str, tuple[str, ...]] = {
    "time": ("ts",),
    "client": ("id.orig_h",),
    "remote_port": ("id.orig_p",),
    "port": ("id.resp_p",),
    "method": ("method",),
    "vhost": ("host",),
    "target": ("uri",),
    "referrer": ("referrer",),
    "user_agent": ("user_agent",),
    "status": ("status_code",),
    "bytes_in": ("request_body_len",),
    "bytes": ("response_body_len",),
    "duration": ("duration",),
    "user": ("username",),
}
"""https://docs.zeek.org/en/master/logs/"""

# https://www.postgresql.org/docs/current/runtime-config-logging.html#RUNTIME-CONFIG-LOGGING-CSVLOG
STATEMENT = Within(
    "message",
    (Part("duration", b"duration: ", b" ms", in_front=True), *STEPS, Part("client", b"", own=True)),
    kinds={"duration": Kind.DECIMAL},
    scales={"duration": 1e-3},
)
"""PostgreSQL writes in front of a statement how long it took and what was done, and the port behind the client."""

_POSTGRES_COLUMNS = (
    *("log_time", "user_name", "database_name", "process_id", "connection_from", "session_id", "session_line_num"),
    *("command_tag", "session_start_time", "virtual_transaction_id", "transaction_id", "error_severity"),
    *("sql_state_code", "message", "detail", "hint", "internal_query", "internal_query_pos", "context", "query"),
    *("query_pos", "location", "application_name", "backend_type", "leader_pid", "query_id"),
)
_POSTGRES = Naming(
    {
        "time": ("log_time",),
        "user": ("user_name",),
        "database": ("database_name",),
        "pid": ("process_id",),
        "client": ("connection_from",),
        "session": ("session_id",),
        "level": ("error_severity",),
        "code": ("sql_state_code",),
        "message": ("message",),
        "application": ("application_name",),
    },
    kinds={"pid": Kind.INTEGER},
)
_NOT_POSTGRES = Expression(rb"(?!\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3} \w+,)")
_POSTGRES_LINE = (
    '2021-01-04 00:04:50.554 UTC,"joe","shop",27,"192.0.2.1:5000",5ff2.1b,1,"SELECT",2021-01-04 00:04:50 UTC,3/0,0,'
    'ERROR,42P01,"relation ""a"" does not exist",,,,,,"select 1 from a",15,,"psql"'
)

_NOT_FLOW = Expression(rb"(?!.*\b(?:ACCEPT|REJECT|NODATA|SKIPDATA|srcaddr|pkt-srcaddr)\b)")

# https://learn.microsoft.com/windows/security/operating-system-security/network-security/windows-firewall
_FIREWALL_COLUMNS = (
    "date time action protocol src-ip dst-ip src-port dst-port size tcpflags tcpsyn tcpack tcpwin icmptype icmpcode "
    "info path"
)
_FIREWALL = Naming(
    {
        "date": ("date",),
        "time": ("time",),
        "client": ("src-ip",),
        "remote_port": ("src-port",),
        "destination": ("dst-ip",),
        "port": ("dst-port",),
        "direction": ("path",),
    },
    kinds={"remote_port": Kind.INTEGER, "port": Kind.INTEGER, "size": Kind.INTEGER},
)
_OF_FIREWALL = Expression(
    rb"^(?:#Fields:[^\n]* tcpflags |\d{4}-\d\d-\d\d [\d:]{8} (?:ALLOW|DROP|OPEN|CLOSE|OPEN-INBOUND|INFO-EVENTS-LOST) )",
    re.MULTILINE,
)

HEADED_FORMATS = (
    *W3C_FORMATS,
    Format(
        name="zeek",
        family="json",
        engine=HEADED,
        program=None,
        doc="Zeek (Bro) logs parted by tabs; their #fields lines name the columns",
        rank=29,
        needs=(b"#fields\t",),
        naming=Naming(_ZEEK_NAMES),
        header=Header(b"\t", b"#fields", utc=True),
        samples=(
            Sample(
                "#separator \\x09\n#fields\tts\tuid\tid.orig_h\tmethod\tstatus_code\n#types\ttime\tstring\taddr\n"
                "1320279566.452687\tCwF\t192.0.2.76\tGET\t200",
                {"time": "2011-11-03T00:19:26.452687Z", "uid": "CwF", "client": "192.0.2.76", "status": 200},
            ),
        ),
        refused=("1320279566.452687\tCwF\t192.0.2.76", "text"),
    ),
    Format(
        name="vpc_flow",
        family="json",
        engine=HEADED,
        program=None,
        doc="AWS VPC flow log: version 2, or the columns of its first line",
        rank=2,
        needs=(b" ",),
        unlike=_NOT_FLOW,
        naming=_FLOW,
        header=Header(b" ", default=tuple(_VPC_COLUMNS.split())),
        samples=(
            Sample(
                "2 123456789010 eni-1235b8ca 172.31.16.139 172.31.16.21 20641 22 6 20 4249 1418530010 1418530070 "
                "ACCEPT OK",
                {
                    "time": "2014-12-14T04:06:50Z",
                    "srcaddr": "172.31.16.139",
                    "dstport": 22,
                    "protocol": "6",
                    "bytes": 4249,
                    "action": "ACCEPT",
                    "log_status": "OK",
                },
            ),
            Sample(
                "srcaddr dstaddr start action\n192.0.2.1 192.0.2.2 1418530010 REJECT",
                {"time": "2014-12-14T04:06:50Z", "srcaddr": "192.0.2.1", "action": "REJECT"},
            ),
            Sample(
                "2 123456789010 eni-1235b8ca - - - - - - - 1431280876 1431280934 - NODATA",
                {"srcaddr": None, "bytes": None, "log_status": "NODATA"},
            ),
        ),
        refused=("2 123456789010 eni-1235b8ca 172.31.16.139 ACCEPT OK", "a b c"),
    ),
    Format(
        name="vpc_flow_full",
        family="json",
        engine=HEADED,
        program=None,
        doc="AWS VPC flow log without a header: all fields of versions 2 to 5",
        rank=3,
        needs=(b" eni-",),
        unlike=Expression(rb"(?!\d \d+ eni-(?:\S+ ){11}(?:OK|NODATA|SKIPDATA) \S)"),
        naming=_FLOW,
        header=Header(b" ", default=(*_VPC_COLUMNS.split(), *_VPC_MORE.split())),
        samples=(
            Sample(
                "5 123456789010 eni-1235b8ca 192.0.2.7 10.0.0.4 50188 443 6 1 44 1418530010 1418530070 ACCEPT OK "
                "vpc-1 subnet-1 i-0a 2 IPv4 192.0.2.7 10.0.0.4 eu-west-1 euw1-az2 - - - - ingress 1",
                {
                    "time": "2014-12-14T04:06:50Z",
                    "srcaddr": "192.0.2.7",
                    "dstport": 443,
                    "vpc_id": "vpc-1",
                    "tcp_flags": 2,
                    "az_id": "euw1-az2",
                    "flow_direction": "ingress",
                },
            ),
        ),
        refused=("5 123456789010 eni-1235b8ca 192.0.2.7 ACCEPT OK vpc-1", "a b c"),
    ),
    Format(
        name="tgw_flow",
        family="json",
        engine=HEADED,
        program=None,
        doc="flow log of an AWS transit gateway: its default fields, or the columns of its first line",
        rank=4,
        needs=(b" tgw-",),
        unlike=Expression(rb"(?!\d \S+ \S+ tgw-)"),
        naming=_FLOW,
        header=Header(b" ", default=tuple(_TGW_COLUMNS.split())),
        samples=(
            Sample(
                "6 TransitGateway 123456789010 tgw-1 tgw-attach-1 1 2 vpc-1 vpc-2 subnet-1 subnet-2 eni-1 eni-2 az1 "
                "az2 tgw-attach-2 10.0.0.4 10.1.0.5 38490 443 6 10 760 1418530010 1418530070 OK IPv4 0 0 0 0 2 "
                "eu-west-1 egress - -",
                {
                    "time": "2014-12-14T04:06:50Z",
                    "tgw_id": "tgw-1",
                    "srcaddr": "10.0.0.4",
                    "dstport": 443,
                    "bytes": 760,
                    "log_status": "OK",
                    "region": "eu-west-1",
                },
            ),
        ),
        refused=("6 TransitGateway 123456789010 tgw-1 tgw-attach-1", "a b c"),
    ),
    *(
        Format(
            name=name,
            family="app",
            engine=HEADED,
            program=None,
            doc=f"csvlog of PostgreSQL {versions}",
            rank=rank,
            needs=(b",",),
            unlike=_NOT_POSTGRES,
            naming=_POSTGRES,
            header=Header(b",", quotes=QUOTED, default=_POSTGRES_COLUMNS[:columns]),
            within=STATEMENT,
            samples=(
                Sample(
                    _POSTGRES_LINE + more,
                    {
                        "time": "2021-01-04T00:04:50.554000Z",
                        "user": "joe",
                        "pid": 27,
                        "level": "ERROR",
                        "code": "42P01",
                        "message": 'relation "a" does not exist',
                        "application": "psql",
                    },
                ),
            ),
            refused=("2021-01-04 00:04:50.554 UTC,,", "a,b,c"),
        )
        for name, versions, rank, columns, more in (
            ("postgres_csv", "from 14 on", 9, 26, ',"client backend",,0'),
            ("postgres_csv_13", "13", 8, 24, ',"client backend"'),
            ("postgres_csv_12", "up to 12", 7, 23, ""),
        )
    ),
    Format(
        name="tsv",
        family="json",
        engine=HEADED,
        program=None,
        doc="fields between tabs under a first line that names them",
        rank=-29,
        needs=(b"\t",),
        header=Header(b"\t", quotes=LENIENT),
        samples=(
            Sample(
                "timestamp\tlevel\tmessage\tX-Id\n2024-01-02T03:04:05Z\twarn\ta, b\t7",
                {"time": "2024-01-02T03:04:05Z", "level": "WARN", "message": "a, b", "x_id": 7},
            ),
        ),
        refused=("only one column", "1\t2"),
    ),
    Format(
        name="windows_firewall",
        family="json",
        engine=HEADED,
        program=None,
        doc="pfirewall.log of Windows, whose times are local, and whose path is a direction",
        rank=29,
        begins=_OF_FIREWALL,
        naming=_FIREWALL,
        header=Header(b" ", b"#Fields:", default=tuple(_FIREWALL_COLUMNS.split())),
        samples=(
            Sample(
                f"#Version: 1.5\n#Time Format: Local\n#Fields: {_FIREWALL_COLUMNS}\n\n"
                "2024-01-02 03:04:05 DROP UDP 192.0.2.1 192.0.2.9 137 138 78 - - - - - - - RECEIVE",
                {
                    "time": "2024-01-02T03:04:05Z",
                    "action": "DROP",
                    "protocol": "UDP",
                    "client": "192.0.2.1",
                    "remote_port": 137,
                    "destination": "192.0.2.9",
                    "port": 138,
                    "direction": "RECEIVE",
                },
            ),
        ),
        refused=("2024-01-02 03:04:05 x", "DROP UDP 192.0.2.1"),
    ),
    Format(
        name="csv_semicolon",
        family="json",
        engine=HEADED,
        program=None,
        doc="fields between semicolons under a first line that names them; quoted as in RFC 4180",
        rank=-31,
        needs=(b";",),
        header=Header(b";", quotes=QUOTED),
        samples=(
            Sample(
                'time;level;message\n2024-01-02T03:04:05Z;warn;"a; b"',
                {"time": "2024-01-02T03:04:05Z", "level": "WARN", "message": "a; b"},
            ),
        ),
        refused=("only one column", "1;2;3"),
    ),
    Format(
        name="csv",
        family="json",
        engine=HEADED,
        program=None,
        doc="fields between commas under a first line that names them; quoted as in RFC 4180",
        rank=-30,
        needs=(b",",),
        header=Header(b",", quotes=QUOTED),
        samples=(
            Sample(
                'Date,Time,Client IP,Status,Message\n2024-01-02,03:04:05,192.0.2.1,200,"a, ""b"""',
                {
                    "time": "2024-01-02T03:04:05Z",
                    "client": "192.0.2.1",
                    "status": 200,
                    "message": 'a, "b"',
                },
            ),
        ),
        refused=("only one column", "1,2,3"),
    ),
)
"""Rows of the family."""
