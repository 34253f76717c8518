"""The functions against DuckDB itself, which is the definition of all but the domain's own."""

from __future__ import annotations

import math
import string
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb
import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st
from places import NETWORKS, PLACES, write

from logproc.model import Kind
from logproc.rollup import agents
from logproc.rollup.functions import ALIASES, CALLABLE, FUNCTIONS
from logproc.rollup.functions_geo import BETWEEN
from logproc.rollup.functions_text import like
from logproc.rollup.functions_time import UNITS
from logproc.rollup.functions_web import domain, extension, is_static, site, subnet, tld, url_decode
from logproc.timestamps import civil, day_number, parse_time, rfc3339

DUCK = duckdb.connect()
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

letters = st.text(st.sampled_from("abcAB%_\\.!ß é\n"), max_size=8)
words = st.one_of(letters, st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=12))
integers = st.integers(-1000, 1000)
decimals = st.floats(-1e6, 1e6, allow_nan=False, width=32)
times = st.integers(-(10**15), 4 * 10**15)
logic = st.sampled_from([True, False, None])
maybe = st.one_of(st.none(), integers)


def duck(expression, *values):
    """Evaluate with DuckDB; a numbered parameter stands for each value."""
    result = DUCK.execute(f"SELECT {expression}", list(values)).fetchone()[0]
    return (
        (result - EPOCH.replace(tzinfo=None)) // timedelta(microseconds=1) if isinstance(result, datetime) else result
    )


def ours(name, *values):
    return FUNCTIONS[name](*values)


def instant(micros):
    return EPOCH.replace(tzinfo=None) + timedelta(microseconds=micros)


def same(left, right):
    if isinstance(left, float) and isinstance(right, float):
        return math.isclose(left, right, rel_tol=1e-12, abs_tol=1e-12)
    return left == right and type(left) is type(right)


# ---- three-valued logic ----------------------------------------------------------------------------------------


@given(logic, logic)
def test_and_or_and_not_are_three_valued(a, b):
    assert ours("and", a, b) == duck("$1::BOOL AND $2::BOOL", a, b)
    assert ours("or", a, b) == duck("$1::BOOL OR $2::BOOL", a, b)
    assert ours("not", a) == duck("NOT $1::BOOL", a)


@given(maybe, maybe, maybe)
def test_comparisons_and_conditionals_treat_null_as_duckdb_does(a, b, c):
    for sign in ("=", "<>", "<", "<=", ">", ">="):
        assert ours(sign, a, b) == duck(f"$1::INT {sign} $2::INT", a, b)
    assert ours("in", a, b, c) == duck("$1::INT IN ($2::INT, $3::INT)", a, b, c)
    assert ours("coalesce", a, b, c) == duck("coalesce($1::INT, $2::INT, $3::INT)", a, b, c)
    assert ours("nullif", a, b) == duck("nullif($1::INT, $2::INT)", a, b)
    assert ours("greatest", a, b, c) == duck("greatest($1::INT, $2::INT, $3::INT)", a, b, c)
    assert ours("least", a, b, c) == duck("least($1::INT, $2::INT, $3::INT)", a, b, c)
    assert ours("is_null", a) == duck("$1::INT IS NULL", a)


@given(logic, maybe, logic, maybe, maybe)
def test_case_takes_the_first_true_branch(p, a, q, b, c):
    sql = "CASE WHEN $1::BOOL THEN $2::INT WHEN $3::BOOL THEN $4::INT ELSE $5::INT END"
    assert ours("case", p, a, q, b, c) == duck(sql, p, a, q, b, c)
    without_else = "CASE WHEN $1::BOOL THEN $2::INT WHEN $3::BOOL THEN $4::INT END"
    assert ours("case", p, a, q, b) == duck(without_else, p, a, q, b)


# ---- numbers ---------------------------------------------------------------------------------------------------


