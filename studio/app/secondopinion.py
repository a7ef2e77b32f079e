"""Has the estimate judged by a trace of the model itself, a moment after the last change."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import QObject, QTimer, Signal

from studio.app.traceclient import TraceClient
from studio.core.memory import Estimate, compute_precision, keeps_activations
from studio.core.problems import StudioError
from studio.core.protocol import MemoryTraced, RequestFailed
from studio.core.recipe import Recipe
from studio.core.units import gib
from studio.machine.modelgate import read_json
from studio.machine.models import ModelInfo

PAUSE_MS = 1_500
"""After the last change; a knob that is being turned asks for nothing."""
APART = 0.10
"""A difference that the user should know of."""
_UNSEEN = ("optimizer", "buffers", "context")
"""Parts that a trace of tensors does not see; they are the estimate's in both."""


@dataclass(frozen=True, slots=True)
class Opinion:
    """What the trace comes to beside the estimate, in bytes of the whole process.

    Attributes:
        fault: why there is no trace; empty if there is one.
        pending: the trace is being made.
    """

    traced_bytes: int
    estimated_bytes: int
    fault: str = ""
    pending: bool = False

    @property
    def difference(self) -> float:
        """The trace over the estimate, less one."""
        return self.traced_bytes / self.estimated_bytes - 1

    @property
    def apart(self) -> bool:
        """Whether the two differ by more than a tenth."""
        return not self.fault and not self.pending and abs(self.difference) > APART

    @property
    def sentence(self) -> str:
        """The opinion in words, such as "A trace of the model agrees, to within 1 %."."""
        if self.pending:
            return "A trace of the model is checking this."
        if self.fault:
            return f"Not checked by a trace: {self.fault}"
        share = f"{max(1, round(100 * abs(self.difference)))}\u00a0%"
        if not self.apart:
            return f"A trace of the model agrees, to within {share}."
        side = "more" if self.difference > 0 else "less"
        return f"A trace of the model comes to {gib(self.traced_bytes)}, {share} {side}."


class SecondOpinion(QObject):
    """Asks for a trace when the page has shown the same plan for a moment; its page owns it.

    Signals:
        changed(): there is an opinion, or there is none any more.
    """

    changed = Signal()

    def __init__(self, client: TraceClient, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._client = client
        self._subject: tuple[Any, ...] = ()
        self._request = 0
        self._estimate: Estimate | None = None
        self._recipe = Recipe()
        self.opinion: Opinion | None = None
        self._timer = QTimer(self, singleShot=True, interval=PAUSE_MS)
        self._timer.timeout.connect(self._ask)
        client.traced.connect(self._on_traced)
        client.failed.connect(self._on_failed)

    def consider(
        self,
        info: ModelInfo,
        recipe: Recipe,
        estimate: Estimate,
        *,
        device: str,
        length: int,
        trained_share: float = 1.0,
        cpu_bf16: bool = False,
    ) -> None:
        """Let a plan be judged; nothing happens while it is the one that was judged last.

        Args:
            info: the base model; its ``config.json`` is read.
            recipe: the settings.
            estimate: what was predicted for them.
            device: "cuda" or "cpu".
            length: tokens of the longest row that passes.
            trained_share: of all tokens, those that the loss looks at.
            cpu_bf16: whether the processor computes in bf16.
        """
        precision = compute_precision(recipe, device, cpu_bf16=cpu_bf16)
        recompute = not keeps_activations(recipe, device)
        trained_share = round(trained_share, 2)  # a row more or less changes nothing
        subject = (info.folder, estimate, device, length, trained_share, precision, recompute)
        if subject == self._subject:
            return
        self._subject, self._estimate = subject, estimate
        self._recipe = recipe
        self._forget()
        self._timer.start()

    def stop(self) -> None:
        """Ask for nothing more, and end a trace under way; the page is not in front."""
        self._timer.stop()
        self._subject = ()
        if self._request and self.opinion is not None and self.opinion.pending:
            request, self._request, self.opinion = self._request, 0, None
            self._client.cancel(request)

    def _forget(self) -> None:
        self._request = 0
        if self.opinion is not None:
            self.opinion = None
            self.changed.emit()

    def _ask(self) -> None:
        folder, _, device, length, share, precision, recompute = self._subject
        try:
            config = read_json(folder / "config.json")
        except StudioError:
            return  # the model is gone; the page says so by itself
        self._request = self._client.trace(
            config,
            self._recipe,
            device=device,
            precision=precision,
            length=length,
            trained_share=share,
            recompute=recompute,
        )
        if self._estimate is not None:
            total = self._estimate.total_bytes
            self.opinion = Opinion(total, total, pending=True)
            self.changed.emit()

    def _on_traced(self, traced: MemoryTraced) -> None:
        if traced.id != self._request or self._estimate is None:
            return
        parts = self._estimate.parts
        unseen = sum(parts[name] for name in _UNSEEN)
        if self._recipe.grad_accum > 1:  # the trace is of one micro-batch
            unseen += parts["gradients"]
        self.opinion = Opinion(traced.peak_bytes + unseen, self._estimate.total_bytes)
        self.changed.emit()

    def _on_failed(self, failed: RequestFailed) -> None:
        if failed.id == self._request and self._estimate is not None:
            self._request = 0
            total = self._estimate.total_bytes
            self.opinion = Opinion(total, total, failed.summary)
            self.changed.emit()
