"""Scores of answers against values computed by hand, or known from the metrics' own papers."""

from __future__ import annotations

import math

import pytest

from studio.core.metrics.classes import (
    NONE,
    auc,
    confusion,
    label_in,
    label_scores,
    labels_of,
    likelihood_shares,
    macro_f1,
)
from studio.core.metrics.jsonanswers import (
    are_json,
    fault_of_schema,
    fits_schema,
    is_json,
    not_looked_at,
    schema_of,
)
from studio.core.metrics.meteor import meteor
from studio.core.metrics.overlap import contains, exact_match, token_f1
from studio.core.metrics.refusals import refuses
from studio.core.metrics.resample import Resamples, mean_of, ratio_of, sign_flip_p
from studio.core.metrics.rouge import longest_common, rouge
from studio.core.metrics.stem import stem


@pytest.mark.parametrize(
    ("answer", "reference", "same"),
    [
        ("Paris.", "paris", 1.0),
        ("  From  7 to 10 ", "from 7 to 10", 1.0),
        ("3.14", "314", 0.0),
        ("-5", "5", 0.0),
        ("caf\u00e9", "cafe\u0301", 1.0),
    ],
)
def test_exact_match_forgives_case_spaces_and_outer_punctuation_alone(answer, reference, same):
    assert exact_match(answer, reference) == same


def test_contains_looks_for_the_whole_reference():
    assert contains("It is served FROM 7\nto 10, in the garden.", "from 7 to 10") == 1.0
    assert contains("from 7", "from 7 to 10") == 0.0
    assert contains("anything", "") == 0.0


def test_token_f1_is_the_harmonic_mean_of_precision_and_recall():
    # 3 words shared; 4 in the answer, 5 in the reference: 2 * 3 / 9
    assert token_f1("the cat sat down", "the cat has sat there") == pytest.approx(6 / 9)
    assert token_f1("the the", "the") == pytest.approx(2 / 3)  # a word counts once for each of it
    assert token_f1("", "") == 1.0
    assert token_f1("", "word") == 0.0
    assert token_f1("我爱你", "我爱他") == pytest.approx(2 / 3)


def test_rouge_gives_what_the_reference_implementation_does():
    # The example of rouge_score's README: r1 P 4/4 R 4/9..., checked by hand
    reference = "The quick brown fox jumps over the lazy dog"
    answer = "The quick brown dog jumps on the log."
    found = rouge(answer, reference)
    assert found["rouge_1"] == pytest.approx(2 * (6 / 8) * (6 / 9) / (6 / 8 + 6 / 9))
    assert found["rouge_2"] == pytest.approx(2 * 2 / (7 + 8))
    assert found["rouge_l"] == pytest.approx(2 * 5 / (8 + 9))


def test_rouge_l_follows_the_examples_of_its_paper():
    # Lin 2004, 3.1: S1 police killed the gunman; S2 police kill the gunman; S3 the gunman kill police
    assert rouge("police kill the gunman", "police killed the gunman")["rouge_l"] == 3 / 4
    assert rouge("the gunman kill police", "police killed the gunman")["rouge_l"] == 2 / 4


def test_the_longest_common_subsequence_is_that_of_the_plain_table():
    one, other = ["a", "b", "c", "b", "d", "a", "b"], ["b", "d", "c", "a", "b", "a"]
    assert longest_common(one, other) == longest_common(other, one) == 4
    assert longest_common([], one) == 0


@pytest.mark.parametrize(
    ("word", "root"),
    [
        ("caresses", "caress"), ("ponies", "poni"), ("cats", "cat"), ("feed", "feed"),
        ("agreed", "agre"), ("plastered", "plaster"), ("motoring", "motor"), ("sing", "sing"),
        ("conflated", "conflat"), ("hopping", "hop"), ("falling", "fall"), ("filing", "file"),
        ("happy", "happi"), ("sky", "sky"), ("relational", "relat"), ("digitizer", "digit"),
        ("vietnamization", "vietnam"), ("triplicate", "triplic"), ("hopefulness", "hope"),
        ("adjustment", "adjust"), ("adoption", "adopt"), ("probate", "probat"), ("rate", "rate"),
        ("controll", "control"), ("roll", "roll"), ("generalizations", "gener"),
    ],
)  # fmt: skip
def test_the_stemmer_gives_the_stems_of_its_paper(word, root):
    assert stem(word) == root


