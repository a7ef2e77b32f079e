"""Asks the chat process: load a base with an adapter, answer a prompt in every column, stop."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, QTimer, Signal

from studio.app.engineclient import EngineClient
from studio.core.protocol import (
    AnswerEnded,
    ChatLoaded,
    Generate,
    LoadChat,
    Piece,
    Progress,
    PromptShown,
    RequestFailed,
    ShowPrompt,
    StopGenerating,
)
from studio.core.sampler import Sampler
from studio.machine.enginecommand import engine_command

EMPTY, LOADING, READY, ANSWERING, FAILED = "empty", "loading", "ready", "answering", "failed"
STOP_LIMIT_MS = 10_000
SHOW_LIMIT_MS = 60_000
STOP_LATE = "The chat engine did not stop within 10 s, so it was ended."


class ChatClient(QObject):
    """Owns the chat process, which holds a model; the application owns this.

    States: "empty" (no model, no process), "loading", "ready", "answering", "failed" (the model is
    gone or could not be loaded; :meth:`reload` tries again).

    Attributes:
        wanted: what was last asked to be loaded, None before.
        facts: the ``ChatLoaded`` of the model in memory, None while there is none.

    Signals:
        loaded(object): ``ChatLoaded``.
        progressed(object): ``Progress`` of the loading.
        piece_came(object): ``Piece`` of the answer being written.
        answer_ended(object): ``AnswerEnded``, one for each column that was asked.
        prompt_shown(object): ``PromptShown``, after :meth:`show_prompt`.
        failed(object): ``RequestFailed``; its id is 0 when the process died while idle.
        state_changed(str): the state's new name.
        unloaded(): the process is gone and its memory free, after :meth:`unload`.
    """

    loaded = Signal(object)
    progressed = Signal(object)
    piece_came = Signal(object)
    answer_ended = Signal(object)
    prompt_shown = Signal(object)
    failed = Signal(object)
    state_changed = Signal(str)
    unloaded = Signal()

    def __init__(
        self, parent: QObject | None = None, *, command: Sequence[str] | None = None
    ) -> None:
        super().__init__(parent)
        self._engine = EngineClient("chat engine", command or engine_command("chat"), self)
        self._engine.message_came.connect(self._on_message_came)
        self._engine.request_failed.connect(self._on_request_failed)
        self._engine.process_ended.connect(self._on_process_ended)
        self.wanted: LoadChat | None = None
        self.facts: ChatLoaded | None = None
        self._state = EMPTY
        self._load = 0
        self._answer = 0
        self._open_columns: set[str] = set()
        self._overdue = QTimer(self, singleShot=True)
        self._overdue.timeout.connect(lambda: self._engine.kill(STOP_LATE))

    @property
    def state(self) -> str:
        """The state's name."""
        return self._state

    @property
    def pid(self) -> int:
        """Process id of the chat engine, 0 when there is none; its memory counts as ours."""
        return self._engine.pid

    def load(
        self,
        model: Path | str,
        *,
        adapter: Path | str = "",
        run: Path | str = "",
        quantization: str = "nf4",
        double_quant: bool = True,
        precision: str = "auto",
        device: str = "auto",
        others: Sequence[Mapping[str, str]] = (),
    ) -> int:
        """Load a base, and adapters on it, in place of what is loaded; return the id.

        Args:
            model: folder of the base.
            adapter: folder in PEFT's layout; empty loads the base alone.
            run: folder of the run the adapter is from.
            quantization: as in a recipe, so are the next three.
            double_quant: whether the scales of 4-bit weights are quantized too.
            precision: of the computation.
            device: "auto", "cpu" or "cuda".
            others: further columns, each with name, adapter and run.
        """
        if self._drop_requests():
            self._engine.kill("Another model was asked for.")
        request = LoadChat(
            id=self._engine.new_id(),
            model=str(model),
            adapter=str(adapter) if adapter else "",
            run=str(run) if run else "",
            quantization=quantization,
            double_quant=double_quant,
            precision=precision,
            device=device,
            others=[dict(other) for other in others],
        )
        self.wanted, self.facts, self._load = request, None, request.id
        return self._ask(request, LOADING)

    def reload(self) -> None:
        """Load what was last asked for again; nothing when nothing was."""
        if self.wanted is not None:
            fields = dataclasses.asdict(self.wanted)
            del fields["id"]
            self.load(fields.pop("model"), **fields)

    def generate(
        self,
        prompt: str,
        sampler: Sampler,
        *,
        system: str | None = None,
        history: Mapping[str, Sequence[Sequence[str]]] | None = None,
        columns: Sequence[str] = (),
    ) -> int:
        """Ask one prompt in every column; return the id. Only in the state "ready".

        Args:
            prompt: the question.
            sampler: how answers are drawn.
            system: the system prompt; None is that of training.
            history: each column's [question, answer] pairs before the prompt.
            columns: names of those that are asked; none for all.
        """
        assert self.facts is not None
        assert not self._answer
        request = Generate(
            id=self._engine.new_id(),
            prompt=prompt,
            max_new_tokens=sampler.max_new_tokens,
            temperature=sampler.temperature,
            top_p=sampler.top_p,
            seed=sampler.seed,
            columns=list(columns),
            top_k=sampler.top_k,
            repetition=sampler.repetition,
            stop=list(sampler.stop),
            system_prompt=system,
            history={
                name: [list(turn) for turn in turns] for name, turns in (history or {}).items()
            },
        )
        self._answer = request.id
        self._open_columns = set(columns or self.facts.columns)
        return self._ask(request, ANSWERING)

    def _ask(self, request: LoadChat | Generate, state: str) -> int:
        """Send a request, be in another state, and return its id."""
        self._engine.ask(request)
        self._enter(state)
        return request.id

    def show_prompt(self, prompt: str, system: str | None, turns: Sequence[Sequence[str]]) -> int:
        """Ask for the tokens of a prompt after the turns before it; return the id."""
        request = ShowPrompt(
            id=self._engine.new_id(),
            prompt=prompt,
            system_prompt=system,
            turns=[list(turn) for turn in turns],
        )
        self._engine.ask(request, SHOW_LIMIT_MS, "The chat engine did not tell the tokens in time.")
        return request.id

    def stop(self) -> None:
        """Stop the answer that is being written; what is there stays."""
        if self._answer:
            self._engine.tell(StopGenerating(id=self._answer))
            self._overdue.start(STOP_LIMIT_MS)

    def unload(self) -> None:
        """Give the memory back at once; ``unloaded`` comes when the process is gone."""
        self.facts = None
        self._drop_requests()
        had_process = self._engine.running
        self._engine.kill("The model was unloaded.")
        self._enter(EMPTY)
        if not had_process:
            self.unloaded.emit()

    def close(self) -> None:
        """End the process and wait for it."""
        self._overdue.stop()
        self._engine.close()

    def _drop_requests(self) -> bool:
        """Forget what the process has been asked, without a word; return whether it was."""
        busy = bool(self._load or self._answer)
        self._engine.settle(self._load)
        self._engine.settle(self._answer)
        self._load = self._answer = 0
        return busy

    def _enter(self, state: str) -> None:
        if state != ANSWERING:
            self._overdue.stop()
        if state != self._state:
            self._state = state
            self.state_changed.emit(state)

    def _on_message_came(self, message: Any) -> None:
        if isinstance(message, ChatLoaded):
            self._engine.settle(message.id)
            self.facts, self._load = message, 0
            self.loaded.emit(message)
            self._enter(READY)
        elif isinstance(message, Progress):
            self.progressed.emit(message)
        elif isinstance(message, PromptShown):
            self._engine.settle(message.id)
            self.prompt_shown.emit(message)
        elif isinstance(message, Piece):
            self.piece_came.emit(message)
        elif isinstance(message, AnswerEnded):
            self._open_columns.discard(message.column)
            self.answer_ended.emit(message)
            if not self._open_columns:
                self._engine.settle(message.id)
                self._answer = 0
                self._enter(READY)

    def _on_request_failed(self, failed: RequestFailed) -> None:
        if failed.id == self._load:
            self._load = 0
        elif failed.id == self._answer:
            self._answer = 0
        alive = self._engine.running and self.facts is not None
        if not alive:
            self.facts = None
        answering = alive and self._answer  # something beside the answer was refused
        self._enter(ANSWERING if answering else READY if alive else FAILED)
        self.failed.emit(failed)

    def _on_process_ended(self, why: str) -> None:
        if self.facts is not None:
            self.facts = None
            self._enter(FAILED)
            why = why or "The chat engine ended by itself."
            self.failed.emit(RequestFailed(id=0, summary=why, details=self._engine.details))
        elif self._state == EMPTY:
            self.unloaded.emit()
