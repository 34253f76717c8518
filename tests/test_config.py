from __future__ import annotations

import tomllib
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from logproc.config import Check, Flags, load, require_paths, require_supported
from logproc.config_keys import ARRAYS, KEYS, REQUIRED, TABLES, parse_fail_if
from logproc.errors import ConfigError, UsageError
from logproc.instants import resolve_instant, to_micros
from logproc.toml_lines import find_lines

ROOT = Path(__file__).parents[1]
NOW = datetime(2024, 5, 15, 10, 30, tzinfo=UTC)  # a Wednesday


@pytest.fixture
def written(tmp_path, monkeypatch):
    """Write a config.toml into an empty working folder and load it."""
    monkeypatch.chdir(tmp_path)

    def write(text="", **flags):
        (tmp_path / "config.toml").write_text(text, encoding="utf-8")
        return load(Flags(**flags), now=NOW)

    return write


def refusal(written, text):
    with pytest.raises(ConfigError) as caught:
        written(text)
    return str(caught.value)


# ---- values


def test_the_example_of_the_contract_is_read_as_written(written):
    config = written("""
root = "/mnt/logs"
state_dir = "/var/lib/logproc"
timezone = "Europe/Berlin"
max_reject_ratio = 0.05
discover = { include = ["**/*"], exclude = ["**/.snapshot/**"], follow_symlinks = false }
[[source]]
name = "web"
include = ["**/access*.log*"]
format = "auto"
host = "^(?P<host>[^/]+)/"
timezone = "UTC"
[reports]
use = ["web", "syslog", "app"]
[[report]]
name = "slow_routes"
sql = "SELECT 1"
[[check]]
name = "error budget"
sql = "SELECT avg(status) FROM web"
fail_if = "> 0.01"
[run]
backend = "serial"
workers = 3
[output]
json = "report.json"
html = "/abs/report.html"
csv = "csv/"
metrics_file = "m.prom"
[limits]
max_groups = 200000
max_line_bytes = 1048576
block_bytes = 65536
[state]
settle = 60
retain = 400
compact_after = 32
""")
    assert (config.root, config.paths, config.state_dir) == ("/mnt/logs", ("/mnt/logs",), "/var/lib/logproc")
    assert (config.timezone, config.max_reject_ratio) == ("Europe/Berlin", 0.05)
    assert config.discover.exclude == ("**/.snapshot/**",)
    source = config.sources[0]
    assert (source.name, source.include, source.host) == ("web", ("**/access*.log*",), "^(?P<host>[^/]+)/")
    assert (source.timezone, source.line) == ("UTC", 7)
    assert config.use == ("web", "syslog", "app")
    assert (config.named_reports[0].name, config.named_reports[0].sql) == ("slow_routes", "SELECT 1")
    assert (config.checks[0].name, config.checks[0].fail_if) == ("error budget", "> 0.01")
    assert (config.backend, config.workers) == ("serial", 3)
    assert (config.output.json, config.output.html, config.output.csv) == ("report.json", "/abs/report.html", "csv/")
    assert (config.limits.block_bytes, config.state.settle, config.state.retain) == (65536, 60.0, 400)


def test_an_empty_file_means_the_defaults_of_the_table(written):
    config = written("", paths=("x",))
    for key in KEYS:
        if key.table in {"", *TABLES} - {"reports", "run"}:
            holder = config if not key.table else getattr(config, key.table)
            assert getattr(holder, key.name) == key.default, key.dotted
    assert (config.use, config.backend, config.sources, config.checks) == (("web", "syslog", "app"), "auto", (), ())
    assert config.workers >= 1


def test_flags_win_over_the_file(written):
    config = written(
        'root = "logs"\n[run]\nbackend = "serial"\nworkers = 3\n[output]\njson = "a.json"',
        paths=("elsewhere",),
        backend="threads",
        workers=5,
        json="b.json",
    )
    assert (config.paths, config.backend, config.workers) == (("elsewhere",), "threads", 5)
    assert (config.output.json, config.root) == ("b.json", "logs")


