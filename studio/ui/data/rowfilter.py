"""Which rows are shown, and how sorted: between the bar, the search and the table."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from PySide6.QtCore import QObject, QTimer, Signal

from studio.app.datasetdocument import DatasetDocument
from studio.app.rowquery import RowAnswer, RowQuestion
from studio.app.studio import Studio
from studio.core.problems import StudioError
from studio.core.units import percent
from studio.data.checks import sidecar
from studio.data.conditions import EVERYTHING, asks_checks
from studio.data.finding import AS_THEY_STAND, PROBLEMS, TOKENS, Sort
from studio.data.packing import Ids
from studio.data.query import QueryError, parse_all
from studio.data.store import Change
from studio.ui.data.rowsview import RowsView
from studio.ui.models.rowsmodel import RowsModel

TROUBLE_MS = 700
"""A pause in typing after which it is said why an expression cannot be read."""
MOST_SORTS = 200
"""Datasets whose sorting is remembered."""
AGAIN_MS = 400
"""After a change of what decides which rows are shown, until they are sought again."""
MANY = 1
"""Rows of a change of texts up to which rows stay where they are: they are being written."""


class RowFilter(QObject):
    """Asks for the rows that the bar wants and shows them; the Data page owns it.

    What is sought again by itself never takes the row in hand away.

    Signals:
        told(): other words about the rows shown hold.
    """

    told = Signal()

    def __init__(self, studio: Studio, view: RowsView, model: RowsModel) -> None:
        super().__init__(view)
        self._studio, self._model, self._view = studio, model, view
        self._bar, self._table = view.bar, view.table
        self.query = studio.search
        self._document: DatasetDocument | None = None
        self._asked, self._only = RowQuestion(), np.empty(0, np.int64)
        self._again = self._by_parts = False
        self._indexed, self._measured = 0.0, 0
        self._trouble_timer = QTimer(self, singleShot=True, interval=TROUBLE_MS)
        self._again_timer = QTimer(self, singleShot=True, interval=AGAIN_MS)
        self._trouble = ""
        self._then: Callable[[], object] | None = None
        self._connect()

    def _connect(self) -> None:
        self._bar.filter_changed.connect(self._on_filter_changed)
        self._table.head.sort_chosen.connect(self.sort_by)
        self._bar.filters.save_asked.connect(self._save)
        self._bar.filters.drop_asked.connect(self._drop)
        self._trouble_timer.timeout.connect(lambda: self._bar.show_trouble(self._trouble))
        self._again_timer.timeout.connect(self._ask_again)
        self._studio.checks.changed.connect(self._on_checks_changed)
        self.query.answered.connect(self._on_answered)
        self.query.failed.connect(self._on_failed)
        self.query.indexing.connect(self._on_indexing)
        self.query.index_failed.connect(self._studio.problem_met)
        self.query.tags_counted.connect(self._on_tags_counted)

    def set_document(self, document: DatasetDocument | None) -> None:
        """Show the rows of another dataset, sorted as they were last; the bar is clear."""
        self._again_timer.stop()
        self._bar.empty()
        self._then = None
        self._document, self._asked = document, RowQuestion()
        path = None
        if document is not None:
            path = sidecar.place(self._studio.workspace.path, document.uid)
            document.changed.connect(self._on_changed)
            self._bar.filters.set_kind(document.kind)
            self._bar.filters.show_filters(document.filters())
        self.query.set_document(document, path)
        self._on_tags_counted({})
        self.query.count_tags()
        self._table.head.set_sort(self._remembered_sort())
        self._on_filter_changed()

    def show_only(self, ids: Ids, words: str) -> None:
        """Show only these rows (N,), named so."""
        self._bar.clear()
        self._only = ids
        self._bar.show_only(words)
        self._on_filter_changed()

    def sort_by(self, sort: Sort) -> None:
        """Sort the rows; the dataset is shown so until another sorting is chosen."""
        self._table.head.set_sort(sort)
        if self._document is not None:
            sorts = {**self._studio.settings.values.sorts, self._document.uid: _written(sort)}
            try:
                self._studio.settings.set("sorts", dict(list(sorts.items())[-MOST_SORTS:]))
            except StudioError as problem:
                self._studio.problem_met.emit(problem)
        self._on_filter_changed()

    def when_shown(self, act: Callable[[], object]) -> None:
        """Do something when all rows that were asked for are shown; at once if they are."""
        if self.query.waiting:
            self._then = act
        else:
            act()

    @property
    def words(self) -> str:
        """How many rows are shown of how many; empty while all are."""
        if self._document is None or self._asked.is_plain:
            return ""
        parts = [self._count(len(self._document))]
        if self._by_parts:
            share = f" ({percent(self._indexed)})" if self._indexed else ""
            parts.append(f"parts of words are found too until the index is there{share}")
        return " · ".join(part for part in parts if part)

    def _count(self, whole: int) -> str:
        if self._asked.condition == EVERYTHING and self._asked.only is None:
            return "sorting" if self.query.waiting else ""
        more = "at least " if self.query.waiting else ""
        return f"{more}{self._model.rowCount():,} of {whole:,} rows"

    # asking

    def _on_filter_changed(self) -> None:
        self._again = False
        self._ask()

    def _ask_again(self) -> None:
        self._again = True
        self._ask()

    def _ask(self) -> None:
        document = self._document
        if document is None:
            return
        try:
            condition = parse_all(self._bar.expressions, document.kind)
        except QueryError as problem:
            self._say_trouble(f"{problem.summary}. {problem.hint}".strip())
            return
        self._say_trouble("")
        self._asked = RowQuestion(condition, self._table.head.sort, self._wanted())
        self.query.ask(self._asked, self._studio.draft.recipe.max_tokens)
        self.told.emit()

    def _wanted(self) -> Ids | None:
        """Return the ids that rows must be among, None for all."""
        faulty = self._studio.checks.faulty if self._bar.only_problems else None
        if self._bar.only_button.isHidden():
            return faulty
        return self._only if faulty is None else np.intersect1d(self._only, faulty)

    def _say_trouble(self, sentence: str) -> None:
        self._trouble = sentence
        if sentence:
            self._trouble_timer.start()
        else:
            self._trouble_timer.stop()
            self._bar.show_trouble("")

    # what comes

    def _on_answered(self, answer: RowAnswer) -> None:
        self._by_parts = answer.by_parts
        if self._asked.is_plain:
            self._model.show_all()
        elif answer.whole or not self._again:  # rows that are shown are not replaced by a few
            self._model.show_found(self._kept(answer.ids) if self._again else answer.ids)
        self.told.emit()
        if answer.whole and self._then is not None:
            act, self._then = self._then, None
            act()

    def _kept(self, ids: Ids) -> Ids:
        """Return ids with that of the row in hand where it is shown now."""
        at = self._table.currentIndex().row()
        row_id = self._model.row_id(at)
        if not row_id or (ids == row_id).any() or self._document is None:
            return ids
        if not (self._document.ids == row_id).any():
            return ids
        return np.insert(ids, min(at, len(ids)), row_id)

    def _on_failed(self, problem: StudioError) -> None:
        self._say_trouble(f"{problem.summary} {problem.hint}".strip())
        self.told.emit()

    def _on_indexing(self, done: int, total: int) -> None:
        self._indexed = done / max(1, total)
        self.told.emit()

    def _on_tags_counted(self, tags: dict[str, int]) -> None:
        self._bar.show_tags(tags)
        self._table.show_tags(bool(tags))

    def _on_changed(self, change: Change) -> None:
        if change.fields & {"tag", "rank"}:
            self.query.count_tags()
        if self._asked.is_plain:
            return
        texts = change.fields - {"rank", "split", "tag", "note"}
        if change.fields != texts or len(change.rows) > MANY:
            self._again_timer.start()

    def _on_checks_changed(self) -> None:
        self._bar.show_limit(self._studio.checks.limit)
        measured = len(self._studio.checks.lengths)
        by_checks = self._asked.sort.column in (TOKENS, PROBLEMS) and measured != self._measured
        self._measured = measured
        if by_checks or self._bar.only_problems or asks_checks(self._asked.condition):
            self._again_timer.start()

    # saved filters

    def _save(self, name: str) -> None:
        document, expression = self._document, self._bar.expression
        if document is not None:
            self._keep(lambda: document.save_filter(name, expression))

    def _drop(self, name: str) -> None:
        document = self._document
        if document is not None:
            self._keep(lambda: document.drop_filter(name))

    def _keep(self, act: Callable[[], object]) -> None:
        try:
            act()
            if self._document is not None:
                self._bar.filters.show_filters(self._document.filters())
        except StudioError as problem:
            self._studio.problem_met.emit(problem)

    def _remembered_sort(self) -> Sort:
        document = self._document
        written = self._studio.settings.values.sorts.get(document.uid, "") if document else ""
        sort = Sort(written.removeprefix("-"), written.startswith("-"))
        known = {column.sort for column in self._model.columns}
        return sort if sort.column in known else AS_THEY_STAND


def _written(sort: Sort) -> str:
    return f"-{sort.column}" if sort.descending else sort.column
