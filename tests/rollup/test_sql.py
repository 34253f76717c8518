"""Planning: what a query becomes, and what is refused with which words."""

from __future__ import annotations

import contextlib
import pickle

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from logproc.errors import QueryError
from logproc.model import Kind
from logproc.rollup.spec import Aggregate, AggregateRef, Call, Column, KeyRef, Literal, Order, Output
from logproc.rollup.sql import plan
from logproc.rollup.statement import title
from logproc.timestamps import parse_time

STATUS = Column("status", Kind.INTEGER)
BYTES = Column("bytes", Kind.INTEGER)
PATH = Column("path", Kind.TEXT)
TIME = Column("time", Kind.TIME)
COUNT = Aggregate("count", None, Kind.INTEGER)


def where(condition, relation="web"):
    return plan(f"SELECT count(*) FROM {relation} WHERE {condition}", "r").where


def number(value):
    return Literal(value, Kind.INTEGER)


def text(value):
    return Literal(value, Kind.TEXT)


def test_a_full_query():
    spec = plan(
        """-- title: By hour
        SELECT date_trunc('hour', time) AS hour, status, count(*) AS requests, sum(bytes) / count(*) AS mean
        FROM web WHERE NOT is_bot(user_agent) GROUP BY ALL HAVING requests > 5
        ORDER BY requests DESC, hour NULLS FIRST LIMIT 50 OFFSET 2""",
        "by_hour",
    )
    count, total = AggregateRef(0, Kind.INTEGER), AggregateRef(1, Kind.INTEGER)
    assert spec.title == "By hour"
    assert spec.relation == "web"
    assert spec.keys == (Call("date_trunc", (text("hour"), TIME), Kind.TIME), STATUS)
    assert spec.aggregates == (COUNT, Aggregate("sum", BYTES, Kind.INTEGER))
    agent = Column("user_agent", Kind.TEXT)
    assert spec.where == Call("not", (Call("is_bot", (agent,), Kind.BOOLEAN),), Kind.BOOLEAN)
    assert spec.outputs == (
        Output("hour", KeyRef(0, Kind.TIME), "key"),
        Output("status", KeyRef(1, Kind.INTEGER), "key"),
        Output("requests", count, "value"),
        Output("mean", Call("/", (total, count), Kind.DECIMAL), "value"),
    )
    assert spec.having == Call(">", (count, number(5)), Kind.BOOLEAN)
    assert spec.order_by == (Order(count, True, False), Order(KeyRef(0, Kind.TIME), False, True))
    assert (spec.limit, spec.offset) == (50, 2)
    assert pickle.loads(pickle.dumps(spec)) == spec
    assert hash(spec) == hash(pickle.loads(pickle.dumps(spec)))


@pytest.mark.parametrize(
    "group",
    [
        "date_trunc('hour', time), status",
        "1, 2",
        "ALL",
        "hour, status",
        "hour, 2",
        "DATE_TRUNC('hours', web.time), w.status",
    ],
)
def test_group_by_columns_expressions_positions_aliases_and_all(group):
    spec = plan(f"SELECT date_trunc('hour', time) AS hour, status, count(*) FROM web AS w GROUP BY {group}", "r")
    assert spec.keys == (Call("date_trunc", (text("hour"), TIME), Kind.TIME), STATUS)


def test_a_column_comes_before_an_alias_in_group_by_and_behind_it_in_order_by():
    spec = plan("SELECT -status AS status, count(*) FROM web GROUP BY status ORDER BY status", "r")
    assert spec.keys == (STATUS,)
    assert spec.order_by[0].expression == Call("neg", (KeyRef(0, Kind.INTEGER),), Kind.INTEGER)


def test_keys_that_are_not_selected_still_group():
    spec = plan("SELECT count(*) FROM web GROUP BY status", "r")
    assert spec.keys == (STATUS,)
    assert [output.name for output in spec.outputs] == ["count(*)"]


def test_constants_are_no_keys():
    spec = plan("SELECT 'all' AS what, status, count(*) FROM web GROUP BY ALL", "r")
    assert spec.keys == (STATUS,)
    assert spec.outputs[0] == Output("what", text("all"), "key")


