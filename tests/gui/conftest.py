"""What tests of widgets share: the look, a studio on an empty workspace, its Train page."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from studio.app.runstore import RunStore
from studio.app.studio import Studio
from studio.core.problems import StudioError
from studio.core.workspace import Workspace
from studio.ui.look.theme import Theme
from studio.ui.pages.datapage import DataPage
from studio.ui.pages.trainpage import TrainPage
from tests.helpers.fakeengine import fake_command
from tests.helpers.liveruns import RUN, Begin
from tests.helpers.runs import make_run


@pytest.fixture(scope="session")
def theme(qapp: QApplication) -> Theme:
    """Give the look, applied once; tests that change the scheme put it back."""
    return Theme(qapp)


@pytest.fixture
def light(theme: Theme) -> Iterator[Theme]:
    """Give the look in light, whatever a test makes of it."""
    theme.force(Qt.ColorScheme.Light)
    yield theme
    theme.force(Qt.ColorScheme.Light)


@pytest.fixture
def studio(qapp: QApplication, tmp_path: Path) -> Iterator[Studio]:
    """Give a studio on an empty workspace; nothing of it runs until it is warmed."""
    made = Studio(Workspace(tmp_path / "workspace").create())
    yield made
    made.close()
    made.deleteLater()


@pytest.fixture
def problems(studio: Studio) -> list[StudioError]:
    """Give the problems that the user is told of, as they come."""
    found: list[StudioError] = []
    studio.problem_met.connect(found.append)
    return found


@pytest.fixture
def said(studio: Studio) -> list[tuple[str, object]]:
    """Give what is said in passing, as it comes: the words, and what takes it back."""
    found: list[tuple[str, object]] = []
    studio.said.connect(lambda words, undo: found.append((words, undo)))
    return found


@pytest.fixture
def data_page(qtbot: QtBot, studio: Studio, light: Theme) -> Iterator[DataPage]:
    """Give the Data page of the studio, shown."""
    made = DataPage(studio)
    made.resize(1360, 800)
    with qtbot.waitExposed(made):
        made.show()
    made.shown()
    yield made
    made.hidden()
    made.close()
    made.deleteLater()


@pytest.fixture
def train_page(qtbot: QtBot, studio: Studio, light: Theme) -> Iterator[TrainPage]:
    """Give the Train page, seen and with its plots; what trains on it ends with the test."""
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
def begin(qtbot: QtBot, studio: Studio, train_page: TrainPage) -> Begin:
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
