from __future__ import annotations

import json
from types import SimpleNamespace

import pytest

from logproc.errors import OutputError
from logproc.report import listing

FILE = SimpleNamespace(
    path="logs/a\x1b.gz",
    source="web",
    codec="gzip",
    format="combined",
    confidence=0.98,
    bytes=1500,
    ranges=1,
    status="read",
    reason=None,
    first_time=0,
    last_time=60_000_000,
    fields={"client": "1.2.3.4", "status": 200, "agent": "\x1b[31m"},
    runner_up=None,
    considered=None,
)
BROKEN = SimpleNamespace(**{**vars(FILE), "format": None, "codec": None, "status": "failed", "reason": "no access"})
BROKEN.first_time = None


def test_the_plan_says_what_happens_to_each_file():
    text = listing.plan_text([FILE, BROKEN])
    assert text.splitlines() == [
        "read    1.5 kB  1 range  gzip  combined 98 %  logs/a\\x1b.gz",
        "failed  1.5 kB  1 range  -     -              logs/a\\x1b.gz  (no access)",
        "2 files, 1.5 kB to read",
    ]
    assert listing.plan_code([FILE], ()) == 0
    assert listing.plan_code([FILE, BROKEN], ()) == 3


def test_the_plan_as_json_keeps_every_attribute():
    first = json.loads(listing.plan_json([FILE, BROKEN]))["files"][0]
    names = ["path", "source", "codec", "format", "confidence", "bytes", "ranges", "status", "reason"]
    assert list(first) == names
    assert first["path"] == "logs/a\x1b.gz"


def test_detection_is_shown_with_sample_fields():
    lines = listing.detected_text([FILE]).splitlines()
    assert lines[0] == "logs/a\\x1b.gz: combined 98 %, gzip, 1970-01-01T00:00:00Z to 1970-01-01T00:01:00Z"
    assert lines[1:] == ["    client  1.2.3.4", "    status  200", "    agent   \\x1b[31m"]
    assert "no known format, not readable, no access" in listing.detected_text([BROKEN])


def test_detection_as_json_has_rfc3339_times():
    first = json.loads(listing.detected_json([FILE]))["files"][0]
    assert (first["first_time"], first["last_time"]) == ("1970-01-01T00:00:00Z", "1970-01-01T00:01:00Z")
    assert first["fields"]["status"] == 200
    assert (listing.detected_code([FILE]), listing.detected_code([BROKEN])) == (0, 3)


def test_nothing_is_aligned_as_nothing():
    assert listing.align([]) == ""


PRESETS = {"web/b": "-- title: Top paths\nSELECT 1", "web/a": "SELECT 2"}


def test_presets_are_listed_by_name_with_their_titles():
    assert listing.presets_text(PRESETS) == "web/b  Top paths\nweb/a\n"


def test_ejecting_copies_and_never_overwrites_an_edited_file(tmp_path):
    target = tmp_path / "mine"
    assert listing.eject(PRESETS, str(target)).startswith("2 presets copied to ")
    assert (target / "web" / "a.sql").read_text() == PRESETS["web/a"]
    listing.eject(PRESETS, str(target))
    (target / "web" / "a.sql").write_text("SELECT 3")
    with pytest.raises(OutputError, match="there is a different file already"):
        listing.eject(PRESETS, str(target))
    assert (target / "web" / "a.sql").read_text() == "SELECT 3"
