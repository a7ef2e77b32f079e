"""A live run is asked for things, tells what it needs, and the desktop is told of it."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtWidgets import QFileDialog
from pytestqt.qtbot import QtBot

from studio.app.runstore import RunStore
from studio.app.studio import Studio
from studio.core.events import Remark, RolledBack
from studio.core.problems import RunError
from studio.core.runstate import State
from studio.ui.pages.trainpage import TrainPage
from studio.ui.train import liveacts
from studio.ui.train.livedialogs import BackDialog, PromptDialog, RateDialog
from tests.helpers.liveruns import LONG, RUN, Begin, click, wait_end, wishes
from tests.helpers.runs import make_run


def test_a_live_run_evaluates_samples_and_changes_its_rate_when_asked(
    qtbot: QtBot,
    train_page: TrainPage,
    studio: Studio,
    begin: Begin,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    store = begin(*LONG, step=3)
    acts = train_page.run_view.acts
    said: list[tuple[str, Callable[[], object]]] = []
    studio.said.connect(lambda words, undo: said.append((words, undo)))
    acts.evaluate()
    monkeypatch.setattr(liveacts, "ask_prompt", lambda _parent: "Is there a sauna?")
    train_page.run_view.details.answers.sample_button.clicked.emit()
    acts.change_rate(1e-4)
    qtbot.waitUntil(lambda: store.state.plan.get("learning_rate") == 1e-4)
    assert wishes(store) == ["EvaluateAsked", "SampleAsked", "RateAsked"]
    asked = [a["prompt"] for a in store.history.samples[-1].answers]
    assert asked[-1] == "Is there a sauna?"
    assert acts.rate_of(store) == 1e-4
    said[-1][1]()  # the toast takes the change of rate back
    qtbot.waitUntil(lambda: store.state.plan.get("learning_rate") == 2e-4)


def test_the_menu_offers_what_the_state_allows_and_goes_back_to_a_checkpoint(
    qtbot: QtBot, train_page: TrainPage, begin: Begin, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = begin(*LONG, step=45)
    qtbot.waitUntil(lambda: train_page.run_view.run_card.more_button.isVisible())
    menu = train_page.run_view.live_menu
    menu.refresh()
    assert all(act.isEnabled() for act in menu._wants)
    steps = {act.text() for act in menu.back.actions()}
    assert any(words.startswith("Step 20") for words in steps)
    monkeypatch.setattr(liveacts, "ask_back", lambda *_: 5e-5)
    next(act for act in menu.back.actions() if act.text().startswith("Step 20")).trigger()
    qtbot.waitUntil(lambda: any(isinstance(t, RolledBack) for t in store.history.turns))
    strip = train_page.run_view.strips.course
    qtbot.waitUntil(lambda: strip.isVisible())
    assert "to 20" in strip.accessibleName()
    assert "5e-5 from here on" in strip.accessibleName()
    click(qtbot, strip.close_button)
    assert not strip.isVisible()


def test_discarding_is_asked_once_more_and_keeps_no_result(
    qtbot: QtBot, train_page: TrainPage, begin: Begin, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = begin(*LONG, step=25)
    asked: list[str] = []

    def refuse(_parent: object, question: str, facts: str, *_: str) -> bool:
        asked.append(f"{question} {facts}")
        return len(asked) > 1

    monkeypatch.setattr(liveacts, "ask", refuse)
    train_page.run_view.acts.ask_discard()
    assert store.alive
    assert f"Step {max(store.kept)} is safe." in asked[0]
    train_page.run_view.acts.ask_discard()
    wait_end(qtbot, store)
    assert store.state.state is State.STOPPED
    assert not store.state.adapter
    assert not train_page.run_view.summary.isVisible()


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


def test_a_full_disk_waits_for_an_answer_and_goes_on_in_another_folder(
    qtbot: QtBot,
    train_page: TrainPage,
    begin: Begin,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    store = begin("--steps", "30", "--mode", "room", "--middle", "15", step=15)
    strip = train_page.run_view.strips.room
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
    qtbot: QtBot, train_page: TrainPage, begin: Begin
) -> None:
    store = begin("--steps", "4000", "--pace", "0.01", "--mode", "short", "--middle", "25", step=10)
    strip = train_page.run_view.strips.course
    qtbot.waitUntil(lambda: strip.isVisible(), timeout=20_000)
    assert strip.accessibleName() == (
        "Micro-batch 4 → 2, accumulation 1 → 2. Memory ran out at step 25; the batch stays 4."
    )
    qtbot.waitUntil(lambda: store.state.step > 30)
    train_page.run_view.redraw()
    plots = train_page.run_view.plots
    assert plots is not None
    train_page.run_view.sync.set_cross(25)
    assert "memory ran out at step 25" in plots.loss.accessibleDescription()


def test_a_remark_is_a_strip_with_its_one_action(
    qtbot: QtBot, train_page: TrainPage, begin: Begin
) -> None:
    store = begin(*LONG, "--mode", "remark", "--middle", "25", step=25)
    strip = train_page.run_view.strips.remark
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
    qtbot: QtBot, train_page: TrainPage, studio: Studio, begin: Begin
) -> None:
    store = begin(*LONG, step=2)
    studio.datasets.install_demo()
    qtbot.waitUntil(lambda: studio.datasets.current is not None, timeout=20_000)
    remark = Remark(code="no_trained", summary="A row.", action="show_rows:3,7")
    store.history.remarks.append(remark)
    train_page.run_view.strips.show_run(store)
    shown: list[tuple[list[int], str]] = []
    studio.rows_requested.connect(lambda ids, words: shown.append((ids.tolist(), words)))
    click(qtbot, train_page.run_view.strips.remark.buttons[0])
    assert shown == [([3, 7], "2 rows named by a remark")]


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


def test_a_run_that_diverged_goes_back_to_the_start_and_not_on_behalf_of_another(
    qtbot: QtBot, train_page: TrainPage, studio: Studio, begin: Begin
) -> None:
    store = begin("--steps", "30", "--mode", "diverged", "--middle", "15")
    wait_end(qtbot, store)
    offer = Remark(code="diverged", summary="No number.", hint="", step=15, action="roll_back:0")
    store.history.remarks.append(offer)
    train_page.run_view.redraw()
    button = train_page.run_view.strips.remark.buttons[0]
    assert button.text() == "Go back to the start"
    live = begin(*LONG, run="2026-11-22-hotel-concierge-2")
    studio.runs.open(RUN)
    problems: list[RunError] = []
    studio.runs.failed.connect(problems.append)
    assert not train_page.run_view.acts.wishes.roll_back(0, 1e-4)
    assert "is training already" in problems[0].summary
    assert wishes(live) == []
    studio.runs.end_at_once()
    qtbot.waitUntil(lambda: studio.runs.live is None, timeout=20_000)
    shown = studio.runs.current
    assert shown is not None
    qtbot.waitUntil(lambda: shown.is_loaded and shown.resumable, timeout=20_000)
    assert train_page.run_view.acts.wishes.roll_back(0, 1e-4)
    assert wishes(shown) == ["RollBackAsked"]
    assert studio.runs.live is not None
    assert studio.runs.live.run == RUN
