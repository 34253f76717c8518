"""What a run is asked: presets, reports of the configuration, .sql files and checks, planned once."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from logproc import formats, presets
from logproc.errors import QueryError, UsageError
from logproc.formats import resolve
from logproc.formats.format import FIXED
from logproc.formats.jsonl import contract_name_of
from logproc.model import FIELDS, Kind
from logproc.plans import planned
from logproc.report_model import COVERAGE, CheckResult
from logproc.rollup.spec import ANY, Rules

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from logproc.config import Check, Config
    from logproc.report_model import ReportTable
    from logproc.rollup.spec import RollupSpec

FAMILIES = frozenset(FIELDS) - {"all"}


COVERAGE_SQL = """-- title: Lines by host and hour
SELECT source, host, date_trunc('hour', time) AS hour, count(*) AS lines, count(status) AS requests,
       count_if(status >= 500 OR level IN ('ERROR', 'FATAL') OR severity IN ('emerg', 'alert', 'crit', 'err'))
         AS errors,
       sum(bytes) AS bytes
FROM logs
GROUP BY ALL ORDER BY source, host, hour
"""


def relations(config: Config) -> dict[str, frozenset[str]]:
    """Return what FROM may name beside the families: each source, with the families its files may have."""
    found = {}
    for source in config.sources:
        fmt = source.format if config.format == "auto" else config.format
        found[source.name] = FAMILIES if fmt == "auto" else frozenset({resolve(fmt).family})
    return found


def own_fields(config: Config) -> dict[str, Mapping[str, Kind]]:
    """Return the fields that formats have and no family knows: by family, and of the configured formats for `ANY`."""
    names = dict.fromkeys([config.format, *(source.format for source in config.sources)])
    chosen = [resolve(name) for name in names if name != "auto"]
    fields = {name: kind for fmt in chosen if fmt.engine in FIXED for name, kind in fmt.fields.items()}
    configured = {name: kind for name, kind in fields.items() if not any(name in known for known in FIELDS.values())}
    return {ANY: configured, **formats.own_fields()}


def rules(config: Config) -> Rules:
    """Return what the configuration says about all reports."""
    limits = config.limits
    return Rules(config.geo.files, limits.max_distinct, limits.distinct == "approximate")


def reports(config: Config) -> tuple[RollupSpec, ...]:
    """Plan the reports that are asked for: those of `--report`, else the configured ones and the coverage."""
    known, fields = relations(config), own_fields(config)
    fields[ANY] = {**{name: kind for report in config.named_reports for name, kind in report.fields}, **fields[ANY]}
    asked = list(_asked(config)) if config.reports else [*_configured(config), (COVERAGE, COVERAGE_SQL)]
    plans: dict[str, RollupSpec] = {}
    for spec in planned(asked, relations=known, fields=fields, synonyms=contract_name_of(), rules=rules(config)):
        if plans.setdefault(spec.name, spec) != spec:
            raise UsageError(f"two reports are called {spec.name!r}; rename one of them")
    return tuple(plans.values())


def checks(config: Config) -> tuple[RollupSpec, ...]:
    """Plan the queries of the checks; each must yield one number."""
    known, fields, asked = relations(config), own_fields(config), [(check.name, check.sql) for check in config.checks]
    try:
        plans = planned(asked, relations=known, fields=fields, synonyms=contract_name_of(), rules=rules(config))
        for spec in plans:
            _require_number(spec)
    except QueryError as error:
        error.of = "check"
        raise
    return tuple(plans)


def _require_number(spec: RollupSpec) -> None:
    number = all(output.expression.kind in {Kind.INTEGER, Kind.DECIMAL} for output in spec.outputs)
    if len(spec.outputs) != 1 or spec.keys or not number:
        raise QueryError("a check must yield one number: one aggregate, no GROUP BY", spec.name, spec.sql)


def judge(check: Check, table: ReportTable) -> CheckResult:
    """Hold a check's number against its threshold.

    One that is missing fails, as NULL is what an average is where no line came, unless the check says otherwise; one
    that could not be computed always does.
    """
    value = table.rows[0][0] if table.rows else None
    if value is None:
        return CheckResult(
            check.name, None, check.fail_if, bool(table.problem) or check.if_null == "fail", table.problem
        )
    return CheckResult(check.name, float(value), check.fail_if, check.fails(float(value)))


def _configured(config: Config) -> Iterator[tuple[str, str]]:
    for preset in config.use:
        yield from presets.load(preset, places=bool(config.geo.files))
    yield from ((report.name, report.sql) for report in config.named_reports)


def _asked(config: Config) -> Iterator[tuple[str, str]]:
    own = {report.name: report.sql for report in config.named_reports}
    for name in config.reports:
        if name in own:
            yield name, own[name]
        elif name.endswith(".sql"):
            yield Path(name).stem, _read(name)
        else:
            yield from _preset(name, own, places=bool(config.geo.files))


def _preset(name: str, own: Mapping[str, str], *, places: bool) -> Sequence[tuple[str, str]]:
    try:
        return presets.load(name, places=places)
    except UsageError as error:
        also = f"; reports of the configuration: {', '.join(own)}" if own else ""
        raise UsageError(f"{error}{also}; a file is named with its ending, as in my_report.sql") from error


def _read(path: str) -> str:
    try:
        return Path(path).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise UsageError(f"--report {path}: {reason}") from error