def test_paths_in_the_file_are_relative_to_its_folder(tmp_path):
    folder = tmp_path / "etc"
    folder.mkdir()
    (folder / "c.toml").write_text('root = "logs"\n[output]\njson = "out.json"\nrejects = "-"')
    config = load(Flags(config=str(folder / "c.toml"), since="now"), now=NOW)
    assert (config.root, config.output.json) == (str(folder / "logs"), str(folder / "out.json"))
    assert config.output.rejects == "-"


def test_without_a_file_there_is_no_need_for_one(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert load(Flags(paths=("a",))).file is None


def test_a_program_reads_no_config_by_accident(written):
    written('root = "x"')
    assert load(Flags(paths=("a",)), find=False).root is None


def test_nothing_to_read_says_what_to_do(written):
    with pytest.raises(UsageError, match=r'name a folder.*or write root = ".*" into config.toml'):
        require_paths(written(""))


def test_a_ledger_counts_all_lines_and_reports_are_asked_for_days(written):
    config = replace(written('state_dir = "s"'), since=5)
    with pytest.raises(UsageError, match="ask `logproc report --since T --until T`"):
        require_supported(config)


# ---- refusals


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("[limits]\nmax_grops = 5", 2, ("'max_grops' in [limits]", "'limits.max_groups'")),
        ("rot = 'x'", 1, ("'rot'", "'root'")),
        ("# comment\n\n[limit]\nmax_groups = 5", 3, ("'limit'", "'[limits]'")),
        ("[[sources]]\nname = 'x'", 1, ("'sources'", "'[[source]]'")),
        ("max_groups = 5", 1, ("'max_groups'", "'limits.max_groups'")),
        ("[run]\nzzz = 1", 2, ("'zzz' in [run]", "did you mean")),
        ("[[source]]\nname='a'\ninclude=['x']\n[[source]]\nname='b'\ninclude=['x']\nhots='y'", 7, ("'hots'", "host")),
        ("limits = { max_groups = 1, block = 2 }", 1, ("'block' in [limits]", "block_bytes")),
        ("[[report]]\nname='a'\nsql='SELECT 1'\ntitle='A'", 4, ("'title' in [[report]]", "-- title: ")),
        ("limits.max_groups = 1\nlimits.blok_bytes = 2", 2, ("'blok_bytes'", "block_bytes")),
    ],
)
def test_an_unknown_key_is_named_with_its_line_and_the_nearest_known_one(written, text, line, words):
    message = refusal(written, text)
    assert message.startswith(f"config.toml:{line}: unknown key ")
    for word in words:
        assert word in message


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("max_reject_ratio = 'x'", 1, "must be a number, not 'x'"),
        ("max_reject_ratio = 1.5", 1, "must be from 0 to 1, not 1.5"),
        ("max_reject_ratio = nan", 1, "must be from 0 to 1"),
        ("\ntimezone = 'Europe/Berlim'", 2, "no time zone: 'Europe/Berlim'"),
        ("timezone = '../../etc/passwd'", 1, "no time zone"),
        ("root = ''", 1, "must not be empty"),
        ("root = 5", 1, "must be a text, not 5"),
        ("root = 2024-01-01", 1, "not a date or time"),
        ("[limits]\nmax_groups = 0", 2, "must be from 1 to"),
        ("[limits]\nmax_groups = true", 2, "a whole number, not true"),
        ("[limits]\nmax_groups = 1.0", 2, "a whole number, not 1.0"),
        ("[discover]\nfollow_symlinks = 1", 2, "true or false, not 1"),
        ("[discover]\ninclude = 'x'", 2, "a list of texts"),
        ("[discover]\ninclude = []", 2, "must not be empty"),
        ("[discover]\ninclude = ['a', 3]", 2, "a list of texts"),
        ("[discover]\ninclude = ['/mnt/logs/**']", 2, "'/mnt/logs/**', which is absolute"),
        ("[discover]\ninclude = ['a', 'web/']", 2, "write 'web/**' for all that lies in it"),
        ("[discover]\nexclude = ['/x']", 2, "absolute"),
        ("[[source]]\nname = 'a'\ninclude = ['**/{a,b}.log']", 3, "braces are not expanded"),
        ("[[source]]\nname = 'a'\ninclude = ['!x']", 3, "discover.exclude, without the '!'"),
        ("[[source]]\nname = 'a'\ninclude = ['x']\nformat = 'combind'", 1, "'a': unknown format 'combind'; did you"),
        ("[[source]]\nname = 'a'\ninclude = ['x']\nformat = 'regex:(x'", 1, "'a': '(x' is not a regular expression"),
        ("[run]\nbackend = 'spark'", 2, "must be one of auto, serial"),
        ("[run]\nworkers = -1", 2, "must be from 0 to 1024"),
        ("[run]\nmemory = 63", 2, "must be 0 (no limit) or at least 64 MiB, not 63"),
        ("[run]\nmemory = 1073741825", 2, "must be at most 1073741824 MiB"),
        ("[run]\nbackend = 'queue'\nscheduler = 'local'", 3, 'goes with backend = "dask", not with "queue"'),
        ("[run]\nlisten = '127.0.0.1:1'\nbackend = 'dask'", 2, 'goes with backend = "queue", not with "dask"'),
        ("[[source]]\ninclude = ['x']", 1, "[[source]] name is missing"),
        ("[[source]]\nname = 'a'", 1, "[[source]] include is missing"),
        ("[[source]]\ninclude = ['x']\nname = 'logs'", 3, "all logs; call the source otherwise"),
        ("[[source]]\nname = 'Logs'\ninclude = ['x']", 2, "all logs; call the source otherwise"),
        ("[[source]]\nname = 'a'\ninclude = ['x']\nhost = '('", 4, "not a regular expression"),
        ("[[source]]\nname = 'a'\ninclude = ['x']\nhost = 'x'", 4, "needs a group (?P<host>...)"),
        ("[[report]]\nname='a'\nsql='x'\n[[report]]\nsql='y'\nname='a'", 6, "two [[report]] are called 'a'"),
        ("[[report]]\nname='a/b'\nsql='x'", 2, "without a slash"),
        ("[[check]]\nname='a'\nsql='x'\nfail_if='lots'", 4, "write an operator and a number"),
        ("limits = 5", 1, "must be a table: [limits]"),
        ("[source]\nname = 'x'", 1, "an array of tables: [[source]]"),
        ("source = [1]", 1, "an array of tables: [[source]]"),
        ("a = 1\nb = = 2", 2, "is not TOML"),
    ],
)
def test_a_wrong_value_is_refused_with_its_line(written, text, line, words):
    message = refusal(written, text)
    assert message.startswith(f"config.toml:{line}: ")
    assert words in message


