"""Every scalar function there is, in one table, after DuckDB's names and meanings.

This is the reference: plain Python on one value. It is called once per distinct value of a column, never per row.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from logproc.rollup.functions_core import CONDITIONALS, NUMBERS, OPERATORS
from logproc.rollup.functions_template import TEMPLATES
from logproc.rollup.functions_text import TEXTS
from logproc.rollup.functions_time import TIMES
from logproc.rollup.functions_web import AGENTS, URLS

if TYPE_CHECKING:
    from logproc.rollup.signature import Function

FUNCTIONS: dict[str, Function] = {
    **OPERATORS,
    **CONDITIONALS,
    **NUMBERS,
    **TEXTS,
    **TEMPLATES,
    **TIMES,
    **URLS,
    **AGENTS,
}
"""Functions by the name that a `spec.Call` carries."""

ALIASES: dict[str, str] = {
    "ceiling": "ceil",
    "char_length": "length",
    "character_length": "length",
    "datetrunc": "date_trunc",
    "dayofmonth": "day",
    "ifnull": "coalesce",
    "instr": "strpos",
    "lcase": "lower",
    "len": "length",
    "log": "log10",
    "position": "strpos",
    "power": "pow",
    "prefix": "starts_with",
    "substr": "substring",
    "suffix": "ends_with",
    "ucase": "upper",
    "weekday": "dayofweek",
    "weekofyear": "week",
}
"""Other spellings of the same functions."""

CALLABLE: frozenset[str] = frozenset((FUNCTIONS.keys() - OPERATORS.keys() - {"||", "like", "ilike"}) | ALIASES.keys())
"""Names that a query may call; the rest is what operators and keywords become."""
