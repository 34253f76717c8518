"""What becomes of a file that was gone on with where an older backup of another one ends."""

from __future__ import annotations

import gzip
import json
from collections import Counter

import pytest
from state.rotation import SQL, Logs, config, counted, run

from logproc import keeping, nightly
from logproc.config import NamedReport, Output, State
from logproc.doubtful import EDITED, TWICE
from logproc.state.files import ENDS
from logproc.state.generations import HEAD_BYTES
from logproc.state.ledger import Ledger
from logproc.state.matching import DIVERGED, OLDER, OLDER_AS_A_WHOLE, OLDER_GOES_ON, SHORTENED


class Headed(Logs):
    """Logs whose first line names the columns."""

    def line(self, pad: int = 0, day: int = 1) -> tuple[str, str]:
        number = next(self._numbers)
        key = f"/{number}{'x' * pad}"
        return key, f"2026-11-{day:02d} {number % 24:02d}:00:00 GET {key} 200\n"

    def append(self, name: str, count: int = 1, pad: int = 0, *, torn: bool = False, day: int = 1) -> None:
        if not self.path(name).exists():
            self.path(name).write_text("#Fields: date time cs-method cs-uri-stem sc-status\n")
        super().append(name, count, pad, torn=torn, day=day)


class Nights:
    """A log in its third night of 3 lines each, and what each backup of it held."""

    def __init__(self, folder, kind=Logs, pad=0):
        self.state, self.pad = folder / "state", pad
        self.logs = kind(folder / "logs")
        self.backups = []
        for _ in range(3):
            self.append(3)
            self.check()
            self.backups.append(self.logs.path("a.log").read_bytes())

    def append(self, count, **how):
        self.logs.append("a.log", count, self.pad, **how)

    def restore(self, number):
        self.logs.path("a.log").write_bytes(self.backups[number])

    def numbers_of_rejected(self):
        """Run, and return the line numbers of what was rejected."""
        rejects = self.state / "rejected.jsonl"
        run(self.logs.root, self.state, output=Output(rejects=str(rejects)))
        return [json.loads(line)["line"] for line in rejects.read_bytes().splitlines()]

    def check(self):
        report = run(self.logs.root, self.state)
        assert counted(report) == self.logs.expected()
        return [(file.lines.read, file.reason) for file in report.files]


@pytest.mark.parametrize("pad", [0, 3000])
def test_backups_of_many_nights_ago_are_known_the_further_back_the_fewer(tmp_path, pad):
    nights = Nights(tmp_path, pad=pad)
    for _ in range(3 * ENDS):
        nights.append(1)
        run(nights.logs.root, nights.state)
        nights.backups.append(nights.logs.path("a.log").read_bytes())
    with Ledger.to_read(str(nights.state)) as ledger:
        known = {length for length, _ in ledger.earlier(str(nights.logs.path("a.log")))}
    held = [len(backup) in known for backup in nights.backups[:-1]]
    assert all(held[-ENDS:])
    assert held[0]
    assert ENDS // 2 <= sum(held[:-ENDS]) <= ENDS
    nights.restore(0)
    nights.check()
    nights.append(2)
    nights.check()


@pytest.mark.parametrize("more", [0, 90])
def test_a_backup_of_before_the_first_run_counts_twice_and_the_run_says_so(tmp_path, more):
    logs, said = Logs(tmp_path / "logs"), []
    logs.append("a.log", 60)
    backup = logs.path("a.log").read_bytes()
    assert len(backup) > HEAD_BYTES
    keys = list(logs.ever)
    logs.append("a.log", 20)
    run(logs.root, tmp_path / "state")
    logs.path("a.log").write_bytes(backup)
    logs.append("a.log", more)
    logs.ever.update(keys)
    report = nightly.run(config(logs.root, tmp_path / "state"), warn=said.append)
    assert counted(report) == logs.ever
    (text,) = said
    assert f"a.log: {TWICE[DIVERGED if more else SHORTENED]}. `logproc state forget " in text


@pytest.mark.parametrize("is_kept", [False, True])
@pytest.mark.parametrize("more", [-10, 10])
def test_nothing_is_said_of_a_new_log_that_begins_with_the_same_banner(tmp_path, more, is_kept):
    logs, path = Logs(tmp_path / "logs"), tmp_path / "logs" / "a.log"
    for night in range(1, 4):
        if is_kept and path.exists():
            logs.shift("a.log")
        path.write_text(f"# built from {'x' * 1500}\n" * 3)
        logs.append("a.log", 40 + more * night, day=night)
        assert warnings_of(logs, tmp_path / "state") == (logs.ever, [])