def test_meteor_gives_the_known_examples():
    # P 6/7, R 1, two chunks: 0.9836 * (1 - 0.5 * (2/6)^3)
    assert meteor("the cat was sat on the mat", "the cat sat on the mat") == pytest.approx(
        0.9654, abs=1e-4
    )
    assert meteor("the cat sat on the mat", "the cat sat on the mat") == pytest.approx(
        0.9977, abs=1e-4
    )
    # Banerjee and Lavie 2005: two chunks, all six words of the answer matched
    spoken = meteor(
        "the president spoke to the audience", "the president then spoke to the audience"
    )
    assert spoken == pytest.approx(10 * (6 / 7) / (6 / 7 + 9) * (1 - 0.5 * (2 / 6) ** 3))
    assert meteor("dogs running", "dog runs") > 0.9  # by stems
    assert meteor("one", "other") == 0.0


def test_json_answers_are_judged_by_the_form_of_the_reference():
    form = schema_of('{"room": 12, "guests": ["Ada"], "paid": true}')
    assert fits_schema('```json\n{"room": 3, "guests": ["B", "C"], "paid": false}\n```', form) == 1
    assert fits_schema('{"room": "3", "guests": ["B"], "paid": false}', form) == 0
    assert fits_schema('{"room": 3, "guests": ["B"]}', form) == 0
    assert fits_schema('{"room": 3, "guests": ["B"], "paid": 1}', form) == 0
    assert is_json('{"a": NaN}') == 0
    assert is_json("[" * 100_000) == 0
    assert are_json(['{"a": 1}', "[1]"]) and not are_json(['{"a": 1}', "12"]) and not are_json([])


def test_the_words_of_a_schema_hold():
    schema = {
        "type": "object",
        "required": ["n"],
        "properties": {
            "n": {"type": "integer", "minimum": 1, "exclusiveMaximum": 10},
            "kind": {"enum": ["a", "b"]},
            "name": {"type": ["string", "null"], "maxLength": 3},
            "list": {"type": "array", "items": {"anyOf": [{"const": 1}, {"type": "string"}]}},
        },
        "additionalProperties": False,
    }
    good = ['{"n": 9}', '{"n": 1.0, "kind": "a"}', '{"n": 2, "name": null, "list": [1, "x"]}']
    bad = ['{"n": 0}', '{"n": 10}', '{"n": true}', '{"n": 2, "kind": "c"}', '{"n": 2, "x": 1}',
           '{"n": 2, "name": "abcd"}', '{"n": 2, "list": [true]}', "[]", "no"]  # fmt: skip
    assert [fits_schema(text, schema) for text in good] == [1, 1, 1]
    assert [fits_schema(text, schema) for text in bad] == [0] * len(bad)
    assert not_looked_at(schema | {"pattern": "(a+)+", "title": "T"}) == ["pattern"]


def test_a_large_number_fits_a_schema_without_bounds():
    assert fits_schema("1e20", {"type": "number"}) == 1
    assert fits_schema("1e20", {"exclusiveMinimum": 0, "exclusiveMaximum": 1e21}) == 1
    assert fits_schema("1e20", {"exclusiveMaximum": 1e20}) == 0


@pytest.mark.parametrize(
    ("schema", "fault"),
    [
        ({"minimum": "5"}, "minimum is not a number"),
        ({"required": True}, "required is not a list of names"),
        ({"required": [1]}, "required is not a list of names"),
        ({"enum": 3}, "enum is not a list"),
        ({"properties": []}, "properties is not an object"),
        ({"type": {}}, "type is not a name or a list of names"),
        (
            {"properties": {"a": {"items": [{}]}}},
            "it holds what is no schema where one should stand",
        ),
        ({"anyOf": [{"allOf": [{"minLength": None}]}]}, "minLength is not a number"),
        ({"additionalProperties": "no"}, "it holds what is no schema where one should stand"),
        ({"type": ["string", "null"], "items": True, "pattern": 3}, ""),
    ],
)
def test_a_schema_that_answers_cannot_be_held_against_is_known_before(schema, fault):
    assert fault_of_schema(schema) == fault


