from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from logproc.kernels.jsonlines import BOOLEAN, ESCAPED, MISSING, PLAIN, build_paths
from logproc.kernels.keyvalues import (
    LOGFMT,
    LTSV,
    NO_KEY,
    NO_PAIR,
    PAIR_FIRST,
    STRAY_QUOTE,
    UNTERMINATED,
    tokenize_pairs,
)

KEYS = ["a", "b", "key", "a_key_of_more_than_16_bytes_1", "ƒ", "x.y", "it's"]


def tokenize(data: bytes, dialect: int, capacity: int = 1000) -> list[tuple[int, dict[str, tuple[int, bytes]] | int]]:
    """Return for each line that is not blank its number, and its values (kind and bytes) or why it was refused."""
    buffer = np.frombuffer(data + b'a="' * 50 + b"true" + bytes(12), np.uint8).copy()
    paths = build_paths([(key, [key]) for key in KEYS])
    found: list[tuple[int, dict[str, tuple[int, bytes]] | int]] = []
    position = lines = 0
    while position < len(data):
        starts, ends = np.full((2, len(KEYS), capacity), 77, np.int32)
        kinds = np.full((len(KEYS), capacity), 77, np.uint8)
        offsets, row_lines, reject_offsets, reject_lines = (np.zeros(capacity, np.int32) for _ in range(4))
        reasons, counters = np.zeros(capacity, np.uint8), np.zeros(4, np.int64)
        before = position
        position = tokenize_pairs(
            buffer.ctypes.data, position, len(data), dialect, len(buffer) - 16, paths, starts, ends, kinds,
            offsets, row_lines, reject_offsets, reject_lines, reasons, counters,
        )  # fmt: skip
        rows, rejects, done, blanks = counters.tolist()
        assert rows + rejects + blanks == done == data.count(b"\n", before, position)
        for r in range(rows):
            values = {
                key: (int(kinds[c, r]), buffer[starts[c, r] : ends[c, r]].tobytes())
                for c, key in enumerate(KEYS)
                if starts[c, r] >= 0
            }
            found.append((lines + int(row_lines[r]), values))
            assert offsets[r] == 0 or data[offsets[r] - 1] == 10
        found += [(lines + int(reject_lines[r]), int(reasons[r])) for r in range(rejects)]
        lines += done
    return sorted(found, key=lambda item: item[0])


def known(values: dict[str, tuple[int, bytes]]) -> dict[str, tuple[int, bytes]]:
    """Return the wanted keys that have a value."""
    named = {name: values.get(name.encode().decode("latin-1"), (MISSING, b"")) for name in KEYS}
    return {name: value for name, value in named.items() if value[0] != MISSING and value[1] != b"-"}


def read_logfmt(line: bytes) -> dict[str, tuple[int, bytes]] | int | None:
    """Read a line as the kernel must."""
    values: dict[str, tuple[int, bytes]] = {}
    rest = line.removeprefix(b"\xef\xbb\xbf")
    words = pairs = 0
    while rest := rest.lstrip(bytes(range(33))):
        words += 1
        end = next((k for k, byte in enumerate(rest) if byte <= 32 or byte in b'"='), len(rest))
        key, rest = rest[:end], rest[end:]
        if rest.startswith(b'"'):
            return STRAY_QUOTE
        if not key:
            return NO_KEY
        kind, value = BOOLEAN, b"true"
        if rest.startswith(b"="):
            pairs += 1
            rest = rest[1:]
            if rest.startswith(b'"'):
                end = 1
                while end < len(rest) and rest[end] != 34:
                    end += 2 if rest[end] == 92 else 1
                if end >= len(rest):
                    return UNTERMINATED
                value, rest = rest[1:end], rest[end + 1 :]
                kind = ESCAPED if b"\\" in value else PLAIN
                if rest[:1] in {b",", b";"}:
                    rest = rest[1:]
                elif rest and rest[0] > 32:
                    return STRAY_QUOTE
            else:
                closing = [k for k in range(1, len(rest)) if rest[k] == 39 and (rest + b" ")[k + 1] <= 32]
                if rest.startswith(b"'") and closing:
                    kind, value, rest = PLAIN, rest[1 : closing[0]], rest[closing[0] + 1 :]
                else:
                    end = next((k for k, byte in enumerate(rest) if byte <= 32 or byte == 34), len(rest))
                    kind, value, rest = PLAIN if end else MISSING, rest[:end], rest[end:]
                    if rest.startswith(b'"'):
                        return STRAY_QUOTE
        values[key.decode("latin-1")] = (kind, value)
    if not words:
        return None
    named = {
        name: values[name.encode().decode("latin-1")] for name in KEYS if name.encode().decode("latin-1") in values
    }
    return (
        {name: value for name, value in named.items() if value[0] != MISSING and value[1] != b"-"} if pairs else NO_PAIR
    )


