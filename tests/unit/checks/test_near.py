"""Near duplicates: what MinHash estimates is what the sets say, and what is found is what there is."""

from __future__ import annotations

import random
import string

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from studio.data.checks import minhash
from studio.data.checks.minhash import SHINGLE, candidates, estimate, plain, signatures, similarity


def shingles(text: str) -> set[bytes]:
    data = plain(text)
    return {data[at : at + SHINGLE] for at in range(len(data) - SHINGLE + 1)}


def jaccard(one: str, other: str) -> float:
    first, second = shingles(one), shingles(other)
    return len(first & second) / len(first | second) if first | second else float(one == other)


def changed(dice: random.Random, text: str, share: float) -> str:
    return "".join(
        dice.choice(string.ascii_lowercase) if dice.random() < share else c for c in text
    )


def words(dice: random.Random, count: int) -> str:
    return " ".join("".join(dice.choices(string.ascii_lowercase, k=6)) for _ in range(count))


@given(st.text(max_size=60), st.text(max_size=60))
@settings(max_examples=200, deadline=None)
def test_the_exact_similarity_is_that_of_the_sets(one: str, other: str) -> None:
    if shingles(one) | shingles(other):
        assert similarity(one, other) == pytest.approx(jaccard(one, other))


def test_estimates_are_near_the_truth_for_random_texts_of_every_length() -> None:
    dice = random.Random(3)
    errors = []
    for size in (8, 20, 60, 200, 700):
        for share in (0.0, 0.01, 0.03, 0.1, 0.5):
            for _ in range(8):
                one = words(dice, size)
                other = changed(dice, one, share)
                signed = signatures([one, other])
                guess = estimate(signed, np.array([[0, 1]]))[0]
                errors.append(guess - jaccard(one, other))
    assert abs(np.mean(errors)) < 0.02  # no bias
    assert np.std(errors) < 0.07
    assert np.abs(errors).max() < 0.25


def test_signatures_do_not_depend_on_the_texts_beside_them(monkeypatch: pytest.MonkeyPatch) -> None:
    dice = random.Random(5)
    texts = [words(dice, dice.randint(1, 90)) for _ in range(60)]
    together = signatures(texts)
    assert (together == np.concatenate([signatures([text]) for text in texts])).all()
    monkeypatch.setattr(minhash, "_AT_ONCE", 500)
    assert (together == signatures(texts)).all()


@pytest.mark.parametrize("threshold", [0.6, 0.8, 0.95])
def test_nearly_every_pair_above_the_threshold_is_a_candidate(threshold: float) -> None:
    dice = random.Random(7)
    texts = []
    for _ in range(150):
        one = words(dice, dice.randint(20, 80))
        texts += [one, changed(dice, one, dice.choice((0.002, 0.01, 0.02)))]
    found = {tuple(pair) for pair in candidates(signatures(texts), threshold).tolist()}
    wanted = {
        (at, at + 1)
        for at in range(0, len(texts), 2)
        if jaccard(texts[at], texts[at + 1]) >= threshold
    }
    assert len(wanted) > 10
    assert len(wanted - found) <= 0.02 * len(wanted)


def test_short_texts_are_no_candidates_and_case_and_spaces_do_not_matter() -> None:
    dice = random.Random(9)
    long = words(dice, 30)
    signed = signatures(["Yes.", "Yes.", "", long, long.upper().replace(" ", "  \n")])
    assert not signed[:3].any()
    assert (signed[3] == signed[4]).all()
    assert candidates(signed, 0.9).tolist() == [[3, 4]]


def test_a_million_equal_texts_would_not_make_a_square_of_pairs() -> None:
    signed = np.repeat(signatures([words(random.Random(1), 30)]), 5000, axis=0)
    assert len(candidates(signed, 0.8)) < 2 * 5000
