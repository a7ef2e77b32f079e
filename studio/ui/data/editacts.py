"""What is done with the texts, tags and places of many rows, as menus with shortcuts."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QObject, QPoint, Qt
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QMenu, QWidget

from studio.app.bulkjob import Cancelled, Tell
from studio.app.datasetdocument import DatasetDocument
from studio.app.studio import Studio
from studio.core.problems import DataError
from studio.data.bulk import CLEANINGS, Cleaning, clean
from studio.data.packing import Ids
from studio.data.store import Change, Dataset
from studio.ui.data.bulkstrip import BulkStrip
from studio.ui.data.pasting import Pasting
from studio.ui.data.recordcard import RecordCard
from studio.ui.data.rowdialogs import MoveDialog, TagDialog
from studio.ui.data.rowstable import RowsTable
from studio.ui.look import fonts
from studio.ui.models.rowsmodel import RowsModel
from studio.ui.widgets.parts import plain_tip

if TYPE_CHECKING:
    from studio.ui.data.replacedialog import ReplaceDialog

Attempt = Callable[[Callable[[], object]], bool]


class EditActs(QObject):
    """Carries out what the user asks of cells and of many rows; the Data page owns it.

    Attributes:
        menus: for the menu Data and the context menu of the table.
        replace_action: opens find and replace.
        strip: shows a change of many rows while it goes on.
    """

    def __init__(
        self,
        studio: Studio,
        page: QWidget,
        parts: tuple[RowsTable, RowsModel, RecordCard],
        attempt: Attempt,
    ) -> None:
        super().__init__(page)
        self._studio, self._page, self._attempt = studio, page, attempt
        self._table, self._model, self._record = parts
        self.strip = BulkStrip(studio)
        self.pasting = Pasting(studio, page, self._table, self._model, attempt, self.tell_done)
        self.replace_action = QAction("Find and replace…", page)
        self.replace_action.setShortcut(QKeySequence("Ctrl+H"))
        self.replace_action.triggered.connect(lambda _=False: attempt(self.ask_replace))
        page.addAction(self.replace_action)
        self.menus: list[QMenu] = []
        self._fill_cells(self._menu("Cells"))
        self._fill_tags(self._menu("Tags"))
        self._fill_move(self._menu("Move"))
        self._fill_clean(self._menu("Clean texts"))
        self._table.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)

    def _menu(self, words: str) -> QMenu:
        made = QMenu(words, self._page)
        made.setFont(fonts.font())
        made.setToolTipsVisible(True)
        self.menus.append(made)
        return made

    def _add(
        self,
        menu: QMenu,
        words: str,
        act: Callable[[], object],
        keys: str = "",
        *,
        everywhere: bool = False,
    ) -> QAction:
        """Add an action; its keys count in the table alone, or while the page is in front."""
        made = menu.addAction(words)
        if keys:
            made.setShortcut(QKeySequence(keys))
        if not everywhere:
            made.setShortcutContext(Qt.ShortcutContext.WidgetShortcut)
            self._table.addAction(made)
        made.triggered.connect(lambda _=False: self._attempt(act))
        return made

    def _fill_cells(self, menu: QMenu) -> None:
        pasting = self.pasting
        self._add(menu, "Copy", pasting.copy, "Ctrl+C")
        self._add(menu, "Copy the rows", pasting.copy_rows, "Ctrl+Shift+C")
        self._add(menu, "Paste", pasting.paste, "Ctrl+V")
        self._add(menu, "Paste as new rows", pasting.paste_rows, "Ctrl+Shift+V")
        menu.addSeparator()
        self._add(menu, "Fill down", pasting.fill_down, "Ctrl+Shift+D")
        self._add(menu, "Clear the cells", pasting.clear, "Backspace")
        menu.addSeparator()
        self._add(menu, "Select all rows shown", self._table.selectAll, "Ctrl+A")

    def _fill_tags(self, menu: QMenu) -> None:
        self._add(menu, "Add a tag…", self.ask_tag, "Ctrl+T", everywhere=True)
        self._take_off = menu.addMenu("Take off")
        self._take_off.setFont(fonts.font())
        self._take_off.aboutToShow.connect(self._list_tags)

    def _fill_move(self, menu: QMenu) -> None:
        self._add(menu, "Up", partial(self.move_by, -1), "Alt+Up")
        self._add(menu, "Down", partial(self.move_by, 1), "Alt+Down")
        self._add(menu, "To the beginning", partial(self.move_to, 0), "Alt+Home")
        self._add(menu, "To the end", lambda: self.move_to(len(self._document)), "Alt+End")
        self._add(menu, "To a row…", self.ask_move)

    def _fill_clean(self, menu: QMenu) -> None:
        for cleaning in CLEANINGS:
            made = self._add(menu, cleaning.name, partial(self.clean, cleaning))
            made.setToolTip(plain_tip(cleaning.sentence))
            made.setStatusTip(cleaning.sentence)

    def ask_replace(self) -> None:
        """Ask what to find and what to put there, and do it."""
        from studio.ui.data.replacedialog import (  # its expressions take a tenth of a second to load
            ReplaceDialog,
            scopes_of,
        )

        self._record.flush()
        document = self._document
        selected = self._table.selected_ids()
        scopes, current = scopes_of(selected, self._model.ids, document.ids)
        dialog = ReplaceDialog(self._page.window(), document, scopes, current)
        dialog.accepted.connect(lambda: self._attempt(lambda: self._replace(dialog)))
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    def _replace(self, dialog: ReplaceDialog) -> None:
        asked = dialog.work()
        if asked is not None:
            count = dialog.model.ticked
            self._document.run_bulk(*asked)
            changes = "1 change" if count == 1 else f"{count:,} changes"
            self.strip.expect(lambda change: f"{changes} in {counted_rows(len(change.rows))}")

    def context_menu(self, actions: Sequence[QAction]) -> QMenu:
        """Return a menu of some actions and of all that is done with texts, tags and places."""
        menu = QMenu(self._table)
        menu.setFont(fonts.font())
        menu.addActions(list(actions))
        menu.addSeparator()
        for inner in self.menus:
            menu.addMenu(inner)
        return menu

    def pop(self, at: QPoint, actions: Sequence[QAction]) -> None:
        """Show the context menu of the table at a place of it."""
        menu = self.context_menu(actions)
        menu.aboutToHide.connect(menu.deleteLater)
        menu.popup(self._table.viewport().mapToGlobal(at))

    @property
    def _document(self) -> DatasetDocument:
        document = self._studio.datasets.current
        if document is None:
            raise DataError("No dataset is open.")
        return document

    def chosen(self) -> Ids:
        """Return the rows that are selected, or the one in hand, (N,)."""
        rows = self._table.selected_ids()
        if not len(rows) and self._record.row_id:
            rows = np.array([self._record.row_id], np.int64)
        if not len(rows):
            raise DataError(
                "No row is selected.", "Ctrl+A in the table selects all that are shown."
            )
        return rows

    # cleaning

    def clean(self, cleaning: Cleaning) -> None:
        """Clean the texts of the selected rows."""
        rows = self.chosen()

        def work(data: Dataset, tell: Tell, cancelled: Cancelled) -> Change:
            return clean(data, rows, cleaning, (), tell, cancelled)

        self._document.run_bulk(f"{cleaning.name}: {counted_rows(len(rows))}", work)
        self.strip.expect(lambda change: f"{counted_rows(len(change.rows))} {cleaning.done}")

    # tags

    def ask_tag(self) -> None:
        """Ask for a tag: in the record card for one row, else in a dialog."""
        rows = self.chosen()
        if len(rows) == 1:
            self._record.foot.tags.ask()
            return
        dialog = TagDialog(self._page.window(), len(rows), list(self._document.tag_counts()))
        dialog.accepted.connect(lambda: self._attempt(lambda: self.tag(rows, dialog.tag)))
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    def tag(self, rows: Ids, tag: str) -> None:
        """Put a tag on rows."""
        self._record.flush()
        self._document.add_tag(rows, tag)
        self.tell_done(f"{counted_rows(len(rows))} tagged {tag}")

    def untag(self, rows: Ids, tag: str) -> None:
        """Take a tag off rows."""
        self._record.flush()
        self._document.remove_tag(rows, tag)
        self.tell_done(f"{tag} taken off {counted_rows(len(rows))}")

    def _list_tags(self) -> None:
        self._take_off.clear()
        for tag in self._document.tag_counts():
            made = self._take_off.addAction(tag.replace("&", "&&"))
            made.triggered.connect(
                lambda _=False, tag=tag: self._attempt(lambda: self.untag(self.chosen(), tag))
            )
        if self._take_off.isEmpty():
            self._take_off.addAction("There are no tags").setEnabled(False)

    # moving

    def move_by(self, by: int) -> None:
        """Move the selected rows above the row before them, or below the one after."""
        rows = self.chosen()
        self._check_order()
        places = [self._document.position(int(row)) for row in rows]
        self._move(rows, max(min(places) - 1, 0) if by < 0 else max(places) + 2)

    def move_to(self, position: int) -> None:
        """Move the selected rows before the row at a position, from 0."""
        self._check_order()
        self._move(self.chosen(), position)

    def ask_move(self) -> None:
        """Ask for the row before which the selected rows are to stand."""
        rows, count = self.chosen(), len(self._document)
        self._check_order()
        dialog = MoveDialog(self._page.window(), len(rows), count)
        dialog.accepted.connect(
            lambda: self._attempt(lambda: self._move(rows, dialog.number.value() - 1))
        )
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    def _check_order(self) -> None:
        if not np.array_equal(self._model.ids, self._document.ids):
            raise DataError(
                "Rows are sorted or left out now, so a place among them is none in the dataset.",
                "Show all rows in their own order, then move them.",
            )

    def _move(self, rows: Ids, position: int) -> None:
        self._record.flush()
        document = self._document
        document.move(rows, min(position, len(document)))
        self._table.select_rows(rows)

    def tell_done(self, words: str) -> None:
        """Say what was done with a way back, when it is done."""
        document = self._document
        if document.busy:
            self.strip.expect(lambda change: words)
        else:
            self._studio.said.emit(words, partial(self._attempt, document.undo))


def counted_rows(count: int) -> str:
    """Return "14 rows" or "1 row"."""
    return "1 row" if count == 1 else f"{count:,} rows"
