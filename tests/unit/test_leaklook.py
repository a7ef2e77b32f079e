"""Before a start it is said which general questions the training rows hold."""

from __future__ import annotations

from studio.app.findings import WARN, Facts
from studio.app.preflight import check, plan
from studio.core.example import Triple
from studio.core.recipe import Recipe
from studio.core.workspace import Workspace
from studio.data.leaklook import LeaksFound, look_before
from studio.data.store import Dataset


def test_a_question_among_the_training_rows_is_found_and_held_out_ones_are_not(tmp_path):
    workspace = Workspace(tmp_path / "workspace").create()
    path = workspace.dataset("rows")
    asked = Triple("What is the capital city of Portugal?", "", "Lisbon")
    with Dataset.create(path) as data:
        data.insert(0, [Triple("Say it.", "", "Arr."), asked], "train")
        data.insert(2, [Triple("How many days are there in a week?", "", "7")], "validation")
        leaking = data.find(split="train")[1]
    found = look_before(workspace, Recipe(dataset="rows"))
    assert found.leaks == {"facts-01": [int(leaking)]}
    assert (found.probes, found.rows) == (224, 2)


def test_all_rows_are_looked_at_and_those_that_a_mix_draws_of_others(tmp_path):
    workspace = Workspace(tmp_path / "workspace").create()
    asked = Triple("What is the capital city of Portugal?", "", "Lisbon")
    week = Triple("How many days are there in a week?", "", "7")
    with Dataset.create(workspace.dataset("rows")) as data:
        data.insert(0, [*(Triple(f"Say {n}.", "", "Arr.") for n in range(6000)), asked], "train")
    with Dataset.create(workspace.dataset("more")) as data:
        data.insert(0, [week, asked], "train")
        data.insert(
            2, [Triple("Which planet of our solar system is the largest?", "", "?")], "test"
        )
    found = look_before(workspace, Recipe(dataset="rows"))
    assert (found.rows, list(found.leaks), found.elsewhere) == (6001, ["facts-01"], {})
    mix = [{"dataset": "rows", "weight": 1.0}, {"dataset": "more", "rows": 4}]
    mixed = look_before(workspace, Recipe(dataset="rows", tables={"mix": mix}))
    assert mixed.rows == 6003  # a row that comes twice is looked at once
    assert len(mixed.elsewhere) == 2
    assert mixed.elsewhere["facts-01"] == ["more"]
    assert look_before(workspace, Recipe(dataset="rows"), lambda: True) is None


def test_what_other_datasets_of_a_mix_hold_is_told_by_their_name():
    found = LeaksFound(224, {}, 40, {"facts-01": ["general chat"]})
    (finding,) = [f for f in check(Facts(recipe=Recipe(), leaks=found)) if f.code == "probes_leak"]
    assert finding.summary.startswith("1 of 224 general questions is in the training rows")
    assert finding.hint.startswith("Rows of general chat hold them.")
    assert finding.action is None


def test_it_is_a_warning_with_the_rows_at_hand():
    facts = Facts(recipe=Recipe(), leaks=LeaksFound(224, {"facts-01": [7], "facts-02": [7, 9]}, 40))
    (finding,) = [f for f in check(facts) if f.code == "probes_leak"]
    assert finding.level == WARN
    assert finding.summary.startswith("2 of 224 general questions are in the training rows")
    assert finding.action.payload == [7, 9]
    assert finding.action.label == "Show 2 rows"
    off = Recipe(tables={"guard": {"enabled": False}})
    assert not [f for f in check(Facts(recipe=off, leaks=facts.leaks)) if f.code == "probes_leak"]


def test_replay_makes_a_pass_longer():
    recipe, splits = Recipe(epochs=1), {"train": 80}
    more = recipe.replace(tables={"guard": {"replay": 0.2}})
    assert plan(Facts(recipe=recipe, splits=splits)).steps == 20
    assert plan(Facts(recipe=more, splits=splits)).steps == 25
