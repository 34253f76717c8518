"""Lines that are read side by side, against what the JSON module says of each of them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from kernels.test_jsonlines import COLUMNS, TOKENS, check_against_reference, keys, tokenize

from logproc.kernels import alike, jsonlines

if TYPE_CHECKING:
    from numpy.typing import NDArray

texts = st.text(max_size=6) | st.text('ab"\\/\n\x00é😀', max_size=90) | st.sampled_from(["-", "", "x" * 200])
numbers = st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.sampled_from([0, 7, 0.015, 10619])
scalars = texts | numbers | st.none() | st.booleans()
shapes = st.recursive(
    st.just("%"),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=4),
    max_leaves=10,
)


def filled(shape: object, draw) -> object:
    if isinstance(shape, dict):
        return {key: filled(value, draw) for key, value in shape.items()}
    if isinstance(shape, list):
        return [filled(value, draw) for value in shape]
    return draw(scalars)


@st.composite
def similar_lines(draw) -> list[bytes]:
    """Lines of one or two shapes, each written with one and the same spacing: only their values differ."""
    some = draw(
        st.lists(
            st.tuples(st.dictionaries(keys, shapes, max_size=5), st.sampled_from([",", " , ", ", "])),
            min_size=1,
            max_size=2,
        )
    )
    end = draw(st.sampled_from([b"\n", b"\r\n", b" \n"]))
    order = draw(st.lists(st.sampled_from(some), min_size=1, max_size=9))
    order = sorted(order, key=some.index) if draw(st.booleans()) else order
    return [
        json.dumps(filled(shape, draw), separators=(comma, ":"), ensure_ascii=False).encode("utf-8", "surrogatepass")
        + end
        for shape, comma in order
    ]


@given(similar_lines(), st.integers(1, 20))
def test_lines_of_one_shape_give_what_the_json_module_gives(lines, times):
    data = b"".join(lines) * times
    assert tokenize(data).rejects == []
    check_against_reference(data)


@given(similar_lines(), st.data())
def test_a_damaged_line_among_those_of_its_shape_is_read_as_if_alone(lines, choice):
    data = b"".join(lines * 3)
    for _ in range(choice.draw(st.integers(1, 3))):
        at = choice.draw(st.integers(0, len(data) - 1))
        cut = choice.draw(st.integers(0, 3))
        data = data[:at] + choice.draw(st.sampled_from([b"", *TOKENS])) + data[at + cut :]
    check_against_reference(data.rstrip(b"\n") + b"\n")


@given(st.lists(st.sampled_from(["a", "b", "x", "message"]), min_size=1, max_size=4), st.data())
def test_synonyms_and_repeated_keys_within_a_shape(names, choice):
    values = [b"1", b"null", b'"-"', b'"text"', b'"t\\nxt"']
    lines = [
        b"{" + b",".join(b'"%s":%s' % (name.encode(), choice.draw(st.sampled_from(values))) for name in names) + b"}\n"
        for _ in range(6)
    ]
    columns = [("text", ["message", "a", "x"]), ("other", ["b"])]
    together = tokenize(b"".join(lines), columns)
    alone = [tokenize(line, columns).rows[0].values for line in lines]
    assert [row.values for row in together.rows] == alone


@given(st.binary(max_size=12), st.integers(0, 30))
def test_any_bytes_in_place_of_a_value(value, others):
    usual = b'{"a":17,"b":"text","x":0.25}\n'
    line = b'{"a":' + value.replace(b"\n", b"") + b',"b":"text","x":0.25}\n'
    check_against_reference(usual * 2 + usual * others + line + usual)


NUMBERS = ["0", "-0", "00", "0.", "0.0", "01", "1.", "1..2", ".5", "1.5.2", "12345678", "1234567", "123456", "1e5",
           "1.25", "123.4567", "-1", "1-2", "0.015", "1.2e", "99999999999999999999"]  # fmt: skip


def test_numbers_of_every_form_and_length():
    for number in NUMBERS:
        for behind in (",", " ,", "}", "x"):
            line = f'{{"a":{number}{behind}"b":1}}\n'.encode()
            check_against_reference(b'{"a":5,"b":1}\n' * 3 + line + b'{"a":5 ,"b":1}\n' * 2 + line)


def test_strings_of_every_length_end_where_they_end():
    lines = [json.dumps({"a": "y" * n, "b": "z" * (200 - n)}).encode() + b"\n" for n in range(200)]
    result = tokenize(b"".join(lines), COLUMNS)
    assert [[raw for _kind, raw in row.values[:2]] for row in result.rows] == [
        [b"y" * n, b"z" * (200 - n)] for n in range(200)
    ]


def test_more_lines_than_are_read_at_a_time_and_more_than_a_near_cache_takes():
    for text in ("", "x" * 700, "x" * 30_000):
        data = b"".join(b'{"a":%d,"b":"%s"}\n' % (n, text.encode()) for n in range(150))
        rows = tokenize(data).rows
        assert [row.values[0][1] for row in rows] == [b"%d" % n for n in range(150)]
        assert [row.line for row in rows] == list(range(150))


def learnt(data: bytes, memory: tuple[NDArray[np.int64], ...] | None = None) -> int:
    """Return how many values the line has that others were compared with last."""
    table = jsonlines.build_paths(COLUMNS)
    memory = memory or jsonlines.scratch(table)
    buffer = np.frombuffer(data + bytes(128), np.uint8).copy()
    starts, ends = np.zeros((2, len(COLUMNS), 999), np.int32)
    places = [np.zeros(999, np.int32) for _ in range(4)]
    jsonlines.tokenize_by_paths(
        buffer.ctypes.data, 0, len(data), *table, *memory, starts, ends, np.zeros((len(COLUMNS), 999), np.uint8),
        *places, np.zeros(999, np.uint8), np.zeros(4, np.int64),
    )  # fmt: skip
    return int(memory[-1][alike.N_SLOTS])


def test_a_line_is_learnt_unless_it_cannot_be():
    assert learnt(b'{"c":{"d":1},"e":[2,"x"],"b":null}\n') == 4
    assert learnt(b"{}\n") == 0
    assert learnt(b'{"a":{"b":1}}\n') == 0, "a value that is wanted as a whole"
    assert learnt(b'{"e":[%s]}\n' % b",".join([b"1"] * alike.MOST_VALUES)) == alike.MOST_VALUES
    assert learnt(b'{"e":[%s]}\n' % b",".join([b"1"] * (alike.MOST_VALUES + 1))) == 0


def test_another_line_is_learnt_when_the_shape_changes():
    assert learnt(b'{"c":1}\n' * 9 + b'{"c":1,"d":2}\n' * 30) == 2
    assert learnt(b'{"c":1}\n' * 9 + b'{"c":1,"d":2}\n' + b'{"c":1}\n' * 30) == 1


def test_lines_of_many_shapes_are_tried_ever_more_rarely_from_call_to_call_until_they_are_alike():
    memory = jsonlines.scratch(jsonlines.build_paths(COLUMNS))
    mixed = b"".join(b'{"c":1,"e":[%s]}\n' % b",".join([b"1"] * (n * n % 7)) for n in range(300))
    waits = []
    for _ in range(30):
        learnt(mixed, memory)
        waits.append(int(memory[-1][alike.PATIENCE]))
    assert waits == sorted(waits)
    assert waits[0] > jsonlines.ALONE
    assert waits[-1] == jsonlines.LONGEST_ALONE
    same = b'{"c":1,"d":2}\n' * 900
    assert [learnt(same, memory) for _ in range(3)][-1] == 2
