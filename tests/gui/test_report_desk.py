"""Writing a report from the window: asked where, written off the window's thread, opened."""

from __future__ import annotations

import pytest
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QFileDialog, QWidget

from studio.app.studio import Studio
from studio.core.workspace import Workspace
from studio.ui.reportdesk import ReportDesk
from tests.helpers.chatrun import make_trained_run

RUN = "2026-11-22-hotel-1"
PATIENCE_MS = 30_000


@pytest.fixture
def studio(qtbot, tmp_path):
    workspace = Workspace(tmp_path / "ws").create()
    make_trained_run(workspace, RUN)
    made = Studio(workspace)
    yield made
    made.close()


@pytest.mark.parametrize("browser", [True, False])
def test_a_report_is_written_where_one_says_and_opened(
    studio, qtbot, tmp_path, monkeypatch, browser
):
    parent, said, opened = QWidget(), [], []
    qtbot.addWidget(parent)
    studio.said.connect(lambda words, undo: said.append(words))
    chosen = tmp_path / "mine"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(chosen), ""))
    monkeypatch.setattr(
        QDesktopServices, "openUrl", lambda url: opened.append(url.toLocalFile()) or browser
    )
    ReportDesk(studio, parent).ask(RUN)
    qtbot.waitUntil(lambda: bool(opened), timeout=PATIENCE_MS)
    assert opened == [f"{chosen}.html"]
    assert "Fine-tuning report" in chosen.with_name("mine.html").read_text(encoding="utf-8")
    assert chosen.with_name("mine.md").is_file()
    assert "mine.html saved" in said
    assert any("No browser answered" in words for words in said) is not browser


def test_what_stands_against_it_is_shown(studio, qtbot, tmp_path, monkeypatch):
    parent = QWidget()
    qtbot.addWidget(parent)
    chosen = tmp_path / "nowhere" / "page.html"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(chosen), ""))
    desk = ReportDesk(studio, parent)
    with qtbot.waitSignal(studio.problem_met, timeout=PATIENCE_MS) as met:
        desk.ask(RUN)
    assert "cannot be written" in met.args[0].summary


def test_a_model_card_goes_into_the_adapters_folder_and_is_told(studio, qtbot):
    parent, said = QWidget(), []
    qtbot.addWidget(parent)
    studio.said.connect(lambda words, undo: said.append(words))
    ReportDesk(studio, parent).write_card(RUN)
    card = studio.workspace.run(RUN).adapter / "README.md"
    qtbot.waitUntil(lambda: f"The model card is {card}" in said, timeout=PATIENCE_MS)
    assert "base_model" in card.read_text(encoding="utf-8")
    with qtbot.waitSignal(studio.problem_met, timeout=PATIENCE_MS) as met:
        card.write_text("# mine")
        ReportDesk(studio, parent).write_card(RUN)
    assert "somebody else" in met.args[0].summary and card.read_text() == "# mine"
