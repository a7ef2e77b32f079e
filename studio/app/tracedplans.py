"""Estimates of models that cannot be trained here: from their dimensions, or traced."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from PySide6.QtCore import QObject, QTimer, Signal

from studio.app.traceclient import TraceClient
from studio.core.memory import (
    NUMBER_BYTES,
    Estimate,
    compute_precision,
    estimate_memory,
    keeps_activations,
)
from studio.core.modelshape import EXPERT_FAMILIES, PLAIN_FAMILIES, shape_from_config
from studio.core.problems import ModelError
from studio.core.protocol import MemoryTraced, RequestFailed
from studio.core.recipe import Recipe
from studio.core.tracedmemory import estimate_from_trace

PAUSE_MS = 400
"""After the last change, so that a knob that is being turned asks once."""


class TracedPlans(QObject):
    """Estimates one model at a time; its page owns it.

    Signals:
        changed(): there is an estimate, or the reason why there is none.

    Attributes:
        estimate: the newest one for what was asked last; None while it is being traced.
        problem: why there can be none, as a sentence.
        traced: the estimate is a trace's, since nobody here knows the architecture.
    """

    changed = Signal()

    def __init__(self, client: TraceClient, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._client = client
        self.estimate: Estimate | None = None
        self.problem, self.traced = "", False
        self._asked: tuple[Any, ...] = ()
        self._config: Mapping[str, Any] = {}
        self._recipe, self._request = Recipe(), 0
        self._timer = QTimer(self, singleShot=True, interval=PAUSE_MS)
        self._timer.timeout.connect(self._ask)
        client.traced.connect(self._on_traced)
        client.failed.connect(self._on_failed)

    def consider(
        self, config: Mapping[str, Any], recipe: Recipe, device: str, known: Mapping[str, Any]
    ) -> None:
        """Have a model estimated; nothing happens while it is what was asked last.

        Args:
            config: the model's settings, checked before.
            recipe: what it would be trained with.
            device: "cuda" or "cpu".
            known: what :func:`studio.core.memory.estimate_memory` is told beside them.

        Raises:
            RecipeError: settings do not go together, or are not for a model that is known.
        """
        wanted = (id(config), recipe, device, tuple(sorted(known.items())))
        if wanted == self._asked:
            return
        self._asked, self._config, self._recipe = wanted, config, recipe
        self._request, self.problem = 0, ""
        self.traced = config.get("model_type") not in (*EXPERT_FAMILIES, *PLAIN_FAMILIES)
        if not self.traced:
            try:
                self.estimate = estimate_memory(shape_from_config(config), recipe, device, **known)
                return
            except ModelError:  # it has the name of a family that is known, and other dimensions
                self.traced = True
        self.estimate = None
        self._timer.start()

    def stop(self) -> None:
        """Ask for nothing more, and end a trace under way; another model or page is in front."""
        self._timer.stop()
        if self._request and self.estimate is None and not self.problem:
            self._client.cancel(self._request)
        self._asked, self.estimate, self._request = (), None, 0

    def _ask(self) -> None:
        _, recipe, device, pairs = self._asked
        known = dict(pairs)
        longest = known.get("longest_tokens", 0)
        self._request = self._client.trace(
            self._config,
            recipe,
            device=device,
            precision=compute_precision(recipe, device, cpu_bf16=known.get("cpu_bf16", False)),
            length=min(longest, recipe.max_tokens) if longest else recipe.max_tokens,
            trained_share=known.get("trained_share", 1.0),
            recompute=not keeps_activations(recipe, device),
        )

    def _on_traced(self, traced: MemoryTraced) -> None:
        if traced.id != self._request or not self._asked:
            return
        _, recipe, device, pairs = self._asked
        number = compute_precision(recipe, device, cpu_bf16=dict(pairs).get("cpu_bf16", False))
        self.estimate = estimate_from_trace(traced, recipe, device, NUMBER_BYTES[number])
        self.changed.emit()

    def _on_failed(self, failed: RequestFailed) -> None:
        if failed.id == self._request and self._asked:
            self.problem = failed.summary
            self.changed.emit()
