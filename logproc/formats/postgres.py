"""PostgreSQL: logs with any `log_line_prefix`, as a program made from it, and those with the usual ones.

https://www.postgresql.org/docs/current/runtime-config-logging.html. What stands behind `%q` only sessions write; the
lines of other processes go on with their level there. Statements that are wrapped belong to the message.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from logproc.errors import FormatError
from logproc.formats.format import SEPARATOR, Format, Sample
from logproc.formats.heads import app, level, literal, maybe, number, stamp, word
from logproc.formats.program import Meaning, Missing, Program, Slot
from logproc.formats.within import Part, Within

if TYPE_CHECKING:
    from collections.abc import Iterator
    from collections.abc import Set as AbstractSet

TIME = "%i %Z"
"""What %t, %m and %s of log_line_prefix write."""

STEPS = (
    Part("step", b" ms  ", b": ", in_front=True),
    Part("step", b"statement", b": ", in_front=True, spare=True, whole=True),
    Part("step", b"execute ", b": ", in_front=True, spare=True, whole=True),
    Part("message", b": ", in_front=True, kept=True),
)
"""A statement in a message is the message; in front of it stands what is done: statement, parse, bind, execute and the
name of a prepared one, behind how long that took."""

STATEMENT = Within(
    "message",
    (
        Part(None, b"duration: ", b" ms", in_front=True),
        *STEPS,
        *(Part(name, b"", own=True, bare=True) for name in ("user", "database", "application")),
    ),
)
"""User, database and application are [unknown] of a session that has not said them, and empty of other processes."""


def _statement(names: AbstractSet[str | None]) -> Within:
    """Return what follows from a message, and how fields of these names are written."""
    return replace(STATEMENT, parts=tuple(part for part in STATEMENT.parts if not part.own or part.name in names))


TAIL = (
    level(b":"),
    maybe(Slot("code", Meaning.CODE, b": ", padded=True)),
    Slot("message", Meaning.MEASURED, b"", scale=1e-3, padded=True, port_name="duration"),
)
"""What stands behind every log_line_prefix; the code with log_error_verbosity = verbose."""

TIMES = {"t": TIME, "m": TIME, "n": "%s"}
"""Layouts of the escapes that are the record's time; the first of them in a prefix is it."""

TEXTS = {
    "a": "application",
    "u": "user",
    "d": "database",
    "h": "client",
    "L": "local_addr",
    "b": "backend_type",
    "i": "command",
    "c": "session",
    "v": "virtual_transaction",
}
NUMBERS = {"p": "pid", "P": "leader_pid", "l": "line_number", "x": "transaction", "Q": "query_id"}
OTHERS = frozenset("resq%")
"""Escapes by what they write; those of `TEXTS` may hold blanks, an application's name anything."""

_PIECE = re.compile(r"%-?\d*([A-Za-z%])|[^%]+|%")
_STATEMENT = re.compile(r"\s*log_line_prefix\s*=?\s*'((?:[^']|'')*)'\s*(?:#.*)?\Z", re.DOTALL)


def compile_postgres(text: str) -> Format:
    """Return the format of `postgres:PREFIX`; FormatError names the escape that is unknown or cannot be told apart."""
    statement = _STATEMENT.match(text)
    prefix = statement[1].replace("''", "'") if statement else text
    first, slots = _slots(list(_pieces(prefix)))
    if not slots:
        raise FormatError(f"log_line_prefix {prefix!r} has no escape: write %m, %p and others, as in postgresql.conf")
    tail = (replace(slot, name=None) if slot.name in {s.name for s in slots} else slot for slot in TAIL)
    names = {slot.name for slot in slots}
    program = Program(first, (*slots, *tail), head=len(slots) + 1, continues="message")
    return Format(
        f"postgres:{text}",
        "app",
        SEPARATOR,
        program,
        "PostgreSQL with this log_line_prefix",
        rank=50,
        needs=(b":",),
        within=_statement(names),
    )


def _pieces(prefix: str) -> Iterator[str | bytes]:
    """Cut a prefix into escapes, by their letter, and literals."""
    known = {*TIMES, *TEXTS, *NUMBERS, *OTHERS}
    for match in _PIECE.finditer(prefix):
        letter = match[1]
        if letter == "%":
            yield b"%"
        elif letter is not None and letter in known:
            yield letter
        elif match[0].startswith("%"):
            raise FormatError(
                f"log_line_prefix: {match[0]!r} at position {match.start() + 1} is no escape; there are "
                f"{' '.join(f'%{name}' for name in sorted(known))}"
            )
        else:
            yield match[0].encode("utf-8", "surrogateescape")


