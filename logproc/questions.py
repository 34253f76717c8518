"""What a run is asked: presets, reports of the configuration, .sql files and checks, planned once."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from logproc import plans, presets
from logproc.errors import QueryError, UsageError
from logproc.model import FIELDS, Kind
from logproc.report_model import COVERAGE, CheckResult

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from logproc.config import Check, Config
    from logproc.report_model import ReportTable
    from logproc.rollup.spec import RollupSpec, Rules

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
    from logproc.formats import resolve  # noqa: PLC0415 - here and below: what was planned before needs no formats

    found = {}
    for source in config.sources:
        fmt = source.format if config.format == "auto" else config.format
        found[source.name] = FAMILIES if fmt == "auto" else frozenset({resolve(fmt).family})
    return found


def own_fields(config: Config) -> dict[str, Mapping[str, Kind]]:
    """Return the fields that formats have and no family knows: by family, and of the configured formats for `ANY`."""
    from logproc import formats  # noqa: PLC0415
    from logproc.formats.format import FIXED  # noqa: PLC0415
    from logproc.rollup.spec import ANY  # noqa: PLC0415

    names = dict.fromkeys([config.format, *(source.format for source in config.sources)])
    chosen = [formats.resolve(name) for name in names if name != "auto"]
    fields = {name: kind for fmt in chosen if fmt.engine in FIXED for name, kind in fmt.fields.items()}
    configured = {name: kind for name, kind in fields.items() if not any(name in known for known in FIELDS.values())}
    return {ANY: configured, **formats.own_fields()}


def rules(config: Config) -> Rules:
    """Return what the configuration says about all reports."""
    from logproc.rollup.spec import Rules  # noqa: PLC0415

    limits = config.limits
    return Rules(config.geo.files, limits.max_distinct, limits.distinct == "approximate")


def reports(config: Config) -> tuple[RollupSpec, ...]:
    """Plan the reports that are asked for: those of `--report`, else the configured ones and the coverage."""
    found: dict[str, RollupSpec] = {}
    for spec in plans.planned(_texts(config), partial(_known, config), _facts(config)):
        if found.setdefault(spec.name, spec) != spec:
            raise UsageError(f"two reports are called {spec.name!r}; rename one of them")
    return tuple(found.values())


def checks(config: Config) -> tuple[RollupSpec, ...]:
    """Plan the queries of the checks; each must yield one number."""
    asked = [(check.name, check.sql) for check in config.checks]
    try:
        found = plans.planned(asked, partial(_known, config), _facts(config))
        for spec in found:
            _require_number(spec)
    except QueryError as error:
        error.of = "check"
        raise
    return tuple(found)


def mark(config: Config) -> str:
    """Return what stands for all that is asked: the same mark, the same plans, unless some are about places."""
    checked = [(check.name, check.sql) for check in config.checks]
    return plans.mark([*_texts(config), *checked], {**_facts(config), "checks": len(checked)})


def are_placed(config: Config) -> bool:
    """Tell whether some of what is asked may be about places."""
    return any(
        plans.is_placed(sql) for _, sql in (*_texts(config), *((check.name, check.sql) for check in config.checks))
    )


def _texts(config: Config) -> list[tuple[str, str]]:
    """Return names and SQL of the reports that are asked for."""
    return list(_asked(config)) if config.reports else [*_configured(config), (COVERAGE, COVERAGE_SQL)]


def _known(config: Config) -> dict[str, Any]:
    """Return what questions are planned with."""
    from logproc.formats.jsonl import contract_name_of  # noqa: PLC0415
    from logproc.rollup.spec import ANY  # noqa: PLC0415

    fields = own_fields(config)
    fields[ANY] = {**{name: kind for report in config.named_reports for name, kind in report.fields}, **fields[ANY]}
    return {
        "relations": relations(config),
        "fields": fields,
        "synonyms": contract_name_of(),
        "rules": rules(config),
    }


def _facts(config: Config) -> dict[str, Any]:
    """Return what all of that follows from, beside the formats."""
    limits = config.limits
    return {
        "format": config.format,
        "sources": sorted((source.name, source.format) for source in config.sources),
        "fields": [report.fields for report in config.named_reports],
        "rules": (config.geo.files, limits.max_distinct, limits.distinct),
    }


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
    own = {report.name for report in config.named_reports}
    for preset in config.use:
        if preset in own and preset not in presets.PRESETS:
            raise UsageError(f"[reports] use: {preset!r} is a [[report]], which is computed without being named there")
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
