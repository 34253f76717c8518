"""JSON lines: which keys stand for which field.

A key path is dotted: `log.level` is the key `level` inside `log`, or a key that is written with the dot. Loggers
name the same thing differently, so each contract field has its synonyms in order of preference; the first that a row
has wins. A field without synonyms is read from the key of its own name.
"""

from __future__ import annotations

# Sources: ECS (@timestamp, log.level, http.*, url.*), logstash, bunyan and pino (time, msg), winston, zap (ts), slog,
# structlog, logrus, serilog (@t, @m, @l), NLog, log4j JSON layouts, GELF (short_message), Docker (log, stream), GCP
# (severity, textPayload, httpRequest), AWS (eventTime), osquery (unixTime), Caddy (request.*), Traefik
# (ClientHost, DownstreamStatus).
SYNONYMS: dict[str, tuple[str, ...]] = {
    "time": (
        *("time", "timestamp.$date", "datetime.date"),  # what is inside one counts before the whole
        *("ts", "@timestamp", "timestamp", "datetime", "date", "eventTime", "event_time", "@t", "t"),
        *(
            "timeMillis",
            "instant.epochSecond",
            "asctime",
            "created_at",
            "StartUTC",
            "time_iso8601",
            "time_local",
            "msec",
        ),
        *("timestampMs", "Timestamp", "Time", "unixTime", "receiveTimestamp", "EventTime", "CreationTime", "published"),
        *("createdAt", "TimeGenerated", "UtcTime", "start_time", "EdgeStartTimestamp", "DateTime", "timeGenerated"),
        *(
            "_time",
            "activityDateTime",
            "createdDateTime",
            "occurred_at",
            "eventTimestamp",
            "timeStamp",
            "time_micros",
            "SystemTime",
            "TimeCreated",
            "LogTimestamp",
            "event_timestamp",
            "eventtime",
            "log_time",
            "logTime",
            "generated_at",
            "receivedTime",
        ),
        *("id.time", "event.created", "metadata.eventCreationTime", "requestTime"),
    ),
    "level": (
        "LevelDisplayName",  # Windows counts its levels in its own way beside it
        *("levelname", "level_name", "levelName", "level", "severity", "lvl", "log.level", "loglevel", "log_level"),
        "severityText",  # a name says more than a number beside it, which loggers count each in their own way
        *("@l", "Level", "Severity", "priority", "@level", "error_severity", "severity_text", "logLevel", "LogLevel"),
    ),
    "message": (
        *("message", "msg", "@message", "@m", "@mt", "short_message", "textPayload", "text", "event", "log", "body"),
        *("MESSAGE", "Message", "jsonPayload.message", "logEvent.message", "displayMessage", "RenderedMessage"),
        "fields.message",
    ),
    "logger": (
        *("logger", "logger_name", "loggerName", "log.logger", "@module", "SourceContext", "name", "category"),
        "Category",
    ),
    "thread": ("thread", "thread_name", "threadName", "process.thread.name"),
    "pid": ("pid", "process.pid", "process_id", "processId", "ProcessID", "ProcessId"),
    "stack": ("stack", "stack_trace", "stacktrace", "error.stack_trace", "exc_info", "exception"),
    "host": (
        *("host", "hostname", "host.name", "host.hostname", "HOSTNAME", "hostIdentifier", "Hostname", "Computer"),
        *(
            "computer_name",
            "MachineName",
            "winlog.computer_name",
            "ComputerName",
            "host_name",
            "hostName",
            "agent.hostname",
        ),
    ),
    "client": (
        *("client", "remote_addr", "remote_ip", "client_ip", "clientip", "clientIp", "client.ip", "source.ip"),
        *("request.client_ip", "request.remote_ip", "request.remote_addr", "httpRequest.remoteIp", "ClientHost"),
        *("remoteAddress", "req.remoteAddress", "remote_host", "ip", "remoteAddr", "remote_address", "src_ip", "srcip"),
        *("id.orig_h", "data.srcip", "source_ip", "sourceIPAddress", "callerIpAddress", "ClientIP", "client.ipAddress"),
        *("request.remote_address", "httpRequest.clientIp", "actor_ip", "protoPayload.requestMetadata.callerIp"),
        *("IPAddress", "IpAddress", "ipAddress", "clientIP", "sourceIp", "client_address", "clientAddress"),
        "ip_addr",
        "remotehost",
        "ClientPublicIP",
    ),
    "ident": ("ident",),
    "user": (
        *(
            "user",
            "remote_user",
            "username",
            "user.name",
            "user_id",
            "ClientUsername",
            "user_name",
            "userName",
            "UserId",
            "Username",
        ),
        *("actor.alternateId", "properties.userPrincipalName", "userPrincipalName", "UserPrincipalName"),
        "protoPayload.authenticationInfo.principalEmail",
    ),
    "method": (
        *("method", "request_method", "http.request.method", "request.method", "http_method", "verb", "httpMethod"),
        *("httpRequest.requestMethod", "RequestMethod", "req.method", "httpRequest.httpMethod", "ClientRequestMethod"),
        *("requestMethod", "http.method", "req_method"),
    ),
    "target": (
        *("target", "request_uri", "uri", "url", "request.uri", "request.url", "url.original", "requestUri"),
        *(
            "httpRequest.requestUrl",
            "RequestPath",
            "req.url",
            "ClientRequestURI",
            "requestURI",
            "http.url",
            "http.target",
        ),
    ),
    "path": ("path", "url.path", "request_path", "request.path"),
    "query": ("query", "args", "query_string", "url.query", "queryString"),
    "protocol": (
        *("protocol", "server_protocol", "request.proto", "http_version", "http.version", "httpRequest.protocol"),
        *("RequestProtocol", "request_protocol"),
    ),
    "status": (
        *("status", "status_code", "statusCode", "response_code", "http.response.status_code", "response.status"),
        *(
            "res.statusCode",
            "response",
            "httpRequest.status",
            "DownstreamStatus",
            "http_status",
            "code",
            "EdgeResponseStatus",
            "response_status",
        ),
        *("http.status_code", "httpStatus", "httpStatusCode", "http_status_code"),
    ),
    "bytes": (
        *("bytes", "body_bytes_sent", "size", "bytes_sent", "http.response.body.bytes", "response_size"),
        *("httpRequest.responseSize", "DownstreamContentSize", "content_length", "res.contentLength"),
        "bytes_out",
        *("EdgeResponseBytes", "responseSize", "bytesSent", "response_bytes", "written_bytes"),
    ),
    "bytes_in": ("bytes_in", "request_length", "bytes_read", "http.request.body.bytes", "httpRequest.requestSize"),
    "referrer": (
        *("referrer", "http_referer", "http_referrer", "referer", "http.request.referrer", "httpRequest.referer"),
        *("request_Referer", "request_referer"),
        *("request.headers.Referer", "req.headers.referer", "req.referer", "ClientRequestReferer"),
    ),
    "user_agent": (
        *("user_agent", "http_user_agent", "userAgent", "agent", "useragent", "user_agent.original"),
        *("httpRequest.userAgent", "request.headers.User-Agent", "request_User-Agent", "req.headers.user-agent"),
        "request_user_agent",
        *("req.userAgent", "request.headers.user-agent", "client.userAgent.rawUserAgent", "ua", "UserAgent"),
        *("ClientRequestUserAgent", "http.user_agent", "protoPayload.requestMetadata.callerSuppliedUserAgent"),
    ),
    "vhost": (
        "vhost",
        "http_host",
        "server_name",
        "virtual_host",
        "request.host",
        "url.domain",
        "RequestHost",
        "authority",
        "ClientRequestHost",
    ),
    "port": ("port", "server_port", "url.port"),
    "duration": (
        *("duration", "request_time", "response_time", "elapsed", "latency", "httpRequest.latency", "duration_s"),
    ),
    "upstream_duration": ("upstream_duration", "upstream_response_time", "OriginDuration"),
    "tls_protocol": ("tls_protocol", "ssl_protocol", "tls.version", "TLSVersion"),
    "tls_cipher": ("tls_cipher", "ssl_cipher", "tls.cipher", "TLSCipher"),
    "cache": ("cache", "upstream_cache_status", "cache_status"),
    "request_id": ("request_id", "requestId", "req_id", "http_x_request_id", "x_request_id", "trace_id"),
    "forwarded_for": ("forwarded_for", "http_x_forwarded_for", "x_forwarded_for"),
}
"""Key paths by contract field, the preferred ones first."""


def contract_name_of() -> dict[str, str]:
    """Return the contract's field for each key path that is a synonym of it."""
    return {path: name for name, paths in reversed(SYNONYMS.items()) for path in paths if path not in SYNONYMS}
