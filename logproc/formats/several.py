"""Which formats a file has that holds lines, or records of several lines, of more than one."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from logproc.formats.format import (
    AUDIT,
    JSONL,
    LOGFMT,
    LTSV,
    PATTERN,
    SEPARATOR,
    STAMPED_JSON,
    STAMPED_PAIRS,
    Format,
)
from logproc.formats.outlook import ByRows
from logproc.formats.program import Meaning
from logproc.formats.scoring import MIN_SHARE, Detection, Score, certainty, scores_of, share_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from logproc.formats.scoring import Matcher, Readers, Refused

MOST_FORMATS = 3
"""Formats that a file may have."""

SINGLE = frozenset({SEPARATOR, PATTERN, JSONL, LOGFMT, LTSV, AUDIT, STAMPED_JSON, STAMPED_PAIRS})
"""Engines that know nothing of the lines before."""

OTHER_LINES, OTHER_SHARE = 3, 0.8
"""A format that reads what others refuse reads so many lines, and such a share of them: stray lines that happen to look
like something are no format."""

STRAY_SHARE = 0.1
"""Fewer lines than `OTHER_LINES` are no stray ones where they are more than such a share of a short text."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A text, the formats that it may have, and what reads and refuses its lines."""

    text: bytes
    ordered: tuple[Format, ...]
    matcher: Matcher
    refused: Refused
    readers: Readers | None

    def scores(self, rest: bytes, rows: tuple[Format, ...], but: Sequence[Format] = ()) -> list[Score]:
        """Return how much some of the formats read of what others have left."""
        return scores_of(rest, rows, self.matcher, self.readers, but)[0]


def with_others(
    found: Detection,
    scores: Sequence[Score],
    asked: Asked,
) -> Detection:
    """Add the formats of the lines that the one found refuses, and those that say more about some of its lines."""
    chosen, refuses = next((s.format, s.rejected > 0) for s in scores if s.format.name == found.format)
    if not is_single(chosen):
        return _with_records(found, scores, asked)
    if len(scores) == 1 and not refuses:
        return found
    enough = min(OTHER_LINES, math.ceil(STRAY_SHARE * asked.text.count(b"\n")))
    tried = [chosen]
    rest = asked.refused(chosen, asked.text) if refuses else b""
    headed = _under_header(scores, rest, asked) if rest else None
    if headed is not None:
        return _mixed(found, [chosen, headed], asked)
    while rest and len(tried) < MOST_FORMATS:
        others = asked.scores(rest, _singles(asked.ordered), tried)
        fitting = [score for score in others if score.share >= OTHER_SHARE and _is_usual(score, rest, enough)]
        if not fitting:
            break
        tried.append(fitting[0].format)
        rest = asked.refused(tried[-1], rest)
    finer = [
        score.format
        for score in scores
        if score.format.rank > chosen.rank
        if score.share >= MIN_SHARE or (score.format.family == chosen.family and score.matched >= enough)
        if score.format not in tried and is_single(score.format)
    ]
    tried = [*finer[: MOST_FORMATS - len(tried)], *tried]
    if len(tried) == 1 and rest:
        return _with_records(found, scores, asked)
    return found if len(tried) == 1 else _shared(found, tried, asked)


def _under_header(scores: Sequence[Score], rest: bytes, asked: Asked) -> Format | None:
    """Return the format that finds directives in a text, and under them reads what another has left of it."""
    for score in scores:
        header = score.format.header
        if header is not None and header.directive and not header.default:
            matched, rejected = asked.matcher(score.format, rest)
            if matched >= OTHER_LINES and matched >= OTHER_SHARE * (matched + rejected):
                return score.format
    return None


CLOCKED = re.compile(rb"^[\[<({|*]{0,2}(?:\d|[A-Z][a-z]{2}[ ,])", re.MULTILINE)
"""How lines begin that have a time in front, and few that go on with a record."""

TIMES = frozenset({Meaning.STAMP, Meaning.SYSLOG, Meaning.CLF_TIME, Meaning.LOCAL_TIME, Meaning.ISO_TIME})

