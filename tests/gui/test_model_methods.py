"""Methods and objectives say what they cost and whether they can be trained; plans make it fit."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication

from studio.app.checklist import Checklist
from studio.core.example import Triple
from studio.ui.widgets.parts import Button
from tests.helpers.modelpages import LARGE, headline, open_model_page, settle


@pytest.fixture
def page(studio, light):
    made = open_model_page(studio)
    yield made
    made.close()
    made.deleteLater()


def card_of(page, title):
    return next(card for card in page.methods.cards if card.radio.text() == title)


def test_a_method_that_cannot_be_trained_yet_says_so_and_is_estimated(page, studio, qtbot):
    dora = card_of(page, "DoRA")
    assert "Not trainable in this version" in dora.radio.accessibleDescription()
    assert "GiB" in dora.radio.accessibleDescription()
    dora.radio.click()
    assert studio.draft.recipe.method == "dora"
    assert "DoRA cannot be trained in this version." in headline(page)
    assert not page.action.isEnabled()
    assert "Not trainable" not in card_of(page, "LoRA").radio.accessibleDescription()


def test_more_methods_are_behind_a_button_and_stay_while_one_is_chosen(page, studio, qtbot):
    prefix = card_of(page, "Prefix")
    assert not prefix.isVisible()
    qtbot.mouseClick(page.methods.more, Qt.MouseButton.LeftButton)
    assert prefix.isVisible()
    assert "GiB" in prefix.radio.accessibleDescription()
    prefix.radio.click()
    assert studio.draft.recipe.method == "prefix"
    qtbot.mouseClick(page.methods.more, Qt.MouseButton.LeftButton)
    assert prefix.isVisible()
    studio.draft.undo_stack.undo()
    qtbot.mouseClick(page.methods.more, Qt.MouseButton.LeftButton)
    assert not prefix.isVisible()


def test_only_the_settings_of_the_method_are_shown(page, studio):
    assert page.settings.rows["rank"].isVisible()
    card_of(page, "Last N layers").radio.click()
    assert not page.settings.rows["rank"].isVisible()
    assert page.settings.rows["last_n"].isVisible()
    settle(page)
    assert "of 8.03 B parameters" in page.settings.field("last_n").accessibleDescription()
    card_of(page, "QLoRA").radio.click()
    assert page.settings.rows["rank"].isVisible()


def test_the_tip_of_a_setting_gives_its_default_reason_and_range(page):
    tip = page.settings.rows["rank"].toolTip()
    assert "Default 16." in tip
    assert "From 1 to 1,024." in tip


def test_an_objective_is_chosen_and_says_if_it_cannot_be_trained(page, studio):
    box = page.methods.objective
    box.activated.emit(2)
    assert studio.draft.recipe.objective == "dpo"
    assert "only estimated" in box.accessibleDescription()
    assert "Preferences (DPO) cannot be trained in this version." in headline(page)
    studio.draft.undo_stack.undo()
    assert box.currentText() == "Answers"


def applies(page):
    QApplication.processEvents()  # a layout shows its new rows
    buttons = page.plan.ways.findChildren(Button)
    return [b for b in buttons if b.isVisible() and b.accessibleName().startswith("Apply: ")]


def ways_of(page):
    return [button.accessibleName().removeprefix("Apply: ") for button in applies(page)]


def described(page):
    return [button.accessibleDescription() for button in applies(page)]


def test_a_number_typed_in_is_what_the_plans_fit_into(page, studio, qtbot):
    studio.draft.edit_all(LARGE, "Large")
    settle(page)
    budget = page.plan.ways.budget
    assert budget.value() == 11.0
    before = ways_of(page)
    assert not page.plan.ways.reset.isVisible()
    budget.lineEdit().selectAll()
    qtbot.keyClicks(budget.lineEdit(), "8")
    qtbot.keyClick(budget.lineEdit(), Qt.Key.Key_Return)
    QApplication.processEvents()
    assert ways_of(page) != before
    assert all("7." in text for text in described(page))
    qtbot.mouseClick(page.plan.ways.reset, Qt.MouseButton.LeftButton)
    QApplication.processEvents()
    assert budget.value() == 11.0
    assert ways_of(page) == before


def test_a_run_that_fits_can_be_fitted_into_less(page, qtbot):
    qtbot.mouseClick(page.plan.fit, Qt.MouseButton.LeftButton)
    assert page.plan.ways.isVisible()
    assert page.plan.ways._words.text().startswith("Fits into 11.0 GiB as it is")
    page.plan.ways.budget.setValue(6.8)
    assert ways_of(page)
    page.plan.ways.budget.setValue(2.0)
    assert "No plan that is known fits into 2.0 GiB" in page.plan.ways._words.text()
    assert all("not enough" in text for text in described(page))
    qtbot.mouseClick(page.plan.fit, Qt.MouseButton.LeftButton)
    assert not page.plan.ways.isVisible()


def test_the_time_says_why_it_is_not_known_and_the_disk_what_it_holds(page, studio):
    assert page.plan._time.accessibleDescription().endswith("no dataset open")
    studio.datasets.create("two")
    page.shown()
    assert page.plan._time.accessibleDescription().endswith("not measured yet")
    assert "GB" in page.plan._disk.accessibleDescription()


def test_targets_of_another_model_leave_cards_without_a_cost(page, studio):
    studio.draft.edit_all({"method": "full", "quantization": "none", "targets": "nonsense"}, "x")
    settle(page)
    assert "GiB" in card_of(page, "Full").radio.accessibleDescription()
    assert "GiB" not in card_of(page, "QLoRA").radio.accessibleDescription()


def test_the_train_page_explains_a_method_that_cannot_be_trained(page, studio, qtbot):
    card_of(page, "DoRA").radio.click()
    studio.datasets.create("one").insert(0, [Triple("a", "", "b")])
    checks = Checklist(studio, page)
    checks.wake()
    found = [finding for finding in checks.findings if finding.code == "recipe"]
    assert "DoRA cannot be trained in this version" in found[0].summary
    assert "LoRA" in found[0].hint
    assert not checks.may_start
    checks.sleep()
