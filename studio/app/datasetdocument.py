"""An open dataset as the window edits it: every change is saved at once and can be undone."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from studio.core.example import TRAIN, Example
from studio.data.order import Ids
from studio.data.splits import choose_validation
from studio.data.store import Change, Dataset, LeftOut, Row


class DatasetDocument(QObject):
    """A dataset that is open for editing; the library owns it.

    Methods that change something raise StudioError when the change could not be saved; the
    dataset is then as before.

    Signals:
        changed(object Change): rows or their order are others now, and are on the disk.
        settling(): what is being typed should be saved now, before something else is done.
    """

    changed = Signal(object)
    settling = Signal()

    def __init__(self, path: Path, parent: QObject | None = None) -> None:
        """Open the dataset.

        Raises:
            DataError: it is missing, locked, damaged or no dataset.
        """
        super().__init__(parent)
        self._dataset = Dataset.open(path)
        self.path = path
        self.name = path.stem

    def __len__(self) -> int:
        return len(self._dataset)

    @property
    def ids(self) -> Ids:
        """All row ids in order, (N,)."""
        return self._dataset.ids

    @property
    def revision(self) -> int:
        """Counts the changes of the dataset since it was made."""
        return self._dataset.revision

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

    def left_out(self) -> list[LeftOut]:
        """Return what imports could not take in."""
        return self._dataset.left_out()

    def edit(self, row_id: int, field: str, text: str, *, merge: bool = False) -> None:
        """Set a text of a row; with merge it is one step with the edit of the same cell before."""
        self._tell(self._dataset.edit(row_id, field, text, merge=merge))

    def insert(
        self, position: int, examples: Iterable[Example | Sequence[str]], split: str = TRAIN
    ) -> list[int]:
        """Put new rows before a position; return their ids."""
        change = self._dataset.insert(position, examples, split)
        self._tell(change)
        return [int(row) for row in change.rows]

    def duplicate(self, row_id: int) -> int:
        """Put a copy of a row below it; return the copy's id."""
        row = self._dataset.row(row_id)
        change = self._dataset.insert(
            self._dataset.position(row_id) + 1, [row.texts], row.split, name="Duplicate a row"
        )
        self._tell(change)
        return int(change.rows[0])

    def delete(self, row_ids: Iterable[int]) -> None:
        """Take rows out."""
        self._tell(self._dataset.delete(row_ids))

    def set_split(self, row_ids: Iterable[int], split: str) -> None:
        """Put rows into a split."""
        self._tell(self._dataset.set_split(row_ids, split))

    def offer_validation(self, share: float = 0.1, seed: int = 1) -> int:
        """Put a share of the training rows into validation; return how many."""
        chosen = choose_validation(self.find(split=TRAIN).tolist(), share, seed)
        self._tell(
            self._dataset.set_split(
                chosen, "validation", name=f"Hold {len(chosen):,} rows back for validation"
            )
        )
        return len(chosen)

    def undo(self) -> str:
        """Take the last step back; return its name, empty if there was none."""
        self.settle()
        return self._tell(self._dataset.undo())

    def redo(self) -> str:
        """Do the step that was taken back again; return its name, empty if there was none."""
        self.settle()
        return self._tell(self._dataset.redo())

    @property
    def undo_text(self) -> str:
        """The name of the step that undo takes back; empty if there is none."""
        return self._dataset.undo_text

    @property
    def redo_text(self) -> str:
        """The name of the step that redo does again; empty if there is none."""
        return self._dataset.redo_text

    def settle(self) -> None:
        """Have what is being typed saved; for those who are about to read the file."""
        self.settling.emit()

    def close(self) -> None:
        """Close the file; every edit is in it."""
        self.settle()
        self._dataset.close()

    def _tell(self, change: Change | None) -> str:
        if not change:
            return ""
        self.changed.emit(change)
        return change.name
