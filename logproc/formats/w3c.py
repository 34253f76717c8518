"""Logs in W3C's extended format: CloudFront, IIS with its header or without, and HTTP.sys of Windows."""

from __future__ import annotations

import re
from typing import Any, NamedTuple

from logproc.expressions import Expression
from logproc.formats.format import HEADED, Format, Sample
from logproc.formats.header import Header
from logproc.formats.naming import DATE, Naming
from logproc.kernels.delimited import LENIENT
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
    "content_type": ("sc-content-type",),
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
    "content_type": Kind.TEXT,
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

_IIS_SIGNS = {"user_agent": PLUS, "cs_cookie": PLUS}
_DAY = rb"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d "
_ADDRESS = rb"[\dA-Fa-f.:%]+ "
_SITE = b" W3SVC"


class _Lost(NamedTuple):
    """A log that begins in the middle: how its lines begin, its columns, a line and what is found in it."""

    name: str
    doc: str
    rank: int
    begins: bytes
    columns: str
    line: str
    found: dict[str, Any]
    needs: tuple[bytes, ...] = (b" ",)


_PLAIN = _ADDRESS + rb"[A-Z]+ \S+ \S+ \d+ "
_IIS = "date time s-ip cs-method cs-uri-stem cs-uri-query s-port cs-username c-ip cs(User-Agent)"
_END = "sc-status sc-substatus sc-win32-status"
_FULL = (
    "date time s-sitename s-computername s-ip cs-method cs-uri-stem cs-uri-query s-port cs-username c-ip cs-version "
    f"cs(User-Agent) cs(Cookie) cs(Referer) cs-host {_END} sc-bytes cs-bytes time-taken"
)
_SITE_ALONE = _FULL.replace(" s-computername s-ip", "").replace(" cs-version", "")
_SIX = f"date time s-sitename s-ip {_IIS.partition('s-ip ')[2]} {_END}"
_HTTP_SYS = "date time c-ip c-port s-ip s-port cs-version cs-method cs-uri sc-status s-siteid s-reason s-queuename"
_CLOCK = "2024-01-02 03:04:05 "
_ASKED = "10.0.0.1 GET /a x=1 443 - 192.0.2.1 Mozilla/5.0+(X11) "
_ALL_LINE = (
    f"{_CLOCK}W3SVC1 WEB1 10.0.0.1 GET /a x=1 443 - 192.0.2.1 HTTP/1.1 Mozilla/5.0+(X11) k=v+w http://b.example/ "
    "a.example 404 0 2 1437 534 46"
)
_SITE_LINE = f"{_CLOCK}W3SVC1 GET /a x=1 443 - 192.0.2.1 Mozilla/5.0+(X11) - - a.example 404 0 2 1437 534 46"
_ALL_FOUND = {
    "s_sitename": "W3SVC1",
    "host": "WEB1",
    "protocol": "HTTP/1.1",
    "user_agent": "Mozilla/5.0 (X11)",
    "cs_cookie": "k=v w",
    "vhost": "a.example",
    "bytes": 1437,
    "bytes_in": 534,
    "duration": 0.046,
}
_HTTP_SYS_FOUND = {"protocol": "HTTP/1.1", "method": "GET", "target": "/a?x", "s_reason": "URL", "remote_port": 4321}
_ENDPOINTS = _ADDRESS + rb"\d+ " + _ADDRESS + rb"\d+ (?:HTTP/\S+ \S+ |- - )"

