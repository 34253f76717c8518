from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from kernels import references
from kernels.references import EPOCH, MONTHS, fixed_zone, micros_of

from logproc import model
from logproc.formats.parser_named import LAYOUTS
from logproc.kernels import decode, jsonlines
from logproc.kernels.decode import NO_TIME

CORPORA = Path(__file__).parents[2] / "../shared/corpora"
zones = st.integers(-15 * 60 - 59, 15 * 60 + 59).map(fixed_zone)
moments = st.datetimes(datetime(1, 1, 3), datetime(9999, 12, 29), timezones=zones)  # noqa: DTZ001 - they get one


class Texts:
    """Texts one after the other in a padded buffer, digits around them so that reading too far shows."""

    def __init__(self, texts: list[str]) -> None:
        encoded = [text.encode("utf-8", "surrogatepass") for text in texts]
        self.starts = np.cumsum([1] + [len(text) + 1 for text in encoded[:-1]]).astype(np.int32)
        self.ends = self.starts + np.array([len(text) for text in encoded], np.int32)
        self.buffer = np.frombuffer(b"7" + b"7".join(encoded) + b"7" * 200, np.uint8).copy()
        self.base = self.buffer.ctypes.data
        self.n = len(texts)

    def slices(self) -> list[tuple[int, int]]:
        return list(zip(self.starts.tolist(), self.ends.tolist(), strict=True))


def clf_times(texts: list[str]) -> list[int | None]:
    held, cache = Texts(texts), np.zeros(decode.SCRATCH_SIZE, np.int64)
    found = [decode.parse_clf_time(held.base, s, e, cache.ctypes.data) for s, e in held.slices()]
    assert all(ok == (micros != NO_TIME) for micros, ok in found)
    return [micros if ok else None for micros, ok in found]


def iso_times(texts: list[str]) -> list[tuple[int, bool] | None]:
    held, cache = Texts(texts), np.zeros(decode.SCRATCH_SIZE, np.int64)
    found = [decode.parse_iso_time(held.base, s, e, cache.ctypes.data) for s, e in held.slices()]
    assert all(ok == (micros != NO_TIME) for micros, _zoneless, ok in found)
    return [(micros, bool(zoneless)) if ok else None for micros, zoneless, ok in found]


def epochs(texts: list[str], unit: int) -> list[int | None]:
    held = Texts(texts)
    found = [decode.parse_epoch(held.base, s, e, unit) for s, e in held.slices()]
    return [micros if ok else None for micros, ok in found]


