"""What happens when something goes wrong unforeseen: a log, a report, a sentence in the window."""

from __future__ import annotations

import faulthandler
import logging
import logging.handlers
import os
import sys
import threading
import traceback
from pathlib import Path
from types import TracebackType

import psutil
from PySide6.QtCore import QMessageLogContext, QObject, QtMsgType, Signal, qInstallMessageHandler

from studio.core.problems import StudioError
from studio.machine.places import log_folder

logger = logging.getLogger("studio")
LOG_BYTES = 2_000_000
LOGS_KEPT = 5
_LEVELS = {
    QtMsgType.QtDebugMsg: logging.DEBUG,
    QtMsgType.QtInfoMsg: logging.INFO,
    QtMsgType.QtWarningMsg: logging.WARNING,
    QtMsgType.QtCriticalMsg: logging.ERROR,
    QtMsgType.QtFatalMsg: logging.CRITICAL,
}


class CrashWatch(QObject):
    """Catches what nobody else caught; the start of the program owns it.

    Signals:
        problem_met(object): a StudioError about an exception that reached the top; it may come
            from any thread.
    """

    problem_met = Signal(object)

    def __init__(self, folder: Path | None = None) -> None:
        super().__init__()
        self._folder = folder or log_folder()
        self._mine = self._folder / f"crash-{os.getpid()}.txt"

    def start(self) -> None:
        """Take over the places where Python, its threads and Qt tell of trouble."""
        self._handler = logging.handlers.RotatingFileHandler(
            self._folder / "window.log", maxBytes=LOG_BYTES, backupCount=LOGS_KEPT, encoding="utf-8"
        )
        form = "%(asctime)s %(levelname)s %(name)s %(message)s"
        self._handler.setFormatter(logging.Formatter(form))
        logging.getLogger().addHandler(self._handler)
        logging.getLogger("studio").setLevel(logging.INFO)
        self._file = self._mine.open("w", encoding="utf-8")
        faulthandler.enable(self._file)
        sys.excepthook = self._on_exception
        threading.excepthook = lambda args: self._on_exception(
            args.exc_type, args.exc_value, args.exc_traceback
        )
        qInstallMessageHandler(_on_qt_message)

    def stop(self) -> None:
        """Give the places back; the window ended in order, so no report is left."""
        faulthandler.disable()
        sys.excepthook, threading.excepthook = sys.__excepthook__, threading.__excepthook__
        qInstallMessageHandler(None)
        self._file.close()
        self._mine.unlink(missing_ok=True)
        logging.getLogger().removeHandler(self._handler)
        self._handler.close()

    def last_report(self) -> StudioError | None:
        """Return what a window before this one left when it crashed; each is told once."""
        found = None
        for path in sorted(self._folder.glob("crash-*.txt")):
            pid = path.stem.removeprefix("crash-")
            if path == self._mine or (pid.isdigit() and psutil.pid_exists(int(pid))):
                continue
            words = path.read_text(encoding="utf-8", errors="replace")
            if words.strip():
                found = _crash_problem(words)
            path.unlink(missing_ok=True)
        return found

    def _on_exception(
        self,
        kind: type[BaseException],
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if issubclass(kind, KeyboardInterrupt):
            return
        details = "".join(traceback.format_exception(kind, error, trace))
        logger.error("an exception reached the top\n%s", details)
        sys.stderr.write(details)
        if isinstance(error, StudioError):
            self.problem_met.emit(error)
            return
        summary = f"Something in this program went wrong: {kind.__name__}."
        hint = "What was saved is safe. Copy details holds what is needed to mend it."
        self.problem_met.emit(StudioError(summary, hint, details))


def _crash_problem(words: str) -> StudioError:
    return StudioError(
        "The window ended unexpectedly the last time.",
        "Edits are on the disk, and a run that trained went on. Copy details holds the report.",
        words,
    )


def _on_qt_message(kind: QtMsgType, _context: QMessageLogContext, message: str | None) -> None:
    logging.getLogger("studio.qt").log(_LEVELS.get(kind, logging.INFO), "%s", message)
