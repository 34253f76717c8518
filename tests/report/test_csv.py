from __future__ import annotations

import csv as reference
import io
import math
from dataclasses import replace

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st

from logproc.errors import OutputError
from logproc.report.csv import harmless, render, write
from logproc.report.text import visible
from logproc.report_model import ColumnInfo, Report, ReportTable, RunInfo

RUN = RunInfo("r1", "0.1.0", "", "", "serial", 1, None, None)
COLUMNS = (ColumnInfo("path", "text", "key"), ColumnInfo("requests", "integer", "value"))
TABLE = ReportTable("paths", "Paths", "", COLUMNS, (("/a", 3), (None, -1)), exact=True)

TEXTS = st.text(st.characters()) | st.text("=+-@\t\r\n\",;' a1\x1b", max_size=6)
CELLS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | TEXTS


def table_of(rows, columns=2):
    return replace(TABLE, columns=COLUMNS[:columns], rows=tuple(rows))


def back(value):
    """What a reader gets for a cell."""
    if value is None:
        return ""
    return {True: "true", False: "false"}[value] if isinstance(value, bool) else str(value)


def read(content):
    return list(reference.reader(io.StringIO(content.decode(), newline=""), strict=True))


@given(st.lists(st.tuples(CELLS, CELLS)))
def test_every_cell_comes_back(rows):
    header, *found = read(render(table_of(rows)))
    assert header == ["path", "requests"]
    assert found == [[harmless(v) if isinstance(v, str) else back(v) for v in row] for row in rows]


@given(st.lists(st.tuples(TEXTS, st.floats(allow_nan=False, allow_infinity=False)), min_size=1))
def test_numbers_stay_numbers_in_full(rows):
    assert [float(row[1]) for row in read(render(table_of(rows)))[1:]] == [row[1] for row in rows]


def test_null_and_an_empty_text_differ(tmp_path):
    path = tmp_path / "paths.csv"
    path.write_bytes(render(table_of([(None, 1), ("", 2), ("-", 3)])))
    query = "SELECT path, requests FROM read_csv(?, header=true, allow_quoted_nulls=false) ORDER BY requests"
    assert duckdb.execute(query, [str(path)]).fetchall() == [(None, 1), ("", 2), ("'-", 3)]


@given(TEXTS)
def test_no_text_begins_as_a_formula_does_or_moves_a_terminal(text):
    safe = harmless(text)
    assert not safe.startswith(tuple("=+-@\t\r\n"))
    assert safe.isprintable()
    assert safe.removeprefix("'") == visible(text.encode("utf-8", "backslashreplace").decode()).removeprefix("'")


@pytest.mark.parametrize("text", ["=1+1", "+1", "-2+3", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "＝1"])  # noqa: RUF001
def test_formulas_are_texts(text):
    assert harmless(text) == f"'{visible(text)}"


def test_lines_end_as_the_rfc_says():
    assert render(table_of([('a "b", c', 1)])) == b'path,requests\r\n"a ""b"", c",1\r\n'


def test_each_report_has_a_file_and_one_that_failed_has_none(tmp_path):
    folder = tmp_path / "new"
    broken = replace(TABLE, name="broken", problem="too many groups")
    write(Report(RUN, (), (TABLE, replace(TABLE, name="broken"))), str(folder))
    write(Report(RUN, (), (TABLE, broken)), str(folder))
    assert [path.name for path in folder.iterdir()] == ["paths.csv"]
    assert (folder / "paths.csv").read_bytes() == b"path,requests\r\n/a,3\r\n,-1\r\n"


def test_a_folder_that_cannot_be_is_named(tmp_path):
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(OutputError, match="file/x: cannot be written"):
        write(Report(RUN, (), (TABLE,)), str(tmp_path / "file" / "x"))


def test_a_number_is_written_as_python_reads_it():
    assert render(table_of([(math.pi, 10**20)])).split(b"\r\n")[1] == b"3.141592653589793,100000000000000000000"
