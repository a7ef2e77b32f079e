"""The Data page with real widgets, a real dataset and a real render process."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent, QTextCursor
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QApplication, QWidget
from pytestqt.qtbot import QtBot

from studio.app.datasetdocument import DatasetDocument
from studio.app.studio import Studio
from studio.core.problems import StudioError
from studio.data.store import Dataset
from studio.ui.data.exportdialog import ExportDialog
from studio.ui.data.filterchip import Choice
from studio.ui.data.leftout import LeftOutDialog
from studio.ui.data.textfield import TextField, merged
from studio.ui.pages.datapage import DataPage
from tests.helpers.tinymodel import make_tiny_model

OUTPUT = 3
"""The column of a triple's answer."""
LINES = "".join(f'{{"instruction": "q{i}", "input": "", "output": "a{i}"}}\n' for i in range(30))


@pytest.fixture
def page(
    qtbot: QtBot, studio: Studio, tmp_path: Path, data_page: DataPage, problems: list[StudioError]
) -> DataPage:
    (tmp_path / "rows.jsonl").write_text(LINES)
    with qtbot.waitSignal(studio.datasets.import_ended, timeout=20_000):
        studio.datasets.import_file(tmp_path / "rows.jsonl")
    return data_page


def document(studio: Studio) -> DatasetDocument:
    found = studio.datasets.current
    assert found is not None
    return found


def on_disk(studio: Studio) -> list[tuple[str, str, str, str]]:
    with Dataset.open(document(studio).path, read_only=True) as data:
        return [(r.instruction, r.input, r.output, r.split) for r in data.rows()]


def test_what_is_typed_is_on_the_disk_soon_as_one_step(
    qtbot: QtBot, page: DataPage, studio: Studio
) -> None:
    field = page.record.fields["output"]
    field.setFocus()
    QTest.keyClick(field, Qt.Key.Key_End)
    QTest.keyClicks(field, "bc")
    qtbot.waitUntil(lambda: on_disk(studio)[0][2] == "a0bc")
    QTest.keyClicks(field, "d")
    qtbot.waitUntil(lambda: on_disk(studio)[0][2] == "a0bcd")
    assert page.model.index(0, OUTPUT).data() == "a0bcd"
    page.undo()
    assert on_disk(studio)[0][2] == "a0"
    assert field.text() == "a0"
    page.redo()
    assert field.text() == "a0bcd"


def test_undo_takes_back_what_is_typed_and_not_saved_yet(page: DataPage, studio: Studio) -> None:
    field = page.record.fields["instruction"]
    field.setFocus()
    QTest.keyClicks(field, "x")
    page.undo()
    assert field.text() == "q0"
    assert on_disk(studio)[0][0] == "q0"
    page.redo()
    assert field.text() == "xq0"


def test_going_to_another_row_saves_the_first_and_only_the_first(
    page: DataPage, studio: Studio
) -> None:
    field = page.record.fields["output"]
    QTest.keyClicks(field, "x")
    page.record.after_button.click()
    assert page.record.title.text() == "Row 2"
    assert field.text() == "a1"
    assert [row[2] for row in on_disk(studio)][:2] == ["xa0", "a1"]


def test_closing_the_dataset_saves_what_is_typed(page: DataPage, studio: Studio) -> None:
    path = document(studio).path
    QTest.keyClicks(page.record.fields["output"], "x")
    studio.datasets.close()
    with Dataset.open(path, read_only=True) as data:
        assert data.read(0, 1)[0].output == "xa0"


