"""From nothing to a run: each step has one button, and the guide leads from one to the next."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel
from pytestqt.qtbot import QtBot

from studio.app.studio import Studio
from studio.core.problems import FetchError
from studio.core.protocol import Progress
from studio.machine.models import STARTER
from studio.ui.look.theme import Theme
from studio.ui.pages.firstrunpage import FirstRunPage
from tests.helpers.tinymodel import make_tiny_model


@pytest.fixture
def page(qtbot: QtBot, studio: Studio, light: Theme) -> FirstRunPage:
    made = FirstRunPage(studio)
    qtbot.addWidget(made)
    made.show()
    return made


def press(qtbot: QtBot, page: FirstRunPage) -> None:
    qtbot.mouseClick(page.act_button, Qt.MouseButton.LeftButton)


def test_three_presses_lead_to_the_start(qtbot: QtBot, studio: Studio, page: FirstRunPage):
    assert (page.step, page.act_button.text()) == (0, "Open the example")
    press(qtbot, page)
    assert studio.datasets.current is not None
    assert page.leading
    assert (page.step, page.act_button.text()) == (1, "Get the starter model")
    make_tiny_model(studio.workspace.model(STARTER))
    studio.models.refresh()
    assert (page.step, page.act_button.text()) == (2, "Check and start")
    with qtbot.waitSignal(studio.page_requested) as told:
        press(qtbot, page)
    assert told.args == ["Train"]


def test_a_download_says_how_far_it_is(studio: Studio, page: FirstRunPage):
    studio.models.fetch_progressed.emit(
        Progress(id=0, what="Downloading the starter model", done=64_000_000, total=101_000_000)
    )
    assert page._wait.text() == "Downloading the starter model · 64 MB of 101 MB"


def test_a_failed_download_is_a_problem_with_a_way_out(
    qtbot: QtBot, studio: Studio, page: FirstRunPage
):
    with qtbot.waitSignal(studio.problem_met) as told:
        studio.models.fetch_ended.emit(FetchError("No network.", "Try again."))
    assert told.args[0].summary == "No network."


def test_a_download_can_be_cancelled(
    qtbot: QtBot, studio: Studio, page: FirstRunPage, monkeypatch: pytest.MonkeyPatch
):
    press(qtbot, page)
    cancelled: list[bool] = []
    monkeypatch.setattr(type(studio.models), "fetching", True)
    monkeypatch.setattr(studio.models, "cancel_fetch", lambda: cancelled.append(True))
    page._show_step()
    assert not page.act_button.isEnabled()
    assert page.other_button.text() == "Cancel the download"
    qtbot.mouseClick(page.other_button, Qt.MouseButton.LeftButton)
    assert cancelled == [True]


def test_the_keyboard_waits_for_the_next_step_while_a_model_is_fetched(
    qtbot: QtBot, page: FirstRunPage, monkeypatch: pytest.MonkeyPatch
):
    press(qtbot, page)
    page.activateWindow()
    page.act_button.setFocus()
    qtbot.waitUntil(page.act_button.hasFocus)
    monkeypatch.setattr(type(page._studio.models), "fetching", True)
    page._on_fetch_progressed(Progress(id=0, what="Converting the weights", done=0, total=0))
    assert not page.other_button.hasFocus()  # a second press would cancel
    assert not page._meter.isVisible()  # nobody knows how far that is
    monkeypatch.setattr(type(page._studio.models), "fetching", False)
    page._show_step()
    assert page.act_button.hasFocus()


def test_nothing_moves_when_a_step_is_done(qtbot: QtBot, page: FirstRunPage):
    words = next(w for w in page.findChildren(QLabel) if w.text() == "Open the example.")
    before = words.mapTo(page, words.rect().topLeft()).x()
    press(qtbot, page)
    page.grab()  # lays it out anew
    assert words.mapTo(page, words.rect().topLeft()).x() == before


def test_looking_at_the_rows_leaves_the_guide(qtbot: QtBot, studio: Studio, page: FirstRunPage):
    press(qtbot, page)
    with qtbot.waitSignal(studio.page_requested) as told:
        qtbot.mouseClick(page.other_button, Qt.MouseButton.LeftButton)
    assert told.args == ["Data"]
    assert not page.leading


def test_an_own_file_may_be_imported_instead(
    qtbot: QtBot, studio: Studio, page: FirstRunPage, tmp_path: Path, monkeypatch
):
    from studio.ui.pages import firstrunpage

    own = tmp_path / "own.jsonl"
    own.write_text('{"instruction": "a", "output": "b"}\n')
    monkeypatch.setattr(firstrunpage.QFileDialog, "getOpenFileNames", lambda *_: ([str(own)], ""))
    asked: list[str] = []
    studio.page_requested.connect(asked.append)
    with qtbot.waitSignal(studio.datasets.foreign.ready) as ready:
        qtbot.mouseClick(page.other_button, Qt.MouseButton.LeftButton)
    assert asked == ["Data"]
    assert [incoming.path for incoming in ready.args[0]] == [own]


def test_this_computer_is_described_by_what_was_read(
    qtbot: QtBot, studio: Studio, page: FirstRunPage
):
    with qtbot.waitSignal(studio.machine.read, timeout=10_000):
        studio.machine.warm()
    strip = page._environment
    qtbot.waitUntil(lambda: "free" in strip._disk.accessibleName())
    assert "needs about 1 GB" in strip._disk.accessibleName()
