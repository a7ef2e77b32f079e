"""Mixes: which rows of which dataset a run gets, how many, and what its origin says of them."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from studio.core.example import Conversation, Kind, Preference, Triple
from studio.core.mix import MixPart
from studio.core.problems import DataError, RecipeError, RunError
from studio.core.recipe import Recipe
from studio.core.workspace import Workspace
from studio.data.frozenrows import freeze
from studio.data.mixing import Lengths, count_mix, draw
from studio.data.store import Dataset


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    made = Workspace(tmp_path / "ws").create()
    with Dataset.create(made.dataset("mine")) as data:
        data.insert(0, [Triple(f"q{i}", "", f"a{i}") for i in range(20)])
        data.set_split(data.ids[:2].tolist(), "validation")
        data.set_split(data.ids[2:3].tolist(), "test")
    with Dataset.create(made.dataset("general"), Kind.CONVERSATION) as data:
        turns = ({"role": "user", "content": "hi"}, {"role": "assistant", "content": "ho"})
        data.insert(0, [Conversation(turns) for _ in range(5)])
    return made


def recipe_of(*parts: MixPart, **settings) -> Recipe:
    tables = {"mix": [part.to_mapping() for part in parts]}
    return Recipe(dataset="mine", **settings, tables=tables)


def frozen(workspace: Workspace, recipe: Recipe):
    target = workspace.path / "rows.jsonl"
    origin = freeze(workspace, recipe, target)
    return origin, [json.loads(line) for line in target.read_bytes().splitlines()]


MINE, GENERAL = MixPart("mine", 0.85), MixPart("general", 0.15)


@given(st.integers(1, 50), st.integers(0, 300), st.integers(0, 9))
def test_rows_are_drawn_as_evenly_as_can_be(there, wanted, seed):
    ids = np.arange(there) * 3 + 1
    drawn = draw(ids, wanted, seed, "x")
    assert len(drawn) == wanted
    times = Counter(drawn.tolist())
    assert set(times) <= set(ids.tolist())
    assert (
        max(times.values(), default=0) - min((times[row] for row in ids.tolist()), default=0) <= 1
    )
    assert drawn.tolist() == sorted(drawn.tolist())
    assert drawn.tolist() == draw(ids, wanted, seed, "x").tolist()


def test_a_larger_draw_keeps_what_a_smaller_one_took():
    ids = np.arange(1, 101)
    few, more = draw(ids, 10, 1, "x"), draw(ids, 30, 1, "x")
    assert set(few) < set(more)
    assert set(few) != set(draw(ids, 10, 2, "x"))
    assert set(few) != set(draw(ids, 10, 1, "y"))


def test_a_mix_is_counted_with_its_repeats_said(workspace):
    parts = count_mix(workspace, recipe_of(MINE, GENERAL))
    assert [(part.part.dataset, part.there, part.rows) for part in parts] == [
        ("mine", 17, 17),
        ("general", 5, 3),
    ]
    assert [part.repeats for part in parts] == ["", ""]
    assert [part.kind for part in parts] == [Kind.TRIPLE, Kind.CONVERSATION]
    even = count_mix(workspace, recipe_of(MixPart("mine", 0.5), MixPart("general", 0.5)))
    assert even[1].rows == 17
    assert even[1].repeats == "Each of its 5 rows comes 3 or 4 times."
    twice = count_mix(workspace, recipe_of(MixPart("general", rows=10)))
    assert twice[0].repeats == "Each of its 5 rows comes 2 times."
    alone = count_mix(workspace, Recipe(dataset="mine"))
    assert [(part.rows, part.there) for part in alone] == [(17, 17)]


def test_tokens_are_those_of_the_rows_drawn_and_unknown_where_one_is_unknown(workspace):
    def lengths_of(data, _recipe):
        ids = np.sort(data.ids)
        known = ids if data.kind is Kind.TRIPLE else ids[:2]
        return Lengths(known, known * 10, known)

    mine, general = count_mix(workspace, recipe_of(MINE, GENERAL), lengths_of)
    with Dataset.open(workspace.dataset("mine")) as data:
        rows = data.find(split="train")
    assert (mine.tokens, mine.trained) == (int(rows.sum()) * 10, int(rows.sum()))
    assert (general.tokens, general.trained) == (None, None)


def test_a_mix_is_frozen_with_the_datasets_of_its_rows(workspace):
    origin, rows = frozen(workspace, recipe_of(MINE, GENERAL))
    assert origin["rows"] == {"train": 20, "validation": 2, "test": 1}
    by_part = Counter((row["dataset"], row["split"], row["kind"]) for row in rows)
    assert by_part == {
        ("mine", "train", "triple"): 17,
        ("general", "train", "conversation"): 3,
        ("mine", "validation", "triple"): 2,
        ("mine", "test", "triple"): 1,
    }
    assert [(p["dataset"], p["rows_there"], p["rows_used"]) for p in origin["mix"]] == [
        ("mine", 17, 17),
        ("general", 5, 3),
    ]
    with Dataset.open(workspace.dataset("general")) as data:
        assert origin["mix"][1]["fingerprint"] == data.fingerprint()
    again, same = frozen(workspace, recipe_of(MINE, GENERAL))
    assert (again, same) == (origin, rows)
    other, _ = frozen(workspace, recipe_of(MINE, GENERAL, seed=2))
    assert other["rows_sha256"] != origin["rows_sha256"]


def test_a_split_that_a_mix_trains_on_does_not_judge_it(workspace):
    origin, rows = frozen(workspace, recipe_of(MINE, MixPart("mine", rows=1, split="test")))
    assert origin["rows"] == {"train": 18, "validation": 2, "test": 0}
    assert Counter(row["split"] for row in rows) == {"train": 18, "validation": 2}


def test_without_a_mix_all_rows_are_frozen_in_their_order(workspace):
    origin, rows = frozen(workspace, Recipe(dataset="mine"))
    assert [row["row"] for row in rows] == list(range(1, 21))
    assert "mix" not in origin
    assert "dataset" not in rows[0]


def test_a_mix_that_cannot_be_put_together_says_why(workspace):
    with pytest.raises(DataError, match="There is no dataset 'nix'"):
        frozen(workspace, recipe_of(MINE, MixPart("nix", 0.1)))
    with pytest.raises(RunError, match="The mix has no row to train on"):
        frozen(workspace, recipe_of(MixPart("general", 1.0, split="test")))
    with pytest.raises(RecipeError, match="mix asks for 17,000,000,000 rows of general"):
        frozen(workspace, recipe_of(MixPart("mine", 1e-3), MixPart("general", 1e6)))


def test_preferences_are_learned_only_from_preferences(workspace):
    with Dataset.create(workspace.dataset("pairs"), Kind.PREFERENCE) as data:
        data.insert(0, [Preference("q", "good", "bad")])
    both = recipe_of(MixPart("pairs", 0.5), MixPart("mine", 0.5), objective="dpo")
    with pytest.raises(RecipeError, match="objective is dpo, which learns from preference rows"):
        frozen(workspace, both)
    origin, _ = frozen(workspace, recipe_of(MixPart("pairs", 1.0), objective="dpo"))
    assert origin["rows"]["train"] == 1
