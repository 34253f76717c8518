"""The broker: no byte is lost or counted twice, whatever workers do; every lease ends; so does every run.

`LOGPROC_FAULT_SCHEDULES=500` runs so many random fault schedules over a simulated fleet instead of 50.
"""

from __future__ import annotations

import os
import random
from heapq import heappop, heappush
from itertools import count

import pytest
from backends.ranges import joined, leaves
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    initialize,
    invariant,
    multiple,
    rule,
)

from logproc.backends.broker import DEATHS, DEATHS_IN_A_ROW, REFUSALS, SUSPENDED, Broker
from logproc.backends.halves import FLOOR
from logproc.backends.leases import Doubled, Durations
from logproc.model import Failure, Partial, Parts, Piece, Task

MIB = 1 << 20
LEASE = 60.0
SCHEDULES = int(os.environ.get("LOGPROC_FAULT_SCHEDULES", "50"))


class Clock:
    def __init__(self):
        self.now = 1000.0

    def __call__(self):
        return self.now


def plain(number, start, end, size=None):
    return Task(number, (Piece(number, f"/logs/{number}", start, end, 0, codec="plain"),), size or end - start)


def pack(number, files):
    return Task(
        number, tuple(Piece(100 * number + n, f"/logs/{number}.{n}", 0, -1, 0) for n in range(files)), 100 * files
    )


def part_of(task, token="x"):
    return Partial(task.number, (), (token.encode(),))


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def make(clock):
    return lambda *tasks, **options: Broker(tasks, run="r", clock=clock, **options)


def kill(broker, times=1, cause="exit -9", worker="a/1"):
    """Let a worker take something and die, so many times; return what it took."""
    taken = []
    for _ in range(times):
        taken.append(broker.lease(worker))
        broker.died(worker, cause)
    return taken


def drain(broker):
    outcomes = []
    while (outcome := broker.take()) is not None:
        outcomes.append(outcome)
    return outcomes


# ---- one worker --------------------------------------------------------------------------------------------


def test_tasks_are_leased_in_their_order_and_come_back_once(make):
    tasks = [plain(n, 0, 100) for n in range(3)]
    broker = make(*tasks)
    broker.hello("a")
    leases = [broker.lease("a") for _ in tasks]
    assert [lease.task for lease in leases] == tasks
    assert broker.lease("a") is None
    for lease in reversed(leases):
        assert broker.complete("a", lease.id, part_of(lease.task))
    assert [outcome.task for outcome in drain(broker)] == [2, 1, 0]
    assert broker.drained
    assert (broker.take(), broker.lease("a"), broker.next_deadline()) == (None, None, None)


def test_a_lease_names_run_task_part_and_attempt_and_has_a_deadline(make, clock):
    broker = make(plain(4, 0, 100))
    first = broker.lease("a")
    assert first.id.split(":")[:4] == ["r", "4", "-", "1"]
    assert (first.attempt, first.deadline) == (1, clock.now + LEASE)
    broker.died("a", "exit 1")
    second = broker.lease("a")
    assert second.id.split(":")[:4] == ["r", "4", "-", "2"]
    assert second.attempt == 2


def test_no_task_is_drained_at_once(make):
    broker = make()
    assert broker.drained
    assert broker.lease("a") is None


def test_not_drained_before_the_last_outcome_is_taken(make):
    broker = make(plain(0, 0, 100))
    lease = broker.lease("a")
    broker.complete("a", lease.id, part_of(lease.task))
    assert not broker.drained
    broker.take()
    assert broker.drained


def test_a_failure_that_a_worker_reports_is_final(make):
    broker = make(plain(0, 0, 9 * MIB))
    lease = broker.lease("a")
    assert broker.complete("a", lease.id, Failure(0, "ValueError: no"))
    assert drain(broker) == [Failure(0, "ValueError: no")]
    assert broker.status().failed == 1


@pytest.mark.parametrize(("worker", "change", "number"), [("b", "", 0), ("a", "0", 0), ("a", "", 1)])
def test_results_that_nobody_asked_for_do_not_count(make, worker, change, number):
    broker = make(plain(0, 0, 100), plain(1, 0, 100))
    lease = broker.lease("a")
    assert not broker.complete(worker, lease.id + change, Partial(number, (), ()))
    assert drain(broker) == []
    assert broker.complete("a", lease.id, part_of(lease.task))
    assert not broker.complete("a", lease.id, part_of(lease.task))
    assert len(drain(broker)) == 1


