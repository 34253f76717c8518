"""Plain data as bytes and back, for what travels between machines: no code, no pickle, nothing that is not on a list.

A frame is `u32 length of the header | header | attachments`. The header is JSON, UTF-8 (lone surrogates included, so
that any path travels): `[[length of each attachment...], value]`. Bytes, and texts that are long, are attachments. JSON
has fewer types than Python, so that what it lacks is an array whose first element says what it is; `_TAGS` lists them.
Decoding constructs only the classes that the codec was made with, from exactly their fields, of exactly their types,
and takes each attachment once, in their order: nothing that is decoded is larger than what was sent.
"""

from __future__ import annotations

import json
import math
import struct
from dataclasses import fields, is_dataclass
from enum import StrEnum
from itertools import accumulate, pairwise
from types import NoneType, UnionType
from typing import TYPE_CHECKING, Any, Union, get_args, get_origin, get_type_hints

from logproc.errors import WireError
from logproc.model import Failure, FileResult, Folded, Known, Lines, Mark, Partial, Parts, Piece, Reject, Task

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import TypeAlias

    Fits: TypeAlias = Callable[[Any], bool]

HEADER_BYTES = 1 << 20
"""Longest header."""

INLINE_BYTES = 512
"""Longer texts are attachments: a pack of 256 files has 256 paths of up to 4096 bytes."""

MODEL: tuple[type, ...] = (Task, Piece, Known, Partial, FileResult, Lines, Mark, Reject, Failure, Parts, Folded)
"""The classes that every codec knows."""

_TUPLE, _LIST, _BYTES, _TEXT, _FLOAT = "t", "l", "b", "s", "f"
_TAGS = (_TUPLE, _LIST, _BYTES, _TEXT, _FLOAT)
"""Tags of arrays; `=Name` is a member of an enumeration and `@Name` an object, by the name of its class."""

_LENGTH = struct.Struct("!I")
_ODD_FLOATS = {"inf": math.inf, "-inf": -math.inf, "nan": math.nan}
_PLAIN = frozenset({int, bool, NoneType})


class Codec:
    """Knows `MODEL` and the frozen dataclasses and StrEnums it is given, by their names."""

    def __init__(self, types: Sequence[type] = ()) -> None:
        known = {cls.__name__: cls for cls in (*MODEL, *types)}
        self._enums = {name: cls for name, cls in known.items() if issubclass(cls, StrEnum)}
        self._classes = {name: cls for name, cls in known.items() if is_dataclass(cls)}
        if strange := known.keys() - self._enums.keys() - self._classes.keys():
            raise TypeError(f"neither dataclasses nor StrEnums: {', '.join(sorted(strange))}")
        if len(known) != len({*MODEL, *types}):
            raise TypeError("two classes of one name")
        self._fields = {cls: tuple(field.name for field in fields(cls)) for cls in self._classes.values()}
        self._fits = {name: _checks(cls, known) for name, cls in self._classes.items()}

    def encode(self, value: Any) -> list[bytes]:  # noqa: ANN401 - whatever is on the list
        """Return the pieces of a frame; WireError if something in `value` cannot be sent."""
        attachments: list[bytes] = []
        try:
            tree = self._tree(value, attachments)
            text = json.dumps([[*map(len, attachments)], tree], ensure_ascii=False, separators=(",", ":"))
            header = text.encode("utf-8", "surrogatepass")
        except (ValueError, RecursionError) as error:
            raise WireError(f"cannot be sent: {error}") from error
        if len(header) > HEADER_BYTES:
            raise WireError(f"cannot be sent: its header has {len(header)} bytes, and {HEADER_BYTES} may be")
        return [_LENGTH.pack(len(header)) + header, *attachments]

    def dumps(self, value: Any) -> bytes:  # noqa: ANN401
        """Return a frame."""
        return b"".join(self.encode(value))

    def loads(self, frame: bytes | bytearray) -> Any:  # noqa: ANN401
        """Return what a frame holds; WireError if it is anything but a frame of known data."""
        view = memoryview(frame)
        if len(view) < _LENGTH.size:
            raise WireError("a frame without a length")
        (length,) = _LENGTH.unpack_from(view)
        if length > HEADER_BYTES:
            raise WireError(f"a header of {length} bytes, and {HEADER_BYTES} may be")
        end = _LENGTH.size + length
        if end > len(view):
            raise WireError("a frame that ends in its header")
        try:
            text = bytes(view[_LENGTH.size : end]).decode("utf-8", "surrogatepass")
            header = json.loads(text, parse_constant=_refuse)
            lengths, tree = header
            attachments = Attachments(view[end:], lengths)
            value = self._value(tree, attachments)
        except WireError:
            raise
        except (ValueError, TypeError, RecursionError) as error:
            raise WireError(f"not a frame: {type(error).__name__}") from error
        attachments.require_end()
        return value

    # ---- out ---------------------------------------------------------------------------------------------------

    def _tree(self, value: Any, attachments: list[bytes]) -> Any:  # noqa: ANN401
        """Return what stands for a value in JSON."""
        cls = type(value)
        if cls in _PLAIN:
            return value
        if cls is str:
            return self._text(value, attachments)
        if cls is tuple or cls is list:
            return [_TUPLE if cls is tuple else _LIST, *(self._tree(item, attachments) for item in value)]
        if cls is bytes:
            attachments.append(value)
            return [_BYTES, len(attachments) - 1]
        if cls is float:
            return value if math.isfinite(value) else [_FLOAT, str(value)]
        if cls is dict:
            if not all(type(key) is str for key in value):
                raise WireError("a dictionary whose keys are not text cannot be sent")
            return {key: self._tree(item, attachments) for key, item in value.items()}
        if self._enums.get(cls.__name__) is cls:
            return [f"={cls.__name__}", value.value]
        if self._classes.get(cls.__name__) is cls:
            found = {}
            for name in self._fields[cls]:
                item = getattr(value, name)
                found[name] = item if type(item) in _PLAIN else self._tree(item, attachments)
            return [f"@{cls.__name__}", found]
        raise WireError(f"a {cls.__module__}.{cls.__qualname__} cannot be sent")

    @staticmethod
    def _text(value: str, attachments: list[bytes]) -> Any:  # noqa: ANN401
        if len(value) <= INLINE_BYTES // 4:
            return value
        raw = value.encode("utf-8", "surrogatepass")
        if len(raw) <= INLINE_BYTES:
            return value
        attachments.append(raw)
        return [_TEXT, len(attachments) - 1]

    # ---- in ----------------------------------------------------------------------------------------------------

    def _value(self, tree: Any, attachments: Attachments) -> Any:  # noqa: ANN401
        """Return what a part of the header stands for."""
        cls = type(tree)
        if cls is dict:
            return {key: self._value(item, attachments) for key, item in tree.items()}
        if cls is not list:
            return tree
        tag = tree[0] if tree else None
        if type(tag) is not str:
            raise WireError("an array without a tag")
        if tag == _TUPLE:
            return tuple([self._value(item, attachments) for item in tree[1:]])
        if tag == _LIST:
            return [self._value(item, attachments) for item in tree[1:]]
        if len(tree) != 2:
            raise WireError(f"an array {tag[:20]!r} of {len(tree)} elements")
        return self._tagged(tag, tree[1], attachments)

    def _tagged(self, tag: str, content: Any, attachments: Attachments) -> Any:  # noqa: ANN401
        if tag in {_BYTES, _TEXT}:
            raw = attachments.take(content)
            return raw if tag == _BYTES else raw.decode("utf-8", "surrogatepass")
        if tag == _FLOAT and type(content) is str and content in _ODD_FLOATS:
            return _ODD_FLOATS[content]
        name = tag[1:]
        if tag[:1] == "=" and name in self._enums and type(content) is str:
            return self._enums[name](content)
        if tag[:1] == "@" and name in self._classes and type(content) is dict:
            return self._object(name, content, attachments)
        raise WireError(f"nothing that is known: {tag[:40]!r}")

    def _object(self, name: str, content: dict[str, Any], attachments: Attachments) -> Any:  # noqa: ANN401
        fits = self._fits[name]
        if content.keys() != fits.keys():
            raise WireError(f"a {name} with other fields than it has")
        values = {key: self._value(item, attachments) for key, item in content.items()}
        for key, value in values.items():
            if not fits[key](value):
                raise WireError(f"a {name} whose {key} is a {type(value).__name__}")
        return self._classes[name](**values)