def decode_integers(held: Texts, out: np.ndarray, valid: np.ndarray) -> None:
    """Decode in two calls, the second of which goes on where the first stopped."""
    addresses = [array.ctypes.data for array in (held.starts, held.ends, out, valid)]
    for first, n in ((0, held.n // 2), (held.n // 2, held.n)):
        decode.decode_integers(held.base, *addresses[:2], first, n, *addresses[2:])


def integers(texts: list[str]) -> list[int | None]:
    held = Texts(texts)
    out, valid = np.zeros(held.n, np.int64), np.full(held.n, 7, np.uint8)
    decode_integers(held, out, valid)
    return [int(value) if ok else None for value, ok in zip(out, valid, strict=True)]


def decimals(texts: list[str], scale: float = 1.0) -> list[float | None]:
    held = Texts(texts)
    out, valid = np.zeros(held.n), np.full(held.n, 7, np.uint8)
    slow = np.zeros(held.n, np.int32)
    n_slow = decode.decode_decimals(held.base, held.starts, held.ends, held.n, scale, out, valid, slow)
    decode.decode_slow_decimals(held.buffer, held.starts, held.ends, slow[:n_slow], scale, out, valid)
    return [float(value) if ok else None for value, ok in zip(out, valid, strict=True)]


def clf_text(moment: datetime) -> str:
    return f"{moment:%d}/{MONTHS[moment.month - 1]}/{moment.year:04d}:{moment:%H:%M:%S %z}"[:26]


def mutations(texts: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    """Texts with one character replaced, removed or added."""

    def mutate(text: str, at: int, cut: int, new: str) -> str:
        at = min(at, len(text))
        return text[:at] + new + text[at + cut :]

    letters = st.sampled_from(["", *"0123456789/:-+. TZzet,\x00:éJ"])
    return st.builds(mutate, texts, st.integers(0, 40), st.integers(0, 2), letters)


# ---- times -------------------------------------------------------------------------------------------------------


def test_the_constants_are_those_of_the_model():
    assert model.NO_TIME == NO_TIME
    assert model.PADDING >= 128


@given(st.lists(moments, min_size=1, max_size=9))
def test_common_log_times(some):
    assert clf_times([clf_text(moment) for moment in some]) == [
        micros_of(moment.replace(microsecond=0)) for moment in some
    ]


@given(moments, st.lists(st.integers(-4000, 4000), max_size=9))
def test_the_remembered_hour_is_left_in_time(moment, steps):
    some = [moment + timedelta(seconds=step) for step in steps] + [moment]
    assert clf_times([clf_text(one) for one in some]) == [micros_of(one.replace(microsecond=0)) for one in some]
    texts = [one.isoformat() for one in some]
    assert iso_times(texts) == [(micros_of(one), False) for one in some]


@given(st.lists(mutations(moments.map(clf_text)) | moments.map(clf_text), min_size=1, max_size=9))
def test_damaged_common_log_times(texts):
    assert clf_times(texts) == [references.clf_time(text) for text in texts]


@pytest.mark.parametrize(
    ("text", "iso"),
    [
        ("31/Dec/2016:23:59:60 +0000", "2016-12-31T23:59:59Z"),
        ("29/Feb/2000:00:00:00 +0000", "2000-02-29T00:00:00Z"),
        ("29/Feb/1900:00:00:00 +0000", None),
        ("29/Feb/2023:00:00:00 +0000", None),
        ("31/Apr/2023:00:00:00 +0000", None),
        ("00/Apr/2023:00:00:00 +0000", None),
        ("01/apr/2023:00:00:00 +0000", None),
        ("01/Apr/2023:24:00:00 +0000", None),
        ("01/Apr/0000:00:00:00 +0000", None),
        ("01/Apr/2023:00:60:00 +0000", None),
        ("01/Apr/2023:00:00:61 +0000", None),
        ("01/Apr/2023:00:00:00 +1600", None),
        ("01/Apr/2023:00:00:00 +0060", None),
        ("01/Apr/2023:00:00:00  0000", None),
        ("01/Apr/2023:00:00:00 +1400", "2023-03-31T10:00:00Z"),
        ("1/Apr/2023:00:00:00 +00000", None),
        ("\0" * 15 + "55:36" + "\0" * 6, None),
        ("", None),
    ],
)
def test_the_calendar_of_common_log_times(text, iso):
    expected = None if iso is None else micros_of(datetime.fromisoformat(iso))
    assert clf_times([text]) == [expected]
    assert clf_times(["01/Apr/2023:00:00:00 +0000", text])[1] == expected
    assert references.clf_time(text) == expected


iso_texts = st.builds(
    lambda moment, separator, fraction, zone: (
        f"{moment.year:04d}-{moment:%m-%d}{separator}{moment:%H:%M:%S}{fraction}{zone}"
    ),
    moments,
    st.sampled_from("T t"),
    st.just("") | st.from_regex(r"[.,][0-9]{1,10}", fullmatch=True),
    st.sampled_from(["", "Z", "z", " Z", "UTC", " UTC", " GMT", "FOO"])
    | st.from_regex(r" ?[+-][01][0-9](:?[0-6][0-9])?", fullmatch=True),
)


@given(
    st.lists(
        iso_texts | mutations(iso_texts) | st.dates().map(str) | mutations(st.dates().map(str)),
        min_size=1,
        max_size=9,
    )
)
@example(["2000-10-10T13:55:36Z", "2000-10-10T13:55:3", "2000-10-10T13:55"])
@example(["2013-09-06 22:01:00Z", "2013-09-06 22:01:00", "2013-09-06", "2013-09-06 "])
@example(
    ["2016-12-31T23:59:60.5Z", "1990-12-31T15:59:60-08:00", "0001-01-01T00:00:00+15:59", "9999-12-31T23:59:59-15:59"]
)
def test_iso_times(texts):
    assert iso_times(texts) == [references.iso_time(text) for text in texts]


@given(moments)
def test_iso_times_are_those_of_the_standard_library(moment):
    naive = moment.replace(tzinfo=None)
    local = micros_of(naive.replace(tzinfo=EPOCH.tzinfo))
    assert iso_times([moment.isoformat(), naive.isoformat(" "), moment.date().isoformat()]) == [
        (micros_of(moment), False),
        (local, True),
        (local - local % 86_400_000_000, True),
    ]


numbers = (
    st.integers(0, 10**19).map(str)
    | st.from_regex(r"[0-9]{0,20}\.[0-9]{0,20}", fullmatch=True)
    | st.from_regex(r"[0-9]{1,4}(\.[0-9]{1,25})?[eE][+-]?[0-9]{1,2}", fullmatch=True)
    | st.floats(0, 1e20).map(repr)
    | st.decimals(0, 10**20, allow_nan=False).map(str)
)


@given(st.lists(numbers | mutations(numbers), min_size=1, max_size=9), st.sampled_from([0, 1, 1000, 10**6, 10**9]))
@example(["0", "", ".", "-1", "+1", "1e", "99999999999", "100000000000", "99999999999999.9", "1e17", "253402300800"], 0)
@example(["0e0909", "1e-999999", "1e999999", "0.000e-12"], 0)
@example(["253402300799.9999999", "253402300800", "1.23456789", "0.0000009"], 1)
def test_epochs(texts, unit):
    assert epochs(texts, unit) == [references.epoch_time(text, unit) for text in texts]


def test_epochs_are_exact_to_the_microsecond():
    assert epochs(["1428634687.123456", "1.428634687123456e9"], 1) == [1428634687123456] * 2
    assert epochs(["1428634687123.456"], 1000) == [1428634687123456]
    assert epochs(["1428634687123456789"], 10**9) == [1428634687123456]
    assert (
        epochs(["1428634687", "1428634687000", "1428634687000000", "1428634687000000000"], 0) == [1428634687000000] * 4
    )


# ---- numbers -----------------------------------------------------------------------------------------------------


@given(st.lists(st.integers(-(2**64), 2**64).map(str) | st.integers(0, 99999).map(str), min_size=1, max_size=9))
def test_whole_numbers(texts):
    assert integers(texts) == [int(text) if abs(int(text)) < 2**63 else None for text in texts]


@given(st.lists(numbers | mutations(numbers) | numbers.map("-".__add__) | st.text(max_size=5), min_size=1, max_size=9))
@example(
    [
        "200.0",
        "1e3",
        "1.5",
        "1E-1",
        "10e-1",
        "-0",
        "-",
        "",
        "+5",
        "--5",
        "1-",
        "5.",
        ".0",
        "007",
        "12345678x",
        "1e400",
    ]
)
@example(["9223372036854775807", "-9223372036854775807", "9223372036854775808", "-9223372036854775808"])
@example(["92233720368547758070e-1", "9223372036854775807.0", "1." + "0" * 40, "0" * 40 + "1", "1" + "0" * 40 + "e-40"])
def test_numbers_that_are_whole(texts):
    assert integers(texts) == [references.integer(text) for text in texts]


@given(
    st.lists(
        numbers | mutations(numbers) | st.floats(allow_nan=False).map(repr) | st.text(max_size=5),
        min_size=1,
        max_size=9,
    )
)
@example(
    ["0.1", "-0.0", "1e22", "1e23", "9007199254740993", "9007199254740992", "1e400", "1e-400", "-1e-400", "+.5", "5."]
)
@example(["0.1000000000000000055511151231257827", "179769313486231570000e289", "2.2250738585072011e-308", "5e-324"])
@example(["inf", "nan", "1_0", "0x10", "", "e5", "-", "1e+", "1" * 400, "0." + "0" * 400 + "1e400", "\u0661"])
def test_decimals_are_correctly_rounded(texts):
    found, expected = decimals(texts), [references.decimal(text) for text in texts]
    assert found == expected
    assert [str(value) for value in found] == [str(value) for value in expected]  # the sign of zero


@given(st.lists(st.from_regex(r"-?[0-9]{0,8}\.?[0-9]{0,8}[.e/:]?[0-9]?", fullmatch=True), min_size=1, max_size=20))
def test_short_decimals_are_correctly_rounded(texts):
    found, expected = decimals(texts), [references.decimal(text) for text in texts]
    assert [str(value) for value in found] == [str(value) for value in expected]


@given(st.integers(0, 2**53), st.sampled_from([1e-3, 1e-6, 1e-9]))
def test_small_scales_divide_so_that_whole_units_round_once(value, scale):
    assert decimals([str(value)], scale) == [value / round(1 / scale)]


def test_scales_apply_to_slow_decimals_too():
    text = "0.1000000000000000055511151231257827"
    assert decimals([text, "12.5"], 1000.0) == [100.0, 12500.0]
    assert decimals([text, "12.5"], 1e-3) == [0.0001, 0.0125]


def test_a_start_of_minus_one_is_no_value():
    held = Texts(["1", "2"])
    held.starts[0] = -1
    out, valid = np.full(2, 9, np.int64), np.full(2, 9, np.uint8)
    decode_integers(held, out, valid)
    assert (out.tolist(), valid.tolist()) == ([0, 2], [0, 1])
    numbers, slow = np.full(2, 9.0), np.zeros(2, np.int32)
    assert decode.decode_decimals(held.base, held.starts, held.ends, 2, 1.0, numbers, valid, slow) == 0
    assert (numbers.tolist(), valid.tolist()) == ([0.0, 2.0], [0, 1])


# ---- columns of times --------------------------------------------------------------------------------------------


def times(values: list[tuple[int, str]]) -> tuple[list[int | None], list[int], int]:
    """Microseconds, zoneless rows and the count of undecoded ones of (kind, raw) values."""
    held = Texts([text for _kind, text in values])
    kinds = np.array([kind for kind, _text in values], np.uint8)
    held.starts[kinds == jsonlines.MISSING] = -1
    out, zoneless = np.zeros(held.n, np.int64), np.zeros(held.n, np.int32)
    cache = np.zeros(decode.SCRATCH_SIZE, np.int64)
    n, undecoded = decode.decode_times(held.base, held.starts, held.ends, kinds, held.n, out, zoneless, cache, LAYOUTS)
    return [None if micros == NO_TIME else micros for micros in out.tolist()], zoneless[:n].tolist(), undecoded


CLOCKS = st.sampled_from(["13:55:36", "13:55:60", "13:60:00", "14:00:00"])
FRACTIONS = st.text("0123456789", max_size=11).map(lambda digits: digits and f".{digits}") | st.sampled_from(
    [".", ",5"]
)
ZONED = st.sampled_from(["Z", "z", "", "+02:00", "-05:30", "+0200", "+02", " +02:00", "+99:00", "-00:00", "+0a:00"])
ODD = st.sampled_from(["2000-10-10T13:55:36.1234567x9Z", "2000-10-10T13:55:36.12x4567Z", "2000-10-10T13:55+02:00"])


@given(
    st.lists(
        st.builds(lambda clock, part, zone: f"2000-10-10T{clock}{part}{zone}", CLOCKS, FRACTIONS, ZONED) | ODD,
        min_size=1,
        max_size=8,
    )
)
def test_a_time_means_behind_another_of_its_hour_what_it_means_alone(texts: list[str]):
    found, zoneless, undecoded = times([(jsonlines.PLAIN, text) for text in texts])
    alone = [times([(jsonlines.PLAIN, text)]) for text in texts]
    assert found == [instants[0] for instants, _, _ in alone]
    assert zoneless == [row for row, (_, rows, _) in enumerate(alone) if rows]
    assert undecoded == sum(count for _, _, count in alone)


INSTANT = 971211336_000_000


@pytest.mark.parametrize(
    ("text", "zoneless"),
    [
        ("2000/10/10 20:55:36", True),
        ("Tue, 10 Oct 2000 20:55:36 GMT", False),
        ("Tue Oct 10 20:55:36 2000", True),
        ("Tue Oct 10 22:55:36 CEST 2000", False),
        ("10 Oct 2000 20:55:36.000", True),
        ("Oct 10, 2000 8:55:36 PM", True),
        ("2000-10-10 20:55:36.0 +0000 UTC", False),
        ("20001010T205536Z", False),
        ("10.10.2000 20:55:36", True),
    ],
)
def test_times_that_programs_write_of_their_own_are_read(text: str, *, zoneless: bool):
    buffer = np.frombuffer(f'"{text}" "{text}!" "{text}"'.encode() + bytes(200), np.uint8).copy()
    starts = np.array([1, 1 + len(text) + 3, 1 + 2 * len(text) + 7], np.int32)
    ends = starts + np.array([len(text), len(text) + 1, len(text)], np.int32)
    out, rows, cache = np.zeros(3, np.int64), np.zeros(3, np.int32), np.zeros(decode.SCRATCH_SIZE, np.int64)
    kinds = np.full(3, jsonlines.PLAIN, np.uint8)
    n, undecoded = decode.decode_times(buffer.ctypes.data, starts, ends, kinds, 3, out, rows, cache, LAYOUTS)
    assert (out.tolist(), rows[:n].tolist()) == ([INSTANT, NO_TIME, INSTANT], [0, 2] if zoneless else [])
    assert undecoded == 1


@pytest.mark.parametrize("text", ["10/11/2000 20:55:36", "10-11-2000 20:55:36", "Oct 10 20:55:36", "20:55:36", ""])
def test_times_whose_month_or_year_is_not_said_are_none(text: str):
    assert times([(jsonlines.PLAIN, text)]) == ([None], [], 1)


def test_times_of_json_values():
    plain, escaped, number = jsonlines.PLAIN, jsonlines.ESCAPED, jsonlines.NUMBER
    found, zoneless, undecoded = times(
        [
            (plain, "2000-10-10T13:55:36-07:00"),
            (plain, "2000-10-10 20:55:36"),
            (jsonlines.MISSING, ""),
            (plain, "10/Oct/2000:13:55:36 -0700"),
            (escaped, "10\\/Oct\\/2000:13:55:36 -0700"),
            (escaped, "2000-10-10T22:55:36\\u002B02:00"),
            (number, "971211336"),
            (number, "971211336000.0"),
            (number, "9.71211336e8"),
            (plain, "971211336000000"),
            (plain, "2000-10-10T20:55:36,000"),
            (plain, "2000-10-10 16:55:36 EDT"),
            (plain, "2000-10-10 20:55:36.000 IST"),
            (plain, "yesterday"),
            (plain, ""),
            (escaped, "2000\\n"),
            (escaped, "\\u00e9" * 40),
            (escaped, "\\/" * 200),
            (jsonlines.BOOLEAN, "true"),
            (jsonlines.NESTED, "[971211336]"),
            (number, "-5"),
            (number, "1e400"),
        ]
    )
    assert found == [INSTANT] * 2 + [None] + [INSTANT] * 10 + [None] * 9
    assert zoneless == [1, 10, 12]
    assert undecoded == 9


@given(
    st.lists(
        st.tuples(
            st.integers(1, 5),
            iso_texts | moments.map(clf_text) | mutations(moments.map(clf_text)) | numbers | st.text(max_size=12),
        ),
        min_size=1,
        max_size=9,
    )
)
def test_columns_decode_like_single_values(values):
    def expected(kind: int, text: str) -> tuple[int | None, bool]:
        if kind == jsonlines.NUMBER:
            return references.epoch_time(text, 0), False
        if kind not in (jsonlines.PLAIN, jsonlines.ESCAPED) or (kind == jsonlines.ESCAPED and not text.isprintable()):
            return None, False
        micros = references.clf_time(text)
        micros = references.epoch_time(text, 0) if micros is None else micros
        return (micros, False) if micros is not None else references.iso_time(text) or (None, False)

    values = [(kind, text.replace("\\", "/") if kind == jsonlines.ESCAPED else text) for kind, text in values]
    found, zoneless, undecoded = times(values)
    wanted = [expected(*value) for value in values]
    assert found == [micros for micros, _zoneless in wanted]
    assert zoneless == [row for row, (_micros, naive) in enumerate(wanted) if naive]
    assert undecoded == found.count(None)


@given(
    st.lists(
        st.tuples(
            st.sampled_from(
                ["2000-10-10T13:", "2000-10-10T13:", "2000-10-10 13:", "2000-10-10T14:", "2000-1\u00e90T13:"]
            ),
            st.from_regex(r"[0-6][0-9]:[0-6][0-9/]", fullmatch=True),
            st.just("") | st.from_regex(r"[.,;][0-9]{0,8}a?", fullmatch=True),
            st.sampled_from(["Z", "Z", "Z", "z", "", "+00:00", " Z"]),
        ).map("".join),
        max_size=12,
    )
)
def test_times_within_an_hour_are_what_they_would_be_alone(texts):
    first = (jsonlines.PLAIN, "2000-10-10T13:00:00Z")
    found, zoneless, undecoded = times([first, *((jsonlines.PLAIN, text) for text in texts)])
    alone = [references.iso_time(text) or (None, False) for text in texts]
    assert found[1:] == [micros for micros, _naive in alone]
    assert zoneless == [row for row, (_micros, naive) in enumerate(alone, 1) if naive]
    assert undecoded == found.count(None)


def test_real_access_log_times():
    path = CORPORA / "elastic_examples/Common_Data_Formats/apache_logs/apache_logs"
    if not path.exists():
        pytest.skip("the shared corpora are not here")
    texts = [line.split("[", 1)[1].split("]", 1)[0] for line in path.read_text("utf-8").splitlines()[:2000]]
    expected = [micros_of(datetime.strptime(text, "%d/%b/%Y:%H:%M:%S %z")) for text in texts]
    assert clf_times(texts) == expected
