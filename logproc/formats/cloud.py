"""Access logs that Amazon's load balancers and storage deliver.

https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-access-logs.html,
https://docs.aws.amazon.com/elasticloadbalancing/latest/classic/access-log-collection.html and
https://docs.aws.amazon.com/AmazonS3/latest/userguide/LogFormat.html. Amazon appends fields as years go by, so lines may
end early; times are seconds, -1 where there was nothing to measure.
"""

from __future__ import annotations

import re

from logproc.expressions import Expression
from logproc.formats.format import SEPARATOR, Format, Sample
from logproc.formats.program import Meaning, Missing, Program, Slot


def _quoted(name: str, end: bytes = b'" ', meaning: Meaning = Meaning.TEXT, *, may_end: bool = False) -> Slot:
    """Return a slot between quotes, which are left out where there is no value or none that needs them."""
    return Slot(name, meaning, end, quoted=True, opening=b'"', missing=Missing.BARE, may_end=may_end)


_ALB = Program(
    b"",
    (
        Slot("type", Meaning.TEXT, b" ", solid=True),
        Slot("time", Meaning.ISO_TIME, b" "),
        Slot("elb", Meaning.TEXT, b" ", solid=True),
        Slot("client", Meaning.ENDPOINT, b" ", port_name="remote_port"),
        Slot("upstream_addr", Meaning.TEXT, b" "),
        Slot("request_processing_time", Meaning.DURATION, b" "),
        Slot("upstream_duration", Meaning.DURATION, b" "),
        Slot("response_processing_time", Meaning.DURATION, b" "),
        Slot("status", Meaning.INTEGER, b" "),
        Slot("upstream_status", Meaning.INTEGER, b" "),
        Slot("bytes_in", Meaning.INTEGER, b" "),
        Slot("bytes", Meaning.INTEGER, b' "'),
        Slot("request", Meaning.REQUEST, b'" "', quoted=True),
        Slot("user_agent", Meaning.TEXT, b'" ', quoted=True),
        Slot("tls_cipher", Meaning.TEXT, b" "),
        Slot("tls_protocol", Meaning.TEXT, b" "),
        Slot("target_group_arn", Meaning.TEXT, b" "),
        _quoted("trace_id", may_end=True),
        _quoted("vhost", may_end=True),
        _quoted("certificate_arn", may_end=True),
        Slot("matched_rule_priority", Meaning.COUNT, b" ", may_end=True),
        Slot("request_creation_time", Meaning.TEXT, b" ", may_end=True),
        _quoted("actions_executed", may_end=True),
        _quoted("redirect_url", may_end=True),
        _quoted("error_reason", may_end=True),
        _quoted("upstream_list", may_end=True),
        _quoted("upstream_status_list", may_end=True),
        _quoted("classification", may_end=True),
        _quoted("classification_reason", may_end=True),
        Slot("request_id", Meaning.TEXT, b""),
    ),
    extra=True,
)

# https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-connection-logs.html
_ALB_CONNECTION = Program(
    b"",
    (
        Slot("time", Meaning.ISO_TIME, b" "),
        Slot("client", Meaning.TEXT, b" ", solid=True),
        Slot("remote_port", Meaning.INTEGER, b" "),
        Slot("port", Meaning.INTEGER, b" "),
        Slot("tls_protocol", Meaning.TEXT, b" "),
        Slot("tls_cipher", Meaning.TEXT, b" "),
        Slot("tls_handshake_time", Meaning.DURATION, b" "),
        _quoted("client_certificate_subject"),
        Slot("client_certificate_validity", Meaning.TEXT, b" "),
        Slot("client_certificate_serial", Meaning.TEXT, b" "),
        Slot("tls_verify_status", Meaning.TEXT, b" ", may_end=True),
        Slot("request_id", Meaning.TEXT, b""),
    ),
    extra=True,
)

