"""An open dataset as the window edits it: every change is saved at once and can be undone."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import numpy as np
from PySide6.QtCore import QObject, Signal, Slot

from studio.app.bulkjob import BulkJob, BulkOutcome, BulkProgress, Work
from studio.app.opendataset import OpenDataset
from studio.core.example import TRAIN, VALIDATION, Example
from studio.core.problems import DataError
from studio.data.dealing import Amount
from studio.data.mending import mend
from studio.data.packing import Ids
from studio.data.row import LeftOut
from studio.data.splits import hold_out
from studio.data.store import Change, Dataset

MANY = 20_000
"""Rows from which a change is made on a thread of its own; fewer take less than a frame or two."""


class DatasetDocument(OpenDataset):
    """A dataset that is open for editing; the library owns it.

    Methods that change something raise StudioError when the change could not be saved; the
    dataset is then as before. A change of very many rows returns before it is done and ends in
    bulk_ended; until then other changes are refused with a sentence, and reading goes on.

    Signals:
        changed(object Change): rows or their order are others now, and are on the disk.
        settling(): what is being typed should be saved now, before something else is done.
        bulk_progressed(object BulkProgress): a change of many rows begins, or is so far.
        bulk_ended(object Change | StudioError | None): it is over; changed was emitted if it
            changed anything.
    """

    changed = Signal(object)
    settling = Signal()
    bulk_progressed = Signal(object)
    bulk_ended = Signal(object)

    def __init__(self, path: Path, parent: QObject | None = None) -> None:
        """Open the dataset.

        Raises:
            DataError: it is missing, damaged, no dataset, or open for editing elsewhere.
        """
        super().__init__(path, parent)
        self._job: BulkJob | None = None
        self._revision = 0

    def edit(self, row_id: int, field: str, text: str, *, merge: bool = False) -> None:
        """Set a text of a row; with merge it is one step with the edit of the same cell before."""
        self._tell(self._free().edit(row_id, field, text, merge=merge))

    def edit_cells(self, name: str, cells: Iterable[tuple[int, str, str]]) -> None:
        """Set many texts (row id, field, text) in one step."""
        listed = list(cells)
        self._do(name, len(listed), lambda data: data.edit_cells(name, listed))

    def insert(
        self,
        position: int,
        examples: Iterable[Example | Sequence[str]],
        split: str = TRAIN,
        *,
        name: str = "",
    ) -> list[int]:
        """Put new rows before a position; return their ids."""
        change = self._free().insert(position, examples, split, name=name)
        self._tell(change)
        return [int(row) for row in change.rows]

    def paste(
        self,
        name: str,
        cells: Iterable[tuple[int, str, str]],
        position: int,
        examples: Iterable[Example | Sequence[str]],
        split: str = TRAIN,
    ) -> None:
        """Set texts and put new rows before a position, in one step."""
        listed, new = list(cells), list(examples)
        size = len(listed) + len(new)
        self._do(name, size, lambda data: data.paste(name, listed, position, new, split))

    def duplicate(self, row_id: int) -> int:
        """Put a copy of a row below it; return the copy's id."""
        row = self._dataset.row(row_id)
        at = self._dataset.position(row_id) + 1
        return self.insert(at, [row.texts], row.split, name="Duplicate a row")[0]

    def delete(self, row_ids: Iterable[int] | Ids) -> None:
        """Take rows out."""
        rows = _array(row_ids)
        self._do(f"Delete {len(rows):,} rows", len(rows), lambda data: data.delete(rows))

    def move(self, row_ids: Iterable[int] | Ids, position: int) -> None:
        """Put rows, in the order they have, before the row that is at a position now."""
        rows = _array(row_ids)
        self._do(f"Move {len(rows):,} rows", len(rows), lambda data: data.move(rows, position))

    def set_split(self, row_ids: Iterable[int] | Ids, split: str, *, name: str = "") -> None:
        """Put rows into a split."""
        rows = _array(row_ids)
        title = name or f"Use {len(rows):,} rows as {split}"
        self._do(title, len(rows), lambda data: data.set_split(rows, split, name=name))

    def add_tag(self, row_ids: Iterable[int] | Ids, tag: str) -> None:
        """Put a tag on rows."""
        rows = _array(row_ids)
        self._do(f"Tag {len(rows):,} rows", len(rows), lambda data: data.add_tag(rows, tag))

    def remove_tag(self, row_ids: Iterable[int] | Ids, tag: str) -> None:
        """Take a tag off rows."""
        rows = _array(row_ids)
        title = f"Take a tag off {len(rows):,} rows"
        self._do(title, len(rows), lambda data: data.remove_tag(rows, tag))

    def set_note(self, row_id: int, text: str, *, merge: bool = False) -> None:
        """Set the note on a row, an empty one takes it away; merge is as for a text."""
        self._tell(self._free().set_note(row_id, text, merge=merge))

    def freeze_split(self, split: str, on: bool) -> None:
        """Let no row join or leave a split from now on, or let them again; this is no step."""
        self._free().freeze_split(split, on)

    def remember(self, name: str, value: str) -> None:
        """Keep a fact about the dataset under a name."""
        self._free().remember(name, value)

    def save_filter(self, name: str, expression: str) -> None:
        """Keep a filter under a name, in place of one of that name."""
        self._free().save_filter(name, expression)

    def drop_filter(self, name: str) -> None:
        """Forget a saved filter."""
        self._free().drop_filter(name)

    def mend(self, entry: LeftOut, text: str, *, at_end: bool = False) -> int:
        """Take in what was left out as it reads now; return the new row's id."""
        change = mend(self._free(), entry, text, at_end=at_end)
        self._tell(change)
        return int(change.rows[0])

    def dismiss(self, entries: Iterable[LeftOut], on: bool = True) -> None:
        """List these no more, or list them again; this is no step."""
        dataset = self._free()
        for entry in entries:
            dataset.mark_fixed(entry.id, 0 if on else None)

    def offer_validation(self, share: float = 0.1, seed: int = 1) -> int:
        """Hold a share of the rows back for validation, what is alike together.

        Returns:
            How many rows came to it; 0 where that goes on on another thread.
        """
        before = self.split_counts()[VALIDATION]
        amount = Amount(share=share)
        self._do("Hold rows back", len(self), lambda data: hold_out(data, amount, seed))
        return self.split_counts()[VALIDATION] - before

    def undo(self) -> str:
        """Take the last step back; return its name, empty if there was none."""
        self.settle()
        name = self._dataset.undo_text
        self._do(f"Undo: {name}", self._dataset.undo_size, Dataset.undo)
        return name

    def redo(self) -> str:
        """Do the step that was taken back again; return its name, empty if there was none."""
        self.settle()
        name = self._dataset.redo_text
        self._do(f"Redo: {name}", self._dataset.redo_size, Dataset.redo)
        return name

    # Changing very many rows

    def run_bulk(self, title: str, work: Work) -> None:
        """Change many rows on another thread; returns at once and ends in bulk_ended.

        Args:
            title: what is done, for people: "Trim 52,000 rows".
            work: is given a dataset to change in one step, a function to say how far it is
                (done, total), and one that says whether it should stop; a step that SQLite is
                writing then is stopped by itself. It runs on the other thread and must touch
                nothing else.

        Raises:
            DataError: another such change is under way.
        """
        self.settle()
        dataset = self._free()
        self._revision = dataset.revision
        self._job = BulkJob(title, dataset, work, self)
        self._job.progressed.connect(self.bulk_progressed)
        self._job.ended.connect(self._on_bulk_ended)
        self.bulk_progressed.emit(BulkProgress(title))
        self._job.start()

    @property
    def busy(self) -> str:
        """The title of the change of many rows that is under way; empty if there is none."""
        return self._job.title if self._job is not None else ""

    def cancel_bulk(self) -> None:
        """Stop the change of many rows that is under way, if there is one."""
        if self._job is not None:
            self._job.cancel()

    def settle(self) -> None:
        """Have what is being typed saved; for those who are about to read the file."""
        self.settling.emit()

    def close(self) -> None:
        """Close the file; every edit is in it."""
        if self._job is not None:
            self._job.cancel()
            self._job.wait()
            if (twin := self._job.outcome.twin) is not None:
                self._dataset.follow(twin)  # it may have been done before it could be stopped
            self._job = None
        self.settle()
        self._dataset.close()

    @Slot(object)
    def _on_bulk_ended(self, outcome: BulkOutcome) -> None:
        job, self._job = self._job, None
        if job is None:  # the document was closed meanwhile
            return
        job.wait()
        job.deleteLater()
        if outcome.twin is not None:
            self._dataset.follow(outcome.twin)
        result = outcome.result
        if isinstance(result, Change):
            self._tell(result)
        elif self._dataset.revision != self._revision:  # it had done a part before it failed
            fields = frozenset((*self.fields, "split", "rank", "tag", "note"))
            self._tell(Change(job.title, self.ids, fields))
        self.bulk_ended.emit(result)
        self.settle()  # what was typed meanwhile was refused and is still in its field

    def _free(self) -> Dataset:
        """Return the dataset, to be written to."""
        if self._job is not None:
            raise DataError(
                f"{self._job.title} is under way.", "Do it again when that is done, or stop that."
            )
        return self._dataset

    def _do(self, title: str, size: int, work: Callable[[Dataset], Change | None]) -> None:
        """Make a change here and now, or on another thread if it is of very many rows."""
        if size > MANY:
            self.run_bulk(title, lambda data, _tell, _cancelled: work(data))
        else:
            self._tell(work(self._free()))

    def _tell(self, change: Change | None) -> str:
        if not change:
            return ""
        self.changed.emit(change)
        return change.name


def _array(row_ids: Iterable[int] | Ids) -> Ids:
    if isinstance(row_ids, np.ndarray):
        return row_ids
    return np.fromiter((int(row) for row in row_ids), np.int64)
