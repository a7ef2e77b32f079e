"""What is to be evaluated: rows and columns."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from studio.core.evaluation import ColumnSpec
from studio.core.example import TEST
from studio.data.evaluationsetup import MOST_COLUMNS, Wanted
from studio.data.runfiles import RunSummary
from studio.ui.evaluate.choices import offer_datasets, offer_runs, offer_splits
from studio.ui.evaluate.schemarow import SchemaRow
from studio.ui.look import fonts
from studio.ui.look.tokens import PADDING
from studio.ui.widgets.card import Card
from studio.ui.widgets.formrow import FormRow
from studio.ui.widgets.parts import Button, ChoiceField, SpinField, fill, label, line, scroller
from studio.ui.widgets.toggle import Toggle

LIMITS = (12, 50, 200, 1000, 0)
USUAL_LIMIT = 50
SHOTS = 4
LONGEST_NAME = 60
"""Characters of a column's name beside its box; the tooltip has the rest."""


class SetupForm(Card):
    """Chooses dataset, split, rows, length of the answers, and who answers.

    Signals:
        run_chosen(str): the questions are to be asked as another run was trained.
        dataset_chosen(str): the rows are to be those of another dataset.
        folder_requested(): an adapter from elsewhere is to be added.
        schema_requested(): a file with a JSON Schema is to be chosen.
        started(): begin with what is chosen.
    """

    run_chosen = Signal(str)
    dataset_chosen = Signal(str)
    folder_requested = Signal()
    schema_requested = Signal()
    started = Signal()

    def __init__(self) -> None:
        self.start_button = Button("Start the evaluation", "play", "primary")
        super().__init__("New evaluation", "asks held-out rows of everyone, and scores the answers")
        self.run, self.dataset, self.split = ChoiceField(), ChoiceField(), ChoiceField()
        self.limit, self.length = ChoiceField(), SpinField(256, 4096, " tokens")
        self.length.setMinimum(1)
        self.limit.addItems([f"Up to {n:,} rows" if n else "All rows" for n in LIMITS])
        self.limit.setCurrentIndex(LIMITS.index(USUAL_LIMIT))
        self.shots = Toggle(f"Base shown {SHOTS} examples of the training split")
        self.shots.setToolTip("Was fine-tuning needed at all, or would a longer prompt have done?")
        self.general = Toggle("General questions beside it: what was lost", on=True)
        self.folder_button = Button("Add an adapter's folder…", "folder", compact=True)
        self.schema = SchemaRow()
        self._why_not = ""
        self._counts: dict[str, int] = {}
        self._boxes: list[tuple[Toggle, ColumnSpec]] = []
        self._columns = QVBoxLayout()
        fill(self._columns, gap=6)
        self._lay_out()
        self.run.activated.connect(lambda at: self.run_chosen.emit(self.run.itemData(at)))
        self.dataset.activated.connect(
            lambda at: self.dataset_chosen.emit(self.dataset.itemText(at))
        )
        self.folder_button.clicked.connect(self.folder_requested)
        self.schema.requested.connect(self.schema_requested)
        self.start_button.clicked.connect(self.started)
        self.shots.toggled.connect(self._on_choice_changed)
        self.split.activated.connect(self._on_choice_changed)

    def _lay_out(self) -> None:
        rows = (
            FormRow("Run", self.run, "Its base, template and system prompt ask the questions."),
            FormRow("Dataset", self.dataset, "Where the questions and the written answers are."),
            FormRow("Split", self.split, "Rows that no column was trained on tell the most."),
            FormRow("Rows", self.limit, "Drawn by a seed, the same ones every time."),
            FormRow("Longest answer", self.length, "An answer is cut there."),
            self.schema,
        )
        for field in (
            self.run,
            self.dataset,
            self.split,
            self.limit,
            self.length,
            self.schema.button,
        ):
            field.setMinimumWidth(220)
            field.setMaximumWidth(220)
        body = QWidget()
        title = label("Who answers", weight=fonts.MEDIUM)
        self.base = Toggle("The base, alone", on=True)
        self.base.setEnabled(False)
        who = fill(QVBoxLayout(), title, 2, self.base, self._columns, self.shots, gap=6)
        add = fill(QHBoxLayout(), self.folder_button, None)
        column = fill(
            QVBoxLayout(body), *rows, self.general, 6, line(), 6, who, 6, add, None, gap=2
        )
        column.setContentsMargins(PADDING, 10, PADDING, 10)
        self.remark_line = label("", tone="muted")
        foot = fill(QHBoxLayout(), self.remark_line, None, self.start_button, gap=10)
        foot.setContentsMargins(PADDING, 10, PADDING, 12)
        fill(self.body, scroller(body), line(), foot)

    @property
    def columns(self) -> list[ColumnSpec]:
        """The columns that are ticked."""
        return [spec for box, spec in self._boxes if box.isChecked()]

    @property
    def wanted(self) -> Wanted:
        """What is chosen besides the columns."""
        return Wanted(
            dataset=self.dataset.currentText(),
            split=self.split.currentData() or TEST,
            limit=LIMITS[max(self.limit.currentIndex(), 0)],
            max_new_tokens=self.length.value(),
            schema=self.schema.text,
            general=self.general.isChecked(),
        )

    def show_runs(self, runs: Sequence[RunSummary], current: str) -> None:
        """Offer runs that have grown a branch."""
        offer_runs(self.run, runs, current)

    def show_datasets(self, names: Sequence[str], current: str) -> None:
        """Offer datasets."""
        offer_datasets(self.dataset, names, current)

    def show_splits(self, counts: dict[str, int]) -> None:
        """Offer the splits with their rows; the test split if it has any."""
        self._counts = counts
        offer_splits(self.split, counts)
        self._on_choice_changed()

    def show_columns(self, columns: Sequence[ColumnSpec], ticked: Sequence[ColumnSpec]) -> None:
        """Offer columns beside the base."""
        for box, _ in self._boxes:
            self._columns.removeWidget(box)
            box.hide()
            box.deleteLater()
        self._boxes = []
        for spec in columns:
            name = spec.name if len(spec.name) <= LONGEST_NAME else f"{spec.name[:LONGEST_NAME]}…"
            box = Toggle(name.replace("&", "&&"), on=spec in ticked)
            box.setToolTip(spec.adapter)
            box.toggled.connect(self._on_choice_changed)
            self._columns.addWidget(box)
            self._boxes.append((box, spec))
        self._on_choice_changed()

    def set_able(self, why_not: str) -> None:
        """Let it be started, or say why it cannot be now."""
        self._why_not = why_not
        self._on_choice_changed()

    def _on_choice_changed(self) -> None:
        many = 1 + len(self.columns) + self.shots.isChecked()
        why = self._why_not
        if many > MOST_COLUMNS:
            why = f"{many} columns are chosen; {MOST_COLUMNS} go into one evaluation"
        elif many == 1:
            why = "Choose someone to compare with the base"
        elif not self.dataset.currentText():
            why = "There is no dataset to ask from"
        elif not self._counts:
            why = f"The rows of {self.dataset.currentText()} cannot be read"
        elif not self._counts.get(self.wanted.split):
            split = self.wanted.split
            why = f"There is no row in the {split} split: hold some out on the Data page"
        self.remark_line.setText(why or f"{many} columns")
        self.remark_line.setAlignment(Qt.AlignmentFlag.AlignVCenter)
        self.start_button.setEnabled(not why)
