"""`sql`: the same answer from either engine, and refusals that point at what is wrong."""

import json
import re
import shlex
import signal
import sys
import threading
import traceback
from pathlib import Path

import pytest
from waiting import until

from logproc.adhoc.question import asked_of, relations_of
from logproc.cli import execute
from logproc.config import Config, Source
from logproc.errors import QueryError

duckdb = pytest.importorskip("duckdb", reason="needs duckdb: pip install 'logproc[sql]'")

import pyarrow as pa  # noqa: E402

from logproc.adhoc import scan  # noqa: E402
from logproc.adhoc.duck import Duck  # noqa: E402
from logproc.adhoc.sql import Answer, choose  # noqa: E402

DATA = Path(__file__).parents[2] / "data"
CONFIG = Config(paths=(str(DATA),), workers=2)


def by_duck(sql, config=CONFIG):
    with Duck(config, sql) as duck:
        return [
            row
            for batch in duck.batches(duck.reader())
            for row in map(tuple, zip(*batch.to_pydict().values(), strict=True))
        ]


def by_rollup(sql, config=CONFIG):
    with Answer(config, sql) as answer:
        assert answer.table is not None
        return list(answer.table.rows)


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT status, count(*) AS n, sum(bytes) AS b FROM web GROUP BY ALL ORDER BY n DESC, status",
        "SELECT browser(user_agent), os(user_agent), count(*) FROM web WHERE NOT is_bot(user_agent) GROUP BY ALL",
        "SELECT subnet(client), subnet(client, 8), count(*) FROM web GROUP BY ALL ORDER BY 3 DESC, 1, 2 LIMIT 20",
        "SELECT domain(referrer), extension(path), count(*) FROM web GROUP BY ALL ORDER BY 3 DESC, 1, 2 LIMIT 30",
        "SELECT program, severity, count(*) FROM syslog WHERE message ILIKE '%fail%' GROUP BY ALL ORDER BY ALL",
        "SELECT level, count(*) FROM logs WHERE level IS NOT NULL GROUP BY ALL ORDER BY 2 DESC, 1",
        "SELECT host, count(*), count(message), count(status) FROM logs GROUP BY ALL ORDER BY 2 DESC, 1",
    ],
)
def test_both_engines_answer_the_same(sql):
    assert sorted(by_rollup(sql), key=repr) == sorted(by_duck(sql), key=repr)


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT count(*) FROM web a JOIN web b USING (client) WHERE a.status = 500 AND b.status = 503",
        "WITH t AS (SELECT client, count(*) AS n FROM web GROUP BY ALL) SELECT count(*), sum(n) FROM t",
        "SELECT count(*) FROM (SELECT DISTINCT client FROM web)",
        "SELECT count(*) FROM web WHERE client IN (SELECT client FROM web WHERE status = 500)",
    ],
)
def test_relations_that_are_read_twice(sql):
    rows = by_duck("SELECT client, status FROM web")
    with duckdb.connect() as plain:
        plain.register("web", pa.table({"client": [row[0] for row in rows], "status": [row[1] for row in rows]}))
        assert by_duck(sql) == plain.execute(sql).fetchall()


def test_elements_of_a_list_are_taken_from_what_the_function_returns():
    paths = sorted(row[0] for row in by_duck("SELECT path FROM web WHERE path IS NOT NULL"))
    sql = "SELECT list(path ORDER BY path)[1], list(path ORDER BY path DESC)[1:2], ARRAY[7][1] FROM web WHERE path > ''"
    assert by_duck(sql) == [(paths[0], paths[:-3:-1], 7)]


def test_what_no_line_has_is_computed_for_duckdb_too(tmp_path):
    (tmp_path / "a.log").write_text("2024-01-02 03:04:06,000 [w-1] ERROR com.example.Job - job 17 failed\n")
    config = Config(paths=(str(tmp_path),))
    sql = "SELECT template, message FROM app ORDER BY random()"
    assert by_duck(sql, config) == [("job <*> failed", "job 17 failed")]


def test_rows_come_in_the_order_of_the_files():
    found = by_duck("SELECT path, row_number() OVER () FROM web")
    assert [row[1] for row in found] == list(range(1, len(found) + 1))


def test_dotted_and_undeclared_names_are_fields_of_json(tmp_path):
    (tmp_path / "a.jsonl").write_text('{"request": {"method": "GET", "n": 3}, "odd key": "x", "n": 4}\n')
    config = Config(paths=(str(tmp_path),))
    sql = 'SELECT request.method, j."odd key", request.n::INT + 1, n FROM json j WHERE request.n::INT > 2 LIMIT 9'
    assert by_duck(sql, config) == [("GET", "x", 4, 4)]  # request.method is a synonym of method