def test_distinct_groups_without_an_aggregate():
    spec = plan("SELECT method FROM web GROUP BY ALL", "r")
    assert (len(spec.keys), spec.aggregates) == (1, ())


def test_average_is_sum_by_count_and_shares_them():
    spec = plan("SELECT avg(bytes), sum(bytes), count(bytes), avg(bytes) + 1 FROM web", "r")
    assert spec.aggregates == (Aggregate("sum", BYTES, Kind.INTEGER), Aggregate("count", BYTES, Kind.INTEGER))
    mean = Call("/", (AggregateRef(0, Kind.INTEGER), AggregateRef(1, Kind.INTEGER)), Kind.DECIMAL)
    assert spec.outputs[0].expression == mean
    assert spec.outputs[3].expression == Call("+", (mean, number(1)), Kind.DECIMAL)


def test_filters_belong_to_their_aggregate():
    spec = plan("SELECT count(*) FILTER (WHERE status >= 500) / count(*) AS r, count_if(status >= 500) FROM web", "r")
    errors = Call(">=", (STATUS, number(500)), Kind.BOOLEAN)
    assert spec.aggregates == (Aggregate("count", None, Kind.INTEGER, filter=errors), COUNT)


def test_quantiles_distincts_and_extremes():
    spec = plan(
        "SELECT approx_quantile(duration, 0.99), approx_count_distinct(client), min(time), max(bytes) FROM web", "r"
    )
    duration, client = Column("duration", Kind.DECIMAL), Column("client", Kind.TEXT)
    assert spec.aggregates == (
        Aggregate("approx_quantile", duration, Kind.DECIMAL, parameter=0.99),
        Aggregate("approx_count_distinct", client, Kind.INTEGER),
        Aggregate("min", TIME, Kind.TIME),
        Aggregate("max", BYTES, Kind.INTEGER),
    )


def test_a_condition_sums_as_ones():
    spec = plan("SELECT sum(status >= 500) FROM web", "r")
    condition = Call(">=", (STATUS, number(500)), Kind.BOOLEAN)
    assert spec.aggregates == (Aggregate("sum", Call("cast_integer", (condition,), Kind.INTEGER), Kind.INTEGER),)


@pytest.mark.parametrize(
    ("condition", "function"),
    [
        ("status = 404", "="), ("status != 404", "<>"), ("path LIKE '/a%'", "like"), ("path ILIKE '/a%'", "ilike"),
        ("path NOT LIKE '/a%'", "not"), ("status IN (1, 2)", "in"), ("status NOT IN (1, 2)", "not"),
        ("status BETWEEN 1 AND 2", "and"), ("status IS NULL", "is_null"), ("status IS NOT NULL", "not"),
        ("regexp_matches(path, '^/a')", "regexp_matches"), ("a.path LIKE 'x!%' ESCAPE '!'", "like"),
        ("CASE status WHEN 1 THEN true ELSE false END", "case"), ("if(status = 1, true, false)", "case"),
        ("starts_with(path, '/')", "starts_with"), ("prefix(path, '/')", "starts_with"), ("NOT (status = 1)", "not"),
        ("is_static(path) IS TRUE", "coalesce"), ("is_static(path) IS NOT TRUE", "not"),
        ("status::BOOLEAN", "cast_boolean"),
        ("extract(hour FROM time) = 7", "="), ("(path || '?') = 'x'", "="),
    ],
)  # fmt: skip
def test_conditions(condition, function):
    found = where(condition, "web AS a")
    assert found.function == function
    assert found.kind is Kind.BOOLEAN


