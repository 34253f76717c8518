"""The page of functions is what the tables say."""

from __future__ import annotations

from pathlib import Path

from logproc.rollup import catalogue
from logproc.rollup.aggregates import AGGREGATES
from logproc.rollup.functions import ALIASES, CALLABLE

PAGE = Path(__file__).parents[2] / "docs" / "functions.md"


def test_the_page_is_what_the_tables_say():
    assert PAGE.read_text() == catalogue.markdown(), "logproc functions --markdown > docs/functions.md"


def test_everything_that_can_be_called_is_listed():
    calls = {row[0].partition("(")[0] for row in catalogue.text()}
    assert CALLABLE - ALIASES.keys() <= calls
    assert all(any(planned.name in row[0] for row in catalogue.aggregates()) for planned in AGGREGATES.values())
    assert all(doc for _, _, doc in catalogue.text())
