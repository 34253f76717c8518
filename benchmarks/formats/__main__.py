"""Run `python benchmarks/formats`: see `speed`."""

from speed import main

main()
