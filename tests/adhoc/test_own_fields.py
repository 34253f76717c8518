"""Fields that only the lines name: what `*` means, which type they have in tables, and the line itself."""

import gzip
import json
import subprocess
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

duckdb = pytest.importorskip("duckdb", reason="needs duckdb: pip install 'logproc[sql]'")
pa = pytest.importorskip("pyarrow", reason="needs pyarrow: pip install 'logproc[sql]'")
pytest.importorskip("pyarrow.parquet")

import logproc  # noqa: E402
from logproc.adhoc import pushing, question  # noqa: E402
from logproc.adhoc.duck import Duck  # noqa: E402
from logproc.adhoc.settling import Settled  # noqa: E402
from logproc.adhoc.sql import Answer  # noqa: E402
from logproc.cli import execute  # noqa: E402
from logproc.config import Config, Source  # noqa: E402
from logproc.rollup.numerals import number_of  # noqa: E402

LINES = [
    {"ts": "2026-03-02T08:00:01Z", "msg": "slow", "http": {"route": "/cart", "ms": 812}, "v": "1.10", "spent": "0.120"},
    {
        "ts": "2026-03-02T08:00:02Z",
        "msg": "gone",
        "http": {"route": "/cart", "ms": 30001},
        "v": "1.1",
        "spent": "1.500",
    },
    {"ts": "2026-03-02T08:00:03Z", "msg": "ok", "http": {"route": "/", "ms": 3}, "v": "1.1", "id": 2**70},
]


@pytest.fixture
def logs(tmp_path):
    (tmp_path / "a.jsonl").write_text("".join(json.dumps(line) + "\n" for line in LINES))
    return tmp_path


def rows(sql, *paths, config=None):
    config = config or Config(paths=tuple(map(str, paths)))
    with Answer(config, sql) as answer:
        if answer.table is not None:
            return [column.name for column in answer.table.columns], list(answer.table.rows)
        batches = list(answer.batches())
        return answer.schema.names, [tuple(row.values()) for batch in batches for row in batch.to_pylist()]


FIELDS = ["time", "message", "http.route", "http.ms", "v", "spent", "id"]


@pytest.mark.parametrize("relation", ["json", "logs", "json j"])
def test_the_star_is_the_fields_of_the_files(logs, relation):
    names, found = rows(f"SELECT * FROM {relation} ORDER BY http.ms", logs)
    assert names == FIELDS
    assert [row[3] for row in found] == [3, 812, 30001]
    assert found[0][6] == 2**70
    star = "j.*" if " " in relation else '* EXCLUDE ("http.ms")'
    assert rows(f"SELECT {star} FROM {relation}", logs)[0] == [n for n in FIELDS if " " in relation or n != "http.ms"]


def test_names_that_the_query_has_are_there_beside_the_star(logs):
    sql = "SELECT status, template, later FROM (SELECT *, status, template, later FROM json) LIMIT 1"
    assert rows(sql, logs)[1] == [(None, "slow", None)]


def test_the_star_of_a_source_is_its_own(tmp_path):
    (tmp_path / "a.jsonl").write_text('{"x": 1}\n')
    (tmp_path / "b.jsonl").write_text('{"y": 2}\n')
    config = Config(paths=(str(tmp_path),), sources=(Source("one", ("a.*",)), Source("two", ("b.*",))))
    assert rows("FROM two", config=config) == (["time", "source", "y"], [(None, "two", 2)])


def test_keys_that_differ_in_capitals_are_two_columns(tmp_path):
    (tmp_path / "a.jsonl").write_text('{"Key": "a", "key": "b"}\n')
    assert rows("FROM json", tmp_path) == (["time", "Key", "key_1"], [(None, "a", "b")])


def test_describe_says_the_fields_and_their_types(logs):
    kinds = {row[0]: row[1] for row in rows("DESCRIBE json", logs)[1]}
    assert list(kinds) == FIELDS
    assert (kinds["http.ms"], kinds["spent"], kinds["v"], kinds["id"]) == ("BIGINT", "DOUBLE", "VARCHAR", "HUGEINT")
    assert [row[0] for row in rows("SUMMARIZE json", logs)[1]] == FIELDS
    assert {"json", "web", "logs"} <= {row[0] for row in rows("SHOW TABLES", logs)[1]}