PLAIN_LINES = 4
"""Lines behind a record that may be its own, of those that do not look like it."""

FINER_SHARE = 0.2
"""Where records are several lines, a format that says more about some is taken where they are such a share: one of
another family, which may be what a record quotes, where they are `MIN_SHARE` of all lines."""


def _with_records(
    found: Detection,
    scores: Sequence[Score],
    asked: Asked,
) -> Detection:
    """Add formats whose records go on over several lines, or stand among the lines of such ones.

    Those have times: the text of a record may be of anything.
    """
    chosen, doubtful = next((s.format, s.share < 1) for s in scores if s.format.name == found.format)
    tried = [
        score.format
        for score in scores
        if score.format.rank > chosen.rank
        if score.share >= (FINER_SHARE if score.format.family == chosen.family else MIN_SHARE)
        if score.format.family == chosen.family or chosen.header is None  # whose rows are what it says
        if is_timed(score.format) and score.matched >= OTHER_LINES
    ][: MOST_FORMATS - 1]
    tried.append(chosen)
    if len(tried) == 1 and not doubtful and _all_look_alike(asked.text, scores, chosen):
        return found
    rest = asked.text
    for row in tried:
        rest = asked.refused(row, rest)
    rows = _timed(asked.ordered) if doubtful else _surely_timed(asked.ordered)
    while len(tried) < MOST_FORMATS:
        clocked = _clocked(rest)
        if not doubtful and clocked < OTHER_LINES:
            break
        others = asked.scores(rest, rows, tried)
        fitting = [score for score in others if _has_records(score, rest, clocked, doubtful=doubtful)]
        if not fitting:
            break
        tried.append(fitting[0].format)
        rest = asked.refused(tried[-1], rest)
    return found if len(tried) == 1 or all(map(is_single, tried)) else _mixed(found, tried, asked)


def parts_of_records(
    found: Detection,
    scores: Sequence[Score],
    asked: Asked,
) -> Detection:
    """Return the formats of a text that none reads enough of, where they together read most of it."""
    for score in sorted(scores, key=share_of, reverse=True)[:MOST_FORMATS]:
        if _may_be_part(score, asked.text) and score.matched >= FINER_SHARE * score.rejected:
            alone = replace(found, format=score.format.name, confidence=score.share)
            several = _with_records(alone, scores, asked)
            if several.tried and several.confidence >= OTHER_SHARE:
                return several
            several = _one_by_one(alone, score.format, asked)
            if several.confidence >= OTHER_SHARE:
                return several
    return found


def _one_by_one(
    found: Detection,
    first: Format,
    asked: Asked,
) -> Detection:
    """Take for what is left the format that reads most of it, as long as there is one that no other program writes."""
    tried, rest = [first], asked.refused(first, asked.text)
    while rest and len(tried) < MOST_FORMATS:
        others = [score for score in asked.scores(rest, _usual(asked.ordered), tried) if _may_be_part(score, rest)]
        if not others:
            break
        tried.append(max(others, key=share_of).format)
        rest = asked.refused(tried[-1], rest)
    if len(tried) == 1:
        return found
    return (_shared if all(map(is_single, tried)) else _mixed)(found, tried, asked)


def _may_be_part(score: Score, text: bytes) -> bool:
    """Tell whether lines of a text may be of a format that is not the only one."""
    known = is_timed(score.format) or score.format.engine in {JSONL, STAMPED_JSON}
    return known and score.matched >= OTHER_LINES and certainty(score.format, text) == 1


def _all_look_alike(text: bytes, scores: Sequence[Score], chosen: Format) -> bool:
    """Tell whether hardly any line looks like a record, or hardly more than those of a format, which look so, too."""
    matched = next(score.matched for score in scores if score.format is chosen)
    begins = CLOCKED.match(text) is not None
    if begins and text.count(b"\n") + 1 < matched + OTHER_LINES:  # there are not so many lines, whatever they look like
        return True
    clocked = _clocked(text)
    return clocked < OTHER_LINES or (begins and clocked < matched + OTHER_LINES)


