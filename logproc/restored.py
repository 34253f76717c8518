"""A ledger that is older than the reports kept beside it: someone put a backup back, or lost the ledger.

The next run counts again what came after it, as far as that is still on disk, and renews the reports of those days.
What has been rotated away meanwhile is in the kept reports alone: none of them is replaced without a copy.
"""

from __future__ import annotations

import re
import shutil
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from logproc.report.calendar import KINDS, SLICES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from logproc.state.ledger import Ledger

REPLACED = "replaced"
"""Folder of reports that were replaced by those of an older ledger, by the night in which that was."""

_STARTED = re.compile(rb'"started": "([^"]+)"')
_HEAD_BYTES = 4096


def note(folder: str, state_dir: str, ledger: Ledger | None) -> str | None:
    """Say that a ledger, None being one not made yet, is older than the reports kept in a folder; None if it is not."""
    night = _newest(Path(folder) / "nights")
    if night is None:
        return None
    last = None if ledger is None else ledger.last_started()
    if last is not None and _instant(last) >= _instant(night[1]):
        return None
    known = "has counted nothing yet" if last is None else f"ends with the run of {last}"
    return (
        f"the ledger in {state_dir} {known}, and {folder} holds the report of a later one, of {night[1]}: was an older "
        f"ledger put back? What came after it is counted again, as far as it is still on disk, and renews reports; "
        f"those that are replaced are kept in {folder}/{REPLACED}"
    )


def set_aside(folder: str, night: str) -> Path:
    """Give every report that may be replaced this night a second name, and return the folder of these."""
    aside = Path(folder) / REPLACED / night
    for path in _replaceable(Path(folder), night):
        copy = aside / path.relative_to(folder)
        copy.parent.mkdir(parents=True, exist_ok=True)
        if copy.exists():
            continue
        try:
            copy.hardlink_to(path)
        except OSError:  # a file system without second names
            shutil.copy2(path, copy)
    return aside


def drop_unchanged(folder: str, aside: Path) -> None:
    """Take the second names of reports that were not replaced after all."""
    for copy in sorted(aside.rglob("*.*")):
        path = Path(folder) / copy.relative_to(aside)
        if path.exists() and path.read_bytes() == copy.read_bytes():
            copy.unlink()
    for place in sorted(aside.rglob("*"), reverse=True):
        if place.is_dir():
            with suppress(OSError):  # not empty
                place.rmdir()


def _replaceable(folder: Path, night: str) -> Iterator[Path]:
    for kind in (*KINDS, *SLICES):
        for path in sorted((folder / kind).glob("*.*")):
            if path.suffix in {".json", ".html"} and (kind != "nights" or path.stem == night):
                yield path


def _newest(nights: Path) -> tuple[str, str] | None:
    """Return name and start of the run of the last night that is kept."""
    for path in sorted(nights.glob("*.json"), reverse=True):
        with path.open("rb") as file:
            found = _STARTED.search(file.read(_HEAD_BYTES))
        if found is not None:
            return path.stem, found.group(1).decode()
    return None


def _instant(text: str) -> datetime:
    return datetime.fromisoformat(text)