@pytest.mark.parametrize(
    ("written", "function"),
    [
        ("extract(hour FROM time)", "hour"), ("date_part('dow', time)", "dayofweek"), ("hour(time)", "hour"),
        ("extract(epoch FROM time)", "epoch"), ("strpos(path, 'x')", "strpos"), ("position('x' IN path)", "strpos"),
        ("substring(path FROM 2 FOR 3)", "substring"), ("substr(path, 2)", "substring"), ("trim(path)", "trim"),
        ("trim(LEADING '/' FROM path)", "ltrim"), ("len(path)", "length"), ("status // 100", "//"), ("status % 7", "%"),
        ("-status", "neg"), ("status::text", "cast_text"), ("CAST(path AS INT)", "cast_integer"),
        ("path::double", "cast_decimal"),
        ("TRY_CAST(path AS TIMESTAMP)", "cast_time"), ("time::VARCHAR", "time_text"), ("status ** 2", "pow"),
        ("CEIL(duration)", "ceil"), ("coalesce(vhost, host)", "coalesce"), ("ifnull(vhost, '-')", "coalesce"),
        ("Domain(referrer)", "domain"), ("subnet(client, 16)", "subnet"), ("concat(method, ' ', status)", "concat"),
    ],
)  # fmt: skip
def test_functions_and_their_spellings(written, function):
    spec = plan(f"SELECT {written} AS x, count(*) FROM web GROUP BY x", "r")
    assert spec.keys[0].function == function


def test_constants_are_folded():
    assert where("status = 2 * (3 + 4)") == Call("=", (STATUS, number(14)), Kind.BOOLEAN)
    assert where("status > -1").arguments[1] == number(-1)


@pytest.mark.parametrize("literal", ["'2026-11-23T07:00:00Z'", "TIMESTAMP '2026-11-23 07:00:00'", "'2026-11-23 07:00'"])
def test_times_compare_with_text(literal):
    instant = Literal(parse_time("2026-11-23T07:00:00Z"), Kind.TIME)
    assert where(f"time >= {literal}") == Call(">=", (TIME, instant), Kind.BOOLEAN)


def test_a_literal_text_takes_the_kind_of_the_other_side():
    assert where("status = '404'").arguments[1] == number(404)
    assert where("'4.5' < status").arguments[0] == Literal(4.5, Kind.DECIMAL)


def test_branches_of_different_numbers_become_decimals():
    spec = plan("SELECT avg(CASE WHEN status > 1 THEN 1 WHEN status > 0 THEN 0.5 ELSE bytes END) FROM web", "r")
    case = spec.aggregates[0].argument
    assert case.kind is Kind.DECIMAL
    assert case.arguments[1] == Literal(1.0, Kind.DECIMAL)
    assert case.arguments[4] == Call("cast_decimal", (BYTES,), Kind.DECIMAL)


def test_null_takes_the_kind_of_its_surroundings():
    spec = plan("SELECT CASE WHEN status > 1 THEN NULL ELSE path END AS x, count(*) FROM web GROUP BY x", "r")
    assert spec.keys[0].arguments[1] == Literal(None, Kind.TEXT)
    assert spec.keys[0].kind is Kind.TEXT


# ---- dynamic fields --------------------------------------------------------------------------------------------


def test_json_rows_have_any_field():
    spec = plan('SELECT request.method, "a b", json.userId, sum(size) FROM json GROUP BY ALL', "r")
    assert spec.keys == tuple(Column(name, Kind.DYNAMIC) for name in ("request.method", "a b", "userId"))
    assert [output.name for output in spec.outputs][:2] == ["request.method", "a b"]
    size = Column("size", Kind.DYNAMIC)
    assert spec.aggregates[0].argument == Call("cast_decimal", (size,), Kind.DECIMAL)


@pytest.mark.parametrize(
    ("condition", "cast", "kind"),
    [
        ("size > 5", "cast_decimal", Kind.DECIMAL),
        ("size = 'x'", "cast_text", Kind.TEXT),
        ("size LIKE 'x'", "cast_text", Kind.TEXT),
        ("size = true", "cast_boolean", Kind.BOOLEAN),
        ("size > time", "cast_time", Kind.TIME),
        ("size IN (1, 2)", "cast_decimal", Kind.DECIMAL),
    ],
)
def test_a_dynamic_field_becomes_what_its_context_asks_for(condition, cast, kind):
    assert where(condition, "json").arguments[0] == Call(cast, (Column("size", Kind.DYNAMIC),), kind)