def test_columns_of_subqueries_have_dots_that_are_no_fields_of_json(tmp_path):
    (tmp_path / "a.jsonl").write_text('{"who": "x", "j": {"who": "inner"}, "n": 4}\n{"who": "y", "n": 5}\n')
    config = Config(paths=(str(tmp_path),))
    sql = "SELECT a.n, j.who FROM json a JOIN (SELECT DISTINCT who FROM json) AS j ON j.who = a.who ORDER BY 1"
    assert by_duck(sql, config) == [(4, "x"), (5, "y")]
    assert by_duck("WITH t AS (SELECT who FROM json) SELECT u.who FROM t u ORDER BY 1", config) == [("x",), ("y",)]
    assert by_duck("SELECT j.who FROM json ORDER BY 1 LIMIT 1", config) == [("inner",)]


def test_sources_are_relations(tmp_path):
    (tmp_path / "a.jsonl").write_text('{"level": "info"}\n')
    (tmp_path / "b.jsonl").write_text('{"level": "warn"}\n')
    sources = (Source("one", ("a.*",)), Source("two", ("b.*",)))
    config = Config(paths=(str(tmp_path),), sources=sources)
    assert by_duck("SELECT one.level, two.level AS l, one.source FROM one, two", config) == [("INFO", "WARN", "one")]


