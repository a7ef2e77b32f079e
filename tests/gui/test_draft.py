import pytest

from studio.app.draft import RecipeDraft
from studio.core.problems import RecipeError
from studio.core.recipe import Recipe


def test_an_edit_is_told_once_and_can_be_undone(qtbot):
    draft, seen = RecipeDraft(), []
    draft.changed.connect(seen.append)
    draft.edit("rank", 32)
    assert draft.recipe.rank == 32
    draft.edit("rank", 32)
    assert len(seen) == 1
    draft.undo_stack.undo()
    assert draft.recipe == Recipe()
    draft.undo_stack.redo()
    assert draft.recipe.rank == 32


def test_edits_of_one_setting_in_a_row_are_one_step(qtbot):
    draft = RecipeDraft()
    for rank in (17, 18, 19):
        draft.edit("rank", rank)
    draft.edit("alpha", 64)
    assert draft.undo_stack.count() == 2
    draft.undo_stack.undo()
    draft.undo_stack.undo()
    assert draft.recipe.rank == 16


def test_going_back_to_the_start_leaves_no_step(qtbot):
    draft = RecipeDraft()
    draft.edit("rank", 17)
    draft.edit("rank", 16)
    assert draft.undo_stack.count() == 0
    assert draft.recipe == Recipe()


def test_a_refused_value_keeps_the_recipe_and_is_told_by_field(qtbot):
    draft, told = RecipeDraft(), []
    draft.refused.connect(lambda name, why: told.append((name, bool(why))))
    with pytest.raises(RecipeError):
        draft.edit("rank", 0)
    assert draft.recipe.rank == 16
    assert "not from 1 to 1024" in draft.faults["rank"]
    draft.edit("alpha", 8)
    assert "rank" in draft.faults
    draft.edit("rank", 4)
    assert draft.faults == {}
    assert told == [("rank", True), ("rank", False)]


def test_a_fault_goes_with_the_same_value_as_before(qtbot):
    draft = RecipeDraft()
    with pytest.raises(RecipeError):
        draft.edit("rank", 0)
    draft.edit("rank", 16)
    assert draft.faults == {}
    assert draft.undo_stack.count() == 0


def test_several_settings_are_one_step_with_its_own_name(qtbot):
    draft = RecipeDraft()
    draft.edit_all({"micro_batch": 1, "grad_accum": 8}, "Smaller steps, same learning")
    assert draft.undo_stack.undoText() == "Smaller steps, same learning"
    draft.undo_stack.undo()
    assert draft.recipe == Recipe()


def test_one_wrong_value_among_several_changes_nothing(qtbot):
    draft = RecipeDraft()
    with pytest.raises(RecipeError):
        draft.edit_all({"micro_batch": 1, "grad_accum": 0}, "Both")
    assert draft.recipe == Recipe()
    assert set(draft.faults) == {"grad_accum"}


def test_undo_leaves_alone_what_another_part_set_meanwhile(qtbot):
    draft = RecipeDraft()
    draft.edit("rank", 32)
    draft.take(draft.recipe.replace(model="m", dataset="d"))
    draft.undo_stack.undo()
    assert (draft.recipe.rank, draft.recipe.model, draft.recipe.dataset) == (16, "m", "d")


def test_a_loaded_recipe_can_be_undone_with_its_tables(qtbot):
    draft = RecipeDraft()
    other = Recipe(rank=4, tables={"mix": [{"dataset": "x", "weight": 1.0}]})
    draft.load(other)
    assert draft.recipe == other
    draft.undo_stack.undo()
    assert draft.recipe == Recipe()
    draft.undo_stack.redo()
    assert draft.recipe == other
