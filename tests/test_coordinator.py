"""The whole run: the same bytes on every backend, for every split, and books that balance over damaged trees."""

from __future__ import annotations

import bz2
import gzip
import json
import lzma
import os
import random
import re
from dataclasses import replace

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from logproc import coordinator, nightly, planner
from logproc.backends import BACKENDS, children
from logproc.config import Check, Config, Limits, NamedReport, Output
from logproc.errors import MergeError
from logproc.merging import in_plan_order
from logproc.model import Failure, Partial
from logproc.report.json import render

REPORTS = (
    NamedReport(
        "status",
        "SELECT status, count(*) AS n, sum(bytes) AS b, min(time), max(time) FROM web GROUP BY status",
    ),
    NamedReport("paths", "SELECT path, count(*) AS n, avg(bytes) AS a FROM web GROUP BY path ORDER BY n DESC LIMIT 7"),
    NamedReport(
        "clients",
        "SELECT date_trunc('hour', time) AS hour, approx_count_distinct(client) AS c, "
        "approx_quantile(bytes, 0.9) AS q FROM web GROUP BY ALL ORDER BY hour",
    ),
    NamedReport("levels", "SELECT level, count(*) AS n, count(message) AS m FROM json GROUP BY level"),
    NamedReport("times", "SELECT count(*), min(time), max(time) FROM json"),
)
LIMITS = Limits(max_line_bytes=20_000)


def access(rng, n):
    clock = f"01/Feb/2026:{n // 3600 % 24:02}:{n // 60 % 60:02}:{n % 60:02} {rng.choice(['+0000', '-0530'])}"
    size = rng.choice(["-", "0", str(rng.randrange(10**5)), str(rng.randrange(10**13))])
    target = rng.choice(["/", "/a?b=c", "/caf\u00e9", f"/item/{rng.randrange(40)}", "/" + "l" * 300])
    return (
        f'10.0.{rng.randrange(3)}.{rng.randrange(99)} - - [{clock}] "GET {target} HTTP/1.1" '
        f'{rng.choice([200, 301, 404, 500])} {size} "-" "agent {rng.randrange(9)}"'
    ).encode()


def app(rng, n):
    row = {
        "time": f"2026-02-01T{n // 3600 % 24:02}:{n // 60 % 60:02}:{n % 60:02}{rng.choice(['', 'Z', '+02:00'])}",
        "level": rng.choice(["info", "warn", "error", None]),
        "message": rng.choice(["started", 'said "hi"', "caf\u00e9", "-"]),
    }
    return json.dumps(row, ensure_ascii=rng.random() < 0.5).encode()


JUNK = [b"", b"  ", b"rubbish", b"\xfe\xff\xfa", b'{"half": ', b"y" * 30_000, b"\x00" * 8 + b"crash"]


def tree(root):
    """Write logs as they are met on shared disks; returns the bytes of the lines of each that is text."""
    rng = random.Random(2)
    texts = {}
    for number in range(24):
        make = rng.choice([access, access, app])
        lines = [make(rng, n) for n in range(rng.randrange(30, 400))]
        for _ in range(rng.randrange(4)):
            lines.insert(rng.randrange(20, len(lines)), rng.choice(JUNK))
        end = rng.choice([b"\n", b"\r\n"])
        texts[f"{number % 4}/log.{number}"] = end.join(lines) + rng.choice([b"", end])
    packers = {"": bytes, ".gz": gzip.compress, ".bz2": bz2.compress, ".xz": lzma.compress}
    written = {}
    for name, data in texts.items():
        suffix = rng.choice(["", "", "", *packers])
        path = root / (name + suffix)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(packers[suffix](data))
        written[str(path)] = data
    for number in range(12):
        path = root / f"small.{number}"
        path.write_bytes(b"".join(access(rng, n) + b"\n" for n in range(number + 1)))
        written[str(path)] = path.read_bytes()
    for name, data in {"empty": b"", "newlines": b"\n\n\n", "notes": b"it was\na dark night\n"}.items():
        (root / name).write_bytes(data)
        written[str(root / name)] = data
    (root / "binary").write_bytes(random.Random(1).randbytes(9000))
    (root / "torn.gz").write_bytes(gzip.compress(b"".join(access(rng, n) + b"\n" for n in range(500)))[:-300])
    (root / "fake.gz").write_bytes(b"\x1f\x8b\x08" + bytes(5))
    (root / "gone").symlink_to(root / "nowhere")
    os.mkfifo(root / "pipe")
    return written