@pytest.mark.parametrize(
    ("sql", "message", "below"),
    [
        ("SELECT statsu FROM web", "there is no column 'statsu'; did you mean 'status'?", "statsu"),
        ("SELECT status, msgid FROM web ORDER BY random()", "there is no column 'msgid' here; syslog", "msgid"),
        ("SELECT count(*) FROM wbe", "there is no family or source 'wbe'; did you mean 'web'?", "wbe"),
        ("SELECT lwer(path) FROM web", "there is no function 'lwer'; did you mean lower?", "lwer"),
        ("SELECT median(path, 3, 4) FROM web", "median takes 1 argument, not 3", "median"),
        ("SELECT sum(path) FROM web", "sum needs a number, and its argument is text", "sum(path)"),
        ("SELECT path, count(*) FROM web", "neither in GROUP BY nor inside an aggregate", "path"),
        ("SELECT count(*) FROM web WHERE path ~ '['", "is no regular expression", "path ~"),
        ("SELECT count(*) FROM web WHERE status = 'abc'", "'abc' does not read as integer", "status = 'abc'"),
        ('SELECT count(*) FROM web WHERE path = "x"', "between single quotation marks: 'x'", '"x"'),
        ("SELECT count(* FROM web", "syntax error", "FROM"),
        ("SELECT count(*) FORM web", "did you mean FROM?", "web"),
        ("SELCT count(*) FROM web", "did you mean SELECT?", "SELCT"),
        ("SELECT status, count(*) FROM web GROUP status", "did you mean GROUP BY?", "status"),
        ("SELECT path FROM web UNION SELECT status FROM app", "'status' here; web and json have it", "status FROM app"),
        ("SELECT x FROM (SELECT status FROM web)", "there is no column 'x'; there are status", "x FROM"),
        ("SELECT count(*) FROM web JOIN app USING (foo)", '"foo" does not exist', "foo"),
        ("SELECT request.method, nope(1) FROM json", "there is no function 'nope'", "nope"),
        ("SELECT sum(path) FROM web", "", "sum"),
        ("SELECT a.statu FROM web a, web b", "there is no column 'statu' in a; did you mean 'status'", "a.statu"),
        ("SELECT * FROM web ORDER BY tme", "there is no column 'tme'; did you mean 'time'?", "tme"),
        ("SELECT toStartOfHour(time) FROM web", "function 'toStartOfHour'; write date_trunc('hour', time)", "toStart"),
        ("SELECT DATE_FORMAT(time, '%Y') FROM web", "write strftime(time, '%Y-%m-%d')", "DATE_FORMAT"),
        ("SELECT nosuch(path) FROM web", "there is no function 'nosuch'; `logproc functions` lists", "nosuch"),
        ("SELECT quantile(0.9)(bytes) FROM web", "write the parameter behind the column", "(bytes)"),
        ("SELECT TOP 9 path FROM web", "write LIMIT at the end", "9"),
        ("SELECT path FROM web LIMIT 1, 2", "write LIMIT count OFFSET start", ", 2"),
        ("SELECT count(*) FROM web a JOIN web b", "a JOIN needs ON or USING", "b"),
        ("SELECT median(bytes FROM web", "a bracket is not closed", "FROM"),
        ("SELECT median(bytes)) FROM web", "there is a bracket too many", ") FROM"),
        ("SELECT substring(path, 1, 2, 3), count(*) FROM web GROUP BY 1", "2 to 3 arguments, not 4", "path"),
        ("SELECT status, path FROM web UNION SELECT status FROM web", "UNION: both sides", "UNION"),
        ("SELECT count(*) FROM access.log", "files stand behind the query", "access.log"),
        ("SELECT count(*) FROM '/var/log/x.log'", "files stand behind the query", "'/var"),
        ("SELECT count(*) n FROM web ORDER BY m", "there is no column 'm'; there are n, bytes", "m"),
        ("DELETE FROM web", "DELETE: logs are only read; write one SELECT", "DELETE"),
        ("EXPLAIN SELECT count(*) FROM web", "write logproc sql --explain", "EXPLAIN"),
        ("SELECT * FROM (PIVOT web ON status USING count(*))", "name the values, as in ON status IN", "PIVOT"),
        ("SELECT 1; SELECT 2", "one SELECT is asked here, and there are 2 statements", "SELECT 2"),
        ("SELECT 'größe', median(byts) FROM web", "did you mean 'bytes' or 'bytes_in'?", "byts"),
        ("SELECT status count(*) FROM web", "is a comma missing before count?", "("),
        ("SELECT count(*) FROM web WHERE time > now() - '1 day'", "as in now() - INTERVAL '1 day'", "- '1 day'"),
        ("SELECT group_concat(path SEPARATOR ',') FROM web", "write string_agg(x, ', ')", "SEPARATOR"),
        ("SELECT count(*) FROM web WHERE status IN 200, 404", "as in IN (200, 404)", ", 404"),
        ("SELECT count(*) FROM web WHERE status BETWEEN 200", "write BETWEEN low AND high", "200"),
        ("SELECT count(*) FROM web LIMIT -1", "LIMIT takes a whole number, not -1", "1"),
        ("SELECT rank() OVER (ORDER BY bytes) r FROM web WHERE r < 5", "write QUALIFY condition", "rank"),
        ("SELECT rank() OVER (PARTITION status) FROM web", "did you mean PARTITION BY?", "status"),
        ("SELECT x.* FROM web", "there is no column 'x.*': FROM has no 'x', only web", "x.*"),
        ("SELECT x.status, median(bytes) FROM web w GROUP BY 1", "FROM has no 'x', only w and web", "x.status"),
        ("SHOW FIELDS FROM web", "write DESCRIBE web", "FROM"),
        ("status = 500", "write SELECT ... FROM web WHERE in front", "status"),
        ("SELECT count(*) WHERE status = 200", "there is no FROM; it names one of app, json", "status"),
        ("SELECT median(bytes FILTER (WHERE status = 1)) FROM web", "as in sum(x) FILTER (WHERE y)", "FILTER"),
        ("SELECT CASE status > 1 THEN 2 END FROM web", "write CASE WHEN condition", "THEN"),
        ("SELECT count(*) FROM web WHERE path = ?", "is a parameter, and nothing gives its value", "?"),
        ("SELECT broswer(user_agent) FROM web", "did you mean browser?", "broswer"),
        ("SELECT count(*) FROM web ORDER BY count", "write count(*), or give it that name: count(*) AS count", "count"),
        (
            'SELECT count(*) FROM web WHERE method = "GET"',
            "A text stands between single quotation marks: 'GET'",
            '"GET"',
        ),
        ("SELECT CAST(path AS INET) FROM web", "extension 'inet' is not installed", "INET"),
        ("SELECT count(DISTINCT *) FROM web", "write count(DISTINCT client), or", "count(DISTINCT *)"),
        ("SELECT a.client FROM web a JOIN web AS a ON true", "FROM: two tables are called 'a'", "a ON"),
        ("SELECT client FROM web a, web b", "more than one table has a column 'client'; write 'a.client'", "client"),
        ("SELECT path FROM (SELECT client FROM web)", "the SELECT in brackets does not hand it on; add path", "path"),
        (
            "WITH a AS (SELECT client FROM web) SELECT path FROM a",
            "here: a does not hand it on; add path",
            "path FROM a",
        ),
        ("SELECT t.path FROM (SELECT client FROM web) t", "'path' in t: t does not hand it on", "t.path"),
        ("SELECT median(1) FROM web x, app y WHERE y.path > ''", "WHERE: there is no column 'path' in y; x ", "y.path"),
        ("SELECT web.status FROM web w", "write w in front of the column", "web.status"),
        (
            "SELECT count(*) FROM web WHERE time > now() - INTERVAL 1 FORTNIGHT",
            "must be written out",
            "INTERVAL 1 FORTN",
        ),
        ("SELECT bytes, 5 % 0 FROM web LIMIT 1", "division by zero in (5 % 0); write nullif", "5 % 0"),
        ("SELECT FROM web", "SELECT: nothing is asked for", "SELECT FROM"),
        ("SELECT status FROM web ORDER BY 3", "ORDER BY 3: columns are counted from 1 to 1", "3"),
        ("SELECT path, count(*) OVER () FROM web GROUP BY status", "'path' is neither in GROUP BY", "path"),
        ("SELECT CAST(path AS INT) FROM web", "write TRY_CAST, which gives NULL", "CAST"),
        ("SELECT x.y[0].z FROM json", "write json_extract_string(x.y, '$[0].z')", "x.y[0].z"),
        (
            "SELECT hour(time AT TIME ZONE 'Europe/Berln') FROM web",
            "mean 'Europe/Berlin'?",
            "'Europe/Berln'",
        ),
        ("SELECT median(a.b // 1), cont(*) FROM json", "there is no function 'cont'; did you mean", "cont"),
        (
            "SELECT avg(path) OVER () FROM web",
            "SELECT: avg needs a number, and its argument is text; write TRY",
            "avg",
        ),
        ("SELECT sum(time) OVER () FROM web", "needs a number, and its argument is a time; write epoch(time)", "sum"),
        (
            "SELECT year(a.path) FROM web a, web b",
            "needs a time, and its argument is text; write TRY_CAST(a",
            "year",
        ),
        ("SELECT list(path) + 3 FROM web", "+ does not go with a list and a number; an element", "+ 3"),
        ("SELECT a.time + 3.5 FROM web a, web b", "write an interval, as in time + INTERVAL '1 hour'", "+ 3.5"),
        ("SELECT a.path LIKE 3 FROM web a, web b", "LIKE does not go with text and a number; write CAST(x AS", "LIKE"),
        ("SELECT date_trunc(a.time, 'hour') FROM web a, web b", "in another order; there is date_trunc(part", "date_t"),
        ("SELECT date_add(a.time, 'day', 3) FROM web a, web b", "write time + INTERVAL '1 day'", "date_add"),
        ("SELECT arg_max(a.status) FROM web a, web b", "not 1; there is arg_max(arg", "arg_max"),
        (
            "SELECT a.status AT TIME ZONE 'UTC' FROM web a, web b",
            "needs a time, and argument 2 is a num",
            "a.status",
        ),
        (
            "SELECT a.path FROM web a JOIN web b ON a.status = 'abc'",
            "JOIN: the text 'abc' does not read",
            "'abc'",
        ),
        ("SELECT 1 FROM (SELECT status FROM web) WHERE status IN ('5xx', 2)", "'5xx' does not read as int", "'5xx'"),
        ("SELECT a.path FROM web a, web b WHERE a.time > 'noon'", "'noon' does not read as time, such as", "'noon'"),
        ("SELECT CAST(path AS DATE), rank() OVER () FROM web", "does not read as date; write TRY_CAST", "CAST"),
        ("SELECT median(1), nope(extract(hour FROM time)) FROM web", "SELECT: there is no function 'nope'", "nope"),
        ("SELECT median(1) FROM web WHERE nope(path)", "WHERE: there is no function 'nope'", "nope"),
        ("SELECT rank() OVER (ORDER BY nope(path)) FROM web", "SELECT: there is no function 'nope'", "nope"),
        # What cannot be merged is no fault where something else is one.
        ("SELECT path[1:3], status ~ '5..' FROM web", "argument 1 is a number; write CAST(... AS TEXT)", "~ '5..'"),
        ("SELECT [status, bytes], client ~ 5 FROM web", "regexp_matches needs text, and argument 2", "~ 5"),
        ("SELECT INTERVAL '1 hour', status ~ '5' FROM web", "regexp_matches needs text, and argument 1", "~ '5'"),
        ("SELECT path FROM web LIMIT ten", "LIMIT takes a whole number, not ten", "ten"),
        ("SELECT path FROM web LIMIT 5 OFFSET two", "OFFSET takes a whole number, not two", "two"),
        ("SELECT p95(bytes) FROM web", "there is no function 'p95'; write approx_quantile(x, 0.95)", "p95"),
        ("SELECT top(path, 10) FROM web", "there is no function 'top'; write approx_top_k(x, 10)", "top"),
        ("SELECT 1 FROM web WHERE path == 'a' && status == 200", "write AND between them", "&&"),
        ("SELECT if(status > 499) FROM web", "if does not take such arguments; write if(condition, a, b)", "if"),
        ("SELECT CASE WHEN status > 499 THEN 'bad' FROM web", "ends with END", "FROM"),
        ("SELECT status FROM web WHERE path LIKE %admin%", "single quotation marks, as in LIKE '%admin%'", "%"),
        ("SELECT count(*) FILTER status = 200 FROM web", "write FILTER (WHERE condition)", "status"),
        ("SELECT count(*) FROM web WHERE", "a condition stands behind WHERE", "WHERE"),
        ("SELECT CAST(path AS INTEGERR) FROM web", "there is no type INTEGERR; did you mean INTEGER?", "INTEGERR"),
    ],
)
def test_refusals_point_at_what_is_wrong(sql, message, below):
    with pytest.raises(QueryError) as refused, Answer(CONFIG, sql):
        pass
    assert message in refused.value.message
    first, second = str(refused.value).split("\n")[-2:]
    assert first[second.index("^") :].startswith(below)