def test_a_text_that_cannot_be_saved_stays_in_the_field_and_is_told(
    page: DataPage, studio: Studio, problems: list[StudioError]
) -> None:
    import sqlite3

    other = sqlite3.connect(document(studio).path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    document(studio)._dataset._sql.execute("PRAGMA busy_timeout = 1")
    field = page.record.fields["output"]
    QTest.keyClicks(field, "x")
    page.record.flush()
    other.execute("ROLLBACK")
    other.close()
    assert "another program" in problems[0].summary
    assert field.text() == "xa0"
    assert page.record.foot.words == "Not saved"
    assert "the last edit is not saved" in page._state.text()


def test_a_row_is_added_below_and_ready_to_type(page: DataPage, studio: Studio) -> None:
    page.table.go_to(4)
    page.bar.row_button.click()
    assert page.record.title.text() == "Row 6"
    assert page.record.fields["instruction"].hasFocus()
    QTest.keyClicks(page.record.fields["instruction"], "mine")
    page.record.flush()
    assert on_disk(studio)[5] == ("mine", "", "", "train")


def test_a_copy_is_put_below_and_taken_in_hand(page: DataPage, studio: Studio) -> None:
    page.table.go_to(2)
    page.record.duplicate_button.click()
    assert [row[0] for row in on_disk(studio)][1:5] == ["q1", "q2", "q2", "q3"]
    assert page.record.title.text() == "Row 4"


def test_deleted_rows_come_back_from_the_toast(
    page: DataPage, studio: Studio, said: list[tuple[str, object]]
) -> None:
    page.table.setFocus()
    page.table.go_to(3)
    QTest.keyClick(page.table, Qt.Key.Key_Down, Qt.KeyboardModifier.ShiftModifier)
    QTest.keyClick(page.table, Qt.Key.Key_Delete)
    assert len(on_disk(studio)) == 28
    assert page.record.fields["instruction"].text() == "q5"
    words, undo = said[-1]
    assert words == "2 rows deleted"
    undo()  # type: ignore[operator]
    assert [row[0] for row in on_disk(studio)] == [f"q{i}" for i in range(30)]


def test_all_rows_may_be_selected_and_deleted(page: DataPage, studio: Studio) -> None:
    page.table.setFocus()
    QTest.keyClick(page.table, Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier)
    assert len(page.table.selected_ids()) == 30
    QTest.keyClick(page.table, Qt.Key.Key_Delete)
    assert on_disk(studio) == []
    assert page.record.row_id == 0
    page.undo()
    assert page.record.title.text() == "Row 1"


def test_a_cell_is_edited_in_place_by_keyboard(
    qtbot: QtBot, page: DataPage, studio: Studio
) -> None:
    page.table.setFocus()
    page.table.setCurrentIndex(page.model.index(2, OUTPUT))
    QTest.keyClick(page.table, Qt.Key.Key_F2)
    editor = QApplication.focusWidget()
    assert editor is not None
    assert editor.accessibleName() == "Output"
    QTest.keyClicks(editor, "typed")
    QTest.keyClick(editor, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: on_disk(studio)[2][2] == "typed")
    qtbot.waitUntil(lambda: page.record.fields["output"].text() == "typed")


def test_a_text_of_several_lines_is_edited_beside_the_table(page: DataPage, studio: Studio) -> None:
    document(studio).edit(int(document(studio).ids[0]), "output", "one\ntwo")
    page.table.setCurrentIndex(page.model.index(0, OUTPUT))
    page.table.setFocus()
    QTest.keyClick(page.table, Qt.Key.Key_F2)
    assert page.record.fields["output"].hasFocus()


def test_search_and_split_leave_the_rows_that_fit(
    qtbot: QtBot, page: DataPage, studio: Studio
) -> None:
    page.acts.use_as("test", document(studio).ids[10:15].tolist())
    page.bar.search.setFocus()
    QTest.keyClicks(page.bar.search, "a1")
    qtbot.waitUntil(lambda: page.model.rowCount() == 11)
    page.bar.split_button.choose(Choice("test", "split:test"))
    qtbot.waitUntil(lambda: page.model.rowCount() == 5)
    QTest.keyClick(page.bar.search, Qt.Key.Key_Escape)
    qtbot.waitUntil(lambda: page.bar.text == "" and page.model.rowCount() == 5)
    assert "rows · 5 of 30 rows · " in page.accessibleDescription()
    page.bar.clear()
    assert page.model.rowCount() == 30


def test_a_tenth_is_held_back_and_comes_back(
    page: DataPage, studio: Studio, said: list[tuple[str, object]]
) -> None:
    page.acts.hold_out()
    assert document(studio).split_counts() == {"train": 27, "validation": 3, "test": 0}
    assert said[-1][0] == "3 rows held back for validation"
    assert document(studio).undo_text == "Hold 3 rows back for validation"
    said[-1][1]()  # type: ignore[operator]
    assert document(studio).split_counts()["validation"] == 0


def drop(page: DataPage, *paths: Path) -> None:
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
    buttons, keys = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    entered = QDragEnterEvent(QPoint(9, 9), Qt.DropAction.CopyAction, data, buttons, keys)
    QApplication.sendEvent(page, entered)
    assert entered.isAccepted()
    QApplication.sendEvent(
        page, QDropEvent(QPointF(9, 9), Qt.DropAction.CopyAction, data, buttons, keys)
    )


def test_dropped_files_become_datasets_one_after_the_other(
    qtbot: QtBot, page: DataPage, studio: Studio, tmp_path: Path, problems: list[StudioError]
) -> None:
    (tmp_path / "one.csv").write_text("question,answer\nq,a\n")
    (tmp_path / "two.json").write_text("[]")
    (tmp_path / "rows.csv").write_text("question,answer\nq,a\n")
    ended: list[object] = []
    studio.datasets.import_ended.connect(ended.append)
    drop(page, tmp_path / "one.csv", tmp_path / "two.json", tmp_path / "rows.csv")
    qtbot.waitUntil(lambda: page.arrivals.dialog is not None)
    dialog = page.arrivals.dialog
    assert dialog is not None
    dialog.together.chosen.emit(1)
    dialog.import_button.click()
    qtbot.waitUntil(lambda: len(ended) == 2, timeout=20_000)
    assert studio.datasets.names() == ["one", "rows", "rows-2"]
    assert document(studio).name == "rows-2"
    assert ["no row that can be used" in problem.summary for problem in problems] == [True]
    assert page.datasets.list.model().rowCount() == 3


def test_lines_that_were_left_out_are_told_and_listed(
    qtbot: QtBot, page: DataPage, studio: Studio, tmp_path: Path, said: list[tuple[str, object]]
) -> None:
    (tmp_path / "bad.jsonl").write_text(LINES + '{"instruction": "q" "output": "a"}\n')
    with qtbot.waitSignal(studio.datasets.import_ended, timeout=20_000):
        studio.datasets.import_file(tmp_path / "bad.jsonl")
    assert said[-1][0] == (
        "30 rows are in. Line 31 is left out: not JSON: a comma is missing at column 21."
    )
    assert page.note.isVisible()
    page.note.button.click()
    dialogs = [w for w in QApplication.topLevelWidgets() if isinstance(w, LeftOutDialog)]
    (dialog,) = (each for each in dialogs if each.isVisible())
    model = dialog.table.model()
    assert [model.index(0, at).data() for at in (0, 1)] == ["31", f"{len(LINES):,}"]
    dialog.copy()
    assert QApplication.clipboard().text().startswith(f"31\t{len(LINES)}\tnot JSON")
    dialog.close()


def test_an_export_writes_what_is_typed_too(
    page: DataPage, tmp_path: Path, said: list[tuple[str, object]], qtbot: QtBot
) -> None:
    QTest.keyClicks(page.record.fields["output"], "x")
    page.acts.ask_export()
    dialog = page.window().findChild(ExportDialog)
    assert isinstance(dialog, ExportDialog)
    with qtbot.waitSignal(dialog.achieved, timeout=30_000):
        dialog.export(tmp_path / "out.jsonl")
    written = (tmp_path / "out.jsonl").read_text()
    assert written == LINES.replace('"a0"', '"xa0"', 1)
    assert said[-1][0] == "30 rows are in out.jsonl."


def test_without_a_dataset_the_page_offers_the_ways_in(page: DataPage, studio: Studio) -> None:
    studio.datasets.close()
    assert page.empty.isVisible()
    assert not page.table.isVisible()
    page.empty.example_button.click()
    assert document(studio).name == "hotel-concierge"
    assert page.table.isVisible()
    assert not page.empty.isVisible()


def test_a_narrow_window_shows_the_datasets_as_a_drop_down(page: DataPage, studio: Studio) -> None:
    studio.datasets.install_demo()
    page.set_small(True)
    assert not page.datasets.isVisible()
    field = page.bar.dataset_field
    assert field.isVisible()
    assert field.currentText() == "hotel-concierge"
    field.setCurrentText("rows")
    field.textActivated.emit("rows")
    assert document(studio).name == "rows"
    page.set_small(False)
    assert page.datasets.isVisible()


def test_shortcuts_of_rows_rest_while_another_page_is_in_front(page: DataPage) -> None:
    assert all(action.isEnabled() for action in page.acts.actions)
    page.hidden()
    assert not any(action.isEnabled() for action in page.acts.actions)
    page.shown()


def test_every_control_has_a_name_for_those_who_do_not_see_it(page: DataPage) -> None:
    controls = [
        widget
        for widget in page.findChildren(QWidget)
        if widget.focusPolicy() & Qt.FocusPolicy.TabFocus
        and widget.isVisible()
        and not widget.objectName().startswith("qt_")  # inside a field that has a name
    ]
    assert len(controls) > 10
    for widget in controls:
        words = widget.text() if isinstance(widget, QAbstractButton) else ""
        assert widget.accessibleName() or words, widget


@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    text=st.text(
        st.one_of(
            st.sampled_from("\r\n\u2028\u2029\x85\xa0\t\x00\ufdd0 a<"),
            st.characters(exclude_categories=["Cs"]),
        ),
        max_size=30,
    ),
    where=st.integers(0, 30),
)
def test_a_field_changes_what_is_typed_and_no_other_character(
    qtbot: QtBot, text: str, where: int
) -> None:
    field = TextField("Output")
    field.show_text(text)
    assert field.text() == text
    cursor = field.textCursor()
    cursor.movePosition(QTextCursor.MoveOperation.Start)
    cursor.movePosition(
        QTextCursor.MoveOperation.NextCharacter, QTextCursor.MoveMode.MoveAnchor, where
    )
    cursor.insertText("Z")
    now = field.text()
    at = now.index("Z")
    assert text in (now[:at] + now[at + 1 :], now.replace("Z", "", 1)) or "Z" in text
    field.deleteLater()


