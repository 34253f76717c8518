"""Logs of what guards: intrusion detection, bans, and events of Windows.

https://docs.suricata.io/en/latest/output/
"""

from __future__ import annotations

from logproc.formats.format import Format, Sample
from logproc.formats.heads import (
    ISO,
    LOGGER,
    MESSAGE,
    app,
    level,
    literal,
    maybe,
    number,
    stamp,
    word,
)
from logproc.formats.program import Meaning, Slot
from logproc.formats.within import Part, Within
from logproc.model import Kind

_ALERT = Within(
    "detail",
    (
        Part("classification", b"[Classification: ", b"]"),
        Part("priority", b"[Priority: ", b"]"),
        Part("protocol", b"{", b"}"),
        Part("client", b"} ", b" -> ", in_front=True, host=True),
        Part("destination", b" -> ", in_front=True),
    ),
    kinds={"priority": Kind.INTEGER},
)


"""How the lines begin that stand above the events: what the numbers of events mean."""


def _event_viewer(name: str, doc: str, first: Slot, header: bytes, line: str, expected: dict[str, object]) -> Format:
    """Return a row of events as CSV; the header does not name the message, which keeps its closing quote."""
    return app(
        name,
        doc,
        (
            first,
            stamp("%m/%d/%Y %I:%M:%S %p", b","),
            Slot("program", Meaning.TEXT, b","),
            number("event_id", b","),
            Slot("task", Meaning.TEXT, b","),
            maybe(literal(b'"')),
            MESSAGE,
        ),
        rank=0,
        head=2,
        continues="message",
        headers=(header,),
        samples=(
            Sample(
                line, {"time": "2024-01-02T15:04:05Z", "program": "DCOM", "event_id": 16, "task": "None", **expected}
            ),
        ),
        refused=("Error,2024-01-02 03:04:05,DCOM,16,None,x", "DCOM,16,None,x"),
    )


