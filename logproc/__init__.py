"""Batch log pipeline: directories of rotated, compressed, mixed logs in, exact reports out.

The public names are `run`, `sql`, `scan`, `parse`, `detect`, `Report`, `Result` and the errors. They load on first use,
so that `logproc --help` and a short script pay only for what they touch.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from logproc.adhoc.result import Result
    from logproc.api import detect, parse, run, scan, sql
    from logproc.errors import (
        AccountingError,
        CapacityError,
        ConfigError,
        DamagedError,
        FormatError,
        InputError,
        LedgerError,
        LogprocError,
        MachineError,
        MergeError,
        MissingExtraError,
        OutputError,
        QueryError,
        RefusedError,
        TaskError,
        TryLaterError,
        UnreadableError,
        UsageError,
        WireError,
    )
    from logproc.report_model import Report

__version__ = "0.1.0"

__all__ = [
    "AccountingError",
    "CapacityError",
    "ConfigError",
    "DamagedError",
    "FormatError",
    "InputError",
    "LedgerError",
    "LogprocError",
    "MachineError",
    "MergeError",
    "MissingExtraError",
    "OutputError",
    "QueryError",
    "RefusedError",
    "Report",
    "Result",
    "TaskError",
    "TryLaterError",
    "UnreadableError",
    "UsageError",
    "WireError",
    "__version__",
    "detect",
    "parse",
    "run",
    "scan",
    "sql",
]

_HOMES = {
    **dict.fromkeys(("run", "sql", "scan", "parse", "detect"), "logproc.api"),
    "Report": "logproc.report_model",
    "Result": "logproc.adhoc.result",
}
"""Where a public name lives; every other one is an error."""


def __getattr__(name: str) -> Any:  # noqa: ANN401 - whatever the name stands for
    """Load a public name on first use."""
    if name not in __all__:
        message = f"module 'logproc' has no attribute {name!r}"
        raise AttributeError(message)
    value = getattr(import_module(_HOMES.get(name, "logproc.errors")), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    """List the public names, loaded or not."""
    return sorted(__all__)
