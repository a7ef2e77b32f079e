"""Typing in a cell of the table reaches the disk while one types."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLineEdit
from pytestqt.qtbot import QtBot

from studio.app.datasetdocument import DatasetDocument
from studio.app.studio import Studio
from studio.core.example import Triple
from studio.core.workspace import Workspace
from studio.data.store import Dataset
from studio.ui.data.rowstable import RowsTable
from studio.ui.models.rowsmodel import RowsModel


@pytest.fixture
def table(qtbot: QtBot, tmp_path: Path) -> Iterator[RowsTable]:
    with Dataset.create(tmp_path / "rows.sqlite") as data:
        data.insert(0, [Triple(f"q{i}", "", f"a{i}") for i in range(5)])
    studio = Studio(Workspace(tmp_path / "workspace"))
    document = DatasetDocument(tmp_path / "rows.sqlite")
    model = RowsModel(studio.checks)
    model.set_document(document)
    made = RowsTable(model)
    made.resize(900, 300)
    made.document = document  # type: ignore[attr-defined]
    with qtbot.waitExposed(made):
        made.show()
    yield made
    made.close()
    model.set_document(None)
    document.close()
    studio.close()


def begin(qtbot: QtBot, table: RowsTable) -> QLineEdit:
    model = table.model()
    assert isinstance(model, RowsModel)
    table.edit_cell(model.index(2, model.column("output")))
    editor = table.findChild(QLineEdit)
    assert isinstance(editor, QLineEdit)
    return editor


def on_disk(table: RowsTable) -> str:
    document: DatasetDocument = table.document  # type: ignore[attr-defined]
    with Dataset.open(document.path, read_only=True) as data:
        return data.read(2, 3)[0].output


def test_what_is_typed_is_saved_before_the_cell_is_left_and_is_one_step(
    qtbot: QtBot, table: RowsTable
) -> None:
    document: DatasetDocument = table.document  # type: ignore[attr-defined]
    editor = begin(qtbot, table)
    qtbot.keyClicks(editor, "new")
    qtbot.waitUntil(lambda: on_disk(table) == "new")
    qtbot.keyClicks(editor, "er")
    qtbot.waitUntil(lambda: on_disk(table) == "newer")
    assert editor.text() == "newer"
    assert editor.cursorPosition() == 5
    qtbot.keyClick(editor, Qt.Key.Key_Return)
    assert document.undo() == "Edit output"
    assert on_disk(table) == "a2"


@pytest.mark.parametrize("wait", [True, False])
def test_escape_takes_back_all_that_was_typed(qtbot: QtBot, table: RowsTable, wait: bool) -> None:
    document: DatasetDocument = table.document  # type: ignore[attr-defined]
    editor = begin(qtbot, table)
    qtbot.keyClicks(editor, "new")
    if wait:
        qtbot.waitUntil(lambda: on_disk(table) == "new")
        qtbot.keyClicks(editor, "er")
    qtbot.keyClick(editor, Qt.Key.Key_Escape)
    assert on_disk(table) == "a2"
    assert document.undo_text == "Add 5 rows"
    assert table.model().index(2, 3).data() == "a2"
