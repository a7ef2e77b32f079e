"""Moments as people say them, in any time zone."""

from __future__ import annotations

import calendar
import time
from collections.abc import Iterator

import pytest

from studio.core.units import NO_VALUE
from studio.ui.runs.cells import when


@pytest.fixture
def berlin(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    with monkeypatch.context() as there:
        there.setenv("TZ", "CET-1CEST,M3.5.0,M10.5.0/3")  # the rule itself, which needs no tables
        time.tzset()
        yield
    time.tzset()


def moment(text: str) -> float:
    """Return the seconds of a moment in UTC."""
    return float(calendar.timegm(time.strptime(text, "%Y-%m-%d %H:%M")))


@pytest.mark.skipif(not hasattr(time, "tzset"), reason="Windows has no tzset")
def test_yesterday_is_the_day_before_also_where_that_had_23_or_25_hours(berlin: None):
    after_short = moment("2026-03-29 22:30")  # Monday 00:30, after the Sunday that lost an hour
    assert when(moment("2026-03-29 10:00"), after_short) == "Yesterday"
    assert when(moment("2026-03-28 22:45"), after_short) == "28 Mar"
    after_long = moment("2026-10-25 23:30")
    assert when(moment("2026-10-24 22:30"), after_long) == "Yesterday"
    assert when(moment("2026-10-25 23:05"), after_long) == "00:05"
    assert when(moment("2025-10-25 23:05"), after_long) == "26 Oct 2025"
    assert when(0.0, after_long) == NO_VALUE
