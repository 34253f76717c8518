"""The shape of the tree in which the outcomes of a large run are merged: the same on every backend."""

from __future__ import annotations

FOLD = 16
"""Adjacent tasks whose tables are merged with each other first."""

FOLD_ABOVE = 256
"""Tasks up to which a run is small enough to be merged one by one."""