def test_a_group_by_with_nothing_behind_it_is_refused():
    message = "GROUP BY: no key stands behind it; write columns, or ALL"
    with pytest.raises(QueryError, match=message), Answer(CONFIG, "SELECT count(*) FROM web GROUP BY"):
        pass


@pytest.mark.parametrize(
    ("sql", "said"),
    [
        (
            "SELECT time AT TIME ZONE 'Europe/Berlin' AS t FROM web",
            "time AT TIME ZONE 'UTC' AT TIME ZONE 'Europe/Berlin'",
        ),
        ("SELECT median(hour(timezone('Asia/Tokyo', w.time))) FROM web w", "reads it as the clock of Asia/Tokyo"),
        ("SELECT time AT TIME ZONE 'UTC' AT TIME ZONE 'Europe/Berlin' AS t FROM web", None),
        ("SELECT time AT TIME ZONE 'Etc/UTC' AS t FROM web", None),
        ("SELECT tags[1] FROM json LIMIT 1", "json_extract_string(tags, '$[0]')"),
        ("SELECT list(tags)[1] FROM json", None),
        ("SELECT from_json(tags, '[\"VARCHAR\"]')[1] FROM json", None),
        ("SELECT w.path[1] FROM web w JOIN json j ON true", None),
        ("SELECT w.upstream_addr[1], w.upstream_addr, j.upstream_addr FROM web w, json j LIMIT 1", None),
        (
            "SELECT w.upstream_addr, j.upstream_addr[1] FROM web w, json j LIMIT 1",
            "json_extract_string(upstream_addr, '$[0]')",
        ),
        ("SELECT t.tags[1] FROM (SELECT tags FROM json) t, web LIMIT 1", "json_extract_string(tags, '$[0]')"),
        ("SELECT tags[1] FROM (SELECT from_json(tags, '[\"VARCHAR\"]') AS tags FROM json)", None),
        (
            "WITH t AS (SELECT time AT TIME ZONE 'UTC' AS time FROM web) SELECT time AT TIME ZONE 'Asia/Tokyo' FROM t",
            None,
        ),
        (
            "WITH t AS (SELECT time AS at FROM web) SELECT t.at AT TIME ZONE 'Asia/Tokyo' AS t FROM t",
            "reads it as the clock of Asia/Tokyo",
        ),
        (
            "WITH RECURSIVE t AS (SELECT time FROM web UNION FROM t) SELECT u.time AT TIME ZONE 'Asia/Tokyo' FROM t u",
            "reads it as the clock of Asia/Tokyo",
        ),
    ],
)
def test_what_is_seldom_meant_is_said_beside_the_answer(sql, said, tmp_path):
    (tmp_path / "a.jsonl").write_text('{"tags": ["x", "y"], "upstream_addr": ["a"]}\n')
    notes = []
    with Answer(Config(paths=(str(tmp_path), str(DATA / "web3"))), sql, say=notes.append) as answer:
        assert answer.table is None
    assert [said in note for note in notes] == ([True] if said else [])


