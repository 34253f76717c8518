"""Every scalar function there is, in one table, after DuckDB's names and meanings.

This is the reference: plain Python on one value. It is called once per distinct value of a column, never per row.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from logproc.rollup.functions_calendar import CALENDAR
from logproc.rollup.functions_core import CONDITIONALS, OPERATORS
from logproc.rollup.functions_geo import GEO
from logproc.rollup.functions_numbers import NUMBERS
from logproc.rollup.functions_regexp import PATTERNS
from logproc.rollup.functions_route import ROUTES
from logproc.rollup.functions_template import TEMPLATES
from logproc.rollup.functions_text import TEXTS
from logproc.rollup.functions_time import TIMES
from logproc.rollup.functions_web import AGENTS, URLS
from logproc.rollup.functions_words import WORDS
from logproc.rollup.numerals import NUMERALS

if TYPE_CHECKING:
    from logproc.rollup.signature import Function

SUBJECTS: dict[str, dict[str, Function]] = {
    "Operators": OPERATORS,
    "Conditions": CONDITIONALS,
    "Numbers": NUMBERS,
    "Text": TEXTS | WORDS,
    "Regular expressions": PATTERNS,
    "Time": TIMES | CALENDAR,
    "URLs, paths and addresses": URLS | ROUTES,
    "User agents": AGENTS,
    "Places": GEO,
    "Messages": TEMPLATES,
}
"""Functions by what they are about, in the order in which the documentation shows them."""

FUNCTIONS: dict[str, Function] = {
    name: f for functions in (*SUBJECTS.values(), NUMERALS) for name, f in functions.items()
}
"""Functions by the name that a `spec.Call` carries."""

ALIASES: dict[str, str] = {
    "ceiling": "ceil",
    "char_length": "length",
    "character_length": "length",
    "datediff": "date_diff",
    "datesub": "date_sub",
    "datetrunc": "date_trunc",
    "dayofmonth": "day",
    "editdist3": "levenshtein",
    "greatest_common_divisor": "gcd",
    "ifnull": "coalesce",
    "instr": "strpos",
    "lcase": "lower",
    "least_common_multiple": "lcm",
    "len": "length",
    "mismatches": "hamming",
    "nvl": "coalesce",
    "octet_length": "strlen",
    "ord": "unicode",
    "position": "strpos",
    "power": "pow",
    "prefix": "starts_with",
    "roundbankers": "round_even",
    "substr": "substring",
    "suffix": "ends_with",
    "to_binary": "bin",
    "try_strptime": "strptime",
    "ucase": "upper",
    "weekday": "dayofweek",
    "weekofyear": "week",
}
"""Other spellings of the same functions."""

SIGNS: frozenset[str] = frozenset({"||", "like", "ilike", "glob", "&", "|", "~", "<<", ">>"})
"""Functions that have a sign or a keyword and no name."""

INNER: frozenset[str] = frozenset({"time_add", "bucket"})
"""What the planner writes for intervals."""

CALLABLE: frozenset[str] = frozenset(
    (FUNCTIONS.keys() - OPERATORS.keys() - NUMERALS.keys() - SIGNS - INNER) | ALIASES.keys()
)
"""Names that a query may call; the rest is what operators and keywords become."""

DOMAIN: frozenset[str] = frozenset({*URLS, *ROUTES, *AGENTS, *TEMPLATES, *GEO} - {"url_decode"})
"""Functions of this product's own, which DuckDB lacks."""

CHANGING: dict[str, str] = {
    **dict.fromkeys(
        ("now", "today", "current_date", "current_timestamp", "current_localtimestamp", "get_current_timestamp"),
        "a report over the same logs is the same whenever it runs; write a time, or use --since and --until",
    ),
    **dict.fromkeys(
        ("random", "uuid", "gen_random_uuid", "uuidv4", "uuidv7"),
        "a report over the same logs is the same whenever it runs",
    ),
}
"""Functions whose answer changes from call to call, and why there are none."""
