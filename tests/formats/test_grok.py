from __future__ import annotations

import re
from ipaddress import AddressValueError, IPv6Address
from typing import Any

import pytest
from formats.cases import needs_shared, read_cases
from formats.named import parsed
from formats.patterns import read_lines
from hypothesis import example, given
from hypothesis import strategies as st

from logproc.errors import FormatError
from logproc.formats import resolve
from logproc.formats.grok import LIBRARY, compile_grok, expanded, inline

COMBINED = '::1 - bob [10/Oct/2000:13:55:36 +0000] "GET /a?b HTTP/1.0" 200 - "-" "curl/8"'


@pytest.mark.parametrize("name", LIBRARY)
def test_every_pattern_of_the_library_compiles(name: str):
    text = f"%{{{name}:found}}"
    assert compile_grok(text).fields["found"]
    if expanded(text) != expanded(text, ecs=True):
        assert compile_grok(text, ecs=True).fields["found"]


def test_fields_have_short_names_and_those_of_the_contract():
    row = read_lines("grok:%{COMBINEDAPACHELOG}", COMBINED.encode())[0][0]
    assert (row["clientip"], row["client"], row["verb"], row["method"]) == (b"::1", b"::1", b"GET", b"GET")
    assert (row["request"], row["target"], row["path"], row["query"]) == (b"/a?b", b"/a?b", b"/a", b"b")
    assert (row["auth"], row["user"], row["bytes"], row["referrer"]) == (b"bob", b"bob", None, None)
    assert (row["status"], row["agent"], row["user_agent"], row["time"]) == (
        b"200",
        b"curl/8",
        b"curl/8",
        971186136000000,
    )


def test_fields_have_the_names_of_the_common_schema():
    row = read_lines("grok-ecs:%{COMBINEDAPACHELOG}", COMBINED.encode())[0][0]
    assert (row["source.address"], row["client"], row["http.request.method"]) == (b"::1", b"::1", b"GET")
    assert (row["url.original"], row["path"], row["http.response.status_code"]) == (b"/a?b", b"/a", b"200")


def test_fields_are_named_typed_and_nested():
    rows, _ = read_lines(r"grok:%{WORD:[a][b]} %{NUMBER:x:float} %{INT:n:int} (?<rest>\S+)", b"w 1.5 7 z more")
    assert rows == [{"a.b": b"w", "x": b"1.5", "n": b"7", "rest": b"z"}]


def test_what_a_whole_line_means_is_its_family():
    assert resolve("grok:%{COMBINEDAPACHELOG}").family == "web"
    assert resolve("grok:%{SYSLOGLINE}").family == "syslog"
    assert resolve("grok:%{LOGLEVEL:level} %{GREEDYDATA:message}").family == "app"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("%{COMBINEDAPACHELOGS}", "there is no grok pattern %{COMBINEDAPACHELOGS}; did you mean %{COMBINEDAPACHELOG}?"),
        ("%{INT:n:colour}", "has the type 'colour'"),
        ("%{INT-:n}", "is no grok pattern"),
        ("%{INT}", "names no field"),
        ("%{INT:a b}", "is no name for a group"),
    ],
)
def test_what_is_wrong_with_a_grok_pattern_is_said(text: str, message: str):
    with pytest.raises(FormatError, match=re.escape(message)):
        resolve(f"grok:{text}")


def test_a_pattern_that_contains_itself_is_refused():
    with pytest.raises(FormatError, match="contains itself: A > B > A"):
        expanded("%{A}", library={"A": "x%{B}", "B": "%{A}"})


def test_patterns_that_grow_without_end_are_refused():
    library = {f"P{n}": f"%{{P{n + 1}}}" * 10 for n in range(9)} | {"P9": "x"}
    with pytest.raises(FormatError, match="more than 200000 characters"):
        expanded("%{P0}", library=library)


