"""The Chat page with a scripted chat process: clicking, keys, streaming, stopping, dying."""

from __future__ import annotations

import sys

import pytest
from PySide6.QtCore import QMimeData, QPoint, Qt
from PySide6.QtGui import QGuiApplication

from studio.app.chatclient import ChatClient
from studio.app.studio import Studio
from studio.core.protocol import AnswerEnded
from studio.core.sampler import Sampler
from studio.core.talk import TalkColumn, TalkTurn
from studio.core.workspace import Workspace
from studio.ui.chat.exchangeview import ExchangeView
from studio.ui.pages.chatpage import ChatPage
from tests.helpers import fakechat
from tests.helpers.chatrun import HELD_OUT, make_trained_run

PATIENCE_MS = 30_000


class Desk:
    """A page on a real studio, whose chat process is the scripted one."""

    def __init__(self, qtbot, workspace: Workspace) -> None:
        self.qtbot = qtbot
        self.studio = Studio(workspace)
        self.studio.chat.close()
        self.studio.chat = ChatClient(
            self.studio, command=[sys.executable, "-u", fakechat.__file__]
        )
        self.chat = self.studio.chat
        self.said: list[tuple] = []
        self.pages: list[str] = []
        self.studio.said.connect(lambda text, undo: self.said.append((text, undo)))
        self.studio.page_requested.connect(self.pages.append)
        self.page = ChatPage(self.studio)
        self.parts = self.page.parts
        qtbot.addWidget(self.page)
        self.page.resize(1300, 800)
        self.page.show()
        self.studio.runs.refresh()
        self.wait(lambda: not self.studio.runs._scanning)
        self.page.shown()

    def wait(self, fact) -> None:
        self.qtbot.waitUntil(lambda: bool(fact()), timeout=PATIENCE_MS)

    def type(self, text: str) -> None:
        self.qtbot.keyClicks(self.parts.composer.editor, text)

    def send(self, text: str) -> None:
        self.type(text)
        self.click(self.parts.composer.send_button)

    def ask(self, text: str) -> None:
        self.send(text)
        self.wait(lambda: self.chat.state in ("ready", "failed") and self.answers(-1))

    def click(self, button) -> None:
        self.qtbot.mouseClick(button, Qt.MouseButton.LeftButton)

    def answers(self, index: int) -> list[str]:
        exchanges = self.parts.conversation.exchanges
        return [a.view.text for a in exchanges[index].answers] if exchanges else []

    def facts(self, index: int) -> list[str]:
        return [a.facts.text() for a in self.parts.conversation.exchanges[index].answers]

    def close(self) -> None:
        self.page.hide()
        self.studio.close()


@pytest.fixture
def workspace(tmp_path):
    return Workspace(tmp_path / "workspace").create()


@pytest.fixture
def desk(qtbot, workspace):
    make_trained_run(workspace)
    made = Desk(qtbot, workspace)
    yield made
    made.close()


def test_a_question_is_asked_of_both_columns_and_both_answer(desk):
    desk.ask("breakfast?")
    base, adapted = desk.answers(0)
    assert base.startswith("It depends")
    assert adapted.endswith("Alder House.")
    assert "✓ ended by itself" in desk.facts(0)[0]
    assert "first after 64 ms" in desk.facts(0)[1]
    assert desk.parts.composer.editor.toPlainText() == ""


def test_what_is_loaded_is_told_with_its_evidence(desk):
    desk.ask("hello")
    heads = desk.parts.heads
    assert heads.base.evidence.text() == "adapter off · 5a3f 91c2 · logits equal to the base's"
    assert heads.adapted.evidence.text() == "adapter on · c81e 07b4 · template as trained"
    assert heads.badge.isVisible()
    assert desk.parts.loaded.unload_button.isVisible()


