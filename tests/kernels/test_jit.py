"""Machine code is kept, found again without the compiler, and refuses what it was not made for."""

from __future__ import annotations

import ast
import ctypes
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import logproc
from logproc import cachefiles
from logproc.kernels import ahead, native
from logproc.kernels.group import count_rows, sum_decimals
from logproc.kernels.jit import helper, kernel
from logproc.kernels.sketch import hash_values

PACKAGE = Path(logproc.__file__).parent

COUNT = """
import sys
import numpy as np
from logproc.kernels import native
from logproc.kernels.group import count_rows
counts = np.zeros(3, np.int64)
count_rows(np.array([1, 2, 1, -1], np.int32), 4, counts)
print(counts.tolist(), "numba" in sys.modules, native.folder())
"""


def run(package: Path, home: Path) -> tuple[str, bool, str]:
    """Count some rows in a process of its own; returns the counts, whether numba was loaded, and the cache folder."""
    env = {**os.environ, "PYTHONPATH": str(package.parent), "XDG_CACHE_HOME": str(home), "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run([sys.executable, "-c", COUNT], env=env, capture_output=True, text=True, check=True, cwd="/")
    counts, _, rest = done.stdout.strip().partition("] ")
    loaded, _, folder = rest.partition(" ")
    return counts + "]", loaded == "True", folder


@pytest.fixture
def installed(tmp_path):
    package = tmp_path / "site" / "logproc"
    shutil.copytree(PACKAGE, package, ignore=shutil.ignore_patterns("__pycache__"))
    return package


@pytest.fixture(scope="module")
def compiled_once(tmp_path_factory):
    """An installation that has run once: compiling takes seconds."""
    folder = tmp_path_factory.mktemp("compiled")
    shutil.copytree(PACKAGE, folder / "logproc", ignore=shutil.ignore_patterns("__pycache__"))
    assert run(folder / "logproc", folder)[:2] == ("[0, 2, 1]", True)
    return folder


@pytest.fixture
def compiled(compiled_once, tmp_path):
    return Path(shutil.copytree(compiled_once, tmp_path / "site")) / "logproc"


def test_only_the_first_process_needs_the_compiler(compiled, tmp_path):
    assert run(compiled, tmp_path) == ("[0, 2, 1]", False, str(next(compiled.rglob("kernels-*"))))


def test_what_is_still_to_be_compiled_is_known_by_module(compiled, tmp_path):
    ask = "from logproc.kernels import native; print([native.is_cold(m) for m in ('', 'group', 'tokenize')])"
    env = {**os.environ, "PYTHONPATH": str(compiled.parent), "XDG_CACHE_HOME": str(tmp_path)}
    done = subprocess.run([sys.executable, "-c", ask], env=env, capture_output=True, text=True, check=True, cwd="/")
    assert done.stdout == "[False, False, True]\n"


def test_of_several_processes_that_begin_at_once_one_compiles(installed, tmp_path):
    env = {**os.environ, "PYTHONPATH": str(installed.parent), "XDG_CACHE_HOME": str(tmp_path)}
    started = [
        subprocess.Popen([sys.executable, "-c", COUNT], env=env, stdout=subprocess.PIPE, text=True, cwd="/")
        for _ in range(3)
    ]
    said = [process.communicate(timeout=120)[0] for process in started]
    assert all(text.startswith("[0, 2, 1] ") for text in said)
    assert sum(" True " in text for text in said) == 1


def test_what_compiles_beside_a_first_run_ends_with_it():
    env = {**os.environ, "PYTHONPATH": str(Path(native.__file__).parents[2])}
    begin = "from logproc.kernels import ahead; print(ahead.start_beside().pid)"
    pid = subprocess.run([sys.executable, "-c", begin], env=env, capture_output=True, text=True, check=True).stdout
    with pytest.raises(ProcessLookupError):
        os.kill(int(pid), 0)


@pytest.mark.parametrize("module", ahead.USUAL)
def test_usual_kernels_are_there(module):
    assert ahead.kernels_of(module)


def test_damaged_machine_code_is_made_anew(compiled, tmp_path):
    (kept,) = compiled.rglob("*.object")
    good = kept.read_bytes()
    kept.write_bytes(good[:-9])
    assert run(compiled, tmp_path)[:2] == ("[0, 2, 1]", True)
    assert len(kept.read_bytes()) == len(good)


def test_damaged_machine_code_is_seen(tmp_path, monkeypatch):
    file = tmp_path / native._name() / native._file("group.count_rows")
    file.parent.mkdir()
    monkeypatch.setattr(cachefiles, "places", lambda: iter([tmp_path]))
    monkeypatch.setattr(native, "folder", lambda: file.parent)
    assert native.find("group.count_rows") is None
    native.keep("group.count_rows", bytes(range(256)))
    assert native.find("group.count_rows") == bytes(range(256))
    good = file.read_bytes()
    for bad in (good[:-9], good[:40] + bytes([good[40] ^ 1]) + good[41:], b"", b"x"):
        file.write_bytes(bad)
        assert native.find("group.count_rows") is None


def test_what_a_careful_umask_compiled_beside_the_sources_serves_others(tmp_path, monkeypatch):
    monkeypatch.setattr(cachefiles, "BESIDE_SOURCES", tmp_path / "cache")
    before = os.umask(0o077)
    try:
        place = tmp_path / "cache" / "kernels-x"
        place.mkdir(parents=True)
        assert cachefiles.keep(place, "a.object", b"x")
        own = tmp_path / "own" / "kernels-x"
        own.mkdir(parents=True)
        assert cachefiles.keep(own, "a.object", b"x")
    finally:
        os.umask(before)
    readers = Path(cachefiles.__file__).stat().st_mode & 0o044
    modes = [path.stat().st_mode & 0o777 for path in (place / "a.object", place, place.parent)]
    assert modes == [0o600 | readers, 0o700 | readers | readers >> 2, 0o700 | readers | readers >> 2]
    assert [path.stat().st_mode & 0o777 for path in (own / "a.object", own)] == [0o600, 0o700]


def test_kernels_that_we_may_not_read_are_still_to_be_compiled(tmp_path, monkeypatch):
    file = tmp_path / native._name() / native._file("group.count_rows")
    monkeypatch.setattr(cachefiles, "places", lambda: iter([tmp_path]))
    file.parent.mkdir()
    cachefiles.keep(file.parent, file.name, b"x")
    assert not native.is_cold()
    monkeypatch.setattr(os, "access", lambda *_: False)
    assert native.is_cold()


def change(source: Path) -> None:
    with source.open("a") as file:
        file.write("# changed\n")


def test_changed_sources_are_compiled_and_the_code_of_the_old_ones_is_removed(compiled, tmp_path):
    (before,) = compiled.rglob("*.object")
    change(compiled / "kernels" / "group.py")
    assert run(compiled, tmp_path)[:2] == ("[0, 2, 1]", True)
    (after,) = compiled.rglob("*.object")
    assert after != before


def test_what_an_upgrade_overtakes_leaves_no_code_of_old_modules_under_the_name_of_new_ones(installed, tmp_path):
    upgrade = "from pathlib import Path; from logproc.kernels import group; file = Path(group.__file__)\n"
    upgrade += "file.write_text(file.read_text() + '# changed\\n')\n"
    env = {**os.environ, "PYTHONPATH": str(installed.parent), "XDG_CACHE_HOME": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-c", upgrade + COUNT], env=env, capture_output=True, text=True, check=True, cwd="/"
    )
    assert done.stdout.startswith("[0, 2, 1] True")
    assert run(installed, tmp_path)[:2] == ("[0, 2, 1]", True)


def test_only_what_a_kernel_is_made_of_makes_it_compile_anew(compiled, tmp_path):
    assert "memory" not in native._imported("group")[1]
    change(compiled / "kernels" / "tokenize.py")
    assert run(compiled, tmp_path)[:2] == ("[0, 2, 1]", False)
    change(compiled / "kernels" / "compiling.py")
    assert run(compiled, tmp_path)[:2] == ("[0, 2, 1]", True)


def test_what_modules_import_is_seen_in_their_sources():
    for path in sorted((PACKAGE / "kernels").glob("*.py")):
        used = {
            node.module.rpartition(".")[2]
            for node in ast.walk(ast.parse(path.read_text()))
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("logproc.kernels.")
        }
        used |= {
            name.name
            for node in ast.walk(ast.parse(path.read_text()))
            if isinstance(node, ast.ImportFrom) and node.module == "logproc.kernels"
            for name in node.names
        }
        assert native._imported(path.stem)[1] == used


def test_where_the_package_cannot_be_written_the_users_cache_folder_serves(installed, tmp_path):
    (installed / "kernels" / "__pycache__").write_text("in the way")
    home = tmp_path / "cache"
    assert run(installed, home)[2] == str(next(home.rglob("kernels-*")))
    assert run(installed, home)[:2] == ("[0, 2, 1]", False)


def test_where_nothing_can_be_written_kernels_work_all_the_same(installed, tmp_path):
    (installed / "kernels" / "__pycache__").write_text("in the way")
    home = tmp_path / "file"
    home.write_text("in the way")
    for _ in range(2):
        assert run(installed, home) == ("[0, 2, 1]", True, "None")


def test_code_that_is_there_is_used_where_nothing_can_be_written(compiled, tmp_path):
    code = "import os; os.access = lambda *_: False\n" + COUNT
    env = {**os.environ, "PYTHONPATH": str(compiled.parent), "XDG_CACHE_HOME": str(tmp_path / "cache")}
    done = subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, text=True, check=True, cwd="/")
    assert done.stdout == "[0, 2, 1] False None\n"


