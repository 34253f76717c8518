"""Calls whose arguments no function of that name takes: how many it takes, or which of them is of the wrong kind."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from logproc.adhoc.habits import HABITS

if TYPE_CHECKING:
    from collections.abc import Sequence

_NUMBER = r"(U?(TINY|SMALL|BIG|HUGE)INT|U?INTEGER|DECIMAL|DOUBLE|FLOAT|BIGNUM|INTEGER_LITERAL)"
_WORDS: tuple[tuple[str, str], ...] = (
    (r".*\[\d*\]|LIST.*|ARRAY.*", "a list"),
    (r"STRUCT.*|MAP.*|UNION.*", "a struct"),
    (rf"{_NUMBER}(\(.*\))?", "a number"),
    (r"VARCHAR|STRING_LITERAL|JSON|ENUM.*", "text"),
    (r"TIMESTAMP.*|DATE", "a time"),
    (r"TIME.*", "a time of day"),
    (r"INTERVAL", "an interval"),
    (r"BOOLEAN", "boolean"),
)
"""What types of DuckDB are called here, by a pattern of their names."""

_CASTS = {"a number": "TRY_CAST({} AS DOUBLE)", "a time": "TRY_CAST({} AS TIMESTAMP)", "text": "CAST({} AS TEXT)"}
_OPERATORS = {"~~": "LIKE", "!~~": "NOT LIKE", "~~*": "ILIKE", "!~~*": "NOT ILIKE", "~~~": "GLOB"}
_ANY = re.compile(r"ANY|T\d?|K|V|<.*>|LAMBDA|\"?NULL\"?|TABLE|UNKNOWN")


def misfit(name: str, call: str, known: str, written: str) -> str:
    """Say why a call fits none of the functions of its name, and what to write.

    `call` and `known` are DuckDB's, as in avg(VARCHAR), and avg(x DECIMAL) -> DECIMAL,avg(x DOUBLE) -> DOUBLE;
    `written` is the call in the query.
    """
    types, candidates = _split(_inside(call)), _split(re.sub(r" -> ([\w ]+)", "", known))
    given = [_word(type_) for type_ in types]
    if not re.match(r"\w", name):
        return f"{_OPERATORS.get(name, name)} does not go with {' and '.join(given)}{_way_of_operator(name, given)}"
    taken = [_split(_inside(candidate)) for candidate in candidates]
    habit = f"; write {HABITS[name.lower()]}" if name.lower() in HABITS else ""
    many = any(part.startswith("*") or "..." in part for parameters in taken for part in parameters)
    sizes = sorted({len(parameters) for parameters in taken})
    if sizes and not many and len(given) not in sizes:
        return f"{name} takes {_numbers(sizes)}, not {len(given)}{habit or _shown(candidates)}"
    fitting = [[_word(_type(part)) for part in parameters] for parameters in taken if len(parameters) == len(given)]
    if len(given) > 1 and (turned := [words for words in fitting if words != given and sorted(words) == sorted(given)]):
        return f"{name} takes its arguments in another order{_shown(candidates[fitting.index(turned[0]) :])}"
    for place, word in enumerate(given):
        needed = list(dict.fromkeys(words[place] for words in fitting))
        fits = {"anything", word} & {*needed} or types[place] == "STRING_LITERAL"  # such a literal takes any kind
        if needed and not fits:
            argument = (_split(_inside(written)) or [""])[place:][:1] or [""]
            which = "its argument" if len(given) == 1 else f"argument {place + 1}"
            way = habit or _way(word, needed, argument[0] or "...")
            usual = next((need for need in _CASTS if need in needed), " or ".join(needed))
            return f"{name} needs {usual}, and {which} is {word}{way}"
    return f"{name} does not go with {', '.join(given) or 'nothing'}{habit or _shown(candidates)}"


def _way(word: str, needed: Sequence[str], argument: str) -> str:
    if word == "a time" and "a number" in needed:
        return f"; write epoch({argument})"
    wanted = next((need for need in needed if need in _CASTS), None)
    reads = word == "text" or wanted == "text"
    return f"; write {_CASTS[wanted].format(argument)}" if wanted is not None and reads else ""


def _way_of_operator(name: str, given: Sequence[str]) -> str:
    if name in _OPERATORS:
        return "; write CAST(x AS TEXT)"
    if "a list" in given:
        return "; an element of a list is list[1], its length len(list)"
    if "a time" in given:
        return "; write an interval, as in time + INTERVAL '1 hour', or epoch(time)"
    return "; write TRY_CAST(x AS DOUBLE)" if "text" in given else ""


def _shown(candidates: Sequence[str]) -> str:
    """Show the first function of the name, with the names of its parameters."""
    call = candidates[0].replace(", /", "").replace('"', "") if candidates else ""
    return f"; there is {call}" if call else ""


def _numbers(sizes: Sequence[int]) -> str:
    said = " or ".join(map(str, sizes)) if len(sizes) < 3 else f"{sizes[0]} to {sizes[-1]}"
    return f"{said} argument{'s' * (sizes != [1])}"


def _word(type_: str) -> str:
    if _ANY.fullmatch(type_):
        return "anything"
    return next((word for pattern, word in _WORDS if re.fullmatch(pattern, type_)), type_)


def _type(parameter: str) -> str:
    """Return the type of a parameter: it stands behind the name, which may have quotation marks."""
    return (
        re.sub(r'^("[^"]*"|\w+)\s+(?=\S)', "", parameter)
        if not parameter.startswith(("TIMESTAMP ", "TIME "))
        else parameter
    )


def _inside(call: str) -> str:
    """Return what stands between the first bracket of a call and the one that closes it."""
    _, opened, rest = call.partition("(")
    depth = 1
    for place, letter in enumerate(rest):
        depth += (letter == "(") - (letter == ")")
        if not depth:
            return rest[:place]
    return rest if opened else ""


def _split(text: str) -> list[str]:
    """Split at commas outside of brackets and quotation marks; the mark of positional parameters is none."""
    parts, depth, quote = [""], 0, ""
    for letter in text:
        quote = (letter if letter in "'\"" else "") if not quote else "" if letter == quote else quote
        depth += 0 if quote else (letter in "([<") - (letter in ")]>")
        if letter == "," and not depth and not quote:
            parts.append("")
        else:
            parts[-1] += letter
    return [part.strip() for part in parts if part.strip() not in {"", "/"}]