# ---- deadlines ---------------------------------------------------------------------------------------------


def test_heartbeats_move_the_deadline(make, clock):
    broker = make(plain(0, 0, 100))
    lease = broker.lease("a")
    for _ in range(10):
        clock.now += LEASE - 1
        broker.expire()
        assert broker.heartbeat("a", [lease.id]) == ()
        assert broker.next_deadline() == clock.now + LEASE
    assert broker.complete("a", lease.id, part_of(lease.task))


def test_an_expired_lease_is_somebody_elses_and_its_worker_is_told(make, clock):
    broker = make(plain(0, 0, 100), plain(1, 0, 100))
    lease = broker.lease("a")
    clock.now += LEASE
    broker.expire()
    assert not broker.holds("a", lease.id)
    again = broker.lease("b")
    assert (again.task, again.attempt) == (lease.task, 2)  # at the front
    assert broker.heartbeat("a", [lease.id]) == (lease.id,)
    assert broker.heartbeat("a", [again.id]) == (again.id,)
    assert broker.heartbeat("b", [again.id]) == ()
    assert broker.status().lost_leases == 1


def test_a_late_result_counts_while_nobody_elses_has(make, clock):
    broker = make(plain(0, 0, 100), plain(1, 0, 100))
    late = [broker.lease("a"), broker.lease("a")]
    clock.now += LEASE
    broker.expire()
    again = broker.lease("b")
    assert broker.complete("a", late[again.task.number].id, part_of(again.task))  # leased elsewhere
    other = late[1 - again.task.number]
    assert broker.complete("a", other.id, part_of(other.task))  # ready
    assert not broker.complete("b", again.id, part_of(again.task))
    assert broker.lease("c") is None
    assert len(drain(broker)) == 2
    assert broker.drained


def test_a_worker_that_leaves_costs_no_attempt(make):
    broker = make(plain(0, 0, 100), plain(1, 0, 100))
    for _ in range(3 * DEATHS):
        lease = broker.lease("a")
        assert (lease.task.number, lease.attempt) == (0, 1)
        broker.bye("a")
        assert broker.status().workers == ()
        assert not broker.complete("a", lease.id, part_of(lease.task))
    assert broker.status().lost_leases == 0


# ---- deaths ------------------------------------------------------------------------------------------------


def test_a_range_whose_workers_die_is_cut_and_its_parts_come_in_order(make):
    broker = make(plain(0, 0, 4 * MIB), plain(1, 0, 100))
    kill(broker, DEATHS)
    halves = [broker.lease("a"), broker.lease("a")]
    assert [lease.task.pieces[0].start for lease in halves] == [0, 2 * MIB]
    assert {lease.task.number for lease in halves} == {0}
    assert broker.lease("a").task.number == 1
    for lease in reversed(halves):
        assert broker.complete("a", lease.id, part_of(lease.task, lease.id))
    assert drain(broker) == [Parts(0, tuple((lease.task, part_of(lease.task, lease.id)) for lease in halves))]
    assert broker.status().split == 1


def test_a_late_result_of_a_range_that_was_cut_is_refused(make, clock):
    broker = make(plain(0, 0, 4 * MIB))
    late = []
    for worker in "abc":
        late.append((worker, broker.lease(worker)))
        clock.now += LEASE
        broker.expire()
    for worker, lease in late:
        assert not broker.complete(worker, lease.id, part_of(lease.task))
    assert broker.status().ready == 2


def test_what_cannot_be_cut_is_given_up_with_file_range_hosts_and_cause(make):
    broker = make(plain(0, 5, 100))
    for worker, cause in (("a/1", "exit -11"), ("b/7", "exit -9"), ("b/8", "exit -7")):
        broker.lease(worker)
        broker.died(worker, cause)
    (failure,) = drain(broker)
    assert failure == Failure(0, "its worker process died 3 times on a, b (exit -7)")
    assert broker.drained


