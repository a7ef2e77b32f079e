"""The line above the rows: which dataset, which rows, and what to do with them."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QAction, QActionGroup, QKeySequence, QShortcut
from PySide6.QtWidgets import QHBoxLayout, QMenu, QSizePolicy, QWidget

from studio.core.example import SPLITS
from studio.ui.look import fonts
from studio.ui.widgets.parts import Button, ChoiceField, SearchField, fill, plain_tip

TYPING_MS = 150
"""A pause in typing after which the search is asked."""
ALL = "All splits"


class RowsBar(QWidget):
    """Search, filters and what is done with rows; owned by the Data page.

    Signals:
        filter_changed(): search text, split or problems are others now.
        dataset_chosen(str): another dataset is to be opened, in the form for narrow windows.

    Attributes:
        menu: what else can be done; the page fills it.
        row_button: adds a row.
    """

    filter_changed = Signal()
    dataset_chosen = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self.dataset_field = ChoiceField()
        self.dataset_field.setAccessibleName("Dataset")
        self.dataset_field.setMinimumWidth(150)
        self.dataset_field.textActivated.connect(self.dataset_chosen)
        self.search = SearchField("Search rows")
        self.search.setMinimumWidth(80)
        self.search.setMaximumWidth(190)
        self.search.setToolTip("Search all three texts (Ctrl+F); Esc shows all rows")
        leave = QShortcut(QKeySequence(Qt.Key.Key_Escape), self.search)
        leave.setContext(Qt.ShortcutContext.WidgetShortcut)
        leave.activated.connect(self.search.clear)
        self.search.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.problems = Button("", "warning", "alert")
        self.problems.setCheckable(True)
        self.split_button = Button("Split", "split", "chip", drop=True)
        self.row_button = Button("Row", "add", tool=True)
        self.row_button.setToolTip("Add a row below (Ctrl+Return)")
        self.row_button.setAccessibleName("Add a row")
        self.more_button = Button("More", "menu", "icon")
        self.menu = QMenu(self)
        self.menu.setFont(fonts.font())
        self.more_button.clicked.connect(lambda: self._pop(self.more_button, self.menu))
        self._count, self.split = 0, ""
        self._splits = self._split_menu()
        row = QHBoxLayout(self)
        fill(row, self.dataset_field, gap=6)
        row.addWidget(self.search, 100)
        fill(row, self.problems, self.split_button, None, self.row_button, self.more_button, gap=6)
        self._timer = QTimer(self, singleShot=True, interval=TYPING_MS)
        self._timer.timeout.connect(self.filter_changed)
        self.search.textChanged.connect(lambda _: self._timer.start())
        self.problems.toggled.connect(self._on_problems_toggled)
        self.show_problems(0, "")

    def _split_menu(self) -> QMenu:
        menu = QMenu(self)
        menu.setFont(fonts.font())
        group = QActionGroup(menu)
        for name in (ALL, *SPLITS):
            action = QAction(name, menu, checkable=True, checked=name == ALL)
            action.triggered.connect(lambda _=False, name=name: self._on_split_chosen(name))
            group.addAction(action)
            menu.addAction(action)
        self.split_button.setCheckable(True)
        self.split_button.clicked.connect(lambda: self._pop(self.split_button, menu))
        return menu

    def _pop(self, button: Button, menu: QMenu) -> None:
        if button is self.split_button:
            button.setChecked(bool(self.split))
        menu.popup(button.mapToGlobal(button.rect().bottomLeft()))

    def _on_split_chosen(self, name: str) -> None:
        self.split = "" if name == ALL else name
        self.split_button.setText(name.capitalize() if self.split else "Split")
        self.split_button.setChecked(bool(self.split))
        self.filter_changed.emit()

    def _on_problems_toggled(self) -> None:
        self._say_problems()
        self.filter_changed.emit()

    @property
    def text(self) -> str:
        """The text that rows must hold."""
        return self.search.text()

    @property
    def only_problems(self) -> bool:
        """Whether only rows with something wrong are shown."""
        return self.problems.isChecked()

    def clear(self) -> None:
        """Show all rows; sends filter_changed if anything was hidden."""
        hiding = bool(self.text or self.split or self.only_problems)
        for widget in (self.search, self.problems):
            widget.blockSignals(True)
        self.search.clear()
        self.problems.setChecked(False)
        for widget in (self.search, self.problems):
            widget.blockSignals(False)
        self._timer.stop()
        self.split = ""
        self._splits.actions()[0].setChecked(True)
        self.split_button.setText("Split")
        self.split_button.setChecked(False)
        self._say_problems()
        if hiding:
            self.filter_changed.emit()

    def show_rows(self, count: int) -> None:
        """Say how many rows there are to search."""
        words = f"Search {count:,} rows" if count != 1 else "Search 1 row"
        self.search.setPlaceholderText(words)
        self.search.setAccessibleName(words)

    def show_problems(self, count: int, listing: str) -> None:
        """Show in how many rows something is wrong, and what; none takes no room."""
        self._count = count
        self.problems.setToolTip(plain_tip(listing))
        self.problems.setVisible(bool(count))
        if not count and self.problems.isChecked():
            self.problems.setChecked(False)
        self._say_problems()

    def _say_problems(self) -> None:
        count = f"{self._count:,} {'problem' if self._count == 1 else 'problems'}"
        self.problems.setText("All rows" if self.problems.isChecked() else count)
        self.problems.setAccessibleName(
            "Show all rows" if self.problems.isChecked() else f"Show the rows with {count}"
        )

    def show_datasets(self, names: Sequence[str], current: str) -> None:
        """List the datasets in the drop-down of narrow windows."""
        self.dataset_field.blockSignals(True)
        self.dataset_field.clear()
        self.dataset_field.addItems(list(names))
        self.dataset_field.setCurrentIndex(names.index(current) if current in names else -1)
        self.dataset_field.blockSignals(False)

    def set_small(self, small: bool) -> None:
        """Show the datasets as a drop-down in a narrow window."""
        self.dataset_field.setVisible(small)
        self.split_button.setVisible(not small)
