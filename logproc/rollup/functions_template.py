"""What messages of one kind have in common: a message with its numbers, names of things and quoted texts left out.

Only the message itself is looked at, so that the template of a message is the same in every run, in any order, on any
number of machines. Tools that learn templates from all messages of a file, such as Drain, find more words that vary.
"""

from __future__ import annotations

import re

from logproc.model import Kind
from logproc.rollup.signature import TEXT, Function

PLACEHOLDER = "<*>"
"""What stands for a part that varies, as in the collections by which such tools are compared."""

LONGEST = 4096
"""Characters of a message that are looked at; what is behind them is left out."""

_VARIES = re.compile(
    r"""
      "(?:[^"\\]|\\.)*+" | (?<!\w)'(?:[^'\\]|\\.)*+'            # quoted
    | (?<==)(?:<\*>|[^\s,;"')\]}>|]++)                         # key=value
    | (?<![\w.])/[\w.@%+~:$-]++(?:/[\w.@%+~:$-]*+)*+            # /a/path
    | (?<!\w)[a-z][a-z0-9+.-]*+://[^\s,;)\]}>"']++              # scheme://where
    | (?<!\w)[A-Za-z]:\\[^\s,;)\]}>"']++                        # C:\a\path
    | (?<!\w)[A-Za-z_-]*+\d[\w-]*+(?:[.:@/]\w[\w-]*+)*+         # numbers, addresses, times, ids, hexadecimal
    | (?<!\w)[\w-]++(?:\.[\w-]++){2,}+(?::\d++)?+               # names of hosts
    """,
    re.VERBOSE,
)


def template(message: str) -> str:
    """Return a message with a placeholder for each part that varies."""
    return _VARIES.sub(PLACEHOLDER, message[:LONGEST])


COMPUTED: dict[str, tuple[str, str]] = {"template": ("template", "message")}
"""Fields that no line has: the function and the field that they are computed from."""

TEMPLATES: dict[str, Function] = {
    f.name: f
    for f in (
        Function("template", template, (TEXT,), Kind.TEXT, "a message with <*> for its numbers, ids, paths and quotes"),
    )
}