@given(integers, integers)
def test_integer_arithmetic(a, b):
    for sign in "+-*":
        assert ours(sign, a, b) == duck(f"$1::BIGINT {sign} $2::BIGINT", a, b)
    if b:
        for sign in ("//", "%"):
            assert ours(sign, a, b) == duck(f"$1::BIGINT {sign} $2::BIGINT", a, b)
        assert same(ours("/", a, b), duck("$1::BIGINT / $2::BIGINT", a, b))


@given(decimals, decimals)
def test_decimal_arithmetic(a, b):
    assume(abs(b) > 1e-3)
    for sign in ("+", "-", "*", "/", "%"):
        assert same(ours(sign, a, b), duck(f"$1::DOUBLE {sign} $2::DOUBLE", a, b)), sign


@given(decimals, st.integers(-3, 4))
@example(2.5, 0)
@example(-2.5, 0)
@example(1250.0, -2)
@example(2.65, 1)
@example(-233.45, 1)
@example(218.135, 2)
@example(0.125, 2)
@example(1e300, 2)
def test_rounding(value, digits):
    assert same(ours("round", value, digits), duck("round($1::DOUBLE, $2::INT)", value, digits))
    assert same(ours("round", value), duck("round($1::DOUBLE)", value))
    for name in ("floor", "ceil", "trunc", "abs"):
        assert same(ours(name, value), duck(f"{name}($1::DOUBLE)", value))


@given(integers, st.integers(-3, 2))
def test_rounding_integers(value, digits):
    assert ours("round", value, digits) == duck("round($1::BIGINT, $2::INT)", value, digits)


@pytest.mark.parametrize("sign", ["/", "//", "%"])
@pytest.mark.parametrize("zero", [0, 0.0])
def test_a_division_by_zero_is_null(sign, zero):
    assert ours(sign, 7, zero) is None
    assert ours(sign, 7.5, zero) is None


@pytest.mark.parametrize(("name", "value"), [("ln", 0), ("ln", -1.0), ("sqrt", -1), ("exp", 1e6), ("log10", 0.0)])
def test_what_has_no_finite_result_is_null(name, value):
    assert ours(name, value) is None


# ---- casts -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    ["5", " 5 ", "-7", "+3", "5.5", "6.5", "-5.5", "1e3", "0x1f", "", "x", "5x", "nan", "--1", "1.5.2", "\u0665"],
)
def test_text_casts_to_integer_as_try_cast_does(text):
    assert ours("cast_integer", text) == duck("TRY_CAST($1 AS BIGINT)", text)


@pytest.mark.parametrize("text", ["5", " 1.5e3 ", "-.5", "", "x", "1.", "1e", "1,5"])
def test_text_casts_to_decimal_as_try_cast_does(text):
    assert ours("cast_decimal", text) == duck("TRY_CAST($1 AS DOUBLE)", text)


@pytest.mark.parametrize("text", ["nan", "inf", "-infinity", "1e999"])
def test_a_decimal_that_is_not_finite_is_null(text):
    assert ours("cast_decimal", text) is None


@pytest.mark.parametrize("text", ["true", "T", "yes", "no", "F", "1", "0", "2", "maybe", ""])
def test_text_casts_to_boolean_as_try_cast_does(text):
    assert ours("cast_boolean", text) == duck("TRY_CAST($1 AS BOOLEAN)", text)


@given(st.one_of(decimals, st.floats(-1e12, 1e12)))
def test_decimals_cast_to_integer_half_to_even(value):
    assert ours("cast_integer", value) == duck("CAST($1::DOUBLE AS BIGINT)", value)


@given(st.one_of(integers, st.booleans(), st.floats(1e-4, 1e15)))
def test_values_cast_to_text(value):
    type_ = {bool: "BOOL", int: "BIGINT", float: "DOUBLE"}[type(value)]
    assert ours("cast_text", value) == duck(f"CAST($1::{type_} AS VARCHAR)", value)


@given(st.text(max_size=20))
def test_no_cast_of_text_raises(text):
    for name in ("cast_text", "cast_integer", "cast_decimal", "cast_boolean", "cast_time"):
        ours(name, text)


