"""A dialog whose act takes its time: a meter while a process works, its trouble in place."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtGui import QCloseEvent
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QWidget

from studio.app.convertjob import ConvertJob, JobStopped
from studio.core.problems import StudioError
from studio.core.protocol import Progress
from studio.core.units import file_size
from studio.ui.dialogs.frame import Dialog
from studio.ui.look.fonts import Role
from studio.ui.widgets.formrow import FormRow
from studio.ui.widgets.meter import Meter
from studio.ui.widgets.parts import Button, fill, label, prose, restyle

WIDTH, FIELD = 640, 260
"""Px of such a dialog, and of its fields."""


def wide(row: FormRow, control: QWidget) -> FormRow:
    """Give a control of a form the room that its words need."""
    control.setMinimumWidth(FIELD)
    control.setMaximumWidth(FIELD)
    return row


class JobDialog(Dialog):
    """Runs one process at a time; closing the dialog ends it.

    Attributes:
        primary: the button of the act; it is off while a process works.

    Signals:
        achieved(object): what a process ended with, if it ended well.
    """

    achieved = Signal(object)

    def __init__(self, parent: QWidget | None, title: str, facts: str = "") -> None:
        super().__init__(parent, title, facts)
        self._job: ConvertJob | None = None
        self._words = label("", Role.SMALL, tone="muted")
        self._meter = Meter("Progress")
        self.trouble = prose("", Role.SMALL)
        self.primary: QPushButton | None = None
        self._stop = Button("Stop", kind="quiet", compact=True)
        self._stop.clicked.connect(self.stop)
        self.finished.connect(self._on_finished)

    def add_foot(self, act: str) -> Button:
        """Add the line of the progress, and the buttons; return that of the act."""
        row = fill(QHBoxLayout(), self._meter, self._words, None, self._stop, gap=10)
        self.body.addWidget(self.trouble)
        self.body.addLayout(row)
        self.acts.addStretch(1)
        self.add_act("Cancel")
        made = self.add_act(act, "primary")
        made.clicked.disconnect(self.accept)
        self.primary = made
        self._show_busy(False)
        self.say("")
        return made

    def fit(self, width: int = WIDTH) -> None:
        """Take a width, and the height that the words need in it."""
        layout = self.layout()
        assert layout is not None
        self.resize(width, layout.totalHeightForWidth(width))

    @property
    def busy(self) -> bool:
        """Whether a process works."""
        return self._job is not None

    def run_job(self, job: ConvertJob, words: str) -> None:
        """Start a process and show how far it is."""
        self.close_job()
        self._job = job
        job.setParent(self)
        job.progressed.connect(self._on_progressed)
        job.ended.connect(self._on_ended)
        self._words.setText(words)
        self._meter.set_shares(0.0)
        self.say("")
        self._show_busy(True)
        job.start()

    def stop(self) -> None:
        """Stop the process; nothing of it is left."""
        if self._job is not None:
            self._job.cancel()

    def close_job(self) -> None:
        """End the process and wait for it."""
        job, self._job = self._job, None
        if job is not None:
            job.close()
            job.deleteLater()

    def _on_finished(self, _code: int) -> None:
        self.close_job()

    def closeEvent(self, event: QCloseEvent) -> None:
        self.close_job()
        super().closeEvent(event)

    def say(self, words: str, tone: str = "danger") -> None:
        """Say what is wrong, or nothing."""
        self.trouble.setText(words)
        self.trouble.setVisible(bool(words))
        self.trouble.setProperty("tone", tone)
        restyle(self.trouble)

    def on_done(self, outcome: object) -> None:
        """Take what a process ended with; closes the dialog unless a dialog has more to ask."""
        self.achieved.emit(outcome)
        self.accept()

    def _show_busy(self, busy: bool) -> None:
        for part in (self._meter, self._words, self._stop):
            part.setVisible(busy)
        self.show_ready()

    def show_ready(self) -> None:
        """Let the act be asked for, or not; a dialog that has to know something first says so."""
        if self.primary is not None:
            self.primary.setEnabled(not self.busy)

    def _on_progressed(self, progress: Progress) -> None:
        if progress.total:
            self._meter.set_shares(progress.done / progress.total)
        self._words.setText(_said(progress))

    def _on_ended(self, outcome: object) -> None:
        job, self._job = self._job, None
        if job is not None:
            job.deleteLater()
        self._show_busy(False)
        if isinstance(outcome, JobStopped):
            self.say(f"{outcome.summary} Nothing of it is left.", "muted")
        elif isinstance(outcome, StudioError):
            self.say(f"{outcome.summary} {outcome.hint}".strip())
        else:
            self.on_done(outcome)


def _said(progress: Progress) -> str:
    """Return a progress in words; what counts in millions is bytes."""
    if progress.total > 1_000_000 and not progress.what.startswith(("Reading rows", "Making")):
        return f"{progress.what}: {file_size(progress.done)} of {file_size(progress.total)}"
    if progress.total:
        return f"{progress.what}: {progress.done:,} of {progress.total:,}"
    return f"{progress.what}…"
