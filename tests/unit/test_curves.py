"""Thinning keeps what the eye would see; smoothing leaves gaps alone."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studio.core.curves import Smoother, smooth, thin

SERIES = st.lists(st.floats(-1e6, 1e6) | st.just(math.nan) | st.just(math.inf), max_size=400)


@given(SERIES, st.integers(1, 50))
def test_thinning_keeps_the_extremes_and_any_gap(ys, buckets):
    points = thin(ys, buckets)
    finite = [y for y in ys if math.isfinite(y)]
    shown = [y for _, y in points if math.isfinite(y)]
    assert len(points) <= 3 * buckets
    assert [i for i, _ in points] == sorted({i for i, _ in points})
    if finite:
        assert (min(shown), max(shown)) == (min(finite), max(finite))
    assert any(math.isnan(y) for _, y in points) == (len(finite) < len(ys))


def test_a_short_series_is_left_alone():
    assert thin([3.0, 1.0, 2.0], 2) == [(0, 3.0), (1, 1.0), (2, 2.0)]


def test_a_spike_of_one_point_survives():
    ys = [0.0] * 10_000
    ys[7_777] = 9.0
    assert (7_777, 9.0) in thin(ys, 100)


def test_smoothing_starts_at_the_first_value_and_follows():
    assert smooth([2.0, 2.0, 2.0]) == pytest.approx([2.0, 2.0, 2.0])
    assert smooth([0.0, 1.0], 0.5) == pytest.approx([0.0, 2 / 3])
    assert smooth([1.0, 5.0], 0.0) == [1.0, 5.0]


def test_a_gap_stays_a_gap_and_does_not_spoil_what_follows():
    smoothed = smooth([1.0, math.nan, 1.0])
    assert smoothed[0] == smoothed[2] == pytest.approx(1.0)
    assert math.isnan(smoothed[1])


def test_one_at_a_time_equals_all_at_once():
    ys = [1.0, 4.0, 2.0, 8.0]
    smoother = Smoother(0.8)
    assert [smoother.add(y) for y in ys] == smooth(ys, 0.8)