def _slots(pieces: list[str | bytes]) -> tuple[bytes, list[Slot]]:
    """Return the literal in front of the first escape, and a slot for each escape."""
    first = b""
    while pieces and isinstance(pieces[0], bytes):
        first += pieces.pop(0)  # type: ignore[operator]
    slots: list[Slot] = []
    taken: set[str] = set()
    session = False
    opening = b""
    for place, piece in enumerate(pieces):
        if piece == "q":
            session = True
        if piece == "q" or isinstance(piece, bytes):
            continue
        end = _gap(pieces, place)
        behind = pieces[place + 1 : place + 3]
        if "q" in behind:  # lines of other processes end the field where sessions go on
            at = pieces.index("q", place)
            before = b"".join(p for p in pieces[place + 1 : at] if isinstance(p, bytes))
            end, later = before, _gap(pieces, at)
        else:
            later = b""
        slots += _with_opening(_slot(str(piece), end, taken), opening, session=session)
        opening = later
        if not end and piece in {*TEXTS, "r"}:
            raise FormatError(
                f"log_line_prefix: %{piece} has nothing behind it: no reader could tell its end; put a blank there"
            )
    return first, slots


def _gap(pieces: list[str | bytes], place: int) -> bytes:
    """Return the literal behind a piece."""
    out = b""
    for piece in pieces[place + 1 :]:
        if isinstance(piece, str):
            break
        out += piece
    return out


def _with_opening(slots: list[Slot], opening: bytes, *, session: bool) -> list[Slot]:
    """Put a literal in front of slots, and let those of sessions be passed by."""
    parts = [opening[at : at + 8] for at in range(0, len(opening), 8)]
    slots = [literal(part) for part in parts] + slots
    if session:
        slots = [replace(slot, missing=Missing.PASSED_BY) for slot in slots]
    return slots


def _slot(letter: str, end: bytes, taken: set[str]) -> list[Slot]:
    """Return the slots of an escape and of the literal behind it."""
    close = end[:8]
    rest = [literal(end[at : at + 8]) for at in range(8, len(end), 8)]

    def name(wanted: str) -> str | None:
        if wanted in taken:
            return None
        taken.add(wanted)
        return wanted

    if letter in TIMES or letter == "s":
        slot = Slot(name("time") if letter in TIMES else None, Meaning.STAMP, close, layout=TIMES.get(letter, TIME))
    elif letter in NUMBERS:
        slot = Slot(name(NUMBERS[letter]), Meaning.NUMBER, close, padded=True)
    elif letter == "e":
        slot = Slot(name("code"), Meaning.CODE, close, padded=True)
    elif letter == "r":  # the host, and its port in brackets; of a local connection [local]
        slot = Slot(name("client"), Meaning.ENDPOINT, close, padded=True, port_name=name("remote_port"))
    else:
        slot = Slot(name(TEXTS[letter]), Meaning.TEXT, close, padded=True)
    return [slot, *rest]


POSTGRES = (
    app(
        "postgres",
        "PostgreSQL with log_line_prefix '%t ' or '%m ', '[%p] ' or '[%p-%l] ' behind it, and '%u@%d ' behind that",
        (
            stamp(TIME, b" "),
            maybe(number("pid", b"", b"[")),
            maybe(number("line_number", b"", b"-")),
            maybe(literal(b"]")),
            maybe(literal(b":")),
            maybe(word("user", second="database")),
            *TAIL,
        ),
        rank=-2,
        continues="message",
        needs=(b":  ",),
        within=_statement({"user", "database"}),
        samples=(
            Sample(
                "2020-04-16 11:45:11.844 CEST [26953] LOG:  starting PostgreSQL 12.2 on x86_64",
                {
                    "time": "2020-04-16T09:45:11.844000Z",
                    "pid": 26953,
                    "line_number": None,
                    "user": None,
                    "level": "INFO",
                    "message": "starting PostgreSQL 12.2 on x86_64",
                },
            ),
            Sample(
                "2017-07-31 13:36:42 UTC [4974-1] postgres@clients ERROR:  42P01: syntax error at character 8",
                {
                    "time": "2017-07-31T13:36:42Z",
                    "pid": 4974,
                    "line_number": 1,
                    "user": "postgres",
                    "database": "clients",
                    "level": "ERROR",
                    "code": "42P01",
                    "message": "syntax error at character 8",
                },
            ),
            Sample(
                "2019-09-22 06:28:24 UTC LOG:  duration: 112.337 ms  statement: x",
                {"pid": None, "message": "x", "step": "statement", "duration": 0.112337},
            ),
            Sample(
                "2019-09-22 06:28:24 UTC [7] [unknown]@[unknown] LOG:  execute S_1: BEGIN",
                {"user": "unknown", "database": "unknown", "step": "execute S_1", "message": "BEGIN", "duration": None},
            ),
            Sample(
                "2019-09-22 06:28:24 UTC [7] a@b LOG:  duration: 1.5 ms",
                {"step": None, "message": "duration: 1.5 ms", "duration": 0.0015},
            ),
        ),
        refused=("2020-04-16 11:45:11.844 [26953] LOG:  x", "2020-04-16 11:45:11.844 CEST [26953] x", "\tFROM a"),
    ),
)
"""Rows of the family."""
