"""Answers made for a vote in the window, with a scripted chat process."""

from __future__ import annotations

import sys

import pytest
from PySide6.QtWidgets import QLabel

from studio.app.answermaker import AnswerMaker
from studio.app.chatclient import ChatClient
from studio.app.studio import Studio
from studio.core.workspace import Workspace
from studio.ui.chat.chatmodes import VOTE
from studio.ui.pages.chatpage import ChatPage
from studio.ui.vote.voteform import OWN, ROWS
from studio.ui.vote.votepane import FORM, MAKING, REVEALED, VOTING
from tests.helpers import fakechat
from tests.helpers.chatrun import make_trained_run
from tests.helpers.evaluating import make_questions

PATIENCE_MS = 30_000


class Bench:
    """The Vote part on a real studio with a trained run, whose answers a script makes."""

    def __init__(self, qtbot, workspace):
        self.qtbot = qtbot
        self.studio = Studio(workspace)
        command = [sys.executable, "-u", fakechat.__file__]
        client = ChatClient(command=command)
        self.studio.answers = AnswerMaker(workspace, self.studio, client=client)
        self.page = ChatPage(self.studio)
        qtbot.addWidget(self.page)
        self.page.resize(1200, 800)
        self.page.show()
        self.studio.runs.refresh()
        self.wait(lambda: self.page.desk.runs)
        self.page.modes.show_mode(VOTE)
        self.pane = self.page.modes.vote
        self.maker = self.studio.answers

    def wait(self, fact):
        self.qtbot.waitUntil(lambda: bool(fact()), timeout=PATIENCE_MS)

    def ask(self, *questions):
        self.pane.begin()
        self.pane.form.choose_source(OWN)
        self.pane.form.new.list.editor.setPlainText("\n".join(questions))
        self.wait(self.pane.form.start_button.isEnabled)
        self.pane.form.start_button.click()


@pytest.fixture
def workspace(tmp_path):
    made = Workspace(tmp_path / "ws").create()
    make_trained_run(made)
    make_questions(made.dataset("hotel"), 6)
    return made


@pytest.fixture
def bench(qtbot, workspace):
    made = []

    def make():
        made.append(Bench(qtbot, workspace))
        return made[-1]

    yield make
    for each in made:
        each.page.hide()
        each.studio.close()
        each.maker.client.deleteLater()


def words_of(view):
    return " ".join(w.text() for w in view.findChildren(QLabel) if w.isVisibleTo(view))


def test_own_questions_are_answered_by_both_and_voted_on_blind_to_the_end(bench):
    it = bench()
    it.ask("recall one", "recall two", "breakfast?")
    it.wait(lambda: it.pane.stack.currentIndex() == VOTING)
    it.wait(lambda: it.maker.client.pid == 0)  # its memory is given back
    pane = it.pane
    sides = [pane.desk.shown(pair) for pair in pane.desk.pairs.values()]
    assert any("It depends" in words for pair in sides for words in pair)
    assert not pane.ballot.written.isVisible()  # nobody wrote an answer
    while pane.stack.currentIndex() == VOTING:
        assert "hotel" not in words_of(pane.ballot)
        pane.vote("left")
    assert pane.stack.currentIndex() == REVEALED
    assert not pane.revealed.correct_button.isVisible()  # there is no row to correct
    assert len(pane.desk.votes) == 3


def test_both_columns_are_asked_with_the_same_sampler_after_the_turns_of_the_row(bench):
    it = bench()
    it.pane.form.new.panel.temperature.setValue(0.5)
    it.pane.form.new.panel.seed.setValue(7)
    it.ask("recall this")
    it.wait(lambda: it.pane.stack.currentIndex() == VOTING)
    pair = it.pane.desk.next
    assert pair.first == pair.second == "None|7|0|[]|"


def test_rows_of_the_held_out_split_are_drawn_and_answered(bench):
    it = bench()
    form = it.pane.form
    form.choose_source(ROWS)
    form.new.limit.setCurrentIndex(0)
    assert "test · 6 rows" in form.new.split.currentText()
    form.start_button.click()
    it.wait(lambda: it.pane.stack.currentIndex() == VOTING)
    assert len(it.pane.desk.pairs) == 6
    assert all("test" in pair.question and pair.row for pair in it.pane.desk.pairs.values())
    assert it.pane.ballot.written.isVisible()


def test_a_question_that_cannot_be_asked_is_left_out_with_its_reason(bench):
    it = bench()
    it.ask("one", "please refuse", "two")
    it.wait(lambda: it.pane.stack.currentIndex() == VOTING)
    assert len(it.pane.desk.pairs) == 2
    assert it.pane.desk.refusals() == [(1, "The question is too long.")]


def test_paused_answers_go_on_after_a_new_start_of_the_window(bench):
    it = bench()
    it.ask("one", "endless two", "three")
    it.wait(lambda: it.maker.done == 1)
    it.pane.making.pause_button.click()
    assert it.maker.number == 0 and it.pane.stack.currentIndex() == MAKING
    assert "1 of 3 questions" in it.pane.making.words.text()
    it.pane.making.vote_button.click()
    assert it.pane.stack.currentIndex() == VOTING
    it.pane.vote("tie")
    assert it.pane.stack.currentIndex() == MAKING  # two are still to be answered

    again = bench()
    assert again.pane.stack.currentIndex() == MAKING and len(again.pane.desk.votes) == 1
    again.pane.making.resume_button.click()
    again.wait(lambda: "Question 2 of 3" in again.maker.words)
    assert again.maker.done == 1


def test_a_killed_engine_says_so_and_what_was_answered_is_kept(bench):
    it = bench()
    it.ask("one and two", "please die now")
    it.wait(lambda: it.pane.making.banner.problem is not None)
    assert it.pane.stack.currentIndex() == MAKING and it.maker.number == 0
    assert "kept" in it.pane.making.banner.problem.hint
    assert len(it.pane.desk.pairs) == 1 and it.pane.making.resume_button.isVisible()


def test_the_form_says_what_is_missing(bench):
    it = bench()
    form = it.pane.form
    form.choose_source(OWN)
    assert form._why.text() == "Write a question first" and not form.start_button.isEnabled()
    form.new.second.setCurrentIndex(0)
    form.new.second.activated.emit(0)
    assert form._why.text() == "Choose two different columns"
    it.ask("endless")
    it.wait(lambda: it.maker.words.startswith("Question"))
    it.pane.begin()
    form.choose_source(OWN)
    assert it.pane.stack.currentIndex() == FORM
    assert "being made" in form._why.text() and not form.start_button.isEnabled()


def test_a_file_of_questions_is_taken(bench, tmp_path):
    it = bench()
    path = tmp_path / "list.json"
    path.write_text('["one\\nmore", "two"]')
    it.pane.form.choose_source(OWN)
    it.pane.new.take_file(path)
    assert it.pane.form.new.list.found.questions == ("one\nmore", "two")
    assert it.pane.form.new.list.editor.toPlainText() == "one\nmore\n---\ntwo"
    path.write_bytes(b"\xff")
    it.pane.new.take_file(path)
    assert "UTF-8" in it.pane.banner.problem.summary


def test_another_part_that_needs_the_memory_pauses_the_answers(bench):
    it = bench()
    said = []
    it.studio.said.connect(lambda words, undo: said.append(words))
    it.ask("one", "endless two")
    it.wait(lambda: it.maker.done == 1)
    it.studio.runs.before_start(lambda: None)
    assert it.maker.number == 0
    assert any("paused for the run" in words for words in said)
