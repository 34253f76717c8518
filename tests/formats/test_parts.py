from __future__ import annotations

import io
import json
from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pytest
from formats.cases import SHARED, needs_shared
from formats.named import parsed
from hypothesis import given, settings
from hypothesis import strategies as st

from logproc.adhoc.rows import RowDesk, RowReader, RowShape
from logproc.config import Flags, load
from logproc.formats import parser_parts
from logproc.formats.parser import ENGINES
from logproc.model import Lines, Piece
from logproc.running import job_of

if TYPE_CHECKING:
    from pathlib import Path

TEXTS = st.text(alphabet='ab\\"né ', max_size=5)
LINES = st.tuples(TEXTS, st.booleans(), st.sampled_from(["stdout", "stdout", "stderr"]))
OTHERS = st.sampled_from(["", "garbage", "x" * 300])


def docker(text: str, part: bool, stream: str) -> str:  # noqa: FBT001
    return json.dumps({"log": text + ("" if part else "\n"), "stream": stream, "time": "2024-01-02T03:04:05Z"})


def cri(text: str, part: bool, stream: str) -> str:  # noqa: FBT001
    return f"2024-01-02T03:04:05Z {stream} {'P' if part else 'F'} {text}"


def reference(lines: list[tuple[str, bool, str] | str]) -> list[tuple[str, str]]:
    """Join the parts of each record."""
    records: list[tuple[str, str]] = []
    goes_on = None
    for line in lines:
        if isinstance(line, str):
            goes_on = None
            continue
        text, part, stream = line
        if goes_on == stream:
            records[-1] = (stream, records[-1][1] + text)
        else:
            records.append((stream, text))
        goes_on = stream if part else None
    return records


def read(path: Path, name: str, borders: list[int], **options: int) -> tuple[list[tuple[str, str]], Lines]:
    config = load(Flags(paths=(str(path),)), find=False)
    job = replace(job_of(config, (), (), None), **options)
    out, lines = io.BytesIO(), Lines()
    for start, end in pairwise([*borders, -1]):
        piece = Piece(0, str(path), start, end, 0, codec="plain", format=name)
        shape = RowShape((), None, origin=False)
        result = RowReader(RowDesk(job, shape), piece, None, shape, out).process()
        assert result.lines.balanced()
        lines += result.lines
    rows = [json.loads(line) for line in out.getvalue().splitlines()]
    return [(row["stream"], row["message"]) for row in rows], lines


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("parts")


@settings(max_examples=150, deadline=None)
@given(
    lines=st.lists(st.one_of(LINES, LINES, LINES, OTHERS), max_size=12),
    name=st.sampled_from(["docker", "cri"]),
    block=st.sampled_from((64, 200, 4096)),
    capacity=st.sampled_from((2, 3, 5, 100)),
    data=st.data(),
)
def test_any_cut_any_block_and_any_capacity_gives_the_same_records(
    folder: Path, *, lines: list[Any], name: str, block: int, capacity: int, data: st.DataObject
):
    write = docker if name == "docker" else cri
    raw = "".join((line if isinstance(line, str) else write(*line)) + "\n" for line in lines).encode()
    path = folder / "container.log"
    path.write_bytes(raw)
    borders = sorted({0, *data.draw(st.lists(st.integers(0, len(raw)), max_size=2))})
    with pytest.MonkeyPatch.context() as patch:
        engine = lambda fmt, wanted, _capacity: parser_parts.PartsParser(fmt, wanted, capacity)  # noqa: E731
        patch.setitem(ENGINES, name, engine)
        found, counted = read(path, name, borders, block_bytes=block, max_line_bytes=2000)
    longest = max((len(list(group)) for group in _runs(lines)), default=0)
    if longest < capacity:
        assert found == [(s, m) for s, m in ((s, None if t == "-" else t) for s, t in reference(lines))]
    assert "".join(text for _, text in found) == "".join(text for _, text in reference(lines))
    assert counted.read == len(lines)
    assert counted.rejected == sum(isinstance(line, str) and line != "" for line in lines)


def _runs(lines: list[Any]) -> list[list[Any]]:
    runs: list[list[Any]] = [[]]
    for line in lines:
        if isinstance(line, str) or not line[1]:
            runs.append([])
        else:
            runs[-1].append(line)
    return runs


def test_a_record_ends_where_it_is_too_long(tmp_path: Path):
    path = tmp_path / "a.log"
    path.write_text("".join(docker("x" * 50, True, "stdout") + "\n" for _ in range(40)))
    whole, _ = read(path, "docker", [0], block_bytes=4096, max_line_bytes=700)
    cut, _ = read(path, "docker", [0, 1500], block_bytes=300, max_line_bytes=700)
    assert sum(len(text) for _, text in whole) == sum(len(text) for _, text in cut) == 2000
    assert max(len(text) for _, text in whole) < 700
    assert whole == cut


@needs_shared
def test_lines_that_docker_has_split_are_joined():
    text = (SHARED / "corpora/nasty/multiline/docker_split_lines.log").read_bytes()
    rows, report = parsed("docker", text)
    assert [row["message"] for row in rows] == ["2020-03-24 Single line", "2020-03-24 Another single line"]
    assert (report.lines.read, report.lines.counted) == (6, 6)
