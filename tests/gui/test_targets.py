"""The layers that get a branch are chosen by name, with box or key, and say what they come to."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication

from studio.core.modelshape import shape_from_config
from studio.core.recipe import Recipe
from studio.machine.devices import MachineReading
from studio.ui.model.targetsdialog import TargetsDialog
from studio.ui.pages.modelpage import ModelPage
from tests.helpers.modelfolders import LLAMA3_8B, model_folder

LLAMA = shape_from_config(LLAMA3_8B)
PHI = shape_from_config(LLAMA3_8B | {"model_type": "phi3"})
GIB = 1024**3


@pytest.fixture
def opened(qtbot, light):
    """Open the dialog for a shape and targets."""
    made = []

    def open_dialog(shape, targets):
        dialog = TargetsDialog(None, shape, targets, lambda text, _blocks: f"({text})")
        made.append(dialog)
        dialog.show()
        return dialog

    yield open_dialog
    for dialog in made:
        dialog.close()
        dialog.deleteLater()


def test_shortcuts_tick_groups_and_are_kept_by_their_names(opened, qtbot):
    dialog = opened(LLAMA, "q_proj, v_proj")
    assert dialog.targets == "q_proj, v_proj"
    for words, targets in (
        ("All linear", "all-linear"),
        ("Attention", "attention"),
        ("MLP", "mlp"),
    ):
        qtbot.mouseClick(dialog.shortcuts[words], Qt.MouseButton.LeftButton)
        assert dialog.targets == targets
        assert dialog.words == f"({targets})"


def test_nothing_ticked_cannot_be_used(opened, qtbot):
    dialog = opened(LLAMA, "attention")
    qtbot.mouseClick(dialog.shortcuts["None"], Qt.MouseButton.LeftButton)
    assert dialog.targets == ""
    assert dialog.words == "Nothing would be trained."
    assert not dialog._use.isEnabled()
    qtbot.mouseClick(dialog.shortcuts["MLP"], Qt.MouseButton.LeftButton)
    assert dialog._use.isEnabled()


def test_the_keys_tick_a_layer_and_a_whole_group(opened, qtbot):
    dialog = opened(LLAMA, "mlp")
    tree = dialog.tree
    assert tree.hasFocus() or tree.currentItem().text(0) == "Attention"
    qtbot.keyClick(tree, Qt.Key.Key_Space)
    assert dialog.targets == "all-linear"
    qtbot.keyClick(tree, Qt.Key.Key_Down)
    qtbot.keyClick(tree, Qt.Key.Key_Space)
    assert dialog.targets == "k_proj, v_proj, o_proj, gate_proj, up_proj, down_proj"
    assert tree.topLevelItem(0).checkState(0) == Qt.CheckState.PartiallyChecked


def test_fused_layers_have_their_own_names_and_belong_to_groups(opened, qtbot):
    dialog = opened(PHI, "all-linear")
    qtbot.mouseClick(dialog.shortcuts["Attention"], Qt.MouseButton.LeftButton)
    assert dialog.tree.names == ("qkv_proj", "o_proj")
    assert dialog.targets == "attention"


def test_targets_of_another_model_begin_with_nothing_ticked(opened):
    assert opened(PHI, "gate_proj").targets == ""


def test_choosing_by_name_on_the_page_is_one_undo_step(qtbot, studio, light):
    model_folder(studio.workspace.model("llama"), LLAMA3_8B)
    studio.machine.reading = MachineReading((), 32 * GIB, 21 * GIB, note="No card.")
    studio.draft.take(Recipe())
    studio.models.follow(studio.draft)
    studio.models.choose(studio.workspace.model("llama"))
    page = ModelPage(studio)
    page.show()
    page.shown()
    field = page.settings.field("targets")
    field.activated.emit(field.findText("By name…"))
    assert field.currentText() == "All linear"
    dialog = page.findChild(TargetsDialog)
    assert "224 layers, 41.9 M of 8.03 B parameters (0.52\u00a0%)" in dialog.words
    dialog.tree.tick({"q_proj", "v_proj"})
    assert "64 layers" in dialog.words
    assert "Predicted peak" in dialog.words
    dialog.blocks.setText("40")
    assert "blocks 0 to 31" in dialog.words
    assert not dialog._use.isEnabled()
    qtbot.mouseClick(dialog.shortcuts["Upper half"], Qt.MouseButton.LeftButton)
    assert dialog.words.startswith("32 layers")
    qtbot.mouseClick(dialog._use, Qt.MouseButton.LeftButton)
    assert studio.draft.recipe.targets == "q_proj, v_proj"
    assert studio.draft.recipe.blocks == "16-31"
    assert field.currentText() == "q_proj, v_proj"
    studio.draft.undo_stack.undo()
    assert studio.draft.recipe.targets == "all-linear"
    page.close()
    page.deleteLater()
    QApplication.processEvents()
