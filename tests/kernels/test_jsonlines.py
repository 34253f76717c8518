from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from kernels.references import Number, Pairs, load_strictly, parse_line, pick

from logproc.kernels import jsonlines
from logproc.kernels.jsonlines import REASONS, build_paths, tokenize_json, unescape

CORPORA = Path(__file__).parents[2] / "../shared/corpora"
COLUMNS = [
    ("first", ["a", "x.a", "a.b"]),
    ("second", ["b", "a.b.c"]),
    ("third", ["", "a..b", "status_code_of_the_upstream_1", "x"]),
]


@dataclass(frozen=True)
class Row:
    offset: int
    line: int
    values: tuple[tuple[int, bytes], ...]  # kind and bytes of each column


@dataclass(frozen=True)
class Result:
    rows: list[Row]
    rejects: list[tuple[int, int, int]]
    lines: int
    blanks: int


def tokenize(data: bytes, columns=COLUMNS, max_rows=1000, max_rejects=1000) -> Result:
    """Run the kernel over data, with one memory again and again where an array is full, with garbage behind the end."""
    assert data.endswith(b"\n")
    buffer = np.frombuffer(data + b'"}]' * 50, np.uint8).copy()
    table = build_paths(columns)
    memory = jsonlines.scratch(table)
    rows, rejects = [], []
    position, lines, blanks = 0, 0, 0
    while position < len(data):
        starts, ends = np.full((2, len(columns), max_rows), 77, np.int32)
        kinds = np.full((len(columns), max_rows), 77, np.uint8)
        offsets, row_lines, reject_offsets, reject_lines = (
            np.zeros(n, np.int32) for n in (max_rows, max_rows, max_rejects, max_rejects)
        )
        reasons = np.zeros(max_rejects, np.uint8)
        counters = np.zeros(4, np.int64)
        before = position
        position = jsonlines.tokenize_by_paths(
            buffer.ctypes.data,
            position,
            len(data),
            *table,
            *memory,
            starts,
            ends,
            kinds,
            offsets,
            row_lines,
            reject_offsets,
            reject_lines,
            reasons,
            counters,
        )
        assert before < position <= len(data)
        n_rows, n_rejects, n_lines, n_blanks = counters.tolist()
        assert n_lines == n_rows + n_rejects + n_blanks == data.count(b"\n", before, position)
        for r in range(n_rows):
            values = []
            for c in range(len(columns)):
                assert (starts[c, r] == -1) == (kinds[c, r] == jsonlines.MISSING)
                values.append((int(kinds[c, r]), data[starts[c, r] : ends[c, r]] if kinds[c, r] else b""))
            rows.append(Row(int(offsets[r]), lines + int(row_lines[r]), tuple(values)))
        rejects += [(int(reject_offsets[k]), lines + int(reject_lines[k]), int(reasons[k])) for k in range(n_rejects)]
        lines += n_lines
        blanks += n_blanks
    return Result(rows, rejects, lines, blanks)


def value_of(kind: int, raw: bytes) -> object:
    """What a found slice means, bytes standing for themselves."""
    if kind == jsonlines.MISSING:
        return None
    text = raw.decode("latin-1")
    if kind in (jsonlines.PLAIN, jsonlines.ESCAPED):
        assert (b"\\" in raw) == (kind == jsonlines.ESCAPED)
        return load_strictly(f'"{text}"')
    value = load_strictly(text)
    expected = {jsonlines.NUMBER: Number, jsonlines.BOOLEAN: bool, jsonlines.NESTED: (Pairs, list)}[kind]
    assert isinstance(value, expected)
    return value


def check_against_reference(data: bytes) -> None:
    result = tokenize(data)
    rows = {row.line: row for row in result.rows}
    rejected = {line: offset for offset, line, _reason in result.rejects}
    offset = 0
    for number, line in enumerate(data.split(b"\n")[:-1]):
        expected = parse_line(line)
        found = "row" if number in rows else "reject" if number in rejected else "blank"
        assert found == ("row" if isinstance(expected, Pairs) else expected), line
        if isinstance(expected, Pairs):
            assert rows[number].offset == offset
            if b"\\u00" not in line:  # a key with escapes matches nothing, but json does not tell which had any
                values = [value_of(*value) for value in rows[number].values]
                assert values == [pick(expected, paths) for _name, paths in COLUMNS], line
        elif expected == "reject":
            assert rejected[number] == offset
        offset += len(line) + 1
    assert result.lines == number + 1


keys = st.sampled_from(
    ["a", "b", "c", "x", "", "a.b", "b.c", "status_code_of_the_upstream_1", "status_code_of_the_upstream_2"]
)
scalars = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=8)
    | st.text('ab"\\/\n\x00\x7fé😀', max_size=90)
)
values = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=4), max_leaves=12
)
objects = st.dictionaries(keys, values, max_size=6)
blanks = st.text(" \t\r", max_size=3)


