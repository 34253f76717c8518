"""Every contestant that is on this machine gives the same answer to the same work."""

from __future__ import annotations

import functools
import subprocess
import sys
from pathlib import Path

import pytest
from answers import differences
from contestants import CONTESTANTS, HERE, MissingError
from measure import measure

ROOT = Path(__file__).resolve().parents[2]
SCALE = "0.004"
INPUTS = {"a": "combined", "json": "json", "small": "small", "preset": "combined"}
CASES = [
    (name, work)
    for name, contestant in CONTESTANTS.items()
    if name != "logproc-uncached"  # the same program; compiling its kernels again would take most of the time
    for work in sorted(contestant.works() & INPUTS.keys())
]


@pytest.fixture(scope="module")
def inputs(tmp_path_factory):
    pytest.importorskip("pyarrow", reason="needs pyarrow: pip install 'logproc[sql]'")
    folder = tmp_path_factory.mktemp("work")
    paths = {}
    for name in ("combined", "json", "small"):
        command = [sys.executable, str(HERE / "generate.py"), name, "--scale", SCALE, "--folder", str(folder)]
        made = subprocess.run(command, capture_output=True, text=True, check=True)
        paths[name] = Path(made.stdout.split("\t")[0])
    return paths


@pytest.fixture(scope="module")
def references(inputs):
    """Count in plain Python what all contestants must count."""
    lines = inputs["combined"].read_text().splitlines()
    fields = [line.split(" ") for line in lines]
    small = [line.split(" ") for file in inputs["small"].rglob("*.0*") for line in file.read_text().splitlines()]
    return {
        "a": {
            "lines": len(lines),
            "status": counted(field[8] for field in fields),
            "bytes": sum(int(field[9]) for field in fields),
            "distinct": len({field[0] for field in fields}),
        },
        "small": {"lines": len(small), "status": counted(field[8] for field in small)},
        "json": {"lines": inputs["json"].read_bytes().count(b"\n")},
        "preset": {"lines": len(lines)},
    }


def counted(keys):
    found = {}
    for key in keys:
        found[key] = found.get(key, 0) + 1
    return found


@functools.cache
def missing(name):
    """Say what a contestant lacks, None if nothing: a child of its own imports the engine."""
    try:
        CONTESTANTS[name].version_in_child()
    except MissingError as error:
        return str(error)
    return None


@pytest.mark.parametrize(("name", "work"), CASES)
def test_contestant_counts_what_plain_python_counts(name, work, inputs, references):
    if missing(name):
        pytest.skip(f"{name}: {missing(name)}")
    contestant = CONTESTANTS[name]
    sample = measure(contestant.whole(work, inputs[INPUTS[work]], 2), contestant.settings(2))
    assert sample.exit_code == 0, sample.errors
    assert differences(contestant.answer(work, sample.output), references[work]) == []


def test_missing_engine_is_named_with_the_way_out():
    code = (
        f"import sys; sys.path.insert(0, {str(HERE)!r}); sys.modules['duckdb'] = None\n"
        "from contestants import CONTESTANTS, MissingError\n"
        "try:\n    CONTESTANTS['duckdb'].available()\nexcept MissingError as missing:\n    print(missing)"
    )
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert shown.stdout.strip() == "pip install duckdb"


def test_measure_tells_time_memory_and_exit_code():
    sample = measure([sys.executable, "-c", "import sys; b = bytearray(80 << 20); print('out'); sys.exit(3)"])
    assert sample.exit_code == 3
    assert sample.output == "out\n"
    assert sample.peak_bytes > 80 << 20
    assert sample.cpu > 0
    assert sample.wall > 0
