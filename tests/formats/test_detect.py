from __future__ import annotations

import functools
import random
import re
from typing import TYPE_CHECKING

import pytest
from formats.cases import MATCHER, SHARED, count_lines, needs_shared, read_cases
from hypothesis import given
from hypothesis import strategies as st

from logproc.formats import FORMATS, outlook, parser
from logproc.formats.detect import BY_RANK, Detection, detect
from logproc.formats.format import SEPARATOR
from logproc.formats.outlook import HEAD_BYTES, Outlook
from logproc.formats.parser import Matcher
from logproc.formats.regex_tree import Place, Row, parse
from logproc.formats.shapes import shape_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from logproc.formats import Format

COMMON = b'::1 - - [10/Oct/2000:13:55:36 +0000] "GET / HTTP/1.0" 200 2326\n'
COMBINED = b'::1 - - [10/Oct/2000:13:55:36 +0000] "GET / HTTP/1.0" 200 2326 "-" "curl"\n'
VHOST = b"www.test:80 " + COMBINED
JSON = b'{"ts":1,"msg":"a"}\n'
OTHER = b'[OTHER] of "something" else\n'


def found(*samples: bytes) -> Detection:
    return detect(samples, matcher=count_lines)


@pytest.mark.no_cover
@pytest.mark.parametrize("row", FORMATS.values(), ids=FORMATS)
def test_the_samples_of_a_format_are_detected_as_it(row: Format):
    text = "".join(sample.line + "\n" for sample in row.samples).encode()
    assert found(text).format == row.name


@pytest.mark.parametrize(
    ("text", "name"),
    [(COMMON, "common"), (COMBINED, "combined"), (VHOST, "vhost_combined"), (JSON, "jsonl")],
)
def test_the_most_specific_of_the_formats_that_match_wins(text: bytes, name: str):
    assert found(text * 3) == Detection(name, 1.0, None, "100 % of 3 lines match")


def test_the_candidates_are_tried_from_the_most_specific_on():
    names = [row.name for row in BY_RANK]
    some = ("caddy", "jsonl", "w3c", "combined", "common")
    assert tuple(name for name in names if name in some) == some
    # What syslog finds in front of a message stands in front of other formats, too; pairs stand in any text.
    assert names.index("syslog") < names.index("android")
    last = ("timed", "go", "ltsv", "dated", "dated_bracketed", "epoch", "logfmt", "tsv", "csv")
    assert tuple(name for name in names if name in last) == last
    assert sorted(names) == sorted(FORMATS)


@pytest.mark.parametrize(
    ("line", "name", "confidence"),
    [
        ("2024-01-02 03:04:05.678 [main] [INFO] c.e.App - no MySQL", "thread_then_level", 1.0),
        ("Jan 02 03:04:05.678 INFO no host", "timed_month_name", 1.0),
        ("Jan  2 03:04:05 info sshd[5]: x", "syslog", 1.0),
        ("2024-01-02 03:04:05+0000 [-] Log opened.", "twisted", 1.0),
        ("2024-01-02 03:04:05 INFO ready", "timed", 0.9),
        ("2024/01/02 03:04:05 listening on :8080", "go", 0.9),
        ("2024-01-02 03:04:05 started archives unpack", "dated", 0.7),
        ("2024/01/02 03:04:05 -05:00 767 a zone, no level", "dated", 0.7),
        ("2024-01-02 03:04:05 -1 is no level", "dated", 0.7),
        ("02.01.2024 03:04:05 -9999 12.5", "dated", 0.7),
        ("2024/01/02 03:04:05 -9999 12.5", "go", 0.9),
        (
            "2024-01-02 03:04:05 Checking\n2024-01-02 03:04:06 install libfoo 1.2 done\n2024-01-02 03:04:07 Reboot now",
            "dated",
            0.7,
        ),
        ("2024-01-02T03:04:05.678Z executor-1 operation=4e  DEBUG vim.Task Invoking it", "dated", 0.7),
        ("[2024-01-02 03:04:05] ready", "dated_bracketed", 0.7),
        ("2024-01-02 03:04:05,678 INFO a.b.C: x", "hadoop", 0.9),
        ("2024-01-02 03:04:05,678 INFO org.apache.hadoop.hdfs.DFSClient: x", "hadoop", 1.0),
        ("2024-01-02T03:04:05Z one two: three", "syslog", 0.9),
        ("2024-01-02T03:04:05Z web1 sshd[5]: three", "syslog", 1.0),
        ("Jan  2 03:04:05 web1 kernel: x", "syslog", 1.0),
    ],
)
def test_a_format_that_others_write_too_is_not_certain(line: str, name: str, confidence: float):
    result = found(line.encode() + b"\n", line.encode() + b"\n")
    assert (result.format, result.confidence) == (name, confidence)
    assert result.reason.endswith("as would those of other programs") == (confidence < 1)


