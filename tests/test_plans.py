"""Plans from the disk are those that the planner makes, and anything else on the disk is as good as not there."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from logproc import cachefiles, plans, presets
from logproc.errors import QueryError
from logproc.formats import own_fields
from logproc.formats.jsonl import contract_name_of
from logproc.model import Kind
from logproc.rollup import sql
from logproc.rollup.spec import Rules

ASKED = [("a", "SELECT status, count(*) FROM web GROUP BY 1"), ("b", "SELECT max(time) FROM logs WHERE x = 0.5")]


@pytest.fixture(autouse=True)
def place(tmp_path, monkeypatch):
    monkeypatch.setattr(cachefiles, "places", lambda: iter([tmp_path]))
    return tmp_path / plans.FOLDER


def known(**changed):
    return {
        "relations": {"shop": frozenset({"web", "json"})},
        "fields": {},
        "synonyms": contract_name_of(),
        "rules": Rules(),
        **changed,
    }


def planned(asked, **facts):
    """Plan as a new process does."""
    plans._ready.clear()
    return plans.planned(asked, lambda: facts, facts)


def made_by_planner(asked=ASKED, **changed):
    return [sql.plan(text, name, **known(**changed)) for name, text in asked]


@pytest.fixture
def no_planner(monkeypatch):
    def refuse(*_arguments, **_known):
        raise AssertionError("planned anew")

    monkeypatch.setattr(sql, "plan", refuse)


def test_all_presets_come_back_as_they_were_planned(monkeypatch):
    asked = [pair for preset in presets.PRESETS for pair in presets.load(preset, places=False)]
    fields = {"fields": own_fields()}  # as media types, which no family has
    fresh = planned(asked, **known(**fields))
    assert fresh == made_by_planner(asked, **fields)
    monkeypatch.setattr(sql, "plan", None)
    again = planned(asked, **known(**fields))
    assert again == fresh
    assert [plan.fingerprint for plan in again] == [plan.fingerprint for plan in fresh]


def test_what_a_process_planned_is_asked_of_the_disk_no_more(place, monkeypatch):
    first = planned(ASKED, **known())
    monkeypatch.setattr(cachefiles, "find", None)
    assert plans.planned(ASKED, known, known()) == first
    for number in range(plans.READY):
        monkeypatch.setattr(cachefiles, "find", lambda *_place: None)
        plans.planned([(f"r{number}", ASKED[0][1])], known, known())
    assert len(plans._ready) == plans.READY
    assert len(list(place.iterdir())) == plans.READY + 1


def test_sqlglot_is_not_imported_for_what_is_known(tmp_path):
    code = (
        "import sys; from logproc import questions; from logproc.config import Config; "
        "questions.reports(Config(paths=('x',))); print('sqlglot' in sys.modules)"
    )
    env = {**os.environ, "XDG_CACHE_HOME": str(tmp_path)}
    said = [
        subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, text=True, check=True).stdout
        for _ in range(2)
    ]
    assert said[1] == "False\n"


@pytest.mark.parametrize(
    "changed",
    [
        {"relations": {"shop": frozenset({"web"})}},
        {"fields": {"x": Kind.DECIMAL}},
        {"rules": Rules(max_distinct=5)},
        {"synonyms": {}},
    ],
    ids=lambda changed: next(iter(changed)),
)
def test_what_a_plan_follows_from_makes_it_another(place, changed):
    planned(ASKED, **known())
    assert planned(ASKED, **known(**changed)) == made_by_planner(**changed)
    assert len(list(place.iterdir())) == 2


def test_other_sources_of_the_planner_plan_anew(place, tmp_path, monkeypatch):
    planned(ASKED, **known())
    for folder in ("rollup", "formats"):
        (tmp_path / folder).mkdir()
    for name in ("rollup/sql.py", "model.py", "timestamps.py"):
        (tmp_path / name).write_text("")
    monkeypatch.setattr(plans, "_HERE", tmp_path)
    plans._makers.cache_clear()
    try:
        planned(ASKED, **known())
    finally:
        plans._makers.cache_clear()
    assert len(list(place.iterdir())) == 2


def damaged(good):
    yield from (b"", b"x", good[:-3], good[:50] + bytes([good[50] ^ 1]) + good[51:])
    for content in (b"not a frame", plans.codec().dumps([]), plans.codec().dumps([b"x"]), plans.codec().dumps(7)):
        yield cachefiles._digest(content) + content
    other = plans.codec().dumps([plans.codec().dumps(plan) for plan in reversed(made_by_planner())])
    yield cachefiles._digest(other) + other


def test_what_is_damaged_or_of_others_is_planned_anew(place):
    planned(ASKED, **known())
    (file,) = place.iterdir()
    good = file.read_bytes()
    for bad in damaged(good):
        file.write_bytes(bad)
        assert planned(ASKED, **known()) == made_by_planner()
        assert file.read_bytes() == good


@pytest.mark.parametrize("of", ["file", "folder"])
def test_what_strangers_may_have_written_is_not_read(place, monkeypatch, of):
    planned(ASKED, **known())
    (file,) = place.iterdir()
    (file if of == "file" else place).chmod(0o666 if of == "file" else 0o777)
    asked = []
    real = sql.plan
    monkeypatch.setattr(sql, "plan", lambda *pair, **more: asked.append(pair) or real(*pair, **more))
    planned(ASKED, **known())
    assert len(asked) == 2


@pytest.mark.usefixtures("no_planner")
def test_a_question_about_places_looks_at_its_files_each_time():
    with pytest.raises(AssertionError, match="planned anew"):
        planned([("c", "SELECT Country (client, 'gone.mmdb'), count(*) FROM web GROUP BY 1")], **known())


def test_others_beside_a_question_about_places_come_from_the_disk_in_their_order(monkeypatch):
    placed = ("city", "SELECT 'city' AS city, count(*) FROM web")
    asked = [ASKED[0], placed, ASKED[1]]
    first, real = planned(asked, **known()), sql.plan
    assert first == made_by_planner(asked)
    monkeypatch.setattr(sql, "plan", lambda text, name, **more: name == "city" and real(text, name, **more))
    assert planned(asked, **known()) == first


def test_a_query_that_cannot_be_planned_says_so_each_time(place):
    for _ in range(2):
        with pytest.raises(QueryError, match="there is no column"):
            planned([*ASKED, ("c", "SELECT nothing, count(*) FROM web GROUP BY 1")], **known())
    assert not place.exists()


def test_where_nothing_can_be_written_plans_are_made_all_the_same(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setattr(cachefiles, "places", lambda: iter([tmp_path / "file"]))
    assert planned(ASKED, **known()) == made_by_planner()


def test_a_full_disk_leaves_nothing_behind(place, monkeypatch):
    def full(*_arguments):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(type(place), "write_bytes", full)
    assert planned(ASKED, **known()) == made_by_planner()
    assert not list(place.iterdir())


def test_the_oldest_files_go(place):
    for number in range(plans.KEPT + 3):
        planned([(f"r{number}", ASKED[0][1])], **known())
        for age, file in enumerate(sorted(place.iterdir(), key=lambda path: path.stat().st_mtime_ns)):
            os.utime(file, (age, age))
    assert len(list(place.iterdir())) == plans.KEPT


@pytest.mark.parametrize("is_beside_sources", [True, False])
def test_who_may_read_the_sources_may_read_what_is_kept_beside_them(place, monkeypatch, is_beside_sources):
    if is_beside_sources:
        monkeypatch.setattr(cachefiles, "BESIDE_SOURCES", place.parent)
    planned(ASKED, **known())
    readers = Path(cachefiles.__file__).stat().st_mode & 0o044
    (file,) = place.iterdir()
    assert stat.S_IMODE(file.stat().st_mode) == (0o600 | readers if is_beside_sources else 0o600)
