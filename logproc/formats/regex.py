r"""`regex:PATTERN`: a regular expression whose named groups become fields.

The pattern may match anywhere in a line, as it may for grep and grok; `^` and `$` tie it to the line's ends. What the
syntax is, `regex_text` says; what the groups yield, `regex_fields`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from logproc.errors import FormatError
from logproc.formats.format import PATTERN, Format
from logproc.formats.regex_code import Code, generate
from logproc.formats.regex_fields import Output, family_of, kinds_of, outputs_of
from logproc.formats.regex_text import prepare
from logproc.formats.regex_tree import parse, references

if TYPE_CHECKING:
    from logproc.model import Kind


@dataclass(frozen=True, slots=True, eq=False)
class Pattern:
    """A compiled pattern, what its groups yield, and its text as Python's `re` would read it."""

    code: Code
    outputs: tuple[Output, ...]
    text: bytes

    @property
    def fields(self) -> dict[str, Kind]:
        """Names and kinds of the columns that a line yields."""
        return kinds_of(self.outputs)


def compile_pattern(text: str, shown: str | None = None) -> Pattern:
    """Compile the text of a pattern; FormatError says what is wrong with it."""
    prepared, named = prepare(text)
    tree = parse(prepared, shown or text)
    if not named:
        raise FormatError(f"{shown or text!r} names no field: write a group such as (?P<client>\\S+)")
    places: dict[str, int] = {}
    slots = {group.number: places.setdefault(group.name, len(places)) for group in named}
    for number in sorted(references(tree)):
        slots.setdefault(number, len(set(slots.values())))
    return Pattern(generate(tree, slots), outputs_of(named), prepared)


def compile_regex(text: str) -> Format:
    """Return the format of `regex:TEXT`."""
    pattern = compile_pattern(text)
    return Format(
        f"regex:{text}", family_of(pattern.fields), PATTERN, None, "a regular expression", rank=50, pattern=pattern
    )
