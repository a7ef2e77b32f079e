"""The counts of the Data page: rows, splits, problems, tokens, wherever they are shown."""

from __future__ import annotations

from PySide6.QtCore import QObject

from studio.app.rowchecks import RowChecks
from studio.app.studio import Studio
from studio.ui.data.datanote import HOLD_OUT, LEFT_OUT
from studio.ui.data.datasetcard import DatasetCard
from studio.ui.data.rowsview import RowsView
from studio.ui.models.rowsmodel import RowsModel

OF_SPLITS = frozenset(("no_rows", "no_validation"))
"""Problems of the whole dataset that stand above its rows."""


class PageFacts(QObject):
    """Shows what is known of the open dataset; the Data page owns it."""

    def __init__(
        self,
        studio: Studio,
        checks: RowChecks,
        model: RowsModel,
        view: RowsView,
        datasets: DatasetCard,
    ) -> None:
        super().__init__(view)
        self._studio, self._checks, self._model = studio, checks, model
        self._view, self._datasets = view, datasets
        studio.datasets.listed.connect(self.list_datasets)
        studio.draft.changed.connect(self._on_recipe_changed)
        checks.changed.connect(self.show_checks)

    def list_datasets(self) -> None:
        """List the datasets of the workspace with what is known of them."""
        document = self._studio.datasets.current
        current = document.name if document is not None else ""
        summaries = self._studio.datasets.summaries()
        self._datasets.show_datasets(summaries, current, len(self._checks.faulty))
        self._view.bar.show_datasets([summary.name for summary in summaries], current)

    def show_counts(self) -> None:
        """Show how many rows there are and where."""
        document = self._studio.datasets.current
        if document is not None:
            self._view.bar.show_rows(len(document))
            self._view.summary.show_counts(len(document), document.split_counts())
        self.list_datasets()
        self.show_checks()

    def show_checks(self) -> None:
        """Show what checks found."""
        checks, limit = self._checks, self._limit
        view, note = self._view, self._view.note
        self._model.set_limit(limit)
        listing = "\n".join(f"{len(f.rows):,} · {f.summary}" for f in checks.faults if len(f.rows))
        view.bar.show_problems(len(checks.faulty), listing)
        trouble = checks.trouble.summary if checks.trouble is not None else ""
        view.summary.show_checks(checks.lengths, limit, trouble)
        self.list_datasets()
        whole = next((fault for fault in checks.faults if fault.code in OF_SPLITS), None)
        if whole is not None and note.way_out != LEFT_OUT:
            words = "Hold out a tenth" if whole.code == "no_validation" else ""
            note.offer(whole.summary, "", HOLD_OUT, words)
        elif note.way_out == HOLD_OUT:
            note.clear()

    @property
    def _limit(self) -> int:
        return self._studio.draft.recipe.max_tokens

    def _on_recipe_changed(self) -> None:
        self._model.set_limit(self._limit)
        self._view.summary.show_limit(self._limit)
