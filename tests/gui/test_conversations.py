"""Conversations on the Chat page with a scripted chat process: turns, columns, keeping."""

from __future__ import annotations

import json

import pytest
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QFileDialog

from studio.core.sampler import Sampler
from studio.core.workspace import Workspace
from studio.data.conversations import Conversations
from studio.data.recipefile import read_recipe, write_recipe
from tests.gui.test_chatpage import Desk
from tests.helpers.chatrun import make_trained_run

RUN = "2026-11-22-hotel-1"


@pytest.fixture
def workspace(tmp_path):
    return Workspace(tmp_path / "workspace").create()


@pytest.fixture
def desk(qtbot, workspace):
    make_trained_run(workspace)
    made = Desk(qtbot, workspace)
    yield made
    made.close()


def exchanges(desk) -> list:
    return desk.parts.conversation.exchanges


def questions(desk) -> list[str]:
    return [exchange.question for exchange in exchanges(desk)]


def recalled(desk) -> list[str]:
    return [text.rsplit("|", 1)[1] for text in desk.answers(-1)]


def add_columns(desk, *branches: str) -> None:
    for branch in branches:
        desk.page._on_branch_added(desk.page.desk.runs[0], branch)


def test_each_column_goes_on_with_its_own_turns(desk):
    desk.ask("hello")
    desk.ask("recall")
    assert recalled(desk) == [f"hello -> The {name} answers: hello" for name in ("base", "adapted")]
    desk.click(desk.parts.turns._group.button(1))
    desk.ask("recall again")
    assert recalled(desk) == ["", ""]


def test_a_held_out_question_is_asked_on_its_own(desk):
    desk.ask("hello")
    desk.wait(lambda: desk.parts.held_out.buttons[0].isVisible())
    desk.click(desk.parts.held_out.buttons[0])
    desk.wait(lambda: desk.chat.state == "ready" and len(exchanges(desk)) == 2)
    desk.ask("recall")
    assert recalled(desk)[0] == "hello -> The base answers: hello"


def test_the_sampler_and_the_system_prompt_go_with_the_question(desk):
    desk.parts.composer.panel.set_sampler(Sampler(7, 0.5, 0.9, 40, 12, 1.1, ("\n\n", "###")))
    desk.parts.side.system.editor.setPlainText("Be brief.")
    assert "top-k 12" in desk.parts.composer._line.text()
    desk.ask("recall")
    assert desk.answers(0)[0] == "Be brief.|7|12|['\\n\\n', '###']|"


def test_a_system_prompt_that_is_not_that_of_training_is_told(desk, workspace):
    recipe = workspace.run(RUN).recipe
    write_recipe(read_recipe(recipe).replace(system_prompt="Be kind."), recipe)
    desk.page.desk.refresh()
    system, note = desk.parts.side.system, desk.parts.notices.warnings[0]
    assert system.editor.toPlainText() == "Be kind."
    assert system.system is None
    assert not note.isVisible()
    system.editor.setPlainText("Be rude.")
    assert note.accessibleName().startswith("The system prompt is not the one of training.")
    desk.parts.show_side(2)
    desk.click(system.back_button)
    assert not note.isVisible()


def test_an_edited_question_replaces_the_turns_from_there_and_can_be_undone(desk):
    for words in ("one", "two", "three"):
        desk.ask(words)
    desk.click(exchanges(desk)[1].edit_button)
    editor = desk.parts.composer.editor
    assert editor.toPlainText() == "two"
    assert "later turn" in desk.parts.composer.editing.accessibleName()
    desk.type(" recall")
    desk.click(desk.parts.composer.send_button)
    desk.wait(lambda: desk.chat.state == "ready" and not desk.page.asking.waits)
    assert questions(desk) == ["one", "two recall"]
    assert recalled(desk)[0] == "one -> The base answers: one"
    next(undo for text, undo in reversed(desk.said) if undo)()
    assert questions(desk) == ["one", "two", "three"]
    assert desk.answers(2)[1] == "The adapted answers: three"


