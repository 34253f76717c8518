"""`parse` over rows that JSON writers get wrong."""

import io
import json

import pytest

from logproc.adhoc.rows import flatten, loads, parse
from logproc.config import Config


def parsed(path, **options):
    out = io.BytesIO()
    parse(Config(paths=(str(path),), **options), out)
    return [json.loads(line) for line in out.getvalue().splitlines()]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (b'{"message":"caf\xe9"}', {"message": "caf\\xe9"}),
        (b'{"message":"caf\xc3\xa9"}', {"message": "café"}),
        (b'{"message":"\\ud800"}', {"message": "\\ud800"}),
        (b'{"n":' + b"9" * 5000 + b"}", {"n": None}),
        (b'{"n":1e999,"m":[1e999]}', {"n": None, "m": [None]}),
        (b'{"duration":"nan"}', {"duration": None}),
        (b'{"status":"200","bytes":"12"}', {"status": 200, "bytes": 12}),
        (b'{"a":{"b":{"c":1},"d":[1,{"e":2}]}}', {"a.b.c": 1, "a.d": [1, {"e": 2}]}),
        (b'\0\0{"msg":"x","ts":"2024-01-01T00:00:00Z"}', {"message": "x", "time": "2024-01-01T00:00:00Z"}),
    ],
)
def test_every_sound_json_line_becomes_a_sound_row(tmp_path, line, expected):
    log = tmp_path / "a.jsonl"
    log.write_bytes(line + b"\n")
    assert parsed(log) == [{"time": None, **expected}]


def test_nested_keys_join_with_a_dot():
    assert flatten(loads(b'{"a":{"b":{}},"c":{"d":"-"}}')) == {"a.b": {}, "c.d": None}
