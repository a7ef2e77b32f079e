"""What a run answered, began with and learned is shown, and each leads somewhere."""

from __future__ import annotations

import json

import numpy as np
from PySide6.QtTest import QAbstractItemModelTester
from pytestqt.qtbot import QtBot

from studio.app.runstore import RunStore
from studio.app.studio import Studio
from studio.data.rowlosses import RowLossFile
from studio.ui.chat.chatmodes import CHAT, EVALUATE
from studio.ui.pages.chatpage import ChatPage
from studio.ui.pages.trainpage import TrainPage
from studio.ui.train.detailscard import FIRST_BATCH, ROWS
from studio.ui.train.film import Frame
from studio.ui.widgets.tokenstate import State as Token
from tests.helpers.liveruns import RUN, Begin, click, wait_end


def test_the_strip_and_the_curves_move_each_other(
    qtbot: QtBot, train_page: TrainPage, studio: Studio, begin: Begin
) -> None:
    wait_end(qtbot, begin("--steps", "60"))
    train_page.run_view.redraw()
    answers, sync = train_page.run_view.details.answers, train_page.run_view.sync
    tester = QAbstractItemModelTester(
        answers.strip.frames, QAbstractItemModelTester.FailureReportingMode.Fatal, train_page
    )
    assert [f.step for f in answers.strip.frames.frames] == [0, 20, 40, 60]
    assert answers.strip.current_frame is not None
    assert answers.strip.current_frame.step == 60
    sync.set_cross(45)
    assert answers.strip.current_frame.step == 40
    sync.leave()
    assert answers.strip.current_frame.step == 60
    answers.strip.setCurrentIndex(answers.strip.frames.index(1))
    assert sync.cross == 20
    assert train_page.run_view.plots is not None
    assert train_page.run_view.plots.loss.accessibleDescription().startswith("Step 20")
    points: list[tuple[str, int]] = []
    studio.point_requested.connect(lambda run, step: points.append((run, step)))
    click(qtbot, answers.chat_button)
    assert points == [(RUN, 20)]
    click(qtbot, answers.next_button)
    assert answers._prompt.text() == "Do you have a room with a <b>view</b>?"
    assert tester.model() is answers.strip.frames


def test_a_point_that_was_not_kept_cannot_be_talked_to(
    qtbot: QtBot, train_page: TrainPage, begin: Begin
) -> None:
    wait_end(qtbot, begin("--steps", "120"))
    train_page.run_view.redraw()
    answers = train_page.run_view.details.answers
    train_page.run_view.sync.pick(20)
    assert not answers.chat_button.isEnabled()
    assert "not kept" in answers.chat_button.toolTip()


def test_chat_opens_at_the_point_that_was_asked_for(
    qtbot: QtBot, studio: Studio, begin: Begin
) -> None:
    wait_end(qtbot, begin("--steps", "60"))
    chat = ChatPage(studio)
    qtbot.addWidget(chat)
    assert chat.desk.run is None  # the list of runs is not read yet
    for step, title in ((40, "step 40"), (0, "result")):
        studio.point_requested.emit(RUN, step)
        assert chat.desk.branch is not None
        assert chat.desk.branch.title == title


def test_the_first_batch_is_shown_as_tokens(
    qtbot: QtBot, train_page: TrainPage, begin: Begin
) -> None:
    wait_end(qtbot, begin("--steps", "20"))
    train_page.run_view.details.show_tab(FIRST_BATCH)
    pane = train_page.run_view.details.first_batch
    spans = pane.view.tokens()
    assert [s.state for s in spans[-2:]] == [Token.END, Token.MASKED]
    assert "trained" in pane._title.text()
    assert "id" not in spans[0].spoken(0).split(",")[1]
    click(qtbot, pane.next_button)
    assert len(pane.view.tokens()) == 24


def test_rows_that_stand_out_are_one_click_from_the_data_page(
    qtbot: QtBot, train_page: TrainPage, studio: Studio, begin: Begin
) -> None:
    store = begin("--steps", "20")
    wait_end(qtbot, store)
    studio.datasets.install_demo()
    qtbot.waitUntil(lambda: studio.datasets.current is not None, timeout=20_000)
    write_losses(store)
    details = train_page.run_view.details
    details.show_tab(ROWS)
    pane = details.rows
    qtbot.waitUntil(lambda: pane._found.rows == 60)
    words = [button.text() for button in pane.kinds._group.buttons()]
    assert words == ["Mislabelled? 1", "Never learned 2", "At once 2"]
    shown: list[tuple[list[int], str]] = []
    studio.rows_requested.connect(lambda ids, said: shown.append((ids.tolist(), said)))
    click(qtbot, pane.show_button)
    pane.kinds._group.button(1).click()
    assert pane.list.model().index(0, 0).data().startswith("Question")
    click(qtbot, pane.all_button)
    assert shown[0] == ([3], "1 row perhaps mislabelled")
    assert (sorted(shown[1][0]), shown[1][1]) == ([5, 9], "2 rows never learned")


def write_losses(store: RunStore) -> None:
    """Write losses of 60 rows over four epochs; 3, 5, 7, 9 and 11 stand out."""
    chance = np.random.default_rng(1)
    store.folder.row_losses.parent.mkdir(exist_ok=True)
    file = RowLossFile(store.folder.row_losses, 0)
    for epoch in range(4):
        for row in range(60):
            usual = 3 * 0.6**epoch
            loss = {3: 4.5, 5: 1.9, 9: 1.8}.get(row, usual)
            loss = 0.1 if row in (7, 11) and epoch else loss
            noise = 0.0 if row in (3, 5, 7, 9, 11) else float(chance.normal(0, 0.45))
            file.add([(60 * epoch + row + 1, row, max(loss + noise, 0.05), 20)])
    bodies = ({"row": n, "split": "train", "instruction": f"Question {n}?"} for n in range(60))
    store.folder.rows.write_text("\n".join(json.dumps(body) for body in bodies) + "\n")


def test_a_finished_run_can_be_continued_with_its_recipe(
    qtbot: QtBot, train_page: TrainPage, studio: Studio, begin: Begin
) -> None:
    store = begin("--steps", "20")
    wait_end(qtbot, store)
    train_page.run_view.redraw()
    click(qtbot, train_page.run_view.summary.continue_button)
    assert studio.draft.recipe.start_from == str(store.folder.adapter)
    assert studio.draft.recipe.title == "concierge continued"
    assert train_page._stack.currentWidget() is train_page.start_view


def test_the_summary_leads_to_the_evaluation_of_its_run_and_back_to_the_conversation(
    qtbot: QtBot, train_page: TrainPage, studio: Studio, begin: Begin
) -> None:
    wait_end(qtbot, begin("--steps", "60"))
    train_page.run_view.redraw()
    chat = ChatPage(studio)
    qtbot.addWidget(chat)
    summary = train_page.run_view.summary
    click(qtbot, summary.evaluate_button)
    assert chat.modes.switch.current() == EVALUATE
    assert chat.modes.evaluate.form.run.currentData() == RUN
    click(qtbot, summary.chat_button)
    assert chat.modes.switch.current() == CHAT


def test_an_answer_that_was_cut_is_not_taken_for_a_short_one() -> None:
    assert Frame(12, "The", cut=True).shown.endswith("…")
    assert Frame(12, "", cut=True).shown != Frame(12, "").shown
    assert Frame(12, "The").shown == "The"