def test_known_columns_keep_their_kind_and_aliases_come_before_dynamic_fields():
    spec = plan("SELECT lower(x) AS name, count(*) FROM json WHERE LEVEL = 'ERROR' GROUP BY name", "r")
    assert spec.keys[0].function == "lower"
    assert spec.where.arguments[0] == Column("level", Kind.TEXT)


def test_a_name_that_is_computed_from_a_field_of_that_name_leaves_the_field_to_conditions_and_keys():
    sql = "SELECT lower(kind) AS kind, count(*) FROM logs WHERE kind > 'a' GROUP BY {}"
    field = Call("cast_text", (Column("kind", Kind.DYNAMIC),), Kind.TEXT)
    for keys in ("ALL", "1"):
        spec = plan(sql.format(keys), "r")
        assert spec.keys == (Call("lower", (field,), Kind.TEXT),)
        assert spec.where.arguments[0] == field
    assert plan(sql.format("kind"), "r").keys == (Column("kind", Kind.DYNAMIC),)


def test_no_rows_are_no_group_where_a_constant_is_grouped_by():
    counted = plan("SELECT count(*) FROM web GROUP BY ALL", "r")
    assert (counted.keys, counted.having) == ((), None)
    for group in ("1", "'x'", "1, 'x'"):
        spec = plan(f"SELECT 'x' AS k, count(*) FROM web GROUP BY {group}", "r")
        assert spec.keys == ()
        assert spec.having == plan("SELECT 'x' AS k, count(*) FROM web HAVING count(*) > 0", "r").having
    spec = plan("SELECT sum(bytes) FROM web GROUP BY 'x' HAVING sum(bytes) > 1", "r")
    assert spec.having == plan("SELECT sum(bytes) FROM web HAVING sum(bytes) > 1 AND count(*) > 0", "r").having


def test_relations_hold_families():
    relations = {"edge": frozenset({"web", "syslog"}), "apps": frozenset({"json"})}
    spec = plan("SELECT program, status, count(*) FROM edge GROUP BY ALL", "r", relations=relations)
    assert spec.relation == "edge"
    assert plan("SELECT anything FROM apps GROUP BY 1", "r", relations=relations).keys[0].kind is Kind.DYNAMIC
    with pytest.raises(QueryError, match="no column 'level'"):
        plan("SELECT level FROM edge GROUP BY 1", "r", relations=relations)


# ---- refusals --------------------------------------------------------------------------------------------------

