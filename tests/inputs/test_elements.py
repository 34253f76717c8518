from __future__ import annotations

import json
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from logproc.inputs.blocks import BlockReader, buffer_size
from logproc.inputs.elements import Elements, is_array
from logproc.inputs.sample import sample

LEAVES = st.one_of(st.none(), st.integers(), st.text(alphabet='ab"\\,[]{}\n é'), st.booleans())
VALUES = st.recursive(LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner))
RECORDS = st.dictionaries(st.sampled_from(["a", "b", "Records", "x,y"]), VALUES, min_size=1, max_size=3)
DOCUMENTS = st.tuples(st.lists(RECORDS, min_size=1, max_size=4), st.sampled_from([None, "Records", "records"]))


def written(documents: list[tuple[list[Any], str | None]], indent: int | None) -> bytes:
    texts = [json.dumps(records if key is None else {key: records}, indent=indent) for records, key in documents]
    return "\n".join(texts).encode()


def read(text: bytes, chunk: int, head: int) -> bytes:
    rest = memoryview(text[head:])

    def source(view: memoryview) -> int:
        nonlocal rest
        count = min(len(view), len(rest), chunk)
        view[:count], rest = rest[:count], rest[count:]
        return count

    elements = Elements(source, text[:head])
    out, view = b"", memoryview(bytearray(chunk))
    while count := elements.readinto(view):
        out += bytes(view[:count])
    return out


@settings(max_examples=150)
@given(st.lists(DOCUMENTS, min_size=1, max_size=3), st.sampled_from([None, 1]), st.integers(1, 40), st.integers(0, 60))
def test_every_element_is_a_line(documents: Any, indent: int | None, chunk: int, head: int):
    text = written(documents, indent)
    assert is_array(text)
    lines = read(text, chunk, head)
    assert len(lines) == len(text)
    found = [json.loads(line) for line in lines.split(b"\n") if line.strip()]
    assert found == [record for records, _ in documents for record in records]


@pytest.mark.parametrize(
    "text", [b'{"tags":[{"a":1}],"msg":"x"}', b'{"a":1}', b"[1,2]", b"[2024-01-02] INFO {", b"", b"[", b'["a"]', b"[[{"]
)
def test_other_json_is_left_alone(text: bytes):
    assert not is_array(text)


def test_a_file_of_one_line_of_many_megabytes_is_read_in_blocks():
    records = [{"eventVersion": "1", "n": n, "text": "x" * 90} for n in range(30_000)]
    with TemporaryDirectory() as folder:
        path = Path(folder) / "trail.json"
        path.write_text(json.dumps({"Records": records}))
        buffer = np.zeros(buffer_size(1 << 16, 1 << 12), np.uint8)
        found = 0
        with BlockReader(str(path), block_bytes=1 << 16, max_line_bytes=1 << 12) as reader:
            while block := reader.read(buffer):
                assert not block.too_long
                lines = buffer[block.start : block.end].tobytes().split(b"\n")
                found += sum(json.loads(line)["n"] >= 0 for line in lines if line.strip())
            assert reader.bytes_read == path.stat().st_size
        seen = sample(str(path))
    assert found == len(records)
    assert seen.encoding == "json-array"
    assert json.loads(seen.lines.split(b"\n")[0])["n"] == 0


def test_a_range_in_the_middle_of_an_array_owns_nothing(tmp_path: Path):
    path = tmp_path / "trail.json"
    path.write_text(json.dumps({"Records": [{"a": n} for n in range(100)]}))
    buffer = np.zeros(buffer_size(1 << 16, 1 << 12), np.uint8)
    with BlockReader(str(path), start=50, block_bytes=1 << 16, max_line_bytes=1 << 12) as reader:
        assert reader.read(buffer) is None
