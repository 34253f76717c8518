"""The column `raw` is the line as it stands in its file, whatever its parser rewrites while it reads."""

import json
from io import BytesIO

import pytest

from logproc.adhoc.rows import parse as write_rows
from logproc.cli import execute
from logproc.config import Flags, load

MANY = 10_000

FORMATS = {  # name of the file: lines in front, a line, and what is asked beside the line
    "gin.log": ("", '[GIN] 2023/01/02 - 12:00:00 | 200 |  {n:>7}ms |  10.0.0.1 | GET      "/{n}"', "duration"),
    "a.jsonl": ("", '{{"time":"2023-01-02T12:00:00Z","status":200,"duration":"{n}ms","msg":"a\\"{n}"}}', "duration"),
    "a.csv": (
        "time,level,message,duration\n",
        '2023-01-02T12:00:00Z,info,"say ""hi"" now {n}",{n}ms',
        "message, duration",
    ),
    "w3c.log": (
        "#Software: IIS\n#Fields: date time s-ip cs-method cs-uri-stem cs(User-Agent) sc-status time-taken\n",
        "2023-01-02 12:00:00 10.0.0.1 GET /{n} Mozilla/5.0+(X11;+Linux) 200 15",
        "user_agent",
    ),
    "a.logfmt": ("", 'time=2023-01-02T12:00:00Z level=info msg="a \\"b\\" {n}" duration={n}ms', "message, duration"),
    "stamped.log": ("", '2023-01-02T12:00:00.678Z {{"level":"info","msg":"up {n}","duration":"{n}ms"}}', "duration"),
    "docker.log": (
        "",
        '{{"log":"tab\\there {n}\\n","stream":"stdout","time":"2023-01-02T12:00:00.000000000Z"}}',
        "message",
    ),
}


@pytest.fixture(params=FORMATS)
def written(request, tmp_path):
    """A file of a format, its lines, and the columns that its parser rewrites."""
    head, line, asked = FORMATS[request.param]
    lines = [line.format(n=n) for n in range(60)]
    path = tmp_path / request.param
    path.write_text(head + "\n".join(lines))  # the last one has no newline
    return path, lines, asked


def parsed(path, *select, **options):
    out = BytesIO()
    write_rows(load(Flags(paths=(str(path),), **options), find=False), out, select=select)
    return [json.loads(line) for line in out.getvalue().splitlines()]


def answer(capfd, path, sql, *options):
    assert execute(["sql", sql, str(path), "--to", "json", "-q", *options]) == 0
    found = json.loads(capfd.readouterr().out)
    names = [column["name"] for column in found["columns"]]
    return [dict(zip(names, row, strict=True)) for row in found["rows"]]


def test_parse_shows_the_line(written):
    path, lines, asked = written
    assert [row["raw"] for row in parsed(path, "raw", *asked.split(", "))] == lines


@pytest.mark.parametrize("to", ["csv", "parquet"])
def test_parse_writes_the_line_to_tables(written, to, tmp_path):
    pa = pytest.importorskip("pyarrow", reason="needs pyarrow: pip install 'logproc[sql]'")
    from pyarrow import csv, parquet

    path, lines, asked = written
    out = tmp_path / f"out.{to}"
    select = f"raw,_line,{asked.replace(' ', '')}"
    assert execute(["parse", str(path), "--select", select, "--to", to, "-o", str(out), "-q"]) == 0
    table = parquet.read_table(out) if to == "parquet" else csv.read_csv(out)
    assert isinstance(table, pa.Table)
    assert table.column("raw").to_pylist() == lines


def test_sql_shows_the_line(written, capfd):
    path, lines, asked = written
    assert [row["raw"] for row in answer(capfd, path, f"SELECT raw, {asked} FROM logs")] == lines


def test_groups_are_of_the_line(written, capfd):
    path, lines, asked = written
    values = ", ".join(f"max({name})" for name in asked.split(", "))
    found = answer(capfd, path, f"SELECT raw, {values}, count(*) AS n FROM logs GROUP BY raw")
    assert sorted(row["raw"] for row in found) == sorted(lines)