def test_integers_beyond_64_bits_are_null():
    assert ours("cast_integer", str(2**63)) is None
    assert ours("cast_integer", str(-(2**63))) == -(2**63)
    assert ours("cast_integer", "9" * 5000) is None


# ---- text ------------------------------------------------------------------------------------------------------


@given(letters, letters)
@example("abc", "a%c")
@example("aab", "%ab")
@example("a", "%a%a")
@example("aa", "%a%a")
@example("\n", "_")
@example("", "%%")
@example("ab", "a_b%")
def test_like(text, pattern):
    assert ours("like", text, pattern) == duck("$1 LIKE $2", text, pattern)
    assert ours("ilike", text, pattern) == duck("$1 ILIKE $2", text, pattern)


@given(letters, letters)
def test_like_with_escape(text, pattern):
    pairs = zip(pattern.split("!"), pattern.split("!")[1:], strict=False)
    assume(all(after[:1] in {"%", "_"} for _, after in pairs))
    assert ours("like", text, pattern, "!") == duck("$1 LIKE $2 ESCAPE '!'", text, pattern)


def test_like_takes_linear_time_on_hostile_text():
    assert like("a" * 20_000, "%a" * 12 + "b%") is False


@given(words, st.integers(-8, 8), st.integers(-8, 8))
def test_substring_left_and_right(text, start, length):
    assume(all(ord(c) < 0x300 for c in text))
    assert ours("substring", text, start, length) == duck("substring($1, $2::INT, $3::INT)", text, start, length)
    assert ours("substring", text, start) == duck("substring($1, $2::INT)", text, start)
    assert ours("left", text, start) == duck("left($1, $2::INT)", text, start)
    assert ours("right", text, start) == duck("right($1, $2::INT)", text, start)


@given(letters, st.sampled_from(["a", "ab", "%", "", "é"]), st.integers(-4, 4))
def test_split_part(text, separator, index):
    assert ours("split_part", text, separator, index) == duck("split_part($1, $2, $3::INT)", text, separator, index)


@given(words, st.text(st.sampled_from("abA é"), max_size=3))
def test_searching_and_replacing(text, part):
    for name in ("starts_with", "ends_with", "contains", "strpos"):
        assert ours(name, text, part) == duck(f"{name}($1, $2)", text, part), name
    assert ours("replace", text, part, "xy") == duck("replace($1, $2, 'xy')", text, part)
    assert ours("||", text, part) == duck("$1 || $2", text, part)
    assert ours("trim", text) == duck("trim($1)", text)
    assert ours("length", text) == duck("length($1)", text)


@given(letters, st.text(st.sampled_from("abA é"), min_size=1, max_size=3))
def test_trimming_characters(text, characters):
    for name in ("trim", "ltrim", "rtrim"):
        assert ours(name, text, characters) == duck(f"{name}($1, $2)", text, characters), name


@given(st.text(st.characters(max_codepoint=0x24F, exclude_characters="\0"), max_size=12))
def test_case_mapping_of_latin_text(text):
    assert ours("lower", text) == duck("lower($1)", text)
    assert ours("upper", text) == duck("upper($1)", text)


@given(st.text(st.sampled_from("abé"), max_size=6), st.integers(-2, 12), st.sampled_from(["x", "xyz", "é"]))
def test_padding(text, length, filling):
    for name in ("lpad", "rpad"):
        assert ours(name, text, length, filling) == duck(f"{name}($1, $2::INT, $3)", text, length, filling)
    assert ours("repeat", text, length) == duck("repeat($1, $2::BIGINT)", text, length)
    assert ours("reverse", text) == duck("reverse($1)", text)


def test_padding_and_repeating_are_bounded():
    assert len(ours("lpad", "x", 10**12, "y")) <= 1 << 20
    assert len(ours("repeat", "xyz", 10**12)) <= 1 << 20


