"""Columns of texts and integers, made without pandas."""

import subprocess
import sys

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from logproc.adhoc import columns
from logproc.adhoc.columns import empty_table, integer_array, integers_of, text_array


@given(st.lists(st.none() | st.text(st.characters(exclude_categories=["Cs"]))))
def test_texts_are_the_column_that_pyarrow_makes_of_them(values):
    made = text_array(values)
    made.validate(full=True)
    assert made.equals(pa.array(values, pa.string()))


@given(st.lists(st.integers(-(2**63), 2**63 - 1)), st.integers(0, 3))
def test_integers_go_there_and_back(values, begin):
    column = integer_array(np.array(values, np.int64)).slice(begin)
    assert column.equals(pa.array(values[begin:], pa.int64()))
    assert integers_of(column).tolist() == values[begin:]


def test_a_column_without_memory_has_no_integers():
    assert integers_of(pa.Array.from_buffers(pa.int64(), 0, [None, None])).tolist() == []


def test_more_text_than_a_column_holds_is_refused(monkeypatch):
    monkeypatch.setattr(columns, "MOST_BYTES", 3)
    assert text_array(["ab", "c"]).to_pylist() == ["ab", "c"]
    with pytest.raises(pa.ArrowCapacityError, match="4 bytes of text"):
        text_array(["ab", "cd"])


def test_an_empty_table_has_the_columns():
    schema = pa.schema([("a", pa.string_view()), ("b", pa.int64())])
    assert empty_table(schema).equals(schema.empty_table())


WATCHED = """
import sys

class Watch:
    def find_spec(self, name, path=None, target=None):
        if name == "pandas":
            sys.stderr.write("pandas is imported")

sys.meta_path.insert(0, Watch())
from logproc.__main__ import main
main()
"""


@pytest.mark.parametrize(
    "arguments",
    [
        ["sql", "SELECT status, median(bytes) FROM web GROUP BY ALL", "data/web1"],
        ["sql", "SELECT time, path, row_number() OVER () AS n FROM web LIMIT 3", "data/web1"],
        ["sql", "SHOW TABLES", "data/web1"],
        ["parse", "data/web1", "--to", "csv", "--origin"],
    ],
    ids=["groups", "rows", "tables", "csv"],
)
def test_no_answer_loads_pandas(arguments, pytestconfig):
    done = subprocess.run(
        [sys.executable, "-c", WATCHED, *arguments],
        capture_output=True,
        text=True,
        cwd=pytestconfig.rootpath,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "pandas is imported" not in done.stderr