def test_editing_can_be_given_up(desk):
    desk.ask("one")
    desk.click(exchanges(desk)[0].edit_button)
    desk.click(desk.parts.composer.cancel_button)
    desk.ask("two")
    assert questions(desk) == ["one", "two"]


def test_asking_again_takes_the_next_seed_when_answers_are_drawn(desk):
    desk.parts.composer.panel.set_sampler(Sampler(seed=7, temperature=0.5))
    desk.ask("recall")
    desk.click(exchanges(desk)[0].again_button)
    desk.wait(lambda: desk.chat.state == "ready" and "|8|" in desk.answers(0)[0])
    assert questions(desk) == ["recall"]


def test_a_fork_leaves_the_conversation_as_it_is(desk):
    desk.ask("one")
    desk.ask("two")
    desk.click(exchanges(desk)[0].fork_button)
    desk.ask("other")
    titles = {each.title: each.turns for each in desk.studio.talks.all()}
    assert titles == {"one": 2, "one (copy)": 2}
    assert questions(desk) == ["one", "other"]


def test_up_to_four_columns_answer_and_each_says_who_it_is(desk):
    desk.ask("one")
    add_columns(desk, "step 240", "step 120")
    assert not desk.parts.add_button.isEnabled()
    desk.wait(lambda: desk.chat.state == "ready")
    desk.ask("recall")
    assert recalled(desk) == [
        "one -> The base answers: one",
        "one -> The adapted answers: one",
        "",
        "",
    ]
    heads = desk.parts.heads.all
    assert [head.evidence.text()[:9] for head in heads] == ["c81e 07b4", "c81e 07b5", "c81e 07b6"]
    assert [head.branches.currentText() for head in heads] == ["result", "step 240", "step 120"]
    desk.click(heads[1].remove_button)
    desk.wait(lambda: desk.chat.state == "ready")
    assert [Column.branch.title for Column in desk.page.desk.columns.all] == ["result", "step 120"]
    desk.said[-1][1]()
    assert len(desk.page.desk.columns.all) == 3
    desk.wait(lambda: desk.chat.state == "ready")


def test_without_any_column_the_base_answers_alone(desk):
    desk.click(desk.parts.heads.adapted.remove_button)
    desk.ask("hello")
    assert desk.answers(0) == ["The base answers: hello"]
    assert desk.chat.wanted.model.endswith("SmolLM2-135M-Instruct")


def test_a_branch_that_answers_already_is_told(desk):
    add_columns(desk, "result")
    assert desk.parts.notices.banner.problem.summary.endswith("answers already.")


def test_a_run_of_another_base_is_told(desk, workspace):
    other = make_trained_run(workspace, "2026-11-22-other-base")
    write_recipe(read_recipe(other.recipe).replace(model="llama"), other.recipe)
    desk.studio.runs.refresh()
    desk.wait(lambda: len(desk.page.desk.runs) == 2)
    columns, page = desk.page.desk.columns, desk.page
    columns.choose_keys([str(workspace.run(RUN).adapter)])
    page._on_branch_added(next(s for s in page.desk.runs if s.run == other.id), "")
    assert "was trained on llama" in desk.parts.notices.banner.problem.summary
    assert len(columns.all) == 1


def test_a_folder_that_holds_no_adapter_is_told(desk, tmp_path):
    desk.page.add_folder(tmp_path)
    assert "adapter_model.safetensors" in desk.parts.notices.banner.problem.summary
    assert len(desk.page.desk.columns.all) == 1


def test_passes_are_told(qtbot, workspace):
    make_trained_run(workspace, "2026-11-22-passes")
    desk = Desk(qtbot, workspace)
    desk.ask("hello")
    assert desk.parts.composer._promise.text().endswith("one after the other")
    desk.close()


def test_what_the_model_reads_is_shown_as_tokens(desk):
    desk.ask("one")
    desk.ask("two")
    desk.click(exchanges(desk)[1].tokens_button)
    dialog = desk.page.tokens.dialog
    desk.wait(lambda: dialog.view.tokens())
    shown = [span.text.strip() for span in dialog.view.tokens()]
    assert shown == ["<|im_start|>", "one", "The base answers: one", "two"]
    assert dialog.count.text() == "4 of 8,192 tokens"
    dialog.columns.setCurrentIndex(1)
    dialog.columns.activated.emit(1)
    desk.wait(lambda: "adapted" in dialog.view.tokens()[2].text)
    dialog.close()
    desk.wait(lambda: desk.page.tokens.dialog is None)