def test_rows_as_they_are_need_no_more_rows_than_they_show(tmp_path):
    (tmp_path / "a.jsonl").write_text("".join(f'{{"n": {n}}}\n' for n in range(60_000)))
    config = Config(paths=(str(tmp_path),))
    for sql, needs in {
        "SELECT * FROM json LIMIT 3": 3,
        "SELECT n, upper(message) FROM json WHERE level IS NULL LIMIT 3 OFFSET 2": 5,
        "DESCRIBE json": pushing.DESCRIBED_ROWS,
        "SELECT * FROM json ORDER BY n LIMIT 3": None,
        "SELECT max(n) FROM json LIMIT 3": None,
        "SELECT mode(n) FROM json LIMIT 3": None,
        "SELECT DISTINCT n FROM json LIMIT 3": None,
        "SELECT * FROM json WHERE n > '3' LIMIT 3": None,
        "SELECT * FROM (SELECT max(n) FROM json) LIMIT 3": None,
        "SELECT n, row_number() OVER (ORDER BY n DESC) FROM json LIMIT 3": None,
        "SELECT * FROM json LIMIT 50%": None,
    }.items():
        assert question.asked_of(sql, question.relations_of(config)).enough == needs, sql
    with Duck(config, "SELECT n FROM json LIMIT 2 OFFSET 1") as duck:
        assert [b.to_pylist() for b in duck.batches(duck.reader())] == [[{"n": 1}, {"n": 2}]]
        assert not duck._scan.complete
    assert rows("SELECT n, row_number() OVER (ORDER BY n DESC) AS r FROM json LIMIT 1", tmp_path)[1] == [(59_999, 1)]


@pytest.mark.parametrize(
    "sql", ["SELECT v, count(*) FROM json GROUP BY v ORDER BY v", "SELECT v, count(*) FROM {} j GROUP BY ALL"]
)
def test_versions_are_kept_apart_by_both_engines(logs, sql):
    by_rollup = rows(sql.format("json"), logs)[1]
    by_duck = rows(sql.format("json").replace("FROM json", "FROM (FROM json)"), logs)[1]
    assert sorted(by_rollup) == sorted(by_duck) == [("1.1", 2), ("1.10", 1)]
    assert rows("SELECT median(v), median(spent) FROM json", logs)[1] == [(1.1, 0.81)]


def read_parquet(path):
    return duckdb.sql(f"FROM read_parquet('{path}')")


def test_a_table_has_the_types_of_its_values(logs):
    (logs / "b.jsonl").write_text('{"http": {"ms": 4}, "mixed": 1, "empty": null}\n{"mixed": "x", "key": "007"}\n')
    wanted = {"http.ms": "BIGINT", "spent": "DOUBLE", "v": "VARCHAR", "id": "DECIMAL(38,0)", "mixed": "VARCHAR"}
    wanted |= {"key": "VARCHAR", "empty": "VARCHAR", "http.route": "VARCHAR"}
    assert execute(["parse", str(logs), "--to", "parquet", "-o", str(logs / "x.parquet"), "-q"]) == 0
    assert execute(["parse", str(logs), "--to", "parquet", "-o", f"{logs}/x/", "-q"]) == 0
    for found in (read_parquet(logs / "x.parquet"), read_parquet(logs / "x" / "day*" / "*" / "*.parquet")):
        kinds = dict(zip(found.columns, map(str, found.types), strict=True))
        assert {name: kinds[name] for name in wanted} == wanted
        assert found.aggregate('sum("http.ms"), max(id)').fetchall() == [(812 + 30001 + 3 + 4, 2**70)]
    scanned = logproc.scan(logs, relation="json", where="message IS NOT NULL", select=["http.ms", "spent", "v"])
    assert scanned.schema.types == [pa.int64(), pa.float64(), pa.string_view()]
    assert scanned.read_all().to_pydict() == {
        "http.ms": [812, 30001, 3], "spent": [0.12, 1.5, None], "v": ["1.10", "1.1", "1.1"]
    }  # fmt: skip


