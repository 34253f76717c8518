"""Regular expressions that are compiled when they are first asked: tables hold hundreds, a run asks some dozens."""

from __future__ import annotations

import re
from functools import cached_property
from typing import TYPE_CHECKING, AnyStr, Generic

if TYPE_CHECKING:
    from collections.abc import Callable


class Expression(Generic[AnyStr]):
    """A pattern and its flags, and the methods of `re.Pattern` that are asked of it; equal to itself alone.

    Each method is the compiled pattern's own from the second time on, so that a loop pays for no call more.
    """

    def __init__(self, pattern: AnyStr, flags: re.RegexFlag = re.NOFLAG) -> None:
        self.pattern: AnyStr = pattern
        self.flags = flags

    def __repr__(self) -> str:
        return f"Expression({self.pattern!r}, {self.flags!r})"

    @cached_property
    def compiled(self) -> re.Pattern[AnyStr]:
        """The expression as `re` has it; its error where the pattern is none."""
        return re.compile(self.pattern, self.flags)

    @cached_property
    def match(self) -> Callable[..., re.Match[AnyStr] | None]:
        """Match at the beginning of a text, or at a place in it."""
        return self.compiled.match

    @cached_property
    def search(self) -> Callable[..., re.Match[AnyStr] | None]:
        """Find the first match in a text, or in a part of it."""
        return self.compiled.search
