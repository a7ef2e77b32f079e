"""The states of a model that predict the tokens of answers, and what its head makes of them.

Letters: B rows, T tokens of one, N tokens of answers, d hidden size, V vocabulary.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import torch
from transformers import DynamicCache
from transformers.cache_utils import DynamicLayer

from studio.core.activations import HEAD_CHUNK_NUMBERS
from studio.engine.loss import Head
from studio.engine.proberows import Block


class AnswerStates:
    """Runs a model on questions with answers; never makes the logits of other tokens.

    Args:
        model: the model as it is trained, with its base inside it.
    """

    def __init__(self, model: Any) -> None:
        self.model = model
        self._inner = model.get_base_model() if hasattr(model, "get_base_model") else model
        self._head = Head(self._inner)
        self.chunk = max(1, HEAD_CHUNK_NUMBERS // self._head.vocabulary)
        """Tokens whose logits exist at once."""

    @property
    def device(self) -> torch.device:
        """Where tokens go into the model."""
        device: torch.device = self._inner.get_input_embeddings().weight.device
        return device

    def begun(self, beginning: torch.Tensor) -> DynamicCache | None:
        """Return what the model keeps of a beginning, (P,), so that many can go on from it.

        None for an empty one, and for a model that keeps less than every token; then what
        begins alike is read anew in each row.
        """
        if not len(beginning):
            return None
        ids = beginning[None].to(self.device)
        kept = DynamicCache(config=self._inner.config)
        self._inner.base_model(
            input_ids=ids, past_key_values=kept, use_cache=True, return_dict=True
        )
        return kept if all(type(layer) is DynamicLayer for layer in kept.layers) else None

    def of(self, block: Block, begun: DynamicCache | None = None) -> torch.Tensor:
        """Return the states that predict the answers' tokens, (N, d).

        Args:
            block: of questions with their answers.
            begun: what the model keeps of the block's beginning.
        """
        ids = block.ids.to(self.device)
        many, skipped = len(ids), 0
        if begun is not None:
            begun = copy.deepcopy(begun)  # it grows by what is read behind it
            begun.batch_repeat_interleave(many)
        elif len(block.beginning):
            skipped = len(block.beginning)
            ids = torch.cat([block.beginning.to(ids.device).expand(many, -1), ids], 1)
        found = self._inner.base_model(
            input_ids=ids, past_key_values=begun, use_cache=begun is not None, return_dict=True
        )
        states: torch.Tensor = found.last_hidden_state[:, skipped:].flatten(0, 1)
        return states[block.places.to(states.device)]

    def of_base(self, block: Block) -> torch.Tensor:
        """Return the base's states, (N, d), without a gradient and without chance."""
        with torch.no_grad(), quiet(self.model), base_of(self.model):
            return self.of(block, self.begun(block.beginning))

    def scores(self, states: torch.Tensor) -> torch.Tensor:
        """Return logits in fp32, (n, V), of states (n, d)."""
        return self._head(states).float()


@contextmanager
def quiet(model: Any) -> Iterator[None]:
    """Take what is random in training out of the model for a while."""
    was_training = model.training
    model.eval()
    try:
        yield
    finally:
        model.train(was_training)


@contextmanager
def base_of(model: Any) -> Iterator[None]:
    """Switch what was added to the base off; a model trained as a whole is left as it is."""
    switch: Callable[[], Any] | None = getattr(model, "disable_adapter", None)
    if switch is None:
        yield
        return
    learning = [weight for weight in model.parameters() if weight.requires_grad]
    try:
        with switch():
            yield
    finally:
        for weight in learning:  # switching off freezes them, and not all kinds thaw them again
            weight.requires_grad_(True)
