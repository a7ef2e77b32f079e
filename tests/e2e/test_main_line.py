"""The main line in the real window: a file of rows becomes two answers side by side."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QFileDialog, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from studio.core.resources import resource
from studio.core.runstate import State
from studio.core.sampler import Sampler
from studio.core.workspace import Workspace
from studio.ui.start import build_window
from studio.ui.window import StudioWindow
from tests.helpers.basealone import base_answer
from tests.helpers.starter import place_model

pytestmark = [pytest.mark.slow, pytest.mark.timeout(500)]
FOLDER = resource("datasets", "hotel-concierge")
ROWS, STEPS, NEW_TOKENS = 42, 8, 24
SETTINGS = {"max_steps": STEPS, "max_tokens": 128, "micro_batch": 2}
SETTINGS |= {"save_steps": STEPS, "eval_steps": STEPS}
QUESTION = "Can I still get breakfast at half past ten?"


@pytest.fixture
def rows_file(tmp_path: Path) -> Path:
    """A user's own file."""
    lines = (FOLDER / "train.jsonl").read_text(encoding="utf-8").splitlines(keepends=True)
    path = tmp_path / "concierge.jsonl"
    path.write_text("".join(lines[:ROWS]), encoding="utf-8")
    return path


@pytest.fixture
def window(qtbot: QtBot, qapp: QApplication, tmp_path: Path, starter_model: Path) -> Iterator[Any]:
    workspace = Workspace(tmp_path / "workspace").create()
    place_model(starter_model, workspace.path)
    made = build_window(qapp, workspace)
    with qtbot.waitSignal(made.painted):
        made.show()
    made.studio.warm()
    yield made
    live = made.studio.runs.live
    if live is not None:
        made.studio.runs.end_at_once()
        qtbot.waitUntil(lambda: made.studio.runs.live is None, timeout=30_000)
    made.close()
    made.deleteLater()


def click(qtbot: QtBot, button: QWidget | None) -> None:
    assert button is not None
    assert button.isVisible()
    assert button.isEnabled()
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)


def find_button(page: QWidget, words: str) -> QPushButton | None:
    """The button that is seen with these words on it."""
    shown = (b for b in page.findChildren(QPushButton) if b.isVisible() and b.text() == words)
    return next(shown, None)


def import_rows(
    qtbot: QtBot, window: StudioWindow, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Take the file through the first run's button; the system's own dialog cannot be driven."""
    monkeypatch.setattr(QFileDialog, "getOpenFileNames", lambda *_: ([str(path)], ""))
    page = window.page("Data")
    click(qtbot, window.page("First run").other_button)
    qtbot.waitUntil(lambda: page.arrivals.dialog is not None, timeout=20_000)
    sheet = page.arrivals.dialog
    qtbot.waitUntil(lambda: f"{ROWS} rows" in sheet.import_button.text(), timeout=20_000)
    with qtbot.waitSignal(window.studio.datasets.import_ended, timeout=30_000) as ended:
        click(qtbot, sheet.import_button)
    assert ended.args[0].rows == ROWS, ended.args[0]
    qtbot.waitUntil(lambda: page.table.isVisible() and page.model.rowCount() == ROWS)


def choose_model(qtbot: QtBot, window: StudioWindow) -> None:
    window.open_page("Model")
    page, studio = window.page("Model"), window.studio
    qtbot.waitUntil(
        lambda: len(page.models.list.accessibleName()) > 0 and bool(studio.models.all())
    )
    [starter] = studio.models.all()
    page.models.chosen.emit(starter.folder)
    assert studio.models.current == starter
    page.settings.set_depth("everything")
    for name, value in SETTINGS.items():
        page.settings.field(name).setValue(value)
    rate = page.settings.field("learning_rate")
    rate.selectAll()
    qtbot.keyClicks(rate, "2e-3")
    studio.draft.edit("precision", "fp32")  # bf16 breaks ties by how the rows lie in a batch
    recipe = studio.draft.recipe
    assert (recipe.max_steps, recipe.max_tokens, recipe.learning_rate) == (STEPS, 128, 2e-3)
    assert recipe.method_title.startswith("QLoRA")
    qtbot.waitUntil(lambda: page.plan.accessibleDescription().startswith("Fits"), timeout=20_000)
    assert page.plan.bar.isVisible()


def train(qtbot: QtBot, window: StudioWindow) -> None:
    window.open_page("Train")
    page, studio = window.page("Train"), window.studio
    qtbot.waitUntil(lambda: find_button(page, "Hold out a tenth") is not None, timeout=20_000)
    click(qtbot, find_button(page, "Hold out a tenth"))
    held = studio.datasets.current.split_counts()["validation"]
    assert 3 <= held <= 5
    start = page.start_view.plan.start_button
    qtbot.waitUntil(start.isEnabled, timeout=60_000)
    with qtbot.waitSignal(studio.runs.run_ended, timeout=450_000) as ended:
        click(qtbot, start)
    store = ended.args[0]
    assert store.state.state is State.DONE, store.state
    losses = store.history.column("loss").tolist()
    assert len(losses) == STEPS
    assert sum(losses[-3:]) / 3 < 0.8 * losses[0]
    assert store.state.measured_peak_bytes > 0
    assert page.run_view.isVisible()


def ask_both(qtbot: QtBot, window: StudioWindow) -> list[str]:
    """Ask the question greedily; return the base's and the adapted answer as they are shown."""
    compare = window.page("Train").run_view.summary.chat_button
    qtbot.waitUntil(compare.isVisible)
    click(qtbot, compare)
    assert window.current_page == "Chat"
    page = window.page("Chat").parts
    page.composer.panel.set_sampler(Sampler(temperature=0.0, max_new_tokens=NEW_TOKENS))
    qtbot.keyClicks(page.composer.editor, QUESTION)
    click(qtbot, page.composer.send_button)
    [exchange] = page.conversation.exchanges
    qtbot.waitUntil(lambda: not exchange.open, timeout=180_000)
    return [answer.view.text for answer in exchange.answers]


def test_from_a_file_to_two_answers_in_the_window(
    qtbot: QtBot,
    window: StudioWindow,
    rows_file: Path,
    starter_model: Path,
    monkeypatch: pytest.MonkeyPatch,
):
    before = rows_file.read_bytes()
    import_rows(qtbot, window, rows_file, monkeypatch)
    choose_model(qtbot, window)
    train(qtbot, window)
    base, adapted = ask_both(qtbot, window)

    facts = window.studio.chat.facts
    assert facts is not None
    assert facts.base_proven, facts.self_test
    alone = base_answer(starter_model, facts.precision, NEW_TOKENS, QUESTION)
    assert base.strip() == alone.strip()
    assert adapted.strip()
    assert adapted.strip() != base.strip()
    assert rows_file.read_bytes() == before
