from __future__ import annotations

import os
import stat
import threading
from pathlib import Path

import pytest

from logproc.errors import OutputError, UsageError
from logproc.report.files import replacing, require_writable, write_atomically


def test_a_file_is_replaced_as_a_whole(tmp_path):
    target = tmp_path / "report.json"
    target.write_bytes(b"old")
    with replacing(str(target)) as file:
        file.write(b"new")
        assert target.read_bytes() == b"old"
    assert target.read_bytes() == b"new"
    assert [path.name for path in tmp_path.iterdir()] == ["report.json"]


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt])
def test_a_failure_leaves_the_old_file_and_nothing_else(tmp_path, error):
    target = tmp_path / "report.json"
    target.write_bytes(b"old")

    def fail():
        with replacing(str(target)) as file:
            file.write(b"half")
            raise error

    with pytest.raises(error):
        fail()
    assert target.read_bytes() == b"old"
    assert [path.name for path in tmp_path.iterdir()] == ["report.json"]


def test_the_mode_of_an_existing_file_stays_and_a_new_one_follows_the_umask(tmp_path):
    target = tmp_path / "a"
    target.write_bytes(b"")
    target.chmod(0o640)
    write_atomically(str(target), b"x")
    assert stat.S_IMODE(target.stat().st_mode) == 0o640
    mask = os.umask(0o027)
    try:
        write_atomically(str(tmp_path / "b"), b"x")
    finally:
        os.umask(mask)
    assert stat.S_IMODE((tmp_path / "b").stat().st_mode) == 0o640


def test_a_symbolic_link_stays_one(tmp_path):
    (tmp_path / "real").write_bytes(b"old")
    (tmp_path / "link").symlink_to("real")
    write_atomically(str(tmp_path / "link"), b"new")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "real").read_bytes() == b"new"


def test_what_is_no_regular_file_is_written_to_and_not_replaced(tmp_path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    got = []
    reader = threading.Thread(target=lambda: got.append(pipe.read_bytes()))
    reader.start()
    write_atomically(str(pipe), b"through")
    reader.join()
    assert got == [b"through"]
    assert stat.S_ISFIFO(pipe.stat().st_mode)


def test_what_cannot_be_written_is_named_with_the_reason(tmp_path):
    with pytest.raises(OutputError, match=r"no/such/report\.json: cannot be written: No such file or directory"):
        write_atomically(str(tmp_path / "no/such/report.json"), b"")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
def test_a_full_disk_is_named_while_a_run_goes_on_and_at_its_end():
    def write(*pieces):
        with replacing("/dev/full") as file:
            for piece in pieces:
                file.write(piece)

    for pieces in ((b"short",), (bytes(1 << 20), b"short")):
        with pytest.raises(OutputError, match="/dev/full: cannot be written: No space left on device"):
            write(*pieces)


@pytest.mark.parametrize("special", [False, True])
def test_an_error_within_a_run_is_not_blamed_on_the_file_that_it_writes(tmp_path, special):
    def run():
        with replacing("/dev/null" if special else str(tmp_path / "rejects")) as file:
            file.write(b"line")
            raise FileNotFoundError(2, "No such file or directory", "something else")

    with pytest.raises(FileNotFoundError, match="something else"):
        run()
    assert list(tmp_path.iterdir()) == []


def test_outputs_are_checked_before_the_work(tmp_path):
    require_writable("--json", str(tmp_path / "new.json"))
    with pytest.raises(UsageError, match=r"--json .* does not exist; create it first"):
        require_writable("--json", str(tmp_path / "no/report.json"))
    with pytest.raises(UsageError, match="is a folder; name a file in it"):
        require_writable("--json", str(tmp_path))


def test_what_is_open_already_is_written_to_and_not_replaced(tmp_path):
    reading, writing = os.pipe()
    with os.fdopen(reading, "rb") as reader:
        write_atomically(f"/dev/fd/{writing}", b"through a pipe")
        os.close(writing)
        assert reader.read() == b"through a pipe"
    target = tmp_path / "all.json"
    with target.open("ab") as file:
        file.write(b"before, ")
        file.flush()
        for name in (f"/dev/fd/{file.fileno()}", f"/proc/self/fd/{file.fileno()}"):
            write_atomically(name, b"behind ")
    assert target.read_bytes() == b"before, behind behind "
    assert list(tmp_path.iterdir()) == [target]
