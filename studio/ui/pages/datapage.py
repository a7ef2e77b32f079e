"""The Data page: datasets, rows, the row in hand and what the model sees of it."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QSplitter

from studio.app.datasetdocument import DatasetDocument
from studio.app.studio import Studio
from studio.core.example import Kind
from studio.core.mix import mix_title
from studio.data.packing import Ids
from studio.data.store import Change
from studio.ui.data.arrivals import Arrivals
from studio.ui.data.checksview import ChecksView
from studio.ui.data.datanote import LEFT_OUT
from studio.ui.data.datasetcard import DatasetCard
from studio.ui.data.dragged import files_of
from studio.ui.data.emptydata import EmptyData
from studio.ui.data.pagecontext import PageContext
from studio.ui.data.pagefacts import PageFacts
from studio.ui.data.pagesizes import PageSizes
from studio.ui.data.preview import Preview
from studio.ui.data.recordcard import RecordCard
from studio.ui.data.rowacts import RowActs
from studio.ui.data.rowfilter import RowFilter
from studio.ui.data.rowinhand import RowInHand
from studio.ui.data.rowsview import RowsView
from studio.ui.data.sortmenu import SortMenu
from studio.ui.data.statisticsview import StatisticsView
from studio.ui.data.tokencard import TokenCard
from studio.ui.data.viewtabs import ViewTabs
from studio.ui.look import tokens
from studio.ui.models.rowsmodel import RowsModel
from studio.ui.widgets.frame import Page

RIGHT, RIGHT_SMALL = 420, 360
"""Px of the right column, at full and at smallest width."""
ROWS, CHECKS, STATISTICS = "Rows", "Checks", "Statistics"


class DataPage(Page):
    """Edits the open dataset; the window owns it."""

    def __init__(self, studio: Studio) -> None:
        super().__init__("Data")
        self._studio = studio
        self._document: DatasetDocument | None = None
        self._front, self._said = False, ""
        self.checks = studio.checks
        self.model = RowsModel(self.checks, self)
        self.datasets, self.empty = DatasetCard(), EmptyData()
        self.rows = view = RowsView(self.model)
        self.bar, self.note, self.table, self.summary = (
            view.bar,
            view.note,
            view.table,
            view.summary,
        )
        self.record, self.tokens, self.tabs = RecordCard(), TokenCard(), ViewTabs()
        self.acts = RowActs(
            studio, self, (self.bar, self.table, self.model, self.record), self.checks
        )
        self.context = PageContext(
            studio,
            self.checks,
            self.acts.attempt,
            self.show_rows,
            self.select_rows,
            self.show_expression,
        )
        self.checks_view = ChecksView(self.context)
        self.statistics = StatisticsView(self.context)
        self.arrivals = Arrivals(studio, self, self.datasets, self.empty, self.note)
        self.acts.exchange.rows_came.connect(self.arrivals.take_in)
        self._preview = Preview(studio, self.tokens, self.checks, self)
        self._hand = RowInHand(view, self.model, self.record, self._preview, self.acts)
        self._hand.unsaved.connect(lambda: self._show_counts("the last edit is not saved"))
        self.filter = RowFilter(studio, view, self.model)
        self._facts = PageFacts(studio, self.checks, self.model, view, self.datasets)
        self._lay_out()
        self._connect()
        self.setAcceptDrops(True)
        self._on_opened(studio.datasets.current)

    def _lay_out(self) -> None:
        self.tabs.add_view(ROWS, self.rows)
        self.tabs.add_view(CHECKS, self.checks_view)
        self.tabs.add_view(STATISTICS, self.statistics)
        self.rows.put_above(self.acts.edits.strip)
        for action in self.acts.buttons:
            self.tabs.add_action(action)
        self.bar.menu.addActions(self.acts.actions)
        sort_menu = SortMenu(self, self.model, self.table.head, self.filter.sort_by)
        self.bar.menu.addMenu(sort_menu)
        self.addAction(sort_menu.menuAction())
        self._right = QSplitter(Qt.Orientation.Vertical)
        self._right.setHandleWidth(tokens.GAP_CARD)
        self._right.setChildrenCollapsible(False)
        for card in (self.record, self.tokens):
            self._right.addWidget(card)
        self._right.setStretchFactor(1, 1)
        self._sizes = PageSizes(self._studio, self.table, self._right)
        self.body.addWidget(self.datasets)
        self.body.addWidget(self.tabs, 1)
        self.body.addWidget(self.empty, 1)
        self.body.addWidget(self._right)
        self.set_small(False)

    def _connect(self) -> None:
        studio, library, acts = self._studio, self._studio.datasets, self.acts
        library.opened.connect(self._on_opened)
        for chosen in (self.datasets.chosen, self.bar.dataset_chosen):
            chosen.connect(lambda name: acts.attempt(lambda: library.open(name)))
        self.empty.example_asked.connect(lambda: acts.attempt(library.install_demo))
        studio.rows_requested.connect(self.show_rows)
        self.filter.told.connect(self._say_state)
        studio.draft.changed.connect(self._say_state)
        self.bar.row_button.clicked.connect(lambda: acts.attempt(acts.add_row))
        self.model.refused.connect(studio.problem_met)
        self.tokens.model_asked.connect(lambda: studio.page_requested.emit("Model"))
        self.summary.limit_chosen.connect(self._preview.choose_limit)
        self.checks.changed.connect(self._hand.show_faults)
        self.note.button.clicked.connect(self._on_note_clicked)

    # what the window and other pages ask

    def set_small(self, small: bool) -> None:
        super().set_small(small)
        self.rows.set_small(small)
        self.record.set_small(small)
        self.statistics.set_small(small)
        self.checks_view.set_small(small)
        self.tokens.set_small(small)
        self._right.setFixedWidth(RIGHT_SMALL if small else RIGHT)
        self._sizes.show(self._document.kind if self._document else Kind.TRIPLE, small)
        self._show_parts()

    def shown(self) -> None:
        self._take_front(True)
        self._facts.list_datasets()

    def hidden(self) -> None:
        self.record.flush()
        self._sizes.keep_now()
        self._take_front(False)

    def _take_front(self, front: bool) -> None:
        self._front = front
        self.checks.want("Data", front)
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

    def show_rows(self, ids: Ids, words: str) -> None:
        """Show only these rows (N,); words say which they are."""
        self.tabs.show_view(ROWS)
        self.filter.show_only(ids, words)

    def select_rows(self, ids: Ids) -> None:
        """Show all rows with these (N,) selected, the first of them in hand.

        Rows in too many places to be shown selected are shown alone.
        """
        self.tabs.show_view(ROWS)
        self.bar.clear()
        self.filter.when_shown(lambda: self._select(ids))

    def _select(self, ids: Ids) -> None:
        if not self.table.select_rows(ids):
            self.filter.show_only(ids, f"{len(ids):,} rows")

    def show_expression(self, expression: str) -> None:
        """Show the rows that an expression finds."""
        self.tabs.show_view(ROWS)
        self.bar.set_expression(expression)

    def ask_for_files(self) -> None:
        """Ask for files and import them."""
        self.arrivals.ask_for_files()

    def import_files(self, paths: list[Path]) -> None:
        """Import files."""
        self.arrivals.import_files(paths)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if files_of(event.mimeData()):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        event.acceptProposedAction()
        self.import_files(files_of(event.mimeData()))

    # the open dataset

    def _on_opened(self, document: DatasetDocument | None) -> None:
        self._hand.set_document(document)
        self._document = document
        self.note.clear()
        self.model.set_document(document)  # told of changes before the page is
        self.filter.set_document(document)
        self.acts.edits.strip.set_document(document)
        if document is not None:
            document.changed.connect(self._on_changed)
            document.settling.connect(self.record.flush)
            self._sizes.show(document.kind, self.small)
        self._show_parts()
        self._show_counts("every edit is saved")

    def _show_parts(self) -> None:
        there = self._document is not None
        self.tabs.setVisible(there)
        self._right.setVisible(there)
        self.empty.setVisible(not there)
        self.datasets.setVisible(not self.small)
        self.acts.set_enabled(there and self._front)

    def _show_counts(self, state: str) -> None:
        self._said = state
        self._say_state()
        self._facts.show_counts()

    def _say_state(self) -> None:
        document = self._document
        if document is None:
            self.set_state("No dataset is open")
        else:
            mix = self._studio.draft.recipe.mix
            mixed = f"in a mix: {mix_title(mix)}" if mix else ""
            parts = (document.name, mixed, self.filter.words, self._said)
            self.set_state(" · ".join(part for part in parts if part))

    def _on_changed(self, change: Change) -> None:
        self._show_counts(f"last edit saved at {datetime.now():%H:%M}")
        self._hand.follow(change)

    def _on_note_clicked(self) -> None:
        left_out = self.note.way_out == LEFT_OUT
        self.note.clear()
        self.acts.attempt(self.acts.show_left_out if left_out else self.acts.hold_out)
