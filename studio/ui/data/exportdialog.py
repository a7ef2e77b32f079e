"""The dialog that writes a dataset to a file: which rows, which format, and how it begins."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
from PySide6.QtWidgets import QFileDialog, QHBoxLayout, QPlainTextEdit, QWidget

from studio.app.convertjob import ConvertJob
from studio.app.opendataset import OpenDataset
from studio.core.example import SPLITS
from studio.core.problems import StudioError
from studio.data.exporting import preview
from studio.data.exportplan import (
    WORDS,
    Beside,
    Container,
    ExportPlan,
    containers_for,
    layouts_for,
    losses,
)
from studio.data.layouts import Layout
from studio.data.packing import Ids
from studio.ui.data.jobdialog import WIDTH, JobDialog, wide
from studio.ui.look import fonts
from studio.ui.look.fonts import Role
from studio.ui.model.knobfields import PickField
from studio.ui.widgets.formrow import WIDTH_LABEL, FormRow
from studio.ui.widgets.parts import fill, label, prose
from studio.ui.widgets.toggle import Toggle

NAMES = {
    Container.JSONL: ("JSON lines", "A JSON object a line. Untouched rows leave byte for byte."),
    Container.JSON: ("JSON list", "One list with all rows."),
    Container.CSV: ("CSV", "A table with commas, for spreadsheets."),
    Container.TSV: ("TSV", "A table with tabs."),
    Container.PARQUET: ("Parquet", "Packed columns, as the Hub has them."),
    Container.TEXT: ("Text", "The texts one below the other, as they came."),
}
BESIDE = {Beside.SPLIT: "Split", Beside.TAGS: "Tags", Beside.NOTE: "Note"}
AS_IMPORTED = "As imported"
PREVIEWED = 3
"""Rows in the preview."""


class ExportDialog(JobDialog):
    """Asks what to write where, and writes it.

    Args:
        parent: above which it opens.
        document: what is written.
        shown: the rows that the page shows, if a filter hides others.
        selected: the rows that are selected, if there is more than one.
        folder: where the system's dialog starts.

    Attributes:
        path: the file, once it is chosen.
    """

    def __init__(
        self,
        parent: QWidget | None,
        document: OpenDataset,
        folder: Path,
        shown: Ids | None = None,
        selected: Ids | None = None,
    ) -> None:
        super().__init__(parent, f"Export {document.path.stem}")
        self._document, self._folder = document, folder
        self._ids_file: Path | None = None
        self._choices: list[tuple[str, Ids | None]] = []
        self.path: Path | None = None
        self.rows, self.container = PickField(), PickField()
        self.layout_field = PickField(AS_IMPORTED)
        self._fill_rows(shown, selected)
        self._fill_formats()
        self.beside = {what: Toggle(words) for what, words in BESIDE.items()}
        self.packed = Toggle("Packed (.gz)")
        self.escape = Toggle("Spreadsheet-safe")
        self.info = Toggle("dataset_info.json")
        self.losses = prose("", Role.SMALL)
        self.preview = QPlainTextEdit()
        self._lay_out()
        self._connect()
        self._show()
        self.resize(WIDTH, 600)

    def _fill_rows(self, shown: Ids | None, selected: Ids | None) -> None:
        counts, whole = self._document.split_counts(), len(self._document)
        self._offer(f"All {whole:,} rows", "", None)
        if selected is not None and len(selected) > 1:
            self._offer(f"The {len(selected):,} selected rows", "", selected)
        if shown is not None and len(shown) != whole:
            self._offer(f"The {len(shown):,} rows that are shown", "", shown)
        for split in SPLITS:
            if 0 < counts[split] < whole:
                self._offer(f"{split.capitalize()}: {counts[split]:,} rows", split, None)

    def _offer(self, words: str, split: str, ids: Ids | None) -> None:
        self.rows.addItem(words)
        self._choices.append((split, ids))

    def _fill_formats(self) -> None:
        for container in containers_for(self._document.kind):
            self.container.addItem(NAMES[container][0], container)
        self.layout_field.setItemData(0, None)
        for layout in layouts_for(self._document.kind):
            self.layout_field.addItem(WORDS[layout], layout)

    def _lay_out(self) -> None:
        self.format_row = wide(FormRow("Format", self.container, ""), self.container)
        self.layout_row = wide(FormRow("Columns", self.layout_field, ""), self.layout_field)
        self.rows_row = wide(FormRow("Rows", self.rows, "In their order."), self.rows)
        for row in (self.rows_row, self.format_row, self.layout_row):
            self.body.addWidget(row)
        self.beside_row = _line("Also as columns", *self.beside.values())
        self.body.addWidget(self.beside_row)
        self.body.addWidget(_line("The file", self.packed, self.escape, self.info))
        self.body.addWidget(self.losses)
        self.preview.setReadOnly(True)
        self.preview.setFont(fonts.mono())
        self.preview.setAccessibleName("How the file begins")
        self.preview.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        self.body.addWidget(label("How it begins", Role.SMALL, tone="muted"))
        self.body.addWidget(self.preview, 1)
        self.add_foot("Choose a place…").clicked.connect(self._ask_path)

    def _connect(self) -> None:
        for field in (self.rows, self.container, self.layout_field):
            field.currentIndexChanged.connect(self._show)
        for box in (*self.beside.values(), self.packed, self.escape, self.info):
            box.toggled.connect(self._show)

    @property
    def plan(self) -> ExportPlan:
        """What is asked for."""
        container = Container(self.container.currentData())  # Qt hands names back as text
        layout = Layout(name) if (name := self.layout_field.currentData()) else None
        split, ids = self._choices[self.rows.currentIndex()]
        text = container is Container.TEXT
        return ExportPlan(
            container,
            None if text else layout,
            self.packed.isChecked() and container is not Container.PARQUET,
            ids,
            split,
            frozenset() if text else frozenset(w for w, b in self.beside.items() if b.isChecked()),
            self.escape.isChecked() and container in (Container.CSV, Container.TSV),
            self.info.isChecked() and not text,
        )

    def _show(self) -> None:
        plan = self.plan
        text, table = plan.container is Container.TEXT, plan.container in ("csv", "tsv")
        self.format_row.set_help(NAMES[plan.container][1])
        self.layout_row.setVisible(not text)
        self.layout_row.set_help(
            "The columns of the file it came from, with those that have no role."
            if plan.layout is None
            else "Columns without a role are written beside these."
        )
        for part in (self.beside_row, self.info):
            part.setVisible(not text)
        self.escape.setVisible(table)
        self.packed.setVisible(plan.container is not Container.PARQUET)
        said = losses(self._document.kind, plan)
        self.losses.setText(" ".join(said))
        self.losses.setVisible(bool(said))
        self._show_preview(plan)

    def _show_preview(self, plan: ExportPlan) -> None:
        if plan.ids is not None:
            plan = replace(plan, ids=plan.ids[:PREVIEWED])
        try:
            with self._document.reader() as reader:
                self.preview.setPlainText(preview(reader, plan, PREVIEWED))
        except StudioError as problem:
            self.preview.setPlainText(problem.summary)

    def _ask_path(self) -> None:
        plan = self.plan
        ending = f".{plan.container.value}" + (".gz" if plan.packed else "")
        start = str(self._folder / f"{self._document.path.stem}{ending}")
        words = f"{NAMES[plan.container][0]} (*{ending})"
        name, _ = QFileDialog.getSaveFileName(self, "Export the dataset", start, words)
        if name:
            self.export(Path(name))

    def export(self, path: Path) -> None:
        """Write the file; the dialog closes when it is there."""
        plan, self.path = self.plan, path
        ids = None
        if plan.ids is not None:
            ids = self._document.path.with_name(f".{self._document.path.stem}.ids.npy")
            np.save(ids, plan.ids, allow_pickle=False)
        self.run_job(ConvertJob.export(self._document.path, path, plan, ids), "Writing rows")
        self._ids_file = ids  # that of a job before this one is gone now

    def close_job(self) -> None:
        """End the process and wait for it."""
        super().close_job()
        if self._ids_file is not None:
            self._ids_file.unlink(missing_ok=True)
            self._ids_file = None


def _line(words: str, *boxes: Toggle) -> QWidget:
    made = QWidget()
    name = label(words, weight=fonts.MEDIUM)
    name.setMinimumWidth(WIDTH_LABEL)
    fill(QHBoxLayout(made), name, *boxes, None, gap=14)
    return made
