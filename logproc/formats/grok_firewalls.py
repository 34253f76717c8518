r"""Grok patterns for whole lines of firewalls.

Names and fields are as in `grok_web`.
"""

from __future__ import annotations

_IPTABLES = (
    r"SRC=%{IP:nf_src_ip>source.ip} DST=%{IP:nf_dst_ip>destination.ip} LEN=(?:%{INT:>iptables.length:int}) .*?"
    r"TOS=(?:0|0x)?(?:%{BASE16NUM:>iptables.tos})? PREC=(?:0x)?(?:%{BASE16NUM:>iptables.precedence_bits})? "
    r"TTL=%{INT:>iptables.ttl:int} ID=(?:%{INT:>iptables.id})?.*? PROTO=%{WORD:nf_protocol>network.transport}"
    r"(?: SPT=%{INT:nf_src_port>source.port:int} DPT=%{INT:nf_dst_port>destination.port:int}.*?)?"
)

FIREWALLS = {
    "SHOREWALL": (
        r"(?:%{SYSLOGTIMESTAMP:timestamp}) (?:%{WORD:nf_host>observer.hostname}) .*?Shorewall:"
        r"(?:%{WORD:nf_action1>shorewall.firewall.type})?:"
        r"(?:%{WORD:nf_action2>shorewall.firewall.action})?.*?IN="
        r"(?:%{USERNAME:nf_in_interface>observer.ingress.interface.name})?.*?"
        r"(?:OUT= *MAC=(?:%{COMMONMAC:nf_dst_mac>destination.mac}):(?:%{COMMONMAC:nf_src_mac>source.mac})?"
        r"|OUT=%{USERNAME:nf_out_interface>observer.egress.interface.name}).*?" + _IPTABLES
    ),
    "IPTABLES_TCP_FLAGS": "(?:(?:CWR|ECE|URG|ACK|PSH|RST|SYN|FIN) )*",
    "IPTABLES_TCP_PART": (
        r"(?:SEQ=%{INT:iptables.tcp.seq:int} )?(?:ACK=%{INT:iptables.tcp.ack:int} )?WINDOW="
        r"%{INT:iptables.tcp.window:int} RES=0x%{BASE16NUM:iptables.tcp_reserved_bits} "
        r"%{IPTABLES_TCP_FLAGS:iptables.tcp.flags}"
    ),
    "IPTABLES4_FRAG": r"(?:CE|DF|MF|FRAG: ?%{INT:iptables.fragment_offset:int})",
    "IPTABLES4_PART": (
        r"SRC=%{IPV4:source.ip} DST=%{IPV4:destination.ip} LEN=%{INT:iptables.length:int} "
        r"TOS=(?:0|0x)?%{BASE16NUM:iptables.tos} PREC=(?:0x)?%{BASE16NUM:iptables.precedence_bits} "
        r"TTL=%{INT:iptables.ttl:int} ID=%{INT:iptables.id}(?: (?:%{IPTABLES4_FRAG}))*"
    ),
    "IPTABLES6_PART": (
        r"SRC=%{IPV6:source.ip} DST=%{IPV6:destination.ip} LEN=%{INT:iptables.length:int} "
        r"TC=(?:0|0x)?%{BASE16NUM:iptables.tos} HOPLIMIT=%{INT:iptables.ttl:int} "
        r"FLOWLBL=%{INT:iptables.flow_label}"
    ),
    "IPTABLES": (
        r"IN=(?:%{NOTSPACE:observer.ingress.interface.name})? OUT=(?:%{NOTSPACE:observer.egress.interface.name})? "
        r"(?:MAC=(?:%{COMMONMAC:destination.mac}(?::%{COMMONMAC:source.mac})?)?\S* )?"
        r"(?:%{IPTABLES4_PART}|%{IPTABLES6_PART}) PROTO=%{WORD:network.transport}"
        r"(?: SPT=%{INT:source.port:int} DPT=%{INT:destination.port:int})?"
        r"(?: LEN=%{INT})?(?: %{IPTABLES_TCP_PART})?"
    ),
    "SFW2_LOG_PREFIX": r"SFW2-INext-%{NOTSPACE:nf_action>suse.firewall.action}",
    "SFW2": (
        r"(?:(?:%{SYSLOGTIMESTAMP:timestamp})|(?:%{TIMESTAMP_ISO8601:timestamp})) "
        r"(?:%{NOTSPACE:>observer.hostname}) kernel: "
        r"\[ *%{NUMBER:nf_uptime>}\] %{SFW2_LOG_PREFIX} IN="
        r"(?:%{USERNAME:nf_in_interface>observer.ingress.interface.name})? "
        r"(?:OUT=(?:%{USERNAME:nf_out_interface>observer.egress.interface.name})? )(?:MAC="
        r"(?:%{COMMONMAC:nf_dst_mac>destination.mac}):"
        r"(?:%{COMMONMAC:nf_src_mac>source.mac})\S* )?" + _IPTABLES
    ),
    "NETSCREENSESSIONLOG": (
        r"%{SYSLOGTIMESTAMP:date>timestamp} %{IPORHOST:device>observer.hostname} %{NOTSPACE}: NetScreen device_id="
        r"%{WORD:device_id>netscreen.device_id} .*?start_time=%{QS:start_time>netscreen.session.start_time} "
        r"duration=%{INT:duration>netscreen.session.duration:int} policy_id=%{INT:policy_id>netscreen.policy_id} "
        r"service=%{DATA:service>netscreen.service} proto=%{INT:proto>netscreen.protocol_number:int} "
        r"src zone=%{WORD:src_zone>observer.ingress.zone} dst zone=%{WORD:dst_zone>observer.egress.zone} "
        r"action=%{WORD:action>event.action} sent=%{INT:sent>source.bytes:int} rcvd="
        r"%{INT:rcvd>destination.bytes:int} "
        r"src=%{IPORHOST:src_ip>source.address} dst=%{IPORHOST:dst_ip>destination.address}"
        r"(?: src_port=%{INT:src_port>source.port:int} dst_port=%{INT:dst_port>destination.port:int})?"
        r"(?: src-xlated ip=%{IP:src_xlated_ip>source.nat.ip} port=%{INT:src_xlated_port>source.nat.port:int} "
        r"dst-xlated ip=%{IP:dst_xlated_ip>destination.nat.ip} port=%{INT:dst_xlated_port>destination.nat.port:int})?"
        r"(?: session_id=%{INT:session_id>netscreen.session.id})?(?: reason="
        r"%{GREEDYDATA:reason>netscreen.session.reason})?"
    ),
    "RT_FLOW_TAG": "(?:RT_FLOW_SESSION_CREATE|RT_FLOW_SESSION_CLOSE|RT_FLOW_SESSION_DENY)",
    "RT_FLOW_EVENT": "%{RT_FLOW_TAG}",
    "RT_FLOW1": (
        r"%{RT_FLOW_EVENT:event>juniper.srx.tag}: %{GREEDYDATA:close-reason>juniper.srx.reason}: "
        r"%{IP:src-ip>source.ip}/%{INT:src-port>source.port:int}->%{IP:dst-ip>destination.ip}/"
        r"%{INT:dst-port>destination.port:int} "
        r"%{DATA:service>juniper.srx.service_name} %{IP:nat-src-ip>source.nat.ip}/"
        r"%{INT:nat-src-port>source.nat.port:int}->"
        r"%{IP:nat-dst-ip>destination.nat.ip}/%{INT:nat-dst-port>destination.nat.port:int} "
        r"%{NOTSPACE:src-nat-rule-name>juniper.srx.src_nat_rule_name} "
        r"%{NOTSPACE:dst-nat-rule-name>juniper.srx.dst_nat_rule_name} "
        r"%{INT:protocol-id>network.iana_number} %{NOTSPACE:policy-name>rule.name} "
        r"%{NOTSPACE:from-zone>observer.ingress.zone} %{NOTSPACE:to-zone>observer.egress.zone} "
        r"%{INT:session-id>juniper.srx.session_id} \d+\(%{INT:sent>source.bytes:int}\) "
        r"\d+\(%{INT:received>destination.bytes:int}\) %{INT:elapsed-time>juniper.srx.elapsed_time:int} .*"
    ),
    "RT_FLOW2": (
        r"%{RT_FLOW_EVENT:event>juniper.srx.tag}: session created "
        r"%{IP:src-ip>source.ip}/%{INT:src-port>source.port:int}->%{IP:dst-ip>destination.ip}/"
        r"%{INT:dst-port>destination.port:int} "
        r"%{DATA:service>juniper.srx.service_name} %{IP:nat-src-ip>source.nat.ip}/"
        r"%{INT:nat-src-port>source.nat.port:int}->"
        r"%{IP:nat-dst-ip>destination.nat.ip}/%{INT:nat-dst-port>destination.nat.port:int} "
        r"%{NOTSPACE:src-nat-rule-name>juniper.srx.src_nat_rule_name} "
        r"%{NOTSPACE:dst-nat-rule-name>juniper.srx.dst_nat_rule_name} "
        r"%{INT:protocol-id>network.iana_number} %{NOTSPACE:policy-name>rule.name} "
        r"%{NOTSPACE:from-zone>observer.ingress.zone} %{NOTSPACE:to-zone>observer.egress.zone} "
        r"%{INT:session-id>juniper.srx.session_id} .*"
    ),
    "RT_FLOW3": (
        r"%{RT_FLOW_EVENT:event>juniper.srx.tag}: session denied "
        r"%{IP:src-ip>source.ip}/%{INT:src-port>source.port:int}->%{IP:dst-ip>destination.ip}/"
        r"%{INT:dst-port>destination.port:int} "
        r"%{NOTSPACE:service>juniper.srx.service_name} %{INT:protocol-id>network.iana_number}\(\d\) "
        r"%{NOTSPACE:policy-name>rule.name} "
        r"%{NOTSPACE:from-zone>observer.ingress.zone} %{NOTSPACE:to-zone>observer.egress.zone} .*"
    ),
}
"""Firewalls."""
