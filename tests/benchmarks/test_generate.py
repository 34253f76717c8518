"""The inputs of the benchmarks are what the results say they are."""

from __future__ import annotations

import gzip
import json
import re
from functools import partial

import pytest

generate = pytest.importorskip("generate", reason="needs pyarrow: pip install 'logproc[sql]'")

COMBINED = re.compile(
    rb'[0-9a-f.:]+ - - \[\d\d/Mar/2026:\d\d:\d\d:\d\d \+0000\] "[A-Z]+ /\S* HTTP/[\d.]+" \d{3} \d+ "[^"]*" "[^"]*"'
)


@pytest.fixture
def make(tmp_path):
    return partial(generate.make, folder=tmp_path)


def test_same_scale_gives_same_bytes(make):
    first = make("combined", 0.0004).read_bytes()
    second = make("combined", 0.0004, force=True).read_bytes()
    assert first == second


def test_what_is_there_is_not_written_again(make):
    path = make("combined", 0.0004)
    path.write_bytes(b"kept\n")
    assert make("combined", 0.0004).read_bytes() == b"kept\n"


def test_combined_lines_are_well_formed_and_ascending(make):
    lines = make("combined", 0.0004).read_bytes().splitlines()
    assert len(lines) == 1000
    assert all(COMBINED.fullmatch(line) for line in lines)
    times = [re.search(rb"\[(\d\d)/Mar/2026:(\S+)", line).groups() for line in lines]
    assert times == sorted(times)


def test_json_lines_have_eleven_fields(make):
    rows = [json.loads(line) for line in make("json", 0.0004).read_bytes().splitlines()]
    assert len(rows) == 600
    assert {len(row) for row in rows} == {11}
    assert all(isinstance(row["status"], int) and isinstance(row["duration"], float) for row in rows)


def test_gzip_holds_the_combined_file(make):
    packed = make("gzip", 0.0004)
    assert gzip.decompress(packed.read_bytes()) == make("combined", 0.0004).read_bytes()


def test_small_files_have_a_hundred_lines_each(make):
    files = [file for file in make("small", 0.002).rglob("*") if file.is_file()]
    assert len(files) == 20
    assert {len(file.read_bytes().splitlines()) for file in files} == {100}


def test_every_client_of_the_distinct_file_is_another_one(make):
    lines = make("distinct", 0.0002).read_bytes().splitlines()
    assert len(lines) == 2000
    assert len({line.split(b" ", 1)[0] for line in lines}) == 2000


def test_agents_do_not_repeat():
    from agents import user_agents

    agents = user_agents()
    assert len(agents) == len(set(agents)) > 2000
    assert not any('"' in agent or "\n" in agent or "{" in agent for agent in agents)
