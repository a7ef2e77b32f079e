"""A run's general questions and rows are frozen with it, from what we bring or from datasets."""

from __future__ import annotations

import json

import pytest

from studio.core.example import Triple
from studio.core.problems import DataError
from studio.core.recipe import Recipe
from studio.core.workspace import Workspace
from studio.data.guardrows import (
    freeze_guard,
    look_for_leaks,
    read_guard_probes,
    read_guard_rows,
    write_guard_rows,
)
from studio.data.store import Dataset


@pytest.fixture
def workspace(tmp_path):
    made = Workspace(tmp_path).create()
    with Dataset.create(made.dataset("mine")) as data:
        data.insert(0, [Triple(f"My question {i}?", "", f"Answer {i}") for i in range(3)], "test")
        data.insert(3, [Triple("Learn it", "", "Learned")], "train")
        data.insert(4, [Triple("What is the capital of Italy?", "", "Roma")], "validation")
    run = made.run("one")
    run.rows.parent.mkdir(parents=True)
    _train(run, "Nothing special")
    return made


def _train(run, *instructions):
    rows = [
        {"row": 5 + i, "split": "train", "instruction": text, "input": "", "output": "Fine"}
        for i, text in enumerate(instructions)
    ]
    rows.append(
        {"row": 99, "split": "test", "instruction": "My question 0?", "input": "", "output": ""}
    )
    run.rows.write_text("".join(json.dumps(row) + "\n" for row in rows))


def _recipe(**guard):
    return Recipe(dataset="mine", tables={"guard": guard})


def test_probes_come_from_every_source_with_the_name_of_the_dataset_as_tag(workspace):
    run = workspace.run("one")
    freeze_guard(workspace, _recipe(probes=["general", "dataset:mine:test"]), run)
    probes, leaks = read_guard_probes(run)
    assert len(probes) == 224 + 3
    assert {probe.question for probe in probes if probe.tag == "mine"} == {
        f"My question {i}?" for i in range(3)
    }
    assert leaks == {}
    assert not run.replay.is_file()


def test_a_question_in_a_training_row_is_left_out_but_not_one_in_a_test_row(workspace):
    run = workspace.run("one")
    _train(run, "Tell me: my question 1?")
    freeze_guard(workspace, _recipe(probes=["dataset:mine:test"]), run)
    look_for_leaks(run)
    frozen = run.probes.read_bytes()
    look_for_leaks(run)
    assert run.probes.read_bytes() == frozen
    probes, leaks = read_guard_probes(run)
    assert sorted(probe.question for probe in probes) == ["My question 0?", "My question 2?"]
    assert list(leaks.values()) == [[5]]


def test_general_rows_come_from_a_dataset_and_never_ask_what_is_measured(workspace):
    run = workspace.run("one")
    guard = {"probes": ["dataset:mine:test"], "replay": 0.2, "replay_from": "dataset:mine:test"}
    freeze_guard(workspace, _recipe(**guard), run)
    assert read_guard_rows(run) == []
    freeze_guard(workspace, _recipe(**guard | {"replay_from": "dataset:mine:validation"}), run)
    assert [row.output for row in read_guard_rows(run)] == ["Roma"]


def test_own_answers_wait_for_the_base(workspace):
    run = workspace.run("one")
    freeze_guard(workspace, _recipe(enabled=False, replay=0.1, replay_from="own"), run)
    rows = read_guard_rows(run)
    assert len(rows) >= 150
    assert not any(row.output for row in rows)
    assert not run.probes.is_file()
    write_guard_rows(run, [Triple("Q", "", "A")])
    assert read_guard_rows(run) == [Triple("Q", "", "A")]


def test_a_source_that_holds_nothing_is_named(workspace):
    run = workspace.run("one")
    with pytest.raises(DataError, match="no dataset 'other'"):
        freeze_guard(workspace, _recipe(probes=["dataset:other"]), run)
    with Dataset.create(workspace.dataset("empty")) as data:
        data.insert(0, [Triple("No answer", "", "")], "validation")
    with pytest.raises(DataError, match="validation rows of empty hold no question"):
        freeze_guard(workspace, _recipe(probes=["dataset:empty"]), run)


def test_a_damaged_file_says_what_to_do(workspace):
    run = workspace.run("one")
    run.probes.write_text("{")
    with pytest.raises(DataError, match="cannot be read") as caught:
        read_guard_probes(run)
    assert "Delete probes.jsonl" in caught.value.hint
