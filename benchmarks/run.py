"""Time logproc beside its peers and hold the ratios against what is asked.

    python benchmarks/run.py [a a1 preset json gzip scaling small start first memory nightly] [--rounds 5]

Contestants alternate within a round (A B C, A B C, …), so that a slow minute of the machine hits all of them. Each
is first run once and its answer compared with the others': who answers wrongly is not timed. The result goes to
`benchmarks/results/`.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import re
import statistics
import subprocess
import sys
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from answers import Answer, differences
from contestants import CONTESTANTS, MissingError
from measure import Sample, cpu_model, measure, warm
from works import WORKS, Entry, Limit, Ratio, Work

HERE = Path(__file__).resolve().parent

SLOW = 20.0
"""Seconds from which a contestant runs in SLOW_ROUNDS rounds only."""
SLOW_ROUNDS = 2
RESULTS = HERE / "results"


@dataclass(slots=True)
class Times:
    """What was measured of one entry: whole processes by round, and seconds of the work inside by round."""

    whole: dict[int, Sample] = field(default_factory=dict)
    inside: dict[int, float] = field(default_factory=dict)

    def seconds(self) -> dict[int, float]:
        """Return what ratios are made of: inside the process where that was timed, else the whole process."""
        return self.inside or {number: sample.wall for number, sample in self.whole.items()}


@dataclass(slots=True)
class Outcome:
    work: Work
    times: dict[str, Times]
    skipped: dict[str, str]


class Inputs:
    """Paths of generated inputs. They are made by another process: this one stays small (see measure)."""

    def __init__(self, scale: float) -> None:
        self.scale = scale
        self.paths: dict[str, Path] = {}

    def path(self, name: str) -> Path:
        if name not in self.paths:
            command = [sys.executable, str(HERE / "generate.py"), name, "--scale", str(self.scale)]
            made = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
            self.paths[name] = Path(made.stdout.split("\t")[0])
        return self.paths[name]


def check(work: Work, inputs: Inputs) -> tuple[list[Entry], dict[str, str], dict[str, float]]:
    """Run every entry once; return those that may be timed, why the others may not, and the warm-up's seconds."""
    answers: dict[str, Answer] = {}
    skipped: dict[str, str] = {}
    seconds: dict[str, float] = {}
    for entry in work.entries:
        contestant = CONTESTANTS[entry.contestant]
        try:
            contestant.version_in_child()
        except MissingError as missing:
            skipped[entry.label] = f"missing: {missing}"
            continue
        path = inputs.path(entry.input)
        warm(path)
        sample = measure(contestant.whole(entry.work, path, entry.threads), contestant.settings(entry.threads))
        if sample.exit_code != 0:
            reason = (sample.errors.strip().splitlines() or ["no message"])[-1]
            skipped[entry.label] = f"exit code {sample.exit_code}: {reason}"
            continue
        answers[entry.label] = contestant.answer(entry.work, sample.output)
        seconds[entry.label] = sample.wall
    reference = answers.get(work.reference) or next(iter(answers.values()), {})
    source = {entry.label: entry.input for entry in work.entries}
    for label, answer in answers.items():
        same_input = source[label] == source.get(work.reference) or len({*source.values()} - {"gzip", "combined"}) == 0
        if same_input and answer and "inflated" not in answer and (wrong := differences(answer, reference)):
            skipped[label] = "wrong answer: " + "; ".join(wrong[:3])
    return [entry for entry in work.entries if entry.label not in skipped], skipped, seconds


def time_work(work: Work, inputs: Inputs, rounds: int) -> Outcome:
    entries, skipped, seconds = check(work, inputs)
    for label, reason in skipped.items():
        print(f"  {label} is left out: {reason}")
    times = {entry.label: Times() for entry in entries}
    for number in range(rounds):
        for entry in entries:
            if number >= SLOW_ROUNDS and seconds[entry.label] > SLOW:
                continue
            contestant, path = CONTESTANTS[entry.contestant], inputs.path(entry.input)
            settings = contestant.settings(entry.threads)
            whole = measure(contestant.whole(entry.work, path, entry.threads), settings)
            times[entry.label].whole[number] = whole
            if work.inside and entry.work in contestant.solve:
                inside = measure(contestant.inside(entry.work, path, entry.threads, repeat=2), settings)
                times[entry.label].inside[number] = json.loads(inside.output)["seconds"][-1]
        print(f"  round {number + 1} of {rounds} done", flush=True)
    return Outcome(work, times, skipped)


def median(values: list[float]) -> float | None:
    return statistics.median(values) if values else None


def measured(outcome: Outcome, asked: Ratio | Limit) -> float | None:
    """Return the median over rounds of a ratio or a quantity; None if somebody was left out."""
    if isinstance(asked, Limit):
        samples = outcome.times[asked.label].whole.values() if asked.label in outcome.times else ()
        return median([sample.wall if asked.quantity == "wall" else sample.peak_bytes / 1e6 for sample in samples])
    if not {asked.ours, *asked.peers} <= outcome.times.keys():
        return None
    ours = outcome.times[asked.ours].seconds()
    peers = [outcome.times[peer].seconds() for peer in asked.peers]
    pairs = [(ours[number], max(peer[number] for peer in peers)) for number in ours if all(number in p for p in peers)]
    return median([peer / own if asked.faster else own / peer for own, peer in pairs])