def read_ltsv(line: bytes) -> dict[str, tuple[int, bytes]] | int | None:
    values: dict[str, tuple[int, bytes]] = {}
    rest = line.removeprefix(b"\xef\xbb\xbf").lstrip(bytes(range(33)))
    if not rest:
        return None
    pairs = 0
    while rest:
        part, _, rest = rest.partition(b"\t")
        rest = rest.lstrip(bytes(range(33)))
        if not rest:
            part = part.removesuffix(b"\r")
        key, colon, value = part.partition(b":")
        if not key:
            return NO_KEY
        pairs += bool(colon)
        kind = (PLAIN if value else MISSING) if colon else BOOLEAN
        values[key.decode("latin-1")] = (kind, value if colon else b"true")
    named = {
        name: values[name.encode().decode("latin-1")] for name in KEYS if name.encode().decode("latin-1") in values
    }
    return (
        {name: value for name, value in named.items() if value[0] != MISSING and value[1] != b"-"} if pairs else NO_PAIR
    )


def expected(data: bytes, read) -> list[tuple[int, dict[str, tuple[int, bytes]] | int]]:
    lines = [(number, read(line)) for number, line in enumerate(data.split(b"\n")[:-1])]
    return [(number, found) for number, found in lines if found is not None]


VALUES = [
    "1",
    "",
    '"two words"',
    '"a \\" b"',
    '"\\\\"',
    "'x y'",
    "'x",
    "a=b",
    '"',
    'v"',
    '"open',
    '"a",',
    '"é\\u00e9"',
    "-",
]
TOKENS = st.one_of(
    st.builds(lambda key, value: f"{key}={value}", st.sampled_from(KEYS), st.sampled_from(VALUES)),
    st.sampled_from([*KEYS, "other=1", "=v", "=", '"q"', "\x1e", "\\", "k" * 90 + "=" + "v" * 90]),
)
LINES = st.lists(
    st.lists(TOKENS, max_size=6).flatmap(lambda ts: st.sampled_from([" ", "  ", "\t"]).map(lambda s: s.join(ts)))
)


@given(LINES, st.integers(1, 5))
def test_pairs_are_found_as_the_reference_finds_them(lines: list[str], capacity: int):
    data = "".join(line + "\n" for line in lines).encode()
    assert tokenize(data, LOGFMT, capacity) == expected(data, read_logfmt)


@given(st.lists(st.text(alphabet="ab=\"'\\ \t\r,é\x00", max_size=40)))
def test_any_text_is_read_as_the_reference_reads_it(lines: list[str]):
    data = "".join(line + "\n" for line in lines).encode()
    assert tokenize(data, LOGFMT) == expected(data, read_logfmt)


LABELS = st.builds(
    lambda key, value: f"{key}:{value}", st.sampled_from(KEYS), st.sampled_from([*VALUES, "a:b c", "x" * 99])
)


@given(st.lists(st.lists(st.one_of(LABELS, st.sampled_from(["a", ":v", "", " "])), max_size=5).map("\t".join)))
def test_labels_are_found_as_the_reference_finds_them(lines: list[str]):
    data = "".join(line + "\n" for line in lines).encode()
    found, wanted = tokenize(data, LTSV), expected(data, read_ltsv)
    assert found == wanted


@pytest.mark.parametrize("dialect", [LOGFMT, LTSV])
def test_a_key_is_not_taken_for_the_one_of_the_line_before(dialect: int):
    sign = "=" if dialect == LOGFMT else ":"
    data = f"key{sign}1\tb{sign}2\nkey_{sign}1\tbb{sign}2\nke{sign}1\tb{sign}3\n".encode()
    assert [values for _, values in tokenize(data, dialect)] == [
        {"key": (PLAIN, b"1"), "b": (PLAIN, b"2")}, {}, {"b": (PLAIN, b"3")},
    ]  # fmt: skip


def test_where_a_format_is_guessed_a_line_must_begin_with_a_pair():
    assert tokenize(b"word key=1\nkey=1 word\n", PAIR_FIRST) == [(0, NO_PAIR), (1, {"key": (PLAIN, b"1")})]
    assert tokenize(b"\tkey=1\n", PAIR_FIRST) == [(0, NO_PAIR)]
    assert tokenize(b"word key=1\n", LOGFMT) == [(0, {"key": (PLAIN, b"1")})]
