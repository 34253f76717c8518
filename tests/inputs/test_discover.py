"""Discovery lists every regular file once, in one order, and says what it could not use."""

from __future__ import annotations

import os
import re
import socket
from typing import TYPE_CHECKING, Self

import pytest

from logproc.inputs.discover import Source, discover
from logproc.model import LogFile

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

Plant = "Callable[..., Path]"


@pytest.fixture
def plant(tmp_path: Path) -> Callable[..., Path]:
    """Make files, each holding its own name, below a folder, and return the folder."""

    def make(*names: str) -> Path:
        root = tmp_path / "logs"
        root.mkdir(exist_ok=True)
        for name in names:
            path = root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(name)
        return root

    return make


def found(root: Path, *paths: Path | str, **options: object) -> list[str]:
    """Paths below `root` that discovery lists without a problem."""
    return [
        os.path.relpath(file.path, root) for file in discover(map(str, paths or (root,)), **options) if not file.problem
    ]


def problems(*paths: Path | str, **options: object) -> dict[str, str]:
    return {file.path: file.problem for file in discover(map(str, paths), **options) if file.problem}


def test_files_come_in_codepoint_order_of_the_whole_path(plant: Plant) -> None:
    root = plant("b/c", "a/x.log", "a-b", "a.log", ".hidden/it", "Z", "é")
    assert found(root) == [".hidden/it", "Z", "a-b", "a.log", "a/x.log", "b/c", "é"]


def test_size_and_time_are_those_of_the_file(plant: Plant) -> None:
    root = plant("a.log")
    os.utime(root / "a.log", ns=(1, 1_700_000_000_123_456_789))
    assert list(discover([str(root)])) == [LogFile(str(root / "a.log"), 5, 1_700_000_000_123_456_789)]


@pytest.mark.parametrize("named", ["{}", "{}/", "{}//"])
def test_a_slash_behind_a_folder_changes_nothing(plant: Plant, named: str) -> None:
    root = plant("a/b")
    assert [file.path for file in discover([named.format(root)])] == [str(root / "a/b")]


@pytest.mark.parametrize(
    ("include", "exclude", "want"),
    [
        (["**/*.log"], [], ["a.log", "web/a.log", "web/old/b.log"]),
        (["*.log"], [], ["a.log"]),
        (["web/**"], [], ["web/a.log", "web/old/b.log", "web/old/c.gz"]),
        (["web/*"], [], ["web/a.log"]),
        (["**/[!a].log", "**/c.*"], [], ["web/old/b.log", "web/old/c.gz"]),
        (["**/?.gz"], [], ["web/old/c.gz"]),
        (["**/old/**/*"], [], ["web/old/b.log", "web/old/c.gz"]),
        (["**/*"], ["**/old/**"], ["a.log", "web/a.log"]),
        (["**/*"], ["**/old"], ["a.log", "web/a.log"]),
        (["**/*"], ["web/"], ["a.log"]),
        (["**/*"], ["web/*.log"], ["a.log", "web/old/b.log", "web/old/c.gz"]),
        (["**/*"], ["**/*"], []),
        (["**/*.l[!/]g"], ["**/b*"], ["a.log", "web/a.log"]),
        ([], [], []),
    ],
)
def test_globs(plant: Plant, include: list[str], exclude: list[str], want: list[str]) -> None:
    root = plant("a.log", "web/a.log", "web/old/b.log", "web/old/c.gz")
    assert found(root, include=include, exclude=exclude) == want


@pytest.mark.parametrize("name", ["a[b.log", "a{1}.log", "a+b(c).log", "a\nb.log", "a^b", "a-[z]"])
def test_odd_names_match_themselves(plant: Plant, name: str) -> None:
    root = plant(name, "other")
    glob = name.replace("[z]", "[[]z[]]")
    assert found(root, include=[glob]) == [name]


def test_an_excluded_folder_is_not_walked(plant: Plant, monkeypatch: pytest.MonkeyPatch) -> None:
    root = plant("a", ".snapshot/deep/b")
    walked = []
    scandir = os.scandir
    monkeypatch.setattr(os, "scandir", lambda path: (walked.append(path), scandir(path))[1])
    assert found(root, exclude=["**/.snapshot/**"]) == ["a"]
    assert walked == [str(root)]


def test_a_named_file_is_listed_whatever_the_globs_say(plant: Plant) -> None:
    root = plant("a.txt", "b.txt")
    assert found(root, root / "a.txt", include=["**/*.log"], exclude=["**/*.txt"]) == ["a.txt"]


def test_overlapping_paths_list_a_file_once(plant: Plant) -> None:
    root = plant("a", "web/b", "web/c")
    assert found(root, root / "web/b", root / "web", root, f"{root}/", root / "web/../a") == ["a", "web/b", "web/c"]


