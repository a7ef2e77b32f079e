"""A rule that says which prompts the adapter was not made for, so that the base answers them."""

from __future__ import annotations

import itertools
import json
import math
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from studio.core.votes import Share, wilson

MOST_WORDS = 600
FEWEST_HELD = 8
"""Held-out prompts below which a part of the training prompts is held out for the threshold."""
FOLDS = 5
_PRIOR = 0.5
"""Added to each word's count: a word that was seen once says little."""
_WORD = re.compile(r"\w+")
HOW = (
    "Take the prompt's different words in lower case (regular expression \\w+). Add the weights of "
    "those that are listed, and divide by the square root of how many are listed; none listed is 0. "
    "At the threshold or above the adapter answers, below it the base."
)


@dataclass(frozen=True, slots=True)
class Rule:
    """How like the training prompts a prompt must be for the adapter to answer it.

    Attributes:
        weights: of a word: how much likelier it is in a training prompt than in a general
            question, as a logarithm.
        threshold: of the score; below it the base answers.
    """

    weights: Mapping[str, float]
    threshold: float

    def score(self, prompt: str) -> float:
        """Return how like the training prompts it is; 0 for words that were never seen."""
        known = [self.weights[word] for word in _words(prompt) if word in self.weights]
        return sum(known) / math.sqrt(len(known)) if known else 0.0

    def keeps(self, prompt: str) -> bool:
        """Return whether the adapter is to answer."""
        return self.score(prompt) >= self.threshold


@dataclass(frozen=True, slots=True)
class Routing:
    """A rule, and how often it is wrong on prompts that its threshold was not chosen with.

    Attributes:
        held: prompts of the domain that were looked at, none of them a training prompt of the rule.
        held_wrong: of these, sent to the base.
        general: general questions that were looked at.
        general_wrong: of these, kept for the adapter.
        from_training: the domain's prompts are training prompts that were held out for this,
            since the run has no others.
    """

    rule: Rule
    held: int
    held_wrong: int
    general: int
    general_wrong: int
    from_training: bool = False

    @property
    def held_share(self) -> Share:
        """Share of the domain's prompts sent to the base, with its 95 % interval."""
        return wilson(self.held_wrong, self.held)

    @property
    def general_share(self) -> Share:
        """Share of the general questions kept for the adapter, with its 95 % interval."""
        return wilson(self.general_wrong, self.general)


@dataclass(frozen=True, slots=True)
class Prompts:
    """What a rule is made of.

    Attributes:
        training: prompts the adapter was trained on.
        held: prompts of the domain it was not.
        general: general questions that give the weights.
        probes: other general questions, that choose the threshold.
    """

    training: Sequence[str]
    held: Sequence[str]
    general: Sequence[str]
    probes: Sequence[str] = field(default_factory=tuple)


def suggest_rule(prompts: Prompts) -> Routing | None:
    """Return a rule and its errors by cross-check; None where there is too little to choose from.

    The weights are those of naive Bayes (Manning et al. 2008, 13.2) over whether a word is there.
    The threshold is the one with the lowest mean of both error rates; each fifth of the prompts is
    judged with the threshold of the other four.
    """
    training, held = list(dict.fromkeys(prompts.training)), _unseen(prompts)
    few = len(held) < FEWEST_HELD
    if few:
        held, training = training[::FOLDS], [p for at, p in enumerate(training) if at % FOLDS]
    probes = list(dict.fromkeys(prompts.probes))
    if min(len(held), len(probes)) < FEWEST_HELD or len(training) < FEWEST_HELD:
        return None
    bare = Rule(_weights(training, prompts.general), 0.0)
    ours, others = [bare.score(text) for text in held], [bare.score(text) for text in probes]
    wrong = [0, 0]
    for fold in range(FOLDS):
        threshold = _threshold(_without(ours, fold), _without(others, fold))
        wrong[0] += sum(score < threshold for score in ours[fold::FOLDS])
        wrong[1] += sum(score >= threshold for score in others[fold::FOLDS])
    rule = Rule(bare.weights, _threshold(ours, others))
    return Routing(rule, len(ours), wrong[0], len(others), wrong[1], few)


def rule_text(routing: Routing) -> str:
    """Return a rule as JSON that says itself how it is used."""
    return json.dumps(
        {
            "rule": "words against general questions",
            "how": HOW,
            "threshold": routing.rule.threshold,
            "wrongly_to_the_base": f"{routing.held_wrong} of {routing.held}",
            "wrongly_to_the_adapter": f"{routing.general_wrong} of {routing.general}",
            "weights": dict(routing.rule.weights),
        },
        ensure_ascii=False,
        indent=1,
    )


def routing_body(routing: Routing) -> dict[str, Any]:
    """Return a rule and its errors as JSON values."""
    numbers = {name: getattr(routing, name) for name in _NUMBERS}
    return {
        "weights": dict(routing.rule.weights),
        "threshold": routing.rule.threshold,
        **numbers,
        "from_training": routing.from_training,
    }


def routing_of(body: Mapping[str, Any]) -> Routing:
    """Return the rule that JSON values are.

    Raises:
        ValueError: they are none.
    """
    try:
        weights = {str(word): float(weight) for word, weight in body["weights"].items()}
        numbers = {name: int(body[name]) for name in _NUMBERS}
        rule = Rule(weights, float(body["threshold"]))
        return Routing(rule, **numbers, from_training=bool(body["from_training"]))
    except (KeyError, TypeError, AttributeError) as err:
        raise ValueError(f"not a rule: {err}") from err


_NUMBERS = ("held", "held_wrong", "general", "general_wrong")


def _unseen(prompts: Prompts) -> list[str]:
    seen = set(prompts.training)
    return [prompt for prompt in dict.fromkeys(prompts.held) if prompt not in seen]


def _weights(training: Sequence[str], general: Sequence[str]) -> dict[str, float]:
    ours, others = _in_how_many(training), _in_how_many(general)
    common = Counter(ours)
    common.update(others)
    kept = [word for word, _ in sorted(common.items(), key=lambda p: (-p[1], p[0]))[:MOST_WORDS]]
    whole = math.log((len(general) + 2 * _PRIOR) / (len(training) + 2 * _PRIOR))
    return {
        word: round(math.log((ours[word] + _PRIOR) / (others[word] + _PRIOR)) + whole, 3)
        for word in sorted(kept)
    }


def _in_how_many(texts: Sequence[str]) -> Counter[str]:
    counts: Counter[str] = Counter()
    for text in texts:
        counts.update(_words(text))
    return counts


def _words(text: str) -> set[str]:
    return set(_WORD.findall(text.lower()))


def _threshold(ours: Sequence[float], others: Sequence[float]) -> float:
    """Return the score, between two that were seen, at which the fewest are wrong."""
    seen = sorted({*ours, *others})
    between = [(one + other) / 2 for one, other in itertools.pairwise(seen)]

    def wrong(at: float) -> float:
        lost = sum(score < at for score in ours) / len(ours)
        return lost + sum(score >= at for score in others) / len(others)

    best: float = min([seen[0], *between], key=wrong)
    return round(best, 3)


def _without(scores: Sequence[float], fold: int) -> list[float]:
    return [score for at, score in enumerate(scores) if at % FOLDS != fold]
