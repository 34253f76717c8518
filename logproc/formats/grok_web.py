r"""Grok patterns for whole lines of web servers, storage, caches and balancers.

Their names, and those of their fields, are the ones that Logstash documents for its patterns, in both generations:
`%{IPORHOST:clientip>source.address}` is `clientip` for `grok:` and `source.address` for `grok-ecs:`. The expressions
are written here, from the formats of the servers. Unlike there, quotes around a referrer or an agent are no part of it.
"""

from __future__ import annotations

_REQUEST = (
    "(?:%{WORD:verb>http.request.method} %{NOTSPACE:request>url.original}(?: HTTP/"
    "%{NUMBER:httpversion>http.version})?"
    "|%{DATA:rawrequest>})"
)

WEB = {
    "HTTPDUSER": "(?:%{EMAILADDRESS}|%{USER})",
    "HTTPD_COMMONLOG": (
        r"%{IPORHOST:clientip>source.address} (?:-|%{HTTPDUSER:ident>apache.access.user.identity}) "
        r"(?:-|%{HTTPDUSER:auth>user.name}) \[%{HTTPDATE:timestamp}\] "
        f'"{_REQUEST}" '
        "(?:-|%{INT:response>http.response.status_code:int}) (?:-|%{INT:bytes>http.response.body.bytes:int})"
    ),
    "HTTPD_COMBINEDLOG": (
        '%{HTTPD_COMMONLOG} "(?:-|%{DATA:referrer>http.request.referrer})" "(?:-|%{DATA:agent>user_agent.original})"'
    ),
    "HTTPD20_ERRORLOG": (
        r"\[%{HTTPDERROR_DATE:timestamp}\] \[%{LOGLEVEL:loglevel>log.level}\] "
        r"(?:\[client %{IPORHOST:clientip>source.address}\] )?%{GREEDYDATA:message}"
    ),
    "HTTPD24_ERRORLOG": (
        r"\[%{HTTPDERROR_DATE:timestamp}\] \[(?:%{WORD:module>apache.error.module})?:"
        r"%{LOGLEVEL:loglevel>log.level}\] "
        r"\[pid %{POSINT:pid>process.pid:int}(?::tid %{INT:tid>process.thread.id:int})?\] "
        r"(?:\(%{POSINT:proxy_errorcode>apache.error.proxy.error.code}\)"
        r"%{DATA:proxy_message>apache.error.proxy.error.message}: )?"
        r"(?:\[client %{IPORHOST:clientip>source.address}(?::%{POSINT:clientport>source.port:int})?\] )?"
        "(?:%{DATA:errorcode>error.code}: )?%{GREEDYDATA:message}"
    ),
    "HTTPD_ERRORLOG": "(?:%{HTTPD20_ERRORLOG}|%{HTTPD24_ERRORLOG})",
    "COMMONAPACHELOG": "%{HTTPD_COMMONLOG}",
    "COMBINEDAPACHELOG": "%{HTTPD_COMBINEDLOG}",
    "S3_REQUEST_LINE": _REQUEST,
    "S3_ACCESS_LOG": (
        r"%{WORD:owner>aws.s3access.bucket_owner} %{NOTSPACE:bucket>aws.s3access.bucket} \[%{HTTPDATE:timestamp}\] "
        "(?:-|%{IP:clientip>client.ip}) (?:-|%{NOTSPACE:requester>client.user.id}) "
        "%{NOTSPACE:request_id>aws.s3access.request_id} %{NOTSPACE:operation>aws.s3access.operation} "
        "(?:-|%{NOTSPACE:key>aws.s3access.key}) "
        '(?:-|"%{S3_REQUEST_LINE:>aws.s3access.request_uri}") '
        "(?:-|%{INT:response>http.response.status_code:int}) (?:-|%{NOTSPACE:error_code>aws.s3access.error_code}) "
        "(?:-|%{INT:bytes>aws.s3access.bytes_sent:int}) (?:-|%{INT:object_size>aws.s3access.object_size:int}) "
        "(?:-|%{INT:request_time_ms>aws.s3access.total_time:int}) "
        "(?:-|%{INT:turnaround_time_ms>aws.s3access.turn_around_time:int}) "
        '"(?:-|%{DATA:referrer>http.request.referrer})" "?(?:-|%{DATA:agent>user_agent.original})"? '
        "(?:-|%{NOTSPACE:version_id>aws.s3access.version_id})"
        "(?: (?:-|%{NOTSPACE:>aws.s3access.host_id}) (?:-|%{NOTSPACE:>aws.s3access.signature_version}) "
        "(?:-|%{NOTSPACE:>tls.cipher}) (?:-|%{NOTSPACE:>aws.s3access.authentication_type}) "
        "(?:-|%{NOTSPACE:>aws.s3access.host_header}) (?:-|%{NOTSPACE:>aws.s3access.tls_version}))?"
    ),
    "ELB_URIHOST": "%{IPORHOST:>url.domain}(?::%{POSINT:port>url.port:int})?",
    "ELB_URIPATHQUERY": r"%{URIPATH:path>url.path}(?:\?%{URIQUERY:params>url.query})?",
    "ELB_URI": (
        "%{URIPROTO:proto>url.scheme}://(?:%{USER:>url.username}(?::[^@]*)?@)?(?:%{ELB_URIHOST:urihost>})?"
        "(?:%{ELB_URIPATHQUERY})?"
    ),
    "ELB_REQUEST_LINE": (
        "(?:%{WORD:verb>http.request.method} %{ELB_URI:request>url.original}(?: HTTP/"
        "%{NUMBER:httpversion>http.version})?)"
    ),
    "ELB_V1_HTTP_LOG": (
        "%{TIMESTAMP_ISO8601:timestamp} %{NOTSPACE:elb>aws.elb.name} "
        "%{IP:clientip>source.ip}:%{INT:clientport>source.port:int} "
        "(?:-|(?:%{IP:backendip>aws.elb.backend.ip}:%{INT:backendport>aws.elb.backend.port:int})) "
        "(?:-1|%{NUMBER:request_processing_time>aws.elb.request_processing_time.sec:float}) "
        "(?:-1|%{NUMBER:backend_processing_time>aws.elb.backend_processing_time.sec:float}) "
        "(?:-1|%{NUMBER:response_processing_time>aws.elb.response_processing_time.sec:float}) "
        "%{INT:response>http.response.status_code:int} "
        "(?:-|%{INT:backend_response>aws.elb.backend.http.response.status_code:int}) "
        "%{INT:received_bytes>http.request.body.bytes:int} %{INT:bytes>http.response.body.bytes:int} "
        '"%{ELB_REQUEST_LINE}"'
        '(?: "(?:-|%{DATA:>user_agent.original})" (?:-|%{NOTSPACE:>tls.cipher}) '
        "(?:-|%{NOTSPACE:>aws.elb.ssl_protocol}))?"
    ),
    "ELB_ACCESS_LOG": "%{ELB_V1_HTTP_LOG}",
    "CLOUDFRONT_ACCESS_LOG": (
        r"(?<timestamp>%{YEAR}[-/]%{MONTHNUM}[-/]%{MONTHDAY}\t%{TIME})\t"
        r"%{WORD:x_edge_location>aws.cloudfront.x_edge_location}\t"
        r"(?:-|%{INT:sc_bytes>destination.bytes:int})\t%{IP:clientip>source.ip}\t"
        r"%{WORD:cs_method>http.request.method}\t"
        r"%{HOSTNAME:cs_host>url.domain}\t%{NOTSPACE:cs_uri_stem>url.path}\t"
        r"(?:(?:000)|%{INT:sc_status>http.response.status_code:int})\t(?:-|%{DATA:referrer>http.request.referrer})\t"
        r"%{DATA:agent>user_agent.original}\t(?:-|%{DATA:cs_uri_query>url.query})\t"
        r"(?:-|%{DATA:cookies>aws.cloudfront.http.request.cookie})\t"
        r"%{WORD:x_edge_result_type>aws.cloudfront.x_edge_result_type}\t"
        r"%{NOTSPACE:x_edge_request_id>aws.cloudfront.x_edge_request_id}\t"
        r"%{HOSTNAME:x_host_header>aws.cloudfront.http.request.host}\t%{URIPROTO:cs_protocol>network.protocol}\t"
        r"(?:-|%{INT:cs_bytes>source.bytes:int})\t%{NUMBER:time_taken>aws.cloudfront.time_taken:float}\t"
        r"(?:-|%{IP:x_forwarded_for>network.forwarded_ip})\t(?:-|%{DATA:ssl_protocol>aws.cloudfront.ssl_protocol})\t"
        r"(?:-|%{NOTSPACE:ssl_cipher>tls.cipher})\t"
        r"%{WORD:x_edge_response_result_type>aws.cloudfront.x_edge_response_result_type}"
        r"(?:\t(?:-|HTTP/%{NUMBER:>http.version})\t(?:-|%{DATA:>aws.cloudfront.fle_status})\t"
        r"(?:-|%{DATA:>aws.cloudfront.fle_encrypted_fields})\t%{INT:>source.port:int}\t"
        r"%{NUMBER:>aws.cloudfront.time_to_first_byte:float}\t(?:-|"
        r"%{DATA:>aws.cloudfront.x_edge_detailed_result_type})\t"
        r"(?:-|%{NOTSPACE:>http.request.mime_type})\t(?:-|%{INT:>aws.cloudfront.http.request.size:int})\t"
        r"(?:-|%{INT:>aws.cloudfront.http.request.range.start:int})\t(?:-|"
        r"%{INT:>aws.cloudfront.http.request.range.end:int}))?"
    ),
    "SQUID3_STATUS": "(?:%{POSINT:status_code>http.response.status_code:int}|0|000)",
    "SQUID3": (
        r"%{NUMBER:timestamp}\s+%{NUMBER:duration>squid.request.duration} %{IP:client_address>source.ip} "
        "%{WORD:cache_result>event.action}/%{SQUID3_STATUS} %{INT:bytes>http.response.bytes:int} "
        "%{WORD:request_method>http.request.method} %{NOTSPACE:url>url.original} (?:-|%{NOTSPACE:user>user.name}) "
        "%{WORD:hierarchy_code>squid.hierarchy_code}/(?:-|%{IPORHOST:server>destination.address}) "
        "(?:-|%{NOTSPACE:content_type>http.response.mime_type})"
    ),
}
"""Web servers, storage and balancers of clouds, caches."""

