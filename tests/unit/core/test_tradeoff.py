"""Gained against lost: which checkpoint is best, and when a tolerance will be crossed."""

from __future__ import annotations

import math
from dataclasses import replace

from studio.core.events import Evaluated, StepDone
from studio.core.guardwords import verdict_words
from studio.core.tradeoff import (
    Point,
    base_of,
    best_of,
    crossed,
    crossing_step,
    front,
    points_of,
)


def _event(step, target, general, change=None, **fields):
    ranges = {"general_loss_change": change} if change else {}
    return Evaluated(
        step=step, target_loss=target, general_loss=general, general_ranges=ranges, **fields
    )


def _points(*lost):
    return [Point(10 * i, 3.0 - i, 2.0 + x, lost=x, kept=True) for i, x in enumerate(lost)]


def test_points_are_counted_from_the_base_and_the_last_word_of_a_step_stands():
    events = [
        _event(0, 3.0, 2.0),
        _event(10, 2.0, 2.5),
        StepDone(
            step=11,
            loss=1.0,
            learning_rate=1.0,
            grad_norm=1.0,
            tokens=1,
            trained_tokens=1,
            seconds=1.0,
        ),
        Evaluated(step=15, target_loss=1.5),
        _event(10, 2.0, 2.25, [0.1, 0.4]),
    ]
    base, point = points_of(events, kept=[10])
    assert (base.step, base.lost, base.kept) == (0, 0.0, False)
    assert (point.lost, point.lost_range, point.kept) == (0.25, (0.1, 0.4), True)


def _went_on(**base):
    """Return the evaluations of a run that began with an adapter which had forgotten 0.5."""
    told = {"target_loss": 3.0, "general_loss": 2.0, "general_accuracy": 0.75} | base
    return [
        _event(0, 1.5, 2.5, [0.4, 0.6], general_accuracy=0.5, drift=0.9, base=told),
        _event(10, 1.0, 2.5, [0.4, 0.6]),
        _event(20, 0.9, 2.75, [0.6, 0.9]),
    ]


def test_a_run_that_goes_on_counts_value_and_interval_from_the_base():
    start, same, worse = points_of(_went_on(), kept=[10, 20])
    assert (start.lost, same.lost, worse.lost) == (0.5, 0.5, 0.75)
    for point in (start, same, worse):
        assert point.lost_range[0] < point.lost < point.lost_range[1]
    assert crossed(same, 0.2)
    assert not crossed(start, 0.2)
    base = base_of(_went_on())
    assert (base.target_loss, base.general_loss, base.general_accuracy) == (3.0, 2.0, 0.75)
    assert (base.drift, base.general_ranges) == (0.0, {})
    words = verdict_words(_went_on(), [10, 20], 0.2)
    assert "held-out loss 3.000 → 1.000" in words
    assert "worse by 0.500 nats a token (95 %: 0.400 to 0.600)" in words


def test_a_run_that_went_on_before_its_base_was_told_has_no_interval_of_another_zero():
    start, same, worse = points_of([replace(e, base={}) for e in _went_on()])
    assert (start.lost, same.lost, worse.lost) == (0.0, 0.0, 0.25)
    assert start.lost_range is same.lost_range is worse.lost_range is None


def test_a_crossing_has_to_be_more_than_chance():
    assert crossed(Point(10, 1.0, 2.3, lost=0.3, lost_range=(0.1, 0.5)), 0.2)
    assert not crossed(Point(10, 1.0, 2.3, lost=0.3, lost_range=(-0.1, 0.7)), 0.2)
    assert not crossed(Point(10, 1.0, 2.1, lost=0.1, lost_range=(0.05, 0.15)), 0.2)
    assert not crossed(Point(0, 1.0, 2.3, lost=0.3), 0.2)


def test_the_best_checkpoint_learned_most_within_the_tolerance():
    points = _points(0.0, 0.05, 0.15, 0.4)
    assert best_of(points, 0.2).step == 20
    assert best_of([Point(5, 1.0, 2.0)], 0.2) is None
    assert best_of([Point(0, 1.0, 2.0, kept=True)], 0.2) is None


