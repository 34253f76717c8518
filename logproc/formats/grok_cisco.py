r"""Grok patterns for the messages of Cisco's ASA firewalls, by their numbers.

https://www.cisco.com/c/en/us/td/docs/security/asa/syslog/. Names and fields are as in `grok_web`.
"""

from __future__ import annotations

_ACTION = "%{CISCO_ACTION:action>cisco.asa.outcome}"
_DIRECTION = "%{CISCO_DIRECTION:direction>cisco.asa.network.direction}"
_PROTOCOL = "%{WORD:protocol>cisco.asa.network.transport}"
_KIND = "%{WORD:protocol>cisco.asa.network.type}"
_ORIGINAL = "%{WORD:orig_protocol>cisco.asa.network.transport}"
_REASON = "%{CISCO_REASON:reason>event.reason}"
_ON = "on interface %{NOTSPACE:interface>observer.egress.interface.name}"
_SOURCE, _TARGET = "%{IP:src_ip>source.ip}", "%{IP:dst_ip>destination.ip}"
_SOURCE_PORT, _TARGET_PORT = "%{INT:src_port>source.port:int}", "%{INT:dst_port>destination.port:int}"
_IN = "%{DATA:src_interface>observer.ingress.interface.name}"
_OUT = "%{DATA:dst_interface>observer.egress.interface.name}"
_USER = r"(?:\((?:user= *)?%{DATA:src_fwuser>source.user.name}\))?"
_TO_USER = r"(?:\(%{DATA:dst_fwuser>destination.user.name}\))?"
_TYPE = r"\(?type %{INT:icmp_type>cisco.asa.icmp_type:int}, code %{INT:icmp_code>cisco.asa.icmp_code:int}\)?"
_RULE = "%{NOTSPACE:policy_id>cisco.asa.rule_name}"
_HASH = r"\[%{DATA:hashcode1>}, %{DATA:hashcode2>}\]"
_NAMED = "%{USERNAME:user>source.user.name}"
_SPI = r"\(SPI= *%{DATA:spi>cisco.asa.ipsec.spi}"

_UNIT = r"\((?:Primary|Secondary)\)"
_FAILOVER = "[Ii]nterface %{NOTSPACE:interface_name>network.interface.name}"