@st.composite
def json_lines(draw) -> bytes:
    """Valid lines; several from few shapes, as in a log, so that remembered keys meet other ones."""
    lines = draw(
        st.lists(objects, min_size=1, max_size=4).flatmap(
            lambda some: st.lists(st.sampled_from(some), min_size=1, max_size=8)
        )
    )
    out = []
    for value in lines:
        separators = (draw(blanks) + "," + draw(blanks), draw(blanks) + ":" + draw(blanks))
        text = json.dumps(value, separators=separators, ensure_ascii=draw(st.booleans()))
        out.append((draw(blanks) + text + draw(blanks)).encode("utf-8", "surrogatepass") + b"\n")
    return b"".join(out)


TOKENS = [
    *(b'{ } [ ] : , " \\ 1 0 - . 5e 3E+ true false null nul NaN -Infinity { } : , " " \n').split(b" "),
    *(b'"a" "b" "x" "a.b" "a": "x":{ {"a":1} "\\ud83d" "\\u12g4" "\\q" {"a":[ ]} ,"b":2').split(b" "),
    b" ",
    b"\t",
    b"\r",
    b"\x00",
    b"\xff",
    b"\xef\xbb\xbf",
    b"\x1f",
    b"\x7f",
    b"a" * 70,
]
soup = st.lists(st.sampled_from(TOKENS), max_size=25).map(b"".join)


@given(json_lines())
def test_valid_lines_give_what_the_json_module_gives(data):
    result = tokenize(data)
    assert result.rejects == []
    check_against_reference(data)


@given(json_lines(), st.data())
def test_damaged_lines_are_rejected_where_the_json_module_rejects_them(data, choice):
    for _ in range(choice.draw(st.integers(1, 3))):
        at = choice.draw(st.integers(0, len(data) - 1))
        cut = choice.draw(st.integers(0, 3))
        data = data[:at] + choice.draw(st.sampled_from([b"", *TOKENS])) + data[at + cut :]
    check_against_reference(data.rstrip(b"\n") + b"\n")


@given(soup)
def test_soup_of_tokens(data):
    check_against_reference(data + b"\n")


@given(soup)
def test_soup_within_an_object(data):
    check_against_reference(b'{"a":' + data + b"}\n" + b'{"a":1,' + data + b"}\n")


@given(st.binary(max_size=300))
def test_hostile_bytes(data):
    check_against_reference(data + b"\n")


@given(
    st.lists(json_lines() | soup.map(lambda text: text + b"\n"), min_size=1, max_size=4),
    st.integers(1, 4),
    st.integers(1, 4),
)
def test_full_arrays_stop_and_go_on_without_a_difference(parts, max_rows, max_rejects):
    data = b"".join(parts)
    assert tokenize(data, max_rows=max_rows, max_rejects=max_rejects) == tokenize(data)


