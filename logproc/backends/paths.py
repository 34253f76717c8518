"""Paths as another machine understands them, which sees the same disk and stands in another folder."""

from __future__ import annotations

import os
from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from logproc.model import Task


def absolute(path: str) -> str:
    """Return a path from the root; links stay, since they may lead elsewhere there."""
    return os.path.join(os.getcwd(), path)  # noqa: PTH109, PTH118 - text in, text out


def with_folder(task: Task) -> Task:
    """Return a task that says in which folder its paths begin; the same one if they begin at the root.

    The paths stay as they are: files are called by them in messages, and exemplars are chosen by them.
    """
    if all(piece.path.startswith("/") for piece in task.pieces):
        return task
    folder = os.getcwd()  # noqa: PTH109 - text
    return replace(task, pieces=tuple(replace(piece, folder=folder) for piece in task.pieces))