def test_a_base_that_is_not_proven_is_told_so(qtbot, workspace):
    make_trained_run(workspace, "2026-11-22-unproven")
    desk = Desk(qtbot, workspace)
    desk.ask("hello")
    assert desk.parts.notices.warnings[0].accessibleName().startswith("The base column is not")
    assert "logits" not in desk.parts.heads.base.evidence.text()
    desk.close()


def test_a_template_that_is_not_the_one_of_training_is_told(qtbot, workspace):
    make_trained_run(workspace, "2026-11-22-other")
    desk = Desk(qtbot, workspace)
    desk.ask("hello")
    assert "template" in desk.parts.notices.warnings[0].accessibleName()
    assert desk.parts.heads.adapted.evidence.text().endswith("template differs")
    desk.close()


def test_enter_sends_and_shift_enter_starts_a_line(desk):
    editor = desk.parts.composer.editor
    desk.type("one")
    desk.qtbot.keyClick(editor, Qt.Key.Key_Return, Qt.KeyboardModifier.ShiftModifier)
    desk.type("two")
    desk.qtbot.keyClick(editor, Qt.Key.Key_Return)
    desk.wait(lambda: desk.chat.state == "ready")
    desk.type("three")
    desk.qtbot.keyClick(editor, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    desk.wait(lambda: len(desk.parts.conversation.exchanges) == 2 and desk.chat.state == "ready")
    assert [e.question for e in desk.parts.conversation.exchanges] == ["one\ntwo", "three"]


def test_every_act_of_the_page_stands_in_its_menu(desk):
    acts = {act.text(): act for act in desk.page.actions()}
    desk.send("endless")
    desk.wait(lambda: all(desk.answers(0)))
    acts["Stop the answers"].trigger()
    desk.wait(lambda: desk.chat.state == "ready")
    acts["Show differences"].trigger()
    assert desk.parts.differences.isChecked()
    acts["New conversation"].trigger()
    assert not desk.parts.conversation.exchanges
    acts["Give the model's memory back"].trigger()
    assert desk.chat.state == "empty"
    acts["Load the model now"].trigger()
    desk.wait(lambda: desk.chat.state == "ready")


def test_an_empty_question_is_not_sent(desk):
    desk.send("   ")
    assert desk.chat.state == "empty"
    assert not desk.parts.conversation.exchanges


def test_both_columns_stream_and_stop_keeps_what_is_there(desk):
    desk.send("endless")
    desk.wait(lambda: all(len(text) > 100 for text in desk.answers(0)))
    assert "streaming" in desk.facts(0)[0]
    assert not desk.parts.composer.send_button.isVisible()
    desk.click(desk.parts.composer.stop_button)
    desk.wait(lambda: desk.chat.state == "ready")
    assert all(text.startswith("word0 word1") for text in desk.answers(0))
    assert all("stopped" in facts for facts in desk.facts(0))
    assert desk.parts.composer.send_button.isVisible()


def test_a_stop_that_is_not_heard_ends_the_engine(desk, monkeypatch):
    monkeypatch.setattr("studio.app.chatclient.STOP_LIMIT_MS", 300)
    desk.send("deaf")
    desk.wait(lambda: all(desk.answers(0)))
    desk.click(desk.parts.composer.stop_button)
    desk.wait(lambda: desk.chat.state == "failed")
    assert "did not stop" in desk.parts.notices.banner.problem.summary


def test_markup_in_an_answer_is_shown_as_it_is(desk):
    desk.ask("hostile")
    view = desk.parts.conversation.exchanges[0].answers[0].view
    assert view.text == fakechat.HOSTILE
    view.select_all()
    assert view.selected == fakechat.HOSTILE
    desk.wait(lambda: view.height() > 20 * 50)  # 3,000 characters without a space are wrapped


def test_markup_in_a_question_is_shown_as_it_is(desk):
    desk.ask("<b>bold</b> <img src='file:///etc/passwd'>")
    assert desk.parts.conversation.exchanges[0].question.startswith("<b>bold</b>")


def test_a_killed_engine_leaves_the_conversation_and_one_click_loads_again(desk):
    desk.ask("hello")
    desk.send("die")
    desk.wait(lambda: desk.chat.state == "failed")
    banner = desk.parts.notices.banner
    assert "killed by the system" in banner.problem.summary
    assert desk.answers(0)[0] == "The base answers: hello"
    assert desk.facts(1) == ["2 tokens   broken off"] * 2
    desk.click(banner._way_out)
    desk.wait(lambda: desk.chat.state == "ready")
    assert not banner.isVisible()
    desk.ask("again")
    assert desk.answers(2)[1] == "The adapted answers: again"


def test_a_refused_question_says_why_and_the_model_stays(desk):
    desk.send("refuse")
    desk.wait(lambda: desk.parts.notices.banner.isVisible())
    assert desk.chat.state == "ready"
    assert desk.parts.notices.banner.problem.hint == "Cut it."


def test_a_held_out_question_is_asked_with_one_click_and_its_written_answer_shown(desk):
    desk.wait(lambda: desk.parts.held_out.buttons[0].isVisible())
    desk.click(desk.parts.held_out.buttons[0])
    exchange = desk.parts.conversation.exchanges[0]
    assert not exchange.reference.isVisible()
    desk.wait(lambda: desk.chat.state == "ready")
    assert exchange.question == HELD_OUT[0][0]
    assert exchange.reference.isVisible()
    assert exchange.reference.view.text == HELD_OUT[0][1]


def test_the_written_answer_waits_for_the_last_column(qtbot):
    exchange = ExchangeView(
        TalkTurn("question", (TalkColumn("base", "Base"), TalkColumn("a", "A")), written="written"),
        live=True,
    )
    qtbot.addWidget(exchange)
    exchange.bind(["base", "adapted"])
    ended = {"id": 1, "text": "a", "tokens": 1, "seconds": 1.0, "first_seconds": 0.5}
    exchange.finish(AnswerEnded(column="base", reason="end", **ended))
    assert exchange.reference.isHidden()
    exchange.finish(AnswerEnded(column="adapted", reason="length", **ended))
    assert not exchange.reference.isHidden()


def test_other_held_out_questions_come_on_demand(desk):
    desk.wait(lambda: desk.parts.held_out.buttons[0].isVisible())
    desk.click(desk.parts.held_out.more_button)
    assert desk.parts.held_out.buttons[0].accessibleName() == f"Ask: {HELD_OUT[5][0]}"
    assert not desk.parts.held_out.buttons[1].isVisible()


def test_another_branch_is_loaded_in_its_place(desk, workspace):
    desk.ask("hello")
    branches = desk.parts.heads.adapted.branches
    assert [branches.itemText(i) for i in range(3)] == ["result", "step 240", "step 120"]
    branches.setCurrentIndex(2)
    branches.activated.emit(2)
    desk.wait(lambda: desk.chat.state == "ready")
    assert desk.chat.wanted.adapter.endswith("step-000120")
    assert not desk.parts.conversation.exchanges[0].open
    desk.ask("and now?")
    assert desk.answers(1)[1] == "The adapted answers: and now?"


def test_the_same_sampler_goes_with_every_question(desk):
    desk.parts.composer.panel.set_sampler(Sampler(7, 0.0, 1.0, 12))
    assert "Greedy: always the likeliest token" in desk.parts.composer._line.text()
    assert desk.parts.composer.sampler == Sampler(7, 0.0, 1.0, 12)


def test_a_copied_answer_is_on_the_clipboard(desk):
    desk.ask("hello")
    desk.click(desk.parts.conversation.exchanges[0].answers[1].copy_button)
    assert QGuiApplication.clipboard().text() == "The adapted answers: hello"
    assert desk.said[-1][0] == "Answer copied"


def test_a_new_conversation_can_be_undone(desk):
    desk.ask("hello")
    desk.click(desk.parts.new_button)
    assert not desk.parts.conversation.exchanges
    desk.said[-1][1]()
    assert desk.answers(0)[0] == "The base answers: hello"


def test_differences_are_set_apart_and_taken_back(desk):
    desk.ask("hello")
    view = desk.parts.conversation.exchanges[0].answers[0].view
    desk.click(desk.parts.differences)
    assert view._marks[0] == ((4, 8),)  # "base"
    desk.click(desk.parts.differences)
    assert view._marks[0] == ()


def test_unloading_gives_the_memory_back_and_the_next_question_loads(desk):
    desk.ask("hello")
    pid = desk.chat.pid
    with desk.qtbot.waitSignal(desk.chat.unloaded, timeout=PATIENCE_MS):
        desk.click(desk.parts.loaded.unload_button)
    assert desk.chat.state == "empty"
    desk.ask("again")
    assert desk.chat.pid not in (0, pid)


def test_unloading_while_answering_ends_the_answers(desk):
    desk.send("endless")
    desk.wait(lambda: all(desk.answers(0)))
    desk.chat.unload()
    assert all("unloaded" in facts for facts in desk.facts(0))
    desk.wait(lambda: desk.chat.pid == 0)


def test_writing_goes_on_while_the_model_loads_and_nothing_is_lost(desk, workspace):
    (workspace.models / "slow").mkdir()
    recipe = workspace.run("2026-11-22-hotel-1").recipe
    recipe.write_text(recipe.read_text().replace('"starter"', '"slow"'))
    desk.send("first")
    assert desk.parts.notices.loading.isVisible()
    desk.type("second")
    desk.qtbot.keyClick(desk.parts.composer.editor, Qt.Key.Key_Return)
    assert desk.parts.composer.editor.toPlainText() == "second"
    desk.click(desk.parts.notices.cancel_button)
    assert desk.chat.state == "empty"
    assert desk.facts(0) == ["not asked"] * 2
    desk.wait(lambda: desk.chat.pid == 0)


def test_a_base_that_is_gone_is_told_with_a_way_to_the_models(desk, workspace):
    recipe = workspace.run("2026-11-22-hotel-1").recipe
    recipe.write_text(recipe.read_text().replace('"starter"', '"gone"'))
    desk.send("hello")
    assert "gone" in desk.parts.notices.banner.problem.summary
    desk.click(desk.parts.notices.banner._way_out)
    assert desk.pages == ["Model"]


def test_a_pasted_text_is_plain_and_cut(desk):
    source = QMimeData()
    source.setHtml("<b>bold</b>")
    source.setText("x" * 300_000)
    desk.parts.composer.editor.insertFromMimeData(source)
    assert len(desk.parts.composer.editor.toPlainText()) < 100_001
    assert desk.said[-1][0] == "The text was cut to 100,000 characters"


def test_the_small_form_closes_the_right_column_to_a_button(desk):
    desk.page.set_small(True)
    assert not desk.parts.loaded.isVisible()
    desk.click(desk.parts.side_button)
    assert desk.parts.loaded.isVisible()


def test_text_is_selected_with_the_mouse(desk):
    desk.ask("hello")
    view = desk.parts.conversation.exchanges[0].answers[0].view
    desk.qtbot.mousePress(view, Qt.MouseButton.LeftButton, pos=QPoint(0, 8))
    desk.qtbot.mouseMove(view, QPoint(view.width() - 1, 8))
    desk.qtbot.mouseRelease(view, Qt.MouseButton.LeftButton, pos=QPoint(view.width() - 1, 8))
    assert view.selected == "The base answers: hello"


def test_without_a_model_the_page_leads_to_the_models(qtbot, workspace):
    desk = Desk(qtbot, workspace)
    assert desk.parts.nothing_yet.isVisible()
    desk.click(desk.parts.nothing_yet.model_button)
    assert desk.pages == ["Model"]
    desk.close()
