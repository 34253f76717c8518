"""Columns of rows: bytes become text and numbers once, whatever batches they come in."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rollup.batches import batch_of

from logproc.errors import CapacityError
from logproc.kernels import intern
from logproc.kernels.intern import ESCAPED
from logproc.model import Kind
from logproc.rollup.columns import MOST_ROWS, ROWS, STORE_BYTES, RowStore, Stored, room_for, text_of

RAW = st.binary(max_size=12) | st.sampled_from([b"-", b"", b"a", b"caf\xc3\xa9", b"\xff", b"\\xff", b"--"])
TEXT = Stored("path", Kind.TEXT)


def texts(store, field=TEXT):
    vector = store.vector(field)
    return [None if code < 0 else vector.dictionary.key(code).decode() for code in vector.codes.tolist()]


def numbers(store, field):
    vector = store.vector(field)
    return [v if ok else None for v, ok in zip(vector.values.tolist(), vector.valid.tolist(), strict=True)]


@given(batches=st.lists(st.lists(st.none() | RAW, min_size=1, max_size=8), max_size=5))
def test_text_is_what_its_bytes_stand_for_and_equal_texts_have_equal_codes(batches):
    store = RowStore([TEXT])
    for values in batches:
        store.append(batch_of([{"path": value} for value in values]))
    expected = [None if v is None else text_of(v, escaped=False) for values in batches for v in values]
    assert texts(store) == expected
    codes = store.vector(TEXT).codes.tolist()
    by_text = {}
    for code, text in zip(codes, expected, strict=True):
        assert by_text.setdefault(text, code) == code
    hashes = {int(store.vector(TEXT).dictionary.hashes[code]) for code in codes if code >= 0}
    assert len(hashes) == len(set(expected) - {None})


def test_texts_that_no_arena_can_hold_name_their_column_and_what_would_make_them_fewer(monkeypatch):
    monkeypatch.setattr(intern, "MOST_BYTES", 70_000)
    store = RowStore([TEXT])
    with pytest.raises(CapacityError) as caught:
        store.append(batch_of([{"path": b"%d" % number * 200} for number in range(1000)]))
    assert str(caught.value) == (
        "column 'path': more than 70000 bytes of different texts cannot be held at once; lower [limits] max_line_bytes"
    )


def test_an_escaped_json_string_and_a_plain_one_of_the_same_text_are_one_value():
    store = RowStore([TEXT])
    store.append(batch_of([{"path": b"caf\\u00e9"}, {"path": b"\\u002d"}], styles={"path": ESCAPED}))
    store.append(batch_of([{"path": "caf\u00e9"}, {"path": "-"}]))
    store.append(batch_of([{"path": b"caf\\u00E9"}, {"path": b"a\\tb"}], styles={"path": ESCAPED}))
    assert texts(store) == ["caf\u00e9", None, "caf\u00e9", None, "caf\u00e9", "a\tb"]
    assert len(set(store.vector(TEXT).codes.tolist())) == 3


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        (b"-", None),
        (b"", ""),
        (b"a-", "a-"),
        (b"\xff\xfea", "\\xff\\xfea"),
        (b"\xc3", "\\xc3"),
        (b"\xc3\xa4", "\u00e4"),
    ],
)
def test_bytes_that_are_no_text_are_kept_as_hexadecimal(raw, text):
    assert text_of(raw, escaped=False) == text


def test_source_and_host_stand_in_for_every_row():
    fields = [Stored("source", Kind.TEXT), Stored("host", Kind.TEXT)]
    store = RowStore(fields)
    store.append(batch_of([{"path": "/"}, {"path": "/"}], source="web-1", host="db\u00fc"))
    store.append(batch_of([{"path": "/"}], source="web-2"))
    store.append(batch_of([{"host": "own"}, {"host": None}], source="web-2", host="fallback"))
    assert texts(store, fields[0]) == ["web-1", "web-1", "web-2", "web-2", "web-2"]
    assert texts(store, fields[1]) == ["db\u00fc", "db\u00fc", None, "own", "fallback"]


def test_a_field_that_a_batch_does_not_have_is_null():
    fields = [TEXT, Stored("bytes", Kind.INTEGER), Stored("duration", Kind.DECIMAL), Stored("time", Kind.TIME)]
    store = RowStore(fields)
    store.append(batch_of([{"path": "/a", "bytes": 3, "duration": 0.5, "time": 7}]))
    store.append(batch_of([{"query": "x"}]))
    assert texts(store) == ["/a", None]
    assert numbers(store, fields[1]) == [3, None]
    assert numbers(store, fields[2]) == [0.5, None]
    assert numbers(store, fields[3]) == [7, None]


@given(values=st.lists(st.none() | st.integers(1 - 2**63, 2**63 - 1), min_size=1, max_size=30))
def test_integers_are_exact(values):
    field = Stored("bytes", Kind.INTEGER)
    store = RowStore([field])
    store.append(batch_of([{"bytes": value} for value in values]))
    assert numbers(store, field) == values


@given(values=st.lists(st.none() | st.floats(allow_nan=False, allow_infinity=False), min_size=1, max_size=30))
def test_decimals_are_the_nearest_floats(values):
    field = Stored("duration", Kind.DECIMAL)
    store = RowStore([field])
    store.append(batch_of([{"duration": value} for value in values]))
    assert numbers(store, field) == values


def test_scales_and_lists_of_decimals():
    field = Stored("upstream_duration", Kind.DECIMAL)
    store = RowStore([field])
    rows = [{field.name: text} for text in ("0.010, 0.020 : 0.005", "0.5", "-", "-, 0.25", None)]
    store.append(batch_of(rows, lists=[field.name]))
    assert numbers(store, field) == [pytest.approx(0.035), 0.5, None, 0.25, None]
    store.clear()
    store.append(batch_of([{field.name: 1_500_000}], scales={field.name: 1e-6}))
    assert numbers(store, field) == [1.5]


def test_the_store_grows_beyond_its_first_size_and_keeps_what_it_has():
    field = Stored("bytes", Kind.INTEGER)
    store = RowStore([TEXT, field])
    batch = batch_of([{"path": f"/{n % 7}", "bytes": n} for n in range(1000)])
    repeats = 2 * ROWS // 1000 + 3
    for _ in range(repeats):
        store.append(batch)
    assert store.rows == 1000 * repeats
    assert numbers(store, field) == list(range(1000)) * repeats
    assert texts(store)[-7:] == [f"/{n % 7}" for n in range(993, 1000)]
    assert np.unique(store.vector(TEXT).codes).tolist() == list(range(7))


def test_more_rows_are_gathered_where_they_are_narrow():
    """Never fewer than what makes the calls worth it, and in no more bytes than is said."""
    texts = [Stored(f"t{number}", Kind.TEXT) for number in range(40)]
    rooms = [room_for(texts[:count]) for count in range(41)]
    assert (rooms[0], rooms[-1]) == (MOST_ROWS, ROWS)
    assert rooms == sorted(rooms, reverse=True)
    assert all(room == ROWS or room * (8 + 4 * count) <= STORE_BYTES for count, room in enumerate(rooms))
    assert RowStore(texts).room == ROWS
