"""How generations begin: looked up by the first bytes of a file."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from logproc.state.generations import SIGNATURE_BYTES, digest, signature

if TYPE_CHECKING:
    from collections.abc import Callable, Container, Iterable, Iterator


class Beginnings:
    """The generations that bytes begin with, but for those in `claims`; `load` returns what a ledger has of all.

    Nothing is loaded before something is asked: of most files of most nights nothing is.
    """

    def __init__(self, load: Callable[[], Iterable[tuple[int, int, bytes, bytes]]], claims: Container[int]) -> None:
        self._load = load
        self._claims = claims
        self._heads: dict[bytes, _Heads] | None = None

    def of(self, data: bytes) -> Iterator[int]:
        """Yield the generations whose head some bytes begin with."""
        heads = self._index()
        for mark in (signature(data), _NO_SIGNATURE):
            for length, by_head in heads.get(mark, {}).items():
                if length <= len(data):
                    numbers = by_head.get(digest(data[:length]), ())
                    yield from (number for number in numbers if number not in self._claims)

    def _index(self) -> dict[bytes, _Heads]:
        """Return what generations begin with, by signature: those that were not claimed when this was asked first."""
        if self._heads is None:
            self._heads = {}
            for number, length, head, mark in self._load():
                if number not in self._claims:
                    by_length = self._heads.setdefault(mark if length >= SIGNATURE_BYTES else _NO_SIGNATURE, {})
                    by_length.setdefault(length, {}).setdefault(head, []).append(number)
        return self._heads


_NO_SIGNATURE = b""
"""Where the generations are that are too short for one."""

_Heads: TypeAlias = "dict[int, dict[bytes, list[int]]]"
"""Generations by length and hash of their heads."""
