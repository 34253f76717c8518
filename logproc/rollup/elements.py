"""Structured data of syslog as JSON text: `[id name="value"]` becomes `{"id":{"name":"value"}}`.

https://www.rfc-editor.org/rfc/rfc5424#section-6.3
"""

from __future__ import annotations

import json
import re

_ELEMENT = re.compile(r'\[([^\s="\]]+)((?:\s+[^\s="\]]+=\s*"(?:[^"\\]|\\.)*")*)\s*\]', re.DOTALL)
_PARAMETER = re.compile(r'([^\s="\]]+)=\s*"((?:[^"\\]|\\.)*)"', re.DOTALL)
_ESCAPE = re.compile(r'\\(["\\\]])')


def elements_json(text: str) -> str:
    """Return structured data as a JSON object by element and parameter; as it is if it is not well formed.

    A parameter that an element repeats, as the RFC's `ip` may be, has its values as an array. A backslash that stands
    before anything but a quote, a backslash or a bracket is a backslash.
    """
    found: dict[str, dict[str, str | list[str]]] = {}
    at = 0
    while at < len(text):
        element = _ELEMENT.match(text, at)
        if element is None:
            return text
        parameters = found.setdefault(element[1], {})
        for name, raw in _PARAMETER.findall(element[2]):
            _add(parameters, name, _ESCAPE.sub(r"\1", raw))
        at = element.end()
    return json.dumps(found, ensure_ascii=False, separators=(",", ":")) if found else text


def _add(parameters: dict[str, str | list[str]], name: str, value: str) -> None:
    known = parameters.get(name)
    if known is None:
        parameters[name] = value
    elif isinstance(known, list):
        known.append(value)
    else:
        parameters[name] = [known, value]
