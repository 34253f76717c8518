"""`parse` over rows that JSON writers get wrong."""

import io
import json
from pathlib import Path

import pytest

import logproc
from logproc.adhoc.documents import flatten, loads
from logproc.adhoc.rows import RowShape, parse
from logproc.cli import execute
from logproc.config import Config, Source

DATA = Path(__file__).parents[2] / "data"
FOLDERS = ("web1", "cloud", "balancer", "hosts", "cluster", "containers")


def parsed(path, **options):
    out = io.BytesIO()
    parse(Config(paths=(str(path),), **options), out)
    return [json.loads(line) for line in out.getvalue().splitlines()]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (b'{"message":"caf\xe9"}', {"message": "caf\\xe9"}),
        (b'{"message":"caf\xc3\xa9"}', {"message": "café"}),
        (b'{"message":"\\ud800"}', {"message": "\\ud800"}),
        (b'{"n":' + b"9" * 5000 + b"}", {"n": None}),
        (b'{"n":1e999,"m":[1e999]}', {"n": None, "m": [None]}),
        (b'{"duration":"nan"}', {"duration": None, "duration_text": "nan"}),
        (b'{"status":"200","bytes":"12"}', {"status": 200, "bytes": 12}),
        (b'{"a":{"b":{"c":1},"d":[1,{"e":2}]}}', {"a.b.c": 1, "a.d": [1, {"e": 2}]}),
        (b'\0\0{"msg":"x","ts":"2024-01-01T00:00:00Z"}', {"message": "x", "time": "2024-01-01T00:00:00Z"}),
    ],
)
def test_every_sound_json_line_becomes_a_sound_row(tmp_path, line, expected):
    log = tmp_path / "a.jsonl"
    log.write_bytes(line + b"\n")
    assert parsed(log) == [{"time": None, **expected}]


@pytest.mark.parametrize(
    "options", [{}, {"origin": True}, {"select": ("status", "time", "severity", "host", "status")}]
)
def test_rows_are_the_same_without_a_dictionary_for_each(tmp_path, options, monkeypatch):
    odd = (
        b'::1 - "a b" [25/Oct/2016:14:49:33 +0000] "\\x16\\x03 \xc3\xa9\xff \x1b[0m" 400 - "-" "' + b"x" * 300 + b'"\n'
    )
    (tmp_path / "odd.log").write_bytes(odd * 3 + b"\n" + odd.replace(b"400 -", b"200 17"))
    source = Source("lb", ("**/haproxy.log",), host="^(?P<host>bal)")
    config = Config(paths=(str(tmp_path), *(str(DATA / name) for name in FOLDERS)), sources=(source,))
    found = []
    for plain in (True, False):
        out = io.BytesIO()
        if not plain:
            made = RowShape.__init__

            def looked_at(self, *arguments, _made=made, **named):
                _made(self, *arguments, **named)
                self.plain = False

            monkeypatch.setattr(RowShape, "__init__", looked_at)
        parse(config, out, **options)
        found.append(out.getvalue())
    assert found[0].count(b"\n") > 1000
    assert found[0] == found[1]


def test_nested_keys_join_with_a_dot():
    assert flatten(loads(b'{"a":{"b":{}},"c":{"d":"-"}}')) == {"a.b": {}, "c.d": None}


def test_levels_have_one_name_in_rows_and_in_reports(tmp_path):
    written = ["warning", "Error", 30, "err", "INFO", "crit", "custom", "notice"]
    log = tmp_path / "a.jsonl"
    log.write_text("".join(json.dumps({"lvl": level, "n": 1}) + "\n" for level in written))
    levels = [row["level"] for row in parsed(log)]
    assert levels == ["WARN", "ERROR", "INFO", "ERROR", "INFO", "FATAL", "CUSTOM", "INFO"]
    query = tmp_path / "q.sql"
    query.write_text("SELECT level, count(*) AS n FROM json GROUP BY level ORDER BY level")
    counted = dict(logproc.run(log, reports=[str(query)]).reports[0].rows)
    assert counted == {level: levels.count(level) for level in levels}


def test_known_names_have_their_kind_in_json(tmp_path):
    log = tmp_path / "a.jsonl"
    log.write_text('{"status":"200","size":12}\n{"status":404,"size":"30"}\n')
    query = tmp_path / "q.sql"
    query.write_text("SELECT status, sum(bytes) AS bytes FROM json GROUP BY status ORDER BY status")
    assert logproc.run(log, reports=[str(query)]).reports[0].rows == ((200, 12), (404, 30))