_ELB = Program(
    b"",
    (
        Slot("time", Meaning.ISO_TIME, b" "),
        Slot("elb", Meaning.TEXT, b" ", solid=True),
        Slot("client", Meaning.ENDPOINT, b" ", port_name="remote_port"),
        Slot("upstream_addr", Meaning.TEXT, b" "),
        Slot("request_processing_time", Meaning.DURATION, b" "),
        Slot("upstream_duration", Meaning.DURATION, b" "),
        Slot("response_processing_time", Meaning.DURATION, b" "),
        Slot("status", Meaning.INTEGER, b" "),
        Slot("upstream_status", Meaning.INTEGER, b" "),
        Slot("bytes_in", Meaning.INTEGER, b" "),
        Slot("bytes", Meaning.INTEGER, b' "'),
        Slot("request", Meaning.REQUEST, b'" "', quoted=True, may_end=True),
        Slot("user_agent", Meaning.TEXT, b'" ', quoted=True),
        Slot("tls_cipher", Meaning.TEXT, b" "),
        Slot("tls_protocol", Meaning.TEXT, b""),
    ),
    extra=True,
)

_S3 = Program(
    b"",
    (
        Slot("bucket_owner", Meaning.TEXT, b" ", solid=True),
        Slot("bucket", Meaning.TEXT, b" [", solid=True),
        Slot("time", Meaning.CLF_TIME, b"] "),
        Slot("client", Meaning.TEXT, b" ", solid=True),
        Slot("user", Meaning.TEXT, b" ", solid=True),
        Slot("request_id", Meaning.TEXT, b" ", solid=True),
        Slot("operation", Meaning.TEXT, b" ", solid=True),
        Slot("key", Meaning.TEXT, b" ", solid=True),
        _quoted("request", meaning=Meaning.REQUEST),
        Slot("status", Meaning.INTEGER, b" "),
        Slot("error_code", Meaning.TEXT, b" "),
        Slot("bytes", Meaning.INTEGER, b" "),
        Slot("object_size", Meaning.INTEGER, b" "),
        Slot("duration", Meaning.DURATION, b" ", scale=1e-3),
        Slot("turn_around_time", Meaning.DURATION, b" ", scale=1e-3),
        _quoted("referrer"),
        _quoted("user_agent", may_end=True),
        Slot("version_id", Meaning.TEXT, b" ", may_end=True),
        Slot("host_id", Meaning.TEXT, b" ", may_end=True),
        Slot("signature_version", Meaning.TEXT, b" ", may_end=True),
        Slot("tls_cipher", Meaning.TEXT, b" ", may_end=True),
        Slot("authentication_type", Meaning.TEXT, b" ", may_end=True),
        Slot("vhost", Meaning.TEXT, b" ", may_end=True),
        Slot("tls_protocol", Meaning.TEXT, b""),
    ),
    extra=True,
)

# https://docs.aws.amazon.com/elasticloadbalancing/latest/network/load-balancer-access-logs.html: one line a TLS
# connection, its durations in milliseconds.
_NLB = Program(
    b"tls ",
    (
        Slot("version", Meaning.TEXT, b" ", solid=True),
        Slot("time", Meaning.ISO_TIME, b" "),
        Slot("elb", Meaning.TEXT, b" ", solid=True),
        Slot("listener", Meaning.TEXT, b" ", solid=True),
        Slot("client", Meaning.ENDPOINT, b" ", port_name="remote_port"),
        Slot("destination", Meaning.ENDPOINT, b" ", port_name="port"),
        Slot("duration", Meaning.DURATION, b" ", scale=1e-3),
        Slot("tls_handshake_time", Meaning.DURATION, b" ", scale=1e-3),
        Slot("bytes_in", Meaning.INTEGER, b" "),
        Slot("bytes", Meaning.INTEGER, b" "),
        Slot("tls_alert", Meaning.TEXT, b" "),
        Slot("certificate", Meaning.TEXT, b" "),
        Slot("certificate_serial", Meaning.TEXT, b" "),
        Slot("tls_cipher", Meaning.TEXT, b" "),
        Slot("tls_protocol", Meaning.TEXT, b" ", may_end=True),
        Slot("tls_named_group", Meaning.TEXT, b" ", may_end=True),
        Slot("vhost", Meaning.TEXT, b" ", may_end=True),
        Slot("alpn_fe_protocol", Meaning.TEXT, b" ", may_end=True),
        Slot("alpn_be_protocol", Meaning.TEXT, b" ", may_end=True),
        _quoted("alpn_client_preferences", may_end=True),
        Slot("connection_created", Meaning.TEXT, b""),
    ),
    extra=True,
)