_HAPROXY_COUNTERS = (
    "%{INT:actconn>haproxy.connections.active:int}/%{INT:feconn>haproxy.connections.frontend:int}/"
    "%{INT:beconn>haproxy.connections.backend:int}/%{INT:srvconn>haproxy.connections.server:int}/"
    r"\+?%{INT:retries>haproxy.connections.retries:int} "
    "%{INT:srv_queue>haproxy.server_queue:int}/%{INT:backend_queue>haproxy.backend_queue:int}"
)
_HAPROXY_HEAD = r"(?:%{SYSLOGTIMESTAMP:syslog_timestamp>timestamp}|%{TIMESTAMP_ISO8601:timestamp8601>timestamp}) "
_HAPROXY_HOST = "%{IPORHOST:syslog_server>host.hostname} %{SYSLOGPROG}: "
_HAPROXY_CLIENT = (
    r"%{IP:client_ip>source.address}:%{INT:client_port>source.port:int} \["
    r"%{HAPROXYDATE:accept_date>haproxy.request_date}\] "
    "%{NOTSPACE:frontend_name>haproxy.frontend_name} %{NOTSPACE:backend_name>haproxy.backend_name}/"
)

BALANCERS = {
    "HAPROXYTIME": "(?<![0-9])%{HOUR}:%{MINUTE}(?::%{SECOND})(?![0-9])",
    "HAPROXYDATE": r"%{MONTHDAY}/%{MONTH}/%{YEAR}:%{HAPROXYTIME}\.%{INT}",
    "HAPROXYCAPTUREDREQUESTHEADERS": "%{DATA:captured_request_headers>haproxy.http.request.captured_headers}",
    "HAPROXYCAPTUREDRESPONSEHEADERS": "%{DATA:captured_response_headers>haproxy.http.response.captured_headers}",
    "HAPROXYURI": (
        "(?:%{URIPROTO:http_proto>url.scheme}://)?(?:%{USER:http_user>url.username}(?::[^@]*)?@)?"
        r"(?:%{IPORHOST:http_host>url.domain}(?::%{POSINT:>url.port:int})?)?"
        r"(?:%{URIPATH:>url.path}(?:\?%{URIQUERY:>url.query})?)?"
    ),
    "HAPROXYHTTPREQUESTLINE": (
        "(?:<BADREQ>|(?:%{WORD:http_verb>http.request.method} %{HAPROXYURI:http_request>url.original}"
        "(?: HTTP/%{NUMBER:http_version>http.version})?))"
    ),
    "HAPROXYHTTPBASE": (
        _HAPROXY_CLIENT + "(?:<NOSRV>|%{NOTSPACE:server_name>haproxy.server_name}) "
        "(?:-1|%{INT:time_request>haproxy.http.request.time_wait_ms:int})/"
        "(?:-1|%{INT:time_queue>haproxy.total_waiting_time_ms:int})/"
        "(?:-1|%{INT:time_backend_connect>haproxy.connection_wait_time_ms:int})/"
        "(?:-1|%{INT:time_backend_response>haproxy.http.request.time_wait_without_data_ms:int})/"
        "%{NOTSPACE:time_duration>haproxy.total_time_ms} %{INT:http_status_code>http.response.status_code:int} "
        "%{INT:bytes_read>source.bytes:int} "
        "(?:-|%{DATA:captured_request_cookie>haproxy.http.request.captured_cookie}) "
        "(?:-|%{DATA:captured_response_cookie>haproxy.http.response.captured_cookie}) "
        "%{NOTSPACE:termination_state>haproxy.termination_state} "
        + _HAPROXY_COUNTERS
        + r" (?:\{%{HAPROXYCAPTUREDREQUESTHEADERS}\} "
        r"?)?(?:\{%{HAPROXYCAPTUREDRESPONSEHEADERS}\} ?)?"
        '"%{HAPROXYHTTPREQUESTLINE}"?'
    ),
    "HAPROXYHTTP": _HAPROXY_HEAD + _HAPROXY_HOST + "%{HAPROXYHTTPBASE}",
    "HAPROXYTCP": (
        _HAPROXY_HEAD + _HAPROXY_HOST + _HAPROXY_CLIENT + "%{NOTSPACE:server_name>haproxy.server_name} "
        "(?:-1|%{INT:time_queue>haproxy.total_waiting_time_ms:int})/"
        "(?:-1|%{INT:time_backend_connect>haproxy.connection_wait_time_ms:int})/"
        "%{NOTSPACE:time_duration>haproxy.total_time_ms} %{INT:bytes_read>source.bytes:int} "
        "%{NOTSPACE:termination_state>haproxy.termination_state} " + _HAPROXY_COUNTERS
    ),
}
"""HAProxy."""