REFUSALS = [
    ("SELECT * FROM web", "* is only for count(*); name the columns", "*"),
    ("SELECT DISTINCT path FROM web", "SELECT DISTINCT: write GROUP BY ALL", "DISTINCT"),
    ("SELECT count(DISTINCT client, path) FROM web", "write count(DISTINCT concat_ws(' ', client, path))", "count"),
    ("SELECT sum(DISTINCT bytes) FROM web", "sum(DISTINCT ...) cannot be merged; GROUP BY bytes and", "sum"),
    ("SELECT approx_top_k(path, 0) FROM web", "must be from 1 to 1000, as in approx_top_k(path, 10)", "approx_top_k"),
    ("SELECT arg_max(path, client) FROM web", "looks for the best number or time, and its second", "arg_max"),
    ("SELECT first(path) FROM web", "write arg_min(x, time) or arg_max(x, time)", "first"),
    ("SELECT stddev(path) FROM web", "stddev_samp needs a number, and its argument is text", "stddev"),
    ("SELECT median(bytes) FROM web", "median cannot be merged from parts of the input; write approx", "median"),
    ("SELECT quantile(bytes, 0.5) FROM web", "write approx_quantile(x, 0.5)", "quantile"),
    ("SELECT approx_quantile(bytes, [0.5, 0.9]) FROM web", "takes one quantile", "approx"),
    ("SELECT approx_quantile(bytes, 5) FROM web", "a number from 0 to 1", "approx"),
    ("SELECT approx_quantile(bytes) FROM web", "takes 2 arguments, not 1", "approx"),
    ("SELECT sum(path) FROM web", "sum needs a number, and its argument is text", "sum"),
    ("SELECT sum(sum(bytes)) FROM web", "aggregates cannot be nested", "sum(bytes)"),
    ("SELECT string_agg(path, ',') FROM web", "GROUP BY x lists the values", "string_agg"),
    ("SELECT count(*) OVER () FROM web", "window function", "count"),
    ("SELECT path, count(*) FROM web", "column 'path' is neither in GROUP BY nor inside an aggregate", "path"),
    ("SELECT status, count(*) FROM web GROUP BY status ORDER BY bytes", "ORDER BY: column 'bytes' is neither", "bytes"),
    ("SELECT status, count(*) FROM web GROUP BY status HAVING bytes > 1", "HAVING: column 'bytes' is neither", "bytes"),
    ("SELECT path FROM web", "nothing is counted in SELECT", "path"),
    ("SELECT clint, count(*) FROM web GROUP BY 1", "no column 'clint'; did you mean 'client'", "clint"),
    ("SELECT lowr(path), count(*) FROM web GROUP BY 1", "no function 'lowr'; did you mean lower", "lowr"),
    ("SELECT count(*) FROM wep", "no family or source 'wep'; did you mean 'web'", "wep"),
    ("SELECT count(*) FROM web JOIN app USING (host)", "JOIN: a report reads one relation", "JOIN"),
    ("SELECT count(*) FROM web, app", "JOIN: a report reads one relation", None),
    ("SELECT count(*) FROM (SELECT 1)", "FROM takes the name of a family", "1"),
    ("SELECT count(*) FROM read_csv('x')", "FROM takes the name of a family", "read_csv"),
    ("SELECT count(*) FROM other.web", "leave DB out", "other"),
    ("WITH a AS (SELECT 1) SELECT count(*) FROM web", "WITH: a common table expression", "WITH"),
    ("SELECT 1 FROM web UNION SELECT 2 FROM web", "UNION: a report is one SELECT", "1"),
    ("SELECT count(*) FROM web QUALIFY 1", "QUALIFY: window functions", "QUALIFY"),
    ("SELECT count(*) FROM web WHERE count(*) > 1", "write the condition in HAVING", "count(*) >"),
    ("SELECT count(*) FROM web GROUP BY count(*)", "an aggregate cannot be a group key", "count(*)"),
    ("SELECT count(*) FILTER (WHERE count(*) > 1) FROM web", "FILTER sees single rows", "count(*) >"),
    ("SELECT lower(path) FILTER (WHERE true) FROM web", "FILTER belongs to an aggregate", "lower"),
    ("SELECT count(*) FROM web WHERE bytes IN (SELECT 1)", "a subquery needs a second pass", "bytes"),
    ("SELECT count(*) FROM web WHERE EXISTS (SELECT 1)", "a subquery needs a second pass", "1"),
    ("SELECT count(*) FROM web WHERE path > 5", "integer with text cannot be mixed; write CAST", "path"),
    ("SELECT count(*) FROM web WHERE status = 'x'", "the text 'x' does not read as integer", "status"),
    ("SELECT count(*) FROM web WHERE time > 'soon'", "does not read as time, such as '2026-11-23'", "time"),
    ("SELECT count(*) FROM web WHERE status", "WHERE needs a condition, and status is integer", "status"),
    ("SELECT time - time FROM web GROUP BY 1", "write epoch(time)", "time"),
    ("SELECT INTERVAL '1 day' FROM web GROUP BY 1", "is an interval, which can be added to a time", None),
    ("SELECT time + INTERVAL (status) DAY FROM web GROUP BY 1", "must be written out, such as INTERVAL", None),
    ("SELECT INTERVAL '1 day' - time FROM web GROUP BY 1", "an interval is added to a time, or taken", None),
    ("SELECT time_bucket('5 minutes', time) FROM web GROUP BY 1", "takes an interval and a time", "time_bucket"),
    ("SELECT time_bucket(INTERVAL '0 days', time) FROM web GROUP BY 1", "is more than nothing", "time_bucket"),
    ("SELECT now(), count(*) FROM web", "the same whenever it runs; write a time", "now"),
    ("SELECT count(*) FROM web WHERE time < current_date", "the same whenever it runs", None),
    ("SELECT country(client) FROM web GROUP BY 1", '[geo] files = ["GeoLite2-City.mmdb"]', "country"),
    ("SELECT country(client, '/no/such') FROM web GROUP BY 1", "country: /no/such: No such file", "country"),
    ("SELECT count(*) FROM web WHERE status BETWEEN SYMMETRIC 9 AND 1", "without SYMMETRIC", "status"),
    ("SELECT time + 1 FROM web GROUP BY 1", "for arithmetic with times write epoch(time)", "time"),
    ("SELECT lower(status) FROM web GROUP BY 1", "integer given where text is needed; write CAST(", "low"),
    ("SELECT lower(path, 'x') FROM web GROUP BY 1", "lower takes 1 argument, not 2", "lower"),
    ("SELECT date_trunc('fortnight', time) FROM web GROUP BY 1", "'fortnight' is no unit; there are", "date_trunc"),
    ("SELECT date_trunc(path, time) FROM web GROUP BY 1", "argument 1 of date_trunc must be written out", "date_trunc"),
    ("SELECT extract(moon FROM time) FROM web GROUP BY 1", "'moon' is no part of a time", None),
    ("SELECT regexp_matches(path, '(') FROM web GROUP BY 1", "'(' is no regular expression", "regexp"),
    ("SELECT strftime(time, '%Q') FROM web GROUP BY 1", "%Q means nothing", "strftime"),
    ("SELECT time::BLOB FROM web GROUP BY 1", "a cast to BLOB is not supported; there are TEXT", "time"),
    ("SELECT time::INT FROM web GROUP BY 1", "a time cannot be cast to BIGINT; write epoch(time)", "time"),
    ("SELECT CASE WHEN true THEN path ELSE status END FROM web GROUP BY 1", "cannot be mixed", None),
    ("SELECT count(*) FROM web LIMIT 10%", "LIMIT takes a whole number", None),
    ("SELECT count(*) FROM web LIMIT bytes", "LIMIT takes a whole number", "bytes"),
    ("SELECT count(*) FROM web GROUP BY 7", "GROUP BY 7: columns are counted from 1 to 1", "7"),
    ("SELECT count(*) FROM web ORDER BY 0", "ORDER BY 0: columns are counted from 1 to 1", "0"),
    ("SELECT status FROM web GROUP BY ROLLUP (status)", "write one report for each set of keys", "status)"),
    ("SELECT a + 1 AS a, count(*) FROM web GROUP BY a", "'a' is defined by itself", "a"),
    ("SELECT $1, count(*) FROM web", "is a parameter, and nothing gives its value", None),
    ("SELECT path[1] FROM web GROUP BY 1", "write substring(x, start, length)", "path"),
    ("SELECT path ~ '(' FROM web GROUP BY 1", "'(' is no regular expression: missing )", "path"),
    ("SELECT status = ANY (SELECT 1) FROM web GROUP BY 1", "", None),
    ("SELECT cast_text(status) FROM web GROUP BY 1", "there is no function 'cast_text'", "cast_text"),
    ("SELECT 99999999999999999999 FROM web GROUP BY 1", "larger than any number", "9999"),
    ("SELECT count(*) FROM web WHERE", "syntax error", "WHERE"),
    ("SELECT count(* FROM web", "syntax error", None),
    ("SELECT 'abc FROM web", "syntax error", None),
    ("DROP TABLE web", "a report is one SELECT", None),
    ("SELECT 1", "a report is one SELECT with a FROM", None),
    ("", "a report is one SELECT, and here is nothing", None),
    ("SELECT count(*) FROM web; SELECT count(*) FROM app", "here is 2 statements", None),
]  # fmt: skip


