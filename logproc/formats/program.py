r"""A format as a separator program: which bytes end each field, and what the field's bytes mean.

A line matches when the prefix stands at its start and, slot by slot, each field is followed by its terminator. A
field runs to the first place where its whole terminator stands (for a quoted slot: where the quote is not escaped by
a backslash). The last terminator ends with b"\n", which also accepts a carriage return before it.

With `extra`, the last terminator is written without the b"\n" (b'"' or b""), and the place that ends the last field
is the first where behind it stands a line end, or a blank that other fields follow. In those the quotes must pair up:
an odd number of quotes that no backslash escapes means that some field before was cut in the wrong place, and the
line does not match.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum


class Meaning(IntEnum):
    """What the bytes of a slot must be. The numbers are those of `kernels.tokenize`."""

    TEXT = 0
    INTEGER = 1  # digits, an optional sign; "-" and "" are null; anything else rejects the line
    DECIMAL = 2  # the same with a fraction
    CLF_TIME = 3  # 10/Oct/2000:13:55:36 -0700; "-" is null
    ISO_TIME = 4  # 2000-10-10T13:55:36[.ffffff][Z|+hh:mm]
    EPOCH_SECONDS = 5  # 971211336[.123]
    EPOCH_MILLIS = 6
    EPOCH_MICROS = 7
    REQUEST = 8  # METHOD target PROTOCOL: yields method, target, path, query, protocol
    TARGET = 9  # a target alone: yields target, path, query
    DECIMAL_LIST = 10  # nginx upstream values, "0.010, 0.020 : 0.001": the sum of the list
    COUNT = 11  # an integer; a plus sign in front is left out, a negative number is null
    DURATION = 12  # the same with a fraction
    LOOSE_INTEGER = 13  # digits are a number, any other text is null
    ENDPOINT = 14  # host:port, [host]:port or host: yields the host and, as `port_name`, the port
    LOCAL_TIME = 15  # 10/Oct/2000:13:55:36[.ffffff] without a zone
    PRIORITY = 16  # 0 to 191, as syslog writes it between < and >: yields facility and severity
    SYSLOG = 17  # all in front of a syslog message: yields facility, severity, time, host, program, pid
    ELEMENTS = 18  # structured data of RFC 5424, or a dash
    STAMP = 19  # a time as `Slot.layout` says (see `formats.layouts`)
    LEVEL = 20  # what a logger calls a level, then perhaps blanks
    LOGGER = 21  # a name without blanks, then a colon, dash or bar with blanks around it
    BRACKETED = 22  # text before a closing bracket; brackets inside it pair up, blanks at its end are left out
    WORD = 23  # text without blanks, not empty; with a `port_name`, what is behind an @ in it goes there
    NUMBER = 24  # digits, and nothing else
    LITERAL = 25  # no field: the opening alone
    LETTER = 26  # a level's first letter, as glog writes it
    CODE = 27  # an SQLSTATE: five capital letters or digits
    TAG = 28  # program[pid]: as syslog writes it, or nothing: yields program and pid
    TRAILED = 29  # the rest of the line; what stands at its end in brackets, " (name)", goes to `port_name`
    MEASURED = 30  # the rest of the line; the number behind "duration: ", if it begins so, goes to `port_name`


class Missing(IntEnum):
    """What it means that a slot's opening does not stand in the line. The numbers are those of `kernels.tokenize`."""

    REFUSED = 0  # the line does not match
    SKIPPED = 1  # the field is null, and takes no bytes
    BARE = 2  # the field is written without quotes and ends at the terminator less its first byte
    PASSED_BY = 3  # where a level and a colon stand in its place, the field is null, and takes no bytes


@dataclass(frozen=True, slots=True)
class Slot:
    """One field of a line.

    `name` is the contract's field name, or None for a field nobody can ask for. `scale` multiplies a number (1e-6
    where the server logs microseconds). `quoted` makes the terminator's first byte not count behind a backslash.
    `comma_list` lets the field run on over ", " and " : " where the terminator is a blank.
    `length`, where not 0, is the exact byte count of the field, for fields whose text contains the terminator or that
    have an empty one; a lone dash may stand in its place. The last slot has none.

    `opening` are at most eight bytes that stand in front of the field, `missing` says what it means if they do not; a
    slot that may be bare is a text or a request, has a terminator of at most eight bytes and is not the last.
    `may_end` allows the line to end behind the field, where the terminator's closing quote (if it begins with one)
    stands: the slots that follow are then null; they are no PRIORITY, SYSLOG or TAG, and if one of them is a request or
    a target, the line does not match. `padded` skips blanks in front of the field. `solid` refuses a field that is
    empty or holds the terminator's first byte. `port_name` is the name of an ENDPOINT's port.

    SYSLOG and ELEMENTS know where they end. A SYSLOG slot, which is the first one, has no terminator; behind ELEMENTS
    stands a blank or the line's end, and the line may end there as behind `may_end`. `name` is "time" for a SYSLOG slot
    whose time is that of the row, else None. From STAMP on, meanings know it, too, and are followed by their
    terminators, of at most eight bytes; one that may be SKIPPED is null where there is no such text.
    `layout` is that of a STAMP. TRAILED and MEASURED have no terminator, are the last, and may be followed by nothing;
    `scale` multiplies what MEASURED finds.
    """

    name: str | None
    meaning: Meaning
    terminator: bytes
    quoted: bool = False
    comma_list: bool = False
    scale: float = 1.0
    length: int = 0
    opening: bytes = b""
    missing: Missing = Missing.REFUSED
    may_end: bool = False
    padded: bool = False
    solid: bool = False
    port_name: str | None = None
    layout: str = ""


@dataclass(frozen=True, slots=True)
class Program:
    r"""The slots of a line, in order.

    `extra` accepts further fields between the last slot and the end of the line, after a blank. `clf_head` re-reads
    "vhost client, client - user" heads whose third slot, the user, came out with a blank. The head, from the client
    to the user, is split at every blank: if its second word is a dash, or its last but one is not, it stays as it was
    (a user with blanks; a dash between blanks, as Jetty writes it, is null). Else the last word is the user, the last
    but two the client, ident is null, and the first is the vhost if it is not empty and does not end with a comma;
    `:digits` at its end is the port.

    `head` is the number of slots by which a line is known to begin a record; 0 means that every line is one. A line
    that is refused in its head goes on with the record before it, as text of the field `continues`: "stack", or a
    slot's name, whose text then runs on. A terminator or an opening with b"\n" inside makes every record several
    lines; the head is in the first one, and the others must not look like one. Lines that begin with one of `headers`,
    at most eight bytes each (exactly eight where every line is a record), and not with a head count as blank lines.
    """

    prefix: bytes
    slots: tuple[Slot, ...]
    extra: bool = False
    clf_head: bool = False
    head: int = 0
    continues: str = "stack"
    headers: tuple[bytes, ...] = ()

    @property
    def spans_lines(self) -> bool:
        """Whether every record is several lines."""
        return any(b"\n" in slot.opening + slot.terminator for slot in self.slots[:-1])
