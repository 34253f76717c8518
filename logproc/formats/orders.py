"""In which order dates of digits alone have their day, month and year.

Of a date such as 03/04/2024 only the file tells what it means: the days that go past the 12th do. So formats of two
orders never share the lines of a file between them; the order in which most lines can be read is that of them all.
Where the year has two digits, as in 21/03/24, two orders may read as many: the number that varies less is the year.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

from logproc.formats.program import Meaning

if TYPE_CHECKING:
    from collections.abc import Sequence

    from logproc.formats.format import Format
    from logproc.formats.scoring import Score

_DATE = re.compile(r"%[dmy]\W%[dmy]\W%[dyY]")
_YEAR_FIRST = "ymd"
_IN_FRONT = re.compile(rb"^\W{0,2}(?:\d\d?:[\d:.,]+ )?(\d\d)[/.-]\d\d[/.-](\d\d)(?!\d)", re.MULTILINE)


@lru_cache(maxsize=1024)
def orders_of(row: Format) -> frozenset[str]:
    """Return in which orders of their codes a format reads dates of digits; the empty text stands for other dates."""
    if row.program is None:
        return frozenset()
    stamps = [slot.layout for slot in row.program.slots if slot.meaning is Meaning.STAMP]
    return frozenset(_order(layout) for text in stamps for layout in text.split("%|"))


def _order(layout: str) -> str:
    date = _DATE.search(layout)
    return "" if date is None else re.sub(r"\W", "", date[0]).lower()


def has_one_order(row: Format) -> bool:
    """Tell whether a format reads dates of digits in one order, and no other dates."""
    orders = orders_of(row)
    return len(orders) == 1 and "" not in orders


def in_one_order(scores: Sequence[Score], text: bytes) -> list[Score]:
    """Leave out the formats that have dates in another order than those that read most lines of a text, or come first.

    One that reads other dates, too, stays if it reads as many lines.
    """
    most: dict[str, int] = {}
    for score in scores:
        if has_one_order(score.format):
            (order,) = orders_of(score.format)
            most[order] = max(most.get(order, 0), score.matched)
    if not most:
        return list(scores)
    best = _likeliest([order for order, matched in most.items() if matched == max(most.values())], text)
    return [score for score in scores if _fits(orders_of(score.format), best, score.matched >= most[best])]


def _likeliest(orders: list[str], text: bytes) -> str:
    """Return which of the orders that read as many lines the dates have; the first where these do not tell."""
    if len(orders) == 1 or _YEAR_FIRST not in orders:
        return orders[0]
    dates = set(_IN_FRONT.findall(text))
    varied = len({last for _, last in dates}) - len({first for first, _ in dates})
    if varied > 0:
        return _YEAR_FIRST
    return orders[0] if varied == 0 else next(order for order in orders if order != _YEAR_FIRST)


def _fits(orders: frozenset[str], best: str, as_many: bool) -> bool:  # noqa: FBT001 - of two kinds of scores
    others = orders - {"", best}
    return not others or (as_many and len(orders) > 1)
