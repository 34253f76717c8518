"""The built-in reports: one SELECT a file, in folders by family, to be used, read and copied.

A preset is a folder and the order in which its reports are shown; a report is named by its file, unique over all.
"""

from __future__ import annotations

import difflib
import os

from logproc.errors import UsageError

PRESETS: dict[str, tuple[str, ...]] = {
    "web": (
        "summary",
        "variety",
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
        "mime_types",
        "content_types",
        "content_kinds",
        "clients",
        "client_agents",
        "vhosts",
        "users",
        "referrers",
        "referring_sites",
        "keyphrases",
        "browsers",
        "browser_versions",
        "operating_systems",
        "os_versions",
        "agents",
        "bots",
        "ai_crawlers",
        "latency_hours",
        "latency",
        "routes",
        "slow_paths",
        "route_errors",
        "cache",
        "tls_versions",
        "tls",
        "continents",
        "countries",
        "cities",
        "networks",
        "client_places",
    ),
    "syslog": (
        "syslog_hosts",
        "syslog_programs",
        "syslog_severities",
        "syslog_hours",
        "syslog_facilities",
        "syslog_messages",
        "syslog_errors",
        "syslog_logins",
    ),
    "app": (
        "app_levels",
        "app_levels_by_hour",
        "app_loggers",
        "app_templates",
        "app_errors",
        "app_exceptions",
        "json_levels",
        "json_levels_by_hour",
        "json_loggers",
        "json_templates",
    ),
}
"""Names of the reports of each preset, in the order in which they are shown."""


PLACES: frozenset[str] = frozenset({"continents", "countries", "cities", "networks", "client_places"})
"""Reports that need MaxMind files."""


def names() -> tuple[str, ...]:
    """Return everything that `load` knows: the presets, then `preset/report` for each report."""
    return (*PRESETS, *(f"{preset}/{report}" for preset, reports in PRESETS.items() for report in reports))


def load(name: str, *, places: bool = True) -> list[tuple[str, str]]:
    """Return (report name, SQL) of a preset (`web`) or of one of its reports (`web/paths`, or `paths` alone).

    Without `places` a whole preset leaves out the reports that need MaxMind files. UsageError names the nearest known
    one.
    """
    name = _full_name(name)
    preset, _, report = name.partition("/")
    if name not in names():
        near = difflib.get_close_matches(name, names(), n=2)
        hint = f"did you mean {' or '.join(near)}?" if near else f"there are {', '.join(PRESETS)}"
        raise UsageError(f"there is no preset {name!r}; {hint}")
    if report:
        return [(report, _read(preset, report))]
    return [(chosen, _read(preset, chosen)) for chosen in PRESETS[preset] if places or chosen not in PLACES]


def _full_name(name: str) -> str:
    """Return `preset/report` for the name that a report bears where it is shown; no two presets have the same."""
    return next((f"{preset}/{name}" for preset, reports in PRESETS.items() if name in reports), name)


def _read(preset: str, report: str) -> str:
    path = os.path.join(os.path.dirname(__file__), preset, f"{report}.sql")  # noqa: PTH118, PTH120 - fifty at a start
    with open(path, encoding="utf-8") as file:  # noqa: PTH123
        return file.read()