def test_other_kinds_of_machines_keep_their_code(installed, tmp_path):
    other = installed / "kernels" / "__pycache__" / "kernels-000000000000"
    other.mkdir(parents=True)
    run(installed, tmp_path)
    assert other.exists()


def test_without_a_home_there_is_no_cache_folder_of_that_name(installed):
    (installed / "kernels" / "__pycache__").write_text("in the way")
    code = "from logproc import cachefiles; print([str(place) for place in cachefiles.places()])"
    env = {"PYTHONPATH": str(installed.parent), "PATH": os.environ["PATH"], "HOME": ""}
    done = subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, text=True, check=True, cwd="/")
    assert "~" not in done.stdout
    assert "'/.cache" not in done.stdout


def test_a_folder_that_strangers_may_write_to_is_not_used(tmp_path):
    assert cachefiles.usable(tmp_path)
    tmp_path.chmod(0o777)
    assert not cachefiles.usable(tmp_path)
    assert not cachefiles.usable(tmp_path / "inside")
    link = tmp_path.with_name("link")
    tmp_path.chmod(0o755)
    link.symlink_to(tmp_path)
    assert not cachefiles.usable(link)


ROWS, COUNTS = np.zeros(4, np.int32), np.zeros(4, np.int64)


@pytest.mark.parametrize(
    "arguments",
    [
        (ROWS.astype(np.int64), 4, COUNTS),
        (ROWS, 4, COUNTS.astype(np.float64)),
        (ROWS, 4, COUNTS.astype(np.uint64)),
        (np.zeros(8, np.int32)[::2], 4, COUNTS),
        (ROWS, 4, np.zeros((2, 2), np.int64)),
        (ROWS, 4, COUNTS.astype(">i8")),
        (ROWS.tolist(), 4, COUNTS),
        (None, 4, COUNTS),
        (memoryview(ROWS), 4, COUNTS),
        (ROWS, 1.5, COUNTS),
        (ROWS, "4", COUNTS),
        (ROWS, None, COUNTS),
        (ROWS, np.float64(4), COUNTS),
    ],
)
def test_arguments_of_other_types_are_refused_before_anything_is_read(arguments):
    with pytest.raises(TypeError, match=r"group.count_rows takes i4\[\], i8, i8\[\], not "):
        count_rows(*arguments)
    assert COUNTS.tolist() == [0, 0, 0, 0]


