"""What the Train page says of an engine that begins, waits, stands still, goes back or ends."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from studio.app.runhistory import Folder
from studio.app.runstore import RunStore
from studio.core.actions import WAKE
from studio.core.events import (
    CheckpointCommitted,
    PlanChanged,
    Remark,
    RolledBack,
    RoomWanted,
    RunEnded,
    RunStarted,
    StateChanged,
    StepDone,
)
from studio.core.workspace import Workspace
from studio.ui.look.theme import Theme
from studio.ui.pages.trainpage import TrainPage
from studio.ui.statusstrip import StatusStrip
from studio.ui.train.runcard import RunCard
from studio.ui.train.words import head_of, resume_words
from tests.helpers.runs import make_run

DONE = StepDone(
    step=1,
    loss=1.0,
    learning_rate=1e-4,
    grad_norm=1.0,
    tokens=90,
    trained_tokens=40,
    seconds=1.0,
)
STARTED = RunStarted(run="r", total_steps=40, pid=1)
FLAT = Remark(code="flat_loss", summary="The loss has not fallen.", step=1, action="lower_rate")


class Told:
    """A run whose engine says what a test lets it say."""

    def __init__(self, folder: Path) -> None:
        self.store = RunStore(make_run(Workspace(folder).create(), "r"))
        self._folder = Folder()

    def say(self, *events: object) -> None:
        self.store.take(self._folder.fold(list(events)))  # type: ignore[arg-type]

    def begin(self) -> None:
        """Let the library start its engine, after all that was said is read."""
        self.store.alive = self.store.was_started = True
        self.store.set_loaded()


@pytest.fixture
def told(qtbot: QtBot, tmp_path: Path) -> Told:
    return Told(tmp_path)


@pytest.mark.parametrize("end", [RunEnded(outcome="paused", run="r", step=1), DONE])
def test_an_engine_that_was_started_again_boots_whatever_the_one_before_said_last(
    qtbot: QtBot, told: Told, end: object, light: Theme
) -> None:
    qtbot.addWidget(strip := StatusStrip())
    told.say(STARTED, DONE, end)
    told.begin()
    assert told.store.is_booting
    assert head_of(told.store, 3.0).title == "Starting the engine"
    strip.show_live(told.store)
    assert strip.run.words.text() == "Starting the engine"
    told.say(StateChanged(state="loading", detail="Loading the model"))
    assert not told.store.is_booting


def test_a_run_that_has_ended_offers_nothing_while_its_process_goes(
    qtbot: QtBot, told: Told
) -> None:
    card = RunCard()
    qtbot.addWidget(card)
    told.begin()
    told.say(STARTED, DONE)
    card.show_run(told.store, 1.0)
    assert not card.pause_button.isHidden()
    told.say(RunEnded(outcome="paused", run="r", step=1))
    card.show_run(told.store, 1.0)
    assert told.store.is_ending
    assert not told.store.is_booting
    assert head_of(told.store, 1.0).badge[1] == "Paused"
    assert all(button.isHidden() for button in card.buttons)


def test_what_a_run_evaluates_is_said_and_a_run_that_waits_for_room_has_no_time_left(
    told: Told,
) -> None:
    told.begin()
    told.say(STARTED, DONE, StateChanged(state="evaluating", detail="Evaluating 24 held-out rows"))
    assert head_of(told.store, 1.0).share.endswith("· Evaluating 24 held-out rows")
    told.say(RoomWanted(step=1, folder="/full", needed_bytes=9, free_bytes=1))
    head = head_of(told.store, 1.0)
    assert head.badge[1:] == ("Waiting for room", "warning")
    assert head.left == ""


def test_a_run_that_leaves_has_no_time_left_and_one_that_never_began_is_started(
    told: Told,
) -> None:
    assert resume_words(told.store) == "Start"
    told.begin()
    told.say(STARTED, DONE, replace(DONE, step=2, time=DONE.time + 1))
    assert head_of(told.store, 1.0).left
    told.say(StateChanged(state="pausing", detail="Keeping step 2"))
    head = head_of(told.store, 1.0)
    assert (head.badge[1], head.left) == ("Pausing", "")
    told.say(RunEnded(outcome="failed", run="r", step=2))
    assert resume_words(told.store) == "Start again"


def test_checkpoints_that_a_run_went_back_behind_are_not_drawn(told: Told) -> None:
    told.begin()
    for step in (1, 2):
        told.store.folder.checkpoint(step).mkdir(parents=True)
    told.say(STARTED, DONE, CheckpointCommitted(step=2, path="c"))
    assert told.store.kept == {1, 2}
    told.store.folder.checkpoint(2).rename(told.store.folder.path / "aside")
    told.say(RolledBack(step=2, to_step=1, reason="You asked for it."))
    assert told.store.kept == {1}


def test_a_way_back_is_told_and_not_only_its_rate(train_page: TrainPage, told: Told) -> None:
    strips = train_page.run_view.strips
    told.begin()
    told.say(STARTED, DONE)
    told.say(RolledBack(step=9, to_step=1, reason="You asked for it.", learning_rate=5e-5))
    told.say(PlanChanged(step=1, changes={"learning_rate": 5e-5}, reason="You asked for it."))
    strips.show_run(told.store)
    assert "from step 9 to 1" in strips.course.accessibleName()


def test_what_was_told_before_a_resume_is_not_told_again(train_page: TrainPage, told: Told) -> None:
    strips = train_page.run_view.strips
    told.say(STARTED, DONE, FLAT, RunEnded(outcome="paused", run="r", step=1))
    told.begin()
    strips.show_run(told.store)
    told.say(StateChanged(state="loading"))
    strips.show_run(told.store)
    assert strips.remark.isHidden()
    told.say(FLAT)
    strips.show_run(told.store)
    assert not strips.remark.isHidden()


def test_a_process_that_stands_still_can_be_ended_too(train_page: TrainPage, told: Told) -> None:
    strips = train_page.run_view.strips
    told.begin()
    told.say(STARTED, DONE)
    told.store.set_trouble(Remark(code="process_stopped", summary="It stands.", action=WAKE))
    strips.show_run(told.store)
    assert [button.text() for button in strips.remark.buttons] == ["Let it go on", "End at once"]


def test_a_run_that_diverged_says_why_once(train_page: TrainPage, told: Told) -> None:
    strips = train_page.run_view.strips
    why, hint = "The loss was no number.", "The rate is likely too high. Go back to the start."
    told.begin()
    told.say(
        STARTED,
        DONE,
        Remark(code="diverged", summary=why, hint=hint, step=1, action="roll_back:0"),
        RunEnded(outcome="diverged", run="r", step=1, summary=why),
    )
    strips.show_run(told.store)
    assert strips.remark.accessibleName().startswith("The rate is likely too high")
    assert why not in strips.remark.accessibleName()