@pytest.mark.parametrize("engine", ["count(*)", "median(bytes)"])
@pytest.mark.parametrize(
    ("part", "said"),
    [
        ("subnet(client, 64)", "subnet(..., 64) is NULL for IPv4 addresses"),
        ("subnet(client, 16)", None),
        ("substr(path, 0, 3)", "substr: characters are counted from 1"),
        ("substr(path, 1, 3)", None),
        ("path LIKE '/admin*'", "as in LIKE '/admin%'"),
        ("path LIKE '/admin*%'", None),
        ("path = NULL", "write IS NULL"),
        ("path <> NULL", "write IS NOT NULL"),
        ("coalesce(path, NULL) = ''", None),
    ],
)
def test_what_is_written_and_seldom_meant_is_said_in_both_engines(part, engine, said):
    notes = []
    sql = f"SELECT {part} AS k, {engine} FROM web GROUP BY ALL"
    with Answer(Config(paths=(str(DATA / "web3"),)), sql, say=notes.append) as answer:
        assert (answer.table is None) == (engine != "count(*)")
    assert [said in note for note in notes] == ([True] if said else [])


@pytest.mark.parametrize("engine", ["count(*)", "median(bytes)"])
@pytest.mark.parametrize(
    ("part", "message"),
    [
        ("subnet(client, 129)", "subnet: no address has 129 bits; IPv4 has 32, IPv6 has 128"),
        ("strftime(time, 'YYYY-MM-DD HH24:MI')", "'YYYY-MM-DD HH24:MI' has no directive; write '%Y-%m-%d %H:%M'"),
        ("strftime(time, '')", "'' has no directive; write one such as '%Y-%m-%d'"),
        ("try_strptime(path, 'dd/MMM/yyyy')", "has no directive; write '%d/%b/%Y'"),
        ("split_part(path, '/', 0)", "there is no part 0"),
        ("subnet(client, 'abc')", "abc"),
    ],
)
def test_literals_without_sense_are_refused_by_both_engines(part, engine, message):
    sql = f"SELECT {part} AS k, {engine} FROM web GROUP BY ALL"
    with pytest.raises(QueryError) as refused, Answer(CONFIG, sql):
        pass
    assert message in refused.value.message
    assert sql[refused.value.position : refused.value.end] == part