@pytest.mark.parametrize("globs", ["exclude = ['old/', '**/{x}/*']", "include = ['**/[{]a,b}', '[abc', './x']"])
def test_globs_that_can_match_are_taken(written, globs):
    assert written(f"[discover]\n{globs}").discover


def test_a_link_that_leads_nowhere_is_no_empty_configuration(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "config.toml").symlink_to("gone.toml")
    with pytest.raises(ConfigError, match=r"config\.toml: cannot be read: No such file"):
        load(Flags(paths=("x",)))


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(ConfigError, match=r"nowhere\.toml: cannot be read: No such file"):
        load(Flags(config=str(tmp_path / "nowhere.toml")))


def test_a_file_that_is_not_text_is_refused(tmp_path):
    (tmp_path / "c.toml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ConfigError, match="not UTF-8"):
        load(Flags(config=str(tmp_path / "c.toml")))


# ---- lines of keys

_NAMES = st.sampled_from(["a", "b-c", '"x.y"', "'lit eral'", '"esc\\"aped"'])
_VALUES = st.recursive(
    st.sampled_from(
        ["1", "true", '"# no ] comment"', "'}{'", '"""\nmulti\n"quoted" """', "'''\n[x]\n'''", "1979-05-27"]
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3).map(lambda items: "[\n# c ]\n" + ",\n".join(items) + "\n]"),
        inner.map(lambda item: "{ k = " + item + ", l = 2 }"),
    ),
    max_leaves=6,
)


@given(st.lists(st.tuples(_NAMES, _VALUES), max_size=5, unique_by=lambda pair: pair[0]), st.booleans())
def test_every_key_that_tomllib_finds_has_the_line_where_it_stands(pairs, in_array):
    head = "[[t]]\nfirst = 1 # x = [\n[[t]]\n" if in_array else "[t.u]\n"
    text = head + "".join(f"\n# {name} = 0\n  {name} = {value} # end\n" for name, value in pairs)
    table = tomllib.loads(text)
    table, base = (table["t"][1], ("t", 1)) if in_array else (table["t"]["u"], ("t", "u"))
    lines = find_lines(text)
    for (name, _), key in zip(pairs, table, strict=True):
        line = text.splitlines()[lines[*base, key] - 1]
        assert line.lstrip().startswith(name + " =")


