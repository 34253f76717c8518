"""Names of rotated files."""

from __future__ import annotations

import pytest

from logproc.state.families import family_of, is_live


@pytest.mark.parametrize(
    "name",
    [
        *("x.log.1", "x.log.12.gz", "x.log-20260131", "x.log-20260131.gz", "x.log.2026-01-31-05", "x.log.old"),
        *("x.log.1.gz.bak", "x.log-20260131.zst.old", "x.log.gz~", "x.log.1.gz.1"),
        *("x.log-2026013105", "x.log-1706659200.gz", "x.log~", "x-20260131.log", "x.1.log", "x.2026-01-31.0.log.bz2"),
        *(
            "x-2026-01-31-1.log",
            "x-2026-01-31-12.log.gz",
            "x-2026-01-31-05-1.log",
            "x.log_20260131_2",
            "x.log-20260131-1706659200",
        ),
    ],
)
def test_a_rotated_file_belongs_to_its_live_one(name):
    assert family_of(f"/logs/{name}") == "/logs/x.log"
    assert not is_live(f"/logs/{name}")


def test_a_port_behind_a_date_is_no_number_of_a_rotation():
    assert family_of("/logs/x-2026-01-31-8080.log") != family_of("/logs/x-2026-01-31-8081.log")


@pytest.mark.parametrize("name", ["x.log", "web-1.log", "10.0.0.1.log", "access_log", "u_ex260131.log", "messages"])
def test_numbers_of_machines_are_no_rotation(name):
    assert is_live(f"/logs/{name}")


def test_what_svlogd_and_multilog_have_filled_belongs_to_current():
    for name in ("@400000006975b3a1035af1e4.s", "@400000006975b3a1035af1e4.u.gz", "@400000006975b3a1035af1e4"):
        assert family_of(f"/logs/{name}") == "/logs/current"
    assert is_live("/logs/@home")
