"""The line above the rows: which dataset, which rows, and what to do with them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from PySide6.QtCore import QSize, QTimer, Signal
from PySide6.QtGui import QAction, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QMenu, QVBoxLayout, QWidget

from studio.ui.data.filterchip import (
    FilterChip,
    known_names,
    split_choices,
    tag_choices,
    token_choices,
)
from studio.ui.data.filtermenu import FilterMenu
from studio.ui.data.searchfield import ExpressionField
from studio.ui.look import fonts
from studio.ui.look.fonts import Role
from studio.ui.widgets.parts import Button, ChoiceField, fill, plain_tip, prose

TYPING_MS = 150
"""A pause in typing after which the search is asked."""
GAP = 6
SHORT_ONLY = 24
"""Characters of the name of the only rows that are shown."""
SEARCH_WIDTH = 110
"""Px the field keeps; chips that do not fit beside it are in the menu of filters."""


class RowsBar(QWidget):
    """Search, filters and what is done with rows; owned by the Data page.

    What chips say holds beside what the field says.

    Signals:
        filter_changed(): other rows are wanted now.
        dataset_chosen(str): another dataset is to be opened, in the form for narrow windows.

    Attributes:
        menu: what else can be done; the page fills it.
        filters: the menu of filters.
        row_button: adds a row.
        only_button: says that only some rows are shown, and shows the others again.
    """

    filter_changed = Signal()
    dataset_chosen = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self.dataset_field = ChoiceField()
        self.dataset_field.setAccessibleName("Dataset")
        self.dataset_field.setMinimumWidth(150)
        self.dataset_field.textActivated.connect(self.dataset_chosen)
        self.search = ExpressionField()
        self.filter_button = Button("Filters", "filter", "icon")
        self.only_button = Button("", "close", "chip")
        self.only_button.setCheckable(True)
        self.problems = Button("", "warning", "alert")
        self.problems.setCheckable(True)
        self.split_button = FilterChip("Split", "split", "All splits")
        self.tag_button = FilterChip("Tag", "tag", "With any tag and without")
        self.tokens_button = FilterChip("Tokens", "", "Any number of tokens")
        self.chips = (self.split_button, self.tag_button, self.tokens_button)
        self.row_button = Button("Row", "add", tool=True)
        self.row_button.setToolTip("Add a row below (Ctrl+Return)")
        self.row_button.setAccessibleName("Add a row")
        self.more_button = Button("More", "menu", "icon")
        self.menu, self.filters = QMenu(self), FilterMenu(self)
        self.menu.setFont(fonts.font())
        self._own_tokens = QAction("A number of your own…", self)
        self._trouble = prose("", Role.SMALL, tone="danger")
        self._count, self._limit, self._small = 0, 0, False
        self._lay_out()
        self._connect()
        self.split_button.set_choices(split_choices())
        self.show_tags({})
        self.show_limit(512)
        self.show_problems(0, "")
        self.show_only("")
        self.show_trouble("")

    def _lay_out(self) -> None:
        row = QHBoxLayout()
        fill(row, self.dataset_field, gap=GAP)
        row.addWidget(self.search, 100)
        fill(row, self.filter_button, self.only_button, self.problems, *self.chips, None, gap=GAP)
        fill(row, self.row_button, self.more_button, gap=GAP)
        fill(QVBoxLayout(self), row, self._trouble, gap=4)

    def _connect(self) -> None:
        self._typing = QTimer(self, singleShot=True, interval=TYPING_MS)
        self._typing.timeout.connect(self.filter_changed)
        self.search.textChanged.connect(lambda _: self._typing.start())
        self.search.left.connect(self.search.clear)
        self.search.entered.connect(self._ask_now)
        self.problems.toggled.connect(self._on_problems_toggled)
        self.only_button.clicked.connect(self._on_only_clicked)
        for chip in self.chips:
            chip.chosen.connect(self._on_chip_chosen)
        for button, menu in ((self.more_button, self.menu), (self.filter_button, self.filters)):
            button.clicked.connect(lambda _=False, b=button, m=menu: _pop(b, m))
        self.filters.aboutToShow.connect(
            lambda: self.filters.save_action.setEnabled(bool(self.expression))
        )
        self.filters.filter_chosen.connect(self.set_expression)
        self.filters.example_chosen.connect(self.add_to_expression)
        self._own_tokens.triggered.connect(lambda: self.add_to_expression("tokens>"))

    # what is wanted

    @property
    def text(self) -> str:
        """What stands in the field."""
        return self.search.text()

    @property
    def only_problems(self) -> bool:
        """Whether only rows with something wrong are shown."""
        return self.problems.isChecked()

    @property
    def expressions(self) -> list[str]:
        """What must hold of the rows that are shown, beside the chip of problems."""
        chips = [chip.expression for chip in self.chips]
        return [text for text in (self.text.strip(), *chips) if text]

    @property
    def expression(self) -> str:
        """The whole filter as one expression, as it is saved."""
        parts = self.expressions + ["problem:any"] * self.only_problems
        return parts[0] if len(parts) == 1 else " ".join(map(_bracketed, parts))

    def set_expression(self, expression: str) -> None:
        """Let this hold and nothing else."""
        self.empty()
        self.search.setText(expression)
        self._ask_now()

    def add_to_expression(self, part: str) -> None:
        """Write something behind what stands in the field, and go there."""
        self.search.setText(f"{self.text.rstrip()} {part}".lstrip())
        self.search.setFocus()

    def clear(self) -> None:
        """Show all rows; sends filter_changed if anything was hidden."""
        hiding = bool(self.expressions or self.only_problems or not self.only_button.isHidden())
        self.empty()
        if hiding:
            self.filter_changed.emit()

    def empty(self) -> None:
        """Want all rows; sends no signal."""
        for widget in (self.search, self.problems):
            widget.blockSignals(True)
        self.search.clear()
        self.problems.setChecked(False)
        for widget in (self.search, self.problems):
            widget.blockSignals(False)
        self._typing.stop()
        for chip in self.chips:
            chip.clear()
        self.only_button.hide()
        self._say_problems()
        self._fit()

    def _ask_now(self) -> None:
        self._typing.stop()
        self.filter_changed.emit()

    def _on_problems_toggled(self) -> None:
        self._say_problems()
        self.filter_changed.emit()

    def _on_chip_chosen(self) -> None:
        self._fit()
        self.filter_changed.emit()

    def _on_only_clicked(self) -> None:
        self.only_button.hide()
        self._fit()
        self.filter_changed.emit()

    # what is known

    def show_rows(self, count: int) -> None:
        """Say how many rows there are to search."""
        words = f"Search {count:,} rows" if count != 1 else "Search 1 row"
        self.search.setPlaceholderText(words)
        self.search.setAccessibleName(words)

    def show_only(self, words: str) -> None:
        """Say which rows alone are shown; empty for all."""
        short = words if len(words) <= SHORT_ONLY else words[: SHORT_ONLY - 1] + "…"
        self.only_button.setText(short.replace("&", "&&"))
        self.only_button.setChecked(True)
        self.only_button.setAccessibleName(f"Show all rows in place of {words}")
        self.only_button.setToolTip(plain_tip(f"{words}. Show all rows again"))
        self.only_button.setVisible(bool(words))
        self._fit()

    def show_tags(self, tags: Mapping[str, int]) -> None:
        """Offer the tags there are, with the number of rows of each."""
        self.tag_button.set_choices(tag_choices(tags))
        self.search.set_known(known_names(tags))

    def show_limit(self, limit: int) -> None:
        """Offer numbers of tokens around the longest sequence."""
        if limit == self._limit:
            return
        self._limit = limit
        self.tokens_button.set_choices(token_choices(limit), [self._own_tokens])

    def show_problems(self, count: int, listing: str) -> None:
        """Show in how many rows something is wrong, and what; none takes no room."""
        self._count = count
        self.problems.setToolTip(plain_tip(listing))
        self.problems.setVisible(bool(count))
        self._fit()
        if not count and self.problems.isChecked():
            self.problems.setChecked(False)
        self._say_problems()

    def _say_problems(self) -> None:
        count = f"{self._count:,} {'problem' if self._count == 1 else 'problems'}"
        checked = self.problems.isChecked()
        short = f"{self._count:,}" if self._small else count
        self.problems.setText("All rows" if checked else short)
        self.problems.setAccessibleName(
            "Show all rows" if checked else f"Show the rows with {count}"
        )

    def show_trouble(self, sentence: str) -> None:
        """Say why the expression finds nothing; empty if it can be read."""
        self.search.show_trouble(sentence)
        self._trouble.setText(sentence)
        self._trouble.setVisible(bool(sentence))

    def show_datasets(self, names: Sequence[str], current: str) -> None:
        """List the datasets in the drop-down of narrow windows."""
        self.dataset_field.blockSignals(True)
        self.dataset_field.clear()
        self.dataset_field.addItems(list(names))
        self.dataset_field.setCurrentIndex(names.index(current) if current in names else -1)
        self.dataset_field.blockSignals(False)

    def set_small(self, small: bool) -> None:
        """Take the form for narrow windows: datasets drop down, chips are in the menu."""
        self.dataset_field.setVisible(small)
        self._small = small
        self._say_problems()
        self._fit()

    def _fit(self) -> None:
        """Show the chips there is room for; the menu of filters has the others."""
        fixed: list[QWidget] = [self.filter_button, self.row_button, self.more_button]
        seen: list[QWidget] = [self.dataset_field, self.only_button, self.problems]
        fixed += [widget for widget in seen if not widget.isHidden()]
        room = self.width() - SEARCH_WIDTH - sum(w.sizeHint().width() + GAP for w in fixed)
        away = []
        for chip in self.chips:
            room -= chip.sizeHint().width() + GAP
            shown = not self._small and room >= 0
            chip.setVisible(shown)
            if not shown:
                away.append(chip.choices)
        self.filters.set_chips(away)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def minimumSizeHint(self) -> QSize:
        return QSize(0, super().minimumSizeHint().height())  # chips give way, see _fit


def _bracketed(expression: str) -> str:
    return f"({expression})" if " " in expression else expression


def _pop(button: QWidget, menu: QMenu) -> None:
    menu.popup(button.mapToGlobal(button.rect().bottomLeft()))
