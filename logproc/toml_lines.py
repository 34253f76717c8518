"""Where in a TOML text each key stands: tomllib drops positions, and an error without a line is half an error.

The text has already been accepted by tomllib, so this scanner only has to find its way, not to judge. A path is a
tuple of keys and array indexes: `("source", 1, "format")` for the second `[[source]]`.
"""

from __future__ import annotations

import re
from typing import TypeAlias

Path: TypeAlias = tuple[str | int, ...]

_KEY = re.compile(r'\s*("(?:[^"\\\n]|\\.)*"|\'[^\'\n]*\'|[A-Za-z0-9_-]+)\s*(\.?)')
_BLANK = re.compile(r"(?:[ \t\r\n]|#[^\n]*)*")
_STRING = re.compile(r'"""(?:[^\\]|\\.)*?"{3,5}|\'\'\'.*?\'{3,5}|"(?:[^"\\\n]|\\.)*"|\'[^\'\n]*\'', re.DOTALL)
_SCALAR = re.compile(r"[^,\]}#\n]*")


def find_lines(text: str) -> dict[Path, int]:
    """Map every key of `text`, tables and array elements included, to its line, counted from 1."""
    return _Scanner(text).scan()


class _Scanner:
    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.lines: dict[Path, int] = {}
        self.arrays: dict[Path, int] = {}

    def scan(self) -> dict[Path, int]:
        table: Path = ()
        while self._skip_blank() < len(self.text):
            if self.text[self.at] == "[":
                table = self._header()
            else:
                self._pair(table)
        return self.lines

    def _skip_blank(self) -> int:
        match = _BLANK.match(self.text, self.at)
        self.at = match.end() if match else self.at
        return self.at

    def _note(self, path: Path, at: int) -> None:
        self.lines.setdefault(path, self.text.count("\n", 0, at) + 1)

    def _keys(self) -> tuple[str, ...]:
        keys = []
        while match := _KEY.match(self.text, self.at):
            keys.append(_unquote(match[1]))
            self.at = match.end()
            if not match[2]:
                break
        else:  # pragma: no cover - tomllib has refused such a text
            self.at = len(self.text)
        return tuple(keys)

    def _header(self) -> Path:
        begin = self.at
        is_array = self.text.startswith("[[", begin)
        self.at += 2 if is_array else 1
        path = self._resolve(self._keys())
        self.at += 2 if is_array else 1
        for length in range(1, len(path) + 1):
            self._note(path[:length], begin)
        if is_array:
            index = self.arrays.get(path, -1) + 1
            self.arrays[path] = index
            path = (*path, index)
            self._note(path, begin)
        return path

    def _resolve(self, keys: tuple[str, ...]) -> Path:
        """Turn header keys into a path: below an array of tables the last element is meant."""
        path: Path = ()
        for number, key in enumerate(keys):
            path = (*path, key)
            if path in self.arrays and number < len(keys) - 1:
                path = (*path, self.arrays[path])
        return path

    def _pair(self, table: Path) -> None:
        begin = self._skip_blank()
        keys = self._keys()
        for length in range(1, len(keys) + 1):
            self._note((*table, *keys[:length]), begin)
        self._skip_blank()
        self.at += 1  # the equals sign
        self._value((*table, *keys))

    def _value(self, path: Path) -> None:
        self._skip_blank()
        if string := _STRING.match(self.text, self.at):
            self.at = string.end()
        elif self.text.startswith("[", self.at):
            self._sequence(path, "]")
        elif self.text.startswith("{", self.at):
            self._sequence(path, "}")
        elif scalar := _SCALAR.match(self.text, self.at):
            self.at = scalar.end()

    def _sequence(self, path: Path, close: str) -> None:
        self.at += 1
        index = 0
        while self._skip_blank() < len(self.text) and self.text[self.at] != close:
            if close == "}":
                self._pair(path)
            else:
                self._note((*path, index), self.at)
                self._value((*path, index))
            index += 1
            self._skip_blank()
            if self.text.startswith(",", self.at):
                self.at += 1
        self.at += 1


def _unquote(key: str) -> str:
    if key[:1] == "'":
        return key[1:-1]
    if key[:1] == '"':
        return (
            str(key[1:-1].encode("latin-1", "backslashreplace").decode("unicode_escape")) if "\\" in key else key[1:-1]
        )
    return key
