"""Editing many rows: clipboard, moving, tags, cleaning, find and replace, each one step."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from PySide6.QtCore import QItemSelectionModel, Qt
from PySide6.QtTest import QAbstractItemModelTester, QTest
from PySide6.QtWidgets import QApplication, QDialog, QWidget
from pytestqt.qtbot import QtBot

from studio.app.datasetdocument import DatasetDocument
from studio.app.studio import Studio
from studio.core.example import Conversation, Example, Kind, Triple, turns_of
from studio.core.problems import StudioError
from studio.data.bulk import CLEANINGS
from studio.data.pattern import Wanted
from studio.data.replacing import search
from studio.data.store import Dataset
from studio.ui.data.pastedialog import AS_ONE, AS_ROWS, PasteDialog
from studio.ui.data.replacedialog import ReplaceDialog, scopes_of
from studio.ui.data.rowdialogs import MoveDialog, TagDialog
from studio.ui.models.changesmodel import AFTER, BEFORE, FIELD, ROW, TICK, ChangesModel
from studio.ui.pages.datapage import DataPage

CTRL, ALT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.AltModifier
SHIFT = Qt.KeyboardModifier.ShiftModifier
Said = list[tuple[str, object]]


@pytest.fixture
def page(data_page: DataPage, said: Said, problems: list[StudioError]) -> DataPage:
    return data_page


def fill(
    studio: Studio, page: DataPage, kind: Kind, examples: Sequence[Example]
) -> DatasetDocument:
    """Make a dataset of a kind, open it, and take its first row in hand."""
    with Dataset.create(studio.workspace.dataset("rows"), kind) as data:
        data.insert(0, examples)
    studio.datasets.open("rows")
    document = studio.datasets.current
    assert document is not None
    page.table.go_to(0)
    page.table.setFocus()
    return document


@pytest.fixture
def rows(studio: Studio, page: DataPage) -> DatasetDocument:
    return fill(studio, page, Kind.TRIPLE, [Triple(f"q{i}", f"i{i}", f"a{i}") for i in range(6)])


def texts(document: DatasetDocument) -> list[tuple[str, ...]]:
    return [row.texts for row in document.read(document.ids.tolist())]


def select(page: DataPage, first: int, last: int, field: str = "instruction") -> None:
    """Select rows with the first of them in hand, in the column of a text."""
    column = page.model.column(field)
    page.table.setFocus()
    page.table.setCurrentIndex(page.model.index(first, column))
    flags = QItemSelectionModel.SelectionFlag
    for at in range(first, last + 1):
        command = flags.ClearAndSelect if at == first else flags.Select
        index = page.model.index(at, column)
        page.table.selectionModel().select(index, command | flags.Rows)


def dialog_of(kind: type[QDialog]) -> QDialog:
    (found,) = [w for w in QApplication.topLevelWidgets() if isinstance(w, kind) and w.isVisible()]
    return found


def press(page: DataPage, key: Qt.Key, modifiers: Qt.KeyboardModifier = CTRL) -> None:
    QTest.keyClick(page.table, key, modifiers)


def clipboard(text: str | None = None) -> str:
    if text is not None:
        QApplication.clipboard().setText(text)
    return QApplication.clipboard().text()


# clipboard


def test_a_cell_is_copied_and_pasted_over_every_selected_one(
    page: DataPage, rows: DatasetDocument
) -> None:
    select(page, 1, 1, "output")
    press(page, Qt.Key.Key_C)
    assert clipboard() == "a1"
    select(page, 3, 5, "input")
    press(page, Qt.Key.Key_V)
    assert [row[1] for row in texts(rows)] == ["i0", "i1", "i2", "a1", "a1", "a1"]
    assert rows.undo_text == "Paste 3 cells"
    page.undo()
    assert texts(rows)[3] == ("q3", "i3", "a3")


def test_rows_are_copied_as_a_spreadsheet_reads_them(
    page: DataPage, rows: DatasetDocument, said: Said
) -> None:
    rows.edit(int(rows.ids[0]), "output", "two\nlines")
    select(page, 0, 1)
    press(page, Qt.Key.Key_C)
    assert clipboard() == 'q0\ti0\t"two\nlines"\nq1\ti1\ta1\n'
    assert said[-1] == ("2 rows copied", None)


def test_a_row_of_cells_is_pasted_from_the_cell_in_hand(
    page: DataPage, rows: DatasetDocument
) -> None:
    clipboard('new\t"line\nline"\tno place')
    select(page, 2, 2, "input")
    press(page, Qt.Key.Key_V)
    assert texts(rows)[2] == ("q2", "new", "line\nline")


def test_a_block_is_shown_before_it_is_pasted_and_goes_past_the_end_as_one_step(
    page: DataPage, rows: DatasetDocument, said: Said
) -> None:
    clipboard("A\tB\nC\tD\nE\tF\n")
    select(page, 4, 4, "instruction")
    press(page, Qt.Key.Key_V)
    dialog = dialog_of(PasteDialog)
    assert isinstance(dialog, PasteDialog)
    assert dialog.table.model().rowCount() == 3
    assert "rows past the last one are added" in dialog.sentence.text()
    dialog.accept()
    assert texts(rows)[4:] == [("A", "B", "a4"), ("C", "D", "a5"), ("E", "F", "")]
    assert said[-1][0] == "4 cells pasted and 1 row added"
    assert rows.undo_text == "Paste 6 cells"
    page.undo()
    assert len(rows) == 6
    assert texts(rows)[4] == ("q4", "i4", "a4")
    page.redo()
    assert texts(rows)[6] == ("E", "F", "")


def test_a_block_becomes_new_rows_below_by_its_heading(
    page: DataPage, rows: DatasetDocument, said: Said
) -> None:
    clipboard("output\tinstruction\nA\tQ\nB\tR\n")
    select(page, 1, 1)
    press(page, Qt.Key.Key_V, CTRL | SHIFT)
    dialog = dialog_of(PasteDialog)
    assert isinstance(dialog, PasteDialog)
    assert dialog.way == AS_ROWS
    assert dialog.sentence.text().startswith("The first row names the texts: output, instruction")
    dialog.accept()
    assert texts(rows)[1:4] == [("q1", "i1", "a1"), ("Q", "", "A"), ("R", "", "B")]
    assert said[-1][0] == "2 rows pasted"


def test_lines_are_pasted_into_one_cell_when_that_is_chosen(
    page: DataPage, rows: DatasetDocument
) -> None:
    clipboard("one\ntwo\n")
    select(page, 0, 0, "output")
    press(page, Qt.Key.Key_V)
    dialog = dialog_of(PasteDialog)
    assert isinstance(dialog, PasteDialog)
    dialog.choice._group.button(AS_ONE).click()
    dialog.accept()
    assert texts(rows)[0][2] == "one\ntwo"


def test_cells_become_turns_in_a_dataset_of_conversations(page: DataPage, studio: Studio) -> None:
    turns = ({"role": "user", "content": "q"},)
    document = fill(studio, page, Kind.CONVERSATION, [Conversation(turns)])
    clipboard("hello\thow may I help")
    press(page, Qt.Key.Key_V)
    dialog = dialog_of(PasteDialog)
    dialog.accept()
    made = turns_of(texts(document)[1][0])
    assert [turn["role"] for turn in made] == ["user", "assistant"]


def test_a_text_is_filled_down_and_cells_are_cleared(
    page: DataPage, rows: DatasetDocument, said: Said
) -> None:
    select(page, 1, 3, "output")
    press(page, Qt.Key.Key_D, CTRL | SHIFT)
    assert [row[2] for row in texts(rows)] == ["a0", "a1", "a1", "a1", "a4", "a5"]
    assert rows.undo_text == "Fill 2 cells"
    press(page, Qt.Key.Key_Backspace, Qt.KeyboardModifier.NoModifier)
    assert [row[2] for row in texts(rows)] == ["a0", "", "", "", "a4", "a5"]
    assert said[-1][0] == "3 cells cleared"
    said[-1][1]()  # type: ignore[operator]
    assert texts(rows)[1][2] == "a1"


def test_an_empty_clipboard_changes_nothing(
    page: DataPage, rows: DatasetDocument, said: Said
) -> None:
    QApplication.clipboard().clear()
    press(page, Qt.Key.Key_V)
    assert said[-1] == ("There is no text to paste", None)
    assert rows.undo_text == "Add 6 rows"


def test_keys_of_the_clipboard_belong_to_a_field_that_is_typed_in(
    page: DataPage, rows: DatasetDocument
) -> None:
    clipboard("pasted ")
    field = page.record.fields["output"]
    field.setFocus()
    QTest.keyClick(field, Qt.Key.Key_V, CTRL)
    page.record.flush()
    assert texts(rows)[0] == ("q0", "i0", "pasted a0")


# places


def order(document: DatasetDocument) -> list[str]:
    return [row[0] for row in texts(document)]


def test_rows_are_moved_by_keyboard_and_stay_selected(
    page: DataPage, rows: DatasetDocument
) -> None:
    select(page, 2, 3)
    press(page, Qt.Key.Key_Up, ALT)
    assert order(rows) == ["q0", "q2", "q3", "q1", "q4", "q5"]
    press(page, Qt.Key.Key_Down, ALT)
    press(page, Qt.Key.Key_Down, ALT)
    assert order(rows) == ["q0", "q1", "q4", "q2", "q3", "q5"]
    press(page, Qt.Key.Key_End, ALT)
    assert order(rows)[-2:] == ["q2", "q3"]
    press(page, Qt.Key.Key_Home, ALT)
    assert order(rows)[:2] == ["q2", "q3"]
    assert rows.undo_text == "Move 2 rows"
    for _ in range(5):
        page.undo()
    assert order(rows) == [f"q{i}" for i in range(6)]


def test_rows_are_moved_before_a_row_that_is_named(page: DataPage, rows: DatasetDocument) -> None:
    select(page, 0, 1)
    page.acts.edits.ask_move()
    dialog = dialog_of(MoveDialog)
    assert isinstance(dialog, MoveDialog)
    dialog.number.setValue(5)
    dialog.accept()
    assert order(rows) == ["q2", "q3", "q0", "q1", "q4", "q5"]


def test_rows_are_not_moved_among_some_of_them(
    page: DataPage, rows: DatasetDocument, problems: list[StudioError]
) -> None:
    page.show_rows(rows.ids[1:4], "three of them")
    select(page, 1, 1)
    press(page, Qt.Key.Key_Up, ALT)
    assert "none in the dataset" in problems[-1].summary
    assert order(rows) == [f"q{i}" for i in range(6)]


# tags and texts of many rows


def test_several_rows_are_tagged_and_untagged(
    page: DataPage, rows: DatasetDocument, said: Said
) -> None:
    select(page, 1, 3)
    page.acts.edits.ask_tag()
    dialog = dialog_of(TagDialog)
    assert isinstance(dialog, TagDialog)
    QTest.keyClicks(dialog.line, "rooms ")
    dialog.accept()
    assert rows.tag_counts() == {"rooms": 3}
    assert said[-1][0] == "3 rows tagged rooms"
    select(page, 2, 2)
    page.acts.edits._list_tags()
    page.acts.edits._take_off.actions()[0].trigger()
    assert rows.tag_counts() == {"rooms": 2}
    said[-1][1]()  # type: ignore[operator]
    assert rows.tag_counts() == {"rooms": 3}


def test_texts_of_the_selected_rows_are_cleaned_as_one_step(
    qtbot: QtBot, page: DataPage, rows: DatasetDocument, said: Said
) -> None:
    rows.edit_cells("Spoil", [(int(row), "output", " a ") for row in rows.ids])
    select(page, 0, 2)
    with qtbot.waitSignal(rows.bulk_ended, timeout=10_000):
        page.acts.edits.clean(CLEANINGS[0])
    assert [row[2] for row in texts(rows)] == ["a", "a", "a", " a ", " a ", " a "]
    assert said[-1][0] == "3 rows trimmed"
    assert rows.undo_text == "Trim the ends"
    assert not page.acts.edits.strip.isVisible()
    said[-1][1]()  # type: ignore[operator]
    assert texts(rows)[0][2] == " a "


def test_a_cleaning_that_finds_nothing_says_so(
    qtbot: QtBot, page: DataPage, rows: DatasetDocument, said: Said
) -> None:
    with qtbot.waitSignal(rows.bulk_ended, timeout=10_000):
        page.acts.edits.clean(CLEANINGS[0])
    assert said[-1] == ("Nothing to change", None)


# find and replace


@pytest.fixture
def dialog(qtbot: QtBot, page: DataPage, rows: DatasetDocument) -> ReplaceDialog:
    select(page, 0, 2)
    page.acts.edits.ask_replace()
    found = dialog_of(ReplaceDialog)
    assert isinstance(found, ReplaceDialog)
    return found


def find(qtbot: QtBot, dialog: ReplaceDialog, what: str, put: str = "") -> None:
    with qtbot.waitSignal(dialog._job.ended, timeout=10_000):
        dialog.put_line.setText(put)
        dialog.find_line.setText(what)


def test_every_change_is_shown_and_some_are_left_alone(
    qtbot: QtBot, page: DataPage, rows: DatasetDocument, dialog: ReplaceDialog, said: Said
) -> None:
    find(qtbot, dialog, "q", "Q")
    model = dialog.model
    assert dialog.sentence.text() == "3 changes in 3 rows"
    assert [model.index(1, at).data() for at in (ROW, FIELD, BEFORE, AFTER)] == [
        "2",
        "instruction",
        "q1",
        "Q1",
    ]
    dialog.table.setFocus()
    dialog.table.setCurrentIndex(model.index(1, ROW))
    QTest.keyClick(dialog.table, Qt.Key.Key_Space)
    assert dialog.sentence.text() == "3 changes in 3 rows, 1 left alone"
    assert dialog.replace_button.text() == "Replace 2"
    with qtbot.waitSignal(rows.bulk_ended, timeout=10_000):
        dialog.replace_button.click()
    assert order(rows) == ["Q0", "q1", "Q2", "q3", "q4", "q5"]
    assert said[-1][0] == "2 changes in 2 rows"
    assert rows.undo_text == "Replace “q” with “Q”"
    page.undo()
    assert order(rows)[0] == "q0"


def test_rows_and_texts_are_chosen(
    qtbot: QtBot, rows: DatasetDocument, dialog: ReplaceDialog
) -> None:
    find(qtbot, dialog, r"[qia](\d)", r"\1")
    assert dialog.sentence.text() == "Nothing to change"
    with qtbot.waitSignal(dialog._job.ended, timeout=10_000):
        dialog.expression.setChecked(True)
    assert dialog.sentence.text() == "9 changes in 3 rows"
    with qtbot.waitSignal(dialog._job.ended, timeout=10_000):
        dialog.scope._group.buttons()[-1].click()
    assert dialog.sentence.text() == "18 changes in 6 rows"
    with qtbot.waitSignal(dialog._job.ended, timeout=10_000):
        dialog.field.setCurrentIndex(2)
        dialog.field.activated.emit(2)
    assert dialog.sentence.text() == "6 changes in 6 rows"
    dialog.none_button.click()
    assert not dialog.replace_button.isEnabled()
    dialog.all_button.click()
    assert dialog.replace_button.text() == "Replace 6"
    dialog.reject()


def test_a_faulty_and_an_endless_expression_are_told_in_the_dialog(
    qtbot: QtBot, rows: DatasetDocument, dialog: ReplaceDialog
) -> None:
    dialog.expression.setChecked(True)
    find(qtbot, dialog, "(")
    assert dialog.sentence.text().startswith("The expression cannot be read: missing )")
    rows.edit(int(rows.ids[0]), "output", "a" * 60 + "b")
    find(qtbot, dialog, "(a|aa)+$")
    assert "was stopped. It was the output of row 1." in dialog.sentence.text()
    assert not dialog.replace_button.isEnabled()
    dialog.reject()


def test_the_dialog_may_be_closed_while_it_searches(dialog: ReplaceDialog) -> None:
    dialog.find_line.setText("q")
    dialog._ask()
    dialog.reject()
    assert dialog._job._thread is None


def test_return_in_a_line_replaces_nothing(
    qtbot: QtBot, rows: DatasetDocument, dialog: ReplaceDialog
) -> None:
    find(qtbot, dialog, "q", "Q")
    QTest.keyClick(dialog.find_line, Qt.Key.Key_Return)
    assert dialog.isVisible()
    assert order(rows)[0] == "q0"
    dialog.reject()


def test_what_is_searched_is_named(rows: DatasetDocument) -> None:
    every = rows.ids
    words, current = scopes_of(every[:1], every, every)
    assert [name for name, _ in words] == ["Selected 1", "All 6"]
    assert words[current][0] == "All 6"
    words, current = scopes_of(every[:2], every[:3], every)
    assert [name for name, _ in words] == ["Selected 2", "Shown 3", "All 6"]
    assert current == 0


def test_the_list_of_changes_is_a_sound_model(rows: DatasetDocument) -> None:
    model = ChangesModel(rows)
    tester = QAbstractItemModelTester(model, QAbstractItemModelTester.FailureReportingMode.Fatal)
    with rows.reader() as reader:
        found = search(reader, rows.ids, rows.fields, Wanted("1", "one"))
    model.show_found(found)
    assert model.rowCount() == 3
    model.tick(1, False)
    assert model.index(1, TICK).data(Qt.ItemDataRole.CheckStateRole) is Qt.CheckState.Unchecked
    model.tick_all(False)
    assert model.ticked == 0
    assert model.index(0, BEFORE).data() == "q1"
    rows.edit(int(rows.ids[1]), "instruction", "gone")
    model.show_found(found)
    assert model.index(0, BEFORE).data() == ""
    model.show_found(None)
    del tester
    model.deleteLater()


def test_a_hit_far_inside_a_long_text_is_shown_with_what_stands_around(
    rows: DatasetDocument,
) -> None:
    rows.edit(int(rows.ids[0]), "output", "x" * 100_000 + "\nneedle\t" + "y" * 100_000)
    model = ChangesModel(rows)
    with rows.reader() as reader:
        model.show_found(search(reader, rows.ids, rows.fields, Wanted("needle", "<b>")))
    before, after = (model.index(0, at).data() for at in (BEFORE, AFTER))
    assert before == "…" + "x" * 31 + "⏎needle⇥" + "y" * 31 + "…"
    assert after == "…" + "x" * 31 + "⏎<b>⇥" + "y" * 31 + "…"
    model.deleteLater()


# menus


def test_every_act_is_in_a_menu_and_has_words(page: DataPage, rows: DatasetDocument) -> None:
    inner = [act for menu in page.acts.edits.menus for act in menu.actions()]
    assert all(act.text() or act.isSeparator() for act in inner)
    keys = [act.shortcut().toString() for act in [*inner, *page.actions()]]
    keys = [key for key in keys if key]
    assert len(keys) == len(set(keys))
    assert {menu.menuAction() for menu in page.acts.edits.menus} <= set(page.acts.actions)


def test_the_context_menu_has_what_is_done_with_rows(page: DataPage, rows: DatasetDocument) -> None:
    menu = page.acts.edits.context_menu(page.acts.actions[:3])
    words = [act.text() for act in menu.actions()]
    assert words[:3] == ["Add a row", "Duplicate the row", "Delete the rows"]
    assert words[-4:] == ["Cells", "Tags", "Move", "Clean texts"]
    menu.deleteLater()


def test_every_control_of_the_dialogs_has_a_name(
    qtbot: QtBot, page: DataPage, rows: DatasetDocument, dialog: ReplaceDialog
) -> None:
    paste = _paste(page)
    for made in (dialog, paste):
        for widget in made.findChildren(QWidget):
            takes = widget.focusPolicy() & Qt.FocusPolicy.TabFocus
            if takes and widget.isVisible() and not widget.objectName().startswith("qt_"):
                words = widget.property("text") or ""
                assert widget.accessibleName() or words, widget
        made.reject()


def _paste(page: DataPage) -> PasteDialog:
    clipboard("a\tb\nc\td\n")
    page.acts.edits.pasting.paste()
    made = dialog_of(PasteDialog)
    assert isinstance(made, PasteDialog)
    return made


def test_a_change_of_many_rows_can_be_stopped(
    qtbot: QtBot, page: DataPage, studio: Studio, said: Said
) -> None:
    document = fill(studio, page, Kind.TRIPLE, [Triple(" q ", "", " a ") for _ in range(5000)])
    page.table.selectAll()
    assert np.array_equal(page.acts.edits.chosen(), document.ids)
    with qtbot.waitSignal(document.bulk_ended, timeout=20_000):
        page.acts.edits.clean(CLEANINGS[0])
        assert page.acts.edits.strip.isVisible()
        page.acts.edits.strip.cancel_button.click()
    assert said[-1][0] == "Stopped; rows is as before"
    assert document.undo_text == "Add 5,000 rows"