@pytest.mark.parametrize("more", [0, 90])
def test_of_a_log_without_times_nobody_knows_and_it_is_said(tmp_path, more):
    path = tmp_path / "logs" / "a.log"
    path.parent.mkdir()
    lines = [f"level=info message={number}\n" for number in range(400)]
    for some in (lines, lines[:200] + ["level=info message=other\n"] * 3 * more):
        said = []
        path.write_text("".join(some))
        nightly.run(config(path.parent, tmp_path / "state"), warn=said.append)
    assert [TWICE[DIVERGED if more else SHORTENED] in text for text in said] == [True]


def test_of_a_log_that_is_cut_to_its_lines_without_times_it_is_said(tmp_path):
    path = tmp_path / "logs" / "a.log"
    path.parent.mkdir()
    untimed = "".join(f"level=info message={number}\n" for number in range(400))
    for some in ("time=2024-01-02T03:04:05Z level=info message=up\n" * 9, ""):
        said = []
        path.write_text(untimed + some)
        nightly.run(config(path.parent, tmp_path / "state"), warn=said.append)
    assert [TWICE[SHORTENED] in text for text in said] == [True]


@pytest.mark.parametrize("same_inode", [False, True])
@pytest.mark.parametrize("how", ["edited", "a small backup", "rotated", "emptied", "begins later"])
def test_a_file_that_was_edited_counts_twice_and_the_run_says_so(tmp_path, how, same_inode):
    logs, said = Logs(tmp_path / "logs"), []
    path = logs.path("a.log")
    logs.append("a.log", 20)
    run(logs.root, tmp_path / "state")
    keys, lines = list(logs.ever), path.read_bytes().splitlines(keepends=True)
    if how in {"rotated", "emptied"}:
        if how == "rotated":
            logs.copy("a.log", "a.log.1")
        path.write_bytes(b"")
        logs.append("a.log", 9, day=2)
    elif how == "edited":
        path.write_bytes(b"".join(line.replace(b"curl/8", b"a robot") for line in lines))
        logs.ever.update(keys)
    else:
        begin = 0 if how == "a small backup" else 1
        path.write_bytes(b"".join(lines[begin : begin + 9]))
        logs.ever.update(keys[begin : begin + 9])
    if not same_inode:
        path.rename(logs.path("b"))
        logs.copy("b", "a.log")
        logs.path("b").unlink()
    report = nightly.run(config(logs.root, tmp_path / "state"), warn=said.append)
    assert counted(report) == logs.ever
    assert [EDITED in text for text in said] == [True] * (how in {"edited", "a small backup"})


def test_a_record_that_further_lines_could_have_belonged_to_counts_once(tmp_path):
    path = tmp_path / "logs" / "app.log"
    path.parent.mkdir()
    lines = [f"2024-01-02 03:{n // 60:02}:{n % 60:02} INFO message {n}\n" for n in range(200)]
    how = {"named_reports": (NamedReport("lines", "SELECT count(*) AS n FROM app"),)}

    def count(*written):
        path.write_text("".join(written))
        report = run(path.parent, tmp_path / "state", **how)
        return report.table("lines").rows[0][0], report.files[0].reason

    assert count(*lines[:100])[0] == 100
    assert count(*lines[:150])[0] == 150
    assert count(*lines[:100]) == (150, OLDER)
    assert count(*lines[:100], *lines[150:]) == (200, None)


@pytest.mark.parametrize("pad", [0, 3000])
@pytest.mark.parametrize("kind", [Logs, Headed])
def test_it_is_rotated_and_compressed_with_new_lines(tmp_path, kind, pad):
    nights = Nights(tmp_path, kind, pad)
    nights.restore(1)
    nights.append(2)
    nights.check()
    nights.append(2)
    nights.logs.move("a.log", "a.log.1")
    nights.logs.compress("a.log.1")
    nights.check()
    path = nights.logs.path("a.log.1.gz")
    for _ in range(2):
        nights.logs.append("more", 1, pad)
        more = nights.logs.path("more").read_bytes()
        nights.logs.path("more").unlink()
        path.write_bytes(path.read_bytes() + gzip.compress(more.rpartition(b"status\n")[2]))
        nights.check()


