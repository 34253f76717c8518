"""Paths as another machine understands them, which sees the same disk and stands in another folder."""

from __future__ import annotations

import os
from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from logproc.model import Task


def absolute(path: str) -> str:
    """Return a path from the root; links stay, since they may lead elsewhere there."""
    return path if path.startswith("/") else os.path.abspath(path)  # noqa: PTH100 - text in, text out


def with_absolute_paths(task: Task) -> Task:
    """Return a task whose paths begin at the root; the same one if they do."""
    if all(piece.path.startswith("/") for piece in task.pieces):
        return task
    return replace(task, pieces=tuple(replace(piece, path=absolute(piece.path)) for piece in task.pieces))
