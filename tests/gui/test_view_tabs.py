"""The tabs above the views of a dataset."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QAction
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel
from pytestqt.qtbot import QtBot

from studio.ui.data.viewtabs import ViewTabs
from studio.ui.look.theme import Theme
from studio.ui.widgets.parts import Button


@pytest.fixture
def tabs(qtbot: QtBot, light: Theme) -> ViewTabs:
    made = ViewTabs()
    qtbot.addWidget(made)
    made.add_view("Rows", QLabel("rows"))
    made.resize(500, 200)
    with qtbot.waitExposed(made):
        made.show()
    return made


def test_one_view_alone_has_no_tab(tabs: ViewTabs) -> None:
    assert tabs.current == "Rows"
    assert not tabs._row.isVisible()
    tabs.add_view("Checks", QLabel("checks"))
    assert tabs._row.isVisible()
    assert tabs.current == "Rows"


def test_tabs_are_chosen_by_mouse_and_keys(qtbot: QtBot, tabs: ViewTabs) -> None:
    tabs.add_view("Checks", QLabel("checks"))
    tabs.add_view("Statistics", QLabel("statistics"))
    rows, checks, _ = tabs._group.buttons()
    with qtbot.waitSignal(tabs.chosen) as told:
        QTest.mouseClick(checks, Qt.MouseButton.LeftButton)
    assert told.args == ["Checks"]
    assert tabs.current == "Checks"
    checks.setFocus()
    QTest.keyClick(checks, Qt.Key.Key_Right)
    assert tabs.current == "Statistics"
    tabs.show_view("Rows")
    assert rows.isChecked()


def test_an_action_is_a_quiet_button_beside_the_tabs(tabs: ViewTabs) -> None:
    action, done = QAction("Export…", tabs), []
    action.triggered.connect(lambda: done.append(1))
    tabs.add_action(action)
    (button,) = tabs.findChildren(Button)
    assert tabs._row.isVisible()
    button.click()
    assert done == [1]
    action.setEnabled(False)
    assert not button.isEnabled()
