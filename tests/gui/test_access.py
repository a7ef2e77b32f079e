"""Every page can be used by keyboard and read aloud, and shows hostile text as it is."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QAccessible, QFont
from PySide6.QtWidgets import QAbstractButton, QAbstractSpinBox, QApplication, QLabel, QWidget
from pytestqt.qtbot import QtBot

from studio.app.studio import Studio
from studio.core.events import Evaluated, RunEnded, RunStarted, StepDone
from studio.core.example import Triple
from studio.machine.models import STARTER
from studio.ui.look.theme import Theme
from studio.ui.widgets.note import Note
from studio.ui.widgets.rail import PAGES
from studio.ui.window import StudioWindow
from tests.helpers.runs import GIB, add_events, make_run
from tests.helpers.tinymodel import make_tiny_model

HOSTILE = "<img src='file:///nowhere/red.png'><s>struck</s><table><tr><td>" * 3
EVERY = (*PAGES, "Settings")


@pytest.fixture
def window(qtbot: QtBot, studio: Studio, light: Theme) -> Iterator[StudioWindow]:
    """Give the real window with data, a model and a run, all named by somebody hostile."""
    made = open_window(qtbot, studio, light)
    yield made
    made.close()
    made.deleteLater()


def open_window(qtbot: QtBot, studio: Studio, theme: Theme) -> StudioWindow:
    make_tiny_model(studio.workspace.model(STARTER))
    folder = make_run(studio.workspace, "2026-11-22-run-1", title=HOSTILE)
    add_events(
        folder,
        [
            RunStarted(run="r", total_steps=3, pid=1, predicted_peak_bytes=GIB, device=HOSTILE),
            Evaluated(step=0, target_loss=2.0),
            *(
                StepDone(
                    step=n,
                    loss=2.0 / n,
                    learning_rate=1e-4,
                    grad_norm=1.0,
                    tokens=10,
                    trained_tokens=5,
                    seconds=0.1,
                )
                for n in range(1, 4)
            ),
            RunEnded(outcome="failed", run="r", step=3, summary=HOSTILE, hint=HOSTILE, details="d"),
        ],
    )
    window = StudioWindow(studio, theme)
    document = studio.datasets.create("hostile")
    document.insert(0, [Triple(HOSTILE, HOSTILE, HOSTILE)])
    studio.models.follow(studio.draft)
    studio.models.choose(studio.workspace.model(STARTER))
    window.resize(1300, 850)
    window.open_page("Data")
    window.show()
    with qtbot.waitSignal(studio.runs.listed):
        studio.runs.refresh()
    studio.runs.open("2026-11-22-run-1")
    run = studio.runs.current
    assert run is not None
    qtbot.waitUntil(lambda: run.is_loaded)
    return window


def in_reach(page: QWidget) -> list[QWidget]:
    """Return the visible widgets that the Tab key stops at; a spin box stands for its line."""
    tab = Qt.FocusPolicy.TabFocus
    lines = {box.lineEdit() for box in page.findChildren(QAbstractSpinBox)}
    found = [w for w in page.findChildren(QWidget) if w not in lines and w.focusProxy() is None]
    return [w for w in found if w.isVisible() and w.isEnabled() and w.focusPolicy() & tab]


def spoken_name(widget: QWidget) -> str:
    interface = QAccessible.queryAccessibleInterface(widget)
    return interface.text(QAccessible.Text.Name) if interface is not None else ""


@pytest.mark.parametrize("small", [False, True])
def test_everything_the_keyboard_reaches_has_a_name(window: StudioWindow, small: bool):
    window.resize(1024 if small else 1400, 850)
    nameless = []
    for name in EVERY:
        window.open_page(name)
        QApplication.processEvents()
        nameless += [f"{name}: {w}" for w in in_reach(window.page(name)) if not spoken_name(w)]
    assert nameless == []


def test_every_button_without_words_has_a_tooltip(window: StudioWindow):
    for name in EVERY:
        window.open_page(name)
        for button in window.page(name).findChildren(QAbstractButton):
            if button.isVisible() and not button.text() and not button.icon().isNull():
                assert button.toolTip(), f"{name}: {button}"


def test_no_label_reads_marks_in_text_of_others(window: StudioWindow):
    for name in EVERY:
        window.open_page(name)
        for words in window.page(name).findChildren(QLabel):
            ours = isinstance(words.parentWidget(), Note)  # escapes what it is given
            if ours:
                assert "<img" not in words.text()
            else:
                assert words.textFormat() is Qt.TextFormat.PlainText, f"{name}: {words.text()!r}"


def test_no_tooltip_reads_marks_in_text_of_others(window: StudioWindow):
    for name in EVERY:
        window.open_page(name)
        for widget in window.findChildren(QWidget):
            assert "<img" not in widget.toolTip(), f"{name}: {widget}"


def test_tab_leads_through_a_page_and_out_of_it(qtbot: QtBot, window: StudioWindow):
    with qtbot.waitActive(window):
        window.activateWindow()
    for name in EVERY:
        window.open_page(name)
        page = window.page(name)
        page.setFocus()
        seen: list[QWidget] = []
        for _ in range(200):
            window.focusNextChild()
            now = QApplication.focusWidget()
            assert now is not None
            if now in seen:
                break
            seen.append(now)
        inside = [w for w in seen if page.isAncestorOf(w)]
        assert inside, f"{name}: nothing is reached"
        assert [w for w in seen if not page.isAncestorOf(w)], f"{name}: no way out"


@pytest.mark.parametrize("family", ["DejaVu Sans", "Inter"])
def test_no_words_on_a_button_are_cut(
    qtbot: QtBot, studio: Studio, light: Theme, family: str, qapp: QApplication
):
    before = qapp.font()
    qapp.setFont(QFont(family, 10))
    light.force(Qt.ColorScheme.Light)
    window = open_window(qtbot, studio, light)
    cut = []
    for width in (1440, 1024):
        window.resize(width, 850)
        for name in EVERY:
            window.open_page(name)
            QApplication.processEvents()
            for button in window.page(name).findChildren(QAbstractButton):
                if not button.isVisible() or not button.text():
                    continue
                if button.width() < button.minimumSizeHint().width() - 1:
                    cut.append(f"{name} at {width}: {button.text()!r}")
    window.close()
    window.deleteLater()
    qapp.setFont(before)
    assert cut == []