@pytest.mark.parametrize("kind", [Logs, Headed])
def test_it_is_compressed_and_its_last_line_goes_on(tmp_path, kind):
    nights = Nights(tmp_path, kind)
    nights.restore(1)
    nights.append(2)
    nights.check()
    nights.append(1, torn=True)
    path = nights.logs.path("a.log")
    whole = path.read_bytes() + b"\n"
    nights.logs.move("a.log", "a.log.1")
    nights.logs.compress("a.log.1")
    nights.check()
    nights.logs.path("a.log.1.gz").write_bytes(gzip.compress(whole))
    nights.check()


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("pad", [0, 3000])
def test_a_line_that_it_ends_within_counts_as_it_goes_on(tmp_path, pad, packed):
    nights = Nights(tmp_path, pad=pad)
    nights.append(0, torn=True)
    torn = list(nights.logs.ever)[-1]
    nights.logs.move("a.log", "a.log.1")
    nights.check()
    path = nights.logs.path("a.log.1")
    backup = path.read_bytes()
    nights.logs.append("b", 1)
    path.write_bytes(backup + b"\n" + nights.logs.path("b").read_bytes())
    nights.logs.path("b").unlink()
    nights.check()
    path.write_bytes(backup + b' "goes on"\n')
    nights.logs.ever[torn] += 1
    if packed:
        nights.logs.compress("a.log.1")
    nights.check()


def test_its_rejected_lines_have_the_numbers_that_they_have_in_the_file(tmp_path):
    nights = Nights(tmp_path)
    nights.restore(1)
    for _ in range(2):
        nights.append(1)
        with nights.logs.path("a.log").open("a") as file:
            file.write("what is this\n")
        lines = len(nights.logs.path("a.log").read_bytes().splitlines())
        assert nights.numbers_of_rejected() == [lines]


def test_its_lines_have_their_numbers_where_days_are_merged(tmp_path):
    nights = Nights(tmp_path)
    run(nights.logs.root, nights.state, state=State(settle=3600.0, compact_after=1))
    nights.restore(1)
    with nights.logs.path("a.log").open("a") as file:
        file.write("what is this\n")
    assert nights.numbers_of_rejected() == [7]


def test_its_lines_have_their_numbers_behind_a_record_that_stood_open(tmp_path):
    path = tmp_path / "logs" / "app.log"
    path.parent.mkdir()
    lines = [f"2024-01-02 03:{n // 60:02}:{n % 60:02} INFO message {n}\n" for n in range(200)]
    how = {"named_reports": (NamedReport("lines", "SELECT count(*) AS n FROM app"),)}
    for some in (lines[:100], lines[:150]):
        path.write_text("".join(some))
        run(path.parent, tmp_path / "state", **how)
    path.write_text("".join(lines[:100]) + "x" * (1 << 17) + "\n")
    rejects = tmp_path / "rejects"
    run(path.parent, tmp_path / "state", output=Output(rejects=str(rejects)), **how)
    assert [json.loads(line)["line"] for line in rejects.read_bytes().splitlines()] == [101]


def test_its_counts_are_taken_out_and_what_is_on_disk_counts_anew(tmp_path):
    nights = Nights(tmp_path)
    nights.logs.move("a.log", "a.log.1")
    nights.check()
    nights.restore(1)
    nights.append(2)
    nights.check()
    path = str(nights.logs.path("a.log"))
    settings = config(nights.logs.root, nights.state)
    with Ledger.to_write(str(nights.state)) as ledger:
        keeping.forget(settings, ledger, path=path, host=None, day=None)
    nights.check()
    with Ledger.to_read(str(nights.state)) as ledger:
        assert {row.verdict for row in keeping.verify(ledger)} == {"same"}


@pytest.mark.parametrize("pad", [0, 3000])
@pytest.mark.parametrize("kind", [Logs, Headed])
def test_it_is_compressed_before_a_run_has_seen_it(tmp_path, kind, pad):
    nights = Nights(tmp_path, kind, pad)
    nights.restore(1)
    nights.append(2)
    nights.append(1, torn=True)
    path = nights.logs.path("a.log")
    whole = path.read_bytes() + b"\n"
    nights.logs.move("a.log", "a.log.1")
    nights.logs.compress("a.log.1", codec="bz2")
    nights.check()
    nights.logs.path("a.log.1.bz2").unlink()
    path.with_name("a.log.1.gz").write_bytes(gzip.compress(whole))
    nights.check()
    path.with_name("a.log.1.gz").unlink()
    path.with_name("a.log.1").write_bytes(whole)
    nights.append(2)
    nights.check()
    nights.logs.move("a.log", "a.log.2")
    nights.logs.compress("a.log.2")
    nights.check()


def warnings_of(logs, state):
    """Run, and return the counts, and what was said of files."""
    said = []
    asked = config(logs.root, state, named_reports=(NamedReport("lines", SQL),))
    report = nightly.run(asked, warn=said.append)
    nightly.reported(asked)
    return counted(report), said