def test_concat_skips_null_and_the_operator_does_not():
    assert ours("concat", "a", None, 1) == duck("concat('a', NULL, 1)") == "a1"
    assert ours("||", "a", None) is None


@pytest.mark.parametrize("pattern", ["b", "^a", "c$", "(b)(c)?", "[a-c]+", r"\d", "B", "x*", "a|b", "$"])
@pytest.mark.parametrize("text", ["abcabc", "", "ABC\n", "12", "é"])
def test_regular_expressions(text, pattern):
    assert ours("regexp_matches", text, pattern) == duck("regexp_matches($1, $2)", text, pattern)
    assert ours("regexp_full_match", text, pattern) == duck("regexp_full_match($1, $2)", text, pattern)
    assert ours("regexp_extract", text, pattern) == duck("regexp_extract($1, $2)", text, pattern)
    assert ours("regexp_matches", text, pattern, "i") == duck("regexp_matches($1, $2, 'i')", text, pattern)
    for options in ("", "g"):
        sql = f"regexp_replace($1, $2, '<\\0>', '{options}')"
        assert ours("regexp_replace", text, pattern, r"<\0>", options) == duck(sql, text, pattern)


def test_regexp_extract_takes_a_group():
    assert ours("regexp_extract", "/user/42/x", r"/user/(\d+)", 1) == "42"


# ---- times -----------------------------------------------------------------------------------------------------


@given(times, st.sampled_from(sorted(set(UNITS.values()))))
@example(-1, "week")
@example(0, "quarter")
def test_date_trunc(micros, unit):
    assert ours("date_trunc", unit, micros) == duck("date_trunc($2, $1::TIMESTAMP)", instant(micros), unit)


@given(times)
@example(1609459200_000000)
@example(-1)
def test_parts_of_a_time(micros):
    for name in (
        "year", "quarter", "month", "week", "isoyear", "day", "dayofyear", "dayofweek", "isodow", "hour", "minute",
        "second", "millisecond", "microsecond", "epoch", "epoch_ms", "epoch_us",
    ):  # fmt: skip
        assert ours(name, micros) == duck(f"{name}($1::TIMESTAMP)", instant(micros)), name


@given(times)
def test_strftime(micros):
    pattern = "%Y-%m-%d %H:%M:%S.%f %g %j %a %A %b %B %u %w %I %p %y %V %G %U %W %-d %%"
    assert ours("strftime", micros, pattern) == duck("strftime($1::TIMESTAMP, $2)", instant(micros), pattern)


@given(times)
def test_times_cast_to_text_and_back(micros):
    assert ours("time_text", micros) == duck("CAST($1::TIMESTAMP AS VARCHAR)", instant(micros))
    assert parse_time(rfc3339(micros)) == micros


@given(st.integers(-(10**7), 10**7))
def test_civil_dates_convert_back(days):
    assert day_number(*civil(days)) == days


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-11-23T07:00:00Z", "2026-11-23T07:00:00Z"),
        ("2026-11-23T07:00:00.5+02:00", "2026-11-23T05:00:00.500000Z"),
        ("2026-11-23 07:00", "2026-11-23T07:00:00Z"),
        ("2026-11-23", "2026-11-23T00:00:00Z"),
        ("2024-02-29", "2024-02-29T00:00:00Z"),
    ],
)
def test_times_are_read_as_instants(text, expected):
    assert rfc3339(parse_time(text)) == expected


@pytest.mark.parametrize("text", ["2023-02-29", "2026-13-01", "2026-11-23T24:00:00Z", "yesterday", "", "2026-11-23T07"])
def test_what_is_no_time_is_null(text):
    assert ours("cast_time", text) is None


# ---- the domain ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://Example.COM/x?y", "example.com"),
        ("http://user:pw@news.example.co.uk:8080/", "news.example.co.uk"),
        ("//cdn.example.org/x", "cdn.example.org"),
        ("https://[2001:db8::1]:443/", "[2001:db8::1]"),
        ("example.com/path", "example.com"),
        ("www.example.com:80", "www.example.com"),
        ("android-app://com.google.android.gm/", "com.google.android.gm"),
        ("/relative/path", None),
        ("-", None),
        ("", None),
        ("http://", None),
    ],
)
def test_domain(url, expected):
    assert domain(url) == expected


