"""The Data page: datasets, rows, the row in hand and what the model sees of it."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QFileDialog, QSplitter, QVBoxLayout, QWidget

from studio.app.datasetdocument import DatasetDocument
from studio.app.rowchecks import RowChecks
from studio.app.studio import Studio
from studio.core.problems import StudioError
from studio.data.importing import ImportCancelled, ImportReport
from studio.data.store import Change
from studio.ui.data.datanote import HOLD_OUT, LEFT_OUT, DataNote
from studio.ui.data.datasetcard import DatasetCard, files_of
from studio.ui.data.emptydata import EmptyData
from studio.ui.data.preview import Preview
from studio.ui.data.recordcard import RecordCard
from studio.ui.data.rowacts import RowActs
from studio.ui.data.rowsbar import RowsBar
from studio.ui.data.rowstable import RowsTable
from studio.ui.data.summarycard import SummaryCard
from studio.ui.data.tokencard import TokenCard
from studio.ui.look import tokens
from studio.ui.menus import FILES
from studio.ui.models.rowsmodel import SPLIT, TEXTS, RowsModel
from studio.ui.widgets.card import Card
from studio.ui.widgets.frame import Page
from studio.ui.widgets.parts import fill

RIGHT, RIGHT_SMALL = 420, 360
"""Px of the right column, at full and at smallest width."""
HALVES, HALVES_SMALL = (290, 450), (230, 340)
"""Px of record and tokens above each other."""


class DataPage(Page):
    """Edits the open dataset; the window owns it."""

    def __init__(self, studio: Studio) -> None:
        super().__init__("Data")
        self._studio = studio
        self._document: DatasetDocument | None = None
        self._front = False
        self.checks = RowChecks(studio.renders, self)
        self.model = RowsModel(self.checks, self)
        self.datasets, self.bar = DatasetCard(), RowsBar()
        self.table, self.summary = RowsTable(self.model), SummaryCard()
        self.record, self.tokens = RecordCard(), TokenCard()
        self.empty, self.note = EmptyData(), DataNote()
        self.acts = RowActs(studio, self, (self.bar, self.table, self.model, self.record))
        self.bar.menu.addActions(self.acts.actions)
        self._preview = Preview(studio, self.tokens, self.checks, self)
        self._lay_out()
        self._connect()
        self.setAcceptDrops(True)
        self._on_opened(studio.datasets.current)

    def _lay_out(self) -> None:
        table_card = Card()
        table_card.setAccessibleName("Rows")
        table_card.body.addWidget(self.table)
        self._middle = QWidget()
        column = QVBoxLayout(self._middle)
        fill(column, self.bar, self.note, gap=10)
        column.addWidget(table_card, 1)
        column.addWidget(self.summary)
        self._right = QSplitter(Qt.Orientation.Vertical)
        self._right.setHandleWidth(tokens.GAP_CARD)
        self._right.setChildrenCollapsible(False)
        for card in (self.record, self.tokens):
            self._right.addWidget(card)
        self._right.setStretchFactor(1, 1)
        self.body.addWidget(self.datasets)
        self.body.addWidget(self._middle, 1)
        self.body.addWidget(self.empty, 1)
        self.body.addWidget(self._right)
        self.set_small(False)

    def _connect(self) -> None:
        studio, library, acts = self._studio, self._studio.datasets, self.acts
        library.opened.connect(self._on_opened)
        library.listed.connect(self._list_datasets)
        library.import_progressed.connect(self.datasets.show_progress)
        library.import_ended.connect(self._on_import_ended)
        for chosen in (self.datasets.chosen, self.bar.dataset_chosen):
            chosen.connect(lambda name: acts.attempt(lambda: library.open(name)))
        for asked in (self.datasets.import_asked, self.empty.import_asked):
            asked.connect(self.ask_for_files)
        self.datasets.cancel_asked.connect(library.cancel_import)
        self.empty.example_asked.connect(lambda: acts.attempt(library.install_demo))
        self.bar.filter_changed.connect(self._on_filter_changed)
        self.bar.row_button.clicked.connect(lambda: acts.attempt(acts.add_row))
        self.table.row_chosen.connect(self._on_row_chosen)
        self.table.delete_asked.connect(lambda: acts.attempt(acts.delete_rows))
        self.table.long_asked.connect(lambda at: self.record.fields[TEXTS[at]].setFocus())
        self.model.refused.connect(studio.problem_met)
        self.model.modelReset.connect(self._on_rows_replaced)
        self.record.edited.connect(self._on_edited)
        self.record.step_asked.connect(acts.step)
        self.record.duplicate_asked.connect(lambda: acts.attempt(acts.duplicate_row))
        self.record.delete_asked.connect(self._on_delete_asked)
        self.record.split_chosen.connect(self._on_split_chosen)
        self.tokens.model_asked.connect(lambda: studio.page_requested.emit("Model"))
        self.summary.limit_chosen.connect(self._preview.choose_limit)
        self.checks.changed.connect(self._show_checks)
        studio.draft.changed.connect(self._on_recipe_changed)
        self.note.button.clicked.connect(self._on_note_clicked)

    # what the window asks

    def set_small(self, small: bool) -> None:
        super().set_small(small)
        self.bar.set_small(small)
        self.record.set_small(small)
        self.summary.facts.setVisible(not small)
        self.table.setColumnHidden(SPLIT, small)
        self._right.setFixedWidth(RIGHT_SMALL if small else RIGHT)
        self._right.setSizes(HALVES_SMALL if small else HALVES)
        self._show_parts()

    def shown(self) -> None:
        self._take_front(True)
        self._list_datasets()

    def hidden(self) -> None:
        self.record.flush()
        self._take_front(False)

    def _take_front(self, front: bool) -> None:
        self._front = front
        self._preview.set_on(front)
        self._show_parts()

    def undo(self) -> None:
        """Take the last step back, also what is being typed."""
        if self._document is not None:
            self.acts.attempt(self._document.undo)

    def redo(self) -> None:
        """Do the step that was taken back again."""
        if self._document is not None:
            self.acts.attempt(self._document.redo)

    # files

    def ask_for_files(self) -> None:
        """Ask for files and import them."""
        names, _ = QFileDialog.getOpenFileNames(self, "Import data", "", FILES)
        self.import_files([Path(name) for name in names])

    def import_files(self, paths: list[Path]) -> None:
        """Import files one after the other, each as a dataset."""
        for path in paths:
            self._studio.datasets.import_file(path)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if files_of(event.mimeData()):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        event.acceptProposedAction()
        self.import_files(files_of(event.mimeData()))

    def _on_import_ended(self, outcome: ImportReport | StudioError) -> None:
        self.datasets.show_progress(None)
        if isinstance(outcome, ImportCancelled):
            self._studio.said.emit(f"{outcome.summary} Nothing of it is left", None)
        elif isinstance(outcome, StudioError):
            self._studio.problem_met.emit(outcome)
        else:
            self._studio.said.emit(outcome.sentence, None)
            if outcome.problems:
                left = len(outcome.problems) + outcome.unlisted
                fact = f"{left:,} {'line is' if left == 1 else 'lines are'} left out."
                first = outcome.problems[0]
                where = f"Line {first.line:,}: {first.reason}."
                self.note.offer(fact, where, LEFT_OUT, "Show them")

    # the open dataset

    def _on_opened(self, document: DatasetDocument | None) -> None:
        self.record.show_row(None, 0)
        self._document = document
        self.note.clear()
        self.bar.clear()
        self.model.set_document(document)  # told of changes before the page is
        self._preview.set_document(document)
        if document is not None:
            document.changed.connect(self._on_changed)
            document.settling.connect(self.record.flush)
        self._show_parts()
        self._show_counts("every edit is saved")

    def _show_parts(self) -> None:
        there = self._document is not None
        self._middle.setVisible(there)
        self._right.setVisible(there)
        self.empty.setVisible(not there)
        self.datasets.setVisible(not self.small)
        self.acts.set_enabled(there and self._front)

    def _list_datasets(self) -> None:
        current = self._document.name if self._document is not None else ""
        summaries = self._studio.datasets.summaries()
        self.datasets.show_datasets(summaries, current, len(self.checks.faulty))
        self.bar.show_datasets([summary.name for summary in summaries], current)

    def _show_counts(self, state: str) -> None:
        document = self._document
        if document is None:
            self.set_state("No dataset is open")
            self._list_datasets()
            return
        self.set_state(f"{document.name} · {state}")
        self.bar.show_rows(len(document))
        self.summary.show_counts(len(document), document.split_counts())
        self._list_datasets()
        self._show_checks()

    def _on_changed(self, change: Change) -> None:
        self._show_counts(f"last edit saved at {datetime.now():%H:%M}")
        row = self.table.currentIndex().row()
        if row < 0 and self.model.rowCount():
            self.table.go_to(max(self.model.find(change.rows[0]), 0))
        elif change.ranks or self.record.row_id in change.rows:
            self._on_row_chosen(row)

    def _on_edited(self, row_id: int, column: str, text: str, goes_on: bool) -> None:
        document = self._document
        if document is not None and not self.acts.attempt(
            lambda: document.edit(row_id, column, text, merge=goes_on)
        ):
            self.record.show_unsaved()

    def _on_delete_asked(self) -> None:
        self.acts.attempt(lambda: self.acts.delete_rows([self.record.row_id]))

    def _on_split_chosen(self, row_id: int, split: str) -> None:
        self.acts.attempt(lambda: self.acts.use_as(split, [row_id]))

    # rows

    def _on_filter_changed(self) -> None:
        only = self.checks.faulty if self.bar.only_problems else None
        self.acts.attempt(lambda: self.model.set_filter(self.bar.text, self.bar.split, only))

    def _on_rows_replaced(self) -> None:
        """Keep the row in hand if it is still shown, else take the first."""
        row = self.model.find(self.record.row_id)
        if self.model.rowCount():
            self.table.go_to(max(row, 0))
        else:
            self._on_row_chosen(-1)

    def _on_row_chosen(self, at: int) -> None:
        document, row_id = self._document, self.model.row_id(at)
        found = document.read([row_id]) if document is not None and row_id else []
        row = found[0] if found else None
        number = document.position(row_id) + 1 if document is not None and row else 0
        self.record.show_row(row, number)
        self.record.set_steps(at > 0, 0 <= at < self.model.rowCount() - 1)
        self.record.set_faults(self.checks.faulty.get(row_id, ()))
        self._preview.show(row)

    # what checks found

    def _show_checks(self) -> None:
        checks, limit = self.checks, self._studio.draft.recipe.max_tokens
        self.model.set_limit(limit)
        listing = "\n".join(f"{len(f.rows):,} · {f.summary}" for f in checks.faults if f.rows)
        self.bar.show_problems(len(checks.faulty), listing)
        self.record.set_faults(checks.faulty.get(self.record.row_id, ()))
        trouble = checks.trouble.summary if checks.trouble is not None else ""
        self.summary.show_checks(checks.rows, limit, trouble)
        self._list_datasets()
        whole = next((fault for fault in checks.faults if not fault.rows), None)
        if whole is not None and self.note.way_out != LEFT_OUT:
            words = "Hold out a tenth" if whole.code == "no_validation" else ""
            self.note.offer(whole.summary, "", HOLD_OUT, words)
        elif self.note.way_out == HOLD_OUT:
            self.note.clear()

    def _on_recipe_changed(self) -> None:
        limit = self._studio.draft.recipe.max_tokens
        self.model.set_limit(limit)
        self.summary.show_limit(limit)

    def _on_note_clicked(self) -> None:
        left_out = self.note.way_out == LEFT_OUT
        self.note.clear()
        self.acts.attempt(self.acts.show_left_out if left_out else self.acts.hold_out)
