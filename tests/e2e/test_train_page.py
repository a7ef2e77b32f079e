"""The Train page over the real engine: what is asked of a run on its way, and what it shows."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from studio.app.studio import Studio
from studio.core.runstate import State
from studio.core.workspace import Workspace
from studio.ui.look.theme import Theme
from studio.ui.pages.trainpage import TrainPage
from studio.ui.train.detailscard import FIRST_BATCH, ROWS
from studio.ui.widgets.tokenstate import State as Token
from tests.helpers.tinytraining import RECIPE, training_workspace

LONG_MS = 180_000


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return training_workspace(tmp_path)


@pytest.fixture
def page(qtbot: QtBot, qapp: object, workspace: Workspace) -> Iterator[TrainPage]:
    theme = Theme(qapp)  # type: ignore[arg-type]
    theme.force(Qt.ColorScheme.Light)
    studio = Studio(workspace)
    made = TrainPage(studio)
    qtbot.addWidget(made)
    made.show()
    made.shown()
    yield made
    studio.runs.end_at_once()
    made.hidden()
    studio.close()
    studio.deleteLater()


@pytest.mark.slow
def test_a_real_run_answers_what_the_page_asks_and_shows_what_it_told(
    qtbot: QtBot, page: TrainPage
) -> None:
    runs = page._studio.runs
    runs.start(RECIPE)
    qtbot.waitUntil(lambda: runs.current is not None, timeout=LONG_MS)
    store = runs.current
    assert store is not None
    qtbot.waitUntil(lambda: store.state.step >= 2, timeout=LONG_MS)
    acts = page.run_view.acts
    acts.change_rate(1e-3)
    assert acts.wishes.sample("Is there a sauna?")
    qtbot.waitUntil(lambda: not store.alive and store.is_loaded, timeout=LONG_MS)
    assert store.state.state is State.DONE, store.state.summary
    page.run_view.redraw()
    assert store.state.plan["learning_rate"] == 1e-3
    assert store.history.column("learning_rate").max() <= 3e-3
    answers = page.run_view.details.answers
    assert "Is there a sauna?" in [prompt.text for prompt in answers._prompts]
    steps = [frame.step for frame in answers.strip.frames.frames]
    assert steps[0] == 0
    assert {20, 40} <= set(steps)
    assert page.run_view.summary.isVisible()
    page.run_view.details.show_tab(FIRST_BATCH)
    states = {span.state for span in page.run_view.details.first_batch.view.tokens()}
    assert {Token.TRAINED, Token.MASKED} <= states
    page.run_view.details.show_tab(ROWS)
    qtbot.waitUntil(lambda: page.run_view.details.rows._found.rows == 20, timeout=LONG_MS)
