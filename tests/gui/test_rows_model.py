"""The table of rows over a real dataset, under Qt's own model tester."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import QModelIndex, Qt
from PySide6.QtTest import QAbstractItemModelTester
from pytestqt.qtbot import QtBot

from studio.app.datasetdocument import DatasetDocument
from studio.app.rowchecks import RowChecks
from studio.app.studio import Studio
from studio.core.example import Conversation, Example, Kind, Preference, Text, Triple
from studio.core.workspace import Workspace
from studio.data.store import Dataset
from studio.ui.models import rowsmodel
from studio.ui.models.rowcolumns import COLUMNS
from studio.ui.models.rowpages import MAX_PAGES, PAGE, Places
from studio.ui.models.rowsmodel import RowsModel
from studio.ui.widgets.cells import CELL, Cell
from tests.helpers.judged import found, lengths

ROWS = 400
NUMBER, INSTRUCTION, _, OUTPUT, TOKENS, SPLIT, TAGS, SIGN = range(8)


@pytest.fixture
def document(qtbot: QtBot, tmp_path: Path) -> Iterator[DatasetDocument]:
    with Dataset.create(tmp_path / "rows.sqlite") as data:
        data.insert(0, [Triple(f"q{i}", "", f"a{i}") for i in range(ROWS)])
    made = DatasetDocument(tmp_path / "rows.sqlite")
    yield made
    made.close()


@pytest.fixture
def checks(qtbot: QtBot, tmp_path: Path) -> Iterator[RowChecks]:
    studio = Studio(Workspace(tmp_path / "workspace"))
    yield studio.checks
    studio.close()


@pytest.fixture
def model(document: DatasetDocument, checks: RowChecks) -> Iterator[RowsModel]:
    made = RowsModel(checks)
    tester = QAbstractItemModelTester(made, QAbstractItemModelTester.FailureReportingMode.Fatal)
    made.set_document(document)
    yield made
    made.set_document(None)
    del tester


def words(model: RowsModel, column: int = INSTRUCTION) -> list[str]:
    return [model.index(row, column).data() for row in range(model.rowCount())]


def test_the_table_shows_each_row_with_its_number_and_split(model: RowsModel) -> None:
    assert model.rowCount() == ROWS
    assert words(model) == [f"q{i}" for i in range(ROWS)]
    assert model.index(6, NUMBER).data(CELL).words == "7"
    assert model.index(6, NUMBER).data(Qt.ItemDataRole.AccessibleTextRole) == "7"
    assert model.index(6, SPLIT).data() == "train"
    assert model.index(6, 2).data() == "–"
    assert model.index(6, TOKENS).data() == "–"


def test_only_a_few_pages_are_kept_whatever_is_scrolled(model: RowsModel) -> None:
    for _ in range(3):
        words(model)
    assert len(model._pages) == -(-ROWS // PAGE) <= MAX_PAGES


def test_an_edit_in_a_cell_is_on_the_disk_at_once(
    model: RowsModel, document: DatasetDocument
) -> None:
    index = model.index(3, OUTPUT)
    assert index.flags() & Qt.ItemFlag.ItemIsEditable
    assert not model.index(3, TOKENS).flags() & Qt.ItemFlag.ItemIsEditable
    assert model.setData(index, "new\ntext")
    assert index.data() == "new text"
    assert index.data(Qt.ItemDataRole.EditRole) == "new\ntext"
    with Dataset.open(document.path, read_only=True) as data:
        assert data.read(3, 4)[0].output == "new\ntext"


def test_an_edit_that_cannot_be_saved_is_refused_aloud(qtbot: QtBot, model: RowsModel) -> None:
    with qtbot.waitSignal(model.refused) as told:
        assert not model.setData(model.index(3, OUTPUT), "half \ud800")
    assert "half of a character" in told.args[0].summary
    assert model.index(3, OUTPUT).data() == "a3"


def test_rows_that_come_and_go_move_no_others(
    qtbot: QtBot, model: RowsModel, document: DatasetDocument
) -> None:
    resets: list[object] = []
    model.modelReset.connect(lambda: resets.append(1))
    spans: list[tuple[str, int, int]] = []
    model.rowsInserted.connect(lambda _, a, b: spans.append(("in", a, b)))
    model.rowsRemoved.connect(lambda _, a, b: spans.append(("out", a, b)))
    document.insert(5, [Triple("x"), Triple("y")])
    document.delete(document.ids[10:13].tolist())
    document.undo()
    document.undo()
    document.redo()
    assert spans == [
        ("in", 5, 6),
        ("out", 10, 12),
        ("in", 10, 12),
        ("out", 5, 6),
        ("in", 5, 6),
    ]
    assert not resets
    document.delete([int(document.ids[0]), int(document.ids[9])])
    assert resets
    assert words(model)[:5] == ["q1", "q2", "q3", "q4", "x"]


def test_rows_that_were_found_keep_their_numbers(
    model: RowsModel, document: DatasetDocument
) -> None:
    ids = document.ids
    model.show_found(ids[[20, 3]])
    assert words(model) == ["q20", "q3"]
    assert model.index(0, NUMBER).data(CELL).words == "21"
    assert model.index(1, NUMBER).data(CELL).words == "4"
    model.show_found(ids[:0])
    assert model.rowCount() == 0
    model.show_all()
    assert model.rowCount() == ROWS


def test_rows_that_come_while_some_are_shown_stand_where_they_belong(
    model: RowsModel, document: DatasetDocument
) -> None:
    model.show_found(document.ids[[50, 20, 3]])
    document.insert(21, [Triple("below q20")])
    assert words(model) == ["q50", "q20", "below q20", "q3"]
    document.delete([model.row_id(1)])
    assert words(model) == ["q50", "below q20", "q3"]
    assert model.index(0, NUMBER).data(CELL).words == "51"
    document.undo()
    assert sorted(words(model)) == ["below q20", "q20", "q3", "q50"]
    document.move([model.row_id(model.rowCount() - 1)], 0)
    assert model.rowCount() == 4
    assert "1" in words_of(model, NUMBER)


def words_of(model: RowsModel, column: int) -> list[str]:
    return [model.index(row, column).data(CELL).words for row in range(model.rowCount())]


def test_tags_are_shown_in_one_cell(model: RowsModel, document: DatasetDocument) -> None:
    document.add_tag([int(document.ids[1])], "rooms")
    document.add_tag([int(document.ids[1])], "prices")
    assert words_of(model, TAGS)[:3] == ["–", "prices, rooms", "–"]


@pytest.mark.parametrize("kind", list(Kind))
def test_every_kind_has_its_columns(
    qtbot: QtBot, tmp_path: Path, checks: RowChecks, kind: Kind
) -> None:
    turns = (
        {"role": "system", "content": "be brief"},
        {"role": "user", "content": "late?"},
        {"role": "assistant", "content": "yes,\nuntil two"},
    )
    examples: dict[Kind, list[Example | tuple[str, ...]]] = {
        Kind.TRIPLE: [Triple("late?", "", "yes,\nuntil two"), Triple("")],
        Kind.CONVERSATION: [Conversation(turns), ("no turns", "")],
        Kind.TEXT: [Text("late?"), Text("")],
        Kind.PREFERENCE: [Preference("late?", "yes", "no"), Preference("", "yes", "")],
    }
    shown = {
        Kind.TRIPLE: [["late?", "–", "yes, until two"], ["–", "–", "empty"]],
        Kind.CONVERSATION: [["late?", "3", "yes, until two"], ["no turns", "–", "empty"]],
        Kind.TEXT: [["late?", "5"], ["empty", "0"]],
        Kind.PREFERENCE: [["late?", "yes", "no"], ["empty", "yes", "–"]],
    }
    path = tmp_path / f"{kind}.sqlite"
    with Dataset.create(path, kind) as data:
        data.insert(0, examples[kind])
    document, model = DatasetDocument(path), RowsModel(checks)
    tester = QAbstractItemModelTester(model, QAbstractItemModelTester.FailureReportingMode.Fatal)
    model.set_document(document)
    heads = [model.headerData(at, Qt.Orientation.Horizontal) for at in range(model.columnCount())]
    assert heads == [column.head for column in COLUMNS[kind]]
    middle = range(1, len(heads) - 4)
    for row, cells in enumerate(shown[kind]):
        assert [model.index(row, at).data() for at in middle] == cells
        for at in range(len(heads)):
            editable = bool(model.index(row, at).flags() & Qt.ItemFlag.ItemIsEditable)
            assert editable == (COLUMNS[kind][at].field in data.fields)
    model.set_document(None)
    document.close()
    del tester


def test_a_view_of_too_many_rows_shows_the_first(
    model: RowsModel, document: DatasetDocument, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rowsmodel, "MOST_ROWS", 100)
    model.show_found(document.ids[::-1])
    assert model.rowCount() == 100
    document.delete(document.ids[:10])
    assert model.rowCount() <= 100


@given(st.lists(st.integers(1, 50), unique=True), st.lists(st.integers(1, 60)))
def test_places_are_those_of_a_plain_list(ids: list[int], asked: list[int]) -> None:
    places = Places(np.array(ids, np.int64))
    wanted = [ids.index(row) if row in ids else -1 for row in asked]
    assert places.of_all(np.array(asked, np.int64)).tolist() == wanted
    assert [places.of(row) for row in asked] == wanted


def test_checks_fill_tokens_and_signs(
    model: RowsModel, document: DatasetDocument, checks: RowChecks
) -> None:
    model.set_limit(50)
    first, second = (int(row) for row in document.ids[:2])
    checks._on_opened(document)
    known = lengths((first, 71, 31), (second, 50, 10))
    checks._found = found(known)
    checks._judge()
    over, fits = (model.index(row, TOKENS).data(CELL) for row in (0, 1))
    assert (over.words, over.tone, over.bold) == ("71", "danger", True)
    assert (fits.words, fits.tone, fits.bold) == ("50", "text", False)
    assert model.index(0, SIGN).data(CELL) == Cell("")
    checks._found = found(known, {"mojibake": [first], "email": [first, second]})
    checks._judge()
    grave, slight = (model.index(row, SIGN).data(CELL) for row in (0, 1))
    assert (grave.tone, grave.icon) == ("warning", "warning")
    assert grave.words.startswith("Characters look as if they were read with the wrong encoding.")
    assert (slight.tone, slight.icon) == ("muted", "info")


def test_hostile_text_is_shown_as_it_is_and_shortened(
    model: RowsModel, document: DatasetDocument
) -> None:
    row = int(document.ids[0])
    document.edit(row, "instruction", "<img src='file:///etc/passwd'>" + "x" * 1_000_000)
    shown = model.index(0, INSTRUCTION).data()
    assert shown.startswith("<img src=")
    assert len(shown) < 300
    tip = model.index(0, INSTRUCTION).data(Qt.ItemDataRole.ToolTipRole)
    assert "<img" not in tip
    assert "&lt;img" in tip
    assert len(tip) < 2000


def test_an_empty_answer_says_so(model: RowsModel, document: DatasetDocument) -> None:
    document.edit(int(document.ids[0]), "output", " \n")
    assert model.index(0, OUTPUT).data(CELL) == Cell("empty", "danger")
    assert model.index(0, OUTPUT).data(Qt.ItemDataRole.EditRole) == " \n"


def test_no_document_is_an_empty_table(model: RowsModel) -> None:
    model.set_document(None)
    assert model.rowCount() == 0
    assert not model.index(0, 0).isValid()
    assert model.data(QModelIndex()) is None
