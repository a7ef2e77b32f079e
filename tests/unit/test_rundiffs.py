"""What runs do not share, what is said about them, and where they come from."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from studio.core.grid import MOST, grid, parse_grid, rows_key
from studio.core.knobtitles import words_of
from studio.core.problems import RecipeError, RunError
from studio.core.recipe import Recipe
from studio.core.recipediff import differences
from studio.core.workspace import RunFolder, Workspace
from studio.data.rowsdiff import rows_difference
from studio.data.runfiles import engine_of, foreign_to, summarize
from studio.data.runmeta import RunMeta, meta_of, write_meta
from studio.machine.computer import Computer, this_computer
from studio.machine.locks import RunLock
from tests.helpers.runs import make_run, workspace_in


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return workspace_in(tmp_path)


def with_rows(workspace: Workspace, run: str, rows: list[tuple[int, str, str]], **more: Any):
    folder = make_run(workspace, run)
    folder.rows.parent.mkdir()
    bodies = [
        {"row": row, "split": split, "instruction": "Say", "input": "", "output": text} | more
        for row, split, text in rows
    ]
    folder.rows.write_text("".join(json.dumps(body) + "\n" for body in bodies))
    return folder


# recipes


def test_only_settings_that_differ_are_compared_and_the_usual_one_is_known():
    base = Recipe(model="m", dataset="d", title="first")
    others = [base.replace(rank=64, title="second"), base.replace(tables={"mix": []})]
    found = {d.name: d for d in differences([base, *others])}
    assert set(found) == {"rank"}
    assert found["rank"].title == "Rank"
    assert (found["rank"].values, found["rank"].common) == ((16, 64, 16), 16)
    assert differences([base, base.replace(title="other")]) == []


def test_a_grid_of_a_run_of_a_grid_is_called_by_its_own_values():
    first = Recipe(model="m", dataset="d", title="t · learning rate 1e-4, rank 8", rank=8)
    first = first.replace(learning_rate=1e-4)
    both = grid(first, {"learning_rate": (2e-4, 4e-4), "rank": (4, 8)})
    assert both[0].title == "t · learning rate 2e-4, rank 4"
    one = grid(first, {"rank": (4, 16)})
    assert [r.title for r in one] == [f"t · learning rate 1e-4 · rank {n}" for n in (4, 16)]
    other = grid(first, {"alpha": (4, 16)})
    assert other[0].title == "t · learning rate 1e-4, rank 8 · alpha 4"


def test_a_setting_that_is_given_twice_is_refused():
    with pytest.raises(RecipeError, match="given twice"):
        parse_grid(["rank=4", "rank=8"])


def test_the_parts_of_a_guard_are_compared_one_by_one():
    base = Recipe(model="m", dataset="d")
    guarded = base.replace(tables={"guard": {"replay": 0.2, "on_crossing": "roll_back"}})
    found = {d.name: d for d in differences([base, guarded])}
    assert set(found) == {"guard.replay", "guard.on_crossing"}
    replay, crossing = found["guard.replay"], found["guard.on_crossing"]
    assert [words_of(replay.name, v) for v in replay.values] == ["0\u00a0%", "20\u00a0%"]
    assert [words_of(crossing.name, v) for v in crossing.values] == ["Warn", "Stop, go back"]
    assert (replay.title, replay.common) == ("Replay", 0.0)
    assert words_of("samples", {"prompts": ["Hi"], "held_out": 2}) == "prompts Hi, held out 2"


def test_a_grid_is_every_combination_with_a_name_for_each():
    recipe = Recipe(model="m", dataset="d", title="t")
    values = parse_grid(["learning-rate=1e-4,2e-4", "rank=8, 16", "packing=on"])
    made = grid(recipe, values)
    assert [(r.learning_rate, r.rank, r.packing) for r in made] == [
        (1e-4, 8, True),
        (1e-4, 16, True),
        (2e-4, 8, True),
        (2e-4, 16, True),
    ]
    assert made[0].title == "t · learning rate 1e-4, rank 8"
    assert len({rows_key(r) for r in made}) == 1
    assert grid(recipe, {}) == [recipe]


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("rnak=1", "did you mean rank"),
        ("rank=", "has no values"),
        ("rank=1.5", "not a whole number"),
        ("rank=x", "not a number"),
        ("rank=0,8", "not from 1 to"),
        ("packing=perhaps", "not true or false"),
        ("dataset=a,b", "is no setting of a grid"),
        ("seed=" + ",".join(map(str, range(MOST + 1))), "is the most"),
    ],
)
def test_a_grid_that_cannot_be_says_why(text: str, why: str):
    with pytest.raises(RecipeError, match=why):
        grid(Recipe(), parse_grid([text]))


# rows


def test_rows_of_two_runs_are_matched_by_their_ids(workspace: Workspace):
    first = with_rows(
        workspace, "a", [(1, "train", "x"), (2, "train", "y"), (3, "train", "z"), (4, "train", "v")]
    )
    second = with_rows(
        workspace, "b", [(1, "train", "x"), (2, "train", "Y"), (3, "test", "z"), (9, "train", "w")]
    )
    for run in (first, second):
        run.origin.write_text('{"dataset": "d"}')
    diff = rows_difference(first, second)
    assert (diff.rows, diff.same) == ((4, 4), False)
    assert (diff.added, diff.removed, diff.changed, diff.moved) == (1, 1, 1, 1)
    (changed,) = diff.examples["changed"]
    assert (changed.row, dict(changed.before)["output"], dict(changed.after)["output"]) == (
        2,
        "y",
        "Y",
    )
    assert diff.examples["moved"][0].splits == ("train", "test")
    assert rows_difference(first, first).same


def test_rows_of_two_datasets_are_matched_by_what_they_say(workspace: Workspace):
    first = with_rows(workspace, "a", [(1, "train", "x"), (2, "train", "x"), (3, "train", "z")])
    second = with_rows(workspace, "b", [(7, "train", "z"), (1, "train", "x")])
    first.origin.write_text('{"dataset": "one"}')
    second.origin.write_text('{"dataset": "two"}')
    diff = rows_difference(first, second)
    assert (diff.added, diff.removed, diff.changed) == (0, 1, 0)
    assert dict(diff.examples["removed"][0].before)["output"] == "x"


def test_rows_that_all_say_the_same_are_compared_in_a_moment(workspace: Workspace):
    same = [(number, "again", "train") for number in range(30_000)]
    first, second = with_rows(workspace, "a", same), with_rows(workspace, "b", same[2:])
    first.origin.write_text('{"dataset": "one"}')
    second.origin.write_text('{"dataset": "two"}')
    found = rows_difference(first, second)  # minutes if each looked past all before it
    assert found.rows == (30_000, 29_998) and (found.added, found.removed) == (0, 2)


def test_rows_that_cannot_be_read_are_a_sentence(workspace: Workspace):
    whole, torn = with_rows(workspace, "a", [(1, "train", "x")]), make_run(workspace, "b")
    with pytest.raises(RunError, match="rows of b cannot be read"):
        rows_difference(whole, torn)
    torn.rows.parent.mkdir()
    torn.rows.write_text('{"row": 1}\n')
    with pytest.raises(RunError, match="a line is no row"):
        rows_difference(whole, torn)


# words


def test_words_about_a_run_are_kept_whole_with_what_others_wrote(workspace: Workspace):
    folder = make_run(workspace, "a")
    folder.meta.write_text('title = "old"\nstars = 3\n')
    said = RunMeta(title=' "new" ', notes="one\n\ntwo\t'''", tags=("a", "b,", "a", " ", "x" * 99))
    write_meta(folder, said)
    assert meta_of(folder) == RunMeta('"new"', "one\n\ntwo\t'''", ("a", "b", "x" * 40))
    assert "stars = 3" in folder.meta.read_text()
    assert summarize(folder).title == '"new"'
    assert [path.name for path in folder.path.glob(".*")] == []


# computers


def test_a_computer_is_known_by_its_mark_and_else_by_its_name():
    here = Computer("desk", "aa", "1")
    assert here.is_named_by({"name": "renamed", "mark": "aa"})
    assert not here.is_named_by({"name": "desk", "mark": "bb"})
    assert Computer("desk").is_named_by({"name": "desk", "mark": "bb"})
    assert not Computer("desk").is_named_by({"name": "other", "mark": "bb"})
    assert here.is_named_by({})
    assert here.booted_since({"boot": "0"})
    assert not here.booted_since({"boot": ""})


def noted(folder: RunFolder, **computer: str) -> None:
    folder.origin.write_text(json.dumps({"computer": this_computer().note() | computer}))


def test_a_run_copied_from_another_computer_is_only_read(workspace: Workspace):
    folder = make_run(workspace, "a")
    noted(folder)
    assert foreign_to(folder) == ""
    assert summarize(folder).resumable
    noted(folder, name="other", mark="not ours")
    assert foreign_to(folder) == "other"
    assert not summarize(folder).resumable


def test_a_lock_that_came_with_a_copy_is_of_no_process_here(workspace: Workspace):
    folder = make_run(workspace, "a")
    with RunLock(folder.lock).hold():
        assert engine_of(folder) is not None
        note = json.loads(folder.lock.read_bytes())
    note["computer"] |= {"name": "other", "mark": "not ours"}
    folder.lock.write_text(json.dumps(note))
    assert engine_of(folder) is None
    assert foreign_to(folder) == "other"
    note["computer"] = this_computer().note() | {"boot": "before"}
    folder.lock.write_text(json.dumps(note))
    assert engine_of(folder) is None, "the computer was started anew since"
