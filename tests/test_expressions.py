from __future__ import annotations

import re

import pytest

from logproc.expressions import Expression
from logproc.formats import FORMATS
from logproc.formats.shapes import shape_of

EXPRESSIONS = [
    pytest.param(expression, id=f"{row.name}-{what}")
    for row in FORMATS.values()
    for what, expression in (
        ("unlike", row.unlike),
        ("begins", row.begins),
        ("sure", row.sure),
        ("shape", shape_of(row)),
    )
    if expression is not None
]


def test_nothing_is_compiled_before_it_is_asked():
    expression = Expression(rb"(")
    with pytest.raises(re.error):
        expression.match(b"(")


def test_it_finds_what_its_pattern_finds():
    expression = Expression("^b", re.MULTILINE)
    assert expression.match("a\nb") is None
    assert expression.search("a\nb") is not None
    assert expression.match == expression.compiled.match


@pytest.mark.parametrize("expression", EXPRESSIONS)
def test_those_of_formats_can_be_compiled(expression: Expression[bytes]):
    assert expression.compiled.pattern == expression.pattern