def test_patterns_of_the_configuration_are_written_out_and_win():
    own = {"QUEUE": "[0-9A-F]{10}", "LINE": "%{QUEUE:id} %{WORD:word}", "WORD": "w.rd"}
    text = inline("grok:%{LINE}: %{INT:n}", own)
    assert text == "grok:(?:(?<id>[0-9A-F]{10}) (?<word>w.rd)): %{INT:n}"
    assert read_lines(text, b"0123456789 w-rd: 3")[0] == [{"id": b"0123456789", "word": b"w-rd", "n": b"3"}]
    assert inline("regex:%{LINE}", own) == "regex:%{LINE}"


ADDRESSES = st.one_of(
    st.ip_addresses(v=6).map(str),
    st.ip_addresses(v=6).map(lambda address: address.exploded.upper()),
    st.text("0123456789abcdef:.", max_size=30),
    st.lists(st.sampled_from(["0", "1", "ffff", "", "1.2.3.4"]), min_size=1, max_size=10).map(":".join),
)


@given(ADDRESSES)
@example("0:0:0:0:0::1.2.3.4")
@example("0:0:0:0:0:0::1.2.3.4")
@example("0:0::0:0:0:1.2.3.4")
@example("0:0::0:0:0:0:1.2.3.4")
@example("::0:0:0:0:0:1.2.3.4")
def test_an_ipv6_address_is_what_python_takes_for_one(text: str):
    try:
        valid = bool(IPv6Address(text))
    except AddressValueError:
        valid = False
    assert bool(read_lines("grok:^%{IPV6:ip}$", text.encode() or b"x")[0]) == valid


@given(st.from_regex(r"[+-]?\d{1,9}(\.\d{0,6})?", fullmatch=True, alphabet=st.characters(max_codepoint=127)))
def test_a_number_is_found_whole(text: str):
    assert read_lines("grok:<%{NUMBER:n:float}>", f"<{text}>".encode())[0] == [{"n": text.encode()}]


WHOLE_LINES = {
    "%{NAGIOSLOGLINE}": (
        "[1704164645] HOST ALERT: web1;DOWN;HARD;3;no answer",
        {"nagios.log.type": "HOST ALERT", "host.hostname": "web1", "service.state": "DOWN", "message": "no answer"},
    ),
    "^%{NAGIOSLOGLINE}": (
        "[1704164645] EXTERNAL COMMAND: DISABLE_HOST_NOTIFICATIONS;web1",
        {"nagios.log.command": "DISABLE_HOST_NOTIFICATIONS", "host.hostname": "web1"},
    ),
    "%{BACULA_LOGLINE}": (
        '02-Jan 03:04 bac-dir JobId 7: Using Device "Tape1"',
        {"timestamp": "02-Jan 03:04", "bacula.job.id": "7", "bacula.volume.device": "Tape1"},
    ),
    "%{CISCOFW106021}": (
        "Deny tcp reverse path check from 192.0.2.1 to 192.0.2.9 on interface outside",
        {"source.ip": "192.0.2.1", "destination.ip": "192.0.2.9", "observer.egress.interface.name": "outside"},
    ),
    "%{CISCOFW302013_302014_302015_302016}": (
        "Teardown TCP connection 77 for outside:192.0.2.1/443 to inside:10.0.0.5/5000 duration 0:00:30 bytes 5",
        {"cisco.asa.connection_id": "77", "source.port": "443", "destination.ip": "10.0.0.5", "network.bytes": "5"},
    ),
    "%{ZEEK_CONN}": (
        "1704164645.6\tC1\t192.0.2.1\t500\t192.0.2.9\t53\tudp\tdns\t0.5\t38\t89\tSF\tT\tF\t0\tDd\t1\t66\t1\t117\t-",
        {"zeek.session_id": "C1", "source.ip": "192.0.2.1", "destination.bytes": "117", "network.protocol": "dns"},
    ),
}


@pytest.mark.parametrize(("pattern", "case"), WHOLE_LINES.items(), ids=WHOLE_LINES)
def test_patterns_of_programs_read_their_lines(pattern: str, case: tuple[str, dict[str, str]]):
    line, expected = case
    rows, _ = read_lines(f"grok-ecs:{pattern}", line.encode())
    assert {name: rows[0][name].decode() for name in expected} == expected
    assert read_lines(f"grok-ecs:^{pattern.removeprefix('^')}", b"x" + line.encode())[0] == []


# ---- lines of the tests of Logstash's own patterns -----------------------------------------------------------------

