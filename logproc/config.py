"""config.toml and flags become one frozen `Config`, once; nothing below sees either.

Errors name the key, the file, the line and the way out. Paths in config.toml are relative to its folder, paths on the
command line to the working folder. Flags win over the file.
"""

from __future__ import annotations

import operator
import os
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from logproc.config_keys import GOES_WITH, KEYS, parse_duration, parse_fail_if
from logproc.errors import ConfigError, FormatError, UsageError

if TYPE_CHECKING:
    from typing import TypeAlias

    from logproc.model import Kind

    Table: TypeAlias = dict[str, Any]

DEFAULT_FILE = "config.toml"

OPERATORS = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "=": operator.eq,
    "==": operator.eq,
    "!=": operator.ne,
}


@dataclass(frozen=True, slots=True)
class Discover:
    """Which files below a root are read."""

    include: tuple[str, ...] = ("**/*",)
    exclude: tuple[str, ...] = ()
    follow_symlinks: bool = False


@dataclass(frozen=True, slots=True)
class Source:
    """Files that belong together; `timezone` is None for the configuration's own."""

    name: str
    include: tuple[str, ...]
    format: str = "auto"
    host: str | None = None
    timezone: str | None = None
    line: int | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class NamedReport:
    """A `[[report]]`: SQL with a name.

    `fields` are those that its rows have beside what families and formats declare, with the logs as witnesses.
    """

    name: str
    sql: str
    line: int | None = field(default=None, compare=False)
    fields: tuple[tuple[str, Kind], ...] = ()


@dataclass(frozen=True, slots=True)
class Check:
    """A `[[check]]`: SQL that yields one number, the condition under which it fails, and what NULL does."""

    name: str
    sql: str
    fail_if: str
    if_null: str = "fail"
    line: int | None = field(default=None, compare=False)

    def fails(self, value: float) -> bool:
        """Tell whether `value` meets the condition."""
        condition = parse_fail_if(self.fail_if)
        return condition is not None and bool(OPERATORS[condition[0]](value, condition[1]))


@dataclass(frozen=True, slots=True)
class Output:
    """Files to write; None for none. `json` may be "-" for standard output; `previous` is read."""

    json: str | None = None
    html: str | None = None
    csv: str | None = None
    markdown: str | None = None
    metrics_file: str | None = None
    rejects: str | None = None
    previous: str | None = None
    mail: str | None = None
    mail_to: str | None = None
    dir: str | None = None
    pages: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Geo:
    """MaxMind files that say where an address is."""

    files: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Limits:
    """What bounds memory."""

    max_groups: int = 200_000
    max_distinct: int = 1_000_000
    distinct: str = "refuse"
    max_line_bytes: int = 1 << 20
    block_bytes: int = 1 << 20


@dataclass(frozen=True, slots=True)
class Network:
    """How other machines take part: keys of `[run]` with these names. `insecure` can only be typed."""

    wait_workers: float = 300.0
    listen: str = "127.0.0.1:5000"
    authkey_file: str | None = None
    cert: str | None = None
    scheduler: str = "local"
    tls_ca: str | None = None
    tls_cert: str | None = None
    tls_key: str | None = None
    insecure: bool = False


@dataclass(frozen=True, slots=True)
class Unattended:
    """What a run that nobody watches needs: keys of `[run]` with these names. `wait_lock` is in seconds."""

    lock: str | None = None
    wait_lock: float = 0.0
    log_format: str = "text"
    ping_url: str | None = None


NETWORK_FILES = ("authkey_file", "cert", "tls_ca", "tls_cert", "tls_key")


@dataclass(frozen=True, slots=True)
class State:
    """Keys of the incremental run: seconds, days (0 keeps all), days."""

    settle: float = 60.0
    retain: int = 0
    compact_after: int = 32