def test_a_quantile_that_was_written_as_a_percentage_is_shown_what_to_write():
    with pytest.raises(QueryError, match=r"not 95; write quantile_cont\(bytes, 0.95\)") as refused:
        by_duck("SELECT quantile_cont(bytes, 95) FROM web")
    assert (refused.value.position, refused.value.end) == (7, 31)


@pytest.mark.parametrize(
    "sql", ["SELECT median(bytes) AS m FROM web WHERE path = NULL", "SELECT 1", "SELECT * FROM range(3)"]
)
def test_an_answer_that_needs_no_row_does_not_say_that_there_are_no_files(sql, capfd):
    assert execute(["sql", sql, str(DATA / "web3")]) == 0
    assert "no file was found" not in capfd.readouterr().err


def test_refusals_name_configured_sources():
    config = Config(paths=(str(DATA),), sources=(Source("hosts", ("hosts/**",), "syslog"), Source("api", ("api/**",))))
    for sql in ("SELECT msgid FROM web GROUP BY 1", "SELECT median(status), msgid FROM web"):
        with (
            pytest.raises(QueryError, match=r"'msgid' here; syslog, (json, )?hosts and api have it"),
            Answer(config, sql),
        ):
            pass


def test_a_name_that_no_line_has_is_said_or_refused(tmp_path):
    (tmp_path / "a.jsonl").write_text('{"http": {"route": "/"}}\n')
    (tmp_path / "access.log").write_text('1.2.3.4 - - [01/Jan/2026:00:00:00 +0000] "GET / HTTP/1.1" 200 5 "-" "-"\n')
    config = Config(paths=(str(tmp_path),), sources=(Source("shop", ("access.log",)),))
    for sql in ("SELECT htp.route, count(*) FROM json GROUP BY 1", "SELECT median(htp.route) FROM json"):
        said = []
        with Answer(config, sql, say=said.append):
            pass
        assert said == ["no line that was looked at has the field 'htp.route'; did you mean 'http.route'?"]
    for sql in ("SELECT statu FROM shop GROUP BY 1", "SELECT median(statu) FROM shop"):
        with pytest.raises(QueryError, match="no field 'statu' in these files; did you mean 'status'") as refused:
            Answer(config, sql).__enter__()
        assert str(refused.value).endswith("^~~~~")


@pytest.mark.parametrize(
    ("sql", "said"),
    [
        ("SELECT sum(v) FROM logs", "not exact: a number is missing: up to 1 value too large to be computed with\n"),
        ("SELECT approx_count_distinct(v) FROM logs", "not exact: ≈ within 2.44 %\n"),
        ("SELECT max(v), count(*) FROM logs", ""),
    ],
)
def test_an_answer_that_is_not_exact_says_so_on_stderr(sql, said, tmp_path, capfd):
    (tmp_path / "a.jsonl").write_text('{"v": 1e19}\n{"v": 1}\n')
    for to, quiet, expected in (("csv", [], said), ("table", [], said), ("csv", ["-q"], ""), ("json", [], "")):
        assert execute(["sql", sql, str(tmp_path), "--to", to, *quiet]) == 0
        assert capfd.readouterr().err == expected