def test_lines_that_are_typed_end_like_those_of_the_text() -> None:
    assert merged("a\r\nb", "a\u2029x\u2029b") == "a\r\nx\r\nb"
    assert merged("a\nb", "a\u2029x\u2029b") == "a\nx\nb"
    assert merged("a\r\nb\rc", "a\u2029b\u2029cd") == "a\r\nb\rcd"
    assert merged("a\r\n\r\nb", "a\u2029b") == "a\r\nb"


def test_a_line_of_a_megabyte_is_shown_in_part_and_kept_whole(
    page: DataPage, studio: Studio
) -> None:
    row = int(document(studio).ids[0])
    document(studio).edit(row, "output", "x" * 1_000_000)
    field = page.record.fields["output"]
    assert field.isReadOnly()
    QTest.keyClicks(field, "y")
    page.record.flush()
    assert len(on_disk(studio)[0][2]) == 1_000_000
    page.undo()
    assert not field.isReadOnly()
    assert field.text() == "a0"


def test_without_a_model_the_page_asks_for_one(
    qtbot: QtBot, page: DataPage, studio: Studio
) -> None:
    assert page.tokens.model_button.isVisible()
    with qtbot.waitSignal(studio.page_requested) as asked:
        page.tokens.model_button.click()
    assert asked.args == ["Model"]


