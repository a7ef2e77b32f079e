"""What checks of the open dataset found: tokens of each row, and what is wrong with which."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, Signal

from studio.app.renderclient import RenderClient
from studio.core.protocol import RequestFailed, RowsChecked

STOP = "stop"


@dataclass(frozen=True, slots=True)
class RowCheck:
    """Tokens of a row and the codes of what is wrong with it."""

    tokens: int
    trained: int
    codes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class FoundFault:
    """Something that is wrong, and the ids of its rows; none if it is about the whole dataset."""

    code: str
    level: str
    summary: str
    hint: str
    rows: tuple[int, ...]


class RowChecks(QObject):
    """Gathers the answers to checks of one dataset at a time; the Data page owns it.

    Signals:
        changed(): more is known, or less.
    """

    changed = Signal()

    def __init__(self, renders: RenderClient, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._renders = renders
        self._request = 0
        self._coming: dict[int, RowCheck] = {}
        self._by_row: dict[int, list[FoundFault]] = {}
        self._first = True  # nothing is known yet, so pieces are shown as they come
        self.rows: dict[int, RowCheck] = {}
        self.faults: list[FoundFault] = []
        self.running = False
        self.trouble: RequestFailed | None = None
        renders.rows_checked.connect(self._on_rows_checked)
        renders.failed.connect(self._on_failed)

    def ask(
        self, model: Path, dataset: Path, max_tokens: int, template: str, system_prompt: str
    ) -> None:
        """Check all rows; what was known stays until all is known anew."""
        self._coming, self._first = {}, not self.rows
        self.running, self.trouble = True, None
        self._request = self._renders.check(
            model,
            dataset,
            max_tokens=max_tokens,
            template=template,
            system_prompt=system_prompt,
        )

    def clear(self) -> None:
        """Forget everything; another dataset or none is open."""
        if self.running:
            self._renders.cancel_check()
        self._request, self.running, self.trouble = 0, False, None
        self.rows, self.faults, self._coming, self._by_row = {}, [], {}, {}
        self.changed.emit()

    def learn(self, row_id: int, check: RowCheck) -> None:
        """Take in what a preview found out about one row."""
        if self.rows.get(row_id) != check:
            self.rows[row_id] = check
            self.changed.emit()

    def forget(self, row_ids: Iterable[int]) -> None:
        """Drop what is known of rows whose texts changed."""
        for row_id in row_ids:
            self.rows.pop(row_id, None)
            self._coming.pop(row_id, None)

    @property
    def faulty(self) -> Mapping[int, Sequence[FoundFault]]:
        """The rows with something wrong: id to what it is, the gravest first."""
        return self._by_row

    def _on_rows_checked(self, piece: RowsChecked) -> None:
        if piece.id != self._request:
            return
        for row_id, tokens, trained, _cut, codes in piece.rows:
            self._coming[row_id] = RowCheck(tokens, trained, tuple(codes))
        if piece.done >= piece.total:
            self._finish(piece.findings)
            self.changed.emit()
        elif self._first:
            self.rows |= self._coming
            self.changed.emit()

    def _finish(self, findings: list[Any]) -> None:
        self.rows, self._coming, self.running = self._coming, {}, False
        self.faults = [
            FoundFault(code, level, summary, hint, tuple(rows))
            for code, level, summary, hint, rows in findings
        ]
        self._by_row = {}
        for fault in self.faults:
            for row_id in fault.rows:
                self._by_row.setdefault(row_id, []).append(fault)

    def _on_failed(self, failed: RequestFailed) -> None:
        if failed.id == self._request:
            self.running, self.trouble = False, failed
            self.changed.emit()