_LOST_HEADERS = (
    _Lost(
        "iis_full_forwarded",
        "all fields of IIS, then X-Forwarded-For",
        15,
        rb"W3SVC\d+ \S+ " + _PLAIN,
        f"{_FULL} X-Forwarded-For",
        f"{_ALL_LINE} 198.51.100.7",
        {**_ALL_FOUND, "forwarded_for": "198.51.100.7"},
        (_SITE,),
    ),
    _Lost("iis_full", "all fields of IIS", 14, rb"W3SVC\d+ \S+ " + _PLAIN, _FULL, _ALL_LINE, _ALL_FOUND, (_SITE,)),
    _Lost(
        "iis_site",
        "the fields of web apps on Azure, which name the site, not the server",
        14,
        rb"W3SVC\d+ [A-Z]+ /",
        _SITE_ALONE,
        _SITE_LINE,
        {"s_sitename": "W3SVC1", "vhost": "a.example", "bytes": 1437, "duration": 0.046},
        (_SITE,),
    ),
    _Lost(
        "iis_6",
        "those of IIS 6",
        14,
        rb"W3SVC\d+ " + _PLAIN,
        _SIX,
        f"{_CLOCK}W3SVC1 {_ASKED}404 0 2",
        {"s_sitename": "W3SVC1", "s_ip": "10.0.0.1", "sc_win32_status": 2},
        (_SITE,),
    ),
    _Lost(
        "iis_forwarded",
        "those of IIS 8 and later, then X-Forwarded-For",
        13,
        _PLAIN,
        f"{_IIS} cs(Referer) {_END} time-taken X-Forwarded-For",
        f"{_CLOCK}{_ASKED}- 404 0 2 46 198.51.100.7,10.0.0.2",
        {"forwarded_for": "198.51.100.7,10.0.0.2", "duration": 0.046, "referrer": None},
    ),
    _Lost(
        "iis",
        "the fields that IIS 8 and later write unless told otherwise",
        12,
        _PLAIN,
        f"{_IIS} cs(Referer) {_END} time-taken",
        f"{_CLOCK}{_ASKED}http://b.example/ 404 0 2 46",
        {
            "user_agent": "Mozilla/5.0 (X11)",
            "referrer": "http://b.example/",
            "target": "/a?x=1",
            "duration": 0.046,
        },
    ),
    _Lost(
        "iis_short",
        "those of IIS 7, without a referrer",
        11,
        _PLAIN,
        f"{_IIS} {_END} time-taken",
        f"{_CLOCK}{_ASKED}404 0 2 46",
        {"user_agent": "Mozilla/5.0 (X11)", "sc_win32_status": 2, "duration": 0.046},
    ),
    _Lost(
        "http_sys",
        "Windows' HTTP.sys, requests and connections that came to no web site",
        11,
        _ENDPOINTS,
        _HTTP_SYS,
        f"{_CLOCK}192.0.2.1 4321 10.0.0.1 443 HTTP/1.1 GET /a?x 404 - URL -",
        _HTTP_SYS_FOUND,
    ),
    _Lost(
        "http_sys_streams",
        "the same with the number of the stream, as Windows 10 and later write it",
        10,
        _ENDPOINTS,
        _HTTP_SYS.replace("sc-status", "streamid sc-status"),
        f"{_CLOCK}192.0.2.1 4321 10.0.0.1 443 HTTP/1.1 GET /a?x 1 404 - URL -",
        {**_HTTP_SYS_FOUND, "streamid": 1},
    ),
)
"""Formats of Windows' web servers where no header names the columns, those with more columns first."""

_W3C = Naming(_W3C_NAMES, {"duration": 1e-3}, kinds=_W3C_KINDS)

W3C_FORMATS = (
    Format(
        name="cloudfront",
        family="web",
        engine=HEADED,
        program=None,
        doc="AWS CloudFront standard log: W3C extended, parted by tabs, percent signs undone",
        rank=30,
        needs=(b"\t",),
        begins=Expression(
            rb"^(?:\xef\xbb\xbf)?(?:#Fields:[^\n]*\bx-edge-|\d{4}-\d\d-\d\d\t\d\d:\d\d:\d\d\t[A-Z]{3}\d+(?:-\w+)?\t\d+\t)",
            re.MULTILINE,
        ),
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
            name=lost.name,
            family="web",
            engine=HEADED,
            program=None,
            doc=f"W3C extended log whose header is lost: {lost.doc}",
            rank=lost.rank,
            needs=lost.needs,
            unlike=Expression(b"(?!" + _DAY + lost.begins + b")"),
            naming=_W3C,
            header=Header(b" ", b"#Fields:", default=tuple(lost.columns.split()), signs=_IIS_SIGNS, utc=True),
            samples=(
                Sample(
                    lost.line,
                    {
                        "time": "2024-01-02T03:04:05Z",
                        "port": 443,
                        "client": "192.0.2.1",
                        "status": 404,
                        **lost.found,
                    },
                ),
            ),
            refused=("2024-01-02 03:04:05 10.0.0.1 GET / - 443", "GET / - 443 - 192.0.2.1 M - 404 0 2 46"),
        )
        for lost in _LOST_HEADERS
    ),
)
"""Rows of the family."""