def test_a_poisonous_byte_loses_a_mebibyte_at_most(make):
    broker, poison = make(plain(0, 0, 32 * MIB)), 5 * MIB + 17
    while not broker.drained and (lease := broker.lease("a")):
        (piece,) = lease.task.pieces
        if piece.start <= poison < piece.end:
            broker.died("a", "exit -9")
        else:
            assert broker.complete("a", lease.id, part_of(lease.task))
        for outcome in drain(broker):
            lost = [task for task, became in outcome.outcomes if isinstance(became, Failure)]
            assert [(task.pieces[0].start, task.pieces[0].end) for task in lost] == [(5 * MIB, 6 * MIB)]
            assert joined(task for task, _ in outcome.outcomes) == plain(0, 0, 32 * MIB).pieces
    assert broker.drained
    assert broker.status().failed == 1


def test_nothing_is_cut_where_everything_dies(make):
    broker = make(*(plain(n, 0, 32 * MIB) for n in range(100)))
    deaths = 0
    while not broker.drained:
        kill(broker)
        drain(broker)
        deaths += 1
    assert deaths <= DEATHS_IN_A_ROW + 100 * DEATHS + 40


def test_a_death_that_is_conclusive_cuts_a_range_at_once_and_takes_nothing_from_what_cannot_be_cut(make):
    broker = make(plain(0, 0, 8 * MIB), plain(1, 0, 100))
    first, second = broker.lease("a"), broker.lease("b")
    broker.died("a", "exit 12", [first.id], conclusive=True)
    broker.died("b", "exit 12", [second.id], conclusive=True)
    assert (broker.status().split, broker.status().failed, broker.status().ready) == (1, 0, 3)


def test_only_the_leases_that_died_with_a_child_are_lost(make):
    broker = make(plain(0, 0, 100), plain(1, 0, 100))
    first, second = broker.lease("a"), broker.lease("a")
    broker.died("a", "exit -9", [first.id])
    assert broker.heartbeat("a", [first.id, second.id]) == (first.id,)
    assert broker.status().workers[0].lost == 1


def test_the_last_try_of_what_kills_is_another_hosts_where_there_is_one(make):
    """One process after the other ended for want of memory, without a word, on a small machine."""
    broker = make(plain(0, 0, 32 * MIB), plain(1, 0, 100))
    broker.hello("large/0")
    for attempt in range(1, DEATHS):
        lease = broker.lease("small/0")
        assert (lease.task.number, lease.attempt) == (0, attempt)
        broker.died("small/0", "exit -6, SIGABRT", [lease.id])
    assert broker.lease("small/1").task.number == 1
    assert broker.lease("small/0") is None
    again = broker.lease("large/0")
    assert (again.task.number, again.attempt) == (0, DEATHS)
    assert broker.complete("large/0", again.id, part_of(again.task))


def test_the_last_try_of_what_kills_is_its_hosts_where_no_other_is_there(make):
    broker = make(plain(0, 0, 100))
    for n in range(DEATHS):
        broker.died(f"small/{n % 2}", "exit -6, SIGABRT", [broker.lease(f"small/{n % 2}").id])
    assert [type(outcome) for outcome in drain(broker)] == [Failure]


# ---- refusals ----------------------------------------------------------------------------------------------


def test_what_a_worker_cannot_do_is_offered_to_the_others_first(make):
    broker = make(plain(0, 0, 100), plain(1, 0, 100))
    broker.hello("b")
    refused = broker.lease("a")
    broker.fail("a", refused.id, "OSError: stale handle")
    assert not broker.complete("a", refused.id, part_of(refused.task))
    assert broker.lease("a").task.number == 1
    assert broker.lease("a") is None
    again = broker.lease("b")
    assert (again.task.number, again.attempt) == (0, 2)


def test_a_lone_worker_is_offered_what_it_refused_until_it_is_suspended(make):
    broker = make(plain(0, 0, 100))
    for attempt in range(1, SUSPENDED + 1):
        lease = broker.lease("a")
        assert lease.attempt == attempt
        broker.fail("a", lease.id, "disk full")
    assert broker.lease("a") is None
    assert broker.status().workers[0].suspended
    broker.hello("a")
    assert broker.lease("a").attempt == SUSPENDED + 1


