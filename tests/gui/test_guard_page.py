"""What a run forgets is seen on the Train page, and one press takes it back."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QGuiApplication
from pytestqt.qtbot import QtBot

from studio.app.runstore import RunStore
from studio.app.studio import Studio
from studio.core.recipe import Recipe
from studio.core.runqueue import Queue
from studio.core.workspace import RunFolder, Workspace
from studio.data.queuefile import change_queue, read_queue
from studio.data.results import taken_step
from studio.ui.look.theme import Theme
from studio.ui.pages.trainpage import TrainPage
from tests.helpers import forgotten
from tests.helpers.runs import add_events, make_run


@pytest.fixture
def page(qtbot: QtBot, studio: Studio, light: Theme) -> Iterator[TrainPage]:
    made = TrainPage(studio)
    qtbot.addWidget(made)
    made.resize(1364, 842)
    made.show()
    made.shown()
    made.warm()
    yield made
    made.run_view.plots.change_card.popover.close()
    made.hidden()


def opened(qtbot: QtBot, studio: Studio, run: RunFolder) -> RunStore:
    studio.runs.open(run.id)
    store = studio.runs.current
    assert store is not None
    qtbot.waitUntil(lambda: store.is_loaded, timeout=20_000)
    return store


def redraw(page: TrainPage) -> Any:
    page.run_view.redraw()
    return page.run_view.plots.change_card


@pytest.fixture
def done(qtbot: QtBot, page: TrainPage, studio: Studio) -> RunStore:
    """Give a run that forgot past its tolerance, opened."""
    run = forgotten.forgetting_run(studio.workspace)
    forgotten.begin(run)
    forgotten.crossed(run)
    forgotten.end(run)
    return opened(qtbot, studio, run)


def started(studio: Studio, monkeypatch: pytest.MonkeyPatch) -> list[tuple[Recipe, Any]]:
    """Have runs noted that would be started; engines are tested elsewhere."""
    found: list[tuple[Recipe, Any]] = []
    monkeypatch.setattr(
        studio.runs,
        "start",
        lambda recipe, estimate=None, rows_from=None: found.append((recipe, rows_from)),
    )
    return found


def test_gained_and_forgotten_are_drawn_over_the_same_steps(
    page: TrainPage, done: RunStore
) -> None:
    card = redraw(page)
    assert [p.step for p in card.guard.points] == [0, 10, 20, 30, 40, 50, 60]
    lines, times = card.plot.forgotten, card.plot.times
    steps, heights = lines._general.getData()
    assert list(steps) == [0, 10, 20, 30, 40, 50, 60]
    assert heights[-1] == pytest.approx(-0.31 * times)
    assert lines._edge.value() == pytest.approx(-0.1 * times)
    assert lines._edge.isVisible()
    page.run_view.sync.set_cross(45)
    said = card.plot.accessibleDescription()
    assert "your task, step 40" in said
    assert "general, step 40" in said
    assert "−0.150" in said
    assert "−0.18 to −0.12" in said
    card.show_tradeoff(True)
    assert list(card.tradeoff._ring_mark.getData()[1]) == pytest.approx([-0.15])  # the same step


def test_a_subject_is_drawn_on_demand_and_rare_ones_are_not_offered(
    page: TrainPage, done: RunStore
) -> None:
    card = redraw(page)
    card.fill_subjects()
    words = [act.text() for act in card._menu.actions()]
    assert [text.split()[0] for text in words if text] == ["All", "facts", "code", "Drift"]
    assert "−0.62 on 30 questions" in words[1]
    card._menu.actions()[1].trigger()
    _, heights = card.plot.forgotten._subject.getData()
    assert heights[-1] == pytest.approx(-0.62 * card.plot.times)
    assert card.subjects.text() == "facts"
    assert len(card.plot.forgotten._drift.getData()[0] or ()) == 0
    card._menu.actions()[-1].trigger()
    assert card.plot.forgotten._drift.getData()[1][-1] == pytest.approx(-0.465 * card.plot.times)
    card.choose_subject("")
    assert len(card.plot.forgotten._subject.getData()[0] or ()) == 0


def test_the_plots_have_their_menu_on_the_right_button_with_picture_and_numbers(
    qtbot: QtBot, page: TrainPage, studio: Studio, done: RunStore, tmp_path: Path
) -> None:
    card = redraw(page)
    for at, plot in enumerate((card.plot, card.tradeoff)):
        card.show_tradeoff(bool(at))
        menu = card.menus[at]
        assert card.more_button.menu() is menu
        plot.customContextMenuRequested.emit(QPoint(40, 40))
        assert menu.isVisible()
        menu.close()
        menu.save_picture(tmp_path / f"{at}.png")
        assert (tmp_path / f"{at}.png").read_bytes()[:4] == b"\x89PNG"
    words = [act.text() for act in card.menus[0].actions() if act.isVisible()]
    assert "Clip outliers" not in words
    assert "Save data…" in words
    card.menus[0].save_data(tmp_path / "change.csv")
    qtbot.waitUntil(lambda: (tmp_path / "change.csv").is_file(), timeout=20_000)
    head, base, *rows = csv.reader((tmp_path / "change.csv").read_text("utf-8").splitlines())
    assert (len(rows), head[-2:]) == (6, ["general_facts", "general_code"])
    assert dict(zip(head, base, strict=True))["general"] == "0.0"
    last = dict(zip(head, rows[-1], strict=True))
    assert float(last["general"]) == pytest.approx(-0.31)
    assert float(last["general_low"]) == pytest.approx(-0.34)
    assert last["checkpoint"] == "kept"
    card.menus[0].copy_data()
    assert len(QGuiApplication.clipboard().text().splitlines()) == 8


def test_a_run_that_goes_on_is_drawn_from_the_base_not_from_its_start(
    page: TrainPage, qtbot: QtBot, studio: Studio
) -> None:
    run = forgotten.forgetting_run(studio.workspace)
    forgotten.begin(run)
    start = forgotten.evaluated(0, 0.08)
    told = {"target_loss": 6.0, "general_loss": 2.0, "general_accuracy": 0.75, "general_tags": {}}
    ranges = {"general_loss_change": [0.05, 0.11]}
    add_events(run, [replace(start, base=told, general_ranges=ranges)])
    forgotten.end(run)
    done = opened(qtbot, studio, run)
    card = redraw(page)
    assert card.guard.goes_on
    steps, heights = card.plot.forgotten._general.getData()
    assert (steps[0], heights[0]) == (0, pytest.approx(-0.08 * card.plot.times))
    assert card.plot.curves.gained.y[0] == pytest.approx(2.0)
    assert card.guard.gained(card.guard.points[0]) == pytest.approx(2.0)
    assert card.guard.base.accuracy == 0.75
    assert done.history.base_loss == 6.0


def test_a_point_of_the_trade_off_opens_with_its_numbers_and_becomes_the_result(
    qtbot: QtBot, page: TrainPage, studio: Studio, done: RunStore
) -> None:
    card = redraw(page)
    card.show_tradeoff(True)
    plot = card.tradeoff
    qtbot.waitUntil(lambda: plot.place_of(30) != QPoint(0, 0) and plot.height() > 60)
    qtbot.mouseClick(plot.viewport(), Qt.MouseButton.LeftButton, pos=plot.place_of(30))
    popover = card.popover
    assert popover.isVisible()
    assert popover._title.text() == "Step 30"
    assert popover._word.text() == "best balance"
    assert page.run_view.sync.picked == 30
    said: list[str] = []
    studio.said.connect(lambda words, _undo: said.append(words))
    with qtbot.waitSignal(studio.taking_back.taken, timeout=20_000):
        qtbot.mouseClick(popover.keep_button, Qt.MouseButton.LeftButton)
    assert taken_step(done.folder) == done.taken_step == 30
    assert said == ["The result is that of step 30"]
    card.open_point(30)
    assert not popover.keep_button.isVisible()
    popover.close()
    asked: list[tuple[str, int]] = []
    studio.point_requested.connect(lambda run, step: asked.append((run, step)))
    plot.sync.set_cross(30)
    qtbot.keyClick(plot, Qt.Key.Key_Left)
    qtbot.keyClick(plot, Qt.Key.Key_Return)
    assert popover._title.text() == "Step 20"
    qtbot.mouseClick(popover.chat_button, Qt.MouseButton.LeftButton)
    assert asked == [(done.run, 20)]


def test_a_run_that_forgot_is_taken_back_by_one_press(
    qtbot: QtBot,
    page: TrainPage,
    studio: Studio,
    done: RunStore,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    redraw(page)
    strip = page.run_view.guard_strip
    assert strip.isVisible()
    said = strip.accessibleName()
    assert said.startswith("General questions got worse by 0.31 nats a token")
    assert "past the tolerance of 0.1 since step 40" in said
    assert "it answers 34\u00a0% of 51 questions right, the base 50\u00a0%." in said
    assert "goes on from step 30" in said
    assert not page.run_view.strips.remark.isVisible()  # it is said once
    found = started(studio, monkeypatch)
    assert [button.text() for button in strip.buttons] == ["Take it back"]
    qtbot.mouseClick(strip.buttons[0], Qt.MouseButton.LeftButton)
    ((recipe, rows),) = found
    assert Path(recipe.start_from) == done.folder.checkpoint(30)
    assert (recipe.guard.replay, recipe.max_steps) == (0.2, 30)
    assert rows == done.folder


def test_the_summary_says_what_was_gained_and_lost_and_takes_the_better_checkpoint(
    qtbot: QtBot, page: TrainPage, studio: Studio, done: RunStore
) -> None:
    redraw(page)
    card = page.run_view.summary
    assert card.isVisible()
    assert "general answers got worse by 0.080 nats a token" in card._balance.text()
    assert "take the checkpoint of step 30" in card._balance.text()
    assert card.take_button.text() == "Take step 30"
    assert card.chat_button.text() == "Chat with step 30"  # the same, though step 60 learned more
    with qtbot.waitSignal(studio.taking_back.taken, timeout=20_000):
        qtbot.mouseClick(card.take_button, Qt.MouseButton.LeftButton)
    redraw(page)
    assert not card.take_button.isVisible()
    assert card.chat_button.text() == "Compare in Chat"
    assert "Step 30 was taken as the result." in card._balance.text()
    assert (done.folder.adapter / "adapter_model.safetensors").read_bytes() == b"weights of 30"


def test_what_too_few_questions_tell_is_said_to_be_unsure(
    qtbot: QtBot, page: TrainPage, studio: Studio
) -> None:
    run = forgotten.forgetting_run(studio.workspace, on_crossing="roll_back")
    forgotten.begin(run, until=34, lost={10: 0.02, 20: 0.05, 30: 0.25}, spread=0.3)
    store = opened(qtbot, studio, run)
    store.alive = True
    redraw(page)
    strip = page.run_view.guard_strip
    said = strip.accessibleName()
    assert said.startswith("General questions look worse by 0.25 nats a token")
    assert "may be chance: 51 questions are too few to tell. The guard waits" in said
    assert [button.text() for button in strip.buttons] == ["Halve the learning rate"]
    store.alive = False
    studio.runs.close_current()
    forgotten.end(run, 34, "done")
    ended = opened(qtbot, studio, run)
    redraw(page)
    assert not ended.alive
    assert "Evaluate asks all of them." in strip.accessibleName()
    (button,) = strip.buttons
    with qtbot.waitSignal(studio.evaluation_requested, timeout=5_000):
        qtbot.mouseClick(button, Qt.MouseButton.LeftButton)


def test_a_run_that_trains_is_warned_before_and_stopped_first_when_taken_back(
    qtbot: QtBot, page: TrainPage, studio: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = forgotten.forgetting_run(studio.workspace, on_crossing="roll_back")
    forgotten.begin(run, until=34, lost={10: 0.02, 20: 0.05, 30: 0.08})
    store = opened(qtbot, studio, run)
    store.alive = True
    card = redraw(page)
    strip = page.run_view.guard_strip
    assert "pass the tolerance of 0.1 near step 38" in strip.accessibleName()
    assert "goes back to step 30" in strip.accessibleName()
    assert [button.text() for button in strip.buttons] == ["Halve the learning rate"]
    assert list(card.plot.forgotten._coming.getData()[0]) == [30, 38]
    asked: list[str] = []
    monkeypatch.setattr(studio.runs, "stop", lambda: asked.append("stop"))
    found = started(studio, monkeypatch)
    studio.taking_back.take_back(store)
    assert asked == ["stop"]
    assert not found
    store.alive = False
    studio.runs.run_ended.emit(store)
    assert [recipe.max_steps for recipe, _ in found] == [30]


def test_what_takes_back_a_run_of_the_queue_is_the_queues_next_one(
    qtbot: QtBot, page: TrainPage, studio: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = forgotten.forgetting_run(studio.workspace, on_crossing="roll_back")
    forgotten.begin(run, until=34, lost={10: 0.02, 20: 0.05, 30: 0.08})
    store = opened(qtbot, studio, run)
    store.alive = True
    waits = Queue(waiting=("another",), current=store.run, active=True)
    change_queue(studio.workspace, lambda _: waits)
    made: list[tuple[Recipe, RunFolder]] = []
    run.origin.write_text('{"predicted_peak_bytes": 7, "predicted_low_bytes": 6}')
    told: list[dict[str, Any]] = []

    def prepare(
        workspace: Workspace, recipe: Recipe, rows_from: RunFolder, **predicted: Any
    ) -> RunFolder:
        made.append((recipe, rows_from))  # the adapter of this run is made up
        told.append(predicted)
        return make_run(workspace, "the-way-back")

    monkeypatch.setattr("studio.data.runprep.prepare_run", prepare)
    asked: list[tuple[str, ...]] = []
    monkeypatch.setattr(
        studio.runs, "stop", lambda: asked.append(read_queue(studio.workspace).waiting)
    )
    found = started(studio, monkeypatch)
    studio.taking_back.take_back(store)
    assert studio.taking_back.is_waiting
    qtbot.waitUntil(lambda: bool(asked))
    assert asked == [("the-way-back", "another")]
    assert [(recipe.max_steps, rows) for recipe, rows in made] == [(30, store.folder)]
    assert told == [{"predicted_peak_bytes": 7, "predicted_range": (6, 0)}]
    assert not studio.taking_back.is_waiting
    store.alive = False
    studio.runs.run_ended.emit(store)
    assert not found


def test_what_the_guard_did_is_said_and_what_was_left_stays_in_sight(
    qtbot: QtBot, page: TrainPage, studio: Studio
) -> None:
    run = forgotten.forgetting_run(studio.workspace, on_crossing="roll_back")
    forgotten.begin(run, until=40)
    forgotten.crossed(run)
    forgotten.went_back(run, 40, 30)
    forgotten.end(run, 30, "stopped")
    opened(qtbot, studio, run)
    card = redraw(page)
    said = page.run_view.guard_strip.accessibleName()
    assert said.startswith("The guard went back from step 40 to step 30.")
    assert "General answers were past the tolerance." in said
    assert [p.step for p in card.guard.left] == [40]
    assert list(card.plot.forgotten._left.getData()[0]) == [30, 40]


@pytest.mark.parametrize(
    ("guard", "until", "words"),
    [
        ({"enabled": False}, 0, "asks no general questions"),
        ({}, 0, "General questions were not asked"),
    ],
)
def test_an_empty_plot_says_why(
    qtbot: QtBot,
    page: TrainPage,
    studio: Studio,
    guard: dict[str, Any],
    until: int,
    words: str,
) -> None:
    run = forgotten.forgetting_run(studio.workspace, **guard)
    opened(qtbot, studio, run)
    card = redraw(page)
    assert words in card._silence.text()
    assert card._silence.isVisible()
    assert not card.view.isVisible()
    assert not page.run_view.guard_strip.isVisible()