@pytest.mark.parametrize(
    ("line", "name"),
    [
        ("2024-03-11 08:12:01,123 INFO  org.apache.flink.core.PluginConfig    [] - None", "flink"),
        ("2024-03-11 08:12:01.123 INFO  (main) [   ] o.e.j.s.Server jetty-9.4.44", "solr"),
        ("2024-03-11 08:12:01,123 [main] INFO a.b.C - x", "log4j"),
        ("2024-03-11T08:12:01.123+0100 I NETWORK  [conn1] end connection", "mongodb"),
        ("2024-03-11 08:12:01,123 - util.py[DEBUG]: x", "cloud_init"),
        ("2024-03-11 08:12:01,123 - a b: x", "dated"),
        ("2024-03-11 08:12:01 EST INFO x", "timed"),
        ("Mar 11 2024 08:12:01.123 EST x", "dated"),
        ("2024-03-11 08:12:01 [main] INFO x", "timed_thread"),
        ("2024-03-11 08:12:01 | INFO | x", "timed_separated"),
        ("2024-03-11 08:12:01:123 INFO x", "timed"),
        ("[11/Mar/2024:08:12:01 +0000] - - http-1 ::1", "dated_bracketed"),
        ("ERROR - 2024-03-11 08:12:01 --> 404", "level_first"),
        ("Mar 11 2024 08:12:01 GMT: INFO (info): (ticker.c:168) NODE-ID", "timed"),
        ("Nov 29 22:18:29 mac prog[87] <Info>: Music: Allow", "apple_syslog"),
        ('{"target":"/a?b","level":"INFO","message":"x"}', "jsonl"),
        ("#Fields: date time c-ip cs-method cs-uri-stem\n2024-03-11 08:12:01 ::1 GET /a", "w3c"),
        ("2024-03-11 08:12:01 System started", "dated"),
        ("2024-03-11 08:12:01 SYSTEM started", "timed"),
        ("Tue Jan  2 03:04:05 2024 -> a b", "clamav"),
        ("[02/Jan/2024:03:04:05.678901234 +0000] conn=1 op=0 x", "dated_bracketed"),
        ("2024-03-11T08:12:01.123+0100 [DEBUG] x: y", "hclog"),
        ("2024-03-11 08:12:01.678 UTC [12] LOG C-0x55: a/b@192.0.2.1:4 login", "pgbouncer"),
        ("2024-03-11 08:12:01.678 UTC [12] LOG:  a", "postgres"),
        ("2024-03-11 08:12:01 imap-login: Info: Login: user=<joe>", "dovecot"),
        ("Jan 02 03:04:05 mx1 dovecot: imap-login: Login: user=<joe>", "syslog"),
        ("83 <158>1 2024-01-02T03:04:05Z host app 7 ID - x", "rfc5424_counted"),
        ("83 <158>1 2024-01-02T03:04:05Z host heroku web.1 - x y", "logplex"),
    ],
)
def test_layouts_that_are_nearly_alike_are_told_apart(line: str, name: str):
    assert detect([line.encode() + b"\n"], matcher=MATCHER).format == name


