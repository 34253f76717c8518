"""Discovery: from paths to the regular files beneath them, in one fixed order.

Nothing is opened here, only listed and asked for its status. What cannot be used becomes a `LogFile` with a
`problem`, and the walk goes on. A file is listed once, however many of its names lie in the way: by its own name
before names that lead through a symbolic link, then by the smallest path. Its other hard links are yielded, too, as
`same_as` that one: they lie among the logs as files do, and somebody will look for them.
"""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass, field, replace
from itertools import chain
from operator import itemgetter
from typing import TYPE_CHECKING, NamedTuple

from logproc.inputs.globs import compile_globs, compile_prunes, match_everything
from logproc.inputs.opening import STDIN, reason_of
from logproc.model import LogFile

if TYPE_CHECKING:
    import re
    from collections.abc import Iterable, Iterator, Sequence

KINDS = {
    stat.S_IFIFO: "fifo",
    stat.S_IFSOCK: "socket",
    stat.S_IFCHR: "character device",
    stat.S_IFBLK: "block device",
    stat.S_IFDIR: "folder",
}
"""What a path may be that is not a regular file, by `stat.S_IFMT` of its mode."""


@dataclass(frozen=True, slots=True)
class Source:
    """A named part of the tree: files whose relative path matches a glob of `include`.

    `host` is searched in the relative path; its group "host" names the machine that wrote the file.
    """

    name: str
    include: tuple[str, ...] = ("**/*",)
    host: re.Pattern[str] | None = None


def discover(
    paths: Iterable[str],
    *,
    include: Sequence[str] = ("**/*",),
    exclude: Sequence[str] = (),
    follow_symlinks: bool = False,
    sources: Sequence[Source] = (),
    root: str | None = None,
) -> Iterator[LogFile]:
    """Yield the regular files at and below `paths`, each to be read once, in codepoint order of the full path.

    Globs are relative to the path under which a file was found. A file that is itself one of `paths` is always
    listed, whatever the globs say; its relative path is its name. A path below `root` is a part of that tree: its files
    are included or left out, and have the source and the host, as they would be there; a folder that is left out there
    is read where it is one of `paths`. "-" is standard input and passes through.
    Never raises for what it finds: unusable paths are yielded with `problem` set.
    """
    walk = _Walk(
        include=None if match_everything(include) else compile_globs(include),
        exclude=compile_globs(exclude) if exclude else None,
        prune=compile_prunes(exclude) if exclude else None,
        follow=follow_symlinks,
        labels=tuple(_Label(source.name, compile_globs(source.include), source.host) for source in sources),
    )
    for path in paths:
        walk.begin("" if root is None or path == STDIN else _way(root, path))
        walk.add(path)
    own = walk.found
    walk.found = []
    walk.follow_links()
    return iter(_unique(own, walk.found, walk.hard))


def _way(root: str, path: str) -> str:
    """Return what leads from `root` to what the globs of `path` begin at, with a slash behind; "" if nothing does."""
    start = path if os.path.isdir(path) else os.path.dirname(path)  # noqa: PTH112, PTH120
    try:
        way = os.path.relpath(os.path.realpath(start), os.path.realpath(root))
    except ValueError:  # a null byte, or another drive of Windows
        return ""
    return "" if way == "." or way.split("/", 1)[0] == ".." else f"{way}/"


_Identity = tuple[int, int] | str
"""(device, inode) of a file, or its path where those say nothing."""

_Found = tuple[str, LogFile, _Identity]
"""Path, file or problem, identity: a plain tuple, for a hundred thousand are made and sorted."""


class _Label(NamedTuple):
    """A source with its globs compiled."""

    name: str
    include: re.Pattern[str]
    host: re.Pattern[str] | None

    def host_of(self, relative: str) -> str | None:
        """Return what the host pattern finds in a relative path."""
        match = self.host.search(relative) if self.host is not None else None
        return match.groupdict().get("host") if match else None


