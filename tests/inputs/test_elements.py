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
from logproc.inputs.elements import Elements
from logproc.inputs.encodings import is_array
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


def records_of(lines: bytes) -> list[Any]:
    """Read objects that no two of which share a line."""
    text, found = lines.decode(), []
    while text := text.lstrip():
        record, behind = json.JSONDecoder().raw_decode(text)
        found.append(record)
        text = text[behind:]
        assert not text.strip() or text.lstrip(" ")[0] == "\n"
    return found


def count_lines(text: bytes) -> int:
    """Count as `wc -l` does, and a last line without its end."""
    return text.count(b"\n") + (not text.endswith(b"\n"))


@settings(max_examples=60)
@given(st.lists(DOCUMENTS, min_size=1, max_size=3), st.sampled_from([None, 1]), st.integers(1, 40), st.integers(0, 60))
def test_no_two_elements_share_a_line_and_there_are_as_many_lines_as_before_or_elements(
    documents: Any, indent: int | None, chunk: int, head: int
):
    text = written(documents, indent)
    assert is_array(text)
    lines = read(text, chunk, head)
    assert len(lines) == len(text)
    assert records_of(lines) == [record for records, _ in documents for record in records]
    if indent:
        assert count_lines(lines) == count_lines(text)
    else:
        assert count_lines(lines) == sum(len(records) for records, _ in documents)


@pytest.mark.parametrize(
    "text",
    [
        '[\n{"a": 1},\n{"a": 2}\n]\n',
        '{"Records": [\n{"a": 1}\n,{"a": 2}\n\n, \n{"a": 3}]}',
        '[{"a": 1},\r\n  {"a": 2}]',
        '[{\n"a": 1\n}, {\n"a": 2\n}, {\n"a": 3\n}]\n\n',
        '[{"a": 1}, {"a": 2}]\n\n[{"a": 3}, {"a": 4}]\n\n',
    ],
)
@pytest.mark.parametrize("chunk", [1, 3, 100])
def test_an_array_has_the_lines_that_wc_counts(text: str, chunk: int):
    lines = read(text.encode(), chunk, 0)
    assert [record["a"] for record in records_of(lines)] == list(range(1, 1 + text.count('"a"')))
    assert count_lines(lines) == count_lines(text.encode())


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
