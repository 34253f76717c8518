"""Records of Linux's audit daemon, rewritten in place as pairs of key=value that the kernel of logfmt reads.

`msg=audit(1364481363.243:24287):` becomes `time=1364481363.243 serial=24287`, which is as long. The pairs of a program,
`msg='op=login res=success'`, lose what stands around them, and a question mark alone, which stands for nothing known,
becomes a dash. What stands in front of a record's first pair, as the head of syslog, becomes blanks.

Source: https://github.com/linux-audit/audit-documentation/wiki/SPEC-Audit-Event-Enrichment
"""

# numba compiles == faster than `in`
from __future__ import annotations

from logproc.kernels.jit import helper, kernel
from logproc.kernels.jsonscan import next_newline
from logproc.kernels.memory import load_byte, load_word, store_byte

_STAMP, _STAMP_END = int.from_bytes(b"msg=audi", "little"), int.from_bytes(b"t(", "little")
_TIME, _SERIAL = int.from_bytes(b"time=", "little"), int.from_bytes(b" serial=", "little")
_TEXT = int.from_bytes(b"msg='", "little")
_TYPE, _NODE = int.from_bytes(b"type=", "little"), int.from_bytes(b"node=", "little")
_FIVE, _TWO = (1 << 40) - 1, (1 << 16) - 1


@helper
def _blank_head(base, line, stamp):
    """Write blanks over what a relay wrote in front of the first pair of a record, which stands before `stamp`."""
    first = line
    while first < stamp:
        word = load_word(base, first) & _FIVE
        if (word == _TYPE or word == _NODE) and (first == line or load_byte(base, first - 1) == 32):
            break
        first += 1
    for i in range(line, first if first < stamp else line):
        store_byte(base, i, 32)


@kernel("i8, i8, i8 -> none")
def rewrite_audit(base, begin, end):
    """Rewrite the records of whole lines [begin, end) of the buffer at `base`; a line that is none stays as it is."""
    i = begin
    while i < end:
        newline = next_newline(base, i)
        is_record = False
        line = i
        while i < newline:
            byte = load_byte(base, i)
            if byte == 109 and i > begin and load_byte(base, i - 1) <= 32:
                if load_word(base, i) == _STAMP and load_word(base, i + 8) & _TWO == _STAMP_END and not is_record:
                    colon = i + 10
                    while 46 <= load_byte(base, colon) <= 57:
                        colon += 1
                    stop = colon + 1
                    while 48 <= load_byte(base, stop) <= 57:
                        stop += 1
                    if (
                        load_byte(base, colon) == 58
                        and colon > i + 10
                        and stop > colon + 1
                        and load_byte(base, stop) == 41
                        and load_byte(base, stop + 1) == 58
                    ):
                        is_record = True
                        _blank_head(base, line, i)
                        for k in range(5):
                            store_byte(base, i + k, (_TIME >> (8 * k)) & 255)
                        length = colon - i - 10
                        for k in range(length):
                            store_byte(base, i + 5 + k, load_byte(base, i + 10 + k))
                        # Behind the time: five bytes are won in front, three are needed more.
                        digits = stop - colon - 1
                        for k in range(digits - 1, -1, -1):
                            store_byte(base, stop + 2 - digits + k, load_byte(base, colon + 1 + k))
                        for k in range(8):
                            store_byte(base, i + 5 + length + k, (_SERIAL >> (8 * k)) & 255)
                        i = stop + 2
                        continue
                elif is_record and load_word(base, i) & _FIVE == _TEXT:
                    last = newline - 1
                    while last > i + 5 and load_byte(base, last) != 39:
                        last -= 1
                    if last > i + 5:
                        for k in range(5):
                            store_byte(base, i + k, 32)
                        store_byte(base, last, 32)
                    i += 5
                    continue
            elif is_record and byte == 63 and load_byte(base, i - 1) == 61 and load_byte(base, i + 1) <= 32:
                store_byte(base, i, 45)
            i += 1
        i = newline + 1
