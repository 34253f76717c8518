"""Access logs that are JSON lines, of servers and networks whose keys have names of their own."""

from __future__ import annotations

from logproc.formats.format import JSONL, Format, Sample
from logproc.formats.json_shapes import lacks
from logproc.formats.naming import Naming, with_names
from logproc.model import Kind

# https://caddyserver.com/docs/json/apps/http/servers/logs/: headers are arrays.
_CADDY = Naming(
    with_names(
        client=("request.client_ip", "request.remote_ip", "request.remote_addr"),
        remote_port=("request.remote_port",),
        bytes_in=("bytes_read",),
        bytes=("size",),
        forwarded_for=("request.headers.X-Forwarded-For",),
        request_id=("request.headers.X-Request-Id",),
        user_agent=("request.headers.User-Agent",),
        referrer=("request.headers.Referer",),
        tls_protocol=("request.tls.version",),
        tls_cipher=("request.tls.cipher_suite",),
        content_type=("resp_headers.Content-Type",),
    ),
    unwrap=True,
    kinds={"remote_port": Kind.INTEGER},
)


# https://doc.traefik.io/traefik/observability/access-logs/: durations are nanoseconds, `time` that of writing.
_TRAEFIK = Naming(
    with_names(
        time=("StartUTC", "StartLocal"),
        duration=("Duration",),
        upstream_duration=("OriginDuration",),
        port=("RequestPort",),
        router=("RouterName",),
        upstream_addr=("ServiceAddr",),
        request_count=("RequestCount",),
        bytes_in=("RequestContentSize",),
        remote_port=("ClientPort",),
    ),
    {"duration": 1e-9, "upstream_duration": 1e-9},
    kinds={"request_count": Kind.INTEGER, "remote_port": Kind.INTEGER},
)


# https://developers.cloudflare.com/logs/reference/log-fields/zone/http_requests/
_CLOUDFLARE = Naming(
    with_names(
        time=("EdgeStartTimestamp", "EdgeEndTimestamp"),
        client=("ClientIP",),
        vhost=("ClientRequestHost",),
        method=("ClientRequestMethod",),
        target=("ClientRequestURI",),
        protocol=("ClientRequestProtocol",),
        referrer=("ClientRequestReferer",),
        user_agent=("ClientRequestUserAgent",),
        status=("EdgeResponseStatus",),
        bytes=("EdgeResponseBytes",),
        bytes_in=("ClientRequestBytes",),
        cache=("CacheCacheStatus",),
        request_id=("RayID",),
        tls_protocol=("ClientSSLProtocol",),
        tls_cipher=("ClientSSLCipher",),
        content_type=("EdgeResponseContentType",),
        remote_port=("ClientSrcPort",),
    ),
    kinds={"remote_port": Kind.INTEGER},
)