def test_rows_hold_nothing_that_a_terminal_would_act_on(tmp_path):
    hidden = "\x7f\x9b31m\u202e\u2066\u200b\U000e0041\ufeff"
    shown = "é中 😀"
    path = tmp_path / "x.jsonl"
    path.write_text(json.dumps({"message": f"a{hidden}{shown}", f"k{hidden}": 1}, ensure_ascii=False) + "\n")
    out = io.BytesIO()
    parse(Config(paths=(str(path),)), out)
    text = out.getvalue().decode()
    assert text.removesuffix("\n").isprintable()
    assert shown in text
    assert json.loads(text)["message"] == f"a{hidden}{shown}"


WHERES = [
    "status >= 500 OR bytes IS NULL",
    "path LIKE '/a%' AND NOT is_bot(user_agent)",
    "time >= '2026-01-01T00:00:03Z' AND client <> '10.0.0.2'",
    "host = 'web1'",
]


@pytest.mark.parametrize("where", WHERES)
def test_where_keeps_what_a_report_counts(tmp_path, where, capfdbinary):
    lines = [
        f'10.0.0.{n % 3} - - [01/Jan/2026:00:00:0{n % 10} +0000] "GET /{"ab"[n % 2]}{n} HTTP/1.1" '
        f'{[200, 404, 500][n % 3]} {"-" if n % 4 == 0 else n} "-" "{["curl/8", "Googlebot/2.1"][n % 2]}"\n'
        for n in range(40)
    ]
    (tmp_path / "a.log").write_text("".join(lines))
    assert execute(["parse", str(tmp_path / "a.log"), "--where", where]) == 0
    kept = capfdbinary.readouterr().out.count(b"\n")
    sql = f"SELECT count(*) AS n FROM web WHERE {where}"
    assert execute(["sql", sql, str(tmp_path / "a.log"), "--to", "csv"]) == 0
    assert capfdbinary.readouterr().out == f"n\r\n{kept}\r\n".encode()


@pytest.mark.parametrize(
    ("where", "kept"),
    [
        ("status >= 500", ["a.log"]),
        ("level = 'ERROR' OR facility = 'auth'", ["b.jsonl", "messages"]),
        ("status IS NULL", ["b.jsonl", "b.jsonl", "messages"]),
        ("severity IN ('crit', 'WARN')", ["b.jsonl", "messages"]),
        ("n = 7", ["b.jsonl"]),
        ("raw LIKE '%x%'", ["a.log", "b.jsonl"]),
    ],
)
def test_where_is_asked_of_rows_of_all_families(tmp_path, where, kept, capfdbinary):
    (tmp_path / "a.log").write_text('10.0.0.1 - - [01/Jan/2026:00:00:00 +0000] "GET /x HTTP/1.1" 500 1 "-" "-"\n')
    (tmp_path / "b.jsonl").write_text('{"lvl":"error","n":7,"msg":"x"}\n{"severity":"warning"}\n')
    (tmp_path / "messages").write_text("<34>Oct 11 22:14:15 web1 su: failed\n")
    assert execute(["parse", str(tmp_path), "--where", where, "--origin", "-q"]) == 0
    rows = [json.loads(line) for line in capfdbinary.readouterr().out.splitlines()]
    assert [Path(row["_file"]).name for row in rows] == kept


@pytest.mark.parametrize(
    ("where", "said"),
    [
        ("statsu = 1", b"no field 'statsu' in these files; did you mean 'status'?"),
        ("_line < 3", b"_line is where it stands; --origin shows it"),
        ("status = 1 LIMIT 3", b"--where takes one condition"),
        ("status >", b"syntax error"),
    ],
)
@pytest.mark.parametrize("to", ["jsonl", "csv"])
def test_a_condition_that_is_none_is_refused_before_anything_is_written(tmp_path, where, said, to, capfdbinary):
    if to != "jsonl":
        pytest.importorskip("pyarrow")
    (tmp_path / "a.log").write_text('10.0.0.1 - - [01/Jan/2026:00:00:00 +0000] "GET /x HTTP/1.1" 500 1 "-" "-"\n')
    assert execute(["parse", str(tmp_path), "--where", where, "--to", to]) == 2
    written = capfdbinary.readouterr()
    assert (written.out, said in written.err) == (b"", True)


def test_where_over_lines_that_name_their_fields(tmp_path, capfdbinary):
    rows = [{"n": n, "http": {"route": f"/{n % 3}"}, "lvl": "warning" if n % 2 else None} for n in range(30)]
    (tmp_path / "a.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    for where, count in (
        ("n > 9 AND http.route = '/1'", 7),
        ("level = 'WARN'", 15),
        ("n > '28'", 1),
        ("absent = 1", 0),
    ):
        assert execute(["parse", str(tmp_path), "--where", where, "--select", "n,level"]) == 0
        assert capfdbinary.readouterr().out.count(b"\n") == count
