"""Intervals as they are written in SQL: months, and microseconds; in UTC a day has always 24 hours."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from logproc.model import Kind
from logproc.rollup.builder import shown
from logproc.rollup.functions_calendar import MONTHS, WIDTHS
from logproc.rollup.functions_time import UNITS
from logproc.rollup.kinds import MisfitError
from logproc.rollup.spec import Literal

if TYPE_CHECKING:
    from logproc.rollup.builder import Builder, Clause, Node
    from logproc.rollup.spec import Expression

_PART = re.compile(r"\s*([+-]?\d+(?:\.\d+)?)\s*([A-Za-z]+)\s*")


def interval(text: str) -> tuple[int, int] | None:
    """Read `5 minutes` or `1 month 2 days` as (months, microseconds); None for anything else."""
    months = micros = at = 0
    while at < len(text):
        part = _PART.match(text, at)
        unit = UNITS.get(part[2].lower()) if part else None
        if part is None or unit is None:
            return None
        if unit in MONTHS:
            if "." in part[1]:
                return None
            months += int(part[1]) * MONTHS[unit]
        else:
            micros += round(float(part[1]) * WIDTHS[unit]) if "." in part[1] else int(part[1]) * WIDTHS[unit]
        at = part.end()
    return (months, micros) if at and abs(months) < 10**6 and abs(micros) < 2**62 else None


def moved(builder: Builder, node: Node, clause: Clause) -> Expression:
    """Build + and -, where a side may be an interval."""
    minus = type(node).__name__ == "Sub"
    sides = [type(side).__name__ == "Interval" for side in (node.this, node.expression)]
    if not any(sides):
        return builder.call("-" if minus else "+", builder.build_all((node.this, node.expression), clause))
    if all(sides) or (sides[0] and minus):
        message = f"{clause.name}: {shown(node)}: an interval is added to a time, or taken from one"
        raise builder.query.refuse(message, node)
    time, length = (node.expression, node.this) if sides[0] else (node.this, node.expression)
    months, micros = _written(builder, length, clause)
    sign = -1 if minus else 1
    parts = (Literal(sign * months, Kind.INTEGER), Literal(sign * micros, Kind.INTEGER))
    return builder.call("time_add", (builder.build(time, clause), *parts))


def bucket(builder: Builder, node: Node, clause: Clause) -> Expression:
    """Build time_bucket(INTERVAL, time)."""
    if len(node.expressions) != 2 or type(node.expressions[0]).__name__ != "Interval":
        raise MisfitError("time_bucket takes an interval and a time, as in time_bucket(INTERVAL '5 minutes', time)")
    months, micros = _written(builder, node.expressions[0], clause)
    if months < 0 or micros < 0 or (months > 0) == (micros > 0):
        raise MisfitError("the width of a time_bucket is more than nothing, and either months or shorter units")
    width = (Literal(months, Kind.INTEGER), Literal(micros, Kind.INTEGER))
    return builder.call("bucket", (*width, builder.build(node.expressions[1], clause)))


def _written(builder: Builder, node: Node, clause: Clause) -> tuple[int, int]:
    """Return the months and microseconds of a written interval."""
    unit = "" if node.args.get("unit") is None else node.args["unit"].name
    number = node.this
    sign = ""
    if type(number).__name__ == "Neg":
        sign, number = "-", number.this
    found = interval(f"{sign}{number.name} {unit}") if type(number).__name__ == "Literal" else None
    if found is None:
        message = f"{clause.name}: {shown(node)} must be written out, such as INTERVAL '5 minutes' or INTERVAL 1 DAY"
        raise builder.query.refuse(message, node)
    return found
