"""Searching, filtering, sorting and selecting rows on the Data page, with a real dataset."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QAbstractItemModelTester, QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from studio.app import findthreads
from studio.app.datasetdocument import DatasetDocument
from studio.app.findings import Action
from studio.app.studio import Studio
from studio.core.example import Conversation, Kind, Triple
from studio.core.problems import StudioError
from studio.data import wordindex
from studio.data.checks import sidecar
from studio.data.finding import AS_THEY_STAND, Sort
from studio.data.store import Dataset
from studio.ui.data.filterchip import Choice
from studio.ui.data.filtermenu import NameDialog
from studio.ui.data.sortheader import next_sort
from studio.ui.look.theme import Theme
from studio.ui.models.rowcolumns import TAGS, TOKENS
from studio.ui.pages.datapage import DataPage
from studio.ui.pages.trainpage import TrainPage
from studio.ui.widgets.cells import CELL

ROWS = 60
INSTRUCTION = 1


@pytest.fixture
def page(qtbot: QtBot, studio: Studio, light: Theme) -> Iterator[DataPage]:
    with Dataset.create(studio.workspace.dataset("rows")) as data:
        data.insert(0, [Triple(f"query {i}", "", f"answer {i % 7}") for i in range(ROWS)])
    studio.datasets.open("rows")
    made = DataPage(studio)
    made.resize(1360, 800)
    tester = QAbstractItemModelTester(
        made.model, QAbstractItemModelTester.FailureReportingMode.Fatal
    )
    with qtbot.waitExposed(made):
        made.show()
    yield made
    made.hidden()
    made.close()
    made.deleteLater()
    del tester


def document(studio: Studio) -> DatasetDocument:
    found = studio.datasets.current
    assert found is not None
    return found


def shown(page: DataPage) -> list[str]:
    return [page.model.index(row, INSTRUCTION).data() for row in range(page.model.rowCount())]


def state(page: DataPage) -> str:
    return page.accessibleDescription()


def search(qtbot: QtBot, page: DataPage, expression: str, rows: int) -> None:
    page.bar.search.setText(expression)
    qtbot.waitUntil(lambda: page.model.rowCount() == rows)


def test_words_are_found_by_their_beginning_and_the_state_says_how_many(
    qtbot: QtBot, page: DataPage
) -> None:
    search(qtbot, page, "ANSW 5", 17)
    qtbot.waitUntil(lambda: state(page).startswith("rows · 17 of 60 rows · "))  # counted to the end
    search(qtbot, page, "nsw", 0)
    assert page.record.row_id == 0
    search(qtbot, page, '"nswer 5"', 8)
    page.bar.search.setFocus()
    QTest.keyClick(page.bar.search, Qt.Key.Key_Escape)
    qtbot.waitUntil(lambda: page.model.rowCount() == ROWS)
    assert " of 60 rows" not in state(page)


def test_an_expression_that_cannot_be_read_is_explained_and_leaves_the_rows(
    qtbot: QtBot, page: DataPage
) -> None:
    search(qtbot, page, "answer 5", 17)
    page.bar.search.setText("answer (5")
    qtbot.waitUntil(lambda: bool(page.bar.search.property("wrong")))
    assert page.bar._trouble.text() == "This bracket is not closed (at character 8)."
    assert page.model.rowCount() == 17
    search(qtbot, page, "answer 6", 8)
    assert not page.bar.search.property("wrong")
    assert page.bar._trouble.isHidden()


def test_what_is_not_known_yet_is_said_in_place_of_rows(qtbot: QtBot, page: DataPage) -> None:
    page.bar.tokens_button.choose(Choice("Many", "tokens>5", "> 5"))
    qtbot.waitUntil(lambda: "not known yet" in page.bar._trouble.text())
    assert page.model.rowCount() == ROWS


def test_the_row_in_hand_stays_in_hand(qtbot: QtBot, page: DataPage) -> None:
    page.table.go_to(11)
    search(qtbot, page, "answer 5", 17)
    assert page.record.title.text() == "Row 6"
    page.table.go_to(3)
    held = page.record.row_id
    page.filter.sort_by(Sort("instruction", descending=True))
    qtbot.waitUntil(lambda: shown(page)[0] == "query 59")
    assert page.record.row_id == held
    page.bar.clear()
    qtbot.waitUntil(lambda: page.model.rowCount() == ROWS)
    assert page.record.row_id == held


def test_a_row_that_is_mended_does_not_vanish_from_under_the_hands(
    qtbot: QtBot, page: DataPage, studio: Studio
) -> None:
    page.bar.search.setText("-tag:done")
    qtbot.waitUntil(lambda: "60 of 60 rows" in state(page))
    page.table.go_to(4)
    document(studio).add_tag([page.record.row_id], "done")
    document(studio).add_tag([int(document(studio).ids[9])], "done")
    qtbot.waitUntil(lambda: page.model.rowCount() == ROWS - 1)
    assert page.model.find(int(document(studio).ids[9])) < 0
    assert page.table.currentIndex().row() == 4
    assert page.record.foot.tags is not None


def test_chips_stand_beside_the_words_and_a_filter_is_saved_whole(
    qtbot: QtBot, page: DataPage, studio: Studio
) -> None:
    ids = document(studio).ids
    document(studio).set_split(ids[:10], "test")
    document(studio).add_tag(ids[5:20], "late fees")
    qtbot.waitUntil(lambda: len(page.bar.tag_button.choices.actions()) == 4)
    choices = page.bar.tag_button.choices.actions()
    assert [action.text() for action in choices] == [
        "With any tag and without",
        "Any tag",
        "No tag",
        "late fees · 15",
    ]
    page.bar.search.setText("query or zebra")
    page.bar.split_button.choose(Choice("test", "split:test", "Test"))
    choices[3].trigger()
    qtbot.waitUntil(lambda: page.model.rowCount() == 5)
    assert page.bar.tag_button.text() == "late fees"
    assert page.bar.expression == '(query or zebra) split:test (tag:"late fees")'
    page.bar.filters.save_action.trigger()
    dialog = page.bar.window().findChild(NameDialog)
    assert isinstance(dialog, NameDialog)
    assert not dialog.save_button.isEnabled()
    QTest.keyClicks(dialog._field, "mine & yours")
    dialog.save_button.click()
    page.bar.clear()
    qtbot.waitUntil(lambda: page.model.rowCount() == ROWS)
    kept = next(a for a in page.bar.filters.actions() if a.text() == "mine && yours")
    kept.trigger()
    qtbot.waitUntil(lambda: page.model.rowCount() == 5)
    assert page.bar.split_button.text() == "Split"
    page.bar.filters._drop.actions()[0].trigger()
    assert document(studio).filters() == {}


def test_a_click_on_a_title_sorts_and_a_third_one_ends_it(
    qtbot: QtBot, page: DataPage, studio: Studio
) -> None:
    assert next_sort(AS_THEY_STAND, "") == Sort("", descending=True)
    head = page.table.head
    at = QPoint(head.sectionViewportPosition(3) + 20, 10)
    QTest.mouseClick(head.viewport(), Qt.MouseButton.LeftButton, pos=at)
    qtbot.waitUntil(lambda: shown(page)[:2] == ["query 0", "query 7"])
    assert head.accessibleDescription() == "Sorted by Output, from first to last"
    QTest.mouseClick(head.viewport(), Qt.MouseButton.LeftButton, pos=at)
    qtbot.waitUntil(lambda: shown(page)[:2] == ["query 6", "query 13"])
    assert studio.settings.values.sorts == {document(studio).uid: "-output"}
    QTest.mouseClick(head.viewport(), Qt.MouseButton.LeftButton, pos=at)
    qtbot.waitUntil(lambda: shown(page)[:2] == ["query 0", "query 1"])
    assert head.accessibleDescription() == ""


def test_a_dataset_is_sorted_as_it_was_last(qtbot: QtBot, page: DataPage, studio: Studio) -> None:
    page.filter.sort_by(Sort("instruction", descending=True))
    qtbot.waitUntil(lambda: shown(page)[0] == "query 9")
    with Dataset.create(studio.workspace.dataset("talks"), Kind.CONVERSATION) as data:
        data.insert(0, [Conversation(({"role": "user", "content": "hi"},))])
    studio.datasets.open("talks")
    assert page.table.head.sort == AS_THEY_STAND
    assert page.model.column("turns") == 2
    studio.datasets.open("rows")
    qtbot.waitUntil(lambda: shown(page)[0] == "query 9")


def test_the_menu_sorts_as_the_titles_do(qtbot: QtBot, page: DataPage) -> None:
    menu = next(a.menu() for a in page.bar.menu.actions() if a.text() == "Sort by")
    menu.aboutToShow.emit()  # type: ignore[union-attr]
    by_words = {action.text(): action for action in menu.actions()}  # type: ignore[union-attr]
    assert by_words["The dataset's order"].isChecked()
    by_words["Instruction"].trigger()
    qtbot.waitUntil(lambda: shown(page)[2] == "query 10")


def test_columns_keep_the_width_they_were_given(page: DataPage, studio: Studio) -> None:
    page.table.head.resizeSection(2, 171)
    page.hidden()
    assert studio.settings.splitter("data.triple.column.input") == [171]
    page.table.head.resizeSection(2, 80)
    page._sizes._timer.stop()
    studio.datasets.close()
    studio.datasets.open("rows")
    assert page.table.head.sectionSize(2) == 171


def test_the_column_of_tags_is_there_when_there_are_tags(
    qtbot: QtBot, page: DataPage, studio: Studio
) -> None:
    at = page.model.column(TAGS)
    assert page.table.isColumnHidden(at)
    document(studio).add_tag(document(studio).ids[:1], "one")
    qtbot.waitUntil(lambda: not page.table.isColumnHidden(at))
    page.set_small(True)
    assert page.table.isColumnHidden(at)


def test_exactly_these_rows_are_shown_until_the_chip_is_clicked(
    qtbot: QtBot, page: DataPage, studio: Studio
) -> None:
    ids = document(studio).ids
    page.bar.search.setText("zebra")
    page.show_rows(ids[[40, 3, 7]], "3 near duplicates")
    assert shown(page) == ["query 3", "query 7", "query 40"]
    assert page.bar.only_button.text() == "3 near duplicates"
    assert page.bar.text == ""
    search(qtbot, page, "answer 0", 1)
    assert shown(page) == ["query 7"]
    page.bar.only_button.click()
    qtbot.waitUntil(lambda: page.model.rowCount() == 9)


def test_a_finding_before_the_start_leads_to_exactly_its_rows(
    page: DataPage, studio: Studio, light: Theme
) -> None:
    train = TrainPage(studio)
    rows = document(studio).ids[[2, 30]].tolist()
    train.act(Action("Show 2 rows", "rows", rows))
    assert shown(page) == ["query 2", "query 30"]
    train.deleteLater()


def test_rows_are_selected_as_ranges(qtbot: QtBot, page: DataPage, studio: Studio) -> None:
    ids = document(studio).ids
    page.select_rows(ids[[30, 4, 5, 6, 2]])
    assert page.table.selected_ids().tolist() == ids[[2, 4, 5, 6, 30]].tolist()
    assert page.record.title.text() == "Row 3"
    asked: list[object] = []
    original, page.model.data = page.model.data, lambda *a: asked.append(a)  # type: ignore[method-assign, assignment, return-value]
    page.table.selectAll()
    page.model.data = original  # type: ignore[method-assign]
    assert page.table.selectionModel().selection().count() == 1
    assert not asked
    assert np.array_equal(page.table.selected_ids(), ids)


def test_rows_in_too_many_places_are_shown_alone(
    page: DataPage, studio: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("studio.ui.data.rowstable.MOST_RANGES", 3)
    page.select_rows(document(studio).ids[::2])
    assert page.model.rowCount() == 30
    assert page.bar.only_button.text() == "30 rows"


def test_names_are_completed_where_the_cursor_is(qtbot: QtBot, page: DataPage) -> None:
    field = page.bar.search
    field.setText("late spl (x)")
    field.setCursorPosition(8)
    assert field.completions() == ["split:train", "split:validation", "split:test"]
    field._complete("split:test")
    assert field.text() == "late split:test (x)"
    assert field.cursorPosition() == 16
    field.setText("-to")
    field._complete(field.completions()[0])
    assert field.text() == "-tokens>"
    field.setText("s")
    assert field.completions() == []


def test_problems_and_tokens_of_a_sidecar_filter_and_sort(
    qtbot: QtBot, page: DataPage, studio: Studio
) -> None:
    path = sidecar.place(studio.workspace.path, document(studio).uid)
    made = sidecar.open_writing(path)
    ids = document(studio).ids.tolist()
    made.executemany(
        "INSERT INTO lengths VALUES (?, 0, ?, 1, 2, 1)", [(row, 900 - row) for row in ids[:20]]
    )
    made.close()
    search(qtbot, page, "tokens>890", 9)
    page.filter.sort_by(Sort(TOKENS))
    qtbot.waitUntil(lambda: shown(page)[0] == "query 8")


def test_a_large_dataset_is_searched_by_parts_until_its_index_is_there(
    qtbot: QtBot, page: DataPage, studio: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(findthreads, "AT_ONCE", 10)
    monkeypatch.setattr(wordindex, "PIECE", 5)
    page.bar.search.setText("nswer")
    qtbot.waitUntil(lambda: "parts of words" in state(page))
    assert page.model.rowCount() == ROWS
    qtbot.waitUntil(lambda: page.model.rowCount() == 0, timeout=10_000)
    assert "parts of words" not in state(page)
    search(qtbot, page, "answ", ROWS)


def test_a_dataset_that_cannot_have_an_index_is_searched_by_parts_and_it_is_said(
    qtbot: QtBot,
    page: DataPage,
    studio: Studio,
    problems: list[StudioError],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("studio.data.schema.BUSY_SECONDS", 0.01)
    other = document(studio)._dataset
    other._sql.execute("BEGIN IMMEDIATE")
    page.bar.search.setText("nswer 6")
    qtbot.waitUntil(lambda: page.model.rowCount() == 13)
    other._sql.execute("ROLLBACK")
    assert "parts of words" in state(page)
    assert "another program" in problems[0].summary


HOSTILE = (
    "<table>" * 500,
    "<s>[INST] <|im_end|> </s>",
    "\u202eright to left\u202c \u2066mixed\u2069 \u200f",
    "x" * 300_000,
    "<img src='file:///etc/passwd'><script>alert(1)</script>",
    "a\x00b\ud7ff\U0010ffff",
    "{{7*7}} %s %d \\n",
    "line\u2028separated\u2029text\r\n\ttab",
)


def test_hostile_text_is_shown_as_text(qtbot: QtBot, page: DataPage, studio: Studio) -> None:
    document(studio).insert(0, [Triple(text, text, text) for text in HOSTILE])
    for row, text in enumerate(HOSTILE):
        page.table.go_to(row)
        cell = page.model.index(row, INSTRUCTION).data(CELL)
        assert cell.words == " ".join(text[:240].split()) + (" …" if len(text) > 240 else "")
        tip = page.model.index(row, INSTRUCTION).data(Qt.ItemDataRole.ToolTipRole)
        assert "<img" not in tip
        assert "<table" not in tip
        page.grab()
    search(qtbot, page, '"<|im_end|>"', 1)
    search(qtbot, page, '"<script>"', 1)
    assert QApplication.topLevelWidgets()


def test_after_a_search_without_result_the_first_row_is_in_hand_again(
    qtbot: QtBot, page: DataPage
) -> None:
    page.show_expression("nothing has this")
    qtbot.waitUntil(lambda: page.model.rowCount() == 0, timeout=10_000)
    assert page.model.is_found
    assert page.record.row_id == 0
    page.bar.clear()
    qtbot.waitUntil(lambda: page.model.rowCount() == ROWS, timeout=10_000)
    assert page.record.row_id == page.model.row_id(0)


def test_titles_know_nothing_of_selected_rows_so_that_a_million_paint_as_fast(
    page: DataPage,
) -> None:
    page.table.selectAll()
    page.table.head.grab()
    assert page.table.selectionModel().hasSelection()
    assert not page.table.head.selectionModel().hasSelection()
