"""How much of a text each format reads, and what detection says of it."""

from __future__ import annotations

from dataclasses import dataclass
from operator import attrgetter
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from logproc.formats.orders import has_one_order
from logproc.formats.outlook import HEAD_BYTES, Outlook

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from logproc.formats.format import Format

Matcher: TypeAlias = "Callable[[Format, bytes], tuple[int, int]]"
"""Counts (matched, rejected) lines of whole-line bytes; blank lines are neither."""

Readers: TypeAlias = "Callable[[Iterable[Format], bytes], Iterator[Format]]"
"""Returns the formats, in their order, without some that read no line of the text."""

Refused: TypeAlias = "Callable[[Format, bytes], bytes]"
"""Returns the lines that a format refuses, and those that go on with its records without looking like it."""

MIN_SHARE = 0.5
"""A format that reads fewer of the records is not chosen; rejected lines that begin with a blank are no records of
their own, but the rest of one that was cut or goes on."""

GUESSED, LAST_GUESSED = 0.9, 0.7
"""Confidence at most in a format that many programs write, and in a last resort, however many lines they read."""


@dataclass(frozen=True, slots=True)
class Detection:
    """What was found: the format's name or None, the confidence in it, the next best, and the reason.

    The confidence is the share of lines it reads, but at most `GUESSED` where others may have written such a file.

    Where a file holds lines of several formats, `tried` names them in the order in which each line is tried; `format`
    is the one that most lines have, and the confidence is the share that any of them reads.
    """

    format: str | None
    confidence: float
    runner_up: str | None
    reason: str
    tried: tuple[str, ...] = ()


class Score(NamedTuple):
    """What a format reads of a text: its share of the lines, and how many it reads and refuses."""

    format: Format
    share: float
    matched: int
    rejected: int


share_of = attrgetter("share")


def scores_of(
    text: bytes,
    ordered: tuple[Format, ...],
    matcher: Matcher,
    readers: Readers | None,
    but: Sequence[Format] = (),
) -> tuple[list[Score], str]:
    """Match the candidates, `but` some, whose bytes are there; also return why one that matches must not be taken."""
    scores: list[Score] = []
    refusal = ""
    whole = False
    outlook = Outlook(text)
    for row in _candidates(outlook, ordered, readers):
        if (but and row in but) or (whole and not has_one_order(row)):
            continue
        unlike = outlook.is_unlike(row)
        if (unlike and not row.unlike_reason) or not outlook.begins(row):
            continue
        matched, rejected = matcher(row, text)
        if matched == 0:
            continue
        if unlike:
            refusal = f"{row.name} does not fit: {row.unlike_reason}"
            continue
        scores.append(Score(row, matched / (matched + rejected), matched, rejected))
        if rejected == 0:
            if not has_one_order(row):
                break
            whole = True  # but so may a format, whose dates have another order
    return scores, refusal


def _candidates(outlook: Outlook, ordered: tuple[Format, ...], readers: Readers | None) -> Iterator[Format]:
    for number, rows in enumerate(outlook.possible(ordered)):
        yield from readers(rows, outlook.text) if readers is not None and number > 0 else rows


def certainty(row: Format, text: bytes) -> float:
    """Return the highest confidence that a text can give that it is of a format, whose lines it has."""
    if row.sure is None or row.sure.search(text, 0, HEAD_BYTES) is not None:
        return 1.0
    return LAST_GUESSED if row.last_resort else GUESSED