@pytest.mark.parametrize(
    ("dates", "name"),
    [
        (("03/05/2024", "04/05/2024"), "dated_month_first"),
        (("03/05/2024", "25/05/2024"), "dated_day_first"),
        (("03-05-2024", "04-05-2024"), "dated_day_first"),
        (("03-05-2024", "03-25-2024"), "dated_month_first_dashes"),
        (("03/05/24", "12/31/24"), "dated_month_first"),
        (("24/03/05", "24/03/06"), "dated_short_year"),
    ],
)
def test_all_lines_of_a_file_say_which_digits_of_a_date_are_the_month(dates: tuple[str, ...], name: str):
    text = b"".join(f"{date} 14:15:16 a b\n".encode() for date in dates)
    assert detect([text], matcher=MATCHER).format == name


@pytest.mark.parametrize("level", ["INFO up", "up"])
@pytest.mark.parametrize(
    ("written", "later", "clock"),
    [
        ("{month:02}/{day:02}/2024", "dated_month_first", "03:04:05"),
        ("{day:02}/{month:02}/2024", "dated_day_first", "03:04:05"),
        ("{day:02}.{month:02}.24", "dated_day_first", "03:04:05"),
        ("{month:02}-{day:02}-2024", "dated_month_first_dashes", "03:04:05"),
        ("{day}/{month}/2024", "dated_day_first", "3:04:05 PM"),
    ],
)
def test_a_few_lines_past_the_12th_say_what_the_digits_of_all_dates_mean(
    written: str, later: str, clock: str, level: str
):
    days = [*range(1, 13)] * 5 + [25, 26]
    text = "".join(f"{written.format(day=day, month=3)} {clock} {level}\n" for day in days).encode()
    result = detect([text], matcher=MATCHER, refused=parser.Matcher().refused)
    expected = later.replace("dated", "timed") if level.startswith("INFO") else later
    assert (result.format, result.tried) == (expected, ())


def test_few_lines_of_a_more_specific_format_are_read_by_it_if_they_are_most():
    access = b'1.2.3.4:5 [09/Dec/2013:12:59:46.633] a b/c 0/0/0/0/9 200 1 - - ---- 1/0/0/0/0 0/0 "GET / HTTP/1.1"'
    head = b"Mar 11 08:12:01 lb1 haproxy[7]: "
    text = (head + access + b"\n") * 2 + head + b"Server b/c is DOWN.\n"
    result = detect([text], matcher=count_lines, refused=MATCHER.refused)
    assert (result.format, result.tried) == ("haproxy", ("haproxy", "syslog"))


@functools.cache
def outlooks() -> list[Outlook]:
    lines = [sample.line for row in FORMATS.values() for sample in row.samples]
    changed = {text for line in lines for text in (line, f" {line}", line.lower(), line.upper())}
    return [Outlook(line.encode() + b"\n") for line in sorted(changed)]


@pytest.mark.no_cover
@pytest.mark.parametrize("row", FORMATS.values(), ids=FORMATS)
def test_a_format_that_reads_lines_is_never_ruled_out_by_how_these_begin(row: Format):
    pattern = shape_of(row)
    if pattern is None:
        return
    texts = [known.text for known in outlooks() if known.shapes and not any(map(pattern.match, known.shapes))]
    if row.engine == SEPARATOR and row.program is not None and not row.program.head:  # each line by itself
        texts = [b"".join(texts[at : at + 50]) for at in range(0, len(texts), 50)]
    assert [text for text in texts if MATCHER(row, text)[0]] == []


def test_blank_lines_in_front_change_no_decision():
    line = (
        b"Sep 20 15:44:23 lb1 haproxy[7]: 192.0.2.1:40962 [20/Sep/2018:15:44:23.285] main app/<NOSRV> -1/-1/1 212 SC "
    )
    text = line + b"1/1/0/0/0 0/0\n"
    assert found(b" \n\t\n\n\r\n\n" + text).format == found(text).format == "haproxy_tcp"


def read_in_full(monkeypatch: pytest.MonkeyPatch, text: bytes) -> Detection:
    """Detect as if nothing were known of formats but what they say themselves."""

    def possible(outlook: Outlook, ordered: tuple[Format, ...]) -> list[list[Format]]:
        return [[row for row in ordered if all(needed in outlook.text for needed in row.needs)]]

    def begins(outlook: Outlook, row: Format) -> bool:
        return row.begins is None or row.begins.search(outlook.text, 0, HEAD_BYTES) is not None

    with monkeypatch.context() as patch:
        patch.setattr(Outlook, "possible", possible)
        patch.setattr(Outlook, "begins", begins)
        return detect([text], matcher=MATCHER, refused=MATCHER.refused)


