"""JSON lines of what watches a network: Zeek, Suricata, flow logs.

https://docs.zeek.org/en/master/log-formats.html, https://docs.suricata.io/en/latest/output/eve/eve-json-format.html
"""

from __future__ import annotations

from logproc.formats.format import JSONL, Format, Sample
from logproc.formats.naming import Naming, with_names
from logproc.model import Kind

_PORTS = {"remote_port": Kind.INTEGER}

_ZEEK = Naming(
    with_names(
        time=("ts",),
        client=("id.orig_h",),
        remote_port=("id.orig_p",),
        port=("id.resp_p",),
        vhost=("host",),
        target=("uri",),
        protocol=("version",),
        bytes_in=("request_body_len",),
        bytes=("response_body_len",),
        user=("username",),
        software=("client",),  # of ssh.log: what it calls the client is no address
    ),
    kinds=_PORTS,
)

_SURICATA = Naming(
    with_names(
        client=("src_ip",),
        remote_port=("src_port",),
        port=("dest_port",),
        method=("http.http_method",),
        target=("http.url",),
        protocol=("http.protocol",),
        status=("http.status",),
        bytes=("http.length",),
        vhost=("http.hostname",),
        user_agent=("http.http_user_agent",),
        referrer=("http.http_refer",),
        tls_protocol=("tls.version",),
    ),
    kinds=_PORTS,
)

_FLOW = Naming(with_names(time=("start",)))

JSON_SENSORS = (
    Format(
        name="vpc_flow_json",
        family="json",
        engine=JSONL,
        program=None,
        doc="AWS VPC flow log as JSON; the time is when a flow began",
        rank=42,
        needs=(b'"interface_id"', b'"srcaddr"', b'"start"'),
        naming=_FLOW,
        samples=(
            Sample(
                '{"version":2,"account_id":"123456789010","interface_id":"eni-1","srcaddr":"192.0.2.7","dstaddr":'
                '"10.0.0.1","srcport":53094,"dstport":443,"protocol":6,"packets":1,"bytes":40,"start":1418530010,'
                '"end":1418530070,"action":"REJECT","log_status":"OK"}',
                {"time": "2014-12-14T04:06:50Z", "srcaddr": "192.0.2.7", "bytes": 40, "action": "REJECT"},
            ),
        ),
        refused=('{"cut": "of', "2 123456789010 eni-1 192.0.2.7 10.0.0.1 1 2 6 1 40 1418530010 1418530070 ACCEPT OK"),
    ),
    Format(
        name="zeek_json",
        family="json",
        engine=JSONL,
        program=None,
        doc="Zeek's logs as JSON, with the names that its logs parted by tabs have here",
        rank=42,
        needs=(b'"id.orig_h"', b'"ts"'),
        naming=_ZEEK,
        samples=(
            Sample(
                '{"ts":1547687130.172944,"uid":"CCNp8v","id.orig_h":"192.0.2.7","id.orig_p":62995,"id.resp_h":"10.0.0.1",'
                '"id.resp_p":80,"method":"GET","host":"a.example","uri":"/b?c=1","version":"1.1","status_code":200,'
                '"response_body_len":3735}',
                {
                    "time": "2019-01-17T01:05:30.172944Z",
                    "client": "192.0.2.7",
                    "remote_port": 62995,
                    "port": 80,
                    "vhost": "a.example",
                    "path": "/b",
                    "protocol": "1.1",
                    "status": 200,
                    "bytes": 3735,
                    "uid": "CCNp8v",
                },
            ),
            Sample(
                '{"ts":1547687130.5,"id.orig_h":"192.0.2.7","client":"SSH-2.0-OpenSSH_9.6"}',
                {"client": "192.0.2.7", "software": "SSH-2.0-OpenSSH_9.6"},
            ),
        ),
        refused=('{"cut": "of', "#fields\tts\tuid\tid.orig_h"),
    ),
    Format(
        name="suricata_eve",
        family="json",
        engine=JSONL,
        program=None,
        doc="Suricata's eve.json",
        rank=42,
        needs=(b'"event_type"', b'"src_ip"', b'"timestamp"'),
        naming=_SURICATA,
        samples=(
            Sample(
                '{"timestamp":"2024-01-02T03:04:05.678901+0000","flow_id":29,"event_type":"http","src_ip":"192.0.2.7",'
                '"src_port":56119,"dest_ip":"10.0.0.1","dest_port":80,"proto":"TCP","http":{"hostname":"a.example",'
                '"url":"/b?c=1","http_user_agent":"curl","http_method":"GET","protocol":"HTTP/1.1","status":200,"length":9}}',
                {
                    "time": "2024-01-02T03:04:05.678901Z",
                    "client": "192.0.2.7",
                    "remote_port": 56119,
                    "port": 80,
                    "method": "GET",
                    "path": "/b",
                    "vhost": "a.example",
                    "status": 200,
                    "bytes": 9,
                    "user_agent": "curl",
                    "event_type": "http",
                },
            ),
        ),
        refused=('{"cut": "of', "01/02/2024-03:04:05.678901  [**] [1:2:3] x [**]"),
    ),
)
"""Rows of the family."""
