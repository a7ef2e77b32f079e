"""The rule that sends prompts to the base: found by words, judged on prompts it was not chosen with."""

from __future__ import annotations

import json
import math
import re

import pytest

from studio.core.routing import (
    Prompts,
    Rule,
    routing_body,
    routing_of,
    rule_text,
    suggest_rule,
)

ROOMS = [f"Is room {n} free, and does it have a {w}?" for n in range(9) for w in ("bath", "desk")]
HELD = [f"Does the room on floor {n} have a view of the garden?" for n in range(10)]
GENERAL = [f"What is {n} times seven?" for n in range(12)] + ["Who wrote Hamlet?"]
PROBES = [f"How many legs do {n} spiders share?" for n in range(12)]


@pytest.fixture(scope="module")
def routing():
    found = suggest_rule(Prompts(ROOMS, HELD, GENERAL, PROBES))
    assert found is not None
    return found


def test_prompts_of_the_domain_stay_and_others_go_to_the_base(routing):
    assert routing.rule.keeps("Does the room have a bath?")
    assert not routing.rule.keeps("How many legs do two spiders share?")
    assert routing.held == 10 and routing.general == 12
    assert (routing.held_wrong, routing.general_wrong) == (0, 0)
    assert routing.general_share.high > 0  # none of twelve is not never


def test_errors_are_counted_on_prompts_that_the_threshold_was_not_chosen_with():
    alike = [f"Is room {n} a number between one and ten?" for n in range(20)]
    found = suggest_rule(Prompts(ROOMS, alike[:10], GENERAL, alike[10:]))
    assert found.held_wrong + found.general_wrong > 0  # nothing tells them apart


def test_without_rows_held_out_some_training_prompts_are_held_out_for_it():
    found = suggest_rule(Prompts([*ROOMS, *HELD, *HELD], [], GENERAL, PROBES))
    assert found is None  # a fifth of 28 different ones is too few
    more = [f"May I have a towel for room {n}?" for n in range(20)]
    found = suggest_rule(Prompts([*ROOMS, *HELD, *more], [], GENERAL, PROBES))
    assert found.from_training and found.held == 10


def test_a_training_prompt_among_the_held_out_ones_does_not_count():
    found = suggest_rule(Prompts(ROOMS, [*HELD, *ROOMS], GENERAL, PROBES))
    assert found.held == len(HELD)


def test_the_copied_rule_can_be_followed_by_its_own_words(routing):
    told = json.loads(rule_text(routing))
    assert "square root" in told["how"] and told["wrongly_to_the_base"] == "0 of 10"
    prompt = "Does room 3 have a garden view, and who wrote Hamlet?"
    known = [
        told["weights"][w] for w in set(re.findall(r"\w+", prompt.lower())) if w in told["weights"]
    ]
    assert routing.rule.score(prompt) == pytest.approx(sum(known) / math.sqrt(len(known)))


def test_words_that_were_never_seen_say_nothing(routing):
    assert routing.rule.score("Quux, zyzzyva!") == 0.0


def test_a_rule_is_kept_as_it_is(routing):
    assert routing_of(json.loads(json.dumps(routing_body(routing)))) == routing
    with pytest.raises(ValueError, match="not a rule"):
        routing_of({"weights": {}})


def test_a_rule_of_many_words_keeps_those_that_are_met_most():
    prompts = [f"word{n} word{n}b room" for n in range(2_000)]
    found = suggest_rule(Prompts(prompts, HELD, GENERAL, PROBES))
    assert len(found.rule.weights) == 600 and "room" in found.rule.weights
    assert isinstance(found.rule, Rule)