@pytest.mark.parametrize(
    ("text", "path", "line"),
    [
        ("a.b.c = 1\na.d = 2", ("a", "d"), 2),
        ("x = [\n 1,\n {y = 2}]", ("x", 1, "y"), 3),
        ("[[a]]\n[[a.b]]\nc=1\n[[a]]\n[[a.b]]\nc=1", ("a", 1, "b", 0, "c"), 6),
        ("[a]\n[a.'b.c']\nd=1", ("a", "b.c", "d"), 3),
        ('"a\\u0062" = 1', ("ab",), 1),
    ],
)
def test_nested_tables_and_arrays_are_followed(text, path, line):
    assert find_lines(text)[path] == line


# ---- times


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2024-05-01T06:00:00Z", "2024-05-01T06:00:00+00:00"),
        ("2024-05-01t06:00:00.25+02:00", "2024-05-01T04:00:00.250000+00:00"),
        ("2024-05-01 06:00:00.123456789-01:30", "2024-05-01T07:30:00.123456+00:00"),
        ("2016-12-31T23:59:60Z", "2017-01-01T00:00:00+00:00"),
        ("2024-05-01T06:00", "2024-05-01T04:00:00+00:00"),
        ("2024-05-01", "2024-04-30T22:00:00+00:00"),
        ("2024-01-01", "2023-12-31T23:00:00+00:00"),
        ("now", "2024-05-15T10:30:00+00:00"),
        ("today", "2024-05-14T22:00:00+00:00"),
        ("Yesterday", "2024-05-13T22:00:00+00:00"),
        ("wednesday", "2024-05-14T22:00:00+00:00"),
        ("thursday", "2024-05-08T22:00:00+00:00"),
        ("monday", "2024-05-12T22:00:00+00:00"),
        ("-24h", "2024-05-14T10:30:00+00:00"),
        ("-30m", "2024-05-15T10:00:00+00:00"),
        ("-90s", "2024-05-15T10:28:30+00:00"),
        ("-7d", "2024-05-08T10:30:00+00:00"),
        ("-2w", "2024-05-01T10:30:00+00:00"),
        ("-1h30m", "2024-05-15T09:00:00+00:00"),
        ("-1D12H", "2024-05-13T22:30:00+00:00"),
        ("tomorrow", "2024-05-15T22:00:00+00:00"),
        ("Mon", "2024-05-12T22:00:00+00:00"),
        ("2024-05", "2024-04-30T22:00:00+00:00"),
        ("@1714543200", "2024-05-01T06:00:00+00:00"),
        ("@1714543200.25", "2024-05-01T06:00:00.250000+00:00"),
        ("[01/May/2024:06:00:00 +0100]", "2024-05-01T05:00:00+00:00"),
        ("01/May/2024:06:00:00", "2024-05-01T04:00:00+00:00"),
    ],
)
def test_times_mean_what_they_say_in_the_configured_zone(text, expected):
    assert resolve_instant(text, NOW, ZoneInfo("Europe/Berlin")) == to_micros(datetime.fromisoformat(expected))


@pytest.mark.parametrize(
    "text",
    [
        *("", "soon", "24h", "-24", "-1M", "-1h1M", "-1y", "2024-13-01", "2024-02-30", "2024-13", "20240501", "2024"),
        *("2024-05-01T25:00:00Z", "-999999999w", "@", "@-1", "@9999999999999", "@999999999999", "1714521600"),
        *("32/May/2024:06:00:00", "01/Mai/2024:06:00:00", "[01/May/2024]"),
    ],
)
def test_what_is_no_time_is_refused_with_examples(text):
    with pytest.raises(UsageError, match="is not a time"):
        resolve_instant(text, NOW, ZoneInfo("UTC"))


