"""The Checks view: what is wrong with the dataset, the gravest first, and what can be done."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from PySide6.QtCore import Qt
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from studio.app.datasetdocument import DatasetDocument
from studio.app.rowchecks import Fault
from studio.data.checks.classes import OF_LIMIT
from studio.data.checks.fixes import DELETE, FIXES, MOVE, Fix, mend
from studio.data.checks.wholes import NEAR_LEAST, NEAR_MOST
from studio.data.store import Change
from studio.ui.data.fixdialog import FixDialog
from studio.ui.data.pagecontext import PageContext
from studio.ui.data.problemrow import EXAMPLES, PassedRow, ProblemRow
from studio.ui.data.problemwords import examples
from studio.ui.look import fonts
from studio.ui.look.fonts import Role
from studio.ui.widgets.card import Card
from studio.ui.widgets.emptystate import EmptyState
from studio.ui.widgets.meter import Meter
from studio.ui.widgets.note import Note
from studio.ui.widgets.parts import Button, SpinField, fill, label, scroller

ROUND = 64
"""A limit that is offered is a multiple of this many tokens."""
NO_MODEL = ("No model is chosen.", "Texts are judged; what the model would cut or miss is not.")


class ChecksView(QWidget):
    """Lists the problems of the open dataset; the Data page owns it."""

    def __init__(self, context: PageContext) -> None:
        super().__init__()
        self._context, self._checks = context, context.checks
        self.rows: dict[str, ProblemRow] = {}
        self._passed: list[PassedRow] = []
        self._small = False
        self._near = SpinField(80, round(NEAR_MOST * 100), "\u00a0%")
        self._near.setMinimum(round(NEAR_LEAST * 100))
        self._near.setKeyboardTracking(False)
        self._near.setAccessibleName("Rows are nearly the same from")
        self._near.valueChanged.connect(lambda value: self._checks.set_near(value / 100))
        self._near_words = label("Nearly the same from", Role.SMALL, tone="muted")
        self._card = Card("Checks", " ", self._near_words, self._near)
        self._meter = Meter("Rows judged")
        self._doing = label("", Role.SMALL, tone="muted")
        self._choose, self._again = (
            Button("Choose a model", compact=True),
            Button("Check again", compact=True),
        )
        self._no_model = Note(*NO_MODEL, self._choose, "plain")
        self._trouble = Note("", "", self._again, "danger")
        self.good = EmptyState("Nothing is wrong", "")
        self._lay_out()
        self._connect()
        self.refresh()

    def _lay_out(self) -> None:
        self._progress = QWidget()
        fill(QHBoxLayout(self._progress), self._doing, self._meter, gap=12, edge=(14, 8, 14, 10))
        body = QWidget()
        body.setObjectName("problems")
        self._list, self._below = fill(QVBoxLayout()), fill(QVBoxLayout())
        self._passed_head = label("As it should be", Role.SMALL, fonts.BOLD)
        self._passed_head.setContentsMargins(14, 14, 0, 6)
        column = QVBoxLayout(body)
        fill(column, self._list, self._passed_head, self._below, None)
        self._scroll = scroller(body)
        for part in (self._progress, self._no_model, self._trouble):
            self._card.body.addWidget(part)
        self._card.body.addWidget(self._scroll, 1)
        self._card.body.addWidget(self.good, 1)
        fill(QVBoxLayout(self), self._card)

    def _connect(self) -> None:
        studio = self._context.studio
        self._checks.changed.connect(self.refresh)
        self._checks.progressed.connect(self._show_progress)
        studio.models.chosen.connect(self.refresh)
        self._choose.clicked.connect(lambda: studio.page_requested.emit("Model"))
        self._again.clicked.connect(self._checks.check)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.refresh()

    @property
    def _document(self) -> DatasetDocument | None:
        return self._context.studio.datasets.current

    def refresh(self) -> None:
        """Show what is known now."""
        if not self.isVisible():
            return  # it is read when somebody looks
        checks = self._checks
        self._near.blockSignals(True)
        self._near.setValue(round(checks.near * 100))
        self._near.blockSignals(False)
        self._show_rows(checks.faults)
        self._show_passed(checks.passed)
        self._context.attempt(self._show_examples)
        self._show_progress()

    def _show_rows(self, faults: Sequence[Fault]) -> None:
        """Bring the list to these faults; rows that stay keep their focus."""
        wanted = {fault.code for fault in faults}
        for code in [code for code in self.rows if code not in wanted]:
            gone = self.rows.pop(code)
            self._list.removeWidget(gone)
            gone.hide()
            gone.deleteLater()
        for at, fault in enumerate(faults):
            if fault.code not in self.rows:
                self.rows[fault.code] = self._made(fault)
            row = self.rows[fault.code]
            row.show_fault(fault, self._way_out(fault))
            if self._list.indexOf(row) != at:
                self._list.insertWidget(at, row)
        self.rows = {fault.code: self.rows[fault.code] for fault in faults}

    def _made(self, fault: Fault) -> ProblemRow:
        row, code = ProblemRow(fault), fault.code
        row.rows_asked.connect(lambda: self._context.show_expression(f"problem:{code}"))
        row.fix_asked.connect(lambda: self.fix(code))
        row.ignore_asked.connect(lambda: self._ignore(code))
        return row

    def _show_passed(self, passed: Sequence[Fault]) -> None:
        for row in self._passed:
            self._below.removeWidget(row)
            row.hide()
            row.deleteLater()
        self._passed = [PassedRow(fault) for fault in passed]
        for row in self._passed:
            code = row.fault.code
            row.look_asked.connect(lambda code=code: self._checks.ignore(code, False))
            self._below.addWidget(row)
        self._passed_head.setVisible(bool(passed))

    def _show_examples(self) -> None:
        document, faults = self._document, self._checks.faults
        if document is None:
            return
        shown = examples(document, self._checks, faults, EXAMPLES)
        for fault in faults:
            self.rows[fault.code].show_examples(shown.get(fault.code, []))

    def _show_progress(self) -> None:
        checks, document = self._checks, self._document
        trouble = checks.trouble
        self._progress.setVisible(checks.running and (checks.total > 0 or not checks.known))
        if checks.doing == "rows" and checks.total:
            self._doing.setText(f"Judging rows: {checks.done:,} of {checks.total:,}")
            self._meter.set_shares(checks.done / checks.total)
        else:
            self._doing.setText("Comparing rows with each other" if checks.total == 0 else "")
            self._meter.set_shares(1.0)
        self._trouble.setVisible(trouble is not None)
        if trouble is not None:
            self._trouble.say(trouble.summary, trouble.hint)
        model = self._context.studio.models.current
        self._no_model.setVisible(model is None and document is not None)
        nothing = not checks.faults and not checks.passed
        self._scroll.setVisible(not nothing)
        self.good.setVisible(nothing)
        self._say_verdict(len(document) if document is not None else 0)

    def _say_verdict(self, count: int) -> None:
        checks = self._checks
        if not checks.known:
            self.good.say("Not judged yet", "Rows are judged as soon as they are in.")
            self._card.remark.setText("")
            return
        self.good.say(
            f"Nothing is wrong in {count:,} rows", "New rows and edits are judged at once."
        )
        self._card.remark.setText(self._verdict(count))

    def _verdict(self, count: int) -> str:
        """Say how many kinds of problem rows have, and how many the dataset has as a whole."""
        faults, rows = self._checks.faults, len(self._checks.faulty)
        kinds = sum(bool(len(fault.rows)) for fault in faults)
        whole = len(faults) - kinds
        said = [f"{count:,} rows judged"] if not kinds else []
        if kinds:
            words = "1 kind" if kinds == 1 else f"{kinds:,} kinds"
            said.append(f"{words} of problem in {rows:,} of {count:,} rows")
        if whole:
            said.append(f"{whole:,} of the dataset")
        return " · ".join(said[:1] if self._small else said)

    def _way_out(self, fault: Fault) -> str:
        """Return what the button of a problem says; empty if nobody but the user can mend it."""
        if fault.code == "no_validation":
            return "Hold out a tenth"
        if fault.code in OF_LIMIT:
            limit = self._enough()
            return f"Raise limit to {limit:,}" if limit else ""
        fix = FIXES.get(fault.code)
        return fix.label(len(fault.rows)) if fix is not None else ""

    def _enough(self) -> int:
        """Return a limit that cuts no row; 0 if the model cannot take it."""
        model = self._context.studio.models.current
        wanted = -(-int(self._checks.lengths.tokens.max(initial=0)) // ROUND) * ROUND
        room = model.context if model is not None and model.context else wanted
        return wanted if self._checks.limit < wanted <= room else 0

    def set_small(self, small: bool) -> None:
        """Leave out words where there is no room for them."""
        self._small = small
        self._near_words.setText("Alike from" if small else "Nearly the same from")
        self._show_progress()

    # what is done

    def fix(self, code: str) -> None:
        """Show what the fix of a problem would do, and do it if the user says so."""
        if code == "no_validation":
            self._context.attempt(self._hold_out)
        elif code in OF_LIMIT:
            self._context.attempt(self._raise_limit)
        document, row, fix = self._document, self.rows.get(code), FIXES.get(code)
        if document is None or row is None or fix is None:
            return
        dialog = FixDialog(self.window(), document, self._checks, row.fault, fix)
        dialog.setWindowModality(Qt.WindowModality.WindowModal)
        fault = row.fault
        dialog.accepted.connect(
            lambda: self._context.attempt(lambda: self._mend(document, fault, fix))
        )
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    def _mend(self, document: DatasetDocument, fault: Fault, fix: Fix) -> None:
        rows = fault.rows
        title = fix.label(len(rows))
        document.run_bulk(title, lambda data, tell, stop: mend(data, fix, rows, tell, stop))
        ended = partial(self._on_mended, document, fix)
        document.bulk_ended.connect(ended, Qt.ConnectionType.SingleShotConnection)

    def _on_mended(self, document: DatasetDocument, fix: Fix, outcome: object) -> None:
        if not isinstance(outcome, Change) or not len(outcome.rows):
            return  # what went wrong is told above the rows
        done = {DELETE: "deleted", MOVE: "moved to train"}.get(fix.how, "changed")
        rows = len(outcome.rows)
        words = f"{rows:,} {'row' if rows == 1 else 'rows'} {done}"
        self._context.studio.said.emit(words, partial(self._context.attempt, document.undo))

    def _ignore(self, code: str) -> None:
        row = self.rows.get(code)
        title = row.fault.about.title if row is not None else code
        self._checks.ignore(code, True)
        back = partial(self._checks.ignore, code, False)
        self._context.studio.said.emit(f"“{title}” is as it should be", back)

    def _raise_limit(self) -> None:
        studio, before = self._context.studio, self._checks.limit
        studio.draft.edit("max_tokens", self._enough())
        back = partial(studio.draft.edit, "max_tokens", before)
        studio.said.emit(f"The limit is {self._checks.limit:,} tokens", back)

    def _hold_out(self) -> None:
        if (document := self._document) is not None:
            count = document.offer_validation()
            if count:
                words = f"{count:,} rows are held out for validation"
                back = partial(self._context.attempt, document.undo)
                self._context.studio.said.emit(words, back)
