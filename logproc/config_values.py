"""Values of config.toml and flags become the parts of a `Config`."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from logproc.config import (
    NETWORK_FILES,
    Check,
    Config,
    Discover,
    Geo,
    Limits,
    NamedReport,
    Network,
    Output,
    Source,
    State,
    Unattended,
)
from logproc.config_keys import GOES_WITH, KEYS, parse_duration
from logproc.errors import ConfigError, FormatError, UsageError

if TYPE_CHECKING:
    from datetime import datetime
    from typing import TypeAlias

    from logproc.config import Flags

    Table: TypeAlias = dict[str, Any]


def build(values: Table, flags: Flags, path: str | None, now: datetime) -> Config:
    """Return the configuration of values of config.toml, or of defaults, and of flags, which win."""
    folder = os.path.dirname(path) if path else ""  # noqa: PTH120 - text in, text out: "" stays ""
    root = _below(folder, values["root"])
    since, until = _span(flags, values["timezone"], now)
    return Config(
        paths=flags.paths or ((root,) if root else ()),
        root=root,
        state_dir=flags.state or _below(folder, values["state_dir"]),
        timezone=values["timezone"],
        max_reject_ratio=values["max_reject_ratio"],
        format=_format(flags.format or "auto", values["patterns"]),
        backend=_backend(flags) or values["run"]["backend"],
        workers=count_workers(values["run"]["workers"] if flags.workers is None else flags.workers),
        memory=((values["run"]["memory"] if flags.memory is None else flags.memory) << 20) or None,
        since=since,
        until=until,
        reports=flags.reports,
        use=values["reports"]["use"],
        named_reports=tuple(NamedReport(**table) for table in values["report"]),
        checks=tuple(Check(**table) for table in values["check"]),
        sources=tuple(_source(table, values["patterns"], path) for table in values["source"]),
        geo=Geo(tuple(_below(folder, name) or name for name in values["geo"]["files"])),
        discover=Discover(**values["discover"]),
        output=_output(values["output"], flags, folder),
        limits=Limits(**values["limits"]),
        network=_network(values["run"], flags, folder),
        unattended=_unattended(values["run"], flags, folder),
        state=State(**values["state"]),
        accept_gone=flags.accept_gone,
        rebuild=flags.rebuild,
        dry_run=flags.dry_run,
        quiet=flags.quiet,
        verbose=flags.verbose,
        file=path,
    )


def _source(table: Table, patterns: Table, path: str | None) -> Source:
    """Return a source; ConfigError with its line if its format is none."""
    source = Source(**{**table, "format": _format(table["format"], patterns)})
    if source.format != "auto":
        from logproc.formats import resolve  # noqa: PLC0415 - most configurations name none

        try:
            resolve(source.format)
        except FormatError as error:
            raise ConfigError(f"[[source]] {source.name!r}: {error}", path, source.line) from error
    return source


def _format(text: str, patterns: Table) -> str:
    """Return a format with the patterns of the configuration written out: workers know no configuration."""
    if not patterns or not text.startswith("grok"):
        return text
    from logproc.formats.grok import inline  # noqa: PLC0415 - needed by few

    return inline(text, patterns)


def check(flags: Flags) -> None:
    """Hold flags against the ranges of the keys that they override: a program may pass anything."""
    for name in ("backend", "workers", "memory", "wait_workers", "wait_lock", "ping_url"):
        value = getattr(flags, name)
        key = next(key for key in KEYS if key.table == "run" and key.name == name)
        if value is not None and key.check and (wrong := key.check(value)):
            raise UsageError(f"{name} {wrong}")


def _output(table: Table, flags: Flags, folder: str) -> Output:
    typed = {name: getattr(flags, name, None) for name in table}
    no_path = ("mail_to", "pages")
    found: dict[str, Any] = {
        n: typed[n] or (value if n in no_path else _below(folder, value)) for n, value in table.items()
    }
    return Output(**found)


def _backend(flags: Flags) -> str | None:
    """Return the backend that was typed, or the one that a flag which was typed is for."""
    backend = flags.backend
    for name, needed in GOES_WITH.items():
        if getattr(flags, name) is not None and backend not in {None, needed}:
            raise UsageError(f"--{name.replace('_', '-')} goes with --backend {needed}, not with {backend}")
        backend = needed if getattr(flags, name) is not None else backend
    return backend


def _network(table: Table, flags: Flags, folder: str) -> Network:
    found = {name: value for name, value in table.items() if name in GOES_WITH or name == "wait_workers"}
    found.update({name: _below(folder, found[name]) for name in NETWORK_FILES})
    found.update({name: getattr(flags, name) for name in found if getattr(flags, name) is not None})
    return Network(**found, insecure=flags.insecure)


def _unattended(table: Table, flags: Flags, folder: str) -> Unattended:
    return Unattended(
        lock=flags.lock or _below(folder, table["lock"]),
        wait_lock=parse_duration(flags.wait_lock or table["wait_lock"]) or 0.0,
        log_format=table["log_format"],
        ping_url=flags.ping_url or table["ping_url"],
    )


def _below(folder: str, path: str | None) -> str | None:
    """Read a path of config.toml from the folder that it lies in; `-` and `~` keep their meaning."""
    return path if path is None or path == "-" else os.path.join(folder, os.path.expanduser(path))  # noqa: PTH111, PTH118


def count_workers(count: int) -> int:
    """Return so many workers, or as many as there are CPUs for 0."""
    if count:
        return count
    if hasattr(os, "sched_getaffinity"):  # what this process may use, not what the machine has
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _span(flags: Flags, timezone: str, now: datetime) -> tuple[int | None, int | None]:
    if flags.since is None and flags.until is None:
        return None, None
    from zoneinfo import ZoneInfo  # noqa: PLC0415

    from logproc.instants import resolve_instant  # noqa: PLC0415

    zone = ZoneInfo(timezone)
    since, until = (None if text is None else resolve_instant(text, now, zone) for text in (flags.since, flags.until))
    if since is not None and until is not None and since >= until:
        raise UsageError(f"--since {flags.since} is not before --until {flags.until}; nothing lies between them")
    return since, until
