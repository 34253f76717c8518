"""JSON lines of servers and platforms whose keys mean something else than usual, or whose family is another."""

from __future__ import annotations

import re

from logproc.expressions import Expression
from logproc.formats.format import EXPORT, JSONL, Format, Sample
from logproc.formats.naming import Naming, with_names
from logproc.model import Kind


def lacks(*patterns: bytes) -> Expression[bytes]:
    """Return a pattern that finds lines in which not all the patterns are found."""
    return Expression(b"(?!%b)" % b"".join(b"(?=.*?%b)" % pattern for pattern in patterns), re.DOTALL)


# https://learn.microsoft.com/azure/frontdoor/monitor-front-door,
# https://learn.microsoft.com/azure/application-gateway/application-gateway-diagnostics
_AZURE = Naming(
    with_names(
        time=("timeStamp", "time"),
        client=("properties.clientIp", "properties.clientIP"),
        method=("properties.httpMethod",),
        target=("properties.requestUri",),
        query=("properties.requestQuery",),
        protocol=("properties.httpVersion",),
        status=("properties.httpStatusCode", "properties.httpStatus"),
        user_agent=("properties.userAgent",),
        referrer=("properties.referer",),
        bytes=("properties.responseBytes", "properties.sentBytes"),
        bytes_in=("properties.requestBytes", "properties.receivedBytes"),
        duration=("properties.timeTaken",),
        vhost=("properties.hostName", "properties.host"),
        request_id=("properties.trackingReference", "properties.transactionId"),
        tls_protocol=("properties.securityProtocol", "properties.sslProtocol"),
        tls_cipher=("properties.securityCipher", "properties.sslCipher"),
        cache=("properties.cacheStatus",),
        remote_port=("properties.clientPort",),
    ),
    kinds={"remote_port": Kind.INTEGER},
)


# https://www.mongodb.com/docs/manual/reference/log-messages/: severities are F, E, W, I and D1 to D5.
_MONGODB = Naming(
    with_names(
        time=("t.$date", "t"),
        level=("s",),
        logger=("c",),
        thread=("ctx",),
        message=("msg",),
        message_id=("id",),
        duration=("attr.durationMillis",),
    ),
    {"duration": 1e-3},
    kinds={"message_id": Kind.INTEGER},
)

# systemd.journal-fields(7); the time is that of receipt, in microseconds.
_JOURNAL = Naming(
    {
        "time": ("__REALTIME_TIMESTAMP", "_SOURCE_REALTIME_TIMESTAMP"),
        "host": ("_HOSTNAME",),
        "facility": ("SYSLOG_FACILITY",),
        "severity": ("PRIORITY",),
        "program": ("SYSLOG_IDENTIFIER", "_COMM"),
        "pid": ("_PID", "SYSLOG_PID"),
        "message": ("MESSAGE",),
        "unit": ("_SYSTEMD_UNIT", "UNIT"),
    }
)

# https://kubernetes.io/docs/reference/config-api/apiserver-audit.v1/: `level` is how much of a request is logged.
_KUBE_AUDIT = Naming(
    with_names(
        time=("requestReceivedTimestamp", "stageTimestamp"),
        method=("verb",),
        target=("requestURI",),
        status=("responseStatus.code",),
        user=("user.username",),
        client=("sourceIPs",),
        request_id=("auditID",),
        audit_level=("level",),
    ),
    unwrap=True,
)

# https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference.html
_CLOUDTRAIL = Naming(
    with_names(
        time=("eventTime",),
        client=("sourceIPAddress",),
        user=("userIdentity.userName", "userIdentity.arn", "userIdentity.invokedBy"),
        user_agent=("userAgent",),
        request_id=("requestID",),
        event_name=("eventName",),
        event_source=("eventSource",),
        region=("awsRegion",),
        error_code=("errorCode",),
    )
)

