r"""Grok patterns for whole lines of Zeek's logs, as it wrote them when it was called Bro, and as it does now.

https://docs.zeek.org/en/master/script-reference/log-files.html: columns between tabs, a dash where there is no value.
Names and fields are as in `grok_web`.
"""

from __future__ import annotations

_ENDS = "uid>zeek.session_id orig_h>source.ip orig_p>source.port/i resp_h>destination.ip resp_p>destination.port/i"
_HTTP = (
    "username>url.username password>url.password proxied>zeek.http.proxied orig_fuids>zeek.http.orig_fuids {} "
    "orig_mime_types>http.request.mime_type resp_fuids>zeek.http.resp_fuids {} "
    "resp_mime_types>http.response.mime_type"
)
_ANSWER = (
    "request_body_len>http.request.body.bytes/i response_body_len>http.response.body.bytes/i "
    "status_code>http.response.status_code/i status_msg>zeek.http.status_msg info_code>zeek.http.info_code/i "
    "info_msg>zeek.http.info_msg"
)
_DNS = (
    "query>dns.question.name qclass>zeek.dns.qclass/i qclass_name>zeek.dns.qclass_name qtype>zeek.dns.qtype/i "
    "qtype_name>dns.question.type rcode>zeek.dns.rcode/i rcode_name>dns.response_code AA>zeek.dns.AA TC>zeek.dns.TC "
    "RD>zeek.dns.RD RA>zeek.dns.RA Z>zeek.dns.Z/i answers>zeek.dns.answers TTLs>zeek.dns.TTLs "
    "rejected>zeek.dns.rejected"
)
_CONNECTION = (
    "proto>network.transport service>network.protocol duration>zeek.connection.duration/f "
    "orig_bytes>zeek.connection.orig_bytes/i resp_bytes>zeek.connection.resp_bytes/i "
    "conn_state>zeek.connection.state local_orig>zeek.connection.local_orig {} "
    "missed_bytes>zeek.connection.missed_bytes/i history>zeek.connection.history orig_pkts>source.packets/i "
    "orig_ip_bytes>source.bytes/i resp_pkts>destination.packets/i resp_ip_bytes>destination.bytes/i "
    "tunnel_parents>zeek.connection.tunnel_parents"
)
_FILES = (
    "fuid>zeek.files.fuid tx_hosts>server.ip rx_hosts>client.ip conn_uids>zeek.files.session_ids "
    "source>zeek.files.source depth>zeek.files.depth/i analyzers>zeek.files.analyzers mime_type>file.mime_type "
    "filename>file.name duration>zeek.files.duration/f local_orig>zeek.files.local_orig is_orig>zeek.files.is_orig "
    "seen_bytes>zeek.files.seen_bytes/i total_bytes>file.size/i missing_bytes>zeek.files.missing_bytes/i "
    "overflow_bytes>zeek.files.overflow_bytes/i timedout>zeek.files.timedout parent_fuid>zeek.files.parent_fuid "
    "md5>file.hash.md5 sha1>file.hash.sha1 sha256>file.hash.sha256 extracted>zeek.files.extracted"
)
_X509 = (
    ">zeek.x509.fuid >zeek.x509.certificate.version/i >zeek.x509.certificate.serial >zeek.x509.certificate.subject "
    ">zeek.x509.certificate.issuer >zeek.x509.certificate.not_valid_before/f "
    ">zeek.x509.certificate.not_valid_after/f >zeek.x509.certificate.key_alg >zeek.x509.certificate.sig_alg "
    ">zeek.x509.certificate.key_type >zeek.x509.certificate.key_length/i >zeek.x509.certificate.exponent "
    ">zeek.x509.certificate.curve >zeek.x509.san.dns >zeek.x509.san.uri >zeek.x509.san.email >zeek.x509.san.ip "
    ">zeek.x509.basic_constraints.ca >zeek.x509.basic_constraints.path_length/i"
)


_KINDS = {
    "": "%{{ZEEK_DATA:{}}}",
    "i": "(?:-|%{{INT:{}:int}})",
    "f": "(?:-|%{{NUMBER:{}:float}})",
}


def _line(*columns: str) -> str:
    """Return the pattern of a line: its time, then columns `short>ecs/kind`, a `?` where one may be missing."""
    pattern = "%{NUMBER:ts>timestamp}"
    for column in " ".join(columns).split():
        name, _, kind = column.removeprefix("?").partition("/")
        part = rf"\t{_KINDS[kind].format(name)}"
        pattern += f"(?:{part})?" if column.startswith("?") else part
    return f"{pattern}$"


_BRO_HTTP = _line(
    _ENDS,
    "trans_depth>zeek.http.trans_depth/i method>http.request.method domain>url.domain uri>url.original "
    "referrer>http.request.referrer user_agent>user_agent.original",
    _ANSWER,
    "filename>zeek.http.filename bro_tags>zeek.http.tags",
    _HTTP.format("", ""),
)

ZEEK = {
    "ZEEK_BOOL": "[TF]",
    "ZEEK_DATA": r"[^\t\n]+",
    "BRO_BOOL": "[TF]",
    "BRO_DATA": r"[^\t\n]+",
    "BRO_HTTP": _BRO_HTTP,
    "BRO_DNS": _line(_ENDS, "proto>network.transport trans_id>dns.id/i", _DNS),
    "BRO_CONN": _line(_ENDS, _CONNECTION.format("?local_resp>zeek.connection.local_resp")),
    "BRO_FILES": _line(_FILES),
    "ZEEK_HTTP": _line(
        _ENDS,
        "trans_depth>zeek.http.trans_depth/i method>http.request.method domain>url.domain uri>url.original "
        "referrer>http.request.referrer version>http.version user_agent>user_agent.original origin>zeek.http.origin",
        _ANSWER,
        "tags>zeek.http.tags",
        _HTTP.format("orig_filenames>zeek.http.orig_filenames", "resp_filenames>zeek.http.resp_filenames"),
    ),
    "ZEEK_DNS": _line(_ENDS, "proto>network.transport trans_id>dns.id/i rtt>zeek.dns.rtt/f", _DNS),
    "ZEEK_CONN": _line(_ENDS, _CONNECTION.format("local_resp>zeek.connection.local_resp")),
    "ZEEK_FILES": _line(
        _FILES, "?extracted_cutoff>zeek.files.extracted_cutoff ?extracted_size>zeek.files.extracted_size/i"
    ),
    "ZEEK_X509": _line(_X509),
}
"""Zeek's logs."""