CISCO = {
    "CISCO_ACTION": (
        "Built|Teardown|Deny|Denied|denied by ACL|denied|requested|permitted|discarded|est-allowed|Dropping|created|"
        "deleted"
    ),
    "CISCO_REASON": (
        r"Duplicate TCP SYN|Failed to locate egress interface|Invalid transport field|No matching connection|"
        r"DNS (?:Response|Query)|(?:\w+\b\s*)*"
    ),
    "CISCO_DIRECTION": "[Ii]nbound|[Oo]utbound",
    "CISCO_INTERVAL": r"first hit|\d+-second interval",
    "CISCO_XLATE_TYPE": "static|dynamic",
    "CISCO_HITCOUNT_INTERVAL": (
        r"hit-cnt %{INT:hit_count>cisco.asa.hit_count:int} (?:first hit|%{INT:>cisco.asa.interval:int}-second interval)"
    ),
    "CISCOFW104001": _UNIT + r" Switching to ACTIVE - %{GREEDYDATA:switch_reason>event.reason}",
    "CISCOFW104002": _UNIT + r" Switching to STANDBY - %{GREEDYDATA:switch_reason>event.reason}",
    "CISCOFW104003": _UNIT + r" Switching to FAILED\.",
    "CISCOFW104004": _UNIT + r" Switching to OK\.",
    "CISCOFW105003": f"{_UNIT} Monitoring on {_FAILOVER} waiting",
    "CISCOFW105004": f"{_UNIT} Monitoring on {_FAILOVER} normal",
    "CISCOFW105005": f"{_UNIT} Lost Failover communications with mate on {_FAILOVER}",
    "CISCOFW105008": f"{_UNIT} Testing {_FAILOVER}",
    "CISCOFW105009": f"{_UNIT} Testing on {_FAILOVER} (?:Passed|Failed)",
    "CISCOFW106001": (
        f"{_DIRECTION} {_PROTOCOL} connection {_ACTION} from {_SOURCE}/{_SOURCE_PORT} to {_TARGET}/{_TARGET_PORT} "
        f"flags %{{DATA:tcp_flags>cisco.asa.tcp_flags}} {_ON}"
    ),
    "CISCOFW106006_106007_106010": (
        f"{_ACTION} {_DIRECTION} {_PROTOCOL} (?:from|src) {_SOURCE}/{_SOURCE_PORT}{_USER} "
        f"(?:to|dst) {_TARGET}/{_TARGET_PORT}{_TO_USER} (?:{_ON}|due to {_REASON})"
    ),
    "CISCOFW106014": (
        f"{_ACTION} {_DIRECTION} {_PROTOCOL} src {_IN}:{_SOURCE}{_USER} dst {_OUT}:{_TARGET}{_TO_USER} ?{_TYPE}"
    ),
    "CISCOFW106015": (
        rf"{_ACTION} {_PROTOCOL} \(%{{DATA:policy_id>cisco.asa.rule_name}}\) from {_SOURCE}/{_SOURCE_PORT} "
        f"to {_TARGET}/{_TARGET_PORT} flags %{{DATA:tcp_flags>cisco.asa.tcp_flags}} {_ON}"
    ),
    "CISCOFW106021": f"{_ACTION} {_PROTOCOL} reverse path check from {_SOURCE} to {_TARGET} {_ON}",
    "CISCOFW106023": (
        f"{_ACTION} (?:protocol )?{_PROTOCOL} src {_IN}:%{{IPORHOST:src_ip>source.ip}}(?:/{_SOURCE_PORT})?{_USER} "
        f"dst {_OUT}:%{{IPORHOST:dst_ip>destination.address}}(?:/{_TARGET_PORT})?{_TO_USER}(?: {_TYPE})? "
        f'by access-group "?%{{DATA:policy_id>cisco.asa.rule_name}}"? {_HASH}'
    ),
    "CISCOFW106100_2_3": (
        f"access-list {_RULE} {_ACTION} {_PROTOCOL} for user '%{{DATA:src_fwuser>user.name}}' "
        rf"{_IN}/{_SOURCE}\({_SOURCE_PORT}\) -> {_OUT}/{_TARGET}\({_TARGET_PORT}\) %{{CISCO_HITCOUNT_INTERVAL}} {_HASH}"
    ),
    "CISCOFW106100": (
        rf"access-list {_RULE} {_ACTION} {_PROTOCOL} {_IN}/{_SOURCE}\({_SOURCE_PORT}\){_USER} -> "
        rf"{_OUT}/{_TARGET}\({_TARGET_PORT}\){_TO_USER} %{{CISCO_HITCOUNT_INTERVAL}} {_HASH}"
    ),
    "CISCOFW110002": f"{_REASON} for {_PROTOCOL} from {_IN}:{_SOURCE}/{_SOURCE_PORT} to {_TARGET}/{_TARGET_PORT}",
    "CISCOFW302010": (
        "%{INT:connection_count>cisco.asa.connections.in_use:int} in use, "
        "%{INT:connection_count_max>cisco.asa.connections.most_used:int} most used"
    ),
    "CISCOFW302013_302014_302015_302016": (
        f"{_ACTION}(?: {_DIRECTION})? {_PROTOCOL} connection %{{INT:connection_id>cisco.asa.connection_id}} "
        rf"for {_IN}:{_SOURCE}/{_SOURCE_PORT}(?: \(%{{IP:src_mapped_ip>source.nat.ip}}/"
        rf"%{{INT:src_mapped_port>source.nat.port:int}}\))?{_USER} to {_OUT}:{_TARGET}/{_TARGET_PORT}"
        r"(?: \(%{IP:dst_mapped_ip>destination.nat.ip}/%{INT:dst_mapped_port>destination.nat.port:int}\))?"
        rf"{_TO_USER}(?: duration %{{TIME:duration>cisco.asa.duration}} bytes %{{INT:bytes>network.bytes:int}}"
        rf"(?: {_REASON})?(?: \(%{{DATA:user>user.name}}\))?)?"
    ),
    "CISCOFW302020_302021": (
        f"{_ACTION}(?: {_DIRECTION})? {_PROTOCOL} connection for faddr {_TARGET}/"
        rf"%{{INT:icmp_seq_num>cisco.asa.icmp_seq:int}}{_USER} gaddr %{{IP:src_xlated_ip>source.nat.ip}}/"
        rf"%{{INT:icmp_code_xlated>cisco.asa.icmp_type:int}} laddr {_SOURCE}/%{{INT:icmp_code>}}"
        r"(?: *\(%{DATA:user>user.name}\))?"
    ),
    "CISCOFW304001": rf"{_SOURCE}{_USER} Accessed URL {_TARGET}:%{{GREEDYDATA:dst_url>url.original}}",
    "CISCOFW305011": (
        f"{_ACTION} %{{CISCO_XLATE_TYPE:xlate_type>}} {_PROTOCOL} translation "
        f"from {_IN}:{_SOURCE}(?:/{_SOURCE_PORT})?{_USER} "
        r"to %{DATA:src_xlated_interface>observer.egress.interface.name}:%{IP:src_xlated_ip>destination.ip}/"
        "%{INT:src_xlated_port>destination.port:int}"
    ),
    "CISCOFW313001_313004_313008": (
        f"{_ACTION} {_PROTOCOL} type=%{{INT:icmp_type>cisco.asa.icmp_type:int}}, "
        "code=%{INT:icmp_code>cisco.asa.icmp_code:int} "
        f"from {_SOURCE} {_ON}(?: to {_TARGET})?"
    ),
    "CISCOFW313005": (
        f"{_REASON} for {_PROTOCOL} error message: %{{WORD:err_protocol>}} src {_IN}:{_SOURCE}{_USER} "
        rf"dst {_OUT}:{_TARGET}{_TO_USER} {_TYPE} on %{{NOTSPACE:interface>}} interface\. *"
        r"Original IP payload: %{WORD:orig_protocol>cisco.asa.original_ip_payload.network.transport} src "
        r"%{IP:orig_src_ip>cisco.asa.original_ip_payload.source.ip}/"
        r"%{INT:orig_src_port>cisco.asa.original_ip_payload.source.port:int}(?:\(%{DATA:orig_src_fwuser>}\))? dst "
        r"%{IP:orig_dst_ip>cisco.asa.original_ip_payload.destination.ip}/"
        r"%{INT:orig_dst_port>cisco.asa.original_ip_payload.destination.port:int}(?:\(%{DATA:orig_dst_fwuser>}\))?"
    ),
    "CISCOFW321001": (
        "Resource '%{DATA:resource_name>cisco.asa.resource.name}' "
        "limit of %{POSINT:resource_limit>cisco.asa.resource.limit:int} reached for system"
    ),
    "CISCOFW402117": (
        rf"{_KIND}: Received a non-IPSec (?:packet|protocol) \(protocol= *{_ORIGINAL}\) from {_SOURCE} to {_TARGET}\.?"
    ),
    "CISCOFW402119": (
        rf"{_KIND}: Received an %{{WORD:orig_protocol>cisco.asa.ipsec.protocol}} packet {_SPI}, "
        rf"sequence number= *%{{DATA:seq_num>cisco.asa.ipsec.seq_num}}\) from {_SOURCE} \(user= *{_NAMED}\) "
        f"to {_TARGET} that failed anti-replay checking"
    ),
    "CISCOFW419001": (
        f"{_ACTION} {_PROTOCOL} packet from {_IN}:{_SOURCE}/{_SOURCE_PORT} to {_OUT}:{_TARGET}/{_TARGET_PORT}, "
        "reason: %{GREEDYDATA:reason>event.reason}"
    ),
    "CISCOFW419002": (
        f"{_REASON} from {_IN}:{_SOURCE}/{_SOURCE_PORT} to {_OUT}:{_TARGET}/{_TARGET_PORT} "
        "with different initial sequence number"
    ),
    "CISCOFW500004": (
        rf"{_REASON} for protocol=%{{WORD:protocol>cisco.asa.network.transport}}, from {_SOURCE}/{_SOURCE_PORT} "
        rf"to {_TARGET}/{_TARGET_PORT}"
    ),
    "CISCOFW602303_602304": (
        rf"{_KIND}: An {_DIRECTION} %{{DATA:tunnel_type>cisco.asa.ipsec.tunnel_type}} SA {_SPI}\) between {_SOURCE} "
        rf"and {_TARGET} \(user= *{_NAMED}\) has been {_ACTION}"
    ),
    "CISCOFW710001_710002_710003_710005_710006": (
        f"{_PROTOCOL} (?:request|access) {_ACTION} from {_SOURCE}/{_SOURCE_PORT} to {_OUT}:{_TARGET}/"
        "%{NOTSPACE:dst_port>destination.port}"
    ),
    "CISCOFW713172": (
        r"Group = %{DATA:group>cisco.asa.source.group}, IP = %{IP:src_ip>source.ip}, Automatic NAT Detection Status:\s+"
        r"Remote end\s*%{DATA:is_remote_natted>}\s*behind a NAT device\s+This\s+end\s*%{DATA:is_local_natted>}\s*"
        r"behind a NAT device"
    ),
    "CISCOFW733100": (
        r"\[\s*%{DATA:drop_type>cisco.asa.burst.object}\s*\] drop %{DATA:drop_rate_id>cisco.asa.burst.id} exceeded\. "
        r"Current burst rate is %{INT:drop_rate_current_burst>cisco.asa.burst.current_rate:int} per second, "
        r"max configured rate is %{INT:drop_rate_max_burst>cisco.asa.burst.configured_rate:int}; "
        r"Current average rate is %{INT:drop_rate_current_avg>cisco.asa.burst.avg_rate:int} per second, "
        r"max configured rate is %{INT:drop_rate_max_avg>cisco.asa.burst.configured_avg_rate:int}; "
        r"Cumulative total count is %{INT:drop_total_count>cisco.asa.burst.cumulative_count:int}"
    ),
}
"""Messages of ASA."""
CISCO |= {
    name: f"(?:{CISCO[name]})"
    for name in ("CISCO_ACTION", "CISCO_REASON", "CISCO_DIRECTION", "CISCO_INTERVAL", "CISCO_XLATE_TYPE")
}
