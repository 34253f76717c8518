"""Lines that were written for a terminal: read as without their colours, with their places kept."""

from __future__ import annotations

import json
import re
from io import BytesIO
from typing import TYPE_CHECKING

import numpy as np
import pytest
from formats.named import matched, parsed
from hypothesis import example, given
from hypothesis import strategies as st

from logproc.adhoc.rows import parse
from logproc.config import Flags, load
from logproc.errors import FormatError
from logproc.formats import FORMATS, candidates, resolve
from logproc.formats.detect import detect, explain
from logproc.formats.parser import Matcher
from logproc.kernels.colours import remove_colours
from logproc.model import PADDING

if TYPE_CHECKING:
    from pathlib import Path

COLOUR = re.compile(rb"\x1b\[[\d;:]*[mK]")
SPRING = (
    b"2024-03-01 10:00:0%d.123 \x1b[32m INFO\x1b[0;39m \x1b[35m12345\x1b[0;39m \x1b[2m---\x1b[0;39m "
    b"\x1b[2m[           main]\x1b[0;39m \x1b[36mcom.example.App \x1b[0;39m \x1b[2m:\x1b[0;39m start %d\r\n"
)
PLAIN = b"2024-03-01 10:00:0%d.123  INFO 12345 --- [           main] com.example.App  : start %d\r\n"


def test_coloured_lines_have_the_fields_of_plain_ones():
    rows, report = parsed("auto", b"".join(SPRING % (n, n) for n in range(8)))
    plain, _ = parsed("spring_boot", b"".join(PLAIN % (n, n) for n in range(8)))
    assert rows == plain
    assert report.files[0].format == "coloured:spring_boot"


def test_offsets_are_those_of_the_file_and_refused_lines_keep_their_colours(tmp_path: Path):
    bad = b"\x1b[31mno time here\x1b[0m\n"
    lines = [bad, *(SPRING % (n, n) for n in range(3)), b"\tat a.B\n", SPRING % (4, 4)]
    path, rejects, out = tmp_path / "app.log", tmp_path / "rejects", BytesIO()
    path.write_bytes(b"".join(lines))
    config = load(Flags(paths=(str(path),), format="coloured:spring_boot", rejects=str(rejects)), find=False)
    parse(config, out, origin=True, select=("raw", "stack", "_offset", "_line"))
    rows = [json.loads(line) for line in out.getvalue().splitlines()]
    begins = [sum(map(len, lines[:n])) for n in range(len(lines))]
    assert [row["_offset"] for row in rows] == [begins[n] for n in (1, 2, 3, 5)]
    assert [row["stack"] for row in rows] == [None, None, "\tat a.B", None]
    assert rows[0]["raw"] == COLOUR.sub(b"", lines[1]).decode().rstrip()
    assert bad.strip() in rejects.read_bytes().replace(b"\\u001b", b"\x1b")


def test_coloured_lines_that_go_on_with_a_record_are_its_text():
    text = (
        SPRING % (1, 1)
        + b"\x1b[31mjava.lang.X: a\x1b[0m\r\n\t\x1b[31mat b.C\x1b[0m(D)\r\nCaused by: e\r\n"
        + SPRING % (2, 2)
    )
    rows, _ = parsed("auto", text)
    assert [line.rstrip() for line in rows[0]["stack"].split("\n")] == ["java.lang.X: a", "\tat b.C(D)", "Caused by: e"]
    assert [row["message"] for row in rows] == ["start 1", "start 2"]


def test_colours_within_messages_alone_stay():
    line = "2024-03-01 10:00:00,123 [main] ERROR org.example.A - a \x1b[31mred\x1b[0m word\n"
    rows, report = parsed("auto", line.encode())
    assert rows[0]["message"] == "a \x1b[31mred\x1b[0m word"
    assert report.files[0].format == "log4j"


@pytest.mark.parametrize(("coloured", "name"), [(1, "spring_boot"), (2, "spring_boot"), (3, "coloured:spring_boot")])
def test_a_stray_line_with_colours_does_not_make_a_file_one_of_a_terminal(coloured: int, name: str):
    lines = [SPRING % (n, n) for n in range(coloured)] + [PLAIN % (n % 10, n) for n in range(40)]
    assert detect([b"".join(lines)], matcher=Matcher()).format == name


def test_detection_explains_what_it_read():
    text = b"".join(SPRING % (n, n) for n in range(3))
    found = detect([text], matcher=Matcher())
    considered = explain(text, candidates(()), found, matcher=Matcher())
    assert found.confidence == 1.0
    assert "colours" in found.reason
    assert next(one for one in considered if one.format == "spring_boot").why.startswith("taken")


def test_only_separators_can_be_coloured():
    with pytest.raises(FormatError, match="separators"):
        resolve("coloured:jsonl")
    with pytest.raises(FormatError, match="separators"):
        resolve("coloured:coloured:log4j")
    assert matched(resolve("coloured:log4j"), b"\x1b[0m2024-03-01 10:00:00,123 [a] \x1b[1mINFO\x1b[m b - c\n") == (1, 0)
    assert not FORMATS["log4j"].coloured


PIECES = st.sampled_from(
    [b"\x1b[0m", b"\x1b[1;31m", b"\x1b[K", b"\x1b[", b"\x1b", b"a", b" ", b"\t", b"\n", b"\r", b"m"]
)


@given(st.lists(PIECES, max_size=40).map(b"".join))
@example(b"\x1b[0m\n")
@example(b"a\x1b[1m\r\n\x1b[1m b\x1b[0m\n")
def test_lines_keep_their_places_and_lose_nothing_but_colours(text: bytes):
    text += b"\n"
    buffer = np.frombuffer(text + bytes(PADDING), np.uint8).copy()
    count = remove_colours(buffer.ctypes.data, 0, len(text))
    got, lines = buffer[: len(text)].tobytes().split(b"\n"), text.split(b"\n")
    assert list(map(len, got)) == list(map(len, lines))
    assert count == sum(COLOUR.search(line) is not None for line in lines)
    for line, found in zip(lines, got, strict=True):
        bare = COLOUR.sub(b"", line)
        if bare == line:
            assert found == line
        elif bare.startswith((b" ", b"\t")):
            assert found.rstrip(b" \r") == bare.rstrip(b" \r")
        else:
            assert found.lstrip(b"\0") == bare
