"""What becomes of lines that were counted and then appended to another file: they count once."""

from __future__ import annotations

import bz2
import gzip
import os
import time

import pytest
from state.rotation import LINE, SQL, Logs, config, counted, run
from state.test_older import Headed

from logproc import keeping
from logproc.config import NamedReport, State
from logproc.errors import UnreadableError
from logproc.inputs import blocks, forward
from logproc.inputs.identity import digest
from logproc.state import failpoints
from logproc.state.ledger import Ledger


class Records(Logs):
    """Logs of an application: of the last record nobody knows whether it goes on."""

    def line(self, pad: int = 0, day: int = 1) -> tuple[str, str]:
        number = next(self._numbers)
        key = f"m{number}{'x' * pad}"
        return key, f"2026-11-{day:02d} 03:{number // 60:02d}:{number % 60:02d} INFO {key}\n"


KINDS = [Logs, Headed, Records]


CODECS = {"": bytes, ".gz": gzip.compress, ".bz2": bz2.compress}


class Archive:
    """A log that is appended to an archive every night, which is compressed or not: `archive` is its ending then."""

    def __init__(self, folder, kind=Logs, pad=0, archive="archive.log"):
        self.state, self.pad = folder / "state", pad
        self.archive = f"archive.log{archive}" if archive in CODECS else archive
        self.packed = CODECS[self.logs_ending()]
        self.logs = kind(folder / "logs")
        sql = SQL.replace("path", "message").replace("web", "app") if kind is Records else SQL
        self.reports = (NamedReport("lines", sql),)

    def logs_ending(self):
        return self.archive[self.archive.rindex(".") :] if self.archive.endswith((".gz", ".bz2")) else ""

    def append(self, count=20, name="a.log", **how):
        self.logs.append(name, count, self.pad, **how)

    def archive_lines(self, count):
        """Append lines of nobody else to the archive."""
        begins = not self.logs.path(self.archive).exists()
        self.append(count, "lines")
        text = self.logs.content("lines")
        self.add(text if begins else text.rpartition(b"status\n")[2])
        self.logs.path("lines").unlink()

    def add(self, text):
        with self.logs.path(self.archive).open("ab") as file:
            file.write(self.packed(text))

    def put_away(self, name="a.log", *, truncate=False):
        self.add(self.logs.content(name))
        if truncate:
            os.truncate(self.logs.path(name), 0)
        else:
            self.logs.path(name).unlink()

    def run(self, **how):
        return run(self.logs.root, self.state, named_reports=self.reports, **how)

    def check(self, **how):
        report = self.run(**how)
        assert counted(report) == self.logs.expected()
        return {file.path.rpartition("/")[2]: (file.status, file.reason) for file in report.files}


HELD = "holds what was counted of a.log"


@pytest.mark.parametrize("pad", [0, 3000])
@pytest.mark.parametrize("more", [0, 2])
@pytest.mark.parametrize("truncate", [False, True])
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("archive", CODECS)
def test_it_counts_once_night_after_night(tmp_path, kind, more, pad, truncate, archive):
    nights = Archive(tmp_path, kind, pad, archive)
    nights.archive_lines(3)
    for _ in range(3):
        nights.append()
        nights.check()
        if more:
            nights.append(more)
        nights.put_away(truncate=truncate)
        if kind is Headed and truncate:
            nights.logs.path("a.log").unlink()
        found = nights.check()[nights.archive]
        assert found == (("read", None) if more or kind is Records else ("unchanged", HELD))
        nights.check()
    with Ledger.to_read(str(nights.state)) as ledger:
        assert {row.verdict for row in keeping.verify(ledger)} == {"same"}
        assert sum(row.lines.read for row in keeping.listing(ledger)) == len(nights.logs.ever) + 4 * (kind is Headed)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("archive", CODECS)
def test_the_archive_is_forgotten_and_counts_anew(tmp_path, kind, archive):
    nights = Archive(tmp_path, kind, archive=archive)
    nights.archive_lines(3)
    nights.append()
    nights.check()
    nights.put_away()
    nights.check()
    with Ledger.to_write(str(nights.state)) as ledger:
        path = str(nights.logs.path(nights.archive))
        keeping.forget(config(nights.logs.root, nights.state), ledger, path=path, host=None, day=None)
    nights.check()