def _refuse(constant: str) -> float:
    raise WireError(f"{constant}, which is not JSON")


class Attachments:
    """What stands behind a header, cut as it announces, which must be all of it; each is there to be taken once."""

    def __init__(self, body: memoryview, lengths: Any) -> None:  # noqa: ANN401 - anybody's JSON
        if type(lengths) is not list or not all(type(length) is int and length >= 0 for length in lengths):
            raise WireError("lengths that are none")
        if sum(lengths) != len(body):
            raise WireError("a frame of another length than it says")
        self._views = [body[begin:end] for begin, end in pairwise(accumulate(lengths, initial=0))]
        self._taken = 0

    def take(self, number: Any) -> bytes:  # noqa: ANN401
        """Return the next one, which must have this number: one named twice would be as large twice."""
        if type(number) is not int or number != self._taken or number >= len(self._views):
            raise WireError("an attachment that is not there, or whose turn it is not")
        self._taken += 1
        return bytes(self._views[number])

    def require_end(self) -> None:
        """Raise WireError if any is left over."""
        if self._taken != len(self._views):
            raise WireError("an attachment that nothing names")


# ---- types of fields -------------------------------------------------------------------------------------------


def _checks(cls: type, known: dict[str, type]) -> dict[str, Fits]:
    """Return for each field of a class what tells whether a value is of its type."""
    hints = get_type_hints(cls, localns=known)
    return {field.name: fits(hints[field.name]) for field in fields(cls)}


def fits(hint: Any) -> Fits:  # noqa: ANN401 - a type, as typing sees it
    """Return what tells whether a value is of a type, exactly: True is no int, but an int is a float."""
    if hint is Any:
        return lambda _value: True
    origin, arguments = get_origin(hint), get_args(hint)
    if origin in {Union, UnionType}:
        options = [fits(argument) for argument in arguments]
        return lambda value: any(option(value) for option in options)
    if origin is tuple and len(arguments) == 2 and arguments[1] is Ellipsis:
        item = fits(arguments[0])
        return lambda value: type(value) is tuple and all(map(item, value))
    if origin is tuple:
        items = [fits(argument) for argument in arguments]
        return lambda value: (
            type(value) is tuple and len(value) == len(items) and all(f(v) for f, v in zip(items, value, strict=True))
        )
    if origin is list:
        item = fits(arguments[0])
        return lambda value: type(value) is list and all(map(item, value))
    if origin is dict:
        item = fits(arguments[1])
        return lambda value: type(value) is dict and all(map(item, value.values()))
    if hint is float:
        return lambda value: type(value) in {float, int}
    if isinstance(hint, type):
        return lambda value: type(value) is hint
    raise TypeError(f"fields of type {hint} cannot be checked")