@pytest.mark.parametrize("sql", ["SELECT path FROM web LIMIT 1", "SELECT path, row_number() OVER () FROM web LIMIT 1"])
def test_logs_that_a_limit_leaves_unread_are_no_failure(sql, tmp_path, monkeypatch, capfd):
    (line,) = (DATA / "web3" / "access.log").read_text().splitlines(keepends=True)[:1]
    for name in ("a.log", "b.log"):
        (tmp_path / name).write_text(line)
    monkeypatch.setattr(scan, "PACK_FILES", 1)
    begun = []
    take = scan.Scan._next

    def first_alone(self):
        """Return a thread's first task; nobody begins another one before the query has enough."""
        begun.append(None)
        if len(begun) == 1:
            return take(self)
        with self._channel._changed:
            self._channel._changed.wait_for(lambda: self._channel._closed)
        return None

    monkeypatch.setattr(scan.Scan, "_next", first_alone)
    assert execute(["sql", sql, str(tmp_path), "--to", "csv"]) == 0
    printed = capfd.readouterr()
    assert len(printed.out.splitlines()) == 2
    assert printed.err == ""


@pytest.mark.parametrize(
    "interval",
    ["INTERVAL '14 months' - INTERVAL '3 hours'", "INTERVAL '1 day'", "INTERVAL '-1 second'", "INTERVAL '0.5 seconds'"],
)
def test_intervals_are_written_as_duckdb_writes_them(interval, tmp_path, capfd):
    ((text,),) = duckdb.sql(f"SELECT CAST({interval} AS VARCHAR)").fetchall()
    sql = f"SELECT {interval} AS span, row_number() OVER () FROM web LIMIT 1"
    for to in ("table", "json", "csv"):
        assert execute(["sql", sql, str(DATA / "web3"), "--to", to]) == 0
        assert text in capfd.readouterr().out
    assert execute(["sql", sql, str(DATA / "web3"), "--to", "parquet", "-o", str(tmp_path / "x.parquet")]) == 0
    assert duckdb.sql(f"SELECT span FROM '{tmp_path}/x.parquet'").fetchall() == [(text,)]


def test_sums_are_numbers_in_csv_whichever_engine_adds_them(capfd):
    for over in ("", ", rank() OVER () AS r"):
        assert execute(["sql", f"SELECT -sum(bytes) AS s{over} FROM web", str(DATA / "web1"), "--to", "csv"]) == 0
        assert re.fullmatch(r"s(,r)?\r\n-\d+(,1)?\r\n", capfd.readouterr().out)


@pytest.mark.parametrize(
    "sql", ["DROP TABLE web", "SELECT 1; SELECT 2", "COPY web TO 'x'", "CREATE TABLE x AS FROM web"]
)
def test_logs_are_only_read(sql):
    with pytest.raises(QueryError, match="one SELECT"), Answer(CONFIG, sql):
        pass


def test_only_what_is_asked_for_is_read():
    relations = relations_of(Config())
    asked = asked_of("SELECT w.path FROM web AS w WHERE status >= 500 AND is_bot(user_agent) AND rand() < 1", relations)
    chosen = asked.selections["web"]
    assert {column.name for column in chosen.columns} == {"path", "status", "user_agent"}
    assert chosen.where is not None
    assert asked.streams
    assert asked_of("SELECT count(*) FROM web", relations).selections["web"].names() == {"time"}
    assert len(asked_of("SELECT w FROM web w", relations).selections["web"].columns) > 20
    assert "host" in asked_of("SELECT 1 FROM web JOIN syslog USING (host)", relations).selections["web"].names()
    twice = asked_of("SELECT 1 FROM web WHERE status = 1 UNION ALL SELECT 2 FROM web WHERE status = 2", relations)
    assert not twice.streams
    assert twice.selections["web"].where is None


def test_a_rollup_with_too_many_groups_goes_on_in_duckdb():
    from dataclasses import replace

    config = replace(CONFIG, limits=replace(CONFIG.limits, max_groups=5))
    said = []
    with Answer(config, "SELECT path, count(*) FROM web GROUP BY ALL", say=said.append) as answer:
        assert answer.table is None
        assert sum(batch.num_rows for batch in answer.batches()) > 5
    assert "more than 5 groups" in said[0]


def test_the_engine_is_a_choice_with_a_reason():
    assert choose(CONFIG, "SELECT count(*) FROM web").spec is not None
    assert "window function" in choose(CONFIG, "SELECT row_number() OVER () FROM web").reason


def test_a_division_while_running_is_an_error_of_the_query():
    with pytest.raises(QueryError), Duck(CONFIG, "SELECT path::INT FROM web") as duck:
        list(duck.batches(duck.reader()))


