"""In which order dates of digits alone have their day, month and year.

Of a date such as 03/04/2024 only the file tells what it means: the days that go past the 12th do. So formats of two
orders never share the lines of a file between them; the order in which most lines can be read is that of them all.
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

_DATE = re.compile(r"%[dmy]\W%[dmy]\W%[yY]")


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


def in_one_order(scores: Sequence[Score]) -> list[Score]:
    """Leave out the formats that have dates in another order than those that read most lines, or come first.

    One that reads other dates, too, stays if it reads as many lines.
    """
    most: dict[str, int] = {}
    for score in scores:
        orders = orders_of(score.format)
        if len(orders) == 1 and "" not in orders:
            (order,) = orders
            most[order] = max(most.get(order, 0), score.matched)
    if not most:
        return list(scores)
    best = max(most, key=most.__getitem__)
    return [score for score in scores if _fits(orders_of(score.format), best, score.matched >= most[best])]


def _fits(orders: frozenset[str], best: str, as_many: bool) -> bool:  # noqa: FBT001 - of two kinds of scores
    others = orders - {"", best}
    return not others or (as_many and len(orders) > 1)
