"""Logs whose columns a header names: W3C extended, CloudFront, Zeek, CSV and TSV, VPC flow logs."""

from __future__ import annotations

import re

from logproc.formats.format import HEADED, Format, Sample
from logproc.formats.header import Header
from logproc.formats.naming import DATE, Naming
from logproc.formats.within import Part, Within
from logproc.kernels.delimited import LENIENT, QUOTED
from logproc.kernels.rewrite import PERCENT, PLUS, TWICE
from logproc.model import Kind

# https://www.w3.org/TR/WD-logfile, and what IIS, CloudFront, Azure, Incapsula and Oracle name beyond it.
_W3C_NAMES: dict[str, tuple[str, ...]] = {
    DATE: ("date", "date-local", "date-utc"),
    "time": ("time", "time-local", "time-utc", "date-time", "timestamp"),
    "client": ("c-ip", "src-ip", "client-ip"),
    "remote_port": ("c-port", "src-port"),
    "user": ("cs-username", "c-auth-id", "authenticateduser"),
    "method": ("cs-method",),
    "path": ("cs-uri-stem",),
    "query": ("cs-uri-query",),
    "target": ("cs-uri", "x-req_url"),
    "protocol": ("cs-protocol-version", "cs-version"),
    "status": ("sc-status", "c-status"),
    "bytes": ("sc-bytes", "bytes"),
    "bytes_in": ("cs-bytes",),
    "referrer": ("cs(Referer)", "cs(referrer)"),
    "user_agent": ("cs(User-Agent)", "c-agent"),
    "vhost": ("x-host-header", "cs-host", "cs(Host)"),
    "port": ("s-port",),
    "duration": ("time-taken", "timetakenms"),
    "tls_protocol": ("ssl-protocol",),
    "tls_cipher": ("ssl-cipher",),
    "cache": ("x-edge-result-type", "s-cache-status"),
    "request_id": ("x-edge-request-id",),
    "forwarded_for": ("x-forwarded-for", "cs(X-Forwarded-For)"),
    "host": ("s-computername",),
}
_W3C_KINDS = {
    "remote_port": Kind.INTEGER,
    "sc_substatus": Kind.INTEGER,
    "sc_win32_status": Kind.INTEGER,
    "s_ip": Kind.TEXT,
    "s_sitename": Kind.TEXT,
    "cs_cookie": Kind.TEXT,
    "s_reason": Kind.TEXT,
    "x_edge_location": Kind.TEXT,
    "x_edge_response_result_type": Kind.TEXT,
    "x_edge_detailed_result_type": Kind.TEXT,
    "time_to_first_byte": Kind.DECIMAL,
    "sc_content_type": Kind.TEXT,
    "sc_content_len": Kind.INTEGER,
    "cs_protocol": Kind.TEXT,
}

# https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/standard-logs-reference.html
_CLOUDFRONT_COLUMNS = (
    "date time x-edge-location sc-bytes c-ip cs-method cs(Host) cs-uri-stem sc-status cs(Referer) cs(User-Agent) "
    "cs-uri-query cs(Cookie) x-edge-result-type x-edge-request-id x-host-header cs-protocol cs-bytes time-taken "
    "x-forwarded-for ssl-protocol ssl-cipher x-edge-response-result-type cs-protocol-version fle-status "
    "fle-encrypted-fields c-port time-to-first-byte x-edge-detailed-result-type sc-content-type sc-content-len "
    "sc-range-start sc-range-end"
)

# https://docs.aws.amazon.com/vpc/latest/userguide/flow-log-records.html, version 2
_VPC_COLUMNS = (
    "version account-id interface-id srcaddr dstaddr srcport dstport protocol packets bytes start end action log-status"
)

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

