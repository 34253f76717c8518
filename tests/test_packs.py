"""Small access logs, many in one buffer: what is usual is told in one pass, and nothing more is asked of it."""

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

import logproc
from logproc import packs, worker
from logproc.formats import FORMATS
from logproc.formats.detect import BY_RANK
from logproc.formats.outlook import is_unlike
from logproc.formats.parser import Matcher
from logproc.kernels.packs import usual_texts
from logproc.model import PADDING

USUAL = FORMATS["combined"]
ABOVE = [row for row in BY_RANK if row.rank > USUAL.rank and row.program is not None]
LINE = '1.2.3.4 - - [29/Jul/2023:10:26:06 -0700] "GET /{} HTTP/1.1" 200 157 "-" "curl/8"\n'

HOSTILE = st.sampled_from(
    [
        *(b"-", b"a", b"a:80", b":", b"::1", b"1.2.3.4", b"1.2.3.4:80", b"[::1]:80", b"(10.0.0.9)", b"www.example.org"),
        *(b" ", b'"', b"[", b"]", b"\r", b"\t", b"7ms", b"0123456789abcdef", b"\xc3\xa9", b"9"),
        b"[29/Jul/2023:10:26:06 -0700]",
    ]
)
WORDS = st.lists(HOSTILE, max_size=4).map(b"".join)
REST = st.lists(HOSTILE | st.sampled_from([b' "GET / HTTP/1.1" 200 5 ', b'"-" "x"', b'"x"']), max_size=9).map(b"".join)
LINES = st.builds(b'%b - %b [%b"%b'.__mod__, st.tuples(WORDS, WORDS, REST, st.sampled_from([b"", b"\r", b" 7", b" "])))
TAILS = REST.map(lambda rest: b' [29/Jul/2023:10:26:06 -0700] "GET /%b HTTP/1.1" 200 5 "-" "%b"' % (rest, rest))
ACCESS = st.builds(b"%b - %b%b".__mod__, st.tuples(WORDS, WORDS, TAILS))


def usual(texts: list[bytes]) -> list[bool]:
    """Ask the kernel about texts that stand one behind the other."""
    ends = np.cumsum([len(text) for text in texts], dtype=np.int64)
    begins = np.concatenate(([0], ends[:-1]))
    buffer = np.frombuffer(b"".join(texts) + bytes(PADDING), np.uint8)
    found = np.zeros(len(texts), np.uint8)
    usual_texts(buffer.ctypes.data, begins, ends, len(texts), found)
    return [bool(answer) for answer in found]


@given(st.lists(st.lists(LINES | ACCESS | REST, min_size=1, max_size=4), min_size=1, max_size=4))
def test_a_text_is_usual_whose_lines_all_are(texts):
    expected = [all(packs.USUAL_LINE.match(line) for line in lines) for lines in texts]
    assert usual([b"".join(line + b"\n" for line in lines) for lines in texts]) == expected


@given(LINES | ACCESS)
@example(b'a:80 - - [29/Jul/2023:10:26:06 -0700] "GET / [29/Jul/2023:10:26:06 -0700] "GET / H" 200 5 "-" "x"')
@example(b'1.2.3.4 - [::1] - - [29/Jul/2023:10:26:06 -0700] "GET / HTTP/1.1" 200 5 "-" "x"')
def test_what_is_usual_is_no_line_of_a_format_that_says_more_and_not_disowned(line):
    text = line + b"\n"
    matcher = Matcher()
    if usual([text]) == [True] and matcher(USUAL, text) == (1, 0):
        assert not is_unlike(USUAL, text)
        assert [row.name for row in ABOVE if matcher(row, text)[0] and not is_unlike(row, text)] == []


@pytest.mark.parametrize("row", ABOVE, ids=lambda row: row.name)
def test_samples_of_formats_that_say_more_are_not_usual(row):
    assert not any(usual([f"{sample.line}\n".encode() for sample in row.samples]))


@pytest.mark.parametrize("line", [LINE, LINE.replace("1.2.3.4 - -", "::1 - joe"), LINE.replace("\n", "\r\n")])
def test_usual_access_logs_are_tokenised_once(tmp_path, monkeypatch, line):
    query, logs = tmp_path / "count.sql", tmp_path / "logs"
    query.write_text("SELECT count(*) AS n FROM web")
    logs.mkdir()
    for number in range(packs.LEAST + 4):
        (logs / f"{number}.log").write_text("".join(line.format(n) for n in range(100)), newline="")

    def refuse(*arguments):
        raise AssertionError(arguments)

    monkeypatch.setattr(worker.PieceReader, "process", refuse)
    monkeypatch.setattr(packs.packs, "match_texts", refuse)
    monkeypatch.setattr(packs, "is_unlike", refuse)
    report = logproc.run(logs, reports=[str(query)], workers=1, backend="serial")
    assert report.lines.counted == 100 * (packs.LEAST + 4)


NAMED = (
    r'regex:^(?P<client>[^ ]+) - - \[(?P<time>[^\]]+)\] "(?P<request>[^"]*)" (?P<status>[0-9]+) (?P<bytes>[0-9]+) '
    r'"-" "(?P<user_agent>[^"]*)"$'
)


POSTGRES = "2024-01-02 03:04:05.678 UTC [77] LOG:  checkpoint starting: time\n\tand on\n"


@pytest.mark.parametrize(
    ("named", "line", "expected"),
    [
        (NAMED, LINE, NAMED),
        ("postgres:%m [%p] ", LINE, "combined"),
        ("postgres:%m [%p] ", POSTGRES, "postgres:%m [%p] "),
    ],
    ids=["a pattern", "another", "of several lines"],
)
def test_a_format_that_a_source_names_is_found_in_many_small_files_as_in_one(tmp_path, named, line, expected):
    logs = tmp_path / "logs"
    (logs / "other").mkdir(parents=True)
    for number in range(packs.LEAST + 4):
        (logs / f"{number}.log").write_text("".join(line.format(n) for n in range(5)))
    query, settings = tmp_path / "count.sql", tmp_path / "c.toml"
    query.write_text("SELECT count(*) AS n FROM web")
    settings.write_text(f"[[source]]\nname = 'x'\ninclude = ['other/*']\nformat = '{named}'\n")
    report = logproc.run(logs, reports=[str(query)], workers=1, backend="serial", config=settings)
    assert {file.format for file in report.files} == {expected}


@pytest.mark.parametrize("named", [NAMED.replace("- -", "= ="), "postgres:%m [%p] "], ids=["a pattern", "a program"])
def test_access_logs_that_a_named_format_does_not_read_are_still_read_many_at_once(tmp_path, monkeypatch, named):
    read = worker.PackReader.read
    found = []
    monkeypatch.setattr(worker.PackReader, "read", lambda reader, *rest: found.append(read(reader, *rest)) or found[-1])
    test_a_format_that_a_source_names_is_found_in_many_small_files_as_in_one(tmp_path, named, LINE, "combined")
    assert sum(map(len, found)) == packs.LEAST + 4
