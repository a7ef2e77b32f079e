"""Lists and tables over values that are there keep Qt's rules and tell what the user chose."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtTest import QAbstractItemModelTester
from pytestqt.qtbot import QtBot

from studio.ui.look.theme import Theme
from studio.ui.widgets.cells import Cell
from studio.ui.widgets.lists import Entry, EntryList, Rows


def test_the_models_of_lists_keep_qt_rules(qtbot: QtBot, light: Theme):
    rows = Rows(("a", "b"), frozenset({1}))
    tester = QAbstractItemModelTester(rows, QAbstractItemModelTester.FailureReportingMode.Fatal)
    rows.set_rows([(Cell("1"), Cell("2"))])
    rows.set_rows([(Cell("1"), Cell("3"))])
    assert rows.index(0, 1).data() == "3"
    rows.set_rows([])
    assert rows.rowCount() == 0
    del tester


def test_a_list_of_entries_tells_only_what_the_user_chose(qtbot: QtBot, light: Theme):
    entries = EntryList("Datasets")
    qtbot.addWidget(entries)
    told: list[int] = []
    entries.chosen.connect(told.append)
    entries.set_entries([Entry("one", "1 row"), Entry("two", "2 rows", mark="3")], 0)
    assert told == []
    entries.show()
    qtbot.keyClick(entries, Qt.Key.Key_Down)
    assert told == [1]
    spoken = entries.model().index(1, 0).data(Qt.ItemDataRole.AccessibleTextRole)
    assert spoken == "two, 2 rows, 3"
    entries.close()
