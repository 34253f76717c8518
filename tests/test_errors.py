from __future__ import annotations

import copy
import inspect
import pickle

import pytest

from logproc import errors
from logproc.errors import LogprocError


def subclasses(base: type[LogprocError]) -> list[type[LogprocError]]:
    found = [base]
    for child in base.__subclasses__():
        found += subclasses(child)
    return found


def example(kind: type[LogprocError]) -> LogprocError:
    """Fill every parameter with a value of its annotated type."""
    values = {"str": "some text", "int": 7, "str | None": "text", "int | None": 3}
    if kind.__init__ is Exception.__init__:
        return kind("some text")
    parameters = list(inspect.signature(kind).parameters.values())
    return kind(*(values[str(parameter.annotation)] for parameter in parameters))


ALL = sorted(set(subclasses(LogprocError)), key=lambda kind: kind.__name__)


@pytest.mark.parametrize("kind", ALL)
def test_an_exception_survives_the_way_between_processes(kind):
    error = example(kind)
    for other in (pickle.loads(pickle.dumps(error)), copy.copy(error)):
        assert type(other) is kind
        assert other.args == error.args
        assert str(other) == str(error)
        assert vars(other) == vars(error)


@pytest.mark.parametrize("kind", ALL)
def test_no_parameter_of_an_exception_is_keyword_only(kind):
    kinds = {parameter.kind for parameter in inspect.signature(kind.__init__).parameters.values()}
    assert inspect.Parameter.KEYWORD_ONLY not in kinds


@pytest.mark.parametrize("kind", ALL)
def test_the_tree_in_the_docstring_names_every_exception(kind):
    assert f"{kind.__name__} " in (errors.__doc__ or "")


def test_exit_codes_are_those_of_the_contract():
    codes = {kind.__name__: kind.exit_code for kind in ALL}
    assert codes["UsageError"] == codes["ConfigError"] == codes["QueryError"] == codes["FormatError"] == 2
    assert codes["MissingExtraError"] == 2
    assert codes["TryLaterError"] == 75
    assert codes["OutputError"] == codes["AccountingError"] == codes["LogprocError"] == 1


def test_a_config_error_names_file_and_line():
    assert str(errors.ConfigError("no", "config.toml", 3)) == "config.toml:3: no"
    assert str(errors.ConfigError("no", "config.toml")) == "config.toml: no"
    assert str(errors.ConfigError("no")) == "no"


def test_a_query_error_points_at_the_place():
    text = str(errors.QueryError("joins are refused", "mine", "SELECT 1\nFROM a JOIN b", 16))
    assert text.splitlines() == ["report 'mine': joins are refused", "    FROM a JOIN b", "           ^"]
