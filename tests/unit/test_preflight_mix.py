"""Before a start the preflight says what a mix gives, and what stands against it."""

from __future__ import annotations

from pathlib import Path

from studio.app.findings import Facts
from studio.app.preflight import check, may_start, plan
from studio.core.example import Kind
from studio.core.mix import MixPart
from studio.core.recipe import Recipe
from studio.data.mixing import PartRows

PARTS = (MixPart("mine", 0.9), MixPart("general", 0.1))
RECIPE = Recipe(
    dataset="mine",
    micro_batch=10,
    epochs=2,
    tables={"mix": [part.to_mapping() for part in PARTS]},
)
MINE = PartRows(PARTS[0], Path("mine"), Kind.TRIPLE, 90, 90, 900, 450, 20)
GENERAL = PartRows(PARTS[1], Path("general"), Kind.TRIPLE, 4, 10, 200, 100, 60)


def facts(**changes) -> Facts:
    given = {"recipe": RECIPE, "dataset": "mine", "splits": {"train": 90, "validation": 5}}
    return Facts(**given | changes)


def of(given: Facts):
    return next(finding for finding in check(given) if finding.code.startswith("mix"))


def test_a_mix_is_said_with_its_repeats_and_planned_with_all_its_rows() -> None:
    told = of(facts(mix=(MINE, GENERAL)))
    assert (told.level, told.summary) == ("good", "100 rows to train on")
    assert told.hint == ("mine 90 %, general 10 %. general: Each of its 4 rows comes 2 or 3 times.")
    made = plan(facts(mix=(MINE, GENERAL)))
    assert (made.train_rows, made.validation_rows, made.steps) == (100, 5, 20)
    assert (made.tokens, made.trained_tokens, made.longest) == (2200, 1100, 60)


def test_tokens_of_a_part_that_nobody_checked_make_the_whole_unknown() -> None:
    unknown = PartRows(PARTS[1], Path("general"), Kind.TRIPLE, 4, 10)
    made = plan(facts(mix=(MINE, unknown)))
    assert (made.train_rows, made.tokens, made.longest) == (100, 0, 0)


def test_a_mix_that_cannot_be_put_together_stops_the_start() -> None:
    broken = facts(mix_problem="There is no dataset 'general' in the workspace.")
    assert of(broken).level == "stop"
    assert of(broken).action is not None
    assert not may_start(check(broken))
    empty = PartRows(PARTS[0], Path("mine"), Kind.TRIPLE, 0, 0, 0, 0, 0)
    assert of(facts(mix=(empty,))).summary == "The mix has no row to train on."
    assert of(facts()).code == "mix_pending"


def test_a_dataset_that_only_judges_is_no_hindrance_in_a_mix() -> None:
    codes = [finding.code for finding in check(facts(splits={"validation": 5}, mix=(GENERAL,)))]
    assert "no_rows" not in codes
