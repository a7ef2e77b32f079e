"""Rows are judged against their neighbours, by criteria that can be told."""

from __future__ import annotations

import math
import random

from studio.core.forensics import CRITERIA, Kind, RowCurve, judge


def curve(row, losses, tokens=20):
    return RowCurve(row, tuple(range(1, len(losses) + 1)), tuple(losses), tokens)


def learned(n, *, seed=5, times=4, tokens=20):
    """Return rows that are learned as most are."""
    chance = random.Random(seed)
    return [
        curve(
            row,
            [2.0 * 0.75**time * math.exp(chance.gauss(0, 0.15)) for time in range(times)],
            tokens + row % 7,
        )
        for row in range(n)
    ]


def kinds(curves):
    return {judged.curve.row: judged.kind for judged in judge(curves)}


def test_rows_that_are_all_learned_alike_do_not_stand_out():
    assert kinds(learned(200)) == {}


def test_a_row_whose_loss_rises_while_others_fall_is_likely_mislabelled():
    found = kinds([*learned(100), curve(900, [2.1, 2.6, 3.2, 3.9])])
    assert found == {900: Kind.MISLABELLED}


def test_a_row_whose_loss_stays_a_little_above_is_never_learned():
    rows = learned(100)
    usual = [sorted(c.losses[k] for c in rows)[60] for k in range(4)]
    found = kinds([*rows, curve(900, [1.1, 1.12, 1.08, max(1.05, usual[3])])])
    assert found == {900: Kind.NEVER}


def test_a_row_that_is_known_the_second_time_is_learned_at_once():
    found = kinds([*learned(100), curve(900, [2.0, 0.1, 0.05, 0.02])])
    assert found == {900: Kind.AT_ONCE}


def test_short_rows_are_measured_by_short_rows():
    chance = random.Random(2)
    noisy = [
        curve(500 + i, [3.0, 2.9, 2.8, 2.6 + chance.gauss(0, 0.2)], tokens=2) for i in range(100)
    ]
    found = kinds([*noisy, *learned(300, tokens=200)]).values()
    assert Kind.MISLABELLED not in found


def test_a_run_that_learned_nothing_accuses_no_row():
    chance = random.Random(4)
    rows = [curve(row, [2 + chance.gauss(0, 0.3) for _ in range(3)]) for row in range(60)]
    assert Kind.MISLABELLED not in kinds([*rows, curve(900, [2.0, 3.0, 9.0])]).values()


def test_rows_seen_once_and_losses_without_a_number_are_not_judged():
    assert judge([*learned(40, times=1), curve(900, [9.0])]) == []
    assert kinds([*learned(40), curve(900, [2.0, math.nan, 9.0])]) == {}


def test_a_handful_of_rows_cannot_be_judged():
    assert judge([*learned(6), curve(900, [2.0, 8.0, 9.0, 9.0])]) == []


def test_the_clearest_rows_come_first_and_each_kind_has_its_criterion():
    bad = [curve(900, [2.0, 2.5, 3.0, 3.5]), curve(901, [2.0, 4.0, 6.0, 8.0])]
    found = judge([*learned(100), *bad, curve(902, [2.0, 0.1, 0.05, 0.02])])
    assert [judged.curve.row for judged in found] == [901, 900, 902]
    assert set(CRITERIA) == set(Kind)