def test_site_and_tld():
    assert site("https://a.b.example.co.uk/") == "example.co.uk"
    assert site("https://www.example.com") == "example.com"
    assert site("http://192.0.2.7/") == "192.0.2.7"
    assert tld("https://www.example.com") == "com"
    assert tld("http://192.0.2.7/") is None
    assert tld("http://localhost/") is None


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/a/b.CSS", "css"),
        ("/x.tar.gz?y=1.js", "gz"),
        ("/a.b/c", None),
        ("/.htaccess", None),
        ("/x.", None),
        ("", None),
    ],
)
def test_extension(path, expected):
    assert extension(path) == expected


def test_static_files_are_known_by_extension():
    assert is_static("/logo.PNG")
    assert not is_static("/index.php")
    assert not is_static("/")


def test_url_decode_keeps_bytes_that_are_no_text():
    assert url_decode("a%20b+c%C3%A9%zz%ff") == "a b+cé%zz\\xff"


@pytest.mark.parametrize(
    ("client", "bits", "expected"),
    [
        ("192.0.2.77", None, "192.0.2.0/24"),
        ("192.0.2.77", 16, "192.0.0.0/16"),
        ("2001:db8:1:2::3", None, "2001:db8:1::/48"),
        ("[2001:db8:1:2::3]", 32, "2001:db8::/32"),
        ("256.0.0.1", None, None),
        ("192.0.2.077", None, None),
        ("192.0.2.77", 99, None),
        ("192.0.2.77", -1, None),
        ("example.com", None, None),
    ],
)
def test_subnet(client, bits, expected):
    assert (subnet(client) if bits is None else subnet(client, bits)) == expected


@given(
    st.text(max_size=40), st.sampled_from(["domain", "site", "tld", "extension", "is_static", "url_decode", "subnet"])
)
def test_no_domain_function_raises(text, name):
    ours(name, text)


# ---- user agents -----------------------------------------------------------------------------------------------

CHROME = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.0.0 Safari/537.36"
)
IPHONE = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "
    "Version/17.1 Mobile/15E148 Safari/604.1"
)
CUBOT = (
    "Mozilla/5.0 (Linux; Android 9; CUBOT X19) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/90.0.1.2 "
    "Mobile Safari/537.36"
)
GOOGLEBOT = "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"
GPTBOT = "Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; GPTBot/1.0; +https://openai.com/gptbot)"
FACEBOOK = "facebookexternalhit/1.1 (+http://www.facebook.com/externalhit_uatext.php)"


@pytest.mark.parametrize(
    ("agent", "browser", "version", "os", "bot", "ai"),
    [
        (CHROME, "Chrome", "120", "Windows", None, None),
        (IPHONE, "Mobile Safari", "17", "iOS", None, None),
        (CUBOT, "Chrome Mobile", "90", "Android", None, None),
        (GOOGLEBOT, "Googlebot", "2", None, "Googlebot", None),
        (GPTBOT, "GPTBot", "1", None, "GPTBot", "GPTBot"),
        (FACEBOOK, "FacebookBot", "1", None, "facebookexternalhit", None),
        ("curl/8.4.0", "curl", "8", None, "curl", None),
        ("python-requests/2.31", "Python Requests", "2", None, "python-requests", None),
        ("Go-http-client/1.1", "Go-http-client", "1", None, "Go-http-client", None),
        ("", None, None, None, None, None),
        ("zz", None, None, None, None, None),
    ],
)
def test_agents(agent, browser, version, os, bot, ai):
    found = agents.classify(agent)
    assert (found.browser, found.browser_version, found.os, found.bot, found.ai) == (browser, version, os, bot, ai)
    assert ours("is_bot", agent) is (bot is not None)
    assert ours("is_ai_crawler", agent) is (ai is not None)


