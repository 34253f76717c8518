"""What the benchmark of formats measures is what it says: whole texts of one format, without a refused line."""

from __future__ import annotations

import re
from itertools import pairwise
from unittest.mock import patch

import pytest
from formats import speed

from logproc.formats import FORMATS
from logproc.formats.parser import Matcher


@pytest.mark.parametrize("name", ["combined", "log4j", "postgres", "mysql_slow", "haproxy"])
def test_the_text_of_a_format_is_read_by_it(name: str):
    with patch.object(speed, "VARIANTS", 100):
        text = speed.sample_text(FORMATS[name], 100_000)
    assert len(text) >= 100_000
    matched, rejected = Matcher()(FORMATS[name], text)
    assert matched > 0
    assert rejected == 0


def test_clocks_go_on_from_line_to_line():
    with patch.object(speed, "VARIANTS", 40):
        lines = speed.sample_text(FORMATS["combined"], 100_000).splitlines()
    clocks = [found[0] for line in lines if (found := speed.CLOCK.search(line))]
    assert clocks == sorted(clocks)
    assert clocks[0] == b":00:00"
    assert len(set(clocks)) > len(lines) // 5


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("epoch", rb"(?m)^\d{6}"),
        ("zabbix", rb":\d{8}:\d\d"),
        ("cri", rb"(?m)^[\d-]+T\d\d"),
        ("docker", rb'"time":"[\d-]+T\d\d'),
        ("jul", rb"(?m)^\w+ \d\d, \d+ \d"),
        ("mysql_slow", rb"timestamp=\d{6}"),
    ],
)
def test_dates_and_hours_stay(name: str, kept: bytes):
    with patch.object(speed, "VARIANTS", 50):
        text = speed.sample_text(FORMATS[name], 20_000)
    samples = "\n".join(sample.line for sample in FORMATS[name].samples).encode()
    assert set(re.findall(kept, text)) == set(re.findall(kept, samples))


def test_the_lines_of_one_sample_come_together_unless_mixed():
    with patch.object(speed, "VARIANTS", 50):
        kinds = [
            [line[:1] == b"[" for line in speed.sample_text(FORMATS["timed"], 20_000, mixed=mixed).splitlines()]
            for mixed in (False, True)
        ]
    apart, shuffled = (sum(one != other for one, other in pairwise(kind)) for kind in kinds)
    samples = [sample.line[:1] == "[" for sample in FORMATS["timed"].samples]
    assert apart == sum(one != other for one, other in pairwise(samples)) > 0
    assert shuffled > 20


def test_zone_and_year_behind_a_clock_stay():
    with patch.object(speed, "VARIANTS", 50):
        common, dated = (speed.sample_text(FORMATS[name], 20_000) for name in ("common", "dated"))
    zones = {line.split(b"]")[0][-5:] for line in common.splitlines()}
    assert zones <= {sample.line.split("]")[0][-5:].encode() for sample in FORMATS["common"].samples}
    assert {line.split()[4] for line in dated.splitlines() if line.startswith(b"Mon Feb 21")} == {b"2011"}


def test_what_is_grouped_by_is_a_field_of_the_format():
    assert speed.key_of(FORMATS["combined"]) == "status"
    assert speed.key_of(FORMATS["log4j"]) == "level"
    assert speed.key_of(FORMATS["proxifier"]) == "message"
    assert speed.key_of(FORMATS["haproxy_tcp"]) == "client"
