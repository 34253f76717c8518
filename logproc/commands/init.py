"""`logproc init`: the files of a nightly job, commented, for the logs below a folder."""

from __future__ import annotations

import json
import os
import re
import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from logproc.console import put, say, warn
from logproc.errors import OutputError, UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping

FILES = ("config.toml", "logproc.service", "logproc.timer", "crontab", "logrotate.conf")
"""What is written, each from the template of its name."""

SYSTEM_STATE = "/var/lib/"
CACHE = "CacheDirectory=logproc\nEnvironment=XDG_CACHE_HOME=%C/logproc"


@click.command()
@click.argument("root", default="/var/log", metavar="[ROOT]")
@click.option("--to", "folder", default=".", metavar="DIR", help="Write the files here; default: the working folder.")
@click.option("--data", metavar="DIR", help="Where runs write; default: /var/lib/logproc, or below ~/.local/state.")
@click.option("--stdout", is_flag=True, help="Show the files, and write nothing.")
def init(root: str, folder: str, data: str | None, *, stdout: bool) -> None:
    """Write a commented config.toml for the logs below ROOT (default: /var/log), and what runs it every night.

    That is a systemd service with its timer, a line for crontab and a hint for logrotate. No file is overwritten.
    """
    places = _places(root, folder, data)
    values = _values(places)
    made = {name: _filled(_template(name), values) for name in FILES}
    if stdout:
        put("\n".join(f"# ---- {name}\n{text}" for name, text in made.items()))
        return
    _write(made, places["folder"])
    put("".join(f"{places['folder'] / name}\n" for name in made))
    if not places["root"].is_dir():
        warn(f"{places['root']} is no folder of this machine now")
    config = places["folder"] / "config.toml"
    say([f"next: look at {config}, and try `logproc run -c {config}`"])


def _places(root: str, folder: str, data: str | None) -> dict[str, Path]:
    """Return absolute paths of the logs, the files and the data; UsageError for what no crontab can name."""
    if data is None:
        home = os.environ.get("XDG_STATE_HOME") or Path("~/.local/state").expanduser()
        data = f"{SYSTEM_STATE}logproc" if os.geteuid() == 0 else f"{home}/logproc"
    found = {"root": root, "folder": folder, "data": data, "python": sys.executable}
    places = {name: Path(os.path.abspath(path)) for name, path in found.items()}  # noqa: PTH100 - links stay as they are
    for path in places.values():
        if not str(path).isprintable():
            raise UsageError(
                f"{str(path)!r}: a path with control characters or bytes that are not UTF-8 cannot stand "
                "in a configuration; rename it or link to it"
            )
    return places


def _values(places: Mapping[str, Path]) -> dict[str, str]:
    """Return what the templates leave open, each quoted as its file needs it."""
    root, data = str(places["root"]), places["data"]
    config, python = str(places["folder"] / "config.toml"), str(places["python"])
    values = {
        "root_text": root,
        "config_text": config,
        "root_toml": _toml(root),
        "root_unit": _unit(root),
        "python_exec": _unit(python, command=True),
        "config_exec": _unit(config, command=True),
        "python_cron": _cron(python),
        "config_cron": _cron(config),
        "logs_logrotate": _logrotate(root),
        "user": _user(data),
    }
    outputs = {"json": "report.json", "rejects": "rejects.jsonl", "dir": "reports"}
    values["state_toml"] = _toml(str(data))
    return values | {f"{key}_toml": _toml(str(data / name)) for key, name in outputs.items()}


def _user(data: Path) -> str:
    """Return the lines of the service that say who it is and where it may write."""
    name = str(data).removeprefix(SYSTEM_STATE)
    if str(data).startswith(SYSTEM_STATE) and re.fullmatch(r"[\w.-]+", name):
        reads = "CapabilityBoundingSet=CAP_DAC_READ_SEARCH\nAmbientCapabilities=CAP_DAC_READ_SEARCH"
        return f"DynamicUser=yes\n{reads}\nStateDirectory={name}\n{CACHE}"
    return f"User={os.geteuid()}\nCapabilityBoundingSet=CAP_DAC_READ_SEARCH\nReadWritePaths={_unit(str(data))}\n{CACHE}"


def _template(name: str) -> str:
    return (Path(__file__).parent / "templates" / name).read_text(encoding="utf-8")


def _filled(template: str, values: Mapping[str, str]) -> str:
    return re.sub(r"\{\{(\w+)\}\}", lambda match: values[match[1]], template)


def _write(made: Mapping[str, str], folder: Path) -> None:
    """Write all files or none; one that is there is somebody's work."""
    for name in made:
        if os.path.lexists(folder / name):
            raise OutputError(str(folder / name), "there is one already; move it away, or see --to DIR and --stdout")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, text in made.items():
            with (folder / name).open("x", encoding="utf-8") as file:
                file.write(text)
    except OSError as error:
        raise OutputError(error.filename or str(folder), error.strerror or str(error)) from error


# ---- quoting ---------------------------------------------------------------------------------------------------


def _toml(text: str) -> str:
    """Quote for TOML: its basic strings are those of JSON, but for control characters, of which there are none."""
    return json.dumps(text, ensure_ascii=False)


def _unit(text: str, *, command: bool = False) -> str:
    """Quote for a unit file: % begins a specifier and, in a command line, $ a variable; see systemd.syntax(7)."""
    escaped = text.replace("\\", r"\\").replace('"', r"\"").replace("%", "%%")
    return f'"{escaped.replace("$", "$$") if command else escaped}"'


def _cron(text: str) -> str:
    """Quote for a line of crontab(5), where % is a line end, even between quotes, unless a backslash is before it.

    The backslash is taken away before the shell sees the line.
    """
    return shlex.quote(text).replace("%", r"\%")


def _logrotate(root: str) -> str:
    """Quote a pattern of the files below a folder, in whose own name nothing is a pattern.

    logrotate takes a brace for the beginning of its block, quoted or not; any character stands for one instead.
    """
    literal = re.sub(r"([\\*?\[\]])", r"\\\1", root).replace('"', r"\"")
    return f'"{re.sub("[{}]", "?", literal)}/*.log"'