def test_devices_are_named_and_spiders_have_none():
    assert ours("device", IPHONE) == "iPhone"
    assert ours("device", GOOGLEBOT) is None


def corpus_agents():
    root = Path(__file__).parents[2] / "../shared/corpora/elastic_examples"
    found = set()
    for path in root.rglob("*") if root.is_dir() else ():
        if path.is_file() and path.stat().st_size < 20_000_000:
            found.update(
                line.split('"')[-2] for line in path.read_text("utf-8", "replace").splitlines() if line.count('"') >= 6
            )
    return sorted(found)[::7][:150]


def test_the_rust_resolver_finds_what_the_plain_one_finds():
    from ua_parser import BasicResolver, Domain, load_lazy_builtins

    resolver = BasicResolver(load_lazy_builtins())
    known = [CHROME, IPHONE, CUBOT, GOOGLEBOT, GPTBOT, FACEBOOK, "Wget/1.2", "Nokia6100/1.0", "Zoë/1 bot/2"]
    for agent in [*known, *corpus_agents()]:
        expected = resolver(agent, Domain.ALL)
        found = agents.classify(agent)
        assert found.browser == (expected.user_agent and expected.user_agent.family)
        assert found.os == (expected.os and expected.os.family)
        assert agents.device_family(agent) == (expected.device and expected.device.family)


def test_hostile_agents_are_remembered_cut():
    agents._classify.cache_clear()
    for last in "abc":
        agents.classify("x" * 5000 + last)
    assert agents._classify.cache_info().currsize == 1


def test_a_huge_agent_is_looked_at_in_part():
    assert ours("browser", "x" * 2_000_000 + "Chrome/1.0") is None


# ---- the table -------------------------------------------------------------------------------------------------

SAMPLES = {Kind.TEXT: "a1", Kind.INTEGER: 3, Kind.DECIMAL: 2.5, Kind.BOOLEAN: True, Kind.TIME: 10**15}


@pytest.mark.parametrize("name", sorted(FUNCTIONS))
def test_every_function_keeps_its_promises(name, places):
    function = FUNCTIONS[name]
    assert function.name == name
    assert function.doc
    # What must be constant is given a value that passes the check.
    candidates = ["hour", "%Y", "a", "i", places]
    arguments = []
    for place in range(function.least):
        check = dict(function.constants).get(place)
        kind = next(k for k in SAMPLES if k in function.parameter(place))
        arguments.append(next(c for c in candidates if check(c) is None) if check else SAMPLES[kind])
    function(*arguments)
    if not function.null_safe and arguments:
        assert function(*[None] * len(arguments)) is None