GUARDS = (
    _event_viewer(
        "event_viewer",
        "Windows Event Viewer's events as CSV, dates as in the United States",
        Slot("level", Meaning.LEVEL, b","),
        b"Level,Da",
        "Error,1/2/2024 3:04:05 PM,DCOM,16,None,The service did not start.",
        {"level": "ERROR", "message": "The service did not start."},
    ),
    _event_viewer(
        "event_viewer_security",
        "the same of the security log, whose first column is keywords",
        Slot("keywords", Meaning.TEXT, b","),
        b"Keywords",
        'Audit Failure,1/2/2024 3:04:05 PM,DCOM,16,None,"An account failed to log on.',
        {"keywords": "Audit Failure", "message": "An account failed to log on."},
    ),
    app(
        "fast_log",
        "fast.log of Suricata and Snort: time [**] [rule] message [**] [class] [priority] {protocol} from -> to",
        (
            stamp("%m/%d/%Y-%H:%M:%S%.%|%m/%d/%y-%H:%M:%S%.%|%m/%d-%H:%M:%S%.", b" "),
            Slot(None, Meaning.LITERAL, b"", opening=b"", padded=True),
            maybe(literal(b"[**] [")),
            maybe(Slot("action", Meaning.WORD, b"] [**] [", opening=b"[")),
            word("rule", b"] "),
            Slot("message", Meaning.TEXT, b" [**] "),
            Slot("detail", Meaning.TEXT, b"\n"),
        ),
        rank=1,
        single=True,
        needs=(b"[**] [", b" -> "),
        within=_ALERT,
        samples=(
            Sample(
                "01/02/2024-03:04:05.678901  [**] [1:2100498:7] GPL ATTACK_RESPONSE id check returned root [**] "
                "[Classification: Potentially Bad Traffic] [Priority: 2] {TCP} 192.0.2.1:80 -> 10.0.0.5:43211",
                {
                    "time": "2024-01-02T03:04:05.678901Z",
                    "rule": "1:2100498:7",
                    "message": "GPL ATTACK_RESPONSE id check returned root",
                    "classification": "Potentially Bad Traffic",
                    "priority": 2,
                    "protocol": "TCP",
                    "client": "192.0.2.1",
                    "destination": "10.0.0.5:43211",
                },
            ),
            Sample(
                "01/02-03:04:06.678901  [wDrop] [**] [1:384:5] PING [**] [Priority: 3] {IPV6-ICMP} 2001:db8::1 -> ::2",
                {"action": "wDrop", "rule": "1:384:5", "classification": None, "client": "2001:db8::1"},
            ),
        ),
        refused=("01/02/2024-03:04:05.678901  [1:2100498:7] GPL", "[**] [1:384:5] ICMP PING [**]"),
    ),
    app(
        "suricata",
        "Suricata's own log up to 6: day/month/year -- clock - <Level> - message",
        (
            maybe(number("pid", b"] ", b"[")),
            stamp("%d/%m/%Y -- %H:%M:%S", b" - "),
            maybe(word("file", b") ", b"(")),
            level(b"> ", b"<", padded=False),
            maybe(word("logger", b") -", b"(")),
            maybe(literal(b"- ")),
            MESSAGE,
        ),
        rank=-2,
        needs=(b" -- ", b" - ", b"> "),
        head=2,
        samples=(
            Sample(
                "2/1/2024 -- 03:04:05 - <Notice> - This is Suricata version 6.0.4 RELEASE",
                {
                    "time": "2024-01-02T03:04:05Z",
                    "pid": None,
                    "level": "INFO",
                    "message": "This is Suricata version 6.0.4 RELEASE",
                },
            ),
            Sample(
                "[12] 2/1/2024 -- 03:04:05 - (util-cpu.c:178) <Info> (UtilCpuPrintSummary) -- CPUs/cores online: 4",
                {
                    "pid": 12,
                    "file": "util-cpu.c:178",
                    "level": "INFO",
                    "logger": "UtilCpuPrintSummary",
                    "message": "CPUs/cores online: 4",
                },
            ),
        ),
        refused=("2/1/2024 -- 03:04:05 - x", "2/13/2024 -- 03:04:05 - <Info> - x"),
    ),
    app(
        "ossec",
        "OSSEC and Wazuh: time program: LEVEL: message",
        (stamp("%Y/%m/%d %H:%M:%S", b" "), word("program", b": "), level(b": ", padded=False), MESSAGE),
        rank=-3,
        needs=(b": ",),
        begins=rb"\d{4}/\d\d/\d\d [\d:]{8} (?:ossec|wazuh)-\S+: [A-Z]+: ",
        samples=(
            Sample(
                "2024/01/02 03:04:05 ossec-agentd: INFO: Trying to connect to server",
                {
                    "time": "2024-01-02T03:04:05Z",
                    "program": "ossec-agentd",
                    "level": "INFO",
                    "message": "Trying to connect to server",
                },
            ),
        ),
        refused=("2024/01/02 03:04:05 ossec-agentd: x", "2024-01-02 03:04:05 ossec-agentd: INFO: x"),
    ),
    app(
        "fail2ban_old",
        "Fail2ban up to 0.8: time logger: LEVEL message",
        (stamp(ISO, b" "), LOGGER, level(), MESSAGE),
        rank=-3,
        begins=rb"\d{4}-\d\d-\d\d [\d:]{8},\d{3} fail2ban\.[\w.]+ *: [A-Z]+ ",
        samples=(
            Sample(
                "2024-01-02 03:04:05,678 fail2ban.actions: WARNING [ssh] Ban 192.0.2.1",
                {
                    "time": "2024-01-02T03:04:05.678000Z",
                    "logger": "fail2ban.actions",
                    "level": "WARN",
                    "message": "[ssh] Ban 192.0.2.1",
                },
            ),
        ),
        refused=("2024-01-02 03:04:05,678 fail2ban.actions x", "fail2ban.actions: WARNING x"),
    ),
)
"""Rows of the family."""