@dataclass(frozen=True, slots=True)
class Config:
    """Everything a run is told.

    `paths` is what to read: the PATHs typed, else the root. `since` and `until` are microseconds since 1970 UTC, the
    end exclusive. `reports` names what `--report` asked for, instead of the presets `use` and the `named_reports`.
    `workers` is never 0; `memory` is in bytes, None for no limit. `file` is the config.toml that was read. `written` is
    the file that `parse` and `sql` write.
    """

    paths: tuple[str, ...] = ()
    root: str | None = None
    state_dir: str | None = None
    timezone: str = "UTC"
    max_reject_ratio: float = 0.05
    format: str = "auto"
    backend: str = "auto"
    workers: int = 1
    memory: int | None = None
    since: int | None = None
    until: int | None = None
    reports: tuple[str, ...] = ()
    use: tuple[str, ...] = ("web", "syslog", "app")
    named_reports: tuple[NamedReport, ...] = ()
    checks: tuple[Check, ...] = ()
    sources: tuple[Source, ...] = ()
    geo: Geo = Geo()
    discover: Discover = Discover()
    output: Output = Output()
    limits: Limits = Limits()
    network: Network = Network()
    unattended: Unattended = Unattended()
    state: State = State()
    accept_gone: bool = False
    rebuild: tuple[str, ...] = ()
    dry_run: bool = False
    quiet: bool = False
    verbose: bool = False
    file: str | None = None
    written: str | None = None

    def own_files(self) -> tuple[str, ...]:
        """Return what the command writes or was given for another purpose than to be read as a log."""
        out, network = self.output, self.network
        written = (out.json, out.html, out.markdown, out.metrics_file, out.rejects, out.mail, self.written)
        given = (out.previous, self.file, self.unattended.lock, *self.geo.files)
        secrets = (getattr(network, name) for name in NETWORK_FILES)
        queries = (name for name in self.reports if name.endswith(".sql"))
        return tuple(path for path in (*written, *given, *secrets, *queries) if path is not None)

    def own_folders(self) -> dict[str, str]:
        """Return the folders that a run keeps, each with the ending of the names in it that are its own."""
        found = ((self.state_dir, ""), (self.output.dir, ""), (self.output.csv, ".csv"))
        return {path: ending for path, ending in found if path is not None}


@dataclass(frozen=True, slots=True)
class Flags:
    """What was typed; None where it was not."""

    paths: tuple[str, ...] = ()
    config: str | None = None
    format: str | None = None
    backend: str | None = None
    workers: int | None = None
    memory: int | None = None
    state: str | None = None
    since: str | None = None
    until: str | None = None
    reports: tuple[str, ...] = ()
    json: str | None = None
    html: str | None = None
    csv: str | None = None
    markdown: str | None = None
    metrics_file: str | None = None
    rejects: str | None = None
    previous: str | None = None
    mail: str | None = None
    mail_to: str | None = None
    lock: str | None = None
    wait_lock: str | None = None
    ping_url: str | None = None
    wait_workers: float | None = None
    listen: str | None = None
    authkey_file: str | None = None
    cert: str | None = None
    scheduler: str | None = None
    tls_ca: str | None = None
    tls_cert: str | None = None
    tls_key: str | None = None
    insecure: bool = False
    accept_gone: bool = False
    rebuild: tuple[str, ...] = ()
    dry_run: bool = False
    quiet: bool = False
    verbose: bool = False


def load(flags: Flags, *, now: datetime | None = None, find: bool = True) -> Config:
    """Read config.toml (the one named, else `./config.toml` if `find` and there is one) and let flags win.

    `now` is an aware time that relative times refer to. Raises ConfigError and UsageError.
    """
    from logproc import config_file  # noqa: PLC0415 - tomllib costs --help nothing

    _check(flags)
    # A link that leads nowhere is there: to go on without what it should say would pass for a run as configured.
    there = find and os.path.lexists(DEFAULT_FILE) and not os.path.isdir(DEFAULT_FILE)  # noqa: PTH112
    path = flags.config or (DEFAULT_FILE if there else None)
    values = config_file.read(path) if path else config_file.defaults()
    return _build(values, flags, path, now or datetime.now(UTC))


def require_paths(config: Config) -> None:
    """Raise UsageError if there is nothing to read."""
    if not config.paths:
        raise UsageError(
            "nothing to read: name a folder, a file or - (standard input), "
            f'or write root = "/path/to/logs" into {config.file or DEFAULT_FILE}'
        )


def require_supported(config: Config) -> None:
    """Raise UsageError if the configuration asks for what does not go together."""
    if config.output.dir and not config.state_dir:
        raise UsageError("[output] dir keeps reports of nights, weeks and months: they need a ledger, state_dir")
    if config.rebuild and not config.state_dir:
        raise UsageError("--rebuild counts anew for a ledger; name it with --state DIR, or as state_dir in config.toml")
    if config.state_dir and (config.since is not None or config.until is not None):
        raise UsageError(
            "--since and --until leave lines out for good where a ledger counts each once; "
            "leave them out here, and ask `logproc report --since T --until T` for the days that you want"
        )
    if config.backend in {"queue", "dask"} and "-" in config.paths:
        raise UsageError(f"standard input cannot be read by the workers of the {config.backend} backend; name a folder")


# ---- values and flags ------------------------------------------------------------------------------------------


def _build(values: Table, flags: Flags, path: str | None, now: datetime) -> Config:
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


def _check(flags: Flags) -> None:
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
