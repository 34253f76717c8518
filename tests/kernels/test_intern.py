"""Dictionaries against a plain dict in order of first appearance."""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from logproc.kernels import intern
from logproc.kernels.hashing import quick_hash, same_slice
from logproc.kernels.integers import IntegerDictionary
from logproc.kernels.intern import ESCAPED, HEAD, KEY_PADDING, LONGEST, TODO, UNCLEAN, Dictionary, FullError
from logproc.kernels.jit import helper

Slice: TypeAlias = tuple[bytes | None, int]
"""A row: its bytes, or None for null, and their style."""

KEYS = st.one_of(
    st.sampled_from(
        [b"", b"-", b"--", b"a", b"GET", b"\\n", b"\n", b"\0", b"\0\0", b"a\0", b"\xc3\xa4", b"\x7f", b"~", b" "]
    ),
    st.binary(max_size=40),
    st.integers(0, 30).map(lambda n: b"x" * n),
    st.integers(0, 20).map(lambda n: b"12345678" * 3 + b"%d" % n),
    st.tuples(st.integers(0, 140), st.integers(0, 140)).map(lambda pair: b"y" * pair[0] + b"z" + b"y" * pair[1]),
)
STYLES = st.sampled_from([0, 1, ESCAPED, 3])
ROWS = st.lists(st.tuples(KEYS | st.none(), STYLES), max_size=60)


def encode(dictionary: Dictionary, rows: list[Slice], at: int = 0) -> list[int]:
    """Encode rows whose bytes stand in a buffer, in reverse order, with others between them."""
    buffer = b"\xee"
    starts, ends = np.full(len(rows), -1, np.int32), np.full(len(rows), -1, np.int32)
    for number, (key, _) in reversed(list(enumerate(rows))):
        if key is not None:
            starts[number], ends[number] = len(buffer), len(buffer) + len(key)
            buffer += key + b"\xee"
    styles = np.array([style for _, style in rows], np.uint8)
    codes = np.full(at + len(rows) + 1, 77, np.int32)
    array = np.frombuffer(buffer + b"\xee" * KEY_PADDING, np.uint8).copy()
    dictionary.encode(array, starts, ends, styles, len(rows), codes, at)
    assert set(codes[:at].tolist()) <= {77}
    assert codes[-1] == 77
    return codes[at:-1].tolist()


def expected_codes(rows: list[Slice], known: dict[tuple[bytes, bool], int]) -> list[int]:
    """Encode with a dict."""
    return [-1 if key is None else known.setdefault((key, style == ESCAPED), len(known)) for key, style in rows]


def is_clean(key: bytes, *, escaped: bool) -> bool:
    return not escaped and key != b"-" and all(32 <= byte <= 126 for byte in key)


@given(st.lists(ROWS, max_size=4), st.sampled_from([1, 2, 4, 64]), st.integers(0, 1), st.integers(0, 3))
def test_codes_are_those_of_a_dict_in_order_of_first_appearance(
    batches: list[list[Slice]], capacity: int, raw: int, at: int
):
    dictionary = Dictionary(capacity, raw=bool(raw))
    known: dict[tuple[bytes, bool], int] = {}
    for rows in batches:
        assert encode(dictionary, rows, at) == expected_codes(rows, known)
    assert len(dictionary) == len(known)
    assert [(dictionary.key(code), dictionary.is_escaped(code)) for code in range(len(known))] == list(known)
    assert dictionary.lengths().tolist() == [len(key) for key, _ in known]
    assert dictionary.bytes_used == sum(HEAD + len(key) for key, _ in known)
    aliases = [code if raw or is_clean(key, escaped=escaped) else TODO for code, (key, escaped) in enumerate(known)]
    assert dictionary.alias[: len(known)].tolist() == aliases
    assert int(dictionary.state[UNCLEAN]) == aliases.count(TODO)


@pytest.mark.parametrize("most", [1000, 1001, 1234, 4096])
def test_an_arena_never_grows_beyond_what_a_slot_can_point_at(monkeypatch: pytest.MonkeyPatch, most: int):
    monkeypatch.setattr(intern, "MOST_BYTES", most)
    dictionary = Dictionary(1)
    keys = [b"key %d" % number for number in range(most)]
    with pytest.raises(FullError, match=f"more than {most} bytes of different texts"):
        dictionary.add_all(keys)
    assert len(dictionary.arena) == most
    assert most - KEY_PADDING - HEAD - len(keys[len(dictionary)]) < dictionary.bytes_used <= most - KEY_PADDING
    held = keys[: len(dictionary)]
    assert dictionary.add_all(held) == list(range(len(held)))
    assert [dictionary.key(code) for code in range(len(held))] == held