CLOUD = (
    Format(
        name="alb_connection",
        family="web",
        engine=SEPARATOR,
        program=_ALB_CONNECTION,
        doc="AWS application load balancer, connections of its clients",
        rank=5,
        needs=(b"Z ", b'" '),
        unlike=Expression(rb"(?!\d{4}-\d\d-\d\dT\S+Z [\da-fA-F.:]+ \d+ \d+ (?:TLSv\S+|-) \S+ (?:[\d.]+|-) )"),
        samples=(
            Sample(
                "2024-01-02T03:04:05.678901Z 192.0.2.9 36280 443 TLSv1.2 ECDHE-RSA-AES128-GCM-SHA256 4.036 "
                '"CN=a.example,O=Example,C=DE" NotBefore=2023-09-21T22:43:21Z;NotAfter=2026-06-17T22:43:21Z FEF257 '
                "Success TID_16132ed0",
                {
                    "time": "2024-01-02T03:04:05.678901Z",
                    "client": "192.0.2.9",
                    "remote_port": 36280,
                    "port": 443,
                    "tls_protocol": "TLSv1.2",
                    "tls_cipher": "ECDHE-RSA-AES128-GCM-SHA256",
                    "tls_handshake_time": 4.036,
                    "client_certificate_subject": "CN=a.example,O=Example,C=DE",
                    "tls_verify_status": "Success",
                    "request_id": "TID_16132ed0",
                },
            ),
            Sample(
                '2024-01-02T03:04:05.678901Z 192.0.2.9 58206 80 - - - "-" - - -',
                {"port": 80, "tls_protocol": None, "client_certificate_subject": None, "tls_verify_status": None},
            ),
        ),
        refused=(
            "2024-01-02T03:04:05Z 192.0.2.9 36280 443 TLSv1.2 - 4.036",
            "2024-01-02T03:04:05Z a b c d e f g h i j",
        ),
    ),
    Format(
        name="nlb",
        family="web",
        engine=SEPARATOR,
        program=_NLB,
        doc="AWS network load balancer, its TLS listeners",
        rank=8,
        needs=(b"tls ", b" net/"),
        samples=(
            Sample(
                "tls 2.0 2018-12-20T02:59:40 net/my-nlb/c6e77e28c25b2234 g3d4b5e8bb8464cd 192.0.2.218:51341 "
                "172.100.100.185:443 5 2 98 246 - arn:aws:acm:us-east-2:671290407336:certificate/2a10 - "
                'ECDHE-RSA-AES128-SHA tlsv12 - a.example.com h2 h2 "h2","http/1.1" 2020-04-01T08:51:20',
                {
                    "time": "2018-12-20T02:59:40Z",
                    "client": "192.0.2.218",
                    "remote_port": 51341,
                    "port": 443,
                    "duration": 0.005,
                    "tls_handshake_time": 0.002,
                    "bytes_in": 98,
                    "bytes": 246,
                    "tls_alert": None,
                    "tls_cipher": "ECDHE-RSA-AES128-SHA",
                    "tls_protocol": "tlsv12",
                    "vhost": "a.example.com",
                    "connection_created": "2020-04-01T08:51:20",
                },
            ),
        ),
        refused=(
            "tls 2.0 2018-12-20T02:59:40 net/my-nlb/c6e7 g3d4 192.0.2.218:51341 172.100.100.185:443 5 2",
            "tls handshake with net/a failed",
        ),
    ),
    Format(
        name="elb",
        family="web",
        engine=SEPARATOR,
        program=_ELB,
        doc="AWS classic load balancer",
        rank=6,
        needs=(b"Z ", b":", b' "'),
        samples=(
            Sample(
                "2015-05-13T23:39:43.945958Z my-lb 192.168.131.39:2817 10.0.0.1:80 0.000086 0.001048 0.001337 200 200 "
                '0 57 "GET https://www.example.com:443/ HTTP/1.1" "curl/7.38.0 (#5)" DHE-RSA-AES128-SHA TLSv1.2',
                {
                    "time": "2015-05-13T23:39:43.945958Z",
                    "elb": "my-lb",
                    "client": "192.168.131.39",
                    "remote_port": 2817,
                    "upstream_addr": "10.0.0.1:80",
                    "upstream_duration": 0.001048,
                    "status": 200,
                    "upstream_status": 200,
                    "bytes_in": 0,
                    "bytes": 57,
                    "method": "GET",
                    "target": "https://www.example.com:443/",
                    "user_agent": "curl/7.38.0 (#5)",
                    "tls_cipher": "DHE-RSA-AES128-SHA",
                    "tls_protocol": "TLSv1.2",
                },
            ),
            Sample(
                "2014-02-15T23:39:43.945958Z my-lb 192.168.131.39:2817 - -1 -1 -1 504 0 0 0 "
                '"GET http://www.example.com:80/ HTTP/1.1"',
                {"status": 504, "upstream_addr": None, "upstream_duration": None, "user_agent": None},
            ),
            Sample(
                '2014-02-15T23:39:43.945958Z my-lb 192.0.2.9:2817 10.0.0.1:80 0.1 0.2 0.3 - - 82 305 "- - - " "-" - -',
                {"status": None, "bytes": 305, "target": "- - - ", "method": None, "tls_protocol": None},
            ),
        ),
        refused=(
            '2014-02-15T23:39:43.945958Z my-lb 192.0.2.9:2817 10.0.0.1:80 0.1 0.2 0.3 200 200 0 29 "GET / HTT',
            '2014-02-15T23:39:43.945958Z my-lb 192.0.2.9:2817 10.0.0.1:80 a b c 200 200 0 29 "GET / HTTP/1.1"',
            "2014-02-15T23:39:43.945958Z INFO started",
        ),
    ),
    Format(
        name="alb",
        family="web",
        engine=SEPARATOR,
        program=_ALB,
        doc="AWS application load balancer",
        rank=7,
        needs=(b"Z ", b":", b'" "', b"/"),
        samples=(
            Sample(
                "https 2018-07-02T22:23:00.186641Z app/my-lb/50dc6c495c0c9188 [2001:db8::1]:2817 10.0.0.1:80 0.086 "
                '0.048 0.037 200 200 0 57 "GET https://www.example.com:443/ HTTP/1.1" "curl/7.46.0" '
                "ECDHE-RSA-AES128-GCM-SHA256 TLSv1.2 arn:aws:elasticloadbalancing:us-east-2:1:targetgroup/t/73e2 "
                '"Root=1-58337281-1d84f3d73c47ec4e58577259" "www.example.com" "arn:aws:acm:us-east-2:1:certificate/1" '
                '1 2018-07-02T22:22:48.364000Z "authenticate,forward" "-" "-" "10.0.0.1:80" "200" "-" "-" TID_1234abcd',
                {
                    "type": "https",
                    "time": "2018-07-02T22:23:00.186641Z",
                    "elb": "app/my-lb/50dc6c495c0c9188",
                    "client": "2001:db8::1",
                    "remote_port": 2817,
                    "upstream_duration": 0.048,
                    "status": 200,
                    "bytes": 57,
                    "tls_protocol": "TLSv1.2",
                    "vhost": "www.example.com",
                    "matched_rule_priority": 1,
                    "actions_executed": "authenticate,forward",
                    "redirect_url": None,
                    "upstream_status_list": "200",
                    "request_id": "TID_1234abcd",
                },
            ),
            Sample(
                "h2 2018-07-02T22:23:00.186641Z app/my-lb/50dc 2001:db8:0:1::2:48160 - -1 -1 -1 502 - 5 257 "
                '"GET https://10.0.2.105:773/ HTTP/2.0" "curl" - - - "Root=1-58"',
                {
                    "client": "2001:db8:0:1::2",
                    "remote_port": 48160,
                    "upstream_duration": None,
                    "upstream_status": None,
                    "trace_id": "Root=1-58",
                    "vhost": None,
                },
            ),
            Sample(
                "http 2018-07-02T22:23:00Z app/lb/5 192.0.2.1:1 10.0.0.1:80 0 0 0 200 200 34 366 "
                '"GET http://a:80/ HTTP/1.1" "-" - - arn "Root=1" "-" "-" 0 2018-07-02T22:22:48.364000Z "forward" "-" '
                '"-" 10.0.0.1:80 200 "-" "-"',
                {"upstream_list": "10.0.0.1:80", "upstream_status_list": "200", "classification_reason": None},
            ),
        ),
        refused=(
            '2015-05-13T23:39:43.9Z my-lb 192.0.2.1:2 10.0.0.1:80 0 0 0 200 200 0 5 "GET / HTTP/1.1" "c" - -',
            'http 2018-07-02T22:23:00Z app/lb/5 192.0.2.1:1 - 0 0 0 200 200 34 366 "GET / HTTP/1.1" "-" - - arn "Roo',
        ),
    ),
    Format(
        name="s3",
        family="web",
        engine=SEPARATOR,
        program=_S3,
        doc="AWS S3 server access log",
        rank=5,
        begins=Expression(rb"^\S+ \S+ \[", re.MULTILINE),
        needs=(b" [", b"] ", b"."),
        samples=(
            Sample(
                "79a5 mybucket [12/May/2014:07:54:01 +0000] 10.0.1.2 - 7ACC4BE89EXAMPLE REST.GET.OBJECT foo/bar.html "
                '"GET /foo/bar.html HTTP/1.1" 304 - - 1718 10 - "-" "Mozilla/5.0" -',
                {
                    "bucket_owner": "79a5",
                    "bucket": "mybucket",
                    "time": "2014-05-12T07:54:01Z",
                    "client": "10.0.1.2",
                    "user": None,
                    "request_id": "7ACC4BE89EXAMPLE",
                    "operation": "REST.GET.OBJECT",
                    "key": "foo/bar.html",
                    "path": "/foo/bar.html",
                    "status": 304,
                    "bytes": None,
                    "object_size": 1718,
                    "duration": 0.01,
                    "user_agent": "Mozilla/5.0",
                    "host_id": None,
                },
            ),
            Sample(
                "79a5 b [12/May/2014:07:54:01 +0000] - AmazonS3 7ACC S3.EXPIRE.OBJECT a%20b - 204 - - 9 - - - - - id= "
                "SigV4 TLS_AES_128_GCM_SHA256 AuthHeader b.s3.amazonaws.com TLSv1.3 - -",
                {
                    "client": None,
                    "user": "AmazonS3",
                    "method": None,
                    "target": None,
                    "status": 204,
                    "host_id": "id=",
                    "vhost": "b.s3.amazonaws.com",
                    "tls_protocol": "TLSv1.3",
                },
            ),
        ),
        refused=(
            '79a5 b [12/May/2014:07:54:01 +0000] 10.0.1.2 - 7ACC REST.GET.OBJECT a "GET /a HTTP/1.1" 304 - - 1718 10',
            '79a5 b [12/May/2014:07:54:01 +0000] 10.0.1.2 a user 7 REST.GET a "GET / HTTP/1.1" 304 - - 1 1 - "-" "M" -',
            '192.0.2.1 - - [12/May/2014:07:54:01 +0000] "GET / HTTP/1.1" 200 3 "-" "M"',
        ),
    ),
)
"""Rows of the family."""
