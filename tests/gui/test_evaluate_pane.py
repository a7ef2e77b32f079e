"""The Evaluate half of the Chat page: choosing, pausing, going on, failing, reading results."""

from __future__ import annotations

import sys
from dataclasses import replace

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QAbstractItemModelTester
from PySide6.QtWidgets import QLabel

from studio.app.evaluationclient import EvaluationClient
from studio.app.studio import Studio
from studio.core.evaluation import EvaluationState, Gain
from studio.core.votes import Choice, Vote
from studio.core.workspace import Workspace
from studio.data.evaluations import Evaluations
from studio.data.votes import Votes
from studio.ui.chat.chatmodes import CHAT, EVALUATE
from studio.ui.evaluate import evaluatepane
from studio.ui.evaluate.evaluatepane import FORM, NOTHING, PROGRESS, RESULTS
from studio.ui.pages.chatpage import ChatPage
from studio.ui.widgets.note import Note
from tests.helpers import fakechat, fakeevaluation
from tests.helpers.chatrun import make_trained_run
from tests.helpers.evaluating import make_questions

PATIENCE_MS = 30_000
RUN = "2026-11-22-hotel-1"


class Bench:
    """The page on a real studio whose evaluation process is the scripted one."""

    def __init__(self, qtbot, folder, mode="finish", trained=True):
        self.qtbot = qtbot
        self.workspace = Workspace(folder).create()
        if trained:
            make_trained_run(self.workspace, RUN)
            make_questions(self.workspace.dataset("hotel-concierge"))
        self.studio = Studio(self.workspace)
        self.library = self.studio.evaluations
        self.play(mode)
        self.said, self.pages, self.rows = [], [], []
        self.studio.said.connect(lambda text, undo: self.said.append((text, undo)))
        self.studio.page_requested.connect(self.pages.append)
        self.studio.rows_requested.connect(lambda ids, why: self.rows.append((ids, why)))
        self.page = ChatPage(self.studio)
        qtbot.addWidget(self.page)
        self.page.resize(1200, 800)
        self.page.show()
        self.studio.runs.warm()
        if trained:
            qtbot.waitUntil(lambda: self.page.desk.run is not None, timeout=PATIENCE_MS)
        self.page.modes.show_mode(EVALUATE)
        self.pane = self.page.modes.evaluate

    def play(self, mode):
        """Let the next process do something else."""
        client, library = self.library.client, self.library
        client.close()
        client.deleteLater()
        command = [sys.executable, "-u", fakeevaluation.__file__, mode]
        library.client = EvaluationClient(self.workspace.evaluations, library, command=command)
        library.client.ended.connect(library._on_ended)
        library.client.failed.connect(library._on_failed)
        library.client.gone.connect(library.listed)
        library.client.state_changed.connect(self.studio._on_evaluation_changed)
        if hasattr(self, "pane"):
            library.client.advanced.connect(self.pane._on_advanced)

    def start(self):
        self.pane.form.start_button.click()

    def wait_for(self, view):
        self.qtbot.waitUntil(
            lambda: self.pane.stack.currentIndex() == view and self.library.live == 0,
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
    pane = bench(trained=False).pane
    assert pane.stack.currentIndex() == NOTHING


def test_the_form_offers_the_run_its_checkpoints_and_the_rows_that_were_held_out(bench):
    form = bench().pane.form
    assert [spec.name for _, spec in form._boxes] == [RUN, f"{RUN} step 240", f"{RUN} step 120"]
    assert [spec.name for spec in form.columns] == [RUN]
    assert form.wanted.split == "test" and form.start_button.isEnabled()
    form._boxes[0][0].setChecked(False)
    assert not form.start_button.isEnabled()
    form.shots.setChecked(True)
    assert form.start_button.isEnabled()
    form.split.setCurrentIndex(form.split.findData("validation"))
    form.split.activated.emit(form.split.currentIndex())
    assert "no row in the validation split" in form.remark_line.text()


def test_results_say_in_words_whether_it_helped(bench):
    it = bench()
    it.pane.form.shots.setChecked(True)
    it.start()
    it.wait_for(RESULTS)
    notes = [it.pane.results.verdicts.itemAt(at).widget() for at in range(4)]
    assert all(isinstance(note, Note) for note in notes)
    assert "Better: +" in notes[1].accessibleName()
    assert "hotel-1 against the base." in notes[1].accessibleName()
    assert "No clear difference" in notes[2].accessibleName()
    assert "hotel-1 against the base that is shown examples." in notes[2].accessibleName()
    scores = it.pane.results.scores
    QAbstractItemModelTester(scores.model(), QAbstractItemModelTester.FailureReportingMode.Fatal)
    heads = [scores.model().headerData(at, Qt.Orientation.Horizontal) for at in range(4)]
    assert heads == ["Metric", "base", "hotel-1", "base + 4 examples"]
    titles = [scores.model().index(at, 0).data() for at in range(scores.model().rowCount())]
    assert {"Word F1", "BLEU", "Perplexity"} <= set(titles)
    assert " to " in scores.model().index(titles.index("Word F1"), 2).data()
    assert not it.pane.results.confusion_card.isVisible()


def test_what_was_lost_stands_beside_what_was_gained_and_another_is_shown_from_its_top(bench):
    it = bench()
    it.start()
    it.wait_for(RESULTS)
    view, summary = it.pane.results, it.pane._summaries[0]
    results, rows = it.library.open(summary.id)
    base, ours = results.columns
    gains = ours.gains | {"general_loss": Gain(0.4, 0.2, 0.6, 0.001)}
    results = replace(results, columns=(base, replace(ours, gains=gains)))
    bar = view.area.verticalScrollBar()
    it.qtbot.waitUntil(lambda: bar.maximum() > 0, timeout=PATIENCE_MS)
    bar.setValue(bar.maximum())
    view.show_results(summary, results, rows)
    assert bar.value() > 0  # the same one: it stays where it was read
    view.show_results(replace(summary, id=summary.id + 1), results, rows)
    assert bar.value() == 0
    words = [view.verdicts.itemAt(at).widget().accessibleName() for at in range(3)]
    assert any("Worse: +0.40 general loss" in said and "nothing to do" in said for said in words)
    assert any("once in" in said for said in words if "Better" in said)


def test_rows_are_sorted_by_who_won_and_lead_to_the_data_page(bench):
    it = bench()
    it.start()
    it.wait_for(RESULTS)
    rows = it.pane.results.rows
    assert rows.remark.text() == "8 better · 1 worse · 0 alike"
    assert rows._ordered[-1][1].row == 4
    rows.order.setCurrentIndex(1)
    rows.order.activated.emit(1)
    assert rows._ordered[0][1].row == 4 and rows.table.model().index(0, 2).data() == "Base"
    rows.open_button.click()
    assert it.pages[-1] == "Data" and it.rows[-1][0] == [4]
    assert it.studio.datasets.current.name == "hotel-concierge"


def test_hostile_texts_stay_plain(bench):
    it = bench()
    it.start()
    it.wait_for(RESULTS)
    rows = it.pane.results.rows
    at = next(n for n, (_, row) in enumerate(rows._ordered) if row.row == 9)
    rows.table.selectRow(at)
    shown = [rows._wells.itemAt(n).widget().view for n in range(rows._wells.count())]
    assert shown[0].text.startswith("<img src=")  # as it was written; the long rest is folded
    assert fakeevaluation.HOSTILE.startswith(shown[0].text.removesuffix("…"))
    rich = Qt.TextFormat.RichText
    for words in it.pane.findChildren(QLabel):
        if words.textFormat() == rich:
            assert "<img" not in words.text()


def test_a_pause_ends_the_process_and_the_same_evaluation_goes_on(bench):
    it = bench("wait")
    it.start()
    pane = it.pane
    it.qtbot.waitUntil(lambda: "6 of 36" in pane.progress.words.text(), timeout=PATIENCE_MS)
    assert "left" in pane.progress.words.text() and pane.stack.currentIndex() == PROGRESS
    assert pane.progress.pause_button.isVisible()
    pane.progress.pause_button.click()
    it.qtbot.waitUntil(
        lambda: it.library.live == 0 and it.library.client.pid == 0, timeout=PATIENCE_MS
    )
    assert pane.progress.remark.text() == "paused · every answer is kept"
    assert pane.progress.resume_button.isVisible()
    it.play("finish")
    pane.progress.resume_button.click()
    it.wait_for(RESULTS)
    assert [summary.state for summary in it.library.all()] == [EvaluationState.DONE]


def test_what_stopped_an_evaluation_is_said_with_a_way_out(bench):
    it = bench("fail")
    it.start()
    it.qtbot.waitUntil(lambda: it.pane.progress.banner.isVisible(), timeout=PATIENCE_MS)
    assert it.pane.progress.banner.problem.summary == "The adapter was made for another base."
    assert it.pane.progress.resume_button.text() == "Try again"
    it.pane.progress.banner._way_out.click()
    assert it.pane.stack.currentIndex() == FORM


def test_what_was_running_a_moment_ago_can_be_gone_on_with_once_its_process_is_gone(bench):
    it = bench("wait")
    it.start()
    pane = it.pane
    it.qtbot.waitUntil(lambda: "6 of 36" in pane.progress.words.text(), timeout=PATIENCE_MS)
    pane.progress.pause_button.click()
    it.qtbot.waitUntil(
        lambda: it.library.live == 0 and it.library.client.pid == 0, timeout=PATIENCE_MS
    )
    with Evaluations(it.workspace.evaluations) as store:
        store.begin(1)  # by this very process, which is alive
        it.library.listed.emit()
        assert pane.progress.remark.text() == "running in another process"
        assert not pane.progress.resume_button.isVisible()
        store._file.execute("UPDATE evaluations SET created = 0")
    client = it.studio.evaluations.client
    client._engine.process_ended.emit("")
    it.qtbot.waitUntil(lambda: pane.progress.resume_button.isVisible(), timeout=PATIENCE_MS)
    assert pane.progress.remark.text() == "paused · every answer is kept"


def test_past_evaluations_are_listed_and_opened_again(bench):
    it = bench()
    it.start()
    it.wait_for(RESULTS)
    it.pane.new_button.click()
    assert it.pane.stack.currentIndex() == FORM
    it.pane.list.chosen.emit(0)
    assert it.pane.stack.currentIndex() == RESULTS
    it.pane.set_small(True)
    assert it.pane.choice.isVisible() and not it.pane.side.isVisible()
    assert it.pane.choice.currentText() == "1 · hotel-1 · hotel-concierge · test"


def test_a_classification_draws_its_confusion(bench):
    it = bench()
    it.start()
    it.wait_for(RESULTS)
    with Evaluations(it.workspace.evaluations) as store:
        fakeevaluation.keep_results(store, 1, labels=True)
    it.pane.list.chosen.emit(0)
    card = it.pane.results.confusion_card
    assert card.isVisible()
    assert it.pane.results.confusion.accessibleDescription() == (
        "no: 100\u00a0% right of 5; yes: 75\u00a0% right of 4"
    )
    labels = it.pane.results.labels.model()
    QAbstractItemModelTester(labels, QAbstractItemModelTester.FailureReportingMode.Fatal)
    told = [[labels.index(row, at).data() for at in range(5)] for row in range(2)]
    assert told == [["no", "1.00", "1.00", "1.00", "5"], ["yes", "1.00", "0.75", "0.86", "4"]]
    assert it.pane.results.rows.by.currentText() == "Accuracy"
    it.pane.results.confusion.resize(600, 200)
    assert not it.pane.results.confusion.grab().isNull()


def test_chat_and_evaluation_never_hold_two_models_in_silence(bench):
    it = bench("wait")
    it.start()
    it.qtbot.waitUntil(lambda: it.library.client.last is not None, timeout=PATIENCE_MS)
    it.studio.chat._engine.command = [sys.executable, "-u", fakechat.__file__]
    it.studio.chat._enter("loading")
    assert it.library.live == 0
    words, undo = it.said[-1]
    assert words == "The evaluation paused while the chat has the model" and undo is not None
    undo()
    assert it.library.live == 1 and it.studio.chat.state == "empty"
    assert it.said[-1][0] == "The chat gave its memory back for the evaluation"


def test_a_schema_is_chosen_in_the_window_and_can_be_left_out_again(bench, tmp_path, monkeypatch):
    pane = bench().pane
    row, file = pane.form.schema, tmp_path / "contact.json"
    file.write_text('{"type": "object", "properties": {"name": {"pattern": "x"}}}')
    monkeypatch.setattr(evaluatepane.QFileDialog, "getOpenFileName", lambda *_args: (str(file), ""))
    row.button.click()
    assert pane.form.wanted.schema == file.read_text() and row.button.text() == "contact.json"
    assert "Not looked at: pattern." in row._sentence.text()
    file.write_text("[1]")
    row.button.click()
    assert "no JSON Schema" in row._sentence.text() and pane.form.wanted.schema
    row.reset_requested.emit()
    assert pane.form.wanted.schema == "" and row.button.text() == "Choose a file…"


def test_what_is_chosen_stays_while_another_page_is_looked_at(bench):
    it = bench()
    it.pane.form.shots.setChecked(True)
    it.pane.form.length.setValue(33)
    it.page.modes.show_mode(CHAT)
    it.page.modes.show_mode(EVALUATE)
    assert it.pane.form.shots.isChecked() and it.pane.form.wanted.max_new_tokens == 33


def test_a_judge_is_heard_with_its_doubts_and_the_users_own_votes(bench):
    it = bench()
    it.start()
    it.wait_for(RESULTS)
    card = it.pane.results.judge
    assert card.isVisible() and not card.button.isEnabled()  # no model is there yet
    with Votes(it.workspace.evaluations) as votes:
        ballot = votes.begin(1, "base", RUN, 1)
        votes.vote(ballot, Vote(1, Choice.SECOND))
        votes.vote(ballot, Vote(2, Choice.SECOND))
        votes.vote(ballot, Vote(3, Choice.TIE))
    it.library.judge(1, it.workspace.model("judge"))
    it.qtbot.waitUntil(lambda: it.library.live == 0, timeout=PATIENCE_MS)
    note = card.notes.itemAt(0).widget()
    words = note.accessibleName()
    assert words.startswith("Preferred in 7 of 8: 88\u00a0% (53\u00a0% to 98\u00a0%).")
    assert "judged by judge" in words and "In 1 of 9 pairs" in words
    assert "Your own votes say the same in 1 of 2" in words
    assert it.library.all()[0].state is EvaluationState.DONE


def test_standard_benchmarks_are_asked_and_stand_beside_the_evaluation(bench):
    it = bench()
    it.start()
    it.wait_for(RESULTS)
    card = it.pane.results.benchmarks
    assert not card.button.isEnabled() and not card.table.isVisible()
    card.field.setText("../odd")
    card.button.click()
    assert card.banner.problem.summary.startswith("'../odd' is no name")
    card.field.setText("arc_easy")
    card.button.click()
    it.qtbot.waitUntil(lambda: it.library.live == 0 and card.table.isVisible(), timeout=PATIENCE_MS)
    row = [card.table.model().index(0, at).data() for at in range(4)]
    assert row == ["arc_easy", "acc", "0.500 ± 0.020", "0.700 ± 0.020 · +0.200, better"]
    assert not card.banner.isVisible()