@given(ROWS, st.lists(st.integers(0, 59)), st.sampled_from([0, 16]))
def test_keys_are_gathered_without_what_stands_between_them(rows: list[Slice], wanted: list[int], padding: int):
    dictionary = Dictionary(1)
    encode(dictionary, rows)
    codes = [code for code in wanted if code < len(dictionary)]
    gathered, offsets = dictionary.packed(np.array(codes, np.int64), padding)
    keys = [dictionary.key(code) for code in codes]
    assert gathered.tobytes() == b"".join(keys) + bytes(padding)
    assert np.diff(offsets).tolist() == [len(key) for key in keys]


def test_keys_whose_size_does_not_fit_before_them_keep_their_codes():
    dictionary = Dictionary(2)
    rows: list[Slice] = [
        (b"x" * (LONGEST // 2 + more), style) for more in (-1, 0, 1, 2, 9999) for style in (0, ESCAPED)
    ]
    assert encode(dictionary, rows) == list(range(10))
    assert encode(dictionary, rows) == list(range(10))


def test_escaped_and_plain_bytes_are_different_keys():
    dictionary = Dictionary(2)
    assert encode(dictionary, [(b"a\\u0020", 0), (b"a\\u0020", ESCAPED), (b"a\\u0020", 1), (b"a\\u0020", ESCAPED)]) == [
        0,
        1,
        0,
        1,
    ]
    assert dictionary.alias[:2].tolist() == [0, TODO]


@pytest.mark.parametrize("key", [b"", b"a", b"-", b"\xff", b"x" * 5000])
def test_a_key_that_is_added_stands_for_itself_and_keeps_its_code(key: bytes):
    dictionary = Dictionary(1)
    assert encode(dictionary, [(b"first", 0)]) == [0]
    assert (dictionary.add(key), dictionary.add(key), dictionary.key(1)) == (1, 1, key)
    assert dictionary.alias[:2].tolist() == [0, 1]
    assert int(dictionary.state[UNCLEAN]) == 0
    assert encode(dictionary, [(key, 0), (None, 0), (b"first", 0)]) == [1, -1, 0]


def test_adding_a_key_that_waits_for_its_alias_leaves_it_waiting():
    dictionary = Dictionary()
    encode(dictionary, [(b"\xff", 0)])
    assert dictionary.add(b"\xff") == 0
    assert dictionary.alias[0] == TODO
    assert int(dictionary.state[UNCLEAN]) == 1


@given(st.lists(st.binary(max_size=40), max_size=60), st.lists(st.binary(max_size=40), max_size=60))
def test_keys_added_together_are_those_added_one_by_one(before: list[bytes], keys: list[bytes]):
    together, single = Dictionary(2), Dictionary(2)
    for key in before:
        assert together.add(key) == single.add(key)
    assert together.add_all(keys) == [single.add(key) for key in keys]
    n = len(single)
    assert [together.key(code) for code in range(len(together))] == [single.key(code) for code in range(n)]
    assert together.alias[:n].tolist() == single.alias[:n].tolist() == list(range(n))
    assert together.state[UNCLEAN] == 0


def test_a_key_longer_than_the_arena_fits():
    dictionary = Dictionary(1)
    keys = [b"a" * 10_000, b"a" * 9_999 + b"b", b"c" * 100_000, b""]
    assert encode(dictionary, [(key, 0) for key in keys]) == [0, 1, 2, 3]
    assert [dictionary.key(code) for code in range(4)] == keys


@helper
def quick_hash_of(base, length):
    """Hash the first bytes of a buffer as the slots of a dictionary are found."""
    return quick_hash(base, 0, length, np.uint64(0))


@helper
def same_bytes_at(base, s, other, at, length):
    """Compare two slices."""
    return same_slice(base, s, other, at, length)


@given(st.binary(max_size=100), st.integers(0, 99), st.integers(1, 255), st.integers(0, 3), st.integers(0, 3))
def test_slices_are_the_same_if_all_their_bytes_are(key: bytes, place: int, change: int, s: int, at: int):
    """What stands around them does not matter."""
    one = np.frombuffer(b"\xee" * s + key + b"\xee" * KEY_PADDING, np.uint8).copy()
    other = np.frombuffer(b"\x11" * at + key + b"\x11" * KEY_PADDING, np.uint8).copy()
    assert same_bytes_at(one.ctypes.data, s, other.ctypes.data, at, len(key))
    hashes = {quick_hash_of(one.ctypes.data + s, len(key)), quick_hash_of(other.ctypes.data + at, len(key))}
    assert len(hashes) == 1
    if key:
        other[at + place % len(key)] ^= change
        assert not same_bytes_at(one.ctypes.data, s, other.ctypes.data, at, len(key))
        assert quick_hash_of(other.ctypes.data + at, len(key)) not in hashes


def kept_hash(key: bytes) -> int:
    """Hash a key as sketches in ledgers have it: in words of eight bytes, the last one filled up with zeros."""
    words = [int.from_bytes(key[k : k + 8], "little") for k in range(0, len(key), 8)]
    h = len(key) * 0x9E3779B97F4A7C15 % 2**64
    for word in words:
        h = (h ^ word) * 0xFF51AFD7ED558CCD % 2**64
        h ^= h >> 32
    h = h * 0x9E3779B97F4A7C15 % 2**64
    return h ^ (h >> 29)


@given(st.lists(st.binary(max_size=80), unique=True, max_size=8))
def test_the_hashes_that_sketches_are_made_of_never_change(keys: list[bytes]):
    dictionary = Dictionary(1)
    encode(dictionary, [(key, 0) for key in keys])
    assert dictionary.hashes[: len(keys)].tolist() == [kept_hash(key) for key in keys]


def numbered(count: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return a buffer of many different short keys, with starts and ends."""
    keys = [b"%x" % number for number in range(count)]
    ends = np.cumsum([len(key) for key in keys]).astype(np.int32)
    starts = np.concatenate([[0], ends[:-1]]).astype(np.int32)
    return np.frombuffer(b"".join(keys) + b"f" * KEY_PADDING, np.uint8).copy(), starts, ends


def test_many_keys_of_which_some_share_the_half_of_a_hash_that_slots_keep_stay_apart():
    count = 200_000
    buffer, starts, ends = numbered(count)
    dictionary = Dictionary(1)
    codes = np.empty(count, np.int32)
    for _ in range(2):
        dictionary.encode(buffer, starts, ends, np.zeros(count, np.uint8), count, codes)
        assert np.array_equal(codes, np.arange(count))
    halves = dictionary.slots[dictionary.slots != 0] >> np.uint64(32)
    assert len(np.unique(halves)) < count  # else this test shows nothing
    assert len(np.unique(dictionary.hashes[:count])) == count
    assert dictionary.key(count - 1) == b"%x" % (count - 1)


def test_keys_of_a_large_table_are_found_behind_others_of_their_slot():
    dictionary, known = Dictionary(2048), {}
    rows = [(b"%d" % (n * n % 2039), int(n % 3 == 0)) for n in range(20_000)]
    for at in range(0, len(rows), 777):
        batch = rows[at : at + 777]
        assert encode(dictionary, batch) == expected_codes(batch, known)
    assert len(dictionary.slots) == 4096
    assert len(dictionary) > 1000


def test_keys_of_one_hash_are_told_apart_by_their_bytes():
    """What no input of a test's size does by itself: every stored hash is made that of the key looked for."""
    buffer, starts, ends = numbered(64)
    dictionary = Dictionary(256)
    styles, codes = np.zeros(64, np.uint8), np.empty(64, np.int32)
    wanted = int(quick_hash_of(buffer[starts[40] :].ctypes.data, int(ends[40] - starts[40])))
    dictionary.encode(buffer, starts[:40], ends[:40], styles, 40, codes)
    tag = np.uint64(wanted & 0xFFFFFFFF00000000)
    used = dictionary.slots != 0
    dictionary.slots[used] = tag | (dictionary.slots[used] & np.uint64(0xFFFFFFFF))
    home = wanted & (len(dictionary.slots) - 1)
    entries = dictionary.slots[used]
    dictionary.slots[:] = 0
    dictionary.slots[(home + np.arange(len(entries))) % len(dictionary.slots)] = entries
    one = np.empty(1, np.int32)
    dictionary.encode(buffer, starts[40:41], ends[40:41], styles, 1, one)
    assert one[0] == 40
    assert dictionary.key(40) == b"28"


@given(
    st.lists(st.lists(st.integers(-(2**63), 2**63 - 1) | st.integers(-3, 3), max_size=80), max_size=4),
    st.sampled_from([1, 2, 16]),
)
def test_integer_codes_are_those_of_a_dict(batches: list[list[int]], capacity: int):
    dictionary = IntegerDictionary(capacity)
    known: dict[int, int] = {}
    for values in batches:
        codes = np.full(len(values), 77, np.int32)
        dictionary.encode(np.array(values, np.int64), codes)
        assert codes.tolist() == [known.setdefault(value, len(known)) for value in values]
    assert len(dictionary) == len(known)
    assert dictionary.keys[: len(known)].tolist() == list(known)


def test_runs_of_integers_and_many_of_them_keep_their_codes():
    dictionary = IntegerDictionary(1)
    values = np.repeat(np.arange(100_000, dtype=np.int64) << 32, 2)
    codes = np.empty(len(values), np.int32)
    dictionary.encode(values, codes)
    assert np.array_equal(codes, np.repeat(np.arange(100_000), 2))
    dictionary.encode(values[::-1].copy(), codes)
    assert np.array_equal(codes, np.repeat(np.arange(100_000), 2)[::-1])