def test_a_lone_file_takes_no_parsers_of_formats_behind_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[Format] = []
    new_parser = parser.new_parser

    def noted(fmt: Format, wanted: Iterable[str], capacity: int) -> parser.Parser:
        made.append(fmt)
        return new_parser(fmt, wanted, capacity)

    monkeypatch.setattr(parser, "new_parser", noted)
    matcher = Matcher()
    answer = detect([COMBINED], matcher=matcher, refused=matcher.refused, readers=matcher.readers)
    assert answer.format == "combined"
    assert 1 <= len(made) < 10


def read_fast(monkeypatch: pytest.MonkeyPatch, text: bytes) -> Detection:
    """Detect by all that is known of formats, from the first text on."""
    monkeypatch.setattr(outlook, "ASKED_OFTEN", 0)
    return detect([text], matcher=MATCHER, refused=MATCHER.refused, readers=MATCHER.readers)


@pytest.mark.parametrize("then", [b"", b"plain text\n"])
def test_what_was_read_of_a_text_and_not_asked_for_is_not_said_of_another(monkeypatch: pytest.MonkeyPatch, then: bytes):
    monkeypatch.setattr(outlook, "ASKED_OFTEN", 0)
    common, vhost = FORMATS["common"], FORMATS["vhost_combined"]
    matcher = Matcher()
    assert list(matcher.readers([common], COMMON)) == [common]
    assert list(matcher.readers([vhost], then)) == []
    assert matcher(common, then) == (0, then.count(b"\n"))
    assert matcher(common, COMMON) == (1, 0)


def texts_of_many_kinds() -> Iterator[bytes]:
    chance = random.Random(11)
    lines = [sample.line.encode() + b"\n" for row in FORMATS.values() for sample in row.samples]
    for row in FORMATS.values():
        line = row.samples[0].line.encode() + b"\n"
        yield line
        yield b"\n" * 5 + line
        at = chance.randrange(len(line))
        yield line[:at] + chance.choice([b"\0", b" ", b"\r", b"0", b"\xff", b"\n"]) + line[at + chance.randrange(2) :]
    for _ in range(100):
        yield b"".join(chance.choices(chance.choices(lines, k=3), k=8))
    for path in sorted((SHARED / "corpora").rglob("*")):
        if path.is_file() and path.suffix not in {".gz", ".bz2", ".xz", ".zst"}:
            with path.open("rb") as file:
                yield file.read(1 << 11)
    for path in sorted((SHARED / "cases").glob("*.jsonl")):
        cases = [str(case.get("line", "")) for case in read_cases(path.name)]
        for at in range(0, len(cases), 24):
            yield "\n".join(cases[at : at + 24]).encode()


