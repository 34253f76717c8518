"""The progress bar: tqdm on stderr, and only there where someone watches."""

from __future__ import annotations

import sys
import warnings
from importlib import import_module
from typing import Any, Protocol

REDRAW_SECONDS = 0.2


class Progress(Protocol):
    """What a run tells about itself while it works; all calls come from one thread."""

    def start(self, total_bytes: int, total_files: int) -> None:
        """Begin, or once more behind `close`: so many bytes on disk in so many files are to be read."""

    def advance(self, bytes: int, lines: int, files: int) -> None:  # noqa: A002 - the unit is the name
        """Add what was done since the last call."""

    def close(self) -> None:
        """End; may be called twice."""


class Bar:
    """Bytes done of total, lines per second, files, and the time left."""

    def __init__(self) -> None:
        self._bar: Any = None
        self._lines = 0
        self._files = 0
        self._total_files = 0

    def start(self, total_bytes: int, total_files: int) -> None:
        """Show the bar."""
        # Most runs have no terminal; a notebook may have widgets.
        with warnings.catch_warnings():  # of a notebook without widgets: then the bar is text
            warnings.simplefilter("ignore")
            tqdm = import_module("tqdm.auto" if in_notebook() else "tqdm").tqdm
        self._lines, self._files, self._total_files = 0, 0, total_files
        self._bar = tqdm(
            total=total_bytes,
            unit="B",
            unit_scale=True,
            dynamic_ncols=True,
            leave=False,
            file=sys.stderr,
            mininterval=REDRAW_SECONDS,
        )

    def advance(self, bytes: int, lines: int, files: int) -> None:  # noqa: A002 - the unit is the name
        """Move the bar."""
        self._lines += lines
        self._files += files
        if self._bar is not None:
            seconds = self._bar.format_dict["elapsed"]
            rate = self._lines / seconds if seconds else 0.0
            text = f"{rate:,.0f} lines/s, {self._files:,}/{self._total_files:,} files"
            self._bar.set_postfix_str(text, refresh=False)
            self._bar.update(bytes)

    def close(self) -> None:
        """Take the bar away."""
        if self._bar is not None:
            self._bar.close()
            self._bar = None


def in_notebook() -> bool:
    """Tell whether this process serves a notebook."""
    return "ipykernel" in sys.modules


def bar_if_watched(*, quiet: bool) -> Progress | None:
    """Return a bar if stderr is a terminal and nobody asked for silence."""
    return Bar() if not quiet and sys.stderr.isatty() else None