@pytest.fixture(scope="module")
def places(tmp_path_factory):
    folder = tmp_path_factory.mktemp("geo")
    return BETWEEN.join([str(write(folder / "a.mmdb", PLACES)), str(write(folder / "b.mmdb", NETWORKS))])


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("192.0.2.7", ("DE", "Germany", "Europe", "Berlin", 64500, "Example Net")),
        ("192.0.3.7", (None, None, None, None, 64500, "Example Net")),
        ("198.51.100.1", ("JP", "Japan", "Asia", None, None, None)),
        ("[2001:db8::5]", ("FR", "France", None, None, 64501, "Documentation")),
        ("10.0.0.1", (None,) * 6),
        ("example.org", (None,) * 6),
    ],
)
def test_places_come_from_the_first_file_that_knows(places, address, expected):
    names = ("country", "country_name", "continent", "city", "asn", "asn_name")
    assert tuple(ours(name, address, places) for name in names) == expected


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/user/123/orders?x=1", "/user/{id}/orders"),
        ("/a/550e8400-e29b-41d4-a716-446655440000#x", "/a/{uuid}"),
        ("/blog/2026-01-02/post/20260102", "/blog/{date}/post/{date}"),
        ("/static/app.3f2a9c1b.js", "/static/app.{hash}.js"),
        ("/d41d8cd98f00b204e9800998ecf8427e/", "/{hash}/"),
        ("/order-10023/a;jsessionid=1", "/order-{id}/a"),
        ("/t/aBc123dEf456GhI789", "/t/{token}"),
        ("/i/12345.jpg", "/i/{id}.jpg"),
        ("/u/anna@example.org", "/u/{email}"),
        ("/h/192.168.1.1", "/h/{ip}"),
        ("/jquery-3.6.0.min.js", "/jquery-3.6.0.min.js"),
        ("/api/v2/me", "/api/v2/me"),
        ("host:8080/order/12345", "host:8080/order/{id}"),
        ("example.org:443", "example.org:443"),
        ("10.0.0.1:8443", "{ip}:8443"),
        ("[2001:db8::1]:8443", "{ip}:8443"),
        ("http://shop-1:3128/i/77?x", "http://shop-1:3128/i/{id}"),
        ("/proxy/api.example.org:9090/health", "/proxy/api.example.org:9090/health"),
        ("/proxy/10.0.0.1:9090/x", "/proxy/{ip}:9090/x"),
        ("/talk:10023/12:34", "/talk:{id}/12:34"),
        ("/t/eyJhbGc.eyJzdWIi.abc-_/x", "/t/{token}/x"),
        ("/a/abcdefab-abcd-ABCD-abcd-abcdefabcdef/x", "/a/{uuid}/x"),
        ("/about-us/read_me.txt", "/about-us/read_me.txt"),
        ("*", "*"),
        ("", ""),
    ],
)
def test_route(path, expected):
    assert ours("route", path) == expected


def test_the_route_of_a_hostile_path_takes_linear_time():
    for piece in ("a", "1", "a1", "-1", "%40a.", "eyJ.", ".1", "a.", ":1", "a:"):
        ours("route", "/" + piece * 100_000)


@pytest.mark.parametrize(
    ("referrer", "expected"),
    [
        ("https://www.google.com/search?hl=en&q=log+files%20sql#x", "log files sql"),
        ("https://search.yahoo.co.jp/search?p=x", "x"),
        ("https://www.google.com/", None),
        ("https://example.org/?q=x", None),
        ("nonsense", None),
    ],
)
def test_keyphrase(referrer, expected):
    assert ours("keyphrase", referrer) == expected


def test_addresses_are_anonymized_and_types_of_files_told():
    assert ours("anonymize", "192.0.2.77") == "192.0.2.0"
    assert ours("anonymize", "2001:db8:1:2::3") == "2001:db8:1::"
    assert ours("anonymize", "host.example.org") is None
    assert (ours("ip_version", "::1"), ours("ip_version", "1.2.3.4"), ours("ip_version", "x")) == (6, 4, None)
    assert (ours("mime_type", "/a/B.JPG?x"), ours("mime_type", "/a")) == ("image/jpeg", None)


@pytest.mark.parametrize(
    ("code", "name"),
    [("772", "TLSv1.3"), ("4865", "TLS_AES_128_GCM_SHA256"), ("TLSv1.2", "TLSv1.2"), ("99", "99"), ("²", "²")],
)
def test_tls_is_named_where_it_is_logged_as_a_number(code, name):
    assert ours("tls_name", code) == name


def test_no_pattern_takes_long_on_any_text():
    assert ours("regexp_matches", "a" * 100_000, "(a+)+$") is True
    assert ours("regexp_matches", "a" * 100_000 + "b", "(a|aa)+$") is False
    assert ours("regexp_extract", "a" * 50_000 + "!", "(a*)*b") == ""


def test_aliases_lead_to_functions():
    assert set(ALIASES.values()) <= set(FUNCTIONS)
    assert not set(ALIASES) & set(FUNCTIONS)
    assert all(set(name) <= {*string.ascii_lowercase, *string.digits, "_"} for name in CALLABLE)
