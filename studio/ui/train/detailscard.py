"""What a run says in words and numbers: its evaluations, its facts and its log."""

from __future__ import annotations

from PySide6.QtCore import QTimer
from PySide6.QtGui import QTextOption
from PySide6.QtWidgets import QHBoxLayout, QPlainTextEdit, QStackedWidget, QVBoxLayout, QWidget

from studio.app.rowforensics import RowForensics
from studio.app.runstore import RunStore
from studio.core.guardwords import cost_words
from studio.core.mix import mix_title
from studio.core.units import NO_VALUE, count, device_words, duration, signed
from studio.data.runfiles import log_tail
from studio.ui.look import fonts
from studio.ui.look.fonts import Role
from studio.ui.train.answerspane import AnswersPane
from studio.ui.train.factlist import Fact, FactList
from studio.ui.train.firstbatchpane import FirstBatchPane
from studio.ui.train.happenings import happenings_of
from studio.ui.train.plotsync import PlotSync
from studio.ui.train.rowspane import RowsPane
from studio.ui.widgets.card import Card
from studio.ui.widgets.cells import Cell
from studio.ui.widgets.lists import Rows, RowTable
from studio.ui.widgets.parts import fill, inset, label, line, scroller
from studio.ui.widgets.segmented import Segmented

TABS = ("Answers", "Rows", "First batch", "Facts", "Log")
ANSWERS, ROWS, FIRST_BATCH, FACTS, LOG = range(len(TABS))
LOG_BYTES = 16_000
LOG_EVERY_MS = 1_000
LONGEST_LINE = 400
"""Characters of a log line that are shown; longer ones cost the text field much time."""
MOST_TOLD = 8
"""Happenings, and remarks, that stand among the facts: the newest."""
LEAST_TABLE = 150
"""Px of the table of evaluations above the facts."""


class DetailsCard(Card):
    """Five panels of one run."""

    def __init__(self, sync: PlotSync, forensics: RowForensics) -> None:
        super().__init__()
        self.setAccessibleName("Run")
        self._store: RunStore | None = None
        self.tabs = Segmented("Panels", *TABS, height=24)
        self.head = QWidget()
        fill(QHBoxLayout(self.head), self.tabs, edge=(9, 8, 9, 7))
        self.answers, self.rows = AnswersPane(sync), RowsPane(forensics)
        self.first_batch = FirstBatchPane()
        self._stack = QStackedWidget()
        for pane in (self.answers, self.rows, self.first_batch, self._make_facts()):
            self._stack.addWidget(pane)
        self._stack.addWidget(self._make_log())
        self.body.addWidget(self.head)
        self.body.addWidget(line())
        self.body.addWidget(self._stack, 1)
        self.tabs.chosen.connect(self.show_tab)
        self._log_timer = QTimer(self)
        self._log_timer.setInterval(LOG_EVERY_MS)
        self._log_timer.timeout.connect(self._read_log)

    def _make_facts(self) -> QWidget:
        self.evaluations = Rows(("Step", "Held-out", "Gained", "Kept"), frozenset({0, 1, 2}))
        self._table = RowTable("Evaluations", self.evaluations, {0: 70, 1: 92, 3: 92})
        self.evaluations.setParent(self._table)
        self._table.setMinimumHeight(LEAST_TABLE)
        self._none = inset(label("The first evaluation follows.", Role.SMALL, tone="muted"))
        self._facts = FactList()
        made = QWidget()
        column = fill(QVBoxLayout(made), self._none)
        column.addWidget(self._table, 2)
        column.addWidget(line())
        column.addWidget(scroller(_padded(self._facts)), 3)
        return made

    def _make_log(self) -> QPlainTextEdit:
        self.log = QPlainTextEdit()
        self.log.setReadOnly(True)
        self.log.setFont(fonts.mono())
        self.log.setWordWrapMode(QTextOption.WrapMode.WrapAnywhere)
        self.log.setFrameShape(QPlainTextEdit.Shape.NoFrame)
        self.log.setAccessibleName("Log of the training process")
        return self.log

    def show_tab(self, index: int) -> None:
        """Show one of TABS."""
        self.tabs.set_current(index)
        self._stack.setCurrentIndex(index)
        if index == LOG:
            self._read_log()
        self._watch()
        if self._store is not None:
            self.show_run(self._store)

    def set_headless(self, headless: bool) -> None:
        """Drop the tabs, where others choose the panel."""
        self.head.setVisible(not headless)

    def set_awake(self, awake: bool) -> None:
        """Read log and losses while somebody may look at them."""
        self._watch(awake)

    def show_run(self, store: RunStore) -> None:
        """Show a run as it stands, in the panel that is seen."""
        if store is not self._store:
            self._store = store
            self._read_log()
        panel = self._stack.currentIndex()
        if panel == FACTS:
            self._show_facts(store)
        elif panel == ANSWERS:
            self.answers.show_run(store)
        elif panel == FIRST_BATCH:
            self.first_batch.show_run(store)
        self.rows.show_run(store)

    def _show_facts(self, store: RunStore) -> None:
        rows = _evaluation_rows(store)
        self.evaluations.set_rows(rows)
        self._none.setVisible(not rows)
        self._table.setVisible(bool(rows))
        self._facts.show_facts(_facts(store))

    def _watch(self, awake: bool = True) -> None:
        panel = self._stack.currentIndex()
        self.rows.set_awake(awake and panel == ROWS)
        if awake and panel == LOG:
            self._log_timer.start()
        else:
            self._log_timer.stop()

    def _read_log(self) -> None:
        if self._store is None or self._stack.currentIndex() != LOG:
            return
        lines = log_tail(self._store.folder, LOG_BYTES).splitlines()
        text = "\n".join(line[:LONGEST_LINE] for line in lines) or "The log is empty."
        if text == self.log.toPlainText():
            return
        bar = self.log.verticalScrollBar()
        at_end = bar.value() >= bar.maximum() - 2
        self.log.setPlainText(text)
        if at_end:
            bar.setValue(bar.maximum())


