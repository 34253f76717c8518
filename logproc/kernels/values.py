"""What the bytes of a field mean, and the columns that it fills: times, counts, endpoints, priorities.

Helpers of `tokenize`, which itself does what the fields of the usual access logs need. `starts` and `ends` are the
addresses of the output columns, `slot` and `program` those of what `layout` describes.
"""

from __future__ import annotations

from logproc.kernels.clock import NO_TIME, parse_clf_time, parse_epoch, parse_iso_time
from logproc.kernels.fields import BLANK, find_byte, head_parts, is_padded_dash, port_span
from logproc.kernels.heads import priority_end
from logproc.kernels.jit import helper, intrinsic, types
from logproc.kernels.layout import (
    BAD_NUMBER,
    CLF_TIME,
    DERIVED,
    DURATION,
    ENDPOINT,
    EPOCH_MICROS,
    EPOCH_MILLIS,
    FACILITY,
    ISO_TIME,
    LOCAL_TIME,
    LOOSE_INTEGER,
    MEANING,
    NO_MATCH,
    PORT,
    PRIORITY,
    SECOND,
    SEVERITY,
    SLOT_BYTES,
    STORE,
    VHOST,
)
from logproc.kernels.memory import load_byte, load_word, store_half
from logproc.kernels.numerals import parse_decimal, parse_integer
from logproc.kernels.stamps import parse_local_time


@intrinsic
def out_of_line(typingctx):  # noqa: ARG001
    """Keep the function that calls this a function of its own: inlined, rare code takes registers from usual code."""
    sig = types.void()

    def codegen(context, builder, sig, args):  # noqa: ARG001
        builder.function.attributes.add("noinline")
        return context.get_dummy_value()

    return sig, codegen


@helper
def put(starts, ends, place, s, e):
    """Write the slice [s, e) to row and column of `place`, a negative one where nobody wants it; no slice for s < 0."""
    if place >= 0:
        store_half(starts, 4 * place, s)
        store_half(ends, 4 * place, e)


@helper
def place_of(slot, cell, max_rows, row):
    """Return the place in starts and ends of what a slot yields, negative if nobody wants it."""
    return load_word(slot, 8 * cell) * max_rows + row if load_word(slot, 8 * cell) >= 0 else -1


@helper
def derived(program, cell, max_rows, row):
    """Return the place in starts and ends of what is derived, negative if nobody wants it."""
    return place_of(program + 8 * DERIVED, cell, max_rows, row)


@helper
def put_nothing(slot, starts, ends, max_rows, row):
    """Write that a slot's field is null."""
    put(starts, ends, place_of(slot, STORE, max_rows, row), -1, -1)
    put(starts, ends, place_of(slot, SECOND, max_rows, row), -1, -1)


@helper
def put_head_again(base, first, s, e, slots, program, starts, ends, max_rows, row):
    """Write what the head [first, e) of an access log's line means whose user, from s on, came out with a blank."""
    out_of_line()
    client, client_end, user, vhost_end, port = head_parts(base, first, e)
    user_place = place_of(slots + 2 * SLOT_BYTES, STORE, max_rows, row)
    if client < 0:
        if is_padded_dash(base, s, e):
            put(starts, ends, user_place, -1, -1)
        return
    nobody = e == user + 1 and load_byte(base, user) == 45
    put(starts, ends, place_of(slots, STORE, max_rows, row), client, client_end)
    put(starts, ends, place_of(slots + SLOT_BYTES, STORE, max_rows, row), -1, -1)
    put(starts, ends, user_place, -1 if nobody else user, -1 if nobody else e)
    if vhost_end > first:
        put(starts, ends, derived(program, VHOST, max_rows, row), first, vhost_end)
    if port > 0:
        put(starts, ends, derived(program, PORT, max_rows, row), port, find_byte(base, port, e, BLANK))


@helper
def put_typed(base, s, e, slot, program, starts, ends, max_rows, row):
    """Write a field whose meaning is from COUNT to PRIORITY and no time; return what is wrong with it, or 0."""
    out_of_line()
    meaning = load_word(slot, 8 * MEANING)
    place = place_of(slot, STORE, max_rows, row)
    if meaning == PRIORITY:
        if priority_end(base, s) != e:
            return NO_MATCH
        put(starts, ends, derived(program, FACILITY, max_rows, row), s - 1, e + 1)
        put(starts, ends, derived(program, SEVERITY, max_rows, row), s - 1, e + 1)
        return 0
    if e == s or (e == s + 1 and load_byte(base, s) == 45):
        put_nothing(slot, starts, ends, max_rows, row)
        return 0
    if meaning == ENDPOINT:
        port, port_end = port_span(base, s, e)
        put(starts, ends, place_of(slot, SECOND, max_rows, row), port, port_end)
        if port >= 0:
            e = port - 1
        if e - s > 2 and load_byte(base, s) == 91 and load_byte(base, e - 1) == 93:
            s += 1
            e -= 1
        put(starts, ends, place, s, e)
        return 0
    if meaning != LOOSE_INTEGER and load_byte(base, s) == 43:
        s += 1
        if s == e or load_byte(base, s) == 45 or load_byte(base, s) == 43:
            return BAD_NUMBER
    if meaning == DURATION:
        _value, good = parse_integer(base, s, e)
        if not good:
            _number, verdict = parse_decimal(base, s, e)
            good = verdict != 0
    else:
        _value, good = parse_integer(base, s, e)
    if not good and meaning != LOOSE_INTEGER:
        return BAD_NUMBER
    if not good or load_byte(base, s) == 45:
        s = e = -1
    put(starts, ends, place, s, e)
    return 0


@helper
def time_of(base, s, e, meaning, cache):
    """Return (microseconds UTC or NO_TIME, 0 bad | 1 good | 2 zoneless) of a time slot's slice."""
    if meaning == LOCAL_TIME:
        micros, good = parse_local_time(base, s, e, cache)
        return micros, 2 if good else 0
    if meaning == CLF_TIME:
        micros, good = parse_clf_time(base, s, e, cache)
        return micros, 1 if good else 0
    if meaning == ISO_TIME:
        micros, naive, good = parse_iso_time(base, s, e, cache)
        return micros, (2 if naive else 1) if good else 0
    unit = 1
    if meaning == EPOCH_MILLIS:
        unit = 1000
    elif meaning == EPOCH_MICROS:
        unit = 1000000
    for i in range(s, e):
        if load_byte(base, i) > 57:  # an exponent: numbers may have one, no server writes a time so
            return NO_TIME, 0
    micros, good = parse_epoch(base, s, e, unit)
    return micros, 1 if good else 0
