"""What an answer depends on, as one key: the same key means the same answer."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from typing import Any

from studio.core.evaluation import EvaluationSetup
from studio.engine.adapterfile import AdapterFile


class Keys:
    """Makes the keys of one column.

    Args:
        setup: sampler and length of the answers.
        base: what tells the base: hash of its weights, precision, quantization, device.
        adapter: of the column; None for the base.
        stop_ids: tokens that end an answer.
    """

    def __init__(
        self,
        setup: EvaluationSetup,
        base: dict[str, Any],
        adapter: AdapterFile | None,
        stop_ids: frozenset[int],
    ) -> None:
        model = dict(base)
        if adapter is not None:
            model["adapter"] = [adapter.sha256, adapter.method, adapter.settings]
        drawn = [setup.temperature, setup.top_p, setup.seed] if setup.temperature > 0 else 0
        self._model = _digest(model)
        self._sampler = _digest([drawn, setup.max_new_tokens, sorted(stop_ids)])

    def answer(self, prompt: Sequence[int]) -> str:
        """Return the key of the answer to a prompt of token ids."""
        return _digest(["answer", self._model, self._sampler, list(prompt)])

    def likelihood(self, ids: Sequence[int], first: int) -> str:
        """Return the key of the likelihood of tokens, judged from the first on."""
        return _digest(["likelihood", self._model, [int(i) for i in ids], first])

    def probe(self, ids: Sequence[int], first: int) -> str:
        """Return the key of what is known of a general question."""
        return _digest(["probe", self._model, [int(i) for i in ids], first])


def _digest(value: Any) -> str:
    text = json.dumps(value, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()
