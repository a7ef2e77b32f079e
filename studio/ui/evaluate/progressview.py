"""An evaluation that is being carried out, is paused, or has failed."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Protocol

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from studio.app.evaluationclient import PAUSING, RUNNING
from studio.core.evaluation import EvaluationState
from studio.core.evaluationmessages import EvaluationAdvanced
from studio.core.problems import StudioError
from studio.core.units import duration, percent, rate
from studio.ui.look.tokens import PADDING
from studio.ui.train.factlist import Fact, FactList
from studio.ui.widgets.banner import ErrorBanner
from studio.ui.widgets.card import Card
from studio.ui.widgets.meter import Meter
from studio.ui.widgets.parts import Button, fill, prose

WIDTH_METER = 420


class Job(Protocol):
    """How a piece of work stands in its file."""

    @property
    def state(self) -> EvaluationState: ...
    @property
    def done(self) -> int: ...
    @property
    def total(self) -> int: ...
    @property
    def problem(self) -> tuple[str, str, str]:
        """Summary, hint and details of what stopped it; empty texts if nothing did."""

    @property
    def alive(self) -> bool:
        """Whether a process works on it now."""


class ProgressView(Card):
    """How far it is, how long it still takes, and the way to pause or to go on.

    Args:
        another: what chooses anew is called.

    Signals:
        pause_requested(): stop behind the words in hand.
        resume_requested(): go on where it was.
        another_requested(): choose anew, since this one cannot go on.
    """

    pause_requested = Signal()
    resume_requested = Signal()
    another_requested = Signal()

    def __init__(self, another: str = "New evaluation") -> None:
        super().__init__("Evaluation", " ")
        self._another = another
        self.words = prose("", tone="")
        self.meter = Meter("Evaluation", WIDTH_METER)
        self.pause_button = Button("Pause", "pause")
        self.resume_button = Button("Go on", "play", "primary")
        self.banner = ErrorBanner()
        self._facts = FactList()
        self.pause_button.clicked.connect(self.pause_requested)
        self.resume_button.clicked.connect(self.resume_requested)
        acts = fill(QHBoxLayout(), self.resume_button, self.pause_button, None, gap=8)
        inner = QWidget()
        fill(QVBoxLayout(inner), self.words, 6, self.meter, 12, acts, 14, self._facts, gap=0)
        edge = (PADDING, 14, PADDING, PADDING)
        self.body.addWidget(self.banner)
        self.body.addLayout(fill(QVBoxLayout(), inner, edge=edge))
        self.body.addStretch(1)

    def show_job(
        self,
        title: str,
        job: Job,
        state: str,
        last: EvaluationAdvanced | None,
        facts: Sequence[Fact],
    ) -> None:
        """Show how a piece of work stands.

        Args:
            title: what it is.
            job: how the file has it.
            state: the process's if it works on this one, else idle.
            last: what the process told last.
            facts: what was asked for.
        """
        running = state in (RUNNING, PAUSING)
        self.title.setText(title)
        self.remark.setText(_remark(job, state))
        self.pause_button.setVisible(running)
        self.pause_button.setEnabled(state == RUNNING)
        self.resume_button.setVisible(not running and not job.alive)
        self.resume_button.setText("Try again" if job.problem[0] else "Go on")
        done, total = job.done, job.total
        if running and last is not None:
            done, total = last.done, last.total
        self.meter.set_shares(done / total if total else 0.0)
        self.words.setText(_words(done, total, last if running else None, job.alive))
        if job.problem[0] and not running:
            way_out = self._another, self.another_requested.emit
            self.banner.show_problem(StudioError(*job.problem), way_out)
        else:
            self.banner.clear()
        self._facts.show_facts(facts)


def _remark(job: Job, state: str) -> str:
    if state == PAUSING:
        return "pauses behind the words in hand"
    if state == RUNNING and job.state is EvaluationState.DONE:
        return "done · more is asked of it"
    if state == RUNNING:
        return "running"
    if job.alive:
        return "running in another process"
    return "failed" if job.problem[0] else "paused · every answer is kept"


def _words(done: int, total: int, last: EvaluationAdvanced | None, alive: bool) -> str:
    if not total:
        return f"{last.what}" if last is not None else "Nothing is answered yet"
    parts = [f"{done:,} of {total:,} answers and judged texts, {percent(done / total)}"]
    if last is None:
        return parts[0] if not alive else f"{parts[0]} so far"
    if last.tokens_per_second:
        parts.append(f"{rate(last.tokens_per_second)} tokens/s")
    if last.left_seconds is not None:
        ready = time.strftime("%H:%M", time.localtime(time.time() + last.left_seconds))
        parts.append(f"{duration(last.left_seconds)} left, done at {ready}")
    what = f"{last.column}: {last.what[:1].lower()}{last.what[1:]}" if last.column else last.what
    return " · ".join([what, *parts])