_IIS_SIGNS = {"user_agent": PLUS, "cs_cookie": PLUS}
_NOT_IIS = re.compile(rb"(?!\d{4}-\d\d-\d\d \d\d:\d\d:\d\d [\dA-Fa-f.:%]+ [A-Z]+ \S+ \S+ \d+ )")
_IIS = "date time s-ip cs-method cs-uri-stem cs-uri-query s-port cs-username c-ip cs(User-Agent) "
_IIS_LINE = "2024-01-02 03:04:05 10.0.0.1 GET /a x=1 443 - 192.0.2.1 Mozilla/5.0+(X11) "
_LOST_HEADERS = (
    (
        "iis",
        "the fields that IIS 8 and later write unless told otherwise",
        12,
        f"{_IIS}cs(Referer) sc-status sc-substatus sc-win32-status time-taken",
        f"{_IIS_LINE}http://b.example/ 404 0 2 46",
        {"user_agent": "Mozilla/5.0 (X11)", "referrer": "http://b.example/", "target": "/a?x=1"},
    ),
    (
        "iis_short",
        "those of IIS 7, without a referrer",
        11,
        f"{_IIS}sc-status sc-substatus sc-win32-status time-taken",
        f"{_IIS_LINE}404 0 2 46",
        {"user_agent": "Mozilla/5.0 (X11)", "sc_win32_status": 2},
    ),
)
"""Names, columns and samples of logs of IIS that begin in the middle."""

# https://www.postgresql.org/docs/current/runtime-config-logging.html#RUNTIME-CONFIG-LOGGING-CSVLOG
STATEMENT = Within(
    "message",
    (Part("duration", b"duration: ", b" ms", in_front=True), Part("client", b"", own=True)),
    kinds={"duration": Kind.DECIMAL},
    scales={"duration": 1e-3},
)
"""PostgreSQL writes how long a statement took in front of it, and the port behind the client."""

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
_NOT_POSTGRES = re.compile(rb"(?!\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3} \w+,)")
_POSTGRES_LINE = (
    '2021-01-04 00:04:50.554 UTC,"joe","shop",27,"192.0.2.1:5000",5ff2.1b,1,"SELECT",2021-01-04 00:04:50 UTC,3/0,0,'
    'ERROR,42P01,"relation ""a"" does not exist",,,,,,"select 1 from a",15,,"psql"'
)

_W3C = Naming(_W3C_NAMES, {"duration": 1e-3}, kinds=_W3C_KINDS)
_NOT_FLOW = re.compile(rb"(?!.*\b(?:ACCEPT|REJECT|NODATA|SKIPDATA|srcaddr|pkt-srcaddr)\b)")