@pytest.fixture(scope="session")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_tiny_model(tmp_path_factory.mktemp("model") / "tiny")


@pytest.mark.slow
def test_tokens_follow_the_row_the_limit_and_the_text(
    qtbot: QtBot, page: DataPage, studio: Studio, tiny: Path
) -> None:
    studio.models.choose(tiny)
    qtbot.waitUntil(lambda: len(page.checks.lengths) == 30, timeout=60_000)
    qtbot.waitUntil(lambda: bool(page.tokens.view.tokens()), timeout=10_000)
    tokens = len(page.tokens.view.tokens())
    assert page.model.index(0, 4).data() == str(tokens)
    QTest.keyClicks(page.record.fields["output"], "many more words here ")
    qtbot.waitUntil(lambda: len(page.tokens.view.tokens()) > tokens, timeout=10_000)
    page.tokens.limit_field.setValue(16)
    assert studio.draft.recipe.max_tokens == 16
    qtbot.waitUntil(lambda: len(page.checks.faulty) == 30, timeout=30_000)
    qtbot.waitUntil(page.tokens.raise_button.isVisible, timeout=10_000)
    page.bar.problems.setChecked(True)
    assert page.model.rowCount() == 30
    page.tokens.raise_button.click()
    assert studio.draft.recipe.max_tokens >= len(page.tokens.view.tokens())
    qtbot.waitUntil(lambda: not len(page.checks.faulty), timeout=30_000)
    assert not page.bar.problems.isVisible()
    assert page.note.isVisible()
    assert "No row is held out" in page.note.accessibleName()
    page.note.button.click()
    assert document(studio).split_counts()["validation"] == 3
    qtbot.waitUntil(lambda: not page.note.isVisible(), timeout=30_000)
