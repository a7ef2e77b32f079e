"""An open dataset as the window reads it, on the window's thread."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QObject

from studio.core.example import Kind
from studio.data.mending import export_left_out, origins, still_out, whole_text
from studio.data.packing import Ids
from studio.data.rowreader import RowReader
from studio.data.store import Dataset, LeftOut, Row


class OpenDataset(QObject):
    """What can be asked of the open dataset; every method may raise DataError."""

    def __init__(self, path: Path, parent: QObject | None = None) -> None:
        """Open the dataset.

        Raises:
            DataError: it is missing, damaged, no dataset, or open for editing elsewhere.
        """
        super().__init__(parent)
        self._dataset = Dataset.open(path)
        self.path = path
        self.name = path.stem

    def __len__(self) -> int:
        return len(self._dataset)

    @property
    def kind(self) -> Kind:
        """What the rows are."""
        return self._dataset.kind

    @property
    def fields(self) -> tuple[str, ...]:
        """The names of a row's texts."""
        return self._dataset.fields

    @property
    def uid(self) -> str:
        """Names this dataset for ever, whatever its file is called."""
        return self._dataset.uid

    @property
    def ids(self) -> Ids:
        """All row ids in order, (N,)."""
        return self._dataset.ids

    @property
    def revision(self) -> int:
        """Counts the changes of the dataset since it was made."""
        return self._dataset.revision

    def remembered(self, name: str) -> str:
        """Return what was remembered under a name; empty if nothing was."""
        return self._dataset.remembered(name)

    def reader(self) -> RowReader:
        """Return a reader for the calling thread, whichever that is, who closes it."""
        return self._dataset.reader()

    def find(self, text: str = "", split: str = "") -> Ids:
        """Return the ids of rows that hold a text and are in a split, in order."""
        return self._dataset.find(text, split)

    def read(self, row_ids: Sequence[int]) -> list[Row]:
        """Return rows by id, in the order asked; ids that are gone are left out."""
        return self._dataset.rows_of(row_ids)

    def row(self, row_id: int) -> Row:
        """Return a row by id."""
        return self._dataset.row(row_id)

    def position(self, row_id: int) -> int:
        """Return where a row is, from 0."""
        return self._dataset.position(row_id)

    def split_counts(self) -> dict[str, int]:
        """Return the number of rows of each split."""
        return self._dataset.split_counts()

    def tag_counts(self) -> dict[str, int]:
        """Return the number of rows with each tag, sorted by tag."""
        return self._dataset.tag_counts()

    def left_out(self) -> list[LeftOut]:
        """Return what imports could not take in."""
        return self._dataset.left_out()

    def still_out(self) -> list[LeftOut]:
        """Return what the imports left out and nobody has mended or dismissed since."""
        return still_out(self._dataset)

    def left_out_text(self, entry: LeftOut) -> str | None:
        """Return something that was left out, to be mended; None if it is too long for that."""
        return whole_text(self._dataset, entry)

    def export_left_out(self, entries: Sequence[LeftOut], path: Path) -> int:
        """Write what was left out to a file; return how many lines that are."""
        return export_left_out(self._dataset, entries, path)

    def source_names(self) -> dict[int, str]:
        """Return the name of each file that rows came from."""
        return {source: origin.name for source, origin in origins(self._dataset).items()}

    def filters(self) -> dict[str, str]:
        """Return the saved filters, name to expression."""
        return self._dataset.filters()

    def frozen_splits(self) -> frozenset[str]:
        """Return the splits that no row joins or leaves."""
        return self._dataset.frozen_splits()

    @property
    def undo_text(self) -> str:
        """The name of the step that undo takes back; empty if there is none."""
        return self._dataset.undo_text

    @property
    def redo_text(self) -> str:
        """The name of the step that redo does again; empty if there is none."""
        return self._dataset.redo_text
