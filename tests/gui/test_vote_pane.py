"""The Vote part of the Chat page: blind, by keyboard, gone on with, revealed, made into rows."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QAbstractItemModelTester, QTest
from PySide6.QtWidgets import QLabel

from studio.app.studio import Studio
from studio.core.votes import Choice
from studio.core.workspace import Workspace
from studio.ui.chat.chatmodes import VOTE
from studio.ui.chat.textview import TextView
from studio.ui.pages.chatpage import ChatPage
from studio.ui.vote.votepane import FORM, NOTHING, REVEALED, VOTING
from tests.unit.test_votes import TUNED, make_evaluation


class Bench:
    """The page on a real studio with one finished evaluation."""

    def __init__(self, qtbot, folder, evaluated=True):
        self.workspace = Workspace(folder).create()
        if evaluated:
            make_evaluation(self.workspace)
        self.studio = Studio(self.workspace)
        self.said = []
        self.studio.said.connect(lambda text, undo: self.said.append(text))
        self.page = ChatPage(self.studio)
        qtbot.addWidget(self.page)
        self.page.resize(1200, 800)
        self.page.show()
        self.page.activateWindow()
        qtbot.waitUntil(self.page.isActiveWindow)
        self.page.modes.show_mode(VOTE)
        self.pane = self.page.modes.vote

    def begin(self):
        self.pane.form.start_button.click()
        return self.pane

    def press(self, key):
        QTest.keyClick(self.pane.ballot, key)


@pytest.fixture
def bench(qtbot, tmp_path):
    made = []

    def make(**settings):
        made.append(Bench(qtbot, tmp_path / "ws", **settings))
        return made[-1]

    yield make
    for each in made:
        each.studio.close()


def words_of(view):
    shown = [w.text() for w in view.findChildren(QLabel) if w.isVisibleTo(view)]
    return " ".join([*shown, *(w.accessibleName() for w in view.findChildren(TextView))])


def test_without_an_evaluation_it_says_what_a_vote_takes(bench):
    assert bench(evaluated=False).pane.stack.currentIndex() == NOTHING


def test_two_different_columns_are_asked_for(bench):
    form = bench().pane.form
    assert form.start_button.isEnabled()
    form.second.setCurrentIndex(0)
    form.second.activated.emit(0)
    assert not form.start_button.isEnabled()


def test_no_name_stands_beside_an_answer_while_one_votes(bench):
    pane = bench().begin()
    assert pane.stack.currentIndex() == VOTING
    for _ in range(4):
        assert TUNED not in words_of(pane.ballot) and "base" not in words_of(pane.ballot).lower()
        pane.vote("tie")


KEYS = {
    Qt.Key.Key_1: "left",
    Qt.Key.Key_2: "right",
    Qt.Key.Key_3: "tie",
    Qt.Key.Key_4: "bad",
    Qt.Key.Key_Left: "left",
    Qt.Key.Key_Right: "right",
    Qt.Key.Key_Up: "tie",
    Qt.Key.Key_Down: "bad",
}


def test_each_key_votes_for_what_stands_there(bench):
    it = bench()
    pane, wanted = it.begin(), []
    for key, side in KEYS.items():
        pair = pane.desk.next
        took_first = (pane.desk.shown(pair)[0] == pair.first) is (side == "left")
        preferred = Choice.FIRST if took_first else Choice.SECOND
        wanted.append({"tie": Choice.TIE, "bad": Choice.BAD}.get(side, preferred))
        it.press(key)
        assert [vote.choice for vote in pane.desk.votes] == wanted


def test_digits_typed_into_the_tags_are_no_votes(bench):
    it = bench()
    pane = it.begin()
    pane.ballot.tags.setFocus()
    QTest.keyClicks(pane.ballot.tags, "1, 24 h")
    QTest.keyClick(pane.ballot.tags, Qt.Key.Key_Backspace)
    assert not pane.desk.votes and pane.ballot.given == (0, ("1", "24"))


def test_the_last_vote_comes_back_with_its_rating_and_tags(bench):
    it = bench()
    pane = it.begin()
    asked = pane.desk.next
    pane.ballot.rating.set_current(5)
    pane.ballot.tags.setText("short")
    it.press(Qt.Key.Key_1)
    assert pane.desk.next != asked and pane.ballot.given == (0, ())
    QTest.keyClick(pane.ballot, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert pane.desk.next == asked and pane.ballot.given == (5, ("short",))
    assert not pane.desk.votes


def test_a_vote_goes_on_where_it_was_and_reveals_who_won(bench, qtbot):
    it = bench()
    pane = it.begin()
    while (pair := pane.desk.next) is not None:
        if len(pane.desk.votes) == 3:
            pane.begin()
            assert pane.stack.currentIndex() == FORM
            pane.list.chosen.emit(0)
            assert pane.stack.currentIndex() == VOTING and pane.desk.next == pair
        side = "left" if pane.desk.shown(pair)[0].startswith(TUNED) else "right"
        pane.ballot.tags.setText("a")
        pane.ballot.voted.emit(side)
    assert pane.stack.currentIndex() == REVEALED
    assert f"{TUNED} won 8 of 8 decided votes" in pane.revealed.note.accessibleName()
    assert "2 more decided votes at least" in pane.revealed.note.accessibleName()
    for table in (pane.revealed.counts, pane.revealed.table):
        mode = QAbstractItemModelTester.FailureReportingMode.Fatal
        QAbstractItemModelTester(table.model(), mode)
    assert pane.revealed.counts.model().index(1, 0).data() == f"{TUNED}, a"
    pane.revealed.pairs_button.click()
    pane.revealed.pairs_button.click()
    elsewhere = "measure what learns from them on other rows than test"
    assert it.said == [
        f"8 pairs are in hotel-votes; {elsewhere}",
        "All pairs are in hotel-votes already",
    ]
    pane.revealed.editor.setPlainText("said better")
    pane.revealed.correct_button.click()
    assert it.said[-1].endswith("of hotel is corrected")