def test_labels_are_seen_where_few_short_references_come_back():
    assert labels_of(["yes", "No.", "yes", "no", "Yes", "no"]) == ["no", "yes"]
    assert labels_of(["one", "two", "three"]) == []  # each only once: answers, not labels
    assert labels_of(["yes"] * 9) == []
    assert label_in("Yes, it is.", ["no", "yes"]) == "yes"
    assert label_in("Notable", ["no", "yes"]) == NONE
    assert label_in("what?", ["other", "spam"]) == NONE  # no label's name, whatever they are


def test_classification_scores_follow_the_confusion_matrix():
    wanted = ["a", "a", "a", "b", "b", "b"]
    found = ["a", "a", "b", "b", NONE, "a"]
    matrix = confusion(found, wanted, ["a", "b"])
    assert matrix == [[2, 1, 0], [1, 1, 1]]
    scores = label_scores(matrix, ["a", "b"])
    assert (scores["a"].precision, scores["a"].recall, scores["a"].f1) == pytest.approx(
        (2 / 3,) * 3
    )
    assert (scores["b"].precision, scores["b"].recall) == pytest.approx((1 / 2, 1 / 3))
    assert scores["b"].f1 == pytest.approx(0.4)
    assert macro_f1(found, wanted, ["a", "b"]) == pytest.approx((2 / 3 + 0.4) / 2)


def test_the_area_under_the_curve_counts_pairs_in_the_right_order():
    # positives 0.8 and 0.4; negatives 0.6 and 0.4: 0.8 beats both, 0.4 ties one: (2 + 0.5) / 4
    assert auc([0.8, 0.4, 0.6, 0.4], [True, True, False, False]) == pytest.approx(0.625)
    assert math.isnan(auc([0.1, 0.2], [True, True]))
    shares = likelihood_shares({"a": 1000.0, "b": 1000.0 + math.log(3)})
    assert shares == pytest.approx({"a": 0.75, "b": 0.25})


@pytest.mark.parametrize(
    ("answer", "refused"),
    [
        ("I'm sorry, but I can't help with that.", 1.0),
        ("As an AI language model, I have no room.", 1.0),
        ("I cannot do this.", 1.0),
        ("", 1.0),
        ("Canned food is fine.", 0.0),
        ("Breakfast is from seven. I can't recommend it enough.", 0.0),
        ("The room is free.", 0.0),
    ],
)
def test_refusals_are_seen_by_their_beginning(answer, refused):
    assert refuses(answer) == refused


def test_the_interval_of_a_share_is_near_the_binomial_one_and_comes_back_the_same():
    scores = [1.0] * 30 + [0.0] * 70
    found = Resamples(100).interval(mean_of(scores))
    assert found.value == pytest.approx(0.3)
    assert found.low == pytest.approx(0.3 - 1.96 * math.sqrt(0.21 / 100), abs=0.025)
    assert found.high == pytest.approx(0.3 + 1.96 * math.sqrt(0.21 / 100), abs=0.025)
    assert found == Resamples(100).interval(mean_of(scores))


def test_a_paired_difference_sees_what_intervals_alone_would_not():
    base = [row / 50 for row in range(50)]
    ours = [score + 0.05 for score in base]
    draws = Resamples(50)
    apart = draws.interval(mean_of(base)).high > draws.interval(mean_of(ours)).low
    gap = draws.mean_difference(ours, base)
    assert apart and gap.clear and gap.p < 0.01
    assert (gap.value, gap.low, gap.high) == pytest.approx((0.05, 0.05, 0.05))
    same = draws.mean_difference(base, base)
    assert same.value == 0 and not same.clear and same.p == 1.0


def test_the_sign_flip_test_counts_all_signs():
    # of 2^4 signs two give a sum of 4 or more either way: p is near 2/16
    assert sign_flip_p([1.0, 1.0, 1.0, 1.0], draws=4000) == pytest.approx(2 / 16, abs=0.02)


def test_a_ratio_of_sums_is_taken_after_the_sums():
    perplexity = ratio_of([2.0, 6.0], [1.0, 3.0], math.exp)
    assert perplexity([0, 1]) == pytest.approx(math.exp(2))
    assert perplexity([1, 1]) == pytest.approx(math.exp(2))
