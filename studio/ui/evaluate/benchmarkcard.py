"""The card of standard benchmarks: which are asked, and what base and adapters got."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFileDialog, QHBoxLayout, QLineEdit, QVBoxLayout

from studio.app.evaluationclient import IDLE
from studio.app.studio import Studio
from studio.core.benchmarks import BenchmarksWanted, benchmark_rows, tasks_in
from studio.core.problems import StudioError
from studio.ui.evaluate.names import short_name
from studio.ui.look.fonts import Role
from studio.ui.look.tokens import HEIGHT_ROW, PADDING
from studio.ui.widgets.banner import ErrorBanner
from studio.ui.widgets.card import Card
from studio.ui.widgets.cells import Cell
from studio.ui.widgets.lists import Rows, RowTable
from studio.ui.widgets.parts import Button, ChoiceField, fill, prose

LIMITS = (50, 200, 1000, 0)
WIDTH_TASK, WIDTH_METRIC, WIDTH_LIMIT = 130, 110, 150
ABOUT = (
    "The same questions that others publish results for, by lm-eval, an optional extra. Their data "
    "must be on this computer: in the datasets cache, or beside tasks in a folder of yours. They "
    "are asked without a chat template, as the published numbers are."
)


class BenchmarkCard(Card):
    """Asks standard benchmarks of the columns of a finished evaluation."""

    def __init__(self, studio: Studio) -> None:
        self.button = Button("Ask them", "measure", compact=True)
        super().__init__("Standard benchmarks", "optional", self.button)
        self._library = studio.evaluations
        self._number = self._asked = 0
        self._folder = ""
        self.field = QLineEdit()
        self.field.setPlaceholderText("arc_easy, hellaswag")
        self.field.setAccessibleName("Benchmarks, commas between")
        self.folder_button = Button("Folder of tasks…", "folder", compact=True)
        self.limit = ChoiceField(*(f"{n:,} questions" if n else "All questions" for n in LIMITS))
        self.limit.setAccessibleName("Questions of each at most")
        self.limit.setMinimumWidth(WIDTH_LIMIT)
        self.banner = ErrorBanner()
        self._rows = Rows(("Benchmark",))
        self.table = RowTable("Standard benchmarks", self._rows)
        self._rows.setParent(self.table)
        for turn in (
            self.table.setVerticalScrollBarPolicy,
            self.table.setHorizontalScrollBarPolicy,
        ):
            turn(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        asked = fill(QHBoxLayout(), self.field, self.limit, self.folder_button, gap=8)
        inner = fill(QVBoxLayout(), asked, prose(ABOUT, Role.SMALL), gap=8)
        inner.setContentsMargins(PADDING, 12, PADDING, 14)
        self.body.addWidget(self.banner)
        self.body.addWidget(self.table)
        self.body.addLayout(inner)
        self.button.clicked.connect(self._on_asked)
        self.field.textChanged.connect(self._set_able)
        self.folder_button.clicked.connect(self._choose_folder)
        self._library.failed.connect(self._on_failed)
        self._library.client.state_changed.connect(self._set_able)

    def show_evaluation(self, number: int) -> None:
        """Show what benchmarks gave beside an evaluation."""
        self._number = number
        if self._asked != number:
            self.banner.clear()
        try:
            scores = self._library.benchmarks(number)
        except StudioError as problem:
            self.banner.show_problem(problem)
            scores = []
        self._show_rows(benchmark_rows(scores) if scores else [])
        self._set_able()

    def _show_rows(self, rows: list[tuple[str, ...]]) -> None:
        self.table.setVisible(bool(rows))
        if not rows:
            return
        old, heads = self._rows, rows[0]
        self._rows = Rows((*heads[:2], *map(short_name, heads[2:])))
        self._rows.setParent(self.table)
        self._rows.set_rows([tuple(Cell(text, tip=text) for text in row) for row in rows[1:]])
        self.table.setModel(self._rows)
        self.table.set_widths({0: WIDTH_TASK, 1: WIDTH_METRIC})
        old.deleteLater()
        self.table.setFixedHeight(HEIGHT_ROW * len(rows) + 4)

    def _set_able(self) -> None:
        able = self._library.client.state == IDLE and bool(self.field.text().strip())
        self.button.setEnabled(able)
        self.button.setToolTip("" if able else "Name a benchmark first, and let what runs end")

    def _choose_folder(self) -> None:
        words = "Tasks as lm-eval's YAML files, with their data"
        self._folder = QFileDialog.getExistingDirectory(self, words)
        self.folder_button.setText(Path(self._folder).name[:40] or "Folder of tasks…")

    def _on_asked(self) -> None:
        self.banner.clear()
        try:
            tasks = tasks_in(self.field.text())
        except StudioError as problem:
            self.banner.show_problem(problem)
            return
        self._asked = self._number
        wanted = BenchmarksWanted(tasks, self._folder, LIMITS[self.limit.currentIndex()])
        self._library.ask_benchmarks(self._number, wanted)

    def _on_failed(self, number: int, problem: StudioError) -> None:
        if number == self._asked:
            self.banner.show_problem(problem, ("Try again", self._on_asked))