@pytest.mark.parametrize("kind", KINDS)
def test_the_archive_is_forgotten_and_removed_and_the_log_restored(tmp_path, kind):
    nights = Archive(tmp_path, kind)
    nights.append(3, "archive.log")
    archive = list(nights.logs.ever)
    nights.append()
    nights.check()
    backup = nights.logs.path("a.log").read_bytes()
    nights.put_away()
    nights.check()
    nights.logs.path("a.log").write_bytes(backup)
    nights.check()
    nights.logs.path("a.log").unlink()
    nights.check()
    path = nights.logs.path("archive.log")
    with Ledger.to_write(str(nights.state)) as ledger:
        keeping.forget(config(nights.logs.root, nights.state), ledger, path=str(path), host=None, day=None)
    path.unlink()
    nights.logs.path("a.log").write_bytes(backup)
    for key in archive:
        del nights.logs.ever[key]
    nights.check()


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("pad", [0, 3000])
def test_the_archive_is_compressed_and_grows(tmp_path, kind, pad):
    nights = Archive(tmp_path, kind, pad, "archive.log.1")
    nights.append(3, "archive.log.1")
    nights.append()
    nights.check()
    nights.put_away()
    nights.check()
    nights.logs.compress("archive.log.1")
    nights.check()
    nights.append(2, "b")
    path = nights.logs.path("archive.log.1.gz")
    path.write_bytes(path.read_bytes() + gzip.compress(nights.logs.content("b").rpartition(b"status\n")[2]))
    nights.logs.path("b").unlink()
    nights.check()


@pytest.mark.parametrize("archive", CODECS)
def test_two_logs_at_once(tmp_path, archive):
    nights = Archive(tmp_path, archive=archive)
    nights.archive_lines(3)
    nights.append()
    nights.append(4, "b.log")
    nights.check()
    nights.append(2, "b.log")
    nights.put_away()
    nights.put_away("b.log")
    nights.archive_lines(1)
    nights.check()
    nights.check()


@pytest.mark.parametrize("pad", [0, 3000])
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("archive", CODECS)
def test_logs_have_new_lines_when_they_are_put_away(tmp_path, kind, archive, pad):
    nights = Archive(tmp_path, kind, pad, archive)
    nights.archive_lines(3)
    names = ("a.log", "b.log", "c.log")
    for night in range(3):
        for name in names:
            nights.append(12, name)
        nights.check()
        if night == 1:
            nights.archive_lines(2)
        for name in names:
            nights.append(2, name)
            nights.put_away(name)
        found = nights.check()
        assert found[nights.archive][0] == "read"
        nights.check()
    with Ledger.to_read(str(nights.state)) as ledger:
        assert {row.verdict for row in keeping.verify(ledger)} == {"same"}
        assert not ledger.holed()


@pytest.mark.parametrize("archive", CODECS)
def test_what_stands_between_what_was_counted_could_not_be_read(tmp_path, monkeypatch, archive):
    nights = Archive(tmp_path, archive=archive)
    nights.archive_lines(3)
    for name in ("a.log", "b.log"):
        nights.append(12, name)
    nights.check()
    for name in ("a.log", "b.log"):
        nights.append(2, name)
        nights.put_away(name)
    opened, now_ns = blocks.open_regular, time.time_ns() + 10**12

    def broken(place):
        if place == str(nights.logs.path(nights.archive)):
            raise UnreadableError(place, "Input/output error")
        return opened(place)

    with monkeypatch.context() as patch:
        patch.setattr(blocks, "open_regular", broken)
        assert counted(nights.run(now_ns=now_ns)) != nights.logs.expected()
    nights.check(now_ns=2 * now_ns)
    nights.archive_lines(1)
    nights.check(now_ns=3 * now_ns)


@pytest.mark.parametrize("packed", [False, True])
def test_an_archive_is_made_of_them(tmp_path, packed):
    nights = Archive(tmp_path, archive=".gz" if packed else "")
    names = [f"a-2026110{day}.log" for day in range(1, 4)]
    for name in names:
        nights.append(9, name)
        if name != names[1]:
            nights.logs.compress(name)
    nights.check()
    for name in names:
        nights.put_away(name if nights.logs.path(name).exists() else f"{name}.gz")
    nights.check()
    nights.archive_lines(1)
    nights.check()


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("codec", ["gz", "bz2"])
def test_the_archive_was_compressed_when_its_last_record_stood_open(tmp_path, kind, codec):
    nights = Archive(tmp_path, kind)
    nights.append(3, "archive.log")
    nights.append()
    nights.check()
    nights.logs.compress("archive.log", codec=codec)
    nights.archive, nights.packed = f"archive.log.{codec}", CODECS[f".{codec}"]
    nights.put_away()
    nights.check()
    nights.archive_lines(1)
    nights.check()


