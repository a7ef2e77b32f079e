"""A run that is open: its store, and the training thread that feeds it."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QObject

from studio.app.runstore import RunStore
from studio.app.trainingthread import OVERDUE_SECONDS, Command, TrainingThread
from studio.core.workspace import RunFolder
from studio.machine.enginecommand import training_command


def follow_run(
    folder: RunFolder,
    parent: QObject,
    start_engine: bool,
    options: Sequence[str] = (),
    command: Command | None = None,
    overdue_seconds: float | None = None,
) -> tuple[RunStore, TrainingThread]:
    """Join a store of a run with a thread that follows it; the thread is not started yet.

    Args:
        folder: the run.
        parent: owns both.
        start_engine: whether an engine is started, or only looked for.
        options: further words of the engine's command line.
        command: the command line of an engine; that of the studio's own if it is not given.
        overdue_seconds: how long an engine may take to stop until it is called overdue.
    """
    engine = command or training_command
    store = RunStore(folder, parent)
    thread = TrainingThread(
        folder,
        start_engine=start_engine,
        command=lambda run: [*engine(run), *options],
        overdue_seconds=overdue_seconds or OVERDUE_SECONDS,
        parent=parent,
    )
    store.alive = store.was_started = start_engine
    thread.batches_came.connect(store.take)
    thread.alive_changed.connect(store.set_alive)
    thread.caught_up.connect(store.set_loaded)
    thread.stop_was_overdue.connect(store.set_stop_overdue)
    thread.trouble_changed.connect(store.set_trouble)
    thread.failed.connect(store.set_problem)
    return store, thread