@pytest.mark.parametrize("to", ["table", "json", "csv", "parquet"])
@pytest.mark.parametrize(
    "sql",
    [
        "SELECT status, count(*) AS n, max(time) AS t FROM web GROUP BY ALL ORDER BY n DESC",
        "SELECT status, median(bytes) AS n, max(time) AS t FROM web GROUP BY ALL ORDER BY 1",
    ],
)
def test_every_form_from_either_engine(tmp_path, to, sql, capfdbinary):
    out = tmp_path / f"x.{to}"
    assert execute(["sql", sql, str(DATA / "web1"), "--to", to, "-o", str(out)]) == 0
    assert capfdbinary.readouterr().out == b""
    reader = {"json": "read_json", "csv": "read_csv", "parquet": "read_parquet"}.get(to)
    if to == "json":
        report = json.loads(out.read_text())
        assert set(report) - {"exemplars"} == {"name", "title", "sql", "columns", "rows", "exact", "error", "truncated"}
        assert report["rows"][0][2].endswith("Z")
    elif reader is None:
        assert "status" in out.read_text()
    else:
        ((count,),) = duckdb.sql(f"SELECT count(*) FROM {reader}('{out}')").fetchall()
        assert count == len(by_duck(sql, Config(paths=(str(DATA / "web1"),))))


def test_formulas_and_controls_are_text_in_csv(tmp_path, capfd):
    (tmp_path / "a.jsonl").write_text(
        json.dumps({"message": "=1+1", "level": "x"}) + "\n" + json.dumps({"message": "\u202ea\nb"}) + "\n"
    )
    sql = "SELECT message, level FROM json ORDER BY random() < 2, message"
    assert execute(["sql", sql, str(tmp_path), "--to", "csv"]) == 0
    assert capfd.readouterr().out.split("\n")[:3] == ["message,level\r", '"\'=1+1","X"\r', '"\\u202ea\\x0ab",\r']


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        ("sql", 2, "ask something"),
        ("sql nowhere.sql data", 2, "nowhere.sql: No such file"),
        ("sql 'SELECT count(*) FROM web'", 2, "nothing to read"),
        ("sql 'SELECT statsu FROM web' data", 2, "did you mean 'status'"),
        ("sql 'SELECT count(*) FROM web' nothing-there.log", 3, "nothing-there.log"),
    ],
)
def test_exit_codes(arguments, code, message, capfd, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "data").mkdir()
    assert execute(shlex.split(arguments)) == code
    assert message in capfd.readouterr().err


def test_a_query_in_a_file(tmp_path, capfd):
    (tmp_path / "n.sql").write_text("-- title: Lines\nSELECT count(*) AS n FROM logs")
    for arguments in (
        ["sql", str(tmp_path / "n.sql"), str(DATA / "web3")],
        ["sql", "-f", str(tmp_path / "n.sql"), str(DATA / "web3")],
    ):
        assert execute([*arguments, "--to", "json"]) == 0
        report = json.loads(capfd.readouterr().out)
        assert (report["name"], report["title"]) == ("n", "Lines")
        assert report["rows"][0][0] > 0


def test_an_interrupted_query_ends_before_its_connection_is_closed():
    begun, main = threading.Event(), threading.main_thread().ident

    def work(connection):
        begun.set()
        return connection.execute("SELECT count(*) FROM range(10000000000) a, range(9) b WHERE a.range = b.range + 1")

    def interrupt():
        begun.wait()
        until(lambda: any("wait" in frame.name for frame in traceback.extract_stack(sys._current_frames()[main])))
        signal.pthread_kill(main, signal.SIGINT)

    threading.Thread(target=interrupt).start()
    with pytest.raises(KeyboardInterrupt), Duck(CONFIG, "SELECT median(bytes) FROM web") as duck:
        duck._in_thread(lambda: work(duck._connection))
    until(lambda: "duckdb" not in {thread.name for thread in threading.enumerate()})


class InNotebook:
    """A connection of DuckDB's in a notebook without ipywidgets: whether it shows a bar cannot be set."""

    def __init__(self, connection):
        self._connection = connection

    def __getattr__(self, name):
        return getattr(self._connection, name)

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        self._connection.close()

    def execute(self, sql, *parameters):
        if "progress_bar" in sql:
            raise duckdb.InvalidInputException("Could not change the progress bar setting")
        return self._connection.execute(sql, *parameters)


def test_a_notebook_without_widgets_asks_duckdb_too(monkeypatch):
    connect = duckdb.connect
    monkeypatch.setattr(duckdb, "connect", lambda **options: InNotebook(connect(**options)))
    with Answer(CONFIG, "SELECT median(status) AS half FROM web") as answer:
        assert [batch.num_rows for batch in answer.batches()] == [1]
