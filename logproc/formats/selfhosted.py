"""Logs of what people host at home, in layouts of their own: proxies with a face, media servers, forges, mail.

https://nginxproxymanager.com, https://docs.litespeedtech.com/lsws/admin/logs/, https://docs.gitea.com/administration/,
https://sabnzbd.org/wiki/, https://jellyfin.org/docs/, https://www.axigen.com/documentation/
"""

from __future__ import annotations

from logproc.expressions import Expression
from logproc.formats.format import SEPARATOR, Format, Sample
from logproc.formats.heads import (
    ISO,
    MESSAGE,
    PADDED_MESSAGE,
    app,
    bracketed,
    level,
    maybe,
    number,
    stamp,
    word,
)
from logproc.formats.nginx import compile_nginx
from logproc.formats.program import Meaning, Slot
from logproc.formats.within import Part, Within

# Of the package's own configuration: nginx proxy hosts, and everything else.
_MANAGER = (
    '[$time_local] {}$status - $request_method $scheme $host "$request_uri" [Client $remote_addr] '
    '[Length $body_bytes_sent] [Gzip $gzip_ratio] {}"$http_user_agent" "$http_referer"'
)
_MANAGER_BEHIND = (
    'GET https a.example "/x?a=1" [Client 192.0.2.1] [Length 12] [Gzip 3.10] {}"curl/8" "https://b.example/"'
)
_MANAGER_FIELDS = {
    "time": "2024-01-02T03:04:05Z",
    "status": 404,
    "method": "GET",
    "vhost": "a.example",
    "target": "/x?a=1",
    "path": "/x",
    "client": "192.0.2.1",
    "bytes": 12,
    "user_agent": "curl/8",
    "referrer": "https://b.example/",
}