@pytest.mark.parametrize(("sql", "message", "place"), REFUSALS, ids=[sql[:60] for sql, _, _ in REFUSALS])
def test_refusals_name_the_reason_and_the_place(sql, message, place):
    with pytest.raises(QueryError) as caught:
        plan(sql, "mine")
    error = caught.value
    assert message in error.message
    assert str(error).startswith("report 'mine': ")
    assert (error.report, error.sql) == ("mine", sql)
    if place is not None:
        assert sql[error.position :].startswith(place), sql[error.position :]
    assert str(pickle.loads(pickle.dumps(error))) == str(error)


@pytest.mark.parametrize(
    ("sql", "marked"),
    [
        ("SELECT clint, count(*) FROM web GROUP BY 1", "clint"),
        ("SELECT median(bytes) AS m FROM web", "median(bytes)"),
        ("SELECT count(*) FROM web WHERE lower(path) > 5 AND 1 = 1", "lower(path) > 5"),
        ("SELECT count(*) FROM web WHERE status = 'a b' OR false", "status = 'a b'"),
        ("SELECT (1 + foo(')', 2)), count(*) FROM web GROUP BY 1", "foo(')', 2)"),
        ("SELECT count(*) FROM web JOIN app USING (host)", "JOIN"),
        ("SELECT path,\n\tlower(status)\nFROM web GROUP BY ALL", "lower(status)"),
    ],
)
def test_the_part_in_question_is_marked(sql, marked):
    with pytest.raises(QueryError) as caught:
        plan(sql, "mine")
    _, line, under = str(caught.value).split("\n")
    assert line[under.index("^") :].startswith(marked)
    assert under.strip() == "^" + "~" * (len(marked) - 1)


