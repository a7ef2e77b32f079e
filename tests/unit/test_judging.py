"""What a judge's answers in both orders come to."""

from __future__ import annotations

import math

import pytest

from studio.core.judging import (
    LONGEST,
    Judgement,
    Verdict,
    agreement,
    agreement_words,
    is_better,
    judged_columns,
    judged_words,
    question_for_judge,
)

OURS, BASE, TURNED = (0.9, 0.8), (0.2, 0.1), (0.9, 0.3)


def judgements(*chances):
    return [Judgement(at, "tuned", *pair) for at, pair in enumerate(chances)]


def test_only_verdicts_that_hold_in_both_orders_count():
    (found,) = judged_columns(judgements(OURS, OURS, OURS, BASE, TURNED, (math.nan, math.nan)))
    assert (found.ours, found.base, found.turned, found.same) == (3, 1, 1, 1)
    assert found.rate == 0.75 and found.turning == pytest.approx(0.2)
    fact, why = judged_words(found)
    assert fact == "Preferred in 3 of 4: 75\u00a0% (30\u00a0% to 95\u00a0%)"
    assert "1 of 5 pairs (20\u00a0%)" in why and "few" in why
    assert is_better(found) is None


def test_a_judge_that_follows_the_order_is_not_believed():
    (found,) = judged_columns(judgements(*[OURS] * 30, *[TURNED] * 30))
    fact, why = judged_words(found)
    assert is_better(found) is None and found.unusable
    assert fact == "This model is not usable as a judge here"
    assert "which answer stands first" in why and "preferred this column in 30" in why
    (steady,) = judged_columns(judgements(*[OURS] * 30, *[TURNED] * 3))
    assert is_better(steady) is True
    (never,) = judged_columns(judgements(*[TURNED] * 12))
    fact, why = judged_words(never)
    assert fact == "This model is not usable as a judge here" and "In 12 of 12 pairs" in why
    (nothing,) = judged_columns(judgements((math.nan, math.nan)))
    assert judged_words(nothing)[0] == "The judge decides nothing"


def test_agreement_counts_pairs_that_both_decided():
    found = judgements(OURS, BASE, TURNED, OURS)
    votes = {("tuned", 0): True, ("tuned", 1): True, ("tuned", 2): True}
    assert agreement(found, votes) == (1, 2)
    assert found[2].verdict is Verdict.TURNED
    assert agreement_words(1, 2).startswith("Your own votes say the same in 1 of 2: 50\u00a0%")
    assert agreement_words(0, 0) == ""


def test_texts_are_put_into_the_question_as_they_are_and_cut():
    asked = question_for_judge("$reference?", "x" * (LONGEST + 5), "{first} $second", "b")
    assert "$reference?" in asked and "{first} $second" in asked
    assert "x" * LONGEST + " …" in asked and "x" * (LONGEST + 1) not in asked
