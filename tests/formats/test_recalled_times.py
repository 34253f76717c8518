"""Times that are like the one before: they are read as if each were the first, whatever layout they have."""

from __future__ import annotations

from random import Random

import numpy as np
import pytest
from formats.named import counted
from hypothesis import example, given, settings
from hypothesis import strategies as st

from logproc.formats import FORMATS
from logproc.formats.format import SEPARATOR, Format
from logproc.formats.general import ANY
from logproc.formats.heads import stamp
from logproc.formats.parser_separator import SeparatorParser
from logproc.formats.program import Meaning, Program, Slot
from logproc.kernels.layout import COUNTERS, ROWS
from logproc.kernels.recall import MISSES_CELL, RECALL_CELL
from logproc.model import PADDING

LAYOUTS = sorted(
    {slot.layout for row in FORMATS.values() if row.program for slot in row.program.slots if slot.layout} - {ANY}
)
TIMES = (
    *("2024-01-02 03:04:05", "2024-01-02T03:04:05Z", "2024-01-02 03:04:05,678+0200", "2024-01-02  3:04:05"),
    *("2024-01-02 03:04", "2024/01/02 03:04:05.678901", "1/2/2024 3:04:05 PM", "02/Jan/2024:03:04:05 +0100"),
    *("Tue Jan  2 03:04:05 2024", "Tue Jan 02 03:04:05 CET 2024", "Jan 02 03:04:05.6", "Jan 2, 2024 12:04:05 AM"),
    *(
        "02.01.2024 03:04:05",
        "20240102 030405",
        "20240102T030405.678Z",
        "240102 03:04:05",
        "2024-01-02-03.04.05.678901",
    ),
    *("02-Jan-2024 03:04:05 Europe/Berlin", "27/06/2024:22:38:17", "2024.01.02-03.04.05:678", "03:04:05.678", "3:04PM"),
    *("01-02-2024 03:04:05.678", "01-02-2024 03:04:05"),
    *("1704164645", "1704164645.678901234", "1704164645678", "1704164645678901", "1704164645678901234", "0000000012"),
    *("0704164645678", "17041646456", "65937db9.1a2b3c4d", "40000000659380af0a2b3c4d", "2024-01-02 03:04:05.678 UTC"),
)
BEHIND = (
    *("", " ", " x", " PM", " Accepted", " accepted", " am", " UTC", " USER", " Z", " Zone", " +0100", " +x", " -1"),
    *(
        " - x",
        ": x",
        ":00",
        ":",
        ".5",
        ".x",
        ",5",
        ",x",
        ",",
        "+01:00",
        "+0100: x",
        "+01:x",
        "+01",
        "-6a",
        "-05:30",
        "Z",
    ),
    *(
        "Z-5",
        "Z:5",
        "UTC:x",
        "UTC-6a",
        "x",
        "5",
        "_",
        "/x",
        "]",
        "|",
        "\t",
        " 1234M",
        " CET",
        " CEST: x",
        " 2024",
        "\r",
    ),
)


def reading(layout: str) -> Format:
    """Return a format of lines that begin with a time by a layout, and whose message is all that is behind it."""
    slots = (stamp(layout, b""), Slot("message", Meaning.TEXT, b"\n"))
    return Format("x", "app", SEPARATOR, Program(b"", slots), "")


def alike(text: str, random: Random) -> str:
    """Return a text with another digit in the place of some."""
    digits = [at for at, byte in enumerate(text) if byte.isdigit()]
    for at in random.sample(digits, random.choice((0, 1, 1, 2, len(digits)))) if digits else ():
        text = text[:at] + random.choice("0123456789") + text[at + 1 :]
    return text


@st.composite
def lines(draw):
    random = Random(draw(st.integers(0, 2**32)))
    times, behind = draw(st.lists(st.sampled_from(TIMES), min_size=1, max_size=2)), random.sample(BEHIND, 3)
    return [alike(random.choice(times), random) + random.choice(behind) for _ in range(random.randrange(2, 12))]


@settings(max_examples=100)
@given(st.sampled_from(LAYOUTS) | st.just(ANY), lines())
@example("%Y-%m-%d %H:%M", ["2024-01-02 03:04 x", "2024-01-02 03:05 x"])
@example("%s", ["1704164645678 x", "1704164646000 x", "1704164645 x"])
@example(f"%+%|{ANY}", ["2024-01-02  3:04:05: x", "2024-01-02  3:04:99: x"])
@example("%m-%d-%Y %H:%M:%S%. %z", ["01-02-2024 03:04:05.678 +x", "01-02-2024 03:04:05.678 +0100 x"])
@example("%I:%M:%S %p%z", ["3:04:05 PM-x", "3:04:06 PM-05:00"])
def test_times_in_a_row_are_read_as_each_is_alone(layout: str, texts: list[str]):
    row = reading(layout)
    together = counted(row, "".join(f"{text}\n" for text in texts).encode(), ("message",))
    assert together == [found for text in texts for found in counted(row, f"{text}\n".encode(), ("message",))]


@pytest.mark.parametrize(
    ("layout", "texts"),
    [
        ("%s", ("1704164645.5 up", "1704169999.5 up")),
        (ANY, ("1/2/2024 3:04:05 PM: x", "1/2/2024 3:59:59 PM: x")),
        (ANY, ("2024-01-02 03:04 x", "2024-01-02 03:05 x")),
        (ANY, ("2024-01-02  3:04:05: x", "2024-01-02  3:05:05: x")),
        (ANY, ("2024-01-02 03:04:05 - x", "2024-01-02 03:04:06 - x")),
        ("%d-%b-%Y %H:%M:%S %Z", ("02-Jan-2024 03:04:05 Europe/Berlin] x", "02-Jan-2024 03:04:06 Europe/Berlin] x")),
        ("%+%|%H:%M:%S%.", ("03:04:05,678 INFO", "03:04:06,789 INFO")),
        ("%+", ("2018-06-11T01:53:11.382+0000: x", "2018-06-11T01:53:12.382+0000: x")),
        ("%i %Z", ("2024-01-02 03:04:05 UTC-6a8372f9", "2024-01-02 03:04:06 UTC-6a8372f9")),
    ],
)
def test_what_differs_in_minute_and_second_is_remembered(layout: str, texts: tuple[str, str]):
    parser = SeparatorParser(reading(layout), ())
    buffer = np.frombuffer("".join(f"{text}\n" for text in texts).encode() + bytes(PADDING), np.uint8).copy()
    counters = np.zeros(COUNTERS, np.int64)
    parser.parse(buffer, 0, len(buffer) - PADDING, 0, counters)
    assert counters[ROWS] == 2
    memory = parser._arrays[1]
    assert memory[RECALL_CELL] != 0
    assert memory[MISSES_CELL] == 0
