from __future__ import annotations

from datetime import date

from report.test_html import Reader

from logproc.report.html.calendar import Entry, index

NIGHTS = [Entry("night", date(2026, 2, day), f"2026-02-{day:02}.html", 1000 * day) for day in (1, 2, 3, 27)]
WEEK = Entry("week", date(2026, 2, 2), "2026-W06.html", 9000)
MONTH = Entry("month", date(2026, 2, 1), "2026-02.html", 30_000)
MARCH = Entry("night", date(2026, 3, 1), "2026-03-01.html", 5, "2 files <lost>")
ALL = [*NIGHTS, WEEK, MONTH, MARCH]


def read(content: bytes) -> Reader:
    reader = Reader()
    reader.feed(content.decode())
    assert not reader.open
    return reader


def test_the_index_leads_to_every_report_the_newest_month_first():
    found = read(index(ALL))
    addresses = [value for tag, name, value in found.attributes if (tag, name) == ("a", "href")]
    assert sorted(addresses) == sorted([entry.href for entry in ALL] + ["#main"])
    months = [text for text in found.texts if text in {"March 2026", "February 2026"}]
    assert months[0] == "March 2026"
    assert ("a", "title", "2026-03-01: 5 lines, 2 files <lost>") in found.attributes
    assert ("span", "title", "2026-02-04: no report") in found.attributes


def test_an_empty_folder_has_an_index():
    assert "No reports yet." in read(index([])).texts
