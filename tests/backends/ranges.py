"""What tests of ranges share."""

from __future__ import annotations

from dataclasses import replace


def joined(tasks):
    """Put the pieces of tasks behind each other; ranges of a file that meet become one."""
    pieces = []
    for task in tasks:
        for piece in task.pieces:
            if pieces and pieces[-1].path == piece.path and pieces[-1].end == piece.start:
                piece = replace(pieces.pop(), end=piece.end)  # noqa: PLW2901 - the two are one
            pieces.append(piece)
    return tuple(pieces)


def leaves(task, outcome):
    """Return what became of each part of a task, whether it was cut or not."""
    return getattr(outcome, "outcomes", None) or ((task, outcome),)
