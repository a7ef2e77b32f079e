"""What scores, their intervals and their differences say."""

import pytest

from studio.core.evaluation import Gain, Score
from studio.core.verdict import (
    BETTER,
    UNCLEAR,
    chance_words,
    lost_of,
    score_words,
    verdict_of,
    verdict_words,
)
from studio.data.writtenanswers import KeptAnswer
from studio.engine.evaluationscores import Written, judge


def written(name, texts):
    answers = [KeptAnswer(text=text, tokens=3, reason="end") for text in texts]
    return Written(name, answers, [(1.0, 3)] * len(texts))


def test_a_share_that_all_rows_agree_on_still_has_an_interval():
    columns = [written("base", ["no"] * 12), written("tuned", ["yes"] * 12)]
    base, tuned = judge(columns, ["yes"] * 12, [], "").columns
    none, all_right = base.metrics["exact_match"], tuned.metrics["exact_match"]
    assert (none.value, none.low, none.high) == pytest.approx((0.0, 0.0, 0.2425), abs=1e-3)
    assert (all_right.value, all_right.high) == pytest.approx((1.0, 1.0))
    assert all_right.low == pytest.approx(0.7575, abs=1e-3)
    assert base.metrics["token_f1"].high == 0.0  # no share: drawn as ever


def test_a_difference_is_none_where_interval_or_test_find_it_too_often():
    bold = Gain(0.17, 0.03, 0.30, 0.054)
    assert verdict_of("exact_match", bold) == UNCLEAR
    assert verdict_words("exact_match", bold).endswith("gives as much in 5\u00a0% of all cases")
    assert verdict_of("exact_match", Gain(0.17, 0.03, 0.30, 0.04)) == BETTER
    large = verdict_words("perplexity", Gain(2_599_803.13, 2e6, 3e6, 0.002))
    assert large == "Worse: +2,599,803 perplexity (2,000,000 to 3,000,000)"


@pytest.mark.parametrize(
    ("p", "often"),
    [(0.000_999, "at most once in 1,000 times"), (0.02, "about once in 50 times")],
)
def test_the_paired_test_is_told_without_a_p(p, often):
    words = chance_words("token_f1", Gain(0.4, 0.3, 0.5, p))
    assert words == f"If both were equally good, chance would give as large a difference {often}."


def test_the_paired_test_says_nothing_of_what_may_be_chance_already():
    assert chance_words("token_f1", Gain(0.4, -0.1, 0.5, 0.001)) == ""
    assert chance_words("token_f1", Gain(0.4, 0.1, 0.5, 0.2)) == ""
    assert chance_words("token_f1", Gain(float("nan"), 0.0, 0.0, 1.0)) == ""


def test_what_was_lost_on_general_questions_is_named_by_the_plainer_number():
    worse, unclear = Gain(-0.1, -0.2, -0.05, 0.01), Gain(-0.1, -0.3, 0.1, 0.4)
    loss = Gain(0.4, 0.2, 0.6, 0.001)
    assert lost_of({"general_accuracy": worse, "general_loss": loss}) == "general_accuracy"
    assert lost_of({"general_accuracy": unclear, "general_loss": loss}) == "general_loss"
    assert lost_of({"general_accuracy": unclear, "token_f1": worse}) == ""


def test_rows_of_a_classification_are_compared_by_whether_their_label_is_right():
    texts = ["spam", "No idea", "spam. It is sure", "ham"]
    wanted = ["spam", "spam", "spam", "ham"]
    judged = judge([written("base", texts)], wanted, ["ham", "spam"], "")
    assert [row["accuracy"] for row in judged.scores["base"]] == [1.0, 0.0, 1.0, 1.0]
    (base,) = judged.columns
    assert judged.main == "accuracy" and base.metrics["accuracy"].value == 0.75
    assert base.matrix == [[1, 0, 0], [0, 2, 1]]  # "No idea" is none of them


def test_large_numbers_are_told_without_digits_behind_the_point():
    assert score_words("perplexity", Score(2_599_818.91, 999.5, 1000.4)) == (
        "2,599,819",
        "999.50 to 1,000",
    )
