"""The heap gives back what is free, and the pages of the compiler's code."""

import re
import sys
from pathlib import Path

import pytest
from llvmlite import binding

from logproc import heap

MODULE = "define i64 @one() {\n  ret i64 1\n}\n"


def resident():
    """Return the KiB of the compiler's code that are in memory."""
    found, ours = 0, False
    for line in Path("/proc/self/smaps").read_text(encoding="utf-8", errors="replace").splitlines():
        if re.match(r"[0-9a-f]+-[0-9a-f]+ ", line):
            ours = line.endswith(heap.COMPILER) and " r-xp " in line
        elif ours and line.startswith("Rss:"):
            found += int(line.split()[1])
    return found


@pytest.mark.skipif(sys.platform != "linux", reason="needs /proc and madvise")
def test_the_compiler_s_code_leaves_and_comes_back():
    binding.parse_assembly(MODULE)
    before = resident()
    heap.give_back()
    assert resident() < before / 4
    assert [function.name for function in binding.parse_assembly(MODULE).functions] == ["one"]
