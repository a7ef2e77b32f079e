"""The dialogs that split a dataset and mix several, with real datasets behind them."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from PySide6.QtWidgets import QDialog
from pytestqt.qtbot import QtBot
from shiboken6 import isValid

from studio.app.studio import Studio
from studio.core.example import Conversation, Kind, Triple
from studio.core.mix import MixPart
from studio.data.store import Dataset
from studio.ui.data.mixdialog import MixDialog
from studio.ui.data.setacts import SetActs
from studio.ui.data.splitdialog import SplitDialog
from studio.ui.look.theme import Theme
from studio.ui.widgets.frame import Page


@pytest.fixture
def acts(qtbot: QtBot, light: Theme, studio: Studio) -> SetActs:
    with Dataset.create(studio.workspace.dataset("hotel")) as data:
        data.insert(0, [Triple(f"q{n}", "", f"a{n}") for n in range(50)])
        data.add_tag(data.ids[:10], "rare")
    with Dataset.create(studio.workspace.dataset("general"), Kind.CONVERSATION) as data:
        turns = ({"role": "user", "content": "hi"}, {"role": "assistant", "content": "ho"})
        data.insert(0, [Conversation(turns) for _ in range(4)])
    studio.datasets.open("hotel")
    page = Page("Data")
    qtbot.addWidget(page)
    made = SetActs(studio, page)
    page.acts = made
    return made


def close(qtbot: QtBot, dialog: QDialog, act: Callable[[], object]) -> None:
    """End a dialog and wait until it is gone, so that nothing of it outlives the test."""
    act()
    qtbot.waitUntil(lambda: not isValid(dialog))


def split_dialog(qtbot: QtBot, acts: SetActs) -> SplitDialog:
    dialog = acts.ask_split()
    assert dialog is not None
    qtbot.waitUntil(dialog.apply.isEnabled)
    return dialog


def test_the_counts_are_shown_before_anything_is_changed(
    qtbot: QtBot, studio: Studio, acts: SetActs
) -> None:
    dialog = split_dialog(qtbot, acts)
    assert dialog.bar.accessibleDescription() == (
        "train 40 · 80\u00a0%; validation 5 · 10\u00a0%; test 5 · 10\u00a0%"
    )
    dialog.validation.setText("12")
    dialog.validation.textEdited.emit("12")
    assert not dialog.apply.isEnabled()
    qtbot.waitUntil(dialog.apply.isEnabled)
    assert "validation 12" in dialog.bar.accessibleDescription()
    assert [dialog.group.itemText(at) for at in range(dialog.group.count())] == [
        "Nothing",
        "instruction",
        "input",
        "output",
        "Rows that share a tag",
    ]
    assert studio.datasets.current.split_counts()["train"] == 50
    close(qtbot, dialog, dialog.reject)


def test_what_cannot_be_read_or_dealt_is_said_in_place(qtbot: QtBot, acts: SetActs) -> None:
    dialog = split_dialog(qtbot, acts)
    dialog.test.setText("half")
    dialog.test.textEdited.emit("half")
    assert not dialog.apply.isEnabled()
    assert dialog.test.property("wrong")
    dialog.test.setText("49")
    dialog.test.textEdited.emit("49")
    qtbot.waitUntil(lambda: "Nothing would be left" in dialog.remarks.text())
    assert not dialog.apply.isEnabled()
    close(qtbot, dialog, dialog.reject)


def test_a_split_is_one_step_and_a_frozen_test_stays_until_it_is_unfrozen(
    qtbot: QtBot, studio: Studio, acts: SetActs
) -> None:
    document = studio.datasets.current
    assert document is not None
    dialog = split_dialog(qtbot, acts)
    dialog.freezing.setCurrentIndex(0)
    with qtbot.waitSignals([document.bulk_ended, studio.said]):
        close(qtbot, dialog, dialog.accept)
    assert document.split_counts() == {"train": 40, "validation": 5, "test": 5}
    assert document.undo_text == "Split into 40 train · 5 validation · 5 test"
    assert document.frozen_splits() == {"test"}
    again = acts.ask_split()
    assert again is not None
    assert not again.test.isEnabled()
    again.unfreeze.click()
    assert again.test.isEnabled()
    assert document.frozen_splits() == frozenset()
    qtbot.waitUntil(lambda: "0 rows change" in again.remarks.text())
    close(qtbot, again, again.reject)
    document.undo()
    assert document.split_counts()["train"] == 50


def mix_dialog(qtbot: QtBot, acts: SetActs) -> MixDialog:
    dialog = acts.ask_mix()
    assert dialog is not None
    dialog.add.setCurrentIndex(dialog.add.findText("general"))
    dialog.add.activated.emit(dialog.add.currentIndex())
    qtbot.waitUntil(dialog.use.isEnabled)
    return dialog


def test_a_mix_is_counted_live_and_becomes_the_recipes_undoably(
    qtbot: QtBot, studio: Studio, acts: SetActs
) -> None:
    dialog = mix_dialog(qtbot, acts)
    assert dialog.bar.accessibleDescription() == "hotel 50 · 89\u00a0%; general 6 · 11\u00a0%"
    dialog.lines[1].slider.setValue(20)
    qtbot.waitUntil(dialog.use.isEnabled)
    assert "general 11" in dialog.bar.accessibleDescription()
    close(qtbot, dialog, dialog.accept)
    assert studio.draft.recipe.mix == (MixPart("hotel", 0.9), MixPart("general", 0.2))
    qtbot.waitUntil(lambda: studio.mixes.parts is not None)
    assert [part.rows for part in studio.mixes.parts] == [50, 11]
    studio.draft.undo_stack.undo()
    assert studio.draft.recipe.mix == ()
    assert studio.mixes.parts is None


def test_rows_are_counted_in_place_of_a_weight_and_a_mix_can_be_given_up(
    qtbot: QtBot, studio: Studio, acts: SetActs
) -> None:
    dialog = mix_dialog(qtbot, acts)
    line = dialog.lines[1]
    line.amount.setText("3")
    line.amount.textEdited.emit("3")
    assert not line.slider.isEnabled()
    qtbot.waitUntil(dialog.use.isEnabled)
    close(qtbot, dialog, dialog.accept)
    assert studio.draft.recipe.mix == (MixPart("hotel", 0.9), MixPart("general", rows=3))
    again = acts.ask_mix()
    assert again is not None
    again.lines[0].amount.setText("-1")
    again.lines[0].amount.textEdited.emit("-1")
    assert not again.use.isEnabled()
    close(qtbot, again, again.alone.click)
    assert studio.draft.recipe.mix == ()


def test_a_dataset_that_is_gone_is_told(qtbot: QtBot, studio: Studio, acts: SetActs) -> None:
    studio.draft.edit("mix", [{"dataset": "nix", "weight": 1.0}])
    qtbot.waitUntil(lambda: studio.mixes.problem is not None)
    assert "There is no dataset 'nix'" in studio.mixes.problem.summary
