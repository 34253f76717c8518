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

from logproc.config_keys import parse_fail_if
from logproc.errors import UsageError

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
    from logproc import config_file, config_values  # noqa: PLC0415 - tomllib costs --help nothing

    config_values.check(flags)
    # A link that leads nowhere is there: to go on without what it should say would pass for a run as configured.
    there = find and os.path.lexists(DEFAULT_FILE) and not os.path.isdir(DEFAULT_FILE)  # noqa: PTH112
    path = flags.config or (DEFAULT_FILE if there else None)
    values = config_file.read(path) if path else config_file.defaults()
    return config_values.build(values, flags, path, now or datetime.now(UTC))


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
