"""Reads one config.toml and checks every key of it against `config_keys.KEYS`.

A wrong key or value raises ConfigError with the file, the line and the way out; what comes back needs no more checks.
"""

from __future__ import annotations

import re
import tomllib
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any, NoReturn

from logproc.config_keys import (
    ARRAYS,
    BOOLEAN,
    FREE,
    GOES_WITH,
    INTEGER,
    KEYS,
    NUMBER,
    REQUIRED,
    TABLES,
    TEXT,
    TEXTS,
    Key,
)
from logproc.errors import ConfigError
from logproc.toml_lines import find_lines

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import TypeAlias

    from logproc.toml_lines import Path

    Table: TypeAlias = dict[str, Any]

_ARTICLES = {
    TEXT: "a text",
    TEXTS: 'a list of texts, such as ["a", "b"]',
    INTEGER: "a whole number",
    NUMBER: "a number",
    BOOLEAN: BOOLEAN,
}


def read(path: str) -> Table:
    """Return every key of the file at `path`, checked, with defaults: tables by name, arrays as tuples of tables."""
    try:
        with open(path, "rb") as file:  # noqa: PTH123
            text = file.read().decode("utf-8-sig")
        data = tomllib.loads(text)
    except OSError as error:
        raise ConfigError(f"cannot be read: {error.strerror or error}", path) from error
    except UnicodeDecodeError as error:
        raise ConfigError(f"is not UTF-8 text (byte {error.start})", path) from error
    except tomllib.TOMLDecodeError as error:
        line = re.search(r"at line (\d+)", str(error))
        raise ConfigError(f"is not TOML: {error}", path, int(line[1]) if line else None) from error
    return _Reader(data, find_lines(text), path).values()


def defaults() -> Table:
    """Return what `read` returns for an empty file."""
    return _Reader({}, {}, "").values()


class _Reader:
    """Checks one parsed config.toml against `KEYS`."""

    def __init__(self, data: Mapping[str, Any], lines: Mapping[Path, int], path: str) -> None:
        self.data = data
        self.lines = lines
        self.path = path

    def values(self) -> Table:
        self._refuse_unknown("", {name: None for name in self.data if name not in (*TABLES, *ARRAYS, *FREE)}, ())
        found = self._table("", self.data, ())
        for name in TABLES:
            found[name] = self._table(name, self._expect(name, dict, f"a table: [{name}]"), (name,))
        self._refuse_other_backends(self.data.get("run", {}))
        for name in FREE:
            found[name] = self._expect(name, dict, f"a table: [{name}]")
            for key, value in found[name].items():
                if not isinstance(value, str) or not value:
                    self._fail(f"{name}.{key} must be a text, not {_describe(value)}", (name, key))
        for name in ARRAYS:
            found[name] = tuple(self._elements(name))
        return found

    def _expect(self, name: str, kind: type, what: str) -> Any:  # noqa: ANN401 - a dict or a list
        value = self.data.get(name, kind())
        if not isinstance(value, kind):
            self._fail(f"{name} must be {what}, not {_describe(value)}", (name,))
        return value

    def _elements(self, name: str) -> list[Table]:
        tables: list[Table] = []
        for index, item in enumerate(self._expect(name, list, f"an array of tables: [[{name}]]")):
            where = (name, index)
            if not isinstance(item, dict):
                self._fail(f"{name} must be an array of tables: [[{name}]], not of {_describe(item)}", where)
            table = self._table(name, item, where)
            if any(table["name"] == other["name"] for other in tables):
                self._fail(
                    f"two [[{name}]] are called {table['name']!r}; give each a name of its own", (*where, "name")
                )
            tables.append({**table, "line": self.lines.get(where)})
        return tables

    def _table(self, table: str, data: Mapping[str, Any], where: Path) -> Table:
        if table:
            self._refuse_unknown(table, data, where)
        return {key.name: self._value(key, data, where) for key in KEYS if key.table == table}

    def _value(self, key: Key, data: Mapping[str, Any], where: Path) -> Any:  # noqa: ANN401 - as the key says
        if key.name not in data:
            if key.default is REQUIRED:
                self._fail(f"{key.dotted} is missing: {key.doc}", where)
            return key.default
        value = _convert(key.type, data[key.name])
        if value is None:
            self._fail(
                f"{key.dotted} must be {_ARTICLES[key.type]}, not {_describe(data[key.name])}", (*where, key.name)
            )
        if key.check and (wrong := key.check(value)):
            self._fail(f"{key.dotted} {wrong}", (*where, key.name))
        return value

    def _refuse_unknown(self, table: str, data: Mapping[str, Any], where: Path) -> None:
        known = {key.name for key in KEYS if key.table == table}
        for name in data:
            if name not in known:
                place = "" if not table else f" in [[{table}]]" if table in ARRAYS else f" in [{table}]"
                self._fail(f"unknown key {name!r}{place}; {_nearest(name, table)}", (*where, name))

    def _refuse_other_backends(self, run: Mapping[str, Any]) -> None:
        """Refuse a key of the queue where Dask is named, and the other way round: it would do nothing."""
        named = run.get("backend")
        for name in run.keys() & GOES_WITH.keys():
            if named in GOES_WITH.values() and named != GOES_WITH[name]:
                needed = GOES_WITH[name]
                self._fail(
                    f'run.{name} goes with backend = "{needed}", not with "{named}"; leave one of them out',
                    ("run", name),
                )

    def _fail(self, message: str, where: Path) -> NoReturn:
        while where and where not in self.lines:
            where = where[:-1]
        raise ConfigError(message, self.path or None, self.lines.get(where))


IN_THE_SQL = ("report", "title")
"""A key that people look for where it is not: what is said of a report stands in its SQL, as in .sql files."""


def _nearest(name: str, table: str) -> str:
    """Say which known key is nearest to an unknown one: at home, then elsewhere, then at home at any distance.

    One that it is the beginning of is nearest of all.
    """
    if (table, name) == IN_THE_SQL:
        return "a title is the first line of the SQL: -- title: …"
    here = {key.name: key.dotted for key in KEYS if key.table == table}
    if not table:
        here |= {name: f"[{name}]" for name in (*TABLES, *FREE)} | {name: f"[[{name}]]" for name in ARRAYS}
    if begun := [dotted for known, dotted in here.items() if known.startswith(f"{name}_")]:
        return f"did you mean {begun[0]!r}?"
    elsewhere = {key.name: key.dotted for key in KEYS if key.name not in here}
    for names, cutoff in ((here, 0.7), (elsewhere, 0.8), (here, 0.0)):
        if close := get_close_matches(name, names, n=1, cutoff=cutoff):
            return f"did you mean {names[close[0]]!r}?"
    return ""


def _convert(kind: str, value: object) -> Any:  # noqa: ANN401 - as the kind says
    """Return a value as its type's Python value, or None if it is of another type."""
    number = not isinstance(value, bool)
    if (kind == TEXT and isinstance(value, str)) or (kind == BOOLEAN and isinstance(value, bool)):
        return value
    if kind == INTEGER and number and isinstance(value, int):
        return value
    if kind == NUMBER and number and isinstance(value, int | float):
        return float(value)
    if kind == TEXTS and isinstance(value, list) and all(isinstance(item, str) for item in value):
        return tuple(value)
    return None


def _describe(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int | float | str):
        return repr(value)
    if isinstance(value, list):
        return "a list of other things" if value else "an empty list"
    return "a table" if isinstance(value, dict) else "a date or time"