def test_counters_go_on_where_a_call_stopped_and_rows_are_appended():
    data = b'{"a":1}\nx\n\n{"a":2}\n{"a":3}\n'
    buffer = np.frombuffer(data + bytes(128), np.uint8).copy()
    table = build_paths([("a", ["a"])])
    starts, ends = np.zeros((2, 1, 9), np.int32)
    kinds = np.zeros((1, 9), np.uint8)
    counters = np.zeros(4, np.int64)
    arrays = [np.zeros(9, np.int32), np.zeros(9, np.int32), np.zeros(9, np.int32), np.zeros(9, np.int32)]
    position = 0
    for end in (data.index(b"\n") + 1, len(data)):
        position = tokenize_json(
            buffer.ctypes.data, position, end, table, starts, ends, kinds, *arrays, np.zeros(9, np.uint8), counters
        )
    assert counters.tolist() == [3, 1, 5, 1]
    assert [data[s:e] for s, e in zip(starts[0, :3], ends[0, :3], strict=True)] == [b"1", b"2", b"3"]
    assert arrays[0][:3].tolist() == [0, 11, 19]
    assert arrays[1][:3].tolist() == [0, 3, 4]


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b"[1,2,3]", "not a JSON object"),
        (b'"text"', "not a JSON object"),
        (b"Jan 1 00:00:00 host program: text", "not a JSON object"),
        (b"\x00\x00 {x", "unexpected byte in JSON"),
        (b"{", "JSON cut short"),
        (b'{"a', "JSON cut short"),
        (b'{"a"', "JSON cut short"),
        (b'{"a":', "JSON cut short"),
        (b'{"a":"text', "JSON cut short"),
        (b'{"a":"text\\', "JSON cut short"),
        (b'{"a":[{"b":1}', "JSON cut short"),
        (b'{"a":1,', "JSON cut short"),
        (b'{"a":1,}', "unexpected byte in JSON"),
        (b'{"a":[1,]}', "unexpected byte in JSON"),
        (b'{"a":[1}}', "unexpected byte in JSON"),
        (b"{'a':1}", "unexpected byte in JSON"),
        (b'{"a" 1}', "unexpected byte in JSON"),
        (b'{"a":1 "b":2}', "unexpected byte in JSON"),
        (b'{"a":,"b":2}', "unexpected byte in JSON"),
        (b'{"a":"\\x41"}', "bad escape in JSON string"),
        (b'{"a":"\\u12G4"}', "bad escape in JSON string"),
        (b'{"\\u00":1}', "bad escape in JSON string"),
        (b'{"a":"tab\there"}', "control byte in JSON string"),
        (b'{"a":01}', "bad number in JSON"),
        (b'{"a":1.}', "bad number in JSON"),
        (b'{"a":.5}', "unexpected byte in JSON"),
        (b'{"a":-}', "bad number in JSON"),
        (b'{"a":-Infinity}', "bad number in JSON"),
        (b'{"a":1e}', "bad number in JSON"),
        (b'{"a":192.168.0.1}', "bad number in JSON"),
        (b'{"a":NaN}', "bad literal in JSON"),
        (b'{"a":nul}', "bad literal in JSON"),
        (b'{"a":trueish}', "bad literal in JSON"),
        (b'{"a":1}{"a":2}', "text behind the JSON object"),
        (b'{"a":1} trailing', "text behind the JSON object"),
        (b'{"a":1}\x00', "text behind the JSON object"),
        (b'{"a":' + b"[" * 64 + b"]" * 64 + b"}", "JSON nested too deep"),
    ],
)
def test_a_rejected_line_says_why_and_the_next_one_is_read(line, reason):
    result = tokenize(b'{"a":0}\n' + line + b'\n{"a":2}\n')
    assert [(offset, number, REASONS[code]) for offset, number, code in result.rejects] == [(8, 1, reason)]
    assert [row.values[0][1] for row in result.rows] == [b"0", b"2"]
    assert parse_line(line) == "reject"


def found(line: bytes, *paths: str) -> tuple[int, bytes]:
    (row,) = tokenize(line + b"\n", [("wanted", list(paths))]).rows
    return row.values[0]


def test_kinds_of_values():
    assert found(b'{"a":"text"}', "a") == (jsonlines.PLAIN, b"text")
    assert found(b'{"a":""}', "a") == (jsonlines.PLAIN, b"")
    assert found(b'{"a":"t\\"xt"}', "a") == (jsonlines.ESCAPED, b't\\"xt')
    assert found(b'{"a": -1.5e+3 }', "a") == (jsonlines.NUMBER, b"-1.5e+3")
    assert found(b'{"a":true}', "a") == (jsonlines.BOOLEAN, b"true")
    assert found(b'{"a":{"b":[ 1 ] } }', "a") == (jsonlines.NESTED, b'{"b":[ 1 ] }')
    assert found(b'{"a":[ ]}', "a") == (jsonlines.NESTED, b"[ ]")
    assert found(b'{"a":null}', "a") == (jsonlines.MISSING, b"")
    assert found(b"{}", "a") == (jsonlines.MISSING, b"")


def test_a_dot_in_a_path_is_a_level_or_part_of_a_key():
    assert found(b'{"log":{"file":{"path":1}}}', "log.file.path") == (3, b"1")
    assert found(b'{"log.file.path":1}', "log.file.path") == (3, b"1")
    assert found(b'{"log":{"file.path":1}}', "log.file.path") == (3, b"1")
    assert found(b'{"log.file":{"path":1}}', "log.file.path") == (3, b"1")
    assert found(b'{"x":{"log":{"file":{"path":1}}}}', "log.file.path") == (0, b"")
    assert found(b'{"log":[{"file":{"path":1}}]}', "log.file.path") == (0, b"")


def test_the_preferred_synonym_that_is_not_null_wins():
    assert found(b'{"msg":1,"message":2}', "message", "msg") == (3, b"2")
    assert found(b'{"message":null,"msg":1}', "message", "msg") == (3, b"1")
    assert found(b'{"msg":1,"message":2,"message":null}', "message", "msg") == (3, b"1")


def test_the_last_of_equal_keys_wins():
    assert found(b'{"a":1,"a":2}', "a") == (3, b"2")
    assert found(b'{"a":1,"a":null}', "a") == (0, b"")


def test_keys_of_equal_beginning_and_length_are_told_apart_from_the_line_before():
    lines = [f'{{"{"k" * 30}{n % 3}":{n},"p":{{"{"k" * 30}1":0}}}}\n' for n in range(9)]
    rows = tokenize("".join(lines).encode(), [("one", ["k" * 30 + "1"])]).rows
    assert [row.values[0][1] for row in rows] == [b"", b"1", b"", b"", b"4", b"", b"", b"7", b""]


