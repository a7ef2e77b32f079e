"""Asks the render process what training sees of a row, and what is wrong with a dataset."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, Signal

from studio.app.engineclient import EngineClient
from studio.core.example import Token, TokenState
from studio.core.protocol import (
    CheckDataset,
    DatasetChecked,
    RenderRow,
    RequestFailed,
    RowRendered,
)
from studio.core.units import GIB
from studio.machine.enginecommand import engine_command

FIRST_LIMIT_MS = 30_000
"""A new process imports its libraries first; on a cold disk that is slow and no fault."""
LOAD_LIMIT_MS = 10_000
"""The tokenizer of a model that this process has not answered for."""
LIMIT_MS = 3_000
"""A template that takes longer will not end; the process is killed and started again."""
CHECK_LIMIT_MS = 30_000
"""A check tells of itself every moment; at first it reads what is known of a million rows."""
MEMORY_LIMIT = 6 * GIB
LATE = "The chat template did not finish within 3 s."
LATE_CHECK = "The check of the rows said nothing for 30 s."
LATE_LOAD = "The tokenizer and chat template did not load within 10 s."


@dataclass(frozen=True, slots=True)
class RowPart:
    """One sequence that a row makes; named where there are several, such as Chosen."""

    name: str
    tokens: tuple[Token, ...]


def tokens_of(rendered: RowRendered) -> tuple[RowPart, ...]:
    """Return the sequences of a rendered row."""
    return tuple(
        RowPart(
            str(part["name"]),
            tuple(
                Token(int(token), str(text), TokenState(state), bool(special), str(whose))
                for token, text, state, special, whose in part["tokens"]
            ),
        )
        for part in rendered.parts
    )


class RenderClient(QObject):
    """Owns the render process; the application owns this.

    Only the latest row asked for is answered: an older one that still waits is dropped without a
    word. Of checks of whole datasets, too, a new one drops the one before.

    Signals:
        row_rendered(object): ``RowRendered`` of the latest row request.
        dataset_checked(object): ``DatasetChecked``, now and then; the last one is finished.
        failed(object): ``RequestFailed`` of the latest row request or check.
    """

    row_rendered = Signal(object)
    dataset_checked = Signal(object)
    failed = Signal(object)

    def __init__(
        self, parent: QObject | None = None, *, command: Sequence[str] | None = None
    ) -> None:
        super().__init__(parent)
        self._engine = EngineClient(
            "render process",
            command or engine_command("render"),
            self,
            first_limit_ms=FIRST_LIMIT_MS,
            memory_limit_bytes=MEMORY_LIMIT,
        )
        self._engine.message_came.connect(self._on_message_came)
        self._engine.request_failed.connect(self._on_request_failed)
        self._engine.process_ended.connect(self._on_process_ended)
        self._asked: RenderRow | None = None  # in the process's hands
        self._next: RenderRow | None = None  # waits for that one
        self._check = 0
        self._known: set[str] = set()  # models this process has answered for

    @property
    def pid(self) -> int:
        """Process id of the render process, 0 when there is none."""
        return self._engine.pid

    def warm(self) -> None:
        """Start the process, so that the first row does not wait for it; returns at once."""
        self._engine.start()

    def render(
        self,
        model: Path | str,
        *,
        kind: str,
        texts: Sequence[str],
        max_tokens: int = 512,
        template: str = "",
        system_prompt: str = "",
    ) -> int:
        """Ask for the tokens of one row and return the request's id.

        Args:
            model: folder of the base model.
            kind: what the row is.
            texts: its texts, in the order of ``FIELDS[kind]``.
            max_tokens: where training cuts.
            template: empty for the model's own, a built-in's name, or Jinja.
            system_prompt: put before every row unless empty.
        """
        row = RenderRow(
            id=self._engine.new_id(),
            model=str(model),
            row_kind=kind,
            texts=list(texts),
            max_tokens=max_tokens,
            template=template,
            system_prompt=system_prompt,
        )
        self._next = row
        if self._asked is None:
            self._ask_next()
        return row.id

    def check_dataset(
        self,
        dataset: Path,
        sidecar: Path,
        *,
        model: Path | None = None,
        template: str = "",
        system_prompt: str = "",
        near: float = 0.8,
    ) -> int:
        """Have a dataset's sidecar brought up to date; return the id of the request.

        Args:
            dataset: the dataset's file.
            sidecar: the file to write.
            model: folder of the base model; None judges the texts alone.
            template: as in :meth:`render`.
            system_prompt: as in :meth:`render`.
            near: similarity from which two rows are nearly the same.
        """
        self.cancel_check()
        request = CheckDataset(
            id=self._engine.new_id(),
            dataset=str(dataset),
            sidecar=str(sidecar),
            model=str(model or ""),
            template=template,
            system_prompt=system_prompt,
            near=near,
        )
        self._check = request.id
        self._engine.ask(request, CHECK_LIMIT_MS, LATE_CHECK)
        return request.id

    def cancel_check(self) -> None:
        """Drop the check under way; what still comes of it is not told."""
        if self._check:
            self._engine.settle(self._check)
            self._check = 0

    def close(self) -> None:
        """End the process."""
        self._engine.close()

    def _limit(self, model: str) -> tuple[int, str]:
        return (LIMIT_MS, LATE) if model in self._known else (LOAD_LIMIT_MS, LATE_LOAD)

    def _ask_next(self) -> None:
        row, self._next = self._next, None
        self._asked = row
        if row is not None:
            self._engine.ask(row, *self._limit(row.model))

    def _on_message_came(self, message: Any) -> None:
        if isinstance(message, RowRendered) and self._asked is not None:
            self._known.add(self._asked.model)
            self._engine.settle(message.id)
            if self._next is None:
                self.row_rendered.emit(message)
            self._ask_next()
        elif isinstance(message, DatasetChecked) and message.id == self._check:
            if message.finished:
                self._engine.settle(message.id)
                self._check = 0
            self.dataset_checked.emit(message)

    def _on_request_failed(self, failed: RequestFailed) -> None:
        if failed.id == self._check:
            self._check = 0
            self.failed.emit(failed)
        elif self._asked is not None and failed.id == self._asked.id:
            latest = self._next is None
            self._asked = None
            if latest:
                self.failed.emit(failed)
            if self._asked is None:  # nobody has asked anew upon the failure
                self._ask_next()

    def _on_process_ended(self, why: str) -> None:
        self._known.clear()
