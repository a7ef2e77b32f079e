"""The rows a run never trained on, as questions with a written answer."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QObject, QTimer, Signal

from studio.core.example import TEST, VALIDATION, example_of
from studio.core.frozen import frozen_texts
from studio.core.questions import question_of

MOST = 200
"""Questions kept; a larger dataset gives its first ones."""
SLICE = 1 << 20
"""Bytes read in one turn of the event loop; a few milliseconds."""


@dataclass(frozen=True, slots=True)
class HeldOut:
    """One row that was held out.

    Attributes:
        question: what the user says, as training would have said it; of a conversation the first
            question, of a running text its beginning.
        written: the answer that would have been learned.
        split: test or validation.
    """

    row: int
    question: str
    written: str
    split: str


class HeldOutReader(QObject):
    """Reads the held-out rows of a run in slices between other events; needs no thread.

    Test rows are taken if there are any, else validation rows. A file that is missing, and lines
    that are not rows, give nothing.

    Signals:
        read(object): the list of ``HeldOut`` of the latest :meth:`ask`.
    """

    read = Signal(object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._rows: Path | None = None
        self._offset = 0
        self._found: dict[str, list[HeldOut]] = {}
        self._turn = QTimer(self)
        self._turn.setInterval(0)
        self._turn.timeout.connect(self._on_turn_came)

    def ask(self, rows: Path | None) -> None:
        """Read the frozen rows of another run; None gives an empty list at once."""
        self._rows, self._offset = rows, 0
        self._found = {TEST: [], VALIDATION: []}
        if rows is None:
            self._finish()
        else:
            self._turn.start()

    def _on_turn_came(self) -> None:
        assert self._rows is not None
        try:
            with self._rows.open("rb") as file:
                file.seek(self._offset)
                chunk = file.read(SLICE) + file.readline()
        except OSError:
            chunk = b""
        self._offset += len(chunk)
        for line in chunk.splitlines():
            held = _held(line)
            if held is not None and len(self._found[held.split]) < MOST:
                self._found[held.split].append(held)
        if not chunk or len(self._found[TEST]) == MOST:
            self._finish()

    def _finish(self) -> None:
        self._turn.stop()
        self.read.emit(self._found[TEST] or self._found[VALIDATION])


def _held(line: bytes) -> HeldOut | None:
    if b'"split":"train"' in line or b'"split": "train"' in line:
        return None  # nearly all lines: not worth parsing, and no text can hold it unescaped
    try:
        body = json.loads(line)
        asked = question_of(example_of(*frozen_texts(body)))
        row, split = int(body["row"]), str(body["split"])
    except (ValueError, KeyError, TypeError, AttributeError):
        return None
    if split not in (TEST, VALIDATION) or asked is None:
        return None
    return HeldOut(row, asked.question, asked.written, split)