@dataclass(slots=True)
class _Walk:
    """The folders that were seen and the files that were found; `links` wait until all real folders are done."""

    include: re.Pattern[str] | None
    exclude: re.Pattern[str] | None
    prune: re.Pattern[str] | None
    follow: bool
    labels: tuple[_Label, ...]
    found: list[_Found] = field(default_factory=list)
    links: list[tuple[str, str, str]] = field(default_factory=list)  # path, relative path, `within`
    within: str = ""  # what the present path is called in the configured tree
    spared: str = ""  # the same, but for exclusion: "" where the path itself is excluded, and was named all the same
    folders: set[tuple[int, int]] = field(default_factory=set)
    hard: set[_Identity] = field(default_factory=set)  # files of several names

    def begin(self, within: str) -> None:
        """Set what the paths that follow are called in the configured tree, with a slash behind."""
        self.within = self.spared = within
        ways = [within[:at] for at, character in enumerate(within) if character == "/"]
        if self.prune is not None and any(map(self.prune.fullmatch, ways)):
            self.spared = ""

    def add(self, path: str) -> None:
        """Find what lies at and below a path that was given by name."""
        if path == STDIN:
            self.found.append((path, LogFile(path, 0, 0), path))
            return
        try:
            status = os.stat(path)  # noqa: PTH116 - a Path would change the text
        except FileNotFoundError:
            self._problem(path, "no such file or folder")
        except (OSError, ValueError) as error:
            self._problem(path, reason_of(error))
        else:
            self._add_named(path, status)

    def follow_links(self) -> None:
        """Find what lies behind the symbolic links of the walk, links behind links included."""
        while self.links:
            links, self.links = sorted(self.links), []
            for path, relative, within in links:
                self.begin(within)
                self._add_link(path, relative)

    def _add_named(self, path: str, status: os.stat_result) -> None:
        if stat.S_ISREG(status.st_mode):
            self._file(path, path.rpartition("/")[2], status)
        elif stat.S_ISDIR(status.st_mode):
            self._folder(path.rstrip("/") or "/", "", status)
        else:
            kind = KINDS.get(stat.S_IFMT(status.st_mode), "unknown kind")
            hint = '; pipe it into standard input, and name "-"' if kind == "fifo" else ""
            self._problem(path, f"not a regular file ({kind}){hint}")

    def _add_link(self, path: str, relative: str) -> None:
        try:
            status = os.stat(path)  # noqa: PTH116 - a Path would change the text
        except OSError as error:
            self._problem(path, f"symbolic link that leads nowhere: {reason_of(error)}")
            return
        if stat.S_ISDIR(status.st_mode):
            self._folder(path, f"{relative}/", status)
        elif stat.S_ISREG(status.st_mode) and self._wanted(relative):
            self._file(path, relative, status)

    def _folder(self, path: str, prefix: str, status: os.stat_result) -> None:
        """Walk a folder and those beneath; `prefix` is its path relative to the root, with a slash behind."""
        if not self._enter(status):
            return
        todo = [(path, prefix)]
        while todo:
            folder, prefix = todo.pop()
            try:
                with os.scandir(folder) as entries:
                    for entry in entries:
                        self._entry(entry, prefix + entry.name, todo)
            except FileNotFoundError:
                continue  # removed while we walk: there is nothing left to read
            except OSError as error:
                self._problem(folder, f"cannot be listed: {reason_of(error)}")

    def _entry(self, entry: os.DirEntry[str], relative: str, todo: list[tuple[str, str]]) -> None:
        try:
            if entry.is_file(follow_symlinks=False):
                if self._wanted(relative):
                    self._file(entry.path, relative, entry.stat(follow_symlinks=False))
            elif entry.is_dir(follow_symlinks=False):
                if not self._pruned(relative) and self._enter(entry.stat(follow_symlinks=False)):
                    todo.append((entry.path, f"{relative}/"))
            elif self.follow and entry.is_symlink() and not self._pruned(relative):
                self.links.append((entry.path, relative, self.within))
        except FileNotFoundError:
            return
        except OSError as error:
            self._problem(entry.path, reason_of(error))

    def _enter(self, status: os.stat_result) -> bool:
        """Tell whether a folder is new, and remember it: loops end, and overlapping roots are walked once."""
        identity = (status.st_dev, status.st_ino)
        known = status.st_ino != 0 and identity in self.folders
        self.folders.add(identity)
        return not known

    def _file(self, path: str, relative: str, status: os.stat_result) -> None:
        source, host = self._label(relative) if self.labels else ("", None)
        file = LogFile(
            path,
            status.st_size,
            status.st_mtime_ns,
            source,
            host,
            None,
            status.st_dev,
            status.st_ino,
            status.st_ctime_ns,
        )
        # Some network file systems have no inode numbers and say 0.
        identity = (status.st_dev, status.st_ino) if status.st_ino else path
        if status.st_nlink > 1:
            self.hard.add(identity)
        self.found.append((path, file, identity))

    def _problem(self, path: str, problem: str) -> None:
        self.found.append((path, LogFile(path, 0, 0, problem=problem), path))

    def _label(self, relative: str) -> tuple[str, str | None]:
        for known in (self.within + relative, relative) if self.within else (relative,):
            for label in self.labels:
                if label.include.fullmatch(known):
                    return label.name, label.host_of(known)
        return "", None

    def _wanted(self, relative: str) -> bool:
        if self.include is not None and not _match(self.include, relative, self.within):
            return False
        return self.exclude is None or not _match(self.exclude, relative, self.spared)

    def _pruned(self, relative: str) -> bool:
        return self.prune is not None and _match(self.prune, relative, self.spared)


def _match(globs: re.Pattern[str], relative: str, within: str) -> bool:
    """Tell whether a path matches by what it is called below the PATH, or below the root."""
    return globs.fullmatch(relative) is not None or (within != "" and globs.fullmatch(within + relative) is not None)


def _unique(own: list[_Found], linked: list[_Found], hard: set[_Identity]) -> list[LogFile]:
    """Sort by path and keep each file once: by its own name before a linked one, then by the smallest path.

    Other names of the files in `hard` become duplicates.
    """
    by_path = itemgetter(0)
    own.sort(key=by_path)
    linked.sort(key=by_path)
    kept: dict[_Identity, LogFile] = {}
    doubles = []
    for path, file, identity in own:
        first = kept.setdefault(identity, file)
        if first is not file and identity in hard and os.path.realpath(first.path) != os.path.realpath(path):
            doubles.append(replace(file, problem=f"the same file as {first.path}, by a hard link", same_as=first.path))
    for _, file, identity in linked:
        kept.setdefault(identity, file)
    # A file that was replaced during the walk has one path and two identities.
    files = {file.path: file for file in chain(doubles, kept.values())}
    return [files[path] for path in sorted(files)] if linked or doubles else list(files.values())
