"""What many logs look like whose dates are digits alone: the day first, or the month, or a year of two digits."""

from __future__ import annotations

from dataclasses import replace

from logproc.expressions import Expression
from logproc.formats.format import Format, Sample
from logproc.formats.general import CLOSINGS, NO_LEVEL, OPENINGS, timed_slots
from logproc.formats.heads import NEVER, PADDED_MESSAGE, app, literal, maybe, signs, stamp

_DAY_FIRST = ("%d-%m-%Y", "%d/%m/%Y", "%d/%m/%y", "%d.%m.%y")
_ORDERS = (
    ("month_first", "the month first", ("%m/%d/%Y", "%m/%d/%y", "%m/%d/%Y:", "%m/%d/%y@"), 0, "03/25/2024 14:05:06"),
    ("short_year", "a year of two digits first", ("%y/%m/%d", "%y-%m-%d"), 1, "24/03/25 14:05:06"),
    ("day_first", "the day first", (*_DAY_FIRST, "%d/%m/%Y:"), 2, "25/03/2024 14:05:06"),
    ("month_first_dashes", "the month first and dashes", ("%m-%d-%Y", "%m-%d-%y"), 3, "03-25-2024 14:05:06"),
)
"""Dates of digits that could mean two things: a file whose days go past the 12th says which it is, else these come one
before the other: the month is first where slashes are, the day where there are points or dashes."""


def _in_order(name: str, doc: str, dates: tuple[str, ...], later: int, date: str) -> tuple[Format, ...]:
    """Return the rows of an order of the date's digits: with a level behind it, and without.

    Every line is a record: a date that is none in this order must be refused, and is not the rest of another record.
    """
    whole = [text if text[-1] in ":@" else f"{text} " for text in dates]
    # What looks like a zone and is none, as -9999, is no part of the time.
    half = [f"{text}%I:%M:%S%. %p{zone}" for zone in ("%z", "") for text in whole if "Y " in text]
    clocks = [f"{text}%H:%M:%S%.{zone}" for zone in ("%z", "") for text in whole]
    others = [f"%H:%M:%S%. {text.strip()}" for text in dates if text[-1] not in ":@"]
    others += [f"{text}- %H:%M:%S%." for text in whole if text.endswith(" ")]
    short = [f"{text}{clock}" for clock in ("%I:%M %p%z", "%I:%M %p", "%H:%M%z", "%H:%M") for text in whole]
    layout = "%|".join([*half, *clocks, *others, *short])
    refused = ("2024-03-25 14:05:06 INFO x", f"{date}x", f"9{date} x", "x")
    time = "2024-03-25T14:05:06Z"
    return (
        app(
            f"timed_{name}",
            f"any log whose lines begin with a date, {doc}, and a clock, then a level",
            timed_slots(layout),
            rank=-9 - later,
            single=True,
            unlike=NO_LEVEL,
            unlike_reason="behind the time stands a sign, or a word that begins a sentence, and no level",
            samples=(
                Sample(f"{date} INFO up", {"time": time, "level": "INFO", "message": "up"}),
                Sample(f"[{date}.5] [warn] low", {"time": "2024-03-25T14:05:06.500000Z", "level": "WARN"}),
            ),
            refused=(*refused, f"{date} up"),
        ),
        app(
            f"dated_{name}",
            f"any log whose lines begin with a date, {doc}, and a clock",
            (
                *signs(b"[", *OPENINGS),
                stamp(layout, b""),
                *signs(b"]", *CLOSINGS),
                maybe(literal(b":")),
                literal(b" "),
                PADDED_MESSAGE,
            ),
            rank=-15 - later,
            single=True,
            samples=(
                Sample(f"{date} up and running", {"time": time, "message": "up and running"}),
                Sample(f"({date}) up", {"time": time, "message": "up"}),
                Sample(f"{' '.join(reversed(date.split()))} up", {"time": time}),
                Sample(f"{date.replace(' ', ' - ')} up", {"time": time, "message": "up"}),
                Sample(f"{date}.678 -0500 up", {"time": "2024-03-25T19:05:06.678000Z", "message": "up"}),
                Sample(f"{date[:-8]}02:05 PM EST up", {"time": "2024-03-25T19:05:00Z", "message": "up"}),
                Sample(f"[{date}]: up", {"time": time, "message": "up"}),
            ),
            refused=refused,
        ),
    )  # fmt: skip


DIGIT_DATES: tuple[Format, ...] = tuple(
    replace(row, last_resort=row.name.startswith("dated_"), sure=Expression(NEVER))
    for order in _ORDERS
    for row in _in_order(*order)
)
"""Rows of the family."""
