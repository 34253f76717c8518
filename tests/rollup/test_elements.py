"""Structured data of syslog as JSON."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from logproc.rollup.elements import elements_json

NAMES = st.text(
    st.characters(min_codepoint=33, max_codepoint=126, exclude_characters='="]\\['), min_size=1, max_size=32
)
VALUES = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)


def written(elements: dict[str, dict[str, str]]) -> str:
    """Write elements as RFC 5424 has them."""

    def parameter(key: str, value: str) -> str:
        escaped = value.replace("\\", "\\\\").replace('"', '\\"').replace("]", "\\]")
        return f' {key}="{escaped}"'

    return "".join(
        "[" + name + "".join(parameter(*item) for item in parameters.items()) + "]"
        for name, parameters in elements.items()
    )


@given(st.dictionaries(NAMES, st.dictionaries(NAMES, VALUES, max_size=3), min_size=1, max_size=3))
def test_what_is_written_reads_the_same(elements):
    assert json.loads(elements_json(written(elements))) == elements


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('[origin ip="192.0.2.1" ip="192.0.2.129"]', '{"origin":{"ip":["192.0.2.1","192.0.2.129"]}}'),
        ('[a k="1"][b][a l="2"]', '{"a":{"k":"1","l":"2"},"b":{}}'),
        (r'[x path="C:\temp"]', '{"x":{"path":"C:\\\\temp"}}'),
        ('[unclosed k="1"', '[unclosed k="1"'),
        ("plain text", "plain text"),
        ("", ""),
    ],
)
def test_repeated_escaped_and_broken_elements(text, expected):
    assert elements_json(text) == expected
