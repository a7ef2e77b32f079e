"""Changing a dataset: each change is one named step that survives the end of the process."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from studio.core.example import FIELDS, SPLITS, TRAIN, Example, kind_of, texts_of
from studio.core.problems import DataError
from studio.data.freezing import frozen_error
from studio.data.journal import NOTE, NOTHING, RANK, SPLIT, TAG, Bulk, Change, edit_name
from studio.data.order import GONE
from studio.data.packing import Ids, rising
from studio.data.rowreader import FEW
from studio.data.stepwriter import NothingToDo, StepWriter

RowIds = Iterable[int] | Ids


class RowWriter(StepWriter):
    """The writing half of a dataset; after an error the file and this object are as before."""

    def edit(self, row_id: int, field: str, text: str, *, merge: bool = False) -> Change:
        """Set a text of a row; with merge it joins the last step if that edited the same cell.

        Raises:
            DataError: no such row or field, or the text cannot be stored.
        """
        self._check_text(field, text)
        if self.row(row_id).text(field) == text:
            return NOTHING
        with self._transaction():
            step = self._journal.extend(row_id, field, text) if merge else 0
            if not step:
                step = self._journal.begin(edit_name(field))
                self._journal.set_cells(step, [(row_id, field, text)])
            self._journal.drop_empty(step)
        return Change(edit_name(field), _ids([row_id]), frozenset((field,)))

    def edit_cells(self, name: str, cells: Iterable[tuple[int, str, str]]) -> Change:
        """Set many texts (row id, field, text) in one step; of a cell named twice the last counts.

        Raises:
            DataError: no such row or field, or a text cannot be stored.
        """
        last = self._checked(cells)
        if not last:
            return NOTHING
        with self._transaction():
            step = self._journal.begin(name)
            self._journal.set_cells(step, ((row, f, text) for (row, f), text in last.items()))
            rows, fields = self._journal.cells_of(step)
            if not len(rows):
                raise NothingToDo
        return Change(name, rows, fields) if len(rows) else NOTHING

    def set_note(self, row_id: int, text: str, *, merge: bool = False) -> Change:
        """Set the note on a row, an empty one takes it away; merge is as in :meth:`edit`."""
        _check_whole(text)
        if self.row(row_id).note == text:
            return NOTHING
        name = edit_name(NOTE) if text else "Remove a note"
        with self._transaction():
            step = self._journal.extend(int(row_id), NOTE, text) if merge else 0
            if not step:
                step = self._journal.begin(name)
                self._journal.set_cells(step, [(int(row_id), NOTE, text)])
            self._journal.drop_empty(step)
        return Change(name, _ids([row_id]), frozenset((NOTE,)))

    def insert(
        self,
        position: int,
        examples: Iterable[Example | Sequence[str]],
        split: str = TRAIN,
        *,
        name: str = "",
    ) -> Change:
        """Put new rows before a position; the change's rows are their ids, in order.

        Args:
            position: from 0; the length puts them last.
            examples: of this dataset's kind, or texts in the order of :attr:`fields`.
            split: of all of them.
            name: of the step.

        Raises:
            DataError: an example is of another kind, or a text cannot be stored.
        """
        return self.paste(name, (), position, examples, split)

    def paste(
        self,
        name: str,
        cells: Iterable[tuple[int, str, str]],
        position: int,
        examples: Iterable[Example | Sequence[str]],
        split: str = TRAIN,
    ) -> Change:
        """Set texts as :meth:`edit_cells` does and put in rows as :meth:`insert`, in one step.

        Returns:
            The change; its rows are those whose texts were set, then the new ones in order.
        """
        last, new = self._checked(cells), [self._texts(example) for example in examples]
        check_split(split)
        if new and split in self.frozen_splits():
            raise frozen_error(split, len(new))
        if not new:
            return self.edit_cells(name, ((row, f, text) for (row, f), text in last.items()))
        ranks, pushed, their_ranks = self._marks.order.place(position, len(new))
        name = name or _counted("Add", len(new))
        with self._transaction():
            step = self._journal.begin(name)
            if last:
                self._journal.set_cells(step, ((row, f, t) for (row, f), t in last.items()))
            bulks = [self._ranked(pushed, their_ranks)]
            rows = self._add_rows(new, split)
            bulks.append(Bulk(RANK, rows, np.full(len(rows), GONE, np.int64), ranks))
            for bulk in bulks:
                self._journal.set_bulk(step, bulk)
        self._marks = self._marks.assigned(rows, split)
        self._take(bulks)
        set_too = _ids({row for row, _ in last})
        fields = frozenset((RANK, *(field for _, field in last)))
        return Change(name, np.concatenate((set_too, rows)), fields)

    def delete(self, row_ids: RowIds) -> Change:
        """Take rows out; they come back with undo."""
        rows, ranks = self._marks.known(_ids(row_ids))
        gone = np.full(len(rows), GONE, np.int64)
        return self._bulk_step(_counted("Delete", len(rows)), [Bulk(RANK, rows, ranks, gone)])

    def move(self, row_ids: RowIds, position: int) -> Change:
        """Put rows, in the order they have, before the row that is at a position now."""
        rows, ranks = self._marks.known(_ids(row_ids))
        ordered = rows[np.argsort(ranks, kind="stable")]
        ids = self.ids
        stay = ids[~np.isin(ids, rows)]
        before = len(np.intersect1d(ids[:position], rows, assume_unique=True))
        order = self._marks.order.moved(rows, np.full(len(rows), GONE, np.int64))
        if np.array_equal(np.insert(stay, position - before, ordered), ids):
            return NOTHING
        new_ranks, pushed, their_ranks = order.place(position - before, len(rows))
        sort = np.argsort(ordered, kind="stable")
        bulks = [
            self._ranked(pushed, their_ranks),
            Bulk(RANK, rows, ranks, new_ranks[sort]),
        ]
        return self._bulk_step(_counted("Move", len(rows)), bulks)

    def set_split(self, row_ids: RowIds, split: str, *, name: str = "") -> Change:
        """Put rows into a split.

        Raises:
            DataError: there is no such split.
        """
        rows = _ids(row_ids)
        return self.set_splits({split: rows}, name=name or f"Use {len(rows):,} as {split}")

    def set_splits(self, moves: Mapping[str, RowIds], *, name: str) -> Change:
        """Put rows into splits, each row into one, as one step.

        Raises:
            DataError: there is no such split, or one is frozen.
        """
        bulks = []
        for split, row_ids in moves.items():
            check_split(split)
            rows = self._known(_ids(row_ids))
            codes = self._marks.codes[rows]
            bulks += [
                Bulk(SPLIT, rows[codes == code], before, split)
                for code, before in enumerate(SPLITS)
                if before != split
            ]
        return self._bulk_step(name, bulks)

    def add_tag(self, row_ids: RowIds, tag: str) -> Change:
        """Put a tag on rows.

        Raises:
            DataError: the tag is empty or cannot be stored.
        """
        if not tag.strip():
            raise DataError("A tag needs a name.")
        _check_whole(tag)
        rows = self._known(_ids(row_ids))
        rows = np.setdiff1d(rows, self._tagged(rows, tag), assume_unique=True)
        many = f"{len(rows):,} rows" if len(rows) != 1 else "a row"
        return self._bulk_step(f"Tag {many} as {tag}", [Bulk(TAG, rows, None, tag)])

    def remove_tag(self, row_ids: RowIds, tag: str) -> Change:
        """Take a tag off rows."""
        rows = self._tagged(self._known(_ids(row_ids)), tag)
        many = f"{len(rows):,} rows" if len(rows) != 1 else "a row"
        return self._bulk_step(f"Take the tag {tag} off {many}", [Bulk(TAG, rows, tag, None)])

    def _ranked(self, rows: Ids, ranks: Ids) -> Bulk:
        """Return what gives rows that are there new ranks."""
        if not len(rows):
            return Bulk(RANK, rows, ranks, ranks)
        sort = np.argsort(rows, kind="stable")
        rising, before = self._marks.known(rows)
        return Bulk(RANK, rising, before, ranks[sort])

    def _add_rows(self, rows: Sequence[tuple[str, ...]], split: str) -> Ids:
        fields = ", ".join(self.fields)
        holes = ", ".join("?" * len(self.fields))
        added = [
            int(
                self._sql.execute(f"INSERT INTO rows({fields}) VALUES ({holes})", row).lastrowid
                or 0
            )
            for row in rows
        ]
        self._sql.executemany(
            "INSERT INTO marks SELECT ?, NULL, ?, value FROM facts WHERE name = 'revision'",
            ((row, split) for row in added),
        )
        return np.array(added, np.int64)

    def _texts(self, example: Example | Sequence[str]) -> tuple[str, ...]:
        if isinstance(example, Sequence):
            texts = tuple(example)
        elif kind_of(example) is self.kind:
            texts = texts_of(example)
        else:
            raise DataError(
                f"{self.path.stem} holds rows of the kind {self.kind}, not {kind_of(example)}."
            )
        for field, text in zip(FIELDS[self.kind], texts, strict=True):
            self._check_text(field, text)
        return texts

    def _known(self, rows: Ids) -> Ids:
        return self._marks.known(rows)[0] if len(rows) else rows

    def _tagged(self, rows: Ids, tag: str) -> Ids:
        """Return those of rising ids that have a tag."""
        if len(rows) > FEW:
            everyone = self.select_ids("SELECT row FROM tagged WHERE tag = ?", (tag,))
            return np.intersect1d(rows, everyone, assume_unique=True)
        among = "row IN (SELECT value FROM json_each(?))"
        listed = json.dumps(rows.tolist())
        return np.sort(
            self.select_ids(f"SELECT row FROM tagged WHERE {among} AND tag = ?", (listed, tag))
        )

    def _checked(self, cells: Iterable[tuple[int, str, str]]) -> dict[tuple[int, str], str]:
        """Return texts by row and field, the last that was given for each.

        Raises:
            DataError: no such row or field, or a text cannot be stored.
        """
        last = {(int(row), field): text for row, field, text in cells}
        for (_, field), text in last.items():
            self._check_text(field, text)
        rows = _ids({row for row, _ in last})
        if len(known := self._known(rows)) != len(rows):
            raise self._no_row(int(np.setdiff1d(rows, known)[0]))
        return last

    def _check_text(self, field: str, text: str) -> None:
        if field not in self.fields:
            raise DataError(f"{field!r} is not a field; there are {', '.join(self.fields)}.")
        _check_whole(text)


def _ids(row_ids: RowIds) -> Ids:
    """Return ids rising, each once."""
    if not isinstance(row_ids, np.ndarray):
        row_ids = np.fromiter((int(row) for row in row_ids), np.int64)
    return rising(row_ids.astype(np.int64, copy=False))


def _check_whole(text: str) -> None:
    try:
        text.encode()
    except UnicodeEncodeError as err:
        raise DataError(
            f"The text holds half of a character at position {err.start + 1}.",
            "Delete that character and type it again.",
        ) from err


def check_split(split: str) -> None:
    """Raise DataError if there is no such split."""
    if split not in SPLITS:
        raise DataError(f"{split!r} is not a split; there are {', '.join(SPLITS)}.")


def _counted(verb: str, count: int) -> str:
    return f"{verb} a row" if count == 1 else f"{verb} {count:,} rows"
