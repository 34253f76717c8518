"""The built-in reports: one SELECT a file, in folders by family, to be used, read and copied.

A preset is a folder and the order in which its reports are shown; a report is named by its file, unique over all.
"""

from __future__ import annotations

import difflib
from importlib import resources

from logproc.errors import UsageError

PRESETS: dict[str, tuple[str, ...]] = {
    "web": (
        "summary",
        "days",
        "hours",
        "hours_of_day",
        "status_codes",
        "status_classes",
        "methods",
        "protocols",
        "paths",
        "static_files",
        "not_found",
        "errors",
        "extensions",
        "clients",
        "vhosts",
        "users",
        "referrers",
        "referring_sites",
        "browsers",
        "operating_systems",
        "bots",
        "ai_crawlers",
        "latency",
        "slow_paths",
    ),
    "syslog": (
        "syslog_hosts",
        "syslog_programs",
        "syslog_severities",
        "syslog_hours",
    ),
    "app": (
        "app_levels",
        "app_levels_by_hour",
        "app_loggers",
        "app_templates",
        "app_errors",
    ),
}
"""Names of the reports of each preset, in the order in which they are shown."""


def names() -> tuple[str, ...]:
    """Return everything that `load` knows: the presets, then `preset/report` for each report."""
    return (*PRESETS, *(f"{preset}/{report}" for preset, reports in PRESETS.items() for report in reports))


def load(name: str) -> list[tuple[str, str]]:
    """Return (report name, SQL) of a preset (`web`) or of one of its reports (`web/paths`).

    UsageError names the nearest known one.
    """
    preset, _, report = name.partition("/")
    if name not in names():
        near = difflib.get_close_matches(name, names(), n=2)
        hint = f"did you mean {' or '.join(near)}?" if near else f"there are {', '.join(PRESETS)}"
        raise UsageError(f"there is no preset {name!r}; {hint}")
    return [(chosen, _read(preset, chosen)) for chosen in ((report,) if report else PRESETS[preset])]


def _read(preset: str, report: str) -> str:
    return resources.files(__name__).joinpath(preset, f"{report}.sql").read_text(encoding="utf-8")
