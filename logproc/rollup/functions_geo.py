"""Where an address is, from the MaxMind files that the configuration names.

The planner writes the files into the call, as its last argument: `country(client)` becomes
`country(client, 'GeoLite2-City.mmdb')`. So a report says itself what it was computed from, and workers need to be told
nothing else.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

from logproc.errors import MissingExtraError
from logproc.model import Kind
from logproc.rollup.signature import TEXT, Function

if TYPE_CHECKING:
    from collections.abc import Callable

    from logproc.rollup.spec import Value

BETWEEN = "\n"
"""What separates the files in a call: no file of sane people has it in its name."""


def import_maxminddb() -> Any:  # noqa: ANN401 - an optional package
    """Import maxminddb; MissingExtraError where it is not installed."""
    try:
        import maxminddb  # noqa: PLC0415 - an extra
    except ImportError as error:
        raise MissingExtraError("a place or a network of an address", "geo") from error
    return maxminddb


@lru_cache(maxsize=16)
def _reader(path: str) -> Any:  # noqa: ANN401 - a reader of maxminddb
    return import_maxminddb().open_database(path)


def file_problem(paths: Value) -> str | None:
    """Say why files cannot be used, if so."""
    if not paths:
        return None  # a report that is only compared
    maxminddb = import_maxminddb()
    for path in filter(None, str(paths).split(BETWEEN)):
        try:
            _reader(path)
        except (OSError, maxminddb.InvalidDatabaseError) as error:
            return f"{path}: {getattr(error, 'strerror', None) or error}"
    return None


def _records(address: str, paths: str) -> list[dict[str, Any]]:
    found = []
    for path in paths.split(BETWEEN):
        try:
            record = _reader(path).get(address.strip("[]"))
        except ValueError:  # no address
            return []
        if isinstance(record, dict):
            found.append(record)
    return found


def _name(record: dict[str, Any], key: str) -> Any:  # noqa: ANN401 - whatever the file has
    """Return the English name of a place; files of other makers have plain texts there."""
    place = record.get(key)
    if isinstance(place, dict):
        names = place.get("names")
        return names.get("en") if isinstance(names, dict) else None
    return place


def _code(record: dict[str, Any]) -> Any:  # noqa: ANN401 - whatever the file has
    country = record.get("country")
    return country.get("iso_code") if isinstance(country, dict) else record.get("country_code") or country


def _asked(pick: Callable[[dict[str, Any]], Any], kind: type) -> Callable[[str, str], Any]:
    """Make the function that asks one file after the other until one knows."""

    def asked(address: str, paths: str) -> Any:  # noqa: ANN401 - text or a number
        for record in _records(address, paths):
            value = pick(record)
            if isinstance(value, kind) and not isinstance(value, bool):
                return value
        return None

    return asked


_FILES = ((1, file_problem),)

GEO: dict[str, Function] = {
    name: Function(name, _asked(pick, kind), (TEXT, TEXT), result, doc, constants=_FILES)
    for name, pick, kind, result, doc in (
        ("country", _code, str, Kind.TEXT, "ISO code of an address's country"),
        ("country_name", lambda r: _name(r, "country"), str, Kind.TEXT, "name of its country"),
        ("continent", lambda r: _name(r, "continent"), str, Kind.TEXT, "name of its continent"),
        ("city", lambda r: _name(r, "city"), str, Kind.TEXT, "name of its city"),
        ("asn", lambda r: r.get("autonomous_system_number"), int, Kind.INTEGER, "number of its autonomous system"),
        (
            "asn_name", lambda r: r.get("autonomous_system_organization"), str, Kind.TEXT,
            "who runs its autonomous system",
        ),
    )
}  # fmt: skip
"""What takes an address and, last, the files: the planner fills in those of `[geo] files` where none are written."""