def _clocked(text: bytes) -> int:
    """Count the lines that look like records."""
    return len(CLOCKED.findall(text))


def _has_records(score: Score, text: bytes, clocked: int, *, doubtful: bool) -> bool:
    """Tell whether a format has records among lines that go on with those of another, so many of them `clocked`.

    It must read most of the lines that look like records, or a fair share if no other program writes such, and where
    it is not `doubtful` that others go on for long with one record, all that it reads must look like some.
    """
    share = FINER_SHARE if certainty(score.format, text) == 1 else OTHER_SHARE
    enough = max(OTHER_LINES, share * clocked, STRAY_SHARE * text.count(b"\n"))
    return score.matched >= enough and (doubtful or score.matched <= clocked)


def is_timed(row: Format) -> bool:
    """Tell whether a format's lines have a time."""
    return row.program is not None and any(slot.meaning in TIMES for slot in row.program.slots)


def _timed_rows(ordered: tuple[Format, ...]) -> tuple[Format, ...]:
    """Return the formats whose lines have a time, and behind them those whose objects may have one."""
    timed = [row for row in ordered if is_timed(row)]
    return (*timed, *(row for row in ordered if row.engine in {JSONL, STAMPED_JSON}))


_timed = ByRows(_timed_rows)
_surely_timed = ByRows(lambda ordered: tuple(row for row in ordered if is_timed(row) and not row.last_resort))


def _mixed(found: Detection, tried: Sequence[Format], asked: Asked) -> Detection:
    """Count the records that each format gets, and doubt what more than some lines a record leave."""
    counts, rest = _counted(tried, asked)
    tried = [row for row, count in zip(tried, counts, strict=True) if count]
    counts = [count for count in counts if count]
    records = sum(counts)
    doubtful = max(0, rest.count(b"\n") - PLAIN_LINES * records)
    confidence = min(records / (records + doubtful), *(certainty(row, asked.text) for row in tried))
    return _found(found, _most(tried, counts), confidence, f"of {records} records", tried, counts)


def _is_usual(score: Score, text: bytes, enough: int) -> bool:
    """Tell whether too many lines are read to be so by chance, or few that no other program writes."""
    return score.matched >= (enough if certainty(score.format, text) == 1 else OTHER_LINES)


def is_single(row: Format) -> bool:
    """Tell whether every line of a format is a record of its own."""
    return row.engine in SINGLE and not (row.program and row.program.head)


def _shared(found: Detection, tried: Sequence[Format], asked: Asked) -> Detection:
    """Count the lines that each format gets when all are tried in this order."""
    total = sum(asked.matcher(tried[0], asked.text))
    counts, _ = _counted(tried, asked)
    most = _most(tried, counts)
    confidence = min(sum(counts) / total, certainty(most, asked.text))
    return _found(found, most, confidence, f"of {total} lines", tried, counts)


def _counted(tried: Sequence[Format], asked: Asked) -> tuple[list[int], bytes]:
    """Return how much each format reads of what those before it refuse, and what the last one does."""
    counts: list[int] = []
    rest = asked.text
    for row in tried:
        counts.append(asked.matcher(row, rest)[0])
        rest = asked.refused(row, rest)
    return counts, rest


def _most(tried: Sequence[Format], counts: Sequence[int]) -> Format:
    return tried[max(range(len(tried)), key=counts.__getitem__)]


def _found(
    alone: Detection, most: Format, confidence: float, whole: str, tried: Sequence[Format], counts: Sequence[int]
) -> Detection:
    shares = ", ".join(f"{count} {row.name}" for row, count in zip(tried, counts, strict=True))
    names = tuple(row.name for row in tried)
    return Detection(most.name, confidence, alone.runner_up, f"{whole} {shares}", names)


_singles = ByRows(lambda ordered: tuple(filter(is_single, ordered)))
_usual = ByRows(lambda ordered: tuple(row for row in ordered if not row.last_resort))