@pytest.fixture(scope="module")
def logs(tmp_path_factory):
    root = tmp_path_factory.mktemp("logs")
    return root, tree(root)


def config(root, **options):
    return Config(
        paths=(str(root),), use=(), named_reports=REPORTS, timezone="Europe/Berlin",
        **{"backend": "serial", "limits": LIMITS, **options},
    )  # fmt: skip


def shown(report):
    """Return the report's bytes without what differs between two runs, and between two ways to sample a file."""
    lines = render(report).split(b"\n")
    kept = [line for line in lines if not line.startswith(b' "run":')]
    assert len(kept) == len(lines) - 1
    return re.sub(rb'"confidence": 0\.9\d*', b'"confidence": 1.0', b"\n".join(kept))


@pytest.fixture(scope="module")
def reference(logs):
    report = coordinator.run(config(logs[0]))
    return report, shown(report)


@pytest.mark.parametrize("backend", sorted(BACKENDS))
@pytest.mark.parametrize("pack", [None, 4000])
def test_the_report_is_the_same_byte_for_byte_on_every_backend(logs, reference, monkeypatch, backend, pack):
    if pack is not None:  # many tasks
        monkeypatch.setattr(planner, "PACK_FILES", 3)
        monkeypatch.setattr(planner, "PACK_BYTES", pack)
        monkeypatch.setattr(planner, "RANGE_BYTES", pack)
    assert shown(coordinator.run(config(logs[0], backend=backend, workers=3))) == reference[1]


@settings(max_examples=6, phases=[Phase.generate])  # a run is dear, and its numbers are as plain as can be
@given(
    ranges=st.integers(4000, 60_000), pack=st.integers(2000, 50_000), count=st.integers(1, 40),
    block=st.integers(1 << 16, 200_000), workers=st.integers(1, 4),
)  # fmt: skip
def test_the_report_is_the_same_byte_for_byte_for_every_split(logs, reference, ranges, pack, count, block, workers):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(planner, "RANGE_BYTES", ranges)
        patch.setattr(planner, "PACK_BYTES", pack)
        patch.setattr(planner, "PACK_FILES", count)
        limits = replace(LIMITS, block_bytes=block)
        report = coordinator.run(config(logs[0], limits=limits, backend="auto", workers=workers))
    assert shown(report) == reference[1]


def test_outcomes_in_any_order_merge_in_plan_order(logs, reference, monkeypatch):
    monkeypatch.setattr(planner, "PACK_BYTES", 12_000)
    monkeypatch.setattr(planner, "RANGE_BYTES", 8000)

    serial = BACKENDS["serial"]

    def shuffled(process, job, tasks, workers):
        outcomes = list(serial(process, job, tasks, workers))
        random.Random(len(outcomes)).shuffle(outcomes)
        yield from outcomes

    monkeypatch.setitem(BACKENDS, "serial", shuffled)
    assert shown(coordinator.run(config(logs[0]))) == reference[1]


# ---- accounting --------------------------------------------------------------------------------------------


def test_every_line_of_every_file_is_accounted_for(logs, reference):
    texts = logs[1]
    report = reference[0]
    entries = {entry.path: entry for entry in report.files}
    assert list(entries) == sorted(entries)
    assert all(entry.lines.balanced() for entry in report.files)
    assert report.lines.balanced()
    assert sum(report.rejected_by_reason.values()) == report.lines.rejected
    for path, data in texts.items():
        wc = data.count(b"\n") + (data[-1:] not in {b"", b"\n"})
        assert (entries[path].lines.read, entries[path].bytes_read) == (wc, len(data)), path
        blank = sum(not line.strip() for line in data.split(b"\n")[:wc])
        assert entries[path].lines.filtered == blank, path
    counted = sum(n for _, n, *_ in report.table("status").rows) + report.table("times").rows[0][0]
    assert counted == report.lines.counted
    assert report.lines.rejected > 5