JSON_ACCESS = (
    Format(
        name="caddy",
        family="web",
        engine=JSONL,
        program=None,
        doc="Caddy's access log",
        rank=52,
        needs=(b'"request"', b'"http.log.access'),
        unlike=lacks(rb'"logger"\s*:\s*"http\.log\.access', rb'"request"\s*:\s*\{'),
        naming=_CADDY,
        samples=(
            Sample(
                '{"level":"info","ts":1646861401.5241024,"logger":"http.log.access","msg":"handled request","request":'
                '{"remote_ip":"192.0.2.1","remote_port":"41342","client_ip":"192.0.2.1","proto":"HTTP/2.0","method":'
                '"GET","host":"localhost","uri":"/a?b=1","headers":{"User-Agent":["curl/7.82.0"],"Accept":["*/*"]},"tls"'
                ':{"version":772,"cipher_suite":4865}},"bytes_read":0,"user_id":"","duration":0.000929675,"size":10900,'
                '"status":200,"resp_headers":{"Content-Type":["text/html; charset=utf-8"]}}',
                {
                    "time": "2022-03-09T21:30:01.524102Z",
                    "client": "192.0.2.1",
                    "remote_port": 41342,
                    "method": "GET",
                    "path": "/a",
                    "query": "b=1",
                    "vhost": "localhost",
                    "user_agent": "curl/7.82.0",
                    "duration": 0.000929675,
                    "bytes": 10900,
                    "status": 200,
                    "tls_protocol": "772",
                    "tls_cipher": "4865",
                    "content_type": "text/html; charset=utf-8",
                    "level": "INFO",
                },
            ),
        ),
        refused=('{"logger":"http.log.access","request":{', "text"),
    ),
    Format(
        name="traefik_json",
        family="web",
        engine=JSONL,
        program=None,
        doc="Traefik's access log as JSON",
        rank=51,
        needs=(b'"DownstreamStatus"',),
        unlike=lacks(b'"DownstreamStatus"'),
        naming=_TRAEFIK,
        samples=(
            Sample(
                '{"ClientAddr":"192.0.2.1:56032","ClientHost":"192.0.2.1","ClientPort":"56032","ClientUsername":"-",'
                '"DownstreamContentSize":5,"DownstreamStatus":404,"Duration":1520001,"OriginDuration":1000000,'
                '"RequestMethod":"GET","RequestPath":"/a?b","RequestProtocol":"HTTP/1.1","RouterName":"r@docker",'
                '"StartUTC":"2024-01-02T03:04:05.6Z","level":"info","msg":"","request_User-Agent":"curl",'
                '"time":"2024-01-02T03:04:06Z"}',
                {
                    "time": "2024-01-02T03:04:05.600000Z",
                    "client": "192.0.2.1",
                    "status": 404,
                    "duration": 0.001520001,
                    "upstream_duration": 0.001,
                    "path": "/a",
                    "user_agent": "curl",
                    "router": "r@docker",
                    "remote_port": 56032,
                },
            ),
        ),
        refused=('{"DownstreamStatus":', "text"),
    ),
    Format(
        name="cloudflare",
        family="web",
        engine=JSONL,
        program=None,
        doc="Cloudflare's HTTP requests, as Logpush writes them",
        rank=50,
        needs=(b'"EdgeResponseStatus"', b'"RayID"'),
        unlike=lacks(b'"EdgeResponseStatus"'),
        naming=_CLOUDFLARE,
        samples=(
            Sample(
                '{"ClientIP":"192.0.2.1","ClientRequestHost":"a.example","ClientRequestMethod":"GET","ClientRequestURI":'
                '"/x?y","EdgeResponseBytes":50,"EdgeResponseStatus":200,"EdgeStartTimestamp":1704164645000000000,'
                '"RayID":"7f"}',
                {
                    "time": "2024-01-02T03:04:05Z",
                    "client": "192.0.2.1",
                    "path": "/x",
                    "status": 200,
                    "request_id": "7f",
                },
            ),
        ),
        refused=('{"RayID":', "text"),
    ),
    Format(
        name="nginx_json",
        family="web",
        engine=JSONL,
        program=None,
        doc="access log as JSON, with the names of nginx's variables",
        rank=49,
        needs=(b'"remote_addr"', b'"status"', b'"request'),
        unlike=lacks(b'"remote_addr"', b'"status"', rb'"(?:request|request_uri|request_method)"\s*:\s*"'),
        naming=Naming(
            with_names(upstream_addr=("upstream_addr",), content_type=("content_type", "sent_http_content_type"))
        ),
        samples=(
            Sample(
                '{"time_iso8601":"2024-01-02T03:04:05+01:00","remote_addr":"192.0.2.1","request":"GET /a?b=1 HTTP/1.1",'
                '"status":"200","body_bytes_sent":"5","request_time":"0.25","http_user_agent":"-",'
                '"sent_http_content_type":"text/css"}',
                {
                    "time": "2024-01-02T02:04:05Z",
                    "method": "GET",
                    "path": "/a",
                    "query": "b=1",
                    "protocol": "HTTP/1.1",
                    "status": 200,
                    "bytes": 5,
                    "duration": 0.25,
                    "content_type": "text/css",
                },
            ),
        ),
        refused=('{"remote_addr":"192.0.2.1","status":2', "text"),
    ),
)
"""Rows of the family."""
