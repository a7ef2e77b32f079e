"""What the model sees: sequences, whose words, the limit, and the template above them."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtWidgets import QWidget

from studio.app.renderclient import RowPart
from studio.core.example import Kind, Token, TokenState
from studio.core.templates import BUILT_INS
from studio.data.store import Row
from studio.ui.data.templatebar import TemplateBar
from studio.ui.data.templatechoice import TemplateChoice
from studio.ui.data.templatedialog import TemplateDialog
from studio.ui.data.tokencard import TokenCard

PATIENCE_MS = 60_000
ENDLESS = "{% for i in range(99999) %}{% for j in range(99999) %}{% endfor %}{% endfor %}"
TRAINED, MASKED, CUT = TokenState.TRAINED, TokenState.MASKED, TokenState.CUT


def part(name: str, answer: str, cut: str = "") -> RowPart:
    tokens = [
        Token(1, "<|im_start|>", MASKED, special=True, whose="template"),
        Token(5, "Why?", MASKED, whose="user"),
        Token(6, answer, TRAINED, whose="assistant"),
        Token(2, "<|im_end|>", TokenState.END, special=True, whose="template"),
    ]
    tokens += [Token(7, cut, CUT, whose="assistant")] if cut else []
    return RowPart(name, tuple(tokens))


@pytest.fixture
def card(qtbot, light):
    made = TokenCard()
    qtbot.addWidget(made)
    made.resize(420, 450)
    made.show()
    return made


def shown(card) -> str:
    return "".join(span.text for span in card.view.tokens())


def test_a_row_with_one_sequence_has_no_switch(card):
    card.show_parts([part("", "So.")])
    assert shown(card) == "<|im_start|>Why?So.<|im_end|>"
    assert card.shares.text() == "User turn 1 · answer 1 · template 2"
    assert card.bar._switch is None


def test_the_sequence_in_front_stays_while_the_row_is_typed(card, qtbot):
    card.show_parts([part("Chosen", "So."), part("Rejected", "No.")])
    card.bar._switch.chosen.emit(1)
    assert "No." in shown(card)
    card.show_parts([part("Chosen", "So!"), part("Rejected", "No!")])
    assert "No!" in shown(card)
    assert card.bar._switch.current() == 1
    card.show_parts([part("", "So.")])
    assert "So." in shown(card)
    assert card.bar._switch is None


def test_many_sequences_are_a_list(card):
    card.show_parts([part(f"To turn {n}", f"Answer {n}.") for n in range(6)])
    card.bar._switch.setCurrentIndex(4)
    card.bar._switch.activated.emit(4)
    assert "Answer 4." in shown(card)


def test_what_the_limit_cuts_is_told_with_the_way_out(card, qtbot):
    card.show_parts([part("", "So", " it goes on")])
    finding = ["end_cut", "warn", "It is cut.", "Raise it."]
    card.show_finding(finding, 128)
    assert "1 token is cut, from “it goes on”" in card.note.accessibleName()
    with qtbot.waitSignal(card.limit_chosen) as chosen:
        card.raise_button.click()
    assert chosen.args == [128]
    card.set_small(True)
    assert "it goes on" not in card.note.accessibleName()
    assert not card.shares.isVisible()


def test_running_text_has_no_template_above_it(card):
    card.set_templated(False)
    assert not card.bar.isVisible()
    card.set_templated(True)
    assert card.bar.isVisible()


def test_token_borders_and_spaces_are_shown_on_demand(card):
    card.show_parts([part("", "So it is")])
    before = card.view.grab().toImage()
    card.eye_button.click()
    assert "So·it·is" in shown(card)
    assert card.view.grab().toImage() != before
    card.eye_button.click()
    assert "So it is" in shown(card)


def test_ids_and_whose_words_are_told_on_hover(card):
    card.show_parts([part("", "So.")])
    assert card.view.tokens()[2].spoken(2) == "'So.', id 6, position 2, trained, answer"


@pytest.fixture
def bar(qtbot, light, studio):
    made = TemplateBar()
    qtbot.addWidget(made)
    choice = TemplateChoice(studio, made, made)
    made.show()
    yield made
    assert choice is not None


def test_a_built_in_template_goes_into_the_recipe_with_a_way_back(bar, studio):
    said = []
    studio.said.connect(lambda words, undo: said.append((words, undo)))
    action = next(a for a in bar.menu.actions() if a.text() == "ChatML")
    action.trigger()
    assert studio.draft.recipe.template == "chatml"
    assert bar.template_button.text() == "ChatML"
    ((words, undo),) = said
    assert words == "Template: ChatML"
    undo()
    assert studio.draft.recipe.template == ""
    assert bar.template_button.text() == "The model's own"
    assert bar.menu.actions()[0].isChecked()


def test_every_built_in_is_in_the_menu_and_a_template_of_ones_own_is_last(bar, studio):
    titles = [action.text() for action in bar.menu.actions() if action.text()]
    assert titles == ["The model's own", *(b.title for b in BUILT_INS.values()), "Custom…"]
    studio.draft.edit("template", "{{ messages }}")
    assert bar.custom_action.isChecked()


def test_a_system_prompt_counts_after_a_pause_and_is_one_step(bar, studio, qtbot):
    bar.prompt_button.click()
    assert bar.prompt_field.isVisible()
    qtbot.keyClicks(bar.prompt_field, "Be short.")
    qtbot.waitUntil(lambda: studio.draft.recipe.system_prompt == "Be short.")
    qtbot.keyClicks(bar.prompt_field, " Really.")
    bar.flush()
    assert studio.draft.recipe.system_prompt == "Be short. Really."
    studio.draft.undo_stack.undo()
    assert studio.draft.recipe.system_prompt == ""
    assert bar.prompt_field.toPlainText() == ""


@pytest.fixture
def dialog(qtbot, light, studio, tiny_model: Path):
    studio.models.choose(tiny_model)
    row = Row(1, Kind.TRIPLE, ("Name a colour.", "", "Red."), "train")
    owner = QWidget()
    qtbot.addWidget(owner)
    made = TemplateDialog(owner, studio, row)
    made.show()
    yield made
    made.close()


def wait(qtbot, fact) -> None:
    qtbot.waitUntil(fact, timeout=PATIENCE_MS)


def test_a_template_is_tried_on_the_row_while_it_is_written(dialog, qtbot):
    wait(qtbot, lambda: dialog.use_button.isEnabled())
    assert "".join(s.text for s in dialog.view.tokens()).endswith("Red.<|im_end|>\n")
    own = dialog.text()
    assert "SmolLM" in own
    dialog.editor.setPlainText("{% for m in messages %}\n{{ m.content.shout() }}\n{% endfor %}")
    assert not dialog.use_button.isEnabled()
    wait(qtbot, lambda: "line 2: " in dialog.words.text())
    (marked,) = dialog.editor.extraSelections()
    assert marked.cursor.blockNumber() == 1
    assert not dialog.use_button.isEnabled()
    dialog.editor.setPlainText("{% if %}")
    wait(qtbot, lambda: "line 1: " in dialog.words.text())
    dialog.editor.setPlainText(own)
    wait(qtbot, lambda: dialog.use_button.isEnabled())
    assert dialog.editor.extraSelections() == []


@pytest.mark.slow
def test_a_template_that_never_ends_is_told_and_the_next_one_is_tried(dialog, qtbot):
    wait(qtbot, lambda: dialog.use_button.isEnabled())
    dialog.editor.setPlainText(ENDLESS)
    wait(qtbot, lambda: "did not finish within 2 s" in dialog.words.text())
    dialog.editor.setPlainText("{% set x = 'x' * 10**9 %}{{ x | length }}")
    wait(qtbot, lambda: "more than 512 MiB" in dialog.words.text())
    dialog.editor.setPlainText(BUILT_INS["plain"].text)
    wait(qtbot, lambda: dialog.use_button.isEnabled())
    assert "Question: Name a colour." in "".join(s.text for s in dialog.view.tokens())