def test_what_could_not_be_read_is_said_and_stops_nothing(logs, reference):
    root, _ = logs
    entries = {entry.path.removeprefix(f"{root}/"): entry for entry in reference[0].files}
    assert (entries["binary"].status, entries["binary"].lines.read) == ("failed", 0)
    assert "binary" in (entries["binary"].reason or "")
    assert entries["torn.gz"].status == "read"
    assert entries["torn.gz"].lines.counted > 0
    assert entries["torn.gz"].reason
    assert entries["fake.gz"].lines.counted == 0
    assert entries["fake.gz"].reason
    assert (entries["notes"].status, entries["notes"].lines.rejected) == ("failed", 2)
    assert (entries["empty"].status, entries["empty"].reason) == ("read", None)
    assert (entries["newlines"].lines.filtered, entries["newlines"].lines.read) == (3, 3)
    assert entries.get("pipe") is None or entries["pipe"].status == "failed"


@pytest.mark.parametrize(
    "options", [{}, {"PACK_BYTES": 8000, "RANGE_BYTES": 6000, "PACK_FILES": 3}], ids=["whole", "cut"]
)
@pytest.mark.parametrize("backend", sorted(BACKENDS))
def test_every_reject_stands_where_the_file_of_rejects_says(logs, tmp_path, monkeypatch, options, backend):
    for name, value in options.items():
        monkeypatch.setattr(planner, name, value)
    out = tmp_path / "rejects.jsonl"
    report = coordinator.run(config(logs[0], backend=backend, workers=2, output=Output(rejects=str(out))))
    rejects = [json.loads(line) for line in out.read_text().splitlines()]
    assert len(rejects) == report.lines.rejected
    by_file: dict[str, int] = {}
    for reject in rejects:
        by_file[reject["path"]] = by_file.get(reject["path"], 0) + 1
        data = logs[1].get(reject["path"])
        if data is None:
            continue
        assert data[: reject["offset"]].count(b"\n") + 1 == reject["line"]
        assert reject["offset"] == 0 or data[reject["offset"] - 1] == 10
        line = data[reject["offset"] :].split(b"\n")[0]
        if reject["reason"] == "line too long":
            assert len(line) > LIMITS.max_line_bytes
        else:
            assert reject["raw"] == line.removesuffix(b"\r").decode("utf-8", "backslashreplace")
    assert by_file == {entry.path: entry.lines.rejected for entry in report.files if entry.lines.rejected}
    for entry in report.files:
        mine = [r for r in rejects if r["path"] == entry.path]
        assert [(s.line, s.offset, s.reason) for s in entry.samples] == [
            (r["line"], r["offset"], r["reason"]) for r in sorted(mine, key=lambda r: r["offset"])[:3]
        ]


def test_a_span_of_time_filters_and_the_books_balance(logs, reference):
    hour = 3600 * 10**6
    noon = 1769904000 * 10**6  # 2026-02-01T00:00:00Z
    parts = [
        coordinator.run(config(logs[0], since=since, until=until))
        for since, until in ((None, noon), (noon, noon + hour), (noon + hour, None))
    ]
    whole = reference[0]
    untimed = sum(
        row[0] for row in coordinator.run(
            replace(config(logs[0]), named_reports=(NamedReport("u", "SELECT count(*) FROM json WHERE time IS NULL"),))
        ).table("u").rows
    )  # fmt: skip
    assert sum(part.lines.counted for part in parts) + untimed == whole.lines.counted
    for part in parts:
        assert part.lines.balanced()
        assert part.lines.read == whole.lines.read
        assert part.lines.rejected == whole.lines.rejected
    totals = [sum(n for _, n, *_ in part.table("status").rows) for part in parts]
    assert sum(totals) == sum(n for _, n, *_ in whole.table("status").rows)
    first = [row[0] for row in parts[1].table("clients").rows]
    assert first == ["2026-02-01T00:00:00Z"]


