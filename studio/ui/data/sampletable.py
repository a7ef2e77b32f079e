"""The first rows of a file as a table, with what each column is chosen in its heading."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from PySide6.QtCore import QAbstractItemModel, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QHeaderView, QWidget

from studio.core.example import Kind
from studio.data.layouts import ANY_KIND, ROLES
from studio.data.rowvalues import dump
from studio.ui.look import fonts, paint
from studio.ui.look.fonts import Role
from studio.ui.look.theme import colors
from studio.ui.widgets.lists import Cell, Rows, RowTable
from studio.ui.widgets.parts import ChoiceField

ROWS = 20
"""Rows that are shown."""
MOST_COLUMNS = 100
"""Columns that are shown; a table may have thousands."""
WIDTH, WIDTH_LEAST = 210, 150
"""Px of a column."""
NAME_HEIGHT, HEAD_HEIGHT = 28, 64
_SHOWN = 300
"""Characters of a cell; what is longer than the column is wide is cut."""
_TIP = 2000
NO_ROLE = "Kept as it is"


class RoleHeader(QHeaderView):
    """A heading with a drop-down below each name.

    Signals:
        role_chosen(str, str): the user said what a column is; the role is empty for none.
    """

    role_chosen = Signal(str, str)

    def __init__(self, parent: QWidget) -> None:
        super().__init__(Qt.Orientation.Horizontal, parent)
        self._columns: list[str] = []
        self._fields: list[ChoiceField] = []
        self.setFixedHeight(HEAD_HEIGHT)
        self.setHighlightSections(False)
        self.setSectionsMovable(False)
        self.sectionResized.connect(lambda *_: self._place())

    def field(self, column: str) -> ChoiceField:
        """Return the drop-down of a column."""
        return self._fields[self._columns.index(column)]

    def set_columns(self, columns: Sequence[str], kind: Kind, roles: Mapping[str, str]) -> None:
        """Show the columns with what they can be in rows of a kind, and what they are."""
        if list(columns) != self._columns:
            for field in self._fields:
                field.deleteLater()
            self._columns = list(columns)
            self._fields = [self._make(name) for name in columns]
        choices = ["", *ROLES[kind], *ANY_KIND]
        for name, field in zip(self._columns, self._fields, strict=True):
            field.blockSignals(True)
            field.clear()
            for role in choices:
                field.addItem(role.capitalize() or NO_ROLE, role)
            role = roles.get(name, "")
            field.setCurrentIndex(choices.index(role) if role in choices else 0)
            field.blockSignals(False)
        self._place()

    def _make(self, name: str) -> ChoiceField:
        made = ChoiceField()
        made.setParent(self.viewport())
        made.setAccessibleName(f"What the column {name} is")
        made.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        made.currentIndexChanged.connect(
            lambda _at, column=name, field=made: self.role_chosen.emit(column, field.currentData())
        )
        made.show()
        return made

    def setOffset(self, offset: int) -> None:
        super().setOffset(offset)
        self._place()

    def updateGeometries(self) -> None:
        super().updateGeometries()
        self._place()

    def sizeHint(self) -> QSize:
        return QSize(super().sizeHint().width(), HEAD_HEIGHT)

    def _place(self) -> None:
        for section, field in enumerate(self._fields[: self.count()]):
            left, width = self.sectionViewportPosition(section), self.sectionSize(section)
            field.setGeometry(left + 4, NAME_HEIGHT, width - 8, 30)

    def paintSection(self, painter: QPainter, rect: QRect, section: int) -> None:
        name = self._columns[section] if section < len(self._columns) else ""
        area = QRectF(rect.left() + 8, rect.top(), rect.width() - 16, NAME_HEIGHT)
        paint.text(
            painter,
            area,
            " ".join(name.split()),
            fonts.font(Role.SMALL, fonts.MEDIUM),
            colors().muted,
            paint.LEFT,
            Qt.TextElideMode.ElideMiddle,
        )


class SampleTable(RowTable):
    """Shows rows as they stand in a file."""

    def __init__(self) -> None:
        super().__init__("The first rows of the file", Rows(()))
        self.model().setParent(self)
        self.header = RoleHeader(self)
        self.setHorizontalHeader(self.header)
        self.setHorizontalScrollMode(self.ScrollMode.ScrollPerPixel)
        self.horizontalScrollBar().valueChanged.connect(
            lambda _value: self.header.updateGeometries()
        )

    def show_rows(
        self,
        columns: Sequence[str],
        samples: Sequence[Mapping[str, Any]],
        kind: Kind,
        roles: Mapping[str, str],
    ) -> None:
        """Show the first rows; of very many columns only the first, and those with a role."""
        shown = list(columns)[:MOST_COLUMNS]
        shown += [name for name in roles if name not in shown]
        if shown != self.columns:
            self._replace(Rows(shown))
        self.rows.set_rows([_cells(shown, values, roles) for values in samples[:ROWS]])
        self.header.set_columns(shown, kind, roles)

    @property
    def rows(self) -> Rows:
        """The model."""
        model = self.model()
        assert isinstance(model, Rows)
        return model

    @property
    def columns(self) -> list[str]:
        """The names of the columns that are shown."""
        rows = self.rows
        return [
            str(rows.headerData(at, Qt.Orientation.Horizontal)) for at in range(rows.columnCount())
        ]

    def _replace(self, model: QAbstractItemModel) -> None:
        before = self.model()
        model.setParent(self)
        self.setModel(model)
        before.deleteLater()
        head = self.horizontalHeader()
        head.setSectionResizeMode(QHeaderView.ResizeMode.Interactive)
        head.setMinimumSectionSize(WIDTH_LEAST)
        head.setStretchLastSection(True)
        room = self.viewport().width() // max(1, model.columnCount())
        for section in range(model.columnCount()):
            head.resizeSection(section, max(WIDTH, room))


def _cells(
    columns: Sequence[str], values: Mapping[str, Any], roles: Mapping[str, str]
) -> tuple[Cell, ...]:
    return tuple(_cell(name, values, named=name in roles) for name in columns)


def _cell(name: str, values: Mapping[str, Any], *, named: bool) -> Cell:
    if name not in values:
        return Cell("not there", "border_strong")
    value = values[name]
    text = value if isinstance(value, str) else dump(value)
    words = " ".join(text[:_SHOWN].split())
    tip = text[:_TIP] if len(words) < len(text) or len(words) > 40 else ""
    return Cell(words, "text" if named else "muted", tip=tip)
