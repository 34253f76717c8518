from __future__ import annotations

import io
import sys

from logproc.report.progress import Bar, bar_if_watched


class Terminal(io.StringIO):
    def isatty(self):
        return True


def test_there_is_no_bar_where_nobody_watches(monkeypatch):
    monkeypatch.setattr(sys, "stderr", io.StringIO())
    assert bar_if_watched(quiet=False) is None
    monkeypatch.setattr(sys, "stderr", Terminal())
    assert bar_if_watched(quiet=True) is None
    assert isinstance(bar_if_watched(quiet=False), Bar)


def test_the_bar_shows_bytes_lines_and_files(monkeypatch):
    screen = Terminal()
    monkeypatch.setattr(sys, "stderr", screen)
    monkeypatch.setattr("logproc.report.progress.REDRAW_SECONDS", 0)
    bar = Bar()
    bar.start(2_000_000, 3)
    bar.advance(1_000_000, 5000, 2)
    bar.close()
    bar.close()
    text = screen.getvalue()
    assert "1.00M/2.00M" in text
    assert "2/3 files" in text
    assert "lines/s" in text


def test_a_bar_that_never_started_can_move_and_close():
    bar = Bar()
    bar.advance(1, 1, 1)
    bar.close()
