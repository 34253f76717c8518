r"""The text of a pattern made ready for Python's parser: names out of the groups, other dialects' spellings replaced.

A group is named `(?P<name>...)` or `(?<name>...)`; the name may have dots, and a type behind a colon:
`(?P<status:int>\d+)`, `(?P<time:time(%d/%b/%Y:%H:%M:%S %z)>[^]]+)`. The same name may stand in several groups: the one
that took part in the match has the value. From Oniguruma and PCRE are taken `\h` (a hex digit), `\z`, `\R` and
`[[:alpha:]]`.
"""

from __future__ import annotations

import re
import string
from dataclasses import dataclass

from logproc.errors import FormatError


@dataclass(frozen=True, slots=True)
class Named:
    """A group of a pattern: its number for Python, its name, and the type behind the colon or None."""

    number: int
    name: str
    type: str | None


POSIX = {
    "alpha": "a-zA-Z",
    "digit": "0-9",
    "alnum": "a-zA-Z0-9",
    "upper": "A-Z",
    "lower": "a-z",
    "space": r"\s",
    "blank": r" \t",
    "punct": "".join("\\" + sign for sign in string.punctuation),
    "xdigit": "0-9a-fA-F",
    "word": r"\w",
    "print": r"\x20-\x7e",
    "graph": r"\x21-\x7e",
    "cntrl": r"\x00-\x1f\x7f",
}
"""Sets by the names that stand between `[:` and `:]`."""

ESCAPES = {"h": "[0-9a-fA-F]", "H": "[^0-9a-fA-F]", "z": r"\Z", "R": r"(?:\r\n|[\n\v\f\r])", "Z": r"\Z", "e": r"\x1b"}
"""Escapes of Oniguruma that Python spells in another way."""

_NAME = re.compile(r"\(\?P?<(?![=!])([^>]*)>")
_NAME_PARTS = re.compile(r"([A-Za-z_@][\w@.-]*)(?::(.*))?", re.DOTALL | re.ASCII)
_BACK = re.compile(r"\(\?P=([^)]*)\)|\\k<([^>]*)>")
_CONDITION = re.compile(r"\(\?\(([A-Za-z_@][\w@.-]*)\)")


def prepare(text: str) -> tuple[bytes, tuple[Named, ...]]:
    """Return the pattern as Python's parser reads it, and its named groups; FormatError for a wrong name."""
    return _Rewriter(text).done()


class _Rewriter:
    """Walks over a pattern once, copying it."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.out: list[bytes] = []
        self.groups = 0
        self.named: list[Named] = []

    def done(self) -> tuple[bytes, tuple[Named, ...]]:
        text = self.text
        while self.at < len(text):
            sign = text[self.at]
            if sign == "\\":
                self._escape()
            elif sign == "[":
                self._set()
            elif sign == "(":
                self._group()
            elif sign == "\n":
                raise FormatError("the pattern has a line break inside: a record must be one line")
            else:
                self._put(sign if sign.isascii() else "(?:" + _bytes(sign) + ")", 1)
        return b"".join(self.out), tuple(self.named)

    def _put(self, text: str, taken: int) -> None:
        self.out.append(text.encode("ascii"))
        self.at += taken

    def _escape(self) -> None:
        if found := _BACK.match(self.text, self.at):
            self._put(f"(?:\\{self._number(found[1] or found[2])})", len(found[0]))
            return
        sign = self.text[self.at + 1 : self.at + 2]
        if not sign.isascii():
            self._put("(?:" + _bytes(sign) + ")", 2)
        else:
            self._put(ESCAPES.get(sign, "\\" + sign), 1 + len(sign))

    def _number(self, name: str) -> int:
        for named in self.named:
            if named.name == name:
                return named.number
        raise FormatError(f"the pattern refers to the group {name!r} before there is one of that name")

    def _group(self) -> None:
        text = self.text
        if found := _NAME.match(text, self.at):
            self.groups += 1
            self.named.append(self._named(found[1]))
            self._put("(", len(found[0]))
        elif found := _BACK.match(text, self.at):
            self._put(f"(?:\\{self._number(found[1])})", len(found[0]))
        elif found := _CONDITION.match(text, self.at):
            self._put(f"(?({self._number(found[1])})", len(found[0]))
        elif text.startswith("(?#", self.at):
            end = text.find(")", self.at)
            self.at = len(text) if end < 0 else end + 1
        else:
            self.groups += not text.startswith("(?", self.at)
            self._put("(", 1)

    def _named(self, text: str) -> Named:
        found = _NAME_PARTS.fullmatch(text)
        if found is None:
            raise FormatError(
                f"{text!r} is no name for a group: write letters, digits, _ . - and, behind a colon, a type"
            )
        return Named(self.groups, found[1], found[2])

    def _set(self) -> None:
        """Copy [...], in which a bracket may come first, and [:names:] stand for sets."""
        text, at = self.text, self.at + 1
        out = "["
        if text[at : at + 1] == "^":
            out += "^"
            at += 1
        first = True
        while at < len(text) and (text[at] != "]" or first):
            first = False
            if text.startswith("[:", at) and (end := text.find(":]", at)) > 0:
                name = text[at + 2 : end]
                if name not in POSIX:
                    raise FormatError(f"there is no set [:{name}:]; there are {', '.join(POSIX)}")
                out += POSIX[name]
                at = end + 2
            elif text[at] == "\\":
                sign = text[at + 1 : at + 2]
                out += "0-9a-fA-F" if sign == "h" else "\\" + _ascii(sign, text)
                at += 2
            else:
                # Python warns of a second bracket, which a later version may read in another way.
                out += ("\\" if text[at] in "[&~|" else "") + _ascii(text[at], text)
                at += 1
        self._put(out + text[at : at + 1], at + 1 - self.at)


def _ascii(sign: str, text: str) -> str:
    if sign.isascii():
        return sign
    raise FormatError(f"{text!r}: {sign!r} between brackets is several bytes; write (?:{sign}|…) instead")


def _bytes(sign: str) -> str:
    return "".join(f"\\x{byte:02x}" for byte in sign.encode("utf-8", "surrogateescape"))