def verdict(outcome: Outcome, asked: Ratio | Limit) -> tuple[str, str, str, str]:
    """Return the cells `what, asked, measured, met` of one target."""
    value = measured(outcome, asked)
    if isinstance(asked, Limit):
        unit = "s" if asked.quantity == "wall" else "MB"
        limit, shown, met = f"at most {asked.asked:g} {unit}", f"{value or 0:.3g} {unit}", (value or 0) <= asked.asked
    elif asked.faster:
        limit, shown, met = f"at least {asked.asked:g}x faster", f"{value or 0:.2f}x", (value or 0) >= asked.asked
    else:
        limit, shown, met = f"at most {asked.asked:g}x", f"{value or 0:.2f}x", (value or 0) <= asked.asked
    if value is None:
        return asked.what, limit, "not measured", "-"
    return asked.what, limit, shown, "yes" if met else "NO"


def table(header: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    lines = [header, tuple("---" for _ in header), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines) + "\n"


def times_table(outcome: Outcome) -> str:
    rows = []
    for label, times in outcome.times.items():
        samples = list(times.whole.values())
        inside = median(list(times.inside.values()))
        rows.append(
            (
                label,
                f"{statistics.median(sample.wall for sample in samples):.3f}",
                f"{statistics.median(sample.cpu for sample in samples):.3f}",
                f"{max(sample.peak_bytes for sample in samples) / 1e6:.0f}",
                "-" if inside is None else f"{inside:.3f}",
                str(len(samples)),
            )
        )
    rows += [(label, "-", "-", "-", "-", reason.replace("|", "/")) for label, reason in outcome.skipped.items()]
    return table(("contestant", "process, s", "CPU, s", "peak, MB", "inside, s", "rounds"), rows)


def versions(outcomes: list[Outcome]) -> str:
    names = dict.fromkeys(entry.contestant for outcome in outcomes for entry in outcome.work.entries)
    rows = []
    for name in names:
        try:
            rows.append((name, CONTESTANTS[name].version_in_child()))
        except MissingError as missing:
            rows.append((name, f"missing: {missing}"))
    return table(("contestant", "version"), rows)


def document(outcomes: list[Outcome], command: str, rounds: int) -> str:
    load = os.getloadavg()[0]
    head = (
        f"# Benchmark of {datetime.now(UTC):%Y-%m-%d}\n\n"
        f"`{command}`, {rounds} rounds, median. {cpu_model()}, {len(os.sched_getaffinity(0))} CPUs, "
        f"{os.sysconf('SC_PHYS_PAGES') * os.sysconf('SC_PAGE_SIZE') / 2**30:.0f} GiB, {platform.system()} "
        f"{platform.release()}, Python {platform.python_version()}; load average at the end {load:.1f}. "
        "Page cache warm. *process* is the whole process from start to end; *inside* is the work alone, the second "
        "time in one process. Ratios compare *inside* where there is one, pair by pair within a round.\n\n"
    )
    targets = [verdict(outcome, asked) for outcome in outcomes for asked in outcome.work.asked]
    body = "".join(f"## {o.work.name}: {o.work.title}\n\n{times_table(o)}\n" for o in outcomes)
    asked = table(("work", "asked", "measured", "met"), targets)
    return f"{head}{asked}\n{body}## Versions\n\n{versions(outcomes)}"


def result_path(names: list[str]) -> Path:
    """Return `results/<date>-<CPUs>cpu-<model>[-works].md`."""
    model = re.sub(r"[^a-z0-9.]+", "-", re.sub(r"\(.*?\)|CPU|Processor|@", "", cpu_model()).lower()).strip("-")
    part = "" if set(names) == set(WORKS) else "-" + "-".join(names)
    return RESULTS / f"{datetime.now(UTC):%Y-%m-%d}-{len(os.sched_getaffinity(0))}cpu-{model}{part}.md"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("works", nargs="*", metavar="WORK", help=f"of {', '.join(WORKS)} (all)")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument(
        "--scale", type=float, default=1.0, help="part of the full input; for trying out, not for results"
    )
    parser.add_argument("--output", type=Path, help="the result file (benchmarks/results/<date>-<host class>.md)")
    options = parser.parse_args()
    names = options.works or list(WORKS)
    if unknown := set(names) - set(WORKS):
        parser.error(f"no such work: {', '.join(sorted(unknown))}; there are {', '.join(WORKS)}")
    inputs = Inputs(options.scale)
    outcomes = []
    for name in names:
        began = time.perf_counter()
        print(f"{name}: {WORKS[name].title}", flush=True)
        outcomes.append(time_work(WORKS[name], inputs, options.rounds))
        print(f"{times_table(outcomes[-1])}  {time.perf_counter() - began:.0f} s", flush=True)
    command = " ".join(["python benchmarks/run.py", *sys.argv[1:]])
    text = document(outcomes, command, options.rounds)
    print("\n" + text)
    path = options.output or result_path(names)
    if options.scale == 1.0 or options.output:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        print(f"written to {path}")


if __name__ == "__main__":
    main()
