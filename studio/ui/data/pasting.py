"""Cells of the table to and from the clipboard: copy, paste, fill down, clear."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QApplication, QWidget

from studio.app.datasetdocument import DatasetDocument
from studio.app.studio import Studio
from studio.core.example import TRAIN
from studio.core.problems import DataError
from studio.data.packing import Ids
from studio.data.spreadsheet import Block, new_rows, over_cells, text_of
from studio.ui.data.pastedialog import AS_ONE, AS_ROWS, OVER, PasteDialog, Spot
from studio.ui.data.rowstable import RowsTable
from studio.ui.models.rowsmodel import RowsModel

MOST_COPIED = 50_000
"""Rows that go onto the clipboard; more are exported."""


class Pasting(QObject):
    """Owned by the acts of editing; asks before more than a row is pasted.

    Args:
        tell: says what was done, with a way back, as soon as it is done.
    """

    def __init__(
        self,
        studio: Studio,
        page: QWidget,
        table: RowsTable,
        model: RowsModel,
        attempt: Callable[[Callable[[], object]], bool],
        tell: Callable[[str], None],
    ) -> None:
        super().__init__(page)
        self._studio, self._page, self._tell = studio, page, tell
        self._table, self._model, self._attempt = table, model, attempt

    @property
    def _document(self) -> DatasetDocument:
        document = self._studio.datasets.current
        if document is None:
            raise DataError("No dataset is open.")
        return document

    def spot(self) -> Spot:
        """Return where the user is in the table."""
        index, document = self._table.currentIndex(), self._document
        columns = self._model.columns[index.column() :] if index.isValid() else ()
        fields = tuple(column.field for column in columns if column.field)
        here = bool(columns) and bool(columns[0].field)
        rows = self._table.selected_ids()
        number = document.position(int(rows[0])) + 1 if len(rows) else len(document)
        return Spot(rows, fields, here, number)

    # copy

    def copy(self) -> None:
        """Copy the cell in hand, or the rows if there are several."""
        spot = self.spot()
        if len(spot.rows) == 1 and spot.here:
            row = self._document.row(int(spot.rows[0]))
            QApplication.clipboard().setText(row.text(spot.fields[0]))
        else:
            self.copy_rows()

    def copy_rows(self) -> None:
        """Copy the texts of the selected rows as a spreadsheet reads them.

        Raises:
            DataError: there are too many rows.
        """
        rows = self.spot().rows
        if len(rows) > MOST_COPIED:
            raise DataError(
                f"{len(rows):,} rows are too many to copy; the most is {MOST_COPIED:,}.",
                "Export them instead.",
            )
        found = self._document.read(rows.tolist())
        QApplication.clipboard().setText(text_of(row.texts for row in found))
        self._say(f"{_rows(len(found))} copied")

    # paste

    def paste(self) -> None:
        """Put what is on the clipboard over the cells from the one in hand on."""
        self._document.settle()
        text = QApplication.clipboard().text()
        block, spot = Block.of(text), self.spot()
        if not block.rows:
            self._say("There is no text to paste")
        elif spot.here and len(block.rows) == 1:
            self._put(AS_ONE if block.width == 1 else OVER, text, block, spot)
        else:
            self._ask(text, block, spot, OVER if spot.here else AS_ROWS)

    def paste_rows(self) -> None:
        """Put what is on the clipboard below the row in hand as new rows."""
        self._document.settle()
        text = QApplication.clipboard().text()
        block, spot = Block.of(text), self.spot()
        if not block.rows:
            self._say("There is no text to paste")
        elif len(block.rows) == 1:
            self._put(AS_ROWS, text, block, spot)
        else:
            self._ask(text, block, spot, AS_ROWS)

    def _ask(self, text: str, block: Block, spot: Spot, way: int) -> None:
        dialog = PasteDialog(self._page.window(), block, self._document.kind, spot, way)
        dialog.accepted.connect(
            lambda: self._attempt(lambda: self._put(dialog.way, text, block, spot))
        )
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    def _put(self, way: int, text: str, block: Block, spot: Spot) -> None:
        document = self._document
        if way == AS_ONE:
            cells = [(int(row), spot.fields[0], block_text(block, text)) for row in spot.rows]
            document.edit_cells(_paste_name(len(cells)), cells)
            return
        if way == OVER:
            self._put_over(block, spot)
            return
        made = new_rows(block, document.kind)
        at = document.position(int(spot.rows[-1])) + 1 if len(spot.rows) else len(document)
        document.paste(f"Paste {_rows(len(made))}", (), at, made, self._split(spot))
        self._tell(f"{_rows(len(made))} pasted")

    def _put_over(self, block: Block, spot: Spot) -> None:
        document, ids = self._document, self._model.ids
        first = self._model.find(int(spot.rows[0]))
        if len(spot.rows) > 1 and len(block.rows) == 1:
            block = Block(block.rows * len(spot.rows))  # one row over every selected one
            below = spot.rows
        else:
            below = ids[first : first + len(block.rows)]
        cells = over_cells(block, below.tolist(), spot.fields)
        rest = block.rows[len(below) :]
        made = []
        for row in rest:
            texts = dict.fromkeys(document.fields, "")
            texts.update(zip(spot.fields, row, strict=False))
            made.append(tuple(texts.values()))
        name = _paste_name(len(cells) + len(rest) * min(block.width, len(spot.fields)))
        document.paste(name, cells, len(document), made, self._split(spot))
        more = f" and {_rows(len(made))} added" if made else ""
        self._tell(f"{_cells(len(cells))} pasted{more}")

    # within a column

    def fill_down(self) -> None:
        """Put the text of the first selected row into the others, in the column in hand."""
        self._document.settle()
        spot = self.spot()
        if not spot.here or len(spot.rows) < 2:
            self._say("Fill down: select rows, with the cell to copy in the first")
            return
        text = self._document.row(int(spot.rows[0])).text(spot.fields[0])
        self._set(f"Fill {_cells(len(spot.rows) - 1)}", spot.rows[1:], spot.fields[0], text)

    def clear(self) -> None:
        """Empty the cells of the selected rows in the column in hand."""
        self._document.settle()
        spot = self.spot()
        if spot.here and len(spot.rows):
            self._set(f"Clear {_cells(len(spot.rows))}", spot.rows, spot.fields[0], "")

    def _set(self, name: str, rows: Ids, field: str, text: str) -> None:
        self._document.edit_cells(name, [(int(row), field, text) for row in rows])
        self._tell(f"{_cells(len(rows))} {'filled' if text else 'cleared'}")

    def _split(self, spot: Spot) -> str:
        return self._document.row(int(spot.rows[0])).split if len(spot.rows) else TRAIN

    def _say(self, words: str) -> None:
        self._studio.said.emit(words, None)


def block_text(block: Block, text: str) -> str:
    """Return what is pasted into one cell: the cell, or several of them as they came."""
    if len(block.rows) == 1 and block.width == 1:
        return block.rows[0][0]
    return text.removesuffix("\n").removesuffix("\r")


def _rows(count: int) -> str:
    return "1 row" if count == 1 else f"{count:,} rows"


def _cells(count: int) -> str:
    return "1 cell" if count == 1 else f"{count:,} cells"


def _paste_name(count: int) -> str:
    return f"Paste {_cells(count)}"