def test_a_task_that_fails_loses_its_files_and_nothing_else(logs, reference, monkeypatch):
    monkeypatch.setattr(planner, "PACK_FILES", 4)
    real = coordinator.process_here

    def fails(job, task, carry):
        if any(piece.path.endswith("small.3") for piece in task.pieces):
            raise MemoryError("no room")
        return real(job, task, carry)

    monkeypatch.setattr(coordinator, "process_here", fails)
    report = coordinator.run(config(logs[0], backend="threads", workers=2))
    lost = [entry for entry in report.files if "MemoryError: no room" in (entry.reason or "")]
    assert 1 <= len(lost) <= 4
    assert {entry.status for entry in lost} == {"failed"}
    whole = {entry.path: entry for entry in reference[0].files}
    assert all(entry == whole[entry.path] for entry in report.files if entry not in lost)
    assert report.lines.balanced()
    assert sum(n for _, n, *_ in report.table("status").rows) + report.table("times").rows[0][0] == report.lines.counted


def test_a_report_with_too_many_groups_fails_alone(logs, reference):
    report = coordinator.run(config(logs[0], limits=replace(LIMITS, max_groups=3)))
    for name in ("status", "levels"):
        assert len(reference[0].table(name).rows) > 3
        assert "more than 3 groups" in (report.table(name).problem or "")
    for name in ("clients", "times"):
        assert report.table(name) == reference[0].table(name)
    assert report.table("paths").problem is None
    assert not report.table("paths").exact
    assert report.files == reference[0].files


def test_checks_are_judged_and_no_report(logs):
    checks = (Check("some", "SELECT count(*) FROM web", "> 0"), Check("none", "SELECT count(*) FROM web", "= 0"))
    report = coordinator.run(config(logs[0], checks=checks))
    assert [(check.name, check.failed) for check in report.checks] == [("some", True), ("none", False)]
    assert [table.name for table in report.reports] == [named.name for named in REPORTS]


# ---- plan order --------------------------------------------------------------------------------------------


@given(order=st.permutations(range(12)), failed=st.sets(st.integers(0, 11)))
def test_outcomes_come_out_in_the_order_of_the_plan(order, failed):
    outcomes = [Failure(n, "x") if n in failed else Partial(n, (), ()) for n in order]
    assert [outcome.task for outcome in in_plan_order(outcomes)] == list(range(12))


def test_outcomes_come_out_as_soon_as_they_are_due():
    seen = []

    def arrive():
        for number in (1, 0, 3, 2):
            seen.append(number)
            yield Partial(number, (), ())

    assert [(outcome.task, len(seen)) for outcome in in_plan_order(arrive())] == [(0, 2), (1, 2), (2, 4), (3, 4)]


def test_a_task_that_was_done_twice_counts_once():
    outcomes = [Partial(n, (), ()) for n in (0, 0, 1, 0, 1, 2)]
    assert [outcome.task for outcome in in_plan_order(outcomes)] == [0, 1, 2]


def test_a_backend_that_forgets_a_task_is_found_out(logs, monkeypatch):
    monkeypatch.setattr(planner, "PACK_BYTES", 3000)

    def forgetful(process, job, tasks, workers):
        for outcome in BACKENDS["threads"](process, job, tasks, workers):
            if outcome.task != 1:
                yield outcome

    monkeypatch.setitem(BACKENDS, "serial", forgetful)
    with pytest.raises(MergeError, match="task 1"):
        coordinator.run(config(logs[0]))


@pytest.mark.parametrize("state", [False, True])
@pytest.mark.parametrize(("backend", "calls"), [("processes", ["prepare", "plan"]), ("threads", ["plan"])])
def test_processes_begin_to_load_before_the_run_is_planned(logs, tmp_path, monkeypatch, backend, calls, state):
    found = []

    class Planner(planner.Planner):
        def tasks_of(self, pieces):
            found.append("plan")
            return super().tasks_of(pieces)

    monkeypatch.setattr(children, "prepare", lambda: found.append("prepare"))
    monkeypatch.setattr(coordinator, "Planner", Planner)
    monkeypatch.setattr(nightly, "Planner", Planner)
    folder = str(tmp_path / "state") if state else None
    coordinator.run(config(logs[0], backend=backend, workers=1, state_dir=folder))
    assert found == calls
