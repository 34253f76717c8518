"""What stands in front of messages of applications, against plain code."""

from __future__ import annotations

import re

import numpy as np
from hypothesis import example, given
from hypothesis import strategies as st

from logproc.kernels.apps import LEVEL_WORDS, level_end

_WORDS = set(LEVEL_WORDS)

_NEAR_LEVELS = st.builds(
    lambda word, upper, behind: (
        bytes(byte ^ 32 if change and 97 <= byte <= 122 else byte for byte, change in zip(word, upper, strict=False))
        + word[len(upper) :]
        + behind
    ),
    st.sampled_from(LEVEL_WORDS),
    st.lists(st.booleans(), max_size=13),
    st.binary(max_size=12),
)
_WORD_LIKE = st.lists(st.sampled_from(b"aAzZ@[`{09/:_^~\x7f\x80\xc1\xe9\xff\n .-*#"), max_size=20).map(bytes)


def plain_level_end(text: bytes, begin: int) -> int:
    word = re.compile(rb"[A-Za-z0-9_]*").match(text, begin)[0]
    if not word:
        return begin + 1 if text[begin : begin + 2] in {b". ", b"- ", b"* ", b"# "} else -1
    return begin + len(word) if word.lower() in _WORDS else -1


@given(st.binary(max_size=9), _NEAR_LEVELS | _WORD_LIKE | st.binary(max_size=24))
@example(b"", b"INFORMATIONAL")
@example(b"x", b"info\xe9")
@example(b"", b"\xe9nfo")
@example(b"", b"INFO_")
@example(b"", b"* up")
@example(b"", b"-05:00")
def test_levels_end_where_plain_code_says(before: bytes, text: bytes):
    buffer = np.frombuffer((before + text).ljust(len(before) + len(text) + 128, b"\n"), np.uint8)
    assert level_end(buffer.ctypes.data, len(before)) == plain_level_end(before + text, len(before))


def test_every_level_is_found_whatever_its_case():
    for word in LEVEL_WORDS:
        for text in (word, word.upper(), word.capitalize()):
            buffer = np.frombuffer(text.ljust(160, b"]"), np.uint8)
            assert level_end(buffer.ctypes.data, 0) == len(text)