def test_what_all_refuse_is_given_up(make):
    broker = make(plain(0, 0, 100))
    for n in range(REFUSALS):
        lease = broker.lease(f"h{n % 2}/{n}")
        broker.fail(f"h{n % 2}/{n}", lease.id, "disk full")
    assert drain(broker) == [Failure(0, "refused 5 times on h0, h1 (disk full)")]


# ---- stragglers and back-pressure --------------------------------------------------------------------------


def test_the_oldest_straggler_is_leased_once_more_when_nothing_is_ready(make, clock):
    broker = make(*(plain(n, 0, 100) for n in range(2)))
    slow = broker.lease("slow")
    clock.now += 1
    other = broker.lease("other")
    for _ in range(2):
        clock.now += 29
        broker.heartbeat("slow", [slow.id])
        broker.heartbeat("other", [other.id])
        assert broker.lease("b") is None
    clock.now += 1
    assert broker.lease("slow") is None  # not the worker that is at it
    second = broker.lease("b")
    assert (second.task, second.attempt) == (slow.task, 2)
    assert broker.doubled() == (Doubled("slow", "b", slow.task, 60.0),)
    assert broker.doubled() == ()
    assert broker.lease("c") is None  # one more at a time; the other one is younger
    assert broker.complete("b", second.id, part_of(second.task))
    assert broker.heartbeat("slow", [slow.id]) == (slow.id,)
    assert not broker.complete("slow", slow.id, part_of(slow.task))
    clock.now += 1
    assert broker.lease("c").task == other.task


def test_a_straggler_is_three_times_slower_than_the_median(make, clock):
    broker = make(*(plain(n, 0, 100) for n in range(6)))
    slow = broker.lease("slow")
    for _ in range(5):
        lease = broker.lease("b")
        clock.now += 50
        broker.heartbeat("slow", [slow.id])
        assert broker.complete("b", lease.id, part_of(lease.task))
    assert broker.status().median == pytest.approx(50, rel=0.06)
    broker = make(*(plain(n, 0, 100) for n in range(6)))
    lease = broker.lease("b")
    for _ in range(2):
        clock.now += 45
        broker.heartbeat("b", [lease.id])
    assert broker.complete("b", lease.id, part_of(lease.task))
    leases = [broker.lease("slow") for _ in range(5)]
    for _ in range(5):
        clock.now += 50
        assert broker.heartbeat("slow", [lease.id for lease in leases]) == ()
        assert broker.lease("b") is None
    clock.now += 40
    assert broker.lease("b").task == leases[0].task


def test_a_straggler_whose_second_worker_died_is_leased_again(make, clock):
    broker = make(plain(0, 0, 100), plain(1, 0, 100))
    slow = broker.lease("slow")
    clock.now += 59
    broker.heartbeat("slow", [slow.id])
    young = broker.lease("young")
    clock.now += 1
    broker.lease("b")
    broker.died("b", "exit -9")
    assert (broker.status().leased, broker.status().ready) == (2, 0)
    third = broker.lease("c")
    assert (third.task, third.attempt) == (slow.task, 3)
    assert broker.complete("slow", slow.id, part_of(slow.task))
    assert broker.complete("young", young.id, part_of(young.task))
    assert len(drain(broker)) == 2
    assert broker.drained


def test_tasks_are_given_ahead_while_more_are_ready_than_leased(make):
    broker = make(*(plain(n, 0, 5) for n in range(5)))
    assert broker.lease("a").task.number == 0
    assert broker.lease("a", ahead=True).task.number == 1
    assert broker.lease("b").task.number == 2
    assert broker.lease("b", ahead=True) is None  # 2 are ready, and 3 leased
    assert broker.lease("b").task.number == 3


def test_no_straggler_is_given_ahead(make, clock):
    broker = make(plain(0, 0, 5), straggler_seconds=20.0)
    broker.lease("a")
    clock.now += 30
    assert broker.lease("b", ahead=True) is None
    assert broker.lease("b").task.number == 0


