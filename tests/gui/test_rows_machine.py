"""The table of rows follows any sequence of edits, under Qt's own model tester."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import invariant, rule
from PySide6.QtCore import QItemSelectionModel, Qt
from PySide6.QtTest import QAbstractItemModelTester
from PySide6.QtWidgets import QTableView

from studio.app.datasetdocument import DatasetDocument
from studio.app.studio import Studio
from studio.core.workspace import Workspace
from studio.data import order as order_module
from studio.data.store import Dataset, Row
from studio.ui.models.rowsmodel import SPLIT, RowsModel
from tests.helpers.editingmachine import FIELD_NAMES, TEXTS, WHERE, EditingMachine

EDIT = Qt.ItemDataRole.EditRole
FATAL = QAbstractItemModelTester.FailureReportingMode.Fatal


class TableAgainstAList(EditingMachine):
    """The rows in a view stay those of the list, and what is selected stays selected."""

    def __init__(self) -> None:
        super().__init__()
        Dataset.create(self.path).close()
        self.data: DatasetDocument = DatasetDocument(self.path)
        self.studio = Studio(Workspace(Path(self.folder.name) / "workspace"))
        self.model = RowsModel(self.studio.checks)
        self.tester = QAbstractItemModelTester(self.model, FATAL)
        self.model.set_document(self.data)
        self.view = QTableView()
        self.view.setModel(self.model)

    def teardown(self) -> None:
        self.model.set_document(None)
        self.view.setModel(None)
        self.view.deleteLater()
        self.data.close()
        self.studio.close()
        self.folder.cleanup()

    @rule()
    def reopen(self) -> None:
        self.model.set_document(None)
        self.data.close()
        self.data = DatasetDocument(self.path)
        self.model.set_document(self.data)

    @rule(where=WHERE, field=WHERE, text=TEXTS)
    def type_in_a_cell(self, where: int, field: int, text: str) -> None:
        if not self.rows:
            return
        at, name = where % len(self.rows), FIELD_NAMES[field % len(FIELD_NAMES)]
        cell = (self.rows[at].id, name)
        assert self.model.setData(self.model.index(at, self.model.column(name)), text, EDIT)
        self.step(self._edited(((*cell, text),)), f"Edit {name}", cell)

    @rule(where=WHERE)
    def go_to(self, where: int) -> None:
        if self.rows:
            index = self.model.index(where % len(self.rows), 1)
            flag = QItemSelectionModel.SelectionFlag.ClearAndSelect
            self.view.selectionModel().setCurrentIndex(index, flag)

    def read_all(self) -> list[Row]:
        return self.data.read(self.data.ids.tolist())

    @invariant()
    def stays_the_same(self) -> None:
        self.same()
        model = self.model
        assert model.rowCount() == len(self.rows)
        columns = [model.column(name) for name in (*FIELD_NAMES, SPLIT)]
        for at, row in enumerate(self.rows):
            assert model.row_id(at) == row.id
            assert model.find(row.id) == at
            shown = tuple(str(model.index(at, column).data(EDIT)) for column in columns)
            assert shown == (*row.texts, row.split.replace("validation", "val"))


@pytest.fixture(autouse=True)
def narrow_gaps(monkeypatch: pytest.MonkeyPatch, qapp: object) -> None:
    """Let neighbours run out of room after a few insertions, so that they are moved apart."""
    monkeypatch.setattr(order_module, "GAP", 4)
    monkeypatch.setattr(order_module, "_ROOM", 2)


TestTableAgainstAList = TableAgainstAList.TestCase
TestTableAgainstAList.settings = settings(
    max_examples=15,
    stateful_step_count=25,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
