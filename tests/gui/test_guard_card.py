"""What guards a run is set on the Model page, each part with its cost, as undo steps."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from pytestqt.qtbot import QtBot

from studio.app.guardcosts import guard_table
from studio.app.studio import Studio
from studio.core.guardplan import GUARD_KNOBS
from studio.core.recipe import Recipe
from studio.data.recipefile import recipe_text
from studio.ui.look.theme import Theme
from studio.ui.model.guardcard import GuardCard
from studio.ui.pages.modelpage import ModelPage
from tests.helpers.modelpages import open_model_page, settle


@pytest.fixture
def page(studio: Studio, light: Theme) -> Iterator[ModelPage]:
    made = open_model_page(studio)
    yield made
    made.close()
    made.deleteLater()


def choose(card: GuardCard, name: str, value: object) -> None:
    """Choose a value in a drop-down, as a user does."""
    widget = card.field(name)
    at = next(i for i in range(widget.count()) if widget.itemData(i) == value)  # type: ignore[attr-defined]
    widget.setCurrentIndex(at)  # type: ignore[attr-defined]
    widget.activated.emit(at)  # type: ignore[attr-defined]


def shown(card: GuardCard) -> list[str]:
    return [name for name, row in card.rows.items() if not row.isHidden()]


def test_a_remedy_is_an_undo_step_that_the_recipe_tells(page: ModelPage, studio: Studio) -> None:
    card = page.guard.card
    choose(card, "replay", 0.2)
    choose(card, "on_crossing", "roll_back")
    assert studio.draft.recipe.tables["guard"] == {"replay": 0.2, "on_crossing": "roll_back"}
    text = recipe_text(studio.draft.recipe)
    assert "[guard]" in text
    assert "replay = 0.2" in text
    studio.draft.undo_stack.undo()
    assert studio.draft.recipe.guard.on_crossing == "warn"
    assert studio.draft.recipe.guard.replay == 0.2
    studio.draft.undo_stack.undo()
    assert "guard" not in studio.draft.recipe.tables
    assert card.field("replay").currentData() == 0.0  # type: ignore[attr-defined]


def test_each_depth_shows_what_matters(page: ModelPage, studio: Studio) -> None:
    card = page.guard.card
    page.settings.set_depth("simple")
    assert shown(card) == ["enabled", "replay"]
    replay = card.field("replay")
    assert [replay.itemText(i) for i in range(replay.count())] == ["Off", "20\u00a0%"]  # type: ignore[attr-defined]
    page.settings.set_depth("everything")
    assert {"l2", "ewc", "layer_decay", "budget_seconds"} <= set(shown(card))
    assert "kl_rows" not in shown(card)
    choose(card, "kl", 1.0)
    assert {"kl_rows", "replay_from"} <= set(shown(card))
    choose(card, "enabled", False)
    assert not {"tolerance", "probes", "on_crossing"} & set(shown(card))


def test_costs_stand_beside_the_remedies(page: ModelPage, studio: Studio) -> None:
    card = page.guard.card
    page.settings.set_depth("everything")

    def help_of(name: str) -> str:
        return card.field(name).accessibleDescription()

    assert "At 20\u00a0%: no more memory, 25\u00a0% longer." in help_of("replay")
    assert "MiB more memory, no longer." in help_of("l2")
    assert "At most 10\u00a0% of the training time." in help_of("enabled")
    before = help_of("l2")
    studio.draft.edit("rank", 64)
    settle(page)
    assert help_of("l2") != before
    choose(card, "kl", 1.0)
    choose(card, "ewc", 1.0)
    settle(page)
    costs = ("cost", "At most", "longer", " once", "minutes", "checkpoint")
    assert len(shown(card)) == len(GUARD_KNOBS)
    for name in shown(card):  # each says what it is, and what it costs
        assert any(word.lower() in help_of(name).lower() for word in costs), help_of(name)


def test_what_cannot_be_is_told_in_place(page: ModelPage, studio: Studio) -> None:
    card = page.guard.card
    field = card.field("tolerance")
    field.setText("99")  # type: ignore[attr-defined]
    field.editingFinished.emit()  # type: ignore[attr-defined]
    assert "Tolerance" in field.accessibleDescription()
    assert studio.draft.recipe.guard.tolerance == 0.1
    field.setText("0.25")  # type: ignore[attr-defined]
    field.editingFinished.emit()  # type: ignore[attr-defined]
    assert studio.draft.recipe.guard.tolerance == 0.25
    assert "nats a token" in field.accessibleDescription()


def test_own_datasets_can_be_asked_and_learned_along(page: ModelPage, studio: Studio) -> None:
    card = page.guard.card
    card.set_datasets(("notes",))
    choose(card, "probes", ("general", "dataset:notes:validation"))
    choose(card, "replay_from", "dataset:notes:train")
    guard = studio.draft.recipe.guard
    assert guard.probes == ("general", "dataset:notes:validation")
    assert guard.replay_from == "dataset:notes:train"


def test_defaults_are_left_out_of_the_table(qtbot: QtBot) -> None:
    recipe = Recipe(tables={"guard": {"replay": 0.2, "kl": 1.0}})
    assert guard_table(recipe, replay=0.0) == {"kl": 1.0}
    assert guard_table(recipe, probes=("general",), kl=0.0) == {"replay": 0.2}