def test_conditions_are_of_the_line(written, capfd):
    path, lines, asked = written
    first = lines[7].replace("'", "''")
    assert len(answer(capfd, path, f"SELECT {asked} FROM logs WHERE raw = '{first}'")) == 1
    out = BytesIO()
    write_rows(load(Flags(paths=(str(path),)), find=False), out, where=f"raw = '{first}'")
    assert len(out.getvalue().splitlines()) == 1


def test_blocks_that_wait_together_keep_their_lines(written, capfd):
    path, lines, asked = written
    head, line, _ = FORMATS[path.name]
    lines = [line.format(n=n) for n in range(MANY)]
    path.write_text(head + "\n".join(lines) + "\n")
    found = answer(capfd, path, f"SELECT raw, {asked} FROM logs")
    wrong = [(row["raw"], line) for row, line in zip(found, lines, strict=True) if row["raw"] != line]
    assert not wrong[:1]  # the first says enough


def test_wide_text_is_shown_as_its_lines(written, capfd):
    path, lines, asked = written
    path.write_bytes(path.read_text().encode("utf-16"))
    assert [row["raw"] for row in answer(capfd, path, f"SELECT raw, {asked} FROM logs")] == lines
    assert [row["raw"] for row in parsed(path, "raw", *asked.split(", "))] == lines


def test_files_of_several_formats_show_the_lines_of_each(tmp_path, capfd):
    gin, other = FORMATS["gin.log"][1], FORMATS["a.jsonl"][1]
    bare = gin.replace('"/{n}"', "bad")
    lines = [(gin, other, gin, bare)[n % 4].format(n=n) for n in range(400)]
    path = tmp_path / "a.log"
    path.write_text("\n".join(lines) + "\n")
    found = parsed(path, "raw", "duration")
    assert [row["raw"] for row in found] == lines
    rows = answer(capfd, path, "SELECT raw, duration FROM logs")
    assert sorted(row["raw"] for row in rows) == sorted(lines)


def test_coloured_lines_are_shown_without_their_colours_and_with_all_else(tmp_path, capfd):
    line = '[GIN] 2023/01/02 - 12:00:00 |\x1b[97;42m 200 \x1b[0m|  {n:>7}ms |  10.0.0.1 |\x1b[97;44m GET     \x1b[0m "/{n}"'  # noqa: E501
    plain = '[GIN] 2023/01/02 - 12:00:00 | 200 |  {n:>7}ms |  10.0.0.1 | GET      "/{n}"'
    path = tmp_path / "a.log"
    path.write_text("".join(line.format(n=n) + "\n" for n in range(50)))
    wanted = [plain.format(n=n) for n in range(50)]
    assert [row["raw"] for row in answer(capfd, path, "SELECT raw, duration FROM logs")] == wanted
    assert [row["raw"] for row in parsed(path, "raw", "duration")] == wanted


def test_refused_lines_are_kept_as_they_stand(written, capfd, tmp_path):
    path, lines, asked = written
    bad = {
        "gin.log": lines[5].replace("GET", "%% %"),
        "a.jsonl": lines[5][:-1] + ",x}",
        "a.csv": lines[5] + ",more",
        "w3c.log": lines[5] + " more",
        "docker.log": lines[5][:-1] + ",x}",
        "stamped.log": lines[5][:-1] + ",x}",
    }.get(path.name)
    if bad is None:
        return
    path.write_text(path.read_text() + "\n" + bad + "\n")
    for number, sql in enumerate(
        (f"SELECT raw, {asked} FROM logs", f"SELECT {asked}, count(*) FROM logs GROUP BY ALL")
    ):
        rejects = tmp_path / f"rejects{number}"
        answer(capfd, path, sql, "--rejects", str(rejects))
        assert [json.loads(line)["raw"] for line in rejects.read_text().splitlines()] == [bad]