def test_names_that_are_no_text_work(plant: Plant) -> None:
    root = plant("plain")
    with open(os.fsencode(root) + b"/caf\xe9\n", "wb"):  # noqa: PTH123
        pass
    files = list(discover([str(root)], include=["**/caf?\n", "**/plain"]))
    assert [os.fsencode(file.path) for file in files] == [
        os.fsencode(root) + b"/caf\xe9\n",
        os.fsencode(root) + b"/plain",
    ]


def test_standard_input_passes_through(plant: Plant) -> None:
    root = plant("a")
    assert [file.path for file in discover(["-", str(root)])] == ["-", str(root / "a")]


# ---- what is no regular file ------------------------------------------------------------------------------------


def test_a_path_that_is_not_there(tmp_path: Path) -> None:
    path = str(tmp_path / "nowhere")
    assert problems(path, "") == {path: "no such file or folder", "": "no such file or folder"}
    assert problems("a\0b") == {"a\0b": "a path cannot hold a null byte"}


def test_pipes_sockets_and_devices_are_never_listed(plant: Plant) -> None:
    root = plant("a")
    os.mkfifo(root / "fifo")
    with socket.socket(socket.AF_UNIX) as server:
        here = os.getcwd()  # noqa: PTH109
        os.chdir(root)  # the path of a socket may have 107 bytes at most
        try:
            server.bind("socket")
        finally:
            os.chdir(here)
        assert found(root) == ["a"]
        assert problems(root) == {}
        assert problems(root / "fifo", root / "socket", "/dev/null") == {
            str(root / "fifo"): 'not a regular file (fifo); pipe it into standard input, and name "-"',
            str(root / "socket"): "not a regular file (socket)",
            "/dev/null": "not a regular file (character device)",
        }


def test_links_are_left_alone_unless_asked_for(plant: Plant, tmp_path: Path) -> None:
    root = plant("a")
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere/b").write_text("b")
    (root / "folder").symlink_to(tmp_path / "elsewhere")
    (root / "file").symlink_to(tmp_path / "elsewhere/b")
    assert found(root) == ["a"]
    assert found(root, follow_symlinks=True) == ["a", "file"]
    assert found(root, root / "file") == ["file"]
    assert found(root, root / "folder") == ["folder/b"]


def test_a_file_behind_several_links_is_listed_once_by_its_own_name(plant: Plant) -> None:
    root = plant("z/real", "z/other")
    (root / "a").symlink_to("z/real")
    (root / "b").symlink_to("z")
    (root / "z/c").symlink_to("../a")
    assert found(root, follow_symlinks=True) == ["z/other", "z/real"]


def test_a_hard_link_is_the_same_file(plant: Plant) -> None:
    root = plant("b")
    os.link(root / "b", root / "a")
    assert found(root) == ["a"]
    assert problems(root) == {str(root / "b"): f"the same file as {root / 'a'}, by a hard link"}
    (root / "c").symlink_to("b")
    assert found(root, root / "." / "b", f"{root}/./a", follow_symlinks=True) == ["a"]
    assert list(problems(root, f"{root}/./a", follow_symlinks=True)) == [str(root / "b")]  # spelt anew is no other name


def test_loops_of_links_end(plant: Plant) -> None:
    root = plant("a/b")
    (root / "a/up").symlink_to("..")
    (root / "a/self").symlink_to("self")
    (root / "gone").symlink_to("nowhere")
    assert found(root, follow_symlinks=True) == ["a/b"]
    said = problems(root, follow_symlinks=True)
    assert sorted(said) == [str(root / "a/self"), str(root / "gone")]
    assert all(text.startswith("symbolic link that leads nowhere: ") for text in said.values())


# ---- what cannot be read ----------------------------------------------------------------------------------------


def test_a_folder_that_may_not_be_listed_is_reported(plant: Plant, monkeypatch: pytest.MonkeyPatch) -> None:
    root = plant("a", "locked/b", "open/c")
    scandir = os.scandir

    def guarded(path: str) -> object:
        if path.endswith("locked"):
            raise PermissionError(13, "Permission denied", path)
        return scandir(path)

    monkeypatch.setattr(os, "scandir", guarded)
    assert found(root) == ["a", "open/c"]
    assert problems(root) == {str(root / "locked"): "cannot be listed: permission denied"}


def test_a_folder_that_vanishes_is_no_problem(plant: Plant, monkeypatch: pytest.MonkeyPatch) -> None:
    root = plant("a", "gone/b")
    scandir = os.scandir

    def guarded(path: str) -> object:
        if path.endswith("gone"):
            raise FileNotFoundError(2, "No such file or directory", path)
        return scandir(path)

    monkeypatch.setattr(os, "scandir", guarded)
    assert [file.path for file in discover([str(root)])] == [str(root / "a")]