SELFHOSTED = (
    Format(
        name="nginx_proxy_manager",
        family="web",
        engine=SEPARATOR,
        program=compile_nginx(_MANAGER.format("$upstream_cache_status $upstream_status ", "[Sent-to $server] ")),
        doc="Nginx Proxy Manager's hosts: [time] cache status status - method scheme host, target, client and the rest",
        rank=6,
        needs=(b" [Client ", b"] [Length ", b"] [Sent-to "),
        samples=(
            Sample(
                f"[02/Jan/2024:03:04:05 +0000] MISS 404 404 - {_MANAGER_BEHIND.format('[Sent-to web] ')}",
                {**_MANAGER_FIELDS, "cache": "MISS", "upstream_status": "404", "scheme": "https", "server": "web"},
            ),
        ),
        refused=(f"[02/Jan/2024:03:04:05 +0000] 404 - {_MANAGER_BEHIND.format('')}",),
    ),
    Format(
        name="nginx_proxy_manager_standard",
        family="web",
        engine=SEPARATOR,
        program=compile_nginx(_MANAGER.format("", "")),
        doc="Nginx Proxy Manager's other hosts: [time] status - method scheme host, target, client and the rest",
        rank=6,
        needs=(b" [Client ", b"] [Length ", b"] [Gzip "),
        unlike=Expression(rb"\[[^\]]+\] \S+ \S+ \d{3} - "),
        samples=(Sample(f"[02/Jan/2024:03:04:05 +0000] 404 - {_MANAGER_BEHIND.format('')}", _MANAGER_FIELDS),),
        refused=('[02/Jan/2024:03:04:05 +0000] - 404 404 - GET https a.example "/x"',),
    ),
    app(
        "litespeed_error",
        "LiteSpeed: time [LEVEL] [process] [client and connection] message",
        (
            stamp(ISO, b" "),
            level(b"] ", b"["),
            number("pid", b"] ", b"["),
            maybe(bracketed("connection")),
            MESSAGE,
        ),
        rank=-3,
        head=3,
        needs=(b" [", b"] ["),
        begins=rb"\d{4}-\d\d-\d\d [\d:]{8}\.\d{6} \[[A-Z]+\] \[\d+\] ",
        within=Within("connection", (Part("client", b"", b":", in_front=True),)),
        samples=(
            Sample(
                "2024-01-02 03:04:05.678901 [NOTICE] [1226] [192.0.2.1:45164:HTTP2-41#a.example] User 'x' failed",
                {
                    "time": "2024-01-02T03:04:05.678901Z",
                    "level": "INFO",
                    "pid": 1226,
                    "connection": "192.0.2.1:45164:HTTP2-41#a.example",
                    "client": "192.0.2.1",
                    "message": "User 'x' failed",
                },
            ),
            Sample("2024-01-02 03:04:05.678901 [INFO] [1226] up", {"connection": None, "client": None}),
        ),
        refused=("2024-01-02 03:04:05.678901 [INFO] up", "2024-01-02 03:04:05.678901 [SOON] [12] x"),
    ),
    app(
        "gitea",
        "Gitea and Forgejo: time file:line:function() [L] message",
        (stamp("%Y/%m/%d %H:%M:%S%.", b" "), word("logger"), level(b"] ", b"[", padded=False), MESSAGE),
        rank=-4,
        head=3,
        needs=(b"/", b"() [", b"] "),
        begins=rb"\d{4}/\d\d/\d\d [\d:.]+ \S+:\d+:\S+\(\) \[[A-Z]\] ",
        samples=(
            Sample(
                "2024/01/02 03:04:05 ...ers/web/auth.go:200:SignInPost() [W] Failed authentication attempt for joe",
                {
                    "time": "2024-01-02T03:04:05Z",
                    "logger": "...ers/web/auth.go:200:SignInPost()",
                    "level": "WARN",
                    "message": "Failed authentication attempt for joe",
                },
            ),
        ),
        refused=("2024/01/02 03:04:05 auth.go:200 W x", "2024/01/02 03:04:05 [W] x"),
    ),
    app(
        "sabnzbd",
        "SABnzbd: time::LEVEL::[module:line] message",
        (stamp(ISO, b"::"), level(b"::", padded=False), bracketed("logger"), MESSAGE),
        rank=-3,
        needs=(b"::[",),
        samples=(
            Sample(
                "2024-01-02 03:04:05,678::WARNING::[interface:657] Unsuccessful login attempt",
                {
                    "time": "2024-01-02T03:04:05.678000Z",
                    "level": "WARN",
                    "logger": "interface:657",
                    "message": "Unsuccessful login attempt",
                },
            ),
        ),
        refused=("2024-01-02 03:04:05,678::WARNING::x", "2024-01-02 03:04:05,678 WARNING [a:1] x"),
    ),
    app(
        "logger_before_level",
        "Uptime Kuma and others: time [logger] LEVEL: message",
        (stamp(ISO, b" "), bracketed("logger"), level(b": "), MESSAGE),
        rank=-6,
        head=3,
        needs=(b" [", b"] ", b": "),
        begins=rb"\d{4}-\d\d-\d\d[T ]\S+ \[[\w.-]+\] [A-Z]+: ",
        samples=(
            Sample(
                "2024-01-02T03:04:05.678Z [AUTH] WARN: Incorrect password for user x",
                {
                    "time": "2024-01-02T03:04:05.678000Z",
                    "logger": "AUTH",
                    "level": "WARN",
                    "message": "Incorrect password for user x",
                },
            ),
        ),
        refused=("2024-01-02T03:04:05.678Z WARN: x", "2024-01-02T03:04:05.678Z [AUTH] x: y"),
    ),
    app(
        "level_and_logger",
        "Overseerr and others that write with winston: time [level][logger]: message",
        (stamp(ISO, b" "), level(b"]", b"["), bracketed("logger", b"]: "), MESSAGE),
        rank=-6,
        head=3,
        needs=(b" [", b"][", b"]: "),
        begins=rb"\d{4}-\d\d-\d\d[T ]\S+ \[[a-z]+\]\[[^\]\n]+\]: ",
        samples=(
            Sample(
                "2024-01-02T03:04:05.678Z [warn][API]: Failed sign-in attempt",
                {
                    "time": "2024-01-02T03:04:05.678000Z",
                    "level": "WARN",
                    "logger": "API",
                    "message": "Failed sign-in attempt",
                },
            ),
        ),
        refused=("2024-01-02T03:04:05.678Z [warn]: x", "2024-01-02T03:04:05.678Z [soon][API]: x"),
    ),
    app(
        "serilog_threads",
        "Jellyfin: [time] [LVL] [thread] logger: message",
        (
            stamp(ISO, b"] "),
            level(b"] ", b"["),
            bracketed("thread"),
            word("logger", b": "),
            MESSAGE,
        ),
        prefix=b"[",
        rank=-4,
        head=3,
        needs=(b"] [", b": "),
        begins=rb"\[\d{4}-\d\d-\d\d [\d:.]+ [+-]\d\d:\d\d\] \[[A-Z]{3}\] \[\d+\] ",
        samples=(
            Sample(
                "[2024-01-02 03:04:05.678 +01:00] [INF] [79] Jellyfin.Server.Users.UserManager: request denied",
                {
                    "time": "2024-01-02T02:04:05.678000Z",
                    "level": "INFO",
                    "thread": "79",
                    "logger": "Jellyfin.Server.Users.UserManager",
                    "message": "request denied",
                },
            ),
        ),
        refused=("[2024-01-02 03:04:05.678 +01:00] [INF] x", "[2024-01-02 03:04:05.678 +01:00] [ABC] [7] a: b"),
    ),
    app(
        "brackets",
        "Paperless and others: [time] [LEVEL] [dotted.logger] message",
        (stamp(ISO, b"] "), level(b"] ", b"["), maybe(bracketed("logger")), MESSAGE),
        prefix=b"[",
        rank=-6,
        head=2,
        needs=(b"] [", b"] "),
        begins=rb"\[\d{4}-[^\]\n]+\] \[[A-Z]+ *\] \[[a-z_]\w*(?:\.\w+)+\] ",
        samples=(
            Sample(
                "[2024-01-02 03:04:05,678] [INFO] [paperless.auth] Login failed for user `x`",
                {
                    "time": "2024-01-02T03:04:05.678000Z",
                    "level": "INFO",
                    "logger": "paperless.auth",
                    "message": "Login failed for user `x`",
                },
            ),
        ),
        refused=("[2024-01-02 03:04:05,678] paperless.auth x", "[2024-01-02 03:04:05,678] [SOON] [a.b] x"),
    ),
    app(
        "logger_in_brackets",
        "CAS and others that write with log4j: time LEVEL [logger] - message",
        (stamp(ISO, b" "), level(), bracketed("logger", b"] - "), MESSAGE),
        rank=-5,
        head=3,
        needs=(b" [", b"] - "),
        begins=rb"\d{4}-\d\d-\d\d[T ][\d:.,]+ +[A-Z]+ +\[[\w.$]+\] - ",
        samples=(
            Sample(
                "2024-01-02 03:04:05,678 INFO [org.apereo.cas.audit.Trail] - WHO: x",
                {
                    "time": "2024-01-02T03:04:05.678000Z",
                    "level": "INFO",
                    "logger": "org.apereo.cas.audit.Trail",
                    "message": "WHO: x",
                },
            ),
        ),
        refused=("2024-01-02 03:04:05,678 INFO - x", "2024-01-02 03:04:05,678 INFO [a.b] x"),
    ),
    app(
        "axigen",
        "Axigen's mail server: time zone level host SERVICE:session: message",
        (
            stamp("%Y-%m-%d %H:%M:%S %z", b" "),
            number("log_level"),
            word("host"),
            Slot("program", Meaning.WORD, b":"),
            word("session", b": "),
            PADDED_MESSAGE,
        ),
        rank=-2,
        single=True,
        begins=rb"\d{4}-\d\d-\d\d [\d:]{8} [+-]\d{4} \d\d \S+ [A-Z0-9-]+:\w",
        samples=(
            Sample(
                "2024-01-02 03:04:05 +0000 08 mx.example IMAP:00a1: [192.0.2.10:993] connection accepted",
                {
                    "time": "2024-01-02T03:04:05Z",
                    "log_level": 8,
                    "host": "mx.example",
                    "program": "IMAP",
                    "session": "00a1",
                    "message": "[192.0.2.10:993] connection accepted",
                },
            ),
        ),
        refused=("2024-01-02 03:04:05 +0000 mx.example IMAP:00a1: x", "2024-01-02 03:04:05 08 mx IMAP: x"),
    ),
    app(
        "routeros_remote",
        "MikroTik's RouterOS as a log server keeps it: time host topics message",
        (stamp(ISO, b" "), word("host"), word("topics"), MESSAGE),
        rank=2,
        single=True,
        begins=rb"\d{4}-\d\d-\d\dT\S+ \S+ [a-z-]+(?:,[a-z!-]+)+ ",
        samples=(
            Sample(
                "2024-01-02T03:04:05.678901+01:00 10.0.0.1 system,error,critical login failure for user admin",
                {
                    "time": "2024-01-02T02:04:05.678901Z",
                    "host": "10.0.0.1",
                    "topics": "system,error,critical",
                    "message": "login failure for user admin",
                },
            ),
        ),
        refused=("2024-01-02 10.0.0.1 system,error x", "2024-01-02T03:04:05Z 10.0.0.1"),
    ),
)
"""Rows of the family."""
