"""Separator programs and lines for them, drawn by hypothesis: valid ones, damaged ones, and what strangers write."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from typing import TYPE_CHECKING

from formats.reference import MONTHS
from hypothesis import strategies as st

from logproc.errors import FormatError
from logproc.formats import FORMATS, resolve
from logproc.formats.program import Meaning, Missing, Program, Slot

if TYPE_CHECKING:
    from collections.abc import Sequence

TIMES = {
    *(Meaning.CLF_TIME, Meaning.ISO_TIME, Meaning.EPOCH_SECONDS, Meaning.EPOCH_MILLIS, Meaning.EPOCH_MICROS),
    Meaning.LOCAL_TIME,
}

# ---- what a slot may hold ------------------------------------------------------------------------------------------

SECONDS = st.integers(-(2**31), 2**32) | st.sampled_from([971_182_800 + 600 * k for k in range(8)])
MOMENTS = SECONDS.map(lambda seconds: datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds))
ZONES = st.integers(-15 * 60, 15 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))

FRACTIONS = ["", ".5", ",123", ".123456", ".123456789", ".", ".1234567890"]
OFFSETS = ["", "Z", "z", " UTC", "GMT", "+02:00", "-0330", "+05", "+16:00", " "]


@st.composite
def clf_times(draw):
    moment = draw(MOMENTS).replace(tzinfo=draw(ZONES | st.just(UTC)))
    month = list(MONTHS)[moment.month - 1].decode()
    return f"{moment.day:02}/{month}/{moment.year}:{moment:%H:%M:%S %z}".encode()


@st.composite
def iso_times(draw):
    moment = draw(MOMENTS)
    fraction, zone = draw(st.sampled_from(FRACTIONS)), draw(st.sampled_from(OFFSETS))
    clock = draw(st.sampled_from(["T%H:%M:%S", " %H:%M:%S", "t%H:%M:%S", "T%H:%M:60", "T24:00:00", "_%H:%M:%S"]))
    whole = moment.strftime(f"%Y-%m-%d{clock}") + fraction + zone
    return draw(st.sampled_from([whole, whole, whole, whole[:10], whole[:16]])).encode()


EPOCHS = st.one_of(
    st.integers(0, 2 * 10**18).map(str),
    st.decimals(0, 10**12, places=7).map(str),
    st.sampled_from(["0", ".5", "5.", "1e9", "+1", "-1", ".", "253402300799.999999", "253402300800", "1" * 30]),
).map(str.encode)
DECIMALS = st.one_of(
    st.decimals(-(10**9), 10**9, places=3).map(str),
    st.floats(allow_nan=False, allow_infinity=False).map(repr),
    st.sampled_from(["0", "+.5", "5.", "1e9", "1e", "e1", ".", "1.2.3", "-", "--1", "1" * 40, "0." + "1" * 40, " 1"]),
).map(str.encode)
INTEGERS = st.one_of(
    st.integers(-(2**64), 2**64).map(str),
    st.sampled_from(["200", "304", "007", "-0", "+1", "1.0", "12a", "9" * 8, "9" * 9, "9" * 16, "9" * 17, "9" * 19]),
).map(str.encode)
TEXTS = st.one_of(
    st.sampled_from([b"", b"-", b"a", b"--", b'"', b'\\"', b"\\", b"\\\\", b'\\\\"', b" ", b", ", b" : ", b",", b":"]),
    st.sampled_from([b"Mozilla/5.0 (X11; Linux)", b"/index.html?a=b", b"10.0.0.1, 10.0.0.2", b"\xff\xfe\0", b"\r"]),
    st.integers(40, 200).map(lambda n: b"x" * n),
    st.lists(
        st.sampled_from([b'"', b"\\", b" ", b"-", b"x", b"]", b",", b":", b"\0", b"\r", b"\xc3\xa4"]), max_size=12
    ).map(b"".join),
    st.binary(max_size=12),
)
METHODS = [b"GET", b"POST", b"M-SEARCH", b"_a", b"-", b"G3T", b"", b"M" * 32, b"M" * 33]
URIS = [b"/", b"/a?b", b"?", b"-", b"", b"/a b", b"-?x", b"*", b"/" + b"x" * 70 + b"?y", b" ", b"/?"]
PROTOCOLS = [b"HTTP/1.1", b"HTTP/2", b"http/1.1", b"HTTP/", b"HTTP", b"/1", b"", b"H/x", b"SPDY/3.1"]
TARGETS = st.sampled_from(URIS)
REQUESTS = (
    st.tuples(st.sampled_from(METHODS), TARGETS | TEXTS, st.sampled_from(PROTOCOLS)).map(b" ".join) | TARGETS | TEXTS
)
LISTS = st.lists(DECIMALS | st.just(b"-"), min_size=1, max_size=4).flatmap(
    lambda parts: st.sampled_from([b", ", b" : ", b",", b":", b" , ", b",  "]).map(lambda comma: comma.join(parts))
)
WORDS = [b"h", b"h:81", b"::1", b"a", b"-", b"", b"p,", b":80", b"h:", b"-:5", b"x:y:8", b"ab", b"x" * 70]
HEADS = st.lists(st.sampled_from(WORDS), min_size=3, max_size=8).map(b" ".join)
MONTH_NAMES = [name.decode() for name in MONTHS]


@st.composite
def local_times(draw):
    moment = draw(MOMENTS)
    return f"{moment.day:02}/{MONTH_NAMES[moment.month - 1]}/{moment.year}:{moment:%H:%M:%S}".encode() + draw(
        st.sampled_from([b"", b".123", b",5", b".", b".1234567890", b" +0000", b".1x"])
    )


PRIORITIES = st.integers(0, 200).map(str).map(str.encode) | st.sampled_from([b"", b"00", b"007", b"-1", b"1234", b"1x"])
ENDPOINTS = st.sampled_from(
    [
        *(b"10.0.0.1:80", b"10.0.0.1", b"::1:80", b"[::1]:443", b"[::1]", b"-:5", b":80", b"a:", b"a:123456", b"[]:1"),
        *(
            b"x:00080",
            b"unix:",
            b"a:b:1",
            b"[:1",
            b"a:1x",
            b"[x",
            b"1",
            b"12:34",
            b"a(80)",
            b"(80)",
            b"a()",
            b"a:1)",
            b"a(1",
        ),
    ]
)
COUNTS = INTEGERS | st.sampled_from([b"+5", b"+", b"+-5", b"++5", b"-1", b"-x", b"--1", b"-0", b"+0"])
DURATIONS = DECIMALS | st.sampled_from([b"+5.5", b"+", b"+-5", b"++5", b"-1", b"-.5", b"-x", b"+.5"])
ELEMENTS = st.lists(
    st.sampled_from([b"[", b"]", b'"', b"\\", b" ", b"a", b"[a]", b'[a b="c"]', b'[a b="]"]', b'[a b="\\""]', b"\r"]),
    max_size=6,
).map(b"".join) | st.sampled_from([b"-", b"[a]", b'[a b="c \\" ] \\\\"][d]', b"--", b""])

# ---- syslog: heads of four dialects, put together from words that mean something in some place

WORDS_OF_HEADS = [
    *(b"host", b"10.0.0.1", b"::1", b"-", b"", b":", b"a:", b"::", b"sshd[12]:", b"sshd[12]", b"su(pam_unix)[1]:"),
    *(b"kernel:", b"Google", b"Chrome", b"Helper[7]:", b"launchd[1]", b"(com.x[2]):", b"(x)", b"---", b"last"),
    *(
        b"message repeated",
        b"%ASA-6-1:",
        b"[1]:",
        b"x[]:",
        b"x[a]:",
        b"{",
        b"INFO",
        b"a,b",
        b"x" * 70,
        b"\xc3\xa4",
        b"[1]",
    ),
]
DAYS = [b" 1", b"1", b"01", b"31", b"29", b" 31", b"0", b"", b"123"]
CLOCKS = [
    b"22:14:15",
    b"22:14:60",
    b"24:00:00",
    b"2:14:15",
    b"22:14:15.123456",
    b"22:14:15,5",
    b"22:14:15.",
    b"22-14-15",
]


@st.composite
def heads_of_syslog(draw):
    priority = draw(st.one_of(st.just(b""), PRIORITIES.map(lambda number: b"<" + number + b">"), st.just(b"<")))
    moment = draw(MOMENTS)
    years = [b"", b"", b"2019 ", b"20x9 ", b"0000 "]
    bsd = b"%s %s %s%s" % (
        draw(st.sampled_from([*MONTHS, b"jan", b"Foo"])),
        draw(st.sampled_from([b"%2d" % moment.day, *DAYS])),
        draw(st.sampled_from(years)),
        draw(st.sampled_from([moment.strftime("%H:%M:%S").encode(), *CLOCKS])),
    )
    time = draw(st.one_of(st.just(bsd), st.just(bsd), iso_times(), st.sampled_from([b"", b"-", b"2018-01-01"])))
    words = draw(st.lists(st.sampled_from(WORDS_OF_HEADS), max_size=5))
    return priority + time + draw(st.sampled_from([b" ", b" ", b" ", b": ", b"", b"  ", b":"])) + b" ".join(words)


TEXT_OF = {
    Meaning.TEXT: TEXTS,
    Meaning.INTEGER: INTEGERS,
    Meaning.DECIMAL: DECIMALS,
    Meaning.CLF_TIME: clf_times(),
    Meaning.ISO_TIME: iso_times(),
    Meaning.EPOCH_SECONDS: EPOCHS,
    Meaning.EPOCH_MILLIS: EPOCHS,
    Meaning.EPOCH_MICROS: EPOCHS,
    Meaning.REQUEST: REQUESTS,
    Meaning.TARGET: TARGETS | TEXTS,
    Meaning.DECIMAL_LIST: LISTS,
    Meaning.COUNT: COUNTS,
    Meaning.DURATION: DURATIONS,
    Meaning.LOOSE_INTEGER: INTEGERS | TEXTS,
    Meaning.ENDPOINT: ENDPOINTS | TEXTS,
    Meaning.LOCAL_TIME: local_times(),
    Meaning.PRIORITY: PRIORITIES,
    Meaning.SYSLOG: heads_of_syslog(),
    Meaning.ELEMENTS: ELEMENTS,
}

# ---- programs ------------------------------------------------------------------------------------------------------

TERMINATORS = [
    b" ", b'"', b'" ', b'" "', b"] ", b" [", b"|", b"||", b"\t", b"\0", b"\xff", b"\\", b", ", b": ", b" : ", b"-",
    b"12345678", b"123456789", b"--separator--", b'" 0123456789 "', b" --long-separator-",
]  # fmt: skip
PREFIXES = [b"", b"", b"", b"<", b'"', b" ", b"-", b"a prefix that is longer than a word: "]


@st.composite
def hand_made(draw):
    """Draw a program of any slots that `Program` allows."""
    count = draw(st.integers(1, 6))
    extra = draw(st.booleans())
    free = [Meaning.TEXT, Meaning.INTEGER, Meaning.DECIMAL, Meaning.DECIMAL_LIST]
    once = [draw(st.sampled_from(sorted(TIMES))), draw(st.sampled_from([Meaning.REQUEST, Meaning.TARGET]))]
    slots = []
    for number in range(count):
        last = number == count - 1
        meaning = draw(st.sampled_from(free + once))
        if meaning in once:
            once.remove(meaning)
        length = 0 if last else draw(st.sampled_from([0, 0, 0, 1, 5, 26, 70]))
        ends = [b"", *TERMINATORS] if length else TERMINATORS
        end = draw(st.sampled_from([b"", b'"', b"]", b"--separator--"] if last else ends))
        name = "time" if meaning in TIMES else draw(st.sampled_from([f"f{number}", f"f{number}", None]))
        slots.append(
            Slot(
                name,
                meaning,
                end + b"\n" * (last and not extra),
                quoted=end.startswith(b'"') and draw(st.booleans()),
                comma_list=end.startswith(b" ") and draw(st.booleans()),
                length=length,
            )
        )
    return Program(draw(st.sampled_from(PREFIXES)), tuple(slots), extra=extra)


@st.composite
def with_heads(draw):
    """Draw a program that reads CLF heads again."""
    head = (
        Slot("client", Meaning.TEXT, b" "),
        Slot("ident", Meaning.TEXT, b" "),
        Slot("user", Meaning.TEXT, draw(st.sampled_from([b" [", b"|"]))),
    )
    rest = (Slot("time", Meaning.CLF_TIME, b"] "), Slot("status", Meaning.INTEGER, b"\n"))
    return Program(draw(st.sampled_from(PREFIXES)), head + rest, clf_head=True)


PREDEFINED_NAMES = ("common", "combined", "vhost_combined")
OPENINGS = [b'"', b"{", b"[", b"<", b"12345678"]


@st.composite
def unusual(draw):
    """Draw a program of slots that open, end lines, skip blanks, or know where they end."""
    count = draw(st.integers(1, 5))
    extra = draw(st.booleans())
    typed = [Meaning.TEXT, Meaning.COUNT, Meaning.DURATION, Meaning.LOOSE_INTEGER, Meaning.ENDPOINT]
    once = [Meaning.PRIORITY, Meaning.LOCAL_TIME, Meaning.REQUEST, Meaning.ELEMENTS]
    slots = []
    has_head = draw(st.booleans())
    if has_head:
        once.remove(Meaning.PRIORITY)
        name = draw(st.sampled_from(["time", None]))
        slots.append(Slot(name, Meaning.SYSLOG, b"", missing=draw(st.sampled_from([Missing.REFUSED, Missing.SKIPPED]))))
        if name == "time":
            once.remove(Meaning.LOCAL_TIME)
    tail = False
    for number in range(count):
        last = number == count - 1
        meaning = draw(st.sampled_from(typed + once))
        if (last and meaning is Meaning.ELEMENTS) or ((last or tail) and meaning is Meaning.PRIORITY):
            meaning = Meaning.TEXT
        if meaning in once:
            once.remove(meaning)
        if meaning is Meaning.ELEMENTS:
            slots.append(Slot("sd", meaning, b""))
            tail = True
            continue
        end = draw(st.sampled_from([b"", b'"'] if last else [b" ", b'" ', b'" "', b"/", b"] ", b"> ", b"12345678"]))
        missing = draw(st.sampled_from(list(Missing)))
        if missing is Missing.BARE and (last or len(end) < 2 or meaning not in {Meaning.TEXT, Meaning.REQUEST}):
            missing = Missing.REFUSED
        if missing in {Missing.SKIPPED, Missing.PASSED_BY} and meaning in {Meaning.REQUEST, Meaning.PRIORITY}:
            missing = Missing.REFUSED
        opening = draw(st.sampled_from(OPENINGS)) if missing is not Missing.REFUSED or draw(st.booleans()) else b""
        if meaning is Meaning.PRIORITY:
            opening, missing, end = b"<", Missing.REFUSED, b"> "
        may_end = not last and meaning is not Meaning.PRIORITY and draw(st.booleans())
        slots.append(
            Slot(
                "time" if meaning in TIMES else draw(st.sampled_from([f"f{number}", f"f{number}", None])),
                meaning,
                end + b"\n" * (last and not extra),
                quoted=end.startswith(b'"') and draw(st.booleans()),
                opening=opening,
                missing=missing,
                may_end=may_end,
                padded=draw(st.booleans()),
                solid=not last and draw(st.booleans()),
                port_name=f"port{number}" if meaning is Meaning.ENDPOINT and draw(st.booleans()) else None,
            )
        )
        tail = tail or may_end
    return Program(draw(st.sampled_from(PREFIXES)), tuple(slots), extra=extra)


UNUSUAL_NAMES = [
    name
    for name, row in FORMATS.items()
    if row.program
    and not row.program.head
    and name not in PREDEFINED_NAMES
    # The reference knows no fields that know their own end; formats that have some are tried on their samples.
    and all(slot.meaning in TEXT_OF for slot in row.program.slots)
]

VARIABLES = {
    "nginx": "$remote_addr $remote_user $time_local $time_iso8601 $msec $request $request_uri $args $status "
    "$bytes_sent $http_referer $http_user_agent $request_time $upstream_response_time $http_x_forwarded_for "
    "$upstream_addr $other",
    "apache": "%h %l %u %t %r %>s %b %{Referer}i %{X-Forwarded-For}i %D %T %v %p %U %q %m %H %{%s}t %{msec}t %O",
}
GAPS = ['" "', " ", "|", '"', "] [", " - ", "\t", "", " --- separated by --- "]
PREDEFINED = [
    *("common", "combined", "vhost_combined"),
    "nginx:$time_iso8601-$remote_addr",
    "apache:%t %h",
    "apache:%r",
]


@st.composite
def compiled(draw):
    """Draw a program that a format string compiles to."""
    language = draw(st.sampled_from(sorted(VARIABLES)))
    variables = draw(st.lists(st.sampled_from(VARIABLES[language].split()), min_size=1, max_size=7))
    gaps = [draw(st.sampled_from(GAPS)) for _ in variables]
    text = draw(st.sampled_from(["", '"', "[", "x: "])) + "".join(v + g for v, g in zip(variables, gaps, strict=True))
    try:
        program = resolve(f"{language}:{text}").program
    except FormatError:
        program = resolve(draw(st.sampled_from(PREDEFINED))).program
    return program


PROGRAMS = st.one_of(
    *(hand_made(), hand_made(), unusual(), unusual(), compiled(), with_heads()),
    st.sampled_from([*PREDEFINED[:2], *UNUSUAL_NAMES]).map(lambda name: FORMATS[name].program),
)

# ---- lines ---------------------------------------------------------------------------------------------------------

HOSTILE = st.one_of(
    st.binary(max_size=40),
    st.sampled_from([b"", b"\0", b" \t\r\0", b"\0" * 70, b"\r", b"\r\r", b'"', b"\\" * 65, b" " * 64, b"-", b"-" * 64]),
    st.integers(60, 70).map(lambda n: b"\0" * n + b"x"),
)
SNIPPETS = st.sampled_from(
    [b'"', b"\\", b" ", b"\0", b"\r", b"-", b"x" * 64, b", ", b" : ", b"", b'" x', b' "y"', b"\xff"]
)


@st.composite
def valid_lines(draw, program: Program):
    """Draw a line built slot by slot; what the fields hold may still make it another one."""
    parts = [program.prefix]
    slots: Sequence[Slot] = program.slots
    if program.clf_head:
        parts += [draw(HEADS), slots[2].terminator]
        slots = slots[3:]
    for slot in slots:
        text = draw(st.one_of(TEXT_OF[slot.meaning], TEXT_OF[slot.meaning], st.sampled_from([b"-", b""])))
        if slot.length and len(text) != slot.length and draw(st.integers(0, 3)):
            text = text.ljust(slot.length, b"x")[: slot.length]
        end = slot.terminator.removesuffix(b"\n")
        if slot.meaning is Meaning.ELEMENTS:
            end = b" "
        if slot.opening and draw(st.integers(0, 4)):
            text = slot.opening + text
        elif slot.missing is Missing.BARE:
            end = end[1:]
        if slot.padded:
            text = b" " * draw(st.integers(0, 2)) + text
        if slot.may_end and not draw(st.integers(0, 5)):
            return b"".join([*parts, text, end[: end.startswith(b'"')]])
        parts += [text, end]
    tail = (
        draw(st.sampled_from([b"", b"", b' "more" 1', b' "odd', b" ", b' \\"', b' "\\""', b"x"]))
        if program.extra
        else b""
    )
    return b"".join(parts) + tail


@st.composite
def mutated_lines(draw, program: Program):
    line = draw(valid_lines(program))
    for _ in range(draw(st.integers(1, 3))):
        at = draw(st.integers(0, len(line)))
        line = line[:at] + draw(SNIPPETS) + line[at + draw(st.integers(0, 3)) :]
    return line


@st.composite
def blocks(draw, program: Program):
    """Draw a text of several lines, each with a newline."""
    valid, mutated = valid_lines(program), mutated_lines(program)
    nuls = valid.map(lambda line: b"\0" * 65 + line)
    lines = draw(st.lists(st.one_of(valid, valid, valid, mutated, nuls, HOSTILE), min_size=1, max_size=6))
    ends = [draw(st.sampled_from([b"\n", b"\n", b"\r\n"])) for _ in lines]
    return b"".join(line.replace(b"\n", b" ") + end for line, end in zip(lines, ends, strict=True))


PROGRAMS_AND_TEXTS = PROGRAMS.flatmap(lambda program: st.tuples(st.just(program), blocks(program)))