class Entry:
    """A folder entry whose status is what the test says."""

    def __init__(self, path: str, error: OSError) -> None:
        self.path = path
        self.name = path.rpartition("/")[2]
        self.error = error

    def is_file(self, *, follow_symlinks: bool) -> bool:
        return not follow_symlinks

    def stat(self, *, follow_symlinks: bool) -> os.stat_result:
        assert not follow_symlinks
        raise self.error


@pytest.mark.parametrize(
    ("error", "want"),
    [(OSError(5, "Input/output error"), "input/output error"), (FileNotFoundError(2, "No such file"), None)],
)
def test_a_file_without_status(plant: Plant, monkeypatch: pytest.MonkeyPatch, error: OSError, want: str | None) -> None:
    root = plant("a")
    path = str(root / "bad")

    class Listing(list[Entry]):
        def __enter__(self) -> Self:
            return self

        def __exit__(self, *_: object) -> None:
            pass

    monkeypatch.setattr(os, "scandir", lambda _: Listing([Entry(path, error)]))
    assert problems(root) == ({path: want} if want else {})


# ---- sources ----------------------------------------------------------------------------------------------------


def test_the_first_source_that_matches_labels_a_file(plant: Plant) -> None:
    root = plant("web1/access.log", "web1/other", "db/access.log", "access.log")
    sources = (
        Source("web", ("web*/access*",), re.compile("^(?P<host>[^/]+)/")),
        Source("rest", ("**/access*",), re.compile("^(?P<host>db)?")),
        Source("late", ("web1/**",), re.compile("other")),
    )
    labels = {
        os.path.relpath(file.path, root): (file.source, file.host) for file in discover([str(root)], sources=sources)
    }
    assert labels == {
        "web1/access.log": ("web", "web1"),
        "web1/other": ("late", None),
        "db/access.log": ("rest", "db"),
        "access.log": ("rest", None),
    }


def test_a_path_below_the_root_is_a_part_of_its_tree(plant: Plant, monkeypatch: pytest.MonkeyPatch) -> None:
    root = plant("web1/nginx/access.log", "web1/other", "db/access.log", "db/x.log", "x.log")
    sources = (
        Source("web", ("web*/**/access*",), re.compile("^(?P<host>[^/]+)/")),
        Source("db", ("db/**",), re.compile("^(?P<host>[^/]+)/")),
        Source("own", ("x*",)),
    )

    def labels(*paths: str, include: tuple[str, ...] = ("**/*",)) -> dict[str, tuple[str, str | None]]:
        asked = {"sources": sources, "include": include}
        return {file.path: (file.source, file.host) for file in discover(paths, root=str(root), **asked)}

    whole = labels(str(root))
    assert whole[str(root / "web1/nginx/access.log")] == ("web", "web1")
    for part in ("web1", "web1/nginx", "web1/nginx/access.log", "db/"):
        assert labels(str(root / part)).items() <= whole.items(), part
    monkeypatch.chdir(root / "web1")
    assert labels("nginx") == {"nginx/access.log": ("web", "web1")}
    assert labels("../db/x.log", "bad\0/name")["../db/x.log"] == ("db", "db")
    assert list(labels(str(root / "db"), include=("db/x*",))) == [str(root / "db/x.log")]
    beside = [file.source for file in discover([str(root / "db")], sources=sources, root=str(root / "web1"))]
    assert beside == ["", "own"]  # not below the root: globs begin at the PATH


def test_what_is_left_out_of_the_root_is_left_out_of_a_path_below_it(plant: Plant) -> None:
    root = plant("web/old/a", "web/new/b", "web/new/tmp/c", "old/d")

    def names(*paths: str, exclude: tuple[str, ...] = ("web/old/**", "web/new/tmp")) -> list[str]:
        found = discover([str(root / path) for path in paths], root=str(root), exclude=exclude)
        return [file.path.removeprefix(f"{root}/") for file in found]

    assert names("") == ["old/d", "web/new/b"]
    assert names("web") == ["web/new/b"]
    assert names("web", "old") == ["old/d", "web/new/b"]
    assert names("web/old") == ["web/old/a"]  # it was named
    assert names("web/new/tmp", exclude=("web/new/**", "c")) == []  # by its name below the PATH, too
    assert names("web/new", exclude=("new/**",)) == ["web/new/b", "web/new/tmp/c"]


def test_a_file_no_source_matches_has_none(plant: Plant) -> None:
    root = plant("a")
    assert [(file.source, file.host) for file in discover([str(root)], sources=[Source("b", ("b",))])] == [("", None)]
