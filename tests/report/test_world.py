"""Countries on a map: whose outlines are there, which report gets a map, and what its shades say."""

from __future__ import annotations

import re

import pytest
from report.samples import column, table

from logproc.report.html import panels, world

COLUMNS = [column("country", "text", "key"), *map(column, ("requests", "visitors"))]


def by_country(rows, columns=COLUMNS):
    return table("countries", columns, rows, "SELECT count(*) AS requests FROM web GROUP BY country")


def test_outlines_are_paths_within_the_map_and_small_countries_are_dots():
    found = world.countries()
    assert len([code for code in found if re.fullmatch("[A-Z]{2}", code)]) > 240
    assert found["DE"].name == "Germany"
    assert found["SG"].path == ""
    for country in found.values():
        places = [(country.x, country.y)]
        for ring in country.path.split("M")[1:]:
            assert re.fullmatch(r"\d+ \d+l[-\d ]+z", ring)
            x, y, *steps = map(int, re.findall(r"-?\d+", ring))
            assert len(steps) % 2 == 0
            for right, down in zip(steps[::2], steps[1::2], strict=True):
                # No line runs across the map: outlines are cut where the map begins and ends.
                assert abs(right) < world.WIDTH / 5
                x, y = x + right, y + down
                places.append((x, y))
        assert all(0 <= x <= world.WIDTH and 0 <= y <= world.HEIGHT for x, y in places)


def test_shades_are_of_visitors_and_their_limits_grow_by_magnitudes():
    found = world.world(by_country([("US", 5, 100_000), ("DE", 9_000, 30), ("SG", 1, 1), ("EU", 3, 2), (None, 4, 4)]))
    assert found.title == "visitors by country"
    assert found.summary == "World map, visitors of 3 countries; most from United States: 100,000"
    assert [text for _, text in found.legend] == ["1 to 10", "11 to 100", "101 to 1,000", "1,001 to 10k", "10k to 100k"]
    assert [(area.code, area.shade) for area in found.areas] == [("US", 10), ("DE", 4), ("SG", 2)]
    assert found.areas[1].text == "Germany: requests 9,000, visitors 30"
    assert found.elsewhere == "EU"
    assert "FR" in found.land
    assert not {"DE", "HK"} & set(found.land)


@pytest.mark.parametrize(
    ("values", "legend"),
    [((1,), [(10, "1")]), ((1, 2), [(8, "1"), (10, "2")]), ((3, 3), [(6, "1"), (8, "2"), (10, "3")])],
)
def test_few_visitors_have_few_shades(values, legend):
    rows = [(code, 1, value) for code, value in zip(("DE", "FR"), values, strict=False)]
    found = world.world(by_country(rows))
    assert list(found.legend) == legend
    assert max(area.shade for area in found.areas) == 10


def test_other_reports_have_no_map():
    assert world.world(by_country([("XX", 1, 1), (None, 2, 2)])) is None
    assert world.world(by_country([("DE", 0, 0)])) is None
    cities = [column("country", "text", "key"), column("city", "text", "key"), column("visitors")]
    assert world.world(by_country([("DE", "Berlin", 1)], cities)) is None
    assert world.world(by_country([("DE", "x")], [column("country", "text", "key"), column("a", "text")])) is None
    assert world.world(by_country([("DE",)], [column("land", "text", "key")])) is None


def test_a_row_names_its_country_and_is_sorted_by_its_code():
    panel = panels.panel(by_country([("DE", 3, 2), ("<b>", 1, 1)]), 1)
    assert panel.wide
    assert [(row[0].text, row[0].sort) for row in panel.rows] == [("DE Germany", "DE"), ("<b>", None)]
