"""A plain list of rows that is edited alongside a dataset, by random steps."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule

from studio.core.example import FIELDS, SPLITS, Kind
from studio.data.store import Row

FIELD_NAMES = FIELDS[Kind.TRIPLE]
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
WHERE = st.integers(0, 50)
PICKS = st.sets(WHERE, min_size=1, max_size=4)
TAGS = st.sampled_from(["good", "odd", "a b"])


@dataclass(frozen=True)
class PlainRow:
    """A row as anybody would write it down."""

    id: int
    texts: tuple[str, ...]
    split: str = "train"
    tags: frozenset[str] = frozenset()
    note: str = ""


@dataclass(frozen=True)
class Moment:
    """All rows, and the name of the step that led here; cell is what typing may go on in."""

    rows: tuple[PlainRow, ...] = ()
    name: str = ""
    cell: tuple[int, str] | None = None


class EditingMachine(RuleBasedStateMachine):
    """Does the same to a dataset and to a list; says in ``same`` that they are the same."""

    data: Any
    """A Dataset or a DatasetDocument: what they have in common is called."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.path = Path(self.folder.name) / "rows.sqlite"
        self.past: list[Moment] = [Moment()]
        self.future: list[Moment] = []

    @property
    def rows(self) -> tuple[PlainRow, ...]:
        return self.past[-1].rows

    def step(
        self, rows: tuple[PlainRow, ...], name: str = "", cell: tuple[int, str] | None = None
    ) -> None:
        """Take down a step, if it was one."""
        if rows == self.rows:
            return
        name = name or self.data.undo_text
        assert self.data.undo_text == name
        self.past.append(Moment(rows, name, cell))
        self.future = []

    def each(self, picks: set[int]) -> set[int]:
        return {self.rows[pick % len(self.rows)].id for pick in picks}

    def with_each(self, ids: set[int], **changed: Any) -> tuple[PlainRow, ...]:
        return tuple(replace(row, **changed) if row.id in ids else row for row in self.rows)

    @rule(
        where=WHERE,
        texts=st.lists(st.tuples(TEXTS, TEXTS, TEXTS), min_size=1, max_size=4),
        split=st.sampled_from(SPLITS),
    )
    def insert(self, where: int, texts: list[tuple[str, str, str]], split: str) -> None:
        at = where % (len(self.rows) + 1)
        self.data.insert(at, texts, split)
        ids = self.data.ids[at : at + len(texts)].tolist()
        new = tuple(PlainRow(row, each, split) for row, each in zip(ids, texts, strict=True))
        self.step((*self.rows[:at], *new, *self.rows[at:]))

    @precondition(lambda self: self.rows)
    @rule(where=WHERE, field=st.integers(0, 2), text=TEXTS, merge=st.booleans())
    def edit(self, where: int, field: int, text: str, merge: bool) -> None:
        row, name = self.rows[where % len(self.rows)], FIELD_NAMES[field]
        self.data.edit(row.id, name, text, merge=merge)
        rows = self._edited(((row.id, name, text),))
        if merge and not self.future and self.past[-1].cell == (row.id, name):
            self.past[-1] = replace(self.past[-1], rows=rows)
            if rows == self.past[-2].rows:  # typed back to what it was
                self.past.pop()
        else:
            self.step(rows, f"Edit {name}", (row.id, name))

    @precondition(lambda self: self.rows)
    @rule(cells=st.lists(st.tuples(WHERE, st.integers(0, 2), TEXTS), min_size=1, max_size=4))
    def edit_cells(self, cells: list[tuple[int, int, str]]) -> None:
        named = [(self.rows[at % len(self.rows)].id, FIELD_NAMES[f], text) for at, f, text in cells]
        self.data.edit_cells("Replace", named)
        rows = self._edited(named)
        self.step(rows, "Replace")

    def _edited(self, cells: Any) -> tuple[PlainRow, ...]:
        texts = {row.id: dict(zip(FIELD_NAMES, row.texts, strict=True)) for row in self.rows}
        for row, field, text in cells:
            texts[row][field] = text
        return tuple(replace(row, texts=tuple(texts[row.id].values())) for row in self.rows)

    @precondition(lambda self: self.rows)
    @rule(where=WHERE, text=TEXTS)
    def note(self, where: int, text: str) -> None:
        row = self.rows[where % len(self.rows)].id
        self.data.set_note(row, text)
        self.step(self.with_each({row}, note=text))

    @precondition(lambda self: self.rows)
    @rule(picks=PICKS)
    def delete(self, picks: set[int]) -> None:
        gone = self.each(picks)
        self.data.delete(gone)
        self.step(tuple(row for row in self.rows if row.id not in gone))

    @precondition(lambda self: self.rows)
    @rule(picks=PICKS, where=WHERE)
    def move(self, picks: set[int], where: int) -> None:
        moving, at = self.each(picks), where % (len(self.rows) + 1)
        self.data.move(moving, at)
        parts = [
            [row for row in part if row.id not in moving]
            for part in (self.rows[:at], self.rows[at:])
        ]
        moved = [row for row in self.rows if row.id in moving]
        self.step((*parts[0], *moved, *parts[1]))

    @precondition(lambda self: self.rows)
    @rule(picks=PICKS, split=st.sampled_from(SPLITS))
    def set_split(self, picks: set[int], split: str) -> None:
        self.data.set_split(self.each(picks), split)
        self.step(self.with_each(self.each(picks), split=split))

    @precondition(lambda self: self.rows)
    @rule(picks=PICKS, tag=TAGS, on=st.booleans())
    def tag(self, picks: set[int], tag: str, on: bool) -> None:
        ids = self.each(picks)
        (self.data.add_tag if on else self.data.remove_tag)(ids, tag)
        self.step(
            tuple(
                replace(row, tags=row.tags | {tag} if on else row.tags - {tag})
                if row.id in ids
                else row
                for row in self.rows
            )
        )

    @rule()
    def undo(self) -> None:
        self.data.undo()
        if len(self.past) > 1:
            self.future.append(self.past.pop())

    @rule()
    def redo(self) -> None:
        self.data.redo()
        if self.future:
            self.past.append(self.future.pop())

    def read_all(self) -> list[Row]:
        raise NotImplementedError

    def same(self) -> None:
        """Compare all that can be asked."""
        found = self.read_all()
        assert [
            PlainRow(row.id, row.texts, row.split, frozenset(row.tags), row.note) for row in found
        ] == list(self.rows)
        counts = dict.fromkeys(SPLITS, 0)
        tags: dict[str, int] = {}
        for at, row in enumerate(self.rows):
            counts[row.split] += 1
            for tag in row.tags:
                tags[tag] = tags.get(tag, 0) + 1
            assert self.data.position(row.id) == at
        assert self.data.split_counts() == counts
        assert self.data.tag_counts() == tags
        assert self.data.undo_text == self.past[-1].name
        assert self.data.redo_text == (self.future[-1].name if self.future else "")