JSON_SHAPES = (
    Format(
        name="mongodb_json",
        family="app",
        engine=JSONL,
        program=None,
        doc="MongoDB's structured log, from version 4.4 on",
        rank=48,
        needs=(b'"$date"', b'"ctx"', b'"msg"'),
        unlike=lacks(rb'"t"\s*:\s*\{\s*"\$date"', b'"ctx"'),
        naming=_MONGODB,
        samples=(
            Sample(
                '{"t":{"$date":"2024-01-02T03:04:05.678+01:00"},"s":"D2","c":"NETWORK","id":22943,"ctx":"listener",'
                '"msg":"Connection accepted","attr":{"remote":"192.0.2.1:59868"}}',
                {
                    "time": "2024-01-02T02:04:05.678000Z",
                    "level": "DEBUG",
                    "logger": "NETWORK",
                    "thread": "listener",
                    "message": "Connection accepted",
                    "message_id": 22943,
                    "attr.remote": "192.0.2.1:59868",
                },
            ),
        ),
        refused=('{"t":{"$date":"2024-01-02T03:04:05.678+01:00"},"s":"I"', "text"),
    ),
    Format(
        name="journal_export",
        family="syslog",
        engine=EXPORT,
        program=None,
        doc="systemd's journal as journalctl -o export writes it: an entry is some lines FIELD=value",
        rank=41,
        needs=(b"__CURSOR=", b"__REALTIME_TIMESTAMP="),
        begins=Expression(rb"^__CURSOR=", re.MULTILINE),
        naming=_JOURNAL,
        samples=(
            Sample(
                "__CURSOR=s=7;i=4\n__REALTIME_TIMESTAMP=1342540861416409\nPRIORITY=4\nSYSLOG_FACILITY=3\n"
                "SYSLOG_IDENTIFIER=sshd\n_PID=587\n_HOSTNAME=epsilon\n_UID=0\nMESSAGE=a=b\n_SYSTEMD_UNIT=ssh.service",
                {
                    "time": "2012-07-17T16:01:01.416409Z",
                    "host": "epsilon",
                    "facility": "daemon",
                    "severity": "warning",
                    "program": "sshd",
                    "pid": 587,
                    "message": "a=b",
                    "unit": "ssh.service",
                    "_UID": "0",
                },
            ),
            Sample(
                "__CURSOR=a\n__REALTIME_TIMESTAMP=1342540861416409\nMESSAGE\n\x05\0\0\0\0\0\0\0x\n\ny=\n_PID=7",
                {"time": "2012-07-17T16:01:01.416409Z", "message": "x\n\ny=", "pid": 7},
            ),
        ),
        refused=("level=info msg=x", "text"),
    ),
    Format(
        name="journal_json",
        family="syslog",
        engine=JSONL,
        program=None,
        doc="the journal of systemd, by journalctl -o json",
        rank=47,
        needs=(b'"__REALTIME_TIMESTAMP"',),
        unlike=lacks(b'"__REALTIME_TIMESTAMP"'),
        naming=_JOURNAL,
        samples=(
            Sample(
                '{"__REALTIME_TIMESTAMP":"1704164645123456","_HOSTNAME":"web1","SYSLOG_FACILITY":"3","PRIORITY":"4",'
                '"SYSLOG_IDENTIFIER":"sshd","_PID":"812","MESSAGE":"a b","_SYSTEMD_UNIT":"ssh.service"}',
                {
                    "time": "2024-01-02T03:04:05.123456Z",
                    "host": "web1",
                    "facility": "daemon",
                    "severity": "warning",
                    "program": "sshd",
                    "pid": 812,
                    "message": "a b",
                    "unit": "ssh.service",
                },
            ),
        ),
        refused=('{"__REALTIME_TIMESTAMP":"17041', "text"),
    ),
    Format(
        name="kube_audit",
        family="json",
        engine=JSONL,
        program=None,
        doc="audit log of the Kubernetes API server",
        rank=46,
        needs=(b"audit.k8s.io", b'"auditID"'),
        unlike=lacks(b'"auditID"'),
        naming=_KUBE_AUDIT,
        samples=(
            Sample(
                '{"kind":"Event","apiVersion":"audit.k8s.io/v1","level":"Metadata","auditID":"7f","stage":'
                '"ResponseComplete","requestURI":"/api/v1/pods?limit=5","verb":"list","user":{"username":"admin"},'
                '"sourceIPs":["192.0.2.1"],"responseStatus":{"code":200},"requestReceivedTimestamp":'
                '"2024-01-02T03:04:05.123456Z"}',
                {
                    "time": "2024-01-02T03:04:05.123456Z",
                    "method": "list",
                    "path": "/api/v1/pods",
                    "status": 200,
                    "user": "admin",
                    "client": "192.0.2.1",
                    "audit_level": "Metadata",
                },
            ),
        ),
        refused=('{"auditID":"7f","apiVersion":"audit.k8s.io', "text"),
    ),
    Format(
        name="nextcloud",
        family="json",
        engine=JSONL,
        program=None,
        doc="Nextcloud, whose levels are numbers of its own: 0 debug to 4 fatal, as nextcloud_level",
        rank=43,
        needs=(b'"reqId"', b'"remoteAddr"', b'"level"'),
        unlike=lacks(b'"reqId"', b'"level":\\d', b'"remoteAddr"', b'"app"'),
        naming=Naming(
            with_names(nextcloud_level=("level",), request_id=("reqId",), logger=("app",)),
            kinds={"nextcloud_level": Kind.INTEGER},
        ),
        samples=(
            Sample(
                '{"reqId":"9S","level":2,"time":"2024-01-02T03:04:05Z","remoteAddr":"192.0.2.1","app":"core",'
                '"method":"POST","url":"/login","message":"Login failed: x","userAgent":"m","data":[]}',
                {
                    "time": "2024-01-02T03:04:05Z",
                    "nextcloud_level": 2,
                    "client": "192.0.2.1",
                    "logger": "core",
                    "request_id": "9S",
                    "path": "/login",
                    "message": "Login failed: x",
                },
            ),
        ),
        refused=('{"reqId":"9S","level":2,"time":', "text"),
    ),
    Format(
        name="pino",
        family="json",
        engine=JSONL,
        program=None,
        doc="pino-http and Fastify: bunyan's keys, with response times in milliseconds",
        rank=43,
        needs=(b'"responseTime":', b'"pid":', b'"level":'),
        unlike=lacks(b'"level":\\d\\d', b'"time":\\d{13}', b'"pid":\\d'),
        naming=Naming(with_names(duration=("responseTime",)), {"duration": 1e-3}),
        samples=(
            Sample(
                '{"level":30,"time":1704164645678,"pid":7,"hostname":"web1","req":{"method":"GET","url":"/a?b",'
                '"remoteAddress":"::1"},"res":{"statusCode":200},"responseTime":12,"msg":"request completed"}',
                {
                    "time": "2024-01-02T03:04:05.678000Z",
                    "level": "INFO",
                    "method": "GET",
                    "path": "/a",
                    "client": "::1",
                    "status": 200,
                    "duration": 0.012,
                },
            ),
        ),
        refused=('{"level":30,"time":1704164645678,', "text"),
    ),
    Format(
        name="kibana",
        family="json",
        engine=JSONL,
        program=None,
        doc="Kibana's log before 8, with response times in milliseconds",
        rank=42,
        needs=(b'"type":', b'"@timestamp":', b'"res":', b'"responseTime":'),
        unlike=lacks(b'"type":', b'"@timestamp":', b'"pid":'),
        naming=Naming(with_names(duration=("res.responseTime",)), {"duration": 1e-3}),
        samples=(
            Sample(
                '{"type":"response","@timestamp":"2018-05-09T10:57:52Z","tags":[],"pid":6,"method":"get","statusCode":200,'
                '"req":{"url":"/app","headers":{"user-agent":"M"},"remoteAddress":"127.0.0.1","referer":"http://a/"},'
                '"res":{"statusCode":200,"responseTime":224,"contentLength":9},"message":"GET /app 200 224ms - 9.0B"}',
                {
                    "time": "2018-05-09T10:57:52Z",
                    "status": 200,
                    "target": "/app",
                    "client": "127.0.0.1",
                    "user_agent": "M",
                    "referrer": "http://a/",
                    "bytes": 9,
                    "duration": 0.224,
                },
            ),
        ),
        refused=('{"type":"response","@timestamp":"2018', "text"),
    ),
    Format(
        name="azure",
        family="web",
        engine=JSONL,
        program=None,
        doc="access logs of Azure's Front Door and Application Gateway, one a line or as the records of one object",
        rank=44,
        needs=(b'"properties"', b'"httpMethod"', b'"resourceId"'),
        unlike=lacks(b'"resourceId"', b'"properties"', b'"httpMethod"'),
        naming=_AZURE,
        samples=(
            Sample(
                '{"time":"2024-01-02T03:04:05.6780000Z","resourceId":"/SUBSCRIPTIONS/1","category":"FrontDoorAccessLog",'
                '"properties":{"httpMethod":"GET","httpVersion":"2.0","requestUri":"https://a.example/x?y=1","userAgent":'
                '"M","clientIp":"192.0.2.1","timeTaken":"0.25","requestBytes":"10","responseBytes":"20",'
                '"httpStatusCode":"200","trackingReference":"0q"}}',
                {
                    "time": "2024-01-02T03:04:05.678000Z",
                    "client": "192.0.2.1",
                    "method": "GET",
                    "query": "y=1",
                    "status": 200,
                    "bytes": 20,
                    "bytes_in": 10,
                    "duration": 0.25,
                    "request_id": "0q",
                },
            ),
        ),
        refused=('{"resourceId":"/S","properties":{"httpMethod":"GET"', "text"),
    ),
    Format(
        name="cloudtrail",
        family="json",
        engine=JSONL,
        program=None,
        doc="AWS CloudTrail events, one a line or as the Records of one object",
        rank=45,
        needs=(b'"eventVersion"', b'"eventSource"', b'"eventTime"'),
        unlike=lacks(b'"eventVersion"', b'"eventSource"'),
        naming=_CLOUDTRAIL,
        samples=(
            Sample(
                '{"eventVersion":"1.08","userIdentity":{"type":"IAMUser","userName":"alice"},"eventTime":'
                '"2024-01-02T03:04:05Z","eventSource":"ec2.amazonaws.com","eventName":"StartInstances","awsRegion":'
                '"us-east-1","sourceIPAddress":"192.0.2.1","userAgent":"aws-cli"}',
                {
                    "time": "2024-01-02T03:04:05Z",
                    "user": "alice",
                    "client": "192.0.2.1",
                    "event_name": "StartInstances",
                    "region": "us-east-1",
                    "user_agent": "aws-cli",
                },
            ),
        ),
        refused=('{"eventVersion":"1.08","eventTime":', "text"),
    ),
)
"""Rows of the family."""