def test_the_same_key_under_another_parent_is_another_path():
    data = b'{"a":{"b":1},"c":{"b":2}}\n{"c":{"b":3},"a":{"b":4}}\n{"d":{"b":5}}\n'
    assert [row.values[0][1] for row in tokenize(data, [("wanted", ["a.b"])]).rows] == [b"1", b"4", b""]


def test_more_keys_than_are_remembered():
    line = json.dumps({f"key{n}": n for n in range(1000)}) + "\n"
    rows = tokenize(line.encode() * 3, [("wanted", ["key999"]), ("other", ["key255", "key256"])]).rows
    assert [[value[1] for value in row.values] for row in rows] == [[b"999", b"255"]] * 3


def test_a_hundred_wanted_paths_share_the_buckets():
    columns = [(f"c{n}", [f"field{n}", f"deep.field{n}"]) for n in range(300)]
    line = json.dumps(
        {"deep": {f"field{n}": n for n in range(0, 300, 2)}} | {f"field{n}": -n for n in range(1, 300, 2)}
    )
    (row,) = tokenize(line.encode() + b"\n", columns).rows
    assert [int(raw) for _kind, raw in row.values] == [n if n % 2 == 0 else -n for n in range(300)]


def test_sixty_four_levels_are_accepted():
    line = b'{"a":' * 64 + b"1" + b"}" * 64 + b"\n"
    assert len(tokenize(line).rows) == 1
    assert tokenize(b'{"a":' + line[:-1] + b"}\n").rows == []


def test_nul_bytes_byte_order_marks_blanks_and_carriage_returns_around_an_object():
    data = b'\x00\x00\x00{"a":1}\r\n\xef\xbb\xbf{"a":2} \t\n  {"a":3}\n\r\n\x00\x00\n \t\n\n'
    result = tokenize(data)
    assert [row.values[0][1] for row in result.rows] == [b"1", b"2", b"3"]
    assert (result.rejects, result.blanks) == ([], 4)


def test_lines_without_wanted_columns_are_counted():
    result = tokenize(b'{"a":1}\n{"a":2\n', [])
    assert (len(result.rows), len(result.rejects)) == (1, 1)


def test_no_lines_are_no_rows():
    counters = np.zeros(4, np.int64)
    empty = np.zeros(9, np.int32)
    starts = np.zeros((1, 9), np.int32)
    buffer = np.zeros(128, np.uint8)
    kinds = np.zeros((1, 9), np.uint8)
    table = build_paths([("a", ["a"])])
    position = tokenize_json(
        buffer.ctypes.data, 0, 0, table, starts, starts, kinds, empty, empty, empty, empty, kinds[0], counters
    )
    assert position == 0
    assert counters.tolist() == [0, 0, 0, 0]


def test_a_path_wanted_twice_is_refused_by_name():
    with pytest.raises(ValueError, match=r"'a' is wanted by column 'one' and by 'two'"):
        build_paths([("one", ["a"]), ("two", ["b", "a"])])


def corpus_files() -> list[Path]:
    return sorted([*CORPORA.glob("nasty/json/*"), *CORPORA.rglob("*.json"), *CORPORA.rglob("*.jsonl")])


def test_real_files_give_what_the_json_module_gives():
    if not corpus_files():
        pytest.skip("the shared corpora are not here")
    for path in corpus_files():
        check_against_reference(path.read_bytes().rstrip(b"\n") + b"\n")


@given(st.text(st.characters(exclude_categories=[]), max_size=30), st.booleans())
def test_unescaping_is_what_json_does(text, ascii_only):
    raw = json.dumps(text, ensure_ascii=ascii_only)[1:-1].encode("utf-8", "surrogatepass")
    kind = jsonlines.ESCAPED if b"\\" in raw else jsonlines.PLAIN
    result = unescape(raw, kind)
    result.encode()
    if not any("\ud800" <= char <= "\udfff" for char in text):
        assert result == text


@given(st.binary(max_size=30))
def test_any_bytes_become_text_that_can_be_encoded(raw):
    for kind in range(6):
        unescape(raw, kind).encode()


def test_what_is_no_text_is_kept_visible():
    assert unescape(rb"lone \ud800 and \uDC01\ud83d\ude00", jsonlines.ESCAPED) == "lone \\ud800 and \\udc01😀"
    assert unescape(b"\xff\\n\xe2\x82", jsonlines.ESCAPED) == "\\xff\n\\xe2\\x82"
    assert unescape(b"caf\xe9", jsonlines.PLAIN) == "caf\\xe9"
    assert unescape(rb"\"\\\/\b\f\n\r\t\u0041", jsonlines.ESCAPED) == '"\\/\b\f\n\r\tA'
