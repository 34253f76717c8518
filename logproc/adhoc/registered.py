"""The functions of logproc's own, for DuckDB: they run once for each distinct value of a chunk of rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pyarrow as pa

from logproc.adhoc.arrow import TYPES
from logproc.adhoc.columns import text_array
from logproc.model import Kind
from logproc.rollup.functions import DOMAIN, FUNCTIONS
from logproc.rollup.functions_geo import BETWEEN, GEO

if TYPE_CHECKING:
    from collections.abc import Callable


def by_distinct(function: Callable[..., Any], kind: Kind, arity: int) -> Callable[..., Any]:
    """Make a function of one or two scalars into one over Arrow arrays, which computes each distinct value once.

    DuckDB counts parameters, so that there is one shape for each number of them.
    """
    type_ = pa.string() if kind in {Kind.TEXT, Kind.DYNAMIC} else TYPES[kind]

    def one(array: Any) -> Any:  # noqa: ANN401 - pyarrow
        return pa.chunked_array([looked_up(chunk.dictionary_encode()) for chunk in _chunks(array)], type_)

    def two(array: Any, second: Any) -> Any:  # noqa: ANN401 - pyarrow
        known: dict[tuple[Any, Any], Any] = {}
        rows = list(zip(array.to_pylist(), second.to_pylist(), strict=True))
        for row in set(rows):
            known[row] = function(*row)
        return pa.chunked_array([pa.array([known[row] for row in rows], type_)], type_)

    def looked_up(coded: Any) -> Any:  # noqa: ANN401 - pyarrow
        values = [*map(function, coded.dictionary.to_pylist()), function(None)]  # the last one is for NULL
        made = text_array(values) if type_ == pa.string() else pa.array(values, type_)
        return made.take(coded.indices.fill_null(len(values) - 1))

    return one if arity == 1 else two


def _chunks(array: Any) -> list[Any]:  # noqa: ANN401 - pyarrow
    return list(array.chunks) if isinstance(array, pa.ChunkedArray) else [array]


def register_functions(
    connection: Any,  # noqa: ANN401 - a DuckDB connection
    geo: tuple[str, ...] = (),
    *,
    only: frozenset[str] | None = None,
) -> None:
    """Give DuckDB the functions of logproc's own, or those of some names, since each takes half a millisecond.

    They run once for each distinct value of a chunk of rows.
    """
    for name in sorted(DOMAIN if only is None else only & DOMAIN):
        function = FUNCTIONS[name]
        arities = list(range(function.least, len(function.parameters) + 1))
        if name in GEO and geo:
            arities = [1, *arities]
        for arity in arities:
            files = BETWEEN.join(geo) if name in GEO and arity == 1 else None
            kinds = [_only(function.parameters[place]) for place in range(arity)]
            connection.create_function(
                name if len(arities) == 1 else f"_{name}_{arity}",
                by_distinct(function if files is None else _with_files(function, files), _kind(function.result), arity),
                [SQL_NAMES[kind] for kind in kinds],
                SQL_NAMES[_kind(function.result)],
                type="arrow",
                null_handling="special",
            )
        if len(arities) > 1:
            letters = ["abcdefgh"[:arity] for arity in arities]
            calls = (f"({', '.join(some)}) AS _{name}_{len(some)}({', '.join(some)})" for some in letters)
            connection.execute(f"CREATE MACRO {name} {', '.join(calls)}")


def _with_files(function: Callable[..., Any], files: str) -> Callable[..., Any]:
    return lambda address: function(address, files)


SQL_NAMES = {
    Kind.TEXT: "VARCHAR",
    Kind.INTEGER: "BIGINT",
    Kind.DECIMAL: "DOUBLE",
    Kind.BOOLEAN: "BOOLEAN",
    Kind.TIME: "TIMESTAMP",
}
"""DuckDB's types by kind."""


def _only(kinds: frozenset[Kind]) -> Kind:
    return next(kind for kind in SQL_NAMES if kind in kinds)


def _kind(result: Any) -> Kind:  # noqa: ANN401 - a kind, or a rule that no function of ours has
    assert isinstance(result, Kind)
    return result