@pytest.mark.parametrize("expires", [False, True])
def test_what_a_worker_had_in_hand_and_not_begun_did_not_kill_it(make, clock, expires):
    broker = make(plain(0, 0, 5), plain(1, 0, 5), plain(2, 0, 5))
    for _ in range(2):
        broker.hello("a", slots=1)
        begun, waiting = broker.lease("a"), broker.lease("a", ahead=True)
        assert (begun.task.number, waiting.task.number) == (0, 1)
        if expires:
            clock.now += LEASE
            broker.expire()
        else:
            broker.died("a", "exit -9")
    assert [loss.task.number for loss in broker.losses()] == [0, 0]
    assert broker.lease("b").attempt == 3
    assert broker.lease("b").attempt == 1
    assert broker.complete("a", waiting.id, part_of(waiting.task))  # it was slow only, and is the first


def test_the_next_deadline_is_the_earliest(make, clock):
    broker = make(plain(0, 0, 100), plain(1, 0, 100))
    first, second = broker.lease("a"), broker.lease("b")
    clock.now += 10
    broker.heartbeat("a", [first.id])
    assert broker.next_deadline() == second.deadline
    clock.now = second.deadline
    broker.expire()
    assert (broker.holds("a", first.id), broker.holds("b", second.id)) == (True, False)


def test_nothing_is_leased_while_a_window_of_outcomes_waits(make):
    broker = make(*(plain(n, 0, 100) for n in range(10)), window=2)
    leases = [broker.lease("a") for _ in range(3)]
    for lease in leases[:2]:
        broker.complete("a", lease.id, part_of(lease.task))
    assert broker.lease("b") is None
    broker.take()
    assert broker.lease("b").task.number == 3


# ---- status ------------------------------------------------------------------------------------------------


def test_the_status_names_workers_and_adds_up(make, clock):
    broker = make(*(plain(n, 0, 100) for n in range(5)))
    broker.hello("idle")
    one, two = broker.lease("a"), broker.lease("b")
    broker.complete("a", one.id, part_of(one.task))
    status = broker.status()
    assert (status.total, status.ready, status.leased, status.done, status.waiting) == (5, 3, 1, 1, 1)
    workers = {worker.name: (worker.leased, worker.done, worker.bytes) for worker in status.workers}
    assert workers == {"idle": (0, 0, 0), "a": (0, 1, 100), "b": (1, 0, 0)}
    clock.now += LEASE - 1
    broker.heartbeat("b", [two.id])
    clock.now += 1
    broker.expire()
    assert [worker.name for worker in broker.status().workers] == ["b"]