@pytest.mark.parametrize("place", ["after-scan", "before-plan", "after-plan", "before-results", "before-final"])
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("archive", ["", ".gz"])
def test_a_run_is_killed(tmp_path, monkeypatch, kind, place, archive):
    nights = Archive(tmp_path, kind, archive=archive)
    nights.archive_lines(3)
    nights.append()
    nights.check()
    nights.append(2)
    nights.put_away()

    def reach(name):
        if name == place:
            raise KeyError(name)

    with monkeypatch.context() as patch:
        patch.setattr(failpoints, "reach", reach)
        with pytest.raises(KeyError):
            nights.run()
    nights.check()
    nights.check()


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("archive", CODECS)
def test_days_are_merged(tmp_path, kind, archive):
    nights = Archive(tmp_path, kind, archive=archive)
    nights.archive_lines(3)
    nights.append()
    nights.check(state=State(settle=3600.0, compact_after=1))
    nights.append(2, day=2)
    nights.check()
    nights.put_away()
    nights.check()
    if archive and kind is Headed:
        return  # it can only be read as a whole, and its old days are merged
    nights.archive_lines(2)
    nights.check()


def test_it_is_still_there_or_not_where_the_archive_ended_or_a_part_and_counts_again(tmp_path):
    nights = Archive(tmp_path)
    nights.append(3, "archive.log")
    nights.append()
    nights.check()
    text = nights.logs.content("a.log")
    keys = list(nights.logs.ever)[3:]
    path = nights.logs.path("archive.log")
    with path.open("ab") as file:
        file.write(text)  # it is still there
    nights.logs.ever.update(keys)
    nights.check()
    nights.append(1, "archive.log")  # its end is elsewhere
    nights.put_away()
    nights.check()
    nights.append(6)
    keys = list(nights.logs.ever)[-6:]
    nights.check()
    lines = nights.logs.content("a.log").splitlines(keepends=True)
    with path.open("ab") as file:
        file.write(b"".join(lines[:5]))
    nights.logs.path("a.log").unlink()
    nights.logs.ever.update(keys[:5])
    nights.check()


def test_a_log_that_repeats_itself_counts_again(tmp_path):
    nights = Archive(tmp_path)
    text = LINE.format(host=1, day=1, hour=1, number="same", pad="x" * 300)
    nights.append(3, "archive.log")
    nights.logs.path("a.log").write_text(text * 9)
    key = "/same" + "x" * 300
    nights.logs.ever[key] += 9
    nights.check()
    nights.put_away()
    nights.logs.ever[key] += 9
    nights.check()


@pytest.mark.parametrize("archive", CODECS)
def test_an_archive_is_read_once_however_many_logs_are_in_it(tmp_path, monkeypatch, archive):
    opened, counts = os.open, [0]

    def counting(path, *how, **named):
        counts[-1] += str(path).endswith(nights.archive)
        return opened(path, *how, **named)

    monkeypatch.setattr(os, "open", counting)
    for count in (2, 8):
        nights = Archive(tmp_path / str(count), archive=archive)
        nights.archive_lines(3)
        names = [f"{number}.log" for number in range(count)]
        for name in names:
            nights.append(9, name)
        nights.check()
        for name in names:
            nights.put_away(name)
        counts.append(0)
        nights.check()
        counts.append(0)
    assert counts[1] == counts[3]


def test_no_line_is_looked_at_where_nothing_more_can_stand(tmp_path, monkeypatch):
    nights, looked = Archive(tmp_path), []
    nights.archive_lines(3)
    nights.append(400)
    nights.check()
    nights.put_away()
    nights.archive_lines(400)
    monkeypatch.setattr(forward, "digest", lambda data: looked.append(data) or digest(data))
    assert nights.check()[nights.archive][0] == "read"
    assert len(looked) == 1


@pytest.mark.parametrize("archive", CODECS)
def test_of_logs_that_begin_alike_each_is_found_behind_parts_of_others(tmp_path, archive):
    nights = Archive(tmp_path, archive=archive)
    nights.archive_lines(3)
    names = ("a.log", "b.log", "c.log")
    for name in names:
        nights.logs.begin_alike(name)
        nights.append(9, name)
    nights.check()
    cut = nights.logs.content("a.log").splitlines(keepends=True)[:5]
    nights.logs.ever.update(line.split()[6].decode() for line in cut)
    nights.add(b"".join(cut))
    for name in reversed(names):
        nights.append(1, name)
        nights.put_away(name)
    nights.check()
    nights.check()