NUMERALS = st.integers(-(10**40), 10**40).map(str) | st.integers(-9, 9).map(str) | st.floats(-1e9, 1e9).map(str)
WORDS = st.sampled_from(["1.10", "1.1", "007", "-0", "1e400", "1e5", "", "x", "1.50", "nan", " 1", "1\n", "0.25"])


@settings(max_examples=200)
@given(st.lists(st.none() | NUMERALS | WORDS, max_size=8), st.integers(0, 8))
def test_a_type_takes_all_values_as_they_are(values, cut):
    schema = pa.schema([("x", pa.string_view())])
    parts = [pa.record_batch([pa.array(part, pa.string_view())], schema) for part in (values[:cut], values[cut:])]
    settled = Settled(schema, ["x"], parts)
    found = [value for batch in settled.batches() for value in batch.column(0).to_pylist()]
    numbers = [value if value is None else number_of(value) for value in values]
    present = [value for value in values if value is not None]
    if settled.schema.field("x").type == pa.string_view():
        assert found == values
        zeros = any((value.endswith("0") and "." in value) or value == "-0" for value in present)
        assert not present or zeros or any(n is None for n, v in zip(numbers, values, strict=True) if v is not None)
    else:
        assert [None if v is None else float(v) for v in found] == [None if n is None else float(n) for n in numbers]


# ---- the line itself -----------------------------------------------------------------------------------------------

ACCESS = (
    '1.2.3.4 - - [01/Jan/2026:00:00:00 +0000] "GET /a HTTP/1.1" 200 5 "-" "curl"\r\n'
    '1.2.3.5 - - [01/Jan/2026:00:00:01 +0000] "GET /b?q=\\"x HTTP/1.1" 404 5 "-" "Mozilla \xe9"\n'
    '1.2.3.6 - - [01/Jan/2026:00:00:02 +0000] "GET /c HTTP/1.1" 200 5 "-" "curl"'
)


@pytest.fixture
def lines(tmp_path):
    (tmp_path / "access.log").write_bytes(ACCESS.encode("latin-1"))
    (tmp_path / "old.log.gz").write_bytes(gzip.compress(ACCESS.encode("latin-1")))
    for number in range(40):  # small files go together
        (tmp_path / f"small{number}.log").write_bytes(ACCESS.encode("latin-1"))
    (tmp_path / "app.log").write_text("2024-01-02 03:04:06,000 [w-1] ERROR com.example.Job - failed\n  at x\n  at y\n")
    (tmp_path / "own.jsonl").write_text('{"raw": "mine", "level": "info"}\n{"level": "warn"}\n')
    return tmp_path


RAW_LINES = [
    line.encode("latin-1").decode("utf-8", "backslashreplace") for line in ACCESS.replace("\r", "").split("\n")
]


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("SELECT raw, count(*) AS n FROM web GROUP BY ALL ORDER BY raw", [(line, 42) for line in RAW_LINES]),
        ("SELECT count(*) FROM web WHERE raw LIKE '%\"curl\"'", [(84,)]),
        ("SELECT path FROM web WHERE raw ILIKE '%MOZILLA%' GROUP BY ALL", [("/b",)]),
        ("SELECT status FROM web WHERE contains(raw, '1.2.3.6') ORDER BY random() LIMIT 1", [(200,)]),
        ("SELECT raw FROM app", [("2024-01-02 03:04:06,000 [w-1] ERROR com.example.Job - failed",)]),
        ("SELECT level, raw FROM json ORDER BY level", [("INFO", "mine"), ("WARN", '{"level": "warn"}')]),
    ],
)
@pytest.mark.parametrize("form", ["{}", "FROM ({})"])
def test_the_line_can_be_asked_for(lines, sql, expected, form):
    assert rows(form.format(sql), lines)[1] == expected


def test_conditions_of_parse_know_the_line(lines, capfd):
    for to in ("jsonl", "csv"):
        assert (
            execute(["parse", str(lines), "--where", "raw LIKE '%/b?q=%'", "--select", "path", "--to", to, "-q"]) == 0
        )
        assert capfd.readouterr().out.count("/b") == 42
    assert sum(batch.num_rows for batch in logproc.scan(lines, where="raw LIKE '% /c %'")) == 42