@pytest.mark.parametrize("times", [[0.0], [1e-9, 1e-8], [5.0], [1, 2, 3], [0.1] * 5 + [900.0] * 4, [1e9, 1e9, 1.0]])
def test_the_median_of_durations(times):
    durations = Durations()
    assert durations.median is None
    for seconds in times:
        durations.add(seconds)
    exact = sorted(times)[(len(times) - 1) // 2]
    assert durations.median == pytest.approx(min(max(exact, 1e-6), 50_000), rel=0.35 if exact > 5e4 else 0.06, abs=1e-6)


# ---- any order of calls ------------------------------------------------------------------------------------


def key(task):
    return tuple((piece.file, piece.start, piece.end) for piece in task.pieces)


def check(tasks, outcomes, accepted):
    """Every byte of every task is in one outcome, in order; every accepted result is in the outcomes, once."""
    assert sorted(outcome.task for outcome in outcomes) == [task.number for task in tasks]
    found = []
    for outcome in outcomes:
        parts = leaves(tasks[outcome.task], outcome)
        assert joined(task for task, _ in parts) == joined([tasks[outcome.task]])
        assert not isinstance(outcome, Parts) or len(parts) > 1
        found += [(key(task), became) for task, became in parts]
    results = [(k, became) for k, became in found if isinstance(became, Partial) or became.cause == "reported"]
    assert sorted(results, key=repr) == sorted(accepted, key=repr)
    return [k for k, became in found if isinstance(became, Failure) and became.cause != "reported"]


class Fleet(RuleBasedStateMachine):
    """Workers that join, lease, beat, hang, die, come back, complete late and twice, refuse and leave."""

    leases = Bundle("leases")
    names = st.sampled_from(["h1/a", "h1/b", "h2/a", "h3"])

    @initialize(
        sizes=st.lists(st.one_of(st.integers(1, 5), st.sampled_from(["gz", "pack", "end"])), min_size=1, max_size=4),
        window=st.sampled_from([None, 1, 3]),
    )
    def begin(self, sizes, window):
        self.clock = Clock()
        make = {
            "gz": lambda n: Task(n, (Piece(n, f"/logs/{n}.gz", 0, -1, 0, codec="gzip"),), 9 * MIB),
            "pack": lambda n: pack(n, 5),
            "end": lambda n: plain(n, 3 * MIB, -1, 3 * MIB),
        }
        self.tasks = [make[s](n) if isinstance(s, str) else plain(n, 7, 7 + s * MIB) for n, s in enumerate(sizes)]
        self.broker = Broker(self.tasks, run="r", clock=self.clock, window=window, straggler_seconds=20.0)
        self.given = {}  # lease -> (worker, task)
        self.deadlines = {}  # of leases that are not lost
        self.deaths = {}
        self.refusals = {}
        self.over = set()
        self.gone = set()  # leases that were given back
        self.accepted = []
        self.outcomes = []
        self.seen = {}  # when something was heard of a worker
        self.slots = {}

    def see(self, worker):
        self.seen[worker] = self.clock.now

    def forget(self, worker):
        self.seen.pop(worker, None)
        self.slots.pop(worker, None)

    def lose_all(self, worker, late):
        """Model deaths of what a worker was at; what it had in hand is ready again."""
        mine = [lease for lease in self.deadlines if self.given[lease][0] == worker]
        begun = mine[: self.slots.get(worker)]
        for lease in sorted(filter(late, mine), key=begun.__contains__):
            if lease not in self.deadlines:
                continue
            if lease in begun:
                self.lose(lease)
            else:
                del self.deadlines[lease]

    def lose(self, lease):
        """Model a death."""
        del self.deadlines[lease]
        k = key(self.given[lease][1])
        self.deaths[k] = self.deaths.get(k, 0) + 1
        if self.deaths[k] == DEATHS:
            self.end(k)

    def end(self, k):
        self.over.add(k)
        for lease in [lease for lease in self.deadlines if key(self.given[lease][1]) == k]:
            del self.deadlines[lease]

    def drop(self, lease):
        self.gone.add(lease)
        self.deadlines.pop(lease, None)

    @rule(worker=names, slots=st.sampled_from([None, 1, 2]))
    def hello(self, worker, slots):
        self.broker.hello(worker, slots)
        self.see(worker)
        self.slots[worker] = slots

    @rule(target=leases, worker=names, ahead=st.booleans())
    def lease(self, worker, ahead):
        before = self.broker.status()
        lease = self.broker.lease(worker, ahead=ahead)
        self.see(worker)
        if lease is None:
            return multiple()
        assert not ahead or before.ready > before.leased
        k = key(lease.task)
        assert lease.id not in self.given
        assert lease.deadline == self.clock.now + LEASE
        assert k not in self.over
        others = [x for x in self.deadlines if key(self.given[x][1]) == k]
        assert len(others) <= 1
        assert all(self.given[x][0] != worker for x in others)
        assert len(lease.id) < 100
        self.given[lease.id] = (worker, lease.task)
        self.deadlines[lease.id] = lease.deadline
        return lease

    @rule(worker=names)
    def beat(self, worker):
        mine = [lease for lease, (name, _) in self.given.items() if name == worker]
        lost = self.broker.heartbeat(worker, mine)
        self.see(worker)
        assert set(lost) == {lease for lease in mine if lease not in self.deadlines}
        for lease in mine:
            if lease in self.deadlines:
                self.deadlines[lease] = self.clock.now + LEASE

    @rule(seconds=st.sampled_from([0.5, 25.0, 59.0, 61.0]))
    def time_goes_by(self, seconds):
        self.clock.now += seconds

    @rule()
    def expire(self):
        self.broker.expire()
        for lease in sorted(self.deadlines, key=lambda x: (self.deadlines[x], int(x.rpartition(":")[2]))):
            if lease in self.deadlines and self.deadlines[lease] <= self.clock.now:
                self.lose_all(self.given[lease][0], lambda x: self.deadlines[x] <= self.clock.now)
        for worker in [worker for worker, seen in self.seen.items() if seen + LEASE <= self.clock.now]:
            self.forget(worker)

    @rule(lease=leases, fails=st.booleans())
    def complete(self, lease, fails):
        worker, task = self.given[lease.id]
        outcome = Failure(task.number, "reported") if fails else part_of(task, lease.id)
        expected = lease.id not in self.gone and key(task) not in self.over
        assert self.broker.complete(worker, lease.id, outcome) is expected
        self.see(worker)
        if expected:
            self.accepted.append((key(task), outcome))
            self.end(key(task))

    @rule(lease=leases)
    def complete_for_another(self, lease):
        assert not self.broker.complete("nobody", lease.id, part_of(lease.task))

    @rule(lease=leases)
    def refuse(self, lease):
        worker, task = self.given[lease.id]
        self.broker.fail(worker, lease.id, "disk full")
        self.see(worker)
        if lease.id not in self.deadlines:
            return
        self.drop(lease.id)
        k = key(task)
        self.refusals[k] = self.refusals.get(k, 0) + 1
        if self.refusals[k] >= REFUSALS and all(key(self.given[x][1]) != k for x in self.deadlines):
            self.end(k)

    @rule(worker=names)
    def leave(self, worker):
        self.broker.bye(worker)
        self.forget(worker)
        for lease in [lease for lease in self.deadlines if self.given[lease][0] == worker]:
            self.drop(lease)

    @rule(worker=names)
    def die(self, worker):
        self.broker.died(worker, "exit -9")
        self.lose_all(worker, lambda _: True)
        self.forget(worker)

    @rule()
    def take(self):
        outcome = self.broker.take()
        if outcome is not None:
            self.outcomes.append(outcome)

    @invariant()
    def no_lease_without_a_deadline(self):
        if hasattr(self, "deadlines"):
            assert self.broker.next_deadline() == min(self.deadlines.values(), default=None)
            assert self.broker.status().leased == len({key(self.given[lease][1]) for lease in self.deadlines})

    def teardown(self):
        if not hasattr(self, "broker"):
            return
        for _ in range(3000):
            while (outcome := self.broker.take()) is not None:
                self.outcomes.append(outcome)
            if self.broker.drained:
                break
            self.broker.hello("last")
            lease = self.broker.lease("last")
            if lease is None:
                self.clock.now += LEASE
                self.broker.expire()
            else:
                outcome = part_of(lease.task, lease.id)
                assert self.broker.complete("last", lease.id, outcome)
                self.accepted.append((key(lease.task), outcome))
        assert self.broker.drained
        assert self.broker.status().ready == self.broker.status().leased == 0
        assert not self.broker._held
        check(self.tasks, self.outcomes, self.accepted)


TestFleet = pytest.mark.long(pytest.mark.no_cover(Fleet.TestCase))
TestFleet.settings = settings(max_examples=200, stateful_step_count=60, deadline=None)


# ---- fault schedules ---------------------------------------------------------------------------------------


class Schedule:
    """A fleet on a simulated clock; all that happens is an event, and what goes wrong is drawn from a seed.

    Some bytes are poison: whatever works on a range with one of them dies, however often.
    """

    def __init__(self, seed):
        self.rng = random.Random(seed)
        rng = self.rng
        self.clock = Clock()
        self.tasks = [self.task(n) for n in range(rng.randrange(1, 60))]
        self.poison = {
            (t.number, rng.randrange(t.bytes))
            for t in rng.sample(self.tasks, rng.choice([0, 0, 1, 2]) % len(self.tasks))
        }
        self.broker = Broker(self.tasks, run="r", clock=self.clock, window=rng.choice([None, 2, 20]))
        self.faults = rng.choice([0.0, 0.02, 0.1, 0.3])
        self.events = []
        self.order = count()
        self.outcomes = []
        self.accepted = []
        self.workers = count()
        self.living = set()
        for _ in range(rng.randrange(1, 12)):
            self.later(rng.random() * 100, self.join)
        self.later(1.0, self.tick)

    def task(self, number):
        rng = self.rng
        if rng.random() < 0.2:
            return pack(number, rng.randrange(1, 9))
        return plain(number, 0, rng.choice([900, 3 * MIB, 32 * MIB]) + rng.randrange(9))

    def later(self, seconds, what, *args):
        heappush(self.events, (self.clock.now + seconds, next(self.order), what, args))

    def run(self):
        while self.events and not self.broker.drained:
            self.clock.now, _, what, args = heappop(self.events)
            what(*args)
            assert self.clock.now < 10**6, "no end"
        assert self.broker.drained

    def tick(self):
        self.broker.expire()
        while (outcome := self.broker.take()) is not None:
            self.outcomes.append(outcome)
        if len(self.living) < 3:
            self.later(self.rng.random() * 30, self.join)
        self.later(1.0, self.tick)

    def join(self):
        worker = f"h{self.rng.randrange(4)}/{next(self.workers)}"
        self.living.add(worker)
        self.broker.hello(worker)
        self.ask(worker)

    def leave(self, worker):
        self.living.discard(worker)

    def ask(self, worker):
        """Ask for a task and begin it, unless something goes wrong."""
        lease = self.broker.lease(worker)
        if lease is None:
            self.later(1.0 + self.rng.random(), self.hello_and_ask, worker)
            return
        if self.kills(lease.task):
            self.later(self.rng.random(), self.die, worker)
            return
        seconds = self.rng.expovariate(1 / (1 + lease.task.bytes / MIB))
        what = self.finish
        if self.rng.random() < self.faults:
            harmless = [self.twice, self.refuse, self.quit, self.slow]
            # Three accidents would give a small range up, as they should: no range has more than two.
            deadly = [self.die, self.vanish, self.hang] if lease.attempt < DEATHS else []
            what = self.rng.choice(harmless + deadly)
        if what in {self.finish, self.twice, self.refuse}:
            for beat in range(1, int(seconds // 20) + 1):
                self.later(20.0 * beat, self.broker.heartbeat, worker, [lease.id])
        if what in {self.die, self.vanish, self.quit}:
            self.later(seconds * self.rng.random(), what, worker)
        else:
            self.later(seconds, what, worker, lease)

    def hello_and_ask(self, worker):
        self.broker.hello(worker)
        self.ask(worker)

    def kills(self, task):
        if len(task.pieces) > 1 or task.pieces[0].codec is None:
            return any(number == task.number for number, _ in self.poison) and task.pieces[0].file % 100 == 0
        (piece,) = task.pieces
        return any(number == task.number and piece.start <= at < piece.end for number, at in self.poison)

    def die(self, worker):
        self.leave(worker)
        self.broker.died(worker, "exit -9")

    def vanish(self, worker):
        self.leave(worker)

    def quit(self, worker):
        self.leave(worker)
        self.broker.bye(worker)

    def refuse(self, worker, lease):
        self.broker.fail(worker, lease.id, "disk full")
        self.later(5.0, self.hello_and_ask, worker)

    def hang(self, worker, lease):
        """Come back after some time, without a sign until then."""
        self.later(self.rng.choice([30.0, 70.0, 300.0]), self.finish, worker, lease)

    def slow(self, worker, lease):
        """Beat for a long time."""
        for beat in range(1, 30):
            self.later(20.0 * beat, self.broker.heartbeat, worker, [lease.id])
        self.later(600.0, self.finish, worker, lease)

    def finish(self, worker, lease):
        self.send(worker, lease)
        self.ask(worker)

    def twice(self, worker, lease):
        self.send(worker, lease)
        assert not self.broker.complete(worker, lease.id, part_of(lease.task, lease.id))
        self.ask(worker)

    def send(self, worker, lease):
        outcome = part_of(lease.task, lease.id)
        if self.broker.complete(worker, lease.id, outcome):
            self.accepted.append((key(lease.task), outcome))


@pytest.mark.parametrize("seed", range(SCHEDULES))
def test_no_schedule_of_faults_loses_or_doubles_a_range(seed):
    schedule = Schedule(seed)
    schedule.run()
    lost = check(schedule.tasks, schedule.outcomes, schedule.accepted)
    outcomes = {outcome.task: outcome for outcome in schedule.outcomes}
    parts = [part for task in schedule.tasks for part in leaves(task, outcomes[task.number])]
    assert len(lost) == len(schedule.poison)
    for task, became in parts:
        assert isinstance(became, Failure) == schedule.kills(task)
        assert not schedule.kills(task) or (task.bytes <= FLOOR and len(task.pieces) == 1)