def _evaluation_rows(store: RunStore) -> list[tuple[Cell, ...]]:
    history, base = store.history, store.history.base_loss
    kept = store.kept
    best = store.state.best_step
    rows: list[tuple[Cell, ...]] = []
    for found in sorted(history.evaluations, key=lambda e: -e.step):
        gained = (
            signed(base - found.target_loss, 3) if base is not None and found.step else NO_VALUE
        )
        is_best = found.step == best and found.step > 0
        where = "base" if found.step == 0 else f"{found.step:,}"
        sign = "leaf" if is_best else "bud" if found.step in kept else ""
        said = "Best" if is_best else "Kept" if found.step in kept else ""
        rows.append(
            (
                Cell(where, "frozen" if found.step == 0 else "text", right=True, bold=is_best),
                Cell(f"{found.target_loss:.3f}", right=True, bold=is_best),
                Cell(gained, "accent" if is_best else "text", right=True),
                Cell(
                    said, "accent", icon=sign, badge="good" if is_best else "plain" if said else ""
                ),
            )
        )
    return rows


def _facts(store: RunStore) -> list[Fact]:
    state, recipe = store.state, store.recipe
    facts: list[Fact] = [("Run", store.run)]
    if recipe is not None:
        facts.append(("Method", recipe.method_title))
        if recipe.mix:
            facts.append(("Mixed from", mix_title(recipe.mix)))
        facts.append(("Batch", f"{recipe.micro_batch:,} × {recipe.grad_accum:,} rows a step"))
    if state.trainable_parameters:
        share = 100 * state.trainable_parameters / max(state.total_parameters, 1)
        of = f"{count(state.trainable_parameters)} of {count(state.total_parameters)} ({share:.2f} %)"
        facts.append(("Trained", of))
    facts += [
        (name, value)
        for name, value in (
            ("Device", device_words(state.device)),
            ("Processes", f"{state.processes} processes" if state.processes > 1 else ""),
            ("Precision", state.precision),
            ("Base stored as", state.quantization),
            ("In steps", duration(state.seconds) if state.seconds else ""),
            ("General questions", _asked(store)),
        )
        if value
    ]
    told = [h for h in happenings_of(store.history, recipe) if h.kind != "checkpoint"]
    facts += [(f"Step {h.step:,}", h.words) for h in told[-MOST_TOLD:]]
    facts += [("Remark", f"{r.summary} {r.hint}".strip()) for r in state.remarks[-MOST_TOLD:]]
    facts.append(("Folder", str(store.folder.path)))
    return facts


def _asked(store: RunStore) -> str:
    history = store.history
    seconds = history.column("elapsed")
    return cost_words(history.evaluations, float(seconds[-1]) if len(seconds) else 0.0)


def _padded(widget: QWidget) -> QWidget:
    made = QWidget()
    fill(QVBoxLayout(made), widget, None, edge=(14, 10, 14, 10))
    return made
