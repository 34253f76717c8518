"""Requests as JSON or pairs, by gateways, networks and frameworks whose keys or units are not the usual ones."""

from __future__ import annotations

from logproc.formats.format import JSONL, LOGFMT, Format, Sample
from logproc.formats.json_shapes import lacks
from logproc.formats.naming import Naming, with_names


def _row(
    name: str,
    doc: str,
    rank: int,
    keys: tuple[str, ...],
    naming: Naming,
    sample: str,
    expected: dict[str, object],
    *,
    engine: str = JSONL,
) -> Format:
    """Return a row of web requests whose lines have all these keys."""
    written = [f'"{key}"'.encode() if engine == JSONL else f"{key}=".encode() for key in keys]
    return Format(
        name=name,
        family="web",
        engine=engine,
        program=None,
        doc=doc,
        rank=rank,
        needs=tuple(written),
        unlike=lacks(*written),
        naming=naming,
        samples=(Sample(sample, expected),),
        refused=(sample[: len(sample) // 2] if engine == JSONL else "text", "text"),
    )


_MILLIS = {"duration": 1e-3, "upstream_duration": 1e-3}

# https://www.envoyproxy.io/docs/envoy/latest/configuration/observability/access_log/usage: milliseconds.
_ENVOY = with_names(
    time=("start_time",),
    status=("response_code",),
    bytes=("bytes_sent",),
    bytes_in=("bytes_received",),
    vhost=("authority", ":authority"),
    duration=("duration",),
    upstream_duration=("upstream_service_time",),
    target=("path", "x-envoy-original-path"),
    forwarded_for=("x_forwarded_for",),
    client=("downstream_remote_address_without_port", "client_ip", "remote_ip"),
)
# https://docs.konghq.com/hub/kong-inc/file-log/: latencies are milliseconds.
_KONG = with_names(
    time=("started_at",),
    client=("client_ip",),
    status=("response.status",),
    bytes=("response.size",),
    bytes_in=("request.size",),
    target=("request.uri",),
    duration=("latencies.request",),
    upstream_duration=("latencies.proxy",),
    user_agent=("request.headers.user-agent",),
    referrer=("request.headers.referer",),
    vhost=("request.headers.host",),
    request_id=("request.id",),
)
# https://techdocs.akamai.com/datastream2/docs/data-set-parameters-1
_AKAMAI = with_names(
    time=("reqTimeSec",),
    client=("cliIP",),
    method=("reqMethod",),
    path=("reqPath",),
    query=("queryStr",),
    protocol=("proto",),
    status=("statusCode",),
    bytes=("bytes",),
    referrer=("referer",),
    user_agent=("UA",),
    vhost=("reqHost",),
    port=("reqPort",),
    duration=("turnAroundTimeMSec",),
    tls_protocol=("tlsVersion",),
    cache=("cacheStatus",),
    request_id=("reqId",),
    forwarded_for=("xForwardedFor",),
)
# https://vercel.com/docs/drains/reference/logs
_VERCEL = with_names(
    time=("timestamp",),
    client=("proxy.clientIp",),
    method=("proxy.method",),
    target=("proxy.path",),
    status=("proxy.statusCode",),
    user_agent=("proxy.userAgent",),
    referrer=("proxy.referer",),
    vhost=("proxy.host", "host"),
    cache=("proxy.vercelCache",),
    request_id=("requestId", "id"),
)
# https://cloud.google.com/logging/docs/reference/v2/rest/v2/LogEntry#HttpRequest
_GCP = with_names(
    time=("timestamp",),
    client=("httpRequest.remoteIp",),
    method=("httpRequest.requestMethod",),
    target=("httpRequest.requestUrl",),
    status=("httpRequest.status",),
    bytes=("httpRequest.responseSize",),
    bytes_in=("httpRequest.requestSize",),
    duration=("httpRequest.latency",),
    protocol=("httpRequest.protocol",),
    user_agent=("httpRequest.userAgent",),
    referrer=("httpRequest.referer",),
    request_id=("insertId",),
)
# https://docs.aws.amazon.com/waf/latest/developerguide/logging-fields.html
_WAF = with_names(
    time=("timestamp",),
    client=("httpRequest.clientIp",),
    method=("httpRequest.httpMethod",),
    path=("httpRequest.uri",),
    query=("httpRequest.args",),
    protocol=("httpRequest.httpVersion",),
    request_id=("httpRequest.requestId",),
    status=("responseCodeSent",),
)
# https://echo.labstack.com/docs/middleware/logger: `latency` is nanoseconds, `latency_human` has a unit.
_ECHO = with_names(duration=("latency_human",), bytes=("bytes_out",), vhost=("host",), target=("uri",))
# https://github.com/roidrage/lograge: milliseconds.
_LOGRAGE = with_names(duration=("duration",), client=("ip", "remote_ip"), logger=("controller",))

# https://matomo.org/faq/log-analytics-tool/: what Matomo's importer of logs asks nginx to write; seconds, by any name.
_MATOMO = with_names(
    time=("date",),
    client=("ip",),
    vhost=("host",),
    target=("path",),
    bytes=("length",),
    duration=("generation_time_milli",),
)

_ECHO_LINE = (
    '{"time":"2024-01-02T03:04:05.678Z","id":"a","remote_ip":"192.0.2.1","host":"a.example","method":"GET",'
    '"uri":"/x?a=1","user_agent":"curl","status":200,"error":"","latency":12345,"latency_human":"12.345\u00b5s",'
    '"bytes_in":0,"bytes_out":5}'
)

JSON_WEB = (
    _row(
        "envoy_json",
        "access log of Envoy and Istio as JSON, with durations in milliseconds",
        42,
        ("start_time", "response_code", "duration"),
        Naming(_ENVOY, _MILLIS),
        '{"start_time":"2024-01-02T03:04:05.678Z","method":"GET","path":"/x?a=1","protocol":"HTTP/1.1",'
        '"response_code":200,"response_flags":"-","bytes_received":0,"bytes_sent":1234,"duration":12,'
        '"upstream_service_time":"11","x_forwarded_for":"192.0.2.1","user_agent":"curl","request_id":"abc",'
        '"authority":"a.example","upstream_host":"10.0.0.1:80"}',
        {
            "time": "2024-01-02T03:04:05.678000Z",
            "method": "GET",
            "target": "/x?a=1",
            "path": "/x",
            "status": 200,
            "bytes": 1234,
            "duration": 0.012,
            "upstream_duration": 0.011,
            "vhost": "a.example",
            "forwarded_for": "192.0.2.1",
        },
    ),
    _row(
        "kong_json",
        "Kong's log of requests",
        42,
        ("latencies", "started_at", "request", "response"),
        Naming(_KONG, _MILLIS),
        '{"request":{"uri":"/x?a=1","size":123,"method":"GET","headers":{"host":"a.example","user-agent":"curl"}},'
        '"response":{"status":200,"size":434},"latencies":{"kong":9,"proxy":1430,"request":1921},'
        '"client_ip":"192.0.2.1","started_at":1704164645678}',
        {
            "time": "2024-01-02T03:04:05.678000Z",
            "client": "192.0.2.1",
            "method": "GET",
            "path": "/x",
            "status": 200,
            "bytes": 434,
            "duration": 1.921,
            "upstream_duration": 1.43,
            "user_agent": "curl",
            "vhost": "a.example",
        },
    ),
    _row(
        "akamai",
        "Akamai's DataStream 2 as JSON",
        42,
        ("cliIP", "reqTimeSec", "statusCode"),
        Naming(_AKAMAI, _MILLIS),
        '{"cp":"123","reqId":"abc","reqTimeSec":"1704164645.678","bytes":"1234","cliIP":"192.0.2.1","statusCode":"206",'
        '"proto":"HTTPS","reqHost":"a.example","reqMethod":"GET","reqPath":"x/y","reqPort":"443","UA":"curl",'
        '"tlsVersion":"TLSv1.3","turnAroundTimeMSec":"10","cacheStatus":"1"}',
        {
            "time": "2024-01-02T03:04:05.678000Z",
            "client": "192.0.2.1",
            "method": "GET",
            "path": "x/y",
            "status": 206,
            "bytes": 1234,
            "user_agent": "curl",
            "duration": 0.01,
        },
    ),
    _row(
        "vercel",
        "Vercel's log drains, requests",
        42,
        ("proxy", "deploymentId", "statusCode"),
        Naming(_VERCEL, unwrap=True),
        '{"id":"1","message":"GET /x 200","timestamp":1704164645678,"source":"lambda","deploymentId":"d","host":"a.a",'
        '"path":"/x","proxy":{"timestamp":1704164645678,"method":"GET","host":"a.app","path":"/x?y=1","userAgent":'
        '["curl"],"referer":"http://b.example/","statusCode":200,"clientIp":"192.0.2.1"}}',
        {
            "time": "2024-01-02T03:04:05.678000Z",
            "client": "192.0.2.1",
            "method": "GET",
            "target": "/x?y=1",
            "status": 200,
            "user_agent": "curl",
        },
    ),
    _row(
        "gcp_requests",
        "requests in the export of Google Cloud's logs",
        42,
        ("httpRequest", "insertId", "requestUrl"),
        Naming(_GCP),
        '{"insertId":"abc","timestamp":"2024-01-02T03:04:05.678901Z","severity":"INFO","httpRequest":{"requestMethod":'
        '"GET","requestUrl":"https://a.example/x?a=1","requestSize":"123","status":200,"responseSize":"1234",'
        '"userAgent":"curl","remoteIp":"192.0.2.1","latency":"0.125s"}}',
        {
            "time": "2024-01-02T03:04:05.678901Z",
            "client": "192.0.2.1",
            "method": "GET",
            "status": 200,
            "bytes": 1234,
            "bytes_in": 123,
            "duration": 0.125,
            "level": "INFO",
        },
    ),
    _row(
        "aws_waf",
        "AWS WAF's log",
        42,
        ("webaclId", "httpRequest", "httpMethod"),
        Naming(_WAF),
        '{"timestamp":1704164645678,"formatVersion":1,"webaclId":"a","action":"BLOCK","httpRequest":{"clientIp":'
        '"192.0.2.1","country":"US","uri":"/x","args":"a=1","httpVersion":"HTTP/1.1","httpMethod":"GET","requestId":'
        '"abc"}}',
        {
            "time": "2024-01-02T03:04:05.678000Z",
            "client": "192.0.2.1",
            "method": "GET",
            "path": "/x",
            "query": "a=1",
            "protocol": "HTTP/1.1",
        },
    ),
    _row(
        "echo",
        "access log of Echo, the framework in Go",
        42,
        ("latency_human", "remote_ip", "bytes_out"),
        Naming(_ECHO),
        _ECHO_LINE,
        {
            "time": "2024-01-02T03:04:05.678000Z",
            "client": "192.0.2.1",
            "path": "/x",
            "status": 200,
            "bytes": 5,
            "duration": 0.000012345,
            "vhost": "a.example",
        },
    ),
    _row(
        "matomo_json",
        "nginx's requests as Matomo's importer of logs asks for them",
        42,
        ("idsite", "ip", "path", "status", "generation_time_milli"),
        Naming(_MATOMO),
        '{"idsite":1,"ip":"192.0.2.1","host":"a.example","path":"/x?a=1","status":"200","referrer":"-","user_agent":'
        '"curl","length":192,"generation_time_milli":0.008,"date":"2024-01-02T03:04:05+02:00"}',
        {
            "time": "2024-01-02T01:04:05Z",
            "client": "192.0.2.1",
            "vhost": "a.example",
            "path": "/x",
            "query": "a=1",
            "status": 200,
            "bytes": 192,
            "duration": 0.008,
        },
    ),
    _row(
        "lograge_json",
        "Lograge, Rails' requests as JSON, with durations in milliseconds",
        42,
        ("controller", "action", "duration", "status", "method"),
        Naming(_LOGRAGE, _MILLIS),
        '{"method":"GET","path":"/x","format":"html","controller":"PostsController","action":"index","status":200,'
        '"duration":12.5,"view":1.0,"db":0.5,"time":"2024-01-02T03:04:05.678Z"}',
        {"time": "2024-01-02T03:04:05.678000Z", "method": "GET", "path": "/x", "status": 200, "duration": 0.0125},
    ),
    _row(
        "lograge",
        "Lograge, Rails' requests as pairs, with durations in milliseconds; time is null",
        0,
        ("method", "path", "controller", "action", "status", "duration"),
        Naming(_LOGRAGE, _MILLIS),
        "method=GET path=/x format=html controller=PostsController action=index status=200 duration=12.5 view=1.00",
        {"method": "GET", "path": "/x", "status": 200, "duration": 0.0125, "logger": "PostsController"},
        engine=LOGFMT,
    ),
)
"""Rows of the family."""
