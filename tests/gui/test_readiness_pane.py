"""The Readiness part of the Chat page: choosing, pausing, going on, failing, reading, copying."""

from __future__ import annotations

import sys

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QAbstractItemModelTester
from PySide6.QtWidgets import QLabel

from studio.app.studio import Studio
from studio.core.evaluation import EvaluationState
from studio.core.workspace import Workspace
from studio.ui.chat.chatmodes import READY
from studio.ui.pages.chatpage import ChatPage
from studio.ui.ready.readinesspane import FORM, NOTHING, PROGRESS, RESULTS
from tests.helpers import fakeevaluation
from tests.helpers.chatrun import make_trained_run

PATIENCE_MS = 30_000
RUN = "2026-11-22-hotel-1"


class Bench:
    """The page on a real studio whose evaluation process is the scripted one."""

    def __init__(self, qtbot, folder, mode="finish", trained=True):
        self.qtbot = qtbot
        workspace = Workspace(folder).create()
        if trained:
            make_trained_run(workspace, RUN)
        self.studio = Studio(workspace)
        self.client = self.studio.evaluations.client
        self.play(mode)
        self.said = []
        self.studio.said.connect(lambda text, undo: self.said.append((text, undo)))
        self.page = ChatPage(self.studio)
        qtbot.addWidget(self.page)
        self.page.resize(1200, 800)
        self.page.show()
        self.studio.runs.warm()
        if trained:
            qtbot.waitUntil(lambda: self.page.desk.run is not None, timeout=PATIENCE_MS)
        self.page.modes.show_mode(READY)
        self.pane = self.page.modes.ready

    def play(self, mode):
        """Let the next process do something else."""
        self.client._engine.command = [sys.executable, "-u", fakeevaluation.__file__, mode]

    def look(self):
        self.pane.form.start_button.click()
        self.wait_for(RESULTS)

    def wait_for(self, view):
        self.qtbot.waitUntil(
            lambda: self.pane.stack.currentIndex() == view and self.pane.desk.live == 0,
            timeout=PATIENCE_MS,
        )


@pytest.fixture
def bench(qtbot, tmp_path):
    made = []

    def make(mode="finish", **settings):
        made.append(Bench(qtbot, tmp_path / "ws", mode, **settings))
        return made[-1]

    yield make
    for each in made:
        each.studio.close()


def test_without_a_run_it_says_what_would_be_here(bench):
    assert bench(trained=False).pane.stack.currentIndex() == NOTHING


def test_the_form_offers_the_run_and_its_checkpoints(bench):
    form = bench().pane.form
    names = [form.adapter.itemText(at) for at in range(form.adapter.count())]
    assert names == ["hotel-1", "hotel-1 step 240", "hotel-1 step 120"]
    assert form.start_button.isEnabled()


def test_findings_stand_in_words_with_their_figures(bench):
    it = bench()
    it.look()
    shown = it.pane.results
    notes = [shown.notes.itemAt(at).widget().accessibleName() for at in range(shown.notes.count())]
    assert len(notes) == 5 and "25\u00a0% slower than its base" in notes[0]
    for model in (shown.figures.model(), shown.answers.model()):
        QAbstractItemModelTester(model, QAbstractItemModelTester.FailureReportingMode.Fatal)
    assert shown.figures.model().index(1, 3).data().startswith("20.0")
    assert shown.answers.model().index(0, 2).data() == "✕ No room."  # lost ones first
    plain = Qt.TextFormat.PlainText
    assert all(w.textFormat() != Qt.TextFormat.RichText or "<img" not in w.text()
               for w in it.pane.findChildren(QLabel) if w.textFormat() != plain)  # fmt: skip


def test_the_rule_is_tried_on_a_prompt_and_copied(bench):
    it = bench()
    it.look()
    rule = it.pane.results.rule
    rule.field.setText("Is there a room?")
    assert rule.answer.text() == "The adapter answers: the prompt's score is +1.00."
    rule.field.setText("A question?")
    assert rule.answer.text().startswith("The base answers")
    rule.copy_button.click()
    assert '"threshold": 0.5' in QGuiApplication.clipboard().text()
    assert it.said[-1][0] == "The rule is copied as JSON"


def test_a_pause_keeps_what_was_found_and_the_same_look_goes_on(bench):
    it = bench("wait")
    pane = it.pane
    pane.form.start_button.click()
    it.qtbot.waitUntil(lambda: "6 of 36" in pane.progress.words.text(), timeout=PATIENCE_MS)
    assert pane.stack.currentIndex() == PROGRESS
    assert it.page.modes.evaluate._library.why_not == "Look 1 is running; pause it first"
    pane.progress.pause_button.click()
    it.qtbot.waitUntil(
        lambda: it.client.state == "idle" and it.client.pid == 0, timeout=PATIENCE_MS
    )
    assert pane.progress.remark.text() == "paused · every answer is kept"
    assert pane.desk.all()[0].found.speeds is not None
    it.play("finish")
    pane.progress.resume_button.click()
    it.wait_for(RESULTS)
    assert [look.state for look in pane.desk.all()] == [EvaluationState.DONE]


def test_what_stopped_a_look_is_said_with_a_way_out(bench):
    it = bench("fail")
    it.pane.form.start_button.click()
    it.qtbot.waitUntil(lambda: it.pane.progress.banner.isVisible(), timeout=PATIENCE_MS)
    assert it.pane.progress.banner.problem.summary == "The adapter was made for another base."
    it.pane.progress.banner._way_out.click()
    assert it.pane.stack.currentIndex() == FORM


def test_a_killed_process_is_said_and_what_was_found_stays(bench):
    it = bench("wait")
    it.pane.form.start_button.click()
    it.qtbot.waitUntil(lambda: it.client.last is not None and it.client.last.done > 0)
    it.client._engine._process.kill()
    it.qtbot.waitUntil(
        lambda: it.pane.banner.isVisible() and it.pane.progress.resume_button.isVisible()
    )
    assert "evaluation engine" in it.pane.banner.problem.summary
    assert it.pane.desk.all()[0].found.speeds is not None


def test_the_chat_and_a_look_never_hold_two_models_in_silence(bench):
    it = bench("wait")
    it.pane.form.start_button.click()
    it.qtbot.waitUntil(lambda: it.client.last is not None, timeout=PATIENCE_MS)
    it.studio.chat._enter("loading")
    assert it.pane.desk.live == 0
    words, undo = it.said[-1]
    assert words == "The evaluation paused while the chat has the model"
    it.studio.chat._enter("empty")
    undo()
    assert it.pane.desk.live == 1


def test_past_looks_are_listed_and_opened_again_in_narrow_windows_too(bench):
    it = bench()
    it.look()
    it.pane.new_button.click()
    assert it.pane.stack.currentIndex() == FORM
    it.pane.set_small(True)
    assert it.pane.choice.isVisible() and not it.pane.side.isVisible()
    it.pane.choice.activated.emit(0)
    assert it.pane.stack.currentIndex() == RESULTS
    assert it.pane.choice.currentText() == "1 · hotel-1"