@pytest.mark.no_cover
def test_what_is_ruled_out_beforehand_changes_no_decision(monkeypatch: pytest.MonkeyPatch):
    texts = list(texts_of_many_kinds())
    different = [
        (text, fast, full)
        for text in random.sample(texts, len(texts) // 4)  # each run asks of others: all of them take long
        if (fast := read_fast(monkeypatch, text)) != (full := read_in_full(monkeypatch, text))
    ]
    assert different == []


@pytest.mark.parametrize("row", [row for row in FORMATS.values() if row.begins is not None], ids=lambda row: row.name)
def test_how_lines_begin_is_asked_at_the_beginning_of_lines(row: Format):
    assert row.begins is not None
    tree = parse(row.begins.pattern, row.name)
    assert isinstance(tree, Row)
    assert tree.nodes[0] == Place("start")
    assert row.begins.flags & re.MULTILINE


def test_a_more_specific_format_may_lose_a_few_lines():
    assert found(COMBINED * 97 + COMMON * 3).format == "combined"
    mixed = found(COMBINED * 80 + COMMON * 20)
    assert (mixed.format, mixed.confidence, mixed.runner_up) == ("common", 1.0, "combined")


def test_damaged_lines_of_a_format_make_no_other_certain():
    text = ("[2018-05-17T08:29:12,177][INFO ][o.e.c.Meta] [n1] up\n" * 4 + "[2018-05-17T08:29:12,177][INFO ][o.\n") * 20
    detected = found(text.encode())
    assert detected.format == "elasticsearch" or detected.confidence <= 0.9
    line = "Jan 02 03:04:05 imap(joe)<1234><abc>: Info: Disconnected: Logged out in=44 out=1234\n"
    detected = found((line * 4 + line[:40] + "\n").encode() * 20)
    assert (detected.format, detected.confidence <= 0.9) == ("syslog", True)
    assert "80 % are lines of dovecot" in detected.reason


def test_confidence_is_the_share_of_lines_that_match():
    result = found(COMBINED * 3 + OTHER)
    assert (result.format, result.confidence) == ("combined", 0.75)
    assert result.reason == "75 % of 4 lines match"


def test_a_format_that_reads_less_than_half_is_not_chosen():
    result = found(COMBINED * 12 + OTHER * 88)
    assert result == Detection(None, 0.0, "combined", "no known format matches (best: combined, 12 % of lines)")


def test_rests_of_cut_records_do_not_count_against_a_format():
    result = found(COMBINED * 2 + b' "rest of a record"\n' * 6)
    assert (result.format, result.confidence) == ("combined", 0.25)


@pytest.mark.parametrize(
    ("line", "name"),
    [
        (COMBINED, "combined"),
        (b"2024-01-02 03:04:05,678 fail2ban.actions: WARNING [ssh] Ban 192.0.2.1\n", "fail2ban_old"),
    ],
)
def test_what_another_program_left_at_the_head_of_a_large_file_does_not_decide(line: bytes, name: str):
    junk = b"starting ...\n" * 2000
    result = detect([junk, line * 700, line * 700], matcher=MATCHER, refused=MATCHER.refused)
    assert result.format == name
    assert result.confidence == pytest.approx(1400 / 3400)
    assert result.reason.startswith("41 % of 3400 lines match, and behind the first third 100 % of 1")
    assert detect([junk * 4, line * 700], matcher=MATCHER, refused=MATCHER.refused).format is None


def test_unknown_text_has_no_format_and_no_confidence():
    result = found(b"10-10 13:55:36.811  1702 is what D Manager says\n" * 5)
    assert result == Detection(None, 0.0, None, "no known format matches")


APP = b"2024-01-02 03:04:05,678 [main] ERROR com.example.App - failed\n"


def test_lines_of_another_format_are_not_taken_for_a_stack_trace():
    result = found(APP * 40 + COMBINED * 40)
    assert (result.format, result.confidence) == ("combined", 0.5)


def test_a_stack_trace_does_not_count_against_its_format():
    trace = b"java.lang.Error: x\n" + b"\tat a.B.c(B.java:1)\n" * 30 + b"Caused by: y\n" + b"\tat d.E.f(E.java:2)\n" * 9
    result = found((APP + trace) * 3)
    assert (result.format, result.confidence) == ("log4j", 1.0)


def test_a_long_record_of_a_file_that_nothing_else_reads_is_doubted_and_read():
    result = found(APP + b"what follows is long\n" * 50)
    assert (result.format, result.confidence) == ("log4j", 0.5)


@pytest.mark.parametrize("text", [b"", b"\n\n", b" \t\n"])
def test_a_file_without_lines_has_no_format(text: bytes):
    assert found(text) == Detection(None, 0.0, None, "no lines")


def test_no_samples_have_no_format():
    assert found() == Detection(None, 0.0, None, "no lines")


def test_samples_are_lines_even_where_the_last_one_is_not_ended():
    result = found(COMMON.rstrip(b"\n"), COMMON, COMMON.rstrip(b"\n"))
    assert result.reason == "100 % of 3 lines match"


def test_only_the_candidates_given_are_tried():
    assert detect([COMMON], [FORMATS["combined"], FORMATS["jsonl"]], matcher=count_lines).format is None
    assert detect([COMBINED], [FORMATS["common"]], matcher=count_lines).format == "common"


def test_formats_whose_bytes_are_not_there_are_never_matched():
    asked: list[str] = []

    def matcher(row: Format, text: bytes) -> tuple[int, int]:
        asked.append(row.name)
        return count_lines(row, text)

    detect([COMMON], matcher=matcher)
    detect([JSON], matcher=matcher)
    detect([OTHER.replace(b'"', b"'")], matcher=matcher)
    needed = [name for name in asked if FORMATS[name].needs and name != "squid"]
    assert [name for name in needed if FORMATS[name].family != "app"] == ["common", "jsonl"]


@pytest.mark.parametrize(
    ("line", "name"),
    [
        ('0:0:0:0:0:0:0:1 - tomcat [10/Oct/2000:13:55:36 +0000] "GET /manager/html HTTP/1.1" 200 1926', "common"),
        ('192.0.2.1 - - [10/Oct/2000:13:55:36 +0000] "GET / HTTP/1.1" 200 19 "-" "curl" 12 thread-1', "combined"),
        ('192.0.2.1 -  -  [10/Oct/2000:13:55:36 +0000] "GET /  HTTP/1.1" 200 312 "-" "Mozilla/5.0 (X11)"', "combined"),
        ('192.0.2.1 -  -  [10/Oct/2000:13:55:36 +0000] "GET / HTTP/1.1" 200 312 ', "common"),
        (
            '192.0.2.1 - - [10/Oct/2000:13:55:36 +0000] "GET / HTTP/1.1" 200 312 "-" "M" 5 "no router" "-" 12',
            "combined",
        ),
    ],
)
def test_tomcat_and_jetty_write_common_and_combined(line: str, name: str):
    assert found(line.encode() + b"\n").format == name


def test_a_client_written_with_its_port_is_not_taken_for_a_client():
    for head, name in ((b"1.2.3.4:5678 ", "combined_port"), (b"www.test:443 1.2.3.4:5678 ", "vhost_combined_port")):
        assert found(head + COMBINED.removeprefix(b"::1 ")).format == name
    result = found(b"www.test [::1]:5678 " + COMBINED.removeprefix(b"::1 "))
    assert result.format is None
    assert "the client is written with its port" in result.reason


def test_a_vhost_before_a_list_of_proxies_is_read_as_combined_which_knows_such_heads():
    head = b"www.test:80 10.0.0.2, 10.0.0.1, 1.2.3.4 "
    assert found(head + COMBINED.removeprefix(b"::1 ")).format == "combined"


@given(st.lists(st.binary(max_size=200) | st.sampled_from([COMMON, COMBINED, VHOST, JSON, OTHER]), max_size=8))
def test_any_bytes_are_detected_or_not_without_failing(samples: list[bytes]):
    result = detect(samples, matcher=count_lines)
    assert 0.0 <= result.confidence <= 1.0
    assert (result.format is None) == (result.confidence == 0.0)


EXPECTED = {
    "databricks/apache.access.log": "common",
    "elastic_examples/Common_Data_Formats/apache_logs/apache_logs": "combined",
    "elastic_examples/Common_Data_Formats/nginx_json_plus_logs/nginxplus_json_logs": "jsonl",
    "nielsbasjes/hackers-access.log": "combined",
    "mtail/apache-combined.log": "combined",
    "mtail/apache-common.log": "common",
    "beats/apache/access/test/darwin-2.4.23.log": "common",
    "beats/apache/access/test/ubuntu-2.2.22.log": "combined",
    "beats/apache/access/test/test-vhost.log": "combined",
    "beats/apache/access/test/ssl-request.log": "ssl_request",
    "beats/apache/error/test/test.log": "apache_error",
    "beats/nginx/access/test/access.log": "combined",
    "beats/nginx/access/test/test.log": "combined",
    "beats/nginx/access/test/test-with-host.log": "combined",
    "beats/nginx/ingress_controller/test/test.log": "ingress_nginx",
    "beats/traefik/access/test/test.log": "traefik",
    "beats/nginx/error/test/error.log": "nginx_error",
    "beats/haproxy/log/test/haproxy.log": "haproxy",
    "beats/haproxy/log/test/httplog-no-headers.log": "haproxy",
    "beats/haproxy/log/test/tcplog.log": "haproxy_tcp",
    "beats/haproxy/log/test/default.log": "haproxy_connect",
    "raravena_haproxy/haproxy.log": "haproxy",
    "lnav/logfile_haproxy.0": "syslog",
    "nasty/aws/s3_odd_keys.log": "s3",
    "beats/kibana/log/test/test.log": "kibana",
    "lnav/logfile_access_log.0": "combined",
    "lnav/logfile_shop_access_log.0": "combined",
    "lnav/logfile_syslog_with_access_log.0": "syslog",
    "lnav/logfile_syslog.0": "syslog",
    "lnav/logfile_syslog.1": "syslog",
    "lnav/logfile_syslog.2": "syslog",
    "nasty/syslog/feb29.log": "syslog",
    "nasty/syslog/pri_only.log": "syslog",
    "nasty/syslog/bracket_message_3164.log": "syslog",
    "nasty/syslog/nil_timestamp_5424.log": "rfc5424",
    "elastic_examples/Machine_Learning/Security_Analytics_Recipes/suspicious_login_activity/data/auth.log": "syslog",
    "loghub/Linux/Linux_2k.log": "syslog",
    "loghub/Mac/Mac_2k.log": "syslog",
    "loghub/OpenSSH/OpenSSH_2k.log": "syslog",
    "beats/system/auth/test/timestamp.log": "syslog",
    "beats/system/auth/test/secure-rhel7.log": "syslog",
    "beats/system/syslog/test/darwin-syslog.log": "syslog",
    "beats/system/syslog/test/suse-syslog.log": "syslog",
    "beats/system/syslog/test/tz-offset.log": "syslog",
    "loghub/Android/Android_2k.log": "android",
    "loghub/Thunderbird/Thunderbird_2k.log": "thunderbird",
    "lnav/logfile_pino.0": "jsonl",
    "erddaplogs/nginx_example_logs/tomcat-access.log.1": "combined",
    "erddaplogs/nginx_example_logs/tomcat-access.log.8": "combined",
    "nasty/access/ipv6_scope_id.log": "vhost_combined",
    "nasty/access/two_hosts_first.log": "combined",
    "nasty/access/vhost_and_client_port.log": "vhost_combined_port",
    "nasty/access/unescaped_quotes.log": None,
    "nasty/access/timeout_408_dash.log": "combined",
    "nasty/access/status_dash.log": "combined",
    "nasty/access/iis_odd_date_zone.log": None,
    "nasty/json/odd_values.log": "jsonl",
    "nasty/bytes/nul_tail_after_crash.log": "combined",
    "loghub/BGL/BGL_2k.log": "bgl",
    "loghub/HPC/HPC_2k.log": "hpc",
    "loghub/Hadoop/Hadoop_2k.log": "hadoop",
    "loghub/HealthApp/HealthApp_2k.log": "healthapp",
    "loghub/Proxifier/Proxifier_2k.log": "proxifier",
    "loghub/Spark/Spark_2k.log": "spark",
    "loghub/Windows/Windows_2k.log": "windows_cbs",
    "loghub/Zookeeper/Zookeeper_2k.log": "zookeeper",
    "beats/apache/error/test/ubuntu-2.2.22.log": "apache_error",
    "beats/elasticsearch/slowlog/test/test.log": "elasticsearch",
    "beats/icinga/main/test/test.log": "icinga",
    "beats/kafka/log/test/server.log": "kafka",
    "beats/kafka/log/test/state-change-2.2.2.log": "kafka_bracketed",
    "beats/logstash/log/test/logstash-plain.log": "logstash",
    "beats/mongodb/log/test/mongodb-debian-3.2.11.log": "mongodb",
    "beats/mysql/error/test/mysql-ubuntu-5.5.53.log": "mysql_error_old",
    "beats/mysql/error/test/mysql-ubuntu-8.0.15.log": "mysql_error",
    "beats/mysql/slowlog/test/mysql-ubuntu-8.0.15.log": "mysql_slow",
    "beats/mysql/slowlog/test/percona-ubuntu-5.7.19.log": "mysql_slow",
    "beats/mysql/slowlog/test/mariadb-explain.log": "mysql_slow",
    "beats/nats/log/test/test.log": "nats",
    "beats/elasticsearch/server/test/test.log": "elasticsearch",
    "beats/elasticsearch/gc/test/gc.log": "jvm",
    "beats/iis/access/test/test-iis-7.2.log": "iis",
    "mtail/vsftpd_log": "vsftpd",
    "lnav/logfile_with_zones.0": "rfc5424_bare",
    "beats/postgresql/log/test/postgresql-9.6-new-timestamp.log": "postgres",
    "beats/postgresql/log/test/postgresql-10-min-duration-statement.log": "postgres",
    "beats/postgresql/log/test/postgresql-9-log-statement-all.log": "postgres",
    "beats/redis/log/test/redis-darwin-3.0.2.log": "redis",
    "beats/redis/log/test/redis-windows-2.4.6.log": "redis_old",
    "lnav/logfile_glog.0": "glog",
    "lnav/logfile_laravel.1": "monolog",
    "lnav/logfile_xml_msg.0": "timed",
    "lnav/logfile_generic.0": "timed",
    "lnav/logfile_vpxd.0": "esxi",
    "loghub/HDFS/HDFS_2k.log": "hdfs",
    "loghub/OpenStack/OpenStack_2k.log": "openstack_merged",
    "loghub/Apache/Apache_2k.log": "apache_error",
}


@needs_shared
@pytest.mark.no_cover
@pytest.mark.parametrize(("path", "name"), EXPECTED.items(), ids=EXPECTED)
def test_real_logs_are_detected(path: str, name: str | None):
    with (SHARED / "corpora" / path).open("rb") as file:
        text = file.read(1 << 16)
    sample = text[: text.rfind(b"\n") + 1] or text
    assert found(sample).format == name


def test_line_ends_of_old_macs_are_named_and_no_format_reads_all_as_one_record():
    line = b"2024-01-02 03:04:05 INFO line"
    result = found(b"\r".join([line] * 9) + b"\n")
    assert result.format is None
    assert "carriage return alone" in result.reason
    assert found((line + b"\r\n") * 9).format == "timed"
    assert found(line + b" 10%\r20%\r30%\r100%\n" + line + b"\n").format == "timed"


@pytest.mark.parametrize("text", [b"", b" \r\n\n", bytes(1000), b"\n" + bytes(1000) + b"\n"])
def test_blank_lines_and_what_a_crash_left_are_no_unknown_format(text: bytes):
    assert found(text).reason == "no lines"


@pytest.mark.parametrize(("sign", "name"), [(",", "csv"), (";", "csv_semicolon")])
def test_columns_that_are_named_are_not_taken_for_a_message(sign: str, name: str):
    rows = [f'2026-03-01T00:00:{second:02}Z{sign}INFO{sign}"a{sign} b"' for second in range(60)]
    assert found("\n".join([sign.join(("time", "level", "msg")), *rows, ""]).encode()).format == name
    assert found("\n".join([*rows, ""]).encode()).format == "timed_separated"


def test_a_cut_line_of_aws_logs_tail_makes_no_group_of_its_time():
    line = b"2024-01-02T03:04:05.678000+00:00 ecs/app/0123456789abcdef GET / 200\n"
    found = detect([line * 9 + line[:40] + line + line[4:]], matcher=MATCHER)
    assert found.format == "aws_logs_tail"


@pytest.mark.parametrize("rows", [1, 3, 10, 100])
def test_rows_under_a_header_of_tabs_are_of_no_other_format(rows: int):
    text = b"timestamp\tlevel\tmessage\tX-Id\n" + b"2024-01-02T03:04:05Z\twarn\ta, b\t7\n" * rows
    match = Matcher()
    assert detect([text], matcher=match, refused=match.refused, readers=match.readers).format == "tsv"
