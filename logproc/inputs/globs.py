"""Globs over relative paths, compiled once to one regular expression.

`*` and `?` stay within one path segment, `**` spans segments, `[a-z]` and `[!a-z]` are classes. Nothing is special
about names that begin with a dot: a log in a hidden folder is a log.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


def match_everything(globs: Iterable[str]) -> bool:
    """Tell whether one of `globs` matches every path, so that a caller need not ask path by path."""
    return not {"**", "**/*"}.isdisjoint(globs)


def compile_globs(globs: Iterable[str]) -> re.Pattern[str]:
    """Compile `globs` to a pattern whose `fullmatch` tells whether any of them matches; none match without globs."""
    return re.compile("|".join(map(_translate, globs)) or r"(?!)", re.DOTALL)


def compile_prunes(globs: Iterable[str]) -> re.Pattern[str]:
    """Compile exclusion globs to a pattern of the folders that need no walk: excluded, or all inside is."""
    return compile_globs(_folder(glob) for glob in globs)


def _folder(glob: str) -> str:
    """Turn a glob of everything inside a folder into one of the folder; others stay."""
    for inside in ("/**/*", "/**", "/"):
        if glob.endswith(inside) and glob != inside:
            return glob.removesuffix(inside)
    return glob


def _translate(glob: str) -> str:
    glob = glob.removeprefix("./")
    out: list[str] = []
    at = 0
    while at < len(glob):
        text, at = _next_token(glob, at)
        out.append(text)
    return "".join(out)


def _next_token(glob: str, at: int) -> tuple[str, int]:
    """Translate the token of `glob` at index `at`; returns the regular expression and the index behind the token."""
    at_segment = at == 0 or glob[at - 1] == "/"
    if at_segment and glob.startswith("**/", at):
        return "(?:.*/)?", at + 3
    if at_segment and glob[at:] == "**":
        return ".*", at + 2
    if glob[at] == "*":
        while glob.startswith("*", at):
            at += 1
        return "[^/]*", at
    if glob[at] == "?":
        return "[^/]", at + 1
    if glob[at] == "[":
        return _class(glob, at)
    return re.escape(glob[at]), at + 1


def _class(glob: str, at: int) -> tuple[str, int]:
    close = glob.find("]", at + 3 if glob.startswith("[!", at) else at + 2)
    if close < 0:
        return r"\[", at + 1  # an unclosed bracket stands for itself, as in a shell
    inside = glob[at + 1 : close].replace("\\", "\\\\").replace("[", "\\[")
    inside = inside.replace("&&", "&\\&").replace("~~", "~\\~").replace("||", "|\\|").replace("--", "-\\-")
    inside = f"^{inside[1:]}" if inside.startswith("!") else inside.replace("^", "\\^")
    return f"(?:(?!/)[{inside}])", close + 1
