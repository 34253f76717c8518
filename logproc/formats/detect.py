"""Which format a file has, by its content: pure, given samples of lines and a function that matches them.

Every candidate says how many lines of the samples it reads; the most specific of those that read (nearly) the most
wins. With ten thousand small files this runs ten thousand times, so that bytes which a format must contain are looked
for before anything is matched, and a candidate that reads everything ends the search.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from logproc.formats import FORMATS, Format
from logproc.formats.format import (
    COLOURED,
    SEPARATOR,
)
from logproc.formats.orders import in_one_order
from logproc.formats.outlook import Outlook
from logproc.formats.scoring import GUESSED, MIN_SHARE, Detection, Score, certainty, scores_of, share_of
from logproc.formats.several import OTHER_LINES, STRAY_SHARE, Asked, is_single, parts_of_records, with_others

if TYPE_CHECKING:
    from collections.abc import Sequence

    from logproc.formats.scoring import Matcher, Readers, Refused

__all__ = ["BY_RANK", "Considered", "Detection", "detect", "explain"]

LARGE = 1 << 16
"""Bytes of a text from which on its head alone does not decide that it has no format."""

NOTHING_MATCHES = "no known format matches"

SPECIFIC_MAY_LOSE = 0.05
"""How much less than the best a more specific format may read: it yields more fields from nearly as many lines."""


OLD_LINE_ENDS = 3
OLD_ENDS = "its lines end with a carriage return alone: convert them with tr '\\r' '\\n'"
"""What is said of a text of one line that has so many carriage returns: old Macs ended lines so, and to `wc` it is one
line. A format that read it would find one record, and lose all others in its message."""


_COLOUR = re.compile(rb"\x1b\[[\d;:]*[mK]")

_NO_LINE = b" \t\n\r\v\f\0"
"""Bytes of lines that are filtered: blank ones, and what a crash leaves where it lost some."""

BY_RANK = tuple(sorted(FORMATS.values(), key=lambda row: -row.rank))
"""Candidates for detection, the most specific first."""


def detect(
    samples: Sequence[bytes],
    candidates: Sequence[Format] | None = None,
    *,
    matcher: Matcher,
    refused: Refused | None = None,
    readers: Readers | None = None,
) -> Detection:
    """Tell the format of a file from samples of its lines (whole lines, from its head, middle and tail).

    The candidates are the most specific first, as `formats.candidates` has them; default: the formats of the table.
    With `refused`, the lines that the format refuses are asked for a format of their own. `readers` saves time where
    there are many candidates.
    """
    text = samples[0] if len(samples) == 1 else b"".join(_closed(sample) for sample in samples)
    if not text.strip(_NO_LINE):
        return Detection(None, 0.0, None, "no lines")
    if text.count(b"\r") >= OLD_LINE_ENDS and text.count(b"\n") <= 1:
        return Detection(None, 0.0, None, OLD_ENDS)
    ordered = BY_RANK if candidates is None else tuple(candidates)
    if b"\x1b[" in text and _COLOUR.search(text) is not None:
        return _of_terminal(text, ordered, matcher, refused, readers)
    return _of_text(text, ordered, matcher, refused, readers)


def _of_text(
    text: bytes, ordered: tuple[Format, ...], matcher: Matcher, refused: Refused | None, readers: Readers | None
) -> Detection:
    scores, refusal = scores_of(text, ordered, matcher, readers)
    if len(scores) > 1:
        scores = in_one_order(scores, text)
    found = _choice(scores, refusal, text) if scores else Detection(None, 0.0, None, refusal or NOTHING_MATCHES)
    asked = None if refused is None else Asked(text, ordered, matcher, refused, readers)
    if found.format is None and asked is not None:
        found = parts_of_records(found, scores, asked)
    if found.format is None and len(text) >= LARGE:
        return _behind_head(found, text, ordered, matcher, readers)
    if asked is None or found.format is None or found.tried:
        return found
    return with_others(found, scores, asked)


def _of_terminal(
    text: bytes, ordered: tuple[Format, ...], matcher: Matcher, refused: Refused | None, readers: Readers | None
) -> Detection:
    """Tell the format of a text with colours: read without them where that reads more, or says more about a line."""
    found = _of_text(text, ordered, matcher, refused, readers)
    if found.format is not None and _are_stray(text):
        return found
    bare = _of_text(_COLOUR.sub(b"", text), ordered, matcher, None, readers)
    ranks = {row.name: row.rank for row in ordered if row.engine == SEPARATOR}
    if bare.format not in ranks or (found.format == bare.format and found.confidence >= bare.confidence):
        return found
    if found.format is not None and found.confidence > bare.confidence:
        return found
    if ranks.get(found.format or "", -100) >= ranks[bare.format] and found.confidence == bare.confidence:
        return found
    reason = f"{bare.reason}, once their colours are taken out"
    return replace(bare, format=COLOURED + bare.format, runner_up=found.format or bare.runner_up, reason=reason)


def _are_stray(text: bytes) -> bool:
    """Tell whether hardly a line has colours: a damaged one, or one that quotes what a terminal showed."""
    lines = sum(_COLOUR.search(line) is not None for line in text.split(b"\n"))
    return lines < min(OTHER_LINES, STRAY_SHARE * text.count(b"\n"))


@dataclass(frozen=True, slots=True)
class Considered:
    """A format that reads lines of a file: how many, which share, and why it was taken or not."""

    format: str
    matched: int
    share: float
    why: str


def explain(text: bytes, candidates: Sequence[Format], found: Detection, *, matcher: Matcher) -> list[Considered]:
    """Say of every format that reads lines of a text why it was taken or not, those that read most first."""
    scores: list[Score] = []
    refusals: dict[str, str] = {}
    if found.format is not None and found.format.startswith(COLOURED):
        text, found = _COLOUR.sub(b"", text), replace(found, format=found.format.removeprefix(COLOURED))
    outlook = Outlook(text)
    for row in candidates:
        unlike = outlook.is_unlike(row)
        matched, rejected = (0, 0) if unlike and not row.unlike_reason else matcher(row, text)
        if matched:
            scores.append(Score(row, matched / (matched + rejected), matched, rejected))
            if unlike:
                refusals[row.name] = f"not taken: {row.unlike_reason}"
            elif not outlook.begins(row):
                refusals[row.name] = "no line begins as such files do"
            elif not outlook.holds(row.needs):
                needed = next(needed for needed in row.needs if needed not in text)
                refusals[row.name] = f"nowhere stands {needed.decode('latin-1')!r}, which such files have"
    scores.sort(key=lambda score: (-score.share, -score.format.rank))
    chosen = next((score for score in scores if score.format.name == found.format), None)
    return [
        Considered(
            score.format.name,
            score.matched,
            score.share,
            refusals.get(score.format.name) or _why(score, chosen, found),
        )
        for score in scores
    ]


def _why(score: Score, chosen: Score | None, found: Detection) -> str:
    if score is chosen:
        return "taken: of those that read as much, it says most about a line"
    if score.format.name in found.tried:
        return "taken, too: it reads lines that the others refuse, or says more about some"
    if chosen is None:
        return f"reads less than {100 * MIN_SHARE:.0f} % of the lines"
    if score.share < chosen.share * (1 - SPECIFIC_MAY_LOSE):
        return "reads less"
    if score.format.rank > chosen.format.rank:
        return "says more about a line, but reads less"
    return f"reads as much, but says less about a line than {chosen.format.name}"


def _closed(sample: bytes) -> bytes:
    return sample if sample.endswith(b"\n") or not sample else sample + b"\n"


def _choice(scores: list[Score], refusal: str, text: bytes) -> Detection:
    if len(scores) == 1 and not scores[0].rejected:  # as of most texts
        return _taken(scores[0], None, [], text)
    best = max(scores, key=share_of)
    if best.format.last_resort:
        others = [score for score in scores if not score.format.last_resort]
        other = max(others, key=share_of, default=best)
        best = other if other.share >= MIN_SHARE or _reads_records(other, text) else best
    if best.share < MIN_SHARE and not _reads_records(best, text):
        reason = refusal or f"{NOTHING_MATCHES} (best: {best.format.name}, {100 * best.share:.0f} % of lines)"
        return Detection(None, 0.0, best.format.name, reason)
    chosen = next(score for score in scores if score.share >= best.share * (1 - SPECIFIC_MAY_LOSE))
    if chosen.rejected and chosen.format.header is None:  # perhaps the line that says what the others are
        chosen = next((score for score in scores if _reads_header(score, chosen.share)), chosen)
    runner_up = None
    if len(scores) > 1:
        runner_up = max((score for score in scores if score is not chosen), key=share_of).format.name
    finer = [score for score in scores if score.format.rank > chosen.format.rank and score.share >= MIN_SHARE]
    return _taken(chosen, runner_up, finer, text)


def _taken(chosen: Score, runner_up: str | None, finer: list[Score], text: bytes) -> Detection:
    """Say how certain it is that a text is of a format, where others that say more about a line read many, too."""
    lines = chosen.matched + chosen.rejected
    reason = f"{100 * chosen.share:.0f} % of {lines} {'line matches' if lines == 1 else 'lines match'}"
    most = certainty(chosen.format, text)
    if most < 1:
        reason += ", as would those of other programs"
    if finer and not (is_single(chosen.format) and is_single(finer[0].format)):  # of those, both are tried
        most = min(most, GUESSED)
        reason += f"; {100 * finer[0].share:.0f} % are lines of {finer[0].format.name}, which says more about them"
    return Detection(chosen.format.name, min(chosen.share, most), runner_up, reason)


def _behind_head(
    found: Detection, text: bytes, ordered: tuple[Format, ...], matcher: Matcher, readers: Readers | None
) -> Detection:
    """Let the last two thirds of a large text decide: what stands in front may be what another program left there.

    The confidence is the share of all lines.
    """
    rest = text[text.find(b"\n", len(text) // 3) + 1 :]
    scores, refusal = scores_of(rest, ordered, matcher, readers)
    behind = _choice(scores, refusal, rest) if scores else found
    if behind.format is None:
        return found
    chosen = next(score.format for score in scores if score.format.name == behind.format)
    matched, rejected = matcher(chosen, text)
    share = matched / (matched + rejected)
    reason = f"{100 * share:.0f} % of {matched + rejected} lines match, and behind the first third {behind.reason}"
    return Detection(chosen.name, min(share, behind.confidence), behind.runner_up, reason)


def _reads_header(score: Score, share: float) -> bool:
    """Tell whether a format found its columns named in a text and reads about `share` of it."""
    header = score.format.header
    return header is not None and not header.default and score.share >= share * (1 - SPECIFIC_MAY_LOSE)


def _reads_records(score: Score, text: bytes) -> bool:
    """Tell whether a format reads enough of the lines that do not begin with a blank or a tab."""
    continued = text.count(b"\n ") + text.count(b"\n\t") + text.startswith((b" ", b"\t"))
    records = score.matched + score.rejected - min(score.rejected, continued)
    return score.matched >= MIN_SHARE * records