def test_a_question_that_is_refused_for_itself_can_be_edited(desk):
    desk.ask("one")
    desk.send("refuse")
    banner = desk.parts.notices.banner
    desk.wait(lambda: banner.problem is not None)
    assert banner._way_out.text() == "Edit the question"
    desk.click(banner._way_out)
    assert desk.parts.composer.editor.toPlainText() == "refuse"
    assert desk.parts.composer.edited == 1


def test_a_conversation_that_is_too_long_can_be_begun_anew(desk):
    desk.ask("one")
    desk.send("overflow")
    banner = desk.parts.notices.banner
    desk.wait(lambda: banner.problem is not None)
    assert banner._way_out.text() == "Ask it in a new conversation"
    desk.click(banner._way_out)
    assert questions(desk) == ["overflow"]
    desk.wait(lambda: not desk.page.asking.waits)


def test_conversations_are_kept_opened_renamed_and_deleted(desk, qtbot, workspace):
    desk.ask("first")
    desk.click(desk.parts.new_button)
    desk.ask("second")
    desk.parts.show_side(1)
    past = desk.parts.side.past
    assert [each.title for each in past._shown] == ["second", "first"]
    past.list.chosen.emit(1)
    assert desk.answers(0)[1] == "The adapted answers: first"
    desk.click(past.rename_button)
    past.title_field.setText("Hello <b>there</b>")
    past.title_field.returnPressed.emit()
    assert [each.title for each in past._shown] == ["second", "Hello <b>there</b>"]
    desk.click(past.delete_button)
    assert questions(desk) == []
    assert [each.title for each in past._shown] == ["second"]
    desk.said[-1][1]()
    assert questions(desk) == ["first"]
    desk.ask("recall")
    assert recalled(desk)[0] == "first -> The base answers: first"


def test_a_killed_engine_leaves_what_was_said_on_the_disk(desk, workspace):
    desk.ask("hello")
    desk.send("die")
    desk.wait(lambda: desk.chat.state == "failed")
    file = Conversations(workspace.conversations)
    turns = file.turns(file.all()[0].id)
    file.close()
    assert [t.question for t in turns] == ["hello", "die"]
    assert turns[1].answers["base"].text.strip() == "The base"
    assert turns[1].answers["base"].reason == "broken off"


def test_a_conversation_is_exported(desk, tmp_path, monkeypatch):
    desk.ask("hello")
    chosen = [
        (str(tmp_path / "talk.md"), "Markdown (*.md)"),
        (str(tmp_path / "talk"), "JSON (*.json)"),
    ]
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: chosen.pop(0))
    desk.page.keeping.export()
    desk.page.keeping.export()
    assert "The adapted answers: hello" in (tmp_path / "talk.md").read_text()
    body = json.loads((tmp_path / "talk.json").read_text())
    assert body["turns"][0]["answers"]["base"]["tokens"] == 4


def test_plain_and_formatted_answers_differ_and_copy_is_the_source(desk):
    desk.ask("markdown")
    answer = exchanges(desk)[0].answers[0]
    assert "**" not in answer.view.text
    desk.click(desk.parts.plain)
    assert "**three things**" in answer.view.text
    assert desk.studio.settings.values.plain
    desk.click(desk.parts.plain)
    desk.click(answer.copy_button)
    assert "**three things**" in QGuiApplication.clipboard().text()


def test_words_of_three_columns_are_compared_with_the_base(desk):
    desk.click(desk.parts.differences)
    add_columns(desk, "step 240")
    desk.ask("breakfast?")
    base, adapted, other = (a.view for a in exchanges(desk)[0].answers)
    assert base._marks[0]
    assert adapted._marks[1] == other._marks[1] == "accent"
    assert other._marks[0]