def test_the_line_is_no_part_of_the_star(lines):
    assert "raw" not in rows("SELECT * FROM web LIMIT 1", lines)[0]


# ---- what formats have beside their family -----------------------------------------------------------------------

IIS = """#Fields: date time cs-method cs-uri-stem sc-status sc-substatus x-Pool
2026-03-02 08:00:00 GET / 404 3 blue
2026-03-02 08:00:01 GET /a 200 0 blue
2026-03-02 08:00:02 GET /b 404 14 green
"""


@pytest.fixture
def iis(tmp_path):
    (tmp_path / "u_ex.log").write_text(IIS)
    return tmp_path


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("SELECT sc_substatus, count(*) FROM web GROUP BY ALL ORDER BY 1", [(0, 1), (3, 1), (14, 1)]),
        ("SELECT median(sc_substatus) FROM web WHERE sc_substatus > 0", [(8.5,)]),
        ("SELECT x_pool, max(sc_substatus) AS m FROM web GROUP BY ALL ORDER BY m", [("blue", 3), ("green", 14)]),
        ("SELECT path FROM web WHERE x_pool = 'green' ORDER BY time", [("/b",)]),
        ("SELECT status FROM web UNION SELECT sc_substatus FROM web ORDER BY ALL", [(0,), (3,), (14,), (200,), (404,)]),
    ],
)
def test_what_a_format_has_beside_its_family_can_be_asked_of_the_family(iis, sql, expected):
    assert rows(sql, iis)[1] == expected


def test_the_star_of_a_family_has_them_behind_its_own(iis):
    names, found = rows("SELECT * FROM web ORDER BY time", iis)
    assert names[0] == "time"
    assert names[-2:] == ["sc_substatus", "x_pool"]
    assert [row[-2:] for row in found] == [(3, "blue"), (0, "blue"), (14, "green")]


def test_a_report_may_name_them_where_there_are_no_logs_yet(tmp_path):
    query = tmp_path / "q.sql"
    query.write_text("SELECT sc_substatus, count(*) AS n FROM web GROUP BY ALL")
    (tmp_path / "logs").mkdir()
    assert logproc.run(tmp_path / "logs", reports=[query]).reports[0].rows == ()


def test_names_that_only_the_logs_know_are_misspelt_where_none_has_them(iis):
    with pytest.raises(logproc.QueryError, match="no column 'x_poool'; did you mean 'x_pool'"):
        rows("SELECT x_poool, count(*) FROM web GROUP BY ALL", iis)


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize(
    "sql", ["SELECT * FROM json ORDER BY http.ms", "SELECT v, count(*) AS n FROM json GROUP BY v ORDER BY v"]
)
def test_standard_input_is_asked_as_a_file_is(logs, capfdbinary, sql, packed):
    text = (logs / "a.jsonl").read_bytes()
    done = subprocess.run(
        [sys.executable, "-m", "logproc", "sql", sql, "-", "--to", "csv", "--backend", "processes"],
        input=gzip.compress(text) if packed else text,
        capture_output=True,
        check=True,
        timeout=120,
    )
    assert execute(["sql", sql, str(logs), "--to", "csv"]) == 0
    assert done.stdout == capfdbinary.readouterr().out


@pytest.mark.parametrize(
    ("sql", "names"),
    [
        ("SELECT *, raw FROM web LIMIT 1", ["time", "...", "x_pool", "raw"]),
        ("SELECT w.* EXCLUDE (time), raw FROM web w LIMIT 1", ["source", "...", "x_pool", "raw"]),
        ("SELECT * FROM web WHERE raw LIKE '%green' LIMIT 1", ["time", "...", "sc_substatus", "x_pool"]),
        ("SELECT * FROM (SELECT path, raw FROM web) LIMIT 1", ["path", "...", "raw"]),
    ],
)
def test_the_line_itself_is_shown_where_it_is_named_and_once(iis, sql, names):
    found = rows(sql, iis)[0]
    begin, end = names[: names.index("...")], names[names.index("...") + 1 :]
    assert found[: len(begin)] == begin
    assert found[-len(end) :] == end
    assert found.count("raw") == names.count("raw")