def test_a_time_without_its_minus_is_offered_with_it():
    with pytest.raises(UsageError, match=r"'24h' is not a time; did you mean -24h\?; write "):
        resolve_instant("24h", NOW, ZoneInfo("UTC"))


def test_midnight_is_that_of_the_zone_across_a_clock_change():
    after = datetime(2024, 4, 1, 0, 30, tzinfo=UTC)  # Berlin changed its clocks on 31 March
    midnight = resolve_instant("yesterday", after, ZoneInfo("Europe/Berlin"))
    assert midnight == to_micros(datetime(2024, 3, 30, 23, tzinfo=UTC))


@given(st.datetimes(min_value=datetime(1, 1, 2), max_value=datetime(9999, 12, 30)))  # noqa: DTZ001
def test_an_instant_reads_back_to_the_microsecond(moment):
    aware = moment.replace(tzinfo=UTC)
    assert resolve_instant(aware.isoformat(), NOW, ZoneInfo("UTC")) == to_micros(aware)


def test_since_must_lie_before_until(written):
    with pytest.raises(UsageError, match="is not before"):
        written("", since="today", until="yesterday")
    config = written('timezone = "Europe/Berlin"', since="yesterday", until="today")
    assert config.until - config.since == 24 * 3600 * 1_000_000


# ---- checks


@pytest.mark.parametrize(
    ("condition", "value", "fails"),
    [
        ("> 0.01", 0.02, True),
        ("> 0.01", 0.01, False),
        (">=1e-2", 0.01, True),
        ("< 5", 4, True),
        ("<= 5", 6, False),
        ("== 3", 3.0, True),
        ("= 3", 4, False),
        ("!= 0", 1, True),
        ("> -.5", 0, True),
        ("> 0", float("nan"), False),
    ],
)
def test_a_check_fails_when_its_condition_holds(condition, value, fails):
    assert Check("c", "SELECT 1", condition).fails(value) is fails


@pytest.mark.parametrize("text", ["", ">", "0.1", "> x", "> 1 2", "=> 1", "> 1; DROP", "> inf"])
def test_what_is_no_condition_is_not_read_as_one(text):
    assert parse_fail_if(text) is None


# ---- documents


def test_the_reference_lists_every_key_with_its_default():
    text = (ROOT / "docs" / "reference" / "config.md").read_text(encoding="utf-8")
    rows = [line for line in text.splitlines() if line.startswith("| `")]
    for key in KEYS:
        default = "" if key.default in (None, REQUIRED) else f"`{documented(key.default)}`"
        found = [row for row in rows if row.startswith(f"| `{key.name}` | {key.type} |") and default in row]
        assert found, f"{key.dotted} is missing: run `python docs/generate.py`"


def documented(default: object) -> str:
    if isinstance(default, bool):
        return str(default).lower()
    return str(list(default)).replace("'", '"') if isinstance(default, tuple) else str(default)


def test_the_shipped_config_shows_every_key_and_is_valid(monkeypatch):
    monkeypatch.chdir(ROOT)
    config = load(Flags())
    require_paths(config)
    require_supported(config)
    assert Path(config.paths[0]).is_dir()
    text = (ROOT / "config.toml").read_text(encoding="utf-8")
    shown = [line.removeprefix("# ") for line in text.splitlines()]
    headers = {"": 0, **{name: shown.index(f"[{name}]") for name in TABLES}}
    headers |= {name: shown.index(f"[[{name}]]") for name in ARRAYS}
    for key in KEYS:
        begin = headers[key.table]
        end = min((at for at in headers.values() if at > begin), default=len(shown))
        assert any(line.startswith(f"{key.name} = ") for line in shown[begin:end]), f"config.toml lacks {key.dotted}"


def test_everything_the_shipped_config_comments_out_is_valid_too(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    known = {*(key.name for key in KEYS), *TABLES, *ARRAYS}
    lines = []
    for line in (ROOT / "config.toml").read_text(encoding="utf-8").splitlines():
        bare = line.removeprefix("# ")
        word = bare.strip("[] ").split(" ")[0]
        is_code = word in known and (" = " in bare or bare.startswith("["))
        lines.append(bare if is_code else line)
    Path("config.toml").write_text("\n".join(lines), encoding="utf-8")
    config = load(Flags())
    assert config.state_dir
    assert config.sources
    assert config.checks