def test_a_checkpoint_that_may_be_past_the_tolerance_by_chance_is_the_second_choice():
    held = Point(10, 1.5, 2.05, lost=0.05, lost_range=(-0.1, 0.2), kept=True)
    unsure = Point(20, 1.2, 2.4, lost=0.4, lost_range=(-0.1, 0.9), kept=True)
    sure = Point(30, 0.5, 2.5, lost=0.5, lost_range=(0.3, 0.7), kept=True)
    assert best_of([held, unsure, sure], 0.1) == held
    assert best_of([unsure, sure], 0.1) == unsure


def test_a_checkpoint_whose_loss_is_no_number_is_never_the_best():
    odd = Point(step=5, target=math.nan, general=2.0, kept=True)
    good = Point(step=10, target=1.5, general=2.0, kept=True)
    assert best_of([odd, good], 0.1) == good
    assert best_of([odd], 0.1) is None


def test_where_all_are_past_the_tolerance_the_best_gained_most_for_what_it_lost():
    points = [
        Point(10, 2.0, 2.5, lost=0.5, kept=True),
        Point(20, 1.0, 2.9, lost=0.9, kept=True),
        Point(30, 0.99, 4.0, lost=2.0, kept=True),
    ]
    assert best_of(points, 0.1).step == 20


def test_the_front_holds_what_nothing_beats_in_both():
    points = [Point(1, 2.0, 2.0), Point(2, 1.0, 3.0), Point(3, 1.5, 3.5), Point(4, 0.5, 3.2)]
    assert [point.step for point in front(points)] == [4, 2, 1]


def test_a_straight_line_is_followed_to_its_crossing():
    assert crossing_step(_points(0.0, 0.1, 0.2), 0.45, 100) == 45
    assert crossing_step(_points(0.0, 0.1, 0.2), 0.45, 44) is None
    assert crossing_step(_points(0.3, 0.2, 0.1), 0.45, 100) is None
    assert crossing_step(_points(0.0, 0.1), 0.45, 100) is None
    assert crossing_step(_points(0.0, 0.3, 0.6), 0.45, 100) is None


def test_one_odd_point_does_not_turn_the_line():
    straight = crossing_step(_points(0.0, 0.1, 0.2, 0.3), 0.5, 1000)
    odd = crossing_step(_points(0.0, 0.45, 0.2, 0.3), 0.5, 1000)
    assert straight == 50
    assert abs(odd - straight) <= 20


def test_the_verdict_says_what_was_gained_and_lost_and_which_checkpoint_to_take():
    events = [
        _event(0, 3.2, 2.0, [0.0, 0.0], general_accuracy=0.5),
        _event(10, 1.5, 2.05, [0.02, 0.08], general_accuracy=0.49),
        _event(20, 1.2, 2.4, [0.3, 0.5], general_accuracy=0.4),
    ]
    words = verdict_words(events, [10, 20], 0.1)
    assert words == (
        "at step 10 held-out loss 3.200 → 1.500; general answers got worse by 0.050 nats a token "
        "(95 %: 0.020 to 0.080), 50\u00a0% → 49\u00a0% of questions right; take the checkpoint of "
        "step 10 (step 20: 1.200 and 0.400 worse)."
    )
    assert "no checkpoint was kept" in verdict_words(events, [], 0.1)
    beyond = verdict_words(events, [20], 0.1)
    assert "no checkpoint stayed within the tolerance of 0.1, and that of step 20" in beyond
    assert verdict_words(events[:1], [], 0.1) == ""
    assert verdict_words([Evaluated(step=0, target_loss=1.0)], [], 0.1) == ""


def test_a_change_within_chance_is_called_none():
    events = [_event(0, 3.2, 2.0), _event(10, 1.5, 2.05, [-0.02, 0.08])]
    assert (
        "nothing general was measurably lost (−0.050 nats a token; 95 %: −0.020"
        in verdict_words(events, [10], 0.1)
    )


def test_a_change_that_too_few_questions_tell_is_not_called_none():
    events = [_event(0, 3.2, 2.0), _event(10, 1.5, 2.05, [-0.2, 0.3])]
    words = verdict_words(events, [10], 0.1)
    assert (
        "general answers look worse by 0.050 nats a token, which may be chance (95 %: −0.2" in words
    )
