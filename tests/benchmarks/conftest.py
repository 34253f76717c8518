"""The benchmark scripts import each other by name, as scripts of one folder do; so do their tests."""

from __future__ import annotations

import sys
from pathlib import Path

BENCHMARKS = Path(__file__).resolve().parents[2] / "benchmarks"
sys.path.append(str(BENCHMARKS))

collect_ignore_glob = [] if BENCHMARKS.exists() else ["test_*.py"]  # a source distribution has no benchmarks
