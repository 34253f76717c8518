"""Vector helpers against methods of bytes."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from logproc.kernels.jit import helper
from logproc.kernels.simd import (
    below_mask64,
    count_ones,
    eq_mask32,
    eq_mask64,
    find_or_newline,
    leading_zeros,
    load_u64,
    trailing_zeros,
)

CHUNKS = st.binary(min_size=64, max_size=64) | st.lists(
    st.sampled_from(b"\0\x0a \x7f\x80\xff"), min_size=64, max_size=64
).map(bytes)
BYTES = st.integers(0, 255) | st.sampled_from(b"\0\x0a\x7f\x80\xff")


@helper
def masks(base, offset, byte):
    """Return the masks of 64 bytes, and of the first half of them, which no plain function can ask for."""
    byte = np.uint8(byte)
    return eq_mask64(base, offset, byte), below_mask64(base, offset, byte), eq_mask32(base, offset, byte)


@helper
def find(base, start, byte):
    """Look for a byte or a newline."""
    return find_or_newline(base, start, np.uint8(byte))


@helper
def word_facts(base, offset):
    """Return a word and the counts of its bits."""
    word = load_u64(base, offset)
    return word, trailing_zeros(word), leading_zeros(word), count_ones(word)


def padded(data: bytes) -> np.ndarray:
    """Return data with garbage behind it, as a block has it in a buffer that is used again."""
    return np.frombuffer(data + b"\n\0a\xff" * 32, np.uint8).copy()


@given(CHUNKS, st.binary(max_size=9), BYTES)
def test_masks_have_a_bit_where_a_byte_is_equal_or_below(chunk: bytes, before: bytes, byte: int):
    buffer = padded(before + chunk)
    equal, below, first = masks(buffer.ctypes.data, len(before), byte)
    assert int(equal) == sum(1 << i for i in range(64) if chunk[i] == byte)
    assert int(below) == sum(1 << i for i in range(64) if chunk[i] < byte)
    assert int(first) == int(equal) & 0xFFFFFFFF


@given(st.lists(st.sampled_from(b"\0\x0ax\x80\xff"), max_size=200).map(bytes), BYTES, st.integers(0, 200))
def test_the_first_byte_or_newline_is_found_wherever_it_stands(data: bytes, byte: int, start: int):
    start = min(start, len(data))
    buffer = padded(data + b"\n")
    text = data[start:] + b"\n"
    first = min(place for place in (text.find(byte), text.find(b"\n")) if place >= 0)
    assert find(buffer.ctypes.data, start, byte) == start + first


@pytest.mark.parametrize("distance", [0, 1, 62, 63, 64, 65, 127, 128, 129, 1000])
def test_a_byte_is_found_across_the_borders_of_vectors(distance: int):
    buffer = padded(b"-" * 7 + b"x" * distance + b'"yyy\n')
    assert find(buffer.ctypes.data, 7, ord('"')) == 7 + distance
    assert find(buffer.ctypes.data, 7, ord("\0")) == 7 + distance + 4


@given(st.integers(0, 2**64 - 1) | st.integers(0, 63).map(lambda bit: 1 << bit) | st.just(0), st.binary(max_size=9))
def test_words_are_little_endian_and_their_bits_are_counted(word: int, before: bytes):
    buffer = padded(before + word.to_bytes(8, "little"))
    loaded, trailing, leading, ones = word_facts(buffer.ctypes.data, len(before))
    assert int(loaded) == word
    assert trailing == ((word & -word).bit_length() - 1 if word else 64)
    assert leading == 64 - word.bit_length()
    assert ones == word.bit_count()