def test_it_was_made_between_two_runs_and_what_counts_twice_is_said(tmp_path):
    nights = Nights(tmp_path)
    second, third = (nights.backups[number].splitlines(keepends=True) for number in (1, 2))
    nights.logs.path("a.log").write_bytes(b"".join(third[: len(second) + 1]))
    nights.append(2)
    nights.logs.ever["/7"] += 1  # as far as anybody could know
    found, said = warnings_of(nights.logs, nights.state)
    assert found == nights.logs.ever
    assert len(said) == 1
    assert f"a.log: {OLDER_GOES_ON}; lines behind that have times of which lines were counted already" in said[0]
    assert "state forget" in said[0]
    assert warnings_of(nights.logs, nights.state) == (nights.logs.ever, [])


def test_nothing_is_said_where_its_new_lines_are_later(tmp_path):
    nights = Nights(tmp_path)
    nights.restore(1)
    nights.append(2)
    assert warnings_of(nights.logs, nights.state) == (nights.logs.ever, [])


@pytest.mark.parametrize("pad", [0, 3000])
@pytest.mark.parametrize("codec", ["", "gz"])
def test_as_utf16_it_is_known_and_with_more_it_is_said_to_count_twice(tmp_path, codec, pad):
    logs, path = Logs(tmp_path / "logs"), tmp_path / "logs" / f"b.log.1.{codec}".rstrip(".")
    texts = [""]

    def write(text):
        path.write_bytes(gzip.compress(text.encode("utf-16")) if codec else text.encode("utf-16"))
        return warnings_of(logs, tmp_path / "state")

    for _ in range(3):
        logs.append("a.log", 4, pad)
        texts.append(texts[-1] + logs.path("a.log").read_text())
        logs.path("a.log").unlink()
        assert write(texts[-1]) == (logs.ever, [])
    assert write(texts[1]) == (logs.ever, [])
    assert write(texts[3]) == (logs.ever, [])
    logs.append("a.log", 1)
    more = texts[2] + logs.path("a.log").read_text()
    logs.path("a.log").unlink()
    logs.ever.update(list(logs.ever)[:8])
    found, said = write(more)
    assert found == logs.ever
    assert len(said) == 1
    assert OLDER_AS_A_WHOLE in said[0]


def test_compressed_utf16_that_has_grown_is_read_as_a_whole(tmp_path):
    logs = Logs(tmp_path / "logs")
    text = ""
    for _ in range(2):
        logs.append("a.log", 4)
        text += logs.path("a.log").read_text()
        logs.path("a.log").unlink()
        logs.path("b.log.gz").write_bytes(gzip.compress(text.encode("utf-16")))
        assert counted(run(logs.root, tmp_path / "state")) == logs.ever


TWO = {
    "named_reports": (NamedReport("lines", SQL), NamedReport("later", SQL.replace("GROUP", "WHERE status > 0 GROUP")))
}


def rebuilt(nights):
    """Count for a report what was counted before it came; returns its counts, and how many bytes it has not seen."""
    report = run(nights.logs.root, nights.state, **TWO, rebuild=("later",))
    assert counted(report) == nights.logs.expected()
    return counted(report, "later"), report.table("later").coverage.bytes_missing


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("pad", [0, 3000])
def test_a_new_report_counts_what_is_left_of_what_an_older_backup_stands_for(tmp_path, pad, packed):
    nights = Nights(tmp_path, pad=pad)
    nights.restore(1)
    if packed:
        nights.logs.move("a.log", "a.log.1")
        nights.logs.compress("a.log.1")
    else:
        nights.append(0, torn=True)  # which is not what was counted there
    nights.check()
    found, missing = rebuilt(nights)
    assert found == Counter(list(nights.logs.ever)[:6])
    assert missing == len(nights.backups[2]) - len(nights.backups[1])


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("whole", [False, True])
@pytest.mark.parametrize("pad", [0, 3000])
def test_a_new_report_counts_all_of_a_file_that_goes_on_from_an_older_backup(tmp_path, pad, whole, packed):
    nights = Nights(tmp_path, pad=pad)
    if whole:
        nights.logs.copy("a.log", "a.log.1")
    nights.restore(1)
    nights.append(2)
    nights.check()
    if packed:
        nights.logs.move("a.log", "a.log.2")
        nights.logs.compress("a.log.2")
        nights.check()
    found, missing = rebuilt(nights)
    gone = [] if whole else list(nights.logs.ever)[6:9]
    assert found == nights.logs.ever - Counter(gone)
    assert missing == (0 if whole else len(nights.backups[2]) - len(nights.backups[1]))
