"""Days, dates and weekdays by integer arithmetic are those of `datetime`, and any time that a log claims has them."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from logproc import calendars
from logproc.timestamps import WEEKDAYS, date_text, day_number, local_day, month_number, weekday

ZONES = ["UTC", "Europe/Berlin", "Pacific/Kiritimati", "America/St_Johns", "Pacific/Pago_Pago", "Asia/Kathmandu"]
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
INSTANTS = st.datetimes(datetime(1, 1, 3), datetime(9999, 12, 28), timezones=st.just(UTC))  # noqa: DTZ001


@given(INSTANTS, st.sampled_from(ZONES))
def test_the_day_of_an_instant_is_that_of_the_zone(moment, zone):
    day, clock = local_day((moment - EPOCH) // timedelta(microseconds=1), zone)
    local = moment.astimezone(ZoneInfo(zone))
    seconds = local.utcoffset().total_seconds()
    if seconds % 900 == 0:  # what was before standard time had odd seconds, in which a zone may begin another day
        assert date_text(day) == local.date().isoformat()
        assert timedelta(microseconds=clock) == timedelta(
            hours=local.hour, minutes=local.minute, seconds=local.second, microseconds=local.microsecond
        )


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("micros", [-(2**62), 2**62, 253_402_300_799_000_000, -62_135_596_800_000_000])
def test_any_time_has_a_day(zone, micros):
    day, clock = local_day(micros, zone)
    assert abs(day * 86_400_000_000 + clock - micros) <= 86_400_000_000
    assert date_text(day)


@given(INSTANTS)
def test_days_have_the_calendar_s_weekday_month_and_week(moment):
    then = moment.date()
    day = day_number(then.year, then.month, then.day)
    assert WEEKDAYS[weekday(day)] == then.strftime("%A")
    assert month_number(day) == 12 * then.year + then.month - 1
    (_, week, low, high), (_, month, first, behind) = calendars._spans(day)
    assert week == "{:04d}-W{:02d}".format(*then.isocalendar()[:2])
    assert (low, high) == (day - then.weekday(), day - then.weekday() + 7)
    assert month == then.isoformat()[:7]
    assert first == day - then.day + 1
    assert date_text(behind)[-2:] == "01"
    assert 28 <= behind - first <= 31


def test_the_first_day_has_number_zero():
    assert day_number(1970, 1, 1) == 0
    assert WEEKDAYS[weekday(0)] == date(1970, 1, 1).strftime("%A")
