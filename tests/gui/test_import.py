"""From dropped files to datasets: what was recognised is shown, and what was left out is mended."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QAbstractItemModelTester, QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from studio.app.studio import Studio
from studio.core.example import Kind
from studio.core.problems import StudioError
from studio.data.mending import STEP
from studio.ui.data.importdialog import ImportDialog
from studio.ui.data.leftout import LeftOutDialog, family_of
from studio.ui.models.leftoutmodel import LeftOutModel
from studio.ui.pages.datapage import DataPage

ALPACA = "".join(
    json.dumps({"instruction": f"q{n}", "input": "", "output": "" if n % 4 == 0 else f"a{n}"})
    + "\n"
    for n in range(40)
)


@pytest.fixture
def page(data_page: DataPage) -> DataPage:
    return data_page


def asked(qtbot: QtBot, page: DataPage, *paths: Path) -> ImportDialog:
    """Bring files in and return the sheet that shows them, once they are counted."""
    page.import_files(list(paths))
    qtbot.waitUntil(lambda: page.arrivals.dialog is not None, timeout=10_000)
    dialog = page.arrivals.dialog
    assert dialog is not None
    qtbot.waitUntil(lambda: "row" in dialog.import_button.text(), timeout=20_000)
    return dialog


def accept(qtbot: QtBot, studio: Studio, dialog: ImportDialog) -> None:
    with qtbot.waitSignal(studio.datasets.import_ended, timeout=20_000):
        dialog.import_button.click()


def texts(studio: Studio) -> list[tuple[str, ...]]:
    document = studio.datasets.current
    assert document is not None
    return [row.texts for row in document.read(document.ids.tolist())]


def test_a_file_is_shown_as_what_it_is_and_comes_in_with_one_click(
    qtbot: QtBot, studio: Studio, page: DataPage, tmp_path: Path
) -> None:
    (tmp_path / "movies.jsonl").write_text(ALPACA)
    dialog = asked(qtbot, page, tmp_path / "movies.jsonl")
    assert dialog.words.text() == "Questions and answers: instruction, input, output (Alpaca)"
    assert dialog.import_button.text() == "Import 40 rows"
    assert "10 rows have no answer." in dialog.remarks.text()
    assert dialog.table.model().rowCount() == 20
    assert dialog.table.model().index(1, 2).data() == "a1"
    accept(qtbot, studio, dialog)
    assert studio.datasets.names() == ["movies"]
    assert texts(studio)[1] == ("q1", "", "a1")


def test_what_a_column_is_may_be_said_in_its_heading_and_is_remembered(
    qtbot: QtBot, studio: Studio, page: DataPage, tmp_path: Path
) -> None:
    (tmp_path / "odd.csv").write_text("frage,notiz,antwort\nq,n,a\n")
    dialog = asked(qtbot, page, tmp_path / "odd.csv")
    assert not dialog.import_button.isEnabled()
    assert dialog.note.isVisible()
    for column, words in (("frage", "Instruction"), ("antwort", "Output")):
        field = dialog.table.header.field(column)
        field.setCurrentIndex(field.findText(words))
    assert dialog.import_button.isEnabled()
    dialog.again.setChecked(True)
    accept(qtbot, studio, dialog)
    assert texts(studio) == [("q", "", "a")]
    (tmp_path / "more.csv").write_text("antwort,frage,notiz\na2,q2,n\n")
    with qtbot.waitSignal(studio.datasets.import_ended, timeout=20_000):
        page.import_files([tmp_path / "more.csv"])
    assert page.arrivals.dialog is None
    assert texts(studio) == [("q2", "", "a2")]


def test_a_role_is_for_one_column(qtbot: QtBot, page: DataPage, tmp_path: Path) -> None:
    (tmp_path / "two.jsonl").write_text('{"question": "q", "answer": "a", "better": "b"}\n')
    dialog = asked(qtbot, page, tmp_path / "two.jsonl")
    header = dialog.table.header
    header.field("better").setCurrentIndex(header.field("better").findData("output"))
    assert dialog.plan.lack().startswith("Two columns are output")
    assert not dialog.import_button.isEnabled()
    header.field("answer").setCurrentIndex(0)
    assert dialog.import_button.isEnabled()
    assert dialog.words.text() == "Questions and answers, as you said"
    dialog.reject()


def test_rows_may_become_another_kind(
    qtbot: QtBot, studio: Studio, page: DataPage, tmp_path: Path
) -> None:
    (tmp_path / "chat.jsonl").write_text('{"instruction": "q", "output": "a"}\n')
    dialog = asked(qtbot, page, tmp_path / "chat.jsonl")
    dialog.kind_field.setCurrentIndex(dialog.kind_field.findData(Kind.CONVERSATION))
    dialog.kind_field.activated.emit(dialog.kind_field.currentIndex())
    accept(qtbot, studio, dialog)
    (row,) = texts(studio)
    assert [turn["content"] for turn in json.loads(row[0])] == ["q", "a"]


def test_paragraphs_of_several_files_become_one_dataset(
    qtbot: QtBot, studio: Studio, page: DataPage, tmp_path: Path
) -> None:
    (tmp_path / "a.md").write_text("One\n\nTwo\n")
    (tmp_path / "b.txt").write_text("Three\n")
    dialog = asked(qtbot, page, tmp_path / "a.md", tmp_path / "b.txt")
    assert dialog.import_button.text() == "Import 2 rows"
    dialog.each_field.setCurrentIndex(1)
    dialog.each_field.activated.emit(1)
    qtbot.waitUntil(lambda: dialog.import_button.text() == "Import 3 rows", timeout=20_000)
    accept(qtbot, studio, dialog)
    assert texts(studio) == [("One",), ("Two",), ("Three",)]


def test_files_of_different_kinds_become_a_dataset_each(
    qtbot: QtBot, studio: Studio, page: DataPage, tmp_path: Path
) -> None:
    (tmp_path / "a.jsonl").write_text('{"instruction": "q", "output": "a"}\n')
    (tmp_path / "b.jsonl").write_text('{"prompt": "q", "chosen": "a", "rejected": "b"}\n')
    dialog = asked(qtbot, page, tmp_path / "a.jsonl", tmp_path / "b.jsonl")
    assert not dialog.together.isVisible()
    assert "each becomes a dataset of its own" in dialog.remarks.text()
    ended: list[object] = []
    studio.datasets.import_ended.connect(ended.append)
    dialog.import_button.click()
    qtbot.waitUntil(lambda: len(ended) == 2, timeout=20_000)
    assert studio.datasets.names() == ["a", "b"]
    kinds = [summary.kind for summary in studio.datasets.summaries()]
    assert kinds == [Kind.TRIPLE, Kind.PREFERENCE]


def test_a_folder_brings_its_files_and_what_cannot_be_read_is_told(
    qtbot: QtBot,
    studio: Studio,
    page: DataPage,
    tmp_path: Path,
    problems: list[StudioError],
) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "a.jsonl").write_text('{"instruction": "q", "output": "a"}\n')
    (folder / "b.png").write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(range(256)))
    dialog = asked(qtbot, page, folder)
    assert [plan.name for plan in dialog.plan.plans] == ["a.jsonl"]
    assert ["b.png is not text." in problem.summary for problem in problems] == [True]
    dialog.reject()


def test_the_sheet_works_by_keyboard(
    qtbot: QtBot, studio: Studio, page: DataPage, tmp_path: Path
) -> None:
    (tmp_path / "odd.csv").write_text("frage,antwort\nq,a\n")
    dialog = asked(qtbot, page, tmp_path / "odd.csv")
    QTest.qWaitForWindowActive(dialog)
    header = dialog.table.header
    header.field("frage").setFocus()
    QTest.keyClick(header.field("frage"), Qt.Key.Key_Down)
    QTest.keyClick(header.field("frage"), Qt.Key.Key_Tab)
    assert dialog.focusWidget() is header.field("antwort")
    for _ in range(3):
        QTest.keyClick(header.field("antwort"), Qt.Key.Key_Down)
    assert dialog.plan.lack() == ""
    with qtbot.waitSignal(studio.datasets.import_ended, timeout=20_000):
        QTest.keyClick(dialog, Qt.Key.Key_Return)
    assert texts(studio) == [("q", "", "a")]


def test_cancel_brings_nothing_in(
    qtbot: QtBot, studio: Studio, page: DataPage, tmp_path: Path
) -> None:
    (tmp_path / "a.jsonl").write_text(ALPACA)
    asked(qtbot, page, tmp_path / "a.jsonl").reject()
    assert studio.datasets.names() == []
    assert page.arrivals.dialog is None


@pytest.fixture
def left_out(
    qtbot: QtBot, studio: Studio, page: DataPage, tmp_path: Path
) -> Iterator[LeftOutDialog]:
    lines = ALPACA.splitlines()
    lines[2:2] = [
        '{"instruction": "q" "output": "mended"}',
        '{"instruction": "x" "output": 7}',
        "[]",
    ]
    (tmp_path / "bad.jsonl").write_text("\n".join(lines))
    accept(qtbot, studio, asked(qtbot, page, tmp_path / "bad.jsonl"))
    assert page.note.isVisible()
    page.note.button.click()
    dialogs = [w for w in QApplication.topLevelWidgets() if isinstance(w, LeftOutDialog)]
    (dialog,) = (each for each in dialogs if each.isVisible())
    yield dialog
    dialog.close()


def test_a_line_that_is_mended_becomes_a_row_at_its_place_and_undo_lists_it_again(
    studio: Studio, left_out: LeftOutDialog
) -> None:
    assert [left_out.model.index(row, 0).data() for row in range(3)] == ["3", "4", "5"]
    left_out.take_in()
    assert "still cannot be read: not JSON: a comma is missing" in left_out.words.text()
    left_out.field.show_text('{"instruction": "q", "output": "mended"}')
    left_out.take_in()
    assert texts(studio)[2] == ("q", "", "mended")
    assert left_out.model.rowCount() == 2
    document = studio.datasets.current
    assert document is not None
    assert document.undo_text == STEP
    document.undo()
    assert left_out.model.rowCount() == 3
    document.redo()
    assert left_out.model.rowCount() == 2


def test_reasons_filter_the_list_and_a_skipped_line_comes_back(left_out: LeftOutDialog) -> None:
    assert left_out.reasons.itemText(0) == "All reasons · 3"
    left_out.reasons.setCurrentIndex(left_out.reasons.findData("not JSON: a comma is missing"))
    left_out.reasons.activated.emit(left_out.reasons.currentIndex())
    assert left_out.model.rowCount() == 2
    left_out.skip()
    assert left_out.model.rowCount() == 1
    assert left_out.count.text() == "2 lines are left out"
    left_out.skip_back()
    assert left_out.model.rowCount() == 2


def test_the_bad_lines_are_written_as_they_came(left_out: LeftOutDialog, tmp_path: Path) -> None:
    left_out.export(tmp_path / "out.txt")
    assert (tmp_path / "out.txt").read_text().splitlines() == [
        '{"instruction": "q" "output": "mended"}',
        '{"instruction": "x" "output": 7}',
        "[]",
    ]
    left_out.copy()
    assert QApplication.clipboard().text().splitlines()[0].startswith("3\t")


def test_a_list_that_is_closed_follows_the_dataset_no_more(
    qtbot: QtBot, studio: Studio, page: DataPage, left_out: LeftOutDialog
) -> None:
    page.acts.show_left_out()
    dialogs = [w for w in QApplication.topLevelWidgets() if isinstance(w, LeftOutDialog)]
    (other,) = (each for each in dialogs if each.isVisible() and each is not left_out)
    gone: list[bool] = []
    other.destroyed.connect(lambda: gone.append(True))
    other.reject()
    qtbot.waitUntil(lambda: bool(gone))
    document = studio.datasets.current
    assert document is not None
    document.delete(document.ids[:1])  # an error of a slot would fail the test
    assert len(document) == 39


def test_the_model_of_the_list_is_sound(left_out: LeftOutDialog) -> None:
    model = LeftOutModel(left_out)
    QAbstractItemModelTester(model, QAbstractItemModelTester.FailureReportingMode.Fatal, left_out)
    entries = left_out.shown()
    for shown in (entries, [], entries[:1]):
        model.set_entries(shown, {1: "a.jsonl", 2: "b.jsonl"})
    assert model.index(0, 0).data() == "a.jsonl, 3"


@pytest.mark.parametrize(
    ("reason", "family"),
    [
        ("not JSON: a comma is missing at column 21", "not JSON: a comma is missing"),
        ("it has 3 columns, not 2", "it has … columns, not …"),
        ("'output' is there twice", "… is there twice"),
        ("not UTF-8: byte 0xff at column 3", "not UTF-8: byte …"),
    ],
)
def test_reasons_that_differ_in_a_number_are_one(reason: str, family: str) -> None:
    assert family_of(reason) == family