def test_a_query_nested_too_deeply_is_refused():
    with pytest.raises(QueryError):
        plan("SELECT " + "(" * 5000 + "1" + ")" * 5000 + " FROM web", "deep")


@given(st.text(max_size=60))
@example("0E")
def test_no_text_makes_planning_fail_otherwise(text):
    for sql in (text, f"SELECT {text} FROM web GROUP BY ALL", f"SELECT count(*) FROM web WHERE {text}"):
        with contextlib.suppress(QueryError):
            plan(sql, "r")


WORDS = st.sampled_from(
    """SELECT FROM web json WHERE GROUP BY ALL HAVING ORDER LIMIT count(*) sum( avg( ) , ( status bytes path time 'x'
    5 0.5 = < + - / || AND OR NOT IN IS NULL CASE WHEN THEN END AS x date_trunc('hour', FILTER (WHERE LIKE :: INT
    DISTINCT * BETWEEN [ ] . ; -- /* coalesce( approx_quantile( INTERVAL OVER UNION JOIN""".split()  # noqa: SIM905
)


@given(st.lists(WORDS, max_size=14))
def test_no_jumble_of_sql_makes_planning_fail_otherwise(words):
    for sql in (" ".join(words), f"SELECT {' '.join(words)} FROM web GROUP BY ALL"):
        with contextlib.suppress(QueryError):
            plan(sql, "r")


def test_an_alias_does_not_hide_the_field_inside_an_aggregate():
    spec = plan("SELECT level, sum(bytes) AS bytes FROM json GROUP BY level ORDER BY bytes DESC", "r")
    assert [aggregate.function for aggregate in spec.aggregates] == ["sum"]


# ---- titles and names ------------------------------------------------------------------------------------------


def test_titles():
    assert title("SELECT 1", "not_found") == "Not found"
    assert title("-- title: What  I say \nSELECT 1", "x") == "What  I say"
    assert title("-- licence\n-- Title: Second\nSELECT 1", "x") == "Second"
    assert title("SELECT 1 -- title: no", "web/top_paths") == "Top paths"


def test_output_names_are_unique():
    spec = plan("SELECT count(*), count(*), sum(bytes) AS x, sum(status) AS x FROM web", "r")
    assert [output.name for output in spec.outputs] == ["count(*)", "count(*)_1", "x", "x_1"]


def test_the_fingerprint_is_that_of_what_is_counted():
    first = plan("SELECT status, count(*) AS n FROM web GROUP BY 1 ORDER BY n LIMIT 5", "a")
    second = plan("SELECT count(*), status AS code FROM web GROUP BY status", "b")
    other = plan("SELECT count(*), status FROM web WHERE status > 1 GROUP BY status", "b")
    assert first.fingerprint == second.fingerprint != other.fingerprint
