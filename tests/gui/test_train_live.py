"""A live run is asked for things, tells what it needs, and shows what it answers."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QAbstractItemModelTester
from PySide6.QtWidgets import QFileDialog
from pytestqt.qtbot import QtBot

from studio.app.runstore import RunStore
from studio.app.studio import Studio
from studio.core.control import CONTROL
from studio.core.events import Remark, RolledBack
from studio.core.problems import RunError
from studio.core.runstate import State
from studio.data.rowlosses import RowLossFile
from studio.ui.look.theme import Theme
from studio.ui.pages.chatpage import ChatPage
from studio.ui.pages.trainpage import TrainPage
from studio.ui.train import liveacts
from studio.ui.train.detailscard import FIRST_BATCH, ROWS
from studio.ui.train.livedialogs import BackDialog, PromptDialog, RateDialog
from studio.ui.train.readings import MEMORY, NORM
from studio.ui.widgets.tokenstate import State as Token
from tests.helpers.fakeengine import fake_command
from tests.helpers.runs import make_run

RUN = "2026-11-22-hotel-concierge-1"
Begin = Callable[..., RunStore]
LONG = ("--steps", "4000", "--pace", "0.01")


@pytest.fixture
def page(qtbot: QtBot, studio: Studio, light: Theme) -> Iterator[TrainPage]:
    made = TrainPage(studio)
    qtbot.addWidget(made)
    made.resize(1364, 842)
    made.show()
    made.shown()
    made.warm()
    yield made
    studio.runs.end_at_once()
    made.hidden()


@pytest.fixture
def begin(qtbot: QtBot, studio: Studio, page: TrainPage) -> Begin:
    """Give a way to start a made-up engine and wait for its first steps."""

    def start(*options: str, step: int = 1, run: str = RUN) -> RunStore:
        make_run(studio.workspace, run)
        studio.runs._command = fake_command(*options)
        studio.runs.resume(run)
        store = studio.runs.current
        assert store is not None
        qtbot.waitUntil(lambda: store.state.step >= step, timeout=20_000)
        return store

    return start


def wait_end(qtbot: QtBot, store: RunStore) -> None:
    qtbot.waitUntil(lambda: not store.alive and store.is_loaded, timeout=20_000)


def wishes(store: RunStore) -> list[str]:
    lines = store.folder.control.read_bytes().splitlines()
    return [type(CONTROL.decode(line)).__name__ for line in lines]


def click(qtbot: QtBot, button: object) -> None:
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)  # type: ignore[no-untyped-call]


# asking


def test_a_live_run_evaluates_samples_and_changes_its_rate_when_asked(
    qtbot: QtBot, page: TrainPage, studio: Studio, begin: Begin, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = begin(*LONG, step=3)
    acts = page.run_view.acts
    said: list[tuple[str, Callable[[], object]]] = []
    studio.said.connect(lambda words, undo: said.append((words, undo)))
    acts.evaluate()
    monkeypatch.setattr(liveacts, "ask_prompt", lambda _parent: "Is there a sauna?")
    page.run_view.details.answers.sample_button.clicked.emit()
    acts.change_rate(1e-4)
    qtbot.waitUntil(lambda: store.state.plan.get("learning_rate") == 1e-4)
    assert wishes(store) == ["EvaluateAsked", "SampleAsked", "RateAsked"]
    asked = [a["prompt"] for a in store.history.samples[-1].answers]
    assert asked[-1] == "Is there a sauna?"
    assert acts.rate_of(store) == 1e-4
    said[-1][1]()  # the toast takes the change of rate back
    qtbot.waitUntil(lambda: store.state.plan.get("learning_rate") == 2e-4)


def test_the_menu_offers_what_the_state_allows_and_goes_back_to_a_checkpoint(
    qtbot: QtBot, page: TrainPage, begin: Begin, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = begin(*LONG, step=45)
    qtbot.waitUntil(lambda: page.run_view.run_card.more_button.isVisible())
    menu = page.run_view.live_menu
    menu.refresh()
    assert all(act.isEnabled() for act in menu._wants)
    steps = {act.text() for act in menu.back.actions()}
    assert any(words.startswith("Step 20") for words in steps)
    monkeypatch.setattr(liveacts, "ask_back", lambda *_: 5e-5)
    next(act for act in menu.back.actions() if act.text().startswith("Step 20")).trigger()
    qtbot.waitUntil(lambda: any(isinstance(t, RolledBack) for t in store.history.turns))
    strip = page.run_view.strips.course
    qtbot.waitUntil(lambda: strip.isVisible())
    assert "to 20" in strip.accessibleName()
    assert "5e-5 from here on" in strip.accessibleName()
    click(qtbot, strip.close_button)
    assert not strip.isVisible()


def test_discarding_is_asked_once_more_and_keeps_no_result(
    qtbot: QtBot, page: TrainPage, begin: Begin, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = begin(*LONG, step=25)
    asked: list[str] = []

    def refuse(_parent: object, question: str, facts: str, *_: str) -> bool:
        asked.append(f"{question} {facts}")
        return len(asked) > 1

    monkeypatch.setattr(liveacts, "ask", refuse)
    page.run_view.acts.ask_discard()
    assert store.alive
    assert "Step 20 is safe." in asked[0]
    page.run_view.acts.ask_discard()
    wait_end(qtbot, store)
    assert store.state.state is State.STOPPED
    assert not store.state.adapter
    assert not page.run_view.summary.isVisible()


def test_the_dialogs_take_only_what_can_be_done(qtbot: QtBot) -> None:
    rate, back, prompt = RateDialog(None, 2e-4), BackDialog(None, 90, 60, 2e-4), PromptDialog(None)
    for dialog in (rate, back, prompt):
        qtbot.addWidget(dialog)
    assert rate.rate == 1e-4
    for text, able in (
        ("5e-5", True),
        ("", False),
        ("much", False),
        ("nan", False),
        ("9e9", False),
    ):
        rate.field.setText(text)
        assert rate.change_button.isEnabled() is able, text
    assert back.rate == 1e-4
    back.choice.set_current(1)
    assert back.rate == 0.0
    prompt.field.setPlainText("  x" * 9_000)
    assert len(prompt.prompt) == 4_000


# what a run tells


def test_a_full_disk_waits_for_an_answer_and_goes_on_in_another_folder(
    qtbot: QtBot, page: TrainPage, begin: Begin, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = begin("--steps", "30", "--mode", "room", "--middle", "15", step=15)
    strip = page.run_view.strips.room
    qtbot.waitUntil(lambda: strip.isVisible())
    assert "212 MB are needed, 34 MB are free" in strip.accessibleName()
    retry, folder, _stop = strip.buttons
    click(qtbot, retry)
    assert not retry.isEnabled()
    qtbot.waitUntil(lambda: strip.buttons[0].isEnabled())  # it is full still
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_: str(tmp_path))
    click(qtbot, folder)
    wait_end(qtbot, store)
    assert store.state.state is State.DONE
    assert wishes(store) == ["RoomAnswered", "RoomAnswered"]
    qtbot.waitUntil(lambda: not strip.isVisible())


def test_memory_that_ran_out_is_told_in_words_and_marked_in_the_plot(
    qtbot: QtBot, page: TrainPage, begin: Begin
) -> None:
    store = begin("--steps", "4000", "--pace", "0.01", "--mode", "short", "--middle", "25", step=10)
    strip = page.run_view.strips.course
    qtbot.waitUntil(lambda: strip.isVisible(), timeout=20_000)
    assert strip.accessibleName() == (
        "Micro-batch 4 → 2, accumulation 1 → 2. Memory ran out at step 25; the batch stays 4."
    )
    qtbot.waitUntil(lambda: store.state.step > 30)
    page.run_view.redraw()
    plots = page.run_view.plots
    assert plots is not None
    page.run_view.sync.set_cross(25)
    assert "memory ran out at step 25" in plots.loss.accessibleDescription()


def test_a_remark_is_a_strip_with_its_one_action(
    qtbot: QtBot, page: TrainPage, begin: Begin
) -> None:
    store = begin(*LONG, "--mode", "remark", "--middle", "25", step=25)
    strip = page.run_view.strips.remark
    qtbot.waitUntil(lambda: strip.isVisible())
    assert strip.accessibleName().startswith("The loss jumped from 0.91 to 6.20")
    (button,) = strip.buttons
    assert button.text() == "Go back to step 20"
    click(qtbot, button)
    qtbot.waitUntil(lambda: any(isinstance(t, RolledBack) for t in store.history.turns))
    assert acts_rate(store) == 1e-4  # half of what it was
    assert not strip.isVisible()


def acts_rate(store: RunStore) -> float:
    return next(t.learning_rate for t in store.history.turns if isinstance(t, RolledBack))


def test_rows_that_a_remark_names_are_shown_on_the_data_page(
    qtbot: QtBot, page: TrainPage, studio: Studio, begin: Begin
) -> None:
    store = begin(*LONG, step=2)
    studio.datasets.install_demo()
    qtbot.waitUntil(lambda: studio.datasets.current is not None, timeout=20_000)
    remark = Remark(code="no_trained", summary="A row.", action="show_rows:3,7")
    store.history.remarks.append(remark)
    page.run_view.strips.show_run(store)
    shown: list[tuple[list[int], str]] = []
    studio.rows_requested.connect(lambda ids, words: shown.append((ids.tolist(), words)))
    click(qtbot, page.run_view.strips.remark.buttons[0])
    assert shown == [([3, 7], "2 rows named by a remark")]


# what it shows


def test_the_strip_and_the_curves_move_each_other(
    qtbot: QtBot, page: TrainPage, studio: Studio, begin: Begin
) -> None:
    wait_end(qtbot, begin("--steps", "60"))
    page.run_view.redraw()
    answers, sync = page.run_view.details.answers, page.run_view.sync
    tester = QAbstractItemModelTester(
        answers.strip.frames, QAbstractItemModelTester.FailureReportingMode.Fatal, page
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
    assert page.run_view.plots is not None
    assert page.run_view.plots.loss.accessibleDescription().startswith("Step 20")
    points: list[tuple[str, int]] = []
    studio.point_requested.connect(lambda run, step: points.append((run, step)))
    click(qtbot, answers.chat_button)
    assert points == [(RUN, 20)]
    click(qtbot, answers.next_button)
    assert answers._prompt.text() == "Do you have a room with a <b>view</b>?"
    assert tester.model() is answers.strip.frames


def test_a_point_that_was_not_kept_cannot_be_talked_to(
    qtbot: QtBot, page: TrainPage, begin: Begin
) -> None:
    wait_end(qtbot, begin("--steps", "120"))
    page.run_view.redraw()
    answers = page.run_view.details.answers
    page.run_view.sync.pick(20)
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


def test_the_first_batch_is_shown_as_tokens(qtbot: QtBot, page: TrainPage, begin: Begin) -> None:
    wait_end(qtbot, begin("--steps", "20"))
    page.run_view.details.show_tab(FIRST_BATCH)
    pane = page.run_view.details.first_batch
    spans = pane.view.tokens()
    assert [s.state for s in spans[-2:]] == [Token.END, Token.MASKED]
    assert "trained" in pane._title.text()
    assert "id" not in spans[0].spoken(0).split(",")[1]
    click(qtbot, pane.next_button)
    assert len(pane.view.tokens()) == 24


def test_rows_that_stand_out_are_one_click_from_the_data_page(
    qtbot: QtBot, page: TrainPage, studio: Studio, begin: Begin
) -> None:
    store = begin("--steps", "20")
    wait_end(qtbot, store)
    studio.datasets.install_demo()
    qtbot.waitUntil(lambda: studio.datasets.current is not None, timeout=20_000)
    write_losses(store)
    details = page.run_view.details
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


def test_readings_open_in_full_and_share_crosshair_and_view(
    qtbot: QtBot, page: TrainPage, begin: Begin
) -> None:
    wait_end(qtbot, begin("--steps", "60", "--mode", "diverged"))
    page.run_view.redraw()
    plots, sync = page.run_view.plots, page.run_view.sync
    assert plots is not None
    assert plots.change_card.isVisible()
    spark = next(s for s in plots.sparks if s.reading is NORM)
    click(qtbot, spark)
    reading = plots.reading_card
    assert reading.isVisible()
    assert reading.plot._bad[0].isVisible()  # the gradient that was no number
    sync.set_cross(12)
    said = reading.plot.accessibleDescription()
    assert f"gradient norm {spark.value_words}" in said
    assert plots.loss.accessibleDescription().startswith("Step 12")
    plots.open_reading(MEMORY)
    assert "predicted 1.90 GiB" in reading.plot.accessibleDescription()
    sync.show_range(5, 25)
    qtbot.waitUntil(lambda: plots.loss.getViewBox().viewRange()[0] == [5.0, 25.0])
    assert reading.plot.getViewBox().viewRange()[0] == [5.0, 25.0]
    qtbot.keyClick(plots.loss, Qt.Key.Key_0)  # type: ignore[no-untyped-call]
    qtbot.waitUntil(lambda: plots.loss.getViewBox().viewRange()[0][1] > 60)
    click(qtbot, reading.close_button)
    assert plots.change_card.isVisible()


def test_dragging_zooms_and_a_double_click_shows_the_whole_run(
    qtbot: QtBot, page: TrainPage, begin: Begin
) -> None:
    wait_end(qtbot, begin("--steps", "60"))
    page.run_view.redraw()
    plots, sync = page.run_view.plots, page.run_view.sync
    assert plots is not None
    view, left = plots.loss.viewport(), Qt.MouseButton.LeftButton
    middle = view.height() // 2
    qtbot.mousePress(view, left, pos=QPoint(200, middle))  # type: ignore[no-untyped-call]
    qtbot.mouseMove(view, QPoint(300, middle))  # type: ignore[no-untyped-call]
    qtbot.mouseRelease(view, left, pos=QPoint(400, middle))  # type: ignore[no-untyped-call]
    assert sync.view is not None
    low, high = sync.view
    assert 0 < low < high < 60
    assert plots.whole_button.isVisible()
    qtbot.mouseDClick(view, left, pos=QPoint(300, middle))  # type: ignore[no-untyped-call]
    assert sync.view is None


def test_another_run_lies_behind_and_can_be_taken_away(
    qtbot: QtBot, page: TrainPage, studio: Studio, begin: Begin
) -> None:
    first = begin("--steps", "40")
    wait_end(qtbot, first)
    wait_end(qtbot, begin("--steps", "60", run="2026-11-22-hotel-concierge-2"))
    studio.runs.refresh()
    qtbot.waitUntil(lambda: len(studio.runs.all()) == 2, timeout=20_000)
    plots = page.run_view.plots
    assert plots is not None
    plots.compare_button.menu().aboutToShow.emit()
    acts = plots.compare_button.menu().actions()
    assert [act.isChecked() for act in acts if act.isCheckable()] == [True, False]
    acts[-1].trigger()
    qtbot.waitUntil(lambda: plots.loss.curves.other_title == "concierge", timeout=20_000)
    assert len(plots.loss._other.xData) == 40
    page.run_view.sync.set_cross(30)
    assert ", concierge 2." in plots.loss.accessibleDescription()
    studio.others.choose(None)
    qtbot.waitUntil(lambda: plots.loss.curves.other_title == "")


def test_pictures_and_tables_are_saved_and_copied(
    qtbot: QtBot, page: TrainPage, studio: Studio, begin: Begin, tmp_path: Path
) -> None:
    wait_end(qtbot, begin("--steps", "20"))
    page.run_view.redraw()
    plots = page.run_view.plots
    problems: list[RunError] = []
    assert plots is not None
    studio.problem_met.connect(problems.append)
    menu = plots.loss_menu
    menu.save_picture(tmp_path / "loss.png")
    menu.save_picture(tmp_path / "loss.svg")
    menu.save_data(tmp_path / "loss.csv")
    qtbot.waitUntil(lambda: (tmp_path / "loss.csv").is_file(), timeout=20_000)
    assert (tmp_path / "loss.png").read_bytes()[:4] == b"\x89PNG"
    svg = (tmp_path / "loss.svg").read_text()
    assert "<svg" in svg
    assert "<path" in svg or "<polyline" in svg
    assert len((tmp_path / "loss.csv").read_text().splitlines()) == 22  # head and the base's row
    menu.copy_data()
    menu.table_asked.emit()
    assert page.run_view.details._table.isVisible()
    assert problems == []
    menu.save_picture(tmp_path / "no folder" / "loss.png")
    assert "could not be written" in problems[0].summary


def test_outliers_are_clipped_until_they_are_wanted(
    qtbot: QtBot, page: TrainPage, studio: Studio, begin: Begin
) -> None:
    store = begin("--steps", "400")
    wait_end(qtbot, store)
    losses = store.history._table[:400, 1]
    losses[200], losses[300] = 60.0, 0.0
    page.run_view.redraw()
    plots = page.run_view.plots
    assert plots is not None
    assert plots.loss.getViewBox().viewRange()[1][1] < 10
    assert plots.loss._bad[1].isVisible()  # a loss of exactly 0
    plots.loss_menu.refresh()
    plots.loss_menu.clip.trigger()
    assert plots.loss.getViewBox().viewRange()[1][1] >= 60


def test_a_finished_run_can_be_continued_with_its_recipe(
    qtbot: QtBot, page: TrainPage, studio: Studio, begin: Begin
) -> None:
    store = begin("--steps", "20")
    wait_end(qtbot, store)
    page.run_view.redraw()
    click(qtbot, page.run_view.summary.continue_button)
    assert studio.draft.recipe.start_from == str(store.folder.adapter)
    assert studio.draft.recipe.title == "concierge continued"
    assert page._stack.currentWidget() is page.start_view


DESKTOP = """
import sys
from pathlib import Path
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication, QWidget
from studio.app.runstore import RunStore
from studio.app.runhistory import Folder
from studio.core.events import RunStarted, StepDone
from studio.core.workspace import RunFolder
from studio.ui.desktop import Desktop
app = QApplication([])
app.setDesktopFileName("io.example")
store = RunStore(RunFolder(Path(sys.argv[1])))
step = StepDone(step=1, loss=1.0, learning_rate=1.0, grad_norm=1.0, tokens=1, trained_tokens=1,
                seconds=1.0)
store.take(Folder().fold([RunStarted(run="r", total_steps=4, pid=1), step]))
window = QWidget()
desktop = Desktop(window)
desktop.show_run(store)
desktop.on_run_ended(store)
QTimer.singleShot(300, app.quit)
app.exec()
print(window.windowTitle())
"""


@pytest.mark.skipif(not shutil.which("dbus-run-session"), reason="there is no D-Bus here")
def test_the_desktop_is_told_the_progress_and_the_end(studio: Studio, tmp_path: Path) -> None:
    folder = make_run(studio.workspace, RUN)
    (tmp_path / "told.py").write_text(DESKTOP)
    heard = tmp_path / "heard"
    script = (
        f"dbus-monitor --session > {heard} & sleep 0.5; "
        f"{sys.executable} {tmp_path / 'told.py'} {folder.path}; kill %1"
    )
    command = ["dbus-run-session", "--", "bash", "-c", script]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert "25\u00a0% · concierge · Graft Studio" in done.stdout
    told = heard.read_text()
    assert "com.canonical.Unity.LauncherEntry" in told
    assert "application://io.example.desktop" in told
    assert "double 0.25" in told
    assert "member=AddNotification" in told
    assert 'string "concierge: training"' in told
