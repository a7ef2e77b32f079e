"""The Train page shows what a run is, was and will be, and asks the engine for what is pressed."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import psutil
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QAbstractItemModelTester
from pytestqt.qtbot import QtBot

from studio.app.findings import STOP, Action
from studio.app.runhistory import Folder
from studio.app.runstore import RunStore
from studio.app.studio import Studio
from studio.core.control import CONTROL, StopAsked
from studio.core.events import RunStarted, StepDone
from studio.core.example import Triple
from studio.core.runstate import State
from studio.data.runfiles import engine_of
from studio.data.store import Dataset
from studio.ui.look.theme import Theme
from studio.ui.pages.trainpage import TrainPage
from studio.ui.train.detailscard import FACTS, LOG, TABS
from tests.helpers.fakeengine import fake_command
from tests.helpers.runs import make_run

RUN = "2026-11-22-hotel-concierge-1"
Begin = Callable[..., RunStore]


@pytest.fixture
def page(qtbot: QtBot, studio: Studio, light: Theme) -> Iterator[TrainPage]:
    made = TrainPage(studio)
    qtbot.addWidget(made)
    made.resize(1364, 842)
    made.show()
    made.shown()
    yield made
    studio.runs.end_at_once()
    made.hidden()


@pytest.fixture
def begin(qtbot: QtBot, studio: Studio, page: TrainPage) -> Begin:
    """Give a way to start a made-up engine and wait for its first steps."""

    def start(*options: str, step: int = 1) -> RunStore:
        make_run(studio.workspace, RUN)
        studio.runs._command = fake_command(*options)
        studio.runs.resume(RUN)
        store = studio.runs.current
        assert store is not None
        qtbot.waitUntil(lambda: store.state.step >= step, timeout=20_000)
        return store

    return start


def press(qtbot: QtBot, button: object) -> None:
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)


def wait_end(qtbot: QtBot, store: RunStore) -> None:
    qtbot.waitUntil(lambda: not store.alive and store.is_loaded, timeout=20_000)


def shown_buttons(page: TrainPage) -> set[str]:
    return {b.text() for b in page.run_view.run_card.buttons if not b.isHidden()}


def test_without_anything_the_page_says_what_is_missing_and_forbids_the_start(
    page: TrainPage,
) -> None:
    codes = {finding.code for finding in page.checklist.findings}
    assert {"no_dataset", "no_model"} <= codes
    assert not page.start_view.plan.start_button.isEnabled()
    obstacle = page.checklist.obstacle
    assert obstacle is not None
    assert obstacle.level == STOP
    assert obstacle.summary in page.start_view.plan.start_button.accessibleDescription()
    page.start()
    assert not page._studio.runs.is_starting


def test_a_way_out_leads_to_its_page(qtbot: QtBot, page: TrainPage, studio: Studio) -> None:
    with qtbot.waitSignal(studio.page_requested) as asked:
        page.act(Action("Open Data", "page", "Data"))
    assert asked.args == ["Data"]


def test_a_way_out_that_edits_can_be_undone(page: TrainPage, studio: Studio) -> None:
    said: list[object] = []
    studio.said.connect(lambda words, undo: said.append(undo))
    before = studio.draft.recipe.micro_batch
    page.act(Action("2 at a time", "edit", {"micro_batch": 2}))
    assert studio.draft.recipe.micro_batch == 2
    said[0]()  # type: ignore[operator]
    assert studio.draft.recipe.micro_batch == before


def test_holding_out_rows_is_one_click_and_can_be_undone(page: TrainPage, studio: Studio) -> None:
    with Dataset.create(studio.workspace.dataset("tiny")) as dataset:
        dataset.insert(0, [Triple(f"Question {n}?", "", "Yes.") for n in range(20)], "train")
    studio.datasets.open("tiny")
    finding = next(f for f in page.checklist.findings if f.code == "no_validation")
    assert finding.action is not None
    said: list[object] = []
    studio.said.connect(lambda words, undo: said.append(undo))
    page.act(finding.action)
    assert "no_validation" not in {f.code for f in page.checklist.findings}
    assert page.checklist.plan.validation_rows == 2
    said[0]()  # type: ignore[operator]
    assert "no_validation" in {f.code for f in page.checklist.findings}


def test_a_running_run_is_shown_and_can_be_stopped(
    qtbot: QtBot, page: TrainPage, begin: Begin
) -> None:
    store = begin("--steps", "3000", "--pace", "0.01", step=21)
    assert page._stack.currentWidget() is page.run_view
    card = page.run_view.run_card
    qtbot.waitUntil(lambda: shown_buttons(page) == {"Save now", "Pause", "Stop and keep"})
    qtbot.waitUntil(lambda: "of 3,000" in card._title.text())
    press(qtbot, card.stop_button)
    wait_end(qtbot, store)
    wishes = [CONTROL.decode(line) for line in store.folder.control.read_bytes().splitlines()]
    assert [type(wish) for wish in wishes] == [StopAsked]
    qtbot.waitUntil(lambda: page.run_view.summary.isVisible())


def test_a_finished_run_says_what_it_was_good_for(
    qtbot: QtBot, page: TrainPage, studio: Studio, begin: Begin
) -> None:
    store = begin("--steps", "60")
    wait_end(qtbot, store)
    summary = page.run_view.summary
    qtbot.waitUntil(lambda: not summary.isHidden())
    assert "Held-out loss fell by 1." in summary.accessibleDescription()
    said = [reading.accessibleName() for reading in summary._readings]
    assert said[0].startswith("Held-out loss: 3.10 → 1.")
    assert said[1].startswith("Perplexity: 22.2 → ")
    assert "times less unsure" in said[1]
    assert said[2] == "Result: Step 60. also the best"
    assert said[4] == "Peak memory: 1.82 GiB. predicted 1.90"
    with qtbot.waitSignal(studio.page_requested) as asked:
        press(qtbot, summary.chat_button)
    assert asked.args == ["Chat"]


def test_a_killed_engine_is_told_with_what_is_safe_and_the_way_on(
    qtbot: QtBot, page: TrainPage, begin: Begin
) -> None:
    store = begin("--steps", "60", "--pace", "0.08", step=22)  # far from its next checkpoint
    engine = engine_of(store.folder)
    assert engine is not None
    psutil.Process(engine.pid).kill()
    wait_end(qtbot, store)
    strip = page.run_view.problem
    qtbot.waitUntil(lambda: not strip.isHidden())
    assert "ended without a word" in strip.accessibleName()
    assert "Step 20 is safe." in strip.accessibleName()
    assert shown_buttons(page) == {"Resume from step 20", "Train again"}
    press(qtbot, page.run_view.run_card.resume_button)
    again = page._studio.runs.current
    assert again is not None
    qtbot.waitUntil(lambda: again.state.state is State.DONE, timeout=20_000)
    qtbot.waitUntil(lambda: strip.isHidden())


@pytest.mark.parametrize(
    ("mode", "said"),
    [
        ("failed", "the disk is full"),
        ("diverged", "was not a number at step 30"),
        ("oom", "Ran out of memory at step 30"),
    ],
)
def test_a_bad_end_is_a_sentence_and_nothing_is_called_a_gain(
    qtbot: QtBot, page: TrainPage, begin: Begin, mode: str, said: str
) -> None:
    store = begin("--steps", "60", "--mode", mode)
    wait_end(qtbot, store)
    qtbot.waitUntil(lambda: not page.run_view.problem.isHidden())
    assert said in page.run_view.problem.accessibleName()
    assert page.run_view.summary.isHidden()


def test_a_loss_that_is_no_number_is_a_gap_with_a_cross(
    qtbot: QtBot, page: TrainPage, begin: Begin
) -> None:
    wait_end(qtbot, begin("--steps", "60", "--mode", "diverged"))
    page.run_view.redraw()
    plots = page.run_view.plots
    assert plots is not None
    assert plots.loss.curves.gaps.tolist() == [30.0]
    assert plots.loss._bad[0].isVisible()
    norm = plots.sparks[1]
    assert norm.value_words == "not a number"
    assert norm._curve.gaps.tolist() == [30.0]


def test_a_deaf_engine_offers_to_be_ended_at_once(
    qtbot: QtBot, page: TrainPage, studio: Studio, begin: Begin
) -> None:
    studio.runs._overdue_seconds = 0.2
    store = begin("--steps", "40", "--mode", "hang", step=20)
    studio.runs.stop()
    end = page.run_view.run_card.end_button
    qtbot.waitUntil(lambda: not end.isHidden(), timeout=20_000)
    press(qtbot, end)
    wait_end(qtbot, store)
    assert store.state.state is State.LOST


def test_a_thousand_events_cost_few_redraws(qtbot: QtBot, page: TrainPage, studio: Studio) -> None:
    make_run(studio.workspace, RUN)
    studio.runs.open(RUN)
    store = studio.runs.current
    assert store is not None
    qtbot.waitUntil(lambda: store.is_loaded)
    page.run_view.redraw()
    plots, folder = page.run_view.plots, Folder()
    assert plots is not None
    before = plots.redraws
    store.take(folder.fold([RunStarted(run=RUN, total_steps=1000, pid=1)]))
    for n in range(1, 1001):
        store.take(folder.fold([_step(n)]))
    qtbot.waitUntil(lambda: plots.loss.curves.now == 1000)
    assert plots.redraws - before <= 2


def test_a_page_that_nobody_sees_draws_nothing(
    qtbot: QtBot, page: TrainPage, studio: Studio, begin: Begin
) -> None:
    store = begin("--steps", "400", "--pace", "0.005")
    plots = page.run_view.plots
    assert plots is not None
    page.hidden()
    before = plots.redraws
    wait_end(qtbot, store)
    assert plots.redraws == before
    page.shown()
    assert plots.loss.curves.now == 400


def test_the_end_of_a_run_is_told_where_the_page_is_not_seen(
    qtbot: QtBot, page: TrainPage, studio: Studio, begin: Begin
) -> None:
    page.hidden()
    with qtbot.waitSignal(studio.said, timeout=20_000) as said:
        begin("--steps", "20")
    assert said.args[0] == "concierge: done at step 20"


def test_train_again_goes_back_to_the_start(
    qtbot: QtBot, page: TrainPage, studio: Studio, begin: Begin
) -> None:
    wait_end(qtbot, begin("--steps", "20"))
    qtbot.waitUntil(lambda: "Train again" in shown_buttons(page))
    press(qtbot, page.run_view.run_card.again_button)
    assert page._stack.currentWidget() is page.start_view
    qtbot.waitUntil(lambda: len(studio.runs.all()) == 1, timeout=20_000)
    qtbot.waitUntil(lambda: page.start_view._runs_card.isVisible())
    page.start_view.run_chosen.emit(RUN)
    assert page._stack.currentWidget() is page.run_view


def test_a_small_window_keeps_every_panel_behind_a_tab(
    qtbot: QtBot, page: TrainPage, begin: Begin
) -> None:
    wait_end(qtbot, begin("--steps", "20"))
    page.resize(948, 642)
    page.set_small(True)
    view = page.run_view
    for tab, widget in enumerate((view.plots, *[view.details] * len(TABS))):
        view._tabs._group.button(tab).click()
        assert widget is not None and widget.isVisible()
    assert page.width() == 948
    assert page.height() == 642
    qtbot.waitUntil(lambda: view._peak_words.text() == "Peak 1.82 GiB, predicted 1.90")


def test_the_crosshair_moves_by_keys_and_says_exact_values(
    qtbot: QtBot, page: TrainPage, begin: Begin
) -> None:
    wait_end(qtbot, begin("--steps", "40"))
    page.run_view.redraw()
    plots = page.run_view.plots
    assert plots is not None
    qtbot.keyClick(plots.loss, Qt.Key.Key_Left)
    qtbot.keyClick(plots.loss, Qt.Key.Key_Left)
    said = plots.loss.accessibleDescription()
    assert said.startswith("Step 39")
    assert "held-out, step 30" in said
    qtbot.keyClick(plots.loss, Qt.Key.Key_Escape)
    assert plots.loss._tip.isHidden()


def test_the_scale_can_be_logarithmic_and_the_colours_change_live(
    qtbot: QtBot, page: TrainPage, light: Theme, begin: Begin
) -> None:
    wait_end(qtbot, begin("--steps", "40"))
    page.run_view.redraw()
    plots = page.run_view.plots
    assert plots is not None
    plots.scale._group.button(1).click()
    high = plots.loss.getViewBox().viewRange()[1][1]
    assert high < 1.0  # log10 of 3.3
    light.force(Qt.ColorScheme.Dark)
    qtbot.waitUntil(lambda: plots.loss._raw.xData is not None)
    assert len(plots.loss._raw.xData) == 40


def test_the_log_is_plain_text_and_capped(qtbot: QtBot, page: TrainPage, begin: Begin) -> None:
    store = begin("--steps", "20")
    wait_end(qtbot, store)
    with store.folder.log.open("ab") as file:
        file.write(b"<b>bold</b>\n" + b"x" * 300_000 + b"\nthe end\n")
    page.run_view.details.show_tab(LOG)
    text = page.run_view.details.log.toPlainText()
    assert text.endswith("the end")
    assert len(text) < 20_000


def test_the_table_of_evaluations_is_a_sound_model(
    qtbot: QtBot, page: TrainPage, begin: Begin
) -> None:
    model = page.run_view.details.evaluations
    tester = QAbstractItemModelTester(
        model, QAbstractItemModelTester.FailureReportingMode.Fatal, page
    )
    wait_end(qtbot, begin("--steps", "40"))
    page.run_view.details.show_tab(FACTS)
    assert model.rowCount() == 5
    assert model.index(4, 0).data() == "base"
    assert tester.model() is model


def _step(n: int) -> StepDone:
    return StepDone(
        step=n,
        loss=1 / n,
        learning_rate=1e-4,
        grad_norm=1.0,
        tokens=90,
        trained_tokens=40,
        seconds=0.1,
    )