OTHER_PRODUCTS = ("RAILS3",)
"""Patterns that are not in the library: RAILS3 reads several lines at once."""

DISPUTED = {
    31: "bro: a value may not hold the tab that parts the columns",
    42: "bro: as 31",
    91: "exim: a line without a host is a good line",
    92: "exim: the name in H= is not the client's address",
    93: "exim: a line without a host is a good line",
    128: "sfw2: flags, window and prefix are not told apart",
    139: "haproxy: a wait of -1 means that there was none, as in the newer pattern: null",
    151: "catalina: the level stands on the second line",
    152: "catalina: the level stands on the second line",
    190: "netscreen: a session that did not end is a good line",
    191: "netscreen: a session that did not end is a good line",
    192: "netscreen: number and kind of the event are not told apart",
    193: "netscreen: number and kind of the event are not told apart",
    194: "netscreen: number and kind of the event are not told apart",
}
CASES = [
    pytest.param(case, id=str(number))
    for number, case in enumerate(read_cases("logstash_grok.jsonl"))
    if number not in DISPUTED and not any(name in case["spec"] for name in OTHER_PRODUCTS)
]


@needs_shared
@pytest.mark.parametrize("case", CASES or [None])
def test_lines_are_read_as_logstash_reads_them(case: dict[str, Any]):
    language = "grok" if case["options"]["patterns"] == "legacy" else "grok-ecs"
    spec = case["spec"]
    try:
        resolve(f"{language}:{spec}")
    except FormatError:
        spec = spec.replace("}", ":whole}")  # a part alone names no field
    rows, _ = read_lines(f"{language}:{spec}", case["line"].encode())
    assert bool(rows) == case["valid"]
    expected = _flat(case["expected"])
    assert {name: rows[0].get(name) for name, value in expected.items() if not _same(value, rows[0].get(name))} == {}


def _flat(value: dict[str, Any], prefix: str = "") -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, inner in value.items():
        found |= _flat(inner, f"{prefix}{name}.") if isinstance(inner, dict) else {prefix + name: inner}
    # A list is a name that stands twice; the last one wins here. The third name is a mistake of the pattern there.
    found = {name.removesuffix(".-1"): inner for name, inner in found.items()}
    return {name: inner for name, inner in found.items() if name not in {"message", "nagios_epoch"}}


def _same(expected: Any, found: bytes | int | None) -> bool:
    if isinstance(expected, list):
        return any(_same(one, found) for one in expected)
    if isinstance(expected, str):
        expected = expected.strip('"')
    if found is None:
        return expected in {"-", ""}
    text = found.decode() if isinstance(found, bytes) else str(found)
    return text.strip('"') == expected or _number(text) == _number(expected)


def _number(text: Any) -> float:
    try:
        return float(text)
    except ValueError:
        return float("nan")


def test_iptables_is_a_pattern_of_its_own():
    rows, _ = parsed(
        "grok:%{IPTABLES}",
        b"Mar  3 10:17:01 fw kernel: [12.6] [UFW BLOCK] IN=eth0 OUT= MAC=52:54:00:12:34:56:52:54:00:ab:cd:ef:08:00 "
        b"SRC=203.0.113.5 DST=10.0.0.2 LEN=40 TOS=0x00 PREC=0x00 TTL=244 ID=54321 DF PROTO=TCP SPT=43210 DPT=23 "
        b"WINDOW=65535 RES=0x00 SYN URGP=0\n"
        b"IN=eth0 OUT=eth1 SRC=2001:db8::1 DST=2001:db8::2 LEN=64 TC=0 HOPLIMIT=64 FLOWLBL=0 PROTO=UDP SPT=5353 DPT=53 "
        b"LEN=24\n",
    )
    assert [row["source.ip"] for row in rows] == ["203.0.113.5", "2001:db8::1"]
    assert [row["destination.port"] for row in rows] == [23, 53]
    assert [row["network.transport"] for row in rows] == ["TCP", "UDP"]
    assert rows[0]["source.mac"] == "52:54:00:ab:cd:ef"
    assert rows[0]["iptables.tcp.flags"] == "SYN "
