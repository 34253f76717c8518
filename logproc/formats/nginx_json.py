"""nginx `log_format` strings that write JSON objects: the keys stand for the variables beside them."""

from __future__ import annotations

import json
import re

from logproc.errors import FormatError
from logproc.formats.format import JSONL, Format
from logproc.formats.naming import DURATIONS, Naming, with_names
from logproc.formats.nginx import unquoted, variable
from logproc.formats.program import Meaning
from logproc.model import FIELDS

_BARE = re.compile(r"(?<=[:,\[])\s*(\$(?:\{\w+\}|\w+))(?=\s*[,}\]])")
_ALONE = re.compile(r"\$(?:\{(\w+)\}|(\w+))")
_KNOWN = frozenset([*FIELDS["web"], "content_type"])


def is_json_template(text: str) -> bool:
    """Tell whether a log_format, as written or with its statement, writes JSON objects."""
    return unquoted(text).lstrip().startswith("{")


def compile_nginx_json(name: str, text: str) -> Format:
    """Return the format of a log_format that writes JSON; FormatError if it is none."""
    source = _BARE.sub(lambda match: f' "{match[1]}"', unquoted(text))
    try:
        template = json.loads(source)
    except ValueError as error:
        raise FormatError(f"log_format: it begins like JSON, and is none: {error}") from error
    names: dict[str, tuple[str, ...]] = {}
    for path, value in _leaves(template, ""):
        alone = _ALONE.fullmatch(value)
        if alone is None:
            continue
        field = variable((alone[1] or alone[2]).lower())
        known = "request" if field.meaning is Meaning.REQUEST else next((n for n in field.names if n in _KNOWN), None)
        if known is not None:
            names[known] = (*names.get(known, ()), path)
    scales = dict.fromkeys((duration for duration in DURATIONS if duration in names), 1.0)
    return Format(
        name,
        "web",
        JSONL,
        None,
        "a format string of nginx that writes JSON",
        naming=Naming(with_names(**names), scales),
    )


def _leaves(value: object, path: str) -> list[tuple[str, str]]:
    """Return the texts in a template by their dotted paths."""
    if isinstance(value, dict):
        prefix = f"{path}." if path else ""
        return [leaf for key, inner in value.items() for leaf in _leaves(inner, f"{prefix}{key}")]
    return [(path, value)] if isinstance(value, str) else []
