"""The card that says what the chosen runs do not share: settings, rows, and what came of it."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QPixmap
from PySide6.QtWidgets import QApplication, QHBoxLayout, QWidget

from studio.app.runacts import RowsCompared
from studio.core.knobtitles import words_of
from studio.core.problems import StudioError
from studio.core.recipediff import differences, setting_count
from studio.data.recipefile import read_recipe
from studio.ui.look.fonts import Role
from studio.ui.look.theme import colors
from studio.ui.runs.cells import RunRow
from studio.ui.runs.changecell import change_words
from studio.ui.runs.series import series_at
from studio.ui.widgets.card import Card
from studio.ui.widgets.cells import Cell
from studio.ui.widgets.lists import Rows, RowTable
from studio.ui.widgets.parts import Button, Elided, fill, plain_tip

MOST = 4
"""Runs that stand side by side."""
NAME, NAME_BESIDE_MANY = 136, 104
"""Px of the settings' names; less where many runs stand beside each other."""
SQUARE = 10
LEAST_SHARED = 6
"""Characters that titles must share before they are cut."""


class DifferCard(Card):
    """A column for each of the first chosen runs, a row for each setting that differs.

    Signals:
        rows_wanted(): the rows that differ are to be shown.
    """

    rows_wanted = Signal()

    def __init__(self) -> None:
        self.copy_button = Button("Copy", "copy", "quiet", compact=True)
        super().__init__("What differs", "", self.copy_button)
        self._table: RowTable | None = None
        self._told: list[tuple[str, ...]] = []
        self._runs: tuple[str, ...] = ()
        self._shown: tuple[object, ...] = ()
        self._rows = Elided("", Role.SMALL)
        self.rows_button = Button("Show rows", "data", compact=True)
        self.rows_button.clicked.connect(self.rows_wanted)
        self.copy_button.clicked.connect(self._copy)
        self._foot = QWidget()
        foot = QHBoxLayout(self._foot)
        fill(foot, gap=8, edge=(14, 6, 10, 8))
        foot.addWidget(self._rows, 1)
        foot.addWidget(self.rows_button)
        self.body.addWidget(self._foot)

    def show_runs(self, rows: Sequence[RunRow]) -> None:
        """Compare these runs; of more than four the first four."""
        shown = [row for row in rows if not row.summary.problem][:MOST]
        runs = tuple(row.summary.run for row in shown)
        known = tuple(
            (row.summary.run, row.summary.title, change_words(row.summary)) for row in shown
        )
        if known == self._shown:
            return
        self._shown = known
        if runs != self._runs:
            self.say_rows("" if len(shown) == 2 else "Choose two runs to compare their rows.")
        self._runs = runs
        try:
            found = differences([read_recipe(row.summary.folder.recipe) for row in shown])
        except StudioError as problem:
            self._rows.setText(problem.summary)
            return
        self.remark.setText(f"{len(found)} of {setting_count()} settings")
        lines = [
            (
                each.title,
                *(words_of(each.name, v) for v in each.values),
                words_of(each.name, each.common),
            )
            for each in found
        ]
        changes = [change_words(row.summary) for row in shown]
        lines.append(("Your task", *(task for task, _ in changes), ""))
        lines.append(("General", *(general for _, general in changes), ""))
        self._put(shown, lines)

    def _put(self, shown: Sequence[RunRow], lines: list[tuple[str, ...]]) -> None:
        heads = ("", *_short([row.summary.title or row.summary.run for row in shown]))
        if self._table is not None:
            self.body.removeWidget(self._table)
            self._table.hide()
            self._table.deleteLater()
        model = _Rows(heads, [row.summary.title or row.summary.run for row in shown])
        name = NAME if len(shown) < MOST else NAME_BESIDE_MANY
        self._table = RowTable("What differs", model, {0: name})
        model.setParent(self._table)
        self._table.horizontalHeader().setTextElideMode(Qt.TextElideMode.ElideRight)
        model.set_rows([_cells(line) for line in lines])
        self.body.insertWidget(0, self._table, 1)
        self._told = [heads, *(line[:-1] for line in lines)]

    def say_rows(self, words: str, *, can_show: bool = False) -> None:
        """Say how the runs' rows differ."""
        self._rows.setText(words or "Comparing the rows")
        self.rows_button.setVisible(can_show)

    def show_rows(self, found: RowsCompared) -> None:
        """Say what came of comparing the rows of the two runs."""
        if found.runs != self._runs:
            return
        diff = found.diff
        if diff.same:
            self.say_rows(f"Both learn from the same {diff.rows[0]:,} rows.")
            return
        parts = (
            f"{diff.added:,} added" if diff.added else "",
            f"{diff.removed:,} removed" if diff.removed else "",
            f"{diff.changed:,} changed" if diff.changed else "",
            f"{diff.moved:,} in another split" if diff.moved else "",
        )
        self.say_rows("Rows: " + ", ".join(part for part in parts if part), can_show=True)

    @property
    def runs(self) -> tuple[str, ...]:
        """Ids of the runs that are compared."""
        return self._runs

    def _copy(self) -> None:
        text = "\n".join("\t".join(line) for line in self._told)
        QApplication.clipboard().setText(text)


class _Rows(Rows):
    """Rows whose columns have the colours that their runs are drawn in, and their whole titles."""

    def __init__(self, heads: Sequence[str], titles: Sequence[str]) -> None:
        super().__init__(heads)
        self._titles = ("", *titles)

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> Any:
        if role == Qt.ItemDataRole.ToolTipRole and orientation is Qt.Orientation.Horizontal:
            return plain_tip(self._titles[section])
        if role != Qt.ItemDataRole.DecorationRole or not section:
            return super().headerData(section, orientation, role)
        made = QPixmap(SQUARE, SQUARE)
        made.fill(getattr(colors(), series_at(section - 1)))
        return made if orientation is Qt.Orientation.Horizontal else None


def _cells(line: tuple[str, ...]) -> tuple[Cell, ...]:
    name, *values, common = line
    return (
        Cell(name, tone="muted", tip=name),
        *(Cell(value, bold=bool(common) and value != common, tip=value) for value in values),
    )


def _short(titles: list[str]) -> list[str]:
    """Return titles without the words that all of them begin with."""
    shared = os.path.commonprefix(titles)  # noqa: RUF071 - titles, not paths
    shared = shared[: max(shared.rfind(" "), shared.rfind("-"), shared.rfind("·")) + 1]
    if len(shared) < LEAST_SHARED:
        return titles
    return [f"…{rest}" if (rest := title[len(shared) :].strip()) else title for title in titles]