HEADED_FORMATS = (
    Format(
        name="cloudfront",
        family="web",
        engine=HEADED,
        program=None,
        doc="AWS CloudFront standard log: W3C extended, parted by tabs, percent signs undone",
        rank=30,
        needs=(b"x-edge-", b"#Fields:", b"\t"),
        naming=Naming(_W3C_NAMES, kinds=_W3C_KINDS),
        header=Header(
            b"\t",
            b"#Fields:",
            default=tuple(_CLOUDFRONT_COLUMNS.split()),
            text_signs=PERCENT,
            signs={"user_agent": PERCENT | TWICE},
            utc=True,
        ),
        samples=(
            Sample(
                f"#Version: 1.0\n#Fields: {_CLOUDFRONT_COLUMNS}\n"
                "2019-12-04\t21:02:31\tLAX1\t392\t192.0.2.100\tGET\td111.cloudfront.net\t/in%2520dex.html\t200\t-\t"
                "Mozilla/5.0%20(Windows%2520NT%252010.0)\ta=b%2526\t-\tHit\tSOX4xwn4XV6Q4rgb7XiVGOHms_BGlTAC4KyHmureZmBNr"
                "jGdRLiNIQ==\twww.example.com\thttps\t23\t0.250\t-\tTLSv1.2\tECDHE-RSA-AES128-GCM-SHA256\tHit\tHTTP/2.0\t"
                "-\t-\t11040\t0.001\tHit\ttext/html\t78\t-\t-",
                {
                    "time": "2019-12-04T21:02:31Z",
                    "x_edge_location": "LAX1",
                    "bytes": 392,
                    "client": "192.0.2.100",
                    "method": "GET",
                    "path": "/in%20dex.html",
                    "query": "a=b%26",
                    "target": "/in%20dex.html?a=b%26",
                    "status": 200,
                    "referrer": None,
                    "user_agent": "Mozilla/5.0 (Windows NT 10.0)",
                    "cache": "Hit",
                    "vhost": "www.example.com",
                    "protocol": "HTTP/2.0",
                    "bytes_in": 23,
                    "duration": 0.25,
                    "tls_protocol": "TLSv1.2",
                    "remote_port": 11040,
                    "sc_content_len": 78,
                },
            ),
        ),
        refused=("2019-12-04\t21:02:31\tLAX1", "2019-12-04 21:02:31 LAX1 392 192.0.2.100 GET"),
    ),
    Format(
        name="w3c",
        family="web",
        engine=HEADED,
        program=None,
        doc="W3C extended log, as IIS writes it; its #Fields lines name the columns, and may change",
        rank=28,
        needs=(b"#Fields:",),
        naming=_W3C,
        header=Header(
            b" ", b"#Fields:", quotes=LENIENT, signs={"user_agent": PLUS, "cs_cookie": PLUS, "c_agent": PLUS}, utc=True
        ),
        samples=(
            Sample(
                "#Software: Microsoft Internet Information Services 10.0\n#Date: 2024-01-02 03:04:05\n"
                "#Fields: date time s-ip cs-method cs-uri-stem cs-uri-query s-port cs-username c-ip cs(User-Agent) "
                "cs(Referer) sc-status sc-substatus sc-win32-status time-taken\n"
                "2024-01-02 03:04:05 10.0.0.1 GET /a+b x=1&y=%20 443 - 192.0.2.1 Mozilla/5.0+(X11;+Linux) - 404 0 2 46",
                {
                    "time": "2024-01-02T03:04:05Z",
                    "s_ip": "10.0.0.1",
                    "method": "GET",
                    "path": "/a+b",
                    "query": "x=1&y=%20",
                    "target": "/a+b?x=1&y=%20",
                    "port": 443,
                    "user": None,
                    "client": "192.0.2.1",
                    "user_agent": "Mozilla/5.0 (X11; Linux)",
                    "referrer": None,
                    "status": 404,
                    "sc_win32_status": 2,
                    "duration": 0.046,
                },
            ),
            Sample(
                "#Date: 2000-10-09 16:44:49\n#Fields: time c-ip cs-method cs-uri\n16:44:49 192.0.2.1 GET /a?b",
                {"time": "2000-10-09T16:44:49Z", "target": "/a?b", "path": "/a", "query": "b"},
            ),
            Sample(
                '#Fields:  date-local   time-local cs(User-Agent) x\n2012-08-15 17:00:00.363 "M (a ""b"") c"  "open',
                {"time": "2012-08-15T17:00:00.363000Z", "user_agent": 'M (a "b") c', "x": '"open'},
            ),
        ),
        refused=("2024-01-02 03:04:05 10.0.0.1 GET / - 443 - 192.0.2.1 M - 404 0 2 46", "no header"),
    ),
    *(
        Format(
            name=name,
            family="web",
            engine=HEADED,
            program=None,
            doc=f"W3C extended log of IIS whose header is lost: {doc}",
            rank=rank,
            needs=(b" ",),
            unlike=_NOT_IIS,
            naming=_W3C,
            header=Header(b" ", b"#Fields:", default=tuple(columns.split()), signs=_IIS_SIGNS, utc=True),
            samples=(
                Sample(
                    line,
                    {
                        "time": "2024-01-02T03:04:05Z",
                        "port": 443,
                        "client": "192.0.2.1",
                        "status": 404,
                        "duration": 0.046,
                        **more,
                    },
                ),
            ),
            refused=("2024-01-02 03:04:05 10.0.0.1 GET / - 443", "GET / - 443 - 192.0.2.1 M - 404 0 2 46"),
        )
        for name, doc, rank, columns, line, more in _LOST_HEADERS
    ),
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
        naming=Naming({"time": ("start",), "bytes": ("bytes",), "protocol": ("protocol",)}),
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