def test_numbers_of_numpy_are_numbers():
    counts = np.zeros(1, np.int64)
    count_rows(np.zeros(5, np.int32), np.int64(3), counts)
    assert counts.tolist() == [3]


def test_every_name_of_a_64_bit_integer_is_taken():
    for name in "lq":
        out = np.zeros(2, np.uint64)
        hash_values(np.array([1, 2], np.dtype(name)), 2, out)
        assert out.all()


def test_a_kernel_says_what_it_is():
    assert sum_decimals.name == "group.sum_decimals"
    assert sum_decimals.__name__ == "sum_decimals"
    assert sum_decimals.__doc__ == sum_decimals.function.__doc__


@helper
def _twice(number):
    """Double a number."""
    return 2 * number


@helper
def _four_times(number):
    """Double a number two times."""
    return _twice(_twice(number))


@kernel("i8 -> i8")
def _sum(n):
    """Call a helper with a constant, and with what begins as one, and one that another helper calls, too."""
    total = i = 0
    while i < n:
        total += _four_times(i)
        i += 1
    return total + _twice(3)


def test_a_helper_is_compiled_once_whoever_calls_it_with_whatever():
    from logproc.kernels import compiling

    address = native.load(_sum.name, compiling.machine_code(_sum))
    found = ctypes.c_int64()
    signature = ctypes.CFUNCTYPE(ctypes.c_int32, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_int64)
    assert signature(address)(ctypes.byref(found), ctypes.addressof(found), 5) == 0
    assert found.value == 46
    assert [len(each.linked.overloads) for each in (_twice, _four_times)] == [1, 1]


def test_kernels_can_be_compiled_ahead():
    assert {"count_rows", "sum_decimals"} <= set(ahead.kernels_of("group"))
    assert all(ahead.kernels_of(module) == [] for module in ("memory", "native", "jit"))
    done = subprocess.run([sys.executable, "-m", "logproc.kernels"], capture_output=True, text=True, check=True)
    assert re.fullmatch(r"[1-9]\d+ kernels are compiled\n", done.stdout)
