"""Which fields of a JSON line are wanted, as a trie whose edges are keys.

A path `a.b` is what the keys on the way to a value give when joined with dots, so any of its dots may also be one
inside a key: `{"a":{"b":1}}` and `{"a.b":1}` both have it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from logproc.kernels.jit import helper
from logproc.kernels.memory import load_byte

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray


class PathTable(NamedTuple):
    """Wanted paths as a trie whose edges are keys: made by `build_paths`, read by `jsonlines.tokenize_json`.

    An edge leads from node `edge_node` with the key `arena[edge_start : edge_start + edge_length]` to the path
    `edge_path` (or -1) and to the node `edge_child` (or -1). `buckets` (256) and `edge_next` chain the edges whose
    keys look alike. Column c has the paths `first_path[c]` to `first_path[c + 1]`, the preferred one first.
    """

    buckets: NDArray[np.int32]
    edge_next: NDArray[np.int32]
    edge_node: NDArray[np.int32]
    edge_start: NDArray[np.int32]
    edge_length: NDArray[np.int32]
    edge_path: NDArray[np.int32]
    edge_child: NDArray[np.int32]
    arena: NDArray[np.uint8]
    first_path: NDArray[np.int32]


def build_paths(columns: Sequence[tuple[str, Sequence[str]]]) -> PathTable:
    """Compile columns, each a name and its paths in order of preference; ValueError if a path repeats.

    Column c of the table is the c-th given. Names are for messages only.
    """
    first_path = [0]
    owners: dict[str, str] = {}
    edges: dict[tuple[int, bytes], list[int]] = {}
    nodes = {"": 0}
    for name, paths in columns:
        for path in paths:
            if path in owners:
                msg = f"path {path!r} is wanted by column {owners[path]!r} and by {name!r}; name it in one of them"
                raise ValueError(msg)
            _add_path(path, len(owners), nodes, edges)
            owners[path] = name
        first_path.append(len(owners))
    return _freeze(edges, first_path)


def _add_path(path: str, number: int, nodes: dict[str, int], edges: dict[tuple[int, bytes], list[int]]) -> None:
    """Add an edge for every run of the path's segments: any of its dots may be one inside a key."""
    parts = path.split(".")
    prefixes = [""] + [".".join(parts[:k]) + "." for k in range(1, len(parts))]
    for begin, prefix in enumerate(prefixes):
        node = nodes.setdefault(prefix, len(nodes))
        for end in range(begin + 1, len(parts) + 1):
            edge = edges.setdefault((node, ".".join(parts[begin:end]).encode()), [-1, -1])
            if end == len(parts):
                edge[0] = number
            else:
                edge[1] = nodes.setdefault(prefixes[end], len(nodes))


def _freeze(edges: dict[tuple[int, bytes], list[int]], first_path: list[int]) -> PathTable:
    keys = [key for _node, key in edges]
    starts = np.cumsum([0] + [len(key) for key in keys])
    arena = np.zeros(int(starts[-1]) + 128, np.uint8)
    arena[: starts[-1]] = np.frombuffer(b"".join(keys), np.uint8)
    buckets = np.full(256, -1, np.int32)
    edge_next = np.full(len(edges), -1, np.int32)
    for number, (node, key) in enumerate(edges):
        bucket = (len(key) * 31 + (key[0] * 7 + key[-1] * 13 if key else 0) + node * 101) & 255
        edge_next[number] = buckets[bucket]
        buckets[bucket] = number
    return PathTable(
        buckets,
        edge_next,
        np.array([node for node, _key in edges], np.int32),
        starts[:-1].astype(np.int32),
        np.array([len(key) for key in keys], np.int32),
        np.array([path for path, _child in edges.values()], np.int32),
        np.array([child for _path, child in edges.values()], np.int32),
        arena,
        np.array(first_path, np.int32),
    )


@helper
def key_bucket(base, start, length, node):
    """Return the bucket of the key at `start` under `node`; the same sum as in `_freeze`."""
    ends = load_byte(base, start) * 7 + load_byte(base, start + length - 1) * 13 if length > 0 else 0
    return (length * 31 + ends + node * 101) & 255
